"""What the fund owes beside disbursements goes the same road to the bank: approved by two, sent by two others, settled,
failed, returned, tried again, cancelled.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from fund import files
from fund.bank import read_payments
from fund.bank.simulation import StoryBank, StoryEntry, StoryTransaction
from fund.checks import verify
from fund.errors import FundError
from fund.errors.bank import InvalidReference, TextTooLong
from fund.errors.capital import AmountNotPositive
from fund.errors.commands import ReasonMissing, TransitionNotAllowed, UnknownRef
from fund.errors.payments import (
    CoolingOff,
    CostBudgetExceeded,
    DisbursementInBatch,
    IbanKnown,
    NoPayee,
    NothingToPay,
    PartnerOrSupplier,
    PayeeReplaced,
    PaymentDoesNotMatch,
    SupplierNameTaken,
    SupplierWithoutDocument,
    UnusableSupplierName,
)
from fund.errors.people import ConflictOfInterest, SameHands
from fund.errors.reviews import InsufficientFreeToCommit
from fund.events.values import BatchLine
from fund.rules.segregation_of_duties import Hands
from tests.factories import START, World, as_text, founded
from tests.workflows.money_out import (
    BAARN,
    IBAN,
    OTHER_IBAN,
    OURS,
    SUPPLIER,
    SUPPLIER_IBAN,
    agree,
    approved,
    at,
    owed,
    prepared,
    receipt,
    sent,
    supplied,
)

TUESDAY = date(2026, 1, 13)
REFERENCE = "RF18539007547034"
INVOICE = {"name": "factuur.pdf", "content": b"%PDF- factuur"}


def payable(world: World, ref: str) -> dict[str, Any]:
    return next(row for row in world.ask("payment list")["payables"] if row["ref"] == ref)


def file_of(world: World, batch: str) -> bytes:
    return str(world.ask("payment file", user="bram", ref=batch)["content"]).encode()


def last(world: World) -> str:
    return as_text(world.entries()[-1])


def imported(world: World, bank: StoryBank, on: date, *, name: str = "s.xml") -> None:
    world.clock(datetime(on.year, on.month, on.day, 9, tzinfo=START.tzinfo) + timedelta(days=1))
    world.do("bank import", user="bram", files=[{"name": name, "content": bank.statement(on)}])


def the_bank() -> StoryBank:
    return StoryBank(iban=OURS, owner="Testfonds", balance_cents=10_000_000)


def test_one_batch_pays_disbursements_and_costs_and_the_bank_settles_both(database_url: str) -> None:
    with founded(database_url) as world:
        # Given an approved disbursement and an approved cost
        agree(prepared(world))
        supplied(world)
        award, cost = approved(world), owed(world, invoice="2026-117")
        assert last(world) == (
            "2026-01-12 cost.approved Kosten K2026-0001 goedgekeurd\n  Dr 4500 45000\n    Cr 2000.drukkerij 45000"
        )
        # When a batch is made and sent
        batch = sent(world, execution_on=TUESDAY)
        paid = read_payments(file_of(world, batch), name="b.xml").payments
        assert [(one.end_to_end_id, one.amount_cents, one.payee_iban, one.text) for one in paid] == [
            ("D20260001", 2_500_001, IBAN, "D2026-0001 A2026-001"),
            ("K20260001", 45_000, SUPPLIER_IBAN, "K2026-0001 2026-117"),
        ]
        assert last(world) == (
            "2026-01-12 payment.sent Betaalbatch S2026-001 verzonden\n"
            "  Dr 2000.gm0308 2500001\n  Dr 2000.drukkerij 45000\n    Cr 1010 2545001"
        )
        assert (payable(world, cost)["state"], payable(world, cost)["batch"]) == ("sent", batch)
        # Then the statement settles each of them
        bank = the_bank()
        bank.pay(file_of(world, batch), on=TUESDAY)
        imported(world, bank, TUESDAY)
        assert (payable(world, cost)["state"], payable(world, cost)["paid_on"]) == ("paid", "2026-01-13")
        assert world.ask("disbursement show", ref=award)["state"] == "paid"
        assert world.balances()["1010"] == world.balances()["2000"] == 0
        report = verify(world.fund.engine)
        assert report["ok"], [check for check in report["checks"] if not check["ok"]]


def test_the_reference_of_a_supplier_goes_along_in_the_payment_and_comes_back_in_the_statement(
    database_url: str,
) -> None:
    with founded(database_url) as world:
        # Given a cost of which the supplier wants to see its own reference, typed in groups of four
        agree(prepared(world))
        supplied(world)
        cost = owed(world, invoice="2026-117", reference="rf18 5390 0754 7034")
        assert payable(world, cost)["creditor_reference"] == REFERENCE
        # When it is batched and sent
        batch = sent(world, execution_on=TUESDAY)
        data = file_of(world, batch)
        # Then the file carries the reference in place of our own words, and is the same when it is made again
        (paid,) = read_payments(data, name="b.xml").payments
        assert (paid.end_to_end_id, paid.creditor_reference, paid.text) == ("K20260001", REFERENCE, "")
        assert file_of(world, batch) == data
        # And the statement that shows it settles the cost
        bank = the_bank()
        bank.pay(data, on=TUESDAY)
        statement = bank.statement(TUESDAY)
        assert f"<Ref>{REFERENCE}</Ref>".encode() in statement
        world.clock(datetime(2026, 1, 14, 9, tzinfo=START.tzinfo))
        world.do("bank import", user="bram", files=[{"name": "s.xml", "content": statement}])
        assert payable(world, cost)["state"] == "paid"
        assert world.ask("cost list")["approvals"][0]["creditor_reference"] == REFERENCE
        assert world.ask("bank unmatched")["debits"] == []
        assert verify(world.fund.engine)["ok"]


def test_a_line_that_was_batched_before_references_existed_is_read_as_before() -> None:
    old = BatchLine(
        kind="payable",
        ref="K2026-0001",
        end_to_end_id="K20260001",
        amount_cents=100,
        payee=SUPPLIER,
        payee_ref="drukkerij-1",
        iban=SUPPLIER_IBAN,
        name="De Eend",
        text="K2026-0001",
    ).model_dump(exclude={"creditor_reference"})
    assert BatchLine.model_validate(old).creditor_reference == ""


def test_neither_who_made_nor_who_checked_a_cost_sends_it(database_url: str) -> None:
    with founded(database_url) as world:
        prepared(world)
        supplied(world)
        made = world.do("cost approve", user="anna", payee=SUPPLIER, amount=45_000, reason="drukwerk")
        with pytest.raises(SameHands):
            world.do("confirm", user="anna", ref=_also_treasurer(world, made["pending"]))
        world.do("confirm", user="bram", ref=made["pending"])
        world.do("payment batch", user="anna")
        with pytest.raises(SameHands):
            world.do("payment send", user="bram", ref="S2026-001")
        made = world.do("payment send", user="bram2", ref="S2026-001")
        for name in ("anna", "bram"):
            with pytest.raises(SameHands):
                world.do("confirm", user=name, ref=made["pending"])
        world.do("confirm", user="anna2", ref=made["pending"])
        assert payable(world, "K2026-0001")["state"] == "sent"


def _also_treasurer(world: World, pending: str) -> str:
    """Anna may be everything in the office: what stops her is that she made it."""
    world.both("user change", user="petra", second="carla", name="anna", roles=["fund_manager", "treasurer"])
    return pending


def test_nobody_of_a_partner_that_is_paid_approves_or_sends_it(database_url: str) -> None:
    with founded(database_url) as world:
        prepared(world)
        world.user("tess", "treasurer", partner=BAARN)
        made = world.do("cost approve", user="anna", payee=BAARN, amount=45_000, reason="zaalhuur")
        with pytest.raises(ConflictOfInterest):
            world.do("confirm", user="tess", ref=made["pending"])
        world.do("confirm", user="bram", ref=made["pending"])
        world.do("payment batch", user="anna")
        with pytest.raises(ConflictOfInterest):
            world.do("payment send", user="tess", ref="S2026-001")
        lines = [item["command"] for item in world.ask("inbox", user="tess")["items"]]
        assert "fund payment send S2026-001" not in lines
        assert "fund payment send S2026-001" in [item["command"] for item in world.ask("inbox", user="bram2")["items"]]


def test_a_batch_in_which_a_cost_stands_shows_what_everybody_may_do_next(database_url: str) -> None:
    with founded(database_url) as world:
        prepared(world)
        supplied(world)
        cost = owed(world)

        def waits(user: str) -> list[str]:
            return [item["command"] for item in world.ask("inbox", user=user)["items"]]

        assert f"fund payment batch --ref {cost}" in waits("anna")
        world.do("payment batch", user="anna")
        assert f"fund payment batch --ref {cost}" not in waits("anna")
        assert "fund payment send S2026-001" in waits("bram2")
        assert "fund payment send S2026-001" not in waits("bram")
        made = world.do("payment send", user="bram2", ref="S2026-001")
        assert f"fund confirm {made['pending']}" in waits("anna2")
        assert f"fund confirm {made['pending']}" not in waits("anna")


def test_a_cost_that_the_bank_did_not_pay_is_paid_again_to_an_account_that_is_verified_anew(database_url: str) -> None:
    with founded(database_url) as world:
        prepared(world)
        supplied(world)
        cost = owed(world)
        sent(world, cost)
        world.do("payment fail", user="bram", ref=cost, reason="AC01")
        assert last(world) == (
            "2026-01-12 payment.failed K2026-0001 niet uitgevoerd door de bank (S2026-001)\n"
            "  Dr 1010 45000\n    Cr 2000.drukkerij 45000"
        )
        assert (payable(world, cost)["state"], payable(world, cost)["bank_reason"]) == ("failed", "AC01")
        with pytest.raises(TransitionNotAllowed):
            world.do("payment batch", user="anna", refs=[cost])
        world.do("payment retry", user="anna", ref=cost)
        again = sent(world, cost)
        (one,) = read_payments(file_of(world, again), name="b.xml").payments
        assert one.end_to_end_id == "K20260001R2"
        world.do("payment settle", user="bram", ref=cost)
        assert last(world) == (
            "2026-01-12 payment.settled K2026-0001 betaald (S2026-002)\n  Dr 1010 45000\n    Cr 1000 45000"
        )


def test_a_cost_that_the_bank_gave_back_is_owed_again(database_url: str) -> None:
    with founded(database_url) as world:
        prepared(world)
        supplied(world)
        cost = owed(world)
        batch = sent(world, execution_on=TUESDAY)
        bank = the_bank()
        bank.pay(file_of(world, batch), on=TUESDAY)
        bank.send_back("K20260001", on=date(2026, 1, 14), reason="AC04")
        imported(world, bank, date(2026, 1, 14))
        assert last(world) == (
            "2026-01-14 payment.returned K2026-0001 door de bank teruggestort (S2026-001)\n"
            "  Dr 2300 45000\n    Cr 2000.drukkerij 45000"
        )
        assert payable(world, cost)["state"] == "approved"
        # and nothing is paid to the same account before somebody looked at it
        with pytest.raises(NothingToPay):
            world.do("payment batch", user="anna")
        with pytest.raises(PayeeReplaced):
            world.do("payment batch", user="anna", refs=[cost])
        world.do("payment retry", user="anna", ref=cost)
        assert world.do("payment batch", user="anna")["result"]["total_cents"] == 45_000


def test_a_treasurer_says_that_a_receipt_is_a_cost_that_came_back(database_url: str) -> None:
    with founded(database_url) as world:
        prepared(world)
        supplied(world)
        cost = owed(world)
        sent(world, cost)
        world.do("payment settle", user="bram", ref=cost)
        with world.uow("bram") as uow:
            receipt(uow, "O2026-9002", 45_000)
        world.do("payment return", user="bram", ref=cost, receipt="O2026-9002", reason="AC04")
        assert last(world).splitlines()[1:] == ["  Dr 2300 45000", "    Cr 2000.drukkerij 45000"]


def test_a_cost_that_is_not_under_way_is_cancelled_by_two_and_drops_its_batch(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        supplied(world)
        award, cost, other = approved(world), owed(world), owed(world, 100)
        before = dict(world.balances())
        world.do("payment batch", user="anna")
        with pytest.raises(ReasonMissing):
            world.do("payment cancel", user="anna", ref=cost, reason=" ")
        world.both("payment cancel", user="anna", second="bram", ref=cost, reason="factuur vervallen")
        assert last(world) == ("2026-01-12 reversal factuur vervallen\n    Cr 4500 45000\n  Dr 2000.drukkerij 45000")
        assert world.ask("payment list")["batches"][0]["state"] == "dropped"
        assert [payable(world, ref)["state"] for ref in (cost, other)] == ["cancelled", "approved"]
        made = world.do("payment batch", user="anna")["result"]
        assert (made["payments"], made["total_cents"]) == (2, 2_500_001 + 100)
        # a disbursement that is cancelled frees the cost beside it
        world.both("disbursement cancel", user="anna", second="bram", ref=award, reason="dubbel")
        assert payable(world, other)["batch"] is None
        sent(world, other)
        with pytest.raises(TransitionNotAllowed):
            world.do("payment cancel", user="anna", ref=other, reason="te laat")
        world.do("payment fail", user="bram", ref=other, reason="AM04")
        world.both("payment cancel", user="anna", second="bram", ref=other, reason="toch niet")
        assert world.balances()["4500"] == before["4500"] - 45_100 == 0
        with pytest.raises(UnknownRef):
            world.do("payment cancel", user="anna", ref=award, reason="is een uitbetaling")


def test_what_stands_in_a_batch_stays_there_until_another_takes_its_place(database_url: str) -> None:
    with founded(database_url) as world:
        prepared(world)
        supplied(world)
        first, second = owed(world, 100), owed(world, 200)
        world.do("payment batch", user="anna")
        with pytest.raises(DisbursementInBatch):
            world.do("payment batch", user="anna", refs=[first])
        world.do("payment batch", user="anna", refs=[second], replaces="S2026-001")
        assert (payable(world, first)["batch"], payable(world, second)["batch"]) == (None, "S2026-002")


def test_a_cost_stays_within_the_budget_of_its_year_and_what_is_free(database_url: str) -> None:
    with founded(database_url) as world:
        prepared(world, cash_cents=60_000_00)
        supplied(world)
        with world.snapshot() as snapshot:
            budget_cents = snapshot.regulations().cost_budget_cents
        with pytest.raises(CostBudgetExceeded) as caught:
            owed(world, budget_cents + 1)
        assert caught.value.details["left_cents"] == budget_cents == 60_000_00
        with world.snapshot() as snapshot:
            buffer_cents = snapshot.regulations().buffer_cents
        with pytest.raises(InsufficientFreeToCommit):
            owed(world, 60_000_00 - buffer_cents + 1)
        owed(world, 60_000_00 - buffer_cents)
        assert world.ask("statement position")["free_to_commit_cents"] == 0
        with pytest.raises(CostBudgetExceeded):
            owed(world, buffer_cents + 1)


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"amount": 0}, AmountNotPositive),
        ({"reason": " "}, ReasonMissing),
        ({"payee": "onbekend"}, NoPayee),
        ({"payee": "gm0313"}, NoPayee),
        ({"invoice": "1" * 140}, TextTooLong),
        ({"reference": "RF19 5390 0754 7034"}, InvalidReference),
        ({"reference": "2026-117"}, InvalidReference),
    ],
)
def test_a_cost_that_cannot_be_paid_is_not_approved(
    sqlite_url: str, args: dict[str, Any], error: type[FundError]
) -> None:
    with founded(sqlite_url) as world:
        prepared(world)
        supplied(world)
        with pytest.raises(error) as caught:
            world.do("cost approve", user="anna", **{"payee": SUPPLIER, "amount": 100, "reason": "porto", **args})
        assert caught.value.advice
        assert world.ask("payment list")["payables"] == []


def test_the_account_of_a_supplier_is_recorded_on_a_document_and_cools_off(database_url: str) -> None:
    with founded(database_url) as world:
        prepared(world)
        paid: dict[str, Any] = {"iban": SUPPLIER_IBAN, "name": "Drukkerij De Eend"}
        for args, error in (
            ({"supplier": SUPPLIER}, SupplierWithoutDocument),
            ({"supplier": "De Eend", "file": INVOICE}, UnusableSupplierName),
            ({"supplier": BAARN, "file": INVOICE}, SupplierNameTaken),
            ({"supplier": SUPPLIER, "partner": BAARN, "file": INVOICE}, PartnerOrSupplier),
            ({"supplier": SUPPLIER, "requested_by": "fatima", "file": INVOICE}, PartnerOrSupplier),
            ({"file": INVOICE}, PartnerOrSupplier),
            ({"supplier": SUPPLIER, "iban": IBAN, "file": INVOICE}, IbanKnown),
        ):
            with pytest.raises(error):
                world.do("payee record", user="anna", **{**paid, **args})
        made = world.do("payee record", user="anna", supplier=SUPPLIER, file=INVOICE, **paid)
        with pytest.raises(SameHands):
            world.do("confirm", user="anna", ref=_also_treasurer(world, made["pending"]))
        world.do("confirm", user="bram", ref=made["pending"])
        row = world.ask("payee list", user="bram", partner=SUPPLIER)["payees"][0]
        assert (row["ref"], row["partner"], row["supplier"], row["state"]) == (
            "drukkerij-1", SUPPLIER, True, "verified",
        )  # fmt: skip
        with world.snapshot() as snapshot:
            recorded = next(e.fact for e in snapshot.store.facts.of_stream("payee/drukkerij-1"))
            assert files.get(snapshot, recorded.file_sha256) == INVOICE["content"]  # type: ignore[attr-defined]
        with pytest.raises(CoolingOff):
            owed(world)
        world.clock(at(7))
        owed(world)


def test_an_account_that_took_the_place_of_another_is_verified_before_the_cost_is_paid(database_url: str) -> None:
    with founded(database_url) as world:
        prepared(world)
        supplied(world)
        cost = owed(world)
        paid = {"supplier": SUPPLIER, "iban": OTHER_IBAN, "name": "Drukkerij De Eend", "file": INVOICE}
        world.both("payee record", user="anna", second="bram", **paid)
        with pytest.raises(PayeeReplaced):
            world.do("payment batch", user="anna", refs=[cost])
        with pytest.raises(CoolingOff):
            world.do("payment retry", user="anna", ref=cost)
        world.clock(at(10))
        world.do("payment retry", user="anna", ref=cost)
        batch = sent(world)
        assert read_payments(file_of(world, batch), name="b.xml").payments[0].payee_iban == OTHER_IBAN


def test_the_facts_alone_show_who_approved_and_sent_a_cost(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        prepared(world)
        world.user("tess", "treasurer", partner=BAARN)
        cost = owed(world, payee=BAARN)
        world.do("payment batch", user="anna")
        world.both("payment send", user="bram2", second="anna2", ref="S2026-001")
        with world.snapshot() as snapshot:
            chain = list(snapshot.store.facts.all())
            users = {name: snapshot.user(name).user_id for name in ("anna", "bram2", "anna2", "tess")}
        seen = Hands()
        assert [trouble for event in chain for trouble in seen.see(event)] == []
        # the same chain with other hands behind the last fact
        for other, message in (("anna", "acted before"), ("tess", "counts as")):
            seen = Hands()
            told = [trouble for event in chain[:-1] for trouble in seen.see(event)]
            forged = _by(chain[-1], users[other])
            told += list(seen.see(forged))
            assert [message in trouble.message for trouble in told] == [True], cost


def _by(event: Any, actor: str) -> Any:
    from dataclasses import replace

    return replace(event, actor=actor)


def test_a_debit_that_nobody_knew_turns_out_to_be_a_payment_and_is_booked_once(sqlite_url: str) -> None:
    """The bank left our reference out: a treasurer names the debit, and the bank account is lowered once."""
    with founded(sqlite_url) as world:
        prepared(world)
        supplied(world)
        ref = owed(world)
        sent(world, ref)
        bank = StoryBank(OURS)
        for cents in (-45_000, -1):
            gone = StoryTransaction(amount_cents=cents, name="Drukkerij De Eend", iban=SUPPLIER_IBAN)
            bank.entries.append(StoryEntry(transactions=(gone,), booked_on=TUESDAY, code="PMNT/ICDT/ESCT"))
        world.clock(TUESDAY)
        before = world.balances()["1000"]
        world.do("bank import", user="bram", files=[{"name": "a.xml", "content": bank.statement(TUESDAY)}])
        with pytest.raises(UnknownRef):
            world.do("payment settle", user="bram", ref=ref, bank_line="U2026-0009")
        with pytest.raises(PaymentDoesNotMatch):
            world.do("payment settle", user="bram", ref=ref, bank_line="U2026-0002")
        world.do("payment settle", user="bram", ref=ref, bank_line="U2026-0001")
        assert [each["ref"] for each in world.ask("bank unmatched")["debits"]] == ["U2026-0002"]
        assert (world.balances()["1000"], world.balances()["1010"]) == (before - 45_001, 1)
        assert all(check["ok"] for check in verify(world.fund.engine)["checks"] if check["name"] != "attachments")


def test_a_payment_that_was_called_failed_and_was_carried_out_is_found_on_its_debit(database_url: str) -> None:
    """Nothing is owed twice, nothing is paid twice, and sending goes on."""
    with founded(database_url) as world:
        prepared(world)
        supplied(world)
        ref = owed(world)
        sent(world, ref)
        world.do("payment fail", user="bram", ref=ref, reason="AC01")
        bank = StoryBank(OURS)
        for cents in (-45_000, -1):
            gone = StoryTransaction(amount_cents=cents, name="Drukkerij De Eend", iban=SUPPLIER_IBAN)
            bank.entries.append(StoryEntry(transactions=(gone,), booked_on=TUESDAY, code="PMNT/ICDT/ESCT"))
        world.clock(TUESDAY)
        before = world.balances()
        world.do("bank import", user="bram", files=[{"name": "a.xml", "content": bank.statement(TUESDAY)}])
        with pytest.raises(UnknownRef):
            world.do("payment found", user="bram", ref=ref, bank_line="U2026-0009")
        with pytest.raises(PaymentDoesNotMatch):
            world.do("payment found", user="bram", ref=ref, bank_line="U2026-0002")
        found = world.do("payment found", user="bram", ref=ref, bank_line="U2026-0001")
        told = [each["type"] for each in found["events"]]
        assert told == ["payment.failure_undone", "debit.reversed", "payment.settled"]
        now = world.balances()
        assert (now["1000"], now["1010"]) == (before["1000"] - 45_001, 1)
        assert now.get("2000", 0) == before["2000"] + 45_000 == 0
        (row,) = [each for each in world.ask("payment list")["payables"] if each["ref"] == ref]
        assert row["state"] == "paid"
        with pytest.raises(TransitionNotAllowed):
            world.do("payment found", user="bram", ref=ref, bank_line="U2026-0001")
        assert all(check["ok"] for check in verify(world.fund.engine)["checks"] if check["name"] != "attachments")
