"""P3, P4 and P6: every party confirms one revision, the lead submits it. Every guard of the table by name."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from fund import files, forms
from fund.dates import day_of, deadline, weeks
from fund.errors.proposals import (
    AboveCeiling,
    AttachmentMissing,
    BoardNotInformed,
    BudgetDiffersFromAsk,
    CategoriesDifferFromCost,
    CostDiffers,
    DeadlinePassed,
    MilestonesDifferFromAsk,
    OldFormVersion,
    OutsideTrack,
    PartiesNotConfirmed,
    SameContentInRound,
    SameIdeaAddedUp,
)
from fund.events import Envelope
from fund.events.proposals import ProposalParticipationConfirmed, ProposalResubmitted, ProposalSubmitted
from fund.language import _, euros
from fund.schemas.proposals import Proposal, Round
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.proposals.access import find, regulations_of
from fund.workflows.proposals.drafting import is_too_late
from fund.workflows.proposals.ideas import same_idea
from fund.workflows.proposals.lifecycle import State
from fund.workflows.proposals.lineage import require_active, require_adopters
from fund.workflows.proposals.personal_data import place_of
from fund.workflows.proposals.reading import names_of
from fund.workflows.proposals.saving import changed_sections, require_improvable, require_listed
from fund.workflows.rounds import use_cases as rounds

_SUMS = {
    "money.budget": (BudgetDiffersFromAsk, "budget_cents", "ask_cents"),
    "milestones": (MilestonesDifferFromAsk, "milestones_cents", "ask_cents"),
    "money.categories": (CategoriesDifferFromCost, "categories_cents", "cost_cents"),
    "business_case.cost": (CostDiffers, "cost_cents", "paid_cents"),
}
"""By the question: the refusal of a sum that differs, and what it calls the sum and what that must be."""


# -------------------------------------------------------------------------------------------------------- P3 confirm


def join(uow: UnitOfWork, *, ref: str, informed_on: date | None = None) -> Envelope | None:
    """P3, said for the first time: a party takes part. See :func:`confirm`."""
    return _participate(uow, ref, "join", informed_on)


def confirm(uow: UnitOfWork, *, ref: str, informed_on: date | None = None) -> Envelope | None:
    """P3: the party of whoever acts takes part in exactly this revision.

    Args:
        informed_on: The day on which its council, states or general board was informed on content; known already where
            the form or an earlier confirmation says it. On the light track confirming is the tick.

    Raises:
        BoardNotInformed: No such day, or one to come. NotForImprovement: It was deferred for another ground.
    """
    return _participate(uow, ref, "confirm", informed_on)


def _participate(uow: UnitOfWork, ref: str, verb: str, informed_on: date | None) -> Envelope | None:
    command = f"proposal {verb}"
    case = find(uow, ref)
    step = uow.transition(command, case)
    require_improvable(case, command)
    partner = uow.maker.partner or ""
    day = _informed(uow, case, partner, informed_on, command=command, verb=verb)
    waiting = [each for each in _unconfirmed(case) if each != partner]
    uow.result.update(ref=ref, partner=partner, revision_hash=case.revision_hash, waiting_for=waiting)
    verb_after = "submit" if case.state == State.DRAFT else "resubmit"
    too_late = is_too_late(uow, case.form, case.due_on)
    uow.next_step = f"fund proposal show {ref}" if waiting or too_late else f"fund proposal {verb_after} {ref}"
    if case.confirmed.get(partner) == case.revision_hash and (day is None or case.informed.get(partner) == day):
        uow.result["unchanged"] = True
        return None
    fact = ProposalParticipationConfirmed(ref=ref, partner=partner, revision_hash=case.revision_hash, informed_on=day)
    return step.record(fact, on_behalf_of=partner or None)


def _informed(
    snapshot: Snapshot, case: Proposal, partner: str, given: date | None, *, command: str, verb: str
) -> date | None:
    """The day on which a party's council heard of this content: given now, with this revision, or in the form itself.

    A day that was given with an earlier revision does not count: the council heard of other content then.
    """
    of_form = next(
        (board.informed_on for board in case.form.boards if board.partner == partner and board.informed_on), None
    )
    stands = case.confirmed.get(partner) == case.revision_hash
    day = given or (case.informed.get(partner) if stands else None) or of_form
    if (day is None and case.track != "light") or (day is not None and day > snapshot.today):
        raise BoardNotInformed(command=command, ref=case.ref, partner=partner, verb=verb)
    return day


def _unconfirmed(case: Proposal) -> list[str]:
    return [partner for partner in case.applicants if case.confirmed.get(partner) != case.revision_hash]


# ------------------------------------------------------------------------------------------------ P4 submit, P6 again


def submit(uow: UnitOfWork, *, ref: str, informed_on: date | None = None) -> Envelope:
    """P4: the fund judges this revision. Submitting is the lead's own confirmation too.

    Args:
        informed_on: The day on which the lead's council was informed on content, where it is not known yet.

    Raises:
        RoundNotOpen: Before the round opens, or at or after the closing instant.
        OldFormVersion, PartiesNotConfirmed, BoardNotInformed, BudgetDiffersFromAsk, MilestonesDifferFromAsk,
        CategoriesDifferFromCost, CostDiffers, TooFewAdopters, OutsideTrack, SameIdeaAddedUp, AboveCeiling,
        AttachmentMissing, SameContentInRound: As they say.
    """
    command = "proposal submit"
    case = find(uow, ref)
    step = uow.transition(command, case)
    round_ = uow.case(Round, case.round)
    if case.follows is None:
        rounds.require_open(uow, case.round, command=command, subject=ref)
    _require_form_in_force(uow, case, command)
    day = _complete(uow, case, round_, command=command, verb="submit", informed_on=informed_on)
    require_active(uow, case.applicants, command=command, subject=ref)
    fact = ProposalSubmitted(
        ref=ref,
        round=case.round,
        lead=case.lead,
        revision_hash=case.revision_hash,
        ask_cents=case.ask_cents,
        informed_on=day,
    )
    submitted = step.record(fact, on_behalf_of=case.lead)
    _what_now(uow, case, round_, submitted)
    return submitted


def resubmit(uow: UnitOfWork, *, ref: str, informed_on: date | None = None) -> Envelope:
    """P6: a returned or deferred proposal comes back, changed where it might be.

    Raises:
        DeadlinePassed: The last day has gone by. ChangedElsewhere: A section that was not listed differs.
        NotForImprovement and what :func:`submit` refuses: As they say.
    """
    command = "proposal resubmit"
    case = find(uow, ref)
    step = uow.transition(command, case)
    require_improvable(case, command)
    if case.due_on is not None and uow.today > case.due_on:
        raise DeadlinePassed(command=command, ref=ref, due_on=case.due_on, today=uow.today)
    require_listed(case, case.form, command=command)
    round_ = uow.case(Round, case.round)
    day = _complete(uow, case, round_, command=command, verb="resubmit", informed_on=informed_on)
    fact = ProposalResubmitted(
        ref=ref,
        round=case.round,
        lead=case.lead,
        revision_hash=case.revision_hash,
        ask_cents=case.ask_cents,
        sections=changed_sections(case.before, case.form) if case.before is not None else (),
        informed_on=day,
    )
    submitted = step.record(fact, on_behalf_of=case.lead)
    _what_now(uow, case, round_, submitted)
    return submitted


def _what_now(uow: UnitOfWork, case: Proposal, round_: Round, submitted: Envelope) -> None:
    rules = regulations_of(uow, round_)
    uow.result.update(
        ref=case.ref,
        submitted_at=uow.now.isoformat(),
        proof=submitted.hash.hex(),
        reviewers=rules.tracks[case.track].quorum.complete,
        review_before=(max(round_.closes_at, uow.now) + timedelta(days=rules.terms.review_days)).isoformat(),
        decision_before=deadline(day_of(max(round_.closes_at, uow.now)), weeks(rules.terms.decision_weeks)).isoformat(),
    )
    uow.next_step = f"fund proposal show {case.ref}"


def _complete(
    uow: UnitOfWork, case: Proposal, round_: Round, *, command: str, verb: str, informed_on: date | None
) -> date | None:
    """Every guard on the content; the day on which the lead's council was informed."""
    form, ref = case.form, case.ref
    _adds_up(uow, case, command)
    require_adopters(uow, form, case.follows)
    for other in uow.cases(Proposal, parent=case.round, lookup=case.content_hash):
        if other.ref != ref and not other.is_draft and other.state not in (State.WITHDRAWN, State.LAPSED):
            raise SameContentInRound(command=command, ref=ref, other=other.ref, round=case.round)
    _within(uow, case, round_, command)
    day = _informed(uow, case, case.lead, informed_on, command=command, verb=verb)
    missing = [partner for partner in _unconfirmed(case) if partner != case.lead]
    if missing:
        raise PartiesNotConfirmed(
            command=command, ref=ref, missing=missing, revision=case.revision, hash=case.revision_hash[:12]
        )
    for attachment in form.attachments:
        if not files.is_intact(uow, attachment.sha256):
            raise AttachmentMissing(
                command=command,
                ref=ref,
                title=attachment.title,
                hash=attachment.sha256[:12],
                again=f"proposal save {ref}",
            )
    return day


def _require_form_in_force(uow: UnitOfWork, case: Proposal, command: str) -> None:
    """P4: the schema is the current one. What comes back after a return stays on the form on which it was handed in.

    Raises:
        OldFormVersion: With each answer that the form in force asks, by its line in the file that the hint writes.
    """
    form, file = case.form, f"{case.ref}.toml"
    if form.version == forms.CURRENT:
        return
    newer = forms.upgrade_form(form, names_of(uow, case), track=case.track, name=file, comments="both")
    missing = [
        {"field": fault.details["field"], "line": fault.details["line"], "code": fault.code(), "message": str(fault)}
        for fault in newer.open
    ]
    raise OldFormVersion(
        command=command,
        ref=case.ref,
        version=form.version,
        current=forms.CURRENT,
        file=file,
        lines="\n".join(str(fault) for fault in newer.open) or _("nothing; it only has to be saved on it"),
        missing=missing,
    )


def _within(uow: UnitOfWork, case: Proposal, round_: Round, command: str) -> None:
    """The ask lies in the band of the track, together with what the same parties ask for the same idea, and is at most
    what the round has.
    """
    rules = regulations_of(uow, round_)
    rollout = case.sort == "rollout"
    track = rules.tracks[round_.track]
    low = 0 if rollout else track.from_cents
    wrong_track = rollout and round_.track != "major"
    others = same_idea(uow, case)
    earlier = sum(each.cents for each in others)
    together = case.ask_cents + earlier
    below = track.below_cents
    if wrong_track:
        band = _("no roll-outs")
    elif below is None:
        band = _("{low} and up").format(low=euros(low))
    else:
        band = _("{low} up to, not including, {high}").format(low=euros(low), high=euros(below))
    if wrong_track or together < low or (below is not None and case.ask_cents >= below):
        raise OutsideTrack(command=command, ref=case.ref, ask_cents=case.ask_cents, track=round_.track, band=band)
    if below is not None and together >= below:
        raise SameIdeaAddedUp(
            command=command,
            ref=case.ref,
            ask_cents=case.ask_cents,
            others=[each.ref for each in others],
            earlier_cents=earlier,
            together_cents=together,
            track=round_.track,
            band=band,
        )
    if case.ask_cents > round_.ceiling_cents:
        raise AboveCeiling(
            command=command,
            ref=case.ref,
            ask_cents=case.ask_cents,
            round=round_.ref,
            ceiling_cents=round_.ceiling_cents,
        )


def _adds_up(uow: UnitOfWork, case: Proposal, command: str) -> None:
    """The sums of the form: budget and milestones are the ask, kinds of cost are what pays for them."""
    for question, (stated, due) in case.form.differences.items():
        refusal, its_sum, its_due = _SUMS[question]
        raise refusal(
            **_pointed(uow, case, question, command), **{its_sum: stated, its_due: due},
            difference_cents=abs(stated - due),
        )  # fmt: skip


def _pointed(snapshot: Snapshot, case: Proposal, name: str, command: str) -> dict[str, Any]:
    """Where in the partner's own file the amount stands, as far as that is still known."""
    file, line, excerpt = place_of(snapshot, case, name)
    return {
        "command": command,
        "ref": case.ref,
        "file": file,
        "line": line,
        "place": f"{file}:{line}",
        "excerpt": excerpt,
    }
