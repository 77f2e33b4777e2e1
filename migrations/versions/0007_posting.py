"""Posting in one round trip, and batches that are looked at as a whole.

The guards stay what they were, and are made of other parts: a canonical form that the planner sees through, one look at
the legs of an entry instead of five, a trigger for the rows of a batch together. Foreign keys that only repeat what the
entry's trigger proves are gone on PostgreSQL: each cost a query per leg.

Days and instants that no program can read again, metadata that two readers read differently, and ways around the
triggers (a session's own tables under our names, our trigger on a table of somebody else's, INSERT OR REPLACE of a
command) are refused from here on.
"""

from __future__ import annotations

from alembic import op

from fund.database import install, is_sqlite, uninstall

revision = "0007_posting"
down_revision = "0006_roles"
branch_labels = None
depends_on = None


ANCHORS_KEPT = (
    "CREATE TRIGGER anchor_unchanged BEFORE DELETE OR UPDATE OR TRUNCATE ON anchor"
    " FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()"
)
"""The one trigger of another object (``ledger_anchors``) that leans on a function of the guards."""


def upgrade() -> None:
    connection = op.get_bind()
    for name in ("outbox", "event_log"):
        uninstall(connection, name, 1)
    for name in ("event_log", "outbox"):
        install(connection, name, 2)
    if is_sqlite(connection):
        uninstall(connection, "ledger_guards", 3)
        install(connection, "ledger_guards", 4)
        install(connection, "ledger_posting", 1)
        return
    op.execute("DROP TRIGGER anchor_unchanged ON anchor")
    uninstall(connection, "ledger_guards", 3)
    uninstall(connection, "seal", 1)
    install(connection, "seal", 2)
    install(connection, "ledger_guards", 4)
    install(connection, "ledger_posting", 1)
    op.execute(ANCHORS_KEPT)


def downgrade() -> None:
    connection = op.get_bind()
    for name in ("outbox", "event_log"):
        uninstall(connection, name, 2)
    for name in ("event_log", "outbox"):
        install(connection, name, 1)
    if is_sqlite(connection):
        uninstall(connection, "ledger_posting", 1)
        uninstall(connection, "ledger_guards", 4)
        install(connection, "ledger_guards", 3)
        return
    op.execute("DROP TRIGGER anchor_unchanged ON anchor")
    uninstall(connection, "ledger_posting", 1)
    uninstall(connection, "ledger_guards", 4)
    uninstall(connection, "seal", 2)
    install(connection, "seal", 1)
    install(connection, "ledger_guards", 3)
    op.execute(ANCHORS_KEPT)
