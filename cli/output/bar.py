"""How far long work is: a bar drawn by Rich, or lines where a terminal cannot redraw or a screen reader is at work."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cli.output.terminal import accessible, clean, console_on, is_terminal, note
from fund.language import _

if TYPE_CHECKING:
    from rich.progress import Progress as Bar


class Progress:
    """How far long work is: one bar on standard error, once it lasts longer than a second and somebody looks."""

    BAR = 30

    def __init__(self, label: str, total: int | None) -> None:
        self.label = label
        self.total = total
        self.done = 0
        self._started = time.monotonic()
        self._shown_at = 0.0
        self._bar: Bar | None = None
        self._looked_at = is_terminal(sys.stderr)
        self._in_lines = accessible() or os.environ.get("TERM") == "dumb"  # who cannot redraw gets lines

    def step(self, count: int = 1) -> None:
        """So much more is done."""
        self.done += count
        now = time.monotonic()
        if not self._looked_at or now - self._started < 1:
            return
        if self._shown_at and now - self._shown_at < (30 if self._in_lines else 0.1):
            return
        self._shown_at = now
        self._draw()

    def reach(self, done: int, total: int) -> None:
        """So far it is, of so much."""
        self.total = total
        self.step(done - self.done)

    def _draw(self) -> None:
        if self._in_lines:
            note(f"{self.label}: {self._count()}")
            return
        if self._bar is None:
            self._bar = self._started_bar()
        self._bar.update(self._bar.task_ids[0], completed=self.done, count=self._count(), refresh=True)

    def _started_bar(self) -> Bar:
        """Rich's bar, redrawn by our steps alone: no second thread writes, and nothing of it stays behind."""
        from rich.progress import BarColumn, ProgressColumn, TextColumn
        from rich.progress import Progress as Bar

        columns: list[ProgressColumn] = [TextColumn("{task.description}", markup=False)]
        if self.total:
            columns.append(BarColumn(self.BAR, style="dim", complete_style="bold", finished_style="bold"))
        columns.append(TextColumn("{task.fields[count]}", markup=False))
        bar = Bar(
            *columns,
            console=console_on(sys.stderr),
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            get_time=time.monotonic,
        )
        bar.add_task(clean(self.label), total=self.total, completed=self.done, count=self._count())
        bar.start()
        return bar

    def _count(self) -> str:
        return f"{self.done}/{self.total}" if self.total else str(self.done)

    def pause(self) -> None:
        """The bar makes place for a line of something else; the next step draws it again."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def close(self) -> None:
        """The work has ended: the bar makes place for a line with count and time."""
        seconds = time.monotonic() - self._started
        if self._bar is not None:
            self._bar.stop()
        if self._looked_at and seconds >= 1:
            note(
                _("{label}: {count}, {seconds} s").format(label=self.label, count=self._count(), seconds=round(seconds))
            )


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Progress]:
    """A progress bar around long work; ``step()`` it. Silent without a terminal and for work under a second."""
    bar = Progress(label, total)
    try:
        yield bar
    finally:
        bar.close()
