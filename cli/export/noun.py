"""The noun ``export``, and how an export that is one file leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from cli.output import emit_json, progress, raw, say
from cli.params import look, noun, typed
from fund.language import N_, _, ngettext

__all__ = ["export", "journal", "looked_up", "to_file"]

export = noun("export", N_("Write audit file, register and journals"))

CHUNK = 1 << 20


def looked_up(ctx: click.Context, name: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """What an export answers, with a bar while its entries go by."""
    from fund.reports.exports import watched

    with progress(_("Writing entries")) as bar:

        def step(total: int, more: int) -> None:
            bar.total = total
            bar.step(more)

        with watched(step):
            return look(ctx, name, args)


@contextmanager
def to_file(ctx: click.Context, name: str, args: Mapping[str, Any], output: str) -> Iterator[dict[str, Any] | None]:
    """What an export of one file answers, for whoever tells people; ``None`` when the file itself is the answer.

    Args:
        output: Where it goes; ``-`` is standard output, where it goes once it is whole.
    """
    if output != "-" or typed(ctx, "json"):
        yield looked_up(ctx, name, {**args, "path": output})
        return
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export"
        looked_up(ctx, name, {**args, "path": str(path)})
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                raw(chunk)
    yield None


def journal(ctx: click.Context, data: Mapping[str, Any] | None, check: str) -> None:
    """What a journal holds, in a line, and the command by which the other program checks it."""
    if data is None:
        return
    if typed(ctx, "json"):
        emit_json(data)
        return
    counted = ngettext("{path}: {count} entry", "{path}: {count} entries", data["entries"])
    say(counted.format(path=data["path"], count=data["entries"]))
    say(_("Next step: {command}").format(command=check.format(path=data["path"])))
