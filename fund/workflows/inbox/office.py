"""What waits for the second person, for the full board, for the books of a month, and for whoever minds the service."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from fund.dates import add_months, last_day, month_of, months_between, next_month
from fund.language import AMSTERDAM, N_, _
from fund.previews import short, title
from fund.rules.authority import ADMIN, FUND_MANAGER, NO_CASE, OWN_SIGNATORY, Guard, Relation, Role, Who, either
from fund.rules.keys import REVIEW_MONTHS
from fund.schemas.capital import DistributionKey, Receipt
from fund.schemas.closing import Period
from fund.schemas.disbursements import Batch
from fund.schemas.proposals import Proposal
from fund.store import PendingRow
from fund.unit_of_work import Snapshot
from fund.workflows.decisions.body import committee_of
from fund.workflows.inbox.reader import InboxReader, case_of_command
from fund.workflows.inbox.task import Task
from fund.workflows.partners.reviewing import ANNOUNCED_MONTHS
from fund.workflows.receipts.matching import behind

CLOSED_BY = (6, 30)
"""The last day, in the year after, on which the books of a year are closed."""


def arguments_of(row: PendingRow) -> Mapping[str, Any]:
    """What the first person gave."""
    given = json.loads(row.arguments)
    return given if isinstance(given, dict) else {}


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
        return _(N_("confirm {command} of {maker}")).format(command=row.name, maker=maker)
    return _(N_("confirm {about}: {title}, by {maker}")).format(about=about, title=title(preview), maker=maker)


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


def waiting(reader: InboxReader) -> Iterator[Task]:
    """Keys before the full board, the review of the key, letters that did not arrive."""
    proposed = reader.all(DistributionKey, "proposed")
    for key in proposed:
        what = _(N_("vote on key {ref}")).format(ref=key.ref)
        for partner in reader.partners.values():
            if partner.state == "active" and partner.ref not in key.votes and partner.ref not in key.voted:
                whose = Guard(own=(partner.ref,))
                yield Task(what, f"fund decision vote {key.ref} --for", OWN_SIGNATORY, key.ref, guard=whose)
        active = {partner.ref for partner in reader.partners.values() if partner.state == "active"}
        if 2 * len(active & {*key.votes, *key.voted}) > len(active):
            what = _(N_("decide on key {ref}, or wait for the last votes")).format(ref=key.ref)
            yield reader.task(what, "decision decide", key)
    adopted = [key.from_on for key in reader.all(DistributionKey, "adopted") if key.from_on <= reader.today]
    if adopted and not proposed:
        yield from _key_review(reader, max(adopted))
    yield from _periods(reader)
    for row in reader.snapshot.store.deliveries.in_state(("dead",)):
        what = _(N_("let {reaction} be tried again")).format(reaction=row.reaction)
        who, command = either(FUND_MANAGER, ADMIN), f"fund event retry {row.event_id} {row.reaction}"
        yield Task(what, command, who, row.stream.partition("/")[2])
    for timer in reader.snapshot.store.work.timers(state="dead"):
        what = _(N_("let {reaction} be tried again")).format(reaction=timer.kind)
        who, command = either(FUND_MANAGER, ADMIN), f"fund event retry {timer.cause} {timer.timer_id}"
        yield Task(what, command, who, timer.stream.partition("/")[2])


def _key_review(reader: InboxReader, since: date) -> Iterator[Task]:
    """A key is looked at again once in five years: a year before, the office begins (K12)."""
    until = add_months(since, REVIEW_MONTHS)
    if reader.today >= add_months(until, -max(ANNOUNCED_MONTHS)):
        what = _(N_("let the partners look at the key again, with the report on effectiveness (Awb 4:24)"))
        yield Task(what, "fund key adopt FILE", FUND_MANAGER, "key", until)


def _periods(reader: InboxReader) -> Iterator[Task]:
    """The first month that is over and takes entries still; a year of which every month is locked (C8, C6)."""
    known = {case.ref: case.state for case in reader.all(Period)}
    now = month_of(reader.today)
    first = min((ref for ref in known if len(ref) == len(now)), default=month_of(reader.snapshot.first_day))
    over = [month for month in months_between(first, now) if month < now]
    month = next((each for each in over if known.get(each, "open") == "open"), None)
    if month is not None and reader.snapshot.ledger.balances(as_of=last_day(month)):
        what, until = _(N_("lock the books of {period}")).format(period=month), last_day(next_month(month))
        yield Task(what, f"fund period lock {month}", FUND_MANAGER, month, until)
    for year in range(int(first[:4]), reader.today.year):
        if known.get(str(year)) != "closed" and known.get(f"{year}-12") == "locked":
            what, until = _(N_("close the year {year}")).format(year=year), date(year + 1, *CLOSED_BY)
            yield Task(what, f"fund period close {year}", FUND_MANAGER, str(year), until)
            return
