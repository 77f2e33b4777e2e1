"""Proposals until their review: to confirm, to change, to hand in, to find eligible. Drafts of others stay unseen."""

from __future__ import annotations

from collections.abc import Iterator

from fund.glossary import track_word
from fund.language import _, euros
from fund.rules.authority import OWN_SIGNATORY, PARTY_EDITOR, Guard
from fund.schemas.proposals import Proposal, Round
from fund.workflows.inbox.reader import InboxReader
from fund.workflows.inbox.task import Task
from fund.workflows.proposals.access import may_see
from fund.workflows.rounds.use_cases import last_day_of, takes_proposals


def waiting(reader: InboxReader) -> Iterator[Task]:
    """What proposals wait for, from draft to eligible; and rounds that take proposals."""
    for round_ in reader.rounds.values():
        if takes_proposals(round_, reader.now):
            yield _to_apply(reader, round_)
    for case in reader.in_state("submitted"):
        yield _to_judge(reader, case)
    for case in reader.in_state("draft", "returned", "deferred"):
        if may_see(reader.snapshot, case) and (case.state != "deferred" or case.deferred_for == "improve"):
            yield from _of_the_parties(reader, case)


def _to_apply(reader: InboxReader, round_: Round) -> Task:
    """An open round, for everybody who may draft for a partner that takes part; its last day and its conditions."""
    what = _("propose an experiment in round {ref}, {title} (track {track}, {band}; {left} left)").format(
        ref=round_.ref,
        title=round_.title,
        track=track_word(round_.track),
        band=reader.rules_of(round_).tracks[round_.track].band(),
        left=euros(round_.ceiling_left_cents),
    )
    active = tuple(ref for ref, partner in reader.partners.items() if partner.state == "active")
    command = f"fund proposal new --round {round_.ref}"
    return Task(what, command, PARTY_EDITOR, round_.ref, last_day_of(round_), guard=Guard(parties=active))


def _to_judge(reader: InboxReader, case: Proposal) -> Task:
    """Eligible, unless a rule failed that no evidence can talk away: the fund manager sees which."""
    failed = next((outcome for outcome in case.screened if not outcome.passed), None)
    if failed is None:
        what = _("judge whether {ref} is eligible").format(ref=case.ref)
        return reader.task(what, "proposal find-eligible", case)
    what = _("judge whether {ref} is eligible: a rule is not met").format(ref=case.ref)
    typed = f"{case.ref} --rule {failed.rule} --reason TEXT"
    return reader.task(what, "proposal find-ineligible", case, typed=typed)


def _of_the_parties(reader: InboxReader, case: Proposal) -> Iterator[Task]:
    """First what was asked is changed, then every other party confirms that text, then the lead hands it in."""
    until = case.due_on or last_day_of(reader.rounds[case.round])
    if until < reader.today:
        return  # too late: the clock ends it
    about = {"ref": case.ref, "title": case.title}
    if case.before is not None and case.before == case.form:
        what = _("change {ref} as asked: {title}").format(**about)
        form = f"fund proposal show {case.ref} --file > FILE"
        yield reader.task(what, "proposal save", case, typed=f"{case.ref} FILE", until=until, form=form)
        return
    unconfirmed = [party for party in case.applicants if case.confirmed.get(party) != case.revision_hash]
    for party in unconfirmed:
        if party != case.lead:
            what = _("confirm {ref}, {title}").format(**about)
            command, own = f"fund proposal confirm {case.ref}", Guard(own=(party,))  # of this party and no other
            yield Task(what, command, OWN_SIGNATORY, case.ref, until, guard=own)
    if unconfirmed in ([], [case.lead]):
        verb = "submit" if case.state == "draft" else "resubmit"
        what = _("hand in {ref}, {title}").format(**about)
        yield reader.task(what, f"proposal {verb}", case, until=until)
