"""The hash of a form: of the answers to the questions of its own version, and of nothing else.

A question that a later version adds leaves every older form with the hash that its parties confirmed. So a published
version may not change what it asks; ``tests/forms/test_published.py`` holds that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from fund.events import canonical_json
from fund.forms.questions import Column, Question, form
from fund.schemas.proposals import ProposalForm

_SEALED = {"team.name": "person"}
"""Columns of which the form keeps something else than what was typed: of a name, the commitment to it."""


def answers_of(filled: ProposalForm) -> dict[str, Any]:
    """What the form's version asks with the answers, as JSON; what was not answered is empty or zero."""
    told = filled.as_json()
    asked = {question.field.name: question for question in form(filled.version).questions}
    return {"version": filled.version} | {name: _within(asked[name], told[name]) for name in asked}


def revision_hash(filled: ProposalForm) -> str:
    """The hash that parties confirm: any other answer gives another."""
    return _sha256(answers_of(filled))


def content_hash(filled: ProposalForm) -> str:
    """The hash of what is proposed, whichever the round and whoever is in the team."""
    return _sha256({name: answer for name, answer in answers_of(filled).items() if name not in ("team", "round")})


def _within(question: Question, answer: Any) -> Any:
    """Of a record or of blocks, the columns that are asked."""
    if not question.columns or answer is None:
        return answer
    names = _names(question.path, question.columns)
    if isinstance(answer, list):
        return [{name: row[name] for name in names} for row in answer]
    return {name: answer[name] for name in names}


def _names(path: str, columns: Sequence[Column]) -> list[str]:
    return [_SEALED.get(f"{path}.{column.key}", column.name) for column in columns]


def _sha256(content: dict[str, Any]) -> str:
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()
