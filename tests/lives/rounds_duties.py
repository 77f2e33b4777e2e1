"""What each fact of a round must be like, and whose hands may have made it: separation of duties (G7), told once more.

Source: lifecycle.md 1 (G7), 4, 12.
"""

from __future__ import annotations

from datetime import timedelta

from tests.lives.rounds_known import TRACKS, Case, Known, Person, Row, acting, day_of

JUDGING = {
    "proposal.changes_requested", "proposal.found_eligible", "proposal.found_ineligible", "review.opened",
    "review.assigned", "review.declared", "review.scored", "review.conflict_decided", "review.closed",
    "review.consensus_proposed", "review.consensus_agreed", "decision.prepared", "decision.remarked", "decision.voted",
    "decision.approved", "decision.conditional", "decision.conditions_met", "decision.rejected", "decision.deferred",
    "decision.condition_extended", "decision.reopened", "decision.upheld", "decision.eligibility_reopened",
    "agreement.drafted", "agreement.activated", "milestone.accepted", "milestone.rejected",
    "milestone.changes_requested", "disbursement.checked", "disbursement.approved",
}  # fmt: skip
"""Facts by which somebody checks, reviews, votes on or pays a case: nobody of a party may (G7 b)."""

DECIDED = {"decision.approved", "decision.conditional", "decision.rejected", "decision.deferred"}
OBJECTION_DECIDED = {"decision.upheld", "decision.eligibility_reopened"}
ADMIN_MAY = {"user.added", "user.changed", "user.revoked", "command.refused", "delivery.retried"}
AUDITOR_MAY = {"command.refused"}


def hold(model: Known, row: Row, case: Case) -> None:
    """Guards of single rows that the fact itself can be held against."""
    payload, here = row["payload"], model.rounds[case.round]
    match row["type"]:
        case "proposal.submitted":
            assert here["opens_at"] <= row["at"] < here["closes_at"]
            _complete(model, case)
        case "proposal.resubmitted":
            assert case.due is None or day_of(row["at"]) <= case.due
            assert case.state != "deferred" or case.deferred_for == "improve"
            _complete(model, case)
        case "proposal.revised":
            assert not case.sections or set(payload["sections"]) <= case.sections
        case "review.opened":
            seats = [model.people[seat["reviewer"]] for seat in payload["panel"]]
            assert not [who.name for who in seats if model.conflicted(who, case)], "a panel with a conflict"
            assert not {who.id for who in seats} & case.ever_voted, "a panel with somebody who voted (d)"
            assert len(seats) >= (3 if case.track == "light" else 5) or payload["necessity"]
            if payload["necessity"]:
                assert len(seats) >= 3
                assert {who.kind for who in seats} == {"external"}
            again = case.decided_before or here["allocation"] != "score"
            assert again or here["state"] in ("closed", "decided")
        case "review.conflict_decided":
            assert payload["reviewer"] not in acting(row), "a reviewer judges the own declaration"
        case "review.assigned":
            assert not model.conflicted(model.people[payload["seat"]["reviewer"]], case)
            assert payload["seat"]["reviewer"] not in case.ever_voted, "somebody who voted reviews it (d)"
        case "review.closed":
            _opened_scores(model, payload, case)
        case "decision.prepared":
            assert payload["mandated"] == (case.track == "light" and not case.necessity)
            necessity = case.necessity or model.needs_the_board(case)
            assert payload["necessity"] == (necessity and not payload["mandated"])
        case "decision.conditions_met":
            assert all(each.get("shown") for each in case.conditions.values())
        case "decision.objected":
            assert case.object_until is not None
            assert day_of(row["at"]) <= case.object_until + timedelta(days=4)  # a term ends on no holiday
        case "proposal.lapsed":
            assert row["actor"] == "system"
            assert case.state != "deferred" or case.deferred_for == "improve"
        case "agreement.activated":
            assert case.signatures == case.applicants | {"fund"}
            assert payload["award_cents"] == case.award
            assert sum(each["amount_cents"] for each in payload["milestones"]) == case.award
    if row["type"] in DECIDED | OBJECTION_DECIDED or (row["type"] == "decision.reopened" and case.state == "objected"):
        _opened_votes(model, row, case)
    if row["type"] in ("decision.approved", "decision.conditional"):
        taken = sum(one.award for one in model.cases.values() if one.round == case.round)
        assert 0 < payload["award_cents"] <= min(case.ask, here["ceiling_cents"] - taken)


def _complete(model: Known, case: Case) -> None:
    low, high = TRACKS[case.track]
    assert low <= case.ask < high
    assert case.ask <= model.rounds[case.round]["ceiling_cents"]
    assert {party for party, seen in case.confirmed.items() if seen == case.hash} >= case.co


def _opened_scores(model: Known, payload: Row, case: Case) -> None:
    """What is opened is what was given, of everybody in the panel whose score counts, and of nobody else."""
    whose = {each["reviewer"] for each in payload["scores"]}
    assert whose == case.scored & set(case.panel)
    seats = [model.people[each] for each in whose]
    assert not [who.name for who in seats if who.active and model.conflicted(who, case)], "a score with a conflict"
    light = case.track == "light"
    assert len(seats) >= (2 if light and not case.necessity else 3)
    if not case.necessity:
        assert len({who.organisation or who.id for who in seats}) >= (2 if light else 3)
        assert light or (len({who.kind for who in seats}) >= 2 and "external" in {who.kind for who in seats})
    for each in payload["scores"]:
        seal = model.latest["score", case.ref, payload["turn"], each["reviewer"]]
        assert seal.content == {"scores": each["scores"], "abstained": each["abstained"]}
        seal.opened = True


def _opened_votes(model: Known, row: Row, case: Case) -> None:
    """The votes that are opened are those of this session, of who may vote; and the outcome is what they say."""
    payload, objection, board = row["payload"], case.state == "objected", model.board_votes(case)
    whose = {vote["voter"] for vote in payload["votes"]}
    expected = model.counting(case) - (acting(row) if objection else set())
    assert whose == (set() if case.mandated and not objection else expected), f"{whose} voted, not {expected}"
    ballots = []
    for vote in payload["votes"]:
        seal = model.latest["vote", case.ref, case.session, vote["voter"]]
        assert seal.content == {"choice": vote["choice"], "reason": vote["reason"]}
        seal.opened = True
        ballots.append((model.people[vote["voter"]], vote["choice"]))
    if objection:
        assert not acting(row) & case.took_part, "who took part decides the objection"
        assert len(whose) >= 2
        assert board or not whose & case.took_part, "who took part votes on the objection"
        return
    if not case.mandated:
        said = _say(model, case, ballots, payload.get("award_cents", case.ask))
        possible = {
            "decision.approved": {"carried"},
            "decision.conditional": {"carried"},
            "decision.rejected": {"lost"} | ({"tie"} if case.deferrals else set()),
            "decision.deferred": {"carried", "lost", "tie"},
        }
        assert said in possible[row["type"]], f"{row['type']} where the votes say {said}"
    assert row["type"] != "decision.deferred" or not case.deferrals, "deferred twice"


def _say(model: Known, case: Case, ballots: list[tuple[Person, str]], cents: int) -> str:
    """carried, lost or tie; with fewer votes than a quorum there may be no decision at all."""
    if case.board:
        partners = {who.organisation for who, _choice in ballots}
        assert len(partners) == len(ballots), "a partner with two votes"
        assert 2 * len(ballots) > len(model.partners)
        barred = {one for one in model.partners if model.conflicted(Person("", "", partner=one), case)}
        said = _majority([choice for _who, choice in ballots], two_thirds=True)
        free = [choice for who, choice in ballots if who.organisation not in barred]
        if said == "carried" and len(model.partners - barred) >= 3 and _majority(free, two_thirds=False) != "carried":
            return "lost"
        return said
    assert len(ballots) >= 3
    assert 2 * len(ballots) > len(model.seats(case))
    assert len({who.kind for who, _choice in ballots}) >= 2
    return _majority([choice for _who, choice in ballots], two_thirds=case.track == "major" or cents >= 125_000_00)


def separate_duties(model: Known, row: Row, case: Case | None) -> None:
    """G7: whoever acted, or made it, was allowed to, by what the facts before say."""
    if row["actor"] == "system":
        return
    kind, told = row["type"], f"fact {row['seq']}, {row['type']}"
    assert row["made_by"] != row["actor"], f"{told}: maker and checker are one person (a)"
    for user_id in acting(row):
        who = model.people[user_id]
        if "admin" in who.roles:
            assert kind in ADMIN_MAY, f"{told}: by an admin (e)"
        if "auditor" in who.roles:
            assert kind in AUDITOR_MAY, f"{told}: by an auditor (e)"
        if case is None:
            continue
        board = kind == "decision.voted" and model.board_votes(case)
        if kind in JUDGING and not board:
            assert model.outside(who, case), f"{told}: {who.name} is of {who.organisation}, a party (b)"
        if kind == "agreement.signed" and row["payload"]["party"] == "fund":
            assert model.outside(who, case), f"{told}: {who.name} signs for the fund and is of a party (b)"
        if kind in ("review.scored", "review.declared", "decision.voted") and not board:
            assert not model.conflicted(who, case), f"{told}: {who.name} has a hard conflict (12)"
        votes = kind == "decision.voted" or kind in DECIDED | OBJECTION_DECIDED
        if votes and not board:
            assert user_id not in model.reviewers(case), f"{told}: {who.name} reviewed it (d)"
        if kind in DECIDED | {"decision.conditions_met"}:
            assert user_id not in case.hands, f"{told}: {who.name} approved before (c)"
        if kind in ("proposal.found_eligible", "proposal.found_ineligible"):
            assert user_id not in case.finders, f"{told}: {who.name} approved before (c)"
            assert user_id not in case.filed_by, f"{told}: {who.name} handed it in (a)"
    if kind == "review.scored" and case is not None:
        assert row["actor"] in case.panel, f"{told}: nobody assigned this reviewer"
    if kind in ("decision.approved", "decision.rejected", "decision.deferred") and case is not None and case.mandated:
        assert row["made_by"], f"{told}: two people decide on the light track"
        assert row["made_by"] not in case.finders, f"{told}: who found it eligible decides too"


def _majority(choices: list[str], *, two_thirds: bool) -> str:
    for_it, against = choices.count("for"), choices.count("against")
    if for_it == against:
        return "tie"
    enough = 3 * for_it >= 2 * (for_it + against) if two_thirds else for_it > against
    return "carried" if enough else "lost"
