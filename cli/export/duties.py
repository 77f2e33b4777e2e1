"""``fund export duties``: who did what in each case, and what had to differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import click

from cli.export.noun import export
from cli.output import Column, emit_json, say, table, write_output
from cli.params import Code, formatted, option, query, typed
from cli.params.declared import declared
from fund.language import N_, _, day, ngettext
from fund.reports.exports.commands import ExportDuties


@declared(export, ExportDuties)
@formatted("csv", "json")
@option("--output", required=True, metavar="FILE", help=N_("Write it to this file"))
@option("--force", is_flag=True, help=N_("Write over a file of that name"))
def duties(ctx: click.Context, ref: str | None, without_names: bool, form: str, output: str, force: bool) -> None:
    from fund.reports.exports.duties import DUTY_FORMATS

    data = query(ctx, ExportDuties(ref=ref, without_names=without_names))
    write_output(output, DUTY_FORMATS[form](data), force=force, private=True)
    if output != "-":
        answer = {
            "path": output,
            "format": form,
            **{key: data[key] for key in ("as_of", "case", "head", "rules", "findings")},
            "act_count": len(data["acts"]),
            "person_count": len({act["person"] for act in data["acts"]}),
            "pair_count": len(data["pairs"]),
        }
        if typed(ctx, "json"):
            emit_json(answer)
        else:
            if ref is not None:
                _show_acts(ref, data["acts"])
            _show(answer)
    if data["findings"]:
        ctx.exit(Code.DIFFERENCES)


WORDS = {
    "asked": N_("asked"),
    "signed": N_("signed"),
    "checked": N_("checked"),
    "judged": N_("judged"),
    "voted": N_("voted"),
    "decided": N_("decided"),
    "approved": N_("approved"),
    "sent": N_("sent"),
    "made": N_("made"),
    "confirmed": N_("confirmed"),
    "recorded": N_("recorded"),
}
"""What somebody did, in a word."""


def _did(duty: str) -> str:
    word = WORDS[duty]
    return _(word)


def _show_acts(ref: str, acts: Sequence[Mapping[str, Any]]) -> None:
    """Who did what in a case; a batch that pays several things is told once."""
    rows = {(act["fact"], act["person"], act["duty"]): act for act in acts}
    table(
        _("Who did what in {ref}").format(ref=ref),
        [
            Column("fact", N_("No."), "count"),
            Column("effective_on", N_("Day"), "date"),
            Column("type", N_("Fact"), "ref"),
            Column("did", N_("Did"), "text"),
            Column("who", N_("Who"), "name"),
        ],
        [{**act, "did": _did(act["duty"]), "who": act["name"] or act["person"]} for act in rows.values()],
        empty=_("Nobody; the service did it all."),
    )
    say()


def _show(answer: Mapping[str, Any]) -> None:
    table(
        _("Segregation of duties until {day}, fact {seq}").format(
            day=day(date.fromisoformat(answer["as_of"])), seq=answer["head"]["seq"]
        ),
        [
            Column("rule", N_("Rule"), "ref"),
            Column("what", N_("What must differ"), "text"),
            Column("compared", N_("Compared"), "count"),
            Column("found", N_("Findings"), "count"),
        ],
        [{**row, "what": _(row["what"])} for row in answer["rules"]],
    )
    if answer["findings"]:
        table(
            _("Findings"),
            [
                Column("fact", N_("Fact"), "count"),
                Column("type", N_("What"), "ref"),
                Column("rule", N_("Rule"), "ref"),
                Column("what", N_("Why"), "text"),
            ],
            [{**row, "what": _(row["why"]).format(**row["details"])} for row in answer["findings"]],
        )
    acts = ngettext("{count} act", "{count} acts", answer["act_count"])
    people = ngettext("{count} person", "{count} people", answer["person_count"])
    say(
        _("{path}: {acts} by {people}; findings: {findings}.").format(
            path=answer["path"],
            acts=acts.format(count=answer["act_count"]),
            people=people.format(count=answer["person_count"]),
            findings=len(answer["findings"]),
        )
    )
