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
from fund.errors import ledger as errors
from fund.errors.amounts import AmountTooLarge, InvalidMonth

_RAISED: list[type[FundError]] = [
    AmountTooLarge,
    *(error for error in vars(errors).values() if isinstance(error, type) and issubclass(error, FundError)),
]

REFUSALS: dict[str, type[FundError]] = {
    # raised by our triggers as 'ledger: <code>'
    **{error.code(): error for error in _RAISED},
    # constraints by name; SQLite names the columns of a unique one, and nothing for a foreign key
    "uq_book_name": errors.BookExists,
    "book.name": errors.BookExists,
    "uq_account_book_id_code": errors.AccountExists,
    "account.book_id, account.code": errors.AccountExists,
    "ck_account_code": errors.InvalidAccount,
    "ck_account_type": errors.InvalidAccount,
    "ck_account_layer": errors.InvalidAccount,
    "ck_account_currency": errors.InvalidAccount,
    "ck_account_days": errors.WrongDay,
    "ck_account_set_days": errors.WrongDay,
    "ck_account_normal_side": errors.InvalidAccount,
    "ck_book_currency": errors.InvalidAccount,
    "ck_account_set_texts": errors.InvalidSet,
    "pk_entry": errors.EntryExists,
    "entry.id": errors.EntryExists,
    "pk_posting": errors.EntryExists,
    "posting.entry_id, posting.position": errors.EntryExists,
    "uq_entry_book_id_idempotency_key": errors.IdempotencyConflict,
    "entry.book_id, entry.idempotency_key": errors.IdempotencyConflict,
    "uq_entry_book_id_reverses_seq": errors.AlreadyReversed,
    "entry.book_id, entry.reverses_seq": errors.AlreadyReversed,
    "fk_entry_book_id_reverses_seq": errors.UnknownEntry,
    "ck_entry_texts": errors.EmptyText,
    "ck_entry_reason": errors.EmptyText,
    "ck_entry_legs": errors.TooFewPostings,
    "fk_posting_entry_id_legs": errors.PostingsWithoutEntry,
    "fk_posting_account_id": errors.UnknownAccount,
    "ck_posting_amount": errors.ZeroPosting,
    "ck_period_month": InvalidMonth,
    "FOREIGN KEY constraint failed": errors.PostingsWithoutEntry,
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
