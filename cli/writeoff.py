"""``fund writeoff``: what will not come back, decided openly and booked once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.output import Column, table
from cli.params import noun, run
from cli.params.attached import with_files
from cli.params.declared import add_command, add_query, declared
from fund.language import N_, _, day, euros
from fund.words import choice_word
from fund.workflows.writeoffs.commands import (
    DecideWriteoff,
    PostWriteoff,
    ProposeWriteoff,
    RecoverWriteoff,
    ReverseWriteoff,
    VoteOnWriteoff,
    WriteoffList,
)

writeoff = noun("writeoff", N_("Propose, decide and post write-offs"))
with_files(writeoff)


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


@declared(writeoff, VoteOnWriteoff)
def vote(ctx: click.Context, ref: str, choice: str, reason: str) -> None:
    args = VoteOnWriteoff(ref=ref, choice=choice, reason=reason)
    run(ctx, args, done=lambda _answer: [_("Your vote on {ref} is under seal.").format(ref=ref)])


@declared(writeoff, DecideWriteoff)
def decide(ctx: click.Context, ref: str, reason: str) -> None:
    question = _("Open the votes on {ref} and decide?").format(ref=ref)
    run(ctx, DecideWriteoff(ref=ref, reason=reason), ask=question, done=_decided)


def _decided(answer: Mapping[str, Any]) -> list[str]:
    event = answer["events"][0]
    votes = list(event["payload"]["votes"].values())
    words = {"ref": event["payload"]["ref"], "for_": votes.count("for"), "against": votes.count("against")}
    if event["type"] == "writeoff.decided":
        return [_("{ref} is decided: {for_} for, {against} against.").format(**words)]
    return [_("{ref} is refused: {for_} for, {against} against.").format(**words)]


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


add_command(writeoff, ProposeWriteoff, done=_proposed)
add_command(writeoff, PostWriteoff, ask=True)
add_command(writeoff, ReverseWriteoff, ask=True)
add_command(writeoff, RecoverWriteoff, done=_recovered)
add_query(writeoff, WriteoffList, show=_show_list, columns=LIST)
