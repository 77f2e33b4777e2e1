"""What can be asked of payables."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from fund.declarations import (
    AMOUNT,
    DAY,
    DOCUMENT,
    PAYEE,
    TEXT,
    USER,
    Input,
    InputFile,
    Name,
    Question,
    accounting_day,
    argument,
    as_of,
    command,
    option,
    query,
)
from fund.language import N_
from fund.references import CALL
from fund.rules.authority import FUND_MANAGER, TREASURER


@command(
    "cost approve",
    ".costs:approve",
    FUND_MANAGER,
    second=TREASURER,
    examples=(
        'fund --as anna cost approve drukkerij 450.00 --reason "annual report" --invoice 2026-117 --file invoice.pdf',
    ),
    permitted=N_("a fund manager; a treasurer confirms"),
    see=("payee record", "payment batch", "payment cancel"),
)
class ApproveCost(Input):
    """Approve a cost of the fund itself.

    A fund manager records it and a treasurer confirms it: then the fund owes it to a supplier whose account is
    verified, within the yearly budget of the regulations. It is paid in a batch, as disbursements are.
    """

    payee: str = argument(PAYEE, N_("The supplier or partner that is paid"))
    amount: int = argument(AMOUNT, N_("What is owed"))
    reason: str = option("--reason", TEXT, N_("What it is for"))
    invoice: str = option("--invoice", TEXT, N_("The supplier's own number, which stands in the payment"), default="")
    reference: str = option(
        "--reference",
        TEXT,
        N_("The supplier's RF reference (ISO 11649), in place of the number"),
        default="",
        metavar="RF",
    )
    due: date | None = option(
        "--due", DAY, N_("The last day to pay; the regulations' term when left out"), default=None
    )
    file: InputFile | None = option("--file", DOCUMENT, N_("The invoice or order; the fund keeps it"), default=None)
    on: date | None = accounting_day(default=None)


@command(
    "repayment refund",
    ".overpayments:refund",
    TREASURER,
    second=FUND_MANAGER,
    examples=(
        "fund --as bram repayment refund gm0344",
        "fund --as bram repayment refund gm0344 --to B2026-0007 --consent fatima",
    ),
    permitted=N_("a treasurer; a fund manager confirms"),
    see=("repayment overpaid", "payment batch", "capital list"),
)
class RefundOverpayment(Input):
    """Give back what was paid too much, or move it to a call.

    A treasurer makes it, a fund manager confirms. It goes to the verified account of the payer in a batch, or with
    --to and the consent of a signatory to an open call of the same partner.
    """

    ref: str = argument(
        Name("payee", "PAYER", (("repayment overpaid", "payers", "payer"),)), N_("Who paid too much"), metavar="PAYER"
    )
    amount: int | None = option("--amount", AMOUNT, N_("A part of it; all when left out"), default=None)
    to: str | None = option("--to", CALL, N_("An open call of the same partner, instead of its account"), default=None)
    consent: str | None = option("--consent", USER, N_("The signatory of the partner who agreed to that"), default=None)
    on: date | None = accounting_day(default=None)


class OpenCallRow(TypedDict):
    ref: str
    open_cents: int
    due_on: str


class OverpaidRow(TypedDict):
    payer: str
    payer_name: str
    amount_cents: int
    since_on: str
    account_usable_on: str | None
    calls: list[OpenCallRow]


class Overpaid(TypedDict):
    as_of: str
    payers: list[OverpaidRow]
    total_cents: int


@query(
    "repayment overpaid",
    ".overpayments:overpaid",
    examples=("fund repayment overpaid", "fund repayment overpaid --as-of 2026-12-31 --json"),
    see=("repayment refund", "bank list"),
)
class RepaymentOverpaid(Question[Overpaid]):
    """List what was paid too much.

    By payer: how much, since when, the calls that are open, and whether there is an account that can be paid.
    """

    as_of: date | None = as_of(default=None)
