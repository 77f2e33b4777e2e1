"""What else belongs to the accounts: what happened after the balance date, and what changes in the next year.

Only what the facts hold, as far as they were known. Source: people.md (statement annual: what changes next year).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from fund.contributions.calling import key_in_force
from fund.dates import add_months
from fund.errors.capital import NoKeyInForce
from fund.events import Envelope
from fund.reports.statements.annual.years import ReportingYear
from fund.rules.keys import REVIEW_MONTHS
from fund.schemas.people import RegulationsFile

LATER = {
    "decision.approved": "award_cents",
    "decision.conditional": "award_cents",
    "agreement.amended": "change_cents",
    "agreement.completed": "released_cents",
    "agreement.terminated": "released_cents",
    "writeoff.decided": "amount_cents",
    "writeoff.posted": "amount_cents",
    "partner.notice_given": "",
    "partner.admitted": "",
    "exit.settled": "capital_cents",
}
"""Facts that a reader wants to know of before the accounts are adopted, and the amount that each names."""


def after_balance_date(period: ReportingYear) -> list[dict[str, Any]]:
    """What was decided in the next year and known when the accounts were made, oldest first."""
    until = date(period.year + 1, 12, 31)
    found = (
        each
        for each in period.snapshot.store.facts.of_types(sorted(LATER))
        if period.last_on < each.effective_on <= until
    )
    return [_decision(period, each) for each in found]


def _decision(period: ReportingYear, each: Envelope) -> dict[str, Any]:
    amount = LATER[each.type]
    return {
        "on": each.effective_on.isoformat(),
        "type": each.type,
        "ref": each.fact.ref,
        "name": period.snapshot.partner_name(each.fact.ref),
        "amount_cents": getattr(each.fact, amount, None) if amount else None,
    }


def next_year(period: ReportingYear) -> dict[str, Any]:
    """Regulations that hold from a day in the next year, and every number they change; when the key is reviewed."""
    first, last = date(period.year + 1, 1, 1), date(period.year + 1, 12, 31)
    coming = [case for case in period.snapshot.cases(RegulationsFile) if first <= case.from_on <= last]
    adopted, before = [], period.snapshot.regulations(period.last_on)
    for case in sorted(coming, key=lambda case: (case.from_on, period.snapshot.version(case))):
        then = case.regulations
        adopted.append(
            {
                "version": case.ref,
                "from_on": case.from_on.isoformat(),
                "changes": _changes(before.model_dump(mode="json"), then.model_dump(mode="json")),
            }
        )
        before = then
    return {"regulations": adopted, "key_review": _key_review(period)}


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, str]]:
    was, becomes = dict(_leaves("", before)), dict(_leaves("", after))
    return [
        {"name": name, "before": was.get(name, ""), "after": becomes.get(name, "")}
        for name in dict.fromkeys((*was, *becomes))
        if was.get(name, "") != becomes.get(name, "") and name != "version"
    ]


def _leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every number and word of the regulations under its place (``terms.call_due_days``)."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _leaves(f"{name}.{key}" if name else str(key), part)
    elif isinstance(value, list):
        for number, part in enumerate(value, start=1):
            yield from _leaves(f"{name}.{number}", part)
    elif value is not None:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)


def _key_review(period: ReportingYear) -> dict[str, Any] | None:
    """When the key in force is looked at again: five years after the day it holds from (K12)."""
    try:
        key = key_in_force(period.snapshot, period.last_on)
    except NoKeyInForce:
        return None
    until = add_months(key.from_on, REVIEW_MONTHS)
    return {"key": key.ref, "until_on": until.isoformat(), "next_year": until.year == period.year + 1}
