"""What it costs to begin: short commands, beside what Python needs to import the libraries they stand on.

Every round runs each command once, in turn; a figure is the median over the rounds, with byte code written before.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
ALONE = (sys.executable, "-c")
FUND = (sys.executable, "-m", "cli.main")
BASES = {"click": "import click", "libraries": "import sqlalchemy, click, rich.table"}
COMMANDS = {
    "--help": ("click", 1.5),
    "proposal list": ("libraries", 2.0),
    "inbox": ("libraries", 2.0),
    "statement position --json": ("libraries", 2.0),
}
"""By command: what it is compared with, and how many times that it may take."""


def seconds(command: tuple[str, ...], environment: dict[str, str]) -> float:
    """How long a program runs, by the clock."""
    began = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    return time.perf_counter() - began


def main() -> None:
    """Print one line for each command: its median, that of its base, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "demo"
        environment = {**os.environ, "FUND_HOME": str(home), "FUND_USER": "anna", "FUND_LANG": "en"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        subprocess.run((*FUND, "demo", "--home", str(home)), env=environment, check=True, stdout=subprocess.DEVNULL)
        programs = {name: (*ALONE, code) for name, code in BASES.items()}
        programs |= {words: (*FUND, *words.split()) for words in COMMANDS}
        for command in programs.values():  # byte code is written, files are in memory
            seconds(command, environment)
        found: dict[str, list[float]] = {name: [] for name in programs}
        for _round in range(asked.rounds):
            for name, command in programs.items():
                found[name].append(seconds(command, environment))
    medians = {name: statistics.median(times) for name, times in found.items()}
    for words, (base, most) in COMMANDS.items():
        ratio = medians[words] / medians[base]
        row = {"command": f"fund {words}", "ms": round(medians[words] * 1000), "base_ms": round(medians[base] * 1000)}
        row |= {"ratio": round(ratio, 2), "most": most}
        line = f"{row['command']:<32}{row['ms']:>6} ms  {row['ratio']:>5} x {BASES[base]} (at most {most})"
        sys.stdout.write(f"{json.dumps(row) if asked.json else line}\n")


if __name__ == "__main__":
    main()
