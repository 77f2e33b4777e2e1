"""The public site: strict pages for everybody, figures equal to the statements, nothing of people, whole or not."""

from __future__ import annotations

import csv
import json
import posixpath
import re
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, get_args

import pytest
import sqlalchemy as sa
from lxml import html

from fund import language
from fund.commands.opening import open_fund
from fund.commands.querying import ask_named
from fund.database import create_engine
from fund.errors.database import StorageFull
from fund.errors.usage import CouncilPageTooLong, NotOurSite
from fund.registry import PROJECTIONS
from fund.reports import charts
from fund.reports.burden import TARGETS
from fund.reports.charts import PALETTE
from fund.reports.exports.grants import KINDS
from fund.reports.site import blocks, publish, words
from fund.reports.site.figures import FIGURES
from fund.reports.site.pages import MONEY
from fund.reports.site.public_fund import GROUPS, PublicFund, group_of
from fund.reports.statements.council.composing import council
from fund.schemas.agreements import Agreement
from fund.schemas.capital import Partner
from fund.schemas.evaluations import Evaluation, EvaluationForm
from fund.schemas.proposals import Proposal
from fund.unit_of_work import Snapshot
from fund.words import choices
from fund.workflows.agreements.lifecycle import MilestoneState
from tests.factories import PARTNERS_CSV, founded
from tests.reports.test_charts import luminance
from tests.story import Told
from tests.workflows.agreeing import approved, office
from tests.workflows.looking_back import AGREEMENT, proposal, until_completed
from tests.workflows.looking_back import file as handed_in

CSP = "default-src 'none'; style-src 'self'; img-src 'self'"
LANGUAGES = {"nl": "", "en": "en/"}


@pytest.fixture(scope="module")
def told(story: Told, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the command answers about the site of the story, which lies in its folder."""
    folder = tmp_path_factory.mktemp("site") / "public"
    with open_fund(story.url) as fund:
        return ask_named(fund, "statement site", {"folder": str(folder), "papers": False}, user=None)


@pytest.fixture(scope="module")
def folder(told: dict[str, Any]) -> Path:
    return Path(told["folder"])


@pytest.fixture(scope="module")
def pages(folder: Path) -> dict[str, Any]:
    """Every page by its path, as a browser reads it."""
    return {path.relative_to(folder).as_posix(): html.fromstring(path.read_bytes()) for path in folder.rglob("*.html")}


@pytest.fixture(scope="module")
def fund(story: Told) -> Iterator[PublicFund]:
    """The fund of the story, to reckon figures again."""
    engine = create_engine(story.url)
    with Snapshot.open(engine, PROJECTIONS) as snapshot:
        yield PublicFund(snapshot, snapshot.today)
    engine.dispose()


def text(element: Any) -> str:
    return " ".join(element.text_content().split())


# ---------------------------------------------------------------------------------------------------------- every page


def test_every_page_is_complete_without_script_cookie_form_or_foreign_host(folder: Path, pages: dict[str, Any]) -> None:
    for name, page in pages.items():
        tags = {element.tag for element in page.iter() if isinstance(element.tag, str)}
        assert not tags & {"script", "form", "input", "iframe", "img", "object", "embed", "style", "base"}, name
        assert page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content") == [CSP]
        for element in page.iter():
            for key, value in element.attrib.items():
                assert key != "style", name
                assert not key.startswith("on"), name
                assert key == "xmlns" or not re.match(r"(?:[a-z]+:|//)", value) or key not in ("href", "src"), value
        assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", (folder / name).read_text(encoding="utf-8")), name
        assert (folder / name).stat().st_size < 60_000, name
    sheet = (folder / "stijl.css").read_text(encoding="utf-8")
    assert not re.search(r"url\(|@import|https?:", sheet)


def test_every_page_has_its_landmarks_one_heading_and_headings_in_order(pages: dict[str, Any]) -> None:
    for name, page in pages.items():
        assert page.get("lang") == ("en" if name.startswith("en/") else "nl"), name
        assert [len(page.findall(f".//{tag}")) for tag in ("header", "nav", "main", "footer", "h1", "head/title")] == [
            1
        ] * 6
        first = page.xpath("//body//a")[0]
        assert (first.get("class"), first.get("href")) == ("skip", "#inhoud")
        assert page.xpath("//main/@id") == ["inhoud"]
        levels = [int(each.tag[1]) for each in page.iter("h1", "h2", "h3", "h4")]
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels)), (name, levels)
        assert all(text(each) for each in page.iter("h1", "h2", "h3", "a", "th")), name
        ids = page.xpath("//@id")
        assert len(ids) == len(set(ids)), name
        here = [each.get("href") for each in page.xpath("//nav//a[@aria-current]")]
        assert len(here) <= 1, name
        assert here or name.endswith("toegankelijkheid.html"), name


def test_tables_have_captions_and_scopes_and_charts_have_names_and_tables(pages: dict[str, Any]) -> None:
    drawn = 0
    for name, page in pages.items():
        for table in page.iter("table"):
            assert text(table.find("caption")), name
            assert {each.get("scope") for each in table.iter("th")} <= {"col", "row"}
            wide = len(table.findall("thead/tr/th"))
            assert {len(list(row)) for row in table.iter("tr")} == {wide}, name
            frame = table.getparent()
            assert (frame.get("tabindex"), frame.get("aria-labelledby")) == ("0", table.find("caption").get("id"))
        for figure in page.iter("figure"):
            drawings = figure.findall(".//svg")
            assert [each.get("width") for each in drawings] == ["640", "340"], name
            for drawing in drawings:
                drawn += 1
                assert drawing.get("role") == "img"
                assert len(drawing.get("aria-label")) > 20
            assert figure.find("details//table") is not None, name
    assert drawn >= 20


def test_every_link_leads_somewhere_and_both_languages_mirror_each_other(folder: Path, pages: dict[str, Any]) -> None:
    dutch = {name for name in pages if not name.startswith("en/")}
    assert {f"en/{name}" for name in dutch} == {name for name in pages if name.startswith("en/")}
    reached = {"index.html"}
    for name, page in pages.items():
        for href in page.xpath("//@href"):
            path, _hash, part = href.partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            assert (folder / target).is_file(), (name, href)
            if part:
                assert pages[target].xpath("//*[@id=$part]", part=part), (name, href)
            reached.add(target)
        other = page.xpath("//link[@rel='alternate']/@href")[0]
        mirrored = posixpath.normpath(posixpath.join(posixpath.dirname(name), other))
        assert mirrored == (name.removeprefix("en/") if name.startswith("en/") else f"en/{name}")
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files - reached == {publish.MARKER}


def test_both_languages_say_the_same_figures(pages: dict[str, Any]) -> None:
    def amounts(page: Any) -> list[str]:
        found = re.findall(r"(?:EUR|€) (-?[\d.,]+)", text(page.find(".//main")))
        return [re.sub(r"[.,]", "", each) for each in found]

    for name in [name for name in pages if not name.startswith("en/")]:
        assert amounts(pages[name]) == amounts(pages[f"en/{name}"]), name


# --------------------------------------------------------------------------------------------------------- the figures


def cents(shown: str) -> int:
    return int(re.sub(r"[^\d-]", "", shown))


def test_the_figures_of_the_pages_are_those_of_the_position_to_the_cent(
    folder: Path, pages: dict[str, Any], fund: PublicFund
) -> None:
    position = dict(fund.position)
    # who of the partners pays late is for office and board
    assert {name for name in ("late_items", "collections") if position.pop(name)} == {"late_items", "collections"}
    assert json.loads((folder / "data" / "positie.json").read_text()) == {"schema_version": 1, **position}
    for below in LANGUAGES.values():
        facts = {text(row[0]): row[1] for row in pages[f"{below}index.html"].xpath("//dl[@class='big']/div")}
        assert [cents(each.text) for each in list(facts.values())[:2]] == [
            position["cash_cents"],
            position["free_to_commit_cents"],
        ]
        rows = pages[f"{below}geld.html"].xpath("//table[caption/@id='t-free']//tr[td]")
        shown = [cents(text(row[-1])) for row in rows]
        assert shown == [sign * position[key] for key, sign in MONEY]
        assert sum(shown[:-1]) == shown[-1]


def adds_up(fund: PublicFund) -> None:
    """What is said of experiments, partners and cash is what the position says, to the cent."""
    some, position = list(fund.experiments.values()), fund.position
    inputs = position["indicators"]["fund_revolving_degree"]["inputs"]
    assert sum(each.outstanding_cents for each in some) == position["outstanding_cents"]
    assert sum(each.paid_cents for each in some) == inputs["U_cents"] + inputs["S_cents"]
    assert sum(each.returned_cents for each in some) == inputs["A_cents"]
    assert sum(each.learning_writeoff_cents for each in some) == position["learning_writeoffs_cents"]
    assert sum(each.other_writeoff_cents for each in some) == position["other_writeoffs_cents"]
    members = fund.members.values()
    assert sum(each.called_cents for each in members) == position["capital_cents"]
    assert sum(each.paid_in_cents for each in members) == position["capital_cents"] - position["receivable_cents"]
    assert sum(each.received_cents for each in members) == inputs["U_cents"] + inputs["S_cents"]
    assert sum(sign * position[key] for key, sign in MONEY[:-1]) == position[MONEY[-1][0]]
    if fund.days:
        assert fund.balances[-1] == (fund.as_of, position["cash_cents"])
    moved = list(FIGURES["in-en-uit"].rows(fund))
    assert sum(row["amount_cents"] for row in moved[:-1]) == (moved[-1]["amount_cents"] if moved else 0)
    assert all(each.on <= fund.as_of for each in fund.news)
    assert {each.experiment for each in fund.lessons} <= set(fund.experiments)


def test_experiments_and_partners_add_up_to_the_fund(fund: PublicFund) -> None:
    adds_up(fund)


def test_random_funds_add_up_on_any_day_and_at_any_number(random_funds: list[str]) -> None:
    experiments = 0
    for number, url in enumerate(random_funds):
        dice = Random(number)
        with open_fund(url) as opened, Snapshot.open(opened.engine, PROJECTIONS) as snapshot:
            adds_up(PublicFund(snapshot, snapshot.today))
            day = snapshot.first_day + timedelta(days=dice.randrange((snapshot.today - snapshot.first_day).days + 1))
            adds_up(PublicFund(snapshot, day))
            some = PublicFund(snapshot, day, dice.randrange(snapshot.ledger.head().seq + 1))
            adds_up(some)
            experiments += len(some.experiments)
    assert experiments


def test_the_charts_have_the_figures_of_their_files(folder: Path, pages: dict[str, Any]) -> None:
    for page in ("index.html", "geld.html"):
        for figure in pages[page].iter("figure"):
            name = figure.xpath(".//details//a/@href")[0].split("/")[-1].removesuffix(".csv")
            rows = json.loads((folder / "data" / f"{name}.json").read_text(encoding="utf-8"))["lines"]
            table = figure.findall(".//tbody/tr")
            assert len(rows) == len(table), name
            if name in ("saldo", "in-en-uit"):
                key = "balance_cents" if name == "saldo" else "amount_cents"
                assert [row[key] for row in rows] == [cents(text(row[1])) for row in table]
    moved = json.loads((folder / "data" / "in-en-uit.json").read_text(encoding="utf-8"))["lines"]
    assert sum(row["amount_cents"] for row in moved[:-1]) == moved[-1]["amount_cents"]


def test_the_balance_goes_on_as_the_forecast_expects(fund: PublicFund, folder: Path, pages: dict[str, Any]) -> None:
    rows = json.loads((folder / "data" / "saldo.json").read_text(encoding="utf-8"))["lines"]
    expected = [row for row in rows if not row["known"]]
    assert fund.forecast is not None
    assert [row["balance_cents"] for row in expected] == [
        each["closing_cash_cents"] for each in fund.forecast["quarters"] if each["ends_on"] > fund.as_of.isoformat()
    ]
    assert all(row["low_cents"] <= row["balance_cents"] <= row["high_cents"] for row in expected)
    assert expected
    dashes = [each for each in pages["index.html"].findall(".//figure//path") if each.get("stroke-dasharray") == "6,4"]
    assert len(dashes) == 2  # one on each drawing of the balance
    told = text(pages["en/index.html"].xpath("//figure")[0])
    assert "Until quarter" in told
    for quarter, sentence in (("buffer_met_low_in", "If things go badly"), ("buffer_met_in", "We expect the money")):
        fund.__dict__["forecast"] = {**fund.forecast, quarter: "2028-Q4"}
        said, _columns, _rows = FIGURES["saldo"].content(fund)
        assert said["title"].startswith(sentence)
        assert said["title"].endswith("quarter 4 of 2028")
    del fund.__dict__["forecast"]


def test_the_register_and_the_package_of_grants_are_those_of_the_exports(
    folder: Path, fund: PublicFund, story: Told
) -> None:
    with open_fund(story.url) as opened:
        kept = ask_named(opened, "export register", {}, user=None)
        package = ask_named(opened, "export 360giving", {}, user=None)["package"]
    assert json.loads((folder / "data" / "register.json").read_text(encoding="utf-8")) == kept
    made = json.loads((folder / "data" / "360giving.json").read_text(encoding="utf-8"))
    assert [each["id"] for each in made["grants"]] == [each["id"] for each in package["grants"]]
    page = html.fromstring((folder / "geld.html").read_bytes())
    assert len(page.xpath("//table[caption/@id='t-grants']/tbody/tr")) == len(fund.register["rows"])


def test_each_partner_has_the_page_for_its_council(fund: PublicFund, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = PublicFund(fund.snapshot, fund.as_of)
    alone.__dict__["members"] = {id: fund.members[id] for id in ("gm0308", "gm0352")}
    steps: list[tuple[int, int]] = []
    made, too_long = publish.files_of(alone, papers=True, watch=lambda done, total: steps.append((done, total)))
    assert made["partners/gm0308/raad.pdf"].startswith(b"%PDF")
    assert too_long == []
    assert 'href="../partners/gm0308/raad.pdf"' in made["partners/gm0308.html"].decode()
    assert 'href="../../partners/gm0308/raad.pdf"' in made["en/partners/gm0308.html"].decode()
    assert steps[-1] == (len(steps), len(steps))

    def refused(found: Any) -> bytes:
        raise CouncilPageTooLong(partner=found["id"], paragraph="-", characters=2, room=1)

    monkeypatch.setattr(publish, "council_pdf", refused)
    made, too_long = publish.files_of(alone, papers=True)
    assert too_long == ["gm0308", "gm0352"]
    assert b"raad.pdf" not in made["partners/gm0308.html"]
    assert language.language() == "en"


def test_an_idea_that_was_not_right_stands_first_among_the_lessons(pages: dict[str, Any]) -> None:
    page = pages["geleerd.html"]
    assert page.xpath("//h2/@id") == ["learned", "worked"]
    assert text(page.xpath("//h3")[0]) == "Meet eerst hoe vol de sloten staan"
    told = text(pages["experimenten/A2024-002.html"].find(".//main"))
    assert "Stuwen die van elkaar weten scheelden te weinig" in told
    assert pages["en/experimenten/A2024-002.html"].xpath("//h1/span/@lang") == ["nl"]


def test_every_column_of_the_data_is_explained(pages: dict[str, Any], folder: Path) -> None:
    explained = {text(row[0]): text(row[1]) for row in pages["data.html"].xpath("//table//tbody/tr")}
    for path in folder.glob("data/*.csv"):
        first = path.read_text(encoding="utf-8-sig").splitlines()[:1]
        columns = first[0].split(",") if first and path.stem != "positie" else []
        assert all(explained.get(column) for column in columns), (path.name, columns)


# --------------------------------------------------------------------------------------------------- nothing of people


def test_nothing_of_people_and_nothing_unpublished_is_on_the_site(folder: Path, story: Told) -> None:
    engine = create_engine(story.url)
    with Snapshot.open(engine, PROJECTIONS) as snapshot:
        with engine.connect() as rows:
            names = {row[0] for row in rows.execute(sa.text("select name from person"))}
        hidden = set()
        for row in snapshot.store.cases.find("proposal"):
            case = json.loads(row.document)
            if case["state"] in ("rejected", "withdrawn", "ineligible"):
                hidden |= {case["title"], case["form"]["hypothesis"]}
            hidden |= {case["form"]["sensitivity"], *(each["risk"] for each in case["form"]["risks"])}
            hidden |= set(case["form"]["reflection"].values())
        for row in snapshot.store.cases.find("evaluation"):
            case = json.loads(row.document)
            hidden |= {case["learned"]} if case["state"] != "published" else set()
    engine.dispose()
    wholes = {path: path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}
    assert len(names) > 20
    for path, whole in wholes.items():
        assert not [each for each in hidden if len(each) > 8 and each in whole], path.name
        assert not [each for each in names if re.search(rf"\b{re.escape(each)}\b", whole)], path.name
        others = whole.replace("fonds@voorbeeld.example", "")  # the office's own, in the regulations
        assert not re.search(r"\bNL\d\d[A-Z]{4}\d{10}\b|@[a-z]+\.[a-z]+|usr_", others), path.name
    assert {"anna", "petra", "bram"} <= names


def test_what_came_of_an_experiment_is_read_from_its_publication_on(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "LANGUAGES", ("nl",))
    monkeypatch.setattr(charts, "svg", lambda *_args, **_more: "<svg></svg>")
    canaries = {"canary in what was learned", "canary of a lesson", "canary in its text", "canary of a reviewer"}
    written = (
        'hypothesis = "refuted"\nverdict = "stop"\nlearned = "canary in what was learned"\n'
        '[[lessons]]\ntitle = "canary of a lesson"\ntext = "canary in its text"\nthemes = ["T05"]\n'
    )

    def found() -> tuple[str, set[str]]:
        with world.snapshot() as snapshot:
            fund = PublicFund(snapshot, snapshot.today)
            made, _left_out = publish.files_of(fund)
        whole = b"".join(made.values()).decode()
        return fund.experiments[AGREEMENT].group, {each for each in canaries if each in whole}

    with founded(sqlite_url) as world:
        until_completed(world)
        proposal(world)
        assert found() == ("evaluating", set())
        world.do("evaluation submit", user="fatima", ref=AGREEMENT, file=handed_in(written))
        assert found() == ("evaluating", set())
        for judge in ("rosa", "ruud"):
            remark = {"remarks": "canary of a reviewer"}
            world.do("evaluation peer-review", user=judge, ref=AGREEMENT, learning=3, **remark)
        assert found() == ("evaluating", set())
        world.do("evaluation accept", user="carla", ref=AGREEMENT)
        world.drain()
        assert found() == ("learned", canaries - {"canary of a reviewer"})
        with world.snapshot() as snapshot:
            agreement, evaluation = snapshot.case(Agreement, AGREEMENT), snapshot.case(Evaluation, AGREEMENT)
    waived = evaluation.model_copy(update={"state": "waived"})
    told = [group_of(agreement.model_copy(update={"state": state}), waived) for state in ("terminated", "active")]
    assert told == ["stopped", "running"]
    not_learned = evaluation.model_copy(update={"good_result": False})
    assert group_of(agreement, not_learned) == "refuted"


def test_an_award_that_was_taken_back_before_the_work_began_is_on_no_page(sqlite_url: str) -> None:
    def told() -> dict[str, str]:
        with world.snapshot() as snapshot:
            return {each.ref: each.group for each in PublicFund(snapshot, snapshot.today).experiments.values()}

    with founded(sqlite_url) as world:
        office(world)
        ref = approved(world)
        with world.uow("anna") as uow:
            case = uow.case(Proposal, ref)
            uow.store.cases.put([(case.replace(submitted_at=case.drafted_at), uow.version(case))])
        assert told() == {ref: "awarded"}
        world.do("agreement draft", user="anna", ref=ref)
        assert told() == {f"A{ref}": "awarded"}
        world.do("proposal withdraw", user="fatima", ref=ref, reason="geen mensen")
        assert told() == {}


# ------------------------------------------------------------------------------------------------------------- colours


def test_every_colour_is_readable_in_light_and_in_dark(folder: Path) -> None:
    sheet = (folder / "stijl.css").read_text(encoding="utf-8")
    light, dark = (part.partition("}")[0] for part in sheet.split(":root {")[1:3])
    themes = [dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", part)) for part in (light, dark)]
    for theme in themes:
        assert set(theme) == {"paper", "panel", "ink", "quiet", "faint", "link", "focus", *{*PALETTE} - {"ink"}}
        for name in set(theme) - {"paper", "panel", "faint"}:
            for ground in ("paper", "panel"):
                lighter, darker = sorted((luminance(theme[name]), luminance(theme[ground])), reverse=True)
                assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (name, ground)


# ------------------------------------------------------------------------------------------------ same, whole, refused


def test_the_same_head_and_day_give_the_same_bytes(
    story: Told, folder: Path, told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "LANGUAGES", ("nl",))
    engine = create_engine(story.url)
    with Snapshot.open(engine, PROJECTIONS) as snapshot:
        again = publish.files_of(PublicFund(snapshot, date.fromisoformat(told["as_of"]), told["known_at"]))[0]
    engine.dispose()
    sheet = again.pop("stijl.css")
    assert {name: (folder / name).read_bytes() for name in again} == again
    assert told["files"] == len(again) + 1 + sum(name.endswith(".html") for name in again)
    assert (folder / "stijl.css").read_bytes().startswith(sheet.partition(b"@page")[0])


def test_a_site_takes_the_place_of_the_one_before_as_a_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "site"
    publish.put_in_place(target, {publish.MARKER: b"{}", "old.html": b"old"})
    publish.put_in_place(target, {publish.MARKER: b"{}", "a/new.html": b"new"})
    assert sorted(path.name for path in target.rglob("*") if path.is_file()) == [publish.MARKER, "new.html"]

    moves: list[Path] = []
    real = publish.os.replace

    def second_breaks(source: Path, place: Path) -> None:
        moves.append(Path(source))
        if len(moves) == 2:
            raise OSError(28, "No space left on device")
        real(source, place)

    monkeypatch.setattr(publish.os, "replace", second_breaks)
    with pytest.raises(StorageFull):
        publish.put_in_place(target, {publish.MARKER: b"{}", "third.html": b"third"})
    assert (target / "a" / "new.html").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_an_empty_folder_is_filled_also_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new").mkdir()
    for named in ("new", "new/", "./other"):
        publish.put_in_place(Path(named), {publish.MARKER: b"{}", "index.html": b"x"})
        assert (tmp_path / named / "index.html").is_file()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["new", "other"]


def test_a_folder_with_something_else_is_left_alone(story: Told, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", encoding="utf-8")
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with open_fund(story.url) as fund:
        for place in ("mine", "file"):
            with pytest.raises(NotOurSite) as refused:
                ask_named(fund, "statement site", {"folder": str(tmp_path / place)}, user=None)
            assert refused.value.advice == "name a new folder"
    assert (tmp_path / "mine" / "letter.txt").read_text(encoding="utf-8") == "dear"


# ------------------------------------------------------------------------------------------------------- small and odd


def test_an_empty_fund_and_a_fund_with_one_entry_have_a_site(module_sqlite_url: str) -> None:
    with founded(module_sqlite_url) as world:
        with world.snapshot() as snapshot:
            empty = publish.files_of(PublicFund(snapshot, snapshot.today))[0]
        world.partners()
        world.both("capital call", user="anna", second="bram", amount=100, partner="gm0308")
        with world.snapshot() as snapshot:
            one = publish.files_of(PublicFund(snapshot, snapshot.today))[0]
            renamed(snapshot)
            evil = publish.files_of(PublicFund(snapshot, snapshot.today))[0]
    assert b"experimenten" in empty["index.html"]
    assert b"<figure>" not in empty["index.html"]
    page = html.fromstring(one["partners/gm0308.html"])
    assert "€ 1,00" in text(page)
    assert b"balance_cents" in one["data/saldo.csv"]
    page = html.fromstring(evil["partners/gm0308.html"].decode())
    assert text(page.find(".//h1")) == EVIL.replace("\u202e", "\ufffd")
    assert not page.xpath("//script")
    assert "\u202e" not in evil["partners/gm0308.html"].decode()


EVIL = "<script>alert(1)</script> & \"q\" 'a' ]]> \u202eright"


def renamed(snapshot: Snapshot) -> None:
    """One partner has a name that is markup, as far as this view is asked."""
    case = snapshot.case(Partner, "gm0308")
    stream = f"partner/{case.ref}"
    snapshot._cases[stream] = (case.model_copy(update={"name": EVIL, "short_name": EVIL}), snapshot._cases[stream][1])


def test_a_site_of_an_earlier_day_shows_what_was_then(story: Told) -> None:
    engine = create_engine(story.url)
    with Snapshot.open(engine, PROJECTIONS) as snapshot:
        then = PublicFund(snapshot, date(2024, 12, 31))
        assert {each.group for each in then.experiments.values()} <= {"awarded", "running", "evaluating", "confirmed"}
        assert all(each.ref.startswith("A2024") for each in then.experiments.values())
        assert all(each.published_on <= then.as_of for each in then.lessons)
        assert max(each.on for each in then.news) <= then.as_of
        known = PublicFund(snapshot, snapshot.today, 40)
        assert known.head["seq"] == 40
        assert len(known.experiments) < 5
        assert known.position["cash_cents"] == known.balances[-1][1]
    engine.dispose()


def test_shares_are_written_in_the_language_in_use() -> None:
    assert [blocks.percent(each) for each in ("4/5", "1/3", "0/1", None)] == ["80.0 %", "33.3 %", "0.0 %", "no value"]
    language.choose("nl")
    assert [blocks.percent(each) for each in ("4/5", "-1/8")] == ["80,0 %", "-12,5 %"]


def test_every_code_that_a_page_may_show_has_a_word() -> None:
    assert set(words.MILESTONES) == set(MilestoneState)
    assert set(words.DECISIONS) == set(KINDS)
    assert set(TARGETS) <= set(choices())
    assert set(words.GROUPS) == set(words.MEANING) == set(GROUPS)
    assert set(words.HYPOTHESES) == set(GROUPS) - {"awarded", "running", "evaluating", "stopped"}
    with PARTNERS_CSV.open(encoding="utf-8") as file:
        assert set(words.SORTS) == {row["kind_en"] for row in csv.DictReader(file)}
    verdicts = EvaluationForm.model_fields["verdict"].annotation
    assert set(words.VERDICTS) == set(get_args(verdicts))


def test_the_papers_of_councils_say_nothing_of_what_is_late_and_the_fund_can_be_reached(
    fund: PublicFund, folder: Path
) -> None:
    own = {each["id"]: each for each in council(fund.snapshot, as_of=fund.as_of)["councils"]}
    late = [ref for ref, each in own.items() if any(day["late"] for day in each["dates"])]
    assert late
    for ref, each in fund.councils.items():
        assert not any(day["late"] for day in each["dates"])
        assert [day for day in own[ref]["dates"] if not day["late"] and day["kind"] != "decision"] == each["dates"]
    about = (folder / "over.html").read_text(encoding="utf-8")
    assert "030 000 00 00" in about
    assert "fonds@voorbeeld.example" in about
