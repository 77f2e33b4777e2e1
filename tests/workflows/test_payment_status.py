"""The bank's report on a payment file: what it accepted moves nothing, what it rejected is owed again."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from fund.bank import read_status
from fund.bank.simulation import StoryBank, write_status
from fund.checks import verify
from fund.errors import FundError
from fund.errors.bank import InvalidBankFile, NotAStatusReport, UnknownBankVersion
from fund.errors.payments import StatusReportChanged, StatusReportDoesNotFit, UnknownPaymentMessage
from fund.errors.people import ConflictOfInterest, NotAuthorised
from tests.factories import World, as_text, founded
from tests.workflows.money_out import BAARN, BUNNIK, OURS, agree, approved, owed, prepared, receipt, sent, supplied

AWARD, COST = "D20260001", "K20260001"
TUESDAY = date(2026, 1, 13)


def under_way(world: World) -> bytes:
    """A batch with a disbursement and a cost that two people let go; its payment file."""
    agree(prepared(world))
    supplied(world)
    approved(world)
    owed(world)
    return file_of(world, sent(world))


def file_of(world: World, batch: str) -> bytes:
    return str(world.ask("payment file", user="bram", ref=batch)["content"]).encode()


def report(world: World, data: bytes, *, user: str = "bram") -> Any:
    return world.do("payment status", user=user, file={"name": "status.xml", "content": data})["result"]


def lines(world: World, batch: str = "S2026-001") -> list[tuple[str, str, str | None, str | None]]:
    rows = world.ask("payment list", batch=batch)["payments"]
    return [(row["ref"], row["state"], row["bank_status"], row["bank_reason"]) for row in rows]


def asked(world: World, user: str = "bram") -> list[str]:
    """What the inbox says of payments on which the bank contradicts what people said."""
    items = world.ask("inbox", user=user)["items"]
    return sorted(row["what"] for row in items if row["what"].startswith("ask the bank"))


def test_what_the_bank_accepted_is_noted_and_nothing_moves(database_url: str) -> None:
    with founded(database_url) as world:
        file = under_way(world)
        before, entries = world.balances(), len(world.entries())
        answer = report(world, write_status(file, status="ACCP"))
        assert answer == {
            "ref": "S2026-001",
            "message_id": "PSR0001",
            "known": False,
            "accepted": 2,
            "pending": 0,
            "rejected": 0,
            "unsaid": 0,
            "differences": [],
        }
        assert lines(world) == [("D2026-0001", "sent", "accepted", None), ("K2026-0001", "sent", "accepted", None)]
        assert (world.balances(), len(world.entries())) == (before, entries)


def test_what_the_bank_rejected_is_owed_again_with_its_reason(database_url: str) -> None:
    with founded(database_url) as world:
        file = under_way(world)
        data = write_status(file, status="PART", payments={AWARD: ("ACSP", ""), COST: ("RJCT", "AC01")})
        answer = report(world, data)
        assert (answer["accepted"], answer["rejected"], answer["differences"]) == (1, 1, [])
        assert lines(world) == [("D2026-0001", "sent", "accepted", None), ("K2026-0001", "failed", "rejected", "AC01")]
        assert as_text(world.entries()[-1]) == (
            "2026-01-12 payment.failed K2026-0001 niet uitgevoerd door de bank (S2026-001)\n"
            "  Dr 1010 45000\n    Cr 2000.drukkerij 45000"
        )
        assert "fund payment retry K2026-0001" in [item["command"] for item in world.ask("inbox", user="anna")["items"]]
        # the same file again is known, and nothing happens twice
        entries = len(world.entries())
        again = report(world, data)
        assert (again["known"], again["rejected"], again["differences"]) == (True, 1, [])
        assert len(world.entries()) == entries
        check = verify(world.fund.engine)
        assert check["ok"], [each for each in check["checks"] if not each["ok"]]


@pytest.mark.parametrize("said", [{"status": "RJCT", "reason": "DT01"}, {"status": "PART", "part": "RJCT"}])
def test_a_file_that_is_rejected_whole_leaves_everything_owed(sqlite_url: str, said: dict[str, str]) -> None:
    with founded(sqlite_url) as world:
        file = under_way(world)
        owed_before = world.balances()["1010"]
        assert report(world, write_status(file, **said))["rejected"] == 2  # type: ignore[arg-type]
        assert (owed_before, world.balances()["1010"]) == (-2_545_001, 0)
        assert world.ask("payment list")["batches"][0]["state"] == "settled"
        assert {reason for _ref, _state, _status, reason in lines(world)} == {said.get("reason")}
        reasons = [world.ask("disbursement show", ref="D2026-0001")["bank_reason"]]
        assert reasons == [said.get("reason", "RJCT")]


def test_what_the_bank_says_of_the_payments_goes_before_what_it_says_of_the_file(database_url: str) -> None:
    """The file was read and its one payment information rejected: nothing will be paid."""
    with founded(database_url) as world:
        file = under_way(world)
        said = {AWARD: ("ACCP", "")}
        answer = report(world, write_status(file, status="ACTC", part="RJCT", payments=said))
        assert (answer["accepted"], answer["rejected"]) == (1, 1)
        assert lines(world) == [("D2026-0001", "sent", "accepted", None), ("K2026-0001", "failed", "rejected", None)]


def test_a_report_that_waits_or_says_nothing_of_a_payment_leaves_it_as_it_is(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        file = under_way(world)
        assert report(world, write_status(file, status="RCVD"))["pending"] == 2
        answer = report(world, write_status(file, status="PART", payments={AWARD: ("ACCP", "")}, message_id="PSR2"))
        assert (answer["accepted"], answer["unsaid"]) == (1, 1)
        assert lines(world) == [("D2026-0001", "sent", "accepted", None), ("K2026-0001", "sent", "pending", None)]


def test_a_rejection_of_what_was_settled_is_a_difference_that_is_named(database_url: str) -> None:
    with founded(database_url) as world:
        file = under_way(world)
        world.do("payment settle", user="bram", ref="D2026-0001")
        world.do("payment fail", user="bram", ref="K2026-0001", reason="AM04")
        before = world.balances()
        said = {AWARD: ("RJCT", "AC04"), COST: ("ACSC", "")}
        status = {"name": "status.xml", "content": write_status(file, status="PART", payments=said)}
        told = world.do("payment status", user="bram", file=status)
        assert told["next"] == "fund payment list --batch S2026-001", "nothing failed by this report"
        assert told["result"]["differences"] == [
            {"ref": "D2026-0001", "state": "paid", "status": "rejected", "reason": "AC04"},
            {"ref": "K2026-0001", "state": "failed", "status": "accepted", "reason": ""},
        ]
        assert world.balances() == before
        # it stays to be seen
        assert lines(world)[0] == ("D2026-0001", "paid", "rejected", "AC04")
        # and the treasurer is asked to find out, until what failed is tried again and a statement shows what was paid
        assert asked(world) == [
            "ask the bank about D2026-0001 of EUR 25,000.01: the bank rejected it, and here it is paid",
            "ask the bank about K2026-0001 of EUR 450.00: the bank accepted it, and here it has failed",
        ]
        assert asked(world, "anna") == []
        world.do("payment retry", user="anna", ref="K2026-0001")
        assert [text.split()[4] for text in asked(world)] == ["D2026-0001"]
        bank = StoryBank(iban=OURS, owner="Testfonds", balance_cents=10_000_000)
        bank.pay(file, on=TUESDAY, refused=(COST,))
        world.clock(datetime(2026, 1, 14, 9, tzinfo=UTC))
        world.do("bank import", user="bram", files=[{"name": "s.xml", "content": bank.statement(TUESDAY)}])
        assert asked(world) == []
        check = verify(world.fund.engine)
        assert check["ok"], [each for each in check["checks"] if not each["ok"]]


def test_a_late_report_on_an_attempt_that_failed_leaves_the_next_attempt_alone(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        file = under_way(world)
        world.do("payment fail", user="bram", ref="K2026-0001", reason="AM04")
        world.do("payment retry", user="anna", ref="K2026-0001")
        sent(world, "K2026-0001")
        report(world, write_status(file, status="PART", payments={COST: ("RJCT", "AM04")}))
        assert lines(world, "S2026-002") == [("K2026-0001", "sent", None, None)]


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"count": 3}, StatusReportDoesNotFit, "3 payments"),
        ({"total_cents": 2_545_002}, StatusReportDoesNotFit, "25450.02"),
        ({"payments": {"D20260009": ("ACCP", "")}}, StatusReportDoesNotFit, "D20260009"),
        ({"payments": {"D20260001R2": ("RJCT", "AC01")}}, StatusReportDoesNotFit, "D20260001R2"),
    ],
)
def test_a_report_on_another_content_is_refused_with_both(
    sqlite_url: str, changed: dict[str, Any], error: type[FundError], said: str
) -> None:
    with founded(sqlite_url) as world:
        file = under_way(world)
        with pytest.raises(error) as caught:
            report(world, write_status(file, status="PART", **changed))
        assert said in str(caught.value)
        assert "S2026-001" in str(caught.value)
        assert caught.value.advice
        assert lines(world)[0] == ("D2026-0001", "sent", None, None)


def test_a_report_on_a_file_that_was_not_sent_is_refused_by_name(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        agree(prepared(world))
        approved(world)
        world.do("payment batch", user="anna")
        file = file_of(world, "S2026-001")
        for data in (write_status(file, status="ACCP"), write_status(file.replace(b"S2026001", b"S2026099"))):
            with pytest.raises(UnknownPaymentMessage) as caught:
                report(world, data)
            assert caught.value.details["message_id"] in ("S2026001", "S2026099")


def test_another_report_under_a_known_name_is_refused(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        file = under_way(world)
        report(world, write_status(file, status="RCVD"))
        with pytest.raises(StatusReportChanged):
            report(world, write_status(file, status="RJCT"))
        assert world.balances()["1010"] == -2_545_001


def test_only_a_treasurer_of_no_party_takes_a_report_in(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        file = under_way(world)
        for name, partner in (("tess", BAARN), ("tom", BUNNIK)):
            world.user(name, "treasurer", partner=partner)
            with pytest.raises(ConflictOfInterest):
                report(world, write_status(file, status="RJCT"), user=name)
        for name in ("anna", "fatima", "joost"):
            with pytest.raises(NotAuthorised):
                report(world, write_status(file, status="RJCT"), user=name)
        assert lines(world)[0] == ("D2026-0001", "sent", None, None)


def test_a_payment_that_was_returned_is_not_failed_by_a_late_rejection(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        file = under_way(world)
        world.do("payment settle", user="bram", ref="K2026-0001")
        with world.uow("bram") as uow:
            receipt(uow, "O2026-9002", 45_000)
        world.do("payment return", user="bram", ref="K2026-0001", receipt="O2026-9002", reason="AC04")
        answer = report(world, write_status(file, status="PART", payments={COST: ("RJCT", "AC04")}))
        assert [each["state"] for each in answer["differences"]] == ["returned"]
        assert world.balances()["2000"] == -45_000


# ------------------------------------------------------------------------------------------------------- the file alone


@pytest.fixture(scope="module")
def payment_file() -> bytes:
    from tests.bank.test_payments import SAMPLE

    return SAMPLE


def test_a_report_is_read_payment_by_payment(payment_file: bytes) -> None:
    data = write_status(payment_file, status="PART", payments={"BES-2025-001": ("RJCT", "AC04")})
    read = read_status(data, name="s.xml")
    assert (read.message_id, read.original_message_id, read.status) == ("PSR0001", "BAT-2025-001", "part")
    assert (read.original_count, read.original_cents) == (2, 19_500_000)
    (one,) = read.payments
    assert (one.end_to_end_id, one.status, one.reason) == ("BES-2025-001", "rejected", "AC04")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda data, _file: data.replace(b"pain.001<", b"pain.008<"), NotAStatusReport),
        (lambda _data, file: file, NotAStatusReport),
        (lambda data, _file: data.replace(b"pain.002.001.03", b"pain.002.001.10"), UnknownBankVersion),
        (lambda data, _file: data.replace(b"PART", b"MAYBE"), InvalidBankFile),
        (lambda data, _file: data.replace(b"<OrgnlEndToEndId>BES-2025-001</OrgnlEndToEndId>", b""), InvalidBankFile),
        (lambda data, _file: data.replace(b"195000.00", b"195000.005"), InvalidBankFile),
    ],
)
def test_a_file_that_is_no_report_is_refused_with_its_place(
    payment_file: bytes, change: Any, error: type[FundError]
) -> None:
    data = write_status(payment_file, status="PART", payments={"BES-2025-001": ("RJCT", "AC04")})
    with pytest.raises(error) as caught:
        read_status(change(data, payment_file), name="s.xml")
    assert str(caught.value).startswith("s.xml:")
    assert caught.value.advice
