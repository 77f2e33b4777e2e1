"""The form as JSON Schema says what the reader says: a validator of a page holds one against the other."""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fund import forms
from fund.schemas.proposals import ProposalForm
from tests.forms.filling import filled_in, names_of
from tests.forms.test_bad_fields import FIELDS, GOOD, OTHER_TYPES, Field, with_value

KNOWN = {
    "$schema", "title", "type", "properties", "additionalProperties", "required", "items", "minItems", "maxItems",
    "uniqueItems", "enum", "const", "anyOf", "pattern", "format", "minLength", "maxLength", "minimum", "maximum",
    "description", "x-description-nl", "x-track",
}  # fmt: skip
TYPES: dict[str, Any] = {"object": dict, "array": list, "string": str, "integer": int}


def faults(value: Any, shape: dict[str, Any], at: str = "") -> list[str]:
    """Where a JSON value differs from its schema, as far as this schema goes."""
    assert set(shape) <= KNOWN, shape
    if "anyOf" in shape:
        ways = [faults(value, each, at) for each in shape["anyOf"]]
        return [] if [] in ways else ways[0]
    if "type" in shape and (not isinstance(value, TYPES[shape["type"]]) or isinstance(value, bool)):
        return [at]
    wrong = [
        "const" in shape and value != shape["const"],
        "enum" in shape and value not in shape["enum"],
        isinstance(value, str) and len(value) < shape.get("minLength", 0),
        isinstance(value, str) and len(value) > shape.get("maxLength", len(value)),
        isinstance(value, str) and "pattern" in shape and not re.search(shape["pattern"], value),
        type(value) is int and not shape.get("minimum", value) <= value <= shape.get("maximum", value),
        isinstance(value, list) and not shape.get("minItems", 0) <= len(value) <= shape.get("maxItems", len(value)),
        isinstance(value, list) and shape.get("uniqueItems") and len({str(each) for each in value}) != len(value),
    ]
    found = [at] if any(wrong) else []
    if isinstance(value, dict):
        properties = shape.get("properties", {})
        found += [f"{at}.{key}" for key in shape.get("required", ()) if key not in value]
        found += [
            f"{at}.{key}" for key in value if key not in properties and not shape.get("additionalProperties", True)
        ]
        for key, each in value.items():
            if key in properties:
                found += faults(each, properties[key], f"{at}.{key}")
    if isinstance(value, list) and "items" in shape:
        for each in value:
            found += faults(each, shape["items"], at)
    return found


def as_json(text: str) -> Any:
    """A TOML text as JSON has it."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(each) for key, each in value.items()}
        if isinstance(value, list):
            return [plain(each) for each in value]
        return value.isoformat() if isinstance(value, (date, datetime, time)) else value

    return plain(tomllib.loads(text))


@pytest.mark.parametrize("track", forms.TRACKS)
@settings(max_examples=15, deadline=None)
@given(form=filled_in())
def test_what_the_reader_accepts_the_schema_accepts(track: str, form: ProposalForm) -> None:
    text = forms.write(form, names_of(form), revision="2026-003/2")
    assert faults(as_json(text), forms.json_schema(track=track)) == []


@pytest.mark.parametrize("track", forms.TRACKS)
def test_a_template_is_wrong_only_where_its_track_asks_an_answer(track: str) -> None:
    text = forms.template(track, round="2026-1", lead="gm0351", year=2027)
    found = {each.strip(".") for each in faults(as_json(text), forms.json_schema(track=track))}
    asked = {question.path: question for question in forms.form().of_track(track)}
    met = {path for path in asked if any(each == path or each.startswith(f"{path}.") for each in found)}
    assert met == {path for path, question in asked.items() if not question.field.optional}
    assert all(any(each == path or each.startswith(f"{path}.") for path in asked) for each in found)


IN_JSON = [value for value in OTHER_TYPES if ":" not in value and value != "0xff"]
"""Without times, which JSON has as text, and a number that JSON writes another way."""


@settings(max_examples=80, deadline=None)
@given(field=st.sampled_from(FIELDS), value=st.sampled_from(IN_JSON))
def test_a_value_of_another_type_is_refused_by_the_schema_too(field: Field, value: str) -> None:
    found = faults(as_json(with_value(GOOD, field, value)), forms.json_schema(track="major"))
    assert found, (field.path, value)


def test_every_version_has_its_schema() -> None:
    for version in forms.VERSIONS:
        shape = forms.json_schema(version, track="light")
        assert shape["properties"]["schema"] == {"const": version}
        assert len(shape["properties"]) > 5
