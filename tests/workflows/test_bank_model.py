"""A bank account as a plain model: whatever files tell of it, in whatever order, the ledger's 1000 is its balance."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fund.bank.simulation import CHARGED, RETURNED, StoryEntry, StoryTransaction, write_notification, write_statement
from tests.factories import World, founded
from tests.workflows.racing import raced
from tests.workflows.test_receipts import FROM, OTHER, OURS, called, import_bytes, registered

KINDS = ("credit", "known payer", "charged", "debit", "price", "return", "batch", "reversed")
MOVES = st.tuples(st.sampled_from(KINDS), st.sampled_from([1_00, 2_50, 2_50, 10_00]), st.booleans(), st.booleans())
"""Kind, cents, whether the bank gives a reference of its own, whether it tells of it in a notification."""


@dataclass
class Account:
    """What the bank knows: a balance, and what moved it."""

    day: date = date(2026, 1, 5)
    balance_cents: int = 0
    number: int = 0
    moves: int = 0
    documents: int = 0
    credits_cents: int = 0

    def entries_of(self, kind: str, cents: int, referenced: bool) -> list[StoryEntry]:
        """One movement, or two where the second takes the first back."""
        self.moves += 1
        more: dict[str, Any] = {"booked_on": self.day, "bank_reference": f"BR{self.moves}" if referenced else ""}
        iban = FROM if kind == "known payer" else OTHER
        if kind == "batch":
            parts = tuple(StoryTransaction(amount_cents=cents + n, iban=iban) for n in range(3))
            return [StoryEntry(transactions=parts, **more)]
        if kind in ("debit", "price"):
            gone = StoryTransaction(amount_cents=-cents, iban="" if kind == "price" else iban)
            return [StoryEntry(transactions=(gone,), code=CHARGED if kind == "price" else "PMNT/RDDT/ESDD", **more)]
        if kind == "reversed":
            own = f"OWN{self.moves}"
            there, back = (
                StoryTransaction(amount_cents=amount, iban=iban, end_to_end_id=own) for amount in (cents, -cents)
            )
            return [
                StoryEntry(transactions=(there,), **more),
                StoryEntry(transactions=(back,), reversal=True, booked_on=self.day),
            ]
        returned = kind == "return"
        moved = StoryTransaction(amount_cents=cents, iban=iban, return_reason="AC04" if returned else "")
        if returned:
            return [StoryEntry(transactions=(moved,), code=RETURNED, **more)]
        return [StoryEntry(transactions=(moved,), charges_cents=7 if kind == "charged" else 0, **more)]

    def statement(self, entries: Sequence[StoryEntry], first: date, opening: int, *, name: str, version: str) -> bytes:
        return write_statement(
            iban=OURS, statement_id=name, sequence_number=self.number, opening_cents=opening, opened_on=first,
            closed_on=self.day, entries=entries, version=version,
        )  # fmt: skip


@dataclass
class Files:
    """What a story of some days leaves behind, and what it was."""

    contents: list[bytes] = field(default_factory=list)
    lines: int = 0
    credits_cents: int = 0


def tell(account: Account, days: list[list[tuple[str, int, bool, bool]]], over: bool, version: str) -> Files:
    """Each day its statement, some movements a notification too, and if asked a statement over all these days."""
    told = Files()
    first, opening = account.day, account.balance_cents
    whole: list[StoryEntry] = []
    for moves in days:
        entries: list[StoryEntry] = []
        noted: list[StoryEntry] = []
        before = account.balance_cents
        for kind, cents, referenced, early in moves:
            made = account.entries_of(kind, cents, referenced)
            entries += made
            noted += made[:1] if early else []
        account.balance_cents += sum(entry.cents for entry in entries)
        account.number += 1
        told.lines += sum(len(entry.transactions) for entry in entries)
        told.credits_cents += sum(
            part.amount_cents
            for entry in entries
            for part in entry.transactions
            if part.amount_cents > 0
        )  # fmt: skip
        told.credits_cents += sum(entry.cents for entry in entries if entry.reversal)
        name = f"D{account.number}"
        told.contents.append(account.statement(entries, account.day, before, name=name, version=version))
        if noted:
            at = datetime.combine(account.day, datetime.min.time(), UTC) + timedelta(hours=9)
            told.contents.append(
                write_notification(iban=OURS, notification_id=f"N{account.number}", entries=noted, created_at=at)
            )
        whole += entries
        last = account.day
        account.day += timedelta(days=1)
    if over and len(days) > 1:
        told.contents.append(
            write_statement(
                iban=OURS,
                statement_id=f"M{account.number}",
                sequence_number=0,
                opening_cents=opening,
                opened_on=first,
                closed_on=last,
                entries=whole,
                version=version,
            )
        )
    return told


def agrees(world: World, account: Account, credits: int) -> None:
    """The ledger is the bank's balance, and what came in is what waits and what was set against something."""
    balances = world.balances()
    listed = world.ask("bank list")
    assert balances["1000"] == account.balance_cents
    standing = [row for row in listed["receipts"] if row["state"] != "reversed"]
    assert sum(row["amount_cents"] for row in standing) == credits
    assert -balances["2300"] == sum(row["waiting_cents"] for row in standing)
    assert balances["1010"] == sum(row["amount_cents"] for row in world.ask("bank unmatched")["debits"])


def play(world: World, examples: int) -> None:
    account = Account()
    credits = [0]

    @settings(max_examples=examples, deadline=None)
    @given(
        days=st.lists(st.lists(MOVES, max_size=4), min_size=1, max_size=3),
        over=st.booleans(),
        version=st.sampled_from(["02", "08"]),
        shuffled=st.integers(0, 2**32),
    )
    def some_days(days: list[list[tuple[str, int, bool, bool]]], over: bool, version: str, shuffled: int) -> None:
        told = tell(account, days, over, version)
        credits[0] += told.credits_cents
        pick = random.Random(shuffled)  # nothing is drawn once the account has moved: a draw may end the example
        order = pick.sample(told.contents, len(told.contents))
        again = pick.choices(told.contents, k=pick.randrange(3))
        cut = pick.randrange(len(order) + 1)
        new = 0
        for files in (order[:cut], [*order[cut:], *again]):
            if files:
                result = import_bytes(world, *files)
                assert result["refused"] == []
                new += result["lines_new"]
        assert new == told.lines, "every line once"
        agrees(world, account, credits[0])

    some_days()


def prepared(world: World) -> None:
    called(world, 2_50)
    called(world, 10_00)
    world.both("bank register", user="anna", second="bram", iban=OURS, account="1000")
    world.clock(date(2026, 12, 31))


def test_whatever_files_tell_the_ledger_is_the_balance_of_the_bank(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        prepared(world)
        play(world, 20)


def test_on_postgresql_too(postgres_url: str) -> None:
    with founded(postgres_url) as world:
        prepared(world)
        play(world, 3)


def test_four_processes_that_import_the_same_file_book_every_line_once(database_url: str) -> None:
    with founded(database_url) as world:
        bank = registered(world)
        for number in range(40):
            bank.receive(1_00 + number, name="?", iban=OTHER, on=date(2026, 1, 5), text=f"{number}")
        content = bank.statement(date(2026, 1, 5))
        files = {"files": [{"name": "a.xml", "content": content}]}

        outcomes = raced(world.fund.url, [("bram", "bank import", files)] * 4)

        assert outcomes == ["done"] * 4
        listed = world.ask("bank list")
        assert [row["amount_cents"] for row in listed["receipts"]] == [1_00 + number for number in range(40)]
        assert len(listed["statements"]) == 1
        assert world.balances()["1000"] == bank.balance_cents
