"""The questions of ``fund proposal new``, each answered well and badly, explained, gone back to and stopped at.

In both languages, on every track: what is shown fits a terminal, no word of the code stands in it, and what is written
is a file that the fund takes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli import output
from cli.proposal import interviewing as asking
from fund import forms, language, money
from fund.forms import Column, Interview, Prompt, Question

PARTNERS = {"gm0351": ("Woudenberg", "Gemeente Woudenberg"), "gm0308": ("Baarn",), "gm0327": ("Leusden",)}
YEAR = 2027
TRACKS = ("light", "standard", "major")
BAD = {
    "text": "te lang " * 60, "long": "te lang " * 400, "choice": "onzin", "choices": "1, 99", "partner": "Atlantis",
    "partners": "Baarn, Atlantis", "amount": "24.000", "percent": "101", "whole": "veel", "year": "27",
    "day": "30-02-2028",
}  # fmt: skip
GOOD = {"text": "Een antwoord", "long": "Een antwoord", "choices": "1, 2", "partners": "", "percent": "70 %",
        "whole": "2", "partner": "Woudenberg"}  # fmt: skip
PLANS = ("fixed", "savings_linked", "on_success")
ASKS = asking._Talk.ask


def interview(track: str, text: str = "") -> Interview:
    """A new file of a track, or one that somebody goes on with."""
    text = text or forms.template(track, comments=language.language(), round="2026-1", lead="gm0351")
    return Interview(text, "loket.toml", track, of=forms.form().knowing({}, PARTNERS), partners=PARTNERS)


def good(at: Prompt, plan: str = "fixed") -> str:
    """A right answer to any question."""
    if at.column is None:
        return "n" if at.row else "j"
    paths = {"money.ask": "€ 30.000,00", "repayment.ends_on": "31 december 2040", "repayment.plan": plan}
    if at.path in paths:
        return paths[at.path]
    if at.column.kind in ("choice", "amount", "year"):
        return {"choice": "1", "amount": "30000", "year": str(YEAR + (at.row or 0))}[at.column.kind]
    if at.column.kind == "day":
        return "" if at.column.optional else "31-12-2028"
    return GOOD[at.column.kind]


class Somebody:
    """Who sits at the terminal: what was shown, and an answer to whatever is asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answers: Callable[[Prompt], str]) -> None:
        self.shown: list[str] = []
        self.asked: list[str] = []
        self._answers = answers
        self._at: Prompt | None = None
        monkeypatch.setattr(output, "note", lambda line="": self.shown.append(line))
        monkeypatch.setattr(output, "ask_line", self._line)

        def ask(talk: Any, at: Prompt) -> None:
            self._at = at
            self.asked.append(at.path)
            ASKS(talk, at)

        monkeypatch.setattr(asking._Talk, "ask", ask)

    def _line(self, prompt: str) -> str:
        assert self._at is not None
        self.shown.append(prompt)
        answer = self._answers(self._at)
        if answer == "^C":
            raise KeyboardInterrupt
        return answer

    def fill_in(self, about: Interview) -> str:
        """The conversation to its end; the file as it is then."""
        kept = [about.text]
        asking.converse(about, year=YEAR, keep=kept.append, answered=lambda _at: None)
        return kept[-1]


def read(text: str, track: str) -> Any:
    """The typed form that the fund reads in the file."""
    return forms.open_form(text.encode(), "loket.toml").read(track, partners=PARTNERS).form


# ------------------------------------------------------------------------------------------------ each of the questions


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize(("track", "plan"), list(zip(TRACKS, PLANS, strict=True)))
def test_every_question_is_asked_explained_refused_gone_back_to_and_answered(
    monkeypatch: pytest.MonkeyPatch, lang: str, track: str, plan: str
) -> None:
    language.choose(lang)
    tried: dict[str, list[str]] = {}

    def answers(at: Prompt) -> str:
        """First a question mark, then a bad answer, then back; at last a good one."""
        steps = ["?", BAD[at.column.kind] if at.column is not None else "misschien", "<"]
        done = tried.setdefault(at.path, [])
        if len(done) < len(steps):
            done.append(steps[len(done)])
            return done[-1]
        return good(at, plan)

    somebody = Somebody(monkeypatch, answers)
    about = interview(track)
    filled = read(somebody.fill_in(about), track)
    assert filled.title == "Een antwoord"
    assert filled.ask_cents == money.parse("30000")
    assert filled.repayment.plan == plan
    asked = {question.path for question in about.questions}
    assert asked <= {re.sub(r"\[\d+\].*", "", path) for path in somebody.asked} | {
        path.rpartition(".")[0] for path in somebody.asked
    }
    assert all(tried[path] for path in somebody.asked)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_nothing_that_is_shown_has_a_word_of_the_code_or_of_the_other_language(
    monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    language.choose(lang)
    tried: dict[str, int] = {}

    def answers(at: Prompt) -> str:
        tried[at.path] = tried.get(at.path, 0) + 1
        steps = ["?", BAD[at.column.kind] if at.column is not None else "?", ""]
        return steps[tried[at.path] - 1] if tried[at.path] <= 3 and good(at) != "" else good(at, "savings_linked")

    somebody = Somebody(monkeypatch, answers)
    somebody.fill_in(interview("major"))
    shown = "\n".join(somebody.shown)
    for name in {option[1] for column in columns() if column.key == "cooperation" for option in column.options[1:]}:
        shown = shown.replace(name, "")
    codes = code_words() if lang == "nl" else {code for code in code_words() if re.search("[_-]", code)}
    for word in sorted(codes | other_words(lang)):
        found = re.search(rf".*(?<![\w-]){re.escape(word)}(?![\w-]).*", shown)
        assert found is None, (word, found[0])
    assert "[" not in re.sub(r"\[[^\[\]\n]*\]:? ?$", "", shown, flags=re.MULTILINE)  # only what Enter takes
    assert not re.search(r"[a-z]_[a-z]|\bgm\d|\bT\d\d\b|None|\{", shown)


def columns() -> list[Column]:
    questions = [each for each in forms.form().questions if each.counted]
    return [
        column for each in questions for column in (each.field, *each.columns, *(column for _key, column in each.keys))
    ]


def code_words() -> set[str]:
    """Codes that are a word in neither language, and keys of the file that are none."""
    words = {word.casefold() for column in columns() for _code, *both in column.options for word in both}
    codes = {code for column in columns() for code in column.codes if column.kind != "partner"}
    return {code for code in codes if code.casefold() not in words and len(code) > 3}


def other_words(lang: str) -> set[str]:
    """Choices as the other language has them, where this one has another word."""
    here, there = (1, 2) if lang == "nl" else (2, 1)
    mine = {option[here].casefold() for column in columns() for option in column.options}
    names = {option[1] for column in columns() if column.key == "cooperation" for option in column.options}
    return {
        option[there] for column in columns() for option in column.options
        if option[there].casefold() not in mine and option[there] not in names and len(option[there]) > 3
    }  # fmt: skip


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("offered", ["", "x" * 40])
def test_no_question_is_wider_than_eighty_signs(lang: str, offered: str) -> None:
    language.choose(lang)
    number = 0
    for question in (each for each in forms.form().questions if each.counted or each.path == "money.own_share"):
        for column, before in asked_of(question):
            options = column.offered()
            shown = column.word(options[-1]) if offered and options else offered
            lines = [*asking._choices(column, before, shown, options), asking._asked(column, before, shown, options)]
            assert max(map(len, lines)) <= 80, lines
            if 0 < len(options) <= 10 and column.kind in ("choice", "choices"):
                for place, code in enumerate(options, start=1):
                    assert f"{place} {column.word(code)}" in " ".join(lines)
            number += 1
    assert number > 60


def asked_of(question: Question) -> list[tuple[Column, str]]:
    """What is asked for a question: each field, and what stands before it."""
    inside = question.columns or tuple(column for _key, column in question.keys)
    if inside:
        return [(column, f"      {column.asks()}") for column in inside]
    return [(question.field, f"28/35 {question.asks()}")]


def test_a_number_that_is_shown_is_the_choice_that_is_kept() -> None:
    for question in forms.form().questions:
        for column, _before in asked_of(question):
            for number, code in enumerate(column.offered(), start=1):
                if column.kind == "choice":
                    assert forms.answered(question, str(number), column=column) == code


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_question_has_words_an_explanation_and_a_name_for_its_blocks_in_both_languages(lang: str) -> None:
    language.choose(lang)
    for question in (each for each in forms.form().questions if each.counted):
        for column in (question.field, *question.columns):
            assert all(column.ask), (question.path, column.key)
            assert all(column.explained), (question.path, column.key)
        assert all(question.field.one) is (question.field.kind == "blocks"), question.path


# ----------------------------------------------------------------------------------------------------- where it goes on


@pytest.mark.parametrize("track", TRACKS)
@pytest.mark.parametrize("lang", ["nl", "en"])
def test_whoever_stops_at_a_question_goes_on_at_that_question(
    monkeypatch: pytest.MonkeyPatch, track: str, lang: str
) -> None:
    language.choose(lang)
    # Given: the file as it stands in front of each question, where a Ctrl-C, or whoever kills the program, leaves it
    kept: list[str] = []
    somebody = Somebody(monkeypatch, good)
    asking.converse(interview(track), year=YEAR, keep=kept.append, answered=lambda _at: None)
    path = somebody.asked
    assert len(path) == len(kept) - 1 >= 25
    for place, text in enumerate(kept[:-1]):
        # When: somebody goes on with that file
        at = interview(track, text).next()
        # Then: that question is asked
        assert at is not None
        assert at.path == path[place]
    # And: what was asked already is not asked again
    half = len(path) // 2
    assert [at.path for at in walked(monkeypatch, interview(track, kept[half]))] == path[half:]
    assert "fund proposal new" not in kept[-1]


def test_ctrl_c_stops_at_any_question(monkeypatch: pytest.MonkeyPatch) -> None:
    about, kept = interview("light"), [""]
    somebody = Somebody(monkeypatch, lambda at: "^C" if at.path == "money.budget[1].amount" else good(at))
    with pytest.raises(asking.Stop):
        asking.converse(about, year=YEAR, keep=kept.append, answered=lambda _at: None)
    assert somebody.asked[-1] == "money.budget[1].amount"
    assert kept[-1].endswith("# fund proposal new: money.budget[1].amount\n")


def walked(monkeypatch: pytest.MonkeyPatch, about: Interview) -> list[Prompt]:
    """What is asked, when each answer is right."""
    met: list[Prompt] = []

    def answers(at: Prompt) -> str:
        met.append(at)
        return good(at)

    Somebody(monkeypatch, answers).fill_in(about)
    return met


def test_whoever_goes_back_and_stops_goes_on_there_and_then_where_they_had_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given: somebody who comes to the ninth question, goes back to the third and stops
    about, kept, back = interview("light"), [""], ["<3", "^C"]

    def answers(at: Prompt) -> str:
        return back.pop(0) if at.number == 9 or len(back) == 1 else good(at)

    somebody = Somebody(monkeypatch, answers)
    with pytest.raises(asking.Stop):
        asking.converse(about, year=YEAR, keep=kept.append, answered=lambda _at: None)
    assert somebody.asked[-1] == "proposal.sort"
    # When: they go on
    met = [at.path for at in walked(monkeypatch, interview("light", kept[-1]))]
    # Then: the third question comes first, and after it the ninth
    assert met[:2] == ["proposal.sort", "experiment.measurement"]


def test_a_file_that_somebody_filled_in_by_hand_is_asked_only_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Somebody(monkeypatch, good).fill_in(interview("standard"))
    about = interview("standard", re.sub(r"(?m)^stop_rule = .*$", 'stop_rule = ""', whole))
    assert [at.path for at in walked(monkeypatch, about)] == ["experiment.stop_rule"]
    assert [at.path for at in walked(monkeypatch, interview("standard", whole))] == []


def test_a_wrong_answer_that_somebody_wrote_by_hand_is_told_and_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Somebody(monkeypatch, good).fill_in(interview("light"))
    broken = re.sub(r"(?m)^repayable_share = .*$", 'repayable_share = "veel"', whole)
    somebody = Somebody(monkeypatch, good)
    assert read(somebody.fill_in(interview("light", broken)), "light").share_bps == 7000
    assert somebody.asked == ["money.repayable_share"]
    assert any('"veel" is not clear' in line for line in somebody.shown)


def test_a_plan_that_changes_is_asked_what_it_needs_and_keeps_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    about = interview("light", Somebody(monkeypatch, good).fill_in(interview("light")))
    plan = next(at for at in about.prompts() if at.path == "repayment.plan")
    fields = {"fixed": {"grace_months", "instalments", "months_between"}, "savings_linked": {"savings_share"},
              "on_success": {"grace_months", "instalments", "months_between"}}  # fmt: skip
    for each in ("savings_linked", "on_success", "fixed", "savings_linked"):
        about.answer(plan, each)
        asked = {at.column.key for at in about.prompts() if at.question.path == "repayment" and at.column is not None}
        assert asked - {"plan", "ends_on", "months_between"} == fields[each] - {"months_between"}
        about.text = Somebody(monkeypatch, lambda at, each=each: good(at, each)).fill_in(about)
        terms = read(about.text, "light").repayment
        assert (terms.plan, terms.savings_share_bps) == (each, 7000 if each == "savings_linked" else None)
        if each == "savings_linked":
            assert (terms.grace_months, terms.instalments) == (0, 1)


def test_one_instalment_has_no_months_between_it_and_another(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(at: Prompt) -> str:
        return "1" if at.path == "repayment.instalments" else good(at)

    somebody = Somebody(monkeypatch, answers)
    somebody.fill_in(interview("light"))
    assert "repayment.months_between" not in somebody.asked


def test_answers_that_contradict_are_told_and_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given: a repayment that ends before the last milestone, and a year that is named twice
    given: dict[str, list[str]] = {
        "repayment.ends_on": ["31-12-2027"], "money.budget[2]": ["j"], "money.budget[2].year": [str(YEAR)],
    }  # fmt: skip
    somebody = Somebody(monkeypatch, lambda at: given[at.path].pop(0) if given.get(at.path) else good(at))
    # When
    filled = read(somebody.fill_in(interview("light")), "light")
    # Then
    assert somebody.asked.count("repayment.ends_on") == 2
    assert any("named twice" in line for line in somebody.shown)
    assert any("before the last milestone" in line for line in somebody.shown)
    assert filled.repayment.ends_on.year == 2040
    assert any("Together" in line and "difference" in line for line in somebody.shown)  # two years of all the money


def test_a_long_answer_takes_lines_or_an_editor(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = iter(['"""', "Wij denken", "< dat is geen weg terug", '"""'])
    monkeypatch.setenv("EDITOR", "een-editor")
    monkeypatch.setattr("click.edit", lambda _text: "Uit de editor\n")

    def answers(at: Prompt) -> str:
        if at.path == "experiment.hypothesis":
            return next(lines)
        return "" if at.path == "experiment.measurement" else good(at)

    filled = read(Somebody(monkeypatch, answers).fill_in(interview("light")), "light")
    assert filled.hypothesis == "Wij denken\n< dat is geen weg terug"
    assert filled.measurement == "Uit de editor"


@pytest.mark.parametrize("editor", ["een-editor '", "er-is-geen-editor", "false", "anders-gecodeerd"])
def test_an_editor_that_fails_is_told_and_the_question_stands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, editor: str
) -> None:
    program = tmp_path / "anders-gecodeerd"
    program.write_text("#!/bin/sh\nprintf '\\377\\376' > \"$1\"\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("EDITOR", editor)
    monkeypatch.delenv("VISUAL", raising=False)
    answers = iter(["", "Wij denken"])
    somebody = Somebody(monkeypatch, lambda at: next(answers) if at.path == "experiment.hypothesis" else good(at))
    assert read(somebody.fill_in(interview("light")), "light").hypothesis == "Wij denken"
    assert "      An answer is needed here." in somebody.shown


def test_a_name_that_two_partners_share_is_asked_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    partners = {"gm0344": ("Utrecht",), "pv26": ("Provincie Utrecht", "Utrecht"), "gm0351": ("Woudenberg",)}
    about = interview("standard")
    about.partners, about.of = partners, forms.form().knowing({}, partners)
    given = ["Utrecht", "2"]
    somebody = Somebody(monkeypatch, lambda at: given.pop(0) if at.path == "proposal.co_applicants" else good(at))
    text = somebody.fill_in(about)
    assert forms.open_form(text.encode()).read("standard", partners=partners).form.co_applicants == ("pv26",)
    assert any("1 Utrecht, 2 Provincie Utrecht" in line for line in somebody.shown)


@pytest.mark.parametrize("moves", [("light", "standard"), ("standard", "major", "light"), ("major", "light", "major")])
def test_a_form_begun_for_one_track_and_ended_in_another_keeps_and_asks_what_that_track_needs(
    monkeypatch: pytest.MonkeyPatch, moves: tuple[str, ...]
) -> None:
    about = interview(moves[0])
    text = Somebody(monkeypatch, good).fill_in(about)
    met = {question.path for question in about.questions}
    for track in moves[1:]:
        about.move(track, comments="nl")
        somebody = Somebody(monkeypatch, good)
        text = somebody.fill_in(about)
        asked = {question.path for question in about.questions if any(is_of(path, question) for path in somebody.asked)}
        none = {question.path for question in about.questions if question.field.optional}  # none leaves nothing behind
        assert asked - none == {question.path for question in about.questions} - met - none
        assert read(text, track).title == "Een antwoord"
        met |= asked
    again = interview(moves[-1], text)
    assert again.next() is None
    if "major" in moves:
        assert "rollout_plan" in text  # what a lighter track does not ask is kept


def is_of(path: str, question: Question) -> bool:
    return path == question.path or path.startswith((f"{question.path}.", f"{question.path}["))
