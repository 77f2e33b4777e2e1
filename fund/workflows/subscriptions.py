"""What follows after a fact, and what follows at an instant: two tables.

A reaction gets a unit of work whose facts are the service's own (actor ``system``, caused by the fact), and leaves the
world the same when run twice. Each row here has its rows in table ``subscription``, written by the migration that
added it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fund import contributions
from fund.events import Envelope
from fund.store import TimerRow
from fund.unit_of_work import UnitOfWork, View
from fund.workflows import (
    agreements,
    decisions,
    disbursements,
    evaluations,
    exits,
    partners,
    proposals,
    repayments,
    reviews,
    rounds,
)

__all__ = ["REACTIONS", "TIMERS", "Reaction", "Timer", "reactions_by_name", "timers_by_kind"]


@dataclass(frozen=True, slots=True)
class Reaction:
    """After a fact of one of these types, the service does this.

    Attributes:
        since: It hears the facts after this one; a reaction that comes with a later version says from where on.
        idle: Whether nothing at all would follow, now and from any fact so far: then many rows are marked at once.
    """

    name: str
    types: tuple[str, ...]
    function: Callable[[UnitOfWork, Envelope], object]
    since: int = 0
    idle: Callable[[View], bool] | None = None


@dataclass(frozen=True, slots=True)
class Timer:
    """When a timer of this kind falls due, the service does this."""

    kind: str
    function: Callable[[UnitOfWork, TimerRow], object]


REACTIONS: tuple[Reaction, ...] = (
    Reaction("proposals.screen", ("proposal.submitted", "proposal.resubmitted"), proposals.screen),
    Reaction("proposals.clock", proposals.CLOCK_FACTS, proposals.set_clock),
    Reaction("rounds.decide", rounds.DECIDING_FACTS, rounds.decide_if_done),
    Reaction(
        "reviews.propose_panel", ("proposal.found_eligible", "decision.eligibility_reopened"), reviews.propose_panel
    ),
    Reaction("reviews.close_when_complete", reviews.LEFT_FACTS, reviews.close_when_complete),
    Reaction("reviews.exclude", reviews.LATE_FACTS, reviews.exclude_late),
    Reaction(
        "decisions.prepare",
        ("review.closed", "review.consensus_recorded", "review.recomputed"),
        decisions.prepare_when_scored,
    ),
    Reaction("decisions.keep_term", decisions.TERM_FACTS, decisions.keep_term),
    Reaction("decisions.keep_deferral", ("decision.deferred",), decisions.keep_deferral),
    Reaction("agreements.activate", ("agreement.signed",), agreements.activate_when_signed),
    Reaction("repayments.start", ("evaluation.accepted",), repayments.start_on_success),
    Reaction("repayments.look_again", repayments.AGAIN_FACTS, repayments.look_again),
    Reaction("agreements.close", agreements.CLOSING_FACTS, agreements.close_when_done),
    Reaction("disbursements.request", ("agreement.activated",), disbursements.request_at_activation),
    Reaction("evaluations.plan", ("agreement.activated",), evaluations.plan),
    Reaction("evaluations.fall_due", ("agreement.completed", "agreement.terminated"), evaluations.fall_due),
    Reaction("evaluations.publish", ("evaluation.accepted",), evaluations.publish),
    Reaction("evaluations.invite", ("evaluation.published",), evaluations.invite),
    Reaction("exits.fall_due", exits.COLLECTING_FACTS, exits.fall_due, idle=exits.nobody_settles),
    Reaction("exits.leave", exits.LEAVING_FACTS, exits.leave, idle=exits.nobody_settles),
)

TIMERS: tuple[Timer, ...] = (
    Timer("round.open", rounds.open_round),
    Timer("round.close", rounds.close),
    Timer("review.close", reviews.close_at_deadline),
    Timer("review.consensus", reviews.means_stand),
    Timer("proposal.announce", proposals.announce),
    Timer("proposal.expire", proposals.expire),
    Timer(decisions.TERM, decisions.term_ends),
    Timer(decisions.BACK, decisions.come_back),
    Timer("agreement.suspension", agreements.end_suspension),
    Timer("benefit.due", agreements.ask_benefits),
    Timer(contributions.REMIND, contributions.remind),
    Timer(partners.REVIEW, partners.announce_review),
    Timer("repayment.arrears", repayments.escalate),
    Timer("repayment.limitation", repayments.warn),
    Timer("evaluation.due", evaluations.fall_due_at),
    Timer("followon.announce", evaluations.announce),
    Timer("followon.expire", evaluations.expire),
    Timer(exits.LONG_STOP, exits.long_stop_reached),
)


def reactions_by_name() -> dict[str, Reaction]:
    """The reactions, by name."""
    return {reaction.name: reaction for reaction in REACTIONS}


def timers_by_kind() -> dict[str, Timer]:
    """The timer rows, by kind."""
    return {timer.kind: timer for timer in TIMERS}
