"""Direct posting: a plain entry is written at once, and the database alone judges it.

The triggers check everything that ``checked_post.py`` checks, so a plain draft need not be checked twice. What is
unusual (a correction, an amount that is no ``int``, a sub-account that has yet to open) or refused leaves nothing here
and is posted by ``checked_post.py``, which finds out why and says so with both values and the way out.

These few statements go straight to the driver: they are asked thousands of times a second, and a statement that passes
through SQLAlchemy costs as much again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from fund import dates
from fund.database import to_micros
from fund.errors import FundError
from fund.ledger.journal import CORRECTION, EntryDraft, Posted
from fund.ledger.seal import VERSION, canonical_json, nfc
from fund.ledger.store.checked_post import LEGS_SQLITE, CheckedPost
from fund.ledger.store.refusals import refusals
from fund.ledger.store.wire import ask, idle, plain
from fund.money import LARGEST_CENTS

_PREPARE = (
    b"PREPARE fund_post (integer, text, date, text, text, text, text, text, bigint, text[], bigint[]) AS"
    b" SELECT seq, encode(hash, 'hex'), refusal FROM ledger_post($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11); "
)
_PREPARED_OTHERWISE = ("26000", "42P05")
"""No statement of this name is prepared, or one is already."""
_POST_MANY = (
    "SELECT first_seq, hashes, refusal FROM ledger_post_many(%s::integer, %s::text[], %s::integer[], %s::integer[],"
    " %s::text[], %s::bigint[], %s::text[], %s::date[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],"
    " %s::bigint[], %s::integer[])"
)
_ACCOUNTS_SQLITE = """
SELECT code, id, type, layer, currency,
       status = 'open' AND valid_from IS NULL AND valid_until IS NULL AND min_balance_cents IS NULL
       AND max_balance_cents IS NULL AND coalesce(max(debit_cents, credit_cents), 0) < 9000000000000000000
  FROM account LEFT JOIN account_balance ON account_id = id
 WHERE book_id = ? AND code IN (SELECT value FROM json_each(?))
"""
_USED_SQLITE = """
SELECT 1 FROM entry WHERE book_id = ? AND idempotency_key IN (SELECT value FROM json_each(?)) LIMIT 1
"""
_ENTRIES_SQLITE = (
    "INSERT INTO entry (book_id, seq, id, effective_on, kind, memo, actor, idempotency_key, request_hash, metadata,"
    " legs, recorded_at, version, previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,121}").fullmatch
_REQUEST = b"7:request,1:%d,64:%s," % (VERSION, b"00" * 32)
_ENTRY = b"5:entry,1:%d,64:" % VERSION
_sha256 = hashlib.sha256

_Row = tuple[str, str, str, str, str, str, str, "int | None"]
"""Id, day, kind, memo, actor, key, metadata, instant: an entry without its legs."""


def _field(text: str) -> bytes:
    data = text.encode()
    return b"%d:%s," % (len(data), data)


class DirectPost(CheckedPost):
    """A book that takes plain entries at once."""

    def _at_once(self, drafts: Sequence[EntryDraft]) -> list[Posted | FundError] | None:
        """All of them written, in this order; ``None`` when nothing was, and checked posting has to find out why."""
        book = _field(self.book)
        rows: list[_Row] = []
        for draft in drafts:
            row = _plain_row(draft, book)
            if row is None:
                return None
            rows.append(row)
        if len({row[0] for row in rows}) < len(rows):
            return None
        if not self.connection.in_transaction():
            self.connection.begin()  # as SQLAlchemy does before the first statement that it sees
        if self._sqlite:
            return self._at_once_sqlite(drafts, rows, book)
        if len(rows) == 1:
            return self._one_postgresql(drafts[0], rows[0])
        return self._many_postgresql(drafts, rows)

    # ------------------------------------------------------------------------------------------------------- PostgreSQL

    def _one_postgresql(self, draft: EntryDraft, row: _Row) -> list[Posted | FundError] | None:
        from psycopg.pq import Escaping

        id, day, kind, memo, actor, key, metadata, instant = row
        raw: Any = self.connection.connection.driver_connection
        legs = (_words([leg.account for leg in draft.postings]), _numbers([leg.amount_cents for leg in draft.postings]))
        quoted = Escaping(raw.pgconn).escape_literal
        arguments = [b"%d" % self.book_id]
        arguments += [quoted(text.encode()) for text in (id, day, kind, memo, actor, key, metadata)]
        arguments.append(b"NULL" if instant is None else b"%d" % instant)
        arguments += [quoted(text.encode()) for text in legs]
        with refusals({"key": key, "value": "?", "limit": LARGEST_CENTS}):
            seq, hash, refusal = self._call(raw, b", ".join(arguments))
        return None if refusal is not None else [Posted(int(seq), bytes.fromhex(hash.decode()), False, id)]

    def _call(self, raw: Any, arguments: bytes, *, prepared: bool = True) -> tuple[bytes, bytes, bytes | None]:
        """What ``ledger_post`` answers. Where no transaction is open, one message begins it and posts."""
        select = b"SELECT seq, encode(hash, 'hex'), refusal FROM ledger_post(%s)" % arguments
        if idle(raw) and not plain(raw):
            self.connection.exec_driver_sql("SELECT 1")  # the driver begins as the caller told it to
        if not idle(raw) or not plain(raw):
            answer = ask(raw, select)
        elif not prepared:
            answer = ask(raw, b"BEGIN; " + select)
        else:
            known = self.connection.info
            execute = b"EXECUTE fund_post (%s)" % arguments
            try:
                answer = ask(raw, b"BEGIN; " + (b"" if known.get("fund_post") else _PREPARE) + execute)
            except sa.exc.DBAPIError as problem:
                # The driver forgets all that is prepared when something is rolled back, a pooler when it likes to.
                if getattr(problem.orig, "sqlstate", None) not in _PREPARED_OTHERWISE:
                    raise
                ask(raw, b"ROLLBACK")
                known.pop("fund_post", None)
                return self._call(raw, arguments, prepared=False)
            known["fund_post"] = True
        return answer.get_value(0, 0), answer.get_value(0, 1), answer.get_value(0, 2)

    def _many_postgresql(self, drafts: Sequence[EntryDraft], rows: Sequence[_Row]) -> list[Posted | FundError] | None:
        ids, days, kinds, memos, actors, keys, metadatas, instants = zip(*rows, strict=True)
        sizes = [len(draft.postings) for draft in drafts]
        legs = [leg for draft in drafts for leg in draft.postings]
        first, hashes, refusal = self._driver(
            _POST_MANY,
            (
                str(self.book_id),
                _words([id for id, size in zip(ids, sizes, strict=True) for _leg in range(size)]),
                _numbers([place for size in sizes for place in range(1, size + 1)]),
                _numbers([size for size in sizes for _leg in range(size)]),
                _words([leg.account for leg in legs]),
                _numbers([leg.amount_cents for leg in legs]),
                _words(ids),
                _words(days),
                _texts(kinds),
                _texts(memos),
                _texts(actors),
                _texts(keys),
                _texts(metadatas),
                "{" + ",".join("NULL" if at is None else str(at) for at in instants) + "}",
                _numbers(sizes),
            ),
        )
        if refusal is not None:
            return None
        return [
            Posted(seq, hash, False, id) for seq, (id, hash) in enumerate(zip(ids, hashes, strict=True), start=first)
        ]

    def _driver(self, statement: str, parameters: Sequence[Any]) -> Any:
        raw: Any = self.connection.connection.driver_connection
        try:
            return raw.cursor(binary=True).execute(statement, parameters).fetchone()
        except raw.Error as problem:
            raise sa.exc.DBAPIError.instance(statement, None, problem, raw.Error) from problem

    # ----------------------------------------------------------------------------------------------------------- SQLite

    def _at_once_sqlite(
        self, drafts: Sequence[EntryDraft], rows: Sequence[_Row], book: bytes
    ) -> list[Posted | FundError] | None:
        raw: Any = self.connection.connection.driver_connection
        cursor = raw.cursor()
        try:
            codes = json.dumps(sorted({leg.account for draft in drafts for leg in draft.postings}))
            found = cursor.execute(_ACCOUNTS_SQLITE, (self.book_id, codes)).fetchall()
            accounts = {
                code: (id, _field(code) + _field(type) + _field(layer) + _field(currency))
                for code, id, type, layer, currency, _free in found
            }
            *head, periods, sets = cursor.execute(
                "SELECT seq, hash, recorded_at, period_number, set_number FROM chain_head WHERE book_id = ?",
                (self.book_id,),
            ).fetchone()
            try:
                legs, entries, results = self._sealed(drafts, rows, accounts, head, book)
            except KeyError:
                return None  # an account is not there, or not yet
            keys = json.dumps([row[5] for row in rows], ensure_ascii=False)
            certain = (
                not (periods or sets)
                and all(free for *_account, free in found)
                and len({(layer, currency) for _code, _id, _type, layer, currency, _free in found}) == 1
                and all(_balanced(draft) for draft in drafts)
                and cursor.execute(_USED_SQLITE, (self.book_id, keys)).fetchone() is None
            )
            # What may be refused is written so that it can be taken back; SQLite pays for that by the page.
            if not certain:
                cursor.execute("SAVEPOINT fund_at_once")
            try:
                cursor.executemany(LEGS_SQLITE, legs)
                cursor.executemany(_ENTRIES_SQLITE, entries)
            except (raw.IntegrityError, raw.OperationalError):  # the latter where sums do not fit
                if certain:  # a guard that nobody knows of: what is half written goes with all that the caller wrote
                    raw.rollback()
                    raise
                cursor.execute("ROLLBACK TO fund_at_once")
                cursor.execute("RELEASE fund_at_once")
                return None
            if not certain:
                cursor.execute("RELEASE fund_at_once")
            return results
        except raw.Error as problem:
            raise sa.exc.DBAPIError.instance("", None, problem, raw.Error) from problem
        finally:
            cursor.close()

    def _sealed(
        self,
        drafts: Sequence[EntryDraft],
        rows: Sequence[_Row],
        accounts: dict[str, tuple[int, bytes]],
        head: Sequence[Any],
        book: bytes,
    ) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], list[Posted | FundError]]:
        """The rows to write: ``seal.py`` put into a few lines, which must give the same bytes."""
        legs: list[tuple[Any, ...]] = []
        entries: list[tuple[Any, ...]] = []
        results: list[Posted | FundError] = []
        seq, previous, last = head
        now = to_micros(dates.now())
        for draft, (id, day, kind, memo, actor, key, metadata, instant) in zip(drafts, rows, strict=True):
            seq += 1
            last = max(now if instant is None else instant, last)
            size = len(draft.postings)
            body = b""
            for position, leg in enumerate(draft.postings, start=1):
                number, opening = accounts[leg.account]
                cents = b"%d" % leg.amount_cents
                body += b"%s%d:%s," % (opening, len(cents), cents)
                legs.append((id, position, size, number, leg.amount_cents))
            request = b"%s%s%s%s%s%s%s-,-,%d:%s," % (
                book, _field(key), _field(day), _field(kind), _field(memo), _field(actor), _field(metadata),
                len(body), body,
            )  # fmt: skip
            place = b"%s%s%s" % (_field(str(seq)), _field(str(last)), _field(id))
            asked = _sha256(b"%s%d:%s," % (_REQUEST, len(request), request)).digest()
            sealed = _sha256(
                b"%s%s,%d:%s%s," % (_ENTRY, previous.hex().encode(), len(place) + len(request), place, request)
            ).digest()
            written = (seq, id, day, kind, memo, actor, key, asked, metadata, size, last, VERSION, previous, sealed)
            entries.append((self.book_id, *written))
            results.append(Posted(seq, sealed, False, id))
            previous = sealed
        return legs, entries, results


def _plain_row(draft: EntryDraft, book: bytes) -> _Row | None:
    """What is written of a draft besides its legs; ``None`` where anything about it is unusual."""
    at = draft.recorded_at
    kind, memo, actor, key = map(_plain_text, (draft.kind, draft.memo, draft.actor, draft.idempotency_key))
    if kind is None or memo is None or actor is None or key is None:
        return None
    if (
        draft.reverses is not None
        or draft.part_of is not None
        or draft.replaces is not None
        or draft.reason is not None
        or draft.reason_code is not None
        or type(draft.effective_on) is not date
        or (at is not None and (type(at) is not datetime or at.tzinfo is None))
        or len(draft.postings) < 2
    ):
        return None
    for leg in draft.postings:
        cents = leg.amount_cents
        if (
            type(cents) is not int
            or not cents
            or not -LARGEST_CENTS <= cents <= LARGEST_CENTS
            or not _CODE(leg.account)
        ):
            return None
    metadata = "{}"
    if draft.metadata:
        if CORRECTION in draft.metadata:
            return None
        try:
            metadata = canonical_json(dict(draft.metadata))
        except FundError:
            return None
    id = "ent_" + _sha256(book + _field(key)).hexdigest()[:24]
    instant = None if at is None else to_micros(at)
    return id, draft.effective_on.isoformat(), kind, memo, actor, key, metadata, instant


def _balanced(draft: EntryDraft) -> bool:
    """Whether the legs cancel out, in amounts that are far from what a balance can hold."""
    cents = [leg.amount_cents for leg in draft.postings]
    return not sum(cents) and max(cents) < 1_000_000_000_000_000 and min(cents) > -1_000_000_000_000_000


def _plain_text(text: object) -> str | None:
    if type(text) is not str or not text.strip():
        return None
    if text.isascii() and "\x00" not in text:
        return text
    try:
        return nfc(text)
    except FundError:
        return None


def _numbers(values: Sequence[int]) -> str:
    """An array of whole numbers, as PostgreSQL reads it."""
    return "{" + ",".join(map(str, values)) + "}"


def _words(values: Sequence[str]) -> str:
    """An array of texts without quotes and backslashes."""
    return '{"' + '","'.join(values) + '"}'


def _texts(values: Sequence[str]) -> str:
    """An array of any texts."""
    whole = "\x00".join(values)
    if '"' in whole or "\\" in whole:
        whole = whole.replace("\\", "\\\\").replace('"', '\\"')
    return '{"' + whole.replace("\x00", '","') + '"}'
