"""Whatever a bank sends: the bank agrees with the ledger, and what waits is exactly what nobody explained."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from fund.bank.simulation import StoryEntry, StoryTransaction
from tests.factories import founded
from tests.workflows.test_receipts import DAY, FROM, OTHER, called, import_bytes, registered

CALLS = [(100_000, "gm0308"), (100_000, "gm0312"), (70_000, "gm0313"), (30_000, "gm0308"), (30_000, "gm0308")]
LINES = st.lists(
    st.tuples(
        st.sampled_from(["rf", "number", "payer", "nothing", "charge", "debit"]),
        st.integers(0, len(CALLS) - 1),
        st.sampled_from([0, 0, 0, -1, 1, 12_345]),
        st.sampled_from([FROM, OTHER]),
    ),
    max_size=8,
)


def test_after_any_statement_the_bank_agrees_with_the_ledger_and_nothing_is_lost_between(database_url: str) -> None:
    with founded(database_url) as world:
        calls = [called(world, amount, partner) for amount, partner in CALLS]
        bank = registered(world)
        known: list[bytes] = []

        @settings(max_examples=20, deadline=None)
        @given(lines=LINES, again=st.booleans())
        def a_statement_comes_in(lines: list[tuple[str, int, int, str]], again: bool) -> None:
            for kind, number, more, iban in lines:
                cents = calls[number]["called_cents"] + more
                if kind == "charge":
                    bank.charge(cents % 1_000 + 1, on=DAY)
                elif kind == "debit":
                    gone = StoryTransaction(amount_cents=-(cents % 1_000 + 1), name="?", iban=iban)
                    bank.entries.append(StoryEntry(transactions=(gone,), booked_on=DAY, code="PMNT/RDDT/ESDD"))
                else:
                    reference = calls[number]["reference"] if kind == "rf" else ""
                    text = {"number": f"bijdrage {calls[number]['ref']}", "payer": "bijdrage", "nothing": ""}.get(
                        kind, ""
                    )
                    payer = "" if kind == "nothing" else iban
                    bank.receive(cents, name="?", iban=payer, on=DAY, reference=reference, text=text)
            known.append(bank.statement(DAY))

            result = import_bytes(world, known[-1], *(known[:1] if again else ()))

            assert result["lines_new"] == len(lines)
            assert result["matched"] + result["unmatched"] == len(lines)
            assert result["gaps"] == []
            balances = world.balances()
            listed, waiting = world.ask("bank list"), world.ask("bank unmatched")
            assert balances["1000"] == bank.balance_cents == listed["accounts"][0]["closing_cents"]
            assert (
                -balances["2300"] == waiting["waiting_cents"] == sum(row["waiting_cents"] for row in listed["receipts"])
            )
            assert balances["1010"] == sum(row["amount_cents"] for row in waiting["debits"])
            standing = world.ask("capital list")["calls"]
            assert balances["1100"] == sum(call["open_cents"] for call in standing)
            assert all(0 <= call["received_cents"] <= call["called_cents"] for call in standing)
            assert balances["2100"] == 0, "the service never makes a match that leaves a surplus"

        a_statement_comes_in()


def test_statements_in_any_order_of_files_leave_the_same_books(database_url: str) -> None:
    with founded(database_url) as world:
        call = called(world)
        bank = registered(world)
        contents = []
        for day in (1, 2, 3):
            bank.receive(40_000 - day, name="?", iban=FROM, on=date(2026, 1, day), reference=call["reference"])
            bank.charge(day, on=date(2026, 1, day))
            contents.append(bank.statement(date(2026, 1, day)))

        import_bytes(world, *reversed(contents))

        assert [entry.effective_on for entry in world.entries()[1:]] == sorted(
            entry.effective_on for entry in world.entries()[1:]
        )
        assert world.balances()["1000"] == bank.balance_cents
        assert world.ask("bank unmatched")["gaps"] == []
