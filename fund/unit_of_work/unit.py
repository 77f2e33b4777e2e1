"""Recording: a fact, what it books and what it changes, in one transaction; and the refs and timers that go with it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fund.database import Connection, Engine, writing
from fund.errors import FundError
from fund.errors.commands import TransitionNotAllowed
from fund.errors.database import NoFundHere
from fund.errors.ledger import ClosedPeriod
from fund.errors.people import ConflictOfInterest, NotAuthorised, SameHands
from fund.events import Envelope, Fact
from fund.ledger import EntryDraft, Posted
from fund.rules.authority import SYSTEM_ACTOR, Actor, Guard
from fund.rules.transitions import Transition, judge, rows_from, same_command_from
from fund.schemas import CaseFile
from fund.store import Head, Store
from fund.unit_of_work.comparable import comparable
from fund.unit_of_work.projections import Projections
from fund.unit_of_work.refs import derive_id, readable_ref
from fund.unit_of_work.snapshot import Answer, Case, Snapshot
from fund.unit_of_work.write_batch import UNWRITTEN, WriteBatch

if TYPE_CHECKING:
    from fund.ledger import Ledger
    from fund.rules.postings import Booking


@dataclass(slots=True)
class _Cause:
    """For facts of the service itself: the fact that caused them, and the reaction or timer by name."""

    event_id: str
    reaction: str


@dataclass(frozen=True, slots=True)
class Step:
    """A transition that is possible now, for those who act; :meth:`record` carries it out.

    Attributes:
        rows: The rows of the command in this state, one for each outcome.
        row: The first of them that those who act may carry out.
        of: Whose case it is: the case itself or, before it begins, the one it will belong to or a guard.
    """

    uow: UnitOfWork
    rows: Sequence[Transition]
    row: Transition
    of: CaseFile | Guard
    ref: str

    def record(
        self,
        fact: Fact,
        *,
        effective_on: date | None = None,
        on_behalf_of: str | None = None,
        cause: Envelope | None = None,
        reaction: str = "",
    ) -> Envelope:
        """Record the fact; where the command has several outcomes, the row of this one is judged too.

        Raises:
            NotAuthorised, ConflictOfInterest, SameHands: This outcome asks other people.
            ClosedPeriod: The fact books something in a period that is locked or closed.
        """
        row = next(row for row in self.rows if row.records is type(fact))
        if row is not self.row:
            self.uow.judge(row, self.of, ref=self.ref)
        return self.uow.record(
            fact, effective_on=effective_on, on_behalf_of=on_behalf_of, cause=cause, reaction=reaction
        )


class UnitOfWork(Snapshot):
    """A snapshot that may record; everything it records commits together, or not at all.

    Attributes:
        actor: Who acts: in a two-person command the one who confirms.
        maker: Who made it: the first person of a two-person command, else the actor.
        confirmer: The second person, at the confirmation; ``None`` before.
        result: What the use case answers, beyond facts and entries (JSON).
        next_step: The command that comes next, as it can be typed.
        progress: Told how far a long command is, for whoever waits: so many done, of so many.
        trial: Whether all of it is taken back at the end (``--dry-run``): then nothing under seal is opened.
        withheld: Whether this trial left something under seal that the command itself would open.
    """

    actor: Actor
    trial: bool = False
    withheld: bool = False
    progress: Callable[[int, int], None] | None = None

    def __init__(
        self,
        connection: Connection,
        projections: Projections,
        *,
        actor: Actor,
        now: datetime,
        head: Head,
        command_id: str | None,
        occurred_at: datetime | None = None,
        maker: Actor | None = None,
        made_command_id: str | None = None,
        cause: str | None = None,
        reaction: str = "",
        recorded: int = 0,
    ) -> None:
        super().__init__(connection, projections, actor=actor, now=now)
        self.actor = actor
        self.maker = maker or actor
        self.confirmer = actor if maker is not None else None
        self.command_id = command_id
        self.made_command_id = made_command_id
        self.occurred_at = occurred_at or now
        self.facts: list[Envelope] = []
        self.entries: list[tuple[EntryDraft, Posted]] = []
        self.result: dict[str, Any] = {}
        self.next_step = ""
        self.refs_given: list[str] = []
        self._head = head
        self._recorded = recorded  # so many facts bear this command id already
        self._cause = _Cause(cause, reaction) if cause is not None else None
        self._gathered: WriteBatch | None = None

    @classmethod
    @contextmanager
    def open(  # type: ignore[override]
        cls,
        engine: Engine,
        projections: Projections,
        *,
        actor: Actor | str,
        command_id: str | None = None,
        **options: Any,
    ) -> Iterator[UnitOfWork]:
        """A unit of work in a transaction of its own, under the fund's lock; commits at the end.

        Raises:
            NoFundHere, UnknownUser, DatabaseBusy: As they say.
        """
        with writing(engine) as connection:
            yield cls.on(connection, projections, actor=actor, command_id=command_id, **options)

    @classmethod
    def on(
        cls,
        connection: Connection,
        projections: Projections,
        *,
        actor: Actor | str,
        command_id: str | None = None,
        **options: Any,
    ) -> UnitOfWork:
        """A unit of work in the caller's transaction. Takes the fund's lock: nobody overtakes its guards (G1)."""
        store = Store(connection)
        if store.work.setting("founded") is None:
            raise NoFundHere(place="")
        head = store.facts.head(lock=True)
        now = max(store.work.clock(), head.recorded_at)
        who = actor if isinstance(actor, Actor) else Snapshot(connection, projections, actor=None, now=now).user(actor)
        return cls(connection, projections, actor=who, now=now, head=head, command_id=command_id, **options)

    def cached(self, key: Hashable, read: Callable[[], Answer]) -> Answer:
        """What ``read`` finds now: this unit may have changed it."""
        return read()

    def _note_absent(self, stream: str) -> None:
        """There is no such case, and under the fund's lock nobody else makes one."""
        self._absent.add(stream)

    def report_progress(self, done: int, of: int) -> None:
        """Say how far this is."""
        if self.progress is not None:
            self.progress(done, of)

    # ------------------------------------------------------------------------------------------------- gathering

    @contextmanager
    def write_batch(self) -> Iterator[None]:
        """Facts, cases, entries and numbers are written together, some hundred at a time: for thousands of facts.

        Nothing else changes. Whoever asks :attr:`store` or :attr:`ledger` finds everything written; cases, what stands
        on an account (:meth:`balance_now`) and whether a day takes entries are answered without writing.
        """
        assert self._gathered is None, "what is gathered twice is written twice"
        self._gathered = WriteBatch()
        try:
            yield
            self._write()
        finally:
            self._gathered = None

    @property
    def store(self) -> Store:
        """The fund's rows, with all that this unit recorded."""
        self._write()
        return self._store

    @cached_property
    def _ledger(self) -> Ledger:
        return self.full_ledger

    @property
    def ledger(self) -> Ledger:
        """The fund's books, with all that this unit recorded."""
        self._write()
        return self._ledger

    def cases(self, model: type[Case], **conditions: Any) -> list[Case]:
        """Cases of a kind that fit every condition, in the order of their refs; see :meth:`Snapshot.cases`."""
        if self._gathered is not None and self._gathered.changes(model.kind):
            self._write()
        return self._cases_in(self._store, model, **conditions)

    def balance_now(self, account: str) -> int:
        """What stands on an account or sub-account over all days, debit positive, with what this unit recorded."""
        if self._gathered is None:
            return self._ledger.balance(account)
        return self._gathered.balance(account, self._ledger)

    def takes_entries(self, day: date) -> bool:
        """Whether the month of this day is open for entries."""
        if self._gathered is None:
            return super().takes_entries(day)
        return self._gathered.takes_entries(day, super().takes_entries)

    def _write(self) -> None:
        """Write what was gathered, in the order in which one by one would have written it."""
        if self._gathered is not None:
            with self._naming_the_year():
                written = self._gathered.write(self._store, self._ledger)
            for place, draft, posted in written:
                self.entries[place] = (draft, posted)

    # ------------------------------------------------------------------------------------------------- recording

    def transition(
        self, command: str, case: CaseFile, *, of: CaseFile | Guard | None = None, records: type[Fact] | None = None
    ) -> Step:
        """The step that ``command`` takes with this case, once state and people were judged; its ``record`` does it.

        Whose case it is and who acted in it before, the case says itself (``guard`` of its projection).

        Args:
            of: The case whose people are judged, where the command names another (a receipt for an agreement).
            records: The fact, where the outcomes of a command ask different people and only one is meant.

        Raises:
            TransitionNotAllowed: No row for this state; the message shows it and those in which it would be possible.
            NotAuthorised, ConflictOfInterest, SameHands: As they say.
        """
        return self._step(command, type(case), case.state, of=of or case, ref=case.ref, records=records)

    def begin(
        self,
        command: str,
        model: type[CaseFile],
        *,
        of: CaseFile | Guard,
        ref: str = "",
        records: type[Fact] | None = None,
    ) -> Step:
        """The step with which a case of this kind begins, once the people were judged.

        Args:
            of: The case it will belong to; else whose it will be.
            ref: What refusals name, while it has no number itself.

        Raises:
            NotAuthorised, ConflictOfInterest, SameHands: As they say.
        """
        return self._step(command, model, None, of=of, ref=ref, records=records)

    def _step(
        self,
        command: str,
        model: type[CaseFile],
        state: str | None,
        *,
        of: CaseFile | Guard,
        ref: str,
        records: type[Fact] | None,
    ) -> Step:
        table = self.projections[model.kind].table
        rows = rows_from(table, command, state)
        meant = [row for row in rows if records in (None, row.records)]
        if not meant:
            known = [row for row in table if row.command == command and records in (None, row.records)]
            raise TransitionNotAllowed(
                command=command,
                ref=ref,
                kind="" if state is None else model.kind,
                state=state or "-",
                allowed=same_command_from(known, command),
                look=self.guard(of, known[0]).show or "fund inbox",
            )
        refused: list[FundError] = []
        for row in meant:
            try:
                self.judge(row, of, ref=ref)
            except (NotAuthorised, ConflictOfInterest, SameHands) as problem:
                refused.append(problem)
            else:
                return Step(self, rows, row, of, ref)
        raise refused[0]

    def judge(self, row: Transition, of: CaseFile | Guard, *, ref: str) -> None:
        """Nothing, when those who act may carry out the row.

        Raises:
            NotAuthorised, ConflictOfInterest, SameHands: As they say.
        """
        judge(row, self.guard(of, row), self.maker, self.confirmer, ref=ref)

    def record(
        self,
        fact: Fact,
        *,
        effective_on: date | None = None,
        on_behalf_of: str | None = None,
        cause: Envelope | None = None,
        reaction: str = "",
    ) -> Envelope:
        """Make ``fact`` part of the fund's history, with what it books and what it changes: the only way money moves.

        Args:
            effective_on: The accounting day (default today); its period is open when something is booked.
            cause: For what the service does by itself within a person's command: the fact it follows from.
                The fact's actor is then ``system``.
            reaction: The name of that rule, for the id of the fact.

        Raises:
            ClosedPeriod: Something would be booked in a period that is locked or closed.
            IdempotencyConflict, UnbalancedEntry: Bugs in the bookings; nothing is kept.
        """
        day = effective_on or self.today
        by_service = cause is not None or self._cause is not None
        if cause is not None:
            event_id = derive_id("evt_", cause.event_id, reaction, self._recorded)
            causation: str | None = cause.event_id
        elif self._cause is not None:
            event_id = derive_id("evt_", self._cause.event_id, self._cause.reaction, self._recorded)
            causation = self._cause.event_id
        else:
            event_id = derive_id("evt_", self.actor.user_id, self.command_id, self._recorded)
            causation = None
        self._recorded += 1
        confirmed = self.confirmer is not None and not by_service
        envelope, row, links = self._store.facts.sealed(
            fact,
            event_id=event_id,
            occurred_at=self.occurred_at,
            recorded_at=self.now,
            effective_on=day,
            actor=SYSTEM_ACTOR.user_id if by_service else self.actor.user_id,
            on_behalf_of=on_behalf_of,
            command_id=None if by_service or self.actor is SYSTEM_ACTOR else self.command_id,
            made_by=self.maker.user_id if confirmed else None,
            made_command_id=self.made_command_id if confirmed else None,
            causation_id=causation,
            head=self._head,
        )
        self._head = Head(envelope.seq, envelope.hash, envelope.recorded_at)
        self.facts.append(envelope)
        if self._gathered is None:
            self._store.facts.write([row], links)
        else:
            self._gathered.add_fact(row, links)
        self._fold(envelope)
        self._book(envelope)
        if self._gathered is not None and self._gathered.full:
            self._write()
        return envelope

    def _fold(self, envelope: Envelope) -> None:
        changed: list[tuple[CaseFile, int]] = []
        for stream in dict.fromkeys((envelope.stream, *envelope.fact.affected_streams())):
            kind, _slash, ref = stream.partition("/")
            projection = self.projections.get(kind)
            if projection is None:
                continue
            case = projection.apply(self.maybe(projection.model, ref), envelope)
            self._absent.discard(stream)
            if case is not None:
                self._cases[stream] = (case, envelope.seq)
                changed.append((case, envelope.seq))
        if self._gathered is None:
            self._store.cases.put(changed)
        else:
            self._gathered.add_cases(changed)
        if envelope.type == "regulations.adopted":
            self._rules = None

    def _book(self, envelope: Envelope) -> None:
        from fund.rules.postings import bookings

        for number, booking in enumerate(bookings(envelope)):
            with self._naming_the_year():
                self._post(envelope, booking, f"{envelope.event_id}/{number}")

    def _post(self, envelope: Envelope, booking: Booking, key: str) -> None:
        metadata = {"event_id": envelope.event_id, "event_hash": envelope.hash.hex(), **booking.metadata}
        if booking.reverses_seq is not None:
            posted = self.ledger.reverse(
                booking.reverses_seq,
                effective_on=envelope.effective_on,
                reason=booking.memo,
                idempotency_key=key,
                actor=envelope.actor,
                metadata=metadata,
                recorded_at=envelope.recorded_at,
            )
            original = self.ledger.entry(posted.seq)
            draft = EntryDraft(
                effective_on=envelope.effective_on, kind="reversal", memo=original.memo, actor=envelope.actor,
                idempotency_key=key, metadata=metadata, recorded_at=envelope.recorded_at, postings=original.postings,
            )  # fmt: skip
        else:
            draft = EntryDraft(
                effective_on=envelope.effective_on,
                kind=booking.kind or envelope.type,
                memo=booking.memo,
                actor=envelope.actor,
                idempotency_key=key,
                metadata=metadata,
                recorded_at=envelope.recorded_at,
                postings=tuple(booking.postings),
            )
            if self._gathered is not None:
                self._gathered.add_entry(len(self.entries), draft)
                self.entries.append((draft, UNWRITTEN))
                return
            posted = self._ledger.post(draft)
        self.entries.append((draft, posted))

    @contextmanager
    def _naming_the_year(self) -> Iterator[None]:
        """A month that is refused and whose year is closed opens with the year only: the refusal says so at once."""
        try:
            yield
        except ClosedPeriod as refusal:
            from fund.schemas.closing import Period

            if refusal.__cause__ is not None:  # the database refused: its transaction answers nothing any more
                raise
            case = self.maybe(Period, str(refusal.details["month"])[:4])
            if case is None or case.state != "closed":
                raise
            raise ClosedPeriod(**{**refusal.details, "year": case.ref}) from None

    # ------------------------------------------------------------------------------------------- refs and timers

    def next_ref(self, kind: str, *, year: int | None = None) -> str:
        """The next readable reference of a kind in a year (default this year), as cli.md writes it."""
        of_year = year or self.today.year
        ref = readable_ref(kind, of_year, self._next_number(kind, of_year))
        self.refs_given.append(ref)
        self._absent.add(f"{kind}/{ref}")  # nobody else can have it
        return ref

    def _next_number(self, kind: str, year: int) -> int:
        if self._gathered is None:
            return self._store.work.next_number(kind, year)
        return self._gathered.next_number(kind, year, self._store.work)

    def set_timer(self, kind: str, stream: str, due_at: datetime, *, cause: Envelope, name: str = "") -> None:
        """Let ``kind`` (a row of the timer table in ``subscriptions``) fall due for a case at an instant."""
        timer_id = f"{stream}:{kind}:{name}" if name else f"{stream}:{kind}"
        self.store.work.set_timer(timer_id=timer_id, stream=stream, kind=kind, due_at=due_at, cause=cause.event_id)

    def clear_timer(self, kind: str, stream: str, *, name: str = "") -> None:
        """What the timer waited for has happened."""
        self.store.work.clear_timer(f"{stream}:{kind}:{name}" if name else f"{stream}:{kind}")

    # ------------------------------------------------------------------------------------------------- what shows

    def comparable(self, on: date | None = None) -> str:
        """What would happen, as canonical JSON with given numbers left open: what two people must see alike.

        A day that is only the day it happens stays open too: the second person may come later.

        Args:
            on: The accounting day that the first person chose.
        """
        drafts = [draft for draft, _posted in self.entries]
        return comparable(self.facts, drafts, self.refs_given, today=self.today, on=on)

    def preview(self, on: date | None = None, *, trial: bool, most: int | None = None) -> dict[str, Any]:
        """What was recorded as people decide on it (``fund.previews`` has the words); a trial opens no seal, and the
        numbers it gave stay open.

        Args:
            most: So many facts at most; all when left out.
        """
        from fund.unit_of_work.preview import preview

        booked = on if self.entries else None
        return preview(self, self.facts[:most], on=booked, new=self.refs_given if trial else (), sealed=trial)
