"""What the fund office finds: changes to ask for, eligible or not."""

from __future__ import annotations

import click

from cli.output import day_text
from cli.params import option, run
from cli.params.declared import add_command, declared
from cli.proposal.noun import proposal
from fund.declarations import Answer
from fund.language import N_, _
from fund.workflows.proposals.commands import FindEligible, FindIneligible, RequestProposalChanges


def _returned(answer: Answer) -> list[str]:
    from fund.forms import section_word

    result = answer["result"]
    return [
        _("{ref} is returned: {sections} may change until {day}.").format(
            ref=result["ref"], sections=", ".join(map(section_word, result["sections"])), day=day_text(result["due_on"])
        )
    ]


@declared(proposal, FindEligible)
@option("--evidence", multiple=True, metavar="RULE=TEXT", help=N_("What else shows that a rule is met; repeat"))
def find_eligible(ctx: click.Context, ref: str, evidence: tuple[str, ...]) -> None:
    given = {rule.strip(): text.strip() for rule, _equals, text in (each.partition("=") for each in evidence)}
    run(ctx, FindEligible(ref=ref, evidence=given or None), done=_eligible)


def _eligible(answer: Answer) -> list[str]:
    from fund.reports.statements.proposal_page import finding
    from fund.words import code_word

    result = answer["result"]
    lines = [_("{ref} is eligible. What each rule found:").format(ref=result["ref"])]
    return [*lines, *(f"  {code_word(rule['rule'])}: {rule['evidence'] or finding(rule)}" for rule in result["rules"])]


add_command(proposal, RequestProposalChanges, done=_returned)
add_command(proposal, FindIneligible)
