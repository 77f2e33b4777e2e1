"""The worked example of lifecycle.md, section 13, cent by cent: one experiment from capital call to year end.

Every row is reached by the commands that people type; after each, the whole row of the table is read from the ledger,
and what was booked is compared as bookkeeping text.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from fund.bank.simulation import StoryBank
from fund.checks import verify
from fund.rules.valuation import free_to_commit, nav
from tests.factories import World, as_text, founded
from tests.workflows.three_partners import (
    BAARN,
    BUNNIK,
    CALLED,
    IBANS,
    agreed,
    approved,
    decidable,
    earned,
    evaluated,
    executed_on,
    file_of,
    form_of,
    given_up,
    paid_in,
    payable,
    payee,
    peopled,
    round_planned,
    rules,
    sent,
    taken_in,
)

PROPOSAL, AGREEMENT = "2026-001", "A2026-001"
COLUMNS = ("1000", "1010", "1100", "1200", "1290", "2000", "9000")

#        1000        1010        1100        1200       1290     2000       9000       result      free       NAV
TABLE = {
    "K1": (0, 0, 10_000_000, 0, 0, 0, 0, 0, -500_000, 10_000_000),
    "K2": (10_000_000, 0, 0, 0, 0, 0, 0, 0, 9_500_000, 10_000_000),
    "P14": (10_000_000, 0, 0, 0, 0, 0, 4_000_000, 0, 5_500_000, 10_000_000),
    "D3": (10_000_000, 0, 0, 1_750_001, 0, 2_500_001, 1_499_999, -750_000, 5_500_000, 9_250_000),
    "D4": (10_000_000, -2_500_001, 0, 1_750_001, 0, 0, 1_499_999, -750_000, 5_500_000, 9_250_000),
    "D5": (7_499_999, 0, 0, 1_750_001, 0, 0, 1_499_999, -750_000, 5_500_000, 9_250_000),
    "R3": (7_999_999, 0, 0, 1_250_001, 0, 0, 1_499_999, -750_000, 6_000_000, 9_250_000),
    "R9": (7_999_999, 0, 0, 1_250_001, 312_500, 0, 1_499_999, -1_062_500, 6_000_000, 8_937_500),
    "A5": (7_999_999, 0, 0, 1_250_001, 312_500, 0, 0, -1_062_500, 7_499_999, 8_937_500),
    "W4": (7_999_999, 0, 0, 0, 0, 0, 0, -2_000_001, 7_499_999, 7_999_999),
    "W6": (8_099_999, 0, 0, 0, 0, 0, 0, -1_900_001, 7_599_999, 8_099_999),
    "C6": (8_099_999, 0, 0, 0, 0, 0, 0, 0, 7_599_999, 8_099_999),
    "K7": (8_099_999, 0, 0, 0, 0, 0, 0, 0, 5_724_200, 6_100_793),
}
"""The table as it stands in the design; amounts on the normal side of each account."""
CREDIT_SIDE = ("1290", "2000")


def row_of(world: World) -> tuple[int, ...]:
    """The row of the table as the ledger has it now."""
    with world.snapshot() as snapshot:
        now = snapshot.ledger.main_balances()
        buffer_cents = snapshot.regulations().buffer_cents
    columns = tuple(-now.get(code, 0) if code in CREDIT_SIDE else now.get(code, 0) for code in COLUMNS)
    result = -sum(cents for code, cents in now.items() if code.startswith("4"))
    return (*columns, result, free_to_commit(now, buffer_cents), nav(now))


def balance(world: World, code: str) -> int:
    """What stands on an account, debit positive, closing entries included."""
    with world.snapshot() as snapshot:
        return snapshot.ledger.balance(code)


class Story:
    """The example while it is told: what was booked since the last row, and the row itself."""

    def __init__(self, world: World, bank: StoryBank) -> None:
        self.world = world
        self.bank = bank
        self.seen = 0

    def booked(self) -> list[str]:
        """Entries since the last look, as bookkeeping text."""
        new = self.world.entries(since_seq=self.seen)
        self.seen = new[-1].seq if new else self.seen
        return [as_text(entry) for entry in new]

    def stands(self, row: str, *, capital: int = 10_000_000, closed_result: int = 0) -> None:
        """The row of the table stands, with 3000 and 3100 beside it, and so says the position."""
        assert dict(zip(("row", *COLUMNS, "result", "free", "NAV"), (row, *row_of(self.world)), strict=True)) == dict(
            zip(("row", *COLUMNS, "result", "free", "NAV"), (row, *TABLE[row]), strict=True)
        )
        assert -balance(self.world, "3000") == capital
        assert -balance(self.world, "3100") == closed_result
        assert balance(self.world, "9000") + balance(self.world, "9010") == 0


@contextmanager
def told_until_sent(database_url: str) -> Iterator[tuple[Story, str]]:
    """The first rows, K1 to D4; the story and the disbursement that is under way."""
    with founded(database_url, rules=rules()) as world:
        story = Story(world, peopled(world))
        _capital(story)
        _award(story)
        ref = _payment(story)
        yield story, ref


def _capital(story: Story) -> None:
    world = story.world
    world.both("capital call", user="anna", second="bram", amount=10_000_000, key="2026")
    assert story.booked() == [
        f"2026-01-05 contribution.called Kapitaaloproep B2026-000{number}, sleutel 2026\n"
        f"  Dr 1100.{partner} {cents}\n"
        f"    Cr 3000.{partner} {cents}"
        for number, (partner, cents) in enumerate(CALLED.items(), start=1)
    ]
    story.stands("K1")
    assert sum(CALLED.values()) == 10_000_000

    paid_in(world, story.bank, date(2026, 1, 12))
    lines = []
    for number, (partner, cents) in enumerate(CALLED.items(), start=1):
        lines.append(f"2026-01-12 receipt.recorded Ontvangst O2026-000{number}\n  Dr 1000 {cents}\n    Cr 2300 {cents}")
        lines.append(
            f"2026-01-12 contribution.received Bijdrage op oproep B2026-000{number} ontvangen (O2026-000{number})\n"
            f"  Dr 2300 {cents}\n    Cr 1100.{partner} {cents}"
        )
    assert story.booked() == lines
    story.stands("K2")


def _award(story: Story) -> None:
    world = story.world
    ref = decidable(world, form_of(round_planned(world)))
    assert ref == PROPOSAL
    assert story.booked() == []
    approved(world, ref)
    assert story.booked() == [
        "2026-02-02 decision.approved Toekenning 2026-001\n  Dr 9000.2026-001 4000000\n    Cr 9010 4000000"
    ]
    story.stands("P14")


def _payment(story: Story) -> str:
    world = story.world
    assert agreed(world, PROPOSAL) == AGREEMENT
    payee(world)
    world.clock(date(2026, 6, 1))
    earned(world, AGREEMENT, 1)
    assert story.booked() == []  # nothing moves at signing, nor for evidence
    ref = payable(world, AGREEMENT, 1)
    assert story.booked() == [
        "2026-06-01 disbursement.approved Uitbetaling D2026-0001 goedgekeurd (A2026-001)\n"
        "  Dr 1200.A2026-001 1750001\n"
        "  Dr 4000.A2026-001 750000\n"
        "    Cr 2000.gm0308 2500001\n"
        "  Dr 9010 2500001\n"
        "    Cr 9000.2026-001 2500001"
    ]
    story.stands("D3")
    sent(world, ref)
    assert story.booked() == [
        "2026-06-01 payment.sent Betaalbatch S2026-001 verzonden\n  Dr 2000.gm0308 2500001\n    Cr 1010 2500001"
    ]
    story.stands("D4")
    return ref


def _settled_and_repaid(story: Story) -> None:
    world, bank = story.world, story.bank
    day = executed_on(world, "S2026-001")
    bank.pay(file_of(world, "S2026-001"))
    world.clock(day)
    taken_in(world, bank, day)
    assert story.booked() == [
        f"{day} payment.settled D2026-0001 betaald (S2026-001)\n  Dr 1010 2500001\n    Cr 1000 2500001"
    ]
    story.stands("D5")

    reference = world.ask("repayment plan", ref=AGREEMENT)["instalments"][0]["reference"]
    day = date(2026, 9, 1)
    world.clock(day)
    bank.receive(500_000, name="Gemeente Baarn", iban=IBANS[BAARN], on=day, reference=reference)
    assert taken_in(world, bank, day)["unmatched"] == 1  # not a whole instalment: proposed, and a treasurer says so
    world.do("bank match", user="bram", ref="O2026-0004")
    assert story.booked() == [
        "2026-09-01 receipt.recorded Ontvangst O2026-0004\n  Dr 1000 500000\n    Cr 2300 500000",
        "2026-09-01 receipt.allocated Terugbetaling A2026-001 (O2026-0004)\n"
        "  Dr 2300 500000\n    Cr 1200.A2026-001 500000",
    ]
    story.stands("R3")


def _set_aside_and_completed(story: Story) -> None:
    world = story.world
    world.clock(date(2026, 10, 1))
    world.both("repayment allowance", user="anna", second="bram", on=date(2026, 9, 30))
    assert story.booked() == [
        "2026-09-30 allowance.adjusted Voorziening A2026-001 2026-Q3\n"
        "  Dr 4100.A2026-001 312500\n    Cr 1290.A2026-001 312500"
    ]
    story.stands("R9")
    report = {"name": "eindverslag.pdf", "content": b"Eindverslag"}
    world.both("agreement complete", user="anna", second="bram", ref=AGREEMENT, report=report)
    assert story.booked() == [
        "2026-10-01 agreement.completed Overeenkomst A2026-001 afgerond, rest vrijgevallen\n"
        "  Dr 9010 1499999\n    Cr 9000.2026-001 1499999"
    ]
    story.stands("A5")


def _written_off_and_recovered(story: Story) -> None:
    world, bank = story.world, story.bank
    evaluated(world, AGREEMENT)
    ref = given_up(world, AGREEMENT)
    assert story.booked() == []
    world.both("writeoff post", user="anna", second="bram", ref=ref)
    assert story.booked() == [
        "2026-10-01 writeoff.posted Leerafboeking A2026-001-W1\n"
        "  Dr 4200.A2026-001 1250001\n"
        "    Cr 1200.A2026-001 1250001\n"
        "  Dr 1290.A2026-001 312500\n"
        "    Cr 4100.A2026-001 312500"
    ]
    story.stands("W4")
    assert {code: balance(world, code) for code in ("4000", "4100", "4200", "4210", "4300")} == {
        "4000": 750_000, "4100": 0, "4200": 1_250_001, "4210": 0, "4300": 0,
    }  # fmt: skip

    day = date(2026, 12, 1)
    world.clock(day)
    bank.receive(100_000, name="Gemeente Baarn", iban=IBANS[BAARN], on=day, text="nabetaling pompen")
    assert taken_in(world, bank, day)["unmatched"] == 1
    world.do("writeoff recover", user="bram", ref=ref, receipt="O2026-0005")
    assert story.booked() == [
        "2026-12-01 receipt.recorded Ontvangst O2026-0005\n  Dr 1000 100000\n    Cr 2300 100000",
        "2026-12-01 writeoff.recovered Terugontvangen na afboeking A2026-001-W1\n"
        "  Dr 2300 100000\n    Cr 4300.A2026-001 100000",
    ]
    story.stands("W6")


def _year_closed(story: Story) -> None:
    world = story.world
    # the four account values before C6, as the example has them
    assert {code: balance(world, code) for code in ("4000", "4100", "4200", "4300")} == {
        "4000": 750_000, "4100": 0, "4200": 1_250_001, "4300": -100_000,
    }  # fmt: skip
    world.clock(date(2027, 1, 15))
    world.both("period lock", user="anna", second="bram", period="2026")
    assert story.booked() == []
    world.both("period close", user="anna", second="bram", period="2026")
    assert story.booked() == [
        "2026-12-31 closing Jaarafsluiting 2026\n"
        "    Cr 4000.A2026-001 750000\n"
        "    Cr 4200.A2026-001 1250001\n"
        "  Dr 4300.A2026-001 100000\n"
        "  Dr 3100 1900001"
    ]
    story.stands("C6", closed_result=-1_900_001)


def _left(story: Story) -> None:
    world = story.world
    quote = world.ask("partner exit-quote", user="piet", ref=BUNNIK)
    assert (quote["net_cents"], quote["now_cents"], quote["later_cents"]) == (1_999_206, 1_875_799, 123_407)
    decision = {"name": "raadsbesluit.pdf", "content": b"De raad besluit uit te treden."}
    world.do("partner give-notice", user="piet", ref=BUNNIK, decision=decision)
    world.clock(date(2027, 7, 15))
    world.both("partner propose-settlement", user="anna", second="bram", ref=BUNNIK)
    world.both("partner agree-settlement", user="piet", second="carla", ref=BUNNIK)
    world.do("partner settle", user="bram2", ref=BUNNIK)
    assert story.booked() == [
        "2027-07-15 exit.settled Uittredesom gm0312\n"
        "  Dr 3000.gm0312 2468157\n"
        "    Cr 2200.gm0312 1875799\n"
        "    Cr 2210.gm0312 123407\n"
        "    Cr 3100 468951"
    ]
    story.stands("K7", capital=7_531_843, closed_result=-1_431_050)


def _ends_well(story: Story) -> None:
    world = story.world
    days = {
        "K2": "2026-01-12",
        "P14": "2026-02-02",
        "R3": "2026-09-01",
        "R9": "2026-09-30",
        "W4": "2026-10-01",
        "W6": "2027-01-15",
    }
    for row, day in days.items():  # what came later changed no earlier day, and year end is left out
        position: dict[str, Any] = world.ask("statement position", as_of=date.fromisoformat(day))
        found = tuple(position[f"{name}_cents"] for name in ("result", "free_to_commit", "net_asset_value"))
        assert (row, *found) == (row, *TABLE[row][7:])
    verified = verify(world.fund.engine)
    assert [finding for check in verified["checks"] for finding in check["findings"]] == []
    assert verified["ok"]


def test_the_worked_example_holds_to_the_cent(database_url: str) -> None:
    with told_until_sent(database_url) as (story, _ref):
        _settled_and_repaid(story)
        _set_aside_and_completed(story)
        _written_off_and_recovered(story)
        _year_closed(story)
        _left(story)
        _ends_well(story)


def test_a_payment_that_the_bank_does_not_carry_out_restores_the_row_of_its_approval(database_url: str) -> None:
    with told_until_sent(database_url) as (story, ref):
        story.world.do("payment fail", user="bram2", ref=ref, reason="AC04")
        assert story.booked() == [
            "2026-06-01 payment.failed D2026-0001 niet uitgevoerd door de bank (S2026-001)\n"
            "  Dr 1010 2500001\n    Cr 2000.gm0308 2500001"
        ]
        story.stands("D3")
