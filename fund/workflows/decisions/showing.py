"""What may be seen of a decision: the file, who has voted; what they voted only once it was decided."""

from __future__ import annotations

from fund.rules.authority import Role
from fund.rules.conflicts import hard_conflict
from fund.rules.scoring import rounded
from fund.rules.valuation import free_to_commit
from fund.schemas.base import as_row
from fund.schemas.proposals import Proposal, Round
from fund.schemas.resolutions import Resolution
from fund.schemas.reviews import Decision
from fund.unit_of_work import Snapshot
from fund.workflows.bodies import Body, ground_text
from fund.workflows.conflicts import parties_of
from fund.workflows.decisions.body import body_of, missing_of
from fund.workflows.decisions.commands import CriterionRow, DecisionDetail, OnResolution, VoterRow
from fund.workflows.decisions.preparing import ranking, two_thirds
from fund.workflows.decisions.terms import term_of
from fund.workflows.proposals.access import rules_for
from fund.workflows.reviews.commands import MissingRow

_READERS = (
    Role.FUND_MANAGER, Role.TREASURER, Role.COMMITTEE_MEMBER, Role.COMMITTEE_CHAIR, Role.DEPUTY_CHAIR, Role.AUDITOR,
)  # fmt: skip


def show(snapshot: Snapshot, *, ref: str) -> DecisionDetail | OnResolution:
    """The decision on a proposal: the committee's file, who may vote and who has, the outcome with its reasons.

    Of a resolution: what it would bring about, and how the vote stands.

    Raises:
        UnknownRef: There is no such proposal, or nothing was prepared yet.
    """
    resolution = snapshot.maybe(Resolution, ref)
    if resolution is not None:
        from fund.workflows.resolutions import show as show_resolution

        return {"resolution": show_resolution(snapshot, resolution)}
    proposal = snapshot.case(Proposal, ref)
    decision = snapshot.case(Decision, ref)
    round_ = snapshot.case(Round, proposal.round)
    ranked = ranking(snapshot, proposal.round)
    place = next((number for number, (each, _total) in enumerate(ranked, start=1) if each == ref), None)
    inside = reads_papers(snapshot, proposal, decision)
    undecided = decision.state in ("decidable", "objected")
    file = decision.prepared
    term = term_of(rules_for(snapshot, proposal).terms, round_, proposal)
    answer: DecisionDetail = {
        "ref": ref,
        "title": proposal.title,
        "state": decision.state,
        "proposal_state": proposal.state,
        "round": proposal.round,
        "session": decision.session,
        "ask_cents": proposal.ask_cents,
        "rank": place,
        "of": len(ranked),
        "ceiling_left_cents": round_.ceiling_left_cents,
        "free_to_commit_cents": free_to_commit(snapshot.balances(), snapshot.regulations().buffer_cents),
        "decide_before": term.last_on.isoformat() if term else None,
        "term_extended": term.extended if term else False,
        "overdue": proposal.overdue,
        "prepared": None,
        "body": "mandated" if file is not None and file.mandated and decision.state == "decidable" else "",
        "two_thirds": two_thirds(snapshot, proposal, proposal.ask_cents) or (file is not None and file.necessity),
        "seats": {},
        "voters": [],
        "disclosed": [],
        "barred": [],
        "missing": [],
        "outcome": decision.outcome or None,
        "award_cents": decision.award_cents,
        "decided_on": decision.decided_on.isoformat() if decision.decided_on else None,
        "deviates": decision.deviates,
        "reasons": dict(decision.reasons),
        "criteria": [as_row(CriterionRow, each) for each in rules_for(snapshot, proposal).rubric],
        "conditions": [each.model_dump(mode="json") for each in decision.conditions],
        "deferred_for": decision.deferred_for or None,
        "until_on": decision.until_on.isoformat() if decision.until_on else None,
        "votes": [],
    }
    if file is not None and (inside or not undecided):
        answer["prepared"] = {**file.model_dump(mode="json"), "total_rounded": rounded(file.total)}
    if inside and undecided and not (file is not None and file.mandated and decision.state == "decidable"):
        body = body_of(snapshot, proposal, decision)
        ballots = body.ballots(decision.voted)
        answer["body"] = "board" if body.is_board else "committee"
        answer["seats"] = {
            "of": body.board_size or rules_for(snapshot, proposal).committee.seats,
            "filled": len(body.seats),
            "free": len(body.free_seats),
            "voted": len(ballots),
        }
        answer["voters"] = [
            as_row(
                VoterRow,
                each,
                name=snapshot.name(each.voter),
                voted=each.voter in decision.voted,
                deputy_of=_deputy_of(snapshot, body, each.voter),
            )
            for each in body.voters.values()
        ]
        answer["disclosed"] = [
            {"partner": partner, "name": snapshot.partner_name(partner), "ground": ground_text(ground)}
            for partner, ground in sorted(body.disclosed.items())
        ]
        answer["barred"] = [
            {"voter": each, "name": snapshot.name(each), "ground": ground_text(ground)}
            for each, ground in sorted(body.barred.items())
        ]
        answer["missing"] = [
            as_row(MissingRow, each, text=each.describe()) for each in missing_of(snapshot, proposal, body, ballots)
        ]
    if inside and not undecided:
        answer["votes"] = [
            {**each.model_dump(mode="json"), "name": snapshot.name(each.voter)} for each in decision.votes
        ]
    return answer


def reads_papers(snapshot: Snapshot, proposal: Proposal, decision: Decision) -> bool:
    """Whether the one who looks reads the committee's papers: fund office, committee, auditor, nobody with a hard
    conflict; and whoever votes in the full board.
    """
    return _inside(snapshot, proposal) or _of_the_board(snapshot, proposal, decision)


def _deputy_of(snapshot: Snapshot, body: Body, voter: str) -> str | None:
    """The member for whose seat this person votes as deputy; nobody where it is the own seat."""
    seat = body.seat_of(voter)
    return snapshot.name(seat) if not body.is_board and seat != voter else None


def _of_the_board(snapshot: Snapshot, proposal: Proposal, decision: Decision) -> bool:
    """Whether the one who looks votes in the full board on it: who votes reads the papers, in spite of a conflict."""
    if snapshot.actor is None or not snapshot.actor.has(Role.PARTNER_SIGNATORY):
        return False
    if decision.prepared is None or not decision.prepared.necessity:
        return False
    body = body_of(snapshot, proposal, decision)
    return body.is_board and snapshot.actor.user_id in body.voters


def _inside(snapshot: Snapshot, proposal: Proposal) -> bool:
    """Whether the one who looks reads the committee's papers: fund office, committee, auditor; nobody with a hard
    conflict.
    """
    if snapshot.actor is None or snapshot.actor.has(Role.AUDITOR):
        return True
    if hard_conflict(snapshot.actor, parties_of(snapshot, proposal)) is not None:
        return False
    return snapshot.actor.has(*_READERS)
