"""How the facts of leaving are folded into the case of an exit; its states are the partner's."""

from __future__ import annotations

from typing import Any

from fund.events import Envelope
from fund.events.exits import (
    ExitClosedOut,
    ExitPaid,
    ExitPartDue,
    ExitQuoted,
    ExitSetOff,
    ExitSettled,
    ExitSettlementAgreed,
    ExitSettlementDisputed,
    ExitSettlementProposed,
    PartnerExited,
    PartnerNoticeGiven,
)
from fund.events.payables import PayableCancelled
from fund.rules.transitions import state_after
from fund.schemas.exits import Exit
from fund.unit_of_work import Projection
from fund.workflows.partners.lifecycle import PARTNER_TRANSITIONS, PartnerState


def apply(case: Exit | None, event: Envelope) -> Exit | None:
    """The exit of a partner after a fact; it begins with the notice, or with the quote of a winding-up."""
    fact = event.fact
    if isinstance(fact, PartnerNoticeGiven):
        return Exit(
            ref=fact.ref,
            state=PartnerState.NOTICE_GIVEN,
            decided_on=fact.decided_on,
            leaves_on=fact.leaves_on,
            file=fact.file,
            file_sha256=fact.file_sha256,
        )
    if isinstance(fact, ExitQuoted):
        begun = case if case is not None else Exit(ref=fact.ref, state=PartnerState.ACTIVE)
        return _valued(begun, fact, event.seq)
    if case is None:
        return None
    if isinstance(fact, ExitPaid):
        return case.replace(paid_cents=case.paid_cents + fact.amount_cents, kept=_together(case.kept, fact.kept))
    if event.stream != f"partner/{case.ref}" and not isinstance(fact, PayableCancelled):
        return case
    state = state_after(PARTNER_TRANSITIONS, case.state, fact)
    return case.replace(state=state, **_changes(case, event))


def _valued(case: Exit, fact: ExitQuoted, seq: int) -> Exit:
    return case.replace(
        valued_on=fact.valued_on,
        valued_seq=seq,
        known_at=fact.known_at,
        buffer_cents=fact.buffer_cents,
        share=fact.share,
        capital_cents=fact.capital_cents,
        gross_cents=fact.gross_cents,
        unpaid_cents=fact.unpaid_cents,
        costs_cents=fact.costs_cents,
        quoted_cents=fact.net_cents,
        quoted_now_cents=fact.now_cents,
        items=fact.items,
        leaves_on=case.leaves_on or fact.valued_on,
    )


def _changes(case: Exit, event: Envelope) -> dict[str, Any]:
    fact = event.fact
    persons = (event.made_by, event.actor) if event.made_by else (event.actor,)
    if isinstance(fact, ExitSettlementProposed):
        return {
            "net_cents": fact.net_cents,
            "resolution": fact.resolution,
            "proposals": case.proposals + 1,
            "undisputed_cents": 0,
            "reason": "",
            "hands": fact.hands or persons,
        }
    if isinstance(fact, ExitSettlementAgreed):
        return {
            "net_cents": fact.net_cents,
            "advice_sha256": fact.advice_sha256,
            "hands": _together(case.hands, persons),
        }
    if isinstance(fact, ExitSettlementDisputed):
        return {"undisputed_cents": fact.undisputed_cents, "reason": fact.reason}
    if isinstance(fact, ExitSettled):
        # whoever booked the undisputed part only booked what was acknowledged, and may book the rest
        return {
            "hands": case.hands if fact.undisputed else _together(case.hands, persons),
            "settled": True,
            "settled_seq": case.settled_seq or event.seq,
            "settled_on": case.settled_on or event.effective_on,
            "settled_cents": case.settled_cents + fact.now_cents + fact.later_cents,
            "later_cents": case.later_cents + fact.later_cents,
            "untied_cents": case.untied_cents + fact.untied_cents,
        }
    if isinstance(fact, ExitPartDue):
        return {
            "collected": {**case.collected, fact.item: case.collected.get(fact.item, 0) + fact.collected_cents},
            "counted_cents": case.counted_cents + fact.counted_cents,
            "fallen_cents": case.fallen_cents + fact.amount_cents,
        }
    if isinstance(fact, PayableCancelled):
        return {"paid_cents": case.paid_cents - fact.amount_cents, "exited_on": None}
    if isinstance(fact, ExitSetOff):
        return {"set_off_cents": case.set_off_cents + fact.amount_cents}
    if isinstance(fact, ExitClosedOut):
        return {"closed_out": True, "closed_out_cents": fact.amount_cents}
    if isinstance(fact, PartnerExited):
        return {"exited_on": event.effective_on}
    return {}


def _together(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))


PROJECTIONS = {"exit": Projection(Exit, apply)}
