"""The grants register of the Woo (art. 3.3a): a row for each grant, change, revocation and determination.

The columns and their order are a promise; what each holds stands in ``fund/data/open-data``, goes along in the JSON and
is explained in ``docs/open-data.md``. What is in a row comes from ``grants``, which reads nothing personal.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Any

from fund.glossary import theme_names
from fund.reports.exports.files import csv_bytes
from fund.reports.exports.grants import KINDS, Grant, Row, grants_of, organisation
from fund.reports.history import head_of
from fund.unit_of_work import Snapshot

LICENCE = "https://creativecommons.org/publicdomain/zero/1.0/"
"""What the fund publishes may be used by everybody for everything (CC0 1.0), as the register of Schiedam does."""


def _data(name: str) -> list[dict[str, str]]:
    text = (resources.files("fund") / "data" / "open-data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@lru_cache(maxsize=1)
def columns() -> tuple[dict[str, str], ...]:
    """The columns of the register in their order: ``column``, ``kind`` of value, ``nl``, ``en``."""
    return tuple(_data("register.csv"))


@lru_cache(maxsize=1)
def grounds() -> tuple[dict[str, str], ...]:
    """The grounds a row may have: ``kind`` of row, ``ground``, ``nl``, ``en``."""
    return tuple(_data("grounds.csv"))


def register(snapshot: Snapshot, *, as_of: date | None = None, known_at: int | None = None) -> dict[str, Any]:
    """Every decision on a grant until the end of a day, by number of the grant and then by day.

    ``change_cents`` adds up to ``granted_cents`` of the last row of each grant, and to what the ledger holds as awarded
    (turnover of 9000 by decisions). Paid and refunded stand in the last row of a grant only, so their columns add up.

    Source: statements.md (open data); Woo 3.3a.
    """
    day = as_of or snapshot.today
    report = grants_of(snapshot, as_of=day, known_at=known_at)
    return {
        "fund": snapshot.store.work.setting("founded") or "",
        "as_of": day.isoformat(),
        **head_of(snapshot, known_at),
        "licence": LICENCE,
        "columns": [dict(each) for each in columns()],
        "grounds": [dict(each) for each in grounds()],
        "rows": [
            _row(snapshot, grant, number, row, report.rounds)
            for grant in report.grants
            for number, row in enumerate(grant.rows, start=1)
        ],
    }


def _row(snapshot: Snapshot, grant: Grant, number: int, row: Row, rounds: Mapping[str, str]) -> dict[str, Any]:
    names = theme_names()
    lead_name, lead_uri = organisation(snapshot, row.lead)
    others = [organisation(snapshot, each) for each in row.co_applicants]
    last = row is grant.last
    return {
        "grant": grant.ref,
        "row": number,
        "kind": row.kind,
        "woo_kind": KINDS[row.kind],
        "ground": row.ground,
        "extent": row.extent,
        "decided_on": row.decided_on.isoformat(),
        "scheme": snapshot.regulations(row.decided_on).version,
        "round": row.round,
        "round_title": rounds.get(row.round, ""),
        "agreement": row.agreement,
        "lead": row.lead,
        "lead_name": lead_name,
        "lead_uri": lead_uri,
        "co_applicants": list(row.co_applicants),
        "co_applicant_names": [name for name, _uri in others],
        "co_applicant_uris": [uri for _name, uri in others],
        "title": row.title,
        "question": row.question,
        "activities": [f"{each.due_on.isoformat()} {each.title}" for each in row.milestones],
        "themes": list(row.themes),
        "theme_names": [names[each][0] if each in names else each for each in row.themes],
        "starts_on": row.starts_on.isoformat() if row.starts_on else None,
        "ends_on": row.ends_on.isoformat() if row.ends_on else None,
        "requested_cents": row.requested_cents,
        "change_cents": row.change_cents,
        "granted_cents": row.granted_cents,
        "determined_cents": row.determined_cents,
        "reclaimed_cents": row.reclaimed_cents,
        "paid_cents": grant.paid_cents if last else None,
        "refunded_cents": grant.refunded_cents if last else None,
        "latest": "yes" if last else "no",
        "fact": row.seq,
    }


# ------------------------------------------------------------------------------------------------------------ as a file


def as_json(found: Mapping[str, Any]) -> bytes:
    """The register as one JSON object, its columns explained."""
    return (json.dumps({"schema_version": 1, **found}, ensure_ascii=False, indent=2) + "\n").encode()


def as_csv(found: Mapping[str, Any]) -> bytes:
    """The register as CSV."""
    return csv_bytes([each["column"] for each in columns()], found["rows"])


REGISTER_FORMATS: dict[str, Callable[[Mapping[str, Any]], bytes]] = {"csv": as_csv, "json": as_json}
"""How the register leaves: one function, one row."""
