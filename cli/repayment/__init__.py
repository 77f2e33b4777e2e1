"""``fund repayment``: plans, what came back, what is late, and what is expected to be lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.output import Column, day_text, facts, say, state_text, table
from cli.params import (
    DAY,
    FILE,
    MONEY,
    USER,
    Named,
    Ref,
    argument,
    booking,
    changing,
    dated,
    known,
    listing,
    noun,
    one_of,
    option,
    read,
    run,
    verb,
)
from cli.repayment.telling import allocated, charged, reordered, show_charges, waived
from fund.language import N_, _, day, euros, ngettext
from fund.rules.charges import PRINCIPAL_FIRST

AGREEMENT = Ref(("agreement list", "agreements", "ref"))
PLAN = Ref(("repayment list", "plans", "agreement"))
PAYER = Named("payee", ("repayment overpaid", "payers", "payer"))
CALL = Ref(("capital list", "calls", "ref"))
RECEIPT = Ref(("bank unmatched", "receipts", "ref"))
CHARGE = one_of("ground", {"fee": N_("fee"), "interest": N_("interest")})

repayment = noun("repayment", N_("Follow plans, receipts and arrears"))


LIST = (
    Column("agreement", N_("Agreement"), "ref"),
    Column("next_due_on", N_("Next due"), "date"),
    Column("repayable_cents", N_("Agreed"), "amount"),
    Column("repaid_cents", N_("Repaid"), "amount"),
    Column("outstanding_cents", N_("Outstanding"), "amount"),
    Column("overdue_cents", N_("Overdue"), "amount"),
)


@verb(
    repayment,
    "list",
    N_("List the repayment plans"),
    examples=("fund repayment list", "fund repayment list --as-of 2027-12-31 --json"),
    see=("repayment plan", "repayment arrears"),
)
@listing(*LIST, kind="plan")
@dated
def list_plans(ctx: click.Context) -> None:
    read(ctx, "repayment list", show=_show_list)


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


@verb(
    repayment,
    "plan",
    N_("Show the repayment plan of an agreement"),
    about=N_("Each instalment with the reference that the payer quotes. Earlier versions stay readable."),
    examples=("fund repayment plan A2026-003", "fund repayment plan A2026-003 --version 1"),
    see=("repayment schedule",),
)
@argument("ref", type=PLAN, help=N_("The agreement"))
@option("--version", type=click.IntRange(1), metavar="NUMBER", help=N_("An earlier schedule"))
@dated
def plan(ctx: click.Context, ref: str, version: int | None) -> None:
    read(ctx, "repayment plan", {"ref": ref, "version": version}, show=_show_plan)


def _show_plan(data: Mapping[str, Any]) -> None:
    from fund.glossary import code_word

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


@verb(
    repayment,
    "schedule",
    N_("List open instalments in order of their days"),
    examples=("fund repayment schedule", "fund repayment schedule A2026-003 --until 2027-12-31"),
    see=("repayment plan", "repayment arrears"),
)
@argument("ref", type=PLAN, required=False, help=N_("The agreement; all of them when left out"))
@option("--until", type=DAY, metavar="DATE", help=N_("Only what falls due until this day"))
@dated
def schedule(ctx: click.Context, ref: str | None, until: date | None) -> None:
    read(ctx, "repayment schedule", {"ref": ref, "until": until}, show=_show_schedule)


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


@verb(
    repayment,
    "overpaid",
    N_("List what was paid too much"),
    about=N_(
        "By payer: how much, since when, the calls that are open, and whether there is an account that can be paid."
    ),
    examples=("fund repayment overpaid", "fund repayment overpaid --as-of 2026-12-31 --json"),
    see=("repayment refund", "bank list"),
)
@dated
def overpaid(ctx: click.Context) -> None:
    read(ctx, "repayment overpaid", show=_show_overpaid)


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


@verb(
    repayment,
    "refund",
    N_("Give back what was paid too much, or move it to a call"),
    about=N_(
        "A treasurer makes it, a fund manager confirms. It goes to the verified account of the payer in a batch, or "
        "with --to and the consent of a signatory to an open call of the same partner."
    ),
    examples=(
        "fund --as bram repayment refund gm0344",
        "fund --as bram repayment refund gm0344 --to B2026-0007 --consent fatima",
    ),
    who=N_("a treasurer; a fund manager confirms"),
    see=("repayment overpaid", "payment batch", "capital list"),
)
@argument("ref", type=PAYER, metavar="PAYER", help=N_("Who paid too much"))
@option("--amount", type=MONEY, metavar="AMOUNT", help=N_("A part of it; all when left out"))
@option("--to", type=CALL, metavar="REF", help=N_("An open call of the same partner, instead of its account"))
@option("--consent", type=USER, metavar="NAME", help=N_("The signatory of the partner who agreed to that"))
@booking
def refund(ctx: click.Context, ref: str, amount: int | None, to: str | None, consent: str | None) -> None:
    run(ctx, "repayment refund", {"ref": ref, "amount": amount, "to": to, "consent": consent}, tell=_refunded)


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


@verb(
    repayment,
    "arrears",
    N_("Show what is outstanding by how late it is"),
    about=N_("Days late are counted on the day asked; only what was paid out can be late."),
    examples=(
        "fund repayment arrears",
        "fund repayment arrears --as-of 2027-12-31 --json",
        "fund repayment arrears --as-of 2027-12-31 --known-at 412",
    ),
    see=("repayment schedule", "repayment allowance"),
)
@known
def arrears(ctx: click.Context) -> None:
    read(ctx, "repayment arrears", show=_show_arrears)


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


@verb(
    repayment,
    "allocate",
    N_("Set a receipt against an advance by hand"),
    about=N_(
        "What the evidence proposes needs no hand: `fund bank match`. Here two people decide. "
        "Costs and interest go first, then the instalment that the payer named, the oldest that "
        "is due, and the next; what exceeds them is owed back. --dry-run shows the parts."
    ),
    examples=("fund --as bram repayment allocate A2026-003 --receipt O2026-0012",),
    who=N_("a treasurer; a fund manager confirms"),
    see=("bank unmatched", "repayment plan"),
)
@argument("ref", type=AGREEMENT, help=N_("The agreement"))
@option("--receipt", type=RECEIPT, required=True, metavar="REF", help=N_("The receipt"))
@option("--amount", type=MONEY, metavar="AMOUNT", help=N_("A part of the receipt; all of it when left out"))
@option("--instalment", type=click.IntRange(1), metavar="NUMBER", help=N_("The instalment that the payer named"))
@booking
def allocate(ctx: click.Context, ref: str, receipt: str, amount: int | None, instalment: int | None) -> None:
    args = {"ref": ref, "receipt": receipt, "amount": amount, "instalment": instalment}
    run(ctx, "repayment allocate", args, tell=allocated)


@verb(
    repayment,
    "restructure",
    N_("Bring other instalments before the committee"),
    about=N_(
        "A signatory of the lead asks for it, the committee decides. The new instalments are "
        "together what is open; what was paid stays paid, and the schedule of before stays "
        "readable. Equal instalments by --first, --instalments and --every; by savings with "
        "--savings-share and --ends-on; or a TOML file with a block [[instalments]] of `due_on` "
        "and `amount` for each."
    ),
    examples=(
        "fund --as anna repayment restructure A2026-003 --instalments 6 --first 2027-01-15 --every 3"
        " --requested-by fatima --reason 'Later savings'",
        "fund --as anna repayment restructure A2026-003 --file termijnen.toml --requested-by fatima --reason 'Later'",
    ),
    who=N_("a fund manager; the committee decides"),
    see=("repayment plan", "decision vote"),
)
@argument("ref", type=PLAN, help=N_("The agreement"))
@option(
    "--requested-by", type=USER, required=True, metavar="NAME", help=N_("The signatory of the lead who asked for it")
)
@option("--reason", required=True, metavar="TEXT", help=N_("Why"))
@option("--instalments", type=click.IntRange(1, 240), metavar="NUMBER", help=N_("So many equal instalments"))
@option("--first", type=DAY, metavar="DATE", help=N_("The day of the first"))
@option("--every", type=click.IntRange(1, 60), metavar="MONTHS", help=N_("So many months between two; 12 without it"))
@option(
    "--savings-share", "savings_share_bps", type=click.IntRange(1, 10_000), metavar="BPS",
    help=N_("The share of savings that is repaid, in hundredths of a percent"),
)  # fmt: skip
@option("--ends-on", type=DAY, metavar="DATE", help=N_("The last day of a plan by savings"))
@option("--file", type=FILE, metavar="FILE", help=N_("The instalments, one by one"))
@changing
def restructure(ctx: click.Context, **args: Any) -> None:
    run(ctx, "repayment restructure", args, tell=_asked)


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


@verb(
    repayment,
    "demand",
    N_("Demand once more what is late"),
    about=N_(
        "The service sends a note, a demand and word to the committee by itself. A demand by the office gives two "
        "weeks, and lets the five years begin again after which a claim lapses (Awb 4:104, 4:106, 4:112)."
    ),
    examples=(
        "fund --as anna repayment demand A2026-003",
        "fund --as anna repayment demand A2026-003 --instalment 2",
    ),
    who=N_("a fund manager"),
    see=("repayment arrears", "repayment plan"),
)
@argument("ref", type=PLAN, help=N_("The agreement"))
@option("--instalment", type=click.IntRange(1), metavar="NUMBER", help=N_("One instalment; every late one without it"))
@changing
def demand(ctx: click.Context, ref: str, instalment: int | None) -> None:
    run(ctx, "repayment demand", {"ref": ref, "instalment": instalment}, tell=_demanded)


def _demanded(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    text = _("{amount} of {ref} is demanded, to be paid by {day} at the latest.")
    return [text.format(amount=euros(result["demanded_cents"]), ref=result["ref"], day=day(result["pay_by"]))]


@verb(
    repayment,
    "charge",
    N_("Claim costs or interest on what is late"),
    about=N_(
        "Only on what is late and was demanded, within the amounts of the regulations (Awb 4:98, 4:113). Nothing is "
        "booked: what comes in pays costs, then interest, then principal (4:92), unless the agreement says otherwise."
    ),
    examples=(
        "fund --as anna repayment charge A2026-003 --amount 15 --ground fee --reason 'Demand of 7 August'",
        "fund --as anna repayment charge A2026-003 --amount 84.20 --ground interest --reason '61 days, 4%'",
    ),
    who=N_("a fund manager; a treasurer confirms"),
    see=("repayment demand", "repayment waive-charge"),
)
@argument("ref", type=PLAN, help=N_("The agreement"))
@option("--amount", "amount_cents", type=MONEY, required=True, metavar="AMOUNT", help=N_("How much"))
@option("--ground", type=CHARGE, required=True, help=N_("The costs of a demand, or interest"))
@option("--reason", required=True, metavar="TEXT", help=N_("How it was calculated"))
@changing
def charge(ctx: click.Context, **args: Any) -> None:
    run(ctx, "repayment charge", args, tell=charged)


@verb(
    repayment,
    "waive-charge",
    N_("Take back a claim of costs or interest"),
    about=N_("What is open of it is not owed any more; what was paid of it stays paid."),
    examples=("fund --as anna repayment waive-charge A2026-003 --number 1 --reason 'The demand was wrong'",),
    who=N_("a fund manager; a treasurer confirms"),
    see=("repayment plan", "repayment charge"),
)
@argument("ref", type=PLAN, help=N_("The agreement"))
@option(
    "--number",
    "no",
    type=click.IntRange(1),
    required=True,
    metavar="NUMBER",
    help=N_("As `fund repayment plan` shows it"),
)
@option("--reason", required=True, metavar="TEXT", help=N_("Why"))
@changing
def waive_charge(ctx: click.Context, **args: Any) -> None:
    run(ctx, "repayment waive-charge", args, tell=waived)


@verb(
    repayment,
    "reallocate",
    N_("Put receipts in the order of their value dates"),
    about=N_(
        "A receipt that came late into the books was paid on its value date all the same. What "
        "each receipt would have paid in that order is calculated anew, and only the difference "
        "is booked, today: closed periods stay as they are. --dry-run shows it first."
    ),
    examples=(
        "fund --as bram repayment reallocate A2026-003 --dry-run",
        "fund --as bram repayment reallocate A2026-003",
    ),
    who=N_("a treasurer"),
    see=("repayment plan", "bank unmatch"),
)
@argument("ref", type=PLAN, help=N_("The agreement"))
@booking
def reallocate(ctx: click.Context, ref: str) -> None:
    run(ctx, "repayment reallocate", {"ref": ref}, tell=reordered)


@verb(
    repayment,
    "prepay",
    N_("Announce an early repayment"),
    about=N_("When it arrives, what exceeds the instalments that are due shortens the plan as the agreement says."),
    examples=("fund --as fatima repayment prepay A2026-003 --amount 5000",),
    who=N_("a signatory of the lead"),
    see=("repayment plan",),
)
@argument("ref", type=PLAN, help=N_("The agreement"))
@option("--amount", "amount_cents", type=MONEY, required=True, metavar="AMOUNT", help=N_("What will be paid early"))
@changing
def prepay(ctx: click.Context, ref: str, amount_cents: int) -> None:
    run(ctx, "repayment prepay", {"ref": ref, "amount_cents": amount_cents}, tell=_prepaid)


def _prepaid(answer: Mapping[str, Any]) -> list[str]:
    fact, result = answer["events"][0]["payload"], answer["result"]
    return [
        _("{amount} is announced; pay it with reference {reference}.").format(
            amount=euros(fact["amount_cents"]), reference=result["reference"]
        )
    ]


@verb(
    repayment,
    "allowance",
    N_("Calculate what is expected to be lost"),
    about=N_(
        "Over every advance the rate of its stage, from the regulations. The day names the "
        "quarter; a quarter that is calculated again books only what changed."
    ),
    examples=("fund --as anna repayment allowance --on 2026-09-30",),
    who=N_("a fund manager; a treasurer confirms"),
    see=("repayment arrears", "period lock"),
)
@booking
def allowance(ctx: click.Context) -> None:
    run(ctx, "repayment allowance", {}, ask=True, tell=_reckoned)


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
