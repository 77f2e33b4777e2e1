"""The tables: they add up, say what they are, and no spreadsheet finds a formula in them."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fund.commands.opening import open_fund
from fund.errors.exports import ExportTurnedAround
from fund.errors.usage import ExportFolderInUse, FileUnreadable
from fund.registry import PROJECTIONS
from fund.unit_of_work import Snapshot
from tests.conftest import Fund
from tests.factories import founded
from tests.reports import odd_fund
from tests.reports.odd_fund import any_stretch, exported, trial_balance

FILES = {"accounts", "opening", "entries", "postings", "closing", "holders", "events"}


@pytest.fixture(scope="module")
def odd(module_database_url: str) -> str:
    """A fund with awkward texts, on both databases."""
    odd_fund.make(module_database_url)
    return module_database_url


def tables(url: str, folder: Path, **more: Any) -> tuple[dict[str, list[dict[str, str]]], dict[str, Any]]:
    """The tables by name, and the manifest, which tells the truth of each file."""
    place = folder / f"set-{len(list(folder.iterdir()))}"
    answer = exported(url, "csv", folder=str(place), **more)
    manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    assert answer["manifest"] == manifest
    assert {path.name for path in place.iterdir()} == {f"{name}.csv" for name in FILES} | {"manifest.json"}
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []
    found = {}
    for name, said in manifest["files"].items():
        content = (place / name).read_bytes()
        assert content.startswith(b"\xef\xbb\xbf")
        assert hashlib.sha256(content).hexdigest() == said["sha256"]
        with (place / name).open(encoding="utf-8-sig", newline="") as file:
            found[name.removesuffix(".csv")] = list(csv.DictReader(file))
        assert len(found[name.removesuffix(".csv")]) == said["rows"]
    return found, manifest


def cents(rows: list[dict[str, str]], code: str, amount: str) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for row in rows:
        sums[row[code]] += int(row[amount])
    return {code: value for code, value in sums.items() if value}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_balances_before_and_postings_make_the_balances_after_of_any_stretch(
    random_funds: list[str], tmp_path: Path, data: st.DataObject
) -> None:
    url = data.draw(st.sampled_from(random_funds))
    cut = any_stretch(data, url)
    since, until, known_at = cut["since"], cut["until"], cut["known_at"]
    found, manifest = tables(url, tmp_path, **cut)

    before = cents(found["opening"], "code", "balance_cents")
    moved = cents(found["postings"], "account", "amount_cents")
    after = cents(found["closing"], "code", "balance_cents")
    assert before == trial_balance(url, as_of=since - timedelta(days=1), known_at=known_at)
    assert after == trial_balance(url, as_of=until, known_at=known_at)
    assert {code: before.get(code, 0) + moved.get(code, 0) for code in after} == after
    with open_fund(url) as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
        entries = list(snapshot.ledger.entries(since=since, as_of=until, until_seq=known_at))
        head = snapshot.ledger.last_entry(as_of=until, known_at=known_at)
        facts = [one.seq for one in snapshot.store.facts.all() if since <= one.effective_on <= until]
    assert [int(row["seq"]) for row in found["entries"]] == [entry.seq for entry in entries]
    assert [row["hash"] for row in found["entries"]] == [entry.hash.hex() for entry in entries]
    held = [seq for first, last in manifest["seqs"] for seq in range(first, last + 1)]
    assert held == [entry.seq for entry in entries]
    assert manifest["head"]["seq"] == (head.seq if head else 0)
    assert manifest["entries"] == len(entries)
    told = [int(row["seq"]) for row in found["events"]]
    assert told == facts[: len(told)]
    assert known_at is not None or told == facts
    behind = {row["event_id"] for row in found["entries"]}
    assert behind <= {row["event_id"] for row in found["events"]} | {""}


def test_no_text_begins_a_formula_and_amounts_stand_as_they_are(odd: str, tmp_path: Path) -> None:
    found, _manifest = tables(odd, tmp_path)
    for name, rows in found.items():
        for row in rows:
            for column, value in row.items():
                if not column.endswith("_cents"):
                    assert not value.startswith(("=", "+", "-", "@", "\t", "\r")), (name, column)
    memos = [row["memo"] for row in found["entries"]]
    assert {'\'=HYPERLINK("x")', "'+31 6", "'-1", "'@SUM(A1)", "'\tinspringen", "'\rregeleinde"} <= set(memos)
    assert odd_fund.MEMOS[0] in memos
    assert {row["actor"] for row in found["entries"]} >= {"'" + odd_fund.ACTOR}
    assert "'-dash" in {row["ref"] for row in found["holders"]}
    assert any(row["amount_cents"].startswith("-") for row in found["postings"])
    names = {row["ref"]: row["name"] for row in found["holders"]}
    assert names["gm0308"] == odd_fund.NAME.format(place="Baarn", number=2)


def test_a_fund_without_entries_and_a_year_without(sqlite_url: str, story_home: Path, tmp_path: Path) -> None:
    with founded(sqlite_url):
        found, manifest = tables(sqlite_url, tmp_path)
    assert (manifest["entries"], manifest["seqs"], manifest["head"]["seq"]) == (0, [], 0)
    assert [len(found[name]) for name in ("entries", "postings", "opening", "closing", "holders")] == [0] * 5
    assert len(found["accounts"]) == 22
    assert found["events"] != []
    url = f"sqlite:///{story_home / 'fund.db'}"
    found, manifest = tables(url, tmp_path, since=date(2027, 1, 1), until=date(2027, 12, 31))
    assert manifest["entries"] == 0
    assert found["opening"] == found["closing"] != []


def test_events_are_told_without_what_they_say(story_home: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{story_home / 'fund.db'}"
    found, _manifest = tables(url, tmp_path)
    with open_fund(url) as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
        facts = {one.event_id: one for one in snapshot.store.facts.all()}
    assert len(found["events"]) == len(facts)
    for row in found["events"]:
        one = facts[row["event_id"]]
        assert (row["type"], row["stream"], row["actor"]) == (one.type, one.stream, one.actor)
        assert row["hash"] == one.hash.hex()
        assert set(row) == {
            "seq", "event_id", "type", "stream", "effective_on", "occurred_at", "recorded_at", "actor",
            "on_behalf_of", "made_by", "command_id", "causation_id", "hash",
        }  # fmt: skip


def test_a_folder_in_use_days_turned_around_and_a_place_that_is_none_are_refused(
    story_home: Path, tmp_path: Path
) -> None:
    url = f"sqlite:///{story_home / 'fund.db'}"
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "a").write_text("a")
    (tmp_path / "file").write_text("a")
    for taken in ("used", "file"):
        with pytest.raises(ExportFolderInUse):
            exported(url, "csv", folder=str(tmp_path / taken))
    with pytest.raises(FileUnreadable):
        exported(url, "csv", folder=str(tmp_path / "file" / "below"))
    with pytest.raises(ExportTurnedAround):
        exported(url, "csv", folder=str(tmp_path / "new"), since=date(2026, 1, 2), until=date(2026, 1, 1))
    assert {path.name for path in tmp_path.iterdir()} == {"used", "file"}


def test_what_is_typed_is_answered_in_a_line(fund: Fund, story_home: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{story_home / 'fund.db'}"
    folder = tmp_path / "tables"
    words = ("export", "csv", "--from", "2025-01-01", "--to", "2025-12-31", "--output", folder)
    shown = fund(*words, database=url)
    assert (shown.code, shown.out, shown.err) == (0, f"{folder}: 27 entries\n", "")
    again = fund(*words, "--json", database=url)
    assert (again.code, again.json["error"]["code"]) == (1, "export_folder_in_use")


# ----------------------------------------------------------------------------------------------- one object a line


def test_some_days_as_objects_hold_the_same_entries_as_the_whole_ledger_and_say_which(
    story_home: Path, tmp_path: Path
) -> None:
    url = f"sqlite:///{story_home / 'fund.db'}"

    def lines(folder: str, name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (tmp_path / folder / f"{name}.jsonl").read_text("utf-8").splitlines()]

    exported(url, "jsonl", folder=str(tmp_path / "whole"))
    for folder, days in {"year": ("2025-01-01", "2025-12-31"), "none": ("2027-01-01", "2027-12-31")}.items():
        since, until = map(date.fromisoformat, days)
        manifest = exported(url, "jsonl", folder=str(tmp_path / folder), since=since, until=until)["manifest"]
        told = [one for one in lines("whole", "entries") if days[0] <= one["effective_on"] <= days[1]]
        assert lines(folder, "entries") == told
        held = [seq for first, last in manifest["seqs"] for seq in range(first, last + 1)]
        assert held == [one["seq"] for one in told]
        for name, said in manifest["files"].items():
            assert hashlib.sha256((tmp_path / folder / name).read_bytes()).hexdigest() == said
        assert {path.name for path in (tmp_path / folder).iterdir()} == {*manifest["files"], "manifest.json"}
        sides: Counter[tuple[str, str]] = Counter()
        for one in lines(folder, "opening"):
            sides.update({(one["code"], "debit"): one["debit_cents"], (one["code"], "credit"): one["credit_cents"]})
        for one in told:
            for code, _type, _layer, _currency, amount in one["legs"]:
                sides[code, "debit" if amount > 0 else "credit"] += abs(amount)
        for one in lines(folder, "closing"):
            assert (sides[one["code"], "debit"], sides[one["code"], "credit"]) == (
                one["debit_cents"],
                one["credit_cents"],
            )
