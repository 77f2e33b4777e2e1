"""What leaving means for one partner: the exit quote, what falls due later, what is left at the long-stop. Pure.

A partner that leaves gets its share of what the fund is worth (NAV) less what is promised and will not come back (G).
What lies free is paid now; what still stands out is paid as it comes in. The others' euros do not change, and the cents
of rounding are theirs. Balances come as the ledger keeps them, sub-accounts apart, debit positive, without entries of
kind ``closing``. Source: lifecycle.md 9 (K3, K5, K7, K9, K10).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from fund.rules import valuation

ADVANCE, COMMITMENT, CALL = "advance", "commitment", "call"
"""What a partner's later part is paid from: money that is out, money that is promised, capital that is called."""

INPUTS = ("1000", "1005", "1010", "1100", "1200", "1290", "2000", "2100", "2200", "2210", "2300", "3000", "9000")
"""The main accounts that a quote is reckoned from."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that stands out at the valuation day: an advance, an open commitment, an unpaid call.

    Attributes:
        kind: ``advance``, ``commitment`` or ``call``.
        ref: The agreement, the proposal, or the partner that was called.
        case: What a euro is later recognised by: the proposal (whose number its agreement keeps), or the partner.
        amount_cents: What is expected back of it.
        standing_cents: What stands on the account: of a commitment a part is not expected back.
    """

    kind: str
    ref: str
    case: str
    amount_cents: int
    standing_cents: int


@dataclass(frozen=True, slots=True)
class Split:
    """A net amount in two parts: what is paid from free liquidity now, and what is paid later."""

    now_cents: int
    later_cents: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What a partner would get, or still owe, if it left at the end of a day; and everything it follows from.

    Attributes:
        balances: The main accounts that count, debit positive.
        share: Called of the partner, of all that was called.
        promised: G: what is committed and will not come back.
        worth: What is divided: NAV less G, never below nothing.
        gross_cents: The partner's share of that, rounded down.
        unpaid_cents: What it still owes on its own calls (1100).
        costs_cents: Costs of its leaving that are not booked yet.
        cut_cents: What a cap at the net paid-in takes off.
        net_cents: Gross less unpaid, costs and cut; below nothing it is owed to the fund.
        free_cents: Free to commit on that day.
    """

    partner: str
    balances: Mapping[str, int]
    capital_cents: int
    total_capital_cents: int
    share: Fraction
    nav_cents: int
    promised: Fraction
    worth: Fraction
    gross_cents: int
    unpaid_cents: int
    costs_cents: int
    cut_cents: int
    net_cents: int
    free_cents: int
    now_cents: int
    later_cents: int
    items: tuple[Item, ...]


def main_balances(balances: Mapping[str, int]) -> dict[str, int]:
    """Sub-accounts added up under their main code."""
    sums: dict[str, int] = {}
    for code, cents in balances.items():
        main = code.partition(".")[0]
        sums[main] = sums.get(main, 0) + cents
    return sums


def split(net_cents: int, share: Fraction, free_cents: int) -> Split:
    """Now: the share of what is free to commit, rounded down, at most the net amount; later: the rest."""
    positive = max(net_cents, 0)
    now = min(positive, floor(share * max(free_cents, 0)))
    return Split(now, positive - now)


def quote(
    partner: str,
    balances: Mapping[str, int],
    *,
    buffer_cents: int,
    repayable_bps: Mapping[str, int],
    proposals: Mapping[str, str],
    costs_cents: int = 0,
    capped: bool = False,
) -> Quote:
    """The exit quote of a partner from balances alone: the same inputs give the same quote, for ever.

    Args:
        balances: By account, sub-accounts apart, debit positive.
        buffer_cents: The buffer of the regulations of that day.
        repayable_bps: By proposal with a commitment, the share of it that comes back; fixed for life.
        proposals: By agreement with an advance, its proposal.
        costs_cents: Costs of leaving that are not booked yet, for the account of the one who leaves.
        capped: Whether the regulations cap what is paid at the net paid-in.
    """
    mains = main_balances(balances)
    capital = -balances.get(f"3000.{partner}", 0)
    total = valuation.capital(mains)
    share = Fraction(capital, total) if total > 0 else Fraction(0)
    items = _items(partner, balances, repayable_bps, proposals)
    promised = sum(
        (Fraction(item.standing_cents * (10_000 - repayable_bps.get(item.case, 0)), 10_000)
         for item in items if item.kind == COMMITMENT),
        Fraction(0),
    )  # fmt: skip
    nav = valuation.nav(mains)
    worth = max(nav - promised, Fraction(0))
    gross = floor(share * worth)
    unpaid = balances.get(f"1100.{partner}", 0)
    net = gross - unpaid - costs_cents
    cut = max(net - max(capital - unpaid, 0), 0) if capped else 0
    free = valuation.free_to_commit(mains, buffer_cents)
    parts = split(net - cut, share, free)
    return Quote(
        partner=partner,
        balances={code: mains.get(code, 0) for code in INPUTS},
        capital_cents=capital,
        total_capital_cents=total,
        share=share,
        nav_cents=nav,
        promised=promised,
        worth=worth,
        gross_cents=gross,
        unpaid_cents=unpaid,
        costs_cents=costs_cents,
        cut_cents=cut,
        net_cents=net - cut,
        free_cents=free,
        now_cents=parts.now_cents,
        later_cents=parts.later_cents,
        items=items,
    )


def _items(
    partner: str, balances: Mapping[str, int], repayable_bps: Mapping[str, int], proposals: Mapping[str, str]
) -> tuple[Item, ...]:
    """Advances, open commitments and what the others still owe on their calls; its own is settled with the partner."""
    found = []
    for code, cents in sorted(balances.items()):
        main, _dot, holder = code.partition(".")
        if not holder or cents <= 0:
            continue
        if main == "1200":
            found.append(Item(ADVANCE, holder, proposals.get(holder, holder), cents, cents))
        elif main == "9000":
            back = cents * repayable_bps.get(holder, 0) // 10_000
            found.append(Item(COMMITMENT, holder, holder, back, cents))
        elif main == "1100" and holder != partner:
            found.append(Item(CALL, holder, holder, cents, cents))
    return tuple(sorted(found, key=lambda item: ((ADVANCE, COMMITMENT, CALL).index(item.kind), item.ref)))


# ------------------------------------------------------------------------------------------------- the later part


def falls_due(
    share: Fraction, counted_cents: int, *, later_cents: int, fallen_cents: int, payable_cents: int, free_cents: int
) -> int:
    """What of the later part falls due now (K9), by cumulative rounding; below nothing what falls back.

    Args:
        counted_cents: Every euro collected on, or released from, named items since the valuation, together.
        later_cents: The later part as it was settled: never more than this falls due.
        fallen_cents: What fell due of it before.
        payable_cents: What stands on 2200: no more than this can fall back, for the rest was paid.
        free_cents: Free to commit now: what does not lie free waits for the next euro.
    """
    change = due_until(share, counted_cents, later_cents=later_cents) - fallen_cents
    return min(change, max(free_cents, 0)) if change > 0 else max(change, -max(payable_cents, 0))


def due_until(share: Fraction, counted_cents: int, *, later_cents: int) -> int:
    """The share of all that was counted, rounded down, within the later part."""
    return min(floor(share * max(counted_cents, 0)), later_cents)


def still_due(
    share: Fraction,
    held_cents: int,
    *,
    buffer_cents: int,
    earlier_cents: int,
    untied_cents: int,
    waiting_cents: int,
    open_cents: int,
) -> int:
    """What of the later part is paid at the long-stop (K10): the share of what named items and buffer still hold.

    Args:
        held_cents: What is still expected back of the named items.
        buffer_cents: What of the buffer of the valuation is still there.
        earlier_cents: What of both belongs to those who left before.
        untied_cents: What of the later part rests on no item: it was due at once, and too little lay free.
        waiting_cents: What fell due and did not lie free yet.
        open_cents: What is left of the later part (2210).
    """
    held = floor(share * max(held_cents + buffer_cents - earlier_cents, 0))
    return min(held + max(untied_cents, 0) + max(waiting_cents, 0), open_cents)
