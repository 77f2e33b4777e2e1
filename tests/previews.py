"""Whether a preview shows all that would be recorded: each field of each fact has its words, or a reason why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from fund.commands.answers import Answer
from fund.events import FACTS
from fund.previews import LEFT_OUT, SHOWN, label_of, labels, lines

EMPTY: tuple[Any, ...] = (None, "", [], {})


def models_in(annotation: Any) -> Iterator[Any]:
    """The shapes that a field may hold."""
    if hasattr(annotation, "model_fields"):
        yield annotation
    for each in get_args(annotation):
        yield from models_in(each)


def fields_of(model: Any, name: str, seen: frozenset[Any] = frozenset()) -> Iterator[tuple[str, str]]:
    """Every field of a fact and of its parts, as ``(model, field)``."""
    for field, info in model.model_fields.items():
        yield name, field
        for part in models_in(info.annotation):
            if part not in seen:
                yield from fields_of(part, snake(part.__name__), seen | {part})


def snake(name: str) -> str:
    """``BatchLine`` as ``batch_line``."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def without_words(wire: str) -> list[str]:
    """The fields of a fact that are neither shown nor left out for a reason."""
    fields = {(name, field) for name, field in fields_of(FACTS[wire], wire) if field != "ref"}
    return sorted(f"{name}.{field}" for name, field in fields if (label_of(name, field) or "reason") not in labels())


def require_whole(answer: Answer) -> None:
    """Nothing, when every field that was recorded stands in the preview, and it reads well."""
    preview = answer["preview"]["facts"]
    assert [fact["type"] for fact in preview] == [event["type"] for event in answer["events"]], [
        event["type"] for event in answer["events"] if event["type"] not in SHOWN
    ]
    assert {label for fact in preview for label in labels_in(fact["fields"])} - set(labels()) == set()
    for event, fact in zip(answer["events"], preview, strict=True):
        assert event["type"] in SHOWN, event["type"]
        told = {pair["label"] for pair in fact["fields"]}
        for field, value in event["payload"].items():
            label = label_of(event["type"], field)
            usual = FACTS[event["type"]].model_fields[field].default
            if field == "ref" or label in told or value in EMPTY or value == usual:
                continue
            assert not label, (event["type"], field)
            assert LEFT_OUT.get(f"{event['type']}.{field}") or LEFT_OUT[field]
    assert [line for line in lines(answer["preview"]) if line.strip()]


def labels_in(pairs: list[dict[str, Any]]) -> Iterator[str]:
    """Every label, those of lists within as well."""
    for pair in pairs:
        yield pair["label"]
        for row in pair.get("rows", ()):
            yield from labels_in(row)


def open_now(preview: list[dict[str, Any]]) -> list[Any]:
    """A preview without what opens, and which numbers are given, only when it happens."""
    return [
        {
            "type": fact["type"],
            "fields": {pair["label"]: pair for pair in fact["fields"] if not (pair.get("sealed") or pair.get("new"))},
        }
        for fact in preview
    ]


def require_alike(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> None:
    """Nothing, when what happened in the end is what the first person was shown."""
    assert [fact["type"] for fact in first] == [fact["type"] for fact in second]
    for shown, event in zip(open_now(first), second, strict=True):
        told: Mapping[str, Any] = {pair["label"]: pair for pair in event["fields"]}
        for label, pair in shown["fields"].items():
            assert told[label] == pair or (label == "text" and is_open(pair, told[label])), (shown["type"], label)


def is_open(shown: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether a text is the same but for a number that was given when it happened."""
    before, dots, after = str(shown["value"]).partition("…")
    text = str(event["value"])
    return bool(dots) and text.startswith(before) and text.endswith(after)
