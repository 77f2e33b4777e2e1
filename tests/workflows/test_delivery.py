"""Facts reach their effects exactly once, in order, whatever is doubled, late, broken or dead."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from fund.commands import executing as asking
from fund.database import reading, unavailable, writing
from fund.errors.commands import ReasonMissing
from fund.errors.database import DatabaseBusy
from fund.events import Envelope
from fund.operations import status
from fund.outbox import deliveries as deliver
from fund.outbox import subscriptions, timers
from fund.outbox.deliveries import Courier, ProcessDied, react
from fund.outbox.relay import drain, quiet, relay
from fund.outbox.subscriptions import Reaction
from fund.outbox.timers import Timer, tick
from fund.store import DeliveryRow, FactStore, Store, TimerRow, WorkStore
from fund.store.deliveries import DeliveryStore
from fund.unit_of_work import UnitOfWork
from tests.factories import START, World, founded

Effect = Callable[[UnitOfWork, Envelope], object]


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with founded(database_url) as made:
        yield made


@pytest.fixture
def listen(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Subscribe reactions to ``user.added``, from here on; nobody else hears of users."""

    def subscribe(**effects: Effect) -> None:
        made = tuple(Reaction(name, ("user.added",), effect) for name, effect in effects.items())
        monkeypatch.setattr(subscriptions, "REACTIONS", made)
        with writing(world.fund.engine) as connection:
            connection.execute(sa.text("delete from subscription where event_type like 'user.%'"))
            for name in effects:
                connection.execute(sa.text("insert into subscription values (:n, 'user.added', 0)"), {"n": name})

    return subscribe


def note(uow: UnitOfWork, event: Envelope) -> None:
    """An effect that can be counted: a setting that grows by the number of the fact."""
    before = uow.store.work.setting("noted") or ""
    uow.store.work.set_setting("noted", f"{before} {event.seq}")


def noted(world: World) -> list[int]:
    with writing(world.fund.engine) as connection:
        return [int(part) for part in (Store(connection).work.setting("noted") or "").split()]


def add(world: World, *names: str) -> list[int]:
    """Record facts without doing what follows; their numbers."""
    seqs = []
    for name in names:
        with world.uow("petra") as uow:
            from fund.users.people import add_user

            seqs.append(add_user(uow, name=name, roles=["reviewer"]).seq)
    return seqs


def rows(world: World) -> list[tuple[str, str, int]]:
    with writing(world.fund.engine) as connection:
        found = connection.execute(sa.text("select reaction, state, attempts from delivery order by seq, reaction"))
        return [(row.reaction, row.state, row.attempts) for row in found]


def test_the_database_writes_the_outbox_whoever_records_the_fact(world: World, listen: Callable[..., None]) -> None:
    listen(hear=note)
    add(world, "rob", "riet")
    assert rows(world) == [("hear", "pending", 0), ("hear", "pending", 0)]


def test_a_command_does_what_follows_before_it_returns(world: World, listen: Callable[..., None]) -> None:
    listen(hear=note)
    answer = world.do("user add", user="petra", name="rob", roles=["reviewer"])
    assert noted(world) == [answer["events"][0]["seq"]]
    assert rows(world) == [("hear", "delivered", 0)]


def test_a_row_reacted_to_twice_has_one_effect(world: World, listen: Callable[..., None]) -> None:
    listen(hear=note)
    seqs = add(world, "rob")
    handed = relay(world.fund.engine)
    assert [reaction for _event, reaction in handed] == ["hear"]
    assert react(world.fund.engine, *handed[0]) == 1
    assert react(world.fund.engine, *handed[0]) == 0
    assert noted(world) == seqs


def test_eight_threads_with_the_same_message_have_one_effect(world: World, listen: Callable[..., None]) -> None:
    listen(hear=note)
    seqs = add(world, "rob")
    ((event_id, reaction),) = relay(world.fund.engine)
    threads = [threading.Thread(target=react, args=(world.fund.engine, event_id, reaction)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    drain(world.fund.engine)
    assert noted(world) == seqs
    assert rows(world) == [("hear", "delivered", 0)]


def test_an_effect_and_its_mark_are_taken_back_together(world: World, listen: Callable[..., None]) -> None:
    def half(uow: UnitOfWork, event: Envelope) -> None:
        note(uow, event)
        raise ValueError("after the effect")

    listen(hear=half)
    add(world, "rob")
    drain(world.fund.engine)
    assert noted(world) == []
    assert rows(world) == [("hear", "failed", 1)]


def test_what_is_wrong_with_us_is_tried_five_times_and_then_a_dead_letter(
    world: World, listen: Callable[..., None]
) -> None:
    def broken(_uow: UnitOfWork, _happened: Envelope) -> None:
        raise ValueError("a bug")

    listen(broken=broken, hear=note)
    seqs = add(world, "rob")
    for _attempt in range(6):
        with writing(world.fund.engine) as connection:
            connection.execute(sa.text("update delivery set due_us = 0"))
        drain(world.fund.engine)
    assert rows(world) == [("broken", "dead", 5), ("hear", "delivered", 0)]
    assert noted(world) == seqs, "its neighbour is not held up"


def test_a_rule_that_says_no_makes_a_dead_letter_at_once(world: World, listen: Callable[..., None]) -> None:
    def refused(_uow: UnitOfWork, _happened: Envelope) -> None:
        raise ReasonMissing(command="x")

    listen(refused=refused)
    add(world, "rob")
    warnings: list[str] = []
    drain(world.fund.engine, warn=warnings.append)
    assert rows(world) == [("refused", "dead", 1)]
    assert len(warnings) == 1
    assert "reason_missing" in warnings[0]


def test_a_world_that_is_ill_is_never_counted(world: World, listen: Callable[..., None]) -> None:
    state = {"ill": True}

    def depends(uow: UnitOfWork, event: Envelope) -> None:
        if state["ill"]:
            raise DatabaseBusy(place="")
        note(uow, event)

    listen(depends=depends)
    seqs = add(world, "rob")
    for _attempt in range(7):
        with writing(world.fund.engine) as connection:
            connection.execute(sa.text("update delivery set due_us = 0, handed_out = 0"))
        drain(world.fund.engine)
    assert rows(world) == [("depends", "pending", 0)]
    state["ill"] = False
    with writing(world.fund.engine) as connection:
        connection.execute(sa.text("update delivery set due_us = 0, handed_out = 0"))
    drain(world.fund.engine)
    assert noted(world) == seqs


def test_a_dead_letter_holds_the_rest_of_its_stream_and_nothing_else(world: World, listen: Callable[..., None]) -> None:
    from fund.users.people import change_user

    broken_ref = {}

    def picky(uow: UnitOfWork, event: Envelope) -> None:
        if event.fact.ref == broken_ref["ref"] and event.type == "user.added":
            raise ReasonMissing(command="x")
        note(uow, event)

    listen(picky=picky)
    with writing(world.fund.engine) as connection:
        connection.execute(sa.text("insert into subscription values ('picky', 'user.changed', 0)"))
    add(world, "rob")
    with world.uow("petra") as uow:
        broken_ref["ref"] = uow.user("rob").user_id
        change_user(uow, name="rob", roles=["auditor"])
    (healthy,) = add(world, "riet")
    drain(world.fund.engine)
    assert noted(world) == [healthy]
    assert [state for _reaction, state, _attempts in rows(world)] == ["dead", "pending", "delivered"]
    with writing(world.fund.engine) as connection:
        (dead,) = Store(connection).deliveries.in_state(("dead",))
        assert Store(connection).deliveries.waiting_behind(dead) == 1
    broken_ref["ref"] = ""
    with writing(world.fund.engine) as connection:
        assert Store(connection).deliveries.retry(dead.event_id, "picky")
    drain(world.fund.engine)
    assert sorted(noted(world)) == [healthy - 2, healthy - 1, healthy]


def test_the_order_of_a_stream_is_kept_when_the_later_message_comes_first(
    world: World, listen: Callable[..., None]
) -> None:
    from fund.users.people import change_user

    listen(hear=note)
    with writing(world.fund.engine) as connection:
        connection.execute(sa.text("insert into subscription values ('hear', 'user.changed', 0)"))
    (first,) = add(world, "rob")
    with world.uow("petra") as uow:
        second = change_user(uow, name="rob", roles=["auditor"])
    assert react(world.fund.engine, second.event_id, "hear") == 0
    ((event_id, reaction),) = relay(world.fund.engine)
    assert react(world.fund.engine, event_id, reaction) == 2
    assert noted(world) == [first, second.seq]


def test_a_lease_keeps_a_row_from_a_second_relay_until_it_ends(
    world: World, listen: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    listen(hear=note)
    add(world, "rob")
    assert len(relay(world.fund.engine, epoch="a")) == 1
    assert relay(world.fund.engine, epoch="a") == []
    monkeypatch.setattr("fund.outbox.relay.LEASE", timedelta(seconds=-1))
    assert len(relay(world.fund.engine, epoch="a")) == 1


def test_a_broker_that_lost_its_memory_costs_no_lease(world: World, listen: Callable[..., None]) -> None:
    listen(hear=note)
    add(world, "rob")
    assert len(relay(world.fund.engine, epoch="before")) == 1
    assert len(relay(world.fund.engine, epoch="after the flush")) == 1


def test_a_reaction_that_this_code_does_not_know_waits_uncounted(
    world: World, listen: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    listen(newer=note)
    monkeypatch.setattr(subscriptions, "REACTIONS", ())
    add(world, "rob")
    drain(world.fund.engine)
    assert rows(world) == [("newer", "pending", 0)]


def test_a_reaction_that_kills_its_process_is_told_apart_and_dies_alone(
    world: World, listen: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    listen(killer=note)
    seqs = add(world, "rob")
    with writing(world.fund.engine) as connection:  # a process took it twice, started it, and never came back
        connection.execute(sa.text("update delivery set handed_out = 2, starts = 1"))
    ran: list[list[str]] = []

    class Ended:
        returncode = -9

    def child(command: list[str], **_options: object) -> Ended:
        ran.append(command)
        return Ended()

    monkeypatch.setattr(deliver.subprocess, "run", child)
    for _attempt in range(6):
        with writing(world.fund.engine) as connection:
            connection.execute(sa.text("update delivery set due_us = 0"))
        drain(world.fund.engine)
    assert rows(world) == [("killer", "dead", 5)]
    assert len(ran) == 5
    assert noted(world) == []
    assert seqs
    with writing(world.fund.engine) as connection:
        (dead,) = Store(connection).deliveries.in_state(("dead",))
    assert dead.error is not None
    assert "signal 9" in dead.error


def test_a_row_that_somebody_else_took_after_a_death_is_not_run_here(
    world: World, listen: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    listen(killer=note)
    add(world, "rob")
    ((event_id, reaction),) = relay(world.fund.engine)
    with writing(world.fund.engine) as connection:  # a process died of it
        connection.execute(sa.text("update delivery set handed_out = 2, starts = 1"))
    locked = DeliveryStore.lock

    def taken(self: DeliveryStore, event_id: str, reaction: str, *, skip: bool = False) -> DeliveryRow | None:
        return None if skip else locked(self, event_id, reaction)  # between our look and our start

    monkeypatch.setattr(DeliveryStore, "lock", taken)
    assert react(world.fund.engine, event_id, reaction) == 0
    assert noted(world) == [], "whoever has it runs it in a process of its own"


@pytest.mark.parametrize("deaths", [0, 1, 2])
def test_an_ill_world_takes_back_its_own_start_and_no_death(
    world: World, listen: Callable[..., None], monkeypatch: pytest.MonkeyPatch, deaths: int
) -> None:
    listen(hear=note)
    add(world, "rob")
    ((event_id, reaction),) = relay(world.fund.engine)
    with writing(world.fund.engine) as connection:
        connection.execute(sa.text("update delivery set handed_out = 2, starts = :deaths"), {"deaths": deaths})

    def ill(*_anything: object, **_more: object) -> None:
        raise DatabaseBusy(place="")

    monkeypatch.setattr(deliver, "effect_of", ill)
    courier = Courier(world.fund.engine, in_child=deaths > 0)
    if deaths:  # whose start is that of the process that runs it
        courier._start((event_id, reaction))
    courier.carry((event_id, reaction))
    with reading(world.fund.engine) as connection:
        (row,) = Store(connection).deliveries.in_state(("pending",))
    assert (row.starts, row.attempts, row.error) == (deaths, 0, "database_busy")


def test_a_death_beside_another_start_leaves_both_counted(world: World, listen: Callable[..., None]) -> None:
    listen(killer=note)
    add(world, "rob")
    ((event_id, reaction),) = relay(world.fund.engine)
    courier = Courier(world.fund.engine)
    assert courier._start((event_id, reaction)) == 0
    assert courier._start((event_id, reaction)) == 1
    courier._failed((event_id, reaction), ProcessDied("exit 7"))
    courier._wait((event_id, reaction), DatabaseBusy(place=""), counted=True)
    with reading(world.fund.engine) as connection:
        (row,) = Store(connection).deliveries.in_state(("failed",))
    assert (row.starts, row.attempts) == (1, 1), "it still runs in a process of its own"


def test_timers_fire_in_order_once_and_name_their_cause(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fired: list[str] = []
    monkeypatch.setattr(timers, "TIMERS", (Timer("ring", lambda _uow, timer: fired.append(timer.stream)),))
    (seq,) = add(world, "rob")
    with world.uow("petra") as uow:
        cause = uow.store.facts.by_seq(seq)
        assert cause is not None
        for number, days in enumerate((3, 1, 2)):
            uow.set_timer("ring", f"x/{number}", START + timedelta(days=days), cause=cause)
    assert tick(world.fund.engine) == 0
    world.clock(START + timedelta(days=10))
    assert fired == ["x/1", "x/2", "x/0"]
    assert tick(world.fund.engine) == 0
    assert quiet(world.fund.engine)


def test_a_timer_that_was_cleared_does_not_fire(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fired: list[str] = []
    monkeypatch.setattr(timers, "TIMERS", (Timer("ring", lambda _uow, timer: fired.append(timer.stream)),))
    (seq,) = add(world, "rob")
    with world.uow("petra") as uow:
        cause = uow.store.facts.by_seq(seq)
        assert cause is not None
        uow.set_timer("ring", "x/1", START + timedelta(days=1), cause=cause)
        uow.clear_timer("ring", "x/1")
    world.clock(START + timedelta(days=10))
    assert fired == []


def test_lock_step_hands_out_the_first_row_of_the_fund_only(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with founded(database_url, lock_step=True) as world:
        monkeypatch.setattr(subscriptions, "REACTIONS", (Reaction("hear", ("user.added",), note),))
        with writing(world.fund.engine) as connection:
            connection.execute(sa.text("insert into subscription values ('hear', 'user.added', 0)"))
        seqs = add(world, "rob", "riet", "ruud")
        for seq in seqs:
            ((event_id, reaction),) = relay(world.fund.engine)
            assert relay(world.fund.engine) == [], "the next one waits"
            assert react(world.fund.engine, event_id, reaction) == 1
            assert noted(world)[-1] == seq
        assert noted(world) == seqs


def test_every_reaction_has_its_subscriptions_in_the_database(world: World) -> None:
    with writing(world.fund.engine) as connection:
        stored = {(reaction, wire) for reaction, wire, _since in Store(connection).guards.subscriptions()}
    declared = {(reaction.name, wire) for reaction in subscriptions.REACTIONS for wire in reaction.types}
    assert stored == declared


# ------------------------------------------------------------------------------------------- timers beside commands


def _timer(world: World, function: Callable[..., object], monkeypatch: pytest.MonkeyPatch, *, name: str = "") -> None:
    """A timer of its own kind, due now."""
    monkeypatch.setattr(timers, "TIMERS", (Timer("test.ring", function),))
    with world.uow("petra") as uow:
        cause = uow.store.facts.by_seq(1)
        assert cause is not None
        uow.set_timer("test.ring", "fund", START - timedelta(minutes=1), cause=cause, name=name)


def test_a_timer_is_set_again_after_it_fired_and_after_it_was_cleared(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fired: list[str] = []
    _timer(world, lambda _uow, timer: fired.append(timer.timer_id), monkeypatch)
    tick(world.fund.engine)
    _timer(world, lambda _uow, timer: fired.append(timer.timer_id), monkeypatch)
    tick(world.fund.engine)
    assert len(fired) == 2
    _timer(world, lambda _uow, timer: fired.append(timer.timer_id), monkeypatch)
    with world.uow("petra") as uow:
        uow.clear_timer("test.ring", "fund")
    assert tick(world.fund.engine) == 0
    _timer(world, lambda _uow, timer: fired.append(timer.timer_id), monkeypatch)
    assert tick(world.fund.engine) == 1


def test_a_timer_may_set_itself_again_while_it_fires(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def again(uow: UnitOfWork, timer: object) -> None:
        cause = uow.store.facts.by_seq(1)
        assert cause is not None
        uow.set_timer("test.ring", "fund", START + timedelta(days=1), cause=cause)

    _timer(world, again, monkeypatch)
    assert tick(world.fund.engine) == 1
    with writing(world.fund.engine) as connection:
        assert [timer.due_at for timer in Store(connection).work.timers()] == [START + timedelta(days=1)]


def test_a_command_that_clears_a_timer_and_the_tick_that_fires_it_do_not_block_each_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fired: list[str] = []
    _timer(world, lambda _uow, timer: fired.append(timer.timer_id), monkeypatch)
    problems: list[BaseException] = []

    def ticking() -> None:
        try:
            tick(world.fund.engine)
        except BaseException as problem:
            problems.append(problem)

    with world.uow("petra") as uow:
        ticker = threading.Thread(target=ticking)
        ticker.start()
        ticker.join(0.5)  # it waits for the lock of the fund, holding nothing
        uow.clear_timer("test.ring", "fund")
    ticker.join(20)
    assert (problems, fired) == ([], [])


def test_a_busy_database_while_doing_what_follows_does_not_undo_the_command(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_args: object, **_options: object) -> int:
        raise DatabaseBusy(place="")

    warned: list[str] = []
    world.fund.warn = warned.append
    monkeypatch.setattr(asking, "drain", busy)
    answer = world.do("user add", user="petra", name="fatima", roles=["reviewer"])
    assert answer["event_count"] == 1
    assert len(warned) == 1


# ------------------------------------------------------------------------------------------------ what is told of a bug


def test_an_error_row_holds_type_message_and_log_id_and_no_values(world: World, listen: Callable[..., None]) -> None:
    def double(uow: UnitOfWork, _happened: Envelope) -> None:
        statement = sa.text("insert into person (user_id, name) values (:u, :n)")
        for _twice in range(2):
            uow.connection.execute(statement, {"u": "usr_x", "n": "Geheime Naam"})

    listen(double=double)
    add(world, "rob")
    drain(world.fund.engine)
    with writing(world.fund.engine) as connection:
        (row,) = Store(connection).deliveries.in_state(("failed",))
    assert row.error is not None
    assert row.error.startswith("IntegrityError: ")
    assert "[log " in row.error
    assert "Geheime" not in row.error
    assert "usr_x" not in row.error


def test_a_fact_that_cannot_be_read_stops_its_own_life_only(
    world: World, listen: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    listen(hear=note)
    first, second = add(world, "rob", "riet")
    really = FactStore.get

    def unreadable(store: FactStore, event_id: str) -> Envelope | None:
        found = really(store, event_id)
        return None if found is not None and found.seq == first else found

    monkeypatch.setattr(FactStore, "get", unreadable)
    drain(world.fund.engine)
    assert noted(world) == [second]
    assert rows(world) == [("hear", "failed", 1), ("hear", "delivered", 0)]


def test_what_the_database_refuses_when_we_commit_is_counted_as_well(world: World, listen: Callable[..., None]) -> None:
    reached: list[str] = []

    def one_leg(uow: UnitOfWork, _happened: Envelope) -> None:
        # a leg whose entry never comes: found when all is to be kept
        entry = "an entry that never comes"
        leg = sa.text(
            "insert into posting (entry_id, position, legs, account_id, amount_cents)"
            " select :entry, 1, 2, id, 100 from account limit 1"
        )
        assert uow.connection.execute(leg, {"entry": entry}).rowcount == 1
        reached.append(entry)

    listen(one_leg=one_leg)
    add(world, "rob")
    drain(world.fund.engine)
    assert reached
    assert rows(world) == [("one_leg", "failed", 1)]


def test_a_guard_that_is_called_locked_is_no_busy_database(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        with writing(world.fund.engine) as connection:
            connection.execute(sa.text("create table full_or_locked (x integer constraint locked check (x < 0))"))
        with pytest.raises(sa.exc.IntegrityError) as refused, writing(world.fund.engine) as connection:
            connection.execute(sa.text("insert into full_or_locked values (1)"))
        assert "locked" in str(refused.value)
        assert unavailable(refused.value) is None


def test_a_stream_that_is_longer_than_one_turn_leaves_no_row_leased_to_nobody(
    world: World, listen: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from fund.users.people import change_user

    listen(hear=note)
    with writing(world.fund.engine) as connection:
        connection.execute(sa.text("insert into subscription values ('hear', 'user.changed', 0)"))
    seqs = add(world, "rob")
    for number in range(4):
        with world.uow("petra") as uow:
            seqs.append(change_user(uow, name="rob", roles=[("auditor", "reviewer")[number % 2]]).seq)
    monkeypatch.setattr(deliver, "ROWS_PER_REACT", 2)
    for done in (2, 4, 5):
        ((event_id, reaction),) = relay(world.fund.engine)
        react(world.fund.engine, event_id, reaction)
        assert noted(world) == seqs[:done]


def test_a_row_that_somebody_works_on_is_not_passed_over(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows may wait behind the one that is done; the second is not handed out in place of the first."""
    from fund.users.people import change_user

    monkeypatch.setattr(subscriptions, "REACTIONS", (Reaction("hear", ("user.added", "user.changed"), note),))
    with founded(postgres_url) as world:
        with writing(world.fund.engine) as connection:
            connection.execute(sa.text("delete from subscription where event_type like 'user.%'"))
            for wire in ("user.added", "user.changed"):
                connection.execute(sa.text("insert into subscription values ('hear', :wire, 0)"), {"wire": wire})
        add(world, "rob")
        events = []
        for role in ("auditor", "reviewer"):
            with world.uow("petra") as uow:
                events.append(change_user(uow, name="rob", roles=[role]).event_id)
        with writing(world.fund.engine) as here, writing(world.fund.engine) as there:
            deliveries, others = Store(here).deliveries, Store(there).deliveries
            now = Store(here).work.database_clock()
            (first,) = deliveries.hand_out(now, epoch="a", lease=timedelta(seconds=60))
            assert others.lock(events[0], "hear") is not None
            assert deliveries.lease_next(first, now, "a") is None
            found = deliveries.lock(events[1], "hear")
            assert found is not None
            assert (found.handed_out, found.leased_at) == (0, None)
            there.rollback()
            follows = deliveries.lease_next(first, now, "a")
            assert follows is not None
            assert follows.event_id == events[0]


# ------------------------------------------------------------------------------------------------- deadlines that fail


def _due(world: World, *names: str, kind: str = "test.ring") -> None:
    with writing(world.fund.engine) as connection:
        store = Store(connection)
        cause = store.facts.by_seq(1)
        assert cause is not None
        for number, name in enumerate(names):
            due_at = START - timedelta(minutes=len(names) - number)
            store.work.set_timer(timer_id=name, stream=name, kind=kind, due_at=due_at, cause=cause.event_id)


def test_a_deadline_that_fails_is_tried_five_times_and_then_a_dead_letter_that_can_be_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fired: list[str] = []
    state = {"broken": True}

    def notify(_uow: UnitOfWork, timer: TimerRow) -> None:
        if timer.timer_id == "x/1" and state["broken"]:
            raise ValueError("a bug")
        fired.append(timer.timer_id)

    monkeypatch.setattr(timers, "TIMERS", (Timer("test.ring", notify),))
    _due(world, "x/1", "x/2")
    for _attempt in range(6):
        with writing(world.fund.engine) as connection:
            connection.execute(sa.text("update timer set retry_us = 0"))
        tick(world.fund.engine)
    assert fired == ["x/2"], "its neighbour is not held up"
    (dead,) = world.ask("event dead")["dead"]
    assert (dead["reaction"], dead["attempts"]) == ("x/1", 5)
    assert dead["error"].startswith("ValueError: a bug [log ")
    assert status(world.fund.engine)["needs_person"]
    state["broken"] = False
    answer = world.do("event retry", user="petra", ref=dead["event_id"], reaction="x/1")
    assert answer["result"]["retried"] == 1
    assert fired == ["x/2", "x/1"]
    assert world.ask("event dead")["dead"] == []


def test_a_deadline_that_another_one_cleared_in_the_same_turn_does_not_fire(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fired: list[str] = []

    def notify(uow: UnitOfWork, timer: TimerRow) -> None:
        fired.append(timer.timer_id)
        uow.store.work.clear_timer("x/2")

    monkeypatch.setattr(timers, "TIMERS", (Timer("test.ring", notify),))
    _due(world, "x/1", "x/2", "x/3")
    tick(world.fund.engine)
    assert fired == ["x/1", "x/3"]


def test_deadlines_that_this_code_does_not_know_starve_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fired: list[str] = []
    monkeypatch.setattr(timers, "TIMERS", (Timer("test.ring", lambda _uow, timer: fired.append(timer.timer_id)),))
    _due(world, "a/1", "a/2", kind="test.newer")
    _due(world, "x/1")
    assert drain(world.fund.engine) == 1
    assert fired == ["x/1"]


def test_deadlines_of_one_instant_go_by_their_names(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fired: list[str] = []
    monkeypatch.setattr(timers, "TIMERS", (Timer("test.ring", lambda _uow, timer: fired.append(timer.timer_id)),))
    for name in ("x/b", "x/c", "x/a"):
        _due(world, name)
    tick(world.fund.engine)
    assert fired == ["x/a", "x/b", "x/c"]


def test_no_deadline_is_acted_upon_by_a_clock_that_is_wrong(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fired: list[str] = []
    monkeypatch.setattr(timers, "TIMERS", (Timer("test.ring", lambda _uow, timer: fired.append(timer.timer_id)),))
    _due(world, "x/1")
    with writing(world.fund.engine) as connection:
        Store(connection).work.hold_clock(None)
    really = WorkStore.database_clock
    for wrong in (timedelta(days=-3650), timedelta(minutes=5)):
        monkeypatch.setattr(WorkStore, "database_clock", lambda store, wrong=wrong: really(store) + wrong)
        assert tick(world.fund.engine) == 0
        assert status(world.fund.engine)["clock_problem"]
    monkeypatch.setattr(WorkStore, "database_clock", really)
    assert tick(world.fund.engine) == 1
    assert fired == ["x/1"]


# ------------------------------------------------------------------------------------------------------ many open rows


def test_a_backlog_is_looked_through_in_moments_whatever_the_statistics_say(world: World) -> None:
    with writing(world.fund.engine) as connection:
        rows = [
            {"e": f"evt_{number}", "s": f"x/{number % 10_000}", "n": number + 1000, "st": state}
            for number, state in enumerate(["delivered"] * 10_000 + ["pending"] * 20_000)
        ]
        connection.execute(
            sa.text(
                "insert into delivery (event_id, reaction, stream, seq, state, attempts, starts, handed_out, due_us)"
                " values (:e, 'hear', :s, :n, :st, 0, 0, 0, 0)"
            ),
            rows,
        )
    began = time.monotonic()
    assert len(relay(world.fund.engine)) == 500
    with writing(world.fund.engine) as connection:
        store = Store(connection)
        first = store.deliveries.next_open(store.work.database_clock())
    assert first is not None
    assert first.seq == 11_000
    assert time.monotonic() - began < 5, "twenty thousand open rows took PostgreSQL minutes once"


def test_rows_of_a_reaction_that_has_nothing_to_do_are_marked_at_once(
    world: World, listen: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is idle its effect is never called; then it hears each fact again, and a dead row holds."""
    listen(b_busy=note, a_idle=note)
    asked: list[bool] = [True]
    made = tuple(
        Reaction(
            one.name, one.types, one.place, nothing_to_do=(lambda snapshot: asked[-1]) if one.name == "a_idle" else None
        )
        for one in subscriptions.REACTIONS
    )
    monkeypatch.setattr(subscriptions, "REACTIONS", made)
    seqs = add(world, "kees", "loes", "mien")
    assert drain(world.fund.engine) == 6
    assert noted(world) == seqs
    assert {state for _reaction, state, _attempts in rows(world)} == {"delivered"}
    asked.append(False)
    more = add(world, "nico", "otto")
    drain(world.fund.engine)
    assert noted(world) == [*seqs, more[0], more[0], more[1], more[1]]
    asked.append(True)
    with writing(world.fund.engine) as connection:
        connection.execute(
            sa.text("update delivery set state = 'dead' where reaction = 'a_idle' and seq = :s"), {"s": more[0]}
        )
    last = add(world, "piet2")
    drain(world.fund.engine)
    assert noted(world)[-2:] == [last[0], last[0]]
