"""A government joins after the start: known as a candidate, quoted, admitted by the full board."""

from __future__ import annotations

from fractions import Fraction

from cli.output import Column
from cli.output.views import DetailView, Each
from cli.params.declared import add_command, add_query
from cli.partner.noun import partner
from fund.declarations import Answer
from fund.language import N_, _, euros, number
from fund.workflows.partners.commands import AdmitPartner, PartnerAccessionQuote, ProposePartner


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


def _percent(share: str) -> str:
    return f"{number(round(Fraction(share) * 10_000))}%"


QUOTE = DetailView(
    title=N_("{partner_name} joining, as of {as_of}"),
    facts=(
        Column("key", N_("Distribution key")),
        Column("share", N_("Share"), cell=lambda row: f"{_percent(row['share'])}  ({row['share']})"),
        Column("capital_cents", N_("Called of the others"), "amount"),
        Column("par_cents", N_("To be paid, at par"), "amount"),
        Column("worth_cents", N_("Worth of that share"), "amount"),
    ),
)

add_command(
    partner,
    ProposePartner,
    done=Each("candidates", N_("{partner} is a candidate."), row=lambda candidate: {"partner": candidate}),
)
add_command(partner, AdmitPartner, done=_asked)
add_query(partner, PartnerAccessionQuote, show=QUOTE)
