"""Days, months, terms of the law and the instants at which they end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from dateutil.easter import easter as easter_of_dateutil
from hypothesis import given
from hypothesis import strategies as st

from fund import dates, language
from fund.dates import Term, Unit
from fund.errors.amounts import InvalidDay, InvalidMonth

DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 12, 31))


@pytest.mark.parametrize(
    "text",
    [
        *("2026-03-31", "31-03-2026", "31-3-2026", "31 maart 2026", "31 March 2026", "31 mrt 2026", "31 mrt. 2026"),
        *("31 mar 2026", "31-mrt-2026", "31 MAART 2026", " 31\u00a0maart  2026 "),
    ],
)
def test_a_day_is_read_as_people_write_it(text: str) -> None:
    assert dates.parse_day(text) == date(2026, 3, 31)


def test_numbers_that_begin_with_the_day_are_day_and_month_as_in_dutch() -> None:
    assert dates.parse_day("01-02-2028") == date(2028, 2, 1)


@given(DAYS)
def test_a_day_is_taken_as_it_is_printed_in_either_language(day: date) -> None:
    for name in language.LANGUAGES:
        language.choose(name)
        assert dates.parse_day(language.day(day)) == day
    assert dates.parse_day(day.isoformat()) == dates.parse_day(f"{day:%d-%m-%Y}") == day


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        ("1/2/28", "slashes and points leave open which number is the day"),
        ("31/12/2028", "slashes and points leave open which number is the day"),
        ("31.12.2028", "slashes and points leave open which number is the day"),
        ("31-12-28", "the year has four digits"),
        ("30 februari 2028", "that month has 29 days"),
        ("31-04-2028", "that month has 30 days"),
        ("12-31-2028", "there is no month 31"),
        ("31 decembre 2028", "it names no month"),
        ("1899-12-31", "the year must lie between 1900 and 2999"),
        ("tomorrow", "it is written in another way"),
    ],
)
def test_a_day_that_is_none_is_refused_with_the_reason(text: str, reason: str) -> None:
    language.choose("en")
    with pytest.raises(InvalidDay) as caught:
        dates.parse_day(text)
    assert caught.value.details == {"text": text, "reason": reason}


@pytest.mark.parametrize(
    "text",
    [
        *("", "2026-3-31", "2026-02-29", "2026-13-01", "20260331", "2026-W10-1", "2026-03-31\n", "31-03-2026-1"),
        *("٢٠٢٦-٠٣-٣١", "1899-12-31", "3000-01-01", "0000-01-01", "today"),
    ],
)
def test_anything_else_is_not_a_day(text: str) -> None:
    with pytest.raises(InvalidDay) as caught:
        dates.parse_day(text)
    assert caught.value.details["text"] == text
    assert "2026-03-31" in caught.value.advice


def test_a_month_and_a_year_are_periods() -> None:
    assert dates.parse_month("2027-03") == "2027-03"
    assert dates.parse_period("2027") == "2027"
    for text in ("03-2027", "3-2027", "maart 2027", "March 2027", "mrt 2027", "mrt. 2027"):
        assert dates.parse_period(text) == "2027-03"
    assert (dates.first_day("2027"), dates.last_day("2027")) == (date(2027, 1, 1), date(2027, 12, 31))
    assert (dates.first_day("2028-02"), dates.last_day("2028-02")) == (date(2028, 2, 1), date(2028, 2, 29))


@pytest.mark.parametrize("text", ["2027-13", "2027-00", "2027-3", "27-03", "2027-03-01", "", "1800-01", "maart"])
def test_anything_else_is_not_a_month(text: str) -> None:
    with pytest.raises(InvalidMonth):
        dates.parse_month(text)
    with pytest.raises(InvalidMonth):
        dates.parse_period(text)


def test_months_follow_each_other_over_the_turn_of_the_year() -> None:
    assert dates.months_between("2026-11", "2027-02") == ("2026-11", "2026-12", "2027-01", "2027-02")
    assert dates.months_between("2027-02", "2027-01") == ()


def test_a_month_after_the_31st_is_the_last_of_a_shorter_month() -> None:
    assert dates.add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert dates.add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert dates.add_months(date(2026, 3, 31), -1) == date(2026, 2, 28)


def test_a_day_ends_where_the_next_begins_also_when_the_clock_changes() -> None:
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    assert dates.end_of_day(spring) - dates.start_of_day(spring) == timedelta(hours=23)
    assert dates.end_of_day(autumn) - dates.start_of_day(autumn) == timedelta(hours=25)
    assert dates.end_of_day(date(2026, 1, 1)) == datetime(2026, 1, 1, 23, 0, tzinfo=UTC)


@given(DAYS)
def test_every_instant_of_a_day_belongs_to_it_and_to_no_other(day: date) -> None:
    assert dates.day_of(dates.start_of_day(day)) == day
    assert dates.day_of(dates.end_of_day(day)) == day + timedelta(days=1)
    assert dates.day_of(dates.end_of_day(day) - timedelta(microseconds=1)) == day


def test_easter_falls_where_another_computation_puts_it() -> None:
    years = range(1900, 3000)
    assert [dates.easter(year) for year in years] == [easter_of_dateutil(year) for year in years]


def test_the_holidays_of_the_law_are_nine() -> None:
    assert sorted(dates.holidays(2026)) == [
        date(2026, 1, 1),
        date(2026, 4, 3),
        date(2026, 4, 6),
        date(2026, 4, 27),
        date(2026, 5, 5),
        date(2026, 5, 14),
        date(2026, 5, 25),
        date(2026, 12, 25),
        date(2026, 12, 26),
    ]


def test_the_kings_birthday_on_a_sunday_is_kept_on_saturday() -> None:
    assert date(2025, 4, 26) in dates.holidays(2025)
    assert date(2025, 4, 27) not in dates.holidays(2025)


def test_a_term_of_the_law_never_ends_in_a_weekend_or_on_a_holiday() -> None:
    friday = date(2026, 3, 20)
    assert dates.term_end(friday, dates.weeks(2)) == date(2026, 4, 7)  # 3 April is Good Friday, the 6th Easter Monday
    assert dates.term_end(date(2026, 5, 1), Term(4, statutory=True)) == date(2026, 5, 6)  # 5 May is a holiday
    assert dates.term_end(date(2026, 6, 6), Term(1, Unit.MONTHS, statutory=True)) == date(2026, 7, 6)


def test_a_term_of_an_agreement_ends_where_it_ends() -> None:
    assert dates.term_end(date(2026, 3, 20), Term(2, Unit.WEEKS)) == date(2026, 4, 3)


@pytest.mark.parametrize(
    "term",
    [Term(13, Unit.WEEKS, True), Term(91, Unit.DAYS, True), Term(4, Unit.MONTHS, True), Term(1, Unit.YEARS, True)],
    ids=["13 weeks", "91 days", "4 months", "1 year"],
)
def test_a_long_term_of_the_law_is_not_moved(term: Term) -> None:
    start = date(2026, 9, 26)  # a Saturday
    assert dates.term_end(start, term) == term.unmoved_end(start)


def test_the_longest_terms_that_move_do_move() -> None:
    assert dates.term_end(date(2026, 10, 3), dates.weeks(12)) == date(2026, 12, 28)
    assert dates.term_end(date(2026, 9, 26), Term(3, Unit.MONTHS, True)) == date(2026, 12, 28)


def test_a_term_of_three_days_holds_two_working_days() -> None:
    thursday = date(2026, 4, 2)  # Good Friday, the weekend and Easter Monday follow
    assert dates.term_end(thursday, Term(3, statutory=True)) == date(2026, 4, 8)
    assert dates.term_end(thursday, Term(2, statutory=True)) == date(2026, 4, 7)


@given(DAYS, st.integers(min_value=3, max_value=90))
def test_any_term_of_the_law_in_days_ends_on_a_working_day_and_holds_two(start: date, count: int) -> None:
    end = dates.term_end(start, Term(count, statutory=True))
    assert dates.is_working_day(end)
    assert dates.working_days(start, end) >= 2
    assert 0 <= (end - start).days - count <= 6


def test_a_deadline_is_the_end_of_the_last_day_in_amsterdam() -> None:
    assert dates.deadline(date(2026, 6, 1), dates.weeks(6)) == datetime(2026, 7, 13, 22, 0, tzinfo=UTC)
