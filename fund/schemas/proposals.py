"""Rounds and proposals as cases, and the proposal form as it is kept: typed, in cents, basis points and days.

How the form reads in a file is the business of ``fund.forms``. Names of people are in none of these shapes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pydantic import Field

from fund.events.values import RuleOutcome
from fund.schemas.base import CaseColumns, CaseFile, Shape


class Round(CaseFile, kind="round"):
    """A round: when proposals can be submitted, how large they may be, and how much there is in all."""

    title: str
    track: str
    opens_at: datetime
    closes_at: datetime
    ceiling_cents: int
    allocation: str
    committed_cents: int = 0
    """Awards that stand: approved or conditional, not withdrawn, lapsed or reopened."""
    awards: Mapping[str, int] = Field(default_factory=dict)

    @property
    def ceiling_left_cents(self) -> int:
        return self.ceiling_cents - self.committed_cents

    def columns(self) -> CaseColumns:
        return CaseColumns(title=self.title, amount_cents=self.ceiling_cents, due_on=self.closes_at.date())


class BudgetYear(Shape):
    """What is asked of the fund for one year."""

    year: int
    amount_cents: int


class CostCategory(Shape):
    """What a kind of cost comes to, whoever pays it."""

    category: str
    amount_cents: int


class Cofinancing(Shape):
    """Money from somebody else for the same experiment."""

    source: str
    amount_cents: int


class Benefit(Shape):
    """What a partner expects to gain in a year."""

    partner: str
    year: int
    amount_cents: int


class RepaymentTerms(Shape):
    """How the repayable part comes back."""

    plan: str
    """fixed, savings_linked or on_success."""
    grace_months: int = 0
    """Months after the award before the first instalment falls due."""
    instalments: int = 1
    months_between: int = 3
    savings_share_bps: int | None = None
    """savings_linked: this share of the accepted savings."""
    ends_on: date


class PlannedMilestone(Shape):
    """A result with a day and the money that is paid when it is shown."""

    title: str
    due_on: date
    amount_cents: int
    evidence: str


class Interest(Shape):
    """What a party, or somebody who is no party, wants, gives and gets."""

    party: str
    interest: str
    gives: str
    gets: str


class BoardInvolvement(Shape):
    """How a party's council, states or general board is involved, and when it was informed on content."""

    partner: str
    how: str
    informed_on: date | None = None


class Risk(Shape):
    """What may go wrong, and what is done about it."""

    risk: str
    measure: str


class TeamMember(Shape):
    """A member of the team, without the name: function, organisation, time, and a commitment to the name."""

    partner: str
    function: str
    hours: int
    """A week."""
    person: str = ""
    """SHA-256 over a salt and the name; salt and name are kept apart, erasable."""


class Attachment(Shape):
    """A file that goes with the proposal, by its content."""

    title: str
    sha256: str


class ProposalForm(Shape):
    """What a proposal holds. Text that a track does not ask is empty, amounts zero, lists empty.

    Source: lifecycle.md, what a proposal holds.
    """

    version: str
    round: str
    lead: str
    title: str
    sort: str
    """cooperation, technology, governance; rollout for a follow-on."""
    summary: str = ""
    themes: tuple[str, ...] = ()
    ambition: str = ""
    public_task: str = ""
    state_aid: str = ""
    """none, de_minimis, exempted or unclear."""
    co_applicants: tuple[str, ...] = ()
    adopters: tuple[str, ...] = ()
    beneficiaries: tuple[str, ...] = ()
    cooperation: str = ""
    """The existing cooperation it builds on; ``none`` when it builds on none."""
    province_role: str = ""
    province_reason: str = ""
    hypothesis: str = ""
    measurement: str = ""
    stop_rule: str = ""
    characteristics: Mapping[str, str] = Field(default_factory=dict)
    governance_form: str = ""
    ask_cents: int
    share_bps: int
    already_funded: str = ""
    """no, other_costs (other money, other costs) or same_costs."""
    own_share_cents: int = 0
    budget: tuple[BudgetYear, ...] = ()
    categories: tuple[CostCategory, ...] = ()
    cofinancing: tuple[Cofinancing, ...] = ()
    repayment: RepaymentTerms | None = None
    milestones: tuple[PlannedMilestone, ...] = ()
    interests: tuple[Interest, ...] = ()
    cost_cents: int = 0
    benefits: tuple[Benefit, ...] = ()
    payers: str = ""
    sensitivity: str = ""
    exit_rules: str = ""
    assets: str = ""
    rollout_plan: str = ""
    boards: tuple[BoardInvolvement, ...] = ()
    risks: tuple[Risk, ...] = ()
    team: tuple[TeamMember, ...] = ()
    reflection: Mapping[str, str] = Field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()

    @property
    def budget_cents(self) -> int:
        return sum(line.amount_cents for line in self.budget)

    @property
    def milestones_cents(self) -> int:
        return sum(each.amount_cents for each in self.milestones)

    @property
    def differences(self) -> dict[str, tuple[int, int]]:
        """By the question whose amounts do not add up: what they come to, and what they must come to."""
        paid = self.ask_cents + self.own_share_cents + sum(each.amount_cents for each in self.cofinancing)
        kinds = sum(each.amount_cents for each in self.categories)
        sums = {
            "money.budget": (self.budget_cents, self.ask_cents),
            "milestones": (self.milestones_cents, self.ask_cents),
            "money.categories": (kinds if self.categories else paid, paid),
            "business_case.cost": (self.cost_cents or paid, paid),
        }
        return {question: (stated, due) for question, (stated, due) in sums.items() if stated != due}

    @property
    def applicants(self) -> tuple[str, ...]:
        """Lead and co-applicants: who must confirm and sign."""
        return tuple(dict.fromkeys((self.lead, *self.co_applicants)))

    @property
    def parties(self) -> tuple[str, ...]:
        """Everybody whose people may not judge it: applicants, adopters, other beneficiaries."""
        return tuple(dict.fromkeys((*self.applicants, *self.adopters, *self.beneficiaries)))

    def as_json(self) -> dict[str, Any]:
        """The form as a fact keeps it."""
        return self.model_dump(mode="json")


FUND_TO_ACT = ("submitted", "eligible", "in_review", "scored", "decidable")
"""States of a proposal in which the fund has to do something before it decides: the term of the decision runs."""
UNDECIDED = (*FUND_TO_ACT, "returned", "deferred")
"""States of a proposal that asks for money of its round and has no decision yet: the round waits for it."""


class Proposal(CaseFile, kind="proposal"):
    """A proposal as its facts left it."""

    title: str
    round: str
    track: str
    lead: str
    follows: str | None = None
    ask_cents: int
    form: ProposalForm
    revision: int = 1
    revision_hash: str
    content_hash: str
    confirmed: Mapping[str, str] = Field(default_factory=dict)
    """By party: the revision hash it confirmed."""
    informed: Mapping[str, date] = Field(default_factory=dict)
    """By party: the day its council, states or general board was informed."""
    drafted_at: datetime
    drafted_by: str = ""
    submitted_at: datetime | None = None
    screened: tuple[RuleOutcome, ...] = ()
    note: str = ""
    sections: tuple[str, ...] = ()
    """The sections that may change while it is returned; all of them when empty."""
    before: ProposalForm | None = None
    """The form as it was returned or deferred: what a resubmission is compared with."""
    due_on: date | None = None
    """The last day for what is waited for, where the fact names one."""
    deferred_for: str = ""
    """The ground of a deferral: improve, information, money or tie."""
    failing_rule: str = ""
    objection_until_on: date | None = None
    award_cents: int = 0
    """The award that stands; nothing before a decision and after it was taken back."""
    decided_on: date | None = None
    hands: tuple[str, ...] = ()
    """Who approved in the eligibility chain (G7 c)."""
    signed_by: tuple[str, ...] = ()
    """Who confirmed or submitted it for a party: they judge nothing of it, wherever they work later (G7 a)."""
    term_from_on: date | None = None
    """The day from which the term for a decision runs, where that is not the closing of the round."""
    waits_since_on: date | None = None
    """The day from which the term stands still, because the parties have something to hand in (4:15)."""
    waited: tuple[tuple[date, date], ...] = ()
    """When the term stood still before: from which day, to which."""
    told_until_on: date | None = None
    """Until when the applicant was told that the decision takes (4:14)."""
    overdue: bool = False
    clock_from: str = ""
    """The id of the fact from which the term of the present state runs."""

    @property
    def co_applicants(self) -> tuple[str, ...]:
        return self.form.co_applicants

    @property
    def beneficiaries(self) -> tuple[str, ...]:
        """Adopters and other beneficiaries that are partners."""
        return tuple(dict.fromkeys((*self.form.adopters, *self.form.beneficiaries)))

    @property
    def applicants(self) -> tuple[str, ...]:
        return self.form.applicants

    @property
    def parties(self) -> tuple[str, ...]:
        """Lead, co-applicants, adopters, beneficiaries: whose people may not judge it (G7 b)."""
        return self.form.parties

    @property
    def sort(self) -> str:
        return self.form.sort

    @property
    def share_bps(self) -> int:
        return self.form.share_bps

    @property
    def is_draft(self) -> bool:
        """Whether only its parties may see it."""
        return self.submitted_at is None

    def columns(self) -> CaseColumns:
        return CaseColumns(
            parent=self.round,
            partner=self.lead,
            lookup=self.content_hash,
            title=self.title,
            amount_cents=self.ask_cents,
            due_on=self.due_on,
            brief={
                "parties": list(self.parties),
                "themes": list(self.form.themes),
                "submitted_at": self.submitted_at.isoformat() if self.submitted_at else None,
            },
        )
