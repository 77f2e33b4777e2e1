"""Agreements and milestones as cases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal, TypeVar

from pydantic import Field, ValidationError

from fund.errors import FaultyInput, shape_fault
from fund.errors.agreements import FaultyAgreementTerms, FaultyBenefits
from fund.events.values import AgreementTerms
from fund.money import parse
from fund.paths import toml_of
from fund.schemas.base import CaseColumns, CaseFile, Shape


class MilestoneEntry(Shape):
    """A milestone in a file of terms; the amount as text in euros."""

    title: str = Field(min_length=1)
    due_on: date
    amount: str
    criteria: tuple[str, ...] = Field(min_length=1)

    @property
    def amount_cents(self) -> int:
        return parse(self.amount)


class RepaymentEntry(Shape):
    """How the repayable share comes back, in a file of terms."""

    plan: Literal["fixed", "savings_linked", "on_success"] = "fixed"
    grace_months: int = Field(default=0, ge=0, le=120)
    instalments: int = Field(default=1, ge=1, le=120)
    months_between: int = Field(default=12, ge=1, le=60)
    savings_share_bps: int = Field(default=0, ge=0, le=10_000)
    ends_on: date | None = None
    early: Literal["last_first", "spread"] = "last_first"
    allocation: Literal["law", "principal_first"] = "law"


class TermsFile(Shape):
    """What an agreement says otherwise than the proposal, or in addition (TOML)."""

    exit_terms: str | None = None
    stop_rule: str | None = None
    hypothesis: str | None = None
    assets_owner: str | None = None
    starts_on: date | None = None
    milestones: tuple[MilestoneEntry, ...] = ()
    repayment: RepaymentEntry | None = None


def parse_terms(content: bytes, name: str) -> TermsFile:
    """The terms that a TOML file holds.

    Raises:
        FaultyAgreementTerms: Not UTF-8, not TOML, a field too many, a wrong word; with the file and the field.
        InvalidAmount: An amount that is no number of euros.
    """
    found = _read(TermsFile, content, name, FaultyAgreementTerms)
    for milestone in found.milestones:
        parse(milestone.amount)
    return found


class InstalmentEntry(Shape):
    """An instalment in a file of other instalments; the amount as text in euros."""

    due_on: date
    amount: str


class ScheduleFile(Shape):
    """Other instalments for what is open of a plan (TOML), in the order of their days."""

    savings_share_bps: int | None = Field(default=None, ge=1, le=10_000)
    """With it, savings call their share from the last instalment on."""
    instalments: tuple[InstalmentEntry, ...] = Field(min_length=1, max_length=240)


def parse_schedule(content: bytes, name: str) -> ScheduleFile:
    """The instalments that a TOML file holds.

    Raises:
        FaultySchedule: Not UTF-8, not TOML, a field too many or too few; with the file, the place and what is wrong.
        InvalidAmount: An amount that is no number of euros.
    """
    from fund.errors.repayments import FaultySchedule

    found = _read(ScheduleFile, content, name, FaultySchedule)
    for each in found.instalments:
        parse(each.amount)
    return found


File = TypeVar("File", bound=Shape)


def _read(shape: type[File], content: bytes, name: str, refusal: type[FaultyInput]) -> File:
    """The shape that a TOML file holds, or the refusal with file, field and what is wrong."""
    read = toml_of(content, lambda problem, _line: refusal(file=name, problem=problem))
    try:
        return shape.model_validate(read)
    except ValidationError as problems:
        raise refusal(file=name, problem=": ".join(shape_fault(problems.errors(include_url=False)[0]))) from problems
    except ValueError as problem:
        raise refusal(file=name, problem=str(problem)) from problem


class BenefitEntry(Shape):
    """One partner over one year in a file of benefits; amounts as text in euros, what is left out stays as it was."""

    partner: str = ""
    """The partner, by id or name; the reporter's own when left out."""
    year: int = Field(ge=2000, le=2999)
    planned_cost: str | None = None
    expected_cost: str | None = None
    realised_cost: str | None = None
    planned_benefit: str | None = None
    expected_benefit: str | None = None
    realised_benefit: str | None = None
    note: str = Field(default="", max_length=2000)

    def cents(self) -> dict[str, int]:
        """The amounts that are given, in cents by field."""
        named = {field: getattr(self, field) for field in AMOUNTS}
        return {f"{field}_cents": parse(text) for field, text in named.items() if text is not None}


AMOUNTS = ("planned_cost", "expected_cost", "realised_cost", "planned_benefit", "expected_benefit", "realised_benefit")


class BenefitsFile(Shape):
    """What an experiment was planned, expected and found to cost and bring: a row per partner and year (TOML)."""

    benefits: tuple[BenefitEntry, ...] = Field(min_length=1, max_length=500)


def parse_benefits(content: bytes, name: str) -> BenefitsFile:
    """The rows that a TOML file holds.

    Raises:
        FaultyBenefits: Not UTF-8, not TOML, a field too many or too few.
        InvalidAmount: An amount that is no number of euros.
    """
    found = _read(BenefitsFile, content, name, FaultyBenefits)
    for row in found.benefits:
        row.cents()
    return found


class Benefit(Shape):
    """The business case of one partner over one year, as reported and accepted."""

    partner: str
    year: int
    planned_cost_cents: int
    realised_cost_cents: int
    planned_benefit_cents: int
    realised_benefit_cents: int
    called_cents: int = 0
    expected_cost_cents: int | None = None
    expected_benefit_cents: int | None = None
    realised: bool = True
    note: str = ""

    @property
    def expected_now_cents(self) -> int:
        """The benefit that is expected now: what was planned until the partner said otherwise."""
        return self.planned_benefit_cents if self.expected_benefit_cents is None else self.expected_benefit_cents


class Agreement(CaseFile, kind="agreement"):
    """What the parties and the fund agreed on one award.

    ``state``: drafted, signed, active, suspended, completed, terminated, closed.

    Attributes:
        signatures: Who signed (partner id, or ``fund``) and the hash of the document that was before them.
        approved_cents: Live disbursements, requested to paid: with a new request together at most the award.
        booked_cents: Approved for payment and not cancelled: what left the commitment (9000) for good.
        booked_repayable_cents: The repayable part of that.
        open_disbursements: Requests not yet paid, refused, withdrawn or cancelled, by ref.
        released_cents: What the end of the agreement freed.
        led_by: The lead of now, where it is no longer that of the signed text.
        benefit_years: The years of which the benefits were asked for, with the last day that was asked.
        refinanced_to: The roll-out that took its balance over (8).
        refinanced_from: Those whose balance it took over.
        refinanced_cents: What that added to its advance; below zero what left it.
        determined_cents: What it was set at, where that is lower than what was approved for payment (Awb 4:46).
    """

    proposal: str
    terms: AgreementTerms
    award_cents: int
    repayable_cents: int
    share_bps: int
    document_sha256: str
    sign_before_on: date
    drafted_on: date
    signatures: Mapping[str, str] = Field(default_factory=dict)
    milestones: tuple[str, ...] = ()
    started_on: date | None = None
    ends_on: date
    evaluation_due_on: date | None = None
    approved_cents: int = 0
    booked_cents: int = 0
    booked_repayable_cents: int = 0
    open_disbursements: tuple[str, ...] = ()
    suspended_until_on: date | None = None
    ended_on: date | None = None
    ground: str = ""
    evaluation_waived: bool = False
    released_cents: int = 0
    report_sha256: str | None = None
    amended: int = 0
    benefits: tuple[Benefit, ...] = ()
    led_by: str = ""
    benefit_years: Mapping[int, date] = Field(default_factory=dict)
    determined_cents: int | None = None
    lower_ground: str = ""
    reclaimed_cents: int = 0
    refinanced_to: str = ""
    refinanced_from: tuple[str, ...] = ()
    refinanced_cents: int = 0

    @property
    def title(self) -> str:
        return self.terms.title

    @property
    def track(self) -> str:
        return self.terms.track

    @property
    def lead(self) -> str:
        """The partner that receives, repays and accounts."""
        return self.led_by or self.terms.lead

    @property
    def co_applicants(self) -> tuple[str, ...]:
        everybody = dict.fromkeys((self.terms.lead, *self.terms.co_applicants))
        return tuple(party for party in everybody if party != self.lead)

    @property
    def applicants(self) -> tuple[str, ...]:
        """The partners that take part, sign and act: lead and co-applicants."""
        return (self.lead, *self.co_applicants)

    @property
    def parties(self) -> tuple[str, ...]:
        """Every partner whose people may not judge this case: lead, co-applicants, beneficiaries."""
        return tuple(dict.fromkeys((*self.applicants, *self.terms.beneficiaries)))

    @property
    def plan_type(self) -> str:
        return self.terms.plan.plan_type

    @property
    def hypothesis(self) -> str:
        return self.terms.hypothesis

    @property
    def stop_rule(self) -> str:
        return self.terms.stop_rule

    @property
    def unsigned(self) -> tuple[str, ...]:
        """Who has not signed yet: partners by id, then ``fund``."""
        return tuple(party for party in (*self.applicants, "fund") if party not in self.signatures)

    @property
    def uncommitted_cents(self) -> int:
        """What of the award was not approved for payment yet: its commitment, while it runs."""
        return self.award_cents - self.booked_cents - self.released_cents

    def columns(self) -> CaseColumns:
        return CaseColumns(
            parent=self.proposal,
            partner=self.lead,
            title=self.title,
            amount_cents=self.award_cents,
            due_on=self.sign_before_on if self.state == "drafted" else self.ends_on,
            brief={
                "parties": list(self.parties),
                "started_on": self.started_on.isoformat() if self.started_on else None,
                "ended_on": self.ended_on.isoformat() if self.ended_on else None,
            },
        )


class Amendment(CaseFile, kind="amendment"):
    """A change of a running agreement on which the committee, or the new lead, has the word.

    ``state``: proposed, agreed, refused, superseded.

    Attributes:
        asks: Who has the word: ``committee`` or ``new_lead``.
        commitments: By voter, while the seal holds.
        hands: User ids of those who made it.
    """

    agreement: str
    proposal: str
    lead: str
    parties: tuple[str, ...]
    asks: str
    reason: str
    change_cents: int = 0
    award_cents: int = 0
    milestone: int | None = None
    due_on: date | None = None
    new_lead: str = ""
    two_thirds: bool = False
    commitments: Mapping[str, str] = Field(default_factory=dict)
    hands: tuple[str, ...] = ()

    def columns(self) -> CaseColumns:
        return CaseColumns(parent=self.agreement, partner=self.lead, amount_cents=self.change_cents)


class Milestone(CaseFile, kind="milestone"):
    """One milestone. ``state``: planned, evidenced, accepted, changes_requested, rejected."""

    agreement: str
    proposal: str
    number: int
    title: str
    due_on: date
    amount_cents: int
    criteria: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    """SHA-256 of each file shown so far."""
    note: str = ""
    met: tuple[int, ...] = ()
    reason: str = ""
    requested: tuple[str, ...] = ()
    """Disbursements asked for on it."""
    evidenced_by: str = ""
    judged_on: date | None = None

    def columns(self) -> CaseColumns:
        return CaseColumns(parent=self.agreement, title=self.title, amount_cents=self.amount_cents, due_on=self.due_on)
