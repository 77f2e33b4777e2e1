"""Write-offs in the books: every ground, the budget of a year, days, what closes and opens again, recoveries."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from fund.checks import verify
from fund.errors.evaluations import AdvanceMovedSince, BeyondOutstanding, ReversalOfThisYear
from fund.events.repayments import PlanRestructured
from fund.events.values import InstalmentTerms
from fund.rules.regulations import parse_regulations, standard_text
from fund.schemas.agreements import Agreement
from fund.schemas.repayments import Plan
from fund.users import regulations
from tests.factories import World, as_text, founded
from tests.workflows.looking_back import (
    AGREEMENT,
    PROPOSAL,
    came_in,
    decided,
    evaluated,
    file,
    posted,
    repaid,
    until_completed,
    voted,
)

W1, W2 = f"{AGREEMENT}-W1", f"{AGREEMENT}-W2"
OUTSTANDING = 1_250_001


def stands(world: World, *codes: str) -> tuple[int, ...]:
    """What stands on these accounts now, year ends left out."""
    now = world.balances()
    return tuple(now.get(code, 0) for code in codes)


def state(world: World) -> str:
    with world.snapshot() as snapshot:
        return snapshot.case(Agreement, AGREEMENT).state


def open_parts(world: World) -> dict[int, int]:
    """What is open of each instalment, by number."""
    with world.snapshot() as snapshot:
        return {part.no: part.open_cents for part in snapshot.case(Plan, AGREEMENT).instalments}


def receive(world: World, ref: str, cents: int) -> str:
    with world.uow("bram") as uow:
        came_in(uow, ref, cents)
    return ref


def reverse(world: World, ref: str, **more: Any) -> None:
    world.both("writeoff reverse", user="carla", second="bram", ref=ref, reason="Er komt toch geld.", **more)


# -------------------------------------------------------------------------------------------------------- every ground


def test_every_ground_but_learning_is_a_loss_also_while_the_work_runs(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world, ends="")
        for number, ground in enumerate(("hardship", "uncollectible", "irregularity"), start=1):
            before = open_parts(world)
            ref = posted(world, ground=ground, file=file("aanmaningen en advies", "advies.pdf"), amount_cents=1_000)
            assert ref == f"{AGREEMENT}-W{number}"
            assert as_text(world.entries()[-1]) == (
                f"2026-01-05 writeoff.posted Afboeking {ref}\n  Dr 4210.A2026-001 1000\n    Cr 1200.A2026-001 1000"
            )
            assert open_parts(world) == {**before, 2: before[2] - 1_000}  # from the last instalment back
        told = world.ask("statement agreement", ref=AGREEMENT)
        assert (told["other_writeoffs_cents"], told["learning_writeoffs_cents"]) == (3_000, 0)
        assert [each["ground"] for each in told["writeoffs"]] == ["hardship", "uncollectible", "irregularity"]


def test_what_is_late_stays_late_when_a_part_is_given_up(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        evaluated(world)
        world.clock(date(2027, 3, 1))  # the first instalment fell due on 5 January
        before = world.ask("repayment arrears")["arrears"][0]
        posted(world, amount_cents=350_000)
        after = world.ask("repayment arrears")["arrears"][0]
        assert (after["days"], after["overdue_cents"]) == (before["days"], before["overdue_cents"])
        assert after["outstanding_cents"] == before["outstanding_cents"] - 350_000


# ------------------------------------------------------------------------------------------------------- the budget


def with_budget(world: World, cents: int) -> None:
    """Other regulations, with this learning budget; and a committee of five."""
    text = standard_text().replace("learning_budget_cents = 250_000_00", f"learning_budget_cents = {cents}")
    with world.uow("anna") as uow:
        regulations.adopt(
            uow, parse_regulations(text.replace('"2026-1"', '"2026-2"').encode(), "x.toml"), from_on=uow.today
        )
    world.user("mo", "committee_member", partner="ws14")
    world.user("max", "committee_member")


def by_three_to_two(world: World, cents: int) -> dict[str, Any]:
    """A learning write-off on which three vote for and two against; the fact of its decision."""
    args = {"reason": "Weerlegd.", "requested_by": "fatima", "amount_cents": cents}
    proposed = world.do("writeoff propose", user="anna", ref=AGREEMENT, **args)
    ref = str(proposed["events"][0]["payload"]["ref"])
    voted(world, ref, mira="for", mees="for", carla="for", mo="against", max="against")
    fact: dict[str, Any] = world.do("writeoff decide", user="carla", ref=ref)["events"][0]
    if fact["type"] == "writeoff.decided":
        world.both("writeoff post", user="anna", second="bram", ref=ref)
    return fact


def test_the_learning_budget_is_that_of_a_year_in_amsterdam(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        evaluated(world)
        with_budget(world, 500_000)
        world.clock(datetime(2026, 12, 31, 22, 30, tzinfo=UTC))  # half past eleven at night in Amsterdam
        first = by_three_to_two(world, 300_000)
        assert (first["type"], first["payload"]["two_thirds"]) == ("writeoff.decided", False)
        assert first["payload"]["learning_budget_left_cents"] == 500_000
        beyond = by_three_to_two(world, 200_001)
        assert (beyond["type"], beyond["payload"]["two_thirds"]) == ("writeoff.refused", True)
        within = by_three_to_two(world, 200_000)  # all that is left of it
        assert (within["type"], within["payload"]["two_thirds"]) == ("writeoff.decided", False)

        world.clock(datetime(2026, 12, 31, 23, 30, tzinfo=UTC))  # half past midnight: another year
        next_year = by_three_to_two(world, 400_000)
        assert (next_year["type"], next_year["payload"]["learning_budget_left_cents"]) == ("writeoff.decided", 500_000)
        reverse(world, str(next_year["payload"]["ref"]))
        again = by_three_to_two(world, 450_000)  # what was taken back is no loss of that year any more
        assert (again["type"], again["payload"]["learning_budget_left_cents"]) == ("writeoff.decided", 500_000)


def test_what_can_never_be_booked_takes_nothing_of_the_budget(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        evaluated(world)
        with_budget(world, OUTSTANDING)
        proposed = world.do("writeoff propose", user="anna", ref=AGREEMENT, reason="Weerlegd.", requested_by="fatima")
        voted(world, W1, mira="for", mees="for", carla="for", mo="against", max="against")
        world.do("writeoff decide", user="carla", ref=W1)
        assert proposed["events"][0]["payload"]["amount_cents"] == OUTSTANDING
        with world.uow("bram") as uow:
            repaid(uow)
        fact = by_three_to_two(world, OUTSTANDING - 500_000)
        assert (fact["type"], fact["payload"]["learning_budget_left_cents"]) == ("writeoff.decided", OUTSTANDING)


# ------------------------------------------------------------------------------------------------ taken back, exactly


@pytest.mark.parametrize("ends", ["completed", "stop_rule"])
def test_what_closed_with_the_write_off_is_open_again_when_it_is_taken_back(sqlite_url: str, ends: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world, ends=ends)
        evaluated(world)
        ref = decided(world)
        with world.snapshot() as snapshot:
            plan, agreement = snapshot.case(Plan, AGREEMENT), snapshot.case(Agreement, AGREEMENT)
            before = {code: cents for code, cents in snapshot.ledger.balances().items() if cents}
        world.both("writeoff post", user="anna", second="bram", ref=ref)
        assert (state(world), sum(open_parts(world).values())) == ("closed", 1_049_999)
        reverse(world, ref)
        with world.snapshot() as snapshot:
            assert (snapshot.case(Plan, AGREEMENT), snapshot.case(Agreement, AGREEMENT)) == (plan, agreement)
            assert {code: cents for code, cents in snapshot.ledger.balances().items() if cents} == before
        assert state(world) == ("completed" if ends == "completed" else "terminated")
        (taken_back,) = world.ask("writeoff list")["writeoffs"]
        assert (taken_back["state"], taken_back["posted_cents"]) == ("reversed", 0)  # 4200 holds nothing either

        world.both("writeoff post", user="anna", second="bram", ref=decided(world))
        world.do("writeoff recover", user="bram", ref=W2, receipt=receive(world, "O2026-0009", OUTSTANDING))
        reverse(world, W2)  # all of it came back: it is a repayment, and nothing is outstanding
        assert (state(world), *stands(world, "1200", "1290", "4200", "4300")) == ("closed", 0, 0, 0, 0)
        assert verify(world.fund.engine)["ok"] is True


def test_a_match_that_was_wrong_opens_what_it_had_closed(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        evaluated(world)
        receive(world, "O2026-0009", OUTSTANDING)
        world.both("repayment allocate", user="bram", second="anna", ref=AGREEMENT, receipt="O2026-0009")
        assert state(world) == "closed"
        world.do("bank unmatch", user="bram", ref="O2026-0009", reason="Van een ander.")
        assert (state(world), *stands(world, "1200", "1290")) == ("completed", OUTSTANDING, -312_500)


def test_a_write_off_of_a_closed_year_is_taken_back_in_the_year_of_today(database_url: str) -> None:
    with founded(database_url) as world:
        until_completed(world)
        evaluated(world)
        world.clock(date(2026, 12, 30))
        ref = posted(world)
        world.clock(date(2027, 1, 15))
        world.both("period lock", user="anna", second="bram", period="2026")
        world.both("period close", user="anna", second="bram", period="2026")
        with world.snapshot() as snapshot:
            closed = snapshot.ledger.trial_balance_hash(as_of=date(2026, 12, 31))
        with pytest.raises(ReversalOfThisYear, match="2026-12-31"):
            reverse(world, ref, on=date(2026, 12, 31))
        world.do("writeoff recover", user="bram", ref=ref, receipt=receive(world, "O2027-0001", 250_001))
        reverse(world, ref)
        assert [entry.effective_on for entry in world.entries()[-3:]] == [date(2027, 1, 15)] * 3
        assert [entry.kind for entry in world.entries()[-2:]] == ["reversal", "writeoff.reversed"]
        with world.snapshot() as snapshot:
            assert snapshot.ledger.trial_balance_hash(as_of=date(2026, 12, 31)) == closed
            of_the_year = {code: snapshot.ledger.balance(f"{code}.{AGREEMENT}") for code in ("4200", "4300", "4100")}
        assert of_the_year == {"4200": -OUTSTANDING, "4300": 0, "4100": 312_500}  # 2027 gains what 2026 lost
        assert stands(world, "1200", "1290", "4200", "4300") == (1_000_000, -312_500, 0, 0)

        again = posted(world, amount_cents=400_000)
        assert again == W2
        world.do("writeoff recover", user="bram", ref=W2, receipt=receive(world, "O2027-0002", 400_001))
        assert stands(world, "1200", "4200", "4300", "2100") == (600_000, 400_000, -400_000, -1)
        assert verify(world.fund.engine)["ok"] is True


def test_after_another_schedule_the_last_instalment_takes_what_returns(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        evaluated(world)
        ref = posted(world, amount_cents=1_000_000)
        left = sum(open_parts(world).values())
        with world.uow("anna") as uow:
            parts = (InstalmentTerms(no=3, due_on=date(2029, 1, 5), amount_cents=left),)
            uow.record(
                PlanRestructured(
                    ref=AGREEMENT, proposal=PROPOSAL, instalments=parts, ends_on=date(2029, 1, 5), reason="Meer tijd."
                )
            )
        reverse(world, ref)
        assert open_parts(world)[3] == left + 1_000_000
        assert verify(world.fund.engine)["ok"] is True


# -------------------------------------------------------------------------------------------------------- on which day


def test_nothing_is_booked_before_what_it_follows(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        evaluated(world)
        ref = decided(world, amount_cents=1_000_000)
        world.clock(date(2026, 3, 2))
        with world.uow("bram") as uow:
            repaid(uow, receipt="O2026-0009")
        world.clock(date(2026, 3, 9))
        with pytest.raises(BeyondOutstanding):  # what was outstanding on that day is not what counts
            world.do("writeoff post", user="anna", ref=ref, on=date(2026, 3, 1))
        ref = decided(world, amount_cents=500_000)
        _refused(world, "writeoff post", "anna", ref=ref, on=date(2026, 3, 1))
        world.both("writeoff post", user="anna", second="bram", ref=ref, on=date(2026, 3, 2))

        receive(world, "O2026-0010", 1_000)
        _refused(world, "writeoff recover", "bram", ref=ref, receipt="O2026-0010", on=date(2026, 3, 8))
        world.do("writeoff recover", user="bram", ref=ref, receipt="O2026-0010")
        _refused(world, "writeoff reverse", "carla", ref=ref, reason="Toch.", on=date(2026, 3, 8))
        reverse(world, ref, on=date(2026, 3, 9))
        for day in (date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 8), date(2026, 3, 9)):
            with world.snapshot() as snapshot:
                then = snapshot.balances(as_of=day)
            assert 0 <= -then["1290"] <= then["1200"]
            assert then.get("4200", 0) >= -then.get("4300", 0) >= 0


def _refused(world: World, command: str, user: str, **args: Any) -> None:
    with pytest.raises(AdvanceMovedSince) as refused:
        world.do(command, user=user, **args)
    assert args["on"] == refused.value.details["day"] < refused.value.details["moved_on"]
