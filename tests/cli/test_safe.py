"""Safe by default: who may read the fund, what may be read into it, and what happens where nothing can be written."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click
import psycopg
import pytest
import sqlalchemy as sa

import cli
from cli import params
from cli.output import write_output
from fund import database, files
from fund.errors import FundError, NotReady
from fund.errors.database import DatabaseBusy, StorageFull
from fund.errors.usage import FileUnreadable, InputNoFile
from fund.outbox.relay import drain
from fund.paths import read_input, unwritable
from tests.cli.test_bad_input import somebody_without_rights
from tests.cli.test_commands import ALL
from tests.conftest import Fund
from tests.factories import PARTNERS_CSV, START, World, founded

FOUNDED = ("init", "--admin", "petra", "--fund-manager", "anna", "--treasurer", "bram")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# ----------------------------------------------------------------------------------------------------- who may read


def test_a_new_fund_is_for_its_own_account_alone(fund: Fund, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.umask(0o022)
    try:
        home = tmp_path / "new" / "home"
        assert fund(*FOUNDED, env={"FUND_HOME": str(home)}).code == 0
        assert (mode(home), mode(home / "fund.db")) == (0o700, 0o600)
        with sqlite3.connect(home / "fund.db") as held:  # as long as somebody reads, the files beside it are there
            held.execute("begin")
            held.execute("select * from fund_setting").fetchall()
            for name in ("partner import", "status"):
                words = [*name.split(), PARTNERS_CSV] if name == "partner import" else [name]
                fund(*words, user="anna", env={"FUND_HOME": str(home)})
            assert {mode(file) for file in home.iterdir()} == {0o600}
            assert (home / "fund.db-wal").exists()
        with founded_at(home) as world, world.uow(commit=False) as uow:
            hashed = files.put(uow, b"een bijlage")
        assert mode(home / "files") == mode(home / "files" / hashed[:2]) == 0o700
        assert mode(home / "files" / hashed[:2] / hashed) == 0o600
    finally:
        os.umask(before)


@contextmanager
def founded_at(home: Path) -> Iterator[World]:
    from fund.commands.opening import open_fund

    with open_fund(f"sqlite:///{home / 'fund.db'}") as opened:
        yield World(opened)


def test_what_is_there_already_keeps_its_rights_and_status_says_when_everybody_reads_it(
    fund: Fund, sqlite_url: str
) -> None:
    with founded(sqlite_url):
        pass
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    file.parent.chmod(0o755)
    file.chmod(0o644)
    seen = fund("status", database=sqlite_url)
    assert seen.code == 3
    assert f"Every account of this machine can read {file}." in seen.out
    assert f"Next step: chmod o= {file}" in seen.out
    assert "Iedere gebruiker van deze machine kan" in fund("status", database=sqlite_url, lang="nl").out
    assert mode(file) == 0o644
    subprocess.run(["chmod", "o=", str(file)], check=True)
    assert fund("status", database=sqlite_url).code == 0
    file.chmod(0o644)
    file.parent.chmod(0o700)  # nobody else comes that far
    assert fund("status", "--json", database=sqlite_url).json["readable_by_others"] is False


def test_a_server_has_no_file_to_look_at(fund: Fund, postgres_url: str) -> None:
    with founded(postgres_url):
        pass
    assert fund("status", "--json", database=postgres_url).json["readable_by_others"] is False


@pytest.mark.parametrize(
    ("option", "url", "way"),
    [
        ("--database", "postgresql://anna:geheim123@host/fund", "~/.pgpass"),
        ("--database", "postgresql://anna:ge/heim123@host/fund", "PGPASSWORD"),
        ("--database", "postgresql://host/fund?user=anna&password=geheim123", "FUND_DATABASE"),
        ("--broker", "redis://:geheim123@host:6379/0", "FUND_BROKER"),
    ],
)
def test_a_password_does_not_stand_among_what_everybody_can_read(fund: Fund, option: str, url: str, way: str) -> None:
    for words in ((option, url, "status"), ("demo", option, url)):
        refused = fund(*words, "--json")
        assert (refused.code, refused.json["error"]["code"]) == (2, "password_shown")
        assert way in refused.json["error"]["hint"]
        assert "heim123" not in refused.err
    assert "iedereen op deze machine" in fund(option, url, "status", lang="nl").err
    given = fund("status", env={f"FUND_{option[2:].upper()}": url})  # a variable is for this account alone
    assert "password_shown" not in given.err
    assert "heim123" not in given.err


@pytest.mark.parametrize(
    ("url", "code", "place"),
    [
        ("postgresql://anna:p@geheim@localhost:1/fund", "database_unreachable", "postgresql://anna…"),
        ("postgresql://anna:p@ss/geheim@localhost:1/fund", "database_unreachable", "postgresql://anna…"),
        ("postgresql://anna:p/geheim@localhost:abc/fund", "unknown_database", "postgresql://anna…"),
        ("postgresql://localhost:abc/fund?password=geheim", "unknown_database", "postgresql://localhost…"),
        ("mysql://anna@host/fund?password=geheim", "unknown_database", "mysql://anna…"),
        ("postgresql://anna:geheim", "unknown_database", "postgresql://anna…"),
        ("postgresql:/anna:geheim@host/fund", "unknown_database", "postgresql:/anna…"),
        ("anna:geheim@host/fund", "unknown_database", "anna…"),
        ("host=localhost password=geheim", "unknown_database", "host…"),
        ("sqlit/fund.db", "unknown_database", "sqlit/fund.db"),
        ("postgresql://localhost:1/fund?PASSWORD=geheim", "database_unreachable", "postgresql://localhost:1/fund"),
        ("postgresql://localhost:1/fund?options=-c%20a.b%3Dgeheim&sslmode=disable", "database_unreachable",
         "postgresql://localhost:1/fund?sslmode=disable"),
    ],
)  # fmt: skip
def test_an_address_with_a_fault_is_refused_without_its_password(fund: Fund, url: str, code: str, place: str) -> None:
    for words in (("status",), FOUNDED):
        refused = fund(*words, "--json", database=url)
        assert refused.json["error"]["code"] == code
        assert refused.json["error"]["details"]["place"] == place
        assert "geheim" not in refused.out + refused.err
    log = Path(os.environ["FUND_HOME"]) / "fund.log"
    assert not log.exists() or "geheim" not in log.read_text()


@pytest.mark.parametrize("url", ["redis://:geheim@db:abc/0", "redis:geheim", "redis://:x@db:1?geheim=1", "geheim"])
def test_a_broker_with_a_fault_is_refused_without_its_password(fund: Fund, sqlite_url: str, url: str) -> None:
    with founded(sqlite_url):
        pass
    for words in (("status",), ("worker",)):
        refused = fund(*words, database=sqlite_url, env={"FUND_BROKER": url})
        assert (refused.code, refused.err.partition(":")[0]) == (2, "error[unknown_broker]")
        assert "geheim" not in refused.out + refused.err


def test_a_login_without_a_password_is_no_secret(fund: Fund, postgres_url: str) -> None:
    with founded(postgres_url):
        pass
    assert fund("--database", postgres_url, "user", "list").code == 0


# ------------------------------------------------------------------------------------------------------ what comes in


@pytest.fixture
def odd(tmp_path: Path) -> dict[str, str]:
    """What is no plain file, by what it is called in a refusal."""
    os.mkfifo(tmp_path / "pijp")
    (tmp_path / "lus").symlink_to("/dev/zero")
    return {
        "a device": "/dev/zero", "a pipe": str(tmp_path / "pijp"), "a folder": str(tmp_path),
        "a device behind a link": str(tmp_path / "lus"),
    }  # fmt: skip


def takes_files() -> Iterator[tuple[str, click.Parameter]]:
    for words, command in ALL:
        for param in command.params:
            if isinstance(param.type, type(params.FILE)):
                yield " ".join(words), param


def test_every_command_that_reads_a_file_refuses_a_device_and_a_pipe_and_waits_for_neither(odd: dict[str, str]) -> None:
    found = list(takes_files())
    assert len(found) >= 25
    for name, param in found:
        for what, path in odd.items():
            with pytest.raises(InputNoFile) as refused:
                param.type.convert(path, param, click.Context(click.Command("")))
            assert refused.value.details["path"] == path, name
            assert refused.value.details["what"] in what or path.endswith("lus"), name


def test_every_kind_of_file_is_measured_before_it_is_read(tmp_path: Path) -> None:
    large = tmp_path / "reus"
    with large.open("wb") as file:
        file.truncate(5 << 30)  # it takes no room on the disk, and would in memory
    codes = set()
    tracemalloc.start()
    for kind in {param.type for _name, param in takes_files()}:
        with pytest.raises(FundError) as refused:
            kind.convert(str(large), None, None)
        assert refused.value.details["size"] == 5 << 30
        codes.add(refused.value.code())
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert codes == {"input_too_large", "form_too_large", "bank_file_too_large", "attachment_too_large"}
    assert peak < 5_000_000


def test_a_bank_file_without_end_takes_no_memory(fund: Fund, sqlite_url: str) -> None:
    with founded(sqlite_url):
        pass
    refused = fund("bank", "import", "/dev/zero", database=sqlite_url, user="bram")
    assert (refused.code, refused.err.splitlines()[0]) == (
        1,
        "error[input_no_file]: FILE...: /dev/zero: this is no plain file but a device; nothing was read",
    )
    program = f"import resource; resource.setrlimit(resource.RLIMIT_AS, (600 << 20,) * 2); {RUN}"
    words = ["--database", sqlite_url, "--as", "bram", "bank", "import", "-", "--json"]
    with open("/dev/zero", "rb") as zero:
        ended = subprocess.run([sys.executable, "-c", program, *words], stdin=zero, capture_output=True, check=False)
    assert (ended.returncode, b"bank_file_too_large" in ended.stderr) == (1, True), ended.stderr


RUN = "from cli.main import main; main()"


def test_nothing_else_in_the_command_line_opens_a_file_to_read() -> None:
    ways = re.compile(r"\.read_bytes\(|\.read_text\(|stdin\.buffer|click\.File|fromfile|tomllib\.load\(")
    found = {
        (path.name, line.strip())
        for path in Path(cli.__file__).parent.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if ways.search(line) and "resources.files" not in line
    }
    assert found == set()


def test_a_database_that_is_no_plain_file_is_named_and_not_waited_for(fund: Fund, odd: dict[str, str]) -> None:
    for path in odd.values():
        for words in (("status",), FOUNDED):
            refused = fund(*words, "--json", database=f"sqlite:///{path}")
            assert (refused.code, refused.json["error"]["code"]) == (4, "not_a_database"), path


def test_a_pipe_in_the_place_of_a_file_of_our_own_is_not_waited_for(
    fund: Fund, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path(sqlite_url.removeprefix("sqlite:///")).parent
    with founded(sqlite_url):
        pass
    os.mkfifo(home / "fund.db-turn")
    assert fund("user", "add", "eva", "--role", "auditor", database=sqlite_url, user="petra").code == 0
    os.mkfifo(home / "fund.log")
    (home / "elsewhere").mkdir()
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(home / "elsewhere"))
    monkeypatch.setattr("cli.main._carried_out", lambda _args: 1 // 0)
    failed = fund("status", env={"FUND_HOME": str(home)})
    log = home / "elsewhere" / "fund.log"
    assert (failed.code, str(log) in failed.err.replace("\n  ", " "), mode(log)) == (5, True, 0o600)


def test_a_trace_is_not_written_in_a_file_that_somebody_else_laid(
    fund: Fund, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr("cli.main._carried_out", lambda _args: 1 // 0)
    (tmp_path / "fund.log").touch()
    real = os.fstat

    def of_another(handle: int) -> Any:
        found = real(handle)
        return os.stat_result((*found[:4], found.st_uid + 1, *found[5:]))

    monkeypatch.setattr("cli.main.os.fstat", of_another)
    failed = fund("status", env={"FUND_HOME": str(tmp_path)})
    assert failed.code == 5
    assert "ZeroDivisionError" in failed.err
    assert (tmp_path / "fund.log").read_bytes() == b""


def test_a_database_behind_a_link_that_leads_to_nothing_yet_is_for_its_own_account_alone(
    fund: Fund, tmp_path: Path
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "fund.db").symlink_to("there/fund.db")
    before = os.umask(0o022)
    try:
        assert fund(*FOUNDED, database=f"sqlite:///{tmp_path / 'fund.db'}").code == 0
    finally:
        os.umask(before)
    assert mode(tmp_path / "there" / "fund.db") == 0o600


def test_a_home_that_cannot_be_is_told_and_is_no_fault_of_the_program(fund: Fund, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0)
    (tmp_path / "file").touch()
    homes = {
        "~nobody-here/fund": ("database_missing", "~nobody-here/fund/fund.db"),
        "a" * 300: ("database_unreachable", "the name is too long"),
        str(closed / "fund"): ("database_unreachable", "this account has no right to it"),
        str(tmp_path / "file"): ("database_missing", "file/fund.db"),
    }
    for home, (code, said) in homes.items():
        with somebody_without_rights() if "closed" in home else nullcontext():
            refused = fund("status", "--json", env={"FUND_HOME": home})
        assert (refused.code, refused.json["error"]["code"]) == (4, code), home
        assert said in refused.json["error"]["message"]
    refused = fund(*FOUNDED, env={"FUND_HOME": str(tmp_path / "file")}, lang="nl")
    assert "file/fund.db: wat een map moet zijn, is een bestand" in refused.err.replace("\n  ", " ")


@pytest.mark.parametrize(
    ("closed", "words", "code", "said"),
    [
        (0, ("bank", "import", "-"), 1, "error[empty_file]"),
        (1, ("user", "list"), 4, "error[output_failed]: the result cannot be written: it is closed"),
        (2, ("user", "list"), 0, ""),
    ],
)
def test_a_stream_that_was_closed_before_is_no_fault_of_the_program(
    sqlite_url: str, closed: int, words: tuple[str, ...], code: int, said: str
) -> None:
    with founded(sqlite_url):
        pass
    program = [sys.executable, "-c", RUN, "--lang", "en", "--database", sqlite_url, "--as", "bram", *words]
    ended = subprocess.run(program, capture_output=True, check=False, preexec_fn=lambda: os.close(closed))
    assert (ended.returncode, said in ended.stderr.decode()) == (code, True), ended


def test_a_setting_in_a_file_is_read_with_the_same_care(fund: Fund, odd: dict[str, str]) -> None:
    for path in odd.values():
        refused = fund("status", "--json", env={"FUND_DATABASE_FILE": path})
        assert (refused.code, refused.json["error"]["code"]) == (4, "setting_unreadable")


def test_a_link_to_a_plain_file_is_followed_and_one_for_an_attachment_is_not(tmp_path: Path) -> None:
    (tmp_path / "lijst.csv").write_bytes(b"x")
    (tmp_path / "link").symlink_to("lijst.csv")
    assert read_input(str(tmp_path / "link")) == b"x"
    with pytest.raises(InputNoFile):
        read_input(str(tmp_path / "link"), links=False)


def test_a_kept_file_that_was_swapped_for_a_device_is_named_and_not_read(sqlite_url: str) -> None:
    with founded(sqlite_url) as world, world.uow() as uow:
        hashed = files.put(uow, b"een bijlage")
        kept = (files.folder_of(uow) or Path()) / hashed[:2] / hashed
        kept.unlink()
        kept.symlink_to("/dev/zero")
        assert files.verify(uow) == (1, [(hashed, "its bytes are others")])
        kept.unlink()
        assert files.verify(uow) == (1, [(hashed, "its bytes are gone")])


# ------------------------------------------------------------------------------------------------------ a full disk


@pytest.fixture
def small_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Callable[[bool], None]]]:
    """A folder on a disk of its own, and the function that fills it up or makes room again.

    It is a real one where this account may mount; elsewhere SQLite and the writers are told that nothing is left.
    """
    folder = Path(tempfile.mkdtemp())
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    real = mounted.returncode == 0
    full = {"it": False}

    def fill(fully: bool) -> None:
        full["it"] = fully
        filler = folder / "filler"
        if real and fully:
            with suppress(OSError), filler.open("wb", buffering=0) as out:
                while True:
                    out.write(b"x" * 1024)
        elif real:
            filler.unlink()

    if not real:
        made = tempfile.mkstemp

        def mkstemp(*args: Any, **kwargs: Any) -> tuple[int, str]:
            if full["it"]:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return made(*args, **kwargs)

        def limited(connection: Any, _record: object) -> None:
            if full["it"]:
                used = connection.execute("pragma page_count").fetchone()[0]
                connection.execute(f"pragma max_page_count = {used}")

        monkeypatch.setattr(tempfile, "mkstemp", mkstemp)
        sa.event.listen(sa.engine.Engine, "connect", limited)
    yield folder, fill
    if real:
        subprocess.run(["umount", "-l", str(folder)], check=True)
    else:
        sa.event.remove(sa.engine.Engine, "connect", limited)
    shutil.rmtree(folder, ignore_errors=True)


def test_a_full_disk_is_told_as_such_changes_nothing_and_goes_on_with_room(
    fund: Fund, small_disk: tuple[Path, Callable[[bool], None]]
) -> None:
    folder, fill = small_disk
    url = f"sqlite:///{folder / 'fund.db'}"
    assert fund(*FOUNDED, database=url).code == 0
    before = fund("event", "list", "--json", database=url).json
    fill(True)
    adding = ("user", "add", "eva", "--role", "auditor", "--command-id", "eva", "--json")
    refused = None
    for number in range(100):  # the last free pages may take a few
        words = ("user", "add", f"riet{number}", "--role", "auditor", "--json")
        refused = fund(*words, database=url, user="petra")
        if refused.code:
            break
    assert refused is not None
    assert (refused.code, refused.json["error"]["code"]) == (4, "storage_full"), refused
    assert fund(*adding, database=url, user="petra").json["error"]["code"] == "storage_full"
    written = fund("ledger", "trial-balance", "--format", "csv", "--output", folder / "tb.csv", "--json", database=url)
    if written.code:
        assert (written.code, written.json["error"]["code"]) == (4, "storage_full"), written
    fill(False)
    assert fund(*adding, database=url, user="petra").code == 0
    after = fund("event", "list", "--json", database=url).json
    assert len(after["events"]) > len(before["events"])
    assert fund("verify", database=url).code == 0


def test_who_writes_a_file_tells_a_full_disk_from_a_lack_of_rights(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_room = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert isinstance(unwritable("x", OSError(errno.EDQUOT, "")), StorageFull)
    refused = unwritable("x", OSError(errno.EACCES, "Permission denied"))
    assert isinstance(refused, FileUnreadable)
    assert str(refused) == "x: this account has no right to it"
    assert str(unwritable("x", OSError(errno.EMLINK, "Too many links"))) == "x: Too many links"

    def mkstemp(*_args: Any, **_kwargs: Any) -> tuple[int, str]:
        raise no_room

    monkeypatch.setattr(tempfile, "mkstemp", mkstemp)
    with pytest.raises(StorageFull) as refused:
        write_output(str(tmp_path / "x.csv"), b"x")
    assert refused.value.details["place"] == str(tmp_path / "x.csv")
    with founded(sqlite_url) as world, world.uow(commit=False) as uow, pytest.raises(StorageFull):
        files.put(uow, b"een bijlage")


@pytest.mark.parametrize(("state", "code"), [("53100", "storage_full"), ("53300", "database_unreachable")])
def test_a_server_without_room_is_not_one_with_too_many_callers(state: str, code: str) -> None:
    problem = sa.exc.OperationalError("insert", {}, psycopg.errors.lookup(state)("what the server says"))
    found = database.unavailable(problem)
    assert isinstance(found, NotReady)
    assert found.code() == code


# ------------------------------------------------------------------------------------------------ a read-only place


@pytest.fixture(params=["alone", "with -wal", "with -wal and -shm"])
def sealed(request: pytest.FixtureRequest, sqlite_url: str) -> Iterator[Path]:
    """A copy of a fund that nobody may write: as a snapshot leaves it, or a copy on a disk that is read only."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    source = Path(sqlite_url.removeprefix("sqlite:///"))
    with founded(sqlite_url) as world, sqlite3.connect(source) as held:
        held.execute("begin")
        held.execute("select * from fund_setting").fetchall()
        world.user("eva", "auditor")
        world.partners()
        for end in {"alone": (), "with -wal": ("-wal",), "with -wal and -shm": ("-wal", "-shm")}[request.param]:
            assert Path(f"{source}{end}").stat().st_size
            shutil.copy(f"{source}{end}", folder / f"fund.db{end}")
        if request.param != "alone":
            shutil.copy(source, folder / "fund.db")
    if request.param == "alone":
        with sqlite3.connect(source) as whole:
            whole.execute("pragma wal_checkpoint(truncate)")
        shutil.copy(source, folder / "fund.db")
    for file in folder.iterdir():
        file.chmod(0o444)
    folder.chmod(0o555)
    yield folder / "fund.db"
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_fund_in_a_place_that_takes_no_files_can_be_read_whole(fund: Fund, sealed: Path, sqlite_url: str) -> None:
    url, before = f"sqlite:///{sealed}", {path: path.read_bytes() for path in sealed.parent.iterdir()}
    fund("verify", "--json", database=sqlite_url)  # whatever is loaded while it runs is loaded now
    fund("status", "--json", database=sqlite_url)
    fund("ledger", "verify", "--json", database=sqlite_url)
    with somebody_without_rights():
        verified = fund("verify", "--json", database=url)
        assert (verified.code, verified.json["ok"]) == (0, True), verified
        assert verified.json["head"]["seq"] == 0
        assert fund("status", "--json", database=url).json["events_head"]["seq"] > 34, "the -wal is read too"
        assert "eva" in fund("user", "list", database=url).out
        assert fund("ledger", "verify", "--json", database=url).code == 0
        refused = fund("user", "add", "riet", "--role", "auditor", "--json", database=url, user="petra")
        assert (refused.code, refused.json["error"]["code"]) == (4, "database_read_only")
        asked = f"sqlite:///file:{sealed}?mode=ro&uri=true"
        assert fund("status", "--json", database=asked).json["events_head"]["seq"] > 34
    assert {path: path.read_bytes() for path in sealed.parent.iterdir()} == before


def test_who_reads_without_a_lock_hears_that_somebody_wrote_meanwhile(sealed: Path) -> None:
    with somebody_without_rights():
        engine = database.create_engine(f"sqlite:///{sealed}")
        with database.reading(engine) as connection:
            without_lock = "fund_stamp" in connection.connection.info
    assert without_lock == (len(list(sealed.parent.iterdir())) < 3)
    if without_lock:
        with pytest.raises(DatabaseBusy):
            _written_to_while_read(engine, sealed)


def _written_to_while_read(engine: database.Engine, file: Path) -> None:
    with somebody_without_rights(), database.reading(engine) as connection:
        assert connection.execute(sa.text("select count(*) from fund_setting")).scalar_one()
        if os.getuid() == 0:
            os.seteuid(0)
        else:
            file.chmod(0o644)
        os.utime(file)


@pytest.mark.parametrize("way", [database.reading, database.writing])
def test_an_interrupt_in_the_middle_of_a_question_is_an_interrupt(
    database_url: str, way: Callable[..., AbstractContextManager[database.Connection]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_args: object) -> None:
        raise KeyboardInterrupt

    engine = database.create_engine(database_url)
    with pytest.raises(KeyboardInterrupt):
        _asked(way(engine), lambda: monkeypatch.setattr(engine.dialect, "do_execute", interrupted))
    monkeypatch.undo()
    with way(engine) as connection:
        assert connection.execute(sa.text("select 1")).scalar_one() == 1
    engine.dispose()


def _asked(connected: AbstractContextManager[database.Connection], before: Callable[[], None]) -> None:
    with connected as connection:
        before()
        connection.execute(sa.text("select 1"))


# --------------------------------------------------------------------------------------------------- site and status


def test_the_folder_in_which_somebody_works_is_not_replaced_by_a_site(
    fund: Fund, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with founded(sqlite_url) as world:
        world.partners()
    work = tmp_path / "werk" / "hier"
    work.mkdir(parents=True)
    monkeypatch.chdir(work)
    for output in (".", "..", work, tmp_path / "werk" / ".", "../../werk"):
        refused = fund("statement", "site", "--output", output, "--json", database=sqlite_url)
        assert (refused.code, refused.json["error"]["code"]) == (1, "site_around_shell"), output
        assert refused.json["error"]["hint"] == f"fund statement site --output {work / 'site'}"
        made = [path.name for path in (*work.iterdir(), *work.parent.iterdir())]
        assert set(made) <= {"hier", "site"}, "nothing but what the advice itself makes"


def test_late_deadlines_that_nobody_acts_on_need_a_person(fund: Fund, database_url: str) -> None:
    with founded(database_url) as world:
        world.people()
        world.both(
            "round plan", user="anna", second="carla", title="Ronde", opens=date(2026, 2, 1),
            closes=date(2026, 2, 28), ceiling_cents=100_000_00, track="light",
        )  # fmt: skip
        assert fund("status", database=database_url).code == 0
        with database.writing(world.fund.engine) as connection:
            from fund.store import Store

            Store(connection).work.hold_clock(START + timedelta(days=40))
        seen = fund("status", database=database_url)
        assert (seen.code, "late deadlines: 1; workers: 0" in seen.out) == (3, True)
        assert "No worker runs" in seen.out
        step = seen.out.splitlines()[-1]
        assert step == f"Next step: fund worker{' --once' if database_url.startswith('sqlite') else ''}"
        assert "Er draait geen" in fund("status", database=database_url, lang="nl").out
        with database.writing(world.fund.engine) as connection:  # somebody is at work: it is only a matter of time
            store = Store(connection)
            store.deliveries.seen(worker_id="w-1", version="1", revision="", at=store.work.database_clock())
        assert fund("status", "--json", database=database_url).json["nobody_at_work"] is False
        with database.writing(world.fund.engine) as connection:
            Store(connection).deliveries.gone("w-1")
        drain(world.fund.engine)
        assert fund("status", database=database_url).code == 0


def test_a_person_who_is_needed_hears_why_and_what_helps(
    fund: Fund, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cli.status import SAID
    from fund import operations

    with founded(sqlite_url):
        pass
    assert list(SAID) == list(operations.REASONS)
    for lang in ("en", "nl"):
        quiet = fund("status", database=sqlite_url, lang=lang)
        assert quiet.code == 0
        heard = set()
        for reason in operations.REASONS:
            with monkeypatch.context() as patch:
                patch.setitem(operations.REASONS, reason, lambda _found: True)
                seen = fund("status", database=sqlite_url, lang=lang)
                programs = fund("status", "--json", database=sqlite_url, lang=lang).json
            assert (seen.code, programs["needs_person"], programs["reasons"]) == (3, True, [reason])
            assert seen.out.startswith(quiet.out)
            why, *steps = seen.out.removeprefix(quiet.out).splitlines()
            heard.add(why)
            assert [bool(re.search(": (fund|chmod) ", step)) for step in steps] == [True] * bool(SAID[reason].step)
        assert len(heard) == len(SAID), "each in its own words"


def test_a_broker_that_is_away_is_the_reason_that_status_gives(fund: Fund, sqlite_url: str) -> None:
    with founded(sqlite_url):
        pass
    seen = fund("status", database=sqlite_url, broker="redis://127.0.0.1:1/0")
    assert seen.code == 3
    assert "The broker does not answer" in seen.out.splitlines()[-1]
    assert "event deliveries" not in seen.out
