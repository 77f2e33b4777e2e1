"""The middle of the story: money out, one payment that comes back, money back, one instalment that is late."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from fund.demo.capital import import_statement, receive
from fund.demo.cast import MANAGER, TREASURER, TREASURER_3, short
from fund.demo.ideas import IDEAS
from fund.demo.money import batch, disburse, earn, pay_milestone, payee
from fund.demo.stage import Stage, iban_of, refusal_line
from fund.language import _, euros


def first_payments(stage: Stage, refs: dict[str, str]) -> None:
    """The first milestones are reached and paid; the bank sends one payment back."""
    stage.part(_("4. Money out"))
    rid, water = f"A{refs['rid']}", f"A{refs['water']}"
    lead, other = IDEAS["rid"].lead, IDEAS["water"].lead
    stage.clock(date(2024, 6, 10))
    payee(stage, lead)
    payee(stage, other)
    stage.say(
        _("the accounts of {one} and {two} are recorded by anna, confirmed by bram, and cool off for three days."),
        one=short(lead),
        two=short(other),
    )
    stage.clock(date(2024, 9, 16))
    earn(stage, rid, 1, lead)
    earn(stage, water, 1, other)
    first = disburse(stage, rid, 1, lead)
    second = disburse(stage, water, 1, other)
    asked = stage.ask("disbursement list")["disbursements"]
    cents = next(int(row["amount_cents"]) for row in asked if row["ref"] == first)
    stage.say(
        _(
            "two milestones accepted on hashed evidence; {one} ({cents}) and {two} asked, "
            "checked and approved by three people each."
        ),
        one=first,
        two=second,
        cents=euros(cents),
    )
    stage.clock(date(2024, 9, 18))
    sent = batch(stage, date(2024, 9, 19), second=TREASURER_3, return_of=first.replace("-", ""), tempted=TREASURER)
    stage.say(_("bram tried to send what he approved: {refusal}"), refusal=refusal_line(sent["refusal"]))
    stage.say(
        _("two others sent batch {ref} (pain.001); a week later the bank returns {one}: account closed (AC04)."),
        ref=sent["ref"],
        one=first,
    )
    stage.clock(date(2024, 9, 27))
    payee(stage, lead, iban=iban_of(2_001))
    stage.clock(date(2024, 10, 2))
    stage.do(MANAGER, "payment retry", ref=first)
    again = batch(stage, date(2024, 10, 3))
    stage.say(
        _("{who} gives a new account; after three days {one} is paid again in batch {ref}."),
        who=short(lead),
        one=first,
        ref=again["ref"],
    )
    stage.clock(date(2024, 11, 25))
    third = pay_milestone(stage, rid, 2, lead, date(2024, 11, 28))
    stage.say(_("the second milestone of {agreement} is reached: {ref} is paid."), agreement=rid, ref=third)


def instalment_of(stage: Stage, agreement: str, number: int) -> dict[str, Any]:
    """An instalment of the plan of an agreement: due day, cents, RF reference."""
    instalments = stage.ask("repayment plan", ref=agreement)["instalments"]
    return next(row for row in instalments if row["no"] == number)


def pay_instalment(stage: Stage, agreement: str, number: int, lead: str, on: date) -> int:
    """The lead pays one instalment by its reference; the cents."""
    line = instalment_of(stage, agreement, number)
    cents = int(line["amount_cents"])
    receive(stage, lead, cents, on, reference=line["reference"])
    stage.clock(on + timedelta(days=1))
    import_statement(stage, on)
    return cents


def first_repayments(stage: Stage, refs: dict[str, str]) -> None:
    """Two instalments come in; the second one three weeks late, after the service reminded by itself."""
    stage.part(_("6. Money back"))
    rid, lead = f"A{refs['rid']}", IDEAS["rid"].lead
    cents = pay_instalment(stage, rid, 1, lead, date(2025, 2, 12))
    stage.say(
        _("{who} pays the first instalment of {agreement}, {cents}: matched by its RF reference."),
        who=short(lead),
        agreement=rid,
        cents=euros(cents),
    )
    late = instalment_of(stage, rid, 2)
    stage.clock(date(2025, 5, 26))
    arrears = next(row for row in stage.ask("repayment arrears")["arrears"] if row["agreement"] == rid)
    stage.say(
        _("the instalment of {due} did not come: the service noted it by itself; {cents} is {days} days late."),
        due=late["due_on"],
        cents=euros(arrears["overdue_cents"]),
        days=arrears["days"],
    )
    cents = pay_instalment(stage, rid, 2, lead, date(2025, 6, 4))
    stage.say(_("three weeks late, {cents} comes in; nothing is in arrears any more."), cents=euros(cents))
