"""What was booked, as a bookkeeper writes it down: tests compare whole entries as text.

    2026-01-05  contribution.called  Kapitaaloproep B2026-0001
      Dr 1100.gm0308               39,884.21
      Cr 3000.gm0308                                39,884.21

Day, fact and memo; then one line per leg, in the order in which it was booked, with its amount in euros in the column
of debits or of credits. An entry whose kind is not its fact's name says both (``year.closed, closing``); one that takes
another back names it by day, fact and memo. Numbers of entries are left out: a text stays right when something else is
booked before it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from fund.commands.opening import Fund
from fund.ledger import Entry
from fund.registry import PROJECTIONS
from fund.store import Store
from fund.unit_of_work import Snapshot
from tests.factories import World

__all__ = ["book", "head", "journal"]

Where = World | Fund | Snapshot | Connection
_DEBITS_END, _CREDITS_END = 40, 57
_LEG = re.compile(r"\s*(Dr|Cr) (\S+) +([0-9,]+\.[0-9]{2})")


def journal(where: Where, since: int = 0) -> str:
    """Every entry after number ``since``, whole, with an empty line between two."""
    with _view(where) as snapshot:
        return "\n\n".join(_entry(snapshot, entry) for entry in snapshot.ledger.entries(since_seq=since))


def head(where: Where) -> int:
    """The number of the last entry: what is booked from here on is ``journal(where, since=...)``."""
    with _view(where) as snapshot:
        return snapshot.ledger.head().seq


def book(text: str) -> str:
    """Bookkeeping text as it stands indented in a test, its amounts put in their columns, to compare whole."""
    lines = textwrap.dedent(text).strip("\n").rstrip().splitlines()
    legs = [_LEG.fullmatch(line) for line in lines]
    return "\n".join(_leg(*leg.groups()) if leg else line.rstrip() for leg, line in zip(legs, lines, strict=True))


@contextmanager
def _view(where: Where) -> Iterator[Snapshot]:
    if isinstance(where, Snapshot):
        yield where
    elif isinstance(where, Connection):
        yield Snapshot(where, PROJECTIONS, actor=None, now=Store(where).work.clock())
    else:
        with Snapshot.open(where.engine if isinstance(where, Fund) else where.fund.engine, PROJECTIONS) as snapshot:
            yield snapshot


def _entry(snapshot: Snapshot, entry: Entry) -> str:
    lines = [_first_line(snapshot, entry)]
    if entry.reverses is not None:
        lines.append(f"  takes back {_first_line(snapshot, snapshot.ledger.entry(entry.reverses))}")
    for leg in entry.postings:
        cents = abs(leg.amount_cents)
        lines.append(_leg("Dr" if leg.amount_cents > 0 else "Cr", leg.account, f"{cents // 100:,}.{cents % 100:02d}"))
    return "\n".join(lines)


def _leg(side: str, account: str, euros: str) -> str:
    stated = f"  {side} {account}  "
    return f"{stated}{euros:>{(_DEBITS_END if side == 'Dr' else _CREDITS_END) - len(stated)}}"


def _first_line(snapshot: Snapshot, entry: Entry) -> str:
    event = snapshot.store.facts.get(str(entry.metadata.get("event_id")))
    fact = event.type if event else entry.kind
    kind = fact if entry.kind == fact else f"{fact}, {entry.kind}"
    return f"{entry.effective_on}  {kind}  {entry.memo}"
