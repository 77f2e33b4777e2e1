"""Corrections: in full, in part and by a replacement; by name in Python, and by the database against raw SQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fund.database import Engine
from fund.errors import FundError
from fund.errors.ledger import (
    AlreadyReplaced,
    AlreadyReversed,
    BeyondOriginal,
    EmptyText,
    NotCanonical,
    NotReversed,
    PartlyReversed,
    ReservedMetadata,
    UnknownEntry,
    UnknownReasonCode,
)
from fund.ledger import EntryDraft, Ledger, Posted, Posting, ReasonCode, credit, debit
from tests.ledger.attacks import attempt, entry_sql, legs_sql
from tests.ledger.conftest import DAY, Opens, draft, opened

LATER = date(2027, 3, 20)


@pytest.fixture
def engine(engine: Engine) -> Iterator[Engine]:
    """The bakery sold bread for 300: 200 to Anna's account, 100 to the till."""
    with opened(engine) as ledger:
        ledger.post(draft("sale", debit("3000.anna", 200), debit("1000", 100), credit("4400", 300)))
        ledger.post(draft("other", debit("1000", 40), credit("4400", 40)))
    yield engine
    with opened(engine) as ledger:
        assert ledger.verify(full=True).ok


def part(ledger: Ledger, key: str, *postings: Posting, seq: int = 1) -> Posted:
    return ledger.reverse_part(
        seq, postings, effective_on=LATER, reason="te veel", idempotency_key=key, actor="usr_a",
        reason_code="wrong_amount",
    )  # fmt: skip


def test_parts_together_take_back_at_most_what_the_entry_moved(book: Opens) -> None:
    with book() as ledger:
        part(ledger, "a", debit("4400", 120), credit("3000.anna", 120))
        part(ledger, "b", debit("4400", 80), credit("3000.anna", 80))
        assert [entry.seq for entry in ledger.parts_of(1)] == [3, 4]
        assert [entry.seq for entry in ledger.parts_of(1, known_at=3)] == [3]
    with book() as ledger, pytest.raises(BeyondOriginal) as refusal:
        part(ledger, "c", debit("4400", 1), credit("3000.anna", 1))
    assert refusal.value.details == {"seq": 1, "account": "3000.anna", "original_cents": 200, "taken_cents": -201}
    with book() as ledger:
        posted = part(ledger, "c", debit("4400", 100), credit("1000", 100))
        entry = ledger.entry(posted.seq)
        assert (entry.part_of, entry.reason, entry.reason_code) == (1, "te veel", ReasonCode.WRONG_AMOUNT)
        assert entry.kind == "reversal"
        assert ledger.balance("4400") == -40


@pytest.mark.parametrize(
    "legs",
    [
        (credit("4400", 1), debit("3000.anna", 1)),
        (debit("4400", 1), credit("4000", 1)),
        (debit("4400", 301), credit("3000.anna", 200), credit("1000", 101)),
    ],
)
def test_a_part_goes_the_other_way_on_the_same_accounts(book: Opens, legs: tuple[Posting, ...]) -> None:
    with book() as ledger, pytest.raises(BeyondOriginal):
        part(ledger, "a", *legs)


def test_in_full_or_in_part_but_not_both(book: Opens) -> None:
    with book() as ledger:
        part(ledger, "a", debit("4400", 1), credit("1000", 1))
    undo = {"effective_on": LATER, "reason": "fout", "actor": "a"}
    with book() as ledger, pytest.raises(PartlyReversed, match="entry 3"):
        ledger.reverse(1, idempotency_key="b", **undo)
    with book() as ledger:
        ledger.reverse(2, idempotency_key="c", reason_code=ReasonCode.DUPLICATE, **undo)
        assert ledger.entry(4).reason_code is ReasonCode.DUPLICATE
    with book() as ledger, pytest.raises(AlreadyReversed):
        part(ledger, "d", debit("4400", 1), credit("1000", 1), seq=2)


def test_an_entry_is_replaced_once_and_after_it_was_taken_back(book: Opens) -> None:
    instead = {"on": LATER, "replaces": 2}
    with book() as ledger, pytest.raises(NotReversed):
        ledger.post(draft("new", debit("1000", 45), credit("4400", 45), **instead))
    with book() as ledger:
        ledger.reverse(2, effective_on=LATER, reason="fout", idempotency_key="undo", actor="a")
        ledger.post(draft("new", debit("1000", 45), credit("4400", 45), **instead))
        assert ledger.entry(4).replaces == 2
        found = ledger.replacement_of(2)
        assert found is not None
        assert found.seq == 4
        assert ledger.replacement_of(2, known_at=3) is None
        assert ledger.reversal_of(2, known_at=2) is None
    with book() as ledger, pytest.raises(AlreadyReplaced, match="entry 4"):
        ledger.post(draft("again", debit("1000", 46), credit("4400", 46), **instead))


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"part_of": 99, "reason": "x"}, UnknownEntry),
        ({"replaces": 99}, UnknownEntry),
        ({"part_of": 1}, EmptyText),
        ({"part_of": 1, "reason": "x", "reason_code": "because"}, UnknownReasonCode),
        ({"metadata": {"correction": {"part_of": 1}}}, ReservedMetadata),
    ],
)
def test_a_correction_that_cannot_be_is_refused(
    book: Opens, change: dict[str, object], wanted: type[FundError]
) -> None:
    with book() as ledger, pytest.raises(wanted):
        ledger.post(draft("x", debit("4400", 1), credit("1000", 1), **change))


@pytest.mark.parametrize(
    ("stated", "reason", "legs", "wanted"),
    [
        ('{"part_of":1}', "'x'", (("4400", 301), ("1000", -101), ("3000", -200)), BeyondOriginal),
        ('{"part_of":1}', "'x'", (("4400", 101), ("1000", -101)), BeyondOriginal),
        ('{"part_of":1}', "'x'", (("4400", -1), ("1000", 1)), BeyondOriginal),
        ('{"part_of":1}', "NULL", (("4400", 1), ("1000", -1)), EmptyText),
        ('{"part_of":9}', "'x'", (("4400", 1), ("1000", -1)), UnknownEntry),
        ('{"part_of":"1x"}', "'x'", (("4400", 1), ("1000", -1)), NotCanonical),
        ('{"part_of":"1"}', "'x'", (("4400", 1), ("1000", -1)), NotCanonical),
        ('{"part_of":null}', "'x'", (("4400", 1), ("1000", -1)), NotCanonical),
        ('{"replaces":true}', "NULL", (("4400", 1), ("1000", -1)), NotCanonical),
        ('{"replaces":2}', "NULL", (("4400", 1), ("1000", -1)), NotReversed),
        ('{"replaces":9}', "NULL", (("4400", 1), ("1000", -1)), UnknownEntry),
    ],
)
def test_the_database_itself_bounds_corrections(
    engine: Engine, stated: str, reason: str, legs: tuple[tuple[str, int], ...], wanted: type[FundError]
) -> None:
    metadata = '\'{"correction":' + stated + "}'"
    refusal = attempt(engine, legs_sql(*legs), entry_sql(engine, metadata=metadata, reason=reason, legs=str(len(legs))))
    assert isinstance(refusal, wanted)


def test_the_database_itself_refuses_a_full_reversal_after_a_part_and_a_second_replacement(engine: Engine) -> None:
    with opened(engine) as ledger:
        part(ledger, "a", debit("4400", 1), credit("1000", 1))
        ledger.post(draft("new", debit("1000", 1), credit("4400", 1), replaces=1))
    mirrored = (("3000.anna", -200), ("1000", -100), ("4400", 300))
    whole = attempt(engine, legs_sql(*mirrored), entry_sql(engine, reverses_seq="1", reason="'x'", legs="3"))
    assert isinstance(whole, PartlyReversed)
    metadata = '\'{"correction":{"replaces":1}}\''
    again = attempt(engine, legs_sql(("1000", 1), ("4400", -1)), entry_sql(engine, metadata=metadata))
    assert isinstance(again, AlreadyReplaced)


def test_a_card_as_it_was_known(book: Opens) -> None:
    with book() as ledger:
        part(ledger, "a", debit("4400", 1), credit("1000", 1))
        assert [line.balance_cents for line in ledger.card("1000")] == [100, 140, 139]
        assert [line.balance_cents for line in ledger.card("1000", known_at=2)] == [100, 140]
        ledger.lock_period("2027-03", actor="a")
        ledger.post(draft("late", debit("1000", 1), credit("4400", 1), on=date(2027, 4, 1)))
        assert [one.month for one in ledger.periods(known_at=2)] == []
        assert [one.month for one in ledger.periods(known_at=3)] == ["2027-03"]


# ------------------------------------------------------------------------------------------------------------ dry runs


def plans(key: str) -> st.SearchStrategy[list[EntryDraft]]:
    one = st.one_of(
        st.builds(lambda n, c: (n, debit("1000", c), credit("3000.bob", c), {}), st.integers(0, 4), st.integers(1, 9)),
        st.builds(
            lambda n, c: (n, debit("4400", c), credit("1000", c), {"part_of": 2, "reason": "x"}),
            st.integers(0, 4),
            st.integers(10, 30),
        ),
        st.builds(lambda n: (n, debit("9000", 500), credit("9010", 500), {"kind": "promise"}), st.integers(0, 4)),
        st.builds(lambda n: (n, debit("1000", 1), credit("7777", 1), {}), st.integers(0, 4)),
    )
    return st.lists(one.map(lambda p: draft(f"{key}-{p[0]}", p[1], p[2], on=DAY, **p[3])), min_size=1, max_size=6)


def told(results: list[Posted | FundError]) -> list[object]:
    return [one if isinstance(one, Posted) else (one.code(), one.details) for one in results]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_dry_run_foretells_exactly_what_the_real_run_does(engine: Engine, data: st.DataObject) -> None:
    with opened(engine) as ledger:
        before, accounts = ledger.head(), ledger.accounts()
        if not ledger.account_sets():
            ledger.limit_set("free", {"1000": 1, "9000": -1}, actor="a", min_balance_cents=-700, kinds=["promise"])
        drafts = data.draw(plans(f"k{before.seq}"))
        foretold = ledger.post_many(drafts, on_error="skip", dry_run=True)
        assert ledger.head() == before
        assert ledger.accounts() == accounts
        try:
            first: object = told(ledger.post_many(drafts, dry_run=True))
        except FundError as refusal:
            first = refusal.code()
        assert ledger.head() == before
        real = ledger.post_many(drafts, on_error="skip")
        assert told(real) == told(foretold)
        refused = [one.code() for one in real if isinstance(one, FundError)]
        assert first == (refused[0] if refused else told(real))
