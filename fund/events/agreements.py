"""Agreements and milestones: what the parties signed, what they showed for it, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import ClassVar

from fund.events.base import Fact, Value
from fund.events.values import AgreementTerms, InstalmentCut, InstalmentTerms, MilestoneTerms, PlanTerms
from fund.language import N_


class MovedInstalment(Value):
    """An instalment that goes on in the plan of another agreement: its number there, and which it was before."""

    no: int
    due_on: date
    amount_cents: int
    from_no: int = 0
    """Its number in the plan that it leaves; 0 where several of those go on as one."""
    escalated_days: int = 0
    """The last step of arrears that was taken on it, and when; the demand and the warning, if there were any."""
    escalated_on: date | None = None
    demanded_on: date | None = None
    pay_by: date | None = None
    warned_until: date | None = None


class AgreementFact(Fact, kind="agreement"):
    """What every fact of an agreement's life says: which proposal it came from."""

    affects: ClassVar[tuple[str, ...]] = ("proposal/proposal",)

    proposal: str


class AgreementDrafted(AgreementFact, wire="agreement.drafted"):
    """The text that the parties will sign is fixed; its hash is what they sign. A later draft takes its place."""

    keeps: ClassVar[Mapping[str, str]] = {"document_sha256": N_("text to sign")}

    terms: AgreementTerms
    document_sha256: str
    sign_before_on: date


class AgreementSigned(AgreementFact, wire="agreement.signed"):
    """A partner, or the fund, signed the document with this hash; ``complete`` when nobody is left to sign."""

    party: str
    """The partner's id, or ``fund``."""
    document_sha256: str
    complete: bool


class AgreementActivated(AgreementFact, wire="agreement.activated"):
    """The agreement holds: milestones, repayment plan and evaluation are planned."""

    affects: ClassVar[tuple[str, ...]] = ("proposal/proposal", "evaluation/ref")

    title: str
    track: str
    lead: str
    co_applicants: tuple[str, ...]
    beneficiaries: tuple[str, ...]
    award_cents: int
    repayable_cents: int
    share_bps: int
    document_sha256: str
    milestones: tuple[MilestoneTerms, ...]
    plan: PlanTerms
    hypothesis: str
    stop_rule: str
    started_on: date
    ends_on: date
    evaluation_due_on: date
    boards_heard: bool = False
    """Whoever activated it said that councils, states and general boards were heard."""


class AgreementAmended(AgreementFact, wire="agreement.amended"):
    """The award became another amount, in the milestone named; the plan followed, the share in basis points stayed."""

    change_cents: int
    """Above zero a rise, below zero a cut of the commitment."""
    award_cents: int
    repayable_cents: int
    milestone: int
    milestone_cents: int
    plan_cuts: tuple[InstalmentCut, ...]
    reason: str
    amendment: str = ""
    """The amendment that the committee agreed to, where it had to."""

    def affected_streams(self) -> Iterable[str]:
        return (f"proposal/{self.proposal}", f"milestone/{self.ref}-{self.milestone}", f"plan/{self.ref}")


class AgreementLeadChanged(AgreementFact, wire="agreement.lead_changed"):
    """Another party receives, repays and accounts from now on; both leads signed for it. The parties stay the same."""

    affects: ClassVar[tuple[str, ...]] = ("proposal/proposal", "plan/ref", "evaluation/ref")

    before: str
    lead: str
    reason: str
    amendment: str


class AgreementSuspended(AgreementFact, wire="agreement.suspended"):
    """On written, serious suspicion nothing is paid out until a day at the latest; repayment goes on."""

    keeps: ClassVar[Mapping[str, str]] = {"letter_sha256": N_("letter of the suspension")}

    reason: str
    until_on: date
    letter_sha256: str | None = None
    """The letter to the parties, where it was given."""


class AgreementResumed(AgreementFact, wire="agreement.resumed"):
    """The suspicion was lifted, or its term is over: the agreement runs again."""

    reason: str


class AgreementCompleted(AgreementFact, wire="agreement.completed"):
    """The work is done and settled; what was not asked for is free again, and the plan loses its part of that."""

    keeps: ClassVar[Mapping[str, str]] = {"report_sha256": N_("final report")}
    affects: ClassVar[tuple[str, ...]] = ("proposal/proposal", "plan/ref")

    award_cents: int
    booked_cents: int
    """What was approved for payment: as granted."""
    released_cents: int
    repayable_released_cents: int
    plan_cuts: tuple[InstalmentCut, ...]
    report_sha256: str | None = None
    ex_officio: bool = False
    reason: str = ""
    determined_cents: int | None = None
    """Set lower than what was approved for payment, on a ground of Awb 4:46; left out when set as granted."""
    lower_ground: str = ""
    reclaimed_cents: int = 0
    """What the parties owe back because of that: a claim outside the ledger, received as unspent money is."""


class AgreementTerminated(AgreementFact, wire="agreement.terminated"):
    """The agreement ended before its time: by its stop rule, which is nobody's fault, or for a breach."""

    affects: ClassVar[tuple[str, ...]] = ("proposal/proposal", "plan/ref", "evaluation/ref")

    ground: str
    """``stop_rule`` or ``breach``."""
    reason: str
    award_cents: int
    booked_cents: int
    released_cents: int
    repayable_released_cents: int
    plan_cuts: tuple[InstalmentCut, ...]
    evaluation_waived: bool = False


class AgreementRefinanced(AgreementFact, wire="agreement.refinanced"):
    """What was outstanding is owed under the roll-out from now on: no money moves, nothing is promised or given up.

    ``ref`` is the agreement that is relieved; its work is completed with it.
    """

    affects: ClassVar[tuple[str, ...]] = (
        "proposal/proposal",
        "plan/ref",
        "proposal/child_proposal",
        "agreement/child",
        "plan/child",
    )

    child: str
    """The agreement of the roll-out, which takes the balance over."""
    child_proposal: str
    resolution: str
    amount_cents: int
    allowance_cents: int
    """What was set aside for it, which moves along."""
    lapsed: tuple[InstalmentCut, ...]
    """What was open of each instalment of the plan that is relieved."""
    instalments: tuple[MovedInstalment, ...]
    """What is added to the plan of the roll-out; the oldest due day is kept."""


class AgreementClosed(AgreementFact, wire="agreement.closed"):
    """Nothing is outstanding, owed or to be learned any more."""


class BenefitReported(AgreementFact, wire="benefit.reported"):
    """The business case of one partner over one year: planned against realised cost and benefit."""

    affects: ClassVar[tuple[str, ...]] = ("proposal/proposal", "plan/ref")

    partner: str
    year: int
    planned_cost_cents: int
    realised_cost_cents: int
    planned_benefit_cents: int
    realised_benefit_cents: int
    called: InstalmentTerms | None = None
    """For a plan by savings: the instalment that this saving brings forward, out of the last one."""
    expected_cost_cents: int | None = None
    """What the partner expects now, where that is no longer what was planned."""
    expected_benefit_cents: int | None = None
    realised: bool = True
    """Whether the realised figures are known; false when only the expectation was kept up to date."""
    note: str = ""


class BenefitFellDue(AgreementFact, wire="benefit.fell_due"):
    """A year is over: these partners are asked to report what the experiment cost and brought them in it."""

    year: int
    due_on: date
    """The last day that is asked for."""
    partners: tuple[str, ...]


# -------------------------------------------------------------------------------------------------------- milestones


class _MilestoneFact(Fact, kind="milestone"):
    """What every fact of a milestone says: of which agreement and proposal."""

    affects: ClassVar[tuple[str, ...]] = ("agreement/agreement", "proposal/proposal")

    agreement: str
    proposal: str


class MilestonePlanned(_MilestoneFact, wire="milestone.planned"):
    """The agreement holds, and with it this milestone: until when, for how much, what must be shown."""

    number: int
    title: str
    due_on: date
    amount_cents: int
    criteria: tuple[str, ...] = ()


class MilestoneEvidenced(_MilestoneFact, wire="milestone.evidenced"):
    """The parties showed what they did: files, by hash."""

    keeps: ClassVar[Mapping[str, str]] = {"evidence": N_("evidence")}

    evidence: tuple[str, ...]
    """SHA-256 of each file, as hex."""
    note: str = ""


class MilestoneAccepted(_MilestoneFact, wire="milestone.accepted"):
    """Every criterion of the milestone was met."""

    met: tuple[int, ...]
    """The numbers of the criteria, from 1."""


class MilestoneChangesRequested(_MilestoneFact, wire="milestone.changes_requested"):
    """The evidence does not show enough yet; what is missing stands in the reason."""

    met: tuple[int, ...] = ()
    reason: str


class MilestoneRejected(_MilestoneFact, wire="milestone.rejected"):
    """The milestone was not reached: the agreement is amended or ended."""

    met: tuple[int, ...] = ()
    reason: str


class MilestoneReplanned(_MilestoneFact, wire="milestone.replanned"):
    """The day of a milestone was moved, or one that was rejected is planned again; the lead agreed."""

    before_on: date
    due_on: date
    reason: str
    ends_on: date | None = None
    """The last day of the work, when it moves along; the evaluation falls due on it."""
    amendment: str = ""

    def affected_streams(self) -> Iterable[str]:
        yield f"agreement/{self.agreement}"
        yield f"proposal/{self.proposal}"
        if self.ends_on is not None:
            yield f"evaluation/{self.agreement}"
