"""Entries made by hand and taken back (C5), and the ledger stated and signed for others to keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from fund.declarations import InputFile
from fund.errors.closing import NotByHand, NotMadeByHand
from fund.errors.commands import ReasonMissing
from fund.events.journal import EntryPosted, EntryReversed, JournalLeg
from fund.ledger import PeriodStatus, credit, debit, main_of
from fund.unit_of_work import UnitOfWork

BY_HAND = ("1000", "1005", "1010", "2000", "2100", "2300", "4400", "4500")
"""Main accounts that may be booked by hand; the others follow decisions, and a check holds them to those."""


def post(
    uow: UnitOfWork,
    *,
    memo: str,
    reason: str,
    debits: Sequence[tuple[str, int]],
    credits: Sequence[tuple[str, int]],
    on: date | None = None,
) -> Mapping[str, object]:
    """An entry is made for what no other command books (C5). In a locked month it is an adjusting entry.

    Args:
        memo: What it is, in Dutch; no names of people.
        debits: Accounts with amounts in cents. credits: Likewise; both add up to the same.
        on: The accounting day; its month is not closed.

    Raises:
        ReasonMissing: Nobody said why.
        NotByHand: An account that commands of its own keep.
        UnbalancedEntry, TooFewPostings, NotPositive, UnknownAccount, ClosedPeriod: What the ledger refuses.
        NotAuthorised, SameHands: As they say.
    """
    if not reason.strip() or not memo.strip():
        raise ReasonMissing(command="ledger post")
    postings = [debit(str(account), cents) for account, cents in debits]
    postings += [credit(str(account), cents) for account, cents in credits]
    for posting in postings:
        if main_of(posting.account) not in BY_HAND:
            raise NotByHand(account=posting.account, allowed=list(BY_HAND))
    day = on or uow.today
    ref = uow.next_ref("journal", year=day.year)
    uow.record(
        EntryPosted(
            ref=ref,
            memo=memo,
            reason=reason,
            legs=tuple(JournalLeg(account=leg.account, amount_cents=leg.amount_cents) for leg in postings),
            adjusting=uow.ledger.period_of(day).status is PeriodStatus.LOCKED,
        ),
        effective_on=day,
    )
    uow.next_step = "fund ledger entries --kind entry.posted"
    return {"ref": ref}


def reverse(uow: UnitOfWork, *, seq: int, reason: str, on: date | None = None) -> Mapping[str, object]:
    """An entry made by hand is taken back: the exact mirror, once (C5).

    Raises:
        ReasonMissing: Nobody said why.
        UnknownEntry: There is no such entry.
        NotMadeByHand: The entry follows from a command of its own trade.
        AlreadyReversed, ClosedPeriod, NotAuthorised, SameHands: As they say.
    """
    if not reason.strip():
        raise ReasonMissing(command="ledger reverse")
    entry = uow.ledger.entry(seq)
    envelope = uow.store.facts.get(str(entry.metadata.get("event_id")))
    if envelope is None or not isinstance(envelope.fact, EntryPosted):
        raise NotMadeByHand(seq=seq, kind=entry.kind)
    uow.record(EntryReversed(ref=envelope.fact.ref, entry_seq=seq, reason=reason), effective_on=on)
    uow.next_step = f"fund ledger entry {seq}"
    return {"ref": envelope.fact.ref}


def anchor(uow: UnitOfWork, *, key: InputFile) -> Mapping[str, object]:
    """The ledger as it is now is stated and signed, for others to keep; no fact, as nothing in the fund changes.

    Args:
        key: The private key, in PEM. It signs and is not kept.

    Raises:
        FaultyKey: It is no Ed25519 key.
    """
    made = uow.ledger.anchor(key["content"], recorded_at=uow.now)
    uow.next_step = "fund ledger verify --anchor anchor.json"
    return {"anchor": made.as_json()}
