from __future__ import annotations

import hashlib
from datetime import date

import pytest

from fund.errors.agreements import (
    AlreadySigned,
    AwardChanged,
    BoardsNotHeard,
    DocumentDiffers,
    FaultyAgreementTerms,
    InstalmentsDoNotAddUp,
    MilestonesDoNotAddUp,
    NotADecidedProposal,
    SigningTermOver,
    TermsMissing,
)
from fund.errors.amounts import InvalidAmount
from fund.errors.commands import TransitionNotAllowed
from fund.errors.people import ConflictOfInterest, NotAuthorised
from fund.money import parse
from fund.schemas.proposals import Proposal
from tests.factories import founded
from tests.workflows.agreeing import AGREEMENT, AWARD, PROPOSAL, approved, form, noon, office, signed
from tests.workflows.money_out import BAARN, BUNNIK, BUNSCHOTEN


def test_an_agreement_follows_from_the_proposal_as_decided(database_url: str) -> None:
    with founded(database_url) as world:
        office(world)
        approved(world)
        answer = world.do("agreement draft", user="anna", ref=PROPOSAL)
        shown = world.ask("agreement show", ref=AGREEMENT, document=True)
        assert shown["state"] == "drafted"
        assert (shown["award_cents"], shown["repayable_cents"], shown["share_bps"]) == (AWARD, 2_800_000, 7000)
        assert shown["document_sha256"] == hashlib.sha256(shown["document"].encode()).hexdigest()
        assert answer["result"]["document_sha256"] == shown["document_sha256"]
        assert "Samen pompen kost een derde minder stroom." in shown["document"]
        assert "| 1 | Pompen gekoppeld | 2026-06-01 | € 25.000,01 | foto's |" in shown["document"]
        assert shown["unsigned"] == [BAARN, BUNNIK, "fund"]


def test_the_same_terms_give_the_same_text_on_both_databases(sqlite_url: str, postgres_url: str) -> None:
    hashes = set()
    for url in (sqlite_url, postgres_url):
        with founded(url) as world:
            office(world)
            approved(world)
            hashes.add(world.do("agreement draft", user="anna", ref=PROPOSAL)["result"]["document_sha256"])
    assert len(hashes) == 1


def test_the_last_signature_makes_the_agreement_hold_by_itself(database_url: str) -> None:
    with founded(database_url) as world:
        office(world)
        approved(world)
        world.do("agreement draft", user="anna", ref=PROPOSAL)
        digest = world.ask("agreement show", ref=AGREEMENT)["document_sha256"]
        world.do("agreement sign", user="piet", ref=AGREEMENT, hash=digest)
        world.do("agreement sign", user="carla", ref=AGREEMENT, hash=digest[:12])
        assert world.ask("agreement show", ref=AGREEMENT)["state"] == "drafted"
        world.do("agreement sign", user="fatima", ref=AGREEMENT)
        shown = world.ask("agreement show", ref=AGREEMENT)
        assert shown["state"] == "active"
        assert {row["party"] for row in shown["signatures"]} == {BAARN, BUNNIK, "fund"}
        assert {row["document_sha256"] for row in shown["signatures"]} == {digest}
        assert [(row["ref"], row["amount_cents"], row["state"]) for row in shown["milestones"]] == [
            ("A2026-003-1", 2_500_001, "planned"),
            ("A2026-003-2", 1_499_999, "planned"),
        ]
        plan = world.ask("repayment plan", ref=AGREEMENT)
        assert [(row["due_on"], row["amount_cents"]) for row in plan["instalments"]] == [
            ("2026-07-08", 933_333),
            ("2026-10-08", 933_333),
            ("2027-01-08", 933_334),
        ]
        assert sum(row["amount_cents"] for row in plan["instalments"]) == shown["repayable_cents"]
        with world.snapshot() as snapshot:
            assert snapshot.case(Proposal, PROPOSAL).state == "agreed"
            events = snapshot.store.facts.of_stream("agreement/" + AGREEMENT)
            activated = next(event for event in events if event.type == "agreement.activated")
            assert activated.actor == "system"
            assert (
                activated.causation_id
                == next(e for e in events if e.type == "agreement.signed" and e.fact.complete).event_id
            )  # type: ignore[attr-defined]


def test_an_award_below_the_ask_divides_the_milestones_in_proportion(database_url: str) -> None:
    with founded(database_url) as world:
        office(world)
        approved(world, award_cents=3_000_001)
        world.do("agreement draft", user="anna", ref=PROPOSAL)
        document = world.ask("agreement show", ref=AGREEMENT, document=True)
        assert document["repayable_cents"] == 2_100_001
        assert "€ 18.750,01" in document["document"]
        assert "€ 11.250,00" in document["document"]


def test_terms_in_a_file_take_the_place_of_those_of_the_proposal(database_url: str) -> None:
    terms = b"""
starts_on = 2026-02-01
exit_terms = "Wie gaat, laat alles achter."
[[milestones]]
title = "Alles"
due_on = 2026-12-31
amount = "40000,00"
criteria = ["gebouwd", "gemeten"]
[repayment]
plan = "fixed"
grace_months = 12
instalments = 4
months_between = 6
early = "spread"
"""
    with founded(database_url) as world:
        office(world)
        approved(world)
        world.do("agreement draft", user="anna", ref=PROPOSAL, terms={"name": "t.toml", "content": terms})
        text = world.ask("agreement show", ref=AGREEMENT, document=True)["document"]
        assert "Wie gaat, laat alles achter." in text
        assert "| 1 | Alles | 2026-12-31 | € 40.000,00 | gebouwd; gemeten |" in text
        assert "| 4 | 2028-08-01 | € 7.000,00 |" in text


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"milestones = 3", FaultyAgreementTerms),
        (b"unheard = 1", FaultyAgreementTerms),
        (b"= =", FaultyAgreementTerms),
        (b"\xff\xfe", FaultyAgreementTerms),
        (b'[[milestones]]\ntitle="a"\ndue_on=2026-12-31\namount="1.000"\ncriteria=["a"]', InvalidAmount),
        (b'[[milestones]]\ntitle="a"\ndue_on=2026-12-31\namount="39999.99"\ncriteria=["a"]', MilestonesDoNotAddUp),
    ],
)
def test_faulty_terms_are_refused_with_their_place(sqlite_url: str, content: bytes, error: type[Exception]) -> None:
    with founded(sqlite_url) as world:
        office(world)
        approved(world)
        with pytest.raises(error) as caught:
            world.do("agreement draft", user="anna", ref=PROPOSAL, terms={"name": "t.toml", "content": content})
        if error is MilestonesDoNotAddUp:
            assert caught.value.details["difference_cents"] == parse("0.01")  # type: ignore[attr-defined]
        assert world.ask("agreement list")["agreements"] == []


def test_nothing_is_drafted_without_exit_terms_or_approval(database_url: str) -> None:
    with founded(database_url) as world:
        office(world)
        approved(world, exit_rules="")
        with pytest.raises(TermsMissing) as missing:
            world.do("agreement draft", user="anna", ref=PROPOSAL)
        assert missing.value.details["field"] == "exit terms"
        with world.uow() as uow:
            case = uow.case(Proposal, PROPOSAL)
            uow.store.cases.put([(case.replace(state="rejected"), uow.version(case))])
        with pytest.raises(NotADecidedProposal):
            world.do("agreement draft", user="anna", ref=PROPOSAL)


def test_the_light_track_stands_on_standard_terms(database_url: str) -> None:
    with founded(database_url) as world:
        office(world)
        approved(
            world,
            track="light",
            ask_cents=2_000_000,
            award_cents=2_000_000,
            exit_rules="",
            assets="",
            milestones=(),
            repayment=None,
        )
        world.do("agreement draft", user="anna", ref=PROPOSAL)
        shown = world.ask("agreement show", ref=AGREEMENT, document=True)
        assert "meldt dat drie maanden vooraf" in shown["document"]
        assert "| 1 | kWh per kubieke meter | 2027-01-08 | € 20.000,00 |" in shown["document"]


def test_only_a_fund_manager_outside_the_parties_drafts(database_url: str) -> None:
    with founded(database_url) as world:
        office(world)
        approved(world)
        world.user("frans", "fund_manager", partner=BUNNIK)
        with pytest.raises(ConflictOfInterest):
            world.do("agreement draft", user="frans", ref=PROPOSAL)
        with pytest.raises(NotAuthorised):
            world.do("agreement draft", user="bram", ref=PROPOSAL)


def test_everybody_signs_the_same_text_once_and_in_time(database_url: str) -> None:
    with founded(database_url) as world:
        office(world)
        approved(world)
        world.do("agreement draft", user="anna", ref=PROPOSAL)
        with pytest.raises(DocumentDiffers):
            world.do("agreement sign", user="fatima", ref=AGREEMENT, hash="0" * 64)
        with pytest.raises(DocumentDiffers):
            world.do("agreement sign", user="fatima", ref=AGREEMENT, hash="")
        with pytest.raises(NotAuthorised):
            world.do("agreement sign", user="sara", ref=AGREEMENT)
        with pytest.raises(NotAuthorised):
            world.do("agreement sign", user="lotte", ref=AGREEMENT)
        world.do("agreement sign", user="fatima", ref=AGREEMENT)
        with pytest.raises(AlreadySigned):
            world.do("agreement sign", user="fatima", ref=AGREEMENT)
        world.clock(noon(date(2026, 6, 1)))
        with pytest.raises(SigningTermOver):
            world.do("agreement sign", user="piet", ref=AGREEMENT)


def test_a_chair_of_a_party_does_not_sign_for_the_fund(database_url: str) -> None:
    with founded(database_url) as world:
        office(world)
        approved(world)
        world.do("agreement draft", user="anna", ref=PROPOSAL)
        world.user("dirk", "deputy_chair", partner=BUNNIK)
        with pytest.raises(ConflictOfInterest):
            world.do("agreement sign", user="dirk", ref=AGREEMENT)


def test_another_decision_asks_another_draft_and_signatures_anew(database_url: str) -> None:
    with founded(database_url) as world:
        office(world)
        approved(world)
        world.do("agreement draft", user="anna", ref=PROPOSAL)
        world.do("agreement sign", user="fatima", ref=AGREEMENT)
        with world.uow() as uow:
            case = uow.case(Proposal, PROPOSAL)
            uow.store.cases.put([(case.replace(award_cents=3_900_000), uow.version(case))])
        with pytest.raises(AwardChanged) as changed:
            world.do("agreement sign", user="piet", ref=AGREEMENT)
        assert (changed.value.details["drafted_cents"], changed.value.details["award_cents"]) == (AWARD, 3_900_000)
        world.do("agreement draft", user="anna2", ref=PROPOSAL)
        shown = world.ask("agreement show", ref=AGREEMENT)
        assert (shown["award_cents"], shown["signatures"]) == (3_900_000, [])


def test_a_major_agreement_waits_until_the_boards_were_heard(database_url: str) -> None:
    with founded(database_url) as world:
        office(world)
        ref = signed(world, track="major", informed=False)
        assert world.ask("agreement show", ref=ref)["state"] == "signed"
        with pytest.raises(BoardsNotHeard):
            world.do("agreement activate", user="anna", ref=ref)
        world.do("agreement activate", user="anna", ref=ref, boards_heard=True)
        assert world.ask("agreement show", ref=ref)["state"] == "active"
        with pytest.raises(TransitionNotAllowed):
            world.do("agreement activate", user="anna", ref=ref, boards_heard=True)


def test_a_proposal_without_repayable_share_has_an_empty_plan(database_url: str) -> None:
    with founded(database_url) as world:
        office(world)
        ref = signed(world, share_bps=0, repayment=None)
        plan = world.ask("repayment plan", ref=ref)
        assert (plan["state"], plan["repayable_cents"], plan["instalments"]) == ("active", 0, [])


def test_an_agreement_whose_instalments_do_not_add_up_does_not_hold(sqlite_url: str) -> None:
    from fund.events.agreements import AgreementDrafted
    from fund.schemas.agreements import Agreement

    with founded(sqlite_url) as world:
        office(world)
        approved(world)
        world.do("agreement draft", user="anna", ref=PROPOSAL)
        with world.uow() as uow:
            case = uow.case(Agreement, AGREEMENT)
            plan = case.terms.plan.model_copy(update={"instalments": case.terms.plan.instalments[:2]})
            uow.record(
                AgreementDrafted(
                    ref=AGREEMENT,
                    proposal=PROPOSAL,
                    terms=case.terms.model_copy(update={"plan": plan}),
                    document_sha256=case.document_sha256,
                    sign_before_on=case.sign_before_on,
                )
            )
        for person in ("fatima", "piet", "carla"):
            world.do("agreement sign", user=person, ref=AGREEMENT)
        assert world.ask("agreement show", ref=AGREEMENT)["state"] == "signed"
        with pytest.raises(InstalmentsDoNotAddUp) as caught:
            world.do("agreement activate", user="anna", ref=AGREEMENT)
        assert (caught.value.details["total_cents"], caught.value.details["difference_cents"]) == (1_866_666, 933_334)


def test_the_form_of_the_tests_is_whole() -> None:
    assert form().budget_cents == AWARD == sum(part.amount_cents for part in form().milestones)


def test_whoever_signs_for_the_fund_is_of_no_party_not_even_a_beneficiary(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        office(world)
        approved(world)
        world.user("cor", "committee_chair", "partner_signatory", partner=BUNSCHOTEN)
        world.do("agreement draft", user="anna", ref=PROPOSAL)
        with pytest.raises(ConflictOfInterest):
            world.do("agreement sign", user="cor", ref=AGREEMENT)
