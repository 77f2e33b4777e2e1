"""Movement tables: what stood at the beginning of the year, what came and went by kind of entry, what stood at its end.

A table says for each kind of entry in which column it belongs; whatever no column names stands under ``other``, so that
opening and columns always make the closing. Amounts are cents on the normal side of the account: what went is below
zero. An entry that was taken back counts in the column of what it takes back. Source: BBV 52a, 54, 55; lifecycle.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fund.ledger import CLOSING, Movement, main_of
from fund.reports.statements.annual.balance import CAPITAL, RESULT, Books, books
from fund.reports.statements.annual.years import ReportingYear
from fund.schemas.agreements import Agreement
from fund.schemas.proposals import Proposal

OTHER = "other"


@dataclass(frozen=True, slots=True)
class Table:
    """A main account, the side it counts on, and the column of each kind of entry.

    Attributes:
        of: What a row is: ``partner``, ``agreement`` or ``proposal``.
        kinds: By kind of entry the column, or the columns of what comes and of what goes.
        rest: The columns of all other kinds.
    """

    name: str
    main: str
    sign: int
    of: str
    columns: tuple[str, ...]
    kinds: Mapping[str, str | tuple[str, str]]
    rest: tuple[str, str] = (OTHER, OTHER)

    def moved(self, movements: Iterable[Movement]) -> dict[str, int]:
        """What moved, by column."""
        sums = dict.fromkeys((*self.columns, OTHER), 0)
        for each in movements:
            comes, goes = _pair(self.kinds.get(each.kind, self.rest))
            more, less = (
                (each.debit_cents, each.credit_cents) if self.sign > 0 else (each.credit_cents, each.debit_cents)
            )
            sums[comes] += more
            sums[goes] -= less
        return sums


def _pair(found: str | tuple[str, str]) -> tuple[str, str]:
    return (found, found) if isinstance(found, str) else found


TABLES = (
    Table(
        "capital", CAPITAL, -1, "partner", ("called", "left"), {"contribution.called": "called", "exit.settled": "left"}
    ),
    Table(
        "receivables",
        "1100",
        1,
        "partner",
        ("called", "received", "settled"),
        {
            "contribution.called": "called",
            "contribution.received": "received",
            "overpayment.moved": "received",
            "exit.settled": "settled",
        },
    ),
    Table(
        "advances",
        "1200",
        1,
        "agreement",
        ("approved", "repaid", "unspent", "written_off", "refinanced"),
        {
            "disbursement.approved": "approved",
            "disbursement.cancelled": "approved",
            "receipt.allocated": "repaid",
            "receipt.reallocated": "repaid",
            "receipt.unmatched": "repaid",
            "exit.set_off": "repaid",
            "writeoff.reversed": "repaid",
            "disbursement.refunded": "unspent",
            "writeoff.posted": "written_off",
            "agreement.refinanced": "refinanced",
        },
    ),
    Table(
        "allowances",
        "1290",
        -1,
        "agreement",
        ("added", "released", "used", "refinanced"),
        {"writeoff.posted": "used", "agreement.refinanced": "refinanced", "entry.posted": OTHER},
        rest=("added", "released"),
    ),
    Table(
        "commitments",
        "9000",
        1,
        "proposal",
        ("awarded", "approved", "released"),
        {
            "decision.approved": "awarded",
            "decision.conditional": "awarded",
            "agreement.amended": ("awarded", "released"),
            "disbursement.approved": "approved",
            "disbursement.cancelled": "approved",
            "decision.reopened": "released",
            "proposal.withdrawn": "released",
            "proposal.lapsed": "released",
            "agreement.completed": "released",
            "agreement.terminated": "released",
        },
    ),
)
DEBTS = ("2000", "2100", "2200", "2210", "2300")
"""What the fund owes, of which all that is added and all that is taken off is told."""


def movement_tables(period: ReportingYear) -> dict[str, Any]:
    """Every table by name: its ``rows``, one per partner, agreement or proposal, and their ``total``."""
    found = books(period)
    tables = {table.name: _table(period, table, found) for table in TABLES}
    return {**tables, "debts": _debts(found), "results": _results(found), "deferred": _deferred(period, tables, found)}


def _table(period: ReportingYear, table: Table, found: Books) -> dict[str, Any]:
    moved: dict[str, list[Movement]] = {}
    for each in found.moved:
        if main_of(each.code) == table.main:
            moved.setdefault(each.code, []).append(each)
    codes = sorted(code for code in {*found.closed, *found.opened, *moved} if main_of(code) == table.main)
    rows = []
    for code in codes:
        columns = table.moved(moved.get(code, ()))
        opening, closing = (table.sign * each.get(code, 0) for each in (found.opened, found.closed))
        if opening or closing or any(columns.values()):
            ref = code.partition(".")[2]
            rows.append({"ref": ref, "name": _NAMES[table.of](period, ref), **_cents(opening, columns, closing)})
    return {"rows": rows, "total": _total(rows, table.columns)}


def _cents(opening: int, columns: Mapping[str, int], closing: int) -> dict[str, int]:
    return {
        "opening_cents": opening,
        **{f"{name}_cents": cents for name, cents in columns.items()},
        "closing_cents": closing,
    }


def _total(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> dict[str, int]:
    keys = ("opening_cents", *(f"{name}_cents" for name in (*columns, OTHER)), "closing_cents")
    return {key: sum(row[key] for row in rows) for key in keys}


def _debts(found: Books) -> dict[str, Any]:
    """Each debt as a whole: all that was added to it, all that was taken off."""
    rows = []
    for main in DEBTS:
        moved = [each for each in found.moved if main_of(each.code) == main]
        columns = {
            "added": sum(each.credit_cents for each in moved),
            "taken_off": -sum(each.debit_cents for each in moved),
        }
        opening, closing = -found.opening.get(main, 0), -found.closing.get(main, 0)
        rows.append(
            {
                "ref": main,
                "opening_cents": opening,
                **{f"{name}_cents": cents for name, cents in columns.items()},
                "closing_cents": closing,
            }
        )
    keys = ("opening_cents", "added_cents", "taken_off_cents", "closing_cents")
    return {"rows": rows, "total": {key: sum(row[key] for row in rows) for key in keys}}


def _results(found: Books) -> dict[str, Any]:
    """The result over the years (3100, and what the closing of the year brings or will bring to it)."""
    moved = [each for each in found.moved if each.code == RESULT and each.kind != CLOSING]
    exits = -sum(each.balance_cents for each in moved if each.kind.startswith("exit."))
    other = -sum(each.balance_cents for each in moved) - exits
    opening, closing = (
        -sum(cents for code, cents in of.items() if code in found.results or code == RESULT)
        for of in (found.opening, found.closing)
    )
    row = {
        "ref": RESULT,
        "opening_cents": opening,
        "result_cents": found.result,
        "exits_cents": exits,
        "other_cents": other,
        "closing_cents": closing,
    }
    return {"rows": [row], "total": {key: cents for key, cents in row.items() if key != "ref"}}


def _deferred(period: ReportingYear, tables: Mapping[str, Any], found: Books) -> dict[str, Any] | None:
    """Where the contributions are a host's: what was received for the purpose, what was released to pay for it, what
    was paid back (BBV 52a). ``None`` where they are equity.
    """
    if period.snapshot.regulations(period.last_on).legal_form != "host":
        return None
    capital, results = tables["capital"]["total"], _results(found)["total"]
    row = {
        "opening_cents": capital["opening_cents"] + results["opening_cents"],
        "received_cents": capital["called_cents"],
        "released_cents": results["result_cents"],
        "repaid_cents": capital["left_cents"] + results["exits_cents"],
        "other_cents": capital["other_cents"] + results["other_cents"],
        "closing_cents": capital["closing_cents"] + results["closing_cents"],
    }
    return {"rows": [row], "total": row}


def _partner(period: ReportingYear, ref: str) -> str:
    return period.snapshot.partner_name(ref)


def _agreement(period: ReportingYear, ref: str) -> str:
    found = period.snapshot.maybe(Agreement, ref)
    return found.title if found is not None else ref


def _proposal(period: ReportingYear, ref: str) -> str:
    found = period.snapshot.maybe(Proposal, ref)
    return found.title if found is not None else ref


_NAMES: Mapping[str, Callable[[ReportingYear, str], str]] = {
    "partner": _partner,
    "agreement": _agreement,
    "proposal": _proposal,
}
