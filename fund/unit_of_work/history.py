"""The fund as it was known when a fact was the last: what was recorded later is not there yet.

Case files are folded from the facts until then; regulations and names follow from them. What stands in the ledger is
asked with ``known_at``, as always. Nothing that comes later changes an answer, which is what a closed year needs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any

from fund.database import Connection
from fund.events import Envelope
from fund.schemas import CaseFile
from fund.store import CaseBrief, EventSummary, FactStore, Head, Store
from fund.unit_of_work.snapshot import Case, Snapshot


class _FactsUntil(FactStore):
    """The chain, cut after a fact."""

    def __init__(self, connection: Connection, last: int) -> None:
        super().__init__(connection)
        self._last = last

    def head(self, *, lock: bool = False) -> Head:
        """The fact that was the last."""
        found = super().by_seq(self._last)
        return super().head() if found is None else Head(found.seq, found.hash, found.recorded_at)

    def get(self, event_id: str) -> Envelope | None:
        return self._until(super().get(event_id))

    def by_seq(self, seq: int) -> Envelope | None:
        return self._until(super().by_seq(seq))

    def of_stream(self, stream: str) -> list[Envelope]:
        return [each for each in super().of_stream(stream) if each.seq <= self._last]

    def last_of(self, stream: str, *types: str) -> Envelope | None:
        found = [each for each in self.of_stream(stream) if each.type in types]
        return found[-1] if found else None

    def of_types(self, types: Sequence[str], *, since_seq: int = 0, until_seq: int | None = None) -> Iterator[Envelope]:
        last = self._last if until_seq is None else min(until_seq, self._last)
        return super().of_types(types, since_seq=since_seq, until_seq=last)

    def summaries(
        self, types: Sequence[str], *, until_seq: int | None = None, keys: Collection[str] | None = None
    ) -> Iterator[EventSummary]:
        last = self._last if until_seq is None else min(until_seq, self._last)
        return super().summaries(types, until_seq=last, keys=keys)

    def of_streams(self, streams: Sequence[str], *, on: date, seq: int | None) -> Iterator[tuple[str, Envelope]]:
        return super().of_streams(streams, on=on, seq=self._last if seq is None else min(seq, self._last))

    def _until(self, found: Envelope | None) -> Envelope | None:
        return found if found is not None and found.seq <= self._last else None


class HistoricalSnapshot(Snapshot):
    """A snapshot in which the fact with number ``last`` is the last one."""

    def __init__(self, snapshot: Snapshot, last: int) -> None:
        super().__init__(
            snapshot.connection, snapshot.projections, actor=snapshot.actor, now=snapshot.now, book=snapshot.ledger.book
        )
        self.last = last
        self._store.facts = _FactsUntil(snapshot.connection, last)

    def maybe(self, model: type[Case], ref: str) -> Case | None:
        """The case as the facts until then left it."""
        stream = f"{model.kind}/{ref}"
        if stream not in self._cases and stream not in self._absent and stream in self._changed(model.kind):
            found: CaseFile | None = None
            version, apply = 0, self.projections[model.kind].apply
            for envelope in self._store.facts.of_stream(stream if ref else model.kind):
                found, version = apply(found, envelope), envelope.seq
            if found is None:
                self._absent.add(stream)
            else:
                self._cases[stream] = (found, version)
        return super().maybe(model, ref) if stream not in self._absent else None

    def _changed(self, kind: str) -> set[str]:
        """The cases of a kind that changed since: they are folded anew, all others stand as they are stored."""
        facts = self._store.facts
        return self.cached(("changed", kind), lambda: facts.changed_since(kind, on=date.max, seq=self.last))

    def briefs(
        self,
        model: type[CaseFile],
        *,
        states: Sequence[str] | None = None,
        parent: str | None = None,
        refs: Sequence[str] | None = None,
    ) -> list[CaseBrief]:
        """As a snapshot's own; every case is opened for it."""
        return [
            CaseBrief(case.ref, str(case.state), told.parent, told.partner, told.amount_cents, dict(told.brief))
            for case in self.cases(model, states=states, parent=parent, refs=refs)
            for told in (case.columns(),)
        ]

    def any(self, model: type[CaseFile], *, states: Sequence[str] | None = None, parent: str | None = None) -> bool:
        """Whether there was a case that fits."""
        return bool(self.cases(model, states=states, parent=parent))

    def _cases_in(self, store: Store, model: type[Case], **conditions: Any) -> list[Case]:
        changed = self._changed(model.kind)
        stored = {row.ref: row for row in store.cases.find(model.kind)}
        for row in stored.values():
            if row.stream not in changed and row.stream not in self._cases:
                self._cases[row.stream] = (model.model_validate_json(row.document), row.version)
        found = (self.maybe(model, ref) for ref in stored)
        return [case for case in found if case is not None and _fits(case, **conditions)]


def _fits(
    case: CaseFile,
    *,
    states: Sequence[str] | None = None,
    parent: str | None = None,
    partner: str | None = None,
    lookup: str | None = None,
    refs: Sequence[str] | None = None,
) -> bool:
    columns = case.columns()
    return (
        (states is None or case.state in states)
        and (parent is None or columns.parent == parent)
        and (partner is None or columns.partner == partner)
        and (lookup is None or columns.lookup == lookup)
        and (refs is None or case.ref in refs)
    )
