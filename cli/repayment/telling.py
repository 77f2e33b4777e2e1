"""What ``fund repayment`` says of money that was set against plans, and of costs and interest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cli.output import Column, table
from fund.declarations import Answer
from fund.language import N_, _, day, euros
from fund.words import code_word


def allocated(answer: Answer) -> list[str]:
    fact = answer["events"][0]["payload"]
    lines = [
        _("{amount} of {receipt} repays {ref}.").format(
            amount=euros(fact["advance_cents"]), receipt=fact["ref"], ref=fact["agreement"]
        )
    ]
    for part in answer["result"]["charges"]:
        text = _("Number {no}, {ground}: {amount}, {open} stays open.")
        about = {"no": part["no"], "ground": code_word(part["ground"])}
        lines.append(text.format(amount=euros(part["paid_cents"]), open=euros(part["open_cents"]), **about))
    for part in answer["result"]["instalments"]:
        text = _("Instalment {no}, due {day}: {amount}, {open} stays open.")
        about = {"no": part["no"], "day": day(part["due_on"])}
        lines.append(text.format(amount=euros(part["paid_cents"]), open=euros(part["open_cents"]), **about))
    if fact["surplus_cents"]:
        lines.append(_("{amount} is owed back to the payer.").format(amount=euros(fact["surplus_cents"])))
    return lines


def reordered(answer: Answer) -> list[str]:
    result = answer["result"]
    lines = [
        _("Receipts of {ref} from {day} on are in the order of their value dates.").format(
            ref=result["ref"], day=day(result["from_on"])
        )
    ]
    for part in result["instalments"]:
        if part["before_cents"] != part["after_cents"]:
            lines.append(
                _("Instalment {no}, due {day}: {before} was paid, now {after}.").format(
                    no=part["no"],
                    day=day(part["due_on"]),
                    before=euros(part["before_cents"]),
                    after=euros(part["after_cents"]),
                )
            )
    moved = result["advance_cents"]
    if moved > 0:
        lines.append(_("{amount} more is outstanding, and owed back to the payer.").format(amount=euros(moved)))
    elif moved < 0:
        lines.append(_("{amount} that was owed back repays the advance.").format(amount=euros(-moved)))
    else:
        lines.append(_("Nothing moves between accounts."))
    return lines


def charged(answer: Answer) -> list[str]:
    result = answer["result"]
    about = {"ref": result["ref"], "ground": code_word(result["ground"]), "no": result["no"]}
    return [
        _("{amount} is owed on {ref} ({ground}, number {no}).").format(amount=euros(result["amount_cents"]), **about),
        _("Nothing is booked until it comes in; it is paid before the principal unless the agreement says otherwise."),
    ]


def waived(answer: Answer) -> list[str]:
    result = answer["result"]
    about = {"ref": result["ref"], "ground": code_word(result["ground"]), "no": result["no"]}
    text = _("{amount} is not owed on {ref} any more ({ground}, number {no}).")
    return [text.format(amount=euros(result["amount_cents"]), **about)]


def show_charges(data: Mapping[str, Any]) -> None:
    """Costs and interest that were claimed; a line that says how they are paid."""
    rows = [{**row, "ground": code_word(row["ground"])} for row in data["charges"]]
    table(
        _("Costs and interest of {ref}").format(ref=data["agreement"]),
        (
            Column("no", N_("No."), "count"),
            Column("ground", N_("Ground"), "text"),
            Column("claimed_on", N_("Claimed"), "date"),
            Column("amount_cents", N_("Amount"), "amount"),
            Column("paid_cents", N_("Paid"), "amount"),
            Column("open_cents", N_("Open"), "amount"),
        ),
        rows,
        total={key: sum(row[key] for row in rows) for key in ("amount_cents", "paid_cents", "open_cents")},
    )
