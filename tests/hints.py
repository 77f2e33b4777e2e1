"""Every command that the fund advises is typed, in the state in which it was advised, by whoever may give it.

``watch`` stands beside the two calls into the fund: when one answers with a next step or refuses with a hint, the
command in it is carried out at a copy of the fund, and may not be refused. The first time that a worker sees the same
advice of the same refusal or command is enough. Only SQLite is copied; the advice is the same on both databases.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

__all__ = ["NEEDS_A_VALUE", "NotFollowed", "unwatched", "values_of", "watch"]

NEEDS_A_VALUE = {
    "FILE": "a file of one's own: evidence, scores, a report, a bank statement",
    "REF": "what a receipt is for is for the treasurer to say",
    "DATE": "a day that two people agree on",
    "AMOUNT": "an amount that somebody chooses",
    "TEXT": "a reason in one's own words",
    "NAME": "a person or a payee, chosen by whoever types",
    "IBAN": "an account as it stands on a letter of the bank",
    "CODE": "the ledger account is chosen when a bank account is recorded",
    "SIGNATORY": "whoever signs for the payee and asked for it",
    "SCORE": "a judgement",
    "PATH": "where a file lies",
    "MEMBER": "which seat ends, or gets a deputy",
    "anchor.pem": "the key with which the fund signs lies where its owner put it",
    "anchor.json": "an anchor that was kept, or is written when the answer is there",
    "PUBLIC_KEY": "the key that the fund published",
}
"""What stands in advice, most of it in capitals, and the fund cannot know: with the reason."""
MAY_BE_REFUSED = {
    ("next step of disbursement check", "insufficient_cash"): "whether there is enough money is of the day",
    (
        "next step of decision vote",
        "valuation_day_outside",
    ): "a winding-up is voted on before its day; that day is waited for",
    ("a_payment_status", "invalid_bank_file"): "the report of the test has a beginning only",
    ("next step of proposal save", "board_not_informed"): "asks a day that the partner knows",
    ("objection_votes_missing", "not_a_voter"): "the chair asks for votes of the members, and may have none",
    ("next step of proposal draft", "board_not_informed"): "asks a day that the partner knows",
    ("budget_differs_from_ask", "no_such_file"): "what the test handed in lies in no file",
    ("milestones_differ_from_ask", "no_such_file"): "what the test handed in lies in no file",
    ("categories_differ_from_cost", "no_such_file"): "what the test handed in lies in no file",
    ("allowance_run_missing", "allowance_up_to_date"): "the clock of the test stands before the end of the year",
    ("next step of confirm", "allowance_up_to_date"): "the clock of the test stands before the end of the year",
    ("year_out_of_order", "allowance_run_missing"): "the year before asks its own run; the refusal says which",
    (
        "next step of decision prepare",
        "reasons_per_criterion_missing",
    ): "asks a reason in words; the refusal says on what",
    ("award_above_ask", "reasons_per_criterion_missing"): "asks a reason in words; the refusal says on what",
    ("next step of proposal draft", "outside_track"): "an ask below the band may be one of several for the same idea",
    (
        "next step of proposal draft",
        "same_idea_added_up",
    ): "what else its parties ask counts on the day of handing in; the refusal says what",
    (
        "next step of decision vote",
        "refinancing_changed",
    ): "what is owed moved since the votes began; the refusal says how to bring it anew",
    ("next step of disbursement request", "no_payee"): "the check says how it gets an account",
    ("next step of disbursement request", "wrong_account"): "the check says that another account was verified",
    ("own_agreements_open", "no_payee"): "the partner has no account yet; the refusal says how to record one",
    ("next step of disbursement request", "cooling_off"): "a new account waits some days; the refusal says until when",
    ("payee_replaced", "cooling_off"): "a new account waits some days; the refusal says until when",
    ("payee_replaced", "disbursement_in_batch"): "the batch is replaced first; the refusal says how",
    ("disbursement_in_batch", "nothing_to_pay"): "its account must be verified again; the refusal says so",
    ("decided_otherwise", "reasons_per_criterion_missing"): "asks a reason in words; the refusal says on what",
    ("not_a_decided_proposal", "unknown_ref"): "tests put such a proposal there without its facts",
}
"""What was advised by whom may be refused how, with the reason."""
NOT_TYPED: dict[str, str] = {
    "demo": "plays a whole story; tests/test_demo.py does it",
    "worker": "does not end by itself; tests/test_kill.py starts it",
    "init": "founds a fund where there is none; the leaflet of the fund manager does it",
}


class NotFollowed(BaseException):
    """Advice that cannot be followed; no ``except Exception`` of a command hides it."""


_seen: set[tuple[str, str]] = set()
_typing = False


def watch() -> None:
    """From here on what the fund advises is typed."""
    from fund.commands import executing, querying
    from fund.errors import FundError

    executed, asked = executing.execute_named, querying.ask_named

    def execute_named(fund: Any, name: str, args: Mapping[str, Any] | None = None, **how: Any) -> Any:
        with _refusals(fund, how.get("user"), args):
            answer = executed(fund, name, args, **how)
        if not answer.get("dry_run") and not answer.get("replayed"):
            following = f"fund confirm {answer['pending']}" if answer.get("pending") else answer.get("next")
            _type(fund, how.get("user"), f"next step of {name}", following or "", args)
        return answer

    def ask_named(fund: Any, name: str, args: Mapping[str, Any] | None = None, *, user: str | None = None) -> Any:
        with _refusals(fund, user, args):
            return asked(fund, name, args, user=user)

    @contextmanager
    def _refusals(fund: Any, user: str | None, args: Mapping[str, Any] | None) -> Iterator[None]:
        try:
            yield
        except FundError as problem:
            for line in problem.advice.split("\n"):
                _type(fund, user, problem.code(), line, args)
            raise

    execute_named.__doc__, ask_named.__doc__ = executed.__doc__, asked.__doc__
    executing.execute_named, querying.ask_named = execute_named, ask_named


@contextmanager
def unwatched() -> Iterator[None]:
    """Advice is not typed meanwhile: random play brings about states in which nobody would ask."""
    global _typing
    before, _typing = _typing, True
    try:
        yield
    finally:
        _typing = before


def values_of(words: Sequence[str]) -> set[str]:
    """The words of a command that stand for a value, whether or not they are explained."""
    capitals = {word.rpartition("=")[2] for word in words if re.fullmatch(r"([^-]\S*=)?[A-Z_]{2,}", word)}
    return capitals | set(words) & set(NEEDS_A_VALUE)


def _type(fund: Any, user: str | None, advised_by: str, line: str, args: Mapping[str, Any] | None) -> None:
    """Type the command in a line of advice, unless a worker did so before."""
    from cli import output
    from cli.params.executing import others_who_may

    global _typing
    command = output.advised(line)
    here = threading.current_thread() is threading.main_thread()
    if not command or _typing or not here or not fund.url.startswith("sqlite:///"):
        return
    shape = re.sub(r"\S*\d\S*", "#", command)
    if (advised_by, shape) in _seen:
        return
    _seen.add((advised_by, shape))
    words = shlex.split(command)[1:]
    if words[0] in NOT_TYPED:
        return
    _typing = True
    try:
        named = re.search(r"fund --as ('[^']*'|\S+)", line)
        others = others_who_may(fund, command, user)
        if others is not None and not others:
            return  # nobody may, for nobody has the role yet
        by = others[0] if others else shlex.split(named[1])[0] if named else user
        missing = values_of(words)
        if not missing <= set(NEEDS_A_VALUE):
            raise NotFollowed(f"{advised_by}: {command}: {missing}")
        if missing:
            code, told = _typed([*words[:2], "--help"], fund.url, by, args)
            unknown = [word for word in words if word.startswith("--") and word not in told]
            if code or unknown:
                raise NotFollowed(f"{advised_by}: {command}: {unknown}")
            return
        code, told = _typed(words, fund.url, by, args)
        refused = re.search(r"error\[(\w+)\]", told)
        allowed = (advised_by, refused[1] if refused else "") in MAY_BE_REFUSED
        if not line.startswith("fund "):  # something comes first, and was not done: a file is corrected
            allowed = allowed or bool(refused and refused[1] == advised_by)
        if code not in (0, 3) and not allowed:
            raise NotFollowed(f"{advised_by} advises {by} to type: {command}\n{told}")
    finally:
        _typing = False


def _typed(words: list[str], url: str, user: str | None, args: Mapping[str, Any] | None) -> tuple[int, str]:
    """Exit code and text of a command at a copy of the fund, at a terminal where every question is answered with
    yes.
    """
    from cli import main, output
    from cli.output import commands
    from fund import language
    from tests.conftest import _Stream

    spoken, environment, here = language.language(), dict(os.environ), Path.cwd()
    streams = sys.stdin, sys.stdout, sys.stderr
    typed_before, by_others = dict(commands._typed), dict(commands._others)
    screen = _Stream(terminal=True)
    folder = Path(tempfile.mkdtemp())
    try:
        with (
            closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as old,
            closing(sqlite3.connect(folder / "fund.db")) as new,
        ):
            old.backup(new)
        files = Path(url.removeprefix("sqlite:///")).parent / "files"
        if files.is_dir():  # a fund on SQLite keeps them beside it
            shutil.copytree(files, folder / "files")
        values = [*(args or {}).values(), *(args or {}).get("files", ())]
        given = [each for each in values if isinstance(each, dict) and "content" in each]  # its files
        for word in words:
            if (here / word).is_file():
                shutil.copyfile(here / word, folder / Path(word).name)
            elif (
                (contents := [each["content"] for each in given if each["name"] == word])
                and Path(word).suffix
                and not word.startswith("-")
            ):
                (folder / word).write_bytes(contents[0])
        os.chdir(folder)
        os.environ.update(FUND_DATABASE=f"sqlite:///{folder / 'fund.db'}", FUND_LANG="en", LANGUAGE="en", TERM="dumb")
        os.environ.pop("FUND_USER", None)
        if user:
            os.environ["FUND_USER"] = user
        sys.stdin, sys.stdout, sys.stderr = _Stream(b"y\n" * 20, terminal=True), screen, screen
        code: Any = None
        with suppress(SystemExit):
            code = main.run_shell(words)
    finally:
        sys.stdin, sys.stdout, sys.stderr = streams
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(here)
        language.choose(spoken)
        output.typed_before(typed_before)
        commands._others.update(by_others)
        shutil.rmtree(folder)
    return code if code is not None else 1, screen.memory.getvalue().decode()
