"""The audit file: XML Auditfile Financieel 4.0, as tax authority and accountants read it (statements.md, "Audit file").

Written in one pass over the entries: each journal gathers its transactions in a file of its own that nobody sees, since
their count and totals stand before them. Texts are Dutch whatever the language of the screen, and no clock is read, so
the same books give the same bytes. What was written is read again before it stands at its place (``audit_check``).
"""

from __future__ import annotations

import re
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from importlib import metadata, resources
from pathlib import Path
from typing import IO, Any

from lxml import etree

from fund.bank import pictures
from fund.dates import day_of, first_day, last_day
from fund.errors.exports import ExportOfTwoYears, FaultyTaxNumber, TaxNumberUnknown
from fund.ledger import AccountType, Entry, Layer
from fund.money import format_plain
from fund.reports.exports.audit_check import NAMESPACE, checked
from fund.reports.exports.excerpt import Excerpt, Holder, corrects, holders_of, identified, main_sums, taken
from fund.reports.exports.files import beside
from fund.reports.history import last_fact, regulations_on
from fund.rules.regulations import TAX_NUMBER, Identity
from fund.schemas.people import FundFile, RegulationsFile
from fund.unit_of_work import Snapshot
from fund.users.founding import accounts_of_the_fund

RGS = ("extended", "plain")
"""How accounts bear RGS codes, each code once (rule 0003).

``extended``: where accounts share a code, all but the first have an extension behind a point (``BSchOvsSuv.01``), the
way in which the keeper of RGS lets accounts under one code be told apart. ``plain``: codes of the list alone; of
accounts that share one the first bears it, the others none.
"""


CHUNK = 4 << 20


def xaf(
    snapshot: Snapshot,
    *,
    since: date,
    until: date,
    path: str,
    rgs: str = "extended",
    tax_number: str | None = None,
    known_at: int | None = None,
) -> dict[str, Any]:
    """The books of a year, or of some days of one, as XAF 4.0 in a file that the schema accepts.

    Opening balance and lines add up to the trial balance of the last day; entries that were written later on a day of
    the period are among them, unless ``known_at`` leaves them out. ``dateCreated`` is the day on which the last entry
    that the balances rest on was written, so a closed year is the same file whenever it is made.

    Args:
        since: The first accounting day. until: The last, in the same calendar year.
        path: Where the file goes; nothing stands there when this is refused.
        rgs: One of :data:`RGS`.
        tax_number: RSIN or VAT number; that of the regulations when absent.
        known_at: The last entry number that counts.

    Raises:
        ExportTurnedAround, ExportOfTwoYears: The days are not of one year.
        TaxNumberUnknown, FaultyTaxNumber: Who the fund is to the tax authority is not known.
        AuditFileFaulty: What was written is not right.
        FileUnreadable: It cannot be written.
    """
    excerpt = taken(snapshot, since, until, known_at)
    if since.year != until.year:
        years = ", ".join(map(str, range(since.year, until.year + 1)))
        raise ExportOfTwoYears(since_on=since, until_on=until, years=years, year=since.year)
    identity = _identity_of(snapshot, since, until, tax_number, path, known_at)
    company = _Company(identity.name or snapshot.case(FundFile, "").name, identity.tax_number, identity.chamber_number)
    with beside(path) as part:
        found = _write(part, excerpt, company, holders_of(snapshot, excerpt), rgs)
        checked(part, path, closing=main_sums(excerpt.closing), lines=found["lines"], beat=excerpt.beat)
    return {"path": path, "format": "XAF 4.0", **excerpt.as_json(), **found}


@dataclass(frozen=True, slots=True)
class _Company:
    """Who the fund is to those who read the file."""

    name: str
    tax_number: str
    chamber_number: str | None


def _identity_of(
    snapshot: Snapshot, since: date, until: date, given: str | None, path: str, known_at: int | None
) -> Identity:
    """Who the fund is by the regulations of the last day, those first that were known; where they are silent, by the
    first since that say it.
    """
    adopted = sorted(snapshot.cases(RegulationsFile), key=lambda case: (case.from_on, snapshot.version(case)))
    earlier = [case.regulations for case in adopted if case.from_on <= until][-1:]
    later = [case.regulations for case in adopted if case.from_on > until]
    known = regulations_on(snapshot, until, last=last_fact(snapshot, known_at))
    said = next((rules.identity for rules in (known, *earlier, *later) if rules.identity is not None), None)
    if given is None:
        if said is None:
            raise TaxNumberUnknown(since_on=since, until_on=until, path=path)
        return said
    if re.fullmatch(TAX_NUMBER, given) is None:
        raise FaultyTaxNumber(given=given)
    return Identity(tax_number=given) if said is None else said.model_copy(update={"tax_number": given})


# ------------------------------------------------------------------------------------------------------------ journals


@dataclass(frozen=True, slots=True)
class _Kind:
    """A journal as the data describe it: which entries stand in it, by the first condition that holds."""

    id: str
    description: str
    type: str
    account: str | None = None
    kind: str | None = None
    layer: str | None = None

    def takes(self, entry: Entry, mains: Iterable[str], actual: bool) -> bool:
        if self.account is not None:
            return self.account in mains
        if self.kind is not None:
            return entry.kind == self.kind
        return self.layer is None or not actual


@lru_cache(maxsize=1)
def _described() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("fund") / "data" / "audit_file.toml").read_text(encoding="utf-8"))


@dataclass(slots=True)
class _Journal:
    """A journal with the transactions that it gathered, in a file that goes when it is closed."""

    kind: _Kind
    file: IO[bytes]
    transactions: int = 0


@dataclass(slots=True)
class _Totals:
    """What the lines add up to."""

    lines: int = 0
    debit_cents: int = 0
    credit_cents: int = 0
    transactions: int = 0

    def add(self, cents: int) -> None:
        self.lines += 1
        if cents > 0:
            self.debit_cents += cents
        else:
            self.credit_cents -= cents


@dataclass(slots=True)
class _Gathering:
    """Transactions going by: each into its journal, all into the totals."""

    excerpt: Excerpt
    journals: list[_Journal]
    totals: _Totals = field(default_factory=_Totals)
    _places: dict[str, tuple[str, str | None, str]] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        places = [self._place(leg.account) for leg in entry.postings]
        actual = any(self.excerpt.accounts[leg.account].layer is Layer.ACTUAL for leg in entry.postings)
        mains = {main for _id, _holder, main in places}
        journal = next(one for one in self.journals if one.kind.takes(entry, mains, actual))
        journal.file.write(etree.tostring(self._transaction(entry, places), encoding="UTF-8"))
        journal.transactions += 1
        self.totals.transactions += 1

    def _place(self, code: str) -> tuple[str, str | None, str]:
        """Account, holder and main code of an account, as the file names them."""
        found = self._places.get(code)
        if found is None:
            main, _point, holder = code.partition(".")
            found = self._places[code] = (identified(main), identified(holder) if holder else None, main)
        return found

    def _transaction(self, entry: Entry, places: Iterable[tuple[str, str | None, str]]) -> Any:
        day = entry.effective_on.isoformat()
        memo = _plain(entry.memo)
        document = _plain(str(entry.metadata.get("event_id") or entry.id), 255)
        written = day_of(entry.recorded_at).isoformat()
        transaction = etree.Element("transaction")
        transaction.tail = "\n"
        _put(transaction, "nr", str(entry.seq))
        _put(transaction, "desc", memo + _plain(corrects(entry)))
        _put(transaction, "periodNumber", str(entry.effective_on.month))
        _put(transaction, "trDt", day)
        _put(transaction, "Source", _plain(f"{entry.kind}, vastgelegd {written}", 999))
        _put(transaction, "User", _plain(entry.actor, 999))
        for number, (leg, (account, holder, _main)) in enumerate(zip(entry.postings, places, strict=True), start=1):
            cents = leg.amount_cents
            self.totals.add(cents)
            line = etree.SubElement(transaction, "trLine")
            line.tail = "\n"
            _put(line, "nr", str(number))
            _put(line, "accID", account)
            _put(line, "docRef", document)
            _put(line, "effDate", day)
            _put(line, "desc", memo)
            _put(line, "amnt", format_plain(abs(cents)))
            _put(line, "amntTp", "D" if cents > 0 else "C")
            if holder is not None:
                _put(line, "custSupID", holder)
        return transaction


# ------------------------------------------------------------------------------------------------------------- writing


def _write(part: Path, excerpt: Excerpt, company: _Company, holders: list[Holder], rgs: str) -> dict[str, Any]:
    """The whole file; what it adds up to."""
    with ExitStack() as stack:
        journals = [
            _Journal(_Kind(**row), stack.enter_context(tempfile.TemporaryFile(dir=part.parent)))
            for row in _described()["journals"]
        ]
        write_batch = _Gathering(excerpt, journals)
        for entry in excerpt.entries():
            write_batch.add(entry)
        with part.open("wb") as out:
            opening = _file(out, excerpt, company, holders, rgs, write_batch)
    totals = write_batch.totals
    return {
        "transactions": totals.transactions,
        "lines": totals.lines,
        "total_debit_cents": totals.debit_cents,
        "total_credit_cents": totals.credit_cents,
        "opening_debit_cents": opening.debit_cents,
        "opening_credit_cents": opening.credit_cents,
        "holders": len(holders),
        "journals": [{"id": one.kind.id, "transactions": one.transactions} for one in journals if one.transactions],
    }


def _file(
    out: IO[bytes], excerpt: Excerpt, company: _Company, holders: list[Holder], rgs: str, write_batch: _Gathering
) -> _Totals:
    """Elements have no namespace of their own: they stand inside the root, whose namespace is theirs."""
    with etree.xmlfile(out, encoding="UTF-8") as file:
        file.write_declaration()
        with file.element("auditfile", nsmap={None: NAMESPACE}):
            note = f"Grootboek tot en met boeking {excerpt.last_seq}, hash {excerpt.last_hash}"
            file.write("\n", etree.Comment(f" {note} "), "\n", _header(excerpt), "\n")
            with file.element("company"):
                file.write("\n", *_identity(company))
                with file.element("customersSuppliers"):
                    file.write("\n")
                    for holder in holders:
                        file.write(_customer_supplier(holder), "\n")
                file.write("\n", _general_ledger(excerpt, rgs), "\n", _periods(excerpt), "\n")
                opening, totals = _opening(excerpt)
                file.write(opening, "\n")
                with file.element("transactions"):
                    for element in _counted(write_batch.totals):
                        file.write(element)
                    file.write("\n")
                    for journal in write_batch.journals:
                        if journal.transactions:
                            with file.element("journal"):
                                _put_journal(file, journal, excerpt)
                                file.flush()
                                _copy(journal.file, out, excerpt)
                            file.write("\n")
            file.write("\n")
    return totals


def _copy(gathered: IO[bytes], out: IO[bytes], excerpt: Excerpt) -> None:
    gathered.seek(0)
    while chunk := gathered.read(CHUNK):
        out.write(chunk)
        excerpt.beat()


def _put(parent: Any, tag: str, text: str) -> None:
    etree.SubElement(parent, tag).text = text


def _element(tag: str, *parts: tuple[str, str | None]) -> Any:
    element = etree.Element(tag)
    for name, text in parts:
        if text is not None:
            _put(element, name, text)
    return element


def _plain(text: str, most: int | None = None) -> str:
    """Text that XML can hold: on one line, what steers a screen as a picture, at most so many characters."""
    if not (text.isascii() and text.isprintable()):
        text = _NEVER_IN_XML.sub("\N{REPLACEMENT CHARACTER}", pictures(text))
    return text if most is None else text[:most].rstrip()


_NEVER_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _days(excerpt: Excerpt) -> tuple[date, date]:
    """The first and the last day: an audit file has both."""
    assert excerpt.since is not None
    assert excerpt.until is not None
    return excerpt.since, excerpt.until


def _header(excerpt: Excerpt) -> Any:
    since, until = _days(excerpt)
    created = until if excerpt.last is None else day_of(excerpt.last.recorded_at)
    return _element(
        "header",
        ("fiscalYear", str(since.year)),
        ("startDate", since.isoformat()),
        ("endDate", until.isoformat()),
        ("curCode", excerpt.ledger.currency),
        ("dateCreated", created.isoformat()),
        ("softwareDesc", _described()["software"]),
        ("softwareVersion", metadata.version("revolving-fund")[:20]),
        ("RGSVersion", _described()["rgs_version"]),
    )


def _identity(company: _Company) -> list[Any]:
    found = []
    for tag, text in (
        ("Commercenr", company.chamber_number),
        ("companyName", _plain(company.name, 255)),
        ("taxRegistrationCountry", "NL"),
        ("taxRegIdent", company.tax_number),
    ):
        if text is not None:
            element = etree.Element(tag)
            element.text, element.tail = text, "\n"
            found.append(element)
    return found


def _customer_supplier(holder: Holder) -> Any:
    return _element(
        "customerSupplier",
        ("custSupID", identified(holder.ref)),
        ("custSupName", _plain(holder.name, 50)),
        ("custSupTp", "B" if holder.owes and holder.is_owed else "C" if holder.owes else "S"),
        ("opBalDesc", format_plain(abs(holder.opening_cents))),
        ("opBalTp", _side(holder.opening_cents)),
        ("clBalDesc", format_plain(abs(holder.closing_cents))),
        ("clBalTp", _side(holder.closing_cents)),
    )


def _side(cents: int) -> str:
    return "D" if cents >= 0 else "C"


def _general_ledger(excerpt: Excerpt, rgs: str) -> Any:
    """The main accounts; a code that stands before a point alone is told by the first account under it."""
    mains: dict[str, Any] = {}
    for account in excerpt.accounts.values():
        if account.main not in mains or account.code == account.main:
            mains[account.main] = account
    codes = _rgs_codes(rgs)
    ledger = etree.Element("generalLedger")
    ledger.text = "\n"
    for main, account in sorted(mains.items()):
        result = account.type in (AccountType.INCOME, AccountType.EXPENSE)
        one = _element(
            "ledgerAccount",
            ("accID", identified(main)),
            ("accDesc", _plain(account.name, 255)),
            ("accTp", "P" if result else "B"),
            ("RGScode", codes.get(main)),
        )
        one.tail = "\n"
        ledger.append(one)
    return ledger


def _rgs_codes(rgs: str) -> dict[str, str]:
    """The RGS code of each main account, each code once."""
    codes = {row["code"]: row["rgs_code"] for row in accounts_of_the_fund() if row["rgs_code"]}
    if rgs == "plain":
        codes = {main: code for main, code in codes.items() if "." not in code}
    return codes


def _periods(excerpt: Excerpt) -> Any:
    """The months, whole, that the days lie in."""
    since, until = _days(excerpt)
    periods = etree.Element("periods")
    periods.text = "\n"
    for month in range(since.month, until.month + 1):
        named = f"{since.year:04}-{month:02}"
        one = _element(
            "period",
            ("periodNumber", str(month)),
            ("startDatePeriod", first_day(named).isoformat()),
            ("endDatePeriod", last_day(named).isoformat()),
        )
        one.tail = "\n"
        periods.append(one)
    return periods


def _opening(excerpt: Excerpt) -> tuple[Any, _Totals]:
    """A line for each main account on which something stood; the element is there in any case."""
    totals, lines = _Totals(), []
    for main, cents in sorted(main_sums(excerpt.opening).items()):
        if cents:
            totals.add(cents)
            line = _element(
                "obLine",
                ("nr", str(totals.lines)),
                ("accID", identified(main)),
                ("amnt", format_plain(abs(cents))),
                ("amntTp", _side(cents)),
            )
            line.tail = "\n"
            lines.append(line)
    opening = etree.Element("openingBalance")
    opening.extend(_counted(totals))
    opening[-1].tail = "\n"
    opening.extend(lines)
    return opening, totals


def _counted(totals: _Totals) -> list[Any]:
    parts = etree.Element("counted")
    _put(parts, "linesCount", str(totals.lines))
    _put(parts, "totalDebit", format_plain(totals.debit_cents))
    _put(parts, "totalCredit", format_plain(totals.credit_cents))
    return list(parts)


def _put_journal(file: Any, journal: _Journal, excerpt: Excerpt) -> None:
    kind = journal.kind
    offset = kind.account if kind.account is not None and kind.account in excerpt.accounts else None
    parts = (("jrnID", kind.id), ("desc", kind.description), ("jrnTp", kind.type), ("offsetAccID", offset))
    for element in _element("journal", *parts):
        file.write(element)
    file.write("\n")
