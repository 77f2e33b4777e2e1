"""The whole life of a fund: money in, money out, and looking back - allowance, write-offs, months and years."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from tests.factories import START
from tests.lives.money_out import BOOKED, OPEN, MoneyOut
from tests.lives.shadow import half_up, months_later
from tests.workflows import three_partners as three
from tests.workflows.three_partners import BAARN

RATES = ((0, 2500), (30, 2500), (90, 4000), (180, 6000), (10**9, 9000))
"""Late at most so many days: the allowance in basis points."""


class Life(MoneyOut):
    """A fund that people use, and its shadow beside it."""

    # ----------------------------------------------------------------------------------------------------- looking back

    def allowance(self) -> None:
        """R9: the rate of its stage over every advance."""
        s = self.shadow
        changes = []
        for ref in s.agreements:
            late = s.days_late(ref)
            rate = next(rate for most, rate in RATES if late <= most)
            wanted = half_up(Fraction(s.lent(ref) * rate, 10_000))
            change = min(wanted, s.lent(ref)) + s.books[f"1290.{ref}"]
            if change:
                changes.append((ref, change))
        quarter = (s.today.year, (s.today.month - 1) // 3)
        if not changes and quarter in {(day.year, (day.month - 1) // 3) for day in s.allowance_runs}:
            self.refused("allowance_up_to_date", "repayment allowance", user="anna")
            return
        self.world.both("repayment allowance", user="anna", second="bram")
        for ref, change in sorted(changes):
            s.book((f"4100.{ref}", change), (f"1290.{ref}", -change))
        s.allowance_runs.append(s.today)

    def end(self, ref: str, *, stopped: bool = False) -> None:
        """A5 or A6: the rest of the commitment is free, and the plan loses its part."""
        s, one = self.shadow, self.shadow.agreements[ref]
        args: dict[str, Any] = {"ref": ref}
        if stopped:
            command, second = "agreement terminate", "carla"
            args |= {"ground": "stop_rule", "reason": "De stopregel is vervuld."}
        else:
            command, second = "agreement complete", "bram"
            args |= {"report": {"name": "eindverslag.pdf", "content": ref.encode()}}
        if self.of(ref, *OPEN):
            self.refused("disbursements_open", command, user="anna", **args)
            return
        self.world.both(command, user="anna", second=second, **args)
        booked = self.of(ref, *BOOKED)
        rest = one["award"] - sum(each["cents"] for each in booked)
        s.book(("9010", rest), (f"9000.{one['proposal']}", -rest))
        s.cut_plan(ref, one["repayable"] - sum(each["share"] for each in booked))
        one["repayable"] = sum(each["share"] for each in booked)
        one["state"] = "terminated" if stopped else "completed"

    def give_up(self, ref: str, cents: int) -> str:
        """W1 to W4: refuted, well learned, decided and posted."""
        s = self.shadow
        if not s.agreements[ref]["evaluated"]:
            three.evaluated(self.world, ref)
            s.agreements[ref]["evaluated"] = True
        args = {"ref": ref, "reason": "De hypothese is weerlegd.", "amount_cents": cents, "requested_by": "fatima"}
        writeoff = str(self.world.do("writeoff propose", user="anna", **args)["events"][0]["payload"]["ref"])
        for name in three.MEMBERS:
            self.world.do("writeoff vote", user=name, ref=writeoff, choice="for")
        self.world.do("writeoff decide", user="carla", ref=writeoff)
        self.world.both("writeoff post", user="anna", second="bram", ref=writeoff)
        s.books[f"1200.{ref}"] -= cents
        above = s.above(ref)
        s.books[f"1200.{ref}"] += cents
        legs = s.book((f"4200.{ref}", cents), (f"1200.{ref}", -cents), *above)
        parts = s.cut_plan(ref, cents)
        s.writeoffs[writeoff] = {
            "agreement": ref, "cents": cents, "recovered": 0, "state": "posted", "legs": legs, "parts": parts,
        }  # fmt: skip
        return writeoff

    def recover(self, writeoff: str, receipt: str) -> None:
        """W6: money came in on what was given up; the surplus is the payer's."""
        s, one, held = self.shadow, self.shadow.writeoffs[writeoff], self.shadow.receipts[receipt]
        cents = held["waiting"]
        self.world.do("writeoff recover", user="bram", ref=writeoff, receipt=receipt)
        taken = min(cents, one["cents"] - one["recovered"], s.lost(one["agreement"]))
        s.book(("2300", cents), (f"4300.{one['agreement']}", -taken), (f"2100.{BAARN}", taken - cents))
        one["recovered"] += taken
        held["waiting"] = 0
        held["uses"].append({"recovery": writeoff})

    def restore(self, writeoff: str) -> None:
        """W5: the exact mirror, in today's year; what was recovered counts as repayment."""
        s, one = self.shadow, self.shadow.writeoffs[writeoff]
        ref = one["agreement"]
        posted = [each for each in s.writeoffs.values() if each["agreement"] == ref and each["state"] == "posted"]
        # what unspent money brought counts for the other write-offs first
        back = sum(each["cents"] for each in posted) - s.lost(ref)
        recovered = max(one["recovered"], back - sum(each["cents"] for each in posted) + one["cents"])
        self.world.both("writeoff reverse", user="carla", second="bram", ref=writeoff, reason="toch terugbetaald")
        s.book(*((account, -cents) for account, cents in one["legs"]), kind="reversal")
        for part in s.agreements[ref]["plan"]:
            part["gone"] -= one["parts"].get(part["no"], 0)
        if recovered:
            s.books[f"1200.{ref}"] -= recovered
            above = s.above(ref)
            s.books[f"1200.{ref}"] += recovered
            s.book((f"4300.{ref}", recovered), (f"1200.{ref}", -recovered), *above)
            s.pay_plan(ref, recovered)
        one["state"] = "reversed"

    # ---------------------------------------------------------------------------------------------------------- periods

    def next_month(self) -> str:
        """The earliest month that is still open."""
        month = START.strftime("%Y-%m")
        while month in self.shadow.months:
            month = months_later(date.fromisoformat(f"{month}-01"), 1).strftime("%Y-%m")
        return month

    def lock_month(self) -> None:
        """C8: the earliest open month takes no ordinary entries any more, once it is over."""
        month = self.next_month()
        if self.shadow.today < months_later(date.fromisoformat(f"{month}-01"), 1):
            self.refused("period_not_over", "period lock", user="anna", period=month)
            return
        self.world.both("period lock", user="anna", second="bram", period=month)
        self.shadow.months[month] = "locked"

    def close_month(self) -> None:
        """C8: the earliest locked month takes none at all; December waits for its year."""
        month = next((month for month, state in sorted(self.shadow.months.items()) if state == "locked"), None)
        if month is None:
            return
        if month.endswith("-12"):
            self.refused("year_not_closed", "period close", user="anna", period=month)
            return
        self.world.both("period close", user="anna", second="bram", period=month)
        self.shadow.months[month] = "closed"

    def reopen_month(self) -> None:
        """C8: the latest of them is opened again, with a reason."""
        months = self.shadow.months
        month = max(months, default=None)
        if month is None or month[:4] in self.shadow.years:
            return
        self.world.both("period reopen", user="anna", second="bram", period=month, reason="vergeten factuur")
        del months[month]

    def close_year(self) -> None:
        """C6: the result of the earliest open year goes to 3100, on its last day."""
        s = self.shadow
        year = START.year + len(s.years)
        last = date(year, 12, 31)
        if s.today <= last:
            self.refused("period_not_over", "period close", user="anna", period=str(year))
            return
        while self.next_month() <= f"{year}-12":
            self.lock_month()
        then = s.as_of(last)
        args = {"period": str(year), "explanation": "wordt uitgezocht"}
        lent = sum(cents for account, cents in then.items() if account.startswith("1200."))
        if lent and not any(date(year, 10, 1) <= day <= last for day in s.allowance_runs):
            self.refused("allowance_run_missing", "period close", user="anna", **args)
            return
        self.world.both("period close", user="anna", second="bram", **args)
        legs = [(account, -cents) for account, cents in sorted(then.items()) if account.startswith("4")]
        result = -sum(cents for _account, cents in legs)
        s.closings[str(year)] = s.book(*legs, ("3100", result), on=last, kind="closing")
        s.months.update({month: "closed" for month in s.months if month <= f"{year}-12"})
        s.years.append(str(year))

    def reopen_year(self) -> bool:
        """C8: the latest year is opened again with its last month, if nothing after it is locked; C6 mirrored."""
        s = self.shadow
        year = s.years[-1]
        args = {"period": year, "reason": "een nota vergeten"}
        if max(s.months) != f"{year}-12":
            self.refused("period_out_of_order", "period reopen", user="anna", **args)
            return False
        self.world.both("period reopen", user="anna", second="bram", **args)
        mirror = ((account, -cents) for account, cents in s.closings.pop(year))
        s.book(*mirror, on=date(int(year), 12, 31), kind="closing")
        del s.months[f"{year}-12"]
        s.years.pop()
        return True

    # ---------------------------------------------------------------------------------------------------------- by hand

    def invoice(self, cents: int, on: date) -> None:
        """C5: a cost that no other command books, on a day of which the month is not closed."""
        s = self.shadow
        legs = {"debits": [["4500", cents]], "credits": [["2000.notaris", cents]]}
        args = {**legs, "memo": "Kosten notaris", "reason": "de nota van de akte", "on": on}
        if s.months.get(on.strftime("%Y-%m")) == "closed":
            self.refused("closed_period", "ledger post", user="anna", **args)
            return
        self.world.both("ledger post", user="anna", second="bram", **args)
        booked = s.book(("4500", cents), ("2000.notaris", -cents), on=on)
        s.by_hand[len(s.entries)] = booked

    def take_back(self, seq: int) -> None:
        """C5: the mirror of an entry by hand, today."""
        legs = self.shadow.by_hand.pop(seq)
        self.world.both("ledger reverse", user="anna", second="bram", seq=seq, reason="dubbel geboekt")
        self.shadow.book(*((account, -cents) for account, cents in legs), kind="reversal")
