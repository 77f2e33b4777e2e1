"""Awards in two processes at the same moment: what is free, the ceiling and the share of roll-outs are judged under the
lock, so that exactly one goes through where only one fits.
"""

from __future__ import annotations

import pytest

from fund.checks import verify
from fund.errors.reviews import AwardAboveRolloutCap
from fund.schemas.proposals import Proposal
from tests.factories import World, founded
from tests.workflows.deciding import decidable, voted
from tests.workflows.racing import raced


def raced_awards(world: World, url: str, refs: list[str]) -> list[str]:
    """Two decisions, each in a process of its own; the codes, sorted."""
    return sorted(raced(url, [("carla", "decision decide", {"ref": ref}) for ref in refs]))


@pytest.mark.parametrize(
    ("cents", "ceiling_cents", "refused"),
    [(65_000_00, 200_000_00, "insufficient_free_to_commit"), (500_000_00, 70_000_00, "award_above_ceiling")],
)
def test_of_two_processes_only_one_award_fits(database_url: str, cents: int, ceiling_cents: int, refused: str) -> None:
    with founded(database_url) as world:
        refs = decidable(world, cents=cents, ceiling_cents=ceiling_cents, count=2)  # each asks 40,000.00
        for ref in refs:
            voted(world, ref)

        assert raced_awards(world, database_url, refs) == sorted(["done", refused])

        assert world.balances()["9000"] == 40_000_00
        assert world.ask("round show", ref="2026-1")["round"]["committed_cents"] == 40_000_00
        states = sorted(world.ask("proposal show", ref=ref)["state"] for ref in refs)
        assert states == ["approved", "decidable"]
        assert verify(world.fund.engine)["ok"]


def test_of_two_roll_outs_only_one_fits_in_their_share_of_the_round(database_url: str) -> None:
    with founded(database_url) as world:
        refs = decidable(world, cents=202_500_00, count=2)  # 197,500.00 is free, 40 % is 79,000.00, each asks 40,000.00
        rolled_out(world, refs)
        for ref in refs:
            voted(world, ref)

        assert raced_awards(world, database_url, refs) == ["award_above_rollout_cap", "done"]

        left = next(ref for ref in refs if world.ask("proposal show", ref=ref)["state"] == "decidable")
        with pytest.raises(AwardAboveRolloutCap) as refused:
            world.do("decision decide", user="carla", ref=left)
        assert (refused.value.details["cap_cents"], refused.value.details["difference_cents"]) == (39_000_00, 1_000_00)
        world.do("decision decide", user="carla", ref=left, amount_cents=39_000_00)


def rolled_out(world: World, refs: list[str]) -> None:
    """The proposals are roll-outs: what follows from an agreement, told without its years."""
    with world.uow("anna") as uow:
        for ref in refs:
            case = uow.case(Proposal, ref)
            form = case.form.model_copy(update={"sort": "rollout"})
            uow.store.cases.put([(case.replace(form=form), uow.version(case))])
