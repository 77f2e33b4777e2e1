"""``fund repayment``: plans, what came back, what is late, and what is expected to be lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cli.output import Column, day_text, facts, say, state_text, table
from cli.params import noun
from cli.params.declared import add_command, add_query
from cli.repayment.telling import allocated, charged, reordered, show_charges, waived
from fund.language import N_, _, day, euros, ngettext
from fund.rules.charges import PRINCIPAL_FIRST
from fund.workflows.payables.commands import RefundOverpayment, RepaymentOverpaid
from fund.workflows.receipts.commands import AllocateReceipt
from fund.workflows.repayments.commands import (
    AdjustAllowance,
    AnnouncePrepayment,
    ClaimCharge,
    DemandInstalment,
    ReallocateReceipts,
    RepaymentArrears,
    RepaymentList,
    RepaymentPlan,
    RepaymentSchedule,
    RestructurePlan,
    WaiveCharge,
)

repayment = noun("repayment", N_("Follow plans, receipts and arrears"))


LIST = (
    Column("agreement", N_("Agreement"), "ref"),
    Column("next_due_on", N_("Next due"), "date"),
    Column("repayable_cents", N_("Agreed"), "amount"),
    Column("repaid_cents", N_("Repaid"), "amount"),
    Column("outstanding_cents", N_("Outstanding"), "amount"),
    Column("overdue_cents", N_("Overdue"), "amount"),
)


def _show_list(data: Mapping[str, Any]) -> None:
    rows = data["plans"]
    table(
        _("Repayment plans, state of {day}").format(day=day(data["as_of"])),
        LIST,
        rows,
        total={
            "agreement": ngettext("{count} plan", "{count} plans", len(rows)).format(count=len(rows)),
            **_sums(rows, "repayable_cents", "repaid_cents", "outstanding_cents", "overdue_cents"),
        },
        empty=_("No plan yet."),
    )


def _show_plan(data: Mapping[str, Any]) -> None:
    from fund.words import code_word

    facts(
        _("Repayment of {ref}, state of {day}").format(ref=data["agreement"], day=day(data["as_of"])),
        [
            (_("State"), state_text("plan", data["state"])),
            (_("Payer"), data["lead_name"]),
            (_("Plan type"), code_word(data["plan_type"])),
            (_("Repayable"), euros(data["repayable_cents"])),
            (_("Repaid"), euros(data["repaid_cents"])),
            (_("Outstanding"), euros(data["outstanding_cents"])),
            (_("Overdue"), euros(data["overdue_cents"]) if data["overdue_cents"] else ""),
            (_("Announced early"), euros(data["early_cents"]) if data["early_cents"] else ""),
            (_("Costs and interest"), euros(data["charges_cents"]) if data["charges_cents"] else ""),
            (_("Paid first"), _("principal") if data["allocation"] == PRINCIPAL_FIRST else ""),
            (_("Goes on under"), data["moved_to"]),
            (_("Last day"), day_text(data["ends_on"])),
        ],
    )
    for each in data["versions"] if len(data["versions"]) > 1 else ():
        text = _("Version {number} of {day}: {reason}") if each["reason"] else _("Version {number} of {day}")
        say(text.format(number=each["version"], day=day(each["from_on"]), reason=each["reason"]))
    say()
    title = _("Instalments of {ref}, version {number}").format(ref=data["agreement"], number=data["version"])
    _instalments(title, data["instalments"], per_agreement=False)
    for part in data["instalments"]:
        if part["pay_by"] and part["open_cents"]:
            text = _("Instalment {no} was demanded, to be paid by {day}; the claim lapses after {last}.")
            say(text.format(no=part["no"], day=day(part["pay_by"]), last=day(part["limitation_on"])))
    if data["charges"]:
        say()
        show_charges(data)


def _show_schedule(data: Mapping[str, Any]) -> None:
    title = _("Open instalments, state of {day}").format(day=day(data["as_of"]))
    _instalments(title, data["instalments"], per_agreement=True)


def _instalments(title: str, rows: list[Mapping[str, Any]], *, per_agreement: bool) -> None:
    first = (Column("agreement", N_("Agreement"), "ref"),) if per_agreement else ()
    table(
        title,
        (
            *first,
            Column("no", N_("No."), "count"),
            Column("due_on", N_("Due"), "date"),
            Column("amount_cents", N_("Amount"), "amount"),
            Column("open_cents", N_("Open"), "amount"),
            Column("reference", N_("Reference"), "ref"),
        ),
        rows,
        total=_sums(rows, "amount_cents", "open_cents"),
        empty=_("No instalment is open."),
    )


def _show_overpaid(data: Mapping[str, Any]) -> None:
    rows = [
        {**row, "calls": ", ".join(call["ref"] for call in row["calls"]), "account": row["account_usable_on"] or "-"}
        for row in data["payers"]
    ]
    table(
        _("Paid too much, state of {day}").format(day=day(data["as_of"])),
        (
            Column("payer", N_("Payer"), "ref"),
            Column("payer_name", N_("Name"), "name"),
            Column("since_on", N_("Since"), "date"),
            Column("account", N_("Account from"), "date"),
            Column("amount_cents", N_("Overpaid"), "amount"),
            Column("calls", N_("Open calls"), "text"),
        ),
        rows,
        total={
            "payer": ngettext("{count} payer", "{count} payers", len(rows)).format(count=len(rows)),
            "amount_cents": data["total_cents"],
        },
        empty=_("Nothing was paid too much."),
    )


def _refunded(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    told = {"amount": euros(result["amount_cents"]), "payer": result["payer"]}
    if "call" in result:
        return [_("{amount} that {payer} paid too much is set against {call}.").format(call=result["call"], **told)]
    return [
        _("{ref}: {amount} goes back to {payer}, by {day} at the latest.").format(
            ref=result["ref"], day=day_text(result["due_on"]), **told
        )
    ]


def _show_arrears(data: Mapping[str, Any]) -> None:
    table(
        _("Outstanding by days late, state of {day}").format(day=day(data["as_of"])),
        (
            Column("agreement", N_("Agreement"), "ref"),
            Column("not_due_cents", N_("Not due"), "amount"),
            Column("1_30_cents", N_("1-30"), "amount"),
            Column("31_90_cents", N_("31-90"), "amount"),
            Column("91_180_cents", N_("91-180"), "amount"),
            Column("over_180_cents", N_("Over 180"), "amount"),
        ),
        data["arrears"],
        total={"agreement": _("Together"), **data["total"]},
        empty=_("Nothing is outstanding."),
    )


def _asked(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    count = len(result["instalments"])
    text = ngettext(
        "{ref} lies before the committee: {count} instalment for the {amount} of {agreement} that is open.",
        "{ref} lies before the committee: {count} instalments for the {amount} of {agreement} that is open.",
        count,
    )
    lines = [
        text.format(ref=result["ref"], count=count, amount=euros(result["open_cents"]), agreement=result["agreement"])
    ]
    for part in result["instalments"]:
        lines.append(_("{day}: {amount}").format(day=day(part["due_on"]), amount=euros(part["amount_cents"])))
    return lines


def _demanded(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    text = _("{amount} of {ref} is demanded, to be paid by {day} at the latest.")
    return [text.format(amount=euros(result["demanded_cents"]), ref=result["ref"], day=day(result["pay_by"]))]


def _prepaid(answer: Mapping[str, Any]) -> list[str]:
    fact, result = answer["events"][0]["payload"], answer["result"]
    return [
        _("{amount} is announced; pay it with reference {reference}.").format(
            amount=euros(fact["amount_cents"]), reference=result["reference"]
        )
    ]


def _reckoned(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    text = ngettext(
        "Allowance of {quarter}: {count} agreement changed, together {change}.",
        "Allowance of {quarter}: {count} agreements changed, together {change}.",
        result["agreements"],
    )
    return [text.format(quarter=result["quarter"], count=result["agreements"], change=euros(result["change_cents"]))]


def _sums(rows: list[Mapping[str, Any]], *keys: str) -> dict[str, int]:
    return {key: sum(row[key] for row in rows) for key in keys}


add_query(repayment, RepaymentList, show=_show_list, columns=LIST, kind="plan")
add_query(repayment, RepaymentPlan, show=_show_plan)
add_query(repayment, RepaymentSchedule, show=_show_schedule)
add_query(repayment, RepaymentOverpaid, show=_show_overpaid)
add_command(repayment, RefundOverpayment, done=_refunded)
add_query(repayment, RepaymentArrears, show=_show_arrears)
add_command(repayment, AllocateReceipt, done=allocated)
add_command(repayment, RestructurePlan, done=_asked)
add_command(repayment, DemandInstalment, done=_demanded)
add_command(repayment, ClaimCharge, done=charged)
add_command(repayment, WaiveCharge, done=waived)
add_command(repayment, ReallocateReceipts, done=reordered)
add_command(repayment, AnnouncePrepayment, done=_prepaid)
add_command(repayment, AdjustAllowance, ask=True, done=_reckoned)
