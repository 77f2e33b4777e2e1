"""The baseline: every table, function and trigger of the ledger and of the fund.

The definitions here are frozen; what comes later is a migration of its own. Facts are append-only and chained by the
database; the outbox is filled by a trigger, so that no writer can forget it (service.md 2).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fund.database import is_sqlite
from fund.database.objects import install, uninstall

revision = "0001_baseline"
down_revision = None
branch_labels = None
depends_on = None

TABLES = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")

sa.Table("fund_setting", TABLES, sa.Column("name", KEY, primary_key=True), sa.Column("value", TEXT, nullable=False))
sa.Table(
    "event_head",
    TABLES,
    sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1", name="one"), primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.Column("recorded_us", sa.BigInteger, nullable=False),
)
sa.Table(
    "command",
    TABLES,
    sa.Column("actor", KEY, primary_key=True),
    sa.Column("command_id", KEY, primary_key=True),
    sa.Column("name", KEY, nullable=False),
    sa.Column("content_hash", sa.LargeBinary, nullable=False),
    sa.Column("asked_us", sa.BigInteger, nullable=False),
    sa.Column("state", KEY, nullable=False),
    sa.Column("answer", TEXT),
)
sa.Table(
    "event",
    TABLES,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("event_id", KEY, nullable=False, unique=True),
    sa.Column("stream", KEY, nullable=False),
    sa.Column("type", KEY, nullable=False),
    sa.Column("schema_version", sa.Integer, nullable=False),
    sa.Column("occurred_us", sa.BigInteger, nullable=False),
    sa.Column("recorded_us", sa.BigInteger, nullable=False),
    sa.Column("effective_on", KEY, nullable=False),
    sa.Column("actor", KEY, nullable=False),
    sa.Column("on_behalf_of", KEY),
    sa.Column("command_id", KEY),
    sa.Column("made_by", KEY),
    sa.Column("made_command_id", KEY),
    sa.Column("causation_id", KEY),
    sa.Column("payload", TEXT, nullable=False),
    sa.Column("prev_hash", sa.LargeBinary, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False, unique=True),
    sa.ForeignKeyConstraint(["actor", "command_id"], ["command.actor", "command.command_id"], name="fk_event_command"),
    sa.ForeignKeyConstraint(
        ["made_by", "made_command_id"], ["command.actor", "command.command_id"], name="fk_event_made"
    ),
    sa.CheckConstraint(
        "(actor = 'system' and command_id is null and (causation_id is not null or type = 'fund.founded'))"
        " or (actor <> 'system' and command_id is not null)",
        name="who",
    ),
    sa.Index("ix_event_type", "type", "seq"),
)
sa.Table(
    "event_link",
    TABLES,
    sa.Column("stream", KEY, primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.ForeignKeyConstraint(["seq"], ["event.seq"], name="fk_event_link_seq"),
)
sa.Table(
    "case_file",
    TABLES,
    sa.Column("stream", KEY, primary_key=True),
    sa.Column("kind", KEY, nullable=False),
    sa.Column("ref", KEY, nullable=False),
    sa.Column("state", KEY, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("parent", KEY),
    sa.Column("partner", KEY),
    sa.Column("lookup", KEY),
    sa.Column("title", TEXT),
    sa.Column("amount_cents", sa.BigInteger),
    sa.Column("due_on", KEY),
    sa.Column("brief", TEXT),
    sa.Column("document", TEXT, nullable=False),
    sa.Index("ix_case_file_kind", "kind", "ref"),
    sa.Index("ix_case_file_state", "kind", "state"),
    sa.Index("ix_case_file_parent", "kind", "parent"),
    sa.Index("ix_case_file_partner", "kind", "partner"),
    sa.Index("ix_case_file_lookup", "kind", "lookup"),
)
sa.Table(
    "counter",
    TABLES,
    sa.Column("kind", KEY, primary_key=True),
    sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("last", sa.Integer, nullable=False),
)
sa.Table(
    "pending",
    TABLES,
    sa.Column("ref", KEY, primary_key=True),
    sa.Column("name", KEY, nullable=False),
    sa.Column("arguments", TEXT, nullable=False),
    sa.Column("subject", KEY, nullable=False),
    sa.Column("shown", TEXT, nullable=False),
    sa.Column("shown_hash", sa.LargeBinary, nullable=False),
    sa.Column("needs", TEXT, nullable=False),
    sa.Column("made_by", KEY, nullable=False),
    sa.Column("made_command_id", KEY, nullable=False),
    sa.Column("made_us", sa.BigInteger, nullable=False),
    sa.Column("expires_us", sa.BigInteger, nullable=False),
    sa.Column("state", KEY, nullable=False),
    sa.Column("ended_by", KEY),
    sa.Column("reason", TEXT),
    sa.Index("ix_pending_state", "state"),
)
sa.Table(
    "person", TABLES, sa.Column("user_id", KEY, primary_key=True), sa.Column("name", KEY, nullable=False, unique=True)
)
sa.Table(
    "sealed",
    TABLES,
    sa.Column("stream", KEY, primary_key=True),
    sa.Column("kind", KEY, primary_key=True),
    sa.Column("actor", KEY, primary_key=True),
    sa.Column("round", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("salt", KEY, nullable=False),
    sa.Column("content", TEXT, nullable=False),
    sa.Column("opened", sa.Boolean, nullable=False),
)
sa.Table(
    "blob",
    TABLES,
    sa.Column("sha256", KEY, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("content", sa.LargeBinary),
)
sa.Table(
    "subscription",
    TABLES,
    sa.Column("reaction", KEY, primary_key=True),
    sa.Column("event_type", KEY, primary_key=True),
    sa.Column("since_seq", sa.BigInteger, nullable=False),
)
sa.Table(
    "delivery",
    TABLES,
    sa.Column("event_id", KEY, primary_key=True),
    sa.Column("reaction", KEY, primary_key=True),
    sa.Column("stream", KEY, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("state", KEY, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("starts", sa.Integer, nullable=False),
    sa.Column("handed_out", sa.Integer, nullable=False),
    sa.Column("due_us", sa.BigInteger, nullable=False),
    sa.Column("leased_us", sa.BigInteger),
    sa.Column("epoch", KEY),
    sa.Column("error", TEXT),
    sa.Column("delivered_us", sa.BigInteger),
    sa.Index(
        "ix_delivery_open",
        "stream",
        "reaction",
        "seq",
        postgresql_where=sa.text("state in ('pending', 'failed', 'dead', 'held')"),
        sqlite_where=sa.text("state in ('pending', 'failed', 'dead', 'held')"),
    ),
    sa.Index(
        "ix_delivery_next",
        "seq",
        "reaction",
        postgresql_where=sa.text("state in ('pending', 'failed', 'dead', 'held')"),
        sqlite_where=sa.text("state in ('pending', 'failed', 'dead', 'held')"),
    ),
)
sa.Table(
    "timer",
    TABLES,
    sa.Column("timer_id", KEY, primary_key=True),
    sa.Column("stream", KEY, nullable=False),
    sa.Column("kind", KEY, nullable=False),
    sa.Column("due_us", sa.BigInteger, nullable=False),
    sa.Column("cause", KEY, nullable=False),
    sa.Column("state", KEY, nullable=False),
    sa.Column("fired_by", KEY),
    sa.Column("fired_us", sa.BigInteger),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("retry_us", sa.BigInteger),
    sa.Column("error", TEXT),
    sa.Index("ix_timer_due", "state", "due_us", "timer_id"),
    sa.Index("ix_timer_stream", "stream"),
)
sa.Table(
    "worker",
    TABLES,
    sa.Column("worker_id", KEY, primary_key=True),
    sa.Column("version", KEY, nullable=False),
    sa.Column("revision", KEY, nullable=False),
    sa.Column("started_us", sa.BigInteger, nullable=False),
    sa.Column("seen_us", sa.BigInteger, nullable=False),
)

ON_SQLITE = (
    "ledger_tables", "ledger_guards", "ledger_posting", "ledger_anchors", "ledger_chart", "event_log", "outbox",
)  # fmt: skip
ON_POSTGRESQL = ("seal", *ON_SQLITE, "ledger_roles")
"""The SQL objects, in the order in which they are installed."""

SUBSCRIPTIONS = {
    # reaction: facts; equal to fund/outbox/subscriptions.py, by test
    "proposals.screen": ("proposal.submitted", "proposal.resubmitted"),
    "proposals.clock": (
        "decision.approved",
        "decision.conditional",
        "decision.conditions_met",
        "decision.condition_extended",
        "decision.deferred",
        "agreement.drafted",
    ),
    "rounds.decide": (
        "round.closed",
        "decision.approved",
        "decision.conditional",
        "decision.rejected",
        "proposal.found_ineligible",
        "proposal.withdrawn",
        "proposal.lapsed",
    ),
    "reviews.propose_panel": ("proposal.found_eligible", "decision.eligibility_reopened"),
    "reviews.close_when_complete": (
        "review.scored",
        "review.recused",
        "review.reviewer_barred",
        "review.conflict_decided",
    ),
    "decisions.prepare": ("review.closed", "review.consensus_recorded", "review.recomputed"),
    "agreements.activate": ("agreement.signed",),
    "repayments.start": ("evaluation.accepted",),
    "agreements.close": (
        "agreement.completed",
        "agreement.terminated",
        "allowance.adjusted",
        "disbursement.cancelled",
        "disbursement.refunded",
        "evaluation.accepted",
        "payment.settled",
        "receipt.allocated",
        "writeoff.posted",
        "receipt.reallocated",
        "writeoff.reversed",
        "agreement.refinanced",
        "exit.set_off",
    ),
    "disbursements.request": ("agreement.activated",),
    "evaluations.plan": ("agreement.activated",),
    "evaluations.fall_due": ("agreement.completed", "agreement.terminated"),
    "evaluations.publish": ("evaluation.accepted",),
    "evaluations.invite": ("evaluation.published",),
    "decisions.keep_term": (
        "round.closed",
        "proposal.submitted",
        "proposal.resubmitted",
        "decision.prepared",
        "decision.reopened",
        "decision.eligibility_reopened",
        "decision.objected",
    ),
    "decisions.keep_deferral": ("decision.deferred",),
    "reviews.exclude": ("user.changed", "proposal.resubmitted"),
    "repayments.look_again": (
        "disbursement.approved",
        "plan.restructured",
        "receipt.reallocated",
        "receipt.unmatched",
        "writeoff.reversed",
    ),
    "exits.fall_due": (
        "receipt.allocated",
        "receipt.reallocated",
        "contribution.received",
        "overpayment.moved",
        "disbursement.refunded",
        "disbursement.cancelled",
        "writeoff.recovered",
        "agreement.amended",
        "agreement.completed",
        "agreement.terminated",
        "decision.reopened",
        "proposal.withdrawn",
        "proposal.lapsed",
        "exit.settled",
        "exit.set_off",
        "receipt.unmatched",
    ),
    "exits.leave": (
        "exit.settled",
        "exit.paid",
        "exit.set_off",
        "exit.part_due",
        "exit.closed_out",
        "contribution.received",
        "overpayment.moved",
    ),
}


def upgrade() -> None:
    connection = op.get_bind()
    TABLES.create_all(connection, checkfirst=False)
    connection.execute(TABLES.tables["event_head"].insert(), {"id": 1, "seq": 0, "hash": bytes(32), "recorded_us": 0})
    for name in ON_SQLITE if is_sqlite(connection) else ON_POSTGRESQL:
        install(connection, name, 1)
    rows = [
        {"reaction": reaction, "event_type": wire, "since_seq": 0}
        for reaction, facts in SUBSCRIPTIONS.items()
        for wire in facts
    ]
    connection.execute(TABLES.tables["subscription"].insert(), rows)


def downgrade() -> None:
    connection = op.get_bind()
    if connection.execute(sa.select(sa.func.count()).select_from(TABLES.tables["event"])).scalar_one():
        raise RuntimeError("the fund holds facts: they are never dropped by going back a version")
    for name in reversed(ON_SQLITE if is_sqlite(connection) else ON_POSTGRESQL):
        uninstall(connection, name, 1)
    TABLES.drop_all(connection, checkfirst=False)
