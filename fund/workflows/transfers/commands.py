"""What can be asked of transfers."""

from __future__ import annotations

from datetime import date

from fund.declarations import AMOUNT, IBAN, TEXT, Choice, Input, accounting_day, argument, command, option
from fund.language import N_
from fund.references import TRANSFER
from fund.rules.authority import PAYERS, TREASURER


@command(
    "cost transfer",
    ".use_cases:transfer",
    TREASURER,
    second=PAYERS,
    examples=("fund --as bram cost transfer 250000 --to 1005", "fund --as bram cost transfer 80000 --to 1000"),
    permitted=N_("a treasurer; a second treasurer or a fund manager confirms"),
    see=("bank import", "cost settle", "cost recall"),
)
class TransferMoney(Input):
    """Move money to the treasury account, or back.

    A treasurer decides it, a second person confirms; it is carried out at the bank. It is on account 1010 until the
    statement of the other account shows it. `fund bank import` recognises what the bank sweeps by itself.
    """

    amount: int = argument(AMOUNT, N_("How much"))
    to: str = option(
        "--to", Choice("", words=dict.fromkeys(["1000", "1005"], "")), N_("1005 the treasury account, 1000 the bank")
    )
    iban: str | None = option(
        "--iban", IBAN, N_("Which of the fund's own accounts, where it has several there"), default=None
    )
    on: date | None = accounting_day(default=None)


@command(
    "cost settle",
    ".use_cases:settle",
    TREASURER,
    examples=("fund --as bram cost settle V2026-0001 --on 2026-04-03",),
    permitted=N_("a treasurer"),
    see=("cost transfer", "bank import"),
)
class SettleTransfer(Input):
    """Say that a transfer arrived.

    Only where the statement of the account that received it cannot say so.
    """

    ref: str = argument(TRANSFER, N_("The transfer"))
    on: date | None = accounting_day(default=None)


@command(
    "cost recall",
    ".use_cases:recall",
    TREASURER,
    second=PAYERS,
    examples=('fund --as bram cost recall V2026-0001 --reason "typed twice"',),
    permitted=N_("a treasurer; a second treasurer or a fund manager confirms"),
    see=("cost transfer",),
)
class RecallTransfer(Input):
    """Say that a transfer was never carried out.

    The money did not leave: it stands on its account again. What the bank showed cannot be recalled.
    """

    ref: str = argument(TRANSFER, N_("The transfer"))
    reason: str = option("--reason", TEXT, N_("Why it was not carried out"))
    on: date | None = accounting_day(default=None)
