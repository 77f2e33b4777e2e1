"""Distribution keys: parts that always add up, exact to the cent, explained step by step."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fund.errors.capital import InhabitantsMissing, KeyLeavesNothing
from fund.rules.keys import (
    Member,
    divide,
    equal,
    inhabitants,
    inhabitants_of,
    reference_years,
    rescale,
    shares,
    shares_in_bps,
)

BAARN = Member("gm0308", "municipality", 24800, 2021)
BUNNIK = Member("gm0312", "municipality", 15347, 2021)
BUNSCHOTEN = Member("gm0313", "municipality", 22033, 2021)
PROVINCE = Member("pv26", "province")
HDSR = Member("ws0636", "water_board")
REGION = Member("rg-u10", "region")

WEIGHTS = st.dictionaries(
    st.from_regex(r"gm[0-9]{4}", fullmatch=True), st.integers(0, 400_000), min_size=1, max_size=34
).filter(lambda weights: any(weights.values()))


def amounts(total_cents: int, weights: dict[str, Fraction]) -> dict[str, int]:
    return {part.partner: part.amount_cents for part in divide(total_cents, weights)}


def test_the_worked_example_is_divided_to_the_cent() -> None:
    divided = inhabitants([BUNSCHOTEN, BAARN, BUNNIK], 2021)

    parts = amounts(10_000_000, {share.partner: share.weight for share in divided})

    assert parts == {"gm0308": 3_988_421, "gm0312": 2_468_157, "gm0313": 3_543_422}


@settings(max_examples=50, deadline=None)
@given(total_cents=st.integers(1, 10**12), weights=WEIGHTS)
def test_every_split_adds_up_and_no_part_is_a_cent_from_its_exact_amount(
    total_cents: int, weights: dict[str, int]
) -> None:
    exact = {partner: Fraction(weight) for partner, weight in weights.items()}

    parts = divide(total_cents, exact)

    whole = sum(weights.values())
    assert sum(part.amount_cents for part in parts) == total_cents
    assert [part.partner for part in parts] == sorted(weights)
    for part in parts:
        assert part.exact_cents == Fraction(total_cents * weights[part.partner], whole)
        assert abs(part.amount_cents - part.exact_cents) < 1


@settings(max_examples=50, deadline=None)
@given(total_cents=st.integers(1, 10**9), weights=WEIGHTS)
def test_a_cent_that_is_left_goes_to_the_largest_remainder_and_on_a_tie_to_the_lowest_partner_id(
    total_cents: int, weights: dict[str, int]
) -> None:
    parts = divide(total_cents, {partner: Fraction(weight) for partner, weight in weights.items()})

    ranked = sorted(parts, key=lambda part: (-(part.exact_cents % 1), part.partner))
    raised = [part.amount_cents - part.exact_cents.__floor__() for part in ranked]
    assert raised == sorted(raised, reverse=True)


def test_on_equal_remainders_the_lowest_partner_id_gets_the_cent() -> None:
    weights = {"gm0344": Fraction(1), "gm0307": Fraction(1), "gm0308": Fraction(1)}

    assert amounts(100, weights) == {"gm0307": 34, "gm0308": 33, "gm0344": 33}


def test_equal_parts_count_every_partner_whatever_its_kind() -> None:
    assert {share.partner: share.weight for share in equal([PROVINCE, BAARN, HDSR])} == {
        "gm0308": Fraction(1, 3),
        "pv26": Fraction(1, 3),
        "ws0636": Fraction(1, 3),
    }


def test_by_inhabitants_only_municipalities_pay() -> None:
    weights = {share.partner: share.weight for share in inhabitants([PROVINCE, BAARN, BUNNIK, REGION], 2021)}

    assert weights == {"gm0308": Fraction(24800, 40147), "gm0312": Fraction(15347, 40147), "pv26": 0, "rg-u10": 0}


def test_fixed_shares_come_first_then_a_base_then_inhabitants_and_each_step_can_be_read() -> None:
    divided = shares(
        "base_and_inhabitants",
        [PROVINCE, BAARN, BUNNIK, HDSR, REGION],
        reference_year=2021,
        base_bps=2000,
        fixed_bps={"province": 1500, "water_board": 300, "region": 100},
    )
    steps = {share.partner: share for share in divided}

    assert sum(share.weight for share in divided) == 1
    assert (steps["pv26"].fixed, steps["ws0636"].fixed, steps["rg-u10"].fixed) == (
        Fraction(15, 100),
        Fraction(3, 100),
        Fraction(1, 100),
    )
    assert steps["gm0308"].equal == Fraction(1, 10)
    assert steps["gm0308"].by_inhabitants == Fraction(61, 100) * Fraction(24800, 40147)
    assert steps["gm0308"].inhabitants == 24800


def test_fixed_shares_beyond_the_whole_are_refused() -> None:
    with pytest.raises(KeyLeavesNothing, match="take 11000 of 10000, and leave nothing for the 1 municipalities"):
        shares("base_and_inhabitants", [PROVINCE, BAARN], base_bps=6000, fixed_bps={"province": 5000})


def test_a_key_that_needs_municipalities_is_refused_without_any() -> None:
    with pytest.raises(KeyLeavesNothing, match="for the 0 municipalities"):
        shares("inhabitants", [PROVINCE, HDSR])


def test_each_year_of_reference_has_its_own_numbers() -> None:
    assert reference_years() == (2019, 2021, 2024)
    assert [inhabitants_of(BAARN, year) for year in reference_years()] == [24764, 24800, 25510]


def test_a_municipality_outside_the_figures_counts_with_the_number_it_was_admitted_with() -> None:
    newcomer = Member("gm9999", "municipality", 12345, 2030)

    assert inhabitants_of(newcomer, 2030) == 12345
    with pytest.raises(InhabitantsMissing) as refused:
        inhabitants_of(newcomer, 2024)
    assert refused.value.details == {"partner": "gm9999", "year": 2024, "known": ["2030"]}


def test_when_a_partner_leaves_the_others_keep_their_proportions() -> None:
    weights = {"gm0307": Fraction(1, 2), "gm0308": Fraction(1, 3), "gm0312": Fraction(1, 6)}

    assert rescale(weights, ["gm0308", "gm0312"]) == {"gm0308": Fraction(2, 3), "gm0312": Fraction(1, 3)}


@settings(max_examples=25, deadline=None)
@given(weights=WEIGHTS)
def test_shares_in_basis_points_make_ten_thousand(weights: dict[str, int]) -> None:
    assert sum(shares_in_bps(weights).values()) == 10_000


def test_before_any_capital_nobody_has_a_share() -> None:
    assert shares_in_bps({"gm0307": 0, "gm0308": 0}) == {"gm0307": 0, "gm0308": 0}
