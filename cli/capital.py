"""``fund capital``: contributions, called and received."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import click

from cli.output import Column, day_text, emit_json, facts, progress, say, state_text, write_folder, write_output
from cli.output.views import ListView, When
from cli.params import forcing, listing, may_write, noun, option, query, read, require_own_stream, typed
from cli.params.declared import add_command, declared
from fund.contributions.commands import (
    CallCapital,
    CallRow,
    CapitalLetter,
    CapitalList,
    Letter,
    Letters,
    ReceiveContribution,
)
from fund.declarations import Answer
from fund.language import N_, NN_, _, euros, ngettext

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


def _letters_written(found: list[Letter], output: str, several: bool, *, force: bool) -> list[str]:
    """The files, each written whole or not at all, by name."""
    from fund.reports.letters import letter_pdf

    if not several:
        write_output(output, letter_pdf(found[0]), force=force)
        return [output]
    with progress(_("Letters"), len(found)) as bar:

        def letter(one: Letter) -> bytes:
            bar.step()
            return letter_pdf(one)

        return write_folder(output, {f"{one['ref']}.pdf": partial(letter, one) for one in found}, force=force)


def _letters_shown(data: Letters) -> None:
    """The words of each letter, as rows."""
    from fund.reports.letters import call_letter

    for one in data["letters"]:
        words = call_letter(one)
        facts(f"{words['title']}, {words['partner']}", [(name, value) for name, value in words["pay"]])
        if words["computed"]:
            told = [(step, f"{outcome}  ({how})" if how else outcome) for step, how, outcome in words["computed"]]
            facts(words["computed_title"], told)


def _name(row: CallRow) -> str:
    """The partner, with its state where it is leaving."""
    if row["partner_state"] == "active":
        return row["partner_name"]
    return f"{row['partner_name']} ({state_text('partner', row['partner_state'])})"


LIST = ListView(
    title=N_("Capital calls"),
    rows="calls",
    columns=(
        Column("ref", N_("Ref"), "ref"),
        Column("partner_name", N_("Partner"), "text"),
        Column("due_on", N_("Due"), "date"),
        Column("state", N_("State"), "state", kind="call"),
        Column("called_cents", N_("Called"), "amount"),
        Column("received_cents", N_("Received"), "amount"),
    ),
    count=NN_("{count} call", "{count} calls"),
    sums=("called_cents", "received_cents"),
    empty=N_("No capital was called yet."),
    row=lambda row: {**row, "partner_name": _name(row)},
)


@declared(capital, CapitalList)
@listing(*LIST.columns)
def list_(ctx: click.Context, partner: str | None, open: bool) -> None:
    view = replace(LIST, empty=N_("Every call is paid whole.")) if open else LIST
    read(ctx, CapitalList(partner=partner, open=open), show=view)


add_command(
    capital,
    ReceiveContribution,
    done=(
        N_("{amount_cents} of {receipt} is set against {ref}."),
        When("surplus_cents", N_("{surplus_cents} more than was open is owed back to {partner}.")),
    ),
)
add_command(capital, CallCapital, done=_called)
