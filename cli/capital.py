"""``fund capital``: contributions, called and received."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import click

from cli.output import Column, day_text, emit_json, facts, progress, say, state_text, table, write_folder, write_output
from cli.params import forcing, listing, may_write, noun, option, query, read, require_own_stream, typed
from cli.params.declared import add_command, declared
from fund.contributions.commands import CallCapital, CapitalLetter, CapitalList, ReceiveContribution
from fund.declarations import Answer
from fund.language import N_, _, euros, ngettext

capital = noun("capital", N_("Call and receive contributions"))


def _called(answer: Answer) -> list[str]:
    result = answer["result"]
    lines = [
        ngettext(
            "{count} call makes {total}; to be paid by {day}.",
            "{count} calls make {total}; to be paid by {day}.",
            result["calls"],
        ).format(count=result["calls"], total=euros(result["total_cents"]), day=day_text(result["due_on"]))
    ]
    if len(result["due_days"]) > 1:
        days = ", ".join(day_text(each) for each in result["due_days"])
        lines = [
            _("{count} calls make {total}, in {parts} instalments: {days}.").format(
                count=result["calls"], total=euros(result["total_cents"]), parts=len(result["due_days"]), days=days
            )
        ]
    if result["key"]:
        lines.append(_("Divided by key {key}.").format(key=result["key"]))
    return lines


def _received(answer: Answer) -> list[str]:
    fact = answer["events"][0]["payload"]
    lines = [
        _("{amount} of {receipt} is set against {call}.").format(
            amount=euros(fact["amount_cents"]), receipt=fact["receipt"], call=fact["ref"]
        )
    ]
    if fact["surplus_cents"]:
        lines.append(
            _("{amount} more than was open is owed back to {partner}.").format(
                amount=euros(fact["surplus_cents"]), partner=fact["partner"]
            )
        )
    return lines


@declared(capital, CapitalLetter)
@option("--output", type=click.Path(), metavar="PATH", help=N_("Write a PDF here; with --all the folder they go to"))
@forcing
def letter(ctx: click.Context, ref: str, all: bool, output: str | None) -> None:
    args = CapitalLetter(ref=ref, all=all)
    if output is None:
        read(ctx, args, show=_letters_shown)
        return
    require_own_stream(ctx, output)
    if all and output == "-":
        raise click.UsageError(_("several files cannot go to standard output: name a folder"), ctx)
    force = bool(typed(ctx, "force")) if all else may_write(ctx, output)
    written = _letters_written(query(ctx, args)["letters"], output, all, force=force)
    if typed(ctx, "json"):
        emit_json({"schema_version": 1, "files": written})
    elif output != "-":
        say(
            ngettext("{count} letter is written: {path}", "{count} letters are written: {path}", len(written)).format(
                count=len(written), path=output
            )
        )


def _letters_written(found: list[dict[str, Any]], output: str, several: bool, *, force: bool) -> list[str]:
    """The files, each written whole or not at all, by name."""
    from fund.reports.letters import letter_pdf

    if not several:
        write_output(output, letter_pdf(found[0]), force=force)
        return [output]
    with progress(_("Letters"), len(found)) as bar:

        def letter(one: dict[str, Any]) -> bytes:
            bar.step()
            return letter_pdf(one)

        return write_folder(output, {f"{one['ref']}.pdf": partial(letter, one) for one in found}, force=force)


def _letters_shown(data: Mapping[str, Any]) -> None:
    """The words of each letter, as rows."""
    from fund.reports.letters import call_letter

    for one in data["letters"]:
        words = call_letter(one)
        facts(f"{words['title']}, {words['partner']}", [(name, value) for name, value in words["pay"]])
        if words["computed"]:
            told = [(step, f"{outcome}  ({how})" if how else outcome) for step, how, outcome in words["computed"]]
            facts(words["computed_title"], told)


LIST = (
    Column("ref", N_("Ref"), "ref"),
    Column("partner_name", N_("Partner"), "text"),
    Column("due_on", N_("Due"), "date"),
    Column("state", N_("State"), "state", kind="call"),
    Column("called_cents", N_("Called"), "amount"),
    Column("received_cents", N_("Received"), "amount"),
)


@declared(capital, CapitalList)
@listing(*LIST)
def list_(ctx: click.Context, partner: str | None, open: bool) -> None:
    empty = _("Every call is paid whole.") if open else _("No capital was called yet.")
    read(ctx, CapitalList(partner=partner, open=open), show=lambda data: _listed(data, empty))


def _name(row: Mapping[str, Any]) -> str:
    """The partner, with its state where it is leaving."""
    if row["partner_state"] == "active":
        return str(row["partner_name"])
    return f"{row['partner_name']} ({state_text('partner', row['partner_state'])})"


def _listed(data: Mapping[str, Any], empty: str) -> None:
    rows = [{**row, "partner_name": _name(row)} for row in data["calls"]]
    table(
        _("Capital calls"),
        LIST,
        rows,
        total={
            "ref": ngettext("{count} call", "{count} calls", len(rows)).format(count=len(rows)),
            "called_cents": sum(row["called_cents"] for row in rows),
            "received_cents": sum(row["received_cents"] for row in rows),
        },
        empty=empty,
    )


add_command(capital, ReceiveContribution, done=_received)
add_command(capital, CallCapital, done=_called)
