"""P1-P4 and P6: a party drafts, changes, confirms and submits. Every guard of the table by name."""

from __future__ import annotations

import difflib
import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from fund import files, forms
from fund.dates import day_of, deadline, end_of_day, weeks
from fund.errors import (
    AboveCeiling,
    AttachmentMissing,
    BoardNotInformed,
    BudgetDiffersFromAsk,
    CategoriesDifferFromCost,
    ChangedElsewhere,
    DeadlinePassed,
    FollowOnNotInvited,
    MilestonesDifferFromAsk,
    NotForImprovement,
    OldFormVersion,
    OutsideTrack,
    PartiesNotConfirmed,
    PartnerNotActive,
    RollOutWithoutParent,
    SameContentInRound,
    TooFewAdopters,
    UnknownChoice,
    UnknownRef,
    VersionConflict,
)
from fund.events import (
    Envelope,
    ProposalDrafted,
    ProposalParticipationConfirmed,
    ProposalResubmitted,
    ProposalRevised,
    ProposalSubmitted,
)
from fund.glossary import state_word
from fund.language import _, euros
from fund.rules.authority import Role
from fund.rules.regulations import Regulations
from fund.schemas.agreements import Agreement
from fund.schemas.capital import Partner
from fund.schemas.evaluations import Evaluation
from fund.schemas.proposals import Proposal, ProposalForm, Round
from fund.unit_of_work import UnitOfWork, View, derive_id
from fund.workflows import rounds
from fund.workflows.lifecycle import carry, check
from fund.workflows.proposals.table import TRANSITIONS, State

__all__ = [
    "confirm", "draft", "find", "join", "may_see", "regulations_of", "resubmit", "save", "start_clock", "submit", "team_of",
]  # fmt: skip

IMPROVE = "improve"
_WARNED_DAYS = (14, 3)


# ------------------------------------------------------------------------------------------------------- who may see


def may_see(view: View, case: Proposal) -> bool:
    """A draft is its parties' own (and an auditor's); what was submitted, everybody may read."""
    if not case.is_draft:
        return True
    actor = view.actor
    if actor is None:
        return False
    return actor.has(Role.AUDITOR, Role.SYSTEM) or (actor.partner is not None and actor.partner in case.applicants)


def find(view: View, ref: str) -> Proposal:
    """The proposal, for whoever acts or looks.

    Raises:
        UnknownRef: There is none, or it is a draft of others: nobody needs to know that it is there.
    """
    case = view.case(Proposal, ref)
    if not may_see(view, case):
        raise UnknownRef(kind="proposal", ref=ref, suggestion="fund proposal list")
    return case


def regulations_of(view: View, round_: Round) -> Regulations:
    """The regulations of a round: those of the day it opens; a later change never reaches back."""
    return view.regulations(day_of(round_.opens_at))


# ---------------------------------------------------------------------------------------------------------- P1 draft


def draft(
    uow: UnitOfWork,
    *,
    content: bytes,
    name: str = "",
    follows: str | None = None,
    attach: Sequence[Mapping[str, Any]] = (),
) -> Envelope:
    """P1: a proposal exists, for its parties only.

    Args:
        content: A proposal file; complete for the track of its round. Sums that do not add up yet are refused at
            submitting.
        follows: The agreement that a roll-out follows.
        attach: Files that go with it (``name``, ``content``).

    Raises:
        FormFault, FaultyForm: What is wrong with the file, by line.
        RoundNotOpen, PartnerNotActive, FollowOnNotInvited, RollOutWithoutParent, TooFewAdopters, NotAuthorised: As they say.
    """
    file = forms.open_form(content, name)
    round_ = _round_of(uow, file)
    filled = file.read(round_.track)
    _known_partners(uow, file, filled.form)
    lead = filled.form.lead
    check(uow, TRANSITIONS, "proposal draft", None, ref=file.file, lead=lead, parties=(lead,), look="fund round list")
    if follows is None:
        rounds.require_open(uow, round_.ref, command="proposal draft", subject=file.file)
    _lineage(uow, filled.form, follows, subject=file.file)
    _active(uow, (lead,), command="proposal draft", subject=file.file)
    files.put_all(uow, attach)
    ref = uow.next_ref("proposal")
    form = _seal_team(uow, f"proposal/{ref}", filled)
    fact = ProposalDrafted(
        ref=ref,
        round=round_.ref,
        track=round_.track,
        lead=lead,
        follows=follows,
        revision_hash=form.revision_hash(),
        content_hash=form.content_hash(),
        ask_cents=form.ask_cents,
        form=form.as_json(),
    )
    drafted = carry(
        uow, TRANSITIONS, "proposal draft", None, fact, lead=lead, parties=(lead,), look="fund round list", on_behalf_of=lead
    )
    _keep_places(uow, fact.stream, filled)
    start_clock(uow, drafted, end_of_day(uow.today + timedelta(days=uow.regulations().terms.draft_days)))
    uow.result.update(ref=ref, title=form.title, revision_hash=fact.revision_hash, parties=list(form.applicants))
    uow.next_step = f"fund proposal {'confirm' if form.co_applicants else 'submit'} {ref}"
    return drafted


def _round_of(uow: UnitOfWork, file: forms.FormFile) -> Round:
    if not file.round:
        file.read("light")  # says that the round is missing, among all else that is
    found = uow.maybe(Round, file.round)
    if found is None:
        known = uow.store.cases.refs("round")
        place = file.place_of("proposal.round")
        near = difflib.get_close_matches(file.round, known, n=1, cutoff=0)
        raise UnknownChoice(
            file=file.file, line=place.line, field="proposal.round", text=file.round, nearest=near[0] if near else "-", known=known,
            track="light",
        )  # fmt: skip
    return found


def _known_partners(uow: UnitOfWork, file: forms.FormFile, form: ProposalForm) -> None:
    """Every partner that the file names is one of the fund.

    Raises:
        UnknownChoice: The first that is not, with its line and the nearest.
    """
    partners = {case.ref: case for case in uow.cases(Partner)}
    named = {
        "proposal.lead_partner": (form.lead,),
        "proposal.co_applicants": form.co_applicants,
        "proposal.adopters": form.adopters,
        "proposal.beneficiaries": form.beneficiaries,
        "boards": tuple(board.partner for board in form.boards),
        "team": tuple(member.partner for member in form.team),
        "business_case.benefits": tuple(benefit.partner for benefit in form.benefits),
    }
    for path, ids in named.items():
        for partner in ids:
            if partner in partners:
                continue
            by_name = {case.short_name.lower(): ref for ref, case in partners.items()}
            near = by_name.get(partner.lower()) or next(
                iter(difflib.get_close_matches(partner, list(partners), n=1, cutoff=0)), "-"
            )
            place = file.place_of(path)
            known = [*list(partners)[:10], "..."] if len(partners) > 10 else list(partners)
            raise UnknownChoice(
                file=file.file, line=place.line, field=path, text=partner, nearest=near, known=known, track=file.track
            )


def _active(uow: UnitOfWork, partners: Iterable[str], *, command: str, subject: str) -> None:
    for ref in partners:
        partner = uow.case(Partner, ref)
        if partner.state != "active":
            raise PartnerNotActive(
                command=command, ref=subject, partner=partner.short_name, state=state_word("partner", partner.state)
            )


def _lineage(uow: UnitOfWork, form: ProposalForm, follows: str | None, *, subject: str) -> None:
    """A roll-out follows an agreement that was invited to, and brings in partners that were not in it."""
    if (form.sort == "rollout") != (follows is not None):
        raise RollOutWithoutParent(ref=subject, sort=form.sort)
    if follows is None:
        return
    parent = uow.case(Agreement, follows)
    evaluation = uow.maybe(Evaluation, follows)
    if evaluation is None or evaluation.followon_until is None:
        raise FollowOnNotInvited(agreement=follows, reason=_("nobody was invited to it"))
    if uow.today > evaluation.followon_until:
        raise FollowOnNotInvited(
            agreement=follows, reason=_("the invitation held until {day}").format(day=evaluation.followon_until)
        )
    old = set(parent.parties)
    others = {partner.ref for partner in uow.cases(Partner, states=("active",))} - old
    needed = min(2, len(others))
    found = len((set(form.adopters) | set(form.applicants)) & others)
    if found < needed:
        raise TooFewAdopters(agreement=follows, needed=needed, found=found)


def _seal_team(uow: UnitOfWork, stream: str, filled: forms.Filled) -> ProposalForm:
    """The form with a commitment to each name of the team; the names themselves are kept apart, erasable."""
    form = filled.form
    if not form.team and not team_of(uow, stream):
        return form
    known = {row["name"]: row["salt"] for row in team_of(uow, stream)}
    kept, team = [], []
    for member, name in zip(form.team, filled.names, strict=True):
        salt = known.get(name) or _salt(uow, stream, name)
        person = hashlib.sha256((salt + name).encode()).hexdigest()
        kept.append({"name": name, "salt": salt, "person": person})
        team.append(member.model_copy(update={"person": person}))
    content = json.dumps(kept, ensure_ascii=False)
    uow.store.work.put_sealed(stream=stream, kind="team", actor="", round=0, salt="", content=content)
    return form.model_copy(update={"team": tuple(team)})


def _salt(uow: UnitOfWork, stream: str, name: str) -> str:
    """What keeps a name from being guessed; in a story with a held clock it follows from the command."""
    if uow.store.work.setting("held_clock_us") is not None:
        return derive_id("", "salt", stream, name, uow.command_id)
    return secrets.token_hex(16)


def team_of(view: View, stream: str) -> list[dict[str, str]]:
    """Names, salts and commitments of the team, while they are known."""
    rows = view.store.work.sealed(stream=stream, kind="team", round=0)
    return json.loads(rows[0].content) if rows else []


def _keep_places(uow: UnitOfWork, stream: str, filled: forms.Filled) -> None:
    """Where amounts stand in the file, so that a later refusal can point; kept apart from the facts, with the file's name."""
    content = {"file": filled.file, "places": {name: [place.line, place.excerpt] for name, place in filled.places.items()}}
    uow.store.work.put_sealed(
        stream=stream, kind="file", actor="", round=0, salt="", content=json.dumps(content, ensure_ascii=False)
    )


def start_clock(uow: UnitOfWork, cause: Envelope, due_at: datetime) -> None:
    """From this fact on the proposal lapses at an instant, announced 14 and 3 days before (P22)."""
    stream = f"proposal/{cause.fact.ref}"
    uow.set_timer("proposal.expire", stream, due_at, cause=cause, name=str(cause.seq))
    for days in _WARNED_DAYS:
        warn_at = due_at - timedelta(days=days)
        if warn_at > uow.now:
            uow.set_timer("proposal.announce", stream, warn_at, cause=cause, name=f"{cause.seq}-{days}")


# ----------------------------------------------------------------------------------------------------------- P2 save


def save(
    uow: UnitOfWork,
    *,
    ref: str,
    content: bytes,
    name: str = "",
    version: int | None = None,
    attach: Sequence[Mapping[str, Any]] = (),
) -> Envelope | None:
    """P2: the proposal has other content; whoever had confirmed must confirm again. The same content changes nothing.

    Args:
        version: What was read (``proposal show``); somebody else's change since then is not overwritten.

    Raises:
        VersionConflict: It was changed meanwhile.
        ChangedElsewhere: A returned proposal changed in a section that was not listed, or the lead became another.
        NotForImprovement: It was deferred for another ground.
        FormFault, FaultyForm, RoundNotOpen: As they say.
    """
    case = find(uow, ref)
    check(uow, TRANSITIONS, "proposal save", case, lead=case.lead, parties=case.applicants)
    _improvable(case, "proposal save")
    found = uow.version(case)
    if version is not None and version != found:
        raise VersionConflict(ref=ref, expected=version, found=found, look=f"fund proposal show {ref}")
    file = forms.open_form(content, name)
    round_ = _round_of(uow, file)
    filled = file.read(round_.track)
    _known_partners(uow, file, filled.form)
    if case.state == State.DRAFT and case.follows is None:
        rounds.require_open(uow, round_.ref, command="proposal save", subject=ref)
    files.put_all(uow, attach)
    form = _seal_team(uow, case.stream, filled)
    _keep_places(uow, case.stream, filled)
    if (form.sort == "rollout") != (case.follows is not None):
        raise RollOutWithoutParent(ref=ref, sort=form.sort)
    changed = _changed(case.form, form)
    uow.next_step = f"fund proposal {_next(case)} {ref}"
    if not changed:
        uow.result.update(ref=ref, unchanged=True, revision_hash=case.revision_hash)
        return None
    if form.lead != case.lead or (case.state != State.DRAFT and form.round != case.round):
        raise ChangedElsewhere(
            command="proposal save", ref=ref, changed="proposal.lead_partner, proposal.round", allowed=_("the rest")
        )
    _only_listed(case, form, command="proposal save")
    fact = ProposalRevised(
        ref=ref,
        round=round_.ref,
        revision=case.revision + 1,
        revision_hash=form.revision_hash(),
        content_hash=form.content_hash(),
        ask_cents=form.ask_cents,
        sections=changed,
        form=form.as_json(),
    )
    uow.result.update(ref=ref, revision=fact.revision, revision_hash=fact.revision_hash, sections=list(changed))
    return carry(
        uow, TRANSITIONS, "proposal save", case, fact, lead=case.lead, parties=case.applicants, on_behalf_of=uow.maker.partner
    )


def _next(case: Proposal) -> str:
    if case.form.co_applicants:
        return "confirm"
    return "submit" if case.state == State.DRAFT else "resubmit"


def _changed(old: ProposalForm, new: ProposalForm) -> tuple[str, ...]:
    """The sections in which two forms differ, in the order of the form."""
    version = forms.form(new.version)
    names = {
        name for name in type(new).model_fields if name != "version" and getattr(old, name) != getattr(new, name)
    }
    sections = {version.section_of(name) for name in names}
    return tuple(section for section in version.sections if section in sections)


def _only_listed(case: Proposal, form: ProposalForm, *, command: str) -> None:
    if not case.sections or case.before is None:
        return
    others = [section for section in _changed(case.before, form) if section not in case.sections]
    if others:
        raise ChangedElsewhere(command=command, ref=case.ref, changed=others, allowed=list(case.sections))


def _improvable(case: Proposal, command: str) -> None:
    if case.state == State.DEFERRED and case.deferred_for != IMPROVE:
        raise NotForImprovement(command=command, ref=case.ref, ground=case.deferred_for)


# -------------------------------------------------------------------------------------------------------- P3 confirm


def join(uow: UnitOfWork, *, ref: str, informed_on: date | None = None) -> Envelope | None:
    """P3, said for the first time: a party takes part. See :func:`confirm`."""
    return _participate(uow, ref, "join", informed_on)


def confirm(uow: UnitOfWork, *, ref: str, informed_on: date | None = None) -> Envelope | None:
    """P3: the party of whoever acts takes part in exactly this revision.

    Args:
        informed_on: The day on which its council, states or general board was informed on content; known already where the
            form or an earlier confirmation says it. On the light track confirming is the tick.

    Raises:
        BoardNotInformed: No such day, or one to come. NotForImprovement: It was deferred for another ground.
    """
    return _participate(uow, ref, "confirm", informed_on)


def _participate(uow: UnitOfWork, ref: str, verb: str, informed_on: date | None) -> Envelope | None:
    command = f"proposal {verb}"
    case = find(uow, ref)
    check(uow, TRANSITIONS, command, case, lead=case.lead, parties=case.applicants)
    _improvable(case, command)
    partner = uow.maker.partner or ""
    day = _informed(uow, case, partner, informed_on, command=command, verb=verb)
    waiting = [each for each in _unconfirmed(case) if each != partner]
    uow.result.update(ref=ref, partner=partner, revision_hash=case.revision_hash, waiting_for=waiting)
    verb_after = "submit" if case.state == State.DRAFT else "resubmit"
    uow.next_step = f"fund proposal show {ref}" if waiting else f"fund proposal {verb_after} {ref}"
    if case.confirmed.get(partner) == case.revision_hash and (day is None or case.informed.get(partner) == day):
        uow.result["unchanged"] = True
        return None
    fact = ProposalParticipationConfirmed(ref=ref, partner=partner, revision_hash=case.revision_hash, informed_on=day)
    return carry(
        uow, TRANSITIONS, command, case, fact, lead=case.lead, parties=case.applicants, on_behalf_of=partner or None
    )


def _informed(
    view: View, case: Proposal, partner: str, given: date | None, *, command: str, verb: str
) -> date | None:
    of_form = next((board.informed_on for board in case.form.boards if board.partner == partner and board.informed_on), None)
    day = given or case.informed.get(partner) or of_form
    if (day is None and case.track != "light") or (day is not None and day > view.today):
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
        CategoriesDifferFromCost, OutsideTrack, AboveCeiling, AttachmentMissing, SameContentInRound: As they say.
    """
    command = "proposal submit"
    case = find(uow, ref)
    check(uow, TRANSITIONS, command, case, lead=case.lead, parties=case.applicants)
    round_ = uow.case(Round, case.round)
    if case.follows is None:
        rounds.require_open(uow, case.round, command=command, subject=ref)
    day = _complete(uow, case, round_, command=command, verb="submit", informed_on=informed_on)
    _active(uow, case.applicants, command=command, subject=ref)
    fact = ProposalSubmitted(
        ref=ref, round=case.round, lead=case.lead, revision_hash=case.revision_hash, ask_cents=case.ask_cents, informed_on=day
    )
    submitted = carry(
        uow, TRANSITIONS, command, case, fact, lead=case.lead, parties=case.applicants, on_behalf_of=case.lead
    )
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
    check(uow, TRANSITIONS, command, case, lead=case.lead, parties=case.applicants)
    _improvable(case, command)
    if case.due_on is not None and uow.today > case.due_on:
        raise DeadlinePassed(command=command, ref=ref, due_on=case.due_on, today=uow.today)
    _only_listed(case, case.form, command=command)
    round_ = uow.case(Round, case.round)
    day = _complete(uow, case, round_, command=command, verb="resubmit", informed_on=informed_on)
    fact = ProposalResubmitted(
        ref=ref,
        round=case.round,
        lead=case.lead,
        revision_hash=case.revision_hash,
        ask_cents=case.ask_cents,
        sections=_changed(case.before, case.form) if case.before is not None else (),
        informed_on=day,
    )
    submitted = carry(
        uow, TRANSITIONS, command, case, fact, lead=case.lead, parties=case.applicants, on_behalf_of=case.lead
    )
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
    if form.version != forms.CURRENT:
        raise OldFormVersion(command=command, ref=ref, version=form.version, current=forms.CURRENT, track=case.track)
    _adds_up(uow, case, command)
    _within(uow, case, round_, command)
    day = _informed(uow, case, case.lead, informed_on, command=command, verb=verb)
    missing = [partner for partner in _unconfirmed(case) if partner != case.lead]
    if missing:
        raise PartiesNotConfirmed(
            command=command, ref=ref, missing=missing, revision=case.revision, hash=case.revision_hash[:12]
        )
    for attachment in form.attachments:
        if not files.is_kept(uow, attachment.sha256):
            raise AttachmentMissing(command=command, ref=ref, title=attachment.title, hash=attachment.sha256[:12])
    for other in uow.cases(Proposal, parent=case.round, lookup=case.content_hash):
        if other.ref != ref and not other.is_draft and other.state not in (State.WITHDRAWN, State.LAPSED):
            raise SameContentInRound(command=command, ref=ref, other=other.ref, round=case.round)
    return day


def _within(uow: UnitOfWork, case: Proposal, round_: Round, command: str) -> None:
    rules = regulations_of(uow, round_)
    rollout = case.sort == "rollout"
    track = rules.tracks[round_.track]
    low = 0 if rollout else track.from_cents
    wrong_track = rollout and round_.track != "major"
    if wrong_track or case.ask_cents < low or (track.below_cents is not None and case.ask_cents >= track.below_cents):
        if wrong_track:
            band = _("no roll-outs")
        elif track.below_cents is None:
            band = _("{low} and up").format(low=euros(low))
        else:
            band = _("{low} up to, not including, {high}").format(low=euros(low), high=euros(track.below_cents))
        raise OutsideTrack(command=command, ref=case.ref, ask_cents=case.ask_cents, track=round_.track, band=band)
    if case.ask_cents > round_.ceiling_cents:
        raise AboveCeiling(
            command=command, ref=case.ref, ask_cents=case.ask_cents, round=round_.ref, ceiling_cents=round_.ceiling_cents
        )


def _adds_up(uow: UnitOfWork, case: Proposal, command: str) -> None:
    """The sums of the form: budget and milestones are the ask, kinds of cost are what pays for them."""
    form = case.form
    if form.budget_cents != form.ask_cents:
        raise BudgetDiffersFromAsk(
            **_pointed(uow, case, "money.budget", command),
            budget_cents=form.budget_cents,
            ask_cents=form.ask_cents,
            difference_cents=abs(form.budget_cents - form.ask_cents),
        )
    milestones = sum(each.amount_cents for each in form.milestones)
    if milestones != form.ask_cents:
        raise MilestonesDifferFromAsk(
            **_pointed(uow, case, "milestones", command),
            milestones_cents=milestones,
            ask_cents=form.ask_cents,
            difference_cents=abs(milestones - form.ask_cents),
        )
    categories = sum(each.amount_cents for each in form.categories)
    cost = form.ask_cents + form.own_share_cents + sum(each.amount_cents for each in form.cofinancing)
    if form.categories and categories != cost:
        raise CategoriesDifferFromCost(
            **_pointed(uow, case, "money.categories", command),
            categories_cents=categories,
            cost_cents=cost,
            difference_cents=abs(categories - cost),
        )


def _pointed(view: View, case: Proposal, name: str, command: str) -> dict[str, Any]:
    """Where in the partner's own file the amount stands, as far as that is still known."""
    rows = view.store.work.sealed(stream=case.stream, kind="file", round=0)
    kept = json.loads(rows[0].content) if rows else {}
    file = kept.get("file", "FILE")
    line, excerpt = kept.get("places", {}).get(name, [1, name])
    return {"command": command, "ref": case.ref, "file": file, "line": line, "place": f"{file}:{line}", "excerpt": excerpt}
