"""``fund proposal new`` from the first question to the draft: rounds, tracks, files, and what becomes of them."""

from __future__ import annotations

import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cli import output
from fund import forms
from fund.schemas.proposals import Proposal
from tests.conftest import Fund, Result
from tests.factories import World, a_proposal_file
from tests.transcripts import CTRL_C, terminal
from tests.workflows.proposing import a_round, case, drafted, file_of, proposing

LIGHT = """Eén loket voor vergunningen
24000
1
6, Woningbouw en ruimtelijke ordening
Een inwoner vraagt één keer
Het verlenen van vergunningen
1
Wij denken dat één loket sneller werkt
Doorlooptijd van honderd dossiers
Als het na zes maanden niet sneller gaat
70 %
1


n
1
6
4
3
31 december 2029
Loket open
30-06-2027

Verslag
n"""
"""Answers to the fifteen questions, an empty line for what is suggested."""
REST = """j


n
Uren

n
j
Tweede loket
31-12-2027

Verslag
n
Woudenberg
snelheid
mensen
tijd
n


10000
n
Wie weggaat betaalt

brief
5 januari 2026
n
risico
maatregel
n
Sam

leider
8
n
"""
"""Answers to what a standard round asks more, behind the characteristics; budget and milestones go up with the ask."""


@pytest.fixture
def world(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.chdir(tmp_path)
    reads = output.ask_line

    def ask_line(question: str) -> str | None:
        """A terminal shows what is typed, and the Enter after it."""
        line = reads(question)
        sys.stderr.write(f"{line}\n" if line is not None else "")
        return line

    monkeypatch.setattr(output, "ask_line", ask_line)
    with proposing(database_url) as world:
        yield world


def new(fund: Fund, world: World, typed: str, *words: str, user: str = "fatima", lang: str = "nl") -> Result:
    """The command at a terminal of 80 columns."""
    answers = typed + "\n" if typed else ""
    told = fund("proposal", "new", *words, database=world.fund.url, user=user, lang=lang, terminal=True, typed=answers)
    assert max(map(len, told.err.splitlines()), default=0) <= 80, told.err
    return told


def in_file(name: str = "loket.toml") -> str:
    return Path(name).read_text("utf-8")


# ------------------------------------------------------------------------------------------------------ the whole of it


@pytest.mark.parametrize(("lang", "answer"), [("nl", "j"), ("en", "yes")])
def test_fifteen_answers_are_a_draft(fund: Fund, world: World, lang: str, answer: str) -> None:
    typed = (
        LIGHT if lang == "nl" else LIGHT.replace("Woningbouw en ruimtelijke ordening", "housing and spatial planning")
    )
    told = new(fund, world, f"{typed}\n{answer}", "loket.toml", lang=lang)
    assert told.code == 0, told.err
    kept = case(world, "2026-001")
    assert (kept.state, kept.ask_cents, kept.form.themes) == ("draft", 24_000_00, ("T06", "T01"))
    assert kept.form.repayment is not None
    assert kept.form.repayment.ends_on == date(2029, 12, 31)
    assert (kept.form.budget[0].year, kept.form.milestones[0].amount_cents) == (2027, 24_000_00)
    assert 'revision = "2026-001/1"' in in_file()
    # And: the same command goes on with it
    again = new(fund, world, "<2\n20000\nn\nn\n" + answer, "loket.toml", lang=lang)
    assert again.code == 0, again.err
    assert case(world, "2026-001").revision == 2
    assert ("Nog niet goed" if lang == "nl" else "Not yet right") in again.out + again.err


def test_saying_no_at_the_end_tells_what_now_and_that_works(fund: Fund, world: World) -> None:
    told = new(fund, world, LIGHT + "\nnee", "loket.toml")
    assert told.code == 0
    assert told.err.splitlines()[-3:] == [
        "loket.toml is bewaard; het fonds heeft het nog niet.",
        "Een antwoord veranderen: fund proposal new loket.toml",
        "Volgende stap: fund proposal draft loket.toml",
    ]
    with world.snapshot() as snapshot:
        assert not snapshot.cases(Proposal)
    kept = fund("proposal", "draft", "loket.toml", database=world.fund.url, user="fatima")
    assert kept.code == 0, kept.err
    # And: of a file of the fund it says how to save it
    told = new(fund, world, "n", "loket.toml")
    assert told.err.splitlines()[-1] == "Volgende stap: fund proposal save 2026-001 loket.toml"


def test_what_comes_next_can_be_typed_as_it_stands_for_the_same_fund_and_person(fund: Fund, world: World) -> None:
    words = ("--as", "fatima", "--database", world.fund.url, "proposal", "new")
    asked = {"lang": "nl", "terminal": True}
    told = fund(*words, "mijn loket.toml", typed="\n".join(LIGHT.split("\n")[:3]), **asked)
    following = f"fund --as fatima --database {shlex.quote(world.fund.url)} proposal new 'mijn loket.toml'"
    assert " ".join(told.err.split()).endswith(f"'mijn loket.toml' is bewaard. Ga verder met: {following}")


def test_whoever_stops_is_told_how_to_go_on_and_goes_on_there(fund: Fund, world: World) -> None:
    told = new(fund, world, "\n".join(LIGHT.split("\n")[:13]), "loket.toml")  # the input ends in the budget
    assert told.code == 1
    assert told.err.splitlines()[-1] == "loket.toml is bewaard. Ga verder met: fund proposal new loket.toml"
    assert "fund proposal new: money.budget[1].amount" in in_file()
    again = new(fund, world, "\n".join([*LIGHT.split("\n")[13:], "n"]), "loket.toml")
    assert again.code == 0, again.err
    first = again.err.splitlines()
    assert " ".join(first[:2]).replace("  ", " ").startswith("Ronde 2026-1, licht: verder bij vraag 13 van 15.")
    assert "13/15 Begroting per jaar" in first
    assert "Titel" not in again.err
    forms.open_form(in_file().encode()).read("light")


def test_a_dry_run_keeps_the_file_and_nothing_in_the_fund(fund: Fund, world: World) -> None:
    told = new(fund, world, LIGHT + "\nj", "loket.toml", "--dry-run")
    assert told.code == 0, told.err
    with world.snapshot() as snapshot:
        assert not snapshot.cases(Proposal)
    assert 'revision = ""' in in_file()


def test_at_a_terminal_one_begins_stops_goes_on_changes_the_track_and_says_no(world: World, tmp_path: Path) -> None:
    a_round(world, title="Tweede", track="standard")
    light, asked = LIGHT.split("\n"), "fund proposal new loket.toml"
    with terminal(tmp_path, FUND_DATABASE=world.fund.url, FUND_USER="Fatima", FUND_LANG="nl") as bash:

        def typed(command: str, answers: str) -> tuple[int, list[str]]:
            code, told = bash.line(command, answers.split("\n"))
            assert "Traceback" not in told
            lines = told.rstrip().split("\n")
            assert max(map(len, lines)) <= 80, told
            return code, lines

        # When: somebody begins, and stops in the middle
        code, told = typed("fund proposal new --round 2026-1 loket.toml", "\n".join([*light[:8], CTRL_C]))
        assert (code, told[-1]) == (1, "loket.toml is bewaard. Ga verder met: fund proposal new loket.toml")
        assert told[-2].startswith(" 9/15 ")
        # Then: the same command goes on there, and another amount takes the answers to another round
        changed = ["<2", "60000", "j", "Drie gemeenten, één loket", "Baarn", "Leusden", "2", "makelaar"]
        code, told = typed(asked, "\n".join([light[8], *changed, CTRL_C]))
        assert code == 1
        assert " ".join(told[:2]).replace("  ", " ").startswith("Ronde 2026-1, licht: verder bij vraag 9 van 15.")
        assert "      Ronde 2026-2, standaard: 28 vragen; uw antwoorden gaan mee." in told
        # And: what is new is asked, what was answered is not; no at the end keeps the file and nothing in the fund
        rest = [light[9], *"1" * 8, *light[10:15], "Uren", "", "n", *light[15:], *REST.split("\n")[13:-1]]
        code, told = typed(asked, "\n".join([*rest, "nee"]))
        assert (code, told[2][:16]) == (0, "15/28 Stopregel:")
        assert told[-4:] == [
            "loket.toml is klaar. Ook als concept in het fonds bewaren? [J/n] nee",
            "loket.toml is bewaard; het fonds heeft het nog niet.",
            "Een antwoord veranderen: fund proposal new loket.toml",
            "Volgende stap: fund proposal draft loket.toml",
        ]
    assert forms.open_form(in_file().encode()).read("standard").form.ask_cents == 60_000_00
    with world.snapshot() as snapshot:
        assert not snapshot.cases(Proposal)


# --------------------------------------------------------------------------------------------------------------- rounds


def test_only_rounds_that_are_open_can_be_chosen(fund: Fund, world: World) -> None:
    a_round(world, title="Tweede", track="standard")
    a_round(world, title="Later", opens=date(2026, 3, 1), closes=date(2026, 3, 31))
    told = new(fund, world, "?\n9\n2026-2", "plan.toml")
    shown = re.findall(r"(?m)^      \d (\S+) (\w+)", told.err)
    assert shown[:2] == [("2026-1", "Een"), ("2026-2", "Tweede")]
    assert "Later" not in told.err
    assert "€ 25.000,00 of meer, minder dan € 125.000,00, sluit 28" in " ".join(told.err.split())
    assert tomllib.loads(in_file("plan.toml"))["proposal"]["round"] == "2026-2"


@pytest.mark.parametrize("words", [(), ("--round", "2026-1")])
def test_without_an_open_round_nothing_is_asked(fund: Fund, world: World, words: tuple[str, ...]) -> None:
    a_round(world, title="Later", opens=date(2026, 4, 1), closes=date(2026, 4, 30))
    world.clock(datetime(2026, 3, 3, 9, tzinfo=UTC))
    told = new(fund, world, "", "loket.toml", *words)
    assert told.code == 1
    assert not Path("loket.toml").exists()
    if words:
        assert "error[round_not_open]" in told.err
        assert "ronde 2026-1 is besloten" in " ".join(told.err.split())
    else:
        assert told.err.splitlines()[0] == (
            "error[no_round_open]: er is nu geen ronde open: ronde 2026-2 gaat open op 1"
        )
    nothing_planned = new(fund, world, "", "loket.toml", "--round", "2031-9")
    assert "error[unknown_ref]" in nothing_planned.err


def test_a_round_that_closed_meanwhile_gives_way_to_one_that_is_open(fund: Fund, world: World) -> None:
    stopped = new(fund, world, "\n".join(LIGHT.split("\n")[:6]), "loket.toml")
    assert stopped.code == 1
    a_round(world, title="Later", opens=date(2026, 3, 1), closes=date(2026, 3, 31))
    world.clock(datetime(2026, 3, 3, 9, tzinfo=UTC))
    told = new(fund, world, "\n".join([*LIGHT.split("\n")[6:], "j"]), "loket.toml")
    assert told.code == 0, told.err
    assert "Ronde 2026-1 is gesloten op 28 februari 2026" in told.err
    assert case(world, "2026-001").round == "2026-2"


def test_a_round_that_closes_during_the_last_question_refuses_and_keeps_the_file(fund: Fund, world: World) -> None:
    new(fund, world, LIGHT + "\nn", "loket.toml")
    world.clock(datetime(2026, 3, 3, 9, tzinfo=UTC))
    refused = fund("proposal", "draft", "loket.toml", database=world.fund.url, user="fatima")
    assert "error[round_not_open]" in refused.err
    forms.open_form(in_file().encode()).read("light")
    assert "error[no_round_open]" in new(fund, world, "", "loket.toml").err


# --------------------------------------------------------------------------------------------------------------- tracks


def test_an_amount_of_another_track_takes_its_answers_to_another_round(fund: Fund, world: World) -> None:
    a_round(world, title="Tweede", track="standard")
    a_round(world, title="Derde", track="major", ceiling_cents=900_000_00)
    begin = "Een plan\n60000\nj\n<2\n200000\nj\n<2\n5000\nj\n<2\n60000\nj"
    told = new(fund, world, begin, "plan.toml", "--round", "2026-1")
    assert told.code == 1
    at = re.findall(r"Ronde (\S+), (\w+): (\d+) vragen; uw antwoorden gaan mee", told.err)
    assert at == [("2026-2", "standaard", "28"), ("2026-3", "groot", "35"), ("2026-1", "licht", "15"),
                  ("2026-2", "standaard", "28")]  # fmt: skip
    document = tomllib.loads(in_file("plan.toml"))
    assert (document["proposal"]["title"], document["proposal"]["round"]) == ("Een plan", "2026-2")
    assert "exit_rules" in document["arrangements"]


def test_an_amount_that_no_open_round_takes_is_asked_again(fund: Fund, world: World) -> None:
    told = new(fund, world, "Een plan\n60000\n24000\n1", "plan.toml")
    assert "In ronde 2026-1 past minder dan € 25.000,00." in told.err
    assert "Vraag een ander bedrag" in told.err
    assert tomllib.loads(in_file("plan.toml"))["money"]["ask"] == "24000.00"


def test_a_file_begun_for_a_light_round_is_asked_what_a_standard_round_needs(fund: Fund, world: World) -> None:
    # Given: a light file, whole, and a round of another track
    new(fund, world, LIGHT + "\nn", "loket.toml")
    a_round(world, title="Tweede", track="standard")
    # When: it goes to that round
    answers = "60000\nDrie gemeenten, één loket\nBaarn\nLeusden, Soest\n2\nmakelaar\n" + "1\n" * 8 + REST + "j"
    told = new(fund, world, answers, "loket.toml", "--round", "2026-2")
    # Then: the amount, which does not fit any more, and what is new; every answer stands
    assert told.code == 0, told.err
    kept = case(world, "2026-001")
    assert (kept.round, kept.track, kept.ask_cents) == ("2026-2", "standard", 60_000_00)
    assert kept.form.title == "Eén loket voor vergunningen"
    assert (kept.form.co_applicants, kept.form.adopters) == (("gm0308",), ("gm0327", "gm0342"))
    assert kept.form.boards[0].informed_on == date(2026, 1, 5)
    assert "Titel" not in told.err
    assert in_file("loket.light.toml").startswith('schema = "2026-1"')  # the file as it was
    assert forms.open_form(in_file("loket.light.toml").encode()).read("light").form.ask_cents == 24_000_00


def test_an_own_share_is_asked_where_the_costs_are_more_than_is_asked(fund: Fund, world: World) -> None:
    new(fund, world, LIGHT + "\nn", "loket.toml")
    a_round(world, title="Tweede", track="standard")
    rest = REST.replace("Uren\n\nn\n", "Uren\n70000\nn\n\n")
    answers = "60000\nKort\n\n\n1\n6\n" + "1\n" * 8 + rest + "j"
    told = new(fund, world, answers, "loket.toml", "--round", "2026-2")
    assert told.code == 0, told.err
    assert "Eigen bijdrage van de partijen, in euro [10000,00]:" in told.err
    assert case(world, "2026-001").form.own_share_cents == 10_000_00


# ---------------------------------------------------------------------------------------------------------------- files


def test_a_file_by_hand_without_round_or_lead_is_filled_in(fund: Fund, world: World) -> None:
    Path("hand.toml").write_text(forms.template("light", comments="nl"), "utf-8")
    told = new(fund, world, LIGHT + "\nj", "hand.toml")
    assert told.code == 0, told.err
    assert (case(world, "2026-001").lead, case(world, "2026-001").round) == ("gm0351", "2026-1")


def test_what_somebody_wrote_in_the_file_stays(fund: Fund, world: World) -> None:
    text = a_proposal_file().decode().replace("[experiment]", "# onze eigen aantekening\n[experiment]")
    Path("hand.toml").write_text(re.sub(r"(?m)^stop_rule = .*$", 'stop_rule = ""  # nog doen', text), "utf-8")
    told = new(fund, world, "Als het niet sneller gaat\nn", "hand.toml")
    assert told.code == 0, told.err
    after = in_file("hand.toml")
    assert "# onze eigen aantekening\n[experiment]" in after
    assert 'stop_rule = "Als het niet sneller gaat"' in after
    assert "# nog doen" in after


@pytest.mark.parametrize(
    ("old", "new_text", "code"),
    [
        ("[money]\n", "[money]\nextra = 1\n", "unknown_field"),
        ("[money]\n", "[money]\n]\n", "broken_form"),
        ('own_share = "0.00"', 'own_share = "veel"', "unclear_amount"),
        ("[experiment]", "experiment = 5\n[weg]", "faulty_form"),
    ],
)
def test_what_no_question_mends_is_refused_before_anything_is_asked(
    fund: Fund, world: World, old: str, new_text: str, code: str
) -> None:
    text = forms.template("light", comments="nl", round="2026-1", lead="gm0351")
    text = text.replace("[money]\n", '[money]\nown_share = "0.00"\n') if "own_share" in old else text
    assert old in text
    if code == "faulty_form":
        text = text.replace("hypothesis", "weg_hypothesis")
    Path("fout.toml").write_text(text.replace(old, new_text), "utf-8")
    before = in_file("fout.toml")
    told = new(fund, world, LIGHT, "fout.toml")
    assert told.code == 1
    assert f"error[{code}]" in told.err or "error[faulty_form]" in told.err
    assert "Titel" not in told.err
    assert in_file("fout.toml") == before


def test_an_answer_that_is_wrong_in_the_file_is_told_and_asked(fund: Fund, world: World) -> None:
    text = a_proposal_file().decode().replace('ask = "24000.00"', 'ask = "24.000"')
    Path("hand.toml").write_text(text, "utf-8")
    told = new(fund, world, "24000\nn", "hand.toml")
    assert told.code == 0, told.err
    assert '"24.000" is niet duidelijk' in told.err
    assert "2/15 Gevraagd bedrag in euro:" in told.err


def test_a_returned_proposal_is_changed_in_its_own_round_though_that_is_closed(fund: Fund, world: World) -> None:
    ref = drafted(world)
    world.clock(datetime(2026, 2, 27, 9, tzinfo=UTC))
    world.do("proposal submit", user="fatima", ref=ref)
    world.do("proposal request-changes", user="anna", ref=ref, sections=["experiment"], reason="te vaag")
    world.clock(datetime(2026, 3, 3, 9, tzinfo=UTC))
    text = file_of(world, ref, "fatima", comments="nl")
    Path("terug.toml").write_text(re.sub(r"(?m)^stop_rule = .*$", 'stop_rule = ""', text), "utf-8")
    told = new(fund, world, "Als het niet sneller gaat\nj", "terug.toml")
    assert told.code == 0, told.err
    assert case(world, ref).form.stop_rule == "Als het niet sneller gaat"


# ------------------------------------------------------------------------------------------------------------------ who


def test_whoever_is_of_no_partner_is_told_before_the_first_question(fund: Fund, world: World) -> None:
    told = new(fund, world, LIGHT, "loket.toml", user="anna")
    assert told.code == 1
    assert "error[not_authorised]: anna (fondsbeheerder)" in told.err
    assert not Path("loket.toml").exists()


@pytest.mark.parametrize("user", ["Fatima", "FÁTIMA"])
def test_whoever_asks_is_found_whatever_the_capitals_and_accents(fund: Fund, world: World, user: str) -> None:
    told = new(fund, world, LIGHT + "\nj", "loket.toml", user=user)
    assert told.code == 0, told.err
    assert case(world, "2026-001").lead == "gm0351"


def test_without_a_terminal_the_template_is_the_way(fund: Fund, world: World) -> None:
    told = fund("proposal", "new", "loket.toml", database=world.fund.url, user="fatima")
    assert told.code == 2
    assert "fund proposal template --track light" in told.err
