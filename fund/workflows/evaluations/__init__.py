"""Evaluations: looking back on an experiment, judged by peers, accepted by the chair, its lessons shared with all.

``states`` holds table and fold, ``judging`` what people do, ``course`` what happens by itself, ``followon`` the road
from a good result to its roll-out, ``lessons`` what is looked up. Source: lifecycle.md 7 and 8.
"""

from __future__ import annotations

from fund.rules.authority import CHAIR, REVIEWER, Role, Who
from fund.schemas.evaluations import Evaluation
from fund.unit_of_work import Command, Life, Query
from fund.workflows.evaluations.states import TRANSITIONS, evaluation_after

__all__ = ["COMMANDS", "LIVES", "QUERIES"]

COMMANDS = (
    Command(
        "evaluation submit",
        "fund.workflows.evaluations.judging:submit",
        Who(frozenset({Role.PARTNER_SIGNATORY, Role.FUND_MANAGER})),
    ),
    Command("evaluation peer-review", "fund.workflows.evaluations.judging:peer_review", REVIEWER),
    Command("evaluation accept", "fund.workflows.evaluations.judging:accept", CHAIR),
    Command("evaluation return", "fund.workflows.evaluations.judging:send_back", CHAIR),
)
QUERIES = (
    Query("evaluation list", "fund.workflows.evaluations.lessons:listed", lists={"evaluations": "evaluation"}),
    Query("evaluation show", "fund.workflows.evaluations.lessons:shown"),
    Query("evaluation lessons", "fund.workflows.evaluations.lessons:lessons"),
    Query("evaluation carried-over", "fund.workflows.evaluations.followon:carried"),
)
LIVES = {"evaluation": Life(Evaluation, evaluation_after, TRANSITIONS)}
