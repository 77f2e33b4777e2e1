"""A process that is killed leaves all of an entry or nothing of it."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from fund.database import Engine
from tests.ledger.conftest import opened

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
