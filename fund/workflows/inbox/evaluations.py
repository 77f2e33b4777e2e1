"""Evaluations, invitations to roll out, and write-offs, each with the step that comes next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fund.dates import Term, term_end
from fund.language import _, euros
from fund.rules.authority import FUND_MANAGER, PARTY_EDITOR, PARTY_SIGNATORY, Guard
from fund.schemas.evaluations import Evaluation
from fund.schemas.proposals import Proposal
from fund.schemas.repayments import Plan
from fund.schemas.resolutions import Resolution
from fund.schemas.writeoffs import Writeoff
from fund.workflows.inbox.reader import InboxReader
from fund.workflows.inbox.task import Task


def waiting(reader: InboxReader) -> Iterator[Task]:
    """What looking back waits for."""
    for case in reader.all(Evaluation, "due", "submitted", "peer_reviewed", "published"):
        yield from _evaluation(reader, case)
    yield from _refinancings(reader)
    writeoffs = reader.all(Writeoff, "proposed", "decided")
    reader.behind([case.proposal for case in writeoffs])
    for writeoff in writeoffs:
        yield from _writeoff(reader, writeoff)


def _evaluation(reader: InboxReader, case: Evaluation) -> Iterator[Task]:
    ref, parties = case.ref, Guard(case.lead, case.applicants, case.parties)
    if case.state == "due" and case.fell_due:
        agreement = reader.agreements.get(ref)
        rules = reader.rules_of(agreement) if agreement is not None else reader.rules
        until = term_end(case.due_on, Term(rules.terms.evaluation_days))
        what, command = _("evaluate {ref}").format(ref=ref), f"fund evaluation submit {ref} FILE"
        yield Task(what, command, PARTY_SIGNATORY, ref, until, guard=parties)
        if reader.today > until:
            what = _("write the evaluation of {ref}, which is late").format(ref=ref)
            yield Task(what, command, FUND_MANAGER, ref, until, guard=parties)
    elif case.state == "submitted":
        what = _("judge what {ref} learned").format(ref=ref)
        # A peer who judged it already is refused by the use case, not by the row.
        judged = replace(parties, prior_approvers=(*case.hands, *case.peers))
        task = reader.task(what, "evaluation peer-review", case, typed=f"{ref} --learning 3")
        yield replace(task, guard=judged)
    elif case.state == "peer_reviewed":
        what = _("accept the evaluation of {ref}").format(ref=ref)
        yield reader.task(what, "evaluation accept", case)
    elif case.followon_until is not None and case.followon_until >= reader.today and ref not in _followed(reader):
        what = _("roll out what {ref} learned, if you want to").format(ref=ref)
        command = f"fund proposal draft FILE --follows {ref}"
        form, until = f"fund proposal template --follows {ref} > FILE", case.followon_until
        yield Task(what, command, PARTY_EDITOR, ref, until, form=form, guard=parties)


def _refinancings(reader: InboxReader) -> Iterator[Task]:
    """An experiment still owes something while its roll-out runs: a fund manager may bring it before the committee."""
    invited = {case.ref for case in reader.all(Evaluation, "published") if case.followon_until is not None}
    children = {case.proposal: case.ref for case in reader.agreements.values()}
    followed = {case.follows: children.get(case.ref, "") for case in _following(reader) if case.follows in invited}
    brought = {case.subject for case in reader.all(Resolution) if case.matter == "refinancing"}
    for ref, to in followed.items():
        parent, child = reader.agreements.get(str(ref)), reader.agreements.get(to)
        if parent is None or child is None or child.state != "active" or parent.ref in brought:
            continue
        if parent.state not in ("active", "completed") or parent.refinanced_to or parent.uncommitted_cents:
            continue
        plan = reader.snapshot.maybe(Plan, parent.ref)
        if plan is None or plan.open_cents <= 0:
            continue
        what = _("refinance {ref} under {child}, if both want to").format(ref=parent.ref, child=child.ref)
        command = f"fund agreement refinance {parent.ref} --to {child.ref} --reason TEXT"
        parties = tuple(dict.fromkeys((*parent.parties, *child.parties)))
        yield Task(what, command, FUND_MANAGER, parent.ref, guard=Guard(child.lead, parties=parties))


def _followed(reader: InboxReader) -> set[str]:
    """The agreements that a proposal follows which was not taken back."""
    return {str(case.follows) for case in _following(reader)}


def _following(reader: InboxReader) -> Iterator[Proposal]:
    """The proposals that follow an agreement and were not taken back."""
    return (case for case in reader.all(Proposal) if case.follows and case.state not in ("withdrawn", "lapsed"))


def _writeoff(reader: InboxReader, case: Writeoff) -> Iterator[Task]:
    ref, about = case.ref, {"ref": case.ref, "amount": euros(case.amount_cents)}
    if case.state == "decided":
        what = _("book write-off {ref} of {amount}").format(**about)
        yield reader.task(what, "writeoff post", case)
        return
    from fund.workflows.writeoffs.deciding import waiting_votes

    missing, ready, may = waiting_votes(reader.snapshot, case)
    if missing:
        what = _("vote on write-off {ref} of {amount}").format(**about)
        yield replace(reader.task(what, "writeoff vote", case, only=missing), command=f"fund decision vote {ref} --for")
    if ready:
        what = _("decide write-off {ref} of {amount}").format(**about)
        yield reader.task(what, "writeoff decide", case, only=may)
