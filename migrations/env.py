"""Run the migrations in the transaction of the caller: all of them, or none."""

from __future__ import annotations

from alembic import context

from fund.database import METADATA

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA, render_as_batch=False, transactional_ddl=True)
context.run_migrations()
