"""Reviews: a panel without conflicts, scores under seal, the closing that opens them, consensus where it is asked.

The rows of the lifecycle stand in the table of ``fund.workflows.proposals``; what follows by itself in
``subscriptions``.
"""

from __future__ import annotations

__all__ = ["LEFT_FACTS"]

LEFT_FACTS = ("review.scored", "review.recused", "review.reviewer_barred", "review.conflict_decided")
"""After these the last of a panel may have scored, or its quorum be out of reach."""
