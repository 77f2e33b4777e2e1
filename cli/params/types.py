"""How arguments are read: money, days, periods, accounts, files, references."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from cli.params.asking import look
from fund.language import _

if TYPE_CHECKING:
    from fund.errors import FundError

__all__ = ["ACCOUNT", "DAY", "FILE", "MONEY", "PERIOD", "Ref"]


class _Parsed(click.ParamType[Any]):
    """Text that a function of the fund reads; its refusal names the option it stood in."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        from fund.errors import FundError

        try:
            return self._parse(value)
        except FundError as problem:
            raise _placed(problem, param) from None


def _placed(problem: FundError, param: click.Parameter | None) -> FundError:
    if param is not None:
        shown = (
            param.opts[0] if isinstance(param, click.Option) else param.make_metavar(click.Context(click.Command("")))
        )
        problem.details.setdefault("parameter", shown)
    return problem


def _money(text: str) -> int:
    from fund import money

    return money.parse(text)


def _day(text: str) -> date:
    from fund import dates

    return dates.parse_day(text)


def _period(text: str) -> str:
    from fund import dates

    return dates.parse_period(text)


MONEY = _Parsed("amount", _money)
"""Cents, from ``1234.56``, ``1234,56`` or ``1234``."""
DAY = _Parsed("date", _day)
"""A ``date``, from ``2026-03-31``."""
PERIOD = _Parsed("period", _period)
"""The text ``2027-03`` or ``2027``."""


class _Account(click.ParamType[str]):
    """A ledger account, or a sub-account: ``1000``, ``3000.gm0344``."""

    name = "account"
    _FORM = re.compile(r"[0-9]{4}(\.[A-Za-z0-9._-]+)?", re.ASCII)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if isinstance(value, str) and self._FORM.fullmatch(value):
            return value
        return self.fail(
            _('"{text}" is not an account: write four digits, as in 1000, or a sub-account, as in 3000.gm0344').format(
                text=value
            ),
            param,
            ctx,
        )

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from fund.glossary import words

        accounts = [word for word in words() if word.source.startswith("accounts.csv ")]
        items = [(word.source.removeprefix("accounts.csv "), word.in_language()) for word in accounts]
        return [CompletionItem(code, help=name) for code, name in items if code.startswith(incomplete)]


ACCOUNT = _Account()


class _File(click.ParamType[dict[str, Any]]):
    """A file that exists and holds something; the command gets ``{"name", "content"}`` with its bytes.

    ``-`` is standard input.
    """

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        from fund.errors import EmptyFile, FileUnreadable, NoSuchFile

        if value == "-":
            content = sys.stdin.buffer.read()
        else:
            path = Path(value)
            try:
                content = path.read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                raise _placed(NoSuchFile(path=value, folder=str(Path.cwd())), param) from None
            except OSError as problem:
                raise _placed(FileUnreadable(path=value, reason=problem.strerror or str(problem)), param) from None
        if not content:
            raise _placed(EmptyFile(path=value), param)
        return {"name": value, "content": content}

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(incomplete, type="file")]


FILE = _File()


class Ref(click.ParamType[str]):
    """A readable reference (``2026-003``, ``D2026-0007``), a partner, a user: text that the fund looks up.

    Args:
        sources: The reading commands that list what can be completed, each with the plural key in its answer and the
            key of the reference in each row; none where nothing is completed.
    """

    name = "ref"

    def __init__(self, *sources: tuple[str, str, str]) -> None:
        self.sources = sources

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).strip()
        return text or self.fail(_("it is empty"), param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            rows = [
                (row[key], row.get("state"))
                for name, plural, key in self.sources
                for row in look(ctx, name, {})[plural]
            ]
            possible = _states_for(ctx) if rows else frozenset()
        except Exception:  # no database, no rights, a lock: completion stays silent, whatever it is
            return []
        return [
            CompletionItem(str(ref))
            for ref, state in rows
            if str(ref).startswith(incomplete) and (not possible or state in possible)
        ]


def _states_for(ctx: click.Context) -> frozenset[str]:
    """The states in which the command that is being typed is possible; empty where every state will do."""
    from fund.workflows.commands import states_for

    return states_for(ctx.command_path.partition(" ")[2])
