"""A use case is run, and what it recorded is answered as JSON; a preview is the answer of a trial."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from fund.commands.arguments import encode
from fund.declarations import Answer, Command, EntryJson, EventJson
from fund.errors.closing import DayBeforeFund, DayToCome
from fund.errors.commands import PreviewChanged
from fund.events import Envelope
from fund.ledger import EntryDraft, Posted
from fund.rules.authority import require_role
from fund.unit_of_work import UnitOfWork

SHOWN = 100
"""So many facts and entries at most stand in an answer of one person's command; the counts are always whole."""


def run(uow: UnitOfWork, command: Command, args: Mapping[str, Any]) -> None:
    """Run the use case, for a person who may, on a day that may be chosen."""
    require_role(uow.maker, command.who, command=command.name)
    _require_day(uow, command, args.get("on"))
    outcome = command.use_case(uow, **args)
    if isinstance(outcome, Mapping):
        uow.result.update(outcome)


def require_as_shown(name: str, found: bytes, expected: str | None) -> None:
    """Nothing, where what happens is what somebody said yes to. What waits for a second person keeps its own hash.

    Raises:
        PreviewChanged: It is not.
    """
    if expected is not None and found.hex() != expected:
        raise PreviewChanged(command=name, shown=expected[:12], found=found.hex()[:12])


def _require_day(uow: UnitOfWork, command: Command, on: object) -> None:
    """The day that was typed lies between the fund's first day and today, whether or not something is booked on it:
    terms run from it too. Only what holds from a day on may be typed ahead of it.

    What a bank tells is booked on the bank's day, which nobody types.

    Raises:
        DayToCome, DayBeforeFund: As they say.
    """
    if not isinstance(on, date):
        return
    if on > uow.today and not command.ahead:
        raise DayToCome(command=command.name, on=on, today=uow.today)
    if on < uow.first_day:
        raise DayBeforeFund(command=command.name, on=on, first=uow.first_day)


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
    """The hash of what must be the same for those who said yes to it (:meth:`UnitOfWork.comparable`)."""
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
