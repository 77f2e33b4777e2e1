"""Refusals of the database: it is not there, not at hand, not of our version."""

from __future__ import annotations

from fund.errors import NotReady
from fund.language import N_


class DatabaseMissing(NotReady):
    message = N_("there is no fund at {place}")
    hint = N_(
        "if there is a fund already, ask its fund manager for the address and set FUND_DATABASE or FUND_HOME;\n"
        "to found a new fund here: fund init --admin petra --fund-manager anna --treasurer bram"
    )


class NoFundHere(NotReady):
    message = N_("the database {place} holds no fund yet")
    hint = N_(
        "if there is a fund already, ask its fund manager for the address and set FUND_DATABASE or FUND_HOME;\n"
        "to found a new fund here: fund init --admin petra --fund-manager anna --treasurer bram"
    )


class DatabaseBusy(NotReady):
    message = N_("the database {place} is in use by another process; nothing was changed")
    hint = N_("try again in a moment; with the same --command-id it acts once")


class DatabaseReadOnly(NotReady):
    message = N_("the database {place} can be read but not written; nothing was changed")
    hint = N_("give this account the right to write the file and its folder, or use another --database")


class DatabaseUnreachable(NotReady):
    message = N_("the database {place} does not answer: {reason}")
    hint = N_("look whether the address is right, the server runs and the database was made there; then try again")


class StorageFull(NotReady):
    message = N_("no room is left at {place}; nothing was changed")
    hint = N_("make room, then repeat the command with the same --command-id")


class DatabaseBehind(NotReady):
    message = N_("the database {place} is at version {found}, this program needs {expected}")
    hint = N_("fund init")


class DatabaseNewer(NotReady):
    message = N_("the database {place} is at version {found}, which this program ({expected}) does not know")
    hint = N_("install the newer version of this program")


class PostgresqlTooOld(NotReady):
    message = N_("the server of {place} is PostgreSQL {found}; the fund needs PostgreSQL {needed} or newer")
    hint = N_("name a database on a server of PostgreSQL {needed} or newer with --database or FUND_DATABASE")


class DatabaseInOtherEncoding(NotReady):
    """The database keeps its texts in another encoding than the fund hashes them in."""

    message = N_("the database {place} is in {found}; the fund needs {needed}; nothing was made")
    hint = N_("let whoever keeps the server run this, and name that database:\n{sql}")


class RightsMissing(NotReady):
    message = N_("the login {login} may not make all that a fund needs in {place}; nothing was made")
    hint = N_("let whoever keeps the server run this, then repeat the command:\n{sql}")


class NotADatabase(NotReady):
    message = N_("{place} is not a database of the fund: {reason}")
    hint = N_("name the right file with --database or FUND_HOME")


class UnknownDatabase(NotReady):
    message = N_("{place} names neither SQLite nor PostgreSQL")
    hint = N_("use sqlite:///path/fund.db or postgresql://host/name")
