"""What a round may become, by plain dictionaries: states, people, parties, seals and awards, told by the facts alone.

The shadow knows no code of the fund. It reads facts as rows and JSON, writes down the table of lifecycle.md 4 again in
the simplest words, and refuses with an AssertionError what the table, or the separation of duties (G7), forbids.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tests.lives.rounds_duties import DECIDED, hold, separate_duties
from tests.lives.rounds_known import BEFORE_AGREED, SAME, TABLE, Case, Known, Person, Row, acting, day_of

__all__ = ["Rounds"]


class Rounds(Known):
    """The dictionaries, and what each fact does to them."""

    # --------------------------------------------------------------------------------------------------- the facts

    def take(self, row: Row) -> None:
        """One fact more: possible by the table, by hands that may; then the dictionaries follow it."""
        assert row["seq"] == self.seq + 1, f"fact {self.seq + 1} is missing: {row['seq']} follows"
        self.seq = row["seq"]
        self.now = max(self.now, row["at"])
        kind = row["type"].partition(".")[0]
        case = self.cases.get(self._proposal_of(row))
        separate_duties(self, row, case)
        if kind == "user":
            self._people(row)
        elif kind == "round":
            self._round(row)
        elif row["type"] == "proposal.drafted":
            self._drafted(row)
        elif case is not None and row["type"] in TABLE:
            sources, target = TABLE[row["type"]]
            assert case.state in sources, f"{row['type']} of {case.ref} in state {case.state}"
            hold(self, row, case)
            self._follow(row, case)
            if target != SAME and (row["type"], case.state) != ("review.recomputed", "deferred"):
                case.state = target
        elif case is not None:
            assert (
                kind in ("agreement", "milestone", "disbursement", "plan", "evaluation") or row["actor"] == "system"
            ), f"a fact of a proposal that the table does not know: {row['type']}"
            self._afterwards(row, case)

    def _proposal_of(self, row: Row) -> str:
        payload = row["payload"]
        if row["stream"].partition("/")[0] in ("proposal", "review", "decision"):
            return str(payload["ref"])
        return str(payload.get("proposal") or payload.get("agreement") or payload.get("ref") or "").removeprefix("A")

    def _people(self, row: Row) -> None:
        payload, ref = row["payload"], row["payload"]["ref"]
        if row["type"] == "user.revoked":
            self.people[ref].active = False
            return
        who = self.people.setdefault(ref, Person(ref, self.names.get(ref, ref)))
        who.roles, who.partner = set(payload["roles"]), payload.get("partner")
        who.seconded = bool(payload.get("seconded"))
        assert len(who.roles) == 1 or not who.roles & {"admin", "auditor"}, f"{who.name} has {who.roles} (G7 e)"

    def _round(self, row: Row) -> None:
        payload, ref = row["payload"], row["payload"]["ref"]
        if row["type"] == "round.planned":
            self.rounds[ref] = {**payload, "state": "planned"}
            for name in ("opens_at", "closes_at"):
                self.rounds[ref][name] = datetime.fromisoformat(payload[name])
            return
        here = self.rounds[ref]
        state = row["type"].partition(".")[2]
        possible = {"opened": {"planned"}, "closed": {"planned", "opened"}, "decided": {"closed"}}
        if state in possible:
            assert here["state"] in possible[state], f"round {ref}: {state} after {here['state']}"
            assert row["actor"] == "system"
            at = {"opened": here["opens_at"], "closed": here["closes_at"]}.get(state)
            assert at is None or row["at"] >= at
            here["state"] = state
        if state == "decided":
            waits = BEFORE_AGREED - {"draft", "conditional", "approved", "objected"}
            assert not [
                one.ref for one in self.cases.values() if one.round == ref and one.state in waits and one.submitted
            ]

    def _drafted(self, row: Row) -> None:
        payload = row["payload"]
        case = Case(payload["ref"], payload["round"], payload["track"], payload["lead"])
        assert self.people[row["actor"]].organisation == case.lead
        self._form(case, payload)
        self.cases[case.ref] = case

    def _form(self, case: Case, payload: Row) -> None:
        form = payload["form"]
        case.hash, case.ask, case.round = payload["revision_hash"], payload["ask_cents"], payload["round"]
        case.co = set(form["co_applicants"]) - {case.lead}
        case.others = set(form["adopters"]) | set(form["beneficiaries"])
        case.team = {member["partner"] for member in form["team"]}
        case.persons = set(self.persons_given)
        self.sketches[form["summary"].partition(" ")[0]] = case.ref
        case.confirmed, case.revision = {}, payload.get("revision", 1)

    # -------------------------------------------------------------------------------------------------- what follows

    def _follow(self, row: Row, case: Case) -> None:
        payload, actors = row["payload"], acting(row)
        match row["type"]:
            case "proposal.revised":
                self._form(case, payload)
            case "proposal.participation_confirmed":
                case.confirmed[payload["partner"]] = payload["revision_hash"]
                case.signed_by |= actors
                case.filed_by |= actors
            case "proposal.submitted" | "proposal.resubmitted":
                case.confirmed[case.lead] = payload["revision_hash"]
                case.signed_by |= actors
                case.filed_by |= actors
                case.submitted, case.finders, case.sections, case.due = True, set(), set(), None
                case.deferred_for = ""
            case "proposal.changes_requested":
                case.sections, case.due = set(payload["sections"]), date.fromisoformat(payload["due_on"])
                case.finders = set()
            case "proposal.found_eligible" | "proposal.found_ineligible":
                case.finders |= actors
                if row["type"] == "proposal.found_ineligible":
                    case.object_until = day_of(row["at"]) + timedelta(weeks=payload["objection_weeks"])
            case "review.opened":
                case.turn, case.necessity = case.turn + 1, payload["necessity"]
                case.panel = [seat["reviewer"] for seat in payload["panel"]]
                case.scored, case.opened, case.declared = set(), set(), {}
            case "review.assigned":
                new = payload["seat"]["reviewer"]
                case.panel = [new if each == payload["replaces"] else each for each in case.panel]
                case.panel += [new] if new not in case.panel else []
            case "review.declared":
                case.declared[row["actor"]] = payload["grounds"]
            case "review.scored":
                case.scored.add(row["actor"])
                self._sealed(("score", case.ref, payload["turn"], row["actor"]))
            case "review.recused":
                case.panel.remove(row["actor"])
            case "review.conflict_decided":
                if not payload["stays"] and payload["reviewer"] in case.panel:
                    case.panel.remove(payload["reviewer"])
            case "review.score_excluded":
                case.scored.discard(payload["reviewer"])
            case "review.reviewer_barred":
                if payload["reviewer"] in case.panel:
                    case.panel.remove(payload["reviewer"])
            case "review.closed":
                case.opened |= {each["reviewer"] for each in payload["scores"]}
                case.reviewed |= {each["reviewer"] for each in payload["scores"]}
            case "decision.prepared":
                case.session, case.voted, case.hands = payload["session"], set(), set()
                case.mandated, case.board, case.decided_before = payload["mandated"], payload["necessity"], True
                case.due = None
            case "decision.voted":
                case.voted.add(row["actor"])
                case.ever_voted.add(row["actor"])
                self._sealed(("vote", case.ref, payload["session"], row["actor"]))
            case "decision.objected":
                case.objected_was, case.decided_before = payload["was"], True
                case.session, case.voted, case.hands = case.session + 1, set(), set()
                if payload["was"] == "ineligible":
                    case.took_part |= case.finders
            case "decision.conditions_met":
                case.hands |= actors
            case "decision.condition_evidenced":
                case.conditions[payload["number"]]["shown"] = True
            case "decision.condition_extended":
                case.conditions[payload["number"]] |= {"expires_on": payload["expires_on"], "extended": True}
            case "decision.reopened":
                case.took_part |= actors | {vote["voter"] for vote in payload["votes"]}
                case.session, case.voted, case.hands = case.session + 1, set(), set()
                case.award, case.conditions, case.redecided = 0, {}, True
            case "decision.eligibility_reopened" | "decision.upheld":
                case.took_part |= actors | {vote["voter"] for vote in payload["votes"]}
                case.finders = set()
            case "proposal.withdrawn" | "proposal.lapsed":
                case.award = 0
            case "agreement.activated":
                case.award = payload["award_cents"]
        if row["type"] in DECIDED:
            self._decided(row, case)

    def _decided(self, row: Row, case: Case) -> None:
        payload = row["payload"]
        case.hands |= acting(row) | {vote["voter"] for vote in payload["votes"]}
        case.took_part |= acting(row) | {vote["voter"] for vote in payload["votes"]}
        case.award = payload.get("award_cents", 0)
        case.conditions = {each["number"]: dict(each) for each in payload.get("conditions", ())}
        case.due = None
        if row["type"] == "decision.rejected":
            case.object_until = day_of(row["at"]) + timedelta(weeks=payload["objection_weeks"])
        if row["type"] == "decision.deferred":
            case.deferred_for, case.deferrals = payload["ground"], case.deferrals + 1
            case.due, case.sections = date.fromisoformat(payload["until_on"]), set()

    def _afterwards(self, row: Row, case: Case) -> None:
        payload = row["payload"]
        match row["type"]:
            case "agreement.drafted":
                case.agreement, case.signatures, case.redecided = "drafted", set(), False
                case.document = payload["document_sha256"]
                case.sign_before = date.fromisoformat(payload["sign_before_on"])
                case.drafted_award = payload["terms"]["award_cents"]
                case.boards_heard = payload["terms"]["boards_heard"]
            case "agreement.signed":
                assert payload["document_sha256"] == case.document
                case.signatures.add(payload["party"])
                case.signed_by |= acting(row)
                wanted = case.applicants | {"fund"}
                assert payload["complete"] == (case.signatures == wanted)
                case.agreement = "signed" if payload["complete"] else "drafted"
            case "milestone.planned" | "milestone.evidenced" | "milestone.accepted":
                case.milestones[payload["ref"]] = row["type"].partition(".")[2]
            case "disbursement.checked":
                self.checkers[payload["ref"]] = row["actor"]
            case "disbursement.approved":
                assert row["actor"] != self.checkers[payload["ref"]], "checked and approved by one person (c)"
                case.paid += payload["amount_cents"]
            case "agreement.completed" | "agreement.terminated":
                assert payload["released_cents"] == case.award - case.paid
                case.released = True

    def _sealed(self, key: tuple[str, str, int, str]) -> None:
        assert self.giving is not None, f"a {key[0]} that nobody gave"
        self.giving.key = key
        self.latest[key] = self.giving
        self.giving = None
