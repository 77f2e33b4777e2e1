"""Evaluations: looking back on an experiment, judged by peers, accepted by the chair, its lessons shared with all.

The hypothesis and the quality of learning are two independent results: refuted and well learned is a good result.
Source: lifecycle.md 7 and 8.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from typing import Any

from fund import files
from fund.dates import Term, add_months, start_of_day, term_end
from fund.errors import EvaluationNotLate, ReturnedBefore, ReviewedBefore, ScoreOutOfRange, UnknownTheme
from fund.events import (
    AgreementActivated,
    Envelope,
    EvaluationAccepted,
    EvaluationFellDue,
    EvaluationPeerReviewed,
    EvaluationPublished,
    EvaluationReturned,
    EvaluationSubmitted,
    FollowonInvited,
)
from fund.rules.authority import CHAIR, FUND_MANAGER, PARTY_SIGNATORY, REVIEWER, SYSTEM, Role, Who, either
from fund.rules.regulations import Regulations
from fund.schemas.agreements import Agreement
from fund.schemas.evaluations import Evaluation, parse_evaluation, theme_ids
from fund.store import TimerRow
from fund.unit_of_work import Command, Life, Query, UnitOfWork, View
from fund.workflows.lifecycle import Transition, carry, require_reason, state_after

__all__ = [
    "COMMANDS",
    "LIVES",
    "QUERIES",
    "TRANSITIONS",
    "State",
    "fall_due",
    "fall_due_at",
    "invite",
    "plan",
    "publish",
]

PEERS = 2
RETURNS = 1
SCALE = range(5)
INVITING = ("scale", "adopt")


class State(StrEnum):
    """Where an evaluation stands."""

    DUE = "due"
    SUBMITTED = "submitted"
    PEER_REVIEWED = "peer_reviewed"
    ACCEPTED = "accepted"
    PUBLISHED = "published"


WRITER = either(PARTY_SIGNATORY, FUND_MANAGER)
BEFORE_ACCEPTED = (State.SUBMITTED, State.PEER_REVIEWED)

TRANSITIONS = (
    Transition("evaluation plan", None, State.DUE, SYSTEM, AgreementActivated, row="P20"),
    Transition("evaluation fall-due", State.DUE, State.DUE, SYSTEM, EvaluationFellDue),
    Transition("evaluation submit", State.DUE, State.SUBMITTED, WRITER, EvaluationSubmitted),
    Transition("evaluation peer-review", State.SUBMITTED, State.PEER_REVIEWED, REVIEWER, EvaluationPeerReviewed),
    Transition("evaluation accept", State.PEER_REVIEWED, State.ACCEPTED, CHAIR, EvaluationAccepted),
    Transition("evaluation return", BEFORE_ACCEPTED, State.DUE, CHAIR, EvaluationReturned),
    Transition("evaluation publish", State.ACCEPTED, State.PUBLISHED, SYSTEM, EvaluationPublished),
    Transition("evaluation invite", State.PUBLISHED, State.PUBLISHED, SYSTEM, FollowonInvited, row="8"),
)


# ---------------------------------------------------------------------------------------------------------- the fold


def _after(case: Evaluation | None, happened: Envelope) -> Evaluation | None:
    fact = happened.fact
    if isinstance(fact, AgreementActivated):
        if case is not None:
            return case
        parties = tuple(dict.fromkeys((fact.lead, *fact.co_applicants, *fact.beneficiaries)))
        return Evaluation(
            ref=fact.ref,
            state=State.DUE,
            proposal=fact.proposal,
            lead=fact.lead,
            co_applicants=fact.co_applicants,
            parties=parties,
            due_on=fact.evaluation_due_on,
        )
    if case is None or happened.stream != case.stream:
        return case
    state = state_after(TRANSITIONS, case.state, fact)
    if isinstance(fact, EvaluationFellDue):
        return case.but(state=state, due_on=fact.due_on, fell_due=True)
    if isinstance(fact, EvaluationSubmitted):
        return case.but(
            state=state, hypothesis=fact.hypothesis, verdict=fact.verdict, learned=fact.learned, lessons=fact.lessons
        )
    if isinstance(fact, EvaluationPeerReviewed):
        peers = {**case.peers, happened.actor: fact.learning}
        if len(peers) < PEERS:
            return case.but(peers=peers)
        return case.but(state=state, peers=peers, learning=str(_mean(peers)))
    if isinstance(fact, EvaluationAccepted):
        return case.but(state=state, learning=fact.learning, good_result=fact.good_result)
    if isinstance(fact, EvaluationReturned):
        return case.but(state=state, returned=case.returned + 1, peers={}, learning="")
    if isinstance(fact, EvaluationPublished):
        return case.but(state=state, published_on=happened.effective_on)
    if isinstance(fact, FollowonInvited):
        return case.but(state=state, followon_until=fact.expires_on)
    return case


def _mean(peers: Mapping[str, int]) -> Fraction:
    return Fraction(sum(peers.values()), len(peers))


LIVES = {"evaluation": Life(Evaluation, _after, TRANSITIONS)}


# --------------------------------------------------------------------------------------------------- what people do


def _rules(view: View, case: Evaluation) -> Regulations:
    """The regulations that the agreement was made under."""
    agreement = view.maybe(Agreement, case.ref)
    return view.regulations_named(agreement.terms.regulations if agreement is not None else "")


def submit(uow: UnitOfWork, *, ref: str, file: Mapping[str, Any]) -> Envelope:
    """The parties told what was tried, what came of it, and what others can learn.

    Args:
        ref: The agreement.
        file: Name and content of the evaluation, a TOML file.

    Raises:
        FaultyEvaluation: The file cannot be read as an evaluation; with file and line.
        EvaluationNotLate: The fund manager writes it only when the parties are too late (60 days).
        TransitionNotAllowed, NotAuthorised: As they say.
    """
    case = uow.case(Evaluation, ref)
    form = parse_evaluation(bytes(file["content"]), str(file["name"]))
    by_fund_manager = not uow.maker.has(Role.PARTNER_SIGNATORY)
    if by_fund_manager and case.state == State.DUE and uow.maker.has(Role.FUND_MANAGER):
        late_on = term_end(case.due_on, Term(_rules(uow, case).terms.evaluation_days))
        if uow.today <= late_on:
            raise EvaluationNotLate(ref=ref, due_on=case.due_on, late_on=late_on)
    uow.next_step = f"fund --as REVIEWER evaluation peer-review {ref} --learning 0..4"
    fact = EvaluationSubmitted(
        ref=ref,
        proposal=case.proposal,
        hypothesis=form.hypothesis,
        verdict=form.verdict,
        learned=form.learned,
        lessons=form.cards(),
        file_sha256=files.put(uow, bytes(file["content"]), name=str(file["name"])),
        by_fund_manager=by_fund_manager,
    )
    parties = case.parties if by_fund_manager else (case.lead, *case.co_applicants)
    return carry(uow, TRANSITIONS, "evaluation submit", case, fact, lead=case.lead, parties=parties, look=_LOOK)


def peer_review(uow: UnitOfWork, *, ref: str, learning: int, remarks: str = "") -> Envelope:
    """A peer judged how well was learned; with the second one the judgement is complete.

    Args:
        learning: 0 (nothing) to 4 (much, and useful to others), whatever became of the hypothesis.

    Raises:
        ScoreOutOfRange: Not 0 to 4.
        ReviewedBefore: The same peer twice.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest: As they say.
    """
    case = uow.case(Evaluation, ref)
    if learning not in SCALE:
        raise ScoreOutOfRange(given=learning, ref=ref)
    if case.state == State.SUBMITTED and uow.maker.user_id in case.peers:
        raise ReviewedBefore(actor=uow.maker.name, ref=ref, given=case.peers[uow.maker.user_id])
    fact = EvaluationPeerReviewed(ref=ref, proposal=case.proposal, learning=learning, remarks=remarks)
    envelope = carry(
        uow, TRANSITIONS, "evaluation peer-review", case, fact, lead=case.lead, parties=case.parties, look=_LOOK
    )
    complete = uow.case(Evaluation, ref).state == State.PEER_REVIEWED
    uow.next_step = (
        f"fund --as CHAIR evaluation accept {ref}"
        if complete
        else f"fund --as REVIEWER evaluation peer-review {ref} --learning 0..4"
    )
    return envelope


def accept(uow: UnitOfWork, *, ref: str) -> Envelope:
    """The evaluation stands: hypothesis and quality of learning, two independent results. Publication follows.

    Raises:
        TransitionNotAllowed: Two peers must have judged first.
        NotAuthorised, ConflictOfInterest: As they say.
    """
    case = uow.case(Evaluation, ref)
    learning = _mean(case.peers) if case.peers else Fraction(0)
    fact = EvaluationAccepted(
        ref=ref,
        proposal=case.proposal,
        hypothesis=case.hypothesis,
        learning=str(learning),
        verdict=case.verdict,
        good_result=learning >= _rules(uow, case).learning_threshold,
    )
    uow.next_step = "fund evaluation lessons"
    return carry(uow, TRANSITIONS, "evaluation accept", case, fact, lead=case.lead, parties=case.parties, look=_LOOK)


def send_back(uow: UnitOfWork, *, ref: str, reason: str) -> Envelope:
    """The parties are asked to write it again; once at most.

    Raises:
        ReasonMissing, ReturnedBefore, TransitionNotAllowed, NotAuthorised, ConflictOfInterest: As they say.
    """
    case = uow.case(Evaluation, ref)
    require_reason("evaluation return", reason)
    if case.returned >= RETURNS:
        raise ReturnedBefore(ref=ref, returned=case.returned)
    uow.next_step = f"fund evaluation submit {ref} FILE"
    fact = EvaluationReturned(ref=ref, proposal=case.proposal, reason=reason)
    return carry(uow, TRANSITIONS, "evaluation return", case, fact, lead=case.lead, parties=case.parties, look=_LOOK)


_LOOK = "fund evaluation list"


# ---------------------------------------------------------------------------------------- what the service does itself


def plan(uow: UnitOfWork, happened: Envelope) -> None:
    """After activation: the day of the evaluation is kept; it falls due by itself."""
    case = uow.maybe(Evaluation, happened.fact.ref)
    if case is not None and case.state == State.DUE and not case.fell_due:
        uow.set_timer("evaluation.due", case.stream, start_of_day(case.due_on), cause=happened)


def fall_due_at(uow: UnitOfWork, timer: TimerRow) -> None:
    """At the planned day: it is time to look back."""
    _fall_due(uow, timer.stream.partition("/")[2], "ended")


def fall_due(uow: UnitOfWork, happened: Envelope) -> None:
    """After completion or termination: it is time to look back, also when that is earlier than planned."""
    _fall_due(uow, happened.fact.ref, happened.type.partition(".")[2])


def _fall_due(uow: UnitOfWork, ref: str, ground: str) -> None:
    case = uow.maybe(Evaluation, ref)
    if case is None or case.state != State.DUE or case.fell_due:
        return
    due_on = min(case.due_on, uow.today)
    uow.clear_timer("evaluation.due", case.stream)
    uow.record(EvaluationFellDue(ref=ref, proposal=case.proposal, due_on=due_on, ground=ground))


def publish(uow: UnitOfWork, happened: Envelope) -> None:
    """After acceptance: every partner and its council has the lessons."""
    case = uow.maybe(Evaluation, happened.fact.ref)
    if case is None or case.state != State.ACCEPTED:
        return
    recipients = tuple(uow.store.cases.refs("partner", states=MEMBERS))
    uow.record(EvaluationPublished(ref=case.ref, proposal=case.proposal, recipients=recipients, lessons=case.lessons))


MEMBERS = ("active", "notice_given", "settlement_proposed", "agreed", "disputed", "settling")
"""The states of a partner that still belongs to the fund."""


def invite(uow: UnitOfWork, happened: Envelope) -> None:
    """After publication, when the verdict is to scale or adopt: a roll-out may be asked for within a year."""
    case = uow.maybe(Evaluation, happened.fact.ref)
    if case is None or case.state != State.PUBLISHED or case.verdict not in INVITING or case.followon_until is not None:
        return
    expires_on = add_months(uow.today, _rules(uow, case).terms.followon_months)
    uow.record(FollowonInvited(ref=case.ref, proposal=case.proposal, verdict=case.verdict, expires_on=expires_on))


# ------------------------------------------------------------------------------------------------------------ reading


def listed(view: View, *, state: str | None = None) -> dict[str, Any]:
    """Every evaluation with its two results, by agreement."""
    return {
        "as_of": view.today.isoformat(),
        "evaluations": [
            {
                "ref": case.ref,
                "proposal": case.proposal,
                "lead_partner": case.lead,
                "lead_name": view.partner_name(case.lead),
                "state": case.state,
                "due_on": case.due_on.isoformat(),
                "hypothesis": case.hypothesis or None,
                "learning": case.learning or None,
                "verdict": case.verdict or None,
                "good_result": case.good_result,
                "lessons": len(case.lessons),
                "followon_until": case.followon_until.isoformat() if case.followon_until else None,
            }
            for case in view.cases(Evaluation, states=[state] if state else None)
        ],
    }


def lessons(view: View, *, theme: str | None = None, text: str | None = None) -> dict[str, Any]:
    """The lesson cards of every published evaluation, failed experiments first-class.

    Args:
        theme: Only cards on this theme (``T04``).
        text: Only cards with all of these words in title or text.

    Raises:
        UnknownTheme: No such theme.
    """
    if theme is not None and theme not in theme_ids():
        raise UnknownTheme(theme=theme, known=list(theme_ids()))
    words = (text or "").casefold().split()
    cards = [
        {
            "agreement": case.ref,
            "proposal": case.proposal,
            "lead_partner": case.lead,
            "title": lesson.title,
            "text": lesson.text,
            "themes": list(lesson.themes),
            "hypothesis": case.hypothesis,
            "learning": case.learning,
            "verdict": case.verdict,
            "published_on": case.published_on.isoformat() if case.published_on else None,
        }
        for case in view.cases(Evaluation, states=[State.PUBLISHED])
        for lesson in case.lessons
        if (theme is None or theme in lesson.themes)
        and all(word in f"{lesson.title} {lesson.text}".casefold() for word in words)
    ]
    return {"theme": theme, "text": text, "lessons": cards}


COMMANDS = (
    Command("evaluation submit", submit, Who(frozenset({Role.PARTNER_SIGNATORY, Role.FUND_MANAGER}))),
    Command("evaluation peer-review", peer_review, REVIEWER),
    Command("evaluation accept", accept, CHAIR),
    Command("evaluation return", send_back, CHAIR),
)
QUERIES = (Query("evaluation list", listed), Query("evaluation lessons", lessons))
