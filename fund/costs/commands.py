"""What can be asked of costs."""

from __future__ import annotations

from datetime import date
from typing import Any

from fund.declarations import AMOUNT, TEXT, Input, Question, accounting_day, argument, command, option, query
from fund.language import N_
from fund.references import DEBIT, RECEIPT
from fund.rules.authority import TREASURER

_LISTS = {"years": "", "approvals": "payable", "transfers": "transfer", "costs": "", "debits": "debit", "income": ""}


@command(
    "cost charge",
    ".use_cases:charge",
    TREASURER,
    examples=('fund --as bram cost charge U2026-0001 --reason "subscription"',),
    permitted=N_("a treasurer"),
    see=("bank unmatched", "cost list"),
)
class ChargeCost(Input):
    """Explain a debit as a cost of the fund.

    Bank charges are booked by `fund bank import`; this explains what it could not.
    """

    ref: str = argument(DEBIT, N_("The unexplained debit"))
    reason: str = option("--reason", TEXT, N_("What it was for"))
    on: date | None = accounting_day(default=None)


@command(
    "cost income",
    ".use_cases:record_income",
    TREASURER,
    examples=("fund --as bram cost income --receipt O2026-0012 --reason interest",),
    permitted=N_("a treasurer"),
    see=("bank unmatched", "cost list"),
)
class BookIncome(Input):
    """Book a receipt as income of the fund.

    Interest, or something that nobody has to give back.
    """

    receipt: str = option("--receipt", RECEIPT, N_("The receipt that holds the money"))
    reason: str = option("--reason", TEXT, N_("What it is"))
    amount: int | None = option("--amount", AMOUNT, N_("A part of it; all that waits when left out"), default=None)
    on: date | None = accounting_day(default=None)


@query(
    "cost list",
    ".use_cases:costs",
    lists=_LISTS,
    examples=("fund cost list",),
    see=("cost charge", "cost income", "cost file list"),
)
class CostList(Question[dict[str, Any]]):
    """List costs by year, transfers, debits and income."""
