"""What is shown before it is done: a trial opens no seal, its refusal counts, and a yes is to what was shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from cli import output
from fund.commands.answers import Answer
from fund.commands.executing import execute_named
from fund.errors.commands import PreviewChanged
from fund.events import FACTS
from tests.conftest import Fund
from tests.factories import World, as_file, founded
from tests.test_call_reminders import called, paid
from tests.workflows import agreeing, test_amendments, test_refinancing, test_reviews, test_writeoffs
from tests.workflows.deciding import MEMBERS, decidable, objected, panel_of, score_file, voted
from tests.workflows.looking_back import evaluated, until_completed
from tests.workflows.test_amendments import amended, committee
from tests.workflows.test_partners import BY_INHABITANTS, THREE, three, vote

REASON = ("--reason", "so advised")


def on_a_proposal(world: World) -> tuple[str, ...]:
    ref = decidable(world)[0]
    voted(world, ref, **dict.fromkeys(MEMBERS, "against"))
    return "carla", "decision", "decide", ref


def on_an_objection(world: World) -> tuple[str, ...]:
    ref = objected(world)
    world.user("nina", "committee_member", partner="gm0310")
    voted(world, ref, roos="reopen", nina="reopen")
    return "dora", "decision", "decide-objection", ref, "--uphold", *REASON, "--advice", __file__


def on_a_resolution(world: World) -> tuple[str, ...]:
    test_refinancing.rolled_out(world)
    ref = test_refinancing.brought(world)
    for name in ("mira", "mees", "carla"):
        world.do("decision vote", user=name, ref=ref, choice="against")
    return "carla", "decision", "decide", ref


def on_an_amendment(world: World) -> tuple[str, ...]:
    agreeing.running(world, cash=20_000_000)
    committee(world)
    ref = amended(world, change_cents=8_500_000, milestone=2)["amendment"]
    test_amendments.voted(world, ref, mees="against", max="against", mona="against")
    return "carla", "agreement", "decide", ref


def on_a_writeoff(world: World) -> tuple[str, ...]:
    until_completed(world)
    evaluated(world)
    test_writeoffs.propose(world)
    test_writeoffs.voted(world, test_writeoffs.W1, mira="against", mees="against", carla="against")
    return "carla", "writeoff", "decide", test_writeoffs.W1


def on_a_key(world: World) -> tuple[str, ...]:
    three(world)
    world.user("carla", "committee_chair")
    world.do("key adopt", user="anna", file=as_file(BY_INHABITANTS))
    vote(world, "bob", "inwoners-2021", "against")
    vote(world, "bea", "inwoners-2021", "against")
    return "carla", "decision", "decide", "inwoners-2021"


def on_a_review(world: World) -> tuple[str, ...]:
    ref = test_reviews.opened(world)
    for number, name in enumerate(panel_of(world, ref)[:4]):
        world.do("review score", user=name, ref=ref, file=as_file(score_file(4 * (number % 2))))
    return "anna", "review", "close", ref


OPENING = (
    on_a_proposal, on_an_objection, on_a_resolution, on_an_amendment, on_a_writeoff, on_a_key, on_a_review,
)  # fmt: skip
OUTCOMES = ("is carried", "is lost", "is agreed", "is refused", "is decided", "is adopted", "is rejected",
            "is approved", "the decision stands", "can be decided anew", "0 for", "0 against",
            "review consensus")  # fmt: skip


@pytest.mark.parametrize("made", OPENING)
def test_a_trial_says_that_it_opened_nothing_and_tells_no_outcome(
    fund: Fund, sqlite_url: str, made: Callable[[World], tuple[str, ...]]
) -> None:
    with founded(sqlite_url) as world:
        user, *words = made(world)

        trial = fund(*words, "--dry-run", database=sqlite_url, user=user)
        scripted = fund(*words, "--dry-run", "--json", database=sqlite_url, user=user)
        asked = fund(*words, database=sqlite_url, user=user, terminal=True, typed="n\n")

    assert (trial.code, scripted.json["withheld"], asked.code) == (0, True, 1), trial.err
    assert "What is under seal stays so: this follows if the votes or scores say so." in trial.out
    for outcome in OUTCOMES:
        assert outcome not in trial.out + trial.err + asked.out + asked.err
    assert asked.err.count("[y/N]") == 1
    for fact in scripted.json["events"]:
        assert not any(fact["payload"].get(name) for name in FACTS[fact["type"]].opens)


def test_every_kind_of_fact_that_opens_a_seal_has_a_trial_above() -> None:
    opening = {wire.partition(".")[0] for wire, fact in FACTS.items() if fact.opens}
    assert opening == {"decision", "resolution", "amendment", "writeoff", "key", "review"}


def test_a_refusal_before_the_question_is_a_refusal_of_the_command(fund: Fund, database_url: str) -> None:
    with founded(database_url) as world:

        def refused(*more: str, **how: Any) -> tuple[int, list[str]]:
            done = fund("partner", "settle", "gm0312", *more, database=database_url, user="anna", **how)
            facts = world.ask("event list", type="command.refused")["events"]
            return done.code, [each["payload"]["command"] for each in facts]

        code, told = refused("--dry-run")
        assert (code, told) == (1, [])
        code, told = refused(terminal=True, typed="y\n")
        assert (code, told) == (1, ["partner settle"])
        code, told = refused("--yes")
        assert (code, told) == (1, ["partner settle"] * 2)


def test_a_yes_is_to_what_was_shown(fund: Fund, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between question and yes the receipt is matched for another amount: it is shown anew, and asked anew."""
    with founded(database_url) as world:
        paid(world, called(world), 1_000_00, date(2026, 1, 5))
        questions: list[str] = []

        def yes(question: str) -> bool:
            questions.append(question)
            if len(questions) == 1:
                world.do("bank unmatch", user="bram", ref="O2026-0001", reason="wrong")
                world.do("bank match", user="bram", ref="O2026-0001", to="B2026-0001", amount=300_00)
            return True

        monkeypatch.setattr(output, "ask", yes)
        typed = ("bank", "unmatch", "O2026-0001", "--reason", "of another", "--command-id", "once")
        done = fund(*typed, database=database_url, user="bram", terminal=True)

        assert (done.code, len(questions)) == (0, 2), done.err
        before, after = done.err.split("Meanwhile something changed, and nothing was done.")
        assert ("1,000.00" in before, "300.00" in before) == (True, False)
        assert ("1,000.00" in after, "300.00" in after) == (False, True)
        assert len(world.ask("event list", type="receipt.unmatched")["events"]) == 2
        assert world.ask("event list", type="command.refused")["events"] == []


def test_a_yes_to_something_else_is_refused_and_changes_nothing(database_url: str) -> None:
    with founded(database_url) as world:
        world.do("partner import", user="anna", file=as_file(THREE))

        def do(command: str, user: str, how: dict[str, Any], **args: Any) -> Answer:
            return execute_named(world.fund, command, args, user=user, **how)

        preview = do("user add", "petra", {"preview": True}, name="rob", roles=["reviewer"])
        shown = preview["shown_sha256"]
        expected = {"expected": shown, "command_id": preview["command_id"]}
        assert "rob" not in [each["name"] for each in world.ask("user list")["users"]]
        with pytest.raises(PreviewChanged, match=shown[:12]):
            do("user add", "petra", expected, name="rob", roles=["auditor"])
        with pytest.raises(PreviewChanged):  # of two people: nothing waits
            do("capital call", "anna", expected, amount=100_000_00)
        assert world.ask("inbox", user="bram")["items"] == []
        made = do("user add", "petra", expected, name="rob", roles=["reviewer"])
        assert [each["type"] for each in made["events"]] == ["user.added"]


def test_nothing_is_hashed_where_nobody_was_shown_anything(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an import of ten thousand lines the hash of what is shown would cost more than the import."""

    def never(*_args: object) -> bytes:
        raise AssertionError("the hash was asked")

    monkeypatch.setattr("fund.commands.executing.shown_hash", never)
    with founded(sqlite_url) as world:
        world.do("partner import", user="anna", file=as_file(THREE), dry_run=True)
        done = world.do("partner import", user="anna", file=as_file(THREE))
    assert (done["event_count"] > 3, "shown_sha256" in done) == (True, False)


# -------------------------------------------------------------------------------------------- two answers, and streams


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("carl", ("decision", "vote", "2026-001", "--for", "--against")),
        ("carl", ("decision", "vote", "2026-001", "--choice", "for", "--abstain")),
        ("els", ("review", "declare", "2026-001", "--none", "--ground", "a tie")),
        ("els", ("review", "declare", "2026-001", "--none", "--about", "els", "--stays")),
        ("els", ("review", "declare", "2026-001", "--none", "--reason", "long ago")),
        ("carla", ("decision", "evidence", "2026-001", "1", __file__, "--extend-to", "2026-09-01")),
        ("carla", ("decision", "evidence", "2026-001", "1")),
    ],
)
def test_what_says_two_things_or_nothing_is_not_understood(
    fund: Fund, sqlite_url: str, user: str, words: tuple[str, ...]
) -> None:
    with founded(sqlite_url):
        pass
    refused = fund(*words, database=sqlite_url, user=user)
    assert (refused.code, refused.out) == (2, ""), refused.err
    assert refused.err.startswith("error[")
    assert fund("event", "list", "--json", database=sqlite_url).json["events"][-1]["type"] != "command.refused"


def test_the_same_answer_twice_is_one_answer(fund: Fund, sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref = decidable(world)[0]
        voted_ = fund("decision", "vote", ref, "--for", "--choice", "for", database=sqlite_url, user="carl")
        assert voted_.code == 0, voted_.err
