"""What can be asked of costs."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

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


class CostYear(TypedDict):
    year: int
    budget_cents: int
    spent_cents: int
    left_cents: int
    over_cents: int
    income_cents: int


class ApprovedRow(TypedDict):
    ref: str
    payee: str
    payee_name: str
    amount_cents: int
    approved_on: str
    due_on: str | None
    text: str
    creditor_reference: str
    state: str


class TransferRow(TypedDict):
    ref: str
    from_account: str
    to_account: str
    amount_cents: int
    sent_on: str | None
    settled_on: str | None
    swept: bool
    state: str


class CostRow(TypedDict):
    ref: str
    amount_cents: int
    charged_on: str
    account: str
    text: str
    state: str


class DebitRow(TypedDict):
    ref: str
    amount_cents: int
    debited_on: str
    account: str
    payee_iban: str
    text: str
    state: str
    explanation: str


class IncomeRow(TypedDict):
    ref: str
    receipt: str
    amount_cents: int
    reason: str


class Costs(TypedDict):
    years: list[CostYear]
    approvals: list[ApprovedRow]
    transfers: list[TransferRow]
    costs: list[CostRow]
    debits: list[DebitRow]
    income: list[IncomeRow]


@query(
    "cost list",
    ".use_cases:costs",
    lists=_LISTS,
    examples=("fund cost list",),
    see=("cost charge", "cost income", "cost file list"),
)
class CostList(Question[Costs]):
    """List costs by year, transfers, debits and income."""
