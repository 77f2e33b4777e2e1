"""Commands are asked once and answered for ever; two people see the same before it happens; refusals change nothing."""

from __future__ import annotations

import ast
import codecs
import pkgutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import Any

import pytest
import sqlalchemy as sa

from fund import registry as commands
from fund import workflows
from fund.commands.arguments import decode, encode
from fund.commands.executing import execute_named
from fund.commands.founding import found_fund
from fund.commands.opening import open_fund
from fund.database import writing
from fund.declarations import Command, Query, declared
from fund.errors import FundError
from fund.errors.agreements import FaultyAgreementTerms
from fund.errors.amounts import AmountTooLarge, NotIntegerCents
from fund.errors.capital import FaultyKeyFile, FaultyPartnerFile
from fund.errors.commands import (
    CommandConflict,
    PendingChanged,
    PendingNotOpen,
    ReasonMissing,
    UnknownCommand,
    UnknownRef,
    UnprintableText,
    WordTooLong,
)
from fund.errors.database import DatabaseMissing, DatabaseNewer
from fund.errors.evaluations import FaultyEvaluation
from fund.errors.people import FaultyRegulations, FundExists, NoActor, NotAuthorised, SameHands, UnknownUser, UserExists
from fund.errors.reviews import FaultyScores
from fund.events.founding import UserRevoked
from fund.rules.authority import FUND_MANAGER
from fund.rules.regulations import parse_regulations, standard_text
from fund.schemas.agreements import parse_schedule, parse_terms
from fund.schemas.capital import parse_key
from fund.schemas.evaluations import parse_evaluation
from fund.users.lifecycle import PROJECTIONS
from fund.users.people import add_user
from fund.workflows.reviews.sheets import parse_scores
from tests import hints
from tests.factories import PARTNERS_CSV, START, World, as_file, founded


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with founded(database_url) as made:
        yield made


@pytest.fixture
def two_people(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A fund in which adding a user asks a fund manager after the admin."""
    stands_for(monkeypatch, replace(commands.COMMANDS["user add"], second=FUND_MANAGER))
    return world


def stands_for(monkeypatch: pytest.MonkeyPatch, command: Command) -> None:
    """From here on this is the command of its name, also in the lifecycle of a user."""
    users = PROJECTIONS["user"]
    rows = tuple(replace(row, second=command.second) if row.command == command.name else row for row in users.table)
    monkeypatch.setitem(PROJECTIONS, "user", replace(users, table=rows))
    for where in ("executing", "confirming"):
        monkeypatch.setattr(f"fund.commands.{where}.COMMANDS", {**commands.COMMANDS, command.name: command})


def events(world: World) -> list[tuple[str, str]]:
    with world.snapshot() as snapshot:
        return [(fact.type, fact.actor) for fact in snapshot.store.facts.all()]


def test_the_same_command_id_acts_once_and_answers_the_same(world: World) -> None:
    first = world.do("user add", user="petra", command_id="once", name="rob", roles=["reviewer"])
    before = events(world)
    again = world.do("user add", user="petra", command_id="once", name="rob", roles=["reviewer"])
    assert again == {**first, "replayed": True}
    assert events(world) == before


def test_the_same_command_id_with_other_content_is_refused(world: World) -> None:
    world.do("user add", user="petra", command_id="once", name="rob", roles=["reviewer"])
    before = events(world)
    with pytest.raises(CommandConflict) as refusal:
        world.do("user add", user="petra", command_id="once", name="rob", roles=["auditor"])
    assert refusal.value.details == {"command_id": "once", "name": "user add"}
    assert events(world) == before


def test_another_persons_same_id_is_another_command(world: World) -> None:
    world.do("user add", user="petra", name="pim", roles=["admin"])
    world.do("user add", user="petra", command_id="mine", name="rob", roles=["reviewer"])
    answer = world.do("user add", user="pim", command_id="mine", name="riet", roles=["reviewer"])
    assert not answer["replayed"]


def test_a_command_repeated_at_once_by_eight_acts_once(world: World) -> None:
    def ask(_number: int) -> bool:
        answer = execute_named(
            world.fund, "user add", {"name": "rob", "roles": ["reviewer"]}, user="petra", command_id="many"
        )
        return bool(answer["replayed"])

    with ThreadPoolExecutor(8) as pool:
        replayed = list(pool.map(ask, range(8)))
    assert sorted(replayed) == [False] + [True] * 7
    assert sum(1 for kind, _actor in events(world) if kind == "user.added") == 4


def test_a_rules_refusal_is_rolled_back_and_recorded_without_arguments(world: World) -> None:
    with pytest.raises(NotAuthorised):
        world.do("user add", user="anna", command_id="no", name="secret-name", roles=["reviewer"])
    kind, actor = events(world)[-1]
    assert kind == "command.refused"
    with world.snapshot() as snapshot:
        assert snapshot.name(actor) == "anna"
        (refusal,) = snapshot.store.facts.of_stream("refusals")
        assert "secret-name" not in refusal.fact.payload()
        assert '"code":"not_authorised"' in refusal.fact.payload()


def test_a_refusal_is_the_answer_of_its_command_id(world: World) -> None:
    for _twice in range(2):
        with pytest.raises(NotAuthorised) as refusal:
            world.do("user add", user="anna", command_id="no", name="rob", roles=["reviewer"])
        assert refusal.value.details["actor"] == "anna"
    assert [kind for kind, _actor in events(world)].count("command.refused") == 1


def test_faulty_input_makes_no_fact(world: World) -> None:
    before = events(world)
    with pytest.raises(FundError) as refusal:
        world.do("user add", user="petra", command_id="x", name="rob", roles=["emperor"])
    assert refusal.value.code() == "unknown_role"
    assert events(world) == before
    world.do("user add", user="petra", command_id="x", name="rob", roles=["reviewer"])


def test_a_dry_run_shows_everything_and_keeps_nothing(world: World) -> None:
    before = events(world)
    answer = world.do("user add", user="petra", command_id="later", dry_run=True, name="rob", roles=["reviewer"])
    assert answer["dry_run"]
    assert answer["events"][0]["type"] == "user.added"
    assert events(world) == before
    real = world.do("user add", user="petra", command_id="later", name="rob", roles=["reviewer"])
    assert not real["replayed"]
    assert real["events"] == answer["events"], "the trial predicts exactly"


def test_somebody_must_act_and_be_known(world: World) -> None:
    with pytest.raises(NoActor):
        execute_named(world.fund, "user add", {"name": "rob", "roles": ["auditor"]}, user=None)
    with pytest.raises(UnknownUser):
        world.do("user add", user="nobody", name="rob", roles=["reviewer"])
    with pytest.raises(UnknownUser):
        world.do("user add", user="system", name="rob", roles=["reviewer"])
    with pytest.raises(UnknownCommand):
        world.do("user dance", user="petra")


def test_a_revoked_user_acts_no_more(world: World) -> None:
    world.do("user revoke", user="petra", name="anna", reason="left")
    with pytest.raises(UnknownUser):
        world.do("regulations adopt", user="anna", file=as_file(b""), on=START.date())


# ------------------------------------------------------------------------------------------------------- two people


def test_the_first_person_leaves_a_confirmation_and_no_fact(two_people: World) -> None:
    before = events(two_people)
    answer = two_people.do("user add", user="petra", name="rob", roles=["reviewer"])
    assert answer["pending"] == "Q2026-0001"
    assert answer["next"] == "fund confirm Q2026-0001"
    assert [event["type"] for event in answer["events"]] == ["user.added"], "what would happen is shown"
    assert events(two_people) == before
    items = two_people.ask("inbox", user="anna")["items"]
    assert [item["command"] for item in items] == ["fund confirm Q2026-0001"]
    assert two_people.ask("inbox", user="petra")["items"] == [], "the maker cannot confirm"


def test_the_second_person_makes_it_happen_and_both_are_named(two_people: World) -> None:
    made = two_people.do("user add", user="petra", command_id="made", name="rob", roles=["reviewer"])
    answer = two_people.do("confirm", user="anna", ref=made["pending"])
    assert answer["events"][0]["payload"] == made["events"][0]["payload"]
    with two_people.snapshot() as snapshot:
        fact = snapshot.store.facts.of_types(("user.added",))
        last = list(fact)[-1]
        assert snapshot.name(last.actor) == "anna"
        assert snapshot.name(last.made_by) == "petra"
        assert last.made_command_id == "made"


def test_nobody_confirms_what_they_made(two_people: World) -> None:
    two_people.do("confirm", user="anna", ref=two_people.do(
        "user add", user="petra", name="both", roles=["fund_manager", "treasurer"])["pending"])  # fmt: skip
    made = two_people.do("user add", user="petra", name="rob", roles=["reviewer"])
    with pytest.raises(SameHands):
        two_people.do("confirm", user="petra", ref=made["pending"])
    with pytest.raises(NotAuthorised):
        two_people.do("confirm", user="bram", ref=made["pending"])


def test_a_confirmation_happens_once(two_people: World) -> None:
    made = two_people.do("user add", user="petra", name="rob", roles=["reviewer"])
    two_people.do("confirm", user="anna", ref=made["pending"])
    with pytest.raises(PendingNotOpen):
        two_people.do("confirm", user="anna", ref=made["pending"])
    with pytest.raises(UnknownRef):
        two_people.do("confirm", user="anna", ref="Q2026-0099")


def test_what_changed_since_it_was_shown_is_not_confirmed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [["reviewer"], ["auditor"]]

    def shifting(uow: object, *, name: str, roles: object) -> object:
        return add_user(uow, name=name, roles=wanted.pop(0))  # type: ignore[arg-type]

    stands_for(monkeypatch, replace(commands.COMMANDS["user add"], place=shifting, second=FUND_MANAGER))
    with hints.unwatched():  # the command changes by every call, that of the advice too
        made = world.do("user add", user="petra", name="rob", roles=["reviewer"])
    with pytest.raises(PendingChanged):
        world.do("confirm", user="anna", ref=made["pending"])


def test_declining_asks_a_reason_and_ends_it(two_people: World) -> None:
    made = two_people.do("user add", user="petra", name="rob", roles=["reviewer"])
    with pytest.raises(ReasonMissing):
        two_people.do("decline", user="anna", ref=made["pending"], reason=" ")
    with pytest.raises(NotAuthorised):
        two_people.do("decline", user="bram", ref=made["pending"], reason="no")
    two_people.do("decline", user="anna", ref=made["pending"], reason="not now")
    with pytest.raises(PendingNotOpen):
        two_people.do("confirm", user="anna", ref=made["pending"])


def test_a_confirmation_lapses_after_fourteen_days(two_people: World) -> None:
    made = two_people.do("user add", user="petra", name="rob", roles=["reviewer"])
    two_people.clock(START + timedelta(days=14, seconds=1))
    with pytest.raises(PendingNotOpen) as refusal:
        two_people.do("confirm", user="anna", ref=made["pending"])
    assert "lapsed" in str(refusal.value)
    assert two_people.ask("inbox", user="anna")["items"] == []


def test_files_and_days_wait_with_the_confirmation(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from fund.rules.regulations import standard_text

    world.people()
    content = standard_text().replace('version = "2026-1"', 'version = "2026-2"').encode()
    made = world.do("regulations adopt", user="anna", file=as_file(content), on=START.date() + timedelta(days=30))
    world.do("confirm", user="carla", ref=made["pending"])
    with world.snapshot() as snapshot:
        assert snapshot.regulations().version == "2026-1"
        assert snapshot.regulations(START.date() + timedelta(days=30)).version == "2026-2"


def test_arguments_come_back_as_they_were() -> None:
    args = {"day": START.date(), "at": START, "file": b"\x00\xff", "list": ["a", 1, None, {"x": START.date()}]}
    assert decode(encode(args)) == args


# --------------------------------------------------------------------------------------------------------- founding


def test_a_fund_is_founded_once(world: World) -> None:
    with pytest.raises(FundExists):
        found_fund(world.fund.url, name="Ander", admin="a", fund_manager="b", treasurer="c")


def test_the_founding_facts_have_no_person_and_a_cause(world: World) -> None:
    with world.snapshot() as snapshot:
        facts = list(snapshot.store.facts.all())
    assert [fact.type for fact in facts] == ["fund.founded", "regulations.adopted", *["user.added"] * 3]
    assert facts[0].causation_id is None
    assert {fact.causation_id for fact in facts[1:]} == {facts[0].event_id}


def test_an_empty_place_and_a_newer_database_are_not_ready(empty_database_url: str, database_url: str) -> None:
    with pytest.raises(DatabaseMissing), open_fund(empty_database_url):
        pass
    with founded(database_url) as world:
        with writing(world.fund.engine) as connection:
            connection.execute(sa.text("update alembic_version set version_num = '9999_later'"))
        with pytest.raises(DatabaseNewer), open_fund(world.fund.url):
            pass


def test_a_name_in_use_is_refused(world: World) -> None:
    with pytest.raises(UserExists):
        world.do("user add", user="petra", name="anna", roles=["reviewer"])


def test_two_rounds_that_wait_at_once_are_both_confirmed_as_shown(world: World) -> None:
    world.user("carla", "committee_chair")
    months = {"opens": START.date() + timedelta(days=300), "closes": START.date() + timedelta(days=320)}  # 2026-11
    waiting = [
        world.do("round plan", user="anna", title=title, ceiling_cents=100_00, **months)["pending"]
        for title in ("Water", "Wegen")
    ]
    refs = [world.do("confirm", user="carla", ref=ref)["result"]["round"] for ref in reversed(waiting)]
    assert refs == ["2026-1", "2026-2"]


def test_roles_are_those_at_the_moment_the_command_gets_its_turn(postgres_url: str) -> None:
    with founded(postgres_url) as world, ThreadPoolExecutor(1) as pool:
        world.user("anna2", "fund_manager")
        with world.uow("petra") as uow:
            waiting = pool.submit(lambda: world.do("partner import", user="anna2", file=as_file(b"id\n")))
            with pytest.raises(TimeoutError):
                waiting.result(0.5)
            uow.record(UserRevoked(ref=uow.user("anna2").user_id, reason="left"))
        with pytest.raises(UnknownUser):
            waiting.result(20)


@pytest.mark.parametrize("sign", ["\x1b[2J", "\u202e", "\u200b", "\x00", "\u2028"])
def test_what_nobody_can_see_is_refused_on_entry(world: World, sign: str) -> None:
    with pytest.raises(UnprintableText, match="`name` holds U\\+"):
        world.do("user add", user="petra", name=f"fatima{sign}", roles=["reviewer"])
    world.user("fatima", "reviewer")
    with pytest.raises(UnprintableText, match="`reason` holds U\\+") as refused:
        world.do("user revoke", user="petra", name="fatima", reason=f"weg{sign}")
    assert sign not in str(refused.value)
    world.do("user revoke", user="petra", name="fatima", reason="weg\nmet dank")


def test_the_chair_does_not_leave_by_one_hand(world: World) -> None:
    world.user("carla", "committee_chair")
    made = world.do("user revoke", user="petra", name="carla", reason="weg")
    assert made["needs"] == ["fund_manager"]
    world.user("dora", "deputy_chair")
    made = world.do("user revoke", user="petra", name="carla", reason="weg")
    assert set(made["needs"]) == {"committee_chair", "deputy_chair"}
    world.do("confirm", user="dora", ref=made["pending"])
    with pytest.raises(UnknownUser):
        world.do("confirm", user="carla", ref="Q2026-0001")


def test_regulations_of_a_known_version_never_take_the_place_of_the_old(world: World) -> None:
    world.user("carla", "committee_chair")
    same = standard_text().encode()
    with pytest.raises(FaultyRegulations, match="was adopted before"):
        world.do("regulations adopt", user="anna", file=as_file(same), on=START.date())


def test_numbers_that_no_database_keeps_are_refused_by_name(world: World) -> None:
    with pytest.raises(AmountTooLarge):
        world.do("ledger reverse", user="anna", seq=10**30, reason="x")
    with pytest.raises(NotIntegerCents):
        world.do("capital call", user="anna", partner="gm0344", amount=5.5)
    with pytest.raises(AmountTooLarge):
        world.ask("ledger entry", seq=2**63)


@pytest.mark.parametrize("bomb", [b"x = " + b"[" * 5_000 + b"]" * 5_000, b"x = " + b"9" * 5_000])
def test_a_file_of_brackets_or_digits_without_end_is_refused_as_a_file(sqlite_url: str, bomb: bytes) -> None:
    with founded(sqlite_url) as world:
        with pytest.raises(FaultyRegulations):
            world.do("regulations adopt", user="anna", file=as_file(bomb), on=START.date())
        with pytest.raises(FaultyKeyFile):
            world.do("key adopt", user="anna", file=as_file(bomb, "key.toml"))
    with pytest.raises(FaultyAgreementTerms):
        parse_terms(bomb, "voorwaarden.toml")
    with pytest.raises(FaultyEvaluation):
        parse_evaluation(bomb, "evaluatie.toml")
    with pytest.raises(FaultyScores):
        parse_scores(bomb, (), name="scores.toml", ref="2026-001")


@pytest.mark.parametrize(
    ("read", "content"),
    [
        (parse_regulations, standard_text()),
        (parse_key, 'name = "2027"\nfamily = "equal"\nfrom_on = 2027-01-01\n'),
        (parse_schedule, "[[instalments]]\ndue_on = 2027-01-01\namount = '1'\n"),
        (
            parse_evaluation,
            'hypothesis = "refuted"\nverdict = "stop"\nlearned = "Meten komt voor sturen."\n'
            '[[lessons]]\ntitle = "Meet eerst"\ntext = "Meten komt voor sturen, elke keer."\nthemes = ["T05"]\n',
        ),
        (partial(parse_scores, lines=(), ref="2026-001"), 'declaration = "none"\n'),
    ],
    ids=["regulations", "key", "schedule", "evaluation", "scores"],
)
def test_a_file_reads_the_same_with_the_mark_that_an_editor_put_before_it(
    read: Callable[..., object], content: str
) -> None:
    assert read(content=codecs.BOM_UTF8 + content.encode(), name="f") == read(content=content.encode(), name="f")


def test_a_field_without_end_in_the_partners_file_is_refused_with_its_line(sqlite_url: str) -> None:
    with founded(sqlite_url) as world, pytest.raises(FaultyPartnerFile, match=r"partners\.csv:36"):
        world.do(
            "partner import",
            user="anna",
            file=as_file(PARTNERS_CSV.read_bytes() + b'"' + b"x" * 200_000 + b'",b\n', "partners.csv"),
        )


def test_the_second_person_may_come_on_a_later_day(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        world.people()
        world.partners()
        day = START.date()

        def a_day_later(command: str, user: str, second: str, **args: Any) -> Any:
            nonlocal day
            made = world.do(command, user=user, **args)["pending"]
            day += timedelta(days=1)
            world.clock(day)
            return world.do("confirm", user=second, ref=made)

        opens, closes = day + timedelta(days=30), day + timedelta(days=60)
        a_day_later("round plan", "anna", "carla", title="Lente", opens=opens, closes=closes, ceiling_cents=100_00)
        a_day_later("user add", "petra", "carla", name="zed", roles=["reviewer"])
        a_day_later("user change", "petra", "carla", name="zed", roles=["reviewer"], partner="gm0344")
        called = a_day_later("capital call", "anna", "bram", amount=100_000)
        assert {event["effective_on"] for event in called["events"]} == {(day - timedelta(days=1)).isoformat()}


def test_ids_and_names_are_no_longer_than_is_kept(world: World) -> None:
    with pytest.raises(WordTooLong, match="`command_id` has 201 characters, at most 200 are kept"):
        world.do("user add", user="petra", name="fatima", roles=["reviewer"], command_id="c" * 201)
    with pytest.raises(UnprintableText):
        world.do("user add", user="petra", name="fatima", roles=["reviewer"], command_id="c\x1b")
    with pytest.raises(WordTooLong):
        world.do("user add", user="petra", name="f" * 201, roles=["reviewer"])
    world.do("user add", user="petra", name="f" * 200, roles=["reviewer"], command_id="c" * 200)


def test_a_refusal_is_remembered_whatever_was_typed_as_its_case(world: World) -> None:
    with pytest.raises(NotAuthorised):
        world.do("proposal withdraw", user="anna", ref="2026-001\x1b[2J", reason="x")
    with world.snapshot() as snapshot:
        refused = [each.fact for each in snapshot.store.facts.all() if each.type == "command.refused"]
    assert [fact.model_dump()["subject"] for fact in refused] == [""]


def test_what_waits_for_somebody_who_left_can_still_be_declined(world: World) -> None:
    world.user("carla", "committee_chair")
    waits = world.do("user add", user="petra", name="zed", roles=["reviewer"])["pending"]
    world.both("user revoke", user="petra", second="anna", name="carla", reason="weg")
    with pytest.raises(NotAuthorised):
        world.do("confirm", user="anna", ref=waits)
    world.do("decline", user="petra", ref=waits, reason="opnieuw")
    assert world.ask("pending show", ref=waits)["state"] == "declined"


def test_what_a_module_declares_is_found_by_its_name() -> None:
    """The table of modules says where each name is, and no more than that."""
    every: list[Command | Query] = []
    for module, words in commands.DECLARED_IN.items():
        found = declared(module)
        assert {name.split()[0] for name in found} == set(words)
        every += found.values()
    for kind, table in ((Command, commands.COMMANDS), (Query, commands.QUERIES)):
        mine = [each for each in every if isinstance(each, kind)]
        assert [table[each.name] for each in mine] == mine, "two have one name"
        assert list(table) == [each.name for each in mine]
    for module, kinds in commands.KEPT_IN.items():
        lives = import_module(module).PROJECTIONS
        assert set(lives) == set(kinds)
        assert all(commands.PROJECTIONS[kind] is life for kind, life in lives.items())
    assert set(commands.PROJECTIONS) == set(commands.KINDS)


ACTS = """
import contextlib, sys
from fund import database

held, late, real = [], [], database.writing

@contextlib.contextmanager
def writing(engine):
    with real(engine) as connection:
        held.append(connection)
        try:
            yield connection
        finally:
            held.pop()

database.writing = writing
sys.addaudithook(lambda event, about: late.append(about[0]) if event == "import" and held else None)
from fund.commands.executing import execute_named
from fund.commands.opening import open_fund

with open_fund(sys.argv[1]) as fund:
    execute_named(fund, "user add", {"name": "eva", "roles": ["auditor"]}, user="petra")
print([name for name in late if name.startswith("fund")])
"""


def test_nothing_of_the_fund_is_imported_while_others_wait_for_its_lock(sqlite_url: str) -> None:
    with founded(sqlite_url):
        pass
    done = subprocess.run([sys.executable, "-c", ACTS, sqlite_url], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


KNOWS = """
import sys
from fund.outbox.relay import preload

preload()
print(sorted(each for each in sys.modules if each.startswith("fund.workflows.")))
"""
BY_NAME = {"fund.outbox.actors", "fund.outbox.broker", "fund.commands.takers"}
"""What workers and hints import themselves."""
READING = {str(each.place).partition(":")[0] for each in commands.QUERIES.values()}
"""Where queries are answered."""


def test_a_program_that_acts_knows_all_that_may_follow_whatever_it_was_asked() -> None:
    """What may follow is imported before the lock is taken; what only reads is not."""
    done = subprocess.run([sys.executable, "-c", KNOWS], capture_output=True, text=True, check=True)
    modules = ast.literal_eval(done.stdout)
    found = pkgutil.walk_packages(workflows.__path__, "fund.workflows.")
    left = {each.name for each in found} - set(modules) - BY_NAME - READING
    assert {
        each for each in left if not each.startswith(("fund.workflows.inbox", "fund.workflows.attachments"))
    } == set()
