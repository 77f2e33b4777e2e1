"""The named checks behind ``fund ledger verify``: the book is read as it is stored, and everything is made anew.

Each check says how much it looked at and what it found; a finding names the entry number where there is one. The checks
of the entries stand in ``entries.py`` and ``limits.py``, all others in ``tables.py``. Which SQL brings the rows is told
in ``store/evidence.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence

from fund import dates
from fund.database import as_stored, to_micros
from fund.errors.ledger import JournalInDoubt
from fund.ledger.anchors import Anchor
from fund.ledger.journal import Head
from fund.ledger.seal import GENESIS
from fund.ledger.store.anchoring import Anchoring
from fund.ledger.store.evidence import ROWS, Evidence
from fund.ledger.store.stored import Extent
from fund.ledger.verify import tables
from fund.ledger.verify.chart import look_at_chart
from fund.ledger.verify.entries import Chain, Progress, Start
from fund.ledger.verify.findings import CACHES, Check, Finding, Tally, Verification, carried_out, failed

__all__ = ["Check", "Finding", "Progress", "Verification", "rebuild", "verify"]


def verify(
    store: Anchoring,
    *,
    full: bool = False,
    anchors: Sequence[Anchor] = (),
    public_key: bytes | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Check the book.

    Args:
        full: Read every entry from the first; else the chain is taken up at the head of the last good run. All other
            checks always look at everything.
        progress: Is told how many entries were looked at, and how many there are, now and then.

    Raises:
        UnfinishedCheck: A process that helped ended before it was done.
    """
    evidence = Evidence(store)
    with as_stored(store.connection):
        result = _run(store, evidence, full, anchors, public_key, progress)
    logged = evidence.tried(
        lambda: evidence.log_run(
            everything=full,
            ok=result.ok,
            seq=result.head.seq,
            hash=result.head.hash,
            findings=json.dumps([[one.seq, one.place, one.message] for one in result.findings], ensure_ascii=True),
            at=to_micros(dates.now()),
        )
    )
    if isinstance(logged, Exception) and result.ok:  # else what was found may be what keeps it from being logged
        raise logged
    return result


def _run(
    store: Anchoring,
    evidence: Evidence,
    full: bool,
    given: Sequence[Anchor],
    public_key: bytes | None,
    progress: Progress | None,
) -> Verification:
    def made(name: str, work: Callable[[], Check]) -> Check:
        return carried_out(evidence, work, lambda problem: failed(name, problem))

    def each(names: Sequence[str], work: Callable[[], Iterable[Check]]) -> tuple[Check, ...]:
        return carried_out(
            evidence, lambda: tuple(work()), lambda problem: tuple(failed(name, problem) for name in names)
        )

    start = carried_out(evidence, lambda: _start(evidence, full), lambda _problem: Start())
    since = start.seq or tables.LOWEST
    extent = carried_out(evidence, lambda: evidence.extent(since), lambda _problem: Extent(since, 0, 0, 0, None))
    head = extent.head
    at = Head(head.seq, bytes(head.hash)) if head is not None else Head(0, GENESIS)
    guards, weakened = carried_out(
        evidence, lambda: tables.guards(evidence), lambda problem: (failed("guards", problem), set(ROWS))
    )
    chain = Chain(store, evidence, start=start, extent=extent, fast=not weakened & ROWS, progress=progress)
    with chain.at_work():
        layers = made("layers", lambda: tables.layers(evidence))
        chart = made("chart", lambda: look_at_chart(Tally("chart"), store, head).done())
        months = (head.period_number, bytes(head.period_hash)) if head else (0, GENESIS)
        periods, closed = carried_out(
            evidence, lambda: tables.periods(store, evidence, *months), lambda problem: (failed("periods", problem), {})
        )
        bounds = (head.set_number, bytes(head.set_hash)) if head else (0, GENESIS)
        sets = made("account_sets", lambda: tables.sets(store, evidence, bounds))
        kept = (head.anchor_number, bytes(head.anchor_hash)) if head else (0, GENESIS)
        anchors = each(
            ("anchors", "given_anchors"), lambda: tables.anchors(store, evidence, kept, given, public_key, full=full)
        )
        sums = None
        if chain.posted.whole:
            sums = carried_out(evidence, lambda: evidence.kept(chain.posted.key), lambda _problem: None)
        if sums is not None and start.seq:
            before = carried_out(
                evidence, lambda: evidence.posted_until(start.seq, chain.posted.key), lambda _problem: None
            )
            chain.posted.whole = before is not None
            chain.posted.begin(*before or (0, 0, 0))
        entries = chain.run(at, None if head is None else head.recorded_at)
    checks = (
        *entries,
        *tables.balances(evidence, chain.posted, sums),
        layers,
        chart,
        periods,
        made("frozen_trial_balances", lambda: tables.frozen(evidence, chain.posted, closed, full=full)),
        sets,
        *anchors,
        made("corrections", lambda: tables.corrections(evidence, chain.posted)),
        guards,
    )
    return Verification(all(check.ok for check in checks), checks, at)


def rebuild(store: Anchoring) -> Verification:
    """Write the kept balances anew from the entries, once these are proved to be in order.

    Returns:
        A full verification, made after the work.

    Raises:
        JournalInDoubt: Another check than those of the balances found something; names them. Nothing was written.
    """
    before = verify(store, full=True)
    # A frozen trial balance is read from the kept balances, and is proved again afterwards.
    doubts = [one.name for one in before.checks if not one.ok and one.name not in (*CACHES, "frozen_trial_balances")]
    if doubts:
        raise JournalInDoubt(checks=doubts)
    if not before.ok:
        Evidence(store).rebuild()
    return verify(store, full=True)


def _start(evidence: Evidence, full: bool) -> Start:
    last = None if full else evidence.last_good_run()
    if last is None or last[0] == 0:
        return Start()
    found = evidence.hash_of(last[0])
    if found is None or found[0] != last[1]:
        return Start()
    return Start(last[0], *found)
