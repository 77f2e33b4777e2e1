"""The amounts of the position by name: what people call each, the accounts it stands on, and the quantity behind it."""

from __future__ import annotations

from dataclasses import dataclass

from fund.language import N_
from fund.reports.quantities import QUANTITIES


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount of the page.

    Attributes:
        name: What ``--explain`` takes. key: Where it stands in the JSON of the position.
        accounts: Where it comes from, in short. quantity: Its legs; empty for what stands in the regulations.
        sign: How it counts among those above and below it.
    """

    name: str
    title: str
    key: str
    accounts: str
    quantity: str = ""
    sign: int = 1

    @property
    def definition(self) -> str:
        """What it is (a message id)."""
        return QUANTITIES[self.quantity].definition if self.quantity else N_("money that is never committed")


MONEY = (
    Amount("cash", N_("in the bank"), "cash_cents", "1000 + 1005", "cash_cents"),
    Amount("in_transit", N_("under way"), "in_transit_cents", "1010", "in_transit_cents"),
    Amount("owed", N_("to be paid"), "owed_cents", "2000 2100 2200 2300", "owed_cents", -1),
    Amount("buffer", N_("buffer"), "buffer_cents", N_("regulations"), "", -1),
    Amount("committed", N_("committed"), "committed_cents", "9000", "committed_cents", -1),
)
WORTH = (
    Amount("capital", N_("capital of the partners"), "capital_cents", "3000", "capital_cents"),
    Amount("receivable", N_("of which still to be received"), "receivable_cents", "1100", "receivable_cents"),
    Amount("outstanding", N_("advances outstanding"), "outstanding_cents", "1200", "outstanding_cents"),
    Amount("allowance", N_("allowance"), "allowance_cents", "1290", "P_cents"),
    Amount("result", N_("result since the start"), "result_cents", "4xxx", "result_cents"),
    Amount(
        "net_asset_value",
        N_("net asset value"),
        "net_asset_value_cents",
        N_("owned less owed"),
        "net_asset_value_cents",
    ),
)
GIVEN_UP = (
    Amount(
        "learning_writeoffs", N_("invested in learning"), "learning_writeoffs_cents", "4200", "learning_writeoffs_cents"
    ),
    Amount("other_writeoffs", N_("other write-offs"), "other_writeoffs_cents", "4210", "other_writeoffs_cents"),
    Amount("recovered", N_("recovered of that"), "recovered_cents", "4300", "recovered_cents"),
)
AMOUNTS: dict[str, Amount] = {each.name: each for each in (*MONEY, *WORTH, *GIVEN_UP)}
"""By name."""
