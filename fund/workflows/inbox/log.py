"""The log of facts as people read it, what waits under a ref, and the letters that did not arrive."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from fund.errors.commands import UnknownRef
from fund.errors.service import UnknownDelivery
from fund.events import Envelope
from fund.events.service import DeliveryRetried
from fund.rules.authority import FUND_MANAGER, Role, Who
from fund.schemas.base import as_row
from fund.schemas.people import User
from fund.schemas.proposals import Proposal
from fund.store import PendingRow
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.discretion import payload_for
from fund.workflows.inbox.commands import (
    CaseLine,
    CasesNamed,
    DeadLetters,
    DeadRow,
    EventDetail,
    EventRow,
    Events,
    PendingDetail,
    PendingLine,
)
from fund.workflows.inbox.office import confirmation
from fund.workflows.inbox.reader import InboxReader
from fund.workflows.proposals.access import may_see


def pending_shown(snapshot: Snapshot, *, ref: str) -> PendingDetail:
    """What waits under a ref; as the first person was shown it, for that person, whoever may be the second, an auditor.

    It may hold account numbers and what is known of people: others see that it waits, and for whom.

    Raises:
        UnknownRef: Nothing waited under this ref.
    """
    row = snapshot.store.work.pending(ref)
    if row is None:
        raise UnknownRef(kind="pending", ref=ref, suggestion="fund inbox")
    return as_row(
        PendingDetail,
        row,
        command=row.name,
        state=_state_of(snapshot, row),
        made_by=snapshot.name(row.made_by),
        needs=json.loads(row.needs),
        hash=row.shown_hash.hex(),
        shown=json.loads(row.shown) if _may_read(snapshot, row) else None,
    )


def _may_read(snapshot: Snapshot, row: PendingRow) -> bool:
    actor = snapshot.actor
    if actor is None:
        return False
    if actor.user_id in (row.made_by, row.ended_by) or actor.has(Role.AUDITOR):
        return True
    return confirmation(InboxReader(snapshot), row).is_for(actor)


def named(snapshot: Snapshot, *, ref: str) -> CasesNamed:
    """The cases that bear a ref, each with kind, state and title, and what waits or waited for a second person under
    it, and why it was declined; nothing of a draft of others.
    """
    cases: list[CaseLine] = []
    for kind, life in snapshot.projections.items():
        case = snapshot.maybe(life.model, ref)
        if isinstance(case, Proposal) and not may_see(snapshot, case):
            return {"ref": ref, "cases": [], "pending": None}
        if case is not None and ref:
            title = getattr(case, "title", "") or getattr(case, "name", "")
            cases.append({"kind": kind, "ref": case.ref, "state": case.state, "title": title})
    row = snapshot.store.work.pending(ref)
    if row is None:
        return {"ref": ref, "cases": cases, "pending": None}
    waits: PendingLine = {
        "ref": ref,
        "command": row.name,
        "state": _state_of(snapshot, row),
        "made_by": snapshot.name(row.made_by),
    }
    if _may_read(snapshot, row):
        waits |= {"ended_by": snapshot.name(row.ended_by) if row.ended_by else None, "reason": row.reason}
    return {"ref": ref, "cases": cases, "pending": waits}


def _state_of(snapshot: Snapshot, row: PendingRow) -> str:
    return "lapsed" if row.state == "pending" and row.expires_at <= snapshot.now else row.state


# ----------------------------------------------------------------------------------------------------------- the log


def event_line(snapshot: Snapshot, envelope: Envelope) -> EventRow:
    """A fact as the log shows it; of a draft of others, that it is there and nothing more (lifecycle.md 10)."""
    kind, _slash, ref = envelope.stream.partition("/")
    case = snapshot.maybe(Proposal, ref) if kind == "proposal" else None
    hidden = case is not None and not may_see(snapshot, case)
    return as_row(
        EventRow,
        envelope,
        of=f"{kind}/{snapshot.name(ref)}" if kind == User.kind else envelope.stream,
        actor_name=snapshot.name(envelope.actor),
        payload={} if hidden else payload_for(snapshot, envelope),
        hash=envelope.hash.hex(),
    )


def event_list(snapshot: Snapshot, *, stream: str = "", type: str = "", since_seq: int = 0, limit: int = 200) -> Events:
    """Facts in the order of knowledge: all, or of one life, or of one type.

    Args:
        stream: Kind and ref of a life, ``proposal/2026-003``; of a user, the name will do.

    Raises:
        UnknownRef: Nothing ever happened in such a life.
    """
    if stream:
        kind, _slash, ref = stream.partition("/")
        known = snapshot.store.work.user_id_of(ref) if kind == User.kind else None
        life = snapshot.store.facts.of_stream(f"{kind}/{known}" if known else stream)
        if not life:
            raise UnknownRef(kind="case", ref=stream, suggestion="fund event list")
        found: Iterator[Envelope] = iter(life)
    elif type:
        found = snapshot.store.facts.of_types((type,), since_seq=since_seq)
    else:
        found = snapshot.store.facts.all(since_seq=since_seq)
    lines: list[EventRow] = []
    more = False
    for envelope in found:
        if envelope.seq <= since_seq or (type and envelope.type != type):
            continue
        if len(lines) == limit:
            more = True
            break
        lines.append(event_line(snapshot, envelope))
    return {"events": lines, "more": more, "head_seq": snapshot.store.facts.head().seq}


def event_show(snapshot: Snapshot, *, ref: str) -> EventDetail:
    """One fact whole, by number or id, with the entries it made and what followed from it.

    Raises:
        UnknownRef: No such fact.
    """
    facts = snapshot.store.facts
    number = ref.isascii() and ref.isdigit() and len(ref) <= 18
    envelope = facts.by_seq(int(ref)) if number else facts.get(ref)
    if envelope is None:
        raise UnknownRef(kind="event", ref=ref, suggestion="fund event list")
    entries = [entry.seq for entry in snapshot.ledger.entries(event_id=envelope.event_id)]
    return {"event": event_line(snapshot, envelope), "entries": entries, "prev_hash": envelope.prev_hash.hex()}


def deliveries(snapshot: Snapshot) -> Mapping[str, int]:
    """How many deliveries are in each state."""
    return dict(snapshot.store.deliveries.counts())


def dead(snapshot: Snapshot) -> DeadLetters:
    """The dead letters: what, why, how many wait behind each, and the command that tries again.

    A deadline that could not be acted upon is one too: of the fact that set it, under the name of the deadline.
    """
    facts, waiting = snapshot.store.facts, snapshot.store.deliveries.waiting_behind
    late = [(timer, facts.get(timer.cause)) for timer in snapshot.store.work.timers(state="dead")]
    rows: list[DeadRow] = [
        as_row(
            DeadRow,
            timer,
            event_id=timer.cause,
            seq=cause.seq if cause is not None else 0,
            reaction=timer.timer_id,
            waiting=0,
            command=f"fund event retry {timer.cause} {timer.timer_id}",
        )
        for timer, cause in late
    ]
    rows += [
        as_row(DeadRow, row, waiting=waiting(row), command=f"fund event retry {row.event_id} {row.reaction}")
        for row in snapshot.store.deliveries.in_state(("dead",))
    ]
    return {"dead": rows}


def second_to_retry(snapshot: Snapshot, _args: Mapping[str, object]) -> Who | None:
    """An admin, who keeps the service running, tries again alone; a fund manager with a second one."""
    return None if snapshot.actor is not None and snapshot.actor.has(Role.ADMIN) else FUND_MANAGER


def retry(uow: UnitOfWork, *, ref: str, reaction: str = "") -> Mapping[str, object]:
    """Dead letters of a fact (for one reaction or deadline, or all of them) are tried again.

    Raises:
        UnknownDelivery: There is none.
    """
    found = [
        row
        for row in uow.store.deliveries.in_state(("dead",))
        if row.event_id == ref and reaction in ("", row.reaction)
    ]
    dead_timers = uow.store.work.timers(state="dead")
    late = [timer for timer in dead_timers if timer.cause == ref and reaction in ("", timer.timer_id)]
    if not found and not late:
        raise UnknownDelivery(ref=ref, reaction=reaction or "*")
    for timer in late:
        uow.store.work.retry_timer(timer.timer_id)
        uow.record(DeliveryRetried(event_id=ref, reaction=timer.timer_id))
    for row in found:
        uow.store.deliveries.retry(row.event_id, row.reaction)
        uow.record(DeliveryRetried(event_id=row.event_id, reaction=row.reaction))
    uow.next_step = "fund event deliveries"
    return {"retried": len(found) + len(late)}
