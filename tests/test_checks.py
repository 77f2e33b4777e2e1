"""What ``fund verify`` finds when somebody with a database client has been at work, on both databases."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from fund import files
from fund.checks import verify
from fund.database import create_engine
from fund.schemas.writeoffs import Writeoff
from fund.store.guards import GuardStore
from tests.factories import World, founded
from tests.workflows.looking_back import AGREEMENT, admitted, evaluated, posted, received, until_completed


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A fund with a story, at rest."""
    with founded(database_url) as world:
        until_completed(world)
        evaluated(world)
        posted(world)
        yield world


def run(world: World, *statements: str) -> None:
    """As any client would."""
    with world.fund.engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


def unguarded(world: World, table: str) -> list[str]:
    """Statements that drop every trigger of a table."""
    sqlite = world.fund.engine.dialect.name == "sqlite"
    query = (
        f"select name from sqlite_master where type = 'trigger' and tbl_name = '{table}'"
        if sqlite
        else f"select tgname from pg_trigger where tgrelid = '{table}'::regclass and not tgisinternal"
    )
    with world.fund.engine.connect() as connection:
        names = list(connection.execute(sa.text(query)).scalars())
    return [f"drop trigger {name}" if sqlite else f"drop trigger {name} on {table}" for name in names]


def bad(found: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {check["name"]: check["findings"] for check in found["checks"] if not check["ok"]}


def test_a_fund_at_rest_is_clean(world: World) -> None:
    found = verify(world.fund.engine)
    assert bad(found) == {}
    assert found["ok"] is True
    assert found["first_bad_seq"] is None
    last = world.entries()[-1]
    assert found["head"] == {"seq": last.seq, "hash": last.hash.hex()}
    assert all(set(check) == {"name", "ok", "checked", "findings"} for check in found["checks"])
    assert {"ledger.chain", "facts.chain", "facts.entries", "facts.replay", "deliveries", "guards"} <= {
        check["name"] for check in found["checks"]
    }


def test_a_flipped_amount_with_the_triggers_dropped_names_the_entry(world: World) -> None:
    entry = world.entries()[5]
    run(
        world,
        *unguarded(world, "posting"),
        f"update posting set amount_cents = amount_cents + 1 where entry_id = '{entry.id}' and amount_cents > 0",
    )
    found = verify(world.fund.engine)
    assert found["ok"] is False
    assert found["first_bad_seq"] == entry.seq
    assert {"ledger.chain", "ledger.guards"} <= set(bad(found))


def test_a_changed_day_of_an_entry_names_it_in_ledger_and_facts(world: World) -> None:
    entry = world.entries()[5]
    run(world, *unguarded(world, "entry"), f"update entry set effective_on = '2026-01-06' where id = '{entry.id}'")
    found = verify(world.fund.engine)
    assert found["first_bad_seq"] == entry.seq
    assert [finding["seq"] for finding in bad(found)["facts.entries"]] == [entry.seq]


def test_a_changed_payload_names_the_fact_and_what_follows_from_it(world: World) -> None:
    with world.snapshot() as snapshot:
        fact = snapshot.store.facts.last_of(f"evaluation/{AGREEMENT}", "evaluation.accepted")
    assert fact is not None
    run(
        world,
        *unguarded(world, "event"),
        f'update event set payload = replace(payload, \'"learning":"3"\', \'"learning":"4"\') where seq = {fact.seq}',
    )
    findings = bad(verify(world.fund.engine))
    assert findings["facts.chain"][0]["seq"] == fact.seq
    assert [finding["place"] for finding in findings["facts.replay"]] == [f"evaluation/{AGREEMENT}"]
    assert "guards" in findings


def test_a_changed_amount_in_a_fact_contradicts_its_entry(world: World) -> None:
    entry = world.entries()[-1]
    run(
        world,
        *unguarded(world, "event"),
        "update event set payload = replace(payload, '1250001', '1250000') where type = 'writeoff.posted'",
    )
    findings = bad(verify(world.fund.engine))
    assert entry.seq in [finding["seq"] for finding in findings["facts.entries"]]


def test_a_closing_that_was_reopened_is_held_to_what_it_froze(small: World) -> None:
    with small.uow("anna") as uow:
        admitted(uow)
        received(uow)
    small.clock(date(2026, 2, 3))
    small.both("period lock", user="anna", second="bram", period="2026-01")
    small.both("period close", user="anna", second="bram", period="2026-01")
    small.both("period reopen", user="anna", second="bram", period="2026-01", reason="Een factuur vergeten.")
    with small.snapshot() as snapshot:
        closed = snapshot.store.facts.last_of("period/2026-01", "period.closed")
    assert closed is not None
    small.both(
        "ledger post", user="anna", second="bram", debits=[["4500", 1]], credits=[["2000.notaris", 1]],
        memo="Kosten notaris", reason="Factuur 7.", on=date(2026, 1, 31),
    )  # fmt: skip
    assert verify(small.fund.engine)["ok"] is True

    run(small, *unguarded(small, "posting"), "update posting set amount_cents = 2 * amount_cents")
    (finding,) = bad(verify(small.fund.engine))["facts.periods"]
    assert (finding["seq"], finding["place"]) == (closed.seq, "period/2026-01")
    assert finding["message"].startswith("closing 1 of 2026-01: the entries until ")

    run(small, *unguarded(small, "period"), "update period set trial_balance_hash = head_hash where status = 'closed'")
    (finding,) = bad(verify(small.fund.engine))["facts.periods"]
    assert finding["message"] == "closing 1 of 2026-01: the ledger kept another hash than the fact"

    run(small, "update period set status = 'locked' where status = 'open'")
    findings = bad(verify(small.fund.engine))["facts.periods"]
    assert findings[-1]["message"] == "the ledger has it locked, the facts open"


def test_a_fact_taken_out_leaves_a_gap(world: World) -> None:
    run(
        world,
        *unguarded(world, "event"),
        *unguarded(world, "event_link"),
        "delete from event_link where seq = 7",
        "delete from event where seq = 7",
    )
    findings = bad(verify(world.fund.engine))
    assert findings["facts.gap_free"][0]["seq"] == 7
    assert findings["facts.chain"][0]["seq"] == 8


@pytest.mark.parametrize(
    "change",
    [
        "update case_file set state = 'proposed' where kind = 'writeoff'",
        "update case_file set amount_cents = 1 where kind = 'writeoff'",
        "update case_file set document = replace(document, '\"learning\"', '\"hardship\"') where kind = 'writeoff'",
        "update case_file set document = 'x' where kind = 'writeoff'",
        "delete from case_file where kind = 'writeoff'",
    ],
)
def test_a_changed_case_file_is_told_from_its_facts(world: World, change: str) -> None:
    run(world, change)
    found = verify(world.fund.engine)
    findings = bad(found)
    assert list(findings) == ["facts.replay"]
    (finding,) = findings["facts.replay"]
    assert finding["place"] == f"writeoff/{AGREEMENT}-W1"
    with world.snapshot() as snapshot:
        assert finding["seq"] == snapshot.store.facts.of_stream(f"writeoff/{AGREEMENT}-W1")[-1].seq
    assert found["first_bad_event_seq"] == finding["seq"]


def test_a_field_that_a_case_file_leaves_out_stands_for_its_default_and_for_nothing_else(world: World) -> None:
    # Given: a case file of before the program knew of a field, and one that lost a field with something in it
    with world.snapshot() as snapshot:
        case = snapshot.cases(Writeoff)[0]
    document = json.loads(case.model_dump_json())
    fields = [name for name, field in Writeoff.model_fields.items() if not field.is_required()]
    unsaid = [name for name in fields if getattr(case, name) == Writeoff.model_fields[name].get_default()]
    said = [name for name in fields if name not in unsaid and document[name]]
    assert unsaid
    assert said
    for left_out, wrong in ((unsaid, []), (said[:1], ["facts.replay"])):
        kept = json.dumps({name: value for name, value in document.items() if name not in left_out})
        statement = sa.text("update case_file set document = :kept where kind = 'writeoff'")
        with world.fund.engine.begin() as connection:
            connection.execute(statement, {"kept": kept})
        assert list(bad(verify(world.fund.engine))) == wrong, left_out


def test_a_missing_delivery_row_is_found(world: World) -> None:
    with world.snapshot() as snapshot:
        fact = snapshot.store.facts.last_of(f"evaluation/{AGREEMENT}", "evaluation.accepted")
    assert fact is not None
    run(world, f"delete from delivery where event_id = '{fact.event_id}' and reaction = 'evaluations.publish'")
    findings = bad(verify(world.fund.engine))
    assert list(findings) == ["deliveries"]
    assert [(each["seq"], "evaluations.publish" in each["message"]) for each in findings["deliveries"]] == [
        (fact.seq, True)
    ]


@pytest.mark.parametrize(
    "change",
    [
        "delete from subscription where reaction = 'evaluations.publish'",
        "update subscription set since_seq = 99999 where reaction = 'evaluations.publish'",
    ],
)
def test_a_subscription_that_was_taken_away_or_put_off_is_found(small: World, change: str) -> None:
    run(small, change)
    findings = bad(verify(small.fund.engine))
    assert next(finding["place"] for finding in findings["deliveries"]) == "subscription:evaluations.publish"


@pytest.fixture
def small(database_url: str) -> Iterator[World]:
    """A fund that was founded, and nothing more."""
    with founded(database_url) as world:
        yield world


def test_a_head_that_is_gone_or_of_another_instant_is_found(small: World) -> None:
    last = verify(small.fund.engine)["events_head"]["seq"]
    for change in ("update event_head set recorded_us = recorded_us + 1", "delete from event_head"):
        run(small, *unguarded(small, "event_head"), change)
        found = verify(small.fund.engine)
        assert [(one["seq"], one["place"]) for one in bad(found)["facts.chain"]] == [(last, "event_head")]
        assert found["first_bad_event_seq"] == last


def test_a_row_that_its_table_forbids_is_found_where_the_rules_can_be_switched_off(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        client = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        client.execute("PRAGMA foreign_keys = OFF")
        client.execute("PRAGMA ignore_check_constraints = ON")
        link = client.execute("INSERT INTO event_link (stream, seq) VALUES ('partner/gm0344', 77)").lastrowid
        client.execute("INSERT INTO book (name, currency) VALUES ('x', 'euro')")
        client.close()
        places = [finding["place"] for finding in bad(verify(world.fund.engine))["guards"]]
        assert places == ["guard:CHECK constraint failed in book", f"guard:event_link/{link}"]


@pytest.mark.parametrize(
    "statement",
    [
        "create rule evil as on insert to event_link do instead nothing",
        "alter table posting enable row level security",
        "create table evil () inherits (entry)",
        "alter table event_link drop constraint fk_event_link_seq,"
        " add constraint fk_event_link_seq foreign key (seq) references event (seq) not valid",
    ],
)
def test_what_stands_between_a_table_and_its_readers_is_found(postgres_url: str, statement: str) -> None:
    with founded(postgres_url) as world:
        run(world, statement)
        (finding,) = bad(verify(world.fund.engine))["guards"]
        assert finding["place"] in ("guard:event_link", "guard:posting", "guard:entry", "guard:fk_event_link_seq")


def test_a_dropped_trigger_is_named(world: World) -> None:
    sqlite = world.fund.engine.dialect.name == "sqlite"
    run(world, "drop trigger event_fills_outbox" + ("" if sqlite else " on event"))
    findings = bad(verify(world.fund.engine))
    assert [finding["place"] for finding in findings["guards"]] == ["guard:event_fills_outbox"]


def test_a_trigger_that_does_something_else_is_named(world: World) -> None:
    if world.fund.engine.dialect.name == "sqlite":
        run(
            world,
            "drop trigger event_never_goes",
            "create trigger event_never_goes before delete on event begin select 1; end",
        )
        name = "event_never_goes"
    else:
        run(
            world,
            "create or replace function fund_fill_outbox() returns trigger language plpgsql as"
            " 'begin return null; end'",
        )
        name = "fund_fill_outbox"
    findings = bad(verify(world.fund.engine))
    assert [finding["place"] for finding in findings["guards"]] == [f"guard:{name}"]


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("alter function fund_event_in_chain() set search_path = evil, public", "fund_event_in_chain"),
        ("alter function fund_append_only() reset all", "fund_append_only"),
        ("alter function fund_fill_outbox() security invoker", "fund_fill_outbox"),
        ("grant execute on function fund_fill_outbox() to public", "fund_fill_outbox"),
        ("grant execute on function fund_event_in_chain() to fund_application", "fund_event_in_chain"),
        ("create function fund_append_only(a text) returns text language sql as 'select a'", "fund_append_only"),
        (
            "drop trigger event_fills_outbox on event; create trigger event_fills_outbox after insert on event"
            " for each row when (new.seq < 0) execute function fund_fill_outbox()",
            "event_fills_outbox",
        ),
        (
            "drop trigger event_never_changes on event; create trigger event_never_changes before delete on event"
            " for each row execute function fund_append_only()",
            "event_never_changes",
        ),
    ],
)
def test_a_guard_that_is_weakened_is_named(module_postgres_url: str, statement: str, name: str) -> None:
    engine = create_engine(module_postgres_url)
    with engine.connect() as connection:
        assert GuardStore(connection).problems()[1] == []
        connection.exec_driver_sql(statement)
        assert GuardStore(connection).problems()[1] == [(name, "this guard is not as it was installed")]
        connection.rollback()
    engine.dispose()


@pytest.mark.parametrize(
    ("statement", "name", "problem"),
    [
        ("drop constraint uq_event_hash", "uq_event_hash", "missing"),
        ("drop constraint ck_event_who", "ck_event_who", "missing"),
        ("drop constraint ck_event_who, add constraint ck_event_who check (true)",
         "ck_event_who", "not as it was installed"),
        ("drop constraint fk_event_command, add constraint fk_event_command foreign key (actor, command_id)"
         " references command on delete cascade", "fk_event_command", "not as it was installed"),
        ("alter payload drop not null", "event.payload", "not as it was installed"),
        ("alter occurred_us type numeric", "event.occurred_us", "not as it was installed"),
        ("add theirs integer", "event.theirs", "not ours"),
    ],
)  # fmt: skip
def test_a_table_of_facts_that_was_weakened_is_named(
    module_postgres_url: str, statement: str, name: str, problem: str
) -> None:
    engine = create_engine(module_postgres_url)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"alter table event {statement}")
        assert (name, f"this guard is {problem}") in GuardStore(connection).problems()[1]
        assert all(found[0] == name for found in GuardStore(connection).problems()[1])
        connection.rollback()
    engine.dispose()


def test_keys_that_a_restore_left_out_are_named(postgres_url: str) -> None:
    with founded(postgres_url) as world:
        run(world, "alter table delivery drop constraint pk_delivery", "drop index ix_event_type")
        (findings,) = bad(verify(world.fund.engine)).values()
        assert {each["place"] for each in findings} == {"guard:pk_delivery", "guard:ix_event_type"}


@pytest.mark.parametrize("table", ["pending", "account"])
def test_a_trigger_of_ours_by_its_name_that_stands_on_another_table_is_named(
    module_postgres_url: str, table: str
) -> None:
    engine = create_engine(module_postgres_url)
    with engine.connect() as connection:
        for statement in (
            "create function theirs() returns trigger language plpgsql as 'begin return null; end'",
            f"create trigger event_never_changes before insert on {table} execute function theirs()",
            "alter trigger event_never_changes on event rename to x",  # it is read last now, and hides nothing
            "alter trigger x on event rename to event_never_changes",
        ):
            connection.exec_driver_sql(statement)
        assert ("event_never_changes", "this guard is not as it was installed") in GuardStore(connection).problems()[1]
        connection.rollback()
    engine.dispose()


def test_a_trigger_that_is_switched_off_is_named(postgres_url: str) -> None:
    with founded(postgres_url) as world:
        run(world, "alter table event disable trigger event_never_changes")
        findings = bad(verify(world.fund.engine))
        assert [finding["place"] for finding in findings["guards"]] == ["guard:event_never_changes"]


@pytest.mark.parametrize("table", ["EVENT", "Entry"])
def test_a_trigger_of_somebody_else_is_named_however_its_table_is_written(sqlite_url: str, table: str) -> None:
    with founded(sqlite_url) as world:
        run(world, f"create trigger theirs after insert on {table} begin select 1; end")
        ((finding,),) = bad(verify(world.fund.engine)).values()
        assert (finding["place"], finding["message"]) == ("guard:theirs", "this trigger is not ours")


def test_a_guard_that_hides_its_change_between_quotes_is_named(sqlite_url: str) -> None:
    # what was a text with a space in it is now two, with a condition in between that begins like a comment
    evil = "'+0\n-- ' || '' || '\ndays'"
    with founded(sqlite_url) as world:
        with world.fund.engine.connect() as connection:
            query = sa.text("select sql from sqlite_master where name = 'account_keeps_days'")
            before = connection.execute(query).scalar_one()
        assert "'+0 days'" in before
        run(world, "drop trigger account_keeps_days")
        with world.fund.engine.begin() as connection:
            connection.exec_driver_sql(before.replace("'+0 days'", evil, 1))
        ((finding,),) = bad(verify(world.fund.engine)).values()
        assert finding["place"] == "guard:account_keeps_days"


def test_a_trigger_of_somebody_else_is_named(world: World) -> None:
    if world.fund.engine.dialect.name == "sqlite":
        run(world, "create trigger theirs after insert on event begin select 1; end")
    else:
        run(
            world,
            "create function theirs() returns trigger language plpgsql as 'begin return null; end'",
            "create trigger theirs after insert on event for each row execute function theirs()",
        )
    findings = bad(verify(world.fund.engine))
    assert [finding["place"] for finding in findings["guards"]] == ["guard:theirs"]


def test_an_attachment_that_was_changed_or_taken_away_is_named(world: World) -> None:
    with world.snapshot() as snapshot:
        ((sha256, _size),) = snapshot.store.work.blobs()
        folder = files.folder_of(snapshot)
    if folder is None:
        run(world, f"update blob set content = content || 'x' where sha256 = '{sha256}'")
    else:
        path = folder / sha256[:2] / sha256
        path.write_bytes(path.read_bytes() + b"x")
    findings = bad(verify(world.fund.engine))
    assert [finding["place"] for finding in findings["attachments"]] == [f"attachment:{sha256[:12]}"]
