"""The chart of accounts: what an account is, on which side it stands, and how sub-accounts are named.

Owns the vocabulary only; which accounts exist is kept by the store.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from fund.errors.ledger import InvalidAccount
from fund.language import _

_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}(\.[A-Za-z0-9_-]{1,80})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


class AccountType(StrEnum):
    """What an account tells about; ``memo`` stands outside balance sheet and result."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"
    MEMO = "memo"


class Layer(StrEnum):
    """The two books in one: what is, and what has been promised. Every entry sums to zero within each."""

    ACTUAL = "actual"
    COMMITMENT = "commitment"


class Side(StrEnum):
    """The side on which an account normally stands."""

    DEBIT = "debit"
    CREDIT = "credit"


class AccountStatus(StrEnum):
    """Whether an account takes entries."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Account:
    """An account of one book. ``1200.A2026-003`` is a sub-account: main ``1200``, holder ``A2026-003``.

    The limits are on the account's own balance, debit positive, in cents; ``None`` where there is none.

    Attributes:
        limit_kinds: The kinds of entries that the limits bind; ``None``: all.
        valid_from: The first accounting day on which it takes entries; ``None``: there is none.
        valid_until: The last.
    """

    code: str
    name: str
    type: AccountType
    layer: Layer
    currency: str
    normal_side: Side
    min_balance_cents: int | None = None
    max_balance_cents: int | None = None
    status: AccountStatus = AccountStatus.OPEN
    limit_kinds: tuple[str, ...] | None = None
    valid_from: date | None = None
    valid_until: date | None = None

    @property
    def main(self) -> str:
        """The main code: what stands before the point."""
        return main_of(self.code)

    @property
    def holder(self) -> str | None:
        """Whose or which sub-account it is; ``None`` for a main account."""
        return self.code.partition(".")[2] or None

    @property
    def has_limit(self) -> bool:
        """Whether its balance has a minimum or a maximum."""
        return self.min_balance_cents is not None or self.max_balance_cents is not None

    @property
    def is_open(self) -> bool:
        """Whether it takes entries."""
        return self.status is AccountStatus.OPEN

    def takes(self, day: date) -> bool:
        """Whether it takes entries of this accounting day, as far as its days go."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


@dataclass(frozen=True, slots=True)
class AccountSet:
    """Accounts that keep a limit together: the sum of their balances, each counted with a sign.

    Balances are debit positive, so a debt counts with ``1`` to be taken off, as it stands on the credit side.

    Attributes:
        number: The how manieth set of the book; a later one of the same name takes its place.
        members: Main code to ``1`` or ``-1``; sub-accounts count with their main.
        kinds: The kinds of entries that it binds; ``None``: all.
        valid_from: The first accounting day of the entries that it binds; ``None``: there is none.
        valid_until: The last.
        head_seq: The last entry when it was made.
    """

    number: int
    name: str
    members: Mapping[str, int]
    min_balance_cents: int | None = None
    max_balance_cents: int | None = None
    kinds: tuple[str, ...] | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    head_seq: int = 0

    def binds(self, day: date, kind: str) -> bool:
        """Whether it speaks of entries of this day and kind."""
        return self.covers(day) and (self.kinds is None or kind in self.kinds)

    def covers(self, day: date) -> bool:
        """Whether it is in force for entries of this day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


def main_of(code: str) -> str:
    """The main code of ``code``: ``3000`` of ``3000.gm0344``."""
    return code.partition(".")[0]


def layer_of(type: AccountType) -> Layer:
    """The layer in which accounts of this type live."""
    return Layer.COMMITMENT if type is AccountType.MEMO else Layer.ACTUAL


def side_of(type: AccountType) -> Side:
    """The side on which accounts of this type normally stand."""
    return Side.DEBIT if type in (AccountType.ASSET, AccountType.EXPENSE, AccountType.MEMO) else Side.CREDIT


def check_code(code: str) -> str:
    """``code`` when it can name an account.

    Raises:
        InvalidAccount: Other characters than letters, digits, ``_`` and ``-``, or more than one point.
    """
    if not isinstance(code, str) or _CODE.fullmatch(code) is None:
        raise InvalidAccount(account=code, reason=_("its code has letters, digits, - and _, and at most one point"))
    return code


def check_currency(currency: str) -> str:
    """``currency`` when it is a code of three capitals.

    Raises:
        InvalidAccount: It is not.
    """
    if not isinstance(currency, str) or _CURRENCY.fullmatch(currency) is None:
        raise InvalidAccount(account=currency, reason=_("a currency is three capitals, like EUR"))
    return currency
