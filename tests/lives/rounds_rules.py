"""What speaks against a command, by the tables of lifecycle.md told once more; and the guards that are not told here.

``against`` names every reason it knows. A command with a reason must be refused; one without any must succeed, or be
refused with one of the codes of ``UNMODELLED``: the guards that only the fund itself knows.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from tests.lives.rounds_known import BEFORE_AGREED, CHAIRS, COMMITTEE, EDITABLE, OFFICE, TRACKS, Case, Known, Person

UNMODELLED: dict[str, set[str]] = {
    # what changed in which section of the form is told by the form's own tests
    "proposal save": {"changed_elsewhere", "changed_meanwhile"},
    "proposal resubmit": {"changed_elsewhere"},
    # whether a panel can be had, and is large enough, kind by kind
    "review open": {"quorum_not_feasible", "necessity_not_needed", "panel_too_small"},
    # the quorum of scores per criterion, organisation and kind
    "review close": {"review_quorum_not_met"},
    # whether two reviewers differ enough, and who chairs those who scored
    "review consensus": {
        "consensus_not_forced", "not_assigned", "not_panel_chair", "nothing_to_agree", "faulty_scores",
    },
    "decision prepare": {"consensus_pending"},
    # what the votes say, and what must be said with it; the fact is held against the votes afterwards
    "decision decide": {
        "committee_quorum_not_met", "decided_otherwise", "gate_is_binding", "reasons_per_criterion_missing",
        "award_above_ask", "award_above_ceiling", "insufficient_free_to_commit", "deferred_before",
    },
    "decision decide-objection": {"objection_votes_missing"},
    # once the chair saw what the votes say
    "decision vote": {"voting_over"},
    # nine seats
    "user change": {"no_seat_left"},
    # the last day of a term that would end on a holiday
    "proposal object": {"objection_too_late"},
    "agreement draft": {"terms_missing", "repayment_before_results"},
    "milestone evidence": {"transition_not_allowed", "agreement_not_running", "unknown_ref"},
    "milestone accept": {"transition_not_allowed", "unknown_ref", "agreement_not_running"},
    # payees, cash and reports are the trade of tests/test_lives.py
    "disbursement request": {
        "no_payee", "payee_not_party", "milestone_not_accepted", "milestone_exceeded", "on_account_not_allowed",
        "award_exceeded", "nothing_to_pay", "unknown_ref", "payments_stopped",
    },
    "disbursement check": {
        "transition_not_allowed", "no_payee", "wrong_account", "cooling_off", "payee_replaced", "report_missing",
        "payments_stopped",
    },
    "disbursement approve": {
        "transition_not_allowed", "same_hands", "insufficient_cash", "payments_stopped", "commitment_exceeded",
    },
    "agreement complete": {"transition_not_allowed", "disbursements_open", "report_missing"},
}  # fmt: skip
"""Codes with which a command may be refused although nothing here speaks against it."""

ALWAYS_UNMODELLED = {"pending_changed"}
"""What was shown to the first person is compared with what would happen now."""

Reasons = set[str]
Args = dict[str, Any]


def against(model: Known, command: str, user_id: str, args: Args) -> Reasons:
    """Every reason this person may not do this now; empty where none is known."""
    who = model.people[user_id]
    found: Reasons = set() if who.active else {"revoked"}
    if not _roles(command, args) & who.roles:
        return found | {"role"}
    case = model.cases.get(_proposal(args))
    if command in NO_CASE:
        return found | NO_CASE[command](model, who, args)
    if case is None:
        return found | {"unknown"}
    if not case.submitted and who.organisation not in case.applicants and "auditor" not in who.roles:
        found.add("a draft of others")
    return found | CASES[command](model, who, case, args)


def against_second(model: Known, command: str, made_by: str, second: str, args: Args) -> Reasons:
    """Every reason why the second person may not confirm it now."""
    maker, who = model.people[made_by], model.people[second]
    found = against(model, command, made_by, args) | (set() if who.active else {"revoked"})
    if made_by == second:
        found.add("same hands")
    if not SECOND[command] & who.roles:
        found.add("role of the second")
    case = model.cases.get(_proposal(args))
    if case is not None:
        if not model.outside(who, case):
            found.add("party")
        if command == "review declare" and second == args["about"]:
            found.add("own declaration")
        if command in ("decision meet-conditions", "decision decide") and second in case.hands:
            found.add("hands")
        if command == "proposal find-ineligible" and {second, maker.id} & (case.finders | case.filed_by):
            found.add("hands")
        if command in ("decision decide", "decision reopen") and (
            model.conflicted(who, case) or second in model.reviewers(case)
        ):
            found.add("no voter")
    return found


def asks_two(model: Known, command: str, args: Args) -> bool:
    """Whether a second person must confirm."""
    if command == "decision decide":
        case = model.cases.get(_proposal(args))
        return case is not None and case.decided_before and case.mandated
    return command in SECOND and not (command == "review declare" and not args.get("about"))


SECOND: dict[str, set[str]] = {
    "round plan": CHAIRS,
    "user change": CHAIRS,
    "proposal find-ineligible": {"fund_manager"},
    "decision decide": COMMITTEE,
    "decision meet-conditions": OFFICE | COMMITTEE,
    "decision reopen": COMMITTEE,
    "review declare": COMMITTEE,
    "agreement complete": OFFICE | CHAIRS,
}
"""Who confirms, where two people act."""

ROLES: dict[str, set[str]] = {
    "round plan": {"fund_manager"},
    "user change": {"admin"},
    "user revoke": {"admin"},
    "proposal draft": {"partner_editor", "partner_signatory"},
    "proposal save": {"partner_editor", "partner_signatory"},
    "proposal confirm": {"partner_signatory"},
    "proposal submit": {"partner_signatory"},
    "proposal resubmit": {"partner_signatory"},
    "proposal withdraw": {"partner_signatory"},
    "proposal object": {"partner_signatory"},
    "proposal request-changes": {"fund_manager"},
    "proposal find-eligible": {"fund_manager"},
    "proposal find-ineligible": {"fund_manager"},
    "review open": {"fund_manager"},
    "review assign": {"fund_manager"},
    "review close": {"fund_manager"},
    "review declare": {"reviewer"},
    "review score": {"reviewer"},
    "review recuse": {"reviewer"},
    "review consensus": {"reviewer"},
    "decision prepare": {"fund_manager"},
    "decision vote": COMMITTEE | {"partner_signatory"},
    "decision decide": CHAIRS | {"fund_manager"},
    "decision meet-conditions": {"fund_manager"},
    "decision evidence": {"partner_signatory"},
    "decision reopen": CHAIRS,
    "decision decide-objection": CHAIRS,
    "agreement draft": {"fund_manager"},
    "agreement sign": {"partner_signatory", *CHAIRS},
    "agreement activate": {"fund_manager"},
    "milestone evidence": {"partner_editor", "partner_signatory"},
    "milestone accept": {"fund_manager"},
    "disbursement request": {"partner_signatory"},
    "disbursement check": {"fund_manager"},
    "disbursement approve": {"treasurer"},
    "agreement complete": {"fund_manager"},
}


def _roles(command: str, args: Args) -> set[str]:
    if (command == "review declare" and args.get("about")) or (
        command == "decision evidence" and args.get("extend_to")
    ):
        return CHAIRS
    return ROLES[command]


def _proposal(args: Args) -> str:
    return str(args.get("_case") or args.get("ref", ""))


# --------------------------------------------------------------------------------------------- parties: P1-P6, P18, P21


def _draft(model: Known, who: Person, args: Args) -> Reasons:
    form, here = args["_form"], model.rounds.get(args["_form"].round)
    found: Reasons = set()
    if here is None or not here["opens_at"] <= model.now < here["closes_at"]:
        found.add("round not open")
    if who.organisation != form.lead:
        found.add("not of the lead")
    return found


def _improvable(case: Case) -> Reasons:
    if case.state not in EDITABLE:
        return {"state"}
    return {"not for improvement"} if case.state == "deferred" and case.deferred_for != "improve" else set()


def _save(model: Known, who: Person, case: Case, args: Args) -> Reasons:
    found, form, here = _improvable(case), args["_form"], model.rounds[case.round]
    if who.organisation not in case.applicants:
        found.add("no party")
    if form.lead != case.lead:
        found.add("another lead")
    if case.state == "draft" and not here["opens_at"] <= model.now < here["closes_at"]:
        found.add("round not open")
    return found


def _confirm(_model: Known, who: Person, case: Case, _args: Args) -> Reasons:
    return _improvable(case) | (set() if who.organisation in case.applicants else {"no party"})


def _complete(model: Known, case: Case) -> Reasons:
    found: Reasons = set()
    low, high = TRACKS[case.track]
    if not low <= case.ask < high:
        found.add("track")
    if case.ask > model.rounds[case.round]["ceiling_cents"]:
        found.add("ceiling")
    if any(case.confirmed.get(party) != case.hash for party in case.co):
        found.add("not confirmed")
    return found


def _submit(model: Known, who: Person, case: Case, _args: Args) -> Reasons:
    here = model.rounds[case.round]
    found = _complete(model, case) | (set() if case.state == "draft" else {"state"})
    if who.organisation != case.lead:
        found.add("not of the lead")
    if not here["opens_at"] <= model.now < here["closes_at"]:
        found.add("round not open")
    return found


def _resubmit(model: Known, who: Person, case: Case, _args: Args) -> Reasons:
    found = _complete(model, case) | (_improvable(case) if case.state != "draft" else {"state"})
    if who.organisation != case.lead:
        found.add("not of the lead")
    if case.due is not None and model.today > case.due:
        found.add("too late")
    return found


def _withdraw(_model: Known, who: Person, case: Case, args: Args) -> Reasons:
    found: Reasons = set() if case.state in BEFORE_AGREED else {"state"}
    if who.organisation != case.lead:
        found.add("not of the lead")
    return found | (set() if args["reason"].strip() else {"no reason"})


def _object(model: Known, who: Person, case: Case, _args: Args) -> Reasons:
    found: Reasons = set() if case.state in ("rejected", "ineligible") else {"state"}
    if who.organisation not in case.applicants:
        found.add("no party")
    if case.object_until is not None and model.today > case.object_until + timedelta(days=4):
        found.add("too late")
    return found


# ---------------------------------------------------------------------------------------------------- the fund: P5-P11


def _judge(model: Known, who: Person, case: Case, *states: str) -> Reasons:
    found: Reasons = set() if case.state in states else {"state"}
    return found if model.outside(who, case) else found | {"party"}


def _request_changes(model: Known, who: Person, case: Case, _args: Args) -> Reasons:
    found = _judge(model, who, case, "submitted", "eligible")
    return found | ({"hands"} if who.id in case.filed_by else set())


def _find(model: Known, who: Person, case: Case, args: Args) -> Reasons:
    found = _judge(model, who, case, "submitted") | ({"hands"} if who.id in case.finders | case.filed_by else set())
    return found | ({"rule"} if args.get("_fails") and "evidence" not in args and "rule" not in args else set())


def _open(model: Known, who: Person, case: Case, args: Args) -> Reasons:
    found, here = _judge(model, who, case, "eligible"), model.rounds[case.round]
    if here["allocation"] == "score" and here["state"] in ("planned", "opened") and not case.decided_before:
        found.add("round not closed")
    free = [one for one in model.people.values()
            if one.active and "reviewer" in one.roles and not model.conflicted(one, case)
            and one.id not in case.voted | case.took_part]  # fmt: skip
    external = [one for one in free if one.kind == "external"]
    if args.get("necessity"):
        return found | ({"no externals"} if len(external) < 3 else set())
    lacking = len(free) < (3 if case.track == "light" else 5) or (case.track != "light" and not external)
    return found | ({"no panel"} if lacking else set())


def _assign(model: Known, who: Person, case: Case, args: Args) -> Reasons:
    found, new = _judge(model, who, case, "in_review"), model.people[args["reviewer"]]
    if not new.active or "reviewer" not in new.roles or model.conflicted(new, case):
        found.add("no reviewer")
    if new.id in case.voted | case.took_part:
        found.add("voted")
    if new.id in case.panel:
        found.add("sits already")
    if args.get("replaces") and (args["replaces"] not in case.panel or not model.people[args["replaces"]].active):
        found.add("does not sit")
    return found


def _declare(model: Known, who: Person, case: Case, args: Args) -> Reasons:
    if not args.get("about"):
        return _panel(model, who, case)
    found = _judge(model, who, case, "in_review", "scored", "decidable", "deferred")
    about = model.people[args["about"]]
    if about.id not in case.panel or not about.active or not case.declared.get(about.id):
        found.add("nothing declared")
    return found | ({"own declaration"} if about.id == who.id else set())


def _panel(model: Known, who: Person, case: Case) -> Reasons:
    found = _judge(model, who, case, "in_review")
    if model.conflicted(who, case):
        found.add("conflict")
    return found | (set() if who.id in case.panel else {"not assigned"})


def _score(model: Known, who: Person, case: Case, args: Args) -> Reasons:
    opened = {"opened before"} if who.id in case.opened else set()
    return _panel(model, who, case) | opened | ({"faulty"} if args.get("_faulty") else set())


def _recuse(_model: Known, who: Person, case: Case, _args: Args) -> Reasons:
    found: Reasons = set() if case.state == "in_review" else {"state"}
    return found | (set() if who.id in case.panel else {"not assigned"})


def _close(model: Known, who: Person, case: Case, _args: Args) -> Reasons:
    found = _judge(model, who, case, "in_review")
    counts = [each for each in case.panel if each in case.scored and not model.conflicted(model.people[each], case)]
    return found | (
        {"no quorum"} if len(counts) < (2 if case.track == "light" and not case.necessity else 3) else set()
    )


def _consensus(model: Known, who: Person, case: Case, _args: Args) -> Reasons:
    return _judge(model, who, case, "scored", "deferred")


# ----------------------------------------------------------------------------------------------- the committee: P13-P25


def _prepare(model: Known, who: Person, case: Case, _args: Args) -> Reasons:
    found = _judge(model, who, case, "scored", "deferred", "decidable")  # decidable: a remark is added
    improving = case.state == "deferred" and case.deferred_for == "improve"
    return found | ({"not improved yet"} if improving else set())


def _vote(model: Known, who: Person, case: Case, args: Args) -> Reasons:
    found: Reasons = set() if case.state in ("decidable", "objected") else {"state"}
    if case.state == "decidable" and case.mandated:
        found.add("mandated")
    body, board = model.body(case), model.board_votes(case)
    seat = next((seat for seat in body if who.id in body[seat]), None)
    if seat is None:
        found.add("no voter")
    else:
        before = body[seat] if board else body[seat][: body[seat].index(who.id)]
        found |= {"somebody else voted"} if case.voted & set(before) - {who.id} else set()
    known = {"uphold", "reopen", "abstain"} if case.state == "objected" else {"for", "against", "abstain"}
    return found | (set() if args["choice"] in known else {"choice"})


def _chair(model: Known, who: Person, case: Case) -> Reasons:
    found: Reasons = set() if who.roles & CHAIRS else {"no chair"}
    if not model.outside(who, case) or model.conflicted(who, case) or who.id in model.reviewers(case):
        found.add("barred")
    if "committee_chair" not in who.roles and model.free_chairs(case, "committee_chair"):
        found.add("deputy not needed")
    return found


def _decide(model: Known, who: Person, case: Case, args: Args) -> Reasons:
    found: Reasons = set() if case.state == "decidable" else {"state"}
    if case.mandated and args.get("defer_for") == "tie":
        found.add("nobody votes: there is no tie")
    if not case.mandated:
        return found | _chair(model, who, case) | ({"hands"} if who.id in case.hands else set())
    if "fund_manager" not in who.roles:
        found.add("role")
    found |= {"hands"} if who.id in case.finders | case.hands else set()
    found |= {"barred"} if model.conflicted(who, case) or who.id in model.reviewers(case) else set()
    return found if model.outside(who, case) else found | {"party"}


def _meet(model: Known, who: Person, case: Case, _args: Args) -> Reasons:
    found = _judge(model, who, case, "conditional")
    if not all(each.get("shown") for each in case.conditions.values()):
        found.add("not shown")
    return found | ({"hands"} if who.id in case.hands else set())


def _evidence(model: Known, who: Person, case: Case, args: Args) -> Reasons:
    found: Reasons = set() if case.state == "conditional" else {"state"}
    condition = case.conditions.get(args["number"])
    if condition is None:
        return found | {"unknown condition"}
    expires = date.fromisoformat(str(condition["expires_on"]))
    if args.get("extend_to"):
        found |= _chair(model, who, case) | ({"extended"} if condition.get("extended") else set())
        return found | (set() if args["extend_to"] > max(expires, model.today) else {"no later"})
    if who.organisation != condition["owner"]:
        found.add("not of the owner")
    return found | ({"expired"} if expires < model.today else set())


def _reopen(model: Known, who: Person, case: Case, _args: Args) -> Reasons:
    found: Reasons = set() if case.state in ("approved", "conditional") else {"state"}
    return found | _chair(model, who, case)


def _decide_objection(model: Known, who: Person, case: Case, args: Args) -> Reasons:
    found = _judge(model, who, case, "objected")
    barred = model.conflicted(who, case) or who.id in model.reviewers(case) or who.id in case.took_part
    found |= {"barred"} if barred else set()
    return found | (set() if args.get("file") else {"no advice"})


# --------------------------------------------------------------------------------------------------- agreement, money


def _agreement_draft(model: Known, who: Person, case: Case, _args: Args) -> Reasons:
    found = _judge(model, who, case, "approved")
    again = case.agreement in ("", "drafted") or case.redecided
    return found | (set() if again else {"signed already"})


def _sign(model: Known, who: Person, case: Case, _args: Args) -> Reasons:
    found: Reasons = set() if case.agreement == "drafted" and case.state == "approved" else {"state"}
    if case.drafted_award != case.award:
        found.add("award changed")
    by_partner = "partner_signatory" in who.roles and who.organisation in case.applicants
    party = who.organisation if by_partner else "fund"
    if not by_partner and not (who.roles & CHAIRS and model.outside(who, case)):
        found.add("neither party nor fund")
    if party in case.signatures:
        found.add("signed already")
    return found | ({"too late"} if case.sign_before is not None and model.today > case.sign_before else set())


def _activate(model: Known, who: Person, case: Case, args: Args) -> Reasons:
    found = _judge(model, who, case, "approved")
    if case.agreement != "signed":
        found.add("not signed")
    if case.track == "major" and not args.get("boards_heard") and not case.boards_heard:
        found.add("boards")
    return found | ({"award changed"} if case.drafted_award != case.award else set())


def _of_party(_model: Known, who: Person, case: Case, _args: Args) -> Reasons:
    found: Reasons = set() if case.state == "agreed" else {"state"}
    return found if who.organisation in case.applicants else found | {"no party"}


def _of_office(model: Known, who: Person, case: Case, _args: Args) -> Reasons:
    return _judge(model, who, case, "agreed")


def _plan(model: Known, _who: Person, args: Args) -> Reasons:
    found: Reasons = set() if args["track"] in TRACKS else {"track"}
    if args["opens"] < model.today or args["closes"] < args["opens"]:
        found.add("days")
    return found | (set() if args["ceiling_cents"] > 0 else {"ceiling"})


def _change_user(model: Known, _who: Person, args: Args) -> Reasons:
    found: Reasons = set() if model.people[args["name"]].active else {"unknown"}
    roles = set(args.get("roles", ()))
    return found | ({"exclusive"} if len(roles) > 1 and roles & {"admin", "auditor"} else set())


NO_CASE: dict[str, Callable[[Known, Person, Args], Reasons]] = {
    "round plan": _plan, "proposal draft": _draft, "user change": _change_user, "user revoke": _change_user,
}  # fmt: skip
CASES: dict[str, Callable[[Known, Person, Case, Args], Reasons]] = {
    "proposal save": _save, "proposal confirm": _confirm, "proposal submit": _submit, "proposal resubmit": _resubmit,
    "proposal withdraw": _withdraw, "proposal object": _object, "proposal request-changes": _request_changes,
    "proposal find-eligible": _find, "proposal find-ineligible": _find, "review open": _open, "review assign": _assign,
    "review declare": _declare, "review score": _score, "review recuse": _recuse, "review close": _close,
    "review consensus": _consensus, "decision prepare": _prepare, "decision vote": _vote, "decision decide": _decide,
    "decision meet-conditions": _meet, "decision evidence": _evidence, "decision reopen": _reopen,
    "decision decide-objection": _decide_objection, "agreement draft": _agreement_draft, "agreement sign": _sign,
    "agreement activate": _activate, "milestone evidence": _of_party, "milestone accept": _of_office,
    "disbursement request": _of_party, "disbursement check": _of_office, "disbursement approve": _of_office,
    "agreement complete": _of_office,
}  # fmt: skip
