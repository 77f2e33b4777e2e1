"""What happens rarely, in what leaves the fund: who has yet to be admitted, a case that is open again, odd texts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from fund import language
from fund.commands.opening import open_fund
from fund.events.evaluations import EvaluationAccepted
from fund.reports.site.public_fund import PublicFund
from fund.reports.statements.position import position
from tests.factories import World, as_file
from tests.story import Told

HEADER = "id,naam,korte_naam,kind_en,size_class_en,inwoners,inwoners_peiljaar,regio_id"


@pytest.fixture(scope="module")
def world(story: Told, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The fund of the story, in which people go on."""
    folder = tmp_path_factory.mktemp("zeldzaam") / "verhaal"
    shutil.copytree(Path(story.url.removeprefix("sqlite:///")).parent, folder)
    with open_fund(f"sqlite:///{folder / 'fund.db'}") as fund:
        yield World(fund)


def test_the_site_says_nothing_of_a_candidate_and_has_a_paper_for_every_partner(world: World, tmp_path: Path) -> None:
    row = f"{HEADER}\ngm9999,Gemeente Kandidaat,Kandidaat,municipality,medium,46000,2021,rg-regio-amersfoort"
    world.do("partner add", user="anna", file=as_file(row.encode()))
    told = world.ask("statement site", folder=str(tmp_path / "site"), papers=False)
    assert told["pages"] == 2 * sum(1 for each in (tmp_path / "site").rglob("*.html") if "/en/" not in str(each))
    files = [each for each in (tmp_path / "site").rglob("*") if each.is_file()]
    assert [each.name for each in files if b"Kandidaat" in each.read_bytes() or "gm9999" in each.name] == []
    found = {each["id"] for each in world.ask("statement council")["councils"]}
    assert {each.stem for each in (tmp_path / "site" / "partners").glob("*.html")} == found


def test_the_papers_on_the_site_tell_nobody_of_a_plan_that_waits_for_its_decision(world: World) -> None:
    """The council of an applicant reads it, and the plan of De Bilt was rejected afterwards."""
    title = "RES'en: inwoners beheren het zonneveld"
    before = date(2024, 5, 13)
    own = world.ask("statement council", partner="gm0310", as_of=before)
    assert title in {each["title"] for each in own["dates"]}
    with world.snapshot() as snapshot:
        public = PublicFund(snapshot, before).councils
    assert set(public) >= {"gm0310", "gm0308"}
    assert title not in str(public)
    assert {each["kind"] for partner in public.values() for each in partner["dates"]} >= {"key_review"}


def test_the_position_counts_an_evaluation_from_its_publication_on(world: World) -> None:
    """It is accepted before it is published, and what came of it is nobody's until then."""
    with world.snapshot() as snapshot:
        before = position(snapshot)
    results = {"hypothesis": "refuted", "verdict": "stop", "learning": "4/1", "good_result": True}
    with world.uow("anna", commit=False) as uow:
        uow.record(EvaluationAccepted(ref="A2025-001", proposal="2025-001", **results))
        assert position(uow)["evaluations"] == before["evaluations"]
        assert position(uow)["indicators"]["experiments_refuted"] == before["indicators"]["experiments_refuted"]
    assert before["evaluations"] != []


def test_what_must_differ_is_told_to_programs_in_the_same_words_in_both_languages(world: World) -> None:
    told = []
    for code in ("en", "nl"):
        language.choose(code)
        told.append(world.ask("export duties"))
    assert told[0] == told[1]
