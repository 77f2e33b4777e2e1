"""Statements that are missing: by their numbers, or where one does not begin as the one before ended."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from fund.schemas.capital import BankAccount, BankStatementFile
from fund.unit_of_work import Snapshot

if TYPE_CHECKING:
    from fund.workflows.receipts.commands import Gap

MOST_MISSING = 100
"""So many missing numbers of a gap are named; a bank that numbers by date would leave millions."""


def gaps(snapshot: Snapshot) -> list[Gap]:
    """Per account, the statements that are missing by number, or where one does not begin as the one before ended.

    Banks begin again at one in a new year. A gap stands until the statements in between are imported, or one that
    covers them. A statement over the days of others (a month over its days) takes no place between them.
    """
    found: list[Gap] = []
    for account in snapshot.cases(BankAccount):
        ordered = sorted(
            snapshot.cases(BankStatementFile, parent=account.ref),
            key=lambda statement: (statement.closed_on, statement.sequence_number or 0, statement.statement_id),
        )
        wide = [one for one in ordered if _covers_others(one, ordered)]
        chain = [one for one in ordered if one not in wide]
        for before, after in pairwise(chain):
            missing = _missing(before, after)
            broken = before.closing_cents != after.opening_cents
            if (missing or broken) and not any(_closes(one, before, after) for one in wide):
                found.append(
                    {
                        "iban": account.ref,
                        "after": before.statement_id,
                        "before": after.statement_id,
                        "missing": missing,
                        "difference_cents": after.opening_cents - before.closing_cents,
                    }
                )
    return found


def _covers_others(one: BankStatementFile, others: list[BankStatementFile]) -> bool:
    """Whether the days of another statement lie within those of this longer one, and it is not what came next."""
    return any(
        other is not one
        and one.opened_on <= other.opened_on
        and other.closed_on <= one.closed_on
        and (one.closed_on - one.opened_on) > (other.closed_on - other.opened_on)
        and other.closing_cents != one.opening_cents
        and one.closing_cents != other.opening_cents
        for other in others
    )


def _closes(wide: BankStatementFile, before: BankStatementFile, after: BankStatementFile) -> bool:
    return wide.opened_on <= before.closed_on and after.opened_on <= wide.closed_on


def _missing(before: BankStatementFile, after: BankStatementFile) -> list[int]:
    if before.sequence_number is None or after.sequence_number is None:
        return []
    again = after.sequence_number <= before.sequence_number  # the numbers began again
    missing = range(1 if again else before.sequence_number + 1, after.sequence_number)
    return list(missing[:MOST_MISSING])
