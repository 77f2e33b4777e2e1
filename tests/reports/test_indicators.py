"""Every figure of the position against the same figure reckoned from the rows, and against the entries behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fund.commands.opening import open_fund
from fund.errors.closing import FaultyPrices, UnknownFigure
from fund.events import fact_from
from fund.events.agreements import BenefitReported
from fund.events.receipts import ReceiptAllocated
from fund.events.values import AllocatedPart
from fund.registry import PROJECTIONS
from fund.reports import quantities
from fund.reports.cash import cash_of
from fund.reports.indicators import INDICATORS
from fund.reports.quantities import QUANTITIES, Quantities
from fund.reports.statements.amounts import AMOUNTS
from fund.reports.statements.formats import STATEMENT_FORMATS
from fund.reports.statements.position import position
from fund.rules.postings import BOOKED
from fund.rules.prices import parse_prices
from fund.unit_of_work import Snapshot
from tests.factories import World, as_file, founded
from tests.reports.raw import Stored
from tests.story import Told
from tests.workflows import leaving
from tests.workflows import test_refinancing as refinancing
from tests.workflows.looking_back import AGREEMENT, BAARN, came_in, evaluated, posted, until_completed

NAMES = [*(each.name for each in INDICATORS), *AMOUNTS]
ALL = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@lru_cache(maxsize=40)
def stored(url: str) -> Stored:
    """The rows of a fund that nobody changes, read once."""
    with open_fund(url) as fund:
        return Stored(fund.engine)


@contextmanager
def looking(url: str) -> Iterator[Snapshot]:
    with open_fund(url) as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
        yield snapshot


@st.composite
def moments(draw: Any, urls: list[str]) -> tuple[str, date | None, int | None]:
    """A fund, a day near one on which something was booked (or today), and a number (or none)."""
    url = draw(st.sampled_from(urls))
    rows = stored(url)
    day = draw(st.none() | st.sampled_from(rows.days or [date(2026, 1, 1)]))
    if day is not None:
        day += timedelta(days=draw(st.sampled_from((0, 0, -1, 1, 45, 200, 700))))
    return url, day, draw(st.none() | st.integers(0, len(rows.entries)))


def value_of(figure: dict[str, Any]) -> Any:
    """The value, a fraction as a fraction."""
    return Fraction(figure["value"]) if figure["unit"] in ("ratio", "days") and figure["value"] else figure["value"]


def check_figures(url: str, day: date | None, known_at: int | None, replace: tuple[str, ...] = ()) -> dict[str, Any]:
    """Every figure is what the rows say, ``replace`` those."""
    with looking(url) as snapshot:
        found = position(snapshot, as_of=day, known_at=known_at)
        told = stored(url).until(day or snapshot.today, known_at)
    wanted = told.figures()
    values = {name: value_of(figure) for name, figure in found["indicators"].items()}
    assert values == {**wanted, **{name: values[name] for name in replace}}
    assert sum(row["outstanding_cents"] for row in found["ageing"]) == max(told.mains["1200"], 0)
    assert sum(row["received_cents"] for row in found["benefit_balances"]) == (
        found["indicators"]["turnover"]["inputs"]["U_cents"] + found["indicators"]["turnover"]["inputs"]["S_cents"]
    )
    assert (
        sum(row["contributed_cents"] for row in found["benefit_balances"])
        == (found["indicators"]["turnover"]["inputs"]["I_cents"])
    )
    assert sum(row["receivable_cents"] for row in found["collections"]) == told.mains["1100"]
    return found


def check_explained(url: str, name: str, day: date | None, known_at: int | None) -> None:
    """The lines behind each input add up to it, and each entry is one of the ledger's, with that leg."""
    rows = stored(url).entries
    with looking(url) as snapshot:
        found = position(snapshot, as_of=day, known_at=known_at, explain=name)
        today = day or snapshot.today
    (figure,) = found["indicators"].values()
    assert [row["name"] for row in found["inputs"]] == list(figure["inputs"])
    for told in found["inputs"]:
        lines = [line for line in found["lines"] if line["input"] == told["name"]]
        assert told["line_count"] == len(lines)
        assert told["value"] == figure["inputs"][told["name"]]
        if told["name"].endswith("_cents") and told["name"] != "reused_cents":
            assert sum(line["amount_cents"] for line in lines) == told["sum_cents"] == told["value"]
        elif told["name"] != "reused_cents" and told["value"] is not None:
            assert sum(Fraction(line["amount"]) for line in lines) == Fraction(told["sum"]) == Fraction(told["value"])
        for line in lines:
            if line["source"] == "entry":
                row = rows[line["seq"]]
                assert (line["account"], line["posting_cents"]) in row.legs
                assert row.on.isoformat() == line["effective_on"] <= today.isoformat()
                assert known_at is None or line["seq"] <= known_at


# ----------------------------------------------------------------------------------------------- every figure, any day


def test_every_figure_is_what_the_stored_rows_say_on_any_day_known_at_any_number(random_funds: list[str]) -> None:
    @ALL
    @given(moments(random_funds))
    def check(moment: tuple[str, date | None, int | None]) -> None:
        check_figures(*moment)

    check()


def test_on_postgresql_they_are_the_same(random_funds_on_postgresql: list[str]) -> None:
    for url in random_funds_on_postgresql:
        days = stored(url).days
        for day in (None, days[len(days) // 2], days[0] - timedelta(days=1)):
            for known_at in (None, len(stored(url).entries) // 2):
                check_figures(url, day, known_at)
        for name in NAMES[::3]:
            check_explained(url, name, days[-1], None)


def test_in_the_story_of_a_fund_they_are_too(story: Told) -> None:
    rows = stored(story.url)
    values = set()
    for day in [None, *rows.days[::12]]:
        found = check_figures(story.url, day, None)
        values |= {name for name, figure in found["indicators"].items() if figure["value"] not in (None, 0, "0/1")}
    for known_at in range(0, len(rows.entries), 25):
        check_figures(story.url, None, known_at)
    nothing = {"cash_identity", "real_preservation", "overpaid", "leverage_achieved", "reused_money", "reuse_rate"}
    assert set(found["indicators"]) - values <= nothing | {"experiments_inconclusive", "equity_accruals"}


def test_the_entries_behind_a_figure_add_up_to_each_of_its_inputs(random_funds: list[str], story: Told) -> None:
    @ALL
    @given(moments([*random_funds, story.url]), st.sampled_from(NAMES))
    def check(moment: tuple[str, date | None, int | None], name: str) -> None:
        url, day, known_at = moment
        check_explained(url, name, day, known_at)

    check()
    for name in NAMES:
        check_explained(story.url, name, None, None)


def test_the_table_of_quantities_tells_what_the_check_of_every_entry_tells(random_funds: list[str]) -> None:
    @ALL
    @given(moments(random_funds))
    def check(moment: tuple[str, date | None, int | None]) -> None:
        url, day, known_at = moment
        with looking(url) as snapshot:
            on = day or snapshot.today
            told, made = cash_of(snapshot, as_of=on, known_at=known_at), Quantities(snapshot, on, known_at)
            for name in ("I", "A", "R", "U", "S", "V", "K"):
                assert made.value(f"{name}_cents") == getattr(told, name.lower())
            assert (made.value("L_cents"), made.value("held_cents"), made.value("refunds_cents")) == (
                told.cash,
                told.held,
                told.refunds,
            )
            assert +made.by_holder("A_cents") == +told.repaid
            assert +made.by_holder("lent_cents") == +told.lent

    check()


def test_every_kind_of_entry_that_a_quantity_counts_is_one_that_the_fund_books() -> None:
    named = {kind for each in QUANTITIES.values() for part in each.parts for kind in getattr(part, "kinds", None) or ()}
    assert named <= {*BOOKED, "adjusting"}
    assert set(quantities.PAYMENTS) <= set(BOOKED)


def test_a_returned_payment_that_was_counted_twice_would_be_found(story: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(*args: Any, **more: Any) -> Iterator[quantities.Payment]:
        for each in quantities_of(*args, **more):
            yield each
            if each.times < 0:
                yield each

    quantities_of = quantities.payments_of
    monkeypatch.setattr(quantities, "payments_of", twice)
    with looking(story.url) as snapshot:
        found = position(snapshot)["indicators"]
        assert found["cash_identity"]["value"] == -30_000_00
        assert found["turnover"]["value"] != stored(story.url).until(snapshot.today, None).figures()["turnover"]


# -------------------------------------------------------------------------------------------------- known at a number


def test_a_position_known_at_a_number_is_the_same_bytes_whatever_comes_later(sqlite_url: str) -> None:
    def bytes_of(world: World, known_at: int) -> list[bytes]:
        told = [
            world.ask("statement position", as_of=date(2026, 12, 31), known_at=known_at, explain=name)
            for name in (None, "portfolio_revolving_degree", "free_to_commit")
        ]
        return [STATEMENT_FORMATS[form](found) for found in told for form in ("json", "csv")]

    with founded(sqlite_url) as world:
        until_completed(world)
        numbers = range(len(world.entries()) + 1)
        before = [bytes_of(world, number) for number in numbers]
        evaluated(world)
        posted(world)
        world.clock(date(2027, 3, 1))
        assert [bytes_of(world, number) for number in numbers] == before
        assert bytes_of(world, len(world.entries())) != before[-1]


def test_what_was_decided_later_is_not_in_a_day_of_the_past(story: Told) -> None:
    rows = stored(story.url)
    with looking(story.url) as snapshot:
        for day in rows.days[::20]:
            found = position(snapshot, as_of=day)
            told = rows.until(day, None)
            begun = {event.says["ref"] for event in told.of("agreement.drafted")}
            assert sum(row["count"] for row in found["experiments"]) == len(begun)
            accepted = told.of("evaluation.accepted")
            assert sum(row["count"] for row in found["evaluations"]) == len(accepted)
            decided = {e.says["ref"] for e in told.of("decision.approved", "decision.conditional", "decision.rejected")}
            assert found["lead_times"][0]["count"] == len(decided)
            assert all(row["due_on"] < day.isoformat() for row in found["late_items"])
            granted = [event.on.isoformat() for event in told.of("decision.approved", "decision.conditional")]
            assert found["term"]["granted_last_on"] == max(granted, default=None)


def test_lead_times_are_those_of_the_facts(story: Told) -> None:
    rows = stored(story.url)
    with looking(story.url) as snapshot:
        found = {row["step"]: row for row in position(snapshot)["lead_times"]}
        told = rows.until(snapshot.today, None)
    first: dict[str, date] = {}
    for event in told.of("proposal.submitted"):
        first.setdefault(event.says["ref"], event.on)
    took = sorted(
        (event.on - first[event.says["ref"]]).days
        for event in told.of("decision.approved", "decision.rejected", "decision.conditional")
    )
    middle = len(took) // 2
    median = Fraction(took[middle]) if len(took) % 2 else Fraction(took[middle - 1] + took[middle], 2)
    step = found["submission_to_decision"]
    assert (step["count"], Fraction(step["median_days"]), step["max_days"]) == (len(took), median, took[-1])
    ended = [(event.says["proposal"], event.on) for event in told.ended().values()]
    paid: dict[str, date] = {}
    for row, times, _ref, debt in told.paid():
        if times > 0 and debt.kind == "disbursement.approved":
            paid.setdefault(rows.events[debt.event_id].says["proposal"], row.on)
    assert found["first_payment_to_completion"]["max_days"] == max((on - paid[ref]).days for ref, on in ended)


# ------------------------------------------------------------------------------------------------- what happens rarely


def breached(world: World) -> None:
    """An agreement that ended by a breach and told its cost; some of it came back, with interest, and one is wrong."""
    until_completed(world, ends="breach")
    with world.uow("bram") as uow:
        came_in(uow, "O2026-0009", 10_000)
        came_in(uow, "O2026-0010", 7_000)
    world.do("disbursement refund", user="bram2", ref="D2026-0001", receipt="O2026-0009", amount=10_000)
    for year, cents in ((2026, 900_000), (2027, 300_000)):
        with world.uow("anna") as uow:
            uow.record(
                BenefitReported(
                    ref=AGREEMENT, proposal="2026-001", partner=BAARN, year=year, planned_cost_cents=1,
                    realised_cost_cents=cents, planned_benefit_cents=2, realised_benefit_cents=3,
                )
            )  # fmt: skip
    with world.uow("bram") as uow:
        uow.record(
            ReceiptAllocated(
                ref="O2026-0010", agreement=AGREEMENT, proposal="2026-001", partner=BAARN, rule="manual",
                amount_cents=7_000, advance_cents=4_000, charges_cents=3_000,
                parts=(AllocatedPart(no=1, amount_cents=4_000),),
            )
        )  # fmt: skip
    world.both("ledger post", user="anna", second="bram", debits=[["4500", 500]], credits=[["1000", 500]], **WHY)
    world.both("ledger post", user="anna", second="bram", debits=[["4500", 70]], credits=[["2000.notaris", 70]], **WHY)
    world.both("ledger reverse", user="anna", second="bram", seq=len(world.entries()) - 1, reason="Dubbel.")


WHY = {"memo": "Kosten notaris", "reason": "Factuur 7."}


def set_off(world: World) -> None:
    """A partner left and its settlement was set off against its own advance."""
    leaving.founded_fund(world)
    leaving.leaves(world, BAARN)
    signed = {"name": "v.pdf", "content": b"Akkoord."}
    leaving.paid_out(world, BAARN, set_off=AGREEMENT, amount=1_500_000, signed=signed)


def moved_on(world: World) -> None:
    """A balance went on under its roll-out; unspent money of the experiment lowers it there; a part is given up."""
    refinancing.rolled_out(world)
    refinancing.refinanced(world)
    with world.uow("bram") as uow:
        came_in(uow, "O2026-0009", 10_000)
    world.do("disbursement refund", user="bram2", ref="D2026-0001", receipt="O2026-0009", amount=10_000)


WITHOUT_FACTS = ("experiments_rolled_out", "leverage_ex_ante", "multiplier")
"""These rest on proposals, which this road puts into its fund without the facts that make them."""


@pytest.mark.parametrize("happens", [breached, set_off, moved_on])
def test_what_happens_rarely_counts_as_the_rows_say(happens: Any, sqlite_url: str) -> None:
    rules = {"rules": leaving.rules()} if happens is set_off else {}
    with founded(sqlite_url, **rules) as world:
        happens(world)
        last = len(world.entries())
    stored.cache_clear()
    replace = WITHOUT_FACTS if happens is moved_on else ()
    found = check_figures(sqlite_url, None, None, replace)
    for known_at in range(0, last + 1, 3):
        check_figures(sqlite_url, date(2027, 12, 31), known_at, replace)
    for name in NAMES:
        check_explained(sqlite_url, name, None, None)
    figures = found["indicators"]
    if happens is breached:
        assert figures["overpaid"]["inputs"] == {"claimed_cents": 750_000, "claimed_back_cents": 3_000}
        assert figures["leverage_achieved"]["value"] == str(Fraction(1_200_000, 2_490_001))
        assert figures["returned_money"]["inputs"] == {"A_cents": 504_000, "R_cents": 3_000, "V_cents": 3_000}
    elif happens is set_off:
        assert figures["returned_money"]["inputs"]["A_cents"] == 1_500_000
        assert {row["partner"]: row["contributed_cents"] for row in found["benefit_balances"]}[BAARN] < 10_000_000
    else:
        assert figures["experiments_rolled_out"]["value"] == "1/1"
        assert figures["realised_revolving_degree"]["value"] == "1/1"


# ------------------------------------------------------------------------------------------------------ small funds


def test_an_empty_fund_has_no_value_where_there_is_nothing_to_divide_by(database_url: str) -> None:
    with founded(database_url) as world:
        found = world.ask("statement position")
        assert {name for name, figure in found["indicators"].items() if figure["why"]} == {
            name
            for name, figure in found["indicators"].items()
            if figure["unit"] in ("ratio", "days") and name != "revolving_target"
        }
        for figure in found["indicators"].values():
            assert figure["unit"] in ("ratio", "days") or figure["value"] in (0, -500_000)
        assert (found["experiments"], found["evaluations"], found["late_items"], found["collections"]) == ([],) * 4
        for name in NAMES:
            explained = world.ask("statement position", explain=name)
            assert all(line["source"] == "fact" for line in explained["lines"])


def test_a_fund_with_one_entry_has_one_line_behind_what_it_moved(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        world.do("partner import", user="anna", file=as_file(_one_partner()))
        world.both("capital call", user="anna", second="bram", amount=100_00)
        (entry,) = world.entries()
        found = world.ask("statement position", explain="contributions_receivable")
        assert found["indicators"]["contributions_receivable"]["value"] == 100_00
        assert [(row["name"], row["value"], row["line_count"]) for row in found["inputs"]] == [
            ("Iopl_cents", 100_00, 1),
            ("I_cents", 0, 0),
        ]
        (line,) = found["lines"]
        assert (line["seq"], line["account"], line["amount_cents"]) == (entry.seq, "1100.gm0344", 100_00)
        assert world.ask("statement position")["indicators"]["collection"]["value"] == "0/1"


def _one_partner() -> bytes:
    from tests.factories import PARTNERS_CSV

    lines = PARTNERS_CSV.read_text(encoding="utf-8").splitlines()
    return "\n".join([lines[0], *(line for line in lines if line.startswith("gm0344,"))]).encode()


# ----------------------------------------------------------------------------------------------------------- prices

PRICES = (
    b"# origin: an index made up for this test, 1 January 2026\nmonth,index\n2025-12,100\n2026-01,102.5\n2026-02,105\n"
)


def test_real_preservation_asks_a_price_index_and_says_so(story: Told) -> None:
    with looking(story.url) as snapshot:
        figure = position(snapshot)["indicators"]["real_preservation"]
        assert (figure["value"], figure["why"]) == (None, "no price index was given (--cpi FILE)")


def test_real_preservation_weighs_each_contribution_by_the_prices_of_its_month(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        prices = {"name": "prices.csv", "content": PRICES}
        found = world.ask("statement position", as_of=date(2026, 2, 20), prices=prices, explain="real_preservation")
        figure = found["indicators"]["real_preservation"]
        rows = Stored(world.fund.engine).until(date(2026, 2, 20), None)
        real = Fraction(0)
        for row, of, sign in rows.counted():
            if of.kind == "contribution.received":
                index = {1: Fraction("102.5"), 2: Fraction(105)}[row.on.month]
                real += -sign * of.on_main("1100") * Fraction(105) / index
        assert real > 10_000_000 or all(row.on.month == 2 for row in rows.rows if row.kind == "contribution.received")
        assert Fraction(figure["inputs"]["I_at_prices_of_the_day"]) == real
        assert Fraction(figure["value"]) == Fraction(rows.equity()) / real
        assert found["prices"]["origin"] == "an index made up for this test, 1 January 2026"
        later = world.ask("statement position", as_of=date(2026, 11, 3), prices=prices)
        assert later["prices"]["month"] == "2026-02"
        early = {"name": "p.csv", "content": b"# origin: x\nmonth,index\n2026-09,100\n"}
        missing = world.ask("statement position", as_of=date(2026, 11, 3), prices=early)["indicators"]
        assert missing["real_preservation"]["value"] is None
        assert "no figure for a month" in missing["real_preservation"]["why"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"month,index\n2026-01,100\n", 1),
        (b"# origin: x\nmaand,index\n2026-01,100\n", 2),
        (b"# origin: x\nmonth,index\n2026-13,100\n", 3),
        (b"# origin: x\nmonth,index\n2026-01,0\n", 3),
        (b"# origin: x\nmonth,index\n2026-01,1e3\n", 3),
        (b"# origin: x\nmonth,index\n2026-01,100\n2026-01,101\n", 4),
        (b"# origin: x\nmonth,index\n", 2),
        (b"# origin: \xff\n", 1),
    ],
)
def test_a_price_index_that_is_none_is_refused_with_its_line(content: bytes, line: int) -> None:
    with pytest.raises(FaultyPrices) as refused:
        parse_prices(content, "prices.csv")
    assert refused.value.details["line"] == line


# --------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ("portfolio", "fund statement position --explain portfolio_at_risk"),
        ("Turn-over", "fund statement position --explain turnover"),
        ("zzz", "fund explain figures"),
    ],
)
def test_an_unknown_figure_is_refused_with_the_nearest(story: Told, typed: str, advice: str) -> None:
    with looking(story.url) as snapshot, pytest.raises(UnknownFigure) as refused:
        position(snapshot, explain=typed)
    assert refused.value.advice == advice


@pytest.mark.parametrize("typed", ["free_to_commit", "free to commit", "Vrij te besteden"])
def test_a_figure_is_asked_for_as_people_call_it(story: Told, typed: str) -> None:
    with looking(story.url) as snapshot:
        assert list(position(snapshot, explain=typed)["indicators"]) == ["free_to_commit"]


def test_json_and_csv_hold_every_line_with_its_amounts(story: Told) -> None:
    with looking(story.url) as snapshot:
        found = position(snapshot, explain="turnover")
        left: list[dict[str, Any]] = []
        position(snapshot, explain="turnover", into=lambda told: left.append({**told, "lines": list(told["lines"])}))
    assert left == [found]
    again = json.loads(STATEMENT_FORMATS["json"](found))
    assert again["lines"] == found["lines"]
    rows = STATEMENT_FORMATS["csv"](found).decode("utf-8-sig").splitlines()
    assert len(rows) == 1 + len(found["lines"])


def test_facts_are_read_in_every_shape_they_were_written(story: Told) -> None:
    """What sums read without models is what the models say."""
    with looking(story.url) as snapshot:
        for told in snapshot.store.facts.summaries(("disbursement.approved", "payment.settled", "evaluation.accepted")):
            fact = snapshot.store.facts.by_seq(told.seq)
            assert fact is not None
            assert fact.fact == fact_from(told.type, json.dumps(told.says))
            assert (fact.event_id, fact.effective_on, fact.stream) == (told.event_id, told.effective_on, told.stream)
