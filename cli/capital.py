"""``fund capital``: contributions, called and received."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

import click

from cli.output import Column, day_text, emit_json, facts, progress, say, state_text, table, write_folder, write_output
from cli.params import (
    DAY,
    MONEY,
    PARTNER,
    Ref,
    argument,
    booking,
    forcing,
    listing,
    look,
    may_write,
    noun,
    option,
    read,
    reading,
    require_own_stream,
    run,
    typed,
    verb,
)
from fund.language import N_, _, euros, ngettext

KEY = Ref(("key show", "keys", "name"))
AWARD = Ref(("agreement list", "agreements", "ref"))
CALL = Ref(("capital list", "calls", "ref"))
RECEIPT = Ref(("bank unmatched", "receipts", "ref"))

capital = noun("capital", N_("Call and receive contributions"))


@verb(
    capital,
    "call",
    N_("Call capital from all partners, or from one"),
    about=N_(
        "A total is divided over every active partner by the key of the day, to the cent; each gets a call and an "
        "entry of its own for each instalment. With --partner one partner is called for the amount. "
        "Whoever gave notice is called only for what was committed before it: --for names that."
    ),
    examples=(
        "fund --as anna capital call --amount 2500000 --key 2026",
        "fund --as anna capital call --amount 2500000 --instalments 4 --every 3 --due 2026-03-31",
        "fund --as anna capital call --partner gm0344 --amount 12500.00 --due 2026-06-30",
    ),
    who=N_("a fund manager; a treasurer confirms"),
    see=("key compare", "capital list", "confirm"),
)
@option("--amount", type=MONEY, required=True, metavar="AMOUNT", help=N_("The total, or what the one partner is asked"))
@option("--key", type=KEY, metavar="NAME", help=N_("The key you expect to be in force"))
@option("--partner", type=PARTNER, metavar="PARTNER", help=N_("Only this partner"))
@option(
    "--due",
    "due_days",
    type=DAY,
    multiple=True,
    metavar="DATE",
    help=N_("The last day to pay; by the regulations when left out; repeat for instalments"),
)
@option(
    "--instalments", type=click.IntRange(1, 60), metavar="NUMBER", help=N_("In so many parts; --due is the first day")
)
@option("--every", type=click.IntRange(1, 60), metavar="MONTHS", help=N_("Months between instalments"))
@option("--for", "commitment", type=AWARD, metavar="REF", help=N_("The award that the money is for"))
@booking
def call(
    ctx: click.Context,
    amount: int,
    key: str | None,
    partner: str | None,
    due_days: tuple[date, ...],
    instalments: int | None,
    every: int | None,
    commitment: str | None,
) -> None:
    args = {
        "amount": amount,
        "key": key,
        "partner": partner,
        "due": due_days[0] if len(due_days) == 1 else None,
        "due_days": list(due_days) if len(due_days) > 1 else None,
        "instalments": instalments,
        "every": every,
        "commitment": commitment,
    }
    run(ctx, "capital call", args, tell=_called)


def _called(answer: Mapping[str, Any]) -> list[str]:
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


@verb(
    capital,
    "receive",
    N_("Set a receipt against a call, by two people"),
    about=N_(
        "Receipts with certain evidence are matched by `fund bank import`, proposed ones by "
        "`fund bank match`. This is for a receipt whose evidence says nothing, or something else."
    ),
    examples=("fund --as bram capital receive B2026-0007 --receipt O2026-0012",),
    who=N_("a treasurer; a fund manager confirms"),
    see=("bank match", "bank unmatched"),
)
@argument("ref", type=CALL, help=N_("The call"))
@option("--receipt", type=RECEIPT, required=True, metavar="REF", help=N_("The receipt that holds the money"))
@option("--amount", type=MONEY, metavar="AMOUNT", help=N_("A part of it; all that waits when left out"))
@booking
def receive(ctx: click.Context, ref: str, receipt: str, amount: int | None) -> None:
    run(ctx, "capital receive", {"ref": ref, "receipt": receipt, "amount": amount}, tell=_received)


def _received(answer: Mapping[str, Any]) -> list[str]:
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


@verb(
    capital,
    "letter",
    N_("Write the letter of a call"),
    about=N_(
        "Addressed to the partner: what to pay, until when, with which reference, and the partner's own computation. "
        "With --all one letter for each call that was made with it, in a folder. Without --output it is shown here. "
        "In the language of --lang; the same letter is the same bytes."
    ),
    examples=(
        "fund capital letter B2026-0007 --output B2026-0007.pdf",
        "fund --lang nl capital letter B2026-0001 --all --output letters",
    ),
    see=("capital list", "capital call", "key show"),
)
@argument("ref", type=CALL, help=N_("The call"))
@option("--all", "all_", is_flag=True, help=N_("Every call that was made with this one"))
@option("--output", type=click.Path(), metavar="PATH", help=N_("Write a PDF here; with --all the folder they go to"))
@forcing
@reading
def letter(ctx: click.Context, ref: str, all_: bool, output: str | None) -> None:
    args = {"ref": ref, "all": all_ or None}
    if output is None:
        read(ctx, "capital letter", args, show=_letters_shown)
        return
    require_own_stream(ctx, output)
    if all_ and output == "-":
        raise click.UsageError(_("several files cannot go to standard output: name a folder"), ctx)
    force = bool(typed(ctx, "force")) if all_ else may_write(ctx, output)
    written = _letters_written(look(ctx, "capital letter", args)["letters"], output, all_, force=force)
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


@verb(
    capital,
    "list",
    N_("List the calls"),
    examples=("fund capital list", "fund capital list --open", "fund capital list --partner Woudenberg --json"),
    see=("capital call", "partner list"),
)
@option("--partner", type=PARTNER, metavar="PARTNER", help=N_("Only those of this partner"))
@option("--open", "open_", is_flag=True, help=N_("Only those that are not paid whole"))
@listing(*LIST)
@reading
def list_(ctx: click.Context, partner: str | None, open_: bool) -> None:
    empty = _("Every call is paid whole.") if open_ else _("No capital was called yet.")
    read(ctx, "capital list", {"partner": partner, "open": open_ or None}, show=lambda data: _listed(data, empty))


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
