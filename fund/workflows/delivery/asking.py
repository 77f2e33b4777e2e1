"""Commands: asked once, answered for ever. The use case, its facts, its entries and its answer commit together.

Source: lifecycle.md 1 (G1, G2, two-person rows), service.md 14.
"""

from __future__ import annotations

import base64
import hashlib
import inspect
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from fund import users
from fund.database import Connection, Engine, create_engine, mend, require_head, upgrade, writing
from fund.errors import (
    CommandConflict,
    DayBeforeFund,
    DayToCome,
    FundError,
    FundExists,
    NoActor,
    NotReady,
    PendingChanged,
    PendingNotOpen,
    ReasonMissing,
    UnknownCommand,
    UnknownRef,
    WordTooLong,
)
from fund.events import Envelope, canonical_json, require_printable
from fund.glossary import state_word
from fund.ledger import EntryDraft, Ledger, Posted, flushed
from fund.money import require_cents
from fund.rules.authority import SYSTEM_ACTOR, Actor, Role, Who, require_other_hands, require_role
from fund.rules.regulations import Regulations
from fund.store import PendingRow, Store
from fund.unit_of_work import BOOK, Command, UnitOfWork, View
from fund.workflows.commands import COMMANDS, LIVES, QUERIES

__all__ = ["Answer", "Fund", "carry_out", "confirm", "decline", "found_fund", "look", "open_fund"]

Answer = dict[str, Any]
"""What a command answers, as JSON: ``command``, ``events``, ``entries``, ``result``, ``pending``, ``next`` and more."""

LONGEST_WORD = 200
"""So many characters of a command id are kept."""
EVENTS_SHOWN = 100
"""So many facts and entries at most stand in an answer; the counts are always whole."""


@dataclass(slots=True)
class Fund:
    """A fund that can be asked: its database, and the bell of its workers where it has them."""

    engine: Engine
    url: str
    ring: Callable[[], None] | None = None
    """Called after a commit when workers do what follows; without it this process does it itself."""
    warn: Callable[[str], None] | None = None
    """Called with a sentence when a reaction failed; the command itself stands."""
    progress: Callable[[int, int], None] | None = None
    """Called while a long command runs: so many done, of so many."""

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


@contextmanager
def open_fund(url: str, *, ring: Callable[[], None] | None = None, pooled: bool = True) -> Iterator[Fund]:
    """The fund in the database at ``url``, at this program's version.

    Raises:
        DatabaseMissing, DatabaseBehind, DatabaseNewer, DatabaseUnreachable, NotADatabase: As they say.
    """
    engine = create_engine(url, pooled=pooled)
    try:
        require_head(engine)
        yield Fund(engine, url, ring)
    except FundError as problem:
        raise mend(problem, engine) from problem.__cause__
    finally:
        engine.dispose()


def found_fund(
    url: str,
    *,
    name: str,
    admin: str,
    fund_manager: str,
    treasurer: str,
    on: date | None = None,
    rules: Regulations | None = None,
    held_clock: datetime | None = None,
    lock_step: bool = False,
) -> Answer:
    """A fund exists at ``url``: database at the newest version, accounts, standard regulations, three first people.

    Args:
        on: The first day of the regulations (default today).
        rules: Other regulations than the standard ones.
        held_clock: For a story or a test: the fund's clock stands still at this instant from the beginning.
        lock_step: For a story: what follows is handed out in one order only.

    Raises:
        FundExists: There is one already.
    """
    upgrade(url)
    engine = create_engine(url)
    try:
        with writing(engine) as connection:
            store = Store(connection)
            head = store.facts.head(lock=True)
            existing = store.work.setting("founded")
            if existing is not None:
                raise FundExists(place=url, name=existing)
            store.work.set_setting("founded", name)
            if held_clock is not None:
                store.work.hold_clock(held_clock)
            if lock_step:
                store.work.set_setting("lock_step", "yes")
            Ledger.create(connection, book=BOOK, currency="EUR")
            uow = UnitOfWork(
                connection, LIVES, actor=SYSTEM_ACTOR, now=store.work.clock(), head=head, command_id=f"found:{name}"
            )
            people = [(admin, Role.ADMIN), (fund_manager, Role.FUND_MANAGER), (treasurer, Role.TREASURER)]
            users.found(uow, name=name, people=people, from_on=on or uow.today, rules=rules)
            uow.next_step = "fund partner import partners.csv"
            return _answer(uow, "init", dry_run=False)
    except FundError as problem:
        raise mend(problem, engine) from problem.__cause__
    finally:
        engine.dispose()


# --------------------------------------------------------------------------------------------------------- arguments


def encode(value: Any) -> Any:
    """An argument as JSON; days and bytes are marked, so that :func:`decode` gives them back."""
    if isinstance(value, datetime):
        return {"$instant": value.isoformat()}
    if isinstance(value, date):
        return {"$day": value.isoformat()}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    return value


def decode(value: Any) -> Any:
    """The argument behind its JSON."""
    if isinstance(value, dict):
        if "$instant" in value:
            return datetime.fromisoformat(value["$instant"])
        if "$day" in value:
            return date.fromisoformat(value["$day"])
        if "$bytes" in value:
            return base64.b64decode(value["$bytes"])
        return {key: decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decode(item) for item in value]
    return value


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


def _content_hash(name: str, args: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(canonical_json([name, encode(dict(args))]).encode()).digest()


# --------------------------------------------------------------------------------------------------------- carry out


def carry_out(
    fund: Fund,
    name: str,
    args: Mapping[str, Any] | None = None,
    *,
    user: str | None,
    command_id: str | None = None,
    dry_run: bool = False,
) -> Answer:
    """Ask the use case behind ``name`` as ``user``: its facts and entries stand afterwards, or nothing changed.

    The same person's same command id with the same content answers as the first time, for ever. A command that asks two
    people answers with the ref of what waits (``pending``). With ``dry_run`` everything is shown and rolled back.

    Args:
        args: The arguments as typed (text, whole numbers, days, bytes of files); what was not typed is left out.
        command_id: Default: a new one.

    Raises:
        FundError: The refusal; when a rule refused, that is recorded as ``command.refused``.
    """
    args = {key: value for key, value in (args or {}).items() if value is not None}
    if not user:
        raise NoActor()
    _require_small(args)
    _require_word("command_id", command_id or "")
    command_id = command_id or f"c-{uuid.uuid4().hex}"
    try:
        with writing(fund.engine) as connection:
            answer = _ask(
                connection, name, args, user=user, command_id=command_id, dry_run=dry_run, progress=fund.progress
            )
            if dry_run:
                connection.rollback()
    except FundError as problem:
        mended = mend(problem, fund.engine)
        if problem.recorded and not dry_run and not isinstance(problem, CommandConflict):
            _record_refusal(fund, name, args, user=user, command_id=command_id, problem=mended)
        raise mended from problem.__cause__
    if not dry_run and not answer.get("replayed"):
        _follow(fund)
    return answer


def _follow(fund: Fund) -> None:
    """What follows is done: by the workers, who hear the bell, or here and now."""
    from fund.workflows.delivery.deliver import drain

    try:
        if fund.ring is not None:
            fund.ring()
        else:
            drain(fund.engine, warn=fund.warn)
    except NotReady as problem:  # the command stands; the next one, or a worker, goes on with what follows
        if fund.warn is not None:
            fund.warn(str(mend(problem, fund.engine)))


def _ask(
    connection: Connection,
    name: str,
    args: Mapping[str, Any],
    *,
    user: str,
    command_id: str,
    dry_run: bool,
    progress: Callable[[int, int], None] | None = None,
) -> Answer:
    store = Store(connection)
    if store.work.setting("founded") is None:
        from fund.errors import NoFundHere

        raise NoFundHere(place="")
    who = View(connection, LIVES, actor=None, now=store.work.clock()).user(user)
    digest = _content_hash(name, args)
    if not store.work.ask(
        actor=who.user_id, command_id=command_id, name=name, content_hash=digest, asked_at=store.work.clock()
    ):
        return _remembered(store, who, command_id, name, digest)
    store.facts.head(lock=True)  # G1: roles, and who must confirm, are read where nobody can overtake them
    who = View(connection, LIVES, actor=None, now=store.work.clock()).user(who.user_id)
    if name in ("confirm", "decline"):
        run = confirm if name == "confirm" else decline
        answer = run(connection, who, command_id=command_id, **args)
    else:
        command = COMMANDS.get(name)
        if command is None:
            raise UnknownCommand(typed=f"fund {name}", suggestion="fund --help")
        require_role(who, command.who, command=name)  # before anything is looked up for it
        second = command.second_for(View(connection, LIVES, actor=who, now=store.work.clock()), args)
        if second is not None:
            answer = _make_pending(connection, command, args, who, second, command_id=command_id, dry_run=dry_run)
        else:
            uow = UnitOfWork.on(connection, LIVES, actor=who, command_id=command_id)
            uow.trial, uow.progress = dry_run, progress
            _run(uow, command, args)
            answer = _answer(uow, name, dry_run=dry_run)
    answer["dry_run"] = dry_run
    answer["command_id"] = command_id
    store.work.answer(actor=who.user_id, command_id=command_id, answer=json.dumps(answer))
    return answer


def _run(uow: UnitOfWork, command: Command, args: Mapping[str, Any]) -> None:
    require_role(uow.maker, command.who, command=command.name)
    outcome = command.use_case(uow, **args)
    _require_day(uow, args.get("on"))
    if isinstance(outcome, Mapping):
        uow.result.update(outcome)


def _require_day(uow: UnitOfWork, on: object) -> None:
    """An accounting day that was typed lies between the fund's first day and today, where something is booked on it.

    What a bank tells is booked on the bank's day, which nobody types.

    Raises:
        DayToCome, DayBeforeFund: As they say.
    """
    if not isinstance(on, date):
        return
    kind = next((draft.kind for draft, _posted in uow.entries if draft.effective_on == on), None)
    if kind is not None and on > uow.today:
        raise DayToCome(type=kind, on=on, today=uow.today)
    if kind is not None and on < uow.first_day:
        raise DayBeforeFund(type=kind, on=on, first=uow.first_day)


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


class _Replayed(Exception):
    """Marks a refusal that was remembered, so that it is not recorded a second time."""


def _record_refusal(
    fund: Fund, name: str, args: Mapping[str, Any], *, user: str, command_id: str, problem: FundError
) -> None:
    if isinstance(problem.__cause__, _Replayed):
        return
    named = str(problem.details.get("ref") or args.get("ref") or "")[:LONGEST_WORD]
    with writing(fund.engine) as connection:
        store = Store(connection)
        subject = named if _is_known(store, named) else ""  # what was typed, and is no ref, stands in no fact
        who = View(connection, LIVES, actor=None, now=store.work.clock()).user(user)
        digest = _content_hash(name, args)
        if not store.work.ask(
            actor=who.user_id, command_id=command_id, name=name, content_hash=digest, asked_at=store.work.clock()
        ):
            return
        uow = UnitOfWork.on(connection, LIVES, actor=who, command_id=command_id)
        users.refused(uow, command=name, code=problem.code(), subject=subject)
        answer = {"error": {"code": problem.code(), "details": encode(_jsonable(problem.details))}}
        store.work.answer(actor=who.user_id, command_id=command_id, answer=json.dumps(answer))


def _is_known(store: Store, ref: str) -> bool:
    """Whether a ref is that of a case, of something that waits, or of a fact."""
    if not ref or not ref.isprintable():
        return False
    if store.cases.any_of([f"{kind}/{ref}" for kind in LIVES]):
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
) -> Answer:
    """Run the use case for what it would do, take that back, and let it wait for the second person."""
    attempt = connection.begin_nested()
    uow = UnitOfWork.on(connection, LIVES, actor=who, command_id=command_id)
    resolved = _with_day(command, args, uow)
    _run(uow, command, resolved)
    shown, answer = uow.shown(resolved.get("on")), _answer(uow, command.name, dry_run=dry_run, trial=True)
    attempt.rollback()
    uow = UnitOfWork.on(connection, LIVES, actor=who, command_id=command_id)
    ref = uow.next_ref("pending")
    answer.update(pending=ref, next=f"fund confirm {ref}", needs=sorted(role.value for role in second.all_roles()))
    uow.store.work.add_pending(
        PendingRow(
            ref=ref,
            name=command.name,
            arguments=canonical_json(encode(dict(resolved))),
            subject=str(answer["events"][0]["stream"]) if answer["events"] else "",
            shown=json.dumps(answer),
            shown_hash=hashlib.sha256(shown.encode()).digest(),
            needs=json.dumps(answer["needs"]),
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


def confirm(connection: Connection, who: Actor, *, command_id: str, ref: str) -> Answer:
    """What the first person was shown happens now, in the name of both.

    Raises:
        UnknownRef: Nothing waits under this ref. PendingNotOpen: It was confirmed, declined or has lapsed.
        PendingChanged: What would happen now is not what was shown. NotAuthorised, SameHands: As they say.
    """
    uow, row, command = _pending_for(connection, who, command_id, ref)
    maker = uow.user(row.made_by)
    require_other_hands(who, (row.made_by,), command="confirm", ref=ref)
    args = decode(json.loads(row.arguments))
    second = _second_of(command, uow, args, row)
    require_role(who, second, command=f"confirm {ref} ({command.name})", ref=ref)
    uow.maker, uow.confirmer, uow.made_command_id = maker, who, row.made_command_id
    _run(uow, command, args)
    now = hashlib.sha256(uow.shown(args.get("on")).encode()).digest()
    if now != row.shown_hash:
        raise PendingChanged(ref=ref, maker=maker.name, shown=row.shown_hash.hex()[:12], found=now.hex()[:12])
    uow.store.work.end_pending(ref, state="confirmed", ended_by=who.user_id)
    answer = _answer(uow, command.name, dry_run=False)
    answer["confirmed"] = ref
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
    answer = _answer(uow, "decline", dry_run=False)
    answer["result"] = {"ref": ref, "state": "declined", "reason": reason}
    return answer


def _second_of(command: Command, view: View, args: Mapping[str, Any], row: PendingRow) -> Who:
    """Who confirms now; those who were asked when it was made, where nobody would be asked any more."""
    asked = frozenset(Role(role) for role in json.loads(row.needs))
    return command.second_for(view, args) or Who(asked)


def _pending_for(
    connection: Connection, who: Actor, command_id: str, ref: str
) -> tuple[UnitOfWork, PendingRow, Command]:
    uow = UnitOfWork.on(connection, LIVES, actor=who, command_id=command_id)
    row = uow.store.work.pending(ref)
    if row is None:
        raise UnknownRef(kind="pending", ref=ref, suggestion="fund inbox")
    state = "lapsed" if row.state == "pending" and row.expires_at <= uow.now else row.state
    if state != "pending":
        raise PendingNotOpen(ref=ref, state=state_word("pending", state))
    return uow, row, COMMANDS[row.name]


# ----------------------------------------------------------------------------------------------------------- answers


def _answer(uow: UnitOfWork, name: str, *, dry_run: bool, trial: bool = False) -> Answer:
    return {
        "schema_version": 1,
        "command": name,
        "dry_run": dry_run,
        "replayed": False,
        "event_count": len(uow.facts),
        "events": [event_json(envelope, trial=trial or dry_run) for envelope in uow.facts[:EVENTS_SHOWN]],
        "entry_count": len(uow.entries),
        "entries": [entry_json(draft, posted) for draft, posted in uow.entries[:EVENTS_SHOWN]],
        "result": encode(uow.result),
        "pending": None,
        "next": uow.next_step or None,
    }


def event_json(envelope: Envelope, *, trial: bool = False) -> dict[str, Any]:
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


def entry_json(draft: EntryDraft, posted: Posted) -> dict[str, Any]:
    """An entry as an answer shows it."""
    return {
        "seq": posted.seq,
        "kind": draft.kind,
        "memo": draft.memo,
        "effective_on": draft.effective_on.isoformat(),
        "postings": [{"account": posting.account, "amount_cents": posting.amount_cents} for posting in draft.postings],
    }


# ----------------------------------------------------------------------------------------------------------- reading


def look(fund: Fund, name: str, args: Mapping[str, Any] | None = None, *, user: str | None = None) -> dict[str, Any]:
    """The JSON object behind a reading command.

    Raises:
        UnknownCommand, UnknownUser, NoFundHere: As they say; and what the query refuses by itself.
    """
    query = QUERIES.get(name)
    if query is None:
        raise UnknownCommand(typed=f"fund {name}", suggestion="fund --help")
    _require_small(args or {})
    try:
        with View.open(fund.engine, LIVES, actor=user) as view:
            flushed(view.connection)
            found = query.function(view, **{key: value for key, value in (args or {}).items() if value is not None})
    except FundError as problem:
        raise mend(problem, fund.engine) from problem.__cause__
    return {"schema_version": 1, **found}
