"""``fund statement council``: one A4 in plain words for a council, states or general board."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from cli.output import Column, emit_json, facts, note, progress, say, table, write_output
from cli.params import known, look, option, typed, verb
from cli.params.verbs import argument
from cli.statement.noun import PARTNER, statement
from fund.language import N_, _

FORMATS = ("table", "json", "csv", "pdf")


@verb(
    statement,
    "council",
    N_("Show a council what became of its money, on one page"),
    about=N_(
        "In plain words: what the partner paid, what was done with it, what came back, what was learned and what comes "
        "next. With --all a file for every partner, in the folder of --output."
    ),
    examples=(
        "fund statement council gm0344",
        "fund statement council ws0636 --format pdf --output raad.pdf",
        "fund statement council --all --output raden",
    ),
    see=("statement partner", "evaluation lessons"),
)
@argument("partner", type=PARTNER, required=False, metavar="[ID]", help=N_("The partner"))
@option("--all", "everybody", is_flag=True, help=N_("A file for every partner"))
@option("--format", "form", type=click.Choice(FORMATS), default=None, help=N_("How it is shown"))
@option("--output", metavar="FILE", help=N_("Write it to this file, or with --all into this folder"))
@known
def council(ctx: click.Context, partner: str | None, everybody: bool, form: str | None, output: str | None) -> None:
    if everybody == (partner is not None):
        raise click.UsageError(_("Name one partner, or --all."))
    if everybody:
        _all(ctx, form, output)
        return
    found = look(ctx, "statement council", {"partner": partner})
    chosen = form or "table"
    if typed(ctx, "json") and output is None:
        emit_json(found)
    elif chosen == "table" and output is None:
        _show(found)
    else:
        chosen = "json" if typed(ctx, "json") else "csv" if chosen == "table" else chosen
        write_output(output or "-", _made(found, chosen))


def _all(ctx: click.Context, form: str | None, output: str | None) -> None:
    found = look(ctx, "statement council", {})
    if output is None:
        if not typed(ctx, "json"):
            raise click.UsageError(_("Name a folder for the files: --output DIR"))
        emit_json(found)
        return
    chosen = "pdf" if form in (None, "table") else form
    folder = Path(output)
    _made_folder(folder)
    with progress(_("Writing pages"), len(found["councils"])) as bar:
        for each in found["councils"]:
            write_output(str(folder / f"{each['id']}.{chosen}"), _made(each, chosen))
            bar.step()
    if typed(ctx, "json"):
        emit_json(found)
    else:
        note(_("{count} files in {folder}.").format(count=len(found["councils"]), folder=output))


def _made_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        from fund.errors import FileUnreadable

        raise FileUnreadable(path=str(folder), reason=problem.strerror or str(problem)) from None


def _made(found: Mapping[str, Any], form: str) -> bytes:
    from fund.reports.statements import STATEMENT_FORMATS

    if form == "pdf":
        from fund.reports.statements.council import council_pdf

        return council_pdf(found)
    return STATEMENT_FORMATS[form](found)


def _show(found: Mapping[str, Any]) -> None:
    from fund.reports.statements.council import told

    page = told(found)
    say(f"{page['reader']}: {page['name']}")
    say(" ".join(page["intro"]))
    say()
    facts(
        page["fund"] + ", " + page["day"],
        [(each["label"], f"{each['value']}  {each['note']}") for each in page["facts"]],
    )
    for part in ("paid", "done", "back"):
        say()
        facts(page[part]["heading"], [])
        say(" ".join(page[part]["sentences"]))
    say()
    facts(page["learned"]["heading"], [])
    for line in page["learned"]["sentences"]:
        say(line)
    for lesson in page["learned"]["lessons"]:
        say(lesson["title"])
        say(f"  {lesson['worked']} “{lesson['quote']}” {lesson['users']}")
    say()
    table(
        page["next"]["heading"],
        [Column("on", N_("Day"), "date"), Column("asks", N_("What is asked")), Column("title", N_("Experiment"))],
        [{**each, "on": asked["on"]} for each, asked in zip(page["next"]["dates"], found["dates"], strict=True)],
        empty=" ".join(page["next"]["sentences"]),
    )
    say()
    say(page["call"])
    for word, meaning in page["words"]:
        say(f"{word}: {meaning}")
    say(page["foot"])
