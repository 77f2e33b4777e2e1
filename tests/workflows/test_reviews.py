"""Reviews: panel, conflicts, seal, quorum, closing, consensus."""

from __future__ import annotations

import json
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa

from fund.errors import FundError
from fund.errors.commands import TransitionNotAllowed
from fund.errors.people import ConflictOfInterest, NotAuthorised, SameHands
from fund.errors.reviews import (
    AlreadyAssigned,
    ConsensusNotForced,
    DeclarationMissing,
    FaultyScores,
    NecessityNotNeeded,
    NotAssigned,
    NotEligibleReviewer,
    NothingDeclared,
    NothingToAgree,
    NotPanelChair,
    PanelTooSmall,
    QuorumNotFeasible,
    ReviewQuorumNotMet,
    RoundNotClosed,
    SealBroken,
)
from fund.rules.voting import commitment, salt_for
from fund.schemas.proposals import Proposal
from fund.store import Store
from fund.workflows.reviews.seal import put_under_seal
from fund.workflows.reviews.ties import candidates
from tests.factories import World, a_proposal_file, as_file, founded
from tests.roads import road
from tests.workflows.deciding import (
    CLOSED,
    CRITERIA,
    decidable,
    eligible,
    panel_of,
    peopled,
    reviewed,
    round_of,
    score_file,
    submitted,
    voted,
)


@road
def opened(world: World, **more: Any) -> str:
    """A proposal whose panel may score; its ref."""
    peopled(world)
    ref = eligible(world, **more)[0]
    world.do("review open", user="anna", ref=ref)
    return ref


def test_a_panel_is_proposed_by_the_service_balanced_over_kinds(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        ref = eligible(world)[0]

        shown = world.ask("review show", user="anna", ref=ref)

        assert shown["state"] == "proposed"
        assert sorted(seat["kind"] for seat in shown["panel"]) == [
            "external",
            "municipality",
            "province",
            "region",
            "water_board",
        ]
        history = world.ask("proposal history", user="anna", ref=ref)["events"]
        proposed = next(event for event in history if event["type"] == "review.panel_proposed")
        assert proposed["actor"] == "system"
        with world.snapshot() as snapshot:
            found = [each for each in snapshot.store.facts.all() if each.type == "proposal.found_eligible"][-1]
        assert proposed["causation_id"] == found.event_id


def test_a_panel_cannot_open_while_the_round_takes_proposals(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        ref = submitted(world, round_of(world))
        world.do("proposal find-eligible", user="anna", ref=ref)

        with pytest.raises(RoundNotClosed) as refused:
            world.do("review open", user="anna", ref=ref)

        assert refused.value.details["round"] == "2026-1"


def test_the_deadline_and_the_rubric_are_fixed_when_the_review_opens(database_url: str) -> None:
    with founded(database_url) as world:
        ref = opened(world)

        shown = world.ask("review show", user="anna", ref=ref)

        assert (shown["state"], shown["proposal_state"]) == ("open", "in_review")
        assert shown["regulations"] == "2026-1"
        assert shown["closes_at"] == "2026-03-02T23:00:00+00:00"
        assert [line["id"] for line in shown["rubric"]] == list(CRITERIA)


def test_people_of_a_party_may_not_sit_in_the_panel(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        world.user("wout", "reviewer", partner="gm0351")
        world.user("rara", "reviewer", partner="rg-regio-amersfoort")
        ref = eligible(world)[0]
        named = ["ed", "els", "rosa", "willem"]

        with pytest.raises(ConflictOfInterest) as lead:
            world.do("review open", user="anna", ref=ref, reviewers=[*named, "wout"])
        with pytest.raises(NotEligibleReviewer):
            world.do("review open", user="anna", ref=ref, reviewers=[*named, "carl"])
        with pytest.raises(PanelTooSmall):
            world.do("review open", user="anna", ref=ref, reviewers=named)
        world.do("review open", user="anna", ref=ref, reviewers=[*named, "rara"])

        assert "own organisation is the lead" in str(lead.value)
        assert world.ask("review show", user="anna", ref=ref)["barred"][0]["ground"] == "own organisation is the lead"


def test_without_enough_people_free_of_conflict_the_rule_of_necessity_is_named(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        ref = eligible(world, adopters=("gm0321", "ws0636", "rg-u10", "pv26"))[0]

        with pytest.raises(QuorumNotFeasible) as refused:
            world.do("review open", user="anna", ref=ref)
        world.do("review open", user="anna", ref=ref, necessity=True)

        assert refused.value.details["external"] == 3
        assert "--necessity" in refused.value.advice
        assert sorted(panel_of(world, ref)) == ["ed", "els", "emma"]
        for name in ("ed", "els", "emma"):
            world.do("review score", user=name, ref=ref, file=as_file(score_file(3)))
        assert world.ask("decision show", ref=ref)["prepared"]["necessity"] is True


def test_the_rule_of_necessity_is_not_open_to_a_case_with_a_quorum(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        ref = eligible(world)[0]

        with pytest.raises(NecessityNotNeeded):
            world.do("review open", user="anna", ref=ref, necessity=True)


def test_only_members_of_the_panel_score_and_a_party_never(database_url: str) -> None:
    with founded(database_url) as world:
        ref = opened(world)
        outside = next(name for name in ("ed", "els", "emma") if name not in panel_of(world, ref))
        world.user("wout", "reviewer", partner="gm0351")

        with pytest.raises(NotAssigned):
            world.do("review score", user=outside, ref=ref, file=as_file(score_file()))
        with pytest.raises(ConflictOfInterest):
            world.do("review score", user="wout", ref=ref, file=as_file(score_file()))
        with pytest.raises(NotAuthorised):
            world.do("review score", user="anna", ref=ref, file=as_file(score_file()))


def test_scoring_asks_a_declaration_and_computed_ties_are_added_to_it(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        world.user("bas", "reviewer", partner="gm0308")  # Baarn: in Regio Amersfoort with the lead, theme T04
        ref = eligible(world, themes=("T04",))[0]
        world.do("review open", user="anna", ref=ref, reviewers=["ed", "els", "bas", "rosa", "willem"])
        bare = score_file(3).replace(b'declaration = "none"\n', b"")

        with pytest.raises(DeclarationMissing):
            world.do("review score", user="bas", ref=ref, file=as_file(bare))
        world.do("review declare", user="bas", ref=ref, none=True)
        answer = world.do("review score", user="bas", ref=ref, file=as_file(bare))

        assert answer["event_count"] == 1
        declared = {seat["name"]: seat["declared"] for seat in world.ask("review show", user="anna", ref=ref)["panel"]}
        assert "cooperates:regio-amersfoort" in declared["bas"]
        assert declared["ed"] is None


SECRET = {
    "ambition": 4,
    "interests": 1,
    "people": 4,
    "organisation": 1,
    "process": 4,
    "learning": 1,
    "business_case": 4,
    "exit": 1,
}


def test_no_score_is_visible_anywhere_before_the_review_closes(database_url: str) -> None:
    with founded(database_url) as world:
        ref = opened(world)
        name = panel_of(world, ref)[0]
        abstain = {"exit": "woord dat nergens staat"}

        told = [world.do("review score", user=name, ref=ref, file=as_file(score_file(SECRET, abstain=abstain)))]
        told.append(
            world.do(
                "review score", user=name, ref=ref, file=as_file(score_file(SECRET, abstain=abstain)), dry_run=True
            )
        )
        for query in ("review show", "proposal show", "proposal history"):
            told += [
                world.ask(query, ref=ref),
                world.ask(query, ref=ref, user="anna"),
                world.ask(query, ref=ref, user=name),
            ]
        with world.snapshot() as snapshot:
            told.append({"facts": [envelope.fact.payload() for envelope in snapshot.store.facts.all()]})
        text = json.dumps(told, default=str)

        spelled = json.dumps({**{key: value for key, value in SECRET.items() if key != "exit"}})
        assert '"scores"' not in text.replace('"scores": []', "")
        assert spelled not in text
        assert "woord dat nergens staat" not in text
        for table in ("event", "command", "case_file", "delivery", "timer", "pending"):
            with world.fund.engine.connect() as connection:
                rows = connection.execute(sa.text(f"select * from {table}")).mappings()
                dumped = json.dumps([{key: str(value) for key, value in row.items()} for row in rows])
            assert "woord dat nergens staat" not in dumped, table
            assert '\\"business_case\\":4' not in dumped.replace(" ", ""), table


def test_a_trial_of_the_closing_does_not_open_the_seal(database_url: str) -> None:
    with founded(database_url) as world:
        ref = opened(world)
        for name in panel_of(world, ref)[:4]:
            world.do("review score", user=name, ref=ref, file=as_file(score_file(SECRET)))

        trial = world.do("review close", user="anna", ref=ref, dry_run=True)

        payload = next(event["payload"] for event in trial["events"] if event["type"] == "review.closed")
        assert payload["scores"] is None
        assert payload["total"] is None
        assert payload["advice"] is None
        assert world.ask("review show", user="anna", ref=ref)["state"] == "open"


def test_the_last_score_closes_the_review_with_exact_means_and_opens_every_commitment(database_url: str) -> None:
    with founded(database_url) as world:
        ref = opened(world)
        panel = panel_of(world, ref)
        given = {name: 2 + number % 2 for number, name in enumerate(panel)}
        for name, mark in given.items():
            scores = {**dict.fromkeys(CRITERIA, 3), "exit": mark}
            world.do("review score", user=name, ref=ref, file=as_file(score_file(scores)))

        shown = world.ask("review show", user="anna", ref=ref)

        assert (shown["state"], shown["proposal_state"]) == ("closed", "decidable")
        mean = Fraction(sum(given.values()), len(given))
        assert shown["result"]["means"]["exit"] == str(mean)
        assert shown["result"]["total"] == str((90 * 3 + 10 * mean) / 4)
        assert shown["result"]["advice"] == "positive"
        facts = world.ask("proposal history", user="anna", ref=ref)["events"]
        committed = {
            event["actor"]: event["payload"]["commitment"] for event in facts if event["type"] == "review.scored"
        }
        closed = next(event for event in facts if event["type"] == "review.closed")
        for opened_score in closed["payload"]["scores"]:
            content = json.dumps(
                {"abstained": opened_score["abstained"], "scores": opened_score["scores"]},
                sort_keys=True,
                separators=(",", ":"),
                ensure_ascii=False,
            )
            assert commitment(opened_score["salt"], content) == committed[opened_score["reviewer"]]
        assert closed["actor"] == "system"


def test_a_changed_row_under_seal_is_found_when_the_review_closes(database_url: str) -> None:
    with founded(database_url) as world:
        ref = opened(world)
        for name in panel_of(world, ref)[:4]:
            world.do("review score", user=name, ref=ref, file=as_file(score_file(3)))
        with world.fund.engine.begin() as connection:
            changed = sa.text("update sealed set content = replace(content, :was, :now)")
            connection.execute(changed, {"was": ":3", "now": ":4"})

        with pytest.raises(SealBroken):
            world.do("review close", user="anna", ref=ref)


def test_a_later_score_replaces_the_one_before(database_url: str) -> None:
    with founded(database_url) as world:
        ref = opened(world)
        first, *others = panel_of(world, ref)
        world.do("review score", user=first, ref=ref, file=as_file(score_file(0)))
        world.do("review score", user=first, ref=ref, file=as_file(score_file(3)))
        for name in others:
            world.do("review score", user=name, ref=ref, file=as_file(score_file(3)))

        assert world.ask("review show", user="anna", ref=ref)["result"]["total"] == "75"


def test_a_review_without_its_quorum_does_not_close(database_url: str) -> None:
    with founded(database_url) as world:
        ref = opened(world)
        for name in panel_of(world, ref)[:2]:
            world.do("review score", user=name, ref=ref, file=as_file(score_file()))

        with pytest.raises(ReviewQuorumNotMet) as refused:
            world.do("review close", user="anna", ref=ref)

        assert "complete reviews: 2 of 3" in str(refused.value)


def test_a_criterion_that_too_few_scored_keeps_the_review_open(database_url: str) -> None:
    with founded(database_url) as world:
        ref = opened(world)
        for number, name in enumerate(panel_of(world, ref)):
            abstain = {"exit": "geen zicht op"} if number < 3 else {}
            world.do("review score", user=name, ref=ref, file=as_file(score_file(3, abstain=abstain)))

        assert world.ask("review show", user="anna", ref=ref)["state"] == "open"
        with pytest.raises(ReviewQuorumNotMet) as refused:
            world.do("review close", user="anna", ref=ref)
        assert "scores on exit: 2 of 3" in str(refused.value)


def test_at_the_deadline_the_review_closes_or_is_extended_once(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        full, short = eligible(world, count=2)
        for ref, count in ((full, 3), (short, 2)):
            world.do("review open", user="anna", ref=ref)
            kinds = {
                str(seat["name"]): seat["kind"] for seat in world.ask("review show", user="anna", ref=ref)["panel"]
            }
            for name in sorted(kinds, key=lambda each: kinds[each] != "external")[:count]:
                world.do("review score", user=name, ref=ref, file=as_file(score_file()))

        world.clock(CLOSED + timedelta(days=29))

        assert world.ask("review show", user="anna", ref=full)["state"] == "closed"
        extended = world.ask("review show", user="anna", ref=short)
        assert extended["state"] == "open"
        assert extended["closes_at"] == "2026-03-17T23:00:00+00:00"
        types = [event["type"] for event in world.ask("proposal history", user="anna", ref=short)["events"]]
        assert types.count("review.extended") == 1
        world.clock(CLOSED + timedelta(days=60))
        types = [event["type"] for event in world.ask("proposal history", user="anna", ref=short)["events"]]
        assert types.count("review.extended") == 1


def test_who_steps_back_after_scoring_leaves_no_score_behind(database_url: str) -> None:
    with founded(database_url) as world:
        ref = opened(world)
        panel = panel_of(world, ref)
        leaver = next(name for name in reversed(panel) if name not in ("ed", "els", "emma"))
        for name in panel:
            if name != panel[0]:
                world.do("review score", user=name, ref=ref, file=as_file(score_file(0 if name == leaver else 3)))

        world.do("review recuse", user=leaver, ref=ref, reason="familie")
        world.do("review score", user=panel[0], ref=ref, file=as_file(score_file(3)))

        shown = world.ask("review show", user="anna", ref=ref)
        assert shown["result"]["total"] == "75"
        assert leaver not in [score["name"] for score in shown["result"]["scores"]]
        types = [event["type"] for event in world.ask("proposal history", user="anna", ref=ref)["events"]]
        assert "review.score_excluded" in types


def test_a_reviewer_takes_the_place_of_another(database_url: str) -> None:
    with founded(database_url) as world:
        ref = opened(world)
        panel = panel_of(world, ref)
        spare = next(name for name in ("ed", "els", "emma") if name not in panel)

        with pytest.raises(AlreadyAssigned):
            world.do("review assign", user="anna", ref=ref, reviewer=panel[1])
        world.do("review assign", user="anna", ref=ref, reviewer=spare, replaces=panel[0])

        assert panel_of(world, ref) == [spare, *panel[1:]]


def test_a_score_given_before_the_conflict_was_known_is_excluded_at_the_closing(database_url: str) -> None:
    with founded(database_url) as world:
        ref = opened(world)
        panel = panel_of(world, ref)
        world.do("review score", user="rosa", ref=ref, file=as_file(score_file(0)))
        world.both("user change", user="petra", second="carla", name="rosa", roles=["reviewer"], partner="gm0351")
        for name in panel:
            if name not in ("rosa", panel[-1] if panel[-1] != "rosa" else panel[-2]):
                world.do("review score", user=name, ref=ref, file=as_file(score_file(3)))

        world.do("review close", user="anna", ref=ref)

        assert world.ask("review show", user="anna", ref=ref)["result"]["total"] == "75"


@road
def apart(world: World) -> tuple[str, list[str]]:
    """A closed review whose panel differs on the exit rules; ref and panel."""
    ref = opened(world)
    panel = panel_of(world, ref)
    for number, name in enumerate(panel):
        world.do(
            "review score",
            user=name,
            ref=ref,
            file=as_file(score_file({**dict.fromkeys(CRITERIA, 3), "exit": 1 + 2 * (number % 2)})),
        )
    return ref, panel


def test_a_panel_that_differs_by_two_must_talk_and_both_scores_are_kept(database_url: str) -> None:
    with founded(database_url) as world:
        ref, panel = apart(world)
        assert world.ask("proposal show", ref=ref)["state"] == "scored"
        before = world.ask("review show", user="anna", ref=ref)["result"]
        assert before["spread_criteria"] == ["exit"]
        assert before["means"]["exit"] == "9/5"
        assert before["gates_missed"] == ["exit"]

        with pytest.raises(NotPanelChair):
            world.do("review consensus", user=panel[1], ref=ref, scores=["exit=2"], grounds="x")
        with pytest.raises(NothingToAgree):
            world.do("review consensus", user=panel[1], ref=ref, agree=True)
        with pytest.raises(FaultyScores):
            world.do("review consensus", user=panel[0], ref=ref, scores=["exit=5"], grounds="x")
        world.do("review consensus", user=panel[0], ref=ref, scores=["exit=2"], grounds="besproken op 3 maart")
        for name in panel[1:]:
            world.do("review consensus", user=name, ref=ref, agree=True)

        after = world.ask("review show", user="anna", ref=ref)["result"]
        assert after["means"]["exit"] == "9/5"
        assert after["consensus"]["scores"] == {"exit": 2}
        assert (after["advice"], after["gates_missed"]) == ("positive", [])
        assert after["total"] == str(Fraction(100 * (90 * 3 + 10 * 2), 400))
        assert world.ask("proposal show", ref=ref)["state"] == "decidable"


def test_after_ten_days_without_agreement_the_means_stand(database_url: str) -> None:
    with founded(database_url) as world:
        ref, _panel = apart(world)

        world.clock(CLOSED + timedelta(days=11))

        result = world.ask("review show", user="anna", ref=ref)["result"]
        assert result["consensus"]["agreed"] is False
        assert result["total"] == str(Fraction(25 * 3 * 90 + 25 * 10 * 9 // 5, 100))
        assert world.ask("proposal show", ref=ref)["state"] == "decidable"


def test_a_panel_that_agrees_asks_no_consensus(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        ref = eligible(world)[0]
        reviewed(world, ref)

        with pytest.raises((ConsensusNotForced, TransitionNotAllowed)):
            world.do("review consensus", user=panel_of(world, ref)[0], ref=ref, scores=["exit=2"], grounds="x")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"[scores]\nambition = 5\n", "s.toml:2: ambition = 5: a score is a whole number from 0 to 4"),
        (b"[scores]\nambition = 2.5\n", "s.toml:2: ambition = 2.5"),
        (b"[scores]\nambitie = 2\n", 's.toml:2: "ambitie" is not a criterion'),
        (b'[scores]\nexit = 2\n[abstain]\nexit = "x"\n', "s.toml:4: exit is scored and abstained from"),
        (b'[scores]\n[abstain]\nexit = ""\n', "s.toml:3: exit: whoever abstains says why"),
        (b"total = 70\n[scores]\n", 's.toml:1: "total" is not known here'),
        (b"[scores]\nambition = \n", "s.toml:2: ambition has no score, and no reason to abstain"),
        (b"[scores]\nambition = # ?\nexit = 5\n", "s.toml:3: exit = 5: a score is a whole number from 0 to 4"),
        (b"[scores]\n[abstain]\nexit =\n", "s.toml:3: exit: whoever abstains says why"),
        (b"declaration =\n[scores]\n", "s.toml:1: `declaration` is"),
        (b"[scores]\nambition = \nexit = drie\n", "s.toml:3: this is not TOML"),
        (b"\xff", "s.toml:1: not UTF-8"),
        (b"[scores]\nambition = 3\n", "exit has no score, and no reason to abstain"),
    ],
)
def test_a_faulty_score_file_is_refused_with_its_lines(sqlite_url: str, content: bytes, fault: str) -> None:
    with founded(sqlite_url) as world:
        ref = opened(world)
        name = panel_of(world, ref)[0]

        with pytest.raises(FaultyScores) as refused:
            world.do("review score", user=name, ref=ref, file=as_file(content, "s.toml"))

        assert fault in str(refused.value)
        assert not any(seat["scored"] for seat in world.ask("review show", user="anna", ref=ref)["panel"])


def test_parties_see_the_scores_never_and_the_means_once_it_was_decided(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        ref = eligible(world)[0]
        reviewed(world, ref)

        assert world.ask("review show", ref=ref, user="fatima")["result"] is None
        assert len(world.ask("review show", ref=ref, user="anna")["result"]["scores"]) == 5


@pytest.mark.parametrize(
    "command", ["review score", "review close", "review assign", "review recuse", "review consensus"]
)
def test_nothing_of_a_review_is_possible_before_it_opens(sqlite_url: str, command: str) -> None:
    with founded(sqlite_url) as world:
        peopled(world)
        ref = eligible(world)[0]
        args: dict[str, Any] = {
            "review score": {"file": as_file(score_file())},
            "review assign": {"reviewer": "ed"},
            "review recuse": {"reason": "x"},
            "review consensus": {"scores": ["exit=2"]},
        }.get(command, {})
        user = "anna" if command in ("review close", "review assign") else "ed"

        with pytest.raises(FundError) as refused:
            world.do(command, user=user, ref=ref, **args)

        assert refused.value.code() == "transition_not_allowed"


def test_a_proposal_that_was_withdrawn_is_not_closed_at_the_deadline(database_url: str) -> None:
    with founded(database_url) as world:
        ref = opened(world)
        for name in panel_of(world, ref)[:4]:
            world.do("review score", user=name, ref=ref, file=as_file(score_file()))
        busy = panel_of(world, ref)[4]
        world.do("proposal withdraw", user="fatima", ref=ref, reason="geen geld meer nodig")

        world.clock(CLOSED + timedelta(days=40))

        assert world.ask("review show", user="anna", ref=ref)["state"] == "withdrawn"
        with world.snapshot("anna") as snapshot:
            free, _barred = candidates(snapshot, snapshot.case(Proposal, ref))
            assert {each.actor.name: each.seat.load for each in free}[busy] == 0
        assert world.ask("event dead")["dead"] == []
        assert f"fund review score {ref} FILE" not in json.dumps(world.ask("inbox", everybody=True))


def test_after_a_deferral_for_improvement_the_same_panel_scores_again(database_url: str) -> None:
    with founded(database_url) as world:
        ref = decidable(world, scores={**dict.fromkeys(CRITERIA, 3), "exit": 1})[0]
        first = panel_of(world, ref)
        voted(world, ref)
        world.do(
            "decision decide",
            user="carla",
            ref=ref,
            defer_for="improve",
            until=date(2026, 4, 1),
            reasons=["exit=uitwerken"],
        )
        content = a_proposal_file(
            round="2026-1",
            ask_cents=40_000_00,
            title="Plan 1",
            exit_rules="Wie weggaat betaalt zijn deel en een jaar extra.",
        )
        world.do("proposal save", user="fatima", ref=ref, file=as_file(content))
        world.do("proposal resubmit", user="fatima", ref=ref)
        world.do("proposal find-eligible", user="anna", ref=ref)

        reviewed(world, ref, scores=4)
        voted(world, ref)
        world.do("decision decide", user="carla", ref=ref)

        shown = world.ask("review show", user="anna", ref=ref)
        assert (shown["turn"], shown["result"]["total"]) == (2, "100")
        assert panel_of(world, ref) == first
        decision = world.ask("decision show", ref=ref)
        assert (decision["session"], decision["outcome"]) == (2, "approved")


def test_a_declared_conflict_is_judged_by_chair_and_member(database_url: str) -> None:
    with founded(database_url) as world:
        ref = opened(world)
        about, other, *_rest = panel_of(world, ref)
        world.do("review score", user=about, ref=ref, file=as_file(score_file(0)), grounds=["werkte samen in 2024"])
        world.do("review declare", user=other, ref=ref, none=True)
        judged = {"ref": ref, "about": about, "stays": False, "reason": "te dichtbij"}

        with pytest.raises(NothingDeclared):
            world.do("review declare", user="carla", **{**judged, "about": other})
        with pytest.raises(NotAuthorised):
            world.do("review declare", user=other, **judged)
        made = world.do("review declare", user="carla", **judged)
        with pytest.raises(SameHands):
            world.do("confirm", user="carla", ref=made["pending"])
        assert about in panel_of(world, ref)
        world.do("confirm", user="carl", ref=made["pending"])

        assert about not in panel_of(world, ref)
        types = [event["type"] for event in world.ask("proposal history", user="anna", ref=ref)["events"]]
        left = [each for each in types if each != "review.top_up_proposed"]
        assert left[-2:] == ["review.conflict_decided", "review.score_excluded"]


def test_a_reviewer_whose_conflict_was_judged_harmless_stays(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref = opened(world)
        about = panel_of(world, ref)[0]
        world.do("review score", user=about, ref=ref, file=as_file(score_file(3)), grounds=["werkte samen in 2024"])

        world.both(
            "review declare", user="carla", second="wil", ref=ref, about=about, stays=True, reason="lang geleden"
        )

        seat = next(each for each in world.ask("review show", user="anna", ref=ref)["panel"] if each["name"] == about)
        assert (seat["judged"], seat["scored"]) == (True, True)


def test_in_a_fund_whose_clock_runs_a_commitment_cannot_be_tried_out_from_the_facts(database_url: str) -> None:
    with founded(database_url) as world:
        with world.fund.engine.begin() as connection:
            Store(connection).work.hold_clock(None)
        given = {"stream": "review/2026-001", "kind": "score", "turn": 1, "content": '{"scores":{"exit":3}}'}

        with world.uow("anna", command_id="c-1") as uow:
            told = put_under_seal(uow, **given)
            again = put_under_seal(uow, **given)
            actor = uow.maker.user_id

        salts = [salt_for(secret, given["stream"], "score", 1, actor, "c-1") for secret in ("", "story:Testfonds")]
        assert told == again
        assert told not in [commitment(salt, str(given["content"])) for salt in salts]
