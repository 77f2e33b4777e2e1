"""``fund cooperation``: who works with whom already; proposals build on it and ties between people follow from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import click

from cli import output
from cli.output import Column, facts, say, table
from cli.params import (
    FILE,
    PARTNER,
    THEME,
    Ref,
    argument,
    changing,
    listed,
    listing,
    look,
    noun,
    option,
    present,
    read,
    reading,
    run,
    verb,
)
from fund import glossary
from fund.language import N_, _, day, language, ngettext

_ROLES = {
    "deelnemer": N_("takes part"),
    "op_onderdelen": N_("takes part in parts"),
    "ondersteunend": N_("supports"),
    "betrokken": N_("involved, no formal part"),
}

cooperation = noun("cooperation", N_("Import and look up the existing cooperations"))


def _asked(ctx: click.Context, name: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """What the fund's register says; where there is no fund yet, what the report says that comes with it."""
    from fund.errors.database import DatabaseMissing, NoFundHere

    try:
        return look(ctx, name, args)
    except (DatabaseMissing, NoFundHere):
        from fund import lists
        from fund.workflows.cooperations import files
        from fund.workflows.cooperations import register as cooperations_register

        found = sorted(files.of_the_report(), key=lambda one: one.ref)
        if name == "cooperation list":
            given = {key: value for key, value in args.items() if value is not None}
            if "partner" in given:
                given["partner"] = _taking_part(found, given["partner"])
            rows = {"cooperations": cooperations_register.chosen(found, **given)}
            return lists.chosen(rows, {"cooperations": ""}, name=name, **listed(ctx))
        return {**cooperations_register.told(cooperations_register.nearest(found, args["ref"])), "revisions": []}


def _taking_part(found: Sequence[Any], name: str) -> str:
    """The id of a partner that takes part in one of these, where no fund knows its names."""
    from fund.errors.people import UnknownPartner

    names = {member.partner: (member.name,) for one in found for member in one.members if member.partner}
    if meant := glossary.meant(name, names):
        return meant[0]
    near = [f"{names[each][0]} ({each})" for each in glossary.suggested(name, names)]
    raise UnknownPartner(partner=str(name), known=len(names), suggestion=glossary.advice(near, "fund cooperation list"))


def _themes() -> dict[str, str]:
    place = 0 if language() == "nl" else 1
    return {theme: called[place] for theme, called in glossary.theme_names().items()}


class _Cooperation(Ref):
    """A cooperation by its id; completed from the register, or from what comes with the fund."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        try:
            found = _asked(ctx, "cooperation list", {})["cooperations"]
        except Exception:  # a lock, a strange database: completion stays silent, whatever it is
            return []
        rows = [row for row in found if row["ref"].startswith(incomplete)]
        return [click.shell_completion.CompletionItem(row["ref"], help=row["name"]) for row in rows]


@verb(
    cooperation,
    "import",
    N_("Import the register of cooperations"),
    about=N_(
        "A JSON file as `fund cooperation template` gives it: who takes part, whether the law asks it, traits, themes, "
        "since and until when. The whole file or nothing; what it does not name stays as it is, and one that ended "
        "gets its last day. Ties between reviewers and a lead are computed from it from then on."
    ),
    examples=("fund --as anna cooperation import cooperations.json",),
    who=N_("a fund manager"),
    see=("cooperation template", "cooperation list"),
)
@argument("file", type=FILE, help=N_("The JSON file; - for standard input"))
@changing
def import_(ctx: click.Context, file: Mapping[str, Any]) -> None:
    run(ctx, "cooperation import", {"content": file["content"], "name": file["name"]}, tell=_imported)


def _imported(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    new, changed = len(result["cooperations_new"]), len(result["cooperations_changed"])
    known, taken_over = result["cooperations_known"], result["taken_over"]
    lines = [
        ngettext("{count} cooperation is new.", "{count} cooperations are new.", new).format(count=new),
        ngettext("{count} changed.", "{count} changed.", changed).format(count=changed),
        ngettext("{count} was known already.", "{count} were known already.", known).format(count=known),
    ]
    if taken_over:
        told = ngettext(
            "{count} of the report stays as it was.", "{count} of the report stay as they were.", taken_over
        )
        lines.append(told.format(count=taken_over))
    if result["partners_unknown"]:
        told = _("No partner of this fund: {partners}.").format(partners=", ".join(result["partners_unknown"]))
        lines.append(told)
    return lines


LIST = (
    Column("ref", N_("Ref"), "ref"),
    Column("themes", N_("Themes"), "ref"),
    Column("count", N_("Members"), "count", by="members"),
    Column("name", N_("Name"), "text"),
)


@verb(
    cooperation,
    "list",
    N_("List the existing cooperations"),
    about=N_("Those of the report of 2025, until the fund imports a register of its own; the list is never complete."),
    examples=("fund cooperation list", "fund cooperation list --partner Zeist --theme energy"),
    see=("cooperation show", "partner list"),
)
@option("--partner", type=PARTNER, metavar="PARTNER", help=N_("In which this partner takes part"))
@option("--theme", type=THEME, metavar="THEME", help=N_("About this theme: T04, or its name"))
@listing(*LIST)
@reading
def list_cooperations(ctx: click.Context, partner: str | None, theme: str | None) -> None:
    present(ctx, _asked(ctx, "cooperation list", {"partner": partner, "theme": theme}), _show_list)


def _show_list(data: Mapping[str, Any]) -> None:
    rows = data["cooperations"]
    shown = [{**row, "count": len(row["members"]), "themes": ", ".join(row["themes"])} for row in rows]
    table(
        _("Existing cooperations, {count} of them").format(count=len(shown)),
        LIST,
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
    present(ctx, _asked(ctx, "cooperation show", {"ref": ref}), _show)


def _show(row: Mapping[str, Any]) -> None:
    names = _themes()
    asked = {True: _("yes"), False: _("no"), None: _("not known")}[row["mandatory"]]
    facts(
        row["name"],
        [
            (_("Ref"), row["ref"]),
            (_("Challenge"), row["challenge"]),
            (_("Themes"), "; ".join(names[theme] for theme in row["themes"])),
            (_("Asked by law"), asked),
            (_("Service organisation"), _("yes") if row["service"] else None),
            (_("Traits"), "; ".join(f"{trait} = {value}" for trait, value in row["traits"].items()) or None),
            (_("Since"), day(date.fromisoformat(row["since_on"])) if row["since_on"] else None),
            (_("Until"), day(date.fromisoformat(row["until_on"])) if row["until_on"] else None),
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
    for each in row["revisions"]:
        say(
            _("Revision {number}: {day}, {by}, from {source}").format(
                number=each["revision"],
                day=day(date.fromisoformat(each["recorded_on"])),
                by=each["by"],
                source=each["source"],
            )
        )


@verb(
    cooperation,
    "template",
    N_("Print the register as a file to change and import"),
    examples=("fund cooperation template > cooperations.json",),
    see=("cooperation import",),
)
@reading
def template(ctx: click.Context) -> None:
    read(ctx, "cooperation template", {}, show=_print)


def _print(data: Mapping[str, Any]) -> None:
    output.write_output("-", (str(data["template"]) + "\n").encode())
