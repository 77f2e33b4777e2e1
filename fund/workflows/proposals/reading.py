"""What of proposals is read: the list, one of them, its whole life, and its file."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from fund.events import Envelope
from fund.rules.authority import SYSTEM, Role
from fund.rules.transitions import commands_from
from fund.schemas.base import as_row
from fund.schemas.proposals import Proposal, ProposalForm, Round
from fund.unit_of_work import Snapshot
from fund.workflows.proposals.access import find, marked, may_see, regulations_of
from fund.workflows.proposals.commands import (
    History,
    HistoryRow,
    OpenQuestion,
    OtherRow,
    PartyRow,
    ProposalDetail,
    ProposalNotThere,
    ProposalRow,
    Proposals,
    ProposalText,
    TeamRow,
)
from fund.workflows.proposals.personal_data import team_of

if TYPE_CHECKING:
    from fund.workflows.proposals.ideas import Other

# The list is asked for often and long: what it does not need is imported where it is.


def _row(snapshot: Snapshot, case: Proposal) -> ProposalRow:
    return as_row(ProposalRow, case, lead_partner=case.lead, lead_name=snapshot.partner_name(case.lead))


def _on(snapshot: Snapshot, case: Proposal, day: date | None) -> Proposal | None:
    """The proposal as it stood at the end of a day, by what counts for that day."""
    if day is None or day >= snapshot.today:
        return case
    from fund.workflows.proposals.lifecycle import apply

    then: Proposal | None = None
    for event in snapshot.history(case):
        if event.effective_on <= day:
            then = apply(then, event)
    return then


def _followed_by(snapshot: Snapshot, case: Proposal) -> list[str]:
    """The proposals that roll out what came of this one; only where its evaluation invited to that is there any."""
    from fund.schemas.evaluations import Evaluation

    agreement = f"A{case.ref}"
    evaluation = snapshot.maybe(Evaluation, agreement)
    if evaluation is None or evaluation.followon_until is None:
        return []
    return [each.ref for each in snapshot.cases(Proposal) if each.follows == agreement and may_see(snapshot, each)]


def proposals(
    snapshot: Snapshot, *, round: str | None = None, partner: str | None = None, as_of: date | None = None
) -> Proposals:
    """Every proposal that whoever looks may see, in the order of the refs.

    Args:
        partner: Only those in which this partner is a party.
    """
    listed = []
    for case in snapshot.cases(Proposal):
        then = _on(snapshot, case, as_of)
        if then is None or not may_see(snapshot, then):
            continue
        if (round and then.round != round) or (partner and partner not in then.parties):
            continue
        listed.append(_row(snapshot, then))
    return {"as_of": (as_of or snapshot.today).isoformat(), "proposals": listed}


def show(snapshot: Snapshot, *, ref: str, as_of: date | None = None) -> ProposalDetail | ProposalNotThere:
    """One proposal, whole: where it stands, its form, who confirmed, what the rules found, what can be done now.

    Of a day on which it was a draft of others still, as little as of one on which it was not there: no state.

    Raises:
        UnknownRef: There is none, or it is a draft of others.
    """
    from fund import forms
    from fund.workflows.proposals.ideas import alike, same_idea
    from fund.workflows.proposals.lifecycle import TRANSITIONS

    now = find(snapshot, ref)
    case = _on(snapshot, now, as_of)
    if case is None or not may_see(snapshot, case):
        return {"as_of": (as_of or snapshot.today).isoformat(), "ref": ref, "state": None}
    parties: list[PartyRow] = [
        {
            "partner": partner,
            "name": snapshot.partner_name(partner),
            "confirmed": case.confirmed.get(partner) == case.revision_hash,
            "informed_on": case.informed[partner].isoformat() if partner in case.informed else None,
        }
        for partner in case.applicants
    ]
    by_itself = {row.command for row in TRANSITIONS if row.who == SYSTEM}
    return as_row(
        ProposalDetail,
        case,
        as_of=as_of or snapshot.today,
        lead_partner=case.lead,
        lead_name=snapshot.partner_name(case.lead),
        version=snapshot.version(now),
        followed_by=_followed_by(snapshot, case),
        parties=parties,
        rules=[{**outcome.model_dump(mode="json"), "told": outcome.describe()} for outcome in case.screened],
        form_version=case.form.version,
        form_in_force=forms.CURRENT,
        **remarks(snapshot, case.form),
        same_idea=_others(same_idea(snapshot, case)),
        alike=_others(alike(snapshot, case)),
        commands=[command for command in commands_from(TRANSITIONS, case.state) if command not in by_itself],
        team=[
            as_row(TeamRow, member, name=None if name == "?" else name)
            for member, name in zip(case.form.team, names_of(snapshot, case), strict=True)
        ],
        names={partner: snapshot.partner_name(partner) for partner in case.form.parties},
        form=case.form.as_json(),
    )


def remarks(snapshot: Snapshot, form: ProposalForm) -> dict[str, Any]:
    """Advice, never a guard: the forms of cooperation that fit, and whether far more parties take part than work well.

    Source: the report, paragraph 3.2 (characteristics of cooperation; groups of about five).
    """
    from fund import forms

    advice = forms.advise(form.characteristics, form.governance_form)
    rules = regulations_of(snapshot, snapshot.case(Round, form.round))
    limit, parties = rules.many_parties, len(form.parties)
    return {
        "advice": None
        if advice is None
        else {
            "profile": [{"characteristic": name, "value": value} for name, value in advice.profile],
            "forms": [
                {"id": each.id, "name": each.name, "use": each.use, "because": list(each.because)}
                for each in advice.forms
            ],
            "chosen": list(advice.chosen),
            "deviates": advice.deviates,
        },
        "many_parties": {"parties": parties, "limit": limit} if parties > limit else None,
    }


def _others(found: tuple[Other, ...]) -> list[OtherRow]:
    return [{"ref": each.ref, "title": each.title, "amount_cents": each.cents} for each in found]


def _knows_names(snapshot: Snapshot, case: Proposal) -> bool:
    actor = snapshot.actor
    if actor is None:
        return False
    return actor.has(Role.FUND_MANAGER, Role.AUDITOR) or actor.organisation in case.applicants


def file_of(
    snapshot: Snapshot, *, ref: str, comments: str = "", in_force: bool = False, name: str = ""
) -> ProposalText:
    """The proposal as a file again, to change and save; the file says which revision it starts from.

    Args:
        in_force: On the form in force, whatever form it is on; ``open`` then names what is still to be answered.
        name: What the file will be called, for those lines.

    Raises:
        UnknownRef: There is none, or it is a draft of others.
    """
    from fund import forms

    case = find(snapshot, ref)
    names = names_of(snapshot, case)
    mark = marked(ref, case.revision)
    answer = {"ref": ref, "version": snapshot.version(case), "revision": case.revision}
    if not in_force:
        text = forms.write(case.form, names, comments=comments, revision=mark)
        return as_row(ProposalText, case, **answer, form=case.form.version, toml=text)
    newer = forms.upgrade_form(
        case.form, names, track=case.track, name=name or f"{ref}.toml", comments=comments, revision=mark
    )
    to_answer: list[OpenQuestion] = [
        {"code": fault.code(), "line": fault.details["line"], "field": fault.details["field"], "message": str(fault)}
        for fault in newer.open
    ]
    more = {"form": newer.after, "from": newer.before, "toml": newer.text, "open": to_answer, "left": newer.left}
    return as_row(ProposalText, case, **answer, **more)


def names_of(snapshot: Snapshot, case: Proposal) -> list[str]:
    """The names of the team for whoever may know them, a question mark for each that is not known."""
    names = (
        {row["person"]: row["name"] for row in team_of(snapshot, case.stream)} if _knows_names(snapshot, case) else {}
    )
    return [names.get(member.person, "?") for member in case.form.team]


def history(snapshot: Snapshot, *, ref: str) -> History:
    """The whole life: every fact of the proposal and every other fact that touches it, oldest first.

    Scores, ties and votes of people stand in it for those who may read them, and are left out (``null``) for others.

    Raises:
        UnknownRef: There is none, or it is a draft of others.
    """
    case = find(snapshot, ref)
    return {
        "ref": ref,
        "title": case.title,
        "state": case.state,
        "events": [_event(snapshot, each) for each in snapshot.history(case)],
    }


def _event(snapshot: Snapshot, event: Envelope) -> HistoryRow:
    from fund.workflows.discretion import payload_for

    return as_row(
        HistoryRow,
        event,
        actor_name=snapshot.name(event.actor),
        made_by_name=snapshot.name(event.made_by),
        hash=event.hash.hex(),
        payload=payload_for(snapshot, event),
    )
