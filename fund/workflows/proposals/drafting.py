"""P1 and P2: a party drafts and changes a form; what of it is kept apart; who may see it."""

from __future__ import annotations

import difflib
import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from fund import files, forms
from fund.dates import day_of, end_of_day
from fund.errors import (
    ChangedElsewhere,
    FollowonNotInvited,
    NotForImprovement,
    PartnerNotActive,
    RolloutWithoutParent,
    TooFewAdopters,
    UnknownChoice,
    UnknownRef,
    VersionConflict,
)
from fund.events import (
    Envelope,
    ProposalDrafted,
    ProposalRevised,
)
from fund.glossary import state_word
from fund.language import _
from fund.rules.authority import Role
from fund.rules.permissions import readers
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
    "IMPROVE", "changed_sections", "draft", "find", "may_see", "regulations_of", "require_active", "require_adopters",
    "require_improvable", "require_listed", "rules_for", "save", "start_clock", "team_of",
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
    return actor.has(Role.SYSTEM, *readers("draft")) or actor.organisation in case.applicants


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


def rules_for(view: View, proposal: Proposal) -> Regulations:
    """The regulations under which a proposal lives: those of its round; its agreement takes them along.

    So what was announced at the opening holds to the end, whatever is adopted meanwhile. What concerns the whole fund
    (buffer, yearly budgets, rates of the allowance) follows the day instead.
    """
    return regulations_of(view, view.case(Round, proposal.round))


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
        RoundNotOpen, PartnerNotActive, FollowonNotInvited, RolloutWithoutParent, TooFewAdopters,
        NotAuthorised: As they say.
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
    require_active(uow, (lead,), command="proposal draft", subject=file.file)
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
        uow,
        TRANSITIONS,
        "proposal draft",
        None,
        fact,
        lead=lead,
        parties=(lead,),
        look="fund round list",
        on_behalf_of=lead,
    )
    _keep_places(uow, fact.stream, filled)
    start_clock(uow, drafted, end_of_day(uow.today + timedelta(days=regulations_of(uow, round_).terms.draft_days)))
    uow.result.update(
        ref=ref, title=form.title, revision_hash=fact.revision_hash, parties=list(form.applicants), **_sums(form)
    )
    uow.next_step = f"fund proposal {'confirm' if form.co_applicants else 'submit'} {ref}"
    return drafted


def _sums(form: ProposalForm) -> dict[str, int]:
    """What must be equal before it is submitted."""
    return {
        "ask_cents": form.ask_cents, "budget_cents": form.budget_cents, "milestones_cents": form.milestones_cents,
    }  # fmt: skip


def _round_of(uow: UnitOfWork, file: forms.FormFile) -> Round:
    if not file.round:
        file.read("light")  # says that the round is missing, among all else that is
    found = uow.maybe(Round, file.round)
    if found is None:
        known = uow.store.cases.refs("round")
        place = file.place_of("proposal.round")
        near = difflib.get_close_matches(file.round, known, n=1, cutoff=0)
        raise UnknownChoice(
            file=file.file,
            line=place.line,
            field="proposal.round",
            text=file.round,
            nearest=near[0] if near else "-",
            known=known,
            track="light",
        )
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


def require_active(uow: UnitOfWork, partners: Iterable[str], *, command: str, subject: str) -> None:
    """Refuse with ``PartnerNotActive`` when a party does not take part in the fund now."""
    for ref in partners:
        partner = uow.case(Partner, ref)
        if partner.state != "active":
            raise PartnerNotActive(
                command=command, ref=subject, partner=partner.short_name, state=state_word("partner", partner.state)
            )


def _lineage(uow: UnitOfWork, form: ProposalForm, follows: str | None, *, subject: str) -> None:
    """A roll-out follows an agreement that was invited to, and brings in partners that were not in it."""
    if (form.sort == "rollout") != (follows is not None):
        raise RolloutWithoutParent(ref=subject, sort=form.sort)
    if follows is None:
        return
    uow.case(Agreement, follows)
    evaluation = uow.maybe(Evaluation, follows)
    if evaluation is None or evaluation.followon_until is None:
        raise FollowonNotInvited(agreement=follows, reason=_("nobody was invited to it"))
    if uow.today > evaluation.followon_until:
        raise FollowonNotInvited(
            agreement=follows, reason=_("the invitation held until {day}").format(day=evaluation.followon_until)
        )
    require_adopters(uow, form, follows)


def require_adopters(view: View, form: ProposalForm, follows: str | None) -> None:
    """A roll-out brings in at least two active partners that were not in what it follows, or all that are left.

    Raises:
        TooFewAdopters: It does not, or not any more.
    """
    if follows is None:
        return
    old = set(view.case(Agreement, follows).parties)
    others = {partner.ref for partner in view.cases(Partner, states=("active",))} - old
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
    """Where amounts stand in the file, so that a later refusal can point; kept apart from the facts."""
    content = {
        "file": filled.file,
        "places": {name: [place.line, place.excerpt] for name, place in filled.places.items()},
    }
    uow.store.work.put_sealed(
        stream=stream, kind="file", actor="", round=0, salt="", content=json.dumps(content, ensure_ascii=False)
    )


def start_clock(uow: UnitOfWork, cause: Envelope, due_at: datetime, *, ref: str = "") -> None:
    """From this fact on the proposal lapses at an instant, announced 14 and 3 days before (P22)."""
    stream = f"proposal/{ref or cause.fact.ref}"
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
    require_improvable(case, "proposal save")
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
        raise RolloutWithoutParent(ref=ref, sort=form.sort)
    changed = changed_sections(case.form, form)
    uow.next_step = f"fund proposal {_next(case)} {ref}"
    if not changed:
        uow.result.update(ref=ref, unchanged=True, revision_hash=case.revision_hash)
        return None
    if form.lead != case.lead or (case.state != State.DRAFT and form.round != case.round):
        raise ChangedElsewhere(
            command="proposal save", ref=ref, changed="proposal.lead_partner, proposal.round", allowed=_("the rest")
        )
    require_listed(case, form, command="proposal save")
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
    uow.result.update(
        ref=ref, revision=fact.revision, revision_hash=fact.revision_hash, sections=list(changed), **_sums(form)
    )
    return carry(
        uow,
        TRANSITIONS,
        "proposal save",
        case,
        fact,
        lead=case.lead,
        parties=case.applicants,
        on_behalf_of=uow.maker.partner,
    )


def _next(case: Proposal) -> str:
    if case.form.co_applicants:
        return "confirm"
    return "submit" if case.state == State.DRAFT else "resubmit"


def changed_sections(old: ProposalForm, new: ProposalForm) -> tuple[str, ...]:
    """The sections in which two forms differ, in the order of the form."""
    version = forms.form(new.version)
    names = {name for name in type(new).model_fields if name != "version" and getattr(old, name) != getattr(new, name)}
    sections = {version.section_of(name) for name in names}
    return tuple(section for section in version.sections if section in sections)


def require_listed(case: Proposal, form: ProposalForm, *, command: str) -> None:
    """Refuse with ``ChangedElsewhere`` what differs outside the sections that were given back."""
    if not case.sections or case.before is None:
        return
    others = [section for section in changed_sections(case.before, form) if section not in case.sections]
    if others:
        raise ChangedElsewhere(command=command, ref=case.ref, changed=others, allowed=list(case.sections))


def require_improvable(case: Proposal, command: str) -> None:
    """Refuse with ``NotForImprovement`` when the decision was deferred on another ground than to be improved."""
    if case.state == State.DEFERRED and case.deferred_for != IMPROVE:
        raise NotForImprovement(command=command, ref=case.ref, ground=case.deferred_for)
