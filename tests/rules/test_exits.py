"""The exit quote and what falls due later, from balances alone: the design's example, and properties over any fund."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from fund.rules import valuation
from fund.rules.exits import due_until, falls_due, main_balances, quote, split, still_due

CENTS = st.integers(min_value=0, max_value=10**9)
BPS = st.integers(min_value=0, max_value=10_000)
PARTNERS = ("a", "b", "c", "d")

AFTER_C6 = {
    "1000": 8_099_999, "3000.gm0308": -3_988_421, "3000.gm0312": -2_468_157, "3000.gm0313": -3_543_422,
    "3100": 1_900_001, "9000.2026-001": 0,
}  # fmt: skip


def test_the_quote_for_bunnik_after_the_year_was_closed_is_that_of_the_design() -> None:
    made = quote("gm0312", AFTER_C6, buffer_cents=500_000, repayable_bps={}, proposals={})
    assert (made.net_cents, made.now_cents, made.later_cents) == (1_999_206, 1_875_799, 123_407)
    assert (made.share, made.nav_cents, made.free_cents) == (Fraction(2_468_157, 10_000_000), 8_099_999, 7_599_999)
    assert made.items == ()


def test_without_capital_there_is_no_share() -> None:
    made = quote("gm0312", {}, buffer_cents=0, repayable_bps={}, proposals={})
    assert (made.share, made.net_cents, made.items) == (0, 0, ())


def test_a_cap_leaves_what_is_above_the_paid_in_capital_in_the_fund() -> None:
    rich = {"1000": 20_000, "3000.a": -5_000, "3000.b": -5_000, "3100": -10_000}
    made = quote("a", rich, buffer_cents=0, repayable_bps={}, proposals={}, capped=True)
    assert (made.gross_cents, made.cut_cents, made.net_cents) == (10_000, 5_000, 5_000)


@st.composite
def funds(draw: st.DrawFn) -> dict[str, int]:
    """Balances of a fund in which every entry sums to nothing: what is left over is its accumulated result."""
    found: dict[str, int] = {}
    for partner in PARTNERS:
        capital = draw(CENTS)
        found[f"3000.{partner}"] = -capital
        found[f"1100.{partner}"] = draw(st.integers(min_value=0, max_value=capital))
    for agreement in ("A1", "A2"):
        advance = draw(CENTS)
        found[f"1200.{agreement}"] = advance
        found[f"1290.{agreement}"] = -draw(st.integers(min_value=0, max_value=advance))
        found[f"9000.{agreement[1:]}"] = draw(CENTS)
    found["1000"] = draw(CENTS)
    for code in ("2000.x", "2100.x", "2200.z", "2210.z", "2300"):
        found[code] = -draw(st.integers(min_value=0, max_value=10**6))
    found["9010"] = -sum(cents for code, cents in found.items() if code.startswith("9000."))
    found["3100"] = -sum(found.values())
    return found


def promised(balances: dict[str, int], bps: dict[str, int]) -> Fraction:
    return sum(
        (Fraction(balances[f"9000.{ref}"] * (10_000 - share), 10_000) for ref, share in bps.items()), Fraction(0)
    )


@given(funds(), BPS, BPS, CENTS, st.integers(min_value=0, max_value=10_000))
def test_leaving_changes_nobody_elses_euros_but_for_cents_in_their_favour(
    balances: dict[str, int], first: int, second: int, buffer_cents: int, costs: int
) -> None:
    bps = {"1": first, "2": second}
    made = quote(
        "a", balances, buffer_cents=buffer_cents, repayable_bps=bps, proposals={"A1": "1", "A2": "2"}, costs_cents=costs
    )
    again = quote(
        "a", balances, buffer_cents=buffer_cents, repayable_bps=bps, proposals={"A1": "1", "A2": "2"}, costs_cents=costs
    )
    assert made == again
    worth = valuation.nav(main_balances(balances)) - promised(balances, bps)
    after = _booked(balances, made.now_cents, made.later_cents, made.unpaid_cents, made.net_cents)
    assert sum(after.values()) == 0
    left = valuation.nav(main_balances(after)) - promised(after, bps)
    others = worth - made.share * max(worth, 0)
    assert 0 <= left - costs - others < 1
    assert left == worth - (made.gross_cents - costs)
    before, now = (valuation.free_to_commit(main_balances(each), buffer_cents) for each in (balances, after))
    assert now == before - made.now_cents
    assert before < 0 or now >= 0
    assert (made.now_cents, made.later_cents) >= (0, 0)
    assert made.now_cents + made.later_cents == max(made.net_cents, 0)


def _booked(balances: dict[str, int], now: int, later: int, unpaid: int, net: int) -> dict[str, int]:
    """K7: 3000 all, 1100 to max(-net, 0), 2200 and 2210, the difference to 3100."""
    after = {**balances, "3000.a": 0, "1100.a": max(-net, 0), "2200.a": -now, "2210.a": -later}
    after["3100"] -= sum(after.values())
    return after


@given(funds(), BPS, CENTS)
def test_all_together_get_what_is_divided_but_for_cents(balances: dict[str, int], share: int, buffer: int) -> None:
    bps = {"1": share, "2": share}
    quotes = [quote(each, balances, buffer_cents=buffer, repayable_bps=bps, proposals={}) for each in PARTNERS]
    if quotes[0].total_capital_cents:
        assert 0 <= quotes[0].worth - sum(each.gross_cents for each in quotes) < len(PARTNERS)
        assert sum(each.now_cents for each in quotes) <= max(quotes[0].free_cents, 0)


@given(
    st.fractions(min_value=0, max_value=1, max_denominator=10**6),
    CENTS,
    st.lists(st.integers(min_value=-(10**6), max_value=10**7), max_size=12),
    st.booleans(),
)
def test_parts_never_exceed_the_later_part_and_follow_what_came_in(
    share: Fraction, later: int, collected: list[int], paying: bool
) -> None:
    counted = fallen = payable = 0
    for cents in collected:
        counted = max(counted + cents, 0)
        free = 10**10
        part = falls_due(share, counted, later_cents=later, fallen_cents=fallen, payable_cents=payable, free_cents=free)
        fallen, payable = fallen + part, payable + part
        assert 0 <= fallen <= later
        assert payable >= 0
        assert fallen >= due_until(share, counted, later_cents=later)
        if not paying:  # nothing left yet: the sum is exact, whatever the steps were
            assert fallen == due_until(share, counted, later_cents=later)
        else:
            payable = 0


@given(CENTS, CENTS, CENTS, CENTS, CENTS, CENTS, st.fractions(min_value=0, max_value=1, max_denominator=999))
def test_the_long_stop_pays_at_most_what_is_left(
    held: int, buffer: int, earlier: int, untied: int, waiting: int, left: int, share: Fraction
) -> None:
    amount = still_due(
        share, held, buffer_cents=buffer, earlier_cents=earlier, untied_cents=untied, waiting_cents=waiting,
        open_cents=left,
    )  # fmt: skip
    assert 0 <= amount <= left
    assert amount == left or amount >= untied + waiting


@given(st.integers(min_value=-(10**9), max_value=10**9), st.integers(min_value=-(10**9), max_value=10**9))
def test_what_is_paid_now_never_exceeds_what_lies_free(net: int, free: int) -> None:
    parts = split(net, Fraction(1, 3), free)
    assert parts.now_cents + parts.later_cents == max(net, 0)
    assert 0 <= parts.now_cents <= max(free, 0)
