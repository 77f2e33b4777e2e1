"""A government joins after the start: known as a candidate, quoted, voted on by everybody, called at par (K11)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import pytest

from fund.checks import verify
from fund.contributions.calling import key_in_force
from fund.errors.capital import AccessionChanged, FaultyPartnerFile, NotACandidate, PartnerKnown, PartnerNameTaken
from fund.errors.commands import ReasonMissing, TransitionNotAllowed
from fund.errors.people import ConflictOfInterest, NotAuthorised, UnknownPartner
from fund.rules.keys import rescale
from tests.factories import World, as_file, founded
from tests.workflows.test_partners import HEADER, SIGNATORIES, three

SOEST = f"{HEADER}\ngm0342,Gemeente Soest,Soest,municipality,medium,46000,2021,rg-regio-amersfoort".encode()
REASON = "wij doen graag mee"


def ready(world: World) -> World:
    """Three partners that were called, a candidate with a signatory, a chair and a deputy."""
    three(world)
    world.people()
    world.user("dora", "deputy_chair")
    world.both("capital call", user="anna", second="bram", amount=10_000_000)
    world.do("partner add", user="anna", file=as_file(SOEST))
    world.user("sara", "partner_signatory", partner="gm0342")
    return world


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    with founded(sqlite_url) as made:
        yield ready(made)


def asked(world: World) -> str:
    """The candidate asked, the chair agreed; the ref of the resolution."""
    answer = world.both("partner admit", user="sara", second="carla", ref="gm0342", reason=REASON)
    return str(answer["events"][0]["payload"]["ref"])


def voted(world: World, ref: str, *against: str) -> None:
    for name in SIGNATORIES.values():
        world.do("decision vote", user=name, ref=ref, choice="against" if name in against else "for")


def state(world: World, ref: str = "gm0342") -> str:
    return str(world.ask("partner show", ref=ref)["partner"]["state"])


def lines(world: World, user: str) -> list[str]:
    return [item["command"] for item in world.ask("inbox", user=user)["items"]]


def weights(world: World) -> dict[str, Fraction]:
    with world.snapshot() as snapshot:
        key = key_in_force(snapshot, snapshot.today)
        there = [row["id"] for row in world.ask("partner list")["partners"] if row["state"] == "active"]
        return rescale({each: Fraction(share) for each, share in key.weights.items()}, there)


def test_a_candidate_is_known_and_takes_no_part(world: World) -> None:
    assert state(world) == "candidate"
    world.both("capital call", user="anna", second="bram", amount=300)
    assert world.ask("capital list", partner="gm0342")["calls"] == []
    assert sum(row["share_bps"] for row in world.ask("partner list")["partners"]) == 10_000
    assert "fund partner admit gm0342 --reason TEXT" in lines(world, "sara")
    quote = world.ask("partner accession-quote", ref="gm0342")
    assert quote["key"] == "2026"
    assert 0 < Fraction(quote["share"]) < 1
    capital, share = 10_000_300, Fraction(quote["share"])
    assert 0 <= quote["par_cents"] - capital * share / (1 - share) < 1, "a cent of rounding is the others'"


def test_two_thirds_admit_it_and_it_is_called_at_par(database_url: str) -> None:
    with founded(database_url) as world:
        ready(world)
        before = weights(world)
        quote = world.ask("partner accession-quote", ref="gm0342")
        ref = asked(world)
        assert "fund partner admit gm0342 --reason TEXT" not in lines(world, "sara")
        shown = world.ask("decision show", ref=ref, user="bea")
        assert shown["resolution"]["terms"]["par_cents"] == quote["par_cents"]
        voted(world, ref, "bo")
        assert state(world) == "candidate"

        world.do("decision decide", user="dora", ref=ref)

        assert state(world) == "active"
        after = weights(world)
        assert after["gm0342"] == Fraction(quote["share"])
        assert {each: after[each] / (1 - after["gm0342"]) for each in before} == before, "the others are only re-scaled"
        command = (
            f"fund capital call --partner gm0342 --amount {quote['par_cents'] // 100}.{quote['par_cents'] % 100:02d}"
        )
        assert command in lines(world, "anna")
        world.both("capital call", user="anna", second="bram", partner="gm0342", amount=quote["par_cents"])
        assert command not in lines(world, "anna")
        rows = {row["id"]: row for row in world.ask("partner list")["partners"]}
        total = sum(row["called_cents"] for row in rows.values())
        assert abs(Fraction(rows["gm0342"]["called_cents"], total) - Fraction(quote["share"])) < Fraction(1, total)

        world.both("capital call", user="anna", second="bram", amount=1_000_000)
        assert sum(call["called_cents"] for call in world.ask("capital list")["calls"][-4:]) == 1_000_000
        assert world.ask("capital list", partner="gm0342")["calls"][-1]["key"] == "2026"
        shown = world.ask("key show")["partners"]
        assert sum(row["share_bps"] for row in shown) == 10_000
        assert verify(world.fund.engine)["ok"]


def test_less_than_two_thirds_leave_it_a_candidate_that_may_ask_again(world: World) -> None:
    ref = asked(world)
    voted(world, ref, "bo", "bob")
    world.do("decision decide", user="dora", ref=ref)
    assert state(world) == "candidate"
    assert "fund partner admit gm0342 --reason TEXT" in lines(world, "sara")
    assert asked(world) != ref


def test_what_was_voted_on_must_still_hold(world: World) -> None:
    ref = asked(world)
    voted(world, ref)
    world.both("capital call", user="anna", second="bram", amount=5_000_000)
    with pytest.raises(AccessionChanged) as refused:
        world.do("decision decide", user="dora", ref=ref)
    assert refused.value.details["partner"] == "gm0342"
    assert state(world) == "candidate"
    again = asked(world)
    voted(world, again)
    world.do("decision decide", user="dora", ref=again)
    assert state(world) == "active"


def test_only_its_own_signatory_asks_and_only_the_chair_agrees(world: World) -> None:
    with pytest.raises(NotAuthorised):
        world.do("partner admit", user="bea", ref="gm0342", reason=REASON)
    with pytest.raises(NotAuthorised):
        world.do("partner admit", user="anna", ref="gm0342", reason=REASON)
    with pytest.raises(ReasonMissing):
        world.do("partner admit", user="sara", ref="gm0342", reason=" ")
    made = world.do("partner admit", user="sara", ref="gm0342", reason=REASON)
    world.user("wil", "deputy_chair", partner="gm0342")
    confirmation = f"fund confirm {made['pending']}"
    assert confirmation in lines(world, "carla")
    assert confirmation not in lines(world, "wil"), "it is its own partner's case"
    with pytest.raises(NotAuthorised):
        world.do("confirm", user="bram", ref=made["pending"])
    world.do("confirm", user="carla", ref=made["pending"])
    with pytest.raises(ConflictOfInterest):
        world.do("decision decide", user="wil", ref="R2026-0001")


def test_what_cannot_be_is_refused_by_name(world: World) -> None:
    with pytest.raises(PartnerKnown):
        world.do("partner add", user="anna", file=as_file(SOEST))
    with pytest.raises(FaultyPartnerFile):
        world.do("partner add", user="anna", file=as_file(b"id\n"))
    with pytest.raises(NotACandidate):
        world.ask("partner accession-quote", ref="gm0308")
    with pytest.raises(UnknownPartner):
        world.ask("partner accession-quote", ref="gm9999")
    with pytest.raises(TransitionNotAllowed):
        world.do("partner admit", user="bea", ref="gm0308", reason=REASON)


def test_nobody_joins_under_the_name_of_a_supplier(world: World) -> None:
    """What the partner is owed later would go to an account that none of its signatories asked for."""
    file = {"name": "factuur.pdf", "content": b"%PDF- factuur"}
    account = {"iban": "NL02ABNA0123456789", "name": "Drukkerij De Eend"}
    world.both("payee record", user="anna", second="bram", supplier="gm0355", file=file, **account)
    zeist = SOEST.replace(b"gm0342", b"gm0355").replace(b"Soest", b"Zeist")
    with pytest.raises(PartnerNameTaken) as refused:
        world.do("partner add", user="anna", file=as_file(zeist))
    assert refused.value.details == {"partner": "gm0355", "payee_ref": "gm0355-1"}
