"""What an experiment was planned to bring, is expected to bring now, and brought, as people read it (M3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fund.schemas.agreements import Agreement, Benefit
from fund.schemas.proposals import Proposal
from fund.unit_of_work import Snapshot
from fund.workflows.agreements.commands import BenefitFigures, BusinessCase


def promised(snapshot: Snapshot, agreement: Agreement) -> dict[tuple[str, int], int]:
    """What the business case promised, by partner and year."""
    proposal = snapshot.maybe(Proposal, agreement.proposal)
    found: dict[tuple[str, int], int] = {}
    for line in proposal.form.benefits if proposal is not None else ():
        found[line.partner, line.year] = found.get((line.partner, line.year), 0) + line.amount_cents
    return found


def silent(snapshot: Snapshot, agreement: Agreement, year: int) -> tuple[str, ...]:
    """Those that signed, and parties with a part in the business case, that did not tell what the year brought."""
    told = {each.partner for each in agreement.benefits if each.year == year and each.realised}
    with_a_part = {partner for partner, _year in promised(snapshot, agreement)}
    asked = {*agreement.applicants, *(with_a_part & set(agreement.parties))}
    return tuple(sorted(asked - told))


def benefits_due(snapshot: Snapshot) -> list[dict[str, Any]]:
    """What was asked for and is not told yet: agreement, title, partner, year, the last day."""
    return [
        {"agreement": case.ref, "title": case.title, "partner": partner, "year": year, "due_on": due_on}
        for case in snapshot.cases(Agreement)
        for year, due_on in sorted(case.benefit_years.items())
        for partner in silent(snapshot, case, year)
    ]


_Lines = dict[tuple[str, int], tuple[BenefitFigures, BenefitFigures, Benefit | None]]


def _figures(planned: int, expected: int | None, realised: int | None) -> BenefitFigures:
    now = planned if expected is None else expected
    outlook = now if realised is None else realised
    return {
        "planned_cents": planned,
        "expected_cents": now,
        "realised_cents": realised,
        "outlook_cents": outlook,
        "difference_cents": outlook - planned,
    }


def _total(figures: Sequence[BenefitFigures]) -> BenefitFigures:
    known = [each["realised_cents"] for each in figures if each["realised_cents"] is not None]
    return {
        "planned_cents": sum(each["planned_cents"] for each in figures),
        "expected_cents": sum(each["expected_cents"] for each in figures),
        "realised_cents": sum(known) if known else None,
        "outlook_cents": sum(each["outlook_cents"] for each in figures),
        "difference_cents": sum(each["difference_cents"] for each in figures),
    }


def _lines(snapshot: Snapshot, agreement: Agreement) -> _Lines:
    """By partner and year: benefit, cost, and what was reported."""
    reported = {(each.partner, each.year): each for each in agreement.benefits}
    planned = promised(snapshot, agreement)
    found: _Lines = {}
    for key in sorted({*planned, *reported}):
        told = reported.get(key)
        if told is None:
            found[key] = (_figures(planned[key], None, None), _figures(0, None, None), None)
            continue
        benefit = _figures(
            told.planned_benefit_cents, told.expected_benefit_cents,
            told.realised_benefit_cents if told.realised else None,
        )  # fmt: skip
        cost = _figures(
            told.planned_cost_cents, told.expected_cost_cents, told.realised_cost_cents if told.realised else None
        )
        found[key] = (benefit, cost, told)
    return found


def benefit_table(snapshot: Snapshot, *, ref: str) -> BusinessCase:
    """The business case of an agreement: planned, expected now and realised, per partner and year, with totals.

    ``outlook_cents`` is what was realised, else what is expected; ``difference_cents`` is that less what was planned.

    Raises:
        UnknownRef: There is no such agreement.
    """
    agreement = snapshot.case(Agreement, ref)
    lines = _lines(snapshot, agreement)
    partners = list(dict.fromkeys(partner for partner, _year in lines))
    return {
        "as_of": snapshot.today.isoformat(),
        "ref": ref,
        "title": agreement.title,
        "state": agreement.state,
        "rows": [
            {
                "partner": partner,
                "partner_name": snapshot.partner_name(partner),
                "year": year,
                "benefit": benefit,
                "cost": cost,
                "note": told.note if told else "",
            }
            for (partner, year), (benefit, cost, told) in lines.items()
        ],
        "partners": [
            {
                "partner": partner,
                "partner_name": snapshot.partner_name(partner),
                "benefit": _total([line[0] for key, line in lines.items() if key[0] == partner]),
                "cost": _total([line[1] for key, line in lines.items() if key[0] == partner]),
            }
            for partner in partners
        ],
        "total": {
            "benefit": _total([line[0] for line in lines.values()]),
            "cost": _total([line[1] for line in lines.values()]),
        },
        "asked": [
            {"year": year, "due_on": due_on.isoformat(), "partners": list(silent(snapshot, agreement, year))}
            for year, due_on in sorted(agreement.benefit_years.items())
        ],
    }


def benefit_per_partner(snapshot: Snapshot) -> dict[str, BenefitFigures]:
    """What all experiments together were planned to bring each partner, are expected to, and brought (for K12)."""
    figures: dict[str, list[BenefitFigures]] = {}
    for agreement in snapshot.cases(Agreement):
        if agreement.started_on is None:
            continue
        for (partner, _year), (benefit, _cost, _told) in _lines(snapshot, agreement).items():
            figures.setdefault(partner, []).append(benefit)
    return {partner: _total(each) for partner, each in sorted(figures.items())}
