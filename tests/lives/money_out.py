"""Money out: experiments become agreements, milestones are paid, payments fail, come back and are tried again."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

from tests.lives.money_in import MoneyIn
from tests.lives.shadow import half_up, months_later
from tests.workflows import three_partners as three
from tests.workflows.three_partners import BAARN

BOOKED = ("approved", "sent", "failed", "paid", "part_refunded")
OPEN = ("requested", "checked", "approved", "sent", "failed")


class MoneyOut(MoneyIn):
    """What is decided, agreed and paid."""

    # ------------------------------------------------------------------------------------------------------ experiments

    def experiment(self, cents: int, share_bps: int, first: int, count: int, grace: int, between: int) -> str | None:
        """A proposal becomes an agreement, or is refused for want of money (P1-P20, A1, A2)."""
        s, world = self.shadow, self.world
        closes = s.today + timedelta(days=1)
        about = {"title": "Ronde", "opens": s.today, "closes": closes, "ceiling_cents": 10**9, "track": "standard"}
        round_ref = str(world.both("round plan", user="anna", second="carla", **about)["result"]["round"])
        world.drain()
        year = s.today.year
        content = three.form_of(
            round_ref,
            title=f"Proef {len(s.agreements)} {round_ref}",
            ask_cents=cents,
            share_bps=share_bps,
            budget=({"year": year, "amount_cents": cents},),
            parts=(first, cents - first),
            dues=(date(year + 1, 6, 1), date(year + 4, 6, 1)),
            repayment={
                "plan": "fixed", "grace_months": grace, "instalments": count, "months_between": between,
                "ends_on": date(year + 20, 12, 31),
            },
            benefits=({"partner": BAARN, "year": year + 2, "amount_cents": 1_000_000},),
        )  # fmt: skip
        s.today += timedelta(days=2)
        ref = three.decidable(world, content, closed=datetime.combine(s.today, time(9), tzinfo=UTC))
        for name in three.MEMBERS:
            world.do("decision vote", user=name, ref=ref, choice="for")
        if cents > s.free():
            self.refused("insufficient_free_to_commit", "decision decide", user="carla", ref=ref, amount_cents=cents)
            world.do("proposal withdraw", user="fatima", ref=ref, reason="te weinig geld in het fonds")
            return None
        world.do("decision decide", user="carla", ref=ref, amount_cents=cents)
        s.book((f"9000.{ref}", cents), ("9010", -cents))
        agreement = three.agreed(world, ref)
        repayable = half_up(Fraction(cents * share_bps, 10_000))
        marks = [repayable * number // count for number in range(count + 1)]
        parts = [
            (months_later(s.today, grace + between * number), after - before)
            for number, (before, after) in enumerate(itertools.pairwise(marks))
        ]
        s.agreements[agreement] = {
            "proposal": ref, "award": cents, "share": share_bps, "repayable": repayable, "state": "active",
            "milestones": {1: {"cents": first, "accepted": False}, 2: {"cents": cents - first, "accepted": False}},
            "evaluated": False,
            "plan": [
                {"no": no, "due": due, "amount": part, "paid": 0, "gone": 0}
                for no, (due, part) in enumerate(((due, part) for due, part in parts if part), start=1)
            ],
        }  # fmt: skip
        return agreement

    def amend(self, ref: str, number: int, change: int) -> None:
        """A3: the award rises or falls in a milestone that is not judged yet; the plan follows at its end."""
        s, one = self.shadow, self.shadow.agreements[ref]
        milestone = one["milestones"][number]
        args = {"ref": ref, "change_cents": change, "milestone": number, "reason": "andere prijs"}
        unasked = one["award"] - sum(each["cents"] for each in self.of(ref, *OPEN, *BOOKED))
        if milestone["accepted"]:
            self.refused("milestone_not_open", "agreement amend", user="anna", **args)
        elif change > s.free() and change > 0:
            self.refused("insufficient_free_to_commit", "agreement amend", user="anna", **args)
        elif change > 0 and one["award"] + change >= 12_500_000:
            made = self.world.both("agreement amend", user="anna", second="fatima", **args)
            assert made["result"]["asks"] == "committee"  # it waits there, and changes nothing yet
        elif -change > min(unasked, milestone["cents"]):
            self.refused("beyond_commitment", "agreement amend", user="anna", **args)
        else:
            self.world.both("agreement amend", user="anna", second="fatima", **args)
            s.book((f"9000.{one['proposal']}", change), ("9010", -change))
            one["award"] += change
            milestone["cents"] += change
            paid = self.of(ref, *BOOKED)
            booked, booked_share = sum(each["cents"] for each in paid), sum(each["share"] for each in paid)
            share = half_up(Fraction(one["award"] * one["share"], 10_000))
            repayable = min(max(share, booked_share), booked_share + one["award"] - booked)
            if repayable < one["repayable"]:
                s.cut_plan(ref, one["repayable"] - repayable)
            elif repayable > one["repayable"]:
                s.in_order(ref)[-1]["amount"] += repayable - one["repayable"]
            one["repayable"] = repayable

    def of(self, agreement: str, *states: str) -> list[dict[str, Any]]:
        """The disbursements of an agreement in these states."""
        found = self.shadow.disbursements.values()
        return [one for one in found if one["agreement"] == agreement and one["state"] in states]

    def request(self, agreement: str, number: int, cents: int) -> str:
        """M1, M2, D1: a milestone is shown and accepted, and money is asked for it."""
        milestone = self.shadow.agreements[agreement]["milestones"][number]
        if not milestone["accepted"]:
            three.earned(self.world, agreement, number)
            milestone["accepted"] = True
        args = {"ref": agreement, "milestone": number, "amount": cents}
        ref = str(self.world.do("disbursement request", user="fatima", **args)["result"]["ref"])
        self.shadow.disbursements[ref] = {
            "ref": ref, "agreement": agreement, "milestone": number, "cents": cents, "state": "requested",
            "share": 0, "refunded": 0, "refunded_share": 0, "attempts": 0, "to_verify": False,
        }  # fmt: skip
        return ref

    def asked(self, agreement: str, number: int) -> int:
        """What can still be asked of a milestone."""
        live = sum(one["cents"] for one in self.of(agreement, *OPEN, *BOOKED) if one["milestone"] == number)
        return int(self.shadow.agreements[agreement]["milestones"][number]["cents"]) - live

    def approve(self, ref: str) -> None:
        """D2, D3: the share by cumulative rounding; the commitment becomes a debt."""
        s, one = self.shadow, self.shadow.disbursements[ref]
        agreement = s.agreements[one["agreement"]]
        if one["state"] == "requested":
            self.world.do("disbursement check", user="anna", ref=ref)
            one["state"] = "checked"
        if one["cents"] > s.cash_available():
            self.refused("insufficient_cash", "disbursement approve", user="bram", ref=ref)
            return
        self.world.do("disbursement approve", user="bram", ref=ref)
        before = self.of(one["agreement"], *BOOKED)
        done, shared = sum(each["cents"] for each in before), sum(each["share"] for each in before)
        share = half_up(Fraction((done + one["cents"]) * agreement["share"], 10_000)) - shared
        one["share"] = max(0, min(share, one["cents"]))
        one["state"] = "approved"
        s.book(
            (f"1200.{one['agreement']}", one["share"]),
            (f"4000.{one['agreement']}", one["cents"] - one["share"]),
            (f"2000.{BAARN}", -one["cents"]),
            ("9010", one["cents"]),
            (f"9000.{agreement['proposal']}", -one["cents"]),
        )

    def payable(self) -> list[str]:
        """What stands approved and may be paid."""
        return [
            ref for ref, one in self.shadow.disbursements.items() if one["state"] == "approved" and not one["to_verify"]
        ]

    def send(self) -> str:
        """D4: everything payable leaves in one batch."""
        s, refs = self.shadow, self.payable()
        batch = str(self.world.do("payment batch", user="anna")["result"]["ref"])
        if s.debits:
            self.refused("debits_unexplained", "payment send", user="bram2", ref=batch)
            self.explained()
            while s.debits:
                self.explained()
        self.world.both("payment send", user="bram2", second="anna2", ref=batch)
        cents = sum(s.disbursements[ref]["cents"] for ref in refs)
        s.book((f"2000.{BAARN}", cents), ("1010", -cents))
        for ref in refs:
            s.disbursements[ref]["state"] = "sent"
            s.disbursements[ref]["attempts"] += 1
        s.batches[batch] = {"refs": refs, "paid": False}
        return batch

    def wire(self, ref: str) -> str:
        """The end-to-end reference of the attempt that is under way, or was paid."""
        attempt = self.shadow.disbursements[ref]["attempts"]
        return ref.replace("-", "") + (f"R{attempt}" if attempt > 1 else "")

    def settle(self, batch: str) -> None:
        """D5: the bank pays what of a batch is under way, and its statement says so."""
        s = self.shadow
        refs = [ref for ref in s.batches[batch]["refs"] if s.disbursements[ref]["state"] == "sent"]
        content = three.file_of(self.world, batch)
        day = max(three.executed_on(self.world, batch), s.today)
        self.later((day - s.today).days)
        self.bank.pay(content, on=day, refused=[self.wire(ref) for ref in s.batches[batch]["refs"] if ref not in refs])
        s.batches[batch]["paid"] = True
        for ref in refs:
            s.book(("1010", s.disbursements[ref]["cents"]), ("1000", -s.disbursements[ref]["cents"]))
            s.disbursements[ref]["state"] = "paid"
        self.imported([])

    def fail(self, ref: str) -> None:
        """D6: the bank did not carry it out."""
        one = self.shadow.disbursements[ref]
        self.world.do("payment fail", user="bram2", ref=ref, reason="AC01")
        self.shadow.book(("1010", one["cents"]), (f"2000.{BAARN}", -one["cents"]))
        one["state"] = "failed"

    def come_back(self, ref: str) -> None:
        """D10: the bank returns a payment."""
        one = self.shadow.disbursements[ref]
        self.bank.send_back(self.wire(ref), on=self.shadow.today)
        self.imported([{"cents": one["cents"], "returns": ref}])

    def _given_back(self, receipt: str, ref: str) -> None:
        one = self.shadow.disbursements[ref]
        self.shadow.book(("2300", one["cents"]), (f"2000.{BAARN}", -one["cents"]))
        self.shadow.receipts[receipt]["waiting"] = 0
        one.update(state="approved", to_verify=True)

    def retry(self, ref: str) -> None:
        """The account was verified again."""
        self.world.do("payment retry", user="anna", ref=ref)
        self.shadow.disbursements[ref].update(state="approved", to_verify=False)

    def cancel(self, ref: str) -> None:
        """D7: the approval is undone; after the end of the agreement nothing becomes a commitment again."""
        s, one = self.shadow, self.shadow.disbursements[ref]
        agreement = s.agreements[one["agreement"]]
        args = {"ref": ref, "reason": "niet meer nodig"}
        if s.lent(one["agreement"]) < one["share"]:
            self.refused("already_repaid", "disbursement cancel", user="anna", **args)
            return
        self.world.both("disbursement cancel", user="anna", second="bram", **args)
        again = one["cents"] if agreement["state"] == "active" else 0
        s.book(
            (f"2000.{BAARN}", one["cents"]),
            (f"1200.{one['agreement']}", -one["share"]),
            (f"4000.{one['agreement']}", one["share"] - one["cents"]),
            (f"9000.{agreement['proposal']}", again),
            ("9010", -again),
        )
        s.book(*s.above(one["agreement"]))
        if not again:
            s.cut_plan(one["agreement"], one["share"])
        one["state"] = "cancelled"

    def refuse(self, ref: str) -> None:
        """D9: the fund says no before approval."""
        self.world.do("disbursement refuse", user="anna", ref=ref, reason="nog niet")
        self.shadow.disbursements[ref]["state"] = "refused"

    def refund(self, ref: str, receipt: str) -> None:
        """D8: unspent money came back, divided as it went out."""
        s, one, held = self.shadow, self.shadow.disbursements[ref], self.shadow.receipts[receipt]
        agreement, cents = one["agreement"], min(held["waiting"], one["cents"] - one["refunded"])
        self.world.do("disbursement refund", user="bram2", ref=ref, receipt=receipt, amount=cents)
        share = half_up(Fraction((one["refunded"] + cents) * one["share"], one["cents"])) - one["refunded_share"]
        advance = min(share, max(s.lent(agreement), 0))
        recovered = min(share - advance, max(s.lost(agreement), 0))
        s.book(
            ("2300", cents),
            (f"1200.{agreement}", -advance),
            (f"4000.{agreement}", share - cents),
            (f"4300.{agreement}", -recovered),
            (f"2100.{BAARN}", advance + recovered - share),
        )
        s.book(*s.above(agreement))
        s.cut_plan(agreement, advance)
        one["refunded"] += cents
        one["refunded_share"] += share
        one["state"] = "part_refunded"
        held["waiting"] -= cents
        held["uses"].append({"refund": ref})
