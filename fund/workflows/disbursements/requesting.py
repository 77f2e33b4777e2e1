"""A party asks for money from its award (D1), or the service does where nobody has to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from fund.bank import iban as checked_iban
from fund.errors.payments import (
    AwardExceeded,
    MilestoneExceeded,
    MilestoneNotAccepted,
    OnAccountNotAllowed,
    PayeeNotParty,
)
from fund.events import Envelope
from fund.events.agreements import AgreementActivated
from fund.events.disbursements import DisbursementRequested
from fund.rules.regulations import Regulations
from fund.schemas.agreements import Agreement, Milestone
from fund.schemas.disbursements import Disbursement
from fund.unit_of_work import UnitOfWork
from fund.workflows.disbursements.amounts import agreement_in, live_cents


def request(
    uow: UnitOfWork,
    *,
    ref: str,
    amount: int | None = None,
    milestone: int | None = None,
    payee: str | None = None,
    iban: str | None = None,
    on: date | None = None,
) -> Mapping[str, object]:
    """A party asks for money from its award (D1): what an accepted milestone is worth, or money on account.

    On account goes the whole in a light track, and before a milestone the share that the regulations allow.

    Args:
        ref: The agreement.
        amount: Cents; what is left of the milestone (else of what may be paid on account) when left out.
        milestone: Its number.
        payee: The lead or a co-applicant; the lead when left out.
        iban: The account it should go to; the verified one when left out.

    Raises:
        PaymentsStopped: The agreement is not active.
        MilestoneNotAccepted, MilestoneExceeded, OnAccountNotAllowed, AwardExceeded: More than may be asked now.
        PayeeNotParty, InvalidIban: As they say.
    """
    agreement = agreement_in(uow, ref)
    paid_to = payee or agreement.lead
    step = uow.begin("disbursement request", Disbursement, of=agreement, ref=ref)
    if paid_to not in agreement.applicants:
        raise PayeeNotParty(payee=paid_to, agreement=ref, parties=list(agreement.applicants))
    left_cents = agreement.award_cents - live_cents(uow, ref)
    milestone_ref = f"{ref}-{milestone}" if milestone is not None else None
    if milestone_ref is not None:
        asked_cents = _of_milestone(uow, agreement, milestone_ref, amount)
    else:
        asked_cents = _on_account(uow, agreement, amount, left_cents)
    if not 0 < asked_cents <= left_cents:
        raise AwardExceeded(
            asked_cents=asked_cents,
            agreement=ref,
            award_cents=agreement.award_cents,
            live_cents=agreement.award_cents - left_cents,
            left_cents=left_cents,
        )
    fact = DisbursementRequested(
        ref=uow.next_ref("disbursement"),
        agreement=ref,
        proposal=agreement.proposal,
        amount_cents=asked_cents,
        milestone=milestone_ref,
        on_account=milestone_ref is None,
        payee=paid_to,
        iban=checked_iban(iban) if iban else "",
    )
    step.record(fact, effective_on=on)
    uow.next_step = f"fund disbursement check {fact.ref}"
    return {"ref": fact.ref, "amount_cents": asked_cents}


def _of_milestone(uow: UnitOfWork, agreement: Agreement, ref: str, amount: int | None) -> int:
    milestone = uow.case(Milestone, ref)
    if milestone.state != "accepted":
        raise MilestoneNotAccepted(milestone=ref, state=milestone.state, agreement=agreement.ref)
    live = live_cents(uow, agreement.ref, milestone=ref)
    left_cents = milestone.amount_cents - live
    asked_cents = left_cents if amount is None else amount
    if not 0 < asked_cents <= left_cents:
        raise MilestoneExceeded(
            asked_cents=asked_cents,
            milestone=ref,
            milestone_cents=milestone.amount_cents,
            live_cents=live,
            left_cents=left_cents,
        )
    if amount is None and live_cents(uow, agreement.ref, on_account=True):
        # what was paid on account comes off the last milestones
        return min(asked_cents, agreement.award_cents - live_cents(uow, agreement.ref)) or asked_cents
    return asked_cents


def on_account_cents(rules: Regulations, agreement: Agreement) -> int:
    """What may be paid of an award without a milestone: all of it where the track pays at once (accounting by result
    follows), else the share of the regulations.
    """
    track = rules.tracks[agreement.track]
    return agreement.award_cents if track.one_payment else agreement.award_cents * track.on_account_bps // 10_000


def _on_account(uow: UnitOfWork, agreement: Agreement, amount: int | None, left_cents: int) -> int:
    """What is asked on account: what is still allowed of it, when no amount was named."""
    allowed_cents = on_account_cents(uow.regulations_named(agreement.terms.regulations), agreement)
    live = live_cents(uow, agreement.ref, on_account=True)
    asked_cents = amount if amount is not None else min(allowed_cents - live, left_cents) or left_cents
    if asked_cents + live > allowed_cents:
        raise OnAccountNotAllowed(
            asked_cents=asked_cents, agreement=agreement.ref, allowed_cents=allowed_cents, live_cents=live
        )
    return asked_cents


def request_at_activation(uow: UnitOfWork, event: Envelope) -> None:
    """In a light track nobody has to ask: the whole award is requested when its agreement holds (D1, SY)."""
    fact = event.fact
    assert isinstance(fact, AgreementActivated)
    rules = uow.regulations_named(uow.case(Agreement, fact.ref).terms.regulations, on=event.effective_on)
    if not rules.tracks[fact.track].one_payment or live_cents(uow, fact.ref):
        return
    uow.record(
        DisbursementRequested(
            ref=uow.next_ref("disbursement"),
            agreement=fact.ref,
            proposal=fact.proposal,
            amount_cents=fact.award_cents,
            on_account=True,
            payee=fact.lead,
        )
    )
