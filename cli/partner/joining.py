"""A government joins after the start: known as a candidate, quoted, admitted by the full board."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import click

from cli.output import facts
from cli.params import run
from cli.params.declared import add_command, add_query, declared
from cli.partner.noun import partner
from fund.declarations import Answer, InputFile
from fund.language import _, day, euros, number
from fund.workflows.partners.commands import AdmitPartner, PartnerAccessionQuote, ProposePartner


@declared(partner, ProposePartner)
def add(ctx: click.Context, file: InputFile) -> None:
    run(ctx, ProposePartner(file=file), done=_added)


def _added(answer: Answer) -> list[str]:
    return [_("{partner} is a candidate.").format(partner=each) for each in answer["result"]["candidates"]]


def _asked(answer: Answer) -> list[str]:
    fact = answer["events"][0]["payload"]
    return [
        _("{ref} lies before the full board: {partner} would get {share} and pay {amount}.").format(
            ref=fact["ref"],
            partner=fact["subject"],
            share=_percent(fact["terms"]["share"]),
            amount=euros(fact["terms"]["par_cents"]),
        )
    ]


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


add_command(partner, AdmitPartner, done=_asked)
add_query(partner, PartnerAccessionQuote, show=_quoted)
