"""What the fund owes beside disbursements, as a case."""

from __future__ import annotations

from datetime import date

from fund.schemas.base import CaseColumns, CaseFile


class Payable(CaseFile, kind="payable"):
    """An amount owed: an invoice (C1), an overpayment (R7), a settlement (K8). ``state``: as in its table.

    Attributes:
        ground: ``cost``, ``overpayment`` or ``settlement``: which fact began it.
        payee: The holder of the sub-account of 2000.
        iban_payee_ref: The verified account that it goes to.
        parties: Partners whose people may not approve or send it.
        creditor_reference: The payee's own RF reference, when it gave one.
        hands: User ids that approved it (G7 c).
        event_id: The fact that began it: its entry is the one that a cancellation mirrors.
        streams: The other lives that this fact belongs to.
        attempts: How often it was put in a batch that was sent.
        batch: The batch it stands in now; empty before, and after it failed or came back.
        to_verify: The bank gave it back: its account is to be verified again before it is paid.
    """

    ground: str
    payee: str
    iban_payee_ref: str
    amount_cents: int
    parties: tuple[str, ...] = ()
    text: str = ""
    creditor_reference: str = ""
    hands: tuple[str, ...] = ()
    event_id: str = ""
    streams: tuple[str, ...] = ()
    batch: str = ""
    attempts: int = 0
    to_verify: bool = False
    bank_reason: str = ""
    approved_on: date
    paid_on: date | None = None
    due_on: date | None = None

    def columns(self) -> CaseColumns:
        return CaseColumns(
            parent=self.ground,
            partner=self.payee,
            lookup=self.batch or None,
            amount_cents=self.amount_cents,
            due_on=self.due_on,
            title=self.text or None,
        )
