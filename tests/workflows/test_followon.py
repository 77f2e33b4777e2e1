"""From a good result to its roll-out: the invitation, its end, what is carried over, who followed what."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fund import forms
from fund.errors.commands import UnknownRef
from fund.errors.proposals import FollowonNotInvited
from fund.schemas.proposals import ProposalForm
from fund.workflows.evaluations.followon import ancestors
from tests.factories import World, a_form, founded
from tests.workflows.looking_back import (
    AGREEMENT,
    BAARN,
    BUNNIK,
    BUNSCHOTEN,
    PROPOSAL,
    SCALE,
    evaluated,
    proposal,
    until_completed,
)


def invited(world: World) -> None:
    """An experiment that worked: its parties were invited until 2027-01-05."""
    until_completed(world)
    proposal(world, summary="Wij pompen samen.", rollout_plan="Anderen sluiten aan.", themes=("T04",))
    evaluated(world, text=SCALE)


def told(world: World, kind: str) -> list[object]:
    with world.snapshot() as snapshot:
        facts = snapshot.store.facts.of_stream(f"evaluation/{AGREEMENT}")
        return [each.fact for each in facts if each.type == kind]


# ------------------------------------------------------------------------------------------------------ the invitation


def test_the_parties_are_told_when_the_invitation_ends_and_its_end_is_recorded(database_url: str) -> None:
    with founded(database_url) as world:
        invited(world)
        world.clock(date(2026, 11, 6))
        (first,) = told(world, "followon.announced")
        assert (first.days_left, first.expires_on, first.parties) == (60, date(2027, 1, 5), (BAARN, BUNNIK))  # type: ignore[attr-defined]
        world.clock(date(2026, 12, 22))
        assert [each.days_left for each in told(world, "followon.announced")] == [60, 14]  # type: ignore[attr-defined]
        world.clock(date(2027, 1, 5))
        assert told(world, "followon.expired") == []
        world.clock(date(2027, 1, 6))
        (ended,) = told(world, "followon.expired")
        assert (ended.expired_on, ended.used_by) == (date(2027, 1, 5), ())  # type: ignore[attr-defined]
        with world.snapshot() as snapshot:
            fact = snapshot.store.facts.last_of(f"evaluation/{AGREEMENT}", "followon.expired")
            invitation = snapshot.store.facts.last_of(f"evaluation/{AGREEMENT}", "followon.invited")
            assert fact is not None
            assert invitation is not None
            assert (fact.actor, fact.causation_id) == ("system", invitation.event_id)
        assert world.ask("evaluation show", ref=AGREEMENT)["followon_expired"] is True


def test_nobody_is_warned_of_an_invitation_that_was_taken_up(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        invited(world)
        proposal(world, ref="2026-007", state="submitted", follows=AGREEMENT, sort="rollout", lead=BUNNIK)
        world.clock(date(2027, 1, 6))
        assert told(world, "followon.announced") == []
        (ended,) = told(world, "followon.expired")
        assert ended.used_by == ("2026-007",)  # type: ignore[attr-defined]


# --------------------------------------------------------------------------------------------------------- carried over


def test_parties_lessons_and_evidence_are_carried_over_to_the_roll_out(database_url: str) -> None:
    with founded(database_url) as world:
        invited(world)
        answers = world.ask("evaluation carried-over", ref=AGREEMENT)["answers"]
        assert (answers["sort"], answers["lead"], answers["co_applicants"]) == ("rollout", BAARN, [BUNNIK])
        assert answers["title"] == "Uitrol: Samen pompen"
        assert answers["themes"] == ["T04", "T05", "T09"]
        assert "- Meet de afstand eerst: Boven acht kilometer" in answers["rollout_plan"]
        assert answers["rollout_plan"].endswith("Anderen sluiten aan.")
        assert answers["measurement"].startswith(f"{AGREEMENT}: hypothese bevestigd, leerkwaliteit 3 van 4.")
        with world.snapshot() as snapshot:
            written = snapshot.store.facts.last_of(f"evaluation/{AGREEMENT}", "evaluation.submitted")
            assert written is not None
            digest = written.fact.file_sha256  # type: ignore[attr-defined]
        assert answers["attachments"] == [{"title": f"Evaluatie van {AGREEMENT}", "sha256": digest}]
        # money, milestones, councils and people are asked anew
        assert {"ask_cents", "budget", "milestones", "boards", "team", "repayment", "round"}.isdisjoint(answers)
        # and it is a form: with what is asked anew it can be written and read
        assert set(answers) <= set(ProposalForm.model_fields)
        form = ProposalForm.model_validate({**a_form().as_json(), **answers})
        file = forms.write(form, ["Iemand"]).encode()
        assert forms.open_form(file, "uitrol.toml").read("major").form.title == "Uitrol: Samen pompen"


def test_the_template_of_a_roll_out_begins_with_what_is_carried_over(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        invited(world)
        answers = world.ask("evaluation carried-over", ref=AGREEMENT)["answers"]
        text = forms.template("major", comments="", round="2026-2", year=2028, answers=answers)
        assert text.startswith(f'schema = "{forms.CURRENT}"')
        read = tomllib.loads(text)
        assert (read["proposal"]["round"], read["proposal"]["lead_partner"]) == ("2026-2", BAARN)
        assert (read["proposal"]["title"], read["proposal"]["co_applicants"]) == ("Uitrol: Samen pompen", [BUNNIK])
        assert "Meet de afstand eerst" in text
        assert f"Evaluatie van {AGREEMENT}" in text
        # what is asked anew stands there to be filled in, and without answers the template is as it always was
        assert "[[team]]" in text
        assert forms.template("major", comments="both") == forms.template("major", comments="both", answers={})


def test_a_proposal_shows_what_follows_it(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        invited(world)
        proposal(world, ref="2026-007", state="submitted", follows=AGREEMENT, sort="rollout")
        proposal(world, ref="2026-008", state="draft", follows=AGREEMENT, sort="rollout")
        assert world.ask("proposal show", ref=PROPOSAL)["followed_by"] == ["2026-007"]
        shown = world.ask("proposal show", ref="2026-007")
        assert (shown["follows"], shown["followed_by"]) == (AGREEMENT, [])


def test_only_an_invitation_that_holds_carries_over(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        until_completed(world)
        evaluated(world)
        with pytest.raises(FollowonNotInvited):
            world.ask("evaluation carried-over", ref=AGREEMENT)
        with pytest.raises(UnknownRef):
            world.ask("evaluation carried-over", ref="A2026-099")


def test_an_invitation_that_is_over_carries_nothing(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        invited(world)
        world.clock(date(2027, 1, 6))
        with pytest.raises(FollowonNotInvited):
            world.ask("evaluation carried-over", ref=AGREEMENT)


# -------------------------------------------------------------------------------------------------------------- lineage


def test_who_followed_what_is_shown_in_both_directions(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        invited(world)
        proposal(world, ref="2026-007", state="submitted", follows=AGREEMENT, sort="rollout", adopters=(BUNSCHOTEN,))
        proposal(world, ref="2026-008", state="draft", follows=AGREEMENT, sort="rollout")
        shown = world.ask("agreement show", ref=AGREEMENT)
        assert [(row["proposal"], row["agreement"]) for row in shown["followed_by"]] == [("2026-007", None)]
        assert shown["follows"] == []
        card = world.ask("evaluation lessons", theme="T09")["lessons"][0]
        assert ([each["partner"] for each in card["used_by"]], card["followed_by"]) == ([BUNSCHOTEN], ["2026-007"])
        proposal(world, follows="A2025-004")
        assert world.ask("evaluation show", ref=AGREEMENT)["follows"][0]["agreement"] == "A2025-004"


@given(st.dictionaries(st.integers(0, 12), st.integers(0, 12)))
def test_a_line_of_descent_ends_and_never_comes_back_to_itself(parents: dict[int, int]) -> None:
    line_of = {str(child): str(parent) for child, parent in parents.items()}
    for start in map(str, range(13)):
        line = ancestors(start, line_of.get)
        assert start not in line
        assert len(set(line)) == len(line)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_what_follows_an_older_agreement_only_makes_no_circle(draws: list[int]) -> None:
    # Given agreements of which each follows one that was there before it, or none
    parent = {str(n): str(draw % n) if n and draw % (n + 1) != n else None for n, draw in enumerate(draws)}
    for start in parent:
        line = ancestors(start, parent.get)
        # Then the line goes back in time, step by step, and ends at one that follows none
        assert [int(each) for each in line] == sorted((int(each) for each in line), reverse=True)
        assert all(int(each) < int(start) for each in line)
        assert parent[line[-1] if line else start] is None
