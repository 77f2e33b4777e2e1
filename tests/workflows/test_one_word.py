"""No path pays money on one person's word: every sequence of money commands is tried, by one person and by two.

Money leaves the bank by ``payment send`` and ``cost transfer``; what follows only says what the bank did.

One person here holds every role of the office at once (nobody of a narrower mix can do more: roles only add), is of no
partner, on the payroll of a party, or seconded from it, may wait a week between two steps, and confirms whatever waits.
Each sequence is walked in a transaction that is taken back; what leads to a state that was seen is not walked again, so
that one person's sequences are all of them, however long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from fund.commands.executing import _ask
from fund.database import Connection, writing
from fund.errors import FundError
from fund.events import Envelope
from fund.events.costs import TransferSent
from fund.events.payments import PaymentSent
from fund.registry import COMMANDS, PROJECTIONS
from fund.rules.segregation_of_duties import Hands
from fund.store import Store
from fund.unit_of_work import Snapshot
from tests.factories import World, founded
from tests.workflows.money_out import (
    AGREEMENT,
    BAARN,
    OTHER_IBAN,
    SUPPLIER,
    TREASURY,
    agree,
    approved,
    at,
    owed,
    prepared,
    sent,
    supplied,
)

OFFICE = ("fund_manager", "treasurer", "committee_chair", "committee_member", "reviewer", "partner_signatory")
INVOICE = {"name": "factuur.pdf", "content": b"%PDF- factuur"}
MONEY = ("1000", "1005", "1010")
LIVING = ("payee", "disbursement", "payable", "batch", "transfer")
Move = tuple[str, Mapping[str, Any]]

_PARTNER = {"partner": BAARN, "iban": OTHER_IBAN, "name": "Gemeente Baarn", "requested_by": "fatima"}
_SUPPLIER = {"supplier": SUPPLIER, "iban": OTHER_IBAN, "name": "Drukkerij De Eend", "file": INVOICE}
BEGINS: tuple[tuple[str, Move], ...] = (
    ("payee.recorded", ("payee record", _PARTNER)),
    ("payee.recorded", ("payee record", _SUPPLIER)),
    ("disbursement.requested", ("disbursement request", {"ref": AGREEMENT, "milestone": 1})),
    ("cost.approved", ("cost approve", {"payee": SUPPLIER, "amount": 100, "reason": "porto"})),
    ("transfer.sent", ("cost transfer", {"amount": 100, "to": "1005"})),
    ("payment.batched", ("payment batch", {})),
)
"""What begins something, and the fact that shows that it began: each once in a sequence."""
OF_A_CASE: dict[str, dict[str, tuple[str, ...]]] = {
    "disbursement": {
        "requested": ("disbursement check",),
        "checked": ("disbursement approve",),
        "approved": ("payment retry", "disbursement cancel"),
        "sent": ("payment settle", "payment fail"),
        "failed": ("payment retry", "payment found", "disbursement cancel"),
        "paid": ("payment return",),
    },
    "payable": {
        "approved": ("payment retry", "payment cancel"),
        "sent": ("payment settle", "payment fail"),
        "failed": ("payment retry", "payment found", "payment cancel"),
        "paid": ("payment return",),
    },
    "batch": {"made": ("payment send",)},
    "transfer": {"sent": ("cost settle", "cost recall")},
}
"""What is asked of a case in a state; anything else is refused (``test_every_triple``)."""
MORE: dict[str, Mapping[str, Any]] = {
    "disbursement cancel": {"reason": "x"},
    "payment cancel": {"reason": "x"},
    "payment fail": {"reason": "AC01"},
    "payment found": {"bank_line": "U2026-9001"},
    "payment return": {"receipt": "O2026-9002", "reason": "AC04"},
    "cost recall": {"reason": "x"},
}


@dataclass
class Walk:
    """Every sequence of at most so many commands of these people, from where the connection stands."""

    connection: Connection
    people: tuple[str, ...]
    depth: int = 100
    """Until nothing new is found, unless a test says how far."""
    only: tuple[str, ...] = ()
    """The commands that are tried, where not all of them are."""
    seen: dict[int, int] = field(default_factory=dict)
    tried: int = 0
    moved: set[tuple[str, str]] = field(default_factory=set)
    """Which command of one person, or confirmation of which command, moved money on which account."""
    let_go: list[Envelope] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = Store(self.connection)
        self.began = self.store.work.clock()
        self.first = self.store.facts.head().seq

    def go(self, depth: int = 0, balances: Mapping[str, int] | None = None) -> None:
        balances = balances if balances is not None else self.balances()
        key = self.key()
        if depth == self.depth or self.seen.get(key, self.depth + 1) <= depth:
            return
        self.seen[key] = depth
        for user in self.people:
            for name, args in self.moves():
                self.step(user, name, args, depth, balances)
        self.wait(depth, balances)

    def step(self, user: str, name: str, args: Mapping[str, Any], depth: int, balances: Mapping[str, int]) -> None:
        self.tried += 1
        seq = self.store.facts.head().seq
        savepoint = self.connection.begin_nested()
        try:
            answer = _ask(
                self.connection, name, args, b"", user=user, command_id=f"w-{self.tried}",
                dry_run=False, preview=False, expected=None, progress=None,
            )  # fmt: skip
        except FundError:
            while (inner := self.connection.get_nested_transaction()) is not None and inner is not savepoint:
                inner.rollback()  # what a trial for the second person had begun
            savepoint.rollback()
            return
        now = self.balances()
        words = f"confirm {answer['events'][0]['type']}" if name == "confirm" else name
        self.moved |= {(words, code) for code in MONEY if now[code] != balances[code]}
        new = [
            each for each in self.store.facts.all(since_seq=seq) if isinstance(each.fact, (PaymentSent, TransferSent))
        ]
        if new:
            self.let_go += new
            hands = Hands()
            assert [trouble for each in self.store.facts.all() for trouble in hands.see(each)] == []
        self.go(depth + 1, now)
        savepoint.rollback()

    def wait(self, depth: int, balances: Mapping[str, int]) -> None:
        """A week passes, once: accounts cool off."""
        if self.store.work.clock() != self.began:
            return
        savepoint = self.connection.begin_nested()
        self.store.work.hold_clock(self.store.work.clock() + timedelta(days=7))
        self.go(depth, balances)
        savepoint.rollback()

    def moves(self) -> Iterator[Move]:
        """What may be tried here. One thing at a time waits for a second person: it leaves nothing but itself."""
        pendings = self.store.work.pendings()
        for name, args in self.possible():
            if (not self.only or name in self.only) and (not pendings or COMMANDS[name].second is None):
                yield name, args
        for pending in pendings:
            yield "confirm", {"ref": pending.ref}

    def possible(self) -> Iterator[Move]:
        facts = {each.type for each in self.store.facts.all(since_seq=self.first)}
        yield from (move for begun, move in BEGINS if begun not in facts)
        for row in self.store.cases.all():
            for name in OF_A_CASE.get(row.kind, {}).get(row.state, ()):
                yield name, {"ref": row.ref, **MORE.get(name, {})}

    def key(self) -> int:
        """Where everything stands that money goes by."""
        cases = tuple((row.stream, row.state, row.document) for row in self.store.cases.all() if row.kind in LIVING)
        pendings = tuple((row.name, row.made_by, row.shown_hash) for row in self.store.work.pendings())
        return hash((cases, pendings, self.store.work.clock()))

    def balances(self) -> dict[str, int]:
        found = Snapshot(self.connection, PROJECTIONS, actor=None, now=self.store.work.clock()).balances()
        return {code: found.get(code, 0) for code in MONEY}


def nothing(world: World) -> None:
    """Money on the bank, an agreement with accepted milestones, accounts that can be paid, a treasury account."""


def asked(world: World) -> None:
    """Somebody of the party asked for money."""
    world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)


def checked(world: World) -> None:
    asked(world)
    world.do("disbursement check", user="anna", ref="D2026-0001")


def approved_by_others(world: World) -> None:
    """Three people approved a disbursement, two a cost; nothing is batched."""
    approved(world)
    owed(world)


def batched_by_others(world: World) -> None:
    approved_by_others(world)
    world.do("payment batch", user="anna")


def failed(world: World) -> None:
    """Two people sent it, the bank did not pay."""
    approved_by_others(world)
    sent(world)
    for ref in ("D2026-0001", "K2026-0001"):
        world.do("payment fail", user="bram", ref=ref, reason="AC01")


STARTS: tuple[Callable[[World], None], ...] = (nothing, asked, checked, approved_by_others, batched_by_others, failed)
PERSONS: dict[str, dict[str, Any]] = {
    "of no partner": {"roles": OFFICE[:-1]},
    "of a party": {"roles": OFFICE, "partner": BAARN},
    "seconded from a party": {"roles": OFFICE, "partner": BAARN, "seconded": True},
}


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    with founded(sqlite_url) as made:
        agree(prepared(made))
        made.both("bank register", user="anna", second="bram", iban=TREASURY, account="1005")
        supplied(made)
        made.clock(at(7))
        yield made


def somebody(world: World, name: str, kind: str) -> str:
    args = dict(PERSONS[kind])
    world.user(name, *args.pop("roles"), **args)
    return name


@pytest.mark.parametrize("start", STARTS, ids=lambda start: start.__name__)
@pytest.mark.parametrize("kind", PERSONS)
def test_one_person_moves_no_money_whatever_the_sequence(
    world: World, kind: str, start: Callable[[World], None]
) -> None:
    person = somebody(world, "jack", kind)
    start(world)
    with writing(world.fund.engine) as connection:
        walk = Walk(connection, (person,))
        walk.go()
        connection.rollback()
    assert walk.moved == set()
    assert walk.let_go == []
    assert walk.tried > 20


def two(world: World) -> tuple[str, str]:
    return somebody(world, "jack", "of no partner"), somebody(world, "jill", "seconded from a party")


def test_two_people_move_money_where_the_rows_say_and_only_what_others_approved(world: World) -> None:
    people = two(world)
    batched_by_others(world)
    with writing(world.fund.engine) as connection:
        walk = Walk(connection, people, depth=3)
        walk.go()
        connection.rollback()
    assert {type(event.fact) for event in walk.let_go} == {PaymentSent, TransferSent}
    for event in walk.let_go:
        assert event.made_by is not None
        assert event.made_by != event.actor
    assert walk.moved == {
        ("confirm payment.sent", "1010"),
        ("confirm transfer.sent", "1010"), ("confirm transfer.sent", "1000"),
        ("payment settle", "1010"), ("payment settle", "1000"),
        ("payment fail", "1010"),
        ("cost settle", "1010"), ("cost settle", "1005"),
    }  # fmt: skip


ROAD = (
    "disbursement check", "disbursement approve", "cost approve", "payment batch", "payment send", "payment settle",
)  # fmt: skip


def test_two_people_alone_never_pay_what_they_approved_themselves(world: World) -> None:
    people = two(world)
    asked(world)
    with writing(world.fund.engine) as connection:
        alone = Walk(connection, people, only=ROAD)
        alone.go()
        assert (alone.let_go, alone.moved) == ([], set())
        connection.rollback()


def test_every_command_that_touches_money_going_out_is_walked() -> None:
    from fund.rules.permissions import group_of

    walked = {name for _begun, (name, _args) in BEGINS} | {"bank register", "payment status"}
    walked |= {name for of_state in OF_A_CASE.values() for names in of_state.values() for name in names}
    books_no_payment = {
        "disbursement refuse",
        "disbursement withdraw",
        "disbursement refund",
        "cost charge",
        "cost income",
    }
    assert {name for name in COMMANDS if group_of(name).name == "payments"} == walked | books_no_payment
