"""``fund partner exit-quote`` and what follows on a notice: settlement, payment, long-stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import click

from cli.output import Column, day_text, facts, say_lines, table
from cli.params import DAY, DOCUMENT, MONEY, PARTNER, Ref, argument, booking, changing, known, option, read, run, verb
from cli.partner.noun import partner
from fund.language import N_, _, day, euros, number

AGREEMENT = Ref(("agreement list", "agreements", "ref"))
ITEMS = {
    "advance": N_("advance of {ref}"),
    "commitment": N_("commitment of {ref}, what comes back of it"),
    "call": N_("unpaid call of {ref}"),
}


# ----------------------------------------------------------------------------------------------------- K3: the quote


@verb(
    partner,
    "exit-quote",
    N_("What leaving would mean for a partner, on any day"),
    about=N_(
        "What the partner would get if it left at the end of that day: its share of what the "
        "fund is worth, less what is promised and will not come back. Now as far as money is "
        "free, the rest when outstanding money comes in. The same day and --known-at give the "
        "same quote, for ever; --json has everything it follows from."
    ),
    examples=(
        "fund partner exit-quote gm0312",
        "fund --as piet partner exit-quote gm0312 --as-of 2026-12-31 --json",
    ),
    who=N_("its own people, the fund office, the chair, an auditor"),
    see=("partner give-notice", "statement partner", "statement position"),
)
@argument("ref", type=PARTNER, help=N_("The partner"))
@option("--costs", type=MONEY, metavar="AMOUNT", help=N_("Costs of leaving that are not booked yet"))
@known
def exit_quote(ctx: click.Context, ref: str, costs: int | None) -> None:
    read(ctx, "partner exit-quote", {"ref": ref, "costs": costs}, show=_quoted)


def _quoted(data: Mapping[str, Any]) -> None:
    share = f"{data['capital_cents']} / {data['total_capital_cents']}" if data["total_capital_cents"] else ""
    promised_cents = data["net_asset_value_cents"] - _cents(data["divided"])
    facts(
        _("{name}: what leaving would mean, {day}").format(name=data["name"], day=day(data["as_of"])),
        [
            (_("Worth of the fund"), euros(data["net_asset_value_cents"])),
            (_("Promised, not coming back"), euros(promised_cents)),
            (_("Divided"), euros(_cents(data["divided"]))),
            (_("Share of the capital"), _("{percent}% ({share} cents)").format(percent=_percent(data), share=share)),
            (_("Its share, rounded down"), euros(data["gross_cents"])),
            (_("Its own unpaid calls"), euros(-data["unpaid_cents"]) if data["unpaid_cents"] else ""),
            (_("Costs of leaving"), euros(-data["costs_cents"]) if data["costs_cents"] else ""),
            (_("Above what it paid in"), euros(-data["cut_cents"]) if data["cut_cents"] else ""),
            (_("Net"), euros(data["net_cents"])),
            (_("Now"), euros(data["now_cents"])),
            (_("Later"), euros(data["later_cents"])),
            (_("Known until entry"), str(data["known_at"])),
        ],
    )
    say_lines(_sentence(data))
    rows = [{**row, "what": _(ITEMS[row["kind"]]).format(ref=row["name"])} for row in data["items"]]
    if rows:
        table(
            _("What is outstanding"),
            (
                Column("what", N_("What"), "text"),
                Column("amount_cents", N_("Expected back"), "amount"),
                Column("share_cents", N_("Share of it"), "amount"),
            ),
            rows,
            total={
                "what": _("together"),
                "amount_cents": sum(row["amount_cents"] for row in rows),
                "share_cents": sum(row["share_cents"] for row in rows),
            },
        )


def _sentence(data: Mapping[str, Any]) -> list[str]:
    """What it means, as one would say it in a council."""
    if data["owes_cents"]:
        return [
            _("{name} would owe the fund {amount}.").format(name=data["name"], amount=euros(data["owes_cents"])),
        ]
    now, later = euros(data["now_cents"]), euros(data["later_cents"])
    lines = [_("{name} would get {net}.").format(name=data["name"], net=euros(data["net_cents"]))]
    lines.append(
        _("Of that {now} is due at once: its share of the {free} that lies free.").format(
            now=now, free=euros(max(data["free_to_commit_cents"], 0))
        )
    )
    if data["later_cents"] and data["items"]:
        lines.append(
            _("{later} follows when outstanding money comes in, and otherwise at the long-stop.").format(later=later)
        )
    elif data["later_cents"]:
        lines.append(_("{later} follows at the long-stop: it lies in the buffer.").format(later=later))
    return lines


def _cents(fraction: str) -> int:
    """Whole cents of an exact fraction, for the screen."""
    above, _slash, below = fraction.partition("/")
    return int(above) // int(below or 1)


def _percent(data: Mapping[str, Any]) -> str:
    total = data["total_capital_cents"]
    return number(data["capital_cents"] * 10_000 // total) if total else number(0)


# ---------------------------------------------------------------------------------------------- K4-K7: to a settlement


@verb(
    partner,
    "give-notice",
    N_("Give notice: the partner leaves"),
    about=N_(
        "By decision of its council, states or general board, which goes along. Nobody approves it. The partner "
        "remains a partner until its settlement is paid; it proposes nothing new."
    ),
    examples=(
        "fund --as piet partner give-notice gm0312 --decision raadsbesluit.pdf --decided-on 2026-06-18",
        "fund --as piet partner give-notice gm0312 --decision raadsbesluit.pdf --leaves-on 2027-01-01",
    ),
    who=N_("a signatory of the partner"),
    see=("partner exit-quote", "partner propose-settlement"),
)
@argument("ref", type=PARTNER, help=N_("The partner"))
@option("--decision", type=DOCUMENT, required=True, metavar="FILE", help=N_("The decision of council, states or board"))
@option("--decided-on", type=DAY, metavar="DATE", help=N_("The day of that decision, default today"))
@option("--leaves-on", type=DAY, metavar="DATE", help=N_("The day of leaving; the first that the term allows"))
@changing
def give_notice(
    ctx: click.Context, ref: str, decision: Mapping[str, Any], decided_on: date | None, leaves_on: date | None
) -> None:
    args = {"ref": ref, "decision": decision, "decided_on": decided_on, "leaves_on": leaves_on}
    question = _("Give notice for {ref}?").format(ref=ref)
    run(ctx, "partner give-notice", args, ask=question, tell=_noticed)


def _noticed(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    return [_("{ref} gave notice and leaves on {day}.").format(ref=fact["ref"], day=day_text(fact["leaves_on"]))]


@verb(
    partner,
    "propose-settlement",
    N_("Propose the settlement of a partner that leaves, or of all"),
    about=N_(
        "The exit quote of the day of leaving, kept with everything it follows from. It may be proposed again until it "
        "is in the books. With --all the winding-up of the fund lies before the full board; once two thirds agree, "
        "every partner gets its settlement by the same computation."
    ),
    examples=(
        "fund --as anna partner propose-settlement gm0312",
        "fund --as anna partner propose-settlement gm0312 --valued-on 2027-01-31 --costs 1250",
        'fund --as anna partner propose-settlement --all --valued-on 2030-12-31 --reason "the programme is over"',
    ),
    who=N_("a fund manager; a treasurer confirms"),
    see=("partner agree-settlement", "partner exit-quote", "confirm"),
)
@argument("ref", type=PARTNER, required=False, help=N_("The partner"))
@option("--all", "everybody", is_flag=True, help=N_("Every partner: the fund is wound up"))
@option("--valued-on", type=DAY, metavar="DATE", help=N_("The day of the valuation; the day of leaving, or today"))
@option("--costs", type=MONEY, metavar="AMOUNT", help=N_("Costs of leaving that are not booked yet"))
@option("--reason", metavar="TEXT", help=N_("Why the fund is wound up"))
@changing
def propose_settlement(
    ctx: click.Context,
    ref: str | None,
    everybody: bool,
    valued_on: date | None,
    costs: int | None,
    reason: str | None,
) -> None:
    args = {"ref": ref, "everybody": everybody or None, "valued_on": valued_on, "costs": costs, "reason": reason}
    run(ctx, "partner propose-settlement", args, tell=_proposed)


def _proposed(answer: Mapping[str, Any]) -> list[str]:
    lines = []
    for event in answer["events"]:
        fact = event["payload"]
        if event["type"] == "exit.settlement_proposed":
            lines.append(
                _("{ref}: net {net} on {day}, {now} now and {later} later.").format(
                    ref=fact["ref"],
                    net=euros(fact["net_cents"]),
                    day=day_text(fact["valued_on"]),
                    now=euros(fact["now_cents"]),
                    later=euros(fact["later_cents"]),
                )
            )
        elif event["type"] == "resolution.proposed":
            lines.append(_("The winding-up of the fund lies before the full board: {ref}.").format(ref=fact["ref"]))
    return lines


@verb(
    partner,
    "agree-settlement",
    N_("Agree on a settlement"),
    about=N_("After a dispute another amount may be agreed, on the advice of an expert."),
    examples=(
        "fund --as piet partner agree-settlement gm0312",
        "fund --as piet partner agree-settlement gm0312 --amount 20150 --advice advies.pdf",
    ),
    who=N_("a signatory of the partner; the chair confirms"),
    see=("partner dispute-settlement", "partner settle", "confirm"),
)
@argument("ref", type=PARTNER, help=N_("The partner"))
@option("--amount", type=MONEY, metavar="AMOUNT", help=N_("The net amount; what was proposed when left out"))
@option("--advice", type=DOCUMENT, metavar="FILE", help=N_("The advice of the expert"))
@changing
def agree_settlement(ctx: click.Context, ref: str, amount: int | None, advice: Mapping[str, Any] | None) -> None:
    args = {"ref": ref, "amount": amount, "advice": advice}
    run(ctx, "partner agree-settlement", args, tell=_agreed)


def _agreed(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    return [_("{ref}: {net} net is agreed.").format(ref=fact["ref"], net=euros(fact["net_cents"]))]


@verb(
    partner,
    "dispute-settlement",
    N_("Dispute a settlement"),
    about=N_("What the fund itself acknowledges is undisputed, and may be settled and paid first."),
    examples=('fund --as piet partner dispute-settlement gm0312 --reason "the allowance is too high"',),
    who=N_("a signatory of the partner"),
    see=("partner settle", "partner agree-settlement"),
)
@argument("ref", type=PARTNER, help=N_("The partner"))
@option("--reason", required=True, metavar="TEXT", help=N_("What it should be, and why; it is kept"))
@option("--file", type=DOCUMENT, metavar="FILE", help=N_("What that is based on"))
@changing
def dispute_settlement(ctx: click.Context, ref: str, reason: str, file: Mapping[str, Any] | None) -> None:
    run(ctx, "partner dispute-settlement", {"ref": ref, "reason": reason, "file": file}, tell=_disputed)


def _disputed(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    return [
        _("{ref} disputes {net}; {undisputed} is undisputed and may be paid first.").format(
            ref=fact["ref"], net=euros(fact["net_cents"]), undisputed=euros(fact["undisputed_cents"])
        )
    ]


@verb(
    partner,
    "settle",
    N_("Put a settlement in the books"),
    about=N_(
        "The partner's capital leaves the fund; what it gets is owed to it, now and later. In dispute only the "
        "undisputed part. What was due at once and does not lie free any more is due later."
    ),
    examples=("fund --as bram2 partner settle gm0312",),
    who=N_("a treasurer who acted in nothing of it before"),
    see=("partner pay-settlement", "partner show"),
)
@argument("ref", type=PARTNER, help=N_("The partner"))
@booking
def settle(ctx: click.Context, ref: str) -> None:
    run(ctx, "partner settle", {"ref": ref}, ask=True, tell=_settled)


def _settled(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    if fact["net_cents"] < 0:
        return [_("{ref} owes the fund {amount}.").format(ref=fact["ref"], amount=euros(-fact["net_cents"]))]
    return [
        _("{ref} gets {now} now and {later} later.").format(
            ref=fact["ref"], now=euros(fact["now_cents"]), later=euros(fact["later_cents"])
        )
    ]


# --------------------------------------------------------------------------------------------------- K8, K10: the end


@verb(
    partner,
    "pay-settlement",
    N_("Pay what is due of a settlement, or set it off"),
    about=N_(
        "What is due goes to the partner's verified account with the next batch. Of each "
        "agreement that it leads is said what happens: kept, taken over (`fund agreement amend "
        "--lead`), or set off with a paper that it signed."
    ),
    examples=(
        "fund --as bram partner pay-settlement gm0312",
        "fund --as bram partner pay-settlement gm0312 --keep A2026-004",
        "fund --as bram partner pay-settlement gm0312 --set-off A2026-004 --signed verrekening.pdf",
    ),
    who=N_("a treasurer; a second treasurer or a fund manager confirms"),
    see=("payment batch", "partner show", "confirm"),
)
@argument("ref", type=PARTNER, help=N_("The partner"))
@option("--amount", type=MONEY, metavar="AMOUNT", help=N_("A part; all that is due when left out"))
@option(
    "--keep", type=AGREEMENT, multiple=True, metavar="REF", help=N_("An own agreement that goes on; may be repeated")
)
@option("--set-off", type=AGREEMENT, metavar="REF", help=N_("The own agreement whose advance it repays"))
@option("--signed", type=DOCUMENT, metavar="FILE", help=N_("The paper with which the partner agrees to that"))
@booking
def pay_settlement(
    ctx: click.Context,
    ref: str,
    amount: int | None,
    keep: Sequence[str],
    set_off: str | None,
    signed: Mapping[str, Any] | None,
) -> None:
    args = {"ref": ref, "amount": amount, "keep": list(keep) or None, "set_off": set_off, "signed": signed}
    run(ctx, "partner pay-settlement", args, ask=True, tell=_paid)


def _paid(answer: Mapping[str, Any]) -> list[str]:
    event = answer["events"][0]
    fact = event["payload"]
    if event["type"] == "exit.set_off":
        return [
            _("{amount} repays {agreement}.").format(amount=euros(fact["amount_cents"]), agreement=fact["agreement"])
        ]
    return [
        _("{amount} is to be paid to {partner} as {ref}.").format(
            amount=euros(fact["amount_cents"]), partner=fact["payee"], ref=fact["ref"]
        )
    ]


@verb(
    partner,
    "close-out",
    N_("End the later part of a settlement at the long-stop"),
    about=N_(
        "What the named items and the buffer still hold for the partner is due now, from what is free to commit; the "
        "rest of its later part stays in the fund."
    ),
    examples=("fund --as bram partner close-out gm0312",),
    who=N_("a treasurer; a second treasurer or a fund manager confirms"),
    see=("partner pay-settlement", "partner show", "confirm"),
)
@argument("ref", type=PARTNER, help=N_("The partner"))
@booking
def close_out(ctx: click.Context, ref: str) -> None:
    run(ctx, "partner close-out", {"ref": ref}, ask=True, tell=_closed_out)


def _closed_out(answer: Mapping[str, Any]) -> list[str]:
    fact = answer["events"][0]["payload"]
    return [
        _("{amount} is due to {ref}; {rest} stays in the fund.").format(
            amount=euros(fact["amount_cents"]), ref=fact["ref"], rest=euros(fact["released_cents"])
        )
    ]
