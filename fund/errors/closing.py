"""Refusals of periods: locking, closing, reopening."""

from __future__ import annotations

from fund.errors import FaultyInput, RuleRefusal
from fund.language import N_


class PeriodNotOver(RuleRefusal):
    message = N_("{period} ends on {ends_on}; today is {today}")
    hint = N_("wait until the day after {ends_on}")


class DayToCome(RuleRefusal):
    """Nothing happens, or is booked, on a day that has not come: what is free to commit today would be wrong."""

    message = N_("{command} is not possible on {on}: today is {today}")
    hint = N_("give {today} or an earlier day")


class DayBeforeFund(RuleRefusal):
    """Nothing happens, or is booked, before the first day of the fund: no period would ever close it."""

    message = N_("{command} is not possible on {on}: the fund begins on {first}")
    hint = N_("give {first} or a later day")


class MonthsNotLocked(RuleRefusal):
    message = N_("{year} cannot be closed: {months} not locked yet")
    hint = N_("fund period lock {first}")


class YearOutOfOrder(RuleRefusal, codes={"state": "period"}):
    message = N_("{year} cannot be closed before {earlier}, which has entries and is {state}")
    hint = N_("fund period close {earlier}")


class YearClosedBefore(RuleRefusal):
    message = N_("{year} is closed already")
    hint = N_("fund period reopen {year} --reason TEXT")


class YearNotClosed(RuleRefusal):
    message = N_("{month} cannot be closed while {year} is not: the closing entry of the year is booked in it")
    hint = N_("fund period close {year}")


class AllowanceRunMissing(RuleRefusal):
    message = N_(
        "{year} cannot be closed: {outstanding_cents} is outstanding, and the allowance was last set on {last_on}, "
        "before {since}"
    )
    hint = N_("fund repayment allowance --on {ends_on}")


class UnidentifiedReceipts(RuleRefusal):
    message = N_("{year} cannot be closed: {unidentified_cents} is on account 2300 and nobody said why (--explanation)")
    hint = N_("fund bank unmatched")


class ExplanationForMonth(FaultyInput):
    message = N_("{period} is a month: only a year is closed with --explanation")
    hint = N_("fund period close {period}")


class FaultyPrices(FaultyInput):
    """The file with a price index cannot be read as one."""

    message = N_("{file}:{line}: {problem}")
    hint = N_("correct line {line}, then: fund statement position --help")


class UnknownFigure(FaultyInput):
    message = N_('"{name}" is no figure of the position')
    hint = N_("{suggestion}")


class YearBeforeTheFund(RuleRefusal):
    message = N_("no annual accounts of {year}: the fund began in {first_year}")
    hint = N_("fund statement annual {first_year}")


class YearToCome(RuleRefusal):
    message = N_("no annual accounts of {year}: today is {today}")
    hint = N_("fund statement annual {this_year}")


class NotByHand(RuleRefusal):
    message = N_("{account} is not booked by hand: its own commands keep it; entries by hand go on {allowed}")
    hint = N_("fund explain {account}")


class NotMadeByHand(RuleRefusal, codes={"kind": "event"}):
    message = N_("entry {seq} ({kind}) is taken back by the command that made it, not by hand")
    hint = N_("fund ledger entry {seq}")
