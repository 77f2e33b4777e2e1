"""``fund forecast`` at the terminal: the message first, drawings by the end of their name, faults by line."""

from __future__ import annotations

import csv
import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.conftest import Fund
from tests.reports.assuming import assumed
from tests.transcripts import same, steps

PAGE = Path(__file__).parent.parent.parent / "docs" / "forecasts.md"


@pytest.fixture
def here(story_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An own folder to write in, and the fund of the story."""
    monkeypatch.chdir(tmp_path)
    return {"FUND_HOME": str(story_home)}


def test_the_conclusion_comes_first_and_the_definitions_as_talk(fund: Fund, here: dict[str, str]) -> None:
    shown = fund("forecast", "liquidity", "--quarters", "3", "--as-of", "2026-09-30", terminal=True, env=here)
    assert shown.out.split("\n")[0] == "The cash is expected to stay above the buffer of EUR 210,000 through 2027-Q2."
    assert "can be committed" in shown.out.split("\n")[1]
    assert "Assumptions 2026-1 of 1 January 2026 (assumptions.toml)" in " ".join(shown.out.split())
    assert "Free to commit: free to commit now + contributions" in shown.err
    assert all(len(line) <= 80 for line in shown.out.split("\n"))


def test_the_table_and_the_json_say_the_same(fund: Fund, here: dict[str, str]) -> None:
    words = ("forecast", "liquidity", "--as-of", "2026-09-30", "--seed", "4")
    shown = fund(*words, env=here).out
    found = fund(*words, "--json", env=here).json
    for row in found["quarters"]:
        [line] = [line for line in shown.split("\n") if line.startswith(f"{row['quarter']} ")]
        wanted = [
            row["contributions_cents"] + row["repayments_cents"],
            row["payments_cents"] + row["costs_cents"],
            *(row[key] for key in ("closing_cash_cents", "low_cents", "high_cents", "free_to_commit_cents")),
        ]
        assert [int(cell.replace(",", "")) for cell in line.split()[1:]] == [(cents + 50) // 100 for cents in wanted]


@pytest.mark.parametrize("verb", ["liquidity", "revolving"])
def test_a_drawing_is_made_by_the_end_of_its_name(fund: Fund, here: dict[str, str], verb: str) -> None:
    for name, begins in (("drawn.svg", b"<svg"), ("DRAWN.PNG", b"\x89PNG")):
        shown = fund("forecast", verb, "--runs", "20", "--plot", name, env=here)
        assert (shown.code, shown.err.split("\n")[-2]) == (0, f"Drawn: {name}")
        assert Path(name).read_bytes().startswith(begins)
    again = Path("drawn.svg").read_bytes()
    fund("forecast", verb, "--runs", "20", "--plot", "drawn.svg", env=here)
    assert Path("drawn.svg").read_bytes() == again


def test_a_backtest_is_drawn_with_what_happened(fund: Fund, here: dict[str, str]) -> None:
    words = ("forecast", "liquidity", "--runs", "20", "--backtest", "2024-12-31", "--plot", "back.svg")
    shown = fund(*words, terminal=True, env=here)
    assert "of 7 quarters ended inside the band of the forecast of 31 December 2024." in shown.out.split("\n")[0]
    assert "Without what was decided since" in shown.out.split("\n")[1]
    assert all(len(line) <= 80 for line in shown.out.split("\n"))
    text = Path("back.svg").read_text(encoding="utf-8")
    assert ">happened<" in text
    assert ">expected<" in text


def test_another_name_is_refused_before_anything_is_made(fund: Fund, here: dict[str, str]) -> None:
    shown = fund("forecast", "revolving", "--plot", "drawn.pdf", "--json", env=here)
    assert (shown.code, shown.out, shown.json["error"]["code"]) == (2, "", "plot_unknown")
    assert not list(Path().iterdir())


def test_without_the_extra_the_hint_says_how_to_get_it(
    fund: Fund, here: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    shown = fund("forecast", "liquidity", "--runs", "20", "--plot", "drawn.svg", env=here)
    assert shown.code == 4
    assert "error[reports_missing]" in shown.err
    assert re.search(r"hint: .* pip install .*'vl-convert-python>=[0-9.]+'", shown.err)
    assert fund("forecast", "liquidity", "--runs", "20", env=here).code == 0


@pytest.mark.parametrize("years", ["", "3,1", "1,1", "0,1", "1,x", "31", "1;2", "1.5", "¹"])
def test_years_are_whole_numbers_in_order(fund: Fund, here: dict[str, str], years: str) -> None:
    shown = fund("forecast", "revolving", f"--years={years}", env=here)
    assert shown.code == 2
    assert "error[years_unclear]" in shown.err


def test_only_the_years_that_were_asked_are_shown(fund: Fund, here: dict[str, str]) -> None:
    words = ("forecast", "revolving", "--runs", "50", "--years", " 2, 7 ")
    found = fund(*words, "--json", env=here).json
    assert [moment["years"] for moment in found["moments"]] == [2, 7]
    whole = fund("forecast", "revolving", "--runs", "50", "--years", "1,2,7,10", "--json", env=here).json
    assert [moment for moment in whole["moments"] if moment["years"] in (2, 7)] == found["moments"]
    shown = fund(*words, env=here).out
    assert "\nPortfolio revolving degree, (A + O - P) / U\n" in shown
    assert "\nFund revolving degree, (A + R + V - K) / (U + S + V)\n" in shown


def test_a_file_of_assumptions_is_used_and_named_or_refused_by_line(fund: Fund, here: dict[str, str]) -> None:
    Path("mine.toml").write_bytes(assumed(stages={"not_due": (0, 0, 10_000)})["content"])
    found = fund("forecast", "liquidity", "--runs", "20", "--assumptions", "mine.toml", "--json", env=here).json
    assert found["assumptions"] == {"file": "mine.toml", "version": "test", "from_on": "2000-01-01"}
    assert found["open"]["expected_loss_cents"] > 0
    Path("bad.toml").write_bytes(assumed(stages={"not_due": (1, 2, 3)}, repayment_delays=[(0, 5)])["content"])
    shown = fund("forecast", "revolving", "--assumptions", "bad.toml", env=here)
    assert shown.code == 1
    said = " ".join(shown.err.split())
    assert "bad.toml:9: the chances of repayment_delays add up to 5, not to 10000 basis points" in said
    assert "bad.toml:12: the chances of not_due add up to 6, not to 10000 basis points" in said


def test_a_spreadsheet_gets_a_line_per_quarter_and_per_moment(fund: Fund, here: dict[str, str]) -> None:
    fund("forecast", "liquidity", "--runs", "20", "--output", "cash.csv", env=here)
    fund("forecast", "revolving", "--runs", "20", "--format", "csv", "--output", "back.csv", env=here)
    with Path("cash.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    found = fund("forecast", "liquidity", "--runs", "20", "--json", env=here).json
    assert [int(row["closing_cash_cents"]) for row in rows] == [row["closing_cash_cents"] for row in found["quarters"]]
    with Path("back.csv").open(encoding="utf-8-sig", newline="") as file:
        moments = list(csv.DictReader(file))
    assert [row["years"] for row in moments] == ["1", "3", "5", "10"]
    assert all(row["portfolio_revolving_degree_p50"] for row in moments)


def test_the_page_about_forecasts_shows_what_the_commands_print(fund: Fund, here: dict[str, str]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    blocks = page.count("```console\n")
    shown = [step for block in range(blocks) for step in steps(page, block)]
    assert len(shown) == blocks == 3
    for step in shown:
        printed = fund(*shlex.split(step.command)[1:], terminal=True, env=here)
        assert same(printed.out + printed.err, step.shown), f"{step.command}\n{printed.out}"
        assert all(len(line) <= 80 for line in [f"$ {step.command}", *step.shown])


def test_neither_figures_nor_a_drawing_are_written_over_a_file_unasked(
    fund: Fund, story_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    at = {"FUND_HOME": str(story_home)}
    for option, name in (("--output", "figures.csv"), ("--plot", "drawing.svg")):
        (tmp_path / name).write_text("mine")
        said = ("forecast", "liquidity", "--runs", "10", "--quarters", "2", "--format", "csv", option, name)
        refused = fund(*said, env=at)
        assert (refused.code, (tmp_path / name).read_text()) == (1, "mine")
        assert "error[output_exists]" in refused.err
        assert fund(*said, "--force", env=at).code == 0
        assert (tmp_path / name).read_text() != "mine"
