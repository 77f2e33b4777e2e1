"""Repayments come in: oldest instalment first, only what was paid out, the allowance above what is left released."""

from __future__ import annotations

import itertools
from contextlib import nullcontext
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fund.bank.simulation import StoryBank, StoryEntry, StoryTransaction, write_statement
from fund.errors.capital import MoreThanReceived, NothingOpen
from fund.errors.commands import UnknownRef
from fund.errors.people import ConflictOfInterest
from fund.events.repayments import AllowanceAdjusted, AllowanceLine, PlanActivated, PlanRestructured
from fund.events.values import InstalmentTerms
from fund.events.writeoffs import WriteoffPosted
from fund.schemas.agreements import Agreement
from fund.schemas.disbursements import Disbursement
from fund.schemas.repayments import Plan
from fund.unit_of_work import UnitOfWork
from fund.workflows.receipts.importing import import_statements
from fund.workflows.repayments.lifecycle import instalment_reference
from tests.factories import World, as_text, founded
from tests.roads import road
from tests.workflows.money_out import AGREEMENT, BAARN, OTHER_IBAN, OURS, PROPOSAL, agree, approved, prepared, sent
from tests.workflows.test_receipts import import_bytes

PAID_ON = date(2026, 1, 12)


@road
def lent(world: World) -> StoryBank:
    """25,000.01 was paid to Baarn, of which 17,500.01 comes back; the bank it went through."""
    prepared(world)
    agree(world)
    with world.uow("anna") as uow:
        terms = uow.case(Agreement, AGREEMENT).terms
        uow.record(
            PlanActivated(
                ref=AGREEMENT,
                proposal=PROPOSAL,
                lead=terms.lead,
                repayable_cents=terms.repayable_cents,
                plan=terms.plan,
            )
        )
    approved(world)
    batch = sent(world)
    bank = StoryBank(OURS, balance_cents=10_000_000)
    bank.pay(world.ask("payment file", user="bram", ref=batch)["content"].encode(), on=PAID_ON)
    world.clock(PAID_ON)
    result = import_bytes(world, bank.statement(PAID_ON))
    assert (result["matched"], result["unmatched"]) == (1, 0)
    return bank


@road
def in_three(world: World) -> None:
    """The plan became three instalments of 5,000, 5,000 and the rest."""
    days = (date(2026, 7, 1), date(2027, 7, 1), date(2028, 7, 1))
    parts = tuple(
        InstalmentTerms(no=no, due_on=day, amount_cents=cents)
        for no, (day, cents) in enumerate(zip(days, (500_000, 500_000, 1_800_000), strict=True), start=1)
    )
    with world.uow("anna") as uow:
        uow.record(
            PlanRestructured(ref=AGREEMENT, proposal=PROPOSAL, instalments=parts, ends_on=days[-1], reason="uitstel")
        )


def with_allowance(world: World, cents: int) -> None:
    with world.uow("bram") as uow:
        line = AllowanceLine(
            agreement=AGREEMENT,
            proposal=PROPOSAL,
            outstanding_cents=1_750_001,
            days_overdue=0,
            stage="not_due",
            rate_bps=2500,
            before_cents=0,
            after_cents=cents,
        )
        uow.record(AllowanceAdjusted(ref="2026-Q1", regulations="2026-1", lines=(line,)))


def repaid(world: World, bank: StoryBank, cents: int, *, reference: str = "", text: str = "") -> dict[str, object]:
    bank.receive(cents, name="Gemeente Baarn", iban=OTHER_IBAN, on=PAID_ON, reference=reference, text=text)
    return import_bytes(world, bank.statement(PAID_ON))


def plan(world: World) -> list[tuple[int, int]]:
    with world.snapshot() as snapshot:
        return [(part.no, part.paid_cents) for part in snapshot.case(Plan, AGREEMENT).instalments]


def last(world: World, count: int = 1) -> list[str]:
    return [as_text(entry) for entry in world.entries()[-count:]]


def test_a_whole_instalment_with_its_reference_is_matched_by_the_service(database_url: str) -> None:
    with founded(database_url) as world:
        bank = lent(world)
        in_three(world)

        result = repaid(world, bank, 500_000, reference=instalment_reference(AGREEMENT, 2))

        assert result["matched"] == 1
        assert last(world) == [
            "2026-01-12 receipt.allocated Terugbetaling A2026-001 (O2026-0001)\n"
            "  Dr 2300 500000\n    Cr 1200.A2026-001 500000"
        ]
        assert plan(world) == [(1, 0), (2, 500_000), (3, 0)]


def test_our_agreement_number_and_an_amount_of_whole_instalments_pay_the_oldest_first(database_url: str) -> None:
    with founded(database_url) as world:
        bank = lent(world)
        in_three(world)

        assert repaid(world, bank, 1_000_000, text="terugbetaling A2026-001")["matched"] == 1

        assert plan(world) == [(1, 500_000), (2, 500_000), (3, 0)]


def test_a_repayment_of_another_amount_waits_for_a_treasurer(database_url: str) -> None:
    with founded(database_url) as world:
        bank = lent(world)
        in_three(world)

        assert repaid(world, bank, 600_000, text="terugbetaling A2026-001")["matched"] == 0
        assert plan(world) == [(1, 0), (2, 0), (3, 0)]
        world.do("bank match", user="bram", ref="O2026-0001", to=AGREEMENT)

        assert plan(world) == [(1, 500_000), (2, 100_000), (3, 0)]
        assert world.balances()["1200"] == 1_750_001 - 600_000


def test_more_than_is_outstanding_is_owed_back_to_the_lead(database_url: str) -> None:
    with founded(database_url) as world:
        bank = lent(world)
        repaid(world, bank, 1_800_000, text="A2026-001")

        world.do("bank match", user="bram", ref="O2026-0001")

        assert last(world) == [
            "2026-01-12 receipt.allocated Terugbetaling A2026-001 (O2026-0001)\n"
            "  Dr 2300 1800000\n    Cr 1200.A2026-001 1750001\n    Cr 2100.gm0308 49999"
        ]


def test_where_the_advance_falls_below_it_the_allowance_is_released_and_its_undoing_restores_it(
    database_url: str,
) -> None:
    with founded(database_url) as world:
        bank = lent(world)
        with_allowance(world, 437_500)
        before, instalments = world.balances(), plan(world)
        repaid(world, bank, 1_500_000, text="A2026-001")

        world.do("bank match", user="bram", ref="O2026-0001")

        assert last(world, 2) == [
            "2026-01-12 receipt.allocated Terugbetaling A2026-001 (O2026-0001)\n"
            "  Dr 2300 1500000\n    Cr 1200.A2026-001 1500000",
            "2026-01-12 receipt.allocated Vrijval voorziening A2026-001\n"
            "  Dr 1290.A2026-001 187499\n    Cr 4100.A2026-001 187499",
        ]
        balances = world.balances()
        assert -balances["1290"] == balances["1200"] == 250_001
        world.do("bank unmatch", user="bram", ref="O2026-0001", reason="andere zaak")
        after = dict(world.balances())
        assert (after.pop("1000"), after.pop("2300")) == (before["1000"] + 1_500_000, -1_500_000)
        assert after == {code: cents for code, cents in before.items() if code not in ("1000", "2300")}
        assert plan(world) == instalments


@pytest.mark.parametrize("order", list(itertools.permutations((300_000, 450_000, 1_200_000))))
def test_receipts_of_one_day_give_the_same_balances_in_any_order(sqlite_url: str, order: tuple[int, ...]) -> None:
    with founded(sqlite_url) as world:
        bank = lent(world)
        in_three(world)
        with_allowance(world, 437_500)
        for cents in order:
            bank.receive(cents, name="Gemeente Baarn", iban=OTHER_IBAN, on=PAID_ON, text=AGREEMENT)
        import_bytes(world, bank.statement(PAID_ON))
        for number in range(1, 4):
            world.do("bank match", user="bram", ref=f"O2026-{number:04d}", to=AGREEMENT)

        balances = world.balances()
        assert (balances["1200"], balances["1290"], balances["2100"], balances["2300"]) == (0, 0, -199_999, 0)
        assert plan(world) == [(1, 500_000), (2, 500_000), (3, 750_001)]


def test_by_two_people_a_receipt_pays_the_instalment_that_the_payer_named(database_url: str) -> None:
    with founded(database_url) as world:
        bank = lent(world)
        in_three(world)
        repaid(world, bank, 400_000, text="zie telefoongesprek")

        made = world.do("repayment allocate", user="bram", ref=AGREEMENT, receipt="O2026-0001", instalment=3)
        assert plan(world) == [(1, 0), (2, 0), (3, 0)]
        world.do("confirm", user="anna", ref=made["pending"])

        assert plan(world) == [(1, 0), (2, 0), (3, 400_000)]


def test_nobody_of_a_party_matches_its_own_repayment(database_url: str) -> None:
    with founded(database_url) as world:
        bank = lent(world)
        world.both("user add", user="petra", second="carla", name="baarntje", roles=["treasurer"], partner=BAARN)
        repaid(world, bank, 400_000, text=AGREEMENT)

        with pytest.raises(ConflictOfInterest):
            world.do("bank match", user="baarntje", ref="O2026-0001", to=AGREEMENT)
        with pytest.raises(ConflictOfInterest):
            world.do("repayment allocate", user="baarntje", ref=AGREEMENT, receipt="O2026-0001")
        world.do("bank match", user="bram", ref="O2026-0001", to=AGREEMENT)
        with pytest.raises(ConflictOfInterest):
            world.do("bank unmatch", user="baarntje", ref="O2026-0001", reason="liever niet")
        world.do("bank unmatch", user="bram", ref="O2026-0001", reason="verkeerd")


def test_nobody_of_a_party_confirms_a_match_by_hand(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        bank = lent(world)
        world.both("user add", user="petra", second="carla", name="baartje", roles=["fund_manager"], partner=BAARN)
        repaid(world, bank, 400_000, text="geen verwijzing")
        made = world.do("bank match", user="bram", ref="O2026-0001", to=AGREEMENT)
        with pytest.raises(ConflictOfInterest):
            world.do("confirm", user="baartje", ref=made["pending"])
        world.do("confirm", user="anna", ref=made["pending"])


def test_a_repayment_that_cannot_be_allocated_is_refused_by_name(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        bank = lent(world)
        repaid(world, bank, 400_000, text="?")

        with pytest.raises(UnknownRef):
            world.do("repayment allocate", user="bram", ref="A2026-009", receipt="O2026-0001")
        with pytest.raises(UnknownRef):
            world.do("repayment allocate", user="bram", ref=AGREEMENT, receipt="O2026-0001", instalment=9)
        with pytest.raises(MoreThanReceived) as refused:
            world.do("repayment allocate", user="bram", ref=AGREEMENT, receipt="O2026-0001", amount=400_001)
        assert refused.value.details == {"asked_cents": 400_001, "ref": "O2026-0001", "waiting_cents": 400_000}


def test_what_was_written_off_is_recovered_not_repaid(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        bank = lent(world)
        with world.uow("anna") as uow:
            uow.record(
                WriteoffPosted(
                    ref=f"{AGREEMENT}-W1",
                    agreement=AGREEMENT,
                    proposal=PROPOSAL,
                    ground="learning",
                    amount_cents=1_750_001,
                    allowance_released_cents=0,
                )
            )
        repaid(world, bank, 400_000, text=AGREEMENT)

        with pytest.raises(NothingOpen) as refused:
            world.do("bank match", user="bram", ref="O2026-0001", to=AGREEMENT)

        assert refused.value.details["open_cents"] == 0
        assert refused.value.advice == "fund writeoff list"


def test_a_payment_that_comes_back_explains_its_receipt_and_is_owed_again(database_url: str) -> None:
    with founded(database_url) as world:
        bank = lent(world)
        with world.snapshot() as snapshot:
            paid = snapshot.cases(Disbursement)[0]
        bank.send_back("D20260001", on=PAID_ON, reason="AC04")

        result = import_bytes(world, bank.statement(PAID_ON))

        assert (result["matched"], result["unmatched"]) == (1, 0)
        assert world.balances()["2000"] == -paid.amount_cents
        receipt = world.ask("bank list")["receipts"][0]
        assert (receipt["state"], receipt["uses"][0]["target"]) == ("allocated", "D2026-0001")
        assert world.ask("bank list")["accounts"][0]["closing_cents"] == world.balances()["1000"]


def test_a_payment_that_the_bank_makes_twice_stands_unexplained(database_url: str) -> None:
    with founded(database_url) as world:
        bank = lent(world)
        bank.pay(world.ask("payment file", user="bram", ref="S2026-001")["content"].encode(), on=PAID_ON)

        result = import_bytes(world, bank.statement(PAID_ON))

        assert result["unexplained_debits"] == ["U2026-0001"]
        assert world.balances()["1010"] == 2_500_001


def imported(world: World, content: bytes) -> object:
    """What an import of one statement would record and book; nothing stays."""
    with world.uow("bram", command_id="import", commit=False) as uow:
        import_statements(uow, files=[{"name": "afschrift.xml", "content": content}])
        facts = [(fact.type, fact.fact) for fact in uow.facts]
        return facts, [(one.kind, one.effective_on, one.memo, one.postings) for one, _posted in uow.entries]


def statement_of(moves: list[tuple[int, bool]]) -> bytes:
    """Repayments, some of which the bank takes back at once."""
    entries = []
    for number, (cents, taken_back) in enumerate(moves):
        for amount in (cents, -cents) if taken_back else (cents,):
            transaction = StoryTransaction(
                amount_cents=amount, name="Gemeente Baarn", iban=OTHER_IBAN, text="terugbetaling A2026-001",
                end_to_end_id=f"E{number}",
            )  # fmt: skip
            entries.append(StoryEntry(transactions=(transaction,), booked_on=PAID_ON, reversal=amount < 0))
    return write_statement(
        iban=OURS, statement_id="S9", sequence_number=9, opening_cents=0, opened_on=PAID_ON, closed_on=PAID_ON,
        entries=entries,
    )  # fmt: skip


def test_what_the_bank_took_back_is_owed_again_in_the_same_file(database_url: str) -> None:
    with founded(database_url) as world:
        lent(world)
        in_three(world)
        with_allowance(world, 350_000)

        result = import_bytes(world, statement_of([(500_000, True), (1_250_001, False)]))

        assert result["unmatched"] == 1, "1,250,001 would be all that is left, had the first 500,000 stayed"
        assert [(row["amount_cents"], row["waiting_cents"]) for row in world.ask("bank unmatched")["receipts"]] == [
            (1_250_001, 1_250_001)
        ]
        assert plan(world) == [(1, 0), (2, 0), (3, 0)]
        assert world.balances()["1290"] == -350_000, "nothing of the allowance is released"


def test_any_statement_gives_the_same_facts_whether_they_are_written_together_or_one_by_one(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with founded(database_url) as world:
        lent(world)
        in_three(world)
        with_allowance(world, 350_000)

        @settings(max_examples=15, deadline=None)
        @given(
            moves=st.lists(
                st.tuples(st.sampled_from([500_000, 600_000, 1_000_000, 1_250_001, 1_750_001]), st.booleans()),
                min_size=1,
                max_size=5,
            )
        )
        def a_statement_comes_in(moves: list[tuple[int, bool]]) -> None:
            content = statement_of(moves)
            together = imported(world, content)
            with monkeypatch.context() as patch:
                patch.setattr(UnitOfWork, "write_batch", lambda _self: nullcontext())
                assert imported(world, content) == together

        a_statement_comes_in()
