"""What a proposal asks of people, counted from facts alone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from fund.events import Envelope, Fact
from fund.events.agreements import MilestoneAccepted, MilestoneEvidenced
from fund.events.decisions import DecisionApproved, DecisionVoted
from fund.events.disbursements import DisbursementApproved
from fund.events.payments import PaymentsBatched, PaymentSent, PaymentSettled
from fund.events.proposals import (
    ProposalDrafted,
    ProposalFoundEligible,
    ProposalParticipationConfirmed,
    ProposalRevised,
    ProposalScreened,
    ProposalSubmitted,
)
from fund.events.receipts import BankStatementImported
from fund.events.reviews import ReviewDeclared, ReviewOpened, ReviewScored
from fund.reports.burden import TARGETS, WHOSE, burden_of
from fund.schemas.people import User
from fund.schemas.proposals import Round

REF = "2026-001"
PARTNERS = {"fatima": "gm0351", "noor": "gm0308", "rosa": "ws14"}
IMPORT = "evt_import"


def event(fact: type[Fact], by: str, *, first: str | None = None, command: str = "", on: int = 1) -> Envelope:
    """A fact of one kind: who did it, who made it where two were needed, in which command, on which day of June."""
    service = by == "system"
    return Envelope(
        event_id=IMPORT if fact is BankStatementImported else "evt",
        stream="",
        seq=1,
        type=fact.wire,
        schema_version=1,
        occurred_at=datetime(2026, 6, on, tzinfo=UTC),
        recorded_at=datetime(2026, 6, on, tzinfo=UTC),
        effective_on=date(2026, 6, on),
        actor=by,
        on_behalf_of=None,
        command_id=None if service else command or fact.wire,
        made_by=first,
        made_command_id=f"{command or fact.wire} made" if first else None,
        causation_id=IMPORT if fact is PaymentSettled else None,
        fact=fact.model_construct(ref=REF),
        prev_hash=b"",
        hash=b"",
    )


LIFE = [
    event(ProposalDrafted, "fatima"),
    event(ProposalParticipationConfirmed, "noor"),
    event(ProposalSubmitted, "fatima"),
    event(ProposalScreened, "system"),
    event(ProposalFoundEligible, "anna"),
    event(ReviewOpened, "anna"),
    event(ReviewDeclared, "rosa", command="score"),
    event(ReviewScored, "rosa", command="score"),
    event(DecisionApproved, "carla", first="anna2"),
    event(DisbursementApproved, "bram"),
    event(PaymentsBatched, "anna2"),
    event(PaymentSent, "bram2", first="bram3", on=11),
    event(PaymentSettled, "system", on=12),
    event(MilestoneEvidenced, "fatima", on=20),
]


def counted(life: list[Envelope], *, track: str = "light") -> Any:
    """The burden of a proposal of Woudenberg with Baarn in a round that closed on 31 May, by a life made up here."""
    imported = event(BankStatementImported, "bram", on=12)
    cases = {
        Round: SimpleNamespace(track=track, closes_at=datetime(2026, 5, 31, 21, 59, tzinfo=UTC)),
        User: lambda name: SimpleNamespace(partner=PARTNERS.get(name), seconded=False),
    }

    def case(model: type, ref: str) -> Any:
        return cases[User](ref) if model is User else cases[model]

    snapshot: Any = SimpleNamespace(
        history=lambda _proposal: life,
        case=case,
        store=SimpleNamespace(facts=SimpleNamespace(get=lambda event: imported if event == IMPORT else None)),
    )
    proposal: Any = SimpleNamespace(ref=REF, round="2026-1", lead="gm0351", parties=("gm0351", "gm0308"))
    return burden_of(snapshot, proposal)


def test_a_step_is_one_command_of_one_person_and_the_service_takes_none() -> None:
    found = counted(LIFE)
    assert found.steps == {"lead": 2, "co_applicants": 1, "reviewers": 1, "fund": 5, "shared": 4}
    assert tuple(found.steps) == WHOSE
    assert found.total == 13


def test_a_confirmation_is_a_step_of_a_second_person() -> None:
    alone = [each for each in LIFE if each.type != "decision.approved"]
    assert counted(LIFE).steps["fund"] - counted(alone).steps["fund"] == 2


def test_everybody_counts_once_however_often_they_act() -> None:
    assert counted(LIFE).people == len({"fatima", "noor", "anna", "rosa", "carla", "anna2", "bram", "bram2", "bram3"})


def test_days_run_from_the_close_of_the_round_until_the_money_arrived() -> None:
    assert counted(LIFE).days == 12


def test_what_comes_after_the_first_payment_is_not_part_of_it() -> None:
    assert counted(LIFE).total == counted(LIFE[:-1]).total


def test_a_proposal_without_money_has_no_burden_yet() -> None:
    assert counted(LIFE[:-2]) is None


def test_the_target_is_that_of_the_track_and_every_part_of_it_counts() -> None:
    light = counted(LIFE)
    assert (light.target, light.within) == (TARGETS["light"], False)  # nine people are one more than eight
    assert counted(LIFE, track="standard").within
    assert light.as_json()["target"] == {"total": 17, "people": 8, "days": 30}


def test_what_went_beyond_the_plain_road_is_named_when_the_target_is_missed() -> None:
    again = event(ProposalParticipationConfirmed, "noor", command="confirm again")
    saved = event(ProposalRevised, "fatima")
    milestone = event(MilestoneAccepted, "anna")
    found = counted([*LIFE[:2], saved, again, *LIFE[2:-2], milestone, *LIFE[-2:]])
    assert found.extra == {"changed": 2, "milestone": 1}
    assert found.why() == "the text was changed (2), a milestone came before the money (1)"
    assert found.as_json()["why"] == found.why()
    assert (counted(LIFE, track="standard").extra, counted(LIFE, track="standard").why()) == ({}, "")


def test_votes_beyond_the_quorum_are_the_choice_of_those_who_vote() -> None:
    votes = [event(DecisionVoted, f"member {number}", command=f"vote {number}") for number in range(8)]
    assert counted([*votes, *LIFE]).extra == {"votes": 3}
