"""Dutch and English: complete, equal in their placeholders, and free of words we avoid."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from importlib import resources
from string import Formatter

import pytest
from babel.messages.catalog import Message

from fund import language
from fund.words import all_words, words_in
from tests import messages

WORDS = ("labels.csv", "choices.csv")
"""Files of words that have both languages themselves."""


def _texts(value: str | list[str] | tuple[str, ...]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _places(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in Formatter().parse(text) if name is not None}


@pytest.fixture(scope="module", params=messages.LANGUAGES)
def code(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_sentence_is_translated(code: str) -> None:
    assert messages.empty_sentences(messages.updated(code)) == []


def test_the_catalogue_holds_the_sentences_of_the_code_and_no_others(code: str) -> None:
    wanted = {(message.id, message.context) for message in messages.template() if message.id}
    found = {(message.id, message.context) for message in messages.kept(code) if message.id}
    assert wanted - found == set(), "run make messages"
    assert found - wanted == set(), "run make messages"
    assert not messages.kept(code).obsolete


@pytest.mark.parametrize("file", WORDS)
def test_a_file_of_words_has_each_code_once_and_in_both_languages(file: str) -> None:
    lines = (resources.files("fund") / "data" / file).read_text(encoding="utf-8").splitlines()
    assert len(words_in(file)) == len(lines) - 1
    assert all(nl.strip() and en.strip() for nl, en in words_in(file).values())


def test_nothing_is_fuzzy(code: str) -> None:
    assert [message.id for message in messages.kept(code) if message.id and message.fuzzy] == []


def test_a_translation_keeps_the_places_of_its_sentence(code: str) -> None:
    def differs(message: Message) -> bool:
        wanted = set().union(*(_places(text) for text in _texts(message.id)))
        singular_may_miss = len(_texts(message.id)) > 1
        return any(
            _places(text) - wanted or (not singular_may_miss and _places(text) != wanted)
            for text in _texts(message.string)
            if text
        )

    assert [message.id for message in messages.kept(code) if message.id and differs(message)] == []


def test_the_compiled_catalogue_is_the_written_one(code: str) -> None:
    assert messages.catalogue_path(code, "mo").read_bytes() == messages.as_mo(messages.kept(code)), "run make messages"


def test_only_whole_sentences_are_marked_for_translation() -> None:
    assert [fault for path in messages.sources() for fault in messages.wrong_marks(path)] == []


def test_no_sentence_uses_a_word_that_the_glossary_avoids(code: str) -> None:
    avoided = sorted({form for word in all_words() for form in word.avoid})
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, avoided)) + r")\b", re.IGNORECASE)
    ours = [
        message
        for message in messages.updated(code)
        if message.id and not all(place.startswith("click/") for place, _line in message.locations)
    ]
    texts = [text for message in ours for text in (*_texts(message.id), *_texts(message.string or ""))]
    texts += [text for file in WORDS for said in words_in(file).values() for text in said]
    assert [text for text in texts if pattern.search(re.sub(r"\{[^}]*\}|`[^`]*`", "", text))] == []


def test_a_language_we_do_not_speak_becomes_english() -> None:
    language.choose("fr")
    assert language.language() == "en"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"FUND_LANG": "nl"}, "nl"),
        ({"FUND_LANG": "en", "LANG": "nl_NL.UTF-8"}, "en"),
        ({"LANG": "nl_NL.UTF-8"}, "nl"),
        ({"LC_ALL": "en_GB.UTF-8", "LANG": "nl_NL.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
    ],
)
def test_the_environment_chooses_the_language(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str
) -> None:
    for name in ("FUND_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language.from_environment() == expected


def test_amounts_read_as_each_language_writes_them() -> None:
    assert (language.number(123456789), language.euros(-5)) == ("1,234,567.89", "EUR -0.05")
    language.choose("nl")
    assert (language.number(123456789), language.euros(-5)) == ("1.234.567,89", "€ -0,05")


def test_days_and_instants_read_as_each_language_writes_them() -> None:
    moment = datetime(2026, 11, 24, 13, 2, tzinfo=UTC)
    assert language.day(date(2027, 12, 31)) == "31 December 2027"
    assert language.instant(moment) == "24 November 2026 14:02"
    language.choose("nl")
    assert language.day(date(2027, 12, 31)) == "31 december 2027"
    assert language.instant(moment) == "24 november 2026 14.02 uur"
