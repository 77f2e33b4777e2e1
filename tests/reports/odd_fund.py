"""A fund in which every text is as awkward as its book allows, for whatever leaves as a file."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from fund.commands.opening import open_fund
from fund.commands.querying import ask_named
from fund.database import writing
from fund.ledger import EntryDraft, Ledger, credit, debit
from fund.registry import PROJECTIONS
from fund.unit_of_work import Snapshot
from tests.factories import PARTNERS_CSV, as_file, founded

LONG = "h" * 79
"""A holder has at most 80 characters; two differ in the last one alone."""
HOLDERS = (f"{LONG}1", f"{LONG}2", "a_b", "a-b", "-dash")
MEMOS = (
    "\x01\x1b[31m rood\x7f; komma | streep\tmet\nregels  dubbel",
    'aanhaling "zo" en \\ terug, <b>&amp;</b> ]]> &#0; O\'Neill \ufffe \U0001f4b6',
    '=HYPERLINK("x")',
    "+31 6",
    "-1",
    "@SUM(A1)",
    "\tinspringen",
    "\rregeleinde",
)
ACTOR = "=cmd|' /C calc'!A0"
NAME = 'O\'Neill, <De Stichtse> & "Rijnlanden" = samenwerkende gemeenten van {place}, {number}'
LAST = date(2026, 1, 20)


def partners() -> bytes:
    """The 34 partners under long names with commas, apostrophes and marks of XML."""
    rows = list(csv.DictReader(io.StringIO(PARTNERS_CSV.read_text(encoding="utf-8"))))
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    for number, row in enumerate(rows, start=1):
        writer.writerow(row | {"naam": NAME.format(place=row["korte_naam"], number=number)})
    return out.getvalue().encode()


def make(url: str) -> None:
    """Found it: 34 calls by the commands of the fund; what only its ledger takes, by the ledger itself."""
    with founded(url) as world:
        world.user("carla", "committee_chair")
        world.do("partner import", user="anna", file=as_file(partners()))
        world.both("capital call", user="anna", second="bram", amount=1_000_000_01, key="2026")
        with writing(world.fund.engine) as connection:
            book = Ledger.open(connection, book="fund")
            for number, memo in enumerate(MEMOS):
                holder = HOLDERS[number % len(HOLDERS)]
                legs = (debit("4500", 100 + number), credit(f"2000.{holder}", 100 + number))
                _post(book, f"odd/{number}", memo, legs)
            _post(book, "odd/memo", "beide lagen", (*legs, debit("9000.x", 5), credit("9010", 5)))
            taken_back = _post(book, "odd/bank", "bank & <kas>", (debit("1000", 7), credit("2300", 7)))
            book.reverse(
                taken_back,
                reason="dubbel <&> geboekt; nogmaals",
                actor=ACTOR,
                effective_on=LAST,
                idempotency_key="odd/r",
            )


def _post(book: Ledger, key: str, memo: str, legs: Any) -> int:
    draft = EntryDraft(effective_on=LAST, kind="odd, kind", memo=memo, actor=ACTOR, idempotency_key=key, postings=legs)
    return book.post(draft).seq


def any_stretch(data: st.DataObject, url: str, *, one_year: bool = False) -> dict[str, Any]:
    """Days on which something may be booked, and mostly a number of an entry, as the arguments of an export."""
    with open_fund(url) as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
        days = sorted({entry.effective_on for entry in snapshot.ledger.entries()})
        head = snapshot.ledger.head().seq
    some = st.sampled_from(days) | st.dates(days[0] - timedelta(days=40), days[-1] + timedelta(days=40))
    since = data.draw(some)
    until = data.draw(some.filter(lambda day: day.year == since.year) if one_year else some)
    if data.draw(st.booleans()):
        since, until = since.replace(month=1, day=1), until.replace(month=12, day=31)
    known_at = data.draw(st.none() | st.integers(0, head) | st.integers(0, head))
    return {"since": min(since, until), "until": max(since, until), "known_at": known_at}


def exported(url: str, name: str, **args: Any) -> dict[str, Any]:
    """What an export answers."""
    with open_fund(url) as fund:
        return ask_named(fund, f"export {name}", args, user=None)


def trial_balance(url: str, **args: Any) -> dict[str, int]:
    """The balance of each account that ever moved, by ``ledger trial-balance``; what is zero is left out."""
    with open_fund(url) as fund:
        rows = ask_named(fund, "ledger trial-balance", args, user=None)["accounts"]
    return {row["code"]: row["balance_cents"] for row in rows if row["balance_cents"]}
