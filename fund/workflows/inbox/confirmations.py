"""What one person made and waits for a second: the line of the inbox, and what is shown under its ref."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from fund.errors.commands import UnknownRef
from fund.language import AMSTERDAM, _
from fund.previews import short, title
from fund.rules.authority import NO_CASE, Guard, Relation, Role, Who, either
from fund.schemas.base import as_row
from fund.schemas.capital import Receipt
from fund.schemas.disbursements import Batch
from fund.schemas.proposals import Proposal
from fund.store import PendingRow
from fund.unit_of_work import Snapshot
from fund.workflows.decisions.body import committee_of
from fund.workflows.inbox.commands import CaseLine, CasesNamed, PendingDetail, PendingLine
from fund.workflows.inbox.reader import InboxReader, arguments_of, case_of_command
from fund.workflows.inbox.task import Task
from fund.workflows.proposals.access import may_see
from fund.workflows.receipts.matching import behind


def confirmations(reader: InboxReader) -> Iterator[Task]:
    """What one person made and a second must confirm, for those who may: of no party, and with clean hands."""
    for row in reader.pendings:
        yield confirmation(reader, row)


def confirmation(reader: InboxReader, row: PendingRow) -> Task:
    """One thing that a second person must confirm, for those who may: who confirms it also reads what was shown."""
    until = row.expires_at.astimezone(ZoneInfo(AMSTERDAM)).date()
    what = _what(row, reader.name(row.made_by))
    roles = frozenset(Role(name) for name in json.loads(row.needs))
    of_lead = Who(roles & {Role.PARTNER_SIGNATORY}, Relation.LEAD)
    outside = Who(roles - {Role.PARTNER_SIGNATORY}, Relation.OUTSIDE)
    who = outside if not of_lead.roles else of_lead if not outside.roles else either(outside, of_lead)
    given = arguments_of(row)
    ref = "" if row.name in ("cost approve", "payee record") else str(given.get("ref") or "")
    guard = _guard(reader, row.name, ref, given)
    return Task(what, f"fund confirm {row.ref}", who, ref or row.ref, until, guard=guard, made_by=row.made_by)


def _what(row: PendingRow, maker: str) -> str:
    """What tells it apart first: a line has little room. What waits since before there were previews says less."""
    preview = json.loads(row.shown).get("preview") or {}
    about = short(preview)
    if not about:
        return _("confirm {command} of {maker}").format(command=row.name, maker=maker)
    return _("confirm {about}: {title}, by {maker}").format(about=about, title=title(preview), maker=maker)


def _guard(reader: InboxReader, command: str, ref: str, given: Mapping[str, Any]) -> Guard:
    """Whose case a command is about: the case says it. Only a command that names no case, or more than one, has a line
    here.
    """
    snapshot = reader.snapshot
    named = str(given.get("to") or "")
    if command == "bank match":
        return _of_receipt(snapshot, ref, named)
    if command in ("cost approve", "payee record"):
        partner = str(given.get("payee" if command == "cost approve" else "partner") or "")
        return Guard(parties=(partner,) if partner in reader.partners else ())
    if command == "repayment refund":
        return Guard(parties=(ref,))
    found = case_of_command(snapshot, command, ref)
    if found is None:
        return NO_CASE
    case, (row, *_others) = found
    guard = snapshot.guard(case, row)
    if command == "agreement refinance" and (heir := reader.agreements.get(named)) is not None:
        # the lead of the roll-out takes the debt over
        return replace(guard, lead=heir.lead, parties=(*guard.parties, *heir.parties))
    prior = guard.prior_approvers
    if isinstance(case, Batch):  # who approved a line of it does not send it
        lines = [_guard(reader, command, line.ref, {}) for line in case.lines]
        prior = tuple(user for line in lines for user in line.prior_approvers)
    elif isinstance(case, Proposal) and command in ("decision decide", "decision reopen"):
        prior = (*prior, *committee_of(snapshot, case).barred)
    return replace(guard, prior_approvers=prior)


def _of_receipt(snapshot: Snapshot, ref: str, to: str) -> Guard:
    """Of a receipt, whose case it would be set against: the one that is named, or the only one it may be for."""
    receipt = snapshot.maybe(Receipt, ref)
    candidates = {each.target for each in receipt.candidates} if receipt is not None else set()
    target = to or (candidates.pop() if len(candidates) == 1 else "")
    whose = behind(snapshot, target) if target else NO_CASE
    return Guard(whose.lead, parties=whose.parties)


def pending_shown(snapshot: Snapshot, *, ref: str) -> PendingDetail:
    """What waits under a ref; as the first person was shown it, for that person, whoever may be the second, an auditor.

    It may hold account numbers and what is known of people: others see that it waits, and for whom.

    Raises:
        UnknownRef: Nothing waited under this ref.
    """
    row = snapshot.store.work.pending(ref)
    if row is None:
        raise UnknownRef(kind="pending", ref=ref, suggestion="fund inbox")
    return as_row(
        PendingDetail,
        row,
        command=row.name,
        state=_state_of(snapshot, row),
        made_by=snapshot.name(row.made_by),
        needs=json.loads(row.needs),
        hash=row.shown_hash.hex(),
        shown=json.loads(row.shown) if _may_read(snapshot, row) else None,
    )


def _may_read(snapshot: Snapshot, row: PendingRow) -> bool:
    actor = snapshot.actor
    if actor is None:
        return False
    if actor.user_id in (row.made_by, row.ended_by) or actor.has(Role.AUDITOR):
        return True
    return confirmation(InboxReader(snapshot), row).is_for(actor)


def named(snapshot: Snapshot, *, ref: str) -> CasesNamed:
    """The cases that bear a ref, each with kind, state and title, and what waits or waited for a second person under
    it, and why it was declined; nothing of a draft of others.
    """
    cases: list[CaseLine] = []
    for kind, life in snapshot.projections.items():
        case = snapshot.maybe(life.model, ref)
        if isinstance(case, Proposal) and not may_see(snapshot, case):
            return {"ref": ref, "cases": [], "pending": None}
        if case is not None and ref:
            title = getattr(case, "title", "") or getattr(case, "name", "")
            cases.append({"kind": kind, "ref": case.ref, "state": case.state, "title": title})
    row = snapshot.store.work.pending(ref)
    if row is None:
        return {"ref": ref, "cases": cases, "pending": None}
    waits: PendingLine = {
        "ref": ref,
        "command": row.name,
        "state": _state_of(snapshot, row),
        "made_by": snapshot.name(row.made_by),
    }
    if _may_read(snapshot, row):
        waits |= {"ended_by": snapshot.name(row.ended_by) if row.ended_by else None, "reason": row.reason}
    return {"ref": ref, "cases": cases, "pending": waits}


def _state_of(snapshot: Snapshot, row: PendingRow) -> str:
    return "lapsed" if row.state == "pending" and row.expires_at <= snapshot.now else row.state
