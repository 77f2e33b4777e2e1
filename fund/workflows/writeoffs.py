"""Write-offs: proposed on a ground, decided by the committee, booked once, reversed as a mirror, recovered in part.

A learning write-off is *invested in learning* and never counts against anybody later. Source: lifecycle.md 7 (W1-W6).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any

from fund import files
from fund.errors import (
    AdvanceMovedSince,
    BeyondOutstanding,
    EvaluationNotAccepted,
    LearningTooLow,
    LessonsNotPublished,
    MilestonesWithoutEvidence,
    NothingToRecover,
    ReceiptNotNamed,
    ReversalOfThisYear,
    StopRuleMissing,
    SuspicionOpen,
    UnknownAccount,
    UnknownWriteoffGround,
    UnspentMoneyOut,
    WorkNotEnded,
    WriteoffOpen,
    WriteoffWithoutFile,
)
from fund.events import (
    Envelope,
    WriteoffDecided,
    WriteoffPosted,
    WriteoffProposed,
    WriteoffRecovered,
    WriteoffRefused,
    WriteoffReversed,
    WriteoffVoted,
)
from fund.glossary import state_word
from fund.language import N_, _
from fund.ledger import Entry
from fund.rules.authority import BOARD, CHAIR, COMMITTEE, FUND_MANAGER, TREASURER, either
from fund.schemas.agreements import Agreement, Milestone
from fund.schemas.capital import Receipt
from fund.schemas.disbursements import Disbursement
from fund.schemas.evaluations import Evaluation
from fund.schemas.writeoffs import Writeoff
from fund.unit_of_work import Command, Life, Query, UnitOfWork, View
from fund.workflows.ballots import body_behind, cast_vote, close_votes, open_votes, require_quorum, waiting_in_body
from fund.workflows.bodies import Body
from fund.workflows.lifecycle import Transition, carry, check, require_reason, state_after

__all__ = ["COMMANDS", "LIVES", "QUERIES", "TRANSITIONS", "Ground", "State", "waiting_votes"]


class State(StrEnum):
    """Where a write-off stands."""

    PROPOSED = "proposed"
    DECIDED = "decided"
    REFUSED = "refused"
    POSTED = "posted"
    REVERSED = "reversed"


class Ground(StrEnum):
    """Why an advance will not come back."""

    LEARNING = "learning"
    HARDSHIP = "hardship"
    UNCOLLECTIBLE = "uncollectible"
    IRREGULARITY = "irregularity"


BODY = either(COMMITTEE, BOARD)
"""Who votes: the committee; a signatory of each partner where conflicts leave no committee."""

TRANSITIONS = (
    Transition("writeoff propose", None, State.PROPOSED, FUND_MANAGER, WriteoffProposed, row="W1, W2"),
    Transition("writeoff vote", State.PROPOSED, State.PROPOSED, BODY, WriteoffVoted, row="P26"),
    Transition("writeoff decide", State.PROPOSED, State.DECIDED, CHAIR, WriteoffDecided, row="W3"),
    Transition("writeoff decide", State.PROPOSED, State.REFUSED, CHAIR, WriteoffRefused, row="W3"),
    Transition("writeoff post", State.DECIDED, State.POSTED, FUND_MANAGER, WriteoffPosted, second=TREASURER, row="W4"),
    Transition("writeoff reverse", State.POSTED, State.REVERSED, CHAIR, WriteoffReversed, second=TREASURER, row="W5"),
    Transition("writeoff recover", State.POSTED, State.POSTED, TREASURER, WriteoffRecovered, row="W6"),
)
OPEN = (State.PROPOSED, State.DECIDED)
UNDER_WAY = ("requested", "checked", "approved", "sent", "failed")
"""States of a disbursement in which money may still leave."""


# ---------------------------------------------------------------------------------------------------------- the fold


def _after(case: Writeoff | None, happened: Envelope) -> Writeoff | None:
    fact = happened.fact
    if isinstance(fact, WriteoffProposed):
        return Writeoff(
            ref=fact.ref,
            state=state_after(TRANSITIONS, None, fact),
            agreement=fact.agreement,
            proposal=fact.proposal,
            lead=fact.lead,
            parties=fact.parties,
            ground=fact.ground,
            reason=fact.reason,
            amount_cents=fact.amount_cents,
        )
    if case is None or happened.stream != case.stream:
        return case
    state = state_after(TRANSITIONS, case.state, fact)
    hands = tuple(dict.fromkeys((*case.hands, happened.actor)))
    if isinstance(fact, WriteoffVoted):
        return case.but(commitments={**case.commitments, happened.actor: fact.commitment})
    if isinstance(fact, WriteoffDecided):
        return case.but(state=state, hands=hands, decided_year=happened.effective_on.year)
    if isinstance(fact, WriteoffRefused):
        return case.but(state=state, hands=hands)
    if isinstance(fact, WriteoffPosted):
        return case.but(
            state=state,
            hands=hands,
            posted_cents=fact.amount_cents,
            allowance_released_cents=fact.allowance_released_cents,
            event_id=happened.event_id,
        )
    if isinstance(fact, WriteoffReversed):
        return case.but(state=state, recovered_cents=0)
    if isinstance(fact, WriteoffRecovered):
        return case.but(state=state, recovered_cents=case.recovered_cents + fact.amount_cents)
    return case


LIVES = {"writeoff": Life(Writeoff, _after, TRANSITIONS)}


def _standing(view: View, code: str, *, as_of: date | None = None) -> int:
    """What stands on a sub-account, debit positive; nothing on one that never moved."""
    try:
        return view.ledger.balance(code, as_of=as_of)
    except UnknownAccount:
        return 0


# --------------------------------------------------------------------------------------------------- W1, W2: propose


def propose(
    uow: UnitOfWork,
    *,
    ref: str,
    reason: str,
    ground: str = Ground.LEARNING.value,
    amount_cents: int | None = None,
    file: Mapping[str, Any] | None = None,
) -> Envelope:
    """It is proposed to give up an advance, or part of it.

    Args:
        ref: The agreement.
        ground: ``learning``, ``hardship``, ``uncollectible`` or ``irregularity``.
        amount_cents: Default: all that is outstanding.
        file: Name and content of the reminders and the legal view; every ground but learning asks for it.

    Raises:
        UnknownWriteoffGround, ReasonMissing: As they say.
        WriteoffOpen: One at a time.
        BeyondOutstanding: More than is outstanding, or nothing is.
        SuspicionOpen, WorkNotEnded, StopRuleMissing, EvaluationNotAccepted, LearningTooLow, LessonsNotPublished,
        MilestonesWithoutEvidence, UnspentMoneyOut: The guards of a learning write-off (W1).
        WriteoffWithoutFile: The other grounds have a file (W2).
        NotAuthorised, ConflictOfInterest: As they say.
    """
    if ground not in list(Ground):
        raise UnknownWriteoffGround(ground=ground, known=[str(each) for each in Ground])
    require_reason("writeoff propose", reason)
    agreement = uow.case(Agreement, ref)
    check(uow, TRANSITIONS, "writeoff propose", None, ref=ref, lead=agreement.lead, parties=agreement.parties)
    earlier = uow.cases(Writeoff, parent=ref)
    outstanding = _standing(uow, f"1200.{ref}")
    # One on which money came in meanwhile, so that less is outstanding than it says, can never be posted: it is in
    # nobody's way.
    unfinished = next((case for case in earlier if case.state in OPEN and case.amount_cents <= outstanding), None)
    if unfinished is not None:
        raise WriteoffOpen(ref=ref, open=unfinished.ref, state=state_word("writeoff", unfinished.state))
    amount = outstanding if amount_cents is None else amount_cents
    if amount <= 0 or amount > outstanding:
        raise BeyondOutstanding(ref=ref, amount_cents=amount, outstanding_cents=outstanding, day=uow.today)
    evaluation = uow.maybe(Evaluation, ref)
    if ground == Ground.LEARNING:
        _require_learning(uow, agreement, evaluation)
    elif file is None:
        raise WriteoffWithoutFile(ref=ref, ground=ground)
    new = f"{ref}-W{len(earlier) + 1}"
    uow.next_step = f"fund --as MEMBER decision vote {new} --choice for"
    fact = WriteoffProposed(
        ref=new,
        agreement=ref,
        proposal=agreement.proposal,
        ground=ground,
        amount_cents=amount,
        outstanding_cents=outstanding,
        lead=agreement.lead,
        parties=agreement.parties,
        reason=reason,
        hypothesis=evaluation.hypothesis if evaluation else "",
        learning=evaluation.learning if evaluation else "",
        file_sha256=files.put(uow, bytes(file["content"]), name=str(file["name"])) if file else "",
    )
    return carry(uow, TRANSITIONS, "writeoff propose", None, fact, lead=agreement.lead, parties=agreement.parties)


def _require_learning(uow: UnitOfWork, agreement: Agreement, evaluation: Evaluation | None) -> None:
    """The guards of W1, in the order in which a fund manager would settle them."""
    ref = agreement.ref
    if agreement.state == "suspended":
        raise SuspicionOpen(ref=ref)
    # closed: everything came back or was given up, until a write-off was taken back
    done = agreement.state == "completed" or (agreement.state == "closed" and agreement.ground == "completed")
    by_stop_rule = agreement.state in ("terminated", "closed") and agreement.ground == "stop_rule"
    if not done and not by_stop_rule:
        raise WorkNotEnded(ref=ref, state=state_word("agreement", agreement.state))
    if not agreement.hypothesis.strip() or not agreement.stop_rule.strip():
        names = {N_("a hypothesis"): agreement.hypothesis, N_("a stop rule"): agreement.stop_rule}
        found = [_(name) for name, text in names.items() if text.strip()] or [_(N_("neither"))]
        raise StopRuleMissing(ref=ref, found=found)
    state = evaluation.state if evaluation is not None else "due"
    if evaluation is None or state not in ("accepted", "published"):
        raise EvaluationNotAccepted(ref=ref, state=state_word("evaluation", state))
    threshold = uow.regulations_named(agreement.terms.regulations).learning_threshold
    if Fraction(evaluation.learning) < threshold:
        raise LearningTooLow(ref=ref, learning=evaluation.learning, threshold=threshold)
    if state != "published":
        raise LessonsNotPublished(ref=ref, state=state_word("evaluation", state))
    until = agreement.ended_on or uow.today
    bare = [
        milestone
        for milestone in uow.cases(Milestone, parent=ref)
        if milestone.due_on <= until and milestone.state in ("planned", "changes_requested")
    ]
    if bare:
        due_on = max(milestone.due_on for milestone in bare)
        raise MilestonesWithoutEvidence(ref=ref, milestones=[milestone.ref for milestone in bare], due_on=due_on)
    open_ = [case.ref for case in uow.cases(Disbursement, parent=ref, states=UNDER_WAY)]
    if open_:
        raise UnspentMoneyOut(ref=ref, disbursements=open_)


# -------------------------------------------------------------------------------------------------------- W3: decide


def vote(uow: UnitOfWork, *, ref: str, choice: str, reason: str = "") -> Envelope:
    """A member of the body votes, under seal until the decision; a later vote of the same person replaces it.

    Args:
        choice: ``for``, ``against`` or ``abstain``.

    Raises:
        UnknownVote: Another word.
        NotAVoter: Barred, not of the body, or somebody else voted for the same seat or partner.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest: As they say.
    """
    case = uow.case(Writeoff, ref)
    check(uow, TRANSITIONS, "writeoff vote", case, lead=case.lead, parties=case.parties, look=_LOOK)
    commitment = cast_vote(
        uow,
        _body(uow, case),
        stream=case.stream,
        ref=ref,
        commitments=case.commitments,
        choice=choice,
        reason=reason,
    )
    fact = WriteoffVoted(ref=ref, agreement=case.agreement, proposal=case.proposal, commitment=commitment)
    uow.next_step = f"fund --as CHAIR writeoff decide {ref}"
    return carry(uow, TRANSITIONS, "writeoff vote", case, fact, lead=case.lead, parties=case.parties, look=_LOOK)


def decide(uow: UnitOfWork, *, ref: str, reason: str = "") -> Envelope:
    """The votes are opened: the write-off is decided or refused.

    A learning write-off within what is left of the year's learning budget needs a majority; beyond it, and from the
    threshold amount on, two thirds. Where conflicts leave no committee the full board decides, by two thirds. A trial
    opens no vote and shows what follows if it is carried.

    Raises:
        BeyondOutstanding: Less is outstanding now than was proposed.
        CommitteeQuorumNotMet: Too few votes or kinds of organisation, or not more than half of the free seats.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest: As they say.
    """
    case = uow.case(Writeoff, ref)
    check(uow, TRANSITIONS, "writeoff decide", case, lead=case.lead, parties=case.parties, hands=case.hands, look=_LOOK)
    rules = uow.regulations()
    outstanding = _standing(uow, f"1200.{case.agreement}")
    if case.amount_cents > outstanding:
        raise BeyondOutstanding(
            ref=case.agreement, amount_cents=case.amount_cents, outstanding_cents=outstanding, day=uow.today
        )
    body = _body(uow, case)
    require_quorum(rules.committee, body, case.commitments, ref=ref)
    left = rules.learning_budget_cents - _used(uow, uow.today.year)
    beyond = case.ground == Ground.LEARNING and case.amount_cents > left
    opened = open_votes(
        uow,
        body,
        stream=case.stream,
        commitments=case.commitments,
        two_thirds=beyond or case.amount_cents >= rules.committee.two_thirds_from_cents,
    )
    about = {"ref": ref, "agreement": case.agreement, "proposal": case.proposal, **opened.said}
    fact: WriteoffDecided | WriteoffRefused
    if opened.carried:
        fact = WriteoffDecided(**about, amount_cents=case.amount_cents, learning_budget_left_cents=left)
        uow.next_step = f"fund --as FUND_MANAGER writeoff post {ref}"
    else:
        fact = WriteoffRefused(**about, reason=reason)
        uow.next_step = "fund writeoff list"
    envelope = carry(
        uow,
        TRANSITIONS,
        "writeoff decide",
        case,
        fact,
        lead=case.lead,
        parties=case.parties,
        hands=case.hands,
        look=_LOOK,
    )
    close_votes(uow, case.stream)
    return envelope


def _body(view: View, case: Writeoff) -> Body:
    """Who votes on it; what went into learning rests on the evaluation, and on that no peer votes who judged it."""
    evaluation = view.maybe(Evaluation, case.agreement) if case.ground == Ground.LEARNING else None
    return body_behind(
        view,
        view.regulations().committee,
        proposal=case.proposal,
        agreement=case.agreement,
        lead=case.lead,
        parties=case.parties,
        judged_by=tuple(evaluation.peers) if evaluation is not None else (),
    )


def waiting_votes(view: View, case: Writeoff) -> tuple[tuple[str, ...], bool]:
    """Who has not voted yet, and whether enough have; user ids."""
    return waiting_in_body(view.regulations().committee, _body(view, case), case.commitments)


def _used(view: View, year: int) -> int:
    """What of the learning budget of a year is taken by decisions of that year; those that can be booked or are."""
    cases = view.cases(Writeoff, states=[State.DECIDED, State.POSTED])
    return sum(
        case.amount_cents
        for case in cases
        if case.ground == Ground.LEARNING
        and case.decided_year == year
        and (case.state == State.POSTED or case.amount_cents <= _standing(view, f"1200.{case.agreement}"))
    )


# ------------------------------------------------------------------------------------------- W4, W5, W6: the ledger


def post(uow: UnitOfWork, *, ref: str, on: date | None = None) -> Envelope:
    """The advance is given up in the books, its instalments are cancelled, the allowance above the rest is released.

    Instalments are cancelled from the last one back: what is late stays late until all of it is given up.

    Args:
        on: The accounting day; its period is open.

    Raises:
        BeyondOutstanding: Less is outstanding now than was decided.
        AdvanceMovedSince: The advance or its allowance moved after that day.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest, SameHands, ClosedPeriod: As they say.
    """
    case = uow.case(Writeoff, ref)
    outstanding = _standing(uow, f"1200.{case.agreement}")
    if case.state == State.DECIDED and case.amount_cents > outstanding:
        raise BeyondOutstanding(
            ref=case.agreement, amount_cents=case.amount_cents, outstanding_cents=outstanding, day=on or uow.today
        )
    _require_after(uow, case, on, "1200", "1290")
    allowance = -_standing(uow, f"1290.{case.agreement}")
    fact = WriteoffPosted(
        ref=ref,
        agreement=case.agreement,
        proposal=case.proposal,
        ground=case.ground,
        amount_cents=case.amount_cents,
        allowance_released_cents=max(0, allowance - (outstanding - case.amount_cents)),
    )
    uow.next_step = "fund statement position"
    return carry(
        uow, TRANSITIONS, "writeoff post", case, fact,
        lead=case.lead, parties=case.parties, hands=(*case.hands, *case.commitments), effective_on=on, look=_LOOK,
    )  # fmt: skip


def reverse(uow: UnitOfWork, *, ref: str, reason: str, on: date | None = None) -> Envelope:
    """The write-off is taken back: the exact mirror of its entry, in today's year; instalments return.

    What was recovered meanwhile becomes a repayment.

    Args:
        on: The accounting day, in this year and not before anything that it follows.

    Raises:
        ReversalOfThisYear: A day of another year.
        AdvanceMovedSince: The advance, its allowance or what was recovered moved after that day.
        ReasonMissing, TransitionNotAllowed, NotAuthorised, ConflictOfInterest, SameHands, ClosedPeriod: As they say.
    """
    case = uow.case(Writeoff, ref)
    require_reason("writeoff reverse", reason)
    if on is not None and on.year != uow.today.year:
        raise ReversalOfThisYear(ref=ref, day=on, today=uow.today)
    _require_after(uow, case, on, "1200", "1290", "4300")
    entry = _entry(uow, case)
    recovered = _recovered(uow, case)
    outstanding = _standing(uow, f"1200.{case.agreement}") + case.posted_cents - recovered
    allowance = -_standing(uow, f"1290.{case.agreement}") + case.allowance_released_cents
    fact = WriteoffReversed(
        ref=ref,
        agreement=case.agreement,
        proposal=case.proposal,
        ground=case.ground,
        reason=reason,
        entry_seq=entry.seq if entry else 0,
        amount_cents=case.posted_cents,
        allowance_released_cents=case.allowance_released_cents,
        recovered_cents=recovered,
        allowance_above_cents=max(0, allowance - outstanding) if recovered else 0,
    )
    uow.next_step = f"fund repayment schedule {case.agreement}"
    return carry(
        uow,
        TRANSITIONS,
        "writeoff reverse",
        case,
        fact,
        lead=case.lead,
        parties=case.parties,
        effective_on=on,
        look=_LOOK,
    )


def _entry(view: View, case: Writeoff) -> Entry | None:
    """The entry that booked it."""
    return view.ledger.find(f"{case.event_id}/0") if case.event_id else None


def _require_after(uow: UnitOfWork, case: Writeoff, on: date | None, *codes: str) -> None:
    """Nothing moved on these accounts of the agreement after the day: else an earlier day would show what never was.

    Raises:
        AdvanceMovedSince: Something did.
    """
    if on is None or on >= uow.today:
        return
    later = [line.effective_on for code in codes for line in uow.ledger.card(f"{code}.{case.agreement}", since=on)]
    if later and max(later) > on:
        raise AdvanceMovedSince(ref=case.ref, day=on, moved_on=max(later), agreement=case.agreement)


def _recovered(view: View, case: Writeoff) -> int:
    """What came back of a write-off: its own recoveries, and what unspent money (D8) brought beyond the other ones."""
    back = -view.ledger.balance(f"4300.{case.agreement}", kinds_excluded=("closing",))
    posted = view.cases(Writeoff, parent=case.agreement, states=[State.POSTED])
    others = sum(each.posted_cents for each in posted if each.ref != case.ref)
    return max(case.recovered_cents, back - others)


def _lost(view: View, agreement: str) -> int:
    """What was given up of an agreement and did not come back yet."""
    codes = ("4200", "4210", "4300")
    return sum(view.ledger.balance(f"{code}.{agreement}", kinds_excluded=("closing",)) for code in codes)


def recover(
    uow: UnitOfWork, *, ref: str, amount_cents: int | None = None, receipt: str | None = None, on: date | None = None
) -> Envelope:
    """Money that came in belongs to what was written off; beyond the write-off it is owed back to the payer.

    Args:
        amount_cents: Default: what of the receipt still waits.
        receipt: The receipt that holds the money (``O2026-0031``); may be left out where only one waits.

    Raises:
        ReceiptNotNamed: Several receipts wait.
        NothingToRecover: Nothing waits, or not that much of the receipt.
        AdvanceMovedSince: The write-off was booked, or the money came in, after that day.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest, ClosedPeriod: As they say.
    """
    case = uow.case(Writeoff, ref)
    held = _receipt(uow, ref, receipt)
    waiting = held.waiting_cents if held is not None else 0
    amount = waiting if amount_cents is None else amount_cents
    if amount <= 0 or amount > waiting:
        raise NothingToRecover(ref=ref, amount_cents=amount, unidentified_cents=waiting)
    entry = _entry(uow, case)
    follows = [entry.effective_on] if entry is not None else []
    moved_on = max([*follows, *([held.booked_on] if held is not None else [])], default=uow.today)
    if on is not None and on < moved_on:
        raise AdvanceMovedSince(ref=ref, day=on, moved_on=moved_on, agreement=case.agreement)
    taken = min(amount, case.posted_cents - case.recovered_cents, max(_lost(uow, case.agreement), 0))
    fact = WriteoffRecovered(
        ref=ref,
        agreement=case.agreement,
        proposal=case.proposal,
        receipt_cents=amount,
        amount_cents=taken,
        surplus_cents=amount - taken,
        payer=uow.case(Agreement, case.agreement).lead,
        receipt=held.ref if held is not None else "",
    )
    uow.next_step = "fund writeoff list"
    return carry(
        uow,
        TRANSITIONS,
        "writeoff recover",
        case,
        fact,
        lead=case.lead,
        parties=case.parties,
        effective_on=on,
        look=_LOOK,
    )


def _receipt(uow: UnitOfWork, ref: str, receipt: str | None) -> Receipt | None:
    """The receipt that is meant: what is taken as recovered is always money of one receipt."""
    if receipt is not None:
        return uow.case(Receipt, receipt)
    waiting = [each for each in uow.cases(Receipt, states=["recorded", "proposed"]) if each.waiting_cents > 0]
    if len(waiting) > 1:
        raise ReceiptNotNamed(ref=ref, count=len(waiting), first=waiting[0].ref)
    return waiting[0] if waiting else None


_LOOK = "fund writeoff list"


def listed(view: View, *, state: str | None = None) -> dict[str, Any]:
    """Every write-off with what was given up and what came back."""
    return {
        "as_of": view.today.isoformat(),
        "writeoffs": [
            {
                "ref": case.ref,
                "agreement": case.agreement,
                "proposal": case.proposal,
                "lead_partner": case.lead,
                "lead_name": view.partner_name(case.lead),
                "ground": case.ground,
                "state": case.state,
                "amount_cents": case.amount_cents,
                "posted_cents": case.posted_cents,
                "recovered_cents": case.recovered_cents,
                "votes": len(case.commitments),
            }
            for case in view.cases(Writeoff, states=[state] if state else None)
        ],
    }


COMMANDS = (
    Command("writeoff propose", propose, FUND_MANAGER),
    Command("writeoff vote", vote, BODY),
    Command("writeoff decide", decide, CHAIR),
    Command("writeoff post", post, FUND_MANAGER, second=TREASURER),
    Command("writeoff reverse", reverse, CHAIR, second=TREASURER),
    Command("writeoff recover", recover, TREASURER),
)
QUERIES = (Query("writeoff list", listed),)
