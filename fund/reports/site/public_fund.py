"""What everybody may know of the fund on a day, read once: money, experiments, lessons, partners, steps asked.

Nothing here knows a language, and nothing names a person: people, accounts of payees, drafts, refused proposals, texts
of an evaluation before its publication and remarks of reviewers are never read into it. An experiment is a proposal
with an award that stands, or with an agreement. Source: people.md (statement site), lifecycle.md 7 and 10.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any

from fund.dates import day_of, last_day
from fund.errors.exports import NothingToPublish
from fund.errors.forecasts import NoAssumptionsYet
from fund.money import ratio_text
from fund.reports.burden import TARGETS, burdens
from fund.reports.cash import Cash, cash_on
from fund.reports.exports.giving import giving
from fund.reports.exports.register import register
from fund.reports.forecasts.liquidity import liquidity
from fund.reports.history import cases_on, last_fact, regulations_on
from fund.reports.quantities import Quantities
from fund.reports.site.shapes import Experiment, Lesson, Member, News, OpenRound, Planned, Steps
from fund.reports.statements.council.composing import council
from fund.reports.statements.position import position
from fund.rules.regulations import Regulations
from fund.schemas.agreements import Agreement, Milestone
from fund.schemas.capital import Call, Partner
from fund.schemas.evaluations import Evaluation
from fund.schemas.proposals import Proposal, Round
from fund.unit_of_work import HistoricalSnapshot, Snapshot

GROUPS = ("awarded", "running", "evaluating", "confirmed", "inconclusive", "learned", "refuted", "stopped")
"""Where an experiment stands, for everybody: what came of it only once its evaluation is published."""
_WAITING, _RUNNING = ("drafted", "signed"), ("active", "suspended")
_AWARDED = ("approved", "conditional", "agreed")
MONTHS = 36
"""The balance is shown by month over so many months, over a longer life by quarter."""


@dataclass
class PublicFund:
    """The fund on a day, as it was known at an entry."""

    snapshot: Snapshot = field(repr=False)
    as_of: date
    known_at: int | None = None
    drawn: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False)
    """Charts by language and name, once they are drawn."""

    @cached_property
    def last(self) -> int | None:
        """The last fact that counts."""
        return last_fact(self.snapshot, self.known_at)

    @cached_property
    def position(self) -> dict[str, Any]:
        """``statement position`` of the day."""
        return position(self.snapshot, as_of=self.as_of, known_at=self.known_at)

    @cached_property
    def head(self) -> Mapping[str, Any]:
        """The last entry that counts: ``seq`` and ``hash``."""
        found: Mapping[str, Any] = self.position["head"]
        return found

    @cached_property
    def rules(self) -> Regulations:
        """The regulations of the day."""
        return regulations_on(self.snapshot, self.as_of, last=self.last)

    @cached_property
    def quantities(self) -> Quantities:
        """What the ledger adds up to."""
        return Quantities(self.snapshot, self.as_of, self.known_at)

    @cached_property
    def cash(self) -> Cash:
        """What came in and went out by purpose."""
        return cash_on(self.snapshot, [self.as_of], known_at=self.known_at)[0]

    @cached_property
    def name(self) -> str:
        """What the fund is called: in its regulations, else the name under which it was founded."""
        identity = self.rules.identity
        named = identity.name if identity is not None else None
        return named or str(self.snapshot.store.work.setting("founded") or "")

    # -------------------------------------------------------------------------------------------------------- over time

    @cached_property
    def days(self) -> list[date]:
        """The ends of months, or of quarters, from the first entry until the day; and the day itself."""
        first = next(iter(self.snapshot.ledger.entries(as_of=self.as_of, until_seq=self.known_at)), None)
        if first is None:
            return []
        months = (self.as_of.year - first.effective_on.year) * 12 + self.as_of.month - first.effective_on.month
        step = 1 if months <= MONTHS else 3
        found, on = [], last_day(f"{first.effective_on:%Y-%m}")
        while on < self.as_of:
            if on.month % step == 0:
                found.append(on)
            on = last_day(f"{on + timedelta(days=1):%Y-%m}")
        return [*found, self.as_of]

    @cached_property
    def balances(self) -> list[tuple[date, int]]:
        """What stood in the bank and in the treasury at the end of each of these days, in cents."""
        ledger = self.snapshot.ledger
        return [
            (on, sum(ledger.balance(code, as_of=on, known_at=self.known_at) for code in ("1000", "1005")))
            for on in self.days
        ]

    def buffer_on(self, on: date) -> int:
        """The buffer of the regulations of a day, in cents."""
        return regulations_on(self.snapshot, on, last=self.last).buffer_cents

    @cached_property
    def forecast(self) -> Mapping[str, Any] | None:
        """``forecast liquidity`` from the day on; nothing before the first entry, or without assumptions for it."""
        if not self.days:
            return None
        try:
            return liquidity(self.snapshot, as_of=self.as_of, known_at=self.known_at)
        except NoAssumptionsYet:
            return None

    # ----------------------------------------------------------------------------------------------------------- rounds

    @cached_property
    def open_rounds(self) -> list[OpenRound]:
        """The rounds that take proposals on the day, what closes first in front: when, and on what conditions."""
        found = []
        for case in cases_on(self.snapshot, Round, self.as_of, last=self.last):
            opens_on, closes_on = day_of(case.opens_at), day_of(case.closes_at - timedelta(microseconds=1))
            if opens_on <= self.as_of <= closes_on:
                track = regulations_on(self.snapshot, opens_on, last=self.last).tracks[case.track]
                found.append(OpenRound(case.title, case.track, opens_on, closes_on, case.ceiling_cents, track))
        return sorted(found, key=lambda each: (each.closes_on, each.title))

    # ----------------------------------------------------------------------------------------------------------- grants

    @cached_property
    def register(self) -> dict[str, Any]:
        """``export register``: a row for each decision on a grant (Woo 3.3a)."""
        return register(self.snapshot, as_of=self.as_of, known_at=self.known_at)

    @cached_property
    def giving(self) -> dict[str, Any] | None:
        """``export 360giving``; nothing while there is no grant."""
        try:
            return giving(self.snapshot, as_of=self.as_of, known_at=self.known_at)
        except NothingToPublish:
            return None

    @cached_property
    def councils(self) -> dict[str, Mapping[str, Any]]:
        """``statement council`` of every partner, by its id, for everybody: without the days of plans that wait for a
        decision, which are their applicants' own until it is taken, and without what it pays or does too late.
        """
        found = council(self.snapshot, as_of=self.as_of, known_at=self.known_at)
        return {
            each["id"]: {
                **each,
                "dates": [one for one in each["dates"] if one["kind"] != "decision" and not one["late"]],
            }
            for each in found["councils"]
        }

    # ------------------------------------------------------------------------------------------------------ experiments

    @cached_property
    def _proposals(self) -> dict[str, Proposal]:
        found = cases_on(self.snapshot, Proposal, self.as_of, last=self.last)
        return {each.ref: each for each in found if not each.is_draft}

    @cached_property
    def _evaluations(self) -> dict[str, Evaluation]:
        return {each.ref: each for each in cases_on(self.snapshot, Evaluation, self.as_of, last=self.last)}

    @cached_property
    def _milestones(self) -> dict[str, list[Milestone]]:
        found: dict[str, list[Milestone]] = {}
        for each in cases_on(self.snapshot, Milestone, self.as_of, last=self.last):
            found.setdefault(each.agreement, []).append(each)
        return found

    @cached_property
    def _followers(self) -> dict[str, list[Proposal]]:
        found: dict[str, list[Proposal]] = {}
        for each in self._proposals.values():
            if each.follows and (each.state in _AWARDED or f"A{each.ref}" in self._agreements):
                found.setdefault(each.follows, []).append(each)
        return found

    @cached_property
    def _agreements(self) -> dict[str, Agreement]:
        """Those that were in force once, and those of an award that stands: a text of which nothing came is no news."""
        return {
            each.ref: each
            for each in cases_on(self.snapshot, Agreement, self.as_of, last=self.last)
            if each.started_on is not None or self._proposals[each.proposal].state in _AWARDED
        }

    @cached_property
    def _money(self) -> Mapping[str, Mapping[str, int]]:
        """By agreement: paid, came back, outstanding, given up."""
        names = ("U_cents", "S_cents", "A_cents")
        found: dict[str, Mapping[str, int]] = {name: self.quantities.by_holder(name) for name in names}
        by_main: dict[str, Counter[str]] = {main: Counter() for main in ("1200", "4200", "4210")}
        for code, cents in self.quantities.balances.items():
            main, _dot, holder = code.partition(".")
            if main in by_main and holder:
                by_main[main][holder] += cents
        return {**found, **by_main}

    @cached_property
    def experiments(self) -> dict[str, Experiment]:
        """Every experiment, by ref, in the order of the refs."""
        found = [self._of_agreement(each) for each in self._agreements.values()]
        agreed = {each.proposal for each in self._agreements.values()}
        for each in self._proposals.values():
            if each.ref not in agreed and each.state in _AWARDED and each.award_cents:
                found.append(self._of_proposal(each))
        return {each.ref: each for each in sorted(found, key=lambda each: each.ref.lstrip("A"))}

    def _of_agreement(self, agreement: Agreement) -> Experiment:
        proposal = self._proposals[agreement.proposal]
        evaluation = self._evaluations.get(agreement.ref)
        published = evaluation if evaluation is not None and evaluation.state == "published" else None
        children = self._followers.get(agreement.ref, [])
        group = group_of(agreement, evaluation)
        money = self._money
        made = Experiment(
            ref=agreement.ref,
            title=agreement.title,
            group=group,
            lead=agreement.lead,
            parties=agreement.parties,
            track=agreement.track,
            started_on=agreement.started_on,
            ended_on=agreement.ended_on,
            award_cents=agreement.award_cents,
            repayable_cents=agreement.repayable_cents,
            paid_cents=money["U_cents"].get(agreement.ref, 0) + money["S_cents"].get(agreement.ref, 0),
            returned_cents=money["A_cents"].get(agreement.ref, 0),
            outstanding_cents=money["1200"].get(agreement.ref, 0),
            learning_writeoff_cents=money["4200"].get(agreement.ref, 0),
            other_writeoff_cents=money["4210"].get(agreement.ref, 0),
            question=agreement.hypothesis,
            measurement=agreement.terms.measurement,
            stop_rule=agreement.stop_rule,
            milestones=tuple(
                Planned(each.title, each.due_on, each.amount_cents, str(each.state))
                for each in self._milestones.get(agreement.ref, [])
            ),
            followed_by=tuple(self._ref_of(each) for each in children),
            **self._of_either(proposal),
        )
        if published is None or published.published_on is None:
            return made
        users = dict.fromkeys(party for child in children for party in child.parties if party not in published.parties)
        cards = tuple(
            Lesson(
                experiment=agreement.ref,
                title=each.title,
                text=each.text,
                themes=each.themes,
                group=group,
                lead=agreement.lead,
                used_by=tuple(users),
                published_on=published.published_on,
            )
            for each in published.lessons
        )
        return replace(
            made,
            learned=published.learned,
            verdict=published.verdict,
            learning=published.learning,
            published_on=published.published_on,
            lessons=cards,
        )

    def _of_proposal(self, proposal: Proposal) -> Experiment:
        form = proposal.form
        return Experiment(
            ref=proposal.ref,
            title=proposal.title,
            group="awarded",
            lead=proposal.lead,
            parties=proposal.parties,
            track=proposal.track,
            award_cents=proposal.award_cents,
            repayable_cents=proposal.award_cents * proposal.share_bps // 10_000,
            question=form.hypothesis,
            measurement=form.measurement,
            stop_rule=form.stop_rule,
            **self._of_either(proposal),
        )

    def _of_either(self, proposal: Proposal) -> dict[str, Any]:
        """What an experiment has of its proposal, with or without an agreement."""
        return {
            "proposal": proposal.ref,
            "themes": proposal.form.themes,
            "ambition": proposal.form.ambition,
            "decided_on": proposal.decided_on,
            "follows": proposal.follows if proposal.follows in self._agreements else "",
        }

    def _ref_of(self, proposal: Proposal) -> str:
        ref = f"A{proposal.ref}"
        return ref if ref in self._agreements else proposal.ref

    @cached_property
    def lessons(self) -> list[Lesson]:
        """Every published lesson, the newest first; those of refuted hypotheses among the others."""
        found = [each for experiment in self.experiments.values() for each in experiment.lessons]
        return sorted(found, key=lambda each: (-each.published_on.toordinal(), each.experiment))

    @cached_property
    def news(self) -> list[News]:
        """What happened, the newest first."""
        found = []
        for each in self.experiments.values():
            days = {
                "awarded": each.decided_on,
                "started": each.started_on,
                "ended": each.ended_on,
                "published": each.published_on,
            }
            found += [News(on, what, each.ref) for what, on in days.items() if on is not None and on <= self.as_of]
        return sorted(found, key=lambda each: (-each.on.toordinal(), each.what, each.experiment))

    def grouped(self) -> dict[str, list[Experiment]]:
        """The experiments by where they stand; groups without any are left out."""
        found: dict[str, list[Experiment]] = {group: [] for group in GROUPS}
        for each in self.experiments.values():
            found[each.group].append(each)
        return {group: members for group, members in found.items() if members}

    # --------------------------------------------------------------------------------------------------------- partners

    @cached_property
    def members(self) -> dict[str, Member]:
        """The partners that take part or took part, by id, in the order of their names; who has yet to be admitted is
        no partner, and is not told of.
        """
        balances, capital = self.quantities.balances, -self.quantities.main_balances.get("3000", 0)
        calls: dict[str, list[Call]] = {}
        for call in cases_on(self.snapshot, Call, self.as_of, last=self.last):
            calls.setdefault(call.partner, []).append(call)
        found = []
        for each in cases_on(self.snapshot, Partner, self.as_of, last=self.last):
            if each.state == "candidate":
                continue
            own = -balances.get(f"3000.{each.ref}", 0)
            leads = [one for one in self.experiments.values() if one.lead == each.ref]
            found.append(
                Member(
                    id=each.ref,
                    name=each.name,
                    short_name=each.short_name,
                    sort=each.sort,
                    state=str(each.state),
                    called_cents=own,
                    paid_in_cents=own - balances.get(f"1100.{each.ref}", 0),
                    share=Fraction(own, capital) if capital else None,
                    received_cents=sum(one.paid_cents for one in leads),
                    leads=tuple(one.ref for one in leads),
                    takes_part=tuple(one.ref for one in self.experiments.values() if each.ref in one.parties),
                    calls=tuple(_told(one) for one in calls.get(each.ref, ())),
                )
            )
        return {each.id: each for each in sorted(found, key=lambda each: (each.short_name.casefold(), each.id))}

    # ------------------------------------------------------------------------------------------------------------ steps

    @cached_property
    def steps(self) -> list[Steps]:
        """What proposals asked of people until the first money, by track and the year of that payment."""
        snapshot = HistoricalSnapshot(self.snapshot, self.last) if self.last is not None else self.snapshot
        found: dict[tuple[str, int], list[Any]] = {}
        for each in burdens(snapshot):
            closed = day_of(snapshot.case(Round, self._round_of(snapshot, each.ref)).closes_at)
            paid_on = closed + timedelta(days=each.days)
            if paid_on <= self.as_of:
                found.setdefault((each.track, paid_on.year), []).append(each)
        order = list(TARGETS)
        return [
            Steps(
                track,
                year,
                len(some),
                Fraction(sum(each.total for each in some), len(some)),
                Fraction(sum(each.people for each in some), len(some)),
                Fraction(sum(each.days for each in some), len(some)),
                sum(not each.within for each in some),
            )
            for (track, year), some in sorted(found.items(), key=lambda item: (order.index(item[0][0]), item[0][1]))
        ]

    @staticmethod
    def _round_of(snapshot: Snapshot, ref: str) -> str:
        return snapshot.case(Proposal, ref).round


def group_of(agreement: Agreement, evaluation: Evaluation | None) -> str:
    """Where an experiment stands, of :data:`GROUPS`."""
    found = str(evaluation.state) if evaluation is not None else ""
    if evaluation is not None and found == "published":
        if evaluation.hypothesis == "refuted":
            return "learned" if evaluation.good_result else "refuted"
        return evaluation.hypothesis
    state = str(agreement.state)
    if state in _WAITING or state in _RUNNING:
        return "awarded" if state in _WAITING else "running"
    return "stopped" if found == "waived" else "evaluating"


def _told(call: Call) -> Mapping[str, Any]:
    return {
        "ref": call.ref,
        "called_on": call.called_on,
        "called_cents": call.called_cents,
        "received_cents": call.received_cents,
    }


def share_text(share: Fraction | None) -> str | None:
    """An exact share as text (``7/10``)."""
    return None if share is None else ratio_text(share)
