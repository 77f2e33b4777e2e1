"""First chapters of the story: the fund is founded, the partners pay in."""

from __future__ import annotations

from datetime import date, timedelta
from importlib import resources
from typing import Any

from fund.demo.cast import (
    MANAGER,
    MANAGER_2,
    PARTNERS,
    TREASURER,
    TREASURER_2,
    invite_office,
    invite_partners,
    short,
    signatory,
)
from fund.demo.stage import FUND_IBAN, Stage, iban_of, material_file, refusal_line
from fund.language import _, euros
from fund.rules.regulations import Contact, Identity, Regulations, standard

CALL_CENTS = 2_100_000_00
KEY = "2024-2"
"""The key that the full board adopts in the story."""


def rules_of_the_story() -> Regulations:
    """The standard regulations with a buffer and budgets that fit a fund of two million."""
    rules = standard()
    return rules.model_copy(
        update={
            "version": "2024-1",
            "buffer_cents": 210_000_00,
            "learning_budget_cents": 100_000_00,
            "key": rules.key.model_copy(update={"name": "2024"}),
            "identity": Identity(tax_number="001234567"),  # nobody's: it fails the test of eleven
            "contact": Contact(telephone="030 000 00 00", mail="fonds@voorbeeld.example"),
        }
    )


def founding(stage: Stage) -> None:
    """The fund has an office, 34 partners, a bank account and a committee."""
    stage.part(_("1. The fund is founded"))
    stage.say(_("petra, anna and bram found the fund: chart of accounts, regulations 2024-1, first three people."))
    invite_office(stage)
    stage.clock(date(2024, 1, 10))
    content = (resources.files("fund") / "data" / "partners.csv").read_bytes()
    stage.do(MANAGER, "partner import", file={"name": "partners.csv", "content": content})
    stage.say(
        _(
            "anna imports the {count} partners: 26 municipalities, 4 water boards, 3 "
            "regions, 1 province; the founding key holds."
        ),
        count=len(PARTNERS),
    )
    stage.clock(date(2024, 1, 11))
    invite_partners(stage)
    stage.both(MANAGER, TREASURER, "bank register", iban=FUND_IBAN, account="1000")
    stage.say(_("anna registers the bank account of the fund, bram confirms it."))


def a_key(stage: Stage) -> None:
    """The full board replaces the founding key: within five years that takes every active partner."""
    stage.clock(date(2024, 1, 12))
    stage.do(MANAGER, "key adopt", file=material_file("sleutel.toml"))
    for partner in PARTNERS:
        stage.do(signatory(partner), "decision vote", ref=KEY, choice="for")
    stage.say(
        _(
            "anna proposes key {key}: a larger equal part. So soon after the founding key "
            "all {count} partners must agree; they do."
        ),
        key=KEY,
        count=len(PARTNERS),
    )


def import_statement(stage: Stage, on: date, *, version: str = "08", by: str = TREASURER) -> dict[str, Any]:
    """A treasurer imports what the bank wrote down until a day; the counts."""
    content = stage.bank.statement(on, version=version)
    answer = stage.do(by, "bank import", files=[{"name": f"camt053-{on:%Y%m%d}.xml", "content": content}])
    result: dict[str, Any] = answer["result"]
    return result


def paying_in(stage: Stage) -> None:
    """Capital is called over all partners by the key, and comes in by bank files of two versions."""
    stage.part(_("2. The partners pay in"))
    a_key(stage)
    stage.clock(date(2024, 1, 15))
    refusal = stage.refused(TREASURER, "capital call", amount=CALL_CENTS, key=KEY)
    stage.say(_("bram tries to call capital himself: {refusal}"), refusal=refusal_line(refusal))
    made = stage.do(MANAGER, "capital call", amount=CALL_CENTS, key=KEY)
    stage.say(
        _("anna calls {amount} by key {key} over all partners, by largest remainder: {pending} waits for a treasurer."),
        key=KEY,
        amount=euros(CALL_CENTS),
        pending=made["pending"],
    )
    stage.do(TREASURER, "confirm", ref=made["pending"])
    calls = stage.ask("capital list")["calls"]
    total = sum(call["called_cents"] for call in calls)
    largest = max(calls, key=lambda call: int(call["called_cents"]))
    smallest = min(calls, key=lambda call: int(call["called_cents"]))
    stage.say(
        _(
            "bram confirms: {count} calls, together {total}; the largest {largest} ({who}), "
            "the smallest {smallest} ({other})."
        ),
        count=len(calls),
        total=euros(total),
        largest=euros(largest["called_cents"]),
        who=short(largest["partner"]),
        smallest=euros(smallest["called_cents"]),
        other=short(smallest["partner"]),
    )
    details = {call["ref"]: call for call in calls}
    order = sorted(details)
    first, second, late = order[:18], order[18:32], order[32:]
    _pay(stage, [details[ref] for ref in first], date(2024, 1, 29))
    stage.clock(date(2024, 1, 30))
    result = import_statement(stage, date(2024, 1, 29))
    stage.say(_told(_("bram imports a bank statement (camt.053.001.08)"), result))
    _pay(stage, [details[ref] for ref in second], date(2024, 2, 12))
    stage.clock(date(2024, 2, 13))
    result = import_statement(stage, date(2024, 2, 12), version="02")
    stage.say(_told(_("and a second one in the older format (camt.053.001.02)"), result))
    _late_payers(stage, [details[ref] for ref in late])


def _pay(stage: Stage, calls: list[dict[str, Any]], on: date) -> None:
    for number, call in enumerate(calls):
        day = on - timedelta(days=number % 3)
        receive(stage, call["partner"], call["called_cents"], day, reference=call["reference"])


def receive(stage: Stage, partner: str, cents: int, on: date, *, reference: str = "", text: str = "") -> None:
    """A partner pays the fund, with an RF ``reference`` or a free ``text``."""
    stage.bank.receive(
        cents, name=PARTNERS[partner]["naam"], iban=partner_iban(partner), on=on, reference=reference, text=text
    )


def partner_iban(partner: str) -> str:
    """The account of a partner in the story."""
    return iban_of(1_000 + sorted(PARTNERS).index(partner))


def _late_payers(stage: Stage, calls: list[dict[str, Any]]) -> None:
    """One pays in two parts, one pays a euro too much without a reference: a treasurer matches that by hand."""
    parts, odd = calls[0], calls[1]
    half = parts["called_cents"] // 2
    for cents, on in ((half, date(2024, 2, 20)), (parts["called_cents"] - half, date(2024, 2, 26))):
        receive(stage, parts["partner"], cents, on, reference=parts["reference"])
    receive(stage, odd["partner"], odd["called_cents"] + 100, date(2024, 2, 27), text="bijdrage fonds")
    stage.clock(date(2024, 2, 28))
    result = import_statement(stage, date(2024, 2, 27))
    stage.say(_told(_("a third statement brings the last two partners, one of them in two parts"), result))
    for receipt in stage.ask("bank unmatched")["receipts"]:
        if receipt["state"] == "proposed":
            stage.do(TREASURER, "bank match", ref=receipt["ref"])
        else:
            stage.both(TREASURER_2, MANAGER_2, "capital receive", ref=odd["ref"], receipt=receipt["ref"])
    stage.say(
        _(
            "{partner} paid {surplus} too much and named no reference: the treasurer matches "
            "it, the surplus is owed back."
        ),
        partner=short(odd["partner"]),
        surplus=euros(100),
    )


def _told(what: str, result: dict[str, Any]) -> str:
    return _("{what}: {lines} lines, {matched} matched by reference, {unmatched} not.").format(
        what=what, lines=result["lines_new"], matched=result["matched"], unmatched=result["unmatched"]
    )
