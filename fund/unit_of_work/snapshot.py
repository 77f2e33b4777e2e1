"""Reading: cases, facts, ledger and regulations, at one instant."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from fund.database import Connection, Engine, reading
from fund.errors.commands import AmbiguousName, UnknownRef
from fund.errors.database import NoFundHere
from fund.errors.people import UnknownPartner, UnknownUser
from fund.events import Envelope
from fund.glossary import Name, Names, advice, meant, suggested
from fund.language import AMSTERDAM
from fund.ledger import PeriodStatus
from fund.rules.authority import SYSTEM_ACTOR, Actor, Guard
from fund.rules.regulations import Regulations
from fund.rules.transitions import Transition
from fund.schemas import CaseFile
from fund.schemas.capital import Partner, names_of
from fund.schemas.people import RegulationsFile, User
from fund.store import CaseBrief, CaseRow, Store
from fund.unit_of_work.projections import Projections
from fund.unit_of_work.refs import where_to_look

if TYPE_CHECKING:
    from fund.ledger import Ledger, Periods

BOOK = "fund"
"""The name of the one book of a fund's database."""

Case = TypeVar("Case", bound=CaseFile)
Answer = TypeVar("Answer")


class Snapshot:
    """The fund at one instant, to read from.

    Attributes:
        now: The fund's clock (UTC). today: its day in Amsterdam.
        actor: Who looks; ``None`` when nobody was named.
    """

    def __init__(
        self, connection: Connection, projections: Projections, *, actor: Actor | None, now: datetime, book: str = BOOK
    ) -> None:
        self.connection = connection
        self._store = Store(connection)
        self._book_name = book
        self.projections = projections
        self.actor = actor
        self.now = now
        self._cases: dict[str, tuple[CaseFile, int]] = {}
        self._absent: set[str] = set()
        self._rules: list[tuple[date, Regulations]] | None = None
        self._names: dict[str, str] = {}
        self._cache: dict[Hashable, Any] = {}

    @classmethod
    @contextmanager
    def open(cls, engine: Engine, projections: Projections, *, actor: str | None = None) -> Iterator[Snapshot]:
        """A consistent view; ``actor`` is a user's name or id.

        Raises:
            NoFundHere: Nothing was founded in this database.
            UnknownUser: No such user.
        """
        with reading(engine) as connection:
            store = Store(connection)
            if store.work.setting("founded") is None:
                raise NoFundHere(place="")
            snapshot = cls(connection, projections, actor=None, now=store.work.clock())
            if actor is not None:
                snapshot.actor = snapshot.user(actor)
            yield snapshot

    @property
    def store(self) -> Store:
        """The fund's rows."""
        return self._store

    @cached_property
    def _ledger(self) -> Periods:
        from fund.ledger import Periods

        return Periods.open(self.connection, book=self._book_name)

    @property
    def ledger(self) -> Periods:
        """What the fund's books say, opened when they are first asked for."""
        return self._ledger

    @property
    def full_ledger(self) -> Ledger:
        """The fund's books with their proofs and checks."""
        from fund.ledger import Ledger

        return Ledger.open(self.connection, book=self._book_name)

    @property
    def today(self) -> date:
        """The day it is in Amsterdam by the fund's clock."""
        return self.now.astimezone(ZoneInfo(AMSTERDAM)).date()

    # ---------------------------------------------------------------------------------------------------- people

    def user(self, name: str) -> Actor:
        """The user with this name or id; capitals and accents do not matter where one user remains.

        Raises:
            UnknownUser: Nobody, or revoked; the hint names the nearest. AmbiguousName: Several.
        """
        user_id = self.store.work.user_id_of(name) or name
        user = self.maybe(User, user_id)
        if user is None and name != SYSTEM_ACTOR.user_id:
            user = self._user_called(name)
        if user is None or user.state != "active" or name == SYSTEM_ACTOR.user_id:
            near = suggested(name, self._user_names())
            raise UnknownUser(user=name, suggestion=advice([self.name(each) for each in near], "fund user list"))
        return user.as_actor(self.store.work.name_of(user.ref) or user.ref)

    def _user_called(self, name: str) -> User | None:
        names = self._user_names()
        found = meant(name, names)
        if len(found) > 1:
            called = sorted(self.name(each) for each in found)
            raise AmbiguousName(name=name, ids=called, choices=called)
        return self.maybe(User, found[0]) if found else None

    def _user_names(self) -> Names:
        """The names of everybody who may act, by id."""
        called = self.store.work.names()
        return {user.ref: (called[user.ref],) for user in self.cases(User, states=("active",)) if user.ref in called}

    def name(self, user_id: str | None) -> str:
        """The name of a user while it is known, else the id."""
        if not user_id:
            return ""
        if user_id not in self._names:
            self._names[user_id] = self.store.work.name_of(user_id) or user_id
        return self._names[user_id]

    def partner(self, ref: str) -> Partner:
        """The partner with this id.

        Raises:
            UnknownPartner: None of the fund's partners has it; the hint names the nearest.
        """
        found = self.maybe(Partner, ref)
        if found is None:
            partners = {each.ref: each for each in self.cases(Partner)}
            near = suggested(ref, names_of(partners.values()))
            named = [f"{partners[each].short_name} ({each})" for each in near]
            look = f"fund partner show {near[0]}" if near else "fund partner list"
            raise UnknownPartner(
                partner=ref, known=len(partners), near=near[0] if near else "", suggestion=advice(named, look)
            )
        return found

    def meant(self, name: Name) -> str:
        """The id of what somebody named: a partner by its id, its name, a short name or an abbreviation.

        A supplier, who may stand where a payee is asked, goes by its own short name; it is looked up by whoever asks.

        Raises:
            UnknownPartner: There is none; the hint names the nearest. AmbiguousName: Several are called so.
        """
        text = str(name)
        if self.maybe(Partner, text) is not None:
            return text
        partners = {each.ref: each for each in self.cases(Partner)}
        found = meant(text, names_of(partners.values()))
        if name.chosen in found:
            return name.chosen
        if len(found) > 1:
            choices = [f"{partners[each].name} ({each})" for each in found]
            raise AmbiguousName(name=text, ids=list(found), choices=choices)
        if found:
            return found[0]
        return text if name.kind == "payee" else self.partner(text).ref

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
            look = where_to_look(model.kind, ref, self.store.cases.refs(model.kind))
            raise UnknownRef(kind=model.kind, ref=ref, suggestion=look)
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
        return [self._opened(model, row) for row in store.cases.find(model.kind, **conditions)]

    def _opened(self, model: type[Case], row: CaseRow) -> Case:
        """A case as this view knows it, read from its row where it was not read before."""
        if row.stream not in self._cases:
            self._cases[row.stream] = (model.model_validate_json(row.document), row.version)
        case = self._cases[row.stream][0]
        assert isinstance(case, model)
        return case

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

    def guard(self, of: CaseFile | Guard, row: Transition) -> Guard:
        """Whose case it is when this row of a lifecycle is carried out, as the case itself says."""
        guard = of if isinstance(of, Guard) else self.projections[of.kind].guard(self, of, row)
        return replace(guard, prior_approvers=()) if row.may_repeat else guard

    def history(self, case: CaseFile) -> list[Envelope]:
        """Every fact that touches the case, oldest first."""
        return self.store.facts.of_stream(case.stream)

    def cached(self, key: Hashable, read: Callable[[], Answer]) -> Answer:
        """What ``read`` finds, read once under this key: nothing changes while one looks. A unit of work, in which it
        does, reads each time.
        """
        if key not in self._cache:
            self._cache[key] = read()
        found: Answer = self._cache[key]
        return found

    def prime_cache(self, key: Hashable, found: object) -> None:
        """:meth:`once` under this key gives ``found``: it was read together with others."""
        self._cache[key] = found

    # ----------------------------------------------------------------------------------------------------- rules

    def regulations(self, on: date | None = None) -> Regulations:
        """The regulations in force on a day (default today): of those that hold from a day not after it, the last.

        Of two that hold from the same day, the one that was adopted later.

        Raises:
            NoFundHere: None were adopted yet.
        """
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
        return self.ledger.main_balances(as_of=as_of, known_at=known_at, kinds_excluded=("closing",))
