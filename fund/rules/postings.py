"""From fact to entry: the page an accountant reviews. Every amount stands in the fact already.

One function per fact that moves money, in the order of lifecycle.md; ``books`` ties it to its fact. Debits and credits
are written as the tables write them. Memos are Dutch, whatever the language of the screen (ledger.md 17), and name no person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fund.events import Envelope, Fact
from fund.ledger import Posting

__all__ = ["BOOKED", "Booking", "bookings", "books"]

F = TypeVar("F", bound=Fact)


@dataclass(frozen=True, slots=True)
class Booking:
    """One entry to be made: its memo and postings; ``kind`` only where it is not the fact's wire name.

    With ``reverses_seq`` the entry is the exact mirror of that one, and ``postings`` stays empty.
    """

    memo: str
    postings: Sequence[Posting] = ()
    kind: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    reverses_seq: int | None = None


BOOKED: dict[str, Callable[[Any], Sequence[Booking]]] = {}
"""What each fact books, by wire name; a fact that is not here moves no money."""


def books(fact: type[F]) -> Callable[[Callable[[F], Sequence[Booking]]], Callable[[F], Sequence[Booking]]]:
    """Say that this function tells what ``fact`` books."""

    def register(function: Callable[[F], Sequence[Booking]]) -> Callable[[F], Sequence[Booking]]:
        BOOKED[fact.wire] = function
        return function

    return register


def bookings(happened: Envelope) -> Sequence[Booking]:
    """The entries that a fact makes, in order; none for most facts."""
    function = BOOKED.get(happened.type)
    return function(happened.fact) if function else ()
