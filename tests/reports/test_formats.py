"""Every statement in every format: the same figures on a screen, in JSON, CSV, XLSX and PDF, whatever stands in texts.

What is registered in ``PAGES`` goes through all of it; a statement that joins them says in ``ASKED`` how it is asked.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader

from cli.output import show_page
from fund import language
from fund.commands.opening import open_fund
from fund.commands.querying import ask_named
from fund.errors.usage import ReportsMissing, TooLongForPaper, TooLongForSheet
from fund.language import euros, number
from fund.registry import PROJECTIONS
from fund.reports.layout import Column, Page, Table, fact_table, percent_text, safe
from fund.reports.statements import printed, sheets
from fund.reports.statements.cards import card
from fund.reports.statements.formats import STATEMENT_FORMATS
from fund.reports.statements.pages import PAGES, PAPERS
from fund.unit_of_work import Snapshot
from tests.factories import World, as_file, founded
from tests.reports import odd_fund
from tests.story import Told

ASKED: dict[str, dict[str, Any]] = {
    "ledger card": {"account": "1200", "since": date(2025, 1, 1)},
    "ledger trial-balance": {"since": date(2025, 1, 1)},
    "proposal show": {"ref": "2024-001"},
    "statement agreement": {"ref": "A2024-002"},
    "statement annual": {"year": 2025},
    "statement council": {"partner": "ws0636"},
    "statement partner": {"partner": "gm0344"},
    "statement position": {},
    "statement treasury": {"year": 2025},
}
NAMES = sorted(PAGES)
LIKE_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def test_every_statement_says_here_how_it_is_asked() -> None:
    assert sorted(ASKED) == NAMES
    assert set(PAPERS) <= set(PAGES)


# ------------------------------------------------------------------------------------------------- the same everywhere


class Drawn:
    """A statement of the story in every format, made once."""

    def __init__(self, url: str, name: str) -> None:
        with open_fund(url) as fund:
            self.found = ask_named(fund, name, ASKED[name], user=None)
        self.name = name
        self.xlsx = STATEMENT_FORMATS["xlsx"](self.page)
        self.pdf = STATEMENT_FORMATS["pdf"](self.page)

    @property
    def page(self) -> Page:
        """The page, anew: what is a stream is read only once."""
        return PAGES[self.name](self.found)

    @property
    def cells(self) -> Iterator[tuple[Table, Column, Mapping[str, Any], str]]:
        """Every cell, totals too, with its role."""
        for table in self.page.tables:
            rows = list(table.rows)
            for row in (*rows, *([table.total] if table.total is not None and rows else [])):
                for column in table.columns:
                    if row.get(column.key) is not None:
                        yield table, column, row, column.role_in(row)

    def amounts(self) -> list[int]:
        """Every amount of the page in cents, in the order in which it is read."""
        return [row[column.key] for _table, column, row, role in self.cells if role == "amount"]


@pytest.fixture(scope="module")
def drawn(story: Told) -> dict[str, Drawn]:
    language.choose("en")
    return {name: Drawn(story.url, name) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_workbook_holds_the_amounts_of_the_page_as_numbers(drawn: dict[str, Drawn], name: str) -> None:
    told = drawn[name]
    book = openpyxl.load_workbook(io.BytesIO(told.xlsx))
    assert len(book.sheetnames) == len(told.page.tables) + 1
    for sheet, table in zip(book.worksheets[1:], told.page.tables, strict=True):
        rows = list(table.rows)
        shown = [*rows, *([table.total] if table.total is not None else [])]
        for at, row in enumerate(shown, start=2 if rows else 3):
            for place, column in enumerate(table.columns, start=1):
                found, value, role = sheet.cell(at, place), row.get(column.key), column.role_in(row)
                if value is None or value == "":
                    assert found.value is None
                elif role == "amount":
                    assert (found.data_type, round(found.value * 100)) == ("n", value)
                    assert "0.00" in found.number_format
                elif role == "count":
                    assert (found.data_type, found.value) == ("n", value)
                elif role == "percent":
                    assert found.data_type == "n"
                    assert found.number_format.endswith("%")
                    assert abs(found.value - float(Fraction(str(value)))) < 1e-12
                elif role == "date":
                    assert (found.is_date, found.value) == (True, datetime.fromisoformat(str(value)[:10]))
                else:
                    assert (found.data_type, found.value) == ("s", column.text(row))


@pytest.mark.parametrize("name", NAMES)
def test_no_cell_of_a_workbook_is_a_formula_and_headers_stay_in_sight(drawn: dict[str, Drawn], name: str) -> None:
    told = drawn[name]
    with zipfile.ZipFile(io.BytesIO(told.xlsx)) as parts:
        for part in parts.namelist():
            if part.startswith("xl/worksheets/"):
                text = parts.read(part).decode()
                assert not re.search(r"<f[ >]|<hyperlink", text)
                assert 'topLeftCell="A2"' in text
                assert 'paperSize="9"' in text
                assert 'fitToHeight="0"' in text
    book = openpyxl.load_workbook(io.BytesIO(told.xlsx))
    assert all(len(sheet) <= 31 and not re.search(r"[\[\]:*?/\\]", sheet) for sheet in book.sheetnames)
    assert len({sheet.lower() for sheet in book.sheetnames}) == len(book.sheetnames)
    about = {row[0].value: row[1].value for row in book.worksheets[0].iter_rows() if row[0].value}
    assert (about["Statement"], about["Command"]) == (told.page.title, told.page.command)
    head = told.page.head
    assert (about.get("Last entry"), about.get("Fingerprint")) == (head.get("seq"), head.get("hash"))
    assert about["As of"].date() == told.page.as_of == book.properties.created.date()


@pytest.mark.parametrize("name", NAMES)
def test_a_screen_and_paper_show_every_amount_of_the_page(
    drawn: dict[str, Drawn], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = drawn[name]
    show_page(told.page)
    screen = capsys.readouterr().out
    paper = "".join(page.extract_text() for page in PdfReader(io.BytesIO(told.pdf)).pages)
    whole = re.sub(r"\s+", "", paper)
    for cents in told.amounts():
        assert number(cents) in screen
        assert number(cents) in whole
    assert told.page.title in screen
    assert re.sub(r"\s+", "", told.page.title) in whole


@pytest.mark.parametrize("name", NAMES)
def test_amounts_of_the_page_are_those_of_the_json(drawn: dict[str, Drawn], name: str) -> None:
    told = drawn[name]
    known = {abs(value) for key, value in flat("", told.found) if key.endswith("_cents") and isinstance(value, int)}
    for table in told.page.tables:
        for row in table.rows:
            for column in table.columns:
                if column.role_in(row) == "amount" and column.key in DIRECT and row.get(column.key):
                    assert abs(row[column.key]) in known, (table.name, column.key)


DIRECT = ("called_cents", "received_cents", "balance_cents", "closing_cents", "outstanding_cents", "average_cents")
"""Columns that stand in the JSON under the same key; what is added up for people alone has keys of its own."""


def flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Every value of a JSON object with its name, nested names with points."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from flat(f"{name}.{key}" if name else key, part)
    elif isinstance(value, list):
        for at, part in enumerate(value, start=1):
            yield from flat(f"{name}.{at}", part)
    else:
        yield name, value


@pytest.mark.parametrize("name", NAMES)
def test_csv_says_what_json_says(drawn: dict[str, Drawn], name: str) -> None:
    found = drawn[name].found
    rows = list(csv.reader(io.StringIO(STATEMENT_FORMATS["csv"](found).decode("utf-8-sig"), newline="")))
    listed = next((found[key] for key in ("accounts", "lines") if key in found), None)
    if listed is None:
        assert dict(rows[1:]) == {key: as_cell(value) for key, value in flat("", found)}
    else:
        assert [dict(zip(rows[0], row, strict=True)) for row in rows[1:]] == [
            {key: as_cell(value) for key, value in row.items()} for row in listed
        ]
    assert json.loads(STATEMENT_FORMATS["json"](found)) == {"schema_version": 1, **found}


def as_cell(value: Any) -> str:
    """A value as the CSV writes it."""
    return "" if value is None else str(safe(value))


# ------------------------------------------------------------------------------------------------------------- on paper


@pytest.mark.parametrize("name", NAMES)
def test_paper_is_for_archives_and_for_screen_readers(drawn: dict[str, Drawn], name: str) -> None:
    told = drawn[name]
    for content in (told.pdf, *([PAPERS[name](told.found)] if name in PAPERS else [])):
        reader = PdfReader(io.BytesIO(content))
        root = reader.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"]
        assert "/StructTreeRoot" in root
        assert root["/Lang"] == "en"
        about = root["/Metadata"].get_object().get_data().decode()
        assert re.search(r"pdfaid:part>3<", about)
        assert re.search(r"pdfaid:conformance>A<", about)
        assert re.search(r"pdfuaid:part>1<", about)
        fonts = {
            str(font["/BaseFont"]): font for page in reader.pages for font in embedded(page["/Resources"]["/Font"])
        }
        assert fonts
        assert all("SourceSans" in font for font in fonts)
        assert reader.attachments


def embedded(fonts: Any) -> Iterator[Any]:
    """Fonts of a page; each one carries its own shapes."""
    for font in fonts.values():
        inner = font.get_object()["/DescendantFonts"][0].get_object()
        assert any(key.startswith("/FontFile") for key in inner["/FontDescriptor"].get_object())
        yield font.get_object()


@pytest.mark.parametrize("name", NAMES)
def test_figures_lie_with_the_paper_as_csv(drawn: dict[str, Drawn], name: str) -> None:
    told = drawn[name]
    attached = PdfReader(io.BytesIO(told.pdf)).attachments
    assert sorted(attached) == sorted(f"{table.name}.csv" for table in told.page.tables)
    for table in told.page.tables:
        rows = list(csv.DictReader(io.StringIO(attached[f"{table.name}.csv"][0].decode("utf-8-sig"), newline="")))
        for row, line in zip(table.rows, rows, strict=True):
            for column in table.columns:
                if column.role_in(row) == "amount" and row.get(column.key) is not None:
                    assert line[column.key.removesuffix("_cents")] == f"{row[column.key] / 100:.2f}"


@pytest.mark.parametrize("name", NAMES)
def test_the_same_statement_is_the_same_bytes(drawn: dict[str, Drawn], name: str, story: Told) -> None:
    again = Drawn(story.url, name)
    assert (again.xlsx, again.pdf) == (drawn[name].xlsx, drawn[name].pdf)
    assert STATEMENT_FORMATS["json"](again.found) == STATEMENT_FORMATS["json"](drawn[name].found)


@pytest.mark.parametrize("name", NAMES)
def test_a_screen_of_eighty_columns_is_wide_enough(drawn: dict[str, Drawn], name: str, monkeypatch: Any) -> None:
    import sys

    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Screen()
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stdout", screen)
    show_page(drawn[name].page)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue())
    assert max(map(len, plain.splitlines())) <= 80


# --------------------------------------------------------------------------------------------- the same for ever


def test_a_day_is_told_in_the_same_bytes_whatever_is_booked_later(story_home: Path) -> None:
    day = date(2026, 10, 30)
    with open_fund(f"sqlite:///{story_home / 'fund.db'}") as fund:
        world = World(fund)
        seq = world.ask("ledger trial-balance")["head"]["seq"]
        timeless = {"proposal show"}  # it rests on facts alone, and on no entry
        pinned = {name: given | ({} if name in timeless else {"known_at": seq}) for name, given in ASKED.items()}
        pinned |= {name: given | {"as_of": day} for name, given in pinned.items() if name not in ("statement annual",)}

        def told() -> dict[str, tuple[bytes, bytes]]:
            return {
                name: (STATEMENT_FORMATS["json"](found), STATEMENT_FORMATS["csv"](found))
                for name, given in pinned.items()
                for found in (world.ask(name, **given),)
            }

        before = told()
        loose = world.ask("statement partner", partner="gm0344", as_of=day)
        world.both(
            "capital call",
            user="anna",
            second="bram",
            partner="gm0344",
            amount=123_45,
            due_days=(date(2027, 3, 1),),
            on=day,
        )
        assert world.ask("statement partner", partner="gm0344", as_of=day)["called_cents"] == (
            loose["called_cents"] + 123_45
        )
        assert told() == before


# ------------------------------------------------------------------------------------------------------- odd texts


@pytest.fixture(scope="module")
def odd(module_sqlite_url: str) -> str:
    odd_fund.make(module_sqlite_url)
    return module_sqlite_url


def test_a_text_like_a_formula_is_a_text_in_a_spreadsheet_and_the_same_text_again(odd: str) -> None:
    with open_fund(odd) as fund:
        found = ask_named(fund, "ledger card", {"account": "2000"}, user=None)
    memos = [line["memo"] for line in found["lines"]]
    assert {memo for memo in odd_fund.MEMOS if memo.startswith(LIKE_A_FORMULA)} <= set(memos)
    content = STATEMENT_FORMATS["csv"](found).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content, newline="")))
    assert not any(row["memo"].startswith(LIKE_A_FORMULA) for row in rows)
    assert [row["memo"][1:] if row["memo"][:1] == "'" else row["memo"] for row in rows] == memos
    assert [row["amount_cents"] for row in rows] == [str(line["amount_cents"]) for line in found["lines"]]
    sheet = openpyxl.load_workbook(io.BytesIO(STATEMENT_FORMATS["xlsx"](PAGES["ledger card"](found)))).worksheets[1]
    assert STATEMENT_FORMATS["pdf"](PAGES["ledger card"](found)).startswith(b"%PDF")
    cells = [sheet.cell(at, 3) for at in range(2, 2 + len(memos))]
    assert {cell.data_type for cell in cells} == {"s"}
    plain = re.compile(r"[^ -~]")
    assert [plain.sub("", openpyxl.utils.escape.unescape(cell.value)) for cell in cells] == [
        plain.sub("", memo) for memo in memos
    ]


def test_thirty_four_names_with_commas_and_apostrophes_come_through_every_format(odd: str) -> None:
    with open_fund(odd) as fund:
        partners = ask_named(fund, "partner list", {}, user=None)["partners"]
        found = [ask_named(fund, "statement partner", {"partner": row["id"]}, user=None) for row in partners]
    assert len(found) == 34
    for each in found:
        assert each["name"].startswith("O'Neill, <De Stichtse> & ")
        rows = dict(csv.reader(io.StringIO(STATEMENT_FORMATS["csv"](each).decode("utf-8-sig"))))
        assert rows["name"] == each["name"]
    assert (
        sum(each["called_cents"] for each in found) == sum(each["receivable_cents"] for each in found) == 1_000_000_01
    )
    one = max(found, key=lambda each: len(each["name"]))
    page = PAGES["statement partner"](one)
    about = openpyxl.load_workbook(io.BytesIO(STATEMENT_FORMATS["xlsx"](page))).worksheets[0]
    assert about["B2"].value == page.title
    assert one["name"] in page.title
    paper = "".join(each.extract_text() for each in PdfReader(io.BytesIO(STATEMENT_FORMATS["pdf"](page))).pages)
    assert re.sub(r"\s+", "", one["name"]) in re.sub(r"\s+", "", paper)


def test_an_empty_fund_and_a_fund_with_one_entry_have_every_format(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        every_format(world, "ledger trial-balance")
        every_format(world, "statement treasury")
        every_format(world, "ledger card", account="1000")
        world.do("partner import", user="anna", file=as_file(odd_fund.partners()))
        every_format(world, "statement partner", partner="gm0344")
        assert world.ask("statement partner", partner="gm0344")["share"] is None
        world.both("capital call", user="anna", second="bram", partner="gm0344", amount=1, due_days=(date(2027, 3, 1),))
        found = every_format(world, "ledger card", account="1100")
        assert [line["balance_cents"] for line in found["lines"]] == [1]
        assert every_format(world, "statement partner", partner="gm0344")["share"] == "1/1"
        assert every_format(world, "ledger trial-balance")["total_debit_cents"] == 1


def every_format(world: World, name: str, **given: Any) -> dict[str, Any]:
    """Make each format of a statement; what was found."""
    found = world.ask(name, **given)
    for form in ("json", "csv"):
        assert STATEMENT_FORMATS[form](found)
    for form, mark in (("xlsx", b"PK"), ("pdf", b"%PDF")):
        assert STATEMENT_FORMATS[form](PAGES[name](found)).startswith(mark)
    return found


# ----------------------------------------------------------------------------------------------------- what is drawn

LONGEST = "Hoogheemraadschap De Stichtse Rijnlanden"


def page_of(*tables: Table, title: str = "Alles") -> Page:
    return Page(name="all", title=title, as_of=date(2027, 12, 31), head={"seq": 3, "hash": "ab" * 32}, tables=tables)


def test_nine_digits_before_the_comma_and_more_stand_to_the_cent() -> None:
    cents = [999_999_999_99, -999_999_999_99, 1, 0, 10**15 - 1, 10**15]
    rows = [{"name": LONGEST, "amount_cents": each} for each in cents]
    table = Table("sums", "Bedragen", [Column("name", "Name"), Column("amount_cents", "Amount", "amount")], rows)
    sheet = openpyxl.load_workbook(io.BytesIO(STATEMENT_FORMATS["xlsx"](page_of(table)))).worksheets[1]
    found = [sheet.cell(at, 2).value for at in range(2, 8)]
    assert [round(value * 100) for value in found[:-1]] == cents[:-1]
    assert found[-1] == number(10**15)  # a spreadsheet would round it: it is a text
    paper = PdfReader(io.BytesIO(STATEMENT_FORMATS["pdf"](page_of(table)))).pages[0].extract_text()
    assert all(number(each) in paper for each in cents)


def test_sheets_of_one_name_have_names_of_their_own() -> None:
    names = ("a" * 40, "a" * 40, "A" * 31, "History", "[x]:*?/\\", "''", "About")
    tables = [Table("t", "T", [Column("x", "X")], [], sheet=name) for name in names]
    book = openpyxl.load_workbook(io.BytesIO(STATEMENT_FORMATS["xlsx"](page_of(*tables))))
    assert len({name.lower() for name in book.sheetnames}) == len(names) + 1
    assert "history" not in {name.lower() for name in book.sheetnames}


def test_a_table_that_is_too_wide_lies_on_its_side() -> None:
    narrow = [Column("a", "A", "amount")]
    wide = [Column(f"a{at}", "Amount", "amount") for at in range(9)]
    row = {column.key: 999_999_999_99 for column in (*narrow, *wide)}
    boxes = [
        PdfReader(io.BytesIO(STATEMENT_FORMATS["pdf"](page_of(Table("t", "T", columns, [row]))))).pages[0].mediabox
        for columns in (narrow, wide)
    ]
    assert [box.width < box.height for box in boxes] == [True, False]


def test_a_long_table_repeats_its_header_on_every_sheet_of_paper() -> None:
    rows = [{"name": f"rij {at}", "amount_cents": at} for at in range(150)]
    table = Table("t", "T", [Column("name", "Kolomkop"), Column("amount_cents", "Bedrag", "amount")], rows)
    pages = PdfReader(io.BytesIO(STATEMENT_FORMATS["pdf"](page_of(table)))).pages
    assert len(pages) > 1
    for at, each in enumerate(pages, start=1):
        text = each.extract_text()
        assert "Kolomkop" in text
        assert "Bedrag €" in text
        assert f"page {at} of {len(pages)}" in text
        assert "31 December 2027, until entry 3" in text


def test_what_is_too_long_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "ROWS", 8)
    monkeypatch.setattr(printed, "ROWS", 8)
    table = Table("t", "Negen rijen", [Column("x", "X")], [{"x": str(at)} for at in range(9)])
    with pytest.raises(TooLongForSheet, match="Negen rijen: more than 8 rows do not fit on a sheet"):
        STATEMENT_FORMATS["xlsx"](page_of(table))
    with pytest.raises(TooLongForPaper, match="Negen rijen: more than 8 rows do not go on paper"):
        STATEMENT_FORMATS["pdf"](page_of(table))


def test_facts_bring_their_own_roles_and_percentages_round_half_up() -> None:
    table = fact_table("f", "F", [("a", 123_45, "amount"), ("b", "1/3", "percent"), ("c", None), ("d", "x")])
    assert [[column.text(row) for column in table.columns] for row in table.rows] == [
        ["a", "EUR 123.45"],
        ["b", "33.3%"],
        ["d", "x"],
    ]
    assert [percent_text(share) for share in ("1/8", "1/16", "-1/16", "1")] == ["12.5%", "6.3%", "-6.3%", "100.0%"]
    language.choose("nl")
    assert (percent_text("1/3", 4), table.columns[1].text(table.rows[0])) == ("33,3333%", euros(123_45))


@pytest.mark.parametrize(("form", "package"), [("xlsx", "xlsxwriter"), ("pdf", "typst")])
def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, form: str, package: str) -> None:
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(ReportsMissing) as refused:
        STATEMENT_FORMATS[form](page_of(Table("t", "T", [Column("x", "X")], [])))
    assert (refused.value.exit_code, form.upper() in str(refused.value)) == (4, True)
    assert f"'{package}>=" in refused.value.advice


# ------------------------------------------------------------------------------------------------------------- streams


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_card_that_is_written_as_it_comes_is_the_same_as_one_that_is_held(story: Told, form: str) -> None:
    from fund.reports.statements.formats import STREAMED

    parts: list[bytes] = []
    with open_fund(story.url) as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
        held = card(snapshot, account="1100", known_at=100)

        def into(found: Mapping[str, Any]) -> None:
            assert isinstance(found["lines"], Iterator)
            parts.extend(STREAMED[form](found))

        rest = card(snapshot, account="1100", known_at=100, into=into)
    assert b"".join(parts) == STATEMENT_FORMATS[form](held)
    assert rest == {key: value for key, value in held.items() if key != "lines"}


def test_a_stream_without_lines_is_an_empty_list() -> None:
    assert STATEMENT_FORMATS["json"]({"lines": iter(())}) == STATEMENT_FORMATS["json"]({"lines": []})
    assert STATEMENT_FORMATS["csv"]({"lines": iter(())}) == STATEMENT_FORMATS["csv"]({"lines": []})
