"""What every command shares: how arguments are read, the options of changing and of reading commands, and the two
calls into the fund.

A noun file declares its verbs with :func:`noun`, :func:`verb`, :func:`argument`, :func:`option` and one of
:func:`changing` and :func:`reading`; its body calls :func:`run` or :func:`read`. Nothing here is loaded from the
fund before a command really runs, so that help and completion stay quick.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from cli import output
from cli.output import write_output
from fund.language import N_, _

if TYPE_CHECKING:
    from fund.errors import FundError, UnknownCommand
    from fund.settings import Settings

__all__ = [
    "ACCOUNT",
    "DAY",
    "FILE",
    "MONEY",
    "PERIOD",
    "Code",
    "Command",
    "Group",
    "Ref",
    "Shell",
    "argument",
    "booking",
    "changing",
    "confirmed",
    "dated",
    "known",
    "leave",
    "look",
    "noun",
    "opened",
    "option",
    "read",
    "reading",
    "run",
    "shell",
    "typed",
    "verb",
    "write_output",
]

F = TypeVar("F", bound=Callable[..., Any])


class Code(IntEnum):
    """The exit codes; :mod:`cli.main` names them for people."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    DIFFERENCES = 3
    NOT_READY = 4
    BUG = 5


# --------------------------------------------------------------------------------------------------- what was typed


@dataclass
class Shell:
    """The options before the noun; the settings behind them are read when a command first needs them."""

    given: dict[str, str | None] = field(default_factory=dict)
    _settings: Settings | None = None

    @property
    def settings(self) -> Settings:
        """The settings of this command: its options, then the environment, then the defaults."""
        if self._settings is None:
            from fund import settings

            self._settings = settings.load(self.given)
        return self._settings


def shell(ctx: click.Context) -> Shell:
    """The options before the noun, of the command that runs."""
    found = ctx.find_object(Shell)
    return found if found is not None else Shell()


def typed(ctx: click.Context, name: str, default: Any = None) -> Any:
    """A shared option: ``on``, ``as_of``, ``known_at``, ``command_id``, ``dry_run``, ``yes``, ``json``."""
    return ctx.meta.get(f"fund.{name}", default)


# ------------------------------------------------------------------------------------------------------------ types


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


# ---------------------------------------------------------------------------------------------- commands and their help


class _Option(click.Option):
    """An option whose help is a message id, translated where it is shown."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        source = self.help
        self.help = _(source) if source else source
        try:
            return super().get_help_record(ctx)
        finally:
            self.help = source


class _Argument(click.Argument):
    """An argument whose help is a message id, translated where it is shown."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:
        metavar, source = super().get_help_record(ctx)
        return metavar, _(source)


class _Helped(click.Command):
    """What groups and commands have in common: help in the language in use, errors in our form."""

    line: str = ""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        found = super().get_help_option(ctx)
        if found is not None:
            found.help = _("Show this message and exit.")
        return found

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [_(piece) for piece in super().collect_usage_pieces(ctx)]

    _PIECES = (N_("[OPTIONS]"), N_("COMMAND [ARGS]..."), N_("required"))

    def get_short_help_str(self, limit: int = 45) -> str:
        return _(self.line)


class Command(_Helped):
    """A verb: one line, a paragraph, examples, who may, and where to look next.

    Args:
        line: A verb first, under 60 signs, no full stop.
        about: One plain paragraph.
        examples: Real commands, one to three.
        who: Who may do this, as the end of a sentence; empty for everybody.
        see: Other commands, without ``fund``.
    """

    def __init__(
        self,
        name: str | None,
        *,
        line: str,
        about: str = "",
        examples: Sequence[str] = (),
        who: str = "",
        see: Sequence[str] = (),
        **attrs: Any,
    ) -> None:
        super().__init__(name, **attrs)
        self.line, self.about, self.examples, self.who, self.see = line, about, tuple(examples), who, tuple(see)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_(self.line))
            if self.about:
                formatter.write_paragraph()
                formatter.write_text(_(self.about))
        if self.examples:
            with formatter.section(_("Examples")):
                for example in self.examples:
                    formatter.write(f"{'':>{formatter.current_indent}}{example}\n")

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.who:
            formatter.write_paragraph()
            formatter.write_text(_("Who may do this: {who}.").format(who=_(self.who)))
        if self.see:
            formatter.write_paragraph()
            formatter.write_text(
                _("See also: {commands}").format(commands=", ".join(f"fund {name}" for name in self.see))
            )


class Group(_Helped, click.Group):
    """A noun with its verbs; a verb that does not exist is answered with the nearest that does."""

    def __init__(self, name: str | None = None, *, line: str = "", **attrs: Any) -> None:
        super().__init__(name, **attrs)
        self.line = line

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_(self.line))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = []
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                rows.append((name, command.get_short_help_str()))
        if rows:
            with formatter.section(_("Commands")):
                formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        command = self.get_command(ctx, name)
        if command is not None:
            return name, command, args[1:]
        if name.startswith("-"):
            return super().resolve_command(ctx, args)
        raise unknown_command(ctx.command_path, name, self.list_commands(ctx))


def unknown_command(path: str, name: str, known: Iterable[str]) -> UnknownCommand:
    """The refusal of a word that is no command here, with what was probably meant."""
    from fund import glossary
    from fund.errors import UnknownCommand

    known = tuple(known)
    shown = output.clean(name)
    meant = glossary.nouns_of(name, known)
    if meant and name.lower() not in meant:
        if path == "fund" and glossary.find(name):
            template = _("the word here for {word} is {command}: {path} {command} --help")
        else:
            template = _("{word} is called {command} here: {path} {command} --help")
        advice = template.format(word=shown.lower(), command=meant[0], path=path)
    elif close := (meant or glossary.nearest(name, known)):
        advice = _("did you mean {command}? {path} {command} --help").format(command=close[0], path=path)
    else:
        advice = f"{path} --help"
    return UnknownCommand(typed=f"{path} {shown}", suggestion=advice)


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
    return click.option(*declarations, cls=_Option, help=help or None, **attrs)


def argument(name: str, *, help: str = "", **attrs: Any) -> Callable[[F], F]:
    """An argument; ``help`` is a message id."""
    return click.argument(name, cls=_Argument, help=help or None, **attrs)


def _kept(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    ctx.meta[f"fund.{param.name}"] = value
    return value


def _shared(*declarations: str, help: str, **attrs: Any) -> Callable[[F], F]:
    return option(*declarations, help=help, expose_value=False, callback=_kept, **attrs)


_JSON = _shared("--json", "json", is_flag=True, help=N_("Print one JSON object"))
_ON = _shared("--on", "on", type=DAY, metavar="DATE", help=N_("Accounting day, today if left out"))
_COMMAND_ID = _shared("--command-id", "command_id", metavar="ID", help=N_("Repeating with the same id acts once"))
_DRY_RUN = _shared("--dry-run", "dry_run", is_flag=True, help=N_("Show what would happen, keep nothing"))
_ALL_YES = _shared("--yes", "yes", is_flag=True, help=N_("Answer yes to the question"))
_AS_OF = _shared("--as-of", "as_of", type=DAY, metavar="DATE", help=N_("As it was at the end of this day"))
_KNOWN_AT = _shared(
    "--known-at",
    "known_at",
    type=click.IntRange(min=0),
    metavar="SEQ",
    help=N_("As known when this entry was the last"),
)


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


# ------------------------------------------------------------------------------------------------ into the fund, back


def run(
    ctx: click.Context,
    name: str,
    args: Mapping[str, Any],
    *,
    ask: bool | str | Callable[[Mapping[str, Any]], Iterable[str]] = False,
    tell: Callable[[Mapping[str, Any]], Iterable[str]] | None = None,
    label: str = "",
) -> Mapping[str, Any]:
    """Carry out a changing command and show its answer, which is also returned.

    Args:
        name: The command as typed: ``proposal submit``.
        args: Its arguments by name; those that were not given are left out or ``None``. The day of ``--on`` goes along
            as ``on`` when it was typed.
        ask: What cannot be undone asks first, unless ``--yes`` or ``--dry-run``. ``True`` first shows the facts and
            entries of a trial; a text is the question itself; a function gets the answer of a trial and gives the lines
            (amount, payee, balance after) that stand above the question. With ``True`` the first of two people is not
            asked, the second is; nor is anybody for what was done before under the same command id.
        tell: The lines that say in words what was done, from the answer. Without it the facts are listed.
        label: What stands before the bar of a command that may take long.

    Raises:
        Declined: The question was answered with no, or there was nobody to ask.
    """
    dry_run = bool(typed(ctx, "dry_run"))
    whole = {key: value for key, value in args.items() if value is not None}
    if typed(ctx, "on") is not None:
        whole["on"] = typed(ctx, "on")
    with opened(ctx) as (fund, carry_out, _look):

        def carried_out(trial: bool) -> Mapping[str, Any]:
            answer: Mapping[str, Any] = carry_out(
                fund,
                name,
                whole,
                user=shell(ctx).settings.user,
                command_id=typed(ctx, "command_id"),
                dry_run=trial,
            )
            return answer

        if ask and not dry_run and not typed(ctx, "yes"):
            question = ask if isinstance(ask, str) else _("Carry this out?")
            trial = {} if isinstance(ask, str) else carried_out(True)
            waits = ask is True and trial.get("pending")
            if not (waits or trial.get("replayed")):
                _require_somebody(name)
                for line in ask(trial) if callable(ask) else output.trial_lines(trial):
                    output.note(line)
                _require_yes(name, question)
        if label:
            with output.progress(label) as bar:
                fund.progress = bar.reach
                answer = carried_out(dry_run)
        else:
            answer = carried_out(dry_run)
    if typed(ctx, "json"):
        # what the use case answered stands at the top, where scripts look for it (lines_new of bank import)
        output.emit_json({**(answer.get("result") or {}), **answer})
    else:
        pending = answer.get("pending") and not dry_run
        output.render_answer(answer, tell(answer) if tell is not None and not pending else ())
    return answer


def _require_somebody(name: str) -> None:
    from fund.errors import Declined

    if not output.interactive():
        raise Declined(what=_("`fund {name}` asks a question, and there is nobody to ask").format(name=name))


def _require_yes(name: str, question: str) -> None:
    from fund.errors import Declined

    if not output.ask(question):
        raise Declined(what=_("`fund {name}` was answered with no").format(name=name))


def confirmed(ctx: click.Context, question: str, name: str) -> None:
    """Ask ``question`` for a command that does not go through :func:`run`; nothing when the answer is yes.

    Raises:
        Declined: The answer is no, or there is nobody to ask and no ``--yes``.
    """
    if typed(ctx, "yes"):
        return
    _require_somebody(name)
    _require_yes(name, question)


@contextmanager
def opened(ctx: click.Context, *, changes: bool = True) -> Iterator[tuple[Any, Callable[..., Any], Callable[..., Any]]]:
    """The fund of this command, with the two calls into it: ``carry_out`` and ``look``.

    Args:
        changes: Whether something may follow that the workers must hear of; only then is the broker spoken to.
    """
    from fund.workflows import delivery

    settings = shell(ctx).settings
    with ExitStack() as stack:
        ring = None
        if changes and settings.broker_url is not None:
            from fund.worker import ringer

            ring = stack.enter_context(ringer(settings.database_url, settings.broker_url))
        fund = stack.enter_context(delivery.open_fund(settings.database_url, ring=ring))
        fund.warn = output.note
        yield fund, delivery.carry_out, delivery.look


def look(ctx: click.Context, name: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON object behind a reading command; ``None`` arguments are left out, the shared options go along."""
    whole = {key: value for key, value in args.items() if value is not None}
    for key in ("as_of", "known_at"):
        if typed(ctx, key) is not None:
            whole[key] = typed(ctx, key)
    with opened(ctx, changes=False) as (fund, _carry_out, asked):
        data: dict[str, Any] = asked(fund, name, whole, user=shell(ctx).settings.user)
    return data


def leave(
    ctx: click.Context,
    name: str,
    args: Mapping[str, Any],
    *,
    form: str,
    path: str | None,
    show: Callable[[dict[str, Any]], None],
) -> None:
    """Look something up that can leave as a file: a table on the screen, else JSON or CSV, to ``path`` if named."""
    if form == "table" and (path is None or typed(ctx, "json")):
        read(ctx, name, args, show=show)
        return
    from fund.reports.statements import STATEMENT_FORMATS

    chosen = "json" if typed(ctx, "json") else "csv" if form == "table" else form
    write_output(path or "-", STATEMENT_FORMATS[chosen](look(ctx, name, args)))


def read(
    ctx: click.Context,
    name: str,
    args: Mapping[str, Any] | None = None,
    *,
    show: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    """Look something up and show it: ``--json`` prints the object as it is, ``show`` prints it for people."""
    data = look(ctx, name, args or {})
    if typed(ctx, "json"):
        output.emit_json(data)
    else:
        show(data)
    return data
