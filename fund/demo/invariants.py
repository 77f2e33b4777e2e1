"""What must hold of the whole fund at any moment, beside what ``fund verify`` proves: the story ends with it.

Each is asked of the stored cases, the ledger and what lies under seal; a sentence for each that does not hold.
Source: lifecycle.md 9 (free to commit), 11 (9000 is what was awarded and not yet disbursed), 12 (the seal).
"""

from __future__ import annotations

from collections.abc import Iterator

from fund.language import _, euros
from fund.rules.valuation import free_to_commit
from fund.schemas.agreements import Agreement
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Decision, Review
from fund.unit_of_work import Snapshot

_UNSIGNED = ("approved", "conditional")
_RUNNING = ("active", "suspended")
_UNDER_SEAL = {"review": ("open",), "decision": ("decidable", "objected")}
"""While a case is in these states, its last scores or votes are sealed; afterwards they are open."""


def broken(snapshot: Snapshot) -> list[str]:
    """A sentence for each invariant that does not hold; none when all do."""
    return [*_committed(snapshot), *_free(snapshot), *_sealed(snapshot)]


def _committed(snapshot: Snapshot) -> Iterator[str]:
    """What is committed to a proposal is its award as far as it was not disbursed, and nothing after its end."""
    promised = {each.ref: each.award_cents for each in snapshot.cases(Proposal, states=_UNSIGNED)}
    for agreement in snapshot.cases(Agreement, states=_RUNNING):
        promised[agreement.proposal] = agreement.award_cents - agreement.booked_cents
    balances = snapshot.ledger.balances(kinds_excluded=("closing",))
    booked = {code.partition(".")[2]: cents for code, cents in balances.items() if code.startswith("9000.") and cents}
    promised = {ref: cents for ref, cents in promised.items() if cents}
    for ref in sorted(set(promised) | set(booked)):
        if promised.get(ref, 0) != booked.get(ref, 0):
            yield _("{ref}: {booked} is committed, {promised} was awarded and not yet disbursed").format(
                ref=ref, booked=euros(booked.get(ref, 0)), promised=euros(promised.get(ref, 0))
            )


def _free(snapshot: Snapshot) -> Iterator[str]:
    """Nothing is committed beyond what is free to commit."""
    free = free_to_commit(snapshot.balances(), snapshot.regulations().buffer_cents)
    if free < 0:
        yield _("{cents} more is committed than is free to commit").format(cents=euros(-free))


def _sealed(snapshot: Snapshot) -> Iterator[str]:
    """What lies under seal is opened at the closing, and not before."""
    turns = {each.stream: (each.turn, each.state) for each in snapshot.cases(Review)}
    turns |= {each.stream: (each.session, each.state) for each in snapshot.cases(Decision)}
    for stream, turn, opened in snapshot.store.work.seals():
        if stream not in turns:
            continue  # a vote on a key, a write-off or an amendment: its own chapter opens it
        last, state = turns[stream]
        running = turn == last and state in _UNDER_SEAL[stream.partition("/")[0]]
        if opened is running:
            sentence = _("{stream}: opened before its closing") if opened else _("{stream}: closed and not opened")
            yield sentence.format(stream=stream)
