"""Decisions: the committee's file, sealed votes, quorum, the award and its money, conditions, reopening, objections."""

from __future__ import annotations

import json
import threading
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from fund import language
from fund.commands.executing import execute_named
from fund.commands.opening import open_fund
from fund.errors import FundError
from fund.errors.commands import ReasonMissing, TransitionNotAllowed
from fund.errors.people import ConflictOfInterest, NotAuthorised, SameHands
from fund.errors.reviews import (
    AwardAboveAsk,
    AwardAboveCeiling,
    CommitteeQuorumNotMet,
    ConditionExpired,
    ConditionsNotMet,
    DecidedOtherwise,
    DecisionIncomplete,
    DeferredBefore,
    DeputyNotNeeded,
    FaultyCondition,
    FaultyReason,
    InsufficientFreeToCommit,
    NotAVoter,
    ObjectionVotesMissing,
    OneDecisionOnly,
    ReasonsPerCriterionMissing,
    SealBroken,
    UnknownCondition,
    UnknownDeferralGround,
    UnknownMatter,
)
from tests.factories import World, as_file, as_text, founded
from tests.workflows.deciding import (
    CLOSED,
    MEMBERS,
    decidable,
    eligible,
    money,
    objected,
    peopled,
    reviewed,
    score_file,
    voted,
)

WEAK = {
    "ambition": 1,
    "interests": 1,
    "people": 2,
    "organisation": 2,
    "process": 2,
    "learning": 2,
    "business_case": 2,
    "exit": 2,
}


def test_the_file_is_made_by_the_service_with_rank_and_money(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        money(world, 500_000_00)
        first, second = eligible(world, count=2)
        reviewed(world, first, scores=3)
        reviewed(world, second, scores=4)

        shown = world.ask("decision show", ref=first)

        assert (shown["state"], shown["rank"], shown["of"]) == ("decidable", 2, 2)
        assert world.ask("decision show", ref=second)["rank"] == 1
        assert shown["prepared"]["advice"] == "positive"
        assert shown["prepared"]["free_to_commit_cents"] == 495_000_00
        assert sorted(each["name"] for each in shown["voters"]) == ["carl", "carla", "cees", "roos", "wil"]


def test_an_award_is_committed_in_full_when_the_committee_approves(database_url: str) -> None:
    with founded(database_url) as world:
        ref = decidable(world)[0]
        before = world.entries()
        voted(world, ref)

        answer = world.do("decision decide", user="carla", ref=ref, amount_cents=35_000_00)

        assert as_text(world.entries(since_seq=before[-1].seq)[0]) == (
            "2026-02-02 decision.approved Toekenning 2026-001\n  Dr 9000.2026-001 3500000\n    Cr 9010 3500000"
        )
        assert answer["entry_count"] == 1
        shown = world.ask("decision show", ref=ref)
        assert (shown["outcome"], shown["award_cents"]) == ("approved", 35_000_00)
        assert sorted(vote["name"] for vote in shown["votes"]) == sorted(MEMBERS)
        assert world.ask("proposal show", ref=ref)["state"] == "approved"
        assert world.ask("round show", ref="2026-1")["round"]["committed_cents"] == 35_000_00


def test_no_vote_is_visible_anywhere_before_the_decision(database_url: str) -> None:
    with founded(database_url) as world:
        ref = decidable(world)[0]
        word = "woord dat nergens staat"
        told = [
            world.do("decision vote", user=name, ref=ref, choice=choice, reason=word)
            for name, choice in {"carl": "for", "cees": "against", "wil": "for", "roos": "for"}.items()
        ]
        told.append(world.do("decision decide", user="carla", ref=ref, dry_run=True))
        for query in ("decision show", "proposal show", "proposal history"):
            told += [world.ask(query, ref=ref), world.ask(query, ref=ref, user="carla")]
        with world.snapshot() as snapshot:
            told.append({"facts": [each.fact.payload() for each in snapshot.store.facts.all()]})

        text = json.dumps(told, default=str)

        assert '"choice"' not in text
        assert word not in text
        for table in ("event", "command", "case_file", "delivery", "timer", "pending"):
            with world.fund.engine.connect() as connection:
                rows = connection.execute(sa.text(f"select * from {table}")).mappings()
                dumped = json.dumps([{key: str(value) for key, value in row.items()} for row in rows])
            assert word not in dumped, table
            assert "choice" not in dumped, table


def test_a_vote_changed_under_the_seal_is_found_at_the_decision(database_url: str) -> None:
    with founded(database_url) as world:
        ref = decidable(world)[0]
        voted(world, ref)
        with world.fund.engine.begin() as connection:
            connection.execute(sa.text("update sealed set content = replace(content, 'for', 'against')"))

        with pytest.raises(SealBroken):
            world.do("decision decide", user="carla", ref=ref)


def test_who_reviewed_the_proposal_or_is_a_party_has_no_vote(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        money(world, 500_000_00)
        world.user("both", "reviewer", "committee_member")
        world.user("party", "committee_member", partner="gm0351")
        ref = eligible(world)[0]
        names = ["both", "els", "rosa", "willem", "paula"]
        world.do("review open", user="anna", ref=ref, reviewers=names)
        from tests.workflows.deciding import score_file

        for name in names:
            world.do("review score", user=name, ref=ref, file=as_file(score_file()))

        with pytest.raises(NotAVoter) as reviewer:
            world.do("decision vote", user="both", ref=ref, choice="for")
        with pytest.raises(ConflictOfInterest):
            world.do("decision vote", user="party", ref=ref, choice="for")
        with pytest.raises(NotAVoter) as signatory:
            world.do("decision vote", user="fatima", ref=ref, choice="for")
        with pytest.raises(NotAuthorised):
            world.do("decision vote", user="anna", ref=ref, choice="for")

        assert "reviewed this proposal" in str(reviewer.value)
        assert "no seat" in str(signatory.value)


def test_the_deputy_acts_only_while_the_chair_is_barred(database_url: str) -> None:
    with founded(database_url) as world:
        ref = decidable(world)[0]
        voted(world, ref)

        with pytest.raises(DeputyNotNeeded):
            world.do("decision decide", user="dora", ref=ref)
        with pytest.raises(NotAuthorised):
            world.do("decision decide", user="anna", ref=ref)
        world.both(
            "user change", user="petra", second="carla", name="carla", roles=["committee_chair"], partner="gm0351"
        )
        with pytest.raises(ConflictOfInterest):
            world.do("decision decide", user="carla", ref=ref)
        world.do("decision decide", user="dora", ref=ref)

        assert world.ask("proposal show", ref=ref)["state"] == "approved"


@pytest.mark.parametrize(
    ("choices", "missing"),
    [({"carl": "for", "cees": "for"}, "votes of the seats without a conflict: 2 of 3"), ({}, "votes: 0 of 3")],
)
def test_without_its_quorum_the_committee_decides_nothing(
    sqlite_url: str, choices: dict[str, str], missing: str
) -> None:
    with founded(sqlite_url) as world:
        ref = decidable(world)[0]
        for name, choice in choices.items():
            world.do("decision vote", user=name, ref=ref, choice=choice)

        with pytest.raises(CommitteeQuorumNotMet) as refused:
            world.do("decision decide", user="carla", ref=ref)

        assert missing in str(refused.value)


def test_votes_of_one_kind_are_no_quorum(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref = decidable(world)[0]
        world.user("cora", "committee_member", partner="gm0310")
        world.user("coen", "committee_member", partner="gm0312")
        for name in ("carl", "cees", "cora", "coen"):
            world.do("decision vote", user=name, ref=ref, choice="for")

        with pytest.raises(CommitteeQuorumNotMet) as refused:
            world.do("decision decide", user="carla", ref=ref)

        assert str(refused.value).endswith("kinds of organisation: 1 of 2")


def test_a_lost_vote_rejects_with_reasons_per_criterion(database_url: str) -> None:
    with founded(database_url) as world:
        ref = decidable(world, scores=WEAK)[0]
        voted(world, ref, carl="against", cees="against", wil="against", roos="for")

        with pytest.raises(DecidedOtherwise):
            world.do("decision decide", user="carla", ref=ref, conditions=["gm0351;besluit;2026-05-01;Raadsbesluit"])
        with pytest.raises(ReasonsPerCriterionMissing) as refused:
            world.do("decision decide", user="carla", ref=ref, reasons=["ambition=losse doelen"])
        with pytest.raises(FaultyReason):
            world.do("decision decide", user="carla", ref=ref, reasons=["ambitie=losse doelen"])
        answer = world.do(
            "decision decide",
            user="carla",
            ref=ref,
            reasons=["gedeelde ambitie=losse doelen", "Doing justice to interests=niet benoemd"],
        )

        assert refused.value.details["subjects"] == ["interests"]
        assert answer["entry_count"] == 0
        assert world.ask("proposal show", ref=ref)["objection_until_on"] == "2026-03-16"
        assert world.ask("proposal show", ref=ref)["state"] == "rejected"


def test_whoever_deviates_from_the_advice_says_why(database_url: str) -> None:
    with founded(database_url) as world:
        ref = decidable(world, scores=WEAK)[0]
        voted(world, ref)

        with pytest.raises(ReasonsPerCriterionMissing):
            world.do("decision decide", user="carla", ref=ref)
        world.do("decision decide", user="carla", ref=ref, reasons=["De raad heeft het plan inmiddels omarmd"])

        shown = world.ask("decision show", ref=ref)
        assert shown["deviates"] is True
        assert shown["reasons"] == {"advice": "De raad heeft het plan inmiddels omarmd"}


def test_a_tie_defers_once_and_the_second_time_rejects(database_url: str) -> None:
    with founded(database_url) as world:
        ref = decidable(world)[0]
        tie = {"carl": "for", "cees": "for", "wil": "against", "roos": "against"}
        voted(world, ref, **tie)
        world.do("decision decide", user="carla", ref=ref)
        deferred = world.ask("decision show", ref=ref)
        world.do("decision prepare", user="anna", ref=ref)

        with pytest.raises(CommitteeQuorumNotMet):  # the votes of the first time count no more
            world.do("decision decide", user="carla", ref=ref)
        voted(world, ref, **tie)
        with pytest.raises(DeferredBefore):
            world.do("decision decide", user="carla", ref=ref, defer_for="money", until=date(2026, 6, 1))
        with pytest.raises(ReasonsPerCriterionMissing):
            world.do("decision decide", user="carla", ref=ref)
        world.do("decision decide", user="carla", ref=ref, reasons=["business_case=te onzeker"])

        assert (deferred["state"], deferred["deferred_for"]) == ("deferred", "tie")
        assert world.ask("proposal show", ref=ref)["state"] == "rejected"


def test_a_deferral_has_a_ground_a_day_and_a_reason(database_url: str) -> None:
    with founded(database_url) as world:
        ref = decidable(world)[0]
        voted(world, ref)
        day = date(2026, 4, 1)

        with pytest.raises(DecisionIncomplete):
            world.do("decision decide", user="carla", ref=ref, defer_for="money")
        with pytest.raises(DecisionIncomplete):
            world.do("decision decide", user="carla", ref=ref, defer_for="money", until=date(2026, 2, 2))
        with pytest.raises(UnknownDeferralGround):
            world.do("decision decide", user="carla", ref=ref, defer_for="weather", until=day)
        with pytest.raises(DecidedOtherwise):  # nobody voted against
            world.do("decision decide", user="carla", ref=ref, defer_for="tie")
        with pytest.raises(ReasonsPerCriterionMissing) as money:
            world.do("decision decide", user="carla", ref=ref, defer_for="money", until=day)
        with pytest.raises(ReasonsPerCriterionMissing) as improve:
            world.do(
                "decision decide", user="carla", ref=ref, defer_for="improve", until=day, reasons=["Het kan beter"]
            )
        said = {"defer_for": "improve", "until": day, "reasons": ["exit=een prijs voor wie weggaat"]}
        world.do("decision decide", user="carla", ref=ref, **said)

        assert (money.value.details["subjects"], improve.value.details["subjects"]) == (["advice"], ["ambition"])
        assert world.ask("proposal show", ref=ref)["state"] == "deferred"
        assert world.ask("decision show", ref=ref)["reasons"] == {"exit": "een prijs voor wie weggaat"}


@pytest.mark.parametrize(
    ("typed", "options"),
    [
        ({"amount_cents": 35_000_00, "reject": True}, ["--amount", "--reject"]),
        ({"conditions": ["x"], "reject": True}, ["--condition", "--reject"]),
        ({"defer_for": "money", "until": date(2026, 6, 1), "reject": True}, ["--reject", "--defer"]),
        (
            {"amount_cents": 1, "conditions": ["x"], "defer_for": "tie", "reject": True},
            ["--amount", "--condition", "--reject", "--defer"],
        ),
    ],
)
def test_options_of_two_decisions_are_no_decision(sqlite_url: str, typed: dict[str, Any], options: list[str]) -> None:
    with founded(sqlite_url) as world:
        ref = decidable(world)[0]
        voted(world, ref)

        with pytest.raises(OneDecisionOnly) as refused:
            world.do("decision decide", user="carla", ref=ref, **typed)
        with pytest.raises(DecisionIncomplete):
            world.do("decision decide", user="carla", ref=ref, until=date(2026, 6, 1))

        assert refused.value.details["options"] == options
        voted(world, ref, roos="against")  # nothing was opened


def test_from_the_threshold_on_two_thirds_are_needed(database_url: str) -> None:
    with founded(database_url) as world:
        ref = decidable(world, track="major", ask_cents=130_000_00)[0]
        world.do("decision vote", user="carla", ref=ref, choice="against")
        voted(world, ref, carl="for", cees="for", wil="for", roos="against")

        with pytest.raises(ReasonsPerCriterionMissing) as refused:
            world.do("decision decide", user="carla", ref=ref)

        assert refused.value.details["outcome"] == "rejected"


@pytest.mark.parametrize(("amount", "difference"), [(0, -4_000_000), (4_000_001, 1)])
def test_an_award_is_more_than_nothing_and_at_most_the_ask(sqlite_url: str, amount: int, difference: int) -> None:
    with founded(sqlite_url) as world:
        ref = decidable(world)[0]
        voted(world, ref)

        with pytest.raises(AwardAboveAsk) as refused:
            world.do("decision decide", user="carla", ref=ref, amount_cents=amount)

        assert refused.value.details["difference_cents"] == difference


def test_an_award_fits_in_what_is_left_of_the_ceiling(database_url: str) -> None:
    with founded(database_url) as world:
        first, second = decidable(world, count=2, ceiling_cents=70_000_00)
        voted(world, first)
        voted(world, second)
        world.do("decision decide", user="carla", ref=first)

        with pytest.raises(AwardAboveCeiling) as refused:
            world.do("decision decide", user="carla", ref=second)
        world.do("decision decide", user="carla", ref=second, amount_cents=30_000_00)

        assert refused.value.details["left_cents"] == 30_000_00
        assert world.ask("round show", ref="2026-1")["round"]["committed_cents"] == 70_000_00


def test_an_award_beyond_free_to_commit_is_refused_and_nothing_changes(database_url: str) -> None:
    with founded(database_url) as world:
        ref = decidable(world, cents=44_999_99)[0]  # less the buffer of 5,000.00
        voted(world, ref)
        seq = world.entries()[-1].seq

        with pytest.raises(InsufficientFreeToCommit) as refused:
            world.do("decision decide", user="carla", ref=ref)

        details = refused.value.details
        assert (details["amount_cents"], details["free_cents"], details["difference_cents"]) == (
            4_000_000,
            3_999_999,
            1,
        )
        assert not world.entries(since_seq=seq)
        assert world.ask("proposal show", ref=ref)["state"] == "decidable"
        with world.snapshot() as snapshot:
            last = list(snapshot.store.facts.all())[-1]
        assert (last.type, last.fact.model_dump()["code"]) == ("command.refused", "insufficient_free_to_commit")


def test_of_two_awards_at_the_same_moment_only_one_fits(database_url: str) -> None:
    with founded(database_url) as world:
        refs = decidable(world, cents=65_000_00, count=2)  # 60,000.00 is free, each asks 40,000.00
        for ref in refs:
            voted(world, ref)
        start, outcomes = threading.Barrier(2), dict[str, str]()

        def approve(ref: str) -> None:
            with open_fund(database_url) as fund:
                start.wait()
                try:
                    execute_named(fund, "decision decide", {"ref": ref}, user="carla", command_id=f"both-{ref}")
                    outcomes[ref] = "approved"
                except FundError as problem:
                    outcomes[ref] = problem.code()

        threads = [threading.Thread(target=approve, args=(ref,)) for ref in refs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(outcomes.values()) == ["approved", "insufficient_free_to_commit"]
        assert world.balances()["9000"] == 40_000_00


def light(world: World) -> str:
    """A light proposal that waits for its decision."""
    return decidable(world, track="light", ask_cents=24_000_00)[0]


def test_a_light_proposal_is_decided_by_another_fund_manager_and_a_member(database_url: str) -> None:
    with founded(database_url) as world:
        ref = light(world)

        with pytest.raises(NotAVoter):
            world.do("decision vote", user="carl", ref=ref, choice="for")
        with pytest.raises(SameHands):  # anna found it eligible
            world.do("decision decide", user="anna", ref=ref)
        with pytest.raises(NotAuthorised):
            world.do("decision decide", user="carla", ref=ref)
        made = world.do("decision decide", user="anna2", ref=ref)
        assert made["pending"]
        assert world.ask("proposal show", ref=ref)["state"] == "decidable"
        with pytest.raises(NotAuthorised):
            world.do("confirm", user="bram", ref=made["pending"])
        world.do("confirm", user="carla", ref=made["pending"])

        assert as_text(world.entries()[-1]) == (
            "2026-02-02 decision.approved Toekenning 2026-001\n  Dr 9000.2026-001 2400000\n    Cr 9010 2400000"
        )


def test_a_light_proposal_can_be_rejected_and_confirmed_on_another_day(database_url: str) -> None:
    with founded(database_url) as world:
        ref = light(world)
        made = world.do("decision decide", user="anna2", ref=ref, reject=True, reasons=["exit=niets geregeld"])
        world.clock(CLOSED + timedelta(days=3))

        world.do("confirm", user="carl", ref=made["pending"])

        shown = world.ask("proposal show", ref=ref)
        assert (shown["state"], shown["objection_until_on"]) == ("rejected", "2026-03-19")


CONDITION = "gm0351;raadsbesluit;2026-05-01;De raad stelt de eigen bijdrage beschikbaar"


def conditional(world: World) -> str:
    """A proposal approved on one condition."""
    ref = decidable(world)[0]
    voted(world, ref)
    world.do("decision decide", user="carla", ref=ref, conditions=[CONDITION])
    return ref


def test_a_conditional_award_is_set_aside_and_stands_once_its_evidence_is_there(database_url: str) -> None:
    with founded(database_url) as world:
        ref = conditional(world)
        world.user("sam", "partner_signatory", partner="gm0344")
        assert as_text(world.entries()[-1]) == (
            "2026-02-02 decision.conditional Voorwaardelijke toekenning 2026-001\n"
            "  Dr 9000.2026-001 4000000\n"
            "    Cr 9010 4000000"
        )

        with pytest.raises(ConditionsNotMet):
            world.do("decision meet-conditions", user="anna", ref=ref)
        with pytest.raises(UnknownCondition):
            world.do("decision evidence", user="fatima", ref=ref, number=2, file=as_file(b"besluit", "b.pdf"))
        with pytest.raises(NotAuthorised):
            world.do("decision evidence", user="sam", ref=ref, number=1, file=as_file(b"besluit", "b.pdf"))
        world.do("decision evidence", user="fatima", ref=ref, number=1, file=as_file(b"besluit", "b.pdf"))
        made = world.do("decision meet-conditions", user="anna", ref=ref)
        with pytest.raises(SameHands):  # carla decided
            world.do("confirm", user="carla", ref=made["pending"])
        answer = world.do("confirm", user="bram", ref=made["pending"])

        assert answer["entry_count"] == 0
        assert world.ask("proposal show", ref=ref)["state"] == "approved"
        assert world.ask("decision show", ref=ref)["award_cents"] == 40_000_00


def test_a_condition_gets_more_time_once_and_then_expires(database_url: str) -> None:
    with founded(database_url) as world:
        ref = conditional(world)

        world.do("decision evidence", user="carla", ref=ref, number=1, extend_to=date(2026, 6, 1))
        with pytest.raises(FundError) as again:
            world.do("decision evidence", user="carla", ref=ref, number=1, extend_to=date(2026, 7, 1))
        assert again.value.code() == "condition_extended_before"
        world.clock(date(2026, 6, 2))

        assert world.ask("proposal show", ref=ref)["state"] == "lapsed"
        assert world.balances().get("9000", 0) == 0


def test_evidence_after_the_day_of_its_condition_is_too_late(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref = decidable(world)[0]
        voted(world, ref)
        early = "Woudenberg;brief;1 maart 2026;Brief aan de raad"
        world.do("decision decide", user="carla", ref=ref, conditions=[early, CONDITION])
        world.clock(date(2026, 3, 2))

        with pytest.raises(ConditionExpired):
            world.do("decision evidence", user="fatima", ref=ref, number=1, file=as_file(b"brief", "b.pdf"))


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("Raadsbesluit", "four parts"),
        ("gm0344;besluit;2026-05-01;Raadsbesluit", "the owner is a party"),
        ("gm0351;besluit;01/05/2026;Raadsbesluit", "01/05/2026"),
        ("Woudenburg;besluit;2026-05-01;Raadsbesluit", "did you mean Woudenberg (gm0351)?"),
        ("gm0351;besluit;2026-01-01;Raadsbesluit", "after today"),
    ],
)
def test_a_condition_has_owner_evidence_day_and_text(sqlite_url: str, typed: str, fault: str) -> None:
    with founded(sqlite_url) as world:
        ref = decidable(world)[0]
        voted(world, ref)

        with pytest.raises(FaultyCondition) as refused:
            world.do("decision decide", user="carla", ref=ref, conditions=[typed])

        assert fault in str(refused.value)


def test_reopening_takes_the_commitment_back_and_votes_anew(database_url: str) -> None:
    with founded(database_url) as world:
        ref = decidable(world)[0]
        voted(world, ref)
        world.do("decision decide", user="carla", ref=ref)

        with pytest.raises(ReasonMissing):
            world.do("decision reopen", user="carla", ref=ref, reason=" ")
        world.both("decision reopen", user="carla", second="carl", ref=ref, reason="cofinanciering viel weg")

        assert as_text(world.entries()[-1]) == (
            "2026-02-02 decision.reopened Toekenning 2026-001 heropend\n  Dr 9010 4000000\n    Cr 9000.2026-001 4000000"
        )
        assert world.balances().get("9000", 0) == 0
        assert world.ask("round show", ref="2026-1")["round"]["committed_cents"] == 0
        shown = world.ask("decision show", ref=ref)
        assert (shown["state"], shown["award_cents"], [each["voted"] for each in shown["voters"]]) == (
            "decidable",
            0,
            [False] * 5,
        )
        voted(world, ref)
        world.do("decision decide", user="carla", ref=ref, amount_cents=20_000_00)
        assert world.balances()["9000"] == 20_000_00


@pytest.mark.parametrize(("choice", "state"), [("uphold", "upheld"), ("reopen", "decidable")])
def test_an_objection_is_decided_by_people_who_took_no_part(database_url: str, choice: str, state: str) -> None:
    with founded(database_url) as world:
        ref = objected(world)
        world.user("nina", "committee_member", partner="gm0310")
        said: dict[str, Any] = {
            "uphold": choice == "uphold",
            "reason": "zie advies",
            "file": as_file(b"advies", "advies.pdf"),
        }

        with pytest.raises(NotAVoter):
            world.do("decision vote", user="carl", ref=ref, choice="uphold")
        with pytest.raises(SameHands):
            world.do("decision decide-objection", user="carla", ref=ref, **said)
        world.do("decision vote", user="roos", ref=ref, choice=choice)
        with pytest.raises(ObjectionVotesMissing):
            world.do("decision decide-objection", user="dora", ref=ref, **said)
        world.do("decision vote", user="nina", ref=ref, choice=choice)
        world.do("decision decide-objection", user="dora", ref=ref, **said)

        assert world.ask("proposal show", ref=ref)["state"] == state


def test_an_objection_against_ineligibility_can_make_a_proposal_eligible(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        from tests.workflows.deciding import round_of, submitted

        ref = submitted(world, round_of(world))
        world.both("proposal find-ineligible", user="anna", second="anna2", ref=ref, rule="state_aid", reason="steun")
        world.do("proposal object", user="fatima", ref=ref, grounds="Er is geen steun.")
        for name in ("carl", "wil"):
            world.do("decision vote", user=name, ref=ref, choice="reopen")
        world.do(
            "decision decide-objection", user="carla", ref=ref, uphold=False, reason="advies", file=as_file(b"advies")
        )
        world.clock(CLOSED)

        assert world.ask("proposal show", ref=ref)["state"] == "eligible"
        assert world.ask("review show", ref=ref)["state"] == "proposed"


def test_where_nobody_is_free_the_full_board_decides(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        money(world, 500_000_00)
        signatories = {}
        with world.snapshot() as snapshot:
            from fund.schemas.capital import Partner

            partners = [partner.ref for partner in snapshot.cases(Partner)]
        for partner in partners[:20]:
            if partner != "gm0351":
                signatories[f"ps-{partner}"] = partner
                world.user(f"ps-{partner}", "partner_signatory", partner=partner)
        world.user("ps-bis", "partner_signatory", partner="gm0351")
        ref = eligible(
            world, adopters=("gm0321", "ws0636", "rg-u10", "pv26", "gm0632", "gm0355", "ws0621", "rg-regio-foodvalley")
        )[0]
        world.do("review open", user="anna", ref=ref, necessity=True)
        from tests.workflows.deciding import score_file

        for name in ("ed", "els", "emma"):
            world.do("review score", user=name, ref=ref, file=as_file(score_file()))

        with pytest.raises(NotAVoter) as signed:
            world.do("decision vote", user="fatima", ref=ref, choice="for")
        for name in list(signatories)[:16]:
            world.do("decision vote", user=name, ref=ref, choice="for")
        with pytest.raises(CommitteeQuorumNotMet):
            world.do("decision decide", user="carla", ref=ref)
        world.do("decision vote", user="ps-bis", ref=ref, choice="for")
        for name in list(signatories)[16:18]:
            world.do("decision vote", user=name, ref=ref, choice="against")
        world.do("decision decide", user="carla", ref=ref)

        assert "signed this proposal" in str(signed.value)
        assert world.ask("proposal show", ref=ref)["state"] == "approved"


def test_a_body_votes_on_nothing_that_does_not_exist(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        peopled(world)

        with pytest.raises(UnknownMatter):
            world.do("decision vote", user="carl", ref="2026-999", choice="for")


def test_a_partners_signatory_votes_on_a_key_with_the_same_words(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        peopled(world)
        content = b'name = "2027"\nfamily = "equal"\nfrom_on = 2031-02-01\n'
        world.do("key adopt", user="anna", file=as_file(content))

        answer = world.do("decision vote", user="fatima", ref="2027", choice="for")

        assert answer["events"][0]["type"] == "key.vote_sealed"


def test_the_parties_see_votes_never_and_reasons_once_it_was_decided(database_url: str) -> None:
    with founded(database_url) as world:
        ref = decidable(world)[0]
        voted(world, ref)
        before = world.ask("decision show", ref=ref, user="fatima")
        world.clock(CLOSED + timedelta(days=1))
        world.do("decision decide", user="carla", ref=ref)
        after = world.ask("decision show", ref=ref, user="fatima")

        assert before["prepared"] is None
        assert before["voters"] == []
        assert after["outcome"] == "approved"
        assert after["votes"] == []


@pytest.mark.parametrize("command", ["decision decide", "decision vote", "decision meet-conditions", "decision reopen"])
def test_nothing_is_decided_before_the_file_is_made(sqlite_url: str, command: str) -> None:
    with founded(sqlite_url) as world:
        peopled(world)
        ref = eligible(world)[0]
        args: dict[str, Any] = {"decision vote": {"choice": "for"}, "decision reopen": {"reason": "x"}}.get(command, {})
        user = {"decision vote": "carl", "decision meet-conditions": "anna"}.get(command, "carla")

        with pytest.raises(TransitionNotAllowed):
            world.do(command, user=user, ref=ref, **args)


def test_the_file_of_the_committee_keeps_grounds_in_no_language(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        peopled(world)
        money(world, 500_000_00)
        party = world.user("party", "committee_member", partner="gm0351")
        ref = eligible(world)[0]
        language.choose("nl")
        try:
            reviewed(world, ref)
        finally:
            language.choose("en")
        with world.snapshot() as snapshot:
            prepared = snapshot.store.facts.last_of(f"proposal/{ref}", "decision.prepared")
        assert prepared is not None
        assert prepared.fact.model_dump()["barred"] == {party: "lead"}
        shown = world.ask("decision show", user="anna", ref=ref)["barred"]
        assert [row["ground"] for row in shown] == ["own organisation is the lead"]


def test_a_chair_who_reviewed_the_proposal_leaves_it_to_the_deputy(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        peopled(world)
        money(world, 500_000_00)
        world.both("user change", user="petra", second="dora", name="carla", roles=["committee_chair", "reviewer"])
        ref = eligible(world)[0]
        names = ["carla", "els", "rosa", "willem", "paula"]
        world.do("review open", user="anna", ref=ref, reviewers=names)
        for name in names:
            world.do("review score", user=name, ref=ref, file=as_file(score_file()))
        voted(world, ref)
        with pytest.raises(NotAVoter, match="reviewed this proposal"):
            world.do("decision decide", user="carla", ref=ref)
        world.do("decision decide", user="dora", ref=ref)
        assert world.ask("proposal show", ref=ref)["state"] == "approved"


def test_a_fund_manager_who_reviewed_a_light_proposal_does_not_decide_it(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        peopled(world)
        money(world, 500_000_00)
        roles = ["fund_manager", "reviewer"]
        world.both("user change", user="petra", second="carla", name="anna2", roles=roles)
        world.user("anna3", "fund_manager")
        ref = eligible(world, track="light", ask_cents=24_000_00)[0]
        names = ["anna2", "rosa", "willem"]
        world.do("review open", user="anna", ref=ref, reviewers=names)
        for name in names:
            if world.ask("review show", ref=ref)["state"] == "open":
                world.do("review score", user=name, ref=ref, file=as_file(score_file()))

        with pytest.raises(NotAVoter, match="reviewed this proposal"):
            world.do("decision decide", user="anna2", ref=ref)
        world.both("decision decide", user="anna3", second="carl", ref=ref)

        assert world.ask("proposal show", ref=ref)["state"] == "approved"


def test_a_fund_manager_adds_to_the_file_while_it_is_voted_on(database_url: str) -> None:
    with founded(database_url) as world:
        ref = decidable(world)[0]
        voted(world, ref)
        with pytest.raises(DecisionIncomplete):
            world.do("decision prepare", user="anna", ref=ref)
        with pytest.raises(NotAuthorised):
            world.do("decision prepare", user="carla", ref=ref, remark="de raad is akkoord")
        world.do("decision prepare", user="anna", ref=ref, remark="De raad kwam op 3 maart bijeen.")
        world.do("decision prepare", user="anna2", ref=ref, remark="De provincie doet mee.")

        shown = world.ask("decision show", ref=ref)
        assert shown["prepared"]["remark"] == "De raad kwam op 3 maart bijeen.\nDe provincie doet mee."
        world.do("decision decide", user="carla", ref=ref)  # the votes that were cast stand
        assert world.ask("proposal show", ref=ref)["state"] == "approved"
