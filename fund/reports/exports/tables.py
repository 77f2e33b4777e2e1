"""The books of some days as tables for a spreadsheet, with a manifest that says what they are.

UTF-8 with a mark for Excel, lines that end as RFC 4180 has it, no text that a spreadsheet would take for a formula;
amounts are whole cents, debit positive, and stand as they are. Files come line by line.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from fund.database import from_micros
from fund.ledger import Entry, TrialBalanceRow, main_of
from fund.reports.exports.excerpt import Excerpt, Held, holders_of, taken
from fund.reports.exports.files import MANIFEST, folder_beside
from fund.reports.layout import safe
from fund.unit_of_work import Snapshot
from fund.users.founding import accounts_of_the_fund

MARK = b"\xef\xbb\xbf"

ENTRIES = (
    "seq", "effective_on", "recorded_at", "kind", "memo", "actor", "event_id", "reverses_seq", "part_of_seq",
    "replaces_seq", "reason", "hash",
)  # fmt: skip
POSTINGS = ("seq", "position", "effective_on", "account", "main", "holder", "amount_cents")
BALANCES = ("code", "name", "type", "layer", "currency", "debit_cents", "credit_cents", "balance_cents")
ACCOUNTS = ("code", "name", "type", "layer", "normal_side", "currency", "status", "rgs_code", "bbv")
HOLDERS = ("ref", "kind", "name", "opening_cents", "closing_cents")
EVENTS = (
    "seq", "event_id", "type", "stream", "effective_on", "occurred_at", "recorded_at", "actor", "on_behalf_of",
    "made_by", "command_id", "causation_id", "hash",
)  # fmt: skip


def csv_set(
    snapshot: Snapshot,
    *,
    folder: str,
    since: date | None = None,
    until: date | None = None,
    known_at: int | None = None,
) -> dict[str, Any]:
    """Entries, postings, accounts, balances before and after, holders and events of some days, in a new folder.

    Opening balances and postings add up to the closing ones. Events are told without what they say: who did what when.

    Args:
        since: The first accounting day; from the beginning when absent. until: The last; all days when absent.
        known_at: The last entry number that counts; events count up to the one behind that entry.

    Raises:
        ExportTurnedAround: The last day lies before the first.
        ExportFolderInUse: There is something in the folder already.
        FileUnreadable: It cannot be written.
    """
    excerpt = taken(snapshot, since, until, known_at)
    held = Held()
    with folder_beside(folder) as part:
        files = {
            "accounts.csv": _table(part / "accounts.csv", ACCOUNTS, _accounts(excerpt)),
            "opening.csv": _table(part / "opening.csv", BALANCES, _balances(excerpt, excerpt.before)),
            **_moves(part, excerpt, held),
            "closing.csv": _table(part / "closing.csv", BALANCES, _balances(excerpt, excerpt.moved)),
            "holders.csv": _table(part / "holders.csv", HOLDERS, _holders(snapshot, excerpt)),
            "events.csv": _table(part / "events.csv", EVENTS, _events(snapshot, excerpt)),
        }
        manifest = excerpt.manifest("fund-csv-set", held, files)
        text = json.dumps(manifest, indent=1, ensure_ascii=False)
        (part / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return {"folder": folder, "manifest": manifest}


class _File:
    """A table being written: its rows, and the hash of its bytes."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._out = path.open("wb")
        self._digest = hashlib.sha256()
        self._buffer = io.StringIO()
        self._writer = csv.writer(self._buffer, lineterminator="\r\n")
        self.rows = 0
        self._flush(MARK)
        self._writer.writerow(columns)

    def write(self, values: Iterable[Any]) -> None:
        self._writer.writerow([safe(value) for value in values])
        self.rows += 1
        if self.rows % 500 == 0:
            self._flush(b"")

    def _flush(self, before: bytes) -> None:
        content = before + self._buffer.getvalue().encode("utf-8", "replace")
        self._digest.update(content)
        self._out.write(content)
        self._buffer.seek(0)
        self._buffer.truncate()

    def done(self) -> dict[str, Any]:
        """What the manifest says of it."""
        self._flush(b"")
        self._out.close()
        return {"sha256": self._digest.hexdigest(), "rows": self.rows}


def _table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> dict[str, Any]:
    file = _File(path, columns)
    for row in rows:
        file.write(row)
    return file.done()


def _moves(part: Path, excerpt: Excerpt, held: Held) -> dict[str, Any]:
    """Entries and their postings, in one pass."""
    entries, postings = _File(part / "entries.csv", ENTRIES), _File(part / "postings.csv", POSTINGS)
    for entry in excerpt.entries():
        held.add(entry.seq)
        entries.write(_entry(entry))
        for position, leg in enumerate(entry.postings, start=1):
            main, _point, holder = leg.account.partition(".")
            day = entry.effective_on.isoformat()
            postings.write((entry.seq, position, day, leg.account, main, holder, leg.amount_cents))
    return {"entries.csv": entries.done(), "postings.csv": postings.done()}


def _entry(entry: Entry) -> Sequence[Any]:
    return (
        entry.seq, entry.effective_on.isoformat(), entry.recorded_at.isoformat(), entry.kind, entry.memo, entry.actor,
        entry.metadata.get("event_id"), entry.reverses, entry.part_of, entry.replaces, entry.reason, entry.hash.hex(),
    )  # fmt: skip


def _accounts(excerpt: Excerpt) -> Iterator[Sequence[Any]]:
    chart = {row["code"]: row for row in accounts_of_the_fund()}
    for code, one in excerpt.accounts.items():
        said: Mapping[str, str] = chart.get(main_of(code), {})
        yield (
            code, one.name, one.type.value, one.layer.value, one.normal_side.value, one.currency, one.status.value,
            said.get("rgs_code"), said.get("bbv"),
        )  # fmt: skip


def _balances(excerpt: Excerpt, rows: Iterable[TrialBalanceRow]) -> Iterator[Sequence[Any]]:
    """The accounts on which something stands or stood, by the names that they had."""
    for row in rows:
        one, cents = excerpt.accounts[row.code], row.balance_cents
        yield row.code, one.name, one.type.value, one.layer.value, one.currency, max(cents, 0), max(-cents, 0), cents


def _holders(snapshot: Snapshot, excerpt: Excerpt) -> Iterator[Sequence[Any]]:
    for one in holders_of(snapshot, excerpt):
        yield one.ref, one.kind, one.name, one.opening_cents, one.closing_cents


def _events(snapshot: Snapshot, excerpt: Excerpt) -> Iterator[Sequence[Any]]:
    until_seq = None
    if excerpt.known_at is not None:
        last = snapshot.ledger.last_entry(known_at=excerpt.known_at)
        behind = None if last is None else snapshot.store.facts.get(str(last.metadata.get("event_id")))
        until_seq = 0 if behind is None else behind.seq
    for row in snapshot.store.facts.outlines(since=excerpt.since, until=excerpt.until, until_seq=until_seq):
        yield (
            row.seq, row.event_id, row.type, row.stream, row.effective_on, from_micros(row.occurred_us).isoformat(),
            from_micros(row.recorded_us).isoformat(), row.actor, row.on_behalf_of, row.made_by, row.command_id,
            row.causation_id, bytes(row.hash).hex(),
        )  # fmt: skip
