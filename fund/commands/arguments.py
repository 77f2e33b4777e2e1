"""Arguments and details: as JSON and back, as they are compared, and with the ids of what they name."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from fund.errors.commands import WordTooLong
from fund.events import canonical_json, require_printable
from fund.glossary import Name
from fund.money import require_cents
from fund.unit_of_work import Snapshot

LONGEST_WORD = 200
"""So many characters of a command id are kept."""


def encode(value: Any) -> Any:
    """An argument as JSON; days and bytes are marked, so that :func:`decode` gives them back."""
    if isinstance(value, datetime):
        return {"$instant": value.isoformat()}
    if isinstance(value, date):
        return {"$day": value.isoformat()}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    return value


def decode(value: Any) -> Any:
    """The argument behind its JSON."""
    if isinstance(value, dict):
        if "$instant" in value:
            return datetime.fromisoformat(value["$instant"])
        if "$day" in value:
            return date.fromisoformat(value["$day"])
        if "$bytes" in value:
            return base64.b64decode(value["$bytes"])
        return {key: decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decode(item) for item in value]
    return value


def require_small(value: Any) -> None:
    """Nothing, when every number among the arguments is whole and fits in 64 bits: the database keeps no other.

    Raises:
        NotIntegerCents, AmountTooLarge: As they say.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        require_cents(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            require_small(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            require_small(item)


def require_word(field: str, word: str) -> None:
    """Nothing, when a name or id can be seen and kept.

    Raises:
        WordTooLong, UnprintableText: As they say.
    """
    if len(word) > LONGEST_WORD:
        raise WordTooLong(field=field, length=len(word), limit=LONGEST_WORD)
    require_printable({field: word})


def with_ids(snapshot: Snapshot, args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with the id of each that is a name, as the fund knows it at this instant.

    What is compared, to answer a repeated command as the first time, is what was typed: a name may mean another or
    several later on. What waits for a second person, and what is recorded, is what it means now.

    Raises:
        UnknownPartner, AmbiguousName: As they say.
    """
    return {key: id_of(snapshot, value) for key, value in args.items()}


def id_of(snapshot: Snapshot, value: Any) -> Any:
    if isinstance(value, Name):
        return snapshot.meant(value)
    if isinstance(value, (list, tuple)) and any(isinstance(item, Name) for item in value):
        return [id_of(snapshot, item) for item in value]
    return value


def content_hash(name: str, args: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(canonical_json([name, encode(dict(args))]).encode()).digest()


def jsonable(details: Mapping[str, Any]) -> dict[str, Any]:
    """The details of a refusal, as they are kept with it."""
    kept = (str, int, bool, type(None), date, datetime)
    return {
        key: list(value)
        if isinstance(value, (list, tuple, set, frozenset))
        else value
        if isinstance(value, kept)
        else str(value)
        for key, value in details.items()
    }
