"""What other trades make of a bank line: they know their references, and lie above the receipts.

Each of these is found by its place when the first line is asked about, so that nobody has to be loaded in order to be
heard. They are asked in this order, until one says yes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fund.declarations import found_at

SETTLERS = ("fund.workflows.payments.settling:settle_line", "fund.workflows.transfers.use_cases:left")
"""``(uow, line, account, on, cause)``: whether a debit line was explained whole."""
ARRIVALS = ("fund.workflows.transfers.use_cases:came",)
"""``(uow, line, account, on, cause)``: whether a credit line is money of the fund itself, and no receipt."""
TAKERS = ("fund.workflows.payments.settling:take_back",)
"""``(uow, line, receipt, on, cause)``: whether a credit line is a payment of the fund that came back."""
EXPLAINERS = ("fund.workflows.payments.settling:explain",)
"""``(uow, debit, on, cause)``: whether a debit that waited is explained by what is known now."""


def any_of(places: Sequence[str], *asked: Any) -> bool:
    """Whether one of these says yes."""
    return any(found_at(place)(*asked) for place in places)
