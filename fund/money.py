"""Money is a whole number of cents: parse it, show it, split it without losing a cent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor

from fund.errors.amounts import AmountTooLarge, InvalidAmount, NotIntegerCents
from fund.language import N_, _

LARGEST_CENTS = 2**63 - 1
_MOST_DIGITS = 40
"""No sum of money has so many digits before its point; leading zeros included."""
_AMOUNT = re.compile(r"(-?)([0-9]+)(?:[.,]([0-9]{1,2}))?", re.ASCII)
_GROUPED = {
    apart: re.compile(
        rf"-?[1-9][0-9]{{0,2}}(?:(?:\{apart}[0-9]{{3}})+\{point}[0-9]{{1,2}}|(?:\{apart}[0-9]{{3}}){{2,}})", re.ASCII
    )
    for apart, point in ((".", ","), (",", "."))
}
"""Thousands apart, where another sign before the cents, or the same sign twice, leaves no doubt."""
_CURRENCY = re.compile(r"(-?)(?:€|EUR(?=[ \u00a0\u202f0-9-]))[ \u00a0\u202f]?(?=[0-9-])", re.ASCII | re.IGNORECASE)


def parse(text: str) -> int:
    """The cents that ``text`` says: ``1234.56``, ``1234,56`` or ``1234``; ``€`` or ``EUR`` may stand before it.

    Thousands may stand apart where they cannot be decimals: ``1.234,56``, ``1,234.56``, ``1.234.567``.

    Raises:
        InvalidAmount: Thousands that may be decimals (``1.234``), exponents, a third decimal, other digits than 0-9,
            signs or spaces in the wrong place, minus zero. The reason names which.
        AmountTooLarge: More than 2^63 - 1 cents.
    """
    found = _CURRENCY.match(text)
    bare = found[1] + text[found.end() :] if found else text
    for apart, form in _GROUPED.items():
        if form.fullmatch(bare):
            bare = bare.replace(apart, "")
            break
    match = _AMOUNT.fullmatch(bare)
    if match is None:
        raise InvalidAmount(text=text, reason=_(_why_not(bare)))
    sign, whole, part = match.groups()
    if len(whole) > _MOST_DIGITS:
        raise AmountTooLarge(value=f"{sign}{whole[:_MOST_DIGITS]}…", limit=LARGEST_CENTS)
    cents = int(whole) * 100 + int((part or "0").ljust(2, "0"))
    if sign and cents == 0:
        raise InvalidAmount(text=text, reason=_("minus zero"))
    if cents > LARGEST_CENTS:
        raise AmountTooLarge(value=cents, limit=LARGEST_CENTS)
    return -cents if sign else cents


def _why_not(text: str) -> str:
    if not text.strip():
        return N_("it is empty")
    if re.search(r"[0-9][eE][0-9+-]", text):
        return N_("exponents are not used for money")
    if any(character.isdigit() and character not in "0123456789" for character in text):
        return N_("only the digits 0 to 9 are used")
    if re.fullmatch(r"-?[0-9]{1,3}[.,][0-9]{3}", text):
        return N_("three digits after a point or comma can be thousands or decimals")
    if re.fullmatch(r"-?[0-9]{1,3}([.,' \u00a0\u202f][0-9]{3})+([.,][0-9]{1,2})?", text):
        return N_("thousands separators make it unclear")
    if re.fullmatch(r"-?[0-9.,]+,(-|--|=)", text):
        return N_("cents are digits: write ,00")
    if re.fullmatch(r"-?[0-9]+[.,][0-9]{3,}", text):
        return N_("it has more than two decimals")
    return N_("it is not a number of euros")


def format_plain(cents: int) -> str:
    """Cents as files and scripts write them: ``1234.56``."""
    sign = "-" if cents < 0 else ""
    whole, part = divmod(abs(cents), 100)
    return f"{sign}{whole}.{part:02d}"


def half_up(value: Fraction) -> int:
    """A fraction of cents in whole cents, half a cent up."""
    return floor(value + Fraction(1, 2))


def ratio_text(value: Fraction) -> str:
    """An exact fraction as JSON has it: ``7/10``, ``1/1``."""
    return f"{value.numerator}/{value.denominator}"


def require_cents(value: object) -> int:
    """``value`` if it is a whole number of cents that fits in 64 bits.

    Raises:
        NotIntegerCents: A float, a bool, a Decimal, text: money is an ``int`` and nothing else.
        AmountTooLarge: Beyond 64 bits.
    """
    if type(value) is not int:
        raise NotIntegerCents(value=repr(value), type=type(value).__name__)
    if not -LARGEST_CENTS <= value <= LARGEST_CENTS:
        raise AmountTooLarge(value=value, limit=LARGEST_CENTS)
    return value


def portion(cents: int, share_bps: int, *, done_cents: int = 0, done_share_cents: int = 0) -> int:
    """The part of ``cents`` at ``share_bps`` basis points by cumulative rounding, so that all parts add up.

    ``done_cents`` were split before, of which ``done_share_cents`` went to the share; half a cent goes up.
    """
    total = (done_cents + cents) * share_bps
    return (total * 2 + 10_000) // 20_000 - done_share_cents


def split_cumulative(total_cents: int, parts: int) -> tuple[int, ...]:
    """``total_cents`` in ``parts`` equal parts by cumulative rounding; the last takes the rest."""
    marks = [total_cents * number // parts for number in range(parts + 1)]
    return tuple(marks[number + 1] - marks[number] for number in range(parts))


def split_largest_remainder(
    total_cents: int, weights: Mapping[str, int | Fraction] | Sequence[tuple[str, int | Fraction]]
) -> dict[str, int]:
    """``total_cents`` divided by weight: whole cents first, what is left to the largest remainders, ties by id.

    The parts always add up to the total. Weights are not negative, and one of them is positive.
    """
    shares = sorted(dict(weights).items())
    whole = sum((Fraction(weight) for _id, weight in shares), Fraction(0))
    if whole <= 0:
        raise ValueError("the weights add up to nothing")
    exact = {key: Fraction(total_cents) * Fraction(weight) / whole for key, weight in shares}
    parts = {key: value.numerator // value.denominator for key, value in exact.items()}
    left = total_cents - sum(parts.values())
    for key in sorted(exact, key=lambda key: (parts[key] - exact[key], key))[:left]:
        parts[key] += 1
    return parts
