"""Charts: the same drawing each time, complete in itself, readable by everybody, in the language in use."""

from __future__ import annotations

import builtins
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from fund import language
from fund.errors.usage import ReportsMissing
from fund.reports import charts
from fund.reports.charts import CHARTS, PALETTE, png, rounded, svg, whole_euros

SVG = "{http://www.w3.org/2000/svg}"
EVIL = "</title><script>alert('1')</script> & \"q\" ]]> \u202eright {datum} expr"
OVER_TIME = [
    {
        "on": f"{2026 + at // 4}-{3 * (at % 4) + 3:02d}-28",
        "balance_cents": 210_000_000 - at * 9_100_037,
        "known": at < 6,
        "buffer_cents": 21_000_000,
        "low_cents": 150_000_000 - at * 9_000_000,
        "high_cents": 260_000_000,
    }
    for at in range(14)
]
VALUES: dict[str, list[dict[str, Any]]] = {
    "balance": OVER_TIME,
    "liquidity": OVER_TIME,
    "flows": [
        {"name": "Contributions", "amount_cents": 210_000_050},
        {"name": "Paid out", "amount_cents": -123_456_700},
        {"name": "In the bank", "amount_cents": 86_543_350, "total": True},
    ],
    "experiments": [
        {"name": "Running", "amount_cents": 20_000_000, "label": "3"},
        {"name": "Learned", "amount_cents": 7_000_000, "label": "1", "learned": True},
    ],
    "revolving": [
        {"name": "Came back", "kind": "returned", "share": "2/5", "target": "4/5", "label": "40 %"},
        {"name": "Expected", "kind": "expected", "share": "21/25", "target": "4/5", "label": "84 %"},
        {"name": "Target", "kind": "target", "share": "4/5", "label": "80 %"},
    ],
    "burden": [
        {"name": "light 2026", "steps": "35/2", "target": 17, "label": "17.5"},
        {"name": "major 2026", "steps": 29, "target": 33, "label": "29"},
    ],
    "backtest": [
        {"on": "2025-12-31", "realised_cents": 100_000_00, "buffer_cents": 20_000_00, "buffer_word": "buffer"},
        {
            "on": "2026-03-31",
            "realised_cents": 90_000_00,
            "expected_cents": 95_000_00,
            "low_cents": 80_000_00,
            "high_cents": 99_000_00,
            "buffer_cents": 20_000_00,
            "expected_word": "expected",
            "realised_word": "happened",
            "above": True,
        },
    ],
    "distribution": [
        {
            "name": "After 1 year",
            "p05": "1/2",
            "p25": "3/5",
            "p50": 0.7,
            "p75": 0.8,
            "p95": 0.9,
            "target": "4/5",
            "label": "70 %",
        }
    ],
}


def told(chart: str, **more: Any) -> dict[str, Any]:
    return {"title": "What it says", "subtitle": "In euros", "description": "Bars.", "values": VALUES[chart], **more}


def drawn(chart: str, *, width: int = 640, headed: bool = True, **more: Any) -> Any:
    return etree.fromstring(svg(chart, told(chart, **more), width=width, headed=headed).encode())


def texts(drawing: Any) -> list[str]:
    return ["".join(each.itertext()) for each in drawing.iter(f"{SVG}text")]


@pytest.mark.parametrize("chart", CHARTS)
def test_a_drawing_is_an_image_with_a_name_and_nothing_that_a_strict_page_forbids(chart: str) -> None:
    for width in (640, 340):
        drawing = drawn(chart, width=width)
        assert drawing.get("role") == "img"
        assert drawing.get("aria-label") == "What it says. Bars."
        assert [drawing.findtext(f"{SVG}title"), drawing.findtext(f"{SVG}desc")] == ["What it says", "Bars."]
        assert float(drawing.get("width")) == pytest.approx(width, abs=1)
        for element in drawing.iter():
            assert element.tag.removeprefix(SVG) in {"svg", "title", "desc", "g", "path", "line", "text", "tspan"}
            for name, value in element.attrib.items():
                assert name not in {"style", "id", "href"}
                assert not name.startswith("on")
                assert "url(" not in value
                assert "://" not in value
        assert {int(each.get("font-size")[:2]) for each in drawing.iter(f"{SVG}text")} <= {12, 13, 16}
        assert len(etree.tostring(drawing)) < 9_000


@pytest.mark.parametrize("chart", CHARTS)
def test_every_colour_is_of_the_palette_and_has_the_class_of_its_name(chart: str) -> None:
    names = {colour: name for name, colour in PALETTE.items()}
    for element in drawn(chart).iter():
        for key in ("fill", "stroke"):
            colour = element.get(key)
            if colour not in (None, "none", "transparent"):
                assert f"{key[0]}-{names[colour]}" in element.get("class").split()


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_palette_is_readable_on_white() -> None:
    for name, colour in PALETTE.items():
        if name != "faint":
            assert 1.05 / (luminance(colour) + 0.05) >= 4.5, name


def test_what_others_wrote_stays_text() -> None:
    drawing = drawn("flows", title=EVIL, description=EVIL, values=[{"name": EVIL, "amount_cents": 100}])
    assert drawing.findtext(f"{SVG}title") == EVIL
    assert not list(drawing.iter(f"{SVG}script"))
    assert any("<script>" in text for text in texts(drawing))


def test_amounts_are_written_in_the_language_in_use() -> None:
    assert "EUR 2,100,001" in texts(drawn("flows"))
    assert "1,000,000" in texts(drawn("balance"))
    language.choose("nl")
    assert "€ 2.100.001" in texts(drawn("flows"))
    assert "1.000.000" in texts(drawn("balance"))
    assert whole_euros(-1_234_567) == "€ -1.234.567"


def test_the_heading_is_broken_before_the_edge_or_left_to_the_page() -> None:
    long = "The balance stays above the buffer until the fourth quarter of 2029, whatever happens to repayments"
    heading = drawn("balance", width=340, title=long)
    assert len(list(heading.iter(f"{SVG}tspan"))) >= 2
    assert "What it says" not in texts(drawn("balance", headed=False))


def test_what_is_expected_begins_where_what_is_known_ends_and_is_dashed() -> None:
    known, expected = (
        [
            each
            for each in drawn("liquidity").iter(f"{SVG}path")
            if each.get("stroke") == PALETTE["blue"] and dashed(each)
        ]
        for dashed in (lambda each: not each.get("stroke-dasharray"), lambda each: each.get("stroke-dasharray"))
    )
    points = [re.findall(r"-?[\d.]+,-?[\d.]+", each.get("d")) for each in (known[-1], expected[-1])]
    assert points[0][-1] == points[1][0]


def test_a_waterfall_ends_at_what_is_there() -> None:
    ends = [
        re.match(r"M(-?[\d.]+),[-\d.]+h(-?[\d.]+)", each.get("d"))
        for each in drawn("flows").iter(f"{SVG}path")
        if "f-" in (each.get("class") or "")
    ]
    first, out, total = ((float(found[1]), float(found[1]) + float(found[2])) for found in ends if found)
    assert first[0] == total[0] == pytest.approx(0, abs=0.2)
    assert out[0] == pytest.approx(total[1], abs=0.2)
    assert out[1] == pytest.approx(first[1], abs=0.2)


@pytest.mark.parametrize("chart", CHARTS)
def test_without_a_row_there_is_a_drawing_without_marks(chart: str) -> None:
    assert "What it says" in texts(drawn(chart, values=[]))


@given(st.lists(st.integers(-(10**14), 10**14), max_size=12), st.sampled_from([100, 100_000]))
def test_rounded_labels_add_up(amounts: list[int], unit: int) -> None:
    labels = rounded(amounts, unit_cents=unit)
    assert sum(labels) == (2 * sum(amounts) + unit) // (2 * unit)
    assert all(abs(label * unit - cents) < unit for label, cents in zip(labels, amounts, strict=True))


def test_a_drawing_is_the_same_in_every_time_zone() -> None:
    code = "import json, sys; from fund.reports.charts import svg; print(svg('balance', json.load(sys.stdin)))"
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=json.dumps(told("balance")),
            env={"TZ": zone, "PATH": "", "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for zone in ("America/Los_Angeles", "Pacific/Auckland")
    }
    assert found == {svg("balance", told("balance")) + "\n"}


def test_a_picture_of_pixels_is_the_same_each_time() -> None:
    first = png("burden", told("burden"), width=340, scale=1)
    assert first.startswith(b"\x89PNG")
    assert png("burden", told("burden"), width=340, scale=1) == first


def test_without_the_extra_the_hint_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "vl_convert":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ReportsMissing) as refused:
        svg("flows", told("flows"))
    assert "'vl-convert-python>=" in refused.value.advice


def test_each_specification_names_the_values_it_asks_and_no_source_of_data() -> None:
    for chart in CHARTS:
        kept = charts._kept(chart)
        assert '"usermeta"' in kept
        assert '"url"' not in kept


@pytest.mark.parametrize("width", [640, 340])
@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("lang", ["nl", "en"])
def test_no_label_runs_into_another_whatever_font_a_reader_has(chart: str, width: int, lang: str) -> None:
    """Every label has the width it was laid out with; where labels stand on one line they leave room between them."""
    language.choose(lang)
    long = {"name": "Geleerd: het werkt niet, en we weten waarom dat zo is", "label": "12 · € 98.765.432"}
    rows = [
        {**row, **({"name": long["name"], "label": long["label"]} if "name" in row else {})} for row in VALUES[chart]
    ]
    drawing = etree.fromstring(svg(chart, told(chart, values=rows), width=width, headed=False).encode())
    boxes = []
    for text in drawing.iter(f"{SVG}text"):
        assert text.get("lengthAdjust") == "spacingAndGlyphs"
        x, y = 0.0, 0.0
        for group in (text, *text.iterancestors()):
            moved = re.match(r"translate\((-?[\d.]+),(-?[\d.]+)\)", group.get("transform", ""))
            if moved:
                x, y = x + float(moved[1]), y + float(moved[2])
        length = float(text.get("textLength"))
        left = x - {"end": length, "middle": length / 2}.get(text.get("text-anchor", ""), 0)
        boxes.append((left, left + length, y, text.text))
    for at, (left, right, y, words) in enumerate(boxes):
        assert -1 < left < right < width + 1, words
        for other_left, other_right, other_y, other in boxes[at + 1 :]:
            assert abs(y - other_y) > 8 or right <= other_left + 0.5 or other_right <= left + 0.5, (words, other)


@pytest.mark.parametrize("chart", ["flows", "experiments", "revolving", "burden", "distribution"])
def test_a_name_is_cut_only_where_its_label_leaves_no_room(chart: str) -> None:
    name = "Geleerd: het werkt niet, en we weten waarom"
    for label, whole in (("1 · € 80.000", True), ("12.345 · € 98.765.432.100", False)):
        row = {**VALUES[chart][0], "name": name, "label": label}
        shown = texts(drawn(chart, width=340, headed=False, values=[row]))
        assert label in shown
        assert (name in shown) is whole


def test_a_text_is_as_wide_as_the_typeface_says() -> None:
    from fund.reports.typeface import width_of

    assert width_of("nn", 1000) == 2 * width_of("n", 1000) > 0
    assert width_of("ij", 12) < width_of("mw", 12)
    assert width_of("Woudenberg", 12, strong=True) > width_of("Woudenberg", 12)
    assert width_of("\u4e00", 12) == width_of("n", 12)  # no letter of the typeface
