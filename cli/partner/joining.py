"""A government joins after the start: known as a candidate, quoted, admitted by the full board."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import click

from cli.output import facts
from cli.params import FILE, PARTNER, argument, changing, option, read, reading, run, verb
from cli.partner.noun import partner
from fund.language import N_, _, day, euros, number


@verb(
    partner,
    "add",
    N_("Make a government known as a candidate"),
    about=N_(
        "A CSV file as for `fund partner import`, a line for each. Nothing follows from it yet: "
        "a signatory of the candidate asks that it takes part, and the full board decides."
    ),
    examples=("fund --as anna partner add candidate.csv",),
    who=N_("a fund manager"),
    see=("partner admit", "partner accession-quote", "user add"),
)
@argument("file", type=FILE, help=N_("The CSV file; - for standard input"))
@changing
def add(ctx: click.Context, file: Mapping[str, Any]) -> None:
    run(ctx, "partner add", {"content": file["content"], "name": file["name"]}, tell=_added)


def _added(answer: Mapping[str, Any]) -> list[str]:
    return [_("{partner} is a candidate.").format(partner=each) for each in answer["result"]["candidates"]]


@verb(
    partner,
    "admit",
    N_("Ask that a candidate takes part"),
    about=N_(
        "The chair agrees that it is put to the vote; two thirds of all partners admit it. The terms are the quote: "
        "its share by the key in force, and what it is called for that, at par. The others are only re-scaled."
    ),
    examples=(
        'fund --as fatima partner admit gm9999 --reason "council decision of 4 March"',
        "fund --as MEMBER decision vote R2026-0001 --for",
    ),
    who=N_("a signatory of the candidate; the chair confirms, the full board decides"),
    see=("partner accession-quote", "decision vote", "decision decide"),
)
@argument("ref", type=PARTNER, help=N_("The candidate"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why; with the decision of its own council"))
@changing
def admit(ctx: click.Context, ref: str, reason: str) -> None:
    run(ctx, "partner admit", {"ref": ref, "reason": reason}, tell=_asked)


def _asked(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    return [
        _("{ref} lies before the full board: {partner} would get {share} and pay {amount}.").format(
            ref=fact["ref"],
            partner=fact["subject"],
            share=_percent(fact["terms"]["share"]),
            amount=euros(fact["terms"]["par_cents"]),
        )
    ]


@verb(
    partner,
    "accession-quote",
    N_("Show what joining would mean for a candidate"),
    about=N_(
        "Its share by the key in force, with everybody who takes part; what it is called for that, at par; and what "
        "that share of the fund would be worth."
    ),
    examples=("fund partner accession-quote gm9999",),
    see=("partner admit", "key show", "partner exit-quote"),
)
@argument("ref", type=PARTNER, help=N_("The candidate"))
@reading
def accession_quote(ctx: click.Context, ref: str) -> None:
    read(ctx, "partner accession-quote", {"ref": ref}, show=_quoted)


def _quoted(data: Mapping[str, Any]) -> None:
    facts(
        _("{partner} joining, as of {day}").format(partner=data["partner_name"], day=day(data["as_of"])),
        [
            (_("Distribution key"), data["key"]),
            (_("Share"), f"{_percent(data['share'])}  ({data['share']})"),
            (_("Called of the others"), euros(data["capital_cents"])),
            (_("To be paid, at par"), euros(data["par_cents"])),
            (_("Worth of that share"), euros(data["worth_cents"])),
        ],
    )


def _percent(share: str) -> str:
    return f"{number(round(Fraction(share) * 10_000))}%"
