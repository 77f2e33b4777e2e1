"""Everything that moves money besides awards and what comes back of them: costs, refunds, transfers, partners leaving.

Costs, refunds, payments and transfers are foretold in the dictionaries, cent by cent. What leaving books is read from
the ledger and held against the design by ``leaves``: valued, booked and paid by arithmetic of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from math import floor
from typing import Any

from fund.bank import read_payments
from fund.bank.simulation import RETURNED, SENT, StoryBank, StoryEntry, StoryTransaction, write_status
from fund.errors import FundError
from fund.ledger import Entry
from fund.schemas.exits import Exit
from fund.schemas.repayments import Plan
from tests.lives.money_in import INHABITANTS, iban
from tests.lives.shadow import Legs, Shadow
from tests.lives.whole import Life
from tests.workflows import three_partners as three
from tests.workflows.three_partners import BAARN, BUNNIK, BUNSCHOTEN, IBANS

SUPPLIER, TREASURY = "drukkerij", iban(99_000_001)
SIGNATORIES = {BAARN: "fatima", BUNNIK: "piet", BUNSCHOTEN: "sara"}
PAPER = {"name": "besluit.pdf", "content": b"Besluit."}
GROUNDS = {"cost": "4500", "overpayment": "2100", "settlement": "2200"}
NOT_FORETOLD = ("exit.part_due",)
"""What the service books by itself when money comes in on what somebody who left still has a part of."""


@dataclass
class Leaver:
    """One partner that leaves: what it was valued at, and what of its capital left the fund."""

    partner: str
    state: str = "notice_given"
    exited: int = 0
    netted: int = 0
    books: dict[str, int] = field(default_factory=dict)
    """What stood in the books at the valuation."""


class MovingShadow(Shadow):
    """The dictionaries, with what else is owed and moved."""

    def __init__(self) -> None:
        super().__init__()
        self.payables: dict[str, dict[str, Any]] = {}
        self.transfers: list[dict[str, Any]] = []
        self.treasury = StoryBank(TREASURY, owner="Testfonds")
        self.leaver: Leaver | None = None
        self.anew: set[str] = set()
        self.reports = 0

    def cash_available(self) -> int:
        """What is on its way to the treasury has left."""
        return super().cash_available() - sum(
            one["cents"] for one in self.transfers if one["state"] == "sent" and one["to"] == "1005"
        )

    def in_payment(self, *states: str) -> list[dict[str, Any]]:
        """Disbursements and everything else that is owed, in these states."""
        return [one for one in (*self.disbursements.values(), *self.payables.values()) if one["state"] in states]

    def worth(self) -> Fraction:
        """NAV less what is promised and does not come back."""
        promised = sum(
            (Fraction(self.books[f"9000.{one['proposal']}"] * (10_000 - one["share"]), 10_000)
             for one in self.agreements.values()),
            Fraction(0),
        )  # fmt: skip
        return self.nav() - promised

    def part_of(self, partner: str) -> Fraction:
        """Its part of the capital."""
        return Fraction(self.books[f"3000.{partner}"], self.sum("3000"))


class Moving(Life):
    """A fund whose people also pay bills, give back, move money, and of which a partner leaves."""

    shadow: MovingShadow

    def payees(self) -> None:
        """Three partners and a supplier can be paid, and money can go to the treasury, three days later."""
        three.payee(self.world)
        for partner in (BUNNIK, BUNSCHOTEN):
            said = {"iban": IBANS[partner], "name": f"Gemeente {partner}", "requested_by": SIGNATORIES[partner]}
            self.world.both("payee record", user="anna", second="bram", partner=partner, **said)
        told = {"supplier": SUPPLIER, "iban": iban(88), "name": "Drukkerij De Eend", "file": PAPER}
        self.world.both("payee record", user="anna", second="bram", **told)
        self.world.both("bank register", user="anna", second="bram", iban=TREASURY, account="1005")

    # ------------------------------------------------------------------------------------------- what is not foretold

    def adopt(self, wanted: Callable[[Entry], bool] = lambda entry: entry.kind in NOT_FORETOLD) -> list[Entry]:
        """Entries that stand in the ledger and not in the dictionaries are taken over, where that is to be expected."""
        s, taken = self.shadow, []
        with self.world.snapshot() as snapshot:
            for entry in snapshot.ledger.entries(since_seq=self.known):
                legs: Legs = tuple((leg.account, leg.amount_cents) for leg in entry.postings)
                place = entry.seq - 1
                if place < len(s.entries) and sorted(s.entries[place][2]) == sorted(legs):
                    continue
                if not wanted(entry):
                    break
                s.entries.insert(place, (entry.effective_on, entry.kind, legs))
                s.by_hand = {seq + (seq >= entry.seq): booked for seq, booked in s.by_hand.items()}
                for account, cents in legs:
                    s.books[account] += cents
                taken.append(entry)
        self.known = len(s.entries)
        return taken

    known = 0

    @contextmanager
    def unless(self, *codes: str) -> Any:
        """The rules may say no, by one of these names; then nothing is booked."""
        head = len(self.shadow.entries)
        try:
            yield
        except FundError as problem:
            if problem.code() not in codes or len(self.shadow.entries) != head:
                raise

    def later(self, days: int) -> None:
        super().later(days)
        self.adopt()

    # ---------------------------------------------------------------------------------------------------------- capital

    def heads(self) -> dict[str, int]:
        leaver = self.shadow.leaver
        return {one: heads for one, heads in INHABITANTS.items() if leaver is None or one != leaver.partner}

    def call(self, cents: int, partner: str | None = None) -> None:
        leaver = self.shadow.leaver
        if leaver is not None and partner == leaver.partner:
            code = "called_after_notice" if leaver.state == "notice_given" else "not_taking_part"
            self.refused(code, "capital call", user="anna", amount=cents, partner=partner)
            return
        super().call(cents, partner)

    def _certain(self, ref: str) -> None:
        """Whoever names an instalment that is no more waits for people."""
        one = self.shadow.receipts[ref]
        plan = self.shadow.agreements[one["agreement"]]["plan"] if one["agreement"] else []
        if not one["agreement"] or any(part["no"] == one["no"] for part in plan):
            super()._certain(ref)

    def unmatch(self, ref: str) -> None:
        """As before; and what was given back meanwhile cannot be taken back."""
        s, wanted = self.shadow, dict[str, int]()
        for use in s.receipts[ref]["uses"]:
            for legs in use.get("entries", ()):
                for account, cents in legs:
                    if account.startswith("2100."):
                        wanted[account] = wanted.get(account, 0) - cents
            if use.get("moved"):
                wanted[f"2100.{BAARN}"] = wanted.get(f"2100.{BAARN}", 0) - use["moved"]
        if any(cents > max(-s.books[account], 0) for account, cents in wanted.items()):
            self.refused("surplus_refunded", "bank unmatch", user="bram", ref=ref, reason="verkeerd gelezen")
            return
        super().unmatch(ref)

    # ------------------------------------------------------------------------------------------------------------- owed

    def owes(self, ref: str, ground: str, payee: str, cents: int, account: str) -> None:
        """A debt of the fund that goes to the bank with the next batch."""
        self.shadow.book((account, cents), (f"2000.{payee}", -cents))
        self.shadow.payables[ref] = {
            "ref": ref, "ground": ground, "payee": payee, "cents": cents, "account": account, "state": "approved",
            "attempts": 0, "to_verify": False,
        }  # fmt: skip

    def bill(self, cents: int, payee: str) -> None:
        """C1: two people approve a bill, while the fund has something free."""
        args = {"payee": payee, "amount": cents, "reason": "drukwerk", "user": "anna", "second": "bram"}
        with self.unless("cost_budget_exceeded", "insufficient_free_to_commit"):
            made = self.world.both("cost approve", **args)
            assert cents <= self.shadow.free()
            self.owes(made["result"]["ref"], "cost", payee, cents, "4500")

    def give_back(self, payer: str, cents: int) -> None:
        """R7: what was paid too much goes back."""
        args = {"ref": payer, "amount": cents}
        if cents > -self.shadow.books[f"2100.{payer}"]:
            self.refused("more_than_overpaid", "repayment refund", user="bram", **args)
            return
        made = self.world.both("repayment refund", user="bram", second="anna", **args)
        self.owes(made["result"]["ref"], "overpayment", payer, cents, f"2100.{payer}")

    def move_to_call(self, payer: str, call: str) -> None:
        """R7: or it pays another call of the same partner, with its consent."""
        s, called = self.shadow, self.shadow.calls[call]
        cents = min(-s.books[f"2100.{payer}"], called["open"])
        args = {"ref": payer, "to": call, "consent": SIGNATORIES[payer]}
        self.world.both("repayment refund", user="bram", second="anna", **args)
        s.book((f"2100.{payer}", cents), (f"1100.{payer}", -cents))
        called["open"] -= cents

    # --------------------------------------------------------------------------------------------------------- payments

    def one(self, ref: str) -> dict[str, Any]:
        """What is paid under a ref, and to whom."""
        s = self.shadow
        return s.payables[ref] if ref in s.payables else {"payee": BAARN, **s.disbursements[ref]}

    def becomes(self, ref: str, **changes: Any) -> None:
        s = self.shadow
        (s.payables if ref in s.payables else s.disbursements)[ref].update(changes)

    def payable(self) -> list[str]:
        return [one["ref"] for one in self.shadow.in_payment("approved") if not one["to_verify"]]

    def send(self) -> str:
        s, refs = self.shadow, self.payable()
        batch = str(self.world.do("payment batch", user="anna")["result"]["ref"])
        if s.debits:
            self.refused("debits_unexplained", "payment send", user="bram2", ref=batch)
            while s.debits:
                self.explained()
        self.world.both("payment send", user="bram2", second="anna2", ref=batch)
        owed: dict[str, int] = {}
        for ref in refs:
            one = self.one(ref)
            owed[one["payee"]] = owed.get(one["payee"], 0) + one["cents"]
            self.becomes(ref, state="sent", attempts=one["attempts"] + 1, batch=batch)
        s.book(*((f"2000.{payee}", cents) for payee, cents in owed.items()), ("1010", -sum(owed.values())))
        s.batches[batch] = {"refs": refs, "paid": False}
        return batch

    def wire(self, ref: str) -> str:
        attempt = self.one(ref)["attempts"]
        return ref.replace("-", "") + (f"R{attempt}" if attempt > 1 else "")

    def under_way(self, batch: str) -> list[str]:
        """What of a batch the bank did not answer for yet."""
        refs = self.shadow.batches[batch]["refs"]
        return [ref for ref in refs if (self.one(ref)["state"], self.one(ref)["batch"]) == ("sent", batch)]

    def settle(self, batch: str) -> None:
        s, content = self.shadow, three.file_of(self.world, batch)
        lines = [payment.end_to_end_id for payment in read_payments(content, name="batch").payments]
        refs = sorted(self.under_way(batch), key=lambda ref: lines.index(self.wire(ref)))
        self.later((max(three.executed_on(self.world, batch), s.today) - s.today).days)
        self.bank.pay(content, on=s.today, refused=set(lines) - {self.wire(ref) for ref in refs})
        s.batches[batch]["paid"] = True
        for ref in refs:
            s.book(("1010", self.one(ref)["cents"]), ("1000", -self.one(ref)["cents"]))
            self.becomes(ref, state="paid")
        self.imported([])

    def fail(self, ref: str) -> None:
        self.world.do("payment fail", user="bram2", ref=ref, reason="AC01")
        self.owed_again(ref)

    def owed_again(self, ref: str) -> None:
        one = self.one(ref)
        self.shadow.book(("1010", one["cents"]), (f"2000.{one['payee']}", -one["cents"]))
        self.becomes(ref, state="failed")

    def reported(self, batch: str, refs: list[str]) -> None:
        """D6: the bank's report (pain.002) rejects these of a batch; a second time it says nothing new."""
        self.shadow.reports += 1
        data = write_status(
            three.file_of(self.world, batch),
            status="PART",
            payments={self.wire(ref): ("RJCT", "AC01") for ref in refs},
            message_id=f"PSR{self.shadow.reports:04d}",
        )  # fmt: skip
        for _time in (1, 2):
            self.world.do("payment status", user="bram", file={"name": "status.xml", "content": data})
        for ref in refs:
            self.owed_again(ref)

    def come_back(self, ref: str) -> None:
        self.bank.send_back(self.wire(ref), on=self.shadow.today)
        self.imported([{"cents": self.one(ref)["cents"], "returns": ref}])

    def _given_back(self, receipt: str, ref: str) -> None:
        one = self.one(ref)
        self.shadow.book(("2300", one["cents"]), (f"2000.{one['payee']}", -one["cents"]))
        self.shadow.receipts[receipt]["waiting"] = 0
        self.becomes(ref, state="approved", to_verify=True)

    def retry(self, ref: str) -> None:
        self.world.do("payment retry", user="anna", ref=ref)
        self.becomes(ref, state="approved", to_verify=False)

    def cancel(self, ref: str) -> None:
        """D7: of anything else than a disbursement, the mirror of what made it a debt."""
        if ref not in self.shadow.payables:
            super().cancel(ref)
            return
        one = self.one(ref)
        self.world.both("payment cancel", user="anna", second="bram", ref=ref, reason="niet meer nodig")
        self.shadow.book((f"2000.{one['payee']}", one["cents"]), (one["account"], -one["cents"]))
        self.becomes(ref, state="cancelled")

    # -------------------------------------------------------------------------------------------------------- transfers

    def transfer(self, cents: int, to: str) -> None:
        """C4: two people move money that is there."""
        s, source = self.shadow, "1000" if to == "1005" else "1005"
        held = s.books[source] - (sum(one["cents"] for one in s.in_payment("sent")) if source == "1000" else 0)
        if cents > held:
            self.refused("account_holds_less", "cost transfer", user="bram", amount=cents, to=to)
            return
        made = self.world.both("cost transfer", user="bram", second="bram2", amount=cents, to=to)
        s.book(("1010", cents), (source, -cents))
        self.moves(made["result"]["ref"], cents, source, to, "sent")

    def sweep(self, cents: int, to: str) -> None:
        """The bank moves money by itself; the fund hears of it by the statements, in either order."""
        self.moves("", cents, "1000" if to == "1005" else "1005", to, "swept")

    def moves(self, ref: str, cents: int, source: str, to: str, state: str) -> None:
        one = {"ref": ref, "cents": cents, "from": source, "to": to, "state": state, "untold": ["from", "to"]}
        self.shadow.transfers.append(one)

    def shown(self, one: dict[str, Any], side: str) -> None:
        """A statement shows one side of a transfer: booked, unless it stands in the books already."""
        s, cents = self.shadow, one["cents"]
        one["untold"].remove(side)
        if side == "from" and one["state"] in ("swept", "arrived"):
            s.book(("1010", cents), (one["from"], -cents))
            one["state"] = "sent" if one["state"] == "swept" else "settled"
        elif side == "to" and one["state"] in ("swept", "sent"):
            s.book((one["to"], cents), ("1010", -cents))
            one["state"] = "settled" if one["state"] == "sent" else "arrived"
        self.line(one[side], cents if side == "to" else -cents, one["ref"] or "sweep")

    def line(self, account: str, cents: int, text: str, *, back: str = "") -> None:
        """The statement of an account, with one line between the fund's own accounts."""
        s, ours = self.shadow, account == "1000"
        other = TREASURY if ours else self.bank.iban
        told = StoryTransaction(amount_cents=cents, name="Testfonds", iban=other, text=text, return_reason=back)
        entry = StoryEntry(transactions=(told,), booked_on=s.today, code=RETURNED if back else SENT)
        (self.bank if ours else s.treasury).entries.append(entry)
        if ours:
            self.imported([])
            return
        self.bank, s.treasury = s.treasury, self.bank
        try:
            self.imported([])
        finally:
            self.bank, s.treasury = s.treasury, self.bank

    def recall(self, one: dict[str, Any]) -> None:
        """It was never carried out: two people say so; the bank does not show it any more."""
        self.world.both("cost recall", user="bram", second="anna", ref=one["ref"], reason="dubbel getypt")
        self.returned(one)

    def returned(self, one: dict[str, Any]) -> None:
        self.shadow.book((one["from"], one["cents"]), ("1010", -one["cents"]))
        one.update(state="failed", untold=[])

    def bounces(self, one: dict[str, Any]) -> None:
        """It left, and the bank gives it back."""
        self.returned(one)
        self.line(one["from"], one["cents"], one["ref"] or "sweep", back="AC04")

    def settled_by_hand(self, one: dict[str, Any]) -> None:
        self.world.do("cost settle", user="bram", ref=one["ref"])
        self.shadow.book((one["to"], one["cents"]), ("1010", -one["cents"]))
        one["state"] = "settled"

    # ------------------------------------------------------------------------------------------------------------- plan

    def make_anew(self, ref: str, count: int, every: int) -> None:
        """R6: the committee gives other days; together it stays what is open."""
        asked = {"ref": ref, "requested_by": "fatima", "reason": "later", "instalments": count, "every": every}
        first = self.shadow.today + timedelta(days=40)
        with self.unless("nothing_to_restructure", "faulty_schedule"):
            made = self.world.do("repayment restructure", user="anna", first=first, **asked)
            for name in three.MEMBERS:
                self.world.do("decision vote", user=name, ref=made["result"]["ref"], choice="for")
            self.world.do("decision decide", user="carla", ref=made["result"]["ref"])
            self.shadow.anew.add(ref)
            self.same_in_all(ref)

    def same_in_all(self, ref: str) -> None:
        """Of a plan that was made anew the sum is foretold, not the days."""
        s = self.shadow
        with self.world.snapshot() as snapshot:
            plan = snapshot.case(Plan, ref)
        s.agreements[ref]["plan"] = [
            {"no": part.no, "due": part.due_on, "amount": part.open_cents, "paid": 0, "gone": 0}
            for part in plan.instalments
        ]

    # ---------------------------------------------------------------------------------------------------------- leaving

    def leaves(self, partner: str, part: Fraction) -> None:
        """K4-K10: whatever comes next for the partner that leaves; one in a life."""
        s, who = self.shadow, SIGNATORIES[partner]
        if s.leaver is None:
            self.world.do("partner give-notice", user=who, ref=partner, decision=PAPER)
            s.leaver = Leaver(partner)
        elif s.leaver.state == "notice_given":
            self.valued(s.leaver)
        elif s.leaver.state == "settlement_proposed":
            if part < Fraction(1, 4):
                self.world.do("partner dispute-settlement", user=who, ref=partner, reason="te laag")
            else:
                self.world.both("partner agree-settlement", user=who, second="carla", ref=partner)
        elif s.leaver.state == "disputed":
            with self.unless("same_hands"):
                more = {"amount": self.exit_of(partner).net_cents + floor(part * 999), "advice": PAPER}
                self.world.both("partner agree-settlement", user=who, second="carla", ref=partner, **more)
        elif s.leaver.state == "agreed":
            self.booked(s.leaver)
        elif s.leaver.state == "settling":
            self.paid_out(s.leaver, part)
        self.look_at_leaver()

    def exit_of(self, partner: str) -> Exit:
        with self.world.snapshot() as snapshot:
            return snapshot.case(Exit, partner)

    def look_at_leaver(self) -> None:
        leaver = self.shadow.leaver
        if leaver is not None:
            leaver.state = self.exit_of(leaver.partner).state

    def valued(self, leaver: Leaver) -> None:
        """K5: its part of what is there and not promised away, rounded down."""
        s = self.shadow
        said = {"ref": leaver.partner, "valued_on": s.today}
        self.world.both("partner propose-settlement", user="anna", second="bram", **said)
        case = self.exit_of(leaver.partner)
        unpaid = s.books[f"1100.{leaver.partner}"]
        gross = floor(s.part_of(leaver.partner) * max(s.worth(), 0))
        assert (case.gross_cents, case.net_cents) == (gross, gross - unpaid)
        now = min(max(gross - unpaid, 0), floor(s.part_of(leaver.partner) * max(s.free(), 0)))
        assert case.quoted_now_cents == now
        leaver.books = dict(s.books)

    def booked(self, leaver: Leaver) -> None:
        """K7: its capital leaves; the others keep, to a cent, what was theirs."""
        s, ref = self.shadow, leaver.partner
        before, free, nav, unpaid = s.worth(), s.free(), s.nav(), s.books[f"1100.{ref}"]
        left = before - s.part_of(ref) * max(before, 0)
        capital = -s.books[f"3000.{ref}"]
        same = {code: cents for code, cents in s.books.items() if cents} == {
            code: cents for code, cents in leaver.books.items() if cents
        }
        made = self.world.do("partner settle", user="bram2", ref=ref)
        self.adopt(lambda entry: entry.kind in ("exit.settled", *NOT_FORETOLD))
        fact = next(event["payload"] for event in made["events"] if event["type"] == "exit.settled")
        for call, cents in fact["calls"].items():
            s.calls[call]["open"] -= cents
            leaver.netted += cents
        leaver.exited += capital
        gets = fact["now_cents"] + fact["later_cents"]
        assert gets == max(fact["net_cents"], 0)
        assert s.books[f"3000.{ref}"] == 0
        assert nav - s.nav() == gets + unpaid - s.books[f"1100.{ref}"]
        assert s.free() >= min(free, 0)
        if same and fact["net_cents"] == self.exit_of(ref).quoted_cents:
            assert 0 <= s.worth() - left < 1

    def paid_out(self, leaver: Leaver, part: Fraction) -> None:
        """K8 and K10: what is due goes to the bank; where nothing is, the long stop ends the rest."""
        s, ref = self.shadow, leaver.partner
        due, later = -s.books[f"2200.{ref}"], -s.books[f"2210.{ref}"]
        if due:
            cents = max(floor(due * part), 1)
            args = {"ref": ref, "amount": cents}
            if cents > s.cash_available():
                self.refused("insufficient_cash", "partner pay-settlement", user="bram", **args)
                return
            made = self.world.both("partner pay-settlement", user="bram", second="anna", **args)
            fact = next(event["payload"] for event in made["events"] if event["type"] == "exit.paid")
            self.owes(fact["ref"], "settlement", ref, cents, f"2200.{ref}")
        elif later:
            free = s.free()
            with self.unless("insufficient_free_to_commit", "long_stop_not_reached"):
                self.world.both("partner close-out", user="bram", second="anna", ref=ref)
                self.adopt(lambda entry: entry.kind in ("exit.closed_out", *NOT_FORETOLD))
                assert s.books[f"2210.{ref}"] == 0
                assert s.free() >= min(free, 0)
