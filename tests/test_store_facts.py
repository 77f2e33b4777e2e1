"""Facts are append-only and chained, whoever writes: raw SQL on both databases."""

from __future__ import annotations

import ast
import pkgutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from fund import events
from fund.database import writing
from fund.events import FACTS, canonical_json
from fund.events.payables import OWED, Owed
from fund.events.registry import MODULES
from fund.store import Store, seal_event
from tests.factories import World, founded


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with founded(database_url) as made:
        yield made


def run(world: World, statement: str, **values: object) -> None:
    """What any client may try; really committed when it is not refused."""
    with writing(world.fund.engine) as connection:
        connection.execute(sa.text(statement), values)


REFUSED = (sa.exc.IntegrityError, sa.exc.InternalError, sa.exc.OperationalError, sa.exc.ProgrammingError)

ATTACKS = [
    "update event set payload = '{}' where seq = 2",
    "update event set actor = 'usr_other' where seq = 2",
    "update event set recorded_us = recorded_us + 1 where seq = 2",
    "delete from event where seq = 2",
    "delete from event",
    "delete from event where seq = (select max(seq) from event)",
    "update event_link set stream = 'elsewhere' where seq = 2",
    "delete from event_link where seq = 2",
    "update event_head set seq = 1",
    "update event_head set hash = zeroblob(32)",
    "update event_head set recorded_us = 4102444800000000",
    "update event_head set (seq, hash) = (select seq, hash from event where seq = 2)",
    "update event_head set (seq, hash, recorded_us) = (select seq, hash, recorded_us from event where seq = 2)",
    "delete from event_head",
    "delete from command",
    "update command set content_hash = zeroblob(32)",
    "update command set answer = 'other'",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_history_is_append_only_for_any_client(world: World, attack: str) -> None:
    world.do("user add", user="petra", name="rob", roles=["reviewer"])
    statement = (
        attack if "sqlite" in world.fund.url else attack.replace("zeroblob(32)", "decode(repeat('00', 32), 'hex')")
    )
    before = all_rows(world)
    with pytest.raises(REFUSED):
        run(world, statement)
    assert all_rows(world) == before


def test_a_table_of_facts_is_never_emptied(postgres_url: str) -> None:
    with founded(postgres_url) as world:
        for table in ("event", "event_link", "event_head", "command"):
            with pytest.raises(REFUSED):
                run(world, f"truncate {table} cascade")


def all_rows(world: World) -> list[tuple[object, ...]]:
    with writing(world.fund.engine) as connection:
        rows: list[tuple[object, ...]] = []
        for table in ("event", "event_link", "event_head", "command"):
            rows += [tuple(row) for row in connection.execute(sa.text(f"select * from {table} order by 1, 2"))]
        return rows


def forged(world: World, **changes: object) -> dict[str, object]:
    """A fact as a foreign client would write it, right in every way but the changes."""
    with writing(world.fund.engine) as connection:
        head = Store(connection).facts.head()
    fields: dict[str, object] = {
        "seq": head.seq + 1, "event_id": "evt_forged", "stream": "fund", "type": "fund.founded", "schema_version": 1,
        "occurred_us": 2**51, "recorded_us": 2**51, "effective_on": "2026-01-05", "actor": "system",
        "on_behalf_of": None, "command_id": None, "made_by": None, "made_command_id": None, "causation_id": "evt_cause",
        "payload": "{}",
    }  # fmt: skip
    fields.update({name: value for name, value in changes.items() if name in fields})
    previous = changes.get("prev_hash", head.hash)
    assert isinstance(previous, bytes)
    digest = changes.get("hash") or seal_event(previous, fields)
    return {**fields, "prev_hash": previous, "hash": digest}


def insert(world: World, fields: dict[str, object]) -> None:
    names = ", ".join(fields)
    run(world, f"insert into event ({names}) values ({', '.join(':' + name for name in fields)})", **fields)


def test_a_fact_in_the_chain_is_taken_from_any_client(world: World) -> None:
    insert(world, forged(world))


@pytest.mark.parametrize(
    "changes",
    [
        {"seq": 3},
        {"seq": 99},
        {"prev_hash": b"\1" * 32},
        {"recorded_us": 1},
        {"actor": "usr_x"},
        {"causation_id": None},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_fact_out_of_the_chain_is_refused(world: World, changes: dict[str, object]) -> None:
    if changes.get("causation_id", "") is None:
        changes = {**changes, "type": "user.added"}
    with pytest.raises(REFUSED):
        insert(world, forged(world, **changes))


def test_a_false_hash_is_refused_by_postgresql(postgres_url: str) -> None:
    with founded(postgres_url) as world, pytest.raises(REFUSED):
        insert(world, forged(world, hash=b"\7" * 32))


def test_nobody_acts_for_a_person_who_did_not_ask(world: World) -> None:
    with pytest.raises(REFUSED):
        insert(world, forged(world, actor="usr_victim", command_id="never asked", causation_id=None))


def test_python_and_the_database_seal_facts_alike(postgres_url: str) -> None:
    with founded(postgres_url) as world:
        world.do("user add", user="petra", name="Zoë O'Brien – naïve ☂ 𝒳", roles=["reviewer"])
        fields = forged(world, payload=canonical_json({"tekst": "ĳ é\u0301 \u202e 𝄞", "n": -1, "leeg": {}}))
        digest = fields.pop("hash")
        insert(world, fields)
        with writing(world.fund.engine) as connection:
            stored = connection.execute(sa.text("select hash from event order by seq desc limit 1")).scalar_one()
        assert bytes(stored) == digest


def test_every_fact_has_a_wire_name_and_a_docstring() -> None:
    for wire, fact in FACTS.items():
        assert "." in wire
        assert fact.__doc__, wire


def test_what_is_owed_is_found_by_the_names_of_its_facts() -> None:
    assert {wire: fact.ground for wire, fact in FACTS.items() if issubclass(fact, Owed)} == OWED


def test_a_fact_is_found_by_its_wire_name_without_importing_the_others() -> None:
    modules = {each.name for each in pkgutil.iter_modules(events.__path__)} - {"base", "registry", "values"}
    assert set(MODULES) == modules
    for wire, fact in FACTS.items():
        module = fact.__module__.rpartition(".")[2]
        assert wire.partition(".")[0] in MODULES[module], f"{wire} is not found in {module}"
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from fund.events import FACTS; assert 'round.planned' in FACTS and 'round.ever' not in FACTS;"
            "print(sorted(each for each in sys.modules if each.startswith('fund.events.')))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ast.literal_eval(found.stdout) == [f"fund.events.{each}" for each in ("base", "registry", "rounds")]
