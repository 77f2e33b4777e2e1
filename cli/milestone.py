"""``fund milestone``: what was agreed on the way, shown and judged."""

from __future__ import annotations

import click

from cli.output import Column
from cli.output.views import Counted, ListView
from cli.params import noun, run
from cli.params.attached import with_files
from cli.params.declared import add_command, add_query, declared
from fund.language import N_, NN_, _
from fund.workflows.agreements.commands import (
    AcceptMilestone,
    HandInMilestoneEvidence,
    MilestoneList,
    MilestoneRow,
    RejectMilestone,
    RequestMilestoneChanges,
)

milestone = noun("milestone", N_("Show and accept what was agreed on the way"))
with_files(milestone)


def _criteria(row: MilestoneRow) -> str:
    return "; ".join(f"{number} {text}" for number, text in enumerate(row["criteria"], start=1)) or row["title"]


LIST = ListView(
    title=N_("Milestones"),
    rows="milestones",
    columns=(
        Column("ref", N_("Milestone"), "ref"),
        Column("due_on", N_("Due"), "date"),
        Column("state", N_("State"), "state", kind="milestone"),
        Column("amount_cents", N_("Amount"), "amount"),
        Column("what", N_("What must be shown"), by="criteria", cell=_criteria),
    ),
    sums=("amount_cents",),
    label="",
    empty=N_("No milestone yet."),
)


@declared(milestone, RejectMilestone)
def reject(ctx: click.Context, ref: str, reason: str, met: tuple[int, ...]) -> None:
    question = _("Reject {ref}? It cannot be shown again.").format(ref=ref)
    run(ctx, RejectMilestone(ref=ref, reason=reason, met=met), ask=question, done=N_("{ref} is rejected."))


add_command(
    milestone,
    HandInMilestoneEvidence,
    done=Counted("evidence", NN_("{ref} is shown with {count} file.", "{ref} is shown with {count} files.")),
)
add_command(milestone, AcceptMilestone, done=N_("{ref} is accepted."))
add_command(milestone, RequestMilestoneChanges, done=N_("{ref} goes back to the parties."))
add_query(milestone, MilestoneList, show=LIST)
