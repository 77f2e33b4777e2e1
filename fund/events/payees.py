"""Accounts that may be paid: dated records that two people make (C7)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import ClassVar

from fund.events.base import Fact

__all__ = ["PayeeRecorded", "PayeeVerified"]


class PayeeRecorded(Fact):
    """A partner's account is known, on request of one of its signatories; nothing is paid to it yet."""

    wire: ClassVar[str] = "payee.recorded"
    kind: ClassVar[str] = "payee"

    partner: str
    iban: str
    name: str
    """As the bank knows the holder; at most 70 letters in a payment."""
    from_on: date
    requested_by: str
    """The user id of the signatory who asked."""

    def touches(self) -> Iterable[str]:
        return (f"partner/{self.partner}",)


class PayeeVerified(Fact):
    """A second person verified the account. It can be paid once it has cooled off; the one before is replaced.

    Args:
        cooling_off_days: Days between the verification and the first payment.
        replaces: The record that held until now; empty for the first.
    """

    wire: ClassVar[str] = "payee.verified"
    kind: ClassVar[str] = "payee"

    partner: str
    cooling_off_days: int
    replaces: str = ""

    def touches(self) -> Iterable[str]:
        return (f"partner/{self.partner}", *((f"payee/{self.replaces}",) if self.replaces else ()))
