"""What must hold after every step of a round, read from the tables themselves: seals, committed money, replay.

Facts, answers, confirmations and case files are read as text; balances are added up from the postings.
"""

from __future__ import annotations

import inspect
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa

from fund.checks import verify
from fund.database import reading
from fund.errors import FundError
from fund.registry import QUERIES
from tests.factories import World
from tests.lives.rounds import Rounds
from tests.lives.rounds_known import Person, Row, Seal

CANARY = re.compile(r"kanarie-\d+")
SKETCH = re.compile(r"schets-\d+")
BUFFER = 500_000
COUNTED = ("1000", "1005", "1010", "2000", "2100", "2200", "2300")
PROMISED = ("decision.approved", "decision.conditional")

TEXTS = {
    "event": ("payload",),
    "command": ("name", "answer"),
    "pending": ("arguments", "subject", "shown", "reason"),
    "case_file": ("document", "title"),
    "delivery": ("error",),
    "timer": ("error",),
    "fund_setting": ("value",),
    "person": ("name",),
}
"""Every table and column in which words of people could stand; ``sealed`` is where those under seal belong."""


class Watch:
    """Somebody who reads everything, beside the fund, and tells the shadow."""

    def __init__(self, world: World, model: Rounds) -> None:
        self.world = world
        self.model = model
        self.sums: dict[str, int] = defaultdict(int)
        self.entries = 0
        self.asked = 0

    # ---------------------------------------------------------------------------------------------------- the facts

    def rows(self, sql: str, **values: object) -> list[Row]:
        """What a question to the database gives."""
        with reading(self.world.fund.engine) as connection:
            return [dict(row._mapping) for row in connection.execute(sa.text(sql), values)]

    def catch_up(self) -> list[Row]:
        """The facts since last time, each taken by the shadow."""
        self.model.names |= {row["user_id"]: row["name"] for row in self.rows("select user_id, name from person")}
        found = []
        for row in self.rows("select * from event where seq > :seq order by seq", seq=self.model.seq):
            told = {
                **{name: row[name] for name in ("seq", "type", "stream", "actor", "made_by", "causation_id")},
                "at": datetime.fromtimestamp(row["recorded_us"] / 1_000_000, tz=UTC),
                "payload": json.loads(row["payload"]),
            }
            if told["type"] == "command.refused":
                assert set(told["payload"]) == {"ref", "command", "code", "subject"}, "a refusal carries no argument"
            assert (told["actor"] == "system") == (told["causation_id"] is not None or told["type"] == "fund.founded")
            self.model.take(told)
            found.append(told)
        return found

    def mark(self) -> tuple[Any, ...]:
        """What a refusal may not move: case files, confirmations, entries, what is under seal, timers."""
        [found] = self.rows(
            "select (select count(*) from case_file) cases, (select sum(version) from case_file) versions,"
            " (select count(*) from pending) pendings, (select count(*) from pending where state = 'pending') waiting,"
            " (select count(*) from entry) entries, (select count(*) from sealed) sealed,"
            " (select count(*) from timer) timers, (select count(*) from blob) blobs,"
            " (select count(*) from person) people"
        )
        return tuple(found.values())

    # ---------------------------------------------------------------------------------------------------- the states

    def states_are_the_tables(self) -> None:
        """G3: the stored state of each proposal and round is what its facts say by the table told once more."""
        stored = {
            row["ref"]: row["state"] for row in self.rows("select ref, state from case_file where kind = 'proposal'")
        }
        assert stored == {ref: case.state for ref, case in self.model.cases.items()}
        for row in self.rows("select document from case_file where kind = 'round'"):
            document = json.loads(row["document"])
            standing = {
                one.ref: one.award for one in self.model.cases.values() if one.round == document["ref"] and one.award
            }
            assert document["awards"] == standing
            assert document["committed_cents"] == sum(standing.values()) <= document["ceiling_cents"]
            state = self.model.rounds[document["ref"]]["state"]
            assert document["state"] == {"opened": "open"}.get(state, state)

    # ----------------------------------------------------------------------------------------------------- the money

    def money_is_what_was_promised(self) -> None:
        """9000 is the sum of awards that stand, less what was paid; nothing was promised beyond what was free."""
        for row in self.rows(
            "select e.seq, e.kind, a.code, p.amount_cents from posting p join entry e on e.id = p.entry_id"
            " join account a on a.id = p.account_id where e.seq > :seq order by e.seq",
            seq=self.entries,
        ):
            if row["seq"] != self.entries:
                self._entry_ended()
                self.entries, self.kind = row["seq"], row["kind"]
            self.sums[row["code"]] += row["amount_cents"]
        self._entry_ended()
        for ref, case in self.model.cases.items():
            assert self.sums[f"9000.{ref}"] == case.committed, (
                f"{ref}, {case.state}: {self.sums[f'9000.{ref}']} committed"
            )
        mains = self._mains()
        assert mains["9000"] == sum(case.committed for case in self.model.cases.values()) == -mains["9010"]

    def _entry_ended(self) -> None:
        """G1, P14: an award was at most what was free, under the lock."""
        if getattr(self, "kind", "") in PROMISED:
            assert self.free() >= 0, f"entry {self.entries} promises {-self.free()} more than is free"
        self.kind = ""

    def _mains(self) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for code, cents in self.sums.items():
            found[code.partition(".")[0]] += cents
        return found

    def free(self) -> int:
        """Free to commit, from the postings seen."""
        mains = self._mains()
        return sum(mains[code] for code in COUNTED) - mains["9000"] - BUFFER

    # ------------------------------------------------------------------------------------------------------ the seals

    def nothing_under_seal_is_kept_elsewhere(self) -> None:
        """The words of a score or vote under seal stand in no column of any other table."""
        for table, columns in TEXTS.items():
            for column in columns:
                for row in self.rows(f"select {column} as said from {table} where {column} like '%kanarie-%'"):
                    self.unsealed(row["said"], f"{table}.{column}")

    def unsealed(self, said: str, place: str) -> None:
        """Nothing, when every canary in these words has flown."""
        for canary in CANARY.findall(said):
            assert self.model.seals[canary].opened, f"{place} shows {canary}, which is under seal"

    def looks(self, dice: Random, count: int) -> None:
        """Some people ask some questions; none is told what is under seal."""
        people = [who for who in self.model.people.values() if who.active]
        names = sorted(name for name in QUERIES if not {"folder", "path"} & {*words_of(name)})
        # those write: at the end only
        near = [
            name for name in names if name.partition(" ")[0] in ("proposal", "review", "decision", "event", "inbox")
        ]
        for number in range(count):
            name = dice.choice(near if number % 2 else names)
            self.look(name, dice.choice(people).id, self.arguments(name, dice))

    def looks_everywhere(self, dice: Random, folder: Path) -> None:
        """Every question, asked by somebody of each kind, about a proposal with something under seal."""
        sealed = sorted({seal.ref for seal in self.model.seals.values() if not seal.opened and seal.key})
        if not sealed:
            return
        about = dice.choice(sealed)
        by_role = {role: who.id for who in self.model.people.values() if who.active for role in who.roles}
        case = self.model.cases[about]
        for who in self.model.people.values():
            if who.active and who.organisation in case.parties:
                by_role["of a party"] = who.id
        for name in sorted(QUERIES):
            asks = sorted(by_role.values()) if self._about_proposals(name) else dice.sample(sorted(by_role.values()), 2)
            for user_id in dict.fromkeys(asks):
                args = self.arguments(name, dice, folder)
                self.look(name, user_id, {**args, "ref": about} if self._about_proposals(name) else args)
        for path in folder.glob("**/*"):
            if path.is_file():
                self.unsealed(path.read_text(encoding="utf-8", errors="replace"), path.name)

    @staticmethod
    def _about_proposals(name: str) -> bool:
        noun = name.partition(" ")[0]
        return (
            noun in ("proposal", "review", "decision") and "ref" in inspect.signature(QUERIES[name].function).parameters
        )

    def look(self, name: str, user_id: str | None, args: Mapping[str, Any]) -> None:
        """One question of one person: an answer or a refusal, and nothing under seal in either."""
        self.asked += 1
        try:
            said: Any = self.world.ask(name, user=user_id, **args)
        except FundError as problem:
            self.unsealed(f"{problem} {problem.advice} {problem.details}", f"{name}, refused")
            return
        self.unsealed(json.dumps(said, default=str), f"{name} by {user_id}")
        if user_id is not None and not name.startswith("export"):
            self.no_draft_of_others(json.dumps(said, default=str), self.model.people[user_id], f"{name} by {user_id}")
        sealed = [seal for seal in self.model.seals.values() if not seal.opened]
        for found in walk(said):
            self.no_sealed_score(found, sealed, f"{name} by {user_id}")

    def no_draft_of_others(self, said: str, who: Person, place: str) -> None:
        """A draft is nobody else's (lifecycle.md 10)."""
        for ref in {self.model.sketches[word] for word in SKETCH.findall(said)}:
            case = self.model.cases[ref]
            own = who.organisation in case.applicants or "auditor" in who.roles
            assert case.submitted or own, f"{place} ({sorted(who.roles)}, {who.organisation}) shows the draft {ref}"

    @staticmethod
    def no_sealed_score(found: Mapping[str, Any], sealed: list[Seal], place: str) -> None:
        """Nothing, when these are not the scores of somebody, criterion by criterion, that are under seal."""
        for seal in sealed:
            if seal.kind == "score":
                assert dict(found) != seal.content["scores"], f"{place} shows the scores of {seal.canary}"

    def arguments(self, name: str, dice: Random, folder: Path | None = None) -> dict[str, Any]:
        """Something plausible for each argument of a question."""
        model, noun = self.model, name.partition(" ")[0]
        cases, partners = sorted(model.cases) or ["2026-001"], sorted(model.partners)
        refs = {
            "round": sorted(model.rounds), "agreement": [f"A{ref}" for ref in cases],
            "repayment": [f"A{ref}" for ref in cases], "statement": [f"A{ref}" for ref in cases],
            "partner": partners, "pending": [f"Q2026-{number:04d}" for number in range(1, 40)],
            "event": [str(number) for number in range(max(model.seq - 60, 1), model.seq + 1)], "key": ["2026"],
            "disbursement": ["D2026-0001"], "milestone": [f"A{ref}" for ref in cases],
        }  # fmt: skip
        given: dict[str, Any] = {}
        for word, parameter in words_of(name).items():
            needed = parameter.default is inspect.Parameter.empty
            if word in ("folder", "path"):
                assert folder is not None
                given[word] = str(folder / f"export-{self.asked}")
            elif word == "papers":
                given[word] = False
            elif needed or (word in ("ref", "stream", "since_seq", "everybody") and dice.random() < 0.6):
                given[word] = self._argument(word, dice.choice(refs.get(noun) or cases), dice)
        return given

    def _argument(self, word: str, ref: str, dice: Random) -> Any:
        known: dict[str, Any] = {
            "ref": ref, "partner": dice.choice(sorted(self.model.partners)), "account": "9000", "amount": 100_000,
            "seq": 1, "seqs": [1], "everybody": True, "since_seq": max(self.model.seq - 150, 0),
            "stream": f"{dice.choice(['proposal', 'review', 'decision'])}/{ref}",
            "track": "light", "round": "2026-1", "year": 2026, "on": date(2026, 2, 1), "text": "kanarie",
            "lead": dice.choice(sorted(self.model.partners)), "name": "anna", "user": "anna", "since": date(2026, 1, 1),
            "until": date(2026, 12, 31),
        }  # fmt: skip
        return known.get(word, ref)

    # ---------------------------------------------------------------------------------------------------- the checks

    def everything_followed(self) -> None:
        """What follows from the facts was done: no reaction and no deadline failed, none waits that is due."""
        stuck = self.rows("select event_id, reaction, state, error from delivery where state <> 'delivered'")
        assert stuck == []
        due = self.rows(
            "select timer_id, kind, error from timer where error is not null or (state = 'due' and due_us <= :now)",
            now=int(self.model.now.timestamp() * 1_000_000),
        )
        assert due == []

    def every_check_is_clean(self) -> None:
        """``fund verify``, with the replay of all facts."""
        verified = verify(self.world.fund.engine)
        assert [finding for check in verified["checks"] for finding in check["findings"]] == []
        assert verified["ok"]


def words_of(name: str) -> Mapping[str, inspect.Parameter]:
    """The arguments of a question, the view left out."""
    return dict(list(inspect.signature(QUERIES[name].function).parameters.items())[1:])


def walk(said: Any) -> Iterator[Mapping[str, Any]]:
    """Every object in an answer."""
    if isinstance(said, Mapping):
        yield said
        for item in said.values():
            yield from walk(item)
    elif isinstance(said, list):
        for item in said:
            yield from walk(item)
