"""Nothing that waits for a person is without a line: every state of every life, walked through."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from fund.database import writing
from fund.registry import PROJECTIONS
from fund.rules.transitions import Transition
from fund.store import PendingRow, Store
from fund.tables import case_file
from fund.unit_of_work import Snapshot
from fund.workflows.inbox.lines import SOURCES, Source
from fund.workflows.inbox.reader import PROPOSAL_ENDED, InboxReader
from fund.workflows.proposals.lifecycle import BEFORE_AGREED, State
from tests.factories import World, founded
from tests.workflows.deciding import money, peopled
from tests.workflows.every_state import NOW, put_every_state

RESTS = {
    ("proposal", "ineligible"): "the clock: an objection is a right, for a term, and no task",
    ("proposal", "rejected"): "the clock: an objection is a right, for a term, and no task",
    ("round", "planned"): "the clock: it opens by itself",
    ("round", "open"): "the clock: it closes by itself",
    ("agreement", "terminated"): "the payer and the service: what is outstanding comes back or is written off",
    ("disbursement", "sent"): "the bank: its batch is found on the statement",
    ("disbursement", "paid"): "nobody: money that comes back is a receipt, and has its own line",
    ("disbursement", "part_refunded"): "nobody: money that comes back is a receipt, and has its own line",
    ("payable", "sent"): "the bank: its batch is found on the statement",
    ("payable", "paid"): "nobody: a payment that the bank returns is a receipt, and has its own line",
    ("batch", "settled"): "nobody: a payment that the bank returns is a receipt, and has its own line",
    ("key", "adopted"): "the clock: its review is announced, and has a line in the last year of its five",
    ("call", "received"): "nobody: a match may be taken back, and need not be",
    ("payee", "recorded"): "nobody: recorded and verified are one command of two people",
    ("payee", "verified"): "nobody: another account replaces it when the partner asks",
    ("period", "locked"): "the year: its months are closed with it, and that has a line",
    ("period", "closed"): "nobody: it is opened again by exception",
    ("user", "active"): "nobody: roles change when somebody asks",
    ("evaluation", "accepted"): "the service: it publishes",
    ("writeoff", "posted"): "nobody: what is recovered is a receipt, and has its own line",
    ("partner", "active"): "nobody: whether it leaves is for its own council to say",
    ("partner", "exited"): "nobody: its people wait to be revoked; a payment that is cancelled is due again",
    ("receipt", "allocated"): "nobody: a match may be taken back, and need not be",
}
"""States that can still change and that wait for no person, with the reason."""


def _states() -> Iterator[tuple[str, str]]:
    """Kind and state of every state that is not the end: from which a row of the table begins."""
    for kind, life in PROJECTIONS.items():
        for state in dict.fromkeys(str(each) for row in life.table for each in _sources(row)):
            yield kind, state


def _sources(row: Transition) -> tuple[object, ...]:
    if row.sources is None:
        return ()
    return row.sources if isinstance(row.sources, tuple) else (row.sources,)


def _everything(url: str) -> tuple[dict[tuple[str, str], str], list[dict[str, object]]]:
    with founded(url) as world:
        peopled(world)
        world.user("lotte", "partner_signatory", partner="gm0327")
        money(world, 100_000_00)
        refs = put_every_state(world)
        with_clock(world)
        return {**refs, ("period", "open"): "2026-01"}, list(world.ask("inbox", user="fatima", everybody=True)["items"])


def with_clock(world: World) -> None:
    """It is the day of the cases."""
    world.clock(NOW)


def test_every_state_that_waits_for_a_person_has_a_line_and_the_others_a_reason(database_url: str) -> None:
    refs, items = _everything(database_url)
    named = {word for item in items for word in (str(item["ref"]), *str(item["command"]).split())}
    waits = [each for each in _states() if each not in RESTS]
    assert [each for each in waits if refs[each] not in named] == []
    assert set(RESTS) <= set(_states())


def test_the_database_is_asked_as_often_for_a_hundred_cases_as_for_a_few(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        peopled(world)
        asked: list[str] = []
        sa.event.listen(world.fund.engine, "before_cursor_execute", lambda *told: asked.append(str(told[2])))

        def questions(user: str) -> int:
            asked.clear()
            assert world.ask("inbox", user=user)["items"]
            return len(asked)

        people = ("anna", "bram", "carl", "fatima", "rosa")
        put_every_state(world)
        world.clock(NOW)
        few = [questions(user) for user in people]
        put_every_state(world, rounds=4)
        assert [questions(user) for user in people] == few


def test_whoever_has_no_part_in_it_sees_none_of_it(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        peopled(world)
        put_every_state(world)
        with_clock(world)
        mine = world.ask("inbox", user="joost")["items"]
        assert mine == []
        world.user("vera", "fund_manager", partner="gm0351")
        world.user("vick", "fund_manager", partner="gm0351", seconded=True)
        of_party = {item["command"] for item in world.ask("inbox", user="vera")["items"]}
        seconded = {item["command"] for item in world.ask("inbox", user="vick")["items"]}
        anna = {item["command"] for item in world.ask("inbox", user="anna")["items"]}
        assert seconded == anna
        assert not any(" 2026-1" in command and "round show" not in command for command in of_party)
        assert of_party < anna


def test_what_is_late_stands_first_and_is_counted(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        peopled(world)
        put_every_state(world)
        with_clock(world)
        answer = world.ask("inbox", user="bram")
        days = [item["until"] for item in answer["items"]]
        assert days == sorted((day for day in days if day), key=date.fromisoformat) + [None] * days.count(None)
        assert answer["late"] == sum(item["late"] for item in answer["items"]) > 0
        assert all(item["late"] for item in answer["items"][: answer["late"]])


def test_a_year_whose_months_are_locked_waits_to_be_closed(sqlite_url: str) -> None:
    with founded(sqlite_url, at=datetime(2025, 1, 6, 9, tzinfo=UTC)) as world:
        peopled(world)
        money(world, 100_000_00)

        def waiting(user: str) -> list[tuple[str, str]]:
            items = world.ask("inbox", user=user)["items"]
            return [(item["until"], item["command"]) for item in items if "period" in item["command"]]

        assert waiting("anna") == []
        world.clock(date(2026, 1, 12))
        assert waiting("anna") == [("2025-02-28", "fund period lock 2025-01")]
        assert waiting("bram") == []
        made = world.do("period lock", user="anna", period="2025")
        assert waiting("anna2") == []
        world.do("confirm", user="bram", ref=made["pending"])
        assert waiting("anna") == [("2026-06-30", "fund period close 2025")]
        world.both("period close", user="anna", second="bram", period="2025")
        assert waiting("anna") == []


def test_what_one_party_reported_is_still_asked_of_the_other(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        peopled(world)
        world.user("lotte", "partner_signatory", partner="gm0327")
        put_every_state(world)
        with_clock(world)

        def waiting(user: str) -> list[str]:
            items = world.ask("inbox", user=user)["items"]
            return [
                item["command"] for item in items if item["command"].startswith("fund agreement benefits A2026-152")
            ]

        line = "fund agreement benefits A2026-152 --year 2025"
        assert (waiting("fatima"), waiting("lotte")) == ([line], [line])
        with world.snapshot() as snapshot:
            fatima = snapshot.user("fatima").user_id
        with writing(world.fund.engine) as connection:
            Store(connection).work.add_pending(
                PendingRow(
                    ref="Q2026-0900", name="agreement benefits", arguments='{"ref": "A2026-152", "year": 2025}',
                    subject="agreement/A2026-152", shown="{}", shown_hash=b"", needs='["fund_manager"]',
                    made_by=fatima, made_command_id="x", made_at=NOW, expires_at=NOW + timedelta(days=14),
                    state="pending", ended_by=None, reason=None,
                )
            )  # fmt: skip
        assert (waiting("fatima"), waiting("lotte")) == ([], [line])
        assert "fund confirm Q2026-0900" in [item["command"] for item in world.ask("inbox", user="anna")["items"]]


def test_a_source_that_is_not_asked_has_nothing_to_say(sqlite_url: str) -> None:
    """Without the cases that it names, its module finds nothing either; with them it finds something."""
    assert set(PROPOSAL_ENDED) == set(State) - set(BEFORE_AGREED)
    sources = [each for each in SOURCES if isinstance(each, Source) and each.ended]
    assert len(sources) > 5
    with founded(sqlite_url) as world:
        peopled(world)
        money(world, 100_000_00)
        put_every_state(world)
        for source in sources:
            with world.fund.engine.connect() as connection:
                asked = InboxReader(Snapshot(connection, PROJECTIONS, actor=None, now=NOW))
                assert [*source(asked)], source.place
                for kind, ended in source.ended.items():
                    assert not ended or {*ended} <= {str(row.target) for row in PROJECTIONS[kind].table}, source.place
                    waits = (case_file.c.kind == kind) & case_file.c.state.not_in(ended)
                    connection.execute(sa.delete(case_file).where(waits))
                left = InboxReader(Snapshot(connection, PROJECTIONS, actor=None, now=NOW))
                assert not [*source(left)]
                assert not [*Source(source.place)(left)], source.place
                connection.rollback()
