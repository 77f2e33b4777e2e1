"""When a body may decide, and what its votes say; the seal over a vote."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fund.rules.regulations import standard
from fund.rules.voting import (
    Ballot,
    board_missing,
    board_outcome,
    cast_for,
    commitment,
    committee_missing,
    outcome,
    salt_for,
)

RULES = standard().committee


def ballots(choices: str, kinds: str = "mwre") -> list[Ballot]:
    words = {"+": "for", "-": "against", "0": "abstain"}
    return [Ballot(f"u{at}", f"p{at}", kinds[at % len(kinds)], words[sign]) for at, sign in enumerate(choices)]


@pytest.mark.parametrize(
    ("seats", "choices", "kinds", "missing"),
    [
        (5, "+++", "mw", []),
        (6, "+++", "mw", ["seats"]),
        (9, "+++++", "mw", []),
        (9, "++++", "mw", ["seats"]),
        (3, "++", "mw", ["votes"]),
        (4, "+++", "m", ["kinds"]),
        (4, "+00", "mw", []),
        (0, "", "m", ["seats", "votes", "kinds"]),
    ],
)
def test_the_quorum_of_the_committee(seats: int, choices: str, kinds: str, missing: list[str]) -> None:
    found = committee_missing(RULES, seats=seats, ballots=ballots(choices, kinds))

    assert [each.demand for each in found] == missing


@pytest.mark.parametrize(
    ("choices", "majority", "two_thirds"),
    [
        ("+++", "carried", "carried"),
        ("++-", "carried", "carried"),
        ("+++--", "carried", "lost"),
        ("++--", "tie", "tie"),
        ("+--", "lost", "lost"),
        ("+00", "carried", "carried"),
        ("000", "tie", "tie"),
        ("++++--", "carried", "carried"),
    ],
)
def test_what_votes_say(choices: str, majority: str, two_thirds: str) -> None:
    assert outcome(ballots(choices), two_thirds=False) == majority
    assert outcome(ballots(choices), two_thirds=True) == two_thirds


def test_the_full_board_needs_more_than_half_of_its_partners() -> None:
    assert board_missing(34, ballots("+" * 18)) == ()
    assert [each.needed for each in board_missing(34, ballots("+" * 17))] == [18]


def test_where_three_partners_have_no_conflict_one_of_them_at_least_is_present() -> None:
    votes = ballots("+" * 18)
    conflicted = {f"p{number}" for number in range(31)}

    assert [each.demand for each in board_missing(34, votes, conflicted=conflicted)] == ["unconflicted"]
    assert board_missing(33, votes, conflicted=conflicted) == ()  # two without a conflict ask nothing
    assert board_missing(34, votes, conflicted=conflicted - {"p0"}) == ()


@given(
    st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=3, unique=True), max_size=5),
    st.sets(st.sampled_from("abcdefgh")),
)
@settings(max_examples=100, deadline=None)
def test_a_seat_votes_at_most_once_and_its_member_goes_first(rows: list[list[str]], voted: set[str]) -> None:
    taken: set[str] = set()
    seats = {}
    for number, row in enumerate(rows):  # nobody sits twice
        seats[f"s{number}"] = [each for each in row if each not in taken]
        taken |= set(row)

    counted = cast_for(seats, voted)

    assert set(counted) <= voted
    for who in seats.values():
        present = [each for each in who if each in voted]
        assert [each for each in who if each in counted] == present[:1]


def test_under_necessity_the_unconflicted_must_agree_too_where_there_are_three() -> None:
    votes = ballots("++++++" + "---")
    all_but_three = {f"p{number}" for number in range(6)}

    assert board_outcome(votes, partners=9, conflicted=set()) == "carried"
    assert board_outcome(votes, partners=9, conflicted=all_but_three) == "lost"
    assert board_outcome(votes, partners=9, conflicted=all_but_three | {"p6"}) == "carried"
    # absence does not make it easier: of three without a conflict only one voted, against
    assert board_outcome(ballots("++++++-"), partners=9, conflicted=all_but_three) == "lost"


@given(st.text(alphabet="+-0", max_size=12))
@settings(max_examples=50, deadline=None)
def test_two_thirds_never_carries_what_a_majority_loses(choices: str) -> None:
    if outcome(ballots(choices), two_thirds=True) == "carried":
        assert outcome(ballots(choices), two_thirds=False) == "carried"


def test_a_salt_follows_from_the_command_and_cannot_be_made_without_the_secret() -> None:
    salt = salt_for("secret", "review/2026-001", "score", 1, "usr_a", "c-1")

    assert salt == salt_for("secret", "review/2026-001", "score", 1, "usr_a", "c-1")
    assert salt != salt_for("other", "review/2026-001", "score", 1, "usr_a", "c-1")
    assert salt != salt_for("secret", "review/2026-001", "score", 1, "usr_a", "c-2")
    assert commitment(salt, "a") != commitment(salt, "b")
