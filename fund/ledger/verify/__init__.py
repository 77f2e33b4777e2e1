"""The named checks behind ``fund ledger verify``: the book is read as it is stored, and everything is made anew.

Each check says how much it looked at and what it found; a finding names the entry number where there is one. The checks
of the entries stand in ``entries.py`` and ``limits.py``, all others in ``beside.py``. Which SQL brings the rows is told
in ``store/evidence.py``.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

from fund.errors import JournalInDoubt
from fund.ledger.anchors import Anchor
from fund.ledger.journal import Head
from fund.ledger.seal import GENESIS
from fund.ledger.store import ROWS, Anchoring, Evidence
from fund.ledger.verify import beside
from fund.ledger.verify.chart import look_at_chart
from fund.ledger.verify.entries import Chain, Progress, Start
from fund.ledger.verify.findings import CACHES, Check, Finding, Tally, Verification

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
    with evidence.as_stored():
        result = _run(store, evidence, full, anchors, public_key, progress)
    evidence.log_run(
        everything=full,
        ok=result.ok,
        seq=result.head.seq,
        hash=result.head.hash,
        findings=json.dumps([[one.seq, one.place, one.message] for one in result.findings], ensure_ascii=True),
        at=time.time_ns() // 1000,
    )
    return result


def _run(
    store: Anchoring,
    evidence: Evidence,
    full: bool,
    given: Sequence[Anchor],
    public_key: bytes | None,
    progress: Progress | None,
) -> Verification:
    start = _start(evidence, full)
    extent = evidence.extent(start.seq or beside.LOWEST)
    head = extent.head
    at = Head(head.seq, bytes(head.hash)) if head is not None else Head(0, GENESIS)
    guards, weakened = beside.guards(evidence)
    chain = Chain(store, evidence, start=start, extent=extent, quick=not weakened & ROWS, progress=progress)
    with chain.at_work():
        layers = beside.layers(evidence)
        chart = look_at_chart(Tally("chart"), store, head).done()
        months = (head.period_number, bytes(head.period_hash)) if head else (0, GENESIS)
        periods, closed = beside.periods(store, evidence, *months)
        sets = beside.sets(store, evidence, (head.set_number, bytes(head.set_hash)) if head else (0, GENESIS))
        kept = (head.anchor_number, bytes(head.anchor_hash)) if head else (0, GENESIS)
        anchors = tuple(beside.anchors(store, evidence, kept, given, public_key, full=full))
        sums = evidence.kept(chain.posted.key) if chain.posted.whole else None
        if sums is not None and start.seq:
            chain.posted.begin(*evidence.posted_until(start.seq, chain.posted.key))
        entries = tuple(chain.run(at, None if head is None else head.recorded_at))
    balances = tuple(beside.balances(evidence, chain.posted, sums))
    checks = (
        *entries,
        *balances,
        layers,
        chart,
        periods,
        beside.frozen(evidence, chain.posted, closed, full=full),
        sets,
        *anchors,
        *beside.reversals(evidence, chain.posted),
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
