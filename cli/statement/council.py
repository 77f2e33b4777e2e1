"""``fund statement council``: one A4 in plain words for a council, states or general board."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import click

from cli.output import emit_json, facts, note, progress, say, say_lines, write_folder
from cli.params import export_options, option, query, show_or_export, typed
from cli.params.declared import declared
from cli.statement.noun import statement
from fund.language import N_, _, ngettext
from fund.reports.statements.commands import StatementCouncil

NAME = "statement council"


@declared(statement, StatementCouncil)
@option("--all", "everybody", is_flag=True, help=N_("A file for every partner"))
@export_options
def council(ctx: click.Context, partner: str | None, everybody: bool, form: str, output: str | None) -> None:
    if everybody == (partner is not None):
        raise click.UsageError(_("Name one partner, or --all."))
    if everybody:
        _every_file(ctx, "pdf" if form == "table" else form, output)
    else:
        show_or_export(ctx, StatementCouncil(partner=partner), form=form, path=output, show=_show)


def _every_file(ctx: click.Context, form: str, output: str | None) -> None:
    """A file for every partner, named after its id; with ``--json`` and no folder all of them as one object."""
    if output is None and not typed(ctx, "json"):
        raise click.UsageError(_("Name a folder for the files: --output FOLDER"))
    if output == "-":
        raise click.UsageError(_("several files cannot go to standard output: name a folder"), ctx)
    found = query(ctx, StatementCouncil())
    if output is None:
        emit_json(found)
        return
    councils = found["councils"]
    with progress(_("Writing pages"), len(councils)) as bar:

        def page(council: Mapping[str, Any]) -> bytes:
            bar.step()
            return _made(council, form)

        files = {f"{each['id']}.{form}": partial(page, each) for each in councils}
        write_folder(output, files, force=bool(typed(ctx, "force")))
    if typed(ctx, "json"):
        emit_json(found)
    else:
        sentence = ngettext("{count} file in {folder}", "{count} files in {folder}", len(councils))
        note(sentence.format(count=len(councils), folder=output))


def _made(found: Mapping[str, Any], form: str) -> bytes:
    from fund.reports.statements.formats import DRAWN, STATEMENT_FORMATS
    from fund.reports.statements.pages import PAGES, PAPERS

    if form == "pdf":
        return PAPERS[NAME](found)
    return STATEMENT_FORMATS[form](PAGES[NAME](found) if form in DRAWN else found)


def _show(found: Mapping[str, Any]) -> None:
    from fund.reports.statements.council.words import describe

    page = describe(found)
    facts(f"{page['reader']}: {page['name']}", [])
    say_lines(page["intro"])
    say()
    facts(
        f"{page['fund']}, {page['day']}",
        [(each["label"], f"{each['value']}  {each['note']}") for each in page["facts"]],
    )
    for part in ("paid", "done", "back", "learned", "next"):
        say()
        facts(page[part]["heading"], [(each["on"], _asked(each)) for each in page[part].get("dates", ())])
        say_lines(page[part]["sentences"])
        if part == "learned":
            _show_lessons(page["learned"]["lessons"])
    say()
    say_lines(f"{word}: {meaning}" for word, meaning in page["words"])
    say(f"{page['call']} {page['reach']}".rstrip())
    say(page["foot"])


def _asked(day: Mapping[str, str]) -> str:
    return f"{day['asks']} ({day['title']})" if day["title"] else day["asks"]


def _show_lessons(lessons: Iterable[Mapping[str, str]]) -> None:
    for number, lesson in enumerate(lessons):
        if number:
            say()
        say(f"{lesson['title']} ({lesson['ref']})")
        say_lines((lesson["worked"], f'"{lesson["quote"]}"', lesson["users"]))
