"""The council statement on one A4: PDF/A-3a and PDF/UA-1, the figures attached. It is one page, or it is refused.

Nothing is set smaller to make it fit: a text that is too long is named, and whoever wrote it makes it shorter.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from fund.errors.usage import CouncilPageTooLong
from fund.language import _
from fund.reports.charts import svg
from fund.reports.paper import on_paper, pictures_of
from fund.reports.statements.council.words import chart_of, describe
from fund.reports.statements.formats import as_csv

TEMPLATE = "council.typ"
CHART_WIDTH = 340
"""In pixels, on 84 mm of paper: its letters are then 8 points high."""
OVERFULL = "more than one page"
"""What the template says when its text does not fit."""


def council_pdf(found: Mapping[str, Any]) -> bytes:
    """The page as PDF in the language in use: the same bytes for the same statement.

    Raises:
        CouncilPageTooLong: Its text does not fit one page; names the paragraph that is longest against its room.
        ReportsMissing: The extra ``reports`` is not installed.
    """
    return _one_page(found, lambda data, on: on_paper(TEMPLATE, data, on=on))


def council_pictures(found: Mapping[str, Any], *, ppi: int = 96) -> bytes:
    """The page as PNG, to be looked at. Raises as :func:`council_pdf`."""
    return _one_page(found, lambda data, on: pictures_of(TEMPLATE, data, on=on, ppi=ppi)[0])


def _one_page(found: Mapping[str, Any], draw: Any) -> bytes:
    page = _laid_out(found)
    try:
        return bytes(draw(page, date.fromisoformat(found["as_of"])))
    except RuntimeError as problem:
        if OVERFULL not in str(problem):
            raise
        paragraph, length, room = _longest(page)
        raise CouncilPageTooLong(partner=found["id"], paragraph=paragraph, characters=length, room=room) from None


def _laid_out(found: Mapping[str, Any]) -> dict[str, Any]:
    page = describe(found)
    drawn = svg("flows", chart_of(found), width=CHART_WIDTH, headed=False)
    return {
        **page,
        "chart": {**page["chart"], "svg": drawn},
        "csv_name": "figures.csv",
        "csv_about": _("The figures of this page"),
        "csv": as_csv(found).decode("utf-8"),
    }


ROOM = {"name": 60, "fund": 60, "quote": 240, "title": 80, "asks": 90, "sentences": 330}
"""So many characters of each text the page was made for."""


def _longest(page: Mapping[str, Any]) -> tuple[str, int, int]:
    """The paragraph that goes furthest beyond its room: where it stands, its length, its room."""
    texts: list[tuple[str, str, str]] = [("name", page["name"], page["name"]), ("fund", page["fund"], page["fund"])]
    for part in ("paid", "done", "back", "learned", "next"):
        texts.append(("sentences", page[part]["heading"], " ".join(page[part]["sentences"])))
    for lesson in page["learned"]["lessons"]:
        where = f"{page['learned']['heading']} {lesson['ref']}"
        texts += [("quote", where, lesson["quote"]), ("title", where, lesson["title"])]
    for asked in page["next"]["dates"]:
        where = f"{page['next']['heading']} {asked['ref']}"
        texts += [("asks", where, asked["asks"]), ("title", where, asked["title"])]
    kind, where, text = max(texts, key=lambda each: len(each[2]) / ROOM[each[0]])
    return where, len(text), ROOM[kind]
