"""The inbox: the lines of every source that somebody could act on, what is late first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from fund.declarations import found_at
from fund.schemas.base import as_row
from fund.schemas.people import User
from fund.store import PendingRow
from fund.unit_of_work import Snapshot
from fund.words import role_word
from fund.workflows.inbox.commands import InboxItem, InboxItems
from fund.workflows.inbox.reader import PROPOSAL_ENDED, InboxReader, arguments_of
from fund.workflows.inbox.task import Task


@dataclass(frozen=True, slots=True)
class Source:
    """What waits in one chapter, whoever looks; its module is imported where something may wait.

    Attributes:
        place: ``module:function`` of this package.
        ended: By kind of the cases that may wait, the states in which they do not. Without kinds: it is always asked.
    """

    place: str
    ended: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __call__(self, reader: InboxReader) -> Iterator[Task]:
        if self.ended and not reader.waits(self.ended):
            return iter(())
        found: Iterator[Task] = found_at(f"{__package__}.{self.place}")(reader)
        return found


def _confirmations(reader: InboxReader) -> Iterator[Task]:
    return Source("confirmations:confirmations")(reader) if reader.pendings else iter(())


SOURCES: tuple[Callable[[InboxReader], Iterator[Task]], ...] = (
    _confirmations,
    Source("proposals:waiting", {"proposal": PROPOSAL_ENDED, "round": ("decided",)}),
    Source("reviewing:waiting", {"proposal": PROPOSAL_ENDED}),
    Source("deciding:waiting", {"proposal": PROPOSAL_ENDED}),
    Source("deciding:resolutions", {"resolution": ("carried", "lost", "superseded")}),
    Source("agreements:waiting"),
    Source("deciding:amendments", {"amendment": ("agreed", "refused", "superseded")}),
    Source("money_out:waiting"),
    Source("money_in:waiting"),
    Source("capital:waiting"),
    Source(
        "evaluations:waiting", {"evaluation": ("accepted", "waived"), "writeoff": ("refused", "posted", "reversed")}
    ),
    Source("exits:waiting", {"exit": ()}),
    Source("office:waiting"),
)
"""In the order in which lines of one day and command stand."""


def inbox(snapshot: Snapshot, *, everybody: bool = False) -> InboxItems:
    """What waits for the one who looks (or, with ``everybody``, for anybody): what is late first, then the soonest.

    A step that one person took and that waits for the second is not asked again: the confirmation stands in its place.
    """
    actor = None if everybody else snapshot.actor
    reader = InboxReader(snapshot)
    made = [_made(reader, row) for row in reader.pendings]
    lines = [
        line
        for source in SOURCES
        for line in source(reader)
        if (actor is None or line.is_for(actor)) and not any(step.is_asked_by(line) for step in made)
    ]
    lines.sort(key=lambda line: (line.until or date.max, line.command))
    return {
        "as_of": snapshot.today.isoformat(),
        "user": snapshot.actor.name if snapshot.actor else None,
        "roles": sorted(role.value for role in snapshot.actor.roles) if snapshot.actor else [],
        "everybody": actor is None,
        "late": sum(1 for line in lines if line.until is not None and line.until < snapshot.today),
        "items": [_item(reader, line) for line in lines],
    }


def _item(reader: InboxReader, line: Task) -> InboxItem:
    return as_row(
        InboxItem,
        line,
        late=line.until is not None and line.until < reader.today,
        roles=", ".join(role_word(role) for role in sorted(line.who.all_roles())),
        partner_name=reader.short_name(line.partner) if line.partner else "",
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """A step that one person took: the words of its command, what it was about, and for which partner."""

    words: list[str]
    about: tuple[str, ...]
    partner: str | None

    def is_asked_by(self, line: Task) -> bool:
        """Whether a line asks this very step; the other parties are still asked theirs."""
        typed = line.command.split()[1:]
        if typed[: len(self.words)] != self.words or (line.partner and line.partner != self.partner):
            return False
        # a year stands for its months
        return all(any(word == each or word.startswith(f"{each}-") for word in typed) for each in self.about)


def _made(reader: InboxReader, row: PendingRow) -> _Made:
    given = arguments_of(row)
    about = tuple(str(given[name]) for name in ("ref", "about", "receipt", "period") if given.get(name))
    maker = next((user for user in reader.all(User) if user.ref == row.made_by), None)
    return _Made(row.name.split(), about, maker.partner if maker is not None else None)
