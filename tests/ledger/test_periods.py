from __future__ import annotations

from datetime import date

import pytest

from fund.errors.amounts import InvalidMonth
from fund.errors.ledger import ClosedPeriod, EmptyText, PeriodOutOfOrder
from fund.ledger import PeriodStatus, credit, debit
from tests.ledger.conftest import Opens, draft


def test_a_month_is_open_until_it_is_locked_and_shut_when_it_is_closed(book: Opens) -> None:
    with book() as ledger:
        assert ledger.period_of(date(2027, 3, 10)).status is PeriodStatus.OPEN
        ledger.post(draft("1", debit("1000", 5), credit("3000", 5)))

        locked = ledger.lock_period("2027-03", actor="usr_fm", second_actor="usr_tr")
        assert (locked.status, locked.head_seq, locked.starts_on, locked.ends_on) == (
            PeriodStatus.LOCKED,
            1,
            date(2027, 3, 1),
            date(2027, 3, 31),
        )
        with pytest.raises(ClosedPeriod) as refusal:
            ledger.post(draft("2", debit("1000", 5), credit("3000", 5)))
        assert str(refusal.value) == (
            "2027-03-10 lies in 2027-03, which is locked: no entry (receipt) can be booked there"
        )
        assert "fund period reopen 2027-03" in refusal.value.advice
        ledger.post(draft("2", debit("1000", 5), credit("3000", 5), kind="adjusting"))
        ledger.post(draft("3", debit("4000", 5), credit("3000", 5), kind="closing"))

        closed = ledger.close_period("2027-03", actor="usr_fm", second_actor="usr_tr")
        assert closed.trial_balance_hash == ledger.trial_balance_hash(as_of=date(2027, 3, 31))
        for kind in ("receipt", "adjusting", "closing"):
            with pytest.raises(ClosedPeriod, match="closed"):
                ledger.post(draft("4", debit("1000", 5), credit("3000", 5), kind=kind))
        ledger.post(draft("4", debit("1000", 5), credit("3000", 5), on=date(2027, 4, 1)))
        assert [(one.month, one.status.value) for one in ledger.periods()] == [("2027-03", "closed")]
        assert [one.status.value for one in ledger.period_log()] == ["locked", "closed"]
    with book() as ledger:
        assert ledger.verify(full=True).ok


def test_months_are_locked_and_closed_in_order(book: Opens) -> None:
    with book() as ledger:
        ledger.post(draft("1", debit("1000", 5), credit("3000", 5), on=date(2027, 1, 15)))
        with pytest.raises(PeriodOutOfOrder, match="2027-01 has entries and is open"):
            ledger.lock_period("2027-02", actor="a")
        with pytest.raises(PeriodOutOfOrder, match="a month is open first, then locked, then closed"):
            ledger.close_period("2027-01", actor="a")
        ledger.lock_period("2027-01", actor="a")
        with pytest.raises(PeriodOutOfOrder, match="2027-01 is locked and cannot become locked"):
            ledger.lock_period("2027-01", actor="a")
        with pytest.raises(PeriodOutOfOrder, match="2027-02 before it is open"):
            ledger.lock_period("2027-03", actor="a")
        ledger.lock_period("2027-02", actor="a")
        with pytest.raises(PeriodOutOfOrder, match="2027-01 before it is not closed"):
            ledger.close_period("2027-02", actor="a")
        ledger.close_period("2027-01", actor="a")
        ledger.close_period("2027-02", actor="a")
        ledger.lock_period("2027-03", actor="a")
        with pytest.raises(PeriodOutOfOrder, match="before it is open"):
            ledger.lock_period("2026-12", actor="a")


def test_no_entry_lies_before_the_first_month(book: Opens) -> None:
    with book() as ledger:
        ledger.lock_period("2027-01", actor="a")
        assert ledger.period_of(date(2026, 12, 31)).status is PeriodStatus.CLOSED
        with pytest.raises(ClosedPeriod, match="2026-12, which is closed"):
            ledger.post(draft("1", debit("1000", 5), credit("3000", 5), on=date(2026, 12, 31)))


def test_only_the_latest_month_is_reopened_by_two_people_with_a_reason(book: Opens) -> None:
    with book() as ledger:
        for month in ("2027-01", "2027-02"):
            ledger.lock_period(month, actor="a")
            ledger.close_period(month, actor="a")
        with pytest.raises(PeriodOutOfOrder, match="2027-02 after it is not open"):
            ledger.reopen_period("2027-01", actor="a", second_actor="b", reason="x")
        for actor, second in (("a", "a"), ("a", ""), ("a", "  "), ("a", "a "), ("é", "e\u0301")):
            with pytest.raises(PeriodOutOfOrder, match="two people"):
                ledger.reopen_period("2027-02", actor=actor, second_actor=second, reason="x")
        with pytest.raises(EmptyText):
            ledger.reopen_period("2027-02", actor="a", second_actor="b", reason=" ")
        with pytest.raises(PeriodOutOfOrder, match="2027-03 is open"):
            ledger.reopen_period("2027-03", actor="a", second_actor="b", reason="x")

        again = ledger.reopen_period("2027-02", actor="a", second_actor="b", reason="vergeten factuur")
        assert (again.status, again.reason, again.second_actor) == (PeriodStatus.OPEN, "vergeten factuur", "b")
        ledger.post(draft("1", debit("4000", 5), credit("1000", 5), on=date(2027, 2, 28)))
        ledger.lock_period("2027-02", actor="a")
        ledger.close_period("2027-02", actor="a")
        ledger.reopen_period("2027-02", actor="a", second_actor="b", reason="nog een")
        ledger.reopen_period("2027-01", actor="a", second_actor="b", reason="en deze")
        ledger.lock_period("2027-01", actor="a")
    with book() as ledger:
        assert ledger.verify(full=True).ok
        assert ledger.verify().ok


@pytest.mark.parametrize(
    "text", ["", "2027", "2027-13", "2027-3", "2027-03-01", "maart", "２０２７-03", "0000-01", "0001-01", "9999-12"]
)
def test_what_is_no_month_is_refused(book: Opens, text: str) -> None:
    with book() as ledger, pytest.raises(InvalidMonth):
        ledger.lock_period(text, actor="a")


def test_a_year_is_closed_by_an_entry_of_kind_closing(book: Opens) -> None:
    with book() as ledger:
        ledger.post(draft("1", debit("1000", 90), credit("4400", 90), on=date(2027, 12, 3)))
        ledger.post(draft("2", debit("4000", 40), credit("1000", 40), on=date(2027, 12, 4)))
        ledger.lock_period("2027-12", actor="a")
        ledger.post(
            draft("3", debit("4400", 90), credit("4000", 40), credit("3000", 50), on=date(2027, 12, 31), kind="closing")
        )
        ledger.close_period("2027-12", actor="a")
        after = ledger.main_balances(as_of=date(2027, 12, 31))
        assert (after["4400"], after["4000"], after["3000"]) == (0, 0, -50)
        guards = ledger.main_balances(as_of=date(2027, 12, 31), kinds_excluded={"closing"})
        assert (guards["4400"], guards["4000"], guards["3000"]) == (-90, 40, 0)
        assert ledger.verify(full=True).ok
