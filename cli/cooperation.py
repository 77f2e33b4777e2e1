"""``fund cooperation``: who works with whom already; proposals build on it and ties between people follow from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

import click

from cli import output
from cli.output import Column, facts, say
from cli.output.views import Counted, ListView, When
from cli.params import Ref, argument, listed, listing, noun, present, query
from cli.params.declared import add_command, add_query, declared
from fund import glossary
from fund.declarations import Answered, Question, Template
from fund.language import N_, NN_, _, day, language
from fund.workflows.cooperations.commands import (
    CooperationDetail,
    CooperationList,
    Cooperations,
    CooperationShow,
    CooperationTemplate,
    ImportCooperations,
)

if TYPE_CHECKING:
    from fund.schemas.cooperations import CooperationFile

ASKED = {True: N_("yes"), False: N_("no"), None: N_("not known")}
_ROLES = {
    "deelnemer": N_("takes part"),
    "op_onderdelen": N_("takes part in parts"),
    "ondersteunend": N_("supports"),
    "betrokken": N_("involved, no formal part"),
}

cooperation = noun("cooperation", N_("Import and look up the existing cooperations"))


def _asked(
    ctx: click.Context, given: Question[Answered], of_the_report: Callable[[list[CooperationFile]], Answered]
) -> Answered:
    """What the fund's register says; where there is no fund yet, what the report says that comes with it."""
    from fund.errors.database import DatabaseMissing, NoFundHere

    try:
        return query(ctx, given)
    except (DatabaseMissing, NoFundHere):
        from fund.workflows.cooperations import files

        return of_the_report(sorted(files.of_the_report(), key=lambda one: one.ref))


def _list(ctx: click.Context, given: CooperationList) -> Cooperations:
    def chosen(found: list[CooperationFile]) -> Cooperations:
        from fund import lists
        from fund.workflows.cooperations import register

        partner = _taking_part(found, given.partner) if given.partner else ""
        rows = {"cooperations": register.chosen(found, partner=partner, theme=given.theme)}
        return cast(Cooperations, lists.chosen(rows, {"cooperations": ""}, name=given.declaration.name, **listed(ctx)))

    return _asked(ctx, given, chosen)


def _one(ctx: click.Context, given: CooperationShow) -> CooperationDetail:
    def nearest(found: list[CooperationFile]) -> CooperationDetail:
        from fund.workflows.cooperations import register

        return {**register.as_json(register.nearest(found, given.ref)), "revisions": []}

    return _asked(ctx, given, nearest)


def _taking_part(found: Sequence[CooperationFile], name: str) -> str:
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
            found = _list(ctx, CooperationList())["cooperations"]
        except Exception:  # a lock, a strange database: completion stays silent, whatever it is
            return []
        rows = [row for row in found if row["ref"].startswith(incomplete)]
        return [click.shell_completion.CompletionItem(row["ref"], help=row["name"]) for row in rows]


LIST = ListView(
    title=N_("Existing cooperations, {count} of them"),
    rows="cooperations",
    columns=(
        Column("ref", N_("Ref"), "ref"),
        Column("themes", N_("Themes"), "ref"),
        Column("count", N_("Members"), "count", by="members", cell=lambda row: len(row["members"])),
        Column("name", N_("Name")),
    ),
    empty=N_("None."),
)


@declared(cooperation, CooperationList)
@listing(*LIST.columns)
def list_cooperations(ctx: click.Context, partner: str, theme: str) -> None:
    present(ctx, _list(ctx, CooperationList(partner=partner, theme=theme)), LIST)


@declared(cooperation, CooperationShow)
@argument("ref", type=_Cooperation(), help=N_("The cooperation"))
def show(ctx: click.Context, ref: str) -> None:
    present(ctx, _one(ctx, CooperationShow(ref=ref)), _show)


FACTS = (
    Column("ref", N_("Ref")),
    Column("challenge", N_("Challenge")),
    Column("themes", N_("Themes"), cell=lambda row: "; ".join(_themes()[theme] for theme in row["themes"])),
    Column("mandatory", N_("Asked by law"), cell=lambda row: _(ASKED[row["mandatory"]])),
    Column("service", N_("Service organisation"), cell=lambda row: _("yes"), when="service"),
    Column(
        "traits",
        N_("Traits"),
        cell=lambda row: "; ".join(f"{trait} = {value}" for trait, value in row["traits"].items()),
    ),
    Column("since_on", N_("Since"), cell=lambda row: day(row["since_on"]), when="since_on"),
    Column("until_on", N_("Until"), cell=lambda row: day(row["until_on"]), when="until_on"),
    Column("remarks", N_("Remarks"), cell=lambda row: "; ".join(row["remarks"])),
)
MEMBERS = ListView(
    title=N_("Members"),
    rows="members",
    columns=(
        Column("partner", N_("Partner"), "ref"),
        Column("name", N_("Name")),
        Column("role", N_("Role"), cell=lambda row: _(_ROLES[row["role"]])),
    ),
)
REVISION = N_("Revision {revision}: {recorded_on}, {by}, from {source}")


def _show(row: CooperationDetail) -> None:
    facts(row["name"], (each.fact(row) for each in FACTS))
    MEMBERS(row)
    for each in row["revisions"]:
        say(_(REVISION).format_map({**each, "recorded_on": day(each["recorded_on"])}))


def _print(data: Template) -> None:
    output.write_output("-", (data["template"] + "\n").encode())


add_query(cooperation, CooperationTemplate, show=_print)
add_command(
    cooperation,
    ImportCooperations,
    done=(
        Counted("cooperations_new", NN_("{count} cooperation is new.", "{count} cooperations are new.")),
        Counted("cooperations_changed", NN_("{count} changed.", "{count} changed.")),
        Counted("cooperations_known", NN_("{count} was known already.", "{count} were known already.")),
        Counted(
            "taken_over",
            NN_("{count} of the report stays as it was.", "{count} of the report stay as they were."),
            optional=True,
        ),
        When("partners_unknown", N_("No partner of this fund: {partners_unknown}.")),
    ),
)
