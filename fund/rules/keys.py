"""Distribution keys: how a call is divided, in three families, exactly.

A key gives each partner a weight, an exact fraction of the whole, and can say where it comes from. Cents follow by
largest remainder, ties by partner id: the parts always make the total. Source: bank.md (Distribution keys), K1, K12.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

from fund.errors.capital import InhabitantsMissing, KeyLeavesNothing
from fund.money import split_largest_remainder

FAMILIES = ("equal", "inhabitants", "base_and_inhabitants")
MUNICIPALITY = "municipality"
REVIEW_MONTHS = 60
"""A key is reviewed once every five years (K12)."""
ANNOUNCED_MONTHS = (12, 6)
"""So long before the five years are over the service says so."""


@dataclass(frozen=True, slots=True)
class Member:
    """A partner as a key sees it: its id, its kind, and the inhabitants it was admitted with, with their year."""

    partner: str
    sort: str
    inhabitants: int | None = None
    inhabitants_year: int | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """The weight of one partner and the steps that make it: equal part, fixed part, part by inhabitants."""

    partner: str
    equal: Fraction = Fraction(0)
    fixed: Fraction = Fraction(0)
    by_inhabitants: Fraction = Fraction(0)
    inhabitants: int | None = None

    @property
    def weight(self) -> Fraction:
        """The sum of the steps: the partner's part of the whole."""
        return self.equal + self.fixed + self.by_inhabitants


@dataclass(frozen=True, slots=True)
class Part:
    """What one partner pays of a total: the exact amount in cents and the whole cents it became."""

    partner: str
    weight: Fraction
    exact_cents: Fraction
    amount_cents: int


def fraction_text(value: Fraction) -> str:
    """An exact fraction as facts hold it: ``7/3``, ``0``, ``1``."""
    return str(value)


@lru_cache(maxsize=1)
def _census() -> Mapping[int, Mapping[str, int]]:
    text = (resources.files("fund") / "data" / "inwoners.csv").read_text(encoding="utf-8")
    years: dict[int, dict[str, int]] = {}
    for row in csv.DictReader(text.splitlines()):
        years.setdefault(int(row["peiljaar"]), {})[row["partner_id"]] = int(row["inwoners"])
    return MappingProxyType({year: MappingProxyType(counts) for year, counts in years.items()})


def reference_years() -> tuple[int, ...]:
    """The years for which inhabitants are known."""
    return tuple(sorted(_census()))


def year_of(family: str, reference_year: int | None) -> int | None:
    """The year whose inhabitants a key counts: the one that it names, else the newest that is known; none of ``equal``.

    What is adopted keeps it: a newer list of inhabitants is no newer key.
    """
    return None if family == "equal" else reference_year or reference_years()[-1]


def inhabitants_of(member: Member, year: int) -> int:
    """The inhabitants of a municipality in a year of reference.

    Raises:
        InhabitantsMissing: Neither in the fund's data nor among what the partner was admitted with.
    """
    counted = _census().get(year, {}).get(member.partner)
    if counted is not None:
        return counted
    if member.inhabitants is not None and member.inhabitants_year == year:
        return member.inhabitants
    known = sorted(
        {str(known) for known, counts in _census().items() if member.partner in counts}
        | ({str(member.inhabitants_year)} if member.inhabitants and member.inhabitants_year else set())
    )
    raise InhabitantsMissing(partner=member.partner, year=year, known=known or ["-"])


def equal(members: Iterable[Member]) -> tuple[Share, ...]:
    """Equal parts: everybody pays the same."""
    everyone = _ordered(members)
    return tuple(Share(member.partner, equal=Fraction(1, len(everyone))) for member in everyone)


def inhabitants(members: Iterable[Member], year: int) -> tuple[Share, ...]:
    """By inhabitants of a year: municipalities pay; who governs the same people at another scale does not pay twice.

    Raises:
        InhabitantsMissing: As it says.
    """
    return base_and_inhabitants(members, year, base_bps=0, fixed_bps={})


def base_and_inhabitants(
    members: Iterable[Member], year: int, *, base_bps: int, fixed_bps: Mapping[str, int]
) -> tuple[Share, ...]:
    """Fixed shares by kind of partner; a base in equal parts over the municipalities; what is left by inhabitants.

    Args:
        base_bps: Of the total, in basis points, divided equally over the municipalities.
        fixed_bps: For each partner of a kind (province, water_board, region), its share of the total in basis points.

    Raises:
        InhabitantsMissing: As it says.
        KeyLeavesNothing: Base and fixed shares are more than the whole, or no municipality is there to pay the rest.
    """
    everyone = _ordered(members)
    towns = [member for member in everyone if member.sort == MUNICIPALITY]
    counts = {member.partner: inhabitants_of(member, year) for member in towns}
    total = sum(counts.values())
    fixed = {
        member.partner: Fraction(fixed_bps.get(member.sort, 0), 10_000)
        for member in everyone
        if member.sort != MUNICIPALITY
    }
    base = Fraction(base_bps, 10_000)
    rest = 1 - base - sum(fixed.values(), Fraction(0))
    if rest < 0 or not towns:
        raise KeyLeavesNothing(taken_bps=int((1 - rest) * 10_000), municipalities=len(towns))
    return tuple(
        Share(
            member.partner,
            equal=base / len(towns),
            by_inhabitants=rest * Fraction(counts[member.partner], total),
            inhabitants=counts[member.partner],
        )
        if member.partner in counts
        else Share(member.partner, fixed=fixed[member.partner])
        for member in everyone
    )


def shares(
    family: str,
    members: Sequence[Member],
    *,
    reference_year: int | None = None,
    base_bps: int = 0,
    fixed_bps: Mapping[str, int] | None = None,
) -> tuple[Share, ...]:
    """The shares of a family over these partners; the latest known year where none is named.

    Raises:
        InhabitantsMissing, KeyLeavesNothing: As they say.
    """
    year = year_of(family, reference_year)
    if year is None:
        return equal(members)
    if family == "inhabitants":
        return inhabitants(members, year)
    return base_and_inhabitants(members, year, base_bps=base_bps, fixed_bps=fixed_bps or {})


def rescale(weights: Mapping[str, Fraction], partners: Iterable[str]) -> dict[str, Fraction]:
    """The weights of those who take part, as fractions of their own whole: what admission and exit do to a key."""
    there = {partner: weights[partner] for partner in sorted(partners) if weights.get(partner, Fraction(0)) > 0}
    whole = sum(there.values(), Fraction(0))
    return {partner: weight / whole for partner, weight in there.items()}


def divide(total_cents: int, weights: Mapping[str, Fraction]) -> tuple[Part, ...]:
    """A total over partners by weight: whole cents first, the rest to the largest remainders, ties by partner id."""
    whole = sum(weights.values(), Fraction(0))
    cents = split_largest_remainder(total_cents, weights)
    return tuple(
        Part(partner, weights[partner] / whole, total_cents * weights[partner] / whole, cents[partner])
        for partner in sorted(weights)
    )


def shares_in_bps(weights: Mapping[str, int | Fraction]) -> dict[str, int]:
    """Weights as basis points that make 10,000 together; nothing for anybody when there are no weights."""
    if not any(weights.values()):
        return dict.fromkeys(weights, 0)
    return split_largest_remainder(10_000, weights)


def _ordered(members: Iterable[Member]) -> list[Member]:
    return sorted(members, key=lambda member: member.partner)
