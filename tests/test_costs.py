"""What the bank takes and gives beside payments: explained by a treasurer."""

from __future__ import annotations

import pytest

from fund.bank.simulation import StoryEntry, StoryTransaction
from fund.errors import MoreThanReceived, ReasonMissing, TransitionNotAllowed, UnknownRef
from tests.factories import as_text, founded
from tests.workflows.test_receipts import DAY, OTHER, called, import_statement, registered


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
        assert world.look("bank unmatched")["debits"] == []
        assert world.look("cost list")["debits"][0]["explanation"] == "contributie"
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
        assert world.look("bank unmatched")["receipts"] == []
        assert world.look("cost list")["income"] == [
            {"ref": "I2026-0001", "receipt": "O2026-0001", "amount_cents": 432, "reason": "rente"}
        ]
