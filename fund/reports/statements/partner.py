"""What one partner was asked, paid, got back, received and would get on leaving: to lay beside its own books.

Everything is as of a day and as known at an entry; states are what the facts until then told. Partners add up: capital
is 3000, receivable 1100, what is owed back 2100, received is ``I`` of statements.md.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from fractions import Fraction
from typing import Any

from fund.money import ratio_text
from fund.reports.exits import as_json, quote_of
from fund.reports.history import cases_on, head_of, last_fact, regulations_on
from fund.reports.quantities import Quantities
from fund.reports.statements.council.shares import Paid, paid_by
from fund.reports.statements.holder import Accounts, balance_or_zero
from fund.rules.keys import fraction_text
from fund.schemas.agreements import Agreement
from fund.schemas.capital import MEMBERS, Call, DistributionKey, Partner
from fund.unit_of_work import Snapshot

MAINS = ("1100", "2100", "3000", "2200", "2210")
"""The main accounts of which every partner has its own: asked, overpaid, capital, owed on leaving now and later."""


def partner_statement(
    snapshot: Snapshot,
    *,
    partner: str,
    as_of: date | None = None,
    known_at: int | None = None,
    since: date | None = None,
) -> dict[str, Any]:
    """What a partner was asked, paid and owes, its share, what it received as lead and participant, and its worth.

    Args:
        as_of: The last day that counts. since: The first day of the time whose movements are told.
        known_at: The last entry that counts.

    Raises:
        UnknownRef: No such partner.
    """
    now = snapshot.case(Partner, partner)
    day, last = as_of or snapshot.today, last_fact(snapshot, known_at)
    found = Quantities(snapshot, day, known_at)
    accounts = Accounts(snapshot, [f"{main}.{partner}" for main in MAINS], day, known_at, since)
    balances = accounts.balances
    case = next(iter(cases_on(snapshot, Partner, day, last=last, refs=[partner])), None)
    rules = regulations_on(snapshot, day, last=last)
    paid = paid_by(snapshot, found).get(partner, Paid())
    capital, receivable = -balance_or_zero(balances, "3000"), balance_or_zero(balances, "1100")
    total = found.value("capital_cents")
    agreements = _agreements(snapshot, found, partner, day, last)
    benefits = _benefits(snapshot, partner, day, last)
    return {
        "id": partner,
        "name": (case or now).name,
        "as_of": day.isoformat(),
        "since": since.isoformat() if since else None,
        **head_of(snapshot, known_at),
        "state": case.state if case else None,
        "joined_on": case.joined_on.isoformat() if case else None,
        "regulations": rules.version,
        "contributions": rules.contributions,
        "called_cents": capital,
        "paid_in_cents": capital - receivable,
        "received_cents": paid.net_cents,
        "paid_back_cents": paid.back_cents,
        "receivable_cents": receivable,
        "overpaid_cents": -balance_or_zero(balances, "2100"),
        "settlement_cents": -balance_or_zero(balances, "2200") - balance_or_zero(balances, "2210"),
        "share": _ratio(capital, total),
        "key": _key(snapshot, partner, day, last),
        "standings": balances,
        "calls": _calls(snapshot, partner, day, last),
        "agreements": agreements,
        "benefits": benefits,
        "balance": _balance(agreements, benefits, paid),
        "exit_value": as_json(quote_of(snapshot, partner, as_of=day, known_at=known_at, rules=rules)[0]),
        "movements": accounts.movements,
    }


def _ratio(above: int, below: int) -> str | None:
    if not below:
        return None
    return ratio_text(Fraction(above, below))


def _key(snapshot: Snapshot, partner: str, day: date, last: int | None) -> dict[str, Any] | None:
    """The partner's weight in the distribution key of the day, and its part among those who take part then."""
    keys = [
        each
        for each in cases_on(snapshot, DistributionKey, day, last=last)
        if each.state == "adopted" and each.from_on <= day
    ]
    if not keys:
        return None
    key = max(keys, key=lambda each: (each.from_on, snapshot.version(each)))
    there = {each.ref for each in cases_on(snapshot, Partner, day, last=last) if each.state in MEMBERS}
    weights = {each: Fraction(weight) for each, weight in key.weights.items() if each in there}
    whole = sum(weights.values(), Fraction())
    mine = weights.get(partner)
    return {
        "ref": key.ref,
        "family": key.family,
        "from_on": key.from_on.isoformat(),
        "weight": key.weights.get(partner),
        "share": fraction_text(mine / whole) if mine is not None and whole else None,
    }


def _calls(snapshot: Snapshot, partner: str, day: date, last: int | None) -> list[dict[str, Any]]:
    refs = [each.ref for each in snapshot.cases(Call, partner=partner)]
    return [
        {
            "ref": each.ref,
            "called_on": each.called_on.isoformat(),
            "due_on": each.due_on.isoformat(),
            "called_cents": each.called_cents,
            "received_cents": each.received_cents,
            "open_cents": each.open_cents,
            "state": each.state,
            "key": each.key or None,
            "share": each.share or None,
            "reference": each.reference,
            "instalment": each.instalment,
            "of_instalments": each.instalments,
            "commitment": each.commitment or None,
        }
        for each in (cases_on(snapshot, Call, day, last=last, refs=refs) if refs else [])
    ]


def _agreements(
    snapshot: Snapshot, found: Quantities, partner: str, day: date, last: int | None
) -> list[dict[str, Any]]:
    """The agreements it takes part in: what was paid on each, to whom, what came back and what is outstanding."""
    repayable, grants = found.by_holder("U_cents"), found.by_holder("S_cents")
    back, outstanding = found.by_holder("A_cents"), found.by_holder("outstanding_cents")
    to_partner: Counter[str] = Counter()
    for each in found.payments:
        if each.payee == partner:
            to_partner[each.agreement] += each.part("award")
    return [
        {
            "ref": each.ref,
            "title": each.title,
            "as_lead": each.lead == partner,
            "state": each.state,
            "award_cents": each.award_cents,
            "repayable_cents": each.repayable_cents,
            "paid_repayable_cents": repayable[each.ref],
            "paid_grant_cents": grants[each.ref],
            "paid_to_partner_cents": to_partner[each.ref],
            "repaid_cents": back[each.ref],
            "outstanding_cents": outstanding[each.ref],
        }
        for each in cases_on(snapshot, Agreement, day, last=last)
        if partner in each.parties
    ]


def _benefits(snapshot: Snapshot, partner: str, day: date, last: int | None) -> list[dict[str, Any]]:
    """Its business case per agreement and year, as reported and accepted; realised is ``null`` until it is known."""
    return [
        {
            "agreement": each.ref,
            "year": row.year,
            "planned_cost_cents": row.planned_cost_cents,
            "realised_cost_cents": row.realised_cost_cents if row.realised else None,
            "planned_benefit_cents": row.planned_benefit_cents,
            "expected_benefit_cents": row.expected_now_cents,
            "realised_benefit_cents": row.realised_benefit_cents if row.realised else None,
        }
        for each in cases_on(snapshot, Agreement, day, last=last)
        for row in each.benefits
        if row.partner == partner
    ]


def _balance(agreements: list[dict[str, Any]], benefits: list[dict[str, Any]], paid: Paid) -> dict[str, Any]:
    """Benefit against contribution: what it received as recipient, and as lead, of what it paid in."""
    to_partner = sum(row["paid_to_partner_cents"] for row in agreements)
    as_lead = sum(row["paid_repayable_cents"] + row["paid_grant_cents"] for row in agreements if row["as_lead"])
    return {
        "contributed_cents": paid.net_cents,
        "received_as_recipient_cents": to_partner,
        "received_as_lead_cents": as_lead,
        "recipient_against_contribution": _ratio(to_partner, paid.net_cents),
        "lead_against_contribution": _ratio(as_lead, paid.net_cents),
        "planned_benefit_cents": sum(row["planned_benefit_cents"] for row in benefits),
        "realised_benefit_cents": sum(row["realised_benefit_cents"] or 0 for row in benefits),
    }
