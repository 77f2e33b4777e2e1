"""Costs and income of the fund that pass over its bank account: charges (C2), interest and other income (C3).

Costs that are approved before they are paid (C1) and transfers to the treasury (C4) are told by the workflows
``payables`` and ``transfers``; they are listed here beside the others.
"""
