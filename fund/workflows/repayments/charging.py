"""Costs of a demand, and interest, on what is late of an advance: claimed and waived by two people, never by itself.

A claim books nothing: there is no receivable, and what comes in is other income (R3, Cr 4400). The figures are law of
a day and stand in the regulations. Source: Awb 4:92, 4:97, 4:98, 4:112, 4:113; lifecycle.md 6.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from fund.errors.commands import UnknownRef
from fund.errors.repayments import (
    ChargeAboveMaximum,
    ChargeBelowMinimum,
    ChargeNotDemanded,
    ChargePaid,
    FeeClaimedBefore,
)
from fund.events import Envelope
from fund.events.repayments import ChargeClaimed, ChargeWaived
from fund.money import require_cents
from fund.rules.charges import FEE, INTEREST
from fund.rules.transitions import require_reason
from fund.schemas.repayments import Plan
from fund.unit_of_work import Step, UnitOfWork
from fund.workflows.repayments.reminders import late_parts


def charge(uow: UnitOfWork, *, ref: str, amount_cents: int, ground: str, reason: str) -> Envelope:
    """Costs of a demand, or interest, are claimed on what is late of an agreement and was demanded (R3).

    Args:
        ref: The agreement.
        ground: ``fee`` (the costs of a demand) or ``interest``.
        reason: How the amount was reckoned.

    Raises:
        ReasonMissing, NotAuthorised, ConflictOfInterest: As they say.
        ChargeNotDemanded: Nothing of it is late and was demanded.
        ChargeBelowMinimum: Interest that the law leaves, or nothing at all.
        ChargeAboveMaximum: More than a demand of this amount may cost.
        FeeClaimedBefore: The costs of this demand were claimed, and not waived whole.

    Source: Awb 4:97, 4:98, 4:113.
    """
    reason = require_reason("repayment charge", reason)
    plan = uow.case(Plan, ref)
    step = uow.transition("repayment charge", plan)
    late = late_parts(uow, plan)
    demands = {part.no: part.demanded_on for part in plan.instalments if part.no in late and part.demanded_on}
    if not demands:
        raise ChargeNotDemanded(ref=ref, late_cents=sum(late.values()), demanded_cents=0)
    demanded_cents, demanded_on = sum(late[no] for no in demands), max(demands.values())
    _require_amount(uow, ref, require_cents(amount_cents), ground, demanded_cents)
    if ground == FEE:
        _require_first(plan, demanded_on)
    fact = ChargeClaimed(
        ref=ref,
        proposal=plan.proposal,
        no=1 + max((each.no for each in plan.charges), default=0),
        ground=ground,
        amount_cents=amount_cents,
        late_cents=demanded_cents,
        demanded_on=demanded_on,
        reason=reason,
    )
    return _record(step, fact)


def _require_amount(uow: UnitOfWork, ref: str, cents: int, ground: str, demanded_cents: int) -> None:
    """The amount lies within what the regulations of today say."""
    rules = uow.regulations().charges
    least = max(rules.least_interest_cents if ground == INTEREST else 0, 1)
    said: dict[str, Any] = {"ref": ref, "ground": ground, "amount_cents": cents}
    if cents < least:
        raise ChargeBelowMinimum(least_cents=least, **said)
    if ground == FEE and cents > rules.most_fee_cents(demanded_cents):
        most = rules.most_fee_cents(demanded_cents)
        raise ChargeAboveMaximum(most_cents=most, demanded_cents=demanded_cents, **said)


def _require_first(plan: Plan, demanded_on: date) -> None:
    """A demand costs once: what was paid of its costs, or is open, stands in the way of others; what was waived not."""
    for each in plan.charges:
        if each.ground == FEE and each.demanded_on >= demanded_on and each.waived_cents < each.amount_cents:
            raise FeeClaimedBefore(ref=plan.ref, no=each.no, demanded_on=demanded_on)


def waive_charge(uow: UnitOfWork, *, ref: str, no: int, reason: str) -> Envelope:
    """What is open of a claim for costs or interest is taken back; what was paid of it stays paid.

    Args:
        ref: The agreement. no: The number of the claim there.

    Raises:
        ReasonMissing, NotAuthorised, ConflictOfInterest: As they say.
        UnknownRef: Nothing was claimed under this number.
        ChargePaid: Nothing of it is open.
    """
    reason = require_reason("repayment waive-charge", reason)
    plan = uow.case(Plan, ref)
    step = uow.transition("repayment waive-charge", plan)
    found = next((each for each in plan.charges if each.no == no), None)
    if found is None:
        raise UnknownRef(kind="charge", ref=f"{ref} {no}", suggestion=f"fund repayment plan {ref}")
    if found.open_cents <= 0:
        raise ChargePaid(ref=ref, no=no, open_cents=found.open_cents)
    fact = ChargeWaived(
        ref=ref, proposal=plan.proposal, no=no, ground=found.ground, amount_cents=found.open_cents,
        reason=reason,
    )  # fmt: skip
    return _record(step, fact)


def _record(step: Step, fact: ChargeClaimed | ChargeWaived) -> Envelope:
    uow, event = step.uow, step.record(fact)
    charges_cents = sum(each.open_cents for each in uow.case(Plan, fact.ref).charges)
    uow.result.update(
        ref=fact.ref, no=fact.no, ground=fact.ground, amount_cents=fact.amount_cents, charges_cents=charges_cents
    )
    uow.next_step = f"fund repayment plan {fact.ref}"
    return event
