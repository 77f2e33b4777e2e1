"""``fund partner exit-quote`` and what follows on a notice: settlement, payment, long-stop."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.output import Column, day_text, facts, say_lines, table
from cli.output.views import When
from cli.params import run
from cli.params.declared import add_command, add_query, declared
from cli.partner.noun import partner
from fund.declarations import Answer, InputFile
from fund.language import N_, _, day, euros, number
from fund.workflows.exits.commands import (
    AgreeSettlement,
    CloseOutExit,
    DisputeSettlement,
    GiveNotice,
    PartnerExitQuote,
    PaySettlement,
    ProposeSettlement,
    SettleExit,
)

ITEMS = {
    "advance": N_("advance of {ref}"),
    "commitment": N_("commitment of {ref}, what comes back of it"),
    "call": N_("unpaid call of {ref}"),
}


# ----------------------------------------------------------------------------------------------------- K3: the quote


def _quoted(data: Mapping[str, Any]) -> None:
    share = f"{data['capital_cents']} / {data['total_capital_cents']}" if data["total_capital_cents"] else ""
    promised_cents = data["net_asset_value_cents"] - _cents(data["divided"])
    facts(
        _("{name}: what leaving would mean, {day}").format(name=data["name"], day=day(data["as_of"])),
        [
            (_("Worth of the fund"), euros(data["net_asset_value_cents"])),
            (_("Promised, not coming back"), euros(promised_cents)),
            (_("Divided"), euros(_cents(data["divided"]))),
            (_("Share of the capital"), _("{percent}% ({share} cents)").format(percent=_percent(data), share=share)),
            (_("Its share, rounded down"), euros(data["gross_cents"])),
            (_("Its own unpaid calls"), euros(-data["unpaid_cents"]) if data["unpaid_cents"] else ""),
            (_("Costs of leaving"), euros(-data["costs_cents"]) if data["costs_cents"] else ""),
            (_("Above what it paid in"), euros(-data["cut_cents"]) if data["cut_cents"] else ""),
            (_("Net"), euros(data["net_cents"])),
            (_("Now"), euros(data["now_cents"])),
            (_("Later"), euros(data["later_cents"])),
            (_("Known until entry"), str(data["known_at"])),
        ],
    )
    say_lines(_sentence(data))
    rows = [{**row, "what": _(ITEMS[row["kind"]]).format(ref=row["name"])} for row in data["items"]]
    if rows:
        table(
            _("What is outstanding"),
            (
                Column("what", N_("What"), "text"),
                Column("amount_cents", N_("Expected back"), "amount"),
                Column("share_cents", N_("Share of it"), "amount"),
            ),
            rows,
            total={
                "what": _("together"),
                "amount_cents": sum(row["amount_cents"] for row in rows),
                "share_cents": sum(row["share_cents"] for row in rows),
            },
        )


def _sentence(data: Mapping[str, Any]) -> list[str]:
    """What it means, as one would say it in a council."""
    if data["owes_cents"]:
        return [_("{name} would owe the fund {amount}.").format(name=data["name"], amount=euros(data["owes_cents"]))]
    now, later = euros(data["now_cents"]), euros(data["later_cents"])
    lines = [_("{name} would get {net}.").format(name=data["name"], net=euros(data["net_cents"]))]
    lines.append(
        _("Of that {now} is due at once: its share of the {free} that lies free.").format(
            now=now, free=euros(max(data["free_to_commit_cents"], 0))
        )
    )
    if data["later_cents"] and data["items"]:
        lines.append(
            _("{later} follows when outstanding money comes in, and otherwise at the long-stop.").format(later=later)
        )
    elif data["later_cents"]:
        lines.append(_("{later} follows at the long-stop: it lies in the buffer.").format(later=later))
    return lines


def _cents(fraction: str) -> int:
    """Whole cents of an exact fraction, for the screen."""
    above, _slash, below = fraction.partition("/")
    return int(above) // int(below or 1)


def _percent(data: Mapping[str, Any]) -> str:
    total = data["total_capital_cents"]
    return number(data["capital_cents"] * 10_000 // total) if total else number(0)


# ---------------------------------------------------------------------------------------------- K4-K7: to a settlement


@declared(partner, GiveNotice)
def give_notice(
    ctx: click.Context, ref: str, decision: InputFile | None, decided_on: date | None, leaves_on: date | None
) -> None:
    args = GiveNotice(ref=ref, decision=decision, decided_on=decided_on, leaves_on=leaves_on)
    question = _("Give notice for {ref}?").format(ref=ref)
    run(ctx, args, ask=question, done=N_("{ref} gave notice and leaves on {leaves_on}."))


def _proposed(answer: Answer) -> list[str]:
    lines = []
    for event in answer["events"]:
        fact = event["payload"]
        if event["type"] == "exit.settlement_proposed":
            lines.append(
                _("{ref}: net {net} on {day}, {now} now and {later} later.").format(
                    ref=fact["ref"],
                    net=euros(fact["net_cents"]),
                    day=day_text(fact["valued_on"]),
                    now=euros(fact["now_cents"]),
                    later=euros(fact["later_cents"]),
                )
            )
        elif event["type"] == "resolution.proposed":
            lines.append(_("The winding-up of the fund lies before the full board: {ref}.").format(ref=fact["ref"]))
    return lines


def _settled(answer: Answer) -> list[str]:
    fact = answer["events"][0]["payload"]
    if fact["net_cents"] < 0:
        return [_("{ref} owes the fund {amount}.").format(ref=fact["ref"], amount=euros(-fact["net_cents"]))]
    return [
        _("{ref} gets {now} now and {later} later.").format(
            ref=fact["ref"], now=euros(fact["now_cents"]), later=euros(fact["later_cents"])
        )
    ]


add_query(partner, PartnerExitQuote, show=_quoted)
add_command(partner, ProposeSettlement, done=_proposed)
add_command(partner, AgreeSettlement, done=N_("{ref}: {net_cents} net is agreed."))
add_command(
    partner,
    DisputeSettlement,
    done=N_("{ref} disputes {net_cents}; {undisputed_cents} is undisputed and may be paid first."),
)
add_command(partner, SettleExit, ask=True, done=_settled)
add_command(
    partner,
    PaySettlement,
    ask=True,
    done=When(
        "agreement",
        N_("{amount_cents} repays {agreement}."),
        otherwise=N_("{amount_cents} is to be paid to {payee} as {ref}."),
    ),
)
add_command(
    partner, CloseOutExit, ask=True, done=N_("{amount_cents} is due to {ref}; {released_cents} stays in the fund.")
)
