"""The noun ``proposal`` itself, and the references that its verbs share."""

from __future__ import annotations

from cli.params import Ref, noun, one_of
from cli.params.attached import with_files
from fund.language import N_

ROUND = Ref(("round list", "rounds", "ref"))
AGREEMENT = Ref(("agreement list", "agreements", "ref"))
TRACK = one_of("track", {"light": N_("light"), "standard": N_("standard"), "major": N_("major")})

proposal = noun("proposal", N_("Draft, submit and follow proposals"))
with_files(proposal)
