"""``fund agreement``: what the parties sign, and how it goes on and ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from cli.output import Column, day_text, facts, say, short_hash, state_text, table
from cli.params import FILE, MONEY, Ref, argument, booking, changing, dated, noun, option, read, run, verb, write_output
from fund.language import N_, _, day, euros, ngettext

AGREEMENT = Ref(("agreement list", "agreements", "ref"))
PROPOSAL = Ref(("proposal list", "proposals", "ref"))

agreement = noun("agreement", N_("Sign agreements and follow experiments"))


@verb(
    agreement,
    "draft",
    N_("Make the text of an agreement"),
    about=N_(
        "Award, repayable share, milestones and plan follow from the proposal as decided. A file says otherwise: "
        "exit_terms, stop_rule, assets_owner, starts_on, [[milestones]], [repayment]. "
        "Until the last signature a new draft takes the place of the old one."
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
    return [
        _("You sign {ref} for {party}, the text with hash {hash}.").format(
            ref=result["ref"], party=_party(result["party"]), hash=result["document_sha256"]
        ),
        _("Read it: fund agreement show {ref} --document").format(ref=result["ref"]),
    ]


def _signed(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    lines = [_("{ref} is signed for {party}.").format(ref=result["ref"], party=_party(result["party"]))]
    if result["unsigned"]:
        waiting = ", ".join(_party(party) for party in result["unsigned"])
        return [*lines, _("Still to sign: {parties}.").format(parties=waiting)]
    return [*lines, _("Everybody signed.")]


def _party(party: str, names: Mapping[str, str] | None = None) -> str:
    return _("the fund") if party == "fund" else (names or {}).get(party, party)


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
    N_("Raise or cut the award of a running agreement"),
    about=N_(
        "The change is made in one milestone that is not judged yet. Commitment and plan follow; "
        "the repayable share in percent stays. A cut is an amount below zero."
    ),
    examples=(
        'fund --as anna agreement amend A2026-003 --change 2500 --milestone 2 --reason "extra pump"',
        'fund --as anna agreement amend A2026-003 --change=-2500 --milestone 2 --reason "one pump less"',
    ),
    who=N_("a fund manager; a signatory of the lead confirms"),
    see=("agreement show", "repayment plan"),
)
@argument("ref", type=AGREEMENT, help=N_("The agreement"))
@option("--change", "change_cents", type=MONEY, required=True, metavar="AMOUNT", help=N_("More, or below zero less"))
@option("--milestone", type=click.IntRange(1), required=True, metavar="NUMBER", help=N_("The milestone it is made in"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why; it is kept"))
@booking
def amend(ctx: click.Context, ref: str, change_cents: int, milestone: int, reason: str) -> None:
    args = {"ref": ref, "change_cents": change_cents, "milestone": milestone, "reason": reason}
    run(ctx, "agreement amend", args, ask=True, tell=_amended)


def _amended(answer: Mapping[str, Any]) -> list[str]:
    result = answer["result"]
    return [
        _("{ref} is {award} now, of which {repayable} is repaid.").format(
            ref=result["ref"], award=euros(result["award_cents"]), repayable=euros(result["repayable_cents"])
        )
    ]


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
@booking
def suspend(ctx: click.Context, ref: str, reason: str) -> None:
    run(ctx, "agreement suspend", {"ref": ref, "reason": reason}, ask=True, tell=_suspended)


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
        "It is settled as granted when the work was done, whatever the result. What was not asked for is free again, "
        "and its part of the repayment plan lapses."
    ),
    examples=(
        "fund --as anna agreement complete A2026-003 --report report.pdf",
        'fund --as anna agreement complete A2026-003 --ex-officio --reason "no report after two reminders"',
    ),
    who=N_("a fund manager; a second person of the fund confirms"),
    see=("agreement terminate", "evaluation submit"),
)
@argument("ref", type=AGREEMENT, help=N_("The agreement"))
@option("--report", type=FILE, metavar="FILE", help=N_("The final report"))
@option("--ex-officio", is_flag=True, help=N_("Without a report; give the reason"))
@option("--reason", default="", metavar="TEXT", help=N_("Why ex officio, or a remark"))
@booking
def complete(ctx: click.Context, ref: str, report: Mapping[str, Any] | None, ex_officio: bool, reason: str) -> None:
    args = {"ref": ref, "report": report, "ex_officio": ex_officio, "reason": reason}
    run(ctx, "agreement complete", args, ask=True, tell=_ended)


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
@option("--ground", required=True, metavar="GROUND", help=N_("stop_rule or breach"))
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
        )
    ]


@verb(
    agreement,
    "benefits",
    N_("Report what an experiment cost and brought"),
    about=N_("Per partner and year, planned against realised, until two years after completion."),
    examples=(
        "fund --as fatima agreement benefits A2026-003 --year 2027 --planned-benefit 8000 --realised-benefit 6500",
    ),
    who=N_("a signatory of a party; a fund manager accepts it"),
    see=("agreement show",),
)
@argument("ref", type=AGREEMENT, help=N_("The agreement"))
@option("--year", type=click.IntRange(2000, 2999), required=True, metavar="YEAR", help=N_("The year it is about"))
@option("--planned-cost", "planned_cost_cents", type=MONEY, metavar="AMOUNT", help=N_("What it would cost"))
@option("--realised-cost", "realised_cost_cents", type=MONEY, metavar="AMOUNT", help=N_("What it cost"))
@option("--planned-benefit", "planned_benefit_cents", type=MONEY, metavar="AMOUNT", help=N_("What it would bring"))
@option("--realised-benefit", "realised_benefit_cents", type=MONEY, metavar="AMOUNT", help=N_("What it brought"))
@booking
def benefits(ctx: click.Context, ref: str, year: int, **amounts: int | None) -> None:
    run(
        ctx,
        "agreement benefits",
        {"ref": ref, "year": year, **amounts},
        tell=lambda _answer: [_("The benefits of {ref} over {year} are kept.").format(ref=ref, year=year)],
    )


@verb(
    agreement,
    "list",
    N_("List the agreements"),
    examples=("fund agreement list", "fund agreement list --state active --json"),
    see=("agreement show",),
)
@option("--state", metavar="STATE", help=N_("Only those in this state"))
@dated
def list_agreements(ctx: click.Context, state: str | None) -> None:
    read(ctx, "agreement list", {"state": state}, show=_show_list)


def _show_list(data: Mapping[str, Any]) -> None:
    rows = data["agreements"]
    table(
        _("Agreements, state of {day}").format(day=day(data["as_of"])),
        (
            Column("ref", N_("Agreement"), "ref"),
            Column("state", N_("State"), "state", kind="agreement"),
            Column("award_cents", N_("Award"), "amount"),
            Column("outstanding_cents", N_("Outstanding"), "amount"),
            Column("title", N_("Title"), "text"),
        ),
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
    see=("milestone list", "repayment plan"),
)
@argument("ref", type=AGREEMENT, help=N_("The agreement"))
@option("--document", is_flag=True, help=N_("Print the text that is signed, byte for byte"))
@dated
def show(ctx: click.Context, ref: str, document: bool) -> None:
    read(ctx, "agreement show", {"ref": ref, "document": document or None}, show=_show)


def _show(data: Mapping[str, Any]) -> None:
    if "document" in data:
        write_output("-", data["document"].encode())
        return
    facts(
        _("Agreement {ref}: {title}, state of {day}").format(
            ref=data["ref"], title=data["title"], day=day(data["as_of"])
        ),
        [
            (_("State"), state_text("agreement", data["state"])),
            (_("Proposal"), data["proposal"]),
            (_("Parties"), ", ".join(data["names"].values())),
            (_("Award"), euros(data["award_cents"])),
            (_("Repayable"), euros(data["repayable_cents"])),
            (_("Not asked for yet"), euros(data["committed_cents"])),
            (_("Outstanding"), euros(data["outstanding_cents"])),
            (_("Repaid"), euros(data["repaid_cents"])),
            (_("Document"), short_hash(data["document_sha256"])),
            (_("Signed"), ", ".join(_party(row["party"], data["names"]) for row in data["signatures"])),
            (_("Still to sign"), ", ".join(_party(party, data["names"]) for party in data["unsigned"])),
            (_("Sign before"), day_text(data["sign_before_on"]) if data["state"] == "drafted" else ""),
            (_("Runs"), _span(data["started_on"], data["ends_on"])),
            (_("Suspended until"), day_text(data["suspended_until_on"]) if data["suspended_until_on"] else ""),
            (_("Stop rule"), data["stop_rule"]),
        ],
    )
    say()
    _milestones(_("Milestones of {ref}").format(ref=data["ref"]), data["milestones"])


def _span(first: date | str | None, last: date | str) -> str:
    if first is None:
        return ""
    return _("{first} to {last}").format(first=day_text(first), last=day_text(last))


def _milestones(title: str, rows: list[Mapping[str, Any]]) -> None:
    """The milestones with day, state and amount."""
    table(
        title,
        (
            Column("ref", N_("Milestone"), "ref"),
            Column("due_on", N_("Due"), "date"),
            Column("state", N_("State"), "state", kind="milestone"),
            Column("amount_cents", N_("Amount"), "amount"),
            Column("title", N_("Title"), "text"),
        ),
        rows,
        total={"amount_cents": sum(row["amount_cents"] for row in rows)},
        empty=_("No milestone yet."),
    )
