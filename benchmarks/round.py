"""How long a large round takes: the story of a fund with so many proposals. Never part of the tests.

``python benchmarks/round.py --database sqlite:///round.db --proposals 400`` plays ``fund demo`` in an empty database
and prints one JSON object: processor seconds of this process, seconds by the clock, commands, facts, entries, and
whether every check was clean. What PostgreSQL itself works is in its own processes, and not counted.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from fund.demo import play


def main() -> int:
    """Play it, and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--proposals", type=int, default=400)
    asked = parser.parse_args()
    began, worked = time.monotonic(), time.process_time()
    ending = play(asked.database, tell=lambda _line: None, proposals=asked.proposals)
    sys.stdout.write(
        json.dumps(
            {
                "database": asked.database.partition(":")[0],
                "proposals": asked.proposals,
                "processor_s": round(time.process_time() - worked, 1),
                "clock_s": round(time.monotonic() - began, 1),
                "commands": ending["commands"],
                "facts": ending["verify"]["events_head"]["seq"],
                "entries": ending["verify"]["head"]["seq"],
                "ok": ending["verify"]["ok"] and not ending["broken"],
            }
        )
        + "\n"
    )
    return 0 if ending["verify"]["ok"] else 3


if __name__ == "__main__":
    sys.exit(main())
