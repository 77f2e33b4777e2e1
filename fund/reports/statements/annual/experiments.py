"""The experiments that ran in the year: question, result, lesson, money and what it asked of people; open commitments.

Cases stand as their facts until the balance date had left them, as far as they were known. What an evaluation says is
told from its publication on, whatever the result. Source: people.md (statement annual, burden counter).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar

from fund.ledger import main_of
from fund.reports.burden import TARGETS, Burden, burdens
from fund.reports.history import cases_on
from fund.reports.statements.annual.balance import PROMISED, books
from fund.reports.statements.annual.years import ReportingYear
from fund.schemas import CaseFile
from fund.schemas.agreements import Agreement
from fund.schemas.evaluations import Evaluation
from fund.schemas.proposals import Proposal

Case = TypeVar("Case", bound=CaseFile)

NOT_YET = ("drafted", "signed")
"""States of an agreement that does not run yet."""
OVER = "closed"


def _on(period: ReportingYear, model: type[Case], day: date) -> dict[str, Case]:
    """The cases of a kind at the end of a day, by reference."""
    return {case.ref: case for case in cases_on(period.snapshot, model, day, last=period.last)}


def experiments(period: ReportingYear) -> list[dict[str, Any]]:
    """Every agreement that ran in the year, in the order of references; amounts are those on 31 December."""
    snapshot, found = period.snapshot, []
    booked = snapshot.ledger.balances(as_of=period.last_on, known_at=period.known_at, kinds_excluded=("closing",))
    paid = {each.ref: each for each in burdens(snapshot) if each.paid_on <= period.last_on}
    earlier, evaluations = _on(period, Agreement, period.before_on), _on(period, Evaluation, period.last_on)
    for case in _on(period, Agreement, period.last_on).values():
        if case.state in NOT_YET or case.started_on is None:
            continue
        if case.ref in earlier and earlier[case.ref].state == OVER:
            continue
        evaluation = evaluations.get(case.ref)
        burden = paid.get(case.proposal)
        found.append(
            {
                "ref": case.ref,
                "proposal": case.proposal,
                "title": case.title,
                "track": case.track,
                "lead_partner": case.lead,
                "lead_name": snapshot.partner_name(case.lead),
                "parties": [{"partner": each, "name": snapshot.partner_name(each)} for each in case.parties],
                "state": case.state,
                "ground": case.ground,
                "started_on": case.started_on.isoformat(),
                "ends_on": case.ends_on.isoformat(),
                "ended_on": case.ended_on.isoformat() if case.ended_on else None,
                "question": case.hypothesis,
                "evaluation": None if evaluation is None else _evaluation(evaluation),
                **_money(case, booked),
                "burden": None if burden is None else _burden(burden),
            }
        )
    return found


def _evaluation(case: Evaluation) -> dict[str, Any]:
    """Where it stands; what it says once it is published."""
    public = case.state == "published"
    return {
        "state": case.state,
        "due_on": case.due_on.isoformat(),
        "published_on": case.published_on.isoformat() if case.published_on else None,
        "hypothesis": case.hypothesis or None if public else None,
        "learning": case.learning or None if public else None,
        "verdict": case.verdict or None if public else None,
        "good_result": case.good_result if public else None,
        "learned": case.learned if public else "",
        "lessons": [{"title": each.title, "text": each.text} for each in case.lessons] if public else [],
    }


def _money(case: Agreement, booked: Mapping[str, int]) -> dict[str, int]:
    return {
        "award_cents": case.award_cents,
        "repayable_cents": case.repayable_cents,
        "committed_cents": booked.get(f"9000.{case.proposal}", 0),
        "grant_cents": booked.get(f"4000.{case.ref}", 0),
        "outstanding_cents": booked.get(f"1200.{case.ref}", 0),
        "allowance_cents": -booked.get(f"1290.{case.ref}", 0),
        "learning_writeoffs_cents": booked.get(f"4200.{case.ref}", 0),
        "other_writeoffs_cents": booked.get(f"4210.{case.ref}", 0),
        "recovered_cents": -booked.get(f"4300.{case.ref}", 0),
    }


def _burden(burden: Burden) -> dict[str, Any]:
    """Without its reason in words, which depends on the language."""
    return {key: value for key, value in burden.as_json().items() if key not in ("why", "ref", "track")}


def burden_of_year(period: ReportingYear) -> list[dict[str, Any]]:
    """Per track the proposals whose first money was paid in the year: how many, how many within their target, the most
    that was asked, and why by count of steps.
    """
    found = [each for each in burdens(period.snapshot) if period.first_on <= each.paid_on <= period.last_on]
    rows = []
    for track, target in TARGETS.items():
        of_track = [each for each in found if each.track == track]
        extra: dict[str, int] = {}
        for each in of_track:
            if not each.within:
                for reason, count in each.extra.items():
                    extra[reason] = extra.get(reason, 0) + count
        rows.append(
            {
                "track": track,
                "proposals": len(of_track),
                "within": sum(each.within for each in of_track),
                "steps": max((each.total for each in of_track), default=None),
                "steps_target": target.steps,
                "people": max((each.people for each in of_track), default=None),
                "people_target": target.people,
                "days": max((each.days for each in of_track), default=None),
                "days_target": target.days,
                "extra": extra,
            }
        )
    return rows


def open_commitments(period: ReportingYear) -> list[dict[str, Any]]:
    """What is awarded and not approved to pay on 31 December, by proposal: 9000 as it stands."""
    snapshot, found = period.snapshot, []
    agreements, proposals = _on(period, Agreement, period.last_on), _on(period, Proposal, period.last_on)
    for code, cents in books(period).closed.items():
        if main_of(code) != PROMISED or not cents:
            continue
        ref = code.partition(".")[2]
        agreement = agreements.get(f"A{ref}")
        case = agreement or proposals.get(ref)
        found.append(
            {
                "proposal": ref,
                "agreement": agreement.ref if agreement is not None else None,
                "title": case.title if case is not None else "",
                "lead_name": snapshot.partner_name(case.lead) if case is not None else "",
                "state": case.state if case is not None else "",
                "award_cents": case.award_cents if case is not None else 0,
                "open_cents": cents,
                "share_bps": case.share_bps if case is not None else 0,
            }
        )
    return found
