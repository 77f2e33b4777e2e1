"""The allowance (R9): rates of the day, a quarter reckoned again, days that are over, months that are shut."""

from __future__ import annotations

from datetime import date

import pytest

from fund.errors.agreements import AllowanceUpToDate
from fund.errors.ledger import ClosedPeriod
from fund.events.repayments import AllowanceAdjusted
from fund.rules.regulations import parse_regulations, standard_text
from fund.users import regulations
from fund.workflows.repayments.lifecycle import instalment_reference
from tests.factories import World, as_text, founded
from tests.workflows.agreeing import AGREEMENT, noon, received, running
from tests.workflows.money_out import receipt

# 1750001 is paid out; its first instalment of 933333 falls due on 8 July 2026.

Q1, Q2, Q3 = date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30)


def reckon(world: World, on: date) -> None:
    world.both("repayment allowance", user="anna", second="bram", on=on)


def stood(world: World, *days: date) -> list[tuple[int, int]]:
    """Advance and allowance at the end of each day; the one never exceeds the other."""
    found = []
    with world.snapshot() as snapshot:
        for day in days:
            then = snapshot.balances(as_of=day)
            found.append((then.get("1200", 0), -then.get("1290", 0)))
    assert all(0 <= allowance <= advance for advance, allowance in found)
    return found


def test_other_rates_hold_from_their_day_on_and_never_reach_back(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world, paid=1)
        text = standard_text().replace('"2026-1"', '"2026-2"').replace("rate_bps = 2500", "rate_bps = 1000")
        with world.uow("anna") as uow:
            regulations.adopt(
                uow,
                parse_regulations(text.replace("rate_bps = 4000", "rate_bps = 5000").encode(), "x.toml"),
                from_on=date(2026, 7, 1),
            )
        world.clock(noon(date(2026, 10, 2)))
        reckon(world, Q2)  # of a quarter before the other rates: a quarter of the advance
        assert as_text(world.entries()[-1]).splitlines() == [
            "2026-06-30 allowance.adjusted Voorziening A2026-003 2026-Q2",
            "  Dr 4100.A2026-003 437500",
            "    Cr 1290.A2026-003 437500",
        ]
        reckon(world, Q3)  # 84 days late: half of it now
        assert as_text(world.entries()[-1]).splitlines() == [
            "2026-09-30 allowance.adjusted Voorziening A2026-003 2026-Q3",
            "  Dr 4100.A2026-003 437501",
            "    Cr 1290.A2026-003 437501",
        ]
        with world.snapshot() as snapshot:
            facts = [each.fact for each in snapshot.store.facts.of_types(("allowance.adjusted",))]
        runs = [fact for fact in facts if isinstance(fact, AllowanceAdjusted)]
        assert [(run.ref, run.regulations, run.lines[0].rate_bps) for run in runs] == [
            ("2026-Q2", "2026-1", 2500), ("2026-Q3", "2026-2", 5000),
        ]  # fmt: skip
        for quarter in (Q2, Q3):
            with pytest.raises(AllowanceUpToDate):
                world.do("repayment allowance", user="anna", on=quarter)


def test_what_was_released_meanwhile_is_not_released_twice(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world, paid=1)
        world.clock(noon(date(2026, 4, 2)))
        reckon(world, Q1)
        with world.uow("bram") as uow:
            receipt(uow, "O2026-0101", 1_000_000)
        late_told = {"ref": AGREEMENT, "receipt": "O2026-0101", "on": date(2026, 3, 20)}
        world.both("repayment allocate", user="bram", second="anna", **late_told)
        world.clock(noon(date(2026, 4, 20)))
        received(world, "O2026-0102", 740_001)  # 10,000 is left, and so much of the allowance
        assert stood(world, Q1, date(2026, 4, 20)) == [(750_001, 437_500), (10_000, 10_000)]
        reckon(world, Q1)  # 187500 would do for that day, but only 10000 stands there still
        assert stood(world, Q1, date(2026, 4, 20)) == [(750_001, 427_500), (10_000, 0)]
        world.clock(noon(date(2026, 7, 2)))
        reckon(world, Q2)
        assert stood(world, Q2) == [(10_000, 2_500)]


def test_what_was_repaid_in_between_is_not_set_aside_again(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world, paid=1)
        world.clock(noon(date(2026, 4, 10)))
        received(world, "O2026-0101", 1_750_000)
        world.clock(noon(date(2026, 4, 20)))
        world.do("bank unmatch", user="bram", ref="O2026-0101", reason="Van een ander.")
        reckon(world, Q1)  # all is outstanding again today, but on the tenth of April one cent was
        days = (Q1, date(2026, 4, 10), date(2026, 4, 19), date(2026, 4, 20))
        assert stood(world, *days) == [(1_750_001, 1), (1, 1), (1, 1), (1_750_001, 1)]


def test_money_that_the_bank_told_late_releases_no_allowance_before_it_was_set_aside(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world, paid=1)
        world.clock(noon(date(2026, 3, 30)))
        with world.uow("bram") as uow:
            receipt(uow, "O2026-0101", 1_750_000, reference=instalment_reference(AGREEMENT, 1))
        world.clock(noon(date(2026, 4, 2)))
        reckon(world, Q1)
        world.do("bank match", user="bram", ref="O2026-0101")
        days = (date(2026, 3, 29), date(2026, 3, 30), Q1, date(2026, 4, 2))
        assert stood(world, *days) == [(1_750_001, 0), (1_750_001, 0), (1, 1), (1, 1)]


def test_a_closed_month_takes_no_allowance_any_more(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world, paid=1)
        world.clock(noon(date(2026, 4, 2)))
        for command in ("period lock", "period close"):
            for month in ("2026-01", "2026-02", "2026-03"):
                world.both(command, user="anna", second="bram", period=month)
        with pytest.raises(ClosedPeriod):
            world.do("repayment allowance", user="anna", on=Q1)
        reckon(world, date(2026, 4, 2))
        assert stood(world, Q1, date(2026, 4, 2)) == [(1_750_001, 0), (1_750_001, 437_500)]
