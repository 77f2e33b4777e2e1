"""The page for a council as it is read: plain sentences, one A4 that a screen reader can read, and what is too long."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from pypdf import PdfReader

from fund import language
from fund.commands.opening import open_fund
from fund.errors.usage import CouncilPageTooLong
from fund.registry import PROJECTIONS
from fund.reports.statements.council.composing import council
from fund.reports.statements.council.paper import council_pdf, council_pictures
from fund.reports.statements.council.words import ASKED, EXPLAINED, WORKED, describe, our_sentences
from fund.reports.statements.pages import PAGES, PAPERS
from fund.unit_of_work import Snapshot
from tests.plain import LONGEST, avoided, faults, sentences_of, unexplained, words_of
from tests.story import Told

NAME = "statement council"
LONG_NAME = "Hoogheemraadschap De Stichtse Rijnlanden"
TITLE = "Regionale samenwerking rond het zuiveren van water met planten, de tweede stap"
EVIL = "#panic(1) *x* _y_ $ \\ <lab> @ref // 'q' \"z\" `code` #{ עיר"
EXPLAINS = {
    "fonds": "het fonds: geld voor proeven",
    "experiment": "experimenten: proeven",
    "fondsbeheerder": "fondsbeheerder, die werkt voor",
    "revolverend innovatiefonds": "Revolverend innovatiefonds: ",
}
"""Words of the glossary that the page uses, and where it says what they mean."""


@pytest.fixture
def snapshot(story: Told) -> Iterator[Snapshot]:
    with open_fund(story.url) as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
        yield snapshot


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    yield
    language.choose("en")


def read(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


MAIL = "innovatiefonds-utrecht@voorbeeld.example"


def full(found: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The fullest page there can be: the longest name, nine digits before the comma, two long lessons, four days."""
    lesson = {**found["lessons"][0], "title": TITLE, "learned": "Zin van tien tekens. " * 9}
    users = [{"partner": "gm0352", "name": "Wijk bij Duurstede"}] * 9
    days = [
        {
            "on": "2026-12-31",
            "kind": kind,
            "ref": "A2026-001",
            "title": lesson["title"],
            "amount_cents": None,
            "late": False,
        }
        for kind in ("decision", "rollout", "evaluation")
    ]
    money = {
        "on": "2026-01-31",
        "kind": "call",
        "ref": "B2026-0001",
        "title": "",
        "amount_cents": 99_999_999_999,
        "late": True,
    }
    part = dict.fromkeys(found["part"], 99_999_999_999)
    return {
        **found,
        "name": LONG_NAME,
        "fund_name": "Revolverend Innovatiefonds van de provincie Utrecht",
        "contributed_cents": 99_999_999_999,
        "exit_value_cents": 99_999_999_999,
        "exit_value_now_cents": 49_999_999_999,
        "exit_value_later_cents": 50_000_000_000,
        "contact": {
            "role": "fund_manager",
            "telephone": "+31 (0)30 000 00 00",
            "mail": "innovatiefonds@voorbeeld.example",
        },
        "receivable_cents": 99_999_999_999,
        "overpaid_cents": 99_999_999_999,
        "received_cents": 99_999_999_999,
        "experiments": {"taken_part": 19, "running": 12, "as_lead": 9},
        "part": part,
        "fund": {**found["fund"], **part},
        "lessons": [{**lesson, "used_by": users}] * 2,
        "dates": [*days, money],
        **changes,
    }


def test_a_partner_that_left_with_a_debt_is_not_told_what_leaving_would_cost(snapshot: Snapshot) -> None:
    found = {**council(snapshot, partner="gm0344"), "exit_value_cents": -250_00}
    for state, said in (("active", "We would pay this if we left now."), ("settling", "We left the fund.")):
        notes = [each["note"] for each in describe({**found, "state": state})["facts"]]
        assert said in notes


def test_before_the_first_entry_no_hash_stands_on_it(snapshot: Snapshot) -> None:
    assert council(snapshot, partner="gm0344", known_at=0)["head"] == {"seq": 0, "hash": bytes(32).hex()}


# ---------------------------------------------------------------------------------------------------------- plain words


def test_every_sentence_of_ours_is_plain_dutch(story: Told, random_funds: list[str]) -> None:
    language.choose("nl")
    for url in (story.url, *random_funds):
        with open_fund(url) as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
            for asked in ({}, {"as_of": snapshot.first_day}, {"known_at": snapshot.ledger.head().seq // 2}):
                for found in council(snapshot, **asked)["councils"]:
                    page = describe(found)
                    said = our_sentences(page)
                    assert list(faults(said)) == []
                    assert list(unexplained(said, EXPLAINS)) == []
    assert page["paid"]["heading"] == "Wat betaalden wij?"


def test_every_sentence_that_a_page_may_ever_say_is_plain_dutch(snapshot: Snapshot) -> None:
    language.choose("nl")
    found = council(snapshot, partner="gm0352")
    few = {**found, "experiments": {"taken_part": 1, "running": 1, "as_lead": 1}, "exit_value_cents": -1}
    gone = {**found, "state": "exited", "paid_back_cents": 7, "lessons": [], "dates": []}
    pages = [describe(each) for each in (found, full(found), few, gone)]
    said = [sentence for page in pages for sentence in our_sentences(page)]
    said += [language._(text) for text in (*ASKED.values(), *WORKED.values())]
    assert list(faults(said)) == []


def test_the_checker_finds_what_is_not_plain() -> None:
    assert list(faults(["Wij betaalden € 1.234,56 aan het fonds. Dat is 1,8 procent."])) == []
    assert list(faults(["woord " * LONGEST + "."] + ["Kort."] * 9)) == []
    (long,) = faults(["woord " * (LONGEST + 1) + "."] + ["Kort."] * 9)
    assert long.startswith("19 words")
    (mean,) = faults(["woord " * 11 + "."])
    assert mean == "11.0 words a sentence, 10 at most"
    assert list(faults(["Derhalve betalen wij."])) == ["derhalve (daarom): Derhalve betalen wij."]
    assert list(faults(["Dat is in het kader van iets."])) == [
        "in het kader van (voor, bij): Dat is in het kader van iets."
    ]
    assert list(faults(["De conformiteit is er niet."])) == []  # a part of a word is another word
    assert list(unexplained(["Een experiment telt. Het fonds ook."], {"fonds": "Het fonds ook"})) == [
        "experiment: Een experiment telt."
    ]
    late = ["Experimenten tellen.", "Een experiment is een proef."]
    assert list(unexplained(late, {"experiment": "is een proef"})) == ["experiment: Experimenten tellen."]


def test_words_to_avoid_are_many_and_each_has_a_plainer_one_that_is_none_of_them() -> None:
    assert len(avoided()) >= 80
    assert all(better and not set(words_of(better)) & set(avoided()) for better in avoided().values())
    for word in ("middelen", "inzake", "conform", "derhalve", "beoogd"):
        assert word in avoided()
    assert sentences_of("Dat kost € 3.000,50. Kort.") == ["Dat kost € 3.000,50.", "Kort."]


def test_the_word_for_the_readers_follows_the_kind_of_partner(snapshot: Snapshot) -> None:
    for words, expected in (
        ("en", {"gm0344": "For the municipal council", "ws0636": "For the general board", "rg-u10": "general board"}),
        ("nl", {"gm0344": "Voor de gemeenteraad", "ws0636": "Voor het algemeen bestuur", "pv26": "Provinciale Staten"}),
    ):
        language.choose(words)
        for partner, reader in expected.items():
            assert reader in describe(council(snapshot, partner=partner))["reader"]


def test_what_did_not_work_is_said_and_what_people_wrote_is_quoted_to_the_letter(snapshot: Snapshot) -> None:
    found = council(snapshot, partner="ws0636")
    first, second = describe(found)["learned"]["lessons"]
    assert first["worked"] == "This did not work. We did learn a lot from it."
    assert first["quote"] == "Stuwen die van elkaar weten scheelden te weinig, omdat de sloten al vol stonden."
    assert first["users"] == "Nobody else uses this yet."
    assert second["users"] == "Houten, Nieuwegein and IJsselstein use this too."
    cut = {**found, "lessons": [{**found["lessons"][0], "whole": False}]}
    assert describe(cut)["learned"]["lessons"][0]["quote"].endswith("stonden. […]")


def test_where_there_is_nothing_it_says_so(snapshot: Snapshot) -> None:
    page = describe(council(snapshot, partner="gm0344", as_of=snapshot.first_day))
    said = " ".join(our_sentences(page))
    for sentence in (
        "We paid nothing yet.",
        "The fund has not started an experiment yet.",
        "No money came back yet. No money has to come back yet. Our goal is 80 cents of every euro.",
        "No experiment is finished yet.",
    ):
        assert sentence in said
    assert page["chart"]["title"] == "Our part of the money in the fund."


# -------------------------------------------------------------------------------------------------------------- one A4


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_it_is_one_tagged_page_with_its_figures_attached(snapshot: Snapshot, lang: str) -> None:
    language.choose(lang)
    found = council(snapshot, partner="ws0636")
    pdf = PAPERS[NAME](found)
    reader = PdfReader(io.BytesIO(pdf))
    assert len(reader.pages) == 1
    width, height = reader.pages[0].mediabox.width, reader.pages[0].mediabox.height
    assert (round(width), round(height)) == (595, 842)
    catalogue = reader.root_object
    assert (catalogue["/MarkInfo"]["/Marked"], catalogue["/Lang"]) == (True, lang)
    assert f"{LONG_NAME} in" in str(reader.metadata.title if reader.metadata else "")
    text = read(pdf)
    page = describe(found)
    for sentence in (*our_sentences(page), page["foot"], page["command"], page["learned"]["lessons"][0]["quote"]):
        assert " ".join(sentence.split()) in text.replace("“", '"').replace("”", '"')
    figures = reader.attachments["figures.csv"][0].decode("utf-8-sig")
    assert f"exit_value_cents,{found['exit_value_cents']}" in figures.splitlines()
    assert PAPERS[NAME](found) == pdf


def test_the_chart_is_described_for_who_does_not_see_it(snapshot: Snapshot) -> None:
    found = council(snapshot, partner="gm0344")
    described = describe(found)["chart"]["description"]
    for cents in found["part"].values():
        assert language.number(cents) in described
    tagged = PdfReader(io.BytesIO(council_pdf(found))).root_object["/StructTreeRoot"]
    assert described in list(alternatives(tagged))


def alternatives(element: Any) -> Iterator[str]:
    """Every text in the tree of a document that stands for what cannot be read."""
    element = element.get_object()
    if isinstance(element, list):
        for each in element:
            yield from alternatives(each)
    elif isinstance(element, dict):
        if "/Alt" in element:
            yield str(element["/Alt"])
        if "/K" in element:
            yield from alternatives(element["/K"])


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_the_fullest_page_is_one_page(snapshot: Snapshot, lang: str) -> None:
    language.choose(lang)
    found = full(council(snapshot, partner="ws0636"))
    assert len(PdfReader(io.BytesIO(council_pdf(found))).pages) == 1
    assert council_pictures(found, ppi=20).startswith(b"\x89PNG")


def test_what_is_too_long_is_refused_and_named(snapshot: Snapshot) -> None:
    found = council(snapshot, partner="gm0344")
    lessons = [{**found["lessons"][0]}, {**found["lessons"][1], "learned": "zonder punt " * 400}]
    with pytest.raises(CouncilPageTooLong) as caught:
        council_pdf({**found, "lessons": lessons})
    ref = lessons[1]["agreement"]
    assert str(caught.value) == (
        f'the page of gm0344 does not fit one A4: "What did we learn? {ref}" has 4800 characters, and room for 240'
    )
    assert caught.value.advice == "fund statement council gm0344"


def test_another_fault_of_the_page_is_not_called_a_long_text(snapshot: Snapshot) -> None:
    found = council(snapshot, partner="gm0344")
    with pytest.raises(ValueError, match="isoformat"):
        council_pdf({**found, "as_of": "someday"})


def test_what_people_wrote_is_never_read_as_code(snapshot: Snapshot) -> None:
    found = council(snapshot, partner="gm0344")
    lesson = {**found["lessons"][0], "title": EVIL, "learned": EVIL}
    text = read(council_pdf({**found, "lessons": [lesson], "name": EVIL}))
    assert text.count("#panic(1) *x* _y_ $ \\ <lab> @ref //") == 3


def test_as_a_sheet_it_holds_the_same_figures(snapshot: Snapshot) -> None:
    found = council(snapshot, partner="gm0344")
    page = PAGES[NAME](found)
    tables = {table.name: list(table.rows) for table in page.tables}
    assert [row["value"] for row in tables["facts"]] == [found["contributed_cents"], found["exit_value_cents"], 0]
    assert [row["part_cents"] for row in tables["in-and-out"]] == list(found["part"].values())[:-1]
    assert [len(tables[name]) for name in ("lessons", "days")] == [len(found[name]) for name in ("lessons", "dates")]
    assert re.fullmatch(r"fund statement council gm0344 --as-of \d{4}-\d\d-\d\d --known-at \d+", page.command)
    assert set(EXPLAINED) == {"fund", "experiment"}
