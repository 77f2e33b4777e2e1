"""Reviews: a panel without conflicts, scores under seal, the closing that opens them, consensus where it is asked.

The rows of the lifecycle stand in the table of ``fund.workflows.proposals``; what follows by itself in
``subscriptions``.
"""

from __future__ import annotations

from fund.rules.authority import CHAIR, COMMITTEE, FUND_MANAGER, PANEL, either
from fund.unit_of_work import Command, Query
from fund.workflows.reviews.case import LIVES
from fund.workflows.reviews.panel import assign, open_review, propose_panel, recuse, rules_of, seat_panel
from fund.workflows.reviews.scores import (
    close,
    close_at_deadline,
    close_when_complete,
    consensus,
    declare,
    means_stand,
    score,
    second_of_declare,
    what_is_missing,
)
from fund.workflows.reviews.seal import put_under_seal, read_sealed
from fund.workflows.reviews.sheets import parse_scores
from fund.workflows.reviews.showing import show
from fund.workflows.reviews.ties import kind_of, parties_of, people

__all__ = [
    "COMMANDS",
    "LIVES",
    "QUERIES",
    "assign",
    "close",
    "close_at_deadline",
    "close_when_complete",
    "consensus",
    "declare",
    "kind_of",
    "means_stand",
    "open_review",
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
    "what_is_missing",
]

COMMANDS = (
    Command("review open", open_review, FUND_MANAGER),
    Command("review assign", assign, FUND_MANAGER),
    Command("review declare", declare, either(PANEL, CHAIR), second=second_of_declare, seconds=(COMMITTEE,)),
    Command("review score", score, PANEL),
    Command("review recuse", recuse, PANEL),
    Command("review close", close, FUND_MANAGER),
    Command("review consensus", consensus, PANEL),
)
QUERIES = (Query("review show", show),)
