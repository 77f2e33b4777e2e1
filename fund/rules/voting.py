"""How a body decides: who counts, when enough have voted, and what the votes say; and the seal over a vote or score.

Source: lifecycle.md 12 (quorum of the committee, rule of necessity).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from fund.rules.regulations import Committee
from fund.rules.scoring import Missing

__all__ = [
    "ABSTAIN",
    "AGAINST",
    "FOR",
    "Ballot",
    "board_missing",
    "board_outcome",
    "commitment",
    "committee_missing",
    "outcome",
    "salt_for",
]

FOR, AGAINST, ABSTAIN = "for", "against", "abstain"
CARRIED, LOST, TIE = "carried", "lost", "tie"


@dataclass(frozen=True, slots=True)
class Ballot:
    """A vote as it counts: whose, of which organisation and kind, and the choice."""

    voter: str
    organisation: str | None
    kind: str
    choice: str


def committee_missing(rules: Committee, *, voters: Collection[str], ballots: Sequence[Ballot]) -> tuple[Missing, ...]:
    """What a committee lacks before it may decide: more than half of the seats without a conflict, votes, kinds.

    Args:
        voters: The seats without a conflict. An abstention counts as a vote here, not for the majority.
    """
    demands = (
        ("seats", len(ballots), len(voters) // 2 + 1),
        ("votes", len(ballots), rules.votes),
        ("kinds", len({ballot.kind for ballot in ballots}), rules.kinds),
    )
    return tuple(Missing(demand, found, needed) for demand, found, needed in demands if found < needed)


def outcome(ballots: Sequence[Ballot], *, two_thirds: bool) -> str:
    """carried, lost, or tie, by the votes for and against; abstentions are on neither side."""
    for_it = sum(1 for ballot in ballots if ballot.choice == FOR)
    against = sum(1 for ballot in ballots if ballot.choice == AGAINST)
    if for_it == against:
        return TIE
    if two_thirds:
        return CARRIED if 3 * for_it >= 2 * (for_it + against) else LOST
    return CARRIED if for_it > against else LOST


def board_missing(partners: int, ballots: Sequence[Ballot]) -> tuple[Missing, ...]:
    """What the full board lacks before it may decide: more than half of the partners present."""
    needed = partners // 2 + 1
    return () if len(ballots) >= needed else (Missing("present", len(ballots), needed),)


def board_outcome(ballots: Sequence[Ballot], *, conflicted: Collection[str]) -> str:
    """What the full board says under the rule of necessity: two thirds, and a majority of the unconflicted when there
    are three.

    Args:
        conflicted: The partners with a conflict.
    """
    if outcome(ballots, two_thirds=True) != CARRIED:
        return outcome(ballots, two_thirds=True)
    free = [ballot for ballot in ballots if ballot.organisation not in conflicted]
    if len(free) >= 3 and outcome(free, two_thirds=False) != CARRIED:
        return LOST
    return CARRIED


def salt_for(secret: str, *parts: object) -> str:
    """A salt that looks random and follows from its parts; without the fund's secret nobody can try them out."""
    text = "\x1f".join(str(part) for part in parts)
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


def commitment(salt: str, content: str) -> str:
    """SHA-256 over salt and content: what stands in the fact while the content is sealed."""
    return hashlib.sha256(f"{salt}\x1f{content}".encode()).hexdigest()
