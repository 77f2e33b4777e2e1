"""What people look up about repayment: plans, instalments, and how late what is outstanding is, on any day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from fund.errors.repayments import UnknownPlanVersion
from fund.reports.history import cases_on, last_fact
from fund.rules import schedules
from fund.schemas.base import Row, as_row
from fund.schemas.repayments import Instalment, Plan
from fund.unit_of_work import Snapshot
from fund.workflows.repayments.commands import (
    Arrears,
    ArrearsRow,
    ChargeRow,
    InstalmentRow,
    PlanDetail,
    PlanInstalment,
    PlanRow,
    Plans,
    Schedule,
    VersionRow,
)
from fund.workflows.repayments.lifecycle import apply_plan, fresh, instalment_reference
from fund.workflows.repayments.reminders import limitation_of


def plan_on(snapshot: Snapshot, plan: Plan, day: date | None, known_at: int | None = None) -> Plan:
    """The plan as it stood at the end of an accounting day: its facts of later days left out.

    Args:
        known_at: As it was known when this entry was the last: what was recorded after it is left out too.
    """
    if known_at is None and (day is None or day >= snapshot.today):
        return plan
    last = last_fact(snapshot, known_at)
    found: Plan | None = None
    for event in snapshot.history(plan):
        if (day is None or event.effective_on <= day) and (last is None or event.seq <= last):
            found = apply_plan(found, event)
    return found or plan.replace(instalments=())


def plans(snapshot: Snapshot, *, as_of: date | None = None) -> Plans:
    """Every plan as it was on a day: what is repayable, came back, is open and outstanding; none that began later."""
    day = as_of or snapshot.today
    balances = snapshot.ledger.balances(as_of=as_of, kinds_excluded=("closing",))
    rows = [
        as_row(
            PlanRow,
            plan,
            **_totals(snapshot, plan, day, balances.get(f"1200.{plan.ref}", 0)),
            allowance_cents=-balances.get(f"1290.{plan.ref}", 0),
        )
        for plan in cases_on(snapshot, Plan, day)
    ]
    return {"as_of": day.isoformat(), "plans": rows}


def _totals(snapshot: Snapshot, plan: Plan, day: date, outstanding_cents: int) -> dict[str, object]:
    return {
        "lead_partner": plan.lead,
        "lead_name": snapshot.partner_name(plan.lead),
        "repaid_cents": plan.paid_cents,
        "outstanding_cents": outstanding_cents,
        "overdue_cents": schedules.age(plan.instalments, day, outstanding_cents).overdue_cents,
    }


def plan_of(snapshot: Snapshot, *, ref: str, version: int | None = None, as_of: date | None = None) -> PlanDetail:
    """One plan: each instalment with its reference, and the versions it had.

    Args:
        version: Show this earlier schedule instead of the one in force.

    Raises:
        UnknownRef: There is no such plan. UnknownPlanVersion: It had no such version on that day.
    """
    day = as_of or snapshot.today
    plan = plan_on(snapshot, snapshot.case(Plan, ref), as_of)
    outstanding = snapshot.ledger.balance(f"1200.{ref}", as_of=as_of, kinds_excluded=("closing",))
    shown = next((each for each in plan.versions if each.version == version), None)
    if version is not None and shown is None:
        known = [each.version for each in plan.versions]
        raise UnknownPlanVersion(ref=ref, version=version, known=known, last=plan.version)
    parts: Sequence[Instalment] = fresh(shown.instalments) if shown else plan.instalments
    return as_row(
        PlanDetail,
        plan,
        **_totals(snapshot, plan, day, outstanding),
        as_of=day,
        version=shown.version if shown else plan.version,
        versions=[as_row(VersionRow, each) for each in plan.versions],
        charges_cents=sum(each.open_cents for each in plan.charges),
        charges=[as_row(ChargeRow, each) for each in plan.charges],
        instalments=[
            _instalment(
                PlanInstalment,
                plan,
                part,
                day,
                limitation_on=limitation_of(snapshot, plan, part) if part.open_cents > 0 else None,
            )
            for part in sorted(parts, key=lambda part: (part.due_on, part.no))
        ],
    )


def schedule(
    snapshot: Snapshot, *, ref: str | None = None, until: date | None = None, as_of: date | None = None
) -> Schedule:
    """Every instalment that is open, of one plan or of all, in the order of their days."""
    day = as_of or snapshot.today
    rows: list[InstalmentRow] = []
    for case in [snapshot.case(Plan, ref)] if ref is not None else snapshot.cases(Plan):
        plan = plan_on(snapshot, case, as_of)
        rows += [_instalment(InstalmentRow, plan, part, day) for part in plan.instalments if part.open_cents > 0]
    rows.sort(key=lambda row: (row["due_on"], row["agreement"], row["no"]))
    return {
        "as_of": day.isoformat(),
        "instalments": [row for row in rows if until is None or row["due_on"] <= until.isoformat()],
    }


def arrears(snapshot: Snapshot, *, as_of: date | None = None, known_at: int | None = None) -> Arrears:
    """What is outstanding by how late it is, per agreement and together, on a day; never stored, reckoned when asked.

    Args:
        known_at: As it was known when this entry was the last of the ledger.
    """
    day = as_of or snapshot.today
    balances = snapshot.ledger.balances(as_of=as_of, known_at=known_at, kinds_excluded=("closing",))
    rows, totals = [], {name: 0 for name, _last in schedules.BANDS}
    for case in snapshot.cases(Plan):
        outstanding = balances.get(f"1200.{case.ref}", 0)
        if outstanding <= 0:
            continue
        plan = plan_on(snapshot, case, as_of, known_at)
        ageing = schedules.age(plan.instalments, day, outstanding)
        for name, cents in ageing.bands.items():
            totals[name] += cents
        rows.append(
            as_row(
                ArrearsRow,
                ageing,
                agreement=case.ref,
                lead_partner=case.lead,
                outstanding_cents=outstanding,
                step_days=max((part.escalated_days for part in plan.instalments if part.open_cents > 0), default=0),
                **_bands(ageing.bands),
            )
        )
    return {
        "as_of": day.isoformat(),
        "known_at": known_at,
        "arrears": rows,
        "total": {"outstanding_cents": sum(totals.values()), **_bands(totals)},
    }


def _bands(bands: Mapping[str, int]) -> dict[str, int]:
    return {f"{name.replace('-', '_')}_cents": cents for name, cents in bands.items()}


def _instalment(shape: type[Row], plan: Plan, part: Instalment, day: date, **more: object) -> Row:
    return as_row(
        shape,
        part,
        agreement=plan.ref,
        days_overdue=max((day - part.due_on).days, 0) if part.open_cents > 0 else 0,
        reference=instalment_reference(plan.ref, part.no),
        lead_partner=plan.lead,
        **more,
    )
