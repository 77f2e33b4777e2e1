"""What a public page is made of, before it is HTML: headings, sentences, facts, tables, charts, lists.

A page is composed in the language in use and drawn by one template (``fund/templates/site/page.html``), so each page
has the same head, landmarks and foot. Everything that is drawn is escaped; what turns the direction of reading or
cannot be seen is shown as a replacement sign. Needs the optional extra ``reports``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from importlib import resources
from typing import Any

from fund.errors.usage import ReportsMissing
from fund.language import _, decimal_text, language
from fund.money import half_up

_HIDDEN = dict.fromkeys(
    [each for each in range(0x20) if each not in (0x09, 0x0A, 0x0D)]
    + [*range(0x7F, 0xA0), 0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF],
    "\N{REPLACEMENT CHARACTER}",
)
"""Signs that are not seen, and signs that turn the direction in which the rest is read."""
_AMOUNT = re.compile(r"(€|EUR) (?=-?[0-9])")


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere; ``shared`` where both languages have the same file."""

    text: str
    href: str
    lang: str = ""
    shared: bool = False
    kind: str = "link"


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of others, in Dutch whatever the language of the page."""

    text: str
    kind: str = "quote"


Run = str | Link | Quote


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; ``id`` to lead to it."""

    text: Run
    level: int = 2
    id: str = ""
    kind: str = "heading"


@dataclass(frozen=True, slots=True)
class Para:
    """A paragraph of runs; ``style`` is a class of the style sheet."""

    runs: Sequence[Run]
    style: str = ""
    kind: str = "para"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with their values, and a sentence on each where it helps; ``big`` for the figures on top of a page."""

    rows: Sequence[tuple[str, Sequence[Run], str]]
    big: bool = False
    kind: str = "facts"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its header, and whether numbers stand in it."""

    title: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with a caption; the first cell of a row names the row. ``total`` is its last row."""

    id: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Run]]
    total: Sequence[Run] = ()
    kind: str = "grid"


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing twice (wide, narrow), its message and measure, and the same figures as a table and as CSV."""

    title: str
    subtitle: str
    wide: str
    narrow: str
    table: Grid
    csv: str
    kind: str = "chart"


@dataclass(frozen=True, slots=True)
class Links:
    """A list, each item a line of runs."""

    items: Sequence[Sequence[Run]]
    kind: str = "links"


Block = Heading | Para | Facts | Grid | Chart | Links


@dataclass(frozen=True, slots=True)
class Page:
    """One page: where it stands below its language, its title, the item of the menu that it belongs to."""

    path: str
    title: Run
    blocks: Sequence[Block]
    section: str = ""

    @property
    def up(self) -> str:
        """The way from here to the folder of the language."""
        return "../" * self.path.count("/")


@dataclass(frozen=True, slots=True)
class Site:
    """What all pages of a language share."""

    name: str
    stand: str
    """The day and the head, as the foot says them."""
    day: str
    menu: Sequence[tuple[str, str]]
    foot: Sequence[tuple[str, str]]
    skip: str
    menu_name: str
    as_table: str

    @property
    def below(self) -> str:
        """The way from the folder of the language to the root."""
        return "" if language() == "nl" else "../"


def plain(value: Any) -> Any:
    """What is drawn: text without signs that nobody sees or that turn what follows; an amount stays on one line."""
    return _AMOUNT.sub("\\1\N{NO-BREAK SPACE}", value.translate(_HIDDEN)) if type(value) is str else value


def percent(share: str | Fraction | None) -> str:
    """A share as people read it, to one decimal, rounded half up: ``84,0 %`` in Dutch; what there is not is a dash."""
    if share is None:
        return _("no value")
    tenths = half_up(Fraction(share) * 1000)
    sign = "-" if tenths < 0 else ""
    return f"{sign}{abs(tenths) // 10}{decimal_text('.')}{abs(tenths) % 10} %"


def drawn(page: Page, site: Site) -> str:
    """The page as HTML.

    Raises:
        ReportsMissing: The extra is not installed.
    """
    other = "en" if language() == "nl" else "nl"
    to_root = page.up + site.below
    html: str = (
        _templates()
        .get_template("page.html")
        .render(
            page=page,
            site=site,
            lang=language(),
            other=other,
            other_href=f"{to_root}{'en/' if other == 'en' else ''}{page.path}",
            root=to_root,
            dutch=lambda: language() != "nl",
        )
    )
    return html


def style(days: Mapping[str, str]) -> str:
    """The one style sheet; on paper each sheet has the day and its number.

    Args:
        days: The sentence with the day, by language.

    Raises:
        ReportsMissing: The extra is not installed.
    """
    css: str = _templates().get_template("stijl.css").render(days=days)
    return css


@lru_cache(maxsize=1)
def _templates() -> Any:
    try:
        import jinja2
    except ImportError:
        raise ReportsMissing(what="HTML") from None
    folder = resources.files("fund") / "templates" / "site"
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(str(folder)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=plain,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.globals.update(svg=_markup())
    return found


def _markup() -> Any:
    """A chart of ``fund.reports.charts`` is markup already: nothing else ever is."""
    from markupsafe import Markup

    return Markup
