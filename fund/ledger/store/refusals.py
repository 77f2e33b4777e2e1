"""What the database refuses, in our words: one table from its codes and constraint names to our errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from string import Formatter
from typing import Any

import sqlalchemy as sa

from fund.errors import FundError
from fund.errors.amounts import AmountTooLarge, InvalidMonth
from fund.errors.ledger import (
    AccountExists,
    AccountNotValid,
    AlreadyReplaced,
    AlreadyReversed,
    AppendOnly,
    BeyondOriginal,
    BookExists,
    BrokenChain,
    ClosedAccount,
    ClosedPeriod,
    EmptyText,
    EntryExists,
    IdempotencyConflict,
    InvalidAccount,
    InvalidSet,
    LimitExceeded,
    NotCanonical,
    NotReversed,
    NotTheMirror,
    PartlyReversed,
    PeriodOutOfOrder,
    PostingsWithoutEntry,
    SetLimitExceeded,
    TooFewPostings,
    UnbalancedEntry,
    UnfitAccount,
    UnknownAccount,
    UnknownBook,
    UnknownEntry,
    UnsealedAccount,
    WrongDay,
    WrongInstant,
    ZeroPosting,
)

REFUSALS: dict[str, type[FundError]] = {
    # raised by our triggers as 'ledger: <code>'
    "account_exists": AccountExists,
    "account_not_valid": AccountNotValid,
    "already_replaced": AlreadyReplaced,
    "already_reversed": AlreadyReversed,
    "amount_too_large": AmountTooLarge,
    "append_only": AppendOnly,
    "beyond_original": BeyondOriginal,
    "book_exists": BookExists,
    "broken_chain": BrokenChain,
    "closed_account": ClosedAccount,
    "closed_period": ClosedPeriod,
    "empty_text": EmptyText,
    "entry_exists": EntryExists,
    "idempotency_conflict": IdempotencyConflict,
    "limit_exceeded": LimitExceeded,
    "not_canonical": NotCanonical,
    "not_reversed": NotReversed,
    "not_the_mirror": NotTheMirror,
    "partly_reversed": PartlyReversed,
    "period_out_of_order": PeriodOutOfOrder,
    "set_limit_exceeded": SetLimitExceeded,
    "too_few_postings": TooFewPostings,
    "unbalanced_entry": UnbalancedEntry,
    "unfit_account": UnfitAccount,
    "unknown_account": UnknownAccount,
    "unknown_book": UnknownBook,
    "unknown_entry": UnknownEntry,
    "unsealed_account": UnsealedAccount,
    "wrong_day": WrongDay,
    "wrong_instant": WrongInstant,
    # constraints by name; SQLite names the columns of a unique one, and nothing for a foreign key
    "uq_book_name": BookExists,
    "book.name": BookExists,
    "uq_account_book_id_code": AccountExists,
    "account.book_id, account.code": AccountExists,
    "ck_account_code": InvalidAccount,
    "ck_account_type": InvalidAccount,
    "ck_account_layer": InvalidAccount,
    "ck_account_currency": InvalidAccount,
    "ck_account_days": WrongDay,
    "ck_account_set_days": WrongDay,
    "ck_account_normal_side": InvalidAccount,
    "ck_book_currency": InvalidAccount,
    "ck_account_set_texts": InvalidSet,
    "pk_entry": EntryExists,
    "entry.id": EntryExists,
    "pk_posting": EntryExists,
    "posting.entry_id, posting.position": EntryExists,
    "uq_entry_book_id_idempotency_key": IdempotencyConflict,
    "entry.book_id, entry.idempotency_key": IdempotencyConflict,
    "uq_entry_book_id_reverses_seq": AlreadyReversed,
    "entry.book_id, entry.reverses_seq": AlreadyReversed,
    "fk_entry_book_id_reverses_seq": UnknownEntry,
    "ck_entry_texts": EmptyText,
    "ck_entry_reason": EmptyText,
    "ck_entry_legs": TooFewPostings,
    "fk_posting_entry_id_legs": PostingsWithoutEntry,
    "fk_posting_account_id": UnknownAccount,
    "ck_posting_amount": ZeroPosting,
    "ck_period_month": InvalidMonth,
    "FOREIGN KEY constraint failed": PostingsWithoutEntry,
    "integer overflow": AmountTooLarge,
    "22003": AmountTooLarge,
}

_SQLITE_CONSTRAINT = re.compile(r"(?:UNIQUE|CHECK) constraint failed: (.+)")


def refusal_of(problem: sa.exc.DBAPIError, known: Mapping[str, Any] | None = None) -> FundError | None:
    """The refusal behind a database error; ``None`` where it is none of ours.

    Args:
        known: What the caller knows of the case; what the database tells goes before it.
    """
    code, stated = _details(problem.orig)
    error = REFUSALS.get(code)
    if error is None:
        return None
    places = {name for _text, name, _spec, _conv in Formatter().parse(error.message + error.hint) if name}
    details = dict.fromkeys(places, "?") | dict(known or {}) | stated
    return error(**details)


def _details(original: BaseException | None) -> tuple[str, dict[str, Any]]:
    diagnosis = getattr(original, "diag", None)
    if diagnosis is not None:
        message = diagnosis.message_primary or ""
        if message.startswith("ledger: "):
            return message.removeprefix("ledger: "), json.loads(diagnosis.message_detail or "{}")
        return diagnosis.constraint_name or getattr(original, "sqlstate", None) or "", {}
    text = str(original)
    if text.startswith("ledger: "):
        return text.removeprefix("ledger: "), {}
    found = _SQLITE_CONSTRAINT.fullmatch(text)
    if found:
        return found.group(1), {}
    if "cannot store REAL value in INTEGER column" in text:
        return "integer overflow", {}
    return text, {}


@contextmanager
def refusals(known: Mapping[str, Any] | None = None) -> Iterator[None]:
    """What the database refuses inside is raised by its own name."""
    try:
        yield
    except sa.exc.DBAPIError as problem:
        refusal = refusal_of(problem, known)
        if refusal is None:
            raise
        raise refusal from problem
