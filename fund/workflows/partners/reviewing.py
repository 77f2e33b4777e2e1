"""Once in five years the partners look at their key again (K12): announced in time, with what the fund brought each.

The effectiveness of the grants is reported as often (Awb 4:24), so the two go together. The key itself is proposed and
voted on in ``keys``.
"""

from __future__ import annotations

from datetime import date

from fund.contributions.calling import key_in_force
from fund.dates import add_months, start_of_day
from fund.events import Envelope
from fund.events.capital import BenefitOfPartner, KeyAdopted, KeyReviewAnnounced
from fund.rules.keys import ANNOUNCED_MONTHS, REVIEW_MONTHS
from fund.schemas.capital import DistributionKey, Partner
from fund.schemas.proposals import Round
from fund.store import TimerRow
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.agreements.business_case import benefit_per_partner
from fund.workflows.partners.commands import ReviewedPartner, ReviewOfKey

REVIEW = "key.review"
"""The timer of one announcement of one key."""
REPORT = "4:24"
"""The article under which the effectiveness of the grants is reported once every five years."""
UNDER_WAY = ("open", "closed")
"""States of a round in which proposals wait for a decision: no quiet window."""


def plan_review(uow: UnitOfWork, settled: Envelope) -> None:
    """The key that was adopted will be looked at again; nothing after any other fact."""
    if not isinstance(settled.fact, KeyAdopted):
        return
    until = add_months(settled.fact.from_on, REVIEW_MONTHS)
    for months in ANNOUNCED_MONTHS:
        at = start_of_day(add_months(until, -months))
        uow.set_timer(REVIEW, settled.stream, at, cause=settled, name=str(months))


def announce_review(uow: UnitOfWork, timer: TimerRow) -> None:
    """The five years of the key in force end in so many months: told once each, with the benefit of every partner.

    A key whose place another one took is not looked at again; an announcement that comes after its successor is left
    out.
    """
    key = uow.maybe(DistributionKey, timer.stream.partition("/")[2])
    months = int(timer.timer_id.rsplit(":", 1)[1])
    if key is None or key.ref != key_in_force(uow, uow.today).ref or any(each <= months for each in key.announced):
        return
    until = add_months(key.from_on, REVIEW_MONTHS)
    sooner = [each for each in ANNOUNCED_MONTHS if each < months]
    if uow.today < _day(until, months) or any(uow.today >= _day(until, each) for each in sooner):
        return
    uow.record(
        KeyReviewAnnounced(
            ref=key.ref, months=months, until_on=until, report=REPORT, benefits=_benefits(uow), rounds=_rounds(uow)
        )
    )


def _benefits(snapshot: Snapshot) -> tuple[BenefitOfPartner, ...]:
    return tuple(
        BenefitOfPartner(
            partner=partner,
            planned_cents=figures["planned_cents"] or 0,
            realised_cents=figures["realised_cents"] or 0,
            told=figures["realised_cents"] is not None,
        )
        for partner, figures in benefit_per_partner(snapshot).items()
    )


def _rounds(snapshot: Snapshot) -> tuple[str, ...]:
    return tuple(round_.ref for round_ in snapshot.cases(Round, states=UNDER_WAY))


def review(snapshot: Snapshot) -> ReviewOfKey:
    """What the partners look at when they review their key: until when, what each paid in, what the fund brought it.

    Benefits are those reported until now; the announcements keep what was known on their day.

    Raises:
        NoKeyInForce: None holds today.
    """
    key = key_in_force(snapshot, snapshot.today)
    until = add_months(key.from_on, REVIEW_MONTHS)
    benefits = {each.partner: each for each in _benefits(snapshot)}
    balances = snapshot.ledger.balances()
    partners: list[ReviewedPartner] = []
    for partner in snapshot.cases(Partner):
        found = benefits.get(partner.ref)
        called = -balances.get(f"3000.{partner.ref}", 0)
        partners.append(
            {
                "partner": partner.ref,
                "partner_name": partner.short_name,
                "share": key.weights.get(partner.ref, "0"),
                "paid_in_cents": called - balances.get(f"1100.{partner.ref}", 0),
                "planned_cents": found.planned_cents if found else 0,
                "realised_cents": found.realised_cents if found and found.told else None,
            }
        )
    return {
        "as_of": snapshot.today.isoformat(),
        "key": key.ref,
        "from_on": key.from_on.isoformat(),
        "until_on": until.isoformat(),
        "announced_months": sorted(key.announced, reverse=True),
        "reminders": [{"months": months, "on": _day(until, months).isoformat()} for months in ANNOUNCED_MONTHS],
        "report": f"Awb {REPORT}",
        "rounds": list(_rounds(snapshot)),
        "partners": partners,
    }


def _day(until: date, months: int) -> date:
    return add_months(until, -months)
