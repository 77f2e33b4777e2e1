"""The life of a payment batch as a table, and how its facts are folded."""

from __future__ import annotations

from enum import StrEnum

from fund.events import Envelope
from fund.events.disbursements import DisbursementCancelled
from fund.events.payables import PayableCancelled
from fund.events.payments import (
    PaymentConfirmed,
    PaymentFailed,
    PaymentFailureUndone,
    PaymentReturned,
    PaymentsBatched,
    PaymentSent,
    PaymentSettled,
    PaymentStatusReported,
)
from fund.rules.authority import FUND_MANAGER, PAYERS, SYSTEM, TREASURER, Guard, either
from fund.rules.transitions import Transition, state_after
from fund.schemas.disbursements import Batch, BatchEntry
from fund.unit_of_work import Projection, Snapshot
from fund.workflows.payments.due import due


class BatchState(StrEnum):
    """Where a batch stands."""

    MADE = "made"
    SENT = "sent"
    SETTLED = "settled"
    DROPPED = "dropped"


_BANK = either(TREASURER, SYSTEM)
B = BatchState
_GONE = (B.SENT, B.SETTLED)
BATCH_TRANSITIONS = (
    Transition("payment batch", None, B.MADE, PAYERS, PaymentsBatched),
    Transition("payment batch", B.MADE, B.DROPPED, PAYERS, PaymentsBatched, may_repeat=True),
    Transition("payment send", B.MADE, B.SENT, TREASURER, PaymentSent, second=PAYERS, row="D4"),
    Transition(
        "disbursement cancel",
        B.MADE,
        B.DROPPED,
        FUND_MANAGER,
        DisbursementCancelled,
        second=TREASURER,
        may_repeat=True,
        row="D7",
    ),
    Transition(
        "payment cancel", B.MADE, B.DROPPED, FUND_MANAGER, PayableCancelled, second=TREASURER, may_repeat=True, row="D7"
    ),
    Transition("payment status", _GONE, None, TREASURER, PaymentStatusReported, may_repeat=True, row="D6"),
    Transition("payment settle", B.SENT, B.SETTLED, _BANK, PaymentSettled, may_repeat=True, row="D5"),
    Transition("payment settle", _GONE, None, _BANK, PaymentConfirmed, may_repeat=True, row="D5"),
    Transition("payment fail", B.SENT, B.SETTLED, TREASURER, PaymentFailed, may_repeat=True, row="D6"),
    Transition("payment found", _GONE, B.SENT, TREASURER, PaymentFailureUndone, may_repeat=True, row="D6"),
    Transition("payment return", _GONE, B.SETTLED, _BANK, PaymentReturned, may_repeat=True, row="D10"),
)
"""A batch is settled with the last of its lines; until then it stays sent."""

OPEN_LINES = ("open", "sent")


def apply(case: Batch | None, event: Envelope) -> Batch | None:
    """The batch after a fact: its lines open, under way, paid, failed or returned, one by one."""
    fact = event.fact
    if isinstance(fact, PaymentsBatched) and case is None:
        entries = tuple(BatchEntry(line=line, state="open") for line in fact.lines)
        return Batch.of(fact, state=state_after(BATCH_TRANSITIONS, None, fact), entries=entries)
    if case is None:
        return None
    if isinstance(fact, (PaymentsBatched, DisbursementCancelled, PayableCancelled)):
        return case.replace(state=state_after(BATCH_TRANSITIONS, case.state, fact))
    if isinstance(fact, PaymentSent):
        hands = (event.made_by, event.actor) if event.made_by else (event.actor,)
        entries = tuple(entry.model_copy(update={"state": "sent"}) for entry in case.entries)
        return case.replace(state=state_after(BATCH_TRANSITIONS, case.state, fact), entries=entries, hands=hands)
    if isinstance(fact, PaymentStatusReported):
        told = {line.ref: {"bank_status": line.status, "bank_reason": line.reason} for line in fact.lines}
        entries = tuple(entry.model_copy(update=told.get(entry.line.ref)) for entry in case.entries)
        return case.replace(entries=entries, reports={**case.reports, fact.message_id: fact.file_sha256})
    if isinstance(fact, PaymentSettled):
        return _line_ended(case, fact.line.ref, state="paid", **_shown(bank_line=fact.bank_line))
    if isinstance(fact, PaymentConfirmed):
        return _line_ended(case, fact.line.ref, bank_line=fact.bank_line)
    if isinstance(fact, PaymentFailed):
        return _line_ended(case, fact.line.ref, state="failed")
    if isinstance(fact, PaymentFailureUndone):
        entries = _changed(case, fact.line.ref, state="sent")
        return case.replace(entries=entries, state=state_after(BATCH_TRANSITIONS, case.state, fact))
    if isinstance(fact, PaymentReturned):
        return _line_ended(case, fact.line.ref, state="returned", **_shown(returned_line=fact.bank_line))
    return case


def _shown(**lines: str) -> dict[str, str]:
    """The lines of a statement that a fact names; what people say names none, and takes none away."""
    return {name: line for name, line in lines.items() if line}


def _changed(case: Batch, ref: str, **changes: str) -> tuple[BatchEntry, ...]:
    return tuple(entry.model_copy(update=changes) if entry.line.ref == ref else entry for entry in case.entries)


def _line_ended(case: Batch, ref: str, **changes: str) -> Batch:
    entries = _changed(case, ref, **changes)
    settled = case.state == BatchState.SENT and not any(entry.state in OPEN_LINES for entry in entries)
    return case.replace(entries=entries, state=BatchState.SETTLED.value if settled else case.state)


def guard(snapshot: Snapshot, case: Batch, row: Transition) -> Guard:
    """The parties of everything it pays, and those who asked, checked or approved any of it (G7 b, c). A batch that
    takes its place is judged line by line, as each is put in it.
    """
    show = f"fund payment list --batch {case.ref}"
    if row.records is PaymentsBatched:
        return Guard(show=show)
    lines = [snapshot.guard(due(snapshot, line.ref), row) for line in case.lines]
    return Guard(
        parties=tuple(dict.fromkeys(party for line in lines for party in sorted(line.everyone))),
        prior_approvers=tuple(dict.fromkeys(user for line in lines for user in line.prior_approvers)),
        show=show,
    )


PROJECTIONS = {"batch": Projection(Batch, apply, BATCH_TRANSITIONS, guard)}
