"""Clerks: processes of their own that work in one book at the same moment and write down what they were told.

A model that knows nothing of the database judges afterwards: each must have been told what one bookkeeper, who did it
all in the order of the entries' numbers, would have answered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from multiprocessing.connection import Connection as Pipe
from typing import Any

from fund.database import Engine, create_engine, is_sqlite, translated
from fund.errors import FundError
from fund.errors.database import DatabaseBusy
from fund.ledger import EntryDraft, Ledger, Posted, Posting, commit, main_of, mirror
from tests.processes import PROCESSES

CLERKS = 8
BUSY_AT_MOST = 3
"""So often one order is tried when the book is said to be in use by others."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a clerk is to do: post these drafts, or take back one of the latest entries, whoever posted it.

    Attributes:
        drafts: One is posted by itself, several as a batch that leaves out what is refused.
        back: How far back the entry stands that is taken back, when that is the order.
        part: So many cents of it at most; all of it when absent.
    """

    drafts: tuple[EntryDraft, ...] = ()
    key: str = ""
    back: int = 0
    part: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What a clerk asked and was told, and how many entries there were before and after."""

    asked: tuple[EntryDraft, ...]
    answers: tuple[Posted | str, ...]
    before: int
    after: int
    busy: int


def _taking_back(ledger: Ledger, order: Order, head: int) -> EntryDraft | None:
    """The draft that takes back an entry, or the smaller part of two of its legs."""
    entry = ledger.entry(max(1, head - order.back)) if head else None
    if entry is None:
        return None
    one = EntryDraft(
        effective_on=date(2027, 3, 28),
        kind="reversal",
        memo="terug",
        actor="usr_clerk",
        idempotency_key=order.key,
        postings=mirror(entry.postings),
        reason="terug",
    )
    if order.part is None:
        return replace(one, reverses=entry.seq)
    first, second = entry.postings[:2]
    cents = min(order.part, abs(first.amount_cents))
    sign = -1 if first.amount_cents > 0 else 1
    return replace(
        one, part_of=entry.seq, postings=(Posting(first.account, sign * cents), Posting(second.account, -sign * cents))
    )


def _ask(ledger: Ledger, order: Order, asked: tuple[EntryDraft, ...]) -> tuple[Posted | str, ...]:
    if len(asked) > 1:
        results = ledger.post_many(asked, on_error="skip")
        return tuple(result if isinstance(result, Posted) else result.code() for result in results)
    (one,) = asked
    try:
        if one.reverses is not None or one.part_of is not None:
            words: dict[str, Any] = {
                "effective_on": one.effective_on, "reason": "terug", "idempotency_key": one.idempotency_key,
                "actor": one.actor, "memo": one.memo, "kind": one.kind,
            }  # fmt: skip
            if one.reverses is not None:
                return (ledger.reverse(one.reverses, **words),)
            assert one.part_of is not None
            return (ledger.reverse_part(one.part_of, one.postings, **words),)
        return (ledger.post(one),)
    except DatabaseBusy:
        raise
    except FundError as refusal:
        return (refusal.code(),)


def carry_out(engine: Engine, connection: Any, book: str, order: Order) -> Told | None:
    """One order in one transaction, ended by the ledger's own commit where something was posted."""
    busy = 0
    while True:
        try:
            with translated(engine):
                ledger = Ledger.open(connection, book=book)
                before = after = ledger.head().seq
                asked = order.drafts
                if not asked:
                    taking_back = _taking_back(ledger, order, before)
                    if taking_back is None:
                        connection.rollback()
                        return None
                    asked = (taking_back,)
                answers = _ask(ledger, order, asked)
                posted = [answer.seq for answer in answers if isinstance(answer, Posted) and not answer.replayed]
                if posted:
                    commit(connection)
                    after = max(posted)
                else:
                    connection.rollback()
                    if not is_sqlite(engine):  # there nobody else could come between
                        after = Ledger.open(connection, book=book).head().seq
                        connection.rollback()
                return Told(asked, answers, before, after, busy)
        except DatabaseBusy:
            connection.rollback()
            busy += 1
            if busy == BUSY_AT_MOST:
                raise


def _clerk(url: str, book: str, orders: Sequence[Order], start: Any, answer: Pipe) -> None:
    engine = create_engine(url, pooled=True, connections=1)
    try:
        with engine.connect() as connection:
            Ledger.open(connection, book=book)
            connection.rollback()
            start.wait(60)
            told = [carry_out(engine, connection, book, order) for order in orders]
        answer.send([one for one in told if one is not None])
    except BaseException as problem:
        start.abort()
        answer.send(f"{type(problem).__name__}: {problem}")
    finally:
        engine.dispose()


def at_work(url: str, book: str, orders: Sequence[Sequence[Order]]) -> list[list[Told]]:
    """What each clerk was told; they start at one moment, each a process with an engine of its own."""
    start = PROCESSES.Barrier(len(orders))
    pipes, running = [], []
    for each in orders:
        mine, theirs = PROCESSES.Pipe(duplex=False)
        process = PROCESSES.Process(target=_clerk, args=(url, book, each, start, theirs))
        process.start()
        theirs.close()
        pipes.append(mine)
        running.append(process)
    answers = [pipe.recv() for pipe in pipes]
    for process, pipe in zip(running, pipes, strict=True):
        process.join(60)
        assert process.exitcode == 0
        process.close()
        pipe.close()
    problems = [answer for answer in answers if isinstance(answer, str)]
    assert problems == [], "a clerk was told what no bookkeeper says"
    return answers


# ---------------------------------------------------------------------------------------------------------- the model


@dataclass(slots=True)
class Paper:
    """One bookkeeper with a pencil: what a book answers to a draft, from nothing but the entries before it.

    Attributes:
        minima: The least that an account may hold, by its code.
        sets: Members with their signs, minimum and bound kinds, by the name of the set.
    """

    minima: Mapping[str, int] = field(default_factory=dict)
    sets: Mapping[str, tuple[Mapping[str, int], int, Sequence[str]]] = field(default_factory=dict)
    written: list[EntryDraft] = field(default_factory=list)
    moved: dict[str, dict[date, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    keys: dict[str, int] = field(default_factory=dict)
    reversed: set[int] = field(default_factory=set)
    taken: dict[int, dict[str, int]] = field(default_factory=dict)

    def write(self, draft: EntryDraft) -> None:
        """The next entry."""
        self.written.append(draft)
        seq = len(self.written)
        self.keys[draft.idempotency_key] = seq
        for leg in draft.postings:
            self.moved[leg.account][draft.effective_on] += leg.amount_cents
        if draft.reverses is not None:
            self.reversed.add(draft.reverses)
        if draft.part_of is not None:
            taken = self.taken.setdefault(draft.part_of, defaultdict(int))
            for leg in draft.postings:
                taken[leg.account] += leg.amount_cents

    def balance(self, code: str, as_of: date = date.max) -> int:
        """Of an account with its sub-accounts."""
        return sum(
            cents
            for account, days in self.moved.items()
            if code in (account, main_of(account))
            for day, cents in days.items()
            if day <= as_of
        )

    def says(self, draft: EntryDraft) -> set[str]:
        """What may be answered now: ``posted``, ``replayed <seq>``, or the codes of the refusals that apply."""
        seq = self.keys.get(draft.idempotency_key)
        if seq is not None:
            return {f"replayed {seq}" if content(self.written[seq - 1]) == content(draft) else "idempotency_conflict"}
        return set(self._against(draft)) or {"posted"}

    def _against(self, draft: EntryDraft) -> Iterator[str]:
        original = draft.reverses or draft.part_of
        if original is not None:
            if original in self.reversed:
                yield "already_reversed"
            elif draft.reverses is not None and original in self.taken:
                yield "partly_reversed"
            if draft.part_of is not None and self._beyond(original, draft):
                yield "beyond_original"
        for code, least in self.minima.items():
            cents = sum(leg.amount_cents for leg in draft.postings if leg.account == code)
            if cents < 0 and self._lowest({code: 1}, draft.effective_on) + cents < least:
                yield "limit_exceeded"
        for members, least, kinds in self.sets.values():
            cents = sum(leg.amount_cents * members.get(main_of(leg.account), 0) for leg in draft.postings)
            if cents < 0 and draft.kind in kinds and self._lowest(members, draft.effective_on) + cents < least:
                yield "set_limit_exceeded"

    def _beyond(self, original: int, draft: EntryDraft) -> bool:
        now: dict[str, int] = defaultdict(int, self.taken.get(original, {}))
        was: dict[str, int] = defaultdict(int)
        for leg in draft.postings:
            now[leg.account] += leg.amount_cents
        for leg in self.written[original - 1].postings:
            was[leg.account] += leg.amount_cents
        return any(cents * was[code] > 0 or abs(cents) > abs(was[code]) for code, cents in now.items() if cents)

    def _lowest(self, members: Mapping[str, int], on: date) -> int:
        days: dict[date, int] = defaultdict(int, {on: 0})
        for account, moved in self.moved.items():
            sign = members.get(main_of(account), 0)
            for day, cents in moved.items() if sign else ():
                days[max(day, on)] += sign * cents
        standing, lowest = 0, None
        for day in sorted(days):
            standing += days[day]
            lowest = standing if lowest is None else min(lowest, standing)
        assert lowest is not None
        return lowest


def content(draft: EntryDraft) -> tuple[Any, ...]:
    """What makes two drafts under one key the same."""
    return (
        draft.effective_on, draft.kind, draft.memo, draft.actor, tuple(draft.postings), draft.reverses, draft.part_of,
        draft.reason,
    )  # fmt: skip


def judged(paper: Paper, told: Sequence[Told], ledger: Ledger) -> None:
    """Every answer is what the bookkeeper would have given, doing it all in the order of the entries.

    What was posted stands where it was said to stand. What was refused or replayed was so at some moment between asking
    and answer; a batch is one such moment.
    """
    entries = list(ledger.entries())
    first = {min(seqs): one for one in told if (seqs := _seqs(one))}
    waiting = sorted((one for one in told if not _seqs(one)), key=lambda one: one.before, reverse=True)
    open_: list[Told] = []
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    while True:
        seq = len(paper.written)
        while waiting and waiting[-1].before <= seq:
            open_.append(waiting.pop())
        open_ = [one for one in open_ if not _explained(paper, one)]
        late = [one for one in open_ if one.after <= seq]
        assert late == [], "the bookkeeper would have said something else"
        if seq == len(entries):
            break
        mine = first.get(seq + 1)
        if mine is None:
            raise AssertionError(f"entry {seq + 1} was told to nobody")
        for draft, answer in zip(mine.asked, mine.answers, strict=True):
            assert _word(answer) in paper.says(draft), (draft, answer, paper.says(draft))
            if isinstance(answer, Posted) and not answer.replayed:
                paper.write(draft)
                entry = entries[len(paper.written) - 1]
                assert (answer.seq, answer.hash, entry.idempotency_key) == (
                    len(paper.written), entry.hash, draft.idempotency_key
                )  # fmt: skip
                assert entry.postings == tuple(draft.postings)
    for account in ledger.accounts():
        assert ledger.balance(account.code) == paper.balance(account.code)
        for day in {entry.effective_on for entry in entries}:
            assert ledger.balance(account.code, as_of=day) == paper.balance(account.code, day)


def _seqs(told: Told) -> list[int]:
    return [answer.seq for answer in told.answers if isinstance(answer, Posted) and not answer.replayed]


def _word(answer: Posted | str) -> str:
    if isinstance(answer, Posted):
        return f"replayed {answer.seq}" if answer.replayed else "posted"
    return answer


def _explained(paper: Paper, told: Told) -> bool:
    return all(_word(answer) in paper.says(draft) for draft, answer in zip(told.asked, told.answers, strict=True))
