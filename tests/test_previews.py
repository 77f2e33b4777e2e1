"""What two people are shown: every field of every fact of every command that asks two, or a reason why not."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from fund import previews
from fund.events import FACTS
from fund.events.agreements import AgreementCompleted, BenefitReported
from fund.language import choose
from fund.registry import COMMANDS, PROJECTIONS
from fund.rules.authority import Role
from fund.rules.conflicts import Ground
from fund.rules.eligibility import RULES as ELIGIBILITY
from fund.rules.keys import FAMILIES
from fund.rules.schedules import BANDS
from fund.unit_of_work.preview import preview
from fund.words import HAPPENED, all_words, choice_word, choices
from fund.workflows.agreements.ending import GROUNDS, LOWER_GROUNDS
from fund.workflows.inbox.deciding import MATTERS
from fund.workflows.receipts.evidence import RULES as EVIDENCE
from tests.factories import founded
from tests.previews import fields_of, without_words

TWO = {name for name, command in COMMANDS.items() if command.second is not None}
WITHOUT_A_TABLE = {
    "repayment allowance": ("allowance.adjusted",),
    "event retry": ("delivery.retried",),
    "ledger post": ("entry.posted",),
    "ledger reverse": ("entry.reversed",),
    "bank register": ("bank_account.registered",),
}
"""What the commands of two record that no table of a lifecycle names."""


def recorded() -> dict[str, set[str]]:
    """The facts of each command that asks two people."""
    found: dict[str, set[str]] = {name: set(WITHOUT_A_TABLE.get(name, ())) for name in TWO}
    for life in PROJECTIONS.values():
        for row in life.table:
            if row.command in TWO:
                found[row.command].add(row.records.wire)
    return found


@pytest.mark.parametrize(("command", "wires"), sorted(recorded().items()))
def test_every_field_of_what_two_people_decide_is_shown_or_left_out_for_a_reason(command: str, wires: set[str]) -> None:
    assert wires, f"{command} records something that is named nowhere"
    for wire in wires:
        assert wire in previews.SHOWN
        assert without_words(wire) == []


def test_whatever_has_a_title_has_words_for_all_its_fields() -> None:
    assert {wire: without_words(wire) for wire in previews.SHOWN} == {wire: [] for wire in previews.SHOWN}


def test_every_reason_to_leave_out_is_of_a_field_that_is_there() -> None:
    fields = {pair for wire in previews.SHOWN for pair in fields_of(FACTS[wire], wire)}
    there = {field for _model, field in fields} | {f"{model}.{field}" for model, field in fields}
    assert set(previews.LEFT_OUT) <= there
    assert all(len(reason.split()) > 3 for reason in previews.LEFT_OUT.values())


def test_the_label_of_a_code_is_a_word_for_every_code() -> None:
    codes = {
        *GROUNDS, *LOWER_GROUNDS, *EVIDENCE, *ELIGIBILITY, *FAMILIES, *MATTERS, *map(str, Ground),
        "score", "order", "light", "standard", "major", "committee", "board", "new_lead", "for", "against", "abstain",
    }  # fmt: skip
    for lang in ("en", "nl"):
        choose(lang)
        assert {code for code in codes if "_" in choice_word(code)} == set()
        if lang == "nl":
            assert {code for code in codes if choice_word(code) == code.replace("_", " ")} == set()
        for role in Role:
            said = list(previews.lines({"facts": [{"type": "user.added", "fields": [pair("roles", [role.value])]}]}))
            assert "_" not in said[1]
        for band, _last in BANDS:
            assert choice_word(band) != band


def test_a_choice_has_words_of_its_own_only_where_the_glossary_says_something_else() -> None:
    of_glossary = {word.name: word for word in reversed(all_words()) if not word.is_state and word.section != HAPPENED}
    same = [
        code
        for code, said in choices().items()
        if code in of_glossary and said == (of_glossary[code].nl, of_glossary[code].en)
    ]
    assert same == []


def test_a_nought_or_a_no_that_somebody_gave_is_shown_and_one_that_nobody_gave_is_not(sqlite_url: str) -> None:
    about = {"ref": "A2026-001", "proposal": "2026-001"}
    reported = BenefitReported(
        **about, partner="gm0351", year=2026, planned_cost_cents=0, realised_cost_cents=0, planned_benefit_cents=5_00,
        realised_benefit_cents=0, expected_benefit_cents=0, realised=False,
    )  # fmt: skip
    completed = AgreementCompleted(
        **about, award_cents=5_00, booked_cents=5_00, released_cents=0, repayable_released_cents=0, plan_cuts=(),
        determined_cents=0, lower_ground="breach", reclaimed_cents=1,
    )  # fmt: skip
    with founded(sqlite_url) as world, world.snapshot() as snapshot:
        envelope = next(snapshot.store.facts.all())
        shown = [
            {pair["label"]: pair["value"] for pair in fact["fields"]}
            for fact in preview(
                snapshot, [replace(envelope, type=each.wire, fact=each) for each in (reported, completed)], on=None
            )["facts"]
        ]
    assert (shown[0]["realised"], shown[0]["expected_benefit_cents"]) == (False, 0)
    assert "expected_cost_cents" not in shown[0]
    assert (shown[1]["determined_cents"], shown[1]["reclaimed_cents"]) == (0, 1)
    assert "ex_officio" not in shown[1]


def pair(label: str, value: Any = None) -> dict[str, Any]:
    """A field as a preview has it."""
    return {"label": label, "value": value}


def test_values_read_as_people_write_them() -> None:
    fields = [
        pair("iban", "NL91ABNA0417164300"),
        pair("amount_cents", 1_234_56),
        pair("due_on", "2026-12-31"),
        pair("share_bps", 7050),
        pair("share", "1/3"),
        {**pair("requested_by", "usr_1"), "name": "fatima"},
        {**pair("partner", "gm0351"), "name": "Woudenberg"},
        pair("opens_at", "2026-03-29T23:00:00+00:00"),
        pair("closes_at", "2026-10-25T23:00:00+00:00"),
        pair("seconded", True),
        {**pair("votes"), "sealed": True},
        {**pair("call"), "new": True},
    ]
    told = {}
    for lang in ("en", "nl"):
        choose(lang)
        told[lang] = list(previews.lines({"facts": [{"type": "user.added", "fields": fields}]}))[1:]
    values = {
        lang: [re.split(r"\s{2,}", line.strip(), maxsplit=1)[1] for line in lines] for lang, lines in told.items()
    }
    assert values["en"] == [
        "NL91 ABNA 0417 1643 00", "EUR 1,234.56", "31 December 2026", "70.5 per cent", "33.33 per cent", "fatima",
        "Woudenberg (gm0351)", "30 March 2026 01:00", "25 October 2026", "yes", "under seal until it happens",
        "given when it happens",
    ]  # fmt: skip
    assert values["nl"][:3] == ["NL91 ABNA 0417 1643 00", "€ 1.234,56", "31 december 2026"]


def test_of_several_of_a_kind_what_they_share_is_said_once() -> None:
    partners = (("gm0351", "Woudenberg", 1_00), ("gm0307", "Amersfoort", 2_00))
    facts = [
        {
            "type": "contribution.called",
            "fields": [
                {**pair("partner", ref), "name": name},
                pair("amount_cents", cents),
                pair("due_on", "2026-12-31"),
            ],
        }
        for ref, name, cents in partners
    ]
    assert list(previews.lines({"facts": facts})) == [
        "Capital called, 2 times",
        "  Due on  31 December 2026",
        "  - Woudenberg, EUR 1.00",
        "  - Amersfoort, EUR 2.00",
    ]
    assert previews.short({"facts": facts}) == "31 December 2026"


def test_a_fact_without_words_shows_nothing_and_tells_nothing_apart() -> None:
    assert list(previews.lines({"facts": [{"type": "proposal.drafted", "fields": []}]})) == []
    assert previews.short({"facts": [{"type": "proposal.drafted", "fields": []}]}) == ""
    assert previews.title({}) == ""
