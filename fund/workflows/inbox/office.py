"""What waits for the second person, for the full board, for the books of a month, and for whoever minds the service."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from fund.dates import add_months, last_day, month_of, months_between, next_month
from fund.language import AMSTERDAM, N_, _
from fund.previews import short, title
from fund.rules.authority import ADMIN, CHAIR, FUND_MANAGER, OWN_SIGNATORY, Relation, Role, Who, either
from fund.rules.keys import REVIEW_MONTHS
from fund.schemas.capital import DistributionKey, Receipt
from fund.schemas.closing import Period
from fund.schemas.disbursements import Batch, Disbursement
from fund.schemas.exits import Exit
from fund.schemas.writeoffs import Writeoff
from fund.store import PendingRow
from fund.workflows.decisions.body import committee_of
from fund.workflows.inbox.reader import InboxReader
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
    ties = _ties(reader, row)
    of_lead = Who(roles & {Role.PARTNER_SIGNATORY}, Relation.LEAD)
    outside = Who(roles - {Role.PARTNER_SIGNATORY}, Relation.OUTSIDE)
    who = outside if not of_lead.roles else of_lead if not outside.roles else either(outside, of_lead)
    return Task(
        what,
        f"fund confirm {row.ref}",
        who,
        ties.ref or row.ref,
        until,
        lead=ties.lead,
        parties=ties.parties,
        hands=(row.made_by, *ties.hands),
    )


def _what(row: PendingRow, maker: str) -> str:
    """What tells it apart first: a line has little room. What waits since before there were previews says less."""
    preview = json.loads(row.shown).get("preview") or {}
    about = short(preview)
    if not about:
        return _(N_("confirm {command} of {maker}")).format(command=row.name, maker=maker)
    return _(N_("confirm {about}: {title}, by {maker}")).format(about=about, title=title(preview), maker=maker)


@dataclass(frozen=True, slots=True)
class _Ties:
    """Whose case a command is about, and who acted in its chain before."""

    ref: str = ""
    lead: str | None = None
    parties: tuple[str, ...] = ()
    hands: tuple[str, ...] = ()


def _ties(reader: InboxReader, row: PendingRow) -> _Ties:
    given = arguments_of(row)
    ref = str(given.get("ref") or "")
    noun = row.name.split()[0]
    if row.name == "bank match":
        return _of_receipt(reader, ref, str(given.get("to") or ""))
    if row.name in ("cost approve", "payee record"):
        named = str(given.get("payee" if noun == "cost" else "partner") or "")
        return _Ties("", None, (named,) if named in reader.partners else ())
    if noun in ("proposal", "review", "decision"):
        return _of_proposal(reader, row.name, ref)
    if row.name == "repayment refund":
        return _Ties(ref, None, (ref,))
    if noun == "partner":
        case = next((each for each in reader.all(Exit) if each.ref == ref), None)
        chain = row.name == "partner agree-settlement" and case is not None
        return _Ties(ref, None, (ref,) if ref else (), case.hands if chain and case is not None else ())
    if noun == "disbursement":
        return _of_disbursements(
            reader, ref, [each for each in reader.disbursements.values() if each.ref == ref], chain=False
        )
    if noun == "payment":
        return _of_payments(reader, ref)
    if noun == "writeoff":
        writeoff = next((each for each in reader.all(Writeoff) if each.ref == ref), None)
        if writeoff is not None:
            return _Ties(ref, writeoff.lead, writeoff.parties, writeoff.hands)
    agreement = reader.agreements.get(ref)
    if agreement is None:
        return _Ties(ref)
    heir = reader.agreements.get(str(arguments_of(row).get("to") or "")) if row.name == "agreement refinance" else None
    if heir is not None:  # the lead of the roll-out takes the debt over
        return _Ties(ref, heir.lead, (*agreement.parties, *heir.parties))
    return _Ties(ref, agreement.lead, agreement.parties)


def _of_receipt(reader: InboxReader, ref: str, to: str) -> _Ties:
    """Of a receipt, whose case it would be set against: the one that is named, or the only one it may be for."""
    receipt = reader.snapshot.maybe(Receipt, ref)
    candidates = {each.target for each in receipt.candidates} if receipt is not None else set()
    target = to or (candidates.pop() if len(candidates) == 1 else "")
    whose = behind(reader.snapshot, target) if target else None
    return _Ties(ref, whose.lead, whose.parties) if whose else _Ties(ref)


def _of_proposal(reader: InboxReader, command: str, ref: str) -> _Ties:
    proposal = reader.proposals.get(ref)
    if proposal is None:
        return _Ties(ref)
    hands: tuple[str, ...] = ()
    decision = reader.decisions.get(ref)
    if command.startswith("proposal"):
        hands = proposal.hands
    elif decision is not None and command in ("decision decide", "decision meet-conditions"):
        hands = decision.hands
    if command in ("decision decide", "decision reopen"):
        hands = (*hands, *committee_of(reader.snapshot, proposal).barred)
    return _Ties(ref, proposal.lead, proposal.parties, hands)


def _of_disbursements(reader: InboxReader, ref: str, cases: list[Disbursement], *, chain: bool = True) -> _Ties:
    agreements = [reader.agreements[case.agreement] for case in cases if case.agreement in reader.agreements]
    parties = tuple(party for agreement in agreements for party in agreement.parties)
    return _Ties(ref, None, parties, tuple(hand for case in cases for hand in case.hands) if chain else ())


def _of_payments(reader: InboxReader, ref: str) -> _Ties:
    """Of a batch, whoever approved a line of it and whose line it is; of what is owed by itself, its parties."""
    if ref in reader.payables:
        return _Ties(ref, None, reader.payables[ref].parties)
    lines = [line.ref for batch in reader.all(Batch, "made", "sent") if batch.ref == ref for line in batch.lines]
    ties = _of_disbursements(
        reader, ref, [reader.disbursements[each] for each in lines if each in reader.disbursements]
    )
    owed = [reader.payables[each] for each in lines if each in reader.payables]
    parties = (*ties.parties, *(party for case in owed for party in case.parties))
    return _Ties(ref, None, parties, (*ties.hands, *(hand for case in owed for hand in case.hands)))


def waiting(reader: InboxReader) -> Iterator[Task]:
    """Keys before the full board, the review of the key, letters that did not arrive."""
    proposed = reader.all(DistributionKey, "proposed")
    for key in proposed:
        what = _(N_("vote on key {ref}")).format(ref=key.ref)
        for partner in reader.partners.values():
            if partner.state == "active" and partner.ref not in key.votes and partner.ref not in key.voted:
                yield Task(what, f"fund decision vote {key.ref} --for", OWN_SIGNATORY, key.ref, own=partner.ref)
        active = {partner.ref for partner in reader.partners.values() if partner.state == "active"}
        if 2 * len(active & {*key.votes, *key.voted}) > len(active):
            what = _(N_("decide on key {ref}, or wait for the last votes")).format(ref=key.ref)
            yield Task(what, f"fund decision decide {key.ref}", CHAIR, key.ref)
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
