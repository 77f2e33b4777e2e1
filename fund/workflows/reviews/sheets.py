"""The score file as it comes in: TOML, every fault of it with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from fund.errors.reviews import FaultyScores
from fund.language import _
from fund.rules.regulations import TOP
from fund.rules.scoring import Line
from fund.schemas.reviews import Score

_EMPTY = re.compile(r'^([ \t]*"?\w+"?[ \t]*=)[ \t]*(#.*)?$', re.MULTILINE)
"""A line of the template that nobody filled in."""


def parse_scores(content: bytes, lines: Sequence[Line], *, name: str, ref: str) -> tuple[Score, list[str] | None]:
    """What a score file says, and the declaration in it (``None`` when it holds none, empty for "none").

    Raises:
        FaultyScores: Every fault, each with file and line.
    """
    try:
        text = content.decode("utf-8-sig")
        read = _read(text)
    except UnicodeDecodeError as problem:
        raise FaultyScores(faults=f"{name}:1: {_('not UTF-8 text')}", ref=ref) from problem
    except (ValueError, RecursionError) as problem:  # a number of a thousand digits, brackets a thousand deep
        found = re.search(r"line (\d+), column (\d+)", str(problem))
        at, column = found.groups() if found else (str(text.count("\n") + 1), "1")
        sentence = _("this is not TOML, from column {column} on").format(column=column)
        raise FaultyScores(faults=f"{name}:{at}: {sentence}", ref=ref) from problem
    faults: list[tuple[int, str]] = []
    known = [line.id for line in lines]

    def fault(key: str, problem: str, table: str = "") -> None:
        faults.append((_line_of(text, key, table), problem))

    for key in read:
        if key not in ("scores", "abstain", "declaration"):
            fault(key, _('"{key}" is not known here').format(key=key))
    scores = _table(read, "scores", fault)
    abstained = _table(read, "abstain", fault)
    for table, values in (("scores", scores), ("abstain", abstained)):
        for criterion in values:
            if criterion not in known:
                sentence = _('"{key}" is not a criterion of the rubric: {known}')
                fault(criterion, sentence.format(key=criterion, known=", ".join(known)), table)
    for criterion, value in scores.items():
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= TOP:
            sentence = (
                _("{key} has no score, and no reason to abstain")
                if value == ""
                else _("{key} = {value}: a score is a whole number from 0 to {top}")
            )
            fault(criterion, sentence.format(key=criterion, value=value, top=TOP), "scores")
    for criterion, reason in abstained.items():
        if not isinstance(reason, str) or not reason.strip():
            fault(criterion, _("{key}: whoever abstains says why").format(key=criterion), "abstain")
        if criterion in scores:
            fault(criterion, _("{key} is scored and abstained from").format(key=criterion), "abstain")
    for criterion in known:
        if criterion not in scores and criterion not in abstained:
            fault("[scores]", _("{key} has no score, and no reason to abstain").format(key=criterion))
    declaration = read.get("declaration")
    if declaration is not None and not _is_declaration(declaration):
        fault("declaration", _('`declaration` is "none" or a list of grounds'))
    if faults:
        told = [f"{name}:{line}: {problem}" for line, problem in sorted(faults, key=lambda pair: pair[0])]
        raise FaultyScores(faults="\n".join(told), ref=ref)
    said = None if declaration is None else [] if declaration == "none" else [str(each) for each in declaration]
    return Score(scores=scores, abstained=abstained), said


def _read(text: str) -> dict[str, Any]:
    """The file as TOML; a name with nothing behind it counts as an empty text, which is a fault of its own line."""
    try:
        return tomllib.loads(text)
    except ValueError:
        return tomllib.loads(_EMPTY.sub(r'\1 ""', text))


def _is_declaration(value: Any) -> bool:
    return value == "none" or (isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value))


def _table(read: Mapping[str, Any], key: str, fault: Any) -> dict[str, Any]:
    found = read.get(key, {})
    if isinstance(found, dict):
        return found
    fault(key, _("[{key}] is a table, one line per criterion").format(key=key))
    return {}


def _line_of(text: str, key: str, table: str = "") -> int:
    """The line on which a key stands, within its table; 1 when it stands nowhere."""
    inside = ""
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if bare == key:
            return number
        if bare.startswith("["):
            inside = bare.strip("[] ")
            if inside == key and not table:
                return number
            continue
        if inside == table and re.match(rf'"?{re.escape(key)}"?\s*=', bare):
            return number
    return 1
