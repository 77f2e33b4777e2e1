"""What is owed beside disbursements: invoices (C1), refunds (R7), settlements (K8); its life to the bank.

Whoever finds out what is owed records a fact that is an ``Owed``, books it on 2000 and has the first row of ``table``;
``costs`` is the owner of what the fund spends on itself, ``overpayments`` of what was paid to it too much. Payments put
it in a batch.
"""

from __future__ import annotations

OVERPAID = "2100"
"""The main account of what was paid too much; its sub-accounts are the payers."""
