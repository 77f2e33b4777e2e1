"""What two people must see alike, with given numbers left open."""

from __future__ import annotations

import json
from datetime import date

import pytest

from fund.ledger import EntryDraft, credit, debit
from fund.unit_of_work.comparable import comparable

TODAY = date(2026, 5, 4)


def _memo(memo: str, refs: list[str]) -> str:
    draft = EntryDraft(
        effective_on=TODAY, kind="x", memo=memo, actor="a", idempotency_key="k",
        postings=(debit("1000", 1), credit("2000", 1)),
    )  # fmt: skip
    (entry,) = json.loads(comparable((), [draft], refs, today=TODAY, on=None))["entries"]
    return str(entry["memo"])


@pytest.mark.parametrize(
    ("memo", "refs", "left"),
    [
        ("D2026-0001 and D2026-0002", ["D2026-0001", "D2026-0002"], "#0 and #1"),
        ("2026-1 is no part of 2026-11-01", ["2026-1"], "#0 is no part of 2026-11-01"),
        ("2026-1-a, of 2026-1", ["2026-1"], "#0-a, of #0"),
        ("2026-001-1", ["2026-001", "2026-001-1"], "#0-1"),
        ("2026-001-1", ["2026-001-1", "2026-001"], "#0"),
        ("2026-0011", ["2026-001"], "2026-0011"),
        ("xD2026-0001 -D2026-0001", ["D2026-0001"], "xD2026-0001 -D2026-0001"),
        ("known at: 12, 123", ["at: 12"], "known #0, 123"),
    ],
)
def test_a_given_number_is_left_open_where_it_is_whole(memo: str, refs: list[str], left: str) -> None:
    assert _memo(memo, refs) == left


def test_a_thousand_numbers_cost_one_pass() -> None:
    refs = [f"D2026-{number:04d}" for number in range(1_000)]
    assert _memo(" ".join(refs), refs) == " ".join(f"#{number}" for number in range(1_000))
