"""From notice to a settlement that stands in the books (K4-K7).

A notice is the partner's own decision: it has a form and a term, and nobody approves it. The settlement is the quote
of the day of leaving; who makes it, checks it, agrees to it for the partner and for the fund, and books it are five
people. What is agreed is the net amount: later gains and losses of the fund are the others'. What of it is due now is
never more than what lies free when it is booked. Source: lifecycle.md 9; Wgr 9 lid 1, ECLI:NL:RVS:2015:1198.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from fund import files
from fund.dates import add_months
from fund.errors.closing import DayToCome
from fund.errors.exits import (
    AdviceMissing,
    BelowUndisputed,
    CapitalMoved,
    DecisionFileMissing,
    MoreOwedThanCalled,
    NothingUndisputed,
    NoticeTooShort,
    SettledBeforeValuation,
    SettlementSettled,
    SettlementUnchanged,
    ValuationDayOutside,
)
from fund.events import Envelope
from fund.events.exits import (
    ExitSettled,
    ExitSettlementAgreed,
    ExitSettlementDisputed,
    ExitSettlementProposed,
    PartnerNoticeGiven,
)
from fund.money import require_cents
from fund.reports.exits import quote_of
from fund.rules.transitions import require_reason
from fund.rules.valuation import free_to_commit
from fund.schemas.capital import Call
from fund.schemas.exits import Exit
from fund.unit_of_work import UnitOfWork
from fund.workflows.exits.deferred_payments import balance_or_zero, catch_up, keep_long_stop
from fund.workflows.exits.quoting import as_fact
from fund.workflows.partners.lifecycle import PartnerState
from fund.workflows.payees.use_cases import to_pay

# -------------------------------------------------------------------------------------------------------- K4: notice


def give_notice(
    uow: UnitOfWork,
    *,
    ref: str,
    decision: Mapping[str, Any] | None = None,
    decided_on: date | None = None,
    leaves_on: date | None = None,
) -> Envelope:
    """A partner gives notice: its council decided that it leaves, on a day (K4). Form and term only; nobody approves.

    From now on it proposes nothing new, and is called for earlier commitments only. It remains a partner and votes,
    not on its own exit, until its settlement is in the books.

    Args:
        decision: Name and content of the decision of its council, states or general board.
        decided_on: The day of that decision, not ahead of today; default today.
        leaves_on: The day of leaving; default the first that the term of the regulations allows.

    Raises:
        DecisionFileMissing: No decision goes along.
        DayToCome: The council decides on a day that has not come.
        NoticeTooShort: The day of leaving is before the term is over.
        UnknownPartner, TransitionNotAllowed, NotAuthorised: As they say.
    """
    partner = uow.partner(ref)
    step = uow.transition("partner give-notice", partner)
    if decision is None:
        raise DecisionFileMissing(partner=ref, files=0)
    if decided_on is not None and decided_on > uow.today:
        raise DayToCome(command="partner give-notice", on=decided_on, today=uow.today)
    months = uow.regulations().terms.notice_months
    first = add_months(uow.today, months)
    day = leaves_on or first
    if day < first:
        raise NoticeTooShort(partner=ref, leaves_on=day, months=months, first_on=first)
    fact = PartnerNoticeGiven(
        ref=ref,
        decided_on=decided_on or uow.today,
        leaves_on=day,
        file=str(decision["name"]),
        file_sha256=files.put(uow, bytes(decision["content"]), name=str(decision["name"])),
    )
    uow.next_step = f"fund partner exit-quote {ref}"
    return step.record(fact)


# -------------------------------------------------------------------------------------------------- K5: settlement


def propose(uow: UnitOfWork, *, ref: str, valued_on: date | None = None, costs: int = 0) -> Envelope:
    """A settlement lies before a leaving partner: its quote at the end of a day, kept with everything it follows from
    (K5). The fund manager makes it, a treasurer checks it. A new one takes the place of one that is not booked yet.

    Args:
        valued_on: The day of the valuation; default the day of leaving. Not before it, and not ahead of today.
        costs: Cents of leaving that are not booked yet, for the account of the partner.

    Raises:
        ValuationDayOutside: Another day.
        SettlementUnchanged: The same settlement lies there already.
        SettlementSettled: Its undisputed part stands in the books.
        MoreOwedThanCalled: The costs are more than what the partner would get before its calls.
        UnknownPartner, TransitionNotAllowed, NotAuthorised, ConflictOfInterest: As they say.
    """
    partner = uow.partner(ref)
    uow.transition("partner propose-settlement", partner)
    case = uow.case(Exit, ref)
    first = case.leaves_on or uow.today
    day = valued_on or first
    if not first <= day <= uow.today:
        look = f"fund partner exit-quote {ref}"
        raise ValuationDayOutside(partner=ref, on=day, first_on=first, today=uow.today, look=look)
    if case.settled:
        raise SettlementSettled(partner=ref, settled_cents=case.settled_cents)
    return record_proposal(uow, ref, on=day, costs_cents=require_cents(costs))


def record_proposal(
    uow: UnitOfWork,
    ref: str,
    *,
    on: date,
    costs_cents: int = 0,
    resolution: str = "",
    prior_approvers: tuple[str, ...] = (),
    cause: Envelope | None = None,
) -> Envelope:
    """The quote of a day is kept, and lies before the partner as its settlement.

    Raises:
        SettlementUnchanged: The same settlement lies there already.
        MoreOwedThanCalled: The partner would owe more than is open on its calls.
    """
    made, repayable_bps = quote_of(uow, ref, as_of=on, costs_cents=costs_cents)
    _require_on_calls(ref, made.net_cents, made.unpaid_cents)
    before = uow.maybe(Exit, ref)
    if before is not None and before.state == PartnerState.SETTLEMENT_PROPOSED and not resolution:
        same = (before.valued_on, before.quoted_cents, before.quoted_now_cents) == (on, made.net_cents, made.now_cents)
        if same:
            raise SettlementUnchanged(partner=ref, on=on, net_cents=made.net_cents, state=before.state)
    head = uow.ledger.head().seq
    # entries that are made until the second person confirms count as numbers given in between
    uow.refs_given.append(f'"known_at":{head}')
    buffer_cents = uow.regulations(on).buffer_cents
    quoted = as_fact(made, valued_on=on, known_at=head, repayable_bps=repayable_bps, buffer_cents=buffer_cents)
    uow.record(quoted, cause=cause, reaction=f"exits.quoted.{ref}")
    fact = ExitSettlementProposed(
        ref=ref,
        valued_on=on,
        net_cents=made.net_cents,
        now_cents=made.now_cents,
        later_cents=made.later_cents,
        resolution=resolution,
        hands=prior_approvers,
    )
    uow.next_step = f"fund partner agree-settlement {ref}"
    return uow.record(fact, cause=cause, reaction=f"exits.proposed.{ref}")


def _require_on_calls(ref: str, net_cents: int, unpaid_cents: int) -> None:
    """What a partner still owes when it leaves, it owes on its calls: there is nothing else that it could pay.

    Raises:
        MoreOwedThanCalled: It would owe more than is open on them.
    """
    if net_cents < -unpaid_cents:
        raise MoreOwedThanCalled(partner=ref, owed_cents=-net_cents, unpaid_cents=unpaid_cents)


# ------------------------------------------------------------------------------------------- K6: agreed or disputed


def agree(uow: UnitOfWork, *, ref: str, amount: int | None = None, advice: Mapping[str, Any] | None = None) -> Envelope:
    """The partner and the chair agree on the net amount of a settlement (K6).

    After a dispute it may be another amount than was proposed, on the advice of an expert.

    Args:
        amount: Cents, net; default what was proposed.
        advice: Name and content of the expert's advice.

    Raises:
        AdviceMissing: Another amount, and no dispute or no advice.
        BelowUndisputed: Less than what was settled as undisputed.
        MoreOwedThanCalled: The partner would owe more than is open on its calls.
        UnknownPartner, TransitionNotAllowed, NotAuthorised, ConflictOfInterest, SameHands: As they say.
    """
    partner = uow.partner(ref)
    command = "partner agree-settlement"
    case = uow.maybe(Exit, ref)
    step = uow.transition(command, partner)
    assert case is not None
    net = case.net_cents if amount is None else amount
    if net != case.net_cents and (advice is None or partner.state != PartnerState.DISPUTED):
        raise AdviceMissing(partner=ref, asked_cents=net, net_cents=case.net_cents)
    if case.settled and net < case.undisputed_cents:
        raise BelowUndisputed(partner=ref, asked_cents=net, settled_cents=case.undisputed_cents)
    _require_on_calls(ref, net, case.unpaid_cents)
    fact = ExitSettlementAgreed(
        ref=ref,
        net_cents=net,
        advice=str(advice["name"]) if advice else "",
        advice_sha256=files.put(uow, bytes(advice["content"]), name=str(advice["name"])) if advice else "",
    )
    uow.next_step = f"fund partner settle {ref}"
    return step.record(fact)


def dispute(uow: UnitOfWork, *, ref: str, reason: str, file: Mapping[str, Any] | None = None) -> Envelope:
    """The partner does not agree with its settlement (K6). What the fund itself acknowledges is undisputed.

    Args:
        reason: What it should be, and why.
        file: Name and content of what it bases that on.

    Raises:
        ReasonMissing, UnknownPartner, TransitionNotAllowed, NotAuthorised: As they say.
    """
    partner = uow.partner(ref)
    command = "partner dispute-settlement"
    step = uow.transition(command, partner)
    case = uow.case(Exit, ref)
    fact = ExitSettlementDisputed(
        ref=ref,
        net_cents=case.net_cents,
        undisputed_cents=max(case.net_cents, 0),
        reason=require_reason(command, reason),
        file_sha256=files.put(uow, bytes(file["content"]), name=str(file["name"])) if file else "",
    )
    uow.next_step = f"fund partner settle {ref}"
    return step.record(fact)


# -------------------------------------------------------------------------------------------------------- K7: settle


def settle(uow: UnitOfWork, *, ref: str, on: date | None = None) -> Envelope:
    """A settlement stands in the books (K7): the partner's capital leaves, what it gets is owed to it, now and later.

    In dispute only the undisputed part, once. What the partner paid on its own calls since the valuation is added. What
    is due now and does not lie free any more moves to the later part: free to commit never falls below nothing by it.

    Args:
        on: The accounting day, default today.

    Raises:
        SettledBeforeValuation: An accounting day before that of the valuation.
        NothingUndisputed: In dispute, and nothing is undisputed, or it was settled.
        CapitalMoved: The partner was called since the valuation.
        UnknownPartner, TransitionNotAllowed, NotAuthorised, ConflictOfInterest, SameHands, ClosedPeriod: As they say.
    """
    partner = uow.partner(ref)
    case = uow.maybe(Exit, ref)
    step = uow.transition("partner settle", partner)
    assert case is not None
    if on is not None and case.valued_on is not None and on < case.valued_on:
        raise SettledBeforeValuation(partner=ref, on=on, valued_on=case.valued_on)
    disputed = partner.state == PartnerState.DISPUTED
    if disputed and (case.settled or case.undisputed_cents <= 0):
        left = 0 if case.settled else case.undisputed_cents
        raise NothingUndisputed(partner=ref, net_cents=case.net_cents, undisputed_cents=left)
    fact = _settlement(uow, case, undisputed=disputed)
    uow.next_step = to_pay(uow, ref, f"fund partner pay-settlement {ref}")
    settled = step.record(fact, effective_on=on)
    booked = uow.case(Exit, ref)
    if booked.later_cents > case.later_cents:
        keep_long_stop(uow, booked, cause=settled)
    if not case.settled:
        catch_up(uow, booked, cause=settled)
    return settled


def _settlement(uow: UnitOfWork, case: Exit, *, undisputed: bool) -> ExitSettled:
    """The amounts of K7, at the balances of now."""
    ref = case.ref
    capital, unpaid = -balance_or_zero(uow, f"3000.{ref}"), balance_or_zero(uow, f"1100.{ref}")
    free = max(free_to_commit(uow.balances(), uow.regulations().buffer_cents), 0)
    target = case.undisputed_cents if undisputed else case.net_cents
    if case.settled:  # the rest, after the undisputed part
        net = due_now = target - case.undisputed_cents
    else:
        if capital != case.capital_cents:
            raise CapitalMoved(partner=ref, valued_cents=case.capital_cents, on=case.valued_on, capital_cents=capital)
        paid_since = case.unpaid_cents - unpaid
        net = target + paid_since
        above = max(target - case.quoted_cents, 0)
        due_now = case.quoted_now_cents + above + max(paid_since, 0)
    positive = max(net, 0)
    due_now = min(due_now, positive)
    now = min(due_now, free)
    receivable = unpaid - max(-net, 0)
    return ExitSettled(
        ref=ref,
        net_cents=net,
        capital_cents=capital,
        receivable_cents=receivable,
        now_cents=now,
        later_cents=positive - now,
        difference_cents=capital - receivable - positive,
        untied_cents=due_now - now,
        undisputed=undisputed,
        calls=_paid_by(uow, ref, receivable),
    )


def _paid_by(uow: UnitOfWork, ref: str, cents: int) -> dict[str, int]:
    """What of the partner's own calls is paid out of what it gets: the oldest due first."""
    paid: dict[str, int] = {}
    for call in sorted(uow.cases(Call, partner=ref, states=["open"]), key=lambda each: (each.due_on, each.ref)):
        part = min(call.open_cents, cents - sum(paid.values()))
        if part > 0:
            paid[call.ref] = part
    return paid
