"""The commands that stand in what is printed: for the same fund, as the one who may give them, and never broken.

Whatever prints goes through :func:`as_typed`: sentences, questions, hints, and the column of a table whose role is
``command``. Among facts a command is a :class:`Typable`, for texts of others stand there too, and stay as they are. A
command that is named and not advised stands in backticks: ```fund decline` was answered with no``.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

_typed: dict[str, str] = {}
_others: dict[str, str] = {}
_nouns: tuple[str, ...] = ()


class Typable(str):
    """A command, or a sentence with one, among facts (``facts``): shown as it can be typed."""

    __slots__ = ()


_VALUE = r"(?:(?:'[^']*'|\"[^\"]*\"|[^\s'\"])+|\S+)"


@cache
def _pattern(nouns: tuple[str, ...]) -> re.Pattern[str]:
    """A command in a line: after the start or what leads to it, as far as the sentence that it stands in."""
    word = "|".join(map(re.escape, nouns)) or "[a-z]+"
    return re.compile(
        r"(?:^|(?<=[:;,?] )|(?:(?<=\bor )|(?<=\bsee )|(?<=\bwith )|(?<=\bby )|(?<=\bof )|(?<=\bzie )|(?<=\bmet )"
        r"|(?<=\bdoor )))"
        rf"fund (?P<before>(?:--[a-z]+ {_VALUE} )*)"
        rf"(?P<rest>(?:{word})(?![\w-])(?:'[^']*'|\"[^\"]*\"|.)*?)"
        r"(?=(?<![\s.])(?:[.;,:]?$|[.;,] )|$)"
    )


def typed_before(options: Mapping[str, str], nouns: Iterable[str] | None = None) -> None:
    """Remember what was typed before the noun of the command that runs now.

    Args:
        nouns: The words after ``fund``, by which a command is told from a sentence about the fund; as before if left
            out.
    """
    global _nouns
    _typed.clear()
    _typed.update(options)
    _others.clear()
    if nouns is not None:
        _nouns = tuple(nouns)


def advised(line: str) -> str:
    """The command in a line of advice, without a person; empty where there is none."""
    found = _pattern(_nouns).search(line)
    return f"fund {found['rest']}" if found else ""


def by_another(command: str, user: str) -> None:
    """An advised command is not for the reader to give, but for ``user``; empty where that is anybody else."""
    _others[advised(command) or command] = user


def as_typed(line: str) -> str:
    """``line`` with the commands in it as the reader can type them: for the same fund, as the one who may give them.

    What was typed before the noun is repeated (``--as anna``, ``--database``), except a password. What comes from the
    environment holds the next time too. A line that was made so before stays as it is.
    """

    def repeated(found: re.Match[str]) -> str:
        named = {name: _unquoted(value) for name, value in re.findall(rf"(--[a-z]+) ({_VALUE}) ", found["before"])}
        if named.keys() - {"--as"}:
            return found[0]
        options = _repeatable() if _typed else {}
        user = _others.get(f"fund {found['rest']}", named.get("--as"))
        if user == "":
            options.pop("--as", None)
        elif user and (user != os.environ.get("FUND_USER") or "--as" in options):
            options["--as"] = user
        before = [f"{name} {shlex.quote(value)}" for name, value in options.items()]
        return " ".join(["fund", *before, found["rest"]])

    return _pattern(_nouns).sub(repeated, line) if "fund " in line else line


def _unquoted(value: str) -> str:
    try:
        return shlex.split(value)[0]
    except ValueError:  # it was not quoted: ``d'arc``
        return value


def _repeatable() -> dict[str, str]:
    """What was typed before the noun and holds no password."""
    from fund.settings import masked

    return {name: value for name, value in _typed.items() if masked(value) == value}


def pieces(line: str) -> Iterator[tuple[int, int]]:
    """Where the words of ``line`` begin and end; a command is one word, with the sign that follows it."""
    found = [each.span() for each in _pattern(_nouns).finditer(line)] if "fund " in line else []
    commands, at = dict(found), 0
    for word in re.finditer(r"\S+", line):
        if word.start() >= at:
            end = commands.get(word.start(), word.end())
            rest = re.match(r"\S*", line[end:])
            at = end + (rest.end() if rest else 0)
            yield word.start(), at
