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
from fund.schemas.capital import DistributionKey, Receipt
from fund.schemas.closing import Period
from fund.schemas.disbursements import Batch, Disbursement
from fund.schemas.exits import Exit
from fund.schemas.writeoffs import Writeoff
from fund.store import PendingRow
from fund.workflows.decisions.body import committee_of
from fund.workflows.inbox.desk import Desk
from fund.workflows.inbox.waiting import Waiting
from fund.workflows.partners.reviewing import ANNOUNCED_MONTHS, REVIEW_MONTHS
from fund.workflows.receipts.matching import parties_behind

__all__ = ["arguments_of", "confirmation", "confirmations", "waiting"]

CLOSED_BY = (6, 30)
"""The last day, in the year after, on which the books of a year are closed."""


def arguments_of(row: PendingRow) -> Mapping[str, Any]:
    """What the first person gave."""
    given = json.loads(row.arguments)
    return given if isinstance(given, dict) else {}


def confirmations(desk: Desk) -> Iterator[Waiting]:
    """What one person made and a second must confirm, for those who may: of no party, and with clean hands."""
    for row in desk.pendings:
        yield confirmation(desk, row)


def confirmation(desk: Desk, row: PendingRow) -> Waiting:
    """One thing that a second person must confirm, for those who may: who confirms it also reads what was shown."""
    until = row.expires_at.astimezone(ZoneInfo(AMSTERDAM)).date()
    what = _what(row, desk.name(row.made_by))
    roles = frozenset(Role(name) for name in json.loads(row.needs))
    ties = _ties(desk, row)
    of_lead = Who(roles & {Role.PARTNER_SIGNATORY}, Relation.LEAD)
    outside = Who(roles - {Role.PARTNER_SIGNATORY}, Relation.OUTSIDE)
    who = outside if not of_lead.roles else of_lead if not outside.roles else either(outside, of_lead)
    return Waiting(
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


def _ties(desk: Desk, row: PendingRow) -> _Ties:
    given = arguments_of(row)
    ref = str(given.get("ref") or "")
    noun = row.name.split()[0]
    if row.name == "bank match":
        return _of_receipt(desk, ref, str(given.get("to") or ""))
    if row.name in ("cost approve", "payee record"):
        named = str(given.get("payee" if noun == "cost" else "partner") or "")
        return _Ties("", None, (named,) if named in desk.partners else ())
    if noun in ("proposal", "review", "decision"):
        return _of_proposal(desk, row.name, ref)
    if row.name == "repayment refund":
        return _Ties(ref, None, (ref,))
    if noun == "partner":
        case = next((each for each in desk.all(Exit) if each.ref == ref), None)
        chain = row.name == "partner agree-settlement" and case is not None
        return _Ties(ref, None, (ref,) if ref else (), case.hands if chain and case is not None else ())
    if noun == "disbursement":
        return _of_disbursements(
            desk, ref, [each for each in desk.disbursements.values() if each.ref == ref], chain=False
        )
    if noun == "payment":
        return _of_payments(desk, ref)
    if noun == "writeoff":
        writeoff = next((each for each in desk.all(Writeoff) if each.ref == ref), None)
        if writeoff is not None:
            return _Ties(ref, writeoff.lead, writeoff.parties, writeoff.hands)
    agreement = desk.agreements.get(ref)
    if agreement is None:
        return _Ties(ref)
    heir = desk.agreements.get(str(arguments_of(row).get("to") or "")) if row.name == "agreement refinance" else None
    if heir is not None:  # the lead of the roll-out takes the debt over
        return _Ties(ref, heir.lead, (*agreement.parties, *heir.parties))
    return _Ties(ref, agreement.lead, agreement.parties)


def _of_receipt(desk: Desk, ref: str, to: str) -> _Ties:
    """Of a receipt, whose case it would be set against: the one that is named, or the only one it may be for."""
    receipt = desk.view.maybe(Receipt, ref)
    candidates = {each.target for each in receipt.candidates} if receipt is not None else set()
    target = to or (candidates.pop() if len(candidates) == 1 else "")
    return _Ties(ref, *parties_behind(desk.view, target)) if target else _Ties(ref)


def _of_proposal(desk: Desk, command: str, ref: str) -> _Ties:
    proposal = desk.proposals.get(ref)
    if proposal is None:
        return _Ties(ref)
    hands: tuple[str, ...] = ()
    decision = desk.decisions.get(ref)
    if command.startswith("proposal"):
        hands = proposal.hands
    elif decision is not None and command in ("decision decide", "decision meet-conditions"):
        hands = decision.hands
    if command in ("decision decide", "decision reopen"):
        hands = (*hands, *committee_of(desk.view, proposal).barred)
    return _Ties(ref, proposal.lead, proposal.parties, hands)


def _of_disbursements(desk: Desk, ref: str, cases: list[Disbursement], *, chain: bool = True) -> _Ties:
    agreements = [desk.agreements[case.agreement] for case in cases if case.agreement in desk.agreements]
    parties = tuple(party for agreement in agreements for party in agreement.parties)
    return _Ties(ref, None, parties, tuple(hand for case in cases for hand in case.hands) if chain else ())


def _of_payments(desk: Desk, ref: str) -> _Ties:
    """Of a batch, whoever approved a line of it and whose line it is; of what is owed by itself, its parties."""
    if ref in desk.payables:
        return _Ties(ref, None, desk.payables[ref].parties)
    lines = [line.ref for batch in desk.all(Batch, "made", "sent") if batch.ref == ref for line in batch.lines]
    ties = _of_disbursements(desk, ref, [desk.disbursements[each] for each in lines if each in desk.disbursements])
    owed = [desk.payables[each] for each in lines if each in desk.payables]
    parties = (*ties.parties, *(party for case in owed for party in case.parties))
    return _Ties(ref, None, parties, (*ties.hands, *(hand for case in owed for hand in case.hands)))


def waiting(desk: Desk) -> Iterator[Waiting]:
    """Keys before the full board, the review of the key, letters that did not arrive."""
    proposed = desk.all(DistributionKey, "proposed")
    for key in proposed:
        what = _(N_("vote on key {ref}")).format(ref=key.ref)
        for partner in desk.partners.values():
            if partner.state == "active" and partner.ref not in key.votes and partner.ref not in key.voted:
                yield Waiting(what, f"fund decision vote {key.ref} --for", OWN_SIGNATORY, key.ref, own=partner.ref)
        active = {partner.ref for partner in desk.partners.values() if partner.state == "active"}
        if 2 * len(active & {*key.votes, *key.voted}) > len(active):
            what = _(N_("decide on key {ref}, or wait for the last votes")).format(ref=key.ref)
            yield Waiting(what, f"fund decision decide {key.ref}", CHAIR, key.ref)
    adopted = [key.from_on for key in desk.all(DistributionKey, "adopted") if key.from_on <= desk.today]
    if adopted and not proposed:
        yield from _key_review(desk, max(adopted))
    yield from _periods(desk)
    for row in desk.view.store.deliveries.in_state(("dead",)):
        what = _(N_("let {reaction} be tried again")).format(reaction=row.reaction)
        who, command = either(FUND_MANAGER, ADMIN), f"fund event retry {row.event_id} {row.reaction}"
        yield Waiting(what, command, who, row.stream.partition("/")[2])
    for timer in desk.view.store.work.timers(state="dead"):
        what = _(N_("let {reaction} be tried again")).format(reaction=timer.kind)
        who, command = either(FUND_MANAGER, ADMIN), f"fund event retry {timer.cause} {timer.timer_id}"
        yield Waiting(what, command, who, timer.stream.partition("/")[2])


def _key_review(desk: Desk, since: date) -> Iterator[Waiting]:
    """A key is looked at again once in five years: a year before, the office begins (K12)."""
    until = add_months(since, REVIEW_MONTHS)
    if desk.today >= add_months(until, -max(ANNOUNCED_MONTHS)):
        what = _(N_("let the partners look at the key again, with the report on effectiveness (Awb 4:24)"))
        yield Waiting(what, "fund key adopt FILE", FUND_MANAGER, "key", until)


def _periods(desk: Desk) -> Iterator[Waiting]:
    """The first month that is over and takes entries still; a year of which every month is locked (C8, C6)."""
    known = {case.ref: case.state for case in desk.all(Period)}
    now = month_of(desk.today)
    first = min((ref for ref in known if len(ref) == len(now)), default=month_of(desk.view.first_day))
    over = [month for month in months_between(first, now) if month < now]
    month = next((each for each in over if known.get(each, "open") == "open"), None)
    if month is not None and desk.view.ledger.balances(as_of=last_day(month)):
        what, until = _(N_("lock the books of {period}")).format(period=month), last_day(next_month(month))
        yield Waiting(what, f"fund period lock {month}", FUND_MANAGER, month, until)
    for year in range(int(first[:4]), desk.today.year):
        if known.get(str(year)) != "closed" and known.get(f"{year}-12") == "locked":
            what, until = _(N_("close the year {year}")).format(year=year), date(year + 1, *CLOSED_BY)
            yield Waiting(what, f"fund period close {year}", FUND_MANAGER, str(year), until)
            return
