"""What the register holds, how an import changes it, and how it is shown."""

from __future__ import annotations

from pathlib import PurePath

from fund import glossary
from fund.declarations import InputFile, Template
from fund.errors.commands import AmbiguousName, UnknownRef
from fund.errors.evaluations import UnknownTheme
from fund.events import Envelope
from fund.events.cooperations import CooperationRecorded
from fund.glossary import meant, suggested
from fund.schemas.base import as_row
from fund.schemas.capital import Partner
from fund.schemas.cooperations import CooperationFile
from fund.unit_of_work import Projection, Snapshot, UnitOfWork
from fund.workflows.cooperations.commands import CooperationDetail, CooperationRow, Cooperations, MemberRow, RevisionRow
from fund.workflows.cooperations.files import REPORT, as_file, of_the_report, read_register


def apply(case: CooperationFile | None, event: Envelope) -> CooperationFile | None:
    """The cooperation after a fact. Pure."""
    fact = event.fact
    if not isinstance(fact, CooperationRecorded):
        return case
    said = {name: getattr(fact, name) for name in type(fact).model_fields}
    return CooperationFile(state="recorded", recorded_on=event.effective_on, **said)


PROJECTIONS = {"cooperation": Projection(CooperationFile, apply)}


def register(snapshot: Snapshot) -> list[CooperationFile]:
    """Every cooperation, in the order of the refs: those of the fund's facts, or of the report before any import."""
    found = snapshot.cases(CooperationFile)
    return found or sorted(of_the_report(), key=lambda one: one.ref)


def import_register(uow: UnitOfWork, *, file: InputFile) -> None:
    """The register says what the file says; the whole file or nothing, and the same file twice changes nothing.

    What the file does not name stays as it is: a cooperation ends by its last day (``tot``), never by being left out.
    The first import records those of the report as well, so that from then on no tie rests on anything but facts.

    Args:
        file: JSON in the shape of ``fund cooperation template``.

    Raises:
        FaultyCooperationFile: Every fault, with file and line.

    Source: lifecycle.md, what a proposal holds; 12 (conflicts); cli.md, ``cooperation``.
    """
    name = file["name"]
    source = PurePath(name).name  # a folder of somebody's machine tells nobody
    rows = read_register(file["content"], name, source=source)
    known = {case.ref: case for case in uow.cases(CooperationFile)}
    named = {row.ref for row in rows}
    taken_over = [one for one in of_the_report() if one.ref not in named] if not known else []
    for one in taken_over:
        _record(uow, one, revision=1)
    new: list[str] = []
    changed: list[str] = []
    for row in rows:
        before = known.get(row.ref)
        if before is not None and before.says_the_same_as(row):
            continue
        (new if before is None else changed).append(row.ref)
        _record(uow, row, revision=before.revision + 1 if before is not None else 1)
    strangers = {each.partner for row in rows for each in row.members if each.partner} - {
        partner.ref for partner in uow.cases(Partner)
    }
    uow.result.update(
        cooperations_new=new,
        cooperations_changed=changed,
        cooperations_known=len(rows) - len(new) - len(changed),
        taken_over=len(taken_over),
        partners_unknown=sorted(strangers),
    )
    uow.next_step = "fund cooperation list"


def _record(uow: UnitOfWork, one: CooperationFile, *, revision: int) -> None:
    said = {name: getattr(one, name) for name in CooperationRecorded.model_fields if name != "revision"}
    uow.record(CooperationRecorded(revision=revision, **{**said, "traits": dict(one.traits)}))


# ----------------------------------------------------------------------------------------------------------- queries


def as_json(one: CooperationFile) -> CooperationRow:
    """A cooperation as ``--json`` gives it."""
    return as_row(
        CooperationRow,
        one,
        members=[as_row(MemberRow, member) for member in one.members],
        traits=dict(one.traits),
        source=one.source or REPORT,
    )


def listed(snapshot: Snapshot, *, partner: str = "", theme: str = "") -> Cooperations:
    """The register, in the order of the refs; of one partner that takes part in any role, of one theme."""
    return {"cooperations": chosen(register(snapshot), partner=partner, theme=theme)}


def chosen(found: list[CooperationFile], *, partner: str = "", theme: str = "") -> list[CooperationRow]:
    """Those in which a partner takes part in any role, and of a theme.

    Raises:
        UnknownTheme: No such theme. AmbiguousName: Several.
    """
    about = glossary.chosen(theme, glossary.theme_names(), UnknownTheme, parts=True, coded=True) if theme else ""
    return [
        as_json(one)
        for one in found
        if (not about or about in one.themes)
        and (not partner or partner.lower() in {member.partner for member in one.members})
    ]


def show(snapshot: Snapshot, *, ref: str) -> CooperationDetail:
    """One cooperation whole, with the facts that made it what it is.

    Raises:
        UnknownRef: The register has none of that name; the hint names the nearest.
    """
    one = nearest(register(snapshot), ref)
    revisions: list[RevisionRow] = [
        {
            "revision": event.fact.revision,
            "seq": event.seq,
            "recorded_on": event.effective_on.isoformat(),
            "by": snapshot.name(event.actor),
            "source": event.fact.source,
        }
        for event in snapshot.history(one)
        if isinstance(event.fact, CooperationRecorded)
    ]
    return {**as_json(one), "revisions": revisions}


def nearest(found: list[CooperationFile], ref: str) -> CooperationFile:
    """The cooperation with this ref or name.

    Raises:
        UnknownRef: There is none; the hint names the nearest. AmbiguousName: Several are called so.
    """
    rows = {one.ref: one for one in found}
    names = {one.ref: (one.short_name, one.name) for one in found}
    named = meant(ref, names)
    if len(named) > 1:
        raise AmbiguousName(name=ref, ids=list(named), choices=[f"{rows[each].name} ({each})" for each in named])
    if not named:
        near = suggested(ref, names)
        look = f"fund cooperation show {near[0]}" if near else "fund cooperation list"
        raise UnknownRef(kind="cooperation", ref=ref, suggestion=look)
    return rows[named[0]]


def template(snapshot: Snapshot) -> Template:
    """The register as the file that ``cooperation import`` takes."""
    return {"template": as_file(register(snapshot))}
