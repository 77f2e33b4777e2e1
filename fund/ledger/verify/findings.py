"""What a run of the checks answers: findings, by check, at a head."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fund.errors import filled
from fund.language import N_
from fund.ledger.journal import Head
from fund.ledger.store.evidence import Evidence

T = TypeVar("T")

_CODES = {"kind": "event", "status": "period", "field": "typed"}
"""What the details of a finding are codes of, beside what they are everywhere."""
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
        sentence = filled(self.template, self.details, codes=_CODES)
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
class Tally:
    """A check while it runs."""

    name: str
    checked: int = 0
    findings: list[Finding] = field(default_factory=list)

    def find(self, seq: int | None, place: str, template: str, **details: Any) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(seq, place, template, details))

    def find_in(self, seq: int, template: str, **details: Any) -> None:
        """Keep a finding about an entry."""
        self.find(seq, f"entry:{seq}", template, **details)

    def done(self) -> Check:
        return Check(self.name, not self.findings, self.checked, tuple(self.findings))

    def fail(self, problem: Exception) -> None:
        """It could not be carried out, or not to its end: that is a finding as well."""
        told = f"{type(problem).__name__}: {str(problem).strip().partition(chr(10))[0]}"
        self.find(None, self.name, N_("it could not be carried out: {problem}"), problem=told)


def failed(name: str, problem: Exception) -> Check:
    """A check that could not be carried out."""
    tally = Tally(name)
    tally.fail(problem)
    return tally.done()


def carried_out(evidence: Evidence, work: Callable[[], T], otherwise: Callable[[Exception], T]) -> T:
    """What ``work`` finds, or what ``otherwise`` makes of the reason why it cannot: the other checks go on."""
    found = evidence.tried(work)
    return otherwise(found) if isinstance(found, Exception) else found
