"""What the figures of the fund rest on, read once: quantities of the ledger, plans, awards, evaluations, as of a day.

Everything is as the facts and entries until a day had left it, as known at an entry: nothing of today leaks into a
statement of the past. ``basis`` is what the indicators are reckoned from.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any

from fund.language import N_
from fund.reports.history import cases_on, changed, last_fact, regulations_on
from fund.reports.indicators import IndicatorInputs
from fund.reports.quantities import Quantities
from fund.rules import valuation
from fund.rules.prices import Prices
from fund.rules.regulations import Regulations
from fund.rules.schedules import BANDS, age, claims
from fund.schemas.agreements import Agreement
from fund.schemas.proposals import Proposal
from fund.schemas.repayments import Plan
from fund.store import CaseBrief, EventSummary
from fund.unit_of_work import HistoricalSnapshot, Snapshot

NO_PRICES = N_("no price index was given (--cpi FILE)")
NO_MONTH = N_("the price index has no figure for a month in which money came in, or for the day")
LATE = ("91-180", "over-180")
"""Stages of ageing beyond 90 days."""

FACTS = (
    "agreement.activated", "agreement.completed", "agreement.refinanced", "agreement.terminated", "benefit.reported",
    "decision.approved", "decision.conditional", "decision.rejected", "decision.term_extended", "disbursement.approved",
    "disbursement.cancelled", "disbursement.refunded", "evaluation.accepted", "evaluation.published",
    "milestone.replanned", "proposal.submitted",
)  # fmt: skip
SAYS = frozenset((
    "advance_cents", "agreement", "amount_cents", "due_on", "ends_on", "good_result", "grant_cents", "ground",
    "hypothesis", "objection", "partner", "payee", "proposal", "realised", "realised_cost_cents", "reclaimed_cents",
    "ref", "surplus_cents", "verdict", "year",
))  # fmt: skip
"""What is asked of them; the rest is not kept."""
ENDS = ("agreement.completed", "agreement.refinanced", "agreement.terminated")


@dataclass(frozen=True, slots=True)
class Share:
    """What is outstanding of one instalment (``no``; 0 for what no instalment claims yet) on a day."""

    agreement: str
    no: int
    due_on: date | None
    outstanding_cents: int
    days_late: int


@dataclass(frozen=True, slots=True)
class Award:
    """A proposal to which money was promised: the award that stands on the day, and what it says of its money.

    ``others_cents`` is what others than the fund put into it, as applied for: the parties' own share and co-financing.
    """

    ref: str
    award_cents: int
    ask_cents: int
    others_cents: int
    follows: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What is claimed back outside the ledger, since the fact ``seq``, and what came in on it."""

    agreement: str
    seq: int
    on: date
    ground: str
    claimed_cents: int
    received: tuple[tuple[EventSummary, int], ...] = ()
    """The facts by which it came in, with what of each counts."""

    @property
    def received_cents(self) -> int:
        """What came in on it, at most the claim."""
        return sum(cents for _told, cents in self.received)


class PositionData:
    """Everything behind the figures at the end of a day, as it was known at an entry; each thing is read once.

    Args:
        prices: A price index, for what contributions are worth at the prices of the day.
    """

    def __init__(
        self, snapshot: Snapshot, day: date, known_at: int | None = None, *, prices: Prices | None = None
    ) -> None:
        self.snapshot = snapshot
        self.prices = prices
        self.day = day
        self.known_at = known_at
        self.last = last_fact(snapshot, known_at)
        self.quantities = Quantities(snapshot, day, known_at)

    # ----------------------------------------------------------------------------------------------------------- ledger

    @cached_property
    def rules(self) -> Regulations:
        """The regulations in force on the day."""
        return regulations_on(self.snapshot, self.day, last=self.last)

    @cached_property
    def year(self) -> Quantities:
        """The quantities of the year so far."""
        return self.quantities.during(date(self.day.year, 1, 1))

    @cached_property
    def start(self) -> Quantities:
        """The quantities at the start of the year."""
        return Quantities(self.snapshot, date(self.day.year, 1, 1) - timedelta(days=1), self.known_at)

    @cached_property
    def outstanding(self) -> dict[str, int]:
        """What stands on 1200, by agreement."""
        rows = ((code.partition("."), cents) for code, cents in self.quantities.balances.items())
        return {holder: cents for (main, _dot, holder), cents in rows if main == "1200" and cents}

    # ------------------------------------------------------------------------------------------------------------ facts

    @cached_property
    def facts(self) -> list[EventSummary]:
        """The facts that say how agreements began, went and ended, until the day."""
        found = self.snapshot.store.facts.summaries(FACTS, until_seq=self.last, keys=SAYS)
        return [each for each in found if each.effective_on <= self.day]

    @cached_property
    def _by_type(self) -> dict[str, list[EventSummary]]:
        found: dict[str, list[EventSummary]] = {name: [] for name in FACTS}
        for each in self.facts:
            found[each.type].append(each)
        return found

    def of(self, *types: str) -> list[EventSummary]:
        """Those of these types, oldest first."""
        if len(types) == 1:
            return self._by_type[types[0]]
        return sorted((each for name in types for each in self._by_type[name]), key=lambda each: each.seq)

    @cached_property
    def ended(self) -> dict[str, EventSummary]:
        """The agreements whose work ended, by the fact that ended them."""
        return {each.ref: each for each in reversed(self.of(*ENDS))}

    @cached_property
    def evaluated(self) -> list[EventSummary]:
        """The accepted evaluations that were published: before that nobody reads here what came of an experiment."""
        published = {each.stream for each in self.of("evaluation.published")}
        return [each for each in self.of("evaluation.accepted") if each.stream in published]

    @cached_property
    def closed(self) -> list[str]:
        """The financings that ended and owe nothing any more."""
        lent = self.quantities.by_holder("lent_cents")
        return sorted(ref for ref in self.ended if lent.get(ref) and not self.outstanding.get(ref))

    # ------------------------------------------------------------------------------------------------------ outstanding

    @cached_property
    def plans(self) -> Mapping[str, Plan]:
        """The repayment plans of what is outstanding, as they were."""
        refs = sorted(self.outstanding)
        return (
            {plan.ref: plan for plan in cases_on(self.snapshot, Plan, self.day, last=self.last, refs=refs)}
            if refs
            else {}
        )

    @cached_property
    def shares(self) -> list[Share]:
        """What is outstanding, instalment by instalment: the oldest are covered first."""
        found = []
        for ref, cents in sorted(self.outstanding.items()):
            plan = self.plans.get(ref)
            parts = plan.instalments if plan is not None else ()
            claimed = claims(parts, cents)
            for part in parts:
                if claimed[part.no]:
                    days = (self.day - part.due_on).days
                    found.append(Share(ref, part.no, part.due_on, claimed[part.no], max(days, 0)))
            rest = max(cents, 0) - sum(claimed.values())
            if rest:
                found.append(Share(ref, 0, None, rest, 0))
        return found

    @cached_property
    def very_late(self) -> set[str]:
        """The agreements with an instalment more than 90 days overdue."""
        return {share.agreement for share in self.shares if share.days_late > 90}

    def days_until(self, share: Share) -> int:
        """So many days until it is due; 0 for what is late, or has no day."""
        return max((share.due_on - self.day).days, 0) if share.due_on is not None else 0

    @cached_property
    def ageing(self) -> dict[str, int]:
        """What is outstanding by how late it is, by the repayment plans."""
        stages = {name: 0 for name, _days in BANDS}
        for ref, cents in self.outstanding.items():
            plan = self.plans.get(ref)
            for stage, late in age(plan.instalments if plan is not None else (), self.day, cents).bands.items():
                stages[stage] += late
        return stages

    # ----------------------------------------------------------------------------------------------------------- awards

    @cached_property
    def awarded(self) -> list[Award]:
        """The proposals to which money was ever promised, as they were."""
        refs = sorted({code.partition(".")[2] for code in self.quantities.balances if code.startswith("9000.")})
        if not refs:
            return []
        again = changed(self.snapshot, Proposal, self.day, last=self.last, refs=refs)
        found = {ref: _award(case.model_dump(mode="json")) for ref, case in again.items() if case is not None}
        still = [ref for ref in refs if ref not in again]
        if isinstance(self.snapshot, HistoricalSnapshot):
            found |= {
                case.ref: _award(case.model_dump(mode="json")) for case in self.snapshot.cases(Proposal, refs=still)
            }
        else:
            for row in self.snapshot.store.cases.find(Proposal.kind, refs=still):
                found[row.ref] = _award(json.loads(row.document))
        return [found[ref] for ref in sorted(found)]

    @cached_property
    def agreements(self) -> list[CaseBrief]:
        """Every agreement, as it was: state, lead (``partner``) and award (``amount_cents``)."""
        again = changed(self.snapshot, Agreement, self.day, last=self.last)
        found = {brief.ref: brief for brief in self.snapshot.briefs(Agreement) if brief.ref not in again}
        for ref, case in again.items():
            if case is not None:
                found[ref] = CaseBrief(ref, case.state, case.proposal, case.lead, case.award_cents, {})
        return [found[ref] for ref in sorted(found)]

    @cached_property
    def claims(self) -> list[Claim]:
        """Claims after a breach or a lower award: what of it stands on no account of the ledger."""
        grants = self.quantities.by_holder("S_cents")
        refunds: dict[str, list[EventSummary]] = {}
        for each in self.of("disbursement.refunded"):
            refunds.setdefault(each.says["agreement"], []).append(each)
        found = []
        for ref, ended in sorted(self.ended.items()):
            says = ended.says
            back = [each for each in refunds.get(ref, ()) if each.seq > ended.seq]
            if says.get("reclaimed_cents"):
                came = [(each, each.says["amount_cents"] - each.says["surplus_cents"]) for each in back]
                claimed, ground = says["reclaimed_cents"], "lower_award"
            elif says.get("ground") == "breach":
                came = [(each, each.says["grant_cents"]) for each in back]
                claimed, ground = grants.get(ref, 0) + sum(cents for _told, cents in came), "breach"
            else:
                continue
            received, left = [], claimed
            for fact, cents in came:
                received.append((fact, min(cents, left)))
                left -= min(cents, left)
            found.append(Claim(ref, ended.seq, ended.effective_on, ground, claimed, tuple(received)))
        return found

    @cached_property
    def costs_told(self) -> list[EventSummary]:
        """What ended agreements cost, as their parties told it (M3): the last word per agreement, partner and year."""
        last: dict[tuple[str, str, int], EventSummary] = {}
        for each in self.of("benefit.reported"):
            if each.says["realised"] and each.ref in self.ended:
                last[each.ref, each.says["partner"], each.says["year"]] = each
        return sorted((each for each in last.values() if each.says["realised_cost_cents"]), key=lambda each: each.seq)

    @cached_property
    def told_cost(self) -> list[str]:
        """The ended agreements whose parties told a cost."""
        return sorted({each.ref for each in self.costs_told})

    @cached_property
    def rolled_out(self) -> list[str]:
        """The agreements that a roll-out follows which holds."""
        active = {each.says["proposal"] for each in self.of("agreement.activated")}
        return sorted({award.follows for award in self.awarded if award.follows and award.ref in active})

    # ----------------------------------------------------------------------------------------------------- prices

    @cached_property
    def deposits(self) -> dict[str, int]:
        """Contributions by the month in which they came in, less what was paid back in it."""
        months: Counter[str] = Counter()
        for line in self.quantities.lines("I_cents"):
            months[f"{line.effective_on:%Y-%m}"] += line.amount_cents
        return dict(sorted(months.items()))

    @cached_property
    def real_contributions(self) -> Fraction | None:
        """Contributions at the prices of the day; ``None`` without an index, or without a month of it."""
        if self.prices is None:
            return None
        deposits = ((date.fromisoformat(f"{month}-01"), cents) for month, cents in self.deposits.items())
        found = self.prices.at_prices_of(self.day, deposits)
        return None if isinstance(found, str) else found

    # ------------------------------------------------------------------------------------------------------------ basis

    @cached_property
    def basis(self) -> IndicatorInputs:
        """The quantities behind the indicators."""
        q, balances = self.quantities, self.quantities.main_balances
        evaluations = [each.says for each in self.evaluated]
        refuted = [says for says in evaluations if says["hypothesis"] == "refuted"]
        standing = [award for award in self.awarded if award.award_cents]
        paid = Counter(q.by_holder("U_cents"))
        paid.update(q.by_holder("S_cents"))
        return IndicatorInputs(
            i=q.value("I_cents"),
            iopl=q.value("Iopl_cents"),
            u=q.value("U_cents"),
            s=q.value("S_cents"),
            v=q.value("V_cents"),
            a=q.value("A_cents"),
            r=q.value("R_cents"),
            w=q.value("W_cents"),
            p=q.value("P_cents"),
            k=q.value("K_cents"),
            cash=q.value("cash_cents"),
            l=q.value("L_cents"),
            held=q.value("held_cents"),
            refunds=q.value("refunds_cents"),
            q=q.value("Q_cents"),
            e=q.value("E_cents"),
            free=valuation.free_to_commit(balances, self.rules.buffer_cents),
            in_transit=q.value("in_transit_cents"),
            owed=q.value("owed_cents"),
            committed=q.value("committed_cents"),
            buffer=self.rules.buffer_cents,
            closed_a=q.value("A_cents", agreements=self.closed),
            closed_u=q.value("lent_cents", agreements=self.closed),
            closed_r=sum(line.amount_cents for line in q.charges(self.closed)),
            k_p=self.year.value("K_cents"),
            e_start=self.start.value("E_cents"),
            imposed_p=self.year.value("imposed_cents"),
            received_p=self.year.value("received_cents"),
            overdue_90=sum(cents for stage, cents in self.ageing.items() if stage in LATE),
            at_risk=sum(share.outstanding_cents for share in self.shares if share.agreement in self.very_late),
            term_days=sum(self.days_until(share) * share.outstanding_cents for share in self.shares),
            term_o=sum(share.outstanding_cents for share in self.shares),
            claimed=sum(claim.claimed_cents for claim in self.claims),
            claimed_back=sum(claim.received_cents for claim in self.claims),
            f_ante=sum(award.award_cents for award in standing),
            fext_ante=sum(award.others_cents for award in standing),
            cost_ante=sum(award.ask_cents + award.others_cents for award in standing),
            f_done=sum(paid[ref] for ref in self.told_cost),
            cost_done=sum(each.says["realised_cost_cents"] for each in self.costs_told),
            experiments=len(evaluations),
            confirmed=sum(says["hypothesis"] == "confirmed" for says in evaluations),
            inconclusive=sum(says["hypothesis"] == "inconclusive" for says in evaluations),
            refuted=len(refuted),
            refuted_well_learned=sum(says["good_result"] for says in refuted),
            finished=len(self.ended),
            rolled_out=sum(ref in self.ended for ref in self.rolled_out),
            real_i=self.real_contributions,
            real_why=NO_PRICES if self.prices is None else NO_MONTH if self.real_contributions is None else "",
            target_bps=self.rules.revolving_target_bps,
        )


def _award(says: Mapping[str, Any]) -> Award:
    form = says["form"]
    others = form["own_share_cents"] + sum(each["amount_cents"] for each in form["cofinancing"])
    return Award(says["ref"], says["award_cents"], form["ask_cents"], others, says["follows"] or "")
