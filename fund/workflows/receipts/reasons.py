"""Why a line waits, as the bank's own codes say what it is: what the fund did not expect has a name all the same."""

from __future__ import annotations

from fund.language import N_

REASONS = {
    "returned": N_("a payment came back, and none of ours is named"),
    "reversed": N_("the bank takes something back, and does not say for certain what"),
    "direct_debit": N_("direct debit"),
    "cash": N_("cash"),
    "instant": N_("instant transfer"),
    "other": N_("not expected"),
}
"""By word, as people read it."""
_FAMILIES = {
    "PMNT/IDDT": "direct_debit",
    "PMNT/RDDT": "direct_debit",
    "PMNT/CNTR": "cash",
    "PMNT/RRCT": "instant",
    "PMNT/IRCT": "instant",
}
_CASH = ("CDPT", "CWDL", "CHKD", "BCDP", "BCWD")


def reason_of(code: str, *, return_reason: str = "", reversal: bool = False) -> str:
    """The word for a line that waits: what came back first, then what kind of transaction the bank calls it.

    Args:
        code: domain/family/subfamily of the bank, such as ``PMNT/RDDT/ESDD``.
    """
    domain, family, subfamily = (*code.split("/"), "", "", "")[:3]
    if return_reason or subfamily == "RRTN":
        return "returned"
    if reversal:
        return "reversed"
    if subfamily in _CASH:
        return "cash"
    return _FAMILIES.get(f"{domain}/{family}", "other")
