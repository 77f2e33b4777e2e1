"""The ledger of one book: everything that can be asked of it, its verification included."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from fund.ledger.anchors import Anchor
from fund.ledger.store.anchoring import Anchoring
from fund.ledger.store.flush import flushed

if TYPE_CHECKING:
    from fund.ledger.verify import Verification


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
