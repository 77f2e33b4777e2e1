"""The annual accounts against sums over raw postings: random funds, random years and numbers, both databases."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import sqlalchemy as sa

from fund.reports.statements.annual import annual
from fund.unit_of_work import View
from fund.workflows.commands import LIVES
from fund.workflows.delivery import open_fund

LEGS = (
    "select entry.seq, entry.effective_on, entry.kind, account.code, posting.amount_cents, undone.kind as undone"
    " from posting join entry on entry.id = posting.entry_id join account on account.id = posting.account_id"
    " left join entry as undone on undone.book_id = entry.book_id and undone.seq = entry.reverses_seq"
)
INCOME_AND_COSTS = "4"


@contextmanager
def opened(url: str) -> Iterator[View]:
    """A fund that is only read."""
    with open_fund(url) as fund, View.open(fund.engine, LIVES) as view:
        yield view


class Raw:
    """The legs as they are stored, added up by a plain loop."""

    def __init__(self, view: View) -> None:
        self.legs = [
            (row.seq, date.fromisoformat(str(row.effective_on)), row.undone or row.kind, row.code, row.amount_cents)
            for row in view.connection.execute(sa.text(LEGS))
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


def tie(view: View, raw: Raw, found: dict[str, Any]) -> None:
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
    assert {code for code, cents in standing.items() if cents} <= {*named, "9000", "9010"}
    by_name = {line["line"]: line for line in every_line(found)}
    for line in every_line(found):
        if line["line"] not in ("accumulated_result", "result_of_the_year"):
            sign = 1 if line in balance["assets"] else -1
            assert line["amount_cents"] == sign * sum(standing[main] for main in line["mains"]), line
    results = sum(cents for code, cents in standing.items() if code[0] == INCOME_AND_COSTS) + standing["3100"]
    assert by_name["accumulated_result"]["amount_cents"] + by_name["result_of_the_year"]["amount_cents"] == -results
    assert balance["commitments"][0]["amount_cents"] == standing["9000"]
    trial = view.ledger.trial_balance(as_of=last, known_at=known_at)
    assert sum(row.balance_cents for row in trial if row.code[:2] not in ("90",)) == 0

    # income and costs are what moved, and their difference is the result
    for side, sign in (("incomes", -1), ("costs", 1)):
        for line in income[side]:
            assert line["amount_cents"] == sign * sum(moved[main] for main in line["mains"]), line
    told = {main for side in ("incomes", "costs") for line in income[side] for main in line["mains"]}
    assert {code for code, cents in moved.items() if cents and code[0] == INCOME_AND_COSTS} <= told
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
    assert [line["amount_cents"] for line in every_line(before)] == [
        line["last_year_cents"] for line in every_line(found)
    ] or len(every_line(before)) != len(every_line(found))
    assert before["balance"]["assets_cents"] == found["balance"]["assets_last_year_cents"]
    assert before["income"]["result_cents"] == found["income"]["result_last_year_cents"]
    for name, table in found["movements"].items():
        if table is not None:
            assert table["total"]["opening_cents"] == before["movements"][name]["total"]["closing_cents"], name


def years_of(view: View) -> list[int]:
    return list(range(view.first_day.year, view.today.year + 1))


def proved(urls: list[str], seed: int, *, numbers: int) -> int:
    """All years of these funds, as known now and at a few random numbers; how many accounts were looked at."""
    chosen, count = random.Random(seed), 0
    for url in urls:
        with opened(url) as view:
            raw, head = Raw(view), view.ledger.head().seq
            for known_at in (None, *(chosen.randint(0, head) for _time in range(numbers))):
                before = None
                for year in years_of(view):
                    found = annual(view, year=year, known_at=known_at)
                    tie(view, raw, found)
                    if before is not None and before["known_at"] == found["known_at"]:
                        follow(before, found)
                    before, count = found, count + 1
    return count


def test_the_accounts_of_random_funds_tie_to_their_postings(random_funds: list[str]) -> None:
    assert proved(random_funds, 6, numbers=1) > len(random_funds)


def test_they_do_on_postgresql(random_funds_on_postgresql: list[str]) -> None:
    assert proved(random_funds_on_postgresql, 7, numbers=2) > 3
