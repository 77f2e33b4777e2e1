"""From a command to its effects: plain functions over rows, the same in this process and in a worker.

``execute`` carries a command out and remembers the answer; ``ask`` answers a query; ``drain``, ``relay``, ``react`` and
``tick`` carry facts and deadlines to what follows from them. Source: service.md 1-11 and 14.
"""

from __future__ import annotations

from fund.workflows.delivery.answers import Answer
from fund.workflows.delivery.asking import ask, carry_out, execute, look
from fund.workflows.delivery.deliver import drain
from fund.workflows.delivery.opening import Fund, found_fund, open_fund

__all__ = ["Answer", "Fund", "ask", "carry_out", "drain", "execute", "found_fund", "look", "open_fund"]
