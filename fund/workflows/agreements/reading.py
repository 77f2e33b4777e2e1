"""What people look up about agreements and milestones."""

from __future__ import annotations

from datetime import date
from typing import Any

from fund.events import Fact
from fund.events.agreements import AgreementAmended, AgreementLeadChanged, MilestoneReplanned
from fund.rules.transitions import commands_from
from fund.schemas.agreements import Agreement, Amendment, Milestone
from fund.schemas.repayments import Plan
from fund.unit_of_work import Snapshot
from fund.workflows.agreements.business_case import benefit_table
from fund.workflows.agreements.lifecycle import AGREEMENTS, MILESTONES


def agreements(snapshot: Snapshot, *, as_of: date | None = None) -> dict[str, Any]:
    """Every agreement, with what is outstanding on a day."""
    balances = snapshot.ledger.balances(as_of=as_of, kinds_excluded=("closing",))
    return {
        "as_of": (as_of or snapshot.today).isoformat(),
        "agreements": [
            {
                "ref": case.ref,
                "proposal": case.proposal,
                "title": case.title,
                "lead_partner": case.lead,
                "lead_name": snapshot.partner_name(case.lead),
                "state": case.state,
                "award_cents": case.award_cents,
                "repayable_cents": case.repayable_cents,
                "share_bps": case.share_bps,
                "committed_cents": balances.get(f"9000.{case.proposal}", 0),
                "outstanding_cents": balances.get(f"1200.{case.ref}", 0),
                "ends_on": case.ends_on.isoformat(),
                "verbs": [
                    verb
                    for noun, _space, verb in (each.partition(" ") for each in commands_from(AGREEMENTS, case.state))
                    if noun == "agreement"
                ],
            }
            for case in snapshot.cases(Agreement)
        ],
    }


def agreement(snapshot: Snapshot, *, ref: str, document: bool = False, as_of: date | None = None) -> dict[str, Any]:
    """One agreement: terms, signatures, milestones, money.

    Args:
        document: With the text that is signed.

    Raises:
        UnknownRef: There is none; the hint names the nearest.
    """
    from fund.workflows.evaluations.followon import lineage

    case = snapshot.case(Agreement, ref)
    plan = snapshot.maybe(Plan, ref)
    accounts = {"outstanding": f"1200.{ref}", "allowance": f"1290.{ref}", "committed": f"9000.{case.proposal}"}
    money = {
        name: snapshot.ledger.balance(account, as_of=as_of, kinds_excluded=("closing",))
        for name, account in accounts.items()
    }
    found: dict[str, Any] = {
        "as_of": (as_of or snapshot.today).isoformat(),
        "ref": ref,
        "proposal": case.proposal,
        "title": case.title,
        "state": case.state,
        "track": case.track,
        "lead_partner": case.lead,
        "co_applicants": list(case.co_applicants),
        "names": {partner: snapshot.partner_name(partner) for partner in (case.lead, *case.co_applicants)},
        "beneficiaries": list(case.terms.beneficiaries),
        "award_cents": case.award_cents,
        "repayable_cents": case.repayable_cents,
        "share_bps": case.share_bps,
        "booked_cents": case.booked_cents,
        "requested_cents": case.approved_cents,
        "committed_cents": money["committed"],
        "outstanding_cents": money["outstanding"],
        "allowance_cents": -money["allowance"],
        "released_cents": case.released_cents,
        "document_sha256": case.document_sha256,
        "sign_before_on": case.sign_before_on.isoformat(),
        "signatures": [{"party": party, "document_sha256": digest} for party, digest in case.signatures.items()],
        "unsigned": list(case.unsigned),
        "drafted_on": case.drafted_on.isoformat(),
        "started_on": _iso(case.started_on),
        "ends_on": case.ends_on.isoformat(),
        "evaluation_due_on": _iso(case.evaluation_due_on),
        "suspended_until_on": _iso(case.suspended_until_on),
        "ended_on": _iso(case.ended_on),
        "ground": case.ground,
        "hypothesis": case.hypothesis,
        "stop_rule": case.stop_rule,
        "exit_terms": case.terms.exit_terms,
        "assets_owner": case.terms.assets_owner,
        "plan_type": case.plan_type,
        "allocation": case.terms.plan.allocation,
        "plan_version": plan.version if plan else 0,
        "repaid_cents": plan.paid_cents if plan else 0,
        "milestones": [_milestone(each) for each in _of_agreement(snapshot, ref)],
        "benefits": [benefit.model_dump(mode="json") for benefit in case.benefits],
        "total_benefit": benefit_table(snapshot, ref=ref)["total"]["benefit"],
        "determined_cents": case.determined_cents,
        "lower_ground": case.lower_ground,
        "reclaimed_cents": case.reclaimed_cents,
        "refinanced_cents": case.refinanced_cents,
        "refinanced_to": case.refinanced_to or None,
        "refinanced_agreements": list(case.refinanced_from),
        "amendments": _amendments(snapshot, case),
        **lineage(snapshot, ref),
    }
    if document:
        from fund.workflows.agreements.drafting import text_of

        found["document"] = text_of(snapshot, case)
    return found


def _amendments(snapshot: Snapshot, case: Agreement) -> list[dict[str, Any]]:
    """What was changed after signing, oldest first, and then what waits, was refused or made way for another."""
    rows: list[dict[str, Any]] = []
    for event in snapshot.history(case):
        fact = event.fact
        row = _amended(fact)
        if row is not None:
            rows.append({**_NO_CHANGE, "on": event.effective_on.isoformat(), "state": "done", **row})
    for each in snapshot.cases(Amendment, parent=case.ref):
        if each.state != "agreed":
            proposed = snapshot.store.facts.last_of(each.stream, "amendment.proposed")
            told = each.model_dump(mode="json", include={"change_cents", "milestone", "due_on", "reason"})
            day = proposed.effective_on.isoformat() if proposed else ""
            rows.append(
                {**_NO_CHANGE, "on": day, "state": each.state, "amendment": each.ref, "lead": each.new_lead, **told}
            )
    return rows


_NO_CHANGE: dict[str, Any] = {
    "change_cents": 0, "milestone": None, "due_on": None, "lead": "", "amendment": "", "reason": "",
}  # fmt: skip


def _amended(fact: Fact) -> dict[str, Any] | None:
    if isinstance(fact, AgreementAmended):
        changed = {"change_cents": fact.change_cents, "milestone": fact.milestone}
        return {**changed, "amendment": fact.amendment, "reason": fact.reason}
    if isinstance(fact, MilestoneReplanned):
        number = int(fact.ref.rpartition("-")[2])
        day = fact.due_on.isoformat()
        return {"milestone": number, "due_on": day, "amendment": fact.amendment, "reason": fact.reason}
    if isinstance(fact, AgreementLeadChanged):
        return {"lead": fact.lead, "amendment": fact.amendment, "reason": fact.reason}
    return None


def milestones(snapshot: Snapshot, *, ref: str | None = None) -> dict[str, Any]:
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


def _milestone(case: Milestone) -> dict[str, Any]:
    return {
        "ref": case.ref,
        "agreement": case.agreement,
        "number": case.number,
        "title": case.title,
        "due_on": case.due_on.isoformat(),
        "amount_cents": case.amount_cents,
        "state": case.state,
        "criteria": list(case.criteria),
        "met": list(case.met),
        "evidence": list(case.evidence),
        "reason": case.reason,
        "verbs": [command.partition(" ")[2] for command in commands_from(MILESTONES, case.state)],
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
