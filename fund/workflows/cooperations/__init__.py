"""The register of cooperations: who works with whom already, on what, since and until when.

Proposals name a cooperation, ties between organisations are computed from all of them. Those of the report of 2025
come with the fund; the first import brings them into its facts, and from then on the facts are the register.
"""

from __future__ import annotations

from fund.rules.authority import FUND_MANAGER
from fund.unit_of_work import Command, Query
from fund.workflows.cooperations.register import LIVES

__all__ = ["COMMANDS", "LIVES", "QUERIES"]

COMMANDS = (Command("cooperation import", "fund.workflows.cooperations.register:import_register", FUND_MANAGER),)
QUERIES = (
    Query("cooperation list", "fund.workflows.cooperations.register:listed", lists={"cooperations": ""}),
    Query("cooperation show", "fund.workflows.cooperations.register:show"),
    Query("cooperation template", "fund.workflows.cooperations.register:template"),
)
