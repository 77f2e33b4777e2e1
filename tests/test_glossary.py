"""The words of the fund, and what was probably meant."""

from __future__ import annotations

import pytest

from fund import glossary, language
from fund.words import all_words, role_word, state_word

NOUNS = ("proposal", "partner", "capital", "repayment", "ledger", "disbursement", "decision", "statement", "period")


def test_a_state_reads_in_the_language_in_use() -> None:
    assert state_word("proposal", "in_review") == "in review"
    language.choose("nl")
    assert state_word("proposal", "in_review") == "in beoordeling"
    assert state_word("disbursement", "withdrawn") == "ingetrokken"


def test_dutch_states_fit_their_column() -> None:
    states = [word for word in all_words() if word.is_state]
    assert len(states) > 80
    assert [word.nl for word in states if len(word.nl) > 14 or not word.kind] == []


def test_a_state_without_a_row_is_shown_as_it_is() -> None:
    assert state_word("proposal", "half_way") == "half way"


def test_a_role_reads_in_the_language_in_use() -> None:
    language.choose("nl")
    assert role_word("treasurer") == "penningmeester"
    assert role_word("no_role") == "no role"


@pytest.mark.parametrize(
    ("typed", "noun"),
    [
        ("aanvraag", "proposal"),
        ("Aanvragen", "proposal"),
        ("uitbetaling", "disbursement"),
        ("uitbetalingen", "disbursement"),
        ("kapitaaloproep", "capital"),
        ("terugbetaalplan", "repayment"),
        ("journaalpost", "ledger"),
        ("besluit", "decision"),
        ("subsidieaanvraag", "proposal"),
        ("partners", "partner"),
    ],
)
def test_a_dutch_word_names_our_noun(typed: str, noun: str) -> None:
    assert glossary.nouns_of(typed, NOUNS)[0] == noun


def test_a_dutch_verb_names_ours() -> None:
    assert glossary.nouns_of("indienen", ["submit", "save"]) == ("submit",)


def test_a_word_we_do_not_know_names_nothing() -> None:
    assert glossary.nouns_of("fiets", NOUNS) == ()
    assert glossary.nearest("fiets", NOUNS) == ()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("propsal", "proposal"),
        ("porposal", "proposal"),
        ("captial", "capital"),
        ("ledgre", "ledger"),
        ("disb", "disbursement"),
    ],
)
def test_a_slip_of_the_keys_is_recognised(typed: str, meant: str) -> None:
    assert glossary.nearest(typed, NOUNS) == (meant,)


def test_the_distance_counts_a_swap_once() -> None:
    assert glossary.distance("abcd", "abdc") == 1
    assert glossary.distance("abc", "") == 3
    assert glossary.distance("abc", "abc") == 0


def test_a_word_to_avoid_leads_to_the_right_one() -> None:
    assert [word.name for word in glossary.find("hoofdaanvrager")] == ["lead_partner"]


def test_every_row_has_both_languages_and_a_name() -> None:
    assert [word for word in all_words() if not (word.nl and word.en and word.name)] == []
