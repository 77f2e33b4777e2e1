"""Accounts that may be paid: dated records that two people make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import ClassVar

from fund.events.base import Fact
from fund.language import N_


def _whose(partner: str, supplier: bool) -> tuple[str, ...]:
    """The life of the partner; a supplier is no partner and has none."""
    return () if supplier else (f"partner/{partner}",)


class PayeeRecorded(Fact, wire="payee.recorded", kind="payee"):
    """An account is known; nothing is paid to it yet.

    A partner's is recorded on request of one of its signatories, a supplier's on a document.
    """

    keeps: ClassVar[Mapping[str, str]] = {"file_sha256": N_("document with the account")}

    partner: str
    """The partner, or the short name under which the fund knows a supplier: the holder of the sub-account of 2000."""
    iban: str
    name: str
    """As the bank knows the holder; at most 70 letters in a payment."""
    from_on: date
    requested_by: str
    """The user id of the signatory who asked; empty for a supplier."""
    supplier: bool = False
    file_sha256: str = ""
    """The document on which a supplier's account was recorded."""

    def affected_streams(self) -> Iterable[str]:
        return _whose(self.partner, self.supplier)


class PayeeVerified(Fact, wire="payee.verified", kind="payee"):
    """A second person verified the account. It can be paid once it has cooled off; the one before is replaced.

    Args:
        cooling_off_days: Days between the verification and the first payment.
        replaces: The record that held until now; empty for the first.
    """

    partner: str
    cooling_off_days: int
    replaces: str = ""
    supplier: bool = False

    def affected_streams(self) -> Iterable[str]:
        return (*_whose(self.partner, self.supplier), *((f"payee/{self.replaces}",) if self.replaces else ()))
