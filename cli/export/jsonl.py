"""``fund export jsonl``: the whole ledger, one object a line."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.export.noun import export, looked_up
from cli.output import emit_json, say, short_hash
from cli.params import typed
from cli.params.declared import declared
from fund.language import _, ngettext
from fund.reports.exports.commands import ExportJsonl


@declared(export, ExportJsonl)
def jsonl(ctx: click.Context, folder: str, since: date | None, until: date | None) -> None:
    data = looked_up(ctx, ExportJsonl(folder=folder, since=since, until=until))
    if typed(ctx, "json"):
        emit_json(data)
    else:
        _show(data)


def _show(data: Mapping[str, Any]) -> None:
    manifest, folder = data["manifest"], data["folder"]
    if "root" not in manifest:  # some days of it: nothing to check from the beginning
        counted = ngettext("{path}: {count} entry", "{path}: {count} entries", manifest["entries"])
        say(counted.format(path=folder, count=manifest["entries"]))
        return
    say(
        _("{count} entries in {folder}, root {root}.").format(
            count=manifest["entries"], folder=folder, root=short_hash(manifest["root"])
        )
    )
    command = shlex.join(["python", f"{folder}/verify_export.py", str(folder)])
    say(_("Next step: {command}").format(command=command))
