"""What stands approved goes to the bank, and what the bank did with it comes back.

One batch is one payment file for one day. Two people who approved none of its lines let it go; the service settles
each line when a bank statement shows it, a treasurer does where the statement cannot. Source: lifecycle.md 5, D4-D6,
D10; bank.md, Paying.
"""

from __future__ import annotations

from fund.rules.authority import FUND_MANAGER, TREASURER
from fund.schemas.disbursements import Batch
from fund.unit_of_work import Command, Life, Query
from fund.workflows.disbursements import PAYERS
from fund.workflows.payments.batches import batch, send
from fund.workflows.payments.reading import payment_file, payments
from fund.workflows.payments.reports import read_file, status
from fund.workflows.payments.settling import (
    cancel,
    fail,
    found,
    give_back,
    give_back_by_hand,
    retry,
    settle,
    settle_line,
    take_back,
)
from fund.workflows.payments.table import BATCH_TRANSITIONS, BatchState, after

__all__ = [
    "BATCH_TRANSITIONS",
    "COMMANDS",
    "LIVES",
    "QUERIES",
    "BatchState",
    "give_back",
    "settle_line",
    "take_back",
]

COMMANDS = (
    Command("payment batch", batch, PAYERS),
    Command("payment send", send, TREASURER, second=PAYERS),
    Command("payment status", status, TREASURER, before=read_file),
    Command("payment settle", settle, TREASURER),
    Command("payment fail", fail, TREASURER),
    Command("payment found", found, TREASURER),
    Command("payment retry", retry, FUND_MANAGER),
    Command("payment cancel", cancel, FUND_MANAGER, second=TREASURER),
    Command("payment return", give_back_by_hand, TREASURER),
)
_LISTS = {"batches": "batch", "payments": "payment", "payables": "payable"}
QUERIES = (Query("payment list", payments, lists=_LISTS), Query("payment file", payment_file))
LIVES = {"batch": Life(Batch, after, BATCH_TRANSITIONS)}
