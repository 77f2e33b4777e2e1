"""What the ledger says of an advance: its balance, what was given up of it, what came back after all."""

from __future__ import annotations

from datetime import date

from fund.errors.ledger import UnknownAccount
from fund.ledger import Entry
from fund.schemas.writeoffs import Writeoff
from fund.unit_of_work import Snapshot
from fund.workflows.writeoffs.lifecycle import State


def balance_or_zero(snapshot: Snapshot, code: str, *, as_of: date | None = None) -> int:
    """The balance of a sub-account, debit positive; 0 for one that never moved."""
    try:
        return snapshot.ledger.balance(code, as_of=as_of)
    except UnknownAccount:
        return 0


def entry_of(snapshot: Snapshot, case: Writeoff) -> Entry | None:
    """The entry that booked it."""
    return snapshot.ledger.find(f"{case.event_id}/0") if case.event_id else None


def came_back(snapshot: Snapshot, case: Writeoff) -> int:
    """What came back of a write-off: its own recoveries, and what unspent money (D8) brought beyond the other ones."""
    back = -snapshot.ledger.balance(f"4300.{case.agreement}", kinds_excluded=("closing",))
    posted = snapshot.cases(Writeoff, parent=case.agreement, states=[State.POSTED])
    others = sum(each.posted_cents for each in posted if each.ref != case.ref)
    return max(case.recovered_cents, back - others)


def lost(snapshot: Snapshot, agreement: str) -> int:
    """What was given up of an agreement and did not come back yet."""
    codes = ("4200", "4210", "4300")
    return sum(snapshot.ledger.balance(f"{code}.{agreement}", kinds_excluded=("closing",)) for code in codes)
