"""The files of a case: which there are, and their bytes, for whoever may read the case.

A fact says which files go with it (``Fact.keeps``); the bytes are kept by their hash (``fund.files``). One table for
every noun whose cases have files: ``fund NOUN file list REF`` and ``fund NOUN file get REF FILE``.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fund import files
from fund.dates import day_of
from fund.errors.people import NoActor
from fund.errors.proposals import FileNotNamed, UnknownAttachment
from fund.events import Envelope, KeptFile
from fund.events.proposals import ProposalDrafted, ProposalRevised
from fund.rules.authority import Actor, Guard, Role, require
from fund.rules.permissions import who_reads
from fund.schemas import CaseFile
from fund.schemas.agreements import Agreement, Milestone
from fund.schemas.capital import Partner
from fund.schemas.disbursements import Payee
from fund.schemas.evaluations import Evaluation
from fund.schemas.payables import Payable
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Decision
from fund.schemas.writeoffs import Writeoff
from fund.unit_of_work import Snapshot
from fund.workflows.conflicts import require_no_conflict
from fund.workflows.decisions.showing import reads_papers
from fund.workflows.discretion import reads_results
from fund.workflows.proposals.access import find

_HASH_LETTERS = 6
"""So many letters of a hash at least name a file."""


_Require = Callable[[Snapshot, Actor, Any, str], None]
"""Refuses somebody who may not read a case: the snapshot, who asks, the case, the command."""


def _matrix(group: str, parties: Callable[[Snapshot, Any], Iterable[str]]) -> _Require:
    """Whoever reads every case of this row of the permission matrix, and the parties (``parties``) their own."""

    def require_reader(snapshot: Snapshot, actor: Actor, case: CaseFile, command: str) -> None:
        require(actor, who_reads(group), Guard(parties=tuple(parties(snapshot, case))), command=command, ref=case.ref)

    return require_reader


def _known(_view: Snapshot, _actor: Actor, _case: Proposal, _command: str) -> None:
    """What was submitted, everybody in the fund may read; a draft of others is not found at all."""


def _decision(snapshot: Snapshot, actor: Actor, case: Decision, command: str) -> None:
    """The papers of the committee are for nobody whom a conflict bars; the parties read their own (Awb 7:4)."""
    proposal = snapshot.case(Proposal, case.ref)
    _matrix("decide", lambda _view, _case: proposal.applicants)(snapshot, actor, case, command)
    own = actor.has(Role.PARTNER_SIGNATORY) and actor.organisation in proposal.applicants
    if not own and not reads_papers(snapshot, proposal, case):
        require_no_conflict(snapshot, actor, proposal, command=command)


def _evaluation(snapshot: Snapshot, actor: Actor, case: Evaluation, command: str) -> None:
    """From its publication on everybody may read it, before it those who work on it."""
    if not reads_results(snapshot, case):
        _matrix("results", lambda _view, _case: case.parties)(snapshot, actor, case, command)


def _own(_view: Snapshot, case: Any) -> Iterable[str]:
    return tuple(case.parties)


NOUNS: Mapping[str, tuple[type[CaseFile], _Require]] = {
    "proposal": (Proposal, _known),
    "decision": (Decision, _decision),
    "agreement": (Agreement, _matrix("agreement", _own)),
    "milestone": (
        Milestone,
        _matrix("results", lambda snapshot, case: snapshot.case(Agreement, case.agreement).parties),
    ),
    "evaluation": (Evaluation, _evaluation),
    "writeoff": (Writeoff, _matrix("decide", _own)),
    "partner": (Partner, _matrix("key", lambda _view, case: (case.ref,))),
    "payee": (Payee, _matrix("payments", lambda _view, case: () if case.supplier else (case.partner,))),
    "cost": (Payable, _matrix("payments", _own)),
}
"""The nouns whose cases have files: of which kind they are, and who may read them."""


@dataclass(frozen=True, slots=True)
class _Filed:
    """A file of a case, by its number: the same for ever, but for the attachments of a proposal that changes."""

    number: int
    file: KeptFile
    by: Envelope


def _filed(snapshot: Snapshot, noun: str, ref: str, command: str) -> list[_Filed]:
    """The files of a case, oldest first, each once.

    Raises:
        NoActor: Nobody is named who asks.
        UnknownRef: There is no such case; or it is a draft of others.
        NotAuthorised, ConflictOfInterest: It is not for whoever asks.
    """
    kind, require_reader = NOUNS[noun]
    if snapshot.actor is None:
        raise NoActor()
    case: CaseFile = find(snapshot, ref) if noun == "proposal" else snapshot.case(kind, ref)
    require_reader(snapshot, snapshot.actor, case, command)
    found: dict[str, _Filed] = {}
    for fact in _told(snapshot, case):
        for file in fact.fact.kept_files():
            found.setdefault(file.sha256, _Filed(len(found) + 1, file, fact))
    return list(found.values())


def _told(snapshot: Snapshot, case: CaseFile) -> list[Envelope]:
    """The facts of the case itself. Of a proposal its form as it is now: what a draft named before is nobody's."""
    own = [fact for fact in snapshot.history(case) if fact.stream == case.stream]
    return [fact for fact in own if isinstance(fact.fact, (ProposalDrafted, ProposalRevised))][-1:] or own


def _row(snapshot: Snapshot, filed: _Filed, size: int | None) -> dict[str, Any]:
    return {
        "number": filed.number,
        "what": filed.file.what,
        "title": filed.file.title,
        "sha256": filed.file.sha256,
        "size": size,
        "kept": size is not None,
        "on": day_of(filed.by.recorded_at).isoformat(),
        "by": snapshot.name(filed.by.actor),
    }


def listed(snapshot: Snapshot, noun: str, *, ref: str) -> dict[str, Any]:
    """The files of a case: what each is, its hash, its size, since when and from whom."""
    found = _filed(snapshot, noun, ref, f"{noun} file list")
    sizes = files.sizes(snapshot, [each.file.sha256 for each in found])
    return {"ref": ref, "files": [_row(snapshot, each, sizes.get(each.file.sha256)) for each in found]}


def got(snapshot: Snapshot, noun: str, *, ref: str, file: str | None = None) -> dict[str, Any]:
    """One file of a case, with its bytes and a name under which it can be opened.

    Args:
        file: Its number, or the first letters of its hash; not needed where there is one.

    Raises:
        UnknownAttachment: There is no such file. FileNotNamed: There are several.
        ContentLost: Its bytes are not what the fact says.
    """
    chosen = _chosen(_filed(snapshot, noun, ref, f"{noun} file get"), noun, ref, (file or "").strip().lower())
    content = files.get(snapshot, chosen.file.sha256)
    return {
        "ref": ref,
        **_row(snapshot, chosen, len(content)),
        "name": f"{ref}-file-{chosen.number}{files.ending(content)}",
        "content_base64": base64.b64encode(content).decode(),
    }


def _chosen(found: list[_Filed], noun: str, ref: str, file: str) -> _Filed:
    if not file and len(found) > 1:
        raise FileNotNamed(noun=noun, ref=ref, count=len(found))
    fits = [
        each
        for each in found
        if not file or file == str(each.number) or (len(file) >= _HASH_LETTERS and each.file.sha256.startswith(file))
    ]
    if len(fits) != 1:
        raise UnknownAttachment(noun=noun, ref=ref, file=file or "-", count=len(found))
    return fits[0]
