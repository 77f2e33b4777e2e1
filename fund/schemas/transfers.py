"""Money that moves between the fund's own accounts, as a case."""

from __future__ import annotations

from datetime import date

from fund.schemas.base import CaseColumns, CaseFile


class Transfer(CaseFile, kind="transfer"):
    """A transfer between two accounts of the fund (C4). ``ref``: ``V2026-0001``.

    Args:
        state: sent (it left the one), arrived (it was seen on the other first), settled (both), failed (it came back).
        from_iban, to_iban: The accounts; ``from_account`` and ``to_account`` say where they are kept (1000, 1005).
        debit_line, credit_line: The lines of bank statements that show its two sides, as far as they came in.
        returned_line: The line by which the bank gave it back.
        swept: The bank made it by itself.
    """

    from_iban: str
    to_iban: str
    from_account: str
    to_account: str
    amount_cents: int
    sent_on: date | None = None
    settled_on: date | None = None
    debit_line: str = ""
    credit_line: str = ""
    returned_line: str = ""
    swept: bool = False
    reason: str = ""

    def columns(self) -> CaseColumns:
        return CaseColumns(amount_cents=self.amount_cents, due_on=self.sent_on or self.settled_on)
