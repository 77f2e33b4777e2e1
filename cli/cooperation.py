"""``fund cooperation``: the cooperations that exist already, which proposals build on and ties are computed from."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

import click

from cli import output
from cli.output import Column, facts, table
from cli.params import Ref, argument, noun, option, reading, typed, verb
from fund.language import N_, _, language

_ROLES = {
    "deelnemer": N_("takes part"),
    "op_onderdelen": N_("takes part in parts"),
    "ondersteunend": N_("supports"),
    "betrokken": N_("involved, no formal part"),
}

cooperation = noun("cooperation", N_("Look up the existing cooperations"))


def _all() -> list[dict[str, Any]]:
    """The cooperations as ``--json`` gives them."""
    text = resources.files("fund").joinpath("data", "cooperations.json").read_text(encoding="utf-8")
    return [
        {
            "ref": row["id"],
            "name": row["naam"],
            "short_name": row["afkorting"],
            "challenge": row["maatschappelijke_opgave_tekst"],
            "themes": row["thema_ids"],
            "members": [
                {"partner": member["partner_id"], "name": member["naam"], "role": member["rol"]}
                for member in row["deelnemers"]
            ],
            "remarks": row["toelichting"],
        }
        for row in json.loads(text)["samenwerkingsverbanden"]
    ]


def _themes() -> dict[str, str]:
    text = resources.files("fund").joinpath("data", "themes.csv").read_text(encoding="utf-8")
    column = "naam" if language() == "nl" else "name_en"
    return {row["id"]: row[column] for row in csv.DictReader(text.splitlines())}


class _Cooperation(Ref):
    """A cooperation by its id; completed from the data that comes with the fund."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        found = [row for row in _all() if row["ref"].startswith(incomplete)]
        return [click.shell_completion.CompletionItem(row["ref"], help=row["name"]) for row in found]


@verb(
    cooperation,
    "list",
    N_("List the existing cooperations"),
    about=N_("As named in the exploring talks of 2025; the list is not complete."),
    examples=("fund cooperation list", "fund cooperation list --partner gm0344 --theme T04"),
    see=("cooperation show", "partner list"),
)
@option("--partner", metavar="ID", help=N_("In which this partner takes part"))
@option("--theme", metavar="T", help=N_("About this theme, as T04"))
@reading
def list_cooperations(ctx: click.Context, partner: str | None, theme: str | None) -> None:
    rows = [
        row
        for row in _all()
        if (theme is None or theme.upper() in row["themes"])
        and (partner is None or partner.lower() in {member["partner"] for member in row["members"]})
    ]
    if typed(ctx, "json"):
        output.emit_json({"cooperations": rows})
        return
    shown = [{**row, "count": len(row["members"]), "themes": ", ".join(row["themes"])} for row in rows]
    table(
        _("Existing cooperations, {count} of them").format(count=len(shown)),
        (
            Column("ref", N_("Ref"), "ref"),
            Column("themes", N_("Themes"), "ref"),
            Column("count", N_("Members"), "count"),
            Column("name", N_("Name"), "text"),
        ),
        shown,
        empty=_("None."),
    )


@verb(
    cooperation,
    "show",
    N_("Show one cooperation and who takes part"),
    examples=("fund cooperation show rid-utrecht",),
    see=("cooperation list",),
)
@argument("ref", type=_Cooperation(), help=N_("The cooperation"))
@reading
def show(ctx: click.Context, ref: str) -> None:
    from fund import glossary
    from fund.errors import UnknownRef

    rows = {row["ref"]: row for row in _all()}
    found = rows.get(ref.lower())
    if found is None:
        close = glossary.nearest(ref, rows)
        advice = f"fund cooperation show {close[0]}" if close else "fund cooperation list"
        raise UnknownRef(kind="cooperation", ref=ref, suggestion=advice)
    if typed(ctx, "json"):
        output.emit_json(found)
        return
    _show(found)


def _show(row: Mapping[str, Any]) -> None:
    names = _themes()
    facts(
        row["name"],
        [
            (_("Ref"), row["ref"]),
            (_("Challenge"), row["challenge"]),
            (_("Themes"), "; ".join(names[theme] for theme in row["themes"])),
            (_("Remarks"), "; ".join(row["remarks"])),
        ],
    )
    table(
        _("Members"),
        (
            Column("partner", N_("Partner"), "ref"),
            Column("name", N_("Name"), "text"),
            Column("role", N_("Role"), "text"),
        ),
        [{**member, "role": _(_ROLES[member["role"]])} for member in row["members"]],
    )
