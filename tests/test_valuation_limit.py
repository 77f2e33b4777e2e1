"""What is free to commit is kept by the ledger itself: a set of accounts, made when the fund is founded."""

from __future__ import annotations

from datetime import date

import pytest

from fund.commands.founding import found_fund
from fund.database import create_engine, writing
from fund.errors.ledger import SetLimitExceeded
from fund.ledger import EntryDraft, Ledger, credit, debit
from fund.rules.regulations import standard
from fund.rules.valuation import PROMISES
from fund.unit_of_work import BOOK

DAY = date(2026, 3, 1)


def entry(key: str, kind: str, cents: int) -> EntryDraft:
    legs = (debit("9000.2027-001", cents), credit("9010", cents))
    return EntryDraft(effective_on=DAY, kind=kind, memo="m", actor="usr_a", idempotency_key=key, postings=legs)


@pytest.mark.parametrize("kind", [*PROMISES, "payment.settled"])
def test_a_promise_beyond_the_buffer_is_refused_by_the_ledger_and_a_fact_is_not(sqlite_url: str, kind: str) -> None:
    found_fund(sqlite_url, name="Fonds", admin="adri", fund_manager="anna", treasurer="tom", on=date(2026, 1, 1))
    engine = create_engine(sqlite_url)
    buffer = standard().buffer_cents
    with writing(engine) as connection:
        ledger = Ledger.open(connection, book=BOOK)
        capital = (debit("1000", buffer + 500), credit("3000.gm0344", buffer + 500))
        ledger.post(
            EntryDraft(effective_on=DAY, kind="bank", memo="m", actor="usr_a", idempotency_key="in", postings=capital)
        )
        ledger.post(entry("fits", kind, 500))
        if kind in PROMISES:
            with pytest.raises(SetLimitExceeded) as refusal:
                ledger.post(entry("beyond", kind, 1))
            told = {"set": "free_to_commit", "balance_cents": buffer - 1, "limit_cents": buffer}
            assert refusal.value.details == told
        else:
            assert ledger.post(entry("beyond", kind, 1)).seq == 3
    engine.dispose()
