"""``fund partner``: the governments that take part, and how one leaves.

``members`` is who takes part, with which share; ``leaving`` what leaving means, from quote to long-stop.
"""

from __future__ import annotations

from cli.partner import leaving, members
from cli.partner.noun import partner

__all__ = ["leaving", "members", "partner"]
