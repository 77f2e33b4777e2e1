"""Double-entry bookkeeping that the database itself keeps honest; it knows nothing about funds.

This is the front door: nothing else of the ledger is imported from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from fund.ledger.accounts import Account, AccountSet, AccountStatus, AccountType, Layer, Side, main_of
from fund.ledger.anchors import Anchor, public_key
from fund.ledger.journal import (
    ADJUSTING,
    CLOSING,
    REVERSAL,
    Entry,
    EntryDraft,
    Head,
    Posted,
    Posting,
    ReasonCode,
    credit,
    debit,
    mirror,
)
from fund.ledger.seal import GENESIS, VERSION, canonical, canonical_json, entry_id, nfc, seal
from fund.ledger.store import (
    Anchoring,
    CardLine,
    KindSum,
    Leg,
    Movement,
    Period,
    PeriodStatus,
    TrialBalanceRow,
    Turnover,
    commit,
    install,
    uninstall,
)
from fund.ledger.store import catalog as catalog
from fund.ledger.store.flush import flushed

if TYPE_CHECKING:
    from fund.ledger.verify import Verification as Verification

__all__ = [
    "ADJUSTING",
    "CLOSING",
    "GENESIS",
    "REVERSAL",
    "VERSION",
    "Account",
    "AccountSet",
    "AccountStatus",
    "AccountType",
    "Anchor",
    "CardLine",
    "Entry",
    "EntryDraft",
    "Head",
    "KindSum",
    "Layer",
    "Ledger",
    "Leg",
    "Period",
    "PeriodStatus",
    "Posted",
    "Posting",
    "ReasonCode",
    "Side",
    "Movement",
    "TrialBalanceRow",
    "Turnover",
    "canonical",
    "canonical_json",
    "commit",
    "credit",
    "debit",
    "entry_id",
    "flushed",
    "install",
    "main_of",
    "mirror",
    "nfc",
    "public_key",
    "seal",
    "uninstall",
]


class Ledger(Anchoring):
    """The ledger of one book, inside a transaction that the caller owns."""

    def verify(
        self,
        full: bool = False,
        *,
        anchors: Sequence[Anchor] = (),
        public_key: bytes | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Verification:
        """Run every check; the run is logged where the transaction may write.

        Args:
            full: Read every entry again, from the first.
            anchors: Statements that somebody kept: the ledger must still hold all that each of them says.
            public_key: The key that must have signed them; the one that each names when absent.
            progress: Is told, now and then, how many entries were looked at and how many there are.

        Raises:
            UnfinishedCheck: A process that shared the work ended before it was done.
        """
        from fund.ledger import verify as checks

        flushed(self.connection)
        return checks.verify(self, full=full, anchors=anchors, public_key=public_key, progress=progress)

    def rebuild(self) -> Verification:
        """Write the kept balances anew from the entries; the owner of the tables may.

        Raises:
            JournalInDoubt: The entries themselves are not in order.
        """
        from fund.ledger import verify as checks

        return checks.rebuild(self)
