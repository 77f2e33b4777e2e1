"""Names and texts in the letters that banks exchange: nearest writing, never a silent cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fund.bank import bank_name, bank_reference, bank_text, bank_writing
from fund.errors.bank import NameTooLong, TextTooLong, UnwritableCharacter

ALLOWED = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Gemeente De Bilt", "Gemeente De Bilt"),
        ("Café Groß & Søn", "Cafe Gross + Son"),
        ("Cafe\u0301", "Cafe"),
        ("Súdwest-Fryslân", "Sudwest-Fryslan"),
        ("Œuvre æsthetiek “Łódź”", "OEuvre aesthetiek 'Lodz'"),
        ("ﬁnanciën №5", "financien No5"),
        ("  twee   woorden\n", "twee woorden"),
        ("50 % korting; nu!", "50 - korting, nu."),
        ("'s-Hertogenbosch (stad)", "'s-Hertogenbosch (stad)"),
    ],
)
def test_a_text_is_written_in_the_nearest_letters(text: str, written: str) -> None:
    assert bank_writing(text, field="name") == written


@pytest.mark.parametrize("text", ["Москва", "東京", "a\x1b[31m", "a\u202eb", "ok 👍", "a\x00"])
def test_a_letter_without_a_counterpart_is_refused_and_not_dropped(text: str) -> None:
    with pytest.raises(UnwritableCharacter) as caught:
        bank_writing(text, field="name")
    assert "U+" in caught.value.details["character"]
    assert str(caught.value).isprintable()


def test_a_name_is_never_cut() -> None:
    assert bank_name("x" * 70, field="name") == "x" * 70
    with pytest.raises(NameTooLong) as caught:
        bank_name("ß" * 36, field="name")  # 36 letters, 72 once written
    assert caught.value.details["length"] == 72
    assert caught.value.details["limit"] == 70


def test_a_name_is_never_empty() -> None:
    with pytest.raises(NameTooLong):
        bank_name("  ", field="name")


def test_a_text_is_never_cut() -> None:
    assert bank_text("", field="text") == ""
    assert bank_text("x" * 140, field="text") == "x" * 140
    with pytest.raises(TextTooLong) as caught:
        bank_text("x" * 141, field="text")
    assert caught.value.details["limit"] == 140


@pytest.mark.parametrize("text", ["", "x" * 36])
def test_a_reference_has_one_to_thirty_five_characters(text: str) -> None:
    with pytest.raises(TextTooLong):
        bank_reference(text, field="EndToEndId")


@pytest.mark.parametrize("text", ["/a", "a/", "a//b", "café", "a_b"])
def test_a_reference_must_come_back_as_it_left(text: str) -> None:
    with pytest.raises(UnwritableCharacter):
        bank_reference(text, field="EndToEndId")


@given(st.text(max_size=40))
@settings(max_examples=50)
def test_whatever_is_written_is_in_the_letters_of_the_banks_and_stays_so(text: str) -> None:
    try:
        written = bank_writing(text, field="text")
    except UnwritableCharacter:
        return
    assert ALLOWED.issuperset(written)
    assert bank_writing(written, field="text") == written
