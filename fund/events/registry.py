"""Facts by wire name: a module of facts is imported when the first of its facts is met."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from fund.events.base import DECLARED, Fact

MODULES: Mapping[str, tuple[str, ...]] = {
    "agreements": ("agreement", "benefit", "milestone"),
    "amendments": ("amendment",),
    "capital": ("contribution", "key", "partner"),
    "closing": ("period", "year"),
    "cooperations": ("cooperation",),
    "costs": ("cost", "transfer"),
    "decisions": ("decision",),
    "disbursements": ("disbursement",),
    "evaluations": ("evaluation", "followon"),
    "exits": ("exit", "partner"),
    "founding": ("command", "fund", "regulations", "user"),
    "journal": ("entry",),
    "overpayments": ("overpayment",),
    "payables": ("payable",),
    "payees": ("payee",),
    "payments": ("payment",),
    "proposals": ("proposal",),
    "receipts": ("bank_account", "bank_notification", "bank_statement", "cost", "debit", "income", "receipt"),
    "repayments": ("allowance", "arrears", "charge", "plan"),
    "resolutions": ("resolution",),
    "reviews": ("review",),
    "rounds": ("round",),
    "service": ("delivery",),
    "writeoffs": ("writeoff",),
}
"""By module, the first words of the wire names of its facts."""


class _Facts(Mapping[str, type[Fact]]):
    """Every fact the fund records, by wire name, in the order of these names."""

    def __getitem__(self, wire: str) -> type[Fact]:
        if wire not in DECLARED:
            word = wire.partition(".")[0]
            for module, words in MODULES.items():
                if word in words:
                    import_module(f"fund.events.{module}")
        return DECLARED[wire]

    def __iter__(self) -> Iterator[str]:
        for module in MODULES:
            import_module(f"fund.events.{module}")
        return iter(sorted(DECLARED))

    def __len__(self) -> int:
        return sum(1 for _wire in self)


FACTS = _Facts()


def fact_from(type: str, payload: str) -> Fact:
    """The fact behind a stored payload.

    Raises:
        KeyError: A wire name this program does not know.
    """
    return FACTS[type].model_validate_json(payload)
