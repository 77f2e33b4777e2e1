"""The term of a decision: eight weeks, told on its last day when it is not met, and late when that passes too."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from fund.checks import verify
from fund.dates import end_of_day, start_of_day
from fund.workflows.decisions import terms as decisions
from tests.factories import World, a_proposal_file, as_file, founded
from tests.workflows.deciding import (
    CLOSED,
    decidable,
    eligible,
    money,
    objected,
    peopled,
    reviewed,
    round_of,
    submitted,
    voted,
)

LAST = date(2026, 3, 30)  # eight weeks after Saturday 31 January is a Saturday, moved to Monday
TOLD = date(2026, 4, 28)  # four weeks more is King's Day


def facts(world: World, ref: str, *types: str) -> list[dict[str, Any]]:
    """Type, cause and content of the facts of these types in the history of a proposal."""
    with world.snapshot() as snapshot:
        return [
            {"type": each.type, "actor": each.actor, "cause": each.causation_id, **each.fact.model_dump()}
            for each in snapshot.store.facts.of_stream(f"proposal/{ref}")
            if each.type in types
        ]


LATE = ("decision.term_extended", "decision.overdue")


def inbox(world: World, user: str) -> str:
    return "\n".join(f"{item['command']} {item['until']}" for item in world.ask("inbox", user=user)["items"])


def test_on_the_last_day_the_applicant_is_told_and_after_it_the_fund_is_late(database_url: str) -> None:
    with founded(database_url) as world:
        ref = decidable(world)[0]
        world.clock(start_of_day(LAST) - timedelta(seconds=1))
        assert facts(world, ref, *LATE) == []
        assert world.ask("decision show", ref=ref)["decide_before"] == LAST.isoformat()

        world.clock(start_of_day(LAST))

        told = facts(world, ref, *LATE)
        assert [(each["type"], each["was_on"], each["until_on"], each["actor"]) for each in told] == [
            ("decision.term_extended", LAST, TOLD, "system")
        ]
        with world.snapshot() as snapshot:
            assert snapshot.store.facts.get(str(told[0]["cause"])).type == "round.closed"
        assert f"fund proposal show {ref} {TOLD}" in inbox(world, "fatima")
        world.clock(end_of_day(TOLD) - timedelta(seconds=1))
        assert len(facts(world, ref, *LATE)) == 1
        assert f"fund decision show {ref}" not in inbox(world, "carla")

        world.clock(end_of_day(TOLD))

        late = facts(world, ref, *LATE)[1:]
        assert [(each["type"], each["due_on"], each["ref"]) for each in late] == [("decision.overdue", TOLD, ref)]
        assert f"fund decision show {ref} {TOLD}" in inbox(world, "carla")
        assert f"fund decision show {ref} {TOLD}" in inbox(world, "anna")
        world.clock(TOLD + timedelta(days=90))
        assert len(facts(world, ref, *LATE)) == 2
        assert verify(world.fund.engine)["ok"]


def test_a_term_that_ends_twice_says_it_once(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref = decidable(world)[0]
        world.clock(start_of_day(LAST))
        with world.snapshot() as snapshot:
            rows = snapshot.store.work.timers()
        row = next(row for row in rows if row.kind == decisions.TERM)
        with world.uow("anna", commit=False) as uow:
            assert decisions.term_ends(uow, row) is None
        assert len(facts(world, ref, *LATE)) == 1


def test_what_was_decided_in_time_is_told_to_nobody(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        first, second = decidable(world, count=2)
        voted(world, first)
        world.do("decision decide", user="carla", ref=first)
        world.do("proposal withdraw", user="fatima", ref=second, reason="geen tijd")

        world.clock(LAST + timedelta(days=200))

        assert facts(world, first, *LATE) == facts(world, second, *LATE) == []


def test_the_term_stands_still_while_the_parties_have_something_to_hand_in(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        ref = submitted(world, round_of(world))
        world.clock(CLOSED)  # 2 February
        asked = {"sections": ["arrangements"], "reason": "licht toe", "due_on": date(2026, 3, 2)}
        world.do("proposal request-changes", user="anna", ref=ref, **asked)
        world.clock(date(2026, 2, 16))
        content = a_proposal_file(ask_cents=40_000_00, exit_rules="Wie weggaat betaalt twee jaar.")
        world.do("proposal save", user="fatima", ref=ref, file=as_file(content))
        world.do("proposal resubmit", user="fatima", ref=ref)

        world.clock(start_of_day(LAST))
        assert facts(world, ref, *LATE) == []
        world.clock(start_of_day(date(2026, 4, 13)))  # fourteen days later

        told = facts(world, ref, *LATE)
        assert [(each["was_on"], each["until_on"]) for each in told] == [(date(2026, 4, 13), date(2026, 5, 11))]


def test_a_decision_that_is_taken_back_has_a_term_of_its_own(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref = decidable(world)[0]
        voted(world, ref)
        world.do("decision decide", user="carla", ref=ref)
        world.clock(date(2026, 3, 2))
        world.both("decision reopen", user="carla", second="carl", ref=ref, reason="cofinanciering viel weg")

        world.clock(start_of_day(LAST))
        assert facts(world, ref, *LATE) == []
        world.clock(start_of_day(date(2026, 4, 28)))  # eight weeks, on King's Day, so the day after

        assert [each["was_on"] for each in facts(world, ref, *LATE)] == [date(2026, 4, 28)]


def test_an_objection_has_twelve_weeks_after_the_term_for_objecting(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref = objected(world)
        assert world.ask("proposal show", ref=ref)["objection_until_on"] == "2026-03-16"

        world.clock(start_of_day(date(2026, 6, 8)))
        world.clock(end_of_day(date(2026, 7, 20)))

        found = facts(world, ref, *LATE)
        assert [each["type"] for each in found] == list(LATE)
        assert (found[0]["was_on"], found[0]["until_on"], found[0]["objection"]) == (
            date(2026, 6, 8),
            date(2026, 7, 20),
            True,
        )


@pytest.mark.parametrize("ground", ["money", "information"])
def test_a_deferral_whose_day_passes_is_a_fund_managers(database_url: str, ground: str) -> None:
    with founded(database_url) as world:
        ref = decidable(world)[0]
        voted(world, ref)
        back = date(2026, 3, 9)
        world.do("decision decide", user="carla", ref=ref, defer_for=ground, until=back, reasons=["later"])
        world.clock(end_of_day(back) - timedelta(seconds=1))
        assert facts(world, ref, "decision.deferral_over") == []

        world.clock(end_of_day(back))
        world.clock(end_of_day(back) + timedelta(days=20))

        over = facts(world, ref, "decision.deferral_over")
        assert [(each["ground"], each["until_on"], each["actor"]) for each in over] == [(ground, back, "system")]
        assert f"fund decision prepare {ref} {back}" in inbox(world, "anna")
        assert world.ask("proposal show", ref=ref)["state"] == "deferred"  # it does not lapse
        world.do("decision prepare", user="anna", ref=ref)
        assert facts(world, ref, *LATE) == []
        assert world.ask("decision show", ref=ref)["decide_before"] == "2026-05-04"  # eight weeks after it was back


def test_a_matter_that_came_back_in_time_is_escalated_to_nobody(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref = decidable(world)[0]
        voted(world, ref)
        said = {"defer_for": "money", "until": date(2026, 3, 9), "reasons": ["later"]}
        world.do("decision decide", user="carla", ref=ref, **said)
        world.clock(date(2026, 3, 2))
        world.do("decision prepare", user="anna", ref=ref)

        world.clock(date(2026, 3, 20))

        assert facts(world, ref, "decision.deferral_over") == []


def test_before_the_round_has_closed_no_term_runs(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        peopled(world)
        ref = submitted(world, round_of(world))
        with world.snapshot() as snapshot:
            kinds = [row.kind for row in snapshot.store.work.timers()]

        assert decisions.TERM not in kinds
        world.clock(CLOSED)
        with world.snapshot() as snapshot:
            due = {row.stream: row.due_at for row in snapshot.store.work.timers() if row.kind == decisions.TERM}
        assert due == {f"proposal/{ref}": start_of_day(LAST)}


def test_an_extended_term_moves_with_the_days_that_the_parties_took(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        peopled(world)
        money(world, 500_000_00)
        ref = eligible(world)[0]
        world.clock(start_of_day(LAST))
        asked = {"sections": ["arrangements"], "reason": "licht toe", "due_on": date(2026, 4, 20)}
        world.do("proposal request-changes", user="anna", ref=ref, **asked)
        world.clock(date(2026, 4, 6))
        content = a_proposal_file(ask_cents=40_000_00, title="Plan 1", exit_rules="Wie weggaat betaalt twee jaar.")
        world.do("proposal save", user="fatima", ref=ref, file=as_file(content))
        world.do("proposal resubmit", user="fatima", ref=ref)

        world.clock(end_of_day(TOLD))
        assert [each["type"] for each in facts(world, ref, *LATE)] == ["decision.term_extended"]
        world.do("proposal find-eligible", user="anna2", ref=ref)
        reviewed(world, ref)
        assert world.ask("decision show", ref=ref)["decide_before"] == "2026-05-06"  # 5 May is no working day
