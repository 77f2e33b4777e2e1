"""The proposal form: its questions per track, the file that partners fill in, its JSON Schema, its versions.

A form is read whole: every fault of a file comes at once, each with its line. What is typed is checked here; what it
means for a round, a partner or the money is the business of ``fund.workflows.proposals``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fund.forms.advice import Advice, advise, chosen_form
    from fund.forms.editing import put_answer
    from fund.forms.hashes import content_hash, revision_hash
    from fund.forms.interview import Interview, Prompt
    from fund.forms.questions import (
        CURRENT,
        TRACKS,
        VERSIONS,
        Column,
        Form,
        Question,
        form,
        section_names,
        section_word,
    )
    from fund.forms.reading import Filled, FormFile, answered, open_form
    from fund.forms.schema import json_schema
    from fund.forms.steps import Upgrade, upgrade, upgrade_form
    from fund.forms.text import Place
    from fund.forms.writing import mark, template, write

__all__ = [
    "CURRENT", "TRACKS", "VERSIONS", "Advice", "Column", "Filled", "Form", "FormFile", "Interview", "Place", "Prompt",
    "Question", "Upgrade", "advise", "answered", "chosen_form", "content_hash", "form", "json_schema", "mark",
    "open_form", "put_answer", "revision_hash", "section_names", "section_word", "template", "upgrade", "upgrade_form",
    "write",
]  # fmt: skip

_WHEN_ASKED = {
    "advice": ("Advice", "advise", "chosen_form"),
    "editing": ("put_answer",),
    "hashes": ("content_hash", "revision_hash"),
    "interview": ("Interview", "Prompt"),
    "questions": (
        "CURRENT",
        "TRACKS",
        "VERSIONS",
        "Column",
        "Form",
        "Question",
        "form",
        "section_names",
        "section_word",
    ),
    "reading": ("Filled", "FormFile", "answered", "open_form"),
    "schema": ("json_schema",),
    "steps": ("Upgrade", "upgrade", "upgrade_form"),
    "text": ("Place",),
    "writing": ("mark", "template", "write"),
}


def __getattr__(name: str) -> Any:
    module = next((module for module, names in _WHEN_ASKED.items() if name in names), None)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)
