"""The roll-out of what worked: parties are invited, told when the invitation ends, and start from what was learned.

A verdict to scale or adopt invites for a year. The proposal that follows names the agreement; who followed what is
read here in both directions. Source: lifecycle.md 8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from fund.dates import add_months, end_of_day, start_of_day
from fund.errors.proposals import FollowonNotInvited
from fund.events import Envelope
from fund.events.evaluations import EvaluationSubmitted, FollowonAnnounced, FollowonExpired, FollowonInvited
from fund.events.values import Lesson
from fund.language import _
from fund.schemas.agreements import Agreement
from fund.schemas.evaluations import Evaluation
from fund.schemas.proposals import Proposal
from fund.store import TimerRow
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.evaluations.commands import CarriedOver, Lineage, ParentRow
from fund.workflows.evaluations.lifecycle import State, rules_of

INVITING = ("scale", "adopt")
ANNOUNCED_DAYS = (60, 14)
"""So many days before the invitation ends its parties are told, while nobody follows."""
_HYPOTHESIS = {"confirmed": "bevestigd", "refuted": "weerlegd", "inconclusive": "niet beslist"}
_KEPT = (
    "themes", "ambition", "public_task", "state_aid", "beneficiaries", "cooperation", "province_role",
    "province_reason", "measurement", "stop_rule", "characteristics", "governance_form", "interests", "exit_rules",
    "assets", "risks",
)  # fmt: skip
"""Answers of the experiment that hold for its roll-out as well, until somebody changes them. Money, milestones,
councils and people are asked anew."""


# ------------------------------------------------------------------------------------------------------- inviting


def invite(uow: UnitOfWork, event: Envelope) -> None:
    """After publication, when the verdict is to scale or adopt: a roll-out may be asked for within a year."""
    case = uow.maybe(Evaluation, event.fact.ref)
    if case is None or case.state != State.PUBLISHED or case.verdict not in INVITING or case.followon_until is not None:
        return
    expires_on = add_months(uow.today, rules_of(uow, case).terms.followon_months)
    invited = uow.record(
        FollowonInvited(ref=case.ref, proposal=case.proposal, verdict=case.verdict, expires_on=expires_on)
    )
    for days in ANNOUNCED_DAYS:
        told_at = start_of_day(expires_on - timedelta(days=days))
        if told_at > uow.now:
            uow.set_timer("followon.announce", case.stream, told_at, cause=invited, name=str(days))
    uow.set_timer("followon.expire", case.stream, end_of_day(expires_on), cause=invited)


def announce(uow: UnitOfWork, timer: TimerRow) -> None:
    """Some time before the invitation ends and nobody follows: the parties are told."""
    case = uow.maybe(Evaluation, timer.stream.partition("/")[2])
    days = int(timer.timer_id.rsplit(":", 1)[1])
    if case is None or case.followon_until is None or case.followon_expired or days in case.followon_announced:
        return
    if uow.today > case.followon_until or _followers(uow, case.ref):
        return
    fact = FollowonAnnounced(
        ref=case.ref, proposal=case.proposal, expires_on=case.followon_until, days_left=days, parties=case.parties
    )
    uow.transition("evaluation announce", case).record(fact)


def expire(uow: UnitOfWork, timer: TimerRow) -> None:
    """The last day of the invitation has passed: no proposal can follow any more; those that do go on."""
    case = uow.maybe(Evaluation, timer.stream.partition("/")[2])
    if case is None or case.followon_until is None or case.followon_expired or uow.today <= case.followon_until:
        return
    used_by = tuple(each.ref for each in _followers(uow, case.ref))
    fact = FollowonExpired(ref=case.ref, proposal=case.proposal, expired_on=case.followon_until, used_by=used_by)
    uow.transition("evaluation expire", case).record(fact)


# -------------------------------------------------------------------------------------------------------- lineage


def ancestors(agreement: str, follows: Callable[[str], str | None]) -> tuple[str, ...]:
    """What an agreement follows, the nearest first; ``follows`` gives what one follows, or ``None``.

    An agreement is older than what follows it, so that the line ends; one that did not would be cut where it closes.
    """
    line: list[str] = []
    found = follows(agreement)
    while found is not None and found != agreement and found not in line:
        line.append(found)
        found = follows(found)
    return tuple(line)


def _parent(snapshot: Snapshot, agreement: str) -> str | None:
    proposal = snapshot.maybe(Proposal, agreement.removeprefix("A"))
    return proposal.follows if proposal is not None else None


def _followers(snapshot: Snapshot, agreement: str) -> list[Proposal]:
    """Every proposal that follows the agreement, drafts of others as well."""
    return [case for case in snapshot.cases(Proposal) if case.follows == agreement]


def followers(snapshot: Snapshot) -> Mapping[str, list[Proposal]]:
    """The proposals that follow an agreement and may be read by everybody, by agreement."""
    found: dict[str, list[Proposal]] = {}
    for case in snapshot.cases(Proposal):
        if case.follows is not None and not case.is_draft:
            found.setdefault(case.follows, []).append(case)
    return found


def lineage(snapshot: Snapshot, agreement: str) -> Lineage:
    """What an agreement follows (nearest first) and what follows it: refs, titles, leads, states.

    Only an agreement whose evaluation invited can be followed, so nothing is searched for the others.
    """
    evaluation = snapshot.maybe(Evaluation, agreement)
    invited = evaluation is not None and evaluation.followon_until is not None
    children = followers(snapshot).get(agreement, []) if invited else []
    return {
        "follows": [_shown(snapshot, each) for each in ancestors(agreement, lambda ref: _parent(snapshot, ref))],
        "followed_by": [
            {
                "proposal": child.ref,
                "agreement": f"A{child.ref}" if snapshot.maybe(Agreement, f"A{child.ref}") else None,
                "title": child.title,
                "lead_partner": child.lead,
                "lead_name": snapshot.partner_name(child.lead),
                "state": child.state,
            }
            for child in children
        ],
    }


def _shown(snapshot: Snapshot, agreement: str) -> ParentRow:
    case = snapshot.maybe(Agreement, agreement)
    return {
        "agreement": agreement,
        "title": case.title if case else "",
        "lead_partner": case.lead if case else None,
        "lead_name": snapshot.partner_name(case.lead) if case else "",
    }


# --------------------------------------------------------------------------------------------------- carried over


def carried_over(snapshot: Snapshot, agreement: str) -> dict[str, Any]:
    """The answers with which the proposal of a roll-out begins: parties, what was learned, and its evidence.

    By field of :class:`~fund.schemas.proposals.ProposalForm`, as JSON. Lessons stand in the plan for the roll-out, the
    result in what was measured, evaluation and final report among the attachments by their hash. The text is Dutch, as
    proposals are.

    Raises:
        UnknownRef: There is no such agreement.
        FollowonNotInvited: Its evaluation invited nobody, or the invitation is over.
    """
    case = snapshot.case(Agreement, agreement)
    evaluation = snapshot.maybe(Evaluation, agreement)
    if evaluation is None or evaluation.followon_until is None:
        raise FollowonNotInvited(agreement=agreement, reason=_("nobody was invited to it"))
    if snapshot.today > evaluation.followon_until:
        until = _("the invitation held until {day}").format(day=evaluation.followon_until)
        raise FollowonNotInvited(agreement=agreement, reason=until)
    proposal = snapshot.maybe(Proposal, case.proposal)
    before: Mapping[str, Any] = proposal.form.as_json() if proposal is not None else {}
    answers = {name: before[name] for name in _KEPT if before.get(name)}
    learning = evaluation.learning.replace("/", " / ")
    result = (
        f"{agreement}: hypothese {_HYPOTHESIS.get(evaluation.hypothesis, evaluation.hypothesis)}, "
        f"leerkwaliteit {learning} van 4."
    )
    themes = dict.fromkeys((*answers.get("themes", ()), *(each for one in evaluation.lessons for each in one.themes)))
    answers |= {
        "sort": "rollout",
        "title": f"Uitrol: {case.title}",
        "lead": case.lead,
        "co_applicants": list(case.co_applicants),
        "themes": list(themes),
        "hypothesis": case.hypothesis,
        "measurement": _joined(result, str(answers.get("measurement", ""))),
        "summary": _joined(evaluation.learned.strip(), str(before.get("summary", ""))),
        "rollout_plan": _joined(_told(agreement, evaluation.lessons), str(before.get("rollout_plan", ""))),
        "attachments": _evidence(snapshot, case, evaluation),
    }
    return answers


def _joined(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text)


def _told(agreement: str, lessons: tuple[Lesson, ...]) -> str:
    lines = [f"- {each.title}: {each.text.strip()}" for each in lessons]
    return "\n".join([f"Geleerd in {agreement}:", *lines]) if lines else ""


def _evidence(snapshot: Snapshot, case: Agreement, evaluation: Evaluation) -> list[dict[str, str]]:
    written = snapshot.store.facts.last_of(evaluation.stream, "evaluation.submitted")
    found = []
    if written is not None and isinstance(written.fact, EvaluationSubmitted):
        found.append({"title": f"Evaluatie van {case.ref}", "sha256": written.fact.file_sha256})
    if case.report_sha256:
        found.append({"title": f"Eindverslag van {case.ref}", "sha256": case.report_sha256})
    return found


def carried(snapshot: Snapshot, *, ref: str) -> CarriedOver:
    """What a proposal that follows this agreement begins with: :func:`carried_over`, for programs and forms.

    Raises:
        UnknownRef, FollowonNotInvited: As they say.
    """
    return {"agreement": ref, "answers": carried_over(snapshot, ref)}
