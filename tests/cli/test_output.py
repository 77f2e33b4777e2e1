"""Tables, answers and questions as people see them: at 80 and 120 columns, in a pipe, for a screen reader."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from cli import output
from cli.output import Column
from cli.output.views import Counted, Each, When, done_lines
from fund import language
from fund.errors import FundError
from tests.cli.golden import check
from tests.conftest import _Stream

COLUMNS = (
    Column("ref", "Ref", "ref"),
    Column("due_on", "Until", "date"),
    Column("partner", "Name", "name"),
    Column("state", "State", "state", kind="proposal"),
    Column("title", "What", "text"),
    Column("ask_cents", "Amount", "amount"),
)
ROWS = (
    {
        "ref": "2026-001",
        "due_on": "2026-11-27",
        "partner": "Utrechtse Heuvelrug",
        "state": "in_review",
        "title": "Samen vergunningen verlenen over de grens van de gemeente, met één loket",
        "ask_cents": 12345678901,
    },
    {
        "ref": "2026-002",
        "due_on": None,
        "partner": "HDSR",
        "state": "agreed",
        "title": "Waterpeil",
        "ask_cents": -250000,
    },
)
TOTAL = {"ref": "2", "ask_cents": 12345428901}

Shown = Callable[..., str]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """What a printing function writes to standard output, on a terminal of so many columns or in a pipe."""
    output.typed_before({})  # another test may have typed something

    def run(
        function: Callable[[], Any],
        *,
        columns: int = 0,
        typed: str = "",
        error: bool = False,
        env: dict[str, str] | None = None,
    ) -> str:
        terminal = columns > 0
        out, err = _Stream(terminal=terminal), _Stream(terminal=terminal)
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            patch.setattr(sys, "stdin", _Stream(typed.encode(), terminal=terminal))
            patch.setenv("COLUMNS", str(columns or 80))
            patch.setenv("TERM", "dumb")
            patch.delenv("NO_COLOR", raising=False)
            patch.delenv("ACCESSIBLE", raising=False)
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            function()
        return (err if error else out).memory.getvalue().decode()

    return run


def proposals() -> None:
    output.table("Proposals", COLUMNS, ROWS, total=TOTAL)


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_table_fits_its_terminal_and_cuts_only_text(shown: Shown, columns: int) -> None:
    text = shown(proposals, columns=columns)
    assert max(map(len, text.splitlines())) <= columns
    for whole in ("2026-001", "123,456,789.01", "in review", "Utrechtse Heuvelrug", "123,454,289.01", "-2,500.00"):
        assert whole in text
    check(f"table.{columns}", text)


def test_a_table_without_text_that_is_too_wide_moves_columns_and_cuts_none(shown: Shown) -> None:
    columns = tuple(Column(name, name.title(), "ref") for name in ("first", "second", "third", "fourth"))
    row = {"first": "a" * 20, "second": "b" * 20, "third": "c" * 20, "fourth": "d" * 20}
    money = (*columns, Column("ask_cents", "Amount", "amount"))
    text = shown(lambda: output.table("T", money, [{**row, "ask_cents": 12345678901}]), columns=80)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[4] == "  ".join((20 * "a", 20 * "b", 20 * "c", "123,456,789.01"))
    assert lines[5] == "    " + 20 * "d"


def test_long_headers_stand_on_several_lines_before_a_column_moves(shown: Shown) -> None:
    columns = (
        Column("ref", "Ref", "ref"),
        *(Column(f"c{n}_cents", "A header of many words", "amount") for n in range(5)),
    )
    row = {"ref": "A2026-001", **{f"c{n}_cents": 12345678 for n in range(5)}}
    lines = shown(lambda: output.table("T", columns, [row]), columns=80).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[-1] == "A2026-001" + 5 * "  123,456.78"
    assert [line.count("€") for line in lines[1:-2]] == [0, 0, 5]


def test_a_table_in_dutch_has_dutch_days_states_and_amounts(shown: Shown) -> None:
    language.choose("nl")
    text = shown(proposals, columns=120)
    for whole in ("27-11-2026", "in beoordeling", "123.456.789,01"):
        assert whole in text


def test_in_a_pipe_nothing_is_cut(shown: Shown) -> None:
    text = shown(proposals)
    assert "met één loket" in text
    assert "…" not in text
    assert "\x1b" not in text


def test_for_a_screen_reader_each_value_has_its_name(shown: Shown) -> None:
    text = shown(proposals, columns=80, env={"ACCESSIBLE": "1"})
    assert "Ref: 2026-001\nUntil: 2026-11-27\nName: Utrechtse Heuvelrug\n" in text
    assert "─" not in text


def test_amounts_stand_to_the_right_and_their_header_names_the_currency(shown: Shown) -> None:
    lines = shown(proposals, columns=120).splitlines()
    assert lines[1].endswith("Amount €")
    assert {len(line) for line in lines[1:] if line.strip()} == {
        120 if line.startswith("─") else len(line) for line in lines[1:]
    }
    ends = {len(line) for line in lines[3:]}
    assert len(ends) == 1


def test_a_table_without_rows_says_so(shown: Shown) -> None:
    assert shown(lambda: output.table("Proposals", COLUMNS, (), empty="Nothing yet.")) == "Proposals\nNothing yet.\n"


def test_bold_and_red_only_where_a_terminal_has_colours(shown: Shown) -> None:
    assert "\x1b[1m" in shown(proposals, columns=80, env={"TERM": "xterm"})
    assert "\x1b" not in shown(proposals, columns=80, env={"TERM": "xterm", "NO_COLOR": "1"})
    assert "\x1b" not in shown(proposals, columns=80, env={"TERM": "dumb"})
    assert "\x1b" not in shown(proposals, env={"TERM": "xterm"})


def test_control_characters_of_others_become_pictures(shown: Shown) -> None:
    hostile = {"ref": "\x1b[2J", "title": "one\ntwo\u202egnp.exe", "ask_cents": 0}
    text = shown(lambda: output.table("T", (COLUMNS[0], COLUMNS[4]), [hostile]), columns=80)
    assert "\x1b" not in text
    assert "␛[2J" in text
    assert "one␊two�gnp.exe" in text
    assert output.clean("gewoon één €") == "gewoon één €"


@pytest.mark.parametrize("columns", [0, 80, 120])
def test_brackets_and_colons_in_what_others_wrote_stay_as_they_are(shown: Shown, columns: int) -> None:
    written = "[bold]x[/bold] [/] :smile:"

    def everything() -> None:
        output.table(written, (COLUMNS[0], COLUMNS[4]), [{"ref": "1", "title": written}], total={"ref": written})
        output.facts(written, [("[b]Label[/b]", written)])
        output.say(written)

    text = shown(everything, columns=columns, env={"TERM": "xterm", "NO_COLOR": "1"})
    assert text.count(written) == 6
    assert "[b]Label[/b]" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("columns", [80, 120])
def test_signs_of_two_columns_wide_and_words_without_end_keep_their_terminal(shown: Shown, columns: int) -> None:
    from rich.cells import cell_len

    def everything() -> None:
        output.table("T", COLUMNS, [{**ROWS[0], "title": "水位管理 " * 30}])
        output.facts("T", [("Ref", "水位管理" * 30), ("Hash", "9f" * 200)])
        output.say("水位管理 " * 30)

    text = shown(everything, columns=columns)
    assert max(map(cell_len, text.splitlines())) <= columns
    assert text.replace(" ", "").replace("\n", "").count("9f" * 200) == 1


def test_a_command_in_a_sentence_is_never_broken(shown: Shown) -> None:
    command = "fund-disbursement-check-" + "x" * 90
    lines = shown(lambda: output.say(f"Type this: {command} and then another"), columns=80).splitlines()
    assert lines == ["Type this:", f"  {command}", "  and then another"]


def test_a_title_is_bold_to_its_last_sign_only(shown: Shown) -> None:
    text = shown(proposals, columns=80, env={"TERM": "xterm"})
    assert text.startswith("\x1b[1mProposals\x1b[0m\n")
    assert not any(line.endswith((" ", " \x1b[0m")) for line in text.splitlines())


def test_facts_are_aligned_wrapped_and_never_cut(shown: Shown) -> None:
    pairs = [("Ref", "2026-001"), ("Summary", "word " * 40), ("Empty", None)]
    text = shown(lambda: output.facts("Proposal", pairs), columns=80)
    assert text.count("word") == 40
    assert max(map(len, text.splitlines())) <= 80
    assert "Empty" not in text


# ------------------------------------------------------------------------------------------------------------ answers

ANSWER = {
    "command": "capital call",
    "events": [
        {"seq": 41, "type": "contribution.called", "stream": "contribution/B2026-0001", "payload": {}},
        {"seq": 42, "type": "contribution.called", "stream": "contribution/B2026-0002", "payload": {}},
    ],
    "event_count": 2,
    "entries": [
        {
            "postings": [
                {"account": "1100.gm0307", "amount_cents": 150},
                {"account": "3000.gm0307", "amount_cents": -150},
            ]
        },
        {"postings": [{"account": "1100.gm0308", "amount_cents": 50}, {"account": "3000.gm0308", "amount_cents": -50}]},
    ],
    "entry_count": 2,
    "result": {},
    "pending": None,
    "replayed": False,
    "dry_run": False,
    "next": "fund capital list",
}


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_a_trial_shows_facts_and_entries_added_up_per_main_account(shown: Shown, lang: str) -> None:
    language.choose(lang)
    text = shown(lambda: output.render_answer({**ANSWER, "dry_run": True}, ["34 calls."]))
    check(f"trial.{lang}", text)
    assert "2.00" in text or "2,00" in text


def test_an_answer_ends_with_the_next_command(shown: Shown) -> None:
    text = shown(lambda: output.render_answer(ANSWER, ["34 calls."]))
    assert text == "34 calls.\nNext step: fund capital list\n"


def test_an_answer_without_words_lists_its_facts(shown: Shown) -> None:
    text = shown(lambda: output.render_answer(ANSWER))
    assert text == "capital called, 2 times, facts 41 to 42\nNext step: fund capital list\n"


def test_what_waits_names_the_command_for_the_second_person(shown: Shown) -> None:
    text = shown(lambda: output.render_answer({**ANSWER, "pending": "Q2026-0012"}, ["not shown"]))
    first, *shown_lines, last = text.splitlines()
    assert (first, last) == (
        "Q2026-0012 waits for a second person.",
        "Next step, by somebody else: fund confirm Q2026-0012",
    )
    assert shown_lines == list(output.trial_lines(ANSWER))


@pytest.mark.parametrize(
    ("others", "line"),
    [
        (None, "Next step: fund capital list"),
        ([], "Next step, which nobody may do yet: fund capital list. Who should: fund inbox --all"),
        (["bram"], "Next step, by bram: fund --as bram capital list"),
        (["anna", "bram"], "Next step, by anna or bram: fund --as anna capital list"),
        (["an na", "b", "c"], "Next step, by somebody else: fund --as 'an na' capital list"),
    ],
)
def test_the_next_step_of_somebody_else_says_whose_it_is(shown: Shown, others: list[str] | None, line: str) -> None:
    output.typed_before({})
    assert shown(lambda: output.render_answer(ANSWER, [], others)).splitlines()[-1] == line


@pytest.mark.parametrize(
    ("typed", "line", "again"),
    [
        ({}, "fund inbox", "fund inbox"),
        ({"--as": "anna"}, "fund inbox", "fund --as anna inbox"),
        ({"--as": "anna"}, "fund --as bram inbox", "fund --as bram inbox"),
        ({"--as": "an na"}, "look again, then repeat: fund inbox", "look again, then repeat: fund --as 'an na' inbox"),
        ({"--as": "anna"}, "add --receipt 1, or see fund inbox", "add --receipt 1, or see fund --as anna inbox"),
        ({"--as": "anna"}, "the fund keeps its money in euros", "the fund keeps its money in euros"),
        ({"--database": "postgresql://h/fund"}, "fund inbox", "fund --database postgresql://h/fund inbox"),
        ({"--database": "postgresql://u:secret@h/fund", "--as": "anna"}, "fund inbox", "fund --as anna inbox"),
        ({"--database": "postgresql://u:s/e@c@h/fund"}, "fund inbox", "fund inbox"),
        ({"--database": "postgresql://h/fund?user=u&password=secret"}, "fund inbox", "fund inbox"),
        ({"--broker": "redis://:secret@h/0"}, "fund inbox", "fund inbox"),
        ({"--as": "o'neil"}, "fund --as d'arc partner show d'o", """fund --as 'd'"'"'arc' partner show d'o"""),
    ],
)
def test_advice_repeats_what_was_typed_before_the_noun(typed: dict[str, str], line: str, again: str) -> None:
    output.typed_before(typed)
    assert output.as_typed(line) == again
    output.typed_before({})


def test_who_acts_by_the_environment_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUND_USER", "anna")
    output.typed_before({})
    assert output.as_typed("fund --as anna inbox") == "fund inbox"
    assert output.as_typed("fund --as bram inbox") == "fund --as bram inbox"


def test_a_remembered_answer_says_so_beside_the_data(shown: Shown) -> None:
    again = {**ANSWER, "replayed": True}
    assert "carried out before" in shown(lambda: output.render_answer(again, ["x"]), error=True)
    assert shown(lambda: output.render_answer(again, ["x"])).startswith("x\n")


# ------------------------------------------------------------------------------------------------------------- errors


def refused(**details: object) -> FundError:
    """A refusal that points into a file."""

    class Refused(FundError):
        message = (
            "{place}: {excerpt}: the budget is {budget}, asked is {asked}, which differs, and this sentence goes on"
        )
        hint = "change {place}, then try again with another amount, or leave it as it is and ask somebody"

    return Refused(place="loket.toml:13", excerpt='amount = "23000.00"', budget="1", asked="2", **details)


def test_a_refusal_points_at_its_line_and_is_set_in_on_a_terminal(shown: Shown) -> None:
    lines = shown(lambda: output.render_error(refused()), columns=80, error=True).splitlines()
    assert lines[0] == 'loket.toml:13: amount = "23000.00"'
    assert lines[1].startswith("error[refused]: the budget is 1")
    assert lines[2].startswith("  ")
    assert lines[3].startswith("hint: change loket.toml:13")
    assert max(map(len, lines)) <= 80


def test_in_a_pipe_a_refusal_stays_on_its_lines(shown: Shown) -> None:
    lines = shown(lambda: output.render_error(refused()), error=True).splitlines()
    assert [line.split(":")[0] for line in lines] == ["loket.toml", "error[refused]", "hint"]


def test_programs_get_the_whole_message_of_a_refusal(shown: Shown) -> None:
    error = json.loads(shown(lambda: output.render_error(refused(ids=("a", "b")), as_json=True), error=True))["error"]
    assert error["message"].startswith('loket.toml:13: amount = "23000.00": the budget is 1')
    assert error["details"]["ids"] == ["a", "b"]


def test_a_long_sentence_is_broken_for_a_terminal_only(shown: Shown) -> None:
    sentence = "  2024-01-08  " + "word " * 30
    assert max(map(len, shown(lambda: output.say(sentence), columns=80).splitlines())) <= 80
    assert shown(lambda: output.say(sentence)) == sentence + "\n"


# ---------------------------------------------------------------------------------------------------------- questions


@pytest.mark.parametrize("lang", ["en", "nl"])
@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        *(("j\n", True), ("ja\n", True), ("y\n", True), ("YES \n", True), ("wat\nja\n", True)),
        *(("n\n", False), ("nee\n", False), ("no\n", False), ("\n", False), ("", False)),
    ],
)
def test_yes_and_no_are_understood_in_both_languages(shown: Shown, lang: str, typed: str, meant: bool) -> None:
    language.choose(lang)
    said: list[bool] = []
    asked = shown(lambda: said.append(output.ask("Carry on?")), typed=typed, columns=80, error=True)
    assert said == [meant]
    assert asked.startswith("Carry on? [j/N] " if lang == "nl" else "Carry on? [y/N] ")


# ----------------------------------------------------------------------------------------------------------- progress


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


def work(clock: Clock, seconds: float) -> None:
    with output.progress("Booking", 4) as bar:
        for _number in range(4):
            clock.now += seconds / 4
            bar.step()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    still = Clock()
    monkeypatch.setattr("time.monotonic", still.monotonic)
    return still


def test_short_work_shows_no_bar(shown: Shown, clock: Clock) -> None:
    assert shown(lambda: work(clock, 0.5), columns=80, error=True) == ""


def test_long_work_shows_one_bar_and_ends_with_count_and_time(shown: Shown, clock: Clock) -> None:
    text = shown(lambda: work(clock, 8), columns=80, error=True, env={"TERM": "xterm"})
    assert "━━━" in text
    assert text.endswith("Booking: 4/4, 8 s\n")


def test_without_a_terminal_progress_is_silent(shown: Shown, clock: Clock) -> None:
    assert shown(lambda: work(clock, 8), error=True) == ""


def test_a_screen_reader_hears_lines_and_no_bar(shown: Shown, clock: Clock) -> None:
    text = shown(lambda: work(clock, 160), columns=80, error=True, env={"ACCESSIBLE": "1"})
    assert "█" not in text
    assert text.splitlines()[0] == "Booking: 1/4"


def test_a_terminal_that_cannot_redraw_gets_lines(shown: Shown, clock: Clock) -> None:
    text = shown(lambda: work(clock, 160), columns=80, error=True, env={"TERM": "dumb"})
    assert "\x1b" not in text
    assert text.splitlines() == ["Booking: 1/4", "Booking: 2/4", "Booking: 3/4", "Booking: 4/4", "Booking: 4/4, 160 s"]


def test_work_that_tells_its_size_on_the_way_is_shown_with_it(shown: Shown, clock: Clock) -> None:
    def check() -> None:
        with output.progress("Checking") as bar:
            for done in (40, 100):
                clock.now += 40
                bar.reach(done, 100)

    text = shown(check, columns=80, error=True, env={"TERM": "dumb"})
    assert text.splitlines() == ["Checking: 40/100", "Checking: 100/100", "Checking: 100/100, 80 s"]


def test_json_keeps_days_and_euros_as_programs_read_them(monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import date

    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    output.emit_json({"as_of": date(2026, 3, 31), "name": "één", "ask_cents": 5, "hash": b"\x01\xff"})
    assert '"schema_version": 1' in out.getvalue()
    assert '"as_of": "2026-03-31"' in out.getvalue()
    assert '"name": "één"' in out.getvalue()
    assert '"hash": "01ff"' in out.getvalue()


# ------------------------------------------------------------------------------------------------- declared sentences


def answered(payload: dict[str, Any], **result: Any) -> Any:
    return {"events": [{"payload": payload}], "result": result}


def test_a_sentence_takes_a_place_from_the_use_case_before_the_fact_and_from_what_was_typed_last() -> None:
    answer = answered({"panel": [{"reviewer": "usr_1"}], "ref": "2026-001"}, panel=["els", "ed"])
    said = done_lines("{ref}: {panel}, {reason}", answer, {"ref": "typed", "reason": "x"})
    assert list(said) == ["2026-001: els, ed, x"]


def test_the_name_of_a_place_says_how_it_is_shown() -> None:
    answer = answered(
        {"amount_cents": 123456, "due_on": "2027-03-01", "as_of": "2027-03-01"}, on={"$day": "2027-03-02"}
    )
    assert list(done_lines("{amount_cents}, {due_on}, {as_of}, {on}", answer, {})) == [
        "EUR 1,234.56, 2027-03-01, 1 March 2027, 2027-03-02"
    ]
    language.choose("nl")
    assert list(done_lines("{amount_cents}, {due_on}, {as_of}", answer, {})) == ["€ 1.234,56, 01-03-2027, 1 maart 2027"]


def test_a_sentence_may_depend_on_a_value_and_nothing_is_a_value_only_where_it_says_so() -> None:
    answer = answered({"surplus_cents": 0, "determined_cents": 0, "reason": None})
    assert list(done_lines(When("surplus_cents", "{surplus_cents}"), answer, {})) == []
    assert list(done_lines(When("determined_cents", "{determined_cents}", zero=True), answer, {})) == ["EUR 0.00"]
    assert list(done_lines(When("reason", "{reason}", "none", zero=True), answer, {})) == ["none"]


def test_things_are_counted_and_said_one_by_one() -> None:
    answer = answered({}, new=["a"], known=0, left=[{"ref": "D1"}, {"ref": "D2"}], batch="S1")
    forms = ("{count} is new", "{count} are new")
    said = (Counted("new", forms), Counted("known", forms), Counted("known", forms, optional=True))
    assert list(done_lines((*said, Each("left", "{ref} of {batch}")), answer, {})) == [
        "1 is new", "0 are new", "D1 of S1", "D2 of S1",
    ]  # fmt: skip


def test_a_place_that_nobody_knows_is_a_fault_and_no_silence() -> None:
    with pytest.raises(KeyError, match="nowhere"):
        list(done_lines("{nowhere}", answered({}), {}))
