"""The position as people read it: one page, each line by its name; a list; one figure with what is behind it."""

from __future__ import annotations

from datetime import date
from typing import Any

from fund.commands.opening import open_fund
from fund.events import canonical_json
from fund.events.founding import RegulationsAdopted
from fund.registry import PROJECTIONS
from fund.reports.indicators import INDICATORS
from fund.reports.statements.amounts import AMOUNTS
from fund.reports.statements.formats import STATEMENT_FORMATS
from fund.reports.statements.pages import PAGES
from fund.reports.statements.position import position
from fund.reports.statements.position_page import as_page, value_text
from fund.rules.regulations import standard
from fund.unit_of_work import Snapshot
from tests.factories import founded
from tests.story import Told
from tests.workflows.looking_back import until_completed


def found(story: Told, **asked: Any) -> dict[str, Any]:
    with open_fund(story.url) as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
        return position(snapshot, **asked)


def test_each_line_of_the_page_has_a_name_that_explains_it(story: Told) -> None:
    data = found(story)
    page = PAGES["statement position"](data)
    known = {each.name for each in INDICATORS} | set(AMOUNTS)
    named = {row["name"] for table in page.tables for row in [*table.rows, table.total or {}] if row.get("name")}
    assert named <= known
    assert set(AMOUNTS) <= named
    money = page.tables[0]
    assert money.total is not None
    assert sum(row["amount_cents"] for row in money.rows) == money.total["amount_cents"]
    assert money.total["amount_cents"] == data["free_to_commit_cents"]


def test_outstanding_by_age_adds_up_on_the_page_and_losses_stand_apart_from_learning(story: Told) -> None:
    worth = list(as_page(found(story)).tables[1].rows)
    ages = [row["amount_cents"] for row in worth if row["what"].startswith("  ")]
    by_name = {row["name"]: row["amount_cents"] for row in worth if row["name"]}
    assert sum(ages) == by_name["outstanding"] > 0
    assert (by_name["learning_writeoffs"], by_name["other_writeoffs"]) == (24_000_00, 0)


def test_a_revolving_degree_carries_the_name_of_its_variant_everywhere(story: Told) -> None:
    page = as_page(found(story))
    rows = [row for table in page.tables if table.name == "figures" for row in table.rows]
    titles = [row["title"] for row in rows if "revolving" in row["title"].lower()]
    assert titles == ["Realised revolving degree", "Portfolio revolving degree", "Fund revolving degree"]
    of_list = [row["title"] for row in as_page(found(story, listed=True)).tables[0].rows]
    assert not {"Revolving degree", "revolving degree"} & set(of_list)
    assert len(of_list) == len(INDICATORS)


def test_of_a_long_explanation_the_ends_are_shown_with_the_way_to_all(story: Told) -> None:
    data = found(story, explain="nominal_preservation")
    behind = [line for line in data["lines"] if line["input"] == "I_cents"]
    assert len(behind) == 35
    page = as_page(data, most=5)
    (table,) = [each for each in page.tables if each.name == "lines-I-cents"]
    shown = list(table.rows)
    assert [row.get("seq") for row in shown] == [line["seq"] for line in [*behind[:5], {"seq": None}, *behind[-5:]]]
    assert table.total == {"memo": "added up", "amount_cents": 2_100_000_00}
    assert table.notes == [
        "25 lines left out; all of them: fund statement position --explain nominal_preservation --as-of "
        f"{data['as_of']} --format csv"
    ]
    assert len(list(as_page(data).tables[-1].rows)) == len(data["lines"])


def test_nothing_is_rounded_before_it_is_printed() -> None:
    assert value_text({"value": "1999/4000", "unit": "ratio"}) == "50.0%"
    assert value_text({"value": "1/3", "unit": "ratio"}) == "33.3%"
    assert value_text({"value": "3/2", "unit": "days"}) == "2 days"
    assert value_text({"value": None, "unit": "ratio"}) == "no value"
    assert value_text({"value": 123_456, "unit": "cents"}) == "1,234.56"


def test_a_page_leaves_as_a_workbook_and_on_one_sheet_of_paper(story: Told) -> None:
    page = as_page(found(story))
    assert STATEMENT_FORMATS["xlsx"](page)[:2] == b"PK"
    paper = STATEMENT_FORMATS["pdf"](page)
    from io import BytesIO

    from pypdf import PdfReader

    assert len(PdfReader(BytesIO(paper)).pages) == 1


def test_regulations_of_later_do_not_reach_back(sqlite_url: str) -> None:
    def told(**asked: Any) -> tuple[int, str]:
        data = world.ask("statement position", as_of=date(2026, 12, 31), **asked)
        return data["buffer_cents"], data["indicators"]["revolving_target"]["value"]

    with founded(sqlite_url) as world:
        until_completed(world)
        number = len(world.entries())
        before = world.ask("statement position", as_of=date(2026, 12, 31), known_at=number)
        rules = standard().model_copy(update={"version": "2026-9", "buffer_cents": 7, "revolving_target_bps": 100})
        text = canonical_json(rules.model_dump(mode="json"))
        with world.uow("anna") as uow:
            uow.record(RegulationsAdopted(ref="2026-9", from_on=date(2026, 11, 1), text=text))
        assert told() == (7, "1/100")
        assert told(known_at=number) == (500_000, "4/5")
        assert world.ask("statement position", as_of=date(2026, 12, 31), known_at=number) == before
        rules_behind = world.ask("statement position", as_of=date(2026, 12, 31), explain="buffer")["lines"]
        assert [(line["kind"], line["memo"], line["amount_cents"]) for line in rules_behind] == [
            ("regulations.adopted", "regulations/2026-9", 7)
        ]


def test_the_regulations_may_say_when_the_fund_ends(sqlite_url: str) -> None:
    rules = standard().model_copy(update={"last_grant_on": date(2030, 12, 31), "ends_on": date(2035, 12, 31)})
    with founded(sqlite_url, rules=rules) as world:
        term = world.ask("statement position", as_of=date(2035, 12, 1))["term"]
        assert (term["last_grant_on"], term["ends_on"], term["remaining_days"]) == ("2030-12-31", "2035-12-31", 30)
        assert term["granted_last_on"] is None
    assert "ends_on" not in standard().model_dump(mode="json")
