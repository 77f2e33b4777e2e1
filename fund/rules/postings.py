"""From fact to entry: the page an accountant reviews. Every amount stands in the fact already.

One function per fact that moves money, in the order of lifecycle.md; ``books`` ties it to its fact. Debits and credits
are written as the tables write them. Memos are Dutch, whatever the language of the screen (ledger.md 17), and name no
person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fund.events import Envelope, Fact
from fund.events.agreements import AgreementAmended, AgreementCompleted, AgreementRefinanced, AgreementTerminated
from fund.events.capital import ContributionCalled, ContributionReceived
from fund.events.closing import PeriodReopened, YearClosed
from fund.events.costs import CostApproved, TransferFailed, TransferSent, TransferSettled
from fund.events.decisions import DecisionApproved, DecisionConditional, DecisionReopened
from fund.events.disbursements import DisbursementApproved, DisbursementCancelled, DisbursementRefunded
from fund.events.exits import ExitClosedOut, ExitPaid, ExitPartDue, ExitSetOff, ExitSettled
from fund.events.journal import EntryPosted, EntryReversed
from fund.events.overpayments import OverpaymentMoved, OverpaymentRefunded
from fund.events.payables import PayableCancelled
from fund.events.payments import PaymentFailed, PaymentFailureUndone, PaymentReturned, PaymentSent, PaymentSettled
from fund.events.proposals import ProposalLapsed, ProposalWithdrawn
from fund.events.receipts import (
    CostCharged,
    DebitExplained,
    DebitRecorded,
    DebitReversed,
    IncomeRecorded,
    ReceiptAllocated,
    ReceiptReallocated,
    ReceiptRecorded,
    ReceiptReversed,
    ReceiptUnmatched,
)
from fund.events.repayments import AllowanceAdjusted
from fund.events.writeoffs import WriteoffPosted, WriteoffRecovered, WriteoffReversed
from fund.ledger import Posting, credit, debit

F = TypeVar("F", bound=Fact)


@dataclass(frozen=True, slots=True)
class Booking:
    """One entry to be made: its memo and postings; ``kind`` only where it is not the fact's wire name.

    With ``reverses_seq`` the entry is the exact mirror of that one, and ``postings`` stays empty.
    """

    memo: str
    postings: Sequence[Posting] = ()
    kind: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    reverses_seq: int | None = None


BOOKED: dict[str, Callable[[Any], Sequence[Booking]]] = {}
"""What each fact books, by wire name; a fact that is not here moves no money."""


def books(fact: type[F]) -> Callable[[Callable[[F], Sequence[Booking]]], Callable[[F], Sequence[Booking]]]:
    """Say that this function tells what ``fact`` books."""

    def register(function: Callable[[F], Sequence[Booking]]) -> Callable[[F], Sequence[Booking]]:
        BOOKED[fact.wire] = function
        return function

    return register


def bookings(event: Envelope) -> Sequence[Booking]:
    """The entries that a fact makes, in order; none for most facts."""
    function = BOOKED.get(event.type)
    return function(event.fact) if function else ()


def _some(side: Callable[[str, int], Posting], account: str, cents: int) -> tuple[Posting, ...]:
    """One leg, or none when there is nothing to book."""
    return (side(account, cents),) if cents else ()


def _entry(memo: str, debited: str, credited: str, cents: int, *, kind: str = "", **metadata: str) -> Sequence[Booking]:
    """One amount: what is debited, what is credited."""
    return [Booking(memo, (debit(debited, cents), credit(credited, cents)), kind, metadata)]


def _change(memo: str, debited: str, credited: str, cents: int, *, kind: str = "") -> Sequence[Booking]:
    """One amount, below zero the other way around."""
    if cents < 0:
        return _entry(memo, credited, debited, -cents, kind=kind)
    return _entry(memo, debited, credited, cents, kind=kind)


def _freed(memo: str, proposal: str, cents: int) -> Sequence[Booking]:
    """What was promised to a proposal is free again; nothing is booked where nothing was."""
    return _entry(memo, "9010", f"9000.{proposal}", cents) if cents else []


def _mirror(memo: str, seq: int) -> Sequence[Booking]:
    """The exact mirror of an entry."""
    return [Booking(memo, reverses_seq=seq)]


# --------------------------------------------------------------------------------------------- decisions (lifecycle 4)


@books(DecisionApproved)
def _award_approved(fact: DecisionApproved) -> Sequence[Booking]:
    """P14: the full award is promised, per proposal; the memo pair balances by itself."""
    return _entry(f"Toekenning {fact.ref}", f"9000.{fact.ref}", "9010", fact.award_cents)


@books(DecisionConditional)
def _award_conditional(fact: DecisionConditional) -> Sequence[Booking]:
    """P15: as P14; the money is set aside while conditions are being met."""
    return _entry(f"Voorwaardelijke toekenning {fact.ref}", f"9000.{fact.ref}", "9010", fact.award_cents)


@books(DecisionReopened)
def _award_reopened(fact: DecisionReopened) -> Sequence[Booking]:
    """P19: what was promised is free again; after a rejection nothing was promised."""
    return _freed(f"Toekenning {fact.ref} heropend", fact.ref, fact.award_cents)


@books(ProposalWithdrawn)
def _proposal_withdrawn(fact: ProposalWithdrawn) -> Sequence[Booking]:
    """P21: a proposal was taken back after money was set aside for it."""
    return _freed(f"Aanvraag {fact.ref} ingetrokken", fact.ref, fact.released_cents)


@books(ProposalLapsed)
def _proposal_lapsed(fact: ProposalLapsed) -> Sequence[Booking]:
    """P22: as P21; nobody acted in time."""
    return _freed(f"Aanvraag {fact.ref} vervallen", fact.ref, fact.released_cents)


# ------------------------------------------------------------------------------- capital and receipts (lifecycle 6, 9)


@books(ContributionCalled)
def _contribution_called(fact: ContributionCalled) -> Sequence[Booking]:
    """K1: the partner owes its part, which is capital of the fund from now on."""
    memo = f"Kapitaaloproep {fact.ref}{f', sleutel {fact.key}' if fact.key else ''}"
    return _entry(memo, f"1100.{fact.partner}", f"3000.{fact.partner}", fact.amount_cents)


@books(ReceiptRecorded)
def _receipt_recorded(fact: ReceiptRecorded) -> Sequence[Booking]:
    """R2: money is on the account, for a purpose not yet known."""
    return _entry(f"Ontvangst {fact.ref}", fact.account, "2300", fact.amount_cents, bank_line=fact.line_id)


@books(ReceiptReversed)
def _receipt_reversed(fact: ReceiptReversed) -> Sequence[Booking]:
    """R2: the bank took it back; the exact mirror of the receipt."""
    return _mirror(f"Ontvangst {fact.ref} door de bank teruggenomen", fact.seq)


@books(ContributionReceived)
def _contribution_received(fact: ContributionReceived) -> Sequence[Booking]:
    """K2: the partner owes so much less; what it paid too much the fund owes back."""
    postings = (
        debit("2300", fact.receipt_cents),
        *_some(credit, f"1100.{fact.partner}", fact.amount_cents),
        *_some(credit, f"2100.{fact.partner}", fact.surplus_cents),
    )
    memo = f"Bijdrage op oproep {fact.ref} ontvangen ({fact.receipt})"
    return [Booking(memo=memo, postings=postings, metadata={"rule": fact.rule})]


@books(ReceiptAllocated)
def _receipt_allocated(fact: ReceiptAllocated) -> Sequence[Booking]:
    """R3: costs and interest are income, the advance falls by what was repaid; the allowance above it is released."""
    postings = (
        debit("2300", fact.amount_cents),
        *_some(credit, f"1200.{fact.agreement}", fact.advance_cents),
        *_some(credit, "4400", fact.charges_cents),
        *_some(credit, f"2100.{fact.partner}", fact.surplus_cents),
    )
    return [
        Booking(memo=f"Terugbetaling {fact.agreement} ({fact.ref})", postings=postings, metadata={"rule": fact.rule}),
        *_allowance_released(fact.agreement, fact.allowance_released_cents),
    ]


@books(OverpaymentRefunded)
def _overpayment_refunded(fact: OverpaymentRefunded) -> Sequence[Booking]:
    """R7: what was paid too much is a payment that is due."""
    memo = f"Te veel ontvangen, terug te betalen ({fact.ref})"
    return _entry(memo, f"2100.{fact.payee}", f"2000.{fact.payee}", fact.amount_cents)


@books(OverpaymentMoved)
def _overpayment_moved(fact: OverpaymentMoved) -> Sequence[Booking]:
    """R7: with the partner's consent it pays a contribution."""
    memo = f"Te veel ontvangen, verrekend met oproep {fact.ref}"
    return _entry(memo, f"2100.{fact.partner}", f"1100.{fact.partner}", fact.amount_cents)


@books(ReceiptUnmatched)
def _receipt_unmatched(fact: ReceiptUnmatched) -> Sequence[Booking]:
    """A wrong match: the exact mirror of what it booked; what a reallocation moved since moves back."""
    made = [Booking(memo=fact.reason, reverses_seq=seq) for part in fact.undone for seq in part.seqs]
    for part in fact.undone:
        if part.reallocated_cents and part.agreement:
            postings = _between(part.agreement, {part.partner: part.reallocated_cents})
            made.append(Booking(memo=f"Herverdeling van {fact.ref} teruggenomen ({part.agreement})", postings=postings))
        made += _allowance_released(part.agreement or "", part.allowance_released_cents)
    return made


@books(ReceiptReallocated)
def _receipt_reallocated(fact: ReceiptReallocated) -> Sequence[Booking]:
    """R5: only the difference; often receipts pay other instalments and nothing moves between accounts."""
    made = []
    postings = _between(fact.ref, {move.partner: move.amount_cents for move in fact.moves})
    if postings:
        made.append(Booking(memo=f"Terugbetalingen {fact.ref} herverdeeld naar valutadatum", postings=postings))
    cents = fact.allowance_cents
    if cents > 0:
        made += _entry(f"Voorziening {fact.ref} na herverdeling", f"4100.{fact.ref}", f"1290.{fact.ref}", cents)
    return [*made, *_allowance_released(fact.ref, max(-cents, 0))]


def _between(agreement: str, surpluses: Mapping[str, int]) -> Sequence[Posting]:
    """Between the advance and what is owed back to payers: so much more surplus (below zero: less) for each."""
    advance = sum(surpluses.values())
    return (
        *_some(debit, f"1200.{agreement}", max(advance, 0)),
        *_some(credit, f"1200.{agreement}", max(-advance, 0)),
        *(leg for partner, cents in surpluses.items() for leg in _some(debit, f"2100.{partner}", max(-cents, 0))),
        *(leg for partner, cents in surpluses.items() for leg in _some(credit, f"2100.{partner}", max(cents, 0))),
    )


@books(CostCharged)
def _cost_charged(fact: CostCharged) -> Sequence[Booking]:
    """C2: the bank took its price, or gave some of it back."""
    legs = (debit, credit) if fact.amount_cents > 0 else (credit, debit)
    postings = (legs[0]("4500", abs(fact.amount_cents)), legs[1](fact.account, abs(fact.amount_cents)))
    return [Booking(memo=f"Bankkosten {fact.ref}", postings=postings)]


@books(DebitRecorded)
def _debit_recorded(fact: DebitRecorded) -> Sequence[Booking]:
    """C2: money left the account and is not explained yet."""
    memo = f"Onverklaarde afschrijving {fact.ref}"
    return _entry(memo, "1010", fact.account, fact.amount_cents, bank_line=fact.line_id)


@books(DebitReversed)
def _debit_reversed(fact: DebitReversed) -> Sequence[Booking]:
    """C2: the bank took it back, or it is a payment of the fund (D5); the exact mirror of the debit."""
    what = f"is de betaling van {fact.payment}" if fact.payment else "door de bank teruggenomen"
    return _mirror(f"Afschrijving {fact.ref} {what}", fact.seq)


@books(DebitExplained)
def _debit_explained(fact: DebitExplained) -> Sequence[Booking]:
    """C2: it was a cost of the fund."""
    return _entry(f"Afschrijving {fact.ref} verklaard als kosten", "4500", "1010", fact.amount_cents)


@books(IncomeRecorded)
def _income_recorded(fact: IncomeRecorded) -> Sequence[Booking]:
    """C3: what came in is the fund's own."""
    return _entry(f"Overige baten {fact.ref} ({fact.receipt})", "2300", "4400", fact.receipt_cents)


# ------------------------------------------------------------------------------------------- money out (lifecycle 5)


@books(AgreementAmended)
def _agreement_amended(fact: AgreementAmended) -> Sequence[Booking]:
    """A3: a rise is promised, a cut is free again."""
    memo = f"Overeenkomst {fact.ref} {'verhoogd' if fact.change_cents > 0 else 'verlaagd'}"
    return _change(memo, f"9000.{fact.proposal}", "9010", fact.change_cents)


@books(AgreementCompleted)
def _agreement_completed(fact: AgreementCompleted) -> Sequence[Booking]:
    """A5: what was not asked for is free again."""
    return _freed(f"Overeenkomst {fact.ref} afgerond, rest vrijgevallen", fact.proposal, fact.released_cents)


@books(AgreementTerminated)
def _agreement_terminated(fact: AgreementTerminated) -> Sequence[Booking]:
    """A6: as A5."""
    return _freed(f"Overeenkomst {fact.ref} beëindigd, rest vrijgevallen", fact.proposal, fact.released_cents)


@books(AgreementRefinanced)
def _agreement_refinanced(fact: AgreementRefinanced) -> Sequence[Booking]:
    """8: the advance is owed under the roll-out; what was set aside for it moves along. No cash, no commitment."""
    return [
        Booking(
            memo=f"Overeenkomst {fact.ref} geherfinancierd naar {fact.child}",
            postings=(
                debit(f"1200.{fact.child}", fact.amount_cents),
                credit(f"1200.{fact.ref}", fact.amount_cents),
                *_some(debit, f"1290.{fact.ref}", fact.allowance_cents),
                *_some(credit, f"1290.{fact.child}", fact.allowance_cents),
            ),
        )
    ]


@books(AllowanceAdjusted)
def _allowance_adjusted(fact: AllowanceAdjusted) -> Sequence[Booking]:
    """R9: one entry for each agreement whose allowance changed, so that its proof shows no other."""
    made: list[Booking] = []
    for line in fact.lines:
        memo, kind = f"Voorziening {line.agreement} {fact.ref}", "adjusting" if fact.adjusting else ""
        made += _change(memo, f"4100.{line.agreement}", f"1290.{line.agreement}", line.change_cents, kind=kind)
    return made


@books(DisbursementApproved)
def _disbursement_approved(fact: DisbursementApproved) -> Sequence[Booking]:
    """D3: the fund owes the payee; the repayable share is an advance, the rest a grant; the commitment falls."""
    return [
        Booking(
            memo=f"Uitbetaling {fact.ref} goedgekeurd ({fact.agreement})",
            postings=(
                *_some(debit, f"1200.{fact.agreement}", fact.repayable_cents),
                *_some(debit, f"4000.{fact.agreement}", fact.grant_cents),
                credit(f"2000.{fact.payee}", fact.amount_cents),
                debit("9010", fact.amount_cents),
                credit(f"9000.{fact.proposal}", fact.amount_cents),
            ),
        )
    ]


@books(PaymentSent)
def _payment_sent(fact: PaymentSent) -> Sequence[Booking]:
    """D4: what was payable is under way."""
    payees: dict[str, int] = {}
    for line in fact.lines:
        payees[line.payee] = payees.get(line.payee, 0) + line.amount_cents
    return [
        Booking(
            memo=f"Betaalbatch {fact.ref} verzonden",
            postings=(
                *(debit(f"2000.{payee}", cents) for payee, cents in payees.items()),
                credit("1010", fact.total_cents),
            ),
        )
    ]


@books(PaymentSettled)
def _payment_settled(fact: PaymentSettled) -> Sequence[Booking]:
    """D5: the bank paid."""
    return _entry(f"{fact.line.ref} betaald ({fact.ref})", "1010", "1000", fact.line.amount_cents)


@books(PaymentFailed)
def _payment_failed(fact: PaymentFailed) -> Sequence[Booking]:
    """D6: the bank did not pay; it is still owed."""
    memo = f"{fact.line.ref} niet uitgevoerd door de bank ({fact.ref})"
    return _entry(memo, "1010", f"2000.{fact.line.payee}", fact.line.amount_cents)


@books(PaymentFailureUndone)
def _payment_failure_undone(fact: PaymentFailureUndone) -> Sequence[Booking]:
    """D6: it had not failed; the exact mirror of the failure."""
    return _mirror(f"{fact.line.ref} toch door de bank uitgevoerd ({fact.ref})", fact.seq)


@books(DisbursementCancelled)
def _disbursement_cancelled(fact: DisbursementCancelled) -> Sequence[Booking]:
    """D7: the approval is undone, both pairs; after completion or termination only the first."""
    return [
        Booking(
            memo=f"Uitbetaling {fact.ref} geannuleerd ({fact.agreement})",
            postings=(
                debit(f"2000.{fact.payee}", fact.amount_cents),
                *_some(credit, f"1200.{fact.agreement}", fact.repayable_cents),
                *_some(credit, f"4000.{fact.agreement}", fact.grant_cents),
                *_some(debit, f"9000.{fact.proposal}", fact.commitment_cents),
                *_some(credit, "9010", fact.commitment_cents),
            ),
        ),
        *_allowance_released(fact.agreement, fact.allowance_released_cents),
    ]


def _allowance_released(agreement: str, cents: int) -> Sequence[Booking]:
    """Wherever an advance falls, the allowance above what is left of it is released."""
    return _entry(f"Vrijval voorziening {agreement}", f"1290.{agreement}", f"4100.{agreement}", cents) if cents else []


@books(DisbursementRefunded)
def _disbursement_refunded(fact: DisbursementRefunded) -> Sequence[Booking]:
    """D8: unspent money came back, divided as it went out; a refinanced advance falls where it is owed now."""
    held = fact.held_by or fact.agreement
    return [
        Booking(
            memo=f"Niet besteed deel van {fact.ref} terug ontvangen ({fact.agreement})",
            postings=(
                debit("2300", fact.amount_cents),
                *_some(credit, f"1200.{held}", fact.advance_cents),
                *_some(credit, f"4000.{fact.agreement}", fact.grant_cents),
                *_some(credit, f"4300.{fact.agreement}", fact.recovered_cents),
                *_some(credit, f"2100.{fact.payee}", fact.surplus_cents),
            ),
        ),
        *_allowance_released(held, fact.allowance_released_cents),
    ]


@books(PaymentReturned)
def _payment_returned(fact: PaymentReturned) -> Sequence[Booking]:
    """D10: the bank gave it back; the receipt is explained and the payee is owed again."""
    memo = f"{fact.line.ref} door de bank teruggestort ({fact.ref})"
    return _entry(memo, "2300", f"2000.{fact.line.payee}", fact.line.amount_cents)


_LOSS, _LOSSES = "Afboeking", {"learning": "Leerafboeking"}


@books(WriteoffPosted)
def _writeoff_posted(fact: WriteoffPosted) -> Sequence[Booking]:
    """W4: what went into learning, or was lost, in full; the allowance above what remains is released."""
    account = "4200" if fact.ground == "learning" else "4210"
    return [
        Booking(
            memo=f"{_LOSSES.get(fact.ground, _LOSS)} {fact.ref}",
            postings=(
                debit(f"{account}.{fact.agreement}", fact.amount_cents),
                credit(f"1200.{fact.agreement}", fact.amount_cents),
                *_some(debit, f"1290.{fact.agreement}", fact.allowance_released_cents),
                *_some(credit, f"4100.{fact.agreement}", fact.allowance_released_cents),
            ),
        )
    ]


@books(WriteoffReversed)
def _writeoff_reversed(fact: WriteoffReversed) -> Sequence[Booking]:
    """W5: the exact mirror; what was recovered meanwhile is a repayment."""
    memo = f"{_LOSSES.get(fact.ground, _LOSS)} {fact.ref} teruggenomen: {fact.reason}"
    mirror = _mirror(memo, fact.entry_seq)
    if not fact.recovered_cents:
        return mirror
    return [
        *mirror,
        Booking(
            memo=f"Ontvangsten op {fact.ref} tellen als terugbetaling",
            postings=(
                debit(f"4300.{fact.agreement}", fact.recovered_cents),
                credit(f"1200.{fact.agreement}", fact.recovered_cents),
                *_some(debit, f"1290.{fact.agreement}", fact.allowance_above_cents),
                *_some(credit, f"4100.{fact.agreement}", fact.allowance_above_cents),
            ),
        ),
    ]


@books(WriteoffRecovered)
def _writeoff_recovered(fact: WriteoffRecovered) -> Sequence[Booking]:
    """W6: money came in on what was written off; beyond that it is the payer's."""
    return [
        Booking(
            memo=f"Terugontvangen na afboeking {fact.ref}",
            postings=(
                debit("2300", fact.receipt_cents),
                *_some(credit, f"4300.{fact.agreement}", fact.amount_cents),
                *_some(credit, f"2100.{fact.payer}", fact.surplus_cents),
            ),
        )
    ]


# ----------------------------------------------------------------------------------------- costs (lifecycle 9)


@books(CostApproved)
def _cost_approved(fact: CostApproved) -> Sequence[Booking]:
    """C1: the fund spends it on itself and owes it to its supplier."""
    return _entry(f"Kosten {fact.ref} goedgekeurd", "4500", f"2000.{fact.payee}", fact.amount_cents)


@books(TransferSent)
def _transfer_sent(fact: TransferSent) -> Sequence[Booking]:
    """C4: it left the one account of the fund and is under way to the other."""
    memo = f"Overboeking {fact.ref} van {fact.from_account} verzonden"
    return _entry(memo, "1010", fact.from_account, fact.amount_cents)


@books(TransferSettled)
def _transfer_settled(fact: TransferSettled) -> Sequence[Booking]:
    """C4: it is on the other account."""
    return _entry(f"Overboeking {fact.ref} op {fact.to_account} ontvangen", fact.to_account, "1010", fact.amount_cents)


@books(TransferFailed)
def _transfer_failed(fact: TransferFailed) -> Sequence[Booking]:
    """C4 taken back: it stands where it came from."""
    return _entry(f"Overboeking {fact.ref} terug op {fact.from_account}", fact.from_account, "1010", fact.amount_cents)


@books(PayableCancelled)
def _payable_cancelled(fact: PayableCancelled) -> Sequence[Booking]:
    """D7 of whatever is owed beside disbursements: the exact mirror of what made it a debt."""
    return _mirror(fact.reason, fact.entry_seq)


# ------------------------------------------------------------------------------------------------ leaving (lifecycle 9)


@books(ExitSettled)
def _exit_settled(fact: ExitSettled) -> Sequence[Booking]:
    """K7: the partner's capital leaves; what it gets is owed to it, now and later; the rest stays with the others."""
    receivable, difference = fact.receivable_cents, fact.difference_cents
    postings = (
        *_some(debit, f"3000.{fact.ref}", fact.capital_cents),
        *_some(credit if receivable > 0 else debit, f"1100.{fact.ref}", abs(receivable)),
        *_some(credit, f"2200.{fact.ref}", fact.now_cents),
        *_some(credit, f"2210.{fact.ref}", fact.later_cents),
        *_some(credit if difference > 0 else debit, "3100", abs(difference)),
    )
    part = ", onbetwist deel" if fact.undisputed else ""
    return [Booking(memo=f"Uittredesom {fact.ref}{part}", postings=postings)] if postings else []


@books(ExitPaid)
def _exit_paid(fact: ExitPaid) -> Sequence[Booking]:
    """K8: what is due goes with the next batch."""
    memo = f"Uittredesom {fact.payee} te betalen ({fact.ref})"
    return _entry(memo, f"2200.{fact.payee}", f"2000.{fact.payee}", fact.amount_cents)


@books(ExitSetOff)
def _exit_set_off(fact: ExitSetOff) -> Sequence[Booking]:
    """K8: what is due repays the partner's own advance; the allowance above what is left of it is released."""
    memo = f"Uittredesom {fact.ref} verrekend met {fact.agreement}"
    return [
        *_entry(memo, f"2200.{fact.ref}", f"1200.{fact.agreement}", fact.amount_cents),
        *_allowance_released(fact.agreement, fact.allowance_released_cents),
    ]


@books(ExitPartDue)
def _exit_part_due(fact: ExitPartDue) -> Sequence[Booking]:
    """K9: a part of what comes later is due now; it falls back where the money was for something else."""
    memo = f"Deel uittredesom {fact.ref} opeisbaar ({fact.item})"
    return _change(memo, f"2210.{fact.ref}", f"2200.{fact.ref}", fact.amount_cents) if fact.amount_cents else []


@books(ExitClosedOut)
def _exit_closed_out(fact: ExitClosedOut) -> Sequence[Booking]:
    """K10: what still stands for the partner is due, the rest of its later part stays in the fund."""
    open_cents = fact.amount_cents + fact.released_cents
    if not open_cents:
        return []
    postings = (
        debit(f"2210.{fact.ref}", open_cents),
        *_some(credit, f"2200.{fact.ref}", fact.amount_cents),
        *_some(credit, "3100", fact.released_cents),
    )
    return [Booking(memo=f"Uittredesom {fact.ref} afgesloten", postings=postings)]


@books(YearClosed)
def _year_closed(fact: YearClosed) -> Sequence[Booking]:
    """C6: every account of income and costs to the accumulated result."""
    if not fact.legs:
        return []
    closed = [(credit if leg.amount_cents > 0 else debit)(leg.account, abs(leg.amount_cents)) for leg in fact.legs]
    result = [(credit if fact.result_cents > 0 else debit)("3100", abs(fact.result_cents))] if fact.result_cents else []
    return [Booking(memo=f"Jaarafsluiting {fact.ref}", kind="closing", postings=(*closed, *result))]


@books(PeriodReopened)
def _period_reopened(fact: PeriodReopened) -> Sequence[Booking]:
    """C6 taken back: the mirror of the closing entry."""
    if fact.entry_seq is None:
        return []
    return _mirror(f"Jaarafsluiting {fact.ref} teruggenomen: {fact.reason}", fact.entry_seq)


@books(EntryPosted)
def _entry_posted(fact: EntryPosted) -> Sequence[Booking]:
    """C5: as stated by two people, for what no other row books."""
    postings = tuple(
        (debit if leg.amount_cents > 0 else credit)(leg.account, abs(leg.amount_cents)) for leg in fact.legs
    )
    return [Booking(memo=fact.memo, kind="adjusting" if fact.adjusting else "", postings=postings)]


@books(EntryReversed)
def _entry_reversed(fact: EntryReversed) -> Sequence[Booking]:
    """C5: the exact mirror of an entry made by hand."""
    return _mirror(fact.reason, fact.entry_seq)
