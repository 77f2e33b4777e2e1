"""Who left is called no more, the others are re-scaled, and what was called less what left is the fund's capital."""

from __future__ import annotations

from fund.events.capital import KeyAdopted
from fund.schemas.capital import Call
from tests.factories import START, founded
from tests.workflows.leaving import BAARN, BUNNIK, BUNSCHOTEN, founded_fund, leaves, rules

SHARES = {BAARN: "1/2", BUNNIK: "1/3", BUNSCHOTEN: "1/6"}


def test_what_was_called_less_what_left_is_the_capital_of_the_fund(database_url: str) -> None:
    with founded(database_url, rules=rules()) as world:
        founded_fund(world)
        with world.uow("anna") as uow:
            uow.record(KeyAdopted(ref="2026", family="equal", from_on=START.date(), shares=SHARES, founding=True))
        with world.snapshot() as snapshot:
            left = -snapshot.ledger.balance(f"3000.{BUNNIK}")
        leaves(world)

        series = world.both("capital call", user="anna", second="bram", amount=1_000_001)["result"]["series"]

        with world.snapshot() as snapshot:
            called = [each.fact for each in snapshot.store.facts.of_types(("contribution.called",))]
            assert sum(fact.amount_cents for fact in called) - left == -snapshot.ledger.balance("3000")
            assert snapshot.ledger.balance(f"3000.{BUNNIK}") == 0
            calls = snapshot.cases(Call, parent=series)
        asked = {one.partner: (one.called_cents, one.share) for one in calls}
        assert asked == {BAARN: (750_001, "3/4"), BUNSCHOTEN: (250_000, "1/4")}
        letter = world.ask("capital letter", ref=calls[-1].ref)["letters"][0]
        assert (letter["computation"]["key_share"], letter["computation"]["share"]) == ("1/6", "1/4")
