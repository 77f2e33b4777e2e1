from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fund.errors import FundError
from fund.errors.agreements import (
    AgreementNotRunning,
    BeyondCommitment,
    CriteriaNotTicked,
    DisbursementsOpen,
    EvidenceMissing,
    MilestoneNotOpen,
    NothingToChange,
    ReportMissing,
    UnknownCriterion,
    UnknownTerminationGround,
)
from fund.errors.closing import DayBeforeFund, DayToCome
from fund.errors.commands import ReasonMissing, TransitionNotAllowed, UnknownRef
from fund.errors.people import ConflictOfInterest, NotAuthorised, SameHands
from fund.errors.reviews import InsufficientFreeToCommit
from fund.rules.transitions import same_command_from
from fund.workflows.agreements.lifecycle import AGREEMENTS, MILESTONES, AgreementState, MilestoneState
from tests.factories import World, founded
from tests.workflows.agreeing import (
    AGREEMENT,
    accepted,
    approved_payment,
    file,
    last_entry,
    noon,
    received,
    running,
    sent,
)
from tests.workflows.money_out import BAARN, BUNNIK

FIRST = "A2026-003-1"
SECOND = "A2026-003-2"


def state(world: World) -> str:
    return str(world.ask("agreement show", ref=AGREEMENT)["state"])


# -------------------------------------------------------------------------------------------------------- milestones


def test_a_milestone_is_shown_with_files_and_accepted_criterion_by_criterion(database_url: str) -> None:
    with founded(database_url) as world:
        running(world)
        shown = world.do("milestone evidence", user="lotte", ref=FIRST, files=[file("a"), file("b"), file("a")])
        assert len(shown["result"]["evidence"]) == 2
        with world.snapshot() as snapshot:
            from fund import files

            assert [files.get(snapshot, digest) for digest in shown["result"]["evidence"]] == [b"a", b"b"]
        with pytest.raises(CriteriaNotTicked) as missing:
            world.do("milestone accept", user="anna", ref=FIRST, met=[])
        assert missing.value.details["missing"] == [1]
        with pytest.raises(UnknownCriterion):
            world.do("milestone accept", user="anna", ref=FIRST, met=[2])
        world.do("milestone accept", user="anna", ref=FIRST, met=[1])
        row = world.ask("milestone list", ref=AGREEMENT)["milestones"][0]
        assert (row["state"], row["met"], len(row["evidence"])) == ("accepted", [1], 2)


def test_evidence_that_shows_too_little_comes_back_with_the_reason(database_url: str) -> None:
    with founded(database_url) as world:
        running(world)
        world.do("milestone evidence", user="fatima", ref=FIRST, files=[file("half")])
        with pytest.raises(ReasonMissing):
            world.do("milestone request-changes", user="anna", ref=FIRST, reason=" ")
        world.do("milestone request-changes", user="anna", ref=FIRST, reason="De tweede pomp ontbreekt.")
        row = world.ask("milestone list", ref=AGREEMENT, state="changes_requested")["milestones"][0]
        assert row["reason"] == "De tweede pomp ontbreekt."
        world.do("milestone evidence", user="fatima", ref=FIRST, files=[file("whole")])
        world.do("milestone reject", user="anna", ref=FIRST, reason="Er is geen tweede pomp.")
        row = world.ask("milestone list", ref=AGREEMENT)["milestones"][0]
        assert (row["state"], len(row["evidence"])) == ("rejected", 2)


def test_evidence_is_a_party_s_and_judging_it_is_not(database_url: str) -> None:
    with founded(database_url) as world:
        running(world)
        with pytest.raises(EvidenceMissing):
            world.do("milestone evidence", user="lotte", ref=FIRST, files=[])
        with pytest.raises(NotAuthorised):
            world.do("milestone evidence", user="sara", ref=FIRST, files=[file()])
        with pytest.raises(NotAuthorised):
            world.do("milestone evidence", user="anna", ref=FIRST, files=[file()])
        with pytest.raises(UnknownRef):
            world.do("milestone evidence", user="lotte", ref="A2026-003-9", files=[file()])
        world.do("milestone evidence", user="lotte", ref=FIRST, files=[file()])
        world.user("frans", "fund_manager", partner=BAARN)
        with pytest.raises(ConflictOfInterest):
            world.do("milestone accept", user="frans", ref=FIRST, met=[1])


def test_nothing_is_shown_on_an_agreement_that_ended(database_url: str) -> None:
    with founded(database_url) as world:
        running(world)
        world.both(
            "agreement terminate", user="anna", second="carla", ref=AGREEMENT, ground="stop_rule", reason="geen daling"
        )
        with pytest.raises(AgreementNotRunning):
            world.do("milestone evidence", user="lotte", ref=FIRST, files=[file()])


# ------------------------------------------------------------------------------------------------------------- A3


def test_a_rise_is_a_promise_and_a_cut_frees_money(database_url: str) -> None:
    with founded(database_url) as world:
        running(world)
        world.both(
            "agreement amend",
            user="anna",
            second="fatima",
            ref=AGREEMENT,
            change_cents=100_001,
            milestone=2,
            reason="meer",
        )
        assert last_entry(world) == (
            "2026-01-08 agreement.amended Overeenkomst A2026-003 verhoogd\n"
            "  Dr 9000.2026-003 100001\n"
            "    Cr 9010 100001"
        )
        shown = world.ask("agreement show", ref=AGREEMENT)
        assert (shown["award_cents"], shown["repayable_cents"], shown["share_bps"]) == (4_100_001, 2_870_001, 7000)
        assert [row["amount_cents"] for row in shown["milestones"]] == [2_500_001, 1_600_000]
        plan = world.ask("repayment plan", ref=AGREEMENT)
        assert plan["open_cents"] == 2_870_001 == plan["repayable_cents"]
        world.both(
            "agreement amend",
            user="anna",
            second="fatima",
            ref=AGREEMENT,
            change_cents=-1_600_000,
            milestone=2,
            reason="minder",
        )
        assert last_entry(world) == (
            "2026-01-08 agreement.amended Overeenkomst A2026-003 verlaagd\n"
            "  Dr 9010 1600000\n"
            "    Cr 9000.2026-003 1600000"
        )
        plan = world.ask("repayment plan", ref=AGREEMENT)
        assert plan["open_cents"] == 1_750_001 == world.ask("agreement show", ref=AGREEMENT)["repayable_cents"]
        assert [row["open_cents"] for row in plan["instalments"]] == [933_333, 816_668, 0]


def test_an_amendment_stays_within_what_is_free_or_not_asked_for(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=1)
        amend: dict[str, Any] = {"ref": AGREEMENT, "reason": "anders"}
        with pytest.raises(MilestoneNotOpen):
            world.do("agreement amend", user="anna", change_cents=1, milestone=1, **amend)
        with pytest.raises(NothingToChange):
            world.do("agreement amend", user="anna", change_cents=0, milestone=2, **amend)
        with pytest.raises(BeyondCommitment) as beyond:
            world.do("agreement amend", user="anna", change_cents=-1_500_000, milestone=2, **amend)
        assert (beyond.value.details["cut_cents"], beyond.value.details["open_cents"]) == (1_500_000, 1_499_999)
        with pytest.raises(InsufficientFreeToCommit) as free:
            world.do("agreement amend", user="anna", change_cents=5_500_001, milestone=2, **amend)
        assert (free.value.details["amount_cents"], free.value.details["free_cents"]) == (5_500_001, 5_500_000)
        with pytest.raises(ReasonMissing):
            world.do("agreement amend", user="anna", ref=AGREEMENT, change_cents=1, milestone=2, reason="")
        made = world.do("agreement amend", user="anna", change_cents=1, milestone=2, **amend)
        with pytest.raises(NotAuthorised):
            world.do("confirm", user="piet", ref=made["pending"])


# ------------------------------------------------------------------------------------------------------------- A4


def test_a_suspicion_stops_payment_for_thirteen_weeks_at_most(database_url: str) -> None:
    with founded(database_url) as world:
        running(world)
        with pytest.raises(ReasonMissing):
            world.do("agreement suspend", user="anna", ref=AGREEMENT, reason="")
        world.both("agreement suspend", user="anna", second="bram", ref=AGREEMENT, reason="rekening van een ander")
        shown = world.ask("agreement show", ref=AGREEMENT)
        assert (shown["state"], shown["suspended_until_on"]) == ("suspended", "2026-04-09")
        world.clock(noon(date(2026, 4, 9)))
        assert state(world) == "suspended"
        world.clock(noon(date(2026, 4, 10)))
        assert state(world) == "active"
        with world.snapshot() as snapshot:
            resumed = snapshot.store.facts.of_stream("agreement/" + AGREEMENT)[-1]
            assert (resumed.type, resumed.actor) == ("agreement.resumed", "system")


@pytest.mark.parametrize(
    ("on", "problem"), [(date(2099, 1, 5), DayToCome), (date(2026, 1, 9), DayToCome), (date(2016, 1, 5), DayBeforeFund)]
)
@pytest.mark.parametrize("name", ["agreement suspend", "agreement terminate", "agreement benefits"])
def test_no_term_runs_from_a_day_to_come_or_before_the_fund(
    sqlite_url: str, name: str, on: date, problem: type[FundError]
) -> None:
    """Nothing is booked on that day, but thirteen weeks, benefit years or an evaluation would be counted from it."""
    with founded(sqlite_url) as world:
        running(world)
        args: dict[str, Any] = {"reason": "twijfel"}
        if name == "agreement terminate":
            args["ground"] = "stop_rule"
        if name == "agreement benefits":
            args = {"year": 2026, "partner": BAARN, "realised_benefit_cents": 1}
        with pytest.raises(problem):
            world.do(name, user="fatima" if name == "agreement benefits" else "anna", ref=AGREEMENT, on=on, **args)
        assert state(world) == "active"


def test_two_people_suspend_and_two_resume(database_url: str) -> None:
    with founded(database_url) as world:
        running(world)
        made = world.do("agreement suspend", user="anna", ref=AGREEMENT, reason="twijfel")
        assert state(world) == "active"
        with pytest.raises(NotAuthorised):
            world.do("confirm", user="anna2", ref=made["pending"])
        world.clock(noon(date(2026, 1, 10)))
        world.do("confirm", user="bram", ref=made["pending"])
        assert state(world) == "suspended"
        world.both("agreement resume", user="anna", second="bram", ref=AGREEMENT, reason="opgelost")
        assert state(world) == "active"
        world.clock(noon(date(2026, 5, 1)))
        assert state(world) == "active"


# --------------------------------------------------------------------------------------------------------- A5 - A7


def test_completion_frees_the_rest_and_the_plan_loses_its_part(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=1)
        with pytest.raises(ReportMissing):
            world.do("agreement complete", user="anna", ref=AGREEMENT)
        with pytest.raises(ReportMissing):
            world.do("agreement complete", user="anna", ref=AGREEMENT, ex_officio=True)
        world.both("agreement complete", user="anna", second="bram", ref=AGREEMENT, report=file("verslag"))
        assert last_entry(world) == (
            "2026-01-08 agreement.completed Overeenkomst A2026-003 afgerond, rest vrijgevallen\n"
            "  Dr 9010 1499999\n"
            "    Cr 9000.2026-003 1499999"
        )
        shown = world.ask("agreement show", ref=AGREEMENT)
        assert (shown["state"], shown["released_cents"], shown["committed_cents"]) == ("completed", 1_499_999, 0)
        plan = world.ask("repayment plan", ref=AGREEMENT)
        assert plan["open_cents"] == plan["outstanding_cents"] == plan["repayable_cents"] == 1_750_001
        assert world.balances()["9000"] == world.balances()["9010"] == 0


def test_completion_books_nothing_when_everything_was_paid_out(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=2)
        before = len(world.entries())
        world.both(
            "agreement complete",
            user="anna",
            second="anna2",
            ref=AGREEMENT,
            ex_officio=True,
            reason="geen verslag gekomen",
        )
        assert len(world.entries()) == before
        assert world.ask("repayment plan", ref=AGREEMENT)["open_cents"] == 2_800_000


def test_completion_waits_for_every_request(database_url: str) -> None:
    with founded(database_url) as world:
        running(world)
        accepted(world, AGREEMENT, 1)
        disbursement = approved_payment(world, ref=AGREEMENT, milestone=1)
        for command, more in (
            ("agreement complete", {"report": file()}),
            ("agreement terminate", {"ground": "breach", "reason": "weg"}),
        ):
            with pytest.raises(DisbursementsOpen) as caught:
                world.do(command, user="anna", ref=AGREEMENT, **more)
            assert list(caught.value.details["open"]) == [disbursement]
        sent(world, disbursement)
        world.do("payment settle", user="bram", ref=disbursement)
        with pytest.raises(SameHands):
            world.both("agreement complete", user="anna", second="anna", ref=AGREEMENT, report=file())
        world.both("agreement complete", user="anna", second="carla", ref=AGREEMENT, report=file())
        assert state(world) == "completed"


def test_the_stop_rule_ends_an_agreement_without_fault(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=1)
        with pytest.raises(UnknownTerminationGround):
            world.do("agreement terminate", user="anna", ref=AGREEMENT, ground="moe", reason="x")
        with pytest.raises(ReasonMissing):
            world.do("agreement terminate", user="anna", ref=AGREEMENT, ground="stop_rule", reason="")
        world.both(
            "agreement terminate", user="anna", second="carla", ref=AGREEMENT, ground="stop_rule", reason="geen daling"
        )
        assert last_entry(world) == (
            "2026-01-08 agreement.terminated Overeenkomst A2026-003 beëindigd, rest vrijgevallen\n"
            "  Dr 9010 1499999\n"
            "    Cr 9000.2026-003 1499999"
        )
        shown = world.ask("agreement show", ref=AGREEMENT)
        assert (shown["state"], shown["ground"]) == ("terminated", "stop_rule")
        assert world.ask("repayment plan", ref=AGREEMENT)["open_cents"] == 1_750_001


def test_an_agreement_is_closed_when_nothing_is_outstanding_any_more(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=1)
        world.both(
            "agreement terminate",
            user="anna",
            second="carla",
            ref=AGREEMENT,
            ground="breach",
            reason="geld elders besteed",
            waive_evaluation=True,
        )
        received(world, "O2026-0101", 1_750_000)
        assert state(world) == "terminated"
        received(world, "O2026-0102", 1)
        assert state(world) == "closed"
        with world.snapshot() as snapshot:
            closed = snapshot.store.facts.of_stream("agreement/" + AGREEMENT)[-1]
            assert (closed.type, closed.actor) == ("agreement.closed", "system")


def test_an_evaluation_that_is_not_accepted_keeps_an_agreement_open(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=1)
        world.both(
            "agreement terminate", user="anna", second="carla", ref=AGREEMENT, ground="stop_rule", reason="geen daling"
        )
        received(world, "O2026-0101", 1_750_001)
        assert state(world) == "terminated"


# ------------------------------------------------------------------------------------------------------------- M3


def test_a_party_reports_what_the_experiment_brought_and_the_fund_accepts(database_url: str) -> None:
    with founded(database_url) as world:
        running(world)
        for cents in (1_000, 2_000):
            world.both(
                "agreement benefits",
                user="piet",
                second="anna",
                ref=AGREEMENT,
                year=2026,
                planned_benefit_cents=5_000,
                realised_benefit_cents=cents,
            )
        rows = world.ask("agreement show", ref=AGREEMENT)["benefits"]
        assert [(row["partner"], row["year"], row["realised_benefit_cents"]) for row in rows] == [(BUNNIK, 2026, 2_000)]
        with pytest.raises(NotAuthorised):
            world.do("agreement benefits", user="bram", ref=AGREEMENT, year=2026)


def test_what_happened_gives_the_stored_agreement_and_milestones(database_url: str) -> None:
    from fund.schemas.agreements import Agreement, Milestone

    with founded(database_url) as world:
        running(world, paid=1)
        world.both(
            "agreement amend",
            user="anna",
            second="fatima",
            ref=AGREEMENT,
            change_cents=-1,
            milestone=2,
            reason="minder",
        )
        world.both("agreement suspend", user="anna", second="bram", ref=AGREEMENT, reason="twijfel")
        world.both("agreement resume", user="anna", second="bram", ref=AGREEMENT, reason="opgelost")
        world.both("agreement complete", user="anna", second="bram", ref=AGREEMENT, report=file())
        with world.snapshot() as snapshot:
            stored = [
                snapshot.case(Agreement, AGREEMENT),
                snapshot.case(Milestone, FIRST),
                snapshot.case(Milestone, SECOND),
            ]
            for case in stored:
                again = None
                for event in snapshot.history(case):
                    again = snapshot.projections[case.kind].apply(again, event)
                assert again == case


# ---------------------------------------------------------------------------------------------- every state x command

ARGUMENTS: dict[str, dict[str, Any]] = {
    "agreement draft": {"ref": "2026-003"},
    "agreement sign": {"ref": AGREEMENT},
    "agreement activate": {"ref": AGREEMENT},
    "agreement amend": {"ref": AGREEMENT, "change_cents": 1, "milestone": 2, "reason": "x"},
    "agreement suspend": {"ref": AGREEMENT, "reason": "x"},
    "agreement resume": {"ref": AGREEMENT, "reason": "x"},
    "agreement complete": {"ref": AGREEMENT, "ex_officio": True, "reason": "x"},
    "agreement terminate": {"ref": AGREEMENT, "ground": "stop_rule", "reason": "x"},
    "agreement benefits": {"ref": AGREEMENT, "year": 2026},
}
WHO = {"agreement sign": "fatima", "agreement benefits": "fatima"}


def test_an_agreement_command_outside_its_states_changes_nothing(database_url: str) -> None:
    with founded(database_url) as world:
        running(world)
        from fund.schemas.agreements import Agreement

        tried = 0
        for now in AgreementState:
            with world.uow() as uow:
                case = uow.case(Agreement, AGREEMENT)
                uow.store.cases.put([(case.replace(state=now), uow.version(case))])
            for command, args in ARGUMENTS.items():
                if now in same_command_from(AGREEMENTS, command):
                    continue
                before = world.entries()
                with pytest.raises(TransitionNotAllowed) as caught:
                    world.do(command, user=WHO.get(command, "anna"), **args)
                assert caught.value.details["ref"] == AGREEMENT
                assert (state(world), world.entries()) == (str(now), before)
                tried += 1
        assert tried == len(AgreementState) * len(ARGUMENTS) - sum(
            len(same_command_from(AGREEMENTS, command)) for command in ARGUMENTS
        )


def test_a_milestone_command_outside_its_states_changes_nothing(database_url: str) -> None:
    arguments: dict[str, dict[str, Any]] = {
        "milestone evidence": {"files": [file()]},
        "milestone accept": {"met": [1]},
        "milestone request-changes": {"reason": "x"},
        "milestone reject": {"reason": "x"},
    }
    with founded(database_url) as world:
        running(world)
        from fund.schemas.agreements import Milestone

        for now in MilestoneState:
            with world.uow() as uow:
                case = uow.case(Milestone, SECOND)
                uow.store.cases.put([(case.replace(state=now), uow.version(case))])
            for command, args in arguments.items():
                if now in same_command_from(MILESTONES, command):
                    continue
                with pytest.raises(TransitionNotAllowed):
                    world.do(command, user="lotte" if command == "milestone evidence" else "anna", ref=SECOND, **args)
                assert world.ask("milestone list", ref=AGREEMENT)["milestones"][1]["state"] == now
