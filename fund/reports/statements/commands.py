"""What can be asked of statements."""

from __future__ import annotations

from datetime import date
from typing import Any

from fund.declarations import (
    ACCOUNT,
    DAY,
    ENTRY_KIND,
    FLAG,
    PARTNER,
    TEXT,
    TEXT_FILE,
    InputFile,
    Number,
    Question,
    Reference,
    argument,
    as_of,
    known_at,
    option,
    query,
)
from fund.language import N_
from fund.references import AGREEMENT


@query("ledger accounts", ".books:accounts", examples=("fund ledger accounts",), see=("ledger balance", "explain"))
class LedgerAccounts(Question[dict[str, Any]]):
    """List the chart of accounts."""


@query(
    "ledger entries",
    ".books:entries",
    examples=("fund ledger entries --account 1200.A2026-003", "fund ledger entries --kind closing --json"),
    see=("ledger entry", "ledger card"),
)
class LedgerEntries(Question[dict[str, Any]]):
    """List entries with their postings."""

    account: str | None = option("--account", ACCOUNT, N_("Only those on this account"), default=None)
    kind: str | None = option("--kind", ENTRY_KIND, N_("Only those of this kind"), default=None)
    since_seq: int = option(
        "--since-seq", Number(least=0), N_("Only those after this number"), default=0, metavar="SEQ"
    )
    as_of: date | None = as_of(default=None)
    known_at: int | None = known_at(default=None)
    event_id: str | None = option("--event", Reference(), N_("Only that of this fact"), default=None, metavar="ID")


@query("ledger entry", ".books:entry", examples=("fund ledger entry 42",), see=("event show",))
class LedgerEntry(Question[dict[str, Any]]):
    """Show one entry and the fact behind it."""

    seq: int = argument(Number(least=1), N_("The number of the entry"), metavar="SEQ")


@query(
    "ledger balance",
    ".books:balance",
    examples=("fund ledger balance 1000", "fund ledger balance 3000.gm0344 --as-of 2026-12-31"),
    see=("ledger card",),
)
class LedgerBalance(Question[dict[str, Any]]):
    """Show what stands on an account.

    Debit is positive. A main account is the sum of its sub-accounts.
    """

    account: str = argument(ACCOUNT, N_("`1000`, or `3000.gm0344`"))
    as_of: date | None = as_of(default=None)
    known_at: int | None = known_at(default=None)


@query(
    "ledger card",
    ".cards:card",
    examples=(
        "fund ledger card 1200.A2026-003",
        "fund ledger card 1000 --since 2026-01-01 --as-of 2026-12-31 --output bank.xlsx",
    ),
    see=("ledger balance", "ledger entry"),
)
class LedgerCard(Question[dict[str, Any]]):
    """Show every posting on an account.

    With the balance after each. A file names the fact behind each posting too, and whose it was.
    """

    account: str = argument(ACCOUNT, N_("`1000`, or `3000.gm0344`"))
    since: date | None = option("--since", DAY, N_("From this day on"), default=None)
    as_of: date | None = as_of(default=None)
    known_at: int | None = known_at(default=None)


@query(
    "ledger trial-balance",
    ".trial:trial_balance",
    examples=(
        "fund ledger trial-balance",
        "fund ledger trial-balance --as-of 2026-12-31 --output tb.xlsx",
        "fund ledger trial-balance --since 2026-01-01 --as-of 2026-12-31",
    ),
    see=("statement position", "ledger card"),
)
class LedgerTrialBalance(Question[dict[str, Any]]):
    """Show the balance of every account.

    With --since also what each stood at before that day, and what moved on both sides since.
    """

    since: date | None = option("--since", DAY, N_("From this day on"), default=None)
    as_of: date | None = as_of(default=None)
    known_at: int | None = known_at(default=None)


@query(
    "ledger verify",
    ".books:verification",
    examples=(
        "fund ledger verify",
        "fund ledger verify --json",
        "fund ledger verify --anchor 2027-03.anchor.json --key 03a1...",
    ),
    see=("verify", "ledger anchor"),
)
class LedgerVerify(Question[dict[str, Any]]):
    """Check the ledger, every entry anew.

    `fund verify` checks the facts, their deliveries and guards as well.
    """

    anchors: tuple[InputFile, ...] = option(
        "--anchor", TEXT_FILE, N_("An anchor that was kept; repeat"), default=(), several=True
    )
    key: str | None = option(
        "--key", TEXT, N_("The public key that must have signed them"), default=None, metavar="KEY"
    )


@query(
    "statement position",
    ".position:position",
    examples=(
        "fund statement position",
        "fund statement position --as-of 2026-12-31 --explain portfolio_revolving_degree",
        "fund statement position --explain turnover --output turnover.csv",
    ),
    see=("ledger trial-balance", "explain"),
)
class StatementPosition(Question[dict[str, Any]]):
    """Show the fund on one page.

    Everything is read from the ledger and the facts, as of any day; year end changes nothing in it. Each line has a
    name: --explain shows its definition, its inputs and every entry behind them. A price index is a file with a line
    '# origin: ...' and the columns `month,index`.
    """

    explain: str | None = option(
        "--explain",
        TEXT,
        N_("Only this figure, with its inputs and every entry behind them"),
        default=None,
        metavar="NAME",
    )
    listed: bool = option(
        "--list", FLAG, N_("Every figure with its definition, in the place of the page"), default=False
    )
    prices: InputFile | None = option(
        "--cpi", TEXT_FILE, N_("A price index (CSV), for real preservation"), default=None
    )
    as_of: date | None = as_of(default=None)
    known_at: int | None = known_at(default=None)


@query(
    "statement agreement",
    ".agreement:agreement_statement",
    examples=(
        "fund statement agreement A2026-003",
        "fund statement agreement A2026-003 --as-of 2026-12-31 --output A2026-003.pdf",
    ),
    see=("agreement show", "repayment schedule"),
)
class StatementAgreement(Question[dict[str, Any]]):
    """Show one agreement from award to lessons.

    What was awarded, changed, paid, repaid, set aside, given up, brought and learned, with every movement behind it:
    as it was at the end of a day, as known at an entry.
    """

    ref: str = argument(AGREEMENT, N_("The agreement"))
    as_of: date | None = as_of(default=None)
    known_at: int | None = known_at(default=None)


@query(
    "statement partner",
    ".partner:partner_statement",
    examples=(
        "fund statement partner Woudenberg",
        "fund statement partner gm0344 --since 2026-01-01 --as-of 2026-12-31 --output gm0344.xlsx",
    ),
    see=("partner show", "capital list", "partner exit-quote"),
)
class StatementPartner(Question[dict[str, Any]]):
    """Show what a partner was asked and what it paid.

    For the partner's own controller: calls and receipts, what it received as lead and as co-applicant, what leaving
    would mean, and every movement with its document, to lay beside its own books.
    """

    partner: str = argument(PARTNER, N_("The partner"))
    since: date | None = option("--since", DAY, N_("From this day on"), default=None)
    as_of: date | None = as_of(default=None)
    known_at: int | None = known_at(default=None)


@query(
    "statement treasury",
    ".treasury:treasury",
    examples=("fund statement treasury", "fund statement treasury --year 2026 --output treasury.csv"),
    see=("statement position", "regulations template"),
)
class StatementTreasury(Question[dict[str, Any]]):
    """Show what stood outside the treasury on average.

    Per quarter the average of the day balances, weekends included, of the bank (1000) and the treasury account (1005).
    The threshold is that of the regulations of the quarter: the host's budget and the numbers of the law.
    """

    year: int | None = option(
        "--year", Number(least=1901, most=9998), N_("The year; this one when left out"), default=None, metavar="YEAR"
    )
    as_of: date | None = as_of(default=None)
    known_at: int | None = known_at(default=None)


@query(
    "statement annual",
    ".annual:annual",
    examples=(
        "fund statement annual 2025",
        "fund statement annual 2025 --output annual-2025.xlsx",
        "fund statement annual 2025 --output annual-2025.pdf",
    ),
    see=("period close", "ledger trial-balance"),
)
class StatementAnnual(Question[dict[str, Any]]):
    """Show the annual accounts of a year.

    Balance sheet, income and costs, and what moved, with the year before. Of a closed year as its closing froze it;
    until then the accounts are provisional.
    """

    year: int = argument(Number(least=1901, most=9998), N_("The year"), metavar="YEAR")
    known_at: int | None = known_at(default=None)


@query(
    "statement council",
    ".council.composing:council",
    examples=(
        "fund statement council Woudenberg",
        "fund --lang nl statement council ws0636 --output raad.pdf",
        "fund --lang nl statement council --all --output raden",
    ),
    see=("statement partner", "statement site", "evaluation lessons"),
)
class StatementCouncil(Question[dict[str, Any]]):
    """Show a council what became of its money.

    One page in plain words: what the partner paid, what was done with it, what came back, what was learned and what
    comes next. With --all a file for every partner, in the folder that --output names; PDF, unless --format says
    otherwise.
    """

    partner: str | None = argument(PARTNER, N_("The partner"), default=None, metavar="[PARTNER]")
    as_of: date | None = as_of(default=None)
    known_at: int | None = known_at(default=None)
