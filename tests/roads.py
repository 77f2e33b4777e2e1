"""Roads that many tests walk are walked once; afterwards a test begins where the road led.

A road is a function that brings a fund, fresh or come by roads only, to a place: ``@road``. The first time, its
commands are carried out; then the database is put aside, and whoever goes the same road from the same place gets a copy
of it: the same facts, entries, timers, rows. Nothing is remembered of a road that began where something else was done
before, and whether that is so is looked up in the database. Workers remember for themselves, by kind of database.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import shutil
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast
from urllib.parse import urlsplit, urlunsplit

import psycopg
import sqlalchemy as sa

from fund import language
from fund.database import Engine, create_engine, is_sqlite, reading
from fund.database.versions import head_revision, revision
from fund.outbox import subscriptions, timers

Given = ParamSpec("Given")
Found = TypeVar("Found")
Walk = Callable[Given, Found]

MOST = 32
"""So many places are remembered at most; the one that was longest not visited is forgotten."""
_COUNTED = ("command", "case_file", "person", "sealed", "pending", "timer", "delivery", "blob", "entry")
_MARK = sa.text(
    "select seq, hash, recorded_us, (select value from fund_setting where name = 'held_clock_us'), "
    + ", ".join(f"(select count(*) from {table})" for table in _COUNTED)
    + " from event_head"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a road led: a copy of the database (its bytes, or the name of a database), and what the road answered."""

    copy: bytes | str
    files: dict[Path, bytes]
    """Attachments, which lie in a folder beside a database of SQLite."""
    number: int
    answer: Any
    is_world: bool


_places: OrderedDict[tuple[object, ...], Place] = OrderedDict()
_begun: dict[tuple[object, ...], bytes | str] = {}
_servers: dict[str, str] = {}
"""Where PostgreSQL keeps the copy of a place: name of the database -> URL of its server."""


def road(function: Walk[Given, Found]) -> Walk[Given, Found]:
    """A function of a ``World`` that brings it to a place, by it alone, and answers with plain values or with it."""

    @functools.wraps(function)
    def walk(*given: Given.args, **options: Given.kwargs) -> Found:
        world: Any = given[0]
        asked = repr((function.__module__, function.__qualname__, given[1:], sorted(options.items())))
        if world.walking:
            begun = world.past
        else:
            begun = world.past if world.past is not None and world.mark == mark(world) else None
        if begun is None or " at 0x" in asked:
            return function(*given, **options)
        heard = (subscriptions.REACTIONS, timers.TIMERS)
        key = (is_sqlite(world.fund.engine), begun, asked, language.language(), *heard)
        place = _places.get(key)
        if place is not None:
            _places.move_to_end(key)
            _go(world.fund.engine, world.fund.url, place)
            world.number = place.number
            answer: Any = world if place.is_world else copy.deepcopy(place.answer)
        else:
            world.past, world.walking = step(begun, asked), world.walking + 1
            try:
                answer = function(*given, **options)
            finally:
                world.walking -= 1
                walked, world.past = world.past, None  # until it is known where it led
            _remember(key, world, walked, answer)
        world.past = step(begun, asked, "done")
        if not world.walking:
            world.mark = mark(world)
        return cast(Found, answer)

    return walk


def step(past: str, *what: object) -> str:
    """The past of a fund in which something else was done."""
    return hashlib.sha256(repr((past, what)).encode()).hexdigest()


def begin(url: str, begins: str, found: Callable[[], object]) -> None:
    """A fund is founded at ``url``; what ``found`` left the first time is copied from then on."""
    engine = create_engine(url)
    if not _blank(engine):
        found()
        return
    key = (is_sqlite(engine), "founded", begins, subscriptions.REACTIONS, timers.TIMERS)
    if key not in _begun:
        found()
        kept = _keep(engine, url)
        if kept is not None:
            _begun[key] = kept
    else:
        _put(engine, url, _begun[key])


def _blank(engine: Engine) -> bool:
    """Whether this is the database at the newest version in which nothing was founded, and nobody has it open."""
    path = Path(str(engine.url.database))
    if is_sqlite(engine) and not (path.exists() and path.stat().st_size):
        return False
    blank = "select not exists (select 1 from fund_setting) and not exists (select 1 from book)"
    with reading(engine) as connection:
        found = revision(connection) == head_revision() and bool(connection.execute(sa.text(blank)).scalar_one())
    engine.dispose()
    return found and not _is_open(engine)


def _is_open(engine: Engine) -> bool:
    """Whether somebody else has a file of SQLite open."""
    return is_sqlite(engine) and Path(f"{engine.url.database}-wal").exists()


def mark(world: Any) -> tuple[Any, ...]:
    """What a fund is known by: its last fact, its clock, and how many rows there are of what commands leave."""
    with reading(world.fund.engine) as connection:
        return tuple(connection.execute(_MARK).one())


def _remember(key: tuple[object, ...], world: Any, walked: object, answer: Any) -> None:
    if walked is None:
        return
    engine = world.fund.engine
    kept = _keep(engine, world.fund.url)
    if kept is None:
        return
    folder = Path(str(engine.url.database)).parent / "files"
    found = [each for each in folder.rglob("*") if each.is_file()] if is_sqlite(engine) else []
    files = {each.relative_to(folder): each.read_bytes() for each in found}
    is_world = answer is world
    _places[key] = Place(kept, files, world.number, None if is_world else copy.deepcopy(answer), is_world)
    while len(_places) > MOST:
        _forget(_places.popitem(last=False)[1].copy)


def _go(engine: Engine, url: str, place: Place) -> None:
    _put(engine, url, place.copy)
    if is_sqlite(engine):
        folder = Path(str(engine.url.database)).parent / "files"
        shutil.rmtree(folder, ignore_errors=True)
        for name, content in place.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)


def _keep(engine: Engine, url: str) -> bytes | str | None:
    """A copy of a database: its bytes, or the name of another database; none while somebody else has it open."""
    engine.dispose()
    if is_sqlite(engine):
        return None if _is_open(engine) else Path(str(engine.url.database)).read_bytes()
    kept = f"road_{uuid.uuid4().hex[:12]}"
    try:
        _administer(url, f"create database {kept} template {engine.url.database} strategy file_copy")
    except psycopg.errors.ObjectInUse:
        return None
    _servers[kept] = url
    return kept


def _put(engine: Engine, url: str, kept: bytes | str) -> None:
    """A database becomes what was kept."""
    engine.dispose()
    name = str(engine.url.database)
    if isinstance(kept, bytes):
        for beside in ("-wal", "-shm"):
            Path(name + beside).unlink(missing_ok=True)
        Path(name).write_bytes(kept)
    else:
        made = f"create database {name} template {kept} strategy file_copy"
        _administer(url, f"drop database {name} with (force)", made)


def _forget(kept: bytes | str) -> None:
    if isinstance(kept, str):
        _administer(_servers.pop(kept), f"drop database if exists {kept} with (force)")


def forget() -> None:
    """Nothing is remembered any more: the end of a run."""
    while _places:
        _forget(_places.popitem()[1].copy)
    while _begun:
        _forget(_begun.popitem()[1])


def _administer(url: str, *statements: str) -> None:
    parts = urlsplit(url)
    with psycopg.connect(urlunsplit((*parts[:2], "/postgres", *parts[3:])), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
