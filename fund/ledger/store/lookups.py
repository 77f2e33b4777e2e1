"""What the book knows of the accounts, keys, months and originals that drafts name, in a few round trips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from fund.ledger.accounts import Account, AccountSet, main_of
from fund.ledger.journal import EntryDraft, PeriodStatus, month_of
from fund.ledger.store.book import account_of, fitting
from fund.ledger.store.limits import Limits


@dataclass(slots=True)
class Known:
    """What the book knew when the drafts came in.

    Attributes:
        ids: The number of each account's row.
        sides: What moved on both sides of each account.
        posted: The entries that stand under the drafts' keys.
        statuses: The status of each month.
        reversed: Which originals are reversed, by which entry.
        originals: The legs of the entries that are to be reversed.
        parts: The first part that was taken back of each original.
        taken: What the parts took back of each original, by account.
        replaced: Which originals are replaced, by which entry.
        moved: What moved by day on each account that has a limit.
        sets: The sets of the book, the latest first.
        passed: The day of each draft that passed, and what it moves on each set, by its number.
        set_moved: What moved by day on each set that was looked at, by its number.
    """

    accounts: dict[str, Account] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    sides: dict[str, tuple[int, int]] = field(default_factory=dict)
    posted: dict[str, Any] = field(default_factory=dict)
    statuses: Mapping[str, PeriodStatus] = field(default_factory=dict)
    reversed: dict[int, int | str] = field(default_factory=dict)
    originals: dict[int, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    parts: dict[int, int | str] = field(default_factory=dict)
    taken: dict[int, dict[str, int]] = field(default_factory=dict)
    replaced: dict[int, int | str] = field(default_factory=dict)
    moved: dict[str, dict[date, int]] = field(default_factory=dict)
    sets: Sequence[AccountSet] = ()
    passed: list[tuple[date, dict[int, int]]] = field(default_factory=list)
    set_moved: dict[int, dict[date, int]] = field(default_factory=dict)


class Lookups(Limits):
    """The questions that posting asks first."""

    def _read_accounts(self, codes: Sequence[str], known: Known) -> None:
        for row in self._ask(
            "SELECT account.*, coalesce(debit_cents, 0) AS debits, coalesce(credit_cents, 0) AS credits"
            f" FROM account LEFT JOIN account_balance ON account_id = id WHERE book_id = ? AND {self._among('code')}",
            self.book_id,
            self._listed(list(codes)),
        ):
            known.accounts[row.code] = account_of(row)
            known.ids[row.code] = row.id
            known.sides[row.code] = row.debits, row.credits

    def _look_up(self, drafts: Sequence[EntryDraft]) -> Known:
        known = Known()
        if not drafts:
            return known
        codes = {posting.account for draft in drafts for posting in draft.postings}
        self._read_accounts(sorted(codes | {main_of(code) for code in codes}), known)
        self._read_posted([draft.idempotency_key for draft in drafts], known)
        if self._sets:
            known.sets = self.account_sets()[::-1]
        known.statuses = self._statuses(month_of(draft.effective_on) for draft in drafts)
        named = {seq for draft in drafts for seq in (draft.reverses, draft.part_of, draft.replaces)}
        reversing = sorted(seq for seq in named if seq is not None and fitting(seq) == seq)
        if reversing:
            listed = self._listed(reversing)
            for row in self._ask(
                "SELECT entry.seq, account.code, posting.amount_cents FROM entry"
                " JOIN posting ON posting.entry_id = entry.id JOIN account ON account.id = posting.account_id"
                f" WHERE entry.book_id = ? AND {self._among('entry.seq')} ORDER BY entry.seq, position",
                self.book_id,
                listed,
            ):
                known.originals[row.seq] = (*known.originals.get(row.seq, ()), (row.code, row.amount_cents))
            query = f"SELECT reverses_seq, seq FROM entry WHERE book_id = ? AND {self._among('reverses_seq')}"
            known.reversed = dict(map(tuple, self._ask(query, self.book_id, listed)))
            self._read_corrections(reversing, known)
        return known

    def _read_corrections(self, seqs: Sequence[int], known: Known) -> None:
        listed = self._listed(list(seqs) if self._sqlite else [str(seq) for seq in seqs])
        part_of, replaces = self._stated("part_of"), self._stated("replaces")
        for row in self._ask(
            f"WITH part AS MATERIALIZED (SELECT id, seq, {part_of} AS part_of FROM entry WHERE book_id = ?"
            f" AND {part_of} IS NOT NULL AND {self._among(part_of)})"
            " SELECT part.seq, part.part_of, account.code, posting.amount_cents FROM part"
            " JOIN posting ON posting.entry_id = part.id JOIN account ON account.id = posting.account_id"
            " ORDER BY part.seq DESC",
            self.book_id,
            listed,
        ):
            original = int(row.part_of)
            known.parts[original] = row.seq
            taken = known.taken.setdefault(original, {})
            taken[row.code] = taken.get(row.code, 0) + row.amount_cents
        query = (
            f"SELECT {replaces} AS replaced, seq FROM entry WHERE book_id = ? AND {replaces} IS NOT NULL"
            f" AND {self._among(replaces)}"
        )
        known.replaced = {int(row.replaced): row.seq for row in self._ask(query, self.book_id, listed)}

    def _moved_by_day(self, code: str, known: Known) -> dict[date, int]:
        if code not in known.moved:
            query = "SELECT day, debit_cents - credit_cents FROM balance_day WHERE account_id = ?"
            known.moved[code] = {self._date(day): cents for day, cents in self._ask(query, known.ids[code])}
        return known.moved[code]

    def _moved_on_set(self, bound: AccountSet, known: Known) -> dict[date, int]:
        if bound.number not in known.set_moved:
            moved = known.set_moved[bound.number] = self._set_moved_by_day(bound)
            for on, sums in known.passed:  # drafts before this one, which it did not have to look at
                moved[on] = moved.get(on, 0) + sums[bound.number]
        return known.set_moved[bound.number]

    def _read_posted(self, keys: Sequence[str], known: Known) -> None:
        query = (
            "SELECT idempotency_key, id, seq, hash, request_hash FROM entry"
            f" WHERE book_id = ? AND {self._among('idempotency_key')}"
        )
        known.posted.update({row[0]: row for row in self._ask(query, self.book_id, self._listed(list(keys)))})
