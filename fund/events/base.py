"""What a fact is: a frozen model in the past tense, sealed in an envelope into the fund's chain.

The payload is the fact itself; the envelope says when, by whom, on which stream and because of what. Every amount that
is booked because of a fact stands in the fact already, so the ledger computes nothing.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict

from fund.errors.commands import UnprintableText

DECLARED: dict[str, type[Fact]] = {}
"""The facts whose modules were imported, by wire name; all of them are ``fund.events.FACTS``."""


def canonical_json(value: Any) -> str:
    """JSON as it is hashed: sorted keys, no spaces, no floats, NFC, UTF-8.

    Raises:
        TypeError: A float, or something that is not JSON.
    """
    _refuse_floats(value)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return unicodedata.normalize("NFC", text)


_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Control, formatting and direction characters (Cc, Cf, Zl, Zp), line breaks and tabs left out."""


def require_printable(value: Any, field: str = "") -> None:
    """Nothing, when no text in ``value`` (JSON) holds a character that steers a screen or cannot be seen.

    Raises:
        UnprintableText: With the field, the character by its number, and the text around it.
    """
    if isinstance(value, str):
        found = _UNPRINTABLE.search(value)
        if found is not None:
            around = value[max(found.start() - 20, 0) : found.start() + 20]
            excerpt = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", around)
            raise UnprintableText(field=field or "-", character=f"U+{ord(found[0]):04X}", excerpt=excerpt)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            require_printable(name, field)
            require_printable(item, f"{field}.{name}" if field else str(name))
    elif isinstance(value, (list, tuple)):
        for item in value:
            require_printable(item, field)


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError(f"a float has no place in a fact: {value!r}")
    if isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _refuse_floats(item)


class KeptFile(NamedTuple):
    """A file that goes with a case: what it is, its SHA-256, and what it was called where that is known."""

    what: str
    sha256: str
    title: str = ""


class Value(BaseModel):
    """A part of a fact, frozen as the fact itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Fact(BaseModel):
    """Something that happened. Never changed, never removed; its wire name never changes either.

    Attributes:
        wire: The name in the log (``disbursement.approved``).
        kind: The kind of case whose life it belongs to; with ``ref`` it names the stream (``disbursement/D2026-0007``).
        version: The version of the payload's shape.
        opens: Fields whose content was under seal until this fact: a trial of it does not show them.
        keeps: Fields that name files which the fund keeps by their SHA-256, each with what such a file is.
        affects: The other cases that it concerns, each as its kind and the field that names it (``plan/agreement``).
        ref: The readable reference of the case (``2026-003``); empty for the fund itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, ser_json_bytes="base64", defer_build=True)

    wire: ClassVar[str] = ""
    kind: ClassVar[str] = "fund"
    version: ClassVar[int] = 1
    opens: ClassVar[tuple[str, ...]] = ()
    keeps: ClassVar[Mapping[str, str]] = {}
    affects: ClassVar[tuple[str, ...]] = ()

    ref: str = ""

    def __init_subclass__(cls, wire: str = "", kind: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.wire, cls.kind = wire or cls.wire, kind or cls.kind
        if wire and DECLARED.setdefault(wire, cls) is not cls:
            raise TypeError(f"two facts share the wire name {wire}")

    @property
    def stream(self) -> str:
        """The life this fact belongs to: kind and ref, or just the kind where there is one only."""
        return f"{self.kind}/{self.ref}" if self.ref else self.kind

    def affected_streams(self) -> Iterable[str]:
        """Other streams whose cases change, or whose history shows, because of this fact."""
        for each in self.affects:
            kind, _slash, field = each.partition("/")
            if ref := getattr(self, field):
                yield f"{kind}/{ref}"

    def kept_files(self) -> Iterable[KeptFile]:
        """The files that go with this fact."""
        title = getattr(self, "file", "").replace("\\", "/").rpartition("/")[2]
        for field, what in self.keeps.items():
            found: str | tuple[str, ...] | None = getattr(self, field)
            for sha256 in (found,) if isinstance(found, str) else found or ():
                if sha256:
                    yield KeptFile(what, sha256, title)

    def payload(self) -> str:
        """The canonical JSON of the fact: the text that is stored and hashed."""
        return canonical_json(self.model_dump(mode="json"))

    def require_printable(self) -> None:
        """Nothing, when every text of the fact can be seen and steers no screen.

        Raises:
            UnprintableText: One cannot; the message names the field.
        """
        require_printable(self.model_dump(mode="json"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A fact as it is recorded: who, when, why, and its place in the chain.

    Instants are UTC; ``seq`` is gap-free per fund; ``hash`` seals every other field and the previous hash.
    """

    event_id: str
    stream: str
    seq: int
    type: str
    schema_version: int
    occurred_at: datetime
    recorded_at: datetime
    effective_on: date
    actor: str
    on_behalf_of: str | None
    command_id: str | None
    made_by: str | None
    made_command_id: str | None
    causation_id: str | None
    fact: Fact
    prev_hash: bytes
    hash: bytes


def event_fields(
    *,
    seq: int,
    event_id: str,
    stream: str,
    type: str,
    schema_version: int,
    occurred_us: int,
    recorded_us: int,
    effective_on: str,
    actor: str,
    on_behalf_of: str | None,
    command_id: str | None,
    made_by: str | None,
    made_command_id: str | None,
    causation_id: str | None,
    payload: str,
) -> tuple[str | int | None, ...]:
    """Every field of an event in the order in which it is sealed. The database's function follows the same order."""
    return (
        seq, event_id, stream, type, schema_version, occurred_us, recorded_us, effective_on, actor, on_behalf_of,
        command_id, made_by, made_command_id, causation_id, payload,
    )  # fmt: skip
