"""Limits on accounts and on sets of accounts: in Python by name, and by the database against raw SQL."""

from __future__ import annotations

from datetime import date

import pytest

from fund.database import Engine, is_sqlite
from fund.errors import FundError
from fund.errors.ledger import (
    AccountNotValid,
    AppendOnly,
    BrokenChain,
    EmptyText,
    InvalidAccount,
    InvalidSet,
    LimitExceeded,
    SetLimitExceeded,
    UnknownAccount,
)
from fund.ledger import AccountType, Ledger, Posted, credit, debit
from tests.ledger.attacks import attempt, entry_sql, legs_sql, owner
from tests.ledger.conftest import BOOK, Opens, draft, opened
from tests.ledger.test_concurrency import at_once

FREE = {"1000": 1, "2000": 1, "9000": -1}
EARLY, LATE = date(2027, 3, 5), date(2027, 3, 20)


def promise(key: str, cents: int, *, on: date = date(2027, 3, 10), kind: str = "promise") -> object:
    return draft(key, debit("9000", cents), credit("9010", cents), on=on, kind=kind)


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """The bakery has 1000 in the bank and owes 200; it keeps 100 free whatever it promises."""
    with opened(engine) as ledger:
        ledger.add_account("2000", name="Te betalen", type=AccountType.LIABILITY)
        ledger.post(draft("in", debit("1000", 1000), credit("3000", 1000), on=date(2027, 3, 1)))
        ledger.post(draft("debt", debit("4000", 200), credit("2000.molen", 200), on=date(2027, 3, 2), kind="cost"))
        ledger.limit_set("free", FREE, actor="usr_a", min_balance_cents=100, kinds=["promise", "cost"])
    return engine


def test_a_set_counts_each_account_with_its_sign(book: Opens) -> None:
    with book() as ledger:
        ledger.post(promise("p1", 700))
    with book() as ledger, pytest.raises(SetLimitExceeded) as refusal:
        ledger.post(promise("p2", 1))
    assert refusal.value.details == {"set": "free", "balance_cents": 99, "limit_cents": 100}


def test_a_kind_that_is_not_bound_passes_and_what_does_not_lower_it_too(book: Opens) -> None:
    with book() as ledger:
        ledger.post(promise("p1", 700))
        ledger.post(draft("fact", debit("4000", 500), credit("1000", 500), kind="bank"))
        ledger.post(draft("back", debit("9010", 50), credit("9000", 50), kind="promise"))
        ledger.post(draft("shift", debit("2000.molen", 50), credit("1000", 50), kind="cost"))
    with book() as ledger, pytest.raises(SetLimitExceeded):
        ledger.post(promise("p2", 1))


def test_an_outflow_on_an_earlier_day_is_held_against_the_lowest_later_day(book: Opens) -> None:
    with book() as ledger:
        ledger.post(draft("low", debit("4000", 600), credit("1000", 600), kind="bank", on=date(2027, 3, 15)))
        ledger.post(draft("up", debit("1000", 900), credit("3000", 900), on=LATE))
    with book() as ledger, pytest.raises(SetLimitExceeded) as refusal:
        ledger.post(promise("early", 150, on=EARLY))
    assert refusal.value.details["balance_cents"] == 50
    with book() as ledger:
        ledger.post(promise("late", 150, on=LATE))
        ledger.post(promise("early", 100, on=EARLY))
        assert ledger.verify(full=True).ok


def test_a_later_set_of_the_same_name_takes_its_place_from_its_first_day(book: Opens) -> None:
    with book() as ledger:
        ledger.limit_set("free", FREE, actor="usr_a", min_balance_cents=500, valid_from=LATE, kinds=["promise"])
        ledger.post(promise("before", 300, on=EARLY))
    with book() as ledger, pytest.raises(SetLimitExceeded):
        ledger.post(promise("after", 1, on=LATE))
    with book() as ledger:
        ledger.limit_set("free", FREE, actor="usr_a")
        ledger.post(promise("after", 5000, on=LATE))
        assert [one.number for one in ledger.account_sets()] == [1, 2, 3]
        assert ledger.verify(full=True).ok, "each entry was right when it was written"


def test_a_set_can_have_a_maximum(book: Opens) -> None:
    with book() as ledger:
        ledger.limit_set("till", {"1000": 1}, actor="usr_a", max_balance_cents=1500)
        ledger.post(draft("1", debit("1000", 500), credit("3000", 500)))
    with book() as ledger, pytest.raises(SetLimitExceeded):
        ledger.post(draft("2", debit("1000", 1), credit("3000", 1)))


def test_within_one_batch_the_earlier_ones_count(book: Opens) -> None:
    drafts = [promise(f"p{number}", 300) for number in range(4)]
    with book() as ledger:
        results = ledger.post_many(drafts, on_error="skip")
    assert [type(one) for one in results] == [Posted, Posted, SetLimitExceeded, SetLimitExceeded]


@pytest.mark.parametrize(
    ("legs", "kind", "passes"),
    [
        ((("9000", 700), ("9010", -700)), "promise", True),
        ((("9000", 701), ("9010", -701)), "promise", False),
        ((("9000", 701), ("9010", -701)), "bank", True),
        ((("4000", 701), ("2000", -701)), "cost", False),
        ((("2000", 900), ("1000", -900)), "cost", True),
    ],
)
def test_the_database_itself_keeps_the_limit_of_a_set(
    engine: Engine, legs: tuple[tuple[str, int], ...], kind: str, passes: bool
) -> None:
    for day in ("2027-03-10", "2027-02-01") if not passes else ("2027-03-10",):
        text = f"'{day}'" if is_sqlite(engine) else f"DATE '{day}'"
        refusal = attempt(engine, legs_sql(*legs), entry_sql(engine, kind=f"'{kind}'", effective_on=text))
        assert isinstance(refusal, SetLimitExceeded) is not passes
        if refusal is None:
            assert passes


def test_the_database_holds_a_back_dated_outflow_against_the_lowest_later_day(engine: Engine) -> None:
    with opened(engine) as ledger:
        ledger.post(draft("low", debit("4000", 600), credit("1000", 600), kind="bank", on=date(2027, 3, 15)))
        ledger.post(draft("up", debit("1000", 900), credit("3000", 900), on=LATE))
    day = "'2027-03-05'" if is_sqlite(engine) else "DATE '2027-03-05'"
    for cents, refused in ((101, True), (100, False)):
        legs = legs_sql(("9000", cents), ("9010", -cents))
        refusal = attempt(engine, legs, entry_sql(engine, kind="'promise'", effective_on=day))
        assert isinstance(refusal, SetLimitExceeded) is refused


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE account_set SET min_balance_cents = NULL",
        "UPDATE account_set SET valid_until = '2027-01-01'",
        "DELETE FROM account_set",
    ],
)
def test_a_set_is_never_changed(engine: Engine, statement: str) -> None:
    assert isinstance(attempt(engine, statement), AppendOnly)


def test_a_set_that_does_not_follow_the_last_is_refused(engine: Engine) -> None:
    columns = "book_id, number, name, members, head_seq, head_hash, actor, recorded_at, version, previous_hash, hash"
    zero = "zeroblob(32)" if is_sqlite(engine) else "decode(repeat('00', 32), 'hex')"
    for number, previous, members, wanted in (
        ("set_number + 2", "set_hash", '{"1000":1}', BrokenChain),
        ("set_number + 1", zero, '{"1000":1}', BrokenChain),
        ("set_number + 1", "set_hash", '{"7777":1}', UnknownAccount),
    ):
        text = members.replace(":", "\\:")
        refusal = attempt(
            engine,
            f"INSERT INTO account_set ({columns}) SELECT 1, {number}, 'evil', '{text}', seq, hash, 'a', recorded_at, 1,"
            f" {previous}, {zero if is_sqlite(engine) else 'NULL'} FROM chain_head WHERE book_id = 1".replace(
                "\\:", ":"
            ),
        )
        assert isinstance(refusal, wanted)


def test_what_the_owner_did_to_a_set_is_found(engine: Engine) -> None:
    with opened(engine) as ledger:
        ledger.post(promise("p1", 700))
    for statement in (
        "UPDATE account_set SET min_balance_cents = 0",
        "UPDATE account_set SET kinds = NULL",
        "DELETE FROM account_set",
    ):
        with owner(engine) as connection:
            connection.exec_driver_sql(statement)
            found = Ledger.open(connection, book=BOOK).verify(full=True)
            assert "account_sets" in {check.name for check in found.checks if not check.ok}


def test_an_entry_that_broke_a_limit_past_the_guards_is_named(engine: Engine) -> None:
    with owner(engine) as connection:
        connection.exec_driver_sql("UPDATE posting SET amount_cents = amount_cents * 2")
        ledger = Ledger.open(connection, book=BOOK)
        assert ledger.verify(full=True).ok is False
        connection.exec_driver_sql("UPDATE entry SET kind = 'promise' WHERE seq = 2")
        connection.exec_driver_sql("UPDATE account_set SET head_seq = 0, min_balance_cents = 2000")
        found = ledger.verify(full=True)
        limits = next(check for check in found.checks if check.name == "limits")
        assert [finding.seq for finding in limits.findings] == [2]


def test_from_eight_clients_exactly_the_affordable_promises_are_made(engine: Engine) -> None:
    def work(number: int) -> bool:
        try:
            with opened(engine) as ledger:
                ledger.post(promise(f"p{number}", 200, on=date(2027, 3, 1 + number)))
        except SetLimitExceeded:
            return False
        return True

    assert sorted(at_once(work)) == [False] * 5 + [True] * 3
    with opened(engine) as ledger:
        assert ledger.verify(full=True).ok


def test_an_account_limit_binds_the_kinds_it_names(engine: Engine) -> None:
    with opened(engine) as ledger:
        ledger.add_account("1010", name="Kas", type=AccountType.ASSET, min_balance_cents=0, limit_kinds=["cost"])
        ledger.post(draft("fact", debit("4000", 10), credit("1010", 10), kind="bank"))
        assert ledger.account("1010").limit_kinds == ("cost",)
    with opened(engine) as ledger, pytest.raises(LimitExceeded):
        ledger.post(draft("cost", debit("4000", 1), credit("1010", 1), kind="cost"))
    legs = legs_sql(("4000", 1), ("1010", -1))
    assert isinstance(attempt(engine, legs, entry_sql(engine, kind="'cost'")), LimitExceeded)
    assert attempt(engine, legs, entry_sql(engine, kind="'bank'")) is None


def test_an_account_takes_entries_on_its_days_only(engine: Engine) -> None:
    with opened(engine) as ledger:
        ledger.add_account("1010", name="Kas", type=AccountType.ASSET, valid_from=EARLY, valid_until=LATE)
        ledger.post(draft("1", debit("1010", 1), credit("3000", 1), on=EARLY))
        ledger.post(draft("2", debit("1010", 1), credit("3000", 1), on=LATE))
    for day in (date(2027, 3, 4), date(2027, 3, 21)):
        with opened(engine) as ledger, pytest.raises(AccountNotValid, match="2027-03-05"):
            ledger.post(draft("3", debit("1010", 1), credit("3000", 1), on=day))
        text = f"'{day}'" if is_sqlite(engine) else f"DATE '{day}'"
        legs = legs_sql(("1010", 1), ("3000", -1))
        assert isinstance(attempt(engine, legs, entry_sql(engine, effective_on=text)), AccountNotValid)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"members": {}}, InvalidSet),
        ({"members": {"3000.anna": 1}}, InvalidSet),
        ({"members": {"1000": 2}}, InvalidSet),
        ({"members": {"7777": 1}}, UnknownAccount),
        ({"min_balance_cents": 2, "max_balance_cents": 1}, InvalidSet),
        ({"valid_from": LATE, "valid_until": EARLY}, InvalidSet),
        ({"name": " "}, EmptyText),
        ({"actor": ""}, EmptyText),
    ],
)
def test_a_set_that_cannot_be_is_refused(book: Opens, change: dict[str, object], wanted: type[FundError]) -> None:
    given = {"name": "x", "members": {"1000": 1}, "actor": "a"} | change
    with book() as ledger, pytest.raises(wanted):
        ledger.limit_set(given.pop("name"), given.pop("members"), **given)


def test_an_account_whose_days_end_before_they_begin_is_refused(book: Opens) -> None:
    with book() as ledger, pytest.raises(InvalidAccount):
        ledger.add_account("1011", name="Kas", type=AccountType.ASSET, valid_from=LATE, valid_until=EARLY)


def test_what_an_earlier_draft_of_other_kinds_moves_counts_for_a_later_one(book: Opens) -> None:
    """A receipt is not bound by the set and takes from it; the promise after it, in one batch, is."""
    drafts = [draft("out", debit("4000", 600), credit("1000", 600)), promise("1", 500), promise("2", 100)]
    with book() as ledger:
        ledger.limit_set("free", FREE, actor="usr_a", min_balance_cents=100, kinds=["promise"])
    with book() as ledger, pytest.raises(SetLimitExceeded) as refused:
        ledger.post_many(drafts)
    assert refused.value.details["set"] == "free", "found before it was written, so that all is said"
    with book() as ledger:
        for dry_run in (True, False):
            results = ledger.post_many(drafts, on_error="skip", dry_run=dry_run)
            assert [isinstance(one, Posted) for one in results] == [True, False, True], results
            assert isinstance(results[1], SetLimitExceeded)


def test_an_abort_by_the_database_leaves_no_sub_account(book: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    with book() as ledger:
        ledger.limit_set("free", FREE, actor="usr_a", min_balance_cents=100, kinds=["promise"])
    monkeypatch.setattr("fund.ledger.store.checked_post.check_set", lambda *given: None)
    with book() as ledger:
        attempt = ledger.connection.begin_nested()
        with pytest.raises(SetLimitExceeded):
            ledger.post_many([draft("1", debit("1000", 5), credit("3000.zoe", 5)), promise("2", 5000)])
        if not is_sqlite(ledger.connection):
            attempt.rollback()  # there a refusal ends all that the caller did
    with book() as ledger:
        assert "3000.zoe" not in [account.code for account in ledger.accounts()]


def test_a_set_that_another_took_the_place_of_is_not_held_against_an_entry(book: Opens) -> None:
    """Also where the entry does not touch the accounts of the later one."""
    with book() as ledger:
        ledger.limit_set("free", {"3000": 1}, actor="a", min_balance_cents=-50)
        ledger.limit_set("free", {"1000": 1}, actor="a", min_balance_cents=-50)
        ledger.post(draft("1", debit("4000", 100), credit("3000", 100)))
        assert ledger.verify(full=True).findings == ()
