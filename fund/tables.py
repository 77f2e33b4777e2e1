"""Every table that is not ledger: facts and head, case files, commands, confirmations, deliveries, timers, people.

Instants are microseconds since 1970 UTC, days are ISO text (they are hashed as such), documents canonical JSON text.
Triggers that keep facts append-only, fill the chain and write the outbox are SQL objects in ``migrations/sql``.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from fund.database import METADATA as _m

# code points decide the order of text, on both databases
_text = Text().with_variant(Text(collation="C"), "postgresql")
_key = String(200).with_variant(String(200, collation="C"), "postgresql")

fund_setting = Table("fund_setting", _m, Column("name", _key, primary_key=True), Column("value", _text, nullable=False))
"""How this fund runs: its name, a clock that is held still, the lock-step of a demonstration."""

event_head = Table(
    "event_head",
    _m,
    Column("id", Integer, CheckConstraint("id = 1", name="one"), primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("recorded_us", BigInteger, nullable=False),
)
"""The end of the chain of facts; whoever changes the fund locks this row first (lifecycle G1)."""

command = Table(
    "command",
    _m,
    Column("actor", _key, primary_key=True),
    Column("command_id", _key, primary_key=True),
    Column("name", _key, nullable=False),
    Column("content_hash", LargeBinary, nullable=False),
    Column("asked_us", BigInteger, nullable=False),
    Column("state", _key, nullable=False),
    Column("answer", _text),
)
"""What a person asked, for ever (G2): the same id with the same content gets the same answer."""

event = Table(
    "event",
    _m,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", _key, nullable=False, unique=True),
    Column("stream", _key, nullable=False),
    Column("type", _key, nullable=False),
    Column("schema_version", Integer, nullable=False),
    Column("occurred_us", BigInteger, nullable=False),
    Column("recorded_us", BigInteger, nullable=False),
    Column("effective_on", _key, nullable=False),
    Column("actor", _key, nullable=False),
    Column("on_behalf_of", _key),
    Column("command_id", _key),
    Column("made_by", _key),
    Column("made_command_id", _key),
    Column("causation_id", _key),
    Column("payload", _text, nullable=False),
    Column("prev_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),
    ForeignKeyConstraint(["actor", "command_id"], ["command.actor", "command.command_id"], name="fk_event_command"),
    ForeignKeyConstraint(["made_by", "made_command_id"], ["command.actor", "command.command_id"], name="fk_event_made"),
    CheckConstraint(
        "(actor = 'system' and command_id is null and (causation_id is not null or type = 'fund.founded'))"
        " or (actor <> 'system' and command_id is not null)",
        name="who",
    ),
    Index("ix_event_type", "type", "seq"),
)
"""The facts, in the order in which they became known; sealed into one chain."""

event_link = Table(
    "event_link",
    _m,
    Column("stream", _key, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    ForeignKeyConstraint(["seq"], ["event.seq"], name="fk_event_link_seq"),
)
"""Which lives a fact belongs to: its own stream, and those it touches."""

case_file = Table(
    "case_file",
    _m,
    Column("stream", _key, primary_key=True),
    Column("kind", _key, nullable=False),
    Column("ref", _key, nullable=False),
    Column("state", _key, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("parent", _key),
    Column("partner", _key),
    Column("lookup", _key),
    Column("title", _text),
    Column("amount_cents", BigInteger),
    Column("due_on", _key),
    Column("brief", _text),
    Column("document", _text, nullable=False),
    Index("ix_case_file_kind", "kind", "ref"),
    Index("ix_case_file_state", "kind", "state"),
    Index("ix_case_file_parent", "kind", "parent"),
    Index("ix_case_file_partner", "kind", "partner"),
    Index("ix_case_file_lookup", "kind", "lookup"),
)
"""Each case as its facts left it: a cache, proved equal to a replay by ``fund verify``.

``brief`` stands before the document, so that what is asked of a whole round is read without opening its documents.
"""

counter = Table(
    "counter",
    _m,
    Column("kind", _key, primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)
"""The last number given per kind and year (under the fund's lock)."""

pending = Table(
    "pending",
    _m,
    Column("ref", _key, primary_key=True),
    Column("name", _key, nullable=False),
    Column("arguments", _text, nullable=False),
    Column("subject", _key, nullable=False),
    Column("shown", _text, nullable=False),
    Column("shown_hash", LargeBinary, nullable=False),
    Column("needs", _text, nullable=False),
    Column("made_by", _key, nullable=False),
    Column("made_command_id", _key, nullable=False),
    Column("made_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    Column("state", _key, nullable=False),
    Column("ended_by", _key),
    Column("reason", _text),
    Index("ix_pending_state", "state"),
)
"""What one person made and a second one must confirm."""

person = Table(
    "person", _m, Column("user_id", _key, primary_key=True), Column("name", _key, nullable=False, unique=True)
)
"""Names, kept apart from the chain: they can be erased."""

sealed = Table(
    "sealed",
    _m,
    Column("stream", _key, primary_key=True),
    Column("kind", _key, primary_key=True),
    Column("actor", _key, primary_key=True),
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("salt", _key, nullable=False),
    Column("content", _text, nullable=False),
    Column("opened", Boolean, nullable=False),
)
"""Scores and votes under seal; the chain holds a salted commitment to each, and opens them at the close."""

blob = Table(
    "blob",
    _m,
    Column("sha256", _key, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("content", LargeBinary),
)
"""Attachments by content hash; the bytes lie in ``files/`` beside an SQLite file, in ``content`` on PostgreSQL."""

subscription = Table(
    "subscription",
    _m,
    Column("reaction", _key, primary_key=True),
    Column("event_type", _key, primary_key=True),
    Column("since_seq", BigInteger, nullable=False),
)
"""Which reaction hears which fact, and from when; the outbox trigger reads it."""

delivery = Table(
    "delivery",
    _m,
    Column("event_id", _key, primary_key=True),
    Column("reaction", _key, primary_key=True),
    Column("stream", _key, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("state", _key, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("starts", Integer, nullable=False),
    Column("handed_out", Integer, nullable=False),
    Column("due_us", BigInteger, nullable=False),
    Column("leased_us", BigInteger),
    Column("epoch", _key),
    Column("error", _text),
    Column("delivered_us", BigInteger),
    Index("ix_delivery_open", "stream", "reaction", "seq"),  # of open rows alone, which the migration says: here it
    Index("ix_delivery_next", "seq", "reaction"),  # would load the dialect of each database at every start
)
"""One row per fact and reaction: outbox, inbox, order and dead letter at once."""

timer = Table(
    "timer",
    _m,
    Column("timer_id", _key, primary_key=True),
    Column("stream", _key, nullable=False),
    Column("kind", _key, nullable=False),
    Column("due_us", BigInteger, nullable=False),
    Column("cause", _key, nullable=False),
    Column("state", _key, nullable=False),
    Column("fired_by", _key),
    Column("fired_us", BigInteger),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("retry_us", BigInteger),
    Column("error", _text),
    Index("ix_timer_due", "state", "due_us", "timer_id"),
    Index("ix_timer_stream", "stream"),
)
"""Instants at which something falls due; each names the fact that set it."""

worker = Table(
    "worker",
    _m,
    Column("worker_id", _key, primary_key=True),
    Column("version", _key, nullable=False),
    Column("revision", _key, nullable=False),
    Column("started_us", BigInteger, nullable=False),
    Column("seen_us", BigInteger, nullable=False),
)
"""Workers and their last sign of life."""
