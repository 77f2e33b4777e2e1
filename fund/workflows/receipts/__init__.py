"""Money in: bank statements are imported, receipts recorded, and set against calls and repayments.

``importing`` takes files in and asks ``hooks`` what other trades know of a line, and ``identity`` which lines are known
from another document; ``evidence`` says what a receipt may be for, ``matching`` makes it so, ``reversals`` follow what
the bank takes back; ``lives`` says how a receipt stands, ``reading`` what waits, ``gaps`` what is missing.
"""

from __future__ import annotations

from fund.rules.authority import FUND_MANAGER, TREASURER
from fund.unit_of_work import Command, Query
from fund.workflows.receipts.evidence import RULES, Evidence, evidence_for
from fund.workflows.receipts.gaps import gaps
from fund.workflows.receipts.hooks import arrives, explains, settles, takes_back
from fund.workflows.receipts.importing import import_statements, read_files, register
from fund.workflows.receipts.lives import LIVES, TRANSITIONS, State
from fund.workflows.receipts.matching import allocate, match, parties_behind, second_to_match, unmatch
from fund.workflows.receipts.reading import bank, unexplained_debits, unmatched
from fund.workflows.receipts.reasons import REASONS

__all__ = [
    "COMMANDS",
    "LIVES",
    "QUERIES",
    "REASONS",
    "RULES",
    "TRANSITIONS",
    "Evidence",
    "State",
    "allocate",
    "arrives",
    "bank",
    "evidence_for",
    "explains",
    "gaps",
    "import_statements",
    "match",
    "parties_behind",
    "register",
    "settles",
    "takes_back",
    "unexplained_debits",
    "unmatch",
    "unmatched",
]

COMMANDS = (
    Command("bank register", register, FUND_MANAGER, second=TREASURER),
    Command("bank import", import_statements, TREASURER, before=read_files),
    Command("bank match", match, TREASURER, second=second_to_match, seconds=(FUND_MANAGER,)),
    Command("bank unmatch", unmatch, TREASURER),
    Command("repayment allocate", allocate, TREASURER, second=FUND_MANAGER),
)
_LISTS = {"accounts": "", "statements": "", "notifications": "", "receipts": "receipt"}
QUERIES = (Query("bank list", bank, lists=_LISTS), Query("bank unmatched", unmatched))
