"""What can be asked of disbursements."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from fund.declarations import (
    AMOUNT,
    IBAN,
    PARTNER,
    TEXT,
    Input,
    Number,
    Question,
    Reference,
    accounting_day,
    argument,
    command,
    option,
    query,
)
from fund.language import N_
from fund.references import AGREEMENT, DISBURSEMENT
from fund.rules.authority import FUND_MANAGER, PARTY_SIGNATORY, PAYERS, TREASURER


@command(
    "disbursement request",
    ".requesting:request",
    PARTY_SIGNATORY,
    examples=("fund --as fatima disbursement request A2026-003 --milestone 1",),
    permitted=N_("a signatory of the lead or a co-applicant"),
    see=("milestone list", "disbursement check"),
)
class RequestDisbursement(Input):
    """Ask for money from an award.

    Money follows results: name an accepted milestone. In a light track the service asks by itself, once the agreement
    is active.
    """

    ref: str = argument(AGREEMENT, N_("The agreement"))
    milestone: int | None = option("--milestone", Number(least=1), N_("The milestone that was accepted"), default=None)
    amount: int | None = option("--amount", AMOUNT, N_("What is asked; all that is left when left out"), default=None)
    payee: str | None = option("--payee", PARTNER, N_("Who is paid; the lead when left out"), default=None)
    iban: str | None = option("--iban", IBAN, N_("The account; the verified one when left out"), default=None)
    on: date | None = accounting_day(default=None)


@command(
    "disbursement check",
    ".approving:check_request",
    FUND_MANAGER,
    examples=("fund --as anna disbursement check D2026-0007",),
    permitted=N_("a fund manager who is of no party"),
    see=("payee list", "disbursement approve"),
)
class CheckDisbursement(Input):
    """Check a request.

    It goes to the verified account of the payee, which must have cooled off.
    """

    ref: str = argument(DISBURSEMENT, N_("The disbursement"))
    on: date | None = accounting_day(default=None)


@command(
    "disbursement approve",
    ".approving:approve",
    TREASURER,
    examples=("fund --as bram disbursement approve D2026-0007",),
    permitted=N_("a treasurer who neither made nor checked this request"),
    see=("payment batch", "disbursement cancel"),
)
class ApproveDisbursement(Input):
    """Approve a checked disbursement.

    The fund owes the payee from then on: the repayable share becomes an advance, the rest a grant.
    """

    ref: str = argument(DISBURSEMENT, N_("The disbursement"))
    on: date | None = accounting_day(default=None)


@command(
    "disbursement refuse",
    ".approving:refuse",
    PAYERS,
    examples=('fund --as anna disbursement refuse D2026-0007 --reason "report missing"',),
    permitted=N_("a fund manager or a treasurer"),
    see=("disbursement show",),
)
class RefuseDisbursement(Input):
    """Refuse a request."""

    ref: str = argument(DISBURSEMENT, N_("The disbursement"))
    reason: str = option("--reason", TEXT, N_("Why; it is kept"))
    on: date | None = accounting_day(default=None)


@command(
    "disbursement withdraw",
    ".approving:withdraw",
    PARTY_SIGNATORY,
    examples=('fund --as fatima disbursement withdraw D2026-0007 --reason "wrong milestone"',),
    permitted=N_("a signatory of the lead or a co-applicant"),
    see=("disbursement request",),
)
class WithdrawDisbursement(Input):
    """Withdraw your own request."""

    ref: str = argument(DISBURSEMENT, N_("The disbursement"))
    reason: str = option("--reason", TEXT, N_("Why; it is kept"))
    on: date | None = accounting_day(default=None)


@command(
    "disbursement cancel",
    ".undoing:cancel",
    FUND_MANAGER,
    second=TREASURER,
    examples=('fund --as anna disbursement cancel D2026-0007 --reason "asked twice"',),
    permitted=N_("a fund manager; a treasurer confirms"),
    see=("disbursement show",),
)
class CancelDisbursement(Input):
    """Cancel an approved disbursement.

    Only what is not under way. The approval is undone; a batch that was not sent falls with it.
    """

    ref: str = argument(DISBURSEMENT, N_("The disbursement"))
    reason: str = option("--reason", TEXT, N_("Why; it is kept"))
    on: date | None = accounting_day(default=None)


@command(
    "disbursement refund",
    ".undoing:refund",
    TREASURER,
    examples=("fund --as bram disbursement refund D2026-0007 --receipt O2026-0012",),
    permitted=N_("a treasurer"),
    see=("bank unmatched",),
)
class RefundDisbursement(Input):
    """Book unspent money that came back.

    It is divided over advance and grant as it went out.
    """

    ref: str = argument(DISBURSEMENT, N_("The disbursement"))
    receipt: str = option("--receipt", Reference(), N_("The receipt that holds the money"))
    amount: int | None = option("--amount", AMOUNT, N_("A part of it; the whole when left out"), default=None)
    on: date | None = accounting_day(default=None)


class DisbursementRow(TypedDict):
    ref: str
    agreement: str
    proposal: str
    milestone: str | None
    payee: str
    payee_name: str
    state: str
    amount_cents: int
    repayable_cents: int
    grant_cents: int
    paid_cents: int
    refunded_cents: int
    batch: str | None
    requested_on: str
    approved_on: str | None
    paid_on: str | None
    due_on: str | None


class Disbursements(TypedDict):
    disbursements: list[DisbursementRow]


@query(
    "disbursement list",
    ".reading:disbursements",
    lists={"disbursements": "disbursement"},
    examples=("fund disbursement list", "fund disbursement list --state approved"),
    see=("disbursement show",),
)
class DisbursementList(Question[Disbursements]):
    """List disbursements."""

    agreement: str | None = option("--agreement", AGREEMENT, N_("Only those of this agreement"), default=None)
    payee: str | None = option("--payee", PARTNER, N_("Only those to this partner"), default=None)


class FactRow(TypedDict):
    seq: int
    type: str
    effective_on: str
    actor: str
    actor_name: str
    made_by: str | None


class DisbursementDetail(DisbursementRow):
    iban_payee_ref: str | None
    iban: str | None
    attempts: int
    bank_reason: str | None
    possible: list[str]
    events: list[FactRow]


@query(
    "disbursement show",
    ".reading:disbursement",
    examples=("fund disbursement show D2026-0007",),
    see=("disbursement list", "payment list"),
)
class DisbursementShow(Question[DisbursementDetail]):
    """Show one disbursement."""

    ref: str = argument(DISBURSEMENT, N_("The disbursement"))
