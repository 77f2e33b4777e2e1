"""Decisions: the committee's file, votes under seal, the outcome with its money, conditions, reopening, objections.

The rows of the lifecycle stand in the table of ``fund.workflows.proposals``; what follows by itself in
``subscriptions``.
"""
