"""Money out, from a request to a debt: asked by a party, checked by a fund manager, approved by a treasurer.

Three different people, none of a party except the one who asks. What then happens at the bank is the trade of
``payments``; both move one lifecycle. Source: lifecycle.md 5, D1-D10.

``table`` is that life, ``amounts`` what was asked so far; ``asking``, ``approving`` and ``undoing`` move it,
``reading`` shows it.
"""
