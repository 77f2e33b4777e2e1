"""``fund agreement``: what the parties sign, and how it goes on and ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from cli.agreement.showing import amended, decided, party_name, refinanced, reported, show_agreement, show_benefits
from cli.output import Column, day_text, short_hash, table
from cli.params import noun, read, run
from cli.params.attached import with_files
from cli.params.declared import add_command, add_query, declared
from fund.language import N_, _, day, euros, ngettext
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


def _drafted(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    terms = answer["events"][0]["payload"]["terms"]
    return [
        _("{ref}: {award}, of which {repayable} is repaid. Document {hash}.").format(
            ref=result["ref"],
            award=euros(terms["award_cents"]),
            repayable=euros(terms["repayable_cents"]),
            hash=short_hash(result["document_sha256"]),
        )
    ]


def _signing(answer: Mapping[str, Any]) -> list[str]:
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


def _signed(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    lines = [_("{ref} is signed for {party}.").format(ref=result["ref"], party=party_name(result["party"]))]
    if result["unsigned"]:
        waiting = ", ".join(party_name(party) for party in result["unsigned"])
        return [*lines, _("Still to sign: {parties}.").format(parties=waiting)]
    return [*lines, _("Everybody signed.")]


@declared(agreement, ActivateAgreement)
def activate(ctx: click.Context, ref: str, boards_heard: bool) -> None:
    run(
        ctx,
        ActivateAgreement(ref=ref, boards_heard=boards_heard),
        ask=True,
        done=lambda _answer: [_("{ref} holds; milestones, repayment and evaluation are planned.").format(ref=ref)],
    )


@declared(agreement, DecideAgreement)
def decide(ctx: click.Context, ref: str, reason: str) -> None:
    question = _("Open the votes on {ref} and decide?").format(ref=ref)
    run(ctx, DecideAgreement(ref=ref, reason=reason), ask=question, done=decided)


def _suspended(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    return [
        _("{ref}: nothing is paid out until {day} at the latest.").format(
            ref=fact["ref"], day=day_text(fact["until_on"])
        )
    ]


@declared(agreement, ResumeAgreement)
def resume(ctx: click.Context, ref: str, reason: str) -> None:
    run(
        ctx,
        ResumeAgreement(ref=ref, reason=reason),
        ask=True,
        done=lambda _answer: [_("{ref} runs again.").format(ref=ref)],
    )


def _ended(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    return [
        _("{ref} has ended; {released} is free to commit again, {lapsed} of the plan lapses.").format(
            ref=fact["ref"], released=euros(fact["released_cents"]), lapsed=euros(fact["repayable_released_cents"])
        ),
        *(
            [
                _("It is set at {amount}: {reclaimed} is to be paid back.").format(
                    amount=euros(fact["determined_cents"]), reclaimed=euros(fact["reclaimed_cents"])
                )
            ]
            if fact.get("determined_cents") is not None
            else []
        ),
    ]


@declared(agreement, ReportBenefits)
def benefits(ctx: click.Context, ref: str, **given: Any) -> None:
    if all(value is None or value == "" for value in given.values()):
        read(ctx, AgreementBusinessCase(ref=ref), show=show_benefits)
        return
    run(ctx, ReportBenefits(ref=ref, **given), done=reported)


LIST = (
    Column("ref", N_("Agreement"), "ref"),
    Column("state", N_("State"), "state", kind="agreement"),
    Column("award_cents", N_("Award"), "amount"),
    Column("outstanding_cents", N_("Outstanding"), "amount"),
    Column("title", N_("Title"), "text"),
)


def _show_list(data: Mapping[str, Any]) -> None:
    rows = data["agreements"]
    table(
        _("Agreements, state of {day}").format(day=day(data["as_of"])),
        LIST,
        rows,
        total={
            "ref": ngettext("{count} agreement", "{count} agreements", len(rows)).format(count=len(rows)),
            "award_cents": sum(row["award_cents"] for row in rows),
            "outstanding_cents": sum(row["outstanding_cents"] for row in rows),
        },
        empty=_("No agreement yet."),
    )


add_command(agreement, DraftAgreement, done=_drafted)
add_command(agreement, SignAgreement, ask=_signing, done=_signed)
add_command(agreement, AmendAgreement, ask=True, done=amended)
add_command(agreement, SuspendAgreement, ask=True, done=_suspended)
add_command(agreement, CompleteAgreement, ask=True, done=_ended)
add_command(agreement, TerminateAgreement, ask=True, done=_ended)
add_command(agreement, RefinanceAgreement, ask=True, done=refinanced)
add_query(agreement, AgreementList, show=_show_list, columns=LIST)
add_query(agreement, AgreementShow, show=show_agreement)
