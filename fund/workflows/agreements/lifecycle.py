"""States, transitions, projection and guard of agreements, their milestones and their amendments."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from fund.events import Envelope, Fact
from fund.events.agreements import (
    AgreementActivated,
    AgreementAmended,
    AgreementClosed,
    AgreementCompleted,
    AgreementDrafted,
    AgreementLeadChanged,
    AgreementRefinanced,
    AgreementResumed,
    AgreementSigned,
    AgreementSuspended,
    AgreementTerminated,
    BenefitFellDue,
    BenefitReported,
    MilestoneAccepted,
    MilestoneChangesRequested,
    MilestoneEvidenced,
    MilestonePlanned,
    MilestoneRejected,
    MilestoneReplanned,
)
from fund.events.amendments import AmendmentAgreed, AmendmentProposed, AmendmentRefused, AmendmentVoted
from fund.events.disbursements import (
    DisbursementApproved,
    DisbursementCancelled,
    DisbursementRefused,
    DisbursementRequested,
    DisbursementWithdrawn,
)
from fund.events.payments import PaymentReturned, PaymentSettled
from fund.events.receipts import ReceiptUnmatched
from fund.events.writeoffs import WriteoffReversed
from fund.rules.authority import (
    CHAIR,
    FUND_MANAGER,
    LEAD_SIGNATORY,
    OFFICE,
    OWN_SIGNATORY,
    PARTY_EDITOR,
    PARTY_SIGNATORY,
    SYSTEM,
    TREASURER,
    VOTERS,
    Guard,
    either,
)
from fund.rules.transitions import Transition, state_after
from fund.schemas.agreements import Agreement, Amendment, Benefit, Milestone
from fund.unit_of_work import Projection, Snapshot


class AgreementState(StrEnum):
    """The states of an agreement."""

    DRAFTED = "drafted"
    SIGNED = "signed"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    TERMINATED = "terminated"
    CLOSED = "closed"


class MilestoneState(StrEnum):
    """The states of a milestone."""

    PLANNED = "planned"
    EVIDENCED = "evidenced"
    ACCEPTED = "accepted"
    CHANGES_REQUESTED = "changes_requested"
    REJECTED = "rejected"


class AmendmentState(StrEnum):
    """The states of an amendment that the committee or the new lead decides."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    REFUSED = "refused"
    SUPERSEDED = "superseded"


A = AgreementState
M = MilestoneState
S = AmendmentState
RUNNING = (A.ACTIVE, A.SUSPENDED)
ENDED = (A.COMPLETED, A.TERMINATED)

AGREEMENTS = (
    #          command                from         to            who           records
    Transition("agreement draft", None, A.DRAFTED, FUND_MANAGER, AgreementDrafted, row="A1"),
    Transition("agreement draft", (A.DRAFTED, A.SIGNED), A.DRAFTED, FUND_MANAGER, AgreementDrafted, row="A1"),
    Transition("agreement sign", A.DRAFTED, A.SIGNED, either(PARTY_SIGNATORY, CHAIR), AgreementSigned, row="A2"),
    Transition("agreement activate", A.SIGNED, A.ACTIVE, either(FUND_MANAGER, SYSTEM), AgreementActivated, row="P20"),
    Transition(
        "agreement amend", A.ACTIVE, A.ACTIVE, FUND_MANAGER, AgreementAmended, second=LEAD_SIGNATORY, row="A3"
    ),
    Transition(
        "agreement amend", A.ACTIVE, A.ACTIVE, FUND_MANAGER, AgreementLeadChanged, second=LEAD_SIGNATORY, row="A3"
    ),
    Transition(
        "agreement suspend", A.ACTIVE, A.SUSPENDED, FUND_MANAGER, AgreementSuspended, second=TREASURER, row="A4"
    ),
    Transition(
        "agreement resume", A.SUSPENDED, A.ACTIVE, either(FUND_MANAGER, SYSTEM), AgreementResumed, second=TREASURER,
        row="A4",
    ),
    Transition(
        "agreement complete", A.ACTIVE, A.COMPLETED, FUND_MANAGER, AgreementCompleted, second=OFFICE, row="A5"
    ),
    Transition(
        "agreement terminate", RUNNING, A.TERMINATED, FUND_MANAGER, AgreementTerminated, second=CHAIR, row="A6"
    ),
    Transition("decision decide", (A.ACTIVE, A.COMPLETED), A.COMPLETED, CHAIR, AgreementRefinanced, row="8"),
    Transition("agreement close", ENDED, A.CLOSED, SYSTEM, AgreementClosed, row="A7"),
    Transition("writeoff reverse", A.CLOSED, A.COMPLETED, CHAIR, WriteoffReversed, second=TREASURER, row="W5"),
    Transition("writeoff reverse", A.CLOSED, A.TERMINATED, CHAIR, WriteoffReversed, second=TREASURER, row="W5"),
    Transition("bank unmatch", A.CLOSED, A.COMPLETED, TREASURER, ReceiptUnmatched, row="A7"),
    Transition("bank unmatch", A.CLOSED, A.TERMINATED, TREASURER, ReceiptUnmatched, row="A7"),
    Transition(
        "agreement benefits", (*RUNNING, *ENDED, A.CLOSED), None, PARTY_SIGNATORY, BenefitReported,
        second=FUND_MANAGER, row="M3",
    ),
    Transition("agreement ask-benefits", (*RUNNING, *ENDED, A.CLOSED), None, SYSTEM, BenefitFellDue, row="M3"),
)  # fmt: skip
"""A draft may be drafted again until the last signature, where a mistake is found while signing; after it only where
the proposal was decided anew, for then nobody could sign or activate it any more. ``closed`` is derived (A7): where an
advance stands again, the agreement is what it was before.
"""

SHOWABLE = (M.PLANNED, M.CHANGES_REQUESTED)
MILESTONES = (
    #          command                      from         to                   who           records
    Transition("milestone plan", None, M.PLANNED, SYSTEM, MilestonePlanned, row="P20"),
    Transition("milestone evidence", SHOWABLE, M.EVIDENCED, PARTY_EDITOR, MilestoneEvidenced, row="M1"),
    Transition("milestone accept", M.EVIDENCED, M.ACCEPTED, FUND_MANAGER, MilestoneAccepted, row="M2"),
    Transition(
        "milestone request-changes", M.EVIDENCED, M.CHANGES_REQUESTED, FUND_MANAGER, MilestoneChangesRequested,
        row="M2",
    ),
    Transition("milestone reject", M.EVIDENCED, M.REJECTED, FUND_MANAGER, MilestoneRejected, row="M2"),
    Transition("agreement amend", SHOWABLE, None, FUND_MANAGER, MilestoneReplanned, second=LEAD_SIGNATORY, row="A3"),
    Transition(
        "agreement amend", M.REJECTED, M.PLANNED, FUND_MANAGER, MilestoneReplanned, second=LEAD_SIGNATORY, row="A3"
    ),
)  # fmt: skip

BY_COMMITTEE, BY_NEW_LEAD = "committee", "new_lead"
AMENDMENTS = (
    #          command              from        to          who             records
    Transition("agreement amend", None, S.PROPOSED, FUND_MANAGER, AmendmentProposed, second=LEAD_SIGNATORY, row="A3"),
    Transition(
        "agreement amend",
        S.PROPOSED,
        S.SUPERSEDED,
        FUND_MANAGER,
        AmendmentProposed,
        second=LEAD_SIGNATORY,
        may_repeat=True,
        row="A3",
    ),
    Transition("decision vote", S.PROPOSED, S.PROPOSED, VOTERS, AmendmentVoted, row="P26"),
    Transition("agreement decide", S.PROPOSED, S.AGREED, CHAIR, AmendmentAgreed, row="A3"),
    Transition("agreement decide", S.PROPOSED, S.REFUSED, CHAIR, AmendmentRefused, row="A3"),
    Transition("agreement sign", S.PROPOSED, S.AGREED, OWN_SIGNATORY, AmendmentAgreed, row="A3"),
)


def apply_agreement(case: Agreement | None, event: Envelope) -> Agreement | None:
    """The agreement after a fact."""
    fact = event.fact
    if isinstance(fact, AgreementDrafted):
        return Agreement(
            ref=fact.ref,
            state=state_after(AGREEMENTS, case.state if case else None, fact),
            proposal=fact.proposal,
            terms=fact.terms,
            award_cents=fact.terms.award_cents,
            repayable_cents=fact.terms.repayable_cents,
            share_bps=fact.terms.share_bps,
            document_sha256=fact.document_sha256,
            sign_before_on=fact.sign_before_on,
            drafted_on=event.effective_on,
            ends_on=fact.terms.ends_on,
        )
    if case is None:
        return None
    if isinstance(fact, AgreementRefinanced):
        return _refinanced(case, fact, event)
    if isinstance(fact, AgreementSigned):
        state = state_after(AGREEMENTS, case.state, fact) if fact.complete else case.state
        return case.replace(state=state, signatures={**case.signatures, fact.party: fact.document_sha256})
    state = state_after(AGREEMENTS, case.state, fact) if fact.kind == "agreement" else case.state
    if isinstance(fact, AgreementActivated):
        return case.replace(
            state=state,
            started_on=fact.started_on,
            ends_on=fact.ends_on,
            evaluation_due_on=fact.evaluation_due_on,
            milestones=tuple(f"{fact.ref}-{milestone.number}" for milestone in fact.milestones),
        )
    if isinstance(fact, AgreementAmended):
        return case.replace(
            state=state, award_cents=fact.award_cents, repayable_cents=fact.repayable_cents, amended=case.amended + 1
        )
    if isinstance(fact, AgreementLeadChanged):
        return case.replace(state=state, led_by=fact.lead)
    if isinstance(fact, MilestoneReplanned):
        return case if fact.ends_on is None else case.replace(ends_on=fact.ends_on, evaluation_due_on=fact.ends_on)
    if isinstance(fact, AgreementSuspended):
        return case.replace(state=state, suspended_until_on=fact.until_on)
    if isinstance(fact, AgreementResumed):
        return case.replace(state=state, suspended_until_on=None)
    if isinstance(fact, AgreementCompleted):
        return case.replace(
            state=state,
            ended_on=event.effective_on,
            ground="completed",
            released_cents=fact.released_cents,
            report_sha256=fact.report_sha256,
            determined_cents=fact.determined_cents,
            lower_ground=fact.lower_ground,
            reclaimed_cents=fact.reclaimed_cents,
        )
    if isinstance(fact, AgreementTerminated):
        return case.replace(
            state=state,
            ended_on=event.effective_on,
            ground=fact.ground,
            released_cents=fact.released_cents,
            evaluation_waived=fact.evaluation_waived,
            suspended_until_on=None,
        )
    if isinstance(fact, AgreementClosed):
        return case.replace(state=state)
    if isinstance(fact, BenefitReported):
        same = [each for each in case.benefits if (each.partner, each.year) == (fact.partner, fact.year)]
        others = [each for each in case.benefits if each not in same]
        called = sum(each.called_cents for each in same) + (fact.called.amount_cents if fact.called else 0)
        reported = {name: getattr(fact, name) for name in Benefit.model_fields if name != "called_cents"}
        benefit = Benefit(**reported, called_cents=called)
        return case.replace(benefits=tuple(sorted((*others, benefit), key=lambda each: (each.year, each.partner))))
    if isinstance(fact, BenefitFellDue):
        return case.replace(benefit_years={**case.benefit_years, fact.year: fact.due_on})
    return _apply_money(case, event)


def _refinanced(case: Agreement, fact: AgreementRefinanced, event: Envelope) -> Agreement:
    """The one that is relieved is completed with it; its roll-out owes the balance from now on."""
    if case.ref == fact.child:
        taken = tuple(dict.fromkeys((*case.refinanced_from, fact.ref)))
        return case.replace(refinanced_from=taken, refinanced_cents=case.refinanced_cents + fact.amount_cents)
    return case.replace(
        state=state_after(AGREEMENTS, case.state, fact),
        ended_on=case.ended_on or event.effective_on,
        ground=case.ground or "completed",
        refinanced_to=fact.child,
        refinanced_cents=case.refinanced_cents - fact.amount_cents,
    )


def _apply_money(case: Agreement, event: Envelope) -> Agreement:
    """What the agreement knows of its disbursements."""
    fact = event.fact
    if isinstance(fact, DisbursementRequested):
        return case.replace(
            approved_cents=case.approved_cents + fact.amount_cents,
            open_disbursements=_with(case.open_disbursements, fact.ref),
        )
    if isinstance(fact, (DisbursementRefused, DisbursementWithdrawn)):
        return case.replace(
            approved_cents=case.approved_cents - fact.amount_cents,
            open_disbursements=_without(case.open_disbursements, fact.ref),
        )
    if isinstance(fact, DisbursementApproved):
        return case.replace(
            booked_cents=case.booked_cents + fact.amount_cents,
            booked_repayable_cents=case.booked_repayable_cents + fact.repayable_cents,
        )
    if isinstance(fact, DisbursementCancelled):
        return case.replace(
            approved_cents=case.approved_cents - fact.amount_cents,
            booked_cents=case.booked_cents - fact.amount_cents,
            booked_repayable_cents=case.booked_repayable_cents - fact.repayable_cents,
            released_cents=case.released_cents + fact.amount_cents - fact.commitment_cents,
            open_disbursements=_without(case.open_disbursements, fact.ref),
        )
    if isinstance(fact, PaymentSettled) and fact.line.agreement == case.ref:
        return case.replace(open_disbursements=_without(case.open_disbursements, fact.line.ref))
    if isinstance(fact, PaymentReturned) and fact.line.agreement == case.ref:
        return case.replace(open_disbursements=_with(case.open_disbursements, fact.line.ref))
    if isinstance(fact, WriteoffReversed) or _is_owed_again(case, fact):
        return case.replace(state=_ended_as(case)) if case.state == A.CLOSED else case
    return case


def _is_owed_again(case: Agreement, fact: Fact) -> bool:
    """Whether a match was undone that had repaid something of its advance."""
    return isinstance(fact, ReceiptUnmatched) and any(
        part.agreement == case.ref and part.amount_cents for part in fact.undone
    )


def _ended_as(case: Agreement) -> str:
    return A.COMPLETED if case.ground == "completed" else A.TERMINATED


def _with(refs: tuple[str, ...], ref: str) -> tuple[str, ...]:
    return tuple(sorted({*refs, ref}))


def _without(refs: tuple[str, ...], ref: str) -> tuple[str, ...]:
    return tuple(each for each in refs if each != ref)


def apply_milestone(case: Milestone | None, event: Envelope) -> Milestone | None:
    """The milestone after a fact."""
    fact = event.fact
    if isinstance(fact, MilestonePlanned):
        return Milestone(
            ref=fact.ref,
            state=M.PLANNED,
            agreement=fact.agreement,
            proposal=fact.proposal,
            number=fact.number,
            title=fact.title,
            due_on=fact.due_on,
            amount_cents=fact.amount_cents,
            criteria=fact.criteria,
        )
    if case is None:
        return None
    if isinstance(fact, MilestoneEvidenced):
        return case.replace(
            state=state_after(MILESTONES, case.state, fact),
            evidence=tuple(dict.fromkeys((*case.evidence, *fact.evidence))),
            note=fact.note,
            evidenced_by=event.actor,
        )
    if isinstance(fact, MilestoneAccepted):
        return case.replace(
            state=state_after(MILESTONES, case.state, fact), met=fact.met, reason="", judged_on=event.effective_on
        )
    if isinstance(fact, (MilestoneChangesRequested, MilestoneRejected)):
        return case.replace(
            state=state_after(MILESTONES, case.state, fact),
            met=fact.met,
            reason=fact.reason,
            judged_on=event.effective_on,
        )
    if isinstance(fact, MilestoneReplanned):
        state = state_after(MILESTONES, case.state, fact)
        return case.replace(state=state, due_on=fact.due_on, reason="" if state != case.state else case.reason)
    if isinstance(fact, AgreementAmended) and fact.milestone == case.number:
        return case.replace(amount_cents=fact.milestone_cents)
    if isinstance(fact, DisbursementRequested):
        return case.replace(requested=_with(case.requested, fact.ref))
    return case


def apply_amendment(case: Amendment | None, event: Envelope) -> Amendment | None:
    """The amendment after a fact."""
    fact = event.fact
    if isinstance(fact, AmendmentProposed):
        if case is not None and fact.supersedes == case.ref:
            return case.replace(state=S.SUPERSEDED)
        fields = {name: getattr(fact, name) for name in Amendment.model_fields if name in type(fact).model_fields}
        hands = tuple(person for person in (event.made_by, event.actor) if person)
        return Amendment(**fields, state=state_after(AMENDMENTS, None, fact), hands=hands)
    if case is None or event.stream != case.stream:
        return case
    if isinstance(fact, AmendmentVoted):
        return case.replace(commitments={**case.commitments, event.actor: fact.commitment})
    if isinstance(fact, (AmendmentAgreed, AmendmentRefused)):
        return case.replace(state=state_after(AMENDMENTS, case.state, fact))
    return case


def guard_agreement(_snapshot: Snapshot, case: Agreement, row: Transition) -> Guard:
    """Lead, co-applicants and beneficiaries are parties; the first two act as such, each of them tells its benefits."""
    acting = case.parties if row.records is BenefitReported else case.applicants
    return Guard(case.lead, acting, case.parties, show=f"fund agreement show {case.ref}")


def guard_milestone(snapshot: Snapshot, case: Milestone, row: Transition) -> Guard:
    """As its agreement."""
    agreement = snapshot.guard(snapshot.case(Agreement, case.agreement), row)
    return replace(agreement, show=f"fund milestone list {case.agreement}")


def guard_amendment(_snapshot: Snapshot, case: Amendment, _row: Transition) -> Guard:
    """The parties of its agreement; the new lead signs for itself; who made it decides nothing of it."""
    show, new_lead = f"fund agreement show {case.agreement}", (case.new_lead,) if case.new_lead else ()
    return Guard(case.lead, None, case.parties, own=new_lead, prior_approvers=case.hands, show=show)


PROJECTIONS = {
    "agreement": Projection(Agreement, apply_agreement, AGREEMENTS, guard_agreement),
    "milestone": Projection(Milestone, apply_milestone, MILESTONES, guard_milestone),
    "amendment": Projection(Amendment, apply_amendment, AMENDMENTS, guard_amendment),
}
