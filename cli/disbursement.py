"""``fund disbursement``: money out, from request to approval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from cli.output import Column, day_text, facts, state_text, table
from cli.params import MONEY, PARTNER, Ref, argument, booking, listing, noun, option, read, reading, run, verb
from fund.language import N_, _, euros, ngettext

DISBURSEMENT = Ref(("disbursement list", "disbursements", "ref"))
AGREEMENT = Ref(("agreement list", "agreements", "ref"))
RECEIPT = Ref()

disbursement = noun("disbursement", N_("Request, check and approve disbursements"))


@verb(
    disbursement,
    "request",
    N_("Ask for money from an award"),
    about=N_(
        "Money follows results: name an accepted milestone. "
        "In a light track the service asks by itself, once the agreement is active."
    ),
    examples=("fund --as fatima disbursement request A2026-003 --milestone 1",),
    who=N_("a signatory of the lead or a co-applicant"),
    see=("milestone list", "disbursement check"),
)
@argument("ref", type=AGREEMENT, help=N_("The agreement"))
@option("--milestone", type=click.IntRange(1), metavar="NUMBER", help=N_("The milestone that was accepted"))
@option("--amount", type=MONEY, metavar="EUROS", help=N_("What is asked; all that is left when left out"))
@option("--payee", type=PARTNER, metavar="PARTNER", help=N_("Who is paid; the lead when left out"))
@option("--iban", metavar="IBAN", help=N_("The account; the verified one when left out"))
@booking
def request(
    ctx: click.Context, ref: str, milestone: int | None, amount: int | None, payee: str | None, iban: str | None
) -> None:
    args = {"ref": ref, "milestone": milestone, "amount": amount, "payee": payee, "iban": iban}
    run(ctx, "disbursement request", args, tell=_requested)


def _requested(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    return [_("{ref} asks for {amount}.").format(ref=result["ref"], amount=euros(result["amount_cents"]))]


@verb(
    disbursement,
    "check",
    N_("Check a request"),
    about=N_("It goes to the verified account of the payee, which must have cooled off."),
    examples=("fund --as anna disbursement check D2026-0007",),
    who=N_("a fund manager who is of no party"),
    see=("payee list", "disbursement approve"),
)
@argument("ref", type=DISBURSEMENT, help=N_("The disbursement"))
@booking
def check(ctx: click.Context, ref: str) -> None:
    run(ctx, "disbursement check", {"ref": ref}, tell=_checked)


def _checked(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    return [_("{ref} is checked; it goes to account {payee}.").format(ref=result["ref"], payee=result["payee_ref"])]


@verb(
    disbursement,
    "approve",
    N_("Approve a checked disbursement"),
    about=N_("The fund owes the payee from then on: the repayable share becomes an advance, the rest a grant."),
    examples=("fund --as bram disbursement approve D2026-0007",),
    who=N_("a treasurer who neither made nor checked this request"),
    see=("payment batch", "disbursement cancel"),
)
@argument("ref", type=DISBURSEMENT, help=N_("The disbursement"))
@booking
def approve(ctx: click.Context, ref: str) -> None:
    run(ctx, "disbursement approve", {"ref": ref}, ask=True, tell=_approved)


def _approved(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    return [
        _("{ref} is approved: {repayable} to be repaid, {grant} granted; it should arrive by {day}.").format(
            ref=fact["ref"],
            repayable=euros(fact["repayable_cents"]),
            grant=euros(fact["grant_cents"]),
            day=day_text(fact["due_on"]),
        )
    ]


@verb(
    disbursement,
    "cancel",
    N_("Cancel an approved disbursement"),
    about=N_("Only what is not under way. The approval is undone; a batch that was not sent falls with it."),
    examples=('fund --as anna disbursement cancel D2026-0007 --reason "asked twice"',),
    who=N_("a fund manager; a treasurer confirms"),
    see=("disbursement show",),
)
@argument("ref", type=DISBURSEMENT, help=N_("The disbursement"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why; it is kept"))
@booking
def cancel(ctx: click.Context, ref: str, reason: str) -> None:
    run(ctx, "disbursement cancel", {"ref": ref, "reason": reason}, ask=True)


@verb(
    disbursement,
    "refuse",
    N_("Refuse a request"),
    examples=('fund --as anna disbursement refuse D2026-0007 --reason "report missing"',),
    who=N_("a fund manager or a treasurer"),
    see=("disbursement show",),
)
@argument("ref", type=DISBURSEMENT, help=N_("The disbursement"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why; it is kept"))
@booking
def refuse(ctx: click.Context, ref: str, reason: str) -> None:
    run(ctx, "disbursement refuse", {"ref": ref, "reason": reason}, ask=True)


@verb(
    disbursement,
    "withdraw",
    N_("Withdraw your own request"),
    examples=('fund --as fatima disbursement withdraw D2026-0007 --reason "wrong milestone"',),
    who=N_("a signatory of the lead or a co-applicant"),
    see=("disbursement request",),
)
@argument("ref", type=DISBURSEMENT, help=N_("The disbursement"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why; it is kept"))
@booking
def withdraw(ctx: click.Context, ref: str, reason: str) -> None:
    run(ctx, "disbursement withdraw", {"ref": ref, "reason": reason}, ask=True)


@verb(
    disbursement,
    "refund",
    N_("Book unspent money that came back"),
    about=N_("It is divided over advance and grant as it went out."),
    examples=("fund --as bram disbursement refund D2026-0007 --receipt O2026-0012",),
    who=N_("a treasurer"),
    see=("bank unmatched",),
)
@argument("ref", type=DISBURSEMENT, help=N_("The disbursement"))
@option("--receipt", type=RECEIPT, required=True, metavar="REF", help=N_("The receipt that holds the money"))
@option("--amount", type=MONEY, metavar="EUROS", help=N_("A part of it; the whole when left out"))
@booking
def refund(ctx: click.Context, ref: str, receipt: str, amount: int | None) -> None:
    run(ctx, "disbursement refund", {"ref": ref, "receipt": receipt, "amount": amount}, ask=True, tell=_refunded)


def _refunded(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    return [
        _("{amount} came back on {ref}: {advance} of the advance, {grant} of the grant.").format(
            amount=euros(fact["amount_cents"]),
            ref=fact["ref"],
            advance=euros(fact["advance_cents"]),
            grant=euros(fact["grant_cents"]),
        )
    ]


LIST = (
    Column("ref", N_("Ref"), "ref"),
    Column("agreement", N_("Agreement"), "ref"),
    Column("payee_name", N_("Payee"), "text"),
    Column("state", N_("State"), "state", kind="disbursement"),
    Column("due_on", N_("Due"), "date"),
    Column("amount_cents", N_("Amount"), "amount"),
)


@verb(
    disbursement,
    "list",
    N_("List disbursements"),
    examples=("fund disbursement list", "fund disbursement list --state approved"),
    see=("disbursement show",),
)
@option("--agreement", type=AGREEMENT, metavar="REF", help=N_("Only those of this agreement"))
@option("--payee", type=PARTNER, metavar="PARTNER", help=N_("Only those to this partner"))
@listing(*LIST)
@reading
def list_(ctx: click.Context, agreement: str | None, payee: str | None) -> None:
    read(ctx, "disbursement list", {"agreement": agreement, "payee": payee}, show=_listed)


def _listed(data: Mapping[str, Any]) -> None:
    rows = data["disbursements"]
    table(
        _("Disbursements"),
        LIST,
        rows,
        total={
            "ref": ngettext("{count} disbursement", "{count} disbursements", len(rows)).format(count=len(rows)),
            "amount_cents": sum(row["amount_cents"] for row in rows),
        },
        empty=_("No disbursement was requested yet."),
    )


@verb(
    disbursement,
    "show",
    N_("Show one disbursement"),
    examples=("fund disbursement show D2026-0007",),
    see=("disbursement list", "payment list"),
)
@argument("ref", type=DISBURSEMENT, help=N_("The disbursement"))
@reading
def show(ctx: click.Context, ref: str) -> None:
    read(ctx, "disbursement show", {"ref": ref}, show=_shown)


def _shown(data: Mapping[str, Any]) -> None:
    facts(
        _("Disbursement {ref}").format(ref=data["ref"]),
        [
            (_("State"), state_text("disbursement", data["state"])),
            (_("Agreement"), data["agreement"]),
            (_("Milestone"), data["milestone"]),
            (_("Payee"), data["payee_name"]),
            (_("Account"), data["iban_payee_ref"]),
            (_("Amount"), euros(data["amount_cents"])),
            (_("Repayable"), euros(data["repayable_cents"]) if data["approved_on"] else None),
            (_("Grant"), euros(data["grant_cents"]) if data["approved_on"] else None),
            (_("Requested"), day_text(data["requested_on"])),
            (_("Approved"), day_text(data["approved_on"]) if data["approved_on"] else None),
            (_("To arrive by"), day_text(data["due_on"]) if data["due_on"] else None),
            (_("Paid"), day_text(data["paid_on"]) if data["paid_on"] else None),
            (_("Came back"), euros(data["refunded_cents"]) if data["refunded_cents"] else None),
            (_("Batch"), data["batch"]),
            (_("The bank said"), data["bank_reason"]),
            (_("Possible now"), ", ".join(data["possible"])),
        ],
    )
