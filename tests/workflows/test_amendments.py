"""A running agreement changes: money and days by fund manager and lead, large rises by the committee, another lead."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fund.errors.agreements import (
    AmendmentStandsAlone,
    AnotherHasTheWord,
    DisbursementsOpen,
    DueDayPassed,
    MilestoneNotNamed,
    NotAParty,
    NothingToChange,
    PlanCannotFollow,
    RejectedMilestoneNeedsDay,
)
from fund.errors.capital import UnknownVote
from fund.errors.commands import TransitionNotAllowed
from fund.errors.people import ConflictOfInterest, NotAuthorised, SameHands
from fund.errors.reviews import CommitteeQuorumNotMet, InsufficientFreeToCommit, NotAVoter
from fund.events.capital import PartnerAdmitted
from fund.events.receipts import ReceiptAllocated
from fund.events.values import AllocatedPart
from fund.schemas.agreements import Agreement
from fund.schemas.evaluations import Evaluation
from fund.schemas.repayments import Plan
from fund.workflows.agreements.deciding_amendments import waiting_amendments
from tests.factories import World, founded
from tests.roads import road
from tests.workflows.agreeing import (
    AGREEMENT,
    PROPOSAL,
    accepted,
    approved_payment,
    file,
    last_entry,
    noon,
    replayed,
    running,
    sent,
    signed,
)
from tests.workflows.money_out import BAARN, BUNNIK, BUNSCHOTEN, receipt

SECOND = f"{AGREEMENT}-2"
A1, A2 = f"{AGREEMENT}-A1", f"{AGREEMENT}-A2"


@road
def amended(world: World, ref: str = AGREEMENT, **args: Any) -> dict[str, Any]:
    """Fund manager and lead agree."""
    answer = world.both("agreement amend", user="anna", second="fatima", ref=ref, reason="anders", **args)
    return dict(answer["result"])


@road
def committee(world: World) -> None:
    """Four members of three kinds, and the chair that ``running`` has already."""
    with world.uow() as uow:
        day = uow.today
        uow.record(
            PartnerAdmitted(ref="ws14", name="Waterschap", short_name="Waterschap", sort="water_board", joined_on=day)
        )
    world.user("mees", "committee_member", partner="ws14")
    world.user("max", "committee_member")
    world.user("mona", "committee_member")
    world.user("mira", "committee_member", partner=BUNSCHOTEN)


def voted(world: World, ref: str, **choices: str) -> None:
    for user, choice in choices.items():
        world.do("decision vote", user=user, ref=ref, choice=choice)


def commands(world: World, user: str) -> list[str]:
    """What waits for somebody, as it is typed."""
    return [str(item["command"]) for item in world.ask("inbox", user=user)["items"]]


def shown(world: World) -> dict[str, Any]:
    return world.ask("agreement show", ref=AGREEMENT)


# ------------------------------------------------------------------------------------------------------ the committee


def test_a_rise_to_the_threshold_waits_for_two_thirds_of_the_committee(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, cash=20_000_000)
        committee(world)
        made = amended(world, change_cents=8_500_000, milestone=2)
        assert (made["asks"], made["amendment"], made["award_cents"]) == ("committee", A1, 12_500_000)
        assert shown(world)["award_cents"] == 4_000_000
        with pytest.raises(ConflictOfInterest):
            world.do("decision vote", user="mira", ref=A1, choice="for")
        with pytest.raises(SameHands):
            world.do("decision vote", user="fatima", ref=A1, choice="for")
        with pytest.raises(NotAVoter):
            world.do("decision vote", user="piet", ref=A1, choice="for")
        with pytest.raises(UnknownVote):
            world.do("decision vote", user="mees", ref=A1, choice="yes")
        voted(world, A1, mees="for", max="for")
        with pytest.raises(CommitteeQuorumNotMet):
            world.do("agreement decide", user="carla", ref=A1)
        voted(world, A1, mona="against")
        with world.snapshot() as snapshot:
            (waits,) = waiting_amendments(snapshot)
            assert (waits.case.ref, waits.ready) == (A1, True)
            assert [snapshot.name(each) for each in waits.not_voted] == ["carla"]
        assert f"fund decision vote {A1} --for" in commands(world, "carla")
        assert f"fund agreement decide {A1}" in commands(world, "carla")
        assert not any(A1 in command for command in (*commands(world, "mira"), *commands(world, "mees")))
        answer = world.do("agreement decide", user="carla", ref=A1)
        assert [each["type"] for each in answer["events"]] == ["amendment.agreed", "agreement.amended"]
        assert answer["events"][0]["payload"]["two_thirds"] is True
        assert last_entry(world) == (
            "2026-01-08 agreement.amended Overeenkomst A2026-003 verhoogd\n"
            "  Dr 9000.2026-003 8500000\n"
            "    Cr 9010 8500000"
        )
        now = shown(world)
        assert (now["award_cents"], now["repayable_cents"]) == (12_500_000, 8_750_000)
        assert world.ask("repayment plan", ref=AGREEMENT)["open_cents"] == 8_750_000
        (row,) = now["amendments"]
        assert (row["state"], row["change_cents"], row["amendment"], row["reason"]) == ("done", 8_500_000, A1, "anders")
        with pytest.raises(TransitionNotAllowed):
            world.do("agreement decide", user="carla", ref=A1)
        with world.snapshot() as snapshot:
            assert replayed(snapshot)


def test_what_the_committee_refuses_leaves_the_agreement_as_it_was(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world, cash=20_000_000)
        committee(world)
        amended(world, change_cents=8_500_000, milestone=2)
        voted(world, A1, mees="for", max="against", mona="against", carla="for")
        answer = world.do("agreement decide", user="carla", ref=A1, reason="te duur")
        assert [each["type"] for each in answer["events"]] == ["amendment.refused"]
        now = shown(world)
        assert (now["award_cents"], [row["state"] for row in now["amendments"]]) == (4_000_000, ["refused"])


def test_the_guards_of_an_amendment_hold_again_when_it_is_decided(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world, cash=20_000_000)
        committee(world)
        amended(world, change_cents=8_500_000, milestone=2)
        voted(world, A1, mees="for", max="for", mona="for")
        amended(world, change_cents=7_500_000, milestone=1)  # below the amount: fund manager and lead agree on it
        with pytest.raises(InsufficientFreeToCommit):
            world.do("agreement decide", user="carla", ref=A1)
        assert shown(world)["award_cents"] == 11_500_000
        # smaller, and now it is the second that waits
        again = amended(world, change_cents=1_500_000, milestone=2)
        assert again["amendment"] == A2
        with pytest.raises(TransitionNotAllowed):
            world.do("agreement decide", user="carla", ref=A1)
        voted(world, A2, mees="for", max="for", mona="for")
        world.do("agreement decide", user="carla", ref=A2)
        assert shown(world)["award_cents"] == 13_000_000


@pytest.mark.parametrize(
    ("kind", "change_cents", "asks"),
    [
        ({"track": "light", "ask_cents": 2_000_000, "award_cents": 2_000_000}, 499_999, None),
        ({"track": "light", "ask_cents": 2_000_000, "award_cents": 2_000_000}, 500_000, "committee"),
        ({"track": "major"}, 1, "committee"),
        ({"track": "major"}, -1, None),
        ({"sort": "rollout"}, 1, "committee"),
        ({}, 8_499_999, None),
    ],
)
def test_who_has_the_word_on_a_rise(sqlite_url: str, kind: dict[str, Any], change_cents: int, asks: str | None) -> None:
    with founded(sqlite_url) as world:
        more = {} if "ask_cents" not in kind else {"milestones": (), "repayment": None}
        running(world, cash=20_000_000, **kind, **more)
        made = amended(world, change_cents=change_cents, milestone=1)
        assert made.get("asks") == asks


def test_who_made_an_amendment_neither_votes_nor_decides(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world, cash=20_000_000)
        world.user("noor", "fund_manager", "committee_chair")
        world.both(
            "agreement amend", user="noor", second="fatima", ref=AGREEMENT, change_cents=8_500_000, milestone=2,
            reason="meer",
        )  # fmt: skip
        for command, args in (("decision vote", {"choice": "for"}), ("agreement decide", {})):
            with pytest.raises(SameHands):
                world.do(command, user="noor", ref=A1, **args)


# --------------------------------------------------------------------------------------------------- days and rejection


def test_the_day_of_a_milestone_moves_and_the_evaluation_with_it(database_url: str) -> None:
    with founded(database_url) as world:
        running(world)
        with pytest.raises(DueDayPassed):
            world.do("agreement amend", user="anna", ref=AGREEMENT, milestone=2, due_on=date(2026, 1, 7), reason="x")
        with pytest.raises(NothingToChange):
            world.do("agreement amend", user="anna", ref=AGREEMENT, milestone=2, due_on=date(2027, 1, 31), reason="x")
        entries = len(world.entries())
        amended(world, milestone=2, due_on=date(2027, 6, 30))
        assert len(world.entries()) == entries
        now = shown(world)
        assert (now["milestones"][1]["due_on"], now["ends_on"], now["evaluation_due_on"]) == ("2027-06-30",) * 3
        world.clock(noon(date(2027, 2, 1)))
        with world.snapshot() as snapshot:
            assert snapshot.case(Evaluation, AGREEMENT).fell_due is False
        world.clock(noon(date(2027, 6, 30)))
        with world.snapshot() as snapshot:
            assert snapshot.case(Evaluation, AGREEMENT).fell_due is True
            assert replayed(snapshot)


def test_a_rejected_milestone_is_planned_again_or_cut_to_nothing(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world)
        for number in (1, 2):
            world.do("milestone evidence", user="lotte", ref=f"{AGREEMENT}-{number}", files=[file()])
            world.do("milestone reject", user="anna", ref=f"{AGREEMENT}-{number}", reason="niet gehaald")
        ask = f"fund agreement amend {AGREEMENT} --milestone 1 --due DATE --reason TEXT"
        assert ask in commands(world, "anna")
        assert not any("milestone evidence" in command for command in commands(world, "lotte"))
        with pytest.raises(RejectedMilestoneNeedsDay) as refused:
            world.do("agreement amend", user="anna", ref=AGREEMENT, milestone=2, change_cents=-1, reason="x")
        assert refused.value.details["amount_cents"] == 1_499_998
        amended(world, milestone=1, due_on=date(2026, 9, 1), change_cents=-500_001)
        amended(world, milestone=2, change_cents=-1_499_999)
        first, second = shown(world)["milestones"]
        assert (first["state"], first["due_on"], first["amount_cents"]) == ("planned", "2026-09-01", 2_000_000)
        assert (second["state"], second["amount_cents"]) == ("rejected", 0)
        accepted(world, AGREEMENT, 1)
        approved_payment(world, ref=AGREEMENT, milestone=1)


def test_money_and_days_name_their_milestone(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world)
        with pytest.raises(MilestoneNotNamed):
            world.do("agreement amend", user="anna", ref=AGREEMENT, change_cents=1, reason="x")
        with pytest.raises(NothingToChange):
            world.do("agreement amend", user="anna", ref=AGREEMENT, reason="x")


# ------------------------------------------------------------------------------------------------------- another lead


def test_both_leads_sign_for_another_lead(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=1)
        with pytest.raises(NotAParty):
            world.do("agreement amend", user="anna", ref=AGREEMENT, new_lead=BUNSCHOTEN, reason="x")
        with pytest.raises(NothingToChange):
            world.do("agreement amend", user="anna", ref=AGREEMENT, new_lead=BAARN, reason="x")
        with pytest.raises(AmendmentStandsAlone):
            world.do(
                "agreement amend", user="anna", ref=AGREEMENT, new_lead=BUNNIK, change_cents=1, milestone=2, reason="x"
            )
        made = amended(world, new_lead=BUNNIK)
        assert (made["asks"], made["amendment"]) == ("new_lead", A1)
        with pytest.raises(NotAuthorised):
            world.do("agreement sign", user="fatima", ref=A1)
        with pytest.raises(AnotherHasTheWord):
            world.do("agreement decide", user="carla", ref=A1)
        assert shown(world)["lead_partner"] == BAARN
        assert f"fund agreement sign {A1}" in commands(world, "piet")
        assert f"fund agreement sign {A1}" not in commands(world, "fatima")
        world.do("agreement sign", user="piet", ref=A1)
        now = shown(world)
        assert (now["lead_partner"], now["co_applicants"]) == (BUNNIK, [BAARN])
        assert now["document_sha256"] == next(iter(now["signatures"]))["document_sha256"]
        with world.snapshot() as snapshot:
            assert {snapshot.case(Plan, AGREEMENT).lead, snapshot.case(Evaluation, AGREEMENT).lead} == {BUNNIK}
            assert set(snapshot.case(Agreement, AGREEMENT).parties) == {BAARN, BUNNIK, BUNSCHOTEN}
            assert replayed(snapshot)
        # the new lead is now the one who confirms
        with pytest.raises(NotAuthorised):
            amended(world, change_cents=-1, milestone=2)
        world.both(
            "agreement amend", user="anna", second="piet", ref=AGREEMENT, change_cents=-1, milestone=2, reason="x"
        )


def test_no_other_lead_while_a_payment_to_this_one_is_under_way(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world)
        amended(world, new_lead=BUNNIK)
        accepted(world, AGREEMENT, 1)
        approved_payment(world, ref=AGREEMENT, milestone=1)
        with pytest.raises(DisbursementsOpen):
            world.do("agreement sign", user="piet", ref=A1)
        with pytest.raises(DisbursementsOpen):
            world.do("agreement amend", user="anna", ref=AGREEMENT, new_lead=BUNNIK, reason="x")


def test_an_amendment_of_an_agreement_that_ended_waits_for_nobody(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world)
        amended(world, new_lead=BUNNIK)
        world.both("agreement complete", user="anna", second="bram", ref=AGREEMENT, report=file())
        with world.snapshot() as snapshot:
            assert waiting_amendments(snapshot) == []
        with pytest.raises(TransitionNotAllowed):
            world.do("agreement sign", user="piet", ref=A1)


# ------------------------------------------------------------------------------------------- after cancelled payments


def on_account(world: World, cents: int) -> str:
    """Money that was asked without a milestone and approved (D3); the ref."""
    ref = str(world.do("disbursement request", user="fatima", ref=AGREEMENT, amount=cents)["result"]["ref"])
    world.do("disbursement check", user="anna", ref=ref)
    world.do("disbursement approve", user="bram", ref=ref)
    return ref


def test_a_cut_after_cancelled_payments_leaves_the_plan_what_the_books_say(database_url: str) -> None:
    """Two cents that were rounded up stay, the one rounded down is cancelled: what is booked is above its share."""
    with founded(database_url) as world:
        running(world)
        payments = [on_account(world, 1) for _each in range(3)]
        world.both("disbursement cancel", user="anna", second="bram", ref=payments[1], reason="dubbel")
        for payment in (payments[0], payments[2]):
            sent(world, payment)
            world.do("payment settle", user="bram", ref=payment)
        with world.snapshot() as snapshot:
            case = snapshot.case(Agreement, AGREEMENT)
            assert (case.booked_cents, case.booked_repayable_cents) == (2, 2)
        with world.uow("bram") as uow:
            receipt(uow, "O2026-0101", 2)
            uow.record(
                ReceiptAllocated(
                    ref="O2026-0101", agreement=AGREEMENT, proposal=PROPOSAL, partner=BAARN, rule="reference",
                    amount_cents=2, advance_cents=2, parts=(AllocatedPart(no=1, amount_cents=2),),
                )
            )  # fmt: skip
        amended(world, change_cents=-1_499_999, milestone=2)
        amended(world, change_cents=-2_499_999, milestone=1)
        with world.snapshot() as snapshot:
            case, plan = snapshot.case(Agreement, AGREEMENT), snapshot.case(Plan, AGREEMENT)
            left = snapshot.ledger.balance(f"1200.{AGREEMENT}") + case.repayable_cents - case.booked_repayable_cents
            assert (case.award_cents, case.repayable_cents, plan.open_cents, left) == (2, 2, 0, 0)
            assert replayed(snapshot)
        world.both("agreement complete", user="anna", second="bram", ref=AGREEMENT, report=file())
        assert world.ask("repayment plan", ref=AGREEMENT)["open_cents"] == 0


def test_a_plan_without_instalments_does_not_grow(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world)
        with world.uow() as uow:
            plan = uow.case(Plan, AGREEMENT)
            uow.store.cases.put([(plan.replace(instalments=()), uow.version(plan))])
        with pytest.raises(PlanCannotFollow):
            world.do("agreement amend", user="anna", ref=AGREEMENT, change_cents=100, milestone=2, reason="x")
        with pytest.raises(PlanCannotFollow):
            world.do("agreement amend", user="anna", ref=AGREEMENT, change_cents=-100, milestone=2, reason="x")


def test_two_agreements_are_amended_apart(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world)
        other = signed(world, ref="2026-004")
        amended(world, change_cents=-1, milestone=2)
        amended(world, ref=other, new_lead=BUNNIK)
        amended(world, new_lead=BUNNIK)
        assert {row["amendment"] for row in world.ask("agreement show", ref=other)["amendments"]} == {f"{other}-A1"}
        assert shown(world)["award_cents"] == 3_999_999
