"""What tests of open data have in common: a fund full of canaries, and what the ledger says by itself."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from fund.commands.opening import open_fund
from fund.registry import PROJECTIONS
from fund.unit_of_work import Snapshot

CANARY = "kanarie"
PUBLISHED = {
    ("proposal.drafted", "form.title"), ("proposal.drafted", "form.hypothesis"),
    ("proposal.drafted", "form.milestones.title"),
    ("proposal.revised", "form.title"), ("proposal.revised", "form.hypothesis"),
    ("proposal.revised", "form.milestones.title"),
    ("agreement.activated", "title"), ("agreement.activated", "hypothesis"),
    ("agreement.activated", "milestones.title"),
    ("round.planned", "title"), ("partner.admitted", "name"), ("partner.admitted", "short_name"),
}  # fmt: skip
"""The texts of people that open data publish: fact and field."""
OFTEN_EMPTY = {"reason", "note", "remark", "remarks", "explanation", "summary", "ambition"}


@contextmanager
def seen(url: str) -> Iterator[Snapshot]:
    """A fund to read from."""
    with open_fund(url) as fund, Snapshot.open(fund.engine, PROJECTIONS) as snapshot:
        yield snapshot


def with_canaries(path: Path) -> int:
    """Put a canary in the place of every name of a user and of every text that people wrote and that is not published.

    The chain is broken by it, which nobody who reads notices. Answers how many texts were replaced.
    """
    planted = 0

    def plant(value: Any, fact: str, field: str = "") -> Any:
        nonlocal planted
        if isinstance(value, dict):
            return {key: plant(item, fact, f"{field}.{key}".strip(".")) for key, item in value.items()}
        if isinstance(value, list):
            return [plant(item, fact, field) for item in value]
        last = field.rpartition(".")[2]
        free = isinstance(value, str) and (" " in value or (not value and last in OFTEN_EMPTY))
        if not free or (fact, field) in PUBLISHED:
            return value
        planted += 1
        return f"{CANARY} {fact} {field}"

    with closing(sqlite3.connect(path)) as database:
        for (name,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            database.execute(f'drop trigger "{name}"')
        for seq, fact, payload in database.execute("select seq, type, payload from event").fetchall():
            changed = json.dumps(plant(json.loads(payload), fact), ensure_ascii=False)
            database.execute("update event set payload = ? where seq = ?", (changed, seq))
        planted += database.execute(f"update person set name = '{CANARY} ' || user_id").rowcount
        database.commit()
    return planted


AWARDING = {
    "decision.approved", "decision.conditional", "decision.reopened", "proposal.withdrawn", "proposal.lapsed",
    "agreement.amended", "agreement.completed", "agreement.terminated",
}  # fmt: skip


def by_the_ledger(snapshot: Snapshot, *, as_of: date, known_at: int | None) -> dict[str, Counter[str]]:
    """What the postings alone say, by proposal: ``awarded`` on 9000 by decisions, ``open`` on it, ``approved`` for
    payment and not cancelled (2000).
    """
    sums: dict[str, Counter[str]] = {"awarded": Counter(), "open": Counter(), "approved": Counter()}
    of = {}
    for fact in snapshot.store.facts.of_types(("disbursement.approved", "disbursement.cancelled")):
        of[fact.event_id] = fact.fact.proposal  # type: ignore[attr-defined]
    for entry in snapshot.ledger.entries(as_of=as_of, until_seq=known_at):
        for leg in entry.postings:
            main, _dot, holder = leg.account.partition(".")
            if main == "9000":
                sums["open"][holder] += leg.amount_cents
                if entry.kind in AWARDING:
                    sums["awarded"][holder] += leg.amount_cents
            elif main == "2000" and entry.kind in ("disbursement.approved", "disbursement.cancelled"):
                sums["approved"][of[str(entry.metadata["event_id"])]] -= leg.amount_cents
    return sums


def moments(snapshot: Snapshot, rng: Any, count: int) -> list[tuple[date, int | None]]:
    """Days and entry numbers of a fund: the end of all, and so many others by chance."""
    first, head = snapshot.first_day, snapshot.ledger.head().seq
    span = (snapshot.today - first).days + 400
    found: list[tuple[date, int | None]] = [(date(9000, 1, 1), None)]
    for _each in range(count):
        found.append((first + timedelta(days=rng.randrange(span)), rng.choice((None, rng.randrange(head + 1)))))
    return found
