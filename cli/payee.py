"""``fund payee``: accounts that may be paid."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.output import Column, table
from cli.params import (
    DAY,
    DOCUMENT,
    PARTNER,
    PAYEE,
    USER,
    Ref,
    argument,
    booking,
    listing,
    noun,
    option,
    read,
    reading,
    run,
    verb,
    with_files,
)
from fund.language import N_, _, ngettext

ACCOUNT = Ref(("payee list", "payees", "ref"))
payee = noun("payee", N_("Record the accounts that may be paid"))
with_files(payee, ACCOUNT, N_("The account"), "drukker-1")


@verb(
    payee,
    "record",
    N_("Record the account of a partner or supplier"),
    about=N_(
        "A signatory of the partner asks, a fund manager records, a treasurer confirms. A supplier has no signatory: "
        "its account is recorded on a document that both see. "
        "After some days of cooling off the account can be paid; the one before is replaced."
    ),
    examples=(
        'fund --as anna payee record gm0351 --iban "NL91 ABNA 0417 1643 00" --name "Gemeente Woudenberg" '
        "--requested-by fatima",
        'fund --as anna payee record --supplier drukkerij --iban "NL44 RABO 0123 4567 89" --name "Drukkerij De Eend" '
        "--file invoice.pdf",
    ),
    who=N_("a fund manager; a treasurer confirms"),
    see=("payee list", "confirm"),
)
@argument("partner", type=PARTNER, required=False, help=N_("The partner whose account it is"))
@option("--iban", required=True, metavar="IBAN", help=N_("The account, with or without spaces"))
@option("--name", required=True, metavar="NAME", help=N_("The holder as the bank knows it"))
@option("--requested-by", type=USER, metavar="NAME", help=N_("The signatory of the partner who asked for it"))
@option("--supplier", metavar="NAME", help=N_("A short name for somebody who is no partner: small letters, hyphens"))
@option(
    "--file", "document", type=DOCUMENT, metavar="FILE", help=N_("The document that shows the account of a supplier")
)
@option("--from", "from_on", type=DAY, metavar="DATE", help=N_("The first day on which it holds"))
@booking
def record(
    ctx: click.Context,
    partner: str | None,
    iban: str,
    name: str,
    requested_by: str | None,
    supplier: str | None,
    document: Mapping[str, Any] | None,
    from_on: date | None,
) -> None:
    args = {
        "partner": partner,
        "iban": iban,
        "name": name,
        "requested_by": requested_by,
        "supplier": supplier,
        "file": document,
        "from_on": from_on,
    }
    run(ctx, "payee record", args, ask=True, tell=_recorded)


def _recorded(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    return [_("The account of {partner} is recorded as {ref}.").format(partner=result["partner"], ref=result["ref"])]


LIST = (
    Column("ref", N_("Ref"), "ref"),
    Column("name", N_("Holder"), "text"),
    Column("iban", N_("Account"), "ref"),
    Column("usable_on", N_("Payable from"), "date"),
    Column("state", N_("State"), "state", kind="payee"),
)


@verb(
    payee,
    "list",
    N_("List the accounts that may be paid"),
    examples=("fund payee list", "fund payee list --partner gm0351"),
    see=("payee record",),
)
@option("--partner", type=PAYEE, metavar="PARTNER", help=N_("Only those of this partner or supplier"))
@listing(*LIST)
@reading
def list_(ctx: click.Context, partner: str | None) -> None:
    read(ctx, "payee list", {"partner": partner}, show=_listed)


def _listed(data: Mapping[str, Any]) -> None:
    rows = data["payees"]
    table(
        _("Accounts that may be paid"),
        LIST,
        rows,
        total={"ref": ngettext("{count} account", "{count} accounts", len(rows)).format(count=len(rows))},
        empty=_("No account is recorded yet."),
    )
