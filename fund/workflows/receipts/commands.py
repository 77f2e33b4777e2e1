"""What can be asked of receipts."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from fund.declarations import (
    ACCOUNT,
    AMOUNT,
    BANK_FILE,
    IBAN,
    TEXT,
    Input,
    InputFile,
    Number,
    Question,
    Reference,
    accounting_day,
    argument,
    as_of,
    command,
    option,
    query,
)
from fund.language import N_
from fund.references import AGREEMENT, RECEIPT, RECEIVED
from fund.rules.authority import FUND_MANAGER, TREASURER

_LISTS = {"accounts": "", "statements": "", "notifications": "", "receipts": "receipt"}


@command(
    "bank register",
    ".importing:register",
    FUND_MANAGER,
    second=TREASURER,
    examples=('fund --as anna bank register "NL91 ABNA 0417 1643 00" --account 1000',),
    permitted=N_("a fund manager; a treasurer confirms"),
    see=("bank import", "confirm"),
)
class RegisterBankAccount(Input):
    """Register an account of the fund.

    Statements of other accounts are refused. Payments leave from 1000; 1005 is the treasury account.
    """

    iban: str = argument(IBAN, N_("The account, with or without spaces"))
    account: str = option("--account", ACCOUNT, N_("Where it is kept: 1000 or 1005"), metavar="CODE")
    on: date | None = accounting_day(default=None)


@command(
    "bank import",
    ".importing:import_statements",
    TREASURER,
    before=".importing:read_files",
    examples=("fund --as bram bank import statement.xml", "fund --as bram bank import january/*.xml"),
    permitted=N_("a treasurer"),
    see=("bank unmatched", "bank match"),
)
class ImportBankFiles(Input):
    """Import bank statements (camt.053, camt.054).

    Each file whole or not at all: what is refused is named, the others go in. A line that is known, also from another
    file, is not booked again. What is certain is matched at once, the rest waits: `fund bank unmatched`.
    """

    files: tuple[InputFile, ...] = argument(BANK_FILE, N_("The files, in any order"), several=True, metavar="FILE...")


@command(
    "bank match",
    ".matching:match",
    TREASURER,
    second=".matching:second_to_match",
    seconds=(FUND_MANAGER,),
    examples=("fund --as bram bank match O2026-0012 --to B2026-0007",),
    permitted=N_("a treasurer; a fund manager confirms what was not proposed"),
    see=("bank unmatched", "bank unmatch"),
)
class MatchReceipt(Input):
    """Say what a receipt is for.

    A call, an agreement or, for unspent money, a disbursement. What the evidence proposes a treasurer confirms alone;
    for anything else a fund manager confirms as well.
    """

    ref: str = argument(RECEIPT, N_("The receipt, or its bank line"))
    to: str | None = option(
        "--to", Reference(), N_("What it is for; may be left out when one case is proposed"), default=None
    )
    amount: int | None = option("--amount", AMOUNT, N_("A part of it; all that waits when left out"), default=None)


@command(
    "bank unmatch",
    ".matching:unmatch",
    TREASURER,
    examples=('fund --as bram bank unmatch O2026-0012 --reason "paid by Bunnik"',),
    permitted=N_("a treasurer"),
    see=("bank match", "bank list"),
)
class UnmatchReceipt(Input):
    """Undo the matches of a receipt.

    The entries are mirrored and the receipt waits again; the service does not match it by itself any more.
    """

    ref: str = argument(RECEIVED, N_("The receipt, or its bank line"))
    reason: str = option("--reason", TEXT, N_("Why"))
    on: date | None = accounting_day(default=None)


@command(
    "repayment allocate",
    ".matching:allocate",
    TREASURER,
    second=FUND_MANAGER,
    examples=("fund --as bram repayment allocate A2026-003 --receipt O2026-0012",),
    permitted=N_("a treasurer; a fund manager confirms"),
    see=("bank unmatched", "repayment plan"),
)
class AllocateReceipt(Input):
    """Set a receipt against an advance by hand.

    What the evidence proposes needs no hand: `fund bank match`. Here two people decide. Costs and interest go first,
    then the instalment that the payer named, the oldest that is due, and the next; what exceeds them is owed back.
    --dry-run shows the parts.
    """

    ref: str = argument(AGREEMENT, N_("The agreement"))
    receipt: str = option("--receipt", RECEIPT, N_("The receipt"))
    amount: int | None = option("--amount", AMOUNT, N_("A part of the receipt; all of it when left out"), default=None)
    instalment: int | None = option(
        "--instalment", Number(least=1), N_("The instalment that the payer named"), default=None
    )
    on: date | None = accounting_day(default=None)


class AccountRow(TypedDict):
    iban: str
    account: str
    from_on: str
    statements: int
    closed_on: str | None
    closing_cents: int | None
    ledger_cents: int | None


class LedgerAccountRow(TypedDict):
    account: str
    accounts: int
    closing_cents: int | None
    ledger_cents: int


class StatementRow(TypedDict):
    iban: str
    statement_id: str
    sequence_number: int | None
    opened_on: str
    closed_on: str
    opening_cents: int
    closing_cents: int
    lines: int
    file: str


class NotificationRow(TypedDict):
    iban: str
    notification_id: str
    sequence_number: int | None
    first_on: str
    last_on: str
    lines: int
    lines_known: int
    file: str


class UseRow(TypedDict):
    target: str
    receipt_cents: int
    rule: str


class ReceiptRow(TypedDict):
    ref: str
    line_id: str
    account: str
    booked_on: str
    valued_on: str
    amount_cents: int
    allocated_cents: int
    waiting_cents: int
    state: str
    payer_iban: str
    reference: str
    text: str
    uses: list[UseRow]


class Gap(TypedDict):
    """Statements that are missing between two: by their numbers, or an amount."""

    iban: str
    after: str
    before: str
    missing: list[int]
    difference_cents: int


class Bank(TypedDict):
    as_of: str
    accounts: list[AccountRow]
    ledger_accounts: list[LedgerAccountRow]
    statements: list[StatementRow]
    notifications: list[NotificationRow]
    receipts: list[ReceiptRow]
    gaps: list[Gap]


@query(
    "bank list",
    ".reading:bank",
    lists=_LISTS,
    examples=("fund bank list", "fund bank list --state allocated", "fund bank list --as-of 2026-03-31 --json"),
    see=("bank unmatched", "bank import"),
)
class BankList(Question[Bank]):
    """List accounts, statements and receipts.

    Notifications (camt.054) too, where the bank sends them: what they told is not booked again.
    """

    as_of: date | None = as_of(default=None)


class Candidate(TypedDict):
    target: str
    rule: str
    open_cents: int
    exact: bool
    instalment: int | None


class WaitingReceipt(ReceiptRow):
    days: int
    reason: str
    return_reason: str
    candidates: list[Candidate]


class WaitingDebit(TypedDict):
    ref: str
    line_id: str
    debited_on: str
    days: int
    amount_cents: int
    reason: str
    text: str


class Unmatched(TypedDict):
    as_of: str
    receipts: list[WaitingReceipt]
    debits: list[WaitingDebit]
    gaps: list[Gap]
    waiting_cents: int


@query(
    "bank unmatched",
    ".reading:unmatched",
    examples=("fund --as bram bank unmatched",),
    see=("bank match", "capital receive", "repayment allocate", "cost income", "cost charge"),
)
class BankUnmatched(Question[Unmatched]):
    """Show what waits for an explanation.

    Receipts with the best candidates, debits that nobody explained, statements that are missing.
    """
