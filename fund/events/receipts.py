"""What the bank says happened, and what it was for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import ClassVar

from fund.events.base import Fact, Value
from fund.events.values import AllocatedPart, ProposedMatch


class BankAccountRegistered(Fact, wire="bank_account.registered", kind="bank_account"):
    """An account at a bank is the fund's own, kept on 1000 or 1005."""

    account: str
    from_on: date
    cooling_off_days: int = 0
    """Days between its registration and the first transfer to it."""


class BankStatementImported(Fact, wire="bank_statement.imported", kind="bank_statement"):
    """A statement of the bank was taken in whole. ``ref`` is IBAN and the bank's name of the statement.

    Attributes:
        lines: How many it has; ``lines_known`` of them were known from another document.
        first_on, last_on: The days on which its lines are booked.
        traces: By entry, how its lines are known again in another document.
    """

    affects: ClassVar[tuple[str, ...]] = ("bank_account/iban",)

    iban: str
    statement_id: str
    sequence_number: int | None
    opening_cents: int
    closing_cents: int
    opened_on: date
    closed_on: date
    lines: int
    file: str
    file_sha256: str
    content_sha256: str
    lines_known: int = 0
    first_on: date | None = None
    last_on: date | None = None
    traces: tuple[str, ...] = ()


class BankNotificationImported(Fact, wire="bank_notification.imported", kind="bank_notification"):
    """The bank told of movements before their statement (camt.054), or beside it. It has no balances.

    Attributes: As those of a statement.
    """

    affects: ClassVar[tuple[str, ...]] = ("bank_account/iban",)

    iban: str
    notification_id: str
    sequence_number: int | None
    lines: int
    lines_known: int = 0
    first_on: date
    last_on: date
    file: str
    file_sha256: str
    content_sha256: str
    traces: tuple[str, ...] = ()


class ReceiptRecorded(Fact, wire="receipt.recorded", kind="receipt"):
    """Money came in, for a purpose not yet known. ``amount_cents`` is what the payer paid."""

    line_id: str
    statement: str
    account: str
    amount_cents: int
    booked_on: date
    valued_on: date
    payer_iban: str = ""
    end_to_end_id: str = ""
    reference: str = ""
    text: str = ""
    code: str = ""
    return_reason: str = ""
    reversal: bool = False
    """Whether the bank says that it takes a debit back."""
    bank_reference: str = ""
    """The bank's own name of the movement."""
    source: str = "bank_statement"
    """What ``statement`` is: ``bank_statement`` or ``bank_notification``."""

    def affected_streams(self) -> Iterable[str]:
        return (f"{self.source}/{self.statement}",)


class ReceiptReversed(Fact, wire="receipt.reversed", kind="receipt"):
    """The bank took a credit back (``RvslInd``): what it was set against was undone before, and it waits no more.

    ``line_id`` is the line that takes it back, ``seq`` the entry that it mirrors, ``amount_cents`` all of the receipt.
    """

    account: str
    amount_cents: int
    reversed_on: date
    line_id: str
    seq: int


class ReceiptMatchProposed(Fact, wire="receipt.match_proposed", kind="receipt"):
    """The evidence does not decide what a receipt is for: a treasurer has to say."""

    candidates: tuple[ProposedMatch, ...]


class ReceiptAllocated(Fact, wire="receipt.allocated", kind="receipt"):
    """A repayment is set against the advance it repays, oldest instalment first.

    Attributes:
        amount_cents: What of the receipt is used: advance, charges and surplus.
        advance_cents: What is outstanding less. surplus_cents: What was paid above what is outstanding.
        allowance_released_cents: The allowance above what remains outstanding.
        partner: Who paid: the lead of the agreement.
        valued_on: The bank's value date: the day on which the payer paid. ``None`` where a fact does not say it.
        instalment: The one that the payer named, by number.
        charges_cents: What pays costs and interest (4:92). charges: The same by claim, by its number in the agreement.
    """

    affects: ClassVar[tuple[str, ...]] = ("agreement/agreement", "plan/agreement", "proposal/proposal")

    agreement: str
    proposal: str
    partner: str
    rule: str
    amount_cents: int
    advance_cents: int
    surplus_cents: int = 0
    allowance_released_cents: int = 0
    parts: tuple[AllocatedPart, ...] = ()
    valued_on: date | None = None
    instalment: int | None = None
    charges_cents: int = 0
    charges: tuple[AllocatedPart, ...] = ()


class Reallocated(Value):
    """One allocation as it stood and as it stands now; ``event_id`` is the fact that made it."""

    receipt: str
    event_id: str
    valued_on: date
    before: tuple[AllocatedPart, ...]
    after: tuple[AllocatedPart, ...]
    early_cents: int = 0
    """What of it counts as an announced early payment now."""

    @property
    def change_cents(self) -> int:
        """So much more of it lowers the advance now; what is below zero was moved to the surplus."""
        return sum(part.amount_cents for part in self.after) - sum(part.amount_cents for part in self.before)


class SurplusMove(Value):
    """So much more (below zero: less) is owed back to a payer."""

    partner: str
    amount_cents: int


class ReceiptReallocated(Fact, wire="receipt.reallocated", kind="plan"):
    """The receipts of an agreement count as if they had been allocated in the order of their value dates.

    Only the difference is booked, on the day it is found: closed periods stay as they are.

    Attributes:
        from_on: The value date from which on it was done anew.
        allocations: Those that differ. moves: What is owed back more or less, by payer; their sum is outstanding more.
        allowance_cents: So much more is expected to be lost (below zero: less), as something else was outstanding.
    """

    proposal: str
    from_on: date
    whole: bool = True
    """Whether every receipt was looked at; else those of one day only."""
    allocations: tuple[Reallocated, ...]
    moves: tuple[SurplusMove, ...] = ()
    allowance_cents: int = 0

    @property
    def advance_cents(self) -> int:
        """So much more is outstanding; below zero less."""
        return sum(move.amount_cents for move in self.moves)

    def affected_streams(self) -> Iterable[str]:
        yield f"agreement/{self.ref}"
        yield f"proposal/{self.proposal}"
        for receipt in dict.fromkeys(each.receipt for each in self.allocations):
            yield f"receipt/{receipt}"


class Undone(Value):
    """One use of a receipt that is taken back, with the entries that its mirrors name.

    Where the use was reallocated since, ``reallocated_cents`` of it moved from surplus to advance (below zero: the
    other way), and moves back to where the mirrors find it; ``allowance_released_cents`` is above what is left then.
    """

    seqs: tuple[int, ...]
    event_id: str
    call: str | None = None
    agreement: str | None = None
    proposal: str | None = None
    amount_cents: int
    """What the call or the plan gets open again."""
    receipt_cents: int
    """What waits on 2300 again."""
    parts: tuple[AllocatedPart, ...] = ()
    partner: str = ""
    """To whom its surplus is owed."""
    reallocated_cents: int = 0
    allowance_released_cents: int = 0


class ReceiptUnmatched(Fact, wire="receipt.unmatched", kind="receipt"):
    """A match was wrong: its entries are mirrored, and the receipt waits again."""

    reason: str
    undone: tuple[Undone, ...]

    def affected_streams(self) -> Iterable[str]:
        for part in self.undone:
            if part.call:
                yield f"call/{part.call}"
            if part.agreement:
                yield f"agreement/{part.agreement}"
                yield f"plan/{part.agreement}"
            if part.proposal:
                yield f"proposal/{part.proposal}"


class CostCharged(Fact, wire="cost.charged", kind="cost"):
    """The bank took its price; a negative amount is a price it gave back."""

    account: str
    amount_cents: int
    charged_on: date
    line_id: str = ""
    text: str = ""


class DebitRecorded(Fact, wire="debit.recorded", kind="debit"):
    """Money left the bank and nobody knows yet why: it stands with what is under way until it is explained."""

    account: str
    amount_cents: int
    debited_on: date
    line_id: str
    payee_iban: str = ""
    end_to_end_id: str = ""
    text: str = ""
    code: str = ""
    reversal: bool = False
    """Whether the bank says that it takes a credit back, and nobody knows which."""
    bank_reference: str = ""
    payment_information_id: str = ""
    """The payment file that the bank names, where it shows a batch as one debit."""


class DebitReversed(Fact, wire="debit.reversed", kind="debit"):
    """The bank took an unexplained debit back (``RvslInd``): the money is where it was.

    Args:
        payment: What it paid, or the batch, where it turns out to be money of the fund on its way: booked as that.
    """

    account: str
    amount_cents: int
    reversed_on: date
    line_id: str
    seq: int
    payment: str = ""


class DebitExplained(Fact, wire="debit.explained", kind="debit"):
    """An unexplained debit turns out to be a cost of the fund."""

    amount_cents: int
    reason: str


class IncomeRecorded(Fact, wire="income.recorded", kind="income"):
    """A receipt is income of the fund: interest or something else that nobody has to give back."""

    affects: ClassVar[tuple[str, ...]] = ("receipt/receipt",)

    receipt: str
    receipt_cents: int
    reason: str
