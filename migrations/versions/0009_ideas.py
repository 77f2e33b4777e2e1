"""From idea to agreement: what more the service does by itself after a fact, and what is read of a whole round.

A round may hold hundreds of proposals, and each of their steps asks something of all of them: a case file says that
in a column of its own, so that no document is opened for it.

A new reaction hears what is recorded from here on. For facts that are there already its row says that it was left out,
so that `fund verify` still finds a row for every fact and every subscription.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from fund import tables as t
from fund.database import is_sqlite
from fund.events import canonical_json

revision = "0009_ideas"
down_revision = "0008_chart"
branch_labels = None
depends_on = None

SUBSCRIPTIONS: tuple[tuple[str, str], ...] = (
    # reaction, fact: equal to fund/workflows/subscriptions.py, by test
    ("decisions.keep_term", "round.closed"),
    ("decisions.keep_term", "proposal.submitted"),
    ("decisions.keep_term", "proposal.resubmitted"),
    ("decisions.keep_term", "decision.prepared"),
    ("decisions.keep_term", "decision.reopened"),
    ("decisions.keep_term", "decision.eligibility_reopened"),
    ("decisions.keep_term", "decision.objected"),
    ("decisions.keep_deferral", "decision.deferred"),
    ("reviews.close_when_complete", "review.reviewer_barred"),
    ("reviews.close_when_complete", "review.conflict_decided"),
    ("reviews.exclude", "user.changed"),
    ("reviews.exclude", "proposal.resubmitted"),
    ("decisions.prepare", "review.recomputed"),
)
LEFT_OUT = "recorded before version 0009"


def upgrade() -> None:
    connection = op.get_bind()
    if "brief" not in {column["name"] for column in sa.inspect(connection).get_columns("case_file")}:
        _add_brief(connection)
        _fill_briefs(connection)
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


def _add_brief(connection: sa.Connection) -> None:
    """SQLite cannot put a column before the document, and keeps how a table was made as text: there it is made anew."""
    if not is_sqlite(connection):
        op.add_column("case_file", sa.Column("brief", t.case_file.c.brief.type))
        return
    op.rename_table("case_file", "case_file_before")
    for index in t.case_file.indexes:
        op.drop_index(str(index.name))
    t.case_file.create(connection)
    columns = ", ".join(column.name for column in t.case_file.c if column.name != "brief")
    connection.exec_driver_sql(f"INSERT INTO case_file ({columns}) SELECT {columns} FROM case_file_before")
    op.drop_table("case_file_before")


def _fill_briefs(connection: sa.Connection) -> None:
    """What proposals, reviews and agreements say of themselves, from their documents."""
    case = sa.table("case_file", *(sa.column(name) for name in ("stream", "kind", "state", "document", "brief")))
    opened = sa.select(case).where(case.c.kind.in_(("agreement", "proposal", "review"))).order_by(case.c.stream)
    made = (
        (row.stream, _brief_of(row.kind, row.state, json.loads(row.document)))
        for row in connection.execute(opened).all()
    )
    changes = [{"of_stream": stream, "brief": canonical_json(brief)} for stream, brief in made if brief]
    if changes:
        connection.execute(case.update().where(case.c.stream == sa.bindparam("of_stream")), changes)


def _brief_of(kind: str, state: str, case: dict[str, Any]) -> dict[str, Any]:
    if kind == "proposal":
        form, at = case["form"], case["submitted_at"]
        parties = [form["lead"], *form["co_applicants"], *form["adopters"], *form["beneficiaries"]]
        submitted_at = datetime.fromisoformat(at).isoformat() if at else None
        return {"parties": list(dict.fromkeys(parties)), "themes": form["themes"], "submitted_at": submitted_at}
    if kind == "agreement":
        terms = case["terms"]
        parties = [terms["lead"], *terms["co_applicants"], *terms["beneficiaries"]]
        days = {name: case[name] for name in ("started_on", "ended_on")}
        return {"parties": list(dict.fromkeys(parties)), **days}
    if state == "open":
        return {"waiting": [seat["reviewer"] for seat in case["panel"] if seat["reviewer"] not in case["scored"]]}
    if state == "closed":
        return {"total": (case["consensus"] or case["result"])["total"]}
    return {}


def downgrade() -> None:
    connection = op.get_bind()
    op.drop_column("case_file", "brief")
    for reaction, wire in SUBSCRIPTIONS:
        mine = sa.and_(t.subscription.c.reaction == reaction, t.subscription.c.event_type == wire)
        connection.execute(t.subscription.delete().where(mine))
