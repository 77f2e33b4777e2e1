"""References and account numbers by which payments find their way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fund.bank import (
    FoundReference,
    bic_of,
    creditor_reference,
    end_to_end_id,
    find_references,
    iban,
    iban_mask,
    is_creditor_reference,
    read_creditor_reference,
    ref_of_end_to_end_id,
    ref_of_wire,
    reference_spaced,
    wire,
)
from fund.errors.bank import InvalidIban, InvalidReference

refs = st.builds(
    lambda kind, year, number: f"{kind}{year}-{number:04d}",
    st.sampled_from("ABDKS"),
    st.integers(2000, 2099),
    st.integers(1, 99999),
)


def test_a_call_gets_the_reference_that_the_standard_computes() -> None:
    # by hand: BIJ2025002RF00 -> 11 18 19 2025002 27 15 00, modulo 97 is 89, 98 - 89 = 09
    assert creditor_reference("BIJ-2025-002") == "RF09BIJ2025002"
    # the example of ISO 11649 itself
    assert creditor_reference("539007547034") == "RF18539007547034"
    assert is_creditor_reference("RF18 5390 0754 7034")


@given(refs)
@settings(max_examples=50)
def test_a_reference_of_ours_travels_and_comes_back_as_the_same_ref(ref: str) -> None:
    reference = creditor_reference(ref)
    assert is_creditor_reference(reference)
    assert ref_of_wire(reference[4:]) == ref
    assert read_creditor_reference(reference_spaced(reference).lower()) == reference
    for text in (reference, f"betaling {reference_spaced(reference)}", f"onder vermelding van {reference}, dank"):
        assert FoundReference("rf", reference, ref) in find_references(text)


@given(refs, st.integers(0, 20), st.integers(0, 9))
@settings(max_examples=50)
def test_one_wrong_digit_in_a_reference_is_always_noticed(ref: str, at: int, digit: int) -> None:
    reference = creditor_reference(ref)
    at = 2 + at % (len(reference) - 2)
    if not reference[at].isdigit() or int(reference[at]) == digit:
        return
    wrong = f"{reference[:at]}{digit}{reference[at + 1 :]}"
    assert not is_creditor_reference(wrong)
    with pytest.raises(InvalidReference):
        read_creditor_reference(wrong)


@pytest.mark.parametrize("text", ["", "RF", "RF1", "RF18", "XX18539007547034", "RF18" + "1" * 22, "RF1853900754703é"])
def test_what_has_not_the_shape_of_a_reference_is_refused(text: str) -> None:
    with pytest.raises(InvalidReference):
        read_creditor_reference(text)


@pytest.mark.parametrize("ref", ["", "--", "B" * 22])
def test_a_reference_needs_one_to_twenty_one_letters_and_digits(ref: str) -> None:
    with pytest.raises(InvalidReference):
        creditor_reference(ref)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Bijdrage B2026-0007", ["B2026-0007"]),
        ("bijdrage b2026-0007 gemeente", ["B2026-0007"]),
        ("B20260007", ["B2026-0007"]),
        ("B2026 0007", ["B2026-0007"]),
        ("termijn A2026-003, en D2026-0001", ["A2026-003", "D2026-0001"]),
        ("B2026-0007 B2026-0007", ["B2026-0007"]),
        ("kenmerk BIJ-2025-001", []),
        ("AB2026-0007", []),
        ("B2026-0007-12", []),
        ("factuur 20260007", []),
        ("", []),
    ],
)
def test_our_own_numbers_are_found_in_what_people_write(text: str, found: list[str]) -> None:
    assert [item.ref for item in find_references(text)] == found


def test_an_rf_number_that_is_not_ours_is_found_without_a_ref_and_a_wrong_one_is_not_found() -> None:
    assert find_references("RF18 5390 0754 7034") == (FoundReference("rf", "RF18539007547034", ""),)
    assert find_references("RF19539007547034") == ()
    assert find_references("SURF18539007547034") == ()


def test_words_behind_an_rf_number_do_not_hide_it() -> None:
    (found,) = find_references("RF18 5390 0754 7034 en bedankt voor alles")
    assert found.reference == "RF18539007547034"


@pytest.mark.parametrize("between", [" ", " en ", " RF19539007547034 ", ", ", " voor RF00 "])
def test_a_second_rf_number_in_a_text_is_found_behind_the_first(between: str) -> None:
    """Whoever names two calls pays both: one of them alone is no certain match."""
    for first in ("RF09BIJ2025002", "RF09 BIJ2 0250 02", "RF30B20260001"):
        text = f"{first}{between}RF18 5390 0754 7034 bedankt"
        assert [item.reference for item in find_references(text)] == [first.replace(" ", ""), "RF18539007547034"]
    assert len(find_references("RF30B20260001 RF30B20260001")) == 1


def test_a_payment_made_again_has_a_reference_of_its_own_that_names_the_same_ref() -> None:
    assert end_to_end_id("D2026-0007") == "D20260007"
    assert end_to_end_id("D2026-0007", 2) == "D20260007R2"
    assert ref_of_end_to_end_id("D20260007") == ("D2026-0007", 1)
    assert ref_of_end_to_end_id("d20260007r2") == ("D2026-0007", 2)
    assert ref_of_end_to_end_id("D20260007R12") == ("D2026-0007", 12)
    for other in ("", "NOTPROVIDED", "D20260007R", "D20260007R0", "D20260007R1", "BES-2025-001", "D2026-0007"):
        assert ref_of_end_to_end_id(other) == ("", 0)


def test_a_ref_travels_without_marks() -> None:
    assert wire("S2026-005") == "S2026005"
    assert ref_of_wire("S2026005") == "S2026-005"
    assert ref_of_wire("2026005") == ""


@pytest.mark.parametrize("text", ["NL91ABNA0417164300", "nl91 abna 0417 1643 00", " NL91 ABNA 0417 1643 00\n"])
def test_an_account_number_is_read_as_people_write_it(text: str) -> None:
    assert iban(text) == "NL91ABNA0417164300"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("NL91ABNA0417164301", "check digits"),
        ("NL19ABNA0417164300", "check digits"),
        ("NL91ABNA041716430", "17 characters"),
        ("XX91ABNA0417164300", "country"),
        ("417164300", "country"),
        ("", "country"),
        ("NL91ABNA04171643é0", "letters or digits"),
    ],
)
def test_an_account_number_that_is_wrong_is_refused_with_what_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(InvalidIban) as caught:
        iban(text)
    assert reason in str(caught.value)
    assert caught.value.details["text"] == text


def test_an_account_number_is_masked_for_those_who_need_not_pay_to_it() -> None:
    assert iban_mask("NL91ABNA0417164300") == "NL••••••••••••4300"
    assert iban_mask("NL91") == "••••"


def test_the_bank_of_an_account_number_is_known_where_the_registry_knows_it() -> None:
    assert bic_of("NL91ABNA0417164300") == "ABNANL2A"
    assert bic_of("NL26VAYB8060476890") == ""
    assert bic_of("nonsense") == ""
