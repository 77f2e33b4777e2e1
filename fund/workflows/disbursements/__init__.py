"""Money out, from a request to a debt: asked by a party, checked by a fund manager, approved by a treasurer.

Three different people, none of a party except the one who asks. What then happens at the bank is the trade of
``payments``; both move one lifecycle. Source: lifecycle.md 5, D1-D10.

``table`` is that life, ``amounts`` what was asked so far; ``asking``, ``approving`` and ``undoing`` move it,
``reading`` shows it.
"""

from __future__ import annotations

from fund.rules.authority import FUND_MANAGER, PARTY_SIGNATORY, TREASURER
from fund.schemas.disbursements import Disbursement
from fund.unit_of_work import Command, Life, Query
from fund.workflows.disbursements.amounts import booked, live_cents
from fund.workflows.disbursements.approving import approve, check_request, refuse, withdraw
from fund.workflows.disbursements.asking import on_account_cents, request, request_at_activation
from fund.workflows.disbursements.reading import disbursement, disbursements
from fund.workflows.disbursements.table import LIVE, PAYERS, TRANSITIONS, State, after
from fund.workflows.disbursements.undoing import cancel, refund

__all__ = [
    "COMMANDS",
    "LIVE",
    "LIVES",
    "PAYERS",
    "QUERIES",
    "TRANSITIONS",
    "State",
    "booked",
    "live_cents",
    "on_account_cents",
    "refund",
    "request_at_activation",
]


COMMANDS = (
    Command("disbursement request", request, PARTY_SIGNATORY),
    Command("disbursement check", check_request, FUND_MANAGER),
    Command("disbursement approve", approve, TREASURER),
    Command("disbursement refuse", refuse, PAYERS),
    Command("disbursement withdraw", withdraw, PARTY_SIGNATORY),
    Command("disbursement cancel", cancel, FUND_MANAGER, second=TREASURER),
    Command("disbursement refund", refund, TREASURER),
)
QUERIES = (
    Query("disbursement list", disbursements, lists={"disbursements": "disbursement"}),
    Query("disbursement show", disbursement),
)
LIVES = {"disbursement": Life(Disbursement, after, TRANSITIONS)}
