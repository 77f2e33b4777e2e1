"""What stands open at the end of a day: advances with their instalments, calls, payments to come, costs of the year.

The ledger says how much, the cases say when. Each balance is laid over the days of its cases, the oldest first, and
what no case explains is taken to fall on the next day; so every plan adds up to its balance, whatever the cases say.
Everything is read as it was, as far as it was known (``fund.reports.history``). Source: statements.md (forecasts).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

from fund.dates import add_months
from fund.ledger import CLOSING
from fund.reports.forecasts.quarters import Flow
from fund.reports.history import cases_on, last_fact, regulations_on
from fund.rules import schedules, valuation
from fund.rules.exits import due_until
from fund.rules.regulations import Regulations
from fund.schemas import CaseFile
from fund.schemas.agreements import Agreement, Milestone
from fund.schemas.capital import Call, Debit
from fund.schemas.disbursements import Disbursement
from fund.schemas.exits import Exit
from fund.schemas.payables import Payable
from fund.schemas.proposals import Proposal
from fund.schemas.repayments import Plan
from fund.unit_of_work import Snapshot

Case = TypeVar("Case", bound=CaseFile)
PAID_STATES = ("approved", "sent", "paid", "part_refunded")


@dataclass(frozen=True, slots=True)
class Advance:
    """One financing: what of it is to come back, and when, as agreed.

    Attributes:
        outstanding_cents: What stands on 1200.
        committed_cents: The repayable part of what is promised and not yet approved for payment (9000).
        stage: ``committed`` before anything was paid out, then how late its oldest instalment is.
        instalments: Together both amounts; an instalment that is late keeps its day.
    """

    ref: str
    stage: str
    outstanding_cents: int
    committed_cents: int
    instalments: tuple[Flow, ...]


@dataclass(frozen=True, slots=True)
class Payment:
    """What the fund is going to pay on one ground.

    Attributes:
        ground: ``commitment`` (9000), ``approved`` (2000), ``under_way`` (1010), ``overpayment`` (2100), ``settlement``
            (2200), ``settlement_later`` (2210).
        repayable_cents: What of it comes back.
    """

    ground: str
    ref: str
    flows: tuple[Flow, ...]
    repayable_cents: int = 0

    @property
    def cents(self) -> int:
        """All of it."""
        return sum(flow.cents for flow in self.flows)


@dataclass(frozen=True, slots=True)
class Costs:
    """What running the fund costs: booked on 4500 in the days until the forecast, or as assumed for a year."""

    basis: str
    cents: int
    days: int
    from_on: date
    until_on: date

    def until(self, as_of: date, day: date) -> int:
        """What it costs from one day until another, in proportion to the days, rounded down."""
        return self.cents * (day - as_of).days // self.days if self.days else 0


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The fund at the end of a day, as a forecast begins from it.

    Attributes:
        balances: Of main accounts, debit positive, closings left out.
        contributions: What partners were asked and did not pay yet, by call: together 1100.
        unexplained_cents: Debits of the bank on 1010 that nobody explained yet: they are gone already.
    """

    as_of: date
    balances: Mapping[str, int]
    rules: Regulations
    advances: tuple[Advance, ...]
    contributions: tuple[Payment, ...]
    payments: tuple[Payment, ...]
    costs: Costs
    unexplained_cents: int = 0
    last_fact: int | None = None
    grounds: Mapping[str, int] = field(default_factory=dict)

    @property
    def cash_cents(self) -> int:
        """1000 and 1005."""
        return valuation.cash(self.balances)

    @property
    def buffer_cents(self) -> int:
        """The buffer of the regulations of the day."""
        return self.rules.buffer_cents

    @property
    def free_cents(self) -> int:
        """Free to commit, of the day itself: nothing expected counts."""
        return valuation.free_to_commit(self.balances, self.buffer_cents)

    @property
    def principal_cents(self) -> int:
        """What is to come back: outstanding, and the repayable part of what is promised."""
        return sum(one.outstanding_cents + one.committed_cents for one in self.advances)


def portfolio(
    snapshot: Snapshot, day: date, known_at: int | None, *, payment_days: int = 0, costs_cents: int | None = None
) -> Portfolio:
    """Everything that stands open at the end of a day, as it was known at an entry.

    Args:
        payment_days: Between the day of a milestone, or an approval without a day, and the payment.
        costs_cents: What running the fund costs a year; the run rate of the year until then when absent.
    """
    return _Reading(snapshot, day, known_at, payment_days).whole(costs_cents)


def over(cents: int, planned: Iterable[Flow], rest_on: date) -> tuple[Flow, ...]:
    """An amount over planned days, the oldest first; what is left falls on ``rest_on``."""
    found, left = [], cents
    for flow in sorted(planned, key=lambda flow: flow.on):
        here = min(max(flow.cents, 0), left)
        if here > 0:
            found.append(Flow(flow.on, here))
            left -= here
    return (*found, Flow(rest_on, left)) if left else tuple(found)


class _Reading:
    """One reading of the fund; each method reads one kind of open item."""

    def __init__(self, snapshot: Snapshot, day: date, known_at: int | None, payment_days: int) -> None:
        self.snapshot = snapshot
        self.day = day
        self.known_at = known_at
        self.last = last_fact(snapshot, known_at)
        self.next_day = day + timedelta(days=1)
        self.pay_on = self.next_day + timedelta(days=payment_days)
        self.lag = timedelta(days=payment_days)
        self.rules = regulations_on(snapshot, day, last=self.last)
        self.holders: dict[str, dict[str, int]] = {}
        for code, cents in snapshot.ledger.balances(as_of=day, known_at=known_at, kinds_excluded=(CLOSING,)).items():
            main, _dot, holder = code.partition(".")
            self.holders.setdefault(main, {})[holder] = cents
        self.balances = {main: sum(held.values()) for main, held in self.holders.items()}

    def whole(self, costs_cents: int | None) -> Portfolio:
        advances = self.advances()
        contributions = self.contributions()
        unexplained = sum(case.amount_cents for case in self.cases(Debit, "1010") if case.state == "recorded")
        payments = (
            *self.commitments(advances),
            *self.approved(),
            *self.under_way(unexplained),
            *self.owed("2100", "overpayment"),
            *self.owed("2200", "settlement"),
            *self.later_parts(advances, contributions),
        )
        grounds: dict[str, int] = {}
        for each in payments:
            grounds[each.ground] = grounds.get(each.ground, 0) + each.cents
        return Portfolio(
            as_of=self.day,
            balances=self.balances,
            rules=self.rules,
            advances=tuple(advance for advance, _proposal in advances),
            contributions=contributions,
            payments=payments,
            costs=self.costs(costs_cents),
            unexplained_cents=unexplained,
            last_fact=self.last,
            grounds=grounds,
        )

    def held(self, main: str, sign: int = 1) -> dict[str, int]:
        """What stands on an account by holder, as far as it stands on its side."""
        return {holder: sign * cents for holder, cents in self.holders.get(main, {}).items() if sign * cents > 0}

    def cases(self, model: type[Case], main: str, refs: Sequence[str] | None = None) -> list[Case]:
        """Cases as they were; none where nothing ever stood on the account that they explain."""
        if not self.holders.get(main) or refs == ():
            return []
        return cases_on(self.snapshot, model, self.day, last=self.last, refs=refs)

    # ------------------------------------------------------------------------------------------------- what comes back

    def advances(self) -> list[tuple[Advance, str]]:
        """Every financing of which something is to come back, with its proposal."""
        paid_out, promised = self.held("1200"), self.held("9000")
        refs = sorted({*paid_out, *(f"A{proposal}" for proposal in promised)})
        plans = {plan.ref: plan for plan in self.cases(Plan, "9000", refs)}
        agreements = {one.ref: one for one in self.cases(Agreement, "9000", refs)}
        without = [ref.removeprefix("A") for ref in refs if ref not in agreements]
        proposals = {one.ref: one for one in self.cases(Proposal, "9000", without)}
        found = []
        for ref in refs:
            agreement, plan = agreements.get(ref), plans.get(ref)
            proposal = agreement.proposal if agreement is not None else ref.removeprefix("A")
            outstanding, committed = paid_out.get(ref, 0), promised.get(proposal, 0)
            if plan is not None:
                back = min(max(plan.open_cents - outstanding, 0), committed)
                parts = [Flow(part.due_on, part.open_cents) for part in plan.instalments]
                rest_on = max(plan.ends_on, self.next_day)
                late = schedules.days_overdue(plan.instalments, self.day, outstanding)
            else:
                share = agreement.share_bps if agreement is not None else _share(proposals.get(proposal))
                back, late, rest_on = min(schedules.repayable_of(committed, share), committed), 0, self.next_day
                parts = self.not_started(agreement, proposals.get(proposal), back)
            if outstanding + back:
                stage = schedules.band_of(late) if outstanding else "committed"
                flows = over(outstanding + back, parts, rest_on)
                found.append((Advance(ref, stage, outstanding, back, flows), proposal))
        return found

    def not_started(self, agreement: Agreement | None, proposal: Proposal | None, back: int) -> list[Flow]:
        """The instalments of a plan that has not begun: those of the text to be signed, else as the proposal asks."""
        if agreement is not None:
            return [Flow(part.due_on, part.amount_cents) for part in agreement.terms.plan.instalments]
        starts_on = self.expected_start(proposal)
        terms = proposal.form.repayment if proposal is not None else None
        if proposal is None or terms is None:
            return [Flow(add_months(starts_on, 24), back)]
        works_until = max([part.due_on for part in proposal.form.milestones] or [starts_on])
        plan = schedules.build(
            terms.plan,
            back,
            starts_on=starts_on,
            grace_months=terms.grace_months,
            count=terms.instalments,
            interval_months=terms.months_between,
            ends_on=terms.ends_on,
            works_until=works_until,
        )
        return [Flow(part.due_on, part.amount_cents) for part in plan.instalments]

    def expected_start(self, proposal: Proposal | None) -> date:
        """The day on which an award that is not signed yet is expected to begin: the term for signing after it."""
        decided_on = proposal.decided_on if proposal is not None and proposal.decided_on is not None else self.day
        return max(decided_on + timedelta(days=self.rules.terms.signing_days), self.next_day)

    # ------------------------------------------------------------------------------------------------- what comes in

    def contributions(self) -> tuple[Payment, ...]:
        """What each partner was asked and did not pay yet, by the last day of each call."""
        unpaid = self.held("1100")
        calls: dict[str, list[Flow]] = {}
        for call in self.cases(Call, "1100") if unpaid else ():
            if call.open_cents > 0:
                calls.setdefault(call.partner, []).append(Flow(call.due_on, call.open_cents))
        return tuple(
            Payment("contribution", partner, (flow,))
            for partner, cents in sorted(unpaid.items())
            for flow in over(cents, calls.get(partner, ()), self.next_day)
        )

    # ------------------------------------------------------------------------------------------------- what goes out

    def commitments(self, advances: Sequence[tuple[Advance, str]]) -> Iterable[Payment]:
        """Open commitments by the days of their milestones: what was paid before came off the first of them."""
        promised = self.held("9000")
        back = {proposal: advance.committed_cents for advance, proposal in advances}
        agreements = {one.proposal: one for one in self.cases(Agreement, "9000", [f"A{ref}" for ref in promised])}
        without = [ref for ref in promised if ref not in agreements]
        proposals = {one.ref: one for one in self.cases(Proposal, "9000", without)}
        milestones: dict[str, list[Milestone]] = {}
        refs = [ref for one in agreements.values() for ref in one.milestones]
        for each in self.cases(Milestone, "9000", refs) if refs else ():
            milestones.setdefault(each.agreement, []).append(each)
        for ref, cents in sorted(promised.items()):
            agreement = agreements.get(ref)
            if agreement is not None and agreement.ref in milestones:
                ahead = self.unpaid(milestones[agreement.ref])
            elif agreement is not None:
                ahead = [Flow(part.due_on, part.amount_cents) for part in agreement.terms.milestones]
            else:
                ahead = self.asked(proposals.get(ref), cents)
            if self.at_once(agreement, proposals.get(ref)):
                ahead = [Flow(self.expected_start(proposals.get(ref)) if agreement is None else self.day, cents)]
            days = [Flow(max(flow.on, self.next_day) + self.lag, flow.cents) for flow in ahead]
            last = max([flow.on for flow in days], default=self.pay_on)
            yield Payment("commitment", ref, _latest(cents, days, last), back.get(ref, 0))

    def unpaid(self, milestones: Sequence[Milestone]) -> list[Flow]:
        """What of each milestone was not approved for payment yet."""
        asked = {ref for each in milestones for ref in each.requested}
        paid: dict[str, int] = {}
        for case in self.cases(Disbursement, "9000", sorted(asked)) if asked else ():
            if case.state in PAID_STATES and case.milestone:
                paid[case.milestone] = paid.get(case.milestone, 0) + case.amount_cents
        return [
            Flow(each.due_on, max(each.amount_cents - paid.get(each.ref, 0), 0))
            for each in milestones
            if each.state != "rejected"
        ]

    def asked(self, proposal: Proposal | None, cents: int) -> list[Flow]:
        """The milestones of a proposal that has no agreement yet; none before it is expected to begin."""
        planned = proposal.form.milestones if proposal is not None else ()
        starts_on = self.expected_start(proposal)
        if not planned:
            return [Flow(add_months(starts_on, 12), cents)]
        whole = sum(part.amount_cents for part in planned) or 1
        days, reached, given = [], 0, 0
        for part in planned:
            reached += part.amount_cents
            here = cents * reached // whole - given
            given += here
            days.append(Flow(max(part.due_on, starts_on), here))
        return days

    def at_once(self, agreement: Agreement | None, proposal: Proposal | None) -> bool:
        """Whether the whole award is paid when the agreement holds."""
        name = agreement.track if agreement is not None else proposal.track if proposal is not None else ""
        track = self.rules.tracks.get(name)
        return track is not None and track.one_payment

    def approved(self) -> Iterable[Payment]:
        """What was approved and not sent yet (2000), by the last day to pay it."""
        cents = -self.balances.get("2000", 0)
        if cents <= 0:
            return
        cases: list[Disbursement | Payable] = [*self.cases(Disbursement, "2000"), *self.cases(Payable, "2000")]
        due = [
            Flow(max(case.due_on or self.pay_on, self.next_day), case.amount_cents)
            for case in cases
            if case.state == "approved"
        ]
        yield Payment("approved", "2000", over(cents, due, self.next_day))

    def under_way(self, unexplained: int) -> Iterable[Payment]:
        """Payments and transfers on their way (1010): the next day. Below nothing a transfer that is to arrive."""
        cents = unexplained - self.balances.get("1010", 0)
        if cents:
            yield Payment("under_way", "1010", (Flow(self.next_day, cents),))

    def owed(self, main: str, ground: str) -> Iterable[Payment]:
        """What is owed and not approved for payment yet, by holder."""
        for holder, cents in sorted(self.held(main, -1).items()):
            yield Payment(ground, holder, (Flow(self.pay_on, cents),))

    def later_parts(
        self, advances: Sequence[tuple[Advance, str]], contributions: Sequence[Payment]
    ) -> Iterable[Payment]:
        """The later part of each settlement (2210): its share of what is planned to come in on the items that it names,
        the rest at the long-stop (K9, K10).
        """
        later = self.held("2210", -1)
        exits = {case.ref: case for case in self.cases(Exit, "2210", sorted(later))} if later else {}
        for partner, cents in sorted(later.items()):
            case = exits.get(partner)
            if case is None or case.settled_on is None:
                yield Payment("settlement_later", partner, (Flow(self.pay_on, cents),))
                continue
            stop = add_months(case.settled_on, 12 * self.rules.terms.long_stop_years)
            flows = _falling_due(case, cents, advances, contributions, stop)
            yield Payment("settlement_later", partner, over(cents, flows, max(stop, self.next_day) + self.lag))

    # ------------------------------------------------------------------------------------------------- what it costs

    def costs(self, assumed_cents: int | None) -> Costs:
        """Costs of the fund: as assumed, else what was booked on 4500 in the year until the day, or since it began."""
        since = max(add_months(self.day, -12) + timedelta(days=1), self.snapshot.first_day)
        if assumed_cents is not None:
            return Costs("assumptions", assumed_cents, 365, since, self.day)
        days = max((self.day - since).days + 1, 0)
        booked = 0
        if "4500" in self.holders and days:
            moved = self.snapshot.ledger.turnover(
                "4500", since=since, as_of=self.day, known_at=self.known_at, kinds_excluded=(CLOSING,)
            )
            booked = moved.balance_cents
        return Costs("trailing year", max(booked, 0), days, since, self.day)


def _share(proposal: Proposal | None) -> int:
    return proposal.share_bps if proposal is not None else 0


def _latest(cents: int, planned: Sequence[Flow], rest_on: date) -> tuple[Flow, ...]:
    """An amount over planned days from the last one back; what is left falls on ``rest_on``."""
    found, left = [], cents
    for flow in sorted(planned, key=lambda flow: flow.on, reverse=True):
        here = min(flow.cents, left)
        if here > 0:
            found.append(Flow(flow.on, here))
            left -= here
    return tuple(reversed((*found, Flow(rest_on, left)) if left else found))


def _falling_due(
    case: Exit, cents: int, advances: Sequence[tuple[Advance, str]], contributions: Sequence[Payment], stop: date
) -> list[Flow]:
    """What of a later part falls due as its named items come in, as planned, until the long-stop."""
    named = case.named()
    coming = [flow for advance, proposal in advances if proposal in named for flow in advance.instalments]
    coming += [flow for each in contributions if each.ref in named for flow in each.flows]
    flows, counted, fallen = [], case.counted_cents, case.later_cents - cents
    for flow in sorted(coming, key=lambda flow: flow.on):
        if flow.on > stop:
            break
        counted += flow.cents
        due = due_until(case.weight, counted, later_cents=case.later_cents) - fallen
        if due > 0:
            flows.append(Flow(flow.on, due))
            fallen += due
    return flows
