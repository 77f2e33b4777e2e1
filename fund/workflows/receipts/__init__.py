"""Money in: bank statements are imported, receipts recorded, and set against calls and repayments.

``importing`` takes files in and asks ``hooks`` what other trades know of a line, and ``identity`` which lines are known
from another document; ``evidence`` says what a receipt may be for, ``matching`` makes it so, ``reversals`` follow what
the bank takes back; ``lives`` says how a receipt stands, ``reading`` what waits, ``gaps`` what is missing.
"""

from __future__ import annotations

from fund.rules.authority import FUND_MANAGER, TREASURER
from fund.unit_of_work import Command, Query
from fund.workflows.receipts.lives import LIVES

__all__ = ["COMMANDS", "LIVES", "QUERIES"]

COMMANDS = (
    Command("bank register", "fund.workflows.receipts.importing:register", FUND_MANAGER, second=TREASURER),
    Command(
        "bank import",
        "fund.workflows.receipts.importing:import_statements",
        TREASURER,
        before="fund.workflows.receipts.importing:read_files",
    ),
    Command(
        "bank match",
        "fund.workflows.receipts.matching:match",
        TREASURER,
        second="fund.workflows.receipts.matching:second_to_match",
        seconds=(FUND_MANAGER,),
    ),
    Command("bank unmatch", "fund.workflows.receipts.matching:unmatch", TREASURER),
    Command("repayment allocate", "fund.workflows.receipts.matching:allocate", TREASURER, second=FUND_MANAGER),
)
_LISTS = {"accounts": "", "statements": "", "notifications": "", "receipts": "receipt"}
QUERIES = (
    Query("bank list", "fund.workflows.receipts.reading:bank", lists=_LISTS),
    Query("bank unmatched", "fund.workflows.receipts.reading:unmatched"),
)
