"""What is owed beside the principal of an advance: costs of a demand and interest, and what a receipt pays of them.

Nothing is booked when it is claimed: it is income when it comes in. Pure. Source: Awb 4:92, lifecycle.md 6 (R3).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Protocol, TypeVar

FEE, INTEREST = "fee", "interest"
GROUNDS = (FEE, INTEREST)
"""In the order in which they are paid: costs, then interest (4:92)."""
LAW, PRINCIPAL_FIRST = "law", "principal_first"
"""What an agreement says of the order: that of the law, or what is due of the principal before costs and interest."""


class Charged(Protocol):
    """What this needs to know of something that was claimed."""

    @property
    def no(self) -> int: ...
    @property
    def ground(self) -> str: ...
    @property
    def claimed_on(self) -> date: ...
    @property
    def open_cents(self) -> int: ...


Claim = TypeVar("Claim", bound=Charged)


def in_order(charges: Iterable[Claim]) -> list[Claim]:
    """Costs, then interest, the oldest first."""
    return sorted(charges, key=lambda each: (GROUNDS.index(each.ground), each.no))


def open_on(charges: Iterable[Claim], on: date) -> list[Claim]:
    """What of them could be paid on a day, in the order in which it is.

    A payment of an earlier day than a claim cannot have been for it.
    """
    return in_order(each for each in charges if each.open_cents > 0 and each.claimed_on <= on)


def owed(charges: Iterable[Charged], on: date) -> int:
    """What of them is open on a day, in cents."""
    return sum(each.open_cents for each in open_on(charges, on))


def pay(charges: Sequence[Charged], cents: int, on: date) -> dict[int, int]:
    """What an amount pays of them, by number; what is left of it is for the principal."""
    left, paid = max(cents, 0), {}
    for each in open_on(charges, on):
        here = min(each.open_cents, left)
        if here:
            paid[each.no] = here
            left -= here
    return paid
