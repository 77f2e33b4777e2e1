"""What PostgreSQL says of the tables once they are installed, written down: ``python -m tests.ledger.catalog URL``."""

from __future__ import annotations

import sys
from importlib import resources
from pathlib import Path

from fund.database import Connection, create_engine, reading
from fund.ledger import Ledger
from fund.ledger.store.catalog import SETTINGS, lines_of
from fund.ledger.store.evidence import Evidence
from fund.store.guards import GuardStore

FILE = Path(str(resources.files("migrations"))) / "sql" / "ledger_catalog.v1.postgresql.sql"
HEAD = """-- What PostgreSQL says of the ledger's tables and functions once all its SQL objects are installed.
-- Nothing in here is run: fund/ledger/store/catalog.py holds a database against it. Who changes those objects writes
-- it anew (python -m tests.ledger.catalog URL, of a database at head). Proved by tests/ledger/test_catalog.py.

"""

FUND_FILE = FILE.with_name("fund_catalog.v1.postgresql.sql")
FUND_HEAD = """-- What PostgreSQL says of the columns, constraints and indexes of the fund's other tables, at head.
-- Nothing in here is run: fund/store/guards.py holds a database against it. Who changes those tables writes it anew
-- (python -m tests.ledger.catalog URL, of a database at head). Proved by tests/ledger/test_catalog.py.

"""


def said_of_fund(connection: Connection) -> str:
    """The text of the file of the other tables, as it is by this database."""
    return FUND_HEAD + "".join(f"{line}\n" for line in lines_of(GuardStore(connection).catalog()))


def said_of(connection: Connection) -> str:
    """The text of the file, as it is by this database."""
    for name, value in SETTINGS.items():
        connection.exec_driver_sql(f"SET LOCAL {name} = {value}")
    evidence = Evidence(Ledger(connection, id=0, book="", currency=""))
    return HEAD + "".join(f"{line}\n" for line in lines_of(evidence.catalog()))


if __name__ == "__main__":
    with reading(create_engine(sys.argv[1])) as connection:
        FUND_FILE.write_text(said_of_fund(connection), encoding="utf-8")
        FILE.write_text(said_of(connection), encoding="utf-8")
