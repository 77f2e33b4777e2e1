"""``fund writeoff``: what will not come back, decided openly and booked once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.output import Column, table
from cli.params import (
    DOCUMENT,
    MONEY,
    USER,
    Ref,
    argument,
    booking,
    changing,
    listing,
    noun,
    one_of,
    option,
    read,
    reading,
    run,
    verb,
    with_files,
)
from fund.language import N_, _, day, euros
from fund.words import choice_word

WRITEOFF = Ref(("writeoff list", "writeoffs", "ref"))
AGREEMENT = Ref(("agreement list", "agreements", "ref"))
RECEIPT = Ref()
GROUND = one_of(
    "ground",
    {
        "learning": N_("learning"),
        "hardship": N_("hardship"),
        "uncollectible": N_("uncollectible"),
        "irregularity": N_("irregularity"),
    },
)
CHOICE = one_of("vote", {"for": N_("for"), "against": N_("against"), "abstain": N_("abstain")})

writeoff = noun("writeoff", N_("Propose, decide and post write-offs"))
with_files(writeoff, WRITEOFF, N_("The write-off"), "A2026-003-W1")


@verb(
    writeoff,
    "propose",
    N_("Propose to write off an advance"),
    about=N_(
        "On the ground of learning: the evaluation is accepted with learning of at least 2, its lessons are published, "
        "the agreement is completed or ended by its stop rule, a signatory of the lead asks for it. Other grounds need "
        "a file: reminders and a legal view."
    ),
    examples=(
        'fund --as anna writeoff propose A2026-003 --requested-by fatima --reason "the hypothesis was refuted"',
        'fund --as anna writeoff propose A2026-004 --ground uncollectible --file view.pdf --reason "no means left"',
    ),
    who=N_("a fund manager who is of no party"),
    see=("writeoff vote", "evaluation list"),
)
@argument("ref", type=AGREEMENT, help=N_("The agreement"))
@option("--ground", type=GROUND, default="learning", help=N_("Why it will not come back"))
@option("--amount", "amount_cents", type=MONEY, metavar="EUROS", help=N_("All that is outstanding when left out"))
@option("--reason", required=True, metavar="TEXT", help=N_("In one sentence; it is kept"))
@option("--file", type=DOCUMENT, metavar="FILE", help=N_("Reminders and legal view"))
@option("--requested-by", type=USER, metavar="NAME", help=N_("The signatory of the lead who asked for it"))
@changing
def propose(
    ctx: click.Context,
    ref: str,
    ground: str,
    amount_cents: int | None,
    reason: str,
    file: Mapping[str, Any] | None,
    requested_by: str | None,
) -> None:
    args = {
        "ref": ref,
        "ground": ground,
        "amount_cents": amount_cents,
        "reason": reason,
        "file": file,
        "requested_by": requested_by,
    }
    run(ctx, "writeoff propose", args, tell=_proposed)


def _proposed(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    return [
        _("{ref} is proposed: {amount} of {outstanding} outstanding, {ground}.").format(
            ref=fact["ref"],
            amount=euros(fact["amount_cents"]),
            outstanding=euros(fact["outstanding_cents"]),
            ground=choice_word(fact["ground"]),
        )
    ]


@verb(
    writeoff,
    "vote",
    N_("Vote on a proposed write-off"),
    about=N_("Votes stay under seal until the decision; a later vote takes the place of an earlier one."),
    examples=("fund --as mira writeoff vote A2026-003-W1 --choice for",),
    who=N_("a member of the committee who is of no party"),
    see=("writeoff decide",),
)
@argument("ref", type=WRITEOFF, help=N_("The write-off"))
@option("--choice", type=CHOICE, required=True, help=N_("An abstention counts for the quorum only"))
@option("--reason", metavar="TEXT", help=N_("Why; it is opened with the vote"))
@changing
def vote(ctx: click.Context, ref: str, choice: str, reason: str | None) -> None:
    args = {"ref": ref, "choice": choice, "reason": reason}
    run(ctx, "writeoff vote", args, tell=lambda _answer: [_("Your vote on {ref} is under seal.").format(ref=ref)])


@verb(
    writeoff,
    "decide",
    N_("Open the votes: decided or refused"),
    about=N_("A majority within the yearly learning budget, two thirds beyond it."),
    examples=("fund --as carla writeoff decide A2026-003-W1",),
    who=N_("the chair of the committee"),
    see=("writeoff post",),
)
@argument("ref", type=WRITEOFF, help=N_("The write-off"))
@option("--reason", metavar="TEXT", help=N_("Why, where it is refused"))
@changing
def decide(ctx: click.Context, ref: str, reason: str | None) -> None:
    question = _("Open the votes on {ref} and decide?").format(ref=ref)
    run(ctx, "writeoff decide", {"ref": ref, "reason": reason}, ask=question, tell=_decided)


def _decided(answer: Mapping[str, Any]) -> list[str]:
    event = answer["events"][0]
    votes = list(event["payload"]["votes"].values())
    words = {"ref": event["payload"]["ref"], "for_": votes.count("for"), "against": votes.count("against")}
    if event["type"] == "writeoff.decided":
        return [_("{ref} is decided: {for_} for, {against} against.").format(**words)]
    return [_("{ref} is refused: {for_} for, {against} against.").format(**words)]


@verb(
    writeoff,
    "post",
    N_("Book a decided write-off"),
    about=N_("The instalments are cancelled in the same command; the allowance above what remains is released."),
    examples=("fund --as anna writeoff post A2026-003-W1",),
    who=N_("a fund manager; a treasurer confirms"),
    see=("writeoff reverse", "ledger entries"),
)
@argument("ref", type=WRITEOFF, help=N_("The write-off"))
@booking
def post(ctx: click.Context, ref: str) -> None:
    run(ctx, "writeoff post", {"ref": ref}, ask=True)


@verb(
    writeoff,
    "reverse",
    N_("Take a write-off back"),
    about=N_("The exact mirror of its entry, today; the instalments return, and what was recovered is a repayment."),
    examples=('fund --as carla writeoff reverse A2026-003-W1 --reason "the lead will pay"',),
    who=N_("the chair of the committee; a treasurer confirms"),
    see=("repayment schedule",),
)
@argument("ref", type=WRITEOFF, help=N_("The write-off"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why; it is kept"))
@booking
def reverse(ctx: click.Context, ref: str, reason: str) -> None:
    run(ctx, "writeoff reverse", {"ref": ref, "reason": reason}, ask=True)


@verb(
    writeoff,
    "recover",
    N_("Book money that came in on a write-off"),
    about=N_("Beyond what was written off it is owed back to the payer."),
    examples=("fund --as bram writeoff recover A2026-003-W1 --receipt O2026-0031",),
    who=N_("a treasurer"),
    see=("bank unmatched", "writeoff list"),
)
@argument("ref", type=WRITEOFF, help=N_("The write-off"))
@option("--receipt", type=RECEIPT, metavar="REF", help=N_("The receipt that holds the money"))
@option("--amount", "amount_cents", type=MONEY, metavar="EUROS", help=N_("All of the receipt when left out"))
@booking
def recover(ctx: click.Context, ref: str, receipt: str | None, amount_cents: int | None) -> None:
    args = {"ref": ref, "receipt": receipt, "amount_cents": amount_cents}
    run(ctx, "writeoff recover", args, tell=_recovered)


def _recovered(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    told = [_("{amount} is recovered on {ref}.").format(amount=euros(fact["amount_cents"]), ref=fact["ref"])]
    if fact["surplus_cents"]:
        told.append(_("{amount} is owed back to the payer.").format(amount=euros(fact["surplus_cents"])))
    return told


LIST = (
    Column("ref", N_("Write-off"), "ref"),
    Column("lead_name", N_("Lead"), "name"),
    Column("ground_word", N_("Ground"), "text", by="ground"),
    Column("state", N_("State"), "state", "writeoff"),
    Column("amount_cents", N_("Decided on"), "amount"),
    Column("posted_cents", N_("Written off"), "amount"),
    Column("recovered_cents", N_("Recovered"), "amount"),
)


@verb(
    writeoff,
    "list",
    N_("List write-offs and what was recovered"),
    examples=("fund writeoff list", "fund writeoff list --state decided"),
    see=("statement position", "writeoff file list"),
)
@listing(*LIST)
@reading
def list_writeoffs(ctx: click.Context) -> None:
    read(ctx, "writeoff list", show=_show_list)


def _show_list(data: Mapping[str, Any]) -> None:
    rows = [{**row, "ground_word": choice_word(row["ground"])} for row in data["writeoffs"]]
    table(
        _("Write-offs on {day}").format(day=day(date.fromisoformat(data["as_of"]))),
        LIST,
        rows,
        total={
            "ref": _("Total"),
            **{key: sum(row[key] for row in rows) for key in ("amount_cents", "posted_cents", "recovered_cents")},
        },
        empty=_("No write-offs yet."),
    )
