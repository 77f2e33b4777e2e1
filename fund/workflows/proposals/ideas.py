"""What else the same parties ask, for the same idea: those amounts count together for the track.

**Same parties**: the same set of applicants, whoever of them leads. **Same idea**: the same title or the same
hypothesis, read as words (capitals, punctuation and spaces aside); an experiment is its hypothesis, so cutting one in
two gives two files that share it. **Counted** are proposals that wait for a decision, with what they ask, and awards of
the last year, with what was awarded. What only looks alike is no ground to refuse: it is shown, and the fund manager
who judges eligibility sees it.

Source: lifecycle.md, proportionality ("the ask; same parties, same idea: added up").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from fund.dates import add_months
from fund.schemas.proposals import UNDECIDED, Proposal
from fund.unit_of_work import Snapshot
from fund.workflows.proposals.lifecycle import COMMITTED, State

_AWARDED = (*COMMITTED, State.AGREED)
_MONTHS = 12
"""Awards of so many months ago still count."""


@dataclass(frozen=True, slots=True)
class Other:
    """Another proposal of the same parties.

    Attributes:
        cents: What counts: the award where there is one, else the ask.
    """

    ref: str
    title: str
    cents: int


def same_idea(snapshot: Snapshot, case: Proposal) -> tuple[Other, ...]:
    """The other proposals whose amounts count together with this one's, in the order of their refs.

    A roll-out is none of them, and has none: it follows an agreement by its own rules.
    """
    if case.follows is not None:
        return ()
    return tuple(_other(each) for each in _of_the_same_parties(snapshot, case) if _ideas(each) & _ideas(case))


def alike(snapshot: Snapshot, case: Proposal) -> tuple[Other, ...]:
    """Other proposals of the same parties on one of the same themes, for a person to judge whether it is one idea."""
    if case.follows is not None:
        return ()
    return tuple(
        _other(each)
        for each in _of_the_same_parties(snapshot, case)
        if not _ideas(each) & _ideas(case) and set(each.form.themes) & set(case.form.themes)
    )


def _of_the_same_parties(snapshot: Snapshot, case: Proposal) -> Iterator[Proposal]:
    since = add_months(snapshot.today, -_MONTHS)
    states = (*UNDECIDED, *_AWARDED)
    led = (each for lead in case.applicants for each in snapshot.cases(Proposal, states=states, partner=lead))
    for each in sorted(led, key=lambda each: each.ref):
        if each.ref == case.ref or each.is_draft or each.follows is not None:
            continue
        if set(each.applicants) != set(case.applicants):
            continue
        if each.state in _AWARDED and (each.decided_on is None or each.decided_on < since):
            continue
        yield each


def _other(case: Proposal) -> Other:
    return Other(case.ref, case.title, case.award_cents if case.state in _AWARDED else case.ask_cents)


def _ideas(case: Proposal) -> frozenset[tuple[str, str]]:
    return frozenset({("title", _words(case.form.title)), ("hypothesis", _words(case.form.hypothesis))})


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))
