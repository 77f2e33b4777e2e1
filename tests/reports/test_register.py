"""The grants register: every decision on a grant is a row, its amounts are the ledger's, and nothing personal leaks."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fund.reports.cash import cash_of
from fund.reports.exports.grants import grants_of, organisation
from fund.reports.exports.register import REGISTER_FORMATS, columns, grounds, register
from fund.reports.forecasts.liquidity import made_from
from fund.unit_of_work import Snapshot
from tests.conftest import Fund
from tests.factories import founded
from tests.reports.open_data import CANARY, by_the_ledger, moments, seen, with_canaries
from tests.story import Told


def read(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV register as a spreadsheet reads them."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def told(rows: list[dict[str, Any]]) -> list[str]:
    """The rows in short."""
    return [
        f"{row['grant']} {row['kind']} {row['ground']} {row['extent']} {row['decided_on']}: "
        f"{row['change_cents'] // 100} -> {row['granted_cents'] // 100}, determined "
        f"{row['determined_cents'] and row['determined_cents'] // 100}, paid "
        f"{row['paid_cents'] and row['paid_cents'] // 100}"
        for row in rows
    ]


def test_the_register_of_the_story(story: Told) -> None:
    with seen(story.url) as snapshot:
        found = register(snapshot)
    assert told(found["rows"]) == [
        "2024-001 grant unconditional  2024-05-14: 60000 -> 60000, determined None, paid None",
        "2024-001 determination as_granted  2025-11-03: 0 -> 60000, determined 60000, paid 60000",
        "2024-002 grant unconditional  2024-05-14: 80000 -> 80000, determined None, paid None",
        "2024-002 revocation stop_rule part 2025-09-29: -40000 -> 40000, determined None, paid 40000",
        "2025-001 grant unconditional  2025-07-22: 24000 -> 24000, determined None, paid 24000",
        "2025-003 grant unconditional  2025-09-16: 50000 -> 50000, determined None, paid None",
        "2025-003 determination as_granted  2026-02-02: 0 -> 50000, determined 50000, paid 50000",
        "2026-001 grant unconditional  2026-04-14: 130000 -> 130000, determined None, paid 65000",
    ]
    first = found["rows"][0]
    assert (first["lead"], first["lead_name"]) == ("gm0308", "Gemeente Baarn")
    assert first["lead_uri"] == "https://identifier.overheid.nl/tooi/id/gemeente/gm0308"
    assert first["co_applicants"] == ["gm0312", "gm0342"]
    assert (first["scheme"], first["round"], first["round_title"]) == ("2024-1", "2024-1", "Voorjaar 2024")
    assert (first["starts_on"], first["ends_on"]) == ("2024-05-28", "2024-12-15")
    assert first["activities"][0] == "2024-09-30 Balie werkt in Baarn"
    assert first["theme_names"] == ["Digitalisering en technologische ontwikkeling"]
    assert found["fund"] == "Innovatiefonds Utrecht"


def test_on_an_earlier_day_later_decisions_are_not_there_yet(story: Told) -> None:
    with seen(story.url) as snapshot:
        before = register(snapshot, as_of=date(2024, 5, 20))
        assert [row["grant"] for row in before["rows"]] == ["2024-001", "2024-002"]
        row = before["rows"][0]
        assert (row["agreement"], row["starts_on"], row["ends_on"]) == ("", None, "2024-12-15")
        assert (row["paid_cents"], row["latest"]) == (0, "yes")
        assert register(snapshot, as_of=date(2024, 5, 13))["rows"] == []
        assert register(snapshot, known_at=0)["rows"] == []
        award = next(entry.seq for entry in snapshot.ledger.entries(kind="decision.approved"))
        assert [row["grant"] for row in register(snapshot, known_at=award)["rows"]] == ["2024-001"]


def test_before_the_first_entry_there_is_no_hash(story: Told) -> None:
    with seen(story.url) as snapshot:
        for found in (register(snapshot, known_at=0), made_from(snapshot, snapshot.today, 0)):
            assert found["head"] == {"seq": 0, "hash": "0" * 64}


def test_what_is_not_decided_or_was_rejected_is_not_in_it(story: Told) -> None:
    with seen(story.url) as snapshot:
        grants = {row["grant"] for row in register(snapshot)["rows"]}
        decided = {
            fact.fact.ref for fact in snapshot.store.facts.of_types(("decision.approved", "decision.conditional"))
        }
        drafted = {fact.fact.ref for fact in snapshot.store.facts.of_types(("proposal.drafted",))}
    assert grants == decided
    assert {"2024-003", "2024-004", "2024-005", "2025-002"} <= drafted - grants


def amounts_are_the_ledgers(snapshot: Snapshot, day: date, known_at: int | None) -> Counter[str]:
    """The amounts of the register against the postings, by proposal and in all; the kinds of row that were met."""
    rows = register(snapshot, as_of=day, known_at=known_at)["rows"]
    ledger = by_the_ledger(snapshot, as_of=day, known_at=known_at)
    granted: Counter[str] = Counter()
    unpaid: Counter[str] = Counter()
    for row in rows:
        granted[row["grant"]] += row["change_cents"]
        assert row["granted_cents"] == granted[row["grant"]] >= 0
        unpaid[row["grant"]] -= row["change_cents"] if row["ground"] == "not_paid" else 0
    last = [row for row in rows if row["latest"] == "yes"]
    assert len(last) == len({row["grant"] for row in rows})
    for row in last:
        ref = row["grant"]
        assert row["granted_cents"] + unpaid[ref] == ledger["awarded"][ref]  # turnover of 9000 by decisions
        assert row["granted_cents"] == ledger["open"][ref] + ledger["approved"][ref]  # C, before what came back unspent
        assert 0 <= row["refunded_cents"] <= row["paid_cents"] <= ledger["approved"][ref] or row["paid_cents"] == 0
    assert set(+ledger["awarded"]) <= {row["grant"] for row in last}
    assert sum(row["paid_cents"] for row in last) == cash_of(snapshot, as_of=day, known_at=known_at).paid
    return Counter(f"{row['kind']} {row['ground']}" for row in rows)


def test_amounts_are_those_of_the_ledger_on_any_day_as_known_at_any_entry(random_funds: list[str], story: Told) -> None:
    rng = random.Random(36)
    met: Counter[str] = Counter()
    for url in [*random_funds, story.url]:
        with seen(url) as snapshot:
            for day, known_at in moments(snapshot, rng, 3):
                met += amounts_are_the_ledgers(snapshot, day, known_at)
    assert set(met) >= {"grant unconditional", "revocation stop_rule", "determination as_granted"}, met


def test_what_was_claimed_back_and_refunded_is_told_apart(random_funds: list[str]) -> None:
    refunded = 0
    for url in random_funds:
        with seen(url) as snapshot:
            told = grants_of(snapshot, as_of=date(9000, 1, 1))
            facts = snapshot.store.facts.of_types(("disbursement.refunded",))
            back = sum(fact.fact.receipt_cents - fact.fact.surplus_cents for fact in facts)  # type: ignore[attr-defined]
            assert sum(grant.refunded_cents for grant in told.grants) == back
            refunded += back
            for grant in told.grants:
                for row in grant.rows:
                    assert (row.determined_cents is None) is (row.kind != "determination")
                    if row.determined_cents is not None:
                        assert row.determined_cents + row.reclaimed_cents == row.granted_cents
                    if row.kind == "revocation":
                        assert row.extent == ("part" if row.granted_cents else "whole")
    assert refunded > 0


# --------------------------------------------------------------------------------------------------------- the file


def test_columns_and_grounds_are_those_that_are_explained(random_funds: list[str], story: Told) -> None:
    explained = {(each["kind"], each["ground"]) for each in grounds()}
    for url in [*random_funds, story.url]:
        with seen(url) as snapshot:
            found = register(snapshot)
        for row in found["rows"]:
            assert list(row) == [each["column"] for each in columns()]
            assert (row["kind"], row["ground"]) in explained
            for each in columns():
                value = row[each["column"]]
                if each["kind"] in ("count", "cents"):
                    assert value is None or type(value) is int
                elif each["kind"] == "texts":
                    assert type(value) is list
                elif each["kind"] == "day" and value:
                    assert date.fromisoformat(value)
    assert all(each["nl"] and each["en"] for each in (*columns(), *grounds()))


COLUMNS = (
    "grant,row,kind,woo_kind,ground,extent,decided_on,scheme,round,round_title,agreement,lead,lead_name,lead_uri,"
    "co_applicants,co_applicant_names,co_applicant_uris,title,question,activities,themes,theme_names,starts_on,ends_on,"
    "requested_cents,change_cents,granted_cents,determined_cents,reclaimed_cents,paid_cents,refunded_cents,latest,fact"
)
"""The order that was promised."""


def test_the_file_is_what_the_query_says(fund: Fund, story: Told, tmp_path: Path) -> None:
    path, other = tmp_path / "register.csv", tmp_path / "register.json"
    done = fund("export", "register", "--output", path, "--as-of", "2026-10-30", database=story.url)
    assert done.code == 0
    assert " ".join(done.out.split()) == (
        f"{path}: EUR 304,000.00 granted and EUR 239,000.00 paid until 30 October 2026 (grants: 5, rows: 8)"
    )
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf" + COLUMNS.encode() + b"\r\n")
    fund("export", "register", "--format", "json", "--output", other, "--as-of", "2026-10-30", database=story.url)
    whole = json.loads(other.read_text())
    assert whole["schema_version"] == 1
    assert [each["column"] for each in whole["columns"]] == COLUMNS.split(",")
    rows = read(content)
    assert len(rows) == len(whole["rows"])
    for cells, row in zip(rows, whole["rows"], strict=True):
        for name, value in row.items():
            assert cells[name] == ("; ".join(value) if isinstance(value, list) else "" if value is None else str(value))
    again = fund("export", "register", "--output", "-", "--as-of", "2026-10-30", database=story.url)
    assert (again.out.encode(), again.err) == (content, "")
    said = ("--as-of", "2026-10-30", "--force", "--json")
    answer = fund("export", "register", "--output", path, *said, database=story.url).json
    assert (answer["row_count"], answer["grant_count"], answer["granted_cents"]) == (8, 5, 30_400_000)


def test_an_empty_fund_has_an_empty_register(database_url: str) -> None:
    with founded(database_url) as world, world.snapshot() as snapshot:
        found = register(snapshot)
    assert (found["rows"], found["known_at"]) == ([], 0)
    assert REGISTER_FORMATS["csv"](found) == b"\xef\xbb\xbf" + COLUMNS.encode() + b"\r\n"
    assert json.loads(REGISTER_FORMATS["json"](found))["rows"] == []


@pytest.mark.parametrize("text", ["=1+1", "+31", "-2", "@som", "\t=1", "\r=1", "  =HYPERLINK(1)"])
def test_no_cell_starts_a_formula(story: Told, text: str) -> None:
    with seen(story.url) as snapshot:
        found = register(snapshot)
    found["rows"][0] |= {"title": text, "co_applicant_names": [text], "round_title": f'{text}", "b'}
    first = read(REGISTER_FORMATS["csv"](found))[0]
    assert first["title"] == "'" + text
    assert first["co_applicant_names"] == "'" + text
    assert first["round_title"] == f'\'{text}", "b'
    assert first["change_cents"] == "6000000"  # the rest of the row stays where it was


def test_names_with_commas_and_apostrophes_stay_whole(story: Told) -> None:
    with seen(story.url) as snapshot:
        found = register(snapshot)
    name = 'Waterschap Amstel, Gooi en Vecht; "\'s-Graveland"'
    found["rows"][0] |= {"lead_name": name, "question": "Regel een,\r\nregel twee"}
    rows = read(REGISTER_FORMATS["csv"](found))
    assert (rows[0]["lead_name"], rows[0]["question"]) == (name, "Regel een,\r\nregel twee")
    assert len(rows) == 8


def test_the_uris_are_those_of_the_register_of_governments(story: Told) -> None:
    partners = Path(__file__).parents[2] / "fund" / "data" / "partners.csv"
    with partners.open(encoding="utf-8") as file, seen(story.url) as snapshot:
        for row in csv.DictReader(file):
            assert organisation(snapshot, row["id"]) == (row["naam"], row["tooi_uri"])
        assert organisation(snapshot, "drukkerij") == ("drukkerij", "")


# ----------------------------------------------------------------------------------------------------- nothing personal


@pytest.mark.parametrize("form", ["csv", "json"])
def test_nothing_personal_and_no_words_of_people_but_title_question_and_milestones(
    fund: Fund, story_home: Path, tmp_path: Path, form: str
) -> None:
    path = tmp_path / f"register.{form}"
    url = f"sqlite:///{story_home / 'fund.db'}"
    before = fund("export", "register", "--format", form, "--output", "-", database=url).out.encode()
    assert with_canaries(story_home / "fund.db") > (500 if form == "csv" else 0)
    assert fund("export", "register", "--format", form, "--output", path, database=url).code == 0
    written = path.read_text(encoding="utf-8")
    assert CANARY not in written
    assert not re.search(r"usr_|NL\d\d[A-Z]{4}\d|anna|bram|fatima", written)
    assert "Balie werkt in Baarn" in written
    assert path.read_bytes() == before
