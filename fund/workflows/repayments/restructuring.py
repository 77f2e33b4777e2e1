"""Other instalments for what is open: a signatory of the lead asks, the office writes them down, the committee decides.

What was paid stays paid and the version before stays readable. Source: lifecycle.md 6 (R6).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from fund.errors.evaluations import WriteoffOpen
from fund.errors.repayments import (
    InstalmentNotPositive,
    InstalmentsDisordered,
    NothingToRestructure,
    RequestNeedsSignatory,
    RestructuringDiffers,
    RestructuringInPast,
    ScheduleNotSaid,
)
from fund.events import Envelope
from fund.events.repayments import PlanRestructured
from fund.events.values import InstalmentTerms
from fund.money import parse
from fund.rules import schedules
from fund.rules.authority import Role
from fund.schemas.agreements import Agreement, ScheduleFile, parse_schedule
from fund.schemas.repayments import Plan
from fund.schemas.resolutions import Resolution
from fund.schemas.writeoffs import Writeoff
from fund.unit_of_work import UnitOfWork
from fund.workflows import resolutions

MATTER = "restructuring"


def restructure(
    uow: UnitOfWork,
    *,
    ref: str,
    requested_by: str,
    reason: str,
    instalments: int | None = None,
    first: date | None = None,
    every: int = 12,
    savings_share_bps: int | None = None,
    ends_on: date | None = None,
    file: Mapping[str, Any] | None = None,
) -> Envelope:
    """Other instalments for what is open of a plan lie before the committee (R6).

    Together they are what is outstanding and the repayable part of what is still to be paid out. Either
    ``instalments`` equal ones from ``first`` on, ``every`` so many months; or, with ``savings_share_bps``, one amount
    on ``ends_on`` from which savings call their share; or as a file says, instalment by instalment.

    Args:
        ref: The agreement.
        requested_by: The signatory of the lead who asked for it.
        file: Name and content of a TOML file with a block ``[[instalments]]`` for each.

    Raises:
        RequestNeedsSignatory: Whoever asked signs nothing for the lead.
        NothingToRestructure: Nothing of the plan is open.
        ScheduleNotSaid: Neither a file, nor a first day and a number, nor a share of savings and a last day.
        FaultySchedule, InvalidAmount: The file cannot be read as it is.
        RestructuringDiffers: The new instalments are together another amount than what is open.
        InstalmentNotPositive: One of them is nothing, or less.
        RestructuringInPast, InstalmentsDisordered: A day that went by; days that do not follow one another.
        WriteoffOpen: First it is said what is given up.
        ReasonMissing, NotAuthorised, ConflictOfInterest: As they say.
    """
    plan, agreement = uow.case(Plan, ref), uow.case(Agreement, ref)
    asking = uow.user(requested_by)
    if not asking.has(Role.PARTNER_SIGNATORY) or asking.organisation != agreement.lead:
        raise RequestNeedsSignatory(requested_by=requested_by, ref=ref, partner=agreement.lead)
    said = parse_schedule(bytes(file["content"]), str(file["name"])) if file is not None else None
    plan_type, wanted = _wanted(plan, said, instalments, first, every, savings_share_bps, ends_on)
    numbered = _numbered(plan, wanted)
    last = max([due_on for due_on, _cents in wanted], default=plan.ends_on)
    terms = {
        "plan_type": plan_type,
        "savings_bps": (said.savings_share_bps if said is not None else savings_share_bps) or 0,
        "open_cents": plan.open_cents,
        "ends_on": last.isoformat(),
        "requested_by": asking.user_id,
        "instalments": [
            {"no": part.no, "due_on": part.due_on.isoformat(), "amount_cents": part.amount_cents} for part in numbered
        ],
    }
    _require_possible(uow, plan, numbered)
    proposed = resolutions.propose(
        uow,
        command="repayment restructure",
        matter=MATTER,
        subject=ref,
        terms=terms,
        reason=reason,
        lead=agreement.lead,
        parties=agreement.parties,
        agreement=ref,
        proposal=plan.proposal,
    )
    uow.result.update(
        ref=proposed.fact.ref, agreement=ref, **{key: terms[key] for key in ("open_cents", "instalments")}
    )
    return proposed


def _wanted(
    plan: Plan,
    said: ScheduleFile | None,
    count: int | None,
    first: date | None,
    every: int,
    savings_share_bps: int | None,
    ends_on: date | None,
) -> tuple[str, list[tuple[date, int]]]:
    """The plan type, and days and amounts as they were asked for."""
    if said is not None:
        kind = "savings_linked" if said.savings_share_bps else "fixed"
        return kind, [(part.due_on, parse(part.amount)) for part in said.instalments]
    if savings_share_bps is not None and ends_on is not None:
        return "savings_linked", [(ends_on, plan.open_cents)] if plan.open_cents > 0 else []
    if first is None or count is None:
        raise ScheduleNotSaid(ref=plan.ref, first=first or "-", count=count or 0)
    parts = schedules.instalments(
        plan.open_cents, starts_on=first, grace_months=0, count=count, interval_months=every
    )  # fmt: skip
    return "fixed", [(part.due_on, part.amount_cents) for part in parts]


def _numbered(plan: Plan, wanted: list[tuple[date, int]]) -> tuple[InstalmentTerms, ...]:
    """Numbers go on where those of the plan end: a reference that a payer quotes never means another instalment."""
    after = max((part.no for part in plan.instalments), default=0)
    return tuple(
        InstalmentTerms(no=after + place, due_on=due_on, amount_cents=cents)
        for place, (due_on, cents) in enumerate(wanted, start=1)
    )


def _require_possible(uow: UnitOfWork, plan: Plan, parts: tuple[InstalmentTerms, ...]) -> None:
    """What must hold when it is proposed, and again when it is decided."""
    if plan.open_cents <= 0:
        raise NothingToRestructure(ref=plan.ref, open_cents=plan.open_cents)
    outstanding = uow.ledger.balance(f"1200.{plan.ref}")
    unfinished = next(
        (
            case
            for case in uow.cases(Writeoff, parent=plan.ref, states=["proposed", "decided"])
            if case.amount_cents <= outstanding
        ),
        None,
    )
    if unfinished is not None:
        raise WriteoffOpen(ref=plan.ref, open=unfinished.ref, state=unfinished.state)
    if schedules.total(parts) != plan.open_cents:
        raise RestructuringDiffers(ref=plan.ref, total_cents=schedules.total(parts), open_cents=plan.open_cents)
    for part in parts:
        if part.amount_cents <= 0:
            raise InstalmentNotPositive(ref=plan.ref, due_on=part.due_on, amount_cents=part.amount_cents, least_cents=1)
        if part.due_on <= uow.today:
            raise RestructuringInPast(ref=plan.ref, due_on=part.due_on, today=uow.today)
    for one, next_ in pairwise(parts):
        if next_.due_on <= one.due_on:
            raise InstalmentsDisordered(ref=plan.ref, due_on=one.due_on, next_on=next_.due_on)


def still_possible(uow: UnitOfWork, resolution: Resolution) -> None:
    """Nothing, when the plan may still have the instalments that were put to the vote.

    Raises:
        RestructuringDiffers, RestructuringInPast, WriteoffOpen: As they say.
    """
    plan = uow.case(Plan, resolution.subject)
    _require_possible(uow, plan, _of(resolution))


def _of(resolution: Resolution) -> tuple[InstalmentTerms, ...]:
    return tuple(InstalmentTerms.model_validate(dict(part)) for part in resolution.terms["instalments"])


def restructured(uow: UnitOfWork, resolution: Resolution, decided: Envelope) -> None:
    """The committee agreed: the plan has these instalments from now on."""
    plan = uow.case(Plan, resolution.subject)
    still_possible(uow, resolution)
    step = uow.transition("decision decide", plan)
    fact = PlanRestructured(
        ref=plan.ref,
        proposal=plan.proposal,
        instalments=_of(resolution),
        ends_on=date.fromisoformat(resolution.terms["ends_on"]),
        reason=resolution.reason,
        plan_type=resolution.terms["plan_type"],
        savings_bps=resolution.terms["savings_bps"],
        resolution=resolution.ref,
    )
    step.record(fact, cause=decided, reaction="repayments.restructure")
    uow.next_step = f"fund repayment plan {plan.ref}"
