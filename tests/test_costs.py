"""What the bank takes and gives beside payments: explained by a treasurer."""

from __future__ import annotations

from datetime import date

import pytest

from fund.bank.simulation import StoryEntry, StoryTransaction
from fund.errors.capital import MoreThanReceived
from fund.errors.commands import ReasonMissing, TransitionNotAllowed, UnknownRef
from fund.reports.cash import cash_of
from fund.rules.regulations import standard
from tests.bookkeeping import book, head, journal
from tests.factories import as_text, founded
from tests.workflows.test_receipts import DAY, OTHER, TREASURY, called, import_statement, registered


def test_an_unexplained_debit_becomes_a_cost_once_somebody_says_what_it_was(database_url: str) -> None:
    with founded(database_url) as world:
        called(world)
        bank = registered(world)
        debit = StoryTransaction(amount_cents=-700, name="?", iban=OTHER, text="incasso")
        bank.entries.append(StoryEntry(transactions=(debit,), booked_on=DAY, code="PMNT/RDDT/ESDD"))
        import_statement(world, bank)

        with pytest.raises(ReasonMissing):
            world.do("cost charge", user="bram", ref="U2026-0001", reason="")
        with pytest.raises(UnknownRef):
            world.do("cost charge", user="bram", ref="U2026-0002", reason="contributie")
        world.do("cost charge", user="bram", ref="U2026-0001", reason="contributie")

        assert as_text(world.entries()[-1]) == (
            "2026-01-05 debit.explained Afschrijving U2026-0001 verklaard als kosten\n  Dr 4500 700\n    Cr 1010 700"
        )
        assert world.ask("bank unmatched")["debits"] == []
        assert world.ask("cost list")["debits"][0]["explanation"] == "contributie"
        with pytest.raises(TransitionNotAllowed):
            world.do("cost charge", user="bram", ref="U2026-0001", reason="nogmaals")


def test_interest_is_income_of_the_fund_and_explains_its_receipt(database_url: str) -> None:
    with founded(database_url) as world:
        called(world)
        bank = registered(world)
        bank.receive(432, name="Bank", iban="", on=DAY, text="rente")
        import_statement(world, bank)

        with pytest.raises(MoreThanReceived) as refused:
            world.do("cost income", user="bram", receipt="O2026-0001", reason="rente", amount=433)
        assert refused.value.details == {"asked_cents": 433, "ref": "O2026-0001", "waiting_cents": 432}
        world.do("cost income", user="bram", receipt="O2026-0001", reason="rente")

        assert as_text(world.entries()[-1]) == (
            "2026-01-05 income.recorded Overige baten I2026-0001 (O2026-0001)\n  Dr 2300 432\n    Cr 4400 432"
        )
        assert world.ask("bank unmatched")["receipts"] == []
        assert world.ask("cost list")["income"] == [
            {"ref": "I2026-0001", "receipt": "O2026-0001", "amount_cents": 432, "reason": "rente"}
        ]


def test_interest_of_the_treasury_account_is_income_too_and_counts_inside(database_url: str) -> None:
    with founded(database_url) as world:
        called(world)
        treasury = registered(world, iban=TREASURY, account="1005")
        treasury.receive(432, name="Ministerie van Financien", iban="", on=DAY, text="rente")
        import_statement(world, treasury)
        since = head(world) - 1
        world.do("cost income", user="bram", receipt="O2026-0001", reason="rente")

        assert journal(world, since) == book("""
            2026-01-05  receipt.recorded  Ontvangst O2026-0001
              Dr 1005                  4.32
              Cr 2300                          4.32

            2026-01-05  income.recorded  Overige baten I2026-0001 (O2026-0001)
              Dr 2300                  4.32
              Cr 4400                          4.32
        """)
        row = next(row for row in world.ask("statement treasury")["accounts"] if row["account"] == "1005")
        assert (row["in_treasury"], row["closing_cents"]) == (True, 432)
        with world.snapshot() as snapshot:
            cash = cash_of(snapshot)
        assert (cash.cash, cash.r, cash.difference) == (432, 432, 0)


def test_each_year_stands_beside_its_cost_budget(sqlite_url: str) -> None:
    def by_hand(account: str, cents: int) -> None:
        legs = {"debits": [[account, cents]], "credits": [["2000.notaris", cents]]}
        world.both("ledger post", user="anna", second="bram", **legs, memo="Kosten notaris", reason="Factuur 7.")

    rules = standard().model_copy(update={"cost_budget_cents": 1_000})
    with founded(sqlite_url, rules=rules) as world:
        by_hand("4500", 1_200)
        world.clock(date(2027, 1, 10))
        for command in ("period lock", "period close"):
            world.both(command, user="anna", second="bram", period="2026")
        by_hand("4500", 300)
        assert world.ask("cost list")["years"] == [
            {
                "year": 2026, "budget_cents": 1_000, "spent_cents": 1_200, "left_cents": 0, "over_cents": 200,
                "income_cents": 0,
            },
            {
                "year": 2027, "budget_cents": 1_000, "spent_cents": 300, "left_cents": 700, "over_cents": 0,
                "income_cents": 0,
            },
        ]  # fmt: skip
