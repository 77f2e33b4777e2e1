"""The average award of a fund: when it is paid, what of it comes back, and when. For money that is awarded again.

Taken of all agreements that were drafted until the day, as their texts say, weighted by amount; a fund without any
takes the profile of its assumptions. Offsets are quarters after the award, amounts parts of :data:`WHOLE`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from fund.reports.forecasts.quarters import Quarters
from fund.reports.history import cases_on
from fund.rules.regulations import Regulations
from fund.schemas.agreements import Agreement
from fund.schemas.assumptions import AwardProfile
from fund.unit_of_work import Snapshot

WHOLE = 1_000_000_000
"""An award, in parts."""


@dataclass(frozen=True, slots=True)
class Profile:
    """An award in parts of :data:`WHOLE`.

    Attributes:
        count: Of so many agreements it is the average; 0 where it is assumed.
        amount_cents: The average award, rounded down.
        paid: By quarter after the award.
        back: The same for what comes back.
    """

    count: int
    amount_cents: int
    paid: tuple[tuple[int, int], ...]
    back: tuple[tuple[int, int], ...]

    @property
    def repayable(self) -> int:
        """What of an award comes back when nothing is lost."""
        return sum(part for _at, part in self.back)


def average(
    snapshot: Snapshot, day: date, last: int | None, rules: Regulations, *, payment_days: int, otherwise: AwardProfile
) -> Profile:
    """The average of what was agreed until a day, else the award that is assumed."""
    drafted = [one for one in cases_on(snapshot, Agreement, day, last=last) if one.terms.award_cents > 0]
    if not drafted:
        return assumed(otherwise)
    paid: Counter[int] = Counter()
    back: Counter[int] = Counter()
    lag = timedelta(days=payment_days)
    for one in drafted:
        terms = one.terms
        quarters = Quarters(terms.starts_on, 1)
        track = rules.tracks.get(terms.track)
        if track is not None and track.one_payment:
            paid[quarters.place(terms.starts_on + lag)] += terms.award_cents
        else:
            for milestone in terms.milestones:
                paid[quarters.place(milestone.due_on + lag)] += milestone.amount_cents
        for instalment in terms.plan.instalments:
            back[quarters.place(instalment.due_on)] += instalment.amount_cents
    total = sum(one.terms.award_cents for one in drafted)
    return Profile(len(drafted), total // len(drafted), _parts(paid, total), _parts(back, total))


def assumed(profile: AwardProfile) -> Profile:
    """The award that a set of assumptions describes."""
    bps, count = profile.repayable_bps, profile.instalments
    payments = dict.fromkeys(range(profile.payment_quarters), 1)
    back = {profile.grace_quarters + profile.quarters_between * number: bps for number in range(count)}
    return Profile(
        0,
        profile.amount_cents,
        _parts(payments, profile.payment_quarters),
        _parts({at: weight for at, weight in back.items() if weight}, 10_000 * count),
    )


def _parts(amounts: Mapping[int, int], total: int) -> tuple[tuple[int, int], ...]:
    """Amounts as parts of the whole, by cumulative rounding."""
    found, reached, given = [], 0, 0
    for at, cents in sorted(amounts.items()):
        reached += cents
        here = WHOLE * reached // total - given
        given += here
        if here:
            found.append((at, here))
    return tuple(found)
