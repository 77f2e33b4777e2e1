"""Two people: what the first was shown waits, and happens when the second was shown the same.

Source: lifecycle.md 1 (two-person rows).
"""

from __future__ import annotations

import inspect
import json
import shlex
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fund.commands.answers import answer_of, require_as_shown, run, shown_hash, together
from fund.commands.arguments import decode, encode, jsonable
from fund.database import Connection
from fund.declarations import Answer, Command
from fund.errors import FundError
from fund.errors.commands import NotAllPossible, PendingChanged, PendingNotOpen, ReasonMissing, UnknownRef
from fund.events import canonical_json, require_printable
from fund.registry import COMMANDS, PROJECTIONS
from fund.rules.authority import Actor, Role, Who, require_other_hands, require_role
from fund.store import PendingRow
from fund.unit_of_work import Snapshot, UnitOfWork


def make_pending(
    connection: Connection,
    command: Command,
    args: Mapping[str, Any],
    who: Actor,
    second: Who,
    *,
    command_id: str,
    dry_run: bool,
    expected: str | None,
) -> Answer:
    """Run the use case for what it would do, take that back, and let it wait for the second person."""
    attempt = connection.begin_nested()
    uow = UnitOfWork.on(connection, PROJECTIONS, actor=who, command_id=command_id)
    resolved = _with_day(command, args, uow)
    run(uow, command, resolved)
    on = resolved.get("on")
    shown, answer = shown_hash(uow, on), answer_of(uow, command.name, dry_run=dry_run, trial=True, on=on)
    attempt.rollback()
    require_as_shown(command.name, shown, expected)
    uow = UnitOfWork.on(connection, PROJECTIONS, actor=who, command_id=command_id)
    ref = uow.next_ref("pending")
    needs = sorted(role.value for role in second.all_roles())
    answer |= {"pending": ref, "next": f"fund confirm {ref}", "needs": needs, "shown_sha256": shown.hex()}
    uow.store.work.add_pending(
        PendingRow(
            ref=ref,
            name=command.name,
            arguments=canonical_json(encode(dict(resolved))),
            subject=str(answer["events"][0]["stream"]) if answer["events"] else "",
            shown=json.dumps(answer),
            shown_hash=shown,
            needs=json.dumps(needs),
            made_by=who.user_id,
            made_command_id=command_id,
            made_at=uow.now,
            expires_at=uow.now + timedelta(days=uow.regulations().terms.pending_days),
            state="pending",
            ended_by=None,
            reason=None,
        )
    )
    return answer


def _with_day(command: Command, args: Mapping[str, Any], uow: UnitOfWork) -> dict[str, Any]:
    """The arguments with the day of making filled in where the use case takes one and none was typed."""
    resolved = dict(args)
    if "on" in inspect.signature(command.use_case).parameters and "on" not in resolved:
        resolved["on"] = uow.today
    return resolved


def as_second(
    connection: Connection, who: Actor, name: str, args: Mapping[str, Any], *, command_id: str, dry_run: bool
) -> Answer:
    """Confirm or decline what waits: one, or several together (``refs``), of which all happen or none.

    Raises:
        NotAllPossible: Some of several cannot be; it names each, why, and the command for the others.
        FundError: The refusal, where one was asked; and what is no rule's refusal, such as a ref that does not exist.
    """
    wanted = list(dict.fromkeys([*([args["ref"]] if "ref" in args else []), *args.get("refs", ())]))
    more = {key: value for key, value in args.items() if key not in ("ref", "refs")}
    if not wanted:
        raise UnknownRef(kind="pending", ref="", suggestion="fund inbox")
    answers: list[Answer] = []
    refused: list[dict[str, Any]] = []
    for ref in wanted:
        recorded = sum(answer["event_count"] for answer in answers)
        attempt = connection.begin_nested()
        try:
            if name == "confirm":
                answer = confirm(
                    connection, who, command_id=command_id, ref=ref, dry_run=dry_run, recorded=recorded, **more
                )
            else:
                answer = decline(connection, who, command_id=command_id, ref=ref, **more)
        except FundError as problem:
            attempt.rollback()
            if len(wanted) == 1 or not problem.recorded:
                raise
            refused.append({"ref": ref, "code": problem.code(), "details": jsonable(problem.details)})
        else:
            attempt.commit()
            answers.append(answer)
    if refused:
        rest = _without(name, wanted, refused, more)
        raise NotAllPossible(command=name, number=len(refused), count=len(wanted), refused=refused, next=rest)
    return answers[0] if len(answers) == 1 else together(name, answers)


def _without(name: str, wanted: list[str], refused: list[dict[str, Any]], more: Mapping[str, Any]) -> str:
    """The command for those of several that can be."""
    left_out = {each["ref"] for each in refused}
    left = [ref for ref in wanted if ref not in left_out]
    reason = f" --reason {shlex.quote(str(more['reason']))}" if "reason" in more else ""
    return f"fund {name} {' '.join(left)}{reason}" if left else "fund inbox"


def confirm(
    connection: Connection, who: Actor, *, command_id: str, ref: str, dry_run: bool = False, recorded: int = 0
) -> Answer:
    """What the first person was shown happens now, in the name of both.

    Args:
        recorded: So many facts were recorded under this command id already, by others that are confirmed with it.

    Raises:
        UnknownRef: Nothing waits under this ref. PendingNotOpen: It was confirmed, declined or has lapsed.
        PendingChanged: What would happen now is not what was shown. NotAuthorised, SameHands: As they say.
    """
    uow, row, command = _pending_for(connection, who, command_id, ref, recorded=recorded)
    uow.trial = dry_run
    maker = uow.user(row.made_by)
    require_other_hands(who, (row.made_by,), command="confirm", ref=ref)
    args = decode(json.loads(row.arguments))
    second = _second_of(command, uow, args, row)
    require_role(who, second, command=f"confirm {ref} ({command.name})", ref=ref)
    uow.maker, uow.confirmer, uow.made_command_id = maker, who, row.made_command_id
    run(uow, command, args)
    now = shown_hash(uow, args.get("on"))
    if now != row.shown_hash:
        raise PendingChanged(ref=ref, maker=maker.name, shown=row.shown_hash.hex()[:12], found=now.hex()[:12])
    uow.store.work.end_pending(ref, state="confirmed", ended_by=who.user_id)
    answer = answer_of(uow, command.name, dry_run=dry_run, on=args.get("on"), previews=True)
    answer |= {"confirmed": ref, "refs": [ref], "maker": maker.name}
    return answer


def decline(connection: Connection, who: Actor, *, command_id: str, ref: str, reason: str) -> Answer:
    """What waited under ``ref`` will not happen; the reason is kept. By the maker, or by somebody who might confirm.

    Raises:
        UnknownRef, PendingNotOpen, ReasonMissing, NotAuthorised: As they say.
    """
    if not reason.strip():
        raise ReasonMissing(command=f"decline {ref}")
    require_printable({"reason": reason})
    uow, row, command = _pending_for(connection, who, command_id, ref)
    second = _second_of(command, uow, decode(json.loads(row.arguments)), row)
    if who.user_id != row.made_by:
        require_role(who, second, command=f"decline {ref} ({command.name})", ref=ref)
    uow.store.work.end_pending(ref, state="declined", ended_by=who.user_id, reason=reason)
    answer = answer_of(uow, "decline", dry_run=False)
    answer["result"] = {"ref": ref, "state": "declined", "reason": reason}
    answer["refs"] = [ref]
    return answer


def _second_of(command: Command, snapshot: Snapshot, args: Mapping[str, Any], row: PendingRow) -> Who:
    """Who confirms now; those who were asked when it was made, where nobody would be asked any more."""
    asked = frozenset(Role(role) for role in json.loads(row.needs))
    return command.second_for(snapshot, args) or Who(asked)


def _pending_for(
    connection: Connection, who: Actor, command_id: str, ref: str, *, recorded: int = 0
) -> tuple[UnitOfWork, PendingRow, Command]:
    uow = UnitOfWork.on(connection, PROJECTIONS, actor=who, command_id=command_id, recorded=recorded)
    row = uow.store.work.pending(ref)
    if row is None:
        raise UnknownRef(kind="pending", ref=ref, suggestion="fund inbox")
    state = "lapsed" if row.state == "pending" and row.expires_at <= uow.now else row.state
    if state != "pending":
        raise PendingNotOpen(ref=ref, state=state)
    return uow, row, COMMANDS[row.name]
