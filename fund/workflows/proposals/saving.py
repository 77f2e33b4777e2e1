"""P2: a party changes the form; what differs, what may, and nobody's work is written over unseen."""

from __future__ import annotations

from collections.abc import Sequence

from fund import files, forms
from fund.declarations import InputFile
from fund.errors.commands import VersionConflict
from fund.errors.proposals import (
    ChangedElsewhere,
    ChangedMeanwhile,
    NotForImprovement,
    OtherFormVersion,
    RolloutWithoutParent,
)
from fund.events import Envelope
from fund.events.proposals import ProposalDrafted, ProposalRevised
from fund.language import _, instant
from fund.schemas.proposals import Proposal, ProposalForm
from fund.unit_of_work import UnitOfWork
from fund.workflows.proposals.access import IMPROVE, find, marked
from fund.workflows.proposals.drafting import feedback, is_too_late, read_form, require_named, to_mend
from fund.workflows.proposals.lifecycle import State
from fund.workflows.proposals.personal_data import keep_places, seal_team
from fund.workflows.rounds import use_cases as rounds


def save(
    uow: UnitOfWork, *, ref: str, file: InputFile, version: int | None = None, attach: Sequence[InputFile] = ()
) -> Envelope | None:
    """P2: the proposal has other content; whoever had confirmed must confirm again. The same content changes nothing.

    Nobody writes over what somebody else changed: the file says which revision it started from, and where it does not,
    it counts as started from the last revision of whoever saves.

    Args:
        version: What was read (``proposal show``), for whoever knows what they write over; the file is not asked then.
        attach: Files that the form names (``name``, ``content``).

    Raises:
        VersionConflict: ``version`` is not where the proposal is.
        ChangedMeanwhile: It was changed since the file was written; the message says what, by whom and when.
        ChangedElsewhere: A returned proposal changed in a section that was not listed, or the lead became another.
        OtherFormVersion: The file is on an older form than the draft, or on another than was submitted.
        NotForImprovement: It was deferred for another ground.
        FormFault, FaultyForm, RoundNotOpen, RolloutWithoutParent, AttachmentNotNamed, AttachmentTooLarge: As they say.
    """
    case = find(uow, ref)
    step = uow.transition("proposal save", case)
    require_improvable(case, "proposal save")
    found = uow.version(case)
    if version is not None and version != found:
        raise VersionConflict(ref=ref, expected=version, found=found, look=f"fund proposal show {ref}")
    opened = forms.open_form(file["content"], file["name"])
    round_, filled = read_form(uow, opened)
    _require_version(case, opened)
    if case.state == State.DRAFT and case.follows is None:
        rounds.require_open(uow, round_.ref, command="proposal save", subject=ref)
    if (filled.form.sort == "rollout") != (case.follows is not None):
        raise RolloutWithoutParent(ref=ref, sort=filled.form.sort)
    require_named(uow, filled, attach, case)
    form = seal_team(uow, case.stream, filled)
    keep_places(uow, case.stream, filled)
    changed = changed_sections(case.form, form)
    following = "show" if is_too_late(uow, form, case.due_on) else _next(case)
    uow.next_step = to_mend(uow, ref, form, attach) or f"fund proposal {following} {ref}"
    if forms.revision_hash(form) == forms.revision_hash(case.form):
        files.put_all(uow, attach)
        uow.result.update(
            ref=ref,
            unchanged=True,
            revision=case.revision,
            revision_hash=case.revision_hash,
            revision_mark=marked(ref, case.revision),
            **feedback(uow, form),
        )
        return None
    if version is None:
        _require_seen(uow, case, opened.revision)
    if form.lead != case.lead or (case.state != State.DRAFT and form.round != case.round):
        raise ChangedElsewhere(
            command="proposal save", ref=ref, changed="proposal.lead_partner, proposal.round", allowed=_("the rest")
        )
    require_listed(case, form, command="proposal save")
    files.put_all(uow, attach)
    fact = ProposalRevised(
        ref=ref,
        round=round_.ref,
        revision=case.revision + 1,
        revision_hash=forms.revision_hash(form),
        content_hash=forms.content_hash(form),
        ask_cents=form.ask_cents,
        sections=changed,
        track=round_.track,
        form=form.as_json(),
    )
    uow.result.update(
        ref=ref,
        revision=fact.revision,
        revision_hash=fact.revision_hash,
        revision_mark=marked(ref, fact.revision),
        sections=list(changed),
        **feedback(uow, form),
    )
    return step.record(fact, on_behalf_of=uow.maker.partner)


def _require_version(case: Proposal, file: forms.FormFile) -> None:
    """A draft only moves to newer forms, and what was submitted stays on the form on which it was."""
    was, now = forms.VERSIONS.index(case.form.version), forms.VERSIONS.index(file.of.version)
    if now < was or (now > was and case.state != State.DRAFT):
        raise OtherFormVersion(
            ref=case.ref, version=case.form.version, file=file.file, other=file.of.version, state=case.state
        )


def _require_seen(uow: UnitOfWork, case: Proposal, mark: str) -> None:
    """Refuse with ``ChangedMeanwhile`` what would write over a revision that whoever saves did not start from."""
    written = [each for each in uow.history(case) if isinstance(each.fact, (ProposalDrafted, ProposalRevised))]
    ref, _slash, number = mark.partition("/")
    if ref == case.ref and number.isascii() and number.isdigit():
        read = int(number[:9])
    else:
        own = [each for each in written if uow.maker.user_id in (each.actor, each.made_by)]
        read = own[-1].fact.revision if own else 0  # type: ignore[attr-defined]
    if read == case.revision:
        return
    since = [each for each in written if each.fact.revision > read]  # type: ignore[attr-defined]
    changes = [
        {
            "revision": each.fact.revision,  # type: ignore[attr-defined]
            "sections": list(each.fact.sections) if isinstance(each.fact, ProposalRevised) else [],
            "actor": uow.name(each.actor),
            "at": each.recorded_at.isoformat(),
        }
        for each in since
    ]
    lines = "\n".join(
        _("  revision {revision} by {actor}, {at}: {sections}").format(
            revision=change["revision"],
            actor=change["actor"],
            at=instant(each.recorded_at),
            sections=", ".join(map(forms.section_word, change["sections"])) or _("the whole form"),
        )
        for change, each in zip(changes, since, strict=True)
    )
    raise ChangedMeanwhile(ref=case.ref, read=read, revision=case.revision, lines=lines, changes=changes)


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
