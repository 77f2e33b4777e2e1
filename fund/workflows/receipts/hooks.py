"""What other trades say about a bank line: four tables they put their functions in.

Payments and transfers know their references, and stand above the receipts; so they register here what they recognise.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from fund.bank import BankLine
from fund.events import Envelope
from fund.schemas.capital import Debit, Receipt
from fund.unit_of_work import UnitOfWork

__all__ = [
    "ARRIVALS", "EXPLAINERS", "SETTLERS", "TAKERS", "Explainer", "Settler", "Taker", "arrives", "explains", "settles",
    "takes_back",
]  # fmt: skip

Settler = Callable[[UnitOfWork, BankLine, str, date, Envelope], bool]
"""``(uow, line, account, on, cause)``: whether a line was explained whole."""
Taker = Callable[[UnitOfWork, BankLine, Receipt, date, Envelope], bool]
"""``(uow, line, receipt, on, cause)``: whether a credit line is a payment of the fund that came back."""
Explainer = Callable[[UnitOfWork, Debit, date, Envelope], bool]
"""``(uow, debit, on, cause)``: whether a debit that waited is explained by what is known now."""

SETTLERS: list[Settler] = []
ARRIVALS: list[Settler] = []
TAKERS: list[Taker] = []
EXPLAINERS: list[Explainer] = []


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


def explains(function: Explainer) -> Explainer:
    """Ask ``function`` at each import about every debit that nobody has explained yet."""
    EXPLAINERS.append(function)
    return function
