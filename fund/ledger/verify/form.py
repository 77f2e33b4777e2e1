"""The check ``form``: whether an entry says what it says in the one form in which everybody can read it.

Its hash tells whether it is what was written. This tells whether that was ever an entry that our program would write:
a client that computes hashes itself can seal a day that no calendar has, or metadata that two readers read differently.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Any

from fund.errors.ledger import NotCanonical
from fund.language import N_
from fund.ledger.seal import canonical_json
from fund.ledger.store.fast_verify import LAST_INSTANT
from fund.ledger.store.stored import RawEntry

Problem = tuple[str, dict[str, Any]]
"""A sentence with its details."""

TEXTS = ("id", "kind", "memo", "actor", "idempotency_key", "metadata", "reason")


def problems_of_form(entry: RawEntry) -> Iterator[Problem]:
    """What is wrong with the form of an entry."""
    if not _is_day(entry.effective_on):
        yield N_("its day is none: {day}"), {"day": entry.effective_on}
    for name in TEXTS:
        text = getattr(entry, name)
        if name == "reason" and not text:
            continue
        if text == "":
            yield N_("its {field} is empty"), {"field": name}
        elif not _is_text(text):
            yield N_("its {field} is not text in its canonical form"), {"field": name}
    if not 0 <= entry.recorded_at <= LAST_INSTANT:
        yield N_("its instant is none: {value}"), {"value": entry.recorded_at}
    metadata = _object(entry.metadata)
    if metadata is None:
        yield N_("its metadata is not in its canonical form"), {}
    correction = (metadata or {}).get("correction")
    takes_back = entry.reverses is not None or (isinstance(correction, dict) and "part_of" in correction)
    if takes_back and not entry.reason:
        yield N_("it takes an entry back and gives no reason"), {}


def _is_day(text: Any) -> bool:
    try:
        return bool(date.fromisoformat(text).isoformat() == text)
    except (TypeError, ValueError):
        return False


def _is_text(text: Any) -> bool:
    if not isinstance(text, str) or "\x00" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:  # bytes that are no UTF-8
        return False
    return text.isascii() or unicodedata.is_normalized("NFC", text)


def _object(text: Any) -> dict[str, Any] | None:
    """What canonical JSON says, when it is an object."""
    try:
        found = json.loads(text)
        same = isinstance(found, dict) and canonical_json(found) == text  # no key is in there twice
    except (TypeError, ValueError, RecursionError, NotCanonical):
        return None
    return found if same else None
