"""Bad input on the command line: its exit code, its name, the place, both values, the way out, and nothing changed.

One fund of each kind stands for the whole file: whatever is typed here leaves it as it was, so it can be shared.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from fund import database
from fund.bank.simulation import StoryBank
from fund.database.versions import head_revision
from fund.errors import FundError
from fund.registry import PROJECTIONS
from tests.cli.test_commands import parse
from tests.conftest import Fund, Result, _administer, with_database
from tests.errors.cases import BANK
from tests.factories import PARTNERS_CSV, a_proposal_file, founded

OURS, ANOTHER = "NL91ABNA0417164300", "NL44RABO0123456789"
NOBODY = 65534
NOT_KEPT = ("command", "verification", "worker")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A fund with partners, an account, a called contribution, a locked month and an open round."""
    name = f"fund_{uuid.uuid4().hex[:12]}"
    server = ""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("bad") / "fund.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        url = f"sqlite:///{path}"
    else:
        server, template = request.getfixturevalue("postgres_template")
        _administer(server, f"create database {name} template {template} strategy file_copy")
        url = with_database(server, name)
    with founded(url) as world:
        world.people()
        world.partners()
        world.user("fatima", "partner_signatory", partner="gm0351")
        world.both("bank register", user="anna", second="bram", iban=OURS, account="1000")
        world.both("capital call", user="anna", second="bram", amount=100_000_00)
        world.both(
            "round plan",
            user="anna",
            second="carla",
            title="Eerste ronde",
            opens=date(2026, 2, 1),
            closes=date(2026, 2, 28),
            ceiling_cents=500_000_00,
            track="light",
        )
        world.clock(datetime(2026, 2, 10, 13, 2, tzinfo=UTC))
        world.both("period lock", user="anna", second="bram", period="2026-01")
    yield url
    if server:
        _administer(server, f"drop database if exists {name} with (force)")


def holdings(url: str) -> dict[str, object]:
    """Every row of the fund, counted, with the heads of both chains; recorded refusals are left out."""
    engine = database.create_engine(url)
    with database.reading(engine) as connection:
        counts: dict[str, object] = {
            name: connection.execute(sa.text(f"select count(*) from {name}")).scalar_one()
            for name in sa.inspect(connection).get_table_names()
            if name not in NOT_KEPT
        }
        refused = connection.execute(sa.text("select count(*) from event where type = 'command.refused'")).scalar_one()
        counts["event"] = int(str(counts["event"])) - refused
        counts["event_link"] = None
        counts["ledger"] = [tuple(row) for row in connection.execute(sa.text("select * from chain_head"))]
        counts["cases"] = connection.execute(
            sa.text("select count(*), sum(version), sum(amount_cents) from case_file")
        ).one()
        counts["counter"] = sorted(tuple(row) for row in connection.execute(sa.text("select * from counter")))
        counts["head"] = connection.execute(sa.text("select seq from event_head")).scalar_one() - refused
    engine.dispose()
    return counts


def refused(fund: Fund, url: str, *words: object, user: str | None = "anna", code: str, exit_code: int = 1) -> Result:
    """Type it for people and for programs: both are refused under ``code``, in our form, and nothing changed."""
    before = holdings(url)
    for_people = fund(*words, database=url, user=user)
    for_programs = fund(*words, "--json", database=url, user=user)
    assert (for_people.code, for_people.out) == (exit_code, ""), for_people.err
    assert re.search(rf"^error\[{code}\]: .", for_people.err, re.MULTILINE), for_people.err
    hints = [line for line in for_people.err.splitlines() if line.startswith("hint: ")]
    assert len(hints) == 1
    if (typed := hints[0].removeprefix("hint: ")).startswith("fund ") and not typed.startswith("fund init"):
        parse(typed)
    assert (for_programs.code, for_programs.out) == (exit_code, "")
    error = json.loads(for_programs.err)["error"]
    assert set(error) == {"code", "message", "hint", "details"}
    assert (error["code"], bool(error["message"])) == (code, True)
    assert FundError.every()[code].exit_code == exit_code
    assert holdings(url) == before
    return for_people


# ------------------------------------------------------------------------------------------------------------ amounts

AMOUNTS = (
    ("1.5.5", "it is not a number of euros"),
    ("NaN", "it is not a number of euros"),
    ("inf", "it is not a number of euros"),
    ("-0", "minus zero"),
    ("-0,00", "minus zero"),
    ("1e3", "exponents are not used for money"),
    ("12.345", "three digits after a point or comma can be thousands or decimals"),
    ("1234.567", "it has more than two decimals"),
    ("１２３４", "only the digits 0 to 9 are used"),
    ("٣", "only the digits 0 to 9 are used"),
    ("1.234.56", "thousands separators make it unclear"),
    ("1,234.567", "thousands separators make it unclear"),
    ("1 234", "thousands separators make it unclear"),
    ("+5", "it is not a number of euros"),
    (" 5", "it is not a number of euros"),
    ("", "it is empty"),
    ("0x10", "it is not a number of euros"),
    ("$ 5", "it is not a number of euros"),
    ("€ 12.500,-", "cents are digits: write ,00"),
)


@pytest.mark.parametrize(("text", "reason"), AMOUNTS)
def test_an_amount_that_is_none_is_refused_by_name(fund: Fund, place: str, text: str, reason: str) -> None:
    shown = refused(fund, place, "capital", "call", f"--amount={text}", code="invalid_amount", exit_code=2)
    assert shown.err.splitlines() == [
        f'error[invalid_amount]: --amount: "{text}" is not an amount: {reason}',
        "hint: write 1234.56, 1234,56 or 1234, with or without € or EUR before it; thousands as in 1.234,56",
    ]


def test_an_amount_beyond_sixty_four_bits_is_refused_with_the_largest(fund: Fund, place: str) -> None:
    shown = refused(fund, place, "capital", "call", "--amount", "92233720368547758.08", code="amount_too_large")
    assert "9223372036854775808 cents" in shown.err
    assert "9223372036854775807 cents" in shown.err


@pytest.mark.parametrize("text", ["0", "0,00", "-5", "-0.01"])
def test_an_amount_that_is_not_positive_is_refused_with_the_least(fund: Fund, place: str, text: str) -> None:
    shown = refused(fund, place, "capital", "call", f"--amount={text}", code="amount_not_positive")
    assert "at least EUR 0.01 is needed" in shown.err


# ------------------------------------------------------------------------------------------- people, partners, words


def test_an_unknown_partner_is_refused_with_how_many_there_are(fund: Fund, place: str) -> None:
    words = ("capital", "call", "--partner", "gm9999", "--amount", "100")
    shown = refused(fund, place, *words, code="unknown_partner")
    assert shown.err == (
        'error[unknown_partner]: "gm9999" is not one of the 34 partners of this fund\nhint: fund partner list\n'
    )
    refused(fund, place, "partner", "show", "gm9999", code="unknown_partner")


def test_a_day_in_a_locked_month_is_refused_with_both(fund: Fund, place: str) -> None:
    words = ("capital", "call", "--amount", "1000", "--on", "2026-01-20")
    shown = refused(fund, place, *words, code="closed_period")
    assert "2026-01-20 lies in 2026-01, which is locked" in shown.err
    assert shown.err.endswith("hint: book it on a later day, or fund period reopen 2026-01 --reason TEXT\n")


@pytest.mark.parametrize(
    "text", ["31/12/2026", "31-12-26", "2026-02-30", "30 februari 2026", "gisteren", "2026-13-01", ""]
)
def test_a_day_that_is_none_is_refused_by_name(fund: Fund, place: str, text: str) -> None:
    words = ("capital", "call", "--amount", "1000", f"--on={text}")
    shown = refused(fund, place, *words, code="invalid_day", exit_code=2)
    assert shown.err.startswith(f'error[invalid_day]: --on: "{text}" is not a day: ')


def test_a_role_that_may_not_is_refused_with_the_role_it_takes(fund: Fund, place: str) -> None:
    shown = refused(fund, place, "capital", "call", "--amount", "1000", user="bram", code="not_authorised")
    assert "bram (treasurer) may not do `capital call`: it is for fund manager" in shown.err
    refused(fund, place, "user", "add", "eva", "--role", "auditor", user="fatima", code="not_authorised")


def test_nobody_named_and_an_unknown_name_are_two_refusals(fund: Fund, place: str) -> None:
    refused(fund, place, "capital", "call", "--amount", "1000", user=None, code="no_actor", exit_code=2)
    shown = refused(fund, place, "capital", "call", "--amount", "1000", user="nemo", code="unknown_user")
    assert '"nemo" is not a user of this fund' in shown.err


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("aanvraag",), "een aanvraag heet hier `proposal`: fund proposal --help"),
        (("proposal", "indienen"), "indienen heet hier `submit`: fund proposal submit --help"),
        (("propsal",), "bedoelt u `proposal`? fund proposal --help"),
        (("proposal", "submitt", "2026-001"), "bedoelt u `submit`? fund proposal submit --help"),
        (("grootboek",), "grootboek heet hier `ledger`: fund ledger --help"),
    ],
)
def test_an_unknown_command_is_answered_with_what_was_meant(
    fund: Fund, sqlite_url: str, words: tuple[str, ...], hint: str
) -> None:
    shown = fund(*words, database=sqlite_url, lang="nl")
    assert (shown.code, shown.out) == (2, "")
    assert shown.err == f"error[unknown_command]: `fund {' '.join(words[:2])}` bestaat niet\nhint: {hint}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("proposal", "show", "2026-099"), "there is no proposal 2026-099\nhint: fund proposal list\n"),
        (("agreement", "show", "A2026-099"), "there is no agreement A2026-099\nhint: fund agreement list\n"),
        (("disbursement", "show", "D2026-9"), "there is no disbursement D2026-9\nhint: fund disbursement list\n"),
        (("round", "show", "2026-9"), "there is no round 2026-9\nhint: fund round show 2026-1\n"),
        (("confirm", "Q2026-0999", "--yes"), " Q2026-0999\nhint: fund inbox\n"),
        (("event", "list", "--stream", "user/nobody"), "there is no case user/nobody\nhint: fund event list\n"),
        (("event", "show", "999999"), "there is no event 999999\nhint: fund event list\n"),
    ],
)
def test_a_reference_that_nothing_has_is_refused_with_where_to_look(
    fund: Fund, place: str, words: tuple[str, ...], said: str
) -> None:
    assert refused(fund, place, *words, code="unknown_ref").err.endswith(said)


@pytest.mark.parametrize("kind", sorted(PROJECTIONS))
def test_whatever_is_looked_for_in_vain_the_hint_can_be_typed(sqlite_url: str, kind: str) -> None:
    with founded(sqlite_url) as world, world.snapshot() as snapshot, pytest.raises(FundError) as caught:
        snapshot.case(PROJECTIONS[kind].model, "nergens")
    parse(caught.value.advice)


@pytest.mark.parametrize(
    ("kind", "listed"),
    [
        ("bank_notification", "bank list"),
        ("cost", "cost list"),
        ("debit", "cost list"),
        ("exit", "partner list"),
        ("income", "cost list"),
        ("payable", "payment list"),
        ("resolution", "inbox"),
        ("transfer", "cost list"),
        ("writeoff", "writeoff list"),
    ],
)
def test_what_is_looked_for_in_vain_is_sought_in_the_list_that_holds_it(
    sqlite_url: str, kind: str, listed: str
) -> None:
    with founded(sqlite_url) as world, world.snapshot() as snapshot, pytest.raises(FundError) as caught:
        snapshot.case(PROJECTIONS[kind].model, "nergens")
    assert caught.value.advice == f"fund {listed}"


# ------------------------------------------------------------------------------------------------------ proposal files


def changed(text: bytes, pattern: str, replacement: str) -> bytes:
    """The form with the first line that matches replaced."""
    result, count = re.subn(pattern, replacement, text.decode(), count=1, flags=re.MULTILINE)
    assert count == 1
    return result.encode()


FORMS = (
    (
        "unknown field",
        r"^title = ",
        "titel = ",
        "faulty_form",
        r"toml:6: proposal.titel is no field .* `proposal.title`",
    ),
    ("missing field", r"^title = .*\n", "", "field_missing", r"plan.toml:3: proposal.title is missing"),
    ("wrong type", r"^title = .*", "title = 12", "wrong_type", r"plan.toml:6: title = 12\n.*title must be text"),
)


@pytest.mark.parametrize(
    ("pattern", "replacement", "code", "said"), [row[1:] for row in FORMS], ids=[row[0] for row in FORMS]
)
def test_a_faulty_form_is_refused_at_its_line(
    fund: Fund, place: str, tmp_path: Path, pattern: str, replacement: str, code: str, said: str
) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(changed(a_proposal_file(), pattern, replacement))
    shown = refused(fund, place, "proposal", "draft", path, user="fatima", code=code)
    assert re.search(said, shown.err), shown.err


def test_a_sum_that_does_not_match_is_refused_with_both_amounts(fund: Fund, database_url: str, tmp_path: Path) -> None:
    with founded(database_url) as world:
        world.people()
        world.partners()
        world.user("fatima", "partner_signatory", partner="gm0351")
        world.both(
            "round plan",
            user="anna",
            second="carla",
            title="Ronde",
            opens=date(2026, 2, 1),
            closes=date(2026, 2, 28),
            ceiling_cents=500_000_00,
            track="light",
        )
        world.clock(datetime(2026, 2, 10, 13, 2, tzinfo=UTC))
    path = tmp_path / "plan.toml"
    path.write_bytes(changed(a_proposal_file(), r'(budget.*\n(?:.*\n)*?)amount = "24000.00"', r'\1amount = "23000.00"'))
    at = {"database": database_url, "user": "fatima"}
    assert fund("proposal", "draft", path, **at).code == 0
    shown = refused(fund, database_url, "proposal", "submit", "2026-001", user="fatima", code="budget_differs_from_ask")
    assert "EUR 23,000.00" in shown.err
    assert "EUR 24,000.00" in shown.err
    assert "difference EUR 1,000.00" in shown.err or "a difference of EUR 1,000.00" in shown.err
    assert "plan.toml:" in shown.err


# ----------------------------------------------------------------------------------------------------------- bank files

XML = (
    ("cut_in_the_middle", "broken_xml"),
    ("tags_crossed", "broken_xml"),
    ("not_xml", "not_a_bank_statement"),
    ("doctype", "forbidden_doctype"),
    ("external_entity", "forbidden_doctype"),
    ("billion_laughs", "forbidden_doctype"),
    ("does_not_add_up", "bank_statement_does_not_add_up"),
    ("part_of_a_cent", "part_of_a_cent"),
)


@pytest.mark.parametrize(("name", "code"), XML, ids=[row[0] for row in XML])
def test_a_bad_bank_file_is_refused_at_its_line_and_nothing_is_imported(
    fund: Fund, place: str, tmp_path: Path, name: str, code: str
) -> None:
    path = tmp_path / f"{name}.xml"
    path.write_bytes(next(case.content for case in BANK if case.name == name))
    shown = refused(fund, place, "bank", "import", path, user="bram", code=code)
    assert re.search(rf"{re.escape(str(path))}:\d+: ", shown.err), shown.err


def test_a_statement_of_another_account_is_refused_with_both_accounts(fund: Fund, place: str, tmp_path: Path) -> None:
    other = StoryBank(ANOTHER)
    other.receive(1, name="?", iban=OURS, on=date(2026, 2, 9))
    path = tmp_path / "ander.xml"
    path.write_bytes(other.statement(date(2026, 2, 9)))
    shown = refused(fund, place, "bank", "import", path, user="bram", code="other_bank_account")
    assert f"{path}: statement" in shown.err
    assert ANOTHER in shown.err
    assert OURS in shown.err


@pytest.mark.parametrize("words", [("bank", "import"), ("proposal", "draft"), ("partner", "import"), ("key", "adopt")])
def test_an_empty_and_a_missing_file_are_refused_with_their_name(
    fund: Fund, place: str, tmp_path: Path, words: tuple[str, ...]
) -> None:
    empty = tmp_path / "leeg"
    empty.touch()
    shown = refused(fund, place, *words, empty, code="empty_file")
    assert f"{empty}: the file is empty (0 bytes)" in shown.err
    missing = tmp_path / "nergens"
    shown = refused(fund, place, *words, missing, code="no_such_file")
    assert f"{missing}: there is no such file" in shown.err
    assert str(Path.cwd()) in shown.err
    refused(fund, place, *words, tmp_path, code="input_no_file")


# ---------------------------------------------------------------------------------------------- databases that are ill

HOLD = {
    "sqlite": (
        "import sqlite3, sys; held = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "held.execute('begin immediate'); print('held', flush=True); sys.stdin.read()"
    ),
    "postgresql": (
        "import psycopg, sys; held = psycopg.connect(sys.argv[1]); held.execute('select * from event_head for update');"
        "print('held', flush=True); sys.stdin.read()"
    ),
}
"""Holds the lock of the fund until its standard input ends."""


@contextmanager
def held_elsewhere(url: str) -> Iterator[None]:
    """Another process holds the lock of the fund."""
    kind = url.partition(":")[0]
    where = url.removeprefix("sqlite:///")
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD[kind], where], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "held\n"
        yield
    finally:
        process.stdin.close()
        process.wait(timeout=20)
        process.stdout.close()


def test_a_locked_database_is_not_ready_and_is_never_waited_for_without_end(
    fund: Fund, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fund.database.sqlite.BUSY_TIMEOUT_MS", 200)
    before = holdings(place)
    with held_elsewhere(place):
        shown = fund("user", "add", "eva", "--role", "auditor", database=place, user="petra")
        for_programs = fund("user", "add", "eva", "--role", "auditor", "--json", database=place, user="petra")
        assert fund("user", "list", database=place).code == 0, "reading waits for nobody"
    assert (shown.code, shown.out) == (4, "")
    assert shown.err.startswith("error[database_busy]: the database ")
    assert "in use by another process; nothing was changed\nhint: try again in a moment" in shown.err
    assert (for_programs.code, for_programs.json["error"]["code"]) == (4, "database_busy")
    assert holdings(place) == before


@contextmanager
def somebody_without_rights() -> Iterator[None]:
    """File rights count for root too, once root is somebody else."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("folder_too", [False, True], ids=["the file", "the file and its folder"])
def test_a_read_only_file_is_not_ready_and_unchanged(
    fund: Fund, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, folder_too: bool
) -> None:
    with founded(sqlite_url):
        pass
    fund("user", "list", database=sqlite_url)  # whatever is loaded while it runs is loaded now
    fund("user", "add", "eva", "--role", "auditor", "--dry-run", database=sqlite_url, user="petra")
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    file = folder / "fund.db"
    shutil.copyfile(sqlite_url.removeprefix("sqlite:///"), file)
    file.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
    folder.chmod(0o555 if folder_too else 0o777)
    before = file.read_bytes()
    try:
        with somebody_without_rights():
            shown = fund("user", "add", "eva", "--role", "auditor", database=f"sqlite:///{file}", user="petra")
    finally:
        folder.chmod(0o777)
    assert (shown.code, shown.out) == (4, "")
    assert shown.err == (
        f"error[database_read_only]: the database {file} can be read but not written; nothing was changed\n"
        "hint: give this account the right to write the file and its folder, or use another --database\n"
    )
    assert file.read_bytes() == before
    shutil.rmtree(folder)


def test_a_file_opened_for_reading_only_can_be_read(fund: Fund, sqlite_url: str) -> None:
    with founded(sqlite_url):
        pass
    url = f"sqlite:///file:{sqlite_url.removeprefix('sqlite:///')}?mode=ro&uri=true"
    assert "petra" in fund("user", "list", database=url).out
    shown = fund("user", "add", "eva", "--role", "auditor", database=url, user="petra")
    assert (shown.code, shown.err.partition(":")[0]) == (4, "error[database_read_only]")


def test_a_server_that_only_reads_is_not_ready_and_unchanged(fund: Fund, postgres_url: str) -> None:
    with founded(postgres_url):
        pass
    name = urlsplit(postgres_url).path.removeprefix("/")
    before = holdings(postgres_url)
    _administer(
        with_database(postgres_url, "postgres"), f'alter database "{name}" set default_transaction_read_only = on'
    )
    shown = fund("user", "add", "eva", "--role", "auditor", database=postgres_url, user="petra")
    assert (shown.code, shown.out) == (4, "")
    assert shown.err.startswith("error[database_read_only]: the database postgresql://")
    assert fund("user", "list", database=postgres_url).code == 0
    assert holdings(postgres_url) == before


def test_a_login_that_may_only_read_is_not_ready_and_unchanged(fund: Fund, postgres_url: str) -> None:
    with founded(postgres_url):
        pass
    login = f"reader_{uuid.uuid4().hex[:8]}"
    engine = database.create_engine(postgres_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"create role {login} login password 'geheim123'")
        connection.exec_driver_sql(f"grant select on all tables in schema public to {login}")
    try:
        url = re.sub(r"//([^@/]*@)?", f"//{login}:geheim123@", postgres_url, count=1)
        before = holdings(postgres_url)
        shown = fund("user", "add", "eva", "--role", "auditor", database=url, user="petra")
        assert (shown.code, shown.out) == (4, "")
        assert shown.err.startswith("error[database_read_only]: the database postgresql://")
        assert "geheim123" not in shown.err
        assert "petra" in fund("user", "list", database=url).out
        assert holdings(postgres_url) == before
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"drop owned by {login}")
            connection.exec_driver_sql(f"drop role {login}")
        engine.dispose()


@pytest.mark.parametrize(
    ("found", "needed", "code", "hint"),
    [
        ("9999_from_the_future", None, "database_newer", "install the newer version of this program"),
        (None, "9999_from_the_future", "database_behind", "fund init"),
    ],
)
def test_a_database_of_another_version_is_not_ready_with_both_versions(
    fund: Fund,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    found: str | None,
    needed: str | None,
    code: str,
    hint: str,
) -> None:
    with founded(database_url):
        pass
    found, needed = found or head_revision(), needed or head_revision()
    engine = database.create_engine(database_url)
    with database.writing(engine) as connection:
        connection.execute(sa.text("update alembic_version set version_num = :version"), {"version": found})
    engine.dispose()
    monkeypatch.setattr("fund.database.versions.head_revision", lambda: needed)
    for words in (("user", "list"), ("status",), ("verify",), ("capital", "call", "--amount", "5")):
        shown = refused(fund, database_url, *words, code=code, exit_code=4)
        assert f"is at version {found}" in shown.err
        assert needed in shown.err
        assert shown.err.endswith(f"hint: {hint}\n")


@pytest.mark.parametrize("words", [("status",), ("user", "list"), ("capital", "call", "--amount", "5"), ("verify",)])
def test_a_file_that_is_no_database_is_refused_and_left_alone(
    fund: Fund, tmp_path: Path, words: tuple[str, ...]
) -> None:
    path = tmp_path / "fund.db"
    path.write_text("dit is geen database" * 200, encoding="utf-8")
    shown = fund(*words, database=f"sqlite:///{path}", user="anna")
    assert (shown.code, shown.out) == (4, "")
    assert shown.err.startswith(f"error[not_a_database]: {path} is not a database of the fund: ")
    assert path.read_text("utf-8") == "dit is geen database" * 200


def test_a_database_of_something_else_is_no_fund(fund: Fund, empty_database_url: str) -> None:
    engine = database.create_engine(empty_database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("create table recipes (name text)"))
    engine.dispose()
    shown = fund("user", "list", database=empty_database_url)
    assert (shown.code, shown.err.partition(":")[0]) == (4, "error[database_missing]")


def test_a_server_that_does_not_answer_is_not_ready_and_its_password_is_never_shown(fund: Fund) -> None:
    with socket.socket() as taken:  # a port on which nobody listens
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        url = f"postgresql://anna:geheim123@127.0.0.1:{port}/fonds"
        for words in (("status",), ("user", "list"), ("capital", "call", "--amount", "5"), ("init",), ("verify",)):
            extra = ("--admin", "a", "--fund-manager", "b", "--treasurer", "c") if words == ("init",) else ()
            for how in ((), ("--json",)):
                shown = fund(*words, *extra, *how, database=url, user="anna")
                assert shown.code == 4, (words, shown.err)
                assert "database_unreachable" in shown.err
                assert f"127.0.0.1:{port}" in shown.err
                assert "geheim123" not in shown.out + shown.err


def test_a_wrong_password_is_not_ready_and_is_not_repeated(fund: Fund, postgres_url: str) -> None:
    url = re.sub(r"//[^@/]*@", "//", postgres_url).replace("//", "//nobody:geheim123@", 1)
    shown = fund("user", "list", "--json", database=url)
    assert (shown.code, shown.json["error"]["code"]) == (4, "database_unreachable")
    assert "geheim123" not in shown.err


@pytest.mark.parametrize(
    "url", ["mysql://anna:geheim123@host/fonds", "geheim123", "sqlite:/relative", "postgresql://anna:geheim123@:x/f"]
)
def test_a_database_of_another_kind_is_refused_without_its_password(fund: Fund, url: str) -> None:
    shown = fund("user", "list", database=url)
    assert shown.code == 4, shown.err
    assert "geheim123" not in shown.err or url == "geheim123"


def test_a_partner_file_with_a_fault_imports_nothing(fund: Fund, place: str, tmp_path: Path) -> None:
    path = tmp_path / "partners.csv"
    path.write_bytes(
        PARTNERS_CSV.read_bytes().replace(b"Amersfoort", b"Amersfoort,een,kolom,te,veel,en,nog,een,en,meer", 1)
    )
    shown = refused(fund, place, "partner", "import", path, code="faulty_partner_file")
    assert f"{path}:2" in shown.err
