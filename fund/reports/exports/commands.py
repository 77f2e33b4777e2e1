"""What can be asked of exports."""

from __future__ import annotations

from datetime import date
from typing import Any

from fund.declarations import (
    ACCOUNT,
    DAY,
    FLAG,
    TEXT,
    Choice,
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


@query(
    "export xaf",
    ".audit_file:xaf",
    examples=(
        "fund export xaf --from 2026-01-01 --to 2026-12-31 --output 2026.xaf",
        "fund export xaf --from 2026-01-01 --to 2026-03-31 --rgs plain --output q1.xaf",
    ),
    see=("export jsonl", "ledger trial-balance", "regulations template"),
)
class ExportXaf(Question[dict[str, Any]]):
    """Write the audit file of a year (XAF 4.0).

    For the tax authority and for accountants. Before the file stands at its place it is read again: the schema accepts
    it, debit equals credit, and opening balance and lines end where the ledger does. The same books give the same
    file, whenever it is made.
    """

    since: date = option("--from", DAY, N_("The first accounting day"))
    until: date = option("--to", DAY, N_("The last, in the same year"))
    path: str = option("--output", TEXT, N_("Write it to this file"), metavar="FILE")
    rgs: str = option(
        "--rgs", Choice("rgs", words={"extended": "", "plain": ""}),
        N_("Where accounts share an RGS code: extended by a number, or the first alone bears it"), default="extended",
    )  # fmt: skip
    tax_number: str | None = option(
        "--tax-number", TEXT, N_("RSIN or VAT number, where the regulations do not say it"), default=None,
        metavar="NUMBER",
    )  # fmt: skip
    known_at: int | None = known_at(default=None)


@query(
    "export hledger",
    ".journals:hledger",
    examples=(
        "fund export hledger --output fund.journal",
        "fund export hledger --from 2026-01-01 --to 2026-12-31 --output 2026.journal",
    ),
    see=("export beancount", "ledger trial-balance"),
)
class ExportHledger(Question[dict[str, Any]]):
    """Write a journal for hledger.

    Accounts, entries and, at the end, what stands on each account, which hledger compares with its own sums;
    commitments are balanced virtual postings. A period begins with what stood on the day before.
    """

    path: str = option("--output", TEXT, N_("Write it to this file"), metavar="FILE")
    since: date | None = option("--from", DAY, N_("The first accounting day; all when left out"), default=None)
    until: date | None = option("--to", DAY, N_("The last accounting day; all when left out"), default=None)
    known_at: int | None = known_at(default=None)


@query(
    "export beancount",
    ".journals:beancount",
    examples=(
        "fund export beancount --output fund.beancount",
        "fund export beancount --from 2026-01-01 --to 2026-12-31 --output 2026.beancount",
    ),
    see=("export hledger", "ledger trial-balance"),
)
class ExportBeancount(Question[dict[str, Any]]):
    """Write a ledger for beancount.

    Accounts, entries and, at the end, what stands on each account, which beancount compares with its own sums; the
    commitments of an entry are a transaction of their own. A period begins with what stood on the day before.
    """

    path: str = option("--output", TEXT, N_("Write it to this file"), metavar="FILE")
    since: date | None = option("--from", DAY, N_("The first accounting day; all when left out"), default=None)
    until: date | None = option("--to", DAY, N_("The last accounting day; all when left out"), default=None)
    known_at: int | None = known_at(default=None)


@query(
    "export csv",
    ".tables:csv_set",
    examples=("fund export csv --from 2026-01-01 --to 2026-12-31 --output tables-2026",),
    see=("export jsonl", "export xaf", "ledger trial-balance"),
)
class ExportCsv(Question[dict[str, Any]]):
    """Write the books as tables for a spreadsheet.

    A new folder with entries, postings, accounts, balances before and after, holders, and who did what when;
    manifest.json says which entries they are and the hash of each file. Amounts are whole cents.
    """

    folder: str = option("--output", TEXT, N_("A new folder"), metavar="FOLDER")
    since: date | None = option("--from", DAY, N_("The first accounting day; all when left out"), default=None)
    until: date | None = option("--to", DAY, N_("The last accounting day; all when left out"), default=None)
    known_at: int | None = known_at(default=None)


@query(
    "export jsonl",
    ".ledger:jsonl",
    examples=(
        "fund export jsonl --output export-2027",
        "fund export jsonl --from 2026-01-01 --to 2026-12-31 --output entries-2026",
    ),
    see=("ledger anchor", "ledger prove"),
)
class ExportJsonl(Question[dict[str, Any]]):
    """Write the ledger, one object a line.

    A new folder with every entry, the trial balance, months, limits, anchors, a manifest, and verify_export.py: one
    file that an auditor reads, and runs with Python alone, to make every hash, sum and signature anew. With days:
    their entries alone, and what stood before and after; the whole ledger shows that nothing is missing.
    """

    folder: str = option("--output", TEXT, N_("A new folder"), metavar="FOLDER")
    since: date | None = option("--from", DAY, N_("The first accounting day; all when left out"), default=None)
    until: date | None = option("--to", DAY, N_("The last accounting day; all when left out"), default=None)
    known_at: int | None = known_at(default=None)


@query(
    "export 360giving",
    ".giving:giving",
    examples=(
        "fund export 360giving --output grants.json",
        "fund export 360giving --prefix 360G-myfund --as-of 2026-12-31 --output grants.json",
    ),
    see=("export register",),
)
class ExportGiving(Question[dict[str, Any]]):
    """Write the grants as 360Giving 1.4 (JSON).

    Valid against the schemas of 360Giving. Revocations, determination and repayments are under the key
    `revolvingFund`, which docs/open-data.md explains. Organisations only, no names of people.
    """

    prefix: str | None = option(
        "--prefix",
        TEXT,
        N_("The prefix that 360Giving gave the fund; else made of its name"),
        default=None,
        metavar="PREFIX",
    )
    as_of: date | None = as_of(default=None)
    known_at: int | None = known_at(default=None)


@query(
    "export duties",
    ".duties:duties",
    examples=(
        "fund export duties --output duties.csv",
        "fund export duties --case D2026-0007 --output duties.json",
        "fund export duties --without-names --as-of 2026-12-31 --output duties.csv",
    ),
    see=("verify", "proposal history", "event show"),
)
class ExportDuties(Question[dict[str, Any]]):
    """Write who did what in each case, and what must differ.

    Read from the facts alone: who made, checked, approved, signed and sent, and each two people that the rules want to
    be different, with the letter of the rule and whether they were. It holds user ids, and names while they are known;
    only you may read the file. Exit code 3 when something is not right.
    """

    ref: str | None = option(
        "--case", Reference(), N_("Only what touches this case: a proposal, agreement, payment"), default=None
    )
    as_of: date | None = as_of(default=None)
    without_names: bool = option("--without-names", FLAG, N_("User ids only"), default=False)


@query(
    "export register",
    ".register:register",
    examples=(
        "fund export register --output register.csv",
        "fund export register --as-of 2026-12-31 --output register.json",
    ),
    see=("export 360giving", "statement agreement"),
)
class ExportRegister(Question[dict[str, Any]]):
    """Write the grants register (Woo 3.3a).

    A row for each grant, change, revocation and determination: recipients, title and question, amounts, days, grounds.
    Organisations only, no names of people. What is not decided, or was rejected, is not in it.
    """

    as_of: date | None = as_of(default=None)
    known_at: int | None = known_at(default=None)


@query(
    "ledger prove",
    ".ledger:prove",
    examples=(
        "fund ledger prove --account 3000.gm0344 --output gm0344.proof.json",
        "fund ledger prove 42 43 --output proof.json",
        "fund ledger prove --since 1 --output growth.json",
    ),
    see=("ledger anchor", "export jsonl"),
)
class LedgerProve(Question[dict[str, Any]]):
    """Prove that entries are in the ledger.

    A file with these entries alone and their way to a signed anchor; verify_export.py, which every export has beside
    it, checks it without this program. With --since: that the ledger of an older anchor was only added to.
    """

    seqs: tuple[int, ...] = argument(
        Number(least=1), N_("The numbers of the entries"), default=(), several=True, metavar="[SEQ]..."
    )
    account: str | None = option("--account", ACCOUNT, N_("Every entry on this account"), default=None)
    since: int | None = option(
        "--since", Number(least=1), N_("The number of the older anchor"), default=None, metavar="ANCHOR"
    )
    anchor: int | None = option(
        "--anchor", Number(least=1), N_("From this anchor; the last one if left out"), default=None, metavar="ANCHOR"
    )
