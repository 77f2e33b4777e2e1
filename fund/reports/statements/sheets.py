"""A page as a workbook (XLSX): one sheet says what it is, then a sheet per table.

Numbers are numbers and days are days; what others wrote is text whatever it begins with, so no cell is ever a formula.
The same page is the same bytes: its stamp is the day that it is about. Needs the optional extra ``reports``.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from fractions import Fraction
from itertools import chain, islice
from typing import Any

from fund.errors.usage import ReportsMissing, TooLongForSheet
from fund.language import _, day, language
from fund.reports.layout import EMPHASIS, RIGHT, Column, Page, Table, fact_table

ROWS = 1_048_576 - 2
"""So many rows fit on a sheet below its header and above its total."""
MONEY, EUROS = "#,##0.00;-#,##0.00", '"€" #,##0.00;"€" -#,##0.00'
LONGEST_TEXT = 32_767
EXACT_CENTS = 10**15
"""Amounts from here on have more digits than a number of a spreadsheet keeps: they stand there as text."""
LONGEST_NAME = 31
WIDTHS = {"ref": 13, "date": 12, "amount": 18, "count": 9, "percent": 11, "state": 15, "name": 24, "text": 44}
WIDEST = 60
LOOKED_AT = 2_000
"""So many rows decide how wide a column is."""


def as_xlsx(page: Page) -> bytes:
    """The page as a workbook.

    Raises:
        ReportsMissing: The extra is not installed.
        TooLongForSheet: A table has more rows than a sheet can hold.
    """
    try:
        import xlsxwriter
    except ImportError:
        raise ReportsMissing(what="XLSX") from None
    out = io.BytesIO()
    with xlsxwriter.Workbook(
        out,
        {
            "constant_memory": True,  # a table may have a million rows; a row is written and let go
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    ) as book:
        book.set_properties(
            {
                "title": page.title,
                "subject": page.command,
                "author": _("revolving innovation fund"),
                "created": datetime.combine(page.as_of, time(), tzinfo=UTC).replace(tzinfo=None),
            }
        )
        book.set_calc_mode("manual")
        formats = _Formats(book)
        names = _Names()
        tables = [(names.of(table.sheet or table.name), table) for table in page.tables]
        _write(book, formats, names.of(_("About")), about(page, tables), page)
        for name, table in tables:
            _write(book, formats, name, table, page)
    return out.getvalue()


def about(page: Page, tables: Iterable[tuple[str, Table]]) -> Table:
    """What the workbook is: of which day, until which entry, how to get it again, what stands on each sheet."""
    facts: list[tuple[Any, ...]] = [
        (_("Statement"), page.title),
        (_("As of"), page.as_of.isoformat(), "date"),
        (_("Last entry"), page.head.get("seq"), "count"),
        (_("Fingerprint"), page.head.get("hash")),
        (_("Command"), page.command),
    ]
    for name, table in tables:
        facts.append((name, table.title))
        facts += [("", note) for note in table.notes]
    facts += [("", note) for note in page.notes]
    return fact_table("about", page.title, facts)


class _Names:
    """Names of sheets: valid, at most 31 signs, each its own."""

    def __init__(self) -> None:
        self._taken: set[str] = {"history"}

    def of(self, wanted: str) -> str:
        plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", wanted).strip().strip("'").strip() or "-"
        plain = plain[:1].upper() + plain[1:]
        for number in range(1, 1_000):
            tail = "" if number == 1 else f" {number}"
            name = f"{plain[: LONGEST_NAME - len(tail)].rstrip()}{tail}"
            if name.lower() not in self._taken:
                break
        self._taken.add(name.lower())
        return name


class _Formats:
    """The formats of cells, each made once: by role, digits, and whether the row is set apart."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[str, int, str], Any] = {}

    def of(self, role: str, digits: int = 0, style: str = "") -> Any:
        key = (role, digits if role == "percent" else 0, style)
        if key not in self._made:
            self._made[key] = self._book.add_format(self._wanted(*key))
        return self._made[key]

    @staticmethod
    def _wanted(role: str, digits: int, style: str) -> dict[str, Any]:
        wanted: dict[str, Any] = {"valign": "top"}
        if role in ("amount", "fact"):
            wanted["num_format"] = MONEY if role == "amount" else EUROS
        elif role == "count":
            wanted["num_format"] = "0"
        elif role == "percent":
            wanted["num_format"] = "0" + ("." + "0" * digits if digits else "") + "%"
        elif role == "date":
            wanted |= {"num_format": "dd-mm-yyyy" if language() == "nl" else "yyyy-mm-dd", "align": "left"}
        else:
            wanted |= {"num_format": "@", "text_wrap": role == "text"}
        if style == "header":
            wanted |= {"bold": True, "bottom": 1, "text_wrap": True, "num_format": "@"}
            wanted["align"] = "right" if role in RIGHT else "left"
        elif style == "total":
            wanted |= {"bold": True, "top": 1}
        elif style == EMPHASIS:
            wanted["bold"] = True
        return wanted


def _write(book: Any, formats: _Formats, name: str, table: Table, page: Page) -> None:
    rows = iter(table.rows)
    first = list(islice(rows, LOOKED_AT))
    sheet = book.add_worksheet(name)
    _set_up(sheet, table, page)
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, _width(column, first, table.total))
        sheet.write_string(0, place, _header(column), formats.of(column.role, style="header"))
    at = 0
    for at, row in enumerate(chain(first, rows), start=1):
        if at > ROWS:
            raise TooLongForSheet(table=table.title, rows=ROWS)
        _row(sheet, formats, at, table.columns, row, EMPHASIS if row.get(EMPHASIS) else "")
    if not at and table.empty:
        at = 1
        sheet.write_string(at, 0, table.empty)
    if table.total is not None:
        _row(sheet, formats, at + 1, table.columns, table.total, "total")
    if at > 1 and not table.facts:
        sheet.autofilter(0, 0, at, len(table.columns) - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{at + 2}"})


def _set_up(sheet: Any, table: Table, page: Page) -> None:
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    if len(table.columns) > 5:
        sheet.set_landscape()
    sheet.set_header(_ampersands('&L&"Calibri,Bold"{}', table.title))
    foot = _("{day}, entry {seq}").format(day=day(page.as_of), seq=page.head.get("seq", ""))
    sheet.set_footer(_ampersands("&L{}&R&P / &N", foot))


def _ampersands(form: str, text: str) -> str:
    """A header or footer with a text in it, in which ``&`` is a sign like any other; at most 255 signs."""
    return form.format(text.replace("&", "&&")[: 240 - len(form)])


def _header(column: Column) -> str:
    return f"{column.title()} €" if column.role == "amount" else column.title()


def _width(column: Column, rows: Iterable[Mapping[str, Any]], total: Mapping[str, Any] | None) -> int:
    shown = (column.text(row) for row in chain(rows, () if total is None else (total,)))
    needed = max((max(map(len, text.split("\n")), default=0) for text in shown), default=0) + 2
    least = len(max(_header(column).split(), key=len, default="")) + 3
    if column.role in ("text", "name", "ref", "state"):
        return max(min(needed, WIDEST), least, 8)
    return max(needed, least, WIDTHS[column.role])


def _row(sheet: Any, formats: _Formats, at: int, columns: Iterable[Column], row: Mapping[str, Any], style: str) -> None:
    for place, column in enumerate(columns):
        value, role = row.get(column.key), column.role_in(row)
        form = formats.of("fact" if role == "amount" and column.fact else role, _digits(column, row), style)
        if value is None or value == "":
            sheet.write_blank(at, place, None, form)
        elif role in ("amount", "count", "percent", "date"):
            _number(sheet, at, place, column, row, role, value, form)
        else:
            sheet.write_string(at, place, column.text(row)[:LONGEST_TEXT], form)


def _digits(column: Column, row: Mapping[str, Any]) -> int:
    return int(row.get("digits") or column.digits)


def _number(
    sheet: Any, at: int, place: int, column: Column, row: Mapping[str, Any], role: str, value: Any, form: Any
) -> None:
    if role == "date":
        found = value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
        sheet.write_datetime(at, place, datetime.combine(found, time()), form)
    elif role == "percent":
        sheet.write_number(at, place, float(Fraction(str(value))), form)
    elif isinstance(value, int) and abs(value) < EXACT_CENTS:
        sheet.write_number(at, place, value / 100 if role == "amount" else value, form)
    else:
        sheet.write_string(at, place, column.text(row)[:LONGEST_TEXT], form)
