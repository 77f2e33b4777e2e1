"""Parts that facts and case files share: terms, lines, scores, votes; frozen as the facts that hold them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from pydantic import Field

from fund.events.base import Value


def stream_of(ref: str) -> str:
    """The life of what a line pays, by its ref: a disbursement (``D2026-0007``), else something else that is owed."""
    return f"{'disbursement' if ref.startswith('D') else 'payable'}/{ref}"


class MilestoneTerms(Value):
    """A milestone as agreed: until when, for how much, and what must be shown."""

    number: int
    title: str
    due_on: date
    amount_cents: int
    criteria: tuple[str, ...] = ()


class InstalmentTerms(Value):
    """An instalment as agreed: counted from 1, due on a day, an amount."""

    no: int
    due_on: date
    amount_cents: int


class InstalmentCut(Value):
    """So much less (or, below zero, more) is due on an instalment."""

    no: int
    amount_cents: int


class PlanTerms(Value):
    """How the repayable share comes back.

    Attributes:
        plan_type: ``fixed``, ``savings_linked`` or ``on_success``.
        grace_months: So many months after the start before the first instalment.
        count: The number of instalments.
        interval_months: Between two instalments.
        savings_bps: For ``savings_linked``: the share of accepted savings that is paid back.
        ends_on: The last day: no instalment is due later.
        early: What an early payment shortens: ``last_first`` or ``spread``.
        allocation: What a payment pays first: ``law`` (costs, interest, principal) or ``principal_first``.
        instalments: Days and amounts; together the repayable share.
    """

    plan_type: str
    grace_months: int = 0
    count: int = 1
    interval_months: int = 12
    savings_bps: int = 0
    ends_on: date
    early: str = "last_first"
    allocation: str = "law"
    instalments: tuple[InstalmentTerms, ...] = ()


class AgreementTerms(Value):
    """Everything the parties sign, in the order of the document.

    Attributes:
        form: The version of the document's text, so that the same terms give the same bytes for ever.
        names: The names of the partners when it was drafted, by id.
    """

    form: str = "2026-1"
    names: dict[str, str] = Field(default={})
    proposal: str
    title: str
    track: str = "standard"
    sort: str = ""
    lead: str
    co_applicants: tuple[str, ...] = ()
    beneficiaries: tuple[str, ...] = ()
    award_cents: int
    repayable_cents: int
    share_bps: int
    milestones: tuple[MilestoneTerms, ...]
    plan: PlanTerms
    hypothesis: str = ""
    measurement: str = ""
    stop_rule: str
    exit_terms: str
    assets_owner: str
    boards_heard: bool = False
    conditions: tuple[str, ...] = ()
    decided_on: date | None = None
    regulations: str = ""
    starts_on: date
    ends_on: date


class ProposedMatch(Value):
    """What a receipt may be for: the case, the evidence, and what is open there."""

    target: str
    rule: str
    open_cents: int
    instalment: int | None = None
    """The instalment that the payer named."""


class AllocatedPart(Value):
    """What goes to one instalment, or claim of costs or interest, by its number."""

    no: int
    amount_cents: int


class BatchLine(Value):
    """One payment of a batch: the document that is paid, and everything that stands in the payment file.

    Args:
        kind: The kind of case that is paid: ``disbursement`` or ``payable``.
        ref: Its ref: ``D2026-0007``, ``K2026-0003``.
        agreement, proposal: Of a disbursement; nothing else that is owed has them.
        payee: The holder of the sub-account of 2000.
        payee_ref: The verified account it goes to.
        creditor_reference: The payee's own RF reference, which then stands in the file in place of ``text``.
    """

    kind: str
    ref: str
    end_to_end_id: str
    amount_cents: int
    payee: str
    payee_ref: str
    iban: str
    name: str
    text: str
    agreement: str = ""
    proposal: str = ""
    creditor_reference: str = ""

    @property
    def streams(self) -> tuple[str, ...]:
        """The lives that a payment of this line belongs to."""
        higher = (f"agreement/{self.agreement}",) if self.agreement else ()
        return (f"{self.kind}/{self.ref}", *higher, *((f"proposal/{self.proposal}",) if self.proposal else ()))


class RuleOutcome(Value):
    """What one eligibility rule found."""

    rule: str
    passed: bool
    finding: str
    """What was looked at, with places for the values: ``budget {budget}, asked {asked}``."""
    values: dict[str, str] = Field(default={})

    def describe(self, translate: Callable[[str], str] = str) -> str:
        """The finding as a sentence; in English unless ``translate`` says otherwise."""
        return translate(self.finding).format(**self.values)


class PanelSeat(Value):
    """A reviewer's place in a panel: for which organisation and kind, and why this person."""

    reviewer: str
    """The user id."""
    organisation: str | None = None
    """The partner the reviewer counts as; none for an independent reviewer."""
    kind: str = "external"
    """municipality, water_board, region, province or external."""
    load: int = 0
    """Open reviews this person had when proposed."""
    soft: tuple[str, ...] = ()
    """Grounds of a soft conflict, to be declared."""


class OpenedScore(Value):
    """What one reviewer gave, once the seal is open."""

    reviewer: str
    salt: str
    """With the content it gives the commitment that stood in ``review.scored``."""
    scores: dict[str, int]
    """0 to 4 by criterion."""
    abstained: dict[str, str] = Field(default_factory=dict)
    """The reason by criterion: an abstention is not a zero."""
    total: str
    """0 to 100, exact."""


class OpenedVote(Value):
    """What one member voted, once the seal is open."""

    voter: str
    organisation: str | None = None
    kind: str = "external"
    choice: str
    """for, against or abstain; on an objection uphold or reopen."""
    reason: str = ""
    salt: str
    """With choice and reason it gives the commitment that stood in ``decision.voted``."""


class AwardCondition(Value):
    """What must be shown before an award stands: what, by which party, by what kind of evidence, until when."""

    number: int = Field(ge=1)
    text: str = Field(min_length=1)
    owner: str
    """The party that must show it."""
    evidence: str = Field(min_length=1)
    """The kind of evidence asked (a council decision, a signed letter)."""
    expires_on: date


class Lesson(Value):
    """One lesson card: what others can use, and on which themes (ids of ``themes.csv``)."""

    title: str
    text: str
    themes: tuple[str, ...] = ()


class NamedItem(Value):
    """One thing that stood out at the valuation day: what the later part is paid from.

    Attributes:
        item: ``advance``, ``commitment`` or ``call``.
        holder: The agreement, the proposal, or the partner that was called.
        case: What a later euro is recognised by: the proposal, or the partner.
        amount_cents: What is expected back. standing_cents: What stands on its account.
    """

    item: str
    holder: str
    case: str
    amount_cents: int
    standing_cents: int


class CooperationMember(Value):
    """An organisation in a cooperation; ``partner`` where it is one of the fund's, or could be."""

    name: str
    sort: str = ""
    """As the register calls it: gemeente, waterschap, provincie, regio, overig."""
    partner: str | None = None
    role: str = "deelnemer"
    """deelnemer, op_onderdelen, ondersteunend or betrokken; the first two take part."""
