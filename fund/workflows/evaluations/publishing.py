"""What the service does with an evaluation by itself: it falls due, and when it was accepted all partners read it."""

from __future__ import annotations

from fund.dates import start_of_day
from fund.events import Envelope
from fund.events.evaluations import EvaluationFellDue, EvaluationPublished
from fund.schemas.capital import MEMBERS
from fund.schemas.evaluations import Evaluation
from fund.store import TimerRow
from fund.unit_of_work import UnitOfWork
from fund.workflows.evaluations.lifecycle import State


def plan(uow: UnitOfWork, event: Envelope) -> None:
    """After activation: the day of the evaluation is kept; it falls due by itself."""
    case = uow.maybe(Evaluation, event.fact.ref)
    if case is not None and case.state == State.DUE and not case.fell_due:
        uow.set_timer("evaluation.due", case.stream, start_of_day(case.due_on), cause=event)


def fall_due_at(uow: UnitOfWork, timer: TimerRow) -> None:
    """At the planned day: it is time to look back."""
    _fall_due(uow, timer.stream.partition("/")[2], "ended")


def fall_due(uow: UnitOfWork, event: Envelope) -> None:
    """After completion or termination: it is time to look back, also when that is earlier than planned."""
    _fall_due(uow, event.fact.ref, event.type.partition(".")[2])


def _fall_due(uow: UnitOfWork, ref: str, ground: str) -> None:
    case = uow.maybe(Evaluation, ref)
    if case is None or case.state != State.DUE or case.fell_due:
        return
    due_on = min(case.due_on, uow.today)
    uow.clear_timer("evaluation.due", case.stream)
    uow.record(EvaluationFellDue(ref=ref, proposal=case.proposal, due_on=due_on, ground=ground))


def publish(uow: UnitOfWork, event: Envelope) -> None:
    """After acceptance: every partner and its council has the lessons."""
    case = uow.maybe(Evaluation, event.fact.ref)
    if case is None or case.state != State.ACCEPTED:
        return
    recipients = tuple(uow.store.cases.refs("partner", states=MEMBERS))
    uow.record(EvaluationPublished(ref=case.ref, proposal=case.proposal, recipients=recipients, lessons=case.lessons))
