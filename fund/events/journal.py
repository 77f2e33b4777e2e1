"""Entries made by hand, and their reversals (lifecycle.md 9, C5)."""

from __future__ import annotations

from fund.events.base import Fact, Value


class JournalLeg(Value):
    """One leg: an account and an amount in cents, debit positive."""

    account: str
    amount_cents: int


class EntryPosted(Fact, wire="entry.posted", kind="journal"):
    """An entry was made by hand, for what no other command books; two people saw it."""

    memo: str
    reason: str
    legs: tuple[JournalLeg, ...]
    adjusting: bool = False
    """Whether its month was locked."""


class EntryReversed(Fact, wire="entry.reversed", kind="journal"):
    """An entry made by hand was taken back: the exact mirror."""

    entry_seq: int
    reason: str
