"""How a noun file declares its verbs, with the options that all changing and all reading commands have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from cli.output import Column
from cli.params.helped import Argument, Command, Group, Option
from cli.params.types import DAY, SortKey, State
from fund.language import N_

F = TypeVar("F", bound=Callable[..., Any])


def noun(name: str, line: str) -> Group:
    """A noun: ``user = noun("user", N_("Add people and say what they may do"))``."""
    return Group(name, line=line)


def verb(
    group: Group | None,
    name: str,
    line: str,
    *,
    about: str = "",
    examples: Sequence[str] = (),
    who: str = "",
    see: Sequence[str] = (),
) -> Callable[[Callable[..., Any]], Command]:
    """Declare a verb of ``group``, or a bare verb when it is ``None``; the outermost decorator of its function."""

    def declare(function: Callable[..., Any]) -> Command:
        command = click.command(name, cls=Command, line=line, about=about, examples=examples, who=who, see=see)(
            function
        )
        if group is not None:
            group.add_command(command)
        return command

    return declare


def option(*declarations: str, help: str = "", **attrs: Any) -> Callable[[F], F]:
    """An option; ``help`` is a message id: ``option("--role", multiple=True, help=N_("a role"))``."""
    return click.option(*declarations, cls=Option, help=help or None, **attrs)


def argument(name: str, *, help: str = "", **attrs: Any) -> Callable[[F], F]:
    """An argument; ``help`` is a message id."""
    return click.argument(name, cls=Argument, help=help or None, **attrs)


def _kept(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    ctx.meta[f"fund.{param.name}"] = value
    return value


def shared_option(*declarations: str, help: str, **attrs: Any) -> Callable[[F], F]:
    """An option that no verb names: whoever runs the command reads it (``typed``)."""
    return option(*declarations, help=help, expose_value=False, callback=_kept, **attrs)


_JSON = shared_option("--json", "json", is_flag=True, help=N_("Print one JSON object"))
_ON = shared_option("--on", "on", type=DAY, metavar="DATE", help=N_("Accounting day, today if left out"))
_COMMAND_ID = shared_option("--command-id", "command_id", metavar="ID", help=N_("Repeating with the same id acts once"))
_DRY_RUN = shared_option("--dry-run", "dry_run", is_flag=True, help=N_("Show what would happen, keep nothing"))
_ALL_YES = shared_option("--yes", "yes", is_flag=True, help=N_("Answer yes to the question"))
_AS_OF = shared_option("--as-of", "as_of", type=DAY, metavar="DATE", help=N_("As it was at the end of this day"))
_KNOWN_AT = shared_option(
    "--known-at",
    "known_at",
    type=click.IntRange(min=0),
    metavar="SEQ",
    help=N_("As known when this entry was the last"),
)


_FORCE = shared_option("--force", "force", is_flag=True, help=N_("Write over a file of that name"))


def forcing(function: F) -> F:
    """The option of a command that writes a file: whether one of that name may be written anew, unasked."""
    return _FORCE(function)


FORMATS = ("table", "json", "csv", "xlsx", "pdf")
"""How a statement is shown or leaves."""


def formatted(*formats: str) -> Callable[[F], F]:
    """``form`` of the function: the format that was chosen, else the one that the name of ``--output`` ends with, else
    the first.
    """

    def chosen(ctx: click.Context, param: click.Parameter, form: str) -> str:
        ends = Path(ctx.params.get("output") or "").suffix[1:].lower()
        named = param.name and ctx.get_parameter_source(param.name) is ParameterSource.DEFAULT and ends in formats
        return ends if named else form

    return option(
        "--format", "form", type=click.Choice(formats), default=formats[0], callback=chosen,
        help=N_("How it is shown or written, if the name of the file does not say it"),
    )  # fmt: skip


def export_options(function: F) -> F:
    """The options of a statement that can leave as a file: ``form`` and ``output`` of the function, and ``--force``.

    It stands above :func:`reading`, :func:`dated` or :func:`known`; the body calls ``show_or_export``.
    """
    for decorate in (_FORCE, option("--output", metavar="FILE", help=N_("Write it to this file")), formatted(*FORMATS)):
        function = decorate(function)
    return function


def listing(*columns: Column, kind: str = "") -> Callable[[F], F]:
    """The options of a command that lists: ``--state`` where a column is a state, ``--search`` and ``--sort``.

    It stands above :func:`reading` or :func:`dated`. The query of the command's own name takes what was given
    (``fund.lists``), so that people and programs choose alike.

    Args:
        columns: Those of its tables, by which it can be sorted.
        kind: Whose states its rows have, where no column shows them.
    """
    kinds = tuple(filter(None, dict.fromkeys([kind, *(each.kind for each in columns if each.role == "state")])))

    def declare(function: F) -> F:
        function = shared_option(
            "--sort",
            "sort",
            type=SortKey(columns),
            metavar="COLUMN",
            help=N_("In the order of this column; -COLUMN is the other way"),
        )(function)
        function = shared_option("--search", "search", metavar="WORDS", help=N_("Only what has all of these words"))(
            function
        )
        if kinds:
            function = shared_option(
                "--state", "state", type=State(*kinds), metavar="STATE", help=N_("Only in this state")
            )(function)
        return function

    return declare


def changing(function: F) -> F:
    """The options of a command that changes something; the function gets the context first."""
    for decorate in (_JSON, _ALL_YES, _DRY_RUN, _COMMAND_ID):
        function = decorate(function)
    return click.pass_context(function)  # type: ignore[return-value]


def booking(function: F) -> F:
    """As :func:`changing`, and ``--on``: for commands whose use case takes the accounting day ``on``."""
    return changing(_ON(function))


def reading(function: F) -> F:
    """The options of a command that only reads; the function gets the context first."""
    return click.pass_context(_JSON(function))  # type: ignore[return-value]


def dated(function: F) -> F:
    """As :func:`reading`, and ``--as-of``: for commands whose query takes the day ``as_of``."""
    return reading(_AS_OF(function))


def known(function: F) -> F:
    """As :func:`dated`, and ``--known-at``: for commands whose query takes the entry number ``known_at`` too."""
    return dated(_KNOWN_AT(function))


def numbered(function: F) -> F:
    """As :func:`reading`, and ``--known-at``: for a period, whose query takes the entry number ``known_at``."""
    return reading(_KNOWN_AT(function))
