"""The checks of what is kept beside the entries, of accounts, references between entries, and guards."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import repeat
from typing import Any, Literal

from fund.errors.ledger import BeyondOriginal
from fund.language import N_
from fund.ledger.anchors import Anchor, Tree, signed
from fund.ledger.journal import PeriodStatus, Posting, check_part
from fund.ledger.seal import GENESIS, canonical, seal, step_hash
from fund.ledger.store.anchoring import Anchoring
from fund.ledger.store.evidence import Evidence
from fund.ledger.store.recount import Kept
from fund.ledger.verify.entries import Posted
from fund.ledger.verify.findings import Check, Tally, carried_out, failed

LOWEST = -(2**63)
NOTHING_MOVED = seal(GENESIS, canonical(()), "trial-balance")


def balances(evidence: Evidence, posted: Posted, kept: Kept | None) -> Iterator[Check]:
    """No posting without entry, and kept sums that are those of the postings.

    Where every entry is right and has, with all others, as many legs as there are, no other leg is left; and where the
    fingerprint of their legs is that of what is kept, it is what they come to. Else the database says what differs.
    """
    if posted.whole and kept and (posted.legs, posted.debit, posted.credit) == (kept.legs, kept.debit, kept.credit):
        posted.kept = True
        yield Tally("stray_postings", 1).done()
        yield Tally("balances", kept.balances).done()
        yield Tally("day_balances", kept.days).done()
        return
    yield _made("stray_postings", evidence, lambda: _stray_postings(evidence))
    yield _made("balances", evidence, lambda: _balances(evidence, by_day=False))
    yield _made("day_balances", evidence, lambda: _balances(evidence, by_day=True))


def _made(name: str, evidence: Evidence, work: Callable[[], Check]) -> Check:
    return carried_out(evidence, work, lambda problem: failed(name, problem))


def _stray_postings(evidence: Evidence) -> Check:
    tally = Tally("stray_postings", 1)
    for entry_id, position in evidence.stray_postings():
        tally.find(None, f"leg:{entry_id}/{position}", N_("no entry seals this posting; it counts in no balance"))
    return tally.done()


def _balances(evidence: Evidence, *, by_day: bool) -> Check:
    tally = Tally("day_balances" if by_day else "balances")
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


def layers(evidence: Evidence) -> Check:
    """Accounts are of the layer of their type, and sub-accounts like their main."""
    tally = Tally("layers", 1)
    for code, what in evidence.accounts_astray():
        tally.find(None, f"account:{code}", N_("it does not fit: {what}"), what=what)
    return tally.done()


def periods(
    store: Anchoring, evidence: Evidence, number: int, last: bytes
) -> tuple[Check, dict[str, Mapping[str, Any]]]:
    """The chain of the steps of months; and the months that are closed, with the row that closed them."""
    steps = Tally("periods")
    missing = N_("period row {number} is missing")
    named = N_("the head of the chain names period row {named}; the last one is {last}")
    rows = _chain(steps, store, evidence, "period", "month", (number, last), missing, named)
    latest = {str(row["month"]): row for row in rows}
    return steps.done(), {month: row for month, row in latest.items() if row["status"] == PeriodStatus.CLOSED}


def _chain(
    tally: Tally,
    store: Anchoring,
    evidence: Evidence,
    kind: Literal["period", "account_set"],
    name: str,
    last: tuple[int, bytes],
    missing: str,
    head_names: str,
) -> list[Mapping[str, Any]]:
    """The rows of a chain beside that of the entries, each held against its seal and the row before it.

    Args:
        name: The column by which a finding names a row.
        last: Number and hash that the head of the chain names.
        missing: The sentence of a number that is left out. head_names: of another last row.
    """
    previous, expected = GENESIS, 1
    rows = evidence.steps(kind)
    for row in rows:
        tally.checked += 1
        place = f"{kind}:{row[name]}/{row['number']}"
        if row["number"] != expected:
            tally.find(_head_seq(row), place, missing, number=expected)
        if bytes(row["previous_hash"]) != previous:
            tally.find(_head_seq(row), place, N_("it does not follow the row before it"))
        if step_hash(kind.replace("_", "-"), store.book, row) != bytes(row["hash"]):
            tally.find(_head_seq(row), place, N_("its hash is not the hash of what it says"))
        head_seq = int(row["head_seq"])
        found = evidence.hash_of(head_seq) if head_seq else (GENESIS, 0)
        if found is None or found[0] != bytes(row["head_hash"]):
            template = N_("entry {number} is not the one at which it was made")
            tally.find(_head_seq(row), place, template, number=head_seq)
        previous, expected = bytes(row["hash"]), int(row["number"]) + 1
    if (expected - 1, previous) != last:
        tally.find(_standing_at(evidence), "chain_head", head_names, named=last[0], last=expected - 1)
    return rows


def frozen(evidence: Evidence, posted: Posted, closed: Mapping[str, Mapping[str, Any]], *, full: bool) -> Check:
    """The trial balances that were frozen when months were closed are those that are kept, and those of the entries.

    Args:
        closed: The months that are closed now, with the row that closed them.
    """
    tally = Tally("frozen_trial_balances")
    kept = evidence.kept_trial_balances() if closed else {}
    months = sorted(kept)
    for month, row in sorted(closed.items()):
        tally.checked += 1
        wanted = row["trial_balance_hash"]
        try:
            ends_on = (date.fromisoformat(month + "-01") + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        except ValueError:
            tally.find(_head_seq(row), f"period:{month}", N_("it is no month"))
            continue
        before = bisect_right(months, month)
        now = kept[months[before - 1]] if before else NOTHING_MOVED
        then = now
        if full and not posted.nothing_since(int(str(row["head_seq"])), ends_on.isoformat()):
            then = evidence.posted_trial_balance(int(str(row["head_seq"])), ends_on.isoformat())
        if not isinstance(wanted, (bytes, memoryview)) or not bytes(wanted) == now == then:
            tally.find(
                _head_seq(row),
                f"period:{month}",
                N_("its trial balance is not the one that was frozen when it was closed"),
            )
    return tally.done()


def sets(store: Anchoring, evidence: Evidence, last: tuple[int, bytes]) -> Check:
    """The chain of the sets of accounts."""
    tally = Tally("account_sets")
    named = N_("the head of the chain names set {named}; the last one is {last}")
    _chain(tally, store, evidence, "account_set", "name", last, N_("set {number} is missing"), named)
    return tally.done()


def _head_seq(row: Mapping[str, Any]) -> int | None:
    """The number of the entry at which a row of a month, a set or an anchor says it was made."""
    seq = row["head_seq"]
    return seq if isinstance(seq, int) and seq >= 0 else None


def _standing_at(evidence: Evidence) -> int | None:
    """The number of the last entry, as the head of the chain says; ``None`` where the head is missing."""
    head = evidence.head()
    return None if head is None else int(head.seq)


def anchors(
    store: Anchoring,
    evidence: Evidence,
    last: tuple[int, bytes],
    given: Sequence[Anchor],
    public_key: bytes | None,
    *,
    full: bool,
) -> Iterator[Check]:
    """The chain of anchors, and that the ledger still holds what they and those that somebody kept say."""
    kept, told = Tally("anchors"), Tally("given_anchors")
    rows = evidence.steps("anchor")
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
        if step_hash("anchor", book, row) != row["hash"]:
            tally.find(_head_seq(row), place, N_("its hash is not the hash of what it says"))
        key = public_key if public_key is not None and tally is told else row["public_key"]
        if not signed(key, row["hash"], row["signature"]):
            tally.find(_head_seq(row), place, N_("its signature is not of this key"))
    if ours or theirs:
        _against_the_steps(evidence, (*ours, *theirs))
        _against_the_tree(evidence, (*ours, *theirs), full=full)
    yield kept.done()
    yield told.done()


def _against_the_steps(evidence: Evidence, looked_at: Sequence[tuple[Tally, str, Mapping[str, Any]]]) -> None:
    """The last step of a month and the last set that each anchor names, held against the rows as they are."""
    months = {row["number"]: bytes(row["hash"]) for row in evidence.steps("period")} | {0: GENESIS}
    bounds = {row["number"]: bytes(row["hash"]) for row in evidence.steps("account_set")} | {0: GENESIS}
    for tally, place, row in looked_at:
        if months.get(row["periods"]) != row["period_hash"]:
            tally.find(_head_seq(row), place, N_("the months are not what they were when the anchor was made"))
        if bounds.get(row["sets"]) != row["set_hash"]:
            template = N_("the sets of accounts are not what they were when the anchor was made")
            tally.find(_head_seq(row), place, template)


def _against_the_tree(
    evidence: Evidence, looked_at: Sequence[tuple[Tally, str, Mapping[str, Any]]], *, full: bool
) -> None:
    """Each anchor's head, root, number of legs and, where ``full``, trial balance, held against the entries."""
    waiting = sorted(looked_at, key=lambda one: int(one[2]["head_seq"]))
    tree, hash, legs = Tree(), GENESIS, 0
    hashes = evidence.hashes(int(waiting[-1][2]["head_seq"]))
    at = [min(int(row["head_seq"]), -LOWEST - 1) for _tally, _place, row in waiting]
    trial_balances = evidence.posted_trial_balances(at) if full else repeat(None)
    for (tally, place, row), trial_balance in zip(waiting, trial_balances, strict=False):
        seq = int(row["head_seq"])
        while tree.size < seq:
            following = next(hashes, None)
            if following is None:
                break
            hash = following[0]
            legs += following[1]
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
        if tree.size == seq and legs != row["legs"]:
            template = N_("it counts {said} postings up to entry {number}; there are {found}")
            tally.find(seq, place, template, said=row["legs"], number=seq, found=legs)
        if tree.size == seq and trial_balance not in (None, row["trial_balance_hash"]):
            tally.find(seq, place, N_("the trial balance of then is another now"))


def corrections(evidence: Evidence, posted: Posted) -> Check:
    """What takes an entry back, wholly or in part, or comes in its place, is bounded by it.

    The auditor's file has the same rules: ``check_correction`` in ``verify_export.py``.
    """
    tally = Tally("corrections")
    taken: dict[int, Mapping[str, int] | None] = {}  # by account what parts took back; None where all of it was
    replaced = set[int]()
    for one in evidence.corrections(stated=posted.corrections or not posted.whole):
        tally.checked += 1
        if (seq := one.reverses) is not None:
            undone = tuple((account, -cents) for account, cents in one.originals.get(seq, ()))
            if undone != one.legs or seq in taken:
                tally.find_in(one.seq, N_("it is not the one mirror of entry {original}"), original=seq)
            taken[seq] = None
        if (seq := one.part_of) is not None and seq != one.reverses:  # a mirror is all of it, whatever else it says
            before = taken.get(seq, {})
            try:
                legs = [Posting(account, cents) for account, cents in one.legs]
                taken[seq] = check_part(seq, one.originals.get(seq, ()), before or {}, legs)
            except BeyondOriginal:
                before = None
            if before is None:
                template = N_("with the parts before it, it takes back more than entry {original} moved")
                tally.find_in(one.seq, template, original=seq)
                taken.setdefault(seq, {})
        if (seq := one.replaces) is not None:
            if seq not in taken or seq in replaced:
                template = N_("entry {original}, which it replaces, was not taken back before, or is replaced already")
                tally.find_in(one.seq, template, original=seq)
            replaced.add(seq)
    return tally.done()


def guards(evidence: Evidence) -> tuple[Check, set[str]]:
    """Whether every guard is there as it was installed; and the names of those that are not."""
    tally = Tally("guards")
    tally.checked, problems = evidence.guards()
    for name, problem in problems:
        tally.find(None, f"guard:{name}", problem)
    return tally.done(), {part for name, _problem in problems for part in (name, name.partition(".")[0])}
