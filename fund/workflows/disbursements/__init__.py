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
from fund.workflows.disbursements.table import PAYERS, TRANSITIONS, after

__all__ = ["COMMANDS", "LIVES", "QUERIES"]


COMMANDS = (
    Command("disbursement request", "fund.workflows.disbursements.asking:request", PARTY_SIGNATORY),
    Command("disbursement check", "fund.workflows.disbursements.approving:check_request", FUND_MANAGER),
    Command("disbursement approve", "fund.workflows.disbursements.approving:approve", TREASURER),
    Command("disbursement refuse", "fund.workflows.disbursements.approving:refuse", PAYERS),
    Command("disbursement withdraw", "fund.workflows.disbursements.approving:withdraw", PARTY_SIGNATORY),
    Command("disbursement cancel", "fund.workflows.disbursements.undoing:cancel", FUND_MANAGER, second=TREASURER),
    Command("disbursement refund", "fund.workflows.disbursements.undoing:refund", TREASURER),
)
QUERIES = (
    Query(
        "disbursement list",
        "fund.workflows.disbursements.reading:disbursements",
        lists={"disbursements": "disbursement"},
    ),
    Query("disbursement show", "fund.workflows.disbursements.reading:disbursement"),
)
LIVES = {"disbursement": Life(Disbursement, after, TRANSITIONS)}
