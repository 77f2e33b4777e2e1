"""Winding-up: the settlement of every partner on one day, by the same computation, after a vote of all (K5).

The full board votes on a resolution. When it carries, the quote of that day lies before each partner as its settlement;
from there each goes the way of a single one (K6-K10). Those whose settlement is in the books already stay as they are.
Nothing is left but the cents of rounding, on the bank and in the accumulated result (3100). Source: lifecycle.md 9.
"""

from __future__ import annotations

from datetime import date

from fund.errors.capital import NoActivePartners
from fund.errors.exits import SettlementOfNobody, ValuationDayOutside
from fund.events import Envelope
from fund.reports.exits import quote_of
from fund.rules.transitions import require_reason
from fund.schemas.capital import VOTING, Partner
from fund.schemas.exits import Exit
from fund.schemas.resolutions import Resolution
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows import resolutions
from fund.workflows.exits import settlement

COMMAND = "partner propose-settlement"
FUND = "fund"


def propose(
    uow: UnitOfWork,
    *,
    ref: str | None = None,
    everybody: bool = False,
    valued_on: date | None = None,
    costs: int = 0,
    reason: str = "",
) -> Envelope:
    """A settlement lies before a partner that leaves (K5); or, for ``everybody``, the winding-up of the fund lies
    before the full board. The fund manager makes it, a treasurer checks it.

    Args:
        ref: The partner; empty for everybody.
        valued_on: The day of the valuation; default the day of leaving, for everybody today. A winding-up may name a
            day to come; it is decided from that day on.
        costs: Cents of leaving that are not booked yet, for the account of the partner.
        reason: Why the fund is wound up.

    Raises:
        SettlementOfNobody: Neither a partner nor everybody, or both.
        NoActivePartners, ReasonMissing: Of a winding-up.
        ValuationDayOutside, SettlementUnchanged, SettlementSettled, UnknownPartner: Of one partner.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest: As they say.
    """
    if everybody == (ref is not None):
        raise SettlementOfNobody(given=ref if ref is not None else "-", everybody=everybody)
    if ref is not None:
        return settlement.propose(uow, ref=ref, valued_on=valued_on, costs=costs)
    day = valued_on or uow.today
    partners = _staying(uow)
    if not partners:
        raise NoActivePartners(command=f"{COMMAND} --all", count=0)
    quotes = []
    for partner in partners:
        made, _bps = quote_of(uow, partner, as_of=min(day, uow.today))
        quotes.append(
            {
                "partner": partner,
                "net_cents": made.net_cents,
                "now_cents": made.now_cents,
                "later_cents": made.later_cents,
            }
        )
    return resolutions.propose(
        uow,
        command=COMMAND,
        matter="winding_up",
        subject=FUND,
        terms={"on": day.isoformat(), "quotes": quotes},
        reason=require_reason(COMMAND, reason),
        body="board",
        two_thirds=True,
    )


def _staying(snapshot: Snapshot) -> list[str]:
    """The partners whose settlement is not in the books."""
    settled = {case.ref for case in snapshot.cases(Exit) if case.settled}
    return [partner.ref for partner in snapshot.cases(Partner, states=VOTING) if partner.ref not in settled]


def still_possible(uow: UnitOfWork, resolution: Resolution) -> None:
    """Nothing is valued ahead of time.

    Raises:
        ValuationDayOutside: The day of the winding-up is still to come.
    """
    day = date.fromisoformat(str(resolution.terms["on"]))
    if day > uow.today:
        raise ValuationDayOutside(partner=FUND, on=day, first_on=day, today=uow.today, look="fund partner list")


def wind_up(uow: UnitOfWork, resolution: Resolution, decided: Envelope) -> None:
    """The board agreed: the quote of the day lies before every partner as its settlement."""
    day = date.fromisoformat(str(resolution.terms["on"]))
    for partner in _staying(uow):
        settlement.record_proposal(
            uow, partner, on=day, resolution=resolution.ref, prior_approvers=resolution.hands, cause=decided
        )
