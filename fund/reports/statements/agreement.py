"""One agreement from award to lessons: what was promised, paid, repaid, set aside, given up, brought and learned.

Everything is as of a day and as known at an entry; states are what the facts until then told. Agreements add up:
outstanding is 1200, allowance 1290, grants 4000, write-offs 4200 and 4210, recovered 4300.
"""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from fund.errors.ledger import UnknownAccount
from fund.reports.history import cases_on, head_of, last_fact
from fund.reports.quantities import Quantities
from fund.reports.statements.holder import Accounts, balance_or_zero
from fund.schemas import CaseFile
from fund.schemas.agreements import Agreement, Amendment, Milestone
from fund.schemas.disbursements import Disbursement
from fund.schemas.evaluations import Evaluation
from fund.schemas.repayments import Plan
from fund.schemas.writeoffs import Writeoff
from fund.unit_of_work import Snapshot

Case = TypeVar("Case", bound=CaseFile)

MAINS = ("4000", "1200", "1290", "4100", "4200", "4210", "4300")
"""The main accounts of which every agreement has its own; its commitment (9000) bears the number of its proposal."""
CHANGES = ("agreement.amended", "agreement.lead_changed", "agreement.suspended", "agreement.resumed")


def agreement_statement(
    snapshot: Snapshot, *, ref: str, as_of: date | None = None, known_at: int | None = None
) -> dict[str, Any]:
    """What was awarded, changed, paid, repaid, set aside, given up, brought and learned under one agreement.

    Amounts are from the ledger. What an evaluation says stands here from its publication on; benefits are as reported
    and accepted.

    Args:
        as_of: The last day that counts. known_at: The last entry that counts.

    Raises:
        UnknownRef: No such agreement.
    """
    now = snapshot.case(Agreement, ref)
    day, last = as_of or snapshot.today, last_fact(snapshot, known_at)

    def were(model: type[Case], refs: list[str]) -> list[Case]:
        return cases_on(snapshot, model, day, last=last, refs=refs) if refs else []

    def below(model: type[Case]) -> list[Case]:
        return were(model, [each.ref for each in snapshot.cases(model, parent=ref)])

    case = next(iter(were(Agreement, [ref])), None)
    plan = next(iter(were(Plan, [ref])), None) if snapshot.maybe(Plan, ref) else None
    evaluation = next(iter(were(Evaluation, [ref])), None) if snapshot.maybe(Evaluation, ref) else None
    found = Quantities(snapshot, day, known_at)
    accounts = Accounts(snapshot, [f"9000.{now.proposal}", *(f"{main}.{ref}" for main in MAINS)], day, known_at)
    balances = accounts.balances
    return {
        "ref": ref,
        "as_of": day.isoformat(),
        **head_of(snapshot, known_at),
        "proposal": now.proposal,
        "title": now.title,
        "lead_partner": (case or now).lead,
        "parties": list((case or now).parties),
        "state": case.state if case else None,
        "started_on": _iso(case.started_on if case else None),
        "ends_on": _iso(case.ends_on if case else None),
        "ended_on": _iso(case.ended_on if case else None),
        "ground": (case.ground if case else "") or None,
        "award_cents": case.award_cents if case else 0,
        "repayable_cents": case.repayable_cents if case else 0,
        "share_bps": (case or now).share_bps,
        "determined_cents": case.determined_cents if case else None,
        "committed_cents": balance_or_zero(balances, "9000"),
        "grant_cents": balance_or_zero(balances, "4000"),
        "outstanding_cents": balance_or_zero(balances, "1200"),
        "allowance_cents": -balance_or_zero(balances, "1290"),
        "learning_writeoffs_cents": balance_or_zero(balances, "4200"),
        "other_writeoffs_cents": balance_or_zero(balances, "4210"),
        "recovered_cents": -balance_or_zero(balances, "4300"),
        "refinanced_cents": _refinanced(snapshot, f"1200.{ref}", day, known_at),
        "paid_repayable_cents": found.by_holder("U_cents")[ref],
        "paid_grant_cents": found.by_holder("S_cents")[ref],
        "repaid_cents": found.by_holder("A_cents")[ref],
        "standings": balances,
        "amendments": _amendments(snapshot, below(Amendment), ref, day, last),
        "milestones": [
            {
                "ref": each.ref,
                "title": each.title,
                "due_on": each.due_on.isoformat(),
                "amount_cents": each.amount_cents,
                "state": each.state,
                "judged_on": _iso(each.judged_on),
            }
            for each in below(Milestone)
        ],
        "disbursements": [
            {
                "ref": each.ref,
                "state": each.state,
                "amount_cents": each.amount_cents,
                "payee": each.payee,
                "milestone": each.milestone,
                "requested_on": each.requested_on.isoformat(),
                "approved_on": _iso(each.approved_on),
                "paid_on": _iso(each.paid_on),
                "repayable_cents": each.repayable_cents,
                "grant_cents": each.grant_cents,
                "paid_cents": each.paid_cents,
                "refunded_cents": each.refunded_cents,
            }
            for each in below(Disbursement)
        ],
        "payments": [
            {
                "seq": each.seq,
                "effective_on": each.effective_on.isoformat(),
                "ref": each.ref,
                "payee": each.payee,
                "amount_cents": each.part("award"),
                "repayable_cents": each.part("repayable"),
                "grant_cents": each.part("grant"),
            }
            for each in found.payments
            if each.agreement == ref
        ],
        **_plan(plan),
        "writeoffs": [
            {
                "ref": each.ref,
                "ground": each.ground,
                "state": each.state,
                "amount_cents": each.amount_cents,
                "posted_cents": each.posted_cents,
                "recovered_cents": each.recovered_cents,
            }
            for each in below(Writeoff)
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
            for each in (case.benefits if case else ())
        ],
        "movements": accounts.movements,
    }


def _iso(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _refinanced(snapshot: Snapshot, code: str, day: date, known_at: int | None) -> int:
    """What refinancing added to an advance; below zero what left it for the roll-out."""
    try:
        moved = snapshot.ledger.turnover(code, as_of=day, known_at=known_at, kinds=("agreement.refinanced",))
    except UnknownAccount:
        return 0
    return moved.balance_cents


def _amendments(
    snapshot: Snapshot, asked: list[Amendment], ref: str, day: date, last: int | None
) -> list[dict[str, Any]]:
    """What changed, by the facts that changed it, and what was asked and is not decided or was refused."""
    made = [
        {
            "on": each.effective_on.isoformat(),
            "what": each.type.partition(".")[2],
            "ref": getattr(each.fact, "amendment", "") or None,
            "state": "agreed",
            "change_cents": getattr(each.fact, "change_cents", None),
            "award_cents": getattr(each.fact, "award_cents", None),
            "lead_partner": getattr(each.fact, "lead", None) if each.type == "agreement.lead_changed" else None,
            "reason": getattr(each.fact, "reason", "") or None,
        }
        for each in snapshot.store.facts.of_stream(f"agreement/{ref}")
        if each.type in CHANGES and each.effective_on <= day and (last is None or each.seq <= last)
    ]
    return made + [
        {
            "on": None,
            "what": "amended" if each.asks == "committee" else "lead_changed",
            "ref": each.ref,
            "state": each.state,
            "change_cents": each.change_cents,
            "award_cents": each.award_cents,
            "lead_partner": each.new_lead or None,
            "reason": each.reason,
        }
        for each in asked
        if each.state != "agreed"
    ]


def _plan(plan: Plan | None) -> dict[str, Any]:
    """The schedule, what came in on it by its value date, and what was claimed beside it."""
    return {
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
        "receipts": [
            {
                "receipt": each.receipt,
                "valued_on": each.valued_on.isoformat(),
                "used_cents": each.used_cents,
                "partner": each.partner,
                "instalments": [{"no": no, "paid_cents": cents} for no, cents in sorted(each.parts.items())],
            }
            for each in (plan.received if plan else ())
        ],
        "charges": [
            {
                "no": each.no,
                "ground": each.ground,
                "claimed_on": each.claimed_on.isoformat(),
                "amount_cents": each.amount_cents,
                "paid_cents": each.paid_cents,
                "waived_cents": each.waived_cents,
            }
            for each in (plan.charges if plan else ())
        ],
    }


def _evaluation(case: Evaluation) -> dict[str, Any]:
    """The state of an evaluation, and once it is published what it says."""
    published = case.state == "published"
    return {
        "state": case.state,
        "hypothesis": case.hypothesis or None if published else None,
        "learning": case.learning or None if published else None,
        "verdict": case.verdict or None if published else None,
        "lessons": [lesson.model_dump(mode="json") for lesson in case.lessons] if published else [],
    }
