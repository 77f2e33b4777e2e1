"""What waits for whom, until when, and the command to type; the log of facts, and the letters that did not arrive.

A line of the inbox follows from the state of a case and from who may act in it; nothing is stored for it. Each chapter
has its source: ``proposals``, ``reviewing``, ``deciding``, ``agreements``, ``money_out``, ``money_in``, ``capital``,
``looking_back``, ``leaving``, ``office``; ``reader`` reads each kind of case once for all of them.
"""
