"""What people look up about agreements and milestones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from fund.events import Fact
from fund.events.agreements import AgreementAmended, AgreementLeadChanged, MilestoneReplanned
from fund.rules.transitions import commands_from
from fund.schemas.agreements import Agreement, Amendment, Milestone
from fund.schemas.base import as_row
from fund.schemas.repayments import Plan
from fund.unit_of_work import Snapshot
from fund.workflows.agreements.business_case import benefit_table
from fund.workflows.agreements.commands import (
    AgreementDetail,
    AgreementRow,
    Agreements,
    AmendmentRow,
    MilestoneRow,
    Milestones,
)
from fund.workflows.agreements.lifecycle import AGREEMENTS, MILESTONES


def agreements(snapshot: Snapshot, *, as_of: date | None = None) -> Agreements:
    """Every agreement, with what is outstanding on a day."""
    balances = snapshot.ledger.balances(as_of=as_of, kinds_excluded=("closing",))
    return {
        "as_of": (as_of or snapshot.today).isoformat(),
        "agreements": [
            as_row(
                AgreementRow,
                case,
                lead_partner=case.lead,
                lead_name=snapshot.partner_name(case.lead),
                committed_cents=balances.get(f"9000.{case.proposal}", 0),
                outstanding_cents=balances.get(f"1200.{case.ref}", 0),
                verbs=[
                    verb
                    for noun, _space, verb in (each.partition(" ") for each in commands_from(AGREEMENTS, case.state))
                    if noun == "agreement"
                ],
            )
            for case in snapshot.cases(Agreement)
        ],
    }


def agreement(snapshot: Snapshot, *, ref: str, document: bool = False, as_of: date | None = None) -> AgreementDetail:
    """One agreement: terms, signatures, milestones, money.

    Args:
        document: With the text that is signed.

    Raises:
        UnknownRef: There is none; the hint names the nearest.
    """
    from fund.workflows.evaluations.followon import lineage

    case = snapshot.case(Agreement, ref)
    terms, plan = case.terms, snapshot.maybe(Plan, ref)

    def balance(account: str) -> int:
        return snapshot.ledger.balance(account, as_of=as_of, kinds_excluded=("closing",))

    return as_row(
        AgreementDetail,
        case,
        as_of=as_of or snapshot.today,
        lead_partner=case.lead,
        names={partner: snapshot.partner_name(partner) for partner in (case.lead, *case.co_applicants)},
        beneficiaries=terms.beneficiaries,
        requested_cents=case.approved_cents,
        committed_cents=balance(f"9000.{case.proposal}"),
        outstanding_cents=balance(f"1200.{ref}"),
        allowance_cents=-balance(f"1290.{ref}"),
        signatures=[{"party": party, "document_sha256": digest} for party, digest in case.signatures.items()],
        exit_terms=terms.exit_terms,
        assets_owner=terms.assets_owner,
        allocation=terms.plan.allocation,
        plan_version=plan.version if plan else 0,
        repaid_cents=plan.paid_cents if plan else 0,
        milestones=[_milestone(each) for each in _of_agreement(snapshot, ref)],
        benefits=[benefit.model_dump(mode="json") for benefit in case.benefits],
        total_benefit=benefit_table(snapshot, ref=ref)["total"]["benefit"],
        refinanced_agreements=case.refinanced_from,
        amendments=_amendments(snapshot, case),
        **lineage(snapshot, ref),
        **({"document": _text(snapshot, case)} if document else {}),
    )


def _text(snapshot: Snapshot, case: Agreement) -> str:
    from fund.workflows.agreements.drafting import text_of

    return text_of(snapshot, case)


def _amendments(snapshot: Snapshot, case: Agreement) -> list[AmendmentRow]:
    """What was changed after signing, oldest first, and then what waits, was refused or made way for another."""
    rows: list[AmendmentRow] = []
    for event in snapshot.history(case):
        fact = event.fact
        row = _amended(fact)
        if row is not None:
            rows.append(as_row(AmendmentRow, event, **{**_NO_CHANGE, "on": event.effective_on, "state": "done", **row}))
    for each in snapshot.cases(Amendment, parent=case.ref):
        if each.state != "agreed":
            proposed = snapshot.store.facts.last_of(each.stream, "amendment.proposed")
            day = proposed.effective_on if proposed else ""
            rows.append(as_row(AmendmentRow, each, on=day, amendment=each.ref, lead=each.new_lead))
    return rows


_NO_CHANGE: Mapping[str, object] = {
    "change_cents": 0, "milestone": None, "due_on": None, "lead": "", "amendment": "", "reason": "",
}  # fmt: skip


def _amended(fact: Fact) -> Mapping[str, object] | None:
    if isinstance(fact, AgreementAmended):
        changed = {"change_cents": fact.change_cents, "milestone": fact.milestone}
        return {**changed, "amendment": fact.amendment, "reason": fact.reason}
    if isinstance(fact, MilestoneReplanned):
        number = int(fact.ref.rpartition("-")[2])
        return {"milestone": number, "due_on": fact.due_on, "amendment": fact.amendment, "reason": fact.reason}
    if isinstance(fact, AgreementLeadChanged):
        return {"lead": fact.lead, "amendment": fact.amendment, "reason": fact.reason}
    return None


def milestones(snapshot: Snapshot, *, ref: str | None = None) -> Milestones:
    """The milestones of an agreement, or of all of them.

    Raises:
        UnknownRef: There is no such agreement.
    """
    if ref is not None:
        snapshot.case(Agreement, ref)
    found = _of_agreement(snapshot, ref) if ref is not None else sorted(snapshot.cases(Milestone), key=_order)
    return {"milestones": [_milestone(case) for case in found]}


def _of_agreement(snapshot: Snapshot, ref: str) -> list[Milestone]:
    return sorted(snapshot.cases(Milestone, parent=ref), key=_order)


def _order(case: Milestone) -> tuple[str, int]:
    return (case.agreement, case.number)


def _milestone(case: Milestone) -> MilestoneRow:
    return as_row(
        MilestoneRow, case, verbs=[command.partition(" ")[2] for command in commands_from(MILESTONES, case.state)]
    )
