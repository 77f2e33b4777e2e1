"""Every check behind ``fund verify``: the ledger, the chain of facts, replay, deliveries, attachments, guards.

Everything is read as it is stored and made anew; a finding names the number of the fact or entry it is about. Nothing
is changed. Source: style.md, lifecycle.md 1 (G1, G3), service.md 2.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fund import files
from fund.closing.frozen import Closing, every_closing
from fund.closing.months import State
from fund.database import Engine, as_stored
from fund.errors import FundError
from fund.events import FACTS, Envelope, canonical_json
from fund.language import N_, _, euros
from fund.ledger import GENESIS, Entry
from fund.outbox.subscriptions import REACTIONS
from fund.registry import PROJECTIONS
from fund.reports.cash import Payments, cash_of
from fund.reports.statements.books import first_bad, ledger_checks
from fund.rules.postings import Booking, bookings
from fund.rules.segregation_of_duties import Hands, Seals
from fund.schemas import CaseFile
from fund.schemas.closing import Period
from fund.store import envelope_of, seal_event
from fund.store.facts import case_values
from fund.unit_of_work import Snapshot

MOST_FINDINGS = 100
"""So many findings per check at most."""

STEPS = ("ledger", "facts", "entries", "replay", "deliveries")
"""What ``progress`` is told, one after the other."""

Progress = Callable[[str], None]


@dataclass(slots=True)
class _Check:
    """A check while it runs: how much it looked at, and what it found."""

    name: str
    checked: int = 0
    findings: list[dict[str, Any]] = field(default_factory=list)

    def find(self, seq: int | None, place: str, message: str, /, **details: Any) -> None:
        """Keep a finding; ``message`` is a template."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append({"seq": seq, "place": _shown(place), "message": _shown(_(message).format(**details))})

    def done(self) -> dict[str, Any]:
        """The check as JSON."""
        return {"name": self.name, "ok": not self.findings, "checked": self.checked, "findings": self.findings}


UNREADABLE = (ValueError, OverflowError, LookupError, TypeError, ArithmeticError, AssertionError, FundError)
"""What comes of reading what somebody changed: it is a finding, and the rest is looked at all the same."""


def _shown(text: str) -> str:
    """Bytes that are no text are shown as what they are."""
    return text.encode("utf-8", "backslashreplace").decode()


def verify(engine: Engine, *, progress: Progress | None = None) -> dict[str, Any]:
    """Every check of the fund, at one instant.

    Returns:
        ``ok``, ``checks`` (name, ok, checked, findings), ``head`` of the ledger, ``events_head`` of the facts, and
        ``first_bad_seq``: the first entry that is not right, ``null`` when all are.
    """
    with Snapshot.open(engine, PROJECTIONS) as snapshot:
        return look_at(snapshot, progress=progress)


def look_at(snapshot: Snapshot, *, progress: Progress | None = None) -> dict[str, Any]:
    """As :func:`verify`, of what ``snapshot`` sees."""
    say = progress or (lambda _name: None)
    with as_stored(snapshot.connection):
        say("ledger")
        ledger = snapshot.full_ledger.verify(full=True)
        checks = ledger_checks(ledger, prefix="ledger.")
        say("facts")
        rows = list(snapshot.store.facts.rows())
        envelopes, chain = _facts(snapshot, rows)
        checks += [check.done() for check in chain]
        checks += [check.done() for check in _hands_and_seals(envelopes)]
        say("entries")
        checks.append(_entries_and_facts(snapshot, envelopes).done())
        checks.append(_periods(snapshot, envelopes).done())
        checks.append(_cash(snapshot, envelopes).done())
        say("replay")
        checks.append(_replay(snapshot, envelopes).done())
        say("deliveries")
        checks.append(_deliveries(snapshot).done())
        checks.append(_attachments(snapshot).done())
        checks.append(_guards(snapshot).done())
        head = snapshot.store.guards.event_head()
        return {
            "ok": all(check["ok"] for check in checks),
            "checks": checks,
            "head": {"seq": ledger.head.seq, "hash": ledger.head.hash.hex()},
            "events_head": {"seq": head[0] if head else 0, "hash": (head[1] if head else GENESIS).hex()},
            "first_bad_seq": ledger.first_bad_seq,
            "first_bad_event_seq": first_bad([one for one in checks if one["name"] != "facts.entries"], "facts."),
        }


# ---------------------------------------------------------------------------------------------------------- the facts


def _facts(snapshot: Snapshot, rows: list[Any]) -> tuple[list[Envelope], list[_Check]]:
    """The chain hashed again, its numbers, and what each fact says it touches; the facts that can be read."""
    chain, gaps, links = _Check("facts.chain"), _Check("facts.gap_free"), _Check("facts.links")
    linked = snapshot.store.guards.links()
    envelopes: list[Envelope] = []
    previous, seq, recorded = GENESIS, 0, 0
    for row in rows:
        place = f"event:{row.event_id}"
        chain.checked += 1
        gaps.checked += 1
        if row.seq != seq + 1:
            gaps.find(
                seq + 1,
                place,
                N_("fact {expected} is missing: {found} follows {before}"),
                expected=seq + 1,
                found=row.seq,
                before=seq,
            )
        if bytes(row.prev_hash) != previous:
            chain.find(row.seq, place, N_("the fact does not follow the one before it: its previous hash is another"))
        if not _sealed(previous, row):
            chain.find(row.seq, place, N_("the fact is not what was sealed: its content gives another hash"))
        if row.recorded_us < recorded:
            chain.find(row.seq, place, N_("the fact was recorded before the one before it"))
        previous, seq, recorded = bytes(row.hash), row.seq, row.recorded_us
        envelope = _read(row, chain)
        if envelope is None:
            continue
        envelopes.append(envelope)
        links.checked += 1
        expected = {envelope.stream, *envelope.fact.affected_streams()}
        if linked.get(row.seq, set()) != expected:
            links.find(
                row.seq,
                place,
                N_("the fact is not linked to the cases it is about: {streams}"),
                streams=", ".join(sorted(linked.get(row.seq, set()) ^ expected)),
            )
    head = snapshot.store.guards.event_head()
    if head != (seq, previous, recorded):
        template = N_("the head is at fact {head}, the last fact is {last}")
        chain.find(seq, "event_head", template, head="-" if head is None else head[0], last=seq)
    for stray in sorted(set(linked) - {row.seq for row in rows}):
        links.find(stray, "event_link", N_("a link names fact {seq}, which is not there"), seq=stray)
    return envelopes, [chain, gaps, links]


def _sealed(previous: bytes, row: Any) -> bool:
    """Whether a fact is what was sealed, every text of it in the one form in which texts are."""
    fields = dict(row._mapping)
    try:
        normal = all(unicodedata.is_normalized("NFC", text) for text in fields.values() if isinstance(text, str))
        return normal and seal_event(previous, fields) == bytes(row.hash)
    except UNREADABLE:
        return False


def _read(row: Any, chain: _Check) -> Envelope | None:
    place = f"event:{row.event_id}"
    if row.type not in FACTS:
        chain.find(row.seq, place, N_("no fact is called {type}"), type=row.type)
        return None
    try:
        envelope = envelope_of(row)
        canonical = row.payload == canonical_json(json.loads(row.payload))
    except UNREADABLE:
        chain.find(row.seq, place, N_("the payload cannot be read as {type}"), type=row.type)
        return None
    if envelope.stream != envelope.fact.stream or not canonical:
        chain.find(row.seq, place, N_("the payload is not in the form in which it is sealed"))
    return envelope


# ------------------------------------------------------------------------------------------------------ hands and seals


def _hands_and_seals(envelopes: list[Envelope]) -> list[_Check]:
    """Who acted was free to (G7), and what was opened had been sealed: read back from the facts alone."""
    hands, seals = _Check("facts.hands"), _Check("facts.seals")
    watch: tuple[tuple[_Check, Hands | Seals], ...] = ((hands, Hands()), (seals, Seals()))
    for envelope in envelopes:
        for check, watching in watch:
            for trouble in watching.see(envelope):
                check.find(trouble.seq, f"event:{trouble.event_id}", trouble.message, **trouble.details)
    for check, watching in watch:
        check.checked = watching.looked_at
    return [hands, seals]


# ---------------------------------------------------------------------------------------------------- facts and entries


def _entries_and_facts(snapshot: Snapshot, envelopes: list[Envelope]) -> _Check:
    """Each entry names its fact by id and hash and books what that says; no fact that moves money lacks its entries."""
    check = _Check("facts.entries")
    by_id = {envelope.event_id: envelope for envelope in envelopes}
    wanted_of = {envelope.event_id: _bookings(envelope, check) for envelope in envelopes}
    found: dict[str, int] = {}
    for entry in _entries(snapshot, check):
        check.checked += 1
        place = f"entry:{entry.seq}"
        event_id = str(entry.metadata.get("event_id") or "") if isinstance(entry.metadata, dict) else ""
        envelope = by_id.get(event_id)
        if envelope is None:
            check.find(entry.seq, place, N_("the entry names no fact that is there ({event})"), event=event_id or "-")
            continue
        number = found.get(event_id, 0)
        found[event_id] = number + 1
        if entry.metadata.get("event_hash") != envelope.hash.hex():
            check.find(entry.seq, place, N_("the entry gives fact {seq} another content"), seq=envelope.seq)
        if entry.idempotency_key != f"{event_id}/{number}":
            check.find(
                entry.seq,
                place,
                N_("the entry has another key than its fact gives it: {key}"),
                key=entry.idempotency_key,
            )
        if (entry.effective_on, entry.recorded_at, entry.actor) != (
            envelope.effective_on,
            envelope.recorded_at,
            envelope.actor,
        ):
            check.find(entry.seq, place, N_("day, instant or actor differ from those of fact {seq}"), seq=envelope.seq)
        booked = wanted_of[event_id]
        if number >= len(booked):
            check.find(
                entry.seq,
                place,
                N_("fact {seq} books {count} entries, this is one too many"),
                seq=envelope.seq,
                count=len(booked),
            )
            continue
        wanted = booked[number]
        if wanted.reverses_seq is not None:
            same = entry.reverses == wanted.reverses_seq
        else:
            same = tuple((leg.account, leg.amount_cents) for leg in wanted.postings) == tuple(
                (leg.account, leg.amount_cents) for leg in entry.postings
            ) and entry.kind == (wanted.kind or envelope.type)
        if not same:
            check.find(entry.seq, place, N_("the entry is not what fact {seq} books"), seq=envelope.seq)
    for envelope in envelopes:
        wanted_count = len(wanted_of[envelope.event_id])
        if found.get(envelope.event_id, 0) < wanted_count:
            template = N_("fact {seq} books {count} entries, the ledger has {found}")
            check.find(
                envelope.seq, f"event:{envelope.event_id}", template,
                seq=envelope.seq, count=wanted_count, found=found.get(envelope.event_id, 0),
            )  # fmt: skip
    return check


def _entries(snapshot: Snapshot, check: _Check) -> Iterator[Entry]:
    """Every entry, as far as they can be read."""
    last = 0
    try:
        for entry in snapshot.ledger.entries():
            yield entry
            last = entry.seq
    except UNREADABLE as problem:
        template = N_("entry {seq} cannot be read: {problem}")
        check.find(last + 1, f"entry:{last + 1}", template, seq=last + 1, problem=type(problem).__name__)


def _bookings(envelope: Envelope, check: _Check) -> Sequence[Booking]:
    try:
        return bookings(envelope)
    except UNREADABLE as problem:
        template = N_("fact {seq} cannot be booked: {problem}")
        check.find(
            envelope.seq, f"event:{envelope.event_id}", template, seq=envelope.seq, problem=type(problem).__name__
        )
        return ()


# ------------------------------------------------------------------------------------------------------------- periods


def _periods(snapshot: Snapshot, envelopes: list[Envelope]) -> _Check:
    """Facts and ledger agree on each month, and what a closing froze is still there, also where it was reopened.

    What is closed now the ledger's own check proves again; here those that were corrected since are.
    """
    check = _Check("facts.periods")
    try:
        log = snapshot.ledger.period_log()
        for closing in every_closing(envelopes, log):
            check.checked += 1
            trouble = _trouble_with(snapshot, closing)
            if trouble:
                check.find(
                    closing.closed.seq, closing.closed.stream, trouble,
                    ref=closing.ref, number=closing.number, seq=closing.known_at,
                )  # fmt: skip
        told = {step.month: step.status.value for step in log}
        states = {case.ref: case.state for case in snapshot.cases(Period) if not case.is_year}
        for month in sorted({*told, *states}):
            if told.get(month, State.OPEN) != states.get(month, State.OPEN):
                check.find(
                    None, f"period/{month}", N_("the ledger has it {ledger}, the facts {facts}"),
                    ledger=told.get(month, State.OPEN), facts=states.get(month, State.OPEN),
                )  # fmt: skip
    except UNREADABLE as problem:
        check.find(
            None, "period", N_("the periods cannot be read as they stand: {problem}"), problem=type(problem).__name__
        )
    return check


def _trouble_with(snapshot: Snapshot, closing: Closing) -> str:
    if closing.known_at is None:
        return N_("the ledger knows no closing {number} of {ref}")
    if closing.frozen_sha256 != closing.kept_sha256:
        return N_("closing {number} of {ref}: the ledger kept another hash than the fact")
    if closing.reopened is not None and closing.recomputed_sha256(snapshot) != closing.frozen_sha256:
        return N_("closing {number} of {ref}: the entries until {seq} do not give the trial balance that was frozen")
    return ""


# ---------------------------------------------------------------------------------------------------------------- cash


def _cash(snapshot: Snapshot, envelopes: list[Envelope]) -> _Check:
    """The cash identity, entry by entry: what moved on the accounts is what came in and went out by purpose."""
    check = _Check("facts.cash")

    def unexplained(entry: Entry, cents: int) -> None:
        template = N_("the entry moves {cents} more cash than its purpose explains")
        check.find(entry.seq, f"entry:{entry.seq}", template, cents=euros(cents))

    def looked_at() -> Iterator[Entry]:
        for entry in _entries(snapshot, check):
            check.checked += 1
            yield entry

    try:
        cash_of(snapshot, payments=Payments(envelopes), entries=looked_at(), unexplained=unexplained)
    except UNREADABLE as problem:
        check.find(None, "cash", N_("it cannot be told what cash was for: {problem}"), problem=type(problem).__name__)
    return check


# -------------------------------------------------------------------------------------------------------------- replay


def folded(
    envelopes: Iterable[Envelope], *, faulty: Callable[[Envelope, str, Exception], None] | None = None
) -> dict[str, tuple[CaseFile, int]]:
    """The case files that these facts make, by stream, each with the number of the fact that changed it last.

    Args:
        faulty: Gets each fact that cannot be folded, the stream and why; without it the problem is raised.
    """
    cases: dict[str, tuple[CaseFile, int]] = {}
    for envelope in envelopes:
        for stream in dict.fromkeys((envelope.stream, *envelope.fact.affected_streams())):
            kind, _slash, ref = stream.partition("/")
            projection = PROJECTIONS.get(kind)
            if projection is None:
                continue
            name = f"{kind}/{ref}"
            before = cases.get(name)
            try:
                case = projection.apply(before[0] if before else None, envelope)
            except Exception as problem:
                if faulty is None:
                    raise
                faulty(envelope, name, problem)
                continue
            if case is not None:
                cases[name] = (case, envelope.seq)
    return cases


def _replay(snapshot: Snapshot, envelopes: list[Envelope]) -> _Check:
    """All facts folded again give exactly the stored case files (G3)."""
    check = _Check("facts.replay")

    def faulty(envelope: Envelope, stream: str, problem: Exception) -> None:
        check.find(
            envelope.seq,
            stream,
            N_("fact {seq} cannot be folded: {problem}"),
            seq=envelope.seq,
            problem=type(problem).__name__,
        )

    cases = folded(envelopes, faulty=faulty)
    for row in snapshot.store.guards.case_rows():
        check.checked += 1
        made = cases.pop(row.stream, None)
        if made is None:
            check.find(row.version, row.stream, N_("no fact made this case file"))
            continue
        wanted = case_values(*made)
        differing = [name for name, value in row._mapping.items() if name != "document" and wanted[name] != value]
        if not _says(row.document, made[0], str(wanted["document"])):
            differing.append("document")
        if differing:
            check.find(
                made[1],
                row.stream,
                N_("the case file is not what its facts say ({fields}); fact {seq} changed it last"),
                fields=", ".join(differing),
                seq=made[1],
            )
    for stream, (_case, seq) in cases.items():
        check.find(seq, stream, N_("the case file is missing; fact {seq} changed it last"), seq=seq)
    return check


def _says(stored: str, case: CaseFile, wanted: str) -> bool:
    """Whether a stored document says what its case does: a field that came into the program later is not in it, and
    stands for its default.
    """
    try:
        found, made = json.loads(stored), json.loads(wanted)
        return bool(found == made) or (_part_of(found, made) and type(case).model_validate_json(stored) == case)
    except UNREADABLE:
        return False


def _part_of(found: Any, made: Any) -> bool:
    """Whether ``found`` is ``made``, some fields left out."""
    if isinstance(found, dict) and isinstance(made, dict):
        return all(name in made and _part_of(value, made[name]) for name, value in found.items())
    if isinstance(found, list) and isinstance(made, list):
        return len(found) == len(made) and all(map(_part_of, found, made))
    return type(found) is type(made) and bool(found == made)


# --------------------------------------------------------------------------------- deliveries, attachments, guards


def _deliveries(snapshot: Snapshot) -> _Check:
    """No fact without the delivery rows that subscriptions ask for, and the program's table is the database's."""
    check = _Check("deliveries")
    guards = snapshot.store.guards
    check.checked = guards.delivery_count()
    for seq, event_id, reaction in guards.missing_deliveries(most=MOST_FINDINGS):
        check.find(
            seq, f"event:{event_id}", N_("fact {seq} has no delivery row for {reaction}"), seq=seq, reaction=reaction
        )
    for seq, event_id, reaction in guards.stray_deliveries(most=MOST_FINDINGS):
        check.find(
            seq, f"delivery:{event_id}", N_("a delivery row for {reaction} names no such fact"), reaction=reaction
        )
    wanted = {(reaction.name, wire, reaction.since) for reaction in REACTIONS for wire in reaction.types}
    for reaction, wire, _since in sorted(wanted ^ guards.subscriptions()):
        check.find(
            None,
            f"subscription:{reaction}",
            N_("{reaction} and {wire}: the program and the database do not agree"),
            reaction=reaction,
            wire=wire,
        )
    return check


def _attachments(snapshot: Snapshot) -> _Check:
    """Every attachment is there, in the folder or in the database, and is what its hash says."""
    check = _Check("attachments")
    try:
        check.checked, problems = files.verify(snapshot)
    except UnicodeEncodeError:
        check.find(None, "attachment", N_("an attachment is kept under bytes that are no text"))
        return check
    for sha256, problem in problems:
        check.find(None, f"attachment:{sha256[:12]}", problem)
    return check


def _guards(snapshot: Snapshot) -> _Check:
    """The triggers that keep facts append-only and fill the outbox are there, as they were installed, switched on.

    And nothing stands between the tables and who reads or writes them; every row keeps the rules of its table, which a
    client of SQLite may have switched off.
    """
    check = _Check("guards")
    guards = snapshot.store.guards
    check.checked, problems = guards.problems()
    problems += guards.in_between() + guards.broken_rules(most=MOST_FINDINGS)
    for name, problem in problems:
        check.find(None, f"guard:{name}", problem)
    return check
