"""``fund NOUN file list`` and ``fund NOUN file get``: the files of a case, the same for every noun that has any."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from cli import output
from cli.output import Column, table
from cli.params.context import typed
from cli.params.declared import add_query, declared
from cli.params.executing import may_write, query, require_no_screen
from cli.params.helped import Group
from cli.params.verbs import argument, forcing, noun, option
from fund import declarations
from fund.language import N_, _
from fund.workflows.attachments.commands import FileGet, FileList

_COLUMNS = (
    Column("number", N_("No."), "count"),
    Column("told", N_("File"), "text"),
    Column("bytes", N_("Bytes"), "count"),
    Column("on", N_("Since"), "date"),
    Column("by", N_("From"), "name"),
)


class _File(click.ParamType[str]):
    """A file of a case, by its number or the first letters of its hash."""

    name = "file"

    def __init__(self, query: str) -> None:
        self._query = query

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from fund.registry import query_named

        try:
            rows = query(ctx, query_named(self._query, {"ref": ctx.params["ref"]}))["files"]
        except Exception:  # no database, no rights, a lock: completion stays silent, whatever it is
            return []
        items = [CompletionItem(str(row["number"]), help=_told(row)) for row in rows]
        return [item for item in items if item.value.startswith(incomplete)]


def _inputs(noun: str) -> tuple[type[FileList], type[FileGet]]:
    """Of the list and of one file, for the cases of this noun."""
    known = declarations.declared(FileList.__module__)
    listed, got = known[f"{noun} file list"].input, known[f"{noun} file get"].input
    assert issubclass(listed, FileList)
    assert issubclass(got, FileGet)
    return listed, got


def with_files(group: Group) -> None:
    """Give a noun its verbs ``file list`` and ``file get``."""
    name = str(group.name)
    files = noun("file", N_("List and get the files of a case"))
    group.add_command(files)
    listed, got = _inputs(name)

    add_query(files, listed, show=lambda data: _show(name, data))

    @declared(files, got)
    @argument(
        "file", type=_File(f"{name} file list"), required=False, help=N_("Its number or hash; not needed for one file")
    )
    @option(
        "--output",
        "path",
        metavar="FILE",
        help=N_("Write it to this file, or under its own name in a folder; - for standard output"),
    )
    @forcing
    def get(ctx: click.Context, ref: str, file: str | None, path: str | None) -> None:
        found = query(ctx, got(ref=ref, file=file))
        content = base64.b64decode(found.pop("content_base64"))
        target = str(Path(path or "") / found["name"]) if path is None or Path(path).is_dir() else path
        require_no_screen(target, str(found["name"]))
        output.write_output(target, content, force=may_write(ctx, target), private=True)
        if target == "-":
            return
        if typed(ctx, "json"):
            output.emit_json({**found, "path": target})
        else:
            line = _("{path}: {what}, {bytes} bytes; its hash is right")
            output.say(line.format(path=target, what=_told(found), bytes=len(content)))


def _told(row: Mapping[str, Any]) -> str:
    """What a file is, and what it was called where that is known."""
    what = _(row["what"])
    return f"{what}: {output.clean(row['title'])}" if row["title"] else what


def _show(name: str, data: Mapping[str, Any]) -> None:
    rows = [
        {**row, "told": _told(row), "bytes": row["size"] if row["kept"] else _("not with the fund")}
        for row in data["files"]
    ]
    table(
        _("Files of {ref}").format(ref=data["ref"]),
        _COLUMNS,
        rows,
        empty=_("{ref} has no files.").format(ref=data["ref"]),
    )
    there = next((row["number"] for row in rows if row["kept"]), None)
    if there is not None:
        output.note(_("Next step: {command}").format(command=f"fund {name} file get {data['ref']} {there}"))
