"""Verbs made of declarations (:mod:`fund.declarations`): their words, options and help; the answer is told by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field
from functools import partial, wraps
from typing import Any

import click

from cli.output import Column
from cli.output.views import Done, ListView
from cli.params.executing import read, run
from cli.params.helped import Argument, Command, Group, Option
from cli.params.types import (
    ACCOUNT,
    ATTACHMENT,
    BANK_FILE,
    DAY,
    DOCUMENT,
    ENTRY,
    FACT,
    FILE,
    FORM,
    MONEY,
    PERIOD,
    ROLE,
    SECTION,
    THEME,
    Named,
    Ref,
    one_of,
)
from cli.params.verbs import changing, listing, reading, shared_option
from fund import declarations
from fund.declarations import (
    FLAG,
    Answer,
    Answered,
    Choice,
    Input,
    Kind,
    Number,
    Parameter,
    Question,
    Reference,
    parameters,
)

SHARED = ("on", "as_of", "known_at")
"""Arguments that many commands have: whoever runs one reads them (``typed``), no verb names them."""


def declared(group: Group | None, of: type[Input]) -> Callable[[Callable[..., Any]], Command]:
    """Declare the verb of an input, or a bare verb when ``group`` is ``None``; the outermost decorator of its function.

    The function gets the context, and a keyword argument for each field of the input that has no option of its own
    among the decorators below.
    """

    def declare(function: Callable[..., Any]) -> Command:
        own = {each.name for each in getattr(function, "__click_params__", ())}
        answered = changing if isinstance(of.declaration, declarations.Command) else reading
        decorated = answered(_with_defaults(function, of))
        for each in reversed([*_options(of, own)]):
            decorated = each(decorated)
        said = of.declaration
        command = click.command(
            said.name.rpartition(" ")[2], cls=Command, line=said.line, about=said.about, examples=said.examples,
            who=said.permitted, see=said.see,
        )(decorated)  # fmt: skip
        if group is not None:
            group.add_command(command)
        return command

    return declare


def add_command(
    group: Group | None,
    of: type[Input],
    *,
    ask: bool | str | Callable[[Answer], Iterable[str]] = False,
    done: Done = (),
    label: str = "",
) -> None:
    """Add a verb that hands its input on as it was typed; ``ask``, ``done`` and ``label`` as :func:`run` has them."""

    def carried_out(ctx: click.Context, **typed: Any) -> None:
        run(ctx, of(**typed), ask=ask, done=done, label=label)

    declared(group, of)(carried_out)


def add_query(
    group: Group | None,
    of: type[Question[Answered]],
    *,
    show: Callable[[Answered], None],
    columns: Sequence[Column] = (),
    kind: str = "",
) -> None:
    """Add a verb that reads with its input as it was typed.

    Args:
        show: Prints the answer for people: a view, or a function.
        columns: Those of its tables, where rows can be chosen and sorted (``listing``), if ``show`` is no list itself.
        kind: Whose states they have.
    """
    said = of.declaration
    if isinstance(show, ListView) and isinstance(said, declarations.Query) and said.lists:
        columns = show.columns

    def answered(ctx: click.Context, **typed: Any) -> None:
        read(ctx, of(**typed), show=show)

    declared(group, of)(listing(*columns, kind=kind)(answered) if columns else answered)


def _with_defaults(function: Callable[..., Any], of: type[Input]) -> Callable[..., Any]:
    """Hand the default of a field on where nothing was typed: not every default is a word that could be typed."""
    defaults = {field.name: field.default for field, _parameter in parameters(of) if field.default is not MISSING}

    @wraps(function)
    def called(ctx: click.Context, **typed: Any) -> Any:
        known = {name: defaults.get(name) if value is None else value for name, value in typed.items()}
        return function(ctx, **known)

    return called


def _options(
    of: type[Input], own: Iterable[str | None]
) -> Iterator[Callable[[Callable[..., Any]], Callable[..., Any]]]:
    for field, parameter in parameters(of):
        if field.name in own:
            continue
        if field.name in SHARED and field.default is None and parameter.option == f"--{field.name.replace('_', '-')}":
            yield shared_option(parameter.option, field.name, type=type_of(parameter.kind), **_texts(parameter))
        elif parameter.option:
            yield partial(_option, field, parameter)
        else:
            yield partial(_argument, field, parameter)


def _texts(parameter: Parameter) -> dict[str, Any]:
    return {"help": parameter.help, "metavar": parameter.metavar or parameter.kind.metavar or None}


def _option(field: Field[Any], parameter: Parameter, function: Callable[..., Any]) -> Callable[..., Any]:
    how: dict[str, Any] = _texts(parameter)
    if parameter.kind is FLAG:
        how = {"help": parameter.help, "is_flag": True, "default": None}
    else:
        how |= {"type": type_of(parameter.kind), "required": field.default is MISSING}
    if parameter.several:
        how["multiple"] = True
    elif field.default not in (MISSING, None, ""):
        how |= {"default": field.default, "show_default": isinstance(parameter.kind, Number)}
    return click.option(parameter.option, field.name, cls=Option, **how)(function)


def _argument(field: Field[Any], parameter: Parameter, function: Callable[..., Any]) -> Callable[..., Any]:
    how: dict[str, Any] = {"type": type_of(parameter.kind), "required": field.default is MISSING}
    if parameter.several:
        how["nargs"] = -1
    if parameter.metavar:
        how["metavar"] = parameter.metavar
    elif field.default not in (MISSING, None, (), ""):
        how["default"] = field.default
    return click.argument(field.name, cls=Argument, help=parameter.help, **how)(function)


def type_of(kind: Kind) -> click.ParamType[Any]:
    """How an argument of this kind is read and completed."""
    if isinstance(kind, Number):
        return click.INT if kind.least is None and kind.most is None else click.IntRange(kind.least, kind.most)
    if isinstance(kind, Choice):
        return one_of(kind.name, kind.words) if any(kind.words.values()) else click.Choice(list(kind.words))
    if isinstance(kind, declarations.Name):
        return Named(kind.name, *kind.listed)
    if isinstance(kind, Reference):
        return Ref(*kind.listed)
    return _OF_KIND[kind]


_OF_KIND: Mapping[Kind, click.ParamType[Any]] = {
    declarations.TEXT: click.STRING,
    declarations.IBAN: click.STRING,
    declarations.AMOUNT: MONEY,
    declarations.DAY: DAY,
    declarations.PERIOD: PERIOD,
    declarations.ACCOUNT: ACCOUNT,
    declarations.POSTING: click.Tuple([ACCOUNT, MONEY]),
    declarations.ROLE: ROLE,
    declarations.THEME: THEME,
    declarations.SECTION: SECTION,
    declarations.FACT_TYPE: FACT,
    declarations.ENTRY_KIND: ENTRY,
    declarations.TEXT_FILE: FILE,
    declarations.FORM_FILE: FORM,
    declarations.BANK_FILE: BANK_FILE,
    declarations.DOCUMENT: DOCUMENT,
    declarations.ATTACHMENT: ATTACHMENT,
}
