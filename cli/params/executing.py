"""The calls into the fund: carry a command out, look something up, and show what came back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stdout
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import click

from cli import output
from cli.params.context import shell, typed
from fund.language import _, ngettext

if TYPE_CHECKING:
    from cli.output.views import Done
    from fund.commands.opening import Fund
    from fund.declarations import Answer, Answered, Input, Question
    from fund.errors.commands import AmbiguousName

Asked = TypeVar("Asked", bound="Input")


def run(
    ctx: click.Context,
    given: Input,
    *,
    ask: bool | str | Callable[[Answer], Iterable[str]] = False,
    done: Done = (),
    label: str = "",
    path: str | None = None,
) -> Answer:
    """Carry out a changing command and show its answer, which is also returned.

    Args:
        given: Its input; the day of ``--on`` goes along when it was typed.
        ask: What cannot be undone asks first, unless ``--yes`` or ``--dry-run``. ``True`` first shows the facts and
            entries of a trial; a text is the question itself; a function gets the answer of a trial and gives the lines
            (amount, payee, balance after) that stand above the question. With ``True`` the first of two people is not
            asked, the second is; nor is anybody for what was done before under the same command id.
        done: The sentences that say what was done; without them the facts are listed.
        label: What stands before the bar of a command that may take long.
        path: Where a file goes that the caller writes after it; where that is standard output (``-``) the answer is
            told on standard error.

    Raises:
        UsageError: The answer as JSON and the file would go to standard output together.
        Declined: The question was answered with no, or there was nobody to ask.
    """
    require_own_stream(ctx, path)
    dry_run, name = bool(typed(ctx, "dry_run")), given.declaration.name
    settled = _Settled(_with_shared(ctx, given))
    from fund.commands.executing import execute

    with opened(ctx) as fund:

        def carried_out(command_id: str | None, **how: Any) -> Answer:
            user = shell(ctx).settings.user
            return settled.by(lambda known: execute(fund, known, user=user, command_id=command_id, **how))

        def agreed() -> Answer | None:
            """The preview to which somebody said yes; none where nothing was shown, or nobody need be asked."""
            if not ask or dry_run or typed(ctx, "yes"):
                return None
            shown = None if isinstance(ask, str) else carried_out(typed(ctx, "command_id"), preview=True)
            if shown is not None and (shown["replayed"] or (ask is True and shown["pending"])):
                return None
            _require_somebody(name)
            for line in () if shown is None else ask(shown) if callable(ask) else output.trial_lines(shown):
                output.note(line)
            _require_yes(name, ask if isinstance(ask, str) else _("Carry this out?"))
            return shown

        def answered() -> Answer:
            from fund.errors.commands import PreviewChanged

            while True:
                shown = agreed()
                command_id = shown["command_id"] if shown else typed(ctx, "command_id")
                expected = shown.get("shown_sha256") if shown else None
                try:
                    return carried_out(command_id, dry_run=dry_run, expected=expected)
                except PreviewChanged:
                    output.note(_("Meanwhile something changed, and nothing was done. This is how it would be now:"))

        if label:
            with output.progress(label) as bar:
                fund.progress = bar.reach
                answer = answered()
        else:
            answer = answered()
        others: Sequence[str] | None = None
        following = f"fund confirm {answer['pending']}" if answer.get("pending") else answer.get("next")
        if following and not (dry_run or typed(ctx, "json")):
            others = others_who_may(fund, following, shell(ctx).settings.user)
        for each in answer.get("answers") or ():
            _know_another(fund, output.advised(each.get("next") or ""), shell(ctx).settings.user)
    if typed(ctx, "json"):
        # what the use case answered stands at the top, where scripts look for it (lines_new of bank import)
        output.emit_json({**(answer.get("result") or {}), **answer})
    else:
        pending = answer.get("pending") and not dry_run
        from cli.output.views import done_lines

        known = {each.name: getattr(given, each.name) for each in fields(given)}
        lines = () if pending or answer.get("withheld") else done_lines(done, answer, known)
        with redirect_stdout(sys.stderr) if path == "-" else nullcontext():
            output.render_answer(answer, lines, others)
    return answer


def which(problem: AmbiguousName) -> str:
    """Which of those that go by one name is meant: a numbered choice at a terminal.

    Raises:
        AmbiguousName: There is nobody to ask, or the answer names none of them.
    """
    ids, choices = problem.details["ids"], problem.details["choices"]
    if not output.interactive():
        raise problem
    output.note(_('"{name}" can be:').format(name=problem.details["name"]))
    for number, choice in enumerate(choices, start=1):
        output.note(f"{number:>3}  {choice}")
    line = output.ask_line(_("Which one do you mean? Type its number: "))
    answer = (line or "").strip()
    if not (answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(ids)):
        raise problem
    return str(ids[int(answer) - 1])


class _Settled(Generic[Asked]):
    """An input that is asked as often as it takes: whoever typed a name that several have says which one was meant.

    The choice is kept beside the name: nobody is asked twice, and a command that is repeated is known by what was
    typed.
    """

    def __init__(self, given: Asked) -> None:
        self._given = given

    def by(self, asked: Callable[[Asked], Answered]) -> Answered:
        """What ``asked`` answers to the input."""
        from fund.errors.commands import AmbiguousName
        from fund.glossary import Name

        while True:
            try:
                return asked(self._given)
            except AmbiguousName as problem:
                name = problem.details["name"]
                known = {each.name: getattr(self._given, each.name) for each in fields(self._given)}
                unclear = {key: each for key, each in known.items() if isinstance(each, Name) and each == name}
                if not unclear:
                    raise
                meant = which(problem)
                settled = {key: Name(each, each.kind, meant) for key, each in unclear.items()}
                self._given = replace(self._given, **settled)


def _with_shared(ctx: click.Context, given: Asked) -> Asked:
    """The input with what shared options say: the accounting day, the day or the entry up to which it is read."""
    names = {each.name for each in fields(given)}
    shared = {name: typed(ctx, name) for name in ("on", "as_of", "known_at") if name in names}
    return replace(given, **{name: value for name, value in shared.items() if value is not None})


def others_who_may(fund: Any, command: str, user: str | None) -> Sequence[str] | None:
    """Those who may give an advised command; ``None`` where the one who reads the advice may, or nobody can tell."""
    from fund.commands.takers import takers

    try:
        return takers(fund, command, user=user)
    except Exception:  # the fund is away, or ill: the answer or the refusal is worth more than whose turn it is
        return None


def _know_another(fund: Any, command: str, user: str | None) -> None:
    """Where somebody else may give an advised command, it is shown as theirs."""
    others = others_who_may(fund, command, user) if command else None
    if others:
        output.by_another(command, others[0])


def _require_somebody(name: str) -> None:
    from fund.errors.usage import Declined

    if not output.interactive():
        raise Declined(what=_("`fund {name}` asks a question, and there is nobody to ask").format(name=name))


def _require_yes(name: str, question: str) -> None:
    from fund.errors.usage import Declined

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
def opened(ctx: click.Context, *, changes: bool = True) -> Iterator[Fund]:
    """The fund of this command.

    Args:
        changes: Whether something may follow that the workers must hear of; only then is the broker spoken to.
    """
    from fund.commands.opening import open_fund
    from fund.errors import FundError, NotReady

    settings = shell(ctx).settings
    with ExitStack() as stack:
        notify = None
        if changes and settings.broker_url is not None:
            from fund.worker import ringer

            notify = stack.enter_context(ringer(settings.database_url, settings.broker_url))
        fund = stack.enter_context(open_fund(settings.database_url, notify=notify))
        fund.warn = output.note
        try:
            yield fund
        except FundError as problem:
            if not isinstance(problem, NotReady):  # who has to wait for the database once need not wait twice
                for command in filter(None, map(output.advised, problem.advice.split("\n"))):
                    _know_another(fund, command, settings.user)
            raise


def query(ctx: click.Context, given: Question[Answered], **context: Any) -> Answered:
    """What answers a query; the shared options go along.

    Args:
        context: What it takes besides its input (``into``, ``progress``, ``watch``).
    """
    # a list is chosen from; what completion looks up beside it is not
    selection = listed(ctx) if given.declaration.name == ctx.command_path.partition(" ")[2] else {}
    settled = _Settled(_with_shared(ctx, given))
    from fund.commands.querying import ask

    with opened(ctx, changes=False) as fund:
        user = shell(ctx).settings.user
        return settled.by(lambda known: ask(fund, known, user=user, selection=selection, **context))


def listing_of(ctx: click.Context, name: str) -> Mapping[str, Any]:
    """What a query of these words answers when nothing is typed: what completion offers, and names are found in."""
    from fund.registry import query_named

    return query(ctx, query_named(name))


def listed(ctx: click.Context) -> dict[str, str]:
    """How a list was asked for (``@listing``): state, words, order."""
    return {key: typed(ctx, key) for key in ("state", "search", "sort") if typed(ctx, key) is not None}


def show_or_export(
    ctx: click.Context,
    given: Question[Answered],
    *,
    form: str,
    path: str | None,
    show: Callable[[Answered], None] | None = None,
    private: bool = False,
    streams: bool = False,
) -> None:
    """Look something up that can leave as a file: a table on the screen, else a file, to ``path`` if named.

    Args:
        show: Draws the table; the page of the query (``fund.reports.statements.PAGES``) when left out.
        private: What leaves holds personal data.
        streams: The query gives its lines to ``into`` one by one, and a file is written as they come.

    Raises:
        NoTextForScreen: A workbook or a PDF would go to a terminal.
        OutputExists: There is a file of that name, and neither ``--force`` nor somebody says that it may be replaced.
    """
    name = given.declaration.name
    if form == "table" and path is None and not (streams and typed(ctx, "json")):
        read(ctx, given, show=show or (lambda data: output.show_page(_page(name, data))))
        return
    from fund.reports.statements.formats import DRAWN, STATEMENT_FORMATS, STREAMED
    from fund.reports.statements.pages import PAPERS

    chosen = "json" if typed(ctx, "json") else "csv" if form == "table" else form
    path = path or "-"
    if chosen in DRAWN:
        require_no_screen(path, chosen)
    force = may_write(ctx, path)
    lines: list[str] = []

    def write(found: Mapping[str, Any]) -> None:
        if chosen not in DRAWN:
            output.write_output(path, STREAMED[chosen](found), force=force, private=private)
            lines.append(_written(path, chosen, found.get("head")))
        elif chosen == "pdf" and name in PAPERS:
            output.write_output(path, PAPERS[name](found), force=force, private=private)
            lines.append(_written(path, chosen, found.get("head")))
        else:
            page = _page(name, found)
            output.write_output(path, STATEMENT_FORMATS[chosen](page), force=force, private=private)
            lines.append(_drawn(path, page) if chosen == "xlsx" else _written(path, chosen, page.head))

    if streams:
        query(ctx, given, into=write)
    else:
        write(query(ctx, given))
    if path != "-" and not typed(ctx, "json"):
        output.say_lines(lines)


def _page(name: str, found: Mapping[str, Any]) -> Any:
    from fund.reports.statements.pages import PAGES

    return PAGES[name](found)


def may_write(ctx: click.Context, path: str) -> bool:
    """Whether a file may be written over one of that name, to be asked before the work is done (``@forcing``).

    Raises:
        OutputExists: There is one, and neither ``--force`` nor somebody says that it may be replaced.
        OutputNoFile: What is there is a link, a folder, a pipe or a device.
    """
    force = bool(typed(ctx, "force"))
    if path == "-" or not output.in_the_way(path) or force:
        return force
    if not output.interactive() or not output.ask(_("{path} is there already. Write it anew?").format(path=path)):
        from fund.errors.usage import OutputExists

        raise OutputExists(path=path)
    return True


def require_no_screen(path: str, form: str) -> None:
    """Nothing, when bytes do not go to a terminal.

    Raises:
        NoTextForScreen: They would.
    """
    if path == "-" and output.is_terminal(sys.stdout):
        from fund.errors.usage import NoTextForScreen

        raise NoTextForScreen(form=form.upper())


def require_own_stream(ctx: click.Context, path: str | None) -> None:
    """Nothing, unless an answer as JSON and a file would go to standard output one after the other.

    Raises:
        UsageError: They would.
    """
    if path == "-" and typed(ctx, "json"):
        raise click.UsageError(_("--json and --output - both go to standard output: leave one of them out"), ctx)


def _written(path: str, form: str, head: Mapping[str, Any] | None) -> str:
    """What was written, in one sentence."""
    if not head:
        return _("{file}: {form} written").format(file=path, form=form.upper())
    return _("{file}: {form}, until entry {seq}").format(file=path, form=form.upper(), seq=head["seq"])


def _drawn(path: str, page: Any) -> str:
    count, seq = len(page.tables) + 1, page.head.get("seq")
    sentence = (
        ngettext(
            "{file}: {count} sheet, agrees with the trial balance of entry {seq}",
            "{file}: {count} sheets, agree with the trial balance of entry {seq}",
            count,
        )
        if page.ties
        else ngettext("{file}: {count} sheet, until entry {seq}", "{file}: {count} sheets, until entry {seq}", count)
    )
    return sentence.format(file=path, count=count, seq=seq)


def read(ctx: click.Context, given: Question[Answered], *, show: Callable[[Answered], None]) -> Answered:
    """Look something up and show it: ``--json`` prints the object as it is, ``show`` prints it for people."""
    data = query(ctx, given)
    present(ctx, data, show)
    return data


def present(ctx: click.Context, data: Answered, show: Callable[[Answered], None]) -> None:
    """Show what was found: as one object with ``--json``, else for people, who hear what part of a list they see."""
    if typed(ctx, "json"):
        output.emit_json(data)
        return
    selection = data.get("selection") or {}
    if not selection.get("state") and not selection.get("search"):
        show(data)
        return
    if not selection["rows"]:
        output.say(_("Nothing of that; the whole list has {count}.").format(count=selection["of"]))
        return
    with output.selected():
        show(data)
    output.say(_("{rows} of {count} chosen.").format(rows=selection["rows"], count=selection["of"]))
