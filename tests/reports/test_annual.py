"""The annual accounts against sums over raw postings: random funds, random years and numbers, both databases."""

from __future__ import annotations

import io
import random
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook
from pypdf import PdfReader

from fund.commands.opening import open_fund
from fund.errors.closing import YearBeforeTheFund, YearToCome
from fund.events import FACTS, canonical_json
from fund.events.agreements import AgreementAmended, AgreementCompleted, AgreementTerminated
from fund.events.capital import ContributionCalled
from fund.events.decisions import DecisionApproved, DecisionConditional, DecisionReopened
from fund.events.disbursements import DisbursementApproved, DisbursementCancelled, DisbursementRefunded
from fund.events.exits import ExitSettled
from fund.events.founding import RegulationsAdopted
from fund.events.proposals import ProposalLapsed, ProposalWithdrawn
from fund.events.receipts import CostCharged
from fund.events.repayments import AllowanceAdjusted
from fund.events.writeoffs import WriteoffPosted, WriteoffReversed
from fund.registry import PROJECTIONS
from fund.reports.cash import cash_on
from fund.reports.statements.annual import annual, annual_pdf, as_page
from fund.reports.statements.annual.balance import balance_sheet, income_statement
from fund.reports.statements.annual.movements import movement_tables
from fund.reports.statements.annual.years import reporting_year
from fund.reports.statements.formats import STATEMENT_FORMATS
from fund.rules.regulations import Regulations, Treasury, TreasuryStep, standard
from fund.unit_of_work import HistoricalSnapshot, Snapshot
from tests.factories import World, founded
from tests.story import Told as Story

LEGS = (
    "select entry.seq, entry.effective_on, entry.kind, account.code, posting.amount_cents, undone.kind as undone"
    " from posting join entry on entry.id = posting.entry_id join account on account.id = posting.account_id"
    " left join entry as undone on undone.book_id = entry.book_id and undone.seq = entry.reverses_seq"
)
INCOME_AND_COSTS = "4"
COLUMNS = (
    "capital.called", "capital.left", "receivables.called", "advances.approved", "advances.unspent",
    "advances.written_off", "commitments.awarded", "commitments.approved", "commitments.released", "allowances.used",
    "allowances.added",
)  # fmt: skip
FLOWS = (
    ("contributions", "i", 1), ("repaid", "a", 1), ("other_income", "r", 1), ("advances_paid", "u", -1),
    ("grants_paid", "s", -1), ("costs_paid", "k", -1), ("held_for_others", "held", 1),
    ("refunds_under_way", "refunds", 1),
)  # fmt: skip
OWNED = ("fund_capital", "accumulated_result", "result_of_the_year")


@contextmanager
def opened(url: str) -> Iterator[Snapshot]:
    """A fund that is only read."""
    with open_fund(url) as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
        yield snapshot


class Raw:
    """The legs as they are stored, added up by a plain loop."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.legs = [
            (row.seq, date.fromisoformat(str(row.effective_on)), row.undone or row.kind, row.code, row.amount_cents)
            for row in snapshot.connection.execute(sa.text(LEGS))
        ]

    def sums(
        self, *, since: date = date.min, until: date, known_at: int, closing: bool = True, whole: bool = True
    ) -> dict[str, int]:
        """Balances by main code, or by account, debit positive."""
        sums: dict[str, int] = defaultdict(int)
        for seq, on, kind, code, cents in self.legs:
            if since <= on <= until and seq <= known_at and (closing or kind != "closing"):
                sums[code.partition(".")[0] if whole else code] += cents
        return sums


def every_line(found: dict[str, Any]) -> list[dict[str, Any]]:
    """All lines of the balance sheet."""
    balance = found["balance"]
    return [*balance["assets"], *balance["liabilities"]]


def tie(snapshot: Snapshot, raw: Raw, found: dict[str, Any]) -> None:
    """The accounts of a year equal the postings of that year."""
    year, known_at = found["year"], found["known_at"]
    last, eve = date(year, 12, 31), date(year - 1, 12, 31)
    standing = raw.sums(until=last, known_at=known_at)
    moved = raw.sums(since=date(year, 1, 1), until=last, known_at=known_at, closing=False)
    balance, income = found["balance"], found["income"]

    # both sides are equal, and everything that stands anywhere stands on one line
    assert balance["assets_cents"] == balance["liabilities_cents"]
    assert sum(line["amount_cents"] for line in balance["assets"]) == balance["assets_cents"]
    named = [main for line in every_line(found) for main in line["mains"]]
    assert len(named) == len(set(named))
    assert all(line["group"] != "other" for line in every_line(found)), "each account of the chart has its own line"
    assert {code for code, cents in standing.items() if cents} <= {*named, "9000", "9010"}
    by_name = {line["line"]: line for line in every_line(found)}
    for line in every_line(found):
        if line["line"] not in ("accumulated_result", "result_of_the_year"):
            sign = 1 if line in balance["assets"] else -1
            assert line["amount_cents"] == sign * sum(standing[main] for main in line["mains"]), line
    results = sum(cents for code, cents in standing.items() if code[0] == INCOME_AND_COSTS) + standing["3100"]
    assert by_name["accumulated_result"]["amount_cents"] + by_name["result_of_the_year"]["amount_cents"] == -results
    assert balance["commitments"][0]["amount_cents"] == standing["9000"]
    trial = snapshot.ledger.trial_balance(as_of=last, known_at=known_at)
    assert sum(row.balance_cents for row in trial if row.code[:2] not in ("90",)) == 0

    # income and costs are what moved, and their difference is the result
    for side, sign in (("incomes", -1), ("costs", 1)):
        for line in income[side]:
            assert line["amount_cents"] == sign * sum(moved[main] for main in line["mains"]), line
    listed = {main for side in ("incomes", "costs") for line in income[side] for main in line["mains"]}
    assert {code for code, cents in moved.items() if cents and code[0] == INCOME_AND_COSTS} <= listed
    assert income["income_cents"] - income["costs_cents"] == income["result_cents"]
    assert by_name["result_of_the_year"]["amount_cents"] == income["result_cents"]
    if found["state"] == "closed":
        assert income["booked_cents"] == income["result_cents"]
        assert all(not cents for code, cents in standing.items() if code[0] == INCOME_AND_COSTS)

    # every movement table opens and closes with the books, and its columns make the difference
    opened = raw.sums(until=eve, known_at=known_at, whole=False)
    closed = raw.sums(until=last, known_at=known_at, whole=False)
    mains = {"capital": "3000", "receivables": "1100", "advances": "1200", "allowances": "1290", "commitments": "9000"}
    for name, main in mains.items():
        sign = -1 if name in ("capital", "allowances") else 1
        rows = {row["ref"]: row for row in found["movements"][name]["rows"]}
        for code in {code for code in (*opened, *closed) if code.partition(".")[0] == main}:
            if opened[code] or closed[code]:
                row = rows[code.partition(".")[2]]
                assert (row["opening_cents"], row["closing_cents"]) == (sign * opened[code], sign * closed[code])
    for name, table in found["movements"].items():
        if table is None:
            continue
        for row in (*table["rows"], table["total"]):
            columns = {key: cents for key, cents in row.items() if key.endswith("_cents")}
            assert columns.pop("opening_cents") + sum(columns.values()) == 2 * columns["closing_cents"], (name, row)
        for key, cents in table["total"].items():
            if key.endswith("_cents"):
                assert cents == sum(row[key] for row in table["rows"]), (name, key)
    assert found["movements"]["capital"]["total"]["closing_cents"] == by_name["fund_capital"]["amount_cents"]
    assert found["movements"]["results"]["total"]["result_cents"] == income["result_cents"]
    debts = {row["ref"]: row["closing_cents"] for row in found["movements"]["debts"]["rows"]}
    assert debts == {main: -standing[main] for main in ("2000", "2100", "2200", "2210", "2300")}


def follow(before: dict[str, Any], found: dict[str, Any]) -> None:
    """A year opens as the one before closed, and tells the same of it."""
    for line, was in zip(every_line(found), every_line(before), strict=True):
        assert (line["line"], line["last_year_cents"]) == (was["line"], was["amount_cents"])
    assert before["balance"]["assets_cents"] == found["balance"]["assets_last_year_cents"]
    assert before["income"]["result_cents"] == found["income"]["result_last_year_cents"]
    for name, table in found["movements"].items():
        if table is not None:
            assert table["total"]["opening_cents"] == before["movements"][name]["total"]["closing_cents"], name


def years_of(snapshot: Snapshot) -> list[int]:
    return list(range(snapshot.first_day.year, snapshot.today.year + 1))


def figures(snapshot: Snapshot, year: int, known_at: int | None) -> dict[str, Any]:
    """The accounts without what is told beside them."""
    of = reporting_year(snapshot, year, known_at)
    parts = {"balance": balance_sheet(of), "income": income_statement(of), "movements": movement_tables(of)}
    return {**of.as_json(), **parts}


def proved(urls: list[str], seed: int, *, numbers: int) -> int:
    """All years of these funds, as known now and at a few random numbers; how many accounts were looked at."""
    chosen, count = random.Random(seed), 0
    for url in urls:
        with opened(url) as snapshot:
            raw, head = Raw(snapshot), snapshot.ledger.head().seq
            for known_at in (None, *(chosen.randint(0, head) for _time in range(numbers))):
                before = None
                for year in years_of(snapshot):
                    found = figures(snapshot, year, known_at)
                    tie(snapshot, raw, found)
                    if before is not None and before["known_at"] == found["known_at"]:
                        follow(before, found)
                    before, count = found, count + 1
    return count


def test_the_accounts_of_random_funds_tie_to_their_postings(random_funds: list[str]) -> None:
    assert proved(random_funds, 6, numbers=3) > len(random_funds)


def test_they_do_on_postgresql(random_funds_on_postgresql: list[str]) -> None:
    assert proved(random_funds_on_postgresql, 7, numbers=3) > 3
    beside(random_funds_on_postgresql[:1])


def columns_by_facts(snapshot: Snapshot, year: int) -> dict[str, int]:
    """What the columns of the movement tables must hold, added up from the facts themselves."""
    sums: dict[str, int] = defaultdict(int)
    posted: dict[str, tuple[int, int]] = {}
    for each in snapshot.store.facts.all():
        fact = each.fact
        if isinstance(fact, WriteoffPosted):
            posted[fact.ref] = fact.amount_cents, fact.allowance_released_cents
        if each.effective_on.year != year:
            continue
        if isinstance(fact, ContributionCalled):
            sums["capital.called"] += fact.amount_cents
            sums["receivables.called"] += fact.amount_cents
        elif isinstance(fact, ExitSettled):
            sums["capital.left"] -= fact.capital_cents
        elif isinstance(fact, DisbursementApproved):
            sums["advances.approved"] += fact.repayable_cents
            sums["commitments.approved"] -= fact.amount_cents
        elif isinstance(fact, DisbursementCancelled):
            sums["advances.approved"] -= fact.repayable_cents
            sums["commitments.approved"] += fact.commitment_cents
        elif isinstance(fact, DisbursementRefunded):
            sums["advances.unspent"] -= fact.advance_cents
        elif isinstance(fact, (DecisionApproved, DecisionConditional)):
            sums["commitments.awarded"] += fact.award_cents
        elif isinstance(fact, AgreementAmended):
            sums["commitments.awarded" if fact.change_cents > 0 else "commitments.released"] += fact.change_cents
        elif isinstance(fact, (AgreementCompleted, AgreementTerminated, ProposalWithdrawn, ProposalLapsed)):
            sums["commitments.released"] -= fact.released_cents
        elif isinstance(fact, DecisionReopened):
            sums["commitments.released"] -= fact.award_cents
        elif isinstance(fact, (WriteoffPosted, WriteoffReversed)):
            sign = -1 if isinstance(fact, WriteoffPosted) else 1
            amount, released = posted[fact.ref]
            sums["advances.written_off"] += sign * amount
            sums["allowances.used"] += sign * released
        elif isinstance(fact, AllowanceAdjusted):
            for line in fact.lines:
                sums["allowances.added"] += max(line.change_cents, 0)
    return sums


def test_each_column_of_a_movement_table_holds_what_its_facts_moved(random_funds: list[str]) -> None:
    seen: set[str] = set()
    for url in random_funds:
        with opened(url) as snapshot:
            for year in years_of(snapshot):
                found = movement_tables(reporting_year(snapshot, year, None))
                wanted = columns_by_facts(snapshot, year)
                reallocated = any(each.type == "receipt.reallocated" for each in snapshot.store.facts.all())
                for place in COLUMNS:
                    table, column = place.split(".")
                    if place != "allowances.added" or not reallocated:
                        assert found[table]["total"][f"{column}_cents"] == wanted[place], (url, year, place)
                seen |= {place for place, cents in wanted.items() if cents}
                for table in ("capital", "advances", "allowances", "commitments"):
                    assert found[table]["total"]["other_cents"] == 0, "nobody books these by hand"
    assert {"capital.called", "advances.approved", "commitments.awarded", "allowances.added"} <= seen


def beside(urls: list[str]) -> None:
    """What is told beside the accounts adds up to them."""
    for url in urls:
        with opened(url) as snapshot:
            for year in years_of(snapshot):
                found = annual(snapshot, year=year)
                lines = {line["line"]: line["amount_cents"] for line in every_line(found)}
                flows = found["cash"]["flows"]
                eve, end = cash_on(snapshot, [date(year - 1, 12, 31), date(year, 12, 31)])
                told_flows = {flow["line"]: flow["amount_cents"] for flow in flows}
                for name, symbol, sign in FLOWS:
                    assert told_flows[name] == sign * (getattr(end, symbol) - getattr(eve, symbol)), (url, name)
                assert found["cash"]["unexplained_cents"] == 0
                assert flows[-1]["amount_cents"] == lines["bank"] + lines["treasury"]
                assert sum(flow["amount_cents"] for flow in flows[:-1]) == flows[-1]["amount_cents"]
                assert (
                    sum(each["open_cents"] for each in found["commitments"])
                    == (found["balance"]["commitments"][0]["amount_cents"])
                )
                for key, line, sign in (("outstanding_cents", "advances", 1), ("allowance_cents", "allowance", -1)):
                    assert sum(each[key] for each in found["experiments"]) == sign * lines[line]
                equity = found["indicators"]["fund_equity"]["value"] + lines["contributions_receivable"]
                assert equity == sum(lines[line] for line in OWNED)
                costs = {line["line"]: line["amount_cents"] for line in found["income"]["costs"]}
                assert [row["amount_cents"] for row in found["budgets"]] == [
                    costs["learning_writeoffs"], costs["fund_costs"],
                ]  # fmt: skip


def test_what_is_told_beside_the_accounts_adds_up_to_them(random_funds: list[str]) -> None:
    beside(random_funds[:6])


# ------------------------------------------------------------------------------------------------- what was frozen


def kept(world: World, year: int, known_at: int | None = None) -> tuple[bytes, bytes]:
    """The accounts of a year as JSON and as CSV."""
    found = world.ask("statement annual", year=year, **({} if known_at is None else {"known_at": known_at}))
    return STATEMENT_FORMATS["json"](found), STATEMENT_FORMATS["csv"](found)


def again(world: World, year: int) -> None:
    """Lock and close it."""
    for command in ("period lock", "period close"):
        world.both(command, user="anna", second="bram", period=str(year))


def charged(world: World, cents: int, on: date) -> None:
    with world.uow("bram") as uow:
        fact = CostCharged(ref=uow.next_ref("cost"), account="1000", amount_cents=cents, charged_on=on)
        uow.record(fact, effective_on=on)


def test_a_closed_year_gives_the_same_bytes_whatever_comes_later(story_home: Path) -> None:
    with open_fund(f"sqlite:///{story_home / 'fund.db'}") as fund:
        world = World(fund)
        first = {year: kept(world, year) for year in (2024, 2025)}
        frozen = world.ask("period show", period="2025")["closings"][-1]
        found = world.ask("statement annual", year=2025)
        assert found["state"] == "closed"
        assert found["trial_balance_sha256"] == found["closing"]["frozen_sha256"] == frozen["trial_balance_sha256"]
        assert found["head"]["seq"] == frozen["known_at"]
        assert frozen["annual"] == as_page(found).command

        world.clock(date(2027, 1, 20))
        charged(world, 123_45, date(2026, 12, 3))
        rules = standard().model_copy(update={"version": "2027-1", "learning_budget_cents": 1, "legal_form": "host"})
        with world.uow("anna") as uow:
            uow.record(
                RegulationsAdopted(
                    ref="2027-1", from_on=date(2025, 6, 1), text=canonical_json(rules.model_dump(mode="json"))
                ),
                effective_on=date(2025, 6, 1),
            )
        assert {year: kept(world, year) for year in first} == first

        for month in range(9, 0, -1):
            world.both("period reopen", user="anna", second="bram", period=f"2026-{month:02d}", reason="Eerst dit.")
        world.both("period reopen", user="anna", second="bram", period="2025", reason="Een factuur te laat.")
        opened_again = world.ask("statement annual", year=2025)
        assert (opened_again["state"], opened_again["closing"]) == ("provisional", None)
        assert opened_again["legal_form"] == "host", "what holds from a day counts once nothing is frozen"
        later = opened_again["after_balance_date"]["decisions"]
        assert ("decision.approved", "2026-001") in [(each["type"], each["ref"]) for each in later]
        assert all(each["on"].startswith("2026") for each in later)
        assert found["after_balance_date"]["decisions"] == [], "what was not known at the closing is not told"
        assert kept(world, 2024) == first[2024]
        assert kept(world, 2025, frozen["known_at"]) == first[2025]

        charged(world, 77_00, date(2025, 12, 30))
        again(world, 2025)
        second = world.ask("statement annual", year=2025)
        assert (second["state"], second["closing"]["number"]) == ("closed", 2)
        assert second["income"]["result_cents"] == found["income"]["result_cents"] - 77_00
        assert second["income"]["booked_cents"] == second["income"]["result_cents"]
        closed_again = kept(world, 2025)
        charged(world, 5_00, date(2026, 12, 5))
        assert kept(world, 2025) == closed_again
        assert kept(world, 2025, frozen["known_at"]) == first[2025]
        assert kept(world, 2024) == first[2024]
        # the year after tells what the second closing left
        following = world.ask("statement annual", year=2026)
        assert following["balance"]["assets_last_year_cents"] == second["balance"]["assets_cents"]


def test_a_fund_seen_at_its_last_fact_is_the_fund(random_funds: list[str]) -> None:
    for url in random_funds[:5]:
        with opened(url) as snapshot:
            past = HistoricalSnapshot(snapshot, snapshot.store.facts.head().seq)
            for kind, life in PROJECTIONS.items():
                assert past.cases(life.model) == snapshot.cases(life.model), kind
                for case in snapshot.cases(life.model):
                    assert past.version(case) == snapshot.version(case)
            assert past.regulations() == snapshot.regulations()
            middle = snapshot.store.facts.head().seq // 2
            seen = HistoricalSnapshot(snapshot, middle)
            assert seen.store.facts.head().seq == middle
            assert max(each.seq for each in seen.store.facts.of_types(sorted(FACTS))) == middle
            assert all(seen.version(case) <= middle for life in PROJECTIONS.values() for case in seen.cases(life.model))


def test_the_closed_years_of_random_funds_stay_as_they_were(random_funds: list[str], tmp_path: Path) -> None:
    closed = 0
    for url in random_funds:
        with opened(url) as snapshot:
            years = [year for year in years_of(snapshot) if reporting_year(snapshot, year, None).closing is not None]
        if not years or closed == 3:
            continue
        closed += 1
        copied = shutil.copy(url.removeprefix("sqlite:///"), tmp_path)
        with open_fund(f"sqlite:///{copied}") as fund:
            world = World(fund)
            before = {year: kept(world, year) for year in years}
            assert all(b'"state": "closed"' in json for json, _csv in before.values())
            with world.snapshot() as snapshot:
                today, head = snapshot.today, snapshot.ledger.head().seq
            charged(world, 3_21, today)
            assert {year: kept(world, year) for year in years} == before
            assert {year: kept(world, year, head + 1) for year in years} != before, "known later it names another head"
    assert closed == 3


def test_a_year_that_was_closed_without_an_entry_stays_as_it_was(database_url: str) -> None:
    with founded(database_url) as world:
        world.partners()
        world.both("capital call", user="anna", second="bram", amount=100_000_00)
        rules = standard().model_copy(update={"version": "2026-2", "legal_form": "host", "revolving_target_bps": 7_000})
        text = canonical_json(rules.model_dump(mode="json"))
        with world.uow("anna") as uow:
            uow.record(RegulationsAdopted(ref="2026-2", from_on=date(2026, 12, 1), text=text))
        world.clock(date(2027, 1, 10))
        again(world, 2026)
        closed = kept(world, 2026)
        found = world.ask("statement annual", year=2026)
        assert (found["state"], found["legal_form"], found["income"]["result_cents"]) == ("closed", "host", 0)
        assert found["indicators"]["revolving_target"]["value"] == "7/10", "known at the closing, after the last entry"
        charged(world, 9_00, date(2027, 1, 8))
        assert kept(world, 2026) == closed
        assert kept(world, 2026, found["known_at"]) == closed


def test_what_changes_next_year_is_told_number_by_number(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        for version, from_on, buffer in (("2026-2", date(2026, 7, 1), 1), ("2027-1", date(2027, 1, 1), 900_00)):
            rules = standard().model_copy(update={"version": version, "buffer_cents": buffer})
            text = canonical_json(rules.model_dump(mode="json"))
            with world.uow("anna") as uow:
                uow.record(RegulationsAdopted(ref=version, from_on=from_on, text=text))
        found = world.ask("statement annual", year=2026)
        assert found["regulations"] == "2026-2"
        assert found["next_year"]["regulations"] == [
            {
                "version": "2027-1",
                "from_on": "2027-01-01",
                "changes": [{"name": "buffer_cents", "before": "1", "after": "90000"}],
            }
        ]
        sentence = "Regulations 2027-1 hold from 1 January 2027. buffer: EUR 0.01 becomes EUR 900.00"
        assert sentence in as_page(found).notes
        assert sentence in " ".join(text_of(annual_pdf(found))[1:2])


# --------------------------------------------------------------------------------------------------------- the edges


def test_the_accounts_of_a_fund_in_which_nothing_happened(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        found = world.ask("statement annual", year=2026)
        assert (found["known_at"], found["state"], found["balance"]["assets_cents"]) == (0, "provisional", 0)
        assert all(line["last_year_cents"] is None for line in every_line(found))
        assert (found["income"]["result_cents"], found["income"]["result_last_year_cents"]) == (0, None)
        assert (found["experiments"], found["commitments"]) == ([], [])
        assert as_page(found).ties
        assert [column.key for column in as_page(found).tables[0].columns] == ["title", "article", "amount_cents"]
        assert annual_pdf(found).startswith(b"%PDF")
        charged(world, 700, date(2026, 1, 5))
        one = world.ask("statement annual", year=2026)
        assert one["income"]["result_cents"] == -700
        assert one["balance"]["assets_cents"] == one["balance"]["liabilities_cents"] == -700
        world.clock(date(2028, 3, 1))
        still = world.ask("statement annual", year=2027)
        assert still["income"]["result_cents"] == 0
        assert still["income"]["result_last_year_cents"] == -700
        follow(one, still)
        lines = {line["line"]: line["amount_cents"] for line in every_line(still)}
        assert lines["accumulated_result"] == -700, "also while the year before is not closed"


def test_a_year_in_which_there_was_no_fund_has_no_accounts(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        with pytest.raises(YearBeforeTheFund, match="no annual accounts of 2025: the fund began in 2026"):
            world.ask("statement annual", year=2025)
        with pytest.raises(YearToCome, match="no annual accounts of 2027: today is 2026-01-05"):
            world.ask("statement annual", year=2027)


def test_money_of_a_host_is_deferred_income_with_its_movement_table(sqlite_url: str) -> None:
    law = Treasury(host_budget_cents=30_000_00, steps=(TreasuryStep(from_cents=0, rate_bps=200),))
    changed = {"legal_form": "host", "contributions": "repayable", "treasury": law}
    rules = standard().model_copy(update=changed)
    with founded(sqlite_url, rules=rules) as world:
        world.partners()
        world.both("capital call", user="anna", second="bram", amount=100_000_00)
        charged(world, 1_000_00, date(2026, 1, 5))
        found = world.ask("statement annual", year=2026)
        groups = {line["line"]: (line["group"], line["article"]) for line in found["balance"]["liabilities"]}
        assert {groups[line] for line in OWNED} == {("deferred_income", "BBV 49b")}
        assert found["movements"]["deferred"]["rows"] == [
            {
                "opening_cents": 0, "received_cents": 100_000_00, "released_cents": -1_000_00, "repaid_cents": 0,
                "other_cents": 0, "closing_cents": 99_000_00,
            }
        ]  # fmt: skip
        assert found["income"]["released_cents"] == 1_000_00
        shown = {table.name: table for table in as_page(found).tables}
        assert shown["income"].total is not None
        assert shown["income"].total["amount_cents"] == 0, "the host itself earns nothing"
        notes = " ".join(as_page(found).notes)
        assert "deferred income (BBV 49 b, 52a)" in notes
        assert "BBV 36 a 2" in notes
        assert "tested per quarter" in notes
        assert "2026-Q1: within the EUR 600.00 that may stand outside" in " ".join(shown["figures"].notes)


def test_regulations_that_say_nothing_new_are_the_text_they_were() -> None:
    plain = standard().model_dump(mode="json")
    assert {"legal_form", "contributions"} & set(plain) == set()
    before = standard().model_copy(update={"treasury": None}).model_dump(mode="json")
    assert before["treasury"] is None, "what was always told is told"
    assert Regulations.model_validate(plain) == standard()
    host = standard().model_copy(update={"legal_form": "host"}).model_dump(mode="json")
    assert Regulations.model_validate(host).legal_form == "host"


# ------------------------------------------------------------------------------------------------ paper and workbooks


def text_of(pdf: bytes) -> list[str]:
    return [" ".join((page.extract_text() or "").split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def test_two_pages_for_representatives_then_the_accounts_then_the_experiments(story: Story) -> None:
    with opened(story.url) as snapshot:
        found = annual(snapshot, year=2025)
    pdf = annual_pdf(found)
    assert annual_pdf(found) == pdf
    pages = text_of(pdf)
    assert pages[0].startswith("Innovatiefonds Utrecht Annual accounts 2025")
    assert pages[2].startswith("The accounts Balance sheet")
    assert [number for number, page in enumerate(pages) if page.startswith("The experiments")] == [len(pages) - 2]
    whole = " ".join(pages)
    for each in found["experiments"]:
        assert each["question"] in whole, "a refuted hypothesis stands among the others"
    attached = PdfReader(io.BytesIO(pdf)).attachments
    assert attached["annual.csv"] == [STATEMENT_FORMATS["csv"](found)]
    assert {"balance.csv", "capital.csv", "experiments.csv"} <= set(attached)


def test_long_names_and_many_decisions_stay_on_the_two_pages(story: Story) -> None:
    def large(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: -123_456_789_12 if key.endswith("_cents") and isinstance(item, int) else large(item)
                for key, item in value.items()
            }
        return [large(item) for item in value] if isinstance(value, list) else value

    with opened(story.url) as snapshot:
        found = annual(snapshot, year=2025)
    name = "Hoogheemraadschap De Stichtse Rijnlanden"
    one = {
        **found["experiments"][1],
        "title": "Digitaal loket voor vergunningen en toezicht in de hele regio Utrecht" + " x" * 5,
    }
    one.update(lead_name=name, parties=[{"partner": str(number), "name": name} for number in range(7)])
    found["experiments"] = [{**one, "ref": f"A2025-{number:03d}"} for number in range(12)]
    decision = {"on": "2026-02-03", "type": "decision.approved", "ref": "2026-001", "name": "2026-001"}
    found["after_balance_date"]["decisions"] = [{**decision, "amount_cents": 123_456_789_12}] * 15
    change = {"name": "terms.call_due_days", "before": "30", "after": "45"}
    found["next_year"]["regulations"] = [{"version": "2026-1", "from_on": "2026-01-01", "changes": [change] * 9}] * 3
    found.update({part: large(found[part]) for part in ("balance", "income", "movements", "cash", "budgets")})
    pages = text_of(annual_pdf(found))
    assert pages[2].startswith("The accounts Balance sheet")
    assert "8 more stand behind." in pages[1]
    assert "12 more stand in the accounts." in pages[1]
    assert sum(page.count("On 3 February 2026 2026-001 was awarded") for page in pages) == 3 + 15
    assert sum(page.count(f"{name}, {name}") > 0 for page in pages) >= 4


def test_the_workbook_holds_the_same_numbers(story: Story) -> None:
    with opened(story.url) as snapshot:
        found = annual(snapshot, year=2025)
    book = load_workbook(io.BytesIO(STATEMENT_FORMATS["xlsx"](as_page(found))))
    sheets = {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book}
    totals = {row[0]: row[2:4] for row in sheets["Balance sheet"]}
    balance = found["balance"]
    for title, side in (("Total assets", "assets"), ("Total equity and liabilities", "liabilities")):
        wanted = [balance[f"{side}_cents"], balance[f"{side}_last_year_cents"]]
        assert [round(value * 100) for value in totals[title]] == wanted
    partners = sheets["Fund capital"][-35:]
    assert round(sum(row[-1] for row in partners[:34]) * 100) == round(partners[34][-1] * 100) == 2_100_000_00
