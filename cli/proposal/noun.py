"""The noun ``proposal`` itself, and the references that its verbs share."""

from __future__ import annotations

from cli.params import Ref, noun
from fund.language import N_

__all__ = ["AGREEMENT", "PARTNER", "PROPOSAL", "ROUND", "TRACKS", "proposal"]

PROPOSAL = Ref(("proposal list", "proposals", "ref"))
ROUND = Ref(("round list", "rounds", "ref"))
AGREEMENT = Ref(("agreement list", "agreements", "ref"))
PARTNER = Ref(("partner list", "partners", "id"))
TRACKS = ("light", "standard", "major")

proposal = noun("proposal", N_("Draft, submit and follow proposals"))
