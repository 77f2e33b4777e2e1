"""Whose money it is: what each partner paid in, and its part of what the fund paid out, got back and spent.

What a partner paid in is its own: receipts on its calls less what was paid back when it left, so that the partners add
up to ``I`` of statements.md. Money that went out or came back is nobody's in particular. It is divided over the capital
that stands on the day (3000), the weight that decides what leaving would bring; where nobody has capital any more, over
what each paid in, and in a fund to which nobody paid, evenly. Cents go to the largest remainders, so each amount adds
up to that of the fund. What is left follows from the others, and so adds up too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fund.money import split_largest_remainder
from fund.reports.quantities import Quantities
from fund.unit_of_work import Snapshot

FLOWS = ("paid_in_cents", "paid_out_cents", "came_back_cents", "costs_cents", "left_cents")
"""In the order in which they are told: in, out, back, spent on the fund itself, left."""

_COLLECTED = ("contribution.received", "overpayment.moved")
_SET_OFF = "exit.set_off"


@dataclass(frozen=True, slots=True)
class Paid:
    """What one partner paid on its calls, and what it was paid back when it left, in cents."""

    in_cents: int = 0
    back_cents: int = 0

    @property
    def net_cents(self) -> int:
        """What it paid in and was not paid back."""
        return self.in_cents - self.back_cents


def paid_by(snapshot: Snapshot, found: Quantities) -> dict[str, Paid]:
    """By partner what it paid in and was paid back (in money, or set off against an advance of its own)."""
    paid: Counter[str] = Counter()
    back: Counter[str] = Counter()
    for row in snapshot.ledger.moved_by_kind((*_COLLECTED, _SET_OFF), as_of=found.day, known_at=found.known_at):
        main, _dot, partner = row.account.partition(".")
        if main == "1100" and row.kind != _SET_OFF:
            paid[partner] -= row.amount_cents
        elif main == "2200" and row.kind == _SET_OFF:
            back[partner] += row.amount_cents
    for each in found.payments:
        if each.ground == "settlement":
            back[each.payee] += each.part("settlement")
    return {partner: Paid(paid[partner], back[partner]) for partner in {*paid, *back}}


def flows_of(found: Quantities) -> dict[str, int]:
    """What came into the fund, went out, came back, was spent on it and is left, in cents, on a cash basis.

    ``paid_out_cents`` has grants that came back unspent in it (U + S + V), as ``came_back_cents`` has (A + R + V).
    """
    back = found.value("returned_cents")
    flows = {
        "paid_in_cents": found.value("I_cents"),
        "paid_out_cents": found.value("U_cents") + found.value("S_cents") + found.value("V_cents"),
        "came_back_cents": back,
        "costs_cents": found.value("K_cents"),
    }
    return {**flows, "left_cents": _left(flows)}


def _left(flows: Mapping[str, int]) -> int:
    return flows["paid_in_cents"] - flows["paid_out_cents"] + flows["came_back_cents"] - flows["costs_cents"]


def divided(
    fund: Mapping[str, int], partners: Sequence[str], capital: Mapping[str, int], paid: Mapping[str, Paid]
) -> dict[str, dict[str, int]]:
    """The flows of the fund by partner: each of them adds up to the fund's, to the cent.

    Args:
        partners: Everybody who has, or had, money in the fund.
        capital: What stands on 3000 by partner, credit positive.
    """
    weights = next(
        (
            found
            for found in (
                {each: max(capital.get(each, 0), 0) for each in partners},
                {each: max(paid.get(each, Paid()).in_cents, 0) for each in partners},
            )
            if any(found.values())
        ),
        dict.fromkeys(partners, 1),
    )
    parts = {
        name: split_largest_remainder(fund[name], weights) if weights else {}
        for name in ("paid_out_cents", "came_back_cents", "costs_cents")
    }
    shares = {}
    for each in partners:
        flows = {
            "paid_in_cents": paid.get(each, Paid()).net_cents,
            **{name: part[each] for name, part in parts.items()},
        }
        shares[each] = {**flows, "left_cents": _left(flows)}
    return shares
