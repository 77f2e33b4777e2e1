"""One A4 for council, states or general board: what we paid, what was done with it, what came back, what we learned,
what comes next. ``composing`` gives the figures, ``words`` the sentences, ``paper`` the page.
"""

from __future__ import annotations

from fund.reports.statements.council.composing import council
from fund.reports.statements.council.paper import council_pdf, council_pictures
from fund.reports.statements.council.words import as_page, describe

__all__ = ["as_page", "council", "council_pdf", "council_pictures", "describe"]
