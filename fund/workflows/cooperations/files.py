"""The register as a file: JSON, in the shape of ``fund/data/cooperations.json``; every fault of it with its line."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Any

from fund.dates import parse_day
from fund.errors.amounts import InvalidDay
from fund.errors.commands import UnprintableText
from fund.errors.cooperations import FaultyCooperationFile
from fund.events import require_printable
from fund.events.values import CooperationMember
from fund.language import N_, _
from fund.schemas.cooperations import TAKING_PART, CooperationFile

REPORT = "report"
"""The source of what comes with the fund: the report of the exploring talks of 2025."""
_LIST = "samenwerkingsverbanden"
_ABOUT = ("titel", "bron", "let_op", "rollen")
_ROLES = (*TAKING_PART, "ondersteunend", "betrokken")
_REF = re.compile(r"[a-z0-9][a-z0-9-]{1,39}", re.ASCII)
_PARTNER = re.compile(r"[a-z]{2}[a-z0-9-]{1,30}", re.ASCII)
_SERVICE = "dienstverlening"
"""A task that names this is done by a service organisation, unless the file says otherwise."""
_KEYS = (
    "id", "naam", "afkorting", "maatschappelijke_opgave_tekst", "thema_ids", "thema_koppeling", "deelnemers_tekst",
    "deelnemers", "verplicht", "kenmerken", "dienstverlening", "sinds", "tot", "toelichting",
)  # fmt: skip
_MEMBER_KEYS = ("naam", "soort", "partner_id", "rol")
_LONGEST = 2000
_NO_TEXT = N_("{key} must be a text of at most {most} characters")

Place = tuple[str | int, ...]
"""Where something stands in the file: the keys and numbers that lead to it."""
Fault = Callable[[Place, str], None]


@lru_cache(maxsize=1)
def of_the_report() -> tuple[CooperationFile, ...]:
    """The cooperations of the report, as they come with the fund."""
    content = (resources.files("fund") / "data" / "cooperations.json").read_bytes()
    return read_register(content, "cooperations.json", source=REPORT)


@lru_cache(maxsize=1)
def _themes() -> tuple[str, ...]:
    text = (resources.files("fund") / "data" / "themes.csv").read_text(encoding="utf-8")
    return tuple(row["id"] for row in csv.DictReader(text.splitlines()))


@lru_cache(maxsize=1)
def _traits() -> Mapping[str, tuple[str, ...]]:
    text = (resources.files("fund") / "data" / "characteristics.json").read_text(encoding="utf-8")
    return {row["id"]: tuple(pole["value_en"] for pole in row["polen"]) for row in json.loads(text)["kenmerken"]}


# ------------------------------------------------------------------------------------------------------------ reading


def read_register(content: bytes, name: str, *, source: str = "") -> tuple[CooperationFile, ...]:
    """The cooperations that a file holds, in its order.

    Raises:
        FaultyCooperationFile: Every fault, each with file and line.
    """
    text = _text(content, name)
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as problem:
        line = getattr(problem, "lineno", 1)
        raise FaultyCooperationFile(faults=f"{name}:{line}: {_('this is not JSON')}") from problem
    lines = _lines(text)
    faults: list[tuple[int, str]] = []

    def fault(place: Place, problem: str) -> None:
        while place and place not in lines:
            place = place[:-1]
        faults.append((lines.get(place, [1])[0], problem))

    for place, found in lines.items():
        for line in found[1:]:
            faults.append((line, _('"{key}" is here twice').format(key=place[-1])))
    rows = whole.get(_LIST) if isinstance(whole, dict) else None
    if not isinstance(rows, list) or not rows:
        fault((), _('there is no list "{key}" with a cooperation in it').format(key=_LIST))
        rows = []
    if isinstance(whole, dict):
        for key in whole:
            if key not in (_LIST, *_ABOUT):
                fault((key,), _('"{key}" is not known here').format(key=key))
    read = [_cooperation(row, (_LIST, at), fault, source or name) for at, row in enumerate(rows)]
    seen: set[str] = set()
    for at, one in enumerate(read):
        if one is not None and one.ref in seen:
            fault((_LIST, at, "id"), _("{ref} is in the file twice").format(ref=one.ref))
        seen.add(one.ref if one is not None else "")
    if faults:
        told = [f"{name}:{line}: {problem}" for line, problem in sorted(set(faults))]
        raise FaultyCooperationFile(faults="\n".join(told))
    return tuple(one for one in read if one is not None)


def _text(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise FaultyCooperationFile(faults=f"{name}:{line}: {_('not UTF-8 text')}") from problem


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}:,]|[^][{}:,"\s]+', re.DOTALL)


def _lines(text: str) -> dict[Place, list[int]]:
    """The lines on which each value of a JSON text begins; more than one where a key is written twice."""
    found: dict[Place, list[int]] = {}
    path: list[str | int] = []
    kinds: list[str] = []
    key_next, line, end = False, 1, 0
    for token in _TOKEN.finditer(text):
        line += text.count("\n", end, token.start())
        end = token.start()
        sign = token[0]
        if sign in "]}":
            kinds.pop()
            path = path[: len(kinds)]
            key_next = False
        elif sign == ",":
            key_next = kinds[-1] == "{"
            if not key_next:
                path[-1] = int(path[-1]) + 1
        elif sign == ":":
            key_next = False
        elif key_next:
            path[len(kinds) - 1 :] = [json.loads(sign)]
            found.setdefault(tuple(path), []).append(line)
        else:
            if path and isinstance(path[-1], int):
                found.setdefault(tuple(path), []).append(line)
            if sign in "[{":
                kinds.append(sign)
                key_next = sign == "{"
                path.append("" if key_next else 0)
    return found


def _cooperation(row: Any, at: Place, fault: Fault, source: str) -> CooperationFile | None:
    """One row; ``None`` when it has a fault that leaves nothing to go by."""
    if not isinstance(row, dict):
        fault(at, _("a cooperation is written between braces"))
        return None
    for key in row:
        if key not in _KEYS:
            fault((*at, key), _('"{key}" is not known here').format(key=key))
    ref = row.get("id")
    if not isinstance(ref, str) or not _REF.fullmatch(ref):
        fault((*at, "id"), _('"{value}" is no id: small letters, digits and dashes').format(value=ref))
        ref = "-"
    name = _said(row, "naam", at, fault, needed=True)
    challenge = _said(row, "maatschappelijke_opgave_tekst", at, fault)
    service = _yes_or_no(row, "dienstverlening", at, fault)
    since, until = _day(row, "sinds", at, fault), _day(row, "tot", at, fault)
    if since is not None and until is not None and until < since:
        fault((*at, "tot"), _("it ends on {until}, before it begins on {since}").format(until=until, since=since))
    return CooperationFile(
        ref=ref,
        state="recorded",
        name=name,
        short_name=_said(row, "afkorting", at, fault),
        challenge=challenge,
        themes=_chosen(row, "thema_ids", at, fault, _themes()),
        themes_from=_said(row, "thema_koppeling", at, fault),
        members=_members(row, at, fault),
        members_text=_said(row, "deelnemers_tekst", at, fault),
        mandatory=_yes_or_no(row, "verplicht", at, fault),
        traits=_characteristics(row, at, fault),
        service=_SERVICE in challenge.casefold() if service is None else service,
        since_on=since,
        until_on=until,
        remarks=tuple(_texts(row, "toelichting", at, fault)),
        source=source,
    )


def _said(row: Mapping[str, Any], key: str, at: Place, fault: Fault, *, needed: bool = False) -> str:
    value = row.get(key)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or len(value) > _LONGEST or (needed and not value.strip()):
        fault((*at, key), _(_NO_TEXT).format(key=key, most=_LONGEST))
        return ""
    return _printable(value, (*at, key), fault)


def _printable(value: str, place: Place, fault: Fault) -> str:
    try:
        require_printable(value, str(place[-1]))
    except UnprintableText as problem:
        fault(place, str(problem))
        return ""
    return value.strip()


def _texts(row: Mapping[str, Any], key: str, at: Place, fault: Fault) -> Iterable[str]:
    values = row.get(key) or []
    if not isinstance(values, list):
        fault((*at, key), _("{key} must be a list").format(key=key))
        return
    for number, value in enumerate(values):
        place = (*at, key, number)
        if isinstance(value, str) and 0 < len(value) <= _LONGEST:
            yield _printable(value, place, fault)
        else:
            fault(place, _(_NO_TEXT).format(key=key, most=_LONGEST))


def _chosen(row: Mapping[str, Any], key: str, at: Place, fault: Fault, known: Iterable[str]) -> tuple[str, ...]:
    chosen = tuple(_texts(row, key, at, fault))
    for number, value in enumerate(chosen):
        if value and value not in known:
            sentence = _('"{value}" is not one of {known}').format(value=value, known=", ".join(known))
            fault((*at, key, number), sentence)
    return tuple(dict.fromkeys(chosen))


def _yes_or_no(row: Mapping[str, Any], key: str, at: Place, fault: Fault) -> bool | None:
    value = row.get(key)
    if value is None or isinstance(value, bool):
        return value
    fault((*at, key), _("{key} must be `true`, `false` or `null`").format(key=key))
    return None


def _day(row: Mapping[str, Any], key: str, at: Place, fault: Fault) -> date | None:
    value = row.get(key)
    if value is None:
        return None
    try:
        return parse_day(value) if isinstance(value, str) else _no_day(value)
    except InvalidDay:
        fault((*at, key), _('{key} = "{value}" is no day, as in 2024-01-31').format(key=key, value=value))
        return None


def _no_day(value: object) -> date:
    raise InvalidDay(text=str(value))


def _characteristics(row: Mapping[str, Any], at: Place, fault: Fault) -> dict[str, str]:
    found = row.get("kenmerken") or {}
    if not isinstance(found, dict):
        fault((*at, "kenmerken"), _("{key} is written between braces").format(key="kenmerken"))
        return {}
    for trait, value in found.items():
        poles = _traits().get(trait)
        if poles is None or value not in poles:
            known = ", ".join(poles if poles is not None else _traits())
            sentence = _('"{value}" is not one of {known}').format(value=trait if poles is None else value, known=known)
            fault((*at, "kenmerken", trait), sentence)
    return {str(trait): str(value) for trait, value in found.items()}


def _members(row: Mapping[str, Any], at: Place, fault: Fault) -> tuple[CooperationMember, ...]:
    found = row.get("deelnemers")
    if not isinstance(found, list) or not found:
        fault((*at, "deelnemers"), _("nobody takes part: {key} is a list").format(key="deelnemers"))
        return ()
    members: list[CooperationMember] = []
    for number, one in enumerate(found):
        place = (*at, "deelnemers", number)
        if not isinstance(one, dict):
            fault(place, _("a member is written between braces"))
            continue
        for key in one:
            if key not in _MEMBER_KEYS:
                fault((*place, key), _('"{key}" is not known here').format(key=key))
        partner, role = one.get("partner_id"), one.get("rol", "deelnemer")
        if partner is not None and not (isinstance(partner, str) and _PARTNER.fullmatch(partner)):
            fault((*place, "partner_id"), _('"{value}" is not a partner id such as `gm0344`').format(value=partner))
            partner = None
        if role not in _ROLES:
            sentence = _('"{value}" is not one of {known}').format(value=role, known=", ".join(_ROLES))
            fault((*place, "rol"), sentence)
            role = "deelnemer"
        name = _said(one, "naam", place, fault, needed=True)
        members.append(CooperationMember(name=name, sort=_said(one, "soort", place, fault), partner=partner, role=role))
    return tuple(members)


# ------------------------------------------------------------------------------------------------------------ writing


def as_file(register: Iterable[CooperationFile]) -> str:
    """The register as a file that can be changed and imported; read again it says the same."""
    rows = [
        {
            "id": one.ref,
            "naam": one.name,
            "afkorting": one.short_name or None,
            "maatschappelijke_opgave_tekst": one.challenge,
            "thema_ids": list(one.themes),
            "thema_koppeling": one.themes_from,
            "deelnemers_tekst": one.members_text,
            "deelnemers": [
                {"naam": each.name, "soort": each.sort, "partner_id": each.partner, "rol": each.role}
                for each in one.members
            ],
            "verplicht": one.mandatory,
            "kenmerken": dict(one.traits),
            "dienstverlening": one.service,
            "sinds": one.since_on.isoformat() if one.since_on else None,
            "tot": one.until_on.isoformat() if one.until_on else None,
            "toelichting": list(one.remarks),
        }
        for one in register
    ]
    return json.dumps({_LIST: rows}, ensure_ascii=False, indent=2)
