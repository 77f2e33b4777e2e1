"""Moves in a round: what each person might try next, who is picked for it, and how it must come out.

A move is foretold by ``rounds_rules``: with a reason against it, it must be refused by a named refusal that changes
nothing but one fact ``command.refused``; without one it must succeed, or be refused by a guard that is listed there.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from fund.errors import FundError
from fund.events.capital import ContributionCalled, ContributionReceived
from fund.events.receipts import ReceiptRecorded
from tests.factories import World, as_file
from tests.lives.rounds import Rounds
from tests.lives.rounds_cast import Writer
from tests.lives.rounds_known import Case, Row
from tests.lives.rounds_rules import ALWAYS_UNMODELLED, UNMODELLED, against, against_second, asks_two
from tests.lives.rounds_watch import Watch
from tests.workflows.deciding import CRITERIA

REASONS = [f"{criterion}=omdat wij dat zien" for criterion in CRITERIA] + ["advice=het past"]
WRONG = 0.18
"""So often anybody at all is picked, not somebody who may."""


class Play:
    """A fund in which people move, its shadow, and somebody who watches."""

    def __init__(self, world: World, model: Rounds, watch: Watch) -> None:
        self.world, self.model, self.watch = world, model, watch
        self.writer = Writer(model.partners)
        self.numbers = itertools.count(1)
        self.forms: dict[str, Any] = {}
        self.pendings: dict[str, Row] = {}
        self.asked: list[Row] = []
        self.outcomes: Counter[tuple[str, str]] = Counter()

    # ------------------------------------------------------------------------------------------------- asking at all

    def ask(self, command: str, user: str, args: dict[str, Any], *, expected: set[str], seal: Any = None) -> Row | None:
        """Carry out one command as typed: as foretold, or there is a fault; the facts it left are taken."""
        model, command_id = self.model, f"m-{next(self.numbers)}"
        typed = {name: value for name, value in args.items() if not name.startswith("_")}
        if seal is not None:
            model.seals[seal.canary] = model.giving = seal
        before, seq = self.watch.mark(), model.seq
        about = f"{command} by {model.people[user].name} ({sorted(model.people[user].roles)})"
        answer, problem = self.tried(command, user, typed, command_id)
        if answer is None:
            assert problem is not None
            model.giving = None
            self.watch.unsealed(f"{problem} {problem.advice} {problem.details}", f"{about}, refused")
            allowed = UNMODELLED.get(args.get("_of", command), set()) | ALWAYS_UNMODELLED
            assert expected or problem.code() in allowed, f"{about}: {problem.code()}: {problem}"
            assert self.watch.mark() == before, f"{about}: refused, and something changed"
            facts = self.watch.catch_up()
            assert [fact["type"] for fact in facts] == ["command.refused"] * problem.recorded, f"{about}: {facts}"
            assert model.seq == seq + problem.recorded
            self.outcomes[command, problem.code()] += 1
            self._again(command, user, typed, command_id, problem)
            return None
        assert not expected, f"{about} was carried out, although: {sorted(expected)}"
        if command not in OPENING:
            self.watch.unsealed(str(answer), about)
        self.watch.catch_up()
        model.giving = None
        self.watch.unsealed(str(answer), about)
        self.outcomes[command, "done"] += 1
        self.asked.append({"command": command, "user": user, "args": typed, "id": command_id, "answer": answer})
        return answer

    def tried(
        self, command: str, user: str, typed: dict[str, Any], command_id: str
    ) -> tuple[Row | None, FundError | None]:
        """What the fund answers: an answer, or a refusal by name; anything else is a fault."""
        try:
            return self.world.do(command, user=user, command_id=command_id, **typed), None
        except FundError as problem:
            return None, problem

    def _again(self, command: str, user: str, typed: dict[str, Any], command_id: str, problem: FundError) -> None:
        """G2: the refusal is the answer of its command id, for ever."""
        if not problem.recorded or next(self.numbers) % 7:
            return
        before = self.watch.mark()
        _answer, again = self.tried(command, user, typed, command_id)
        assert again is not None, f"{command}: refused, and then carried out under the same id"
        assert (again.code(), self.watch.mark(), self.watch.catch_up()) == (problem.code(), before, [])

    def move(
        self, dice: Random, command: str, args: dict[str, Any], *, user: str | None = None, seal: Any = None
    ) -> bool:
        """Somebody tries a command; where two people act, mostly somebody confirms. Whether it came about."""
        who = user or self.somebody(dice, command, args)
        if who is None:
            return False
        expected = against(self.model, command, who, args)
        answer = self.ask(command, who, args, expected=expected, seal=seal)
        if answer is None:
            return False
        assert bool(answer["pending"]) == asks_two(self.model, command, args) or command == "decision decide"
        if not answer["pending"]:
            return True
        self.pendings[answer["pending"]] = {
            "command": command, "args": args, "made_by": who, "until": self.model.now + timedelta(days=14),
        }  # fmt: skip
        return self.confirm(dice, answer["pending"]) if dice.random() < 0.85 else False

    def somebody(self, dice: Random, command: str, args: dict[str, Any]) -> str | None:
        """Somebody who may, as far as is known; now and then somebody who nearly may, or anybody. Where nobody may,
        mostly nobody tries.
        """
        return self.pick(dice, lambda who: against(self.model, command, who, args), often=0.3)

    def pick(self, dice: Random, reasons: Callable[[str], set[str]], *, often: float) -> str | None:
        people = sorted(who.id for who in self.model.people.values() if who.active)
        told = {who: reasons(who) for who in people}
        right = [who for who, found in told.items() if not found]
        if not right and dice.random() >= often:
            return None
        if right and dice.random() >= WRONG:
            return dice.choice(right)
        nearly = [who for who, found in told.items() if len(found) == 1 and not found & {"role", "role of the second"}]
        return dice.choice(nearly if nearly and dice.random() < 0.7 else people)

    def confirm(self, dice: Random, pending: str) -> bool:
        """A second person confirms what waits, or tries to."""
        one, model = self.pendings[pending], self.model
        command, args, made_by = one["command"], one["args"], one["made_by"]
        who = self.pick(dice, lambda each: against_second(model, command, made_by, each, args), often=1)
        assert who is not None
        expected = against_second(model, command, made_by, who, args)
        expected |= {"lapsed"} if model.now >= one["until"] else set()
        expected |= {"ended"} if one.get("ended") else set()
        args = {"ref": pending, "_of": command}
        answer = self.ask("confirm", who, args, expected=expected)
        if answer is None:
            return False
        one["ended"] = True
        self.outcomes[command, "confirmed"] += 1
        return True

    # ------------------------------------------------------------------------------------------------ time and money

    def later(self, hours: int) -> None:
        """Time passes; what is due falls due."""
        self.model.now += timedelta(hours=hours)
        self.world.clock(self.model.now)
        self.watch.catch_up()

    def until(self, instant: datetime) -> None:
        """Time passes until just after an instant."""
        self.later(max(int((instant - self.model.now).total_seconds() // 3600) + 1, 1))

    def money(self, cents: int) -> None:
        """So much was called and paid in by one partner."""
        number = 5000 + next(self.numbers)
        partner = min(self.model.partners)
        office = {"fund_manager", "treasurer"}
        [someone, *_others] = [one.id for one in self.model.people.values() if one.active and one.roles & office]
        with self.world.uow(someone) as uow:
            called = {"partner": partner, "amount_cents": cents}
            uow.record(ContributionCalled(ref=f"B2026-{number}", due_on=uow.today, total_cents=cents, **called))
            ref = f"O2026-{number}"
            uow.record(
                ReceiptRecorded(
                    ref=ref, line_id=f"lin_{number}", statement="S", account="1000", amount_cents=cents,
                    booked_on=uow.today, valued_on=uow.today,
                )
            )  # fmt: skip
            uow.record(
                ContributionReceived(ref=f"B2026-{number}", receipt=ref, receipt_cents=cents, rule="rf", **called)
            )
        self.world.drain()
        self.watch.catch_up()

    def same_again(self, dice: Random) -> None:
        """G2: the same person's same command answers as the first time; another's with that id is another command."""
        if not self.asked:
            return
        one = dice.choice(self.asked)
        if not self.model.people[one["user"]].active:
            return
        before = self.watch.mark()
        again = self.world.do(one["command"], user=one["user"], command_id=one["id"], **one["args"])
        assert {**again, "replayed": one["answer"]["replayed"]} == one["answer"]
        assert again["replayed"]
        assert (self.watch.mark(), self.watch.catch_up()) == (before, [])

    def tried_out(self, dice: Random, command: str, ref: str) -> None:
        """A dry run shows what would happen, opens no seal and leaves nothing."""
        before = self.watch.mark()
        args = {"reasons": REASONS} if command == "decision decide" else {}
        user = self.somebody(dice, command, {"ref": ref, **args})
        if user is None:
            return
        try:
            shown = str(self.world.do(command, user=user, dry_run=True, ref=ref, **args))
        except FundError as problem:
            shown = f"{problem} {problem.advice} {problem.details}"
        self.watch.unsealed(shown, f"a dry run of {command}")
        assert (self.watch.mark(), self.watch.catch_up()) == (before, [])

    # --------------------------------------------------------------------------------------------- rounds, and people

    def plan(self, dice: Random) -> bool:
        """A round of some track, ceiling and allocation is announced."""
        track = dice.choice(
            ["light", "standard", "standard", "major", "major", "heavy"][: 5 if dice.random() < 0.95 else 6]
        )
        opens = self.model.today + timedelta(days=dice.choice([0, 0, 0, 1, 5]))
        low = {"light": 10_000_00, "standard": 60_000_00}.get(track, 200_000_00)
        args = {
            "title": "Ronde", "opens": opens, "closes": opens + timedelta(days=dice.choice([0, 3, 20, 40, -1])),
            "ceiling_cents": dice.choice([low, low, low * 2, low * 10]), "track": track,
            "allocation": dice.choice(["score", "score", "date"]),
        }  # fmt: skip
        return self.move(dice, "round plan", args)

    def draft(self, dice: Random) -> bool:
        """A party writes an idea down for a round that takes them."""
        takes = [ref for ref, one in self.model.rounds.items() if one["opens_at"] <= self.model.now < one["closes_at"]]
        if not self.model.rounds:
            return False
        round_ = dice.choice(takes if takes and dice.random() < 0.95 else sorted(self.model.rounds))
        here = self.model.rounds[round_]
        lead = dice.choice(sorted(self.model.partners))
        form = self.writer.form(
            dice, round_=round_, track=here["track"], ceiling=here["ceiling_cents"], lead=lead, today=self.model.today
        )
        content, names = self.writer.file(dice, form, sorted(one.name for one in self.model.people.values()))
        self.model.persons_given = names
        known = set(self.model.cases)
        if not self.move(dice, "proposal draft", {"file": as_file(content), "_form": form}):
            return False
        [ref] = set(self.model.cases) - known
        self.forms[ref] = form
        return True

    def people_change(self, dice: Random) -> bool:
        """Somebody joins a payroll, is seconded, or loses a role; sometimes what may not be."""
        busy = [
            (who, case)
            for case in self.model.cases.values()
            for who in sorted((case.scored if case.state == "in_review" else set()) | (case.voted - case.hands))
            if case.state in ("in_review", "decidable") and self.model.people[who].active
        ]
        if busy and dice.random() < 0.4:  # somebody who judges a case goes to work for one of its parties
            who, case = dice.choice(busy)
            less = sorted(self.model.people[who].roles - {"reviewer"}) or ["partner_editor"]
            roles = less if dice.random() < 0.4 else sorted(self.model.people[who].roles)
            if not set(roles) & {"committee_chair", "deputy_chair"}:
                moved = {"name": who, "roles": roles, "partner": dice.choice(sorted(case.parties))}
                return self.move(dice, "user change", moved)
        who = dice.choice(sorted(one.id for one in self.model.people.values() if one.active))
        now = self.model.people[who]
        if dice.random() < 0.15 and not now.roles & {"committee_chair", "deputy_chair", "admin"}:
            return self.move(dice, "user revoke", {"name": who, "reason": "weg"})
        kept = set(now.roles)
        what = dice.choice(["payroll", "payroll", "seconded", "more", "less"])
        if what == "more":
            kept.add(dice.choice(["reviewer", "committee_member", "fund_manager", "treasurer", "auditor"]))
        if what == "less" and len(kept) > 1:
            kept.remove(dice.choice(sorted(kept)))
        if now.roles & {"admin", "committee_chair"} and what != "more":
            return False
        partner = dice.choice(sorted(self.model.partners)) if what == "payroll" else now.partner
        args: dict[str, Any] = {"name": who, "roles": sorted(kept)}
        if partner:
            args |= {"partner": partner} | ({"seconded": True} if what == "seconded" else {})
        return self.move(dice, "user change", args)

    # ------------------------------------------------------------------------------------------- a proposal goes on

    def on(self, dice: Random, ref: str) -> None:
        """What may come next in the life of a proposal; often several people do the same."""
        case = self.model.cases[ref]
        if dice.random() < 0.03:
            self.move(dice, "proposal withdraw", {"ref": ref, "reason": "Toch niet."})
            return
        steps: list[tuple[float, Callable[[Random, Case], object]]] = NEXT.get(case.state, [])
        if steps:
            [step] = dice.choices([step for _weight, step in steps], [weight for weight, _step in steps])
            step(self, dice, case)  # type: ignore[call-arg]

    def anything(self, dice: Random, ref: str) -> None:
        """Anybody tries anything, whatever the state."""
        case = self.model.cases[ref]
        steps = [step for steps in NEXT.values() for _weight, step in steps]
        dice.choice(steps)(self, dice, case)  # type: ignore[call-arg, arg-type]

    def save(self, dice: Random, case: Case) -> None:
        form = self.writer.changed(dice, self.forms[case.ref])
        seen = case.revision if dice.random() < 0.93 else max(case.revision - 1, 1)
        people = sorted(one.name for one in self.model.people.values())
        content, names = self.writer.file(dice, form, people, mark=f"{case.ref}/{seen}")
        self.model.persons_given = names
        if self.move(dice, "proposal save", {"ref": case.ref, "file": as_file(content), "_form": form}):
            self.forms[case.ref] = form

    def confirms(self, dice: Random, case: Case) -> None:
        for party in sorted(case.co):
            if case.confirmed.get(party) != case.hash and dice.random() < 0.97:
                user = self.signatory(dice, party)
                args = {"ref": case.ref, "informed_on": self.model.today}
                self.move(dice, "proposal confirm", args, user=user if dice.random() < 0.95 else None)

    def signatory(self, dice: Random, party: str) -> str | None:
        found = [one.id for one in self.model.people.values()
                 if one.active and one.organisation == party and "partner_signatory" in one.roles]  # fmt: skip
        return dice.choice(sorted(found)) if found else None

    def submit(self, dice: Random, case: Case) -> None:
        if dice.random() < 0.9:
            self.confirms(dice, case)
        verb = (
            "submit"
            if case.state == "draft" or (case.state not in ("returned", "deferred") and dice.random() < 0.5)
            else "resubmit"
        )
        self.move(dice, f"proposal {verb}", {"ref": case.ref, "informed_on": self.model.today})

    def find_eligible(self, dice: Random, case: Case) -> None:
        form = self.forms[case.ref]
        args: dict[str, Any] = {"ref": case.ref, "_fails": form.already_funded == "same_costs"}
        if dice.random() < 0.5:
            args["evidence"] = {"not_already_funded": "Nagevraagd bij de provincie."}
        self.move(dice, "proposal find-eligible", args)

    def find_ineligible(self, dice: Random, case: Case) -> None:
        self.move(dice, "proposal find-ineligible", {"ref": case.ref, "rule": "stop_rule", "reason": "Te vaag."})

    def request_changes(self, dice: Random, case: Case) -> None:
        sections = dice.choice([["proposal"], ["money", "milestones"], ["proposal", "money", "milestones"]])
        self.move(dice, "proposal request-changes", {"ref": case.ref, "sections": sections, "reason": "Nog eens."})

    def open_review(self, dice: Random, case: Case) -> None:
        here = self.model.rounds[case.round]
        if here["closes_at"] > self.model.now and dice.random() < 0.7:
            self.until(here["closes_at"])
        if not self.move(dice, "review open", {"ref": case.ref}) and case.state == "eligible":
            self.move(dice, "review open", {"ref": case.ref, "necessity": True})

    def scores(self, dice: Random, case: Case) -> None:
        for reviewer in list(case.panel):
            if dice.random() < 0.85 and case.state == "in_review":
                self.score(dice, case, reviewer)

    def score(self, dice: Random, case: Case, reviewer: str | None = None) -> None:
        seal, content = self.writer.scores(dice, case.ref)
        faulty = dice.random() < 0.04
        args = {
            "ref": case.ref,
            "file": as_file(content.replace(b"[scores]", b"[scoren]") if faulty else content),
            "_faulty": faulty,
        }
        if reviewer is not None and (dice.random() < WRONG or not self.model.people[reviewer].active):
            reviewer = None
        self.move(dice, "review score", args, user=reviewer, seal=seal)

    def declare(self, dice: Random, case: Case) -> None:
        self.move(dice, "review declare", {"ref": case.ref, "grounds": ["een oud-collega"]})

    def judge(self, dice: Random, case: Case) -> None:
        about = dice.choice(sorted(case.declared) or sorted(self.model.people))
        args = {"ref": case.ref, "about": about, "stays": dice.random() < 0.6, "reason": "Gewogen."}
        self.move(dice, "review declare", args)

    def recuse(self, dice: Random, case: Case) -> None:
        self.move(dice, "review recuse", {"ref": case.ref, "reason": "Te dichtbij."})

    def assign(self, dice: Random, case: Case) -> None:
        reviewers = [one.id for one in self.model.people.values() if "reviewer" in one.roles]
        args = {
            "ref": case.ref,
            "reviewer": dice.choice(sorted(reviewers if dice.random() < 0.9 else self.model.people)),
        }
        if case.panel and dice.random() < 0.5:
            args["replaces"] = dice.choice(case.panel)
        self.move(dice, "review assign", args)

    def close(self, dice: Random, case: Case) -> None:
        if dice.random() < 0.4:
            self.tried_out(dice, "review close", case.ref)
        self.move(dice, "review close", {"ref": case.ref})

    def consensus(self, dice: Random, case: Case) -> None:
        takers = sorted(case.reviewed)
        if not takers:
            return
        chair = case.panel[0] if case.panel and case.panel[0] in takers else takers[0]
        scores = [f"{criterion}={dice.randint(0, 4)}" for criterion in CRITERIA]
        args = {"ref": case.ref, "scores": scores, "grounds": "Besproken."}
        chair = chair if dice.random() < 0.9 else dice.choice(takers)
        if self.move(dice, "review consensus", args, user=chair if self.model.people[chair].active else None):
            for taker in takers:
                if taker != chair and dice.random() < 0.9 and self.model.people[taker].active:
                    self.move(dice, "review consensus", {"ref": case.ref, "agree": True}, user=taker)

    def prepare(self, dice: Random, case: Case) -> None:
        self.move(dice, "decision prepare", {"ref": case.ref, "remark": "Nagekeken."})

    def votes(self, dice: Random, case: Case) -> None:
        for voter in sorted(self.model.voters(case)):
            if dice.random() < 0.9:
                self.vote(dice, case, voter)
        if dice.random() < 0.5:
            self.decide(dice, case)

    def vote(self, dice: Random, case: Case, voter: str | None = None) -> None:
        seal, said = self.writer.vote(dice, case.ref, objection=case.state == "objected")
        self.move(dice, "decision vote", {"ref": case.ref, **said}, user=voter, seal=seal)

    def decide(self, dice: Random, case: Case) -> None:
        if dice.random() < 0.2:
            self.tried_out(dice, "decision decide", case.ref)
        args: dict[str, Any] = {"ref": case.ref}
        if dice.random() < 0.92:
            args["reasons"] = REASONS
        what = dice.choice(
            ["votes", "votes", "amount", "conditions", "conditions", "reject", "defer", "improve", "too much"]
        )
        if what in ("amount", "conditions"):
            args["amount_cents"] = dice.choice([case.ask, max(case.ask // 2, 1), 1])
        if what == "conditions":
            owner = dice.choice(sorted(case.parties))
            expires = self.model.today + timedelta(days=dice.choice([5, 60]))
            args["conditions"] = [f"{owner};besluit;{expires};De raad besluit."] * dice.choice([1, 2])
        if what == "too much":
            args["amount_cents"] = case.ask + 1
        if what == "reject":
            args["reject"] = True
        if what in ("defer", "improve"):
            args["defer_for"] = "improve" if what == "improve" else dice.choice(["information", "money", "tie"])
            args["until"] = self.model.today + timedelta(days=dice.choice([7, 30]))
        self.move(dice, "decision decide", args)

    # ------------------------------------------------------------------------------------------------ after a decision

    def evidence(self, dice: Random, case: Case) -> None:
        for number in sorted(case.conditions) or [1]:
            args = {"ref": case.ref, "number": number, "file": as_file(f"bewijs {number}".encode(), "besluit.pdf")}
            self.move(dice, "decision evidence", args)

    def extend(self, dice: Random, case: Case) -> None:
        later = self.model.today + timedelta(days=dice.choice([10, 90]))
        self.move(dice, "decision evidence", {"ref": case.ref, "number": 1, "extend_to": later})

    def meet(self, dice: Random, case: Case) -> None:
        self.move(dice, "decision meet-conditions", {"ref": case.ref})

    def reopen(self, dice: Random, case: Case) -> None:
        self.move(dice, "decision reopen", {"ref": case.ref, "reason": "Een rekenfout."})

    def object(self, dice: Random, case: Case) -> None:
        self.move(dice, "proposal object", {"ref": case.ref, "grounds": "Wij zien dat anders."})

    def decide_objection(self, dice: Random, case: Case) -> None:
        args = {
            "ref": case.ref,
            "uphold": dice.random() < 0.4,
            "reason": "Gehoord.",
            "file": as_file(b"advies", "advies.pdf"),
        }
        if dice.random() < 0.05:
            del args["file"]
        self.move(dice, "decision decide-objection", args)

    def agree(self, dice: Random, case: Case) -> None:
        if dice.random() < 0.9 or not case.agreement:
            self.move(dice, "agreement draft", {"ref": case.ref})
        self.signs(dice, case)

    def signs(self, dice: Random, case: Case) -> None:
        for party in [*sorted(case.applicants), "fund"]:
            if party in case.signatures or dice.random() < 0.05:
                continue
            right = self.signatory(dice, party) if party != "fund" else None
            self.move(dice, "agreement sign", {"ref": f"A{case.ref}", "_case": case.ref}, user=right)

    def activate(self, dice: Random, case: Case) -> None:
        self.move(
            dice, "agreement activate", {"ref": f"A{case.ref}", "_case": case.ref, "boards_heard": dice.random() < 0.7}
        )

    def milestone(self, dice: Random, case: Case) -> None:
        waiting = [ref for ref, state in sorted(case.milestones.items()) if state != "accepted"]
        ref = dice.choice(waiting if waiting and dice.random() < 0.9 else [f"A{case.ref}-1"])
        files = [{"name": "verslag.pdf", "content": ref.encode()}]
        self.move(dice, "milestone evidence", {"ref": ref, "_case": case.ref, "files": files})
        self.move(dice, "milestone accept", {"ref": ref, "_case": case.ref, "met": [1]})

    def request(self, dice: Random, case: Case) -> None:
        args: dict[str, Any] = {"ref": f"A{case.ref}", "_case": case.ref}
        if case.track != "light":
            args["milestone"] = dice.randint(1, 2)
        self.move(dice, "disbursement request", args)

    def pay(self, dice: Random, case: Case) -> None:
        asked = "select ref from case_file where kind = 'disbursement' and parent = :parent order by ref"
        for ref in [row["ref"] for row in self.watch.rows(asked, parent=f"A{case.ref}")]:
            self.move(dice, "disbursement check", {"ref": ref, "_case": case.ref})
            self.move(dice, "disbursement approve", {"ref": ref, "_case": case.ref})

    def complete(self, dice: Random, case: Case) -> None:
        report = {"name": "eindverslag.pdf", "content": case.ref.encode()}
        self.move(dice, "agreement complete", {"ref": f"A{case.ref}", "_case": case.ref, "report": report})


OPENING = ("decision decide", "decision decide-objection", "review close", "confirm")
"""These may open a seal: their answer is read once the facts were taken."""

NEXT: dict[str, list[tuple[float, Any]]] = {
    "draft": [(2, Play.save), (1, Play.confirms), (9, Play.submit)],
    "submitted": [(9, Play.find_eligible), (2, Play.find_ineligible), (1.5, Play.request_changes)],
    "returned": [(3, Play.save), (4, Play.submit)],
    "eligible": [(9, Play.open_review), (0.7, Play.request_changes)],
    "in_review": [
        (9, Play.scores), (2, Play.score), (1, Play.declare), (1, Play.judge), (1, Play.recuse), (2, Play.assign),
        (2, Play.close),
    ],
    "scored": [(5, Play.consensus), (3, Play.prepare)],
    "decidable": [(6, Play.votes), (1, Play.vote), (6, Play.decide)],
    "conditional": [(5, Play.evidence), (1, Play.extend), (5, Play.meet), (0.7, Play.reopen)],
    "approved": [(8, Play.agree), (3, Play.signs), (3, Play.activate), (0.7, Play.reopen)],
    "rejected": [(1, Play.object)],
    "ineligible": [(1, Play.object)],
    "objected": [(3, Play.votes), (2, Play.decide_objection)],
    "deferred": [(3, Play.prepare), (2, Play.save), (2, Play.submit)],
    "agreed": [(2, Play.milestone), (2, Play.request), (2, Play.pay), (0.7, Play.complete)],
}  # fmt: skip
"""What may come next in each state, and how often."""
