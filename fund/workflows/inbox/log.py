"""The log of facts as people read it, and the letters that did not arrive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fund.errors.commands import UnknownRef
from fund.errors.service import UnknownDelivery
from fund.events import Envelope
from fund.events.service import DeliveryRetried
from fund.rules.authority import FUND_MANAGER, Role, Who
from fund.schemas.base import as_row
from fund.schemas.people import User
from fund.schemas.proposals import Proposal
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.discretion import payload_for
from fund.workflows.inbox.commands import DeadLetters, DeadRow, EventDetail, EventRow, Events
from fund.workflows.proposals.access import may_see


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
