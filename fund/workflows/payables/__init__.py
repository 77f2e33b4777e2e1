"""What is owed beside disbursements: invoices (C1), refunds (R7), settlements (K8); its life to the bank.

Whoever finds out what is owed records a fact that is an ``Owed``, books it on 2000 and has the first row of ``table``;
``costs`` is the owner of what the fund spends on itself, ``overpayments`` of what was paid to it too much. Payments put
it in a batch.
"""

from __future__ import annotations

from datetime import date

from fund.unit_of_work import Snapshot

OVERPAID = "2100"


def overpaid_by(snapshot: Snapshot, *, as_of: date | None = None) -> dict[str, int]:
    """What each payer stands to get back, where it is more than nothing."""
    balances = snapshot.ledger.balances(as_of=as_of)
    mine = {code.partition(".")[2]: -cents for code, cents in balances.items() if code.startswith(f"{OVERPAID}.")}
    return {payer: cents for payer, cents in sorted(mine.items()) if cents > 0}
