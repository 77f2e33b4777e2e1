"""Costs and interest as they are typed: claimed, paid first, waived, each by two people."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.factories import founded
from tests.workflows.agreeing import AGREEMENT, noon, running
from tests.workflows.money_out import receipt


def test_costs_and_interest_are_claimed_paid_and_waived(fund: Any, sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world, paid=1)
        world.clock(noon(date(2026, 8, 17)))
        with world.uow("bram") as uow:
            receipt(uow, "O2026-0101", 100_500)

    def typed(*words: object, user: str = "anna", second: str = "bram") -> str:
        asked = fund(*words, database=sqlite_url, user=user)
        assert asked.code == 0, asked.err
        ref = next(word for word in asked.out.split() if word.startswith("Q20")).rstrip(":.,")
        done = fund("confirm", ref, "--yes", database=sqlite_url, user=second)
        assert done.code == 0, done.err
        return str(fund("repayment", "plan", AGREEMENT, database=sqlite_url, terminal=True).out)

    claim = ("repayment", "charge", AGREEMENT, "--reason", "te laat")
    foretold = fund(*claim, "--amount", "20", "--ground", "interest", "--dry-run", database=sqlite_url, user="anna")
    assert foretold.code == 0, foretold.err
    assert "EUR 20.00 is owed on A2026-003 (interest, number 1)." in foretold.out
    typed(*claim, "--amount", "20", "--ground", "interest")
    shown = typed(*claim, "--amount", "15", "--ground", "fee")
    assert f"Costs and interest of {AGREEMENT}" in shown
    paying = ("repayment", "allocate", AGREEMENT, "--receipt", "O2026-0101", "--amount", "30")
    trial = fund(*paying, "--dry-run", database=sqlite_url, user="bram").out
    assert "Number 2, demand fee: EUR 15.00, EUR 0.00 stays open." in trial
    assert "Number 1, interest: EUR 15.00, EUR 5.00 stays open." in trial
    typed(*paying, user="bram", second="anna")
    waiving = ("repayment", "waive-charge", AGREEMENT, "--number", "1", "--reason", "te hoog")
    assert "EUR 5.00 is not owed" in fund(*waiving, "--dry-run", database=sqlite_url, user="anna").out
    typed(*waiving)
    rest = fund("repayment", "plan", AGREEMENT, "--json", database=sqlite_url).json
    assert [each["open_cents"] for each in rest["charges"]] == [0, 0]
    told = fund("regulations", "show", database=sqlite_url).out
    assert "Least interest claimed" in told
