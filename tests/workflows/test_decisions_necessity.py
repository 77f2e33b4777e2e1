"""The rule of necessity: all 34 take part, and the proposal still comes to a lawful decision, and to its money."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fund.checks import verify
from fund.errors.people import ConflictOfInterest, SameHands
from fund.errors.reviews import (
    CommitteeQuorumNotMet,
    GateIsBinding,
    NotAVoter,
    ObjectionVotesMissing,
    QuorumNotFeasible,
    ReasonsPerCriterionMissing,
)
from tests.factories import World, as_file, as_text, founded
from tests.workflows.deciding import CLOSED, LEAD
from tests.workflows.money_out import IBAN, OURS
from tests.workflows.necessity import advised, gathered, proposed, signer, voter, votes


def test_all_thirty_four_take_part_from_draft_to_the_first_payment(database_url: str) -> None:
    with founded(database_url) as world:
        partners = gathered(world)
        world.user("seb", "treasurer", partner="gm0344", seconded=True)
        world.user("tom", "treasurer", partner="gm0310")
        ref = proposed(world, partners)
        assert len(world.ask("proposal show", ref=ref)["parties"]) == 34
        with pytest.raises(QuorumNotFeasible):
            world.do("review open", user="anna", ref=ref)
        advised(world, ref)

        file = world.ask("decision show", ref=ref)
        assert file["prepared"]["necessity"] is True
        assert (file["body"], file["seats"]) == ("board", {"of": 34, "filled": 34, "free": 34, "voted": 0})
        for who in ("carl", "carla"):  # a member of a party; the chair, who has no vote in the board
            with pytest.raises((ConflictOfInterest, NotAVoter)):
                world.do("decision vote", user=who, ref=ref, choice="for")
        with pytest.raises(NotAVoter, match="signed this proposal"):
            world.do("decision vote", user=signer(LEAD), ref=ref, choice="for")
        papers = {who: world.ask("decision show", ref=ref, user=who) for who in (voter(LEAD), signer(LEAD))}
        assert papers[voter(LEAD)]["prepared"]["advice"] == "positive"  # who votes reads the papers
        assert papers[signer(LEAD)]["prepared"] is None
        votes(world, ref, partners[:17])
        with pytest.raises(CommitteeQuorumNotMet, match="partners present: 17 of 18"):
            world.do("decision decide", user="carla", ref=ref)
        votes(world, ref, partners[17:30])
        votes(world, ref, partners[30:], "against")
        decided = world.do("decision decide", user="carla", ref=ref, amount_cents=50_000_00)["events"][0]["payload"]

        assert decided["necessity"] is True
        assert len(decided["disclosed"]) == 34
        assert {decided["disclosed"][LEAD], *decided["disclosed"].values()} == {"lead", "co_applicant"}
        assert len(decided["votes"]) == 34

        agreement = agreed(world, ref, partners)
        paid(world, agreement)

        assert as_text(world.entries()[-1]).splitlines() == [
            "2026-02-06 payment.settled D2026-0001 betaald (S2026-001)",
            "  Dr 1010 5000000",
            "    Cr 1000 5000000",
        ]
        balances = world.balances()
        assert (balances.get("9000", 0), balances["1200"], balances["4000"]) == (0, 35_000_00, 15_000_00)
        assert verify(world.fund.engine)["ok"]


def agreed(world: World, ref: str, partners: list[str]) -> str:
    """Drafted by the office, signed by all 34 and the chair; it holds by itself. The ref."""
    world.do("agreement draft", user="anna", ref=ref)
    agreement = f"A{ref}"
    for partner in partners:
        world.do("agreement sign", user=signer(partner), ref=agreement)
    assert world.ask("agreement show", ref=agreement)["state"] == "drafted"
    world.do("agreement sign", user="carla", ref=agreement)
    assert world.ask("agreement show", ref=agreement)["state"] == "active"
    return agreement


def paid(world: World, agreement: str) -> None:
    """The milestone is accepted and paid by the fund's own people, one of them seconded; nobody of a party may."""
    world.both("bank register", user="anna", second="bram", iban=OURS, account="1000")
    account = {"partner": LEAD, "iban": IBAN, "name": "Gemeente Woudenberg", "requested_by": signer(LEAD)}
    world.both("payee record", user="anna", second="bram", **account)
    world.clock(CLOSED + timedelta(days=4))
    shown = {"name": "verslag.pdf", "content": b"verslag"}
    world.do("milestone evidence", user=signer(LEAD), ref=f"{agreement}-1", files=[shown])
    world.do("milestone accept", user="anna", ref=f"{agreement}-1", met=[1])
    asked = world.do("disbursement request", user=signer(LEAD), ref=agreement, milestone=1)["result"]["ref"]
    world.do("disbursement check", user="anna", ref=asked)
    with pytest.raises(ConflictOfInterest):
        world.do("disbursement approve", user="tom", ref=asked)
    world.do("disbursement approve", user="seb", ref=asked)  # seconded: counts as the fund's
    batch = world.do("payment batch", user="anna2", refs=[asked])["result"]["ref"]
    with pytest.raises(SameHands):  # approved a line of it
        world.do("payment send", user="seb", ref=batch)
    world.both("payment send", user="bram", second="bram2", ref=batch)
    world.do("payment settle", user="bram", ref=asked)


def test_two_thirds_of_the_full_board_are_needed(database_url: str) -> None:
    with founded(database_url) as world:
        partners = gathered(world)
        ref = proposed(world, partners)
        advised(world, ref)
        votes(world, ref, partners[:22])
        votes(world, ref, partners[22:], "against")  # 22 of 34 is no two thirds

        with pytest.raises(ReasonsPerCriterionMissing) as refused:
            world.do("decision decide", user="carla", ref=ref)
        world.do("decision decide", user="carla", ref=ref, reasons=["business_case=te veel risico"])

        assert refused.value.details["outcome"] == "rejected"
        assert world.ask("proposal show", ref=ref)["state"] == "rejected"
        objection(world, ref, partners)


def objection(world: World, ref: str, partners: list[str]) -> None:
    """The objection is the full board's too: it stands unless two thirds would reopen it."""
    world.do("proposal object", user=signer(LEAD), ref=ref, grounds="De businesscase is doorgerekend.")
    said = {"reason": "zie advies", "file": as_file(b"extern advies", "advies.pdf")}
    for partner in partners[:17]:
        world.do("decision vote", user=voter(partner), ref=ref, choice="reopen")
    with pytest.raises(SameHands):  # the chair decided it
        world.do("decision decide-objection", user="carla", ref=ref, uphold=False, **said)
    with pytest.raises(ObjectionVotesMissing, match="17 of 18"):
        world.do("decision decide-objection", user="dora", ref=ref, uphold=False, **said)
    for number, partner in enumerate(partners[17:]):
        world.do("decision vote", user=voter(partner), ref=ref, choice="reopen" if number < 6 else "uphold")
    fact = world.do("decision decide-objection", user="dora", ref=ref, uphold=True, **said)["events"][0]
    assert fact["type"] == "decision.reopened"
    assert len(fact["payload"]["disclosed"]) == 34
    assert world.ask("proposal show", ref=ref)["state"] == "decidable"


def test_where_three_are_unconflicted_their_own_majority_is_needed_too(database_url: str) -> None:
    with founded(database_url) as world:
        partners = gathered(world)
        free = ["gm0310", "gm0312", "gm0313"]
        ref = proposed(world, [partner for partner in partners if partner not in free])
        advised(world, ref)
        votes(world, ref, [partner for partner in partners if partner not in free])

        with pytest.raises(CommitteeQuorumNotMet, match="partners without a conflict: 0 of 1"):
            world.do("decision decide", user="carla", ref=ref)
        votes(world, ref, free[:1])
        votes(world, ref, free[1:], "against")
        with pytest.raises(ReasonsPerCriterionMissing) as refused:
            world.do("decision decide", user="carla", ref=ref)
        fact = world.do("decision decide", user="carla", ref=ref, reasons=["interests=anderen betalen mee"])["events"][
            0
        ]

        assert refused.value.details["outcome"] == "rejected"
        assert fact["type"] == "decision.rejected"
        assert set(fact["payload"]["disclosed"]) == set(partners) - set(free)


def test_under_necessity_a_gate_that_the_externals_find_missed_binds_the_board(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        partners = gathered(world)
        ref = proposed(world, partners)
        advised(world, ref, learning=1)
        votes(world, ref, partners[:24])

        with pytest.raises(GateIsBinding, match="learning"):
            world.do("decision decide", user="carla", ref=ref, reasons=["toch doen"])
