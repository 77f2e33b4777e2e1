"""P1: a party drafts a form; who may see it, and what every use case of proposals shares."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from fund import files, forms
from fund.dates import end_of_day
from fund.declarations import InputFile
from fund.errors.proposals import AttachmentMissing, AttachmentNotNamed, UnknownChoice
from fund.events import Envelope
from fund.events.proposals import ProposalDrafted
from fund.glossary import distance
from fund.rules.authority import Guard
from fund.schemas.capital import Partner, names_of
from fund.schemas.proposals import Proposal, ProposalForm, Round
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.cooperations.register import register
from fund.workflows.proposals.access import marked, may_see, regulations_of
from fund.workflows.proposals.lineage import require_active, require_lineage
from fund.workflows.proposals.personal_data import keep_places, seal_team
from fund.workflows.proposals.reading import remarks
from fund.workflows.rounds import use_cases as rounds

_WARNED_DAYS = (14, 3)


# ---------------------------------------------------------------------------------------------------------- P1 draft


def draft(
    uow: UnitOfWork, *, file: InputFile, follows: str | None = None, attach: Sequence[InputFile] = ()
) -> Envelope:
    """P1: a proposal exists, for its parties only.

    Args:
        file: A proposal file, on the form in force or an older one; complete for the track of its round. Sums that
            do not add up yet are refused at submitting, and so is an older form.
        follows: The agreement that a roll-out follows.
        attach: Files that go with it (``name``, ``content``); the form names each by its SHA-256.

    Raises:
        FormFault, FaultyForm: What is wrong with the file, by line.
        RoundNotOpen, PartnerNotActive, FollowonNotInvited, RolloutWithoutParent, TooFewAdopters, AttachmentMissing,
        AttachmentNotNamed, AttachmentTooLarge, NotAuthorised: As they say.
    """
    opened = forms.open_form(file["content"], file["name"])
    round_, filled = read_form(uow, opened)
    lead = filled.form.lead
    applicant = Guard(lead=lead, parties=(lead,), show="fund round list")
    step = uow.begin("proposal draft", Proposal, of=applicant, ref=opened.file)
    if follows is None:
        rounds.require_open(uow, round_.ref, command="proposal draft", subject=opened.file)
    require_lineage(uow, filled.form, follows, subject=opened.file)
    require_active(uow, (lead,), command="proposal draft", subject=opened.file)
    require_named(uow, filled, attach)
    files.put_all(uow, attach)
    ref = uow.next_ref("proposal")
    form = seal_team(uow, f"proposal/{ref}", filled)
    fact = ProposalDrafted(
        ref=ref,
        round=round_.ref,
        track=round_.track,
        lead=lead,
        follows=follows,
        revision_hash=forms.revision_hash(form),
        content_hash=forms.content_hash(form),
        ask_cents=form.ask_cents,
        form=form.as_json(),
    )
    drafted = step.record(fact, on_behalf_of=lead)
    keep_places(uow, fact.stream, filled)
    start_clock(uow, drafted, end_of_day(uow.today + timedelta(days=regulations_of(uow, round_).terms.draft_days)))
    uow.result.update(
        ref=ref,
        title=form.title,
        revision=1,
        revision_hash=fact.revision_hash,
        revision_mark=marked(ref, 1),
        parties=list(form.applicants),
        **feedback(uow, form),
    )
    following = "show" if is_too_late(uow, form) else "confirm" if form.co_applicants else "submit"
    uow.next_step = to_mend(uow, ref, form, attach) or f"fund proposal {following} {ref}"
    return drafted


def bring_up_to_date(ref: str, form: ProposalForm) -> str:
    """The command that brings a form to the version in force; empty where it is on it."""
    return "" if form.version == forms.CURRENT else f"fund proposal template --from {ref} --output {ref}.toml"


def bring_files(snapshot: Snapshot, ref: str, form: ProposalForm, attach: Sequence[Mapping[str, Any]]) -> str:
    """The command that brings the files that a form names; empty where the fund has them all, or gets them now."""
    brought = {hashlib.sha256(each["content"]).hexdigest() for each in attach}
    lacking = [
        each for each in form.attachments if each.sha256 not in brought and not files.is_kept(snapshot, each.sha256)
    ]
    return f"fund proposal save {ref} FILE --attach PATH" if lacking else ""


def is_too_late(snapshot: Snapshot, form: ProposalForm, due_on: date | None = None) -> bool:
    """Whether the last day to hand in has passed: that of the proposal, else that of its round."""
    return (due_on or rounds.last_day_of(snapshot.case(Round, form.round))) < snapshot.today


def to_mend(snapshot: Snapshot, ref: str, form: ProposalForm, attach: Sequence[Mapping[str, Any]]) -> str:
    """The command that comes before handing in: the form in force, sums that add up, an ask that the round takes, the
    files that it names; empty where nothing has to.
    """
    wrong = form.differences or too_much(snapshot, form)
    of_sums = f"fund proposal save {ref} FILE" if wrong else ""
    return bring_up_to_date(ref, form) or of_sums or bring_files(snapshot, ref, form, attach)


def too_much(snapshot: Snapshot, form: ProposalForm) -> dict[str, Any] | None:
    """What the round takes where the ask is above it; an ask below may be one of several for the same idea."""
    round_ = snapshot.case(Round, form.round)
    track = regulations_of(snapshot, round_).tracks[round_.track]
    if form.ask_cents <= round_.ceiling_cents and (track.below_cents is None or form.ask_cents < track.below_cents):
        return None
    return {
        "ref": round_.ref, "ask_from_cents": track.from_cents, "ask_below_cents": track.below_cents,
        "ceiling_cents": round_.ceiling_cents,
    }  # fmt: skip


def feedback(snapshot: Snapshot, form: ProposalForm) -> dict[str, Any]:
    """What whoever drafts a form is told of it: its sums, its version, what its characteristics point to."""
    return {
        **sums(form), "too_much": too_much(snapshot, form), "form": form.version, "form_in_force": forms.CURRENT,
        **remarks(snapshot, form),
    }  # fmt: skip


def sums(form: ProposalForm) -> dict[str, int]:
    """What must be equal before it is submitted."""
    return {
        "ask_cents": form.ask_cents, "budget_cents": form.budget_cents, "milestones_cents": form.milestones_cents,
    }  # fmt: skip


def read_form(uow: UnitOfWork, file: forms.FormFile) -> tuple[Round, forms.Filled]:
    """The round that a file is for, and its typed form.

    Raises:
        FormFault, FaultyForm: All that is wrong with it, a round or partner that the fund does not know among it.
    """
    partners = names_of(uow.cases(Partner))
    file.of = file.of.knowing({each.ref: each.name for each in register(uow)})
    if not file.round:
        file.read("light", partners=partners)  # says that the round is missing, among all else that is
    known = uow.store.cases.refs("round")
    if file.round not in known:
        near = sorted(known, key=lambda ref: distance(file.round[:40], ref))
        file.refuse(
            UnknownChoice,
            "proposal.round",
            partners=partners,
            text=file.round[:40],
            nearest=near[0] if near else "-",
            known=known,
        )
    round_ = uow.case(Round, file.round)
    return round_, file.read(round_.track, partners=partners)


def require_named(
    snapshot: Snapshot, filled: forms.Filled, attach: Sequence[Mapping[str, Any]], case: Proposal | None = None
) -> None:
    """The files that come along are those that the form names.

    A hash is no secret, and a file is kept once for every case: whoever names one of another case would read it.

    Args:
        case: The proposal as it is, where it is there already.

    Raises:
        AttachmentNotNamed: The form does not name a file by its hash: another file, or one that changed since. Its
            hash as it is now stands in the refusal.
        AttachmentMissing: The form names a file that was not brought, and that the fund keeps with another case than
            a proposal that whoever asks may see.
    """
    named = {attachment.sha256: attachment.title for attachment in filled.form.attachments}
    known = {attachment.sha256 for attachment in case.form.attachments} if case else set()
    for each in attach:
        found = hashlib.sha256(each["content"]).hexdigest()
        if found not in named:
            raise AttachmentNotNamed(file=filled.file, attachment=str(each.get("name", "")) or "?", hash=found)
        known.add(found)
    kept = {sha256 for sha256 in named.keys() - known if files.is_kept(snapshot, sha256)}
    if kept:
        seen = (other for other in snapshot.cases(Proposal) if may_see(snapshot, other))
        kept -= {attachment.sha256 for other in seen for attachment in other.form.attachments}
    for sha256 in sorted(kept):
        again = f"proposal save {case.ref}" if case else "proposal draft"
        ref = case.ref if case else filled.file
        command = " ".join(again.split()[:2])
        raise AttachmentMissing(command=command, ref=ref, title=named[sha256], hash=sha256[:12], again=again)


def start_clock(uow: UnitOfWork, cause: Envelope, due_at: datetime, *, ref: str = "") -> None:
    """From this fact on the proposal lapses at an instant, announced 14 and 3 days before (P22)."""
    stream = f"proposal/{ref or cause.fact.ref}"
    uow.set_timer("proposal.expire", stream, due_at, cause=cause, name=str(cause.seq))
    for days in _WARNED_DAYS:
        warn_at = due_at - timedelta(days=days)
        if warn_at > uow.now:
            uow.set_timer("proposal.announce", stream, warn_at, cause=cause, name=f"{cause.seq}-{days}")
