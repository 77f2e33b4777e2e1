"""``fund milestone``: what was agreed on the way, shown and judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from cli.output import Column, table
from cli.params import DOCUMENT, Ref, argument, changing, listing, noun, option, read, reading, run, verb, with_files
from fund.language import N_, _, ngettext

AGREEMENT = Ref(("agreement list", "agreements", "ref"))
MILESTONE = Ref(("milestone list", "milestones", "ref"))

milestone = noun("milestone", N_("Show and accept what was agreed on the way"))
with_files(milestone, MILESTONE, N_("The milestone"), "A2026-003-1")


@verb(
    milestone,
    "evidence",
    N_("Show that a milestone was reached"),
    about=N_("The files are kept, known by their hash. More evidence after a request for changes is added to it."),
    examples=("fund --as fatima milestone evidence A2026-003-1 photos.pdf readings.csv",),
    who=N_("an editor or signatory of the lead or a co-applicant"),
    see=("milestone list",),
)
@argument("ref", type=MILESTONE, help=N_("The milestone"))
@argument("files", type=DOCUMENT, nargs=-1, help=N_("Files that show it"))
@option("--note", default="", metavar="TEXT", help=N_("A remark for the fund manager"))
@changing
def evidence(ctx: click.Context, ref: str, files: tuple[Mapping[str, Any], ...], note: str) -> None:
    run(ctx, "milestone evidence", {"ref": ref, "files": list(files), "note": note}, tell=_shown)


def _shown(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    count = len(result["evidence"])
    return [
        ngettext("{ref} is shown with {count} file.", "{ref} is shown with {count} files.", count).format(
            ref=result["ref"], count=count
        )
    ]


@verb(
    milestone,
    "accept",
    N_("Accept a milestone, criterion by criterion"),
    about=N_("Tick every criterion that the evidence meets. A milestone is accepted when all are met."),
    examples=("fund --as anna milestone accept A2026-003-1 --met 1",),
    who=N_("a fund manager who is of no party"),
    see=("milestone file list", "milestone request-changes"),
)
@argument("ref", type=MILESTONE, help=N_("The milestone"))
@option("--met", type=int, multiple=True, metavar="NUMBER", help=N_("A criterion that was met; repeat"))
@changing
def accept(ctx: click.Context, ref: str, met: tuple[int, ...]) -> None:
    run(
        ctx,
        "milestone accept",
        {"ref": ref, "met": list(met)},
        tell=lambda _answer: [_("{ref} is accepted.").format(ref=ref)],
    )


@verb(
    milestone,
    "request-changes",
    N_("Ask for more evidence"),
    examples=('fund --as anna milestone request-changes A2026-003-1 --reason "readings of May are missing"',),
    who=N_("a fund manager who is of no party"),
    see=("milestone accept",),
)
@argument("ref", type=MILESTONE, help=N_("The milestone"))
@option("--reason", required=True, metavar="TEXT", help=N_("What is missing"))
@option("--met", type=int, multiple=True, metavar="NUMBER", help=N_("A criterion that was met; repeat"))
@changing
def request_changes(ctx: click.Context, ref: str, reason: str, met: tuple[int, ...]) -> None:
    run(
        ctx,
        "milestone request-changes",
        {"ref": ref, "reason": reason, "met": list(met)},
        tell=lambda _answer: [_("{ref} goes back to the parties.").format(ref=ref)],
    )


@verb(
    milestone,
    "reject",
    N_("Reject a milestone that was not reached"),
    about=N_("The agreement is amended or ended after this."),
    examples=('fund --as anna milestone reject A2026-003-1 --reason "there is no second pump"',),
    who=N_("a fund manager who is of no party"),
    see=("agreement amend", "agreement terminate"),
)
@argument("ref", type=MILESTONE, help=N_("The milestone"))
@option("--reason", required=True, metavar="TEXT", help=N_("What was not reached"))
@option("--met", type=int, multiple=True, metavar="NUMBER", help=N_("A criterion that was met; repeat"))
@changing
def reject(ctx: click.Context, ref: str, reason: str, met: tuple[int, ...]) -> None:
    run(
        ctx,
        "milestone reject",
        {"ref": ref, "reason": reason, "met": list(met)},
        ask=_("Reject {ref}? It cannot be shown again.").format(ref=ref),
        tell=lambda _answer: [_("{ref} is rejected.").format(ref=ref)],
    )


LIST = (
    Column("ref", N_("Milestone"), "ref"),
    Column("due_on", N_("Due"), "date"),
    Column("state", N_("State"), "state", kind="milestone"),
    Column("amount_cents", N_("Amount"), "amount"),
    Column("what", N_("What must be shown"), "text", by="criteria"),
)


@verb(
    milestone,
    "list",
    N_("List milestones and their criteria"),
    examples=("fund milestone list A2026-003", "fund milestone list --state evidenced --json"),
    see=("milestone evidence", "milestone file list"),
)
@argument("ref", type=AGREEMENT, required=False, help=N_("The agreement; all of them when left out"))
@listing(*LIST)
@reading
def list_milestones(ctx: click.Context, ref: str | None) -> None:
    read(ctx, "milestone list", {"ref": ref}, show=_show_list)


def _show_list(data: Mapping[str, Any]) -> None:
    rows = data["milestones"]
    table(
        _("Milestones"),
        LIST,
        [{**row, "what": _criteria(row)} for row in rows],
        total={"amount_cents": sum(row["amount_cents"] for row in rows)},
        empty=_("No milestone yet."),
    )


def _criteria(row: Mapping[str, Any]) -> str:
    return "; ".join(f"{number} {text}" for number, text in enumerate(row["criteria"], start=1)) or row["title"]
