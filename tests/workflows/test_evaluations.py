"""The life of an evaluation: two independent results, peers without an interest, lessons for everybody."""

from __future__ import annotations

from datetime import date

import pytest

from fund.errors import (
    ConflictOfInterest,
    EvaluationNotLate,
    FaultyEvaluation,
    FundError,
    NotAuthorised,
    ReasonMissing,
    ReturnedBefore,
    ReviewedBefore,
    ScoreOutOfRange,
    TransitionNotAllowed,
    UnknownTheme,
)
from fund.schemas.evaluations import parse_evaluation
from tests.factories import founded
from tests.workflows.looking_back import AGREEMENT, BUNNIK, EVALUATION, evaluated, file, until_completed


def test_a_refuted_hypothesis_with_good_lessons_is_a_good_result(database_url: str) -> None:
    with founded(database_url) as world:
        until_completed(world)
        evaluated(world, learning=3)
        (row,) = world.look("evaluation list")["evaluations"]
        assert (row["state"], row["hypothesis"], row["learning"], row["verdict"], row["good_result"]) == (
            "published",
            "refuted",
            "3",
            "stop",
            True,
        )
        with world.view() as view:
            published = view.store.facts.last_of(f"evaluation/{AGREEMENT}", "evaluation.published")
            assert published is not None
            assert published.actor == "system"
            assert published.fact.recipients == ("gm0308", "gm0312", "gm0313", "ws14")
            shown = [each.type for each in view.store.facts.of_stream("proposal/2026-001")]
        assert [each for each in shown if each.startswith("evaluation.")] == [
            "evaluation.fell_due",
            "evaluation.submitted",
            "evaluation.peer_reviewed",
            "evaluation.peer_reviewed",
            "evaluation.accepted",
            "evaluation.published",
        ]


def test_the_quality_of_learning_is_the_exact_mean_of_two_peers(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        world.do("evaluation submit", user="fatima", ref=AGREEMENT, file=file())
        world.do("evaluation peer-review", user="rosa", ref=AGREEMENT, learning=2)
        world.do("evaluation peer-review", user="ruud", ref=AGREEMENT, learning=1)
        world.do("evaluation accept", user="carla", ref=AGREEMENT)
        (row,) = world.look("evaluation list")["evaluations"]
        assert (row["learning"], row["good_result"]) == ("3/2", False)


def test_a_verdict_to_scale_invites_a_roll_out_for_twelve_months(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        evaluated(world, text=EVALUATION.replace('"stop"', '"scale"').replace('"refuted"', '"confirmed"'))
        (row,) = world.look("evaluation list")["evaluations"]
        assert row["followon_until"] == "2027-01-05"


def test_a_verdict_to_stop_invites_nobody(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        evaluated(world)
        assert world.look("evaluation list")["evaluations"][0]["followon_until"] is None


def test_lessons_are_found_by_theme_and_by_words(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        assert world.look("evaluation lessons")["lessons"] == []
        evaluated(world)
        titles = [card["title"] for card in world.look("evaluation lessons", theme="T05")["lessons"]]
        assert titles == ["Meet de afstand eerst", "Spreek af wie beslist"]
        (card,) = world.look("evaluation lessons", theme="T09")["lessons"]
        assert card["title"] == "Spreek af wie beslist"
        (card,) = world.look("evaluation lessons", text="POMP kilometer")["lessons"]
        assert (card["title"], card["hypothesis"]) == ("Meet de afstand eerst", "refuted")
        assert world.look("evaluation lessons", text="pomp beslisser")["lessons"] == []
        with pytest.raises(UnknownTheme, match="T99"):
            world.look("evaluation lessons", theme="T99")


def test_an_evaluation_falls_due_on_its_planned_day_by_itself(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world, ends="")
        with world.view() as view:
            assert view.store.facts.last_of(f"evaluation/{AGREEMENT}", "evaluation.fell_due") is None
        world.clock(date(2026, 12, 31))
        world.clock(date(2027, 1, 2))
        with world.view() as view:
            fell = [each for each in view.store.facts.of_stream(f"evaluation/{AGREEMENT}") if "fell_due" in each.type]
        assert [(each.fact.ground, each.fact.due_on) for each in fell] == [("ended", date(2026, 12, 31))]


def test_the_fund_manager_writes_it_only_when_the_parties_are_sixty_days_late(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        world.clock(date(2026, 3, 6))
        with pytest.raises(EvaluationNotLate) as refused:
            world.do("evaluation submit", user="anna", ref=AGREEMENT, file=file())
        assert refused.value.details["late_on"] == date(2026, 3, 6)
        world.clock(date(2026, 3, 7))
        answer = world.do("evaluation submit", user="anna", ref=AGREEMENT, file=file())
        assert answer["events"][0]["payload"]["by_fund_manager"] is True


def test_only_a_party_writes_and_only_outsiders_judge(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        world.user("vreemd", "partner_signatory", partner="gm0313")
        with pytest.raises(NotAuthorised):
            world.do("evaluation submit", user="vreemd", ref=AGREEMENT, file=file())
        world.do("evaluation submit", user="fatima", ref=AGREEMENT, file=file())
        with pytest.raises(ConflictOfInterest) as refused:
            world.do("evaluation peer-review", user="rik", ref=AGREEMENT, learning=4)
        assert refused.value.details["organisation"] == BUNNIK
        with pytest.raises(TransitionNotAllowed):
            world.do("evaluation accept", user="carla", ref=AGREEMENT)


def test_one_peer_judges_once_and_with_a_score_of_the_scale(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        world.do("evaluation submit", user="fatima", ref=AGREEMENT, file=file())
        with pytest.raises(ScoreOutOfRange, match="5"):
            world.do("evaluation peer-review", user="rosa", ref=AGREEMENT, learning=5)
        world.do("evaluation peer-review", user="rosa", ref=AGREEMENT, learning=4)
        with pytest.raises(ReviewedBefore, match="4 of 4"):
            world.do("evaluation peer-review", user="rosa", ref=AGREEMENT, learning=0)


def test_an_evaluation_goes_back_once_and_with_a_reason(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        world.do("evaluation submit", user="fatima", ref=AGREEMENT, file=file())
        with pytest.raises(ReasonMissing):
            world.do("evaluation return", user="carla", ref=AGREEMENT, reason=" ")
        world.do("evaluation return", user="carla", ref=AGREEMENT, reason="De meting ontbreekt.")
        assert world.look("evaluation list")["evaluations"][0]["state"] == "due"
        world.do("evaluation submit", user="fatima", ref=AGREEMENT, file=file())
        with pytest.raises(ReturnedBefore):
            world.do("evaluation return", user="carla", ref=AGREEMENT, reason="Nog eens.")


@pytest.mark.parametrize(
    ("change", "line", "field"),
    [
        (("hypothesis =", "hypothese ="), 1, "hypothesis"),
        (('"refuted"', '"wrong"'), 1, "hypothesis"),
        (('verdict = "stop"\n', ""), 1, "verdict"),
        (('verdict = "stop"', 'verdict = "stop"\nextra = 1'), 3, "extra"),
        (('themes = ["T09", "T05"]', 'themes = ["T09", "T77"]'), 15, "lessons.2.themes"),
        (('title = "Meet de afstand eerst"', "title = 7"), 8, "lessons.1.title"),
        (('verdict = "stop"', "verdict = stop"), 2, "-"),
    ],
)
def test_a_faulty_file_is_refused_with_its_line_and_nothing_changes(
    change: tuple[str, str], line: int, field: str, sqlite_url: str
) -> None:
    text = EVALUATION.replace(*change, 1)
    with pytest.raises(FaultyEvaluation) as refused:
        parse_evaluation(text.encode(), "evaluatie.toml")
    assert (refused.value.details["line"], refused.value.details["field"]) == (line, field)
    assert str(refused.value).startswith(f"evaluatie.toml:{line}: ")


def test_a_faulty_file_changes_nothing_and_is_no_fact(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        with world.view() as view:
            before = view.store.facts.count()
        with pytest.raises(FundError) as refused:
            world.do("evaluation submit", user="fatima", ref=AGREEMENT, file={"name": "e.toml", "content": b"\xff"})
        assert refused.value.code() == "faulty_evaluation"
        with world.view() as view:
            assert view.store.facts.count() == before
