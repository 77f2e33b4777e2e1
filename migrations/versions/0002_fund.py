"""The fund's own rows: facts in a sealed chain, case files, commands, confirmations, deliveries, timers, people.

Facts are append-only and chained by the database from the first day; the outbox is written by a trigger, so that no
writer can forget it (service.md 2).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fund import tables as t
from fund.database import install, uninstall

revision = "0002_fund"
down_revision = "0001_ledger"
branch_labels = None
depends_on = None

TABLES = (
    t.fund_setting, t.event_head, t.command, t.event, t.event_link, t.case_file, t.counter, t.pending, t.person,
    t.sealed, t.blob, t.subscription, t.delivery, t.timer, t.worker,
)  # fmt: skip

SUBSCRIPTIONS: tuple[tuple[str, str], ...] = (
    # reaction, fact: equal to fund/workflows/subscriptions.py, by test
    ("proposals.screen", "proposal.submitted"),
    ("proposals.screen", "proposal.resubmitted"),
    ("proposals.clock", "decision.approved"),
    ("proposals.clock", "decision.conditional"),
    ("proposals.clock", "decision.conditions_met"),
    ("proposals.clock", "decision.condition_extended"),
    ("proposals.clock", "decision.deferred"),
    ("proposals.clock", "agreement.drafted"),
    ("rounds.decide", "round.closed"),
    ("rounds.decide", "decision.approved"),
    ("rounds.decide", "decision.conditional"),
    ("rounds.decide", "decision.rejected"),
    ("rounds.decide", "proposal.found_ineligible"),
    ("rounds.decide", "proposal.withdrawn"),
    ("rounds.decide", "proposal.lapsed"),
    ("reviews.propose_panel", "proposal.found_eligible"),
    ("reviews.propose_panel", "decision.eligibility_reopened"),
    ("reviews.close_when_complete", "review.scored"),
    ("reviews.close_when_complete", "review.recused"),
    ("decisions.prepare", "review.closed"),
    ("decisions.prepare", "review.consensus_recorded"),
    ("agreements.activate", "agreement.signed"),
    ("repayments.start", "evaluation.accepted"),
    ("agreements.close", "agreement.completed"),
    ("agreements.close", "agreement.terminated"),
    ("agreements.close", "allowance.adjusted"),
    ("agreements.close", "disbursement.cancelled"),
    ("agreements.close", "disbursement.refunded"),
    ("agreements.close", "evaluation.accepted"),
    ("agreements.close", "payment.settled"),
    ("agreements.close", "receipt.allocated"),
    ("agreements.close", "writeoff.posted"),
    ("disbursements.request", "agreement.activated"),
    ("evaluations.plan", "agreement.activated"),
    ("evaluations.fall_due", "agreement.completed"),
    ("evaluations.fall_due", "agreement.terminated"),
    ("evaluations.publish", "evaluation.accepted"),
    ("evaluations.invite", "evaluation.published"),
)


def upgrade() -> None:
    connection = op.get_bind()
    for table in TABLES:
        table.create(connection)
    connection.execute(t.event_head.insert(), {"id": 1, "seq": 0, "hash": bytes(32), "recorded_us": 0})
    install(connection, "event_log")
    install(connection, "outbox")
    if SUBSCRIPTIONS:
        rows = [{"reaction": reaction, "event_type": wire, "since_seq": 0} for reaction, wire in SUBSCRIPTIONS]
        connection.execute(t.subscription.insert(), rows)


def downgrade() -> None:
    connection = op.get_bind()
    if connection.execute(sa.select(sa.func.count()).select_from(t.event)).scalar_one():
        raise RuntimeError("the fund holds facts: they are never dropped by going back a version")
    uninstall(connection, "outbox")
    uninstall(connection, "event_log")
    for table in reversed(TABLES):
        table.drop(connection)
