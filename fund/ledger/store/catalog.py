"""What PostgreSQL says of the ledger's tables and functions, held against what it said when they were installed.

That stands in ``migrations/sql/ledger_catalog.v<N>.postgresql.sql``, a line for each table, column, constraint, index
and function; ``python -m tests.ledger.catalog`` writes it, and ``tests/ledger/test_catalog.py`` proves that it is what
the migrations make.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from fund.database.objects import sql_object, squeezed
from fund.language import N_

MISSING = N_("this guard is missing")
CHANGED = N_("this guard is not as it was installed")
STRANGE = N_("this guard is not ours")
OFF = N_("this guard is switched off")
FOREIGN = N_("this trigger is not ours")

SETTINGS = {"search_path": "pg_catalog", "quote_all_identifiers": "off", "DateStyle": "ISO"}
"""With these, what the catalog says does not depend on who asks."""

Line = tuple[str, str]
"""Which guard, and what it is."""

_WHO = "CASE grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(grantee) END"
_TABLES = "relnamespace = CAST('public' AS regnamespace) AND relname IN ({tables})"
CATALOG = (
    # Tables: what comes between them and who reads or writes them.
    "SELECT 'table' AS kind, relname AS name,"
    " format('%s%s, row security %s%s, rules %s, policies %s, kin %s, owner %s',"
    " relkind, relpersistence, relrowsecurity, relforcerowsecurity,"
    " (SELECT count(*) FROM pg_rewrite WHERE ev_class = pg_class.oid),"
    " (SELECT count(*) FROM pg_policy WHERE polrelid = pg_class.oid),"
    " (SELECT count(*) FROM pg_inherits WHERE pg_class.oid IN (inhparent, inhrelid)),"
    " CASE WHEN pg_get_userbyid(relowner) <> 'fund_application' AND relowner = (SELECT min(relowner::text)::oid"
    f" FROM pg_class WHERE {_TABLES}) THEN 'one' ELSE 'another' END) AS said"
    f" FROM pg_class WHERE {_TABLES} AND relkind NOT IN ('i', 'I')",
    "SELECT 'column', relname || '.' || attname, concat_ws(' ', format_type(atttypid, atttypmod),"
    " 'COLLATE ' || nullif(collname, 'default'), CASE WHEN attnotnull THEN 'NOT NULL' END,"
    " CASE attgenerated WHEN '' THEN 'DEFAULT ' ELSE 'GENERATED ' || CAST(attgenerated AS text) || ' AS ' END"
    " || pg_get_expr(adbin, adrelid), nullif('IDENTITY ' || CAST(attidentity AS text), 'IDENTITY '))"
    " FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
    " LEFT JOIN pg_collation ON pg_collation.oid = attcollation"
    " LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum"
    f" WHERE {_TABLES} AND attnum > 0 AND NOT attisdropped",
    "SELECT 'constraint', conname, relname || ': ' || pg_get_constraintdef(pg_constraint.oid)"
    " FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid"
    f" WHERE {_TABLES} AND contype NOT IN ('n', 't')",
    "SELECT CASE WHEN indisunique OR indexprs IS NOT NULL THEN 'index' ELSE 'plain index' END, "
    " (SELECT own.relname FROM pg_class AS own WHERE own.oid = indexrelid),"
    " concat_ws(' ', pg_get_indexdef(indexrelid), CASE WHEN NOT (indisvalid AND indisready) THEN 'INVALID' END)"
    f" FROM pg_index JOIN pg_class ON pg_class.oid = indrelid WHERE {_TABLES}",
    "SELECT 'function', proname, format('(%s) RETURNS %s %s %s%s%s%s, EXECUTE: %s%s%s',"
    " pg_get_function_identity_arguments(pg_proc.oid), pg_get_function_result(pg_proc.oid), lanname, provolatile,"
    " proparallel, CASE WHEN proisstrict THEN ' STRICT' END, CASE WHEN prosecdef THEN ' SECURITY DEFINER' END,"
    f" (SELECT coalesce(string_agg({_WHO}, ', ' ORDER BY grantee), 'the owner alone')"
    " FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee <> proowner),"
    f" CASE WHEN proowner <> (SELECT min(relowner::text)::oid FROM pg_class WHERE {_TABLES}) THEN ', of another' END,"
    " (SELECT string_agg(' SET ' || one, '' ORDER BY one) FROM unnest(proconfig) AS one))"
    " FROM pg_proc JOIN pg_language ON pg_language.oid = prolang"
    " WHERE pronamespace = CAST('public' AS regnamespace) AND proname IN ({functions})",
    "SELECT 'schema', nspname, format('CREATE: %s', (SELECT coalesce(string_agg("
    f"{_WHO}, ', ' ORDER BY grantee), 'the owner alone') FROM aclexplode(nspacl)"
    " WHERE privilege_type = 'CREATE' AND grantee <> nspowner"
    f" AND grantee NOT IN (SELECT relowner FROM pg_class WHERE {_TABLES})))"
    " FROM pg_namespace WHERE nspname = 'public'",
)
"""The questions, each answered with rows (kind, name, what it is)."""
TABLES_ALONE = CATALOG[1:4]
"""Those about columns, constraints and indexes: asked of the fund's other tables too (``fund_catalog``)."""


def lines_of(rows: Iterable[Sequence[Any]]) -> list[str]:
    """The answers as they are written down."""
    return sorted(f"-- {kind} {name} | {said}" for kind, name, said in rows)


_TOKENS = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]|[^\s()'"]+""")
_JOINS = ("AND", "OR")


def meaning(said: str) -> str:
    """A definition without the brackets that say nothing: whoever restores a dump gets other ones.

    PostgreSQL keeps a condition as a tree and writes it as text. Read again, ``((a AND b) AND c)`` becomes
    ``(a AND b AND c)``, which is the same condition. Nothing else is taken for the same: not another order, not another
    word.
    """
    open_groups: list[list[Any]] = [[]]
    for token in _TOKENS.findall(said):
        if token == "(":
            open_groups.append([])
        elif token != ")":
            open_groups[-1].append(token)
        elif len(open_groups) == 1:
            return said  # it is no definition: it is compared as it stands
        else:
            group = open_groups.pop()
            open_groups[-1].append(_plain(group))
    return said if len(open_groups) > 1 else _text(_plain(open_groups[0]))


def _plain(group: list[Any]) -> list[Any]:
    """A group without a second pair of brackets around it, and without those around a part that is joined alike."""
    if len(group) == 1 and isinstance(group[0], list):
        return group[0]
    join = _join(group)
    if not join:
        return group
    found: list[Any] = []
    for place, item in enumerate(group):
        alone = all(each == join for each in (*group[max(place - 1, 0) : place], *group[place + 1 : place + 2]))
        if isinstance(item, list) and alone and _join(item) == join:
            found += item
        else:
            found.append(item)
    return found


def _join(group: list[Any]) -> str:
    """The one word that joins the parts of a group; empty where none does, or both."""
    words = [join for join in _JOINS if join in group]
    return words[0] if len(words) == 1 else ""


def _text(group: list[Any]) -> str:
    return " ".join(f"( {_text(item)} )" if isinstance(item, list) else item for item in group)


def held_against(said: Iterable[Sequence[Any]], name: str) -> tuple[int, list[tuple[str, str]]]:
    """How many guards are written down in ``name``, and which (guard, problem) of what is said now are not so."""
    found: dict[tuple[str, str], list[str]] = {}
    for kind, guard, definition in said:
        found.setdefault((kind, guard), []).append(meaning(definition))
    problems: list[tuple[str, str]] = []
    number = 0
    for kind, (guard, definition) in written(name):
        number += 1
        now = found.pop((kind, guard), [])
        if meaning(definition) not in now:
            problems.append((guard, CHANGED if now else MISSING))
        elif len(now) > 1:
            problems.append((guard, STRANGE))
    return number, problems + [(guard, STRANGE) for kind, guard in found if kind != "plain index"]


def written(name: str) -> Iterator[tuple[str, Line]]:
    """What was written down in ``name``, as (kind, line)."""
    for line in sql_object(name, "postgresql")[0].splitlines():
        about, mark, said = line.removeprefix("-- ").partition(" | ")
        if mark:
            kind, _space, name = about.rpartition(" ")
            yield kind, (name, said)


def problems_of_sqlite(
    connection: Connection, wanted: Mapping[str, str], tables: Collection[str]
) -> list[tuple[str, str]]:
    """Which (guard, problem) of SQLite's own schema are not as ``wanted``, by name; and triggers that are not ours."""
    rows = connection.execute(sa.text("SELECT name, type, tbl_name, sql FROM sqlite_master")).all()
    present = {row.name: squeezed(row.sql or "") for row in rows}
    problems = [(name, MISSING) for name in wanted if name not in present]
    problems += [(name, CHANGED) for name in wanted if name in present and present[name] != wanted[name]]
    strange = (row for row in rows if row.type == "trigger" and row.tbl_name.lower() in tables)
    return problems + [(row.name, FOREIGN) for row in strange if row.name not in wanted]
