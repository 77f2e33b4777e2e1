"""Founding, regulations, people, and refusals."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from fund.events.base import Fact


class FundFounded(Fact):
    """A fund began: its name, the currency and the accounts it opened with. The one fact without a cause."""

    wire: ClassVar[str] = "fund.founded"
    kind: ClassVar[str] = "fund"

    name: str
    currency: str
    accounts: tuple[str, ...]


class RegulationsAdopted(Fact):
    """Regulations hold from a day on; they never reach back."""

    wire: ClassVar[str] = "regulations.adopted"
    kind: ClassVar[str] = "regulations"

    from_on: date
    text: str
    """The regulations as canonical JSON: what was adopted, whole."""


class UserAdded(Fact):
    """A person may act in the fund; the name is kept apart, erasable."""

    wire: ClassVar[str] = "user.added"
    kind: ClassVar[str] = "user"

    roles: tuple[str, ...]
    partner: str | None = None
    seconded: bool = False
    deputy_of: str | None = None
    """The user id of the member of the committee for whose seat this person votes as deputy."""


class UserChanged(Fact):
    """A person's roles, partner or secondment became others."""

    wire: ClassVar[str] = "user.changed"
    kind: ClassVar[str] = "user"

    roles: tuple[str, ...]
    partner: str | None = None
    seconded: bool = False
    deputy_of: str | None = None
    """The user id of the member of the committee for whose seat this person votes as deputy."""


class UserRevoked(Fact):
    """A person may not act any more."""

    wire: ClassVar[str] = "user.revoked"
    kind: ClassVar[str] = "user"

    reason: str


class CommandRefused(Fact):
    """A rule said no to a command: which, on what, and why; never its arguments."""

    wire: ClassVar[str] = "command.refused"
    kind: ClassVar[str] = "refusals"

    command: str
    code: str
    subject: str
