"""Treasury banking: what stood on the bank and in the treasury, on average over the days of each quarter.

Public bodies hold their surplus in the State's treasury; what stays outside is tested by the average of the day
balances of a quarter, weekends included. The numbers of the law stand in the regulations, dated. Source: statements.md
(accounting rules: treasury banking), accounts.csv (1000 outside, 1005 inside).
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from fund.dates import last_day
from fund.money import half_up, ratio_text
from fund.reports.history import head_of, last_fact, regulations_on
from fund.rules.regulations import Regulations
from fund.unit_of_work import Snapshot

ACCOUNTS = {"1000": False, "1005": True}
"""The fund's accounts, and whether each is one with the treasury."""


def treasury(
    snapshot: Snapshot, *, year: int | None = None, as_of: date | None = None, known_at: int | None = None
) -> dict[str, Any]:
    """Per quarter of a year and account the average of the day balances, and how it lies to the threshold.

    Averages are exact fractions of cents (``average``) and rounded half up (``average_cents``). A quarter that is not
    over counts the days until ``as_of``. Balances are those of accounting days.

    Args:
        year: Default that of ``as_of``.
        as_of: The last accounting day that counts; default today.
        known_at: Leave out what was written after this entry number.
    """
    day = as_of or snapshot.today
    of = year or day.year
    quarters = [
        (f"{of}-Q{number}", date(of, 3 * number - 2, 1), last_day(f"{of}-{3 * number:02d}")) for number in range(1, 5)
    ]
    begun = [(name, first, last, min(last, day)) for name, first, last in quarters if first <= day]
    accounts = [
        {"quarter": name, "account": code, "in_treasury": inside, **_averaged(snapshot, code, first, until, known_at)}
        for name, first, _last, until in begun
        for code, inside in ACCOUNTS.items()
    ]
    return {
        "as_of": day.isoformat(),
        **head_of(snapshot, known_at),
        "year": of,
        "accounts": [{**row, "average": ratio_text(row["average"])} for row in accounts],
        "quarters": [
            {
                "quarter": name,
                "starts_on": first.isoformat(),
                "ends_on": last.isoformat(),
                "complete": until == last,
                **_tested(
                    regulations_on(snapshot, until, last=last_fact(snapshot, known_at)),
                    [row for row in accounts if row["quarter"] == name],
                ),
            }
            for name, first, last, until in begun
        ],
    }


def treasury_excess_cents(snapshot: Snapshot, ended: date) -> int:
    """By how much the quarter that ended on a day was over the threshold that the regulations give, in cents."""
    first = date(ended.year, ended.month - 2, 1)
    rows = [
        {"in_treasury": inside, **_averaged(snapshot, code, first, ended)}
        for code, inside in ACCOUNTS.items()
        if not inside
    ]
    return int(_tested(snapshot.regulations(ended), rows)["excess_cents"])


def _averaged(snapshot: Snapshot, code: str, first: date, until: date, known_at: int | None = None) -> dict[str, Any]:
    """The day balances of an account from one day until another, each counted once."""
    moved: Counter[date] = Counter()
    for line in snapshot.ledger.card(code, since=first, as_of=until, known_at=known_at):
        moved[line.effective_on] += line.amount_cents
    balance = snapshot.ledger.balance(code, as_of=first - timedelta(days=1), known_at=known_at)
    days = [first + timedelta(days=number) for number in range((until - first).days + 1)]
    balances = []
    for each in days:
        balance += moved[each]
        balances.append(balance)
    average = Fraction(sum(balances), len(days))
    return {
        "days": len(days),
        "average": average,
        "average_cents": half_up(average),
        "lowest_cents": min(balances),
        "highest_cents": max(balances),
        "closing_cents": balances[-1],
    }


def _tested(rules: Regulations, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What stood outside, what inside, and the room up to the threshold of the regulations."""
    outside = sum((row["average"] for row in rows if not row["in_treasury"]), Fraction(0))
    inside = sum((row["average"] for row in rows if row["in_treasury"]), Fraction(0))
    threshold = rules.treasury.threshold_cents if rules.treasury is not None else None
    room = None if threshold is None else threshold - outside
    return {
        "outside_cents": half_up(outside),
        "inside_cents": half_up(inside),
        "regulations": rules.version,
        "host_budget_cents": rules.treasury.host_budget_cents if rules.treasury is not None else None,
        "threshold_cents": None if threshold is None else half_up(threshold),
        "room_cents": None if room is None else half_up(max(room, Fraction(0))),
        "excess_cents": None if room is None else half_up(max(-room, Fraction(0))),
        "within": None if room is None else room >= 0,
    }
