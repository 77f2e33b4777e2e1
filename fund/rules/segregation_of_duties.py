"""Separation of duties and the seal, read back from the facts: whoever acted, were they free to, and was nothing opened
that had not been sealed?

Commands refuse what G7 forbids before it happens. This looks at what happened, fact by fact, and knows nothing of the
commands: an auditor who trusts the chain need not trust the program. Pure; one pass, in the order of the facts.
Whoever wants to see what was compared, and not only what is wrong, hears every :class:`Pair`.
Source: lifecycle.md 1 (G7 a-e), 11 (no event whose actor breaks G7), 12 (the seal).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fund.events import Envelope, canonical_json
from fund.events.agreements import AgreementRefinanced, MilestoneAccepted
from fund.events.amendments import AmendmentAgreed, AmendmentProposed, AmendmentRefused, AmendmentVoted
from fund.events.capital import KeyAdopted, KeyRejected, KeyVoteSealed
from fund.events.decisions import (
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
    EligibilityReopened,
)
from fund.events.disbursements import DisbursementApproved, DisbursementChecked, DisbursementRequested
from fund.events.evaluations import EvaluationAccepted, EvaluationPeerReviewed
from fund.events.exits import ExitClosedOut, ExitSetOff, ExitSettled, ExitSettlementAgreed, ExitSettlementProposed
from fund.events.founding import UserAdded, UserChanged
from fund.events.overpayments import OverpaymentMoved
from fund.events.payables import Owed
from fund.events.payments import PaymentSent
from fund.events.proposals import (
    ProposalChangesRequested,
    ProposalDrafted,
    ProposalFoundEligible,
    ProposalFoundIneligible,
    ProposalResubmitted,
    ProposalRevised,
)
from fund.events.repayments import ChargeClaimed, ChargeWaived
from fund.events.resolutions import ResolutionCarried, ResolutionLost, ResolutionProposed, ResolutionVoted
from fund.events.reviews import ReviewClosed, ReviewScored
from fund.events.values import OpenedScore, OpenedVote
from fund.events.writeoffs import (
    WriteoffDecided,
    WriteoffPosted,
    WriteoffProposed,
    WriteoffRefused,
    WriteoffReversed,
    WriteoffVoted,
)
from fund.language import N_
from fund.rules.authority import EXCLUSIVE, SYSTEM_ACTOR
from fund.rules.voting import commitment

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
ROLES_TOGETHER = N_("{person} is {roles} at once")
REVIEWED_AND_VOTED = N_("{person} reviewed {ref} and voted on it")
NOT_DECIDED = N_("{ref} happened, and no body had decided it")
NEVER_SEALED = N_("what {person} is said to have given was never put under seal")
SEAL_DIFFERS = N_("what {person} gave is not what was put under seal in fact {sealed}")


RULES = {
    "a": N_("who made it and who confirmed it"),
    "b": N_("who judges and the parties of the case"),
    "c": N_("who approves in one chain"),
    "d": N_("who reviewed and who votes"),
    "e": N_("admin or auditor and any other role"),
}
"""What must differ, by the letter of G7 (lifecycle.md 1)."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that must not be, in the fact with this number: a sentence with places, and what goes there.

    ``rule`` is the letter of G7; empty for what is no rule of it.
    """

    seq: int
    event_id: str
    message: str
    details: dict[str, Any] = field(default_factory=dict)
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two that must differ and were compared, whether they did or not.

    Attributes:
        rule: The letter of G7. case: The kind and ref of the case.
        seq: The fact in which ``person`` acted. person: A user id.
        other: The person before (a, c, d); the partner that ``person`` counts as, empty for nobody's (b); the other
            roles that the user has (e).
        other_seq: The fact in which the other acted; ``None`` where there is none.
    """

    rule: str
    case: tuple[str, str]
    seq: int
    person: str
    other: str
    other_seq: int | None
    ok: bool


class Hands:
    """Who acted, held against G7: made and confirmed by two (a), by nobody of a party (b), one approval a chain (c), by
    no reviewer in the vote (d), by nobody who administers or audits as well (e). Show it every fact in order.

    The full board may vote on its own cases where conflicts leave nobody else: its decision says so, and whose.

    Args:
        heard: Gets every pair that is compared.
    """

    def __init__(self, heard: Callable[[Pair], None] | None = None) -> None:
        self.looked_at = 0
        self._heard = heard
        self._partner: dict[str, str | None] = {}
        self._parties: dict[str, frozenset[str]] = {}
        self._barred: dict[str, frozenset[str]] = {}
        self._chains: dict[tuple[str, str], dict[str, int]] = {}
        self._reviewers: dict[str, dict[str, int]] = {}
        self._votes: dict[tuple[str, str], str | None] = {}
        self._peers: dict[str, dict[str, int]] = {}
        self._rests_on: dict[str, str] = {}
        self._carried: set[str] = set()
        self._boards: set[str] = set()

    def see(self, event: Envelope) -> Iterator[Trouble]:
        """What is wrong with the hands behind this fact."""
        fact = event.fact
        persons = [each for each in (event.made_by, event.actor) if each and each != SYSTEM_ACTOR.user_id]
        self.looked_at += bool(persons)
        self._learn(event)
        if event.made_by is not None:
            same = event.made_by == event.actor
            self._compared("a", (fact.kind, fact.ref), event, event.actor, event.made_by, event.seq, not same)
            if same:
                yield Trouble(event.seq, event.event_id, MADE_AND_CHECKED, rule="a")
        yield from self._roles(event)
        decided = isinstance(fact, (ResolutionCarried, ResolutionLost)) and bool(fact.proposal)
        if decided or isinstance(fact, _JUDGING) or (isinstance(fact, AmendmentAgreed) and not fact.signed_for):
            yield from self._own(event, self._case(fact), persons)
        if isinstance(fact, PaymentSent):
            for line in fact.lines:
                if line.proposal:
                    yield from self._own(event, line.proposal, persons)
                yield from self._own_money(event, line.ref, persons)
                yield from self._again(event, (line.kind, line.ref), persons, keep=False)
        yield from self._chain(event, persons)
        yield from self._body(event)

    def _compared(
        self, rule: str, case: tuple[str, str], event: Envelope, person: str, other: str, seq: int | None, ok: bool
    ) -> None:
        if self._heard is not None:
            self._heard(Pair(rule, case, event.seq, person, other, seq, ok))

    def _roles(self, event: Envelope) -> Iterator[Trouble]:
        """Nobody is admin or auditor and something else besides (e)."""
        fact = event.fact
        if not isinstance(fact, (UserAdded, UserChanged)):
            return
        for role in sorted(set(fact.roles) & set(EXCLUSIVE)):
            others = sorted(set(fact.roles) - {role})
            self._compared("e", ("user", fact.ref), event, fact.ref, " + ".join(others), None, not others)
            if others:
                said = {"person": fact.ref, "roles": " + ".join((str(role), *others))}
                yield Trouble(event.seq, event.event_id, ROLES_TOGETHER, said, rule="e")
                return

    def _learn(self, event: Envelope) -> None:
        """Who counts as which partner, and whose case a proposal is, from here on."""
        fact = event.fact
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
            self._peers.setdefault(fact.ref, {}).setdefault(event.actor, event.seq)

    @staticmethod
    def _case(fact: Any) -> str:
        """The proposal that a fact is about."""
        return str(getattr(fact, "proposal", "") or fact.ref)

    def _own(self, event: Envelope, ref: str, persons: Iterable[str]) -> Iterator[Trouble]:
        for person in persons:
            yield from self._tied(event, ref, person, self._parties.get(ref, frozenset()))

    def _own_money(self, event: Envelope, ref: str, persons: Iterable[str]) -> Iterator[Trouble]:
        """Nobody of a partner that is owed something else than a disbursement approves or sends it."""
        for person in persons:
            yield from self._tied(event, ref, person, self._barred.get(ref, frozenset()))

    def _tied(self, event: Envelope, ref: str, person: str, parties: frozenset[str]) -> Iterator[Trouble]:
        partner = self._partner.get(person)
        tied = partner is not None and partner in parties
        fact = event.fact
        self._compared("b", (fact.kind, fact.ref), event, person, partner or "", None, not tied)
        if tied:
            said = {"person": person, "partner": partner, "ref": ref}
            yield Trouble(event.seq, event.event_id, OWN_CASE, said, rule="b")

    # ------------------------------------------------------------------------------------- (c) one approval a chain

    def _chain(self, event: Envelope, persons: Sequence[str]) -> Iterator[Trouble]:
        fact = event.fact
        match fact:
            case ProposalChangesRequested() | ProposalResubmitted() | EligibilityReopened():
                self._chains.pop(("eligibility", fact.ref), None)
            case ProposalFoundEligible() | ProposalFoundIneligible():
                yield from self._again(event, ("eligibility", fact.ref), persons)
            case DecisionPrepared() | DecisionObjected() | DecisionReopened():
                self._chains.pop(("decision", fact.ref), None)
            case DisbursementRequested() | DisbursementChecked() | DisbursementApproved():
                yield from self._again(event, ("disbursement", fact.ref), persons)
            case Owed():
                self._barred[fact.ref] = frozenset(fact.parties)
                yield from self._own_money(event, fact.ref, persons)
                yield from self._again(event, ("payable", fact.ref), persons)
            case OverpaymentMoved():
                self._barred[fact.ref] = frozenset({fact.partner})
                yield from self._own_money(event, fact.ref, persons)
            case AmendmentProposed() | AmendmentAgreed() | AmendmentRefused():
                yield from self._again(event, ("amendment", fact.ref), persons)
            case ResolutionProposed() | ResolutionCarried() | ResolutionLost():
                yield from self._again(event, ("resolution", fact.ref), persons)
            case ExitSettlementProposed() | ExitSettlementAgreed() | ExitSettled() | ExitSetOff() | ExitClosedOut():
                yield from self._leaving(event, persons)
            case WriteoffProposed():
                self._chains.pop(("writeoff", fact.ref), None)
            case WriteoffDecided():
                yield from self._again(event, ("writeoff", fact.ref), persons)
                for voter in fact.votes:
                    self._chains["writeoff", fact.ref].setdefault(voter, event.seq)
            case WriteoffPosted():
                yield from self._again(event, ("writeoff", fact.ref), [event.actor])
        if isinstance(fact, _APPROVING):
            yield from self._again(event, ("decision", fact.ref), persons)

    def _leaving(self, event: Envelope, persons: Sequence[str]) -> Iterator[Trouble]:
        """A settlement is made, checked, agreed and booked by people of whom none acts twice, and none of the partner
        but the one who agrees for it (K5-K7); what is set off or closed out stands alone.
        """
        fact: Any = event.fact
        self._barred[fact.ref] = frozenset((fact.ref,))
        agreed = isinstance(fact, ExitSettlementAgreed)
        yield from self._own_money(event, fact.ref, [event.actor] if agreed else persons)
        chain = ("settlement", fact.ref)
        if isinstance(fact, ExitSettlementProposed):
            self._chains[chain] = dict.fromkeys((*fact.hands, *persons), event.seq)
        elif agreed or isinstance(fact, ExitSettled):
            booked_first = isinstance(fact, ExitSettled) and fact.undisputed
            yield from self._again(event, chain, persons, keep=not booked_first)

    def _again(
        self, event: Envelope, chain: tuple[str, str], persons: Iterable[str], *, keep: bool = True
    ) -> Iterator[Trouble]:
        before = self._chains.setdefault(chain, {})
        acting = list(persons)
        for person in acting:
            for other, seq in before.items():
                self._compared("c", chain, event, person, other, seq, other != person)
            if person in before:
                said = {"person": person, "ref": chain[1]}
                yield Trouble(event.seq, event.event_id, TWICE, said, rule="c")
        if keep:
            for person in acting:
                before.setdefault(person, event.seq)

    # ----------------------------------------------------------------------------------- (b, d) reviewers and voters

    def _body(self, event: Envelope) -> Iterator[Trouble]:
        fact = event.fact
        if isinstance(fact, ReviewClosed):
            reviewers = self._reviewers.setdefault(fact.ref, {})
            for each in fact.scores:
                reviewers.setdefault(each.reviewer, event.seq)
        elif isinstance(fact, (AmendmentVoted, DecisionVoted, ResolutionVoted, WriteoffVoted)):
            self._votes[fact.ref, event.actor] = self._partner.get(event.actor)
        elif isinstance(fact, _OPENING):
            board = bool(getattr(fact, "necessity", False) or getattr(fact, "disclosed", None))
            yield from self._ballots(event, [each.voter for each in fact.votes], fact.ref, board=board)
        elif isinstance(fact, _OPENED):
            board = fact.necessity or fact.ref in self._boards
            yield from self._ballots(event, fact.votes, fact.proposal, board=board)
        elif isinstance(fact, AgreementRefinanced) and fact.resolution not in self._carried:
            yield Trouble(event.seq, event.event_id, NOT_DECIDED, {"ref": fact.ref})

    def _ballots(self, event: Envelope, voters: Iterable[str], proposal: str, *, board: bool) -> Iterator[Trouble]:
        """Nobody votes who reviewed the proposal behind it or judged what it rests on, nor, but in the full board,
        anybody of a party.
        """
        ref = event.fact.ref
        judged: Mapping[str, int] = self._reviewers.get(proposal, {}) | self._peers.get(self._rests_on.get(ref, ""), {})
        parties = self._parties.get(proposal, frozenset()) | self._parties.get(ref, frozenset())
        for voter in voters:
            case = (event.fact.kind, ref)
            for other, seq in judged.items():
                self._compared("d", case, event, voter, other, seq, other != voter)
            if voter in judged:
                said = {"person": voter, "ref": ref}
                yield Trouble(event.seq, event.event_id, REVIEWED_AND_VOTED, said, rule="d")
            if board:
                continue
            partner = self._votes.get((ref, voter))
            tied = partner is not None and partner in parties
            self._compared("b", case, event, voter, partner or "", None, not tied)
            if tied:
                about = {"person": voter, "partner": partner, "ref": ref}
                yield Trouble(event.seq, event.event_id, OWN_CASE, about, rule="b")


class Seals:
    """Scores and votes, held against what was sealed: what a closing opens was committed to before, in a fact, by the
    one who gave it. Show it every fact in order.
    """

    def __init__(self) -> None:
        self.looked_at = 0
        self._sealed: dict[tuple[str, str, str], tuple[int, str]] = {}

    def see(self, event: Envelope) -> Iterator[Trouble]:
        """What is wrong with what this fact opens."""
        fact = event.fact
        if isinstance(fact, ReviewScored):
            self._sealed["score", fact.ref, event.actor] = (event.seq, fact.commitment)
        elif isinstance(fact, DecisionVoted):
            self._sealed["vote", fact.ref, event.actor] = (event.seq, fact.commitment)
        elif isinstance(fact, (AmendmentVoted, KeyVoteSealed, ResolutionVoted, WriteoffVoted)):
            self._sealed[fact.kind, fact.ref, event.actor] = (event.seq, fact.commitment)
        elif isinstance(fact, (KeyAdopted, KeyRejected)):
            for vote in fact.votes:
                yield from self._opened(event, "key", vote.voter, vote.salt, _vote(vote))
        elif isinstance(fact, _OPENED) and fact.reasons is not None:
            for person, choice in fact.votes.items():
                content = canonical_json({"choice": choice, "reason": fact.reasons.get(person, "")})
                yield from self._opened(event, fact.kind, person, fact.salts.get(person, ""), content)
        elif isinstance(fact, ReviewClosed):
            for score in fact.scores:
                yield from self._opened(event, "score", score.reviewer, score.salt, _score(score))
        elif isinstance(fact, _OPENING):
            for vote in fact.votes:
                yield from self._opened(event, "vote", vote.voter, vote.salt, _vote(vote))

    def _opened(self, event: Envelope, kind: str, person: str, salt: str, content: str) -> Iterator[Trouble]:
        self.looked_at += 1
        sealed = self._sealed.get((kind, event.fact.ref, person))
        if sealed is None:
            yield Trouble(event.seq, event.event_id, NEVER_SEALED, {"person": person})
        elif commitment(salt, content) != sealed[1]:
            said = {"person": person, "sealed": sealed[0]}
            yield Trouble(event.seq, event.event_id, SEAL_DIFFERS, said)


def _score(score: OpenedScore) -> str:
    return canonical_json({"scores": dict(score.scores), "abstained": dict(score.abstained)})


def _vote(vote: OpenedVote) -> str:
    return canonical_json({"choice": vote.choice, "reason": vote.reason})
