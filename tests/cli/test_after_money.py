"""Amendments, benefits, evaluations and lessons as they are typed and as they read on a narrow screen."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Fund
from tests.factories import founded
from tests.workflows.agreeing import AGREEMENT, running
from tests.workflows.looking_back import AGREEMENT as LOOKED_BACK
from tests.workflows.looking_back import SCALE, evaluated, until_completed
from tests.workflows.money_out import BAARN, BUNNIK
from tests.workflows.test_amendments import committee
from tests.workflows.test_refinancing import CHILD, rolled_out


def test_a_large_rise_is_typed_voted_and_decided(fund: Fund, sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world, cash=20_000_000)
        committee(world)
    amend = ("agreement", "amend", AGREEMENT, "--change", "85000", "--milestone", "2", "--reason", "tweede wijk")
    pending = fund(*amend, "--yes", "--json", user="anna", database=sqlite_url).json["pending"]
    proposed = fund("confirm", pending, "--yes", user="fatima", database=sqlite_url)
    assert proposed.code == 0, proposed.err
    for user in ("mees", "max", "mona"):
        voted = fund("decision", "vote", f"{AGREEMENT}-A1", "--for", user=user, database=sqlite_url)
        assert "under seal until the decision" in voted.out
    asked = fund("agreement", "decide", f"{AGREEMENT}-A1", "--dry-run", user="carla", database=sqlite_url)
    assert "mees" not in asked.out  # a trial opens no seal
    decided = fund("agreement", "decide", f"{AGREEMENT}-A1", "--yes", user="carla", database=sqlite_url)
    assert f"{AGREEMENT}-A1 is agreed: 3 for, 0 against." in decided.out
    assert f"{AGREEMENT} is EUR 125,000.00 now, of which EUR 87,500.00 is repaid." in decided.out
    shown = fund("agreement", "show", AGREEMENT, database=sqlite_url, columns=80, terminal=True)
    assert "tweede wijk" in shown.out
    assert max(len(line) for line in shown.out.splitlines()) <= 80


def test_another_lead_and_another_day_are_typed(fund: Fund, sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world)

    def both(*words: str) -> None:
        made = fund("agreement", "amend", AGREEMENT, *words, "--reason", "x", "--yes", "--json", user="anna",
                    database=sqlite_url)  # fmt: skip
        done = fund("confirm", made.json["pending"], "--yes", user="fatima", database=sqlite_url)
        assert done.code == 0, done.err

    both("--milestone", "2", "--due", "2027-09-30")
    both("--lead", BUNNIK)
    signed = fund("agreement", "sign", f"{AGREEMENT}-A1", "--yes", user="piet", database=sqlite_url)
    assert f"{AGREEMENT} is signed for {BUNNIK}." in signed.out
    shown = fund("agreement", "show", AGREEMENT, database=sqlite_url, lang="nl", columns=80, terminal=True).out
    assert "2027-09-30" in shown or "30 september 2027" in shown or "30-09-2027" in shown


def test_benefits_are_reported_and_shown_against_the_plan(fund: Fund, sqlite_url: str, tmp_path: Path) -> None:
    promised = (
        {"partner": BAARN, "year": 2026, "amount_cents": 100_000},
        {"partner": BAARN, "year": 2027, "amount_cents": 200_000},
        {"partner": BUNNIK, "year": 2027, "amount_cents": 50_000},
    )
    with founded(sqlite_url) as world:
        running(world, benefits=promised)
    path = tmp_path / "baten.toml"
    path.write_text(
        f'[[benefits]]\nyear = 2026\nrealised_benefit = "800"\nrealised_cost = "50"\n'
        f'[[benefits]]\npartner = "{BUNNIK}"\nyear = 2027\nexpected_benefit = "600"\nnote = "meer water"\n',
        encoding="utf-8",
    )
    made = fund("agreement", "benefits", AGREEMENT, path, "--json", user="fatima", database=sqlite_url)
    done = fund("confirm", made.json["pending"], "--yes", user="anna", database=sqlite_url)
    assert done.code == 0, done.err
    shown = fund("agreement", "benefits", AGREEMENT, database=sqlite_url, columns=80, terminal=True)
    lines = [line.split() for line in shown.out.splitlines()]
    assert ["Baarn", "2026", "1,000.00", "1,000.00", "800.00", "-200.00"] in lines
    assert ["Baarn", "all", "3,000.00", "3,000.00", "800.00", "-200.00"] in lines
    assert ["Bunnik", "2027", "500.00", "600.00", "100.00"] in lines
    assert ["Total", "3,500.00", "3,600.00", "800.00", "-100.00"] in lines
    assert "meer water" in shown.out
    assert max(len(line) for line in shown.out.splitlines()) <= 80
    data = fund("agreement", "benefits", AGREEMENT, "--json", database=sqlite_url).json
    assert data["total"]["benefit"]["difference_cents"] == -10_000


def test_a_lesson_card_and_an_evaluation_read_on_a_narrow_screen(fund: Fund, sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        evaluated(world)
    cards = fund(
        "evaluation",
        "lessons",
        "--theme",
        "water",
        "--text",
        "KILOMETER pomp",
        database=sqlite_url,
        columns=80,
        terminal=True,
    )
    assert cards.code == 0, cards.err
    assert "Meet de afstand eerst" in cards.out
    assert "a good result: hypothesis refuted, and well learned from (3 of 4)" in " ".join(cards.out.split())
    assert "T05 Water and climate" in cards.out
    assert max(len(line) for line in cards.out.splitlines()) <= 80
    shown = fund("evaluation", "show", LOOKED_BACK, database=sqlite_url, columns=80, terminal=True)
    assert "Samen pompen kostte meer dan apart pompen" in shown.out
    assert ["Peer", "rosa:", "3", "/", "4"] in [line.split() for line in shown.out.splitlines()]
    assert max(len(line) for line in shown.out.splitlines()) <= 80
    nothing = fund("evaluation", "lessons", "--text", "walvis", database=sqlite_url)
    assert "No lesson has all of that." in nothing.out
    unknown = fund("evaluation", "lessons", "--theme", "walvis", database=sqlite_url)
    assert (unknown.code, "unknown_theme" in unknown.err) == (2, True)


def test_the_template_of_a_roll_out_is_typed_with_the_agreement_it_follows(fund: Fund, sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        evaluated(world, text=SCALE)
    words = ("proposal", "template", "--track", "major", "--follows", LOOKED_BACK, "--comments", "nl")
    template = fund(*words, database=sqlite_url)
    assert template.code == 0, template.err
    assert 'title = "Uitrol: Samen pompen"' in template.out
    assert "Meet de afstand eerst" in template.out
    over = fund("proposal", "template", "--follows", "A2026-099", database=sqlite_url)
    assert (over.code, "unknown_ref" in over.err) == (1, True)
    both = fund("proposal", "template", "--follows", LOOKED_BACK, "--from", "2026-001", database=sqlite_url)
    assert (both.code, "leave one out" in both.err) == (2, True)


def test_a_roll_out_takes_over_what_is_owed_as_it_is_typed(fund: Fund, sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        rolled_out(world)
    ask = ("agreement", "refinance", LOOKED_BACK, "--to", CHILD, "--reason", "een plan")
    tried = fund(*ask, "--dry-run", user="anna", database=sqlite_url, columns=80, terminal=True)
    assert tried.code == 0, tried.err
    pending = fund(*ask, "--yes", "--json", user="anna", database=sqlite_url).json["pending"]
    brought = fund("confirm", pending, "--yes", user="piet", database=sqlite_url)
    assert "Matter put to the vote" in brought.out
    for user in ("mira", "mees", "carla"):
        fund("decision", "vote", "R2026-0001", "--for", user=user, database=sqlite_url)
    shown = fund("decision", "show", "R2026-0001", database=sqlite_url, columns=80, terminal=True)
    decided = fund("decision", "decide", "R2026-0001", "--yes", user="carla", database=sqlite_url)
    assert "R2026-0001 is carried: 3 for, 0 against." in decided.out
    pages = [shown.out]
    for words in (("agreement", "show"), ("statement", "agreement"), ("repayment", "plan")):
        for ref in (LOOKED_BACK, CHILD):
            pages.append(fund(*words, ref, database=sqlite_url, columns=80, terminal=True).out)
    assert "Refinanced to" in pages[1]
    assert CHILD in pages[1]
    assert LOOKED_BACK in pages[2]
    assert CHILD in pages[5]
    assert max(len(line) for page in pages for line in page.splitlines()) <= 80
