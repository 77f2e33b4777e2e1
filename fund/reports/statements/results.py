"""What came of it, as lists beside the figures: experiments, lead times, collection, benefit balances, what is late.

Each list says of a day what the facts until then say, from the ``PositionData`` of the figures; a partner is its id.
Source: statements.md (collection, lead times, experiments, benefit balance, term).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from fund.money import ratio_text
from fund.reports.history import cases_on
from fund.reports.statements.position_data import PositionData
from fund.schemas.capital import Call
from fund.schemas.evaluations import Evaluation
from fund.store import EventSummary
from fund.words import HYPOTHESES, VERDICTS

STEPS = ("submission_to_decision", "decision_to_first_payment", "first_payment_to_completion")
STATES = ("drafted", "signed", "active", "suspended", "completed", "terminated", "closed")
DECISIONS = ("decision.approved", "decision.conditional", "decision.rejected")


def experiments(found: PositionData) -> list[dict[str, Any]]:
    """Agreements by state on the day: how many, what was awarded, what is outstanding."""
    counted: Counter[str] = Counter()
    awarded: Counter[str] = Counter()
    outstanding: Counter[str] = Counter()
    for case in found.agreements:
        counted[case.state] += 1
        awarded[case.state] += case.amount_cents or 0
        outstanding[case.state] += found.outstanding.get(case.ref, 0)
    return [
        {
            "state": state,
            "count": counted[state],
            "award_cents": awarded[state],
            "outstanding_cents": outstanding[state],
        }
        for state in STATES
        if counted[state]
    ]


def evaluations(found: PositionData) -> list[dict[str, Any]]:
    """Published evaluations by what became of the hypothesis and by verdict; those that taught enough apart."""
    rows: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for fact in found.evaluated:
        rows[fact.says["hypothesis"], fact.says["verdict"]].append(fact.says["good_result"])
    return [
        {
            "hypothesis": hypothesis,
            "verdict": verdict,
            "count": len(rows[hypothesis, verdict]),
            "well_learned": sum(rows[hypothesis, verdict]),
        }
        for hypothesis in HYPOTHESES
        for verdict in VERDICTS
        if (hypothesis, verdict) in rows
    ]


# --------------------------------------------------------------------------------------------------------- lead times


@dataclass(frozen=True, slots=True)
class Journey:
    """One step that one proposal took: from a day until a day, and whether within its term."""

    step: str
    proposal: str
    from_on: date
    to_on: date
    within: bool

    @property
    def days(self) -> int:
        """So many days it took; a day before the first counts as none."""
        return max((self.to_on - self.from_on).days, 0)


def journeys(found: PositionData) -> list[Journey]:
    """Every step that was finished until the day: submitted, decided, first paid, completed.

    Within term is a decision for which no longer term had to be told (4:14); a first payment on its last day (4:87) at
    the latest; a completion on the last day of the work at the latest.
    """
    submitted = _first(found.of("proposal.submitted"))
    decided = _first(found.of(*DECISIONS))
    extended = [each for each in found.of("decision.term_extended") if not each.says.get("objection")]
    ends: dict[str, date] = {}
    for each in found.of("agreement.activated", "milestone.replanned"):
        if each.says.get("ends_on"):
            ends[each.says["proposal"]] = date.fromisoformat(each.says["ends_on"])
    completed = {each.says["proposal"]: each for each in found.ended.values()}
    paid: dict[str, Any] = {}
    for payment in found.quantities.payments:
        if payment.ground == "award" and payment.times > 0:
            paid.setdefault(payment.proposal, payment)
    made = []
    for ref, fact in decided.items():
        if ref in submitted:
            late = any(each.ref == ref and each.seq < fact.seq for each in extended)
            made.append(Journey(STEPS[0], ref, submitted[ref].effective_on, fact.effective_on, not late))
        if ref in paid:
            first = paid[ref]
            within = first.due_on is None or first.effective_on <= first.due_on
            made.append(Journey(STEPS[1], ref, fact.effective_on, first.effective_on, within))
    for ref, fact in completed.items():
        if ref in paid:
            first = paid[ref]
            within = ref not in ends or fact.effective_on <= ends[ref]
            made.append(Journey(STEPS[2], ref, first.effective_on, fact.effective_on, within))
    return sorted(made, key=lambda each: (STEPS.index(each.step), each.proposal))


def _first(facts: Iterable[EventSummary]) -> dict[str, EventSummary]:
    found: dict[str, EventSummary] = {}
    for each in facts:
        found.setdefault(each.ref, each)
    return found


def lead_times(found: PositionData) -> list[dict[str, Any]]:
    """Per step: how many took it, the median (exact) and the longest in days, the share within the term."""
    steps: dict[str, list[Journey]] = {step: [] for step in STEPS}
    for each in journeys(found):
        steps[each.step].append(each)
    return [
        {
            "step": step,
            "count": len(took),
            "median_days": _median([each.days for each in took]),
            "max_days": max((each.days for each in took), default=None),
            "within": sum(each.within for each in took),
            "share_within": ratio_text(Fraction(sum(each.within for each in took), len(took))) if took else None,
        }
        for step, took in steps.items()
    ]


def _median(days: list[int]) -> str | None:
    if not days:
        return None
    ordered, middle = sorted(days), len(days) // 2
    return ratio_text(Fraction(ordered[middle] + ordered[-middle - 1], 2))


# ----------------------------------------------------------------------------------------------------------- partners


def collections(found: PositionData) -> list[dict[str, Any]]:
    """Per partner: called and received since the start, what it still owes, and what of that is overdue."""
    q = found.quantities
    imposed, received, due = (q.by_holder(name) for name in ("imposed_cents", "received_cents", "receivable_cents"))
    overdue = Counter[str]()
    for call in _calls(found):
        overdue[call.partner] += call.open_cents
    return [
        {
            "partner": partner,
            "imposed_cents": imposed[partner],
            "received_cents": received[partner],
            "receivable_cents": due[partner],
            "overdue_cents": min(overdue[partner], max(due[partner], 0)),
        }
        for partner in sorted({*imposed, *received, *due} - {""})
    ]


def _calls(found: PositionData) -> list[Call]:
    """Calls whose last day is over and that are still open."""
    calls = cases_on(found.snapshot, Call, found.day, last=found.last, states=("open",))
    return [call for call in calls if call.due_on < found.day and call.open_cents > 0]


def benefit_balances(found: PositionData) -> list[dict[str, Any]]:
    """Per partner: what it contributed, what was paid to it, and what was paid under agreements that it leads.

    Paid is what the bank paid less what came back unspent or returned; contributed is I of the partner alone.
    """
    q = found.quantities
    leads = {case.ref: case.partner or "" for case in found.agreements}
    contributed = Counter(q.by_holder("received_cents"))
    received, led = Counter[str](), Counter[str]()
    for payment in q.payments:
        if payment.ground == "award":
            received[payment.payee] += payment.part("award")
            led[leads.get(payment.agreement, "")] += payment.part("award")
        elif payment.ground == "settlement":
            contributed[payment.payee] -= payment.part("settlement")
    for fact in found.of("disbursement.refunded"):
        cents = fact.says["advance_cents"] + fact.says["grant_cents"]
        received[fact.says["payee"]] -= cents
        led[leads.get(fact.says["agreement"], "")] -= cents
    for partner, cents in _set_off(found).items():
        contributed[partner] -= cents
    return [
        {
            "partner": partner,
            "contributed_cents": contributed[partner],
            "received_cents": received[partner],
            "received_as_lead_cents": led[partner],
            "ratio": ratio_text(Fraction(received[partner], contributed[partner])) if contributed[partner] else None,
            "ratio_as_lead": ratio_text(Fraction(led[partner], contributed[partner])) if contributed[partner] else None,
        }
        for partner in sorted({*contributed, *received, *led} - {""})
    ]


def _set_off(found: PositionData) -> Counter[str]:
    """What of settlements was set off against the partners' own advances."""
    rows = found.snapshot.ledger.moved_by_kind(("exit.set_off",), as_of=found.day, known_at=found.known_at)
    return Counter({row.account[5:]: row.amount_cents for row in rows if row.account.startswith("2200.")})


# --------------------------------------------------------------------------------------------------------------- late


def late_items(found: PositionData) -> list[dict[str, Any]]:
    """Everything whose day is over, oldest first: instalments, calls, payments, evaluations; in cents."""
    rows = [
        _late(
            found,
            "instalment",
            share.agreement,
            share.due_on,
            share.outstanding_cents,
            found.plans[share.agreement].lead,
        )
        for share in found.shares
        if share.due_on is not None and share.days_late > 0
    ]
    rows += [_late(found, "call", call.ref, call.due_on, call.open_cents, call.partner) for call in _calls(found)]
    paid = Counter(payment.ref for payment in found.quantities.payments if payment.times > 0)
    paid.subtract(payment.ref for payment in found.quantities.payments if payment.times < 0)
    cancelled = {fact.ref for fact in found.of("disbursement.cancelled")}
    for fact in found.of("disbursement.approved"):
        due_on = date.fromisoformat(fact.says["due_on"])
        if due_on < found.day and not paid[fact.ref] and fact.ref not in cancelled:
            rows.append(_late(found, "payment", fact.ref, due_on, fact.says["amount_cents"], fact.says["payee"]))
    for case in cases_on(found.snapshot, Evaluation, found.day, last=found.last, states=("due",)):
        if case.fell_due and case.due_on < found.day:
            rows.append(_late(found, "evaluation", case.ref, case.due_on, None, case.lead))
    return sorted(rows, key=lambda row: (row["due_on"], row["what"], row["ref"]))


def _late(
    found: PositionData, what: str, ref: str, due_on: date, cents: int | None, partner: str = ""
) -> dict[str, Any]:
    return {
        "what": what,
        "ref": ref,
        "partner": partner or None,
        "partner_name": found.snapshot.partner_name(partner) if partner else None,
        "due_on": due_on.isoformat(),
        "days_late": (found.day - due_on).days,
        "amount_cents": cents,
    }


def term(found: PositionData) -> dict[str, Any]:
    """When the fund began, granted last, may grant last and ends, as far as the regulations say; the days left."""
    starts_on, ends_on = found.snapshot.first_day, found.rules.ends_on
    awards = [fact.effective_on for fact in found.of("decision.approved", "decision.conditional")]
    return {
        "starts_on": starts_on.isoformat() if starts_on <= found.day else None,
        "granted_last_on": max(awards).isoformat() if awards else None,
        "last_grant_on": found.rules.last_grant_on.isoformat() if found.rules.last_grant_on else None,
        "ends_on": ends_on.isoformat() if ends_on else None,
        "remaining_days": max((ends_on - found.day).days, 0) if ends_on else None,
    }
