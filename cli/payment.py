"""``fund payment``: batches for the bank, and what the bank did with them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import click

from cli.output import Column, day_text, in_the_way, note, table, trial_lines, write_output
from cli.params import noun, option, query, read, require_own_stream, run, typed
from cli.params.declared import add_command, add_query, declared
from fund.language import N_, _, euros, ngettext
from fund.workflows.payments.commands import (
    BatchPayments,
    CancelPayment,
    FailPayment,
    MarkPaymentFound,
    PaymentFile,
    PaymentList,
    ReportPaymentStatus,
    RetryPayment,
    ReturnPayment,
    SendPayment,
    SettlePayment,
)

payment = noun("payment", N_("Pay what was approved, by files for the bank"))


@declared(payment, BatchPayments)
@option(
    "--output",
    type=click.Path(),
    metavar="FILE",
    help=N_("Write the payment file here, or under its own name in a folder; - for standard output"),
)
def batch(
    ctx: click.Context,
    execution_on: date | None,
    refs: tuple[str, ...],
    version: str,
    replaces: str | None,
    output: str | None,
) -> None:
    args = BatchPayments(execution_on=execution_on, refs=refs, version=version, replaces=replaces)
    answer = run(ctx, args, done=_batched, path=output)
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
    _file_written(query(ctx, PaymentFile(ref=ref)), output)


@declared(payment, PaymentFile)
@option(
    "--output",
    type=click.Path(),
    metavar="FILE",
    help=N_("Write the payment file here, or under its own name in a folder; - for standard output"),
)
def file(ctx: click.Context, ref: str, output: str | None) -> None:
    require_own_stream(ctx, output)

    def show(found: Mapping[str, Any]) -> None:
        _file_written(found, output or "-")
        if output not in (None, "-"):
            note(_("The file has hash {sha256}.").format(sha256=found["sha256"]))

    data = read(ctx, PaymentFile(ref=ref), show=show)
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


def _status_told(answer: Mapping[str, Any]) -> list[str]:
    from fund.words import state_word

    result = answer["result"]
    lines = [
        _("Batch {ref}: {accepted} accepted, {pending} pending, {rejected} rejected.").format(
            ref=result["ref"], accepted=result["accepted"], pending=result["pending"], rejected=result["rejected"]
        )
    ]
    if result["known"]:
        lines.append(_("The report was known: nothing changed."))
    for each in result["differences"]:
        state, said = state_word("payment", each["state"]), state_word("payment", each["status"])
        lines.append(_("{ref} is {state}, the bank says {said}.").format(ref=each["ref"], state=state, said=said))
    return lines


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


def _listed(data: Mapping[str, Any]) -> None:
    table(_("Batches for the bank"), BATCHES, data["batches"], empty=_("No batch was made yet."))
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


add_command(payment, SendPayment, ask=trial_lines, done=_sent)
add_command(payment, ReportPaymentStatus, done=_status_told)
add_command(payment, SettlePayment, ask=True)
add_command(payment, FailPayment, ask=True)
add_command(payment, MarkPaymentFound, ask=True)
add_command(payment, RetryPayment)
add_command(payment, CancelPayment)
add_command(payment, ReturnPayment, ask=True)
add_query(payment, PaymentList, show=_listed, columns=(*BATCHES, *PAYMENTS, *OWED))
