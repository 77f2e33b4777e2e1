"""Entries and their postings, the rule that they balance, and the mirror that reverses them; pure.

A draft is what somebody asks for; an entry is what was written. Debits are positive, credits negative, and nobody
writes that sign: :func:`debit` and :func:`credit` do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from fund.errors.amounts import AmountTooLarge
from fund.errors.ledger import (
    BeyondOriginal,
    EmptyText,
    LimitExceeded,
    NotPositive,
    ReservedMetadata,
    SetLimitExceeded,
    TooFewPostings,
    UnbalancedEntry,
    UnknownReasonCode,
    WrongDay,
    WrongInstant,
    ZeroPosting,
)
from fund.ledger.accounts import Account, AccountSet, Layer
from fund.money import LARGEST_CENTS, require_cents

ADJUSTING = "adjusting"
CLOSING = "closing"
REVERSAL = "reversal"
CORRECTION = "correction"
"""Under this name the metadata of an entry say what it corrects; nobody else uses it."""


class ReasonCode(StrEnum):
    """Why an entry is corrected, in a word that can be counted; the reason itself says it in a sentence."""

    DUPLICATE = "duplicate"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_ACCOUNT = "wrong_account"
    WRONG_DAY = "wrong_day"
    WRONG_PARTY = "wrong_party"
    NOT_DUE = "not_due"
    OTHER = "other"


class SealedLeg(NamedTuple):
    """A leg as it is sealed: what its account was, and the amount."""

    code: str
    type: str
    layer: str
    currency: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Posting:
    """One leg of an entry: an account code and its amount in cents, debit positive."""

    account: str
    amount_cents: int


def debit(account: str, cents: int) -> Posting:
    """A leg on the left side.

    Raises:
        NotIntegerCents, AmountTooLarge: ``cents`` is no whole number that fits.
        NotPositive: ``cents`` is zero or less: that would be a credit, or nothing.
    """
    return Posting(account, _positive(account, cents))


def credit(account: str, cents: int) -> Posting:
    """A leg on the right side; refuses as :func:`debit` does."""
    return Posting(account, -_positive(account, cents))


def _positive(account: str, cents: int) -> int:
    if require_cents(cents) <= 0:
        raise NotPositive(account=account, value=cents)
    return cents


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDraft:
    """An entry somebody asks for.

    Attributes:
        effective_on: The accounting day; its period is open.
        kind: What sort of entry it is, a word of the caller's; ``adjusting`` and ``closing`` are known to the ledger.
        actor: Who causes it: an id, never a name.
        idempotency_key: Unique for ever within the book: the same key with the same content is the same entry.
        metadata: Text, whole numbers, lists and mappings; an event's id stands under ``event_id``.
        recorded_at: When it is written; the database's clock when absent, and never before the previous entry.
        reverses: The sequence number of the entry that this one undoes in full.
        reason: Why, for a reversal.
        part_of: The sequence number of the entry of which this one takes back a part.
        replaces: The sequence number of the entry, taken back before, in whose place this one comes.
        reason_code: Why, in one of the words of :class:`ReasonCode`.
    """

    effective_on: date
    kind: str
    memo: str
    actor: str
    idempotency_key: str
    postings: Sequence[Posting]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    recorded_at: datetime | None = None
    reverses: int | None = None
    reason: str | None = None
    part_of: int | None = None
    replaces: int | None = None
    reason_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry as it was written, with its place in the chain; ``postings`` in the order of their positions."""

    id: str
    seq: int
    effective_on: date
    kind: str
    memo: str
    actor: str
    idempotency_key: str
    metadata: Mapping[str, Any]
    recorded_at: datetime
    reverses: int | None
    reason: str | None
    version: int
    previous_hash: bytes
    hash: bytes
    postings: tuple[Posting, ...]

    @property
    def part_of(self) -> int | None:
        """The number of the entry of which this one takes back a part."""
        number: int | None = self._correction("part_of")
        return number

    @property
    def replaces(self) -> int | None:
        """The number of the entry in whose place this one came."""
        number: int | None = self._correction("replaces")
        return number

    @property
    def reason_code(self) -> ReasonCode | None:
        """Why, in a word, where it corrects something."""
        code = self._correction("reason_code")
        return None if code is None else ReasonCode(code)

    def _correction(self, name: str) -> Any:
        stated = self.metadata.get(CORRECTION)
        return stated.get(name) if isinstance(stated, Mapping) else None


@dataclass(frozen=True, slots=True)
class Posted:
    """Where an entry stands in the chain; ``replayed`` when it stood there before it was asked for again."""

    seq: int
    hash: bytes
    replayed: bool
    entry_id: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a book's chain; 0 and 32 zero bytes when it has none."""

    seq: int
    hash: bytes


def check_form(draft: EntryDraft) -> None:
    """Nothing, when the draft can be an entry as far as it alone can tell.

    Raises:
        WrongDay, WrongInstant: The accounting day is no day, or the instant has no time zone.
        EmptyText: Kind, memo, actor or key says nothing; a reversal without a reason.
        TooFewPostings: Fewer than two legs.
        NotIntegerCents, AmountTooLarge, ZeroPosting: An amount that is no amount.
        ReservedMetadata, UnknownReasonCode: What a correction says stands in the metadata, or is no reason.
    """
    if not isinstance(draft.effective_on, date) or isinstance(draft.effective_on, datetime):
        raise WrongDay(value=repr(draft.effective_on))
    if draft.recorded_at is not None and (
        not isinstance(draft.recorded_at, datetime) or draft.recorded_at.tzinfo is None
    ):
        raise WrongInstant(value=repr(draft.recorded_at))
    for name, text in (
        ("kind", draft.kind),
        ("memo", draft.memo),
        ("actor", draft.actor),
        ("idempotency_key", draft.idempotency_key),
    ):
        if not isinstance(text, str) or not text.strip():
            raise EmptyText(field=name, value=repr(text))
    if (draft.reverses is not None or draft.part_of is not None) and not (draft.reason or "").strip():
        raise EmptyText(field="reason", value=repr(draft.reason))
    if CORRECTION in draft.metadata:
        raise ReservedMetadata(key=draft.idempotency_key, name=CORRECTION)
    if draft.reason_code is not None and draft.reason_code not in list(ReasonCode):
        raise UnknownReasonCode(reason_code=draft.reason_code, known=[code.value for code in ReasonCode])
    if len(draft.postings) < 2:
        raise TooFewPostings(key=draft.idempotency_key, count=len(draft.postings))
    for posting in draft.postings:
        if require_cents(posting.amount_cents) == 0:
            raise ZeroPosting(key=draft.idempotency_key, account=posting.account)


class PeriodStatus(StrEnum):
    """What a month takes: everything, ``adjusting`` and ``closing`` entries only, nothing."""

    OPEN = "open"
    LOCKED = "locked"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Period:
    """The status of a month, or one step in its life.

    Attributes:
        head_seq: The last entry when the step was taken; 0 for a month nobody touched.
        second_actor: The second person of a step that two take.
        trial_balance_hash: What a closed month froze: the trial balance as of its last day.
    """

    month: str
    status: PeriodStatus
    head_seq: int = 0
    actor: str | None = None
    second_actor: str | None = None
    reason: str | None = None
    recorded_at: datetime | None = None
    trial_balance_hash: bytes | None = None

    @property
    def starts_on(self) -> date:
        """Its first day."""
        return date.fromisoformat(self.month + "-01")

    @property
    def ends_on(self) -> date:
        """Its last day."""
        return (self.starts_on + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def month_of(day: date) -> str:
    """The month of a day: ``2027-03``."""
    return day.isoformat()[:7]


def check_balanced(draft: EntryDraft, accounts: Mapping[str, Account]) -> None:
    """Nothing, when the legs sum to zero within each layer and currency.

    Raises:
        UnbalancedEntry: They do not; names the layer, both sides and the difference.
        AmountTooLarge: One side is more than a balance can hold.
    """
    sides: dict[tuple[Layer, str], list[int]] = {}
    for posting in draft.postings:
        account = accounts[posting.account]
        sums = sides.setdefault((account.layer, account.currency), [0, 0])
        sums[posting.amount_cents < 0] += abs(posting.amount_cents)
    for (layer, currency), (debits, credits) in sides.items():
        if debits != credits:
            raise UnbalancedEntry(
                key=draft.idempotency_key,
                layer=layer.value,
                currency=currency,
                debit_cents=debits,
                credit_cents=credits,
                difference_cents=debits - credits,
            )
        if debits > LARGEST_CENTS:
            raise AmountTooLarge(value=debits, limit=LARGEST_CENTS)


def check_limits(account: Account, moved: Mapping[date, int], on: date, cents: int) -> None:
    """Nothing, when the account keeps its limits on ``on`` and every later day with ``cents`` more.

    An entry that does not worsen a balance passes, even where a limit is exceeded already.

    Args:
        moved: What moved on the account by day, in cents, debit positive.

    Raises:
        LimitExceeded: The balance of some day would be out of bounds; names the worst.
    """
    for balance, limit in _beyond(account, moved, on, cents):
        raise LimitExceeded(account=account.code, balance_cents=balance, limit_cents=limit)


def check_set(bound: AccountSet, moved: Mapping[date, int], on: date, cents: int) -> None:
    """Nothing, when the set keeps its limits as :func:`check_limits` has it.

    Raises:
        SetLimitExceeded: The sum of some day would be out of bounds; names the worst.
    """
    for balance, limit in _beyond(bound, moved, on, cents):
        raise SetLimitExceeded(set=bound.name, balance_cents=balance, limit_cents=limit)


def _beyond(bound: Account | AccountSet, moved: Mapping[date, int], on: date, cents: int) -> Iterator[tuple[int, int]]:
    """The worst balance of ``on`` and later days with the limit that ``cents`` more would break, if any."""
    least, most = bound.min_balance_cents, bound.max_balance_cents
    balance = sum(moved[day] for day in moved if day <= on) + cents
    lowest = highest = balance
    for day in sorted(day for day in moved if day > on):
        balance += moved[day]
        lowest, highest = min(lowest, balance), max(highest, balance)
    if cents < 0 and least is not None and lowest < least:
        yield lowest, least
    if cents > 0 and most is not None and highest > most:
        yield highest, most


def correction_of(draft: EntryDraft) -> dict[str, Any]:
    """What the metadata say of the correction that a draft is; empty when it corrects nothing."""
    stated = {
        "part_of": draft.part_of,
        "replaces": draft.replaces,
        "reason_code": None if draft.reason_code is None else str(draft.reason_code),
    }
    return {name: value for name, value in stated.items() if value is not None}


def check_part(
    seq: int, original: Sequence[tuple[str, int]], taken: Mapping[str, int], postings: Sequence[Posting]
) -> dict[str, int]:
    """What all parts together have taken back by account, with these postings; bounded by the original.

    Args:
        original: The legs of entry ``seq``.
        taken: What earlier parts took back.

    Raises:
        BeyondOriginal: On some account it is more than the original moved, or the same way; names it.
    """
    was: dict[str, int] = {}
    for code, cents in original:
        was[code] = was.get(code, 0) + cents
    now = dict(taken)
    for posting in postings:
        now[posting.account] = now.get(posting.account, 0) + posting.amount_cents
    for code, cents in sorted(now.items()):
        moved = was.get(code, 0)
        if (cents > 0 and cents > -moved) or (cents < 0 and cents < -moved):
            raise BeyondOriginal(seq=seq, account=code, original_cents=moved, taken_cents=cents)
    return now


def mirror(postings: Sequence[Posting]) -> tuple[Posting, ...]:
    """The legs that undo ``postings``, position by position."""
    return tuple(Posting(posting.account, -posting.amount_cents) for posting in postings)
