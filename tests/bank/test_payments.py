"""Payment files: the same batch, the same bytes, valid by the schema, and read back as what was meant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from fund.bank import (
    BANK_FORMATS,
    Payment,
    PaymentBatch,
    file_sha256,
    read_payments,
    read_statements,
    read_status,
    write_payments,
)
from fund.errors import FundError
from fund.errors.bank import (
    ControlSumDoesNotMatch,
    CountDoesNotMatch,
    DuplicatePayment,
    EmptyPaymentBatch,
    InvalidIban,
    InvalidReference,
    NameTooLong,
    PaymentAmountOutOfRange,
    TextTooLong,
    UnknownPaymentVersion,
    UnwritableCharacter,
)
from tests import payment_files

SAMPLE = (Path(__file__).parent / "samples" / "voorbeeld-fonds.pain.001.001.09.xml").read_bytes()
XSD = Path(__file__).parents[2] / "fund" / "data" / "xsd"
BATCH = PaymentBatch(
    message_id="BAT-2025-001",
    created_at=datetime(2025, 2, 7, 9, 0, tzinfo=UTC),
    execution_on=date(2025, 2, 10),
    debtor_name="Voorbeeld Innovatiefonds (fictief)",
    debtor_iban="NL91ABNA0417164300",
    payments=(
        Payment(
            end_to_end_id="BES-2025-001",
            amount_cents=4500000,
            payee_name="Gemeente Renswoude",
            payee_iban="NL20INGB0001234567",
            text="Voorschot BES-2025-001",
        ),
        Payment(
            end_to_end_id="LEN-2025-001",
            amount_cents=15000000,
            payee_name="Hoogheemraadschap De Stichtse Rijnlanden",
            payee_iban="NL69INGB0123456789",
            text="Lening LEN-2025-001",
        ),
    ),
)


def with_first(**changes: object) -> PaymentBatch:
    return replace(BATCH, payments=(replace(BATCH.payments[0], **changes), *BATCH.payments[1:]))  # type: ignore[arg-type]


def test_the_sample_payment_file_is_written_byte_for_byte() -> None:
    assert write_payments(BATCH).strip() == SAMPLE.strip()


def test_the_same_batch_gives_the_same_bytes_and_the_same_hash() -> None:
    assert write_payments(BATCH) == write_payments(replace(BATCH))
    assert file_sha256(write_payments(BATCH)) == file_sha256(write_payments(BATCH))
    assert file_sha256(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("version", ["09", "03"])
def test_a_payment_file_satisfies_the_schema_of_its_version_and_is_read_back(version: str) -> None:
    data = write_payments(BATCH, version=version)
    etree.XMLSchema(etree.parse(str(XSD / f"pain.001.001.{version}.xsd"))).assertValid(etree.fromstring(data))
    assert read_payments(data, name="payments.xml") == BATCH


def test_count_and_control_sum_stand_in_the_header_and_in_the_batch() -> None:
    data = write_payments(BATCH)
    assert data.count(b"<NbOfTxs>2</NbOfTxs>") == 2
    assert data.count(b"<CtrlSum>195000.00</CtrlSum>") == 2
    assert BATCH.total_cents == 19500000


def test_names_are_written_in_the_letters_of_the_banks() -> None:
    data = write_payments(with_first(payee_name="Coöperatie Het Groene Hart & Co", text="Vóór 1 april"))
    assert b"<Nm>Cooperatie Het Groene Hart + Co</Nm>" in data
    assert b"<Ustrd>Voor 1 april</Ustrd>" in data


def test_the_reference_of_the_payee_takes_the_place_of_a_text() -> None:
    data = write_payments(with_first(creditor_reference="RF18 5390 0754 7034"))
    assert b"<Ref>RF18539007547034</Ref>" in data
    assert b"Voorschot BES-2025-001" not in data
    assert read_payments(data, name="p.xml").payments[0].creditor_reference == "RF18539007547034"


def test_a_bank_that_the_registry_does_not_know_is_left_to_the_bank_to_find() -> None:
    data = write_payments(replace(BATCH, debtor_iban="NL26VAYB8060476890"))
    assert b"<Id>NOTPROVIDED</Id>" in data


@pytest.mark.parametrize(
    ("batch", "error"),
    [
        (replace(BATCH, payments=()), EmptyPaymentBatch),
        (replace(BATCH, payments=(BATCH.payments[0],) * 2), DuplicatePayment),
        (with_first(amount_cents=0), PaymentAmountOutOfRange),
        (with_first(amount_cents=-1), PaymentAmountOutOfRange),
        (with_first(amount_cents=100_000_000_000), PaymentAmountOutOfRange),
        (with_first(payee_iban="NL20INGB0001234568"), InvalidIban),
        (replace(BATCH, debtor_iban="NL00"), InvalidIban),
        (with_first(creditor_reference="RF19539007547034"), InvalidReference),
        (with_first(payee_name="x" * 71), NameTooLong),
        (with_first(payee_name=""), NameTooLong),
        (with_first(text="x" * 141), TextTooLong),
        (with_first(end_to_end_id="x" * 36), TextTooLong),
        (replace(BATCH, message_id="x" * 36), TextTooLong),
        (with_first(payee_name="Москва"), UnwritableCharacter),
        (with_first(end_to_end_id="/D1"), UnwritableCharacter),
    ],
)
def test_what_no_bank_would_take_is_refused_before_there_is_a_file(batch: PaymentBatch, error: type[FundError]) -> None:
    with pytest.raises(error) as caught:
        write_payments(batch)
    assert caught.value.advice


def test_a_version_that_is_not_written_is_named_beside_those_that_are() -> None:
    with pytest.raises(UnknownPaymentVersion) as caught:
        write_payments(BATCH, version="08")
    assert "09, 03" in str(caught.value)


def test_a_payment_file_that_was_changed_by_hand_is_noticed() -> None:
    with pytest.raises(ControlSumDoesNotMatch) as caught:
        read_payments(SAMPLE.replace(b">45000.00<", b">46000.00<"), name="p.xml")
    assert caught.value.details["difference_cents"] == -100000
    start = SAMPLE.index(b"<CdtTrfTxInf>")
    end = SAMPLE.index(b"</CdtTrfTxInf>") + len(b"</CdtTrfTxInf>")
    with pytest.raises(CountDoesNotMatch):
        read_payments(SAMPLE[:start] + SAMPLE[end:], name="p.xml")


def test_every_format_of_a_bank_has_its_schema_and_its_reader() -> None:
    for known in BANK_FORMATS:
        assert (XSD / f"{known.name}.xsd").is_file()
        readers = {"camt": read_statements, "pain.001": read_payments, "pain.002": read_status}
        assert known.read is next(read for kind, read in readers.items() if known.name.startswith(kind))
        assert (known.write is write_payments) == (known.direction == "out")


names = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789 -.,'()", min_size=1, max_size=60).map(
    lambda text: " ".join(text.split()) or "x"
)


@given(
    st.lists(
        st.builds(
            Payment,
            end_to_end_id=st.integers(1, 9999).map(lambda number: f"D2026{number:04d}"),
            amount_cents=st.integers(1, 99_999_999_999),
            payee_name=names,
            payee_iban=st.sampled_from(["NL20INGB0001234567", "NL69INGB0123456789", "NL02ABNA0123456789"]),
            text=names,
        ),
        min_size=1,
        max_size=8,
        unique_by=lambda payment: payment.end_to_end_id,
    ),
    st.sampled_from(["09", "03"]),
    st.dates(date(2020, 1, 1), date(2099, 12, 31)),
)
@settings(max_examples=25, deadline=None)
def test_every_batch_is_read_back_as_it_was_written(payments: list[Payment], version: str, on: date) -> None:
    batch = replace(BATCH, payments=tuple(payments), execution_on=on)
    assert read_payments(write_payments(batch, version=version), name="p.xml") == batch


def test_every_payment_file_of_any_test_is_looked_at() -> None:
    before = payment_files.WATCHED["written"]
    data = write_payments(BATCH)
    assert payment_files.WATCHED["written"] == before + 1
    for wrong in (
        data.replace(b"<CtrlSum>195000.00<", b"<CtrlSum>195000.01<"),
        data.replace(b"<NbOfTxs>2<", b"<NbOfTxs>3<"),
        data.replace(b"45000.00</InstdAmt>", b"45000.01</InstdAmt>"),
        data.replace(b"LEN-2025-001</EndToEndId>", b"BES-2025-001</EndToEndId>"),
        data.replace(b'Ccy="EUR">45000', b'Ccy="USD">45000'),
        data.replace(b"<PmtMtd>TRF</PmtMtd>", b""),
    ):
        assert wrong != data
        with pytest.raises((AssertionError, etree.DocumentInvalid)):
            payment_files.require_whole(wrong, version="09", total_cents=19_500_000, count=2)
