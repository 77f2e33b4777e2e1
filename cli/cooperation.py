"""``fund cooperation``: who works with whom already; proposals build on it and ties between people follow from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import click

from cli import output
from cli.output import Column, facts, say, table
from cli.params import Ref, argument, listed, listing, noun, present, query, run
from cli.params.declared import add_query, declared
from fund import glossary
from fund.declarations import InputFile
from fund.language import N_, _, day, language, ngettext
from fund.workflows.cooperations.commands import (
    CooperationList,
    CooperationShow,
    CooperationTemplate,
    ImportCooperations,
)

_ROLES = {
    "deelnemer": N_("takes part"),
    "op_onderdelen": N_("takes part in parts"),
    "ondersteunend": N_("supports"),
    "betrokken": N_("involved, no formal part"),
}

cooperation = noun("cooperation", N_("Import and look up the existing cooperations"))


def _asked(ctx: click.Context, given: CooperationList | CooperationShow) -> dict[str, Any]:
    """What the fund's register says; where there is no fund yet, what the report says that comes with it."""
    from fund.errors.database import DatabaseMissing, NoFundHere

    try:
        return query(ctx, given)
    except (DatabaseMissing, NoFundHere):
        from fund import lists
        from fund.workflows.cooperations import files
        from fund.workflows.cooperations import register as cooperations_register

        found = sorted(files.of_the_report(), key=lambda one: one.ref)
        if isinstance(given, CooperationList):
            partner = _taking_part(found, given.partner) if given.partner else ""
            rows = {"cooperations": cooperations_register.chosen(found, partner=partner, theme=given.theme)}
            return lists.chosen(rows, {"cooperations": ""}, name=given.declaration.name, **listed(ctx))
        return {**cooperations_register.as_json(cooperations_register.nearest(found, given.ref)), "revisions": []}


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
            found = _asked(ctx, CooperationList())["cooperations"]
        except Exception:  # a lock, a strange database: completion stays silent, whatever it is
            return []
        rows = [row for row in found if row["ref"].startswith(incomplete)]
        return [click.shell_completion.CompletionItem(row["ref"], help=row["name"]) for row in rows]


@declared(cooperation, ImportCooperations)
def import_(ctx: click.Context, file: InputFile) -> None:
    run(ctx, ImportCooperations(file=file), done=_imported)


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


@declared(cooperation, CooperationList)
@listing(*LIST)
def list_cooperations(ctx: click.Context, partner: str, theme: str) -> None:
    present(ctx, _asked(ctx, CooperationList(partner=partner, theme=theme)), _show_list)


def _show_list(data: Mapping[str, Any]) -> None:
    rows = data["cooperations"]
    shown = [{**row, "count": len(row["members"]), "themes": ", ".join(row["themes"])} for row in rows]
    table(_("Existing cooperations, {count} of them").format(count=len(shown)), LIST, shown, empty=_("None."))


@declared(cooperation, CooperationShow)
@argument("ref", type=_Cooperation(), help=N_("The cooperation"))
def show(ctx: click.Context, ref: str) -> None:
    present(ctx, _asked(ctx, CooperationShow(ref=ref)), _show)


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


def _print(data: Mapping[str, Any]) -> None:
    output.write_output("-", (str(data["template"]) + "\n").encode())


add_query(cooperation, CooperationTemplate, show=_print)
