"""What is known of a round, in plain dictionaries: people, proposals, seals; the table of lifecycle.md 4, once more.

Source: lifecycle.md 1 (G7), 2, 4, 12. Nothing here knows code of the fund.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.factories import PARTNERS_CSV

Row = dict[str, Any]
"""A fact as the database keeps it: ``seq``, ``type``, ``stream``, ``actor``, ``made_by``, ``at``, ``payload``."""

CHAIRS = {"committee_chair", "deputy_chair"}
COMMITTEE = {"committee_member", *CHAIRS}
OFFICE = {"fund_manager", "treasurer"}
TRACKS = {"light": (0, 25_000_00), "standard": (25_000_00, 125_000_00), "major": (125_000_00, 10**12)}
BEFORE_AGREED = {
    "draft", "submitted", "returned", "eligible", "in_review", "scored", "decidable", "deferred", "conditional",
    "approved", "objected",
}  # fmt: skip
EDITABLE = {"draft", "returned", "deferred"}
REVIEWING = {"in_review"}
SAME = "same"

TABLE: dict[str, tuple[set[str], str]] = {
    "proposal.revised": (EDITABLE, SAME),  # P2
    "proposal.participation_confirmed": (EDITABLE, SAME),  # P3
    "proposal.submitted": ({"draft"}, "submitted"),  # P4
    "proposal.screened": ({"submitted"}, SAME),
    "proposal.changes_requested": ({"submitted", "eligible"}, "returned"),  # P5
    "proposal.resubmitted": ({"returned", "deferred"}, "submitted"),  # P6
    "proposal.found_eligible": ({"submitted"}, "eligible"),  # P7
    "proposal.found_ineligible": ({"submitted"}, "ineligible"),  # P8
    "review.panel_proposed": ({"eligible"}, SAME),
    "review.opened": ({"eligible"}, "in_review"),  # P9
    "review.declared": (REVIEWING, SAME),  # P10
    "review.scored": (REVIEWING, SAME),
    "review.recused": (REVIEWING, SAME),
    "review.conflict_decided": ({"in_review", "scored", "decidable", "deferred"}, SAME),
    "review.conflict_declared": ({"eligible", "in_review", "scored", "decidable", "deferred"}, SAME),
    "review.reviewer_barred": ({"submitted", "in_review", "scored", "decidable", "deferred"}, SAME),
    "review.score_excluded": ({"submitted", "in_review", "scored", "decidable", "deferred"}, SAME),
    "review.top_up_proposed": (REVIEWING, SAME),
    "review.recomputed": ({"scored", "decidable", "deferred"}, "scored"),  # what is deferred stays so
    "review.reopened": ({"scored", "decidable", "deferred"}, "in_review"),
    "review.assigned": (REVIEWING, SAME),  # P23
    "review.extended": (REVIEWING, SAME),
    "review.closed": (REVIEWING, "scored"),  # P11
    "review.consensus_proposed": ({"scored"}, SAME),  # P12
    "review.consensus_agreed": ({"scored"}, SAME),
    "review.consensus_recorded": ({"scored"}, SAME),
    "decision.prepared": ({"scored", "deferred"}, "decidable"),  # P13
    "decision.remarked": ({"decidable"}, SAME),
    "decision.voted": ({"decidable", "objected"}, SAME),  # P26
    "decision.approved": ({"decidable"}, "approved"),  # P14
    "decision.conditional": ({"decidable"}, "conditional"),  # P15
    "decision.conditions_met": ({"conditional"}, "approved"),  # P16
    "decision.rejected": ({"decidable"}, "rejected"),  # P17
    "decision.deferred": ({"decidable"}, "deferred"),
    "decision.objected": ({"rejected", "ineligible"}, "objected"),  # P18
    "decision.reopened": ({"approved", "conditional", "objected"}, "decidable"),  # P19, P25
    "agreement.activated": ({"approved"}, "agreed"),  # P20
    "proposal.withdrawn": (BEFORE_AGREED, "withdrawn"),  # P21
    "proposal.lapsed": ({"draft", "returned", "deferred", "conditional", "approved"}, "lapsed"),  # P22
    "proposal.lapse_announced": ({"draft", "returned", "deferred", "conditional", "approved"}, SAME),
    "decision.condition_evidenced": ({"conditional"}, SAME),  # P24
    "decision.condition_extended": ({"conditional"}, SAME),
    "decision.upheld": ({"objected"}, "upheld"),  # P25
    "decision.eligibility_reopened": ({"objected"}, "eligible"),
}
"""From which states a fact of a proposal is possible, and the state after it (lifecycle.md 4)."""


def geography() -> tuple[dict[str, str], dict[str, set[str]]]:
    """The kind of each partner, and the municipalities of each region."""
    kinds: dict[str, str] = {}
    regions: dict[str, set[str]] = defaultdict(set)
    with PARTNERS_CSV.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            kinds[row["id"]] = row["kind_en"]
            if row["kind_en"] == "municipality" and row["regio_id"]:
                regions[row["regio_id"]].add(row["id"])
    return kinds, regions


KINDS, REGIONS = geography()


@dataclass
class Person:
    """Somebody who acts."""

    id: str
    name: str
    roles: set[str] = field(default_factory=set)
    partner: str | None = None
    seconded: bool = False
    active: bool = True

    @property
    def organisation(self) -> str | None:
        return None if self.seconded else self.partner

    @property
    def kind(self) -> str:
        return KINDS[self.organisation] if self.organisation else "external"


@dataclass
class Case:
    """A proposal, as far as the table and the people around it go."""

    ref: str
    round: str
    track: str
    lead: str
    state: str = "draft"
    ask: int = 0
    co: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)
    """Adopters and other beneficiaries."""
    team: set[str] = field(default_factory=set)
    persons: set[str] = field(default_factory=set)
    """Names in the team, in lower case: what the one who drafted wrote."""
    hash: str = ""
    revision: int = 1
    confirmed: dict[str, str] = field(default_factory=dict)
    signed_by: set[str] = field(default_factory=set)
    filed_by: set[str] = field(default_factory=set)
    """Who confirmed or handed in the file itself for a party (G7 a)."""
    """People who confirmed or submitted."""
    submitted: bool = False
    sections: set[str] = field(default_factory=set)
    due: date | None = None
    object_until: date | None = None
    deferred_for: str = ""
    deferrals: int = 0
    finders: set[str] = field(default_factory=set)
    """Who approved in this chain P5-P8."""
    turn: int = 0
    panel: list[str] = field(default_factory=list)
    reviewed: set[str] = field(default_factory=set)
    """Everybody whose score counted, in any turn."""
    scored: set[str] = field(default_factory=set)
    opened: set[str] = field(default_factory=set)
    declared: dict[str, list[str]] = field(default_factory=dict)
    necessity: bool = False
    mandated: bool = False
    board: bool = False
    decided_before: bool = False
    session: int = 0
    voted: set[str] = field(default_factory=set)
    ever_voted: set[str] = field(default_factory=set)
    hands: set[str] = field(default_factory=set)
    """Who approved in this chain P13-P17, and whose votes were opened for it."""
    took_part: set[str] = field(default_factory=set)
    objected_was: str = ""
    award: int = 0
    conditions: dict[int, Row] = field(default_factory=dict)
    document: str = ""
    agreement: str = ""
    signatures: set[str] = field(default_factory=set)
    sign_before: date | None = None
    drafted_award: int = 0
    redecided: bool = False
    """Whether the decision was taken back after the text was drafted."""
    boards_heard: bool = False
    milestones: dict[str, str] = field(default_factory=dict)
    paid: int = 0
    """What was approved for payment of the award."""
    released: bool = False
    """Whether the rest of the award was given back at the end of the agreement."""

    @property
    def applicants(self) -> set[str]:
        return {self.lead, *self.co}

    @property
    def parties(self) -> set[str]:
        return self.applicants | self.others

    @property
    def committed(self) -> int:
        """The part of a standing award that is not paid out yet."""
        return 0 if self.released or self.state not in ("approved", "conditional", "agreed") else self.award - self.paid


@dataclass
class Seal:
    """What somebody gave under seal; the canary stands in its words."""

    canary: str
    ref: str
    kind: str
    content: dict[str, Any]
    key: tuple[str, str, int, str] | None = None
    """Kind, ref, turn and person, once a fact took it."""
    opened: bool = False


def day_of(instant: datetime) -> date:
    """The day in Amsterdam."""
    return instant.astimezone(ZoneInfo("Europe/Amsterdam")).date()


def acting(row: Row) -> set[str]:
    """The people behind a fact; nobody for what the service does."""
    return {who for who in (row["actor"], row["made_by"]) if who and who != "system"}


class Known:
    """The dictionaries: people, proposals, rounds, seals; and what ties a person to a proposal."""

    def __init__(self, partners: set[str]) -> None:
        self.partners = partners
        self.regions = {region: members & partners for region, members in REGIONS.items()}
        self.people: dict[str, Person] = {}
        self.names: dict[str, str] = {}
        self.cases: dict[str, Case] = {}
        self.rounds: dict[str, Row] = {}
        self.seals: dict[str, Seal] = {}
        self.latest: dict[tuple[str, str, int, str], Seal] = {}
        self.giving: Seal | None = None
        self.now = datetime(2026, 1, 5, 9, tzinfo=UTC)
        self.persons_given: set[str] = set()
        self.sketches: dict[str, str] = {}
        """Words that stand in the form of one proposal only, and whose."""
        self.checkers: dict[str, str] = {}
        """Who checked a disbursement."""
        self.seq = 0

    @property
    def today(self) -> date:
        return day_of(self.now)

    def person(self, user_id: str) -> Person:
        return self.people[user_id]

    # ---------------------------------------------------------------------------------------------------- relations

    def outside(self, who: Person, case: Case) -> bool:
        """Of no party of the case, seconded people of none at all (G7 b, f)."""
        return who.organisation is None or who.organisation not in case.parties

    def conflicted(self, who: Person, case: Case) -> bool:
        """A hard conflict (lifecycle.md 12)."""
        if who.name.casefold() in case.persons or who.id in case.filed_by:
            return True
        own = who.organisation
        if own is None:
            return False
        members = self.regions.get(own, set())
        return own in case.parties | case.team or 2 * len(members & case.parties) > len(members)

    def reviewers(self, case: Case) -> set[str]:
        """Who reviewed the case, or does so now (G7 d)."""
        return case.reviewed | (set(case.panel) if case.turn else set())

    def free_chairs(self, case: Case, role: str) -> list[Person]:
        return [
            who for who in self.people.values()
            if who.active and role in who.roles
            and not self.conflicted(who, case) and who.id not in self.reviewers(case)
        ]  # fmt: skip

    def seats(self, case: Case, *, free: bool = True) -> dict[str, list[str]]:
        """The committee's seats with who may vote for each, the member first; without ``free`` nobody is barred.

        The deputy chairs share the seat of the chairs while none of these may vote.
        """
        barred = self.reviewers(case) | (case.took_part if case.state == "objected" else set())
        active = [who for _id, who in sorted(self.people.items()) if who.active]

        def may(who: Person) -> bool:
            return not free or not (self.conflicted(who, case) or who.id in barred)

        members = [who for who in active if who.roles & {"committee_member", "committee_chair"}]
        found = {who.id: [who.id] for who in members if may(who)}
        if not any("committee_chair" in self.people[seat].roles for seat in found):
            deputies = [who for who in active if "deputy_chair" in who.roles and "committee_member" not in who.roles]
            standing = [who.id for who in deputies if may(who)]
            found |= {"deputies": standing} if standing else {}
        return found

    def needs_the_board(self, case: Case) -> bool:
        """Whether conflicts alone keep the committee from three votes of two kinds (lifecycle.md 12, necessity)."""
        took_part, case.took_part = case.took_part, set()
        try:
            whole, free = (
                [self.people[who[0]] for who in self.seats(case, free=free).values()] for free in (False, True)
            )
        finally:
            case.took_part = took_part

        def lacks(seats: list[Person]) -> bool:
            return len(seats) < 3 or len({who.kind for who in seats}) < 2

        return lacks(free) and not lacks(whole)

    def board_votes(self, case: Case) -> bool:
        """Whether the full board votes on the case as it stands."""
        return case.board or (case.state == "objected" and self.needs_the_board(case))

    def board(self, case: Case) -> dict[str, list[str]]:
        """By partner: the signatories who may vote for it; none who signed, reviewed, or is named in the team."""
        found: dict[str, list[str]] = {partner: [] for partner in sorted(self.partners)}
        barred = case.signed_by | self.reviewers(case)
        for user_id, who in sorted(self.people.items()):
            may = who.active and "partner_signatory" in who.roles and user_id not in barred
            if may and who.organisation and who.name.casefold() not in case.persons:
                found[who.organisation].append(user_id)
        return found

    def body(self, case: Case) -> dict[str, list[str]]:
        """By seat or partner, who may vote for it on the case as it stands."""
        return self.board(case) if self.board_votes(case) else self.seats(case)

    def voters(self, case: Case) -> dict[str, Person]:
        """Who may vote on the case as it stands."""
        return {user_id: self.people[user_id] for who in self.body(case).values() for user_id in who}

    def counting(self, case: Case) -> set[str]:
        """Whose votes count, of those who voted: one for each seat, the member's before a deputy's."""
        return {
            next(each for each in who if each in case.voted)
            for who in self.body(case).values()
            if case.voted & set(who)
        }
