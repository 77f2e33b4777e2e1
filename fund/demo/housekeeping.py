"""What the fund does for itself in the story: surplus cash to the treasury, its own bill, what was paid too much, the
books closed, and what leaving would mean.
"""

from __future__ import annotations

from datetime import date, timedelta

from fund.bank.simulation import StoryBank
from fund.demo.capital import import_statement
from fund.demo.cast import AUDITOR, MANAGER, TREASURER, TREASURER_2, TREASURER_3, short
from fund.demo.money import batch, payee
from fund.demo.stage import FUND_IBAN, Stage, iban_of
from fund.language import _, euros

TREASURY_IBAN = "NL20INGB0001234567"
"""The treasury account of the story: a documentation example."""
SURPLUS_CENTS = 1_500_000_00
PRINTER = "drukkerij-de-eend"
PRINTER_CENTS = 1_842_50
LEAVER = "gm0339"
"""The partner of whom the auditor asks what leaving would mean: the smallest."""


def to_the_treasury(stage: Stage) -> None:
    """What is not needed soon goes to the treasury account: decided by two people, shown by both statements."""
    stage.clock(date(2024, 6, 3))
    stage.both(MANAGER, TREASURER, "bank register", iban=TREASURY_IBAN, account="1005")
    stage.treasury = StoryBank(iban=TREASURY_IBAN, owner=stage.bank.owner)
    ref = _moved(stage, stage.treasury, SURPLUS_CENTS, date(2024, 6, 6))
    stage.say(
        _(
            "public bodies keep their surplus with the State: two treasurers move {cents} to the treasury account as "
            "{ref}; the statements of both accounts show it."
        ),
        cents=euros(SURPLUS_CENTS),
        ref=ref,
    )


def from_the_treasury(stage: Stage, cents: int, on: date) -> None:
    """What many payments at once ask comes back from the treasury account first, where the story has one."""
    if stage.treasury is None:
        return
    ref = _moved(stage, stage.treasury, -cents, on)
    stage.say(
        _("two treasurers bring {cents} back from the treasury account as {ref}, for what will be paid."),
        cents=euros(cents),
        ref=ref,
    )


def _moved(stage: Stage, treasury: StoryBank, cents: int, on: date) -> str:
    """So much more stands on the treasury account: two people decide it, both statements show it; the ref."""
    stage.clock(on)
    to = "1005" if cents > 0 else "1000"
    moved = stage.both(TREASURER_2, TREASURER_3, "cost transfer", amount=abs(cents), to=to)
    stage.bank.move(-cents, other=TREASURY_IBAN, on=on)
    treasury.move(cents, other=FUND_IBAN, on=on)
    stage.clock(on + timedelta(days=1))
    import_statement(stage, on)
    name = f"camt053-{on:%Y%m%d}-1005.xml"
    stage.do(TREASURER, "bank import", files=[{"name": name, "content": treasury.statement(on)}])
    return str(moved["result"]["ref"])


def own_bill(stage: Stage) -> None:
    """A printer is paid from the budget of the fund, and who paid too much in the first year gets that back: two kinds
    of debt in one batch.
    """
    stage.clock(date(2025, 1, 21))
    invoice = {"name": "factuur.txt", "content": b"Factuur 2025-017: drukwerk jaarverslag 2024.\n"}
    stage.both(
        MANAGER, TREASURER, "payee record",
        supplier=PRINTER, iban=iban_of(9_001), name="Drukkerij De Eend", file=invoice,
    )  # fmt: skip
    overpaid = stage.ask("repayment overpaid")["payers"][0]
    payer, surplus = str(overpaid["payer"]), int(overpaid["amount_cents"])
    payee(stage, payer)
    stage.clock(date(2025, 1, 27))
    approved = stage.both(
        MANAGER, TREASURER, "cost approve",
        payee=PRINTER, amount=PRINTER_CENTS, reason="drukwerk jaarverslag 2024", invoice="2025-017", file=invoice,
    )  # fmt: skip
    refund = stage.both(TREASURER, MANAGER, "repayment refund", ref=payer)
    paid = batch(stage, date(2025, 1, 28))
    stage.say(
        _(
            "a printer is owed {cents} for the annual report ({cost}), {who} the {surplus} it paid too much "
            "({refund}): two people approve, two others send both in batch {batch}."
        ),
        cents=euros(PRINTER_CENTS),
        cost=approved["result"]["ref"],
        who=short(payer),
        surplus=euros(surplus),
        refund=refund["result"]["ref"],
        batch=paid["ref"],
    )


def what_leaving_means(stage: Stage) -> None:
    """The auditor asks what one partner would get if it left today: a question, which changes nothing."""
    quote = stage.ask("partner exit-quote", AUDITOR, ref=LEAVER)
    stage.say(
        _(
            "joost asks what leaving would mean for {who} today: {now} at once, {later} as money comes back, of the "
            "{capital} it was called for."
        ),
        who=short(LEAVER),
        now=euros(quote["now_cents"]),
        later=euros(quote["later_cents"]),
        capital=euros(quote["capital_cents"]),
    )


def lock_months(stage: Stage, year: int, months: range) -> None:
    """Months are locked in order, each by two people."""
    for month in months:
        stage.both(MANAGER, TREASURER, "period lock", period=f"{year}-{month:02d}")


def close_year(stage: Stage, year: int, *, on: date) -> None:
    """The allowance is run, the months are locked, the result goes to 3100, the months are closed."""
    stage.clock(on)
    stage.both(MANAGER, TREASURER, "repayment allowance", on=date(year, 12, 31))
    lock_months(stage, year, range(1, 13))
    stage.both(MANAGER, TREASURER, "period close", period=str(year))
    stage.say(
        _(
            "anna runs the allowance and closes {year}, bram checks: twelve months locked, "
            "the result to 3100, every month closed."
        ),
        year=year,
    )
