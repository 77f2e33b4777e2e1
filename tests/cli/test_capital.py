"""``fund partner``, ``key``, ``capital``, ``bank`` and ``cost`` as they are typed."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fund.bank.simulation import StoryBank
from tests.factories import PARTNERS_CSV, founded

OURS, FROM = "NL91ABNA0417164300", "NL44RABO0123456789"
DAY = date(2026, 1, 5)


def started(url: str) -> None:
    """A fund with its partners, a call over all of them, and an account."""
    with founded(url) as world:
        world.partners()
        world.both("capital call", user="anna", second="bram", amount=100_000_00)
        world.both("bank register", user="anna", second="bram", iban=OURS, account="1000")


def pending(result: Any) -> str:
    return str(next(word for word in result.out.split() if word.startswith("Q2026-")))


def test_partners_are_imported_listed_and_shown(fund: Any, database_url: str) -> None:
    with founded(database_url):
        pass
    done = fund("partner", "import", PARTNERS_CSV, database=database_url, user="anna")
    assert done.code == 0, done.err
    assert "34 partners take part." in done.out
    again = fund("partner", "import", PARTNERS_CSV, database=database_url, user="anna")
    assert "34 partners were known already." in again.out

    listed = fund("partner", "list", "--json", database=database_url).json
    assert set(listed["partners"][0]) >= {"id", "name", "kind", "state", "share_bps", "paid_in_cents"}
    assert sum(row["share_bps"] for row in listed["partners"]) == 10_000
    shown = fund("partner", "list", database=database_url, lang="nl").out
    assert "actief" in shown
    assert "100,00%" in shown
    assert "gm0344" in fund("partner", "show", "gm0344", database=database_url).out
    missing = fund("partner", "show", "gm0345x", database=database_url)
    assert missing.code == 1
    assert missing.err.startswith('error[unknown_partner]: "gm0345x" is not one of the 34 partners of this fund')


def test_a_file_that_is_not_there_is_refused_by_name(fund: Any, sqlite_url: str) -> None:
    with founded(sqlite_url):
        pass
    result = fund("partner", "import", "nergens.csv", database=sqlite_url, user="anna")
    assert result.code == 1
    assert result.err.startswith("error[no_such_file]:")
    assert "nergens.csv" in result.err


def test_keys_stand_side_by_side_and_make_the_amount(fund: Any, sqlite_url: str) -> None:
    started(sqlite_url)
    compared = fund("key", "compare", "--amount", "1234,56", database=sqlite_url)
    assert compared.code == 0, compared.err
    assert compared.out.count("1,234.56") == 3
    assert "key 2026" in compared.out
    assert "inhabitants of 2024" in compared.out
    listed = fund("key", "compare", "--amount", "1234,56", "--format", "csv", database=sqlite_url).out
    rows = list(csv.DictReader(io.StringIO(listed.lstrip("\ufeff"))))
    assert len(rows) == 4 * 34
    assert {row["key"] for row in rows} == {"equal", "inhabitants", "base_and_inhabitants", "2026"}
    for name in ("equal", "inhabitants", "base_and_inhabitants", "2026"):
        assert sum(int(row["amount_cents"]) for row in rows if row["key"] == name) == 123_456
    shown = fund("key", "show", database=sqlite_url, lang="nl")
    assert "vastgesteld" in shown.out


def test_a_key_is_proposed_and_shown_with_its_votes(fund: Any, sqlite_url: str, tmp_path: Path) -> None:
    started(sqlite_url)
    path = tmp_path / "key.toml"
    path.write_text('name = "2027"\nfamily = "equal"\nfrom_on = 2027-01-01\n')
    proposed = fund("key", "adopt", path, database=sqlite_url, user="anna")
    assert proposed.code == 0, proposed.err
    assert "every active partner must agree" in proposed.out
    assert "fund decision vote 2027" in proposed.out
    assert "proposed" in fund("key", "show", "2027", database=sqlite_url).out


def test_capital_is_called_by_two_people_and_listed(fund: Any, database_url: str) -> None:
    with founded(database_url) as world:
        world.partners()
    typed = ("capital", "call", "--amount", "100000", "--key", "2026")
    trial = fund(*typed, "--dry-run", database=database_url, user="anna")
    assert "34 calls make EUR 100,000.00; to be paid by 2026-02-04." in trial.out
    made = fund(*typed, database=database_url, user="anna")
    assert made.code == 0, made.err
    assert fund("capital", "list", "--json", database=database_url).json["calls"] == []
    confirmed = fund("confirm", pending(made), "--yes", database=database_url, user="bram")
    assert confirmed.code == 0, confirmed.err
    calls = fund("capital", "list", "--json", database=database_url).json["calls"]
    assert set(calls[0]) >= {"ref", "partner", "called_cents", "received_cents", "due_on"}
    assert sum(call["called_cents"] for call in calls) == 100_000_00
    assert "34 calls" in fund("capital", "list", database=database_url).out
    assert (
        fund("capital", "list", "--partner", "gm0344", "--json", database=database_url).json["calls"][0]["key"]
        == "2026"
    )


def test_amounts_are_refused_by_name_before_anything_happens(fund: Any, sqlite_url: str) -> None:
    started(sqlite_url)
    for text in ("1.234", "1e3", "12,345", "٣", "-0"):
        result = fund("capital", "call", "--amount", text, "--yes", database=sqlite_url, user="anna")
        assert result.code == 2, text
        assert result.err.startswith("error[invalid_amount]:"), text
    nothing = fund("capital", "call", "--amount", "0", "--yes", database=sqlite_url, user="anna")
    assert nothing.code == 1
    assert nothing.err.startswith("error[amount_not_positive]: `capital call`: EUR 0.00 is asked, at least EUR 0.01")


def test_a_statement_is_imported_once_and_tells_what_it_did(fund: Any, database_url: str, tmp_path: Path) -> None:
    started(database_url)
    call = fund("capital", "list", "--json", database=database_url).json["calls"][0]
    bank = StoryBank(OURS)
    bank.receive(call["called_cents"], name="Gemeente", iban=FROM, on=DAY, reference=call["reference"])
    bank.receive(12_345, name="?", iban=FROM, on=DAY, text="onduidelijk")
    bank.charge(250, on=DAY)
    path = tmp_path / "afschrift.xml"
    path.write_bytes(bank.statement(DAY))

    done = fund("bank", "import", path, "--json", database=database_url, user="bram")

    assert done.code == 0, done.err
    result = done.json
    assert result["result"]["lines_new"] == 3
    assert [result[key] for key in ("files", "statements", "lines_new", "lines_known", "matched", "unmatched")] == [
        1,
        1,
        3,
        0,
        2,
        1,
    ]
    again = fund("bank", "import", path, path, database=database_url, user="bram")
    assert "0 new lines, 6 known before." in again.out
    waiting = fund("bank", "unmatched", database=database_url, user="bram")
    assert "O2026-0002" in waiting.out
    assert "123.45" in waiting.out
    listed = fund("bank", "list", database=database_url, user="bram", lang="nl")
    assert "toegerekend" in listed.out
    assert call["ref"] in listed.out
    assert "2.50" in fund("cost", "list", database=database_url).out


def test_a_match_that_nothing_points_to_asks_a_second_person(fund: Any, sqlite_url: str, tmp_path: Path) -> None:
    started(sqlite_url)
    bank = StoryBank(OURS)
    bank.receive(12_345, name="?", iban=FROM, on=DAY, text="onduidelijk")
    path = tmp_path / "afschrift.xml"
    path.write_bytes(bank.statement(DAY))
    assert fund("bank", "import", path, database=sqlite_url, user="bram").code == 0

    unnamed = fund("bank", "match", "O2026-0001", database=sqlite_url, user="bram")
    assert unnamed.code == 1
    assert unnamed.err.startswith("error[several_candidates]: O2026-0001 of EUR 123.45 has 0 candidates")
    made = fund("bank", "match", "O2026-0001", "--to", "B2026-0001", database=sqlite_url, user="bram")
    assert made.code == 0, made.err
    assert fund("confirm", pending(made), "--yes", database=sqlite_url, user="anna").code == 0
    undone = fund("bank", "unmatch", "O2026-0001", "--reason", "x", "--yes", database=sqlite_url, user="bram")
    assert undone.code == 0, undone.err
    assert (
        fund("capital", "receive", "B2026-0002", "--receipt", "O2026-0001", database=sqlite_url, user="bram").code == 0
    )


def test_an_xml_of_another_account_and_a_broken_one_are_refused_with_their_place(
    fund: Any, sqlite_url: str, tmp_path: Path
) -> None:
    started(sqlite_url)
    other = StoryBank(FROM)
    other.receive(1, name="?", iban=OURS, on=DAY)
    (tmp_path / "ander.xml").write_bytes(other.statement(DAY))
    (tmp_path / "stuk.xml").write_bytes(b"<Document>")

    wrong = fund("bank", "import", tmp_path / "ander.xml", database=sqlite_url, user="bram")
    assert wrong.code == 1
    assert "error[other_bank_account]" in wrong.err
    assert FROM in wrong.err
    assert OURS in wrong.err
    broken = fund("bank", "import", tmp_path / "stuk.xml", database=sqlite_url, user="bram")
    assert broken.code == 1
    assert "stuk.xml:1" in broken.err
    assert fund("bank", "list", "--json", database=sqlite_url).json["statements"] == []


def test_an_unexplained_debit_and_income_are_explained(fund: Any, sqlite_url: str, tmp_path: Path) -> None:
    from fund.bank.simulation import StoryEntry, StoryTransaction

    started(sqlite_url)
    bank = StoryBank(OURS)
    bank.receive(500, name="Bank", iban="", on=DAY, text="rente")
    debit = StoryTransaction(amount_cents=-300, name="?", iban=FROM, text="incasso")
    bank.entries.append(StoryEntry(transactions=(debit,), booked_on=DAY, code="PMNT/RDDT/ESDD"))
    path = tmp_path / "afschrift.xml"
    path.write_bytes(bank.statement(DAY))
    assert fund("bank", "import", path, database=sqlite_url, user="bram").code == 0

    assert "U2026-0001" in fund("bank", "unmatched", database=sqlite_url, user="bram").out
    charged = fund("cost", "charge", "U2026-0001", "--reason", "contributie", database=sqlite_url, user="bram")
    assert charged.code == 0, charged.err
    income = ("cost", "income", "--receipt", "O2026-0001", "--reason", "rente")
    assert fund(*income, database=sqlite_url, user="bram").code == 0
    listed = fund("cost", "list", database=sqlite_url).out
    assert "contributie" in listed
    assert "rente" in listed
    assert "No receipt waits." in fund("bank", "unmatched", database=sqlite_url).out


def test_a_call_in_instalments_says_its_days(fund: Any, sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        world.partners()
    typed = ("capital", "call", "--amount", "100000", "--due", "2026-03-31")
    shown = fund(*typed, "--instalments", "4", "--every", "3", "--dry-run", database=sqlite_url, user="anna")
    assert shown.code == 0, shown.err
    assert "136 calls make EUR 100,000.00, in 4 instalments: 2026-03-31, 2026-06-30, 2026-09-30" in shown.out
    unclear = fund(*typed, "--instalments", "4", "--dry-run", database=sqlite_url, user="anna")
    assert unclear.code == 2
    assert unclear.err.startswith("error[instalments_unclear]: 4 instalments and 1 last days to pay do not say")
    twice = fund(*typed, "--due", "2026-03-31", "--dry-run", database=sqlite_url, user="anna")
    assert twice.err.startswith("error[due_days_out_of_order]: `capital call`: 2026-03-31 cannot follow 2026-03-31")


def test_a_letter_is_shown_written_and_written_again(fund: Any, sqlite_url: str, tmp_path: Path) -> None:
    started(sqlite_url)
    shown = fund("capital", "letter", "B2026-0004", database=sqlite_url)
    assert "Capital call B2026-0004, Gemeente Bunnik" in shown.out
    assert "RF46 B202 6000 4" in shown.out
    assert "808759/60674770" in shown.out
    one = tmp_path / "one.pdf"
    done = fund("capital", "letter", "B2026-0004", "--output", one, database=sqlite_url)
    assert done.out == f"1 letter is written: {one}\n"
    folder = tmp_path / "letters"
    typed = ("capital", "letter", "B2026-0001", "--all", "--output", folder)
    written = fund(*typed, "--json", database=sqlite_url)
    assert written.code == 0, written.err
    assert len(written.json["files"]) == len(list(folder.iterdir())) == 34
    assert (folder / "B2026-0004.pdf").read_bytes() == one.read_bytes()
    there = {path: path.read_bytes() for path in folder.iterdir()}
    for again in (typed, ("capital", "letter", "B2026-0004", "--output", folder / "B2026-0004.pdf")):
        (folder / "B2026-0004.pdf").write_bytes(b"eigen aantekeningen")
        refused = fund(*again, database=sqlite_url)
        assert (refused.code, refused.err.partition(":")[0]) == (1, "error[output_exists]")
        assert (folder / "B2026-0004.pdf").read_bytes() == b"eigen aantekeningen"
    assert fund(*typed, "--force", database=sqlite_url).out == f"34 letters are written: {folder}\n"
    assert {path: path.read_bytes() for path in folder.iterdir()} == there
    nowhere = fund("capital", "letter", "B2026-0001", "--all", "--output", one, database=sqlite_url)
    assert nowhere.err.startswith("error[file_unreadable]:")


def test_what_was_paid_too_much_is_listed_and_given_back(fund: Any, sqlite_url: str) -> None:
    from tests.workflows.test_overpayments import overpaid

    with founded(sqlite_url) as world:
        overpaid(world)
    nothing = fund("repayment", "overpaid", "--as-of", "2026-01-04", database=sqlite_url)
    assert nothing.out.endswith("Nothing was paid too much.\n")
    shown = fund("repayment", "overpaid", database=sqlite_url)
    assert "gm0308   Baarn  2026-01-05  2026-01-08        250.00" in shown.out
    assert max(len(line) for line in shown.out.splitlines()) <= 80
    made = fund("repayment", "refund", "gm0308", "--amount", "100", database=sqlite_url, user="bram")
    assert made.code == 0, made.err
    done = fund("confirm", pending(made), "--yes", database=sqlite_url, user="anna")
    assert done.code == 0, done.err
    assert fund("repayment", "overpaid", "--json", database=sqlite_url).json["total_cents"] == 150_00
    unclear = fund("repayment", "refund", "gm0308", "--to", "B2026-0001", database=sqlite_url, user="bram")
    assert unclear.err.startswith("error[nothing_open]:")


@pytest.mark.parametrize(("columns", "lang"), [(80, "nl"), (120, "nl"), (80, "en")])
def test_keys_of_34_partners_and_nine_digits_fit_the_terminal(
    fund: Any, sqlite_url: str, columns: int, lang: str
) -> None:
    started(sqlite_url)
    typed = ("key", "compare", "--amount", "999999999.99")
    shown = fund(*typed, database=sqlite_url, terminal=True, columns=columns, lang=lang)
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in shown.out.splitlines()]
    assert max(map(len, lines)) <= columns
    assert lines[-1].count("999.999.999,99" if lang == "nl" else "999,999,999.99") == 3
    for name in ("Amersfoort", "Wijk bij Duurstede", "Utrechtse Heuvelrug"):
        assert any(line.startswith(name) for line in lines), name
    looked = fund("key", "review", database=sqlite_url, terminal=True, columns=columns, lang=lang)
    assert looked.code == 0, looked.err
    assert max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in looked.out.splitlines()) <= columns


def test_a_candidate_is_quoted_and_brought_before_the_board(fund: Any, sqlite_url: str, tmp_path: Path) -> None:
    from tests.workflows.test_admission import SOEST, ready

    with founded(sqlite_url) as world:
        ready(world)
    quoted = fund("partner", "accession-quote", "gm0342", database=sqlite_url)
    assert quoted.out.startswith("Gemeente Soest joining, as of 5 January 2026\n")
    assert "To be paid, at par" in quoted.out
    made = fund("partner", "admit", "gm0342", "--reason", "graag", database=sqlite_url, user="sara")
    assert made.code == 0, made.err
    done = fund("confirm", pending(made), "--yes", database=sqlite_url, user="carla")
    assert done.code == 0, done.err
    path = tmp_path / "again.csv"
    path.write_bytes(SOEST)
    again = fund("partner", "add", path, database=sqlite_url, user="anna")
    assert again.err.startswith("error[partner_known]: Soest is known already (candidate)")
    other = tmp_path / "new.csv"
    other.write_bytes(SOEST.replace(b"gm0342", b"gm9342"))
    assert "gm9342 is a candidate." in fund("partner", "add", other, database=sqlite_url, user="anna").out
