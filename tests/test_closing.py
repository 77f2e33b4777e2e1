"""Months are locked and closed in order, years carry their result over, and what is closed takes nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fund.checks import verify
from fund.errors.amounts import InvalidMonth
from fund.errors.closing import (
    AllowanceRunMissing,
    ExplanationForMonth,
    MonthsNotLocked,
    NotByHand,
    NotMadeByHand,
    PeriodNotOver,
    UnidentifiedReceipts,
    YearClosedBefore,
    YearNotClosed,
    YearOutOfOrder,
)
from fund.errors.commands import ReasonMissing
from fund.errors.ledger import AlreadyReversed, ClosedPeriod, PeriodOutOfOrder, UnbalancedEntry, UnknownEntry
from fund.errors.people import SameHands
from fund.events.capital import ContributionCalled
from fund.events.receipts import CostCharged
from fund.events.repayments import AllowanceAdjusted
from tests.factories import World, as_text, founded
from tests.workflows.looking_back import admitted, came_in, evaluated, posted, received, until_completed


def lock(world: World, period: str) -> dict[str, Any]:
    return world.both("period lock", user="anna", second="bram", period=period)


def close(world: World, period: str, **more: str) -> None:
    world.both("period close", user="anna", second="bram", period=period, **more)


def quiet(world: World) -> None:
    """Capital called and received, nothing else."""
    with world.uow("anna") as uow:
        admitted(uow)
        received(uow)


def test_a_year_is_closed_as_the_worked_example_says(database_url: str) -> None:
    with founded(database_url) as world:
        until_completed(world)
        evaluated(world)
        ref = posted(world)
        with world.uow("bram") as uow:
            came_in(uow, "O2026-0009", 100_000)
        world.do("writeoff recover", user="bram", ref=ref, receipt="O2026-0009")
        before = world.ask("statement position")
        world.clock(date(2027, 1, 10))
        lock(world, "2026")
        close(world, "2026")
        closing = next(entry for entry in world.entries() if entry.kind == "closing")
        assert as_text(closing) == (
            "2026-12-31 closing Jaarafsluiting 2026\n"
            "    Cr 4000.A2026-001 750000\n"
            "    Cr 4200.A2026-001 1250001\n"
            "  Dr 4300.A2026-001 100000\n"
            "  Dr 3100 1900001"
        )
        after = world.ask("statement position", as_of=date(2026, 12, 31))
        for key in ("free_to_commit_cents", "net_asset_value_cents", "learning_writeoffs_cents", "returned_cents"):
            assert after[key] == before[key]
        assert (after["free_to_commit_cents"], after["net_asset_value_cents"]) == (7_599_999, 8_099_999)
        balance = world.ask("ledger balance", account="3100")
        assert balance["balance_cents"] == 1_900_001
        rows = {row["code"]: row for row in world.ask("ledger trial-balance")["accounts"]}
        assert all(row["balance_cents"] == 0 for code, row in rows.items() if code.startswith("4"))
        states = {row["period"]: row["state"] for row in world.ask("period list")["periods"]}
        assert states["2026"] == "closed"
        assert states["2026-12"] == "closed"
        assert len(states) == 13


def test_a_day_in_a_closed_month_is_refused_with_the_way_out(database_url: str) -> None:
    with founded(database_url) as world:
        quiet(world)
        world.clock(date(2026, 2, 3))
        lock(world, "2026-01")
        close(world, "2026-01")
        seen = world.entries()[-1].seq
        with pytest.raises(ClosedPeriod) as refused, world.uow("bram") as uow:
            uow.record(_called(), effective_on=date(2026, 1, 20))
        assert refused.value.code() == "closed_period"
        assert "2026-01-20 lies in 2026-01" in str(refused.value)
        assert refused.value.advice == "book it on a later day, or fund period reopen 2026-01 --reason TEXT"
        assert world.entries()[-1].seq == seen
        with world.uow("bram") as uow:
            uow.record(_called(), effective_on=date(2026, 2, 3))
        assert world.entries()[-1].seq == seen + 1


def _called() -> ContributionCalled:
    return ContributionCalled(
        ref="B2026-0009", partner="gm0308", amount_cents=1, due_on=date(2026, 3, 1), total_cents=1
    )


def test_months_and_facts_move_together(database_url: str) -> None:
    with founded(database_url) as world:
        quiet(world)
        world.clock(date(2026, 3, 3))
        lock(world, "2026-01")
        with pytest.raises(PeriodOutOfOrder, match="2026-02"):
            close(world, "2026-02")
        with pytest.raises(PeriodOutOfOrder):
            lock(world, "2026-01")
        lock(world, "2026-02")
        with pytest.raises(PeriodOutOfOrder, match="2026-01"):
            close(world, "2026-02")
        close(world, "2026-01")
        with world.snapshot() as snapshot:
            ledger = {period.month: period.status.value for period in snapshot.ledger.periods()}
        facts = {row["period"]: row["state"] for row in world.ask("period list")["periods"]}
        assert ledger == facts == {"2026-01": "closed", "2026-02": "locked"}


def test_locking_and_closing_take_two_people_and_the_treasurer_is_the_second(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        quiet(world)
        world.clock(date(2026, 2, 3))
        pending = world.do("period lock", user="anna", period="2026-01")["pending"]
        with pytest.raises(SameHands):
            world.do("confirm", user="anna", ref=pending)
        assert world.ask("period list")["periods"] == []
        world.do("confirm", user="bram", ref=pending)
        with world.snapshot() as snapshot:
            (step,) = snapshot.ledger.period_log()
            fact = snapshot.store.facts.last_of("period/2026-01", "period.locked")
        assert fact is not None
        assert (step.actor, step.second_actor) == (fact.made_by, fact.actor)


def test_a_month_is_locked_once_it_is_over(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        quiet(world)
        with pytest.raises(PeriodNotOver, match="2026-01-31"):
            lock(world, "2026-01")
        with pytest.raises(InvalidMonth):
            lock(world, "2026-13")


def test_only_the_latest_is_reopened_and_with_a_reason(database_url: str) -> None:
    with founded(database_url) as world:
        quiet(world)
        world.clock(date(2026, 3, 3))
        lock(world, "2026-01")
        lock(world, "2026-02")
        close(world, "2026-01")
        with pytest.raises(ReasonMissing):
            world.do("period reopen", user="anna", period="2026-02", reason=" ")
        with pytest.raises(PeriodOutOfOrder):
            world.both("period reopen", user="anna", second="bram", period="2026-01", reason="Fout.")
        world.both("period reopen", user="anna", second="bram", period="2026-02", reason="Factuur vergeten.")
        with world.uow("bram") as uow:
            uow.record(_called(), effective_on=date(2026, 2, 20))


def test_reopening_a_year_reverses_its_closing_entry(database_url: str) -> None:
    with founded(database_url) as world:
        until_completed(world)
        with world.uow("bram") as uow:
            uow.record(_allowance("2026-Q4"), effective_on=date(2026, 12, 31))
        with world.snapshot() as snapshot:
            before = {code: cents for code, cents in snapshot.ledger.balances().items() if cents}
        world.clock(date(2027, 1, 10))
        lock(world, "2026")
        close(world, "2026")
        with pytest.raises(YearClosedBefore):
            close(world, "2026")
        with pytest.raises(PeriodOutOfOrder, match="reopen 2026"):
            world.both("period reopen", user="anna", second="bram", period="2026-12", reason="Fout.")
        world.both("period reopen", user="anna", second="bram", period="2026", reason="Een kostenpost vergeten.")
        mirror = world.entries()[-1]
        assert (mirror.kind, mirror.effective_on) == ("closing", date(2026, 12, 31))
        with world.snapshot() as snapshot:
            assert {code: cents for code, cents in snapshot.ledger.balances().items() if cents} == before
        states = {row["period"]: row["state"] for row in world.ask("period list")["periods"]}
        assert (states["2026"], states["2026-12"], states["2026-11"]) == ("open", "open", "closed")
        lock(world, "2026-12")
        close(world, "2026")


def test_both_trial_balances_of_a_year_that_was_corrected_stay_readable(database_url: str) -> None:
    with founded(database_url) as world:
        quiet(world)
        by_hand(world)
        world.clock(date(2027, 1, 10))
        lock(world, "2026")
        close(world, "2026")
        first = trial_balance_of(world, "2026", 1)
        world.both("period reopen", user="anna", second="bram", period="2026", reason="Factuur 7 was hoger.")
        by_hand(world, debits=[["4500", 700]], credits=[["2000.notaris", 700]], on=date(2026, 12, 31))
        lock(world, "2026-12")
        close(world, "2026")
        assert trial_balance_of(world, "2026", 1) == first
        assert (first["4500"], first["3100"], first["2000.notaris"]) == (0, 12_500, -12_500)
        second = trial_balance_of(world, "2026", 2)
        assert (second["4500"], second["3100"], second["2000.notaris"]) == (0, 13_200, -13_200)

        shown = world.ask("period show", period="2026")
        one, two = shown["closings"]
        assert (shown["state"], shown["result_cents"]) == ("closed", -13_200)
        assert [each["unchanged"] for each in (one, two)] == [True, True]
        assert (one["result_cents"], two["result_cents"]) == (-12_500, -13_200)
        assert (one["made_by"], one["confirmed_by"]) == ("anna", "bram")
        assert (one["reopened"]["reason"], one["reopened"]["made_by"], one["reopened"]["confirmed_by"]) == (
            "Factuur 7 was hoger.", "anna", "bram",
        )  # fmt: skip
        assert two["reopened"] is None
        assert two["differences"] == [
            {"account": "2000.notaris", "before_cents": -12_500, "after_cents": -13_200, "change_cents": -700},
            {"account": "3100", "before_cents": 12_500, "after_cents": 13_200, "change_cents": 700},
        ]
        opening = {row["account"]: row["debit_cents"] - row["credit_cents"] for row in shown["opening"]["balances"]}
        assert shown["opening"]["on"] == "2027-01-01"
        assert opening == {"1000": 10_000_000, "2000": -13_200, "3000": -10_000_000, "3100": 13_200}
        december = world.ask("period show", period="2026-12")
        assert [each["trial_balance_sha256"] for each in december["closings"]] == [
            one["trial_balance_sha256"], two["trial_balance_sha256"],
        ]  # fmt: skip
        found = verify(world.fund.engine)
        assert found["ok"] is True
        assert next(check for check in found["checks"] if check["name"] == "facts.periods")["checked"] == 15


def trial_balance_of(world: World, period: str, number: int) -> dict[str, int]:
    """The trial balance that a closing froze, by the command that ``period show`` names."""
    closing = world.ask("period show", period=period)["closings"][number - 1]
    *words, as_of, _flag, known_at = closing["read"].split()
    assert words == ["fund", "ledger", "trial-balance", "--as-of"]
    rows = world.ask("ledger trial-balance", as_of=date.fromisoformat(as_of), known_at=int(known_at))["accounts"]
    return {row["code"]: row["balance_cents"] for row in rows}


def test_a_period_that_was_never_closed_is_shown_as_it_stands(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        shown = world.ask("period show", period="2031")
        assert (shown["state"], shown["closings"], shown["opening"]) == ("open", [], None)
        with pytest.raises(InvalidMonth):
            world.ask("period show", period="2031-13")


def _allowance(quarter: str) -> AllowanceAdjusted:
    return AllowanceAdjusted(ref=quarter, regulations="2026-1", lines=())


def test_a_year_is_not_closed_before_its_months_are_locked_and_its_day_has_come(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        quiet(world)
        with pytest.raises(PeriodNotOver, match="2026-12-31"):
            close(world, "2026")
        world.clock(date(2027, 1, 10))
        with pytest.raises(MonthsNotLocked) as refused:
            close(world, "2026")
        assert refused.value.advice == "fund period lock 2026-01"
        lock(world, "2026-01")
        with pytest.raises(MonthsNotLocked) as refused:
            close(world, "2026")
        assert refused.value.advice == "fund period lock 2026-02"


def test_december_closes_with_its_year(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        quiet(world)
        world.clock(date(2027, 1, 10))
        for month in range(1, 12):
            assert lock(world, f"2026-{month:02d}")["next"] == "fund period close 2026-01"
        assert lock(world, "2026-12")["next"] == "fund period close 2026"
        with pytest.raises(YearNotClosed) as refused:
            close(world, "2026-12")
        assert refused.value.advice == "fund period close 2026"


def test_a_year_with_money_on_2300_is_closed_when_somebody_says_why(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        quiet(world)
        with world.uow("bram") as uow:
            came_in(uow, "O2026-0009", 12_345)
        world.clock(date(2027, 1, 10))
        assert lock(world, "2026")["next"] == "fund bank unmatched"
        with pytest.raises(ExplanationForMonth, match="2026-01 is a month") as refused:
            close(world, "2026-01", explanation="De betaler is aangeschreven.")
        assert refused.value.advice == "fund period close 2026-01"
        with pytest.raises(UnidentifiedReceipts, match=r"EUR 123\.45"):
            close(world, "2026")
        close(world, "2026", explanation="De betaler is aangeschreven.")
        with world.snapshot() as snapshot:
            fact = snapshot.store.facts.last_of("period/2026", "year.closed")
        assert fact is not None
        assert fact.fact.unidentified_cents == 12_345


def test_a_year_with_advances_is_closed_after_the_allowance_run(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        world.clock(date(2027, 1, 10))
        following = lock(world, "2026")["next"]
        with pytest.raises(AllowanceRunMissing) as refused:
            close(world, "2026")
        assert "EUR 12,500.01 is outstanding" in str(refused.value)
        assert following == refused.value.advice == "fund repayment allowance --on 2026-12-31"


def test_years_are_closed_in_order(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        world.clock(date(2028, 1, 10))
        for year in ("2026", "2027"):
            lock(world, year)
        with pytest.raises(YearOutOfOrder, match="2026"):
            close(world, "2027")


def test_a_second_year_carries_only_its_own_result(sqlite_url: str) -> None:
    def charge(number: int, day: date) -> None:
        with world.uow("bram") as uow:
            uow.record(
                CostCharged(ref=f"K2026-000{number}", account="1000", amount_cents=100 * number, charged_on=day),
                effective_on=day,
            )

    with founded(sqlite_url) as world:
        quiet(world)
        charge(1, date(2026, 1, 6))
        world.clock(date(2027, 1, 10))
        lock(world, "2026")
        close(world, "2026")
        charge(2, date(2027, 1, 10))
        world.clock(date(2028, 1, 10))
        lock(world, "2027")
        close(world, "2027")
        results = {row["period"]: row["result_cents"] for row in world.ask("period list")["periods"]}
        assert (results["2026"], results["2027"]) == (-100, -200)
        assert world.ask("ledger balance", account="3100")["balance_cents"] == 300
        assert world.ask("statement position")["result_cents"] == -300


def test_what_a_closed_year_forgot_may_be_booked_in_the_current_one(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        quiet(world)
        by_hand(world)
        world.clock(date(2027, 1, 10))
        lock(world, "2026")
        close(world, "2026")
        frozen = trial_balance_of(world, "2026", 1)
        by_hand(world, memo="Kosten notaris 2026", debits=[["4500", 700]], credits=[["2000.notaris", 700]])
        assert trial_balance_of(world, "2026", 1) == frozen
        assert world.ask("ledger balance", account="4500")["balance_cents"] == 700
        assert world.ask("statement position")["result_cents"] == -13_200  # cumulative: year end is left out
        world.clock(date(2028, 1, 10))
        lock(world, "2027")
        close(world, "2027")
        assert world.ask("period show", period="2027")["result_cents"] == -700
        assert len(world.ask("period show", period="2026")["closings"]) == 1


def by_hand(world: World, **more: Any) -> Any:
    args: dict[str, Any] = {
        "debits": [["4500", 12_500]],
        "credits": [["2000.notaris", 12_500]],
        "memo": "Kosten notaris",
        "reason": "Factuur 7.",
        **more,
    }
    return world.both("ledger post", user="anna", second="bram", **args)


def test_an_entry_by_hand_in_a_locked_month_is_adjusting_and_none_goes_in_a_closed_one(database_url: str) -> None:
    with founded(database_url) as world:
        quiet(world)
        by_hand(world)
        assert as_text(world.entries()[-1]) == (
            "2026-01-05 entry.posted Kosten notaris\n  Dr 4500 12500\n    Cr 2000.notaris 12500"
        )
        world.clock(date(2026, 2, 3))
        lock(world, "2026-01")
        by_hand(world, on=date(2026, 1, 31))
        assert (world.entries()[-1].kind, world.entries()[-1].effective_on) == ("adjusting", date(2026, 1, 31))
        close(world, "2026-01")
        with pytest.raises(ClosedPeriod):
            by_hand(world, on=date(2026, 1, 31))
        assert verify(world.fund.engine)["ok"] is True


def test_an_entry_by_hand_is_taken_back_once_and_others_are_not(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        quiet(world)
        by_hand(world)
        made = world.entries()[-1]
        world.both("ledger reverse", user="anna", second="bram", seq=made.seq, reason="Dubbel.")
        mirror = world.entries()[-1]
        assert [leg.amount_cents for leg in mirror.postings] == [-leg.amount_cents for leg in made.postings]
        with pytest.raises(AlreadyReversed):
            world.do("ledger reverse", user="anna", seq=made.seq, reason="Nog eens.")
        with pytest.raises(NotMadeByHand, match="capital called"):
            world.do("ledger reverse", user="anna", seq=1, reason="Weg.")
        with pytest.raises(UnknownEntry):
            world.do("ledger reverse", user="anna", seq=999, reason="Weg.")


@pytest.mark.parametrize("account", ["1200.A2026-001", "3000.gm0308", "9000.2026-001", "3100", "4200.A2026-001"])
def test_what_follows_from_decisions_is_not_booked_by_hand(account: str, sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        quiet(world)
        with pytest.raises(NotByHand, match=account):
            by_hand(world, debits=[[account, 12_500]])


def test_an_entry_by_hand_must_balance_and_say_why(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        quiet(world)
        with pytest.raises(UnbalancedEntry):
            by_hand(world, debits=[["4500", 1]])
        with pytest.raises(ReasonMissing):
            by_hand(world, reason=" ")


def test_the_first_month_that_is_locked_is_that_of_the_first_entry(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        by_hand(world)
        world.clock(date(2027, 2, 3))
        with pytest.raises(PeriodOutOfOrder, match="2026-01"):
            world.do("period lock", user="anna", period="2027-01")
        lock(world, "2026")
        close(world, "2026")
        lock(world, "2027-01")
