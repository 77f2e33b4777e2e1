"""Votes under seal: nobody learns what was voted before the votes are opened, whatever is asked, and by whom."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from fund.errors import FundError
from fund.errors.reviews import (
    DecidedOtherwise,
    FaultyCondition,
    InsufficientFreeToCommit,
    ReasonsPerCriterionMissing,
    VotingOver,
)
from fund.registry import QUERIES
from tests.factories import World, as_file, founded
from tests.workflows.deciding import MEMBERS, decidable, objected, voted

CANARY = "kanarie die niemand hoort"
EVERYBODY = ("petra", "anna", "bram", "joost", "carla", "dora", "carl", "fatima", "rosa", "eva", None)


def everything_asked(world: World, ref: str) -> str:
    """What every query answers to every kind of user, and to nobody, as one text; refusals are answers too."""
    told: list[Any] = []
    tried = ({}, {"ref": ref}, {"stream": f"decision/{ref}"}, {"type": "decision.voted"}, {"everybody": True})
    for name in QUERIES:
        for user in EVERYBODY:
            for args in tried:
                try:
                    told.append(world.ask(name, user=user, **args))
                except FundError as problem:
                    told.append([problem.code(), str(problem)])
                except (TypeError, KeyError):
                    continue  # it takes no such argument, or asks one that is no case
    return json.dumps(told, default=str)


def test_no_query_tells_anybody_what_was_voted(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref = decidable(world)[0]
        world.user("eva", "partner_editor", partner="gm0344")
        for name, choice in {"carl": "for", "cees": "against", "wil": "abstain", "roos": "for"}.items():
            world.do("decision vote", user=name, ref=ref, choice=choice, reason=CANARY)

        text = everything_asked(world, ref)

        assert '"commitment"' in text  # the facts of the votes were among it
        assert f'"ref": "{ref}"' in text
        assert CANARY not in text
        assert '"choice"' not in text
        world.do("decision decide", user="carla", ref=ref)
        assert CANARY in everything_asked(world, ref)


@pytest.mark.parametrize("typed", [{}, {"amount_cents": 30_000_00}, {"reject": True, "reasons": ["exit=x"]}])
def test_a_trial_tells_the_same_whatever_was_voted(database_url: str, typed: dict[str, Any]) -> None:
    with founded(database_url) as world:
        first, second = decidable(world, count=2)
        voted(world, first)
        voted(world, second, **dict.fromkeys(MEMBERS, "against"))

        told = [
            json.dumps(world.do("decision decide", user="carla", ref=ref, dry_run=True, **typed)).replace(ref, "REF")
            for ref in (first, second)
        ]

        def without_ids(text: str) -> Any:
            answer = json.loads(text)
            told = [(each["type"], each["payload"]) for each in answer["events"]]
            return [answer["result"], told, answer["withheld"], answer["next"]]

        assert without_ids(told[0]) == without_ids(told[1])
        assert without_ids(told[0])[2] is True
        with world.snapshot() as snapshot:
            assert snapshot.store.facts.last_of(f"proposal/{first}", "command.refused") is None
        voted(world, first, carl="against")  # a trial opened nothing, so that votes may still change


def test_a_trial_of_a_decision_on_an_objection_opens_nothing(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref = objected(world)
        world.user("nina", "committee_member", partner="gm0310")
        voted(world, ref, roos="reopen", nina="reopen")
        said = {"ref": ref, "reason": "advies", "file": as_file(b"advies")}

        trials = [
            world.do("decision decide-objection", user="dora", dry_run=True, uphold=uphold, **said)["events"][0]["type"]
            for uphold in (True, False)
        ]

        assert trials == ["decision.upheld", "decision.reopened"]  # the own choice, not the others'
        event = world.do("decision decide-objection", user="dora", uphold=True, **said)["events"][0]
        assert event["type"] == "decision.reopened"


def test_a_vote_may_be_changed_and_the_last_one_is_opened(database_url: str) -> None:
    with founded(database_url) as world:
        ref = decidable(world)[0]
        voted(world, ref, carl="against", cees="for", wil="for")
        world.do("decision vote", user="carl", ref=ref, choice="for", reason="overtuigd")

        world.do("decision decide", user="carla", ref=ref)

        with world.snapshot() as snapshot:
            cast = [each for each in snapshot.store.facts.of_stream(f"decision/{ref}") if each.type == "decision.voted"]
        assert len(cast) == 4  # both votes of carl are facts
        votes = {
            each["name"]: (each["choice"], each["reason"]) for each in world.ask("decision show", ref=ref)["votes"]
        }
        assert votes["carl"] == ("for", "overtuigd")


def test_once_the_chair_has_seen_the_votes_nobody_votes_any_more(database_url: str) -> None:
    with founded(database_url) as world:
        ref = decidable(world)[0]
        voted(world, ref, carl="against", cees="against", wil="for")
        with pytest.raises(ReasonsPerCriterionMissing):  # so it is lost, the chair knows now
            world.do("decision decide", user="carla", ref=ref)

        for name in ("carl", "roos", "carla"):
            with pytest.raises(VotingOver, match="carla opened the votes"):
                world.do("decision vote", user=name, ref=ref, choice="for")
        world.do("decision decide", user="carla", ref=ref, reasons=["exit=onduidelijk"])

        assert world.ask("proposal show", ref=ref)["state"] == "rejected"


def test_what_is_wrong_with_the_words_is_told_before_a_vote_is_opened(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref = decidable(world)[0]
        voted(world, ref)
        for typed in ({"conditions": ["raadsbesluit"]}, {"defer_for": "money"}, {"reasons": ["onzin=x"]}):
            with pytest.raises(FundError) as refused:
                world.do("decision decide", user="carla", ref=ref, **typed)
            assert not refused.value.recorded
        with pytest.raises(FaultyCondition):
            world.do("decision decide", user="carla", ref=ref, conditions=["gm0351;besluit;2026-01-01;te vroeg"])

        voted(world, ref, roos="against")  # nothing was opened


def test_voting_goes_on_when_the_votes_no_longer_make_a_quorum(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref = decidable(world, cents=44_999_99)[0]
        voted(world, ref, carl="for", cees="for", wil="for")
        with pytest.raises(InsufficientFreeToCommit):
            world.do("decision decide", user="carla", ref=ref)
        with pytest.raises(VotingOver):
            world.do("decision vote", user="roos", ref=ref, choice="for")
        world.do("user revoke", user="petra", name="cees", reason="vertrokken")

        world.do("decision vote", user="roos", ref=ref, choice="for")
        world.do("decision decide", user="carla", ref=ref, amount_cents=30_000_00)

        assert world.ask("proposal show", ref=ref)["award_cents"] == 30_000_00


def test_after_a_decision_was_taken_back_everybody_votes_anew(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref = decidable(world)[0]
        voted(world, ref)
        with pytest.raises(DecidedOtherwise):
            world.do("decision decide", user="carla", ref=ref, reject=True, reasons=["exit=x"])
        world.do("decision decide", user="carla", ref=ref)
        world.both("decision reopen", user="carla", second="carl", ref=ref, reason="cofinanciering viel weg")

        voted(world, ref)
        world.do("decision decide", user="carla", ref=ref)
        assert world.ask("proposal show", ref=ref, as_of=date(2026, 2, 2))["state"] == "approved"
