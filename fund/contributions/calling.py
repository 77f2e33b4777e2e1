"""Capital is called (K1): who pays which part of a total, on which days, and for what.

Parts by largest remainder over the partners, instalments of a part by cumulative rounding: what a partner is asked in
all adds up to its part, and the parts to the total. Source: lifecycle.md 9, bank.md (Distribution keys).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from fund.contributions.reminding import set_reminders
from fund.dates import add_months
from fund.errors.capital import (
    AmountNotPositive,
    CalledAfterNotice,
    DueDaysOutOfOrder,
    InstalmentsUnclear,
    KeyNotInForce,
    KeyOrPartner,
    MoreThanCommitted,
    NoActivePartners,
    NoKeyInForce,
    NotTakingPart,
)
from fund.errors.commands import UnknownRef
from fund.events.capital import ContributionCalled
from fund.money import require_cents, split_cumulative
from fund.rules.keys import divide, fraction_text, rescale
from fund.schemas.agreements import Agreement
from fund.schemas.capital import BankAccount, Call, DistributionKey, Partner
from fund.schemas.proposals import Proposal
from fund.unit_of_work import Snapshot, UnitOfWork

MOST_INSTALMENTS = 60
ACTIVE, LEAVING = "active", "notice_given"


def key_in_force(snapshot: Snapshot, on: date) -> DistributionKey:
    """The distribution key of a day: the latest adopted that holds from a day not after it.

    Raises:
        NoKeyInForce: None does.
    """
    adopted = sorted(snapshot.cases(DistributionKey, states=["adopted"]), key=lambda key: (key.from_on, key.ref))
    in_force = [key for key in adopted if key.from_on <= on]
    if not in_force:
        raise NoKeyInForce(on=on, first=adopted[0].from_on if adopted else "-")
    return in_force[-1]


def call(
    uow: UnitOfWork,
    *,
    amount: int,
    key: str | None = None,
    partner: str | None = None,
    due_days: Sequence[date] = (),
    instalments: int | None = None,
    every: int | None = None,
    commitment: str | None = None,
    on: date | None = None,
) -> None:
    """Capital is called (K1): a total over all active partners by the key of the day, or an amount of one partner.

    The fund manager makes it, a treasurer confirms. Each partner gets a call and an entry of its own for each
    instalment, so that the proof of one shows nobody else. A part of nothing is left out. Whoever gave notice is called
    only for what was committed before it.

    Args:
        amount: Cents: the total of the call, or what the one partner is asked.
        key: The key that the caller expects to hold; it must be the one in force.
        partner: Only this partner.
        due_days: The last day to pay, default the term of the regulations after the day of the call; with
            ``instalments`` that of the first. Or the last day of each instalment.
        instalments, every: In so many parts, each so many months after the one before.
        commitment: The award (proposal or agreement) that the money is for; whoever gave notice after it pays along.
        on: The accounting day, default today.

    Raises:
        AmountNotPositive, AmountTooLarge: As they say.
        KeyOrPartner: Both a key and one partner.
        InstalmentsUnclear, DueDaysOutOfOrder: The days to pay cannot be read, or do not follow each other.
        NoActivePartners, NotTakingPart, UnknownPartner: Nobody to call, or not this one.
        CalledAfterNotice: The partner gave notice before the commitment, or none is named.
        MoreThanCommitted: More than the part of the commitment that was not called for yet.
        NoKeyInForce, KeyNotInForce: Another key holds on the day, or none.
    """
    if partner is not None and key is not None:
        raise KeyOrPartner(partner=partner, key=key)
    if require_cents(amount) < 1:
        raise AmountNotPositive(command="capital call", amount_cents=amount, least_cents=1)
    day = on or uow.today
    first = day + timedelta(days=uow.regulations(day).terms.call_due_days)
    days = due_days_of(day, first, due_days, instalments=instalments, every=every)
    named = _commitment(uow, commitment) if commitment else None
    if partner is not None:
        version, parts = "", [_one(uow, partner, amount, named, day)]
    else:
        version, parts = _everybody(uow, key, amount, named, day)
    asked, series = 0, ""
    for one, share, part_cents in parts:
        for number, cents in enumerate(split_cumulative(part_cents, len(days)), start=1):
            if not cents:
                continue
            ref = uow.next_ref("call")
            series = series or ref
            called = uow.record(
                ContributionCalled(
                    ref=ref,
                    partner=one,
                    amount_cents=cents,
                    due_on=days[number - 1],
                    key=version,
                    share=fraction_text(share),
                    total_cents=amount,
                    series=series,
                    instalment=number,
                    instalments=len(days),
                    part_cents=part_cents,
                    commitment=named.proposal if named else "",
                ),
                effective_on=day,
            )
            set_reminders(uow, called)
            asked += 1
    uow.result.update(
        calls=asked,
        partners=len(parts),
        total_cents=amount,
        key=version or None,
        series=series,
        due_on=days[0].isoformat(),
        due_days=[each.isoformat() for each in days],
    )
    letters = f"fund capital letter {series} --all --output letters"
    uow.next_step = letters if uow.any(BankAccount) else "fund capital list"  # a letter says where to pay


def due_days_of(
    called_on: date, first: date, named: Sequence[date], *, instalments: int | None, every: int | None
) -> tuple[date, ...]:
    """The last day to pay of each instalment: those named, or the first and so many months after each other.

    Raises:
        InstalmentsUnclear: A number of parts without the months between them, or both that and several days.
        DueDaysOutOfOrder: A day that does not come after the one before, or before the day of the call.
    """
    days = tuple(named or (first,))
    count = len(days) if instalments is None else instalments
    by_count = instalments is not None or every is not None
    if (
        not 1 <= count <= MOST_INSTALMENTS
        or (len(days) > 1 and by_count)
        or (count > 1 and len(days) == 1 and not every)
    ):
        raise InstalmentsUnclear(instalments=count, days=len(days), most=MOST_INSTALMENTS)
    if len(days) == 1:
        days = tuple(add_months(days[0], number * (every or 0)) for number in range(count))
    for earlier, later in zip((called_on, *days), days, strict=False):
        if later < earlier or (later == earlier and earlier is not called_on):
            raise DueDaysOutOfOrder(earlier=earlier, later=later)
    return days


# ---------------------------------------------------------------------------------------------------------- who pays

Part = tuple[str, Fraction, int]
"""A partner, its share among those called, and what it is asked in all."""


def _one(uow: UnitOfWork, partner: str, amount: int, named: _Commitment | None, day: date) -> Part:
    found = uow.partner(partner)
    if found.state not in (ACTIVE, LEAVING):
        raise NotTakingPart(command="capital call", partner=partner, state=found.state, allowed=ACTIVE)
    if found.state == LEAVING:
        _require_earlier(found, named)
    if named is not None:
        share = _weights(uow, key_in_force(uow, day), _called_along(uow, named)).get(partner, Fraction(0))
        before = sum(each.called_cents for each in _calls_for(uow, named) if each.partner == partner)
        room = min(int(named.open_cents * share), int(named.award_cents * share) - before)
        _require_room(amount, room, named)
    return partner, Fraction(1), amount


def _everybody(
    uow: UnitOfWork, key: str | None, amount: int, named: _Commitment | None, day: date
) -> tuple[str, list[Part]]:
    called = _called_along(uow, named)
    if not called:
        raise NoActivePartners(command="capital call", count=0)
    in_force = key_in_force(uow, day)
    if key is not None and key != in_force.ref:
        found = uow.case(DistributionKey, key)
        raise KeyNotInForce(key=key, state=found.state, on=day, in_force=in_force.ref)
    if named is not None:
        before = sum(each.called_cents for each in _calls_for(uow, named))
        _require_room(amount, min(named.open_cents, named.award_cents - before), named)
    weights = _weights(uow, in_force, called)
    if not weights:
        raise NoActivePartners(command=f"capital call --key {in_force.ref}", count=0)
    parts = divide(amount, weights)
    return in_force.ref, [(part.partner, part.weight, part.amount_cents) for part in parts if part.amount_cents]


def _called_along(uow: UnitOfWork, named: _Commitment | None) -> list[str]:
    """Who takes part in a call: every active partner, and for a commitment those who gave notice after it."""
    active = [each.ref for each in uow.cases(Partner, states=[ACTIVE])]
    leaving = uow.cases(Partner, states=[LEAVING]) if named is not None else []
    return [*active, *(each.ref for each in leaving if _is_earlier(each, named))]


def _weights(snapshot: Snapshot, key: DistributionKey, partners: Sequence[str]) -> Mapping[str, Fraction]:
    return rescale({partner: Fraction(share) for partner, share in key.weights.items()}, partners)


# ------------------------------------------------------------------------------------------------ earlier commitments


@dataclass(frozen=True, slots=True)
class _Commitment:
    """An award that is promised: of which proposal, since when, how much in all and how much of it is still to come."""

    proposal: str
    committed_on: date
    award_cents: int
    open_cents: int


def _commitment(snapshot: Snapshot, ref: str) -> _Commitment:
    agreement = snapshot.maybe(Agreement, ref)
    proposal = snapshot.maybe(Proposal, agreement.proposal if agreement is not None else ref)
    since = proposal.decided_on if proposal is not None else agreement.drafted_on if agreement is not None else None
    if since is None:
        raise UnknownRef(kind="agreement", ref=ref, suggestion="fund agreement list")
    award = agreement.award_cents if agreement is not None else proposal.award_cents if proposal is not None else 0
    of = proposal.ref if proposal is not None else agreement.proposal if agreement is not None else ""
    return _Commitment(of, since, award, snapshot.ledger.balance(f"9000.{of}"))


def _is_earlier(partner: Partner, named: _Commitment | None) -> bool:
    return named is not None and partner.notice_on is not None and named.committed_on <= partner.notice_on


def _require_earlier(partner: Partner, named: _Commitment | None) -> None:
    if not _is_earlier(partner, named):
        raise CalledAfterNotice(
            partner=partner.ref,
            notice_on=partner.notice_on or partner.joined_on,
            commitment=f"{named.proposal}, {named.committed_on}" if named else "-",
        )


def _calls_for(snapshot: Snapshot, named: _Commitment) -> list[Call]:
    return [each for each in snapshot.cases(Call) if each.commitment == named.proposal]


def _require_room(amount: int, room: int, named: _Commitment) -> None:
    if amount > max(room, 0):
        raise MoreThanCommitted(asked_cents=amount, commitment=named.proposal, room_cents=max(room, 0))
