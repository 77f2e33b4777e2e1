"""Checked posting: each draft is checked here and refused by name; the database checks all of it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from fund import dates
from fund.database import to_micros
from fund.errors import FundError
from fund.errors.amounts import AmountTooLarge
from fund.errors.ledger import (
    AccountNotValid,
    AlreadyReplaced,
    AlreadyReversed,
    BeyondOriginal,
    ClosedAccount,
    IdempotencyConflict,
    NotReversed,
    NotTheMirror,
    PartlyReversed,
    UnknownAccount,
    UnknownEntry,
)
from fund.ledger.accounts import Account, AccountSet, check_code, main_of
from fund.ledger.journal import (
    CORRECTION,
    EntryDraft,
    Posted,
    SealedLeg,
    check_balanced,
    check_form,
    check_limits,
    check_part,
    check_set,
    correction_of,
    month_of,
)
from fund.ledger.seal import (
    VERSION,
    canonical_json,
    entry_bytes,
    entry_hash,
    entry_id,
    nfc,
    request_bytes,
    request_hash,
)
from fund.ledger.store.lookups import Known, Lookups
from fund.ledger.store.refusals import refusals
from fund.money import LARGEST_CENTS

LEGS_SQLITE = "INSERT INTO posting (entry_id, position, legs, account_id, amount_cents) VALUES (?, ?, ?, ?, ?)"

_ENTRIES_SQLITE = """
INSERT INTO entry (book_id, seq, id, effective_on, kind, memo, actor, idempotency_key, request_hash, metadata,
                   reverses_seq, reason, legs, recorded_at, version, previous_hash, hash)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_LEGS_POSTGRESQL = sa.text("""
INSERT INTO posting (entry_id, position, legs, account_id, amount_cents)
SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:positions AS integer[]), CAST(:legs AS integer[]),
                     CAST(:accounts AS integer[]), CAST(:amounts AS bigint[]))
""")

# Sequence number, previous hash and hash are left to the trigger, which holds the head of the chain.
_ENTRIES_POSTGRESQL = sa.text("""
INSERT INTO entry (book_id, id, effective_on, kind, memo, actor, idempotency_key, request_hash, metadata,
                   reverses_seq, reason, legs, recorded_at, version)
SELECT :book, id, day, kind, memo, actor, key, asked, metadata, reverses, reason, legs, recorded, :version
  FROM unnest(CAST(:ids AS text[]), CAST(:days AS date[]), CAST(:kinds AS text[]), CAST(:memos AS text[]),
              CAST(:actors AS text[]), CAST(:keys AS text[]), CAST(:asked AS bytea[]), CAST(:metadata AS text[]),
              CAST(:reverses AS bigint[]), CAST(:reasons AS text[]), CAST(:legs AS integer[]),
              CAST(:recorded AS bigint[]))
       WITH ORDINALITY AS draft (id, day, kind, memo, actor, key, asked, metadata, reverses, reason, legs,
                                 recorded, place)
 ORDER BY place
RETURNING id, seq, hash
""")


@dataclass(slots=True)
class _Ready:
    """A draft that passed every check, with what it will be written as."""

    place: int
    draft: EntryDraft
    id: str
    metadata: str
    request: bytes
    request_hash: bytes


class CheckedPost(Lookups):
    """A book that looks at drafts before it writes them."""

    # --------------------------------------------------------------------------------------------------------- the work

    def _post(self, drafts: Sequence[EntryDraft], names: Mapping[str, str], *, skip: bool) -> list[Posted | FundError]:
        results: dict[int, Posted | FundError] = {}
        plain: list[tuple[int, EntryDraft, str]] = []
        ill_formed: FundError | None = None
        for place, draft in enumerate(drafts):
            try:
                plain.append((place, *_plain(draft)))
            except FundError as refusal:
                if not skip:
                    ill_formed = refusal  # unless an earlier one is refused for what the book holds
                    break
                results[place] = refusal
        if not self._sqlite:  # there the transaction holds all of it
            # The head before the looking: what is found stays so until it is written. And before the rows: two that
            # open the same sub-account, or come to the same key, wait for each other here and nowhere else.
            self._lock_head()
        known = self._look_up([draft for _place, draft, _metadata in plain])
        ready: dict[str, _Ready] = {}
        doubles: list[tuple[int, str]] = []
        opened: dict[str, Account] = {}
        for place, draft, metadata in plain:
            try:
                one = self._check(place, draft, metadata, known, names, opened, ready)
            except FundError as refusal:
                if not skip:
                    raise
                results[place] = refusal
                continue
            if isinstance(one, Posted):
                results[place] = one
            elif draft.idempotency_key in ready:
                doubles.append((place, draft.idempotency_key))
            else:
                ready[draft.idempotency_key] = one
        if ill_formed is not None:
            raise ill_formed
        used = {posting.account for one in ready.values() for posting in one.draft.postings}
        missing = [account for code, account in sorted(opened.items()) if code in used]
        # SQLite keeps what stood before a refused statement: a sub-account would stay that no entry opened.
        with self.connection.begin_nested() if missing and self._sqlite else nullcontext():
            if missing:
                self._insert_accounts(missing)
                self._read_accounts([account.code for account in missing], known)
            if ready:
                self._write(list(ready.values()), known, results)
        for place, key in doubles:
            first = results[ready[key].place]
            results[place] = replace(first, replayed=True) if isinstance(first, Posted) else first
        return [results[place] for place in range(len(drafts))]

    def _check(
        self,
        place: int,
        draft: EntryDraft,
        metadata: str,
        known: Known,
        names: Mapping[str, str],
        opened: dict[str, Account],
        ready: Mapping[str, _Ready],
    ) -> Posted | _Ready:
        key = draft.idempotency_key
        posted = known.posted.get(key)
        accounts: dict[str, Account] = {}
        for posting in draft.postings:
            code = posting.account
            account = known.accounts.get(code) or opened.get(code) or self._sub_account(code, known, names)
            if account is None:
                if posted is not None:
                    raise IdempotencyConflict(key=key, seq=posted.seq)
                raise UnknownAccount(account=code, book=self.book)
            accounts[code] = account
        legs = [
            SealedLeg(posting.account, account.type.value, account.layer.value, account.currency, posting.amount_cents)
            for posting in draft.postings
            for account in (accounts[posting.account],)
        ]
        request = request_bytes(
            book=self.book,
            idempotency_key=key,
            effective_on=draft.effective_on,
            kind=draft.kind,
            memo=draft.memo,
            actor=draft.actor,
            metadata=metadata,
            reverses=draft.reverses,
            reason=draft.reason,
            legs=legs,
        )
        one = _Ready(place, draft, entry_id(self.book, key), metadata, request, request_hash(request))
        if posted is not None:
            if bytes(posted.request_hash) != one.request_hash:
                raise IdempotencyConflict(key=key, seq=posted.seq)
            return Posted(posted.seq, bytes(posted.hash), True, posted.id)
        earlier = ready.get(key)
        if earlier is not None:
            if earlier.request_hash != one.request_hash:
                raise IdempotencyConflict(key=key, seq=earlier.id)
            return one
        for code, account in accounts.items():
            if not account.is_open:
                raise ClosedAccount(account=code)
            if not account.takes(draft.effective_on):
                raise AccountNotValid(
                    account=code,
                    day=draft.effective_on,
                    valid_from=account.valid_from or "-",
                    valid_until=account.valid_until or "-",
                )
        check_balanced(draft, accounts)
        self._check_period(draft, known.statuses)
        taken = self._check_correction(draft, known)
        sides = _sides(draft, known)
        self._check_limits(draft, accounts, known)
        known.sides.update(sides)
        if draft.reverses is not None:
            known.reversed[draft.reverses] = one.id
        if draft.part_of is not None:
            known.parts.setdefault(draft.part_of, one.id)
            known.taken[draft.part_of] = taken
        if draft.replaces is not None:
            known.replaced[draft.replaces] = one.id
        opened.update({code: account for code, account in accounts.items() if code not in known.accounts})
        return one

    def _check_correction(self, draft: EntryDraft, known: Known) -> dict[str, int]:
        """What the parts of its original took back by account, when it is one of them."""
        for seq in (draft.reverses, draft.part_of, draft.replaces):
            if seq is not None and seq not in known.originals:
                raise UnknownEntry(seq=seq, last=self.head().seq)
        for seq in (draft.reverses, draft.part_of):
            if seq is not None and seq in known.reversed:
                raise AlreadyReversed(seq=seq, reversal=known.reversed[seq])
        seq = draft.reverses
        if seq is not None:
            if seq in known.parts:
                raise PartlyReversed(seq=seq, part=known.parts[seq])
            if known.originals[seq] != tuple((leg.account, -leg.amount_cents) for leg in draft.postings):
                raise NotTheMirror(seq=seq)
        seq = draft.replaces
        if seq is not None:
            if seq not in known.reversed and seq not in known.parts:
                raise NotReversed(seq=seq)
            if seq in known.replaced:
                raise AlreadyReplaced(seq=seq, replacement=known.replaced[seq])
        seq = draft.part_of
        if seq is None:
            return {}
        _require_taking(seq, known.originals[seq], draft)
        return check_part(seq, known.originals[seq], known.taken.get(seq, {}), draft.postings)

    def _check_limits(self, draft: EntryDraft, accounts: Mapping[str, Account], known: Known) -> None:
        on = draft.effective_on
        limited = {code: account for code, account in accounts.items() if account.has_limit}
        sums = {code: sum(leg.amount_cents for leg in draft.postings if leg.account == code) for code in limited}
        for code, account in limited.items():
            moved = self._moved_by_day(code, known)
            if account.limit_kinds is None or draft.kind in account.limit_kinds:
                check_limits(account, moved, on, sums[code])
        in_force: dict[str, AccountSet] = {}
        for bound in known.sets:
            if bound.covers(on):
                in_force.setdefault(bound.name, bound)
        set_sums: dict[int, int] = {}
        for bound in known.sets:
            signed = (leg.amount_cents * bound.members.get(main_of(leg.account), 0) for leg in draft.postings)
            set_sums[bound.number] = sum(signed)
        for bound in in_force.values():
            cents = set_sums[bound.number]
            if cents and bound.binds(on, draft.kind):
                check_set(bound, self._moved_on_set(bound, known), on, cents)
        for code, cents in sums.items():
            known.moved[code][on] = known.moved[code].get(on, 0) + cents
        for number, moved in known.set_moved.items():
            moved[on] = moved.get(on, 0) + set_sums[number]
        known.passed += [(on, set_sums)] if known.sets else []

    def _sub_account(self, code: str, known: Known, names: Mapping[str, str]) -> Account | None:
        main = known.accounts.get(main_of(code))
        if main is None or main.code == code:
            return None
        check_code(code)
        name = nfc(names.get(code, main.name))
        return replace(main, code=code, name=name, min_balance_cents=None, max_balance_cents=None, limit_kinds=None)

    # ------------------------------------------------------------------------------------------------------ round trips

    def _write(self, ready: list[_Ready], known: Known, results: dict[int, Posted | FundError]) -> None:
        with refusals(_context(ready)):
            if self._sqlite:
                with self.connection.begin_nested():  # a refused statement would leave the ones before it
                    self._write_sqlite(ready, known, results)
            else:
                self._write_postgresql(ready, known, results)

    def _row(self, one: _Ready) -> tuple[Any, ...]:
        """What is written of an entry on either database, from its id to the number of its legs."""
        draft = one.draft
        return (
            one.id, self._day(draft.effective_on), draft.kind, draft.memo, draft.actor, draft.idempotency_key,
            one.request_hash, one.metadata, draft.reverses, draft.reason, len(draft.postings),
        )  # fmt: skip

    def _write_sqlite(self, ready: list[_Ready], known: Known, results: dict[int, Posted | FundError]) -> None:
        head = self._lock_head()
        seq, previous, last = head.seq, bytes(head.hash), head.recorded_at
        now = to_micros(dates.now())
        legs: list[tuple[Any, ...]] = []
        entries: list[tuple[Any, ...]] = []
        for one in ready:
            draft, count = one.draft, len(one.draft.postings)
            seq += 1
            last = max(now if draft.recorded_at is None else to_micros(draft.recorded_at), last)
            sealed = entry_hash(previous, entry_bytes(seq, last, one.id, one.request))
            legs += [
                (one.id, position, count, known.ids[posting.account], posting.amount_cents)
                for position, posting in enumerate(draft.postings, start=1)
            ]
            entries.append((self.book_id, seq, *self._row(one), last, VERSION, previous, sealed))
            previous = sealed
            results[one.place] = Posted(seq, sealed, False, one.id)
        self.connection.exec_driver_sql(LEGS_SQLITE, legs)
        self.connection.exec_driver_sql(_ENTRIES_SQLITE, entries)

    def _write_postgresql(self, ready: list[_Ready], known: Known, results: dict[int, Posted | FundError]) -> None:
        legs = [
            (one.id, position, len(one.draft.postings), known.ids[posting.account], posting.amount_cents)
            for one in ready
            for position, posting in enumerate(one.draft.postings, start=1)
        ]
        columns = dict(
            zip(("ids", "positions", "legs", "accounts", "amounts"), map(list, zip(*legs, strict=True)), strict=True)
        )
        self.connection.execute(_LEGS_POSTGRESQL, columns)
        names = (
            "ids", "days", "kinds", "memos", "actors", "keys", "asked", "metadata", "reverses", "reasons", "legs",
        )  # fmt: skip
        columns = dict(zip(names, map(list, zip(*map(self._row, ready), strict=True)), strict=True))
        at = [one.draft.recorded_at for one in ready]
        columns["recorded"] = [None if instant is None else to_micros(instant) for instant in at]
        rows = self.connection.execute(_ENTRIES_POSTGRESQL, columns | {"book": self.book_id, "version": VERSION})
        sealed = {row.id: row for row in rows}
        for one in ready:
            row = sealed[one.id]
            results[one.place] = Posted(row.seq, bytes(row.hash), False, one.id)


def _sides(draft: EntryDraft, known: Known) -> dict[str, tuple[int, int]]:
    """What will have moved on both sides of the draft's accounts, which a balance has to hold."""
    sides: dict[str, tuple[int, int]] = {}
    for posting in draft.postings:
        code, cents = posting.account, posting.amount_cents
        debits, credits = sides.get(code) or known.sides.get(code, (0, 0))
        sides[code] = (debits + cents, credits) if cents > 0 else (debits, credits - cents)
        if max(sides[code]) > LARGEST_CENTS:
            raise AmountTooLarge(value=max(sides[code]), limit=LARGEST_CENTS)
    return sides


def _require_taking(seq: int, original: Sequence[tuple[str, int]], draft: EntryDraft) -> None:
    """A part that takes nothing back would be no more than an obstacle to a reversal in full."""
    sums: dict[str, int] = {}
    for posting in draft.postings:
        sums[posting.account] = sums.get(posting.account, 0) + posting.amount_cents
    if not any(sums.values()):
        code = draft.postings[0].account
        moved = sum(cents for account, cents in original if account == code)
        raise BeyondOriginal(seq=seq, account=code, original_cents=moved, taken_cents=0)


def _plain(draft: EntryDraft) -> tuple[EntryDraft, str]:
    """The draft as it will be stored, its texts in NFC, and its metadata as JSON text."""
    check_form(draft)
    stated = correction_of(draft)
    metadata = canonical_json(dict(draft.metadata) | ({CORRECTION: stated} if stated else {}))
    plain = replace(
        draft,
        kind=nfc(draft.kind),
        memo=nfc(draft.memo),
        actor=nfc(draft.actor),
        idempotency_key=nfc(draft.idempotency_key),
        reason=None if draft.reason is None else nfc(draft.reason),
        postings=tuple(draft.postings),
    )
    return plain, metadata


def _context(ready: Sequence[_Ready]) -> dict[str, Any]:
    """What an error may tell when the database gives no particulars: of one entry, or the first of many."""
    draft = ready[0].draft
    return {
        "key": draft.idempotency_key,
        "entry_id": ready[0].id,
        "day": draft.effective_on,
        "month": month_of(draft.effective_on),
        "kind": draft.kind,
        "count": len(draft.postings),
        "account": ", ".join(posting.account for posting in draft.postings),
        "seq": draft.reverses,
        "value": max(abs(posting.amount_cents) for posting in draft.postings),
        "limit": LARGEST_CENTS,
    }
