"""The position of the fund against sums over raw postings, and its figures against their definitions."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from fractions import Fraction

import sqlalchemy as sa

from fund.reports.indicators import INDICATORS, IndicatorInputs, figures
from fund.reports.statements.formats import STATEMENT_FORMATS
from tests.factories import World, founded
from tests.workflows.looking_back import came_in, evaluated, posted, until_completed


def story(world: World) -> None:
    """The worked example until after the recovery."""
    until_completed(world)
    evaluated(world)
    ref = posted(world)
    with world.uow("bram") as uow:
        came_in(uow, "O2026-0009", 100_000)
    world.do("writeoff recover", user="bram", ref=ref, receipt="O2026-0009")
    with world.uow("bram") as uow:
        came_in(uow, "O2026-0010", 777)


def raw(world: World, *, until_day: date | None = None, until_seq: int | None = None) -> dict[str, int]:
    """Balances of main codes added up from the legs as they are stored, without closings."""
    sums: dict[str, int] = defaultdict(int)
    query = (
        "select entry.seq, entry.effective_on, entry.kind, account.code, posting.amount_cents from posting"
        " join entry on entry.id = posting.entry_id join account on account.id = posting.account_id"
    )
    with world.fund.engine.connect() as connection:
        for row in connection.execute(sa.text(query)):
            if row.kind == "closing":
                continue
            if until_day is not None and str(row.effective_on) > until_day.isoformat():
                continue
            if until_seq is not None and row.seq > until_seq:
                continue
            sums[row.code.split(".")[0]] += row.amount_cents
    return sums


def expected(found: dict[str, int], *, buffer_cents: int = 500_000) -> dict[str, int]:
    cash = found["1000"] + found["1005"]
    owed = -(found["2000"] + found["2100"] + found["2200"] + found["2300"])
    return {
        "capital_cents": -found["3000"],
        "cash_cents": cash,
        "in_transit_cents": found["1010"],
        "outstanding_cents": found["1200"],
        "allowance_cents": -found["1290"],
        "committed_cents": found["9000"],
        "owed_cents": owed,
        "buffer_cents": buffer_cents,
        "free_to_commit_cents": cash + found["1010"] - owed - found["9000"] - buffer_cents,
        "learning_writeoffs_cents": found["4200"],
        "other_writeoffs_cents": found["4210"],
    }


def test_the_position_equals_the_raw_postings(database_url: str) -> None:
    with founded(database_url) as world:
        story(world)
        position = world.ask("statement position")
        wanted = expected(raw(world))
        assert {key: position[key] for key in wanted} == wanted
        assert position["owed_cents"] == 777
        assert (
            position["cash_cents"]
            + position["in_transit_cents"]
            - position["owed_cents"]
            - position["buffer_cents"]
            - position["committed_cents"]
            == position["free_to_commit_cents"]
        )


def test_year_end_changes_nothing_in_the_position(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        story(world)
        before = world.ask("statement position", as_of=date(2026, 12, 31))
        world.clock(date(2027, 1, 10))
        world.both("period lock", user="anna", second="bram", period="2026")
        world.both("period close", user="anna", second="bram", period="2026", explanation="Volgt.")
        after = world.ask("statement position", as_of=date(2026, 12, 31))
        assert {**after, "known_at": 0, "head": 0} == {**before, "known_at": 0, "head": 0}


def test_a_position_of_an_earlier_day_or_entry_leaves_out_what_came_later(database_url: str) -> None:
    with founded(database_url) as world:
        story(world)
        middle = world.entries()[9].seq
        before = world.ask("statement position", known_at=middle)
        wanted = expected(raw(world, until_seq=middle))
        assert {key: before[key] for key in wanted} == wanted
        assert before["head"]["seq"] == middle
        assert before["head"]["hash"] == world.entries()[9].hash.hex()
        world.clock(date(2026, 3, 1))
        with world.uow("bram") as uow:
            came_in(uow, "O2026-0011", 5)
        same = world.ask("statement position", as_of=date(2026, 2, 28))
        wanted = expected(raw(world, until_day=date(2026, 2, 28)))
        assert {key: same[key] for key in wanted} == wanted


def test_what_came_back_and_what_was_paid_are_the_cash_identity(database_url: str) -> None:
    with founded(database_url) as world:
        story(world)
        figures_of = world.ask("statement position")["indicators"]
        inputs = {key: value for figure in figures_of.values() for key, value in figure["inputs"].items()}
        position = world.ask("statement position")
        cash = (
            inputs["I_cents"]
            + inputs["A_cents"]
            + inputs["R_cents"]
            - inputs["U_cents"]
            - inputs["S_cents"]
            - inputs["K_cents"]
            + position["owed_cents"]
        )
        assert cash == position["cash_cents"]
        assert (inputs["I_cents"], inputs["U_cents"], inputs["S_cents"], inputs["A_cents"]) == (
            10_000_000,
            1_750_001,
            750_000,
            600_000,
        )
        assert position["returned_cents"] == 600_000
        assert figures_of["realised_revolving_degree"]["value"] == "600000/1750001"
        assert figures_of["loss_ratio"]["value"] == "1150001/1750001"
        assert figures_of["fund_equity"]["value"] == position["net_asset_value_cents"] - position["receivable_cents"]
        assert figures_of["refuted_well_learned"]["value"] == 1


def test_what_is_outstanding_grows_older_by_the_day_it_is_looked_at(database_url: str) -> None:
    with founded(database_url) as world:
        until_completed(world)
        for day, stage in (
            (date(2026, 12, 1), "not_due"),
            (date(2027, 1, 20), "1-30"),
            (date(2027, 6, 1), "91-180"),
            (date(2027, 12, 1), "over-180"),
        ):
            found = world.ask("statement position", as_of=day)
            late = {row["stage"]: row["outstanding_cents"] for row in found["ageing"] if row["outstanding_cents"]}
            assert sum(late.values()) == found["outstanding_cents"] == 1_250_001
            assert late[stage] >= 900_000
            overdue = sum(cents for name, cents in late.items() if name in ("91-180", "over-180"))
            value = found["indicators"]["arrears"]["value"]
            assert Fraction(value) == Fraction(overdue, 1_250_001)


def test_dividing_by_nothing_gives_no_value(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        found = world.ask("statement position")["indicators"]
    nothing = {name for name, figure in found.items() if figure["unit"] == "ratio" and figure["value"] is None}
    assert nothing == {name for name, figure in found.items() if figure["unit"] == "ratio"} - {"revolving_target"}


def test_every_figure_has_its_definition_and_its_inputs() -> None:
    basis = IndicatorInputs(
        i=10, u=8, s=3, v=1, a=5, r=2, w=1, p=1, k=1, cash=5, q=4, e=7, free=2, closed_a=5, closed_u=6
    )
    found = figures(basis)
    assert list(found) == [indicator.name for indicator in INDICATORS]
    assert all(figure["definition"] and figure["inputs"] for figure in found.values())
    assert found["portfolio_revolving_degree"]["value"] == "3/4"
    assert found["fund_revolving_degree"]["value"] == "7/12"
    assert found["reused_money"]["value"] == 3
    assert Fraction(found["reuse_rate"]["value"]) == Fraction(3, 8)
    assert found["utilisation"]["value"] == "15/16"


def test_csv_is_safe_for_a_spreadsheet_and_starts_with_its_mark() -> None:
    text = STATEMENT_FORMATS["csv"]({"accounts": [{"code": "1000", "name": "=HYPERLINK(1)", "balance_cents": -5}]})
    assert text == b"\xef\xbb\xbfcode,name,balance_cents\r\n1000,'=HYPERLINK(1),-5\r\n"


def test_a_page_is_flattened_name_by_name() -> None:
    text = STATEMENT_FORMATS["csv"]({"ref": "A1", "parties": ["x", "-y"], "instalments": [{"no": 1, "open_cents": 5}]})
    assert text.decode("utf-8-sig").split("\r\n") == [
        "name,value",
        "ref,A1",
        "parties.1,x",
        "parties.2,'-y",
        "instalments.1.no,1",
        "instalments.1.open_cents,5",
        "",
    ]


def test_the_trial_balance_gives_each_account_on_its_side(database_url: str) -> None:
    with founded(database_url) as world:
        story(world)
        found = world.ask("ledger trial-balance")
        assert found["total_debit_cents"] == found["total_credit_cents"]
        rows = {row["code"]: row for row in found["accounts"]}
        assert (rows["3000.gm0308"]["credit_cents"], rows["3000.gm0308"]["balance_cents"]) == (3_988_421, -3_988_421)
        assert rows["1000"]["debit_cents"] == rows["1000"]["balance_cents"] == 8_100_776
        sums: dict[str, int] = defaultdict(int)
        for code, row in rows.items():
            sums[code.split(".")[0]] += row["balance_cents"]
        assert {code: cents for code, cents in sums.items() if cents} == {
            code: cents for code, cents in raw(world).items() if cents
        }


def test_an_agreement_from_award_to_lessons(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        story(world)
        found = world.ask("statement agreement", ref="A2026-001")
        assert (found["outstanding_cents"], found["learning_writeoffs_cents"], found["recovered_cents"]) == (
            0,
            1_250_001,
            100_000,
        )
        assert found["evaluation"]["hypothesis"] == "refuted"
        assert [row["state"] for row in found["writeoffs"]] == ["posted"]


def test_a_partner_sees_what_it_was_asked_and_what_it_paid(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        story(world)
        found = world.ask("statement partner", partner="gm0312")
        assert (found["called_cents"], found["paid_in_cents"], found["receivable_cents"]) == (2_468_157, 2_468_157, 0)
        assert found["share"] == "2468157/10000000"
        assert [row["ref"] for row in found["agreements"]] == ["A2026-001"]
