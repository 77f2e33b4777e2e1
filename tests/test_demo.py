"""``fund demo``: the same story, entry hashes included, on any database, with workers or without, in both languages."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from fund.checks import verify
from fund.commands.founding import found_fund
from fund.commands.opening import open_fund
from fund.commands.querying import ask_named
from fund.database import create_engine, reading, writing
from fund.demo.capital import founding, paying_in, rules_of_the_story
from fund.demo.ideas import more_leads
from fund.demo.invariants import broken
from fund.demo.large_round import APPROVED, DEFERRED, DOZEN, RETURNED
from fund.demo.learning import light_round
from fund.demo.money import payee
from fund.demo.play import play
from fund.demo.stage import Stage, iban_of, office_hour
from fund.ledger import Ledger
from fund.registry import PROJECTIONS
from fund.schemas.reviews import Review
from fund.store import CaseRow, CaseStore, Store
from fund.unit_of_work import BOOK, Snapshot
from tests.conftest import Fund
from tests.hints import unwatched
from tests.story import Told, in_folder

ENGLISH = re.compile(
    r"\b(the|and|with|from|their|which|waits|confirms|pays|says|are|by|comes|does not)\b", re.IGNORECASE
)
"""Words that stand in an English sentence and in no Dutch one."""
MONEY = ("1000", "1100", "1200", "1290", "2000", "2100", "3000", "4000", "4200", "9000")


@dataclass(frozen=True, slots=True)
class Books:
    """What a fund comes down to: its trial balance, and the hashes of its entries and of its facts."""

    trial_balance: tuple[tuple[str, int, int], ...]
    entries: tuple[str, ...]
    facts: str


def books_of(told: Told) -> Books:
    """The books of a story."""
    engine = create_engine(told.url)
    try:
        with reading(engine) as connection:
            ledger = Ledger.open(connection, book=BOOK)
            rows = tuple((row.code, row.debit_cents, row.credit_cents) for row in ledger.trial_balance())
            hashes = tuple(entry.hash.hex() for entry in ledger.entries())
            facts = hashlib.sha256(b"".join(bytes(row.hash) for row in Store(connection).facts.rows())).hexdigest()
            return Books(rows, hashes, facts)
    finally:
        engine.dispose()


def shown(told: Told, name: str, **args: Any) -> dict[str, Any]:
    """What a reading command shows the auditor of the fund of a story."""
    with open_fund(told.url) as fund:
        return ask_named(fund, name, args, user="joost")


# ------------------------------------------------------------------------------------------------------ the same story


def test_the_same_seed_is_the_same_story_in_another_language(story: Told, tmp_path: Path) -> None:
    again = in_folder(tmp_path / "again", lang="en")

    assert books_of(again) == books_of(story)
    assert again.lines != story.lines
    assert len(again.lines) == len(story.lines)


def test_another_seed_gives_other_hashes_and_the_same_balances(story: Told, tmp_path: Path) -> None:
    other = books_of(in_folder(tmp_path / "other", more=("--seed", "7")))
    first = books_of(story)

    assert other.trial_balance == first.trial_balance
    assert len(other.entries) == len(first.entries)
    assert set(other.entries).isdisjoint(first.entries)
    assert other.facts != first.facts


def test_two_workers_on_postgresql_tell_the_same_story(story: Told, empty_postgres_url: str, redis_url: str) -> None:
    words = ("demo", "--database", empty_postgres_url, "--broker", redis_url)
    running = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "--lang", "en", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    workers: set[str] = set()
    try:
        while running.poll() is None and len(workers) < 2:
            time.sleep(0.2)
            workers |= _workers_of(empty_postgres_url)
        _out, err = running.communicate(timeout=300)
    finally:
        running.kill()
        running.wait()

    assert (running.returncode, err) == (0, "")
    assert len(workers) == 2
    told = Told(empty_postgres_url, ())
    assert books_of(told) == books_of(story)
    assert _workers_of(empty_postgres_url) == set()  # they said goodbye
    _sound(told)


def _workers_of(url: str) -> set[str]:
    """The workers that gave a sign of life and did not say goodbye; none before the tables are there."""
    engine = create_engine(url)
    try:
        with reading(engine) as connection:
            return {row.worker_id for row in Store(connection).deliveries.workers()}
    except Exception:  # the database is being made
        return set()
    finally:
        engine.dispose()


def _sound(told: Told) -> None:
    engine = create_engine(told.url)
    try:
        found = verify(engine)
    finally:
        engine.dispose()
    assert [finding for check in found["checks"] for finding in check["findings"]] == []
    assert found["ok"]


# -------------------------------------------------------------------------------------------------- what it has in it


def test_every_check_is_clean_at_the_end(story: Told) -> None:
    _sound(story)


def test_nine_proposals_end_in_at_least_five_ways(story: Told) -> None:
    proposals = shown(story, "proposal list")["proposals"]
    assert len(proposals) == 9
    assert len({proposal["state"] for proposal in proposals}) >= 5
    assert {"rejected", "ineligible", "withdrawn", "lapsed", "agreed"} == {proposal["state"] for proposal in proposals}
    agreements = shown(story, "agreement list")["agreements"]
    assert {"active", "completed", "closed"} == {agreement["state"] for agreement in agreements}


def test_it_runs_over_three_years_and_two_are_closed(story: Told) -> None:
    periods = {period["period"]: period["state"] for period in shown(story, "period list")["periods"]}
    assert {year: periods.get(year) for year in ("2024", "2025", "2026")} == {
        "2024": "closed", "2025": "closed", "2026": None,
    }  # fmt: skip
    assert all(periods[f"{year}-{month:02d}"] == "closed" for year in (2024, 2025) for month in range(1, 13))
    assert periods["2026-09"] == "locked"


def test_every_chapter_of_money_has_its_entries(story: Told) -> None:
    engine = create_engine(story.url)
    try:
        with reading(engine) as connection:
            ledger = Ledger.open(connection, book=BOOK)
            kinds = {entry.kind for entry in ledger.entries()}
            moved = {row.code.split(".")[0] for row in ledger.trial_balance()}
    finally:
        engine.dispose()
    assert kinds >= {
        "contribution.called", "receipt.recorded", "contribution.received", "decision.approved",
        "disbursement.approved", "payment.sent", "payment.settled", "payment.returned", "receipt.allocated",
        "allowance.adjusted", "agreement.terminated", "writeoff.posted", "closing",
    }  # fmt: skip
    assert set(MONEY) <= moved


def test_a_learning_writeoff_of_a_refuted_hypothesis_is_part_of_it(story: Told) -> None:
    [lost] = shown(story, "writeoff list")["writeoffs"]
    assert (lost["ground"], lost["state"]) == ("learning", "posted")
    assert shown(story, "statement position")["learning_writeoffs_cents"] == lost["posted_cents"] > 0


def test_all_of_it_was_done_under_the_rules(story: Told) -> None:
    refusals = shown(story, "event list", type="command.refused")["events"]
    assert len(refusals) >= 3


def test_the_dutch_story_has_no_english_sentence(story: Told) -> None:
    english = [line for line in story.lines if ENGLISH.search(_without_codes(line))]
    assert english == []
    assert len(story.lines) > 60


def _without_codes(line: str) -> str:
    """A line without commands, codes in brackets and quoted titles, which are no sentences."""
    return re.sub(r"\[[a-z_]+\]|fund [a-z -]+|\"[^\"]*\"", "", line)


def test_its_lines_end_with_position_and_verification(story: Told) -> None:
    with_numbers = [line for line in story.lines[-8:] if re.search(r"\b0 verschillen\b", line)]
    assert with_numbers, story.lines[-8:]


# ------------------------------------------------------------------------------------------------------- a large round

COUNTED = ("proposal", "review", "decision", "agreement", "round", "disbursement", "partner")
"""Kinds of which documents are opened in a round."""


@contextmanager
def founded_and_paid(folder: Path) -> Iterator[Stage]:
    """The first two chapters of the story: a fund with money, and a stage."""
    begins = office_hour(date(2024, 1, 8))
    url = f"sqlite:///{folder / 'fund.db'}"
    people = {"admin": "petra", "fund_manager": "anna", "treasurer": "bram"}
    rules = rules_of_the_story()
    found_fund(url, name="Fonds", **people, on=date(2024, 1, 1), rules=rules, held_clock=begins, lock_step=True)
    with open_fund(url) as fund:
        stage = Stage(fund, 2024, lambda _line: None, now=begins)
        founding(stage)
        paying_in(stage)
        yield stage


def counted(folder: Path, others: int) -> Counter[str]:
    """How many statements a round with so many others takes, and how many documents of each kind it opens."""
    found: Counter[str] = Counter()
    find, get = CaseStore.find, CaseStore.get

    def counting_find(self: CaseStore, kind: str, **conditions: Any) -> list[CaseRow]:
        rows = find(self, kind, **conditions)
        found[kind] += len(rows)
        return rows

    def counting_get(self: CaseStore, stream: str) -> CaseRow | None:
        found[stream.partition("/")[0]] += 1
        return get(self, stream)

    folder.mkdir()
    with founded_and_paid(folder) as stage, pytest.MonkeyPatch.context() as patch:
        patch.setattr(CaseStore, "find", counting_find)
        patch.setattr(CaseStore, "get", counting_get)
        sa.event.listen(stage.fund.engine, "before_cursor_execute", lambda *_about: found.update(["statements"]))
        light_round(stage, others=others)
    return found


def test_twice_as_many_proposals_take_twice_as_many_statements_and_documents(tmp_path: Path) -> None:
    with unwatched():  # what types advice asks too
        none, dozen, two = (counted(tmp_path / str(others), others) for others in (0, 12, 24))
    for what in ("statements", *COUNTED):
        assert two[what] - none[what] <= 2.3 * (dozen[what] - none[what]), what
    assert dozen["statements"] - none["statements"] > 1_000  # the measure is awake
    assert dozen["proposal"] - none["proposal"] > 100


def test_in_a_large_round_proposals_live_every_kind_of_life(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with founded_and_paid(tmp_path) as stage:
        stage.reach = lambda done, total: told.append((done, total))
        light_round(stage, others=24)
        ask, engine = stage.ask, stage.fund.engine
        states = Counter(each["state"] for each in ask("proposal list", "joost", round="2025-1")["proposals"])
        leads = {each["lead_partner"] for each in ask("proposal list", "joost", round="2025-1")["proposals"]}
        paid = Counter(each["state"] for each in ask("disbursement list")["disbursements"])
        facts = Counter(each["type"] for each in ask("event list", "joost", type="decision.deferred")["events"])
        with Snapshot.open(engine, PROJECTIONS) as snapshot:
            assert broken(snapshot) == []
            seats = Counter(seat.reviewer for review in snapshot.cases(Review) for seat in review.panel)
            returned = [fact.fact.ref for fact in snapshot.store.facts.of_types(("proposal.resubmitted",))]
    _sound(Told(f"sqlite:///{tmp_path / 'fund.db'}", ()))
    assert states == {"agreed": 7, "rejected": 12, "ineligible": 2, "withdrawn": 2, "draft": 2}
    assert paid == {"paid": 7}
    assert facts["decision.deferred"] == 2
    assert len(returned) == 2
    assert len(leads) > 15
    assert len(seats) > 10
    assert max(seats.values()) < states["agreed"] + states["rejected"], "nobody sits in every panel"
    assert told == sorted(told)
    assert told[-1] == (8 * 24, 8 * 24)


def test_a_longer_story_plays_to_its_end(tmp_path: Path) -> None:
    told = in_folder(tmp_path / "lang", more=("--proposals", "20"))
    _sound(told)
    with open_fund(told.url) as fund:
        assert len(ask_named(fund, "proposal list", user="joost")["proposals"]) == 20


def test_who_was_paid_before_keeps_its_account_in_a_large_round(tmp_path: Path) -> None:
    # Given: everybody who leads a proposal of the round was paid before it, one on another account than its own
    leads = more_leads(12, DOZEN, (APPROVED, RETURNED, DEFERRED))
    with founded_and_paid(tmp_path) as stage:
        for number, lead in enumerate(leads):
            payee(stage, lead, iban="" if number else iban_of(2_002))
        before = stage.ask("payee list")["payees"]
        # When, Then: the round is played, and nothing is recorded for them again
        light_round(stage, others=12)
        after = stage.ask("payee list")["payees"]
    assert {each["partner"] for each in before} == set(leads)
    assert {each["ref"] for each in before} < {each["ref"] for each in after}
    assert max(Counter(each["partner"] for each in after).values()) == 1


def test_what_is_not_as_it_must_be_is_told(tmp_path: Path) -> None:
    with founded_and_paid(tmp_path) as stage:
        light_round(stage, others=2)
        with writing(stage.fund.engine) as connection:
            connection.execute(sa.text("update sealed set opened = :no where kind = 'score'"), {"no": False})
            change = (
                """update case_file set state = 'suspended', document = replace(document, '"award_cents":2400000',"""
                """ '"award_cents":2400100') where kind = 'agreement' and ref = 'A2025-001'"""
            )
            assert connection.exec_driver_sql(change).rowcount == 1
        with Snapshot.open(stage.fund.engine, PROJECTIONS) as snapshot:
            found = broken(snapshot)
    assert found[0] == "2025-001: EUR 0.00 is committed, EUR 1.00 was awarded and not yet disbursed"
    assert {each.partition(":")[2] for each in found[1:]} == {" closed and not opened"}


# ----------------------------------------------------------------------------------------------------------- refusals


def test_a_story_that_is_broken_off_leaves_a_fund_whose_clock_runs(tmp_path: Path) -> None:
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        if len(told) == 20:
            raise KeyboardInterrupt

    url = f"sqlite:///{tmp_path / 'fund.db'}"
    with pytest.raises(KeyboardInterrupt):
        play(url, tell=tell)
    with open_fund(url) as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
        assert snapshot.store.work.setting("held_clock_us") is None
        assert snapshot.store.work.setting("lock_step") is None


def test_a_folder_that_is_not_empty_is_refused_and_stays_as_it_was(fund: Fund, tmp_path: Path) -> None:
    (tmp_path / "notities.txt").write_text("van mij")
    result = fund("demo", "--home", tmp_path)
    assert result.code == 1
    assert result.err.startswith("error[folder_not_empty]:")
    assert str(tmp_path) in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["notities.txt"]


def test_a_file_is_no_folder(fund: Fund, tmp_path: Path) -> None:
    place = tmp_path / "notities.txt"
    place.write_text("van mij")
    result = fund("demo", "--home", place)
    assert result.code == 1
    assert result.err.startswith("error[not_a_folder]:")
    assert place.read_text() == "van mij"


def test_a_fund_that_is_there_is_never_played_over(fund: Fund, story: Told) -> None:
    before = books_of(story)
    result = fund("demo", "--json", database=None, env={"FUND_DATABASE": story.url})
    assert result.code == 1
    assert json.loads(result.err)["error"]["code"] == "fund_exists"
    assert books_of(story) == before
