"""``fund repayment``: plans, what came back, what is late, and what is expected to be lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cli.output import Column, say, table
from cli.output.views import Counted, DetailView, ListView, When
from cli.params import noun
from cli.params.declared import add_command, add_query
from cli.repayment.telling import allocated, charged, reordered, show_charges, waived
from fund.declarations import Answer
from fund.language import N_, NN_, _, day, euros, ngettext
from fund.rules.charges import PRINCIPAL_FIRST
from fund.words import code_word
from fund.workflows.payables.commands import RefundOverpayment, RepaymentOverpaid
from fund.workflows.receipts.commands import AllocateReceipt
from fund.workflows.repayments.commands import (
    AdjustAllowance,
    AnnouncePrepayment,
    Arrears,
    ClaimCharge,
    DemandInstalment,
    PlanDetail,
    ReallocateReceipts,
    RepaymentArrears,
    RepaymentList,
    RepaymentPlan,
    RepaymentSchedule,
    RestructurePlan,
    Schedule,
    WaiveCharge,
)

repayment = noun("repayment", N_("Follow plans, receipts and arrears"))


LIST = ListView(
    title=N_("Repayment plans, state of {as_of}"),
    rows="plans",
    columns=(
        Column("agreement", N_("Agreement"), "ref"),
        Column("next_due_on", N_("Next due"), "date"),
        Column("repayable_cents", N_("Agreed"), "amount"),
        Column("repaid_cents", N_("Repaid"), "amount"),
        Column("outstanding_cents", N_("Outstanding"), "amount"),
        Column("overdue_cents", N_("Overdue"), "amount"),
    ),
    count=NN_("{count} plan", "{count} plans"),
    sums=("repayable_cents", "repaid_cents", "outstanding_cents", "overdue_cents"),
    empty=N_("No plan yet."),
)
PLAN = DetailView(
    title=N_("Repayment of {agreement}, state of {as_of}"),
    facts=(
        Column("state", N_("State"), "state", kind="plan"),
        Column("lead_name", N_("Payer")),
        Column("plan_type", N_("Plan type"), cell=lambda row: code_word(row["plan_type"])),
        Column("repayable_cents", N_("Repayable"), "amount"),
        Column("repaid_cents", N_("Repaid"), "amount"),
        Column("outstanding_cents", N_("Outstanding"), "amount"),
        Column("overdue_cents", N_("Overdue"), "amount", when="overdue_cents"),
        Column("early_cents", N_("Announced early"), "amount", when="early_cents"),
        Column("charges_cents", N_("Costs and interest"), "amount", when="charges_cents"),
        Column(
            "allocation",
            N_("Paid first"),
            cell=lambda row: _("principal") if row["allocation"] == PRINCIPAL_FIRST else "",
        ),
        Column("moved_to", N_("Goes on under")),
        Column("ends_on", N_("Last day"), "date"),
    ),
)
OVERPAID = ListView(
    title=N_("Paid too much, state of {as_of}"),
    rows="payers",
    columns=(
        Column("payer", N_("Payer"), "ref"),
        Column("payer_name", N_("Name"), "name"),
        Column("since_on", N_("Since"), "date"),
        Column("account", N_("Account from"), "date"),
        Column("amount_cents", N_("Overpaid"), "amount"),
        Column("calls", N_("Open calls"), "text"),
    ),
    count=NN_("{count} payer", "{count} payers"),
    sums=("amount_cents",),
    empty=N_("Nothing was paid too much."),
    row=lambda row: {
        **row,
        "calls": [call["ref"] for call in row["calls"]],
        "account": row["account_usable_on"] or "-",
    },
)


def _show_plan(data: PlanDetail) -> None:
    PLAN(data)
    for each in data["versions"] if len(data["versions"]) > 1 else ():
        text = _("Version {number} of {day}: {reason}") if each["reason"] else _("Version {number} of {day}")
        say(text.format(number=each["version"], day=day(each["from_on"]), reason=each["reason"]))
    say()
    title = _("Instalments of {ref}, version {number}").format(ref=data["agreement"], number=data["version"])
    _instalments(title, data["instalments"], per_agreement=False)
    for part in data["instalments"]:
        if part["pay_by"] and part["limitation_on"]:
            text = _("Instalment {no} was demanded, to be paid by {day}; the claim lapses after {last}.")
            say(text.format(no=part["no"], day=day(part["pay_by"]), last=day(part["limitation_on"])))
    if data["charges"]:
        say()
        show_charges(data)


def _show_schedule(data: Schedule) -> None:
    title = _("Open instalments, state of {day}").format(day=day(data["as_of"]))
    _instalments(title, data["instalments"], per_agreement=True)


def _instalments(title: str, rows: Sequence[Mapping[str, Any]], *, per_agreement: bool) -> None:
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
        total={key: sum(row[key] for row in rows) for key in ("amount_cents", "open_cents")},
        empty=_("No instalment is open."),
    )


def _show_arrears(data: Arrears) -> None:
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


def _asked(answer: Answer) -> list[str]:
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


def _demanded(answer: Answer) -> list[str]:
    result = answer["result"]
    text = _("{amount} of {ref} is demanded, to be paid by {day} at the latest.")
    return [text.format(amount=euros(result["demanded_cents"]), ref=result["ref"], day=day(result["pay_by"]))]


add_query(repayment, RepaymentList, show=LIST, kind="plan")
add_query(repayment, RepaymentPlan, show=_show_plan)
add_query(repayment, RepaymentSchedule, show=_show_schedule)
add_query(repayment, RepaymentOverpaid, show=OVERPAID)
add_command(
    repayment,
    RefundOverpayment,
    done=When(
        "call",
        N_("{amount_cents} that {payer} paid too much is set against {call}."),
        otherwise=N_("{ref}: {amount_cents} goes back to {payer}, by {due_on} at the latest."),
    ),
)
add_query(repayment, RepaymentArrears, show=_show_arrears)
add_command(repayment, AllocateReceipt, done=allocated)
add_command(repayment, RestructurePlan, done=_asked)
add_command(repayment, DemandInstalment, done=_demanded)
add_command(repayment, ClaimCharge, done=charged)
add_command(repayment, WaiveCharge, done=waived)
add_command(repayment, ReallocateReceipts, done=reordered)
add_command(repayment, AnnouncePrepayment, done=N_("{amount_cents} is announced; pay it with reference {reference}."))
add_command(
    repayment,
    AdjustAllowance,
    ask=True,
    done=Counted(
        "agreements",
        NN_(
            "Allowance of {quarter}: {count} agreement changed, together {change_cents}.",
            "Allowance of {quarter}: {count} agreements changed, together {change_cents}.",
        ),
    ),
)
