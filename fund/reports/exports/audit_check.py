"""An audit file read again, from its first byte to its last, before anybody gets it.

The schema of the tax authority looks at every element while the file goes by; beside it everything is added up anew,
from the text alone, and compared with what the file says of itself and with the trial balance of the ledger.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, NoReturn

from lxml import etree

from fund.errors.exports import AuditFileFaulty
from fund.language import _
from fund.money import format_plain
from fund.reports.exports.excerpt import identified

NAMESPACE = "http://www.odb.belastingdienst.nl/Belastingdienst/BCPP/1.1/structures/XmlauditfileXAF_4.0"

SCHEMA = "XmlAuditfileFinancieel4.0.xsd"
_SAFELY: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


_STOPS = [_tag(name) for name in ("transaction", "obLine", "openingBalance", "transactions", "customerSupplier")]
_LINE, _ACCOUNT, _AMOUNT, _SIDE = (_tag(name) for name in ("trLine", "accID", "amnt", "amntTp"))


@lru_cache(maxsize=1)
def _schema() -> Any:
    content = (resources.files("fund") / "data" / "xsd" / SCHEMA).read_bytes()
    return etree.XMLSchema(etree.fromstring(content, etree.XMLParser(**_SAFELY)))


BEAT = 20_000
"""After so many lines the database hears that somebody is still at work."""


def checked(
    part: Path, path: str, *, closing: Mapping[str, int], lines: int, beat: Callable[[], object] = lambda: None
) -> None:
    """Nothing, when the file satisfies the schema, adds up, and ends where the ledger stands.

    Args:
        part: Where the file is now. path: What it is called towards people.
        closing: What stands on each main account at the end, in cents, debit positive.
        lines: How many lines were written.
        beat: Is called now and then: a transaction that asks nothing for long is taken for forgotten and ended.

    Raises:
        AuditFileFaulty: It does not; names the line and what is wrong.
    """
    reading, beaten = _Reading(path), 0
    try:
        with part.open("rb") as file:
            for _event, element in etree.iterparse(file, events=("end",), tag=_STOPS, schema=_schema(), **_SAFELY):
                reading.take(element)
                element.clear()
                before = element.getprevious()
                if before is not None and before.tag == element.tag:  # of many alike, one is kept at a time
                    element.getparent().remove(before)
                if reading.moved.lines - beaten >= BEAT:
                    beaten = reading.moved.lines
                    beat()
    except etree.XMLSyntaxError as problem:
        raise AuditFileFaulty(path=path, line=problem.lineno or 0, reason=_bare(problem)) from problem
    reading.ends(closing, lines)


def _bare(problem: etree.XMLSyntaxError) -> str:
    """What the schema says, element names without the namespace."""
    return re.sub(r"\{[^}]*\}", "", str(problem.msg))


@dataclass(slots=True)
class _Sums:
    """Lines of one side of the file, added up."""

    lines: int = 0
    debit: int = 0
    credit: int = 0

    def add(self, cents: int) -> None:
        self.lines += 1
        if cents > 0:
            self.debit += cents
        else:
            self.credit -= cents


@dataclass(slots=True)
class _Reading:
    """What was read so far."""

    path: str
    opening: _Sums = field(default_factory=_Sums)
    moved: _Sums = field(default_factory=_Sums)
    stands: dict[str, int] = field(default_factory=dict)

    def take(self, element: Any) -> None:
        match etree.QName(element).localname:
            case "transaction":
                found = sum(self._line(line, self.moved) for line in element.iterchildren(_LINE))
                if found:
                    self._faulty(element, _("debit and credit differ by {amount}").format(amount=format_plain(found)))
            case "obLine":
                self._line(element, self.opening)
            case "openingBalance":
                self._totals(element, self.opening)
            case "transactions":
                self._totals(element, self.moved)

    def _line(self, line: Any, sums: _Sums) -> int:
        account = amount = side = ""
        for part in line:
            if part.tag == _AMOUNT:
                amount = part.text
            elif part.tag == _SIDE:
                side = part.text
            elif part.tag == _ACCOUNT:
                account = part.text
        whole, _point, cents = amount.partition(".")
        value = int(whole + cents)  # two decimals, always
        if side == "C":
            value = -value
        sums.add(value)
        self.stands[account] = self.stands.get(account, 0) + value
        return value

    def _totals(self, element: Any, sums: _Sums) -> None:
        said = {tag: element.findtext(_tag(tag)) for tag in ("linesCount", "totalDebit", "totalCredit")}
        found = {
            "linesCount": str(sums.lines),
            "totalDebit": format_plain(sums.debit),
            "totalCredit": format_plain(sums.credit),
        }
        for tag, value in found.items():
            if said[tag] != value:
                reason = _("{tag} says {said}, the lines {found}").format(tag=tag, said=said[tag], found=value)
                self._faulty(element, reason)
        if sums.debit != sums.credit:
            difference = format_plain(sums.debit - sums.credit)
            self._faulty(element, _("debit and credit differ by {amount}").format(amount=difference))

    def ends(self, closing: Mapping[str, int], lines: int) -> None:
        """Nothing, when as many lines were read as were written and each account stands where the ledger has it."""
        if self.moved.lines != lines:
            self._faulty(None, _("{said} lines were written, {found} read").format(said=lines, found=self.moved.lines))
        wanted = {identified(main): cents for main, cents in closing.items()}
        for account in sorted({*wanted, *self.stands}):
            said, found = wanted.get(account, 0), self.stands.get(account, 0)
            if said != found:
                reason = _("account {account} ends at {found}, in the ledger at {said}").format(
                    account=account, found=format_plain(found), said=format_plain(said)
                )
                self._faulty(None, reason)

    def _faulty(self, element: Any, reason: str) -> NoReturn:
        line = element.sourceline if element is not None else None
        raise AuditFileFaulty(path=self.path, line=line or 0, reason=reason)
