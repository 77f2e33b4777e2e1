"""Refusals of amounts and days."""

from __future__ import annotations

from fund.errors import FaultyInput, WrongUsage
from fund.language import N_


class InvalidAmount(WrongUsage):
    """The text is not an amount in euros with at most two decimals."""

    message = N_('"{text}" is not an amount: {reason}')
    hint = N_("write 1234.56, 1234,56 or 1234, with or without € or EUR before it; thousands as in 1.234,56")


class AmountTooLarge(FaultyInput):
    """The amount does not fit in 64 bits of cents."""

    message = N_("{value} cents do not fit: the largest amount is {limit} cents")
    hint = N_("count the digits: 1234.56 is one thousand two hundred and thirty-four euros")


class NotIntegerCents(FaultyInput):
    """An amount of money was given as something else than a whole number of cents."""

    message = N_("{value} is no whole number of cents (it is of type {type})")


class InvalidDay(WrongUsage):
    """The text is not a day."""

    message = N_('"{text}" is not a day: {reason}')
    hint = N_("write 2026-03-31, 31-03-2026 or 31 March 2026")


class InvalidMonth(WrongUsage):
    """The text is neither a month nor, where a year may stand, a year."""

    message = N_('"{text}" is not a month')
    hint = N_("write 2027-03, 03-2027 or March 2027")
