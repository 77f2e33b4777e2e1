"""Batches for the bank, and what the bank did with them: sent by two others, settled, failed, tried again, returned."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from fund import files
from fund.bank import file_sha256, read_payments, read_statements
from fund.bank.simulation import StoryBank, StoryEntry, StoryTransaction
from fund.checks import verify
from fund.errors import FundError
from fund.errors.bank import UnknownPaymentVersion
from fund.errors.commands import ReasonMissing, TransitionNotAllowed, UnknownRef
from fund.errors.payments import (
    AlreadyRepaid,
    BatchExpired,
    CoolingOff,
    DebitsUnexplained,
    DisbursementInBatch,
    IbanKnown,
    InsufficientCash,
    NoBankAccount,
    NotAPaymentDay,
    NothingToPay,
    PayeeReplaced,
    PaymentDoesNotMatch,
    PaymentsStopped,
)
from fund.errors.people import ConflictOfInterest, NotAuthorised, SameHands
from fund.events.agreements import AgreementSuspended
from fund.events.receipts import DebitRecorded, ReceiptAllocated
from fund.workflows.payees.use_cases import cash_to_pay
from fund.workflows.receipts.reading import unexplained_debits
from tests import payment_files
from tests.factories import START, World, as_text, founded
from tests.workflows.money_out import (
    AGREEMENT,
    BAARN,
    BUNNIK,
    IBAN,
    OTHER_IBAN,
    OURS,
    PROPOSAL,
    agree,
    approved,
    at,
    prepared,
    receipt,
    recorded,
    sent,
)

FRIDAY = date(2026, 1, 9)


def state_of(world: World, ref: str) -> str:
    return str(world.ask("disbursement show", ref=ref)["state"])


def file_of(world: World, batch: str) -> bytes:
    return str(world.ask("payment file", user="bram", ref=batch)["content"]).encode()


def test_what_stands_approved_becomes_one_file_for_one_day(database_url: str) -> None:
    with founded(database_url) as world:
        # Given two disbursements that are approved and one that is only checked (on Thursday 8 January)
        agree(prepared(world))
        first, second = approved(world, amount=2000000), approved(world, amount=500001)
        third = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=2)["result"]["ref"]
        world.do("disbursement check", user="anna", ref=third)
        before = world.balances()
        # When the fund manager makes the batch
        made = world.do("payment batch", user="anna", execution_on=FRIDAY)
        # Then the file pays both, says so, and nothing has moved
        data = file_of(world, "S2026-001")
        assert made["result"] == {
            "ref": "S2026-001",
            "execution_on": {"$day": "2026-01-09"},
            "payments": 2,
            "total_cents": 2500001,
            "sha256": file_sha256(data),
            "file": "S2026001.pain.001.001.09.xml",
            "left_out": [],
        }
        read = read_payments(data, name="batch.xml")
        assert (read.message_id, read.debtor_iban, read.debtor_name, read.execution_on) == (
            "S2026001",
            OURS,
            "Testfonds",
            FRIDAY,
        )
        assert [(one.end_to_end_id, one.amount_cents, one.payee_iban, one.text) for one in read.payments] == [
            ("D20260001", 2000000, IBAN, "D2026-0001 A2026-001"),
            ("D20260002", 500001, IBAN, "D2026-0002 A2026-001"),
        ]
        assert world.balances() == before
        assert [state_of(world, ref) for ref in (first, second, third)] == ["approved", "approved", "checked"]
        assert world.ask("disbursement show", ref=first)["batch"] == "S2026-001"


def test_a_batch_is_sent_by_a_treasurer_and_a_second_person_who_saw_total_and_hash(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        ref = approved(world)
        batch = world.do("payment batch", user="bram2")["result"]
        made = world.do("payment send", user="bram2", ref=batch["ref"])
        assert made["result"]["total_cents"] == 2500001
        assert made["result"]["sha256"] == batch["sha256"]
        assert state_of(world, ref) == "approved"
        world.do("confirm", user="anna2", ref=made["pending"])
        assert state_of(world, ref) == "sent"
        assert as_text(world.entries()[-1]) == (
            "2026-01-08 payment.sent Betaalbatch S2026-001 verzonden\n  Dr 2000.gm0308 2500001\n    Cr 1010 2500001"
        )


def test_neither_of_the_two_who_send_acted_on_a_line(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        approved(world)
        world.do("payment batch", user="anna")
        # bram approved the line, anna checked it
        with pytest.raises(SameHands):
            world.do("payment send", user="bram", ref="S2026-001")
        made = world.do("payment send", user="bram2", ref="S2026-001")
        for user in ("bram", "anna"):
            with pytest.raises(SameHands):
                world.do("confirm", user=user, ref=made["pending"])
        with pytest.raises(SameHands):
            world.do("confirm", user="bram2", ref=made["pending"])
        world.do("confirm", user="anna2", ref=made["pending"])


def test_a_batch_is_not_sent_by_a_fund_manager_first_nor_by_somebody_of_a_party(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        world.user("tess", "treasurer", partner=BUNNIK)
        approved(world)
        world.do("payment batch", user="anna")
        with pytest.raises(NotAuthorised):
            world.do("payment send", user="anna2", ref="S2026-001")
        with pytest.raises(ConflictOfInterest):
            world.do("payment send", user="tess", ref="S2026-001")


def test_the_worked_example_from_approval_to_payment_and_a_return_restores_the_row(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))

        def row() -> tuple[int, ...]:
            balances = world.balances()
            result = -sum(cents for code, cents in balances.items() if code.startswith("4"))
            return (
                *(balances.get(code, 0) for code in ("1000", "1010", "1200")),
                -balances.get("2000", 0),
                balances.get("9000", 0),
                result,
            )

        assert row() == (10000000, 0, 0, 0, 4000000, 0)
        ref = approved(world)
        assert row() == (10000000, 0, 1750001, 2500001, 1499999, -750000)  # D3
        sent(world, ref)
        assert row() == (10000000, -2500001, 1750001, 0, 1499999, -750000)  # D4
        world.do("payment fail", user="bram", ref=ref, reason="AC01")
        assert row() == (10000000, 0, 1750001, 2500001, 1499999, -750000)  # D6 restores D3
        world.do("payment retry", user="anna", ref=ref)
        sent(world, ref)
        world.do("payment settle", user="bram", ref=ref)
        assert row() == (7499999, 0, 1750001, 0, 1499999, -750000)  # D5
        assert state_of(world, ref) == "paid"


def test_a_payment_made_again_has_a_reference_of_its_own(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        ref = approved(world)
        sent(world, ref)
        world.do("payment fail", user="bram", ref=ref, reason="MS03")
        assert world.ask("disbursement show", ref=ref)["bank_reason"] == "MS03"
        with pytest.raises(TransitionNotAllowed):
            world.do("payment batch", user="anna", refs=[ref])
        world.do("payment retry", user="anna", ref=ref)
        again = sent(world, ref)
        (payment,) = read_payments(file_of(world, again), name="again.xml").payments
        assert payment.end_to_end_id == "D20260001R2"
        assert [(batch["ref"], batch["state"]) for batch in world.ask("payment list")["batches"]] == [
            ("S2026-001", "settled"),
            ("S2026-002", "sent"),
        ]


def test_what_stands_in_a_batch_is_not_put_in_a_second_one(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        ref = approved(world)
        world.do("payment batch", user="anna")
        with pytest.raises(DisbursementInBatch):
            world.do("payment batch", user="anna", refs=[ref])
        with pytest.raises(NothingToPay) as caught:
            world.do("payment batch", user="anna")
        assert caught.value.details["left_out"] == 1


def test_a_batch_takes_the_place_of_one_that_was_not_sent(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        first, second = approved(world, amount=1000), approved(world, amount=2000)
        world.do("payment batch", user="anna")
        world.do("payment batch", user="anna", refs=[second], replaces="S2026-001", version="03")
        states = {batch["ref"]: batch["state"] for batch in world.ask("payment list")["batches"]}
        assert states == {"S2026-001": "dropped", "S2026-002": "made"}
        assert world.ask("disbursement show", ref=first)["batch"] is None
        assert b"pain.001.001.03" in file_of(world, "S2026-002")
        with pytest.raises(TransitionNotAllowed):
            world.do("payment send", user="bram2", ref="S2026-001")
        world.do("payment batch", user="anna")  # the first one again


def test_a_cancelled_line_drops_the_batch_that_was_not_sent(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        first, second = approved(world, amount=1000), approved(world, amount=2000)
        world.do("payment batch", user="anna")
        world.both("disbursement cancel", user="anna", second="bram", ref=first, reason="dubbel")
        assert world.ask("payment list")["batches"][0]["state"] == "dropped"
        assert state_of(world, second) == "approved"
        made = world.do("payment batch", user="anna")
        assert made["result"]["total_cents"] == 2000


def test_what_cannot_be_paid_on_that_day_is_left_out_and_named(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        agree(world, ref="A2026-002", lead=BUNNIK, co_applicants=())
        recorded(world, partner=BUNNIK, iban=OTHER_IBAN, requested_by="piet")
        world.clock(at(7))
        approved(world, amount=1000)
        ref = world.do("disbursement request", user="piet", ref="A2026-002", milestone=1, amount=2000)["result"]["ref"]
        world.do("disbursement check", user="anna", ref=ref)
        world.do("disbursement approve", user="bram", ref=ref)
        with world.uow("anna") as uow:
            uow.record(
                AgreementSuspended(ref="A2026-002", proposal="2026-002", reason="vermoeden", until_on=date(2026, 4, 1))
            )
        made = world.do("payment batch", user="anna")["result"]
        assert made["total_cents"] == 1000
        assert [(one["ref"], one["code"]) for one in made["left_out"]] == [(ref, "payments_stopped")]
        with pytest.raises(PaymentsStopped):
            world.do("payment batch", user="anna", refs=[ref])


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"execution_on": date(2026, 1, 7)}, NotAPaymentDay),
        ({"execution_on": date(2026, 1, 10)}, NotAPaymentDay),
        ({"execution_on": date(2026, 4, 3)}, NotAPaymentDay),
        ({"version": "08"}, UnknownPaymentVersion),
        ({"refs": ["D2026-0099"]}, UnknownRef),
        ({"replaces": "S2026-009"}, UnknownRef),
    ],
)
def test_a_batch_that_no_bank_could_carry_out_is_refused(
    database_url: str, args: dict[str, Any], error: type[FundError]
) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        approved(world)
        with pytest.raises(error) as caught:
            world.do("payment batch", user="anna", **args)
        assert caught.value.advice
        assert world.ask("payment list")["batches"] == []


def test_without_anything_approved_there_is_no_batch(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        with pytest.raises(NothingToPay):
            world.do("payment batch", user="anna")


def test_without_an_account_of_its_own_the_fund_cannot_pay(database_url: str) -> None:
    with founded(database_url) as world, pytest.raises(NoBankAccount):
        world.do("payment batch", user="anna")


def test_a_batch_is_not_sent_after_its_day(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        approved(world)
        world.do("payment batch", user="anna", execution_on=FRIDAY)
        world.clock(at(7))
        with pytest.raises(BatchExpired) as caught:
            world.do("payment send", user="bram2", ref="S2026-001")
        assert caught.value.details["execution_on"] == FRIDAY
        world.do("payment batch", user="anna", replaces="S2026-001")


def test_a_batch_is_not_sent_to_an_account_that_was_replaced_meanwhile(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        ref = approved(world)
        world.do("payment batch", user="anna", execution_on=date(2026, 1, 30))
        recorded(world, iban=OTHER_IBAN)
        with pytest.raises(PayeeReplaced):
            world.do("payment send", user="bram2", ref="S2026-001")
        with pytest.raises(DisbursementInBatch):
            world.do("payment retry", user="anna", ref=ref)
        with pytest.raises(PayeeReplaced):
            world.do("payment batch", user="anna", refs=[ref], replaces="S2026-001")


def test_an_account_that_was_replaced_is_verified_again_before_it_is_paid(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        ref = approved(world)
        recorded(world, iban=OTHER_IBAN)
        with pytest.raises(NothingToPay):
            world.do("payment batch", user="anna")
        with pytest.raises(CoolingOff):
            world.do("payment retry", user="anna", ref=ref)
        world.clock(at(7))
        world.do("payment retry", user="anna", ref=ref)
        batch = sent(world)
        assert read_payments(file_of(world, batch), name="b.xml").payments[0].payee_iban == OTHER_IBAN


def test_nothing_is_sent_while_a_debit_on_the_bank_is_unexplained(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        approved(world)
        world.do("payment batch", user="anna")
        with world.uow("bram") as uow:
            uow.record(
                DebitRecorded(ref="X2026-0001", account="1000", amount_cents=999, debited_on=uow.today, line_id="lin_x")
            )
        with pytest.raises(DebitsUnexplained) as caught:
            world.do("payment send", user="bram2", ref="S2026-001")
        assert caught.value.details["total_cents"] == 999


def test_a_reason_is_needed_to_say_that_a_payment_failed(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        ref = approved(world)
        sent(world, ref)
        with pytest.raises(ReasonMissing):
            world.do("payment fail", user="bram", ref=ref, reason=" ")


def test_what_waits_is_shown_to_those_who_did_not_act_on_it_yet(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))

        def waits(user: str) -> list[str]:
            return [item["command"] for item in world.ask("inbox", user=user)["items"]]

        ref = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)["result"]["ref"]
        assert f"fund disbursement check {ref}" in waits("anna")
        assert f"fund disbursement check {ref}" not in waits("bram")
        world.do("disbursement check", user="anna", ref=ref)
        assert f"fund disbursement approve {ref}" in waits("bram")
        world.do("disbursement approve", user="bram", ref=ref)
        assert f"fund payment batch --ref {ref}" in waits("anna")
        world.do("payment batch", user="anna", execution_on=FRIDAY)
        assert f"fund payment batch --ref {ref}" not in waits("anna")
        assert "fund payment send S2026-001" in waits("bram2")
        assert "fund payment send S2026-001" not in waits("bram")  # approved a line of it
        world.both("payment send", user="bram2", second="anna2", ref="S2026-001")
        assert "fund bank import FILE" not in waits("bram")
        world.clock(at(7))
        assert "fund bank import FILE" in waits("bram")
        world.do("payment fail", user="bram", ref=ref, reason="AC01")
        assert f"fund payment retry {ref}" in waits("anna")


# ---------------------------------------------------------------------------------------------- from the bank statement


def imported(world: World, data: bytes, name: str = "statement.xml") -> dict[str, Any]:
    return dict(world.do("bank import", user="bram", files=[{"name": name, "content": data}]))


def the_bank(world: World) -> StoryBank:
    return StoryBank(iban=OURS, owner="Testfonds", balance_cents=10000000)


def test_a_bank_statement_settles_each_payment_that_it_shows(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        first, second = approved(world, amount=2000000), approved(world, amount=500001)
        batch = sent(world)
        bank = the_bank(world)
        bank.pay(file_of(world, batch), on=FRIDAY)
        world.clock(datetime(2026, 1, 12, 9, tzinfo=START.tzinfo))
        imported(world, bank.statement(FRIDAY))
        assert [state_of(world, ref) for ref in (first, second)] == ["paid", "paid"]
        assert world.ask("disbursement show", ref=first)["paid_on"] == "2026-01-09"
        assert world.ask("payment list")["batches"][0]["state"] == "settled"
        settled = [entry for entry in world.entries() if entry.kind == "payment.settled"]
        assert as_text(settled[0]) == (
            "2026-01-09 payment.settled D2026-0001 betaald (S2026-001)\n  Dr 1010 2000000\n    Cr 1000 2000000"
        )
        assert world.balances()["1010"] == 0
        assert all(payment["bank_line"].startswith("lin_") for payment in world.ask("payment list")["payments"])


def test_a_bank_that_shows_a_batch_as_one_debit_settles_all_of_it(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        approved(world, amount=2000000)
        approved(world, amount=500001)
        batch = sent(world)
        bank = the_bank(world)
        bank.pay(file_of(world, batch), on=FRIDAY)
        text = bank.statement(FRIDAY).decode()
        start, end = text.index("<TxDtls>"), text.rindex("</TxDtls>") + len("</TxDtls>")
        data = (text[:start] + text[end:]).encode()
        assert len(read_statements(data, name="s.xml").statements[0].lines) == 1
        world.clock(datetime(2026, 1, 12, 9, tzinfo=START.tzinfo))
        imported(world, data)
        assert {payment["state"] for payment in world.ask("payment list")["payments"]} == {"paid"}
        assert world.balances()["1010"] == 0


def test_a_payment_that_a_treasurer_settled_before_the_statement_came_is_not_booked_twice(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        ref = approved(world)
        batch = sent(world)
        world.do("payment settle", user="bram", ref=ref)
        before = world.balances()
        bank = the_bank(world)
        bank.pay(file_of(world, batch), on=FRIDAY)
        world.clock(datetime(2026, 1, 12, 9, tzinfo=START.tzinfo))
        imported(world, bank.statement(FRIDAY))
        assert world.balances() == before
        assert world.ask("payment list")["payments"][0]["bank_line"].startswith("lin_")


def test_a_debit_of_another_amount_is_not_guessed_to_be_a_payment(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        ref = approved(world)
        batch = sent(world)
        bank = the_bank(world)
        bank.pay(file_of(world, batch).replace(b"25000.01", b"25000.02"), on=FRIDAY)
        world.clock(datetime(2026, 1, 12, 9, tzinfo=START.tzinfo))
        imported(world, bank.statement(FRIDAY))
        assert state_of(world, ref) == "sent"
        with world.snapshot() as snapshot:
            (debit,) = unexplained_debits(snapshot)
        assert debit.amount_cents == 2500002  # it stands on 1010 until somebody says what it was


def test_a_payment_that_the_bank_gives_back_is_owed_again_and_its_account_verified_again(database_url: str) -> None:
    with founded(database_url) as world:
        # Given a payment to an account that turns out to be closed
        agree(prepared(world))
        ref = approved(world)
        batch = sent(world)
        bank = the_bank(world)
        bank.pay(file_of(world, batch), on=FRIDAY)
        bank.send_back("D20260001", on=date(2026, 1, 12), reason="AC04")
        world.clock(datetime(2026, 1, 13, 9, tzinfo=START.tzinfo))
        # When the statement is imported
        imported(world, bank.statement(date(2026, 1, 12)))
        # Then it is approved again, the receipt is explained, and the bank's reason is known
        shown = world.ask("disbursement show", ref=ref)
        assert (shown["state"], shown["bank_reason"], shown["paid_cents"]) == ("approved", "AC04", 0)
        balances = world.balances()
        assert (balances["1000"], balances["1010"], balances.get("2300", 0), balances["2000"]) == (
            10000000,
            0,
            0,
            -2500001,
        )
        assert as_text(world.entries()[-1]).splitlines()[1:] == ["  Dr 2300 2500001", "    Cr 2000.gm0308 2500001"]
        # and it is not paid to the same account without a look
        with pytest.raises(NothingToPay):
            world.do("payment batch", user="anna")
        recorded(world, iban=OTHER_IBAN)
        world.clock(datetime(2026, 1, 19, 9, tzinfo=START.tzinfo))
        world.do("payment retry", user="anna", ref=ref)
        again = sent(world)
        bank.pay(file_of(world, again))
        world.clock(datetime(2026, 1, 21, 9, tzinfo=START.tzinfo))
        imported(world, bank.statement(date(2026, 1, 20)), "second.xml")
        assert state_of(world, ref) == "paid"
        assert world.balances()["1000"] == 7499999
        # and everything that is kept follows from the facts
        report = verify(world.fund.engine)
        assert report["ok"], [check for check in report["checks"] if not check["ok"]]


def test_a_receipt_with_our_reference_from_somebody_else_is_no_return(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        ref = approved(world)
        batch = sent(world)
        bank = the_bank(world)
        bank.pay(file_of(world, batch), on=FRIDAY)
        bank.receive(2500001, name="Iemand", iban="NL02ABNA0123456789", on=FRIDAY, end_to_end_id="D20260001")
        world.clock(datetime(2026, 1, 12, 9, tzinfo=START.tzinfo))
        imported(world, bank.statement(FRIDAY))
        assert state_of(world, ref) == "paid"
        assert world.balances()["2300"] == -2500001


def test_a_treasurer_says_that_a_receipt_is_a_payment_that_came_back(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        ref = approved(world)
        sent(world, ref)
        world.do("payment settle", user="bram", ref=ref)
        with world.uow("bram") as uow:
            receipt(uow, "O2026-9002", 2500001)
            receipt(uow, "O2026-9003", 2500000)
        with pytest.raises(PaymentDoesNotMatch) as caught:
            world.do("payment return", user="bram", ref=ref, receipt="O2026-9003", reason="AC04")
        assert caught.value.details["difference_cents"] == -1
        world.do("payment return", user="bram", ref=ref, receipt="O2026-9002", reason="AC04")
        assert state_of(world, ref) == "approved"
        assert world.ask("payment list")["payments"][0]["state"] == "returned"


def test_a_payment_whose_advance_was_repaid_is_not_reopened(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        ref = approved(world)
        sent(world, ref)
        world.do("payment settle", user="bram", ref=ref)
        with world.uow("bram") as uow:
            receipt(uow, "O2026-9002", 2500001)
            receipt(uow, "O2026-9003", 100)
            uow.record(
                ReceiptAllocated(
                    ref="O2026-9003",
                    agreement=AGREEMENT,
                    proposal=PROPOSAL,
                    partner=BAARN,
                    rule="rf",
                    amount_cents=100,
                    advance_cents=100,
                )
            )
        with pytest.raises(AlreadyRepaid) as caught:
            world.do("payment return", user="bram", ref=ref, receipt="O2026-9002", reason="AC04")
        assert (caught.value.details["repayable_cents"], caught.value.details["outstanding_cents"]) == (
            1750001,
            1749901,
        )


def test_the_file_of_a_batch_is_the_same_bytes_for_ever(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        approved(world)
        made = world.do("payment batch", user="anna")["result"]
        first = file_of(world, made["ref"])
        looked_at = dict(payment_files.WATCHED)
        world.both("payment send", user="bram2", second="anna2", ref=made["ref"])
        assert payment_files.WATCHED["sent"] > looked_at["sent"]  # made again, and its sum held against the ledger
        assert payment_files.WATCHED["written"] > looked_at["written"]
        world.clock(START + timedelta(days=400))
        assert file_of(world, made["ref"]) == first
        assert file_sha256(first) == made["sha256"]
        with world.snapshot() as snapshot:
            assert files.get(snapshot, made["sha256"]) == first


# -------------------------------------------------------------------------- debits of what was settled, or moved on


def one_debit(world: World, batch: str, cents: int, *, on: date = FRIDAY, bank: StoryBank | None = None) -> bytes:
    """A statement on which the bank shows a batch as one debit, without the payments inside."""
    bank = bank or the_bank(world)
    transaction = StoryTransaction(amount_cents=-cents)
    bank.entries.append(
        StoryEntry(transactions=(transaction,), booked_on=on, code="PMNT/ICDT/ESCT", batch_id=batch.replace("-", ""))
    )
    return bank.statement(on)


def on_monday(world: World) -> None:
    world.clock(datetime(2026, 1, 12, 9, tzinfo=START.tzinfo))


def lines_of(world: World) -> list[tuple[str, str, bool]]:
    return [(row["ref"], row["state"], bool(row["bank_line"])) for row in world.ask("payment list")["payments"]]


def verified(world: World) -> None:
    report = verify(world.fund.engine)
    assert report["ok"], [check for check in report["checks"] if not check["ok"]]


@pytest.mark.parametrize("settled", [(2,), (1, 2)])
def test_a_debit_for_a_whole_batch_shows_also_what_a_treasurer_settled_before(
    database_url: str, settled: tuple[int, ...]
) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        refs = [approved(world, amount=10_000), approved(world, amount=5_000)]
        batch = sent(world)
        for number in settled:
            world.do("payment settle", user="bram", ref=refs[number - 1])
        on_monday(world)
        result = imported(world, one_debit(world, batch, 15_000))["result"]
        assert result["unexplained_debits"] == []
        assert lines_of(world) == [(refs[0], "paid", True), (refs[1], "paid", True)]
        assert (world.balances()["1000"], world.balances()["1010"]) == (9_985_000, 0)
        verified(world)


def test_a_debit_for_a_whole_batch_shows_also_what_came_back_before(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        first, second = approved(world, amount=10_000), approved(world, amount=5_000)
        batch = sent(world)
        bank = the_bank(world)
        bank.pay(file_of(world, batch), on=FRIDAY)
        bank.entries.clear()
        bank.send_back("D20260002", on=FRIDAY)
        on_monday(world)
        imported(world, bank.statement(FRIDAY))
        assert lines_of(world) == [(first, "sent", False), (second, "returned", False)]
        late = one_debit(world, batch, 15_000, on=date(2026, 1, 12), bank=bank)
        assert imported(world, late, "late.xml")["result"]["unexplained_debits"] == []
        assert lines_of(world) == [(first, "paid", True), (second, "returned", True)]
        assert (world.balances()["1000"], world.balances()["1010"]) == (9_990_000, 0)
        verified(world)


def test_a_debit_that_fitted_nothing_is_tried_again_when_another_statement_comes(database_url: str) -> None:
    with founded(database_url) as world:
        # Given a batch of which the bank refused one line and debits the rest, before anybody says so
        agree(prepared(world))
        refs = [approved(world, amount=cents) for cents in (10_000, 5_000, 2_500)]
        batch, bank = sent(world), the_bank(world)
        on_monday(world)
        assert imported(world, one_debit(world, batch, 12_500, bank=bank))["result"]["unexplained_debits"]
        # When the treasurer says which line failed, and the next statement comes
        world.do("payment fail", user="bram", ref=refs[1], reason="AC01")
        result = imported(world, bank.statement(date(2026, 1, 12)), "next.xml")["result"]
        # Then the debit is the rest of the batch
        assert result["matched_before"] == 1
        assert lines_of(world) == [(refs[0], "paid", True), (refs[1], "failed", False), (refs[2], "paid", True)]
        with world.snapshot() as snapshot:
            assert unexplained_debits(snapshot) == []
        assert (world.balances()["1000"], world.balances()["1010"]) == (9_987_500, 0)
        assert world.ask("disbursement show", ref=refs[0])["paid_on"] == "2026-01-09"
        verified(world)


@pytest.mark.parametrize("settled", [False, True])
def test_a_treasurer_says_that_a_debit_is_a_whole_batch(database_url: str, settled: bool) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        refs = [approved(world, amount=10_000), approved(world, amount=5_000)]
        batch, bank = sent(world), the_bank(world)
        if settled:
            world.do("payment settle", user="bram", ref=batch)
        bank.entries += [
            StoryEntry(transactions=(StoryTransaction(amount_cents=-cents),), booked_on=FRIDAY, code="PMNT/ICDT/ESCT")
            for cents in (15_000, 1)
        ]
        on_monday(world)
        imported(world, bank.statement(FRIDAY))
        with pytest.raises(PaymentDoesNotMatch):
            world.do("payment settle", user="bram", ref=batch, bank_line="U2026-0002")
        world.do("payment settle", user="bram", ref=batch, bank_line="U2026-0001")
        assert lines_of(world) == [(ref, "paid", True) for ref in refs]
        assert (world.balances()["1000"], world.balances()["1010"]) == (9_984_999, 1)
        with pytest.raises(TransitionNotAllowed):
            world.do("payment settle", user="bram", ref=batch)
        verified(world)


def test_a_debit_without_a_reference_is_a_payment_that_was_settled_before(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        ref = approved(world, amount=10_000)
        sent(world)
        world.do("payment settle", user="bram", ref=ref)
        bank = the_bank(world)
        bank.entries += [
            StoryEntry(transactions=(StoryTransaction(amount_cents=-10_000),), booked_on=FRIDAY, code="PMNT/ICDT/ESCT")
        ] * 2
        on_monday(world)
        imported(world, bank.statement(FRIDAY))
        world.do("payment settle", user="bram", ref=ref, bank_line="U2026-0001")
        assert lines_of(world) == [(ref, "paid", True)]
        with pytest.raises(TransitionNotAllowed):  # shown once, it is not shown again
            world.do("payment settle", user="bram", ref=ref, bank_line="U2026-0002")


def test_the_debit_of_a_payment_of_which_part_came_back_is_known(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        ref = approved(world, amount=10_000)
        batch, bank = sent(world), the_bank(world)
        world.do("payment settle", user="bram", ref=ref)
        with world.uow("bram") as uow:
            receipt(uow, "O2026-9002", 4_000)
        world.do("disbursement refund", user="bram", ref=ref, receipt="O2026-9002")
        bank.pay(file_of(world, batch), on=FRIDAY)
        on_monday(world)
        assert imported(world, bank.statement(FRIDAY))["result"]["unexplained_debits"] == []
        assert (state_of(world, ref), lines_of(world)) == ("part_refunded", [(ref, "paid", True)])
        assert world.balances()["1010"] == 0
        verified(world)


@pytest.mark.parametrize("again", [False, True])
def test_the_debit_of_a_payment_that_came_back_before_it_is_known(database_url: str, again: bool) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        ref = approved(world, amount=10_000)
        batch, bank = sent(world), the_bank(world)
        bank.pay(file_of(world, batch), on=FRIDAY)
        (paid,) = bank.entries
        bank.entries.clear()
        bank.send_back("D20260001", on=FRIDAY)
        on_monday(world)
        imported(world, bank.statement(FRIDAY))
        if again:
            world.do("payment retry", user="anna", ref=ref)
            sent(world, ref)
        bank.entries.append(paid)
        late = imported(world, bank.statement(date(2026, 1, 12)), "late.xml")["result"]
        assert late["unexplained_debits"] == []
        first, *second = lines_of(world)
        assert first == (ref, "returned", True)
        assert second == ([(ref, "sent", False)] if again else [])
        assert world.balances()["1010"] == (-10_000 if again else 0)
        verified(world)


def test_what_left_the_bank_unexplained_is_no_cash_that_can_be_promised(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        with world.snapshot() as snapshot:
            free_cents = cash_to_pay(snapshot, None)
        with world.uow("bram") as uow:
            uow.record(
                DebitRecorded(
                    ref="U2026-0001", account="1000", amount_cents=9_000_000, debited_on=uow.today, line_id="lin_x"
                )
            )
        with world.snapshot() as snapshot:
            assert cash_to_pay(snapshot, None) == free_cents - 9_000_000
        ref = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)["result"]["ref"]
        world.do("disbursement check", user="anna", ref=ref)
        with pytest.raises(InsufficientCash) as caught:
            world.do("disbursement approve", user="bram", ref=ref)
        assert caught.value.details["available_cents"] == 1_000_000
        # a cost of the fund: the cash is gone for good, and gone once
        world.do("cost charge", user="bram", ref="U2026-0001", reason="afgeschreven door een ander")
        with world.snapshot() as snapshot:
            assert cash_to_pay(snapshot, None) == free_cents - 9_000_000


# ------------------------------------------------------------------------------------------ what the inbox may offer


def waits_for(world: World, user: str) -> list[str]:
    return [item["command"] for item in world.ask("inbox", user=user)["items"]]


def suspended(world: World) -> None:
    with world.uow("anna") as uow:
        uow.record(AgreementSuspended(ref=AGREEMENT, proposal=PROPOSAL, reason="vermoeden", until_on=date(2026, 4, 1)))


def test_a_batch_whose_day_has_passed_is_offered_to_be_made_again_and_not_to_be_sent(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        approved(world)
        world.do("payment batch", user="anna", execution_on=FRIDAY)
        world.clock(at(7))
        assert "fund payment send S2026-001" not in waits_for(world, "bram2")
        assert "fund payment batch --replaces S2026-001" in waits_for(world, "bram2")
        world.do("payment batch", user="bram2", replaces="S2026-001")
        assert "fund payment send S2026-002" in waits_for(world, "bram2")


def test_nothing_of_a_suspended_agreement_is_offered_to_be_paid(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        first, second = approved(world, amount=1000), approved(world, amount=2000)
        world.do("payment batch", user="anna", refs=[first])
        suspended(world)
        offered = {*waits_for(world, "bram2"), *waits_for(world, "anna2")}
        assert not [each for each in offered if each.startswith("fund payment")]
        for name, args in (("payment send", {"ref": "S2026-001"}), ("payment batch", {"refs": [second]})):
            with pytest.raises(PaymentsStopped):
                world.do(name, user="bram2", **args)


def test_an_account_that_was_replaced_is_offered_to_be_verified_and_not_to_be_paid(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        batched, ref = approved(world, amount=1000), approved(world, amount=2000)
        world.do("payment batch", user="anna", execution_on=date(2026, 1, 30), refs=[batched])
        recorded(world, iban=OTHER_IBAN)
        offered = waits_for(world, "anna2")
        assert f"fund payment retry {ref}" in offered
        assert f"fund payment batch --ref {ref}" not in offered
        assert "fund payment send S2026-001" not in waits_for(world, "bram2")
        assert "fund payment batch --replaces S2026-001" not in offered  # nothing of it can be paid


def test_a_disbursement_that_is_cancelled_is_in_no_batch(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        first, second = approved(world, amount=1000), approved(world, amount=2000)
        world.do("payment batch", user="anna")
        world.both("disbursement cancel", user="anna", second="bram", ref=first, reason="  dubbel ")
        assert [world.ask("disbursement show", ref=ref)["batch"] for ref in (first, second)] == [None, None]
        (cancelled,) = world.ask("event list", user="bram", type="disbursement.cancelled")["events"]
        assert cancelled["payload"]["reason"] == "dubbel"


def test_the_account_of_a_payee_is_not_registered_as_the_funds_own(database_url: str) -> None:
    with founded(database_url) as world:
        prepared(world)
        with pytest.raises(IbanKnown) as known:
            world.do("bank register", user="anna", iban=IBAN, account="1005")
        assert known.value.details == {"iban": IBAN, "known": "gm0308-1", "state": "verified"}


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ("bank match", {"ref": "O2026-9002", "to": "D2026-0001"}),
        ("cost approve", {"payee": BAARN, "amount": 100, "reason": "zaalhuur"}),
        ("payee record", {"partner": BAARN, "iban": OTHER_IBAN, "name": "Gemeente Baarn", "requested_by": "fatima"}),
    ],
)
def test_a_confirmation_is_offered_to_nobody_of_a_party(sqlite_url: str, command: str, args: dict[str, Any]) -> None:
    with founded(sqlite_url) as world:
        agree(prepared(world))
        world.user("baan", "fund_manager", partner=BAARN)
        world.user("bots", "treasurer", partner=BAARN)
        sent(world, approved(world))
        world.do("payment settle", user="bram", ref="D2026-0001")
        with world.uow("bram") as uow:
            receipt(uow, "O2026-9002", 500)
        made = world.do(command, user="bram" if command == "bank match" else "anna", **args)
        asked, barred = ("anna", "baan") if command == "bank match" else ("bram", "bots")
        offered = f"fund confirm {made['pending']}"
        assert offered in waits_for(world, asked)
        assert offered not in waits_for(world, barred)
        with pytest.raises(ConflictOfInterest):
            world.do("confirm", user=barred, ref=made["pending"])
