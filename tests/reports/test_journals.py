"""The journals: accepted by the programs they are for, which find what the trial balance says."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from beancount import loader
from beancount.core import data as beans
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fund.errors.exports import ExportTurnedAround
from fund.errors.usage import FileUnreadable
from tests.conftest import Fund
from tests.factories import founded
from tests.ledger.journals import beancount_balances, hledger_balances, manual_balances
from tests.reports import odd_fund
from tests.reports.odd_fund import any_stretch, exported, trial_balance


@pytest.fixture(scope="module")
def odd(module_database_url: str) -> str:
    """A fund with awkward texts, on both databases."""
    odd_fund.make(module_database_url)
    return module_database_url


def journal(url: str, name: str, folder: Path, **more: Any) -> str:
    """The text of a journal."""
    path = folder / f"fund.{name}"
    answer = exported(url, name, path=str(path), **more)
    assert [file.name for file in folder.iterdir() if file.name.startswith(".")] == []
    text = path.read_text(encoding="utf-8")
    assert answer["entries"] == len(set(re.findall(r"\((\d+)\)|\^entry-(\d+)", text)))
    return text


# ------------------------------------------------------------------------------------------------------------- hledger

_ASSERTED = re.compile(r"^ +\[?([^\]\n]*?)\]?  0\.00 ([A-Z]{3}) = (-?\d+)\.(\d\d) \2$", re.MULTILINE)


def asserted(text: str) -> dict[str, int]:
    """What the assertions at the end of a journal for hledger say, by the code in the name; zero left out."""
    found = {name.rpartition(":")[2]: int(whole + cents) for name, _currency, whole, cents in _ASSERTED.findall(text)}
    return {code: cents for code, cents in found.items() if cents}


def bare(text: str) -> str:
    """The journal without comments and assertions, as our strict reader wants it."""
    lines = [line for line in _ASSERTED.sub("", text).splitlines() if not line.lstrip().startswith(";")]
    return "\n".join(line for line in lines if line.strip() and not line.endswith("Saldi volgens het grootboek")) + "\n"


def by_hledger(text: str, day: date, folder: Path) -> dict[str, int]:
    """What stands on each account by our strict reader and, where it is installed, by hledger, which agree; by code."""
    hledger_accepts(text, folder)
    [read] = manual_balances(bare(text), [day])
    if shutil.which("hledger") is not None:
        assert hledger_balances(text, [day], ["EUR"], folder) == [read]
    return {name.rpartition(":")[2]: cents for (name, _currency), cents in read.items()}


def hledger_accepts(text: str, folder: Path) -> None:
    """``hledger check --strict`` says nothing, where it is installed."""
    program = shutil.which("hledger")
    if program is not None:
        (folder / "checked.journal").write_text(text, encoding="utf-8")
        words = [program, "-f", str(folder / "checked.journal"), "check", "--strict", "uniqueleafnames"]
        done = subprocess.run(words, capture_output=True, text=True, check=False, env={"LANG": "C.UTF-8"})
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# ----------------------------------------------------------------------------------------------------------- beancount


def by_beancount(text: str, day: date) -> dict[str, int]:
    """What stands on each account by beancount, which has nothing to say; by code."""
    entries, problems, _options = loader.load_string(text)
    assert problems == []
    codes = {entry.account: entry.meta["code"] for entry in entries if isinstance(entry, beans.Open)}
    [found] = beancount_balances(text, [day])
    return {codes[name]: cents for (name, _currency), cents in found.items()}


# --------------------------------------------------------------------------------------------------------------- tests


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_both_programs_find_the_trial_balance_of_any_stretch_as_known_at_any_number(
    random_funds: list[str], tmp_path: Path, data: st.DataObject
) -> None:
    url = data.draw(st.sampled_from(random_funds))
    cut = any_stretch(data, url)
    since, until, known_at = cut["since"], cut["until"], cut["known_at"]
    ends = trial_balance(url, as_of=until, known_at=known_at)
    began = trial_balance(url, as_of=since - timedelta(days=1), known_at=known_at)

    text = journal(url, "hledger", tmp_path, **cut)
    assert by_hledger(text, until, tmp_path) == asserted(text) == ends
    assert by_hledger(text, since - timedelta(days=1), tmp_path) == began
    told = journal(url, "beancount", tmp_path, **cut)
    assert by_beancount(told, until) == ends
    assert by_beancount(told, since - timedelta(days=1)) == began


def test_the_whole_of_the_demo_fund_and_each_year_is_accepted(story_home: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{story_home / 'fund.db'}"
    cuts = [{}, *({"since": date(year, 1, 1), "until": date(year, 12, 31)} for year in (2023, 2024, 2025, 2026))]
    for cut in cuts:
        day = cut.get("until", date(2026, 12, 31))
        ends = trial_balance(url, as_of=day)
        text = journal(url, "hledger", tmp_path, **cut)
        assert by_hledger(text, day, tmp_path) == asserted(text) == ends
        assert by_beancount(journal(url, "beancount", tmp_path, **cut), day) == ends


def test_awkward_texts_and_codes_are_accepted_and_told_apart(odd: str, tmp_path: Path) -> None:
    ends = trial_balance(odd)
    text = journal(odd, "hledger", tmp_path)
    assert by_hledger(text, odd_fund.LAST, tmp_path) == asserted(text) == ends
    assert "␁␛[31m rood␡, komma / streep met regels dubbel" in text
    told = journal(odd, "beancount", tmp_path)
    assert by_beancount(told, odd_fund.LAST) == ends
    entries, _problems, _options = loader.load_string(told)
    memos = {entry.narration for entry in entries if isinstance(entry, beans.Transaction)}
    assert any('aanhaling "zo" en \\ terug' in memo for memo in memos)
    both = [entry for entry in entries if isinstance(entry, beans.Transaction) and entry.narration == "beide lagen"]
    assert sorted(tag for entry in both for tag in entry.tags) == ["actual", "commitment"]


def test_a_fund_without_entries_and_a_year_after_the_last_are_accepted(sqlite_url: str, tmp_path: Path) -> None:
    with founded(sqlite_url) as world:
        world.people()
        day = date(2026, 1, 5)
        for cut in ({}, {"since": date(2027, 1, 1), "until": date(2027, 12, 31)}):
            assert by_hledger(journal(sqlite_url, "hledger", tmp_path, **cut), day, tmp_path) == {}
            assert by_beancount(journal(sqlite_url, "beancount", tmp_path, **cut), day) == {}
        legs = {"debits": [["4500", 1]], "credits": [["2100.gm0308", 1]]}
        world.both("ledger post", user="anna", second="bram", memo="Een cent", reason="nota", on=day, **legs)
        for cut, until in (({}, day), ({"since": date(2027, 1, 1), "until": date(2027, 12, 31)}, date(2027, 12, 31))):
            text = journal(sqlite_url, "hledger", tmp_path, **cut)
            assert by_hledger(text, until, tmp_path) == {"4500": 1, "2100.gm0308": -1}
            told = journal(sqlite_url, "beancount", tmp_path, **cut)
            assert by_beancount(told, until) == {"4500": 1, "2100.gm0308": -1}


def test_a_cent_that_differs_from_the_ledger_is_found_by_both_programs(story_home: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{story_home / 'fund.db'}"
    text = journal(url, "hledger", tmp_path)
    planted = re.sub(r"(assets:1000  0\.00 EUR = \d+\.)\d\d", r"\g<1>99", text)
    assert asserted(planted) != trial_balance(url)
    if shutil.which("hledger") is not None:
        with pytest.raises(AssertionError):
            hledger_accepts(planted, tmp_path)
    told = journal(url, "beancount", tmp_path)
    planted = re.sub(r"(balance Assets:1000  \d+\.)\d\d ~", r"\g<1>51 ~", told)
    assert planted != told
    _entries, problems, _options = loader.load_string(planted)
    assert ["Balance failed" in problem.message for problem in problems] == [True]


def test_days_turned_around_and_a_place_that_is_none_are_refused(story_home: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{story_home / 'fund.db'}"
    for name in ("hledger", "beancount"):
        with pytest.raises(ExportTurnedAround):
            journal(url, name, tmp_path, since=date(2026, 1, 2), until=date(2026, 1, 1))
        with pytest.raises(FileUnreadable):
            exported(url, name, path=str(tmp_path / "no" / "file"))
    assert list(tmp_path.iterdir()) == []


def test_what_is_typed_is_answered_with_the_command_that_checks_it(
    fund: Fund, story_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{story_home / 'fund.db'}"
    shown = fund("export", "hledger", "--output", "fund.journal", database=url)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out == "fund.journal: 156 entries\nNext step: hledger -f fund.journal check --strict\n"
    piped = fund("export", "beancount", "--from", "2025-01-01", "--to", "2025-12-31", "--output", "-", database=url)
    assert piped.code == 0
    assert by_beancount(piped.out, date(2025, 12, 31)) == trial_balance(url, as_of=date(2025, 12, 31))
