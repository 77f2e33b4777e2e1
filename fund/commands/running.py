"""A command inside its transaction: its use case is run, its answer remembered, its refusal recorded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from fund.commands.arguments import LONGEST_WORD, content_hash, decode, encode, id_of
from fund.commands.opening import Fund
from fund.database import writing
from fund.declarations import Answer, Command
from fund.errors import FundError
from fund.errors.closing import DayBeforeFund, DayToCome
from fund.errors.commands import CommandConflict, PreviewChanged
from fund.events.founding import CommandRefused
from fund.registry import KINDS, PROJECTIONS
from fund.rules.authority import Actor, require_role
from fund.store import Store
from fund.unit_of_work import Snapshot, UnitOfWork


def run(uow: UnitOfWork, command: Command, args: Mapping[str, Any]) -> None:
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


class Replayed(Exception):
    """Marks a refusal that was remembered, so that it is not recorded a second time."""


def remembered(store: Store, who: Actor, command_id: str, name: str, digest: bytes) -> Answer:
    row = store.work.command(who.user_id, command_id)
    assert row is not None
    if row.content_hash != digest:
        raise CommandConflict(command_id=command_id, name=row.name)
    kept = json.loads(row.answer or "{}")
    if "error" in kept:
        error = kept["error"]
        cls = FundError.every().get(error["code"], FundError)
        raise cls(**decode(error["details"])) from Replayed()
    answer: Answer = kept
    answer["replayed"] = True
    return answer


def record_refusal(
    fund: Fund, name: str, args: Mapping[str, Any], *, user: str, command_id: str, problem: FundError
) -> None:
    if isinstance(problem.__cause__, Replayed):
        return
    digest = content_hash(name, args)
    with writing(fund.engine) as connection:
        store = Store(connection)
        snapshot = Snapshot(connection, PROJECTIONS, actor=None, now=store.work.clock())
        subject = _subject(snapshot, problem.details.get("ref") or args.get("ref") or "")
        who = snapshot.user(user)
        if not store.work.ask(
            actor=who.user_id, command_id=command_id, name=name, content_hash=digest, asked_at=store.work.clock()
        ):
            return
        uow = UnitOfWork.on(connection, PROJECTIONS, actor=who, command_id=command_id)
        uow.record(CommandRefused(command=name, code=problem.code(), subject=subject))
        answer = {"error": {"code": problem.code(), "details": encode(jsonable(problem.details))}}
        store.work.answer(actor=who.user_id, command_id=command_id, answer=json.dumps(answer))


def _subject(snapshot: Snapshot, typed: Any) -> str:
    """The ref or id that a refused command was about; what was typed, and is none, stands in no fact."""
    try:
        ref = str(id_of(snapshot, typed))[:LONGEST_WORD]
    except FundError:
        return ""
    return ref if _is_known(snapshot.store, ref) else ""


def _is_known(store: Store, ref: str) -> bool:
    """Whether a ref is that of a case, of something that waits, or of a fact."""
    if not ref or not ref.isprintable():
        return False
    if store.cases.any_of([f"{kind}/{ref}" for kind in KINDS]):
        return True
    return store.work.pending(ref) is not None or store.facts.get(ref) is not None


def jsonable(details: Mapping[str, Any]) -> dict[str, Any]:
    kept = (str, int, bool, type(None), date, datetime)
    return {
        key: list(value)
        if isinstance(value, (list, tuple, set, frozenset))
        else value
        if isinstance(value, kept)
        else str(value)
        for key, value in details.items()
    }
