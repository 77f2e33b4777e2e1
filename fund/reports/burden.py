"""Burden: what a proposal asked of people, from its draft to the first money on the account, against the target.

A step is one command by one person that left a fact in the proposal's history: a confirmation by a second person is a
step, what the service does is none. Counted from the chain alone (actor, command id), so nobody can forget to count.
Reading, and a trial, leave no fact and are no step. Source: people.md, burden counter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from fund.dates import day_of
from fund.events import Envelope
from fund.events.payments import PaymentSettled
from fund.events.receipts import BankNotificationImported, BankStatementImported
from fund.language import N_, _
from fund.rules.authority import SYSTEM_ACTOR
from fund.schemas.people import User
from fund.schemas.proposals import Proposal, Round
from fund.unit_of_work import Snapshot

WHOSE = ("lead", "co_applicants", "reviewers", "fund", "shared")
"""Who a step was asked of; ``shared`` steps carry a whole batch of payments or a bank statement."""
QUORUM_VOTES = 5
"""So many of nine seats are more than half: what the targets count on."""
_EXTRA: Mapping[str, str] = {
    "proposal.changes_requested": "changed",
    "proposal.revised": "changed",
    "proposal.resubmitted": "changed",
    "review.assigned": "panel",
    "review.recused": "panel",
    "review.conflict_decided": "conflict",
    "review.consensus_proposed": "consensus",
    "review.consensus_agreed": "consensus",
    "decision.condition_evidenced": "conditions",
    "decision.condition_extended": "conditions",
    "decision.conditions_met": "conditions",
    "decision.objected": "again",
    "decision.upheld": "again",
    "decision.reopened": "again",
    "decision.eligibility_reopened": "again",
    "milestone.evidenced": "milestone",
    "milestone.accepted": "milestone",
    "milestone.changes_requested": "milestone",
    "payment.failed": "paid_again",
    "payment.retried": "paid_again",
    "payment.returned": "paid_again",
}
"""Steps beyond the plain road from draft to money, by fact: why a proposal asked more."""
REASONS: Mapping[str, str] = {
    "changed": N_("the text was changed"),
    "panel": N_("the panel changed"),
    "conflict": N_("a possible conflict was judged"),
    "consensus": N_("the panel had to agree"),
    "votes": N_("more members voted than the quorum asks"),
    "conditions": N_("conditions were shown"),
    "again": N_("it was decided again"),
    "milestone": N_("a milestone came before the money"),
    "paid_again": N_("it was paid again"),
}
"""What such steps were for, as people read it."""
_REVIEWING = (
    "review.declared",
    "review.scored",
    "review.recused",
    "review.consensus_proposed",
    "review.consensus_agreed",
)


@dataclass(frozen=True, slots=True)
class Target:
    """At most so many steps, by so many people, in so many days after the round closed."""

    steps: int
    people: int
    days: int


TARGETS: Mapping[str, Target] = {
    "light": Target(steps=17, people=8, days=30),
    "standard": Target(steps=29, people=18, days=75),
    "major": Target(steps=33, people=19, days=100),
}
"""By track; standard and major are set for a lead with two co-applicants."""


@dataclass(frozen=True, slots=True)
class Burden:
    """What one proposal asked of people until its first payment was settled.

    ``days`` are whole days from the close of the round to the first settled payment, on ``paid_on``.
    """

    ref: str
    track: str
    steps: Mapping[str, int]
    people: int
    days: int
    paid_on: date
    extra: Mapping[str, int] = field(default_factory=dict)
    """Steps beyond the plain road, by what they were for (a key of :data:`REASONS`)."""

    def why(self) -> str:
        """Why it is over its target, in the language in use; empty while it is within."""
        if self.within:
            return ""
        return ", ".join(f"{_(REASONS[reason])} ({count})" for reason, count in self.extra.items())

    @property
    def total(self) -> int:
        """All steps together."""
        return sum(self.steps.values())

    @property
    def target(self) -> Target:
        """What its track aims at."""
        return TARGETS[self.track]

    @property
    def within(self) -> bool:
        """Whether steps, people and days all stay within the target."""
        target = self.target
        return self.total <= target.steps and self.people <= target.people and self.days <= target.days

    def as_json(self) -> dict[str, Any]:
        """The figures and their targets, by name."""
        target = self.target
        return {
            "ref": self.ref,
            "track": self.track,
            "steps": dict(self.steps),
            "total": self.total,
            "people": self.people,
            "days": self.days,
            "target": {"total": target.steps, "people": target.people, "days": target.days},
            "within": self.within,
            "extra": dict(self.extra),
            "why": self.why(),
        }


def burdens(snapshot: Snapshot) -> list[Burden]:
    """The burden of every proposal to which money was paid, by reference."""
    found = (burden_of(snapshot, proposal) for proposal in snapshot.cases(Proposal))
    return sorted((each for each in found if each is not None), key=lambda each: each.ref)


def burden_of(snapshot: Snapshot, proposal: Proposal) -> Burden | None:
    """The burden of one proposal; ``None`` while no money was paid to it."""
    until_paid: list[Envelope] = []
    for envelope in snapshot.history(proposal):
        until_paid.append(envelope)
        if isinstance(envelope.fact, PaymentSettled):
            break
    else:
        return None
    round_ = snapshot.case(Round, proposal.round)
    # the bank statement that settled it is read once for all payments on it
    cause = snapshot.store.facts.get(until_paid[-1].causation_id or "")
    if cause is not None and isinstance(cause.fact, (BankStatementImported, BankNotificationImported)):
        until_paid.append(cause)
    asked: dict[tuple[str, str], str] = {}
    first: list[Envelope] = []
    for envelope in until_paid:
        for person, command in _hands(envelope):
            if (person, command) not in asked:
                asked[person, command] = _whose(snapshot, envelope, person, proposal)
                first.append(envelope)
    paid_on = next(each.effective_on for each in until_paid if isinstance(each.fact, PaymentSettled))
    steps = dict.fromkeys(WHOSE, 0)
    for whose in asked.values():
        steps[whose] += 1
    return Burden(
        ref=proposal.ref,
        track=round_.track,
        steps=steps,
        people=len({person for person, _command in asked}),
        days=(paid_on - day_of(round_.closes_at)).days,
        paid_on=paid_on,
        extra=_extra(first),
    )


def _extra(steps: Iterable[Envelope]) -> dict[str, int]:
    """What went beyond the plain road, in the order of :data:`REASONS`: by kind of fact, a confirmation that somebody
    gave before, votes beyond the quorum, a second payment.
    """
    found = dict.fromkeys(REASONS, 0)
    seen: set[tuple[str, str]] = set()
    votes = 0
    for envelope in steps:
        once = (envelope.type, envelope.actor)
        votes += envelope.type == "decision.voted"
        if envelope.type in _EXTRA:
            found[_EXTRA[envelope.type]] += 1
        elif envelope.type == "proposal.participation_confirmed" and once in seen:
            found["changed"] += 1
        elif envelope.type == "payment.batched" and any(kind == "payment.batched" for kind, _person in seen):
            found["paid_again"] += 1
        seen.add(once)
    found["votes"] = max(0, votes - QUORUM_VOTES)
    return {reason: count for reason, count in found.items() if count}


def _hands(envelope: Envelope) -> Iterable[tuple[str, str]]:
    """Each person's command behind a fact: who did it, and who made it where two people were needed."""
    if envelope.actor != SYSTEM_ACTOR.user_id and envelope.command_id:
        yield envelope.actor, envelope.command_id
    if envelope.made_by and envelope.made_command_id:
        yield envelope.made_by, envelope.made_command_id


def _whose(snapshot: Snapshot, envelope: Envelope, person: str, proposal: Proposal) -> str:
    if envelope.fact.kind in ("batch", "bank_statement", "bank_notification"):
        return "shared"
    if envelope.type in _REVIEWING:
        return "reviewers"
    user = snapshot.case(User, person)
    if user.seconded or user.partner not in proposal.parties:
        return "fund"
    return "lead" if user.partner == proposal.lead else "co_applicants"
