"""Looking back and looking in: evaluation, writeoff, period, ledger, statement, verify, status as they are typed."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from fund.database import create_engine
from tests.factories import founded
from tests.workflows.looking_back import AGREEMENT, EVALUATION, came_in, evaluated, posted, until_completed

W1 = f"{AGREEMENT}-W1"


@pytest.fixture
def told(sqlite_url: str) -> str:
    """A fund whose experiment was written off as learning; the URL of its database."""
    with founded(sqlite_url) as world:
        until_completed(world)
        evaluated(world)
        posted(world)
    return sqlite_url


def test_from_evaluation_to_write_off_as_people_type_it(fund: Any, database_url: str, tmp_path: Path) -> None:
    with founded(database_url) as world:
        until_completed(world)
    path = tmp_path / "evaluatie.toml"
    path.write_text(EVALUATION, encoding="utf-8")
    at: dict[str, Any] = {"database": database_url}
    waiting = fund("inbox", "--json", user="fatima", **at).json["items"]
    assert f"fund evaluation submit {AGREEMENT} FILE" in [item["command"] for item in waiting]
    done = fund("evaluation", "submit", AGREEMENT, path, user="fatima", **at)
    assert (done.code, "with 2 lessons" in done.out) == (0, True)
    assert fund("evaluation", "peer-review", AGREEMENT, "--learning", 3, user="rosa", **at).code == 0
    assert fund("evaluation", "peer-review", AGREEMENT, "--learning", 3, user="ruud", **at).code == 0
    accepted = fund("evaluation", "accept", AGREEMENT, user="carla", **at)
    assert "hypothesis refuted, learning 3 of 4" in accepted.out
    assert "That is a good result: it was found out honestly, and others can learn from it." in accepted.out
    typed = ("writeoff", "propose", AGREEMENT, "--reason", "Weerlegd.")
    alone = fund(*typed, user="anna", **at)
    assert (alone.code, alone.err.splitlines()[0].split(":")[0]) == (1, "error[writeoff_not_requested]")
    proposed = fund(*typed, "--requested-by", "fatima", user="anna", **at)
    assert f"{W1} is proposed: EUR 12,500.01 of EUR 12,500.01 outstanding, invested in learning." in proposed.out
    for user in ("mira", "mees"):
        assert fund("writeoff", "vote", W1, "--choice", "for", user=user, **at).code == 0
    early = fund("writeoff", "decide", W1, "--yes", user="carla", **at)
    assert early.code == 1
    assert early.err.startswith(f"error[committee_quorum_not_met]: {W1} cannot be decided: votes: 2 of 3")
    fund("writeoff", "vote", W1, "--choice", "against", user="carla", **at)
    decided = fund("writeoff", "decide", W1, "--yes", user="carla", **at)
    assert f"{W1} is decided: 2 for, 1 against." in decided.out
    pending = fund("writeoff", "post", W1, "--json", user="anna", **at).json["pending"]
    unasked = fund("confirm", pending, user="bram", **at)
    assert (unasked.code, "declined" in unasked.err) == (1, True)
    assert fund("confirm", pending, "--yes", user="bram", **at).code == 0
    (row,) = fund("writeoff", "list", "--json", **at).json["writeoffs"]
    assert (row["state"], row["posted_cents"]) == ("posted", 1_250_001)


def test_a_faulty_evaluation_file_is_shown_with_its_line(fund: Any, sqlite_url: str, tmp_path: Path) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
    path = tmp_path / "evaluatie.toml"
    path.write_text(EVALUATION.replace("hypothesis =", "hypothese ="), encoding="utf-8")
    refused = fund("evaluation", "submit", AGREEMENT, path, database=sqlite_url, user="fatima")
    assert refused.code == 1
    assert refused.err.startswith(f"error[faulty_evaluation]: {path}:1: hypothesis: the field is missing")


def test_position_and_trial_balance_for_programs(fund: Any, told: str) -> None:
    position = fund("statement", "position", "--json", database=told).json
    assert position["schema_version"] == 1
    assert {
        "as_of",
        "capital_cents",
        "cash_cents",
        "in_transit_cents",
        "outstanding_cents",
        "allowance_cents",
        "committed_cents",
        "free_to_commit_cents",
        "owed_cents",
        "buffer_cents",
        "learning_writeoffs_cents",
        "other_writeoffs_cents",
        "returned_cents",
        "indicators",
    } <= set(position)
    assert all({"value", "definition", "inputs"} <= set(figure) for figure in position["indicators"].values())
    assert position["free_to_commit_cents"] == 7_499_999
    balance = fund("ledger", "trial-balance", "--json", database=told).json
    assert {"as_of", "known_at", "accounts", "total_debit_cents", "total_credit_cents"} <= set(balance)
    assert set(balance["accounts"][0]) == {
        "code",
        "name",
        "type",
        "layer",
        "debit_cents",
        "credit_cents",
        "balance_cents",
    }
    one = fund("ledger", "balance", "3000.gm0308", "--as-of", "2026-01-31", "--json", database=told).json
    assert (one["account"], one["as_of"], one["balance_cents"]) == ("3000.gm0308", "2026-01-31", -3_988_421)
    entries = fund("ledger", "entries", "--kind", "writeoff.posted", "--json", database=told).json["entries"]
    assert len(entries) == 1
    assert set(entries[0]) >= {
        "seq",
        "effective_on",
        "recorded_at",
        "kind",
        "memo",
        "event_id",
        "reverses_seq",
        "hash",
        "postings",
    }


def test_the_trial_balance_for_people_adds_up_per_main_account(fund: Any, told: str) -> None:
    shown = fund("ledger", "trial-balance", database=told, columns=100).out
    assert "3000" in shown
    assert "3000.gm0308" not in shown
    assert "3000.gm0308" in fund("ledger", "trial-balance", "--detail", database=told).out
    assert shown.splitlines()[-1].split()[-2:] == ["100,000.00", "100,000.00"]


def test_a_statement_leaves_as_csv_or_json(fund: Any, told: str, tmp_path: Path) -> None:
    path = tmp_path / "position.csv"
    assert fund("statement", "position", "--format", "csv", "--output", path, database=told).code == 0
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert "free_to_commit_cents,7499999" in lines
    assert "indicators.loss_ratio.value,1250001/1750001" in lines
    out = fund("ledger", "card", "1200", "--format", "json", database=told).out
    assert [line["balance_cents"] for line in json.loads(out)["lines"]] == [1_750_001, 1_250_001, 0]


def test_one_figure_is_explained_by_its_definition_and_inputs(fund: Any, told: str) -> None:
    shown = fund("statement", "position", "--explain", "loss_ratio", database=told).out
    assert "W / U" in shown
    assert "71.4%" in shown
    refused = fund("statement", "position", "--explain", "luck", "--json", database=told)
    assert (refused.code, refused.json["error"]["code"]) == (1, "unknown_figure")


def test_periods_are_locked_and_closed_by_two(fund: Any, told: str) -> None:
    with founded_again(told) as world:
        world.clock(date(2027, 1, 10))
    at = {"database": told}
    for words in (("lock", "2026"), ("close", "2026")):
        pending = fund("period", *words, "--yes", "--json", user="anna", **at).json["pending"]
        assert fund("confirm", pending, "--yes", user="bram", **at).code == 0
    rows = {row["period"]: row for row in fund("period", "list", "--json", **at).json["periods"]}
    assert (rows["2026"]["state"], rows["2026"]["result_cents"]) == ("closed", -2_000_001)
    assert "gesloten" in fund("period", "list", lang="nl", **at).out
    assert fund("period", "lock", "2026-13", user="anna", **at).code == 2


def founded_again(url: str) -> Any:
    """The world of a fund that exists."""
    from contextlib import contextmanager

    from fund.commands.opening import open_fund
    from tests.factories import World

    @contextmanager
    def opened() -> Any:
        with open_fund(url) as found:
            yield World(found)

    return opened()


def test_verify_leaves_with_zero_or_three(fund: Any, told: str) -> None:
    clean = fund("verify", "--json", database=told)
    assert (clean.code, clean.json["ok"]) == (0, True)
    assert set(clean.json["head"]) == {"seq", "hash"}
    assert fund("ledger", "verify", database=told).code == 0
    engine = create_engine(told)
    with engine.begin() as connection:
        names = connection.execute(
            sa.text("select name from sqlite_master where type = 'trigger' and tbl_name = 'posting'")
        ).scalars()
        for name in list(names):
            connection.execute(sa.text(f"drop trigger {name}"))
        connection.execute(
            sa.text(
                "update posting set amount_cents = amount_cents + 1"
                " where entry_id = (select id from entry where seq = 4)"
            )
        )
    engine.dispose()
    broken = fund("verify", "--json", database=told)
    assert (broken.code, broken.json["ok"], broken.json["first_bad_seq"]) == (3, False, 4)
    shown = fund("verify", database=told)
    assert shown.code == 3
    assert "The first entry that is not right: 4." in shown.out
    assert fund("ledger", "verify", database=told).code == 3


def test_status_in_four_lines(fund: Any, told: str) -> None:
    shown = fund("status", database=told, user="anna")
    assert shown.code == 0
    assert len(shown.out.splitlines()) == 4
    assert "free to commit EUR 74,999.99" in shown.out
    found = fund("status", "--json", database=told, user="anna").json
    assert (found["user"], found["revision"], found["needs_person"]) == ("anna", found["expected_revision"], False)


def test_lessons_are_shown_to_everybody(fund: Any, told: str) -> None:
    shown = fund("evaluation", "lessons", "--theme", "T05", database=told)
    assert "Meet de afstand eerst" in shown.out
    assert "Boven acht kilometer" in shown.out


def test_recovery_is_typed_with_its_receipt(fund: Any, told: str) -> None:
    with founded_again(told) as world, world.uow("bram") as uow:
        came_in(uow, "O2026-0009", 100_000)
    done = fund("writeoff", "recover", W1, "--receipt", "O2026-0009", database=told, user="bram")
    assert "EUR 1,000.00 is recovered" in done.out
    (row,) = fund("writeoff", "list", "--json", database=told).json["writeoffs"]
    assert row["recovered_cents"] == 100_000
