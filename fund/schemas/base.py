"""Case files: what is known of one case (a proposal, a call, a period), folded from its facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, ClassVar, Self, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """The base of everything that enters or leaves as a file, JSON or argument: frozen, and nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class CaseColumns(Shape):
    """What of a case is searched for by the database: each is an indexed column beside the document."""

    parent: str | None = None
    """The ref of the case it belongs to (a proposal's round, an agreement's proposal)."""
    partner: str | None = None
    """The partner it is about: the lead of a proposal, the payer of a call."""
    lookup: str | None = None
    """A name under which others find it: an RF reference, an IBAN, a login."""
    title: str | None = None
    amount_cents: int | None = None
    due_on: date | None = None
    brief: Mapping[str, Any] = Field(default_factory=dict)
    """What others ask of many cases at once (who takes part, what total): JSON values, read without the document."""


class CaseFile(BaseModel):
    """One case as its facts have left it. Never edited: a fact is recorded, the fold makes the next one.

    ``state`` is a participle of the lifecycle table; subclasses add the typed fields of their trade.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    kind: ClassVar[str] = ""

    ref: str
    state: str

    def __init_subclass__(cls, kind: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.kind = kind or cls.kind

    @classmethod
    def of(cls, fact: BaseModel, **more: object) -> Self:
        """The case that a fact begins: each field of that name as the fact has it, and ``more``."""
        same = cls.model_fields.keys() & type(fact).model_fields.keys()
        return cls.model_validate({**{name: getattr(fact, name) for name in same}, **more})

    @property
    def stream(self) -> str:
        """Kind and ref: where its facts stand."""
        return f"{self.kind}/{self.ref}"

    def columns(self) -> CaseColumns:
        """What the database may search by. Subclasses say more."""
        return CaseColumns()

    def replace(self, **changes: object) -> Self:
        """The same case with other values (checked)."""
        return type(self).model_validate({**{name: getattr(self, name) for name in type(self).model_fields}, **changes})


Row = TypeVar("Row", bound=Mapping[str, Any])


def as_row(shape: type[Row], case: object, **more: object) -> Row:
    """What a query answers of a case: the fields of ``shape``, from ``more``, else from the case by the same name.

    Days are texts, and an empty text is ``None`` where the shape allows that, as ``--json`` prints them.
    """
    row = {}
    for name, kind in _kinds(shape).items():
        if name in more or "NotRequired" not in kind:
            value = more[name] if name in more else getattr(case, name)
            row[name] = None if value == "" and "None" in kind else _plain(value)
    return cast(Row, row)


@cache
def _kinds(shape: type[Mapping[str, Any]]) -> Mapping[str, str]:
    return {name: str(kind) for name, kind in shape.__annotations__.items()}


def _plain(value: object) -> object:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
