"""``fund writeoff``: what will not come back, decided openly and booked once."""

from __future__ import annotations

import click

from cli.output import Column
from cli.output.views import ListView, When, sentence
from cli.params import noun, run
from cli.params.attached import with_files
from cli.params.declared import add_command, add_query, declared
from fund.declarations import Answer
from fund.language import N_, _
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


@declared(writeoff, DecideWriteoff)
def decide(ctx: click.Context, ref: str, reason: str) -> None:
    question = _("Open the votes on {ref} and decide?").format(ref=ref)
    run(ctx, DecideWriteoff(ref=ref, reason=reason), ask=question, done=_decided)


def _decided(answer: Answer) -> list[str]:
    event = answer["events"][0]
    votes = list(event["payload"]["votes"].values())
    words = {"ref": event["payload"]["ref"], "for_": votes.count("for"), "against": votes.count("against")}
    if event["type"] == "writeoff.decided":
        return [_("{ref} is decided: {for_} for, {against} against.").format(**words)]
    return [_("{ref} is refused: {for_} for, {against} against.").format(**words)]


LIST = ListView(
    title=N_("Write-offs on {as_of}"),
    rows="writeoffs",
    columns=(
        Column("ref", N_("Write-off"), "ref"),
        Column("lead_name", N_("Lead"), "name"),
        Column("ground_word", N_("Ground"), by="ground", cell=lambda row: choice_word(row["ground"])),
        Column("state", N_("State"), "state", "writeoff"),
        Column("amount_cents", N_("Decided on"), "amount"),
        Column("posted_cents", N_("Written off"), "amount"),
        Column("recovered_cents", N_("Recovered"), "amount"),
    ),
    sums=("amount_cents", "posted_cents", "recovered_cents"),
    empty=N_("No write-offs yet."),
)


def _proposed(answer: Answer) -> list[str]:
    fact = answer["events"][0]["payload"]
    form = N_("{ref} is proposed: {amount_cents} of {outstanding_cents} outstanding, {ground}.")
    return [sentence(form, {"ground": choice_word(fact["ground"])}, fact)]


add_command(writeoff, VoteOnWriteoff, done=N_("Your vote on {ref} is under seal."))
add_command(writeoff, ProposeWriteoff, done=_proposed)
add_command(writeoff, PostWriteoff, ask=True)
add_command(writeoff, ReverseWriteoff, ask=True)
add_command(
    writeoff,
    RecoverWriteoff,
    done=(
        N_("{amount_cents} is recovered on {ref}."),
        When("surplus_cents", N_("{surplus_cents} is owed back to the payer.")),
    ),
)
add_query(writeoff, WriteoffList, show=LIST)
