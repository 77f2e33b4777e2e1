"""Panels: who sits and why, who does not and why not; who should join when a quorum is missing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fund import language
from fund.events.values import PanelSeat
from fund.rules.authority import Actor, Role
from fund.rules.regulations import Quorum, standard
from fund.rules.scoring import EXTERNAL, Marks, assigned_missing, quorum_missing
from fund.words import choice_word
from fund.workflows.reviews.seating import seat_panel, top_up, why_text
from fund.workflows.reviews.ties import Candidate, seat_of
from tests.conftest import Fund
from tests.factories import World, as_file, founded
from tests.workflows import three_partners as three
from tests.workflows.deciding import CLOSED, eligible, panel_of, peopled, score_file
from tests.workflows.money_out import BUNNIK

STANDARD = standard().tracks["standard"].quorum
LIGHT = standard().tracks["light"].quorum
KINDS = ("municipality", "water_board", "region", "province", EXTERNAL)


def somebody(
    name: str, kind: str = EXTERNAL, *, organisation: str | None = None, load: int = 0, soft: tuple[str, ...] = (),
    committee: bool = False,
) -> Candidate:  # fmt: skip
    """A reviewer who is free of conflicts that bar; an organisation of its own unless one is named."""
    own = None if kind == EXTERNAL else organisation or f"org-{name}"
    seat = PanelSeat(reviewer=name, organisation=own, kind=kind, load=load, soft=soft)
    return Candidate(Actor(name, name, frozenset({Role.REVIEWER}), own), seat, committee)


def test_each_seat_goes_to_the_kind_that_sits_least_and_every_reason_is_told() -> None:
    free = [
        somebody("m1", "municipality"),
        somebody("m2", "municipality", load=2),
        somebody("m3", "municipality", soft=("cooperates:wolf", "competes:2026-002")),
        somebody("w1", "water_board"),
        somebody("e1"),
        somebody("e2", committee=True),
    ]
    quorum = STANDARD.model_copy(update={"assigned": 3})

    seated = seat_panel("2026-001", quorum, free)

    assert {seat.reviewer for seat in seated.panel} == {"m1", "w1", "e1"}
    assert seated.chosen == {
        "e1": "external_needed", "m1": "new_kind:municipality", "w1": "new_kind:water_board",
    }  # fmt: skip
    assert seated.passed_over == {
        "m2": "load:2", "m3": "soft:cooperates:wolf,competes:2026-002", "e2": "keeps_vote",
    }  # fmt: skip


def test_in_a_large_round_nobody_sits_everywhere_for_being_the_only_one_without_a_tie() -> None:
    """Nearly every organisation asks in the round itself: a tie that must be declared is no reason to be spared."""
    sits = dict.fromkeys(("free", *(f"tied{number}" for number in range(8))), 0)
    for number in range(30):
        free = [
            somebody(name, "municipality", load=load, soft=() if name == "free" else (f"competes:2026-{number:03d}",))
            for name, load in sits.items()
        ]
        for seat in seat_panel(f"2026-{number:03d}", LIGHT, free).panel:
            sits[seat.reviewer] += 1
    assert sum(sits.values()) == 90
    assert max(sits.values()) - min(sits.values()) <= 3


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("external_needed", "the quorum asks for an external reviewer"),
        ("new_kind:water_board", "the first of this kind: water board"),
        ("least_kind:external", "of the kind that sits least: external"),
        ("load:2", "has more reviews open: 2"),
        ("kind_full:municipality", "enough people of this kind sit already: municipality"),
        (
            "soft:cooperates:wolf,competes:2026-002",
            "has to declare a possible conflict: own organisation works with the lead on the same theme (wolf); "
            "own organisation asks money in the same round (2026-002)",
        ),
        ("named", "named by the fund manager"),
    ],
)
def test_a_reason_reads_as_a_sentence(code: str, told: str) -> None:
    assert why_text(code) == told


_candidates = st.lists(
    st.builds(
        somebody,
        st.integers(0, 40).map(lambda number: f"r{number:02}"),
        st.sampled_from(KINDS),
        organisation=st.sampled_from(["gm1", "gm2", "gm3"]),
        load=st.integers(0, 3),
        soft=st.sampled_from([(), ("cooperates:wolf",)]),
        committee=st.booleans(),
    ),
    unique_by=lambda each: each.seat.reviewer,
    max_size=12,
)
_quorums = st.sampled_from([STANDARD, LIGHT])


@given(_candidates, _quorums)
def test_everybody_who_was_free_sits_or_has_a_reason_not_to(free: list[Candidate], quorum: Quorum) -> None:
    seated = seat_panel("2026-001", quorum, free)

    sits = {seat.reviewer for seat in seated.panel}
    assert len(seated.panel) == min(quorum.assigned, len(free))
    assert set(seated.chosen) == sits
    assert set(seated.passed_over) == {each.seat.reviewer for each in free} - sits
    assert all(why_text(code) for code in (*seated.chosen.values(), *seated.passed_over.values()))


@given(_candidates, _quorums, st.randoms(use_true_random=False))
def test_a_panel_does_not_depend_on_the_order_in_which_people_are_read(
    free: list[Candidate], quorum: Quorum, chance: Any
) -> None:
    mixed = list(free)
    chance.shuffle(mixed)

    assert seat_panel("2026-001", quorum, mixed) == seat_panel("2026-001", quorum, free)


@given(_candidates, _quorums)
def test_whoever_was_passed_over_for_load_gave_way_to_somebody_with_fewer_reviews_open(
    free: list[Candidate], quorum: Quorum
) -> None:
    seated = seat_panel("2026-001", quorum, free)

    by_name = {each.seat.reviewer: each for each in free}
    for name, code in seated.passed_over.items():
        if code.startswith("load:"):
            loser = by_name[name].seat
            assert any(seat.load < loser.load for seat in seated.panel)


@given(_candidates, _quorums, st.integers(0, 3))
def test_a_top_up_meets_the_quorum_or_says_what_nobody_can_meet(
    free: list[Candidate], quorum: Quorum, scored: int
) -> None:
    counted = [each.seat for each in free[:scored]]

    seated, missing = top_up("2026-001", quorum, free[scored:], counted=counted)

    together = [Marks(seat_of(seat), frozenset()) for seat in (*counted, *seated.panel)]
    assert quorum_missing(quorum, (), together) == missing
    if missing:
        assert len(seated.panel) == len(free[scored:])
    everybody = [Marks(seat_of(each.seat), frozenset()) for each in free]
    assert bool(missing) == bool(quorum_missing(quorum, (), everybody))
    assert set(seated.chosen) == {seat.reviewer for seat in seated.panel}


def test_externals_join_last_unless_the_quorum_asks_for_them() -> None:
    external, board, town = somebody("e2"), somebody("w1", "water_board"), somebody("m2", "municipality")
    counted = [somebody("e1").seat, somebody("m1", "municipality").seat]

    seated, missing = top_up("2026-001", STANDARD, [external, board, town], counted=counted)
    asked, _missing = top_up("2026-001", STANDARD, [external, board], counted=[town.seat, board.seat])

    assert ([seat.reviewer for seat in seated.panel], missing) == (["w1"], ())
    assert [(seat.reviewer, asked.chosen[seat.reviewer]) for seat in asked.panel] == [("e2", "external_needed")]


# ---------------------------------------------------------------------------------------------------- in a fund


def test_three_partners_and_five_reviewers_who_sits_who_does_not_and_why_in_both_languages(
    fund: Fund, sqlite_url: str
) -> None:
    """Baarn leads with Bunnik: of the five reviewers Bunnik's is barred, three of the other four sit."""
    with founded(sqlite_url, rules=three.rules()) as world:
        three.peopled(world)
        about = {"title": "Licht", "opens": three.date(2026, 1, 5), "closes": three.date(2026, 1, 31)}
        made = world.both("round plan", user="anna", second="carla", track="light", ceiling_cents=5_000_000, **about)
        dues = {"parts": (1_000_000, 1_000_000), "ask_cents": 2_000_000}
        form = three.form_of(str(made["result"]["round"]), co_applicants=(BUNNIK,), **dues)
        ref = str(world.do("proposal draft", user="fatima", file=as_file(form))["result"]["ref"])
        world.do("proposal confirm", user="piet", ref=ref)
        world.do("proposal submit", user="fatima", ref=ref)
        world.do("proposal find-eligible", user="anna", ref=ref)

        told = world.ask("review show", user="anna", ref=ref)

        sits = {seat["name"]: seat["why"] for seat in told["panel"]}
        out = {each["name"]: each["why"] for each in told["passed_over"]}
        assert [(each["name"], each["why"]) for each in told["barred"]] == [("rik", "co_applicant")]
        assert sits["ruud"] == "new_kind:municipality"
        assert sorted({**sits, **out}) == ["ed", "els", "emma", "ruud"]
        assert len(sits) == 3
        assert sorted(set(sits.values())) == ["least_kind:external", "new_kind:external", "new_kind:municipality"]
        assert list(out.values()) == ["kind_full:external"]
        english = fund("review", "show", ref, database=sqlite_url, user="anna").out
        dutch = fund("review", "show", ref, database=sqlite_url, user="anna", lang="nl").out
        assert "barred: own organisation is a co-applicant" in english
        assert "enough people of this kind sit already: external" in english
        assert "the first of this kind: municipality" in english
        language.choose("nl")
        ground = choice_word("co_applicant")
        assert language._("barred: {ground}").format(ground=ground) in dutch
        assert why_text("kind_full:external") in dutch
        assert why_text("new_kind:municipality") in dutch
        language.choose("en")
        stranger = fund("review", "show", ref, database=sqlite_url, user="fatima").out
        assert "rik" not in stranger
        assert "the first of this kind: municipality" in stranger


def test_a_named_panel_says_so_and_who_joined_the_reviewers_later_is_told_apart(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        ref = eligible(world)[0]
        world.user("bas", "reviewer", partner="gm0308")
        world.do("review open", user="anna", ref=ref, reviewers=["ed", "els", "rosa", "willem", "paula"])

        told = world.ask("review show", user="anna", ref=ref)

        assert {each["name"]: each["why"] for each in told["passed_over"]}["bas"] == "later"
        proposed = world.ask("proposal history", user="anna", ref=ref)["events"]
        chosen = next(each["payload"]["chosen"] for each in proposed if each["type"] == "review.panel_proposed")
        why = {seat["reviewer"]: seat["why"] for seat in told["panel"]}
        assert all(code == chosen.get(reviewer, "named") for reviewer, code in why.items())
        assert "named" in why.values()


def short_of_a_quorum(world: World) -> tuple[str, list[str]]:
    """A review of which only two externals have scored; ref and who has not."""
    peopled(world)
    ref = eligible(world)[0]
    world.do("review open", user="anna", ref=ref, reviewers=["ed", "els", "rosa", "willem", "paula"])
    for name in ("ed", "els"):
        world.do("review score", user=name, ref=ref, file=as_file(score_file()))
    return ref, ["rosa", "willem", "paula"]


def test_at_the_deadline_the_review_is_extended_and_the_service_says_whom_to_add(database_url: str) -> None:
    with founded(database_url) as world:
        ref, _waiting = short_of_a_quorum(world)
        assert world.ask("review show", user="anna", ref=ref)["top_up"] == []

        world.clock(CLOSED + timedelta(days=29))

        told = world.ask("review show", user="anna", ref=ref)
        assert (told["state"], told["extended"]) == ("open", True)
        assert [(each["name"], each["why"]) for each in told["top_up"]] == [("ria", "new_kind:region")]
        assert told["top_up"][0]["command"] == f"fund review assign {ref} ria"
        proposed = [
            event for event in world.ask("proposal history", user="anna", ref=ref)["events"]
            if event["type"] in ("review.extended", "review.top_up_proposed")
        ]  # fmt: skip
        assert [event["actor"] for event in proposed] == ["system", "system"]
        world.do("review assign", user="anna", ref=ref, reviewer="ria")
        told = world.ask("review show", user="anna", ref=ref)
        assert told["top_up"] == []
        assert {seat["name"]: seat["why"] for seat in told["panel"]}["ria"] == "new_kind:region"


def test_after_the_last_deadline_the_first_score_that_makes_the_quorum_closes_the_review(database_url: str) -> None:
    with founded(database_url) as world:
        ref, _waiting = short_of_a_quorum(world)
        world.clock(CLOSED + timedelta(days=29))
        world.clock(CLOSED + timedelta(days=45))
        assert world.ask("review show", user="anna", ref=ref)["state"] == "open"
        world.do("review assign", user="anna", ref=ref, reviewer="ria")

        world.do("review score", user="ria", ref=ref, file=as_file(score_file()))

        assert world.ask("review show", user="anna", ref=ref)["state"] == "closed"


def test_what_nobody_who_is_free_can_meet_is_named(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        ref = eligible(world)[0]
        world.do("review open", user="anna", ref=ref)
        panel = panel_of(world, ref)
        kinds = {seat["name"]: seat["kind"] for seat in world.ask("review show", user="anna", ref=ref)["panel"]}
        for name in [name for name in panel if kinds[name] == EXTERNAL]:
            world.do("review recuse", user=name, ref=ref, reason="geen tijd")
        joins = world.ask("review show", user="anna", ref=ref)["top_up"]
        assert [(each["kind"], each["why"]) for each in joins] == [(EXTERNAL, "external_needed")]
        for name in ("ed", "els", "emma"):
            if kinds.get(name) is None:
                world.do("user revoke", user="petra", name=name, reason="vertrokken")
        second = next(name for name in panel if kinds[name] != EXTERNAL)
        world.do("review recuse", user=second, ref=ref, reason="geen tijd")

        told = world.ask("review show", user="anna", ref=ref)

        assert told["top_up_missing"] == ["external"]
        assert assigned_missing(STANDARD, []) != ()
