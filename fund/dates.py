"""Accounting days, months, terms and deadlines.

A day is a day in Amsterdam and ends where the next begins, also when the clock changes that night. Instants are
timezone-aware and in UTC; the database keeps them as microseconds since 1970. :func:`now` is the one place that reads
the machine's clock; whoever wants the fund's time asks its database (``WorkStore.clock``).
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from fund.errors.amounts import InvalidDay, InvalidMonth
from fund.language import N_, _

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
EARLIEST = date(1900, 1, 1)
LATEST = date(2999, 12, 31)
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_DAY_FIRST = re.compile(r"([0-9]{1,2})-([0-9]{1,2})-([0-9]{4})")
_IN_WORDS = re.compile(r"([0-9]{1,2})[ -]([a-z]+)\.?[ -]([0-9]{4})")
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_MONTH_FIRST = re.compile(r"(0?[1-9]|1[0-2])-([0-9]{4})")
_MONTH_IN_WORDS = re.compile(r"([a-z]+)\.?[ -]([0-9]{4})")
_YEAR = re.compile(r"[0-9]{4}")
_MONTHS = (
    ("januari", "january", "jan"),
    ("februari", "february", "feb"),
    ("maart", "march", "mrt", "mar"),
    ("april", "apr"),
    ("mei", "may"),
    ("juni", "june", "jun"),
    ("juli", "july", "jul"),
    ("augustus", "august", "aug"),
    ("september", "sept", "sep"),
    ("oktober", "october", "okt", "oct"),
    ("november", "nov"),
    ("december", "dec"),
)
"""The months in Dutch and English, with how they are cut short."""
_NUMBERS = {word: number for number, words in enumerate(_MONTHS, start=1) for word in words}


def now() -> datetime:
    """What the clock of this machine says, in UTC.

    It is called as ``dates.now()``, so that one fixture of the tests can let it stand still.
    """
    return datetime.now(UTC)  # noqa: TID251 - here and nowhere else


# -------------------------------------------------------------------------------------------------- what was written


def parse_day(text: str) -> date:
    """The day that ``text`` says: ``2026-03-31``, ``31-3-2026``, ``31 maart 2026``, ``31 Mar 2026``.

    Numbers that begin with the day are day, month, year, as Dutch has them: ``01-02-2028`` is the first of February.

    Raises:
        InvalidDay: Another form, a day that no calendar has, or one outside 1900-2999. The reason names which.
    """
    said = _single_spaced(text)
    if match := _DAY.fullmatch(said):
        year, month, number = (int(part) for part in match.groups())
    elif match := _DAY_FIRST.fullmatch(said):
        number, month, year = (int(part) for part in match.groups())
    elif (match := _IN_WORDS.fullmatch(said.lower())) and match[2] in _NUMBERS:
        number, month, year = int(match[1]), _NUMBERS[match[2]], int(match[3])
    else:
        raise InvalidDay(text=text, reason=_(_why_no_day(said)))
    if not EARLIEST.year <= year <= LATEST.year:
        reason = _("the year must lie between {first} and {last}")
        raise InvalidDay(text=text, reason=reason.format(first=EARLIEST.year, last=LATEST.year))
    if not 1 <= month <= 12:
        raise InvalidDay(text=text, reason=_("there is no month {number}").format(number=month))
    days = monthrange(year, month)[1]
    if not 1 <= number <= days:
        reason = _("that month has {days} days")
        raise InvalidDay(text=text, reason=reason.format(days=days))
    return date(year, month, number)


def _single_spaced(text: str) -> str:
    """``text`` with one plain space where it has blanks; what is cut and pasted has others."""
    return re.sub(r"[ \u00a0\u202f]+", " ", text).strip(" ")


def _why_no_day(text: str) -> str:
    if not text:
        return N_("it is empty")
    if re.fullmatch(r"[0-9]{1,4}[/.][0-9]{1,2}[/.][0-9]{1,4}", text):
        return N_("slashes and points leave open which number is the day")
    if re.fullmatch(r"[0-9]{1,2}[ -][0-9A-Za-z]+\.?[ -][0-9]{2}", text):
        return N_("the year has four digits")
    if _IN_WORDS.fullmatch(text.lower()):
        return N_("it names no month")
    return N_("it is written in another way")


def parse_month(text: str) -> str:
    """The month that ``text`` says: ``2027-03``, ``03-2027``, ``maart 2027``; months are kept as ``2027-03``.

    Raises:
        InvalidMonth: Another form, or no month of the calendar.
    """
    said = _single_spaced(text)
    if match := _MONTH.fullmatch(said):
        year, month = int(match[1]), int(match[2])
    elif match := _MONTH_FIRST.fullmatch(said):
        year, month = int(match[2]), int(match[1])
    elif (match := _MONTH_IN_WORDS.fullmatch(said.lower())) and match[1] in _NUMBERS:
        year, month = int(match[2]), _NUMBERS[match[1]]
    else:
        raise InvalidMonth(text=text)
    if not EARLIEST.year <= year <= LATEST.year:
        raise InvalidMonth(text=text)
    return f"{year:04d}-{month:02d}"


def parse_period(text: str) -> str:
    """A month (``2027-03``) or a year (``2027``), as text.

    Raises:
        InvalidMonth: Neither.
    """
    if _YEAR.fullmatch(text) and EARLIEST.year <= int(text) <= LATEST.year:
        return text
    return parse_month(text)


# ----------------------------------------------------------------------------------------------------------- months


def month_of(day: date) -> str:
    """The month a day lies in: ``2027-03``."""
    return f"{day.year:04d}-{day.month:02d}"


def first_day(period: str) -> date:
    """The first day of a month (``2027-03``) or a year (``2027``)."""
    return date(int(period[:4]), int(period[5:7] or 1), 1)


def last_day(period: str) -> date:
    """The last day of a month (``2027-03``) or a year (``2027``)."""
    year, month = int(period[:4]), int(period[5:7] or 12)
    return date(year, month, monthrange(year, month)[1])


def next_month(month: str) -> str:
    """The month after ``month``."""
    return month_of(last_day(month) + timedelta(days=1))


def months_between(first: str, last: str) -> tuple[str, ...]:
    """Every month from ``first`` to ``last``, both included, in order."""
    months = []
    while first <= last:
        months.append(first)
        first = next_month(first)
    return tuple(months)


def add_months(day: date, months: int) -> date:
    """The same day so many months later (or earlier); the last of the month where that month is shorter."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


# ---------------------------------------------------------------------------------------------------------- instants


def day_of(instant: datetime) -> date:
    """The day it is in Amsterdam at ``instant``."""
    return instant.astimezone(AMSTERDAM).date()


def start_of_day(day: date) -> datetime:
    """The instant, in UTC, at which ``day`` begins in Amsterdam."""
    return datetime.combine(day, time.min, AMSTERDAM).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The instant, in UTC, at which ``day`` ends: where the next begins. Before it is in time, at it is too late."""
    return start_of_day(day + timedelta(days=1))


# ---------------------------------------------------------------------------------- working days, statutory holidays


@lru_cache(maxsize=512)
def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar."""
    golden, century = year % 19, year // 100
    solar = century - century // 4 - (8 * century + 13) // 25
    epact = (solar + 19 * golden + 15) % 30
    moon = epact - (epact // 28) * (1 - (29 // (epact + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    offset = moon - weekday
    month = 3 + (offset + 40) // 44
    return date(year, month, offset + 28 - 31 * (month // 4))


@lru_cache(maxsize=512)
def holidays(year: int) -> frozenset[date]:
    """The recognised holidays of a year: New Year, Good Friday, Easter Monday, King's Day, 5 May, Ascension, Whit
    Monday, both Christmas days.

    Source: Algemene termijnenwet, article 3. King's Day is 27 April, or the Saturday before when that is a Sunday.
    """
    sunday = easter(year)
    kings_day = date(year, 4, 27)
    if kings_day.weekday() == 6:
        kings_day = date(year, 4, 26)
    fixed = (date(year, 1, 1), kings_day, date(year, 5, 5), date(year, 12, 25), date(year, 12, 26))
    return frozenset((*fixed, *(sunday + timedelta(days=days) for days in (-2, 1, 39, 50))))


def is_working_day(day: date) -> bool:
    """Whether ``day`` is no Saturday, no Sunday and no recognised holiday."""
    return day.weekday() < 5 and day not in holidays(day.year)


def next_working_day(day: date) -> date:
    """``day`` itself if it is a working day, else the first one after it."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def working_days(after: date, until: date) -> int:
    """How many working days lie after ``after``, up to and including ``until``."""
    return sum(is_working_day(after + timedelta(days=number)) for number in range(1, (until - after).days + 1))


# ------------------------------------------------------------------------------------------------ terms and deadlines


class Unit(StrEnum):
    """In what a term is counted."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


@dataclass(frozen=True, slots=True)
class Term:
    """So many days, weeks, months or years.

    Args:
        statutory: Whether the term is one of the law, so that it never ends in a weekend or on a holiday; a term of an
            agreement or of the regulations ends where it ends.
    """

    count: int
    unit: Unit = Unit.DAYS
    statutory: bool = False

    @property
    def may_move(self) -> bool:
        """Whether the Algemene termijnenwet extends it: statutory, and not too long for that law (article 4)."""
        longest = {Unit.DAYS: 90, Unit.WEEKS: 12, Unit.MONTHS: 3, Unit.YEARS: 0}
        return self.statutory and self.count <= longest[self.unit]

    def unmoved_end(self, start: date) -> date:
        """The last day of the term that starts on the day after ``start``, before any extension."""
        match self.unit:
            case Unit.DAYS:
                return start + timedelta(days=self.count)
            case Unit.WEEKS:
                return start + timedelta(weeks=self.count)
            case Unit.MONTHS:
                return add_months(start, self.count)
            case Unit.YEARS:
                return add_months(start, 12 * self.count)


def weeks(count: int) -> Term:
    """A statutory term of so many weeks: the form in which the Awb gives most of its terms."""
    return Term(count, Unit.WEEKS, statutory=True)


def term_end(start: date, term: Term) -> date:
    """The last day of ``term``; the day after ``start`` is its first.

    A statutory term that ends on a Saturday, a Sunday or a recognised holiday runs to the next day that is none of
    these; one of at least three days holds at least two working days; terms beyond 90 days, 12 weeks or 3 months, and
    terms in years, are not moved.

    Source: Algemene termijnenwet, articles 1 (first paragraph), 2 and 4.
    """
    end = term.unmoved_end(start)
    if not term.may_move:
        return end
    end = next_working_day(end)
    if (term.unmoved_end(start) - start).days >= 3:
        while working_days(start, end) < 2:
            end = next_working_day(end + timedelta(days=1))
    return end


def deadline(start: date, term: Term) -> datetime:
    """The instant, in UTC, at which ``term`` is over: the end of its last day in Amsterdam."""
    return end_of_day(term_end(start, term))


def quarter_of(day: date) -> str:
    """The quarter a day lies in: ``2026-Q3``."""
    return f"{day.year:04d}-Q{(day.month + 2) // 3}"
