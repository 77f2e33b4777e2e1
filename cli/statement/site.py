"""``fund statement site``: the public pages of the fund, as files."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import click

from cli.output import emit_json, progress, say
from cli.params import query, typed
from cli.params.declared import declared
from cli.statement.noun import statement
from fund.language import _
from fund.reports.site.commands import StatementSite


@declared(statement, StatementSite)
def site(ctx: click.Context, folder: str, papers: bool) -> None:
    with progress(_("Drawing pages")) as bar:
        data = query(ctx, StatementSite(folder=folder, papers=papers), watch=bar.reach)
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
