"""The noun ``statement``, and what its verbs have in common."""

from __future__ import annotations

from cli.params import noun
from fund.language import N_

statement = noun("statement", N_("Show the fund on one page, and more"))
