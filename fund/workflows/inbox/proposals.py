"""Proposals until their review: to confirm, to change, to hand in, to find eligible. Drafts of others stay unseen."""

from __future__ import annotations

from collections.abc import Iterator

from fund.glossary import track_word
from fund.language import N_, _, euros
from fund.rules.authority import FUND_MANAGER, LEAD_SIGNATORY, OWN_SIGNATORY, PARTY_EDITOR
from fund.schemas.proposals import Proposal, Round
from fund.workflows.inbox.reader import InboxReader
from fund.workflows.inbox.task import Task
from fund.workflows.proposals.drafting import may_see
from fund.workflows.rounds.use_cases import last_day_of, takes_proposals


def waiting(reader: InboxReader) -> Iterator[Task]:
    """What proposals wait for, from draft to eligible; and rounds that take proposals."""
    for round_ in reader.rounds.values():
        if takes_proposals(round_, reader.now):
            yield _to_apply(reader, round_)
    for case in reader.in_state("submitted"):
        yield _to_judge(case)
    for case in reader.in_state("draft", "returned", "deferred"):
        if may_see(reader.snapshot, case) and (case.state != "deferred" or case.deferred_for == "improve"):
            yield from _of_the_parties(reader, case)


def _to_apply(reader: InboxReader, round_: Round) -> Task:
    """An open round, for everybody who may draft for a partner that takes part; its last day and its conditions."""
    what = _(N_("propose an experiment in round {ref}, {title} (track {track}, {band}; {left} left)")).format(
        ref=round_.ref,
        title=round_.title,
        track=track_word(round_.track),
        band=reader.rules_of(round_).tracks[round_.track].band(),
        left=euros(round_.ceiling_left_cents),
    )
    active = tuple(ref for ref, partner in reader.partners.items() if partner.state == "active")
    command = f"fund proposal new --round {round_.ref}"
    return Task(what, command, PARTY_EDITOR, round_.ref, last_day_of(round_), parties=active)


def _to_judge(case: Proposal) -> Task:
    """Eligible, unless a rule failed that no evidence can talk away: the fund manager sees which."""
    failed = next((outcome for outcome in case.screened if not outcome.passed), None)
    what = _(N_("judge whether {ref} is eligible")).format(ref=case.ref)
    command = f"fund proposal find-eligible {case.ref}"
    if failed is not None:
        what = _(N_("judge whether {ref} is eligible: a rule is not met")).format(ref=case.ref)
        command = f"fund proposal find-ineligible {case.ref} --rule {failed.rule} --reason TEXT"
    return Task(
        what,
        command,
        FUND_MANAGER,
        case.ref,
        lead=case.lead,
        parties=case.parties,
        hands=(*case.hands, *case.signed_by),
    )


def _of_the_parties(reader: InboxReader, case: Proposal) -> Iterator[Task]:
    """First what was asked is changed, then every other party confirms that text, then the lead hands it in."""
    until = case.due_on or last_day_of(reader.rounds[case.round])
    if until < reader.today:
        return  # too late: the clock ends it
    about = {"ref": case.ref, "title": case.title}
    if case.before is not None and case.before == case.form:
        what = _(N_("change {ref} as asked: {title}")).format(**about)
        command, form = f"fund proposal save {case.ref} FILE", f"fund proposal show {case.ref} --file > FILE"
        parties = case.applicants
        yield Task(what, command, PARTY_EDITOR, case.ref, until, lead=case.lead, parties=parties, form=form)
        return
    unconfirmed = [party for party in case.applicants if case.confirmed.get(party) != case.revision_hash]
    for party in unconfirmed:
        if party != case.lead:
            what = _(N_("confirm {ref}, {title}")).format(**about)
            yield Task(what, f"fund proposal confirm {case.ref}", OWN_SIGNATORY, case.ref, until, own=party)
    if unconfirmed in ([], [case.lead]):
        verb = "submit" if case.state == "draft" else "resubmit"
        what = _(N_("hand in {ref}, {title}")).format(**about)
        yield Task(what, f"fund proposal {verb} {case.ref}", LEAD_SIGNATORY, case.ref, until, lead=case.lead)
