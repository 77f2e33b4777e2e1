"""A state machine that plays the people of a fund against plain dictionaries; after every step the books must agree.

Source: lifecycle.md 11, the invariants; the rows of its tables stand in ``tests/lives``.
"""

from __future__ import annotations

import shutil
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from fund.checks import verify
from fund.commands.opening import open_fund
from fund.ledger import main_of
from fund.reports.cash import cash_of
from fund.reports.statements.position import indicator_inputs_of
from fund.rules.valuation import PROMISES, free_to_commit, nav
from fund.schemas.repayments import Plan
from tests.conftest import _administer, with_database
from tests.factories import START, World, founded
from tests.lives.money_out import BOOKED, OPEN
from tests.lives.shadow import BUFFER, Shadow
from tests.lives.whole import Life
from tests.workflows import three_partners as three
from tests.workflows.three_partners import CALLED

some = st.integers(0, 10**6)
awards = st.one_of(st.integers(2_500_000, 6_000_000), st.sampled_from([2_500_001, 3_333_333, 12_499_999]))
shares = st.sampled_from([7000, 10_000, 3333, 1, 0, 5001])
cents = st.one_of(st.integers(1, 300_000), st.sampled_from([1, 99, 100_000]))


def begin(
    url: str, made: Callable[..., Any] = Life, shadow: Callable[[], Shadow] = Shadow, rules: Any = None
) -> tuple[Any, ExitStack]:
    """A fund in full swing, so that every rule can come first: capital, four experiments, money at every stage."""
    stack = ExitStack()
    world = stack.enter_context(founded(url, rules=rules or three.rules()))
    life = made(world, three.peopled(world), shadow())
    life.call(20_000_000)
    calls = life.shadow.calls.items()
    life.comes_in(*({"cents": one["called"], "reference": one["reference"], "call": ref} for ref, one in calls))
    life.payees()
    life.later(3)
    first, second, third = (
        life.experiment(4_000_000, 7000, 2_500_001, 3, 3, 2),
        life.experiment(3_333_333, 5001, 1_111_111, 4, 1, 1),
        life.experiment(2_500_000, 10_000, 2_000_000, 1, 0, 1),
    )
    assert first
    assert second
    assert third
    for agreement, number, asked in ((first, 1, 2_500_001), (third, 1, 1_999_999)):
        life.approve(life.request(agreement, number, asked))
    life.settle(life.send())
    life.end(third)
    life.give_up(third, 1_500_000)
    life.approve(life.request(first, 2, 700_007))
    life.send()
    life.approve(life.request(second, 1, 333_333))
    life.request(second, 2, 999_999)
    life.call(500_000, "gm0312")
    return life, stack


class Projections(RuleBasedStateMachine):
    """Every rule is what somebody does; the dictionaries foretell what the books say, or which refusal comes."""

    copy_of: Callable[[], str]
    beginning: Life

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()

    @initialize()
    def open(self) -> None:
        fund = self.stack.enter_context(open_fund(type(self).copy_of()))
        self.life = self.beginning.apart(World(fund))
        self.shadow = self.life.shadow
        self.seen = self.repeated = 0
        self.reckoned: tuple[int, Any] = (0, None)

    def pick(self, found: list[Any], number: int) -> Any:
        return found[number % len(found)]

    def has(self, **wanted: Any) -> list[str]:
        """Agreements that stand so."""
        return [
            ref
            for ref, one in self.shadow.agreements.items()
            if all(one[key] == value for key, value in wanted.items())
        ]

    def in_state(self, *states: str) -> list[str]:
        return [ref for ref, one in self.shadow.disbursements.items() if one["state"] in states]

    def waiting(self, *, named: bool | None = None) -> list[str]:
        return [
            ref
            for ref, one in self.shadow.receipts.items()
            if one["waiting"] and (named is None or bool(one["call"] or one["agreement"]) == named)
        ]

    # ---------------------------------------------------------------------------------------------------- capital, bank

    @rule(amount=st.one_of(st.integers(1, 5), st.integers(1, 5_000_000)), who=st.sampled_from([None, *CALLED]))
    def capital_is_called(self, amount: int, who: str | None) -> None:
        self.life.call(amount, who)

    @precondition(lambda self: any(one["open"] for one in self.shadow.calls.values()))
    @rule(
        number=some, how=st.sampled_from(["exact", "exact", "part", "surplus"]), version=st.sampled_from(["08", "02"])
    )
    def a_partner_pays(self, number: int, how: str, version: str) -> None:
        ref = self.pick([ref for ref, one in self.shadow.calls.items() if one["open"]], number)
        due = self.shadow.calls[ref]["open"]
        paid = {"exact": due, "part": max(due // 3, 1), "surplus": due + 100}[how]
        self.life.comes_in(
            {"cents": paid, "reference": self.shadow.calls[ref]["reference"], "call": ref}, version=version
        )

    @rule(amount=cents, more=st.lists(cents, max_size=2))
    def somebody_unknown_pays(self, amount: int, more: list[int]) -> None:
        self.life.comes_in(*({"cents": each} for each in (amount, *more)))

    @precondition(lambda self: self.waiting(named=True))
    @rule(number=some)
    def a_treasurer_matches_what_is_proposed(self, number: int) -> None:
        found = [ref for ref in self.waiting(named=True) if not self.shadow.receipts[ref]["by_hand"]]
        if found:
            self.life.match(self.pick(found, number))

    @precondition(lambda self: self.waiting())
    @rule(number=some, aim=some, what=st.sampled_from(["call", "agreement", "income"]))
    def two_people_decide_what_a_receipt_is(self, number: int, aim: int, what: str) -> None:
        ref = self.pick(self.waiting(), number)
        if what == "income":
            self.life.income(ref)
        elif what == "call":
            self.life.match(ref, call=self.pick(list(self.shadow.calls), aim))
        else:
            self.life.match(ref, agreement=self.pick(list(self.shadow.agreements), aim))

    @precondition(lambda self: self.matched())
    @rule(number=some)
    def a_match_was_wrong(self, number: int) -> None:
        self.life.unmatch(self.pick(self.matched(), number))

    def matched(self) -> list[str]:
        found = self.shadow.receipts.items()
        return [ref for ref, one in found if any("call" in use or "agreement" in use for use in one["uses"])]

    @rule(amount=st.integers(1, 5_000), what=st.sampled_from(["charge", "debit", "again"]))
    def the_bank_takes_money_or_repeats_itself(self, amount: int, what: str) -> None:
        if what == "again":
            self.life.again()
        else:
            (self.life.charged if what == "charge" else self.life.debited)(amount)

    @precondition(lambda self: self.shadow.debits)
    @rule()
    def a_debit_is_explained(self) -> None:
        self.life.explained()

    # ------------------------------------------------------------------------------------------------------ experiments

    @precondition(lambda self: len(self.shadow.agreements) < 5)
    @rule(
        award=awards,
        share=shares,
        part=st.integers(1, 99),
        count=st.integers(1, 5),
        grace=st.integers(0, 3),
        between=st.integers(1, 6),
    )
    def an_experiment_is_agreed(self, award: int, share: int, part: int, count: int, grace: int, between: int) -> None:
        self.life.experiment(award, share, award * part // 100, count, grace, between)

    @precondition(lambda self: self.has(state="active"))
    @rule(
        number=some,
        milestone=st.integers(1, 2),
        part=st.integers(1, 100),
        until=st.sampled_from(["asked", "approved", "sent", "paid"]),
    )
    def money_is_asked_for(self, number: int, milestone: int, part: int, until: str) -> None:
        agreement = self.pick(self.has(state="active"), number)
        amount = self.life.asked(agreement, milestone) * part // 100
        if not amount:
            return
        ref = self.life.request(agreement, milestone, amount)
        if until != "asked":
            self.life.approve(ref)
        if until in ("sent", "paid") and self.life.payable():
            batch = self.life.send()
            if until == "paid":
                self.life.settle(batch)

    @precondition(lambda self: self.has(state="active"))
    @rule(number=some, milestone=st.integers(1, 2), change=st.integers(-3_000_000, 3_000_000).filter(bool))
    def an_award_changes(self, number: int, milestone: int, change: int) -> None:
        self.life.amend(self.pick(self.has(state="active"), number), milestone, change)

    @precondition(lambda self: self.approvable())
    @rule(number=some)
    def a_request_is_approved(self, number: int) -> None:
        self.life.approve(self.pick(self.approvable(), number))

    def approvable(self) -> list[str]:
        active = self.has(state="active")
        return [
            ref
            for ref in self.in_state("requested", "checked")
            if self.shadow.disbursements[ref]["agreement"] in active
        ]

    @precondition(lambda self: self.in_state("requested", "checked"))
    @rule(number=some)
    def a_request_is_refused(self, number: int) -> None:
        self.life.refuse(self.pick(self.in_state("requested", "checked"), number))

    @precondition(lambda self: self.life.payable())
    @rule(settled=st.booleans())
    def a_batch_is_sent(self, settled: bool) -> None:
        batch = self.life.send()
        if settled:
            self.life.settle(batch)

    @precondition(lambda self: self.under_way())
    @rule(number=some)
    def the_bank_pays(self, number: int) -> None:
        self.life.settle(self.pick(self.under_way(), number))

    def under_way(self) -> list[str]:
        sent = self.in_state("sent")
        return [
            ref
            for ref, one in self.shadow.batches.items()
            if not one["paid"] and any(each in sent for each in one["refs"])
        ]

    @precondition(lambda self: self.in_state("sent"))
    @rule(number=some)
    def the_bank_does_not_carry_out_a_payment(self, number: int) -> None:
        self.life.fail(self.pick(self.in_state("sent"), number))

    @precondition(lambda self: self.returnable())
    @rule(number=some)
    def the_bank_returns_a_payment(self, number: int) -> None:
        self.life.come_back(self.pick(self.returnable(), number))

    def returnable(self) -> list[str]:
        one = self.shadow.disbursements
        return [ref for ref in self.in_state("paid") if self.shadow.lent(one[ref]["agreement"]) >= one[ref]["share"]]

    @precondition(lambda self: self.retryable())
    @rule(number=some)
    def a_payment_is_tried_again(self, number: int) -> None:
        self.life.retry(self.pick(self.retryable(), number))

    def retryable(self) -> list[str]:
        return [
            *self.in_state("failed"),
            *(ref for ref in self.in_state("approved") if self.shadow.disbursements[ref]["to_verify"]),
        ]

    @precondition(lambda self: self.in_state("approved", "failed"))
    @rule(number=some)
    def a_payment_is_not_made(self, number: int) -> None:
        self.life.cancel(self.pick(self.in_state("approved", "failed"), number))

    @precondition(lambda self: self.refundable())
    @rule(number=some, amount=cents)
    def unspent_money_comes_back(self, number: int, amount: int) -> None:
        ref = self.pick(self.refundable(), number)
        [receipt] = self.life.comes_in({"cents": amount})
        self.life.refund(ref, receipt)

    def refundable(self) -> list[str]:
        one = self.shadow.disbursements
        return [ref for ref in self.in_state("paid", "part_refunded") if one[ref]["refunded"] < one[ref]["cents"]]

    # ----------------------------------------------------------------------------------------- money back, looking back

    @precondition(lambda self: self.instalments())
    @rule(number=some, how=st.sampled_from(["exact", "exact", "part", "surplus"]))
    def an_instalment_is_paid(self, number: int, how: str) -> None:
        ref, part = self.pick(self.instalments(), number)
        due = min(self.shadow.open_of(part), max(self.shadow.lent(ref), 0)) or self.shadow.open_of(part)
        paid = {"exact": due, "part": max(due // 3, 1), "surplus": due + 7}[how]
        plan = self.life.world.ask("repayment plan", ref=ref)["instalments"]
        reference = next(row["reference"] for row in plan if row["no"] == part["no"])
        self.life.comes_in({"cents": paid, "reference": reference, "agreement": ref, "no": part["no"]})

    def instalments(self) -> list[tuple[str, dict[str, Any]]]:
        found = self.shadow.agreements.items()
        return [(ref, part) for ref, one in found for part in one["plan"] if self.shadow.open_of(part) > 0]

    @precondition(lambda self: self.reckoned != (len(self.shadow.entries), self.shadow.today))
    @rule()
    def the_allowance_is_reckoned(self) -> None:
        self.life.allowance()
        self.reckoned = (len(self.shadow.entries), self.shadow.today)

    @precondition(lambda self: self.has(state="active"))
    @rule(number=some, stopped=st.booleans())
    def an_agreement_ends(self, number: int, stopped: bool) -> None:
        self.life.end(self.pick(self.has(state="active"), number), stopped=stopped)

    @precondition(lambda self: self.losable())
    @rule(number=some, part=st.sampled_from([100, 100, 37, 1]))
    def what_was_learned_is_given_up(self, number: int, part: int) -> None:
        ref = self.pick(self.losable(), number)
        if self.shadow.agreements[ref]["state"] == "active":
            self.life.end(ref, stopped=True)
        self.life.give_up(ref, max(self.shadow.lent(ref) * part // 100, 1))

    def losable(self) -> list[str]:
        found = [ref for ref in self.shadow.agreements if self.shadow.lent(ref) > 0 and not self.life.of(ref, *OPEN)]
        if not found:
            return []
        states = {row["ref"]: row["state"] for row in self.life.world.ask("agreement list")["agreements"]}
        return [ref for ref in found if states[ref] != "closed" and self.shown(ref)]

    def shown(self, ref: str) -> bool:
        """Whether the milestones that were due until the end were shown: else nothing was learned for certain."""
        with self.life.world.snapshot() as snapshot:
            from fund.schemas.agreements import Agreement, Milestone

            until = snapshot.case(Agreement, ref).ended_on or snapshot.today
            return not [
                one for one in snapshot.cases(Milestone, parent=ref) if one.due_on <= until and one.state == "planned"
            ]

    @precondition(lambda self: self.posted())
    @rule(number=some, amount=cents)
    def something_is_recovered(self, number: int, amount: int) -> None:
        ref = self.pick(self.posted(), number)
        [receipt] = self.life.comes_in({"cents": amount})
        self.life.recover(ref, receipt)

    @precondition(lambda self: self.posted())
    @rule(number=some)
    def a_writeoff_is_taken_back(self, number: int) -> None:
        self.life.restore(self.pick(self.posted(), number))

    def posted(self) -> list[str]:
        return [ref for ref, one in self.shadow.writeoffs.items() if one["state"] == "posted"]

    # ---------------------------------------------------------------------------------------------------- time, periods

    @rule(days=st.one_of(st.just(1), st.integers(1, 40), st.integers(90, 200)))
    def days_pass(self, days: int) -> None:
        self.life.later(days)

    @rule(prepared=st.booleans())
    def a_year_ends(self, prepared: bool) -> None:
        self.life.later((self.shadow.today.replace(month=12, day=31) - self.shadow.today).days)
        if prepared:
            self.life.allowance()
        self.life.later(10)
        self.life.close_year()

    @rule(what=st.sampled_from(["lock", "lock", "close", "reopen", "year"]))
    def a_period_is_locked_or_closed(self, what: str) -> None:
        life = self.life
        {"lock": life.lock_month, "close": life.close_month, "reopen": life.reopen_month, "year": life.close_year}[
            what
        ]()

    @precondition(lambda self: self.shadow.years)
    @rule(amount=cents)
    def a_closed_year_is_corrected(self, amount: int) -> None:
        year = int(self.shadow.years[-1])
        if self.life.reopen_year():
            self.life.invoice(amount, date(year, 12, 31))
            self.life.close_year()

    @rule(amount=cents, back=st.sampled_from([0, 3, 40]))
    def a_cost_is_booked_by_hand(self, amount: int, back: int) -> None:
        self.life.invoice(amount, max(self.shadow.today - timedelta(days=back), START.date()))

    @precondition(lambda self: self.shadow.by_hand)
    @rule(number=some)
    def an_entry_by_hand_is_taken_back(self, number: int) -> None:
        self.life.take_back(self.pick(sorted(self.shadow.by_hand), number))

    # ---------------------------------------------------------------------------------------------------- what is wrong

    @rule(number=some)
    def somebody_tries_what_is_not_theirs(self, number: int) -> None:
        wrong: list[tuple[str, str, str, dict[str, Any]]] = [
            ("not_authorised", "capital call", "bram", {"amount": 100}),
            ("unknown_partner", "capital call", "anna", {"amount": 100, "partner": "gm9999"}),
            ("amount_not_positive", "capital call", "anna", {"amount": 0}),
            ("unknown_ref", "disbursement approve", "bram", {"ref": "D2026-9999"}),
            ("empty_file", "bank import", "bram", {"files": [{"name": "leeg.xml", "content": b""}]}),
            ("broken_xml", "bank import", "bram", {"files": [{"name": "stuk.xml", "content": b"<Document>"}]}),
            ("not_authorised", "payment batch", "fatima", {}),
            ("unknown_user", "capital call", "niemand", {"amount": 100}),
        ]
        active = self.has(state="active")
        if active:
            over = {"ref": active[0], "milestone": 1, "amount": self.life.asked(active[0], 1) + 1}
            accepted = self.shadow.agreements[active[0]]["milestones"][1]["accepted"]
            wrong.append(
                ("milestone_exceeded" if accepted else "milestone_not_accepted", "disbursement request", "fatima", over)
            )
        for ref in self.in_state("checked")[:1]:
            wrong.append(("not_authorised", "disbursement approve", "anna", {"ref": ref}))
            if self.shadow.months and self.shadow.disbursements[ref]["agreement"] in active:
                day = self.shadow.today.replace(
                    year=min(int(month[:4]) for month in self.shadow.months), month=1, day=8
                )
                wrong.append(("closed_period", "disbursement approve", "bram", {"ref": ref, "on": day}))
        for ref in self.in_state("paid", "sent")[:1]:
            wrong.append(("transition_not_allowed", "disbursement approve", "bram", {"ref": ref}))
            wrong.append(("transition_not_allowed", "disbursement cancel", "anna", {"ref": ref, "reason": "spijt"}))
        for ref in [ref for ref, one in self.shadow.receipts.items() if not one["waiting"]][:1]:
            wrong.append(
                ("receipt_already_allocated", "bank match", "bram", {"ref": ref, "to": next(iter(self.shadow.calls))})
            )
        code, command, user, args = self.pick(wrong, number)
        self.life.refused(code, command, user=user, **args)

    @rule(amount=st.integers(1, 10_000))
    def a_dry_run_moves_nothing_and_a_repeated_command_acts_once(self, amount: int) -> None:
        world = self.life.world
        with world.snapshot() as snapshot:
            head = snapshot.ledger.head()
        world.do("capital call", user="anna", dry_run=True, amount=amount)
        self.repeated += 1
        asked = {"user": "anna", "command_id": f"same-{self.repeated}", "amount": amount}
        made, again = world.do("capital call", **asked), world.do("capital call", **asked)
        assert (made["replayed"], again["replayed"], again["pending"]) == (False, True, made["pending"])
        with world.snapshot() as snapshot:
            assert snapshot.ledger.head() == head
        world.do("decline", user="bram", ref=made["pending"], reason="nu niet")

    # --------------------------------------------------------------------------------------------------- the invariants

    @invariant()
    def the_books_agree_with_the_dictionaries(self) -> None:
        if not hasattr(self, "life"):
            return
        s = self.shadow
        with self.life.world.snapshot() as snapshot:
            kept = {code: amount for code, amount in snapshot.ledger.balances().items() if amount}
            assert kept == {code: amount for code, amount in s.books.items() if amount}
            assert snapshot.ledger.head().seq == len(s.entries)
            for entry in snapshot.ledger.entries(since_seq=self.seen):
                layers: dict[bool, int] = defaultdict(int)
                for leg in entry.postings:
                    layers[leg.account.startswith("9")] += leg.amount_cents
                assert set(layers.values()) == {0}
                _on, _kind, legs = s.entries[entry.seq - 1]
                assert entry.effective_on == _on
                assert sorted((leg.account, leg.amount_cents) for leg in entry.postings) == sorted(legs)
                if entry.kind in PROMISES and any(main_of(account) == "9000" and more > 0 for account, more in legs):
                    assert free_to_commit(snapshot.balances(known_at=entry.seq), BUFFER) >= 0
            self.seen = len(s.entries)
            past = s.today - timedelta(days=30)
            assert {code: amount for code, amount in snapshot.ledger.balances(as_of=past).items() if amount} == {
                code: amount for code, amount in s.as_of(past).items() if amount
            }
            self._sums(snapshot)
            self._agreements(snapshot)

    def _sums(self, snapshot: Any) -> None:
        s = self.shadow
        now, plain = snapshot.ledger.main_balances(), snapshot.balances()
        assert (free_to_commit(now, BUFFER), nav(now)) == (s.free(), s.nav())
        assert (free_to_commit(plain, BUFFER), nav(plain)) == (s.free(), s.nav())  # year end moves neither
        result = -sum(amount for code, amount in now.items() if code.startswith("4"))
        assert nav(now) == -now.get("3000", 0) - now.get("3100", 0) + result
        for partner in CALLED:
            called = sum(one["called"] for one in s.calls.values() if one["partner"] == partner)
            assert s.books[f"3000.{partner}"] == -called
            due = sum(one["open"] for one in s.calls.values() if one["partner"] == partner)
            assert s.books[f"1100.{partner}"] == due
        assert now.get("2300", 0) == -sum(one["waiting"] for one in s.receipts.values())
        basis = indicator_inputs_of(snapshot, snapshot.today)
        self._cash(snapshot, basis)
        assert basis.e + now.get("1100", 0) == nav(now)

    def _cash(self, snapshot: Any, basis: Any) -> None:
        """The cash identity of today and of any day before it, and its symbols by the dictionaries."""
        s = self.shadow
        told = cash_of(snapshot)
        assert told.cash == s.sum("1000", "1005") + sum(amount for _ref, amount in s.debits)
        assert told.held == -s.sum("2300", "2100")
        assert told.i == sum(one["called"] - one["open"] for one in s.calls.values())
        paid = [one for one in s.disbursements.values() if one["state"] in ("paid", "part_refunded")]
        assert told.paid == sum(one["cents"] for one in paid)
        assert told.u <= sum(one["share"] for one in paid)
        plain = snapshot.balances()
        assert (told.r, told.k) == (
            -plain.get("4400", 0),
            plain.get("4500", 0) + s.books["2000.notaris"],  # owed, and not paid yet
        )
        assert told.a == sum(told.repaid.values())
        assert told.u - told.a - plain["4200"] - plain["4210"] - plain["4300"] == basis.o == self._outstanding(plain)
        assert told.difference == 0
        assert cash_of(snapshot, as_of=s.today - timedelta(days=30)).difference == 0
        assert cash_of(snapshot, known_at=len(s.entries) // 2).difference == 0

    def _outstanding(self, plain: dict[str, int]) -> int:
        """1200, less what of it is approved and not yet paid."""
        ahead = [one for one in self.shadow.disbursements.values() if one["state"] in ("approved", "sent", "failed")]
        return plain["1200"] - sum(one["share"] for one in ahead)

    def _agreements(self, snapshot: Any) -> None:
        s = self.shadow
        running = 0
        for ref, one in s.agreements.items():
            booked = self.life.of(ref, *BOOKED)
            left = one["award"] - sum(each["cents"] for each in booked)
            committed = s.books[f"9000.{one['proposal']}"]
            assert committed == (left if one["state"] == "active" else 0)
            assert committed >= 0
            running += committed
            assert s.lent(ref) >= 0
            assert 0 <= -s.books[f"1290.{ref}"] <= s.lent(ref)
            plan = snapshot.case(Plan, ref)
            repayable_left = one["repayable"] - sum(each["share"] for each in booked) if one["state"] == "active" else 0
            assert sum(part.open_cents for part in plan.instalments) == s.lent(ref) + repayable_left
            assert [(part.no, part.due_on, part.open_cents) for part in plan.instalments] == [
                (part["no"], part["due"], s.open_of(part)) for part in one["plan"]
            ]
            written = [each for each in s.writeoffs.values() if each["agreement"] == ref and each["state"] == "posted"]
            lost = sum(
                snapshot.ledger.balance(f"{code}.{ref}", kinds_excluded=("closing",)) for code in ("4200", "4210")
            )
            back = -snapshot.ledger.balance(f"4300.{ref}", kinds_excluded=("closing",))
            assert lost == sum(each["cents"] for each in written)
            assert lost >= back >= sum(each["recovered"] for each in written)
        assert sum(amount for code, amount in s.books.items() if main_of(code) == "9000") == running

    @invariant()
    def every_check_is_clean(self) -> None:
        if not hasattr(self, "life"):
            return
        verified = verify(self.life.world.fund.engine)
        assert [finding for check in verified["checks"] for finding in check["findings"]] == []
        assert verified["ok"]

    def teardown(self) -> None:
        self.stack.close()


def play(
    copies: Callable[[], str], beginning: Life, *, examples: int, steps: int, machine: type[Projections] = Projections
) -> None:
    """So many lives of so many steps, each from the same beginning."""
    machine = type("Lives", (machine,), {"copy_of": staticmethod(copies), "beginning": beginning})
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
        print_blob=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=chosen)


@pytest.fixture
def sqlite_copies(sqlite_url: str, tmp_path: Path) -> Iterator[tuple[Callable[[], str], Life]]:
    """Copies of a fund that has begun, each a file of its own."""
    with copies_on_sqlite(sqlite_url, tmp_path, begin) as copies:
        yield copies


@contextmanager
def copies_on_sqlite(
    url: str, tmp_path: Path, beginning: Callable[[str], tuple[Any, ExitStack]]
) -> Iterator[tuple[Callable[[], str], Any]]:
    """Copies of a beginning, each a file of its own."""
    import sqlite3
    from contextlib import closing

    life, stack = beginning(url)
    with stack:
        source = Path(url.removeprefix("sqlite:///"))
        with closing(sqlite3.connect(source)) as connection:
            connection.execute("pragma wal_checkpoint(truncate)")

        def copied() -> str:
            path = tmp_path / f"life-{uuid.uuid4().hex}.db"
            shutil.copyfile(source, path)
            return f"sqlite:///{path}"

        yield copied, life


@pytest.fixture
def postgres_copies(postgres_url: str, postgres_server: str) -> Iterator[tuple[Callable[[], str], Life]]:
    """Copies of a fund that has begun, each a database of its own."""
    with copies_on_postgresql(postgres_url, postgres_server, begin) as copies:
        yield copies


@contextmanager
def copies_on_postgresql(
    url: str, server: str, beginning: Callable[[str], tuple[Any, ExitStack]]
) -> Iterator[tuple[Callable[[], str], Any]]:
    """Copies of a beginning, each a database of its own."""
    life, stack = beginning(url)
    stack.close()
    template = url.partition("?")[0].rpartition("/")[2]
    made: list[str] = []

    def copied() -> str:
        name = f"life_{uuid.uuid4().hex[:12]}"
        _administer(server, f"create database {name} template {template} strategy file_copy")
        made.append(name)
        return with_database(server, name)

    yield copied, life
    for name in made:
        _administer(server, f"drop database if exists {name} with (force)")


def test_random_lives_of_a_fund_agree_with_plain_dictionaries(sqlite_copies: tuple[Callable[[], str], Life]) -> None:
    play(*sqlite_copies, examples=12, steps=20)


def test_a_year_is_corrected_in_the_middle_of_a_life(sqlite_copies: tuple[Callable[[], str], Life]) -> None:
    copied, beginning = sqlite_copies
    life = type("OneLife", (Projections,), {"copy_of": staticmethod(copied), "beginning": beginning})()
    life.open()
    life.a_cost_is_booked_by_hand(4_200, 3)
    life.a_year_ends(prepared=True)
    assert life.shadow.years == ["2026"]
    life.a_cost_is_booked_by_hand(700, 40)  # refused: its month is closed
    life.the_books_agree_with_the_dictionaries()
    life.a_closed_year_is_corrected(12_345)
    assert life.shadow.years == ["2026"]
    life.the_books_agree_with_the_dictionaries()
    life.an_entry_by_hand_is_taken_back(0)
    life.days_pass(40)
    life.a_period_is_locked_or_closed("lock")
    life.a_closed_year_is_corrected(1)  # refused: January is locked
    life.the_books_agree_with_the_dictionaries()
    life.every_check_is_clean()
    life.teardown()


def test_random_lives_agree_on_postgresql_too(postgres_copies: tuple[Callable[[], str], Life]) -> None:
    play(*postgres_copies, examples=3, steps=15)
