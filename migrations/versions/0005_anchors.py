"""Anchors: signed statements of what the ledger was, for others to keep."""

from __future__ import annotations

from alembic import op

from fund.database import install, uninstall

revision = "0005_anchors"
down_revision = "0004_corrections"
branch_labels = None
depends_on = None


def upgrade() -> None:
    install(op.get_bind(), "ledger_anchors", 1)


def downgrade() -> None:
    uninstall(op.get_bind(), "ledger_anchors", 1)
