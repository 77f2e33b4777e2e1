"""The people of the story: roles and plainly invented first names, never anybody who exists."""

from __future__ import annotations

import csv
from importlib import resources

from fund.demo.stage import Stage
from fund.language import _

ADMIN, MANAGER, TREASURER = "petra", "anna", "bram"
MANAGER_2, TREASURER_2, TREASURER_3 = "fondsbeheerder-2", "penningmeester-2", "penningmeester-3"
AUDITOR, CHAIR, DEPUTY = "joost", "voorzitter", "vicevoorzitter"

COMMITTEE = {
    "lid-amersfoort": "gm0307",
    "lid-zeist": "gm0355",
    "lid-baarn": "gm0308",
    "lid-lopik": "gm0331",
    "lid-hdsr": "ws0636",
    "lid-rivierenland": "ws0621",
    "lid-u10": "rg-u10",
    "lid-provincie": "pv26",
}
"""Committee members and the partners they come from; the chair is independent."""

REVIEWERS = {
    "beoordelaar-houten": "gm0321",
    "beoordelaar-woerden": "gm0632",
    "beoordelaar-rhenen": "gm0340",
    "beoordelaar-montfoort": "gm0335",
    "beoordelaar-vallei": "ws0662",
    "beoordelaar-agv": "ws0155",
    "beoordelaar-foodvalley": "rg-regio-foodvalley",
    "beoordelaar-provincie": "pv26",
}
EXTERNALS = ("onderzoeker-1", "onderzoeker-2", "onderzoeker-3", "onderzoeker-4")
"""Reviewers of no partner."""
MORE_EXTERNALS = tuple(f"onderzoeker-{number}" for number in range(5, 13))
"""Those who are asked as well where a round is large."""


def partner_rows() -> list[dict[str, str]]:
    """The 34 partners as the package carries them."""
    text = (resources.files("fund") / "data" / "partners.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


PARTNERS: dict[str, dict[str, str]] = {row["id"]: row for row in partner_rows()}


def signatory(partner: str) -> str:
    """Who signs for a partner: fatima for Woudenberg, a role elsewhere."""
    return "fatima" if partner == "gm0351" else f"tekent-{partner}"


def invite_office(stage: Stage) -> None:
    """The fund office and the auditor, added by the admin."""
    stage.do(ADMIN, "user add", name=MANAGER_2, roles=["fund_manager"])
    stage.do(ADMIN, "user add", name=TREASURER_2, roles=["treasurer"])
    stage.do(ADMIN, "user add", name=TREASURER_3, roles=["treasurer"])
    stage.do(ADMIN, "user add", name=AUDITOR, roles=["auditor"])
    stage.say(_("petra adds a second fund manager, two more treasurers and joost, the auditor."))


def invite_more_reviewers(stage: Stage) -> None:
    """Researchers of no partner help out in a large round; the chair confirms each."""
    for name in MORE_EXTERNALS:
        stage.both(ADMIN, CHAIR, "user add", name=name, roles=["reviewer"])


def invite_partners(stage: Stage) -> None:
    """A signatory for each partner, reviewers, the committee; the chair last, who confirms newcomers from then on."""
    for partner in PARTNERS:
        stage.do(ADMIN, "user add", name=signatory(partner), roles=["partner_signatory"], partner=partner)
    for name, partner in REVIEWERS.items():
        stage.do(ADMIN, "user add", name=name, roles=["reviewer"], partner=partner)
    for name in EXTERNALS:
        stage.do(ADMIN, "user add", name=name, roles=["reviewer"])
    for name, partner in COMMITTEE.items():
        stage.do(ADMIN, "user add", name=name, roles=["committee_member"], partner=partner)
    stage.do(ADMIN, "user add", name=DEPUTY, roles=["deputy_chair"])
    stage.both(ADMIN, DEPUTY, "user add", name=CHAIR, roles=["committee_chair"])
    stage.say(
        _(
            "{count} people act for the partners: signatories, reviewers, a committee of "
            "nine with an independent chair."
        ).format(count=len(PARTNERS) + len(REVIEWERS) + len(EXTERNALS) + len(COMMITTEE) + 2)
    )
