"""A matter before a body: voted under seal, opened by the chair, carried out in the same transaction or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from fund.checks import folded
from fund.errors.capital import UnknownVote
from fund.errors.commands import TransitionNotAllowed
from fund.errors.evaluations import BeyondOutstanding
from fund.errors.people import ConflictOfInterest, NotAuthorised, SameHands
from fund.errors.reviews import CommitteeQuorumNotMet, DecidedByVotesAlone, NotAVoter
from fund.events import Envelope
from fund.events.repayments import PlanPrepaid
from fund.events.resolutions import ResolutionProposed
from fund.rules.segregation_of_duties import Hands, Seals
from fund.schemas.repayments import Plan
from fund.schemas.resolutions import Resolution
from fund.unit_of_work import UnitOfWork
from fund.workflows import resolutions
from tests.factories import World, founded
from tests.workflows.agreeing import AGREEMENT, PROPOSAL, running
from tests.workflows.money_out import BAARN, BUNNIK, BUNSCHOTEN
from tests.workflows.test_amendments import commands, committee, voted

REF = "R2026-0001"
MATTER = "restructuring"


@pytest.fixture(autouse=True)
def _a_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a carried resolution brings about in these tests: an early payment is announced, as the terms say."""

    def guard(uow: UnitOfWork, case: Resolution) -> None:
        if case.terms["amount_cents"] > 100_00:
            raise BeyondOutstanding(
                ref=case.subject, amount_cents=case.terms["amount_cents"], outstanding_cents=100_00, day=uow.today
            )

    def announced(uow: UnitOfWork, case: Resolution, decided: Envelope) -> None:
        said = {"amount_cents": case.terms["amount_cents"], "early": "spread"}
        uow.record(PlanPrepaid(ref=case.subject, proposal=case.proposal, **said), cause=decided, reaction="test")

    monkeypatch.setattr(resolutions, "CARRIED", {MATTER: (guard, announced)})


def proposed(world: World, *, amount_cents: int = 50_00, ref: str = REF, **more: Any) -> None:
    """The matter lies before its body; anna brought it."""
    said: dict[str, Any] = {
        "matter": MATTER,
        "subject": AGREEMENT,
        "agreement": AGREEMENT,
        "proposal": PROPOSAL,
        "lead": BAARN,
        "parties": (BAARN, BUNNIK, BUNSCHOTEN),
        "body": "committee",
        "terms": {"amount_cents": amount_cents},
        "reason": "later",
    }
    with world.uow("anna") as uow:
        uow.record(ResolutionProposed(ref=ref, **{**said, **more}))


def sound(world: World) -> list[str]:
    """What an auditor finds wrong in what is stored, who acted and the seals, read back from the facts."""
    with world.snapshot() as snapshot:
        hands, seals = Hands(), Seals()
        facts = list(snapshot.store.facts.all())
        made = folded(facts)
        stored = [*snapshot.cases(Resolution), *snapshot.cases(Plan)]
        changed = [case.stream for case in stored if made[case.stream] != (case, snapshot.version(case))]
        return [*changed, *(told.message for each in facts for look in (hands, seals) for told in look.see(each))]


def test_a_carried_resolution_happens_where_it_is_decided(database_url: str) -> None:
    with founded(database_url) as world:
        running(world, cash=20_000_000)
        committee(world)
        proposed(world)
        with pytest.raises(ConflictOfInterest):
            world.do("decision vote", user="mira", ref=REF, choice="for")
        with pytest.raises(UnknownVote):
            world.do("decision vote", user="mees", ref=REF, choice="yes")
        with pytest.raises(NotAVoter):
            world.do("decision vote", user="piet", ref=REF, choice="for")
        voted(world, REF, mees="against", max="for")
        with pytest.raises(CommitteeQuorumNotMet):
            world.do("decision decide", user="carla", ref=REF)
        voted(world, REF, mees="for", mona="against")  # the later vote takes the place of the earlier one
        assert f"fund decision decide {REF}" in commands(world, "carla")
        assert not any(REF in command for command in commands(world, "mees"))
        with pytest.raises(DecidedByVotesAlone):
            world.do("decision decide", user="carla", ref=REF, reject=True)
        shown = world.ask("decision show", ref=REF)["resolution"]
        assert (shown["state"], shown["ready"], shown["votes"]) == ("proposed", True, [])
        tried = world.do("decision decide", user="carla", ref=REF, dry_run=True)
        assert tried["withheld"] is True
        answer = world.do("decision decide", user="carla", ref=REF)
        assert [each["type"] for each in answer["events"]] == ["resolution.carried", "plan.prepaid"]
        assert world.ask("repayment plan", ref=AGREEMENT)["early_cents"] == 50_00
        shown = world.ask("decision show", user="carla", ref=REF)["resolution"]
        assert sorted(each["choice"] for each in shown["votes"]) == ["against", "for", "for"]
        (carried,) = world.ask("event list", user="carla", type="resolution.carried")["events"]
        assert sorted(carried["payload"]["votes"].values()) == ["against", "for", "for"]
        for user in (None, "fatima", "piet"):  # who voted what is told as for a decision: not to the parties
            assert world.ask("decision show", user=user, ref=REF)["resolution"]["votes"] == []
            (carried,) = world.ask("event list", user=user, type="resolution.carried")["events"]
            assert {carried["payload"][name] for name in ("votes", "salts", "reasons")} == {None}
        with pytest.raises(TransitionNotAllowed):
            world.do("decision vote", user="mees", ref=REF, choice="for")
        assert sound(world) == []


def test_a_lost_resolution_changes_nothing_and_its_place_is_taken_by_a_later_one(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world, cash=20_000_000)
        committee(world)
        proposed(world)
        voted(world, REF, mees="for", max="against", mona="abstain")  # a tie loses
        answer = world.do("decision decide", user="carla", ref=REF)
        assert [each["type"] for each in answer["events"]] == ["resolution.lost"]
        assert answer["result"]["carried"] is False
        proposed(world, ref="R2026-0002")
        proposed(world, ref="R2026-0003", supersedes="R2026-0002")
        with pytest.raises(TransitionNotAllowed):
            world.do("decision vote", user="mees", ref="R2026-0002", choice="for")
        assert sound(world) == []


def test_two_thirds_and_a_guard_that_speaks_before_a_vote_is_opened(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world, cash=20_000_000)
        committee(world)
        proposed(world, two_thirds=True)
        voted(world, REF, mees="for", max="for", mona="against", carla="against")
        assert world.do("decision decide", user="carla", ref=REF)["result"]["carried"] is False
        proposed(world, ref="R2026-0002", amount_cents=100_01)
        voted(world, "R2026-0002", mees="for", max="for", mona="for")
        with pytest.raises(BeyondOutstanding):
            world.do("decision decide", user="carla", ref="R2026-0002")
        assert world.ask("decision show", ref="R2026-0002")["resolution"]["votes"] == []


def test_where_the_rules_name_the_full_board_two_thirds_of_all_partners_agree(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world, cash=20_000_000)
        committee(world)
        for number, partner in enumerate((BAARN, BUNNIK, BUNSCHOTEN)):
            world.user(f"board{number}", "partner_signatory", partner=partner)
        proposed(world, body="board", lead="", parties=(), proposal="", agreement="")
        with pytest.raises(NotAVoter):
            world.do("decision vote", user="mees", ref=REF, choice="for")  # of the committee, no signatory
        voted(world, REF, board0="for")
        with pytest.raises(CommitteeQuorumNotMet):
            world.do("decision decide", user="carla", ref=REF)
        voted(world, REF, board1="for", board2="against")
        with pytest.raises(NotAVoter):
            world.do("decision vote", user="fatima", ref=REF, choice="for")  # somebody else voted for Baarn
        with pytest.raises((NotAuthorised, SameHands)):
            world.do("decision decide", user="anna", ref=REF)
        # four partners are active: three of them would be two thirds
        assert world.do("decision decide", user="carla", ref=REF)["result"]["carried"] is False
        assert sound(world) == []
