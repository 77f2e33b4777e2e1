"""The fund on one page: money, capital, what is outstanding, promised, came back, and the figures about it.

Everything is read from the ledger as of a day, known at an entry; what came in and went out by purpose as
``fund.reports.cash`` tells it. Entries of kind ``closing`` are left out, so year end changes nothing here.
Source: cli.md, statements.md.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from fund.errors import UnknownFigure
from fund.events import (
    DisbursementApproved,
    DisbursementCancelled,
    Envelope,
    EvaluationAccepted,
)
from fund.reports.cash import cash_of
from fund.reports.indicators import INDICATORS, Basis, figures
from fund.rules import valuation
from fund.rules.schedules import BANDS, age
from fund.schemas.repayments import Plan
from fund.unit_of_work import View

__all__ = ["basis_of", "position"]

_FACTS = (
    "disbursement.approved",
    "disbursement.cancelled",
    "evaluation.accepted",
    "agreement.completed",
    "agreement.refinanced",
    "agreement.terminated",
)

LATE = ("91-180", "over-180")
"""Stages of ageing beyond 90 days."""


def position(
    view: View, *, as_of: date | None = None, known_at: int | None = None, explain: str | None = None
) -> dict[str, Any]:
    """The position of the fund at the end of a day, as it was known at an entry.

    Args:
        as_of: The last accounting day that counts; default today.
        known_at: The last entry that counts; default the newest.
        explain: Only this figure among the indicators.

    Raises:
        UnknownFigure: No figure has that name.
    """
    if explain is not None and explain not in {indicator.name for indicator in INDICATORS}:
        raise UnknownFigure(name=explain, known=[indicator.name for indicator in INDICATORS])
    day = as_of or view.today
    balances = view.balances(as_of=day, known_at=known_at)
    buffer_cents = view.regulations(day).buffer_cents
    ageing = ageing_of(view, day, known_at)
    basis = basis_of(view, day, known_at, balances, buffer_cents, ageing)
    head = view.ledger.head()
    seq = head.seq if known_at is None else min(known_at, head.seq)
    return {
        "as_of": day.isoformat(),
        "known_at": seq,
        "head": {"seq": seq, "hash": (view.ledger.entry(seq).hash if 0 < seq < head.seq else head.hash).hex()},
        "capital_cents": valuation.capital(balances),
        "receivable_cents": balances.get("1100", 0),
        "cash_cents": valuation.cash(balances),
        "in_transit_cents": valuation.in_transit(balances),
        "outstanding_cents": valuation.outstanding(balances),
        "allowance_cents": valuation.allowance(balances),
        "committed_cents": valuation.committed(balances),
        "free_to_commit_cents": valuation.free_to_commit(balances, buffer_cents),
        "owed_cents": valuation.owed(balances),
        "buffer_cents": buffer_cents,
        "learning_writeoffs_cents": balances.get("4200", 0),
        "other_writeoffs_cents": balances.get("4210", 0),
        "recovered_cents": -balances.get("4300", 0),
        "returned_cents": basis.a + basis.r + basis.v,
        "result_cents": valuation.result(balances),
        "net_asset_value_cents": valuation.nav(balances),
        "ageing": [{"stage": stage, "outstanding_cents": cents} for stage, cents in ageing.items()],
        "indicators": {name: figure for name, figure in figures(basis).items() if explain is None or name == explain},
    }


def ageing_of(view: View, day: date, known_at: int | None) -> dict[str, int]:
    """What is outstanding on a day by how late it is, by the repayment plans as they were known."""
    last = _last_fact(view, known_at)
    stages = {name: 0 for name, _days in BANDS}
    for code, cents in view.ledger.balances(as_of=day, known_at=known_at, kinds_excluded=("closing",)).items():
        main, _dot, agreement = code.partition(".")
        if main != "1200" or not cents:
            continue
        plan = _plan_on(view, agreement, day, last)
        found = age(plan.instalments if plan is not None else (), day, cents)
        for stage, outstanding in found.bands.items():
            stages[stage] += outstanding
    return stages


def _plan_on(view: View, agreement: str, day: date, last: int | None) -> Plan | None:
    """The repayment plan as the facts until a day had left it."""
    after, plan = view.lives["plan"].after, None
    for envelope in view.store.facts.of_stream(f"plan/{agreement}"):
        if envelope.effective_on <= day and (last is None or envelope.seq <= last):
            plan = after(plan, envelope)
    return plan if isinstance(plan, Plan) else None


def basis_of(
    view: View,
    day: date,
    known_at: int | None,
    balances: dict[str, int],
    buffer_cents: int,
    ageing: dict[str, int],
) -> Basis:
    """The quantities behind the indicators at the end of a day."""
    facts = _facts_until(view, day, known_at)
    told = cash_of(view, as_of=day, known_at=known_at)
    approved = 0
    for envelope in facts:
        if isinstance(envelope.fact, DisbursementApproved):
            approved += envelope.fact.amount_cents
        elif isinstance(envelope.fact, DisbursementCancelled):
            approved -= envelope.fact.amount_cents
    ended = {each.fact.ref for each in facts if each.type.startswith("agreement.")}
    closed = [ref for ref in ended if told.lent.get(ref) and not _standing(view, f"1200.{ref}", day, known_at)]
    accepted = [each.fact for each in facts if isinstance(each.fact, EvaluationAccepted)]
    refuted = [fact for fact in accepted if fact.hypothesis == "refuted"]
    return Basis(
        i=told.i,
        u=told.u,
        s=told.s,
        v=told.v,
        a=told.a,
        r=told.r,
        w=balances.get("4200", 0) + balances.get("4210", 0) + balances.get("4300", 0),
        p=valuation.allowance(balances),
        k=told.k,
        cash=valuation.cash(balances),
        q=valuation.committed(balances) + approved - told.paid,
        e=valuation.nav(balances) - balances.get("1100", 0),
        free=valuation.free_to_commit(balances, buffer_cents),
        in_transit=valuation.in_transit(balances),
        owed=valuation.owed(balances),
        committed=valuation.committed(balances),
        buffer=buffer_cents,
        closed_a=sum(told.repaid[ref] for ref in closed),
        closed_u=sum(told.lent[ref] for ref in closed),
        experiments=len(accepted),
        refuted=len(refuted),
        refuted_well_learned=sum(fact.good_result for fact in refuted),
        overdue_90=sum(cents for stage, cents in ageing.items() if stage in LATE),
        target_bps=view.regulations(day).revolving_target_bps,
    )


def _facts_until(view: View, day: date, known_at: int | None) -> list[Envelope]:
    """The facts behind the payments, until a day, known when entry ``known_at`` was written."""
    last = _last_fact(view, known_at)
    return [
        each
        for each in view.store.facts.of_types(_FACTS)
        if each.effective_on <= day and (last is None or each.seq <= last)
    ]


def _last_fact(view: View, known_at: int | None) -> int | None:
    """The number of the last fact that was known when entry ``known_at`` was written; ``None`` for all."""
    if known_at is None or known_at >= view.ledger.head().seq:
        return None
    event_id = view.ledger.entry(known_at).metadata.get("event_id") if known_at > 0 else None
    envelope = view.store.facts.get(str(event_id)) if event_id else None
    return envelope.seq if envelope is not None else 0


def _standing(view: View, code: str, day: date, known_at: int | None) -> int:
    return view.ledger.balance(code, as_of=day, known_at=known_at, kinds_excluded=("closing",))
