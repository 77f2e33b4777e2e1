"""What can be asked of payments."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from fund.declarations import (
    BANK_FILE,
    DAY,
    TEXT,
    Choice,
    Input,
    InputFile,
    Question,
    Reference,
    accounting_day,
    argument,
    command,
    option,
    query,
)
from fund.language import N_
from fund.references import BATCH, DUE, PAID, PAYABLE
from fund.rules.authority import FUND_MANAGER, PAYERS, TREASURER

_LISTS = {"batches": "batch", "payments": "payment", "payables": "payable"}


@command(
    "payment batch",
    ".batches:batch",
    PAYERS,
    examples=(
        "fund --as anna payment batch --output S2026005.xml",
        "fund --as anna payment batch --execution 2026-04-02 --replaces S2026-004",
    ),
    permitted=N_("a fund manager or a treasurer"),
    see=("disbursement list", "payment send", "payment file"),
)
class BatchPayments(Input):
    """Make a payment file of what is approved.

    One file (pain.001) for one day. What cannot be paid on that day is left out and named. Nothing is booked yet: two
    people let the batch go with `fund payment send`, then the file is uploaded to the bank.
    """

    execution_on: date | None = option(
        "--execution", DAY, N_("The day the bank pays; the next working day when left out"), default=None
    )
    refs: tuple[str, ...] = option(
        "--ref", DUE, N_("Only these disbursements, costs, refunds; repeat"), default=(), several=True
    )
    version: str = option(
        "--version",
        Choice("", words=dict.fromkeys(["09", "03"], "")),
        N_("The version of pain.001; 09 when left out"),
        default="09",
    )
    replaces: str | None = option(
        "--replaces", BATCH, N_("A batch that was not sent, whose place this one takes"), default=None
    )


@command(
    "payment send",
    ".batches:send",
    TREASURER,
    second=PAYERS,
    examples=("fund --as bram2 payment send S2026-005",),
    permitted=N_("a treasurer; a second treasurer or a fund manager confirms"),
    see=("payment batch", "confirm", "bank import"),
)
class SendPayment(Input):
    """Let a batch go to the bank.

    A treasurer sends, a second person confirms; neither acted on any payment in it. Both see total, number and the
    hash of the file.
    """

    ref: str = argument(BATCH, N_("The batch"))
    on: date | None = accounting_day(default=None)


@command(
    "payment status",
    ".reports:status",
    TREASURER,
    before=".reports:read_file",
    examples=("fund --as bram payment status S2026005-status.xml",),
    permitted=N_("a treasurer"),
    see=("payment send", "payment retry", "bank import"),
)
class ReportPaymentStatus(Input):
    """Take in the bank's report on a payment file.

    A pain.002 file. What the bank accepted is noted, and only a statement shows that it was paid. What it rejected is
    owed again, with the bank's reason. What contradicts what is known is named.
    """

    file: InputFile = argument(BANK_FILE, N_("The report: pain.002.001.03"))
    on: date | None = accounting_day(default=None)


@command(
    "payment settle",
    ".settling:settle",
    TREASURER,
    examples=(
        "fund --as bram payment settle D2026-0007 --on 2026-04-03",
        "fund --as bram payment settle S2026-005 --bank-line U2026-0001",
    ),
    permitted=N_("a treasurer"),
    see=("bank import", "payment fail"),
)
class SettlePayment(Input):
    """Say that the bank paid.

    Only where no bank statement can say so: payments that are matched for certain settle by themselves. A debit that
    nobody explained may be a payment that was settled before, or a whole batch.
    """

    ref: str = argument(PAID, N_("The disbursement, cost, refund, settlement or batch"))
    bank_line: str | None = option(
        "--bank-line", Reference(), N_("The unexplained debit that shows it, or its line"), default=None
    )
    on: date | None = accounting_day(default=None)


@command(
    "payment fail",
    ".settling:fail",
    TREASURER,
    examples=("fund --as bram payment fail D2026-0007 --reason AC01",),
    permitted=N_("a treasurer"),
    see=("payment retry",),
)
class FailPayment(Input):
    """Say that the bank did not pay.

    The money never left: the payee is owed again.
    """

    ref: str = argument(DUE, N_("The disbursement, cost, refund or settlement"))
    reason: str = option("--reason", TEXT, N_("The bank's code or words"))
    on: date | None = accounting_day(default=None)


@command(
    "payment found",
    ".settling:found",
    TREASURER,
    examples=("fund --as bram payment found D2026-0007 --bank-line U2026-0001",),
    permitted=N_("a treasurer"),
    see=("bank unmatched", "payment fail"),
)
class MarkPaymentFound(Input):
    """Say that a payment that failed was carried out.

    A debit that nobody explained is that payment: it did not fail, and nothing is owed twice.
    """

    ref: str = argument(DUE, N_("The disbursement, cost, refund or settlement"))
    bank_line: str = option("--bank-line", Reference(), N_("The unexplained debit, or its line"))
    on: date | None = accounting_day(default=None)


@command(
    "payment retry",
    ".settling:retry",
    FUND_MANAGER,
    examples=("fund --as anna payment retry D2026-0007",),
    permitted=N_("a fund manager"),
    see=("payee record", "payment batch"),
)
class RetryPayment(Input):
    """Verify the account again after a failed payment.

    After a failed or returned payment, or when another account took its place. Then it can be batched again.
    """

    ref: str = argument(DUE, N_("The disbursement, cost, refund or settlement"))


@command(
    "payment cancel",
    ".settling:cancel",
    FUND_MANAGER,
    second=TREASURER,
    examples=('fund --as anna payment cancel K2026-0003 --reason "invoice withdrawn"',),
    permitted=N_("a fund manager; a treasurer confirms"),
    see=("disbursement cancel", "payment list"),
)
class CancelPayment(Input):
    """Do not pay a cost, refund or settlement.

    What is approved or failed, and not under way: what made it a debt is mirrored. A batch that was not sent falls
    with it. A disbursement has a command of its own.
    """

    ref: str = argument(PAYABLE, N_("The cost, refund or settlement"))
    reason: str = option("--reason", TEXT, N_("Why it is not paid"))
    on: date | None = accounting_day(default=None)


@command(
    "payment return",
    ".settling:give_back_by_hand",
    TREASURER,
    examples=("fund --as bram payment return D2026-0007 --receipt O2026-0012 --reason AC04",),
    permitted=N_("a treasurer"),
    see=("bank unmatched", "payment retry"),
)
class ReturnPayment(Input):
    """Say that a receipt is a payment that came back.

    A return that names our reference is found by `fund bank import` itself.
    """

    ref: str = argument(DUE, N_("The disbursement, cost, refund or settlement"))
    receipt: str = option(
        "--receipt", Reference(listed=(("bank unmatched", "receipts", "ref"),)), N_("The receipt that holds the money")
    )
    reason: str = option("--reason", TEXT, N_("The bank's code or words"), default="")
    on: date | None = accounting_day(default=None)


class BatchRow(TypedDict):
    ref: str
    state: str
    execution_on: str
    payments: int
    total_cents: int
    sha256: str


class PaymentRow(TypedDict):
    batch: str
    ref: str
    end_to_end_id: str
    payee: str
    name: str
    amount_cents: int
    execution_on: str
    state: str
    bank_line: str | None
    returned_line: str | None
    bank_status: str | None
    bank_reason: str | None


class PayableRow(TypedDict):
    ref: str
    ground: str
    payee: str
    payee_name: str
    amount_cents: int
    state: str
    batch: str | None
    text: str
    creditor_reference: str
    approved_on: str
    due_on: str | None
    paid_on: str | None
    bank_reason: str | None


class Payments(TypedDict):
    batches: list[BatchRow]
    payments: list[PaymentRow]
    payables: list[PayableRow]


@query(
    "payment list",
    ".reading:payments",
    lists=_LISTS,
    examples=("fund payment list", "fund payment list --batch S2026-005", "fund payment list --state sent"),
    see=("payment batch", "disbursement list"),
)
class PaymentList(Question[Payments]):
    """List batches, their payments and what else is owed.

    Costs, refunds and settlements are listed here from approval on; disbursements in their own list.
    """

    batch: str | None = option("--batch", BATCH, N_("Only this batch"), default=None)


class PaymentFileText(TypedDict):
    ref: str
    name: str
    sha256: str
    content: str


@query(
    "payment file",
    ".reading:payment_file",
    examples=(
        "fund --as bram payment file S2026-005 --output S2026005.xml",
        "fund --as bram payment file S2026-005 --output upload/",
    ),
    see=("payment batch",),
)
class PaymentFile(Question[PaymentFileText]):
    """Write the payment file of a batch again.

    The same bytes as when the batch was made; its hash proves it. In a folder it stands under its own name. A file
    with other content is never replaced.
    """

    ref: str = argument(BATCH, N_("The batch"))
