"""``fund partner``: the governments that take part, their share and what they paid in."""

from __future__ import annotations

from datetime import date
from importlib import resources

import click

from cli.output import Column
from cli.output.views import Counted, DetailView, ListView
from cli.params import FILE, argument, run
from cli.params.declared import add_query, declared
from cli.partner.noun import partner
from fund.declarations import InputFile
from fund.language import N_, NN_, _, euros, number
from fund.workflows.partners.commands import ImportPartners, PartnerDetail, PartnerFacts, PartnerList, PartnerShow

NAME = "partners.csv"
"""The founders that come with the program, in ``fund/data``."""
KINDS = {
    "municipality": N_("municipality"),
    "water_board": N_("water board"),
    "region": N_("region"),
    "province": N_("province"),
}


@declared(partner, ImportPartners)
@argument("file", type=FILE, required=False, help=N_("The CSV file; - for standard input"))
def import_(ctx: click.Context, file: InputFile | None, on: date | None) -> None:
    file = file or {"content": (resources.files("fund") / "data" / NAME).read_bytes(), "name": NAME}
    args = ImportPartners(file=file, on=on)
    taking_part = NN_("{count} partner takes part.", "{count} partners take part.")
    known = NN_("{count} partner was known already.", "{count} partners were known already.")
    run(ctx, args, done=(Counted("partners_new", taking_part), Counted("partners_known", known, optional=True)))


def _percent(bps: int) -> str:
    return f"{number(bps)}%"


LIST = ListView(
    title=N_("Partners, state of {as_of}"),
    rows="partners",
    columns=(
        Column("id", N_("Partner"), "ref"),
        Column("short_name", N_("Name"), "name"),
        Column("state", N_("State"), "state", kind="partner"),
        Column("share", N_("Share"), "count", by="share_bps", cell=lambda row: _percent(row["share_bps"])),
        Column("paid_in_cents", N_("Paid in"), "amount"),
    ),
    count=NN_("{count} partner", "{count} partners"),
    sums=("share_bps", "paid_in_cents"),
    empty=N_("Nobody takes part yet: fund partner import"),
)


def _inhabitants(one: PartnerFacts) -> str:
    if not one["inhabitants"]:
        return ""
    return _("{count} in {year}").format(count=one["inhabitants"], year=one["inhabitants_year"])


DETAIL = DetailView(
    title=N_("{name}, state of {as_of}"),
    facts=(
        Column("id", N_("Partner")),
        Column("kind", N_("Kind"), cell=lambda one: _(KINDS[one["kind"]]), when="kind"),
        Column("state", N_("State"), "state", kind="partner"),
        Column("region", N_("Region")),
        Column("inhabitants", N_("Inhabitants"), cell=_inhabitants),
        Column("joined_on", N_("Takes part from"), "date"),
        Column("share", N_("Share"), cell=lambda one: _percent(one.get("share_bps", 0))),
        Column("called_cents", N_("Called"), cell=lambda one: euros(one.get("called_cents", 0))),
        Column("paid_in_cents", N_("Paid in"), cell=lambda one: euros(one.get("paid_in_cents", 0))),
    ),
)
LEAVING = DetailView(
    title=N_("Leaving"),
    facts=(
        Column("leaves_on", N_("Leaves on"), "date"),
        Column("valued_on", N_("Valued on"), "date"),
        Column("net_cents", N_("Net"), "amount", when="net_cents"),
        Column("reason", N_("Disputed because")),
        Column("settled_cents", N_("In the books"), "amount", when="settled_cents"),
        Column("due_cents", N_("Due now"), "amount", when="due_cents"),
        Column("later_cents", N_("Still to come"), "amount", when="later_cents"),
        Column("paid_cents", N_("Paid"), "amount", when="paid_cents"),
        Column("set_off_cents", N_("Set off"), "amount", when="set_off_cents"),
        Column("kept", N_("Agreements kept")),
        Column("exited_on", N_("Left on"), "date"),
    ),
)
ITEMS = ListView(
    title=N_("What its later part is paid from"),
    rows="items",
    columns=(
        Column("name", N_("Case"), "name"),
        Column("named_cents", N_("Expected back"), "amount"),
        Column("collected_cents", N_("Came in since"), "amount"),
    ),
    optional=True,
)
CALLS = ListView(
    title=N_("Capital calls"),
    rows="calls",
    columns=(
        Column("ref", N_("Ref"), "ref"),
        Column("reference", N_("Reference"), "ref"),
        Column("due_on", N_("Due"), "date"),
        Column("state", N_("State"), "state", kind="call"),
        Column("called_cents", N_("Called"), "amount"),
        Column("received_cents", N_("Received"), "amount"),
    ),
    optional=True,
)


def _shown(data: PartnerDetail) -> None:
    DETAIL({**data["partner"], "as_of": data["as_of"]})
    if data["exit"]:
        LEAVING(data["exit"])
        ITEMS(data["exit"])
    CALLS(data)


add_query(partner, PartnerList, show=LIST)
add_query(partner, PartnerShow, show=_shown)
