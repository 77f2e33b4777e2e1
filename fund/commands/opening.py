"""A fund that can be asked, opened where it is; refusals with the names that it knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from fund.database import Engine, create_engine, explain
from fund.database.versions import require_head
from fund.errors import FundError, NotReady
from fund.registry import PROJECTIONS
from fund.unit_of_work import Snapshot


@dataclass(slots=True)
class Fund:
    """A fund that can be asked: its database, and the bell of its workers where it has them."""

    engine: Engine
    url: str
    notify: Callable[[], None] | None = None
    """Called after a commit when workers do what follows; without it this process does it itself."""
    warn: Callable[[str], None] | None = None
    """Called with a sentence when a reaction failed; the command itself is done."""
    progress: Callable[[int, int], None] | None = None
    """Called while a long command runs: so many done, of so many."""

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


@contextmanager
def open_fund(url: str, *, notify: Callable[[], None] | None = None, pooled: bool = True) -> Iterator[Fund]:
    """The fund in the database at ``url``, at this program's version.

    Raises:
        DatabaseMissing, DatabaseBehind, DatabaseNewer, DatabaseUnreachable, NotADatabase: As they say.
    """
    engine = create_engine(url, pooled=pooled)
    try:
        require_head(engine)
        yield Fund(engine, url, notify)
    except FundError as problem:
        raise explain(problem, engine) from problem.__cause__
    finally:
        engine.dispose()


def naming(fund: Fund, problem: FundError) -> FundError:
    """The refusal with the names of the partners and users whose ids stand in its details."""
    ids = set(_texts(problem.details))
    if isinstance(problem, NotReady) or not ids:
        return problem
    with suppress(NotReady), Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
        partners = ids.intersection(snapshot.store.cases.refs("partner"))
        people = {each: snapshot.name(each) for each in ids if each.startswith("usr_")}
        problem.names = {**people, **{each: snapshot.partner_name(each) for each in partners}}
    return problem


def _texts(value: Any) -> Iterator[str]:
    """Every text among the details of a refusal, those of the refusals of several as well."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (Mapping, list, tuple)):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)
