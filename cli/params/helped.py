"""Commands and their help: in the language in use, with examples, who may, and what was meant by a wrong word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from cli import output
from fund.language import N_, _

if TYPE_CHECKING:
    from fund.errors.commands import UnknownCommand


class Option(click.Option):
    """An option whose help is a message id, translated where it is shown."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        source = self.help
        self.help = _(source) if source else source
        try:
            return super().get_help_record(ctx)
        finally:
            self.help = source


class Argument(click.Argument):
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
    from fund.errors.commands import UnknownCommand

    known = tuple(known)
    shown = output.clean(name)
    meant = glossary.nouns_of(name, known)
    if meant and name.lower() not in meant:
        if path == "fund" and glossary.find(name):
            template = _("the word here for {word} is `{command}`: {path} {command} --help")
        else:
            template = _("{word} is called `{command}` here: {path} {command} --help")
        advice = template.format(word=shown.lower(), command=meant[0], path=path)
    elif close := (meant or glossary.nearest(name, known)):
        advice = _("did you mean `{command}`? {path} {command} --help").format(command=close[0], path=path)
    else:
        advice = f"{path} --help"
    return UnknownCommand(typed=f"{path} {shown}", suggestion=advice)
