"""Separation of duties and the seal are read back from the facts alone: what no command would have allowed is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from fund.events import Envelope, Fact, canonical_json
from fund.events.agreements import AgreementRefinanced
from fund.events.amendments import AmendmentAgreed, AmendmentProposed
from fund.events.capital import KeyRejected, KeyVoteSealed
from fund.events.decisions import DecisionApproved, DecisionPrepared, DecisionVoted
from fund.events.disbursements import DisbursementApproved, DisbursementChecked, DisbursementRequested
from fund.events.evaluations import EvaluationAccepted, EvaluationPeerReviewed
from fund.events.exits import ExitSettled, ExitSettlementAgreed, ExitSettlementProposed
from fund.events.founding import UserAdded, UserChanged
from fund.events.proposals import ProposalDrafted, ProposalFoundEligible, ProposalFoundIneligible, ProposalResubmitted
from fund.events.resolutions import ResolutionCarried, ResolutionProposed, ResolutionVoted
from fund.events.reviews import ReviewClosed, ReviewScored
from fund.events.values import OpenedScore, OpenedVote
from fund.events.writeoffs import WriteoffDecided, WriteoffPosted, WriteoffProposed, WriteoffRefused, WriteoffVoted
from fund.rules.segregation_of_duties import Hands, Seals
from fund.rules.voting import commitment

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
REF = "2026-001"
PEOPLE = {"fm": None, "fm2": None, "tr": None, "baarn": "gm0308", "zeist": "gm0355", "chair": None, "rv": None}


def story(*told: tuple[str, Fact] | tuple[str, Fact, str]) -> list[Envelope]:
    """Facts in order, each with who acted and perhaps who made it; everybody and a proposal of Baarn come first."""
    first: list[Any] = [("system", UserAdded(ref=who, roles=(), partner=partner)) for who, partner in PEOPLE.items()]
    first.append(("baarn", drafted()))
    return [
        Envelope(
            event_id=f"evt_{seq}", stream=fact.stream, seq=seq, type=fact.wire, schema_version=fact.version,
            occurred_at=NOW, recorded_at=NOW, effective_on=NOW.date(), actor=actor, on_behalf_of=None,
            command_id="c", made_by=made[0] if made else None, made_command_id=None, causation_id=None, fact=fact,
            prev_hash=b"", hash=b"",
        )
        for seq, (actor, fact, *made) in enumerate([*first, *told], start=1)
    ]  # fmt: skip


def drafted(**more: Any) -> ProposalDrafted:
    form = {"lead": "gm0308", "co_applicants": ["gm0312"], "adopters": [], "beneficiaries": ["gm0355"], **more}
    values = {"round": "2026-1", "track": "standard", "lead": "gm0308", "ask_cents": 1}
    return ProposalDrafted(ref=REF, revision_hash="a", content_hash="b", form=form, **values)


def told(watch: Hands | Seals, facts: Sequence[Envelope]) -> list[str]:
    """The sentences about what is wrong, with the name of the last fact it was found in left out."""
    return [trouble.message.format(**trouble.details) for fact in facts for trouble in watch.see(fact)]


def scored(who: str, scores: dict[str, int], *, salt: str = "zout") -> tuple[str, ReviewScored]:
    sealed = commitment(salt, canonical_json({"scores": scores, "abstained": {}}))
    return who, ReviewScored(ref=REF, revision_hash="a", turn=1, commitment=sealed)


def closed(**by: dict[str, int]) -> ReviewClosed:
    opened = tuple(OpenedScore(reviewer=who, salt="zout", scores=scores, total="50") for who, scores in by.items())
    nothing: dict[str, Any] = {"means": {}, "total": "50", "gates_missed": (), "advice": "improve", "spread_total": "0"}
    return ReviewClosed(ref=REF, turn=1, scores=opened, consensus_forced=False, **nothing)


def voted(who: str, choice: str = "for") -> tuple[str, DecisionVoted]:
    sealed = commitment("zout", canonical_json({"choice": choice, "reason": ""}))
    return who, DecisionVoted(ref=REF, session=1, commitment=sealed)


def approved(*voters: str, choice: str = "for", **more: Any) -> DecisionApproved:
    votes = tuple(OpenedVote(voter=who, choice=choice, salt="zout") for who in voters)
    return DecisionApproved(ref=REF, round="2026-1", votes=votes, award_cents=1, **more)


def paid(**people: str) -> list[tuple[str, Fact]]:
    case: dict[str, Any] = {"ref": "D2026-0001", "agreement": f"A{REF}", "proposal": REF, "amount_cents": 2}
    payee = {"payee": "gm0308"}
    return [
        (people["asks"], DisbursementRequested(milestone=None, **payee, **case)),
        (people["checks"], DisbursementChecked(iban_payee_ref="p-1", **payee, **case)),
        (people["approves"], DisbursementApproved(
            repayable_cents=1, grant_cents=1, due_on=date(2026, 4, 1), **payee, **case)),
    ]  # fmt: skip


ELIGIBLE = ProposalFoundEligible(ref=REF, revision_hash="a", evidence={})
INELIGIBLE = ProposalFoundIneligible(ref=REF, revision_hash="a", rule="stop_rule", reason="x", objection_weeks=6)


def test_what_the_rules_allow_is_no_trouble() -> None:
    facts = story(
        ("fm", ELIGIBLE), scored("rv", {"ambition": 3}), ("system", closed(rv={"ambition": 3})), voted("tr"),
        ("chair", approved("tr")), *paid(asks="baarn", checks="fm", approves="tr"),
    )  # fmt: skip
    hands, seals = Hands(), Seals()
    assert told(hands, facts) == []
    assert told(seals, facts) == []
    assert hands.looked_at == 8  # the draft, and all of these but what the service did
    assert seals.looked_at == 2


def test_who_made_it_cannot_have_confirmed_it() -> None:
    facts = story(("fm", INELIGIBLE, "fm"))
    assert told(Hands(), facts) == ["the same person made and confirmed it"]


def test_nobody_of_a_party_judges_its_case() -> None:
    facts = story(("zeist", ELIGIBLE))
    assert told(Hands(), facts) == ["zeist counts as gm0355, which is a party to 2026-001"]


def test_who_is_seconded_counts_as_the_fund_from_then_on() -> None:
    seconded = UserChanged(ref="zeist", roles=(), partner="gm0355", seconded=True)
    assert told(Hands(), story(("system", seconded), ("zeist", ELIGIBLE))) == []


def test_who_moved_to_a_party_is_barred_from_then_on() -> None:
    moved = UserChanged(ref="fm", roles=(), partner="gm0312")
    assert told(Hands(), story(("fm", ELIGIBLE), ("system", moved))) == []
    assert told(Hands(), story(("system", moved), ("fm", ELIGIBLE))) == [
        "fm counts as gm0312, which is a party to 2026-001"
    ]


def test_one_person_gives_one_approval_in_a_chain() -> None:
    again = ["fm acted before in the same chain of 2026-001"]
    assert told(Hands(), story(("fm", ELIGIBLE), ("fm2", INELIGIBLE, "fm"))) == again
    resubmitted = ProposalResubmitted(
        ref=REF, round="2026-1", lead="gm0308", revision_hash="a", ask_cents=1, sections=()
    )
    assert told(Hands(), story(("fm", ELIGIBLE), ("baarn", resubmitted), ("fm", ELIGIBLE))) == []


def test_who_checked_a_disbursement_does_not_approve_it() -> None:
    assert told(Hands(), story(*paid(asks="baarn", checks="fm", approves="fm"))) == [
        "fm acted before in the same chain of D2026-0001"
    ]


def test_who_decided_a_writeoff_does_not_check_its_posting_and_making_it_does_not_count() -> None:
    case: dict[str, Any] = {"ref": f"A{REF}-W1", "agreement": f"A{REF}", "proposal": REF}
    decided = WriteoffDecided(
        **case, amount_cents=1, votes={}, salts={}, two_thirds=False, learning_budget_left_cents=0
    )
    posted = WriteoffPosted(**case, ground="learning", amount_cents=1, allowance_released_cents=0)
    assert told(Hands(), story(("chair", decided), ("tr", posted, "fm"))) == []
    assert told(Hands(), story(("tr", decided), ("tr", posted, "fm"))) == [
        f"tr acted before in the same chain of A{REF}-W1"
    ]


def _writeoff(*voters: str, **more: Any) -> list[Any]:
    """A learning write-off that these people voted for, told from its proposal to its posting."""
    case: dict[str, Any] = {"ref": f"A{REF}-W1", "agreement": f"A{REF}", "proposal": REF}
    votes = dict.fromkeys(voters, "for")
    about = {"ground": "learning", "amount_cents": 1, "outstanding_cents": 1, "lead": "gm0308", "reason": "?"}
    proposed = WriteoffProposed(**case, **about, parties=("gm0308", "gm0355"))
    opened = {"votes": votes, "salts": {}, "two_thirds": False, "learning_budget_left_cents": 0}
    decided = WriteoffDecided(**case, amount_cents=1, **{**opened, **more})
    posted = WriteoffPosted(**case, ground="learning", amount_cents=1, allowance_released_cents=0)
    sealed = [(voter, WriteoffVoted(**case, commitment="00")) for voter in voters]
    return [("fm", proposed), *sealed, ("chair", decided), ("tr", posted, "fm")]


def test_who_voted_on_a_writeoff_does_not_check_its_posting() -> None:
    assert told(Hands(), story(*_writeoff("rv", "chair"))) == []
    assert told(Hands(), story(*_writeoff("tr"))) == [f"tr acted before in the same chain of A{REF}-W1"]


def test_nobody_of_a_party_votes_on_its_writeoff_but_in_the_full_board() -> None:
    assert told(Hands(), story(*_writeoff("zeist"))) == [f"zeist counts as gm0355, which is a party to A{REF}-W1"]
    assert told(Hands(), story(*_writeoff("zeist", necessity=True))) == []


def test_who_judged_what_was_learned_does_not_vote_on_what_rests_on_it() -> None:
    judged = EvaluationPeerReviewed(ref=f"A{REF}", proposal=REF, learning=3)
    assert told(Hands(), story(("rv", judged), *_writeoff("rv"))) == [f"rv reviewed A{REF}-W1 and voted on it"]
    reviewed = [scored("rv", {"ambition": 3}), ("system", closed(rv={"ambition": 3}))]
    assert told(Hands(), story(*reviewed, *_writeoff("rv"))) == [f"rv reviewed A{REF}-W1 and voted on it"]


def test_nothing_is_refinanced_that_no_body_decided() -> None:
    moved = AgreementRefinanced(
        ref=f"A{REF}", proposal=REF, child="A2026-002", child_proposal="2026-002", resolution="R2026-0001",
        amount_cents=1, allowance_cents=0, lapsed=(), instalments=(),
    )  # fmt: skip
    about: dict[str, Any] = {"ref": "R2026-0001", "matter": "refinancing", "subject": f"A{REF}", "proposal": "2026-002"}
    proposed = ResolutionProposed(**about, body="committee", parties=("gm0308",), terms={}, reason="?")
    opened: dict[str, Any] = {"salts": {}, "reasons": {}, "two_thirds": True}
    carried = ResolutionCarried(**about, **opened, votes={"rv": "for"})
    brought = ("zeist", proposed, "fm")
    assert told(Hands(), story(brought, ("chair", carried), ("system", moved))) == []
    assert told(Hands(), story(brought, ("system", moved))) == [f"A{REF} happened, and no body had decided it"]
    by_a_party = ResolutionCarried(**about, **opened, votes={"baarn": "for"})
    voted_for = ("baarn", ResolutionVoted(**about, commitment="00"))
    assert told(Hands(), story(brought, voted_for, ("chair", by_a_party))) == [
        "baarn counts as gm0308, which is a party to R2026-0001"
    ]


def test_a_reviewer_does_not_vote_on_the_same_proposal() -> None:
    facts = story(scored("rv", {"ambition": 3}), ("system", closed(rv={"ambition": 3})), voted("rv"),
                  ("chair", approved("rv")))  # fmt: skip
    assert told(Hands(), facts) == ["rv reviewed 2026-001 and voted on it"]


def test_who_reviewed_in_an_earlier_turn_is_a_reviewer_still() -> None:
    again = closed(fm={"ambition": 2})
    facts = story(scored("rv", {"ambition": 3}), ("system", closed(rv={"ambition": 3})),
                  scored("fm", {"ambition": 2}), ("system", again), voted("rv"), ("chair", approved("rv")))  # fmt: skip
    assert told(Hands(), facts) == ["rv reviewed 2026-001 and voted on it"]


def test_a_vote_of_a_party_counts_only_where_the_full_board_decides() -> None:
    facts = [voted("zeist"), ("chair", approved("zeist"))]
    assert told(Hands(), story(*facts)) == ["zeist counts as gm0355, which is a party to 2026-001"]
    board = approved("zeist", necessity=True, disclosed={"gm0355": "beneficiary"})
    assert told(Hands(), story(voted("zeist"), ("chair", board))) == []


def test_a_score_that_was_never_sealed_or_is_another_is_told() -> None:
    facts = story(scored("rv", {"ambition": 3}), ("system", closed(rv={"ambition": 4})))
    assert told(Seals(), facts) == ["what rv gave is not what was put under seal in fact 9"]
    facts = story(("system", closed(tr={"ambition": 4})))
    assert told(Seals(), facts) == ["what tr is said to have given was never put under seal"]


def test_the_last_vote_before_the_opening_is_the_one_that_counts() -> None:
    facts = story(voted("tr", "against"), voted("tr", "for"), ("chair", approved("tr", choice="against")))
    assert told(Seals(), facts) == ["what tr gave is not what was put under seal in fact 10"]


def test_a_new_session_begins_a_new_chain() -> None:
    prepared = DecisionPrepared(
        ref=REF, round="2026-1", session=2, advice="positive", total="75", rank=1, of=1, ask_cents=1,
        ceiling_left_cents=1, free_to_commit_cents=1, voters=(),
    )  # fmt: skip
    assert told(Hands(), story(("chair", approved()), ("system", prepared), ("chair", approved()))) == []
    assert told(Hands(), story(("chair", approved()), ("chair", approved()))) == [
        "chair acted before in the same chain of 2026-001"
    ]


def proposed(**more: Any) -> AmendmentProposed:
    values = {"agreement": f"A{REF}", "proposal": REF, "lead": "gm0308", "parties": ("gm0308",), "asks": "committee"}
    return AmendmentProposed(ref=f"A{REF}-A1", reason="meer", **{**values, **more})


def agreed(**more: Any) -> AmendmentAgreed:
    values: dict[str, Any] = {"votes": {}, "salts": {}, "two_thirds": True, **more}
    return AmendmentAgreed(ref=f"A{REF}-A1", agreement=f"A{REF}", proposal=REF, **values)


def test_an_amendment_is_decided_by_others_than_made_it_and_by_nobody_of_a_party() -> None:
    assert told(Hands(), story(("baarn", proposed(), "fm"), ("chair", agreed()))) == []
    assert len(told(Hands(), story(("baarn", proposed(), "fm"), ("fm", agreed())))) == 1
    assert len(told(Hands(), story(("fm2", proposed(), "fm"), ("zeist", agreed())))) == 1
    assert (
        told(Hands(), story(("baarn", proposed(asks="new_lead"), "fm"), ("zeist", agreed(signed_for="gm0355")))) == []
    )


def test_an_evaluation_is_accepted_by_nobody_of_a_party() -> None:
    fact = EvaluationAccepted(
        ref=f"A{REF}", proposal=REF, hypothesis="refuted", learning="3", verdict="stop", good_result=True
    )
    assert told(Hands(), story(("chair", fact))) == []
    assert len(told(Hands(), story(("zeist", fact)))) == 1


def sealed_vote(choice: str, reason: str = "") -> tuple[str, str]:
    """A salt and the commitment to a vote."""
    return "salt", commitment("salt", canonical_json({"choice": choice, "reason": reason}))


def keys_and_writeoffs(choice: str) -> list[Envelope]:
    """A vote for a key and one for a write-off, each with a reason, and facts that open them as ``choice``."""
    salt, committed = sealed_vote("for", "goed plan")
    vote = OpenedVote(voter="zeist", organisation="gm0355", choice=choice, reason="goed plan", salt=salt)
    about = {"ref": "A2026-001-W1", "agreement": "A2026-001", "proposal": REF}
    opened = {"votes": {"zeist": choice}, "salts": {"zeist": salt}, "reasons": {"zeist": "goed plan"}}
    return story(
        ("zeist", KeyVoteSealed(ref="2027", partner="gm0355", commitment=committed)),
        ("system", KeyRejected(ref="2027", votes_for=1, needed=2, votes=(vote,))),
        ("zeist", WriteoffVoted(**about, commitment=committed)),
        ("chair", WriteoffRefused(**about, **opened, two_thirds=False, reason="")),
    )


def test_opened_votes_on_keys_and_write_offs_are_what_was_committed_to() -> None:
    def troubles(told: Sequence[Envelope]) -> list[str]:
        seals = Seals()
        return [trouble.message for each in told for trouble in seals.see(each)]

    assert troubles(keys_and_writeoffs("for")) == []
    assert len(troubles(keys_and_writeoffs("against"))) == 2
    unsealed = [each for each in keys_and_writeoffs("for") if not each.type.endswith(("vote_sealed", ".voted"))]
    assert len(troubles(unsealed)) == 2


def settlement(**more: Any) -> ExitSettlementProposed:
    return ExitSettlementProposed(ref="gm0355", valued_on=NOW.date(), net_cents=1, now_cents=1, later_cents=0, **more)


def booked(**more: Any) -> ExitSettled:
    cents = {"net_cents": 1, "capital_cents": 1, "receivable_cents": 0, "now_cents": 1, "later_cents": 0}
    return ExitSettled(ref="gm0355", difference_cents=0, **cents, **more)


def test_a_settlement_is_made_checked_agreed_and_booked_by_five_people() -> None:
    agreed = ExitSettlementAgreed(ref="gm0355", net_cents=1)
    right = (("tr", settlement(), "fm"), ("chair", agreed, "zeist"), ("tr2", booked()))
    assert told(Hands(), story(*right)) == []
    twice = (("tr", settlement(), "fm"), ("chair", agreed, "zeist"), ("tr", booked()))
    assert told(Hands(), story(*twice)) == ["tr acted before in the same chain of gm0355"]
    voted_in = settlement(resolution="R2026-0001", hands=("fm", "tr"))
    wound_up = (("system", voted_in), ("chair", agreed, "zeist"), ("fm", booked()))
    assert told(Hands(), story(*wound_up)) == ["fm acted before in the same chain of gm0355"]


def test_whoever_booked_what_was_undisputed_may_book_the_rest_and_nobody_of_the_partner_books_either() -> None:
    agreed = ExitSettlementAgreed(ref="gm0355", net_cents=1)
    facts = (
        ("tr", settlement(), "fm"),
        ("tr2", booked(undisputed=True)),
        ("chair", agreed, "zeist"),
        ("tr2", booked()),
    )
    assert told(Hands(), story(*facts)) == []
    assert told(Hands(), story(("zeist", booked()))) == ["zeist counts as gm0355, which is a party to gm0355"]
