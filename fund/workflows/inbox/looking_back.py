"""Evaluations, invitations to roll out, and write-offs, each with the step that comes next."""

from __future__ import annotations

from collections.abc import Iterator

from fund.dates import Term, term_end
from fund.language import N_, _, euros
from fund.rules.authority import CHAIR, FUND_MANAGER, PARTY_EDITOR, PARTY_SIGNATORY, REVIEWER, VOTERS
from fund.schemas.evaluations import Evaluation
from fund.schemas.proposals import Proposal
from fund.schemas.repayments import Plan
from fund.schemas.resolutions import Resolution
from fund.schemas.writeoffs import Writeoff
from fund.workflows.inbox.desk import Desk
from fund.workflows.inbox.waiting import Waiting
from fund.workflows.writeoffs.deciding import waiting_votes

__all__ = ["waiting"]


def waiting(desk: Desk) -> Iterator[Waiting]:
    """What looking back waits for."""
    for case in desk.all(Evaluation, "due", "submitted", "peer_reviewed", "published"):
        yield from _evaluation(desk, case)
    yield from _refinancings(desk)
    writeoffs = desk.all(Writeoff, "proposed", "decided")
    desk.behind([case.proposal for case in writeoffs])
    for writeoff in writeoffs:
        yield from _writeoff(desk, writeoff)


def _evaluation(desk: Desk, case: Evaluation) -> Iterator[Waiting]:
    ref, applicants, hands = case.ref, (case.lead, *case.co_applicants), (*case.hands, *case.peers)
    if case.state == "due" and case.fell_due:
        agreement = desk.agreements.get(ref)
        rules = desk.rules_of(agreement) if agreement is not None else desk.rules
        until = term_end(case.due_on, Term(rules.terms.evaluation_days))
        what, command = _(N_("evaluate {ref}")).format(ref=ref), f"fund evaluation submit {ref} FILE"
        yield Waiting(what, command, PARTY_SIGNATORY, ref, until, lead=case.lead, parties=applicants)
        if desk.today > until:
            what = _(N_("write the evaluation of {ref}, which is late")).format(ref=ref)
            yield Waiting(what, command, FUND_MANAGER, ref, until, lead=case.lead, parties=case.parties)
    elif case.state == "submitted":
        what = _(N_("judge what {ref} learned")).format(ref=ref)
        command = f"fund evaluation peer-review {ref} --learning 3"
        yield Waiting(what, command, REVIEWER, ref, lead=case.lead, parties=case.parties, hands=hands)
    elif case.state == "peer_reviewed":
        what = _(N_("accept the evaluation of {ref}")).format(ref=ref)
        command = f"fund evaluation accept {ref}"
        yield Waiting(what, command, CHAIR, ref, lead=case.lead, parties=case.parties, hands=hands)
    elif case.followon_until is not None and case.followon_until >= desk.today and ref not in _followed(desk):
        what = _(N_("roll out what {ref} learned, if you want to")).format(ref=ref)
        command = f"fund proposal draft FILE --follows {ref}"
        form, until = f"fund proposal template --follows {ref} > FILE", case.followon_until
        yield Waiting(what, command, PARTY_EDITOR, ref, until, lead=case.lead, parties=applicants, form=form)


def _refinancings(desk: Desk) -> Iterator[Waiting]:
    """An experiment still owes something while its roll-out runs: a fund manager may bring it before the committee."""
    invited = {case.ref for case in desk.all(Evaluation, "published") if case.followon_until is not None}
    children = {case.proposal: case.ref for case in desk.agreements.values()}
    followed = {case.follows: children.get(case.ref, "") for case in _following(desk) if case.follows in invited}
    brought = {case.subject for case in desk.all(Resolution) if case.matter == "refinancing"}
    for ref, to in followed.items():
        parent, child = desk.agreements.get(str(ref)), desk.agreements.get(to)
        if parent is None or child is None or child.state != "active" or parent.ref in brought:
            continue
        if parent.state not in ("active", "completed") or parent.refinanced_to or parent.uncommitted_cents:
            continue
        plan = desk.view.maybe(Plan, parent.ref)
        if plan is None or plan.open_cents <= 0:
            continue
        what = _(N_("refinance {ref} under {child}, if both want to")).format(ref=parent.ref, child=child.ref)
        command = f"fund agreement refinance {parent.ref} --to {child.ref} --reason TEXT"
        parties = tuple(dict.fromkeys((*parent.parties, *child.parties)))
        yield Waiting(what, command, FUND_MANAGER, parent.ref, lead=child.lead, parties=parties)


def _followed(desk: Desk) -> set[str]:
    """The agreements that a proposal follows which was not taken back."""
    return {str(case.follows) for case in _following(desk)}


def _following(desk: Desk) -> Iterator[Proposal]:
    """The proposals that follow an agreement and were not taken back."""
    return (case for case in desk.all(Proposal) if case.follows and case.state not in ("withdrawn", "lapsed"))


def _writeoff(desk: Desk, case: Writeoff) -> Iterator[Waiting]:
    ref, about = case.ref, {"ref": case.ref, "amount": euros(case.amount_cents)}
    lead, parties = case.lead, case.parties
    if case.state == "decided":
        what = _(N_("book write-off {ref} of {amount}")).format(**about)
        command = f"fund writeoff post {ref}"
        yield Waiting(what, command, FUND_MANAGER, ref, lead=lead, parties=parties, hands=case.hands)
        return
    missing, ready, may = waiting_votes(desk.view, case)
    what, command = _(N_("vote on write-off {ref} of {amount}")).format(**about), f"fund decision vote {ref} --for"
    if missing:
        yield Waiting(what, command, VOTERS, ref, lead=lead, parties=parties, only=missing)
    if ready:
        what, command = _(N_("decide write-off {ref} of {amount}")).format(**about), f"fund writeoff decide {ref}"
        yield Waiting(what, command, CHAIR, ref, lead=lead, parties=parties, hands=case.hands, only=may)
