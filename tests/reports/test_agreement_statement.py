"""An agreement's statement from award to lessons: as it was on any day, and that all agreements make the fund."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest

from fund.commands.opening import open_fund
from fund.errors.commands import UnknownRef
from fund.registry import PROJECTIONS
from fund.reports.statements.agreement import agreement_statement
from fund.reports.statements.pages import PAGES
from fund.unit_of_work import Snapshot
from tests.story import Told


@pytest.fixture
def snapshot(story: Told) -> Iterator[Snapshot]:
    with open_fund(story.url) as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
        yield snapshot


def test_an_experiment_that_failed_well_is_told_from_award_to_lesson(snapshot: Snapshot) -> None:
    found = agreement_statement(snapshot, ref="A2024-002")
    assert (found["state"], found["award_cents"], found["learning_writeoffs_cents"]) == ("closed", 80_000_00, 24_000_00)
    assert [row["state"] for row in found["milestones"]] == ["accepted", "planned"]
    assert [(row["amount_cents"], row["seq"]) for row in found["payments"]] == [(40_000_00, 113)]
    assert sum(row["cancelled_cents"] for row in found["instalments"]) == 48_000_00
    assert found["evaluation"]["hypothesis"] == "refuted"
    assert found["movements"][0]["memo"] == "Toekenning 2024-002"
    titles = [table.name for table in PAGES["statement agreement"](found).tables]
    assert titles[:2] == ["summary", "balances"]
    assert titles[-3:] == ["writeoffs", "lessons", "movements"]


def test_an_agreement_is_what_it_was_on_the_day(snapshot: Snapshot) -> None:
    running = agreement_statement(snapshot, ref="A2024-002", as_of=date(2024, 12, 31))
    assert (running["state"], running["outstanding_cents"], running["writeoffs"]) == ("active", 24_000_00, [])
    assert [row["cancelled_cents"] for row in running["instalments"]] == [0, 0, 0, 0]
    assert running["allowance_cents"] == 6_000_00
    assert (running["evaluation"] or {}).get("hypothesis") is None
    before = agreement_statement(snapshot, ref="A2024-002", as_of=date(2024, 5, 20))
    assert (before["committed_cents"], before["instalments"], before["disbursements"]) == (80_000_00, [], [])


def test_what_was_known_at_a_number_is_all_that_is_told(snapshot: Snapshot) -> None:
    early = agreement_statement(snapshot, ref="A2024-002", known_at=110)
    assert (early["known_at"], early["payments"], early["outstanding_cents"]) == (110, [], 24_000_00)
    assert [row["state"] for row in early["disbursements"]] == ["approved"]
    assert early == agreement_statement(snapshot, ref="A2024-002", known_at=110)


def test_receipts_stand_beside_the_instalments_they_paid(snapshot: Snapshot) -> None:
    found = agreement_statement(snapshot, ref="A2024-001")
    paid: Counter[int] = Counter()
    for receipt in found["receipts"]:
        for part in receipt["instalments"]:
            paid[part["no"]] += part["paid_cents"]
    assert dict(paid) == {row["no"]: row["paid_cents"] for row in found["instalments"] if row["paid_cents"]}
    assert sum(paid.values()) == found["repaid_cents"] == 42_000_00


def test_an_unknown_agreement_is_refused(snapshot: Snapshot) -> None:
    with pytest.raises(UnknownRef):
        agreement_statement(snapshot, ref="A2031-001")
