"""Separation of duties and the seal, read back from the facts: whoever acted, were they free to, and was nothing opened
that had not been sealed?

Commands refuse what G7 forbids before it happens. This looks at what happened, fact by fact, and knows nothing of the
commands: an auditor who trusts the chain need not trust the program. Pure; one pass, in the order of the facts.
Source: lifecycle.md 1 (G7 a-d), 11 (no event whose actor breaks G7), 12 (the seal).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fund.events import (
    AgreementRefinanced,
    AmendmentAgreed,
    AmendmentProposed,
    AmendmentRefused,
    AmendmentVoted,
    ChargeClaimed,
    ChargeWaived,
    DecisionApproved,
    DecisionConditional,
    DecisionConditionsMet,
    DecisionDeferred,
    DecisionObjected,
    DecisionPrepared,
    DecisionRejected,
    DecisionReopened,
    DecisionUpheld,
    DecisionVoted,
    DisbursementApproved,
    DisbursementChecked,
    DisbursementRequested,
    EligibilityReopened,
    Envelope,
    EvaluationAccepted,
    EvaluationPeerReviewed,
    ExitClosedOut,
    ExitSetOff,
    ExitSettled,
    ExitSettlementAgreed,
    ExitSettlementProposed,
    KeyAdopted,
    KeyRejected,
    KeyVoteSealed,
    MilestoneAccepted,
    OpenedScore,
    OpenedVote,
    OverpaymentMoved,
    Owed,
    PaymentSent,
    ProposalChangesRequested,
    ProposalDrafted,
    ProposalFoundEligible,
    ProposalFoundIneligible,
    ProposalResubmitted,
    ProposalRevised,
    ResolutionCarried,
    ResolutionLost,
    ResolutionProposed,
    ResolutionVoted,
    ReviewClosed,
    ReviewScored,
    UserAdded,
    UserChanged,
    WriteoffDecided,
    WriteoffPosted,
    WriteoffProposed,
    WriteoffRefused,
    WriteoffReversed,
    WriteoffVoted,
    canonical_json,
)
from fund.language import N_
from fund.rules.authority import SYSTEM_ACTOR
from fund.rules.voting import commitment

__all__ = ["Hands", "Seals", "Trouble"]

_DECIDED = (DecisionApproved, DecisionConditional, DecisionRejected, DecisionDeferred)
_OPENING = (*_DECIDED, DecisionReopened, DecisionUpheld, EligibilityReopened)
_APPROVING = (*_DECIDED, DecisionConditionsMet)
_OPENED = (AmendmentAgreed, AmendmentRefused, ResolutionCarried, ResolutionLost, WriteoffDecided, WriteoffRefused)
"""Facts that open votes with salt and reason; an amendment did not keep the reasons at first."""
_JUDGING = (
    ProposalChangesRequested, ProposalFoundEligible, ProposalFoundIneligible, ReviewScored, DecisionConditionsMet,
    DecisionReopened, *_DECIDED, MilestoneAccepted, DisbursementChecked, DisbursementApproved, WriteoffDecided,
    WriteoffPosted, WriteoffReversed, EvaluationPeerReviewed, EvaluationAccepted, AmendmentRefused,
    ChargeClaimed, ChargeWaived,
)  # fmt: skip
"""Facts by which somebody checks, reviews, decides or pays a case of others."""

MADE_AND_CHECKED = N_("the same person made and confirmed it")
OWN_CASE = N_("{person} counts as {partner}, which is a party to {ref}")
TWICE = N_("{person} acted before in the same chain of {ref}")
REVIEWED_AND_VOTED = N_("{person} reviewed {ref} and voted on it")
NOT_DECIDED = N_("{ref} happened, and no body had decided it")
NEVER_SEALED = N_("what {person} is said to have given was never put under seal")
SEAL_DIFFERS = N_("what {person} gave is not what was put under seal in fact {sealed}")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that must not be, in the fact with this number: a sentence with places, and what goes there."""

    seq: int
    event_id: str
    message: str
    details: dict[str, Any] = field(default_factory=dict)


class Hands:
    """Who acted, held against G7: made and confirmed by two (a), by nobody of a party (b), one approval a chain (c), by
    no reviewer in the vote (d). Show it every fact in order.

    The full board may vote on its own cases where conflicts leave nobody else: its decision says so, and whose.
    """

    def __init__(self) -> None:
        self.looked_at = 0
        self._partner: dict[str, str | None] = {}
        self._parties: dict[str, frozenset[str]] = {}
        self._barred: dict[str, frozenset[str]] = {}
        self._chains: dict[tuple[str, str], set[str]] = {}
        self._reviewers: dict[str, set[str]] = {}
        self._votes: dict[tuple[str, str], str | None] = {}
        self._peers: dict[str, set[str]] = {}
        self._rests_on: dict[str, str] = {}
        self._carried: set[str] = set()
        self._boards: set[str] = set()

    def see(self, happened: Envelope) -> Iterator[Trouble]:
        """What is wrong with the hands behind this fact."""
        fact = happened.fact
        persons = [each for each in (happened.made_by, happened.actor) if each and each != SYSTEM_ACTOR.user_id]
        self.looked_at += bool(persons)
        self._learn(happened)
        if happened.made_by is not None and happened.made_by == happened.actor:
            yield Trouble(happened.seq, happened.event_id, MADE_AND_CHECKED)
        decided = isinstance(fact, (ResolutionCarried, ResolutionLost)) and bool(fact.proposal)
        if decided or isinstance(fact, _JUDGING) or (isinstance(fact, AmendmentAgreed) and not fact.signed_for):
            yield from self._own(happened, self._case(fact), persons)
        if isinstance(fact, PaymentSent):
            for line in fact.lines:
                if line.proposal:
                    yield from self._own(happened, line.proposal, persons)
                yield from self._own_money(happened, line.ref, persons)
                yield from self._again(happened, (line.kind, line.ref), persons, keep=False)
        yield from self._chain(happened, persons)
        yield from self._body(happened)

    def _learn(self, happened: Envelope) -> None:
        """Who counts as which partner, and whose case a proposal is, from here on."""
        fact = happened.fact
        if isinstance(fact, (UserAdded, UserChanged)):
            self._partner[fact.ref] = None if fact.seconded else fact.partner
        elif isinstance(fact, (ProposalDrafted, ProposalRevised)):
            form = fact.form
            others = (form.get(name) or () for name in ("co_applicants", "adopters", "beneficiaries"))
            self._parties[fact.ref] = frozenset((form["lead"], *(partner for group in others for partner in group)))
        elif isinstance(fact, (AmendmentProposed, ResolutionProposed, WriteoffProposed)):
            self._parties[fact.ref] = frozenset(fact.parties)
            if isinstance(fact, ResolutionProposed) and fact.body == "board":
                self._boards.add(fact.ref)
            if isinstance(fact, WriteoffProposed) and fact.ground == "learning":
                self._rests_on[fact.ref] = fact.agreement
        elif isinstance(fact, ResolutionCarried):
            self._carried.add(fact.ref)
        elif isinstance(fact, EvaluationPeerReviewed):
            self._peers.setdefault(fact.ref, set()).add(happened.actor)

    @staticmethod
    def _case(fact: Any) -> str:
        """The proposal that a fact is about."""
        return str(getattr(fact, "proposal", "") or fact.ref)

    def _own(self, happened: Envelope, ref: str, persons: Iterable[str]) -> Iterator[Trouble]:
        for person in persons:
            partner = self._partner.get(person)
            if partner is not None and partner in self._parties.get(ref, ()):
                said = {"person": person, "partner": partner, "ref": ref}
                yield Trouble(happened.seq, happened.event_id, OWN_CASE, said)

    def _own_money(self, happened: Envelope, ref: str, persons: Iterable[str]) -> Iterator[Trouble]:
        """Nobody of a partner that is owed something else than a disbursement approves or sends it."""
        for person in persons:
            partner = self._partner.get(person)
            if partner is not None and partner in self._barred.get(ref, ()):
                yield Trouble(
                    happened.seq, happened.event_id, OWN_CASE, {"person": person, "partner": partner, "ref": ref}
                )

    # ------------------------------------------------------------------------------------- (c) one approval a chain

    def _chain(self, happened: Envelope, persons: Sequence[str]) -> Iterator[Trouble]:
        fact = happened.fact
        match fact:
            case ProposalChangesRequested() | ProposalResubmitted() | EligibilityReopened():
                self._chains.pop(("eligibility", fact.ref), None)
            case ProposalFoundEligible() | ProposalFoundIneligible():
                yield from self._again(happened, ("eligibility", fact.ref), persons)
            case DecisionPrepared() | DecisionObjected() | DecisionReopened():
                self._chains.pop(("decision", fact.ref), None)
            case DisbursementRequested() | DisbursementChecked() | DisbursementApproved():
                yield from self._again(happened, ("disbursement", fact.ref), persons)
            case Owed():
                self._barred[fact.ref] = frozenset(fact.parties)
                yield from self._own_money(happened, fact.ref, persons)
                yield from self._again(happened, ("payable", fact.ref), persons)
            case OverpaymentMoved():
                self._barred[fact.ref] = frozenset({fact.partner})
                yield from self._own_money(happened, fact.ref, persons)
            case AmendmentProposed() | AmendmentAgreed() | AmendmentRefused():
                yield from self._again(happened, ("amendment", fact.ref), persons)
            case ResolutionProposed() | ResolutionCarried() | ResolutionLost():
                yield from self._again(happened, ("resolution", fact.ref), persons)
            case ExitSettlementProposed() | ExitSettlementAgreed() | ExitSettled() | ExitSetOff() | ExitClosedOut():
                yield from self._leaving(happened, persons)
            case WriteoffProposed():
                self._chains.pop(("writeoff", fact.ref), None)
            case WriteoffDecided():
                yield from self._again(happened, ("writeoff", fact.ref), persons)
                self._chains["writeoff", fact.ref].update(fact.votes)
            case WriteoffPosted():
                yield from self._again(happened, ("writeoff", fact.ref), [happened.actor])
        if isinstance(fact, _APPROVING):
            yield from self._again(happened, ("decision", fact.ref), persons)

    def _leaving(self, happened: Envelope, persons: Sequence[str]) -> Iterator[Trouble]:
        """A settlement is made, checked, agreed and booked by people of whom none acts twice, and none of the partner
        but the one who agrees for it (K5-K7); what is set off or closed out stands alone.
        """
        fact: Any = happened.fact
        self._barred[fact.ref] = frozenset((fact.ref,))
        agreed = isinstance(fact, ExitSettlementAgreed)
        yield from self._own_money(happened, fact.ref, [happened.actor] if agreed else persons)
        chain = ("settlement", fact.ref)
        if isinstance(fact, ExitSettlementProposed):
            self._chains[chain] = {*fact.hands, *persons}
        elif agreed or isinstance(fact, ExitSettled):
            booked_first = isinstance(fact, ExitSettled) and fact.undisputed
            yield from self._again(happened, chain, persons, keep=not booked_first)

    def _again(
        self, happened: Envelope, chain: tuple[str, str], persons: Iterable[str], *, keep: bool = True
    ) -> Iterator[Trouble]:
        before = self._chains.setdefault(chain, set())
        for person in persons:
            if person in before:
                yield Trouble(happened.seq, happened.event_id, TWICE, {"person": person, "ref": chain[1]})
        if keep:
            before.update(persons)

    # ----------------------------------------------------------------------------------- (b, d) reviewers and voters

    def _body(self, happened: Envelope) -> Iterator[Trouble]:
        fact = happened.fact
        if isinstance(fact, ReviewClosed):
            self._reviewers.setdefault(fact.ref, set()).update(each.reviewer for each in fact.scores)
        elif isinstance(fact, (AmendmentVoted, DecisionVoted, ResolutionVoted, WriteoffVoted)):
            self._votes[fact.ref, happened.actor] = self._partner.get(happened.actor)
        elif isinstance(fact, _OPENING):
            board = bool(getattr(fact, "necessity", False) or getattr(fact, "disclosed", None))
            yield from self._ballots(happened, [each.voter for each in fact.votes], fact.ref, board=board)
        elif isinstance(fact, _OPENED):
            board = fact.necessity or fact.ref in self._boards
            yield from self._ballots(happened, fact.votes, fact.proposal, board=board)
        elif isinstance(fact, AgreementRefinanced) and fact.resolution not in self._carried:
            yield Trouble(happened.seq, happened.event_id, NOT_DECIDED, {"ref": fact.ref})

    def _ballots(self, happened: Envelope, voters: Iterable[str], proposal: str, *, board: bool) -> Iterator[Trouble]:
        """Nobody votes who reviewed the proposal behind it or judged what it rests on, nor, but in the full board,
        anybody of a party.
        """
        ref = happened.fact.ref
        judged = self._reviewers.get(proposal, set()) | self._peers.get(self._rests_on.get(ref, ""), set())
        parties = self._parties.get(proposal, frozenset()) | self._parties.get(ref, frozenset())
        for voter in voters:
            if voter in judged:
                said = {"person": voter, "ref": ref}
                yield Trouble(happened.seq, happened.event_id, REVIEWED_AND_VOTED, said)
            partner = self._votes.get((ref, voter))
            if not board and partner is not None and partner in parties:
                said = {"person": voter, "partner": partner, "ref": ref}
                yield Trouble(happened.seq, happened.event_id, OWN_CASE, said)


class Seals:
    """Scores and votes, held against what was sealed: what a closing opens was committed to before, in a fact, by the
    one who gave it. Show it every fact in order.
    """

    def __init__(self) -> None:
        self.looked_at = 0
        self._sealed: dict[tuple[str, str, str], tuple[int, str]] = {}

    def see(self, happened: Envelope) -> Iterator[Trouble]:
        """What is wrong with what this fact opens."""
        fact = happened.fact
        if isinstance(fact, ReviewScored):
            self._sealed["score", fact.ref, happened.actor] = (happened.seq, fact.commitment)
        elif isinstance(fact, DecisionVoted):
            self._sealed["vote", fact.ref, happened.actor] = (happened.seq, fact.commitment)
        elif isinstance(fact, (AmendmentVoted, KeyVoteSealed, ResolutionVoted, WriteoffVoted)):
            self._sealed[fact.kind, fact.ref, happened.actor] = (happened.seq, fact.commitment)
        elif isinstance(fact, (KeyAdopted, KeyRejected)):
            for vote in fact.votes:
                yield from self._opened(happened, "key", vote.voter, vote.salt, _vote(vote))
        elif isinstance(fact, _OPENED) and fact.reasons is not None:
            for person, choice in fact.votes.items():
                content = canonical_json({"choice": choice, "reason": fact.reasons.get(person, "")})
                yield from self._opened(happened, fact.kind, person, fact.salts.get(person, ""), content)
        elif isinstance(fact, ReviewClosed):
            for score in fact.scores:
                yield from self._opened(happened, "score", score.reviewer, score.salt, _score(score))
        elif isinstance(fact, _OPENING):
            for vote in fact.votes:
                yield from self._opened(happened, "vote", vote.voter, vote.salt, _vote(vote))

    def _opened(self, happened: Envelope, kind: str, person: str, salt: str, content: str) -> Iterator[Trouble]:
        self.looked_at += 1
        sealed = self._sealed.get((kind, happened.fact.ref, person))
        if sealed is None:
            yield Trouble(happened.seq, happened.event_id, NEVER_SEALED, {"person": person})
        elif commitment(salt, content) != sealed[1]:
            said = {"person": person, "sealed": sealed[0]}
            yield Trouble(happened.seq, happened.event_id, SEAL_DIFFERS, said)


def _score(score: OpenedScore) -> str:
    return canonical_json({"scores": dict(score.scores), "abstained": dict(score.abstained)})


def _vote(vote: OpenedVote) -> str:
    return canonical_json({"choice": vote.choice, "reason": vote.reason})
