"""Burden: what a proposal asked of people, from its draft to the first money on the account, against the target.

A step is one command by one person that left a fact in the proposal's history: a confirmation by a second person is a
step, what the service does is none. Counted from the chain alone (actor, command id), so nobody can forget to count.
Reading, and a trial, leave no fact and are no step. Source: people.md, burden counter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fund.dates import day_of
from fund.events import BankStatementImported, Envelope, PaymentSettled
from fund.rules.authority import SYSTEM_ACTOR
from fund.schemas.people import User
from fund.schemas.proposals import Proposal, Round
from fund.unit_of_work import View

__all__ = ["TARGETS", "WHOSE", "Burden", "Target", "burden_of", "burdens"]

WHOSE = ("lead", "co_applicants", "reviewers", "fund", "shared")
"""Who a step was asked of; ``shared`` steps carry a whole batch of payments or a bank statement."""
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

    ``days`` are whole days from the close of the round to the first settled payment.
    """

    ref: str
    track: str
    steps: Mapping[str, int]
    people: int
    days: int

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
        }


def burdens(view: View) -> list[Burden]:
    """The burden of every proposal to which money was paid, by reference."""
    found = (burden_of(view, proposal) for proposal in view.cases(Proposal))
    return sorted((each for each in found if each is not None), key=lambda each: each.ref)


def burden_of(view: View, proposal: Proposal) -> Burden | None:
    """The burden of one proposal; ``None`` while no money was paid to it."""
    until_paid: list[Envelope] = []
    for envelope in view.history(proposal):
        until_paid.append(envelope)
        if isinstance(envelope.fact, PaymentSettled):
            break
    else:
        return None
    round_ = view.case(Round, proposal.round)
    # the bank statement that settled it is read once for all payments on it
    cause = view.store.facts.get(until_paid[-1].causation_id or "")
    if cause is not None and isinstance(cause.fact, BankStatementImported):
        until_paid.append(cause)
    asked: dict[tuple[str, str], str] = {}
    for envelope in until_paid:
        for person, command in _hands(envelope):
            asked.setdefault((person, command), _whose(view, envelope, person, proposal))
    steps = dict.fromkeys(WHOSE, 0)
    for whose in asked.values():
        steps[whose] += 1
    return Burden(
        ref=proposal.ref,
        track=round_.track,
        steps=steps,
        people=len({person for person, _command in asked}),
        days=_days(round_, until_paid),
    )


def _hands(envelope: Envelope) -> Iterable[tuple[str, str]]:
    """Each person's command behind a fact: who did it, and who made it where two people were needed."""
    if envelope.actor != SYSTEM_ACTOR.user_id and envelope.command_id:
        yield envelope.actor, envelope.command_id
    if envelope.made_by and envelope.made_command_id:
        yield envelope.made_by, envelope.made_command_id


def _whose(view: View, envelope: Envelope, person: str, proposal: Proposal) -> str:
    if envelope.fact.kind in ("batch", "bank_statement"):
        return "shared"
    if envelope.type in _REVIEWING:
        return "reviewers"
    user = view.case(User, person)
    if user.seconded or user.partner not in proposal.parties:
        return "fund"
    return "lead" if user.partner == proposal.lead else "co_applicants"


def _days(round_: Round, until_paid: list[Envelope]) -> int:
    paid: date = next(each.effective_on for each in until_paid if isinstance(each.fact, PaymentSettled))
    return (paid - day_of(round_.closes_at)).days
