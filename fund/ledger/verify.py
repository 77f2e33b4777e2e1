"""The named checks behind ``fund ledger verify``: the book is read as it is stored, and everything is made anew.

Each check says how much it looked at and what it found; a finding names the entry number where there is one. Which SQL
brings the rows is told in ``store/evidence.py``.
"""

from __future__ import annotations

import json
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from fund.errors import JournalInDoubt, SetLimitExceeded
from fund.errors.base import present
from fund.language import N_, _
from fund.ledger.accounts import AccountSet, main_of
from fund.ledger.anchors import Anchor, Tree, signed
from fund.ledger.journal import ADJUSTING, CLOSING, Head, check_set
from fund.ledger.seal import GENESIS, VERSION, entry_bytes, entry_hash, request_bytes, request_hash
from fund.ledger.store import (
    Anchoring,
    Evidence,
    PeriodStatus,
    RawEntry,
    RawPeriod,
    anchor_hash,
    period_hash,
    set_hash,
)
from fund.ledger.verify_chart import look_at_chart

__all__ = ["Check", "Finding", "Verification", "rebuild", "verify"]

MOST_FINDINGS = 100
CACHES = ("balances", "day_balances")
BESIDE = (*CACHES, "chart", "periods", "frozen_trial_balances", "account_sets", "anchors")
"""The checks of what is kept beside the entries."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be.

    Attributes:
        seq: The entry it is about; ``None`` where it is about no single entry.
        place: Which row, account or guard: ``entry:5``, ``account:1000``.
        template: The sentence, in English, with named places.
        details: What goes in them.
    """

    seq: int | None
    place: str
    template: str
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The sentence, in the language in use."""
        sentence = _(self.template).format(**{key: present(key, value) for key, value in self.details.items()})
        return sentence.encode("utf-8", "backslashreplace").decode()


@dataclass(frozen=True, slots=True)
class Check:
    """A check by name: how much it looked at, and what it found, at most a hundred."""

    name: str
    ok: bool
    checked: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """The answer of a run: every check, and the head at which they were made."""

    ok: bool
    checks: tuple[Check, ...]
    head: Head

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, of all checks."""
        return tuple(finding for check in self.checks for finding in check.findings)

    @property
    def first_bad_seq(self) -> int | None:
        """The lowest entry number that a check of the entries names; where all of these are good, that any check names.

        What is kept beside the entries names one at which it was made or that moved it last, which may be a good one.
        """
        beside, entries = (
            [finding.seq for check in self.checks if (check.name in BESIDE) is kept for finding in check.findings]
            for kept in (True, False)
        )
        named = [seq for seq in entries if seq is not None] or [seq for seq in beside if seq is not None]
        return min(named, default=None)


@dataclass(slots=True)
class _Tally:
    """A check while it runs."""

    name: str
    checked: int = 0
    findings: list[Finding] = field(default_factory=list)

    def find(self, seq: int | None, place: str, template: str, **details: Any) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(seq, place, template, details))

    def done(self) -> Check:
        return Check(self.name, not self.findings, self.checked, tuple(self.findings))


def verify(
    store: Anchoring, *, full: bool = False, anchors: Sequence[Anchor] = (), public_key: bytes | None = None
) -> Verification:
    """Check the book.

    Args:
        full: Read every entry from the first; else the chain is taken up at the head of the last good run. All other
            checks always look at everything.
    """
    evidence = Evidence(store)
    with evidence.as_stored():
        result = _run(store, evidence, full, anchors, public_key)
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
    store: Anchoring, evidence: Evidence, full: bool, given: Sequence[Anchor], public_key: bytes | None
) -> Verification:
    head = evidence.head()
    at = Head(head.seq, bytes(head.hash)) if head is not None else Head(0, GENESIS)
    start = _start(evidence, full)
    chain = _Chain(store.book, store.book_id, evidence, start=start, limits=_Limits(store, start.seq))
    checks = [
        *chain.run(at, None if head is None else head.recorded_at),
        _stray_postings(evidence),
        _balances(evidence, by_day=False),
        _balances(evidence, by_day=True),
        _layers(evidence),
        *_periods(
            store, evidence, head.period_number if head else 0, bytes(head.period_hash) if head else GENESIS, full=full
        ),
        look_at_chart(_Tally("chart"), store, head).done(),
        _sets(store, evidence, (head.set_number, bytes(head.set_hash)) if head else (0, GENESIS)),
        *_anchors(
            store,
            evidence,
            (head.anchor_number, bytes(head.anchor_hash)) if head else (0, GENESIS),
            given,
            public_key,
            full=full,
        ),
        *_reversals(evidence),
        _guards(evidence),
    ]
    return Verification(all(check.ok for check in checks), tuple(checks), at)


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


@dataclass(frozen=True, slots=True)
class _Start:
    seq: int = 0
    hash: bytes = GENESIS
    recorded_at: int = 0


def _start(evidence: Evidence, full: bool) -> _Start:
    last = None if full else evidence.last_good_run()
    if last is None or last[0] == 0:
        return _Start()
    found = evidence.hash_of(last[0])
    if found is None or found[0] != last[1]:
        return _Start()
    return _Start(last[0], *found)


class _Chain:
    """One pass over the entries, for all checks that want each of them."""

    def __init__(self, book: str, book_id: int, evidence: Evidence, start: _Start, limits: _Limits) -> None:
        self.book = book
        self.book_id = book_id
        self.evidence = evidence
        self.start = start
        self.chain = _Tally("chain")
        self.gaps = _Tally("gap_free")
        self.balanced = _Tally("balanced")
        self.idempotency = _Tally("idempotency")
        self.months = _Tally("period_rules")
        self.standing = _Standings(evidence.periods())
        self.limits = limits

    def run(self, head: Head, head_recorded_at: int | None) -> Iterator[Check]:
        previous, recorded_at, seq = self.start.hash, self.start.recorded_at, self.start.seq
        for entry in self.evidence.entries(self.start.seq):
            self._place(entry, seq)
            self._legs(entry)
            self._seal(entry, previous, recorded_at)
            self._month(entry)
            self.limits.look_at(entry)
            previous, recorded_at, seq = entry.hash, entry.recorded_at, entry.seq
        self.gaps.checked += 1
        if head_recorded_at is None:
            self.gaps.find(seq, "chain_head", N_("the head of the chain is missing"))
        elif (seq, previous) != (head.seq, head.hash):
            self.gaps.find(
                max(seq, head.seq),
                "chain_head",
                N_("the head of the chain names entry {named}; the last one is {last}"),
                named=head.seq,
                last=seq,
            )
        elif head_recorded_at != recorded_at:
            self.gaps.find(seq, "chain_head", N_("the head of the chain has another instant than the last entry"))
        for double, what in self.evidence.doubles():
            self.idempotency.find(double, f"entry:{double}", N_("it shares {what} with another entry"), what=what)
        for tally in (self.chain, self.gaps, self.balanced, self.idempotency, self.months, self.limits.tally):
            yield tally.done()

    def _place(self, entry: RawEntry, last: int) -> None:
        self.gaps.checked += 1
        if entry.seq != last + 1:
            self.gaps.find(
                last + 1, f"entry:{last + 1}", N_("after entry {last} comes {next}"), last=last, next=entry.seq
            )

    def _legs(self, entry: RawEntry) -> None:
        self.balanced.checked += 1
        place = f"entry:{entry.seq}"
        sums: dict[tuple[str, str], int] = {}
        for leg in entry.postings:
            key = (leg.sealed.layer, leg.sealed.currency)
            sums[key] = sums.get(key, 0) + leg.sealed.amount_cents
        for (layer, currency), cents in sums.items():
            if cents:
                self.balanced.find(
                    entry.seq,
                    place,
                    N_("its postings in layer {layer} ({currency}) do not cancel out: {sum_cents} is left"),
                    layer=layer,
                    currency=currency,
                    sum_cents=cents,
                )
        positions = [leg.position for leg in entry.postings]
        in_order = positions == list(range(1, len(positions) + 1))
        if not in_order or len(positions) != entry.legs or any(leg.legs != entry.legs for leg in entry.postings):
            self.balanced.find(
                entry.seq,
                place,
                N_("it says it has {said} postings; found are {found}"),
                said=entry.legs,
                found=positions[:20],
            )
        if any(leg.book_id != self.book_id for leg in entry.postings):
            self.balanced.find(entry.seq, place, N_("a posting is on an account of another book"))

    def _seal(self, entry: RawEntry, previous: bytes, recorded_at: int) -> None:
        self.chain.checked += 1
        self.idempotency.checked += 1
        place = f"entry:{entry.seq}"
        request = request_bytes(
            book=self.book,
            idempotency_key=entry.idempotency_key,
            effective_on=entry.effective_on,
            kind=entry.kind,
            memo=entry.memo,
            actor=entry.actor,
            metadata=entry.metadata,
            reverses=entry.reverses,
            reason=entry.reason,
            legs=(leg.sealed for leg in entry.postings),
        )
        if entry.version != VERSION:
            self.chain.find(
                entry.seq, place, N_("version {version} of the canonical form is not known"), version=entry.version
            )
        if entry.previous_hash != previous:
            self.chain.find(
                entry.seq, place, N_("it does not follow the entry before it: the previous hash is another")
            )
        body = entry_bytes(entry.seq, entry.recorded_at, entry.id, request)
        if entry_hash(entry.previous_hash, body, entry.version) != entry.hash:
            self.chain.find(entry.seq, place, N_("its hash is not the hash of what it says"))
        if entry.recorded_at < recorded_at:
            self.chain.find(entry.seq, place, N_("it was written before the entry before it"))
        if request_hash(request, entry.version) != entry.request_hash:
            self.idempotency.find(entry.seq, place, N_("the hash of its request is not the hash of what it says"))

    def _month(self, entry: RawEntry) -> None:
        self.months.checked += 1
        status = self.standing.at(entry.effective_on[:7], entry.seq)
        if status == PeriodStatus.CLOSED or (status == PeriodStatus.LOCKED and entry.kind not in (ADJUSTING, CLOSING)):
            self.months.find(
                entry.seq,
                f"entry:{entry.seq}",
                N_("it is of kind {kind} on {day}, while the month was {status}"),
                kind=entry.kind,
                day=entry.effective_on,
                status=str(status),
            )


class _Standings:
    """What each month was when an entry was written."""

    def __init__(self, rows: Iterable[RawPeriod]) -> None:
        self.steps: dict[str, list[tuple[int, str]]] = {}
        self.first: list[tuple[int, str]] = []
        for row in rows:
            month, seq, status = str(row.fields["month"]), int(row.fields["head_seq"]), str(row.fields["status"])
            self.steps.setdefault(month, []).append((seq, status))
            if not self.first or month < self.first[-1][1]:
                self.first.append((seq, month))

    def at(self, month: str, seq: int) -> str:
        """The status of ``month`` for entry ``seq``: the last step taken at an earlier head."""
        before = self._last(self.steps.get(month, []), seq)
        if before is not None:
            return before
        first = self._last(self.first, seq)
        return PeriodStatus.CLOSED if first is not None and month < first else PeriodStatus.OPEN

    @staticmethod
    def _last(steps: list[tuple[int, str]], seq: int) -> str | None:
        place = bisect_left(steps, seq, key=lambda step: step[0])
        return steps[place - 1][1] if place else None


class _Limits:
    """Whether the sets of accounts kept their limits when each entry was written."""

    def __init__(self, store: Anchoring, seq: int) -> None:
        self.tally = _Tally("limits")
        try:
            self.sets = store.account_sets()[::-1]
            self.moved = {bound.number: store._set_moved_by_day(bound, seq) for bound in self.sets}
        except (ValueError, TypeError, AttributeError):  # what a set says cannot be read; its seal is not right either
            self.sets, self.moved = [], {}

    def look_at(self, entry: RawEntry) -> None:
        """Count an entry, and hold it against the sets that were in force."""
        self.tally.checked += 1
        if not self.sets:
            return
        try:
            on = date.fromisoformat(entry.effective_on)
        except ValueError:
            return  # the seal tells
        seen: set[str] = set()
        for bound in self.sets:
            cents = sum(
                leg.sealed.amount_cents * bound.members.get(main_of(leg.sealed.code), 0) for leg in entry.postings
            )
            if cents and bound.head_seq < entry.seq and bound.covers(on) and bound.name not in seen:
                seen.add(bound.name)
                if bound.binds(on, entry.kind):
                    self._check(bound, entry, on, cents)
            self.moved[bound.number][on] = self.moved[bound.number].get(on, 0) + cents

    def _check(self, bound: AccountSet, entry: RawEntry, on: date, cents: int) -> None:
        try:
            check_set(bound, self.moved[bound.number], on, cents)
        except SetLimitExceeded as problem:
            self.tally.find(entry.seq, f"entry:{entry.seq}", problem.message, **problem.details)


def _stray_postings(evidence: Evidence) -> Check:
    tally = _Tally("stray_postings", 1)
    for entry_id, position in evidence.stray_postings():
        tally.find(None, f"leg:{entry_id}/{position}", N_("no entry seals this posting; it counts in no balance"))
    return tally.done()


def _balances(evidence: Evidence, *, by_day: bool) -> Check:
    tally = _Tally("day_balances" if by_day else "balances")
    tally.checked = evidence.count("balance_day" if by_day else "account_balance")
    for one in evidence.differences(by_day=by_day):
        tally.find(
            evidence.last_moved(one.account, one.day),
            f"account:{one.account}" + (f"/{one.day}" if one.day else ""),
            N_("the kept sums are off: debit by {debit_cents}, credit by {credit_cents}"),
            debit_cents=one.debit_cents,
            credit_cents=one.credit_cents,
        )
    return tally.done()


def _layers(evidence: Evidence) -> Check:
    tally = _Tally("layers", 1)
    for code, what in evidence.accounts_astray():
        tally.find(None, f"account:{code}", N_("it does not fit: {what}"), what=what)
    return tally.done()


def _periods(store: Anchoring, evidence: Evidence, number: int, last: bytes, *, full: bool) -> Iterator[Check]:
    steps, frozen = _Tally("periods"), _Tally("frozen_trial_balances")
    latest: dict[str, dict[str, object]] = {}
    previous, expected = GENESIS, 1
    for raw in evidence.periods():
        row = raw.fields
        steps.checked += 1
        place = f"period:{row['month']}/{row['number']}"
        if row["number"] != expected:
            steps.find(_head_seq(row), place, N_("period row {number} is missing"), number=expected)
        if bytes(row["previous_hash"]) != previous:
            steps.find(_head_seq(row), place, N_("it does not follow the row before it"))
        if period_hash(store.book, row) != bytes(row["hash"]):
            steps.find(_head_seq(row), place, N_("its hash is not the hash of what it says"))
        _made_at(steps, evidence, place, row)
        previous, expected = bytes(row["hash"]), int(row["number"]) + 1
        latest[str(row["month"])] = row
    if (expected - 1, previous) != (number, last):
        steps.find(
            _standing_at(evidence),
            "chain_head",
            N_("the head of the chain names period row {named}; the last one is {last}"),
            named=number,
            last=expected - 1,
        )
    for month, row in sorted(latest.items()):
        if row["status"] != PeriodStatus.CLOSED:
            continue
        frozen.checked += 1
        kept = row["trial_balance_hash"]
        try:
            ends_on = (date.fromisoformat(month + "-01") + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        except ValueError:
            frozen.find(_head_seq(row), f"period:{month}", N_("it is no month"))
            continue
        now = store.trial_balance_hash(as_of=ends_on)
        then = store.trial_balance_hash(as_of=ends_on, known_at=int(str(row["head_seq"]))) if full else now
        if not isinstance(kept, (bytes, memoryview)) or not bytes(kept) == now == then:
            frozen.find(
                _head_seq(row),
                f"period:{month}",
                N_("its trial balance is not the one that was frozen when it was closed"),
            )
    yield steps.done()
    yield frozen.done()


def _sets(store: Anchoring, evidence: Evidence, last: tuple[int, bytes]) -> Check:
    tally = _Tally("account_sets")
    previous, expected = GENESIS, 1
    for raw in evidence.sets():
        row = raw.fields
        tally.checked += 1
        place = f"account_set:{row['name']}/{row['number']}"
        if row["number"] != expected:
            tally.find(_head_seq(row), place, N_("set {number} is missing"), number=expected)
        if bytes(row["previous_hash"]) != previous:
            tally.find(_head_seq(row), place, N_("it does not follow the row before it"))
        if set_hash(store.book, row) != bytes(row["hash"]):
            tally.find(_head_seq(row), place, N_("its hash is not the hash of what it says"))
        _made_at(tally, evidence, place, row)
        previous, expected = bytes(row["hash"]), int(row["number"]) + 1
    if (expected - 1, previous) != last:
        tally.find(
            _standing_at(evidence),
            "chain_head",
            N_("the head of the chain names set {named}; the last one is {last}"),
            named=last[0],
            last=expected - 1,
        )
    return tally.done()


def _head_seq(row: Mapping[str, Any]) -> int | None:
    """The number of the entry at which a row of a month, a set or an anchor says it was made."""
    seq = row["head_seq"]
    return seq if isinstance(seq, int) and seq >= 0 else None


def _standing_at(evidence: Evidence) -> int | None:
    """The number of the last entry, as the head of the chain says; ``None`` where the head is missing."""
    head = evidence.head()
    return None if head is None else int(head.seq)


def _made_at(tally: _Tally, evidence: Evidence, place: str, row: Mapping[str, Any]) -> None:
    """The head that a row names is an entry that is there."""
    head_seq = int(row["head_seq"])
    found = evidence.hash_of(head_seq) if head_seq else (GENESIS, 0)
    if found is None or found[0] != bytes(row["head_hash"]):
        tally.find(_head_seq(row), place, N_("entry {number} is not the one at which it was made"), number=head_seq)


def _anchors(
    store: Anchoring,
    evidence: Evidence,
    last: tuple[int, bytes],
    given: Sequence[Anchor],
    public_key: bytes | None,
    *,
    full: bool,
) -> Iterator[Check]:
    kept, told = _Tally("anchors"), _Tally("given_anchors")
    rows = evidence.anchors()
    ours = [(kept, f"anchor:{row['number']}", row) for row in rows]
    theirs = [
        (told, f"given_anchor:{one.number}", {name: getattr(one, name) for name in one.__slots__}) for one in given
    ]
    previous, expected = GENESIS, 1
    for tally, place, row in ours:
        if row["number"] != expected:
            tally.find(_head_seq(row), place, N_("anchor {number} is missing"), number=expected)
        if row["previous_hash"] != previous:
            tally.find(_head_seq(row), place, N_("it does not follow the row before it"))
        previous, expected = row["hash"], int(row["number"]) + 1
    if (expected - 1, previous) != last:
        template = N_("the head of the chain names anchor {named}; the last one is {last}")
        kept.find(_standing_at(evidence), "chain_head", template, named=last[0], last=expected - 1)
    for tally, place, row in (*ours, *theirs):
        tally.checked += 1
        book = store.book if tally is kept else row["book"]
        if book != store.book:
            tally.find(_head_seq(row), place, N_("it is of another book: {book}"), book=book)
        if anchor_hash(book, row) != row["hash"]:
            tally.find(_head_seq(row), place, N_("its hash is not the hash of what it says"))
        key = public_key if public_key is not None and tally is told else row["public_key"]
        if not signed(key, row["hash"], row["signature"]):
            tally.find(_head_seq(row), place, N_("its signature is not of this key"))
        # Of our own the last one only: each costs a reading of the whole journal, and the root binds every entry.
        weighed = full and (tally is told or row is rows[-1])
        if weighed and evidence.hash_of(int(row["head_seq"])) and not _same_trial_balance(store, row):
            tally.find(int(row["head_seq"]), place, N_("the trial balance of then is another now"))
    _against_the_tree(store, evidence, (*ours, *theirs))
    yield kept.done()
    yield told.done()


def _same_trial_balance(store: Anchoring, row: Mapping[str, Any]) -> bool:
    found: bytes = store.trial_balance_hash(known_at=int(row["head_seq"]))
    return found == bytes(row["trial_balance_hash"])


def _against_the_tree(
    store: Anchoring, evidence: Evidence, looked_at: Sequence[tuple[_Tally, str, Mapping[str, Any]]]
) -> None:
    """Each anchor's head and root, held against the entries as they are."""
    waiting = sorted(looked_at, key=lambda one: int(one[2]["head_seq"]))
    tree, hash = Tree(), GENESIS
    hashes = store._hashes(int(waiting[-1][2]["head_seq"])) if waiting else iter(())
    for tally, place, row in waiting:
        seq = int(row["head_seq"])
        while tree.size < seq:
            following = next(hashes, None)
            if following is None:
                break
            hash = following
            tree.add(hash)
        if tree.size < seq:
            tally.find(
                tree.size + 1, place, N_("it names entry {named}; the last one is {last}"), named=seq, last=tree.size
            )
        elif hash != row["head_hash"]:
            tally.find(seq, place, N_("entry {number} is not the one at which it was made"), number=seq)
        elif tree.root != row["root"]:
            tally.find(
                seq, place, N_("an entry up to {number} is not what it was when the anchor was made"), number=seq
            )


def _reversals(evidence: Evidence) -> Iterator[Check]:
    tally, parts = _Tally("reversals"), _Tally("partial_reversals")
    tally.checked, false = evidence.false_mirrors()
    for seq, original in false:
        tally.find(seq, f"entry:{seq}", N_("it is not the mirror of entry {original}"), original=original)
    yield tally.done()
    parts.checked, beyond = evidence.false_parts()
    for seq, original in beyond:
        parts.find(
            seq, f"entry:{seq}", N_("with the parts before it, it takes back more than entry {original} moved"),
            original=original,
        )  # fmt: skip
    yield parts.done()


def _guards(evidence: Evidence) -> Check:
    tally = _Tally("guards")
    tally.checked, problems = evidence.guards()
    for name, problem in problems:
        tally.find(None, f"guard:{name}", problem)
    return tally.done()
