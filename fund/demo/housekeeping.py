"""What the fund does for itself in the story: its own bill."""

from __future__ import annotations

from datetime import date

from fund.demo.cast import MANAGER, TREASURER
from fund.demo.money import batch
from fund.demo.stage import Stage, iban_of
from fund.language import _, euros

__all__ = ["own_bill"]

PRINTER = "drukkerij-de-eend"
PRINTER_CENTS = 1_842_50


def own_bill(stage: Stage) -> None:
    """The printer of the annual report: its account on a document, a cost within the year's budget, one payment."""
    stage.clock(date(2025, 1, 21))
    invoice = b"Factuur 2025-017: drukwerk jaarverslag 2024.\n"
    stage.both(
        MANAGER, TREASURER, "payee record",
        supplier=PRINTER, iban=iban_of(9_001), name="Drukkerij De Eend",
        file={"name": "factuur.txt", "content": invoice},
    )  # fmt: skip
    stage.clock(date(2025, 1, 27))
    approved = stage.both(
        MANAGER, TREASURER, "cost approve",
        payee=PRINTER, amount=PRINTER_CENTS, reason="drukwerk jaarverslag 2024", invoice="2025-017",
        file={"name": "factuur.txt", "content": invoice},
    )  # fmt: skip
    paid = batch(stage, date(2025, 1, 28))
    stage.say(
        _(
            "a printer sends its bill for the annual report: {cents} from the fund's own budget, approved by two, "
            "paid as {ref} in batch {batch} by two others."
        ).format(cents=euros(PRINTER_CENTS), ref=approved["result"]["ref"], batch=paid["ref"])
    )
