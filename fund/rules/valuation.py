"""What the fund is worth and what it may still promise: pure sums over balances of main accounts.

Balances come as the ledger keeps them: debit positive. Source: lifecycle.md 9.
"""

from __future__ import annotations

from collections.abc import Mapping

from fund.language import _, euros

Balances = Mapping[str, int]

FREE_TO_COMMIT = {"1000": 1, "1005": 1, "1010": 1, "2000": 1, "2100": 1, "2200": 1, "2300": 1, "9000": -1}
"""How each account (debit positive) counts in what is free to commit; the buffer is the minimum of their sum."""

PROMISES = ("decision.approved", "decision.conditional", "agreement.amended", "cost.approved", "exit.closed_out")
"""The facts that may not take it below the buffer. What the bank did, and what is owed already, is never refused."""


def _debit(balances: Balances, *codes: str) -> int:
    return sum(balances.get(code, 0) for code in codes)


def _credit(balances: Balances, *codes: str) -> int:
    return -_debit(balances, *codes)


def cash(balances: Balances) -> int:
    """Bank and treasury account (1000 + 1005), in cents."""
    return _debit(balances, "1000", "1005")


def in_transit(balances: Balances) -> int:
    """Payments under way (1010): negative while the bank has not confirmed them."""
    return _debit(balances, "1010")


def outstanding(balances: Balances) -> int:
    """Advances outstanding (1200)."""
    return _debit(balances, "1200")


def allowance(balances: Balances) -> int:
    """The allowance for expected write-offs (1290), as a positive amount."""
    return _credit(balances, "1290")


def owed(balances: Balances) -> int:
    """What the fund owes: payables, overpayments, exit settlements, unidentified receipts (2000, 2100, 2200, 2300)."""
    return _credit(balances, "2000", "2100", "2200", "2300")


def committed(balances: Balances) -> int:
    """Awarded and not yet approved for payment (9000)."""
    return _debit(balances, "9000")


def capital(balances: Balances) -> int:
    """Fund capital of the partners (3000)."""
    return _credit(balances, "3000")


def result(balances: Balances) -> int:
    """Income less costs (4xxx); entries of kind ``closing`` must have been left out."""
    return -sum(cents for code, cents in balances.items() if code.startswith("4"))


def free_to_commit(balances: Balances, buffer_cents: int) -> int:
    """What may still be promised: cash and money in transit, less what is owed, open commitments and the buffer."""
    return cash(balances) + in_transit(balances) - owed(balances) - committed(balances) - buffer_cents


def nav(balances: Balances) -> int:
    """Net asset value: 1000 + 1005 + 1010 + 1100 + 1200 - 1290 - 2000 - 2100 - 2200 - 2210 - 2300."""
    return _debit(balances, "1000", "1005", "1010", "1100", "1200") - _credit(
        balances, "1290", "2000", "2100", "2200", "2210", "2300"
    )


def free_text(free_cents: int) -> str:
    """What is free to commit, for people: there is no such thing as less than nothing to give."""
    return euros(free_cents) if free_cents >= 0 else _("nothing, {cents} is short").format(cents=euros(-free_cents))


def nothing_free(free_cents: int, capital_cents: int) -> str:
    """Why nothing is free to commit, and what must come in first; empty where something is, or exactly nothing."""
    if free_cents >= 0:
        return ""
    what = _("Nothing is free to commit: {cents} must come in first.").format(cents=euros(-free_cents))
    return what if capital_cents else f"{_('No capital was called yet.')} {what}"
