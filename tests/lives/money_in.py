"""Money in: capital is called, the bank sends files, receipts find what they are for. Beside each act, its shadow."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from math import floor
from typing import Any, Self

import pytest
from schwifty import IBAN

from fund.bank.simulation import StoryBank, StoryEntry, StoryTransaction
from fund.errors import FundError
from fund.schemas.capital import Receipt
from tests.factories import World
from tests.lives.shadow import Shadow
from tests.workflows import three_partners as three
from tests.workflows.three_partners import BAARN, BUNNIK, BUNSCHOTEN

INHABITANTS = {BAARN: 24_800, BUNNIK: 15_347, BUNSCHOTEN: 22_033}


def iban(number: int) -> str:
    """An account at a bank that exists, with a number that plainly does not."""
    return str(IBAN.generate("NL", bank_code="INGB", account_code=f"{number:010d}"))


class MoneyIn:
    """A fund that people use, its bank, and the shadow beside it."""

    def __init__(self, world: World, bank: StoryBank, shadow: Shadow) -> None:
        self.world = world
        self.bank = bank
        self.shadow = shadow
        self.last_file: bytes | None = None

    def apart(self, world: World) -> Self:
        """The same life, to go on with in another database."""
        world.number = 1_000_000
        other = type(self)(world, copy.deepcopy(self.bank), copy.deepcopy(self.shadow))
        other.last_file = self.last_file
        return other

    # -------------------------------------------------------------------------------------------------- what is refused

    def refused(self, code: str, command: str, *, user: str, **args: Any) -> FundError:
        """The rules say no, by this name, and no cent moves."""
        with self.world.snapshot() as snapshot:
            head = snapshot.ledger.head()
        with pytest.raises(FundError) as caught:
            self.world.do(command, user=user, **args)
        assert caught.value.code() == code, f"{command}: {caught.value}"
        with self.world.snapshot() as snapshot:
            assert snapshot.ledger.head() == head
        return caught.value

    # ------------------------------------------------------------------------------------------------------------- time

    def later(self, days: int) -> None:
        """Days pass; what falls due falls due, and none of it moves money."""
        self.shadow.today += timedelta(days=days)
        self.world.clock(datetime.combine(self.shadow.today, time(9), tzinfo=UTC))

    # ---------------------------------------------------------------------------------------------------------- capital

    def payees(self) -> None:
        """Who can be paid, three days later."""
        three.payee(self.world)

    def heads(self) -> dict[str, int]:
        """Inhabitants of everybody who pays along."""
        return INHABITANTS

    def call(self, cents: int, partner: str | None = None) -> None:
        """K1, of everybody or of one."""
        s = self.shadow
        more = {"partner": partner} if partner else {}
        answer = self.world.both("capital call", user="anna", second="bram", amount=cents, **more)
        made = {event["payload"]["partner"]: event["payload"]["ref"] for event in answer["events"]}
        key = self.heads()
        exact = {one: Fraction(cents * heads, sum(key.values())) for one, heads in key.items()}
        parts = {one: floor(share) for one, share in exact.items()}
        for one in sorted(exact, key=lambda one: (-(exact[one] - parts[one]), one))[: cents - sum(parts.values())]:
            parts[one] += 1
        if partner:
            parts = {partner: cents}
        assert set(made) == {one for one, part in parts.items() if part}
        references = {row["ref"]: row["reference"] for row in self.world.ask("capital list")["calls"]}
        for one in sorted(made):
            ref = made[one]
            s.book((f"1100.{one}", parts[one]), (f"3000.{one}", -parts[one]))
            s.calls[ref] = {"partner": one, "called": parts[one], "open": parts[one], "reference": references[ref]}

    # ------------------------------------------------------------------------------------------------------------- bank

    def comes_in(self, *lines: dict[str, Any], version: str = "08") -> list[str]:
        """R2: money on the bank, in one statement of today; each line: cents, and by reference what it is for.

        A line says ``call`` or ``agreement`` and ``no``, or nothing: then an unknown payer wrote a text.
        """
        for line in lines:
            number = 7_000_000 + len(self.shadow.receipts) + len(self.bank.entries)
            said = {"reference": line["reference"]} if line.get("reference") else {"text": "zie brief"}
            self.bank.receive(line["cents"], name="Betaler", iban=iban(number), on=self.shadow.today, **said)
        return self.imported(lines, version=version)

    def imported(self, lines: Iterable[dict[str, Any]], *, version: str = "08") -> list[str]:
        """The statement of today comes in, with these credit lines on it; the receipts they became."""
        s = self.shadow
        waiting = [ref for ref, one in sorted(s.receipts.items()) if one["waiting"] and not one["by_hand"]]
        self.last_file = self.bank.statement(s.today, version=version)
        self.world.do("bank import", user="bram", files=[{"name": "afschrift.xml", "content": self.last_file}])
        with self.world.snapshot() as snapshot:
            new = sorted(case.ref for case in snapshot.cases(Receipt) if case.ref not in s.receipts)
        lines = list(lines)
        assert len(new) == len(lines)
        for ref, line in zip(new, lines, strict=True):
            s.book(("1000", line["cents"]), ("2300", -line["cents"]))
            s.receipts[ref] = {
                "on": s.today, "waiting": line["cents"], "uses": [], "by_hand": False,
                "call": line.get("call"), "agreement": line.get("agreement"), "no": line.get("no"),
            }  # fmt: skip
            if line.get("returns"):
                self._given_back(ref, line["returns"])
            else:
                self._certain(ref)
        for ref in waiting:
            self._certain(ref)
        return new

    def again(self) -> None:
        """The last file comes a second time: nothing is new."""
        if self.last_file is None:
            return
        waiting = self.world.ask("bank unmatched")
        result = self.world.do("bank import", user="bram", files=[{"name": "kopie.xml", "content": self.last_file}])
        assert result["result"]["lines_new"] == 0
        assert result["entries"] == []
        assert self.world.ask("bank unmatched") == waiting

    def _certain(self, ref: str) -> None:
        """One target and exactly the amount: the service matches by itself."""
        s, one = self.shadow, self.shadow.receipts[ref]
        if one["waiting"] and one["call"] and s.calls[one["call"]]["open"] == one["waiting"]:
            self._receive(ref, one["call"], on=s.booking_day(one["on"]))
        elif one["waiting"] and one["agreement"]:
            part = next(part for part in s.agreements[one["agreement"]]["plan"] if part["no"] == one["no"])
            if min(s.open_of(part), max(s.lent(one["agreement"]), 0)) == one["waiting"]:
                self._repay(ref, one["agreement"], one["no"], on=s.booking_day(one["on"]))

    def _receive(self, ref: str, call: str, *, on: date) -> None:
        s, one, called = self.shadow, self.shadow.receipts[ref], self.shadow.calls[call]
        cents = one["waiting"]
        paid = min(cents, called["open"])
        who = called["partner"]
        legs = s.book(("2300", cents), (f"1100.{who}", -paid), (f"2100.{who}", paid - cents), on=on)
        called["open"] -= paid
        one["waiting"] = 0
        one["uses"].append({"call": call, "cents": paid, "used": cents, "entries": [legs]})

    def _repay(self, ref: str, agreement: str, named: int | None, *, on: date) -> None:
        s, one = self.shadow, self.shadow.receipts[ref]
        cents = one["waiting"]
        parts = s.pay_plan(agreement, min(cents, max(s.lent(agreement), 0)), named)
        advance = sum(parts.values())
        surplus = cents - advance
        if -s.books[f"1290.{agreement}"] > s.lent(agreement) - advance:
            on = max(on, s.booking_day(max(on, s.set_aside_on(agreement))))  # not before it was set aside
        entries = [s.book(("2300", cents), (f"1200.{agreement}", -advance), (f"2100.{BAARN}", -surplus), on=on)]
        entries.append(s.book(*s.above(agreement), on=on))
        one["waiting"] = 0
        use = {"agreement": agreement, "parts": parts, "used": cents, "entries": entries, "named": named, "moved": 0}
        one["uses"].append(use)
        self._one_day(agreement, one["on"])

    def _one_day(self, agreement: str, day: date) -> None:
        """Receipts of one day pay in one order: what the payers named first, then the greater amount; nothing moves."""
        s = self.shadow
        same = [
            (use["named"] is None, use["named"] or 0, -use["used"], ref, use)
            for ref, one in s.receipts.items()
            for use in one["uses"]
            if one["on"] == day and use.get("agreement") == agreement
        ]
        room = 0
        for *_place, use in same:
            for part in s.agreements[agreement]["plan"]:
                part["paid"] -= use["parts"].get(part["no"], 0)
            room += sum(use["parts"].values())
        for *_place, use in sorted(same, key=lambda each: each[:4]):
            parts = s.pay_plan(agreement, min(use["used"], room), use["named"])
            use["moved"] += sum(parts.values()) - sum(use["parts"].values())
            room -= sum(parts.values())
            use["parts"] = parts

    def match(self, ref: str, *, call: str | None = None, agreement: str | None = None) -> None:
        """By hand: what the evidence proposes by a treasurer, anything else by two people."""
        s, one = self.shadow, self.shadow.receipts[ref]
        if one["call"] and not call and not agreement:
            self.world.do("bank match", user="bram", ref=ref, to=one["call"])
            self._receive(ref, one["call"], on=s.booking_day(one["on"]))
        elif one["agreement"] and not call and not agreement:
            if s.lent(one["agreement"]) <= 0 < s.lost(one["agreement"]):
                self.refused("nothing_open", "bank match", user="bram", ref=ref, to=one["agreement"])
                return
            self.world.do("bank match", user="bram", ref=ref, to=one["agreement"])
            self._repay(ref, one["agreement"], one["no"], on=s.booking_day(one["on"]))
        elif call:
            self.world.both("capital receive", user="bram", second="anna2", ref=call, receipt=ref)
            self._receive(ref, call, on=s.today)
        elif agreement:
            args: dict[str, Any] = {"ref": agreement, "receipt": ref}
            if s.lent(agreement) <= 0 < s.lost(agreement):
                self.refused("nothing_open", "repayment allocate", user="bram", **args)
                return
            self.world.both("repayment allocate", user="bram", second="anna2", **args)
            self._repay(ref, agreement, None, on=s.today)

    def unmatch(self, ref: str) -> None:
        """A match was wrong: exact mirrors, and the receipt waits for people."""
        s, one = self.shadow, self.shadow.receipts[ref]
        self.world.do("bank unmatch", user="bram", ref=ref, reason="verkeerd gelezen")
        for use in [use for use in one["uses"] if "call" in use or "agreement" in use]:
            for legs in use["entries"]:
                s.book(*((account, -cents) for account, cents in legs), kind="reversal")
            if use.get("moved"):  # what stood as repaid is what its mirrors find as owed back, or the other way
                s.book((f"1200.{use['agreement']}", use["moved"]), (f"2100.{BAARN}", -use["moved"]))
                s.book(*s.above(use["agreement"]))
            if "call" in use:
                s.calls[use["call"]]["open"] += use["cents"]
            else:
                for part in s.agreements[use["agreement"]]["plan"]:
                    part["paid"] -= use["parts"].get(part["no"], 0)
            one["waiting"] += use["used"]
            one["uses"].remove(use)
        one["by_hand"] = True

    def income(self, ref: str) -> None:
        """C3: what came in is the fund's own."""
        one = self.shadow.receipts[ref]
        self.world.do("cost income", user="bram", receipt=ref, reason="rente")
        self.shadow.book(("2300", one["waiting"]), ("4400", -one["waiting"]))
        one["waiting"] = 0

    def charged(self, cents: int) -> None:
        """C2: the bank took its price."""
        self.bank.charge(cents, on=self.shadow.today)
        self.shadow.book(("4500", cents), ("1000", -cents))
        self.imported([])

    def debited(self, cents: int) -> None:
        """C2: money left the bank and nobody knows why."""
        gone = StoryTransaction(amount_cents=-cents, name="Onbekend", iban=iban(4_711), text="incasso")
        self.bank.entries.append(StoryEntry(transactions=(gone,), booked_on=self.shadow.today))
        self.shadow.book(("1010", cents), ("1000", -cents))
        self.imported([])
        ref = self.world.ask("cost list")["debits"][-1]["ref"]
        self.shadow.debits.append((ref, cents))

    def explained(self) -> None:
        """C2: it was a cost of the fund."""
        ref, cents = self.shadow.debits.pop(0)
        self.world.do("cost charge", user="bram", ref=ref, reason="abonnement")
        self.shadow.book(("4500", cents), ("1010", -cents))
