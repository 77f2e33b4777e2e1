"""The balance sheet and the statement of income and costs, line by line in the order of the BBV.

Each main account of the chart belongs to one line; what is not named here gets a line of its own by its type, so that
nothing is left out. Amounts are cents on the side that is usual for the line: a deduction is below zero. The result of
a year is the sum of its income and costs, entries of kind ``closing`` left out; after the closing it stands on 3100,
and is taken out of it again here, so that both are seen. Source: BBV 36-50, 52b, 54, 63, 65; accounts.csv (bbv).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from fund.ledger import CLOSING, AccountType, Layer, Movement, main_of
from fund.reports.statements.annual.years import ReportingYear

DEFERRED = "BBV 49b"
EQUITY = "BBV 43"


@dataclass(frozen=True, slots=True)
class Line:
    """A line: the group it stands in, and the main accounts that make it."""

    name: str
    group: str
    mains: tuple[str, ...]


ASSETS = (
    Line("advances", "financial_fixed_assets", ("1200",)),
    Line("allowance", "financial_fixed_assets", ("1290",)),
    Line("contributions_receivable", "short_receivables", ("1100",)),
    Line("treasury", "short_receivables", ("1005",)),
    Line("bank", "cash", ("1000",)),
    Line("in_transit", "cash", ("1010",)),
)
"""What the fund has: fixed first, then short. The allowance is set off against the advances (BBV 52b, 63 lid 8)."""

LIABILITIES = (
    Line("payables", "short_debts", ("2000",)),
    Line("overpayments", "short_debts", ("2100",)),
    Line("exits_now", "short_debts", ("2200",)),
    Line("exits_later", "long_debts", ("2210",)),
    Line("unidentified", "accruals", ("2300",)),
)
INCOME = (Line("recoveries", "income", ("4300",)), Line("other_income", "income", ("4400",)))
COSTS = (
    Line("grants", "costs", ("4000",)),
    Line("expected_losses", "costs", ("4100",)),
    Line("learning_writeoffs", "costs", ("4200",)),
    Line("other_writeoffs", "costs", ("4210",)),
    Line("fund_costs", "costs", ("4500",)),
)
CAPITAL, RESULT, PROMISED = "3000", "3100", "9000"
GROUPS = ("equity", "deferred_income", "long_debts", "short_debts", "accruals", "other")
"""The order on the side of the liabilities; provisions there are none: the allowance is a deduction (BBV 63 lid 8)."""


@dataclass(frozen=True, slots=True)
class Books:
    """The ledger at a balance date, and what moved in the year until then. Debit positive, in cents.

    Attributes:
        opening, closing: By main code.
        opened, closed: By account, sub-accounts apart.
        moved: What moved in the year, by account and kind of entry.
        types: The type of each main account that ever moved.
    """

    opening: Mapping[str, int]
    closing: Mapping[str, int]
    opened: Mapping[str, int]
    closed: Mapping[str, int]
    moved: tuple[Movement, ...]
    types: Mapping[str, AccountType]
    memo: frozenset[str]

    @property
    def results(self) -> frozenset[str]:
        """The main accounts of income and costs."""
        return frozenset(code for code, type in self.types.items() if type in (AccountType.INCOME, AccountType.EXPENSE))

    def in_year(self, main: str) -> int:
        """What moved on a main account in the year, closings left out."""
        return sum(each.balance_cents for each in self.moved if main_of(each.code) == main and each.kind != CLOSING)

    @property
    def result(self) -> int:
        """Income less costs of the year."""
        return -sum(self.in_year(main) for main in self.results)

    @property
    def brought_to_result(self) -> int:
        """What the closing of the year brought to 3100, if it is closed."""
        return -sum(each.balance_cents for each in self.moved if each.code == RESULT and each.kind == CLOSING)

    @property
    def earlier_results(self) -> int:
        """What earlier years left, on 3100 or not brought there yet, and what leaving partners left there (K7, K10)."""
        booked = sum(cents for code, cents in self.closing.items() if code in self.results or code == RESULT)
        return -booked - self.result


def books(period: ReportingYear) -> Books:
    """The ledger of a year, as it was known: two sets of balances and one of movements."""
    ledger = period.snapshot.ledger

    def read() -> Books:
        before = ledger.trial_balance(as_of=period.before_on, known_at=period.known_at)
        after = ledger.trial_balance(as_of=period.last_on, known_at=period.known_at)
        opened = {row.code: row.balance_cents for row in before}
        closed = {row.code: row.balance_cents for row in after}
        moved = ledger.movements(since=period.first_on, as_of=period.last_on, known_at=period.known_at)
        return Books(
            opening=_by_main(opened),
            closing=_by_main(closed),
            opened=opened,
            closed=closed,
            moved=tuple(moved),
            types={main_of(row.code): row.type for row in after},
            memo=frozenset(main_of(row.code) for row in after if row.layer is not Layer.ACTUAL),
        )

    found: Books = period.snapshot.cached(("annual books", period.year, period.known_at), read)
    return found


def balance_sheet(period: ReportingYear) -> dict[str, Any]:
    """What the fund had and owed on 31 December, and a year before. Both sides are equal.

    Where the contributions are the host's money for a purpose, they and the results stand as deferred income (BBV 49b)
    and there is no equity; else they are equity (BBV 43), the result of the year apart (BBV 42).
    """
    host = period.snapshot.regulations(period.last_on).legal_form == "host"
    now = books(period)
    before = None if period.before is None else books(period.before)
    assets = [_row(line, 1, now, before) for line in (*ASSETS, *_others(now, before, AccountType.ASSET))]
    group, article = ("deferred_income", DEFERRED) if host else ("equity", EQUITY)
    owned = [
        {**_row(Line("fund_capital", group, (CAPITAL,)), -1, now, before), "article": article},
        {
            **_row(Line("accumulated_result", group, (RESULT,)), -1, now, before),
            "amount_cents": now.earlier_results,
            "last_year_cents": None if before is None else before.earlier_results,
            **({"article": article} if host else {}),
        },
        {
            **_row(Line("result_of_the_year", group, ()), -1, now, before),
            "amount_cents": now.result,
            "last_year_cents": None if before is None else before.result,
            "mains": sorted(now.results),
            "article": article if host else _article(RESULT),
        },
        *(_row(line, -1, now, before) for line in _others(now, before, AccountType.EQUITY)),
    ]
    owed = [_row(line, -1, now, before) for line in (*LIABILITIES, *_others(now, before, AccountType.LIABILITY))]
    liabilities = sorted((*owned, *owed), key=lambda row: GROUPS.index(row["group"]))
    named = {main for row in (*assets, *liabilities) for main in row["mains"]}
    left_out = {main for main, cents in now.closing.items() if cents and main not in named and main not in now.memo}
    promised = Line("commitments", "off_balance", (PROMISED,))
    return {
        "assets": assets,
        "assets_cents": _sum(assets, "amount_cents"),
        "assets_last_year_cents": _sum(assets, "last_year_cents"),
        "liabilities": liabilities,
        "liabilities_cents": _sum(liabilities, "amount_cents"),
        "liabilities_last_year_cents": _sum(liabilities, "last_year_cents"),
        "commitments": [_row(promised, 1, now, before)],
        "ties": not left_out and _sum(assets, "amount_cents") == _sum(liabilities, "amount_cents"),
    }


def income_statement(period: ReportingYear) -> dict[str, Any]:
    """What came in and what it cost in the year, and in the year before; the result is what the closing books.

    Money of a host is spent from what was received for the purpose: what is released then equals the costs less other
    income, and nothing is left as the host's own result (BBV 49b).
    """
    host = period.snapshot.regulations(period.last_on).legal_form == "host"
    now = books(period)
    before = None if period.before is None else books(period.before)

    def row(line: Line, sign: int) -> dict[str, Any]:
        return {
            "line": line.name,
            "group": line.group,
            "article": _articles(line.mains),
            "mains": list(line.mains),
            "amount_cents": sign * sum(map(now.in_year, line.mains)),
            "last_year_cents": None if before is None else sign * sum(map(before.in_year, line.mains)),
        }

    income = [row(line, -1) for line in (*INCOME, *_others(now, before, AccountType.INCOME))]
    costs = [row(line, 1) for line in (*COSTS, *_others(now, before, AccountType.EXPENSE))]
    last_year = None if before is None else before.result
    return {
        "incomes": income,
        "income_cents": _sum(income, "amount_cents"),
        "income_last_year_cents": _sum(income, "last_year_cents"),
        "costs": costs,
        "costs_cents": _sum(costs, "amount_cents"),
        "costs_last_year_cents": _sum(costs, "last_year_cents"),
        "result_cents": now.result,
        "result_last_year_cents": last_year,
        "booked_cents": now.brought_to_result if period.closing is not None else None,
        "released_cents": -now.result if host else None,
        "released_last_year_cents": -last_year if host and last_year is not None else None,
    }


def _row(line: Line, sign: int, now: Books, before: Books | None) -> dict[str, Any]:
    return {
        "line": line.name,
        "group": line.group,
        "article": _articles(line.mains),
        "mains": list(line.mains),
        "amount_cents": sign * sum(now.closing.get(main, 0) for main in line.mains),
        "last_year_cents": None if before is None else sign * sum(before.closing.get(main, 0) for main in line.mains),
    }


def _others(now: Books, before: Books | None, type: AccountType) -> list[Line]:
    """A line for each main account of a type that none of ours names."""
    ours = {main for line in (*ASSETS, *LIABILITIES, *INCOME, *COSTS) for main in line.mains} | {CAPITAL, RESULT}
    known = {**(before.types if before is not None else {}), **now.types}
    return [
        Line(main, "other", (main,))
        for main, of in sorted(known.items())
        if of is type and main not in ours and main not in now.memo
    ]


def _sum(rows: list[dict[str, Any]], key: str) -> int | None:
    found = [row[key] for row in rows]
    return None if None in found else sum(found)


def _by_main(balances: Mapping[str, int]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for code, cents in balances.items():
        sums[main_of(code)] = sums.get(main_of(code), 0) + cents
    return sums


def _articles(mains: tuple[str, ...]) -> str:
    return ", ".join(dict.fromkeys(article for article in map(_article, mains) if article))


def _article(main: str) -> str:
    return _chart().get(main, "")


@lru_cache(maxsize=1)
def _chart() -> Mapping[str, str]:
    """The articles of the BBV by main code, as the chart of accounts names them."""
    text = (resources.files("fund") / "data" / "accounts.csv").read_text(encoding="utf-8")
    return {row["code"]: row["bbv"] for row in csv.DictReader(text.splitlines())}
