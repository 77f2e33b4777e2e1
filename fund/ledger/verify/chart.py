"""The check ``chart``: the changes of accounts are a whole chain, and each account is what its last one says."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from fund.language import N_
from fund.ledger.seal import GENESIS, VERSION, step_hash
from fund.ledger.store.anchoring import Anchoring
from fund.ledger.store.chart import ACCOUNT_FIELDS, Chart


class Tally(Protocol):
    """A check that counts what it looked at and keeps what it found."""

    checked: int

    def find(self, seq: int | None, place: str, template: str, **details: Any) -> None:
        """Keep a finding."""


_Tally = TypeVar("_Tally", bound=Tally)


def look_at_chart(tally: _Tally, store: Anchoring, head: Any) -> _Tally:
    """Hold the accounts against the sealed chart; a finding names the account, and the entry after which it changed.

    Args:
        head: The row of the chain head; ``None`` where somebody removed it.
    """
    standing_at = None if head is None else head.seq
    last = (0, GENESIS) if head is None else (head.chart_number, bytes(head.chart_hash))
    chart = Chart(store.connection, store.book_id)
    said: dict[str, dict[str, Any]] = {}
    previous, expected, made_at = GENESIS, 1, 0
    for row in chart.changes():
        tally.checked += 1
        seq, place = _seq(row), f"account_change:{row['code']}/{row['number']}"
        if row["number"] != expected:
            tally.find(seq, place, N_("change {number} of the chart is missing"), number=expected)
        if row["previous_hash"] != previous:
            tally.find(seq, place, N_("it does not follow the row before it"))
        if row["version"] != VERSION:
            tally.find(seq, place, N_("version {version} of the canonical form is not known"), version=row["version"])
        if step_hash("account-change", store.book, row) != row["hash"]:
            tally.find(seq, place, N_("its hash is not the hash of what it says"))
        if row["head_hash"] != (row["made_at"] if row["head_seq"] else GENESIS):
            tally.find(seq, place, N_("entry {number} is not the one at which it was made"), number=row["head_seq"])
        if row["head_seq"] < made_at:
            tally.find(seq, place, N_("it was made before the row before it"))
        previous, expected, made_at = row["hash"], row["number"] + 1, row["head_seq"]
        said[row["code"]] = row
    if (expected - 1, previous) != last:
        template = N_("the head of the chain names change {named} of the chart; the last one is {last}")
        tally.find(standing_at, "chain_head", template, named=last[0], last=expected - 1)
    for account in chart.accounts():
        tally.checked += 1
        row, place = said.pop(account["code"], {}), f"account:{account['code']}"
        if not row:
            tally.find(standing_at, place, N_("the chart does not know it"))
            continue
        other = [name for name in ACCOUNT_FIELDS if account[name] != row[name]]
        if other:
            template = N_("it is not what change {number} of the chart says: {what}")
            tally.find(_seq(row), place, template, number=row["number"], what=", ".join(other))
    for code, row in said.items():
        tally.find(_seq(row), f"account:{code}", N_("the chart has it; there is no such account"))
    return tally


def _seq(row: dict[str, Any]) -> int | None:
    """The number of the entry at which a change says it was made: 0 in an empty book."""
    return row["head_seq"] if row["head_seq"] >= 0 else None
