"""A round that is large: hundreds of small proposals at once, judged in one go, each with a life of its own.

Which life follows from its number. Out of twelve proposals three are approved (one at once, one after it was returned
for changes, one after it was deferred), six are rejected, one is found ineligible, one is withdrawn, and one stays a
draft until the clock ends it. What is approved is signed and paid with the others of its round.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, TypeVar

from fund.demo.cast import CHAIR, MANAGER, MANAGER_2, MORE_EXTERNALS, invite_more_reviewers, signatory
from fund.demo.deciding import CRITERIA, agree, confirm_parties, draft, ineligible, score, submit
from fund.demo.ideas import Idea, form_file, more, more_leads
from fund.demo.money import approve_asked, payee
from fund.demo.stage import Stage
from fund.language import _

Case = TypeVar("Case")

APPROVED, RETURNED, DEFERRED = 0, 4, 8
WITHDRAWN, INELIGIBLE, LEFT = 3, 6, 10
"""The lives of a dozen, by their place in it; the others are rejected."""
DOZEN = 12
_BACK_ON = date(2025, 7, 25)


def ceiling_cents(count: int) -> int:
    """What a round of so many small proposals may award: three of twelve get four times the share of each at most."""
    return count * 2_500_00


@dataclass
class LargeRound:
    """So many small proposals in one round.

    Args:
        round: The ref of the round.
        count: How many.
    """

    stage: Stage
    round: str
    count: int
    _made: list[tuple[str, Idea, int]] = field(default_factory=list)
    """Ref, idea and life of each."""
    _stretches: int = 0
    _STRETCHES: ClassVar[int] = 8
    """Drafted, changed, withdrawn, refused, opened, scored, decided, signed: what :meth:`_each` goes through."""

    def _each(self, cases: Sequence[Case]) -> Iterator[Case]:
        """Every one of the cases; the progress bar follows."""
        for number, case in enumerate(cases, start=1):
            yield case
            if self.stage.reach is not None:
                share = self.count * number // len(cases)
                self.stage.reach(self._stretches * self.count + share, self._STRETCHES * self.count)
        self._stretches += 1

    def _of(self, *lives: int) -> list[tuple[str, Idea]]:
        return [(ref, idea) for ref, idea, life in self._made if life in lives]

    @property
    def _judged(self) -> list[tuple[str, Idea, int]]:
        return [each for each in self._made if each[2] not in (WITHDRAWN, INELIGIBLE, LEFT)]

    @property
    def promised_cents(self) -> int:
        """What the round will pay, with what comes back after it was deferred."""
        return sum(idea.ask_cents for _ref, idea in self._of(APPROVED, RETURNED, DEFERRED))

    # --------------------------------------------------------------------------------------------------- while open

    def hand_in(self) -> None:
        """Everybody drafts, co-applicants confirm, leads submit; one in twelve stays a draft."""
        invite_more_reviewers(self.stage)
        for number in self._each(range(1, self.count + 1)):
            idea, life = more(number), number % DOZEN
            ref = draft(self.stage, idea, self.round)
            self._made.append((ref, idea, life))
            if life != LEFT:
                confirm_parties(self.stage, idea, ref)
                submit(self.stage, idea, ref)
        for lead in more_leads(self.count, DOZEN, (APPROVED, RETURNED, DEFERRED)):
            payee(self.stage, lead)
        self.stage.say(
            _(
                "{count} small proposals more come in, {left} of which stay a draft; {reviewers} researchers more are "
                "asked to review."
            ),
            count=self.count,
            left=len(self._of(LEFT)),
            reviewers=len(MORE_EXTERNALS),
        )

    def look_again(self) -> None:
        """Some are sent back and come again, changed where it was asked; some are taken back."""
        stage = self.stage
        asked = "Noem ook wat u doet als de leverancier stopt."
        for ref, _idea in self._of(RETURNED):
            stage.do(MANAGER, "proposal request-changes", ref=ref, sections=["risks"], reason=asked)
        for ref, idea in self._each(self._of(RETURNED)):
            file = form_file(idea, self.round, risk="De leverancier stopt.")
            stage.do(signatory(idea.lead), "proposal save", ref=ref, file=file)
            confirm_parties(stage, idea, ref)
            stage.do(signatory(idea.lead), "proposal resubmit", ref=ref, informed_on=stage.now.date())
        for ref, idea in self._each(self._of(WITHDRAWN)):
            reason = "De raad wil eerst het beleidsplan zien."
            stage.do(signatory(idea.lead), "proposal withdraw", ref=ref, reason=reason)
        stage.say(
            _("{returned} are returned for changes and come again, {withdrawn} are taken back."),
            returned=len(self._of(RETURNED)),
            withdrawn=len(self._of(WITHDRAWN)),
        )

    # ------------------------------------------------------------------------------------------------- after closing

    def judge(self) -> None:
        """Found eligible, or not by two people; every review is opened, then all of them are scored under seal."""
        stage = self.stage
        for ref, _idea in self._each(self._of(INELIGIBLE)):
            ineligible(stage, ref)
        panels: dict[str, list[str]] = {}
        for ref, _idea, _life in self._each(self._judged):
            stage.do(MANAGER, "proposal find-eligible", ref=ref)
            panels[ref] = stage.do(MANAGER, "review open", ref=ref)["result"]["panel"]
        seats: Counter[str] = Counter()
        for ref, _idea, life in self._each(self._judged):
            points = {APPROVED: 3, RETURNED: 3, DEFERRED: 2}.get(life, 1)
            for name in panels[ref]:
                if stage.ask("proposal show", ref=ref)["state"] != "in_review":
                    break  # two scores are enough, the third reviewer stands by
                seats[name] += 1
                score(stage, name, ref, points)
        stage.say(
            _("{count} of them are scored under seal by {people} reviewers; nobody reads more than {most}."),
            count=len(panels),
            people=len(seats),
            most=max(seats.values()),
        )

    def decide(self) -> None:
        """Two people decide each: approved, rejected with reasons, or deferred for information."""
        rejected = 0
        for ref, idea, life in self._each(self._judged):
            if life == DEFERRED:
                self._decide(ref, defer_for="information", until=_BACK_ON, reasons=["De offertes ontbreken nog."])
            elif life in (APPROVED, RETURNED):
                self._decide(ref, amount_cents=idea.ask_cents)
            else:
                rejected += 1
                reasons = [f"{criterion}=Minder vernieuwend dan de andere." for criterion in CRITERIA]
                self._decide(ref, reject=True, reasons=reasons)
        self.stage.say(
            _("{approved} are approved, {rejected} rejected with reasons, {deferred} deferred for information."),
            approved=len(self._of(APPROVED, RETURNED)),
            rejected=rejected,
            deferred=len(self._of(DEFERRED)),
        )

    def decide_the_rest(self) -> None:
        """What was deferred is back, and decided."""
        for ref, idea in self._of(DEFERRED):
            self.stage.do(MANAGER, "decision prepare", ref=ref, remark="De offertes zijn er.")
            self._decide(ref, amount_cents=idea.ask_cents, reasons=["De offertes zijn scherp."])

    def _decide(self, ref: str, **outcome: object) -> None:
        self.stage.both(MANAGER_2, CHAIR, "decision decide", ref=ref, **outcome)

    def agreed(self) -> None:
        """Every approved one is signed; its one payment, asked by the service, is checked and approved."""
        stage = self.stage
        agreements = {agree(stage, ref) for ref, _idea in self._each(self._of(APPROVED, RETURNED, DEFERRED))}
        approve_asked(stage, agreements)
        stage.say(_("{count} small agreements are signed and wait for the bank."), count=len(agreements))
