"""The fund's cash told twice: what stands on its accounts, and what came in and went out by purpose.

``L = I + A + R - U - S - K + 2300 + 2100 + its refunds under way`` on any day, where ``L`` is 1000 and 1005 with sweeps
and unexplained debits on 1010: payments under way are none of it, they have not left yet. Cash basis: an award counts
when the bank paid it (D5), costs and settlements too. Each entry alone keeps both sides equal, so what does not is
named. Source: statements.md (cash identity), lifecycle.md 11.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from fund.events import Envelope
from fund.events.disbursements import DisbursementApproved
from fund.events.payables import OWED, Owed
from fund.events.payments import PaymentReturned, PaymentSettled
from fund.ledger import ADJUSTING, CLOSING, REVERSAL, Entry, main_of
from fund.unit_of_work import Snapshot

BY_HAND = ("entry.posted", ADJUSTING)
"""What people book by hand on 2000 is a cost of the fund that was, or will be, paid by hand as well."""
_SENT = ("payment.sent", "payment.failed")
"""These move a payment between 2000 and 1010, and no cash."""


class Payments:
    """What each payment was for, by the facts behind it."""

    def __init__(self, facts: Iterable[Envelope]) -> None:
        self._shares: dict[str, DisbursementApproved] = {}
        self._grounds: dict[str, str] = {}
        self._done: dict[str, tuple[int, str, int]] = {}
        for each in facts:
            fact = each.fact
            if isinstance(fact, DisbursementApproved):
                self._shares[fact.ref] = fact
            elif isinstance(fact, Owed):
                self._grounds[fact.ref] = fact.ground
            elif isinstance(fact, (PaymentSettled, PaymentReturned)):
                times = 1 if isinstance(fact, PaymentSettled) else -1
                self._done[each.event_id] = (times, fact.line.ref, fact.line.amount_cents)

    @classmethod
    def until_now(cls, snapshot: Snapshot) -> Payments:
        """Those of all facts there are."""
        types = ("disbursement.approved", "payment.settled", "payment.returned", *OWED)
        return cls(snapshot.store.facts.of_types(types))

    def add(self, cash: Cash, event_id: str, times: int) -> None:
        """Count the payment of a fact: as often as it was made, less what came back."""
        sign, ref, cents = self._done.get(event_id, (0, "", 0))
        times *= sign
        share = self._shares.get(ref)
        if share is not None:
            cash.u += times * share.repayable_cents
            cash.s += times * share.grant_cents
            cash.paid += times * share.amount_cents
            cash.lent[share.agreement] += times * share.repayable_cents
        elif self._grounds.get(ref) == "cost":
            cash.k += times * cents
        elif self._grounds.get(ref) == "overpayment":
            cash.refunds -= times * cents
        elif self._grounds.get(ref) == "settlement":
            cash.i -= times * cents


@dataclass(slots=True)
class Cash:
    """Both sides, in cents: ``cash`` is L; the symbols are those of statements.md.

    Attributes:
        held: What stands on 2300 and 2100: in the fund's account, and not the fund's.
        refunds: Refunds of 2100 that were approved and are not paid yet.
        paid: All that was paid of awards, returned payments off, refunds not.
        lent, repaid: U and A by agreement.
    """

    cash: int = 0
    i: int = 0
    a: int = 0
    r: int = 0
    u: int = 0
    s: int = 0
    v: int = 0
    k: int = 0
    held: int = 0
    refunds: int = 0
    paid: int = 0
    lent: Counter[str] = field(default_factory=Counter)
    repaid: Counter[str] = field(default_factory=Counter)

    @property
    def explained(self) -> int:
        """``I + A + R - U - S - K`` and what is held for others."""
        return self.i + self.a + self.r - self.u - self.s - self.k + self.held + self.refunds

    @property
    def difference(self) -> int:
        """What of L nothing explains; nothing, while the identity holds."""
        return self.cash - self.explained

    def count(self, entry: Entry, origin: Entry, payments: Payments) -> None:
        """Count one entry.

        Args:
            origin: The entry that it takes back; itself for any other.
        """
        if CLOSING in (entry.kind, origin.kind):
            return
        moved: Counter[str] = Counter()
        for leg in entry.postings:
            moved[main_of(leg.account)] += leg.amount_cents
        self.held -= moved["2300"] + moved["2100"]
        self.cash += moved["1000"] + moved["1005"]
        if not origin.kind.startswith("payment."):
            self.cash += moved["1010"]
        if origin.kind in _SENT:
            return
        if origin.kind.startswith("payment."):
            payments.add(self, str(origin.metadata.get("event_id")), 1 if entry is origin else -1)
        elif origin.kind in BY_HAND:
            self.r -= moved["4400"]
            self.k += moved["4500"] + moved["2000"]
        elif origin.kind == "disbursement.refunded":
            self.u += moved["1200"]
            self.s += moved["4000"]
            self.v -= moved["4000"]
            self._by_agreement(entry, self.lent, "1200", 1)
            self._came_back(entry, moved, "4300")
        elif origin.kind == "agreement.refinanced":
            self._by_agreement(entry, self.lent, "1200", 1)  # it was paid once, and is owed under the roll-out
        elif moved["2100"] > 0 > moved["2000"] or moved["2100"] < 0 < moved["2000"]:
            self.refunds -= moved["2000"]
        elif moved["2200"] and moved["1200"]:
            self.i += moved["1200"]
            self._came_back(entry, moved, "1200")
        elif moved["1000"] + moved["1005"] + moved["1010"] + moved["2300"] + moved["2100"]:
            self.i -= moved["1100"]
            self.r -= moved["4400"]
            self.k += moved["4500"]
            self._came_back(entry, moved, "1200", "4300")

    def add(self, other: Cash) -> None:
        """Count all that the other counted."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for of, more in ((self.lent, other.lent), (self.repaid, other.repaid)):
            for ref, cents in more.items():
                of[ref] += cents

    def copy(self) -> Cash:
        """The same sums, apart."""
        made = Cash()
        made.add(self)
        return made

    def _came_back(self, entry: Entry, moved: Counter[str], *mains: str) -> None:
        for main in mains:
            self.a -= moved[main]
            self._by_agreement(entry, self.repaid, main, -1)

    @staticmethod
    def _by_agreement(entry: Entry, of: Counter[str], main: str, sign: int) -> None:
        for leg in entry.postings:
            code, _dot, holder = leg.account.partition(".")
            if code == main:
                of[holder] += sign * leg.amount_cents


_SUMS = ("cash", "i", "a", "r", "u", "s", "v", "k", "held", "refunds", "paid")


def cash_on(snapshot: Snapshot, days: Sequence[date], *, known_at: int | None = None) -> list[Cash]:
    """Both sides at the end of each of these days, in the order of the days given: the entries are read once."""
    ordered = sorted(set(days))
    if not ordered:
        return []
    payments = Payments.until_now(snapshot)
    moved = [Cash() for _day in ordered]
    for entry in snapshot.ledger.entries(as_of=ordered[-1], until_seq=known_at):
        whole = entry.kind == REVERSAL and entry.reverses is not None
        origin = snapshot.ledger.entry(entry.reverses) if whole and entry.reverses else entry
        moved[bisect_left(ordered, entry.effective_on)].count(entry, origin, payments)
    sums, until = Cash(), {}
    for day, more in zip(ordered, moved, strict=True):
        sums.add(more)
        until[day] = sums.copy()
    return [until[day] for day in days]


def cash_of(
    snapshot: Snapshot,
    *,
    as_of: date | None = None,
    known_at: int | None = None,
    payments: Payments | None = None,
    entries: Iterable[Entry] | None = None,
    unexplained: Callable[[Entry, int], Any] | None = None,
) -> Cash:
    """Both sides at the end of a day, as they were known at an entry.

    Args:
        payments: What payments were for, if that was read already.
        entries: The entries, if they are read with care.
        unexplained: Gets each entry that moves the sides apart, and by how much.
    """
    grounds = payments or Payments.until_now(snapshot)
    cash = Cash()
    for entry in entries if entries is not None else snapshot.ledger.entries(as_of=as_of, until_seq=known_at):
        before = cash.difference
        whole = entry.kind == REVERSAL and entry.reverses is not None
        cash.count(entry, snapshot.ledger.entry(entry.reverses) if whole and entry.reverses else entry, grounds)
        if unexplained is not None and cash.difference != before:
            unexplained(entry, cash.difference - before)
    return cash
