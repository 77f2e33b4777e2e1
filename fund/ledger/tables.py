"""The rows of the ledger, as SQLAlchemy sees them.

The tables themselves are made by ``migrations/sql/ledger_tables.v1.<dialect>.sql``, where types, checks and deferred
keys are exact for each database; a test compares the two.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Computed, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from fund.database import Base

__all__ = [
    "AccountBalanceRow",
    "AccountChangeRow",
    "AccountRow",
    "AccountSetRow",
    "AnchorRow",
    "BalanceDayRow",
    "BookRow",
    "ChainHeadRow",
    "Day",
    "EntryRow",
    "PeriodRow",
    "PostingRow",
    "VerificationRow",
]


class Day(TypeDecorator[date]):
    """A day: ``date`` on PostgreSQL, ISO text on SQLite."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        """The column type of this database."""
        return dialect.type_descriptor(sa.Date() if dialect.name == "postgresql" else sa.Text())

    def process_bind_param(self, value: date | None, dialect: sa.Dialect) -> Any:
        """A day on its way in."""
        return value if value is None or dialect.name == "postgresql" else value.isoformat()

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> date | None:
        """A day on its way out."""
        return date.fromisoformat(value) if isinstance(value, str) else value


_Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Flag = sa.Boolean().with_variant(sa.Integer(), "sqlite")


class BookRow(Base):
    """A book: the ledger of one house. Nothing crosses books."""

    __tablename__ = "book"
    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    name: Mapped[str] = mapped_column(sa.Text, unique=True)
    currency: Mapped[str] = mapped_column(sa.Text)


class AccountRow(Base):
    """An account of the chart, or a sub-account ``code.holder``."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("book_id", "code"), Index(None, "book_id", "main"))
    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"))
    code: Mapped[str] = mapped_column(sa.Text)
    main: Mapped[str] = mapped_column(sa.Text, Computed("split_part(code, '.', 1)", persisted=True))
    name: Mapped[str] = mapped_column(sa.Text)
    type: Mapped[str] = mapped_column(sa.Text)
    layer: Mapped[str] = mapped_column(sa.Text)
    currency: Mapped[str] = mapped_column(sa.Text)
    normal_side: Mapped[str] = mapped_column(sa.Text)
    min_balance_cents: Mapped[int | None] = mapped_column(_Big)
    max_balance_cents: Mapped[int | None] = mapped_column(_Big)
    status: Mapped[str] = mapped_column(sa.Text, server_default="open")
    limit_kinds: Mapped[str | None] = mapped_column(sa.Text)
    valid_from: Mapped[date | None] = mapped_column(Day)
    valid_until: Mapped[date | None] = mapped_column(Day)


class EntryRow(Base):
    """A sealed journal entry."""

    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("id", "legs"),
        UniqueConstraint("book_id", "seq"),
        UniqueConstraint("book_id", "idempotency_key"),
        ForeignKeyConstraint(["book_id", "reverses_seq"], ["entry.book_id", "entry.seq"]),
        Index(
            "uq_entry_book_id_reverses_seq",
            "book_id",
            "reverses_seq",
            unique=True,
            postgresql_where=sa.text("reverses_seq IS NOT NULL"),
            sqlite_where=sa.text("reverses_seq IS NOT NULL"),
        ),
        Index("ix_entry_book_id_kind", "book_id", "kind", "seq"),
    )
    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"))
    seq: Mapped[int] = mapped_column(_Big)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    effective_on: Mapped[date] = mapped_column(Day)
    kind: Mapped[str] = mapped_column(sa.Text)
    memo: Mapped[str] = mapped_column(sa.Text)
    actor: Mapped[str] = mapped_column(sa.Text)
    idempotency_key: Mapped[str] = mapped_column(sa.Text)
    request_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    metadata_: Mapped[str] = mapped_column("metadata", sa.Text)
    reverses_seq: Mapped[int | None] = mapped_column(_Big)
    reason: Mapped[str | None] = mapped_column(sa.Text)
    legs: Mapped[int] = mapped_column(sa.Integer)
    recorded_at: Mapped[int] = mapped_column(_Big)
    version: Mapped[int] = mapped_column(sa.Integer)
    previous_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    hash: Mapped[bytes] = mapped_column(sa.LargeBinary)


class PostingRow(Base):
    """One leg of an entry, debit positive."""

    __tablename__ = "posting"
    __table_args__ = (
        ForeignKeyConstraint(["entry_id", "legs"], ["entry.id", "entry.legs"], deferrable=True, initially="DEFERRED"),
        Index("ix_posting_account_id", "account_id", "entry_id"),
    )
    entry_id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    position: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    legs: Mapped[int] = mapped_column(sa.Integer)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    amount_cents: Mapped[int] = mapped_column(_Big)


class AccountBalanceRow(Base):
    """The sides of an account over all days: a cache, kept by triggers."""

    __tablename__ = "account_balance"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    debit_cents: Mapped[int] = mapped_column(_Big)
    credit_cents: Mapped[int] = mapped_column(_Big)


class BalanceDayRow(Base):
    """The sides of an account on one day: a cache, kept by triggers."""

    __tablename__ = "balance_day"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Day, primary_key=True)
    debit_cents: Mapped[int] = mapped_column(_Big)
    credit_cents: Mapped[int] = mapped_column(_Big)


class ChainHeadRow(Base):
    """The last link of a book's chain, and the lock under which the next is made."""

    __tablename__ = "chain_head"
    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"), primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(_Big)
    hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    recorded_at: Mapped[int] = mapped_column(_Big)
    period_number: Mapped[int] = mapped_column(sa.Integer)
    period_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    set_number: Mapped[int] = mapped_column(sa.Integer)
    set_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    anchor_number: Mapped[int] = mapped_column(sa.Integer)
    anchor_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    chart_number: Mapped[int] = mapped_column(sa.Integer)
    chart_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)


class PeriodRow(Base):
    """One step in the life of a month; the last step of a month is its status."""

    __tablename__ = "period"
    __table_args__ = (Index("ix_period_book_id_month", "book_id", "month", "number"),)
    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"), primary_key=True)
    number: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    month: Mapped[str] = mapped_column(sa.Text)
    status: Mapped[str] = mapped_column(sa.Text)
    head_seq: Mapped[int] = mapped_column(_Big)
    head_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    trial_balance_hash: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    actor: Mapped[str] = mapped_column(sa.Text)
    second_actor: Mapped[str | None] = mapped_column(sa.Text)
    reason: Mapped[str | None] = mapped_column(sa.Text)
    recorded_at: Mapped[int] = mapped_column(_Big)
    version: Mapped[int] = mapped_column(sa.Integer)
    previous_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    hash: Mapped[bytes] = mapped_column(sa.LargeBinary)


class AccountSetRow(Base):
    """A set of accounts with a limit; a later row of the same name takes its place from its first day on."""

    __tablename__ = "account_set"
    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"), primary_key=True)
    number: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    name: Mapped[str] = mapped_column(sa.Text)
    members: Mapped[str] = mapped_column(sa.Text)
    min_balance_cents: Mapped[int | None] = mapped_column(_Big)
    max_balance_cents: Mapped[int | None] = mapped_column(_Big)
    kinds: Mapped[str | None] = mapped_column(sa.Text)
    valid_from: Mapped[date | None] = mapped_column(Day)
    valid_until: Mapped[date | None] = mapped_column(Day)
    head_seq: Mapped[int] = mapped_column(_Big)
    head_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    actor: Mapped[str] = mapped_column(sa.Text)
    recorded_at: Mapped[int] = mapped_column(_Big)
    version: Mapped[int] = mapped_column(sa.Integer)
    previous_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    hash: Mapped[bytes] = mapped_column(sa.LargeBinary)


class AccountChangeRow(Base):
    """An account as it is from then on: it was opened, renamed, closed, reopened, or its limits are others."""

    __tablename__ = "account_change"
    __table_args__ = (Index("ix_account_change_book_id_code", "book_id", "code", "number"),)
    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"), primary_key=True)
    number: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    code: Mapped[str] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.Text)
    type: Mapped[str] = mapped_column(sa.Text)
    layer: Mapped[str] = mapped_column(sa.Text)
    currency: Mapped[str] = mapped_column(sa.Text)
    normal_side: Mapped[str] = mapped_column(sa.Text)
    min_balance_cents: Mapped[int | None] = mapped_column(_Big)
    max_balance_cents: Mapped[int | None] = mapped_column(_Big)
    status: Mapped[str] = mapped_column(sa.Text)
    limit_kinds: Mapped[str | None] = mapped_column(sa.Text)
    valid_from: Mapped[date | None] = mapped_column(Day)
    valid_until: Mapped[date | None] = mapped_column(Day)
    head_seq: Mapped[int] = mapped_column(_Big)
    head_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    recorded_at: Mapped[int] = mapped_column(_Big)
    version: Mapped[int] = mapped_column(sa.Integer)
    previous_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    hash: Mapped[bytes] = mapped_column(sa.LargeBinary)


class AnchorRow(Base):
    """What the ledger was, signed."""

    __tablename__ = "anchor"
    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"), primary_key=True)
    number: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    head_seq: Mapped[int] = mapped_column(_Big)
    head_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    root: Mapped[bytes] = mapped_column(sa.LargeBinary)
    legs: Mapped[int] = mapped_column(_Big)
    trial_balance_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    periods: Mapped[int] = mapped_column(sa.Integer)
    period_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sets: Mapped[int] = mapped_column(sa.Integer)
    set_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    recorded_at: Mapped[int] = mapped_column(_Big)
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary)
    previous_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    version: Mapped[int] = mapped_column(sa.Integer)
    hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    signature: Mapped[bytes] = mapped_column(sa.LargeBinary)


class VerificationRow(Base):
    """A run of the checks: from where the next may start."""

    __tablename__ = "verification"
    __table_args__ = (Index("ix_verification_book_id", "book_id", "ok", "head_seq"),)
    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"))
    everything: Mapped[bool] = mapped_column(_Flag)
    ok: Mapped[bool] = mapped_column(_Flag)
    head_seq: Mapped[int] = mapped_column(_Big)
    head_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    findings: Mapped[str] = mapped_column(sa.Text)
    recorded_at: Mapped[int] = mapped_column(_Big)


# ``Computed`` is written in PostgreSQL's words; SQLite's table says the same in its own.
