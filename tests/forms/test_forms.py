"""The proposal form: its questions per track, the template, the round trip through a file, its JSON Schema."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fund import forms, language
from fund.errors import FundError
from fund.errors.proposals import (
    FaultyForm,
    FieldEmpty,
    FieldTooLong,
    FormTooLarge,
    UnclearAmount,
    UnclearPercentage,
    UnknownChoice,
    WrongType,
)
from fund.events import canonical_json
from fund.forms import questions
from fund.forms.editing import keep_blocks
from fund.schemas.proposals import ProposalForm
from tests.factories import a_form, a_proposal_file
from tests.forms.filling import filled_in, names_of

QUESTIONS = {"light": 15, "standard": 28, "major": 35}


@pytest.mark.parametrize(("track", "number"), QUESTIONS.items())
def test_each_track_asks_so_many_questions_and_what_the_one_before_it_asks(track: str, number: int) -> None:
    asked = forms.form().of_track(track)
    assert len(asked) == number
    fewer = {"light": (), "standard": forms.form().of_track("light"), "major": forms.form().of_track("standard")}[track]
    assert set(fewer) <= set(asked)


@pytest.mark.parametrize("track", QUESTIONS)
@pytest.mark.parametrize("comments", ["nl", "en", "both"])
def test_a_template_shows_what_its_track_asks_with_a_mark_and_fits_on_eighty_signs(track: str, comments: str) -> None:
    text = forms.template(track, comments=comments, round="2026-1", lead="gm0351", year=2027)
    assert max(len(line) for line in text.split("\n")) <= 80
    assert ("· as it is" in text or "laat staan" in text) is (comments != "en")
    document = tomllib.loads(text)
    assert document["proposal"]["round"] == "2026-1"
    for question in forms.form().questions:
        holder = document.get(question.section, {}) if question.section else document
        if question.shown_on(track) and question.track != "optional":
            assert question.field.key in holder, question.path
        elif not question.shown_on(track):
            assert question.field.key not in holder, question.path


@pytest.mark.parametrize("track", QUESTIONS)
@pytest.mark.parametrize("comments", ["nl", "en", "both"])
def test_a_template_marks_what_is_needed_to_submit_and_nothing_else(track: str, comments: str) -> None:
    text = forms.template(track, comments=comments, round="2026-1", lead="gm0351", year=2027)
    head, marks = text.split("\n\n")[0], {"light": "[L]", "standard": "[S]", "major": "[M]"}
    for mark in tuple(marks.values())[: list(QUESTIONS).index(track) + 1]:
        assert mark in head
    lines, places = text.split("\n"), forms.open_form(text.encode()).places
    for question in forms.form().questions:
        for column in (question.field, *question.columns, *(column for _key, column in question.keys)):
            inner = column is not question.field
            path = tuple(question.path.split(".")) + ((0,) if question.field.kind == "blocks" and inner else ())
            place = places.get((*path, column.key) if inner else path)
            if place is None:
                assert not question.asked_on(track), question.path
                continue
            needed = (
                question.asked_on(track) and question.counted and (not inner or column.needed or not column.optional)
            )
            mark = re.search(r"# (\[[LSM]\])", lines[place.line - 1])
            assert (mark[1] if mark else "") == (marks[question.track] if needed else ""), (question.path, column.key)
    informed = places.get(("boards", 0, "informed_on"))  # a draft does without, submitting does not
    assert informed is None or "[S]" in lines[informed.line - 1]


@pytest.mark.parametrize("comments", ["nl", "en"])
def test_a_template_names_what_can_be_chosen_in_words_and_the_file_takes_those_words(comments: str) -> None:
    language.choose(comments)
    text = forms.template("major", comments=comments, round="2026-1", lead="gm0351", year=2027)
    said = " ".join(re.sub(r"\n# *", " ", text).split())
    for each in forms.form().questions:
        for column in (each.field, *each.columns, *(column for _key, column in each.keys)):
            if each.counted and 0 < len(column.options) <= 10:
                for code in column.offered():
                    assert column.word(code) in said
    filled = a_proposal_file().decode()
    for path in ("proposal.sort", "proposal.state_aid", "money.already_funded", "proposal.province_role"):
        column = question(path).field
        code = re.search(rf'(?m)^{column.key} = "(.*)"$', filled)[1]  # type: ignore[index]
        filled = re.sub(rf'(?m)^{column.key} = ".*"$', f'{column.key} = "{column.word(code)}"', filled)
    theme = question("proposal.themes").field.word("T06")
    filled = filled.replace('themes = ["T06"]', f'themes = ["{theme}"]').replace('plan = "fixed"', f'plan = "{plan()}"')
    assert forms.open_form(filled.encode()).read("major").form == forms.open_form(a_proposal_file()).read("major").form


def plan() -> str:
    return next(each for each in question("repayment").columns if each.key == "plan").word("fixed")


@pytest.mark.parametrize("track", QUESTIONS)
def test_an_empty_template_is_refused_with_a_fault_for_every_question(track: str) -> None:
    text = forms.template(track, round="2026-1", lead="gm0351", year=2027)
    with pytest.raises(FaultyForm) as refused:
        forms.open_form(text.encode(), "leeg.toml").read(track)
    lines = [fault["line"] for fault in refused.value.details["faults"]]
    assert lines == sorted(lines)
    places = {fault["field"].partition("[")[0] for fault in refused.value.details["faults"]}
    empty_allowed = {"proposal.co_applicants", "proposal.adopters", "proposal.beneficiaries", "money.cofinancing"}
    wanted = {question.path for question in forms.form().of_track(track)} - empty_allowed
    met = {path for path in wanted if any(place == path or place.startswith(f"{path}.") for place in places)}
    assert met == wanted


def test_every_fault_names_the_line_it_stands_on() -> None:
    text = a_proposal_file().decode().replace('year = 2026\namount = "24000.00"', 'year = "2026"\namount = 24000')
    with pytest.raises(FaultyForm) as refused:
        forms.open_form(text.encode(), "map/loket.toml").read("light")
    first, second = refused.value.details["faults"]
    lines = text.split("\n")
    assert (lines[first["line"] - 1], lines[second["line"] - 1]) == ('year = "2026"', "amount = 24000")
    assert str(refused.value).startswith("loket.toml has 2 faults:\nloket.toml:")


def test_a_fault_after_a_text_of_many_lines_still_names_its_line() -> None:
    text = (
        a_proposal_file()
        .decode()
        .replace(
            'hypothesis = "Wij denken',
            'hypothesis = """\nWij denken\n[dit is geen tabel]\nask = "dit ook niet"\n\\\n   Wij denken',
            1,
        )
        .replace('niet wachten."', 'niet wachten."""', 1)
        .replace('stop_rule = "', 'stop_rule = 7 # "', 1)
    )
    with pytest.raises(WrongType) as refused:
        forms.open_form(text.encode()).read("light")
    assert text.split("\n")[refused.value.details["line"] - 1].startswith("stop_rule")


def test_what_a_higher_track_asks_may_be_left_out_or_empty_on_a_lower_one() -> None:
    lines = [
        line
        for line in a_proposal_file().decode().split("\n")
        if not line.startswith(("summary", "cooperation", "province"))
    ]
    assert forms.open_form("\n".join(lines).encode()).read("light").form.summary == ""
    with pytest.raises(FaultyForm):
        forms.open_form("\n".join(lines).encode()).read("standard")


def test_names_of_the_team_come_apart_from_the_form() -> None:
    filled = forms.open_form(a_proposal_file()).read("standard")
    assert filled.names == ("Persoon 1",)
    assert "Persoon 1" not in filled.form.model_dump_json()


def test_a_windows_file_with_a_byte_order_mark_reads_the_same() -> None:
    plain = a_proposal_file()
    windows = b"\xef\xbb\xbf" + plain.replace(b"\n", b"\r\n")
    assert forms.open_form(windows).read("major").form == forms.open_form(plain).read("major").form


def test_any_change_of_the_form_gives_another_hash_and_a_team_is_no_content() -> None:
    form = a_form()
    other = form.model_copy(update={"stop_rule": form.stop_rule + "!"})
    assert forms.revision_hash(form) != forms.revision_hash(other)
    assert forms.content_hash(form) != forms.content_hash(other)
    smaller = form.model_copy(update={"team": ()})
    assert forms.revision_hash(form) != forms.revision_hash(smaller)
    assert forms.content_hash(form) == forms.content_hash(smaller)


def test_a_large_file_is_not_read() -> None:
    with pytest.raises(FormTooLarge):
        forms.open_form(b"#" * 1_000_001)


def test_the_schema_accepts_what_the_reader_accepts() -> None:
    schema = forms.json_schema(track="light")
    document = tomllib.loads(a_proposal_file().decode())
    assert set(schema["required"]) <= set(document)
    for table, content in document.items():
        shape = schema["properties"][table]
        if isinstance(content, dict):
            assert set(content) <= set(shape["properties"])
            assert set(shape.get("required", ())) <= set(content)
    assert schema["properties"]["money"]["properties"]["ask"]["pattern"].startswith("^[0-9]+")
    assert schema["properties"]["proposal"]["properties"]["title"]["maxLength"] == 80


# ------------------------------------------------------------------------------------------------------------- answers


def question(path: str) -> forms.Question:
    return next(each for each in forms.form().questions if each.path == path)


@pytest.mark.parametrize(
    ("path", "typed", "stands"),
    [
        ("proposal.title", " Eén loket ", "Eén loket"),
        ("proposal.sort", "1", "cooperation"),
        ("proposal.sort", "governance", "governance"),
        ("proposal.themes", "T01, T04", ["T01", "T04"]),
        ("proposal.co_applicants", "", []),
        ("proposal.sort", "Bestuur", "governance"),
        ("proposal.themes", "1, energietransitie", ["T01", "T04"]),
        ("money.ask", "24000,00", "24000.00"),
        ("money.ask", "€ 24.000,00", "24000.00"),
        ("money.repayable_share", "70 %", "70"),
        ("money.repayable_share", "66,67", "66,67"),
    ],
)
def test_what_is_typed_at_the_prompt_stands_in_the_file(path: str, typed: str, stands: object) -> None:
    assert forms.answered(question(path), typed) == stands


@pytest.mark.parametrize(
    ("path", "typed", "refusal"),
    [
        ("money.ask", "24.000", UnclearAmount),
        ("money.ask", "", FieldEmpty),
        ("proposal.sort", "4711", UnknownChoice),
        ("proposal.themes", "T99", UnknownChoice),
        ("money.repayable_share", "101", UnclearPercentage),
        ("proposal.title", "a" * 81, FieldTooLong),
    ],
)
def test_what_is_no_answer_is_refused_at_the_prompt(path: str, typed: str, refusal: type[FundError]) -> None:
    with pytest.raises(refusal):
        forms.answered(question(path), typed)


def test_each_answer_is_written_into_the_file_and_leaves_the_rest_as_it_was() -> None:
    text = forms.template("light", round="2026-1", lead="gm0351", year=2027)
    after = forms.put_answer(text, ("proposal", "title"), "Eén loket")
    changed = [(old, new) for old, new in zip(text.split("\n"), after.split("\n"), strict=True) if old != new]
    assert len(changed) == 1
    assert changed[0][1].startswith('title = "Eén loket"')
    assert changed[0][1].endswith("# [L] hooguit 80 tekens · at most 80 characters")
    blocks = forms.put_answer(after, ("money", "budget", 1, "year"), 2028)
    assert [row["year"] for row in tomllib.loads(blocks)["money"]["budget"]] == [2027, 2028]
    added = [line for line in blocks.split("\n") if line not in after.split("\n")]
    assert added == ["[[money.budget]]", "year = 2028                 # [L] jaar · year"]


# ---------------------------------------------------------------------------------------------------------- round trip


@settings(max_examples=40, deadline=None)
@given(form=filled_in(), comments=st.sampled_from(["", "nl", "both"]))
def test_a_form_written_to_a_file_and_read_again_is_the_same_form(form: ProposalForm, comments: str) -> None:
    names = names_of(form)
    filled = forms.open_form(forms.write(form, names, comments=comments).encode()).read("major")
    assert (filled.form, filled.names) == (form, names)
    assert ProposalForm.model_validate_json(form.model_dump_json()) == form
    assert ProposalForm.model_validate(json.loads(canonical_json(form.as_json()))) == form
    assert forms.write(ProposalForm.model_validate(form.as_json()), names) == forms.write(form, names)


def test_questions_are_asked_in_both_languages() -> None:
    for each in forms.form().questions:
        if each.counted:
            assert all(each.field.ask), each.path
    language.choose("nl")
    assert question("proposal.title").asks() == "Titel"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("instalments = 0", "instalments: a whole number from 1 to 120"),
        ("instalments = 1000000000", "instalments: a whole number from 1 to 120"),
        ("grace_months = 100000000", "grace_months: a whole number from 0 to 120"),
    ],
)
def test_a_number_without_end_is_refused_before_anything_is_reckoned_with_it(typed: str, said: str) -> None:
    name = typed.partition(" ")[0]
    content = re.sub(rf"(?m)^{name} = .*$", typed, a_proposal_file().decode())
    with pytest.raises(FundError) as refused:
        forms.open_form(content.encode(), "aanvraag.toml").read("standard")
    assert said.partition(": ")[2] in str(refused.value)
    assert name in str(refused.value)


# ------------------------------------------------------------------------------------- one answer in a file by hand


@pytest.mark.parametrize(
    "text",
    [
        'schema = "2026-1"\n[money] # geld\nask = "1" # hoeveel\n[[money.budget]]\nyear = 2027\namount = "1"\n',
        'schema = "2026-1"\n[money]\nask = true # hoeveel\n',
        'schema = "2026-1"\n[money]\nask = [\n  "# geld", # slot\n] # hoeveel\n',
        'schema = "2026-1"\nmoney.ask = "1"\nmoney.budget = [{ year = 2027, amount = "1" }]\n',
        'schema = "2026-1"\nmoney = { ask = "1" }\n',
        'schema = "2026-1"\nmoney = { ask = "1", budget = [{ year = 2027, amount = "1" }, { year = 2028 }] }\n',
        'schema = "2026-1"\n[money]\n"ask" = """\n1"""\n[team]\n',
        'schema = "2026-1"\n[[money.budget]]\nyear = 2027\namount = ""\n# slot',
        'schema = "2026-1"\n',
    ],
)
def test_an_answer_comes_where_it_belongs_however_the_file_says_the_rest(text: str) -> None:
    before = tomllib.loads(text)
    after = forms.put_answer(text, ("money", "ask"), "24000.00")
    assert tomllib.loads(after)["money"] == {**before.get("money", {}), "ask": "24000.00"}
    assert {key: value for key, value in tomllib.loads(after).items() if key != "money"} == {
        key: value for key, value in before.items() if key != "money"
    }
    row = len(before.get("money", {}).get("budget", ()))
    more = forms.put_answer(after, ("money", "budget", row, "year"), 2030)
    assert len(tomllib.loads(more)["money"]["budget"]) == row + 1
    assert tomllib.loads(more)["money"]["budget"][row]["year"] == 2030
    fewer = keep_blocks(more, ("money", "budget"), row)
    assert tomllib.loads(fewer)["money"].get("budget", []) == before.get("money", {}).get("budget", [])
    for comment in ("# hoeveel", *(() if "[\n" in text else ("# geld", "# slot"))):  # inside the value they go with it
        assert (comment in fewer) is (comment in text)


def test_a_version_states_only_what_it_adds_to_an_earlier_one_or_changes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("2026-1.toml", "advice.toml"):
        (tmp_path / name).write_bytes((questions.FORMS / name).read_bytes())
    (tmp_path / "2027-1.toml").write_text(
        """
        adds_to = "2026-1"
        [[question]]
        section = "money"
        key = "climate"
        kind = "text"
        track = "optional"
        nl = "wat doet het met het klimaat?"
        en = "what does it do to the climate?"
        [[question]]
        section = "proposal"
        key = "title"
        max = 90
        """
    )
    before = forms.form()
    monkeypatch.setattr(questions, "FORMS", tmp_path)
    monkeypatch.setattr(questions, "VERSIONS", ("2026-1", "2027-1"))
    after = forms.form("2027-1")

    money = [each.path for each in before.questions if each.section == "money"]
    assert [each.path for each in after.questions if each.section == "money"] == [*money, "money.climate"]
    changed = [each for each in after.questions if each not in before.questions]
    assert [(each.path, each.track, each.field.limit) for each in changed] == [
        ("proposal.title", "light", 90),
        ("money.climate", "optional", 0),
    ]
    assert len(after.questions) == len(before.questions) + 1
    assert (after.step and after.step.version) == "2026-1"
