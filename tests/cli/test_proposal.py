"""``fund round`` and ``fund proposal`` as somebody types them, on both databases."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from fund.language import euros
from tests.conftest import Fund
from tests.factories import World, a_proposal_file, founded


@pytest.fixture
def world(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A fund with Woudenberg's people and an open light round, and an empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    with founded(database_url) as world:
        world.people()
        world.partners()
        world.user("fatima", "partner_signatory", partner="gm0351")
        world.both(
            "round plan",
            user="anna",
            second="carla",
            title="Eerste ronde",
            opens=date(2026, 2, 1),
            closes=date(2026, 2, 28),
            ceiling_cents=500_000_00,
            track="light",
        )
        world.clock(datetime(2026, 2, 10, 13, 2, tzinfo=UTC))
        yield world


@pytest.fixture
def loket(world: World, tmp_path: Path) -> Path:
    """A filled in form."""
    path = tmp_path / "loket.toml"
    path.write_bytes(a_proposal_file())
    return path


def test_a_round_is_planned_on_the_command_line_and_confirmed_by_the_chair(fund: Fund, world: World) -> None:
    words = (
        "--title",
        "Najaar",
        "--opens",
        "2026-09-01",
        "--closes",
        "2026-10-15",
        "--ceiling",
        "250000,00",
        "--track",
        "standard",
    )
    made = fund("round", "plan", *words, database=world.fund.url, user="anna")
    assert made.code == 0, made.err
    assert "waits for a second person" in made.out
    pending = made.out.split()[0]
    done = fund("confirm", pending, "--yes", database=world.fund.url, user="carla")
    assert done.code == 0, done.err
    listed = fund("round", "list", "--json", database=world.fund.url).json["rounds"]
    assert [(row["ref"], row["state"], row["ceiling_cents"]) for row in listed] == [
        ("2026-1", "open", 50000000),
        ("2026-2", "planned", 25000000),
    ]
    shown = fund("round", "show", "2026-2", database=world.fund.url)
    assert "Round 2026-2: Najaar" in shown.out
    assert "EUR 250,000.00" in shown.out


def test_a_proposal_goes_from_a_file_to_submitted_in_two_commands(fund: Fund, world: World, loket: Path) -> None:
    kept = fund("proposal", "draft", "loket.toml", database=world.fund.url, user="fatima")
    assert (kept.code, kept.out.splitlines()) == (
        0,
        [
            "Draft 2026-001 is kept.",
            "The characteristics point to: service agreement (executive tasks).",
            "Next step: fund proposal submit 2026-001",
        ],
    )
    handed = fund("proposal", "submit", "2026-001", database=world.fund.url, user="fatima")
    assert handed.code == 0, handed.err
    first, *rest = handed.out.splitlines()
    assert first.startswith("Submitted on 10 February 2026 14:02, proof ")
    assert rest == [
        "What happens now: the rules are checked today.",
        "Then 2 reviews until 28 March 2026, and a decision no later than 28 April 2026.",
        "Next step: fund proposal show 2026-001",
    ]


def test_a_sum_that_differs_is_refused_at_its_line_with_both_numbers(fund: Fund, world: World, loket: Path) -> None:
    text = loket.read_text("utf-8").replace('year = 2026\namount = "24000.00"', 'year = 2026\namount = "23000.00"')
    loket.write_text(text, "utf-8")
    kept = fund("proposal", "draft", "loket.toml", database=world.fund.url, user="fatima")
    assert kept.out.splitlines()[1] == "Not yet right: the budget is EUR 23,000.00, asked is EUR 24,000.00."
    refused = fund("proposal", "submit", "2026-001", database=world.fund.url, user="fatima")
    line = text.split("\n").index('amount = "23000.00"') + 1
    assert refused.code == 1
    place, error, hint = refused.err.splitlines()
    assert place == f'loket.toml:{line}: amount = "23000.00"'
    assert error.startswith(
        "error[budget_differs_from_ask]: `proposal submit` is not possible for 2026-001: the budget is"
    )
    assert error.endswith(" EUR 23,000.00, asked is EUR 24,000.00, difference EUR 1,000.00")
    assert hint == "hint: fund proposal save 2026-001 loket.toml"
    as_json = fund("proposal", "submit", "2026-001", "--json", database=world.fund.url, user="fatima").json["error"]
    assert (as_json["code"], as_json["details"]["difference_cents"]) == ("budget_differs_from_ask", 100_000)
    loket.write_bytes(a_proposal_file())
    assert fund("proposal", "save", "2026-001", "loket.toml", database=world.fund.url, user="fatima").code == 0
    assert fund("proposal", "submit", "2026-001", database=world.fund.url, user="fatima").code == 0


@pytest.mark.parametrize(
    ("ask_cents", "told"),
    [
        (25_000_00, "In ronde 2026-1 past minder dan € 25.000,00."),
        (900_000_00, "In ronde 2026-1 is in totaal € 500.000,00 te verdelen."),
    ],
)
def test_a_draft_that_asks_more_than_its_round_takes_is_told_so_and_sent_to_change_it(
    fund: Fund, world: World, loket: Path, ask_cents: int, told: str
) -> None:
    loket.write_bytes(a_proposal_file(ask_cents=ask_cents))
    for words in (("draft",), ("save", "2026-001")):
        kept = fund("proposal", *words, loket, database=world.fund.url, user="fatima", lang="nl")
        assert kept.code == 0, kept.err
        assert kept.out.count("Nog niet goed") == 1
        assert f"Nog niet goed: gevraagd is {euros(ask_cents)}. {told}" in kept.out
        assert "fund proposal save 2026-001 FILE" in kept.out


def test_every_fault_of_a_file_comes_at_once_and_nothing_is_kept(fund: Fund, world: World, loket: Path) -> None:
    text = loket.read_text("utf-8").replace('ask = "24000.00"', 'ask = "24.000"').replace("sort =", "soort =")
    loket.write_text(text, "utf-8")
    refused = fund("proposal", "draft", "loket.toml", database=world.fund.url, user="fatima")
    assert refused.code == 1
    assert refused.err.startswith(
        "error[faulty_form]: loket.toml has 3 faults:\nloket.toml:3: proposal.sort is missing"
    )
    assert refused.err.endswith("hint: fund proposal template --track light\n")
    faults = fund("proposal", "draft", "loket.toml", "--json", database=world.fund.url, user="fatima").json["error"][
        "details"
    ]["faults"]
    assert [fault["code"] for fault in faults] == ["field_missing", "unknown_field", "unclear_amount"]
    assert fund("proposal", "list", "--json", database=world.fund.url, user="fatima").json["proposals"] == []


@pytest.mark.parametrize(
    ("content", "code"), [(None, "no_such_file"), (b"", "empty_file"), (b"\xff\xfe", "form_not_text")]
)
def test_a_file_that_is_not_there_or_holds_nothing_is_refused(
    fund: Fund, world: World, tmp_path: Path, content: bytes | None, code: str
) -> None:
    if content is not None:
        (tmp_path / "leeg.toml").write_bytes(content)
    refused = fund("proposal", "draft", "leeg.toml", "--json", database=world.fund.url, user="fatima")
    assert (refused.code, refused.json["error"]["code"]) == (1, code)


def test_a_repeated_command_id_acts_once(fund: Fund, world: World, loket: Path) -> None:
    for _time in range(2):
        fund("proposal", "draft", "loket.toml", "--command-id", "een", database=world.fund.url, user="fatima")
    listed = fund("proposal", "list", "--json", database=world.fund.url, user="fatima").json["proposals"]
    assert [row["ref"] for row in listed] == ["2026-001"]


def test_a_proposal_is_shown_with_its_rules_and_its_whole_life(fund: Fund, world: World, loket: Path) -> None:
    fund("proposal", "draft", "loket.toml", database=world.fund.url, user="fatima")
    fund("proposal", "submit", "2026-001", database=world.fund.url, user="fatima")
    found = fund("proposal", "find-eligible", "2026-001", database=world.fund.url, user="anna")
    assert "  budget adds up: budget 24,000.00, asked 24,000.00" in found.out
    shown = fund("proposal", "show", "2026-001", database=world.fund.url, lang="en")
    assert "Proposal 2026-001: Eén loket voor vergunningen" in shown.out
    assert "What the rules found" in shown.out
    history = fund("proposal", "history", "2026-001", "--json", database=world.fund.url).json
    assert [event["type"] for event in history["events"]] == [
        "proposal.drafted",
        "proposal.submitted",
        "proposal.screened",
        "proposal.found_eligible",
        "review.panel_proposed",
    ][: len(history["events"])]
    assert len(history["events"]) >= 4
    read = fund("proposal", "history", "2026-001", database=world.fund.url)
    assert "fatima" in read.out
    assert "the service" in read.out
    toml = fund("proposal", "show", "2026-001", "--file", database=world.fund.url, user="anna")
    assert tomllib.loads(toml.out)["team"][0]["name"] == "Persoon 1"
    nobody = fund("proposal", "show", "2026-001", "--file", database=world.fund.url)
    assert "Persoon 1" not in nobody.out


def test_withdrawing_asks_and_declines_without_somebody_to_ask(fund: Fund, world: World, loket: Path) -> None:
    fund("proposal", "draft", "loket.toml", database=world.fund.url, user="fatima")
    words = ("proposal", "withdraw", "2026-001", "--reason", "geen mensen")
    declined = fund(*words, database=world.fund.url, user="fatima")
    assert (declined.code, "declined" in declined.err) == (1, True)
    done = fund(*words, "--yes", database=world.fund.url, user="fatima")
    assert (done.code, done.out.splitlines()[0]) == (0, "2026-001 is withdrawn.")


def test_the_template_and_the_schema_need_no_fund(fund: Fund) -> None:
    template = fund(
        "proposal", "template", "--track", "standard", "--comments", "nl", database="sqlite:///nowhere/fund.db"
    )
    assert template.code == 0
    assert "laat staan" in template.out
    assert "leave as it is" not in template.out
    assert (
        json.loads(fund("proposal", "schema", database="sqlite:///nowhere/fund.db").out)["title"] == "proposal 2026-1"
    )


def test_new_without_a_terminal_names_the_template(fund: Fund) -> None:
    refused = fund("proposal", "new", "--round", "2026-1", database="sqlite:///nowhere/fund.db", user="fatima")
    assert "error[nobody_to_ask]" in refused.err
    assert (refused.code, refused.err.splitlines()[-1]) == (2, "hint: fund proposal template --track light")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'schema = "2026-1"\nproposal = "tekst"\n', "faulty_form"),
        (b'schema = "2031-9"\n', "unknown_form_version"),
        (b"= geen toml", "broken_form"),
        (b"\xff\xfe", "form_not_text"),
    ],
)
def test_new_refuses_a_file_in_which_no_answer_has_a_place(
    fund: Fund, world: World, tmp_path: Path, content: bytes, code: str
) -> None:
    (tmp_path / "kapot.toml").write_bytes(content)
    words = ("proposal", "new", "--round", "2026-1", "kapot.toml")
    refused = fund(*words, database=world.fund.url, user="fatima", typed="\n", terminal=True)
    assert (refused.code, f"error[{code}]" in refused.err) == (1, True), refused.err
    assert (tmp_path / "kapot.toml").read_bytes() == content
