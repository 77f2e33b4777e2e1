"""What can be asked of a fund: commands that change it and queries that read it, each declared once.

A declaration stands beside its use case and names everything that is known of it without a fund: the words as typed,
its input, who may, who confirms, its help. The input is a frozen class with a field for each argument. The command line
makes its options of it, the reference its page, :func:`schema` a JSON Schema; who carries it out gets an instance.

A use case is found by its place, so that whoever only reads the help loads none.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import import_module
from typing import Any, ClassVar, Generic, NotRequired, TypedDict, TypeVar, dataclass_transform

from fund.language import N_
from fund.rules.authority import Who

# ---------------------------------------------------------------------------------------------- kinds of arguments


@dataclass(frozen=True, slots=True)
class Kind:
    """What an argument is, and so how it is written, completed and described."""

    name: str
    metavar: str


@dataclass(frozen=True, slots=True)
class Number(Kind):
    """A whole number; the bounds belong to it."""

    name: str = "number"
    metavar: str = "NUMBER"
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Choice(Kind):
    """One of a few codes; what people read for it is understood as well.

    Args:
        words: By code, the word to type (a message id); empty where the code is the word.
    """

    name: str
    metavar: str = ""
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reference(Kind):
    """A case by its readable reference, or a user by name.

    Args:
        listed: The queries that list what may be meant: words, the plural key of the answer, the key of the reference.
    """

    name: str = "ref"
    metavar: str = "REF"
    listed: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Name(Kind):
    """A partner by id, name or abbreviation, or (``payee``) a supplier; the fund finds who is meant."""

    name: str
    metavar: str
    listed: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Upload(Kind):
    """A file, of a size that its kind allows: ``text``, ``form``, ``bank``, ``document``, ``attachment``."""

    name: str
    metavar: str = "FILE"


class InputFile(TypedDict):
    """A file as it is handed in."""

    name: str
    content: bytes


class AsOf(TypedDict):
    """The day at whose end the answer held."""

    as_of: str


class Template(TypedDict):
    """A file to start from, as text."""

    template: str


TEXT = Kind("text", "TEXT")
FLAG = Kind("flag", "")
AMOUNT = Kind("amount", "AMOUNT")
"""Cents."""
DAY = Kind("day", "DATE")
POSTING = Kind("posting", "ACCOUNT AMOUNT")
"""An account and cents."""
PERIOD = Kind("period", "PERIOD")
"""A month or a year."""
FINDINGS = Kind("findings", "RULE=TEXT")
"""By rule, what else shows that it is met."""
IBAN = Kind("iban", "IBAN")
ACCOUNT = Kind("account", "ACCOUNT")
"""A ledger account or a sub-account."""
ROLE = Kind("role", "")
THEME = Kind("theme", "THEME")
SECTION = Kind("section", "")
"""A table of the form."""
FACT_TYPE = Kind("fact", "TYPE")
ENTRY_KIND = Kind("entry", "KIND")
TEXT_FILE = Upload("text")
"""A list, rules, scores, a key: what a person writes."""
FORM_FILE = Upload("form")
"""A filled in form of a proposal."""
BANK_FILE = Upload("bank")
"""What the bank sends."""
DOCUMENT = Upload("document")
"""A document that the fund keeps: evidence, a decision, an invoice."""
ATTACHMENT = Upload("attachment")
"""A file that goes with a form: itself and no link, so that what was hashed is what is kept."""
PARTNER = Name("partner", "PARTNER")
PAYEE = Name("payee", "NAME", (("payee list", "payees", "partner"),))
USER = Reference(metavar="NAME", listed=(("user list", "users", "name"),))


# ---------------------------------------------------------------------------------------------------------- the input


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a command or query.

    Attributes:
        option: How it is typed (``--amount``); empty for what stands after the words of the command.
        several: Whether it can be given more than once.
    """

    kind: Kind
    help: str
    option: str = ""
    several: bool = False
    metavar: str = ""


_ABSENT: Any = object()


def _field(parameter: Parameter, default: Any) -> Any:
    metadata = {"parameter": parameter}
    return field(metadata=metadata) if default is _ABSENT else field(default=default, metadata=metadata)


def argument(kind: Kind, help: str, *, default: Any = _ABSENT, several: bool = False, metavar: str = "") -> Any:
    """What stands after the words of the command; required where it has no default.

    Args:
        help: A message id.
    """
    return _field(Parameter(kind, help, "", several, metavar), default)


def option(
    name: str, kind: Kind, help: str, *, default: Any = _ABSENT, several: bool = False, metavar: str = ""
) -> Any:
    """What is typed by its name; required where it has no default."""
    return _field(Parameter(kind, help, name, several, metavar), default)


def accounting_day(*, default: date | None) -> Any:
    """``on``: the day on which it is booked; the fund's clock when left out."""
    return option("--on", DAY, N_("Accounting day, today if left out"), default=default)


def as_of(*, default: date | None) -> Any:
    """``as_of``: the last day that counts."""
    return option("--as-of", DAY, N_("As it was at the end of this day"), default=default)


def known_at(*, default: int | None) -> Any:
    """``known_at``: the last entry that counts."""
    return option(
        "--known-at", Number(least=0, metavar="SEQ"), N_("As known when this entry was the last"), default=default
    )


@dataclass_transform(
    kw_only_default=True, frozen_default=True, field_specifiers=(argument, option, accounting_day, as_of, known_at)
)
class Input:
    """The arguments of one command or query: a field each, named and typed as its use case takes them.

    An instance does not change. What a dataclass would write and compile for each of its hundreds of kinds is here
    once: that was a tenth of the start of a command.
    """

    declaration: ClassVar[Command | Query]
    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        dataclass(init=False, repr=False, eq=False, match_args=False, kw_only=True)(cls)

    def __init__(self, **given: Any) -> None:
        for each in dataclasses.fields(self):
            value = given.pop(each.name, each.default)
            if value is dataclasses.MISSING:
                raise TypeError(f"{type(self).__name__} needs {each.name}")
            self.__dict__[each.name] = value
        if given:
            raise TypeError(f"{type(self).__name__} has no {', '.join(given)}")

    def __setattr__(self, name: str, value: Any) -> None:
        raise dataclasses.FrozenInstanceError(f"cannot assign to {name}")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"

    def given(self) -> dict[str, Any]:
        """What was typed, by name: fields that hold their default are left out, for the use case has the same."""
        return {
            each.name: value for each in dataclasses.fields(self) if (value := getattr(self, each.name)) != each.default
        }


Answered = TypeVar("Answered", bound=Mapping[str, Any])
Shape_co = TypeVar("Shape_co", bound=Mapping[str, Any], covariant=True)


class Question(Input, Generic[Shape_co]):
    """The arguments of a query; what it takes its class from is the shape of the answer: ``Question[RoundList]``."""


def parameters(of: type[Input]) -> Iterator[tuple[dataclasses.Field[Any], Parameter]]:
    """The fields of an input, in order, each with what is declared of it."""
    for each in dataclasses.fields(of):
        yield each, each.metadata["parameter"]


class EventJson(TypedDict):
    """A fact that a command recorded; a trial opens no seal."""

    event_id: str
    seq: int
    type: str
    stream: str
    effective_on: str
    payload: dict[str, Any]


class PostingJson(TypedDict):
    account: str
    amount_cents: int


class EntryJson(TypedDict):
    seq: int
    kind: str
    memo: str
    effective_on: str
    postings: list[PostingJson]


class Answer(TypedDict):
    """What a command answers, as JSON.

    Of a long command of one person some hundred facts and entries are in it; the counts are always whole.

    Attributes:
        preview: What it records, field by field, where somebody decides on it.
        withheld: In a trial: whether something stays under seal that the command opens.
        result: What its use case answered.
        pending: The ref under which it waits for a second person. needs: The roles of that person.
        next: The command that comes next.
        shown_sha256: By what hash the command will know that it does what was shown.
        confirmed, declined, maker: What a second person ended, and whose it was.
        refs, answers: Those of several that were confirmed or declined as one.
    """

    schema_version: int
    command: str
    dry_run: bool
    replayed: bool
    event_count: int
    events: list[EventJson]
    entry_count: int
    entries: list[EntryJson]
    preview: NotRequired[Any]
    withheld: NotRequired[bool]
    result: dict[str, Any]
    pending: str | None
    next: str | None
    needs: NotRequired[list[str]]
    shown_sha256: NotRequired[str]
    confirmed: NotRequired[str]
    declined: NotRequired[str]
    maker: NotRequired[str]
    refs: NotRequired[list[str]]
    answers: NotRequired[list[Answer]]
    command_id: NotRequired[str]


# ------------------------------------------------------------------------------------------------------- declarations

Made = TypeVar("Made")
Place = Callable[..., Any] | str
"""A function, or where it is: ``module:function``, which is imported when it is asked for and not before."""


@cache
def _imported(place: str) -> Callable[..., Any]:
    module, _colon, name = place.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found


def found_at(place: Place) -> Callable[..., Any]:
    """The function that is declared, by itself or by its place."""
    return _imported(place) if isinstance(place, str) else place


class FoundAt(Mapping[str, Callable[..., Made]]):
    """Functions by name, each imported from its place when it is asked for."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places

    def __getitem__(self, name: str) -> Callable[..., Made]:
        return _imported(self._places[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Declared:
    """What commands and queries have in common.

    Attributes:
        name: The words as typed, without ``fund``.
        line, about: What it does, a verb first, in under 60 signs, and one plain paragraph: the docstring of its
            input. Both are message ids.
        examples: Real commands, one to four. see: Other commands, without ``fund``.
        permitted: Who may do it, and who confirms, in words (a message id); empty for everybody.
    """

    name: str
    place: Place
    input: type[Input]
    line: str = ""
    about: str = ""
    examples: tuple[str, ...] = ()
    permitted: str = ""
    see: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(_Declared):
    """One command that changes the fund: the words as typed, its use case, who may, and who must confirm.

    ``who`` is checked without a case; use cases with a lifecycle check the row of their table as well. With ``second``
    the first person's command leaves a confirmation, and the use case runs when the second confirms. Where it depends
    on the case whether a second person is needed, ``second`` is a function of a snapshot and the arguments, and
    ``seconds`` names everybody it may answer with.

    ``before`` makes of the arguments as typed what the use case takes, without the fund and before its lock is taken
    (G1): it reads files. A refusal that it finds it hands on, for the use case to raise where it always did.

    ``ahead``: its day (``on``) is the one from which something holds, and may be to come.
    """

    who: Who
    second: Who | Place | None = None
    seconds: tuple[Who, ...] = ()
    before: Place | None = None
    ahead: bool = False

    def __post_init__(self) -> None:
        assert self.before is None or self.second is None, f"{self.name} would wait with its files unread"

    @property
    def use_case(self) -> Callable[..., Any]:
        """What carries it out."""
        return found_at(self.place)

    def ready(self, args: Mapping[str, Any]) -> Mapping[str, Any]:
        """The arguments as the use case takes them."""
        return found_at(self.before)(args) if self.before is not None else args

    def second_for(self, snapshot: Any, args: Mapping[str, Any]) -> Who | None:
        """Who must confirm this command with these arguments, or ``None``; ``snapshot`` is what the fund holds now."""
        if self.second is None or isinstance(self.second, Who):
            return self.second
        chosen: Who | None = found_at(self.second)(snapshot, args)
        assert chosen is None or chosen in self.seconds, f"{self.name} names a second person that it never declared"
        return chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Query(_Declared):
    """One command that reads: its function takes a snapshot and the arguments, and returns the object that
    ``--json`` prints.

    ``lists`` are the plural keys of a list's answer, each with the kind of case whose states its rows have (or
    nothing): whoever asks may choose their rows by state and words, and their order (:mod:`fund.lists`).
    """

    lists: Mapping[str, str] = field(default_factory=dict)

    @property
    def function(self) -> Callable[..., dict[str, Any]]:
        """What answers it."""
        return found_at(self.place)


_BY_MODULE: dict[str, dict[str, Command | Query]] = {}
"""What each module declares, by the words as typed."""

T = TypeVar("T", bound=Input)


def command(name: str, place: Place, who: Who, **more: Any) -> Callable[[type[T]], type[T]]:
    """Declare a command whose input is the class below.

    Args:
        place: Its use case; ``.proposing:propose`` lies beside the module that declares it.
        more: The other fields of :class:`Command`.
    """
    return _declaring(Command, name, place, who=who, **more)


def query(name: str, place: Place, **more: Any) -> Callable[[type[T]], type[T]]:
    """Declare a query whose input is the class below; as :func:`command`."""
    return _declaring(Query, name, place, **more)


def _declaring(
    made: Callable[..., Command | Query], name: str, place: Place, **more: Any
) -> Callable[[type[T]], type[T]]:
    def declare(input: type[T]) -> type[T]:
        package = input.__module__.rpartition(".")[0]
        places = {key: f"{package}{value}" for key, value in {"place": place, **more}.items() if _is_beside(key, value)}
        line, _blank, about = inspect.cleandoc(input.__doc__ or "").partition("\n\n")
        input.declaration = made(
            name=name, input=input, line=line.replace("\n", " ").rstrip("."), about=about.replace("\n", " "),
            **{"place": place, **more, **places},
        )  # fmt: skip
        _BY_MODULE.setdefault(input.__module__, {})[name] = input.declaration
        return input

    return declare


def _is_beside(key: str, value: Any) -> bool:
    return key in ("place", "second", "before") and isinstance(value, str) and value.startswith(".")


def declared(module: str) -> Mapping[str, Command | Query]:
    """What a module declares, by the words as typed; the module is imported."""
    import_module(module)
    return _BY_MODULE.get(module, {})


# -------------------------------------------------------------------------------------------------------- JSON Schema

_FORMS: Mapping[str, Mapping[str, Any]] = {
    "flag": {"type": "boolean"},
    "amount": {"type": "integer", "description": "cents"},
    "day": {"type": "string", "format": "date"},
    "period": {"type": "string", "pattern": "^[0-9]{4}(-[0-9]{2})?$"},
    "posting": {
        "type": "array",
        "prefixItems": [{"type": "string"}, {"type": "integer"}],
        "items": False,
        "minItems": 2,
    },
    "findings": {"type": "object", "additionalProperties": {"type": "string"}},
}


def schema(of: type[Input]) -> dict[str, Any]:
    """The arguments of a command or query as a JSON Schema (2020-12); files are base64."""
    properties: dict[str, Any] = {}
    for each, parameter in parameters(of):
        form = _form_of(parameter.kind)
        properties[each.name] = {"type": "array", "items": form} if parameter.several else form
    required = [each.name for each, _parameter in parameters(of) if each.default is dataclasses.MISSING]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": of.declaration.name,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _form_of(kind: Kind) -> dict[str, Any]:
    if isinstance(kind, Number):
        bounds = {"minimum": kind.least, "maximum": kind.most}
        return {"type": "integer", **{name: bound for name, bound in bounds.items() if bound is not None}}
    if isinstance(kind, Choice):
        return {"type": "string", "enum": list(kind.words)}
    if isinstance(kind, Upload):
        content = {"type": "string", "contentEncoding": "base64"}
        named = {"name": {"type": "string"}, "content": content}
        return {"type": "object", "properties": named, "required": list(named), "additionalProperties": False}
    return dict(_FORMS.get(kind.name, {"type": "string"}))
