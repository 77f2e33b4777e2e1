"""Refinancing (lifecycle.md 8): a balance goes on under the roll-out, and nothing grows younger."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fund.checks import folded
from fund.errors import FundError
from fund.errors.agreements import (
    CommitmentLeft,
    DisbursementsOpen,
    NothingToRefinance,
    NotItsRollout,
    RefinancingChanged,
    VerdictNotGood,
)
from fund.errors.capital import NothingOpen
from fund.errors.commands import TransitionNotAllowed
from fund.errors.evaluations import BeyondOutstanding, WriteoffOpen
from fund.errors.people import ConflictOfInterest
from fund.errors.reviews import NotAVoter
from fund.events.agreements import AgreementAmended, AgreementLeadChanged, AgreementSuspended
from fund.events.disbursements import DisbursementRequested
from fund.events.repayments import ArrearsEscalated
from fund.events.values import InstalmentCut
from fund.rules.segregation_of_duties import Hands, Seals
from fund.schemas.agreements import Agreement
from fund.schemas.capital import Receipt
from fund.schemas.repayments import Plan
from fund.schemas.resolutions import Resolution
from fund.workflows.receipts.matching import evidence_for
from fund.workflows.repayments.lifecycle import instalment_reference
from fund.workflows.repayments.reminders import plan_timers
from tests.bookkeeping import book, head, journal
from tests.factories import World, founded
from tests.workflows.looking_back import (
    AGREEMENT,
    BAARN,
    BUNNIK,
    EVALUATION,
    PROPOSAL,
    SCALE,
    agreed,
    came_in,
    evaluated,
    file,
    proposal,
    repaid,
    until_completed,
)

CHILD, ROLLOUT = "A2026-002", "2026-002"
REF = "R2026-0001"
OUTSTANDING, SET_ASIDE = 1_250_001, 312_500


def rolled_out(
    world: World, *, text: str = SCALE, follows: str | None = AGREEMENT, with_: tuple[str, ...] = (BAARN,), **ends: Any
) -> None:
    """An experiment that worked and owes 1250001 still, and the roll-out of Bunnik that follows it."""
    until_completed(world, **ends)
    proposal(world)
    evaluated(world, text=text)
    world.user("piet", "partner_signatory", partner=BUNNIK)
    applicants = {"lead": BUNNIK, "co_applicants": with_}
    proposal(world, ref=ROLLOUT, follows=follows, sort="rollout", title="Overal pompen", **applicants)
    with world.uow("anna") as uow:
        started = uow.store.facts.last_of(f"plan/{AGREEMENT}", "plan.activated")
        assert started is not None
        plan_timers(uow, started)
        due_on = (date(2029, 7, 1), date(2030, 7, 1))
        agreed(uow, ref=CHILD, sort="rollout", due_on=due_on, accepted=False, **applicants)  # type: ignore[arg-type]
    world.drain()


def brought(world: World, **more: Any) -> str:
    """It lies before the committee: a fund manager brought it, the lead of the roll-out takes the debt over."""
    args = {"ref": AGREEMENT, "to": CHILD, "reason": "Een plan, een debiteur.", **more}
    return str(world.both("agreement refinance", user="anna", second="piet", **args)["result"]["resolution"])


def decided(world: World, ref: str = REF, choice: str = "for") -> list[str]:
    """Three vote and the chair opens; the facts of it."""
    for name in ("mira", "mees", "carla"):
        world.do("decision vote", user=name, ref=ref, choice=choice)
    return [each["type"] for each in world.do("decision decide", user="carla", ref=ref)["events"]]


def refinanced(world: World) -> None:
    decided(world, brought(world))


def stands(world: World, *codes: str) -> list[int]:
    with world.snapshot() as snapshot:
        now = snapshot.ledger.balances()
        return [now.get(code, 0) for code in codes]


def parts(world: World, ref: str) -> list[tuple[int, date, int]]:
    """What is open of each instalment, by due day."""
    with world.snapshot() as snapshot:
        found = snapshot.case(Plan, ref).instalments
    return [(part.no, part.due_on, part.open_cents) for part in sorted(found, key=lambda part: part.due_on)]


def sound(world: World) -> list[str]:
    """What an auditor finds wrong in cases, hands and seals, read back from the facts."""
    with world.snapshot() as snapshot:
        hands, seals, facts = Hands(), Seals(), list(snapshot.store.facts.all())
        made = folded(facts)
        stored = [*snapshot.cases(Agreement), *snapshot.cases(Plan), *snapshot.cases(Resolution)]
        changed = [case.stream for case in stored if made[case.stream] != (case, snapshot.version(case))]
        return [*changed, *(told.message for each in facts for look in (hands, seals) for told in look.see(each))]


def test_the_balance_goes_on_under_the_roll_out_and_nothing_grows_younger(database_url: str) -> None:
    with founded(database_url) as world:
        rolled_out(world)
        offer = f"fund agreement refinance {AGREEMENT} --to {CHILD} --reason TEXT"
        assert offer in [item["command"] for item in world.ask("inbox", user="anna")["items"]]
        before, since = world.ask("statement position"), head(world)
        assert brought(world) == REF
        assert offer not in [item["command"] for item in world.ask("inbox", user="anna")["items"]]
        assert journal(world, since) == ""
        shown = world.ask("decision show", ref=REF)["resolution"]
        assert (shown["two_thirds"], shown["terms"]["amount_cents"]) == (True, OUTSTANDING)
        assert decided(world) == ["resolution.carried", "agreement.refinanced"]
        assert journal(world, since) == book("""
            2026-01-05  agreement.refinanced  Overeenkomst A2026-001 geherfinancierd naar A2026-002
              Dr 1200.A2026-002            12,500.01
              Cr 1200.A2026-001                            12,500.01
              Dr 1290.A2026-001             3,125.00
              Cr 1290.A2026-002                             3,125.00
        """)

        assert sum(cents for _no, _day, cents in parts(world, AGREEMENT)) == 0
        assert parts(world, CHILD) == [
            (3, date(2027, 1, 5), 900_000),  # the oldest keeps its day
            (1, date(2029, 7, 1), 1_400_000),
            (4, date(2029, 7, 1), 175_000),  # the rest follows the plan of the roll-out
            (2, date(2030, 7, 1), 1_400_000),
            (5, date(2030, 7, 1), 175_001),
        ]
        parent, child = (world.ask("agreement show", ref=ref) for ref in (AGREEMENT, CHILD))
        assert (parent["state"], parent["refinanced_to"], parent["refinanced_cents"]) == ("closed", CHILD, -OUTSTANDING)
        assert (child["state"], child["refinanced_agreements"], child["outstanding_cents"]) == (
            "active", [AGREEMENT], OUTSTANDING,
        )  # fmt: skip
        statement = world.ask("statement agreement", ref=CHILD)
        assert (statement["refinanced_cents"], statement["repayable_cents"]) == (OUTSTANDING, 2_800_000)

        after = world.ask("statement position")
        for position in (before, after):
            del position["known_at"], position["head"]
        for name in (
            "realised_revolving_degree",
            "realised_revolving_degree_with_return",  # one experiment more is wound up
            "weighted_remaining_term",  # the plan of the roll-out is another
        ):
            assert after["indicators"].pop(name) != before["indicators"].pop(name)
        assert after.pop("experiments") != before.pop("experiments")
        assert after == before  # for the fund as a whole nothing happened
        assert sound(world) == []


def test_the_parties_of_the_experiment_do_not_vote_on_what_relieves_them(database_url: str) -> None:
    with founded(database_url) as world:
        rolled_out(world, with_=())  # Baarn, that led the experiment, takes no part in the roll-out
        world.user("bas", "committee_member", "partner_signatory", partner=BAARN)
        world.user("bart", "committee_member", partner=BAARN)
        ref = brought(world)

        with pytest.raises(NotAVoter):  # who signs for a partner is of the full board, which does not decide here
            world.do("decision vote", user="bas", ref=ref, choice="for")

        waits = world.ask("decision show", ref=ref)["resolution"]["waiting"]
        assert sorted(waits) == ["carla", "mees", "mira"]
        assert decided(world, ref) == ["resolution.carried", "agreement.refinanced"]
        assert sound(world) == []


def test_where_the_parties_of_the_experiment_leave_no_committee_the_full_board_decides(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        rolled_out(world, with_=())
        for name in ("mira", "mees"):
            world.both(
                "user change", user="petra", second="carla", name=name, roles=["committee_member"], partner=BAARN
            )
        ref = brought(world)

        shown = world.ask("decision show", ref=ref)["resolution"]

        assert (shown["body"], shown["waiting"]) == ("board", ["fatima"])


def test_running_work_of_which_nothing_is_promised_any_more_is_completed_with_it(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        rolled_out(world, ends="")
        with world.uow("anna") as uow:
            less = {"change_cents": -1_499_999, "award_cents": 2_500_001, "repayable_cents": 1_750_001}
            cuts = (InstalmentCut(no=2, amount_cents=1_049_999),)
            told = {"milestone": 1, "milestone_cents": 2_500_001, "plan_cuts": cuts, "reason": "Klaar."}
            uow.record(AgreementAmended(ref=AGREEMENT, proposal=PROPOSAL, **less, **told))  # type: ignore[arg-type]
        world.clock(date(2026, 2, 2))
        with world.snapshot() as snapshot:
            assert snapshot.case(Agreement, AGREEMENT).state == "active"
        refinanced(world)
        with world.snapshot() as snapshot:
            parent = snapshot.case(Agreement, AGREEMENT)
        assert (parent.state, parent.ended_on, parent.ground) == ("closed", date(2026, 2, 2), "completed")
        assert stands(world, f"1200.{CHILD}", f"9000.{PROPOSAL}") == [OUTSTANDING, 0]
        assert sum(cents for _no, _day, cents in parts(world, AGREEMENT)) == 0
        assert sound(world) == []


def test_a_later_proposal_that_was_taken_back_stands_in_nobodys_way(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        rolled_out(world)
        applicants = {"lead": BUNNIK, "co_applicants": (BAARN,)}
        proposal(
            world, ref="2026-003", state="withdrawn", follows=AGREEMENT, sort="rollout", title="Nog eens", **applicants
        )
        offer = f"fund agreement refinance {AGREEMENT} --to {CHILD} --reason TEXT"
        assert offer in [item["command"] for item in world.ask("inbox", user="anna")["items"]]


def test_what_is_promised_or_not_owed_is_settled_first(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        rolled_out(world, ends="")
        assert refused(world, CommitmentLeft).details["committed_cents"] == 1_499_999
        with world.uow("bram") as uow:
            came_in(uow, "O2026-0009", OUTSTANDING)
        world.both("repayment allocate", user="bram", second="anna", ref=AGREEMENT, receipt="O2026-0009")
        assert refused(world, NothingToRefinance).details["outstanding_cents"] == 0
        world.do("bank unmatch", user="bram", ref="O2026-0009", reason="Van een ander.")
        world.both("agreement complete", user="anna", second="bram", ref=AGREEMENT, report=file("verslag", "v.pdf"))
        with world.snapshot() as snapshot:
            until = snapshot.case(Agreement, AGREEMENT).ended_on
        world.clock(date(2026, 2, 2))
        refinanced(world)
        with world.snapshot() as snapshot:
            parent = snapshot.case(Agreement, AGREEMENT)
        assert (parent.state, parent.ended_on, parent.ground) == ("closed", until, "completed")
        assert sound(world) == []


def refused(world: World, error: type[FundError], **more: Any) -> FundError:
    args = {"ref": AGREEMENT, "to": CHILD, "reason": "Een plan.", **more}
    with pytest.raises(error) as caught:
        world.do("agreement refinance", user="anna", **args)
    return caught.value


def test_only_its_own_roll_out_after_a_good_verdict_takes_a_balance_over(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        rolled_out(world, text=EVALUATION, follows=None)
        refused(world, NotItsRollout)
        proposal(world, ref=ROLLOUT, follows=AGREEMENT, sort="rollout", lead=BUNNIK, co_applicants=(BAARN,))
        assert "stop" in str(refused(world, VerdictNotGood))
        world.both("user change", user="petra", second="carla", name="anna2", roles=["fund_manager"], partner=BUNNIK)
        args = {"ref": AGREEMENT, "to": CHILD, "reason": "Voor ons."}
        with pytest.raises(ConflictOfInterest):
            world.do("agreement refinance", user="anna2", **args)


def test_what_is_open_on_either_side_comes_first(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        rolled_out(world)
        world.do(
            "writeoff propose", user="anna", ref=AGREEMENT, reason="Weerlegd.", amount_cents=100, requested_by="fatima"
        )
        assert refused(world, WriteoffOpen).details["open"] == f"{AGREEMENT}-W1"
        with world.uow("fatima") as uow:
            asked = {"agreement": AGREEMENT, "proposal": PROPOSAL, "amount_cents": 1, "payee": BAARN}
            uow.record(DisbursementRequested(ref="D2026-0099", **asked))
        refused(world, DisbursementsOpen)
        with world.uow("anna") as uow:
            until = date(2026, 4, 1)
            uow.record(AgreementSuspended(ref=CHILD, proposal=ROLLOUT, reason="Vermoeden.", until_on=until))
        assert refused(world, TransitionNotAllowed).details["ref"] == CHILD


def test_nothing_more_moves_than_the_committee_saw_nor_to_another_debtor(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        rolled_out(world)
        brought(world)
        with world.uow("bram") as uow:
            repaid(uow, receipt="O2026-0009")
        again = brought(world)  # takes the place of the first
        world.do("bank unmatch", user="bram", ref="O2026-0009", reason="Van een ander.")
        with pytest.raises(TransitionNotAllowed):
            world.do("decision vote", user="mees", ref=REF, choice="for")
        with pytest.raises(RefinancingChanged) as changed:
            decided(world, again)
        assert (changed.value.details["agreed_cents"], changed.value.details["outstanding_cents"]) == (
            OUTSTANDING - 500_000, OUTSTANDING,
        )  # fmt: skip
        third = brought(world)
        with world.uow("anna") as uow:
            said = {"before": BUNNIK, "lead": BAARN, "reason": "Anders.", "amendment": ""}
            uow.record(AgreementLeadChanged(ref=CHILD, proposal=ROLLOUT, **said))
        with pytest.raises(RefinancingChanged, match="Baarn leads A2026-002"):
            decided(world, third)
        assert stands(world, f"1200.{AGREEMENT}", f"1200.{CHILD}") == [OUTSTANDING, 0]


def test_less_moves_where_less_is_owed_and_a_lost_vote_moves_nothing(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        rolled_out(world)
        assert decided(world, brought(world), choice="against") == ["resolution.lost"]
        assert stands(world, f"1200.{AGREEMENT}", f"1200.{CHILD}") == [OUTSTANDING, 0]
        again = brought(world)
        with world.uow("bram") as uow:
            repaid(uow, receipt="O2026-0009")
        decided(world, again)
        assert stands(world, f"1200.{AGREEMENT}", f"1200.{CHILD}") == [0, OUTSTANDING - 500_000]
        refused(world, TransitionNotAllowed)  # closed: there is nothing any more
        assert sound(world) == []


def test_what_is_late_stays_late_and_no_step_of_arrears_is_taken_twice(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        rolled_out(world)
        world.clock(date(2027, 2, 10))  # 36 days late: the note and the demand went out
        before = world.ask("repayment arrears")["arrears"]
        refinanced(world)
        (after,) = world.ask("repayment arrears")["arrears"]
        assert {**after, "agreement": AGREEMENT, "lead_partner": BAARN} == before[0]
        world.clock(date(2027, 3, 20))  # 74 days late: only the committee is told
        with world.snapshot() as snapshot:
            facts = [each.fact for each in snapshot.store.facts.of_types(("arrears.escalated",))]
        assert [(fact.ref, fact.step_days) for fact in facts if isinstance(fact, ArrearsEscalated)] == [
            (AGREEMENT, 1), (AGREEMENT, 30), (CHILD, 60),
        ]  # fmt: skip
        assert sound(world) == []


def test_who_pays_with_an_old_reference_pays_what_is_owed_now(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        rolled_out(world)
        refinanced(world)
        with world.uow("bram") as uow:
            came_in(uow, "O2026-0009", 900_000, reference=instalment_reference(AGREEMENT, 1))
            came_in(uow, "O2026-0010", 1_000, reference=instalment_reference(AGREEMENT, 2))
            (whole,) = evidence_for(uow, uow.case(Receipt, "O2026-0009"))
            (part,) = evidence_for(uow, uow.case(Receipt, "O2026-0010"))
        assert (whole.target, whole.instalment, whole.exact, whole.open_cents) == (CHILD, 3, True, 900_000)
        assert (part.target, part.instalment, part.exact) == (CHILD, None, False)  # it goes on in two of them
        with pytest.raises(NothingOpen) as told:
            world.do("repayment allocate", user="bram", ref=AGREEMENT, receipt="O2026-0009")
        assert f"--to {CHILD}" in told.value.advice


def test_money_of_a_day_before_counts_from_the_day_on_which_it_is_owed_there(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        rolled_out(world)
        world.clock(date(2026, 3, 2))
        with world.uow("bram") as uow:
            came_in(uow, "O2026-0009", 900_000, reference=instalment_reference(AGREEMENT, 1))
        world.clock(date(2026, 3, 9))
        refinanced(world)
        world.clock(date(2026, 3, 16))
        world.do("bank match", user="bram", ref="O2026-0009")
        assert [entry.effective_on for entry in world.entries()[-1:]] == [date(2026, 3, 9)]
        for day in (date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)):
            with world.snapshot() as snapshot:
                then = snapshot.ledger.balances(as_of=day)
            assert 0 <= -then.get(f"1290.{CHILD}", 0) <= then.get(f"1200.{CHILD}", 0)


def test_unspent_money_of_the_experiment_lowers_what_is_owed_under_its_roll_out(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        rolled_out(world)
        refinanced(world)
        with world.uow("bram") as uow:
            came_in(uow, "O2026-0009", 10_000)
        since = head(world)
        world.do("disbursement refund", user="bram2", ref="D2026-0001", receipt="O2026-0009", amount=10_000)
        assert journal(world, since) == book("""
            2026-01-05  disbursement.refunded  Niet besteed deel van D2026-0001 terug ontvangen (A2026-001)
              Dr 2300                         100.00
              Cr 1200.A2026-002                                 70.00
              Cr 4000.A2026-001                                 30.00
        """)
        assert sum(cents for _no, _day, cents in parts(world, CHILD)) == 2_800_000 + OUTSTANDING - 7_000
        assert parts(world, CHILD)[0] == (3, date(2027, 1, 5), 900_000)
        assert sound(world) == []


def test_a_refinanced_balance_may_be_given_up_and_come_back_like_any_other(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        rolled_out(world)
        refinanced(world)
        with world.snapshot() as snapshot:
            plan = snapshot.case(Plan, CHILD)
        args = {"ref": CHILD, "ground": "hardship", "file": file("advies", "advies.pdf"), "reason": "Geen middelen."}
        with pytest.raises(BeyondOutstanding):
            world.do("writeoff propose", user="anna", amount_cents=OUTSTANDING + 1, **args)
        ref = str(world.do("writeoff propose", user="anna", **args)["events"][0]["payload"]["ref"])
        for name in ("mira", "mees", "carla"):
            world.do("decision vote", user=name, ref=ref, choice="for")
        world.do("writeoff decide", user="carla", ref=ref)
        world.both("writeoff post", user="anna", second="bram", ref=ref)
        assert stands(world, f"1200.{CHILD}", f"1290.{CHILD}", f"4210.{CHILD}") == [0, 0, OUTSTANDING]
        world.both("writeoff reverse", user="carla", second="bram", ref=ref, reason="Toch wel.")
        assert stands(world, f"1200.{CHILD}", f"1290.{CHILD}") == [OUTSTANDING, -SET_ASIDE]
        with world.snapshot() as snapshot:
            assert snapshot.case(Plan, CHILD) == plan
        assert sound(world) == []
