"""``fund partner``: the governments that take part, their share and what they paid in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from importlib import resources
from typing import Any

import click

from cli.output import Column, day_text, facts, state_text, table
from cli.params import FILE, argument, run
from cli.params.declared import add_query, declared
from cli.partner.noun import partner
from fund.declarations import Answer, InputFile
from fund.language import N_, _, day, euros, ngettext, number
from fund.workflows.partners.commands import ImportPartners, PartnerList, PartnerShow

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
    run(ctx, args, done=_imported)


def _imported(answer: Answer) -> list[str]:
    result = answer["result"]
    new, known = result["partners_new"], result["partners_known"]
    lines = [ngettext("{count} partner takes part.", "{count} partners take part.", new).format(count=new)]
    if known:
        lines.append(
            ngettext("{count} partner was known already.", "{count} partners were known already.", known).format(
                count=known
            )
        )
    return lines


LIST = (
    Column("id", N_("Partner"), "ref"),
    Column("short_name", N_("Name"), "name"),
    Column("state", N_("State"), "state", kind="partner"),
    Column("share", N_("Share"), "count", by="share_bps"),
    Column("paid_in_cents", N_("Paid in"), "amount"),
)


def _listed(data: Mapping[str, Any]) -> None:
    rows = [{**row, "kind": _(KINDS[row["kind"]]), "share": _percent(row["share_bps"])} for row in data["partners"]]
    table(
        _("Partners, state of {day}").format(day=day(data["as_of"])),
        LIST,
        rows,
        total={
            "id": ngettext("{count} partner", "{count} partners", len(rows)).format(count=len(rows)),
            "share": _percent(sum(row["share_bps"] for row in rows)),
            "paid_in_cents": sum(row["paid_in_cents"] for row in rows),
        },
        empty=_("Nobody takes part yet: fund partner import"),
    )


def _percent(bps: int) -> str:
    return f"{number(bps)}%"


def _shown(data: Mapping[str, Any]) -> None:
    one = data["partner"]
    facts(
        _("{name}, state of {day}").format(name=one["name"], day=day(data["as_of"])),
        [
            (_("Partner"), one["id"]),
            (_("Kind"), _(KINDS[one["kind"]]) if "kind" in one else ""),
            (_("State"), state_text("partner", one["state"]) if "state" in one else ""),
            (_("Region"), one["region"]),
            (
                _("Inhabitants"),
                _("{count} in {year}").format(count=one["inhabitants"], year=one["inhabitants_year"])
                if one["inhabitants"]
                else "",
            ),
            (_("Takes part from"), day_text(one["joined_on"])),
            (_("Share"), _percent(one.get("share_bps", 0))),
            (_("Called"), euros(one.get("called_cents", 0))),
            (_("Paid in"), euros(one.get("paid_in_cents", 0))),
        ],
    )
    if data["exit"]:
        _leaving(data["exit"])
    if data["calls"]:
        table(
            _("Capital calls"),
            (
                Column("ref", N_("Ref"), "ref"),
                Column("reference", N_("Reference"), "ref"),
                Column("due_on", N_("Due"), "date"),
                Column("state", N_("State"), "state", kind="call"),
                Column("called_cents", N_("Called"), "amount"),
                Column("received_cents", N_("Received"), "amount"),
            ),
            data["calls"],
        )


def _leaving(exit_: Mapping[str, Any]) -> None:
    """How far a partner is with leaving: only what there is to tell."""

    def amount(name: str) -> str:
        return euros(exit_[name]) if exit_[name] else ""

    facts(
        _("Leaving"),
        [
            (_("Leaves on"), day_text(exit_["leaves_on"])),
            (_("Valued on"), day_text(exit_["valued_on"])),
            (_("Net"), amount("net_cents")),
            (_("Disputed because"), exit_["reason"]),
            (_("In the books"), amount("settled_cents")),
            (_("Due now"), amount("due_cents")),
            (_("Still to come"), amount("later_cents")),
            (_("Paid"), amount("paid_cents")),
            (_("Set off"), amount("set_off_cents")),
            (_("Agreements kept"), ", ".join(exit_["kept"])),
            (_("Left on"), day_text(exit_["exited_on"])),
        ],
    )
    if exit_["items"]:
        table(
            _("What its later part is paid from"),
            (
                Column("name", N_("Case"), "name"),
                Column("named_cents", N_("Expected back"), "amount"),
                Column("collected_cents", N_("Came in since"), "amount"),
            ),
            exit_["items"],
        )


add_query(partner, PartnerList, show=_listed, columns=LIST)
add_query(partner, PartnerShow, show=_shown)
