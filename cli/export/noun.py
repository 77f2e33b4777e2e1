"""The noun ``export``: the options that exports share, and how an export that is one file leaves."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from cli.output import ask, emit_json, in_the_way, interactive, progress, raw, say
from cli.params import noun, option, query, typed
from fund.declarations import Answered, Question
from fund.language import N_, _, ngettext

F = TypeVar("F", bound=Callable[..., Any])

export = noun("export", N_("Write audit file, register and journals"))

CHUNK = 1 << 20


def one_file(function: F) -> F:
    """The options ``--output`` and ``--force`` of an export that is one file; the body calls :func:`to_file`."""
    for decorate in (
        option("--force", is_flag=True, help=N_("Write over a file of that name")),
        option("--output", "path", required=True, metavar="FILE", help=N_("Write it to this file")),
    ):
        function = decorate(function)
    return function


def looked_up(ctx: click.Context, given: Question[Answered]) -> Answered:
    """What an export answers, with a bar while its entries go by."""
    from fund.reports.exports.excerpt import watched

    with progress(_("Writing entries")) as bar:

        def step(total: int, more: int) -> None:
            bar.total = total
            bar.step(more)

        with watched(step):
            return query(ctx, given)


@contextmanager
def to_file(
    ctx: click.Context, given: Callable[[str], Question[dict[str, Any]]], output: str, *, force: bool
) -> Iterator[dict[str, Any] | None]:
    """What an export of one file answers, for whoever tells people; ``None`` when the file itself is the answer.

    Args:
        given: The input of the export, for a path.
        output: Where it goes; ``-`` is standard output, where it goes once it is whole.
        force: Whether a file of that name may be written anew, unasked.

    Raises:
        OutputExists: There is a file of that name, and neither ``force`` nor somebody says that it may be replaced.
        OutputNoFile: What is there is no plain file.
    """
    if output != "-":
        _may_write(output, force)
        yield looked_up(ctx, given(output))
        return
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export"
        data = looked_up(ctx, given(str(path)))
        if typed(ctx, "json"):  # one answer at a time
            yield {**data, "path": output}
            return
        with path.open("rb") as file:
            raw(iter(lambda: file.read(CHUNK), b""))
    yield None


def _may_write(output: str, force: bool) -> None:
    if not in_the_way(output) or force:
        return
    if not interactive() or not ask(_("{path} is there already. Write it anew?").format(path=output)):
        from fund.errors.usage import OutputExists

        raise OutputExists(path=output)


def journal(ctx: click.Context, data: Mapping[str, Any] | None, check: str) -> None:
    """What a journal holds, in a line, and the command by which the other program checks it."""
    if data is None:
        return
    if typed(ctx, "json"):
        emit_json(data)
        return
    counted = ngettext("{path}: {count} entry", "{path}: {count} entries", data["entries"])
    say(counted.format(path=data["path"], count=data["entries"]))
    say(_("Next step: {command}").format(command=check.format(path=shlex.quote(data["path"]))))
