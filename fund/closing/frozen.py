"""What each closing of a month or year froze, in force or reopened since; all of it is read from facts and ledger.

A month's fact keeps the hash of the trial balance as of its last day; the ledger's own row of that step says at which
entry. A year freezes what its last month does. Facts and rows are only ever added, so the first closing of a month is
the first row that closed it, and so on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from fund.dates import last_day
from fund.events import Envelope
from fund.events.closing import PeriodClosed, PeriodReopened, YearClosed
from fund.ledger import Period, PeriodStatus
from fund.unit_of_work import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """One closing of a month or year, the first of a period being number 1.

    Attributes:
        known_at: The last entry of what was frozen; ``None`` where the ledger has no such step (a check finds that).
        frozen_sha256: The hash as the month's fact keeps it; the year's is that of its last month.
        kept_sha256: The hash as the ledger keeps it beside that step.
        reopened: The fact that opened the period again, for a closing that is no longer in force.
    """

    ref: str
    number: int
    closed: Envelope
    known_at: int | None
    frozen_sha256: str
    kept_sha256: str | None
    reopened: Envelope | None

    @property
    def ends_on(self) -> date:
        """The last day of the period: what was frozen is the trial balance as of it."""
        return last_day(self.ref)

    def recomputed_sha256(self, snapshot: Snapshot) -> str | None:
        """The hash of the same trial balance, made from the entries now."""
        if self.known_at is None:
            return None
        return snapshot.ledger.trial_balance_hash(as_of=self.ends_on, known_at=self.known_at).hex()


def closings(snapshot: Snapshot, ref: str) -> list[Closing]:
    """Every closing of a month or year, oldest first."""
    of_period, of_month = (snapshot.store.facts.of_stream(f"period/{each}") for each in (ref, _month(ref)))
    return _paired(ref, of_period, of_month, snapshot.ledger.period_log())


def every_closing(facts: Iterable[Envelope], log: Sequence[Period]) -> Iterator[Closing]:
    """Every closing there ever was, months and years by ref.

    Args:
        facts: All facts, or those of periods; ``log``: every step of the ledger's months.
    """
    found: dict[str, list[Envelope]] = {}
    for each in facts:
        if isinstance(each.fact, (PeriodClosed, YearClosed, PeriodReopened)):
            found.setdefault(each.fact.ref, []).append(each)
    for ref in sorted(found):
        yield from _paired(ref, found[ref], found.get(_month(ref), []), log)


def _month(ref: str) -> str:
    """The month whose trial balance a period freezes: itself, or the year's last."""
    return ref if len(ref) == 7 else f"{ref}-12"


def _paired(ref: str, facts: Iterable[Envelope], of_month: Iterable[Envelope], log: Iterable[Period]) -> list[Closing]:
    steps = [step for step in log if step.month == _month(ref) and step.status is PeriodStatus.CLOSED]
    hashes = [each.fact.trial_balance_sha256 for each in of_month if isinstance(each.fact, PeriodClosed)]
    found: list[Closing] = []
    for each in facts:
        if isinstance(each.fact, (PeriodClosed, YearClosed)):
            number = len(found)
            step = steps[number] if number < len(steps) else None
            kept = step.trial_balance_hash if step is not None else None
            found.append(
                Closing(
                    ref=ref,
                    number=number + 1,
                    closed=each,
                    known_at=step.head_seq if step is not None else None,
                    frozen_sha256=hashes[number] if number < len(hashes) else "",
                    kept_sha256=kept.hex() if kept is not None else None,
                    reopened=None,
                )
            )
        elif isinstance(each.fact, PeriodReopened) and found and found[-1].reopened is None:
            found[-1] = replace(found[-1], reopened=each)
    return found
