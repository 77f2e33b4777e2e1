"""Reviews: a panel without conflicts, scores under seal, the closing that opens them, consensus where it is asked.

The rows of the lifecycle stand in the table of ``fund.workflows.proposals``; what follows by itself in
``subscriptions``.
"""

from __future__ import annotations

from fund.rules.authority import COMMITTEE, FUND_MANAGER, PANEL, either
from fund.unit_of_work import Command, Query
from fund.workflows.conflicts import kind_of, parties_of, people
from fund.workflows.reviews.barring import barred_now
from fund.workflows.reviews.calibrating import spread
from fund.workflows.reviews.case import LIVES
from fund.workflows.reviews.closing import close, close_at_deadline, close_when_complete, what_is_missing
from fund.workflows.reviews.consensus import consensus, means_stand
from fund.workflows.reviews.late import LATE_FACTS, exclude_late
from fund.workflows.reviews.panel import assign, open_review, propose_panel, recuse
from fund.workflows.reviews.scores import declare, score, second_of_declare
from fund.workflows.reviews.seal import open_seals, put_under_seal, read_sealed
from fund.workflows.reviews.seating import seat_panel
from fund.workflows.reviews.sheets import parse_scores
from fund.workflows.reviews.showing import show
from fund.workflows.reviews.ties import rules_of

LEFT_FACTS = ("review.scored", "review.recused", "review.reviewer_barred", "review.conflict_decided")
"""After these the last of a panel may have scored, or its quorum be out of reach."""

__all__ = [
    "COMMANDS",
    "LATE_FACTS",
    "LEFT_FACTS",
    "LIVES",
    "QUERIES",
    "assign",
    "barred_now",
    "close",
    "close_at_deadline",
    "close_when_complete",
    "consensus",
    "declare",
    "exclude_late",
    "kind_of",
    "means_stand",
    "open_review",
    "open_seals",
    "read_sealed",
    "parse_scores",
    "parties_of",
    "people",
    "propose_panel",
    "put_under_seal",
    "recuse",
    "rules_of",
    "score",
    "seat_panel",
    "show",
    "spread",
    "what_is_missing",
]

COMMANDS = (
    Command("review open", open_review, FUND_MANAGER),
    Command("review assign", assign, FUND_MANAGER),
    Command("review declare", declare, either(PANEL, COMMITTEE), second=second_of_declare, seconds=(COMMITTEE,)),
    Command("review score", score, PANEL),
    Command("review recuse", recuse, PANEL),
    Command("review close", close, FUND_MANAGER),
    Command("review consensus", consensus, PANEL),
)
QUERIES = (Query("review show", show), Query("review spread", spread))
