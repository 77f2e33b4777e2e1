"""What of proposals is read: the list, one of them, its whole life, and its file."""

from __future__ import annotations

from datetime import date
from typing import Any

from fund import forms
from fund.events import Envelope
from fund.rules.authority import SYSTEM, Role
from fund.schemas.evaluations import Evaluation
from fund.schemas.proposals import Proposal
from fund.unit_of_work import View
from fund.workflows.discretion import payload_for
from fund.workflows.lifecycle import commands_from
from fund.workflows.proposals.apart import team_of
from fund.workflows.proposals.drafting import find, marked, may_see, remarks
from fund.workflows.proposals.ideas import Other, alike, same_idea
from fund.workflows.proposals.life import after
from fund.workflows.proposals.table import TRANSITIONS

__all__ = ["file_of", "history", "names_of", "proposals", "show"]


_BY_ITSELF = frozenset(row.command for row in TRANSITIONS if row.who == SYSTEM)
"""What nobody types: the service does it."""


def _row(view: View, case: Proposal) -> dict[str, Any]:
    return {
        "ref": case.ref,
        "title": case.title,
        "lead_partner": case.lead,
        "lead_name": view.partner_name(case.lead),
        "state": case.state,
        "ask_cents": case.ask_cents,
        "round": case.round,
        "track": case.track,
        "sort": case.sort,
        "award_cents": case.award_cents,
        "due_on": case.due_on.isoformat() if case.due_on else None,
    }


def _on(view: View, case: Proposal, day: date | None) -> Proposal | None:
    """The proposal as it stood at the end of a day, by what counts for that day."""
    if day is None or day >= view.today:
        return case
    then: Proposal | None = None
    for happened in view.history(case):
        if happened.effective_on <= day:
            then = after(then, happened)
    return then


def _followed_by(view: View, case: Proposal) -> list[str]:
    """The proposals that roll out what came of this one; only where its evaluation invited to that is there any."""
    agreement = f"A{case.ref}"
    evaluation = view.maybe(Evaluation, agreement)
    if evaluation is None or evaluation.followon_until is None:
        return []
    return [each.ref for each in view.cases(Proposal) if each.follows == agreement and may_see(view, each)]


def proposals(
    view: View,
    *,
    round: str | None = None,
    partner: str | None = None,
    as_of: date | None = None,
) -> dict[str, Any]:
    """Every proposal that whoever looks may see, in the order of the refs.

    Args:
        partner: Only those in which this partner is a party.
    """
    listed = []
    for case in view.cases(Proposal):
        then = _on(view, case, as_of)
        if then is None or not may_see(view, then):
            continue
        if (round and then.round != round) or (partner and partner not in then.parties):
            continue
        listed.append(_row(view, then))
    return {"as_of": (as_of or view.today).isoformat(), "proposals": listed}


def show(view: View, *, ref: str, as_of: date | None = None) -> dict[str, Any]:
    """One proposal, whole: where it stands, its form, who confirmed, what the rules found, what can be done now.

    Of a day on which it was a draft of others still, as little as of one on which it was not there: no state.

    Raises:
        UnknownRef: There is none, or it is a draft of others.
    """
    now = find(view, ref)
    case = _on(view, now, as_of)
    if case is None or not may_see(view, case):
        return {"as_of": (as_of or view.today).isoformat(), "ref": ref, "state": None}
    return {
        "as_of": (as_of or view.today).isoformat(),
        **_row(view, case),
        "version": view.version(now),
        "revision": case.revision,
        "revision_hash": case.revision_hash,
        "co_applicants": list(case.co_applicants),
        "beneficiaries": list(case.beneficiaries),
        "follows": case.follows,
        "followed_by": _followed_by(view, case),
        "share_bps": case.share_bps,
        "drafted_at": case.drafted_at.isoformat(),
        "submitted_at": case.submitted_at.isoformat() if case.submitted_at else None,
        "decided_on": case.decided_on.isoformat() if case.decided_on else None,
        "objection_until_on": case.objection_until_on.isoformat() if case.objection_until_on else None,
        "deferred_for": case.deferred_for or None,
        "failing_rule": case.failing_rule or None,
        "sections": list(case.sections),
        "parties": [
            {
                "partner": partner,
                "name": view.partner_name(partner),
                "confirmed": case.confirmed.get(partner) == case.revision_hash,
                "informed_on": case.informed[partner].isoformat() if partner in case.informed else None,
            }
            for partner in case.applicants
        ],
        "rules": [{**outcome.model_dump(mode="json"), "told": outcome.told()} for outcome in case.screened],
        "note": case.note or None,
        "form_version": case.form.version,
        "form_in_force": forms.CURRENT,
        **remarks(view, case.form),
        "same_idea": _others(same_idea(view, case)),
        "alike": _others(alike(view, case)),
        "commands": [command for command in commands_from(TRANSITIONS, case.state) if command not in _BY_ITSELF],
        "team": _team(view, case),
        "names": {partner: view.partner_name(partner) for partner in case.form.parties},
        "form": case.form.as_json(),
    }


def _others(found: tuple[Other, ...]) -> list[dict[str, Any]]:
    return [{"ref": each.ref, "title": each.title, "amount_cents": each.cents} for each in found]


def _knows_names(view: View, case: Proposal) -> bool:
    actor = view.actor
    if actor is None:
        return False
    return actor.has(Role.FUND_MANAGER, Role.AUDITOR) or actor.organisation in case.applicants


def _team(view: View, case: Proposal) -> list[dict[str, Any]]:
    names = {row["person"]: row["name"] for row in team_of(view, case.stream)} if _knows_names(view, case) else {}
    return [
        {
            "name": names.get(member.person),
            "partner": member.partner,
            "function": member.function,
            "hours": member.hours,
        }
        for member in case.form.team
    ]


def file_of(view: View, *, ref: str, comments: str = "", in_force: bool = False, name: str = "") -> dict[str, Any]:
    """The proposal as a file again, to change and save; the file says which revision it starts from.

    Args:
        in_force: On the form in force, whatever form it is on; ``open`` then names what is still to be answered.
        name: What the file will be called, for those lines.

    Raises:
        UnknownRef: There is none, or it is a draft of others.
    """
    case = find(view, ref)
    names = names_of(view, case)
    mark = marked(ref, case.revision)
    answer = {"ref": ref, "version": view.version(case), "revision": case.revision, "form": case.form.version}
    if not in_force:
        return {**answer, "toml": forms.write(case.form, names, comments=comments, revision=mark)}
    newer = forms.upgrade_form(
        case.form, names, track=case.track, name=name or f"{ref}.toml", comments=comments, revision=mark
    )
    return {
        **answer,
        "form": newer.after,
        "from": newer.before,
        "toml": newer.text,
        "open": [
            {
                "code": fault.code(),
                "line": fault.details["line"],
                "field": fault.details["field"],
                "message": str(fault),
            }
            for fault in newer.open
        ],
        "left": list(newer.left),
    }


def names_of(view: View, case: Proposal) -> list[str]:
    """The names of the team for whoever may know them, a question mark for each that is not known."""
    names = {row["person"]: row["name"] for row in team_of(view, case.stream)} if _knows_names(view, case) else {}
    return [names.get(member.person, "?") for member in case.form.team]


def history(view: View, *, ref: str) -> dict[str, Any]:
    """The whole life: every fact of the proposal and every other fact that touches it, oldest first.

    Scores, ties and votes of people stand in it for those who may read them, and are left out (``null``) for others.

    Raises:
        UnknownRef: There is none, or it is a draft of others.
    """
    case = find(view, ref)
    return {
        "ref": ref,
        "title": case.title,
        "state": case.state,
        "events": [_event(view, each) for each in view.history(case)],
    }


def _event(view: View, happened: Envelope) -> dict[str, Any]:
    return {
        "seq": happened.seq,
        "type": happened.type,
        "stream": happened.stream,
        "occurred_at": happened.occurred_at.isoformat(),
        "recorded_at": happened.recorded_at.isoformat(),
        "effective_on": happened.effective_on.isoformat(),
        "actor": happened.actor,
        "actor_name": view.name(happened.actor),
        "made_by": happened.made_by,
        "made_by_name": view.name(happened.made_by) or None,
        "on_behalf_of": happened.on_behalf_of,
        "command_id": happened.command_id,
        "causation_id": happened.causation_id,
        "hash": happened.hash.hex(),
        "payload": payload_for(view, happened),
    }
