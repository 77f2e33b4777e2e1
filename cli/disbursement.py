"""``fund disbursement``: money out, from request to approval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cli.output import Column, day_text, facts, state_text, table
from cli.params import noun
from cli.params.declared import add_command, add_query
from fund.language import N_, _, euros, ngettext
from fund.workflows.disbursements.commands import (
    ApproveDisbursement,
    CancelDisbursement,
    CheckDisbursement,
    DisbursementList,
    DisbursementShow,
    RefundDisbursement,
    RefuseDisbursement,
    RequestDisbursement,
    WithdrawDisbursement,
)

disbursement = noun("disbursement", N_("Request, check and approve disbursements"))


def _requested(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    return [_("{ref} asks for {amount}.").format(ref=result["ref"], amount=euros(result["amount_cents"]))]


def _checked(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    return [_("{ref} is checked; it goes to account {payee}.").format(ref=result["ref"], payee=result["payee_ref"])]


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


add_command(disbursement, RequestDisbursement, done=_requested)
add_command(disbursement, CheckDisbursement, done=_checked)
add_command(disbursement, ApproveDisbursement, ask=True, done=_approved)
add_command(disbursement, CancelDisbursement, ask=True)
add_command(disbursement, RefuseDisbursement, ask=True)
add_command(disbursement, WithdrawDisbursement, ask=True)
add_command(disbursement, RefundDisbursement, ask=True, done=_refunded)
add_query(disbursement, DisbursementList, show=_listed, columns=LIST)
add_query(disbursement, DisbursementShow, show=_shown)
