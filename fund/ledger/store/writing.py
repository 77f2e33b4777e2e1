"""Posting: entries are written here, directly where that is possible, else after a check of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

from fund.errors import FundError
from fund.ledger.journal import CLOSING, REVERSAL, EntryDraft, Posted, Posting, mirror
from fund.ledger.store.direct_post import DirectPost


class LedgerStore(DirectPost):
    """A book that takes entries."""

    def post(self, draft: EntryDraft, *, account_names: Mapping[str, str] | None = None) -> Posted:
        """Write one entry and seal it, or give back the one that stands there under the same key.

        A sub-account ``code.holder`` opens by itself when its main account exists.

        Args:
            account_names: Names for sub-accounts that open with this entry; else they bear their main's name.

        Raises:
            UnbalancedEntry, TooFewPostings, ZeroPosting, NotIntegerCents, AmountTooLarge: The legs are no entry.
            EmptyText, WrongDay, WrongInstant, NotCanonical: A field cannot be.
            UnknownAccount, ClosedAccount, AccountNotValid: An account does not take it.
            LimitExceeded, SetLimitExceeded: A balance would be out of bounds.
            ClosedPeriod: The month does not take it.
            IdempotencyConflict: The key belongs to an entry that says something else.
            UnknownEntry, AlreadyReversed, PartlyReversed, NotTheMirror: It cannot be this reversal.
            BeyondOriginal, NotReversed, AlreadyReplaced: It cannot be this part, or replacement.
        """
        (result,) = self._at_once([draft]) or self._post([draft], account_names or {}, skip=False)
        assert isinstance(result, Posted)
        return result

    def post_many(
        self,
        drafts: Iterable[EntryDraft],
        *,
        on_error: Literal["abort", "skip"] = "abort",
        account_names: Mapping[str, str] | None = None,
        dry_run: bool = False,
    ) -> list[Posted | FundError]:
        """Write many entries in a few round trips, in the order given.

        Args:
            on_error: ``abort``: the first refusal is raised and nothing is written by this call. ``skip``: the refused
                ones are left out, and their refusals stand in the answer.
            dry_run: Say exactly what the same call would answer now, or refuse, and write nothing. (Of a draft without
                an instant of its own, number and id; its hash depends on the clock.)

        Returns:
            One result, or with ``skip`` one refusal, per draft, in order.
        """
        if on_error not in ("abort", "skip"):
            raise ValueError(f"on_error is abort or skip, not {on_error!r}")
        waiting = list(drafts)
        if not waiting:
            return []
        if dry_run:
            self._lock_head()
            attempt = self.connection.begin_nested()
            try:
                return self.post_many(waiting, on_error=on_error, account_names=account_names)
            finally:
                if attempt.is_active:
                    attempt.rollback()
        written = self._at_once(waiting)
        if written is not None:
            return written
        if on_error == "abort":
            return self._post(waiting, account_names or {}, skip=False)
        self._lock_head()
        try:
            with self.connection.begin_nested():
                return self._post(waiting, account_names or {}, skip=True)
        except FundError:
            pass  # the database refused one that had passed our checks: find out which
        results: list[Posted | FundError] = []
        for draft in waiting:
            try:
                with self.connection.begin_nested():
                    results += self._post([draft], account_names or {}, skip=False)
            except FundError as refusal:
                results.append(refusal)
        return results

    def reverse(
        self,
        seq: int,
        *,
        effective_on: date,
        reason: str,
        idempotency_key: str,
        actor: str,
        memo: str | None = None,
        kind: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        recorded_at: datetime | None = None,
        reason_code: str | None = None,
    ) -> Posted:
        """Undo an entry in full by its mirror, once and for ever.

        Args:
            memo: What the entry says; the reason when absent.
            kind: ``reversal`` when absent; ``closing`` for an entry of that kind, so that figures which leave out
                closing entries leave out both.

        Raises:
            UnknownEntry: There is no such entry.
            AlreadyReversed: It has been reversed before; names the reversal.
            As :meth:`post`.
        """
        original = self.entry(seq)
        return self.post(
            EntryDraft(
                effective_on=effective_on,
                kind=kind or (CLOSING if original.kind == CLOSING else REVERSAL),
                memo=memo or reason,
                actor=actor,
                idempotency_key=idempotency_key,
                postings=mirror(original.postings),
                metadata=metadata or {},
                recorded_at=recorded_at,
                reverses=seq,
                reason=reason,
                reason_code=reason_code,
            )
        )

    def reverse_part(
        self,
        seq: int,
        postings: Sequence[Posting],
        *,
        effective_on: date,
        reason: str,
        idempotency_key: str,
        actor: str,
        memo: str | None = None,
        kind: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        recorded_at: datetime | None = None,
        reason_code: str | None = None,
    ) -> Posted:
        """Undo part of an entry: all parts together never more, on any account, than the entry moved there.

        A part counts for ever, also when it is itself reversed: what was taken back wrongly is booked anew.

        Args:
            postings: The legs that take back; as :meth:`reverse` for the others.

        Raises:
            UnknownEntry: There is no such entry.
            AlreadyReversed: It has been reversed in full.
            BeyondOriginal: More than the entry moved.
            As :meth:`post`.
        """
        original = self.entry(seq)
        return self.post(
            EntryDraft(
                effective_on=effective_on,
                kind=kind or (CLOSING if original.kind == CLOSING else REVERSAL),
                memo=memo or reason,
                actor=actor,
                idempotency_key=idempotency_key,
                postings=tuple(postings),
                metadata=metadata or {},
                recorded_at=recorded_at,
                part_of=seq,
                reason=reason,
                reason_code=reason_code,
            )
        )
