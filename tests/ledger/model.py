"""The ledger a second time, in lists: what was written, in order, and every answer worked out from the first entry on.

It keeps no sums and no standing; that is the store's way. What it refuses it refuses by set: all that is wrong with a
draft, of which the ledger may name any one.
"""

from __future__ import annotations

import copy
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from fund.errors import FundError
from fund.errors.amounts import AmountTooLarge, NotIntegerCents
from fund.errors.ledger import (
    AccountNotValid,
    AlreadyReplaced,
    AlreadyReversed,
    BeyondOriginal,
    ClosedAccount,
    ClosedPeriod,
    EmptyText,
    IdempotencyConflict,
    InvalidAccount,
    LimitExceeded,
    NotCanonical,
    NotReversed,
    NotTheMirror,
    PartlyReversed,
    ReservedMetadata,
    SetLimitExceeded,
    TooFewPostings,
    UnbalancedEntry,
    UnknownAccount,
    UnknownEntry,
    UnknownReasonCode,
    WrongDay,
    WrongInstant,
    ZeroPosting,
)
from fund.ledger import EntryDraft, ReasonCode

Refusals = set[type[FundError]]
Answer = tuple[int, bool] | Refusals
"""Number and whether it stood there before; or what is wrong."""

LARGEST = 2**63 - 1
CODE = re.compile(r"[A-Za-z0-9_-]{1,40}(\.[A-Za-z0-9_-]{1,80})?")


def nfc(text: Any) -> Any:
    return unicodedata.normalize("NFC", text) if isinstance(text, str) else text


def main_of(code: str) -> str:
    return code.split(".")[0]


def month_of(day: date) -> str:
    return f"{day.year:04}-{day.month:02}"


def first_of(month: str) -> date:
    return date(int(month[:4]), int(month[5:]), 1)


def next_month(month: str) -> str:
    return month_of(first_of(month) + timedelta(days=32))


def month_before(month: str) -> str:
    return month_of(first_of(month) - timedelta(days=1))


def last_of(month: str) -> date:
    return first_of(next_month(month)) - timedelta(days=1)


@dataclass
class ModelAccount:
    layer: str
    currency: str
    open: bool = True
    least: int | None = None
    most: int | None = None
    kinds: tuple[str, ...] | None = None
    valid_from: date = date.min
    valid_until: date = date.max


@dataclass(frozen=True)
class ModelSet:
    name: str
    members: Mapping[str, int]
    least: int | None
    most: int | None
    kinds: tuple[str, ...] | None
    valid_from: date
    valid_until: date


@dataclass(frozen=True)
class Step:
    month: str
    status: str
    seq: int
    frozen: tuple[Any, ...] | None = None


@dataclass(frozen=True)
class Line:
    """A leg with all that its entry says of it."""

    on: date
    seq: int
    position: int
    code: str
    cents: int
    kind: str


@dataclass
class Model:
    """One book."""

    currency: str
    accounts: dict[str, ModelAccount] = field(default_factory=dict)
    entries: list[EntryDraft] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    sets: list[ModelSet] = field(default_factory=list)
    anchored: list[int] = field(default_factory=list)

    # -------------------------------------------------------------------------------------------------- what it says

    def lines(
        self,
        code: str | None = None,
        *,
        since: date = date.min,
        as_of: date | None = None,
        known_at: int | None = None,
        kinds: Sequence[str] | None = None,
        without: Sequence[str] = (),
    ) -> Iterator[Line]:
        """The legs on an account, or a main account with its sub-accounts, in the order they were written."""
        for seq, one in enumerate(self.entries[:known_at] if known_at is not None else self.entries, start=1):
            if not since <= one.effective_on <= (as_of or date.max) or one.kind in without:
                continue
            if kinds is not None and one.kind not in kinds:
                continue
            for position, leg in enumerate(one.postings, start=1):
                if code is None or leg.account == code or main_of(leg.account) == code:
                    yield Line(one.effective_on, seq, position, leg.account, leg.amount_cents, one.kind)

    def balance(self, code: str, **asked: Any) -> int:
        return sum(line.cents for line in self.lines(code, **asked))

    def turnover(self, code: str, **asked: Any) -> tuple[int, int]:
        cents = [line.cents for line in self.lines(code, **asked)]
        return sum(one for one in cents if one > 0), -sum(one for one in cents if one < 0)

    def knows(self, code: str) -> bool:
        return code in self.accounts or main_of(code) in self.accounts

    def balances(self, **asked: Any) -> dict[str, int]:
        sums = dict.fromkeys(sorted(self.accounts), 0)
        for line in self.lines(**asked):
            sums[line.code] += line.cents
        return sums

    def trial_balance(self, **asked: Any) -> tuple[tuple[Any, ...], ...]:
        sides: dict[str, list[int]] = {}
        for line in self.lines(**asked):
            sides.setdefault(line.code, [0, 0])[line.cents < 0] += abs(line.cents)
        kept = self.accounts
        return tuple((code, kept[code].layer, kept[code].currency, *sides[code]) for code in sorted(sides))

    def card(
        self, code: str, *, since: date, as_of: date | None, since_seq: int, known_at: int | None
    ) -> list[tuple[int, str, int, int]]:
        shown, balance = [], 0
        found = self.lines(code, as_of=as_of, known_at=known_at)
        for line in sorted(found, key=lambda line: (line.on, line.seq, line.position)):
            balance += line.cents
            if line.on >= since and line.seq > since_seq:
                shown.append((line.seq, line.code, line.cents, balance))
        return shown

    def standing(self, month: str, known_at: int | None = None) -> str:
        taken = [step for step in self.steps if known_at is None or step.seq <= known_at]
        own = [step.status for step in taken if step.month == month]
        if own:
            return own[-1]
        return "closed" if any(month < step.month for step in taken) else "open"

    def periods(self, known_at: int | None = None) -> list[tuple[str, str]]:
        taken = sorted({step.month for step in self.steps if known_at is None or step.seq <= known_at})
        return [(month, self.standing(month, known_at)) for month in taken]

    def correcting(self, name: str, seq: int, known_at: int | None = None) -> list[int]:
        """The numbers of the entries that correct entry ``seq`` in this way."""
        known = self.entries if known_at is None else self.entries[:known_at]
        return [place for place, one in enumerate(known, start=1) if getattr(one, name) == seq]

    def find(self, key: str) -> int | None:
        return next((place for place, one in enumerate(self.entries, 1) if nfc(one.idempotency_key) == nfc(key)), None)

    # ------------------------------------------------------------------------------------------------------- posting

    def attempt(self, drafts: Sequence[EntryDraft]) -> tuple[list[Answer], Model]:
        """What each of these would be answered, one after the other, and the book as it would be then."""
        after = copy.copy(self)
        after.accounts, after.entries = dict(self.accounts), list(self.entries)
        return [after._post(one) for one in drafts], after

    def _post(self, draft: EntryDraft) -> Answer:
        faults = form_faults(draft)
        stands = None if faults else self.find(draft.idempotency_key)
        if stands is not None:
            return (stands, True) if said(self.entries[stands - 1]) == said(draft) else {IdempotencyConflict}
        if faults:
            return faults
        for leg in draft.postings:
            if CODE.fullmatch(leg.account) is None:
                faults |= {InvalidAccount, UnknownAccount}
            elif not self.knows(leg.account):
                faults.add(UnknownAccount)
        if faults:
            return faults
        opened = {leg.account: copy.copy(self._account(leg.account)) for leg in draft.postings}
        faults = self._account_faults(draft, opened) | self._correction_faults(draft)
        standing = self.standing(month_of(draft.effective_on))
        if standing == "closed" or (standing == "locked" and draft.kind not in ("adjusting", "closing")):
            faults.add(ClosedPeriod)
        if faults:
            return faults
        self.accounts |= {code: account for code, account in opened.items() if code not in self.accounts}
        self.entries.append(draft)
        return len(self.entries), False

    def _account(self, code: str) -> ModelAccount:
        if code in self.accounts:
            return self.accounts[code]
        main = copy.copy(self.accounts[main_of(code)])
        main.least = main.most = main.kinds = None
        return main

    def _account_faults(self, draft: EntryDraft, opened: Mapping[str, ModelAccount]) -> Refusals:
        faults: Refusals = set()
        sums: dict[tuple[str, str], int] = {}
        sides: dict[tuple[str, str, bool], int] = {}
        for leg in draft.postings:
            account = opened[leg.account]
            if not account.open:
                faults.add(ClosedAccount)
            if not account.valid_from <= draft.effective_on <= account.valid_until:
                faults.add(AccountNotValid)
            layer, cents = (account.layer, account.currency), leg.amount_cents
            sums[layer] = sums.get(layer, 0) + cents
            sides[*layer, cents > 0] = sides.get((*layer, cents > 0), 0) + abs(cents)
        if any(sums.values()):
            faults.add(UnbalancedEntry)
        if any(side > LARGEST for side in sides.values()):
            faults.add(AmountTooLarge)
        for code in opened:
            debits, credits = self.turnover(code) if code in self.accounts else (0, 0)
            own = [leg.amount_cents for leg in draft.postings if leg.account == code]
            if max(debits + sum(c for c in own if c > 0), credits - sum(c for c in own if c < 0)) > LARGEST:
                faults.add(AmountTooLarge)
        for code, account in opened.items():
            bound = account.kinds is None or draft.kind in account.kinds
            if bound and self._beyond(draft, {code: 1}, account.least, account.most, exact=True):
                faults.add(LimitExceeded)
        for one in self.in_force(draft.effective_on):
            bound = one.kinds is None or draft.kind in one.kinds
            if bound and self._beyond(draft, one.members, one.least, one.most):
                faults.add(SetLimitExceeded)
        return faults

    def in_force(self, day: date) -> list[ModelSet]:
        """Of each name the last set that speaks of the day."""
        speaking = [one for one in self.sets if one.valid_from <= day <= one.valid_until]
        return list({one.name: one for one in speaking}.values())

    def _beyond(
        self, draft: EntryDraft, members: Mapping[str, int], least: int | None, most: int | None, *, exact: bool = False
    ) -> bool:
        """Whether the draft would worsen a sum that is out of bounds on its day or a later one."""

        def counted(code: str, cents: int) -> int:
            return cents * members.get(code if exact else main_of(code), 0)

        moved = sum(counted(leg.account, leg.amount_cents) for leg in draft.postings)
        days = {line.on for line in self.lines()} | {draft.effective_on}
        standing = [
            moved + sum(counted(line.code, line.cents) for line in self.lines(as_of=day))
            for day in days
            if day >= draft.effective_on
        ]
        if moved < 0 and least is not None and min(standing) < least:
            return True
        return moved > 0 and most is not None and max(standing) > most

    def _correction_faults(self, draft: EntryDraft) -> Refusals:
        faults: Refusals = set()
        for seq in (draft.reverses, draft.part_of, draft.replaces):
            if seq is not None and not 1 <= seq <= len(self.entries):
                return {UnknownEntry}
            if seq is not None and seq != draft.replaces and self.correcting("reverses", seq):
                faults.add(AlreadyReversed)
        if draft.reverses is not None:
            if self.correcting("part_of", draft.reverses):
                faults.add(PartlyReversed)
            original = self.entries[draft.reverses - 1].postings
            if [(leg.account, -leg.amount_cents) for leg in original] != [
                (leg.account, leg.amount_cents) for leg in draft.postings
            ]:
                faults.add(NotTheMirror)
        if draft.part_of is not None and self._beyond_original(draft, draft.part_of):
            faults.add(BeyondOriginal)
        if draft.replaces is not None:
            if not self.correcting("reverses", draft.replaces) and not self.correcting("part_of", draft.replaces):
                faults.add(NotReversed)
            if self.correcting("replaces", draft.replaces):
                faults.add(AlreadyReplaced)
        return faults

    def _beyond_original(self, draft: EntryDraft, seq: int) -> bool:
        if not any(sum(leg.amount_cents for leg in draft.postings if leg.account == code) for code in codes_of(draft)):
            return True  # it takes nothing back
        parts = [draft, *(self.entries[place - 1] for place in self.correcting("part_of", seq))]
        for code in {leg.account for one in parts for leg in one.postings}:
            was = sum(leg.amount_cents for leg in self.entries[seq - 1].postings if leg.account == code)
            taken = sum(leg.amount_cents for one in parts for leg in one.postings if leg.account == code)
            if not min(0, -was) <= taken <= max(0, -was):
                return True
        return False

    # --------------------------------------------------------------------------------------------------------- months

    def step(self, month: str, wanted: str, *people: str) -> bool:
        """Whether the month may take this step; when it may, it has."""
        was, touched = self.standing(month), {step.month for step in self.steps}
        if month not in touched and was == "closed":
            return False  # the book began later
        before, after = self.standing(month_before(month)), self.standing(next_month(month))
        if wanted == "locked":
            if not touched:
                allowed = not any(one.effective_on < first_of(month) for one in self.entries)
            else:
                allowed = was == "open" and (month == min(touched) or before != "open")
        elif wanted == "closed":
            allowed = was == "locked" and (before == "closed" or month == min(touched))
        else:
            allowed = was != "open" and after == "open" and len({nfc(one) for one in people if one.strip()}) == 2
        if allowed:
            frozen = self.trial_balance(as_of=last_of(month)) if wanted == "closed" else None
            self.steps.append(Step(month, wanted, len(self.entries), frozen))
        return allowed


def codes_of(draft: EntryDraft) -> set[str]:
    return {leg.account for leg in draft.postings}


def said(draft: EntryDraft) -> tuple[Any, ...]:
    """What a repeated request must share: everything but when it was written."""
    return (
        draft.effective_on,
        *(nfc(text) for text in (draft.kind, draft.memo, draft.actor, draft.idempotency_key, draft.reason)),
        nfc(json.dumps(draft.metadata, sort_keys=True, ensure_ascii=False)),
        draft.reverses,
        draft.part_of,
        draft.replaces,
        None if draft.reason_code is None else str(draft.reason_code),
        tuple((leg.account, leg.amount_cents) for leg in draft.postings),
    )


def form_faults(draft: EntryDraft) -> Refusals:
    """What is wrong with a draft whatever the book holds."""
    faults: Refusals = set()
    if not isinstance(draft.effective_on, date) or isinstance(draft.effective_on, datetime):
        faults.add(WrongDay)
    at = draft.recorded_at
    if at is not None and (not isinstance(at, datetime) or at.tzinfo is None):
        faults.add(WrongInstant)
    texts: list[Any] = [draft.kind, draft.memo, draft.actor, draft.idempotency_key]
    if draft.reverses is not None or draft.part_of is not None:
        texts.append(draft.reason or "")
    if any(not isinstance(text, str) or not text.strip() for text in texts):
        faults.add(EmptyText)
    if any(re.search("[\x00\ud800-\udfff]", text) for text in [*texts, draft.reason] if isinstance(text, str)):
        faults.add(NotCanonical)
    if re.search(r"\bNaN\b|\d\.\d|\\u0000", json.dumps(draft.metadata, default=str)):
        faults.add(NotCanonical)
    if "correction" in draft.metadata:
        faults.add(ReservedMetadata)
    if draft.reason_code is not None and draft.reason_code not in list(ReasonCode):
        faults.add(UnknownReasonCode)
    if len(draft.postings) < 2:
        faults.add(TooFewPostings)
    for leg in draft.postings:
        if type(leg.amount_cents) is not int:
            faults.add(NotIntegerCents)
        elif abs(leg.amount_cents) > LARGEST:
            faults.add(AmountTooLarge)
        elif leg.amount_cents == 0:
            faults.add(ZeroPosting)
    return faults
