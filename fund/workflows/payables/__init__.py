"""What is owed beside disbursements: invoices (C1), refunds (R7), settlements (K8); its life to the bank.

Whoever finds out what is owed records a fact that is an ``Owed``, books it on 2000 and has the first row of ``table``;
``costs`` is the owner of what the fund spends on itself, ``overpayments`` of what was paid to it too much. Payments put
it in a batch.
"""

from __future__ import annotations

from fund.rules.authority import FUND_MANAGER, TREASURER
from fund.schemas.payables import Payable
from fund.unit_of_work import Command, Life, Query
from fund.workflows.payables.table import TRANSITIONS, payable_after

__all__ = ["COMMANDS", "LIVES", "QUERIES"]

COMMANDS = (
    Command("cost approve", "fund.workflows.payables.costs:approve", FUND_MANAGER, second=TREASURER),
    Command("repayment refund", "fund.workflows.payables.overpayments:refund", TREASURER, second=FUND_MANAGER),
)
QUERIES = (Query("repayment overpaid", "fund.workflows.payables.overpayments:overpaid"),)
LIVES = {"payable": Life(Payable, payable_after, TRANSITIONS)}
