"""The history of an evaluation: two independent results, peers without an interest, lessons for everybody."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fund.errors import FundError
from fund.errors.commands import ReasonMissing, TransitionNotAllowed
from fund.errors.evaluations import (
    EvaluationNotLate,
    EvaluationNotPublished,
    FaultyEvaluation,
    PeerNotExternal,
    ReturnedBefore,
    ReviewedBefore,
    ScoreOutOfRange,
    UnknownTheme,
)
from fund.errors.people import ConflictOfInterest, NotAuthorised, SameHands
from fund.schemas.evaluations import parse_evaluation
from tests.factories import World, founded
from tests.workflows.agreeing import fired_again
from tests.workflows.looking_back import (
    AGREEMENT,
    BUNNIK,
    BUNSCHOTEN,
    EVALUATION,
    PROPOSAL,
    SCALE,
    evaluated,
    file,
    proposal,
    until_completed,
)


def test_a_refuted_hypothesis_with_good_lessons_is_a_good_result(database_url: str) -> None:
    with founded(database_url) as world:
        until_completed(world)
        evaluated(world, learning=3)
        (row,) = world.ask("evaluation list")["evaluations"]
        assert (row["state"], row["hypothesis"], row["learning"], row["verdict"], row["good_result"]) == (
            "published",
            "refuted",
            "3",
            "stop",
            True,
        )
        with world.snapshot() as snapshot:
            published = snapshot.store.facts.last_of(f"evaluation/{AGREEMENT}", "evaluation.published")
            assert published is not None
            assert published.actor == "system"
            assert published.fact.recipients == ("gm0308", "gm0312", "gm0313", "ws14")
            shown = [each.type for each in snapshot.store.facts.of_stream("proposal/2026-001")]
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
        (row,) = world.ask("evaluation list")["evaluations"]
        assert (row["learning"], row["good_result"]) == ("3/2", False)


def test_a_verdict_to_scale_invites_a_roll_out_for_twelve_months(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        evaluated(world, text=EVALUATION.replace('"stop"', '"scale"').replace('"refuted"', '"confirmed"'))
        (row,) = world.ask("evaluation list")["evaluations"]
        assert row["followon_until"] == "2027-01-05"


def test_a_verdict_to_stop_invites_nobody(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        evaluated(world)
        assert world.ask("evaluation list")["evaluations"][0]["followon_until"] is None


def test_lessons_are_found_by_theme_and_by_words(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        assert world.ask("evaluation lessons")["lessons"] == []
        evaluated(world)
        titles = [card["title"] for card in world.ask("evaluation lessons", theme="T05")["lessons"]]
        assert titles == ["Meet de afstand eerst", "Spreek af wie beslist"]
        (card,) = world.ask("evaluation lessons", theme="T09")["lessons"]
        assert card["title"] == "Spreek af wie beslist"
        (card,) = world.ask("evaluation lessons", text="POMP kilometer")["lessons"]
        assert (card["title"], card["hypothesis"]) == ("Meet de afstand eerst", "refuted")
        assert world.ask("evaluation lessons", text="kilometer beslisser")["lessons"] == []
        titles = [card["title"] for card in world.ask("evaluation lessons", text="samen POMPEN")["lessons"]]
        assert titles == ["Meet de afstand eerst", "Spreek af wie beslist"]  # the title of the experiment
        with pytest.raises(UnknownTheme, match="T99"):
            world.ask("evaluation lessons", theme="T99")


def test_an_evaluation_falls_due_on_its_planned_day_by_itself(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world, ends="")
        with world.snapshot() as snapshot:
            assert snapshot.store.facts.last_of(f"evaluation/{AGREEMENT}", "evaluation.fell_due") is None
        world.clock(date(2026, 12, 31))
        world.clock(date(2027, 1, 2))
        with world.snapshot() as snapshot:
            fell = [
                each for each in snapshot.store.facts.of_stream(f"evaluation/{AGREEMENT}") if "fell_due" in each.type
            ]
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
        assert world.ask("evaluation list")["evaluations"][0]["state"] == "due"
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


def test_a_theme_is_named_in_a_file_as_people_name_it() -> None:
    named = EVALUATION.replace(
        'themes = ["T09", "T05"]', 'themes = ["Digitalisering en technologische ontwikkeling", "t05"]'
    )
    assert parse_evaluation(named.encode(), "e.toml").lessons == parse_evaluation(EVALUATION.encode(), "e.toml").lessons
    with pytest.raises(FaultyEvaluation, match="did you mean"):
        parse_evaluation(EVALUATION.replace('"T05"]', '"Water en klimat"]').encode(), "e.toml")


def test_a_faulty_file_changes_nothing_and_is_no_fact(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        with world.snapshot() as snapshot:
            before = snapshot.store.facts.count()
        with pytest.raises(FundError) as refused:
            world.do("evaluation submit", user="fatima", ref=AGREEMENT, file={"name": "e.toml", "content": b"\xff"})
        assert refused.value.code() == "faulty_evaluation"
        with world.snapshot() as snapshot:
            assert snapshot.store.facts.count() == before


# ----------------------------------------------------------------------------------------------- peers, parties, waiver


def test_a_chair_who_judged_it_may_send_it_back_and_its_late_writer_may_write_it_again(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        world.user("roos", "reviewer", "committee_chair")
        world.user("noor", "fund_manager")
        world.clock(date(2026, 4, 1))
        world.do("evaluation submit", user="noor", ref=AGREEMENT, file=file())
        for user in ("rosa", "roos"):
            world.do("evaluation peer-review", user=user, ref=AGREEMENT, learning=3)
        world.do("evaluation return", user="roos", ref=AGREEMENT, reason="De meting ontbreekt.")
        world.clock(date(2026, 7, 1))
        assert "evaluation submit" in str(world.ask("inbox", user="noor")["items"])
        world.do("evaluation submit", user="noor", ref=AGREEMENT, file=file())


def test_a_peer_who_judged_is_not_asked_again(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        world.do("evaluation submit", user="fatima", ref=AGREEMENT, file=file())
        world.do("evaluation peer-review", user="rosa", ref=AGREEMENT, learning=4)
        assert "evaluation peer-review" not in str(world.ask("inbox", user="rosa")["items"])
        assert "evaluation peer-review" in str(world.ask("inbox", user="ruud")["items"])


def test_nobody_judges_what_one_wrote_and_a_peer_does_not_accept(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        world.user("noor", "fund_manager", "reviewer", "committee_chair")
        world.user("roos", "reviewer", "committee_chair")
        world.clock(date(2026, 4, 1))
        world.do("evaluation submit", user="noor", ref=AGREEMENT, file=file())
        with pytest.raises(SameHands):
            world.do("evaluation peer-review", user="noor", ref=AGREEMENT, learning=4)
        for user in ("rosa", "roos"):
            world.do("evaluation peer-review", user=user, ref=AGREEMENT, learning=3)
        for user in ("noor", "roos"):
            assert "evaluation accept" not in str(world.ask("inbox", user=user)["items"])
            with pytest.raises(SameHands):
                world.do("evaluation accept", user=user, ref=AGREEMENT)
        assert "evaluation accept" in str(world.ask("inbox", user="carla")["items"])
        world.do("evaluation accept", user="carla", ref=AGREEMENT)


def test_peers_have_no_tie_with_the_proposal_and_are_external_under_the_rule_of_necessity(sqlite_url: str) -> None:
    from fund.schemas.reviews import Review

    with founded(sqlite_url) as world:
        until_completed(world)
        proposal(world, team=({"partner": BUNSCHOTEN, "function": "adviseur", "hours": 2},))
        world.do("evaluation submit", user="fatima", ref=AGREEMENT, file=file())
        with pytest.raises(ConflictOfInterest):
            world.do("evaluation peer-review", user="ruud", ref=AGREEMENT, learning=4)
        proposal(world)
        with world.uow() as uow:
            uow.store.cases.put([(Review(ref=PROPOSAL, state="closed", necessity=True), 1)])
        with pytest.raises(PeerNotExternal) as refused:
            world.do("evaluation peer-review", user="ruud", ref=AGREEMENT, learning=4)
        assert refused.value.details["organisation"] == BUNSCHOTEN
        world.do("evaluation peer-review", user="rosa", ref=AGREEMENT, learning=4)


def test_what_went_back_gives_the_parties_their_term_again(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        world.clock(date(2026, 3, 1))
        world.do("evaluation submit", user="fatima", ref=AGREEMENT, file=file())
        world.do("evaluation return", user="carla", ref=AGREEMENT, reason="De meting ontbreekt.")
        world.clock(date(2026, 3, 20))
        with pytest.raises(EvaluationNotLate) as refused:
            world.do("evaluation submit", user="anna", ref=AGREEMENT, file=file())
        assert refused.value.details["due_on"] == date(2026, 3, 1)
        (returned,) = world.ask("evaluation show", user="fatima", ref=AGREEMENT)["returned"]
        assert returned == {"on": "2026-03-01", "reason": "De meting ontbreekt."}


def test_what_was_handed_in_early_and_went_back_waits_for_the_parties(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world, ends="")  # it falls due on the last day of the year
        world.do("evaluation submit", user="fatima", ref=AGREEMENT, file=file())
        world.do("evaluation return", user="carla", ref=AGREEMENT, reason="De meting ontbreekt.")
        waits = [(item["command"], item["until"]) for item in world.ask("inbox", user="fatima")["items"]]
        assert (f"fund evaluation submit {AGREEMENT} FILE", "2026-03-06") in waits
        world.clock(date(2027, 1, 2))
        with world.snapshot() as snapshot:
            assert snapshot.store.facts.last_of(f"evaluation/{AGREEMENT}", "evaluation.fell_due") is None


def said_in_the_log(world: World, user: str) -> dict[str, Any]:
    """What the facts of the evaluation say of its results, to this person."""
    lines = world.ask("event list", user=user, stream=f"evaluation/{AGREEMENT}")["events"]
    told = {line["type"]: line["payload"] for line in lines}
    names = {"evaluation.submitted": "hypothesis", "evaluation.peer_reviewed": "learning"}
    return {kind: told[kind][field] for kind, field in names.items() if kind in told}


def test_before_publication_it_is_read_by_those_who_work_on_it_and_then_by_everybody(database_url: str) -> None:
    with founded(database_url) as world:
        until_completed(world)
        world.user("vreemd", "partner_signatory", partner="ws14")
        world.do("evaluation submit", user="fatima", ref=AGREEMENT, file=file())
        world.do("evaluation peer-review", user="rosa", ref=AGREEMENT, learning=3, remarks="Eerlijk gemeten.")
        for user in ("fatima", "rosa", "carla", "anna"):
            shown = world.ask("evaluation show", user=user, ref=AGREEMENT)
            assert (shown["hypothesis"], shown["peers"][0]["remarks"]) == ("refuted", "Eerlijk gemeten.")
        for other in ("vreemd", None):
            with pytest.raises(EvaluationNotPublished):
                world.ask("evaluation show", user=other, ref=AGREEMENT)
            (row,) = world.ask("evaluation list", user=other)["evaluations"]
            assert (row["hypothesis"], row["verdict"], row["lessons"]) == (None, None, None)
        assert said_in_the_log(world, "vreemd") == {"evaluation.submitted": None, "evaluation.peer_reviewed": None}
        assert said_in_the_log(world, "rosa") == {"evaluation.submitted": "refuted", "evaluation.peer_reviewed": 3}
        stated = world.ask("statement agreement", user="vreemd", ref=AGREEMENT)["evaluation"]
        assert (stated["state"], stated["hypothesis"], stated["lessons"]) == ("submitted", None, [])
        world.do("evaluation peer-review", user="ruud", ref=AGREEMENT, learning=2)
        world.do("evaluation accept", user="carla", ref=AGREEMENT)
        assert world.ask("statement agreement", user="vreemd", ref=AGREEMENT)["evaluation"]["hypothesis"] == "refuted"
        assert said_in_the_log(world, "vreemd")["evaluation.submitted"] == "refuted"
        shown = world.ask("evaluation show", user="vreemd", ref=AGREEMENT)
        assert (shown["state"], shown["learning"], shown["good_result"]) == ("published", "5/2", True)
        assert shown["question"] == "Samen pompen kost minder."
        assert [card["title"] for card in shown["cards"]] == ["Meet de afstand eerst", "Spreek af wie beslist"]


def test_after_a_breach_the_chair_may_ask_no_evaluation_and_then_none_falls_due(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world, ends="")
        world.both(
            "agreement terminate", user="anna", second="carla", ref=AGREEMENT, ground="breach", reason="geld weg",
            waive_evaluation=True,
        )  # fmt: skip
        world.clock(date(2027, 3, 1))
        (row,) = world.ask("evaluation list")["evaluations"]
        assert row["state"] == "waived"
        with world.snapshot() as snapshot:
            assert snapshot.store.facts.last_of(f"evaluation/{AGREEMENT}", "evaluation.fell_due") is None
        with pytest.raises(TransitionNotAllowed):
            world.do("evaluation submit", user="fatima", ref=AGREEMENT, file=file())


# ----------------------------------------------------------------------------------------------------- finding lessons


def test_words_are_found_in_any_order_and_without_their_accents(sqlite_url: str) -> None:
    text = EVALUATION.replace("Meet de afstand eerst", "Coöperatie vóór alles").replace("Boven acht", "Één boven acht")
    with founded(sqlite_url) as world:
        until_completed(world)
        evaluated(world, text=text)
        for words in ("cooperatie", "COÖPERATIE", "alles voor", "kilometer cooperatie een"):
            (card,) = world.ask("evaluation lessons", text=words)["lessons"]
            assert card["title"] == "Coöperatie vóór alles"
        assert world.ask("evaluation lessons", text="cooperatief")["lessons"] == []


@pytest.mark.parametrize("theme", ["T05", "t05", "Water en klimaat", "water and climate", "WATER"])
def test_a_theme_is_named_by_id_or_name(sqlite_url: str, theme: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        evaluated(world)
        found = world.ask("evaluation lessons", theme=theme)
        assert (found["theme"], len(found["lessons"])) == ("T05", 2)


@pytest.mark.parametrize("theme", ["e", "", "T5", "windmolens"])
def test_a_name_of_no_theme_or_of_several_is_refused(sqlite_url: str, theme: str) -> None:
    with founded(sqlite_url) as world, pytest.raises(UnknownTheme):
        world.ask("evaluation lessons", theme=theme)


def test_a_card_tells_experiment_question_and_both_results(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        evaluated(world)
        card = world.ask("evaluation lessons", theme="T09")["lessons"][0]
        assert (card["experiment"], card["question"]) == ("Samen pompen", "Samen pompen kost minder.")
        assert (card["hypothesis"], card["learning"], card["good_result"]) == ("refuted", "3", True)
        assert card["used_by"] == []


# --------------------------------------------------------------------------------------------------------- run twice


def test_every_reaction_and_timer_leaves_the_world_the_same_when_run_twice(sqlite_url: str) -> None:
    from fund.workflows.evaluations import followon, publishing

    with founded(sqlite_url) as world:
        until_completed(world)
        evaluated(world, text=SCALE)
        stream = f"evaluation/{AGREEMENT}"
        with world.snapshot() as snapshot:
            facts = {each.type: each for each in snapshot.store.facts.of_stream(stream)}
            activated = snapshot.store.facts.last_of(f"agreement/{AGREEMENT}", "agreement.activated")
            ended = snapshot.store.facts.last_of(f"agreement/{AGREEMENT}", "agreement.completed")
        assert facts["followon.invited"].causation_id == facts["evaluation.published"].event_id
        assert facts["evaluation.published"].causation_id == facts["evaluation.accepted"].event_id
        reactions = (
            (publishing.plan, activated),
            (publishing.fall_due, ended),
            (publishing.publish, facts["evaluation.accepted"]),
            (followon.invite, facts["evaluation.published"]),
        )
        for reaction, event in reactions:
            assert event is not None
            with world.uow() as uow:
                reaction(uow, event)
                assert uow.facts == []
        assert fired_again(world, publishing.fall_due_at, stream, "evaluation.due") == []
        world.clock(date(2027, 1, 6))
        assert fired_again(world, followon.announce, stream, "followon.announce", "14") == []
        assert fired_again(world, followon.expire, stream, "followon.expire") == []
