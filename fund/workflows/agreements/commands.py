"""What can be asked of agreements."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NotRequired, TypedDict

from fund.declarations import (
    AMOUNT,
    DAY,
    DOCUMENT,
    FLAG,
    PARTNER,
    TEXT,
    TEXT_FILE,
    Choice,
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
from fund.references import AGREEMENT, MILESTONE, PROPOSAL
from fund.rules.authority import (
    CHAIR,
    FUND_MANAGER,
    LEAD_SIGNATORY,
    OFFICE,
    PARTY_EDITOR,
    PARTY_SIGNATORY,
    TREASURER,
    either,
)
from fund.workflows.evaluations.commands import FollowerRow, ParentRow


@command(
    "agreement draft",
    ".drafting:draft",
    FUND_MANAGER,
    examples=("fund --as anna agreement draft 2026-003", "fund --as anna agreement draft 2026-003 --terms terms.toml"),
    permitted=N_("a fund manager who is of no party"),
    see=("agreement show", "agreement sign"),
)
class DraftAgreement(Input):
    """Make the text of an agreement.

    Award, repayable share, milestones and plan follow from the proposal as decided. A file says otherwise:
    `exit_terms`, `stop_rule`, `assets_owner`, `starts_on`, [[milestones]], [repayment]. Until the last signature a new
    draft takes the place of the old one.
    """

    ref: str = argument(PROPOSAL, N_("The approved proposal"))
    terms: InputFile | None = option("--terms", TEXT_FILE, N_("What the agreement says otherwise (TOML)"), default=None)


@command(
    "agreement sign",
    ".drafting:sign",
    either(PARTY_SIGNATORY, CHAIR),
    examples=("fund --as fatima agreement sign A2026-003",),
    permitted=N_("a signatory of the lead or a co-applicant; the committee chair for the fund"),
    see=("agreement show",),
)
class SignAgreement(Input):
    """Sign an agreement for your organisation.

    Everybody signs the same text, known by its hash: name the hash you read, or look before you answer. After the last
    signature the agreement holds.
    """

    ref: str = argument(AGREEMENT, N_("The agreement"))
    hash: str | None = option(
        "--hash",
        TEXT,
        N_("The hash of the text that you read, or its first 12 characters"),
        default=None,
        metavar="HASH",
    )


@command(
    "agreement activate",
    ".drafting:activate",
    FUND_MANAGER,
    examples=("fund --as anna agreement activate A2026-003 --boards-heard",),
    permitted=N_("a fund manager who is of no party"),
    see=("agreement show",),
)
class ActivateAgreement(Input):
    """Let a signed agreement hold.

    The service does this by itself after the last signature. In the major track it waits until councils, states and
    boards were heard.
    """

    ref: str = argument(AGREEMENT, N_("The agreement"))
    boards_heard: bool = option(
        "--boards-heard", FLAG, N_("Every council, states or general board was heard"), default=False
    )


@command(
    "agreement amend",
    ".amending:amend",
    FUND_MANAGER,
    second=LEAD_SIGNATORY,
    examples=(
        'fund --as anna agreement amend A2026-003 --change 2500 --milestone 2 --reason "extra pump"',
        'fund --as anna agreement amend A2026-003 --change=-2500 --milestone 2 --reason "one pump less"',
        'fund --as anna agreement amend A2026-003 --milestone 2 --due 2027-09-30 --reason "dry summer"',
        'fund --as anna agreement amend A2026-003 --lead gm0312 --reason "Baarn has no people left"',
    ),
    permitted=N_("a fund manager; a signatory of the lead confirms"),
    see=("agreement decide", "agreement sign", "repayment plan"),
)
class AmendAgreement(Input):
    """Change the award, a day or the lead of an agreement.

    Money and days change in one milestone that is not judged yet, or that was rejected: with a day it is planned
    again. Commitment and plan follow; the repayable share in percent stays. A cut is an amount below zero. The
    committee decides as well about a rise to the amount for two thirds, out of the band of its track, or of a major
    agreement or roll-out. Another lead signs for itself: `fund agreement sign`.
    """

    ref: str = argument(AGREEMENT, N_("The agreement"))
    change_cents: int = option("--change", AMOUNT, N_("More, or below zero less"), default=0)
    milestone: int | None = option("--milestone", Number(least=1), N_("The milestone it is made in"), default=None)
    due_on: date | None = option("--due", DAY, N_("The new day of the milestone"), default=None)
    new_lead: str | None = option("--lead", PARTNER, N_("The party that leads from now on"), default=None)
    reason: str = option("--reason", TEXT, N_("Why; it is kept"))
    on: date | None = accounting_day(default=None)


@command(
    "agreement decide",
    ".deciding_amendments:decide",
    CHAIR,
    examples=("fund --as carla agreement decide A2026-003-A1",),
    permitted=N_("the chair of the committee"),
    see=("decision vote", "agreement amend"),
)
class DecideAgreement(Input):
    """Open the votes on an amendment and decide.

    Members vote with `fund decision vote`. By majority, or by two thirds where an award of that amount or kind asks
    it; a tie refuses. The agreement changes at once, within what is free to commit today.
    """

    ref: str = argument(Reference(), N_("The amendment"))
    reason: str = option("--reason", TEXT, N_("Why, when it is refused"), default="")
    on: date | None = accounting_day(default=None)


@command(
    "agreement suspend",
    ".ending:suspend",
    FUND_MANAGER,
    second=TREASURER,
    examples=('fund --as anna agreement suspend A2026-003 --reason "invoice of somebody else"',),
    permitted=N_("a fund manager; a treasurer confirms"),
    see=("agreement resume", "agreement terminate"),
)
class SuspendAgreement(Input):
    """Stop payments on a serious suspicion.

    For thirteen weeks at most. Repayment goes on.
    """

    ref: str = argument(AGREEMENT, N_("The agreement"))
    reason: str = option("--reason", TEXT, N_("The suspicion, as written to the parties"))
    letter: InputFile | None = option("--letter", DOCUMENT, N_("The letter to the parties"), default=None)
    on: date | None = accounting_day(default=None)


@command(
    "agreement resume",
    ".ending:resume",
    FUND_MANAGER,
    second=TREASURER,
    examples=('fund --as anna agreement resume A2026-003 --reason "invoice explained"',),
    permitted=N_("a fund manager; a treasurer confirms"),
    see=("agreement suspend",),
)
class ResumeAgreement(Input):
    """Let a suspended agreement run again."""

    ref: str = argument(AGREEMENT, N_("The agreement"))
    reason: str = option("--reason", TEXT, N_("Why the suspicion is lifted"))
    on: date | None = accounting_day(default=None)


@command(
    "agreement complete",
    ".ending:complete",
    FUND_MANAGER,
    second=OFFICE,
    examples=(
        "fund --as anna agreement complete A2026-003 --report report.pdf",
        'fund --as anna agreement complete A2026-003 --ex-officio --reason "no report after two reminders"',
        "fund --as anna agreement complete A2026-003 --report report.pdf --set-at 30000 "
        '--ground activities_not_done --reason "one pump of two was built"',
    ),
    permitted=N_("a fund manager; a treasurer, a second fund manager or the chair confirms"),
    see=("agreement terminate", "evaluation submit"),
)
class CompleteAgreement(Input):
    """Settle an agreement whose work is done.

    It is settled as granted when the work was done, whatever the result. What was not asked for is free again, and its
    part of the repayment plan lapses. Lower only on a ground of Awb 4:46: `activities_not_done`,
    `obligations_not_met`, `wrong_information`, `award_was_wrong`; the difference is to be paid back.
    """

    ref: str = argument(AGREEMENT, N_("The agreement"))
    report: InputFile | None = option("--report", DOCUMENT, N_("The final report"), default=None)
    ex_officio: bool = option("--ex-officio", FLAG, N_("Without a report; give the reason"), default=False)
    reason: str = option("--reason", TEXT, N_("Why ex officio or lower, or a remark"), default="")
    set_at_cents: int | None = option("--set-at", AMOUNT, N_("Lower than was approved for payment"), default=None)
    ground: str = option(
        "--ground",
        Choice(
            "ground",
            words={
                "activities_not_done": N_("activities not done"),
                "obligations_not_met": N_("obligations not met"),
                "wrong_information": N_("wrong information"),
                "award_was_wrong": N_("award was wrong"),
            },
        ),
        N_("Why lower, by Awb 4:46"),
        default="",
    )
    on: date | None = accounting_day(default=None)


@command(
    "agreement terminate",
    ".ending:terminate",
    FUND_MANAGER,
    second=CHAIR,
    examples=('fund --as anna agreement terminate A2026-003 --ground stop_rule --reason "no saving after a year"',),
    permitted=N_("a fund manager; the committee chair confirms"),
    see=("agreement complete", "disbursement cancel"),
)
class TerminateAgreement(Input):
    """End an agreement before its time.

    By its stop rule, which is nobody's fault, or for a breach. Requests that are still open are refused, withdrawn or
    cancelled first.
    """

    ref: str = argument(AGREEMENT, N_("The agreement"))
    ground: str = option(
        "--ground", Choice("ground", words={"stop_rule": N_("stop rule"), "breach": N_("breach")}), N_("Why it ends")
    )
    reason: str = option("--reason", TEXT, N_("What happened"))
    waive_evaluation: bool = option(
        "--waive-evaluation", FLAG, N_("Ask no evaluation; for a breach only"), default=False
    )
    on: date | None = accounting_day(default=None)


@command(
    "agreement refinance",
    ".refinancing:refinance",
    FUND_MANAGER,
    second=LEAD_SIGNATORY,
    examples=('fund --as anna agreement refinance A2026-003 --to A2027-004 --reason "one plan, one debtor"',),
    permitted=N_("a fund manager who is of no party; a signatory of the lead of the roll-out confirms"),
    see=("decision vote", "decision show", "repayment plan"),
)
class RefinanceAgreement(Input):
    """Let a roll-out take over what is still owed.

    What is outstanding on an experiment that is to be scaled or adopted is owed under the roll-out that follows it.
    The committee decides by two thirds. No money moves; what is due keeps its day, the rest follows the plan of the
    roll-out, the allowance moves along, and the experiment is completed.
    """

    ref: str = argument(AGREEMENT, N_("The agreement of the experiment"))
    to: str = option("--to", AGREEMENT, N_("The agreement of its roll-out"))
    reason: str = option("--reason", TEXT, N_("Why; the committee reads it"))


@command(
    "agreement benefits",
    ".benefits:report_benefits",
    PARTY_SIGNATORY,
    second=FUND_MANAGER,
    examples=(
        "fund agreement benefits A2026-003",
        "fund --as fatima agreement benefits A2026-003 benefits.toml",
        "fund --as fatima agreement benefits A2026-003 --year 2027 --realised-benefit 6500",
        'fund --as fatima agreement benefits A2026-003 --year 2028 --expected-benefit 5000 --note "a dry year"',
    ),
    permitted=N_("a signatory of a party, the lead for all of them; a fund manager confirms"),
    see=("agreement show", "inbox"),
)
class ReportBenefits(Input):
    """Report or show what an experiment costs and brings.

    Without a file or a year it shows the business case: planned, expected now and realised, per partner and year. A
    file has one [[benefits]] per partner and year with `year`, `expected_benefit`, `realised_benefit`, and the same of
    cost; the lead writes `partner` for the others. What is left out stays as it was. The fund asks every January,
    until two years after completion.
    """

    ref: str = argument(AGREEMENT, N_("The agreement"))
    file: InputFile | None = argument(TEXT_FILE, N_("The report (TOML)"), default=None)
    year: int | None = option(
        "--year", Number(least=2000, most=2999), N_("The year it is about"), default=None, metavar="YEAR"
    )
    partner: str | None = option("--partner", PARTNER, N_("Whose; your own when left out"), default=None)
    planned_cost_cents: int | None = option("--planned-cost", AMOUNT, N_("What it would cost"), default=None)
    expected_cost_cents: int | None = option("--expected-cost", AMOUNT, N_("What it will cost"), default=None)
    realised_cost_cents: int | None = option("--realised-cost", AMOUNT, N_("What it cost"), default=None)
    planned_benefit_cents: int | None = option("--planned-benefit", AMOUNT, N_("What it would bring"), default=None)
    expected_benefit_cents: int | None = option("--expected-benefit", AMOUNT, N_("What it will bring"), default=None)
    realised_benefit_cents: int | None = option("--realised-benefit", AMOUNT, N_("What it brought"), default=None)
    note: str = option("--note", TEXT, N_("A remark that is kept"), default="")
    on: date | None = accounting_day(default=None)


@command(
    "milestone evidence",
    ".milestones:evidence",
    PARTY_EDITOR,
    examples=("fund --as fatima milestone evidence A2026-003-1 photos.pdf readings.csv",),
    permitted=N_("an editor or signatory of the lead or a co-applicant"),
    see=("milestone list",),
)
class HandInMilestoneEvidence(Input):
    """Show that a milestone was reached.

    The files are kept, known by their hash. More evidence after a request for changes is added to it.
    """

    ref: str = argument(MILESTONE, N_("The milestone"))
    files: tuple[InputFile, ...] = argument(DOCUMENT, N_("Files that show it"), default=(), several=True)
    note: str = option("--note", TEXT, N_("A remark for the fund manager"), default="")


@command(
    "milestone accept",
    ".milestones:accept",
    FUND_MANAGER,
    examples=("fund --as anna milestone accept A2026-003-1 --met 1",),
    permitted=N_("a fund manager who is of no party"),
    see=("milestone file list", "milestone request-changes"),
)
class AcceptMilestone(Input):
    """Accept a milestone, criterion by criterion.

    Tick every criterion that the evidence meets. A milestone is accepted when all are met.
    """

    ref: str = argument(MILESTONE, N_("The milestone"))
    met: tuple[int, ...] = option("--met", Number(), N_("A criterion that was met; repeat"), default=(), several=True)


@command(
    "milestone request-changes",
    ".milestones:request_changes",
    FUND_MANAGER,
    examples=('fund --as anna milestone request-changes A2026-003-1 --reason "readings of May are missing"',),
    permitted=N_("a fund manager who is of no party"),
    see=("milestone accept",),
)
class RequestMilestoneChanges(Input):
    """Ask for more evidence."""

    ref: str = argument(MILESTONE, N_("The milestone"))
    reason: str = option("--reason", TEXT, N_("What is missing"))
    met: tuple[int, ...] = option("--met", Number(), N_("A criterion that was met; repeat"), default=(), several=True)


@command(
    "milestone reject",
    ".milestones:reject",
    FUND_MANAGER,
    examples=('fund --as anna milestone reject A2026-003-1 --reason "there is no second pump"',),
    permitted=N_("a fund manager who is of no party"),
    see=("agreement amend", "agreement terminate"),
)
class RejectMilestone(Input):
    """Reject a milestone that was not reached.

    The agreement is amended or ended after this.
    """

    ref: str = argument(MILESTONE, N_("The milestone"))
    reason: str = option("--reason", TEXT, N_("What was not reached"))
    met: tuple[int, ...] = option("--met", Number(), N_("A criterion that was met; repeat"), default=(), several=True)


class AgreementRow(TypedDict):
    ref: str
    proposal: str
    title: str
    lead_partner: str
    lead_name: str
    state: str
    award_cents: int
    repayable_cents: int
    share_bps: int
    committed_cents: int
    outstanding_cents: int
    ends_on: str
    verbs: list[str]


class Agreements(TypedDict):
    as_of: str
    agreements: list[AgreementRow]


class SignatureRow(TypedDict):
    party: str
    document_sha256: str


class AmendmentRow(TypedDict):
    change_cents: int
    milestone: int | None
    due_on: str | None
    lead: str
    amendment: str
    reason: str
    on: str
    state: str


class MilestoneRow(TypedDict):
    ref: str
    agreement: str
    number: int
    title: str
    due_on: str
    amount_cents: int
    state: str
    criteria: list[str]
    met: list[int]
    evidence: list[str]
    reason: str
    verbs: list[str]


class Milestones(TypedDict):
    milestones: list[MilestoneRow]


class BenefitFigures(TypedDict):
    """In cents. ``outlook``: what was realised, else what is expected; ``difference``: that less what was planned."""

    planned_cents: int
    expected_cents: int
    realised_cents: int | None
    outlook_cents: int
    difference_cents: int


class BenefitTotals(TypedDict):
    benefit: BenefitFigures
    cost: BenefitFigures


class BenefitsOfPartner(BenefitTotals):
    partner: str
    partner_name: str


class BenefitRow(BenefitsOfPartner):
    year: int
    note: str


class BenefitsAsked(TypedDict):
    year: int
    due_on: str
    partners: list[str]


class BusinessCase(TypedDict):
    as_of: str
    ref: str
    title: str
    state: str
    rows: list[BenefitRow]
    partners: list[BenefitsOfPartner]
    total: BenefitTotals
    asked: list[BenefitsAsked]


class AgreementDetail(TypedDict):
    as_of: str
    ref: str
    proposal: str
    title: str
    state: str
    track: str
    lead_partner: str
    co_applicants: list[str]
    names: Mapping[str, str]
    beneficiaries: list[str]
    award_cents: int
    repayable_cents: int
    share_bps: int
    booked_cents: int
    requested_cents: int
    committed_cents: int
    outstanding_cents: int
    allowance_cents: int
    released_cents: int
    document_sha256: str
    sign_before_on: str
    signatures: list[SignatureRow]
    unsigned: list[str]
    drafted_on: str
    started_on: str | None
    ends_on: str
    evaluation_due_on: str | None
    suspended_until_on: str | None
    ended_on: str | None
    ground: str
    hypothesis: str
    stop_rule: str
    exit_terms: str
    assets_owner: str
    plan_type: str
    allocation: str
    plan_version: int
    repaid_cents: int
    milestones: list[MilestoneRow]
    benefits: list[Mapping[str, Any]]
    total_benefit: BenefitFigures
    determined_cents: int | None
    lower_ground: str
    reclaimed_cents: int
    refinanced_cents: int
    refinanced_to: str | None
    refinanced_agreements: list[str]
    amendments: list[AmendmentRow]
    follows: list[ParentRow]
    followed_by: list[FollowerRow]
    document: NotRequired[str]


@query(
    "agreement list",
    ".reading:agreements",
    lists={"agreements": "agreement"},
    examples=("fund agreement list", "fund agreement list --state active --json"),
    see=("agreement show",),
)
class AgreementList(Question[Agreements]):
    """List the agreements."""

    as_of: date | None = as_of(default=None)


@query(
    "agreement show",
    ".reading:agreement",
    examples=("fund agreement show A2026-003", "fund agreement show A2026-003 --document"),
    see=("milestone list", "repayment plan", "agreement file list"),
)
class AgreementShow(Question[AgreementDetail]):
    """Show an agreement, or its text."""

    ref: str = argument(AGREEMENT, N_("The agreement"))
    document: bool = option("--document", FLAG, N_("Print the text that is signed, byte for byte"), default=False)
    as_of: date | None = as_of(default=None)


@query("agreement business-case", ".business_case:benefit_table", see=("agreement benefits", "agreement show"))
class AgreementBusinessCase(Question[BusinessCase]):
    """Show what an experiment costs and brings.

    Planned, expected now and realised, per partner and year.
    """

    ref: str = argument(AGREEMENT, N_("The agreement"))


@query(
    "milestone list",
    ".reading:milestones",
    lists={"milestones": "milestone"},
    examples=("fund milestone list A2026-003", "fund milestone list --state evidenced --json"),
    see=("milestone evidence", "milestone file list"),
)
class MilestoneList(Question[Milestones]):
    """List milestones and their criteria."""

    ref: str | None = argument(AGREEMENT, N_("The agreement; all of them when left out"), default=None)
