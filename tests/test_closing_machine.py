"""Months and years locked, closed, reopened and corrected at random, against a plain model of the books.

The model knows the order of months, what each takes, and adds up; the fund must agree on every answer, every balance,
and on what each closing froze, whatever happened to its period since.
"""

from __future__ import annotations

import shutil
import uuid
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fund.checks import verify
from fund.commands.opening import open_fund
from fund.dates import last_day
from fund.errors import FundError
from tests.factories import World, founded
from tests.workflows.looking_back import admitted, received

MONTHS = [f"{year}-{month:02d}" for year in (2026, 2027) for month in range(1, 13)]
TODAY = date(2028, 2, 10)
SIDES = [("4500", "2000.notaris"), ("1000", "4400"), ("1000", "2300"), ("4500", "1000")]


class Model:
    """The books on paper."""

    def __init__(self) -> None:
        self.moved: list[tuple[date, str, int]] = []
        self.months = dict.fromkeys(MONTHS, "open")
        self.years = {"2026": "open", "2027": "open"}
        self.frozen: list[tuple[str, dict[str, int]]] = []

    def as_of(self, day: date) -> dict[str, int]:
        sums: Counter[str] = Counter()
        for on, account, cents in self.moved:
            if on <= day:
                sums[account] += cents
        return {account: cents for account, cents in sums.items() if cents}

    def first(self, state: str) -> str | None:
        """The earliest month that stands so."""
        return next((month for month in MONTHS if self.months[month] == state), None)

    def last_touched(self) -> str | None:
        return next((month for month in reversed(MONTHS) if self.months[month] != "open"), None)

    def result_accounts(self, year: str) -> dict[str, int]:
        return {code: cents for code, cents in self.as_of(last_day(year)).items() if code.startswith("4")}


class Periods:
    """What two people do, and which answer comes."""

    def __init__(self, world: World, *, closed: bool) -> None:
        self.world = world
        self.model = Model()
        for entry in self.world.entries():
            self.model.moved += [(entry.effective_on, leg.account, leg.amount_cents) for leg in entry.postings]
        self.a_whole_year_is_locked("2026")
        if closed:
            self.a_year_is_closed("2026", explained=True)

    def does(self, refusal: str | None, command: str, **args: Any) -> bool:
        """Whether it was done; refused with exactly this code otherwise."""
        try:
            self.world.both(command, user="anna", second="bram", **args)
            told = None
        except FundError as problem:
            told = problem.code()
        assert told == refusal, (command, args)
        return refusal is None

    # ---------------------------------------------------------------------------------------------------------- entries

    def somebody_books_by_hand(self, month: str, sides: tuple[str, str], cents: int) -> None:
        day, (left, right) = last_day(month), sides
        state = self.model.months[month]
        args = {"debits": [[left, cents]], "credits": [[right, cents]], "memo": "Kosten", "reason": "Nota.", "on": day}
        if self.does("closed_period" if state == "closed" else None, "ledger post", **args):
            self.model.moved += [(day, left, cents), (day, right, -cents)]
            assert self.world.entries()[-1].kind == ("adjusting" if state == "locked" else "entry.posted")

    # ----------------------------------------------------------------------------------------------------------- months

    def a_month_is_locked(self, ahead: int) -> None:
        place = MONTHS.index(self.model.first("open") or MONTHS[-1]) + ahead
        month = MONTHS[max(0, min(place, len(MONTHS) - 1))]
        in_order = self.model.months[month] == "open" and month == self.model.first("open")
        if self.does(None if in_order else "period_out_of_order", "period lock", period=month):
            self.model.months[month] = "locked"

    def a_whole_year_is_locked(self, year: str) -> None:
        mine = [month for month in MONTHS if month.startswith(year) and self.model.months[month] == "open"]
        if self.does(
            None if mine and mine[0] == self.model.first("open") else "period_out_of_order", "period lock", period=year
        ):
            self.model.months.update(dict.fromkeys(mine, "locked"))

    def a_month_is_closed(self, ahead: int) -> None:
        first = self.model.first("locked")
        month = MONTHS[min(MONTHS.index(first) + ahead, len(MONTHS) - 1)] if first else MONTHS[0]
        refusal = None if month == first else "period_out_of_order"
        if month.endswith("-12") and self.model.years[month[:4]] == "open":
            refusal = "year_not_closed"
        if self.does(refusal, "period close", period=month):
            self._freeze(month)

    def a_month_is_reopened(self, back: int) -> None:
        last = self.model.last_touched()
        if last is None:
            return
        month = MONTHS[max(MONTHS.index(last) - back, 0)]
        may = month == last and self.model.years[month[:4]] == "open"
        if self.does(None if may else "period_out_of_order", "period reopen", period=month, reason="Vergeten."):
            self.model.months[month] = "open"

    # ------------------------------------------------------------------------------------------------------------ years

    def a_year_is_closed(self, year: str, explained: bool) -> None:
        model, ends_on = self.model, last_day(year)
        mine = [month for month in MONTHS if month.startswith(year)]
        earlier = str(int(year) - 1)
        refusal = None
        if model.years[year] == "closed":
            refusal = "year_closed_before"
        elif model.years.get(earlier) == "open" and model.result_accounts(earlier):
            refusal = "year_out_of_order"
        elif "open" in [model.months[month] for month in mine]:
            refusal = "months_not_locked"
        elif model.as_of(ends_on).get("2300") and not explained:
            refusal = "unidentified_receipts"
        elif model.years.get(earlier) == "open":
            refusal = "period_out_of_order"
        said = {"explanation": "Wordt uitgezocht."} if explained else {}
        if not self.does(refusal, "period close", period=year, **said):
            return
        result = model.result_accounts(year)
        model.moved += [(ends_on, account, -cents) for account, cents in result.items()]
        model.moved.append((ends_on, "3100", sum(result.values())))
        model.years[year] = "closed"
        for month in mine:
            if model.months[month] == "locked":
                self._freeze(month)
        assert not model.result_accounts(year)
        shown = self.world.ask("period show", period=year)
        assert shown["result_cents"] == -sum(result.values())
        opening = {row["account"]: row["debit_cents"] - row["credit_cents"] for row in shown["opening"]["balances"]}
        mains: Counter[str] = Counter()
        for account, cents in model.as_of(ends_on).items():
            mains[account.partition(".")[0]] += cents
        assert opening == {account: cents for account, cents in mains.items() if cents}

    def a_year_is_reopened(self, right: bool) -> None:
        closed = [year for year, state in self.model.years.items() if state == "closed"]
        year = closed[-1] if closed and right else "2026"
        model = self.model
        may = model.years[year] == "closed" and model.last_touched() == f"{year}-12"
        if not self.does(None if may else "period_out_of_order", "period reopen", period=year, reason="Vergeten."):
            return
        legs = self.world.entries()[-1]
        mirrored = (
            Counter({leg.account: leg.amount_cents for leg in legs.postings}) if self._closing(legs, year) else {}
        )
        model.moved += [(last_day(year), account, cents) for account, cents in mirrored.items()]
        model.months[f"{year}-12"] = "open"
        model.years[year] = "open"

    def a_closed_year_is_corrected(self, sides: tuple[str, str], cents: int) -> None:
        if "closed" not in self.model.years.values():
            return
        self.a_year_is_reopened(right=True)
        year = (self.model.last_touched() or "2026-12")[:4]
        self.somebody_books_by_hand(f"{year}-12", sides, cents)
        self.a_month_is_locked(0)
        self.a_year_is_closed(year, explained=True)

    def _closing(self, entry: Any, year: str) -> bool:
        """Whether the reopening took an entry back: a year without result had none."""
        return bool(entry.kind == "closing" and entry.reverses and entry.effective_on == last_day(year))

    def _freeze(self, month: str) -> None:
        self.model.months[month] = "closed"
        self.model.frozen.append((month, self.model.as_of(last_day(month))))

    # --------------------------------------------------------------------------------------------------- the invariants

    def the_books_agree(self) -> None:
        with self.world.snapshot() as snapshot:
            assert {code: cents for code, cents in snapshot.ledger.balances().items() if cents} == self.model.as_of(
                TODAY
            )
            states = {period.month: period.status.value for period in snapshot.ledger.periods()}
        assert {month: states.get(month, "open") for month in MONTHS} == self.model.months

    def what_was_frozen_is_there(self) -> None:
        """At the end: each closing as it was, and every check clean."""
        wanted = Counter(month for month, _balances in self.model.frozen)
        shown = {month: self.world.ask("period show", period=month)["closings"] for month in wanted}
        assert {month: len(closings) for month, closings in shown.items()} == wanted
        seen: Counter[str] = Counter()
        for month, balances in self.model.frozen:
            closing = shown[month][seen[month]]
            seen[month] += 1
            assert closing["unchanged"] is True
            rows = self.world.ask("ledger trial-balance", as_of=last_day(month), known_at=closing["known_at"])
            assert {row["code"]: row["balance_cents"] for row in rows["accounts"] if row["balance_cents"]} == balances
        found = verify(self.world.fund.engine)
        assert [finding for check in found["checks"] for finding in check["findings"]] == []


def moves(name: str, **args: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    return st.tuples(st.just(name), st.fixed_dictionaries(args))


YEARS, CENTS = st.sampled_from(["2026", "2026", "2027"]), st.integers(1, 5_000)
ONE = st.one_of(
    moves(
        "somebody_books_by_hand",
        month=st.sampled_from([*MONTHS, MONTHS[10], MONTHS[11], MONTHS[11], MONTHS[23]]),
        sides=st.sampled_from(SIDES),
        cents=CENTS,
    ),
    moves("a_month_is_locked", ahead=st.sampled_from([0, 0, 0, 0, 1, -1])),
    moves("a_whole_year_is_locked", year=YEARS),
    moves("a_month_is_closed", ahead=st.sampled_from([0, 0, 1])),
    moves("a_month_is_reopened", back=st.sampled_from([0, 0, 1])),
    moves("a_year_is_closed", year=YEARS, explained=st.sampled_from([True, True, False])),
    moves("a_year_is_reopened", right=st.booleans()),
    moves("a_closed_year_is_corrected", sides=st.sampled_from(SIDES), cents=CENTS),
)


@pytest.fixture(scope="module")
def beginning(module_sqlite_url: str) -> str:
    """A fund with capital of January 2026, in 2028; the file is copied for every life."""
    with founded(module_sqlite_url) as world:
        with world.uow("anna") as uow:
            admitted(uow)
            received(uow)
        world.clock(TODAY)
    return module_sqlite_url


@given(closed=st.booleans(), steps=st.lists(ONE, min_size=25, max_size=25))
@settings(max_examples=7, deadline=None, derandomize=True, database=None, print_blob=False, phases=[Phase.generate],
          suppress_health_check=list(HealthCheck))  # fmt: skip
def test_periods_agree_with_a_plain_model(
    closed: bool, steps: list[tuple[str, dict[str, Any]]], beginning: str, tmp_path: Path
) -> None:
    path = tmp_path / f"{uuid.uuid4().hex}.db"
    shutil.copyfile(beginning.removeprefix("sqlite:///"), path)
    with open_fund(f"sqlite:///{path}") as fund:
        periods = Periods(World(fund), closed=closed)
        for name, args in steps:
            getattr(periods, name)(**args)
            periods.the_books_agree()
        periods.what_was_frozen_is_there()
