"""``fund export jsonl``: the whole ledger, one object a line."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.export.noun import export, looked_up, some_days
from cli.output import emit_json, say, short_hash
from cli.params import option, reading, typed, verb
from fund.language import N_, _, ngettext


@verb(
    export,
    "jsonl",
    N_("Write the ledger, one object a line"),
    about=N_(
        "A new folder with every entry, the trial balance, months, limits, anchors, a manifest, and verify_export.py: "
        "one file that an auditor reads, and runs with Python alone, to make every hash, sum and signature anew. With "
        "days: their entries alone, and what stood before and after; the whole ledger shows that nothing is missing."
    ),
    examples=(
        "fund export jsonl --output export-2027",
        "fund export jsonl --from 2026-01-01 --to 2026-12-31 --output entries-2026",
    ),
    see=("ledger anchor", "ledger prove"),
)
@option("--output", "folder", required=True, metavar="FOLDER", help=N_("A new folder"))
@some_days
@reading
def jsonl(ctx: click.Context, since: date | None, until: date | None, folder: str, known_at: int | None) -> None:
    data = looked_up(ctx, "export jsonl", {"since": since, "until": until, "folder": folder, "known_at": known_at})
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
