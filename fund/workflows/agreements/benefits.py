"""What an experiment was planned to bring, is expected to bring now, and brought: per partner and year (M3).

Planned is what the business case of the proposal said, and stays. A party keeps its expectation up to date and tells
what was realised; a fund manager accepts each report. Every January the service asks for the year that ended, until two
years after completion. How it is read: ``business_case``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fund.dates import add_months, start_of_day
from fund.errors.agreements import BenefitsNotOwn, FaultyBenefits, NothingReported, YearNotBegun
from fund.errors.commands import AmbiguousName
from fund.errors.people import UnknownPartner
from fund.events import Envelope
from fund.events.agreements import BenefitFellDue, BenefitReported
from fund.glossary import Name
from fund.language import _
from fund.schemas.agreements import Agreement, parse_benefits
from fund.schemas.repayments import Plan
from fund.store import TimerRow
from fund.unit_of_work import UnitOfWork
from fund.workflows.agreements.business_case import promised, silent
from fund.workflows.repayments.plan_changes import called_by_saving
from fund.workflows.repayments.reminders import plan_timers

ASK = "benefit.due"
"""The timer that asks for the year that ended."""
ASKED_UNTIL = (3, 31)
"""Month and day until which the year before is asked for."""
MONTHS_AFTER = 24
"""So long after completion benefits are asked for."""


# --------------------------------------------------------------------------------------------------------- reporting


def report_benefits(
    uow: UnitOfWork,
    *,
    ref: str,
    file: Mapping[str, Any] | None = None,
    year: int | None = None,
    partner: str | None = None,
    planned_cost_cents: int | None = None,
    expected_cost_cents: int | None = None,
    realised_cost_cents: int | None = None,
    planned_benefit_cents: int | None = None,
    expected_benefit_cents: int | None = None,
    realised_benefit_cents: int | None = None,
    note: str = "",
    on: date | None = None,
) -> Envelope:
    """What the experiment cost and brought a partner in a year, and what is expected of it now, as accepted (M3).

    A later report on the same partner and year takes the place of the first; an amount that is left out stays as it
    was, and what was planned comes from the business case. In a plan by savings the agreed share of what was saved
    falls due three months later, out of the last instalment.

    Args:
        ref: The agreement.
        file: Name and content of a TOML file with a row per partner and year, instead of one row typed.
        partner: Whose benefits; the lead reports for every party, others for themselves.
        planned_cost_cents, expected_cost_cents, realised_cost_cents: What it would cost, will as far as is known
            now, and did; of benefits alike.

    Raises:
        FaultyBenefits: The file, by place.
        NothingReported: Neither a file nor a year with an amount.
        BenefitsNotOwn: Somebody else's benefits, or of no party.
        YearNotBegun: Realised figures of a year that is still to come.
        TransitionNotAllowed, NotAuthorised: As they say.
    """
    agreement = uow.case(Agreement, ref)
    uow.transition("agreement benefits", agreement)
    own = str(uow.maker.partner)
    rows: list[_Row]
    if file is not None:
        rows = _from_file(uow, file, own)
    elif year is not None:
        typed = {
            "planned_cost_cents": planned_cost_cents,
            "expected_cost_cents": expected_cost_cents,
            "realised_cost_cents": realised_cost_cents,
            "planned_benefit_cents": planned_benefit_cents,
            "expected_benefit_cents": expected_benefit_cents,
            "realised_benefit_cents": realised_benefit_cents,
        }
        told = {name: cents for name, cents in typed.items() if cents is not None}
        rows = [_Row(partner or own, year, told, note.strip())]
    else:
        rows = []
    if not any(row.cents or row.note for row in rows):
        raise NothingReported(ref=ref, year=uow.today.year)
    day = on or uow.today
    for row in rows:
        if row.partner not in agreement.parties or own not in (row.partner, agreement.lead):
            raise BenefitsNotOwn(ref=ref, partner=row.partner, own=own, lead=agreement.lead)
        if row.is_realised and row.year > uow.today.year:
            raise YearNotBegun(ref=ref, year=row.year, today=uow.today)
    recorded = [_report(uow, ref, row, day) for row in rows]
    uow.result.update(ref=ref, reported=[[row.partner, row.year] for row in rows])
    uow.next_step = f"fund agreement benefits {ref}"
    return recorded[0]


@dataclass(frozen=True, slots=True)
class _Row:
    """One partner over one year as it is reported; amounts that were given, by field."""

    partner: str
    year: int
    cents: Mapping[str, int]
    note: str = ""

    @property
    def is_realised(self) -> bool:
        return "realised_cost_cents" in self.cents or "realised_benefit_cents" in self.cents


def _from_file(uow: UnitOfWork, file: Mapping[str, Any], own: str) -> list[_Row]:
    """The rows of a file; partners by id or name, each once a year."""
    name, rows = str(file["name"]), dict[tuple[str, int], _Row]()
    for number, entry in enumerate(parse_benefits(bytes(file["content"]), name).benefits, start=1):
        try:
            partner = uow.meant(Name(entry.partner, "partner")) if entry.partner else own
        except (AmbiguousName, UnknownPartner) as problem:
            raise FaultyBenefits(file=name, problem=f"benefits.{number}: {problem}; {problem.advice}") from problem
        if (partner, entry.year) in rows:
            twice = _("{partner} {year} is there twice").format(partner=partner, year=entry.year)
            raise FaultyBenefits(file=name, problem=f"benefits.{number}: {twice}")
        rows[partner, entry.year] = _Row(partner, entry.year, entry.cents(), entry.note.strip())
    return list(rows.values())


def _report(uow: UnitOfWork, ref: str, row: _Row, day: date) -> Envelope:
    agreement, plan = uow.case(Agreement, ref), uow.maybe(Plan, ref)
    before = next((each for each in agreement.benefits if (each.partner, each.year) == (row.partner, row.year)), None)
    planned = before.planned_benefit_cents if before else promised(uow, agreement).get((row.partner, row.year), 0)
    realised = row.is_realised or (before is not None and before.realised)
    brought = row.cents.get("realised_benefit_cents", before.realised_benefit_cents if before else 0)
    called = None
    if plan is not None and "realised_benefit_cents" in row.cents:
        called = called_by_saving(plan, brought, before_cents=before.called_cents if before else 0, on=day)
    event = uow.record(
        BenefitReported(
            ref=ref,
            proposal=agreement.proposal,
            partner=row.partner,
            year=row.year,
            planned_cost_cents=row.cents.get("planned_cost_cents", before.planned_cost_cents if before else 0),
            realised_cost_cents=row.cents.get("realised_cost_cents", before.realised_cost_cents if before else 0),
            planned_benefit_cents=row.cents.get("planned_benefit_cents", planned),
            realised_benefit_cents=brought,
            expected_cost_cents=row.cents.get("expected_cost_cents", before.expected_cost_cents if before else None),
            expected_benefit_cents=row.cents.get(
                "expected_benefit_cents", before.expected_benefit_cents if before else None
            ),
            realised=realised,
            note=row.note or (before.note if before else ""),
            called=called,
        ),
        effective_on=day,
    )
    if called is not None:
        plan_timers(uow, event)
    return event


# ------------------------------------------------------------------------------------------------------- every year


def plan_benefits(uow: UnitOfWork, activated: Envelope) -> None:
    """From activation on the service asks for each year when it is over."""
    year = activated.effective_on.year
    _next(uow, activated, f"agreement/{activated.fact.ref}", year)


def _next(uow: UnitOfWork, cause: Envelope, stream: str, year: int) -> None:
    uow.set_timer(ASK, stream, start_of_day(date(year + 1, 1, 1)), cause=cause, name=str(year))


def ask_benefits(uow: UnitOfWork, timer: TimerRow) -> None:
    """A year is over: the parties that did not tell what it brought are asked to (M3).

    Not any more later than two years after completion, nor after the year in which an agreement was terminated.
    """
    agreement = uow.maybe(Agreement, timer.stream.partition("/")[2])
    if agreement is None:
        return
    year = int(timer.timer_id.rsplit(":", 1)[1])
    last = _last_year(agreement)
    if year in agreement.benefit_years or year >= uow.today.year or (last is not None and year > last):
        return
    cause = uow.store.facts.last_of(agreement.stream, "agreement.activated")
    assert cause is not None
    asked = silent(uow, agreement, year)
    if asked:
        due_on = date(year + 1, *ASKED_UNTIL)
        fact = BenefitFellDue(ref=agreement.ref, proposal=agreement.proposal, year=year, due_on=due_on, partners=asked)
        cause = uow.transition("agreement ask-benefits", agreement).record(fact)
    _next(uow, cause, agreement.stream, year + 1)


def _last_year(agreement: Agreement) -> int | None:
    """The last year that is asked for; ``None`` while the agreement runs."""
    if agreement.ended_on is None:
        return None
    return add_months(agreement.ended_on, MONTHS_AFTER if agreement.ground == "completed" else 0).year
