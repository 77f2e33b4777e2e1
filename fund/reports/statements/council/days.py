"""The days on which the fund asks something of one council: four at most. What is late comes first, each by its own
day; then what is about content, then what is about money.

Content: a signature, an evaluation, a roll-out that may be joined, a round, the answer on a plan, the choice of a new
key, the day of leaving. Money: a call, an instalment. Where money waits, one of the four places is kept for it. One
place is always left for what is to come: where more is late, the last of it is told together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from fund.dates import add_months, day_of, next_working_day, term_end, weeks
from fund.reports.history import cases_on, regulations_on
from fund.schemas.agreements import Agreement
from fund.schemas.capital import Call, DistributionKey
from fund.schemas.evaluations import Evaluation
from fund.schemas.proposals import FUND_TO_ACT, Proposal, Round
from fund.schemas.repayments import Plan
from fund.unit_of_work import Snapshot

AT_MOST = 4
REVIEW_MONTHS = 60
"""A key is looked at again once every five years (K12); ``fund.workflows.partners`` announces it."""
RUNNING = ("active", "suspended", "completed", "terminated")


@dataclass(frozen=True, slots=True)
class Asked:
    """One day: what is asked (``kind``), of which case, and the amount where it is about money; ``late`` where the day
    has gone by, and then ``kind`` is ``rest`` for what is late since that day and has no line of its own."""

    on: date
    kind: str
    ref: str
    title: str = ""
    amount_cents: int | None = None
    late: bool = False

    @property
    def content(self) -> bool:
        """Whether it is about what is done, and not about money."""
        return self.amount_cents is None

    def as_json(self) -> dict[str, Any]:
        """As the statement holds it."""
        return {
            "on": self.on.isoformat(),
            "kind": self.kind,
            "ref": self.ref,
            "title": self.title,
            "amount_cents": self.amount_cents,
            "late": self.late,
        }


class Days:
    """What is to come after a day, as far as it was known, for all partners together.

    Args:
        last: The last fact that was known; all when absent.
        agreements: The agreements as they were.
        users: By agreement, who takes part in its roll-out already.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        day: date,
        last: int | None,
        agreements: Mapping[str, Agreement],
        users: Mapping[str, Sequence[str]],
    ) -> None:
        self._day = day
        self._agreements = agreements
        self._users = users
        self._evaluations = cases_on(snapshot, Evaluation, day, last=last)
        self._calls = [each for each in cases_on(snapshot, Call, day, last=last) if each.state == "open"]
        self._plans = cases_on(snapshot, Plan, day, last=last)
        self._rounds = {each.ref: each for each in cases_on(snapshot, Round, day, last=last)}
        self._waiting = [each for each in cases_on(snapshot, Proposal, day, last=last) if each.state in FUND_TO_ACT]
        keys = [each for each in cases_on(snapshot, DistributionKey, day, last=last) if each.state == "adopted"]
        in_force = [key for key in sorted(keys, key=lambda key: (key.from_on, key.ref)) if key.from_on <= day]
        self._key = in_force[-1] if in_force else None
        self._terms = {
            each.ref: regulations_on(snapshot, day_of(each.opens_at), last=last).terms for each in self._rounds.values()
        }

    def of(self, partner: str, *, leaves_on: date | None = None, member: bool = True) -> list[Asked]:
        """What is asked of one partner: what is late, then content, then money, each in the order of days.

        Args:
            leaves_on: The day on which it leaves, after its notice.
            member: Whether it belongs to the fund and may still ask for something.
        """
        asked = sorted([*self._content(partner, leaves_on, member), *self._money(partner)], key=_order)
        late = _late([each for each in asked if each.on < self._day])
        content = [each for each in asked if each.on >= self._day and each.content]
        money = [each for each in asked if each.on >= self._day and not each.content]
        kept = min(len(money), 1) if all(each.content for each in late) else 0
        first = [*late, *content[: AT_MOST - len(late) - kept]]
        return [*first, *money[: AT_MOST - len(first)]]

    def _content(self, partner: str, leaves_on: date | None, member: bool) -> Iterator[Asked]:
        day = self._day
        for agreement in self._agreements.values():
            if agreement.state == "drafted" and partner in agreement.unsigned and agreement.sign_before_on >= day:
                yield Asked(agreement.sign_before_on, "sign", agreement.ref, agreement.title)
        for evaluation in self._evaluations:
            title = self._title(evaluation.ref)
            running = self._agreements.get(evaluation.ref)
            if evaluation.state == "due" and running is not None and partner in running.applicants:
                yield Asked(evaluation.due_on, "evaluation", evaluation.ref, title)
        if leaves_on is not None and leaves_on >= day:
            yield Asked(leaves_on, "leave", partner)
        for proposal in self._waiting:
            if partner in proposal.applicants:
                yield from self._decision(proposal)
        if not member or leaves_on is not None:
            return
        for evaluation in self._evaluations:
            until = evaluation.followon_until
            if until is None or until < day or evaluation.followon_expired:
                continue
            if partner in evaluation.parties:
                yield Asked(until, "rollout", evaluation.ref, self._title(evaluation.ref))
            elif partner not in self._users.get(evaluation.ref, ()):
                yield Asked(until, "followon", evaluation.ref, self._title(evaluation.ref))
        for round_ in self._rounds.values():
            opens, closes = day_of(round_.opens_at), day_of(round_.closes_at) - timedelta(days=1)
            if round_.state == "planned" and opens > day:
                yield Asked(opens, "round_opens", round_.ref, round_.title)
            elif round_.state in ("planned", "open") and closes >= day:
                yield Asked(closes, "round_closes", round_.ref, round_.title)
        if self._key is not None:
            until = add_months(self._key.from_on, REVIEW_MONTHS)
            if until >= day and partner in self._key.weights:
                yield Asked(until, "key_review", self._key.ref)

    def _decision(self, proposal: Proposal) -> Iterator[Asked]:
        """Until when there is an answer on a plan: as the applicants were told, else by the term of the rules."""
        round_ = self._rounds.get(proposal.round)
        if round_ is None or proposal.waits_since_on is not None:
            return
        last_on = proposal.told_until_on
        if last_on is None:
            begins_on = proposal.term_from_on or day_of(round_.closes_at) - timedelta(days=1)
            still = sum(max((until - max(since, begins_on)).days, 0) for since, until in proposal.waited)
            last_on = term_end(begins_on, weeks(self._terms[round_.ref].decision_weeks))
            last_on = next_working_day(last_on + timedelta(days=still)) if still else last_on
        if last_on >= self._day:
            yield Asked(last_on, "decision", proposal.ref, proposal.title)

    def _money(self, partner: str) -> Iterator[Asked]:
        for call in self._calls:
            if call.partner == partner and call.open_cents > 0:
                yield Asked(call.due_on, "call", call.ref, amount_cents=call.open_cents)
        for plan in self._plans:
            agreement = self._agreements.get(plan.ref)
            lead = agreement.lead if agreement is not None else plan.lead
            opened = [each for each in plan.instalments if each.open_cents > 0]
            if lead != partner or not opened or agreement is None or agreement.state not in RUNNING:
                continue
            late = [each for each in opened if each.due_on < self._day]
            for each in (*late, *opened[len(late) : len(late) + 1]):
                yield Asked(each.due_on, "instalment", plan.ref, agreement.title, each.open_cents)

    def _title(self, agreement: str) -> str:
        found = self._agreements.get(agreement)
        return found.title if found is not None else ""


def _late(asked: Sequence[Asked]) -> list[Asked]:
    """What is late, by its own days; one place is left for what is to come, so money that is over is told together."""
    room = AT_MOST - 1
    money = [each for each in asked if not each.content]
    content = [each for each in asked if each.content][: room - min(len(money), 1)]
    alone = room - len(content)
    rest = money[alone - 1 :] if len(money) > alone else []
    shown = [replace(each, late=True) for each in (*content, *money[: len(money) - len(rest)])]
    if rest:
        cents = sum(each.amount_cents or 0 for each in rest)
        shown.append(Asked(rest[0].on, "rest", rest[0].ref, amount_cents=cents, late=True))
    return sorted(shown, key=_order)


def _order(asked: Asked) -> tuple[date, str, str]:
    return asked.on, asked.kind, asked.ref
