"""The story of ``fund demo``, played as a program of its own: once for a whole run, where nobody changes it."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fund.database import create_engine, writing
from fund.store import Store


@dataclass(frozen=True, slots=True)
class Told:
    """A story that was told: where its fund is, and what was said."""

    url: str
    lines: tuple[str, ...]


def played(url_words: tuple[str, ...], url: str, *, lang: str = "en", more: tuple[str, ...] = ()) -> Told:
    """``fund demo`` as a program of its own, from beginning to end."""
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "--lang", lang, "demo", *url_words, *more],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout[-500:]
    return Told(url, tuple(done.stdout.splitlines()))


def in_folder(folder: Path, **more: Any) -> Told:
    """The story in a folder that is not there yet."""
    return played(("--home", str(folder)), f"sqlite:///{folder / 'fund.db'}", **more)


READ_AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
"""When the story is read by the tests that share it, whatever the day is: a month after its last fact."""


def once(folder: Path) -> Told:
    """The story on SQLite, told in Dutch, in ``folder/demo``: by whoever of the workers needs it first."""
    folder.mkdir(exist_ok=True)
    lines = folder / "lines.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not lines.exists():
            told = in_folder(folder / "demo", lang="nl")
            engine = create_engine(told.url)
            with writing(engine) as connection:
                Store(connection).work.hold_clock(READ_AT)
            engine.dispose()
            lines.write_text(json.dumps(told.lines))
    return Told(f"sqlite:///{folder / 'demo' / 'fund.db'}", tuple(json.loads(lines.read_text())))
