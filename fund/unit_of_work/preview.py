"""What a command does as a preview: its facts as a plain list of labelled values, the same in every language.

Made where the facts were recorded, so that names and titles are those of that moment; ``fund.previews`` has the words.
:func:`fund.unit_of_work.comparable.comparable` is what is compared, this is what people decide on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from fund.events import Envelope, Fact
from fund.events.founding import RegulationsAdopted
from fund.previews import CASES, MAPPINGS, PARTNERS, PEOPLE, REFS, SHOWN, SUBJECTS, label_of
from fund.schemas import CaseFile
from fund.schemas.agreements import Agreement, Milestone
from fund.schemas.disbursements import Payee
from fund.schemas.people import RegulationsFile
from fund.schemas.proposals import Proposal, Round
from fund.unit_of_work.snapshot import Snapshot

_TITLED: Mapping[str, type[CaseFile]] = {
    case.kind: case for case in (Agreement, Milestone, Proposal, Round)
}  # fmt: skip


def preview(
    snapshot: Snapshot, facts: Sequence[Envelope], *, on: date | None, new: Collection[str] = (), sealed: bool = False
) -> dict[str, Any]:
    """``facts``: each that has words as ``{"type", "fields"}``; a field is ``{"label", "value"}`` and what it names.

    A field that was not given says nothing and is not there.

    Args:
        on: The accounting day, where something is booked on a day that was chosen.
        new: Numbers that were given in a trial: another may have them by the time it happens.
        sealed: It is a trial: what opens only when it happens stays closed.
    """
    told: list[dict[str, Any]] = [
        {"type": fact.type, "fields": _Told(snapshot, new).fields(fact.fact, sealed=sealed)}
        for fact in facts
        if fact.type in SHOWN
    ]
    for fact in told:
        if on is not None and fact["type"] == told[0]["type"]:
            fact["fields"].append({"label": "effective_on", "value": on.isoformat()})
    return {"facts": told}


class _Told:
    """The fields of one fact, with what the snapshot knows of whom and what they name."""

    def __init__(self, snapshot: Snapshot, new: Collection[str]) -> None:
        self.snapshot, self.new = snapshot, new

    def fields(self, fact: Fact, *, sealed: bool) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = []
        subject = SUBJECTS.get(fact.kind, fact.kind)
        if fact.ref and label_of(fact.wire, "ref"):
            told.append(self._pair(subject, fact.ref))
        for field, value in _given(fact):
            label = label_of(fact.wire, field)
            if field == "ref" or not label or (label == subject and value == fact.ref):
                continue
            if sealed and field in fact.opens:
                told.append({"label": label, "value": None, "sealed": True})
            elif isinstance(fact, RegulationsAdopted) and field == "text":
                told += self._regulations(fact)
            else:
                told.append(self._field(label, value))
        return told

    def _field(self, label: str, value: Any) -> dict[str, Any]:
        if isinstance(value, Mapping) and label in MAPPINGS:
            key, of = MAPPINGS[label]
            rows = [
                [self._pair("voter" if str(each).startswith("usr_") else key, each), self._pair(of, item)]
                for each, item in sorted(value.items())
            ]
            return {"label": label, "value": None, "rows": rows}
        if isinstance(value, Mapping):
            return {"label": label, "value": None, "rows": [self._terms(label, value)]}
        if _is_part(value):
            return {"label": label, "value": None, "rows": [self._part(value)]}
        if isinstance(value, (list, tuple)) and any(isinstance(each, Mapping) for each in value):
            rows = [[self._field(*item) for item in each.items()] for each in value]
            return {"label": label, "value": None, "rows": rows}
        if isinstance(value, (list, tuple)) and any(_is_part(each) for each in value):
            return {"label": label, "value": None, "rows": [self._part(each) for each in value]}
        return self._pair(label, value)

    def _terms(self, of: str, terms: Mapping[str, Any]) -> list[dict[str, Any]]:
        named = ((label_of(of, field), value) for field, value in terms.items())
        return [self._field(label, value) for label, value in named if label and not _is_empty(value)]

    def _part(self, part: Any) -> list[dict[str, Any]]:
        named = ((label_of(_snake(type(part).__name__), field), value) for field, value in _given(part))
        return [self._field(label, value) for label, value in named if label]

    def _pair(self, label: str, value: Any) -> dict[str, Any]:
        if isinstance(value, (list, tuple)):
            values = [_plain(each) for each in value]
            names = [self._name(label, str(each)) for each in values]
            return {"label": label, "value": values, **({"name": names} if names != values else {})}
        plain = _plain(value)
        if not isinstance(plain, str):
            return {"label": label, "value": plain}
        if plain in self.new and label in (*REFS, "text"):
            return {"label": label, "value": None, "new": True}
        if label == "text":  # of a payment: the number that it bears is given with it
            for ref in self.new:
                plain = plain.replace(ref, "…")
        payee = self.snapshot.maybe(Payee, plain) if label in ("payee_ref", "replaces") else None
        if payee is not None:
            return {"label": label, "value": plain, "name": payee.name, "iban": payee.iban}
        name = self._name(label, plain)
        return {"label": label, "value": plain, **({"name": name} if name != plain else {})}

    def _name(self, label: str, ref: str) -> str:
        """The name or title of what a value names, else the value."""
        if label in PEOPLE:
            return self.snapshot.name(ref)
        if label in PARTNERS:
            return self.snapshot.partner_name(ref)
        case = self.snapshot.maybe(_TITLED[CASES[label]], ref) if label in CASES else None
        if case is None:
            return self.snapshot.partner_name(ref) if label == "subject" else ref
        title = case.terms.title if isinstance(case, Agreement) else getattr(case, "title", ref)
        return str(title)

    def _regulations(self, fact: RegulationsAdopted) -> Iterator[dict[str, Any]]:
        """Which rules become others than those that would hold on that day, and the hash of them all."""
        known = [case for case in self.snapshot.cases(RegulationsFile) if case.ref != fact.ref]
        before = [case for case in known if case.from_on <= fact.from_on] or known
        last = max(before, key=lambda case: (case.from_on, self.snapshot.version(case)), default=None)
        was = dict(_flat(last.regulations.model_dump(mode="json"))) if last is not None else {}
        now = dict(_flat(json.loads(fact.text)))
        rows = [
            [
                {"label": "rule_name", "value": name},
                {"label": "was", "value": was.get(name, "-")},
                {"label": "becomes", "value": now.get(name, "-")},
            ]
            for name in sorted({*was, *now})
            if was.get(name) != now.get(name) and name != "version"
        ]
        yield {"label": "changes", "value": None if rows else "-", "rows": rows}
        yield {"label": "text_sha256", "value": hashlib.sha256(fact.text.encode()).hexdigest()}


def _given(model: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a fact or a part that say something: all but the empty, and a no, a nought or a first that nobody
    gave.

    A nought that was given is shown: determined at nothing, no benefit expected any more, are what somebody decides.
    """
    for field, info in type(model).model_fields.items():
        value = getattr(model, field)
        usual = value == info.default and value in (0, 1) and value is not True
        if not _is_empty(value) and not usual:
            yield field, value


def _is_empty(value: Any) -> bool:
    """Whether a field holds nothing to read; a nought and a no are something."""
    return value is None or value in ("", (), {})


def _plain(value: Any) -> Any:
    """A value as JSON: instants and days as text."""
    return value if isinstance(value, (bool, int, str)) or value is None else value.isoformat()


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every number and text of the regulations by where it stands in the file."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _flat(each, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        yield path, json.dumps(value, ensure_ascii=False, sort_keys=True)
    else:
        yield path, str(value)


def _is_part(value: Any) -> bool:
    return hasattr(type(value), "model_fields")
