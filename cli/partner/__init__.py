"""``fund partner``: the governments that take part, how one joins and how one leaves.

``members`` is who takes part, with which share; ``joining`` how one is admitted, ``exits`` what leaving means, from
quote to long-stop.
"""

from __future__ import annotations

from cli.partner import exits, joining, members
from cli.partner.noun import partner

__all__ = ["exits", "joining", "members", "partner"]
