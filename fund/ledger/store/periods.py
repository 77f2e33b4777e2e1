"""Months: locked, closed and reopened, each step sealed at the head it was taken at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from fund.database import from_micros
from fund.errors.amounts import InvalidMonth
from fund.errors.ledger import ClosedPeriod, EmptyText, PeriodOutOfOrder
from fund.language import _
from fund.ledger.journal import ADJUSTING, CLOSING, EntryDraft, Period, PeriodStatus, month_of
from fund.ledger.seal import VERSION, nfc, step_hash
from fund.ledger.store.reading import Reading
from fund.ledger.store.refusals import refusals

_MONTH = re.compile(r"(?!9999)[1-9][0-9]{3}-(0[1-9]|1[0-2])", re.ASCII)
"""With a month before it and one after it in the calendar."""


class Periods(Reading):
    """A book that says what it holds, and its months; it posts nothing."""

    def period_log(self) -> list[Period]:
        """Every step ever taken, oldest first."""
        return [
            Period(
                row.month,
                PeriodStatus(row.status),
                row.head_seq,
                row.actor,
                row.second_actor,
                row.reason,
                from_micros(row.recorded_at),
                None if row.trial_balance_hash is None else bytes(row.trial_balance_hash),
            )
            for row in self._steps("period")
        ]

    def periods(self, *, known_at: int | None = None) -> list[Period]:
        """The standing of every month that was ever touched, in order.

        Args:
            known_at: As it was when this was the last entry.
        """
        log = self.period_log()
        latest = {step.month: step for step in log if known_at is None or step.head_seq <= known_at}
        return [latest[month] for month in sorted(latest)]

    def period_of(self, day: date) -> Period:
        """The month of ``day``: as its last step left it, closed when it lies before the first one, else open."""
        return self._status_of(month_of(day), {step.month: step for step in self.period_log()})

    @staticmethod
    def _status_of(month: str, latest: Mapping[str, Period]) -> Period:
        if month in latest:
            return latest[month]
        return Period(month, PeriodStatus.CLOSED if latest and month < min(latest) else PeriodStatus.OPEN)

    def _statuses(self, months: Iterable[str]) -> dict[str, PeriodStatus]:
        wanted = sorted(set(months))
        rows = self._ask(
            f"SELECT month, status, number FROM period AS latest WHERE book_id = ? AND {self._among('month')}"
            " AND number = (SELECT max(number) FROM period WHERE book_id = latest.book_id AND month = latest.month)"
            " UNION ALL SELECT min(month), '', 0 FROM period WHERE book_id = ?",
            self.book_id,
            self._listed(wanted),
            self.book_id,
        )
        first = next(row.month for row in rows if row.status == "")
        found = {row.month: PeriodStatus(row.status) for row in rows if row.status}
        closed = [month for month in wanted if first is not None and month < first]
        return dict.fromkeys(wanted, PeriodStatus.OPEN) | dict.fromkeys(closed, PeriodStatus.CLOSED) | found

    @staticmethod
    def _check_period(draft: EntryDraft, statuses: Mapping[str, PeriodStatus]) -> None:
        month = month_of(draft.effective_on)
        status = statuses[month]
        if status is PeriodStatus.OPEN or (status is PeriodStatus.LOCKED and draft.kind in (ADJUSTING, CLOSING)):
            return
        raise ClosedPeriod(day=draft.effective_on, month=month, status=status.value, kind=draft.kind)

    # ----------------------------------------------------------------------------------------------------------- steps

    def lock_period(
        self, month: str, *, actor: str, second_actor: str | None = None, recorded_at: datetime | None = None
    ) -> Period:
        """From here on the month takes ``adjusting`` and ``closing`` entries only.

        The first month that is ever locked is where the book begins: it takes no earlier entries any more.

        Raises:
            PeriodOutOfOrder: It is not open, or an earlier month still is.
            InvalidMonth: The text is no month.
        """
        return self._step(month, PeriodStatus.LOCKED, actor, second_actor, None, recorded_at)

    def close_period(
        self, month: str, *, actor: str, second_actor: str | None = None, recorded_at: datetime | None = None
    ) -> Period:
        """From here on the month takes nothing; the trial balance as of its last day is frozen by its hash.

        Raises:
            PeriodOutOfOrder: It is not locked, or the month before it is not closed.
            InvalidMonth: The text is no month.
        """
        return self._step(month, PeriodStatus.CLOSED, actor, second_actor, None, recorded_at)

    def reopen_period(
        self, month: str, *, actor: str, second_actor: str, reason: str, recorded_at: datetime | None = None
    ) -> Period:
        """The latest locked or closed month takes all entries again: two people, with a reason.

        Raises:
            PeriodOutOfOrder: It is open, a later month is not, or one person tries alone.
            EmptyText: There is no reason.
            InvalidMonth: The text is no month.
        """
        if not reason.strip():
            raise EmptyText(field="reason", value=repr(reason))
        return self._step(month, PeriodStatus.OPEN, actor, second_actor, reason, recorded_at)

    def _step(
        self,
        month: str,
        wanted: PeriodStatus,
        actor: str,
        second_actor: str | None,
        reason: str | None,
        recorded_at: datetime | None,
    ) -> Period:
        if not isinstance(month, str) or _MONTH.fullmatch(month) is None:
            raise InvalidMonth(text=month)
        if not actor.strip():
            raise EmptyText(field="actor", value=repr(actor))
        head = self._lock_head()
        log = {step.month: step for step in self.period_log()}
        problem = self._why_not(month, wanted, log)
        people = {nfc(actor).strip(), nfc(second_actor or "").strip()} - {""}
        if wanted is PeriodStatus.OPEN and len(people) < 2:
            problem = problem or _("reopening takes two people")
        if problem:
            status = log[month].status if month in log else self._status_of(month, log).status
            raise PeriodOutOfOrder(month=month, status=status.value, wanted=wanted.value, reason=problem)
        at = self._instant(recorded_at, head)
        step = Period(
            month,
            wanted,
            head.seq,
            nfc(actor),
            None if second_actor is None else nfc(second_actor),
            None if reason is None else nfc(reason),
            from_micros(at),
            self.trial_balance_hash(as_of=Period(month, wanted).ends_on) if wanted is PeriodStatus.CLOSED else None,
        )
        row = {
            "number": head.period_number + 1,
            "month": month,
            "status": wanted.value,
            "head_seq": head.seq,
            "head_hash": bytes(head.hash),
            "trial_balance_hash": step.trial_balance_hash,
            "actor": step.actor,
            "second_actor": step.second_actor,
            "reason": step.reason,
            "recorded_at": at,
            "version": VERSION,
            "previous_hash": bytes(head.period_hash),
        }
        row["hash"] = step_hash("period", self.book, row)
        with refusals({"month": month, "wanted": wanted.value}):
            self._take_step("period", row)
        return step

    def _why_not(self, month: str, wanted: PeriodStatus, latest: Mapping[str, Period]) -> str | None:
        def status(of: str) -> PeriodStatus | None:
            return latest[of].status if of in latest else None

        was = status(month) or PeriodStatus.OPEN
        before = month_of(Period(month, wanted).starts_on - timedelta(days=1))
        after = month_of(Period(month, wanted).ends_on + timedelta(days=1))
        if was is wanted:
            return _("it is so already")
        if (was, wanted) not in (
            (PeriodStatus.OPEN, PeriodStatus.LOCKED),
            (PeriodStatus.LOCKED, PeriodStatus.CLOSED),
            (PeriodStatus.LOCKED, PeriodStatus.OPEN),
            (PeriodStatus.CLOSED, PeriodStatus.OPEN),
        ):
            return _("a month is open first, then locked, then closed")
        if wanted is PeriodStatus.LOCKED and not latest:
            earlier = self._value(
                "SELECT min(effective_on) FROM entry WHERE book_id = ? AND effective_on < ?",
                self.book_id,
                self._day(Period(month, wanted).starts_on),
            )
            if earlier is not None:
                return _("{month} has entries and is open").format(month=month_of(self._date(earlier)))
        if (
            wanted is PeriodStatus.LOCKED
            and latest
            and month != min(latest)
            and status(before) in (None, PeriodStatus.OPEN)
        ):
            return _("{month} before it is open").format(month=before)
        if wanted is PeriodStatus.CLOSED and status(before) not in (None, PeriodStatus.CLOSED):
            return _("{month} before it is not closed").format(month=before)
        if wanted is PeriodStatus.OPEN and status(after) not in (None, PeriodStatus.OPEN):
            return _("{month} after it is not open").format(month=after)
        return None
