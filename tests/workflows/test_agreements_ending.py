"""What an agreement says of its decision, how it stops for a while, and how it ends: set as granted, lower, or for a
breach."""

from __future__ import annotations

from datetime import date

import pytest

from fund import files
from fund.errors.agreements import BoardsNotHeard, EvaluationNotWaivable, LoweringNeedsGround, NotLowerThanGranted
from fund.errors.payments import PaymentsStopped
from fund.schemas.agreements import Agreement
from fund.schemas.reviews import Decision, DecisionCondition
from fund.workflows.agreements.drafting import activate_when_signed
from fund.workflows.agreements.ending import close_when_done, end_suspension
from tests.factories import World, founded
from tests.workflows.agreeing import (
    AGREEMENT,
    PROPOSAL,
    accepted,
    approved,
    file,
    fired_again,
    noon,
    office,
    received,
    replayed,
    running,
    signed,
)
from tests.workflows.money_out import BUNNIK

LOWER = {"report": file("verslag"), "set_at_cents": 2_000_000, "ground": "activities_not_done", "reason": "halve pomp"}


def test_the_text_names_the_conditions_of_the_decision(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        office(world)
        approved(world)
        condition = DecisionCondition(
            number=1, text="De raad stemt in", owner=BUNNIK, evidence="raadsbesluit", expires_on=date(2026, 5, 1)
        )
        with world.uow() as uow:
            case = uow.maybe(Decision, PROPOSAL) or Decision(ref=PROPOSAL, state="approved")
            uow.store.cases.put([(case.replace(conditions=(condition,)), 1)])
        world.do("agreement draft", user="anna", ref=PROPOSAL)
        text = world.ask("agreement show", ref=AGREEMENT, document=True)["document"]
        assert "## 8 Voorwaarden\n\n1. De raad stemt in (Gemeente Bunnik, raadsbesluit)" in text


def test_a_roll_out_waits_until_the_boards_were_heard_and_who_said_so_is_kept(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        office(world)
        ref = signed(world, sort="rollout", informed=False)
        with pytest.raises(BoardsNotHeard):
            world.do("agreement activate", user="anna", ref=ref)
        answer = world.do("agreement activate", user="anna", ref=ref, boards_heard=True)
        assert answer["events"][0]["payload"]["boards_heard"] is True


def test_a_suspicion_keeps_its_letter_and_stops_what_is_asked_not_what_is_repaid(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world, paid=1)
        accepted(world, AGREEMENT, 2)
        world.both(
            "agreement suspend", user="anna", second="bram", ref=AGREEMENT, reason="twijfel", letter=file("brief")
        )
        with world.snapshot() as snapshot:
            fact = snapshot.store.facts.last_of(f"agreement/{AGREEMENT}", "agreement.suspended")
            assert fact is not None
            assert files.get(snapshot, fact.fact.letter_sha256) == b"brief"  # type: ignore[attr-defined]
        with pytest.raises(PaymentsStopped):
            world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=2)
        received(world, "O2026-0101", 1_000)
        assert world.balances()["1200"] == 1_750_001 - 1_000


def test_it_is_set_lower_than_granted_on_a_ground_only_and_the_difference_is_owed(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=1)
        for wrong in ({"ground": ""}, {"ground": "tegenvallend"}, {"reason": " "}, {"set_at_cents": None}):
            with pytest.raises(LoweringNeedsGround):
                world.do("agreement complete", user="anna", ref=AGREEMENT, **{**LOWER, **wrong})
        for amount in (2_500_001, -1):
            with pytest.raises(NotLowerThanGranted) as refused:
                world.do("agreement complete", user="anna", ref=AGREEMENT, **{**LOWER, "set_at_cents": amount})
            assert refused.value.details["booked_cents"] == 2_500_001
        entries = len(world.entries())
        world.both("agreement complete", user="anna", second="bram", ref=AGREEMENT, **LOWER)
        assert len(world.entries()) == entries + 1  # the rest of the commitment; the claim stands outside the ledger
        shown = world.ask("agreement show", ref=AGREEMENT)
        assert (shown["determined_cents"], shown["reclaimed_cents"]) == (2_000_000, 500_001)
        assert (shown["lower_ground"], shown["state"]) == ("activities_not_done", "completed")
        with world.snapshot() as snapshot:
            assert replayed(snapshot)


def test_whatever_the_result_it_is_set_as_granted(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world, paid=1)
        world.both("agreement complete", user="anna", second="bram", ref=AGREEMENT, report=file("mislukt"))
        shown = world.ask("agreement show", ref=AGREEMENT)
        assert (shown["determined_cents"], shown["reclaimed_cents"]) == (None, 0)


def test_what_a_stop_rule_ended_is_evaluated(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world)
        with pytest.raises(EvaluationNotWaivable):
            world.do(
                "agreement terminate", user="anna", ref=AGREEMENT, ground="stop_rule", reason="x", waive_evaluation=True
            )


def test_what_the_service_does_with_an_agreement_is_the_same_when_done_twice(sqlite_url: str) -> None:
    def last(world: World, kind: str) -> object:
        with world.snapshot() as snapshot:
            found = snapshot.store.facts.last_of(f"agreement/{AGREEMENT}", kind)
            assert found is not None
            return found

    with founded(sqlite_url) as world:
        running(world, paid=1)
        with world.uow() as uow:
            activate_when_signed(uow, last(world, "agreement.signed"))  # type: ignore[arg-type]
            assert uow.facts == []
        world.both("agreement suspend", user="anna", second="bram", ref=AGREEMENT, reason="twijfel")
        world.clock(noon(date(2026, 4, 10)))
        resumed = last(world, "agreement.resumed")
        suspended = last(world, "agreement.suspended")
        assert resumed.causation_id == suspended.event_id  # type: ignore[attr-defined]
        assert fired_again(world, end_suspension, f"agreement/{AGREEMENT}", "agreement.suspension", "1") == []
        world.both(
            "agreement terminate", user="anna", second="carla", ref=AGREEMENT, ground="breach", reason="weg",
            waive_evaluation=True,
        )  # fmt: skip
        received(world, "O2026-0101", 1_750_001)
        closed = last(world, "agreement.closed")
        assert closed.actor == "system"  # type: ignore[attr-defined]
        with world.uow() as uow:
            close_when_done(uow, last(world, "agreement.terminated"))  # type: ignore[arg-type]
            assert uow.facts == []
            assert uow.case(Agreement, AGREEMENT).state == "closed"
