"""Sets of accounts that keep a limit together, each sealed at the head it was made at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime

import sqlalchemy as sa

from fund.errors.ledger import EmptyText, InvalidSet, UnknownAccount
from fund.language import _
from fund.ledger.accounts import AccountSet, check_code, main_of
from fund.ledger.seal import VERSION, canonical_json, nfc, step_hash
from fund.ledger.store.book import day_of, overflows
from fund.ledger.store.periods import Periods
from fund.ledger.store.refusals import refusals
from fund.money import require_cents


class Limits(Periods):
    """The sets of a book."""

    def account_sets(self) -> list[AccountSet]:
        """Every set ever made, oldest first; of two of one name that are in force on a day the later one counts."""
        return [
            AccountSet(
                number=row.number,
                name=row.name,
                members=json.loads(row.members),
                min_balance_cents=row.min_balance_cents,
                max_balance_cents=row.max_balance_cents,
                kinds=None if row.kinds is None else tuple(json.loads(row.kinds)),
                valid_from=day_of(row.valid_from),
                valid_until=day_of(row.valid_until),
                head_seq=row.head_seq,
            )
            for row in self._steps("account_set")
        ]

    def limit_set(
        self,
        name: str,
        members: Mapping[str, int],
        *,
        actor: str,
        min_balance_cents: int | None = None,
        max_balance_cents: int | None = None,
        kinds: Iterable[str] | None = None,
        valid_from: date | None = None,
        valid_until: date | None = None,
        recorded_at: datetime | None = None,
    ) -> AccountSet:
        """Let main accounts keep a limit together; takes the place of a set of the same name from its first day on.

        An entry whose accounting day lies in the set's days, and whose kind it binds, never takes the sum below the
        minimum or above the maximum, on its day or any later one; unless it moves the sum the other way. A set with
        neither ends the one before it.

        Args:
            members: Main codes with the sign by which their balance (debit positive) counts: ``1`` or ``-1``.
            kinds: The kinds of entries that it binds; all when absent.

        Raises:
            UnknownAccount: A member is not in the book.
            InvalidSet: No members, a sub-account, another sign, a minimum above the maximum, days that end before they
                begin.
            EmptyText: No name, or nobody who makes it.
        """
        for field, text in (("name", name), ("actor", actor)):
            if not text.strip():
                raise EmptyText(field=field, value=repr(text))
        self._check_members(name, members)
        limits = [require_cents(limit) for limit in (min_balance_cents, max_balance_cents) if limit is not None]
        if limits != sorted(limits):
            raise InvalidSet(set=name, reason=_("its minimum is above its maximum"))
        if valid_from is not None and valid_until is not None and valid_until < valid_from:
            raise InvalidSet(set=name, reason=_("its last day lies before its first"))
        head = self._lock_head()
        bound = AccountSet(
            number=head.set_number + 1,
            name=nfc(name),
            members=dict(sorted(members.items())),
            min_balance_cents=min_balance_cents,
            max_balance_cents=max_balance_cents,
            kinds=None if kinds is None else tuple(sorted({nfc(kind) for kind in kinds})),
            valid_from=valid_from,
            valid_until=valid_until,
            head_seq=head.seq,
        )
        row = {
            "number": bound.number,
            "name": bound.name,
            "members": canonical_json(dict(bound.members)),
            "min_balance_cents": min_balance_cents,
            "max_balance_cents": max_balance_cents,
            "kinds": None if bound.kinds is None else canonical_json(bound.kinds),
            "valid_from": None if valid_from is None else self._day(valid_from),
            "valid_until": None if valid_until is None else self._day(valid_until),
            "head_seq": head.seq,
            "head_hash": bytes(head.hash),
            "actor": nfc(actor),
            "recorded_at": self._instant(recorded_at, head),
            "version": VERSION,
            "previous_hash": bytes(head.set_hash),
        }
        row["hash"] = step_hash("account-set", self.book, row)
        with refusals({"set": name, "book": self.book}):
            self._take_step("account_set", row)
        self._sets = bound.number
        return bound

    def _check_members(self, name: str, members: Mapping[str, int]) -> None:
        if not members:
            raise InvalidSet(set=name, reason=_("it has no accounts"))
        for code, sign in members.items():
            if main_of(check_code(code)) != code:
                raise InvalidSet(set=name, reason=_("{account} is a sub-account").format(account=code))
            if isinstance(sign, bool) or sign not in (1, -1):
                raise InvalidSet(set=name, reason=_("the sign of {account} is 1 or -1").format(account=code))
            if self._found(code) is None:
                raise UnknownAccount(account=code, book=self.book)

    def _set_moved_by_day(self, bound: AccountSet, known_at: int | None = None) -> dict[date, int]:
        """What moved on the set by day, each account with its sign, in cents; with ``known_at`` from the entries."""
        codes = {f"code{number}": code for number, code in enumerate(bound.members)}
        signs = {f"sign{number}": sign for number, sign in enumerate(bound.members.values())}
        cases = " ".join(f"WHEN :{code} THEN :{sign}" for code, sign in zip(codes, signs, strict=True))
        if known_at is None:
            cents, moved = "debit_cents - credit_cents", "balance_day ON balance_day.account_id = account.id"
        else:
            cents = "amount_cents"
            moved = (
                "posting ON posting.account_id = account.id"
                " JOIN entry ON entry.id = posting.entry_id AND entry.seq <= :known_at"
            )
        day = "day" if known_at is None else "effective_on"
        query = (
            f"SELECT {day} AS day, sum(({cents}) * CAST(CASE account.main {cases} END AS integer))"
            f" AS cents FROM account JOIN {moved} WHERE account.book_id = :book"
            f" AND account.main IN ({', '.join(':' + code for code in codes)}) GROUP BY {day}"
        )
        asked = {"book": self.book_id, **codes, **signs} | ({} if known_at is None else {"known_at": known_at})
        try:
            rows = self.connection.execute(sa.text(query), asked).all()
        except sa.exc.DBAPIError as problem:
            if not overflows(problem):
                raise
            rows = self.connection.execute(sa.text(f"{query}, account.id"), asked).all()
        sums: dict[date, int] = {}
        for row in rows:
            on = self._date(row.day)
            sums[on] = sums.get(on, 0) + int(row.cents)
        return sums
