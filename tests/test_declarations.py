"""Commands and queries are declared once: what is typed is what the use case takes, and a schema says the same."""

from __future__ import annotations

import dataclasses
import inspect
import re
from itertools import chain
from typing import Any, is_typeddict

import jsonschema
import pytest

from fund import declarations
from fund.commands.commands import Confirm, Decline
from fund.commands.querying import CONTEXT
from fund.declarations import (
    AMOUNT,
    DAY,
    FLAG,
    TEXT,
    Choice,
    Command,
    Input,
    Number,
    Query,
    Upload,
    found_at,
    parameters,
)
from fund.outbox.subscriptions import REACTIONS
from fund.outbox.timers import TIMERS
from fund.registry import COMMANDS, QUERIES, command_named
from fund.workflows.receipts import hooks
from fund.workflows.resolutions import CARRIED

EVERY: dict[str, Command | Query] = {**COMMANDS, **QUERIES}
DECLARED = pytest.mark.parametrize("declared", EVERY.values(), ids=list(EVERY))


def carried_out_by(declared: Command | Query) -> dict[str, inspect.Parameter]:
    """The arguments of the use case, without what nobody can type."""
    function = declared.use_case if isinstance(declared, Command) else declared.function
    _first, *rest = inspect.signature(function).parameters.values()
    return {each.name: each for each in rest if each.name not in CONTEXT}


def plain(annotation: Any) -> str:
    """A type as it is written, whatever the sequence or mapping is called."""
    written = annotation if isinstance(annotation, str) else annotation.__name__
    written = re.sub(r"\b(?:list|Sequence)\[(.*)\](?: \| None)?$", r"tuple[\1, ...]", written)
    return re.sub(r"\bMapping\[str, Any\]", "InputFile", written)


@DECLARED
def test_an_input_has_the_arguments_of_its_use_case(declared: Command | Query) -> None:
    taken = carried_out_by(declared)
    fields = {each.name: each for each in dataclasses.fields(declared.input)}
    assert set(fields) == set(taken)
    for name, field in fields.items():
        parameter = taken[name]
        assert (field.default is dataclasses.MISSING) == (parameter.default is inspect.Parameter.empty), name
        if field.default is not dataclasses.MISSING:
            assert field.default == (parameter.default or field.default if field.default == () else parameter.default)


@DECLARED
def test_an_input_has_the_types_of_its_use_case(declared: Command | Query) -> None:
    taken = carried_out_by(declared)
    odd = {
        field.name: (plain(field.type), plain(taken[field.name].annotation))
        for field in dataclasses.fields(declared.input)
        if plain(field.type) != plain(taken[field.name].annotation)
    }
    assert odd == {}


@DECLARED
def test_every_argument_says_what_it_is_for(declared: Command | Query) -> None:
    assert declared.line
    for field, parameter in parameters(declared.input):
        assert parameter.help, field.name
        assert not parameter.option or parameter.option.startswith("--")


@DECLARED
def test_a_schema_takes_what_can_be_typed_and_nothing_else(declared: Command | Query) -> None:
    schema = declarations.schema(declared.input)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert schema["title"] == declared.name
    example = {field.name: an_example(parameter) for field, parameter in parameters(declared.input)}
    assert list(validator.iter_errors(example)) == []
    assert list(validator.iter_errors({**example, "nobody_asks_this": 1}))
    for name in schema["required"]:
        assert list(validator.iter_errors({key: value for key, value in example.items() if key != name}))


def an_example(parameter: declarations.Parameter) -> Any:
    kind = parameter.kind
    one: Any = "x"
    if isinstance(kind, Number):
        one = kind.least if kind.least is not None else 1
    elif isinstance(kind, Choice):
        one = next(iter(kind.words))
    elif isinstance(kind, Upload):
        one = {"name": "a.toml", "content": "YQ=="}
    elif kind in (AMOUNT, FLAG, DAY):
        one = {AMOUNT: 12_00, FLAG: True, DAY: "2026-03-31"}[kind]
    elif kind == declarations.PERIOD:
        one = "2026-03"
    elif kind == declarations.POSTING:
        one = ["1000", 12_00]
    elif kind == declarations.FINDINGS:
        return {"public_task": "x"}
    return [one] if parameter.several else one


def test_every_place_leads_to_a_function() -> None:
    """What is found by its place is found when it is needed, and a place with a slip in it would be found then."""
    heard = [*REACTIONS, *TIMERS]
    idle = [each.nothing_to_do for each in REACTIONS if each.nothing_to_do is not None]
    of_lines = [*hooks.SETTLERS, *hooks.ARRIVALS, *hooks.TAKERS, *hooks.EXPLAINERS]
    for place in [*(each.place for each in heard), *idle, *of_lines, *chain.from_iterable(CARRIED.values())]:
        assert callable(found_at(place)), place


def test_what_was_not_typed_is_not_handed_on() -> None:
    """A command that is asked again is known by what was typed, whatever a newer version has besides."""
    assert command_named(
        "writeoff propose", {"ref": "A2026-001", "reason": "x", "ground": "learning", "file": None}
    ).given() == {"ref": "A2026-001", "reason": "x"}


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_is_answered_in_the_shape_that_its_question_names(name: str) -> None:
    query = QUERIES[name]
    question = next(each for each in query.input.__mro__ if "Question[" in str(each.__dict__.get("__orig_bases__")))
    (shape,) = question.__orig_bases__[0].__args__
    answered = inspect.signature(query.function).return_annotation
    named = shape.__name__ if is_typeddict(shape) else re.sub(r"\b[a-z_]+\.(?=\w)", "", str(shape))
    assert answered == named


def test_one_that_waits_is_named_alone_and_several_together() -> None:
    assert Confirm(refs=("Q2026-0001",)).given() == {"ref": "Q2026-0001"}
    assert Confirm(refs=("Q2026-0001", "Q2026-0002", "Q2026-0001")).given() == {"refs": ["Q2026-0001", "Q2026-0002"]}
    assert Decline(refs=("Q2026-0001",), reason="x").given() == {"ref": "Q2026-0001", "reason": "x"}


def test_an_input_cannot_be_changed_and_takes_nothing_unknown() -> None:
    class Thing(Input):
        """Do a thing."""

        text: str = declarations.argument(TEXT, "What")

    thing = Thing(text="a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        thing.text = "b"  # type: ignore[misc]
    with pytest.raises(TypeError):
        Thing(other="a")  # type: ignore[call-arg]
