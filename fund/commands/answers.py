"""Answers: what a command recorded, as JSON."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import cast

from fund.commands.arguments import encode
from fund.declarations import Answer, EntryJson, EventJson
from fund.events import Envelope
from fund.ledger import EntryDraft, Posted
from fund.unit_of_work import UnitOfWork

SHOWN = 100
"""So many facts and entries at most stand in an answer of one person's command; the counts are always whole."""


def answer_of(
    uow: UnitOfWork, name: str, *, dry_run: bool, trial: bool = False, on: date | None = None, previews: bool = False
) -> Answer:
    """What a command answers, from what its unit of work recorded; a trial opens no seal.

    Args:
        on: The accounting day, where one was chosen.
        previews: Somebody decides on it: ``preview`` says what it records, field by field (always in a trial).

    A trial also says whether it left something under seal that the command opens (``withheld``): then it shows what
    follows if the votes say so.

    Of long commands some hundred facts and entries stand in it; of what two people decide, all.
    """
    closed = trial or dry_run
    most = None if trial or previews else SHOWN
    answer = {
        "schema_version": 1,
        "command": name,
        "dry_run": dry_run,
        "replayed": False,
        "event_count": len(uow.facts),
        "events": [event_json(envelope, trial=closed) for envelope in uow.facts[:most]],
        "entry_count": len(uow.entries),
        "entries": [entry_json(draft, posted) for draft, posted in uow.entries[:most]],
        **({"preview": uow.preview(on, trial=closed, most=most)} if closed or previews else {}),
        **({"withheld": uow.withheld} if dry_run else {}),
        "result": encode(uow.result),
        "pending": None,
        "next": uow.next_step or None,
    }
    return cast(Answer, answer)


def shown_hash(uow: UnitOfWork, on: date | None) -> bytes:
    """What of a unit of work must be the same for whoever said yes to it: the hash of :meth:`UnitOfWork.comparable`."""
    return hashlib.sha256(uow.comparable(on).encode()).digest()


def together(name: str, answers: list[Answer]) -> Answer:
    """The answer of several confirmations or refusals that were given as one; ``answers`` has each by itself."""
    events = [event for answer in answers for event in answer["events"]]
    entries = [entry for answer in answers for entry in answer["entries"]]
    return {
        "schema_version": 1,
        "command": name,
        "dry_run": False,
        "replayed": False,
        "event_count": sum(answer["event_count"] for answer in answers),
        "events": events,
        "entry_count": sum(answer["entry_count"] for answer in answers),
        "entries": entries,
        "result": {},
        "pending": None,
        "next": None,
        "refs": [ref for answer in answers for ref in answer["refs"]],
        "answers": answers,
    }


def event_json(envelope: Envelope, *, trial: bool = False) -> EventJson:
    """A fact as an answer shows it; a trial opens no seal."""
    payload = json.loads(envelope.fact.payload())
    if trial:
        payload.update(dict.fromkeys(envelope.fact.opens))
    return {
        "event_id": envelope.event_id,
        "seq": envelope.seq,
        "type": envelope.type,
        "stream": envelope.stream,
        "effective_on": envelope.effective_on.isoformat(),
        "payload": payload,
    }


def entry_json(draft: EntryDraft, posted: Posted) -> EntryJson:
    """An entry as an answer shows it."""
    return {
        "seq": posted.seq,
        "kind": draft.kind,
        "memo": draft.memo,
        "effective_on": draft.effective_on.isoformat(),
        "postings": [{"account": posting.account, "amount_cents": posting.amount_cents} for posting in draft.postings],
    }
