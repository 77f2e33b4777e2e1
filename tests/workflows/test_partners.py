"""Partners come in, keys are compared, proposed and voted."""

from __future__ import annotations

import hashlib
import json
from datetime import date

import pytest

from fund.checks import verify
from fund.contributions.letters import explained
from fund.errors.capital import (
    AlreadyVoted,
    AmountNotPositive,
    FaultyKeyFile,
    FaultyPartnerFile,
    FoundersOnly,
    InhabitantsMissing,
    KeyExists,
    KeyLeavesNothing,
    KeyReachesBack,
    NoActivePartners,
    NotTakingPart,
    UnknownVote,
)
from fund.errors.commands import TransitionNotAllowed, UnknownRef
from fund.errors.people import NotAuthorised
from fund.errors.reviews import CommitteeQuorumNotMet, DecidedByVotesAlone
from fund.events import canonical_json
from fund.events.capital import KeyVoted
from fund.rules.keys import reference_years
from fund.rules.regulations import standard
from fund.schemas.capital import DistributionKey, Partner
from fund.workflows.partners.keys import vote_on_key
from tests.factories import PARTNERS_CSV, World, as_file, founded
from tests.roads import road

HEADER = "id,naam,korte_naam,kind_en,size_class_en,inwoners,inwoners_peiljaar,regio_id"
THREE = "\n".join(
    [
        HEADER,
        "gm0308,Gemeente Baarn,Baarn,municipality,small,24800,2021,rg-regio-amersfoort",
        "gm0312,Gemeente Bunnik,Bunnik,municipality,small,15347,2021,rg-u10",
        "gm0313,Gemeente Bunschoten,Bunschoten,municipality,small,22033,2021,rg-regio-amersfoort",
    ]
).encode()
BY_INHABITANTS = b"""
name = "inwoners-2021"
family = "inhabitants"
from_on = 2026-01-05
reference_year = 2021
"""
SIGNATORIES = {"gm0308": "bea", "gm0312": "bob", "gm0313": "bo"}


@road
def three(world: World) -> None:
    """Three municipalities with a signatory each."""
    world.do("partner import", user="anna", file=as_file(THREE))
    for partner, name in SIGNATORIES.items():
        world.user(name, "partner_signatory", partner=partner)


def vote(world: World, name: str, ref: str, choice: str) -> dict[str, object]:
    with world.uow(name) as uow:
        vote_on_key(uow, ref=ref, choice=choice)
        return dict(uow.result)


def test_the_34_take_part_at_once_and_the_founding_key_holds_over_them(database_url: str) -> None:
    with founded(database_url) as world:
        answer = world.do("partner import", user="anna", file=as_file(PARTNERS_CSV.read_bytes()))

        assert answer["result"] == {"partners_new": 34, "partners_known": 0}
        assert [event["type"] for event in answer["events"]].count("partner.admitted") == 34
        assert answer["events"][-1]["type"] == "key.adopted"
        listed = world.ask("partner list")["partners"]
        assert len(listed) == 34
        assert {row["state"] for row in listed} == {"active"}
        assert sum(row["share_bps"] for row in listed) == 10_000
        assert [row["share_bps"] for row in listed if row["id"] == "pv26"] == [1500]
        key = world.ask("key show")
        assert key["key"]["name"] == "2026"
        assert key["key"]["founding"]
        assert sum(row["share_bps"] for row in key["partners"]) == 10_000


def test_the_same_file_again_changes_nothing(database_url: str) -> None:
    with founded(database_url) as world:
        world.partners()

        answer = world.do("partner import", user="anna", file=as_file(PARTNERS_CSV.read_bytes()))

        assert answer["result"] == {"partners_new": 0, "partners_known": 34}
        assert answer["event_count"] == 0


def test_a_partner_is_shown_with_what_it_is_and_paid(database_url: str) -> None:
    with founded(database_url) as world:
        world.partners()
        world.both("capital call", user="anna", second="bram", amount=100_000, partner="gm0308")

        shown = world.ask("partner show", ref="gm0308")

        assert shown["partner"] == {
            "id": "gm0308",
            "name": "Gemeente Baarn",
            "short_name": "Baarn",
            "kind": "municipality",
            "state": "active",
            "size_class": "small",
            "region": "rg-regio-amersfoort",
            "inhabitants": 24800,
            "inhabitants_year": 2021,
            "joined_on": "2026-01-05",
            "founder": True,
            "share_bps": 10_000,
            "called_cents": 100_000,
            "paid_in_cents": 0,
        }
        assert [call["ref"] for call in shown["calls"]] == ["B2026-0001"]


def test_after_the_first_call_no_founders_come_any_more(database_url: str) -> None:
    with founded(database_url) as world:
        world.do("partner import", user="anna", file=as_file(THREE))
        world.both("capital call", user="anna", second="bram", amount=100_000)

        with pytest.raises(FoundersOnly) as refused:
            world.partners()

        assert refused.value.details == {"partner": "gm0307", "called_on": date(2026, 1, 5), "call": "B2026-0001"}
        assert len(world.ask("partner list")["partners"]) == 3


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"id,naam\ngm0308,Baarn", 1, "these columns are missing"),
        (f"{HEADER}\nBaarn,Gemeente Baarn,Baarn,municipality,small,1,2021,".encode(), 2, "is not a partner id"),
        (f"{HEADER}\ngm0308,Gemeente Baarn,Baarn,village,small,1,2021,".encode(), 2, "is not a kind of partner"),
        (f"{HEADER}\ngm0308,Gemeente Baarn,Baarn,municipality,small,1.5,2021,".encode(), 2, "not a whole number"),
        (f"{HEADER}\ngm0308,,Baarn,municipality,small,1,2021,".encode(), 2, "the name (naam) is empty"),
        (f"{HEADER}\ngm0308,Gemeente Baarn".encode(), 2, "another number of fields"),
        (THREE + b"\ngm0308,Gemeente Baarn,Baarn,municipality,small,1,2021,", 5, "is on line 2 as well"),
        (HEADER.encode(), 1, "there is no partner in it"),
        (HEADER.encode() + b"\ngm0308,Gemeente \xe9", 2, "it is not UTF-8"),
    ],
)
def test_a_faulty_partner_file_is_refused_whole_with_its_line(
    sqlite_url: str, content: bytes, line: int, problem: str
) -> None:
    with founded(sqlite_url) as world:
        with pytest.raises(FaultyPartnerFile) as refused:
            world.do("partner import", user="anna", file=as_file(content, "partners.csv"))

        assert refused.value.details["line"] == line
        assert problem in str(refused.value)
        assert str(refused.value).startswith(f"partners.csv:{line}:")
        assert world.ask("partner list")["partners"] == []


def test_a_founding_key_keeps_the_year_that_it_was_made_with(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newer program knows a newer year; what was adopted stays explained, and weighs a newcomer by the old one."""
    key = standard().key.model_copy(update={"reference_year": None})
    with founded(sqlite_url, rules=standard().model_copy(update={"key": key})) as world:
        world.do("partner import", user="anna", file=as_file(THREE))
        with world.snapshot() as snapshot:
            adopted = snapshot.case(DistributionKey, "2026")
            assert len(explained(snapshot, adopted)) == 3
        assert adopted.reference_year == reference_years()[-1]
        monkeypatch.setattr("fund.rules.keys.reference_years", lambda: (2030,))
        with world.snapshot() as snapshot:
            assert len(explained(snapshot, adopted)) == 3


def test_a_founding_key_that_takes_more_than_the_whole_is_refused(database_url: str) -> None:
    """By themselves its shares are possible; over these partners they are not."""
    key = standard().key.model_copy(update={"fixed_bps": {"region": 4000}})
    with founded(database_url, rules=standard().model_copy(update={"key": key})) as world:
        with pytest.raises(KeyLeavesNothing, match="for the 26 municipalities"):
            world.do("partner import", user="anna", file=as_file(PARTNERS_CSV.read_bytes()))
        assert world.ask("partner list")["partners"] == []


def test_a_founding_key_without_the_inhabitants_it_needs_is_refused(sqlite_url: str) -> None:
    stranger = f"{HEADER}\ngm9999,Gemeente Nieuw,Nieuw,municipality,small,1200,2021,".encode()
    with founded(sqlite_url) as world:
        with pytest.raises(InhabitantsMissing) as refused:
            world.do("partner import", user="anna", file=as_file(stranger))

        assert refused.value.details == {"partner": "gm9999", "year": 2024, "known": ["2021"]}
        assert world.ask("partner list")["partners"] == []


def test_only_a_fund_manager_imports_partners(sqlite_url: str) -> None:
    with founded(sqlite_url) as world, pytest.raises(NotAuthorised):
        world.do("partner import", user="bram", file=as_file(THREE))


# -------------------------------------------------------------------------------------------------------------- keys


def test_keys_are_compared_side_by_side_and_every_column_makes_the_amount(database_url: str) -> None:
    with founded(database_url) as world:
        world.partners()

        compared = world.ask("key compare", amount=10_000_001)

        assert [key["name"] for key in compared["keys"]] == ["equal", "inhabitants", "base_and_inhabitants", "2026"]
        assert [key["in_force"] for key in compared["keys"]] == [False, False, False, True]
        for key in compared["keys"]:
            assert sum(row["amount_cents"] for row in key["partners"]) == key["total_cents"] == 10_000_001
            assert len(key["partners"]) == 34


def test_nothing_is_compared_without_an_amount_or_partners(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        with pytest.raises(NoActivePartners):
            world.ask("key compare", amount=100)
        world.do("partner import", user="anna", file=as_file(THREE))
        with pytest.raises(AmountNotPositive) as refused:
            world.ask("key compare", amount=0)
        assert refused.value.details == {"command": "key compare", "amount_cents": 0, "least_cents": 1}


def test_within_five_years_a_key_holds_only_when_every_active_partner_agrees(database_url: str) -> None:
    with founded(database_url) as world:
        three(world)
        world.do("key adopt", user="anna", file=as_file(BY_INHABITANTS))

        assert vote(world, "bea", "inwoners-2021", "for") == {"votes": 1, "needed": 3, "active": 3}
        vote(world, "bob", "inwoners-2021", "for")
        assert world.ask("key show", ref="inwoners-2021")["key"]["state"] == "proposed"
        vote(world, "bo", "inwoners-2021", "for")

        key = world.ask("key show")
        assert (key["key"]["name"], key["key"]["state"], key["key"]["early"]) == ("inwoners-2021", "adopted", True)
        assert [row["share"] for row in key["partners"]] == ["1240/3109", "15347/62180", "22033/62180"]


def test_after_five_years_two_thirds_adopt_a_key(database_url: str) -> None:
    with founded(database_url) as world:
        three(world)
        world.people()
        world.clock(date(2031, 1, 6))
        world.do("key adopt", user="anna", file=as_file(BY_INHABITANTS.replace(b"2026-01-05", b"2031-02-01")))
        assert vote(world, "bea", "inwoners-2021", "for")["needed"] == 2
        with pytest.raises(CommitteeQuorumNotMet, match="partners present: 1 of 2"):
            world.do("decision decide", user="carla", ref="inwoners-2021")
        vote(world, "bo", "inwoners-2021", "for")
        assert world.ask("key show", ref="inwoners-2021")["key"]["state"] == "proposed"  # bob may still vote
        assert "fund decision decide inwoners-2021" in [
            item["command"] for item in world.ask("inbox", user="carla")["items"]
        ]

        with pytest.raises(NotAuthorised):
            world.do("decision decide", user="anna", ref="inwoners-2021")
        with pytest.raises(DecidedByVotesAlone):
            world.do("decision decide", user="carla", ref="inwoners-2021", reject=True)
        world.do("decision decide", user="carla", ref="inwoners-2021")

        assert world.ask("key show", as_of=date(2031, 1, 31))["key"]["name"] == "2026"
        assert world.ask("key show", as_of=date(2031, 2, 1))["key"]["name"] == "inwoners-2021"
        assert verify(world.fund.engine)["ok"]


def test_one_vote_against_ends_a_key_that_needs_everybody(database_url: str) -> None:
    with founded(database_url) as world:
        three(world)
        world.do("key adopt", user="anna", file=as_file(BY_INHABITANTS))

        vote(world, "bob", "inwoners-2021", "against")
        vote(world, "bea", "inwoners-2021", "for")
        assert world.ask("key show", ref="inwoners-2021")["key"]["votes"] == {}
        assert vote(world, "bo", "inwoners-2021", "for")["votes_for"] == 2

        key = world.ask("key show", ref="inwoners-2021")["key"]
        assert (key["state"], key["votes"]) == ("rejected", {"gm0308": "for", "gm0312": "against", "gm0313": "for"})
        with pytest.raises(TransitionNotAllowed):
            vote(world, "bea", "inwoners-2021", "for")


def test_a_vote_on_a_key_is_under_seal_and_may_be_changed_until_the_last(database_url: str) -> None:
    with founded(database_url) as world:
        three(world)
        world.do("key adopt", user="anna", file=as_file(BY_INHABITANTS))
        told = [world.do("decision vote", user="bea", ref="inwoners-2021", choice="against", reason="kanarie")]
        told.append(world.do("decision vote", user="bob", ref="inwoners-2021", choice="for", reason="kanarie"))
        trial = world.do("decision vote", user="bo", ref="inwoners-2021", choice="for", reason="kanarie", dry_run=True)
        with world.snapshot() as snapshot:
            facts = [each.fact.payload() for each in snapshot.store.facts.of_stream("key/inwoners-2021")]
        seen = json.dumps([told, trial, facts, world.ask("key show", ref="inwoners-2021"), world.ask("event list")])
        assert "kanarie" not in seen
        assert '"choice"' not in seen
        assert trial["event_count"] == 1  # the last vote of a trial opens nothing
        world.do("decision vote", user="bea", ref="inwoners-2021", choice="for", reason="overtuigd")

        opened = world.do("decision vote", user="bo", ref="inwoners-2021", choice="for")["events"][1]

        assert opened["type"] == "key.adopted"
        votes = {each["organisation"]: (each["choice"], each["reason"]) for each in opened["payload"]["votes"]}
        assert votes == {"gm0308": ("for", "overtuigd"), "gm0312": ("for", "kanarie"), "gm0313": ("for", "")}
        with world.snapshot() as snapshot:
            cast = [each.fact.model_dump() for each in snapshot.store.facts.of_types(("key.vote_sealed",))]
        rows = opened["payload"]["votes"]
        said = [(each["salt"], {"choice": each["choice"], "reason": each["reason"]}) for each in rows]
        made = {hashlib.sha256(f"{salt}\x1f{canonical_json(each)}".encode()).hexdigest() for salt, each in said}
        assert made < {each["commitment"] for each in cast}
        assert len(cast) == 4


def test_votes_that_were_open_before_still_count(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        three(world)
        world.do("key adopt", user="anna", file=as_file(BY_INHABITANTS))
        with world.uow("bea") as uow:
            uow.record(KeyVoted(ref="inwoners-2021", partner="gm0308", choice="for"))
        with pytest.raises(AlreadyVoted):
            vote(world, "bea", "inwoners-2021", "against")
        vote(world, "bob", "inwoners-2021", "for")
        assert vote(world, "bo", "inwoners-2021", "for")["votes_for"] == 3

        key = world.ask("key show", ref="inwoners-2021")["key"]
        assert (key["state"], key["votes"]["gm0308"]) == ("adopted", "for")
        assert verify(world.fund.engine)["ok"]


def test_a_partner_has_one_vote_by_its_own_signatory_and_with_a_known_choice(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        three(world)
        world.user("ben", "partner_signatory", partner="gm0308")
        world.do("key adopt", user="anna", file=as_file(BY_INHABITANTS))
        vote(world, "bea", "inwoners-2021", "for")

        with pytest.raises(AlreadyVoted) as twice:
            vote(world, "ben", "inwoners-2021", "against")
        assert twice.value.details == {"partner": "gm0308", "ref": "inwoners-2021"}
        with pytest.raises(UnknownVote) as unknown:
            vote(world, "bob", "inwoners-2021", "perhaps")
        assert unknown.value.details["known"] == ["for", "against", "abstain"]
        with pytest.raises(NotAuthorised):
            vote(world, "bram", "inwoners-2021", "for")
        with pytest.raises(UnknownRef):
            vote(world, "bob", "inwoners-2022", "for")


def test_a_signatory_of_no_partner_has_no_vote(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        three(world)
        world.user("niemand", "partner_signatory")
        world.do("key adopt", user="anna", file=as_file(BY_INHABITANTS))

        with pytest.raises(NotAuthorised):
            vote(world, "niemand", "inwoners-2021", "for")


def test_a_partner_that_takes_no_part_does_not_vote(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        three(world)
        world.do("key adopt", user="anna", file=as_file(BY_INHABITANTS))

        with world.uow("bea", commit=False) as uow:
            gone = uow.case(Partner, "gm0308").replace(state="notice_given")
            uow.store.cases.put([(gone, 99)])
            uow._cases.clear()
            with pytest.raises(NotTakingPart) as refused:
                vote_on_key(uow, ref="inwoners-2021", choice="for")

        assert refused.value.details["partner"] == "gm0308"


@pytest.mark.parametrize(
    ("content", "place", "problem"),
    [
        (b"name = ", "TOML", ""),
        (b'name = "2027"\nfamily = "equal"', "from_on", "the field is missing"),
        (b'name = "2027"\nfamily = "equal"\nfrom_on = 2027-01-01\nshare = 3', "share", "no such field"),
        (b'name = "2027"\nfamily = "luck"\nfrom_on = 2027-01-01', "family", 'this is "luck"'),
        (
            b'name = "2027"\nfamily = "base_and_inhabitants"\nfrom_on = 2027-01-01\nbase_bps = 9000\n'
            b"fixed_bps = { province = 5000 }",
            "fixed_bps",
            "leave nothing for the municipalities",
        ),
        (
            b'name = "2027"\nfamily = "base_and_inhabitants"\nfrom_on = 2027-01-01\nbase_bps = 2000\n'
            b"fixed_bps = { province = 1500, water_board = 3000 }",
            "fixed_bps",
            "leave nothing for the 26 municipalities",
        ),
        (
            b'name = "2027"\nfamily = "base_and_inhabitants"\nfrom_on = 2027-01-01\nfixed_bps = { waterboard = 300 }',
            "fixed_bps.waterboard",
            "must be one of",
        ),
        (
            b'name = "2027"\nfamily = "base_and_inhabitants"\nfrom_on = 2027-01-01\nfixed_bps = { region = -300 }',
            "fixed_bps.region",
            "must be 0 or more",
        ),
        (b'name = "2027"\nfamily = "equal"\nfrom_on = 2027-01-01\nbase_bps = 300', "base_bps", "does not use it"),
    ],
)
def test_a_faulty_key_file_is_refused_with_its_place(sqlite_url: str, content: bytes, place: str, problem: str) -> None:
    with founded(sqlite_url) as world:
        world.partners()

        with pytest.raises(FaultyKeyFile) as refused:
            world.do("key adopt", user="anna", file=as_file(content, "sleutel.toml"))

        assert refused.value.details["place"] == place
        assert problem in str(refused.value)


def test_a_key_has_a_name_of_its_own_and_never_reaches_back(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        three(world)

        with pytest.raises(KeyExists) as known:
            world.do("key adopt", user="anna", file=as_file(BY_INHABITANTS.replace(b"inwoners-2021", b"2026")))
        assert known.value.details == {"key": "2026", "state": "adopted"}
        with pytest.raises(KeyReachesBack) as back:
            world.do("key adopt", user="anna", file=as_file(BY_INHABITANTS.replace(b"2026-01-05", b"2026-01-04")))
        assert back.value.details == {"key": "inwoners-2021", "from_on": date(2026, 1, 4), "today": date(2026, 1, 5)}


def test_a_key_is_voted_with_the_command_for_any_matter_of_a_body(database_url: str) -> None:
    with founded(database_url) as world:
        three(world)
        world.do("key adopt", user="anna", file=as_file(BY_INHABITANTS))

        for name in SIGNATORIES.values():
            assert any("inwoners-2021" in item["command"] for item in world.ask("inbox", user=name)["items"])
            world.do("decision vote", user=name, ref="inwoners-2021", choice="for")
            assert world.ask("inbox", user=name)["items"] == []

        assert world.ask("key show")["key"]["name"] == "inwoners-2021"
