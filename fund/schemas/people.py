"""People and regulations as cases."""

from __future__ import annotations

from datetime import date

from fund.rules.authority import Actor, Role
from fund.rules.regulations import Regulations
from fund.schemas.base import CaseColumns, CaseFile


class FundFile(CaseFile, kind="fund"):
    """The fund itself."""

    name: str
    currency: str


class RegulationsFile(CaseFile, kind="regulations"):
    """Regulations and the day from which they hold."""

    from_on: date
    regulations: Regulations

    def columns(self) -> CaseColumns:
        return CaseColumns(due_on=self.from_on)


class User(CaseFile, kind="user"):
    """Somebody who acts, without the name (that can be erased). ``state``: active or revoked."""

    roles: tuple[Role, ...]
    partner: str | None = None
    seconded: bool = False
    deputy_of: str | None = None

    def columns(self) -> CaseColumns:
        return CaseColumns(partner=self.partner)

    def as_actor(self, name: str) -> Actor:
        """The user as somebody who acts, under a name."""
        return Actor(self.ref, name, frozenset(self.roles), self.partner, self.seconded, self.deputy_of)
