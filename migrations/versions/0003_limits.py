"""Limits: accounts that take entries on some days only, and sets of accounts that keep a minimum together.

The trigger that seals entries checks them under the head of the chain, so no two writers can each take the last euro.
"""

from __future__ import annotations

from alembic import op

from fund.database import install, uninstall

revision = "0003_limits"
down_revision = "0002_fund"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    uninstall(connection, "ledger_guards", 1)
    install(connection, "ledger_limits", 1)
    install(connection, "ledger_guards", 2)


def downgrade() -> None:
    connection = op.get_bind()
    uninstall(connection, "ledger_guards", 2)
    uninstall(connection, "ledger_limits", 1)
    install(connection, "ledger_guards", 1)
