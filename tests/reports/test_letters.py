"""Call letters: the partner's own computation in words, on a page that is the same each time."""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

from fund import language
from fund.errors import FundError
from fund.errors.capital import NothingToPayInto
from fund.errors.usage import ReportsMissing
from fund.reports.letters import call_letter, letter_pdf, letter_pictures
from tests.factories import World, founded

EVIL = "#panic(1) *x* _y_ $ \\ <lab> @ref // 'q' \"z\" `code` #{ עיר"


@pytest.fixture(scope="module")
def world(module_sqlite_url: str) -> Iterator[World]:
    """The 34, called twice by the key (once in four parts), and one of them alone."""
    with founded(module_sqlite_url) as world:
        world.partners()
        world.both("bank register", user="anna", second="bram", iban="NL91ABNA0417164300", account="1000")
        world.both("capital call", user="anna", second="bram", amount=210_000_003, key="2026")
        world.both("capital call", user="anna", second="bram", amount=210_000_003, instalments=4, every=3)
        world.both("capital call", user="anna", second="bram", amount=12_345, partner="gm0308")
        yield world


def letters(world: World, ref: str, *, all: bool = False) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.ask("capital letter", ref=ref, all=all)["letters"]
    return found


def test_every_partner_finds_its_own_computation_from_the_total_to_its_cents(world: World) -> None:
    found = letters(world, "B2026-0001", all=True)
    assert len(found) == 34
    assert sum(each["amount_cents"] for each in found) == 210_000_003
    left = {each["computation"]["left_over_cents"] for each in found}
    assert left == {sum(each["computation"]["remainder_cents"] for each in found)}
    for each in found:
        steps = each["computation"]
        share = sum((Fraction(steps[name]) for name in ("equal", "fixed", "by_inhabitants")), Fraction(0))
        assert share == Fraction(steps["share"]) == Fraction(steps["key_share"])
        assert Fraction(steps["exact"]) == 210_000_003 * share
        assert steps["whole_cents"] + steps["remainder_cents"] == steps["part_cents"] == each["amount_cents"]
        assert 0 <= steps["remainder_cents"] <= 1
        assert (steps["key"], steps["reference_year"]) == ("2026", 2024)


def test_a_letter_names_no_other_partner(world: World) -> None:
    names = {row["id"]: row["name"] for row in world.ask("partner list")["partners"]}
    for letter in (*letters(world, "B2026-0001", all=True), *letters(world, "B2026-0040")):
        told = json.dumps([letter, call_letter(letter)], ensure_ascii=False)
        others = [name for ref, name in names.items() if ref != letter["partner"] and f'"{name}"' in told]
        assert others == []
        assert not any(f'"{ref}"' in told for ref in names if ref != letter["partner"])


def test_instalments_stand_in_the_letter_and_make_the_part(world: World) -> None:
    second = letters(world, "B2026-0036")[0]
    assert second["instalment"] == 2
    assert len(second["instalments"]) == second["of_instalments"] == 4
    assert sum(each["amount_cents"] for each in second["instalments"]) == second["computation"]["part_cents"]
    words = call_letter(second)
    assert "It is instalment 2 of 4" in " ".join(words["asked"])
    assert [row[0] for row in words["instalments"]] == [each["ref"] for each in second["instalments"]]


def test_who_is_called_alone_reads_that_no_key_divides_it(world: World) -> None:
    ref = world.ask("capital list", partner="gm0308")["calls"][-1]["ref"]
    words = call_letter(letters(world, ref)[0])
    assert words["alone"] == "This call was made to Gemeente Baarn alone; no distribution key divides it."
    assert words["computed"] == []


def test_the_words_are_of_the_trade_and_amounts_are_never_broken(world: World) -> None:
    words = call_letter(letters(world, "B2026-0004")[0])
    assert words["asked"][0] == "Testfonds asks Gemeente Bunnik for a contribution of EUR\u00a027,991.77."
    assert words["pay"][2:] == [
        ["IBAN", "NL91 ABNA 0417 1643 00"],
        ["In the name of", "Testfonds"],
        ["Reference", "RF46 B202 6000 4"],
    ]
    assert words["computed"] == [
        ["Total of the call", "", "EUR\u00a02,100,000.03"],
        ["Distribution key", "fixed, base and inhabitants; in force from 5 January 2026", "2026"],
        ["Equal part", "20\u00a0% of the total over 26 partners", "0.7692\u00a0%"],
        ["Part by inhabitants", "50\u00a0% of the total; 15,786 of 1,400,187 inhabitants, 2024", "0.5637\u00a0%"],
        ["Share in the key", "808759/60674770", "1.3329\u00a0%"],
        ["Total times share", "", "EUR\u00a027,991.765346…"],
        ["In whole cents, rounded down", "", "EUR\u00a027,991.76"],
        [
            "Largest remainder",
            "EUR\u00a00.13 was left over; this remainder is among the largest and takes a cent",
            "EUR\u00a00.01",
        ],
        ["Contribution", "", "EUR\u00a027,991.77"],
    ]


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_same_letter_is_the_same_bytes_on_one_page(world: World, lang: str) -> None:
    language.choose(lang)
    names = sorted(letters(world, "B2026-0001", all=True), key=lambda each: len(each["partner_name"]))
    for letter in (names[-1], letters(world, "B2026-0036")[0]):
        made = letter_pdf(letter)
        assert made == letter_pdf(letter)
        assert made.startswith(b"%PDF-1.7")
        assert b"20260105" in made, "stamped with the day of the call"
        assert len(letter_pictures(letter, ppi=20)) == 1


def test_a_letter_says_the_same_after_it_was_paid(world: World) -> None:
    before = letters(world, "B2026-0001")
    with world.uow("anna", commit=False) as uow:
        from fund.contributions.letters import letters as query
        from fund.schemas.capital import Call

        uow.store.cases.put([(uow.case(Call, "B2026-0001").replace(state="received", received_cents=1), 99)])
        uow._cases.clear()
        assert query(uow, ref="B2026-0001")["letters"] == before


def test_what_others_wrote_is_set_as_it_is_and_never_read_as_code(world: World) -> None:
    letter = letters(world, "B2026-0001")[0]
    for field in ("partner_name", "fund_name", "ref", "commitment"):
        assert letter_pdf({**letter, field: EVIL}) != letter_pdf(letter)


def test_without_an_account_there_is_nothing_to_pay_into(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        world.partners()
        world.both("capital call", user="anna", second="bram", amount=100, partner="gm0308")
        with pytest.raises(NothingToPayInto) as refused:
            world.ask("capital letter", ref="B2026-0001")
        assert refused.value.advice == "fund bank register IBAN --account 1000"


def test_without_the_extra_the_hint_says_how_to_get_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "typst":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ReportsMissing) as refused:
        letter_pdf(letters(world, "B2026-0001")[0])
    assert refused.value.exit_code == 4
    assert "'typst>=" in refused.value.advice
    assert isinstance(refused.value, FundError)
