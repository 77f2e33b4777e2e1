"""References that people read, ids that follow from their parts, and where to look for a ref that does not exist."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable

from fund.glossary import nearest

_FORMS = {
    "round": ("", 0),
    "proposal": ("", 3),
    "disbursement": ("D", 4),
    "call": ("B", 4),
    "cost": ("K", 4),
    "batch": ("S", 3),
    "pending": ("Q", 4),
    "receipt": ("O", 4),
    "debit": ("U", 4),
    "income": ("I", 4),
    "journal": ("M", 4),
    "refund": ("T", 4),
    "settlement": ("E", 4),
    "transfer": ("V", 4),
    "resolution": ("R", 4),
}
"""By kind: what stands before the year, and to how many digits the number is filled up."""
_SHOWN = ("proposal", "agreement", "disbursement", "round", "review", "decision", "key", "partner")
"""Kinds of which one is shown by ``fund NOUN show REF``."""
_LISTS = {
    "allowance": "repayment allowance",
    "amendment": "agreement list",
    "bank_account": "bank list",
    "bank_notification": "bank list",
    "bank_statement": "bank list",
    "batch": "payment list",
    "call": "capital list",
    "cost": "cost list",
    "debit": "cost list",
    "decision": "proposal list",
    "exit": "partner list",
    "fund": "status",
    "income": "cost list",
    "key": "key show",
    "member": "user list",
    "payable": "payment list",
    "plan": "repayment list",
    "receipt": "bank list",
    "regulations": "regulations show",
    "resolution": "inbox",
    "review": "proposal list",
    "transfer": "cost list",
}
"""Where cases of a kind are listed, when that is not ``fund KIND list``."""


def readable_ref(kind: str, year: int, number: int) -> str:
    """The reference of the nth of its kind in a year, as cli.md writes it."""
    prefix, width = _FORMS[kind]
    return f"{prefix}{year}-{number:0{width}d}" if width else f"{year}-{number}"


def where_to_look(kind: str, ref: str, known: Iterable[str]) -> str:
    """The command that shows the case whose ref comes nearest to one that does not exist, else that lists the kind."""
    near = nearest(ref, known)
    if near and kind in _SHOWN:
        return f"fund {kind} show {near[0]}"
    return f"fund {_LISTS.get(kind, f'{kind} list')}"


def derive_id(prefix: str, *parts: object) -> str:
    """An id that follows from its parts, never from a clock or dice: ``evt_`` and 26 characters."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()
    return prefix + base64.b32encode(digest)[:26].decode().lower()
