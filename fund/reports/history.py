"""The fund as it was: cases and regulations as the facts until a day had left them, as far as they were known.

What is stored of a case is what it is now. A statement of an earlier day, or as known at an earlier entry, reads the
facts of those cases that changed since once more, and leaves out what came later; all others are read as they stand.
Known at entry N are the facts until the one that made entry N.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

from fund.rules.regulations import Regulations
from fund.schemas import CaseFile
from fund.schemas.people import RegulationsFile
from fund.unit_of_work import HistoricalSnapshot, Snapshot

Case = TypeVar("Case", bound=CaseFile)


def last_fact(snapshot: Snapshot, known_at: int | None) -> int | None:
    """The number of the fact that made entry ``known_at`` (or the last entry); ``None`` where all facts count: nothing
    was asked, or the snapshot itself ends at a fact.

    A number means the same facts for ever, whatever is booked later: facts that book nothing are known with the next
    entry.
    """
    if known_at is None or isinstance(snapshot, HistoricalSnapshot):
        return None

    def read() -> int:
        number = min(known_at, snapshot.ledger.head().seq)
        event_id = snapshot.ledger.entry(number).metadata.get("event_id") if number > 0 else None
        envelope = snapshot.store.facts.get(str(event_id)) if event_id else None
        return envelope.seq if envelope is not None else 0

    return snapshot.cached(("last fact", known_at), read)


def head_of(snapshot: Snapshot, known_at: int | None) -> dict[str, Any]:
    """The last entry that counts: its number, and number with hash under ``head``."""
    head = snapshot.ledger.head()
    seq = head.seq if known_at is None else min(known_at, head.seq)
    digest = snapshot.ledger.entry(seq).hash if 0 < seq < head.seq else head.hash if seq else bytes(32)
    return {"known_at": seq, "head": {"seq": seq, "hash": digest.hex()}}


def cases_on(
    snapshot: Snapshot,
    model: type[Case],
    day: date,
    *,
    last: int | None = None,
    refs: Sequence[str] | None = None,
    states: Sequence[str] | None = None,
) -> list[Case]:
    """The cases of a kind as they were at the end of a day, in the order of their refs.

    Args:
        last: The last fact that was known; all when absent.
        refs: Only these.
        states: Only those that were in one of these states.
    """
    again = changed(snapshot, model, day, last=last, refs=refs)
    found = {case.ref: case for case in snapshot.cases(model, refs=refs, states=states) if case.ref not in again}
    found |= {ref: case for ref, case in again.items() if case is not None and (not states or case.state in states)}
    return [found[ref] for ref in sorted(found)]


def changed(
    snapshot: Snapshot, model: type[Case], day: date, *, last: int | None = None, refs: Sequence[str] | None = None
) -> dict[str, Case | None]:
    """The cases of a kind that a later fact touched, as they were; ``None`` for those that were not there yet.

    What is known today of today is what is stored: nothing is read again for it.
    """
    if last is None and day >= snapshot.today:
        return {}
    wanted = None if refs is None else {f"{model.kind}/{ref}" for ref in refs}
    streams = snapshot.cached(
        ("changed", model.kind, day, last), lambda: snapshot.store.facts.changed_since(model.kind, on=day, seq=last)
    )
    again = sorted(streams if wanted is None else streams & wanted)
    apply, folded = snapshot.projections[model.kind].apply, dict[str, CaseFile | None]()
    for stream, envelope in snapshot.store.facts.of_streams(again, on=day, seq=last):
        folded[stream] = apply(folded.get(stream), envelope)
    found: dict[str, Case | None] = {}
    for stream in again:
        case = folded.get(stream)
        found[stream.partition("/")[2]] = case if isinstance(case, model) else None
    return found


def regulations_on(snapshot: Snapshot, day: date, *, last: int | None = None) -> Regulations:
    """The regulations in force on a day, of those that were adopted until fact ``last``."""
    if last is None:
        return snapshot.regulations(day)
    known = [case for case in snapshot.cases(RegulationsFile) if snapshot.version(case) <= last]
    in_force = sorted(
        (case for case in known if case.from_on <= day), key=lambda case: (case.from_on, snapshot.version(case))
    )
    return in_force[-1].regulations if in_force else snapshot.regulations(snapshot.first_day)
