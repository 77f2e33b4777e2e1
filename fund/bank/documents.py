"""The one careful door through which XML of a bank comes in, and the schemas that it must satisfy.

A file is refused before a parser sees it when it is empty, too large, no UTF-8 or declares a document type. The
parser then resolves nothing, loads nothing and stops at a sane depth; the schema of the file's own version is
checked before a single amount is read. Statements grow large and are read as a stream: the schema is checked while
the file goes by, then each entry is a tree of its own for as long as somebody reads it.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from io import BytesIO
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from lxml import etree

from fund.errors import FundError
from fund.errors.bank import (
    APaymentStatus,
    BankFileTooLarge,
    BrokenXml,
    ForbiddenDoctype,
    InvalidBankFile,
    NotABankStatement,
    NotAPaymentFile,
    NotAStatusReport,
    PartOfACent,
    UnknownBankVersion,
    WrongCurrency,
    WrongEncoding,
)
from fund.errors.usage import EmptyFile
from fund.language import AMSTERDAM, _
from fund.money import require_cents

Refusal = TypeVar("Refusal", bound=FundError)
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
LARGEST_FILE_BYTES = 32 * 1024 * 1024
"""Ten thousand entries are some 20 MB. A file that is refused becomes a tree, to say why; a larger one may not."""
ZONE = ZoneInfo(AMSTERDAM)
_CHUNK = 1 << 20
_EXCERPT = 80
_DECLARATION = re.compile(rb"<\?xml\s[^>]*?encoding\s*=\s*[\"']([^\"']*)[\"'][^>]*\?>")
_BEFORE_ROOT = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_CAREFULLY: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "huge_tree": False,
    "load_dtd": False,
    "dtd_validation": False,
    "remove_comments": True,
    "remove_pis": True,
    "remove_blank_text": True,
}
"""How every parser here reads: no entity, no network, no document type, no depth beyond 256."""
_NAMED_ROOT = re.compile(r"\{([^}]*)\}(.*)")


class Document:
    """A file that passed: its version (``camt.053.001.08``), and where to point when it says something odd."""

    def __init__(self, *, name: str, version: str, data: bytes) -> None:
        self.name = name
        self.version = version
        self._data = data

    @property
    def namespace(self) -> str:
        return NAMESPACE + self.version

    def elements(self, *paths: str) -> Iterator[etree._Element]:
        """Each element at one of ``paths`` (``BkToCstmrStmt/Stmt``), in the order in which they end.

        An element is emptied once the next one is asked for, and taken out when another of its name follows: what is
        to be known of it is read before. Its parents are there as far as they were read.
        """
        wanted = {_path(self.namespace, path) for path in paths}
        tags = [_path(self.namespace, path.rpartition("/")[2]) for path in paths]
        try:
            stream: Any = etree.iterparse(BytesIO(self._data), events=("end",), tag=tags, **_CAREFULLY)
            for _event, element in stream:
                above = [str(parent.tag) for parent in element.iterancestors()][-2::-1]  # without the root
                if "/".join([*above, element.tag]) not in wanted:
                    continue  # of the same name, in a place that a schema leaves to anybody
                earlier = element.getprevious()
                if earlier is not None and earlier.tag == element.tag:
                    element.getparent().remove(earlier)
                yield element
                element.clear()
        except etree.XMLSyntaxError as error:  # what only the maker of a tree sees: a text of ten million letters
            raise _broken(error, self._data, name=self.name) from None

    def line_of(self, element: etree._Element) -> int:
        """The line of the file on which ``element`` starts."""
        return _line(element)

    def fault(self, kind: Callable[..., Refusal], element: etree._Element, /, **details: object) -> Refusal:
        """A refusal of this file that points at ``element``."""
        return kind(file=self.name, line=_line(element), **details)

    def refused(self, element: etree._Element, reason: str) -> InvalidBankFile:
        """The refusal of what the schema let pass and no reader can use."""
        excerpt = _excerpt(self._data, _line(element))
        return self.fault(InvalidBankFile, element, excerpt=excerpt, version=self.version, reason=reason)


class Tree(Document):
    """A file that passed, held whole."""

    def __init__(self, root: etree._Element, *, name: str, version: str, data: bytes) -> None:
        super().__init__(name=name, version=version, data=data)
        self.root = root


def _line(element: etree._Element) -> int:
    line: Any = element.sourceline
    return int(line or 1)


def open_document(data: bytes, *, name: str, kind: str, versions: tuple[str, ...]) -> Tree:
    """``data`` as XML of one of ``versions`` (``camt.053.001.08``), valid by its schema.

    Args:
        kind: ``camt`` for what a bank tells of an account, ``pain.001`` for payments of the fund.

    Raises:
        EmptyFile: Nothing in it.
        BankFileTooLarge: More than 32 MB.
        WrongEncoding: Not UTF-8, or said to be something else.
        ForbiddenDoctype: A document type is declared; found without parsing.
        BrokenXml: Not well-formed, cut off, an entity, nested too deeply.
        NotABankStatement, NotAPaymentFile, NotAStatusReport: Another kind of file.
        APaymentStatus: A report on payments of the fund, when asked for what a bank tells of an account.
        UnknownBankVersion: The kind asked for, in a version without a schema here.
        InvalidBankFile: The schema of its version says no.
    """
    _check_bytes(data, name=name, kind=kind)
    root = _parse(data, name=name)
    version = _version_of(root, data, name=name, kind=kind, versions=versions)
    trouble = validity(root, version)
    if trouble is not None:
        line, reason = trouble
        raise InvalidBankFile(
            file=name, line=line, excerpt=_excerpt(data, line), version=version, reason=pictures(reason)
        )
    return Tree(root, name=name, version=version, data=data)


def stream_document(data: bytes, *, name: str, kind: str, versions: tuple[str, ...]) -> Document:
    """As :func:`open_document`, of a file that may be large: checked while it goes by, without a tree of it.

    A file in which anything is wrong is opened as a tree after all, which knows the line and the reason.
    """
    _check_bytes(data, name=name, kind=kind)
    version = _passing(data, versions)
    if not version:
        version = open_document(data, name=name, kind=kind, versions=versions).version
    return Document(name=name, version=version, data=data)


def _passing(data: bytes, versions: tuple[str, ...]) -> str:
    """Which of ``versions`` a file without any fault is, read without keeping anything; empty where one is found."""
    try:
        start: Any = etree.iterparse(BytesIO(data), events=("start",), **_CAREFULLY)
        _event, root = next(start)
        version = next((one for one in versions if root.tag == _path(NAMESPACE + one, "Document")), "")
        if not version:
            return ""
        nothing: Any = _Nothing()
        parser: Any = etree.XMLParser(target=nothing, schema=_schema(version), **_CAREFULLY)
        etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        return ""
    return "" if len(parser.error_log) else version


class _Nothing:
    """Where a file goes of which only the validity is wanted."""

    def close(self) -> None:
        """Nothing was kept."""


def _check_bytes(data: bytes, *, name: str, kind: str) -> None:
    if len(data) > LARGEST_FILE_BYTES:
        raise BankFileTooLarge(file=name, size=len(data), limit=LARGEST_FILE_BYTES)
    if not data:
        raise EmptyFile(path=name)
    start = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in data[:4]:
        raise WrongEncoding(file=name, line=1, reason=_("it is UTF-16 or UTF-32"))
    declared = _DECLARATION.match(data, start)
    if declared and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii"):
        said = pictures(declared[1].decode("ascii", "replace"))
        raise WrongEncoding(file=name, line=1, reason=_('it says that it is "{said}"').format(said=said))
    _check_before_root(data, start, name=name, kind=kind)
    decoder = codecs.getincrementaldecoder("utf-8")()
    for at in range(0, len(data), _CHUNK):
        try:
            decoder.decode(data[at : at + _CHUNK], final=at + _CHUNK >= len(data))
        except UnicodeDecodeError as error:
            # the decoder may still hold up to three bytes of the chunk before; a line is exact enough
            line = data.count(b"\n", 0, min(at + error.start, len(data))) + 1
            byte = f"0x{error.object[error.start]:02X}"
            raise WrongEncoding(
                file=name, line=line, reason=_("byte {byte} has no place there").format(byte=byte)
            ) from None


def _check_before_root(data: bytes, start: int, *, name: str, kind: str) -> None:
    """Walk over blanks, comments and instructions to the first real mark; a document type stands there or nowhere."""
    at = start
    while blank := _BEFORE_ROOT.match(data, at):
        at = blank.end()
    line = data.count(b"\n", 0, at) + 1
    if data[at : at + 2] == b"<!":
        raise ForbiddenDoctype(file=name, line=line, excerpt=_excerpt(data, line))
    if data[at : at + 1] != b"<":
        excerpt = _excerpt(data, line)
        raise _other_file(kind)(file=name, line=line, found=f'"{excerpt}"' if excerpt else _("only blanks"))


def _other_file(kind: str) -> type[NotABankStatement] | type[NotAPaymentFile] | type[NotAStatusReport]:
    others: dict[str, type[NotAPaymentFile] | type[NotAStatusReport]] = {
        "pain.001": NotAPaymentFile,
        "pain.002": NotAStatusReport,
    }
    return others.get(kind, NotABankStatement)


def parse_safely(data: bytes) -> etree._Element:
    """The tree of ``data``: no entity, no network, no document type, no depth beyond 256."""
    return etree.fromstring(data, etree.XMLParser(**_CAREFULLY))


def _parse(data: bytes, *, name: str) -> etree._Element:
    try:
        root = parse_safely(data)
    except etree.XMLSyntaxError as error:
        raise _broken(error, data, name=name) from None
    docinfo: Any = root.getroottree().docinfo
    if docinfo.doctype:  # the walk before the root found none: a second lock on the same door
        raise ForbiddenDoctype(file=name, line=1, excerpt=_excerpt(data, 1))
    return root


def _broken(error: etree.XMLSyntaxError, data: bytes, *, name: str) -> BrokenXml:
    line = error.lineno or data.count(b"\n") + 1
    reason = re.sub(r", line \d+, column \d+$", "", str(error.msg or ""))  # the refusal names the place already
    return BrokenXml(file=name, line=line, excerpt=_excerpt(data, line), reason=pictures(reason))


def _version_of(root: etree._Element, data: bytes, *, name: str, kind: str, versions: tuple[str, ...]) -> str:
    line = _line(root)
    named = _NAMED_ROOT.fullmatch(str(root.tag))
    namespace, tag = (named[1], named[2]) if named else ("", str(root.tag))
    version = namespace.removeprefix(NAMESPACE)
    if kind == "camt" and version.startswith("pain.002."):
        raise APaymentStatus(file=name, line=line, found=pictures(version))
    if tag != "Document" or version == namespace or version.rpartition(".001.")[0] not in _kinds(versions):
        found = pictures(version or tag) if tag == "Document" else pictures(f"<{tag}>")
        raise _other_file(kind)(file=name, line=line, found=found)
    if version not in versions:
        raise UnknownBankVersion(file=name, line=line, version=pictures(version), known=list(versions))
    return version


def _kinds(versions: tuple[str, ...]) -> set[str]:
    """``camt.053.001.08`` is of the kind ``camt.053``."""
    return {version.rpartition(".001.")[0] for version in versions}


@lru_cache(maxsize=8)
def _schema(version: str) -> etree.XMLSchema:
    data = resources.files("fund").joinpath("data", "xsd", f"{version}.xsd").read_bytes()
    return etree.XMLSchema(parse_safely(data))


def validity(root: etree._Element, version: str) -> tuple[int, str] | None:
    """``None`` where ``root`` satisfies the schema of ``version``, else the first line and reason."""
    schema = _schema(version)
    if schema.validate(root.getroottree()):
        return None
    log: Any = schema.error_log
    first = log[0]
    return int(first.line), first.message.replace(f"{{{NAMESPACE}{version}}}", "")


def _excerpt(data: bytes, line: int) -> str:
    """The line of the file as one may look at it: at most 80 characters, nothing that moves a cursor."""
    start = 0
    for _number in range(line - 1):
        start = data.find(b"\n", start) + 1
        if start == 0:
            return ""
    end = data.find(b"\n", start)
    text = data[start : end if end >= 0 else len(data)][: 4 * _EXCERPT].decode("utf-8", "replace").strip()
    return pictures(text if len(text) <= _EXCERPT else text[: _EXCERPT - 1] + "…")


def pictures(text: str) -> str:
    """``text`` on one line, its control and formatting characters (Cc, Cf) as pictures that do nothing.

    Refusing them would let any payer block the import of a day; keeping them would let a name rewrite a screen.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_picture(character) for character in text)


def _picture(character: str) -> str:
    if character in "\t\n\r":
        return " "
    if character < " ":
        return chr(0x2400 + ord(character))
    if character == "\x7f":
        return "␡"
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return f"␛{ord(character):04X}"
    return character


@lru_cache(maxsize=256)
def _path(namespace: str, path: str) -> str:
    return "/".join(f"{{{namespace}}}{step}" for step in path.split("/"))


def children(document: Document, element: etree._Element, path: str) -> list[etree._Element]:
    """The elements at ``path`` (``NtryDtls/TxDtls``) under ``element``, in the order of the file."""
    return element.findall(_path(document.namespace, path))


def text_at(document: Document, element: etree._Element, path: str) -> str:
    """The text at ``path`` under ``element``, blanks folded, control characters as pictures; empty for nothing."""
    found = element.findtext(_path(document.namespace, path))
    return pictures(" ".join(found.split())) if found else ""


def cents_of(document: Document, element: etree._Element) -> int:
    """The amount of an ``Amt`` element in cents.

    Raises:
        WrongCurrency: Its currency is not EUR.
        PartOfACent: More than two decimals, other than zeros.
        AmountTooLarge: More cents than fit in 64 bits.
    """
    currency = element.get("Ccy", "EUR")
    text = (element.text or "").strip()
    if currency != "EUR":
        raise document.fault(WrongCurrency, element, found=f"{currency} {text}")
    return cents_of_text(document, element, text)


def cents_of_text(document: Document, element: etree._Element, text: str) -> int:
    """A number that stands somewhere in ``element`` in cents; refuses a part of a cent as :func:`cents_of` does."""
    cents = Decimal(text) * 100
    if cents != cents.to_integral_value():
        raise document.fault(PartOfACent, element, text=text)
    return require_cents(int(cents))


def day_at(document: Document, element: etree._Element, path: str) -> date | None:
    """The day at ``path``, which holds a ``Dt`` or a ``DtTm``; an instant counts by the calendar of Amsterdam."""
    plain = text_at(document, element, f"{path}/Dt")
    if plain:
        try:
            return date.fromisoformat(plain[:10])  # the schema allows a zone after a day: 2026-03-31+01:00
        except ValueError:
            raise document.refused(element, _("{text} is not a day").format(text=plain)) from None
    exact = text_at(document, element, f"{path}/DtTm")
    return instant_of(document, element, exact).astimezone(ZONE).date() if exact else None


def instant_of(document: Document, element: etree._Element, text: str) -> datetime:
    """An instant in UTC; without a zone it is Amsterdam's. The schema allows years that no calendar here has."""
    try:
        moment = datetime.fromisoformat(text.replace("T24:00:00", "T23:59:59"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=ZONE)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise document.refused(element, _("{text} is not an instant").format(text=text)) from None


def new_document(version: str) -> etree._Element:
    """The empty root of a document of ``version``, its namespace without prefix as banks write it."""
    namespaces: Any = {None: NAMESPACE + version}
    return etree.Element(f"{{{NAMESPACE}{version}}}Document", nsmap=namespaces)


def put(parent: etree._Element, path: str, text: str | None = None) -> etree._Element:
    """A new element at the end of ``path`` under ``parent``, each step made anew, in the namespace of the document."""
    namespace = str(parent.tag).partition("}")[0]
    element = parent
    for step in path.split("/"):
        element = etree.SubElement(element, f"{namespace}}}{step}")
    element.text = text
    return element


def written(whole: etree._Element, version: str) -> bytes:
    """The bytes of a document of ours, of which ``whole`` is the one element; it satisfies its schema."""
    data: bytes = etree.tostring(whole.getroottree(), xml_declaration=True, encoding="UTF-8", pretty_print=True)
    trouble = validity(parse_safely(data), version)
    assert trouble is None, f"our own {version} breaks its schema: {trouble}"
    return data
