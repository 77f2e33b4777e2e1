"""Evaluations: looking back on an experiment, judged by peers, accepted by the chair, its lessons shared with all.

``states`` holds table and fold, ``judging`` what people do, ``course`` what happens by itself, ``followon`` the road
from a good result to its roll-out, ``lessons`` what is looked up. Source: lifecycle.md 7 and 8.
"""

from __future__ import annotations

from fund.rules.authority import CHAIR, REVIEWER, Role, Who
from fund.schemas.evaluations import Evaluation
from fund.unit_of_work import Command, Life, Query
from fund.workflows.evaluations.course import fall_due, fall_due_at, plan, publish
from fund.workflows.evaluations.followon import (
    ancestors,
    announce,
    carried,
    carried_over,
    expire,
    invite,
    lineage,
)
from fund.workflows.evaluations.judging import accept, peer_review, send_back, submit
from fund.workflows.evaluations.lessons import lessons, listed, shown
from fund.workflows.evaluations.states import TRANSITIONS, State, evaluation_after

__all__ = [
    "COMMANDS",
    "LIVES",
    "QUERIES",
    "TRANSITIONS",
    "State",
    "ancestors",
    "announce",
    "carried_over",
    "expire",
    "fall_due",
    "fall_due_at",
    "invite",
    "lineage",
    "plan",
    "publish",
]

COMMANDS = (
    Command("evaluation submit", submit, Who(frozenset({Role.PARTNER_SIGNATORY, Role.FUND_MANAGER}))),
    Command("evaluation peer-review", peer_review, REVIEWER),
    Command("evaluation accept", accept, CHAIR),
    Command("evaluation return", send_back, CHAIR),
)
QUERIES = (
    Query("evaluation list", listed, lists={"evaluations": "evaluation"}),
    Query("evaluation show", shown),
    Query("evaluation lessons", lessons),
    Query("evaluation carried-over", carried),
)
LIVES = {"evaluation": Life(Evaluation, evaluation_after, TRANSITIONS)}
