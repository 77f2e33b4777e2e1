"""Every row of the design that books something is compared as bookkeeping text in a file of this folder.

A file ``test_<area>.py`` says in ``ROWS`` which rows its tests reach, and in ``WIRES`` which facts; a fact counts when
its entry stands in an expected text of that file (``2026-01-05  contribution.called  Memo``, see
:mod:`tests.bookkeeping`).
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from fund.rules.postings import BOOKED

POSTS = {
    # decisions (lifecycle.md 4)
    "P14": "Dr 9000 / Cr 9010 full amount",
    "P15": "as P14",
    "P19": "Dr 9010 / Cr 9000",
    "P21": "if committed: Dr 9010 / Cr 9000",
    "P22": "as P21",
    # disbursements and agreements (5)
    "D3": "Dr 1200 (repayable share) + Dr 4000 (rest) / Cr 2000; and Dr 9010 / Cr 9000",
    "D4": "Dr 2000 / Cr 1010",
    "D5": "Dr 1010 / Cr 1000",
    "D6": "Dr 1010 / Cr 2000",
    "D7": "reverse D3, both pairs (after A5, A6 only the first)",
    "D8": "Dr 2300 / Cr 1200 and Cr 4000 by share; share beyond 1200: as W6, then Cr 2100",
    "D10": "Dr 2300 / Cr 2000",
    "A3": "Dr 9000 / Cr 9010 or reverse",
    "A5": "Dr 9010 / Cr 9000 rest",
    "A6": "as A5",
    # repayment (6)
    "R2": "Dr 1000 (or 1005) / Cr 2300",
    "R3": "Dr 2300 / Cr 1200; surplus Cr 2100; 1290 above 1200: Dr 1290 / Cr 4100",
    "R4": "as R3",
    "R5": "only the delta, today",
    "R7": "Dr 2100 / Cr 2000 or 1100",
    "R9": "Dr 4100 / Cr 1290 or reverse",
    # write-offs, recoveries, roll-out (7, 8)
    "W4": "Dr 4200 or 4210 / Cr 1200 in full; 1290 above what remains: Dr 1290 / Cr 4100",
    "W5": "exact mirror, in today's year; recovered meanwhile: Dr 4300 / Cr 1200",
    "W6": "Dr 2300 / Cr 4300; surplus to 2100",
    "refinancing": "Dr 1200 child / Cr 1200 parent, 1290 moves along",
    # capital, leaving, costs, the books themselves (9)
    "K1": "Dr 1100(p) / Cr 3000(p)",
    "K2": "Dr 2300 / Cr 1100(p); surplus Cr 2100",
    "K7": "Dr 3000(p) all; 1100(p) to max(-net, 0); Cr 2200(p) now, Cr 2210(p) later; difference 3100",
    "K8": "Dr 2200(p) / Cr 2000, then D4-D6; set-off Dr 2200 / Cr 1200",
    "K9": "Dr 2210(p) / Cr 2200(p)",
    "K10": "Dr 2210(p) / Cr 2200(p), rest Cr 3100",
    "C1": "Dr 4500 / Cr 2000, then D4-D6",
    "C2": "Dr 4500, or Dr 1010 / Cr 1000",
    "C3": "Dr 2300 / Cr 4400",
    "C4": "Dr 1010 / Cr 1000; Dr 1005 / Cr 1010",
    "C5": "as stated",
    "C6": "every 4xxx sub-account to 3100, kind closing, last day",
}
"""The rows of lifecycle.md that have a posting, and what it is."""

POSTS_NOTHING = {
    "K3",
    "K4",
    "K5",
    "K6",
    "K11",
    "K12",
    "P16",
    "P17",
    "P20",
    "D1",
    "D2",
    "D9",
    "R1",
    "R6",
    "R8",
    "C7",
    "C8",
}
"""Rows whose own posting is none; a test may show that nothing is booked."""

FILES = sorted(path for path in Path(__file__).parent.glob("test_*.py") if path.name != "test_complete.py")


def declared(path: Path, name: str) -> set[str]:
    """What a file says in ``ROWS`` or ``WIRES``."""
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and [ast.unparse(target) for target in statement.targets] == [name]:
            return set(ast.literal_eval(statement.value))
    return set()


def everywhere(name: str) -> set[str]:
    return set().union(*(declared(path, name) for path in FILES))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_says_which_rows_and_facts_it_compares(path: Path) -> None:
    rows, wires = declared(path, "ROWS"), declared(path, "WIRES")
    text = path.read_text(encoding="utf-8")
    assert rows
    assert rows <= set(POSTS) | POSTS_NOTHING
    assert wires <= set(BOOKED)
    assert [wire for wire in sorted(wires) if f"  {wire}  " not in text and f"  {wire}, " not in text] == []


def test_every_row_that_books_something_is_compared_whole() -> None:
    covered = everywhere("ROWS")
    assert sorted(set(POSTS) - covered) == []


def test_every_fact_that_books_something_is_compared_whole() -> None:
    covered = everywhere("WIRES")
    assert sorted(set(BOOKED) - covered) == []
