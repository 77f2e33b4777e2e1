"""A state machine that plays bookkeeper against plain dictionaries; after every step the book must agree with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from fund.database import Engine, writing
from fund.errors import (
    AlreadyReversed,
    ClosedPeriod,
    FundError,
    IdempotencyConflict,
    PeriodOutOfOrder,
    UnbalancedEntry,
    UnknownAccount,
)
from fund.ledger import EntryDraft, Ledger, Posted, Posting, main_of, mirror
from tests.ledger.conftest import draft, fill_chart

ACTUAL = ["1000", "1290", "3000.anna", "3000.bob", "3000", "4000", "4400"]
MONTHS = ["2027-01", "2027-02", "2027-03", "2027-04"]
days = st.dates(date(2027, 1, 1), date(2027, 4, 30))
kinds = st.sampled_from(["receipt", "receipt", "receipt", "cost", "adjusting", "closing"])


@st.composite
def balanced(draw: st.DrawFn) -> tuple[Posting, ...]:
    """Legs that balance in each layer."""
    amounts = draw(st.lists(st.integers(-(10**9), 10**9).filter(bool), min_size=1, max_size=4))
    found = [Posting(draw(st.sampled_from(ACTUAL)), cents) for cents in amounts]
    if sum(amounts):
        found.append(Posting(draw(st.sampled_from(ACTUAL)), -sum(amounts)))
    if len(found) < 2 or draw(st.booleans()):
        cents = draw(st.integers(1, 10**6))
        found += [Posting("9010.x", -cents), Posting("9000.x", cents)]
    return tuple(found)


class Bookkeeper(RuleBasedStateMachine):
    """Every rule is one transaction; the model follows when the ledger says yes, and foretells when it says no."""

    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        self.sums: dict[tuple[str, date], int] = defaultdict(int)
        self.entries: list[EntryDraft] = []
        self.reversed: set[int] = set()
        self.months: dict[str, str] = {}
        self.number = 0
        self.book = ""

    @initialize()
    def open_book(self) -> None:
        with writing(self.engine) as connection:
            self.book = f"book{len(Ledger.books(connection))}"
            fill_chart(Ledger.create(connection, book=self.book))

    def act(self, work: Callable[[Ledger], Any]) -> Any:
        with writing(self.engine) as connection:
            return work(Ledger.open(connection, book=self.book))

    def key(self) -> str:
        self.number += 1
        return f"key {self.number}"

    # ------------------------------------------------------------------------------------------------------- the model

    def refused(self, one: EntryDraft) -> type[FundError] | None:
        month = one.effective_on.isoformat()[:7]
        status = self.months.get(month, "closed" if self.months and month < min(self.months) else "open")
        if status == "closed" or (status == "locked" and one.kind not in ("adjusting", "closing")):
            return ClosedPeriod
        return None

    def keep(self, one: EntryDraft) -> None:
        self.entries.append(one)
        for leg in one.postings:
            self.sums[leg.account, one.effective_on] += leg.amount_cents

    def balance(self, code: str, as_of: date = date.max) -> int:
        return sum(
            cents
            for (account, day), cents in self.sums.items()
            if day <= as_of and (account == code or main_of(account) == code)
        )

    # ------------------------------------------------------------------------------------------------------- the rules

    @rule(legs=balanced(), on=days, kind=kinds)
    def post(self, legs: tuple[Posting, ...], on: date, kind: str) -> None:
        one = draft(self.key(), *legs, on=on, kind=kind)
        expected = self.refused(one)
        if expected:
            with pytest.raises(expected):
                self.act(lambda ledger: ledger.post(one))
            return
        posted = self.act(lambda ledger: ledger.post(one))
        self.keep(one)
        assert (posted.seq, posted.replayed) == (len(self.entries), False)

    @rule(legs=balanced(), on=days)
    def post_unbalanced(self, legs: tuple[Posting, ...], on: date) -> None:
        wrong = (
            *legs[:-1],
            Posting(legs[-1].account, legs[-1].amount_cents + (1 if legs[-1].amount_cents != -1 else 2)),
        )
        with pytest.raises(UnbalancedEntry):
            self.act(lambda ledger: ledger.post(draft(self.key(), *wrong, on=on)))

    @rule(
        plans=st.lists(st.tuples(balanced(), days, kinds, st.sampled_from(["", "", "unknown"])), min_size=1, max_size=5)
    )
    def post_many(self, plans: list[tuple[tuple[Posting, ...], date, str, str]]) -> None:
        drafts = []
        for legs, on, kind, fault in plans:
            wrong = (Posting("7777", legs[0].amount_cents), *legs[1:]) if fault else legs
            drafts.append(draft(self.key(), *wrong, on=on, kind=kind))
        results = self.act(lambda ledger: ledger.post_many(drafts, on_error="skip"))
        for one, result, (_legs, _on, _kind, fault) in zip(drafts, results, plans, strict=True):
            expected = UnknownAccount if fault else self.refused(one)
            if expected:
                assert isinstance(result, expected)
            else:
                self.keep(one)
                assert isinstance(result, Posted)
                assert result.seq == len(self.entries)

    @precondition(lambda self: self.entries)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(self.entries) - 1))
        again = self.act(lambda ledger: ledger.post(self.entries[place]))
        assert (again.seq, again.replayed) == (place + 1, True)

    @precondition(lambda self: self.entries)
    @rule(data=st.data())
    def repeat_with_other_content(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.entries))
        other = draft(one.idempotency_key, *one.postings, on=one.effective_on, kind=one.kind, memo="Iets anders")
        with pytest.raises(IdempotencyConflict):
            self.act(lambda ledger: ledger.post(other))

    @precondition(lambda self: self.entries)
    @rule(data=st.data(), on=days)
    def reverse(self, data: st.DataObject, on: date) -> None:
        seq = data.draw(st.integers(1, len(self.entries)))
        original = self.entries[seq - 1]
        key = self.key()

        def work(ledger: Ledger) -> Posted:
            return ledger.reverse(seq, effective_on=on, reason="fout", idempotency_key=key, actor="usr_baker")

        one = draft(
            key,
            *mirror(original.postings),
            on=on,
            kind="closing" if original.kind == "closing" else "reversal",
            memo="fout",
            reverses=seq,
            reason="fout",
        )
        expected = self.refused(one) or (AlreadyReversed if seq in self.reversed else None)
        if expected:
            with pytest.raises((expected, AlreadyReversed)):
                self.act(work)
            return
        self.act(work)
        self.keep(one)
        self.reversed.add(seq)

    @rule(month=st.sampled_from(MONTHS), step=st.sampled_from(["lock", "lock", "close", "reopen"]))
    def step(self, month: str, step: str) -> None:
        was = self.months.get(month, "open")
        before = (date.fromisoformat(month + "-01") - timedelta(days=1)).isoformat()[:7]
        after = (date.fromisoformat(month + "-28") + timedelta(days=5)).isoformat()[:7]
        if step == "lock":
            earlier = any(one.effective_on.isoformat()[:7] < month for one in self.entries)
            allowed = was == "open" and (
                month == min(self.months) or self.months.get(before, "open") != "open" if self.months else not earlier
            )
        elif step == "close":
            allowed = was == "locked" and self.months.get(before, "closed") == "closed"
        else:
            allowed = was != "open" and self.months.get(after, "open") == "open"

        def work(ledger: Ledger) -> None:
            if step == "lock":
                ledger.lock_period(month, actor="usr_fm")
            elif step == "close":
                ledger.close_period(month, actor="usr_fm")
            else:
                ledger.reopen_period(month, actor="usr_fm", second_actor="usr_tr", reason="vergeten")

        if not allowed:
            with pytest.raises(PeriodOutOfOrder):
                self.act(work)
            return
        self.act(work)
        self.months[month] = {"lock": "locked", "close": "closed", "reopen": "open"}[step]

    # -------------------------------------------------------------------------------------------------- the invariants

    @invariant()
    def the_book_agrees_with_the_model(self) -> None:
        if not self.book:
            return

        def look(ledger: Ledger) -> None:
            layers: dict[str, int] = defaultdict(int)
            for row in ledger.trial_balance():
                layers[row.layer] += row.balance_cents
            assert not any(layers.values())
            balances = ledger.balances()
            assert balances == {code: self.own(code) for code in balances}
            assert ledger.balance("3000") == self.balance("3000")
            middle = date(2027, 2, 14)
            assert ledger.main_balances(as_of=middle) == {
                code: self.balance(code, middle) for code in ledger.main_balances()
            }
            assert ledger.head().seq == len(self.entries)
            assert {one.month: one.status.value for one in ledger.periods()} == self.months
            assert ledger.verify(full=True).ok

        self.act(look)

    def own(self, code: str) -> int:
        return sum(cents for (account, _day), cents in self.sums.items() if account == code)


def test_a_bookkeeper_with_dictionaries_agrees_after_every_step(engine: Engine) -> None:
    class OnThisDatabase(Bookkeeper):
        pass

    OnThisDatabase.engine = engine
    run_state_machine_as_test(
        OnThisDatabase,
        settings=settings(
            max_examples=12,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
