"""What can be asked of repayments."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from fund.declarations import (
    AMOUNT,
    DAY,
    TEXT,
    TEXT_FILE,
    USER,
    Choice,
    Input,
    InputFile,
    Number,
    Question,
    accounting_day,
    argument,
    as_of,
    command,
    known_at,
    option,
    query,
)
from fund.language import N_
from fund.references import PLAN
from fund.rules.authority import FUND_MANAGER, LEAD_SIGNATORY, TREASURER


@command(
    "repayment prepay",
    ".plan_changes:prepay",
    LEAD_SIGNATORY,
    examples=("fund --as fatima repayment prepay A2026-003 --amount 5000",),
    permitted=N_("a signatory of the lead"),
    see=("repayment plan",),
)
class AnnouncePrepayment(Input):
    """Announce an early repayment.

    When it arrives, what exceeds the instalments that are due shortens the plan as the agreement says.
    """

    ref: str = argument(PLAN, N_("The agreement"))
    amount_cents: int = option("--amount", AMOUNT, N_("What will be paid early"))


@command(
    "repayment restructure",
    ".restructuring:restructure",
    FUND_MANAGER,
    examples=(
        "fund --as anna repayment restructure A2026-003 --instalments 6 --first 2027-01-15 --every 3"
        " --requested-by fatima --reason 'Later savings'",
        "fund --as anna repayment restructure A2026-003 --file termijnen.toml --requested-by fatima --reason 'Later'",
    ),
    permitted=N_("a fund manager; the committee decides"),
    see=("repayment plan", "decision vote"),
)
class RestructurePlan(Input):
    """Bring other instalments before the committee.

    A signatory of the lead asks for it, the committee decides. The new instalments are together what is open; what was
    paid stays paid, and the schedule of before stays readable. Equal instalments by --first, --instalments and
    --every; by savings with --savings-share and --ends-on; or a TOML file with a block [[instalments]] of `due_on` and
    `amount` for each.
    """

    ref: str = argument(PLAN, N_("The agreement"))
    requested_by: str = option("--requested-by", USER, N_("The signatory of the lead who asked for it"))
    reason: str = option("--reason", TEXT, N_("Why"))
    instalments: int | None = option(
        "--instalments", Number(least=1, most=240), N_("So many equal instalments"), default=None
    )
    first: date | None = option("--first", DAY, N_("The day of the first"), default=None)
    every: int = option(
        "--every", Number(least=1, most=60), N_("So many months between two"), default=12, metavar="MONTHS"
    )
    savings_share_bps: int | None = option(
        "--savings-share",
        Number(least=1, most=10000),
        N_("The share of savings that is repaid, in hundredths of a percent"),
        default=None,
        metavar="BPS",
    )
    ends_on: date | None = option("--ends-on", DAY, N_("The last day of a plan by savings"), default=None)
    file: InputFile | None = option("--file", TEXT_FILE, N_("The instalments, one by one"), default=None)


@command(
    "repayment demand",
    ".reminders:demand",
    FUND_MANAGER,
    examples=("fund --as anna repayment demand A2026-003", "fund --as anna repayment demand A2026-003 --instalment 2"),
    permitted=N_("a fund manager"),
    see=("repayment arrears", "repayment plan"),
)
class DemandInstalment(Input):
    """Demand once more what is late.

    The service sends a note, a demand and word to the committee by itself. A demand by the office gives two weeks, and
    lets the five years begin again after which a claim lapses (Awb 4:104, 4:106, 4:112).
    """

    ref: str = argument(PLAN, N_("The agreement"))
    instalment: int | None = option(
        "--instalment", Number(least=1), N_("One instalment; every late one without it"), default=None
    )


@command(
    "repayment charge",
    ".charging:charge",
    FUND_MANAGER,
    second=TREASURER,
    examples=(
        "fund --as anna repayment charge A2026-003 --amount 15 --ground fee --reason 'Demand of 7 August'",
        "fund --as anna repayment charge A2026-003 --amount 84.20 --ground interest --reason '61 days, 4%'",
    ),
    permitted=N_("a fund manager; a treasurer confirms"),
    see=("repayment demand", "repayment waive-charge"),
)
class ClaimCharge(Input):
    """Claim costs or interest on what is late.

    Only on what is late and was demanded, within the amounts of the regulations (Awb 4:98, 4:113). Nothing is booked:
    what comes in pays costs, then interest, then principal (4:92), unless the agreement says otherwise.
    """

    ref: str = argument(PLAN, N_("The agreement"))
    amount_cents: int = option("--amount", AMOUNT, N_("How much"))
    ground: str = option(
        "--ground",
        Choice("ground", words={"fee": N_("fee"), "interest": N_("interest")}),
        N_("The costs of a demand, or interest"),
    )
    reason: str = option("--reason", TEXT, N_("How it was calculated"))


@command(
    "repayment waive-charge",
    ".charging:waive_charge",
    FUND_MANAGER,
    second=TREASURER,
    examples=("fund --as anna repayment waive-charge A2026-003 --number 1 --reason 'The demand was wrong'",),
    permitted=N_("a fund manager; a treasurer confirms"),
    see=("repayment plan", "repayment charge"),
)
class WaiveCharge(Input):
    """Take back a claim of costs or interest.

    What is open of it is not owed any more; what was paid of it stays paid.
    """

    ref: str = argument(PLAN, N_("The agreement"))
    no: int = option("--number", Number(least=1), N_("As `fund repayment plan` shows it"))
    reason: str = option("--reason", TEXT, N_("Why"))


@command(
    "repayment reallocate",
    ".reallocation:reallocate",
    TREASURER,
    examples=(
        "fund --as bram repayment reallocate A2026-003 --dry-run",
        "fund --as bram repayment reallocate A2026-003",
    ),
    permitted=N_("a treasurer"),
    see=("repayment plan", "bank unmatch"),
)
class ReallocateReceipts(Input):
    """Put receipts in the order of their value dates.

    A receipt that came late into the books was paid on its value date all the same. What each receipt would have paid
    in that order is calculated anew, and only the difference is booked, today: closed periods stay as they are.
    --dry-run shows it first.
    """

    ref: str = argument(PLAN, N_("The agreement"))
    on: date | None = accounting_day(default=None)


@command(
    "repayment allowance",
    ".allowance:adjust_allowance",
    FUND_MANAGER,
    second=TREASURER,
    examples=("fund --as anna repayment allowance --on 2026-09-30",),
    permitted=N_("a fund manager; a treasurer confirms"),
    see=("repayment arrears", "period lock"),
)
class AdjustAllowance(Input):
    """Calculate what is expected to be lost.

    Over every advance the rate of its stage, from the regulations. The day names the quarter; a quarter that is
    calculated again books only what changed.
    """

    on: date | None = accounting_day(default=None)


class PlanRow(TypedDict):
    agreement: str
    lead_partner: str
    lead_name: str
    plan_type: str
    state: str
    version: int
    repayable_cents: int
    repaid_cents: int
    open_cents: int
    outstanding_cents: int
    overdue_cents: int
    allowance_cents: int
    next_due_on: str | None


class Plans(TypedDict):
    as_of: str
    plans: list[PlanRow]


@query(
    "repayment list",
    ".reading:plans",
    lists={"plans": "plan"},
    examples=("fund repayment list", "fund repayment list --as-of 2027-12-31 --json"),
    see=("repayment plan", "repayment arrears"),
)
class RepaymentList(Question[Plans]):
    """List the repayment plans."""

    as_of: date | None = as_of(default=None)


class VersionRow(TypedDict):
    version: int
    from_on: str
    reason: str


class ChargeRow(TypedDict):
    no: int
    ground: str
    claimed_on: str
    amount_cents: int
    paid_cents: int
    waived_cents: int
    open_cents: int
    reason: str


class InstalmentRow(TypedDict):
    agreement: str
    no: int
    due_on: str
    amount_cents: int
    paid_cents: int
    cancelled_cents: int
    open_cents: int
    days_overdue: int
    reference: str
    lead_partner: str


class PlanInstalment(InstalmentRow):
    demanded_on: str | None
    pay_by: str | None
    limitation_on: str | None


class PlanDetail(TypedDict):
    as_of: str
    agreement: str
    lead_partner: str
    lead_name: str
    plan_type: str
    state: str
    version: int
    versions: list[VersionRow]
    early: str
    early_cents: int
    repayable_cents: int
    repaid_cents: int
    open_cents: int
    outstanding_cents: int
    overdue_cents: int
    ends_on: str
    moved_to: str | None
    allocation: str
    charges_cents: int
    charges: list[ChargeRow]
    instalments: list[PlanInstalment]


@query(
    "repayment plan",
    ".reading:plan_of",
    examples=("fund repayment plan A2026-003", "fund repayment plan A2026-003 --version 1"),
    see=("repayment schedule",),
)
class RepaymentPlan(Question[PlanDetail]):
    """Show the repayment plan of an agreement.

    Each instalment with the reference that the payer quotes. Earlier versions stay readable.
    """

    ref: str = argument(PLAN, N_("The agreement"))
    version: int | None = option("--version", Number(least=1), N_("An earlier schedule"), default=None)
    as_of: date | None = as_of(default=None)


class Schedule(TypedDict):
    as_of: str
    instalments: list[InstalmentRow]


@query(
    "repayment schedule",
    ".reading:schedule",
    examples=("fund repayment schedule", "fund repayment schedule A2026-003 --until 2027-12-31"),
    see=("repayment plan", "repayment arrears"),
)
class RepaymentSchedule(Question[Schedule]):
    """List open instalments in order of their days."""

    ref: str | None = argument(PLAN, N_("The agreement; all of them when left out"), default=None)
    until: date | None = option("--until", DAY, N_("Only what falls due until this day"), default=None)
    as_of: date | None = as_of(default=None)


ArrearsRow = TypedDict(
    "ArrearsRow",
    {
        "agreement": str,
        "lead_partner": str,
        "outstanding_cents": int,
        "overdue_cents": int,
        "days": int,
        "step_days": int,
        "not_due_cents": int,
        "1_30_cents": int,
        "31_90_cents": int,
        "91_180_cents": int,
        "over_180_cents": int,
    },
)


class Arrears(TypedDict):
    as_of: str
    known_at: int | None
    arrears: list[ArrearsRow]
    total: dict[str, int]


@query(
    "repayment arrears",
    ".reading:arrears",
    examples=(
        "fund repayment arrears",
        "fund repayment arrears --as-of 2027-12-31 --json",
        "fund repayment arrears --as-of 2027-12-31 --known-at 412",
    ),
    see=("repayment schedule", "repayment allowance"),
)
class RepaymentArrears(Question[Arrears]):
    """Show what is outstanding by how late it is.

    Days late are counted on the day asked; only what was paid out can be late.
    """

    as_of: date | None = as_of(default=None)
    known_at: int | None = known_at(default=None)
