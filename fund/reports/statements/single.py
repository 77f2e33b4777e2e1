"""One agreement from award to evaluation, and one partner from call to receipt: read from cases and ledger alike."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from fund.errors import UnknownAccount
from fund.reports.exits import quote_of
from fund.schemas.agreements import Agreement, Milestone
from fund.schemas.capital import Call, Partner
from fund.schemas.disbursements import Disbursement
from fund.schemas.evaluations import Evaluation
from fund.schemas.repayments import Plan
from fund.schemas.writeoffs import Writeoff
from fund.unit_of_work import View

__all__ = ["agreement_statement", "partner_statement"]


def _balance(view: View, code: str, as_of: date | None) -> int:
    try:
        return view.ledger.balance(code, as_of=as_of, kinds_excluded=("closing",))
    except UnknownAccount:
        return 0


def _refinanced(view: View, code: str, as_of: date | None) -> int:
    """What refinancing added to an advance; below zero what left it for the roll-out."""
    try:
        return view.ledger.turnover(code, as_of=as_of, kinds=("agreement.refinanced",)).balance_cents
    except UnknownAccount:
        return 0


def agreement_statement(view: View, *, ref: str, as_of: date | None = None) -> dict[str, Any]:
    """What was awarded, paid, repaid, set aside, given up, brought and learned under one agreement; amounts from the
    ledger. What an evaluation says stands here from its publication on; benefits are as reported and accepted.

    Raises:
        UnknownRef: No such agreement.
    """
    agreement = view.case(Agreement, ref)
    plan = view.maybe(Plan, ref)
    evaluation = view.maybe(Evaluation, ref)
    return {
        "ref": ref,
        "as_of": (as_of or view.today).isoformat(),
        "proposal": agreement.proposal,
        "title": agreement.title,
        "lead_partner": agreement.lead,
        "parties": list(agreement.parties),
        "state": agreement.state,
        "award_cents": agreement.award_cents,
        "repayable_cents": agreement.repayable_cents,
        "share_bps": agreement.share_bps,
        "committed_cents": _balance(view, f"9000.{agreement.proposal}", as_of),
        "grant_cents": _balance(view, f"4000.{ref}", as_of),
        "outstanding_cents": _balance(view, f"1200.{ref}", as_of),
        "allowance_cents": -_balance(view, f"1290.{ref}", as_of),
        "learning_writeoffs_cents": _balance(view, f"4200.{ref}", as_of),
        "other_writeoffs_cents": _balance(view, f"4210.{ref}", as_of),
        "recovered_cents": -_balance(view, f"4300.{ref}", as_of),
        "refinanced_cents": _refinanced(view, f"1200.{ref}", as_of),
        "milestones": [
            {
                "ref": each.ref,
                "title": each.title,
                "due_on": each.due_on.isoformat(),
                "amount_cents": each.amount_cents,
                "state": each.state,
            }
            for each in view.cases(Milestone, parent=ref)
        ],
        "disbursements": [
            {"ref": each.ref, "state": each.state, "amount_cents": each.amount_cents, "payee": each.payee}
            for each in view.cases(Disbursement, parent=ref)
        ],
        "instalments": [
            {
                "no": each.no,
                "due_on": each.due_on.isoformat(),
                "amount_cents": each.amount_cents,
                "paid_cents": each.paid_cents,
                "cancelled_cents": each.cancelled_cents,
                "open_cents": each.open_cents,
            }
            for each in (plan.instalments if plan else ())
        ],
        "writeoffs": [
            {
                "ref": each.ref,
                "ground": each.ground,
                "state": each.state,
                "posted_cents": each.posted_cents,
                "recovered_cents": each.recovered_cents,
            }
            for each in view.cases(Writeoff, parent=ref)
        ],
        "evaluation": _evaluation(evaluation) if evaluation else None,
        "benefits": [
            {
                "partner": each.partner,
                "year": each.year,
                "planned_cents": each.planned_benefit_cents,
                "expected_cents": each.expected_now_cents,
                "realised_cents": each.realised_benefit_cents if each.realised else None,
            }
            for each in agreement.benefits
        ],
    }


def _evaluation(case: Evaluation) -> dict[str, Any]:
    """The state of an evaluation, and once it is published what it says."""
    told = case.state == "published"
    return {
        "state": case.state,
        "hypothesis": case.hypothesis or None if told else None,
        "learning": case.learning or None if told else None,
        "verdict": case.verdict or None if told else None,
        "lessons": [lesson.model_dump(mode="json") for lesson in case.lessons] if told else [],
    }


def _exit_value(view: View, partner: str, day: date) -> dict[str, int]:
    """What leaving would mean at the end of the day, in short: ``fund partner exit-quote`` says why."""
    made, _shares = quote_of(view, partner, as_of=day)
    return {"net_cents": made.net_cents, "now_cents": made.now_cents, "later_cents": made.later_cents}


def partner_statement(view: View, *, partner: str, as_of: date | None = None) -> dict[str, Any]:
    """What a partner was asked, paid and owes, its share of the capital, and the agreements it takes part in.

    Raises:
        UnknownRef: No such partner.
    """
    case = view.case(Partner, partner)
    capital = -_balance(view, f"3000.{partner}", as_of)
    total = -_balance(view, "3000", as_of)
    receivable = _balance(view, f"1100.{partner}", as_of)
    share = Fraction(capital, total) if total else None
    running = [each for each in view.cases(Agreement) if partner in each.parties]
    return {
        "id": partner,
        "name": case.name,
        "as_of": (as_of or view.today).isoformat(),
        "state": case.state,
        "called_cents": capital,
        "paid_in_cents": capital - receivable,
        "receivable_cents": receivable,
        "overpaid_cents": -_balance(view, f"2100.{partner}", as_of),
        "exit_value": _exit_value(view, partner, as_of or view.today),
        "share": f"{share.numerator}/{share.denominator}" if share is not None else None,
        "calls": [
            {
                "ref": each.ref,
                "called_cents": each.called_cents,
                "received_cents": each.received_cents,
                "due_on": each.due_on.isoformat(),
                "state": each.state,
            }
            for each in view.cases(Call, partner=partner)
        ],
        "agreements": [
            {
                "ref": each.ref,
                "title": each.title,
                "as_lead": each.lead == partner,
                "state": each.state,
                "award_cents": each.award_cents,
                "outstanding_cents": _balance(view, f"1200.{each.ref}", as_of),
            }
            for each in running
        ],
    }
