"""Every payment file that any test writes is watched: valid by its schema, adding up, the same bytes when made again.

``watch`` stands in the place of the writer before anybody has asked for it, and beside the unit of work: what is sent
is what the ledger books. It asks nothing of the code that it watches; schema and sums are read anew.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from lxml import etree

from fund import bank
from fund.bank import PaymentBatch, payments
from fund.events import Envelope
from fund.events.payments import PaymentSent
from fund.unit_of_work import UnitOfWork

__all__ = ["WATCHED", "require_whole", "watch"]

XSD = Path(__file__).parents[1] / "fund" / "data" / "xsd"
WATCHED = {"written": 0, "sent": 0}
"""How many files were looked at, and how many batches were sent."""


@lru_cache(maxsize=2)
def _schema(version: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(XSD / f"pain.001.001.{version}.xsd"))


def require_whole(data: bytes, *, version: str, total_cents: int, count: int) -> None:
    """Nothing, when a payment file satisfies its schema and its sums are those of its payments."""
    root = etree.fromstring(data)
    _schema(version).assertValid(root)
    space = f"{{urn:iso:std:iso:20022:tech:xsd:pain.001.001.{version}}}"
    amounts = [Decimal(str(each.text)) for each in root.iter(f"{space}InstdAmt")]
    assert {each.get("Ccy") for each in root.iter(f"{space}InstdAmt")} == {"EUR"}
    assert [Decimal(str(each.text)) for each in root.iter(f"{space}CtrlSum")] == [sum(amounts)] * 2
    assert [int(str(each.text)) for each in root.iter(f"{space}NbOfTxs")] == [len(amounts)] * 2
    assert (int(sum(amounts) * 100), len(amounts)) == (total_cents, count)
    references = [each.text for each in root.iter(f"{space}EndToEndId")]
    assert len(set(references)) == len(references)


def watch() -> None:
    """From here on every payment file is looked at when it is written, and every batch when it is sent."""
    written = payments.write_payments

    def write_payments(batch: PaymentBatch, *, version: str = "09") -> bytes:
        data = written(batch, version=version)
        require_whole(data, version=version, total_cents=batch.total_cents, count=len(batch.payments))
        assert written(batch, version=version) == data, "the same batch gives other bytes"
        WATCHED["written"] += 1
        return data

    write_payments.__doc__ = written.__doc__
    payments.write_payments = bank.write_payments = write_payments
    bank.BANK_FORMATS = tuple(
        bank.BankFormat(each.name, each.direction, each.meaning, each.read, write_payments if each.write else None)
        for each in bank.BANK_FORMATS
    )
    book = UnitOfWork._book

    def booked(self: Any, envelope: Envelope) -> None:
        book(self, envelope)
        if isinstance(envelope.fact, PaymentSent):
            _require_booked(self, envelope.fact)

    UnitOfWork._book = booked  # type: ignore[method-assign]


def _require_booked(uow: UnitOfWork, fact: PaymentSent) -> None:
    """Nothing, when the control sum of the file is what the entry of its sending moved to 1010."""
    from fund.schemas.disbursements import Batch
    from fund.workflows.payments.batches import file_of

    batch = uow.maybe(Batch, fact.ref)
    if batch is None or len(fact.sha256) != 64:
        return  # a fact that a test made up
    data = file_of(batch)
    require_whole(data, version=batch.format_version, total_cents=fact.total_cents, count=len(fact.lines))
    assert data == file_of(batch)
    _draft, posted = uow.entries[-1]
    entry = uow.ledger.entry(posted.seq)
    assert -sum(leg.amount_cents for leg in entry.postings if leg.account == "1010") == fact.total_cents
    WATCHED["sent"] += 1
