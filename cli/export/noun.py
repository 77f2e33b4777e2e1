"""The noun ``export``."""

from __future__ import annotations

from cli.params import noun
from fund.language import N_

__all__ = ["export"]

export = noun("export", N_("Write audit file, register and journals"))
