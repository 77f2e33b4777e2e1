"""Money in, out and back: what more the service does by itself after a fact.

On PostgreSQL a statement that records many facts moves the head of their chain once, and one that posts many entries
counts them at once where no limit binds them: a bank file of ten thousand lines would else walk over ten thousand
versions of the same few rows, for each of its lines.

For facts that are there already the row of a new reaction says that it was left out, so that `fund verify` still finds
a row for every fact and every subscription.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fund import tables as t
from fund.database import install, is_sqlite, uninstall

revision = "0010_money"
down_revision = "0009_ideas"
branch_labels = None
depends_on = None

SUBSCRIPTIONS: tuple[tuple[str, str], ...] = (
    # reaction, fact: equal to fund/workflows/subscriptions.py, by test
    ("repayments.look_again", "disbursement.approved"),
    ("repayments.look_again", "plan.restructured"),
    ("repayments.look_again", "receipt.reallocated"),
    ("repayments.look_again", "receipt.unmatched"),
    ("repayments.look_again", "writeoff.reversed"),
    ("agreements.close", "receipt.reallocated"),
    ("agreements.close", "writeoff.reversed"),
    ("agreements.close", "agreement.refinanced"),
    ("agreements.close", "exit.set_off"),
    ("exits.fall_due", "receipt.allocated"),
    ("exits.fall_due", "receipt.reallocated"),
    ("exits.fall_due", "contribution.received"),
    ("exits.fall_due", "overpayment.moved"),
    ("exits.fall_due", "disbursement.refunded"),
    ("exits.fall_due", "disbursement.cancelled"),
    ("exits.fall_due", "writeoff.recovered"),
    ("exits.fall_due", "agreement.amended"),
    ("exits.fall_due", "agreement.completed"),
    ("exits.fall_due", "agreement.terminated"),
    ("exits.fall_due", "decision.reopened"),
    ("exits.fall_due", "proposal.withdrawn"),
    ("exits.fall_due", "proposal.lapsed"),
    ("exits.fall_due", "exit.settled"),
    ("exits.fall_due", "exit.set_off"),
    ("exits.fall_due", "receipt.unmatched"),
    ("exits.leave", "exit.settled"),
    ("exits.leave", "exit.paid"),
    ("exits.leave", "exit.set_off"),
    ("exits.leave", "exit.part_due"),
    ("exits.leave", "exit.closed_out"),
    ("exits.leave", "contribution.received"),
    ("exits.leave", "overpayment.moved"),
)
GUARDS = (("event_log", 2, 3), ("ledger_posting", 1, 2))
"""On PostgreSQL."""
LEFT_OUT = "recorded before version 0010"


def upgrade() -> None:
    connection = op.get_bind()
    if not is_sqlite(connection):
        for name, old, new in GUARDS:
            uninstall(connection, name, old)
            install(connection, name, new)
    for reaction, wire in SUBSCRIPTIONS:
        connection.execute(t.subscription.insert(), {"reaction": reaction, "event_type": wire, "since_seq": 0})
        facts = sa.select(
            t.event.c.event_id, sa.literal(reaction), t.event.c.stream, t.event.c.seq, sa.literal("skipped"),
            *(sa.literal(0) for _count in range(4)), sa.literal(LEFT_OUT),
        ).where(t.event.c.type == wire, ~_told_before(reaction))  # fmt: skip
        columns = [
            "event_id", "reaction", "stream", "seq", "state", "attempts", "starts", "handed_out", "due_us", "error",
        ]  # fmt: skip
        connection.execute(t.delivery.insert().from_select(columns, facts))


def _told_before(reaction: str) -> sa.Exists:
    """Whether a fact has its row already: this version was here before, and was gone back from."""
    c = t.delivery.c
    return sa.exists().where(c.event_id == t.event.c.event_id, c.reaction == reaction)


def downgrade() -> None:
    connection = op.get_bind()
    if not is_sqlite(connection):
        for name, old, new in GUARDS:
            uninstall(connection, name, new)
            install(connection, name, old)
    for reaction, wire in SUBSCRIPTIONS:
        mine = sa.and_(t.subscription.c.reaction == reaction, t.subscription.c.event_type == wire)
        connection.execute(t.subscription.delete().where(mine))
