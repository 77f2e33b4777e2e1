"""The form as a file: print it, fill it in, bring an older one up to date, its JSON Schema."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from cli import output
from cli.params import FORM, PARTNER, argument, changing, forcing, may_write, option, query, reading, typed, verb
from cli.proposal.noun import AGREEMENT, ROUND, TRACK, proposal
from fund.language import N_, _, ngettext
from fund.workflows.evaluations.commands import EvaluationCarriedOver
from fund.workflows.proposals.commands import ProposalFile

_TRACK = option("--track", type=TRACK, default="light", help=N_("The track of the round; light when left out"))
_COMMENTS = ("nl", "en", "both")


@verb(
    proposal,
    "template",
    N_("Print the form to fill in"),
    about=N_(
        "One field per line, with a comment and a mark: L is asked on every track, S from standard on, M on major."
        " With --from it is filled in already, from a file or a draft on an older form; with --follows it begins with"
        " the parties, lessons and evidence of an agreement that invites to a roll-out, whose track is major."
    ),
    examples=(
        "fund proposal template --track light",
        "fund proposal template --track standard --comments nl --output loket.toml",
        "fund --as fatima proposal template --from 2026-003 --output 2026-003.toml",
        "fund proposal template --track major --follows A2026-003 --output rollout.toml",
    ),
    see=("proposal new", "proposal draft"),
)
@_TRACK
@option("--comments", type=click.Choice(_COMMENTS), default="both", help=N_("The language of the comments"))
@option("--round", type=ROUND, metavar="REF", help=N_("The round, filled in already"))
@option("--lead", type=PARTNER, metavar="PARTNER", help=N_("The lead partner, filled in already"))
@option("--from", "source", metavar="REF|FILE", help=N_("A proposal or file whose answers are kept"))
@option("--follows", type=AGREEMENT, metavar="REF", help=N_("The agreement that this rolls out"))
@option("--output", metavar="FILE", default="-", help=N_("Write to this file instead of the screen"))
@forcing
@reading
def template(
    ctx: click.Context,
    track: str,
    comments: str,
    round: str | None,
    lead: str | None,
    source: str | None,
    follows: str | None,
    output: str,
) -> None:
    from fund import forms

    if source is not None and follows is not None:
        raise click.UsageError(_("--from and --follows both fill the form in; leave one out"), ctx)
    if source is not None:
        if round is not None or lead is not None:
            raise click.UsageError(_("--from has a round and a lead already; leave --round and --lead out"), ctx)
        _brought_up_to_date(ctx, source, track, comments, output)
        return
    from fund import dates

    year = dates.day_of(dates.now()).year + 1  # only a suggestion in a form; there need be no fund yet
    answers = query(ctx, EvaluationCarriedOver(ref=follows))["answers"] if follows is not None else {}
    text = forms.template(track, comments=comments, round=round or "", lead=lead or "", year=year, answers=answers)
    _print(ctx, {"schema_version": 1, "track": track, "toml": text}, text, output)


def _brought_up_to_date(ctx: click.Context, source: str, track: str, comments: str, target: str) -> None:
    """The old answers on the form in force; what is still to be answered is told beside it, by line."""
    from fund import forms

    if Path(source).is_file():
        kept = FORM.read(source)
        file = forms.open_form(kept["content"], kept["name"])
        shown = source if target == "-" else target
        newer = forms.upgrade(file, track=track, name=shown, comments=comments)
        data: Mapping[str, Any] = {
            "from": newer.before,
            "form": newer.after,
            "toml": newer.text,
            "open": [
                {
                    "code": fault.code(),
                    "line": fault.details["line"],
                    "field": fault.details["field"],
                    "message": str(fault),
                }
                for fault in newer.open
            ],
            "left": list(newer.left),
        }
        following = f"fund proposal new {shlex.quote(target)}" if target != "-" else ""
    else:
        shown = f"{source}.toml" if target == "-" else target
        data = query(ctx, ProposalFile(ref=source, comments=comments, in_force=True, name=shown))
        following = f"fund proposal save {source} {shlex.quote(target)}" if target != "-" else ""
    _print(ctx, {"schema_version": 1, **data}, data["toml"], target)
    if typed(ctx, "json"):
        return
    if data["left"]:
        told = _("From form {before} to form {after}; not asked any more: {fields}.")
    else:
        told = _("From form {before} to form {after}; every answer is kept.")
    output.note(told.format(before=data["from"], after=data["form"], fields=", ".join(data["left"])))
    number = len(data["open"])
    if number:
        counted = ngettext("{number} answer is still open:", "{number} answers are still open:", number)
        output.note(counted.format(number=number))
    for fault in data["open"]:
        output.note(f"  {fault['message']}")
    if following:
        output.note(_("Next step: {command}").format(command=following))


@verb(
    proposal,
    "schema",
    N_("Print the JSON Schema of the form"),
    about=N_("For editors and programs. What is required is what the track must answer."),
    examples=("fund proposal schema --track standard",),
    see=("proposal template",),
)
@_TRACK
@option("--form", "version", metavar="VERSION", help=N_("The version of the form; the one in force when left out"))
@option("--output", metavar="FILE", default="-", help=N_("Write to this file instead of the screen"))
@forcing
@reading
def schema(ctx: click.Context, track: str, version: str | None, output: str) -> None:
    from fund import forms

    if version is not None and version not in forms.VERSIONS:
        known = ", ".join(forms.VERSIONS)
        raise click.UsageError(
            _("there is no form {version}; the forms are {known}").format(version=version, known=known), ctx
        )
    shape = forms.json_schema(version or forms.CURRENT, track=track)
    _print(ctx, shape, json.dumps(shape, ensure_ascii=False, indent=2) + "\n", output)


def _print(ctx: click.Context, data: Mapping[str, Any], text: str, target: str) -> None:
    if typed(ctx, "json"):
        output.emit_json(data)
    else:
        output.write_output(target, text.encode(), force=may_write(ctx, target))


@verb(
    proposal,
    "new",
    N_("Fill in the form, question by question"),
    about=N_(
        "Every answer is written to the file at once. Ctrl-C stops; the same command goes on where you were. A file on"
        " an older form is brought up to date first, its answers kept."
    ),
    examples=("fund --as fatima proposal new --round 2026-1 loket.toml",),
    who=N_("an editor or signatory of a partner"),
    see=("proposal template", "proposal draft"),
)
@argument("file", required=False, metavar="[FILE]", help=N_("The file; proposal.toml when left out"))
@option(
    "--round", type=ROUND, metavar="REF", help=N_("The round; that of the file, or the one that is open, when left out")
)
@changing
def new(ctx: click.Context, file: str | None, round: str | None) -> None:
    from cli.proposal.beginning import fill_in

    fill_in(ctx, file or "proposal.toml", round)
