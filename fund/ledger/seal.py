"""The canonical form and the hash chain; pure, and used for the fund's events as well.

A field is written as ``<number of bytes>:<UTF-8 text>,`` and an absent one as ``-,``, so two different rows can never
give the same bytes, whatever their texts contain. PL/pgSQL writes the same, in
``migrations/sql/seal.v1.postgresql.sql``; ``tests/ledger/vectors.json`` holds examples that both must give.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fund.errors.ledger import NotCanonical
from fund.language import _
from fund.ledger.journal import SealedLeg

GENESIS = bytes(32)
"""The previous hash of the first link of a chain."""

VERSION = 1
ENTRY_TAG = "entry"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True).encode


def nfc(text: str) -> str:
    """``text`` in Unicode normal form C, the only form that is stored and hashed.

    Raises:
        NotCanonical: It holds a zero character or half a surrogate pair, which a database cannot keep.
    """
    if "\x00" in text:
        raise NotCanonical(value=repr(text), reason=_("it holds a zero character"))
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as problem:
        raise NotCanonical(value=repr(text), reason=_("it holds half a surrogate pair")) from problem
    return unicodedata.normalize("NFC", text)


def canonical(fields: Iterable[Any], *, exact: bool = False) -> bytes:
    """The bytes that are sealed: every field, in the order given.

    Args:
        fields: Text, whole numbers (decimal), days (ISO), instants with a time zone (microseconds since 1970 UTC),
            bytes (hexadecimal), mappings (canonical JSON), ``None``; a list is one field that holds its members' form.
        exact: Take text as it is, instead of bringing it to NFC: for stored text that is being verified.

    Raises:
        NotCanonical: A float, a bool, an instant without a zone, or text that no database can keep.
    """
    return b"".join(_field(field, exact) for field in fields)


def _field(value: Any, exact: bool) -> bytes:
    if value is None:
        return b"-,"
    data = _bytes(value, exact)
    return b"%d:%s," % (len(data), data)


def _bytes(value: Any, exact: bool) -> bytes:
    if isinstance(value, str):
        return (value if exact else nfc(value)).encode("utf-8", "surrogateescape" if exact else "strict")
    if isinstance(value, int) and not isinstance(value, bool):
        return b"%d" % value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise NotCanonical(value=repr(value), reason=_("an instant needs its time zone"))
        return b"%d" % ((value - _EPOCH) // timedelta(microseconds=1))
    if isinstance(value, date):
        return value.isoformat().encode()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex().encode()
    if isinstance(value, Mapping):
        return canonical_json(value).encode()
    if isinstance(value, (list, tuple)):
        return canonical(value, exact=exact)
    raise NotCanonical(value=repr(value), reason=_("{type} has no canonical form").format(type=type(value).__name__))


def canonical_json(value: Any) -> str:
    """``value`` as the one JSON text that is stored and hashed: sorted keys, no spaces, whole numbers, NFC.

    Raises:
        NotCanonical: A float, a key that is not text, two keys that are the same text, or another kind of value.
    """
    return _encode(_plain(value))


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return nfc(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Mapping):
        plain: dict[str, Any] = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotCanonical(value=repr(key), reason=_("a key is text"))
            name = nfc(key)
            if name in plain:
                raise NotCanonical(value=repr(key), reason=_("the key is given twice"))
            plain[name] = _plain(item)
        return plain
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    raise NotCanonical(value=repr(value), reason=_("{type} is not kept in metadata").format(type=type(value).__name__))


def seal(previous: bytes, canonical: bytes, tag: str = "event", version: int = VERSION) -> bytes:
    """The hash that binds ``canonical`` to everything before it: 32 bytes of SHA-256.

    Args:
        previous: The hash of the link before; ``GENESIS`` for the first.
        canonical: What :func:`canonical` gave.
        tag: What kind of chain this is, so that a link of one can never pass for a link of another.
        version: The version of the canonical form.
    """
    head = b"".join(_field(field, True) for field in (tag, version, previous))
    return hashlib.sha256(b"%s%d:%s," % (head, len(canonical), canonical)).digest()


SEALED = {
    "account-change": (
        "number", "code", "name", "type", "layer", "currency", "normal_side", "min_balance_cents", "max_balance_cents",
        "status", "limit_kinds", "valid_from", "valid_until", "head_seq", "head_hash", "recorded_at",
    ),
    "account-set": (
        "number", "name", "members", "min_balance_cents", "max_balance_cents", "kinds", "valid_from", "valid_until",
        "head_seq", "head_hash", "actor", "recorded_at",
    ),
    "anchor": (
        "number", "head_seq", "head_hash", "root", "legs", "trial_balance_hash", "periods", "period_hash", "sets",
        "set_hash", "recorded_at", "public_key",
    ),
    "period": (
        "number", "month", "status", "head_seq", "head_hash", "trial_balance_hash", "actor", "second_actor", "reason",
        "recorded_at",
    ),
}  # fmt: skip
"""The chains beside that of the entries, by their tags: their columns that are sealed, after the name of the book."""


def step_hash(tag: str, book: str, row: Mapping[str, Any]) -> bytes:
    """The seal of a row of one of these chains."""
    fields = (book, *(row[name] for name in SEALED[tag]))
    return seal(row["previous_hash"], canonical(fields, exact=True), tag, row["version"])


# ------------------------------------------------------------------------------------------------------------ entries


def entry_id(book: str, idempotency_key: str) -> str:
    """The id of an entry, from its book and key: the same command makes the same id, whenever it runs."""
    return "ent_" + hashlib.sha256(canonical((book, idempotency_key))).hexdigest()[:24]


def request_bytes(
    *,
    book: str,
    idempotency_key: str,
    effective_on: date | str,
    kind: str,
    memo: str,
    actor: str,
    metadata: str,
    reverses: int | None,
    reason: str | None,
    legs: Iterable[SealedLeg],
) -> bytes:
    """What was asked, without when and where it was written: the part that a repeated request must share.

    Args:
        metadata: Its JSON text as stored.
        legs: The legs with what their accounts are, in order.
    """
    fields = (book, idempotency_key, effective_on, kind, memo, actor, metadata, reverses, reason)
    body = b"".join(canonical(leg, exact=True) for leg in legs)
    return canonical(fields, exact=True) + b"%d:%s," % (len(body), body)


def request_hash(request: bytes, version: int = VERSION) -> bytes:
    """The hash by which a repeated request is recognised."""
    return seal(GENESIS, request, "request", version)


def entry_bytes(seq: int, recorded_at_micros: int, id: str, request: bytes) -> bytes:
    """The canonical form of an entry: its place, its instant, its id, and all that was asked."""
    return canonical((seq, recorded_at_micros, id), exact=True) + request


def entry_hash(previous: bytes, body: bytes, version: int = VERSION) -> bytes:
    """The seal of an entry."""
    return seal(previous, body, ENTRY_TAG, version)
