"""What both peers of the ledger's benchmark share: the command line, the entries, the clients and the clock.

A peer makes a fresh book and gives each client process a :class:`Client`. All clients get the same entries from the
same seed, as plain :class:`Line` values; turning them into what the peer takes is part of what is measured.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any, NamedTuple, Protocol

SEED = 20270310
FIRST_DAY = date(2027, 3, 1)
ACCOUNTS = [str(1000 + number) for number in range(1000)]
DAYS = 1_800
WIDE = 2_000
TYPES = ("asset", "liability", "equity", "income", "expense")
WORKLOADS = ("w1", "w1hot", "w2", "asof", "trial", "verify", "wide")
FILLED = {"asof": 500_000, "trial": 500_000, "verify": 200_000}
FILL_BATCH = 1_000
WARM_UP = 1.0
ATTEMPTS = 10


class Line(NamedTuple):
    """One entry as plain data: its legs are account codes with cents, debit positive."""

    key: str
    day: date
    kind: str
    memo: str
    actor: str
    event: str
    legs: Sequence[tuple[str, int]]


class Client(Protocol):
    """What one client process does with the book; every posting method ends in a durable commit."""

    def post(self, line: Line) -> object:
        """Write one entry and commit."""

    def post_many(self, lines: Sequence[Line]) -> object:
        """Write all entries in one commit."""

    def balance(self, code: str, day: date) -> int:
        """The balance at the end of a day."""

    def trial_balance(self, day: date) -> Sequence[object]:
        """What moved on every account until the end of a day."""

    def verify(self) -> int:
        """Check everything in the book; how many entries that were."""

    def busy(self, problem: Exception) -> bool:
        """Whether this only says that others were at work; what was begun is taken back."""

    def close(self) -> None:
        """Let go of the connection."""


class Peer(Protocol):
    """A ledger that is measured."""

    name: str

    def make(self, url: str, book: str, accounts: Sequence[tuple[str, str]]) -> bool:
        """Make the tables where they are not there, and a book of this name; false where the book was there."""

    def client(self, url: str, book: str) -> Client:
        """A client with a connection of its own."""

    def settle(self, url: str) -> None:
        """Let the database take stock after a fill, as it does by itself in quiet hours."""


# ------------------------------------------------------------------------------------------------------------- entries


def one_line(pick: random.Random, key: str, day: date, debit: str, credit: str) -> Line:
    """An entry of two legs."""
    cents = pick.randrange(1, 1_000_000)
    return Line(key, day, "receipt", f"Ontvangst {key}", "usr_bench", f"evt_{key}", ((debit, cents), (credit, -cents)))


def lines(client: str, hot: bool = False) -> Iterator[Line]:
    """Entries of one client without end: two legs, accounts uniform, on the days of a month.

    The seed is fixed, the keys are new in each run: in a book that is kept they are no repetitions.
    """
    pick = random.Random(f"{SEED}/{client}")
    client = f"{client}/{uuid.uuid4().hex[:8]}"
    number = 0
    while True:
        number += 1
        debit, credit = pick.sample(ACCOUNTS, 2)
        if hot:
            debit, credit = ACCOUNTS[0], credit if credit != ACCOUNTS[0] else debit
        yield one_line(pick, f"{client}/{number}", FIRST_DAY + timedelta(days=pick.randrange(28)), debit, credit)


def history(entries: int) -> Iterator[Line]:
    """The entries that fill a book: day after day over 1,800 days."""
    pick = random.Random(f"{SEED}/history")
    for number in range(entries):
        debit, credit = pick.sample(ACCOUNTS, 2)
        day = FIRST_DAY - timedelta(days=DAYS) + timedelta(days=number * DAYS // entries)
        yield one_line(pick, f"history/{number}", day, debit, credit)


def wide_line(pick: random.Random, key: str) -> Line:
    """An entry of 2,000 legs, two on each account."""
    amounts = [pick.randrange(1, 100_000) for _half in range(WIDE // 2)]
    legs = list(zip(ACCOUNTS, amounts, strict=True)) + list(
        zip(ACCOUNTS[::-1], (-cents for cents in amounts), strict=True)
    )
    return Line(key, FIRST_DAY, "receipt", f"Verdeling {key}", "usr_bench", f"evt_{key}", legs)


# ------------------------------------------------------------------------------------------------------------ measuring


def deeds(client: Client, name: str, workload: str, batch: int) -> Iterator[tuple[Callable[[], object], int]]:
    """What a client does, one timed deed after another, each with the number of entries (or answers) it stands for."""
    pick = random.Random(f"{SEED}/{workload}/{name}")
    if workload in ("w1", "w1hot"):
        for line in lines(name, hot=workload == "w1hot"):
            yield partial(client.post, line), 1
    elif workload == "w2":
        source = lines(name)
        while True:
            many = [next(source) for _place in range(batch)]
            yield partial(client.post_many, many), batch
    elif workload == "wide":
        run, number = uuid.uuid4().hex[:8], 0
        while True:
            number += 1
            line = wide_line(pick, f"{name}/{run}/{number}")
            yield partial(client.post, line), 1
    elif workload in ("asof", "trial"):
        while True:
            day, code = FIRST_DAY - timedelta(days=pick.randrange(1, DAYS)), pick.choice(ACCOUNTS)
            if workload == "trial":
                yield partial(client.trial_balance, day), 1
            else:
                yield partial(client.balance, code, day), 1


def done(client: Client, deed: Callable[[], object]) -> None:
    """Do it, again where others were in the way: waiting is part of what it costs."""
    for _attempt in range(ATTEMPTS):
        try:
            deed()
        except Exception as problem:
            if not client.busy(problem):
                raise
        else:
            return
    raise SystemExit(f"others were in the way {ATTEMPTS} times")


def run_client(
    peer: Peer, url: str, book: str, options: argparse.Namespace, number: int, barrier: Any, results: Any
) -> None:
    """One client process: connect, wait for the others, warm up, measure."""
    try:
        client = peer.client(url, book)
        work = deeds(client, f"r{options.round}c{number}", options.workload, options.batch)
        barrier.wait()
        warm_until = time.perf_counter() + WARM_UP
        while time.perf_counter() < warm_until:
            done(client, next(work)[0])
        barrier.wait()
        latencies: list[float] = []
        counted = 0
        began = ended = time.perf_counter()
        while ended < began + options.seconds:
            deed, counts = next(work)
            start = time.perf_counter()
            done(client, deed)
            ended = time.perf_counter()
            latencies.append(ended - start)
            counted += counts
        results.put((counted / (ended - began), latencies, ""))
        client.close()
    except BaseException as problem:
        barrier.abort()
        results.put((0.0, [], f"{type(problem).__name__}: {problem}"))
        raise


def measure(peer: Peer, url: str, book: str, options: argparse.Namespace) -> tuple[float, list[float]]:
    """All clients together: deeds per second, and how long each took."""
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(options.clients), context.Queue()
    processes = [
        context.Process(target=run_client, args=(peer, url, book, options, number, barrier, results))
        for number in range(options.clients)
    ]
    for process in processes:
        process.start()
    found = [results.get() for _process in processes]
    for process in processes:
        process.join()
    problems = [problem for _rate, _latencies, problem in found if problem]
    if problems:
        raise SystemExit(next((text for text in problems if not text.startswith("BrokenBarrier")), problems[0]))
    return sum(rate for rate, _latencies, _problem in found), [each for _rate, times, _p in found for each in times]


def verify(peer: Peer, url: str, book: str, options: argparse.Namespace) -> tuple[float, list[float]]:
    """Full verifications one after another, at least one: entries per second."""
    client = peer.client(url, book)
    latencies: list[float] = []
    entries = 0
    while not latencies or sum(latencies) < options.seconds:
        start = time.perf_counter()
        entries += client.verify()
        latencies.append(time.perf_counter() - start)
    client.close()
    return entries / sum(latencies), latencies


def fill(peer: Peer, url: str, book: str, entries: int) -> None:
    """Write the history in batches; nobody measures this."""
    client = peer.client(url, book)
    waiting: list[Line] = []
    for line in history(entries):
        waiting.append(line)
        if len(waiting) == FILL_BATCH:
            client.post_many(waiting)
            waiting = []
    if waiting:
        client.post_many(waiting)
    client.close()
    peer.settle(url)


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which this part of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def main(peer: Peer, arguments: Sequence[str] | None = None) -> None:
    """Run one workload and print what it gave, one JSON object."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument(
        "--database", required=True, metavar="URL", help="sqlite:///FILE or postgresql://...; empty, or used before"
    )
    parser.add_argument("--workload", required=True, choices=WORKLOADS)
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--round", type=int, default=1)
    parser.add_argument(
        "--entries",
        type=int,
        help="entries in the book before the clock runs (500,000 for asof and trial, 200,000 for verify, else none)",
    )
    parser.add_argument("--batch", type=int, default=500, help="entries per commit in w2")
    parser.add_argument("--book", help="a book that is kept: filled when it is new, used as it is when it is there")
    options = parser.parse_args(arguments)
    entries = FILLED.get(options.workload, 0) if options.entries is None else options.entries
    book = options.book or f"bench-{uuid.uuid4().hex[:12]}"
    accounts = [(code, TYPES[number % len(TYPES)]) for number, code in enumerate(ACCOUNTS)]
    if peer.make(options.database, book, accounts) and entries:
        fill(peer, options.database, book, entries)
    per_s, latencies = (verify if options.workload == "verify" else measure)(peer, options.database, book, options)
    found = {
        "peer": peer.name,
        "w": options.workload,
        "clients": options.clients,
        "round": options.round,
        "per_s": round(per_s, 2),
        "p50_ms": round(percentile(latencies, 0.5) * 1000, 3),
        "p99_ms": round(percentile(latencies, 0.99) * 1000, 3),
    }
    sys.stdout.write(json.dumps(found) + "\n")
