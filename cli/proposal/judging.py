"""What the fund office finds: changes to ask for, eligible or not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.output import day_text
from cli.params import DAY, SECTION, argument, changing, option, run, verb
from cli.proposal.noun import PROPOSAL, proposal
from fund.language import N_, _


@verb(
    proposal,
    "request-changes",
    N_("Ask the parties to change some sections"),
    about=N_("Only the sections named here may change. Without a day they have the term of the regulations."),
    examples=('fund --as anna proposal request-changes 2026-003 --section milestones --reason "no evidence named"',),
    who=N_("a fund manager who is of no party"),
    see=("proposal show",),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@option(
    "--section",
    "sections",
    type=SECTION,
    multiple=True,
    required=True,
    metavar="NAME",
    help=N_("A section of the form; repeat"),
)
@option("--reason", required=True, metavar="TEXT", help=N_("Why; the parties read it"))
@option("--due", "due_on", type=DAY, metavar="DATE", help=N_("The last day to hand it in again"))
@changing
def request_changes(ctx: click.Context, ref: str, sections: tuple[str, ...], reason: str, due_on: date | None) -> None:
    args = {"ref": ref, "sections": list(sections), "reason": reason, "due_on": due_on}
    run(ctx, "proposal request-changes", args, tell=_returned)


def _returned(answer: Mapping[str, Any]) -> list[str]:
    from fund.forms import section_word

    result = answer["result"]
    return [
        _("{ref} is returned: {sections} may change until {day}.").format(
            ref=result["ref"], sections=", ".join(map(section_word, result["sections"])), day=day_text(result["due_on"])
        )
    ]


@verb(
    proposal,
    "find-eligible",
    N_("Find that a proposal meets every rule"),
    about=N_("Shows on each rule what it found. Other evidence counts for rules that judge words, not for sums."),
    examples=(
        "fund --as anna proposal find-eligible 2026-003",
        'fund --as anna proposal find-eligible 2026-003 --evidence "state_aid=letter of the lawyer"',
    ),
    who=N_("a fund manager who is of no party"),
    see=("proposal show", "review open"),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@option("--evidence", multiple=True, metavar="RULE=TEXT", help=N_("What else shows that a rule is met; repeat"))
@changing
def find_eligible(ctx: click.Context, ref: str, evidence: tuple[str, ...]) -> None:
    given = {rule.strip(): text.strip() for rule, _equals, text in (each.partition("=") for each in evidence)}
    run(ctx, "proposal find-eligible", {"ref": ref, "evidence": given or None}, tell=_eligible)


def _eligible(answer: Mapping[str, Any]) -> list[str]:
    from fund.glossary import code_word
    from fund.reports.statements.proposal_page import finding

    result = answer["result"]
    lines = [_("{ref} is eligible. What each rule found:").format(ref=result["ref"])]
    return [*lines, *(f"  {code_word(rule['rule'])}: {rule['evidence'] or finding(rule)}" for rule in result["rules"])]


@verb(
    proposal,
    "find-ineligible",
    N_("Find that a proposal fails a rule"),
    about=N_("Names the rule and why. The lead may object within the term of the regulations."),
    examples=('fund --as anna proposal find-ineligible 2026-003 --rule public_task --reason "no public task"',),
    who=N_("a fund manager who is of no party; a second fund manager confirms"),
    see=("proposal show", "confirm"),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@option("--rule", required=True, metavar="NAME", help=N_("The rule that is not met"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why; the parties read it"))
@changing
def find_ineligible(ctx: click.Context, ref: str, rule: str, reason: str) -> None:
    run(ctx, "proposal find-ineligible", {"ref": ref, "rule": rule, "reason": reason})
