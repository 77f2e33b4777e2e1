"""Double-entry bookkeeping that the database itself keeps honest; it knows nothing about funds.

This is the front door: nothing else of the ledger is imported from outside. The store is loaded when somebody opens a
ledger: a command that asks no balance does without it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fund.ledger.accounts import Account, AccountSet, AccountStatus, AccountType, Layer, Side, main_of
from fund.ledger.journal import (
    ADJUSTING,
    CLOSING,
    REVERSAL,
    Entry,
    EntryDraft,
    Head,
    Period,
    PeriodStatus,
    Posted,
    Posting,
    ReasonCode,
    credit,
    debit,
    mirror,
)
from fund.ledger.seal import GENESIS, VERSION, canonical, canonical_json, entry_id, nfc, seal

if TYPE_CHECKING:
    from fund.ledger.anchors import Anchor, public_key
    from fund.ledger.ledger import Ledger
    from fund.ledger.store import catalog as catalog
    from fund.ledger.store import commit, install, uninstall
    from fund.ledger.store.entries import CardLine, KindSum, Leg
    from fund.ledger.store.flush import flushed
    from fund.ledger.store.periods import Periods as Periods
    from fund.ledger.store.reading import Movement, TrialBalanceRow, Turnover
    from fund.ledger.verify import Verification as Verification

__all__ = [
    "ADJUSTING", "CLOSING", "GENESIS", "REVERSAL", "VERSION", "Account", "AccountSet", "AccountStatus", "AccountType",
    "Anchor", "CardLine", "Entry", "EntryDraft", "Head", "KindSum", "Layer", "Ledger", "Leg", "Period",
    "PeriodStatus", "Posted", "Posting", "ReasonCode", "Side", "Movement", "TrialBalanceRow", "Turnover", "canonical",
    "canonical_json", "commit", "credit", "debit", "entry_id", "flushed", "install", "main_of", "mirror", "nfc",
    "public_key", "seal", "uninstall",
]  # fmt: skip

_WHEN_ASKED = {
    "anchors": ("Anchor", "public_key"),
    "ledger": ("Ledger",),
    "store": ("commit", "install", "uninstall"),
    "store.catalog": ("catalog",),
    "store.entries": ("CardLine", "KindSum", "Leg"),
    "store.flush": ("flushed",),
    "store.periods": ("Periods",),
    "store.reading": ("Movement", "TrialBalanceRow", "Turnover"),
    "verify": ("Verification",),
}


def __getattr__(name: str) -> Any:
    module = next((module for module, names in _WHEN_ASKED.items() if name in names), None)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = import_module(f"{__name__}.{module}")
    return found if module.endswith(f".{name}") else getattr(found, name)
