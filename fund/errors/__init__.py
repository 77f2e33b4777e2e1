"""Every way in which the fund says no, a module a trade; here is what every refusal carries, and how it reads.

A class is one way in which the fund says no. Its ``message`` and ``hint`` are templates in English with named
places; the numbers of the case are given when it is raised and stand in ``details``. The code that scripts read is
the class name in snake case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Any, ClassVar

from fund.language import N_, _, euros, instant
from fund.words import TYPED, word_of

__all__ = ["FaultyInput", "FundError", "NotReady", "RuleRefusal", "WrongUsage", "filled", "present", "shape_fault"]


class FundError(Exception):
    """The fund refuses; trying the same again will not help.

    Args:
        details: The named places of ``message`` and ``hint``. Keys that end in ``_cents`` are shown as euros, dates
            and instants as people read them, codes in the message by their word; everything is kept as given in
            ``details``, and a hint shows it as it is typed.
    """

    message: ClassVar[str] = N_("refused")
    hint: ClassVar[str] = ""
    exit_code: ClassVar[int] = 1
    recorded: ClassVar[bool] = False
    """Whether the refusal is itself a fact (``command.refused``): a rule said no, not a faulty file."""
    codes: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """The places that hold a code and what it is a code of, as :func:`fund.word_of` takes it: ``{"status":
    "period"}`` for the state of a period. In braces: the detail that says it."""
    _every: ClassVar[dict[str, type[FundError]]] = {}

    def __init_subclass__(cls, codes: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if codes is not None:
            cls.codes = MappingProxyType(dict(codes))
        FundError._every[cls.code()] = cls

    def __init__(self, **details: Any) -> None:
        super().__init__()
        self.details: dict[str, Any] = details
        self.names: Mapping[str, str] = MappingProxyType({})
        """By id, the names of those whose ids stand in the details: whoever knows them gives them."""

    @classmethod
    def code(cls) -> str:
        """The class name in snake case: what scripts match on."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", cls.__name__).lower()

    @classmethod
    def meaning(cls) -> str:
        """The rule or the reason behind the refusal, in English, for a class that says more than its message."""
        return " ".join((cls.__doc__ or "").partition("\n\n")[0].split())

    @classmethod
    def every(cls) -> dict[str, type[FundError]]:
        """All refusals by code: those of every trade, which are loaded for it."""
        for trade in iter_modules(__path__, f"{__name__}."):
            import_module(trade.name)
        return dict(cls._every)

    def __str__(self) -> str:
        return self._message(self.message)

    def _message(self, template: str) -> str:
        codes = {key: self._code_of(of) for key, of in self.codes.items()}
        return filled(template, self.details, codes=codes, names=self.names)

    def _code_of(self, said: str) -> str:
        return str(self.details.get(said[1:-1]) or "state") if said.startswith("{") else said

    @property
    def advice(self) -> str:
        """The next step, in the language in use; empty where there is none."""
        return self._hint(self.hint)

    def _hint(self, template: str) -> str:
        if not template:
            return ""
        return _(template).format(**{key: present(key, value) for key, value in self.details.items()})

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.details, dict(self.names)))


def _rebuild(cls: type[FundError], details: dict[str, Any], names: Mapping[str, str]) -> FundError:
    problem = cls(**details)
    problem.names = names
    return problem


CODES: Mapping[str, str] = MappingProxyType(
    {
        "command": TYPED,
        "role": "role",
        "roles": "role",
        "hypothesis": "word",
        "outcome": "word",
        "advice": "word",
        "verdict": "word",
        "track": "word",
        "type": "event",
    }
)
"""What a detail of this name is a code of, in every sentence."""


def filled(
    template: str,
    details: Mapping[str, Any],
    *,
    codes: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> str:
    """A sentence in the language in use with its details as people read them: codes by their word, ids by the name.

    Args:
        template: In English, with named places.
        codes: What a detail is a code of, beside :data:`CODES`.
        names: By id.
    """
    of, known = {**CODES, **(codes or {})}, names or {}
    shown = {key: present(key, value, code_of=of.get(key, ""), names=known) for key, value in details.items()}
    return _(template).format(**shown)


def present(key: str, value: Any, *, code_of: str = "", names: Mapping[str, str] | None = None) -> str:
    """A detail as a sentence shows it; as it is typed, where nobody says what it is a code of."""
    if key.endswith("_cents") and isinstance(value, int):
        return euros(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(present(key, item, code_of=code_of, names=names) for item in value)
    text = str(value)
    if names and text in names:
        return names[text]
    return word_of(code_of, text) if code_of else text


_WHOLE, _TEXT, _DAY = N_("must be a whole number"), N_("must be a text between quotes"), N_("must be a day: 2027-06-30")
_LIST, _TABLE, _SWITCH = N_("must be a list"), N_("must be a table"), N_("must be `true` or `false`")
_SHAPES: Mapping[str, str] = MappingProxyType(
    {
        "missing": N_("the field is missing"),
        "extra_forbidden": N_("no such field"),
        "int_type": _WHOLE, "int_parsing": _WHOLE, "int_from_float": _WHOLE, "string_type": _TEXT,
        "bool_type": _SWITCH, "bool_parsing": _SWITCH, "list_type": _LIST, "tuple_type": _LIST,
        "dict_type": _TABLE, "mapping_type": _TABLE, "model_type": _TABLE, "model_attributes_type": _TABLE,
        "date_type": _DAY, "date_parsing": _DAY, "date_from_datetime_parsing": _DAY, "date_from_datetime_inexact": _DAY,
        "literal_error": N_("must be one of {expected}"),
        "greater_than": N_("must be more than {gt}"),
        "greater_than_equal": N_("must be {ge} or more"),
        "less_than": N_("must be less than {lt}"),
        "less_than_equal": N_("must be {le} or less"),
        "string_pattern_mismatch": N_("is written in another way"),
        "string_too_long": N_("takes at most {max_length} characters"),
        "string_too_short": N_("takes at least {min_length} characters"),
        "too_short": N_("takes at least {min_length} items"),
        "too_long": N_("takes at most {max_length} items"),
    }
)  # fmt: skip
"""What a shape asks of a value, by pydantic's name of the fault."""


def shape_fault(found: Mapping[str, Any], *, secret: bool = False) -> tuple[str, str]:
    """Where a file or a setting does not have its shape and why, in the language in use.

    Args:
        found: One of pydantic's ``errors()``.
        secret: Whether the value is kept out of it.

    Returns:
        The place (``tracks.light.ask_cents``, lists from 1; ``-`` for the whole), and the reason with the value that
        was found.
    """
    parts = [part for part in found["loc"] if part != "[key]"]  # of a table, what stands before the `=`
    place = ".".join(str(part + 1 if isinstance(part, int) else part) for part in parts) or "-"
    context = {key: str(value).replace(" or ", ", ") for key, value in found.get("ctx", {}).items()}
    known = _SHAPES.get(found["type"])
    if known is None:
        own = found["type"] == "value_error"  # a sentence of ours
        return place, str(found["msg"]).removeprefix("Value error, ") if own else _("this value is not possible here")
    reason, value = _(known).format(**context), found.get("input")
    if secret or found["type"] in ("missing", "extra_forbidden") or not isinstance(value, (str, int, float, date)):
        return place, reason
    shown = str(value) if len(str(value)) <= LONGEST_VALUE else f"{str(value)[:LONGEST_VALUE]}…"
    return place, _("{reason}; this is {value}").format(reason=reason, value=f'"{shown}"')


LONGEST_VALUE = 40
"""So many characters of a value that does not fit are shown."""


class RuleRefusal(FundError):
    """A rule of the fund says no. Nothing changed; the refusal itself is recorded."""

    recorded = True


class FaultyInput(FundError):
    """A file or an argument is not right. Nothing changed, and no fact is made of it."""


class WrongUsage(FundError):
    """The command was typed in a way that cannot be understood."""

    exit_code = 2


class NotReady(FundError):
    """Something that is needed is not ready (database, broker, migrations): try later."""

    exit_code = 4
