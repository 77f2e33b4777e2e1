"""Random lives of partners that leave: each step is an act of somebody or money that moves, and after each the books
are held against what the design says, told here once more from raw balances.

All of it happens in one transaction, in which the service's reactions are called as the relay would.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import floor
from typing import Any

from fund.database import Connection
from fund.errors import FundError
from fund.events import Envelope, Fact
from fund.events.capital import ContributionCalled
from fund.events.decisions import DecisionApproved
from fund.events.exits import ExitClosedOut, ExitPartDue, ExitSettled
from fund.events.proposals import ProposalWithdrawn
from fund.events.receipts import CostCharged, IncomeRecorded, ReceiptAllocated, ReceiptUnmatched
from fund.events.values import AllocatedPart
from fund.events.writeoffs import WriteoffPosted
from fund.registry import PROJECTIONS
from fund.schemas.capital import Partner
from fund.schemas.exits import Exit
from fund.store import Store
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.exits import deferred_payments as exits_later
from fund.workflows.exits import deferred_payments as later
from fund.workflows.exits import paying, quoting
from fund.workflows.exits import paying as exits_paying
from fund.workflows.exits import settlement as leaving
from fund.workflows.receipts import matching as receipts
from tests.workflows.leaving import DECISION, SIGNATORIES, contribution
from tests.workflows.looking_back import AGREEMENT, PROPOSAL, came_in, completed
from tests.workflows.money_out import BAARN, BUNNIK, BUNSCHOTEN

PARTNERS = (BAARN, BUNNIK, BUNSCHOTEN)
BUFFER, REPAYABLE = 500_000, {PROPOSAL: 7000}
REACTIONS = (
    (exits_later.COLLECTING_FACTS, exits_later.fall_due),
    (exits_paying.LEAVING_FACTS, exits_paying.exit_when_settled),
)


@dataclass
class Life:
    """One life in one transaction. Amounts are parts of what there is, so that most steps are possible.

    ``quotes`` are what was quoted, with day and number; ``exited`` what left the capital.
    """

    connection: Connection
    number: int = 0
    receipts: list[str] = field(default_factory=list)
    quotes: list[tuple[str, date, int, dict[str, Any]]] = field(default_factory=list)
    exited: int = 0
    called: int = 12_000_000
    done: list[str] = field(default_factory=list)
    ended: bool = False

    # ------------------------------------------------------------------------------------------------- how it is played

    def uow(self, name: str, *, confirmed_by: str = "") -> UnitOfWork:
        """The next command, of one person or of two."""
        self.number += 1
        store = Store(self.connection)
        now, head = store.work.clock(), store.facts.head(lock=True)
        snapshot = Snapshot(self.connection, PROJECTIONS, actor=None, now=now)
        people = [snapshot.user(each) for each in (name, confirmed_by) if each]
        for person in people:
            store.work.ask(
                actor=person.user_id, command_id=f"l-{self.number}", name="life", content_hash=b"", asked_at=now
            )
        more: dict[str, Any] = {"maker": people[0], "made_command_id": f"l-{self.number}"} if confirmed_by else {}
        return UnitOfWork(
            self.connection, PROJECTIONS, actor=people[-1], now=now, head=head, command_id=f"l-{self.number}", **more
        )

    def follow(self, uow: UnitOfWork) -> list[Envelope]:
        """What the service does after each fact, and after what it did then."""
        place = 0
        while place < len(uow.facts):
            for types, function in REACTIONS:
                if uow.facts[place].type in types:
                    function(uow, uow.facts[place])
            place += 1
        return uow.facts

    def does(self, step: str, part: Fraction) -> None:
        """One step, or nothing where a rule refuses it; then everything still holds."""
        kind, _space, partner = step.partition(" ")
        before = Books(self.connection)
        savepoint = self.connection.begin_nested()
        try:
            facts = getattr(self, kind)(partner, part)
        except FundError as problem:
            savepoint.rollback()
            self.done.append(f"{step}: {problem.code()}")
            return
        savepoint.commit()
        self.done.append(step)
        after = Books(self.connection)
        self.holds(before, after, facts or [])

    def recorded(self, *facts: Fact) -> list[Envelope]:
        uow = self.uow("bram")
        for fact in facts:
            uow.record(fact)
        return self.follow(uow)

    # ----------------------------------------------------------------------------------------------------- the steps

    def goes_on(self, partner: str, part: Fraction) -> list[Envelope]:
        """Whatever comes next for a partner."""
        snapshot = Snapshot(self.connection, PROJECTIONS, actor=None, now=Store(self.connection).work.clock())
        state, case = snapshot.case(Partner, partner).state, snapshot.maybe(Exit, partner)
        settled = case is not None and case.settled
        due = case is not None and case.due_cents > 0
        chosen = {
            "active": self.notice,
            "notice_given": self.propose,
            "settlement_proposed": self.dispute if part < Fraction(1, 3) else self.agree,
            "disputed": self.agree if settled else self.settle,
            "agreed": self.settle,
            "settling": self.pay if due else self.close_out,
        }
        return chosen[state](partner, part) if state in chosen else []

    def notice(self, partner: str, _part: Fraction) -> list[Envelope]:
        uow = self.uow(SIGNATORIES[partner])
        leaving.give_notice(uow, ref=partner, decision=DECISION)
        return self.follow(uow)

    def quote(self, partner: str, _part: Fraction) -> list[Envelope]:
        with_all = Snapshot(self.connection, PROJECTIONS, actor=None, now=Store(self.connection).work.clock())
        found = quoting.exit_quote(with_all, ref=partner)
        self.quotes.append((partner, with_all.today, found["known_at"], found))
        books = Books(self.connection)
        assert found["gross_cents"] == floor(books.share(partner) * max(books.worth, 0))
        return []

    def propose(self, partner: str, part: Fraction) -> list[Envelope]:
        uow = self.uow("anna", confirmed_by="bram")
        leaving.propose(uow, ref=partner, costs=floor(part * 1000))
        return self.follow(uow)

    def agree(self, partner: str, part: Fraction) -> list[Envelope]:
        uow = self.uow(SIGNATORIES[partner], confirmed_by="carla")
        case = uow.case(Exit, partner)
        more: dict[str, Any] = {"amount": case.net_cents + floor(part * 9999), "advice": DECISION}
        leaving.agree(uow, ref=partner, **(more if case.state == "disputed" else {}))
        return self.follow(uow)

    def dispute(self, partner: str, _part: Fraction) -> list[Envelope]:
        uow = self.uow(SIGNATORIES[partner])
        leaving.dispute(uow, ref=partner, reason="te laag")
        return self.follow(uow)

    def settle(self, partner: str, _part: Fraction) -> list[Envelope]:
        uow = self.uow("bram2")
        leaving.settle(uow, ref=partner)
        return self.follow(uow)

    def pay(self, partner: str, part: Fraction) -> list[Envelope]:
        uow = self.uow("bram", confirmed_by="anna")
        due = -later.balance_or_zero(uow, f"2200.{partner}")
        paying.pay(uow, ref=partner, amount=floor(part * due), keep=paying.own_agreements(uow, partner))
        return self.follow(uow)

    def set_off(self, partner: str, part: Fraction) -> list[Envelope]:
        uow = self.uow("bram", confirmed_by="anna")
        most = min(-later.balance_or_zero(uow, f"2200.{partner}"), later.balance_or_zero(uow, f"1200.{AGREEMENT}"))
        paying.pay(uow, ref=partner, set_off=AGREEMENT, amount=floor(part * most), signed=DECISION)
        return self.follow(uow)

    def close_out(self, partner: str, _part: Fraction) -> list[Envelope]:
        uow = self.uow("bram", confirmed_by="anna")
        later.close_out(uow, ref=partner)
        return self.follow(uow)

    def pays_call(self, partner: str, part: Fraction) -> list[Envelope]:
        uow = self.uow("bram")
        cents = floor(part * later.balance_or_zero(uow, f"1100.{partner}"))
        if cents < 1:
            return []
        ref, call = f"O2026-7{self.number:03d}", f"B2026-000{PARTNERS.index(partner) + 1}"
        came_in(uow, ref, cents)
        uow.record(contribution(call, partner, ref, cents))
        self.receipts.append(ref)
        return self.follow(uow)

    def is_called(self, partner: str, part: Fraction) -> list[Envelope]:
        cents = 1 + floor(part * 999_999)
        ref = f"B2026-000{PARTNERS.index(partner) + 1}"
        snapshot = Snapshot(self.connection, PROJECTIONS, actor=None, now=Store(self.connection).work.clock())
        if snapshot.case(Partner, partner).state not in ("active", "notice_given"):
            return []
        self.called += cents
        day = snapshot.today
        return self.recorded(
            ContributionCalled(ref=f"{ref}-{self.number}", partner=partner, amount_cents=cents, due_on=day,
                               total_cents=cents)
        )  # fmt: skip

    def repays(self, _partner: str, part: Fraction) -> list[Envelope]:
        uow = self.uow("bram")
        there = later.balance_or_zero(uow, f"1200.{AGREEMENT}")
        cents = floor(part * there)
        if cents < 1:
            return []
        released = max(-later.balance_or_zero(uow, f"1290.{AGREEMENT}") - (there - cents), 0)
        ref = f"O2026-8{self.number:03d}"
        came_in(uow, ref, cents)
        uow.record(
            ReceiptAllocated(
                ref=ref, agreement=AGREEMENT, proposal=PROPOSAL, partner=BAARN, rule="reference", amount_cents=cents,
                advance_cents=cents, allowance_released_cents=released,
                parts=(AllocatedPart(no=1, amount_cents=cents),),
            )
        )  # fmt: skip
        self.receipts.append(ref)
        return self.follow(uow)

    def unmatches(self, _partner: str, part: Fraction) -> list[Envelope]:
        if not self.receipts:
            return []
        ref = self.receipts[floor(part * (len(self.receipts) - 1))]
        uow = self.uow("bram2")
        receipts.unmatch(uow, ref=ref, reason="verkeerd")
        self.receipts.remove(ref)
        return self.follow(uow)

    def ends(self, _partner: str, _part: Fraction) -> list[Envelope]:
        if self.ended:
            return []
        self.ended = True
        uow = self.uow("anna")
        completed(uow)
        return self.follow(uow)

    def loses(self, _partner: str, part: Fraction) -> list[Envelope]:
        uow = self.uow("bram")
        there = later.balance_or_zero(uow, f"1200.{AGREEMENT}")
        cents = floor(part * there)
        if cents < 1:
            return []
        released = max(-later.balance_or_zero(uow, f"1290.{AGREEMENT}") - (there - cents), 0)
        uow.record(
            WriteoffPosted(
                ref=f"{AGREEMENT}-W{self.number}", agreement=AGREEMENT, proposal=PROPOSAL, ground="hardship",
                amount_cents=cents, allowance_released_cents=released,
            )
        )  # fmt: skip
        return self.follow(uow)

    def costs(self, _partner: str, part: Fraction) -> list[Envelope]:
        day = Store(self.connection).work.clock().date()
        cents = 1 + floor(part * 2_000_000)
        return self.recorded(
            CostCharged(ref=f"K2026-{self.number}", account="1000", amount_cents=cents, charged_on=day, text="kosten")
        )

    def earns(self, _partner: str, part: Fraction) -> list[Envelope]:
        uow = self.uow("bram")
        cents, ref = 1 + floor(part * 2_000_000), f"O2026-6{self.number:03d}"
        came_in(uow, ref, cents)
        uow.record(IncomeRecorded(ref=f"I2026-{self.number}", receipt=ref, receipt_cents=cents, reason="rente"))
        return self.follow(uow)

    def awards(self, _partner: str, part: Fraction) -> list[Envelope]:
        """As far as it lies free: a commitment to a proposal of which nothing comes back; taken back at random."""
        free = Books(self.connection).free
        cents = floor(part * free)
        if cents < 1:
            return []
        ref = f"2026-{900 + self.number}"
        facts: list[Fact] = [DecisionApproved(ref=ref, round="2026-1", award_cents=cents)]
        if cents % 3 == 0:
            facts.append(ProposalWithdrawn(ref=ref, round="2026-1", reason="toch niet", released_cents=cents))
        return self.recorded(*facts)

    # ---------------------------------------------------------------------------------------------------- what holds

    def holds(self, before: Books, after: Books, facts: list[Envelope]) -> None:
        """After any step."""
        parts = 0
        for event in facts:
            fact = event.fact
            if isinstance(fact, ExitSettled):
                self.exited += fact.capital_cents
                self._settled(fact)
            if isinstance(fact, ExitPartDue):
                parts += fact.amount_cents
            if isinstance(fact, ExitClosedOut):
                assert before.free >= fact.amount_cents  # K10 is refused beyond free to commit
        assert after.mains["3000"] == self.exited - self.called  # calls minus exits = fund capital
        taken_back = any(isinstance(each.fact, ReceiptUnmatched) for each in facts)  # of the bank, and never refused
        if not taken_back and (parts or any(isinstance(each.fact, ExitSettled) for each in facts)):
            assert after.free >= min(before.free, 0)  # K7 and K9 never make it negative
        snapshot = Snapshot(self.connection, PROJECTIONS, actor=None, now=Store(self.connection).work.clock())
        for case in snapshot.cases(Exit):
            assert 0 <= case.fallen_cents <= case.later_cents
            assert -after.of(f"2200.{case.ref}") == case.due_cents >= 0
            assert -after.of(f"2210.{case.ref}") == case.open_later_cents >= 0
            again = None
            for event in snapshot.history(case):
                again = PROJECTIONS["exit"].apply(again, event)
            assert again == case  # replay = stored
            if case.state == "exited":
                assert [after.of(f"{code}.{case.ref}") for code in ("2200", "2210", "1100", "3000")] == [0] * 4

    def _settled(self, fact: ExitSettled) -> None:
        """K7: the entry is whole, and what it takes from the fund's worth is what was agreed and not yet owed to it."""
        gets = fact.now_cents + fact.later_cents
        assert gets == max(fact.net_cents, 0)
        assert fact.capital_cents == fact.receivable_cents + gets + fact.difference_cents

    def finished(self) -> None:
        """At the end: every quote is what it was, as it was known then."""
        snapshot = Snapshot(self.connection, PROJECTIONS, actor=None, now=Store(self.connection).work.clock())
        for partner, day, known_at, found in self.quotes:
            assert quoting.exit_quote(snapshot, ref=partner, as_of=day, known_at=known_at) == found


class Books:
    """Balances at a moment, and what follows from them, reckoned here."""

    def __init__(self, connection: Connection) -> None:
        snapshot = Snapshot(connection, PROJECTIONS, actor=None, now=Store(connection).work.clock())
        self.balances = snapshot.ledger.balances()
        self.mains: dict[str, int] = dict.fromkeys(
            ("1000", "1010", "1100", "1200", "1290", "2000", "2100", "2200", "2210", "2300", "3000", "9000"), 0
        )
        for code, cents in self.balances.items():
            main = code.partition(".")[0]
            self.mains[main] = self.mains.get(main, 0) + cents

    def of(self, code: str) -> int:
        return self.balances.get(code, 0)

    @property
    def nav(self) -> int:
        return -sum(cents for code, cents in self.mains.items() if code[0] in "34")

    @property
    def worth(self) -> Fraction:
        promised = sum(
            (Fraction(cents * (10_000 - REPAYABLE.get(code.partition(".")[2], 0)), 10_000)
             for code, cents in self.balances.items() if code.startswith("9000.")),
            Fraction(0),
        )  # fmt: skip
        return self.nav - promised

    def share(self, partner: str) -> Fraction:
        total = self.mains["3000"]
        return Fraction(self.of(f"3000.{partner}"), total) if total else Fraction(0)

    @property
    def free(self) -> int:
        liquid = sum(self.mains.get(code, 0) for code in ("1000", "1005", "1010", "2000", "2100", "2200", "2300"))
        return liquid - self.mains["9000"] - BUFFER
