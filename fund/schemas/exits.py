"""The exit of one partner as a case: what it was valued at, agreed, settled, paid, and what is still to come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from pydantic import Field

from fund.events.values import NamedItem
from fund.schemas.base import CaseColumns, CaseFile


class Exit(CaseFile, kind="exit"):
    """How one partner leaves; its ref is the partner's, and its state too.

    Attributes:
        valued_seq: The fact of the valuation: what came after it, came in after it.
        net_cents: What was proposed, and from the agreement on what was agreed.
        undisputed_cents: What a dispute leaves out.
        hands: User ids that supplied an approval since the settlement was proposed (G7 c).
        settled_cents: What stands in the books of the net, now and later together; nothing before K7.
        later_cents: All that was put on 2210. untied_cents: What of it rests on no named item.
        collected: By case of a named item, what came in on it since the valuation.
        counted_cents: What of that its share is taken of. fallen_cents: What fell due.
        paid_cents, set_off_cents: What left 2200.
        kept: Its own agreements that go on as they are.
    """

    decided_on: date | None = None
    leaves_on: date | None = None
    file: str = ""
    file_sha256: str = ""

    valued_on: date | None = None
    valued_seq: int = 0
    known_at: int = 0
    share: str = "0"
    capital_cents: int = 0
    gross_cents: int = 0
    buffer_cents: int = 0
    """The buffer of the regulations of that day: a part of what is paid later lies in it."""
    unpaid_cents: int = 0
    costs_cents: int = 0
    quoted_cents: int = 0
    quoted_now_cents: int = 0
    items: tuple[NamedItem, ...] = ()
    resolution: str = ""
    proposals: int = 0

    net_cents: int = 0
    undisputed_cents: int = 0
    reason: str = ""
    advice_sha256: str = ""
    hands: tuple[str, ...] = ()

    settled: bool = False
    settled_seq: int = 0
    settled_on: date | None = None
    settled_cents: int = 0
    later_cents: int = 0
    untied_cents: int = 0
    collected: Mapping[str, int] = Field(default_factory=dict)
    counted_cents: int = 0
    fallen_cents: int = 0
    closed_out: bool = False
    closed_out_cents: int = 0
    paid_cents: int = 0
    set_off_cents: int = 0
    kept: tuple[str, ...] = ()
    exited_on: date | None = None

    @property
    def weight(self) -> Fraction:
        return Fraction(self.share)

    @property
    def due_cents(self) -> int:
        """What is due and not paid (2200)."""
        fell = self.settled_cents - self.later_cents + self.fallen_cents + self.closed_out_cents
        return fell - self.paid_cents - self.set_off_cents

    @property
    def open_later_cents(self) -> int:
        return 0 if self.closed_out else self.later_cents - self.fallen_cents

    def named(self) -> dict[str, int]:
        """By case, what was expected back of it at the valuation: the most that counts of it."""
        sums: dict[str, int] = {}
        for item in self.items:
            sums[item.case] = sums.get(item.case, 0) + item.amount_cents
        return sums

    def columns(self) -> CaseColumns:
        return CaseColumns(partner=self.ref, amount_cents=self.net_cents, due_on=self.leaves_on)
