"""A decision that is taken back while its agreement is being signed, and what then happens to the text."""

from __future__ import annotations

from datetime import date

import pytest

from fund.checks import verify
from fund.errors.agreements import AwardChanged, DecidedAnew, NotADecidedProposal, SignedAsDecided
from fund.errors.commands import TransitionNotAllowed
from fund.errors.people import SameHands
from fund.errors.reviews import NotAVoter
from fund.schemas.agreements import Agreement
from fund.workflows.agreements import drafting
from fund.workflows.decisions import after_decision as decisions
from tests.factories import World, as_file, founded
from tests.roads import road
from tests.workflows.deciding import decidable, voted


@road
def drafted(world: World) -> str:
    """An approved proposal of which the lead has signed the agreement; the proposal's ref."""
    ref = decidable(world)[0]
    voted(world, ref)
    world.do("decision decide", user="carla", ref=ref)
    world.do("agreement draft", user="anna", ref=ref)
    world.do("agreement sign", user="fatima", ref=f"A{ref}")
    return ref


def reopened_at_the_last_signature(world: World, ref: str) -> None:
    """The chair signed last and took the decision back before the service let the agreement hold."""
    with world.uow("carla") as uow:
        drafting.sign(uow, ref=f"A{ref}")
        decisions.reopen(uow, ref=ref, reason="cofinanciering viel weg")
    world.drain()


def test_an_agreement_signed_by_all_is_drafted_anew_after_the_decision_was_taken_back(database_url: str) -> None:
    with founded(database_url) as world:
        ref = drafted(world)
        agreement = f"A{ref}"
        reopened_at_the_last_signature(world, ref)
        assert world.ask("agreement show", ref=agreement)["state"] == "signed"
        with pytest.raises(NotADecidedProposal):
            world.do("agreement activate", user="anna", ref=agreement)
        with pytest.raises(NotADecidedProposal):
            world.do("agreement draft", user="anna", ref=ref)
        voted(world, ref)
        world.do("decision decide", user="carla", ref=ref, amount_cents=30_000_00)

        with pytest.raises(AwardChanged):  # what everybody signed is not what was decided
            world.do("agreement activate", user="anna", ref=agreement)
        commands = [item["command"] for item in world.ask("inbox", user="anna")["items"]]
        assert f"fund agreement draft {ref}" in commands
        world.do("agreement draft", user="anna", ref=ref)

        shown = world.ask("agreement show", ref=agreement)
        assert (shown["state"], shown["award_cents"], shown["unsigned"]) == ("drafted", 30_000_00, ["gm0351", "fund"])
        for name in ("fatima", "carla"):
            world.do("agreement sign", user=name, ref=agreement)
        assert world.ask("agreement show", ref=agreement)["state"] == "active"
        assert world.ask("proposal show", ref=ref)["state"] == "agreed"
        assert world.balances()["9000"] == 30_000_00
        assert verify(world.fund.engine)["ok"]


def test_a_text_from_before_a_reopening_does_not_hold_though_the_amount_is_the_same(database_url: str) -> None:
    with founded(database_url) as world:
        ref = drafted(world)
        agreement = f"A{ref}"
        world.both("decision reopen", user="carla", second="carl", ref=ref, reason="een voorwaarde vergeten")
        voted(world, ref)
        world.do("decision decide", user="carla", ref=ref)

        with pytest.raises(DecidedAnew) as refused:  # the lead signed what was agreed the first time
            world.do("agreement sign", user="carla", ref=agreement)
        assert refused.value.details["reopened_on"] == date(2026, 2, 2)
        commands = [item["command"] for item in world.ask("inbox", user="anna")["items"]]
        assert f"fund agreement draft {ref}" in commands
        assert not [item for item in world.ask("inbox", user="carla")["items"] if agreement in item["command"]]
        world.do("agreement draft", user="anna", ref=ref)

        assert world.ask("agreement show", ref=agreement)["unsigned"] == ["gm0351", "fund"]
        for name in ("fatima", "carla"):
            world.do("agreement sign", user=name, ref=agreement)
        assert world.ask("agreement show", ref=agreement)["state"] == "active"


def test_what_everybody_signed_as_it_was_decided_is_not_drafted_anew(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref = drafted(world)
        with world.uow("carla") as uow:
            drafting.sign(uow, ref=f"A{ref}")
            uow.maker = uow.user("anna")
            with pytest.raises(SignedAsDecided):
                drafting.draft(uow, ref=ref)
        world.drain()
        with world.snapshot() as snapshot:
            assert snapshot.case(Agreement, f"A{ref}").state == "active"
        with pytest.raises(TransitionNotAllowed):
            world.do("agreement draft", user="anna", ref=ref)


def test_a_decision_is_taken_back_by_two_of_the_committee_who_are_free(database_url: str) -> None:
    with founded(database_url) as world:
        ref = drafted(world)
        said = {"ref": ref, "reason": "cofinanciering viel weg"}
        made = world.do("decision reopen", user="carla", **said)
        with pytest.raises(SameHands):
            world.do("confirm", user="carla", ref=made["pending"])
        world.do("confirm", user="carl", ref=made["pending"])
        assert world.ask("proposal show", ref=ref)["state"] == "decidable"
        assert world.balances().get("9000", 0) == 0


def test_who_reviewed_it_does_not_take_the_decision_back(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref = drafted(world)
        panel = world.ask("review show", ref=ref)["panel"][0]
        args = {"name": panel["name"], "roles": ["committee_member", "reviewer"], "partner": panel["organisation"]}
        world.both("user change", user="petra", second="carla", **{k: v for k, v in args.items() if v is not None})
        made = world.do("decision reopen", user="carla", ref=ref, reason="cofinanciering viel weg")

        with pytest.raises(NotAVoter, match="reviewed this proposal"):
            world.do("confirm", user=panel["name"], ref=made["pending"])


def test_who_voted_for_an_award_does_not_find_its_conditions_met(database_url: str) -> None:
    with founded(database_url) as world:
        ref = decidable(world)[0]
        world.user("nina", "committee_member", partner="gm0310")
        voted(world, ref)
        condition = "gm0351;raadsbesluit;2026-05-01;De raad stelt de eigen bijdrage beschikbaar"
        world.do("decision decide", user="carla", ref=ref, conditions=[condition])
        world.do("decision evidence", user="fatima", ref=ref, number=1, file=as_file(b"besluit", "b.pdf"))
        made = world.do("decision meet-conditions", user="anna", ref=ref)

        with pytest.raises(SameHands):  # carl voted
            world.do("confirm", user="carl", ref=made["pending"])
        world.do("confirm", user="nina", ref=made["pending"])

        assert world.ask("proposal show", ref=ref)["state"] == "approved"


def test_more_time_for_one_condition_takes_none_from_another(database_url: str) -> None:
    with founded(database_url) as world:
        ref = decidable(world)[0]
        voted(world, ref)
        early, late = "gm0351;brief;2026-03-02;Brief", "gm0351;besluit;2026-06-01;Besluit"
        world.do("decision decide", user="carla", ref=ref, conditions=[early, late])
        world.do("decision evidence", user="carla", ref=ref, number=1, extend_to=date(2026, 4, 1))

        world.clock(date(2026, 4, 2))
        assert world.ask("proposal show", ref=ref)["state"] == "conditional"
        world.clock(date(2026, 6, 2))
        assert world.ask("proposal show", ref=ref)["state"] == "lapsed"
