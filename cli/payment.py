"""``fund payment``: batches for the bank, and what the bank did with them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import click

from cli.output import Column, in_the_way, note, state_text, trial_lines, write_output
from cli.output.views import Counted, Each, ListView, When
from cli.params import noun, option, query, read, require_own_stream, run, typed
from cli.params.declared import add_command, add_query, declared
from fund.language import N_, NN_, _
from fund.workflows.payments.commands import (
    BatchPayments,
    CancelPayment,
    FailPayment,
    MarkPaymentFound,
    PaymentFile,
    PaymentList,
    Payments,
    ReportPaymentStatus,
    RetryPayment,
    ReturnPayment,
    SendPayment,
    SettlePayment,
)

payment = noun("payment", N_("Pay what was approved, by files for the bank"))


BATCHED = (
    Counted(
        "payments",
        NN_(
            "Batch {ref} makes {count} payment, {total_cents} in all, on {execution_on}.",
            "Batch {ref} makes {count} payments, {total_cents} in all, on {execution_on}.",
        ),
    ),
    N_("The file has hash {sha256}."),
    Each("left_out", N_("{ref} is left out: {reason}")),
)


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
    answer = run(ctx, args, done=BATCHED, path=output)
    if output and not typed(ctx, "dry_run"):
        _file_written(query(ctx, PaymentFile(ref=answer["result"]["ref"])), output)


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


BATCHES = ListView(
    title=N_("Batches for the bank"),
    rows="batches",
    columns=(
        Column("ref", N_("Ref"), "ref"),
        Column("execution_on", N_("Day"), "date"),
        Column("state", N_("State"), "state", kind="batch"),
        Column("payments", N_("Payments"), "count"),
        Column("total_cents", N_("Total"), "amount"),
    ),
    empty=N_("No batch was made yet."),
)
PAYMENTS = ListView(
    title=N_("Payments"),
    rows="payments",
    columns=(
        Column("ref", N_("Ref"), "ref"),
        Column("batch", N_("Batch"), "ref"),
        Column("name", N_("Payee"), "text"),
        Column("state", N_("State"), "state", kind="payment"),
        Column("amount_cents", N_("Amount"), "amount"),
    ),
    count=NN_("{count} payment", "{count} payments"),
    sums=("amount_cents",),
    optional=True,
)
OWED = ListView(
    title=N_("Owed beside disbursements"),
    rows="payables",
    columns=(
        Column("ref", N_("Ref"), "ref"),
        Column("payee_name", N_("Payee"), "text"),
        Column("due_on", N_("Due"), "date"),
        Column("batch", N_("Batch"), "ref"),
        Column("state", N_("State"), "state", kind="payable"),
        Column("amount_cents", N_("Amount"), "amount"),
    ),
    count=NN_("{count} amount", "{count} amounts"),
    sums=("amount_cents",),
    optional=True,
)


def _listed(data: Payments) -> None:
    for each in (BATCHES, PAYMENTS, OWED):
        each(data)


def _difference(each: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**each, "state": state_text("payment", each["state"]), "status": state_text("payment", each["status"])}


add_command(
    payment,
    SendPayment,
    ask=trial_lines,
    done=(
        Counted(
            "lines",
            NN_(
                "Batch {ref}: {count} payment, {total_cents} in all, on {execution_on}.",
                "Batch {ref}: {count} payments, {total_cents} in all, on {execution_on}.",
            ),
        ),
        N_("The file has hash {sha256}."),
    ),
)
add_command(
    payment,
    ReportPaymentStatus,
    done=(
        N_("Batch {ref}: {accepted} accepted, {pending} pending, {rejected} rejected."),
        When("known", N_("The report was known: nothing changed.")),
        Each("differences", N_("{ref} is {state}, the bank says {status}."), row=_difference),
    ),
)
add_command(payment, SettlePayment, ask=True)
add_command(payment, FailPayment, ask=True)
add_command(payment, MarkPaymentFound, ask=True)
add_command(payment, RetryPayment)
add_command(payment, CancelPayment)
add_command(payment, ReturnPayment, ask=True)
add_query(payment, PaymentList, show=_listed, columns=(*BATCHES.columns, *PAYMENTS.columns, *OWED.columns))
