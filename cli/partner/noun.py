"""The noun itself, and how a partner is named on the command line."""

from __future__ import annotations

from cli.params import noun
from cli.params.attached import with_files
from fund.language import N_

partner = noun("partner", N_("Import, admit and follow the partners"))
with_files(partner)
