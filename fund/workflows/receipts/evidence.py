"""What a receipt may be for: the evidence, by rules that have names, best first.

One target and the exact amount are certain. So are several that the payer names and that are together the exact amount,
and the oldest open items of a payer where no other choice of them makes the amount. Several candidates, or another
amount, are for people to decide; nothing is guessed. Source: bank.md (Matching).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import accumulate

from fund.bank import find_references, ref_of_end_to_end_id
from fund.events.values import ProposedMatch
from fund.language import N_
from fund.rules import charges
from fund.rules.schedules import claims
from fund.schemas.capital import Call, Receipt
from fund.schemas.disbursements import Disbursement, Payee
from fund.schemas.repayments import Plan
from fund.unit_of_work import Snapshot
from fund.workflows.receipts.lifecycle import State
from fund.workflows.repayments.lifecycle import instalment_of_reference

RULES = {
    "end_to_end_id": N_("our end-to-end reference"),
    "rf_reference": N_("RF reference"),
    "document_number": N_("our document number in the text"),
    "iban_and_amount": N_("payer's IBAN and exact amount"),
    "iban_and_sum": N_("payer's IBAN and sum of several open items"),
    "iban": N_("payer's IBAN"),
    "manual": N_("decided by two people"),
}
"""The rules by which a receipt and a case belong together, best evidence first."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A case that a receipt may be for: by which rule, what is open there, and whether the amount is exactly right."""

    target: str
    rule: str
    open_cents: int
    exact: bool
    instalment: int | None = None
    """The instalment that the payer named."""
    together: bool = False
    """Whether it is one of several that make the amount together; ``open_cents`` is then its part."""

    @property
    def proposed(self) -> ProposedMatch:
        """As a fact holds it."""
        return ProposedMatch(target=self.target, rule=self.rule, open_cents=self.open_cents, instalment=self.instalment)


class Known:
    """What the fund knows of payers, read once for many receipts: who is behind an account, and what they may owe."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._view = snapshot
        self._partners: dict[str, list[str]] = {}
        self._targets: dict[str, list[str]] = {}

    def read(self, ibans: Iterable[str]) -> None:
        """Read now what may be asked of these payers."""
        for iban in ibans:
            for partner in self.partners(iban):
                self.targets(partner)

    def partners(self, iban: str) -> list[str]:
        """Partners known by an IBAN: as an account that may be paid, or because an earlier receipt of it was theirs."""
        if iban not in self._partners:
            snapshot = self._view
            found = [payee.partner for payee in snapshot.cases(Payee, lookup=iban)]
            for earlier in snapshot.cases(Receipt, parent=iban, states=[State.ALLOCATED]):
                found += [_partner_of(snapshot, use.target) for use in earlier.uses if use.matched]
            self._partners[iban] = [partner for partner in dict.fromkeys(found) if partner]
        return self._partners[iban]

    def targets(self, partner: str) -> list[str]:
        """Calls of a partner that were open, and plans of agreements it leads."""
        if partner not in self._targets:
            snapshot = self._view
            calls = [call.ref for call in snapshot.cases(Call, partner=partner, states=["open"])]
            self._targets[partner] = calls + [plan.ref for plan in snapshot.cases(Plan, partner=partner)]
        return self._targets[partner]

    def learn(self, iban: str, target: str) -> None:
        """A receipt from this account was for this case: whoever owes it stands behind the account."""
        partner = _partner_of(self._view, target)
        if iban and partner and partner not in self.partners(iban):
            self._partners[iban].append(partner)


def _partner_of(snapshot: Snapshot, target: str) -> str:
    call, plan = snapshot.maybe(Call, target), snapshot.maybe(Plan, target)
    return call.partner if call else plan.lead if plan else ""


def evidence_for(snapshot: Snapshot, receipt: Receipt, *, known: Known | None = None) -> tuple[Evidence, ...]:
    """The cases that what waits of a receipt may be for; one of them, and exact, decides, or several together.

    References count before the payer: a payer who names a document means that one. Our end-to-end reference counts
    before what is written.
    """
    named = _by_reference(snapshot, receipt)
    return named or _by_payer(snapshot, receipt, known or Known(snapshot))


def certain(found: Sequence[Evidence]) -> bool:
    """Whether the evidence leaves nothing to decide."""
    return (len(found) == 1 and found[0].exact) or (bool(found) and all(each.together for each in found))


def _by_reference(snapshot: Snapshot, receipt: Receipt) -> tuple[Evidence, ...]:
    found: dict[str, tuple[str, int | None]] = {}
    own, _attempt = ref_of_end_to_end_id(receipt.end_to_end_id)
    if own:
        found[own] = ("end_to_end_id", None)
    for reference in find_references(f"{receipt.reference} {receipt.text}"):
        instalment = instalment_of_reference(reference.reference) if reference.kind == "rf" else None
        if instalment is not None:
            found.setdefault(instalment[0], ("rf_reference", instalment[1]))
        elif reference.ref:
            found.setdefault(reference.ref, ("rf_reference" if reference.kind == "rf" else "document_number", None))
    weighed = []
    for named, (rule, number) in found.items():
        target, no = _owed_under(snapshot, named, number)
        weighed.append(_weigh(snapshot, target, rule, receipt.waiting_cents, no, on=receipt.valued_on))
    seen = tuple(evidence for evidence in weighed if evidence is not None)
    owed = [evidence for evidence in seen if snapshot.maybe(Disbursement, evidence.target) is None]
    if len(seen) > 1 and seen == tuple(owed) and sum(each.open_cents for each in seen) == receipt.waiting_cents:
        return tuple(replace(each, exact=True, together=True) for each in seen)
    return seen


def _owed_under(snapshot: Snapshot, target: str, instalment: int | None) -> tuple[str, int | None]:
    """Where a debt that was refinanced is owed now, and as which instalment; payers quote what they know."""
    plan = snapshot.maybe(Plan, target)
    while plan is not None and plan.moved_to and plan.open_cents <= 0:
        target, instalment = plan.moved_to, plan.moved_as.get(instalment) if instalment is not None else None
        plan = snapshot.maybe(Plan, target)
    return target, instalment


def _by_payer(snapshot: Snapshot, receipt: Receipt, known: Known) -> tuple[Evidence, ...]:
    if not receipt.payer_iban:
        return ()
    targets = [target for partner in known.partners(receipt.payer_iban) for target in known.targets(partner)]
    cents, on = receipt.waiting_cents, receipt.valued_on
    seen = [_weigh(snapshot, target, "iban_and_amount", cents, on=on) for target in dict.fromkeys(targets)]
    open_items = [evidence for evidence in seen if evidence is not None and evidence.open_cents > 0]
    exact = tuple(evidence for evidence in open_items if evidence.exact)
    if exact:
        return exact
    return _by_sum(snapshot, receipt.waiting_cents, [each.target for each in open_items]) or tuple(
        Evidence(each.target, "iban", each.open_cents, False) for each in open_items
    )


MOST_ITEMS = 40
"""Of so many open items at most it is worked out whether another choice makes the same amount."""


def _by_sum(snapshot: Snapshot, waiting_cents: int, targets: Sequence[str]) -> tuple[Evidence, ...]:
    """The oldest open items of a payer that are the amount together: certain where no other choice of items makes it.

    A choice that skips older items, or one of several, is proposed case by case: nobody knows which the payer meant.
    """
    items = [item for target in targets for item in _open_items(snapshot, target)]
    if not 2 <= len(items) <= MOST_ITEMS:
        return ()
    items.sort()
    choices = _choices([cents for _due, _target, _no, cents in items], waiting_cents)
    if not choices:
        return ()
    marks = list(accumulate(cents for _due, _target, _no, cents in items))
    oldest = marks.index(waiting_cents) + 1 if waiting_cents in marks else 0
    parts: dict[str, int] = {}
    for _due, target, _no, cents in items[:oldest]:
        parts[target] = parts.get(target, 0) + cents
    sure = choices == 1 and oldest > 1
    return tuple(Evidence(target, "iban_and_sum", cents, sure, together=sure) for target, cents in parts.items())


def _open_items(snapshot: Snapshot, target: str) -> list[tuple[date, str, int, int]]:
    """Day due, target, number and cents of what is open on a call (whole) or a plan (by instalment)."""
    call = snapshot.maybe(Call, target)
    if call is not None:
        return [(call.due_on, target, 0, call.open_cents)]
    plan = snapshot.case(Plan, target)
    claimed = claims(plan.instalments, max(snapshot.balance_now(f"1200.{target}"), 0))
    return [(part.due_on, target, part.no, claimed[part.no]) for part in plan.instalments if claimed[part.no] > 0]


def _choices(amounts: Sequence[int], wanted: int) -> int:
    """How many choices of these amounts make what is wanted; two stands for more."""
    ways = {0: 1}
    for cents in amounts:
        for made, count in list(ways.items()):
            if made + cents <= wanted:
                ways[made + cents] = min(ways.get(made + cents, 0) + count, 2)
        if len(ways) > MOST_SUMS:
            return 2
    return ways.get(wanted, 0)


MOST_SUMS = 50_000
"""So many different sums at most are followed; where there are more, nothing is certain."""


def _weigh(
    snapshot: Snapshot, target: str, rule: str, waiting_cents: int, instalment: int | None = None, *, on: date
) -> Evidence | None:
    """A case as a candidate for an amount that was paid on a day; ``None`` where no money is set against such a case.

    What was claimed of costs and interest may be in the amount or not: either way it is certain which debt is meant,
    and they are paid first (4:92), so that a rest of the instalment stays open.
    """
    call = snapshot.maybe(Call, target)
    if call is not None:
        return Evidence(target, rule, call.open_cents, call.open_cents == waiting_cents)
    plan = snapshot.maybe(Plan, target)
    if plan is not None:
        open_cents = max(snapshot.balance_now(f"1200.{target}"), 0)
        charged = charges.owed(plan.charges, on)
        if instalment is None:
            whole = _whole_instalments(plan, open_cents)
            exact = waiting_cents in whole | {mark + charged for mark in (0, *whole) if charged}
            return Evidence(target, rule, open_cents + charged, exact)
        asked = next((part.open_cents for part in plan.instalments if part.no == instalment), 0)
        open_cents = min(asked, open_cents)
        if charged and waiting_cents == open_cents + charged:
            open_cents += charged
        return Evidence(target, rule, open_cents, open_cents == waiting_cents, instalment)
    if snapshot.maybe(Disbursement, target) is not None:
        return Evidence(target, rule, snapshot.case(Disbursement, target).paid_cents, False)
    return None


def _whole_instalments(plan: Plan, outstanding_cents: int) -> set[int]:
    """The amounts that pay whole instalments of what was paid out, oldest first, or an announced early payment."""
    claimed = claims(plan.instalments, outstanding_cents)
    ordered = sorted(plan.instalments, key=lambda part: (part.due_on, part.no))
    marks = set(accumulate(claimed[part.no] for part in ordered if claimed[part.no]))
    if 0 < plan.early_cents <= outstanding_cents:
        marks.add(plan.early_cents)
    return marks
