"""One database transaction under the fund's lock: ``record`` stores a fact and posts its entries, or neither.

``View`` reads: cases, facts, ledger, regulations, at one instant. ``UnitOfWork`` is a view that may record. Use cases
are plain functions that take one; they ask, check and record, and never commit. Source: lifecycle.md 1, service.md 4.
"""

from __future__ import annotations

import base64
import difflib
import hashlib
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from fund.database import Connection, Engine, reading, writing
from fund.errors import NoFundHere, UnknownRef
from fund.events import Envelope, Fact, canonical_json
from fund.glossary import code_word
from fund.language import AMSTERDAM
from fund.ledger import EntryDraft, Ledger, PeriodStatus, Posted
from fund.rules.authority import SYSTEM_ACTOR, Actor, Who
from fund.rules.postings import Booking, bookings
from fund.rules.regulations import Regulations
from fund.rules.transitions import Transition
from fund.schemas import CaseFile
from fund.schemas.capital import Partner
from fund.store import CaseBrief, Head, Store

__all__ = ["BOOK", "Command", "Life", "Lives", "Query", "UnitOfWork", "View", "derive_id"]

BOOK = "fund"
"""The name of the one book of a fund's database."""

Case = TypeVar("Case", bound=CaseFile)
Answer = TypeVar("Answer")

_REF_FORMS = {
    "round": ("", 0),
    "proposal": ("", 3),
    "disbursement": ("D", 4),
    "call": ("B", 4),
    "cost": ("K", 4),
    "batch": ("S", 3),
    "pending": ("Q", 4),
    "receipt": ("O", 4),
    "debit": ("U", 4),
    "income": ("I", 4),
    "journal": ("M", 4),
    "refund": ("T", 4),
    "settlement": ("E", 4),
    "transfer": ("V", 4),
    "resolution": ("R", 4),
}


@dataclass(frozen=True, slots=True)
class Life:
    """How the facts of one kind of case are folded into its case file.

    ``after(case, happened)`` is pure: the case before (``None`` at the beginning) and the fact give the case after.
    A fact that does not concern it leaves it as it was. ``table`` is its lifecycle; a kind without one moves with
    another (a review with its proposal), or begins and stays as it is.
    """

    model: type[CaseFile]
    after: Callable[[Any, Envelope], CaseFile | None]
    table: tuple[Transition, ...] = ()


Lives = Mapping[str, Life]
"""By kind of case."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command that changes the fund: the words as typed, the use case, who may, and who must confirm.

    ``who`` is checked without a case; use cases with a lifecycle check the row of their table as well. With ``second``
    the first person's command leaves a confirmation, and the use case runs when the second confirms. Where it depends
    on the case whether a second person is needed, ``second`` is a function of a view and the arguments, and
    ``seconds`` names everybody it may answer with.
    """

    name: str
    use_case: Callable[..., Any]
    who: Who
    second: Who | Callable[[View, Mapping[str, Any]], Who | None] | None = None
    seconds: tuple[Who, ...] = ()

    def second_for(self, view: View, args: Mapping[str, Any]) -> Who | None:
        """Who must confirm this command with these arguments, or ``None``."""
        if self.second is None or isinstance(self.second, Who):
            return self.second
        chosen = self.second(view, args)
        assert chosen is None or chosen in self.seconds, f"{self.name} names a second person that it never declared"
        return chosen


@dataclass(frozen=True, slots=True)
class Query:
    """One command that reads: ``function(view, **arguments)`` returns the JSON object that ``--json`` prints."""

    name: str
    function: Callable[..., dict[str, Any]]


def derive_id(prefix: str, *parts: object) -> str:
    """An id that follows from its parts, never from a clock or dice: ``evt_`` and 26 characters."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()
    return prefix + base64.b32encode(digest)[:26].decode().lower()


class View:
    """The fund at one instant, to read from.

    Attributes:
        now: The fund's clock (UTC). today: its day in Amsterdam.
        actor: Who looks; ``None`` when nobody was named.
    """

    def __init__(
        self, connection: Connection, lives: Lives, *, actor: Actor | None, now: datetime, book: str = BOOK
    ) -> None:
        self.connection = connection
        self._store = Store(connection)
        self._ledger = Ledger.open(connection, book=book)
        self.lives = lives
        self.actor = actor
        self.now = now
        self._cases: dict[str, tuple[CaseFile, int]] = {}
        self._absent: set[str] = set()
        self._rules: list[tuple[date, Regulations]] | None = None
        self._names: dict[str, str] = {}
        self._once: dict[Hashable, Any] = {}

    @classmethod
    @contextmanager
    def open(cls, engine: Engine, lives: Lives, *, actor: str | None = None) -> Iterator[View]:
        """A consistent view; ``actor`` is a user's name or id.

        Raises:
            NoFundHere: Nothing was founded in this database.
            UnknownUser: No such user.
        """
        with reading(engine) as connection:
            store = Store(connection)
            if store.work.setting("founded") is None:
                raise NoFundHere(place="")
            view = cls(connection, lives, actor=None, now=store.work.clock())
            if actor is not None:
                view.actor = view.user(actor)
            yield view

    @property
    def store(self) -> Store:
        """The fund's rows."""
        return self._store

    @property
    def ledger(self) -> Ledger:
        """The fund's books."""
        return self._ledger

    @property
    def today(self) -> date:
        """The day it is in Amsterdam by the fund's clock."""
        return self.now.astimezone(ZoneInfo(AMSTERDAM)).date()

    # ---------------------------------------------------------------------------------------------------- people

    def user(self, name: str) -> Actor:
        """The user with this name or id.

        Raises:
            UnknownUser: Nobody, or revoked.
        """
        from fund.errors import UnknownUser
        from fund.schemas.people import User

        if name == SYSTEM_ACTOR.user_id:
            raise UnknownUser(user=name)
        user_id = self.store.work.user_id_of(name) or name
        user = self.maybe(User, user_id)
        if user is None or user.state != "active":
            raise UnknownUser(user=name)
        return user.as_actor(self.store.work.name_of(user_id) or user_id)

    def name(self, user_id: str | None) -> str:
        """The name of a user while it is known, else the id."""
        if not user_id:
            return ""
        if user_id not in self._names:
            self._names[user_id] = self.store.work.name_of(user_id) or user_id
        return self._names[user_id]

    def partner_name(self, ref: str) -> str:
        """The short name of a partner, else what was given: a cost has no partner behind it."""
        found = self.maybe(Partner, ref)
        return found.short_name if found else ref

    # ----------------------------------------------------------------------------------------------------- cases

    def maybe(self, model: type[Case], ref: str) -> Case | None:
        """The case of this kind and ref, where there is one."""
        stream = f"{model.kind}/{ref}"
        if stream not in self._cases:
            row = None if stream in self._absent else self._store.cases.get(stream)
            if row is None:
                self._note_absent(stream)
                return None
            self._cases[stream] = (model.model_validate_json(row.document), row.version)
        case = self._cases[stream][0]
        assert isinstance(case, model)
        return case

    def _note_absent(self, stream: str) -> None:
        """There is no such case; a view may find it later all the same."""

    def case(self, model: type[Case], ref: str) -> Case:
        """The case of this kind and ref.

        Raises:
            UnknownRef: There is none; the hint names the nearest.
        """
        found = self.maybe(model, ref)
        if found is None:
            near = difflib.get_close_matches(ref, self.store.cases.refs(model.kind), n=1, cutoff=0.6)
            listed = _LISTS.get(model.kind, f"{model.kind} list")
            look = f"{model.kind} show {near[0]}" if near and model.kind in _SHOWN else listed
            raise UnknownRef(kind=code_word(model.kind), ref=ref, suggestion=f"fund {look}")
        return found

    def cases(
        self,
        model: type[Case],
        *,
        states: Sequence[str] | None = None,
        parent: str | None = None,
        partner: str | None = None,
        lookup: str | None = None,
        refs: Sequence[str] | None = None,
    ) -> list[Case]:
        """Cases of a kind that fit every condition, in the order of their refs (what this unit changed included)."""
        return self._cases_in(
            self._store, model, states=states, parent=parent, partner=partner, lookup=lookup, refs=refs
        )

    def _cases_in(self, store: Store, model: type[Case], **conditions: Any) -> list[Case]:
        rows = store.cases.find(model.kind, **conditions)
        found = []
        for row in rows:
            if row.stream not in self._cases:
                self._cases[row.stream] = (model.model_validate_json(row.document), row.version)
            case = self._cases[row.stream][0]
            assert isinstance(case, model)
            found.append(case)
        return found

    def briefs(
        self,
        model: type[CaseFile],
        *,
        states: Sequence[str] | None = None,
        parent: str | None = None,
        refs: Sequence[str] | None = None,
    ) -> list[CaseBrief]:
        """The cases that fit, as their columns say it, in the order of their refs: for what is asked of a whole round.

        A round may hold hundreds of proposals, and each step of each of them may ask it; nothing is opened here.
        """
        return self.store.cases.briefs(model.kind, states=states, parent=parent, refs=refs)

    def any(self, model: type[CaseFile], *, states: Sequence[str] | None = None, parent: str | None = None) -> bool:
        """Whether there is a case that fits."""
        return self.store.cases.any(model.kind, states=states, parent=parent)

    def version(self, case: CaseFile) -> int:
        """The number of the fact that changed the case last: what an edit must have read."""
        if case.stream in self._cases:
            return self._cases[case.stream][1]
        row = self.store.cases.get(case.stream)
        return 0 if row is None else row.version

    def history(self, case: CaseFile) -> list[Envelope]:
        """Every fact that touches the case, oldest first."""
        return self.store.facts.of_stream(case.stream)

    def once(self, key: Hashable, read: Callable[[], Answer]) -> Answer:
        """What ``read`` finds, read once under this key: nothing changes while one looks. A unit of work, in which it
        does, reads each time.
        """
        if key not in self._once:
            self._once[key] = read()
        found: Answer = self._once[key]
        return found

    def remember(self, key: Hashable, found: object) -> None:
        """:meth:`once` under this key gives ``found``: it was read together with others."""
        self._once[key] = found

    # ----------------------------------------------------------------------------------------------------- rules

    def regulations(self, on: date | None = None) -> Regulations:
        """The regulations in force on a day (default today): of those that hold from a day not after it, the last.

        Of two that hold from the same day, the one that was adopted later.

        Raises:
            NoFundHere: None were adopted yet.
        """
        from fund.schemas.people import RegulationsFile

        if self._rules is None:
            adopted = sorted(self.cases(RegulationsFile), key=lambda case: (case.from_on, self.version(case)))
            self._rules = [(case.from_on, case.regulations) for case in adopted]
        day = on or self.today
        in_force = [rules for from_on, rules in self._rules if from_on <= day]
        if not in_force:
            if self._rules:
                return self._rules[0][1]
            raise NoFundHere(place="")
        return in_force[-1]

    def regulations_named(self, version: str, *, on: date | None = None) -> Regulations:
        """The regulations of a version; where none was kept or it is not among those adopted, those of a day."""
        from fund.schemas.people import RegulationsFile

        adopted = self.maybe(RegulationsFile, version) if version else None
        return adopted.regulations if adopted is not None else self.regulations(on)

    @property
    def first_day(self) -> date:
        """The first day of the fund: that of its first regulations."""
        self.regulations()
        assert self._rules
        return self._rules[0][0]

    def balance_now(self, account: str) -> int:
        """What stands on an account or sub-account over all days, debit positive."""
        return self._ledger.balance(account)

    def takes_entries(self, day: date) -> bool:
        """Whether the month of this day is open for entries."""
        return self._ledger.period_of(day).status is PeriodStatus.OPEN

    def balances(self, *, as_of: date | None = None, known_at: int | None = None) -> dict[str, int]:
        """Balances of main codes (sub-accounts summed), debit positive, entries of kind ``closing`` left out."""
        sums: dict[str, int] = {}
        for code, cents in self.ledger.balances(as_of=as_of, known_at=known_at, kinds_excluded=("closing",)).items():
            main = code.partition(".")[0]
            sums[main] = sums.get(main, 0) + cents
        return sums


_SHOWN = ("proposal", "agreement", "disbursement", "round", "review", "decision", "key", "partner")
"""Kinds of which one is shown by ``fund NOUN show REF``."""
_LISTS = {
    "allowance": "repayment allowance",
    "amendment": "agreement list",
    "bank_account": "bank list",
    "bank_notification": "bank list",
    "bank_statement": "bank list",
    "batch": "payment list",
    "call": "capital list",
    "cost": "cost list",
    "debit": "cost list",
    "decision": "proposal list",
    "exit": "partner list",
    "fund": "status",
    "income": "cost list",
    "key": "key show",
    "member": "user list",
    "payable": "payment list",
    "plan": "repayment list",
    "receipt": "bank list",
    "regulations": "regulations show",
    "resolution": "inbox",
    "review": "proposal list",
    "transfer": "cost list",
}
"""Where cases of a kind are listed, when that is not ``fund KIND list``."""


@dataclass(slots=True)
class _Cause:
    """For facts of the service itself: the fact that caused them, and the reaction or timer by name."""

    event_id: str
    reaction: str
    count: int = field(default=0)


@dataclass(slots=True)
class _Gathered:
    """What was recorded and is not written yet, and what is known of the books beside it."""

    facts: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    cases: dict[str, tuple[CaseFile, int]] = field(default_factory=dict)
    drafts: list[tuple[int, EntryDraft]] = field(default_factory=list)
    """Each with its place in ``entries``."""
    numbers: dict[tuple[str, int], int] = field(default_factory=dict)
    moved: dict[str, int] = field(default_factory=dict)
    """By account, what the drafts move."""
    stood: dict[str, int] = field(default_factory=dict)
    """By account, what is written."""
    open_months: dict[tuple[int, int], bool] = field(default_factory=dict)


MOST_GATHERED = 500
"""So many facts at most wait to be written together."""
_UNWRITTEN = Posted(0, b"", False, "")


class UnitOfWork(View):
    """A view that may record; everything it records commits together, or not at all.

    Attributes:
        actor: Who acts: in a two-person command the one who confirms.
        maker: Who made it: the first person of a two-person command, else the actor.
        confirmer: The second person, at the confirmation; ``None`` before.
        result: What the use case answers, beyond facts and entries (JSON).
        next_step: The command that comes next, as it can be typed.
        progress: Told how far a long command is, for whoever waits: so many done, of so many.
        trial: Whether all of it is taken back at the end (``--dry-run``): then nothing under seal is opened.
    """

    actor: Actor
    trial: bool = False
    progress: Callable[[int, int], None] | None = None

    def __init__(
        self,
        connection: Connection,
        lives: Lives,
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
    ) -> None:
        super().__init__(connection, lives, actor=actor, now=now)
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
        self._recorded = 0
        self._cause = _Cause(cause, reaction) if cause is not None else None
        self._gathered: _Gathered | None = None

    @classmethod
    @contextmanager
    def open(  # type: ignore[override]
        cls, engine: Engine, lives: Lives, *, actor: Actor | str, command_id: str | None = None, **options: Any
    ) -> Iterator[UnitOfWork]:
        """A unit of work in a transaction of its own, under the fund's lock; commits at the end.

        Raises:
            NoFundHere, UnknownUser, DatabaseBusy: As they say.
        """
        with writing(engine) as connection:
            yield cls.on(connection, lives, actor=actor, command_id=command_id, **options)

    @classmethod
    def on(
        cls, connection: Connection, lives: Lives, *, actor: Actor | str, command_id: str | None = None, **options: Any
    ) -> UnitOfWork:
        """A unit of work in the caller's transaction. Takes the fund's lock: nobody overtakes its guards (G1)."""
        store = Store(connection)
        if store.work.setting("founded") is None:
            raise NoFundHere(place="")
        head = store.facts.head(lock=True)
        now = max(store.work.clock(), head.recorded_at)
        who = actor if isinstance(actor, Actor) else View(connection, lives, actor=None, now=now).user(actor)
        return cls(connection, lives, actor=who, now=now, head=head, command_id=command_id, **options)

    def once(self, key: Hashable, read: Callable[[], Answer]) -> Answer:
        """What ``read`` finds now: this unit may have changed it."""
        return read()

    def _note_absent(self, stream: str) -> None:
        """There is no such case, and under the fund's lock nobody else makes one."""
        self._absent.add(stream)

    def told(self, done: int, of: int) -> None:
        """Say how far this is."""
        if self.progress is not None:
            self.progress(done, of)

    # ------------------------------------------------------------------------------------------------- gathering

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Facts, cases, entries and numbers are written together, some hundred at a time: for thousands of facts.

        Nothing else changes. Whoever asks :attr:`store` or :attr:`ledger` finds everything written; cases, what stands
        on an account (:meth:`balance_now`) and whether a day takes entries are answered without writing.
        """
        assert self._gathered is None, "what is gathered twice is written twice"
        self._gathered = _Gathered()
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

    @property
    def ledger(self) -> Ledger:
        """The fund's books, with all that this unit recorded."""
        self._write()
        return self._ledger

    def cases(self, model: type[Case], **conditions: Any) -> list[Case]:
        """Cases of a kind that fit every condition, in the order of their refs; see :meth:`View.cases`."""
        if self._gathered is not None and any(stream.startswith(f"{model.kind}/") for stream in self._gathered.cases):
            self._write()
        return self._cases_in(self._store, model, **conditions)

    def balance_now(self, account: str) -> int:
        """What stands on an account or sub-account over all days, debit positive, with what this unit recorded."""
        gathered = self._gathered
        if gathered is None:
            return self._ledger.balance(account)
        if account not in gathered.stood:
            gathered.stood[account] = self._ledger.balance(account)
        return gathered.stood[account] + gathered.moved.get(account, 0)

    def takes_entries(self, day: date) -> bool:
        """Whether the month of this day is open for entries."""
        if self._gathered is None:
            return super().takes_entries(day)
        months = self._gathered.open_months
        month = (day.year, day.month)
        if month not in months:
            months[month] = super().takes_entries(day)
        return months[month]

    def _write(self) -> None:
        """Write what was gathered, in the order in which one by one would have written it."""
        gathered = self._gathered
        if gathered is None:
            return
        if gathered.facts:
            self._store.facts.write(gathered.facts, gathered.links)
            self._store.cases.put(gathered.cases.values())
            gathered.facts, gathered.links, gathered.cases = [], [], {}
        for (kind, year), last in gathered.numbers.items():
            self._store.work.set_number(kind, year, last)
        gathered.numbers.clear()
        if gathered.drafts:
            drafts, gathered.drafts = gathered.drafts, []
            written = self._ledger.post_many([draft for _place, draft in drafts])
            for (place, draft), posted in zip(drafts, written, strict=True):
                assert isinstance(posted, Posted)
                self.entries[place] = (draft, posted)
            for account, cents in gathered.moved.items():
                if account in gathered.stood:
                    gathered.stood[account] += cents
            gathered.moved.clear()

    # ------------------------------------------------------------------------------------------------- recording

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
            self._gathered.facts.append(row)
            self._gathered.links += links
        self._fold(envelope)
        self._book(envelope)
        if self._gathered is not None and len(self._gathered.facts) >= MOST_GATHERED:
            self._write()
        return envelope

    def _fold(self, envelope: Envelope) -> None:
        changed: list[tuple[CaseFile, int]] = []
        for stream in dict.fromkeys((envelope.stream, *envelope.fact.touches())):
            kind, _slash, ref = stream.partition("/")
            life = self.lives.get(kind)
            if life is None:
                continue
            case = life.after(self.maybe(life.model, ref), envelope)
            self._absent.discard(stream)
            if case is not None:
                self._cases[stream] = (case, envelope.seq)
                changed.append((case, envelope.seq))
        if self._gathered is None:
            self._store.cases.put(changed)
        else:
            self._gathered.cases.update((case.stream, (case, version)) for case, version in changed)
        if envelope.type == "regulations.adopted":
            self._rules = None

    def _book(self, envelope: Envelope) -> None:
        for number, booking in enumerate(bookings(envelope)):
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
                self._gathered.drafts.append((len(self.entries), draft))
                self.entries.append((draft, _UNWRITTEN))
                for posting in draft.postings:
                    cents = self._gathered.moved.get(posting.account, 0) + posting.amount_cents
                    self._gathered.moved[posting.account] = cents
                return
            posted = self._ledger.post(draft)
        self.entries.append((draft, posted))

    # ------------------------------------------------------------------------------------------- refs and timers

    def next_ref(self, kind: str, *, year: int | None = None) -> str:
        """The next readable reference of a kind in a year (default this year), as cli.md writes it."""
        prefix, width = _REF_FORMS[kind]
        of_year = year or self.today.year
        number = self._next_number(kind, of_year)
        ref = f"{prefix}{of_year}-{number:0{width}d}" if width else f"{of_year}-{number}"
        self.refs_given.append(ref)
        self._absent.add(f"{kind}/{ref}")  # nobody else can have it
        return ref

    def _next_number(self, kind: str, year: int) -> int:
        if self._gathered is None:
            return self._store.work.next_number(kind, year)
        numbers = self._gathered.numbers
        last = numbers.get((kind, year))
        numbers[(kind, year)] = (self._store.work.last_number(kind, year) if last is None else last) + 1
        return numbers[(kind, year)]

    def set_timer(self, kind: str, stream: str, due_at: datetime, *, cause: Envelope, name: str = "") -> None:
        """Let ``kind`` (a row of the timer table in ``subscriptions``) fall due for a case at an instant."""
        timer_id = f"{stream}:{kind}:{name}" if name else f"{stream}:{kind}"
        self.store.work.set_timer(timer_id=timer_id, stream=stream, kind=kind, due_at=due_at, cause=cause.event_id)

    def clear_timer(self, kind: str, stream: str, *, name: str = "") -> None:
        """What the timer waited for has happened."""
        self.store.work.clear_timer(f"{stream}:{kind}:{name}" if name else f"{stream}:{kind}")

    # ------------------------------------------------------------------------------------------------- what shows

    def shown(self, on: date | None = None) -> str:
        """What would happen, as canonical JSON with given numbers left open: what two people must see alike.

        A day that is only the day it happens stays open too: the second person may come later.

        Args:
            on: The accounting day that the first person chose.
        """

        def told_day(day: date) -> str:
            return "today" if day == self.today and day != on else day.isoformat()

        told = [
            {
                "type": fact.type,
                "stream": fact.stream,
                "on": told_day(fact.effective_on),
                "payload": fact.fact.payload(),
            }
            for fact in self.facts
        ]
        booked = [
            {
                "kind": draft.kind,
                "memo": draft.memo,
                "on": told_day(draft.effective_on),
                "postings": [[posting.account, posting.amount_cents] for posting in draft.postings],
            }
            for draft, _posted in self.entries
        ]
        text = canonical_json({"facts": told, "entries": booked})
        for number, ref in enumerate(self.refs_given):
            # where it stands whole: 2026-1 is no part of 2026-11-01
            text = re.sub(rf"(?<![A-Za-z0-9-]){re.escape(ref)}(?![0-9])", f"#{number}", text)
        for number, fact in enumerate(self.facts):  # one that another names: its id follows from who asks, and how
            text = text.replace(fact.event_id, f"#fact {number}")
        return text


def total_of(cents: Iterable[int]) -> int:
    """The sum of amounts."""
    return sum(cents)
