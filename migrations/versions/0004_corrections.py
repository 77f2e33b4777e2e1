"""Corrections: part of an entry is taken back, never more than it moved; an entry says which other it replaces.

Both stand in the sealed metadata, so the canonical form, and every hash there is, stays what it was.
"""

from __future__ import annotations

from alembic import op

from fund.database import install, uninstall

revision = "0004_corrections"
down_revision = "0003_limits"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    uninstall(connection, "ledger_guards", 2)
    install(connection, "ledger_corrections", 1)
    install(connection, "ledger_guards", 3)


def downgrade() -> None:
    connection = op.get_bind()
    uninstall(connection, "ledger_guards", 3)
    uninstall(connection, "ledger_corrections", 1)
    install(connection, "ledger_guards", 2)
