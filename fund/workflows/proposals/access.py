"""Who sees a proposal, and under which regulations it lives: what every use case and every reader of one asks."""

from __future__ import annotations

from fund.dates import day_of
from fund.errors.commands import UnknownRef
from fund.rules.authority import Role
from fund.rules.permissions import readers
from fund.rules.regulations import Regulations
from fund.schemas.proposals import Proposal, Round
from fund.unit_of_work import Snapshot

IMPROVE = "improve"
"""The ground of a deferral after which the parties change their form."""


def may_see(snapshot: Snapshot, case: Proposal) -> bool:
    """A draft is its parties' own (and an auditor's); what was submitted, everybody may read."""
    if not case.is_draft:
        return True
    actor = snapshot.actor
    if actor is None:
        return False
    return actor.has(Role.SYSTEM, *readers("draft")) or actor.organisation in case.applicants


def find(snapshot: Snapshot, ref: str) -> Proposal:
    """The proposal, for whoever acts or looks.

    Raises:
        UnknownRef: There is none, or it is a draft of others: nobody needs to know that it is there.
    """
    case = snapshot.case(Proposal, ref)
    if not may_see(snapshot, case):
        raise UnknownRef(kind="proposal", ref=ref, suggestion="fund proposal list")
    return case


def regulations_of(snapshot: Snapshot, round_: Round) -> Regulations:
    """The regulations of a round: those of the day it opens; a later change never reaches back."""
    return snapshot.regulations(day_of(round_.opens_at))


def rules_for(snapshot: Snapshot, proposal: Proposal) -> Regulations:
    """The regulations under which a proposal lives: those of its round; its agreement takes them along.

    So what was announced at the opening holds to the end, whatever is adopted meanwhile. What concerns the whole fund
    (buffer, yearly budgets, rates of the allowance) follows the day instead.
    """
    return regulations_of(snapshot, snapshot.case(Round, proposal.round))


def marked(ref: str, revision: int) -> str:
    """What a file of this revision says that it starts from."""
    return f"{ref}/{revision}"
