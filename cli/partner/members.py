"""``fund partner``: the governments that take part, their share and what they paid in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from importlib import resources
from typing import Any

import click

from cli.output import Column, day_text, facts, state_text, table
from cli.params import DAY, FILE, PARTNER, argument, changing, dated, listing, option, read, run, verb
from cli.partner.noun import partner
from fund.language import N_, _, day, euros, ngettext, number

NAME = "partners.csv"
"""The founders that come with the program, in ``fund/data``."""
KINDS = {
    "municipality": N_("municipality"),
    "water_board": N_("water board"),
    "region": N_("region"),
    "province": N_("province"),
}


@verb(
    partner,
    "import",
    N_("Import the founders from a file"),
    about=N_(
        "A CSV file with `id`, `naam`, `korte_naam`, `kind_en`, `size_class_en`, `inwoners`, "
        "`inwoners_peiljaar` and `regio_id`. The whole file or nothing; partners that are known "
        "stay as they are. Until the first capital call. Without a file: the 34 governments of "
        "the province of Utrecht, as they come with the program."
    ),
    examples=("fund --as anna partner import", "fund --as anna partner import partners.csv"),
    who=N_("a fund manager"),
    see=("partner list", "key show"),
)
@argument("file", type=FILE, required=False, help=N_("The CSV file; - for standard input"))
@option("--from", "joined_on", type=DAY, metavar="DATE", help=N_("The day from which they take part, default today"))
@changing
def import_(ctx: click.Context, file: Mapping[str, Any] | None, joined_on: date | None) -> None:
    file = file or {"content": (resources.files("fund") / "data" / NAME).read_bytes(), "name": NAME}
    args = {"content": file["content"], "name": file["name"], "on": joined_on}
    run(ctx, "partner import", args, tell=_imported)


def _imported(answer: Mapping[str, Any]) -> list[str]:
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


@verb(
    partner,
    "list",
    N_("List the partners"),
    about=N_("The share follows the capital called; before the first call, the distribution key in force."),
    examples=("fund partner list", "fund partner list --as-of 2026-12-31"),
    see=("partner show", "capital list"),
)
@listing(*LIST)
@dated
def list_(ctx: click.Context) -> None:
    read(ctx, "partner list", {}, show=_listed)


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


@verb(
    partner,
    "show",
    N_("Show one partner"),
    examples=("fund partner show Woudenberg", "fund partner show HDSR --json"),
    see=("partner list", "statement partner"),
)
@argument("ref", type=PARTNER, help=N_("The partner"))
@dated
def show(ctx: click.Context, ref: str) -> None:
    read(ctx, "partner show", {"ref": ref}, show=_shown)


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
