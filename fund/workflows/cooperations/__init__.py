"""The register of cooperations: who works with whom already, on what, since and until when.

Proposals name a cooperation, ties between organisations are computed from all of them. Those of the report of 2025
come with the fund; the first import brings them into its facts, and from then on the facts are the register.
"""

from __future__ import annotations

from fund.rules.authority import FUND_MANAGER
from fund.unit_of_work import Command, Query
from fund.workflows.cooperations.files import of_the_report, read_register
from fund.workflows.cooperations.register import (
    LIVES,
    chosen,
    import_register,
    listed,
    nearest,
    register,
    show,
    template,
    told,
)

__all__ = [
    "COMMANDS",
    "LIVES",
    "QUERIES",
    "chosen",
    "import_register",
    "listed",
    "nearest",
    "of_the_report",
    "read_register",
    "register",
    "show",
    "told",
]

COMMANDS = (Command("cooperation import", import_register, FUND_MANAGER),)
QUERIES = (
    Query("cooperation list", listed, lists={"cooperations": ""}),
    Query("cooperation show", show),
    Query("cooperation template", template),
)
