from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fund import dates
from fund.database import Engine, create_engine, is_sqlite, writing
from fund.errors import FundError
from fund.errors.ledger import (
    AlreadyReversed,
    BookExists,
    ClosedAccount,
    ClosedPeriod,
    IdempotencyConflict,
    LimitExceeded,
    NotTheMirror,
    UnbalancedEntry,
    UnknownAccount,
    UnknownBook,
    UnknownEntry,
)
from fund.ledger import AccountType, EntryDraft, Ledger, Posted, Turnover, commit, credit, debit, install, uninstall
from tests.ledger.conftest import BOOK, DAY, NOON, Opens, as_text, draft, opened


def test_an_entry_is_read_as_it_was_posted(book: Opens) -> None:
    with book() as ledger:
        posted = ledger.post(
            draft(
                "evt_1/1", debit("1000", 500), credit("3000.anna", 500), metadata={"event_id": "evt_1", "n": [1, None]}
            )
        )
    with book() as ledger:
        entry = ledger.entry(1)
        assert as_text(entry.postings) == "Dr 1000 500\nCr 3000.anna 500"
        assert (entry.effective_on, entry.kind, entry.memo, entry.actor) == (
            DAY,
            "receipt",
            "Broodverkoop",
            "usr_baker",
        )
        assert (entry.recorded_at, entry.metadata) == (NOON, {"event_id": "evt_1", "n": [1, None]})
        assert (posted.seq, posted.replayed, posted.entry_id, posted.hash) == (1, False, entry.id, entry.hash)
        assert entry.id.startswith("ent_")
        assert ledger.find("evt_1/1") == entry
        assert ledger.find("evt_1/2") is None
        assert ledger.head().hash == entry.hash


def test_the_same_request_is_answered_with_the_first_entry(book: Opens) -> None:
    one = draft("1", debit("1000", 5), credit("3000.anna", 5))
    with book() as ledger:
        first = ledger.post(one)
    with book() as ledger:
        again = ledger.post(replace(one, recorded_at=NOON + timedelta(days=9)))
        assert again == replace(first, replayed=True), "when it was written is not part of what was asked"
        assert ledger.head().seq == 1
        assert ledger.balance("1000") == 5


@pytest.mark.parametrize(
    "change",
    [
        {"memo": "Taart"},
        {"kind": "sale"},
        {"actor": "usr_other"},
        {"effective_on": date(2027, 3, 11)},
        {"metadata": {"event_id": "evt_2"}},
        {"postings": (debit("1000", 6), credit("3000", 6))},
        {"postings": (credit("3000", 5), debit("1000", 5))},
        {"postings": (debit("1000", 5), credit("3000.new", 5))},
        {"postings": (debit("1000", 5), credit("7000", 5))},
    ],
)
def test_the_same_key_for_something_else_is_a_conflict(book: Opens, change: dict[str, object]) -> None:
    one = draft("1", debit("1000", 5), credit("3000", 5))
    with book() as ledger:
        ledger.post(one)
        with pytest.raises(IdempotencyConflict, match="key 1 belongs to entry 1"):
            ledger.post(replace(one, **change))  # type: ignore[arg-type]
        assert ledger.balance("1000") == 5


def test_a_repeated_request_is_answered_after_its_account_and_month_closed(book: Opens) -> None:
    one = draft("1", debit("1000", 5), credit("3000.anna", 5))
    with book() as ledger:
        ledger.post(one)
        ledger.close_account("3000.anna")
        ledger.lock_period("2027-03", actor="usr_1")
        assert ledger.post(one).replayed


def test_a_key_that_says_the_same_in_another_normal_form_is_the_same_key(book: Opens) -> None:
    with book() as ledger:
        first = ledger.post(draft("caf\u00e9", debit("1000", 5), credit("3000", 5), memo="caf\u00e9"))
        again = ledger.post(draft("cafe\u0301", debit("1000", 5), credit("3000", 5), memo="cafe\u0301"))
        assert (again.seq, again.replayed) == (first.seq, True)


def test_many_entries_are_written_in_order_or_not_at_all(book: Opens) -> None:
    good = [draft(f"{n}", debit("1000", n), credit("3000", n)) for n in (1, 2, 3)]
    bad = draft("4", debit("1000", 4), credit("3000", 5))
    with book() as ledger:
        with pytest.raises(UnbalancedEntry):
            ledger.post_many([*good, bad])
        assert ledger.head().seq == 0
        results = ledger.post_many(good)
        assert [one.seq for one in results if isinstance(one, Posted)] == [1, 2, 3]
        assert ledger.balance("1000") == 6
        assert ledger.post_many([]) == []


def test_with_skip_each_draft_gets_its_entry_or_its_refusal(book: Opens) -> None:
    with book() as ledger:
        ledger.lock_period("2026-01", actor="usr_1")
        results = ledger.post_many(
            [
                draft("1", debit("1000", 1), credit("3000", 1)),
                draft("2", debit("1000", 1), credit("3000", 2)),
                draft("3", debit("7000", 1), credit("3000", 1)),
                draft("1", debit("1000", 1), credit("3000", 1)),
                draft("1", debit("1000", 9), credit("3000", 9)),
                draft("4", debit("1000", 1), credit("3000", 1), on=date(2026, 1, 5)),
                draft("5", debit("1000", 5), credit("3000", 5)),
            ],
            on_error="skip",
        )
        said = [one.seq if isinstance(one, Posted) else type(one).__name__ for one in results]
        assert said == [1, "UnbalancedEntry", "UnknownAccount", 1, "IdempotencyConflict", "ClosedPeriod", 2]
        assert isinstance(results[3], Posted)
        assert results[3].replayed
        assert ledger.balance("1000") == 6


def test_with_skip_a_limit_lets_exactly_the_affordable_ones_pass(book: Opens) -> None:
    with book() as ledger:
        ledger.add_account("1010", name="Kas", type=AccountType.ASSET, min_balance_cents=0)
        ledger.post(draft("0", debit("1010", 10), credit("3000", 10)))
        results = ledger.post_many(
            [draft(f"{n}", debit("4000", 4), credit("1010", 4)) for n in range(1, 5)], on_error="skip"
        )
        assert [isinstance(one, Posted) for one in results] == [True, True, False, False]
        assert all(isinstance(one, (Posted, LimitExceeded)) for one in results)
        assert ledger.balance("1010") == 2
    with book() as ledger:
        assert ledger.verify(full=True).ok


def test_a_dry_run_predicts_what_the_real_run_does(engine: Engine) -> None:
    drafts = [draft(f"{n}", debit("1000", n), credit("3000.x", n)) for n in (1, 2)] + [
        draft("3", debit("1000", 1), credit("3000", 3))
    ]
    with opened(engine) as ledger:
        step = ledger.connection.begin_nested()
        dry = ledger.post_many(drafts, on_error="skip")
        step.rollback()
        assert ledger.head().seq == 0
        real = ledger.post_many(drafts, on_error="skip")
        assert dry[:2] == real[:2]
        assert type(dry[2]) is type(real[2])


def test_what_only_the_database_refuses_leaves_nothing_behind(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a race: our own check of the month saw nothing, the trigger does."""
    drafts = [
        draft("1", debit("1000", 1), credit("3000", 1)),
        draft("2", debit("1000", 2), credit("3000", 2), on=date(2027, 1, 5)),
        draft("3", debit("1000", 3), credit("3000", 3)),
    ]
    with opened(engine) as ledger:
        ledger.lock_period("2027-01", actor="a")
        monkeypatch.setattr(Ledger, "_check_period", lambda *_: None)
        step = ledger.connection.begin_nested()
        with pytest.raises(ClosedPeriod, match="2027-01-05 lies in 2027-01"):
            ledger.post(drafts[1])
        step.rollback()
        assert ledger.head().seq == 0

        results = ledger.post_many(drafts, on_error="skip")
        assert [isinstance(one, Posted) for one in results] == [True, False, True]
        assert isinstance(results[1], ClosedPeriod)
    with opened(engine) as ledger:
        assert ledger.balance("1000") == 4
        assert ledger.verify(full=True).ok


def test_a_limit_holds_on_every_later_day_too(book: Opens) -> None:
    with book() as ledger:
        ledger.add_account("1010", name="Kas", type=AccountType.ASSET, min_balance_cents=0, max_balance_cents=100)
        ledger.post(draft("1", debit("1010", 50), credit("3000", 50), on=date(2027, 3, 1)))
        ledger.post(draft("2", debit("4000", 45), credit("1010", 45), on=date(2027, 3, 20)))
        ledger.post(draft("3", debit("1010", 95), credit("3000", 95), on=date(2027, 3, 25)))
    for key, legs, on in (
        ("4", (debit("4000", 10), credit("1010", 10)), date(2027, 3, 10)),
        ("5", (debit("1010", 1), credit("3000", 1)), date(2027, 3, 2)),
        ("6", (debit("4000", 101), credit("1010", 101)), date(2027, 4, 1)),
    ):
        with pytest.raises(LimitExceeded), book() as ledger:
            ledger.post(draft(key, *legs, on=on))
    with book() as ledger:
        ledger.post(draft("7", debit("4000", 5), credit("1010", 5), on=date(2027, 3, 10)))
        assert ledger.balance("1010") == 95


def test_a_closed_account_takes_nothing(book: Opens) -> None:
    with book() as ledger:
        ledger.close_account("4000")
        with pytest.raises(ClosedAccount, match="4000"):
            ledger.post(draft("1", debit("4000", 5), credit("1000", 5)))
        with pytest.raises(ClosedAccount, match=r"4000\.oven"):
            ledger.post(draft("1", debit("4000.oven", 5), credit("1000", 5)))
        ledger.reopen_account("4000")
        ledger.post(draft("1", debit("4000", 5), credit("1000", 5)))


def test_an_unknown_account_is_named(book: Opens) -> None:
    with book() as ledger:
        with pytest.raises(UnknownAccount, match="book bakery has no account 7000"):
            ledger.post(draft("1", debit("7000", 5), credit("1000", 5)))
        with pytest.raises(UnknownAccount):
            list(ledger.entries(account="7000"))
        with pytest.raises(UnknownAccount):
            list(ledger.card("7000"))


def test_a_reversal_restores_every_balance_once(book: Opens) -> None:
    with book() as ledger:
        ledger.post(draft("1", debit("1000", 9), credit("3000.anna", 9)))
        before = ledger.balances()
        seq = ledger.post(draft("2", debit("1000", 5), credit("3000.bob", 5), debit("9000", 1), credit("9010", 1))).seq
        posted = ledger.reverse(seq, effective_on=date(2027, 4, 1), reason="dubbel", idempotency_key="r", actor="usr_2")
        again = ledger.reverse(seq, effective_on=date(2027, 4, 1), reason="dubbel", idempotency_key="r", actor="usr_2")

        mirror = ledger.entry(posted.seq)
        assert as_text(mirror.postings) == "Cr 1000 5\nDr 3000.bob 5\nCr 9000 1\nDr 9010 1"
        assert (mirror.kind, mirror.reverses, mirror.reason) == ("reversal", seq, "dubbel")
        assert {code: cents for code, cents in ledger.balances().items() if cents} == {
            code: cents for code, cents in before.items() if cents
        }
        assert again == replace(posted, replayed=True)
        assert ledger.reversal_of(seq) == mirror
        with pytest.raises(AlreadyReversed, match="entry 2 is reversed already, by entry 3"):
            ledger.reverse(seq, effective_on=date(2027, 4, 1), reason="nogmaals", idempotency_key="r2", actor="usr_2")
        with pytest.raises(UnknownEntry, match="no entry 99: the last one is 3"):
            ledger.reverse(99, effective_on=DAY, reason="x", idempotency_key="r3", actor="usr_2")


def test_a_reversal_is_the_mirror_of_its_original(book: Opens) -> None:
    with book() as ledger:
        ledger.post(draft("1", debit("1000", 9), credit("3000", 9)))
        for legs in (
            (credit("1000", 8), debit("3000", 8)),
            (debit("3000", 9), credit("1000", 9)),
            (credit("1000", 9), debit("3000", 8), debit("3000", 1)),
        ):
            with pytest.raises(NotTheMirror):
                ledger.post(draft("2", *legs, reverses=1, reason="fout"))


def test_a_reversed_closing_entry_leaves_the_same_figures_out(book: Opens) -> None:
    with book() as ledger:
        ledger.post(draft("1", debit("1000", 9), credit("4400", 9)))
        seq = ledger.post(draft("2", debit("4400", 9), credit("3000", 9), kind="closing")).seq
        posted = ledger.reverse(seq, effective_on=DAY, reason="heropend", idempotency_key="3", actor="usr_2")
        assert ledger.entry(posted.seq).kind == "closing"
        assert ledger.balances(kinds_excluded={"closing"})["4400"] == -9


def test_balances_are_told_as_of_a_day_and_as_known_at_an_entry(book: Opens) -> None:
    with book() as ledger:
        ledger.post(draft("1", debit("1000", 100), credit("3000", 100), on=date(2027, 1, 31)))
        ledger.post(draft("2", debit("1000", 20), credit("4400", 20), on=date(2027, 3, 1), kind="sale"))
        ledger.post(draft("3", debit("1000", 3), credit("4400", 3), on=date(2027, 2, 1), kind="late"))

        assert ledger.balance("1000") == 123
        assert ledger.balance("1000", as_of=date(2027, 1, 30)) == 0
        assert ledger.balance("1000", as_of=date(2027, 2, 28)) == 103
        assert ledger.balance("1000", as_of=date(2027, 2, 28), known_at=2) == 100, "a later booking never changes it"
        assert ledger.balance("1000", known_at=2) == 120
        assert ledger.balance("4400", kinds_excluded=["late"]) == -20
        assert ledger.balance("4400", as_of=date(2027, 2, 28), kinds_excluded=["late"]) == 0
        assert ledger.balance("4400", known_at=2, kinds_excluded=["sale"]) == 0
        assert ledger.turnover("1000", since=date(2027, 2, 1)) == Turnover(23, 0)
        assert ledger.turnover("4400", kinds=["late"]) == Turnover(0, 3)
        assert ledger.turnover("4400", kinds=[]) == Turnover(0, 0)
        assert ledger.balances(as_of=date(2027, 1, 31)) == ledger.balances(known_at=1)
        assert [(row.code, row.balance_cents) for row in ledger.trial_balance(known_at=1)] == [
            ("1000", 100),
            ("3000", -100),
        ]
        assert sum(row.balance_cents for row in ledger.trial_balance()) == 0
        assert ledger.main_balances()["1000"] == 123


def test_movements_by_account_and_kind_are_those_of_a_plain_loop(book: Opens) -> None:
    chosen = random.Random(5)
    with book() as ledger:
        for number in range(60):
            on = date(2027, chosen.randint(1, 12), chosen.randint(1, 28))
            if number % 4 == 3:
                open_seqs = [seq for seq in range(1, ledger.head().seq + 1) if ledger.reversal_of(seq) is None]
                undone = chosen.choice([seq for seq in open_seqs if ledger.entry(seq).reverses is None])
                ledger.reverse(undone, effective_on=on, reason="fout", idempotency_key=str(number), actor="bram")
                continue
            one, other = chosen.sample(["1000", "3000", "4400", "3000.gm0307"], 2)
            cents, kind = chosen.randint(1, 10**9), chosen.choice(["sale", "cost"])
            ledger.post(draft(str(number), debit(one, cents), credit(other, cents), on=on, kind=kind))
        entries = {entry.seq: entry for entry in ledger.entries()}
        for since, as_of, known_at in (
            (None, None, None), (date(2027, 4, 1), date(2027, 9, 30), None), (None, date(2027, 6, 1), 31),
            (date(2028, 1, 1), None, None), (None, None, 0),
        ):  # fmt: skip
            sides: dict[tuple[str, str], list[int]] = {}
            for seq, entry in entries.items():
                if not ((since or date.min) <= entry.effective_on <= (as_of or date.max)) or seq > (known_at or 99) * (
                    known_at != 0
                ):
                    continue
                of = entries[entry.reverses] if entry.reverses else entry
                for leg in of.postings:
                    sums = sides.setdefault((leg.account, of.kind), [0, 0])
                    sums[leg.amount_cents < 0] += abs(leg.amount_cents) * (1 if of is entry else -1)
            found = ledger.movements(since=since, as_of=as_of, known_at=known_at)
            assert [(each.code, each.kind, each.debit_cents, each.credit_cents) for each in found] == [
                (*key, *sums) for key, sums in sorted(sides.items())
            ]
        balances = ledger.balances()
        for code, cents in balances.items():
            assert sum(each.balance_cents for each in ledger.movements() if each.code == code) == cents


def test_entries_are_found_by_account_event_day_and_kind(book: Opens) -> None:
    with book() as ledger:
        ledger.post(draft("1", debit("1000", 1), credit("3000.anna", 1), metadata={"event_id": "evt_1"}))
        ledger.post(
            draft("2", debit("1000", 2), credit("3000.bob", 2), on=date(2027, 4, 1), metadata={"event_id": "evt_2"})
        )
        ledger.post(draft("3", debit("4000", 3), credit("1000", 3), kind="cost", metadata={"event_id": "evt_2"}))

        def seqs(**wanted: object) -> list[int]:
            return [entry.seq for entry in ledger.entries(**wanted)]  # type: ignore[arg-type]

        assert seqs() == [1, 2, 3]
        assert seqs(account="3000") == [1, 2]
        assert seqs(account="3000.bob") == [2]
        assert seqs(account="3000.nobody") == []
        assert seqs(event_id="evt_2") == [2, 3]
        assert seqs(event_id="evt_3") == []
        assert seqs(since_seq=1) == [2, 3]
        assert seqs(until_seq=2) == [1, 2]
        assert seqs(as_of=date(2027, 3, 31)) == [1, 3]
        assert seqs(since=date(2027, 3, 11)) == [2]
        assert seqs(since=date(2027, 3, 10), as_of=date(2027, 3, 10), until_seq=2) == [1]
        assert seqs(since=date(2027, 3, 11), account="1000") == [2]
        told = ledger.export_entries(since=date(2027, 3, 10), as_of=date(2027, 3, 31), since_seq=1)
        assert [one["seq"] for one in told] == [3]
        assert seqs(kind="cost", account="1000") == [3]
        with pytest.raises(UnknownEntry):
            ledger.entry(4)


def test_the_last_entry_until_a_day_is_the_one_that_was_written_last(book: Opens) -> None:
    with book() as ledger:
        assert ledger.last_entry() is None
        ledger.post(draft("1", debit("1000", 1), credit("3000", 1), on=date(2027, 3, 20)))
        ledger.post(draft("2", debit("1000", 1), credit("3000", 1), on=date(2027, 4, 1)))
        ledger.post(draft("3", debit("1000", 1), credit("3000", 1), on=date(2027, 3, 10)))

        def last(as_of: date | None = None, known_at: int | None = None) -> int:
            found = ledger.last_entry(as_of=as_of, known_at=known_at)
            return found.seq if found is not None else 0

        assert (last(), last(known_at=2), last(known_at=0), last(known_at=9)) == (3, 2, 0, 3)
        assert [last(date(2027, 3, day)) for day in (9, 10, 31)] == [0, 3, 3]
        assert [last(date(2027, 3, day), known_at=2) for day in (10, 31)] == [0, 1]


def test_a_card_shows_an_account_by_day_with_its_running_balance(book: Opens) -> None:
    with book() as ledger:
        ledger.post(draft("1", debit("1000", 10), credit("3000", 10), on=date(2027, 3, 10)))
        ledger.post(draft("2", debit("4000", 4), credit("1000", 4), on=date(2027, 3, 20)))
        ledger.post(draft("3", debit("1000", 1), credit("4400", 1), on=date(2027, 3, 15)))
        lines = [(line.seq, line.amount_cents, line.balance_cents) for line in ledger.card("1000")]
        assert lines == [(1, 10, 10), (3, 1, 11), (2, -4, 7)]
        later = [
            (line.seq, line.balance_cents)
            for line in ledger.card("1000", since=date(2027, 3, 12), as_of=date(2027, 3, 16))
        ]
        assert later == [(3, 11)]


def test_a_long_book_is_read_page_by_page(book: Opens) -> None:
    with book() as ledger:
        ledger.post_many([draft(f"{n}", debit("1000", n), credit("3000", n)) for n in range(1, 452)])
        assert [entry.seq for entry in ledger.entries()] == list(range(1, 452))
        assert [line.seq for line in ledger.card("1000")] == list(range(1, 452))
        assert ledger.balance("1000") == sum(range(1, 452))
        assert ledger.verify(full=True).ok


def test_a_wide_entry_is_one_entry(book: Opens) -> None:
    with book() as ledger:
        legs = [credit(f"3000.p{number}", number) for number in range(1, 2000)]
        posted = ledger.post(draft("1", debit("1000", sum(range(1, 2000))), *legs))
        assert ledger.entry(posted.seq).postings == (debit("1000", 1999 * 1000), *legs)
        assert ledger.verify(full=True).ok


def test_the_instant_never_runs_back(book: Opens) -> None:
    with book() as ledger:
        ledger.post(draft("1", debit("1000", 1), credit("3000", 1), recorded_at=NOON))
        ledger.post(draft("2", debit("1000", 1), credit("3000", 1), recorded_at=NOON - timedelta(hours=1)))
        assert ledger.entry(2).recorded_at == NOON


def test_without_an_instant_the_clock_of_the_database_is_read(book: Opens) -> None:
    with book() as ledger:

        def clock() -> datetime:
            if is_sqlite(ledger.connection):
                return dates.now()
            now: datetime = ledger.connection.execute(sa.text("select clock_timestamp()")).scalar_one()
            return now

        before = clock()
        ledger.post(draft("1", debit("1000", 1), credit("3000", 1), recorded_at=None))
        assert before <= ledger.entry(1).recorded_at <= clock()


def test_nothing_crosses_books(engine: Engine) -> None:
    with writing(engine) as connection:
        other = Ledger.create(connection, book="dairy", currency="EUR")
        other.add_account("1000", name="Bank", type=AccountType.ASSET)
        other.add_account("3000", name="Kapitaal", type=AccountType.EQUITY)
        bakery = Ledger.open(connection, book=BOOK)
        bakery.post(draft("1", debit("1000", 5), credit("3000.anna", 5)))
        same_key = other.post(draft("1", debit("1000", 7), credit("3000.anna", 7)))

        assert (same_key.seq, same_key.replayed) == (1, False)
        assert (bakery.balance("1000"), other.balance("1000")) == (5, 7)
        assert [entry.postings[0].amount_cents for entry in other.entries()] == [7]
        assert bakery.head() != other.head()
        assert bakery.verify(full=True).ok
        assert other.verify(full=True).ok
        assert Ledger.books(connection) == ["bakery", "dairy"]


def test_a_book_is_created_once_and_opened_by_name(engine: Engine) -> None:
    with writing(engine) as connection:
        with pytest.raises(BookExists):
            Ledger.create(connection, book=BOOK)
        with pytest.raises(UnknownBook, match="no book dairy: this database has bakery"):
            Ledger.open(connection, book="dairy")


def test_what_is_rolled_back_never_was(engine: Engine) -> None:
    with engine.connect() as connection:
        transaction = connection.begin()
        Ledger.open(connection, book=BOOK).post(draft("1", debit("1000", 5), credit("3000.anna", 5)))
        transaction.rollback()
    with engine.connect() as connection:
        connection.begin()
        ledger = Ledger.open(connection, book=BOOK)
        assert (ledger.head().seq, ledger.balance("1000"), ledger.accounts("3000")[1:]) == (0, 0, [])
        ledger.post(draft("1", debit("1000", 5), credit("3000.anna", 5)))
        commit(connection)
    with opened(engine) as ledger:
        assert ledger.balance("1000") == 5
        assert ledger.verify(full=True).ok


def test_the_ledger_installs_and_leaves_without_the_fund(empty_database_url: str) -> None:
    engine = create_engine(empty_database_url)
    with writing(engine) as connection:
        install(connection)
        ledger = Ledger.create(connection, book="solo", currency="USD")
        ledger.add_account("1", name="Cash", type=AccountType.ASSET)
        ledger.add_account("2", name="Equity", type=AccountType.EQUITY)
        ledger.post(draft("1", debit("1", 5), credit("2", 5)))
        assert ledger.verify(full=True).ok
    with writing(engine) as connection:
        uninstall(connection)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()


entry_plans = st.lists(
    st.tuples(
        st.sampled_from(["1000", "4000", "3000.anna"]),
        st.sampled_from(["4400", "3000.bob", "1290"]),
        st.integers(1, 10**9),
        st.dates(date(2027, 1, 1), date(2027, 12, 31)),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(early=entry_plans, late=entry_plans, day=st.dates(date(2027, 1, 1), date(2027, 12, 31)))
def test_a_later_booking_never_changes_an_earlier_answer(
    early: list[tuple[str, str, int, date]], late: list[tuple[str, str, int, date]], day: date, book: Opens
) -> None:
    with book() as ledger:

        def write(plans: list[tuple[str, str, int, date]]) -> list[Posted | FundError]:
            start = ledger.head().seq
            drafts: list[EntryDraft] = [
                draft(f"k{start}-{n}", debit(left, cents), credit(right, cents), on=on)
                for n, (left, right, cents, on) in enumerate(plans)
            ]
            return ledger.post_many(drafts)

        write(early)
        seq = ledger.head().seq
        before = ledger.trial_balance(as_of=day)
        write(late)
        assert ledger.trial_balance(as_of=day, known_at=seq) == before
        assert ledger.balances(as_of=day, known_at=ledger.head().seq) == ledger.balances(as_of=day)
