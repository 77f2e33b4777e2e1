"""A proposal of (nearly) every partner: nobody is free to judge it, so the rule of necessity decides."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from fund.schemas.capital import Partner
from tests.factories import World, a_proposal_file, as_file
from tests.roads import road
from tests.workflows.deciding import CLOSED, LEAD, MEMBERS, money, round_of, score_file

EXTERNALS = ("ed", "els", "emma")
DAY = date(2026, 1, 6)


def signer(partner: str) -> str:
    """Who signs for a partner."""
    return f"tekent-{partner}"


def voter(partner: str) -> str:
    """Who votes for a partner in the full board: another signatory, who did not sign."""
    return f"stemt-{partner}"


@road
def gathered(world: World) -> list[str]:
    """The 34 partners, each with two signatories, the fund's own office, external reviewers, a committee, money."""
    world.partners()
    with world.snapshot() as snapshot:
        partners = [partner.ref for partner in snapshot.cases(Partner)]
    for partner in partners:
        world.user(signer(partner), "partner_signatory", partner=partner)
        world.user(voter(partner), "partner_signatory", partner=partner)
    for name in EXTERNALS:
        world.user(name, "reviewer")
    for name, partner in MEMBERS.items():
        world.user(name, "committee_member", partner=partner)
    world.people()
    world.user("dora", "deputy_chair")
    money(world, 500_000_00)
    return partners


@road
def proposed(world: World, parties: Iterable[str]) -> str:
    """A proposal of all these, confirmed by each, submitted and found eligible, its round closed; the ref."""
    others = tuple(party for party in parties if party != LEAD)
    round_ = round_of(world)
    content = a_proposal_file(round=round_, ask_cents=60_000_00, co_applicants=others)
    ref = str(world.do("proposal draft", user=signer(LEAD), file=as_file(content))["result"]["ref"])
    for party in others:
        world.do("proposal confirm", user=signer(party), ref=ref, informed_on=date(2026, 1, 5))
    world.do("proposal submit", user=signer(LEAD), ref=ref)
    world.do("proposal find-eligible", user="anna", ref=ref)
    world.clock(CLOSED)
    return ref


@road
def advised(world: World, ref: str, **scores: int) -> None:
    """The externals gave their advice; the full board can vote."""
    world.do("review open", user="anna", ref=ref, necessity=True)
    given = dict.fromkeys(CRITERIA, 3) | scores
    for name in EXTERNALS:
        world.do("review score", user=name, ref=ref, file=as_file(score_file(given)))


CRITERIA = ("ambition", "interests", "people", "organisation", "process", "learning", "business_case", "exit")


def votes(world: World, ref: str, partners: Iterable[str], choice: str = "for") -> None:
    """Partners vote by the signatory who did not sign."""
    for partner in partners:
        world.do("decision vote", user=voter(partner), ref=ref, choice=choice)
