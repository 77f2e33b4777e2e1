"""The base quantities of the fund: which legs and payments make each of them, added up or shown one by one.

One table says it, and both roads read the table: ``Quantities.value`` lets the database add up by kind of entry and
account, ``Quantities.lines`` gives the entries themselves, whose amounts add up to the value. ``fund.reports.cash``
tells the same entry by entry, for the check that names what nothing explains.

Cash basis: an award counts when the bank paid it, with the parts that its approval gave it; costs and settlements too.
A reversal counts as what it takes back; year-end closings count nowhere. Source: statements.md (base quantities).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from heapq import merge
from typing import Any

from fund.events.payables import OWED
from fund.language import N_
from fund.ledger import ADJUSTING, CLOSING, main_of
from fund.unit_of_work import Snapshot

BY_HAND = ("entry.posted", ADJUSTING)
PAYMENTS = ("payment.settled", "payment.returned")
"""What the bank did with a payment: it left, or it came back."""
BATCHES = ("payment.sent", "payment.settled", "payment.failed")
"""What moves 1010 for payments: those are no cash of the fund any more, or not gone yet."""
PRINCIPAL = ("receipt.allocated", "receipt.reallocated", "receipt.unmatched", "exit.set_off")
CALLED = ("contribution.called", "exit.settled")
"""What makes 1100 higher or lower without money: a call, and a settlement that is set against what was called."""
RESULT = "4000 4100 4200 4210 4300 4400 4500"
COLLECTED = ("contribution.received", "overpayment.moved")


@dataclass(frozen=True, slots=True)
class Legs:
    """Legs on these main accounts, debit positive times ``sign``; only of entries of these kinds, if any are named."""

    sign: int
    mains: tuple[str, ...]
    kinds: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Paid:
    """Payments as the bank made them, less what it gave back: which part of each.

    ``part`` is ``repayable``, ``grant`` or ``award`` (both) of a disbursement, or the ground of what else was owed:
    ``cost``, ``overpayment``, ``settlement``.
    """

    sign: int
    part: str


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity: its name in JSON, what it is, and what makes it: legs and payments, or other quantities."""

    name: str
    definition: str
    parts: tuple[Legs | Paid, ...] = ()
    of: tuple[tuple[int, str], ...] = ()


def _legs(sign: int, mains: str, *kinds: str) -> Legs:
    return Legs(sign, tuple(mains.split()), kinds or None)


QUANTITIES: dict[str, Quantity] = {
    each.name: each
    for each in (
        Quantity(
            "I_cents",
            N_("contributions received from partners (1100), less what was paid back to partners that left"),
            (_legs(-1, "1100", *COLLECTED), _legs(1, "1200", "exit.set_off"), Paid(-1, "settlement")),
        ),
        Quantity(
            "Iopl_cents",
            N_("contributions imposed on partners (called on 1100), less what was paid back to partners that left"),
            (_legs(1, "1100", *CALLED), _legs(1, "1200", "exit.set_off"), Paid(-1, "settlement")),
        ),
        Quantity(
            "U_cents",
            N_("paid out repayable: the share of paid disbursements on 1200, less what came back unspent or returned"),
            (Paid(1, "repayable"), _legs(1, "1200", "disbursement.refunded")),
        ),
        Quantity(
            "S_cents",
            N_("paid out as a grant: the share of paid disbursements on 4000, less what came back unspent or returned"),
            (Paid(1, "grant"), _legs(1, "4000", "disbursement.refunded")),
        ),
        Quantity(
            "V_cents", N_("grant money that came back unspent (4000)"), (_legs(-1, "4000", "disbursement.refunded"),)
        ),
        Quantity(
            "A_cents",
            N_("principal that came back: repayments and set-offs on 1200, recoveries on 4300"),
            (_legs(-1, "1200", *PRINCIPAL), _legs(-1, "4300", "writeoff.recovered", "disbursement.refunded")),
        ),
        Quantity(
            "R_cents",
            N_("interest, costs charged and other income (4400)"),
            (_legs(-1, "4400", "receipt.allocated", "income.recorded", *BY_HAND),),
        ),
        Quantity("W_cents", N_("written off (4200, 4210) less recovered (4300)"), (_legs(1, "4200 4210 4300"),)),
        Quantity("P_cents", N_("the allowance for expected write-offs (1290)"), (_legs(-1, "1290"),)),
        Quantity(
            "K_cents",
            N_("costs of the fund that were paid (4500)"),
            (
                Paid(1, "cost"),
                _legs(1, "4500", "cost.charged", "debit.explained", *BY_HAND),
                _legs(1, "2000", *BY_HAND),
            ),
        ),
        Quantity(
            "O_cents", N_("outstanding principal: U - A - W"), of=((1, "U_cents"), (-1, "A_cents"), (-1, "W_cents"))
        ),
        Quantity("C_cents", N_("commitments: U + S + Q"), of=((1, "U_cents"), (1, "S_cents"), (1, "Q_cents"))),
        Quantity(
            "Q_cents",
            N_("awarded and not yet paid: 9000, and what is approved (2000) or under way (1010) to recipients"),
            (_legs(1, "9000"), _legs(-1, "2000", "disbursement.approved", "disbursement.cancelled"), Paid(-1, "award")),
        ),
        Quantity(
            "E_cents",
            N_("equity: 1000 + 1005 + 1010 + 1200 - 1290 - 2000 - 2100 - 2200 - 2210 - 2300"),
            (_legs(1, "1000 1005 1010 1200 1290 2000 2100 2200 2210 2300"),),
        ),
        Quantity(
            "capital_cents",
            N_("capital called from partners, less that of those who left (3000)"),
            (_legs(-1, "3000"),),
        ),
        Quantity("outstanding_cents", N_("advances outstanding (1200)"), (_legs(1, "1200"),)),
        Quantity("result_cents", N_("income less costs since the start (4000 to 4500)"), (_legs(-1, RESULT),)),
        Quantity(
            "net_asset_value_cents",
            N_("what the fund owns less what it owes: equity and contributions receivable"),
            of=((1, "E_cents"), (1, "receivable_cents")),
        ),
        Quantity("learning_writeoffs_cents", N_("invested in learning (4200)"), (_legs(1, "4200"),)),
        Quantity("other_writeoffs_cents", N_("other write-offs (4210)"), (_legs(1, "4210"),)),
        Quantity("recovered_cents", N_("recovered of what was written off (4300)"), (_legs(-1, "4300"),)),
        Quantity("receivable_cents", N_("contributions receivable (1100)"), (_legs(1, "1100"),)),
        Quantity("cash_cents", N_("bank and treasury account (1000, 1005)"), (_legs(1, "1000 1005"),)),
        Quantity(
            "L_cents",
            N_("cash (1000, 1005) with sweeps between them and unexplained debits (1010); payments under way left out"),
            (_legs(1, "1000 1005 1010"), _legs(-1, "1010", *BATCHES)),
        ),
        Quantity(
            "held_cents",
            N_("in the fund's account and not the fund's: unexplained receipts (2300) and overpayments (2100)"),
            (_legs(-1, "2100 2300"),),
        ),
        Quantity(
            "refunds_cents",
            N_("refunds of overpayments that were approved and are not paid yet (2000)"),
            (_legs(-1, "2000", "overpayment.refunded"), Paid(-1, "overpayment")),
        ),
        Quantity("in_transit_cents", N_("payments under way (1010)"), (_legs(1, "1010"),)),
        Quantity("owed_cents", N_("to be paid (2000, 2100, 2200, 2300)"), (_legs(-1, "2000 2100 2200 2300"),)),
        Quantity("committed_cents", N_("committed and not yet approved for payment (9000)"), (_legs(1, "9000"),)),
        Quantity(
            "lent_cents",
            N_("paid out repayable (U), where what was refinanced counts under its roll-out"),
            (_legs(1, "1200", "agreement.refinanced"),),
            of=((1, "U_cents"),),
        ),
        Quantity("imposed_cents", N_("contributions called (1100)"), (_legs(1, "1100", "contribution.called"),)),
        Quantity("received_cents", N_("contributions received (1100)"), (_legs(-1, "1100", *COLLECTED),)),
        Quantity(
            "returned_cents", N_("all that came back: A + R + V"), of=((1, "A_cents"), (1, "R_cents"), (1, "V_cents"))
        ),
    )
}
"""Every quantity that is a sum over the ledger, by its name in JSON."""

_KINDS = sorted(
    {kind for each in QUANTITIES.values() for part in each.parts if isinstance(part, Legs) for kind in part.kinds or ()}
)


@dataclass(frozen=True, slots=True)
class Payment:
    """What the bank did with one payment: ``times`` is 1 when it left, -1 when it came back.

    Attributes:
        ground: ``award`` for a disbursement, else the ground on which it was owed; empty when nothing says it.
        agreement: Of a disbursement. payee: Who was paid.
        repayable_cents, grant_cents: The two parts of a disbursement, as approved.
        due_on: The last day on which it should have been paid.
    """

    seq: int
    effective_on: date
    kind: str
    memo: str
    account: str
    posting_cents: int
    times: int
    ref: str
    ground: str
    amount_cents: int
    agreement: str = ""
    proposal: str = ""
    payee: str = ""
    repayable_cents: int = 0
    grant_cents: int = 0
    due_on: date | None = None

    def part(self, name: str) -> int:
        """What of it counts under this name, in cents."""
        if self.ground == "award":
            known = {"award": self.amount_cents, "repayable": self.repayable_cents, "grant": self.grant_cents}
            return self.times * known.get(name, 0)
        return self.times * self.amount_cents if self.ground == name else 0


@dataclass(frozen=True, slots=True)
class Line:
    """One leg behind a quantity, and what of it counts: the amounts of all lines add up to the quantity."""

    seq: int
    effective_on: date
    kind: str
    memo: str
    account: str
    posting_cents: int
    amount_cents: int


class Quantities:
    """Every quantity at the end of a day, as known at an entry.

    Args:
        since: The first accounting day that counts; from the beginning when absent.
    """

    def __init__(
        self, snapshot: Snapshot, day: date, known_at: int | None = None, *, since: date | None = None
    ) -> None:
        self._view = snapshot
        self.day = day
        self.known_at = known_at
        self.since = since
        self._known: set[str] = set()
        self._by_kind: dict[tuple[str, str], list[tuple[str, int]]] = {}

    # ----------------------------------------------------------------------------------------------------- what is read

    @cached_property
    def balances(self) -> Mapping[str, int]:
        """Balances by account code, debit positive, closings left out; of a period what moved in it."""
        ledger = self._view.ledger
        until = ledger.balances(as_of=self.day, known_at=self.known_at, kinds_excluded=(CLOSING,))
        if self.since is None:
            return until
        day = date.fromordinal(self.since.toordinal() - 1)
        before = ledger.balances(as_of=day, known_at=self.known_at, kinds_excluded=(CLOSING,))
        return {code: cents - before.get(code, 0) for code, cents in until.items()}

    @cached_property
    def main_balances(self) -> Mapping[str, int]:
        """As :attr:`balances`, sub-accounts added up."""
        sums: Counter[str] = Counter()
        for code, cents in self.balances.items():
            sums[main_of(code)] += cents
        return sums

    def _moved(self, kinds: Collection[str]) -> Mapping[tuple[str, str], list[tuple[str, int]]]:
        """By kind and main account: what moved on each account. All kinds at once; of a period those that are asked."""
        missing = sorted(set(kinds if self.since is not None else _KINDS) - self._known)
        if missing:
            self._known.update(missing)
            for row in self._view.ledger.moved_by_kind(
                missing, since=self.since, as_of=self.day, known_at=self.known_at
            ):
                of = self._by_kind.setdefault((row.kind, main_of(row.account)), [])
                of.append((row.account, row.amount_cents))
        return self._by_kind

    @cached_property
    def payments(self) -> list[Payment]:
        """What the bank did with each payment, in the order of entries."""
        return list(payments_of(self._view, since=self.since, day=self.day, known_at=self.known_at))

    @cached_property
    def _parts_paid(self) -> Counter[str]:
        sums: Counter[str] = Counter()
        for each in self.payments:
            sums[each.ground] += each.times * each.amount_cents
            sums["repayable"] += each.part("repayable")
            sums["grant"] += each.part("grant")
        return sums

    # ----------------------------------------------------------------------------------------------------------- values

    def value(self, name: str, *, agreements: Collection[str] | None = None) -> int:
        """A quantity in cents; with ``agreements`` only what is theirs (legs on their sub-accounts, their payments)."""
        quantity = QUANTITIES[name]
        total = sum(sign * self.value(other, agreements=agreements) for sign, other in quantity.of)
        return total + sum(part.sign * self._sum(part, agreements) for part in quantity.parts)

    def _sum(self, part: Legs | Paid, agreements: Collection[str] | None) -> int:
        if isinstance(part, Paid):
            if agreements is None:
                return self._parts_paid[part.part]
            return sum(each.part(part.part) for each in self.payments if each.agreement in agreements)
        if part.kinds is None and agreements is None:
            return sum(self.main_balances.get(main, 0) for main in part.mains)
        return sum(cents for code, cents in self._rows(part) if agreements is None or _holder(code) in agreements)

    def by_holder(self, name: str) -> Counter[str]:
        """A quantity of sub-accounts by their holder: an agreement (with its payments), or a partner."""
        sums: Counter[str] = Counter()
        quantity = QUANTITIES[name]
        for sign, other in quantity.of:
            for holder, cents in self.by_holder(other).items():
                sums[holder] += sign * cents
        for part in quantity.parts:
            if isinstance(part, Paid):
                for each in self.payments:
                    if each.agreement or each.payee:
                        sums[each.agreement or each.payee] += part.sign * each.part(part.part)
                continue
            for account, cents in self._rows(part):
                sums[_holder(account)] += part.sign * cents
        return sums

    def _rows(self, part: Legs) -> Iterator[tuple[str, int]]:
        if part.kinds is None:
            yield from ((code, cents) for code, cents in self.balances.items() if main_of(code) in part.mains)
            return
        moved = self._moved(part.kinds)
        for kind in part.kinds:
            for main in part.mains:
                yield from moved.get((kind, main), ())

    def during(self, since: date) -> Quantities:
        """The same of the days from ``since`` on only."""
        some = Quantities(self._view, self.day, self.known_at, since=since)
        some.__dict__["payments"] = [each for each in self.payments if each.effective_on >= since]
        return some

    # ------------------------------------------------------------------------------------------------------------ lines

    def lines(self, name: str, *, agreements: Collection[str] | None = None) -> Iterator[Line]:
        """The legs behind a quantity in the order of entries, as a stream; their amounts add up to :meth:`value`."""
        return merge(*self._streams(name, 1, agreements), key=lambda line: line.seq)

    def _streams(self, name: str, sign: int, agreements: Collection[str] | None) -> Iterator[Iterator[Line]]:
        quantity = QUANTITIES[name]
        for times, other in quantity.of:
            yield from self._streams(other, sign * times, agreements)
        for part in quantity.parts:
            if isinstance(part, Paid):
                yield self._paid(part.part, sign * part.sign, agreements)
            else:
                yield self._booked(part, sign * part.sign, agreements)

    def _paid(self, name: str, sign: int, agreements: Collection[str] | None) -> Iterator[Line]:
        for each in self.payments:
            cents = sign * each.part(name)
            if cents and (agreements is None or each.agreement in agreements):
                yield Line(each.seq, each.effective_on, each.kind, each.memo, each.account, each.posting_cents, cents)

    def charges(self, agreements: Collection[str]) -> Iterator[Line]:
        """What was received as costs and interest on these agreements (4400): a receipt says on which it was."""
        if not self._moved(("receipt.allocated",)).get(("receipt.allocated", "4400")):
            return
        allocated = self._view.store.facts.summaries(("receipt.allocated",))
        ours = {each.event_id for each in allocated if each.says["agreement"] in agreements}
        for leg in self._view.ledger.legs(
            ("4400",), kinds=("receipt.allocated",), since=self.since, as_of=self.day, known_at=self.known_at
        ):
            if leg.event_id in ours:
                cents = leg.amount_cents
                yield Line(leg.seq, leg.effective_on, leg.kind, leg.memo, leg.account, cents, -cents)

    def _booked(self, part: Legs, sign: int, agreements: Collection[str] | None) -> Iterator[Line]:
        for leg in self._view.ledger.legs(
            part.mains, kinds=part.kinds, since=self.since, as_of=self.day, known_at=self.known_at
        ):
            if agreements is None or _holder(leg.account) in agreements:
                cents = leg.amount_cents
                yield Line(leg.seq, leg.effective_on, leg.kind, leg.memo, leg.account, cents, sign * cents)


def _holder(account: str) -> str:
    return account.partition(".")[2]


def payments_of(
    snapshot: Snapshot, *, day: date, known_at: int | None = None, since: date | None = None
) -> Iterator[Payment]:
    """What the bank did with each payment until a day, in the order of entries, and what it was for."""
    legs = [
        leg
        for leg in snapshot.ledger.legs(("1000", "2300"), kinds=PAYMENTS, since=since, as_of=day, known_at=known_at)
        if leg.event_id
    ]
    if not legs:
        return
    lines, grounds = snapshot.cached("what payments are for", lambda: _what_for(snapshot))
    for leg in legs:
        ref, cents = lines.get(str(leg.event_id), ("", 0))
        out = leg.times if leg.counts_as == "payment.settled" else -leg.times
        made = grounds.get(ref)
        yield Payment(
            seq=leg.seq,
            effective_on=leg.effective_on,
            kind=leg.kind,
            memo=leg.memo,
            account=leg.account,
            posting_cents=leg.amount_cents,
            times=out,
            ref=ref,
            **(made(cents) if made is not None else {"ground": "", "amount_cents": cents}),
        )


_About = Callable[[int], dict[str, Any]]


def _what_for(snapshot: Snapshot) -> tuple[dict[str, tuple[str, int]], dict[str, _About]]:
    """By fact, the document that a payment paid and the amount; by document, what is said of its payment."""
    lines: dict[str, tuple[str, int]] = {}
    grounds: dict[str, _About] = {}
    for fact in snapshot.store.facts.summaries(("disbursement.approved", *PAYMENTS, *OWED)):
        says = fact.says
        if fact.type in PAYMENTS:
            lines[fact.event_id] = (says["line"]["ref"], says["line"]["amount_cents"])
        elif fact.type in OWED:
            grounds[fact.ref] = _owed(OWED[fact.type], says)
        else:
            grounds[fact.ref] = _award(says)
    return lines, grounds


def _owed(ground: str, says: Mapping[str, Any]) -> _About:
    due_on = date.fromisoformat(says["due_on"]) if says.get("due_on") else None
    return lambda cents: {"ground": ground, "amount_cents": cents, "payee": says["payee"], "due_on": due_on}


def _award(says: Mapping[str, Any]) -> _About:
    about = {
        "ground": "award",
        "amount_cents": says["amount_cents"],
        "agreement": says["agreement"],
        "proposal": says["proposal"],
        "payee": says["payee"],
        "repayable_cents": says["repayable_cents"],
        "grant_cents": says["grant_cents"],
        "due_on": date.fromisoformat(says["due_on"]),
    }
    return lambda _cents: about
