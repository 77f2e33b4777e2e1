"""What every command has in common: help in our form, examples that can be typed, JSON for programs, no waiting."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click
import pytest

from cli import main, output, params
from fund.errors import FundError
from fund.errors.usage import NoSuchFile
from fund.registry import COMMANDS
from fund.rules.authority import Role, Who
from tests import hints
from tests.conftest import Fund

WITHOUT_JSON = {"completion", "demo", "worker"}
"""Commands that print a script, a story or a log."""


def root() -> click.Group:
    """``fund`` itself."""
    group = main._root()
    assert isinstance(group, click.Group)
    return group


def commands(
    group: click.Group | None = None, before: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every verb with the words that lead to it."""
    group = group or root()
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            yield from commands(command, (*before, name))
        else:
            yield (*before, name), command


ALL = list(commands())
EVERY = pytest.mark.parametrize(("words", "command"), ALL, ids=[" ".join(words) for words, _command in ALL])


def parse(line: str) -> None:
    """Read one command line as the shell would, without running it; files need not exist.

    Raises:
        click.UsageError, FundError: It cannot be typed as it stands.
    """
    words = shlex.split(line.partition(" > ")[0])
    assert words[0] == "fund", line
    ctx = root().make_context("fund", words[1:])
    group: click.Command = root()
    rest = [*ctx._protected_args, *ctx.args]
    while isinstance(group, click.Group):
        _name, command, rest = group.resolve_command(ctx, rest)
        assert command is not None
        group = command
        if isinstance(command, click.Group):
            ctx = command.make_context(command.name, rest, parent=ctx)
            rest = [*ctx._protected_args, *ctx.args]
    try:
        group.make_context(group.name, rest, parent=ctx)
    except NoSuchFile:
        return
    except click.exceptions.Exit:
        return


@EVERY
def test_a_command_says_what_it_does_in_one_short_line(words: tuple[str, ...], command: click.Command) -> None:
    assert isinstance(command, params.Command)
    assert 0 < len(command.line) < 60
    assert not command.line.endswith(".")
    assert command.line[0].isupper()


@EVERY
def test_the_examples_of_a_command_can_be_typed(words: tuple[str, ...], command: click.Command) -> None:
    assert isinstance(command, params.Command)
    assert 1 <= len(command.examples) <= 4
    for example in command.examples:
        parse(example)
    bare = [re.sub(r"--(as|database|broker|lang) \S+ ", "", example) for example in command.examples]
    assert any(example.startswith(f"fund {' '.join(words)}") for example in bare)


@EVERY
def test_what_is_seen_also_exists(words: tuple[str, ...], command: click.Command) -> None:
    assert isinstance(command, params.Command)
    known = {" ".join(name) for name, _command in ALL} | set(main.entries())
    assert [name for name in command.see if name.partition(" --")[0] not in known] == []
    options = {tuple(name): {each for param in found.params for each in param.opts} for name, found in ALL}
    for name, _dashes, option in (each.partition(" --") for each in command.see):
        assert not option or f"--{option}" in options[tuple(name.split())]


@EVERY
def test_every_option_and_argument_is_explained(words: tuple[str, ...], command: click.Command) -> None:
    assert [param.name for param in command.params if not getattr(param, "help", None)] == []


@EVERY
def test_every_command_speaks_json(words: tuple[str, ...], command: click.Command) -> None:
    if words[0] in WITHOUT_JSON:
        return
    assert "json" in {param.name for param in command.params}


@EVERY
@pytest.mark.parametrize("lang", ["en", "nl"])
def test_the_help_of_a_command_fits_eighty_columns(
    fund: Fund, words: tuple[str, ...], command: click.Command, lang: str
) -> None:
    shown = fund(*words, "--help", lang=lang)
    assert (shown.code, shown.err) == (0, "")
    assert [line for line in shown.out.splitlines() if len(line) > 80 and "fund " not in line] == []


def test_every_noun_is_a_group_with_verbs() -> None:
    empty = [
        name
        for name in main.entries()
        if isinstance(main._command(name), click.Group) and not main._command(name).commands
    ]
    assert empty == []


def test_a_line_is_the_same_in_the_first_help_and_in_its_own() -> None:
    differs = {name: entry.line for name, entry in main.entries().items() if main._command(name).line != entry.line}
    assert differs == {}


FILLED = {
    r"\{\w*(?:cents|amount)\w*\}|AMOUNT": "100.00",
    r"\{\w*(?:_on|day|today|date|on)\}|DATE": "2026-03-31",
    r"\{\w*(?:month|period|year|earlier)\w*\}": "2026",
    r"\{account\}|CODE": "1000",
    r"\{track\}": "light",
    r"\{reasons\}": "--reason ambition=TEXT",
    r"\{ground\}": "breach",
    r"--choice \{first\}": "--choice for",
    r"\{verb\}": "submit",
    r"lock \{first\}": "lock 2026-03",
    r"\{(?:seq|last|number|reversal)\}|NUMBER|SEQ": "1",
}
"""What stands in the places of a hint while it is tried."""
PLACE = re.compile(r"\{[^}]*\}")


def _hints() -> Iterator[tuple[str, str]]:
    for code, error in sorted(FundError.every().items()):
        for found in filter(None, map(output.advised, error.hint.split("\n"))):
            if error.__module__.startswith("fund."):
                yield code, found


@pytest.mark.parametrize(("code", "hint"), list(_hints()), ids=[code for code, _hint in _hints()])
def test_a_hint_that_is_a_command_can_be_typed(code: str, hint: str) -> None:
    if PLACE.match(hint.removeprefix("fund ")):
        return
    assert hints.values_of(hint.split()) <= set(hints.NEEDS_A_VALUE)
    for pattern, value in FILLED.items():
        hint = re.sub(pattern, value, hint)
    parse(PLACE.sub("X1", hint))


# ------------------------------------------------------------------------------------------------------ who confirms

CALLED = {
    "admin": {Role.ADMIN},
    "fund manager": {Role.FUND_MANAGER},
    "treasurer": {Role.TREASURER},
    "signatory": {Role.PARTNER_SIGNATORY},
    "editor": {Role.PARTNER_EDITOR},
    "reviewer": {Role.REVIEWER},
    "chair": {Role.COMMITTEE_CHAIR, Role.DEPUTY_CHAIR},
    "member": {Role.COMMITTEE_MEMBER, Role.COMMITTEE_CHAIR, Role.DEPUTY_CHAIR},
}
"""What help calls the people of a role; a chair is a member too."""
CHANGING = [(" ".join(words), command) for words, command in ALL if " ".join(words) in COMMANDS]


@pytest.mark.parametrize(("name", "command"), CHANGING, ids=[name for name, _command in CHANGING])
def test_help_says_who_confirms_as_the_command_declares_it(name: str, command: params.Command) -> None:
    declared = COMMANDS[name]
    seconds = filter(None, [declared.second]) if isinstance(declared.second, Who | None) else declared.seconds
    wanted = {role for who in seconds for role in who.all_roles()}
    before, by, after = command.who.partition("confirmed by ")
    confirming = after if by else "".join(clause for clause in before.split(";") if "confirms" in clause)
    named = [roles for word, roles in CALLED.items() if re.search(rf"\b{word}\b", confirming)]
    assert set().union(*named) == wanted, confirming
