"""What of a fact is shown to whom: opened scores and votes, ties found or declared, results that are not yet published,
account numbers.

A fact is for ever, and whoever may read a life may read that it happened; what section 10 of the rules keeps to some is
left out for the others. What lies under seal is in no fact at all. Source: lifecycle.md 10 (assign, conflicts; score,
consensus), 12 (hard conflict: no access).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from fund.events import Envelope
from fund.rules.authority import Role
from fund.rules.conflicts import hard_conflict
from fund.rules.permissions import account_for, readers, sees_accounts
from fund.schemas.evaluations import Evaluation
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Decision, Review
from fund.unit_of_work import Snapshot
from fund.workflows.conflicts import parties_of

_READERS = readers("scores")
"""Who reads scores after the closing, and ties at any time, where no conflict bars them; an auditor always does."""


def _inside(snapshot: Snapshot, proposal: Proposal) -> bool:
    actor = snapshot.actor
    if actor is None:
        return False
    if actor.has(Role.AUDITOR):
        return True
    return actor.has(*_READERS) and hard_conflict(actor, parties_of(snapshot, proposal)) is None


def sees_conflicts(snapshot: Snapshot, proposal: Proposal) -> bool:
    """Whether whoever looks may know who is tied to the case and how: fund office, committee, auditor."""
    return _inside(snapshot, proposal)


def sees_scores(snapshot: Snapshot, proposal: Proposal, takers: Iterable[str]) -> bool:
    """Whether whoever looks may see who scored what, once the seal is open: fund office, committee, auditor, and those
    who scored themselves (``takers``, user ids); nobody whom a conflict bars.
    """
    if _inside(snapshot, proposal):
        return True
    actor = snapshot.actor
    if actor is None or actor.user_id not in set(takers):
        return False
    return hard_conflict(actor, parties_of(snapshot, proposal)) is None


def sees_votes(snapshot: Snapshot, proposal: str) -> bool:
    """Whether whoever looks may know who voted what, once votes are open: on what concerns a proposal (ref) as its ties
    are known; what the partners say of the fund itself (a key, who joins, its end) everybody reads.
    """
    if not proposal:
        return True
    case = snapshot.maybe(Proposal, proposal)
    if case is None:
        return snapshot.actor is not None and snapshot.actor.has(*_READERS)
    return sees_conflicts(snapshot, case)


def reads_results(snapshot: Snapshot, case: Evaluation) -> bool:
    """Whether whoever looks may read an evaluation: everybody from publication on, before it those who work on it."""
    if case.state == "published":
        return True
    actor = snapshot.actor
    if actor is None:
        return False
    return actor.has(*_EVALUATING) or (actor.partner is not None and actor.partner in case.parties)


_EVALUATING = (
    Role.FUND_MANAGER, Role.REVIEWER, Role.COMMITTEE_MEMBER, Role.COMMITTEE_CHAIR, Role.DEPUTY_CHAIR, Role.AUDITOR,
    Role.SYSTEM,
)  # fmt: skip
"""Who reads what is handed in before it is published, beside the parties."""

# Facts go by their wire names here: whoever reads a log needs only those that are in it.

_RESULTS: Mapping[str, tuple[str, ...]] = {
    "evaluation.submitted": ("hypothesis", "verdict", "learned", "lessons", "file_sha256"),
    "evaluation.peer_reviewed": ("learning", "remarks"),
    "evaluation.accepted": ("hypothesis", "learning", "verdict", "good_result"),
    "evaluation.returned": ("reason",),
}
"""Of these, what came of an experiment: for everybody once it is published."""

_SCORES = ("scores",)
_FIGURES = (
    "means", "total", "gates_missed", "advice", "consensus_forced", "spread_criteria", "spread_total", "consensus_by",
    "rank", "of",
)  # fmt: skip

_KEPT: Mapping[str, tuple[str, ...]] = {
    "review.closed": _SCORES,
    "review.consensus_proposed": ("scores", "grounds"),
    "review.consensus_recorded": _SCORES,
}
"""Of these, who scored what: never for the parties."""

_MEANS: tuple[str, ...] = ("review.closed", "review.recomputed", "review.consensus_recorded", "decision.prepared")
"""Of these the figures, which the parties see once it was decided."""

_TIES: Mapping[str, tuple[str, ...]] = {
    "review.panel_proposed": ("panel", "barred", "chosen", "passed_over"),
    "review.opened": ("panel.soft",),
    "review.assigned": ("seat.soft",),
    "review.top_up_proposed": ("seats.soft",),
    "review.recomputed": ("without",),
    "review.reopened": ("without",),
    "review.declared": ("grounds",),
    "review.conflict_declared": ("ground",),
    "review.conflict_decided": ("grounds", "reason"),
    "review.reviewer_barred": ("ground",),
    "review.recused": ("reason",),
    "review.score_excluded": ("ground",),
    "decision.prepared": ("voters", "barred"),
}
"""Of these, ties of people: for those who judge them, and the person. With a dot: of a seat, a field."""

_ACCOUNTS = ("iban", "payer_iban", "payee_iban")
"""Whatever the fact, what has one of these names is the account of somebody who pays or is paid."""
_ACCOUNTS_OF_THE_FUND = ("bank_statement.imported", "bank_notification.imported")
"""Facts in which such a name is the fund's own account, which stands on every letter."""


def payload_for(snapshot: Snapshot, event: Envelope) -> dict[str, Any]:
    """What the fact says, for whoever looks: fields that are not theirs to read are left out (``null``), numbers of
    accounts masked.
    """
    payload: dict[str, Any] = json.loads(event.fact.payload())
    kind = event.fact.wire
    hidden = [*_hidden_figures(snapshot, event, payload)] if kind in _KEPT or kind in _MEANS else []
    own = snapshot.actor is not None and snapshot.actor.user_id in (event.actor, payload.get("reviewer"))
    if kind in _TIES and not own:
        proposal = snapshot.maybe(Proposal, event.fact.ref)
        if proposal is None or not sees_conflicts(snapshot, proposal):
            hidden += _TIES[kind]
    if kind not in _KEPT and event.fact.opens and not own:
        concerned = event.fact.ref if event.fact.kind in ("decision", "proposal") else payload.get("proposal", "")
        hidden += () if sees_votes(snapshot, concerned) else event.fact.opens
    if kind in _RESULTS:
        case = snapshot.maybe(Evaluation, event.fact.ref)
        hidden += () if case is not None and reads_results(snapshot, case) else _RESULTS[kind]
    if kind == "receipt.recorded" and not sees_accounts(snapshot.actor):
        hidden.append("text")  # what a payer writes may name people, and accounts
    for field in hidden:
        _leave_out(payload, field, "" if snapshot.actor is None else snapshot.actor.user_id)
    return payload if kind in _ACCOUNTS_OF_THE_FUND else _masked(snapshot, payload)


def _masked(snapshot: Snapshot, said: Any) -> Any:
    """The same with account numbers as whoever looks may see them, at any depth."""
    if isinstance(said, list):
        return [_masked(snapshot, each) for each in said]
    if not isinstance(said, dict):
        return said
    own = said.get("payee") or said.get("partner")
    return {
        name: account_for(snapshot.actor, each, of=own) if name in _ACCOUNTS else _masked(snapshot, each)
        for name, each in said.items()
    }


def _leave_out(payload: dict[str, Any], path: str, viewer: str) -> None:
    """A field is ``null``; of seats the field of everybody but the one who looks."""
    name, _dot, of_seat = path.partition(".")
    if name not in payload:
        return
    if not of_seat:
        payload[name] = None
        return
    seats = payload[name] if isinstance(payload[name], list) else [payload[name]]
    for seat in seats:
        if seat["reviewer"] != viewer:
            seat[of_seat] = None


def _hidden_figures(snapshot: Snapshot, event: Envelope, payload: Mapping[str, Any]) -> Iterable[str]:
    proposal = snapshot.maybe(Proposal, event.fact.ref)
    review = snapshot.maybe(Review, event.fact.ref)
    if proposal is None or review is None:
        return (*_SCORES, *_FIGURES)
    if sees_scores(snapshot, proposal, _takers(event, payload, review)):
        return ()
    decision = snapshot.maybe(Decision, proposal.ref)
    decided = decision is not None and decision.decided_on is not None
    kept = _KEPT.get(event.fact.wire, ())
    return kept if decided else (*kept, *_FIGURES)


def _takers(event: Envelope, payload: Mapping[str, Any], review: Review) -> list[str]:
    """Whose scores this fact opened: whoever joins a reopened panel is not among them, and scores without knowing."""
    if event.fact.wire == "review.closed":
        return [each["reviewer"] for each in payload["scores"]]
    return [each.reviewer for each in review.result.scores] if review.result is not None else list(review.opened)
