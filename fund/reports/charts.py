"""Charts: a Vega-Lite specification of ``fund/data/charts`` with figures, drawn as SVG or PNG.

A chart is the same bytes each time: the packaged typeface alone is used, no clock, no time zone, no network. Text stays
text. Every colour is one of :data:`PALETTE` and stands in an attribute, so a drawing is complete in itself; its element
also has a class (``f-blue``, ``s-blue``) by which a style sheet gives it the colour of a dark page. No ``style``
attribute, no script, no reference to anything outside. Colour never stands alone: a sign, a dash or a label says the
same. Source: people.md, charts. Needs the optional extra ``reports``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from importlib import resources
from typing import Any

from lxml import etree

from fund.errors.usage import ReportsMissing
from fund.language import N_, _, language, number
from fund.money import half_up
from fund.reports.typeface import width_of

CHARTS = ("balance", "flows", "experiments", "revolving", "burden", "liquidity", "backtest", "distribution")
"""The charts there are. Which values each asks is said in its specification, under ``usermeta``."""
PALETTE: Mapping[str, str] = {
    "ink": "#1b1f24",
    "quiet": "#57606a",
    "faint": "#d4d9de",
    "blue": "#1f5fa8",
    "amber": "#9a4a00",
    "green": "#1d6b45",
    "violet": "#7a3b9a",
}
"""The colours of the specifications by name; ``faint`` is for lines that say nothing by themselves."""
VEGA_LITE = "6.4"
WIDTH = 640
_WORDS = {
    "word_balance": N_("balance"),
    "word_buffer": N_("buffer"),
    "word_expected": N_("expected"),
    "word_today": N_("today"),
}
_NUMBERS: Mapping[str, Mapping[str, Any]] = {
    "nl": {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["€ ", ""], "percent": " %"},
    "en": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["EUR ", ""], "percent": "%"},
}
_FRACTION = re.compile(r"-?[0-9]+/[0-9]+", re.ASCII)
_LONG_NUMBER = re.compile(r"-?[0-9]+\.[0-9]{2,}")
_SVG = "http://www.w3.org/2000/svg"
_KEPT = frozenset((
    "d", "fill", "stroke", "stroke-width", "stroke-dasharray", "fill-opacity", "stroke-opacity", "transform",
    "text-anchor", "font-size", "font-weight", "dx", "dy", "x", "x1", "x2", "y", "y1", "y2", "width", "height",
    "viewBox",
))  # fmt: skip
_STRONG = ("600", "bold")


def svg(chart: str, data: Mapping[str, Any], *, width: int = WIDTH, headed: bool = True) -> str:
    """A drawing that can stand in a page or alone, with ``role="img"``, a title and a description.

    Args:
        chart: One of :data:`CHARTS`.
        data: ``title`` (the message), ``subtitle`` (the measure), ``description`` (what is seen, for who does not see
            it) in the language in use, and ``values``: rows with the keys that the specification names. ``*_cents`` are
            whole cents; a fraction is text (``4/5``).
        width: In pixels. 640 for a page, 340 for a telephone.
        headed: Whether title and subtitle are drawn; a page that says them itself leaves them out.

    Raises:
        ReportsMissing: The extra is not installed.
    """
    library = _library()
    drawn = library.vegalite_to_svg(_specified(chart, data, width, headed), **_options())
    return _tidied(str(drawn), data, width)


def png(chart: str, data: Mapping[str, Any], *, width: int = WIDTH, scale: float = 2) -> bytes:
    """The same drawing with its heading, on white, as pixels.

    Raises:
        ReportsMissing: The extra is not installed.
    """
    library = _library()
    specified = _specified(chart, data, width, headed=True)
    specified["config"] = {**specified["config"], "background": "#ffffff", "padding": 12}
    return bytes(library.vegalite_to_png(specified, scale=scale, **_options()))


def rounded(amounts_cents: Sequence[int], *, unit_cents: int = 100) -> list[int]:
    """Amounts in whole units, that together are their own sum rounded half up: what was rounded away most gets a unit.

    Args:
        unit_cents: 100 for whole euros, 100_000 for thousands.
    """
    floors = [cents // unit_cents for cents in amounts_cents]
    short = half_up(Fraction(sum(amounts_cents), unit_cents)) - sum(floors)
    by_rest = sorted(range(len(floors)), key=lambda at: (-(amounts_cents[at] % unit_cents), at))
    for at in by_rest[:short]:
        floors[at] += 1
    return floors


def whole_euros(euros: int) -> str:
    """Whole euros as a label shows them: ``€ 1.234.567`` in Dutch, ``EUR 1,234,567`` in English."""
    sign = "€" if language() == "nl" else "EUR"
    return f"{sign} {number(euros * 100)[:-3]}"


def _library() -> Any:
    try:
        import vl_convert
    except ImportError:
        raise ReportsMissing(what=_("a chart")) from None
    return _with_typeface(vl_convert)


@lru_cache(maxsize=1)
def _with_typeface(library: Any) -> Any:
    """The library, to which the packaged typeface was shown once."""
    library.register_font_directory(str(resources.files("fund") / "templates" / "fonts"))
    return library


def _options() -> dict[str, Any]:
    names = _calendar()
    return {
        "vl_version": VEGA_LITE,
        "allowed_base_urls": [],
        "format_locale": dict(_NUMBERS[language()]),
        "time_format_locale": names,
    }


def _calendar() -> dict[str, Any]:
    from babel import Locale  # loaded when something is drawn

    locale = Locale.parse("nl" if language() == "nl" else "en_GB")
    days = [6, 0, 1, 2, 3, 4, 5]  # the first day of the library's week is a Sunday
    return {
        "dateTime": "%-d %B %Y %H:%M",
        "date": "%-d-%-m-%Y",
        "time": "%H:%M",
        "periods": ["", ""],
        "days": [locale.days["format"]["wide"][at] for at in days],
        "shortDays": [locale.days["format"]["abbreviated"][at] for at in days],
        "months": [locale.months["format"]["wide"][at] for at in range(1, 13)],
        "shortMonths": [locale.months["format"]["abbreviated"][at].rstrip(".") for at in range(1, 13)],
    }


@lru_cache(maxsize=len(CHARTS) + 1)
def _kept(name: str) -> str:
    return (resources.files("fund") / "data" / "charts" / f"{name}.json").read_text(encoding="utf-8")


def _specified(chart: str, data: Mapping[str, Any], width: int, headed: bool) -> dict[str, Any]:
    """The specification with its data, its words and its heading."""
    assert chart in CHARTS, chart
    spec: dict[str, Any] = json.loads(_kept(chart))
    asked = spec.pop("usermeta")["values"]
    spec["config"] = json.loads(_kept("style"))
    spec["width"] = width
    spec["data"] = {"values": _valued(data["values"], tuple(asked))}
    for param in spec.get("params", ()):
        param["value"] = _(_WORDS[param["name"]])
    if headed:
        spec["title"] = {
            "text": _lines(str(data["title"]), width, 16),
            "subtitle": _lines(str(data["subtitle"]), width, 13),
        }
    return spec


def _valued(rows: Sequence[Mapping[str, Any]], asked: Sequence[str]) -> list[dict[str, Any]]:
    """Rows as numbers: cents become euros under the name without its unit, fractions become numbers."""
    values: list[dict[str, Any]] = []
    for at, row in enumerate(rows):
        value: dict[str, Any] = {"n": at}
        for key in asked:
            found = row.get(key)
            if key.endswith("_cents"):
                value[key.removesuffix("_cents")] = found / 100 if found is not None else None
            elif isinstance(found, Fraction) or (isinstance(found, str) and _FRACTION.fullmatch(found)):
                value[key] = float(Fraction(found))
            else:
                value[key] = found
        if "label" in asked and row.get("label") is None and row.get("amount_cents") is not None:
            value["label"] = whole_euros(rounded([row["amount_cents"]])[0])
        if value.get("label") is not None:  # the name of a row has what its label leaves
            value["label_width"] = width_of(str(value["label"]), 12, strong=True)
        values.append(value)
    return _marked(values) if "known" in asked and values else values


def _marked(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Values over time with the points at which words stand, where each line ends and where today is; what is expected
    starts from what is known.
    """
    values[0]["first"] = True
    event = [value for value in values if value["known"]]
    expected = [value for value in values if not value["known"]]
    if event:
        event[-1]["mark"] = "balance"
    if expected:
        expected[-1]["mark"] = "expected"
        if event:
            last = event[-1]
            expected.insert(0, {**last, "known": False, "low": last["balance"], "high": last["balance"], "mark": None})
            last["today"] = True
    return event + expected


def _lines(text: str, width: int, size: int) -> list[str]:
    """A sentence in lines that fit; the library breaks none by itself."""
    lines = [""]
    for word in text.split():
        if lines[-1] and width_of(f"{lines[-1]} {word}", size, strong=True) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _tidied(drawn: str, data: Mapping[str, Any], width: int) -> str:
    """The drawing without what a page does not need, named, and with the class of each colour."""
    root = etree.fromstring(drawn.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    names = {colour: name for name, colour in PALETTE.items()}
    for element in list(root.iter()):
        if _says_nothing(element):
            parent = element.getparent()
            if parent is not None:
                parent.remove(element)
            continue
        classes = []
        for key, value in list(element.attrib.items()):
            if key not in _KEPT:
                del element.attrib[key]
            elif key in ("fill", "stroke") and value in names:
                classes.append(f"{key[0]}-{names[value]}")
            elif key in ("d", "transform"):
                element.set(key, _LONG_NUMBER.sub(lambda found: f"{float(found.group()):.1f}", value))
        if classes:
            element.set("class", " ".join(classes))
        if element.get("transform") in ("translate(0,0)", "translate(0.0,0.0)"):
            del element.attrib["transform"]
        if element.tag == f"{{{_SVG}}}text":
            _held(element)
    _flattened(root)
    for key, value in (
        ("role", "img"),
        ("class", f"chart chart-{width}"),
        ("font-family", "'Source Sans Pro', sans-serif"),
    ):
        root.set(key, value)
    description = etree.Element(f"{{{_SVG}}}desc")
    description.text = str(data["description"])
    title = etree.Element(f"{{{_SVG}}}title")
    title.text = str(data["title"])
    root.insert(0, description)
    root.insert(0, title)
    root.set("aria-label", f"{data['title']}. {data['description']}")
    etree.cleanup_namespaces(root)
    return etree.tostring(root, encoding="unicode")


def _held(text: Any) -> None:
    """A label keeps the width it was laid out with, whatever font a reader has: so none runs into another."""
    size = float(str(text.get("font-size", "12px")).removesuffix("px"))
    for line in list(text) or [text]:
        width = width_of(line.text or "", size, strong=text.get("font-weight") in _STRONG)
        if width:
            line.set("textLength", f"{width:.1f}")
            line.set("lengthAdjust", "spacingAndGlyphs")


def _says_nothing(element: Any) -> bool:
    """Whether nobody would miss it: an empty path, a hidden label, the frame of a group."""
    if element.get("opacity") == "0":
        return True
    return element.tag == f"{{{_SVG}}}path" and element.get("class") in ("background", "foreground")


def _flattened(root: Any) -> None:
    """Take out groups without attributes or without content; what they hold moves up."""
    for group in list(root.iter(f"{{{_SVG}}}g"))[::-1]:
        parent = group.getparent()
        if group.attrib and len(group):
            continue
        at = parent.index(group)
        for child in list(group)[::-1]:
            parent.insert(at, child)
        parent.remove(group)
