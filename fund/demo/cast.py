"""The people of the story: roles and plainly invented first names, never anybody who exists."""

from __future__ import annotations

import csv
from importlib import resources

from fund.demo.stage import Stage, material
from fund.language import _

ADMIN, MANAGER, TREASURER = "petra", "anna", "bram"
MANAGER_2, TREASURER_2, TREASURER_3 = "fondsbeheerder-2", "penningmeester-2", "penningmeester-3"
AUDITOR, CHAIR, DEPUTY = "joost", "voorzitter", "vicevoorzitter"

_PEOPLE = material("people.toml")
COMMITTEE: dict[str, str] = _PEOPLE["committee"]
REVIEWERS: dict[str, str] = _PEOPLE["reviewers"]
EXTERNALS: list[str] = _PEOPLE["externals"]
MORE_EXTERNALS: list[str] = _PEOPLE["more_externals"]


PARTNERS: dict[str, dict[str, str]] = {
    row["id"]: row
    for row in csv.DictReader(
        (resources.files("fund") / "data" / "partners.csv").read_text(encoding="utf-8-sig").splitlines()
    )
}


def short(partner: str) -> str:
    """A partner as a sentence names it."""
    return PARTNERS[partner]["korte_naam"]


def signatory(partner: str) -> str:
    """Who signs for a partner: fatima for Woudenberg, a role elsewhere."""
    return "fatima" if partner == "gm0351" else f"tekent-{partner}"


def invite_office(stage: Stage) -> None:
    """The fund office and the auditor, added by the admin."""
    for name, role in _PEOPLE["office"].items():
        stage.do(ADMIN, "user add", name=name, roles=[role])
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
        ),
        count=len(PARTNERS) + len(REVIEWERS) + len(EXTERNALS) + len(COMMITTEE) + 2,
    )
