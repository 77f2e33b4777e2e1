"""The family of refusals: what every error of the fund carries, and how it reads.

A class is one way in which the fund says no. Its ``message`` and ``hint`` are templates in English with named
places; the numbers of the case are given when it is raised and stand in ``details``. The code that scripts read is
the class name in snake case.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, ClassVar

from fund.language import N_, _, euros, instant

__all__ = ["FaultyInput", "FundError", "NotReady", "RuleRefusal", "WrongUsage", "present"]


class FundError(Exception):
    """The fund refuses; trying the same again will not help.

    Args:
        details: The named places of ``message`` and ``hint``. Keys that end in ``_cents`` are shown as euros, dates
            and instants as people read them; everything is kept as given in ``details``.
    """

    message: ClassVar[str] = N_("refused")
    hint: ClassVar[str] = ""
    exit_code: ClassVar[int] = 1
    recorded: ClassVar[bool] = False
    """Whether the refusal is itself a fact (``command.refused``): a rule said no, not a faulty file."""
    _every: ClassVar[dict[str, type[FundError]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        FundError._every[cls.code()] = cls

    def __init__(self, **details: Any) -> None:
        super().__init__()
        self.details: dict[str, Any] = details

    @classmethod
    def code(cls) -> str:
        """The class name in snake case: what scripts match on."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", cls.__name__).lower()

    @classmethod
    def every(cls) -> dict[str, type[FundError]]:
        """All refusals by code."""
        return dict(cls._every)

    def _fill(self, template: str) -> str:
        if not template:
            return ""
        return _(template).format(**{key: present(key, value) for key, value in self.details.items()})

    def __str__(self) -> str:
        return self._fill(self.message)

    @property
    def advice(self) -> str:
        """The next step, in the language in use; empty where there is none."""
        return self._fill(self.hint)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.details))


def _rebuild(cls: type[FundError], details: dict[str, Any]) -> FundError:
    return cls(**details)


def present(key: str, value: Any) -> str:
    """A detail as a sentence shows it."""
    if key.endswith("_cents") and isinstance(value, int):
        return euros(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(str(item) for item in value)
    return str(value)


class RuleRefusal(FundError):
    """A rule of the fund says no. Nothing changed; the refusal itself is recorded."""

    recorded = True


class FaultyInput(FundError):
    """A file or an argument is not right. Nothing changed, and no fact is made of it."""


class WrongUsage(FundError):
    """The command was not typed as it can be understood."""

    exit_code = 2


class NotReady(FundError):
    """The world is not ready (database, broker, migrations): try later."""

    exit_code = 4
