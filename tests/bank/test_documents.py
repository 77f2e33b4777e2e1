"""Files that attack, or are simply broken: refused by name, with the place, before anything is believed."""

from __future__ import annotations

import contextlib
import resource
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fund.bank import read_payments, read_statements
from fund.bank.documents import LARGEST_FILE_BYTES, pictures, stream_document
from fund.errors import FundError
from fund.errors.bank import (
    BankFileTooLarge,
    BrokenXml,
    ForbiddenDoctype,
    InvalidBankFile,
    NotABankStatement,
    NotAPaymentFile,
    UnknownBankVersion,
    WrongEncoding,
)
from fund.errors.usage import EmptyFile

GOOD = (Path(__file__).parent / "samples" / "voorbeeld-fonds.camt.053.001.08.xml").read_bytes()
HEAD = b"<?xml version='1.0' encoding='UTF-8'?>\n"
BODY = GOOD.removeprefix(HEAD)
NAMESPACE = b"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


def refused(data: bytes, error: type[FundError], **details: object) -> FundError:
    with pytest.raises(error) as caught:
        read_statements(data, name="statement.xml")
    assert details.items() <= caught.value.details.items()
    assert str(caught.value).startswith("statement.xml")
    assert caught.value.advice
    return caught.value


@pytest.mark.parametrize(
    "doctype",
    [
        b"<!DOCTYPE Document>",
        b'<!DOCTYPE Document SYSTEM "file:///etc/passwd">',
        b'<!DOCTYPE Document SYSTEM "http://127.0.0.1:9/camt.dtd">',
        b'<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
        b'<!DOCTYPE Document [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]>',
        b'<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        b"<!DOCTYPE d [<!ENTITY a '" + b"x" * 100_000 + b"'>]>",
    ],
)
def test_a_document_type_is_refused_wherever_it_hides(doctype: bytes) -> None:
    refused(HEAD + doctype + BODY, ForbiddenDoctype, line=2)
    refused(doctype + BODY, ForbiddenDoctype, line=1)
    refused(b"\xef\xbb\xbf" + HEAD + b"<!-- a > b -->\n<?p q?>\n" + doctype + BODY, ForbiddenDoctype, line=4)


def test_a_document_type_is_refused_without_a_parser_seeing_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_anything: object, **_options: object) -> None:
        raise AssertionError("the parser was asked")

    for parser in ("XMLParser", "iterparse", "fromstring"):
        monkeypatch.setattr(f"fund.bank.documents.etree.{parser}", never)
    refused(HEAD + b"<!DOCTYPE Document>" + BODY, ForbiddenDoctype)


def test_a_document_type_in_another_encoding_does_not_slip_through() -> None:
    hidden = "<?xml version='1.0' encoding='UTF-16'?><!DOCTYPE d [<!ENTITY a 'b'>]><d>&a;</d>"
    refused(hidden.encode("utf-16"), WrongEncoding)
    refused(hidden.encode("utf-16-le"), WrongEncoding)
    refused(hidden.encode("utf-16-be"), WrongEncoding)
    refused(hidden.encode("utf-32"), WrongEncoding)
    refused(b"<?xml version='1.0' encoding='UTF-7'?>+ADwAIQ-DOCTYPE d+AD4-" + BODY, WrongEncoding)
    refused(b"<?xml version='1.0' encoding='cp037'?>" + BODY, WrongEncoding)


@pytest.mark.parametrize("entity", [b"&laughs;", b"&euro;", b"&#1;", b"&#xFFFE;"])
def test_an_entity_or_a_character_that_xml_does_not_know_is_refused_with_its_line(entity: bytes) -> None:
    error = refused(GOOD.replace(b"Onbekende afzender", b"A" + entity), BrokenXml)
    line = error.details["line"]
    assert entity in GOOD.replace(b"Onbekende afzender", b"A" + entity).splitlines()[line - 1]


def test_a_file_that_declares_another_encoding_is_refused() -> None:
    refused(GOOD.replace(b"UTF-8", b"ISO-8859-1", 1), WrongEncoding, line=1)


def test_a_file_that_is_not_what_its_declaration_says_is_refused_at_the_line() -> None:
    latin = GOOD.replace(b"Gemeente Renswoude", "Café".encode("latin-1"), 1)
    error = refused(latin, WrongEncoding)
    assert error.details["line"] == latin[: latin.index(b"\xe9")].count(b"\n") + 1
    assert "0xE9" in str(error)


def test_an_empty_file_is_refused_by_its_own_name() -> None:
    refused(b"", EmptyFile)
    refused(b"  \n\t\n", NotABankStatement)


@pytest.mark.parametrize(
    "data",
    [
        b"\x25PDF-1.7\n%",
        b":20:STARTUMSE\r\n:25:NL91ABNA0417164300\r\n:28C:41/1\r\n",
        b'{"statement": 1}',
        b"Datum;Bedrag\n2026-03-31;12,34\n",
    ],
)
def test_another_kind_of_file_is_no_bank_statement(data: bytes) -> None:
    refused(data, NotABankStatement, line=1)


def test_a_wrong_namespace_or_root_is_no_bank_statement() -> None:
    refused(GOOD.replace(NAMESPACE, b"urn:example:camt.053.001.08"), NotABankStatement, line=2)
    refused(b"<Document/>", NotABankStatement)
    refused(b"<html xmlns='http://www.w3.org/1999/xhtml'/>", NotABankStatement)
    refused(GOOD.replace(NAMESPACE, b"urn:iso:std:iso:20022:tech:xsd:camt.052.001.08"), NotABankStatement)


def test_an_unknown_version_is_named_beside_those_that_are_read() -> None:
    error = refused(GOOD.replace(b"camt.053.001.08", b"camt.053.001.04"), UnknownBankVersion)
    assert error.details["version"] == "camt.053.001.04"
    assert "camt.053.001.02, camt.053.001.08" in str(error)


def test_a_file_of_one_version_that_says_it_is_the_other_breaks_the_schema() -> None:
    refused(GOOD.replace(b"camt.053.001.08", b"camt.053.001.02"), InvalidBankFile)


def test_an_element_that_the_schema_does_not_know_is_shown_with_its_line() -> None:
    data = GOOD.replace(b"<NtryRef>0003</NtryRef>", b"<NtryRef>0003</NtryRef>\n<Extra/>")
    error = refused(data, InvalidBankFile, excerpt="<Extra/>", version="camt.053.001.08")
    assert data.splitlines()[error.details["line"] - 1] == b"<Extra/>"


def test_an_amount_with_a_comma_breaks_the_schema() -> None:
    refused(GOOD.replace(b">12.34<", b">12,34<"), InvalidBankFile)


@given(st.integers(1, len(GOOD.rstrip()) - 1))
@settings(max_examples=50, deadline=None)
def test_a_statement_cut_anywhere_is_refused(length: int) -> None:
    with pytest.raises((BrokenXml, NotABankStatement)):
        read_statements(GOOD[:length], name="cut.xml")


def test_a_statement_cut_in_the_middle_points_at_its_end() -> None:
    cut = GOOD[:4000]
    refused(cut, BrokenXml, line=cut.count(b"\n") + 1)


def test_ten_thousand_levels_are_refused() -> None:
    data = HEAD + b'<Document xmlns="' + NAMESPACE + b'">' + b"<a>" * 10_000 + b"</a>" * 10_000 + b"</Document>"
    refused(data, BrokenXml)


def test_a_file_that_is_too_large_is_refused_before_it_is_read() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    data = HEAD + b" " * LARGEST_FILE_BYTES
    refused(data, BankFileTooLarge, size=len(data), limit=LARGEST_FILE_BYTES)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after - before < 3 * LARGEST_FILE_BYTES // 1024


def test_a_name_of_a_million_letters_is_refused_by_the_schema() -> None:
    error = refused(GOOD.replace(b"Onbekende afzender", b"x" * 1_000_000), InvalidBankFile)
    assert len(error.details["excerpt"]) <= 80


def test_a_payment_file_is_asked_for_by_its_own_name() -> None:
    with pytest.raises(NotAPaymentFile):
        read_payments(GOOD, name="statement.xml")


def test_a_comment_cannot_split_an_amount_and_a_processing_instruction_is_not_read() -> None:
    (statement,) = read_statements(GOOD.replace(b">12.34<", b">12.<!-- 9 -->34<?x y?><"), name="s.xml").statements
    assert statement.lines[-1].amount_cents == 1234


def test_a_good_statement_never_becomes_a_tree_and_lets_go_of_each_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    start, end = GOOD.index(b"<Ntry>"), GOOD.rindex(b"</Ntry>") + len(b"</Ntry>")
    count = GOOD.count(b"<Ntry>")
    data = GOOD[:start] + GOOD[start:end] * 50 + GOOD[end:]
    trees: list[bytes] = []
    read_statements(GOOD, name="s.xml")  # the schema is a tree
    monkeypatch.setattr("fund.bank.documents.parse_safely", lambda data: trees.append(data))
    document = stream_document(data, name="s.xml", kind="camt", versions=("camt.053.001.08",))
    entries, most = 0, 0
    for entry in document.elements("BkToCstmrStmt/Stmt/Ntry"):
        parent = entry.getparent()
        assert parent is not None
        assert len(entry) > 0
        entries, most = entries + 1, max(most, sum(1 for _each in parent.iter()))
    assert (entries, trees) == (50 * count, [])
    assert most < data.count(b"</") // 5  # what stands in the piece of the file that was read last


def test_an_entry_in_a_place_that_the_schema_leaves_to_anybody_is_no_entry() -> None:
    for within in (b"</TxDtls>", b"</BkToCstmrStmt>"):
        hidden = GOOD.replace(within, b"<SplmtryData><Envlp><Stmt><Ntry/></Stmt></Envlp></SplmtryData>" + within)
        assert hidden != GOOD
        assert read_statements(hidden, name="s.xml").statements == read_statements(GOOD, name="s.xml").statements


def test_pictures_leave_people_s_letters_alone() -> None:
    assert pictures("Súdwest-Fryslân ☺") == "Súdwest-Fryslân ☺"
    assert pictures("a\x1b[31m\x07\nb\x7f\u2028") == "a␛[31m␇ b␡␛2028"


@example(b"head")  # a code of ours, which is the file's text here
@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: GOOD[:500] + tail))
@settings(max_examples=50, deadline=None)
def test_no_bytes_at_all_make_the_reader_fail_in_another_way_than_by_a_refusal(data: bytes) -> None:
    with pytest.raises(FundError):
        read_statements(data, name="statement.xml")


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
@settings(max_examples=50, deadline=None)
def test_one_flipped_byte_is_read_or_refused_and_never_a_bug(at: int, byte: int) -> None:
    with contextlib.suppress(FundError):
        read_statements(GOOD[:at] + bytes([byte]) + GOOD[at + 1 :], name="statement.xml")
