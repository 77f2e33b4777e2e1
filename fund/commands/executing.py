"""Commands: asked once, answered for ever. The use case, its facts, its entries and its answer commit together.

Source: lifecycle.md 1 (G1, G2, two-person rows), service.md 14.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from fund.commands.answers import answer_of, require_as_shown, run, shown_hash
from fund.commands.arguments import (
    LONGEST_WORD,
    content_hash,
    decode,
    encode,
    id_of,
    jsonable,
    require_small,
    require_word,
    with_ids,
)
from fund.commands.commands import Confirm, Decline
from fund.commands.confirming import as_second, make_pending
from fund.commands.opening import Fund, naming
from fund.database import Connection, explain, writing
from fund.declarations import Answer, Input
from fund.errors import FundError, NotReady
from fund.errors.commands import CommandConflict
from fund.errors.people import NoActor
from fund.events.founding import CommandRefused
from fund.outbox.attempts import where
from fund.outbox.relay import catch_up, drain, preload
from fund.registry import COMMANDS, KINDS, PROJECTIONS, command_named
from fund.rules.authority import Actor, require_role
from fund.store import Store
from fund.unit_of_work import Snapshot, UnitOfWork

log = logging.getLogger("fund.commands")


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
    """Carry a command out as ``user``: its facts and entries are there afterwards, or nothing changed.

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
    require_small(args)
    require_word("command_id", command_id or "")
    command_id = command_id or f"c-{uuid.uuid4().hex}"
    preload()
    command = COMMANDS.get(name)
    trial = dry_run or preview
    digest = content_hash(name, args)  # G1: files are read and hashed before anybody has to wait for them

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
        explained = naming(fund, explain(problem, fund.engine))
        if problem.recorded and not dry_run and not isinstance(problem, CommandConflict):
            record_refusal(fund, name, args, user=user, command_id=command_id, problem=explained)
        raise explained from problem.__cause__
    if not trial and not answer.get("replayed"):
        _follow(fund)
    return answer


def execute_named(
    fund: Fund, name: str, args: Mapping[str, Any] | None = None, *, user: str | None, **how: Any
) -> Answer:
    """As :func:`execute`, for who has the words of a command and its arguments by name; ``None`` was not given.

    Raises:
        UnknownCommand: There is no such command.
        FundError: As :func:`execute`.
    """
    args = args or {}
    refs = args.get("refs") or ((args["ref"],) if "ref" in args else ())
    if name == "confirm":
        given: Input = Confirm(refs=refs)
    elif name == "decline":
        given = Decline(refs=refs, reason=args.get("reason", ""))
    else:
        given = command_named(name, args)
    return execute(fund, given, user=user, **how)


def _at_once_or_after_what_is_due(fund: Fund, attempt: Callable[..., Answer | None], *, dry_run: bool) -> Answer:
    """The answer; where a rule refuses it, the answer after what is due has been done.

    A round whose last day has passed is closed although nobody closed it yet: the refusal would speak of a state that
    is over. What is due stays done, whatever becomes of the command; a dry run keeps nothing of it.
    """
    try:
        answer = attempt()
    except FundError as problem:
        if not problem.recorded or isinstance(problem.__cause__, Replayed):
            raise
        answer = attempt(late=True) if dry_run or _caught_up(fund) else None
        if answer is None:  # nothing was due
            raise
    assert answer is not None
    return answer


def _caught_up(fund: Fund, trial: Connection | None = None) -> bool:
    """Whether something was due and is done now, or in a trial. Where that goes wrong, the refusal stays as it was.

    What is wrong is said where the same is done one by one, by a worker or after the next command.
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
    except NotReady as problem:  # the command is done; the next one, or a worker, goes on with what follows
        if fund.warn is not None:
            fund.warn(str(explain(problem, fund.engine)))


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
        return remembered(store, who, command_id, name, digest)
    store.facts.head(lock=True)  # G1: roles, and who must confirm, are read where nobody can overtake them
    who = Snapshot(connection, PROJECTIONS, actor=None, now=store.work.clock()).user(who.user_id)
    if name in ("confirm", "decline"):
        answer = as_second(connection, who, name, args, command_id=command_id, dry_run=dry_run)
    else:
        command = COMMANDS[name]
        require_role(who, command.who, command=name)  # before anything is looked up for it
        snapshot = Snapshot(connection, PROJECTIONS, actor=who, now=store.work.clock())
        args = with_ids(snapshot, args)
        second = command.second_for(snapshot, args)
        if second is not None:
            answer = make_pending(
                connection, command, args, who, second, command_id=command_id, dry_run=dry_run, expected=expected
            )
        else:
            uow = UnitOfWork.on(connection, PROJECTIONS, actor=who, command_id=command_id)
            uow.trial, uow.progress = dry_run, progress
            run(uow, command, args)
            answer = answer_of(uow, name, dry_run=dry_run, on=args.get("on"))
            if preview or expected is not None:  # nobody was shown anything else, and of a long command it costs time
                shown = shown_hash(uow, args.get("on"))
                require_as_shown(name, shown, expected)
                answer["shown_sha256"] = shown.hex()
    answer["dry_run"] = dry_run
    answer["command_id"] = command_id
    store.work.answer(actor=who.user_id, command_id=command_id, answer=json.dumps(answer))
    return answer


# --------------------------------------------------------------------------------------------- what was answered before


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
    """The ref or id that a refused command was about; what was typed, and is none, is in no fact."""
    try:
        ref = str(id_of(snapshot, typed))[:LONGEST_WORD]
    except FundError:
        return ""
    store = snapshot.store
    known = ref.isprintable() and (
        store.cases.any_of([f"{kind}/{ref}" for kind in KINDS]) or store.work.pending(ref) or store.facts.get(ref)
    )
    return ref if ref and known else ""
