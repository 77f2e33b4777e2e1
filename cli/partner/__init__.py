"""``fund partner``: the governments that take part, how one joins and how one leaves.

``members`` is who takes part, with which share; ``joining`` how one is admitted, ``leaving`` what leaving means, from
quote to long-stop.
"""

from __future__ import annotations

from cli.partner import joining, leaving, members
from cli.partner.noun import partner

__all__ = ["joining", "leaving", "members", "partner"]
