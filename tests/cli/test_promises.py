"""What scripts may rely on, for every command there is: taken from the tree of commands, so that a new one is covered.

One demo fund stands for the whole file; what changes it works on a copy.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import click
import pytest
import sqlalchemy as sa

from cli import main, params
from fund.database import create_engine, is_sqlite
from fund.errors import FundError
from fund.registry import COMMANDS, QUERIES
from tests.cli.test_commands import ALL
from tests.conftest import Fund
from tests.factories import founded

NO_FUND = {"completion", "demo", "init", "worker"}
"""Commands that print a script, make a fund or never end."""
CASES = {
    "proposal": "2024-001",
    "review": "2024-001",
    "decision": "2024-001",
    "agreement": "A2024-001",
    "milestone": "A2024-001-1",
    "disbursement": "D2024-0001",
    "payment": "D2024-0001",
    "evaluation": "A2024-001",
    "writeoff": "A2024-002-W1",
    "repayment": "A2025-001",
    "capital": "B2024-0001",
    "bank": "O2024-0001",
    "round": "2024-1",
    "key": "2024-2",
    "cooperation": "rid-utrecht",
    "event": "300",
    "statement": "A2025-001",
    "partner": "gm0308",
}
"""A case of the demo for each noun."""


@pytest.fixture(scope="module")
def home(story_home: Path) -> Path:
    """The folder of a demo fund, as ``fund demo`` leaves it."""
    return story_home


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command writes lies nowhere else."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def copy(home: Path, tmp_path: Path) -> str:
    """The URL of a copy that a test may change."""
    shutil.copyfile(home / "fund.db", tmp_path / "copy.db")
    return f"sqlite:///{tmp_path / 'copy.db'}"


def program(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """``fund`` as a program of its own, without a terminal and without input."""
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *map(str, words)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=120,
        check=False,
    )


def filled(words: tuple[str, ...], command: click.Command, folder: Path) -> list[str]:
    """What one would type: each argument and each option that must be given has a value of its kind."""
    said = list(words)
    for param in command.params:
        if isinstance(param, click.Argument) or param.required:
            value = _value(words, param, folder)
            said += [value] if isinstance(param, click.Argument) else [param.opts[0], value]
        elif "--no-papers" in param.secondary_opts:  # 34 of them; they have tests of their own
            said.append("--no-papers")
    return said


def _value(words: tuple[str, ...], param: click.Parameter, folder: Path) -> str:
    if isinstance(param.type, click.Choice):
        return str(param.type.choices[0])
    if param.type is params.FILE:
        path = folder / "file.toml"
        path.write_text("a = 1\n", encoding="utf-8")
        return str(path)
    kinds = {params.MONEY: "10.00", params.DAY: "2026-11-20", params.PERIOD: "2026-10", params.ACCOUNT: "1000"}
    if param.type in kinds:
        return kinds[param.type]
    if param.name == "year":
        return "2025"
    if "int" in param.type.name:
        return "2"
    if param.name in ("receipt",):
        return "O2024-0035"
    if param.name in ("debits", "credits"):
        return "4500=10.00" if param.name == "debits" else "1000=10.00"
    if param.name == "partner":
        return "gm0308"
    if param.name == "seq":
        return "50"
    if param.name == "ref":
        return CASES.get(words[0], "X1")
    return "aanvraag"


OF_MANY = {
    "team", "panel", "rubric", "alike", "same_idea", "followed_by", "returned", "left", "passed_over", "top_up",
    "top_up_missing", "undecided", "disclosed", "follows", "ageing", "missing", "barred", "unsigned", "possible",
    "required", "income", "dead", "criteria",
    "papers_too_long",
}  # fmt: skip
"""Keys that say many without an s."""
TREE = [(words, command) for words, command in ALL if words[0] not in NO_FUND]
EVERY = pytest.mark.parametrize(("words", "command"), TREE, ids=[" ".join(words) for words, _command in TREE])


def lists_and_amounts(value: Any, path: str = "") -> Iterator[str]:
    """What in a JSON object breaks the promises about lists, amounts, days and ids."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key.endswith("_cents") and not (item is None or type(item) is int or isinstance(item, (dict, list))):
                yield f"{path}.{key} = {item!r} is no whole number of cents"
            if key.endswith("_on") and isinstance(item, str) and item and not re.match(r"\d{4}-\d{2}-\d{2}", item):
                yield f"{path}.{key} = {item!r} is no day of ISO 8601"
            yield from lists_and_amounts(item, f"{path}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from lists_and_amounts(item, f"{path}[]")
    elif isinstance(value, float):
        yield f"{path} = {value!r} is a float"


# -------------------------------------------------------------------------------------------------- every command


@EVERY
def test_a_command_answers_programs_in_json_and_never_waits(
    fund: Fund, home: Path, tmp_path: Path, words: tuple[str, ...], command: click.Command
) -> None:
    said = filled(words, command, tmp_path)
    trial = ["--dry-run"] if any(param.name == "dry_run" for param in command.params) else []
    shown = fund(*said, *trial, "--json", user="anna", lang="nl", env={"FUND_HOME": str(home)})
    assert shown.code in (0, 1, 2, 3, 4), shown.err
    assert "\x1b" not in shown.out + shown.err
    if shown.code in (0, 3):
        answer = json.loads(shown.out)
        assert isinstance(answer, dict)
        if words != ("proposal", "schema"):
            assert answer["schema_version"] == 1
        assert list(lists_and_amounts(answer)) == []
        lists = {key for key, value in answer.items() if isinstance(value, list)}
        singular = [key for key in sorted(lists - OF_MANY) if not key.endswith("s")]
        assert singular == [], "lists stand under a plural key"
        if not trial:
            shutil.rmtree(tmp_path / "aanvraag", ignore_errors=True)
            anew = ["--force"] if any(param.name == "force" for param in command.params) else []
            english = fund(*said, *anew, "--json", user="anna", lang="en", env={"FUND_HOME": str(home)})
            assert english.out == shown.out, "programs read the same in every language"
    else:
        assert shown.out == ""
        error = json.loads(shown.err)["error"]
        assert set(error) == {"code", "message", "hint", "details"}
        assert FundError.every()[error["code"]].exit_code == shown.code
        assert error["message"]


READING = [(words, command) for words, command in TREE if not any(p.name == "dry_run" for p in command.params)]


@pytest.mark.parametrize(("words", "command"), READING, ids=[" ".join(words) for words, _command in READING])
@pytest.mark.parametrize("columns", [80, 120])
def test_what_a_command_shows_fits_the_terminal_in_both_languages(
    fund: Fund, home: Path, tmp_path: Path, words: tuple[str, ...], command: click.Command, columns: int
) -> None:
    said = filled(words, command, tmp_path)
    for lang in ("nl", "en"):
        shown = fund(*said, terminal=True, columns=columns, user="anna", lang=lang, env={"FUND_HOME": str(home)})
        assert shown.code != 5, shown.err
        wide = [line for line in shown.out.splitlines() if len(line) > columns]
        assert wide == [] or words in FILES, wide[:3]


FILES = {
    ("cooperation", "template"), ("proposal", "schema"), ("proposal", "template"), ("payment", "file"),
    ("regulations", "template"),
}  # fmt: skip
"""Commands that print a file; it is as wide as it is."""


@EVERY
def test_each_option_is_a_variable_too(
    words: tuple[str, ...], command: click.Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx = main._root().make_context("fund", [words[0], "--help"], resilient_parsing=True)
    for place, word in enumerate(words):
        owner = main._command(words[0]) if place == 0 else command
        ctx = click.Context(owner, info_name=word, parent=ctx)
    for option in command.params:
        if isinstance(option, click.Option) and option.name != "help":
            name = f"{ctx.auto_envvar_prefix}_{option.name}".upper()
            assert name.startswith("FUND_")
            monkeypatch.setenv(name, "1")
            assert option.resolve_envvar_value(ctx) == "1", name


def test_an_option_in_a_variable_counts_as_typed(fund: Fund, home: Path) -> None:
    at = {"FUND_HOME": str(home)}
    told = fund("statement", "position", env={**at, "FUND_STATEMENT_POSITION_JSON": "1"})
    assert told.json["schema_version"] == 1
    earlier = fund("statement", "position", "--json", env={**at, "FUND_STATEMENT_POSITION_AS_OF": "2024-12-31"})
    assert earlier.json["as_of"] == "2024-12-31"


def test_who_acts_is_said_by_option_or_variable(fund: Fund, home: Path) -> None:
    at = {"FUND_HOME": str(home)}
    typed = fund("inbox", "--json", user="bram", env=at).json
    assert typed == fund("inbox", "--json", env={**at, "FUND_USER": "bram"}).json
    both = fund("--as", "bram", "inbox", "--json", env={**at, "FUND_USER": "anna"})
    assert both.json == typed, "the option goes first"


# ---------------------------------------------------------------------------- what changing and reading commands take


def options_of(name: str) -> set[str]:
    """The options of the command with this name."""
    command = next(command for words, command in ALL if " ".join(words) == name)
    return {param.name or "" for param in command.params}


TYPED = sorted({" ".join(words) for words, _command in ALL} & set(COMMANDS))


@pytest.mark.parametrize("name", TYPED)
def test_a_changing_command_can_be_tried_repeated_and_answered(name: str) -> None:
    assert {"json", "dry_run", "command_id", "yes"} <= options_of(name)


def test_every_use_case_can_be_typed() -> None:
    assert sorted(set(COMMANDS) - {" ".join(words) for words, _command in ALL}) == []


def test_whatever_is_booked_takes_its_day() -> None:
    import inspect

    takes = {name for name in TYPED if "on" in inspect.signature(COMMANDS[name].use_case).parameters}
    assert [name for name in sorted(takes) if not options_of(name) & {"on", "joined_on"}] == []


def test_whatever_can_be_read_of_an_earlier_day_takes_that_day() -> None:
    import inspect

    typed = {" ".join(words) for words, _command in ALL} & set(QUERIES)
    takes = {name for name in typed if "as_of" in inspect.signature(QUERIES[name].function).parameters}
    assert [name for name in sorted(takes) if "as_of" not in options_of(name)] == []


CHANGES = (
    (("user", "add", "eva", "--role", "auditor"), "petra"),
    (("capital", "call", "--amount", "1000.01"), "anna"),
    (("round", "plan", "--title", "R", "--opens", "2026-12-01", "--closes", "2026-12-31", "--ceiling", "9"), "anna"),
    (("repayment", "allowance"), "anna"),
    (
        ("payee", "record", "gm0310", "--iban", "NL44RABO0123456789", "--name", "X", "--requested-by", "tekent-gm0310"),
        "anna",
    ),
)


def rows(url: str) -> dict[str, int]:
    """How many rows each table has."""
    engine = create_engine(url)
    with engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
        found = {name: connection.execute(sa.text(f"select count(*) from {name}")).scalar_one() for name in names}
    engine.dispose()
    return found


@pytest.mark.parametrize(("words", "user"), CHANGES, ids=[" ".join(words[:2]) for words, _user in CHANGES])
def test_a_trial_keeps_nothing_and_foretells_what_happens(
    fund: Fund, copy: str, words: tuple[str, ...], user: str
) -> None:
    at: dict[str, Any] = {"database": copy, "user": user}
    before = rows(copy)
    foretold = fund(*words, "--dry-run", "--command-id", "x-1", "--json", **at)
    assert foretold.code == 0, foretold.err
    assert rows(copy) == before
    event = fund(*words, "--command-id", "x-1", "--yes", "--json", **at)
    assert event.code == 0, event.err
    first, then = foretold.json, event.json
    assert (first["dry_run"], then["dry_run"]) == (True, False)
    assert then["event_count"] == first["event_count"] > 0
    for key in ("events", "entries", "result"):
        assert then[key] == first[key]
    again = fund(*words, "--command-id", "x-1", "--yes", "--json", **at)
    assert again.json == {**then, "replayed": True}
    after = rows(copy)
    assert fund(*words, "--command-id", "x-1", "--yes", **at).code == 0
    assert rows(copy) == after


def test_an_id_with_other_content_is_refused_and_another_persons_id_is_another_command(fund: Fund, copy: str) -> None:
    words = ("capital", "call", "--command-id", "x-1")
    assert fund(*words, "--amount", "1000", database=copy, user="anna").code == 0
    other = fund(*words, "--amount", "1001", "--json", database=copy, user="anna")
    assert (other.code, other.json["error"]["code"]) == (1, "command_conflict")
    assert fund(*words, "--amount", "1001", database=copy, user="fondsbeheerder-2").code == 0


# ------------------------------------------------------------------------------------------- stops, pipes and languages


def test_an_interrupt_leaves_nothing_half_done(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "demo", "--home", str(tmp_path / "demo")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for _number in range(12):
        assert process.stdout.readline()
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _rest, said = process.communicate(timeout=60)
    assert process.returncode == 1, said
    assert "error[declined]: not done, nothing was changed: you stopped it" in said
    assert "Traceback" not in said
    verified = program("verify", "--json", FUND_HOME=str(tmp_path / "demo"))
    assert (verified.returncode, json.loads(verified.stdout)["ok"]) == (0, True)


def test_a_reader_that_has_enough_of_a_long_list_is_no_error(home: Path) -> None:
    line = f"{sys.executable} -m cli.main ledger entries | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, env={**os.environ, "FUND_HOME": str(home)}, timeout=60
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"


def test_programs_read_the_same_whatever_language_is_asked_for_first(fund: Fund, home: Path) -> None:
    at = {"FUND_HOME": str(home)}
    for words in (("partner", "list"), ("statement", "position")):
        assert fund("--lang", "nl", *words, "--json", env=at).out == fund("--lang", "en", *words, "--json", env=at).out


# ------------------------------------------------------------------------------------------ the keys others build on

POSITION = {
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
}
ACCOUNT = {"code", "name", "type", "layer", "debit_cents", "credit_cents", "balance_cents"}
KEYS: tuple[tuple[tuple[str, ...], set[str], str, set[str]], ...] = (
    (("verify",), {"ok", "checks", "head"}, "checks", {"name", "ok", "checked", "findings"}),
    (
        ("ledger", "trial-balance"),
        {"as_of", "known_at", "accounts", "total_debit_cents", "total_credit_cents"},
        "accounts",
        ACCOUNT,
    ),
    (
        ("ledger", "entries"),
        {"entries"},
        "entries",
        {"seq", "effective_on", "recorded_at", "kind", "memo", "event_id", "reverses_seq", "hash", "postings"},
    ),
    (("ledger", "balance", "1000"), {"account", "as_of", "balance_cents"}, "", set()),
    (("statement", "position"), POSITION, "", set()),
    (("proposal", "list"), {"proposals"}, "proposals", {"ref", "title", "lead_partner", "state", "ask_cents", "round"}),
    (
        ("proposal", "history", "2024-001"),
        {"events"},
        "events",
        {"seq", "type", "occurred_at", "effective_on", "actor", "command_id", "causation_id", "payload"},
    ),
    (("partner", "list"), {"partners"}, "partners", {"id", "name", "kind", "state", "share_bps", "paid_in_cents"}),
    (("capital", "list"), {"calls"}, "calls", {"ref", "partner", "called_cents", "received_cents", "due_on"}),
    (("event", "deliveries"), {"pending", "delivered", "failed", "dead", "held", "skipped"}, "", set()),
)


@pytest.mark.parametrize(("words", "keys", "plural", "of_each"), KEYS, ids=[" ".join(row[0]) for row in KEYS])
def test_the_keys_that_others_build_on(
    fund: Fund, home: Path, words: tuple[str, ...], keys: set[str], plural: str, of_each: set[str]
) -> None:
    shown = fund(*words, "--json", env={"FUND_HOME": str(home)})
    assert shown.code == 0, shown.err
    assert keys <= set(shown.json)
    rows_of = shown.json[plural] if plural else []
    assert bool(rows_of) == bool(plural)
    assert [row for row in rows_of if not of_each <= set(row)] == []


def test_the_figures_of_the_position_follow_from_the_accounts(fund: Fund, home: Path) -> None:
    at = {"FUND_HOME": str(home)}
    shown = fund("statement", "position", "--json", env=at).json
    main_codes: dict[str, int] = {}
    for account in fund("ledger", "trial-balance", "--json", env=at).json["accounts"]:
        code = account["code"][:4]
        main_codes[code] = main_codes.get(code, 0) + account["balance_cents"]
        assert account["balance_cents"] == account["debit_cents"] - account["credit_cents"]
    assert shown["capital_cents"] == -main_codes["3000"]
    assert shown["cash_cents"] == main_codes["1000"] + main_codes.get("1005", 0)
    assert shown["outstanding_cents"] == main_codes["1200"]
    assert shown["committed_cents"] == main_codes["9000"]
    owed = -sum(main_codes.get(code, 0) for code in ("2000", "2100", "2200", "2300"))
    assert shown["owed_cents"] == owed
    assert shown["free_to_commit_cents"] == (
        shown["cash_cents"] + shown["in_transit_cents"] - owed - shown["buffer_cents"] - shown["committed_cents"]
    )
    for name, figure in shown["indicators"].items():
        assert {"value", "definition", "inputs"} <= set(figure), name


def test_six_commands_look_around_in_the_demo(home: Path) -> None:
    for words in (
        ("statement", "position"),
        ("ledger", "trial-balance"),
        ("proposal", "list"),
        ("proposal", "history", "2024-001"),
        ("partner", "list"),
        ("verify",),
    ):
        shown = program(*words, FUND_HOME=str(home), FUND_LANG="nl")
        assert (shown.returncode, shown.stderr, len(shown.stdout) > 200) == (0, "", True), words


@pytest.mark.parametrize(("person", "role"), [("anna", "fund_manager"), ("bram", "treasurer"), ("fatima", "")])
def test_status_and_inbox_know_who_asks(fund: Fund, home: Path, person: str, role: str) -> None:
    at: dict[str, Any] = {"user": person, "env": {"FUND_HOME": str(home)}}
    status = fund("status", "--json", **at)
    assert status.code == 3, "deadlines are late since the story ended, and nobody is at work"
    inbox = fund("inbox", "--json", **at).json
    assert status.json["waiting_for_you"] == len(inbox["items"])
    assert inbox["user"] == person
    assert role in inbox["roles"] or not role
    shown = fund("status", terminal=True, lang="nl", **at)
    assert f"{person} (" in shown.out
    assert len(shown.out.splitlines()) >= 4


def test_everybodys_inbox_names_commands_that_can_be_typed(fund: Fund, home: Path) -> None:
    from tests.cli.test_commands import parse

    items = fund("inbox", "--all", "--json", env={"FUND_HOME": str(home)}).json["items"]
    assert items
    for item in items:
        parse(item["command"])


# ------------------------------------------------------------------------------------------------------ flipped columns

FLIPS = (
    (
        "posting",
        "update posting set amount_cents = amount_cents + 1 where entry_id = (select id from entry where seq = 4)",
    ),
    ("entry", "update entry set memo = 'anders' where seq = 4"),
    ("entry", "update entry set kind = 'anders' where seq = 4"),
)


@pytest.mark.parametrize(("table", "statement"), FLIPS, ids=["an amount", "a memo", "a kind"])
def test_a_flipped_column_makes_verify_leave_with_three_and_name_the_entry(
    fund: Fund, database_url: str, table: str, statement: str
) -> None:
    with founded(database_url) as world:
        world.partners()
        world.both("capital call", user="anna", second="bram", amount=100_000_00, on=date(2026, 1, 5))
    assert fund("verify", database=database_url).code == 0
    engine = create_engine(database_url)
    with engine.begin() as connection:
        if is_sqlite(connection):
            query = sa.text("select name from sqlite_master where type = 'trigger' and tbl_name = :table")
            for name in list(connection.execute(query, {"table": table}).scalars()):
                connection.execute(sa.text(f"drop trigger {name}"))
        else:
            connection.execute(sa.text(f"alter table {table} disable trigger user"))
        connection.execute(sa.text(statement))
    engine.dispose()
    found = fund("verify", "--json", database=database_url)
    assert (found.code, found.json["ok"], found.json["first_bad_seq"]) == (3, False, 4)
    shown = fund("verify", database=database_url)
    assert (shown.code, "The first entry that is not right: 4." in shown.out) == (3, True)
