"""What other trades say about a bank line: three tables they put their functions in.

Payments and transfers know their references, and stand above the receipts; so they register here what they recognise.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from fund.bank import BankLine
from fund.events import Envelope
from fund.schemas.capital import Receipt
from fund.unit_of_work import UnitOfWork

__all__ = ["ARRIVALS", "SETTLERS", "TAKERS", "Settler", "Taker", "arrives", "settles", "takes_back"]

Settler = Callable[[UnitOfWork, BankLine, str, date, Envelope], bool]
"""``(uow, line, account, on, cause)``: whether a line was explained whole."""
Taker = Callable[[UnitOfWork, BankLine, Receipt, date, Envelope], bool]
"""``(uow, line, receipt, on, cause)``: whether a credit line is a payment of the fund that came back."""

SETTLERS: list[Settler] = []
ARRIVALS: list[Settler] = []
TAKERS: list[Taker] = []


def settles(function: Settler) -> Settler:
    """Ask ``function`` about every debit line, in order of registration, before it counts as unexplained."""
    SETTLERS.append(function)
    return function


def arrives(function: Settler) -> Settler:
    """Ask ``function`` about every credit line before it counts as a receipt: whether it is money of our own."""
    ARRIVALS.append(function)
    return function


def takes_back(function: Taker) -> Taker:
    """Ask ``function`` about every credit line that may be a payment of the fund that came back."""
    TAKERS.append(function)
    return function
