"""Random lives in which the fund also pays bills, gives back, moves money to the treasury, and a partner leaves.

Everything of ``test_lives`` goes on meanwhile: the dictionaries foretell each entry, and after every step what
lifecycle.md 11 says of calls, exits, cash and what is free holds. What is new stands in ``tests/lives/moving.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from fund.reports.cash import cash_of
from fund.reports.statements.position import indicator_inputs_of
from fund.rules.valuation import free_to_commit, nav
from fund.schemas.exits import Exit
from fund.schemas.repayments import Plan
from fund.workflows.exits.lifecycle import PROJECTIONS
from tests.lives.moving import SUPPLIER, Moving, MovingShadow
from tests.test_lives import BUFFER, Projections, begin, cents, copies_on_postgresql, copies_on_sqlite, play, some
from tests.workflows import three_partners as three
from tests.workflows.three_partners import BAARN, BUNNIK, BUNSCHOTEN, CALLED

PARTS = st.sampled_from([Fraction(1), Fraction(1), Fraction(1, 2), Fraction(1, 3), Fraction(2, 7), Fraction(0)])
amounts = st.one_of(cents, st.integers(1_000_000, 9_000_000))
directions = st.sampled_from(["1005", "1005", "1000"])


def started(url: str) -> tuple[Any, ExitStack]:
    """The same beginning, of a fund that one may leave on the day of the notice, and that waits for no long stop."""
    rules = three.rules()
    terms = rules.terms.model_copy(update={"notice_months": 0, "long_stop_years": 0})
    return begin(url, Moving, MovingShadow, rules.model_copy(update={"terms": terms}))


class MoneyLives(Projections):
    """The lives of before, and what else moves money."""

    life: Moving
    shadow: MovingShadow

    # told well enough in the lives of before
    somebody_tries_what_is_not_theirs = None
    a_dry_run_moves_nothing_and_a_repeated_command_acts_once = None
    a_closed_year_is_corrected = None
    every_check_is_clean = None

    # --------------------------------------------------------------------------------------------------- bills, refunds

    @rule(amount=amounts, payee=st.sampled_from([SUPPLIER, SUPPLIER, BAARN]))
    def a_bill_is_approved(self, amount: int, payee: str) -> None:
        self.life.bill(amount, payee)

    @rule(amount=cents, number=some, part=PARTS)
    def somebody_pays_too_much(self, amount: int, number: int, part: Fraction) -> None:
        call = self.pick(list(self.shadow.calls), number)
        payer = self.shadow.calls[call]["partner"]
        [receipt] = self.life.comes_in({"cents": self.shadow.calls[call]["open"] + amount})
        self.life.match(receipt, call=call)
        if part:
            self.life.adopt()
            self.life.give_back(payer, int(-self.shadow.books[f"2100.{payer}"] * part) or 1)

    def overpaid(self) -> list[str]:
        return [partner for partner in CALLED if self.shadow.books[f"2100.{partner}"] < 0]

    @precondition(overpaid)
    @rule(number=some, part=PARTS)
    def what_was_paid_too_much_goes_back(self, number: int, part: Fraction) -> None:
        payer = self.pick(self.overpaid(), number)
        self.life.give_back(payer, int(-self.shadow.books[f"2100.{payer}"] * part) or 1)

    @precondition(overpaid)
    @rule(number=some)
    def more_than_that_does_not(self, number: int) -> None:
        payer = self.pick(self.overpaid(), number)
        self.life.give_back(payer, 1 - self.shadow.books[f"2100.{payer}"])

    def movable(self) -> list[tuple[str, str]]:
        calls = self.shadow.calls.items()
        return [(one["partner"], ref) for ref, one in calls if one["open"] and one["partner"] in self.overpaid()]

    @precondition(movable)
    @rule(number=some)
    def or_it_pays_a_call(self, number: int) -> None:
        self.life.move_to_call(*self.pick(self.movable(), number))

    # --------------------------------------------------------------------------------------------------------- payments

    def in_state(self, *states: str) -> list[str]:
        return [one["ref"] for one in self.shadow.in_payment(*states)]

    def approvable(self) -> list[str]:
        return [ref for ref in super().approvable() if ref in self.shadow.disbursements]

    def returnable(self) -> list[str]:
        s = self.shadow
        return [
            ref
            for ref in self.in_state("paid")
            if ref in s.payables or s.lent(s.disbursements[ref]["agreement"]) >= s.disbursements[ref]["share"]
        ]

    def retryable(self) -> list[str]:
        return [
            one["ref"]
            for one in self.shadow.in_payment("failed", "approved")
            if one["to_verify"] or one["state"] == "failed"
        ]

    def refundable(self) -> list[str]:
        found = self.shadow.disbursements
        return [
            ref
            for ref in self.in_state("paid", "part_refunded")
            if ref in found and found[ref]["refunded"] < found[ref]["cents"]
        ]

    def under_way(self) -> list[str]:
        batches = self.shadow.batches.items()
        return [ref for ref, one in batches if not one["paid"] and self.life.under_way(ref)]

    @precondition(under_way)
    @rule(number=some, much=some)
    def the_bank_reports_on_a_batch(self, number: int, much: int) -> None:
        batch = self.pick(self.under_way(), number)
        refs = self.life.under_way(batch)
        self.life.reported(batch, refs[: much % (len(refs) + 1)])

    # -------------------------------------------------------------------------------------------------------- transfers

    def distinct(self, amount: int) -> int:
        """No two transfers of the same amount: which line shows which is told elsewhere."""
        return amount * 100 + len(self.shadow.transfers)

    @rule(amount=st.integers(1, 60_000), to=directions, sides=st.sampled_from(["", "from", "to", "from to", "to from"]))
    def two_people_move_money(self, amount: int, to: str, sides: str) -> None:
        before = len(self.shadow.transfers)
        self.life.transfer(self.distinct(amount), to)
        for side in sides.split() if len(self.shadow.transfers) > before else ():
            self.life.shown(self.shadow.transfers[-1], side)

    @rule(amount=st.integers(1, 20_000), to=directions)
    def the_bank_sweeps(self, amount: int, to: str) -> None:
        if self.distinct(amount) <= self.shadow.books["1000" if to == "1005" else "1005"]:
            self.life.sweep(self.distinct(amount), to)

    def untold(self) -> list[tuple[dict[str, Any], str]]:
        return [(one, side) for one in self.shadow.transfers for side in one["untold"]]

    @precondition(untold)
    @rule(number=some)
    def a_statement_shows_one_side(self, number: int) -> None:
        self.life.shown(*self.pick(self.untold(), number))

    @precondition(untold)
    @rule(number=some)
    def another_statement_shows_one_side(self, number: int) -> None:
        self.life.shown(*self.pick(self.untold(), number))

    def on_its_way(self, *, told: bool) -> list[dict[str, Any]]:
        return [
            one
            for one in self.shadow.transfers
            if one["state"] == "sent" and "to" in one["untold"] and ("from" not in one["untold"]) == told
        ]

    @precondition(lambda self: self.on_its_way(told=False))
    @rule(number=some, by_hand=st.booleans())
    def a_transfer_is_recalled_or_said_to_be_there(self, number: int, by_hand: bool) -> None:
        one = self.pick(self.on_its_way(told=False), number)
        (self.life.settled_by_hand if by_hand else self.life.recall)(one)

    @precondition(lambda self: self.on_its_way(told=True))
    @rule(number=some)
    def the_bank_gives_a_transfer_back(self, number: int) -> None:
        self.life.bounces(self.pick(self.on_its_way(told=True), number))

    # -------------------------------------------------------------------------------------------------- plans, leaving

    @precondition(lambda self: self.shadow.agreements)
    @rule(number=some, count=st.integers(1, 4), every=st.integers(1, 6))
    def a_plan_is_made_anew(self, number: int, count: int, every: int) -> None:
        self.life.make_anew(self.pick(list(self.shadow.agreements), number), count, every)

    @rule(first=st.sampled_from([BUNNIK, BUNSCHOTEN]), part=PARTS)
    def a_partner_leaves(self, first: str, part: Fraction) -> None:
        leaver = self.shadow.leaver
        self.life.leaves(leaver.partner if leaver else first, part)

    @precondition(lambda self: self.shadow.leaver)
    @rule(parts=st.lists(PARTS, min_size=2, max_size=5))
    def and_goes_on_leaving(self, parts: list[Fraction]) -> None:
        assert self.shadow.leaver
        for part in parts:
            self.life.leaves(self.shadow.leaver.partner, part)

    @rule(first=st.sampled_from([BUNNIK, BUNSCHOTEN]))
    def and_is_valued_and_booked_at_once(self, first: str) -> None:
        leaver = self.shadow.leaver
        for _step in range(4):
            if self.shadow.leaver is None or self.shadow.leaver.state in (
                "notice_given",
                "settlement_proposed",
                "agreed",
            ):
                self.life.leaves(leaver.partner if leaver else first, Fraction(1))

    # --------------------------------------------------------------------------------------------------- the invariants

    @invariant()
    def the_books_agree_with_the_dictionaries(self) -> None:
        if hasattr(self, "life"):
            self.life.adopt()
            for ref in self.shadow.anew:
                self.life.same_in_all(ref)
            self.life.look_at_leaver()
        super().the_books_agree_with_the_dictionaries()

    def _sums(self, snapshot: Any) -> None:
        s = self.shadow
        now, plain = snapshot.ledger.main_balances(), snapshot.balances()
        assert (free_to_commit(now, BUFFER), nav(now)) == (s.free(), s.nav())
        assert (free_to_commit(plain, BUFFER), nav(plain)) == (s.free(), s.nav())
        result = -sum(amount for code, amount in now.items() if code.startswith("4"))
        assert nav(now) == -now.get("3000", 0) - now.get("3100", 0) + result
        for partner in CALLED:
            calls = [one for one in s.calls.values() if one["partner"] == partner]
            exited = s.leaver.exited if s.leaver and s.leaver.partner == partner else 0
            assert s.books[f"3000.{partner}"] == exited - sum(one["called"] for one in calls)
            assert s.books[f"1100.{partner}"] == sum(one["open"] for one in calls)
        assert now.get("2300", 0) == -sum(one["waiting"] for one in s.receipts.values())
        under_way = sum(one["cents"] for one in s.in_payment("sent"))
        assert s.books["1010"] == self._between() + sum(amount for _ref, amount in s.debits) - under_way
        basis = indicator_inputs_of(snapshot, snapshot.today)
        self._cash(snapshot, basis)
        assert basis.e + now.get("1100", 0) == nav(now)
        if s.leaver is not None:
            self._leaver(snapshot)

    def _between(self) -> int:
        """What left one account of the fund and is not on the other, less what came first on the other."""
        sign = {"sent": 1, "arrived": -1}
        return sum(sign.get(one["state"], 0) * one["cents"] for one in self.shadow.transfers)

    def _cash(self, snapshot: Any, basis: Any) -> None:
        s, told, plain = self.shadow, cash_of(snapshot), snapshot.balances()

        def owed(ground: str, *states: str) -> int:
            return sum(one["cents"] for one in s.in_payment(*states) if one.get("ground") == ground)

        waits = ("approved", "sent", "failed")
        assert told.cash == s.sum("1000", "1005") + sum(amount for _ref, amount in s.debits) + self._between()
        assert told.held == -s.sum("2300", "2100")
        netted = s.leaver.netted if s.leaver else 0
        came = sum(one["called"] - one["open"] for one in s.calls.values()) - netted
        assert told.i == came - owed("settlement", "paid")
        assert told.refunds == owed("overpayment", *waits)
        assert told.k == plain.get("4500", 0) + s.books["2000.notaris"] - owed("cost", *waits)
        paid = [one for one in s.disbursements.values() if one["state"] in ("paid", "part_refunded")]
        assert told.paid == sum(one["cents"] for one in paid)
        assert told.r == -plain.get("4400", 0)
        assert told.a == sum(told.repaid.values())
        assert told.u - told.a - plain["4200"] - plain["4210"] - plain["4300"] == basis.o == self._outstanding(plain)
        assert told.difference == 0
        assert cash_of(snapshot, known_at=len(s.entries) // 2).difference == 0

    def _leaver(self, snapshot: Any) -> None:
        """K9 as far as it went, and what was stored is what the facts say."""
        s = self.shadow
        ref = s.leaver.partner  # type: ignore[union-attr]
        case = snapshot.case(Exit, ref)
        assert 0 <= case.fallen_cents <= case.later_cents
        assert -s.books[f"2200.{ref}"] == case.due_cents >= 0
        assert -s.books[f"2210.{ref}"] == case.open_later_cents >= 0
        again = None
        for event in snapshot.history(case):
            again = PROJECTIONS["exit"].apply(again, event)
        assert again == case

    def _agreements(self, snapshot: Any) -> None:
        for ref in self.shadow.anew:
            one = self.shadow.agreements[ref]
            booked = sum(
                each["share"] for each in self.life.of(ref, "approved", "sent", "failed", "paid", "part_refunded")
            )
            still = one["repayable"] - booked if one["state"] == "active" else 0
            assert snapshot.case(Plan, ref).open_cents == self.shadow.lent(ref) + still
        super()._agreements(snapshot)

    def teardown(self) -> None:
        try:
            if hasattr(self, "life"):
                Projections.every_check_is_clean(self)
        finally:
            super().teardown()


@pytest.fixture
def on_sqlite(sqlite_url: str, tmp_path: Path) -> Iterator[tuple[Callable[[], str], Any]]:
    with copies_on_sqlite(sqlite_url, tmp_path, started) as copies:
        yield copies


@pytest.fixture
def on_postgresql(postgres_url: str, postgres_server: str) -> Iterator[tuple[Callable[[], str], Any]]:
    with copies_on_postgresql(postgres_url, postgres_server, started) as copies:
        yield copies


def test_whatever_moves_money_in_whatever_order_the_books_hold(on_sqlite: tuple[Callable[[], str], Any]) -> None:
    play(*on_sqlite, examples=8, steps=25, machine=MoneyLives)


def test_they_hold_on_postgresql_too(on_postgresql: tuple[Callable[[], str], Any]) -> None:
    play(*on_postgresql, examples=2, steps=12, machine=MoneyLives)
