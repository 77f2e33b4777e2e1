"""What verification looks at beside the facts: which guards are there, which delivery rows are missing, which links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from fund import tables as t
from fund.database import METADATA, Connection, is_sqlite, settings_of_postgresql
from fund.database.objects import sql_object, squeezed
from fund.language import N_
from fund.ledger import catalog

MISSING, CHANGED, OFF, FOREIGN = catalog.MISSING, catalog.CHANGED, catalog.OFF, catalog.FOREIGN
BETWEEN = N_("a rule, a row policy or an heir changes what is read from this table or written to it")
BROKEN = N_("a row is there that the table's own rules forbid")
OBJECTS = ("event_log", "outbox")
"""The guards of the facts."""


@dataclass(frozen=True, slots=True)
class _Function:
    """A function of PostgreSQL: as whom and with which settings it runs, and whether others may call it."""

    body: str
    as_owner: bool
    settings: tuple[str, ...]
    for_others: bool


@dataclass(frozen=True, slots=True)
class _Trigger:
    """A trigger of PostgreSQL; ``fires`` are the bits of its catalog that say when."""

    table: str
    function: str
    fires: int


FIRES = {"ROW": 1, "BEFORE": 2, "INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}


def _functions_in(text: str) -> dict[str, _Function]:
    kept = {name for names in re.findall(r"REVOKE EXECUTE ON FUNCTION (.*?) FROM PUBLIC;", text) for name in
            re.findall(r"(\w+)\(", names)}  # fmt: skip
    return {
        name: _Function(
            body,
            "SECURITY DEFINER" in head,
            tuple(sorted(f"{key}={value}" for key, value in re.findall(r"SET (\w+) = (.*?)(?: AS)?\s*$", head, re.M))),
            name not in kept,
        )
        for name, head, body in re.findall(r"CREATE FUNCTION (\w+)\((.*?)AS \$\$(.*?)\$\$", text, re.DOTALL)
    }


def _triggers_in(text: str) -> dict[str, _Trigger]:
    rows = re.findall(r"CREATE TRIGGER (\w+) (.*?) ON (\w+) FOR EACH (\w+) EXECUTE FUNCTION (\w+)\(\)", text)
    return {
        name: _Trigger(table, function, sum(FIRES.get(word, 0) for word in (*when.split(), each)))
        for name, when, table, each, function in rows
    }


class GuardStore:
    """Evidence for ``fund verify``: read only, rows and schema as they really are."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sqlite = is_sqlite(connection)

    def problems(self) -> tuple[int, list[tuple[str, str]]]:
        """How many guards there should be, and which (name, problem) are missing, changed, switched off or foreign."""
        return self._sqlite_problems() if self._sqlite else self._postgresql_problems()

    def _sqlite_problems(self) -> tuple[int, list[tuple[str, str]]]:
        wanted: dict[str, str] = {}
        for name in OBJECTS:
            for statement in re.split(r"(?m)^(?=CREATE )", sql_object(name, "sqlite")[0]):
                named = re.match(r"CREATE TRIGGER (\w+)", statement)
                if named:
                    wanted[named.group(1)] = squeezed(statement)
        for table in METADATA.sorted_tables:
            wanted[table.name] = squeezed(str(CreateTable(table).compile(dialect=self._connection.dialect)))
        return len(wanted), catalog.problems_of_sqlite(self._connection, wanted, METADATA.tables.keys())

    def _postgresql_problems(self) -> tuple[int, list[tuple[str, str]]]:
        text = "".join(sql_object(name, "postgresql")[0] for name in OBJECTS)
        functions = _functions_in(text)
        triggers = _triggers_in(text)
        problems: list[tuple[str, str]] = []
        found: dict[str, list[_Function]] = {}
        for one in self._connection.execute(
            sa.text(
                "SELECT proname, prosrc, prosecdef, coalesce(proconfig, '{}') AS settings, EXISTS (SELECT 1"
                " FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee <> proowner) AS for_others"
                " FROM pg_proc WHERE pronamespace = CAST('public' AS regnamespace)"
            )
        ):
            is_now = _Function(one.prosrc, one.prosecdef, tuple(sorted(one.settings)), one.for_others)
            found.setdefault(one.proname, []).append(is_now)
        for name, wanted in functions.items():
            if name not in found:
                problems.append((name, MISSING))
            elif found[name] != [wanted]:
                problems.append((name, CHANGED))
        rows = self._connection.execute(
            sa.text(
                "SELECT tg.tgname, CAST(tg.tgenabled AS text) AS enabled, rel.relname, pro.proname, tg.tgtype,"
                " tg.tgqual IS NULL AND tg.tgnargs = 0 AND cardinality(tg.tgattr) = 0 AS always FROM pg_trigger tg"
                " JOIN pg_class rel ON rel.oid = tg.tgrelid JOIN pg_proc pro ON pro.oid = tg.tgfoid"
                " WHERE NOT tg.tgisinternal AND rel.relnamespace = CAST('public' AS regnamespace)"
            )
        ).all()
        for name, trigger in triggers.items():  # the name is free on every table: there may be more of them
            present = [row for row in rows if row.tgname == name]
            if not present:
                problems.append((name, MISSING))
            elif any(row.enabled not in ("O", "A") for row in present):
                problems.append((name, OFF))
            elif [_Trigger(row.relname, row.proname, row.tgtype) for row in present if row.always] != [trigger]:
                problems.append((name, CHANGED))
        ours = {table.name for table in METADATA.sorted_tables}
        problems += [(row.tgname, FOREIGN) for row in rows if row.relname in ours and row.tgname not in triggers]
        number, others = catalog.held_against(self.catalog(), "fund_catalog")
        return len(functions) + len(triggers) + number, problems + others

    def catalog(self) -> list[tuple[str, str, str]]:
        """What PostgreSQL says now of the columns, constraints and indexes, as (kind, name, what it is).

        Whether a constraint is held against the rows is for ``broken_rules``. An index that only makes it faster has to
        be there: whoever restores a dump gets its condition in other words.
        """
        tables = ", ".join(f"'{table.name}'" for table in METADATA.sorted_tables)
        found: list[tuple[str, str, str]] = []
        with settings_of_postgresql(self._connection, catalog.SETTINGS):
            for query in catalog.TABLES_ALONE:
                for kind, name, said in self._connection.execute(sa.text(query.format(tables=tables))):
                    plain = squeezed(said).removesuffix(" NOT ENFORCED").removesuffix(" NOT VALID")
                    found.append((kind, name, "any" if kind == "plain index" else plain))
        return found

    def in_between(self) -> list[tuple[str, str]]:
        """What PostgreSQL does between a table and who reads or writes it, of any table: rules, row policies, heirs."""
        if self._sqlite:
            return []
        rows = self._connection.execute(
            sa.text(
                "SELECT relname FROM pg_class WHERE relnamespace = CAST('public' AS regnamespace)"
                " AND relkind IN ('r', 'p') AND (relrowsecurity OR relhasrules OR relpersistence <> 'p'"
                " OR EXISTS (SELECT 1 FROM pg_inherits WHERE inhparent = pg_class.oid)) ORDER BY relname"
            )
        )
        return [(row.relname, BETWEEN) for row in rows]

    def broken_rules(self, *, most: int) -> list[tuple[str, str]]:
        """Tables with a row that its checks, types or keys forbid: SQLite lets a client switch those off.

        On PostgreSQL nobody can; there a check or key that was never held against the rows is told.
        """
        if self._sqlite:
            told = self._connection.execute(sa.text(f"PRAGMA quick_check({most:d})")).scalars()
            found = [(line, BROKEN) for line in told if line != "ok"]
            rows = self._connection.execute(sa.text("PRAGMA foreign_key_check")).all()
            return found + [(f"{row[0]}/{row[1]}" if row[1] else row[0], BROKEN) for row in rows[:most]]
        rows = self._connection.execute(
            sa.text(
                "SELECT conname FROM pg_constraint WHERE connamespace = CAST('public' AS regnamespace)"
                " AND NOT (convalidated AND conenforced) ORDER BY conname"
            )
        ).all()
        return [(row.conname, OFF) for row in rows]

    # ------------------------------------------------------------------------------------------------- deliveries

    def missing_deliveries(self, *, most: int) -> list[tuple[int, str, str]]:
        """Facts (seq, id) without the delivery row that a subscription asks for, by reaction; the earliest first."""
        rows = self._connection.execute(
            sa.text(
                "SELECT event.seq, event.event_id, subscription.reaction FROM event"
                " JOIN subscription ON subscription.event_type = event.type AND event.seq > subscription.since_seq"
                " WHERE NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.event_id = event.event_id"
                " AND delivery.reaction = subscription.reaction) ORDER BY event.seq LIMIT :most"
            ),
            {"most": most},
        )
        return [(row.seq, row.event_id, row.reaction) for row in rows]

    def stray_deliveries(self, *, most: int) -> list[tuple[int, str, str]]:
        """Delivery rows that name no fact, or another number than the fact has."""
        rows = self._connection.execute(
            sa.text(
                "SELECT delivery.seq, delivery.event_id, delivery.reaction FROM delivery"
                " LEFT JOIN event ON event.event_id = delivery.event_id"
                " WHERE event.seq IS NULL OR event.seq <> delivery.seq OR event.stream <> delivery.stream"
                " ORDER BY delivery.seq LIMIT :most"
            ),
            {"most": most},
        )
        return [(row.seq, row.event_id, row.reaction) for row in rows]

    def subscriptions(self) -> set[tuple[str, str, int]]:
        """Which reaction hears which fact, and after which number, as the outbox reads it."""
        rows = self._connection.execute(sa.select(t.subscription))
        return {(row.reaction, row.event_type, row.since_seq) for row in rows}

    def delivery_count(self) -> int:
        """How many delivery rows there are."""
        return int(self._connection.execute(sa.select(sa.func.count()).select_from(t.delivery)).scalar_one())

    # ------------------------------------------------------------------------------------------------------ links

    def links(self) -> dict[int, set[str]]:
        """The streams that each fact is linked to."""
        found: dict[int, set[str]] = {}
        for row in self._connection.execute(sa.select(t.event_link)):
            found.setdefault(row.seq, set()).add(row.stream)
        return found

    def event_head(self) -> tuple[int, bytes, int] | None:
        """Number, hash and instant at which the head of the facts stands; ``None`` when it is gone."""
        rows = self._connection.execute(sa.select(t.event_head).where(t.event_head.c.id == 1)).all()
        return (rows[0].seq, bytes(rows[0].hash), rows[0].recorded_us) if len(rows) == 1 else None

    def case_rows(self) -> list[Any]:
        """Every case file with all its columns, by stream."""
        return list(self._connection.execute(sa.select(t.case_file).order_by(t.case_file.c.stream)))
