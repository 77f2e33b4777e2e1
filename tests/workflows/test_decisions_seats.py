"""The seats of the committee: one vote each, the member's before the deputy's; a quorum over seats, not over people."""

from __future__ import annotations

import pytest

from fund.errors.people import LastAdmin, NoDeputy, NoSeatLeft
from fund.errors.reviews import CommitteeQuorumNotMet, NotAVoter
from tests.factories import World, founded
from tests.workflows.deciding import decidable, eligible, money, peopled, reviewed, voted


def deputy(world: World, name: str, of: str, partner: str) -> str:
    """Somebody who votes for the seat of ``of`` when needed; the user id."""
    args = {"name": name, "roles": ["committee_member"], "partner": partner, "deputy_of": of}
    answer = world.both("user add", user="petra", second="carla", **args)
    return str(answer["events"][0]["payload"]["ref"])


def test_a_deputy_votes_where_the_member_has_a_conflict(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        money(world, 500_000_00)
        deputy(world, "wies", of="wil", partner="ws0155")
        ref = eligible(world, adopters=("ws0621", "rg-regio-foodvalley"))[0]  # of wil and of roos
        reviewed(world, ref)
        shown = world.ask("decision show", ref=ref)
        voted(world, ref, carl="for", wies="for")

        with pytest.raises(
            CommitteeQuorumNotMet, match="votes of the seats without a conflict: 2 of 3"
        ):  # of carl, cees, wies, carla
            world.do("decision decide", user="carla", ref=ref)
        voted(world, ref, cees="for")
        world.do("decision decide", user="carla", ref=ref)

        assert sorted(each["name"] for each in shown["barred"]) == ["roos", "wil"]
        assert sorted(each["name"] for each in shown["voters"]) == ["carl", "carla", "cees", "wies"]
        assert shown["seats"] == {"of": 9, "filled": 5, "free": 4, "voted": 0}
        votes = world.ask("decision show", ref=ref)["votes"]
        assert sorted(each["name"] for each in votes) == ["carl", "cees", "wies"]


def test_a_seat_votes_once_and_the_member_goes_before_the_deputy(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        deputy(world, "wies", of="wil", partner="ws0155")
        money(world, 500_000_00)
        ref = eligible(world)[0]
        reviewed(world, ref)
        voted(world, ref, wies="against")  # wil is absent
        assert world.ask("decision show", ref=ref)["seats"]["voted"] == 1
        voted(world, ref, wil="for", carl="for", cees="against")
        assert world.ask("decision show", ref=ref)["seats"]["voted"] == 3

        with pytest.raises(NotAVoter, match="wil voted for this seat"):
            world.do("decision vote", user="wies", ref=ref, choice="against")
        world.do("decision decide", user="carla", ref=ref)

        votes = world.ask("decision show", ref=ref)["votes"]
        assert sorted((each["name"], each["choice"]) for each in votes) == [
            ("carl", "for"),
            ("cees", "against"),
            ("wil", "for"),
        ]
        assert world.ask("proposal show", ref=ref)["state"] == "approved"


def test_a_seat_whose_member_left_is_its_deputys(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        peopled(world)
        deputy(world, "wies", of="wil", partner="ws0155")
        world.do("user revoke", user="petra", name="wil", reason="vertrokken")
        money(world, 500_000_00)
        ref = eligible(world)[0]
        reviewed(world, ref)
        voted(world, ref, carl="for", cees="for", wies="for")
        world.do("decision decide", user="carla", ref=ref)

        assert world.ask("proposal show", ref=ref)["state"] == "approved"


@pytest.mark.parametrize(
    ("roles", "partner", "of", "ground"),
    [
        (["committee_member"], "ws0621", "wil", "both are of"),
        (["reviewer"], "ws0155", "wil", "the role of committee member"),
        (["committee_member", "committee_chair"], "ws0155", "wil", "the role of committee member"),
        (["committee_member"], "ws0155", "anna", "no seat"),
        (["committee_member"], "ws0155", "carla", "no seat"),
        (["committee_member"], "ws0155", "wies", "no seat"),
    ],
)
def test_a_deputy_is_of_another_organisation_than_a_member_with_a_seat(
    sqlite_url: str, roles: list[str], partner: str, of: str, ground: str
) -> None:
    with founded(sqlite_url) as world:
        peopled(world)
        deputy(world, "wies", of="wil", partner="ws0155")

        args = {"name": "willy", "roles": roles, "partner": partner, "deputy_of": of}
        with pytest.raises(NoDeputy, match=ground):
            world.do("user add", user="petra", **args)
        listed = {each["name"]: each["deputy_of"] for each in world.ask("user list")["users"]}
        assert (listed["wies"], listed["wil"]) == ("wil", None)


def test_a_tenth_member_finds_no_seat(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        peopled(world)  # four members and the chair
        for number in range(4):
            world.user(f"lid-{number}", "committee_member")

        with pytest.raises(NoSeatLeft, match="9 of the 9 seats"):
            world.do("user add", user="petra", name="tiende", roles=["committee_member"])
        with pytest.raises(NoSeatLeft):
            world.do("user change", user="petra", name="dora", roles=["committee_chair"])
        deputy(world, "wies", of="wil", partner="ws0155")
        world.both(
            "user change", user="petra", second="carla", name="wil", roles=["committee_member"], partner="ws0636"
        )
        world.do("user revoke", user="petra", name="lid-0", reason="vertrokken")
        world.user("tiende", "committee_member")


def test_the_seat_that_a_deputy_keeps_is_filled(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)  # four members and the chair
        for number in range(4):
            world.user(f"lid-{number}", "committee_member")
        deputy(world, "wies", of="wil", partner="ws0155")
        world.do("user revoke", user="petra", name="wil", reason="vertrokken")

        with pytest.raises(NoSeatLeft, match="9 of the 9 seats"):
            world.do("user add", user="petra", name="tiende", roles=["committee_member"])
        world.both(
            "user change", user="petra", second="carla", name="wies", roles=["committee_member"], partner="ws0155"
        )  # in the seat that wies kept
        with pytest.raises(NoSeatLeft):
            world.do("user add", user="petra", name="tiende", roles=["committee_member"])


def test_the_seat_of_a_chair_who_left_is_filled_while_there_is_a_deputy_chair(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        peopled(world)
        for number in range(4):
            world.user(f"lid-{number}", "committee_member")
        world.both("user revoke", user="petra", second="dora", name="carla", reason="vertrokken")

        with pytest.raises(NoSeatLeft, match="9 of the 9 seats"):
            world.do("user add", user="petra", name="tiende", roles=["committee_member"])
        world.both("user add", user="petra", second="dora", name="chris", roles=["committee_chair"])


@pytest.mark.parametrize("name", ["user revoke", "user change"])
def test_the_only_admin_stays(database_url: str, name: str) -> None:
    args = {"user revoke": {"reason": "vertrokken"}, "user change": {"roles": ["auditor"]}}[name]
    with founded(database_url) as world:
        with pytest.raises(LastAdmin, match="petra is the only admin"):
            world.do(name, user="petra", name="petra", **args)
        world.user("pim", "admin")
        world.do(name, user="petra", name="petra", **args)
        with pytest.raises(LastAdmin, match="pim is the only admin"):
            world.do(name, user="pim", name="pim", **args)


def test_what_the_quorum_lacks_is_counted_over_seats_without_a_conflict(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref = decidable(world)[0]
        deputy(world, "wies", of="wil", partner="ws0155")
        voted(world, ref, wies="for", wil="for", carl="for")  # three people, two seats

        with pytest.raises(CommitteeQuorumNotMet, match="votes of the seats without a conflict: 2 of 3"):
            world.do("decision decide", user="carla", ref=ref)
