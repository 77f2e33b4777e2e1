"""Who sits in a panel, and why: chosen by kinds, ties and load, told for everybody who was looked at. Pure.

Nothing is drawn by lot. Each seat goes to whoever ranks first at that moment; what decided is kept as a code, and told
in the language of whoever looks. Source: lifecycle.md, what the service does; 4 (P9, P23); 12.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from fund.events.values import PanelSeat
from fund.language import N_, _
from fund.rules.conflicts import ground_text
from fund.rules.regulations import Quorum
from fund.rules.scoring import EXTERNAL, NECESSITY_EXTERNALS, Marks, Missing, quorum_missing
from fund.workflows.reviews.ties import Candidate, seat_of

KINDS = {
    "municipality": N_("municipality"),
    "water_board": N_("water board"),
    "region": N_("region"),
    "province": N_("province"),
    EXTERNAL: N_("external"),
}

_EXTERNAL_FIRST, _KIND, _ORGANISATION, _VOTE, _WEIGHT, _SOFT, _LOAD, _ORDER = (
    "external_first", "kind_full", "organisation_sits", "keeps_vote", "weight", "soft", "load", "order",
)  # fmt: skip
_DECIDED_BY = (_EXTERNAL_FIRST, _KIND, _ORGANISATION, _VOTE, _WEIGHT, _SOFT, _LOAD, _ORDER)
"""What a place in the ranking is decided by, in this order."""
_TIE_WEIGHS = 2
"""A possible conflict weighs as much as so many open reviews: in a large round nearly everybody has one, and who has
none should not sit on every panel.
"""

_WHY = {
    "external_needed": N_("the quorum asks for an external reviewer"),
    "new_kind": N_("the first of this kind: {detail}"),
    "least_kind": N_("of the kind that sits least: {detail}"),
    "kept": N_("sat in the panel the time before"),
    "named": N_("named by the fund manager"),
    _EXTERNAL_FIRST: N_("the seat had to go to an external reviewer"),
    _KIND: N_("enough people of this kind sit already: {detail}"),
    _ORGANISATION: N_("somebody of the same organisation sits already: {detail}"),
    _VOTE: N_("sits in the committee, and would lose the vote there"),
    _SOFT: N_("has to declare a possible conflict: {detail}"),
    _LOAD: N_("has more reviews open: {detail}"),
    _ORDER: N_("equal to who was chosen; the order of proposal and person decided"),
    "no_seat": N_("no seat was left"),
    "not_external": N_("the rule of necessity asks external reviewers"),
    "left": N_("left this panel before"),
    "later": N_("became a reviewer after the panel was proposed"),
}


def why_text(code: str) -> str:
    """Why somebody sits, or does not, in the language in use; ``code`` as facts keep it (``load:2``)."""
    name, _mark, detail = code.partition(":")
    if name in (_KIND, "new_kind", "least_kind"):
        detail = _(KINDS.get(detail, detail))
    elif name == _SOFT:
        detail = "; ".join(ground_text(each) for each in detail.split(","))
    return _(_WHY.get(name, name)).format(detail=detail)


@dataclass(frozen=True, slots=True)
class Seated:
    """A panel, and for everybody who was looked at why they sit in it or do not, by user id."""

    panel: tuple[PanelSeat, ...]
    chosen: Mapping[str, str] = field(default_factory=dict)
    passed_over: Mapping[str, str] = field(default_factory=dict)


Rank = tuple[bool, int, int, bool, int, bool, int, str]


def _rank(ref: str, each: Candidate, panel: Sequence[PanelSeat], *, external_needed: bool) -> Rank:
    return (
        external_needed and each.seat.kind != EXTERNAL,
        sum(1 for seat in panel if seat.kind == each.seat.kind),
        sum(1 for seat in panel if seat.organisation is not None and seat.organisation == each.seat.organisation),
        each.committee,
        each.seat.load + (_TIE_WEIGHS if each.seat.soft else 0),
        bool(each.seat.soft),
        each.seat.load,
        hashlib.sha256(f"{ref}/{each.seat.reviewer}".encode()).hexdigest(),
    )


def _reason(seat: PanelSeat, panel: Sequence[PanelSeat], *, external_needed: bool) -> str:
    """Why this seat was the next, given those before it."""
    if external_needed and seat.kind == EXTERNAL:
        return "external_needed"
    sits = any(other.kind == seat.kind for other in panel)
    return f"{'least_kind' if sits else 'new_kind'}:{seat.kind}"


def _lost_by(loser: Rank, winner: Rank, each: Candidate, *, same_kind: bool) -> str:
    """What decided between two who ranked for the same seat."""
    at = next(number for number, pair in enumerate(zip(loser, winner, strict=True)) if pair[0] != pair[1])
    found = _DECIDED_BY[at]
    if found == _WEIGHT:
        tied = _DECIDED_BY.index(_SOFT)
        found = _SOFT if loser[tied] and not winner[tied] else _LOAD
    if found == _ORDER and same_kind:
        return f"{_KIND}:{each.seat.kind}"
    detail = {
        _KIND: each.seat.kind,
        _ORGANISATION: each.seat.organisation or "",
        _SOFT: ",".join(each.seat.soft),
        _LOAD: str(each.seat.load),
    }.get(found, "")
    return f"{found}:{detail}" if detail else found


def seat_panel(
    ref: str, quorum: Quorum, free: Sequence[Candidate], *, kept: Sequence[PanelSeat] = (), necessity: bool = False
) -> Seated:
    """A panel out of those who are free: the externals that the quorum asks first, then the kind that sits least.

    Within a kind: whose organisation does not sit yet, who would lose no vote, who has the fewest open reviews, where a
    possible conflict to declare weighs as much as two; what is left is settled by the ids of proposal and person. For
    who is not in it, what decided is told by the seat that went to the own kind, or else by the last seat.

    Args:
        kept: Seats that stand already (the panel of an earlier turn).
    """
    panel = list(kept)
    chosen = {seat.reviewer: "kept" for seat in kept}
    passed_over: dict[str, str] = {}
    size = max(quorum.assigned, NECESSITY_EXTERNALS) if necessity else quorum.assigned
    waiting = [each for each in free if each.seat.reviewer not in chosen]
    if necessity:
        passed_over = {each.seat.reviewer: "not_external" for each in waiting if each.seat.kind != EXTERNAL}
        waiting = [each for each in waiting if each.seat.kind == EXTERNAL]
    settled: set[str] = set()
    while waiting and len(panel) < size:
        needed = sum(1 for seat in panel if seat.kind == EXTERNAL) < quorum.external
        ranks = {each.seat.reviewer: _rank(ref, each, panel, external_needed=needed) for each in waiting}
        best = min(waiting, key=lambda each: ranks[each.seat.reviewer])
        waiting.remove(best)
        for each in waiting:
            own = each.seat.kind == best.seat.kind
            if each.seat.reviewer not in settled:
                lost = ranks[each.seat.reviewer], ranks[best.seat.reviewer]
                passed_over[each.seat.reviewer] = _lost_by(*lost, each, same_kind=own)
            if own:
                settled.add(each.seat.reviewer)
        chosen[best.seat.reviewer] = _reason(best.seat, panel, external_needed=needed)
        passed_over.pop(best.seat.reviewer, None)
        panel.append(best.seat)
    for each in waiting:
        passed_over.setdefault(each.seat.reviewer, "no_seat")
    return Seated(tuple(panel), chosen, passed_over)


def top_up(
    ref: str,
    quorum: Quorum,
    free: Sequence[Candidate],
    *,
    counted: Sequence[PanelSeat],
    more: int = 0,
    necessity: bool = False,
) -> tuple[Seated, tuple[Missing, ...]]:
    """Who should join so that the quorum is met when they score, externals last; and what they would still leave
    missing, where there are not enough.

    Args:
        counted: The seats whose scores are there, or can be expected.
        more: At least so many people: a criterion lacks their scores.
    """
    panel = list(counted)
    chosen: dict[str, str] = {}
    waiting = [each for each in free if each.seat.reviewer not in {seat.reviewer for seat in panel}]
    if necessity:
        waiting = [each for each in waiting if each.seat.kind == EXTERNAL]

    def lacking() -> tuple[Missing, ...]:
        return quorum_missing(quorum, (), [Marks(seat_of(seat), frozenset()) for seat in panel], necessity=necessity)

    while waiting and (lacking() or len(chosen) < more):
        asked = frozenset(each.demand for each in lacking())
        needed = "external" in asked
        best = min(waiting, key=partial(_joins, ref, panel, asked))
        waiting.remove(best)
        chosen[best.seat.reviewer] = _reason(best.seat, panel, external_needed=needed)
        panel.append(best.seat)
    joining = tuple(panel[len(counted) :])
    return Seated(joining, chosen), lacking()


def _joins(ref: str, panel: Sequence[PanelSeat], asked: frozenset[str], each: Candidate) -> tuple[int, bool, Rank]:
    """Whoever meets most of what is missing comes first, externals last among equals, then as in any panel."""
    seats = [seat_of(seat) for seat in panel]
    outside = each.seat.kind == EXTERNAL
    meets = {
        "complete": True,
        "organisations": seat_of(each.seat).counted_as not in {seat.counted_as for seat in seats},
        "kinds": each.seat.kind not in {seat.kind for seat in seats},
        EXTERNAL: outside,
    }
    helped = sum(1 for demand, met in meets.items() if met and demand in asked)
    return -helped, outside, _rank(ref, each, panel, external_needed=EXTERNAL in asked)
