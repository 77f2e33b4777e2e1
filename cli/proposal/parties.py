"""What those who ask do: draft, change, confirm, hand in, take back, object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from cli.output import short_hash
from cli.params import ATTACHMENT, DAY, FORM, argument, booking, changing, option, run, typed, verb, write_output
from cli.proposal.noun import AGREEMENT, PROPOSAL, proposal
from fund.language import N_, _, day, euros, instant

__all__ = ["band", "drafted", "mark_file", "saved", "what_it_takes"]


def _attachments(given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]] | None:
    return [dict(file) for file in given] or None


@verb(
    proposal,
    "draft",
    N_("Keep a filled in form as a draft"),
    about=N_("Only your own partner and its co-applicants see a draft. Sums may still differ; submitting asks them."),
    examples=(
        "fund --as fatima proposal draft loket.toml",
        "fund --as fatima proposal draft rollout.toml --follows A2026-003",
    ),
    who=N_("an editor or signatory of the lead"),
    see=("proposal template", "proposal submit"),
)
@argument("file", type=FORM, help=N_("The filled in form"))
@option("--follows", type=AGREEMENT, metavar="REF", help=N_("The agreement that this rolls out"))
@option("--attach", type=ATTACHMENT, multiple=True, metavar="FILE", help=N_("A file that the form names; repeat"))
@changing
def draft(ctx: click.Context, file: dict[str, Any], follows: str | None, attach: tuple[dict[str, Any], ...]) -> None:
    args = {"content": file["content"], "name": file["name"], "follows": follows, "attach": _attachments(attach)}
    answer = run(ctx, "proposal draft", args, tell=drafted)
    mark_file(ctx, file, answer)


def _remarks(result: Mapping[str, Any]) -> list[str]:
    from fund.reports.statements.proposal_page import remarks

    return remarks(result)


def drafted(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    return [_("Draft {ref} is kept.").format(ref=result["ref"]), *_sums(result), *_form(result), *_remarks(result)]


def mark_file(ctx: click.Context, file: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """The file says which revision it holds now, where it has a line for that and nobody wrote to it meanwhile."""
    from fund import forms

    path = Path(file["name"])
    if typed(ctx, "dry_run") or file["name"] == "-" or not path.is_file():
        return
    text = file["content"].decode("utf-8")
    marked = forms.mark(text, answer["result"]["revision_mark"])
    if marked != text and FORM.read(file["name"])["content"] == file["content"]:
        write_output(file["name"], marked.encode())


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
        text = _("Not yet right: the budget is {budget}, asked is {ask}.")
        lines.append(text.format(budget=euros(result["budget_cents"]), ask=euros(ask)))
    if result["milestones_cents"] != ask:
        text = _("Not yet right: the milestones are {milestones}, asked is {ask}.")
        lines.append(text.format(milestones=euros(result["milestones_cents"]), ask=euros(ask)))
    if result["too_much"]:
        text = _("Not yet right: asked is {ask}. {takes}")
        lines.append(text.format(ask=euros(ask), takes=what_it_takes(result["too_much"], ask)))
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


@verb(
    proposal,
    "save",
    N_("Change a draft, or one that was returned"),
    about=N_(
        "Whoever had confirmed must confirm again. After a request for changes only the sections it names may differ."
        " What somebody else changed since your file was written is kept: the file says what it starts from."
    ),
    examples=("fund --as fatima proposal save 2026-003 loket.toml",),
    who=N_("an editor or signatory of the lead or a co-applicant"),
    see=("proposal show", "proposal confirm"),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@argument("file", type=FORM, help=N_("The filled in form"))
@option("--version", type=click.IntRange(1), metavar="NUMBER", help=N_("What you write over knowingly, as show tells"))
@option("--attach", type=ATTACHMENT, multiple=True, metavar="FILE", help=N_("A file that the form names; repeat"))
@changing
def save(
    ctx: click.Context, ref: str, file: dict[str, Any], version: int | None, attach: tuple[dict[str, Any], ...]
) -> None:
    args = {
        "ref": ref,
        "content": file["content"],
        "name": file["name"],
        "version": version,
        "attach": _attachments(attach),
    }
    answer = run(ctx, "proposal save", args, tell=saved)
    mark_file(ctx, file, answer)


def saved(answer: Mapping[str, Any]) -> list[str]:
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


_INFORMED = option(
    "--informed-on", "informed_on", type=DAY, metavar="DATE", help=N_("When your council, states or board was informed")
)


def _confirming(name: str, line: str, about: str) -> None:
    @verb(
        proposal,
        name,
        line,
        about=about,
        examples=(f"fund --as lotte proposal {name} 2026-003 --informed-on 2026-11-12",),
        who=N_("a signatory of the lead or a co-applicant"),
        see=("proposal show", "proposal submit"),
    )
    @argument("ref", type=PROPOSAL, help=N_("The proposal"))
    @_INFORMED
    @changing
    def verb_of_party(ctx: click.Context, ref: str, informed_on: date | None) -> None:
        run(ctx, f"proposal {name}", {"ref": ref, "informed_on": informed_on}, tell=_confirmed)


_confirming(
    "join",
    N_("Take part in a proposal as a partner"),
    N_("Confirms the revision as it is now. Any change afterwards asks it again."),
)
_confirming(
    "confirm",
    N_("Confirm the revision as it is now"),
    N_("Every party confirms the same revision, and says when its council, states or board was informed on content."),
)


def _confirmed(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    lines = [
        _("{partner} takes part in {ref}, revision {hash}.").format(
            partner=result["partner"], ref=result["ref"], hash=short_hash(result["revision_hash"])
        )
    ]
    if result["waiting_for"]:
        lines.append(_("Still to confirm: {partners}.").format(partners=", ".join(result["waiting_for"])))
    return lines


@verb(
    proposal,
    "submit",
    N_("Hand in a proposal for the round"),
    about=N_("Submitting is your own confirmation too. The rules are checked at once, by themselves."),
    examples=("fund --as fatima proposal submit 2026-003",),
    who=N_("a signatory of the lead"),
    see=("proposal confirm", "proposal show"),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@_INFORMED
@changing
def submit(ctx: click.Context, ref: str, informed_on: date | None) -> None:
    run(ctx, "proposal submit", {"ref": ref, "informed_on": informed_on}, tell=_submitted)


@verb(
    proposal,
    "resubmit",
    N_("Hand in a returned proposal again"),
    examples=("fund --as fatima proposal resubmit 2026-003",),
    who=N_("a signatory of the lead"),
    see=("proposal save", "proposal show"),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@_INFORMED
@changing
def resubmit(ctx: click.Context, ref: str, informed_on: date | None) -> None:
    run(ctx, "proposal resubmit", {"ref": ref, "informed_on": informed_on}, tell=_submitted)


def _submitted(answer: Mapping[str, Any]) -> list[str]:
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


@verb(
    proposal,
    "withdraw",
    N_("Take a proposal back"),
    about=N_("Possible until an agreement holds. What was set aside for it is free again."),
    examples=('fund --as fatima proposal withdraw 2026-003 --reason "no people"',),
    who=N_("a signatory of the lead"),
    see=("proposal show",),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why; it is kept"))
@booking
def withdraw(ctx: click.Context, ref: str, reason: str) -> None:
    run(ctx, "proposal withdraw", {"ref": ref, "reason": reason}, ask=True, tell=_withdrawn)


def _withdrawn(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    if result["released_cents"]:
        return [
            _("{ref} is withdrawn; {amount} is free again.").format(
                ref=result["ref"], amount=euros(result["released_cents"])
            )
        ]
    return [_("{ref} is withdrawn.").format(ref=result["ref"])]


@verb(
    proposal,
    "object",
    N_("Object to a rejection or to ineligibility"),
    about=N_("Within six weeks, unless the regulations say otherwise. People who took no part judge it."),
    examples=('fund --as fatima proposal object 2026-003 --grounds "the task is ours by law"',),
    who=N_("a signatory of the lead or a co-applicant"),
    see=("proposal show",),
)
@argument("ref", type=PROPOSAL, help=N_("The proposal"))
@option("--grounds", required=True, metavar="TEXT", help=N_("Why the decision is wrong"))
@changing
def object_(ctx: click.Context, ref: str, grounds: str) -> None:
    run(ctx, "proposal object", {"ref": ref, "grounds": grounds}, tell=_objected)


def _objected(answer: Mapping[str, Any]) -> list[str]:
    return [_("The objection to {ref} is in.").format(ref=answer["events"][0]["payload"]["ref"])]
