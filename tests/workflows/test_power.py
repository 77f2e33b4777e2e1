"""The power goes while deliveries are made, a worker stands still and comes back: every effect once, and in order."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from fund.database import from_micros, is_sqlite, reading, writing
from fund.errors.database import DatabaseUnreachable
from fund.outbox import deliveries as deliver
from fund.outbox.relay import drain
from fund.store import Store
from tests.factories import World
from tests.ledger.doomed import OwnServer, own_server
from tests.workflows import fault_worker
from tests.workflows.test_faults import as_if_nothing, effects, facts, listening, open_rows, process, until

pytestmark = pytest.mark.usefixtures("running_clock")  # leases run out


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    """A server that a test may stop as if the power went."""
    with own_server("deliveries") as made:
        yield made


@pytest.fixture
def world(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A fund whose facts about users are heard by the reaction of the tests of faults, and by no other."""
    with listening(database_url, monkeypatch) as made:
        yield made


def done(world: World) -> int:
    return sum(len(seqs) for seqs in effects(world).values())


def test_a_server_that_stops_at_once_under_a_drain_costs_time_only(
    server: OwnServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A row that was begun when the server went is carried out by a program of its own, which has to know the reaction.
    monkeypatch.setattr(deliver, "CHILD", (sys.executable, "-m", fault_worker.__name__, "child"))
    with listening(server.url, monkeypatch) as world:
        told = facts(world, lives=6, each=10)
        monkeypatch.setenv("FAULTS_PAUSE", "0.005")
        for before in (5, 25):
            with ThreadPoolExecutor(1) as pool:
                draining = pool.submit(drain, world.fund.engine)
                until(lambda before=before: done(world) >= before)
                server.stop_at_once()
            world.fund.engine.dispose()
            server.start()
            assert isinstance(draining.exception(), DatabaseUnreachable)
            assert before <= done(world) < 60, "what had its effect before has it still"
        with writing(world.fund.engine) as connection:
            connection.execute(sa.text("update delivery set due_us = 0"))
        drain(world.fund.engine, seconds=120)
        as_if_nothing(world, told)


def a_lease_ran_out(world: World, seconds: float) -> bool:
    """Whether somebody was given a row and has had it longer than he may."""
    with reading(world.fund.engine) as connection:
        now = Store(connection).work.database_clock()
        leased = connection.execute(sa.text("select leased_us from delivery where state = 'pending'")).scalars()
        return any((now - from_micros(since)).total_seconds() > seconds for since in leased if since is not None)


def end_sessions_that_stand_still(world: World) -> None:
    """As the server does by itself after twenty seconds."""
    with writing(world.fund.engine) as connection:
        ended = (
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where state = 'idle in transaction'"
            " and datname = current_database() and pid <> pg_backend_pid()"
        )
        connection.execute(sa.text(ended))


def test_a_worker_that_stands_still_beyond_its_lease_and_comes_back_doubles_nothing(world: World) -> None:
    told = facts(world, lives=8, each=6)
    first = process(world, FAULTS_LEASE="0.3", FAULTS_PAUSE="0.02")
    second = None
    try:
        until(lambda: done(world) >= 4)
        first.send_signal(signal.SIGSTOP)
        until(lambda: a_lease_ran_out(world, 0.3))
        second = process(world, FAULTS_LEASE="0.3", FAULTS_PAUSE="0.005")
        if is_sqlite(world.fund.engine):  # who stands still there may hold the lock of all
            first.send_signal(signal.SIGCONT)
            until(lambda: not open_rows(world), 60)
        else:
            end_sessions_that_stand_still(world)
            until(lambda: not open_rows(world), 60)
            first.send_signal(signal.SIGCONT)
    finally:
        for worker in (first, second):
            if worker is not None:
                worker.send_signal(signal.SIGCONT)
                worker.terminate()
                worker.communicate(timeout=60)
    as_if_nothing(world, told)
