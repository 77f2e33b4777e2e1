"""``fund proposal``: from an empty form to a decision, and the whole life afterwards.

``form`` is the file, ``parties`` what those who ask do, ``judging`` what the fund office finds, ``looking`` what is
read.
"""

from __future__ import annotations

from cli.proposal import form, judging, looking, parties
from cli.proposal.noun import proposal

__all__ = ["form", "judging", "looking", "parties", "proposal"]
