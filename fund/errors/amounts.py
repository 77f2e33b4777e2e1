"""Refusals of amounts and days."""

from __future__ import annotations

from fund.errors import FaultyInput, WrongUsage
from fund.language import N_


class InvalidAmount(WrongUsage):
    message = N_('"{text}" is not an amount: {reason}')
    hint = N_("write 1234.56, 1234,56 or 1234, with or without € or EUR before it; thousands as in 1.234,56")


class AmountTooLarge(FaultyInput):
    message = N_("{value} cents do not fit: the largest amount is {limit} cents")
    hint = N_("count the digits: 1234.56 is one thousand two hundred and thirty-four euros")


class NotIntegerCents(FaultyInput):
    message = N_("{value} is no whole number of cents (it is of type {type})")


class InvalidDay(WrongUsage):
    message = N_('"{text}" is not a day: {reason}')
    hint = N_("write 2026-03-31, 31-03-2026 or 31 March 2026")


class InvalidMonth(WrongUsage):
    message = N_('"{text}" is not a month')
    hint = N_("write 2027-03, 03-2027 or March 2027")
