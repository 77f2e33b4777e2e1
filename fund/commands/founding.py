"""A fund is founded: its database, accounts, regulations and first people."""

from __future__ import annotations

from datetime import date, datetime

from fund import dates
from fund.commands.answers import answer_of
from fund.database import create_engine, explain, place, writing
from fund.database.versions import upgrade
from fund.declarations import Answer
from fund.errors import FundError
from fund.errors.closing import DayToCome
from fund.errors.people import FundExists
from fund.ledger import Ledger
from fund.registry import PROJECTIONS
from fund.rules.authority import SYSTEM_ACTOR, Role
from fund.rules.regulations import Regulations
from fund.store import Store
from fund.unit_of_work import BOOK, UnitOfWork
from fund.users.founding import found


def found_fund(
    url: str,
    *,
    name: str,
    admin: str,
    fund_manager: str,
    treasurer: str,
    on: date | None = None,
    rules: Regulations | None = None,
    held_clock: datetime | None = None,
    lock_step: bool = False,
) -> Answer:
    """A fund exists at ``url``: database at the newest version, accounts, standard regulations, three first people.

    Args:
        on: The first day of the regulations (default today).
        rules: Other regulations than the standard ones.
        held_clock: For a story or a test: the fund's clock is held at this instant from the beginning.
        lock_step: For a story: what follows is handed out in one order only.

    Raises:
        FundExists: There is one already. DayToCome: Its regulations would not hold yet, and nothing could be booked.
    """
    today = dates.day_of(held_clock or dates.now())
    if on is not None and on > today:
        raise DayToCome(command="init", on=on, today=today)
    upgrade(url)
    engine = create_engine(url)
    try:
        with writing(engine) as connection:
            store = Store(connection)
            head = store.facts.head(lock=True)
            existing = store.work.setting("founded")
            if existing is not None:
                raise FundExists(place=place(engine), name=existing)
            store.work.set_setting("founded", name)
            if held_clock is not None:
                store.work.hold_clock(held_clock)
            if lock_step:
                store.work.set_setting("lock_step", "yes")
            Ledger.create(connection, book=BOOK, currency="EUR")
            uow = UnitOfWork(
                connection,
                PROJECTIONS,
                actor=SYSTEM_ACTOR,
                now=store.work.clock(),
                head=head,
                command_id=f"found:{name}",
            )
            people = [(admin, Role.ADMIN), (fund_manager, Role.FUND_MANAGER), (treasurer, Role.TREASURER)]
            found(uow, name=name, people=people, from_on=on or uow.today, rules=rules)
            uow.next_step = f"fund --as {fund_manager} partner import"
            return answer_of(uow, "init", dry_run=False)
    except FundError as problem:
        raise explain(problem, engine) from problem.__cause__
    finally:
        engine.dispose()
