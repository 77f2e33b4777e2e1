"""``fund milestone``: what was agreed on the way, shown and judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from cli.output import Column, table
from cli.params import noun, run
from cli.params.attached import with_files
from cli.params.declared import add_command, add_query, declared
from fund.language import N_, _, ngettext
from fund.workflows.agreements.commands import (
    AcceptMilestone,
    HandInMilestoneEvidence,
    MilestoneList,
    RejectMilestone,
    RequestMilestoneChanges,
)

milestone = noun("milestone", N_("Show and accept what was agreed on the way"))
with_files(milestone)


def _shown(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    count = len(result["evidence"])
    return [
        ngettext("{ref} is shown with {count} file.", "{ref} is shown with {count} files.", count).format(
            ref=result["ref"], count=count
        )
    ]


@declared(milestone, AcceptMilestone)
def accept(ctx: click.Context, ref: str, met: tuple[int, ...]) -> None:
    run(ctx, AcceptMilestone(ref=ref, met=met), done=lambda _answer: [_("{ref} is accepted.").format(ref=ref)])


@declared(milestone, RequestMilestoneChanges)
def request_changes(ctx: click.Context, ref: str, reason: str, met: tuple[int, ...]) -> None:
    run(
        ctx,
        RequestMilestoneChanges(ref=ref, reason=reason, met=met),
        done=lambda _answer: [_("{ref} goes back to the parties.").format(ref=ref)],
    )


@declared(milestone, RejectMilestone)
def reject(ctx: click.Context, ref: str, reason: str, met: tuple[int, ...]) -> None:
    run(
        ctx,
        RejectMilestone(ref=ref, reason=reason, met=met),
        ask=_("Reject {ref}? It cannot be shown again.").format(ref=ref),
        done=lambda _answer: [_("{ref} is rejected.").format(ref=ref)],
    )


LIST = (
    Column("ref", N_("Milestone"), "ref"),
    Column("due_on", N_("Due"), "date"),
    Column("state", N_("State"), "state", kind="milestone"),
    Column("amount_cents", N_("Amount"), "amount"),
    Column("what", N_("What must be shown"), "text", by="criteria"),
)


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


add_command(milestone, HandInMilestoneEvidence, done=_shown)
add_query(milestone, MilestoneList, show=_show_list, columns=LIST)
