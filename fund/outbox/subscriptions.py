"""What follows after a fact.

A reaction gets a unit of work whose facts are the service's own (actor ``system``, caused by the fact), and leaves the
world the same when run twice. Each row here has its rows in table ``subscription``, written by the migration that
added it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fund.declarations import Place, found_at
from fund.events import Envelope
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.agreements import CLOSING_FACTS
from fund.workflows.decisions.terms import TERM_FACTS
from fund.workflows.exits.deferred_payments import COLLECTING_FACTS
from fund.workflows.exits.paying import LEAVING_FACTS
from fund.workflows.proposals.ending import CLOCK_FACTS
from fund.workflows.repayments.reminders import AGAIN_FACTS
from fund.workflows.reviews import LEFT_FACTS
from fund.workflows.reviews.late import LATE_FACTS
from fund.workflows.rounds.use_cases import DECIDING_FACTS


@dataclass(frozen=True, slots=True)
class Reaction:
    """After a fact of one of these types, the service does this.

    Attributes:
        since: It hears the facts after this one; a reaction that comes with a later version says from where on.
        nothing_to_do: Whether nothing at all would follow, now and from any fact so far: then many rows are marked at
            once.
    """

    name: str
    types: tuple[str, ...]
    place: Place
    since: int = 0
    nothing_to_do: Place | None = None

    @property
    def function(self) -> Callable[[UnitOfWork, Envelope], object]:
        """What the service does."""
        return found_at(self.place)

    @property
    def idle(self) -> Callable[[Snapshot], bool] | None:
        """Whether nothing at all would follow."""
        return found_at(self.nothing_to_do) if self.nothing_to_do is not None else None


REACTIONS: tuple[Reaction, ...] = (
    Reaction(
        "proposals.screen",
        ("proposal.submitted", "proposal.resubmitted"),
        "fund.workflows.proposals.eligibility:screen",
    ),
    Reaction("proposals.clock", CLOCK_FACTS, "fund.workflows.proposals.ending:set_clock"),
    Reaction("rounds.decide", DECIDING_FACTS, "fund.workflows.rounds.use_cases:decide_if_done"),
    Reaction(
        "reviews.propose_panel",
        ("proposal.found_eligible", "decision.eligibility_reopened"),
        "fund.workflows.reviews.panel:propose_panel",
    ),
    Reaction("reviews.close_when_complete", LEFT_FACTS, "fund.workflows.reviews.closing:close_when_complete"),
    Reaction("reviews.exclude", LATE_FACTS, "fund.workflows.reviews.late:exclude_late"),
    Reaction(
        "decisions.prepare",
        ("review.closed", "review.consensus_recorded", "review.recomputed"),
        "fund.workflows.decisions.preparing:prepare_when_scored",
    ),
    Reaction("decisions.keep_term", TERM_FACTS, "fund.workflows.decisions.terms:keep_term"),
    Reaction("decisions.keep_deferral", ("decision.deferred",), "fund.workflows.decisions.terms:keep_deferral"),
    Reaction("agreements.activate", ("agreement.signed",), "fund.workflows.agreements.drafting:activate_when_signed"),
    Reaction("repayments.start", ("evaluation.accepted",), "fund.workflows.repayments.plan_changes:start_on_success"),
    Reaction("repayments.look_again", AGAIN_FACTS, "fund.workflows.repayments.reminders:look_again"),
    Reaction("agreements.close", CLOSING_FACTS, "fund.workflows.agreements.ending:close_when_done"),
    Reaction(
        "disbursements.request",
        ("agreement.activated",),
        "fund.workflows.disbursements.requesting:request_at_activation",
    ),
    Reaction("evaluations.plan", ("agreement.activated",), "fund.workflows.evaluations.publishing:plan"),
    Reaction(
        "evaluations.fall_due",
        ("agreement.completed", "agreement.terminated"),
        "fund.workflows.evaluations.publishing:fall_due",
    ),
    Reaction("evaluations.publish", ("evaluation.accepted",), "fund.workflows.evaluations.publishing:publish"),
    Reaction("evaluations.invite", ("evaluation.published",), "fund.workflows.evaluations.followon:invite"),
    Reaction(
        "exits.fall_due",
        COLLECTING_FACTS,
        "fund.workflows.exits.deferred_payments:fall_due",
        nothing_to_do="fund.workflows.exits.deferred_payments:nobody_settles",
    ),
    Reaction(
        "exits.leave",
        LEAVING_FACTS,
        "fund.workflows.exits.paying:exit_when_settled",
        nothing_to_do="fund.workflows.exits.deferred_payments:nobody_settles",
    ),
)


def reactions_by_name() -> dict[str, Reaction]:
    """The reactions, by name."""
    return {reaction.name: reaction for reaction in REACTIONS}
