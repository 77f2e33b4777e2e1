"""Rows of a list as people ask for them: states, words, order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fund import glossary
from fund.errors.commands import UnknownState
from fund.errors.usage import UnknownColumn
from fund.lists import chosen, has_words, words_of
from fund.registry import QUERIES
from fund.words import all_words

ROWS: list[dict[str, Any]] = [
    {"ref": "2026-001", "title": "Eén coöperatie", "state": "rejected", "ask_cents": 2_400_000, "due_on": None},
    {"ref": "2026-002", "title": "Slimme stuwen", "state": "agreed", "ask_cents": 900_000, "due_on": "2026-03-31"},
    {"ref": "2026-003", "title": "slimme balie", "state": "draft", "ask_cents": 10_000_000, "due_on": "2025-12-01"},
]


def asked(**wanted: Any) -> list[str]:
    found = chosen({"proposals": ROWS}, {"proposals": "proposal"}, name="proposal list", **wanted)
    return [row["ref"] for row in found["proposals"]]


@pytest.mark.parametrize("said", ["rejected", "Rejected", "afgewezen", " AFGEWEZEN "])
def test_a_state_is_asked_for_by_its_code_or_its_word_in_either_language(said: str) -> None:
    assert asked(state=said) == ["2026-001"]


def test_every_state_that_is_printed_is_taken_as_it_is_printed() -> None:
    for kind in {kind for query in QUERIES.values() for kind in query.lists.values() if kind}:
        for word in all_words():
            if word.is_state and word.kind == kind:
                names = glossary.state_names(kind)
                assert all(word.name in glossary.meant(text, names) for text in (word.nl, word.en, word.name)), word


def test_a_state_of_another_kind_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownState, match=r'"bevroren".*returned.*rejected'):
        asked(state="bevroren")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("cooperatie EEN", ["2026-001"]),
        ("stuwen slimme", ["2026-002"]),
        ("24.000", ["2026-001"]),
        ("24000,00", ["2026-001"]),
        ("31-03-2026", ["2026-002"]),
        ("overeengekomen", ["2026-002"]),
        ("slimme", ["2026-002", "2026-003"]),
        ("slimme coöperatie", []),
    ],
)
def test_words_are_found_in_any_order_without_accents_as_amounts_and_days_are_written(
    words: str, found: list[str]
) -> None:
    assert asked(search=words) == found


def test_a_fingerprint_is_no_text_to_be_found_in() -> None:
    assert not has_words({"sha256": "2026" * 16}, ["2026"])


def test_numbers_count_as_numbers_and_what_is_not_there_comes_last_in_both_orders() -> None:
    assert asked(sort="ask_cents") == ["2026-002", "2026-001", "2026-003"]
    assert asked(sort="-ask_cents") == ["2026-003", "2026-001", "2026-002"]
    assert asked(sort="due_on") == ["2026-003", "2026-002", "2026-001"]
    assert asked(sort="-due_on") == ["2026-002", "2026-003", "2026-001"]
    assert asked(sort="title") == ["2026-001", "2026-003", "2026-002"]


def test_a_column_that_is_not_there_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownColumn, match=r'"-cost".*`ask_cents`, `due_on`, `ref`') as refused:
        asked(sort="-cost")
    assert refused.value.details["command"] == "fund proposal list"


def test_the_answer_tells_what_was_asked_and_how_much_of_the_list_it_is() -> None:
    lists = {"proposals": "proposal"}
    found = chosen({"proposals": ROWS}, lists, name="proposal list", search="slimme", sort="ref")
    assert found["selection"] == {"state": None, "search": "slimme", "sort": "ref", "rows": 2, "of": 3}
    assert "selection" not in chosen({"proposals": ROWS}, lists, name="proposal list")


@given(st.lists(st.dictionaries(st.just("a"), st.one_of(st.none(), st.integers(), st.text()), min_size=1)), st.text())
def test_sorting_keeps_every_row_and_searching_keeps_only_what_has_the_words(rows: list[Any], words: str) -> None:
    one = chosen({"rows": rows}, {"rows": ""}, name="x", sort="a")["rows"]
    other = chosen({"rows": rows}, {"rows": ""}, name="x", sort="-a")["rows"]
    assert sorted(map(repr, one)) == sorted(map(repr, other)) == sorted(map(repr, rows))
    found = chosen({"rows": rows}, {"rows": ""}, name="x", search=words)["rows"]
    assert [row for row in rows if has_words(row, words_of(words))] == found


def test_a_list_without_states_stays_and_is_not_counted_where_a_state_is_asked_for() -> None:
    found = {"accounts": [{"iban": "x"}] * 9, "receipts": [{"ref": "O1", "state": "recorded"}]}
    lists = {"accounts": "", "receipts": "receipt"}
    one = chosen(found, lists, name="bank list", state="toegerekend")
    assert (len(one["accounts"]), one["receipts"]) == (9, [])
    assert (one["selection"]["rows"], one["selection"]["of"]) == (0, 1)


def test_ten_thousand_rows_are_sorted_at_once() -> None:
    rows = [{"ref": f"O{at}", "on": None if at % 2 else f"{at}", "state": "recorded"} for at in range(10_000)]
    found = chosen({"receipts": rows}, {"receipts": "receipt"}, name="bank list", sort="-on", search="O")["receipts"]
    assert [row["on"] for row in found[:2]] == ["9998", "9996"]
    assert [row["ref"] for row in found[5000:5002]] == ["O1", "O3"]
