"""The same functions as actors: on the stub broker and on Valkey; and workers that hear the bell, or do without it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import redis
import sqlalchemy as sa
from dramatiq import Message, Worker

from fund import worker
from fund.database import writing
from fund.events import Envelope
from fund.outbox import subscriptions
from fund.outbox.actors import declare
from fund.outbox.broker import QUEUE, Notifier, make_broker, stub_broker
from fund.outbox.deliveries import relay
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


def test_the_actor_reacts_on_the_stub_broker_and_a_doubled_message_changes_nothing(world: World) -> None:
    ids = add(world, 3)
    broker = stub_broker()
    actor = declare(broker, world.fund.engine)
    listener = Worker(broker, worker_timeout=50, worker_threads=2)
    listener.start()
    try:
        for _twice in range(2):
            for event_id, reaction in [(event_id, "hear") for event_id in ids]:
                actor.send(event_id, reaction)
        broker.join(QUEUE, timeout=20_000)
        listener.join()
    finally:
        listener.stop()
        broker.close()
    assert effects(world) == dict.fromkeys(ids, 1)


def test_messages_that_name_nothing_are_acknowledged_and_the_worker_lives(world: World) -> None:
    ids = add(world, 1)
    broker = stub_broker()
    actor = declare(broker, world.fund.engine)
    listener = Worker(broker, worker_timeout=50, worker_threads=1)
    listener.start()
    try:
        actor.send("evt_nobody", "hear")
        actor.send(ids[0], "no such reaction")
        actor.send(17, {"not": "an id"})
        actor.send("x" * 5000, "hear")
        actor.send(ids[0], "hear")
        broker.join(QUEUE, timeout=20_000, fail_fast=True)
        listener.join()
    finally:
        listener.stop()
        broker.close()
    assert effects(world) == {ids[0]: 1}
    assert broker.dead_letters == []


def test_the_bell_rings_through_valkey(world: World, redis_url: str) -> None:
    ids = add(world, 5)
    broker = make_broker(redis_url)
    actor = declare(broker, world.fund.engine)
    bell = Notifier(redis_url, actor)
    listener = Worker(broker, worker_timeout=50, worker_threads=2)
    listener.start()
    try:
        handed = relay(world.fund.engine, notify=bell.notify, epoch=bell.epoch())
        assert len(handed) == 5
        until(lambda: effects(world) == dict.fromkeys(ids, 1))
    finally:
        listener.stop()
        bell.close()
        broker.close()


def test_the_epoch_lasts_until_the_broker_loses_its_memory(world: World, redis_url: str) -> None:
    broker = make_broker(redis_url)
    bell = Notifier(redis_url, declare(broker, world.fund.engine))
    first = bell.epoch()
    assert bell.epoch() == first
    redis.Redis.from_url(redis_url).flushall()
    assert bell.epoch() != first
    bell.close()
    broker.close()


def run_worker(world: World, broker: str | None) -> tuple[threading.Event, threading.Thread]:
    stop = threading.Event()
    thread = threading.Thread(
        target=worker.run, args=(world.fund.url,), kwargs={"broker": broker, "stop": stop, "threads": 2}
    )
    thread.start()
    return stop, thread


def test_two_workers_with_a_broker_do_everything_once(world: World, redis_url: str) -> None:
    ids = add(world, 20)
    running = [run_worker(world, redis_url) for _ in range(2)]
    try:
        until(lambda: len(effects(world)) == 20)
    finally:
        for stop, thread in running:
            stop.set()
            thread.join()
    assert effects(world) == dict.fromkeys(ids, 1)
    with writing(world.fund.engine) as connection:
        assert Store(connection).deliveries.counts()["delivered"] == 20
        assert Store(connection).deliveries.workers() == [], "both said goodbye"


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
