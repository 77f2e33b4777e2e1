"""Refusals of the database: it is not there, not at hand, not of our version."""

from __future__ import annotations

from fund.errors import NotReady
from fund.language import N_


class DatabaseMissing(NotReady):
    """There is no database at the place named."""

    message = N_("there is no fund at {place}")
    hint = N_(
        "if there is a fund already, ask its fund manager for the address and set FUND_DATABASE or FUND_HOME;\n"
        "to found a new fund here: fund init --admin petra --fund-manager anna --treasurer bram"
    )


class NoFundHere(NotReady):
    """The database exists, but no fund was founded in it."""

    message = N_("the database {place} holds no fund yet")
    hint = N_(
        "if there is a fund already, ask its fund manager for the address and set FUND_DATABASE or FUND_HOME;\n"
        "to found a new fund here: fund init --admin petra --fund-manager anna --treasurer bram"
    )


class DatabaseBusy(NotReady):
    """Another process holds the fund's lock longer than we wait."""

    message = N_("the database {place} is in use by another process; nothing was changed")
    hint = N_("try again in a moment; with the same --command-id it acts once")


class DatabaseReadOnly(NotReady):
    """The database can be read and not written."""

    message = N_("the database {place} can be read but not written; nothing was changed")
    hint = N_("give this account the right to write the file and its folder, or use another --database")


class DatabaseUnreachable(NotReady):
    """The database server does not answer, or refuses the login."""

    message = N_("the database {place} does not answer: {reason}")
    hint = N_("look whether the address is right, the server runs and the database was made there; then try again")


class StorageFull(NotReady):
    """There is no room left; the whole command was rolled back."""

    message = N_("no room is left at {place}; nothing was changed")
    hint = N_("make room, then repeat the command with the same --command-id")


class DatabaseBehind(NotReady):
    """The database is of an older version than this program."""

    message = N_("the database {place} is at version {found}, this program needs {expected}")
    hint = N_("fund init")


class DatabaseNewer(NotReady):
    """The database is of a newer version than this program knows."""

    message = N_("the database {place} is at version {found}, which this program ({expected}) does not know")
    hint = N_("install the newer version of this program")


class PostgresqlTooOld(NotReady):
    """The server is of a version on which the fund does not run."""

    message = N_("the server of {place} is PostgreSQL {found}; the fund needs PostgreSQL {needed} or newer")
    hint = N_("name a database on a server of PostgreSQL {needed} or newer with --database or FUND_DATABASE")


class DatabaseInOtherEncoding(NotReady):
    """The database keeps its texts in another encoding than the fund hashes them in."""

    message = N_("the database {place} is in {found}; the fund needs {needed}; nothing was made")
    hint = N_("let whoever keeps the server run this, and name that database:\n{sql}")


class RightsMissing(NotReady):
    """The login may not make what a fund needs on this server; nothing was made."""

    message = N_("the login {login} may not make all that a fund needs in {place}; nothing was made")
    hint = N_("let whoever keeps the server run this, then repeat the command:\n{sql}")


class NotADatabase(NotReady):
    """The file is something else than a database."""

    message = N_("{place} is not a database of the fund: {reason}")
    hint = N_("name the right file with --database or FUND_HOME")


class UnknownDatabase(NotReady):
    """The URL names a kind of database that the fund does not run on."""

    message = N_("{place} names neither SQLite nor PostgreSQL")
    hint = N_("use sqlite:///path/fund.db or postgresql://host/name")
