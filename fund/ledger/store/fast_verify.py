"""Fast verification: whether each of a run of entries is exactly right, yes or no.

It explains nothing: what it does not call right is read again, slowly, by ``fund/ledger/verify/entries.py``, which says
what is wrong. So it may doubt too much and never too little; ``tests/ledger/test_quick.py`` holds the two side by side.

Run as a file it is one of the processes that share the work (``parallel.py`` starts them): it reads its task and then
the ranges from standard input, a line of JSON each, and answers each range with a line. Hence only the standard library
and the driver are imported here, and rows are plain tuples, their texts the bytes that were hashed.
"""

from __future__ import annotations

import json
import re
import signal
import sys
import unicodedata
from binascii import hexlify
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

PRIME = 2**127 - 1
VERSION = 1
LAST_INSTANT = 253402300799999999
"""The last microsecond of the year 9999."""

ENTRIES = (
    "SELECT seq, id, effective_on, kind, memo, actor, idempotency_key, request_hash, metadata, reverses_seq, reason,"
    " legs, recorded_at, version, previous_hash, hash"
    " FROM entry WHERE book_id = {book} AND seq > {low} AND seq <= {high} ORDER BY seq"
)
LEGS = (
    "SELECT entry.seq, posting.position, posting.legs, posting.account_id, posting.amount_cents"
    " FROM entry JOIN posting ON posting.entry_id = entry.id"
    " WHERE entry.book_id = {book} AND entry.seq > {low} AND entry.seq <= {high}"
    " ORDER BY entry.seq, posting.position"
)
ACCOUNTS = "SELECT id, code, type, layer, currency FROM account WHERE book_id = {book}"
LINK = "SELECT hash, recorded_at FROM entry WHERE book_id = {book} AND seq = {seq}"

Rows = Callable[[str], Sequence[tuple[Any, ...]]]
Found = dict[str, Any]


def sqlite_rows(connection: Any) -> Rows:
    """All rows of a query, texts as bytes, whatever they hold."""

    def rows(query: str) -> list[tuple[Any, ...]]:
        before = connection.text_factory
        connection.text_factory = bytes
        try:
            found: list[tuple[Any, ...]] = connection.execute(query).fetchall()
        finally:
            connection.text_factory = before
        return found

    return rows


def postgresql_rows(connection: Any) -> Rows:
    """All rows of a query, texts as bytes and days as ISO text; another type than a ledger has is not read."""
    from psycopg.rows import tuple_row
    from psycopg.types.string import ByteaBinaryLoader

    text, bytea, day = 25, 17, 1082
    plain = {20, 21, 23, bytea, text, day}
    days: dict[bytes, bytes] = {}

    def rows(query: str) -> list[tuple[Any, ...]]:
        with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
            cursor.adapters.register_loader(text, ByteaBinaryLoader)
            cursor.adapters.register_loader(day, ByteaBinaryLoader)
            cursor.execute(query)
            types = [column.type_code for column in cursor.description]
            if not plain.issuperset(types):
                raise TypeError(types)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        for place in (place for place, code in enumerate(types) if code == day):
            for raw in {row[place] for row in found} - days.keys():
                days[raw] = _iso(int.from_bytes(raw, "big", signed=True))
            found = [(*row[:place], days[row[place]], *row[place + 1 :]) for row in found]
        return found

    return rows


def _iso(number: int) -> bytes:
    return (date(2000, 1, 1) + timedelta(days=number)).isoformat().encode()


def coefficient(key: bytes, what: bytes) -> int:
    """The number that an account or a day counts with in the fingerprint of this run, as good as random."""
    return int.from_bytes(sha256(key + what).digest()) % PRIME


def _field(data: bytes) -> bytes:
    return b"%d:%s," % (len(data), data)


_REQUEST = b"7:request,1:1,64:%s," % (b"0" * 64)
_ENTRY = b"5:entry,1:1,64:"


_TEXT = rb'"[ !#-\[\]-~]*"'
"""Plain text in JSON: there is one way to write it."""

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True).encode


class Plain:
    """Whether texts are in the one form in which they are sealed.

    What metadata is made of hardly changes from entry to entry: an object that was found in order becomes a pattern,
    with any plain text where a text was and any number where a number was, and the next is matched with that.
    """

    MOST = 16

    def __init__(self) -> None:
        self._shapes = [re.compile(rb"\{\}")]
        self.match = self._shapes[0].fullmatch
        """That of the pattern which matched last."""

    def texts(self, *texts: bytes | None) -> bool:
        """Whether all are UTF-8, and in normal form C."""
        return all(
            text is None or text.isascii() or unicodedata.is_normalized("NFC", text.decode("utf-8")) for text in texts
        )

    def metadata(self, data: bytes) -> bool:
        """Whether this is canonical JSON, and an object."""
        for shape in self._shapes:
            if shape.fullmatch(data):
                self.match = shape.fullmatch
                return True
        text = data.decode("utf-8")
        found = json.loads(text, parse_float=_refused)
        if not isinstance(found, dict) or _encode(found) != text or "\\u0000" in text:
            return False
        if text.isascii():
            self._shapes = [re.compile(_shape(found)), *self._shapes[: self.MOST]]
            self.match = self._shapes[0].fullmatch
        return True


def _refused(text: str) -> None:
    raise ValueError(text)


def _shape(value: Any) -> bytes:
    """The pattern of all that is written as this is, but for its texts and numbers."""
    if isinstance(value, str):
        return _TEXT
    if isinstance(value, bool) or value is None:
        return _encode(value).encode()
    if isinstance(value, int):
        return rb"(?:0|-?[1-9][0-9]{0,18})"
    if isinstance(value, list):
        return rb"\[" + b",".join(map(_shape, value)) + rb"\]"
    fields = (re.escape(_encode(name).encode()) + b":" + _shape(value[name]) for name in sorted(value))
    return rb"\{" + b",".join(fields) + rb"\}"


class FastVerifier:
    """The entries of one book, looked at by the thousand.

    Args:
        key: The secret of this run. The fingerprint of what the legs do to the day balances is the sum, over all legs,
            of amount times the coefficient of its account times that of its day, in the field of ``PRIME``; one for
            debits and one for credits. Two sets of day sums that differ anywhere have the same fingerprint only for
            two in 2**127 keys.
        sets: Of each set of accounts its members, main code to sign; what moves on them is told by entry.
        late: The kinds of entries that a locked month takes.
        size: So many entries are read at once.
    """

    def __init__(
        self, rows: Rows, *, book_id: int, book: str, key: bytes, sets: list[dict[str, int]], late: list[str], size: int
    ) -> None:
        self.rows = rows
        self.book_id = book_id
        self.book = _field(book.encode())
        self.key = key
        self.size = size
        self.late = tuple(kind.encode() for kind in late)
        self.plain = Plain()
        self.days: dict[bytes, int] = {}
        self.accounts: dict[int, tuple[bytes, tuple[bytes, bytes], int]] = {}
        self.signs: dict[int, list[tuple[int, int]]] = {}
        for id, code, type, layer, currency in self._read(ACCOUNTS.format(book=book_id)):
            leg = _field(code) + _field(type) + _field(layer) + _field(currency)
            self.accounts[id] = (leg, (layer, currency), coefficient(key, b"account %d" % id))
            main = code.split(b".", 1)[0].decode("utf-8", "surrogateescape")
            signs = [(place, members[main]) for place, members in enumerate(sets) if main in members]
            if signs:
                self.signs[id] = signs

    def _read(self, query: str) -> Sequence[tuple[Any, ...]]:
        """Rows, or none where they are of other types than a ledger's: then no entry is called right."""
        try:
            return self.rows(query)
        except TypeError:
            return ()

    def walk(self, low: int, high: int, before: str | None, at: int, periods: Found) -> Iterator[Found]:
        """The entries after ``low`` up to and with ``high``, a few at a time: ``right`` or not, and what they moved.

        Args:
            before: The hash of entry ``low``, in hexadecimal, ``None`` when there is no such entry. at: its instant.
            periods: What months are for these entries: ``months`` by name, ``closed_before`` the first one named.
        """
        while low < high:
            end = min(low + self.size, high)
            found = None
            if before is not None:
                # what cannot be read is not right
                with suppress(ArithmeticError, LookupError, TypeError, ValueError, RecursionError):
                    found = self.verify_range(low, end, bytes.fromhex(before), at, periods)
            if found is None:
                link = self._read(LINK.format(book=self.book_id, seq=end))
                before, at = (link[0][0].hex(), link[0][1]) if len(link) == 1 else (None, 0)
                yield {"low": low, "high": end, "right": False}
            else:
                before, at = found["hash"], found["at"]
                yield found
            low = end

    def verify_range(self, low: int, high: int, before: bytes, at: int, periods: Found) -> Found | None:
        """What the entries moved, when each is exactly right and the first follows ``before``; else ``None``."""
        entries = self.rows(ENTRIES.format(book=self.book_id, low=low, high=high))
        legs = self.rows(LEGS.format(book=self.book_id, low=low, high=high))
        if len(entries) != high - low or entries[0][12] < 0 or entries[-1][12] > LAST_INSTANT:
            return None
        book, accounts, signs, plain = self.book, self.accounts, self.signs, self.plain
        months: dict[bytes, tuple[int, tuple[bytes, ...] | None]] = {}
        last: dict[bytes, int] = {}
        moves: list[Any] = []
        debit = credit = place = 0
        corrections = False
        wanted, since, link = low, at, before.hex()
        for (
            seq, id, on, kind, memo, actor, key, asked, metadata, reverses, reason, count, instant, version, previous,
            hash,
        ) in entries:  # fmt: skip
            wanted += 1
            if seq != wanted or previous != before or instant < at or version != VERSION:
                return None
            found = months.get(on)
            if found is None:
                found = months[on] = self._day(on, periods)
            weight, kinds = found
            if kinds is not None and kind not in kinds:
                return None

            if count == 2:
                first_seq, first, first_legs, account, cents = legs[place]
                second_seq, second, second_legs, other, other_cents = legs[place + 1]
                leg, layer, number = accounts[account]
                other_leg, other_layer, other_number = accounts[other]
                if (
                    first_seq != seq or second_seq != seq or first != 1 or second != 2 or first_legs != 2
                    or second_legs != 2 or not cents or cents + other_cents or layer != other_layer
                ):  # fmt: skip
                    return None
                amount, other_amount = b"%d" % cents, b"%d" % other_cents
                body = b"%s%d:%s,%s%d:%s," % (
                    leg, len(amount), amount, other_leg, len(other_amount), other_amount
                )  # fmt: skip
                if cents > 0:
                    debit += number * cents * weight
                    credit += other_number * cents * weight
                else:
                    debit += other_number * other_cents * weight
                    credit += number * other_cents * weight
            else:
                if count < 2 or place + count > len(legs):
                    return None
                body, sums = b"", dict[Any, int]()
                for position, (of, found_position, found_legs, account, cents) in enumerate(
                    legs[place : place + count], start=1
                ):
                    if of != seq or found_position != position or found_legs != count or not cents:
                        return None
                    leg, layer, number = accounts[account]
                    sums[layer] = sums.get(layer, 0) + cents
                    amount = b"%d" % cents
                    body += b"%s%d:%s," % (leg, len(amount), amount)
                    if cents > 0:
                        debit += number * cents * weight
                    else:
                        credit -= number * cents * weight
                if any(sums.values()):
                    return None

            request = b"%s%d:%s,%d:%s,%d:%s,%d:%s,%d:%s,%d:%s,%s%s%d:%s," % (
                book, len(key), key, len(on), on, len(kind), kind, len(memo), memo, len(actor), actor,
                len(metadata), metadata, b"-," if reverses is None else _field(b"%d" % reverses),
                b"-," if reason is None else _field(reason), len(body), body,
            )  # fmt: skip
            if sha256(b"%s%d:%s," % (_REQUEST, len(request), request)).digest() != asked:
                return None
            number_text, instant_text = b"%d" % seq, b"%d" % instant
            sealed = b"%d:%s,%d:%s,%d:%s,%s" % (
                len(number_text), number_text, len(instant_text), instant_text, len(id), id, request
            )  # fmt: skip
            if sha256(b"%s%s,%d:%s," % (_ENTRY, hexlify(before), len(sealed), sealed)).digest() != hash:
                return None

            if not (kind and memo and actor and key and id) or 0 in sealed:
                return None
            if not sealed.isascii() and not plain.texts(id, kind, memo, actor, key, metadata, reason):
                return None
            if metadata != b"{}" and not plain.match(metadata) and not plain.metadata(metadata):
                return None
            if reverses is not None and not reason:
                return None
            if b'"correction"' in metadata:
                corrections = True
                if b'"part_of"' in metadata and not reason:
                    return None
            if signs:
                moved = self._moved(legs[place : place + count])
                if moved:
                    moves.append((seq, _text(on), _text(kind), moved))
            last[on] = seq
            place += count
            before, at = hash, instant
        if place != len(legs):
            return None
        return {
            "low": low, "high": high, "right": True, "legs": place, "corrections": corrections,
            "before": link, "since": since, "hash": before.hex(), "at": at,
            "debit": debit % PRIME, "credit": credit % PRIME, "moves": moves,
            "last": {_text(on): seq for on, seq in last.items()},
        }  # fmt: skip

    def _day(self, on: bytes, periods: Found) -> tuple[int, tuple[bytes, ...] | None]:
        """What a day counts with, and which kinds its month takes: ``None`` for all of them."""
        month = on[:7].decode("ascii")
        if on not in self.days:
            if date.fromisoformat(on.decode("ascii")).isoformat().encode() != on:
                raise ValueError(on)
            self.days[on] = coefficient(self.key, b"day %s" % on)
        first = periods["closed_before"]
        status = periods["months"].get(month) or ("closed" if first is not None and month < first else "open")
        return self.days[on], {"open": None, "locked": self.late}.get(status, ())

    def _moved(self, legs: Sequence[tuple[Any, ...]]) -> list[tuple[int, int]]:
        """What legs move on the sets, as (which set, cents)."""
        sums: dict[int, int] = {}
        for _seq, _position, _legs, account, cents in legs:
            for which, sign in self.signs.get(account, ()):
                sums[which] = sums.get(which, 0) + sign * cents
        return [(which, sums[which]) for which in sorted(sums) if sums[which]]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


# ------------------------------------------------------------------------------------------------- a process of its own


def _connected(database: Found) -> Rows:
    """The database opened once more, to read what the one who asks reads."""
    if database["kind"] == "sqlite":
        import sqlite3
        from urllib.request import pathname2url

        place = f"file:{pathname2url(database['path'])}?{database['query']}"
        connection = sqlite3.connect(place, uri=True, isolation_level=None)
        if "immutable" in place or "unix-none" in place:  # as ``fund.database`` opens what takes no files beside it
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("PRAGMA cache_size=-8000")
        connection.execute("BEGIN")
        if connection.execute("PRAGMA schema_version").fetchone()[0] != database["schema_version"]:
            raise ValueError("another database")
        return sqlite_rows(connection)
    import psycopg

    server = psycopg.connect(**database["parameters"], autocommit=True)
    server.execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    server.execute(f"SET TRANSACTION SNAPSHOT '{database['snapshot']}'".encode())
    for name, value in database["settings"].items():
        server.execute("SELECT set_config(%s, %s, true)", (name, value))
    return postgresql_rows(server)


def _answer(said: Any) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Answer ranges until no more come."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us ends us
    task = json.loads(sys.stdin.readline())
    sys.path[:] = task["path"]
    try:
        rows = _connected(task["database"])
    except Exception as problem:
        _answer({"refused": f"{type(problem).__name__}: {problem}"})
        return
    fast_verify = FastVerifier(rows, **task["book"] | {"key": bytes.fromhex(task["book"]["key"])})
    _answer({"ready": True})
    for line in sys.stdin:
        _answer(list(fast_verify.walk(**json.loads(line))))


if __name__ == "__main__":
    main()
