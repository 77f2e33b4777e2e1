"""What stands approved goes to the bank, and what the bank did with it comes back.

One batch is one payment file for one day. Two people who approved none of its lines let it go; the service settles
each line when a bank statement shows it, a treasurer does where the statement cannot. Source: lifecycle.md 5, D4-D6,
D10; bank.md, Paying.
"""

from __future__ import annotations

from fund.rules.authority import FUND_MANAGER, TREASURER
from fund.schemas.disbursements import Batch
from fund.unit_of_work import Command, Life, Query
from fund.workflows.disbursements.table import PAYERS
from fund.workflows.payments.table import BATCH_TRANSITIONS, after

__all__ = ["COMMANDS", "LIVES", "QUERIES"]

COMMANDS = (
    Command("payment batch", "fund.workflows.payments.batches:batch", PAYERS),
    Command("payment send", "fund.workflows.payments.batches:send", TREASURER, second=PAYERS),
    Command(
        "payment status",
        "fund.workflows.payments.reports:status",
        TREASURER,
        before="fund.workflows.payments.reports:read_file",
    ),
    Command("payment settle", "fund.workflows.payments.settling:settle", TREASURER),
    Command("payment fail", "fund.workflows.payments.settling:fail", TREASURER),
    Command("payment found", "fund.workflows.payments.settling:found", TREASURER),
    Command("payment retry", "fund.workflows.payments.settling:retry", FUND_MANAGER),
    Command("payment cancel", "fund.workflows.payments.settling:cancel", FUND_MANAGER, second=TREASURER),
    Command("payment return", "fund.workflows.payments.settling:give_back_by_hand", TREASURER),
)
_LISTS = {"batches": "batch", "payments": "payment", "payables": "payable"}
QUERIES = (
    Query("payment list", "fund.workflows.payments.reading:payments", lists=_LISTS),
    Query("payment file", "fund.workflows.payments.reading:payment_file"),
)
LIVES = {"batch": Life(Batch, after, BATCH_TRANSITIONS)}
