"""Proposals: every row of the table that is ours, happily and refused, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from fund import files
from fund.database import writing
from fund.errors import FundError
from fund.errors.commands import ReasonMissing, TransitionNotAllowed, UnknownRef, VersionConflict
from fund.errors.people import ConflictOfInterest, NotAuthorised, SameHands
from fund.errors.proposals import (
    AboveCeiling,
    AttachmentMissing,
    BoardNotInformed,
    BrokenForm,
    BudgetDiffersFromAsk,
    CategoriesDifferFromCost,
    ChangedElsewhere,
    DeadlinePassed,
    FollowonNotInvited,
    MilestonesDifferFromAsk,
    NotForImprovement,
    ObjectionTooLate,
    OldFormVersion,
    OutsideTrack,
    PartiesNotConfirmed,
    PartnerNotActive,
    RolloutNotBudgeted,
    RolloutWithoutParent,
    RoundNotOpen,
    RuleNotMet,
    SameContentInRound,
    TooFewAdopters,
    UnknownChoice,
    UnknownRule,
    UnknownSection,
)
from fund.events.decisions import DecisionApproved, DecisionConditional, DecisionDeferred, DecisionRejected
from fund.events.values import AwardCondition
from fund.registry import COMMANDS
from fund.rules.transitions import commands_from
from fund.schemas.capital import Partner
from fund.schemas.proposals import FUND_TO_ACT, UNDECIDED, Proposal, Round
from fund.store import Store
from fund.workflows import proposals
from fund.workflows.proposals.lifecycle import TRANSITIONS, State, apply
from tests.factories import World, a_form, a_proposal_file, as_file, as_text, founded
from tests.roads import road
from tests.workflows.deciding import money

OPENS, CLOSES = date(2026, 2, 1), date(2026, 2, 28)
IN_ROUND = datetime(2026, 2, 10, 13, 2, tzinfo=UTC)

NOT_WAITED_FOR = {
    State.DRAFT: "its parties have not submitted it",
    State.INELIGIBLE: "it was refused",
    State.CONDITIONAL: "it has its decision",
    State.APPROVED: "it has its decision",
    State.REJECTED: "it has its decision",
    State.OBJECTED: "it has its decision, which is looked at again in a term of its own",
    State.UPHELD: "it has its decision",
    State.AGREED: "it has its decision",
    State.WITHDRAWN: "its parties took it back",
    State.LAPSED: "its term passed",
}
"""States in which a round is decided without it, and whose parties compete with nobody any more."""
THEIRS = {State.RETURNED: "the parties change it", State.DEFERRED: "it waits for what it was deferred for"}
"""States without a decision in which the term of the decision stands still."""


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A fund with people of three partners and an open light round 2026-1."""
    with founded(database_url) as world:
        in_a_round(world)
        yield world


@road
def in_a_round(world: World) -> None:
    world.people()
    world.partners()
    for name, role, partner in (
        ("fatima", "partner_signatory", "gm0351"),
        ("frank", "partner_editor", "gm0351"),
        ("lotte", "partner_signatory", "gm0327"),
        ("sam", "partner_signatory", "gm0342"),
    ):
        world.user(name, role, partner=partner)
    plan_round(world)
    world.clock(IN_ROUND)


@road
def plan_round(world: World, **changes: Any) -> str:
    args: dict[str, Any] = {
        "title": "Eerste ronde",
        "opens": OPENS,
        "closes": CLOSES,
        "ceiling_cents": 500_000_00,
        "track": "light",
    }
    answer = world.both("round plan", user="anna", second="carla", **{**args, **changes})
    return str(answer["result"]["round"])


@road
def drafted(world: World, *, user: str = "fatima", **changes: Any) -> str:
    answer = world.do("proposal draft", user=user, file=as_file(a_proposal_file(**changes), "loket.toml"))
    return str(answer["result"]["ref"])


@road
def submitted(world: World, **changes: Any) -> str:
    ref = drafted(world, **changes)
    world.do("proposal submit", user="fatima", ref=ref)
    return ref


def as_read(world: World, ref: str, user: str) -> bytes:
    """The file that somebody gets to change and save."""
    toml: str = world.ask("proposal file", user=user, ref=ref)["toml"]
    return toml.encode()


def case(world: World, ref: str) -> Proposal:
    with world.snapshot() as snapshot:
        return snapshot.case(Proposal, ref)


def state(world: World, ref: str) -> str:
    return case(world, ref).state


def types(world: World, ref: str) -> list[str]:
    with world.snapshot("joost") as snapshot:
        return [event["type"] for event in proposals.reading.history(snapshot, ref=ref)["events"]]


def decided(world: World, ref: str, fact: Any) -> None:
    """What the committee decides, without its meeting."""
    if not world.balances().get("1000"):
        money(world, 500_000_00)
    put(world, ref, State.DECIDABLE)
    with world.uow("carla") as uow:
        uow.record(fact)
    world.drain()


def put(world: World, ref: str, state: str) -> None:
    """The case in a state, without the road to it."""
    with writing(world.fund.engine) as connection:
        store = Store(connection)
        row = store.cases.get(f"proposal/{ref}")
        assert row is not None
        store.cases.put([(Proposal.model_validate_json(row.document).replace(state=state), row.version)])


def approved(world: World, ref: str, cents: int = 20_000_00) -> None:
    decided(world, ref, DecisionApproved(ref=ref, round="2026-1", award_cents=cents))


# ------------------------------------------------------------------------------------------------------------- P1, P2


def test_every_state_is_waited_for_by_its_round_or_is_not_with_a_reason() -> None:
    """A new state has to say which: rounds, conflicts, the term of the decision and the council page go by it."""
    assert set(State) == {*UNDECIDED, *NOT_WAITED_FOR}
    assert not set(UNDECIDED) & set(NOT_WAITED_FOR)
    assert set(UNDECIDED) == {*FUND_TO_ACT, *THEIRS}


def test_a_draft_is_kept_with_its_form_and_named_by_a_ref(world: World) -> None:
    answer = world.do("proposal draft", user="frank", file=as_file(a_proposal_file(), "/home/frank/loket.toml"))
    assert answer["result"]["ref"] == "2026-001"
    assert answer["next"] == "fund proposal submit 2026-001"
    found = case(world, "2026-001")
    assert (found.state, found.title, found.lead, found.ask_cents, found.round) == (
        "draft",
        "Eén loket voor vergunningen",
        "gm0351",
        24_000_00,
        "2026-1",
    )
    expected = a_form()
    assert found.form.model_copy(update={"team": ()}) == expected.model_copy(update={"team": ()})


def test_names_of_the_team_stand_in_no_fact_and_can_be_erased(world: World) -> None:
    ref = drafted(world)
    with world.snapshot("fatima") as snapshot:
        payloads = " ".join(event.fact.payload() for event in snapshot.history(snapshot.case(Proposal, ref)))
        assert "Persoon 1" not in payloads
        assert proposals.reading.show(snapshot, ref=ref)["team"][0]["name"] == "Persoon 1"
    with world.snapshot("sam") as snapshot, pytest.raises(UnknownRef):
        proposals.reading.show(snapshot, ref=ref)
    with writing(world.fund.engine) as connection:
        Store(connection).work.put_sealed(
            stream=f"proposal/{ref}", kind="team", actor="", round=0, salt="", content="[]"
        )
    assert world.ask("proposal show", user="fatima", ref=ref)["team"][0]["name"] is None


def test_a_draft_is_seen_by_its_parties_and_an_auditor_and_nobody_else(world: World) -> None:
    ref = drafted(world, co_applicants=("gm0327",))
    for user, seen in (
        ("fatima", True),
        ("lotte", True),
        ("joost", True),
        ("sam", False),
        ("anna", False),
        (None, False),
    ):
        listed = [row["ref"] for row in world.ask("proposal list", user=user)["proposals"]]
        assert (ref in listed) is seen, user
    with pytest.raises(UnknownRef):
        world.ask("proposal history", user="anna", ref=ref)


def test_a_draft_is_refused_outside_the_round_by_its_instants(world: World) -> None:
    world.clock(datetime(2026, 2, 28, 22, 59, tzinfo=UTC))  # one minute to midnight in Amsterdam
    drafted(world)
    world.clock(datetime(2026, 2, 28, 23, 0, tzinfo=UTC))
    with pytest.raises(RoundNotOpen) as refused:
        drafted(world, title="Te laat")
    assert refused.value.details["round"] == "2026-1"
    assert "1 March 2026 00:00" in str(refused.value)


def test_a_draft_of_another_partner_or_for_nobody_known_is_refused(world: World) -> None:
    with pytest.raises(NotAuthorised):
        drafted(world, user="lotte")
    with pytest.raises(UnknownChoice) as refused:
        drafted(world, co_applicants=("gm9999",))
    assert refused.value.details["field"] == "proposal.co_applicants"
    assert refused.value.details["line"] == 13
    with pytest.raises(UnknownChoice) as refused:
        drafted(world, round="2026-7")
    assert refused.value.details["nearest"] == "2026-1"


def test_a_roll_out_needs_an_agreement_to_follow(world: World) -> None:
    with pytest.raises(RolloutWithoutParent):
        drafted(world, sort="rollout")
    with pytest.raises(RolloutWithoutParent):
        world.do("proposal draft", user="fatima", file=as_file(a_proposal_file()), follows="A2026-001")
    with pytest.raises(UnknownRef):
        world.do("proposal draft", user="fatima", file=as_file(a_proposal_file(sort="rollout")), follows="A2026-001")


def test_saving_other_content_clears_every_confirmation(world: World) -> None:
    ref = drafted(world, co_applicants=("gm0327",), ambition="Woudenberg vraagt één keer.")
    world.do("proposal join", user="lotte", ref=ref)
    assert case(world, ref).confirmed == {"gm0327": case(world, ref).revision_hash}
    answer = world.do(
        "proposal save",
        user="lotte",
        ref=ref,
        file=as_file(as_read(world, ref, "lotte").replace(b"Woudenberg vraagt", b"Leusden vraagt")),
    )
    assert answer["result"]["sections"] == ["proposal"]
    found = case(world, ref)
    assert (found.confirmed, found.revision, found.form.ambition) == ({}, 2, "Leusden vraagt één keer.")


def test_saving_the_same_content_changes_nothing(world: World) -> None:
    ref = drafted(world)
    answer = world.do("proposal save", user="fatima", ref=ref, file=as_file(a_proposal_file()))
    assert answer["result"]["unchanged"] is True
    assert answer["event_count"] == 0


def test_saving_over_somebody_elses_change_is_refused(world: World) -> None:
    ref = drafted(world)
    read = world.ask("proposal show", user="frank", ref=ref)["version"]
    world.do("proposal save", user="fatima", ref=ref, file=as_file(a_proposal_file(title="Van Fatima")))
    with pytest.raises(VersionConflict) as refused:
        world.do("proposal save", user="frank", ref=ref, file=as_file(a_proposal_file(title="Van Frank")), version=read)
    assert refused.value.details["expected"] == read
    assert case(world, ref).title == "Van Fatima"


def test_the_lead_stays_the_lead(world: World) -> None:
    ref = drafted(world, co_applicants=("gm0327",))
    version = world.ask("proposal show", user="lotte", ref=ref)["version"]
    swapped = a_proposal_file(lead="gm0327", co_applicants=("gm0351",))
    with pytest.raises(ChangedElsewhere):
        world.do("proposal save", user="lotte", ref=ref, file=as_file(swapped), version=version)


# ------------------------------------------------------------------------------------------------------------- P3, P4


def test_submitting_alone_is_one_step_and_the_rules_run_by_themselves(world: World) -> None:
    ref = drafted(world)
    answer = world.do("proposal submit", user="fatima", ref=ref)
    assert [event["type"] for event in answer["events"]] == ["proposal.submitted"]
    assert answer["result"]["decision_before"].startswith("2026-04-28")
    found = case(world, ref)
    assert (found.state, found.confirmed) == ("submitted", {"gm0351": found.revision_hash})
    assert [outcome.rule for outcome in found.screened if not outcome.passed] == []
    assert types(world, ref) == ["proposal.drafted", "proposal.submitted", "proposal.screened"]
    screened = world.ask("proposal history", user="anna", ref=ref)["events"][-1]
    assert (screened["actor"], screened["causation_id"]) == ("system", answer["events"][0]["event_id"])


def test_every_party_confirms_the_same_revision_before_it_is_submitted(world: World) -> None:
    ref = drafted(world, co_applicants=("gm0327", "gm0342"))
    world.do("proposal confirm", user="lotte", ref=ref)
    with pytest.raises(PartiesNotConfirmed) as refused:
        world.do("proposal submit", user="fatima", ref=ref)
    assert refused.value.details["missing"] == ["gm0342"]
    with pytest.raises(NotAuthorised):
        world.do("proposal submit", user="lotte", ref=ref)
    world.do("proposal confirm", user="sam", ref=ref)
    world.do("proposal submit", user="fatima", ref=ref)
    assert state(world, ref) == "submitted"


def test_confirming_twice_is_one_confirmation(world: World) -> None:
    ref = drafted(world, co_applicants=("gm0327",))
    world.do("proposal confirm", user="lotte", ref=ref)
    again = world.do("proposal confirm", user="lotte", ref=ref)
    assert (again["event_count"], again["result"]["unchanged"]) == (0, True)


def test_beyond_the_light_track_a_party_says_when_its_council_was_informed(world: World) -> None:
    round_ = plan_round(world, track="standard", opens=IN_ROUND.date(), title="Tweede ronde")
    ref = drafted(world, round=round_, ask_cents=60_000_00, co_applicants=("gm0327",))
    with pytest.raises(BoardNotInformed) as refused:
        world.do("proposal confirm", user="lotte", ref=ref)
    assert refused.value.advice == f"fund proposal confirm {ref} --informed-on DATE"
    with pytest.raises(BoardNotInformed):
        world.do("proposal confirm", user="lotte", ref=ref, informed_on=date(2026, 3, 1))
    world.do("proposal confirm", user="lotte", ref=ref, informed_on=date(2026, 2, 9))
    world.do("proposal submit", user="fatima", ref=ref)  # the lead's day stands in the form already
    assert case(world, ref).informed == {"gm0327": date(2026, 2, 9), "gm0351": date(2026, 1, 5)}


def test_a_budget_that_differs_from_the_ask_is_refused_with_both_numbers_and_its_line(world: World) -> None:
    content = a_proposal_file(budget=({"year": 2026, "amount_cents": 23_000_00},))
    ref = str(world.do("proposal draft", user="fatima", file=as_file(content, "loket.toml"))["result"]["ref"])
    with pytest.raises(BudgetDiffersFromAsk) as refused:
        world.do("proposal submit", user="fatima", ref=ref)
    line = content.decode().split("\n").index('amount = "23000.00"') + 1
    assert str(refused.value) == (
        f'loket.toml:{line}: amount = "23000.00": `proposal submit` is not possible for {ref}: the budget is'
        " EUR 23,000.00, asked is EUR 24,000.00, difference EUR 1,000.00"
    )
    assert refused.value.advice == f"fund proposal save {ref} loket.toml"
    assert state(world, ref) == "draft"


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        (
            {"milestones": ({"title": "t", "due_on": date(2026, 12, 1), "amount_cents": 1_00, "evidence": "e"},)},
            MilestonesDifferFromAsk,
        ),
        ({"categories": ({"category": "Uren", "amount_cents": 1_00},)}, CategoriesDifferFromCost),
        ({"ask_cents": 25_000_00}, OutsideTrack),
        ({"attachments": ({"title": "Plan", "sha256": "a" * 64},)}, AttachmentMissing),
    ],
)
def test_what_does_not_fit_is_refused_at_submitting(
    world: World, changes: dict[str, Any], refusal: type[FundError]
) -> None:
    ref = drafted(world, **changes)
    before = types(world, ref)
    with pytest.raises(refusal) as refused:
        world.do("proposal submit", user="fatima", ref=ref)
    assert ref in str(refused.value)
    assert refused.value.advice
    assert (state(world, ref), types(world, ref)) == ("draft", before)


def test_an_ask_above_the_ceiling_is_refused(world: World) -> None:
    round_ = plan_round(world, opens=IN_ROUND.date(), ceiling_cents=20_000_00)
    ref = drafted(world, round=round_)
    with pytest.raises(AboveCeiling):
        world.do("proposal submit", user="fatima", ref=ref)


def test_an_attachment_that_came_along_lets_it_be_submitted(world: World) -> None:
    import hashlib

    plan = b"%PDF-1.7 een plan"
    digest = hashlib.sha256(plan).hexdigest()
    content = a_proposal_file(attachments=({"title": "Plan", "sha256": digest},))
    answer = world.do(
        "proposal draft", user="fatima", file=as_file(content), attach=[{"name": "../plan.pdf", "content": plan}]
    )
    world.do("proposal submit", user="fatima", ref=answer["result"]["ref"])
    with world.snapshot() as snapshot:
        assert files.get(snapshot, digest) == plan


def test_the_same_content_is_submitted_once_in_a_round(world: World) -> None:
    submitted(world)
    ref = drafted(world)
    with pytest.raises(SameContentInRound) as refused:
        world.do("proposal submit", user="fatima", ref=ref)
    assert refused.value.details["other"] == "2026-001"


def test_submitting_is_too_late_at_the_closing_instant(world: World) -> None:
    ref = drafted(world)
    world.clock(datetime(2026, 2, 28, 23, 0, tzinfo=UTC))
    with pytest.raises(RoundNotOpen):
        world.do("proposal submit", user="fatima", ref=ref)


# --------------------------------------------------------------------------------------------------------- P5, P6, P7


def test_a_returned_proposal_changes_only_where_it_may_and_comes_back(world: World) -> None:
    ref = submitted(world)
    world.do("proposal request-changes", user="anna", ref=ref, sections=["milestones"], reason="Mijlpaal is vaag")
    assert (state(world, ref), case(world, ref).due_on) == ("returned", date(2026, 2, 24))
    with pytest.raises(ChangedElsewhere) as refused:
        world.do("proposal save", user="fatima", ref=ref, file=as_file(a_proposal_file(ambition="Anders")))
    assert refused.value.details["changed"] == ["proposal"]
    milestone = {
        "title": "Loket open in drie gemeenten",
        "due_on": date(2026, 12, 1),
        "amount_cents": 24_000_00,
        "evidence": "Verslag",
    }
    world.do("proposal save", user="fatima", ref=ref, file=as_file(a_proposal_file(milestones=(milestone,))))
    world.do("proposal resubmit", user="fatima", ref=ref)
    assert types(world, ref)[-2:] == ["proposal.resubmitted", "proposal.screened"]
    assert state(world, ref) == "submitted"


def test_resubmitting_is_possible_until_the_last_day(world: World) -> None:
    ref = submitted(world)
    world.do("proposal request-changes", user="anna", ref=ref, sections=["money"], reason="r", due_on=date(2026, 2, 20))
    with writing(world.fund.engine) as connection:
        Store(connection).work.hold_clock(datetime(2026, 2, 21, 9, tzinfo=UTC))  # the service has not looked yet
    with pytest.raises(DeadlinePassed) as refused, world.uow("fatima", commit=False) as uow:
        COMMANDS["proposal resubmit"].use_case(uow, ref=ref)
    assert refused.value.details["due_on"] == date(2026, 2, 20)
    with pytest.raises(TransitionNotAllowed):  # what is due is done before a rule refuses: it has lapsed
        world.do("proposal resubmit", user="fatima", ref=ref)
    assert state(world, ref) == "lapsed"


@pytest.mark.parametrize(
    ("args", "refusal"),
    [
        ({"sections": ["geld"], "reason": "r"}, UnknownSection),
        ({"sections": [], "reason": "r"}, UnknownSection),
        ({"sections": ["money"], "reason": " "}, ReasonMissing),
        ({"sections": ["money"], "reason": "r", "due_on": date(2026, 2, 10)}, DeadlinePassed),
    ],
)
def test_changes_are_asked_for_with_sections_a_reason_and_time(
    world: World, args: dict[str, Any], refusal: type[FundError]
) -> None:
    ref = submitted(world)
    with pytest.raises(refusal):
        world.do("proposal request-changes", user="anna", ref=ref, **args)
    assert state(world, ref) == "submitted"


def test_a_proposal_is_eligible_when_every_rule_is_met_with_its_evidence(world: World) -> None:
    ref = submitted(world)
    answer = world.do("proposal find-eligible", user="anna", ref=ref)
    assert state(world, ref) == "eligible"
    assert answer["events"][0]["payload"]["evidence"]["budget_adds_up"] == "budget 24000.00, asked 24000.00"


def test_a_rule_of_words_can_be_met_with_other_evidence_and_one_of_numbers_cannot(world: World) -> None:
    ref = submitted(world, state_aid="unclear")
    assert not next(outcome for outcome in case(world, ref).screened if outcome.rule == "state_aid").passed
    with pytest.raises(RuleNotMet) as refused:
        world.do("proposal find-eligible", user="anna", ref=ref)
    assert refused.value.details["rule"] == "state_aid"
    with pytest.raises(UnknownRule):
        world.do("proposal find-eligible", user="anna", ref=ref, evidence={"steun": "brief"})
    world.do(
        "proposal find-eligible", user="anna", ref=ref, evidence={"Staatssteun": "brief van de jurist, 9 februari"}
    )
    vague = submitted(world, stop_rule="geen", title="Zonder einde")
    with pytest.raises(RuleNotMet):
        world.do("proposal find-eligible", user="anna", ref=vague, evidence={"stop_rule": "toch wel"})


def test_many_parties_get_a_note_and_no_refusal(world: World) -> None:
    ref = drafted(world, adopters=("gm0307", "gm0308", "gm0312", "gm0313", "gm0317", "gm0321", "gm0327"))
    world.do("proposal submit", user="fatima", ref=ref)
    assert case(world, ref).note.startswith("8 parties")
    world.do("proposal find-eligible", user="anna", ref=ref)


def test_a_fund_manager_of_a_party_judges_nothing(world: World) -> None:
    world.user("leo", "fund_manager", partner="gm0351")
    world.user("lea", "fund_manager", partner="gm0351", seconded=True)
    ref = submitted(world)
    with pytest.raises(ConflictOfInterest):
        world.do("proposal find-eligible", user="leo", ref=ref)
    world.do("proposal find-eligible", user="lea", ref=ref)


# ---------------------------------------------------------------------------------------------------------- P8 and P18


def test_two_fund_managers_find_a_proposal_ineligible_and_the_lead_may_object(world: World) -> None:
    ref = submitted(world)
    made = world.do(
        "proposal find-ineligible", user="anna", ref=ref, rule="publieke taak", reason="Geen taak van een gemeente"
    )
    assert state(world, ref) == "submitted"
    with pytest.raises(SameHands):
        world.do("confirm", user="anna", ref=made["pending"])
    world.do("confirm", user="anna2", ref=made["pending"])
    found = case(world, ref)
    assert (found.state, found.failing_rule, found.objection_until_on) == (
        "ineligible",
        "public_task",
        date(2026, 3, 24),
    )
    with pytest.raises(ReasonMissing):
        world.do("proposal object", user="fatima", ref=ref, grounds="")
    world.do("proposal object", user="fatima", ref=ref, grounds="Het is wel onze taak")
    assert state(world, ref) == "objected"


def test_objecting_ends_with_the_term(world: World) -> None:
    ref = submitted(world)
    decided(world, ref, DecisionRejected(ref=ref, round="2026-1"))
    world.clock(date(2026, 3, 25))
    with pytest.raises(ObjectionTooLate) as refused:
        world.do("proposal object", user="fatima", ref=ref, grounds="te laat")
    assert (refused.value.details["until_on"], refused.value.details["today"]) == (date(2026, 3, 24), date(2026, 3, 25))


# --------------------------------------------------------------------------------------------------------- P21 and P22


def test_withdrawing_needs_a_reason_and_frees_what_was_committed(world: World) -> None:
    ref = submitted(world)
    approved(world, ref)
    with pytest.raises(ReasonMissing):
        world.do("proposal withdraw", user="fatima", ref=ref, reason=" ")
    with pytest.raises(NotAuthorised):
        world.do("proposal withdraw", user="lotte", ref=ref, reason="r")
    world.do("proposal withdraw", user="fatima", ref=ref, reason="De raad ziet ervan af")
    booked = [entry for entry in world.entries() if not entry.kind.startswith(("contribution", "receipt"))]
    assert [as_text(entry) for entry in booked] == [
        f"2026-02-10 decision.approved Toekenning {ref}\n  Dr 9000.{ref} 2000000\n    Cr 9010 2000000",
        f"2026-02-10 proposal.withdrawn Aanvraag {ref} ingetrokken\n  Dr 9010 2000000\n    Cr 9000.{ref} 2000000",
    ]
    with world.snapshot() as snapshot:
        assert snapshot.case(Round, "2026-1").committed_cents == 0


def test_withdrawing_before_a_decision_books_nothing(world: World) -> None:
    ref = submitted(world)
    world.do("proposal withdraw", user="fatima", ref=ref, reason="Geen mensen")
    assert (state(world, ref), world.entries()) == ("withdrawn", [])


def test_an_approved_proposal_that_nobody_signs_is_warned_twice_and_lapses(world: World) -> None:
    ref = submitted(world)
    approved(world, ref)
    for day in (date(2026, 3, 28), date(2026, 4, 8), date(2026, 4, 11)):
        world.clock(day)
        assert state(world, ref) == "approved"
    world.clock(date(2026, 4, 12))  # sixty days after 10 February
    assert types(world, ref)[-3:] == ["proposal.lapse_announced", "proposal.lapse_announced", "proposal.lapsed"]
    assert as_text(world.entries()[-1]) == (
        f"2026-04-12 proposal.lapsed Aanvraag {ref} vervallen\n  Dr 9010 2000000\n    Cr 9000.{ref} 2000000"
    )
    assert world.drain() == 0


def test_a_returned_proposal_lapses_and_one_that_came_back_does_not(world: World) -> None:
    kept, lost = submitted(world), submitted(world, title="Nog een")
    for ref in (kept, lost):
        world.do("proposal request-changes", user="anna", ref=ref, sections=["money"], reason="r")
    world.do("proposal resubmit", user="fatima", ref=kept)
    world.clock(date(2026, 2, 25))
    assert (state(world, kept), state(world, lost)) == ("submitted", "lapsed")


def test_a_draft_that_nobody_touches_lapses_after_a_year(world: World) -> None:
    ref = drafted(world)
    world.clock(date(2027, 2, 10))
    assert state(world, ref) == "draft"
    world.clock(date(2027, 2, 11))
    assert state(world, ref) == "lapsed"


def test_a_deferral_for_money_neither_lapses_nor_may_be_changed(world: World) -> None:
    ref = submitted(world)
    decided(world, ref, DecisionDeferred(ref=ref, round="2026-1", ground="money", until_on=date(2026, 5, 1)))
    for command, args in (
        ("save", {"file": as_file(a_proposal_file(title="Beter"))}),
        ("confirm", {}),
        ("resubmit", {}),
    ):
        with pytest.raises(NotForImprovement):
            world.do(f"proposal {command}", user="fatima", ref=ref, **args)
    world.clock(date(2026, 6, 1))
    assert state(world, ref) == "deferred"


def test_a_deferral_for_improvement_comes_back_changed(world: World) -> None:
    ref = submitted(world)
    decided(world, ref, DecisionDeferred(ref=ref, round="2026-1", ground="improve", until_on=date(2026, 5, 1)))
    world.do("proposal save", user="fatima", ref=ref, file=as_file(a_proposal_file(ambition="Beter")))
    answer = world.do("proposal resubmit", user="fatima", ref=ref)
    assert answer["events"][0]["payload"]["sections"] == ["proposal"]
    assert state(world, ref) == "submitted"


def test_a_condition_nobody_showed_in_time_lets_the_award_lapse(world: World) -> None:
    ref = submitted(world)
    condition = AwardCondition(
        number=1, text="Raadsbesluit", owner="gm0351", evidence="besluit", expires_on=date(2026, 3, 31)
    )
    decided(world, ref, DecisionConditional(ref=ref, round="2026-1", award_cents=10_000_00, conditions=(condition,)))
    world.clock(date(2026, 3, 31))
    assert state(world, ref) == "conditional"
    world.clock(date(2026, 4, 1))
    assert state(world, ref) == "lapsed"
    assert world.balances().get("9000", 0) == 0


# ------------------------------------------------------------------------------------------------------------- reading


def test_the_history_is_the_whole_life_with_names(world: World) -> None:
    ref = submitted(world)
    approved(world, ref)
    events = world.ask("proposal history", user="anna", ref=ref)["events"]
    assert {"seq", "type", "occurred_at", "effective_on", "actor", "command_id", "causation_id", "payload"} <= set(
        events[0]
    )
    assert [event["type"] for event in events][-1] == "decision.approved"
    assert events[0]["actor_name"] == "fatima"


def test_the_list_of_an_earlier_day_shows_what_was_then(world: World) -> None:
    ref = submitted(world)
    world.clock(date(2026, 2, 20))
    world.do("proposal find-eligible", user="anna", ref=ref)
    now = world.ask("proposal list")["proposals"]
    then = world.ask("proposal list", as_of=date(2026, 2, 19))["proposals"]
    assert [(row["ref"], row["state"]) for row in now] == [(ref, "eligible")]
    assert [(row["ref"], row["state"]) for row in then] == [(ref, "submitted")]
    assert set(now[0]) >= {"ref", "title", "lead_partner", "state", "ask_cents", "round"}
    assert world.ask("proposal list", as_of=date(2026, 2, 9))["proposals"] == []


def test_what_was_a_draft_on_an_earlier_day_stays_its_parties_own(world: World) -> None:
    ref = drafted(world)
    drafted_on = world.ask("proposal list", user="fatima")["as_of"]
    world.clock(date(2026, 2, 20))
    world.do("proposal submit", user="fatima", ref=ref)
    asked = {"ref": ref, "as_of": date.fromisoformat(drafted_on)}
    assert world.ask("proposal show", user="fatima", **asked)["state"] == "draft"
    for other in ("anna", "sam", None):
        seen = world.ask("proposal show", user=other, **asked)
        assert seen == {"schema_version": 1, "as_of": drafted_on, "ref": ref, "state": None}


def test_the_file_of_a_proposal_can_be_saved_again_unchanged(world: World) -> None:
    ref = drafted(world)
    toml = world.ask("proposal file", user="fatima", ref=ref)["toml"]
    answer = world.do("proposal save", user="fatima", ref=ref, file=as_file(toml.encode()))
    assert answer["result"]["unchanged"] is True


def test_the_stored_case_is_what_its_facts_give(world: World) -> None:
    ref = submitted(world)
    world.do("proposal find-eligible", user="anna", ref=ref)
    with world.snapshot() as snapshot:
        again = None
        for event in snapshot.history(snapshot.case(Proposal, ref)):
            again = apply(again, event)
        assert again == snapshot.case(Proposal, ref)


# ----------------------------------------------------------------------------------------------------- the whole table

OURS = {
    "proposal save": ("fatima", {"file": as_file(a_proposal_file(title="Ander"))}),
    "proposal join": ("fatima", {}),
    "proposal confirm": ("fatima", {}),
    "proposal submit": ("fatima", {}),
    "proposal resubmit": ("fatima", {}),
    "proposal request-changes": ("anna", {"sections": ["money"], "reason": "r"}),
    "proposal find-eligible": ("anna", {}),
    "proposal find-ineligible": ("anna", {"rule": "public_task", "reason": "r"}),
    "proposal withdraw": ("fatima", {"reason": "r"}),
    "proposal object": ("fatima", {"grounds": "g"}),
}


def test_every_state_and_command_that_the_table_does_not_list_is_refused_and_changes_nothing(world: World) -> None:
    ref = submitted(world)
    refused = 0
    for each in State:
        put(world, ref, each)
        allowed = commands_from(TRANSITIONS, each)
        for command, (user, args) in OURS.items():
            if command in allowed:
                continue
            before = types(world, ref)
            with pytest.raises(TransitionNotAllowed) as caught:
                world.do(command, user=user, ref=ref, **args)
            assert caught.value.details["ref"] == ref
            assert (state(world, ref), types(world, ref)) == (each, before)
            refused += 1
    assert refused == sum(command not in commands_from(TRANSITIONS, each) for each in State for command in OURS)
    assert refused > 100


def test_every_row_of_the_lifecycle_stands_in_the_table() -> None:
    assert {row.row for row in TRANSITIONS if row.row} == {f"P{number}" for number in range(1, 27)}


# --------------------------------------------------------------------------------------------------- inbox, roll-outs


def waiting(world: World, user: str) -> list[tuple[str, str | None]]:
    items = world.ask("inbox", user=user)["items"]
    wanted = [item for item in items if "proposal" in item["command"] and "proposal new" not in item["command"]]
    return [(item["command"], item["until"]) for item in wanted]


def test_the_inbox_tells_each_party_what_waits_for_it_and_nobody_else(world: World) -> None:
    ref = drafted(world, co_applicants=("gm0327",))
    assert waiting(world, "lotte") == [(f"fund proposal confirm {ref}", "2026-02-28")]
    assert waiting(world, "fatima") == []
    assert waiting(world, "sam") == []
    world.do("proposal confirm", user="lotte", ref=ref)
    assert waiting(world, "fatima") == [(f"fund proposal submit {ref}", "2026-02-28")]
    assert [item for item in world.ask("inbox", user="anna", everybody=True)["items"] if ref in item["command"]] == []
    world.do("proposal submit", user="fatima", ref=ref)
    assert waiting(world, "anna") == [(f"fund proposal find-eligible {ref}", None)]
    world.do("proposal request-changes", user="anna", ref=ref, sections=["money"], reason="r")
    assert waiting(world, "fatima") == [(f"fund proposal save {ref} FILE", "2026-02-24")]


def test_an_agreement_to_sign_gives_the_parties_its_own_term(world: World) -> None:
    ref = submitted(world)
    approved(world, ref)
    world.clock(date(2026, 4, 10))
    world.do("agreement draft", user="anna", ref=ref)
    world.clock(date(2026, 4, 12))  # the term of the approval alone would be over
    assert state(world, ref) == "approved"
    world.clock(date(2026, 6, 10))
    assert state(world, ref) == "lapsed"


def invited(world: World, until: date | None) -> None:
    """An agreement A2026-009 of Woudenberg, whose evaluation invited to a roll-out until a day."""
    from fund.schemas.evaluations import Evaluation
    from tests.workflows.agreeing import approved as approved_standard

    money(world, 500_000_00)
    approved_standard(world, ref="2026-009", lead="gm0351", co_applicants=(), beneficiaries=())
    world.do("agreement draft", user="anna", ref="2026-009")
    evaluation = Evaluation(
        ref="A2026-009",
        state="published",
        proposal="2026-009",
        lead="gm0351",
        due_on=IN_ROUND.date(),
        followon_until=until,
    )
    with writing(world.fund.engine) as connection:
        Store(connection).cases.put([(evaluation, 1)])


def test_a_roll_out_follows_an_invitation_in_its_term_and_brings_in_others(world: World) -> None:
    def rolled_out(*adopters: str) -> str:
        content = a_proposal_file(sort="rollout", adopters=adopters)
        answer = world.do("proposal draft", user="fatima", file=as_file(content), follows="A2026-009")
        return str(answer["result"]["ref"])

    invited(world, None)
    with pytest.raises(FollowonNotInvited):
        rolled_out("gm0327", "gm0342")
    invited_until = date(2026, 3, 31)
    with writing(world.fund.engine) as connection:
        from fund.schemas.evaluations import Evaluation

        row = Store(connection).cases.get("evaluation/A2026-009")
        assert row is not None
        found = Evaluation.model_validate_json(row.document).replace(followon_until=invited_until)
        Store(connection).cases.put([(found, row.version)])
    with pytest.raises(TooFewAdopters) as refused:
        rolled_out("gm0327")
    assert (refused.value.details["needed"], refused.value.details["found"]) == (2, 1)
    world.clock(date(2026, 3, 31))  # the round has closed; the invitation still holds
    ref = rolled_out("gm0327", "gm0342")
    assert (case(world, ref).follows, case(world, ref).sort) == ("A2026-009", "rollout")
    with pytest.raises(OutsideTrack):  # a roll-out is of the major track
        world.do("proposal submit", user="fatima", ref=ref)
    world.do(
        "proposal save", user="fatima", ref=ref, file=as_file(a_proposal_file(sort="rollout", adopters=("gm0327",)))
    )
    with pytest.raises(TooFewAdopters):  # whoever left again does not count
        world.do("proposal submit", user="fatima", ref=ref)
    world.clock(date(2026, 4, 1))
    with pytest.raises(FollowonNotInvited):
        rolled_out("gm0327", "gm0342")


def test_a_roll_out_among_all_who_were_in_it_is_budgeted_by_them(world: World) -> None:
    invited(world, date(2026, 3, 31))
    with writing(world.fund.engine) as connection:
        store = Store(connection)
        for row in store.cases.find("partner", states=["active"]):
            partner = Partner.model_validate_json(row.document)
            if partner.ref != "gm0351":
                store.cases.put([(partner.replace(state="exited"), row.version)])

    def rolled_out(**more: Any) -> str:
        content = a_proposal_file(sort="rollout", **more)
        return str(
            world.do("proposal draft", user="fatima", file=as_file(content), follows="A2026-009")["result"]["ref"]
        )

    with pytest.raises(RolloutNotBudgeted) as refused:
        rolled_out()
    assert refused.value.details["own_share_cents"] == 0
    assert case(world, rolled_out(own_share_cents=5_000_00)).follows == "A2026-009"


def test_the_log_shows_nothing_of_a_draft_but_that_it_is_there(world: World) -> None:
    ref = drafted(world)
    for user in (None, "anna", "bram"):
        for line in world.ask("event list", user=user, stream=f"proposal/{ref}")["events"]:
            assert line["payload"] == {}
    assert world.ask("event list", user="fatima", stream=f"proposal/{ref}")["events"][0]["payload"]["form"]
    assert world.ask("event show", user="anna", ref="1")["event"]["payload"]
    for number in ("9" * 30, "²"):
        with pytest.raises(UnknownRef):
            world.ask("event show", user="anna", ref=number)


def test_a_rule_that_refuses_is_remembered_and_a_faulty_file_is_not(world: World) -> None:
    ref = drafted(world, budget=({"year": 2026, "amount_cents": 23_000_00},))
    with pytest.raises(BudgetDiffersFromAsk):
        world.do("proposal submit", user="fatima", ref=ref)
    with pytest.raises(BrokenForm):
        world.do("proposal save", user="fatima", ref=ref, file=as_file(b"titel: Loket"))
    with world.snapshot() as snapshot:
        refusals = [event.fact for event in snapshot.store.facts.all() if event.type == "command.refused"]
    assert [(fact.command, fact.code, fact.subject) for fact in refusals] == [  # type: ignore[attr-defined]
        ("proposal submit", "budget_differs_from_ask", ref)
    ]


def test_only_the_form_in_force_is_submitted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = drafted(world)
    monkeypatch.setattr("fund.forms.CURRENT", "2027-1")
    with pytest.raises(OldFormVersion) as refused:
        world.do("proposal submit", user="fatima", ref=ref)
    assert (refused.value.details["version"], refused.value.details["current"]) == ("2026-1", "2027-1")
    assert state(world, ref) == "draft"


def test_a_partner_that_gave_notice_leads_no_new_proposal(world: World) -> None:
    ref = drafted(world, co_applicants=("gm0327",))
    world.do("proposal confirm", user="lotte", ref=ref)
    with writing(world.fund.engine) as connection:
        store = Store(connection)
        for partner in ("gm0351", "gm0327"):
            row = store.cases.get(f"partner/{partner}")
            assert row is not None
            store.cases.put([(Partner.model_validate_json(row.document).replace(state="notice_given"), row.version)])
    with pytest.raises(PartnerNotActive) as refused:
        drafted(world, title="Nog een")
    assert (refused.value.details["partner"], refused.value.details["state"]) == ("Woudenberg", "notice_given")
    with pytest.raises(PartnerNotActive):
        world.do("proposal submit", user="fatima", ref=ref)
