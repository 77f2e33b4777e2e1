"""The register of cooperations as cases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pydantic import Field

from fund.events.values import CooperationMember
from fund.rules.conflicts import Cooperation
from fund.schemas.base import CaseColumns, CaseFile

TAKING_PART = ("deelnemer", "op_onderdelen")
"""The roles in which an organisation takes part, wholly or in parts; who supports or is involved does not."""


class CooperationFile(CaseFile, kind="cooperation"):
    """A cooperation as the register has it. ``state``: recorded.

    ``revision`` 0 is one of the report that no import has brought into the facts yet.
    """

    revision: int = 0
    name: str
    short_name: str = ""
    challenge: str = ""
    themes: tuple[str, ...] = ()
    themes_from: str = ""
    members: tuple[CooperationMember, ...] = ()
    members_text: str = ""
    mandatory: bool | None = None
    traits: Mapping[str, str] = Field(default_factory=dict)
    service: bool = False
    since_on: date | None = None
    until_on: date | None = None
    remarks: tuple[str, ...] = ()
    source: str = ""
    recorded_on: date | None = None

    @property
    def partners(self) -> frozenset[str]:
        return frozenset(each.partner for each in self.members if each.partner and each.role in TAKING_PART)

    def as_tie(self) -> Cooperation:
        """What of it makes a conflict."""
        return Cooperation(
            ref=self.ref,
            themes=frozenset(self.themes),
            members=self.partners,
            service=self.service,
            since_on=self.since_on,
            until_on=self.until_on,
        )

    def says_the_same_as(self, other: CooperationFile) -> bool:
        """Whether both tell the same, whichever file or revision they come from."""
        apart = {"revision", "source", "recorded_on"}
        return self.model_dump(exclude=apart) == other.model_dump(exclude=apart)

    def columns(self) -> CaseColumns:
        return CaseColumns(title=self.name, due_on=self.until_on)
