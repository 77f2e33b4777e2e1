"""What can be asked of payees."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from fund.declarations import (
    DAY,
    DOCUMENT,
    IBAN,
    PARTNER,
    PAYEE,
    TEXT,
    USER,
    Input,
    InputFile,
    Question,
    accounting_day,
    argument,
    command,
    option,
    query,
)
from fund.language import N_
from fund.rules.authority import FUND_MANAGER, TREASURER


@command(
    "payee record",
    ".use_cases:record",
    FUND_MANAGER,
    second=TREASURER,
    examples=(
        'fund --as anna payee record gm0351 --iban "NL91 ABNA 0417 1643 00" --name "Gemeente Woudenberg" '
        "--requested-by fatima",
        'fund --as anna payee record --supplier drukkerij --iban "NL44 RABO 0123 4567 89" --name "Drukkerij De Eend" '
        "--file invoice.pdf",
    ),
    permitted=N_("a fund manager; a treasurer confirms"),
    see=("payee list", "confirm"),
)
class RecordPayee(Input):
    """Record the account of a partner or supplier.

    A signatory of the partner asks, a fund manager records, a treasurer confirms. A supplier has no signatory: its
    account is recorded on a document that both see. After some days of cooling off the account can be paid; the one
    before is replaced.
    """

    partner: str | None = argument(PARTNER, N_("The partner whose account it is"), default=None)
    iban: str = option("--iban", IBAN, N_("The account, with or without spaces"))
    name: str = option("--name", TEXT, N_("The holder as the bank knows it"), metavar="NAME")
    requested_by: str | None = option(
        "--requested-by", USER, N_("The signatory of the partner who asked for it"), default=None
    )
    supplier: str | None = option(
        "--supplier",
        TEXT,
        N_("A short name for somebody who is no partner: small letters, hyphens"),
        default=None,
        metavar="NAME",
    )
    file: InputFile | None = option(
        "--file", DOCUMENT, N_("The document that shows the account of a supplier"), default=None
    )
    from_on: date | None = option("--from", DAY, N_("The first day on which it holds"), default=None)
    on: date | None = accounting_day(default=None)


class PayeeRow(TypedDict):
    ref: str
    partner: str
    supplier: bool
    name: str
    iban: str
    from_on: str
    verified_on: str | None
    usable_on: str | None
    state: str


class Payees(TypedDict):
    payees: list[PayeeRow]


@query(
    "payee list",
    ".use_cases:payees",
    lists={"payees": "payee"},
    examples=("fund payee list", "fund payee list --partner gm0351"),
    see=("payee record",),
)
class PayeeList(Question[Payees]):
    """List the accounts that may be paid."""

    partner: str | None = option(
        "--partner", PAYEE, N_("Only those of this partner or supplier"), default=None, metavar="PARTNER"
    )
