"""Commands: asked once, answered for ever. The use case, its facts, its entries and its answer commit together.

Source: lifecycle.md 1 (G1, G2, two-person rows), service.md 14.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import logging
import shlex
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

from fund import lists
from fund.database import Connection, mend, writing
from fund.declarations import Command, Input, Query
from fund.errors import FundError, NotReady
from fund.errors.closing import DayBeforeFund, DayToCome
from fund.errors.commands import (
    CommandConflict,
    NotAllPossible,
    PendingChanged,
    PendingNotOpen,
    PreviewChanged,
    ReasonMissing,
    UnknownCommand,
    UnknownRef,
    WordTooLong,
)
from fund.errors.people import NoActor
from fund.events import canonical_json, require_printable
from fund.events.founding import CommandRefused
from fund.glossary import Name
from fund.ledger import flushed
from fund.money import require_cents
from fund.rules.authority import Actor, Role, Who, require_other_hands, require_role
from fund.store import PendingRow, Store
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.commands import COMMANDS, KINDS, PROJECTIONS, QUERIES, named
from fund.workflows.confirming import Confirm, Decline
from fund.workflows.delivery.answers import Answer, answer_of, shown_hash, together
from fund.workflows.delivery.arguments import decode, encode
from fund.workflows.delivery.deliver import catch_up, drain, preload, where
from fund.workflows.delivery.opening import Fund

log = logging.getLogger("fund.delivery")

LONGEST_WORD = 200
"""So many characters of a command id are kept."""


# --------------------------------------------------------------------------------------------------------- arguments


def _require_small(value: Any) -> None:
    """Nothing, when every number among the arguments is whole and fits in 64 bits: the database keeps no other.

    Raises:
        NotIntegerCents, AmountTooLarge: As they say.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        require_cents(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            _require_small(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _require_small(item)


def _require_word(field: str, word: str) -> None:
    """Nothing, when a name or id can be seen and kept.

    Raises:
        WordTooLong, UnprintableText: As they say.
    """
    if len(word) > LONGEST_WORD:
        raise WordTooLong(field=field, length=len(word), limit=LONGEST_WORD)
    require_printable({field: word})


def _named(snapshot: Snapshot, args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with the id of each that is a name, as the fund knows it at this instant.

    What is compared, to answer a repeated command as the first time, is what was typed: a name may mean another or
    several later on. What waits for a second person, and what is recorded, is what it means now.

    Raises:
        UnknownPartner, AmbiguousName: As they say.
    """
    return {key: _id_of(snapshot, value) for key, value in args.items()}


def _id_of(snapshot: Snapshot, value: Any) -> Any:
    if isinstance(value, Name):
        return snapshot.meant(value)
    if isinstance(value, (list, tuple)) and any(isinstance(item, Name) for item in value):
        return [_id_of(snapshot, item) for item in value]
    return value


def _content_hash(name: str, args: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(canonical_json([name, encode(dict(args))]).encode()).digest()


# --------------------------------------------------------------------------------------------------------- carry out


def execute(
    fund: Fund,
    given: Input,
    *,
    user: str | None,
    command_id: str | None = None,
    dry_run: bool = False,
    preview: bool = False,
    expected: str | None = None,
) -> Answer:
    """Carry a command out as ``user``: its facts and entries stand afterwards, or nothing changed.

    The same person's same command id with the same content answers as the first time, for ever. A command that asks two
    people answers with the ref of what waits (``pending``). With ``dry_run`` everything is shown and rolled back, and
    with ``preview`` too: then somebody is about to ask it, and a refusal is one of the command itself.

    Args:
        given: The input of a command.
        command_id: Default: a new one.
        expected: ``shown_sha256`` of the preview to which somebody said yes; the preview's command id goes with it.

    Raises:
        PreviewChanged: What would happen now is not what was shown; nothing changed.
        FundError: The refusal; when a rule refused, that is recorded as ``command.refused``.
    """
    name, args = given.declaration.name, given.given()
    if not user:
        raise NoActor()
    _require_small(args)
    _require_word("command_id", command_id or "")
    command_id = command_id or f"c-{uuid.uuid4().hex}"
    preload()
    command = COMMANDS.get(name)
    trial = dry_run or preview
    digest = _content_hash(name, args)  # G1: files are read and hashed before anybody has to wait for them

    def attempt(*, late: bool = False) -> Answer | None:
        # each time anew: what was read of a file goes by once
        ready = command.ready(args) if command is not None else args
        with writing(fund.engine) as connection:
            if late and trial and not _caught_up(fund, connection):
                return None
            answer = _ask(
                connection,
                name,
                ready,
                digest,
                user=user,
                command_id=command_id,
                dry_run=trial,
                preview=preview,
                expected=expected,
                progress=fund.progress,
            )
            if trial:
                connection.rollback()
            return answer

    try:
        answer = _at_once_or_after_what_is_due(fund, attempt, dry_run=trial)
    except FundError as problem:
        mended = _naming(fund, mend(problem, fund.engine))
        if problem.recorded and not dry_run and not isinstance(problem, CommandConflict):
            _record_refusal(fund, name, args, user=user, command_id=command_id, problem=mended)
        raise mended from problem.__cause__
    if not trial and not answer.get("replayed"):
        _follow(fund)
    return answer


def carry_out(fund: Fund, name: str, args: Mapping[str, Any] | None = None, *, user: str | None, **how: Any) -> Answer:
    """As :func:`execute`, for who has the words of a command and its arguments by name; ``None`` was not given.

    Raises:
        UnknownCommand: There is no such command.
        FundError: As :func:`execute`.
    """
    return execute(fund, _command_named(name, args or {}), user=user, **how)


def _command_named(name: str, args: Mapping[str, Any]) -> Input:
    if name in ("confirm", "decline"):
        refs = args.get("refs") or ((args["ref"],) if "ref" in args else ())
        return Confirm(refs=refs) if name == "confirm" else Decline(refs=refs, reason=args.get("reason", ""))
    if name not in COMMANDS:
        raise UnknownCommand(typed=f"fund {name}", suggestion="fund --help")
    return named(name, args)


def _at_once_or_after_what_is_due(fund: Fund, attempt: Callable[..., Answer | None], *, dry_run: bool) -> Answer:
    """The answer; where a rule refuses it, the answer after what is due has been done.

    A round whose last day has passed is closed although nobody closed it yet: the refusal would speak of a state that
    is over. What is due stands, whatever becomes of the command; a dry run keeps nothing of it.
    """
    try:
        answer = attempt()
    except FundError as problem:
        if not problem.recorded or isinstance(problem.__cause__, _Replayed):
            raise
        answer = attempt(late=True) if dry_run or _caught_up(fund) else None
        if answer is None:  # nothing was due
            raise
    assert answer is not None
    return answer


def _caught_up(fund: Fund, trial: Connection | None = None) -> bool:
    """Whether something was due and is done now, or in a trial. Where that goes wrong, the refusal stands as it was:
    what is wrong is told where the same is done one by one, by a worker or after the next command.
    """
    try:
        if trial is not None:
            with trial.begin_nested():
                return catch_up(trial, warn=fund.warn) > 0
        with writing(fund.engine) as connection:
            return catch_up(connection, warn=fund.warn) > 0
    except Exception as problem:
        log.warning("what is due could not be done before a refusal", extra=where(problem))
        return False


def _follow(fund: Fund) -> None:
    """What follows is done: by the workers, who hear the bell, or here and now."""
    try:
        if fund.notify is not None:
            fund.notify()
        else:
            drain(fund.engine, warn=fund.warn)
    except NotReady as problem:  # the command stands; the next one, or a worker, goes on with what follows
        if fund.warn is not None:
            fund.warn(str(mend(problem, fund.engine)))


def _ask(
    connection: Connection,
    name: str,
    args: Mapping[str, Any],
    digest: bytes,
    *,
    user: str,
    command_id: str,
    dry_run: bool,
    preview: bool,
    expected: str | None,
    progress: Callable[[int, int], None] | None,
) -> Answer:
    store = Store(connection)
    if store.work.setting("founded") is None:
        from fund.errors.database import NoFundHere

        raise NoFundHere(place="")
    who = Snapshot(connection, PROJECTIONS, actor=None, now=store.work.clock()).user(user)
    if not store.work.ask(
        actor=who.user_id, command_id=command_id, name=name, content_hash=digest, asked_at=store.work.clock()
    ):
        return _remembered(store, who, command_id, name, digest)
    store.facts.head(lock=True)  # G1: roles, and who must confirm, are read where nobody can overtake them
    who = Snapshot(connection, PROJECTIONS, actor=None, now=store.work.clock()).user(who.user_id)
    if name in ("confirm", "decline"):
        answer = _as_second(connection, who, name, args, command_id=command_id, dry_run=dry_run)
    else:
        command = COMMANDS.get(name)
        if command is None:
            raise UnknownCommand(typed=f"fund {name}", suggestion="fund --help")
        require_role(who, command.who, command=name)  # before anything is looked up for it
        snapshot = Snapshot(connection, PROJECTIONS, actor=who, now=store.work.clock())
        args = _named(snapshot, args)
        second = command.second_for(snapshot, args)
        if second is not None:
            answer = _make_pending(
                connection, command, args, who, second, command_id=command_id, dry_run=dry_run, expected=expected
            )
        else:
            uow = UnitOfWork.on(connection, PROJECTIONS, actor=who, command_id=command_id)
            uow.trial, uow.progress = dry_run, progress
            _run(uow, command, args)
            answer = answer_of(uow, name, dry_run=dry_run, on=args.get("on"))
            if preview or expected is not None:  # nobody was shown anything else, and of a long command it costs time
                shown = shown_hash(uow, args.get("on"))
                _require_as_shown(name, shown, expected)
                answer["shown_sha256"] = shown.hex()
    answer["dry_run"] = dry_run
    answer["command_id"] = command_id
    store.work.answer(actor=who.user_id, command_id=command_id, answer=json.dumps(answer))
    return answer


def _run(uow: UnitOfWork, command: Command, args: Mapping[str, Any]) -> None:
    require_role(uow.maker, command.who, command=command.name)
    _require_day(uow, command, args.get("on"))
    outcome = command.use_case(uow, **args)
    if isinstance(outcome, Mapping):
        uow.result.update(outcome)


def _require_as_shown(name: str, found: bytes, expected: str | None) -> None:
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


def _remembered(store: Store, who: Actor, command_id: str, name: str, digest: bytes) -> Answer:
    row = store.work.command(who.user_id, command_id)
    assert row is not None
    if row.content_hash != digest:
        raise CommandConflict(command_id=command_id, name=row.name)
    answer: Answer = json.loads(row.answer or "{}")
    if "error" in answer:
        error = answer["error"]
        cls = FundError.every().get(error["code"], FundError)
        raise cls(**decode(error["details"])) from _Replayed()
    answer["replayed"] = True
    return answer


def _naming(fund: Fund, problem: FundError) -> FundError:
    """The refusal with the names of the partners and users whose ids stand in its details."""
    ids = set(_texts(problem.details))
    if isinstance(problem, NotReady) or not ids:
        return problem
    with suppress(NotReady), Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
        partners = ids.intersection(snapshot.store.cases.refs("partner"))
        people = {each: snapshot.name(each) for each in ids if each.startswith("usr_")}
        problem.names = {**people, **{each: snapshot.partner_name(each) for each in partners}}
    return problem


def _texts(value: Any) -> Iterator[str]:
    """Every text among the details of a refusal, those of the refusals of several as well."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (Mapping, list, tuple)):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)


class _Replayed(Exception):
    """Marks a refusal that was remembered, so that it is not recorded a second time."""


def _record_refusal(
    fund: Fund, name: str, args: Mapping[str, Any], *, user: str, command_id: str, problem: FundError
) -> None:
    if isinstance(problem.__cause__, _Replayed):
        return
    digest = _content_hash(name, args)
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
        answer = {"error": {"code": problem.code(), "details": encode(_jsonable(problem.details))}}
        store.work.answer(actor=who.user_id, command_id=command_id, answer=json.dumps(answer))


def _subject(snapshot: Snapshot, typed: Any) -> str:
    """The ref or id that a refused command was about; what was typed, and is none, stands in no fact."""
    try:
        ref = str(_id_of(snapshot, typed))[:LONGEST_WORD]
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


def _jsonable(details: Mapping[str, Any]) -> dict[str, Any]:
    kept = (str, int, bool, type(None), date, datetime)
    return {
        key: list(value)
        if isinstance(value, (list, tuple, set, frozenset))
        else value
        if isinstance(value, kept)
        else str(value)
        for key, value in details.items()
    }


# ----------------------------------------------------------------------------------------------------- two people


def _make_pending(
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
    _run(uow, command, resolved)
    on = resolved.get("on")
    shown, answer = shown_hash(uow, on), answer_of(uow, command.name, dry_run=dry_run, trial=True, on=on)
    attempt.rollback()
    _require_as_shown(command.name, shown, expected)
    uow = UnitOfWork.on(connection, PROJECTIONS, actor=who, command_id=command_id)
    ref = uow.next_ref("pending")
    needs = sorted(role.value for role in second.all_roles())
    answer.update(pending=ref, next=f"fund confirm {ref}", needs=needs, shown_sha256=shown.hex())
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


def _as_second(
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
            refused.append({"ref": ref, "code": problem.code(), "details": _jsonable(problem.details)})
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
    _run(uow, command, args)
    now = shown_hash(uow, args.get("on"))
    if now != row.shown_hash:
        raise PendingChanged(ref=ref, maker=maker.name, shown=row.shown_hash.hex()[:12], found=now.hex()[:12])
    uow.store.work.end_pending(ref, state="confirmed", ended_by=who.user_id)
    answer = answer_of(uow, command.name, dry_run=dry_run, on=args.get("on"), previews=True)
    answer.update(confirmed=ref, refs=[ref], maker=maker.name)
    return answer


def decline(connection: Connection, who: Actor, *, command_id: str, ref: str, reason: str) -> Answer:
    """What waited under ``ref`` will not happen; the reason is kept. By the maker, or by whoever might confirm.

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


# ----------------------------------------------------------------------------------------------------------- reading


CONTEXT = ("into", "progress", "watch")
"""What some queries take besides their input: it cannot be typed."""
SELECTION = ("state", "search", "sort")
"""How the rows of a list are chosen and ordered (:mod:`fund.lists`), for every query that gives one."""


def ask(
    fund: Fund, given: Input, *, user: str | None = None, selection: Mapping[str, str] | None = None, **context: Any
) -> dict[str, Any]:
    """The JSON object that answers a query.

    Args:
        selection: Of a list: ``state``, ``search`` and ``sort``.
        context: What a query takes besides its input: where a long answer goes piece by piece, who is told how far
            it is.

    Raises:
        UnknownUser, NoFundHere: As they say; and what the query refuses by itself.
    """
    query, args = given.declaration, given.given()
    assert isinstance(query, Query), f"{query.name} changes the fund"
    _require_small(args)
    try:
        with Snapshot.open(fund.engine, PROJECTIONS, actor=user) as snapshot:
            flushed(snapshot.connection)
            found = query.function(snapshot, **_named(snapshot, args), **context)
        if query.lists:
            found = lists.chosen(found, query.lists, name=query.name, **(selection or {}))
    except FundError as problem:
        raise _naming(fund, mend(problem, fund.engine)) from problem.__cause__
    return {"schema_version": 1, **found}


def look(fund: Fund, name: str, args: Mapping[str, Any] | None = None, *, user: str | None = None) -> dict[str, Any]:
    """As :func:`ask`, for who has the words of a query and its arguments by name; ``None`` was not given.

    Raises:
        UnknownCommand: There is no such query.
        FundError: As :func:`ask`.
    """
    query = QUERIES.get(name)
    if query is None:
        raise UnknownCommand(typed=f"fund {name}", suggestion="fund --help")
    given = {key: value for key, value in (args or {}).items() if value is not None}
    selection = {key: given.pop(key) for key in SELECTION if query.lists and key in given}
    context = {key: given.pop(key) for key in CONTEXT if key in given}
    return ask(fund, named(name, given), user=user, selection=selection, **context)
