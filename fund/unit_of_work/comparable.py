"""What two people must see alike: facts and entries as text that depends neither on who asks nor on when."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date

from fund.events import Envelope, canonical_json
from fund.ledger import EntryDraft

_REF = re.compile(r"[A-Za-z0-9-]+")
"""Text in which a number can be whole: 2026-1 is no part of 2026-11-01."""
_EVENT_ID = re.compile(r"evt_[a-z2-7]{26}")


def comparable(
    facts: Sequence[Envelope], drafts: Sequence[EntryDraft], refs: Sequence[str], *, today: date, on: date | None
) -> str:
    """What would happen, as canonical JSON with given numbers left open.

    A day that is only the day it happens stays open too: the second person may come later.

    Args:
        refs: The numbers that were given.
        on: The accounting day that the first person chose.
    """

    def told_day(day: date) -> str:
        return "today" if day == today and day != on else day.isoformat()

    told = [
        {
            "type": fact.type,
            "stream": fact.stream,
            "on": told_day(fact.effective_on),
            "payload": json.loads(fact.fact.payload()),
        }
        for fact in facts
    ]
    booked = [
        {
            "kind": draft.kind,
            "memo": draft.memo,
            "on": told_day(draft.effective_on),
            "postings": [[posting.account, posting.amount_cents] for posting in draft.postings],
        }
        for draft in drafts
    ]
    text = canonical_json({"facts": told, "entries": booked})
    numbers: dict[str, str] = {}
    for number, ref in enumerate(refs):
        if _REF.fullmatch(ref):
            numbers.setdefault(ref, f"#{number}")
        else:
            text = re.sub(rf"(?<![A-Za-z0-9-]){re.escape(ref)}(?![0-9])", f"#{number}", text)
    sizes = {len(ref) for ref in numbers}
    order = {ref: place for place, ref in enumerate(numbers)}

    def left_open(found: re.Match[str]) -> str:
        run = found[0]
        whole = [run[:size] for size in sizes if run[:size] in numbers and not run[size : size + 1].isdigit()]
        ref = min(whole, key=order.__getitem__, default="")
        return numbers[ref] + run[len(ref) :] if ref else run

    text = _REF.sub(left_open, text)
    ids = {fact.event_id: f"#fact {number}" for number, fact in enumerate(facts)}
    # one fact that another names: its id follows from who asks, and how
    return _EVENT_ID.sub(lambda found: ids.get(found[0], found[0]), text)
