"""Decisions: the committee's file, votes under seal, the outcome with its money, conditions, reopening, objections.

The rows of the lifecycle stand in the table of ``fund.workflows.proposals``; what follows by itself in
``subscriptions``.
"""

from __future__ import annotations

from fund.rules.authority import BOARD, CHAIR, COMMITTEE, FUND_MANAGER, PARTY_SIGNATORY, TREASURER, either
from fund.unit_of_work import Command, Query
from fund.workflows.decisions.afterwards import decide_objection, evidence, meet_conditions, reopen
from fund.workflows.decisions.body import chairs, committee_of, waiting_votes
from fund.workflows.decisions.case import LIVES
from fund.workflows.decisions.deciding import decide, second_of_decide
from fund.workflows.decisions.preparing import prepare, prepare_when_scored, ranking
from fund.workflows.decisions.showing import reads_papers, show
from fund.workflows.decisions.terms import (
    BACK,
    RUNNING,
    TERM,
    TERM_FACTS,
    come_back,
    keep_deferral,
    keep_term,
    term_ends,
    term_of,
)
from fund.workflows.decisions.voting import vote

__all__ = [
    "BACK",
    "COMMANDS",
    "LIVES",
    "QUERIES",
    "RUNNING",
    "TERM",
    "TERM_FACTS",
    "chairs",
    "come_back",
    "committee_of",
    "decide",
    "decide_objection",
    "evidence",
    "keep_deferral",
    "keep_term",
    "meet_conditions",
    "prepare",
    "prepare_when_scored",
    "ranking",
    "reads_papers",
    "reopen",
    "show",
    "term_ends",
    "term_of",
    "vote",
    "waiting_votes",
]

COMMANDS = (
    Command("decision prepare", prepare, FUND_MANAGER),
    Command("decision vote", vote, either(COMMITTEE, BOARD)),
    Command("decision decide", decide, either(CHAIR, FUND_MANAGER), second=second_of_decide, seconds=(COMMITTEE,)),
    Command("decision evidence", evidence, either(PARTY_SIGNATORY, CHAIR)),
    Command(
        "decision meet-conditions", meet_conditions, FUND_MANAGER, second=either(FUND_MANAGER, TREASURER, COMMITTEE)
    ),
    Command("decision reopen", reopen, CHAIR, second=COMMITTEE),
    Command("decision decide-objection", decide_objection, CHAIR),
)
QUERIES = (Query("decision show", show),)
