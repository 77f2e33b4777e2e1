"""Integer cents: read, shown, split without losing one."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fund import language, money
from fund.errors.amounts import AmountTooLarge, InvalidAmount, NotIntegerCents

CENTS = st.integers(min_value=-money.LARGEST_CENTS, max_value=money.LARGEST_CENTS)
TOTALS = st.integers(min_value=0, max_value=10**13)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("1234.56", 123456),
        ("1234,56", 123456),
        ("1234", 123400),
        ("0.05", 5),
        ("0,5", 50),
        ("-12.30", -1230),
        ("€ 12.500,00", 1250000),
        ("EUR 12,500.00", 1250000),
        ("€12500", 1250000),
        ("eur 5", 500),
        ("€\u00a01.234,5", 123450),
        ("€ -5,00", -500),
        ("-€ 5,00", -500),
        ("1.234.567", 123456700),
        ("1,234,567.89", 123456789),
        ("007", 700),
        ("92233720368547758.07", 2**63 - 1),
    ],
)
def test_an_amount_is_read_to_the_cent(text: str, cents: int) -> None:
    assert money.parse(text) == cents


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        ("   ", "it is empty"),
        ("24.000", "three digits after a point or comma can be thousands or decimals"),
        ("€ 1,234", "three digits after a point or comma can be thousands or decimals"),
        ("1.234.56", "thousands separators make it unclear"),
        ("1,234.567", "thousands separators make it unclear"),
        ("0.123,45", "thousands separators make it unclear"),
        ("1 234,56", "thousands separators make it unclear"),
        ("1'234.56", "thousands separators make it unclear"),
        ("1e3", "exponents are not used for money"),
        ("1234.567", "it has more than two decimals"),
        ("1234,5600", "it has more than two decimals"),
        ("١٢٣", "only the digits 0 to 9 are used"),
        ("１２", "only the digits 0 to 9 are used"),
        ("-0.00", "minus zero"),
        ("-0", "minus zero"),
        ("+5", "it is not a number of euros"),
        ("12.500,-", "cents are digits: write ,00"),
        ("€", "it is not a number of euros"),
        ("€ € 5", "it is not a number of euros"),
        ("-€ -5", "it is not a number of euros"),
        ("EURO 5", "it is not a number of euros"),
        ("$ 5", "it is not a number of euros"),
        ("5 €", "it is not a number of euros"),
        ("5 ", "it is not a number of euros"),
        (".50", "it is not a number of euros"),
        ("5.", "it is not a number of euros"),
        ("NaN", "it is not a number of euros"),
        ("- 5", "it is not a number of euros"),
        ("5\n", "it is not a number of euros"),
    ],
)
def test_what_is_no_clear_amount_is_refused_by_name(text: str, reason: str) -> None:
    with pytest.raises(InvalidAmount) as caught:
        money.parse(text)
    assert caught.value.details == {"text": text, "reason": reason}


def test_more_than_64_bits_of_cents_do_not_fit() -> None:
    with pytest.raises(AmountTooLarge):
        money.parse("92233720368547758.08")


@given(CENTS)
def test_an_amount_reads_back_as_it_was_written(cents: int) -> None:
    assert money.parse(money.format_plain(cents)) == cents
    assert money.parse(money.format_plain(cents).replace(".", ",")) == cents


@given(CENTS)
def test_a_shown_amount_is_the_same_number_in_both_languages(cents: int) -> None:
    language.choose("en")
    english = Decimal(language.number(cents).replace(",", ""))
    language.choose("nl")
    dutch = Decimal(language.number(cents).replace(".", "").replace(",", "."))
    assert english == dutch == Decimal(cents) / 100


@given(CENTS)
def test_an_amount_is_taken_as_it_is_printed_in_either_language(cents: int) -> None:
    for name in language.LANGUAGES:
        language.choose(name)
        assert money.parse(language.euros(cents)) == cents


@given(st.one_of(st.text(max_size=12), st.text(alphabet="0123456789.,-€ EUR", max_size=14)))
@settings(max_examples=300)
def test_no_text_is_read_as_an_amount_that_it_does_not_say(text: str) -> None:
    try:
        cents = money.parse(text)
    except (InvalidAmount, AmountTooLarge):
        return
    bare = text.upper().replace("€", "").replace("EUR", "").strip()
    point = max(bare.rfind("."), bare.rfind(","))
    if len({sign for sign in bare if sign in ".,"}) == 1 and bare.count(bare[point]) > 1:
        point = -1  # one sign more than once: they are thousands
    whole, part = (bare[:point], bare[point + 1 :]) if point >= 0 else (bare, "0")
    assert Decimal(f"{re.sub('[.,]', '', whole)}.{part}") * 100 == cents


@pytest.mark.parametrize("value", [1.0, True, Decimal("1"), "1", None, Fraction(1)])
def test_money_is_an_integer_and_nothing_else(value: object) -> None:
    with pytest.raises(NotIntegerCents):
        money.require_cents(value)


def test_an_integer_beyond_64_bits_is_too_large() -> None:
    assert money.require_cents(-(2**63 - 1)) == -(2**63 - 1)
    with pytest.raises(AmountTooLarge):
        money.require_cents(2**63)


# ------------------------------------------------------------------------------------------------------------- splits

WEIGHTS = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), st.integers(0, 10**6), min_size=1).filter(
    lambda weights: any(weights.values())
)


@given(TOTALS, WEIGHTS)
def test_parts_by_largest_remainder_always_add_up_and_lie_within_a_cent(total: int, weights: dict[str, int]) -> None:
    parts = money.split_largest_remainder(total, weights)
    assert sum(parts.values()) == total
    whole = sum(weights.values())
    assert all(abs(parts[key] - Fraction(total * weight, whole)) < 1 for key, weight in weights.items())
    assert all(parts[key] == 0 for key, weight in weights.items() if weight == 0)


def test_equal_remainders_are_settled_by_id() -> None:
    assert money.split_largest_remainder(100, {"c": 1, "a": 1, "b": 1}) == {"a": 34, "b": 33, "c": 33}
    assert money.split_largest_remainder(101, {"c": 1, "a": 1, "b": 1}) == {"a": 34, "b": 34, "c": 33}


@given(TOTALS, WEIGHTS)
def test_the_order_in_which_partners_are_named_does_not_matter(total: int, weights: dict[str, int]) -> None:
    backwards = dict(reversed(weights.items()))
    assert money.split_largest_remainder(total, weights) == money.split_largest_remainder(total, backwards)


def test_weights_of_nothing_divide_nothing() -> None:
    with pytest.raises(ValueError, match="add up to nothing"):
        money.split_largest_remainder(100, {"a": 0})


@given(TOTALS, st.integers(1, 400))
def test_equal_instalments_add_up_and_differ_by_at_most_a_cent(total: int, parts: int) -> None:
    split = money.split_cumulative(total, parts)
    assert (len(split), sum(split)) == (parts, total)
    assert max(split) - min(split) <= 1


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=12), st.integers(0, 10_000))
def test_a_share_of_each_part_adds_up_to_the_share_of_the_whole(parts: list[int], share_bps: int) -> None:
    done = share_done = 0
    for cents in parts:
        share = money.portion(cents, share_bps, done_cents=done, done_share_cents=share_done)
        assert 0 <= share <= cents
        done, share_done = done + cents, share_done + share
    assert share_done == money.portion(sum(parts), share_bps)
    assert abs(share_done - Fraction(sum(parts) * share_bps, 10_000)) <= Fraction(1, 2)


def test_digits_without_end_are_an_amount_that_does_not_fit() -> None:
    with pytest.raises(AmountTooLarge):
        money.parse("9" * 5_000)
