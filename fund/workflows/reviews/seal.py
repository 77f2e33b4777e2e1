"""The seal over scores and votes: what is kept apart, what stands in the fact, and the opening that compares the two.

The content lies in table ``sealed`` and in no fact, answer or case until the use case that opens it. The salt
follows from the command's id and a secret of the fund, so that a reader of the facts cannot try every possible score.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping

from fund.errors.reviews import SealBroken
from fund.events import require_printable
from fund.rules.voting import commitment, salt_for
from fund.store import SealedRow
from fund.unit_of_work import UnitOfWork

_SECRET = "seal_secret"


def put_under_seal(uow: UnitOfWork, *, stream: str, kind: str, turn: int, content: str) -> str:
    """Keep ``content`` (canonical JSON) of the one who acts; the commitment to it.

    A later score or vote of the same person in the same turn replaces it.
    """
    require_printable(json.loads(content))  # now, not at the opening: the fact that opens it could not be recorded
    salt = salt_for(_secret(uow), stream, kind, turn, uow.maker.user_id, uow.command_id)
    uow.store.work.put_sealed(stream=stream, kind=kind, actor=uow.maker.user_id, round=turn, salt=salt, content=content)
    return commitment(salt, content)


def read_sealed(
    uow: UnitOfWork, *, stream: str, kind: str, turn: int, commitments: Mapping[str, str], whose: Collection[str]
) -> list[SealedRow]:
    """What these people gave, in the order of their ids, each compared with the commitment in its fact.

    Whoever puts it in a fact then says so (:func:`open_seals`).

    Raises:
        SealBroken: What is kept is not what was committed to, or is gone.
    """
    kept = {row.actor: row for row in uow.store.work.sealed(stream=stream, kind=kind, round=turn)}
    opened = []
    for person in sorted(whose):
        row = kept.get(person)
        found = commitment(row.salt, row.content) if row is not None else ""
        if row is None or found != commitments.get(person):
            raise SealBroken(
                ref=stream.partition("/")[2],
                person=uow.name(person),
                committed=commitments.get(person, "")[:12],
                found=found[:12] or "-",
            )
        opened.append(row)
    return opened


def open_seals(uow: UnitOfWork, *, stream: str, kind: str, turn: int) -> None:
    """What was under seal stands in a fact now. A trial shows none of it, and its answer says so (``withheld``)."""
    opened = uow.store.work.open_sealed(stream=stream, kind=kind, round=turn)
    uow.withheld = uow.withheld or (uow.trial and opened > 0)


def _secret(uow: UnitOfWork) -> str:
    """The secret of this fund: made at its first use; a story or test, whose clock is held, always has the same."""
    work = uow.store.work
    if work.setting("held_clock_us") is not None:
        return f"story:{work.setting('founded')}"
    found = work.setting(_SECRET)
    if found is None:
        found = secrets.token_hex(32)
        work.set_setting(_SECRET, found)
    return found
