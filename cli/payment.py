"""``fund payment``: batches for the bank, and what the bank did with them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import click

from cli.output import Column, day_text, in_the_way, note, table, trial_lines, write_output
from cli.params import (
    BANK_FILE,
    DAY,
    Ref,
    argument,
    booking,
    changing,
    listing,
    look,
    noun,
    option,
    read,
    reading,
    require_own_stream,
    run,
    typed,
    verb,
)
from fund.language import N_, _, euros, ngettext

BATCH = Ref(("payment list", "batches", "ref"))
DUE = Ref(("disbursement list", "disbursements", "ref"), ("payment list", "payables", "ref"))
PAYABLE = Ref(("payment list", "payables", "ref"))
PAID = Ref(*DUE.sources, *BATCH.sources)

payment = noun("payment", N_("Pay what was approved, by files for the bank"))


@verb(
    payment,
    "batch",
    N_("Make a payment file of what is approved"),
    about=N_(
        "One file (pain.001) for one day. What cannot be paid on that day is left out and named. "
        "Nothing is booked yet: two people let the batch go with `fund payment send`, then the "
        "file is uploaded to the bank."
    ),
    examples=(
        "fund --as anna payment batch --output S2026005.xml",
        "fund --as anna payment batch --execution 2026-04-02 --replaces S2026-004",
    ),
    who=N_("a fund manager or a treasurer"),
    see=("disbursement list", "payment send", "payment file"),
)
@option(
    "--execution",
    "execution_on",
    type=DAY,
    metavar="DATE",
    help=N_("The day the bank pays; the next working day when left out"),
)
@option(
    "--ref", "refs", type=DUE, multiple=True, metavar="REF", help=N_("Only these disbursements, costs, refunds; repeat")
)
@option("--version", type=click.Choice(["09", "03"]), help=N_("The version of pain.001; 09 when left out"))
@option("--replaces", type=BATCH, metavar="REF", help=N_("A batch that was not sent, whose place this one takes"))
@option(
    "--output",
    type=click.Path(),
    metavar="FILE",
    help=N_("Write the payment file here, or under its own name in a folder; - for standard output"),
)
@changing
def batch(
    ctx: click.Context,
    execution_on: date | None,
    refs: tuple[str, ...],
    version: str | None,
    replaces: str | None,
    output: str | None,
) -> None:
    args = {"execution_on": execution_on, "refs": list(refs) or None, "version": version, "replaces": replaces}
    answer = run(ctx, "payment batch", args, tell=_batched, path=output)
    if output and not typed(ctx, "dry_run"):
        _write(ctx, answer["result"]["ref"], output)


def _batched(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    fact = answer["events"][0]["payload"]
    lines = [
        ngettext(
            "Batch {ref} makes {count} payment, {total} in all, on {day}.",
            "Batch {ref} makes {count} payments, {total} in all, on {day}.",
            result["payments"],
        ).format(
            ref=result["ref"],
            count=result["payments"],
            total=euros(result["total_cents"]),
            day=day_text(fact["execution_on"]),
        ),
        _("The file has hash {sha256}.").format(sha256=result["sha256"]),
    ]
    for left in result["left_out"]:
        lines.append(_("{ref} is left out: {reason}").format(ref=left["ref"], reason=left["reason"]))
    return lines


def _write(ctx: click.Context, ref: str, output: str) -> None:
    _file_written(look(ctx, "payment file", {"ref": ref}), output)


@verb(
    payment,
    "file",
    N_("Write the payment file of a batch again"),
    about=N_(
        "The same bytes as when the batch was made; its hash proves it. In a folder it stands under its own name. "
        "A file with other content is never replaced."
    ),
    examples=(
        "fund --as bram payment file S2026-005 --output S2026005.xml",
        "fund --as bram payment file S2026-005 --output upload/",
    ),
    see=("payment batch",),
)
@argument("ref", type=BATCH, help=N_("The batch"))
@option(
    "--output",
    type=click.Path(),
    metavar="FILE",
    help=N_("Write the payment file here, or under its own name in a folder; - for standard output"),
)
@reading
def file(ctx: click.Context, ref: str, output: str | None) -> None:
    require_own_stream(ctx, output)

    def show(found: Mapping[str, Any]) -> None:
        _file_written(found, output or "-")
        if output not in (None, "-"):
            note(_("The file has hash {sha256}.").format(sha256=found["sha256"]))

    data = read(ctx, "payment file", {"ref": ref}, show=show)
    if output and typed(ctx, "json"):
        _file_written(data, output)


def _file_written(data: Mapping[str, Any], output: str) -> None:
    """The file stands under a name that is its own: the same bytes are left as they are, others are never replaced."""
    content = data["content"].encode()
    path = Path(output)
    if output != "-" and path.is_dir():
        path = path / data["name"]
    if output != "-" and in_the_way(str(path)):
        from fund.errors.payments import PaymentFileDiffers

        with path.open("rb") as stands_there:
            there = hashlib.file_digest(stands_there, "sha256").hexdigest()
        if there != data["sha256"]:
            raise PaymentFileDiffers(path=str(path), batch=data["ref"], found=there, expected=data["sha256"])
        return
    write_output(output if output == "-" else str(path), content, force=False, private=True)


@verb(
    payment,
    "send",
    N_("Let a batch go to the bank"),
    about=N_(
        "A treasurer sends, a second person confirms; neither acted on any payment in it. "
        "Both see total, number and the hash of the file."
    ),
    examples=("fund --as bram2 payment send S2026-005",),
    who=N_("a treasurer; a second treasurer or a fund manager confirms"),
    see=("payment batch", "confirm", "bank import"),
)
@argument("ref", type=BATCH, help=N_("The batch"))
@booking
def send(ctx: click.Context, ref: str) -> None:
    run(ctx, "payment send", {"ref": ref}, ask=trial_lines, tell=_sent)


def _sent(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    return [
        ngettext(
            "Batch {ref}: {count} payment, {total} in all, on {day}.",
            "Batch {ref}: {count} payments, {total} in all, on {day}.",
            len(fact["lines"]),
        ).format(
            ref=fact["ref"],
            count=len(fact["lines"]),
            total=euros(fact["total_cents"]),
            day=day_text(fact["execution_on"]),
        ),
        _("The file has hash {sha256}.").format(sha256=fact["sha256"]),
    ]


@verb(
    payment,
    "status",
    N_("Take in the bank's report on a payment file"),
    about=N_(
        "A pain.002 file. What the bank accepted is noted, and only a statement shows that it was paid. "
        "What it rejected is owed again, with the bank's reason. What contradicts what is known is named."
    ),
    examples=("fund --as bram payment status S2026005-status.xml",),
    who=N_("a treasurer"),
    see=("payment send", "payment retry", "bank import"),
)
@argument("file", type=BANK_FILE, help=N_("The report: pain.002.001.03"))
@booking
def status(ctx: click.Context, file: Mapping[str, Any]) -> None:
    run(ctx, "payment status", {"file": file}, tell=_status_told)


def _status_told(answer: Mapping[str, Any]) -> list[str]:
    from fund.glossary import state_word

    result = answer["result"]
    lines = [
        _("Batch {ref}: {accepted} accepted, {pending} pending, {rejected} rejected.").format(
            ref=result["ref"],
            accepted=result["accepted"],
            pending=result["pending"],
            rejected=result["rejected"],
        )
    ]
    if result["known"]:
        lines.append(_("The report was known: nothing changed."))
    for each in result["differences"]:
        state, said = state_word("payment", each["state"]), state_word("payment", each["status"])
        lines.append(_("{ref} is {state}, the bank says {said}.").format(ref=each["ref"], state=state, said=said))
    return lines


@verb(
    payment,
    "settle",
    N_("Say that the bank paid"),
    about=N_(
        "Only where no bank statement can say so: payments that are matched for certain settle by themselves. "
        "A debit that nobody explained may be a payment that was settled before, or a whole batch."
    ),
    examples=(
        "fund --as bram payment settle D2026-0007 --on 2026-04-03",
        "fund --as bram payment settle S2026-005 --bank-line U2026-0001",
    ),
    who=N_("a treasurer"),
    see=("bank import", "payment fail"),
)
@argument("ref", type=PAID, help=N_("The disbursement, cost, refund, settlement or batch"))
@option("--bank-line", type=Ref(), metavar="REF", help=N_("The unexplained debit that shows it, or its line"))
@booking
def settle(ctx: click.Context, ref: str, bank_line: str | None) -> None:
    run(ctx, "payment settle", {"ref": ref, "bank_line": bank_line}, ask=True)


@verb(
    payment,
    "fail",
    N_("Say that the bank did not pay"),
    about=N_("The money never left: the payee is owed again."),
    examples=("fund --as bram payment fail D2026-0007 --reason AC01",),
    who=N_("a treasurer"),
    see=("payment retry",),
)
@argument("ref", type=DUE, help=N_("The disbursement, cost, refund or settlement"))
@option("--reason", required=True, metavar="TEXT", help=N_("The bank's code or words"))
@booking
def fail(ctx: click.Context, ref: str, reason: str) -> None:
    run(ctx, "payment fail", {"ref": ref, "reason": reason}, ask=True)


@verb(
    payment,
    "found",
    N_("Say that a payment that failed was carried out"),
    about=N_("A debit that nobody explained is that payment: it did not fail, and nothing is owed twice."),
    examples=("fund --as bram payment found D2026-0007 --bank-line U2026-0001",),
    who=N_("a treasurer"),
    see=("bank unmatched", "payment fail"),
)
@argument("ref", type=DUE, help=N_("The disbursement, cost, refund or settlement"))
@option("--bank-line", type=Ref(), required=True, metavar="REF", help=N_("The unexplained debit, or its line"))
@booking
def found(ctx: click.Context, ref: str, bank_line: str) -> None:
    run(ctx, "payment found", {"ref": ref, "bank_line": bank_line}, ask=True)


@verb(
    payment,
    "retry",
    N_("Verify the account again after a failed payment"),
    about=N_(
        "After a failed or returned payment, or when another account took its place. Then it can be batched again."
    ),
    examples=("fund --as anna payment retry D2026-0007",),
    who=N_("a fund manager"),
    see=("payee record", "payment batch"),
)
@argument("ref", type=DUE, help=N_("The disbursement, cost, refund or settlement"))
@changing
def retry(ctx: click.Context, ref: str) -> None:
    run(ctx, "payment retry", {"ref": ref})


@verb(
    payment,
    "cancel",
    N_("Do not pay a cost, refund or settlement"),
    about=N_(
        "What is approved or failed, and not under way: what made it a debt is mirrored. "
        "A batch that was not sent falls with it. A disbursement has a command of its own."
    ),
    examples=('fund --as anna payment cancel K2026-0003 --reason "invoice withdrawn"',),
    who=N_("a fund manager; a treasurer confirms"),
    see=("disbursement cancel", "payment list"),
)
@argument("ref", type=PAYABLE, help=N_("The cost, refund or settlement"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why it is not paid"))
@booking
def cancel(ctx: click.Context, ref: str, reason: str) -> None:
    run(ctx, "payment cancel", {"ref": ref, "reason": reason})


@verb(
    payment,
    "return",
    N_("Say that a receipt is a payment that came back"),
    about=N_("A return that names our reference is found by `fund bank import` itself."),
    examples=("fund --as bram payment return D2026-0007 --receipt O2026-0012 --reason AC04",),
    who=N_("a treasurer"),
    see=("bank unmatched", "payment retry"),
)
@argument("ref", type=DUE, help=N_("The disbursement, cost, refund or settlement"))
@option(
    "--receipt",
    type=Ref(("bank unmatched", "receipts", "ref")),
    required=True,
    metavar="REF",
    help=N_("The receipt that holds the money"),
)
@option("--reason", metavar="TEXT", help=N_("The bank's code or words"))
@booking
def return_(ctx: click.Context, ref: str, receipt: str, reason: str | None) -> None:
    run(ctx, "payment return", {"ref": ref, "receipt": receipt, "reason": reason}, ask=True)


BATCHES = (
    Column("ref", N_("Ref"), "ref"),
    Column("execution_on", N_("Day"), "date"),
    Column("state", N_("State"), "state", kind="batch"),
    Column("payments", N_("Payments"), "count"),
    Column("total_cents", N_("Total"), "amount"),
)
PAYMENTS = (
    Column("ref", N_("Ref"), "ref"),
    Column("batch", N_("Batch"), "ref"),
    Column("name", N_("Payee"), "text"),
    Column("state", N_("State"), "state", kind="payment"),
    Column("amount_cents", N_("Amount"), "amount"),
)
OWED = (
    Column("ref", N_("Ref"), "ref"),
    Column("payee_name", N_("Payee"), "text"),
    Column("due_on", N_("Due"), "date"),
    Column("batch", N_("Batch"), "ref"),
    Column("state", N_("State"), "state", kind="payable"),
    Column("amount_cents", N_("Amount"), "amount"),
)


@verb(
    payment,
    "list",
    N_("List batches, their payments and what else is owed"),
    about=N_("Costs, refunds and settlements are listed here from approval on; disbursements in their own list."),
    examples=("fund payment list", "fund payment list --batch S2026-005", "fund payment list --state sent"),
    see=("payment batch", "disbursement list"),
)
@option("--batch", "batch_ref", type=BATCH, metavar="REF", help=N_("Only this batch"))
@listing(*BATCHES, *PAYMENTS, *OWED)
@reading
def list_(ctx: click.Context, batch_ref: str | None) -> None:
    read(ctx, "payment list", {"batch": batch_ref}, show=_listed)


def _listed(data: Mapping[str, Any]) -> None:
    table(
        _("Batches for the bank"),
        BATCHES,
        data["batches"],
        empty=_("No batch was made yet."),
    )
    rows = data["payments"]
    if rows:
        table(
            _("Payments"),
            PAYMENTS,
            rows,
            total={
                "ref": ngettext("{count} payment", "{count} payments", len(rows)).format(count=len(rows)),
                "amount_cents": sum(row["amount_cents"] for row in rows),
            },
        )
    _owed(data["payables"])


def _owed(rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    table(
        _("Owed beside disbursements"),
        OWED,
        rows,
        total={
            "ref": ngettext("{count} amount", "{count} amounts", len(rows)).format(count=len(rows)),
            "amount_cents": sum(row["amount_cents"] for row in rows),
        },
    )
