"""The same functions as actors: on the stub broker and on Valkey; and workers that hear the bell, or do without it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import redis
import sqlalchemy as sa
from dramatiq import Broker, Message, Worker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import TimeLimit

from fund import worker
from fund.database import writing
from fund.events import Envelope
from fund.outbox import middleware, subscriptions
from fund.outbox.actors import database, react, stopping
from fund.outbox.broker import QUEUE, broker
from fund.outbox.middleware import Logging
from fund.outbox.relay import drain, relay
from fund.outbox.subscriptions import Reaction
from fund.store import Store
from fund.unit_of_work import UnitOfWork
from fund.users.people import add_user
from tests.factories import World, founded


def note(uow: UnitOfWork, event: Envelope) -> None:
    uow.store.work.set_setting(
        f"noted {event.event_id}", str(int(uow.store.work.setting(f"noted {event.event_id}") or 0) + 1)
    )


@pytest.fixture
def world(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(subscriptions, "REACTIONS", (Reaction("hear", ("user.added",), note),))
    with founded(database_url) as made:
        with writing(made.fund.engine) as connection:
            connection.execute(sa.text("insert into subscription values ('hear', 'user.added', 0)"))
        yield made


def add(world: World, count: int) -> list[str]:
    with world.uow("petra") as uow:
        ids = []
        for number in range(count):
            uow.command_id = f"add-{number}"
            uow.store.work.ask(
                actor=uow.actor.user_id, command_id=f"add-{number}", name="test", content_hash=b"", asked_at=uow.now
            )
            ids.append(add_user(uow, name=f"rob{number}", roles=["reviewer"]).event_id)
        return ids


def effects(world: World) -> dict[str, int]:
    with writing(world.fund.engine) as connection:
        found = connection.execute(sa.text("select name, value from fund_setting where name like 'noted %'"))
        return {row.name.removeprefix("noted "): int(row.value) for row in found}


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def stub(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[StubBroker]:
    """A broker in this process, with the actor of the workers on it."""
    made = StubBroker(middleware=[Logging(), TimeLimit(time_limit=500, interval=50), stopping, database])
    made.declare_actor(react)
    made.emit_after("process_boot")
    monkeypatch.setattr(react, "broker", made)
    monkeypatch.setattr(database, "url", world.fund.url)
    yield made
    made.close()


@contextmanager
def listening(broker: Broker, threads: int = 1) -> Iterator[Worker]:
    listener = Worker(broker, worker_timeout=50, worker_threads=threads)
    listener.start()
    try:
        yield listener
    finally:
        listener.stop()


def test_the_actor_reacts_on_the_stub_broker_and_a_doubled_message_changes_nothing(
    world: World, stub: StubBroker
) -> None:
    ids = add(world, 3)
    with listening(stub, threads=2) as listener:
        for event_id in ids * 2:
            react.send(event_id, "hear")
        stub.join(QUEUE, timeout=20_000)
        listener.join()
    assert effects(world) == dict.fromkeys(ids, 1)


def test_messages_that_name_nothing_are_acknowledged_and_the_worker_lives(world: World, stub: StubBroker) -> None:
    ids = add(world, 1)
    with listening(stub) as listener:
        react.send("evt_nobody", "hear")
        react.send(ids[0], "no such reaction")
        react.send(17, {"not": "an id"})
        react.send("x" * 5000, "hear")
        react.send(ids[0], "hear")
        stub.join(QUEUE, timeout=20_000, fail_fast=True)
        listener.join()
    assert effects(world) == {ids[0]: 1}
    assert stub.dead_letters == []


def hang(begun: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reaction that has its effect, and then does not end."""

    def hanging(uow: UnitOfWork, event: Envelope) -> None:
        note(uow, event)
        begun.set()
        while True:
            time.sleep(0.01)

    monkeypatch.setattr(subscriptions, "REACTIONS", (Reaction("hear", ("user.added",), hanging),))


def test_a_message_that_hangs_while_its_worker_stops_is_interrupted_and_rolls_back(
    world: World, stub: StubBroker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    begun = threading.Event()
    hang(begun, monkeypatch)
    monkeypatch.setattr(middleware, "GRACE_SECONDS", 0.2)
    monkeypatch.setattr(stub.middleware[1], "time_limit", 60_000)
    (event_id,) = add(world, 1)
    relay(world.fund.engine)
    began = time.monotonic()
    with listening(stub):
        react.send(event_id, "hear")
        assert begun.wait(20)
    assert time.monotonic() - began < 10, "it stopped, although the reaction never ends"
    assert [(line.getMessage(), line.reason) for line in caplog.records if line.name == "fund.worker"] == [  # type: ignore[attr-defined]
        ("a message was interrupted and rolled back", "Shutdown")
    ]
    assert effects(world) == {}
    monkeypatch.setattr(subscriptions, "REACTIONS", (Reaction("hear", ("user.added",), note),))
    assert len(relay(world.fund.engine)) == 1, "no lease holds it up"
    drain(world.fund.engine)
    assert effects(world) == {event_id: 1}


def test_a_message_that_does_not_end_is_interrupted_and_its_worker_goes_on(
    world: World, stub: StubBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()
    hang(begun, monkeypatch)
    first, second = add(world, 2)
    with listening(stub) as listener:
        react.send(first, "hear")
        assert begun.wait(20)
        monkeypatch.setattr(subscriptions, "REACTIONS", (Reaction("hear", ("user.added",), note),))
        react.send(second, "hear")
        stub.join(QUEUE, timeout=20_000, fail_fast=False)
        listener.join()
    assert effects(world) == {second: 1}
    with writing(world.fund.engine) as connection:
        assert Store(connection).deliveries.counts()["pending"] == 1


def test_messages_go_through_valkey(world: World, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = add(world, 5)
    broker.connect(redis_url)
    monkeypatch.setattr(database, "url", world.fund.url)
    with listening(broker, threads=2):
        handed = relay(world.fund.engine, notify=broker.notify, epoch=broker.epoch())
        assert len(handed) == 5
        until(lambda: effects(world) == dict.fromkeys(ids, 1))
    broker.close()


def test_the_epoch_lasts_until_the_broker_loses_its_memory(redis_url: str) -> None:
    broker.connect(redis_url)
    first = broker.epoch()
    assert broker.epoch() == first
    redis.Redis.from_url(redis_url).flushall()
    assert broker.epoch() != first
    broker.close()


def run_worker(world: World, broker: str | None) -> tuple[threading.Event, threading.Thread]:
    stop = threading.Event()
    thread = threading.Thread(
        target=worker.run, args=(world.fund.url,), kwargs={"broker": broker, "stop": stop, "threads": 2}
    )
    thread.start()
    return stop, thread


def test_a_worker_with_a_broker_does_everything_once_and_says_goodbye(world: World, redis_url: str) -> None:
    ids = add(world, 20)
    stop, thread = run_worker(world, redis_url)
    try:
        until(lambda: len(effects(world)) == 20)
    finally:
        stop.set()
        thread.join()
    assert effects(world) == dict.fromkeys(ids, 1)
    with writing(world.fund.engine) as connection:
        assert Store(connection).deliveries.counts()["delivered"] == 20
        assert Store(connection).deliveries.workers() == []


def test_a_worker_without_a_broker_does_the_same(world: World) -> None:
    ids = add(world, 4)
    stop, thread = run_worker(world, None)
    try:
        until(lambda: effects(world) == dict.fromkeys(ids, 1))
    finally:
        stop.set()
        thread.join()


def test_a_broker_that_is_away_is_done_without(world: World) -> None:
    ids = add(world, 4)
    stop, thread = run_worker(world, "redis://127.0.0.1:1/0")
    try:
        until(lambda: effects(world) == dict.fromkeys(ids, 1))
    finally:
        stop.set()
        thread.join()


def test_a_broker_that_forgets_everything_again_and_again_loses_nothing(world: World, redis_url: str) -> None:
    ids = add(world, 30)
    stop, thread = run_worker(world, redis_url)
    client = redis.Redis.from_url(redis_url)
    try:
        for _flush in range(6):
            client.flushall()
            time.sleep(0.1)
        until(lambda: len(effects(world)) == 30)
    finally:
        stop.set()
        thread.join()
        client.close()
    assert effects(world) == dict.fromkeys(ids, 1)


def test_garbage_in_the_queue_does_not_stop_a_worker(world: World, redis_url: str) -> None:
    ids = add(world, 2)
    client = redis.Redis.from_url(redis_url)
    client.rpush(f"fund:{QUEUE}", "not a message id")
    client.hset(f"fund:{QUEUE}.msgs", "not a message id", b"\x80\x04not json")
    forged = Message(queue_name=QUEUE, actor_name="nobody", args=(), kwargs={}, options={})
    client.hset(f"fund:{QUEUE}.msgs", "forged", forged.encode())
    client.rpush(f"fund:{QUEUE}", "forged")
    stop, thread = run_worker(world, redis_url)
    try:
        until(lambda: effects(world) == dict.fromkeys(ids, 1))
    finally:
        stop.set()
        thread.join()
        client.close()
