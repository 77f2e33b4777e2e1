"""What can be asked of closing."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from fund.declarations import (
    PERIOD,
    POSTING,
    TEXT,
    TEXT_FILE,
    AsOf,
    Input,
    InputFile,
    Number,
    Question,
    accounting_day,
    argument,
    command,
    option,
    query,
)
from fund.language import N_
from fund.rules.authority import FUND_MANAGER, TREASURER


@command(
    "period lock",
    ".months:lock",
    FUND_MANAGER,
    second=TREASURER,
    examples=("fund --as anna period lock 2027-03", "fund --as anna period lock 2027"),
    permitted=N_("a fund manager; a treasurer confirms"),
    see=("period close", "period list"),
)
class LockPeriod(Input):
    """Lock a month, or every open month of a year.

    A locked month takes adjusting and closing entries only. Months are locked in order, once they are over.
    """

    period: str = argument(PERIOD, N_("A month (2027-03) or a year (2027)"))


@command(
    "period close",
    ".months:close",
    FUND_MANAGER,
    second=TREASURER,
    examples=("fund --as anna period close 2027-03", "fund --as anna period close 2027"),
    permitted=N_("a fund manager; a treasurer confirms"),
    see=("period show", "period reopen"),
)
class ClosePeriod(Input):
    """Close a locked month, or a year.

    A closed month takes nothing any more. Closing a year brings every account of income and costs to the accumulated
    result and closes its months.
    """

    period: str = argument(PERIOD, N_("A month (2027-03) or a year (2027)"))
    explanation: str = option("--explanation", TEXT, N_("For a year: why money still stands on 2300"), default="")


@command(
    "period reopen",
    ".months:reopen",
    FUND_MANAGER,
    second=TREASURER,
    examples=('fund --as anna period reopen 2027-03 --reason "an invoice was forgotten"',),
    permitted=N_("a fund manager; a treasurer confirms"),
    see=("period show", "period list"),
)
class ReopenPeriod(Input):
    """Reopen the latest month or year.

    A closed year opens with its last month, and its closing entry is reversed.
    """

    period: str = argument(PERIOD, N_("A month (2027-03) or a year (2027)"))
    reason: str = option("--reason", TEXT, N_("Why; it is kept"))


@command(
    "ledger post",
    ".by_hand:post",
    FUND_MANAGER,
    second=TREASURER,
    examples=(
        "fund --as anna ledger post --debit 4500 125.00 --credit 2000.notaris 125.00"
        ' --memo "Notaris" --reason "invoice 7"',
    ),
    permitted=N_("a fund manager; a treasurer confirms"),
    see=("ledger reverse", "ledger entries"),
)
class PostEntry(Input):
    """Book an entry by hand.

    Only for what no other command books: bank, payables, other income, costs. In a locked month it is an adjusting
    entry; a closed month takes none.
    """

    memo: str = option("--memo", TEXT, N_("What it is; no names of people"))
    reason: str = option("--reason", TEXT, N_("Why it is booked by hand"))
    on: date | None = accounting_day(default=None)
    debits: tuple[tuple[str, int], ...] = option("--debit", POSTING, N_("Account and amount; repeat"), several=True)
    credits: tuple[tuple[str, int], ...] = option("--credit", POSTING, N_("Account and amount; repeat"), several=True)


@command(
    "ledger reverse",
    ".by_hand:reverse",
    FUND_MANAGER,
    second=TREASURER,
    examples=('fund --as anna ledger reverse 42 --reason "booked twice"',),
    permitted=N_("a fund manager; a treasurer confirms"),
    see=("ledger entry",),
)
class ReverseEntry(Input):
    """Take back an entry that was made by hand.

    The exact mirror, once. Other entries are taken back by the command of their trade.
    """

    seq: int = argument(Number(least=1), N_("The number of the entry"), metavar="SEQ")
    reason: str = option("--reason", TEXT, N_("Why; it is kept"))
    on: date | None = accounting_day(default=None)


@command(
    "ledger anchor",
    ".by_hand:anchor",
    FUND_MANAGER,
    examples=("fund --as anna ledger anchor --key anchor.pem --output 2027-03.anchor.json",),
    permitted=N_("a fund manager"),
    see=("ledger prove", "ledger verify"),
)
class AnchorLedger(Input):
    """State, signed, what the ledger is now.

    A small file for partners to keep: with it, whatever is done to older entries shows. The key is an Ed25519 key in
    PEM (openssl genpkey -algorithm ed25519 -out anchor.pem); keep it away from the database.
    """

    key: InputFile = option("--key", TEXT_FILE, N_("The private key, in PEM"))


class PeriodRow(TypedDict):
    period: str
    state: str
    starts_on: str
    ends_on: str
    result_cents: int | None
    trial_balance_sha256: str


class Periods(AsOf):
    periods: list[PeriodRow]


class Step(TypedDict):
    """Who closed or reopened a period, and when that was recorded."""

    recorded_at: str
    made_by: str
    confirmed_by: str | None


class Reopening(Step):
    reason: str
    entry_seq: int | None


class ChangedAccount(TypedDict):
    account: str
    before_cents: int
    after_cents: int
    change_cents: int


class ClosingRow(TypedDict):
    number: int
    recorded_at: str
    made_by: str
    confirmed_by: str | None
    known_at: int | None
    trial_balance_sha256: str
    recomputed_sha256: str | None
    unchanged: bool
    result_cents: int | None
    explanation: str
    read: str
    annual: str | None
    reopened: Reopening | None
    differences: list[ChangedAccount]


class OpeningBalance(TypedDict):
    account: str
    debit_cents: int
    credit_cents: int


class Opening(TypedDict):
    on: str
    balances: list[OpeningBalance]
    total_debit_cents: int
    total_credit_cents: int


class PeriodDetail(AsOf):
    period: str
    state: str
    starts_on: str
    ends_on: str
    result_cents: int | None
    closings: list[ClosingRow]
    opening: Opening | None


@query(
    "period list",
    ".reading:periods",
    lists={"periods": "period"},
    examples=("fund period list",),
    see=("period show", "period lock"),
)
class PeriodList(Question[Periods]):
    """List the months and years that were locked or closed."""


@query(
    "period show",
    ".reading:period",
    examples=("fund period show 2026", "fund period show 2026-12 --json"),
    see=("ledger trial-balance", "period reopen"),
)
class PeriodShow(Question[PeriodDetail]):
    """Show what each closing of a month or year froze.

    A closing that was reopened stays readable: its trial balance, the reason, and what the correction changed. Of a
    closed year also what the next one opens with.
    """

    period: str = argument(PERIOD, N_("A month (2027-03) or a year (2027)"))
