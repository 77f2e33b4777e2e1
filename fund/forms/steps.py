"""From an older form to the one in force: what was answered is kept, what is new is named with its line.

A version says in its own file what became of the version before (``[step]``): which questions have another place, which
choices another name. What stands in both is carried over as it is; nothing is made up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from fund.errors.proposals import FormFault, UnknownField
from fund.forms.questions import CURRENT, VERSIONS, Form, form
from fund.forms.reading import FormFile, open_form
from fund.forms.text import value_at
from fund.forms.writing import fill, write
from fund.schemas.proposals import ProposalForm


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A file brought to the form in force.

    Attributes:
        text: The file, old answers in it, new questions open.
        before: The version it was on.
        after: The version it is on now.
        open: What is still to be answered or mended on its track, by line of ``text``.
        left: Fields of the old file that the new one does not ask.
    """

    text: str
    before: str
    after: str
    open: tuple[FormFault, ...]
    left: tuple[str, ...]


def upgrade(file: FormFile, *, track: str, name: str = "", comments: str = "both") -> Upgrade:
    """The file on the form in force; one that is on it already comes back with the same answers.

    Args:
        name: What the new file will be called, for its lines; the name of the old one when empty.
    """
    unknown = [fault.details["field"] for fault in file.found(track) if isinstance(fault, UnknownField)]
    values, left = values_of(file), list(unknown)
    passed = VERSIONS[VERSIONS.index(file.of.version) :]
    for before, after in pairwise(passed):
        values, lost = carried(values, form(before), form(after))
        left += lost
    text = fill(form(CURRENT), values, track=track, comments=comments, revision=file.revision)
    again = open_form(text.encode(), name or file.file)
    return Upgrade(text, file.of.version, CURRENT, again.found(track), tuple(dict.fromkeys(left)))


def upgrade_form(
    filled: ProposalForm, names: Sequence[str], *, track: str, name: str, comments: str = "", revision: str = ""
) -> Upgrade:
    """As :func:`upgrade`, of a form that the fund keeps."""
    text = write(filled, names, revision=revision)
    return upgrade(open_form(text.encode(), name), track=track, name=name, comments=comments)


def values_of(file: FormFile) -> dict[str, Any]:
    """What stands in the file, by path of its question."""
    found = {question.path: value_at(file.document, question.keys_in_file) for question in file.of.questions}
    return {path: value for path, value in found.items() if value is not None}


def carried(values: Mapping[str, Any], before: Form, after: Form) -> tuple[dict[str, Any], list[str]]:
    """Answers to one version as answers to the next, and the paths of those that are not asked any more.

    Raises:
        KeyError: ``after`` does not say what became of ``before``.
    """
    step = after.step
    if step is None or step.version != before.version:
        raise KeyError(before.version)
    asked = {question.path for question in after.questions}
    found: dict[str, Any] = {}
    lost: list[str] = []
    for path, value in values.items():
        there = step.renamed.get(path, path)
        if there not in asked:
            lost.append(path)
            continue
        if isinstance(value, dict):
            found[there] = _row(value, path, there, step.renamed, step.options)
        elif isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
            found[there] = [_row(row, path, there, step.renamed, step.options) for row in value]
        else:
            found[there] = _renamed(value, step.options.get(there, {}))
    return found, lost


def _row(
    row: Mapping[str, Any], path: str, there: str, renamed: Mapping[str, str], options: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """A block or record, its columns under their new names."""
    found = {}
    for key, value in row.items():
        column = renamed.get(f"{path}.{key}", f"{there}.{key}").rpartition(".")[2]
        found[column] = _renamed(value, options.get(f"{there}.{column}", {}))
    return found


def _renamed(value: Any, choices: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return choices.get(value.strip(), value)
    if isinstance(value, list):
        return [choices.get(each.strip(), each) if isinstance(each, str) else each for each in value]
    return value
