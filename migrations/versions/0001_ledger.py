"""The ledger: rows, seals and guards.

Why first: nothing of the fund exists before there is a ledger that refuses what is not bookkeeping.
"""

from __future__ import annotations

from alembic import op

from fund.database import install, uninstall

revision = "0001_ledger"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Install tables, and the functions and triggers that guard them."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        install(connection, "seal", 1)
    install(connection, "ledger_tables", 1)
    install(connection, "ledger_guards", 1)


def downgrade() -> None:
    """Remove them; an empty database is left."""
    connection = op.get_bind()
    uninstall(connection, "ledger_guards", 1)
    uninstall(connection, "ledger_tables", 1)
    if connection.dialect.name == "postgresql":
        uninstall(connection, "seal", 1)
