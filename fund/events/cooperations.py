"""The register of cooperations: what partners do together already. Source: lifecycle.md, what a proposal holds; 12."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from fund.events.base import Fact
from fund.events.values import CooperationMember


class CooperationRecorded(Fact, wire="cooperation.recorded", kind="cooperation"):
    """The register has this cooperation, as it is from now on; an earlier revision stays readable in its facts."""

    revision: int
    name: str
    short_name: str = ""
    challenge: str = ""
    """The task in society, in the words of the source."""
    themes: tuple[str, ...] = ()
    themes_from: str = ""
    """letterlijk, geduid or geen: whether the source names the themes, or somebody read them into it."""
    members: tuple[CooperationMember, ...]
    members_text: str = ""
    """Who takes part, in the words of the source."""
    mandatory: bool | None = None
    """Whether the law asks it; unknown where nobody said."""
    traits: dict[str, str] = Field(default_factory=dict)
    """The eight characteristics, as far as known."""
    service: bool = False
    """A service organisation that its members share."""
    since_on: date | None = None
    until_on: date | None = None
    """The last day; an ended cooperation still counts for three years."""
    remarks: tuple[str, ...] = ()
    source: str
    """The file it came in, or ``report`` for those of the report of 2025."""
