"""The calls into the fund: carry a command out, look something up, and show what came back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import click

from cli import output
from cli.output import write_output
from cli.params.context import shell, typed
from fund.language import _

__all__ = ["confirmed", "leave", "look", "opened", "read", "run"]


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
