"""Agreements to draft, sign, let hold and complete; milestones to show and judge; money to ask; benefits to report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from fund.language import _, euros
from fund.rules.authority import CHAIR, FUND_MANAGER, LEAD_SIGNATORY, OWN_SIGNATORY, Guard
from fund.schemas.agreements import Agreement, Milestone
from fund.workflows.inbox.reader import InboxReader
from fund.workflows.inbox.task import Task

RUNNING = ("active", "suspended")
BENEFIT_YEARS = 2
"""Benefits are reported until so many years after completion (M3)."""
REPORTED_BY = (3, 31)
"""The last day, in the year after, for the benefits of a year."""


def waiting(reader: InboxReader) -> Iterator[Task]:
    """What agreements wait for, from a decision until they are closed."""
    for proposal in reader.in_state("approved"):
        if f"A{proposal.ref}" not in reader.agreements:
            what = _("draft the agreement on {ref}").format(ref=proposal.ref)
            last = None
            if proposal.decided_on is not None:
                last = proposal.decided_on + timedelta(days=reader.rules_of(proposal).terms.signing_days)
            command, about = f"fund agreement draft {proposal.ref}", (FUND_MANAGER, proposal.ref, last)
            yield Task(what, command, *about, guard=Guard(proposal.lead, parties=proposal.parties))
    for agreement in reader.agreements.values():
        if agreement.state in ("drafted", "signed"):
            yield from _to_sign(reader, agreement)
        elif agreement.state in RUNNING:
            yield from _running(reader, agreement)
        yield from _benefits(reader, agreement)


def _to_sign(reader: InboxReader, agreement: Agreement) -> Iterator[Task]:
    ref = agreement.ref
    proposal = reader.proposals.get(agreement.proposal)
    if proposal is None or proposal.state != "approved":
        return  # taken back, lapsed, or to be decided again: nobody can sign or activate it
    from fund.workflows.agreements.drafting import reopened_since

    until = agreement.sign_before_on
    if proposal.award_cents != agreement.award_cents or reopened_since(reader.snapshot, agreement) is not None:
        what = _("draft agreement {ref} anew: it was decided anew").format(ref=ref)
        yield reader.task(what, "agreement draft", agreement, typed=proposal.ref)
        return
    if agreement.state == "signed":
        what = _("let agreement {ref} hold, once the boards were heard").format(ref=ref)
        yield reader.task(what, "agreement activate", agreement, typed=f"{ref} --boards-heard", until=until)
        return
    what, command = _("sign agreement {ref}").format(ref=ref), f"fund agreement sign {ref}"
    for party in agreement.unsigned:
        if party == "fund":
            yield Task(what, command, CHAIR, ref, until, guard=Guard(agreement.lead, parties=agreement.parties))
        else:
            yield Task(what, command, OWN_SIGNATORY, ref, until, guard=Guard(own=(party,)))


def _running(reader: InboxReader, agreement: Agreement) -> Iterator[Task]:
    ref = agreement.ref
    if agreement.state == "suspended":
        what = _("resume agreement {ref} or end it").format(ref=ref)
        typed, until = f"{ref} --reason TEXT", agreement.suspended_until_on
        yield reader.task(what, "agreement resume", agreement, typed=typed, until=until)
    milestones = reader.milestones.get(ref, [])
    unjudged = [each for each in milestones if each.state not in ("accepted", "rejected")]
    rejected = [each for each in milestones if each.state == "rejected" and each.amount_cents]
    yield from _milestones(reader, agreement, unjudged)
    if agreement.state != "active":
        return
    yield from _to_ask(reader, agreement, [each for each in milestones if each.state == "accepted"])
    yield from _rejected(reader, agreement, rejected)
    if not unjudged and not rejected and not agreement.open_disbursements:
        what = _("complete agreement {ref}").format(ref=ref)
        typed, until = f"{ref} --report FILE", agreement.ends_on
        yield reader.task(what, "agreement complete", agreement, typed=typed, until=until)


def _milestones(reader: InboxReader, agreement: Agreement, unjudged: list[Milestone]) -> Iterator[Task]:
    for milestone in unjudged:
        if milestone.state == "evidenced":
            ticks = " ".join(f"--met {number}" for number in range(1, len(milestone.criteria) + 1))
            what = _("judge milestone {ref}").format(ref=milestone.ref)
            typed = f"{milestone.ref} {ticks}".strip()
            yield reader.task(what, "milestone accept", milestone, typed=typed, ref=agreement.ref)
    waits = next((each for each in unjudged if each.state != "evidenced"), None)
    if waits is not None:
        what, typed = _("show milestone {ref}").format(ref=waits.ref), f"{waits.ref} FILE"
        yield reader.task(what, "milestone evidence", waits, typed=typed, ref=agreement.ref, until=waits.due_on)


def _rejected(reader: InboxReader, agreement: Agreement, rejected: list[Milestone]) -> Iterator[Task]:
    """Money that stays in a milestone which was not reached: it is planned again, cut, or the agreement ends (M2)."""
    for milestone in rejected:
        what = _("amend or end {ref}: milestone {milestone} was rejected")
        what = what.format(ref=agreement.ref, milestone=milestone.ref)
        typed = f"{agreement.ref} --milestone {milestone.number} --due DATE --reason TEXT"
        yield reader.task(what, "agreement amend", milestone, typed=typed)


def _to_ask(reader: InboxReader, agreement: Agreement, accepted: list[Milestone]) -> Iterator[Task]:
    """Money that may be asked: for an accepted milestone that nobody asked for, or on account."""
    left = agreement.award_cents - agreement.approved_cents
    if left <= 0:
        return
    ref = agreement.ref
    for milestone in accepted:
        if not any(asked in reader.asked for asked in milestone.requested):
            amount = euros(min(milestone.amount_cents, left))
            what = _("ask {amount} for milestone {ref}").format(amount=amount, ref=milestone.ref)
            command = f"fund disbursement request {ref} --milestone {milestone.number}"
            yield Task(what, command, LEAD_SIGNATORY, ref, guard=Guard(agreement.lead))
    if accepted or agreement.approved_cents:
        return
    from fund.workflows.disbursements.requesting import on_account_cents

    on_account = on_account_cents(reader.rules_of(agreement), agreement)
    if on_account > 0:
        what = _("ask {amount} on account of {ref}").format(amount=euros(on_account), ref=ref)
        command = f"fund disbursement request {ref}"
        yield Task(what, command, LEAD_SIGNATORY, ref, guard=Guard(agreement.lead))


def _benefits(reader: InboxReader, agreement: Agreement) -> Iterator[Task]:
    """Each party reports what a year cost and brought it, from the start until two years after completion (M3)."""
    if agreement.started_on is None or agreement.ground not in ("", "completed"):
        return
    last = reader.today.year - 1
    if agreement.ended_on is not None:
        last = min(last, agreement.ended_on.year + BENEFIT_YEARS)
    reported = {(each.partner, each.year) for each in agreement.benefits if each.realised}
    for party in agreement.applicants:
        year = next(
            (each for each in range(agreement.started_on.year, last + 1) if (party, each) not in reported), None
        )
        if year is not None:
            what = _("report what {year} cost and brought, {ref}").format(year=year, ref=agreement.ref)
            command = f"fund agreement benefits {agreement.ref} --year {year}"
            until = date(year + 1, *REPORTED_BY)
            yield Task(what, command, OWN_SIGNATORY, agreement.ref, until, guard=Guard(own=(party,)))
