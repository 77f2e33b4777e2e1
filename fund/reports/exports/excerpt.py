"""The books from one day to another, as known at an entry: what every export of a period begins with.

Owns which entries, balances, accounts and holders belong to a period; how they are written is each format's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from fund.errors.exports import ExportTurnedAround
from fund.ledger import Account, AccountType, Entry, Ledger, TrialBalanceRow, flushed, main_of
from fund.schemas.agreements import Agreement
from fund.schemas.capital import Partner
from fund.schemas.disbursements import Payee
from fund.schemas.proposals import Proposal
from fund.unit_of_work import Snapshot

STEP = 1000

_watcher: ContextVar[Callable[[int, int], None] | None] = ContextVar("watcher", default=None)


@contextmanager
def watched(step: Callable[[int, int], None]) -> Iterator[None]:
    """While an export is written, ``step`` hears up to which number it goes and how many numbers more went by."""
    token = _watcher.set(step)
    try:
        yield
    finally:
        _watcher.reset(token)


def stepped(total: int, more: int) -> None:
    """So many numbers more went by, of so many."""
    watcher = _watcher.get()
    if watcher is not None:
        watcher(total, more)


@dataclass(frozen=True)
class Excerpt:
    """The books of some days, as known at an entry.

    Attributes:
        since: The first accounting day; ``None``: from the beginning.
        until: The last; ``None``: all days.
        known_at: The number of the last entry that was known; ``None``: all are.
        last: The last entry, by number, that the balances at the end rest on; ``None`` in an empty ledger. While none
            is written on a day up to ``until``, this stays the same: it says which books these are.
    """

    ledger: Ledger
    since: date | None
    until: date | None
    known_at: int | None
    last: Entry | None

    @property
    def last_seq(self) -> int:
        """The number of the last entry that the balances at the end rest on; 0 in an empty ledger."""
        return self.last.seq if self.last is not None else 0

    @property
    def last_hash(self) -> str:
        """Its hash: it vouches for all entries up to it."""
        return self.last.hash.hex() if self.last is not None else "0" * 64

    def as_json(self) -> dict[str, Any]:
        """Which books these are."""
        return {
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "known_at": self.known_at,
            "head": {"seq": self.last_seq, "hash": self.last_hash},
        }

    def manifest(self, form: str, seqs: Held, files: Mapping[str, Any]) -> dict[str, Any]:
        """What a folder with these books says of itself, once its files are written."""
        return {
            "format": form,
            "version": 1,
            "book": self.ledger.book,
            "currency": self.ledger.currency,
            **self.as_json(),
            "entries": seqs.count,
            "seqs": seqs.ranges,
            "files": files,
        }

    @cached_property
    def accounts(self) -> dict[str, Account]:
        """Every account by code, as the chart was when the last entry was written; what moved is there in any case."""
        known = self.ledger.accounts_known(self.last_seq)
        now = {account.code: account for account in self.ledger.accounts()}
        moved = {row.code: now[row.code] for row in self.moved if row.code not in known}
        return dict(sorted((known | moved).items()))

    @cached_property
    def moved(self) -> list[TrialBalanceRow]:
        """The trial balance at the end of the last day: each account that ever moved until then, by code."""
        return self.ledger.trial_balance(as_of=self.until, known_at=self.known_at)

    @cached_property
    def before(self) -> list[TrialBalanceRow]:
        """The trial balance of the day before the first: each account that ever moved until then."""
        if self.since is None:
            return []
        return self.ledger.trial_balance(as_of=self.since - timedelta(days=1), known_at=self.known_at)

    @cached_property
    def opening(self) -> dict[str, int]:
        """What stood on each account before the first day, in cents, debit positive; what is zero is left out."""
        return {row.code: row.balance_cents for row in self.before if row.balance_cents}

    @cached_property
    def closing(self) -> dict[str, int]:
        """What stands on each account at the end of the last day, from what the database keeps by day; as opening."""
        return {row.code: row.balance_cents for row in self.moved if row.balance_cents}

    def beat(self) -> None:
        """Ask the database something: it ends a transaction that asks nothing for twenty seconds."""
        self.ledger.head()

    def entries(self) -> Iterator[Entry]:
        """The entries of these days in the order of their numbers, one by one; whoever watches hears of it."""
        seen = 0
        for entry in self.ledger.entries(since=self.since, as_of=self.until, until_seq=self.known_at):
            if entry.seq - seen >= STEP:
                stepped(self.last_seq, entry.seq - seen)
                seen = entry.seq
            yield entry


@dataclass(slots=True)
class Held:
    """Which numbers a set holds, as ranges: entries of other days lie between them."""

    count: int = 0
    ranges: list[list[int]] = field(default_factory=list)

    def add(self, seq: int) -> None:
        """This one too; numbers come in order."""
        self.count += 1
        if self.ranges and self.ranges[-1][1] == seq - 1:
            self.ranges[-1][1] = seq
        else:
            self.ranges.append([seq, seq])


def taken(snapshot: Snapshot, since: date | None, until: date | None, known_at: int | None) -> Excerpt:
    """The books of these days as known at an entry; what was read is durable before anything of it leaves.

    Raises:
        ExportTurnedAround: The last day lies before the first.
    """
    if since is not None and until is not None and until < since:
        raise ExportTurnedAround(since_on=since, until_on=until)
    last = snapshot.ledger.last_entry(as_of=until, known_at=known_at)
    flushed(snapshot.ledger.connection)
    return Excerpt(snapshot.full_ledger, since, until, known_at, last)


def corrects(entry: Entry) -> str:
    """What the entry undoes, in words between brackets: corrections are entries of their own; mostly nothing."""
    parts = []
    if entry.reverses is not None:
        parts.append(f"tegenboeking van boeking {entry.reverses}")
    if entry.part_of is not None:
        parts.append(f"neemt een deel van boeking {entry.part_of} terug")
    if entry.replaces is not None:
        parts.append(f"komt in de plaats van boeking {entry.replaces}")
    if parts and entry.reason and entry.reason != entry.memo:
        parts.append(f"reden: {entry.reason}")
    return f" ({', '.join(parts)})" if parts else ""


# ------------------------------------------------------------------------------------------------------------- holders


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose or which sub-accounts are kept: a partner, an agreement, a proposal, a payee, a payer.

    Attributes:
        ref: What stands behind the point of the account.
        name: As people know it; an agreement or proposal goes by its own number and the name of its lead partner.
        kind: ``partner``, ``agreement``, ``proposal``, ``supplier``, or ``other`` where the fund knows nothing of it.
        opening_cents: What it owed before the first day (debit positive) by receivables and payables together, its
            capital and what was promised to it left out. closing_cents: The same at the end.
        owes: Whether it has accounts on which it may owe something. is_owed: Whether it is owed by the others.
    """

    ref: str
    name: str
    kind: str
    opening_cents: int
    closing_cents: int
    owes: bool
    is_owed: bool


def holders_of(snapshot: Snapshot, excerpt: Excerpt) -> list[Holder]:
    """Every holder of a sub-account that ever moved until the end, by ref.

    Names are those that the fund has now; of a supplier that which its account was recorded under on the last day.
    """
    refs: dict[str, list[Account]] = {}
    for row in excerpt.moved:
        account = excerpt.accounts[row.code]
        if account.holder:
            refs.setdefault(account.holder, []).append(account)
    named = _names(snapshot, refs, excerpt.until)
    return [_holder(ref, refs[ref], named, excerpt) for ref in sorted(refs)]


_OWING = (AccountType.ASSET, AccountType.INCOME)


def _holder(ref: str, accounts: list[Account], named: Mapping[str, tuple[str, str]], excerpt: Excerpt) -> Holder:
    open_items = [one.code for one in accounts if one.type in (AccountType.ASSET, AccountType.LIABILITY)]
    kind, name = named.get(ref, ("other", ref))
    owes = any(one.type in _OWING for one in accounts)
    return Holder(
        ref=ref,
        name=name,
        kind=kind,
        opening_cents=sum(excerpt.opening.get(code, 0) for code in open_items),
        closing_cents=sum(excerpt.closing.get(code, 0) for code in open_items),
        owes=owes,
        is_owed=any(one.type not in _OWING for one in accounts),
    )


def _names(snapshot: Snapshot, refs: Iterable[str], until: date | None) -> dict[str, tuple[str, str]]:
    """Kind and name of each ref that the fund knows."""
    wanted = set(refs)
    partners = {one.ref: one.name for one in snapshot.cases(Partner)}
    found = {ref: ("partner", name) for ref, name in partners.items() if ref in wanted}
    for kind, model in (("agreement", Agreement), ("proposal", Proposal)):
        for brief in snapshot.briefs(model, refs=sorted(wanted - set(found))):
            lead = partners.get(brief.partner or "", brief.partner or "")
            found[brief.ref] = (kind, f"{brief.ref}, {lead}" if lead else brief.ref)
    if wanted - set(found):
        for payee in sorted(snapshot.cases(Payee), key=lambda one: (one.from_on, one.ref)):
            known = payee.partner in found and found[payee.partner][0] != "supplier"
            if payee.partner not in wanted or known:
                continue
            if payee.partner not in found or until is None or payee.from_on <= until:
                found[payee.partner] = ("supplier", payee.name)
    return found


def identified(text: str, most: int = 35) -> str:
    """An id of at most so many characters: what is longer is cut and told apart by a hash of the whole."""
    if len(text) <= most:
        return text
    return f"{text[: most - 11]}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def main_sums(balances: Mapping[str, int]) -> dict[str, int]:
    """Balances added up under their main codes."""
    sums: dict[str, int] = {}
    for code, cents in balances.items():
        sums[main_of(code)] = sums.get(main_of(code), 0) + cents
    return sums
