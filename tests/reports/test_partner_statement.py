"""A partner's statement: what its controller lays beside his own books, and that all partners make the fund."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest

from fund.commands.opening import open_fund
from fund.commands.querying import ask_named
from fund.registry import PROJECTIONS
from fund.reports.statements.formats import STATEMENT_FORMATS
from fund.reports.statements.pages import PAGES
from fund.reports.statements.partner import MAINS, partner_statement
from fund.unit_of_work import Snapshot
from tests.factories import as_file, founded
from tests.story import Told


@pytest.fixture
def snapshot(story: Told) -> Iterator[Snapshot]:
    with open_fund(story.url) as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
        yield snapshot


def test_every_movement_has_its_document_and_the_balance_after_it(snapshot: Snapshot) -> None:
    found = partner_statement(snapshot, partner="gm0344")
    called, paid = [line for line in found["movements"] if line["account"] == "1100.gm0344"]
    assert (called["document"], called["receipt"], called["balance_cents"]) == (
        found["calls"][0]["ref"],
        None,
        called["amount_cents"],
    )
    assert (paid["document"], paid["balance_cents"]) == (called["document"], 0)
    assert paid["receipt"].startswith("O2024-")
    assert paid["bank_reference"] == found["calls"][0]["reference"]


def test_a_time_begins_with_what_stood_there_and_ends_with_what_stands(snapshot: Snapshot) -> None:
    whole = partner_statement(snapshot, partner="gm0344", as_of=date(2024, 12, 31))
    since = date(2024, 1, 20)
    part = partner_statement(snapshot, partner="gm0344", since=since, as_of=date(2024, 12, 31))
    before = partner_statement(snapshot, partner="gm0344", as_of=since - timedelta(days=1))
    assert [row["opening_cents"] for row in part["standings"]] == [row["closing_cents"] for row in before["standings"]]
    assert [row["closing_cents"] for row in part["standings"]] == [row["closing_cents"] for row in whole["standings"]]
    for row in part["standings"]:
        moved = [line["amount_cents"] for line in part["movements"] if line["account"] == row["account"]]
        assert sum(moved) == row["moved_cents"] == row["closing_cents"] - row["opening_cents"]
    assert before["movements"] + part["movements"] == whole["movements"]


def test_a_partner_is_what_it_was_and_calls_are_as_they_stood(snapshot: Snapshot) -> None:
    then = partner_statement(snapshot, partner="gm0344", as_of=date(2024, 1, 20))
    assert [(row["state"], row["received_cents"]) for row in then["calls"]] == [("open", 0)]
    assert then["received_cents"] == 0 < then["receivable_cents"] == then["called_cents"]
    early = partner_statement(snapshot, partner="gm0344", as_of=date(2024, 1, 9))
    assert (early["state"], early["calls"], early["key"], early["share"]) == (None, [], None, None)
    first = partner_statement(snapshot, partner="gm0344", known_at=14)
    assert (first["known_at"], first["calls"][0]["state"]) == (14, "open")


def test_what_was_received_stands_against_what_was_paid(snapshot: Snapshot) -> None:
    lead = partner_statement(snapshot, partner="ws0636")
    (own,) = [row for row in lead["agreements"] if row["ref"] == "A2024-002"]
    assert (own["as_lead"], own["paid_repayable_cents"], own["paid_grant_cents"]) == (True, 24_000_00, 16_000_00)
    assert own["paid_to_partner_cents"] == 40_000_00
    assert lead["balance"]["received_as_lead_cents"] >= 40_000_00
    other = partner_statement(snapshot, partner="ws0621")
    (joined,) = [row for row in other["agreements"] if row["ref"] == "A2024-002"]
    assert (joined["as_lead"], joined["paid_to_partner_cents"]) == (False, 0)


def test_the_value_on_leaving_follows_from_its_steps(snapshot: Snapshot, story: Told) -> None:
    found = partner_statement(snapshot, partner="gm0344", as_of=date(2026, 10, 1), known_at=150)["exit_value"]
    with open_fund(story.url) as fund:
        args = {"ref": "gm0344", "as_of": date(2026, 10, 1), "known_at": 150}
        quoted = ask_named(fund, "partner exit-quote", args, user="anna")
    assert {key: value for key, value in quoted.items() if key in found} == found
    assert (
        found["gross_cents"] - found["unpaid_cents"] - found["costs_cents"] - found["cut_cents"] == (found["net_cents"])
    )


def test_the_statement_says_what_a_contribution_is(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        found = world.ask("statement partner", partner="gm0344") if world.ask("partner list")["partners"] else None
        if found is None:
            from tests.factories import PARTNERS_CSV

            world.do("partner import", user="anna", file=as_file(PARTNERS_CSV.read_bytes()))
            found = world.ask("statement partner", partner="gm0344")
    assert found["contributions"] == "a_fonds_perdu"
    assert "not repaid" in PAGES["statement partner"](found).notes[0]
    assert "repayable" in PAGES["statement partner"](found | {"contributions": "repayable"}).notes[0]


def test_the_last_sheet_lies_beside_the_partners_own_books(snapshot: Snapshot) -> None:
    found: dict[str, Any] = partner_statement(snapshot, partner="gm0344")
    content = STATEMENT_FORMATS["xlsx"](PAGES["statement partner"](found))
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[-1]
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert len(rows) == len(found["movements"])
    balances: Counter[str] = Counter()
    for _seq, _day, account, _memo, amount, balance, *_more in rows:
        balances[str(account)] += round(amount * 100)  # type: ignore[operator, arg-type]
        assert round(balance * 100) == balances[str(account)]  # type: ignore[operator, arg-type]
    assert set(balances) <= {f"{main}.gm0344" for main in MAINS}
