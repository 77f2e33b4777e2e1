"""The questions of ``fund proposal new``: in both languages none is wider than a terminal, each choice has a number."""

from __future__ import annotations

import itertools

import pytest

from cli.proposal import asking
from fund import forms, language
from fund.forms import Column, Question


def asked(question: Question) -> list[tuple[Column, str]]:
    """What is asked for a question: each field, and what stands before it."""
    kind = question.field.kind
    if kind in ("blocks", "record"):
        return [(column, f"      {column.says()}") for column in question.columns]
    if kind == "map":
        return [(column, f"      {column.says().partition(':')[0]}") for _key, column in question.keys]
    return [(question.field, f"28/35 {question.asks()}")]


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("offered", ["", "x" * 40])
def test_no_question_is_wider_than_eighty_signs(lang: str, offered: str) -> None:
    language.choose(lang)
    questions = [each for each in forms.form().questions if each.counted]
    fields = list(itertools.chain.from_iterable(map(asked, questions)))
    assert len(fields) > 60
    for column, before in fields:
        shown = asking._worth_offering(column, column.codes[-1] if column.codes else offered) if offered else ""
        lines = [*asking._choices(column, before, shown), asking._prompt(column, before, shown)]
        assert max(map(len, lines)) <= 80, lines
        for number, code in enumerate(column.codes, start=1):
            if column.kind == "choice" and len(column.codes) <= 10 and code != "rollout":
                word = next(nl if lang == "nl" else en for each, nl, en in column.options if each == code)
                assert f"{number} {word}" in " ".join(lines)


def test_a_number_that_is_shown_is_the_choice_that_is_kept() -> None:
    for question in forms.form().questions:
        for column, _before in asked(question):
            if column.kind == "choice" and len(column.codes) <= 10:
                for number, code in enumerate(column.codes, start=1):
                    assert forms.answered(question, str(number), column=column) == code
