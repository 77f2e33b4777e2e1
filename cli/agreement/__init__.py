"""``fund agreement``: what the parties sign, and how it goes on and ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from cli.agreement.showing import amended, decided, party_name, refinanced, reported, show_agreement, show_benefits
from cli.output import Column, day_text, short_hash, table
from cli.params import (
    DAY,
    DOCUMENT,
    FILE,
    MONEY,
    PARTNER,
    Ref,
    argument,
    booking,
    changing,
    dated,
    listing,
    noun,
    one_of,
    option,
    read,
    run,
    verb,
    with_files,
)
from fund.language import N_, _, day, euros, ngettext

AGREEMENT = Ref(("agreement list", "agreements", "ref"))
PROPOSAL = Ref(("proposal list", "proposals", "ref"))
LOWER = one_of(
    "ground",
    {
        "activities_not_done": N_("activities not done"),
        "obligations_not_met": N_("obligations not met"),
        "wrong_information": N_("wrong information"),
        "award_was_wrong": N_("award was wrong"),
    },
)
ENDED = one_of("ground", {"stop_rule": N_("stop rule"), "breach": N_("breach")})

agreement = noun("agreement", N_("Sign agreements and follow experiments"))
with_files(agreement, AGREEMENT, N_("The agreement"), "A2026-003")


@verb(
    agreement,
    "draft",
    N_("Make the text of an agreement"),
    about=N_(
        "Award, repayable share, milestones and plan follow from the proposal as decided. A file "
        "says otherwise: `exit_terms`, `stop_rule`, `assets_owner`, `starts_on`, [[milestones]], "
        "[repayment]. Until the last signature a new draft takes the place of the old one."
    ),
    examples=("fund --as anna agreement draft 2026-003", "fund --as anna agreement draft 2026-003 --terms terms.toml"),
    who=N_("a fund manager who is of no party"),
    see=("agreement show", "agreement sign"),
)
@argument("ref", type=PROPOSAL, help=N_("The approved proposal"))
@option("--terms", type=FILE, metavar="FILE", help=N_("What the agreement says otherwise (TOML)"))
@changing
def draft(ctx: click.Context, ref: str, terms: Mapping[str, Any] | None) -> None:
    run(ctx, "agreement draft", {"ref": ref, "terms": terms}, tell=_drafted)


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


@verb(
    agreement,
    "sign",
    N_("Sign an agreement for your organisation"),
    about=N_(
        "Everybody signs the same text, known by its hash: name the hash you read, or look before you answer. "
        "After the last signature the agreement holds."
    ),
    examples=("fund --as fatima agreement sign A2026-003",),
    who=N_("a signatory of the lead or a co-applicant; the committee chair for the fund"),
    see=("agreement show",),
)
@argument("ref", type=AGREEMENT, help=N_("The agreement"))
@option("--hash", "digest", metavar="HASH", help=N_("The hash of the text that you read, or its first 12 characters"))
@changing
def sign(ctx: click.Context, ref: str, digest: str | None) -> None:
    run(ctx, "agreement sign", {"ref": ref, "hash": digest}, ask=_signing, tell=_signed)


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


@verb(
    agreement,
    "activate",
    N_("Let a signed agreement hold"),
    about=N_(
        "The service does this by itself after the last signature. "
        "In the major track it waits until councils, states and boards were heard."
    ),
    examples=("fund --as anna agreement activate A2026-003 --boards-heard",),
    who=N_("a fund manager who is of no party"),
    see=("agreement show",),
)
@argument("ref", type=AGREEMENT, help=N_("The agreement"))
@option("--boards-heard", is_flag=True, help=N_("Every council, states or general board was heard"))
@changing
def activate(ctx: click.Context, ref: str, boards_heard: bool) -> None:
    run(
        ctx,
        "agreement activate",
        {"ref": ref, "boards_heard": boards_heard},
        ask=True,
        tell=lambda _answer: [_("{ref} holds; milestones, repayment and evaluation are planned.").format(ref=ref)],
    )


@verb(
    agreement,
    "amend",
    N_("Change the award, a day or the lead of an agreement"),
    about=N_(
        "Money and days change in one milestone that is not judged yet, or that was rejected: "
        "with a day it is planned again. Commitment and plan follow; the repayable share in "
        "percent stays. A cut is an amount below zero. The committee decides as well about a "
        "rise to the amount for two thirds, out of the band of its track, or of a major "
        "agreement or roll-out. Another lead signs for itself: `fund agreement sign`."
    ),
    examples=(
        'fund --as anna agreement amend A2026-003 --change 2500 --milestone 2 --reason "extra pump"',
        'fund --as anna agreement amend A2026-003 --change=-2500 --milestone 2 --reason "one pump less"',
        'fund --as anna agreement amend A2026-003 --milestone 2 --due 2027-09-30 --reason "dry summer"',
        'fund --as anna agreement amend A2026-003 --lead gm0312 --reason "Baarn has no people left"',
    ),
    who=N_("a fund manager; a signatory of the lead confirms"),
    see=("agreement decide", "agreement sign", "repayment plan"),
)
@argument("ref", type=AGREEMENT, help=N_("The agreement"))
@option("--change", "change_cents", type=MONEY, metavar="AMOUNT", help=N_("More, or below zero less"))
@option("--milestone", type=click.IntRange(1), metavar="NUMBER", help=N_("The milestone it is made in"))
@option("--due", "due_on", type=DAY, metavar="DATE", help=N_("The new day of the milestone"))
@option("--lead", "new_lead", type=PARTNER, metavar="PARTNER", help=N_("The party that leads from now on"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why; it is kept"))
@booking
def amend(ctx: click.Context, ref: str, **given: Any) -> None:
    run(ctx, "agreement amend", {"ref": ref, **given}, ask=True, tell=amended)


@verb(
    agreement,
    "decide",
    N_("Open the votes on an amendment and decide"),
    about=N_(
        "Members vote with `fund decision vote`. By majority, or by two thirds where an award of "
        "that amount or kind asks it; a tie refuses. The agreement changes at once, within what "
        "is free to commit today."
    ),
    examples=("fund --as carla agreement decide A2026-003-A1",),
    who=N_("the chair of the committee"),
    see=("decision vote", "agreement amend"),
)
@argument("ref", type=Ref(), help=N_("The amendment"))
@option("--reason", default="", metavar="TEXT", help=N_("Why, when it is refused"))
@booking
def decide(ctx: click.Context, ref: str, reason: str) -> None:
    question = _("Open the votes on {ref} and decide?").format(ref=ref)
    run(ctx, "agreement decide", {"ref": ref, "reason": reason}, ask=question, tell=decided)


@verb(
    agreement,
    "suspend",
    N_("Stop payments on a serious suspicion"),
    about=N_("For thirteen weeks at most. Repayment goes on."),
    examples=('fund --as anna agreement suspend A2026-003 --reason "invoice of somebody else"',),
    who=N_("a fund manager; a treasurer confirms"),
    see=("agreement resume", "agreement terminate"),
)
@argument("ref", type=AGREEMENT, help=N_("The agreement"))
@option("--reason", required=True, metavar="TEXT", help=N_("The suspicion, as written to the parties"))
@option("--letter", type=DOCUMENT, metavar="FILE", help=N_("The letter to the parties"))
@booking
def suspend(ctx: click.Context, ref: str, reason: str, letter: Mapping[str, Any] | None) -> None:
    run(ctx, "agreement suspend", {"ref": ref, "reason": reason, "letter": letter}, ask=True, tell=_suspended)


def _suspended(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    return [
        _("{ref}: nothing is paid out until {day} at the latest.").format(
            ref=fact["ref"], day=day_text(fact["until_on"])
        )
    ]


@verb(
    agreement,
    "resume",
    N_("Let a suspended agreement run again"),
    examples=('fund --as anna agreement resume A2026-003 --reason "invoice explained"',),
    who=N_("a fund manager; a treasurer confirms"),
    see=("agreement suspend",),
)
@argument("ref", type=AGREEMENT, help=N_("The agreement"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why the suspicion is lifted"))
@booking
def resume(ctx: click.Context, ref: str, reason: str) -> None:
    run(
        ctx,
        "agreement resume",
        {"ref": ref, "reason": reason},
        ask=True,
        tell=lambda _answer: [_("{ref} runs again.").format(ref=ref)],
    )


@verb(
    agreement,
    "complete",
    N_("Settle an agreement whose work is done"),
    about=N_(
        "It is settled as granted when the work was done, whatever the result. What was not "
        "asked for is free again, and its part of the repayment plan lapses. Lower only on a "
        "ground of Awb 4:46: `activities_not_done`, `obligations_not_met`, `wrong_information`, "
        "`award_was_wrong`; the difference is to be paid back."
    ),
    examples=(
        "fund --as anna agreement complete A2026-003 --report report.pdf",
        'fund --as anna agreement complete A2026-003 --ex-officio --reason "no report after two reminders"',
        "fund --as anna agreement complete A2026-003 --report report.pdf --set-at 30000 "
        '--ground activities_not_done --reason "one pump of two was built"',
    ),
    who=N_("a fund manager; a treasurer, a second fund manager or the chair confirms"),
    see=("agreement terminate", "evaluation submit"),
)
@argument("ref", type=AGREEMENT, help=N_("The agreement"))
@option("--report", type=DOCUMENT, metavar="FILE", help=N_("The final report"))
@option("--ex-officio", is_flag=True, help=N_("Without a report; give the reason"))
@option("--reason", default="", metavar="TEXT", help=N_("Why ex officio or lower, or a remark"))
@option("--set-at", "set_at_cents", type=MONEY, metavar="AMOUNT", help=N_("Lower than was approved for payment"))
@option("--ground", type=LOWER, help=N_("Why lower, by Awb 4:46"))
@booking
def complete(ctx: click.Context, ref: str, **given: Any) -> None:
    run(ctx, "agreement complete", {"ref": ref, **given}, ask=True, tell=_ended)


@verb(
    agreement,
    "terminate",
    N_("End an agreement before its time"),
    about=N_(
        "By its stop rule, which is nobody's fault, or for a breach. Requests that are still open are refused, "
        "withdrawn or cancelled first."
    ),
    examples=('fund --as anna agreement terminate A2026-003 --ground stop_rule --reason "no saving after a year"',),
    who=N_("a fund manager; the committee chair confirms"),
    see=("agreement complete", "disbursement cancel"),
)
@argument("ref", type=AGREEMENT, help=N_("The agreement"))
@option("--ground", type=ENDED, required=True, help=N_("Why it ends"))
@option("--reason", required=True, metavar="TEXT", help=N_("What happened"))
@option("--waive-evaluation", is_flag=True, help=N_("Ask no evaluation; for a breach only"))
@booking
def terminate(ctx: click.Context, ref: str, ground: str, reason: str, waive_evaluation: bool) -> None:
    args = {"ref": ref, "ground": ground, "reason": reason, "waive_evaluation": waive_evaluation}
    run(ctx, "agreement terminate", args, ask=True, tell=_ended)


def _ended(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    return [
        _("{ref} has ended; {released} is free to commit again, {lapsed} of the plan lapses.").format(
            ref=fact["ref"],
            released=euros(fact["released_cents"]),
            lapsed=euros(fact["repayable_released_cents"]),
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


@verb(
    agreement,
    "refinance",
    N_("Let a roll-out take over what is still owed"),
    about=N_(
        "What is outstanding on an experiment that is to be scaled or adopted is owed under the roll-out that follows "
        "it. The committee decides by two thirds. No money moves; what is due keeps its day, the rest follows the plan "
        "of the roll-out, the allowance moves along, and the experiment is completed."
    ),
    examples=('fund --as anna agreement refinance A2026-003 --to A2027-004 --reason "one plan, one debtor"',),
    who=N_("a fund manager who is of no party; a signatory of the lead of the roll-out confirms"),
    see=("decision vote", "decision show", "repayment plan"),
)
@argument("ref", type=AGREEMENT, help=N_("The agreement of the experiment"))
@option("--to", required=True, type=AGREEMENT, metavar="REF", help=N_("The agreement of its roll-out"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why; the committee reads it"))
@changing
def refinance(ctx: click.Context, ref: str, to: str, reason: str) -> None:
    run(ctx, "agreement refinance", {"ref": ref, "to": to, "reason": reason}, ask=True, tell=refinanced)


@verb(
    agreement,
    "benefits",
    N_("Report or show what an experiment costs and brings"),
    about=N_(
        "Without a file or a year it shows the business case: planned, expected now and "
        "realised, per partner and year. A file has one [[benefits]] per partner and year with "
        "`year`, `expected_benefit`, `realised_benefit`, and the same of cost; the lead writes "
        "`partner` for the others. What is left out stays as it was. The fund asks every "
        "January, until two years after completion."
    ),
    examples=(
        "fund agreement benefits A2026-003",
        "fund --as fatima agreement benefits A2026-003 benefits.toml",
        "fund --as fatima agreement benefits A2026-003 --year 2027 --realised-benefit 6500",
        'fund --as fatima agreement benefits A2026-003 --year 2028 --expected-benefit 5000 --note "a dry year"',
    ),
    who=N_("a signatory of a party, the lead for all of them; a fund manager confirms"),
    see=("agreement show", "inbox"),
)
@argument("ref", type=AGREEMENT, help=N_("The agreement"))
@argument("file", type=FILE, metavar="FILE", required=False, help=N_("The report (TOML)"))
@option("--year", type=click.IntRange(2000, 2999), metavar="YEAR", help=N_("The year it is about"))
@option("--partner", type=PARTNER, metavar="PARTNER", help=N_("Whose; your own when left out"))
@option("--planned-cost", "planned_cost_cents", type=MONEY, metavar="AMOUNT", help=N_("What it would cost"))
@option("--expected-cost", "expected_cost_cents", type=MONEY, metavar="AMOUNT", help=N_("What it will cost"))
@option("--realised-cost", "realised_cost_cents", type=MONEY, metavar="AMOUNT", help=N_("What it cost"))
@option("--planned-benefit", "planned_benefit_cents", type=MONEY, metavar="AMOUNT", help=N_("What it would bring"))
@option("--expected-benefit", "expected_benefit_cents", type=MONEY, metavar="AMOUNT", help=N_("What it will bring"))
@option("--realised-benefit", "realised_benefit_cents", type=MONEY, metavar="AMOUNT", help=N_("What it brought"))
@option("--note", metavar="TEXT", help=N_("A remark that is kept"))
@booking
def benefits(ctx: click.Context, ref: str, **given: Any) -> None:
    if all(value is None for value in given.values()):
        read(ctx, "agreement business-case", {"ref": ref}, show=show_benefits)
        return
    run(ctx, "agreement benefits", {"ref": ref, **given}, tell=reported)


LIST = (
    Column("ref", N_("Agreement"), "ref"),
    Column("state", N_("State"), "state", kind="agreement"),
    Column("award_cents", N_("Award"), "amount"),
    Column("outstanding_cents", N_("Outstanding"), "amount"),
    Column("title", N_("Title"), "text"),
)


@verb(
    agreement,
    "list",
    N_("List the agreements"),
    examples=("fund agreement list", "fund agreement list --state active --json"),
    see=("agreement show",),
)
@listing(*LIST)
@dated
def list_agreements(ctx: click.Context) -> None:
    read(ctx, "agreement list", show=_show_list)


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


@verb(
    agreement,
    "show",
    N_("Show an agreement, or its text"),
    examples=("fund agreement show A2026-003", "fund agreement show A2026-003 --document"),
    see=("milestone list", "repayment plan", "agreement file list"),
)
@argument("ref", type=AGREEMENT, help=N_("The agreement"))
@option("--document", is_flag=True, help=N_("Print the text that is signed, byte for byte"))
@dated
def show(ctx: click.Context, ref: str, document: bool) -> None:
    read(ctx, "agreement show", {"ref": ref, "document": document or None}, show=show_agreement)
