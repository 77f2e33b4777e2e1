"""What those who ask do: draft, change, confirm, hand in, take back, object."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from cli import output
from cli.output import short_hash
from cli.output.views import When, sentence
from cli.params import FORM, run, typed
from cli.params.declared import add_command, declared
from cli.proposal.noun import proposal
from fund.declarations import Answer, InputFile
from fund.language import N_, _, day, euros, instant
from fund.workflows.proposals.commands import (
    ConfirmProposal,
    DraftProposal,
    JoinProposal,
    ObjectToDecision,
    ResubmitProposal,
    SaveProposal,
    SubmitProposal,
    WithdrawProposal,
)


@declared(proposal, DraftProposal)
def draft(ctx: click.Context, file: InputFile, follows: str | None, attach: tuple[InputFile, ...]) -> None:
    args = DraftProposal(file=file, follows=follows, attach=attach)
    answer = run(ctx, args, done=drafted)
    mark_file(ctx, file, answer)


def _remarks(result: Mapping[str, Any]) -> list[str]:
    from fund.reports.statements.proposal_page import remarks

    return remarks(result)


def drafted(answer: Answer) -> list[str]:
    result = answer["result"]
    return [_("Draft {ref} is kept.").format(ref=result["ref"]), *_sums(result), *_form(result), *_remarks(result)]


def mark_file(ctx: click.Context, file: InputFile, answer: Mapping[str, Any]) -> None:
    """The file says which revision it holds now, where it has a line for that and nobody wrote to it meanwhile."""
    from fund import forms

    path = Path(file["name"])
    if typed(ctx, "dry_run") or file["name"] == "-" or not path.is_file():
        return
    text = file["content"].decode("utf-8")
    marked = forms.mark(text, answer["result"]["revision_mark"])
    if marked != text and FORM.read(file["name"])["content"] == file["content"]:
        output.write_output(file["name"], marked.encode())


def _form(result: Mapping[str, Any]) -> list[str]:
    """Which form it is on, where that is not the one in force."""
    if result["form"] == result["form_in_force"]:
        return []
    text = _("It is on form {form}; before it is submitted it comes on form {current}.")
    return [text.format(form=result["form"], current=result["form_in_force"])]


def _sums(result: Mapping[str, Any]) -> list[str]:
    """What does not add up yet; a draft may, what is submitted may not."""
    ask = result["ask_cents"]
    lines = []
    if result["budget_cents"] != ask:
        lines.append(sentence(N_("Not yet right: the budget is {budget_cents}, asked is {ask_cents}."), result))
    if result["milestones_cents"] != ask:
        lines.append(
            sentence(N_("Not yet right: the milestones are {milestones_cents}, asked is {ask_cents}."), result)
        )
    if result["too_much"]:
        form = N_("Not yet right: asked is {ask_cents}. {takes}")
        lines.append(sentence(form, {"takes": what_it_takes(result["too_much"], ask)}, result))
    return lines


def what_it_takes(row: Mapping[str, Any], ask_cents: int) -> str:
    """What a round takes, where it does not take what is asked."""
    above = ask_cents > row["ceiling_cents"]
    told = _("Round {round} has {ceiling} in all.") if above else _("Round {round} takes {band}.")
    return told.format(round=row["ref"], ceiling=euros(row["ceiling_cents"]), band=band(row))


def band(row: Mapping[str, Any]) -> str:
    """What may be asked in a round."""
    from fund.rules.regulations import band_text

    return band_text(row["ask_from_cents"], row["ask_below_cents"])


@declared(proposal, SaveProposal)
def save(ctx: click.Context, ref: str, file: InputFile, version: int | None, attach: tuple[InputFile, ...]) -> None:
    args = SaveProposal(ref=ref, file=file, version=version, attach=attach)
    answer = run(ctx, args, done=saved)
    mark_file(ctx, file, answer)


def saved(answer: Answer) -> list[str]:
    from fund.forms import section_word

    result = answer["result"]
    if result.get("unchanged"):
        return [_("{ref} holds the same already; nothing changed.").format(ref=result["ref"]), *_sums(result)]
    return [
        _("{ref} is saved: revision {revision}, {hash}.").format(
            ref=result["ref"], revision=result["revision"], hash=short_hash(result["revision_hash"])
        ),
        *(
            [_("Changed: {sections}.").format(sections=", ".join(map(section_word, result["sections"])))]
            if result["sections"]
            else []
        ),
        *_sums(result),
        *_form(result),
        *_remarks(result),
    ]


def _submitted(answer: Answer) -> list[str]:
    result = answer["result"]

    def last_day(key: str) -> str:
        return day((datetime.fromisoformat(result[key]) - timedelta(seconds=1)).date())

    return [
        _("Submitted on {at}, proof {proof}.").format(
            at=instant(datetime.fromisoformat(result["submitted_at"])), proof=short_hash(result["proof"])[:9]
        ),
        _("What happens now: the rules are checked today."),
        _("Then {reviews} reviews until {review_day}, and a decision no later than {decision_day}.").format(
            reviews=result["reviewers"], review_day=last_day("review_before"), decision_day=last_day("decision_before")
        ),
    ]


def _confirmed(answer: Answer) -> list[str]:
    result = answer["result"]
    line = _("{partner} takes part in {ref}, revision {hash}.")
    waiting = [_("Still to confirm: {partners}.").format(partners=", ".join(result["waiting_for"]))]
    hash = short_hash(result["revision_hash"])
    return [
        line.format(partner=result["partner"], ref=result["ref"], hash=hash),
        *(waiting if result["waiting_for"] else []),
    ]


WITHDRAWN = When("released_cents", N_("{ref} is withdrawn; {released_cents} is free again."), N_("{ref} is withdrawn."))

add_command(proposal, WithdrawProposal, ask=True, done=WITHDRAWN)
add_command(proposal, ObjectToDecision, done=N_("The objection to {ref} is in."))
add_command(proposal, JoinProposal, done=_confirmed)
add_command(proposal, ConfirmProposal, done=_confirmed)
add_command(proposal, SubmitProposal, done=_submitted)
add_command(proposal, ResubmitProposal, done=_submitted)
