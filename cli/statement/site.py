"""``fund statement site``: the public pages of the fund, as files."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import click

from cli.output import emit_json, progress, say
from cli.params import known, look, option, typed, verb
from cli.statement.noun import statement
from fund.language import N_, _


@verb(
    statement,
    "site",
    N_("Make the public pages of the fund"),
    about=N_(
        "A folder of pages in Dutch and English with money, experiments, lessons and partners, and the figures as "
        "files. They need no server and no script, and name no people. A site that stands there already is replaced "
        "as a whole."
    ),
    examples=("fund statement site --output site", "fund statement site --output site --as-of 2026-12-31"),
    see=("statement position", "evaluation lessons"),
)
@option("--output", "folder", required=True, metavar="FOLDER", help=N_("A new folder, or that of an earlier site"))
@option("--papers/--no-papers", default=True, help=N_("The page for each council as PDF too, or not: quicker"))
@known
def site(ctx: click.Context, folder: str, papers: bool) -> None:
    with progress(_("Drawing pages")) as bar:
        data = look(ctx, "statement site", {"folder": folder, "papers": papers, "watch": bar.reach})
    if typed(ctx, "json"):
        emit_json(data)
    else:
        _show(data)


def _show(data: Mapping[str, Any]) -> None:
    say(
        _("{pages} pages in {folder}, {size} kB in all, until entry {seq}.").format(
            pages=data["pages"], folder=data["folder"], size=-(-data["bytes"] // 1000), seq=data["head"]["seq"]
        )
    )
    for partner in data["left_out_papers"]:
        say(
            _("The page for the council of {partner} is too long and was left out: {command}").format(
                partner=partner, command=f"fund statement council {shlex.quote(partner)}"
            )
        )
    say(_("Next step: open {path}").format(path=shlex.quote(f"{data['folder']}/index.html")))
