"""What a bank says happened, read whole or refused whole."""

from __future__ import annotations

import re
import tracemalloc
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fund.bank import BankStatement, read_statements
from fund.bank.simulation import StoryEntry, StoryTransaction, write_statement
from fund.errors import FundError
from fund.errors.bank import (
    AccountWithoutIban,
    BankStatementDoesNotAddUp,
    BankStatementWithoutBalance,
    BatchDoesNotAddUp,
    CountDoesNotMatch,
    InvalidBankFile,
    NotABankStatement,
    PartOfACent,
    TransactionWithoutAmount,
    WrongCurrency,
)

SAMPLES = Path(__file__).parent / "samples"
OURS = "NL91ABNA0417164300"
THEIRS = "NL44RABO0123456789"
DAY = date(2026, 3, 31)


def sample(version: str) -> bytes:
    return (SAMPLES / f"voorbeeld-fonds.camt.053.001.{version}.xml").read_bytes()


def read_one(data: bytes) -> BankStatement:
    (statement,) = read_statements(data, name="statement.xml").statements
    return statement


def written(*entries: StoryEntry, opening_cents: int = 0, version: str = "08", **more: object) -> bytes:
    return write_statement(
        iban=OURS,
        statement_id="S1",
        sequence_number=1,
        opening_cents=opening_cents,
        opened_on=DAY,
        closed_on=DAY,
        entries=entries,
        version=version,
        **more,  # type: ignore[arg-type]
    )


def entry(*amounts: int, **more: object) -> StoryEntry:
    transactions = tuple(StoryTransaction(amount_cents=cents, name="Gemeente Baarn", iban=THEIRS) for cents in amounts)
    return StoryEntry(transactions=transactions, booked_on=DAY, **more)  # type: ignore[arg-type]


def as_text(statement: BankStatement) -> str:
    rows = [f"{statement.iban} {statement.document_id} nr {statement.sequence_number}: {statement.opening_cents}"]
    for line in statement.lines:
        rows.append(
            f"{line.entry_reference}.{line.batch_position}/{line.batch_size} {line.booked_on} {line.amount_cents} "
            f"[{line.counterparty_name}] {line.counterparty_iban} e2e={line.end_to_end_id} "
            f"rf={line.creditor_reference} [{line.text}] {line.code} {line.return_reason} "
            f"{line.bank_reference} {line.payment_information_id}".rstrip()
        )
    return "\n".join([*rows, str(statement.closing_cents)])


SAMPLE_AS_TEXT = """\
NL91ABNA0417164300 STMT20250210 nr 41: 50000000
0001.1/1 2025-02-10 10000000 [Gemeente Amersfoort] NL44RABO0123456789 e2e= rf= \
[Bijdrage 2025 kenmerk BIJ-2025-001] PMNT/RCDT/ESCT  BANK0001
0002.1/1 2025-02-10 500000 [Gemeente Renswoude] NL20INGB0001234567 e2e=BIJ2025002 rf=RF09BIJ2025002 \
[] PMNT/RCDT/ESCT  BANK0002
0003.1/2 2025-02-10 -4500000 [Gemeente Renswoude] NL20INGB0001234567 e2e=BES-2025-001 rf= \
[Voorschot BES-2025-001] PMNT/ICDT/ESCT  BANK0003 BAT-2025-001
0003.2/2 2025-02-10 -15000000 [Hoogheemraadschap De Stichtse Rijnlanden] NL69INGB0123456789 e2e=LEN-2025-001 rf= \
[Lening LEN-2025-001] PMNT/ICDT/ESCT  BANK0003 BAT-2025-001
0004.1/1 2025-02-10 4500000 [Gemeente Renswoude] NL20INGB0001234567 e2e=BES-2025-001 rf= \
[Retour BES-2025-001] PMNT/RCDT/RRTN AC04 BANK0004
0005.1/1 2025-02-10 1234 [Onbekende afzender] NL02ABNA0123456789 e2e= rf= \
[zonder kenmerk] PMNT/RCDT/ESCT  BANK0005
45501234"""


@pytest.mark.parametrize("version", ["02", "08"])
def test_the_sample_statement_is_read_with_all_its_references_in_both_versions(version: str) -> None:
    file = read_statements(sample(version), name="statement.xml")
    (statement,) = file.statements
    assert file.version == f"camt.053.001.{version}"
    assert as_text(statement) == SAMPLE_AS_TEXT
    assert statement.created_at == datetime(2025, 2, 11, 5, 0, tzinfo=UTC)
    assert (statement.opened_on, statement.closed_on) == (date(2025, 2, 10), date(2025, 2, 10))


def test_the_same_statement_in_both_versions_is_the_same_statement_with_the_same_lines() -> None:
    old, new = read_one(sample("02")), read_one(sample("08"))
    assert old.content_sha256 == new.content_sha256
    assert [line.line_id for line in old.lines] == [line.line_id for line in new.lines]
    assert len({line.line_id for line in old.lines}) == 6


def test_a_statement_with_another_amount_or_reference_has_another_content() -> None:
    original = read_one(sample("08")).content_sha256
    other_reference = sample("08").replace(b"RF09BIJ2025002", b"RF64BIJ2025003")
    assert read_one(other_reference).content_sha256 != original


@pytest.mark.parametrize(
    ("name", "error", "details"),
    [
        ("camt053.v2.minimal.xml", WrongCurrency, {"line": 60, "found": "SEK 27.00"}),
        ("camt053.v8.xml", AccountWithoutIban, {"account": "NL26VAYB8060476890"}),
        ("voorbeeld-fonds.pain.001.001.09.xml", NotABankStatement, {"line": 2, "found": "pain.001.001.09"}),
    ],
)
def test_a_sample_that_is_no_statement_of_the_fund_is_refused_with_its_reason(
    name: str, error: type[FundError], details: dict[str, object]
) -> None:
    with pytest.raises(error) as caught:
        read_statements((SAMPLES / name).read_bytes(), name=name)
    assert details.items() <= caught.value.details.items()
    assert str(caught.value).startswith(f"{name}:{caught.value.details['line']}: ")


@pytest.mark.parametrize("version", ["02", "08"])
def test_a_statement_that_does_not_say_when_it_was_made_is_as_old_as_its_file(version: str) -> None:
    data = sample(version)
    whole, made = read_one(data), re.compile(rb"\s*<CreDtTm>[^<]*</CreDtTm>")
    assert len(made.findall(data)) == 2
    head, tail = data.split(b"</GrpHdr>")
    if version == "08":  # the older version asks it of each statement
        assert read_one(head + b"</GrpHdr>" + made.sub(b"", tail)).lines == whole.lines
    apart = re.sub(rb"(<CreDtTm>)[^<]*", rb"\g<1>2025-02-11T06:00:00+01:00", head) + b"</GrpHdr>"
    assert read_one(apart + tail).created_at == whole.created_at
    if version == "08":
        assert read_one(apart + made.sub(b"", tail)).created_at == datetime(2025, 2, 11, 5, tzinfo=UTC)


def test_several_statements_in_one_file_are_read_each_for_itself() -> None:
    text = sample("08").decode()
    start, end = text.index("<Stmt>"), text.index("</Stmt>") + len("</Stmt>")
    second = text[start:end].replace("STMT20250210", "STMT20250211").replace(">41<", ">42<")
    both = (text[:end] + second + text[end:]).encode()
    file = read_statements(both, name="two.xml")
    assert [statement.sequence_number for statement in file.statements] == [41, 42]
    first, last = file.statements
    assert not {line.line_id for line in first.lines} & {line.line_id for line in last.lines}


def test_opening_plus_entries_must_be_closing_and_the_refusal_shows_both_and_the_difference() -> None:
    data = sample("08").replace(b'<Amt Ccy="EUR">12.34</Amt>', b'<Amt Ccy="EUR">12.35</Amt>')
    with pytest.raises(BankStatementDoesNotAddUp) as caught:
        read_statements(data, name="statement.xml")
    assert caught.value.details == {
        "file": "statement.xml",
        "line": 8,
        "statement": "STMT20250210",
        "opening_cents": 50000000,
        "entries_cents": -4498765,
        "computed_cents": 45501235,
        "closing_cents": 45501234,
        "difference_cents": -1,
    }
    assert "EUR 455,012.35" in str(caught.value)
    assert "EUR 455,012.34" in str(caught.value)
    assert "EUR -0.01" in str(caught.value)


def test_the_transactions_of_a_batch_must_make_its_amount() -> None:
    data = sample("08").replace(b'<Amt Ccy="EUR">45000.00</Amt>', b'<Amt Ccy="EUR">44999.99</Amt>', 1)
    with pytest.raises(BatchDoesNotAddUp) as caught:
        read_statements(data, name="statement.xml")
    assert caught.value.details["entry"] == "0003"
    assert caught.value.details["amount_cents"] == -19500000
    assert caught.value.details["transactions_cents"] == -19499999
    assert caught.value.details["difference_cents"] == -1


def test_a_batch_holds_as_many_transactions_as_it_announces() -> None:
    data = sample("08").replace(b"<NbOfTxs>2</NbOfTxs>", b"<NbOfTxs>3</NbOfTxs>")
    with pytest.raises(CountDoesNotMatch) as caught:
        read_statements(data, name="statement.xml")
    assert (caught.value.details["announced"], caught.value.details["found"]) == (3, 2)


def test_a_transaction_of_a_batch_without_an_amount_in_euros_is_not_guessed() -> None:
    data = sample("08").replace(b'<Amt Ccy="EUR">45000.00</Amt>', b'<Amt Ccy="SEK">45000.00</Amt>', 1)
    with pytest.raises(TransactionWithoutAmount) as caught:
        read_statements(data, name="statement.xml")
    assert caught.value.details["position"] == 1


@pytest.mark.parametrize(
    "change",
    [
        (b"<Ccy>EUR</Ccy>", b"<Ccy>USD</Ccy>"),
        (b'<Amt Ccy="EUR">500000.00</Amt>', b'<Amt Ccy="USD">500000.00</Amt>'),
        (b'<Amt Ccy="EUR">12.34</Amt>', b'<Amt Ccy="GBP">12.34</Amt>'),
    ],
)
def test_an_account_a_balance_or_an_entry_in_another_currency_is_refused(change: tuple[bytes, bytes]) -> None:
    with pytest.raises(WrongCurrency):
        read_statements(sample("08").replace(*change), name="statement.xml")


def test_an_amount_with_a_part_of_a_cent_is_refused_and_zeros_behind_it_are_not() -> None:
    with pytest.raises(PartOfACent):
        read_statements(sample("08").replace(b">12.34<", b">12.345<"), name="statement.xml")
    assert read_one(sample("08").replace(b">12.34<", b">12.34000<")).lines[-1].amount_cents == 1234


@pytest.mark.parametrize(
    ("change", "kind", "count"),
    [((b"OPBD", b"OPAV"), "OPBD", 0), ((b"CLBD", b"CLAV"), "CLBD", 0), ((b"OPBD", b"CLBD"), "OPBD", 0)],
)
def test_a_statement_needs_one_opening_and_one_closing_balance(
    change: tuple[bytes, bytes], kind: str, count: int
) -> None:
    with pytest.raises(BankStatementWithoutBalance) as caught:
        read_statements(sample("08").replace(*change), name="statement.xml")
    assert (caught.value.details["kind"], caught.value.details["count"]) == (kind, count)


def test_the_previous_closing_balance_serves_as_opening_balance() -> None:
    assert read_one(sample("08").replace(b"OPBD", b"PRCD")).opening_cents == 50000000


def test_an_overdrawn_account_has_negative_balances() -> None:
    statement = read_one(written(entry(-1500), opening_cents=1000))
    assert (statement.opening_cents, statement.closing_cents) == (1000, -500)


def test_what_the_bank_only_announces_is_counted_and_left_out() -> None:
    statement = read_one(written(entry(1000), entry(99, booked=False)))
    assert [line.amount_cents for line in statement.lines] == [1000]
    assert statement.not_booked == 1


@pytest.mark.parametrize("version", ["02", "08"])
def test_what_the_bank_keeps_from_an_amount_is_its_price_and_the_payer_paid_the_whole(version: str) -> None:
    statement = read_one(written(entry(10000, charges_cents=50), version=version))
    (line,) = statement.lines
    assert (line.amount_cents, line.charges_cents, line.booked_cents) == (10000, 50, 9950)
    assert statement.closing_cents == 9950


@pytest.mark.parametrize("version", ["02", "08"])
def test_the_price_of_a_batch_is_kept_with_its_first_transaction(version: str) -> None:
    statement = read_one(written(entry(-10000, -5000, charges_cents=50), opening_cents=20000, version=version))
    assert [(line.amount_cents, line.charges_cents) for line in statement.lines] == [(-10000, 50), (-5000, 0)]
    assert statement.closing_cents == 4950


def test_charges_that_are_booked_elsewhere_do_not_change_the_amount() -> None:
    data = written(entry(10000, charges_cents=50)).replace(
        b'<Amt Ccy="EUR">99.50</Amt>', b'<Amt Ccy="EUR">100.00</Amt>'
    )
    # closing was 99.50 as well, and is now 100.00
    (line,) = read_one(data).lines
    assert (line.amount_cents, line.charges_cents) == (10000, 0)


def test_a_reversal_is_a_line_of_the_other_sign_that_says_so() -> None:
    (line,) = read_one(written(entry(-2500, reversal=True), opening_cents=2500)).lines
    assert line.reversal
    assert line.amount_cents == -2500


def test_a_returned_payment_names_the_other_side_even_where_the_parties_stand_as_they_were() -> None:
    data = sample("08")
    start = data.index(b"<NtryRef>0004</NtryRef>")
    end = data.index(b"</Ntry>", start)
    swapped = (
        data[start:end]
        .replace(b"DbtrAcct>", b"X>")
        .replace(b"Dbtr>", b"Cdtr>")
        .replace(b"X>", b"CdtrAcct>")
        .replace(
            b"<RltdPties>",
            b"<RltdPties><Dbtr><Pty><Nm>Fonds</Nm></Pty></Dbtr>"
            b"<DbtrAcct><Id><IBAN>NL91ABNA0417164300</IBAN></Id></DbtrAcct>",
        )
    )
    line = read_one(data[:start] + swapped + data[end:]).lines[4]
    assert (line.counterparty_name, line.counterparty_iban) == ("Gemeente Renswoude", "NL20INGB0001234567")
    assert line.returned


def test_entries_without_a_reference_or_with_the_same_one_still_have_lines_of_their_own() -> None:
    data = written(
        entry(100, reference=""), entry(100, reference=""), entry(100, reference="A"), entry(100, reference="A")
    )
    lines = read_one(data).lines
    assert [line.entry_reference for line in lines] == ["#1", "#2", "A", "A#2"]
    assert len({line.line_id for line in lines}) == 4


def test_a_batch_that_is_not_opened_up_is_one_line_that_names_the_batch() -> None:
    text = written(entry(-10000, -5000, batch_id="S2026005"), opening_cents=20000).decode()
    start, end = text.index("<TxDtls>"), text.rindex("</TxDtls>") + len("</TxDtls>")
    (line,) = read_one((text[:start] + text[end:]).encode()).lines
    assert (line.amount_cents, line.payment_information_id, line.batch_size) == (-15000, "S2026005", 1)


def test_control_and_direction_characters_in_a_name_come_in_as_pictures() -> None:
    data = sample("08").replace(b"Onbekende afzender", "Jan\u202egpj\u0085 \u200bx".encode())
    assert read_one(data).lines[-1].counterparty_name == "Jan␛202Egpj ␛200Bx"


@pytest.mark.parametrize("day", ["0000-01-01", "12025-02-10", "-2025-02-10"])
def test_a_day_that_the_schema_knows_and_the_calendar_does_not_is_refused(day: str) -> None:
    data = sample("08").replace(b"<Dt>2025-02-10</Dt>", f"<Dt>{day}</Dt>".encode())
    with pytest.raises(InvalidBankFile):
        read_statements(data, name="statement.xml")


def test_a_day_given_as_an_instant_is_the_day_in_amsterdam() -> None:
    data = sample("08").replace(
        b"<BookgDt>\n          <Dt>2025-02-10</Dt>", b"<BookgDt>\n          <DtTm>2025-02-09T23:30:00Z</DtTm>"
    )
    assert read_one(data).lines[0].booked_on == date(2025, 2, 10)


def test_ten_thousand_entries_are_read_within_the_memory_that_is_promised() -> None:
    one = StoryTransaction(amount_cents=1, name="Gemeente Baarn", iban=THEIRS, text="Bijdrage B2026-0001")
    data = written(*[StoryEntry(transactions=(one,), booked_on=DAY)] * 10_000)
    assert len(data) > 8_000_000
    tracemalloc.start()
    try:
        statement = read_one(data)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert statement.closing_cents == 10_000
    assert len({line.line_id for line in statement.lines}) == 10_000
    assert peak < 60_000_000  # the records; the tree of libxml2 is outside this count and cleared entry by entry


plain_text = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=30)
amounts = st.integers(1, 10**11) | st.integers(-(10**11), -1)


@st.composite
def story_entries(draw: st.DrawFn) -> StoryEntry:
    size = draw(st.integers(1, 3))
    credit = draw(st.booleans())
    found = []
    for _number in range(size):
        cents = draw(st.integers(1, 10**11))
        found.append(
            StoryTransaction(
                amount_cents=cents if credit else -cents,
                name=draw(plain_text),
                iban=THEIRS,
                end_to_end_id=draw(plain_text),
                text=draw(plain_text),
            )
        )
    return StoryEntry(transactions=tuple(found), booked_on=draw(st.dates(date(2000, 1, 1), date(2099, 12, 31))))


@given(st.lists(story_entries(), max_size=6), st.integers(-(10**12), 10**12), st.sampled_from(["02", "08"]))
@settings(max_examples=25, deadline=None)
def test_every_statement_that_a_bank_writes_is_read_as_it_was_meant(
    entries: list[StoryEntry], opening_cents: int, version: str
) -> None:
    statement = read_one(written(*entries, opening_cents=opening_cents, version=version))
    told = [
        (part.amount_cents, part.name, part.iban, part.end_to_end_id, part.text, entry.booked_on)
        for entry in entries
        for part in entry.transactions
    ]
    assert [
        (
            line.amount_cents,
            line.counterparty_name,
            line.counterparty_iban,
            line.end_to_end_id,
            line.text,
            line.booked_on,
        )
        for line in statement.lines
    ] == told
    assert statement.opening_cents == opening_cents
    assert statement.closing_cents == opening_cents + sum(cents for cents, *_rest in told)
