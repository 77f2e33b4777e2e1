"""The application's role on PostgreSQL: it adds, and changes nothing of what is written. SQLite knows no roles."""

from __future__ import annotations

from alembic import op

from fund.database import install, uninstall

revision = "0006_roles"
down_revision = "0005_anchors"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        install(op.get_bind(), "ledger_roles", 1)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        uninstall(op.get_bind(), "ledger_roles", 1)
