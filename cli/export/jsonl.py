"""``fund export jsonl``: the whole ledger, one object a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from cli.export.noun import export, looked_up
from cli.output import emit_json, say, short_hash
from cli.params import option, reading, typed, verb
from fund.language import N_, _


@verb(
    export,
    "jsonl",
    N_("Write the whole ledger, one object a line"),
    about=N_(
        "A new folder with every entry, the trial balance, months, limits, anchors, a manifest, and verify_export.py: "
        "one file that an auditor reads, and runs with Python alone, to make every hash, sum and signature anew."
    ),
    examples=("fund export jsonl --output export-2027",),
    see=("ledger anchor", "ledger prove"),
)
@option("--output", "folder", required=True, metavar="FOLDER", help=N_("A new folder"))
@reading
def jsonl(ctx: click.Context, folder: str) -> None:
    data = looked_up(ctx, "export jsonl", {"folder": folder})
    if typed(ctx, "json"):
        emit_json(data)
    else:
        _show(data)


def _show(data: Mapping[str, Any]) -> None:
    manifest, folder = data["manifest"], data["folder"]
    say(
        _("{count} entries in {folder}, root {root}.").format(
            count=manifest["entries"], folder=folder, root=short_hash(manifest["root"])
        )
    )
    say(_("Next step: {command}").format(command=f"python {folder}/verify_export.py {folder}"))
