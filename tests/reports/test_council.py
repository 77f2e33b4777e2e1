"""The page for a council: figures that add up to the fund's, what a day and a number mean, days that ask something."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fund import language
from fund.commands.opening import open_fund
from fund.dates import add_months
from fund.errors.commands import UnknownRef
from fund.language import euros
from fund.registry import PROJECTIONS
from fund.reports.cash import cash_on
from fund.reports.exits import quote_of
from fund.reports.history import cases_on
from fund.reports.statements.annual import annual
from fund.reports.statements.council.composing import council
from fund.reports.statements.council.days import AT_MOST, REVIEW_MONTHS, Asked, Days
from fund.reports.statements.council.lessons import QUOTED, first_sentences
from fund.reports.statements.council.words import describe
from fund.reports.statements.partner import partner_statement
from fund.schemas.agreements import Agreement
from fund.schemas.capital import Partner
from fund.schemas.proposals import Proposal, Round
from fund.unit_of_work import Snapshot
from fund.workflows.decisions.terms import term_of
from fund.workflows.partners import reviewing
from fund.workflows.proposals.access import rules_for
from tests.factories import World, founded
from tests.reports.test_cash import on_its_way
from tests.reports.test_cash import settled as bank_paid
from tests.story import Told
from tests.workflows import agreeing
from tests.workflows.leaving import founded_fund, leaves, paid_out, payee, repays, rules
from tests.workflows.looking_back import AGREEMENT
from tests.workflows.money_out import BAARN, BUNNIK, BUNSCHOTEN

SIGNED = {"name": "verrekening.pdf", "content": b"Akkoord."}


def looked(snapshot: Snapshot, **asked: Any) -> dict[str, Any]:
    """The statements of all partners, after every sum in them was held against the entries, read by another road."""
    found = council(snapshot, **asked)
    cash = cash_on(snapshot, [asked.get("as_of") or snapshot.today], known_at=asked.get("known_at"))[0]
    told = {
        "paid_in_cents": cash.i,
        "paid_out_cents": cash.u + cash.s + cash.v,
        "came_back_cents": cash.a + cash.r + cash.v,
        "costs_cents": cash.k,
        "left_cents": cash.explained - cash.held - cash.refunds,
    }
    sums: Counter[str] = Counter()
    for each in found["councils"]:
        part = each["part"]
        sums.update(part)
        assert part["left_cents"] == (
            part["paid_in_cents"] - part["paid_out_cents"] + part["came_back_cents"] - part["costs_cents"]
        )
        assert part["paid_in_cents"] == each["paid_in_cents"] == each["contributed_cents"] - each["paid_back_cents"]
        asks_are_few_and_what_is_late_comes_first(each)
        lessons_are_few_and_one_did_not_work(found, each)
    if found["councils"]:
        assert {key: sums[key] for key in told} == told
    assert {key: found["fund"][key] for key in told} == told
    return found


def asks_are_few_and_what_is_late_comes_first(told: Mapping[str, Any]) -> None:
    late = [each for each in told["dates"] if each["late"]]
    days = told["dates"][len(late) :]
    assert told["dates"][: len(late)] == late
    assert [each["on"] for each in late] == sorted(each["on"] for each in late)
    assert all((each["on"] < told["as_of"]) == each["late"] for each in told["dates"])
    money = [each for each in days if each["amount_cents"] is not None]
    content = [each for each in days if each["amount_cents"] is None]
    assert len(told["dates"]) <= AT_MOST
    assert days == [*content, *money]
    assert [each["on"] for each in content] == sorted(each["on"] for each in content)
    assert [each["on"] for each in money] == sorted(each["on"] for each in money)
    assert {each["kind"] for each in late} <= {"evaluation", "call", "instalment", "rest"}
    assert not told["receivable_cents"] > 0 or any(each["amount_cents"] for each in told["dates"])


def lessons_are_few_and_one_did_not_work(found: Mapping[str, Any], told: Mapping[str, Any]) -> None:
    lessons = told["lessons"]
    everywhere = [lesson["hypothesis"] for each in found["councils"] for lesson in each["lessons"]]
    assert len(lessons) <= 2
    assert ("refuted" in everywhere) == ("refuted" in [each["hypothesis"] for each in lessons])
    assert [each["ours"] for each in lessons] == sorted((each["ours"] for each in lessons), reverse=True)


@pytest.fixture
def views(story: Told) -> Iterator[Snapshot]:
    with open_fund(story.url) as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
        yield snapshot


def sampled(snapshot: Snapshot, seed: int, count: int) -> Iterator[dict[str, Any]]:
    """A day of the fund's life, and the same day as it was known at some entry; so many times."""
    random, head, first = Random(seed), snapshot.ledger.head().seq, snapshot.first_day
    for _ in range(count):
        on = first + timedelta(days=random.randrange((snapshot.today - first).days + 1))
        yield {"as_of": on}
        yield {"as_of": on, "known_at": random.randrange(head + 1)}


def test_the_34_statements_of_the_demo_add_up_to_the_fund_on_any_day(views: Snapshot) -> None:
    found = looked(views)
    assert len(found["councils"]) == 34
    assert len({each["body"] for each in found["councils"]}) == 3
    for asked in sampled(views, 1, 8):
        looked(views, **asked)


def test_the_statements_of_random_funds_add_up_on_any_day_and_at_any_number(random_funds: list[str]) -> None:
    for number, url in enumerate(random_funds):
        with open_fund(url) as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
            looked(snapshot)
            for asked in sampled(snapshot, number, 1):
                looked(snapshot, **asked)


def test_they_add_up_on_postgresql(random_funds_on_postgresql: list[str]) -> None:
    for number, url in enumerate(random_funds_on_postgresql):
        with open_fund(url) as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
            looked(snapshot)
            for asked in sampled(snapshot, number, 2):
                looked(snapshot, **asked)


def ties_to_the_annual_accounts(snapshot: Snapshot, year: int) -> None:
    """What all councils are told of a year is what the annual accounts say of it, and their last day is theirs."""
    accounts = annual(snapshot, year=year)
    flows = {each["line"]: each["amount_cents"] for each in accounts["cash"]["flows"]}
    at = [date.fromisoformat(accounts["starts_on"]) - timedelta(days=1), date.fromisoformat(accounts["as_of"])]
    before, after = Counter[str](), Counter[str]()
    for sums, day in zip((before, after), at, strict=True):
        for each in council(snapshot, as_of=day, known_at=accounts["known_at"])["councils"]:
            sums.update(each["part"])
    moved = {name: after[name] - before[name] for name in after}
    assert moved["paid_in_cents"] == flows["contributions"]
    assert moved["costs_cents"] == -flows["costs_paid"]
    assert moved["came_back_cents"] - moved["paid_out_cents"] == sum(
        flows[line] for line in ("repaid", "other_income", "advances_paid", "grants_paid")
    )
    held = sum(flows[line] for line in ("held_for_others", "refunds_under_way", "under_way"))
    assert moved["left_cents"] == flows["closing"] - flows["opening"] - held


def test_the_34_statements_add_up_to_the_annual_accounts(
    views: Snapshot, random_funds: list[str], random_funds_on_postgresql: list[str]
) -> None:
    for year in (2024, 2025, 2026):
        ties_to_the_annual_accounts(views, year)
    for url in (*random_funds[:10], *random_funds_on_postgresql[:2]):
        with open_fund(url) as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
            for year in range(2026, snapshot.today.year + 1):
                ties_to_the_annual_accounts(snapshot, year)


def test_what_it_is_worth_is_what_leaving_would_bring(views: Snapshot) -> None:
    for asked in ({}, *sampled(views, 3, 3)):
        for partner in ("gm0344", "ws0636", "pv26"):
            found = council(views, partner=partner, **asked)
            same = partner_statement(views, partner=partner, **asked)
            quote, _shares = quote_of(
                views, partner, as_of=asked.get("as_of") or views.today, known_at=asked.get("known_at")
            )
            assert found["exit_value_cents"] == same["exit_value"]["net_cents"] == quote.net_cents
            assert (found["exit_value_now_cents"], found["exit_value_later_cents"]) == (
                quote.now_cents,
                quote.later_cents,
            )
            language.choose("nl")
            note, amounts = describe(found)["facts"][1]["note"], (quote.now_cents, quote.later_cents)
            assert not quote.later_cents or all(euros(each).replace(" ", "\u00a0") in note for each in amounts)
            assert (found["share"], found["paid_in_cents"]) == (same["share"], same["paid_in_cents"])


def test_the_revolving_degree_is_that_of_the_position_and_nothing_where_nothing_was_paid_out(views: Snapshot) -> None:
    from fund.reports.statements.position import position

    figures = position(views)["indicators"]
    found = council(views, partner="gm0344")["revolving"]
    assert found["value"] == figures[found["variant"]]["value"] == "105/137"
    assert (found["of_each_euro_cents"], found["target_of_each_euro_cents"]) == (77, 80)
    early = council(views, partner="gm0344", as_of=views.first_day)["revolving"]
    assert (early["value"], early["of_each_euro_cents"], early["target"]) == (None, None, "4/5")


# ----------------------------------------------------------------------------------------------------- days and numbers


def test_what_happens_later_changes_no_statement_of_a_day_known_at_a_number(sqlite_url: str) -> None:
    with founded(sqlite_url, rules=rules()) as world:
        founded_fund(world)
        with world.snapshot() as snapshot:
            asked: dict[str, Any] = {"as_of": snapshot.today, "known_at": snapshot.ledger.head().seq}
            before = council(snapshot, **asked)
        repays(world, 500_000)
        leaves(world, BUNNIK)
        with world.snapshot() as snapshot:
            assert council(snapshot, **asked) == before
            assert council(snapshot)["fund"] != before["fund"]


OF_THE_STORY = [
    # day, partner, then kind, day and case of what is asked of it: what is late first, then content
    ("2024-01-19", "gm0307", "key_review 2029-01-15 2024-2, call 2024-02-14 B2024-0001"),
    (
        "2024-03-13",
        "gm0308",
        "round_closes 2024-04-14 2024-1, decision 2024-06-10 2024-001, key_review 2029-01-15 2024-2",
    ),
    ("2024-03-13", "gm0307", "round_closes 2024-04-14 2024-1, key_review 2029-01-15 2024-2"),
    (
        "2026-02-04",
        "gm0312",
        "round_opens 2026-02-09 2026-1, rollout 2027-02-02 A2025-003, key_review 2029-01-15 2024-2",
    ),
    (
        "2026-02-04",
        "gm0307",
        "round_opens 2026-02-09 2026-1, followon 2027-02-02 A2025-003, key_review 2029-01-15 2024-2",
    ),
    ("2026-11-19", "gm0321", "key_review 2029-01-15 2024-2"),
    (
        "2026-11-19",
        "gm0352",
        "instalment 2026-09-16 A2025-003, rollout 2027-02-02 A2025-003, evaluation 2027-09-30 A2026-001,"
        " key_review 2029-01-15 2024-2",
    ),
]


@pytest.mark.parametrize(("on", "partner", "expected"), OF_THE_STORY)
def test_each_day_asks_what_was_open_then(views: Snapshot, on: str, partner: str, expected: str) -> None:
    found = council(views, partner=partner, as_of=date.fromisoformat(on))["dates"]
    assert ", ".join(f"{each['kind']} {each['on']} {each['ref']}" for each in found) == expected


@pytest.mark.parametrize(
    ("content", "money", "told"),
    [(5, 3, "cccm"), (5, 0, "cccc"), (2, 3, "ccmm"), (0, 6, "mmmm"), (3, 1, "cccm"), (0, 0, "")],
)
def test_one_place_of_four_is_kept_for_money(
    monkeypatch: pytest.MonkeyPatch, content: int, money: int, told: str
) -> None:
    later = [Asked(date(2027, 1, 9 - number), "round_closes", f"c{number}") for number in range(content)]
    due = [Asked(date(2026, 1, 9 - number), "call", f"m{number}", amount_cents=1) for number in range(money)]
    found = asked_of(monkeypatch, date(2026, 1, 1), later, due)
    assert "".join(each.ref[0] for each in found) == told
    for kind in ("c", "m"):
        days = [each.on for each in found if each.ref.startswith(kind)]
        assert days == sorted(each.on for each in (*later, *due) if each.ref.startswith(kind))[: len(days)]


def asked_of(monkeypatch: pytest.MonkeyPatch, on: date, content: list[Asked], money: list[Asked]) -> list[Asked]:
    """What a page of a day says, where all this was asked."""
    monkeypatch.setattr(Days, "_content", lambda *_args: content)
    monkeypatch.setattr(Days, "_money", lambda *_args: money)
    days = Days.__new__(Days)
    days._day = on
    return days.of("gm0344")


@given(
    st.lists(st.integers(-40, 40), max_size=5), st.lists(st.tuples(st.integers(-40, 40), st.integers(1, 9)), max_size=7)
)
def test_what_is_late_stands_first_by_its_own_day_and_no_amount_of_it_is_lost(
    content: list[int], money: list[tuple[int, int]]
) -> None:
    today = date(2026, 3, 1)
    asks = [Asked(today + timedelta(days), "evaluation", f"c{at}") for at, days in enumerate(content)]
    owes = [
        Asked(today + timedelta(days), "call", f"m{at}", amount_cents=cents) for at, (days, cents) in enumerate(money)
    ]
    with pytest.MonkeyPatch.context() as patch:
        found = asked_of(patch, today, asks, owes)
    assert len(found) <= AT_MOST
    late = [each for each in found if each.late]
    assert found[: len(late)] == late == sorted(late, key=lambda each: (each.on, each.kind, each.ref))
    assert all(each.on < today for each in late)
    assert all(each.on >= today for each in found[len(late) :])
    assert len(late) < AT_MOST
    over = sorted((each for each in owes if each.on < today), key=lambda each: each.on)
    if over:
        assert sum(each.amount_cents or 0 for each in late) == sum(each.amount_cents or 0 for each in over)
    if len(over) + sum(days < 0 for days in content) < AT_MOST:
        assert {each.on for each in over} <= {each.on for each in late if each.kind == "call"}
    if any(each.on >= today for each in (*asks, *owes)):
        assert len(found) > len(late)


def test_the_terms_are_those_that_the_service_keeps(views: Snapshot) -> None:
    assert REVIEW_MONTHS == reviewing.REVIEW_MONTHS
    seen = 0
    for month in range(30):
        on = add_months(views.first_day, month)
        decisions = {each.ref: each.on for each in every_decision(views, on)}
        rounds = {each.ref: each for each in cases_on(views, Round, on)}
        for proposal in cases_on(views, Proposal, on):
            term = term_of(rules_for(views, proposal).terms, rounds[proposal.round], proposal)
            if proposal.ref in decisions:
                assert term is not None
                assert decisions[proposal.ref] == term.last_on
                seen += 1
            else:
                assert term is None or term.objection or term.last_on < on or proposal.waits_since_on is not None
    assert seen > 5


def every_decision(snapshot: Snapshot, on: date) -> list[Asked]:
    """Each day until which there is a decision, of all proposals; however many other days there are."""
    agreements = {each.ref: each for each in cases_on(snapshot, Agreement, on)}
    days = Days(snapshot, on, None, agreements, {})
    partners = [each.ref for each in cases_on(snapshot, Partner, on)]
    asked = [each for partner in partners for each in days._content(partner, None, True)]
    return [each for each in asked if each.kind == "decision"]


def test_a_signature_is_asked_until_it_is_there(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        agreeing.office(world)
        agreeing.approved(world)
        world.do("agreement draft", user="anna", ref=agreeing.PROPOSAL)

        def asked(partner: str) -> list[str]:
            with world.snapshot() as snapshot:
                return [each["kind"] for each in council(snapshot, partner=partner)["dates"]]

        assert "sign" in asked(BAARN)
        assert "sign" not in asked(BUNSCHOTEN)
        world.do("agreement sign", user="fatima", ref=agreeing.AGREEMENT)
        assert "sign" not in asked(BAARN)


def test_an_unknown_partner_is_refused_and_a_fund_without_partners_has_no_statement(sqlite_url: str) -> None:
    with founded(sqlite_url) as world, world.snapshot() as snapshot:
        with pytest.raises(UnknownRef):
            council(snapshot, partner="gm9999")
        found = council(snapshot)
        assert (found["councils"], found["head"]["seq"]) == ([], 0)
        assert set(found["fund"].values()) == {0}


def test_partners_of_a_fund_without_entries_are_told_that_nothing_happened(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        world.partners()
        with world.snapshot() as snapshot:
            found = looked(snapshot)
    assert len(found["councils"]) == 34
    for each in found["councils"]:
        assert set(each["part"].values()) == {0}
        assert (each["share"], each["share_of_paid_in"], each["lessons"]) == (None, None, [])
        assert [asked["kind"] for asked in each["dates"]] == ["key_review"]


# -------------------------------------------------------------------------------------------------------------- leaving


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    with founded(sqlite_url, rules=rules()) as world:
        yield founded_fund(world)


def one(world: World, partner: str) -> dict[str, Any]:
    with world.snapshot() as snapshot:
        found = {each["id"]: each for each in looked(snapshot)["councils"]}
    return found[partner]


def test_who_leaves_is_told_the_day_and_asked_for_nothing_new(world: World) -> None:
    world.do("partner give-notice", user="piet", ref=BUNNIK, decision={"name": "besluit.pdf", "content": b"Weg."})
    with world.snapshot() as snapshot:
        told = council(snapshot, partner=BUNNIK)
        stays = council(snapshot, partner=BAARN)
    assert [each["kind"] for each in told["dates"]] == ["leave", "evaluation"]  # what it signed for stays
    assert told["state"] == "notice_given"
    assert "leave" not in [each["kind"] for each in stays["dates"]]


def test_who_left_is_told_what_was_paid_back_and_what_is_still_to_come(world: World) -> None:
    leaves(world, BUNNIK)
    settled = one(world, BUNNIK)
    assert (settled["state"], settled["called_cents"], settled["paid_back_cents"]) == ("settling", 0, 0)
    assert settled["exit_value_cents"] == settled["settlement_cents"] > 0
    payee(world, BUNNIK)
    world.clock(date(2026, 7, 13))
    paid_out(world, BUNNIK)
    owed = one(world, BUNNIK)
    assert owed["paid_back_cents"] == 0  # it was approved, and the bank did not pay it yet
    due = settled["settlement_cents"] - owed["settlement_cents"]
    assert due > 0
    bank_paid(world, on_its_way(world, "E2026-0001", BUNNIK, due))
    gone = one(world, BUNNIK)
    assert (gone["paid_back_cents"], gone["paid_in_cents"]) == (due, settled["contributed_cents"] - due)
    assert gone["fund"]["paid_in_cents"] == settled["fund"]["paid_in_cents"] - due


def test_a_set_off_is_paid_back_to_who_leaves_and_not_to_its_agreement(world: World) -> None:
    leaves(world, BAARN)
    before = one(world, BAARN)
    world.both(
        "partner pay-settlement",
        user="bram",
        second="anna",
        ref=BAARN,
        set_off=AGREEMENT,
        amount=100_000,
        signed=SIGNED,
    )
    world.drain()
    after = one(world, BAARN)
    assert (before["paid_back_cents"], after["paid_back_cents"]) == (0, 100_000)
    assert after["paid_in_cents"] == before["paid_in_cents"] - 100_000
    assert after["fund"]["came_back_cents"] == before["fund"]["came_back_cents"] + 100_000
    assert one(world, BUNSCHOTEN)["paid_back_cents"] == 0


# ---------------------------------------------------------------------------------------------------- what people wrote


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("Kort.", "Kort."),
        ("Geen punt aan het eind", "Geen punt aan het eind"),
        ("Een. Twee. Drie die net niet meer past.", "Een. Twee."),
        ("Het kostte 3.000,50 euro. De rest volgt later.", "Het kostte 3.000,50 euro."),
        ("Zie art. 4 en o.a. Baarn. En de rest ook nog.", "Zie art. 4 en o.a. Baarn."),
        ('Zij zei: "Nee." Toen hield het op voor iedereen.', 'Zij zei: "Nee."'),
        ("Eerste alinea zonder punt\n\nTweede alinea is er ook.", "Eerste alinea zonder punt"),
        ("Regel een\nloopt door. Zin twee past niet meer.", "Regel een loopt door."),
        ("Een eerste zin die veel langer is dan wat er past. Nog een.", None),
        ("", ""),
        ("Lang. Woord" + " woord" * 4000, "Lang."),
    ],
)
def test_what_people_wrote_is_cut_at_the_end_of_a_sentence(text: str, quoted: str | None) -> None:
    expected = "Een eerste zin die veel langer is dan wat er past." if quoted is None else quoted
    assert first_sentences(text, 28) == expected


def test_a_long_text_is_marked_as_cut_and_a_short_one_is_whole(views: Snapshot) -> None:
    whole = [lesson for each in council(views)["councils"] for lesson in each["lessons"]]
    assert {lesson["whole"] for lesson in whole} == {True}
    long = "Wij leerden veel. " * 40
    assert len(first_sentences(long)) <= QUOTED < len(first_sentences(long, len(long)))
