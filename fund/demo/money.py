"""Money out and money back, as the story plays it: payees, milestones, disbursements, batches, receipts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from fund.demo.capital import import_statement, partner_iban
from fund.demo.cast import MANAGER, MANAGER_2, PARTNERS, TREASURER, TREASURER_2, signatory
from fund.demo.stage import Stage


def payee(stage: Stage, partner: str, *, iban: str = "") -> None:
    """A partner's account is recorded at its signatory's request, confirmed by a treasurer; three days cool off.

    Whoever has one on record keeps it: in a long story many are paid more than once, in whichever order.

    Args:
        iban: Another account, in the place of the one on record.
    """
    if not iban and stage.ask("payee list", partner=partner)["payees"]:
        return
    stage.both(
        MANAGER, TREASURER, "payee record",
        partner=partner, iban=iban or partner_iban(partner), name=PARTNERS[partner]["naam"][:70],
        requested_by=signatory(partner),
    )  # fmt: skip


def earn(stage: Stage, agreement: str, number: int, lead: str) -> None:
    """A milestone is shown with hashed evidence, and accepted."""
    milestone = f"{agreement}-{number}"
    evidence = f"Verslag bij mijlpaal {milestone}: de cijfers van dit halfjaar.\n".encode()
    stage.do(
        signatory(lead), "milestone evidence", ref=milestone, files=[{"name": f"{milestone}.txt", "content": evidence}]
    )
    stage.do(MANAGER, "milestone accept", ref=milestone, met=[1])


def disburse(stage: Stage, agreement: str, number: int, lead: str) -> str:
    """Asked by the lead, checked by a fund manager, approved by a treasurer: three different people; the ref."""
    asked = stage.do(signatory(lead), "disbursement request", ref=agreement, milestone=number)
    ref = next(str(event["payload"]["ref"]) for event in asked["events"] if event["type"] == "disbursement.requested")
    stage.do(MANAGER, "disbursement check", ref=ref)
    stage.do(TREASURER, "disbursement approve", ref=ref)
    return ref


def approve_asked(stage: Stage, agreements: Collection[str]) -> None:
    """What the service asked by itself for these agreements is checked and approved."""
    for row in stage.ask("disbursement list")["disbursements"]:
        if row["agreement"] in agreements:
            stage.do(MANAGER, "disbursement check", ref=row["ref"])
            stage.do(TREASURER, "disbursement approve", ref=row["ref"])


def pay_milestone(stage: Stage, agreement: str, number: int, lead: str, on: date) -> str:
    """A milestone is reached and paid on a day by itself; the ref of the disbursement."""
    earn(stage, agreement, number, lead)
    ref = disburse(stage, agreement, number, lead)
    batch(stage, on)
    return ref


def batch(stage: Stage, on: date, *, second: str = MANAGER_2, return_of: str = "", tempted: str = "") -> dict[str, Any]:
    """What stands approved goes to the bank in one file, sent by two people who approved none of it.

    Args:
        on: The day of execution; the bank's statement of that day is imported the day after.
        second: Who sends it together with a treasurer.
        return_of: A payment (its end-to-end reference) that the bank sends back a week later.
        tempted: Somebody who approved a line and tries to send it all the same.
    """
    made = stage.do(MANAGER_2, "payment batch", execution_on=on)
    ref = next(str(event["payload"]["ref"]) for event in made["events"] if event["type"].startswith("payment"))
    content = str(stage.ask("payment file", user=TREASURER_2, ref=ref)["content"]).encode()
    refusal = stage.refused(tempted, "payment send", ref=ref) if tempted else None
    stage.both(TREASURER_2, second, "payment send", ref=ref)
    stage.bank.pay(content, on=on)
    stage.clock(on + timedelta(days=1))
    result = import_statement(stage, on)
    if return_of:
        back = on + timedelta(days=6)
        stage.bank.send_back(return_of, on=back)
        stage.clock(back + timedelta(days=1))
        result = import_statement(stage, back)
    return {"ref": ref, "result": result, "refusal": refusal}
