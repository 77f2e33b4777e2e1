"""Refusals of the database: it is not there, not at hand, not of our version."""

from __future__ import annotations

from fund.errors.base import NotReady
from fund.language import N_

__all__ = [
    "DatabaseBehind",
    "DatabaseBusy",
    "DatabaseMissing",
    "DatabaseNewer",
    "DatabaseReadOnly",
    "DatabaseUnreachable",
    "NoFundHere",
    "NotADatabase",
    "StorageFull",
    "UnknownDatabase",
]


class DatabaseMissing(NotReady):
    """There is no database at the place named."""

    message = N_("there is no fund at {place}")
    hint = N_("fund init --admin petra --fund-manager anna --treasurer bram")


class NoFundHere(NotReady):
    """The database exists, but no fund was founded in it."""

    message = N_("the database {place} holds no fund yet")
    hint = N_("fund init --admin petra --fund-manager anna --treasurer bram")


class DatabaseBusy(NotReady):
    """Another process holds the fund's lock longer than we wait."""

    message = N_("the database {place} is in use by another process; nothing was changed")
    hint = N_("try again in a moment; with the same --command-id it acts once")


class DatabaseReadOnly(NotReady):
    """The database can be read and not written."""

    message = N_("the database {place} can be read but not written; nothing was changed")
    hint = N_("give this account the right to write the file and its folder, or use another --database")


class DatabaseUnreachable(NotReady):
    """The database server does not answer, or lets us not in."""

    message = N_("the database {place} does not answer: {reason}")
    hint = N_("fund status")


class StorageFull(NotReady):
    """There is no room left; the whole command was rolled back."""

    message = N_("no room is left where {place} lives; nothing was changed")
    hint = N_("make room, then repeat the command with the same --command-id")


class DatabaseBehind(NotReady):
    """The database is of an older version than this program."""

    message = N_("the database {place} is at version {found}, this program needs {expected}")
    hint = N_("fund init")


class DatabaseNewer(NotReady):
    """The database is of a newer version than this program knows."""

    message = N_("the database {place} is at version {found}, which this program ({expected}) does not know")
    hint = N_("install the newer version of this program")


class NotADatabase(NotReady):
    """The file is something else than a database."""

    message = N_("{place} is not a database of the fund: {reason}")
    hint = N_("name the right file with --database or FUND_HOME")


class UnknownDatabase(NotReady):
    """The URL names a kind of database that the fund does not run on."""

    message = N_("{place} names neither SQLite nor PostgreSQL")
    hint = N_("use sqlite:///path/fund.db or postgresql://host/name")
