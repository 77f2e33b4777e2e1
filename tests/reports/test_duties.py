"""Segregation of duties as an export: who did what, what was compared, what is wrong, as ``facts.hands`` finds it."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import stat
from collections import Counter
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from fund.checks import verify
from fund.commands.opening import Fund as Opened
from fund.commands.opening import open_fund
from fund.database import writing
from fund.events import FACTS, Envelope
from fund.reports.exports.duties import COLUMNS, DUTIES, duties
from fund.store import Store, seal_event
from fund.unit_of_work import Snapshot
from tests.conftest import Fund
from tests.factories import founded
from tests.reports.open_data import CANARY, seen, with_canaries
from tests.story import Told


def read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_nothing_is_found_in_the_story_and_the_file_is_its_readers_alone(
    fund: Fund, story: Told, tmp_path: Path
) -> None:
    path = tmp_path / "duties.csv"
    done = fund("export", "duties", "--output", path, "--as-of", "2026-10-30", database=story.url)
    assert (done.code, done.err) == (0, "")
    assert "findings: 0" in done.out
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().startswith(b"\xef\xbb\xbf" + ",".join(COLUMNS).encode() + b"\r\n")
    rows = read(path.read_bytes())
    answer = fund(
        "export", "duties", "--output", path, "--force", "--json", "--as-of", "2026-10-30", database=story.url
    ).json
    kinds = Counter(row["record"] for row in rows)
    assert kinds == {"act": answer["act_count"], "pair": answer["pair_count"]}
    assert {row["rule"] for row in rows if row["record"] == "pair"} == set("abcde")
    assert {row["ok"] for row in rows if row["record"] == "pair"} == {"yes"}
    assert all(rule["found"] == 0 and rule["compared"] for rule in answer["rules"])


def test_a_disbursement_of_the_story_was_asked_checked_approved_and_sent_by_five(story: Told) -> None:
    with seen(story.url) as snapshot:
        found = duties(snapshot, ref="D2024-0002")
    assert {each["case"] for each in (*found["acts"], *found["pairs"])} == {"D2024-0002", "S2024-001"}
    acts = [each for each in found["acts"] if each["case"] == "D2024-0002"]
    assert [(each["duty"], each["name"], each["counts_as"], each["command"]) for each in acts] == [
        ("asked", "tekent-ws0636", "ws0636", "disbursement request"),
        ("checked", "anna", "", "disbursement check"),
        ("approved", "bram", "", "disbursement approve"),
        ("recorded", "fondsbeheerder-2", "", "payment batch"),
        ("made", "penningmeester-2", "", "payment send"),
        ("sent", "penningmeester-3", "", "confirm"),
    ]
    assert acts[1]["roles"] == ["fund_manager"]
    compared = [each for each in found["pairs"] if each["case"] == "D2024-0002" and each["rule"] == "c"]
    four = ["tekent-ws0636", "anna", "bram", "penningmeester-2", "penningmeester-3"]
    assert {(each["name"], each["other_name"]) for each in compared} == {
        (later, sooner) for n, later in enumerate(four) for sooner in four[:n] if (later, sooner) != tuple(four[:2:-1])
    }  # whoever made the batch and whoever let it go are a pair of (a)
    assert all(each["ok"] for each in compared)


def chains_differ(snapshot: Snapshot) -> int:
    """No findings, and the pairs are those that a count of our own gives; how many of (c) there are."""
    found = duties(snapshot)
    assert found["findings"] == []
    facts: list[Envelope] = list(snapshot.store.facts.all())
    made = [(fact.seq, fact.actor, fact.made_by) for fact in facts if fact.made_by]
    assert sorted((each["fact"], each["person"], each["other"]) for each in found["pairs"] if each["rule"] == "a") == (
        sorted(set(made))
    )
    assert all(actor != maker for _seq, actor, maker in made)
    steps: dict[str, list[str]] = {}
    pairs: Counter[str] = Counter()
    for fact in facts:
        if fact.type in ("disbursement.requested", "disbursement.checked", "disbursement.approved"):
            acting = [fact.actor] if fact.actor != "system" else []
            done = steps.setdefault(fact.fact.ref, [])
            pairs[fact.fact.ref] += len(acting) * len(set(done))
            assert not set(acting) & set(done)
            done += acting
        elif fact.type == "payment.sent":
            for line in fact.fact.lines:  # type: ignore[attr-defined]
                if line.kind == "disbursement":
                    pairs[line.ref] += 2 * len(set(steps[line.ref]))
                    assert not {fact.actor, fact.made_by} & set(steps[line.ref])
    told = Counter(
        each["case"] for each in found["pairs"] if (each["rule"], each["case_kind"]) == ("c", "disbursement")
    )
    assert told == +pairs
    return sum(told.values())


def test_random_funds_have_no_finding_and_the_pairs_are_those_that_we_count(random_funds: list[str]) -> None:
    compared = 0
    for url in random_funds[::3]:
        with seen(url) as snapshot:
            compared += chains_differ(snapshot)
    assert compared > 50


# -------------------------------------------------------------------------------------------------- what is planted


def planted(fund: Opened, type: str, changes: dict[str, Any], *, of: str = "", actor: str, made_by: str = "") -> int:
    """A fact that a foreign client forged, sealed as it must be, after the last one; its number.

    Args:
        of: The ref of the latest fact of this type that it is a copy of.
        changes: What its payload says otherwise.
        actor, made_by: Names of users.
    """
    with writing(fund.engine) as connection:
        store = Store(connection)
        copied = next(each for each in reversed(list(store.facts.of_types((type,)))) if not of or each.fact.ref == of)
        people = {name: user for user, name in store.work.names().items()}
        words = list(store.work.command_words())
        said = copied.fact.model_validate({**copied.fact.model_dump(mode="json"), **changes})
        head = store.facts.head()
        now = int(head.recorded_at.timestamp() * 1_000_000)

        def command(name: str) -> str | None:
            return next(given for user, given in words if user == people[name]) if name else None

        fields: dict[str, Any] = {
            "seq": head.seq + 1, "event_id": f"evt_forged{head.seq}", "stream": said.stream, "type": type,
            "schema_version": 1, "occurred_us": now, "recorded_us": now,
            "effective_on": copied.effective_on.isoformat(), "actor": people[actor], "on_behalf_of": None,
            "command_id": command(actor), "made_by": people[made_by] if made_by else None,
            "made_command_id": command(made_by), "causation_id": None, "payload": said.payload(),
        }  # fmt: skip
        row = {**fields, "prev_hash": head.hash, "hash": seal_event(head.hash, fields)}
        names = ", ".join(row)
        connection.execute(
            sa.text(f"insert into event ({names}) values ({', '.join(':' + name for name in row)})"), row
        )
        return head.seq + 1


@pytest.fixture(scope="module")
def forged(story_home: Path) -> tuple[str, dict[str, int]]:
    """The story with a fact against each letter of G7, each sealed as it must be; their numbers by letter."""
    url = f"sqlite:///{story_home / 'fund.db'}"
    with open_fund(url) as opened:
        with writing(opened.engine) as connection:
            people = {name: user for user, name in Store(connection).work.names().items()}
            scored = next(iter(Store(connection).facts.of_types(("review.closed",)))).fact
        vote = {"voter": scored.scores[0].reviewer, "choice": "for", "salt": "zout"}  # type: ignore[attr-defined]
        cancelled = {"amount_cents": 1, "repayable_cents": 1, "grant_cents": 0}
        numbers = {
            "a": planted(opened, "period.locked", {}, actor="bram", made_by="bram"),
            "b": planted(opened, "milestone.accepted", {}, of="A2024-002-1", actor="tekent-ws0636"),
            "c": planted(opened, "disbursement.approved", cancelled, of="D2024-0002", actor="anna"),
            "d": planted(opened, "decision.approved", {"votes": [vote]}, of=scored.ref, actor="fondsbeheerder-2"),
            "e": planted(
                opened, "user.added", {"ref": people["joost"], "roles": ["auditor", "treasurer"]}, actor="petra"
            ),
        }
    return url, numbers


def test_a_forged_fact_against_each_rule_is_found(
    fund: Fund, forged: tuple[str, dict[str, int]], tmp_path: Path
) -> None:
    url, numbers = forged
    path = tmp_path / "duties.json"
    done = fund("export", "duties", "--format", "json", "--output", path, database=url)
    assert done.code == 3
    whole = json.loads(path.read_text())
    assert {each["rule"]: each["fact"] for each in whole["findings"]} == numbers
    sentences = {each["rule"]: each["what"] for each in whole["findings"]}
    assert sentences["c"] == "anna acted before in the same chain of D2024-0002"
    assert sentences["e"] == "joost is auditor + treasurer at once"
    wrong = [each for each in whole["pairs"] if not each["ok"]]
    assert {each["rule"]: each["fact"] for each in wrong} == numbers
    assert {each["found"] for each in whole["rules"]} == {1}
    assert "anna acted before in the same chain of D2024-0002" in " ".join(done.out.split())
    with open_fund(url) as opened:
        checks = {check["name"]: check for check in verify(opened.engine)["checks"]}
    assert not checks["facts.hands"]["ok"]
    assert len(checks["facts.hands"]["findings"]) == 5


def test_what_is_found_stands_in_the_table_and_each_case_has_its_own(
    fund: Fund, forged: tuple[str, dict[str, int]]
) -> None:
    url, numbers = forged
    done = fund("export", "duties", "--output", "-", database=url)
    assert done.code == 3
    rows = read(done.out.encode())
    assert {row["rule"]: row["fact"] for row in rows if row["record"] == "finding"} == {
        rule: str(seq) for rule, seq in numbers.items()
    }
    one = fund("export", "duties", "--case", "D2024-0002", "--output", "-", database=url)
    assert one.code == 3
    assert [row["rule"] for row in read(one.out.encode()) if row["record"] == "finding"] == ["c"]
    other = fund("export", "duties", "--case", "D2024-0001", "--output", "-", database=url)
    assert (other.code, [row for row in read(other.out.encode()) if row["record"] == "finding"]) == (0, [])


# -------------------------------------------------------------------------------------------------------- the rest


def test_a_case_is_told_with_everything_that_touches_it(fund: Fund, story: Told, tmp_path: Path) -> None:
    with seen(story.url) as snapshot:
        whole, one = duties(snapshot), duties(snapshot, ref="2024-002")
        facts = {fact.seq for fact in snapshot.store.facts.of_stream("proposal/2024-002")}
        assert {each["fact"] for each in one["acts"]} == {each["fact"] for each in whole["acts"]} & facts
        assert {"agreement", "disbursement", "batch", "decision", "writeoff"} <= {
            each["case_kind"] for each in one["acts"]
        }
        assert "signed" in {each["duty"] for each in one["acts"]}
        early = duties(snapshot, as_of=date(2024, 5, 1))
        assert {each["effective_on"] for each in early["acts"]} <= {each["effective_on"] for each in whole["acts"]}
        assert max(each["effective_on"] for each in early["acts"]) <= "2024-05-01"
    path = tmp_path / "duties.csv"
    shown = fund("export", "duties", "--case", "D2024-0002", "--output", path, database=story.url)
    acts = [line.split()[-2:] for line in shown.out.partition("Segregation")[0].splitlines() if "2024-09-" in line]
    assert acts == [
        ["asked", "tekent-ws0636"], ["checked", "anna"], ["approved", "bram"], ["recorded", "fondsbeheerder-2"],
        ["made", "penningmeester-2"], ["sent", "penningmeester-3"],
    ]  # fmt: skip
    path.unlink()
    done = fund("export", "duties", "--case", "2099-001", "--output", path, "--json", database=story.url)
    assert (done.code, done.json["error"]["code"]) == (1, "unknown_ref")
    assert not path.exists()


def test_without_names_nobody_is_named_and_words_of_people_never_are(fund: Fund, story: Told, tmp_path: Path) -> None:
    home = tmp_path / "kopie.db"
    with closing(sqlite3.connect(story.url.removeprefix("sqlite:///"))) as kept, closing(sqlite3.connect(home)) as copy:
        kept.backup(copy)
    url = f"sqlite:///{home}"
    before = fund("export", "duties", "--without-names", "--output", "-", database=url)
    assert with_canaries(home) > 500
    after = fund("export", "duties", "--without-names", "--output", "-", database=url)
    assert (after.code, after.out) == (0, before.out)
    assert CANARY not in after.out
    with closing(sqlite3.connect(home)) as copy:
        copy.execute("update person set name = '=1+1, \"' || user_id")
        copy.commit()
    named = read(fund("export", "duties", "--output", "-", database=url).out.encode())
    assert {row["name"] for row in named if row["record"] == "act"} == {
        f"'=1+1, \"{row['person']}" for row in named if row["record"] == "act"
    }


def test_every_duty_is_of_facts_that_exist_and_of_each_once() -> None:
    wires = [wire for group in DUTIES.values() for wire in group]
    assert Counter(wires).most_common(1)[0][1] == 1
    assert set(wires) <= set(FACTS)
    votes = {wire for wire in FACTS if wire.endswith((".voted", ".vote_sealed"))}
    assert votes == set(DUTIES["voted"])


def test_a_fund_that_was_just_founded_has_no_finding(database_url: str) -> None:
    with founded(database_url) as world, world.snapshot() as snapshot:
        found = duties(snapshot)
    assert (found["findings"], found["case"]) == ([], None)
    assert [each["rule"] for each in found["pairs"]] == ["e"]
