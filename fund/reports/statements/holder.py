"""What moved on the accounts of one partner, or of one agreement: every posting with the document behind it.

Balances leave year-end closings out, as every statement does: what a partner or an agreement stands at does not change
because a year ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from fund.errors.ledger import UnknownAccount
from fund.events import Envelope
from fund.ledger import CLOSING
from fund.schemas.capital import Receipt
from fund.unit_of_work import Snapshot


@dataclass(frozen=True)
class Accounts:
    """The accounts of one holder at the end of a day, as known at an entry.

    Attributes:
        codes: In the order in which they are told: ``1100.gm0344``.
        since: The first day of the time that is told; from the beginning when absent.
    """

    snapshot: Snapshot
    codes: Sequence[str]
    day: date
    known_at: int | None = None
    since: date | None = None
    _facts: dict[str, Envelope | None] = field(default_factory=dict)

    def balance(self, code: str) -> int:
        """What stands on an account at the end of the day, debit positive."""
        return self._balance(code, self.day)

    @cached_property
    def balances(self) -> list[dict[str, Any]]:
        """Per account what stood there before, what moved, and what stands there, debit positive."""
        rows = []
        for code in self.codes:
            opening = self._balance(code, self.since - timedelta(days=1)) if self.since else 0
            closing = self.balance(code)
            rows.append(
                {"account": code, "opening_cents": opening, "moved_cents": closing - opening, "closing_cents": closing}
            )
        return rows

    @cached_property
    def movements(self) -> list[dict[str, Any]]:
        """Every posting of the time, by day and number, with the balance of its account after it."""
        rows = [row for code in self.codes for row in self._lines(code)]
        return sorted(rows, key=lambda row: (row["effective_on"], row["seq"]))

    def _balance(self, code: str, day: date) -> int:
        try:
            return self.snapshot.ledger.balance(code, as_of=day, known_at=self.known_at, kinds_excluded=(CLOSING,))
        except UnknownAccount:
            return 0

    def _lines(self, code: str) -> Iterator[dict[str, Any]]:
        balance = 0
        try:
            lines = self.snapshot.ledger.card(code, as_of=self.day, known_at=self.known_at)
        except UnknownAccount:
            return
        for line in lines:
            if line.kind == CLOSING:
                continue
            balance += line.amount_cents
            if self.since is not None and line.effective_on < self.since:
                continue
            yield {
                "seq": line.seq,
                "effective_on": line.effective_on.isoformat(),
                "account": line.account,
                "kind": line.kind,
                "memo": line.memo,
                "amount_cents": line.amount_cents,
                "balance_cents": balance,
                **self._document(line.event_id),
            }

    def _document(self, event_id: str | None) -> dict[str, Any]:
        """What a reader looks up in his own books: the document, the receipt, and the reference of the bank."""
        fact = self._fact(event_id)
        nothing: dict[str, Any] = {"document": None, "receipt": None, "bank_reference": None, "event_seq": None}
        if fact is None:
            return nothing
        ref = str(fact.fact.ref)
        receipt = getattr(fact.fact, "receipt", None) or (ref if fact.type.startswith("receipt.") else None)
        case = self.snapshot.maybe(Receipt, receipt) if receipt else None
        return {
            "document": ref,
            "receipt": receipt,
            "bank_reference": (case.bank_reference or case.end_to_end_id or case.reference or None) if case else None,
            "event_seq": fact.seq,
        }

    def _fact(self, event_id: str | None) -> Envelope | None:
        if event_id is None:
            return None
        if event_id not in self._facts:
            self._facts[event_id] = self.snapshot.store.facts.get(event_id)
        return self._facts[event_id]


def balance_or_zero(rows: Sequence[Mapping[str, Any]], main: str) -> int:
    """What stands on the accounts of a main code among these, debit positive."""
    return sum(row["closing_cents"] for row in rows if row["account"].partition(".")[0] == main)
