"""The form as JSON Schema, for editors and other programs."""

from __future__ import annotations

from typing import Any

from fund.forms.questions import CURRENT, MOST, MOST_BLOCKS, Column, Form, Question, form

_AMOUNT = r"^[0-9]+([.,][0-9]{1,2})?$"
_TEXTS: dict[str, dict[str, Any]] = {
    "amount": {"type": "string", "pattern": _AMOUNT},
    "percent": {"type": "string", "pattern": r"^[0-9]+([.,][0-9]{1,2})?%?$"},
    "whole": {"type": "integer", "minimum": 0},
    "year": {"type": "integer", "minimum": 2000, "maximum": 2999},
    "day": {"type": "string", "format": "date"},
    "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    "partner": {"type": "string", "pattern": "^[a-z]{2}[a-z0-9-]+$"},
}


def json_schema(version: str = CURRENT, *, track: str = "light") -> dict[str, Any]:
    """The shape of a proposal file.

    Required is what ``track`` must answer; ``x-track`` says from which track on a field is asked.
    """
    chosen: Form = form(version)
    properties: dict[str, Any] = {
        "schema": {"const": chosen.version},
        "revision": {"type": "string", "description": "what the file starts from; leave as it is"},
    }
    required = ["schema"]
    for question in chosen.questions:
        asked = question.asked_on(track) and not (question.field.kind == "blocks" and question.field.optional)
        shape = _shape(question, asked)
        if not question.section:
            properties[question.field.key] = shape
            if asked:
                required.append(question.field.key)
            continue
        table = properties.setdefault(
            question.section, {"type": "object", "additionalProperties": False, "properties": {}}
        )
        table["properties"][question.field.key] = shape
        if asked:
            table.setdefault("required", []).append(question.field.key)
            if question.section not in required:
                required.append(question.section)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"proposal {chosen.version}",
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": properties,
    }


def _shape(question: Question, asked: bool) -> dict[str, Any]:
    column = question.field
    if column.kind == "map":
        inner = {key: _field(each, empty=each.optional or not asked) for key, each in question.keys}
        shape: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": inner}
        needed = [key for key, each in question.keys if asked and not each.optional]
        if needed:
            shape["required"] = needed
    elif column.kind in ("record", "blocks"):
        shape = {
            "type": "object",
            "additionalProperties": False,
            "required": [each.key for each in question.columns if not each.optional],
            "properties": {each.key: _field(each, empty=each.optional or not asked) for each in question.columns},
        }
        if column.kind == "blocks":
            shape = {"type": "array", "items": shape, "minItems": int(asked), "maxItems": MOST_BLOCKS}
    else:
        shape = _field(column, empty=column.optional or not asked)
    return {**shape, "description": column.en, "x-description-nl": column.nl, "x-track": question.track}


def _field(column: Column, *, empty: bool) -> dict[str, Any]:
    """The shape of a value; ``empty`` where it may be left empty, as a template does."""
    if column.kind in ("choices", "partners"):
        item: dict[str, Any] = {"enum": list(column.codes)} if column.codes else dict(_TEXTS["partner"])
        least = 0 if empty else 1
        return {"type": "array", "items": item, "uniqueItems": True, "minItems": least, "maxItems": MOST_BLOCKS}
    if column.kind == "choice":
        return {"enum": [*column.codes, *([""] if empty else [])]}
    shape = dict(_TEXTS.get(column.kind, {"type": "string"}))
    if column.kind == "whole":
        return {**shape, "minimum": column.least, "maximum": column.limit or MOST}
    if column.limit:
        shape["maxLength"] = column.limit
    if column.kind in _TEXTS:
        return {"anyOf": [shape, {"const": ""}]} if empty and column.kind != "year" else shape
    return shape if empty else {**shape, "minLength": 1}
