"""The shell of the command line: help, refusals, did-you-mean, the languages, the exit codes, what is loaded."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from cli import main, output
from fund.errors import FundError
from tests.cli.golden import check
from tests.cli.test_commands import ALL
from tests.conftest import Fund
from tests.story import Told

LANGUAGES = ("en", "nl")


def in_a_new_process(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``fund`` as a program of its own."""
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *words],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
        timeout=60,
    )


# ------------------------------------------------------------------------------------------------------------- help


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_first_help_fits_one_screen_of_sixty_lines(fund: Fund, lang: str) -> None:
    shown = fund("--help", lang=lang)
    assert (shown.code, shown.err) == (0, "")
    lines = shown.out.splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 80
    check(f"help.{lang}", shown.out)


def test_without_words_the_help_is_shown(fund: Fund) -> None:
    assert fund().out == fund("--help").out
    assert fund("user").out == fund("user", "--help").out


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_help_of_a_verb_has_one_line_examples_and_who_may(fund: Fund, lang: str) -> None:
    check(f"user_add_help.{lang}", fund("user", "add", "--help", lang=lang).out)


def test_help_loads_no_database_no_shapes_and_no_broker() -> None:
    script = (
        "import sys; from cli import main; code = main.run_shell(['--help']);"
        "heavy = {'sqlalchemy', 'pydantic', 'dramatiq', 'redis', 'alembic', 'lxml', 'babel'};"
        "heavy |= {'rich', 'fund.declarations', 'fund.errors'};"  # no verb is declared in order to name the nouns
        "sys.stderr.write(' '.join(sorted(heavy & set(sys.modules)))); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "proposal" in done.stdout or "user" in done.stdout


def test_the_help_of_every_noun_loads_no_database_either() -> None:
    nouns = list(main.entries())
    script = (
        f"import sys; from cli import main; codes = [main.run_shell([noun, '--help']) for noun in {nouns!r}];"
        "heavy = {'sqlalchemy', 'pydantic', 'dramatiq', 'redis', 'alembic', 'lxml', 'rich'};"
        "sys.stderr.write(' '.join(sorted(heavy & set(sys.modules)))); sys.exit(max(codes))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


READING = (
    "user list", "regulations show", "regulations template", "round list", "round show 2026-1", "cooperation list",
    "cooperation template", "proposal list", "proposal show 2026-001", "proposal history 2026-001",
    "proposal show 2026-001 --file", "review show 2026-001", "decision show 2026-001", "agreement list",
    "agreement show A2026-001", "milestone list", "evaluation list", "evaluation show A2025-001", "evaluation lessons",
    "writeoff list", "partner list", "partner show gm0344", "partner exit-quote gm0344", "key show", "key review",
    "capital list", "payee list", "disbursement list", "disbursement show D2026-0001", "payment list", "cost list",
    "bank list", "bank unmatched", "repayment list", "repayment plan A2025-001", "repayment arrears",
    "repayment overpaid", "period list", "period show 2025", "ledger accounts", "ledger entries", "ledger entry 5",
    "ledger balance 1000", "ledger card 1000", "ledger trial-balance", "ledger verify", "statement position",
    "statement position --json", "statement agreement A2026-001", "statement partner gm0344", "statement treasury",
    "statement council gm0344", "forecast liquidity", "forecast revolving", "event list", "event show 12",
    "event deliveries", "event dead", "inbox", "inbox --all",
)  # fmt: skip
"""Commands that read, as the fund of the story answers them."""
MORE = {"proposal file list 2026-001": 131, "agreement file list A2026-001": 131, "statement annual 2025": 182}
"""What is composed of many chapters: so many modules at most."""

COUNTING = """
import os, sys
import babel, click, pydantic, rich.table, sqlalchemy.dialects.sqlite  # what every child needs and is not counted

for words in sys.argv[1:]:
    sys.stderr.flush()
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        continue
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    from cli import main
    code = main.run_shell(words.split())
    ours = [name for name in sys.modules if name.split(".")[0] in ("fund", "cli", "migrations")]
    print("counted", code, len(ours), words, file=sys.stderr)
    sys.stderr.flush()
    os._exit(0)
"""


def test_a_reading_command_imports_at_most_120_modules_of_ours(story: Told) -> None:
    """Start-up is a promise. Each command begins in a child of a process that has imported nothing of ours."""
    environ = {**os.environ, "FUND_DATABASE": story.url, "FUND_USER": "anna"}
    program = [sys.executable, "-c", COUNTING, *READING, *MORE]
    done = subprocess.run(program, capture_output=True, text=True, timeout=600, env=environ)
    told = [line.split(" ", 3)[1:] for line in done.stderr.splitlines() if line.startswith("counted ")]
    assert [(words, code) for code, _count, words in told] == [(words, "0") for words in (*READING, *MORE)]
    assert {words: count for _code, count, words in told if int(count) > MORE.get(words, 120)} == {}


def test_the_version_is_shown(fund: Fund) -> None:
    assert fund("--version").out.startswith("fund 0.")


# ---------------------------------------------------------------------------------------------------- unknown words

MISTYPED = (
    ("usre",),
    ("user", "ad"),
    ("user", "toevoegen"),
    ("gebruiker", "list"),
    ("aanvraag",),
    ("xylophone",),
    ("user", "xylophone"),
)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_unknown_word_is_answered_with_ours(fund: Fund, lang: str) -> None:
    shown = ""
    for words in MISTYPED:
        refused = fund(*words, lang=lang)
        assert (refused.code, refused.out) == (2, "")
        shown += f"$ fund {' '.join(words)}\n{refused.err}"
    check(f"unknown.{lang}", shown)


def test_a_dutch_word_leads_to_our_noun(fund: Fund) -> None:
    assert fund("gebruiker", "--json").json["error"] == {
        "code": "unknown_command",
        "message": "`fund gebruiker` does not exist",
        "hint": "the word here for gebruiker is `user`: fund user --help",
        "details": {"typed": "fund gebruiker", "suggestion": "the word here for gebruiker is `user`: fund user --help"},
    }


# ------------------------------------------------------------------------------------------------------ wrong usage

WRONG = (
    ("user", "add"),
    ("user", "add", "anna"),
    ("user", "add", "anna", "--rol", "admin"),
    ("user", "add", "anna", "--role"),
    ("user", "add", "anna", "bram", "--role", "admin"),
    ("--lang", "fr", "user", "list"),
    ("--nonsense", "user", "list"),
    ("completion", "powershell"),
    ("init", "--on", "31/12/2026"),
)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_wrong_usage_has_our_form_and_exit_code_two(fund: Fund, lang: str) -> None:
    shown = ""
    for words in WRONG:
        refused = fund(*words, lang=lang)
        assert (refused.code, refused.out) == (2, "")
        assert refused.err.startswith("error[")
        assert len(refused.err.splitlines()) <= 4
        shown += f"$ fund {' '.join(words)}\n{refused.err}"
    check(f"usage.{lang}", shown)


def test_json_asks_for_errors_as_json_in_english(fund: Fund) -> None:
    refused = fund("user", "add", "--json", lang="nl")
    assert refused.out == ""
    error = json.loads(refused.err)["error"]
    assert set(error) == {"code", "message", "hint", "details"}
    assert (error["code"], error["message"]) == ("usage_error", "Missing argument 'NAME'.")
    by_variable = fund("user", "add", lang="nl", env={"FUND_USER_ADD_JSON": "true"})
    assert (by_variable.out, by_variable.err) == (refused.out, refused.err)
    assert fund("user", "add", lang="nl", env={"FUND_USER_ADD_JSON": "0"}).err.startswith("error[")


def test_after_two_dashes_a_word_is_no_option(fund: Fund) -> None:
    refused = fund("explain", "--", "--json", lang="nl")
    assert refused.code == 1
    assert refused.err.startswith("error[no_such_word]: ")
    assert refused.err == fund("explain", "--", "--json", lang="nl", env={"FUND_USER_ADD_JSON": "1"}).err
    assert refused.err != fund("explain", "--", "--json", lang="en").err


def test_the_variable_that_asks_for_json_is_that_of_click(monkeypatch: pytest.MonkeyPatch) -> None:
    for words, command in ALL:
        ctx = main._root().make_context("fund", [words[0], "--help"], resilient_parsing=True)
        for place, word in enumerate(words):
            ctx = click.Context(main._command(words[0]) if place == 0 else command, info_name=word, parent=ctx)
        args = ["--as", "anna", *words, "X1", "--reason", "because"]
        assert not main.asks_json(args)
        for option in command.params:
            if option.name == "json":
                with monkeypatch.context() as patch:
                    patch.setenv(f"{ctx.auto_envvar_prefix}_JSON", "1")
                    assert option.resolve_envvar_value(ctx) == "1"
                    assert main.asks_json(args), words
                    assert main.asked_language(["--lang", "nl", *words]) == "en"


# ------------------------------------------------------------------------------------------- a fund that is not there


def test_without_a_fund_a_command_is_not_ready_and_says_how_to_begin(fund: Fund) -> None:
    refused = fund("user", "list")
    assert refused.code == 4
    assert refused.err.splitlines()[0].startswith("error[database_missing]: there is no fund at ")
    assert refused.err.splitlines()[2].endswith(": fund init --admin petra --fund-manager anna --treasurer bram")


def test_another_kind_of_database_is_refused_without_its_password(fund: Fund) -> None:
    refused = fund("user", "list", database="mysql://fund:geheim@host/fund")
    assert (refused.code, "geheim" in refused.err) == (4, False)
    assert "error[unknown_database]" in refused.err


def test_a_command_that_asks_names_never_waits_without_a_terminal(fund: Fund) -> None:
    refused = fund("init")
    assert refused.code == 2
    assert refused.err.endswith("hint: fund init --admin petra --fund-manager anna --treasurer bram\n")


# --------------------------------------------------------------------------------------------------- bugs and stops


def broken(*_args: object, **_options: object) -> None:
    raise RuntimeError("postgresql://fund:geheim@host/fund went away")


def test_a_bug_keeps_its_trace_in_the_log_and_shows_its_number(
    fund: Fund, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("fund.glossary.find", broken)
    shown = fund("explain", "experiment")
    assert shown.code == 5
    assert shown.err.startswith("error[bug]: this is a fault of the program, not of you (RuntimeError)")
    assert "Traceback" not in shown.err
    log = (tmp_path / "home" / "fund.log").read_text()
    assert "RuntimeError" in log
    assert "Traceback" in log
    assert "geheim" not in log
    number = shown.err.split("give the number ")[1].split()[0]
    assert number in log


def test_who_debugs_sees_the_trace(fund: Fund, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fund.glossary.find", broken)
    shown = fund("explain", "experiment", env={"FUND_DEBUG": "1"})
    assert "Traceback" in shown.err
    assert "geheim" not in shown.err


def test_an_interrupted_command_says_that_nothing_was_changed(fund: Fund, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("fund.glossary.find", interrupted)
    shown = fund("explain", "experiment")
    assert shown.code == 1
    assert "error[declined]: not done, nothing was changed: you stopped it" in shown.err


def test_a_reader_that_has_enough_is_no_error() -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m cli.main --help | head -1; echo ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"


@pytest.mark.parametrize("words", [("--help",), ("explain", "aanvraag")])
def test_a_full_disk_is_reported_and_not_ready(words: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", *words], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert done.returncode == 4
    assert done.stderr.startswith("error[output_failed]: the result cannot be written: no room is left")


def test_the_exit_codes_are_those_of_the_refusals() -> None:
    assert (main.DONE, main.REFUSED, main.USAGE, main.DIFFERENCES, main.NOT_READY, main.BUG) == (0, 1, 2, 3, 4, 5)
    assert {error.exit_code for error in FundError.every().values()} <= {1, 2, 3, 4, 5}


# -------------------------------------------------------------------------------------------------------- languages


def test_the_option_before_the_noun_chooses_the_language(fund: Fund) -> None:
    assert "Gebruik: fund" in fund("--lang", "nl", "--help").out
    assert "Usage: fund" in fund("--lang=en", "--help", lang="nl").out


def test_the_words_of_click_are_ours_too() -> None:
    shown = in_a_new_process("user", "add", "--help", FUND_LANG="nl").stdout
    assert shown.startswith("Gebruik: fund user add [OPTIES] NAME")
    assert "Show this message" not in shown


def test_dutch_help_has_no_english_sentence(fund: Fund) -> None:
    english = fund("--help").out.splitlines()
    dutch = fund("--help", lang="nl").out.splitlines()
    sentences = {line.split("  ", 2)[-1].strip() for line in english if "  " in line.strip()}
    assert [line for line in dutch if line.split("  ", 2)[-1].strip() in sentences - {""}] == []


# ------------------------------------------------------------------------------------------------------- completion


def complete(words: str, **environment: str) -> list[str]:
    """What bash would offer after ``words``, the last of which is not finished."""
    done = in_a_new_process(
        _FUND_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(len(words.split(" ")) - 1), **environment
    )
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_nouns_verbs_and_options_are_completed() -> None:
    assert "user" in complete("fund us")
    assert complete("fund user re") == ["revoke"]
    assert "--role" in complete("fund user add --ro")


def test_without_a_database_completion_is_silent(tmp_path: Path) -> None:
    assert complete("fund user revoke a", FUND_HOME=str(tmp_path)) == []


@pytest.mark.parametrize("kind", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_three_shells(fund: Fund, kind: str) -> None:
    shown = fund("completion", kind)
    assert shown.code == 0
    assert f"_FUND_COMPLETE={kind}_complete" in shown.out


# ------------------------------------------------------------------------------------------------------------ modules


def test_every_file_of_the_command_line_is_a_word_after_fund() -> None:
    here = Path(main.__file__).parent
    files = {path.stem for path in here.glob("*.py")} | {path.parent.name for path in here.glob("*/__init__.py")}
    shared = {"__init__", "main", "params", "output", "position"}
    assert {entry.module or name for name, entry in main.entries().items()} == files - shared


def test_nothing_but_the_output_chapter_writes() -> None:
    assert "only place that prints" in str(output.__doc__)
    here = Path(main.__file__).parent
    writers = {
        path.relative_to(here).parts[0]
        for path in here.rglob("*.py")
        if re.search(r"(?<!\w)print\(|sys\.stdout\.write|click\.echo", path.read_text(encoding="utf-8"))
    }
    assert writers == {"output"}
