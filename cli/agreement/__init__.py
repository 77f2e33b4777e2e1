"""``fund agreement``: what the parties sign, and how it goes on and ends."""

from __future__ import annotations

from typing import Any

import click

from cli.agreement.showing import amended, decided, party_name, refinanced, reported, show_agreement, show_benefits
from cli.output import Column, short_hash
from cli.output.views import ListView, When, sentence
from cli.params import noun, read, run
from cli.params.attached import with_files
from cli.params.declared import add_command, add_query, declared
from fund.declarations import Answer
from fund.language import N_, NN_, _
from fund.workflows.agreements.commands import (
    ActivateAgreement,
    AgreementBusinessCase,
    AgreementList,
    AgreementShow,
    AmendAgreement,
    CompleteAgreement,
    DecideAgreement,
    DraftAgreement,
    RefinanceAgreement,
    ReportBenefits,
    ResumeAgreement,
    SignAgreement,
    SuspendAgreement,
    TerminateAgreement,
)

agreement = noun("agreement", N_("Sign agreements and follow experiments"))
with_files(agreement)


def _signing(answer: Answer) -> list[str]:
    result = answer["result"]
    if result.get("amendment"):
        return [
            _("You sign {amendment} for {party}: it leads {ref} from then on, receives and repays.").format(
                amendment=result["amendment"], ref=result["ref"], party=party_name(result["party"])
            ),
            _("Read it: fund agreement show {ref} --document").format(ref=result["ref"]),
        ]
    return [
        _("You sign {ref} for {party}, the text with hash {hash}.").format(
            ref=result["ref"], party=party_name(result["party"]), hash=result["document_sha256"]
        ),
        _("Read it: fund agreement show {ref} --document").format(ref=result["ref"]),
    ]


def _signed(answer: Answer) -> list[str]:
    result = answer["result"]
    lines = [_("{ref} is signed for {party}.").format(ref=result["ref"], party=party_name(result["party"]))]
    if result["unsigned"]:
        waiting = ", ".join(party_name(party) for party in result["unsigned"])
        return [*lines, _("Still to sign: {parties}.").format(parties=waiting)]
    return [*lines, _("Everybody signed.")]


@declared(agreement, DecideAgreement)
def decide(ctx: click.Context, ref: str, reason: str) -> None:
    question = _("Open the votes on {ref} and decide?").format(ref=ref)
    run(ctx, DecideAgreement(ref=ref, reason=reason), ask=question, done=decided)


@declared(agreement, ReportBenefits)
def benefits(ctx: click.Context, ref: str, **given: Any) -> None:
    if all(value is None or value == "" for value in given.values()):
        read(ctx, AgreementBusinessCase(ref=ref), show=show_benefits)
        return
    run(ctx, ReportBenefits(ref=ref, **given), done=reported)


LIST = ListView(
    title=N_("Agreements, state of {as_of}"),
    rows="agreements",
    columns=(
        Column("ref", N_("Agreement"), "ref"),
        Column("state", N_("State"), "state", kind="agreement"),
        Column("award_cents", N_("Award"), "amount"),
        Column("outstanding_cents", N_("Outstanding"), "amount"),
        Column("title", N_("Title")),
    ),
    count=NN_("{count} agreement", "{count} agreements"),
    sums=("award_cents", "outstanding_cents"),
    empty=N_("No agreement yet."),
)
ENDED = (
    N_("{ref} has ended; {released_cents} is free to commit again, {repayable_released_cents} of the plan lapses."),
    When("determined_cents", N_("It is set at {determined_cents}: {reclaimed_cents} is to be paid back."), zero=True),
)


def _drafted(answer: Answer) -> list[str]:
    result, terms = answer["result"], answer["events"][0]["payload"]["terms"]
    form = N_("{ref}: {award_cents}, of which {repayable_cents} is repaid. Document {hash}.")
    return [sentence(form, {"hash": short_hash(result["document_sha256"])}, result, terms)]


add_command(agreement, DraftAgreement, done=_drafted)
add_command(agreement, SignAgreement, ask=_signing, done=_signed)
add_command(
    agreement, ActivateAgreement, ask=True, done=N_("{ref} holds; milestones, repayment and evaluation are planned.")
)
add_command(agreement, AmendAgreement, ask=True, done=amended)
add_command(
    agreement, SuspendAgreement, ask=True, done=N_("{ref}: nothing is paid out until {until_on} at the latest.")
)
add_command(agreement, ResumeAgreement, ask=True, done=N_("{ref} runs again."))
add_command(agreement, CompleteAgreement, ask=True, done=ENDED)
add_command(agreement, TerminateAgreement, ask=True, done=ENDED)
add_command(agreement, RefinanceAgreement, ask=True, done=refinanced)
add_query(agreement, AgreementList, show=LIST)
add_query(agreement, AgreementShow, show=show_agreement)
