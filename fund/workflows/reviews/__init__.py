"""Reviews: a panel without conflicts, scores under seal, the closing that opens them, consensus where it is asked.

The rows of the lifecycle stand in the table of ``fund.workflows.proposals``; what follows by itself in
``subscriptions``.
"""

from __future__ import annotations

from fund.rules.authority import COMMITTEE, FUND_MANAGER, PANEL, either
from fund.unit_of_work import Command, Query
from fund.workflows.reviews.case import LIVES

LEFT_FACTS = ("review.scored", "review.recused", "review.reviewer_barred", "review.conflict_decided")
"""After these the last of a panel may have scored, or its quorum be out of reach."""

__all__ = ["COMMANDS", "LEFT_FACTS", "LIVES", "QUERIES"]

COMMANDS = (
    Command("review open", "fund.workflows.reviews.panel:open_review", FUND_MANAGER),
    Command("review assign", "fund.workflows.reviews.panel:assign", FUND_MANAGER),
    Command(
        "review declare",
        "fund.workflows.reviews.scores:declare",
        either(PANEL, COMMITTEE),
        second="fund.workflows.reviews.scores:second_of_declare",
        seconds=(COMMITTEE,),
    ),
    Command("review score", "fund.workflows.reviews.scores:score", PANEL),
    Command("review recuse", "fund.workflows.reviews.panel:recuse", PANEL),
    Command("review close", "fund.workflows.reviews.closing:close", FUND_MANAGER),
    Command("review consensus", "fund.workflows.reviews.consensus:consensus", PANEL),
)
QUERIES = (
    Query("review show", "fund.workflows.reviews.showing:show"),
    Query("review spread", "fund.workflows.reviews.calibrating:spread"),
)
