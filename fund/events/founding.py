"""Founding, regulations, people, and refusals."""

from __future__ import annotations

from datetime import date

from fund.events.base import Fact


class FundFounded(Fact, wire="fund.founded", kind="fund"):
    """A fund began: its name, the currency and the accounts it opened with. The one fact without a cause."""

    name: str
    currency: str
    accounts: tuple[str, ...]


class RegulationsAdopted(Fact, wire="regulations.adopted", kind="regulations"):
    """Regulations hold from a day on; they never reach back."""

    from_on: date
    text: str
    """The regulations as canonical JSON: what was adopted, whole."""


class UserAdded(Fact, wire="user.added", kind="user"):
    """A person may act in the fund; the name is kept apart, erasable."""

    roles: tuple[str, ...]
    partner: str | None = None
    seconded: bool = False
    deputy_of: str | None = None
    """The user id of the member of the committee for whose seat this person votes as deputy."""


class UserChanged(Fact, wire="user.changed", kind="user"):
    """A person's roles, partner or secondment became others."""

    roles: tuple[str, ...]
    partner: str | None = None
    seconded: bool = False
    deputy_of: str | None = None
    """The user id of the member of the committee for whose seat this person votes as deputy."""


class UserRevoked(Fact, wire="user.revoked", kind="user"):
    """A person may not act any more."""

    reason: str


class CommandRefused(Fact, wire="command.refused", kind="refusals"):
    """A rule said no to a command: which, on what, and why; never its arguments."""

    command: str
    code: str
    subject: str
