"""How a body decides: who counts, when enough have voted, and what the votes say; and the seal over a vote or score.

Source: lifecycle.md 12 (quorum of the committee, rule of necessity).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from fund.rules.regulations import Committee
from fund.rules.scoring import Missing

FOR, AGAINST, ABSTAIN = "for", "against", "abstain"
CARRIED, LOST, TIE = "carried", "lost", "tie"
FREE_PARTNERS = 3
"""From so many partners without a conflict on, the full board needs their own majority too."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """A vote as it counts: whose, of which organisation and kind, and the choice."""

    voter: str
    organisation: str | None
    kind: str
    choice: str


def cast_for(seats: Mapping[str, Sequence[str]], voted: Collection[str]) -> tuple[str, ...]:
    """Whose votes count: of each seat the first who voted, so that a member goes before the deputy.

    Args:
        seats: By seat, who may vote for it, the member first. A seat votes once.
        voted: Everybody who voted.
    """
    first = (next((each for each in who if each in voted), None) for who in seats.values())
    return tuple(sorted({each for each in first if each is not None}))


def committee_missing(rules: Committee, *, seats: int, ballots: Sequence[Ballot]) -> tuple[Missing, ...]:
    """What a committee lacks before it may decide: more than half of the seats without a conflict, votes, kinds.

    Args:
        seats: The seats without a conflict: those for which the member or the deputy may vote.
        ballots: One for each seat that voted. An abstention counts as a vote here, not for the majority.
    """
    demands = (
        ("seats", len(ballots), seats // 2 + 1),
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


def board_missing(partners: int, ballots: Sequence[Ballot], *, conflicted: Collection[str] = ()) -> tuple[Missing, ...]:
    """What the full board lacks before it may decide: more than half of the partners present; one without a conflict.

    Args:
        partners: The active partners, each with one vote.
        conflicted: Those with a conflict. Where three or more have none, one of these at least is present: their
            majority is asked.
    """
    free = sum(1 for ballot in ballots if ballot.organisation not in conflicted)
    demands = [("present", len(ballots), partners // 2 + 1)]
    if partners - len(conflicted) >= FREE_PARTNERS:
        demands.append(("unconflicted", free, 1))
    return tuple(Missing(demand, found, needed) for demand, found, needed in demands if found < needed)


def board_outcome(ballots: Sequence[Ballot], *, partners: int, conflicted: Collection[str]) -> str:
    """What the full board says under the rule of necessity: two thirds, and where three partners or more have no
    conflict also a majority of the votes that these cast.

    Args:
        partners: The active partners.
        conflicted: Those with a conflict.
    """
    said = outcome(ballots, two_thirds=True)
    if said != CARRIED:
        return said
    free = [ballot for ballot in ballots if ballot.organisation not in conflicted]
    if partners - len(conflicted) >= FREE_PARTNERS and outcome(free, two_thirds=False) != CARRIED:
        return LOST
    return CARRIED


def salt_for(secret: str, *parts: object) -> str:
    """A salt that looks random and follows from its parts; without the fund's secret nobody can try them out."""
    text = "\x1f".join(str(part) for part in parts)
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


def commitment(salt: str, content: str) -> str:
    """SHA-256 over salt and content: what stands in the fact while the content is sealed."""
    return hashlib.sha256(f"{salt}\x1f{content}".encode()).hexdigest()
