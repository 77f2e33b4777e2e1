"""Resolutions as cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from pydantic import Field

from fund.schemas.base import CaseColumns, CaseFile

ADMISSION = "admission"
"""The matter of a resolution by which a partner joins."""


class Resolution(CaseFile, kind="resolution"):
    """A matter before a body (``R2026-0001``). ``state``: proposed, carried, lost, superseded.

    Attributes:
        matter: ``restructuring``, ``refinancing``, ``admission`` or ``winding_up``.
        subject: The agreement or partner that it is about, or ``fund``.
        body: ``committee`` or ``board``.
        terms: All that would happen, as its chapter wrote it.
        hands: User ids of those who brought it before the body.
        commitments: By user id of who voted: what commits to the vote, which is under seal until the decision.
        votes: By user id, what was voted, once that is open.
    """

    matter: str
    subject: str
    agreement: str = ""
    proposal: str = ""
    body: str
    lead: str = ""
    parties: tuple[str, ...] = ()
    terms: Mapping[str, Any]
    reason: str
    two_thirds: bool = False
    hands: tuple[str, ...] = ()
    commitments: Mapping[str, str] = Field(default_factory=dict)
    votes: Mapping[str, str] = Field(default_factory=dict)

    def columns(self) -> CaseColumns:
        return CaseColumns(
            parent=self.proposal or None, partner=self.lead or None, lookup=f"{self.matter}:{self.subject}"
        )


class BallotRow(TypedDict):
    voter: str
    choice: str


class ResolutionDetail(TypedDict):
    ref: str
    matter: str
    subject: str
    state: str
    reason: str
    terms: Mapping[str, Any]
    body: str
    two_thirds: bool
    voted: list[str]
    waiting: list[str]
    ready: bool
    votes: list[BallotRow]
