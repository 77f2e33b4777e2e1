"""Anchors as they are kept, and what is proved from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Literal

from fund.errors.ledger import FaultyAnchor, UnknownAnchor, UnknownEntry
from fund.language import _
from fund.ledger.anchors import Anchor, Tree, growth_nodes, nodes_of, path_nodes, public_key_of, root_of, sign
from fund.ledger.seal import VERSION, step_hash
from fund.ledger.store.book import fitting
from fund.ledger.store.entries import narrow, within
from fund.ledger.store.refusals import refusals
from fund.ledger.store.writing import LedgerStore

PAGE = 10_000
TOLD_PAGE = 1_000
_TOLD = (
    "seq, id, effective_on, kind, memo, actor, idempotency_key, metadata, reverses_seq AS reverses, reason,"
    " recorded_at, version, previous_hash, hash, legs"
)
_TOLD_FIELDS = tuple(name.split()[-1] for name in _TOLD.split(", "))


class Anchoring(LedgerStore):
    """A book that can show others what it was."""

    def anchor(self, private_key: bytes, *, recorded_at: datetime | None = None) -> Anchor:
        """State, signed, what the ledger is now; the statement is kept, and meant to be sent to others.

        Args:
            private_key: Ed25519, in PEM, without a password. It is not kept.

        Raises:
            FaultyKey: It is none.
        """
        public_key = public_key_of(private_key)
        head = self._lock_head()
        legs = "SELECT coalesce(sum(legs), 0) FROM entry WHERE book_id = ? AND seq <= ?"
        row: dict[str, Any] = {
            "number": head.anchor_number + 1,
            "head_seq": head.seq,
            "head_hash": bytes(head.hash),
            "root": root_of(self._hashes(head.seq)),
            "legs": int(self._value(legs, self.book_id, head.seq)),
            "trial_balance_hash": self.trial_balance_hash(),
            "periods": head.period_number,
            "period_hash": bytes(head.period_hash),
            "sets": head.set_number,
            "set_hash": bytes(head.set_hash),
            "recorded_at": self._instant(recorded_at, head),
            "public_key": public_key,
            "previous_hash": bytes(head.anchor_hash),
            "version": VERSION,
        }
        row["hash"] = step_hash("anchor", self.book, row)
        row["signature"] = sign(private_key, row["hash"])
        with refusals({"reason": _("the anchor")}):
            self._take_step("anchor", row)
        return Anchor(book=self.book, **row)

    def anchors(self) -> list[Anchor]:
        """Every anchor ever made, oldest first."""
        names = Anchor.__slots__[1:]
        return [Anchor(book=self.book, **{name: getattr(row, name) for name in names}) for row in self._steps("anchor")]

    def root(self) -> bytes:
        """The root of the tree over all entries, as it is now."""
        return root_of(self._hashes(self.head().seq))

    @staticmethod
    def tree() -> Tree:
        """A tree of nothing, for somebody who reads all entries anyway and wants their root."""
        return Tree()

    def anchor_numbered(self, number: int | None = None) -> Anchor:
        """The anchor of this number; the last one when none is named.

        Raises:
            UnknownAnchor: There is none.
        """
        found = self.anchors()
        for one in found:
            if one.number == (number or found[-1].number):
                return one
        raise UnknownAnchor(number=number or 1, last=len(found))

    def prove(self, seqs: Sequence[int], *, anchor: int | None = None) -> dict[str, Any]:
        """That these entries are in the ledger, shown from an anchor, without the others (a JSON object).

        Args:
            anchor: The number of the anchor; the last one when absent.

        Raises:
            UnknownAnchor: There is none, or none of that number.
            UnknownEntry: There is no such entry, or the anchor is older.
        """
        at = self.anchor_numbered(anchor)
        paths = {}
        for seq in sorted(set(seqs)):
            if not 1 <= seq <= at.head_seq:
                raise UnknownEntry(seq=seq, last=at.head_seq)
            paths[seq] = path_nodes(at.head_seq, seq - 1)
        nodes = nodes_of(self._hashes(at.head_seq), (place for path in paths.values() for place in path))
        proofs = [
            {"entry": entry, "path": [nodes[place].hex() for place in paths[entry["seq"]]]}
            for entry in self._exported(list(paths))
        ]
        return {"format": "fund-ledger-proof", "version": VERSION, "anchor": at.as_json(), "entries": proofs}

    def prove_growth(self, first: int, last: int | None = None) -> dict[str, Any]:
        """That the ledger of one anchor only added to the ledger of another (a JSON object).

        Raises:
            UnknownAnchor: There is no anchor of that number.
            FaultyAnchor: The second is older than the first.
        """
        old, new = self.anchor_numbered(first), self.anchor_numbered(last)
        if new.head_seq < old.head_seq:
            raise FaultyAnchor(reason=_("anchor {last} is older than {first}").format(last=new.number, first=first))
        path = growth_nodes(new.head_seq, old.head_seq)
        nodes = nodes_of(self._hashes(new.head_seq), path)
        return {
            "format": "fund-ledger-growth",
            "version": VERSION,
            "from": old.as_json(),
            "to": new.as_json(),
            "path": [nodes[place].hex() for place in path],
        }

    def export_entries(
        self, *, since_seq: int = 0, until_seq: int | None = None, since: date | None = None, as_of: date | None = None
    ) -> Iterator[dict[str, Any]]:
        """Entries as they are told to somebody who checks them with no program of ours, one by one (JSON objects).

        Args:
            since_seq: Only those after this number. until_seq: Only those up to and with this one.
            since: Only those whose accounting day is not earlier. as_of: Only those whose day is not later.
        """
        until = within(since, as_of) + ("" if until_seq is None else f" AND seq <= {fitting(until_seq):d}")
        query = f"SELECT {_TOLD} FROM entry WHERE book_id = ? AND seq > ?{until} ORDER BY seq LIMIT {TOLD_PAGE}"
        since_seq = fitting(since_seq)
        while rows := self._ask(query, self.book_id, since_seq):
            yield from self._as_told(rows)
            since_seq = rows[-1].seq

    def _exported(self, seqs: list[int]) -> Iterator[dict[str, Any]]:
        """The entries of these numbers, as :meth:`export_entries`."""
        query = f"SELECT {_TOLD} FROM entry WHERE book_id = ? AND {self._among('seq')} ORDER BY seq"
        for start in range(0, len(seqs), TOLD_PAGE):
            yield from self._as_told(self._ask(query, self.book_id, self._listed(seqs[start : start + TOLD_PAGE])))

    def _as_told(self, rows: Sequence[Any]) -> Iterator[dict[str, Any]]:
        for page in narrow(rows):
            legs: dict[str, list[list[Any]]] = {}
            for id, *leg in self._ask(
                "SELECT entry_id, code, type, layer, currency, amount_cents FROM posting"
                f" JOIN account ON account.id = account_id WHERE {self._among('entry_id')} ORDER BY entry_id, position",
                self._listed([row.id for row in page]),
            ):
                legs.setdefault(id, []).append(leg)
            for row in page:
                fields = dict(zip(_TOLD_FIELDS, row, strict=True))
                yield {
                    **fields,
                    "effective_on": str(row.effective_on),
                    "previous_hash": bytes(row.previous_hash).hex(),
                    "hash": bytes(row.hash).hex(),
                    "legs": legs.get(row.id, []),
                }

    def told_steps(self, kind: Literal["period", "account_set", "account_change"]) -> Iterator[dict[str, Any]]:
        """Steps of months, sets or changes of accounts (JSON objects, their fields in the order of their seal)."""
        for row in self._steps(kind):
            yield {name: _as_told(value) for name, value in row._mapping.items() if name != "book_id"}

    def _hashes(self, until_seq: int) -> Iterator[bytes]:
        since = 0
        query = f"SELECT seq, hash FROM entry WHERE book_id = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT {PAGE}"
        while rows := self._ask(query, self.book_id, since, until_seq):
            for row in rows:
                yield row.hash
            since = rows[-1].seq


def _as_told(value: Any) -> Any:
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    return value.isoformat() if isinstance(value, date) else value
