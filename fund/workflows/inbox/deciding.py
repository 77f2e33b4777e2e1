"""Votes that are missing, matters that can be decided, conditions to show, deferred matters that are back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from fund.dates import day_of, term_end, weeks
from fund.language import N_, _, day, euros
from fund.rules.authority import CHAIR, FUND_MANAGER, LEAD_SIGNATORY, OWN_SIGNATORY, Guard, either
from fund.schemas.agreements import Amendment
from fund.schemas.proposals import Proposal
from fund.schemas.resolutions import Resolution
from fund.schemas.reviews import Decision
from fund.workflows.agreements.deciding_amendments import WaitingAmendment, waiting_amendments
from fund.workflows.bodies import reviewers_of
from fund.workflows.decisions.body import waiting_votes
from fund.workflows.decisions.terms import RUNNING
from fund.workflows.inbox.reader import InboxReader
from fund.workflows.inbox.reviewing import decision_before
from fund.workflows.inbox.task import Task
from fund.workflows.resolutions import waiting_resolutions

WARNED_DAYS = 14
"""So long before the last day of a round's decisions a fund manager sees which are missing."""


def waiting(reader: InboxReader) -> Iterator[Task]:
    """What decisions wait for, from decidable to approved, and after an objection."""
    for proposal in reader.in_state("decidable", "objected"):
        decision = reader.decisions.get(proposal.ref)
        if decision is not None and decision.state == proposal.state:
            yield from _undecided(reader, proposal, decision)
    for proposal in reader.in_state("deferred"):
        review = reader.reviews.get(proposal.ref)
        agreeing = review is not None and review.consensus_pending  # the panel comes first
        if proposal.deferred_for != "improve" and not agreeing:
            yield _deferred(reader, proposal)
    for proposal in reader.in_state("conditional"):
        decision = reader.decisions.get(proposal.ref)
        if decision is not None:
            yield from _conditions(reader, proposal, decision)
    yield from _terms(reader)
    yield from _rounds(reader)


MATTERS = {
    "restructuring": N_("other instalments for {subject}"),
    "refinancing": N_("refinancing {subject}"),
    "admission": N_("admitting {subject}"),
    "winding_up": N_("winding up the fund"),
}
"""What a resolution is about, as people read it."""


def resolutions(reader: InboxReader) -> Iterator[Task]:
    """A matter that lies before a body: votes that are missing, and the chair once there are enough."""
    reader.behind([case.proposal for case in reader.all(Resolution, "proposed") if case.proposal])
    for waits in waiting_resolutions(reader.snapshot):
        case = waits.case
        matter = _(MATTERS[case.matter]).format(subject=reader.short_name(case.subject))
        if waits.not_voted:
            what = _("vote on {ref}: {matter}").format(ref=case.ref, matter=matter)
            yield reader.task(what, "decision vote", case, typed=f"{case.ref} --for", only=waits.not_voted)
        if waits.ready:
            what = _("decide {ref}: {matter}").format(ref=case.ref, matter=matter)
            yield reader.task(what, "decision decide", case, only=waits.deciders)


def _terms(reader: InboxReader) -> Iterator[Task]:
    """What the applicant was told of the term (4:14), and, once that passed too, who must see to a decision (4:17)."""
    for proposal in reader.in_state(*map(str, RUNNING)):
        told = proposal.told_until_on
        if told is None:
            continue
        ref, about = proposal.ref, {"ref": proposal.ref, "day": day(told)}
        what = _("know that the decision on {ref} takes until {day}").format(**about)
        whose = Guard(proposal.lead, parties=proposal.parties)
        yield Task(what, f"fund proposal show {ref}", LEAD_SIGNATORY, ref, told, guard=whose)
        if proposal.overdue:
            what = _("see to a decision on {ref}: the applicant was told {day}").format(**about)
            who = either(FUND_MANAGER, CHAIR)
            yield Task(what, f"fund decision show {ref}", who, ref, told, guard=whose)


def _undecided(reader: InboxReader, proposal: Proposal, decision: Decision) -> Iterator[Task]:
    ref, until = proposal.ref, decision_before(reader, proposal)
    decide = _("decide on {ref}").format(ref=ref)
    if decision.state == "decidable" and decision.prepared is not None and decision.prepared.mandated:
        acted = (*proposal.hands, *decision.hands, *reviewers_of(reader.reviews.get(ref)))
        whose = Guard(proposal.lead, parties=proposal.parties, prior_approvers=acted)
        yield Task(decide, f"fund decision decide {ref}", FUND_MANAGER, ref, until, guard=whose)
        return
    missing, ready, deciders = waiting_votes(reader.snapshot, proposal, decision)
    objected = decision.state == "objected"
    if missing:
        word = "uphold" if objected else "for"
        what = _("vote on {ref}").format(ref=ref)
        yield reader.task(what, "decision vote", proposal, typed=f"{ref} --{word}", until=until, only=missing)
    if ready:
        command, typed = "decision decide", ref
        if objected:
            command, typed = "decision decide-objection", f"{ref} --uphold --advice FILE --reason TEXT"
        yield reader.task(decide, command, proposal, typed=typed, until=until, only=deciders)


def _deferred(reader: InboxReader, proposal: Proposal) -> Task:
    decision = reader.decisions.get(proposal.ref)
    what, until = _("let {ref} come back").format(ref=proposal.ref), proposal.due_on
    return reader.task(what, "decision prepare", proposal, until=decision.until_on if decision is not None else until)


def _conditions(reader: InboxReader, proposal: Proposal, decision: Decision) -> Iterator[Task]:
    """Each condition waits for its owner, when that was too late for more time; all of them shown, for the fund."""
    ref = proposal.ref
    waits = [each for each in decision.conditions if not each.evidence_sha256]
    for each in waits:
        about = {"number": each.number, "ref": ref}
        if each.expires_on >= reader.today:
            what = _("show condition {number} of {ref}").format(**about)
            command = f"fund decision evidence {ref} {each.number} FILE"
            yield Task(what, command, OWN_SIGNATORY, ref, each.expires_on, guard=Guard(own=(each.owner,)))
        elif not each.extended:
            what = _("give condition {number} of {ref} more time, or let it lapse").format(**about)
            later = reader.today + timedelta(days=reader.rules_of(proposal).terms.condition_days)
            command = f"fund decision evidence {ref} {each.number} --extend-to {later.isoformat()}"
            only = reader.chairs_of(proposal)
            yield Task(what, command, CHAIR, ref, max(other.expires_on for other in decision.conditions), only=only)
    if not waits:
        what, until = (
            _("find the conditions of {ref} met").format(ref=ref),
            [e.expires_on for e in decision.conditions],
        )
        yield reader.task(what, "decision meet-conditions", proposal, until=max(until, default=None))


def _rounds(reader: InboxReader) -> Iterator[Task]:
    """A round whose last day for decisions is near or over, with proposals that have none (4:13, 4:14)."""
    undecided: dict[str, int] = {}
    for proposal in reader.proposals.values():
        if proposal.submitted_at is not None and proposal.state not in ("conditional", "approved", "objected"):
            undecided[proposal.round] = undecided.get(proposal.round, 0) + 1
    for ref, count in sorted(undecided.items()):
        round_ = reader.rounds[ref]
        if round_.state != "closed":
            continue
        closed = day_of(round_.closes_at) - timedelta(days=1)
        until = term_end(closed, weeks(reader.rules_of(round_).terms.decision_weeks))
        if reader.today >= until - timedelta(days=WARNED_DAYS):
            what = _("decide round {ref}: {count} without a decision").format(ref=ref, count=count)
            yield Task(what, f"fund round show {ref}", FUND_MANAGER, ref, until)


def amendments(reader: InboxReader) -> Iterator[Task]:
    """The changes of agreements that wait for a body or a new lead."""
    reader.behind([case.proposal for case in reader.all(Amendment, "proposed")])
    for waits in waiting_amendments(reader.snapshot):
        yield from _amendment(reader, waits)


def _amendment(reader: InboxReader, waits: WaitingAmendment) -> Iterator[Task]:
    """A change that the committee or the new lead decides (A3)."""
    case = waits.case
    about = {"ref": case.ref, "agreement": case.agreement, "award": euros(case.award_cents)}
    if case.new_lead:
        what = _("sign amendment {ref}: lead {agreement}").format(**about)
        yield reader.task(what, "agreement sign", case)
        return
    if waits.not_voted:
        what = _("vote on amendment {ref}: {agreement} to {award}").format(**about)
        yield reader.task(what, "decision vote", case, typed=f"{case.ref} --for", only=waits.not_voted)
    if waits.ready:
        what = _("decide amendment {ref}: {agreement} to {award}").format(**about)
        yield reader.task(what, "agreement decide", case, only=waits.deciders)
