"""``fund demo``: the story of a fund, told by the same commands that people type."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

import click

from cli import output
from cli.params import BROKER, DATABASE, Code, option, reading, shell, typed, verb
from fund.language import N_, _, language

STORY_SEED = 2024


@verb(
    None,
    "demo",
    N_("Play the story of a fund"),
    about=N_(
        "Three years of a fund on the 34 real partners, from capital call to learning write-off, by the same commands "
        "that people type, into an empty folder or database. The same seed gives the same story, entry hashes "
        "included, on SQLite and PostgreSQL, with and without workers. It ends with the position and a verification."
    ),
    examples=("fund demo --home demo-fund",),
    see=("statement position", "proposal list", "verify"),
)
@option("--home", type=click.Path(path_type=Path), metavar="DIR", help=N_("An empty folder; demo-fund if left out"))
@option("--database", "database", type=DATABASE, metavar="URL", help=N_("An empty database instead of DIR/fund.db"))
@option("--broker", "broker", type=BROKER, metavar="URL", help=N_("Let workers do what follows, through this broker"))
@option(
    "--workers",
    type=click.IntRange(0, 64),
    default=2,
    show_default=True,
    metavar="N",
    help=N_("Workers to start; 0: those that run"),
)
@option("--seed", type=int, default=STORY_SEED, show_default=True, metavar="N", help=N_("What every id follows from"))
@option(
    "--proposals", type=click.IntRange(9, 500), default=9, show_default=True, metavar="N", help=N_("So many proposals")
)
@reading
def demo(
    ctx: click.Context,
    home: Path | None,
    database: str | None,
    broker: str | None,
    workers: int,
    seed: int,
    proposals: int,
) -> None:
    from fund.demo import play
    from fund.paths import private_folder

    given = shell(ctx).settings
    url = database or (given.database.get_secret_value() if given.database is not None else None)
    place = ""
    if url is None:
        folder = home or Path("demo-fund")
        _require_empty(folder)
        private_folder(folder)
        url = f"sqlite:///{(folder / 'fund.db').absolute()}"
        place = str(folder)
    bell = broker or given.broker_url
    quietly = bool(typed(ctx, "json"))
    tell = _silence if quietly else output.say
    with ExitStack() as stack:
        nudge = None
        if bell is not None:
            nudge = stack.enter_context(_with_workers(url, bell, workers))
        step = stack.enter_context(_stoppable())
        bar = stack.enter_context(_Bar(tell))
        ending = play(url, tell=bar.tell, seed=seed, proposals=proposals, nudge=nudge, step=step, reach=bar.reach)
    _finish(ctx, ending, url, place, quietly)


@contextmanager
def _stoppable() -> Iterator[Callable[[], None]]:
    """What each command of the story begins with: it ends the story after Ctrl-C.

    Somebody who cannot wait for that types it again. A story that is broken off within a command may hold its database.
    """
    asked: list[int] = []

    def stop(number: int, _frame: Any) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    def step() -> None:
        if asked:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield step
        return
    before = signal.signal(signal.SIGINT, stop)
    try:
        yield step
    finally:
        signal.signal(signal.SIGINT, before)


class _Bar:
    """How far a large round is, between the lines of the story: a line takes the place of the bar, which comes back."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._bar: output.Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_problem: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def tell(self, line: str) -> None:
        if self._bar is not None:
            self._bar.pause()
        self._tell(line)

    def reach(self, done: int, total: int) -> None:
        if self._bar is None:
            self._bar = output.Progress(_("Large round"), total)
        self._bar.reach(done, total)
        if done == total:
            self._bar.close()
            self._bar = None


def _silence(_line: str) -> None:
    """With ``--json`` only the ending is printed."""


def _require_empty(folder: Path) -> None:
    from fund.errors.service import FolderNotEmpty, NotAFolder

    if folder.exists() and not folder.is_dir():
        raise NotAFolder(folder=str(folder))
    if folder.exists() and any(folder.iterdir()):
        raise FolderNotEmpty(folder=str(folder))


@contextmanager
def _with_workers(url: str, broker: str, count: int) -> Iterator[Any]:
    """Worker processes on the database, each a ``fund worker`` of its own; the function that rings for them."""
    from fund.database.versions import upgrade
    from fund.worker import ringer

    upgrade(url)
    environment = {**os.environ, "FUND_DATABASE": url, "FUND_BROKER": broker, "FUND_LANG": language()}
    command = [sys.executable, "-m", "cli.main", "worker"]
    running = [
        subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _number in range(count)
    ]
    try:
        with ringer(url, broker) as notify:
            yield notify
    finally:
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _finish(ctx: click.Context, ending: dict[str, Any], url: str, place: str, quietly: bool) -> None:
    if quietly:
        output.emit_json(ending)
    else:
        from fund.reports.statements.position_page import as_page

        output.say("")
        output.show_page(as_page(ending["position"]))
        output.say("")
        _show_burden(ending["burden"])
        output.say("")
        for line in _last_lines(ending, place):
            output.say(line)
    if not ending["verify"]["ok"] or ending["broken"]:
        ctx.exit(Code.DIFFERENCES)


def _show_burden(burdens: list[dict[str, Any]]) -> None:
    """What each proposal asked of people, beside the target of its track."""
    columns = (
        output.Column("ref", N_("Proposal"), "ref"),
        output.Column("track", N_("Track"), "ref"),
        output.Column("steps", N_("Steps (target)"), "count"),
        output.Column("people", N_("People (target)"), "count"),
        output.Column("days", N_("Days after closing (target)"), "count"),
    )
    rows = []
    for each in burdens:
        found = {"steps": each["total"], "people": each["people"], "days": each["days"]}
        target = {"steps": each["target"]["total"], "people": each["target"]["people"], "days": each["target"]["days"]}
        rows.append(
            {"ref": each["ref"], "track": each["track"]} | {name: f"{found[name]} ({target[name]})" for name in found}
        )
    output.table(_("What was asked of people, from draft to the first money on the account"), columns, rows)
    for each in burdens:
        if each["why"]:
            output.say(_("{ref} asked more than its target: {why}.").format(ref=each["ref"], why=each["why"]))


def _last_lines(ending: dict[str, Any], place: str) -> list[str]:
    verify = ending["verify"]
    findings = sum(len(check["findings"]) for check in verify["checks"])
    lines = [
        _("{checks} checks, {entries} entries, {findings} differences. Head {seq}, {hash}.").format(
            checks=len(verify["checks"]),
            entries=verify["head"]["seq"],
            findings=findings,
            seq=verify["head"]["seq"],
            hash=output.short_hash(verify["head"]["hash"]),
        ),
        _(
            "{commands} commands by {people} people; {refusals} of them were refused by the rules, as they should be."
        ).format(commands=ending["commands"], people=ending["people"], refusals=len(ending["refusals"])),
    ]
    lines += [_("not as it must be: {sentence}").format(sentence=sentence) for sentence in ending["broken"]]
    if place:
        lines.append(_("Look around: FUND_HOME={place} fund proposal list").format(place=shlex.quote(place)))
    return lines
