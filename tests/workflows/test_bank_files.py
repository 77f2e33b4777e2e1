"""Files as banks really send them: each gets its own answer, and nothing is booked twice or lost."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fund.bank import BankFile, read_statements
from fund.bank.simulation import StoryBank, StoryEntry, StoryTransaction, write_notification, write_statement
from fund.commands import executing as asking
from fund.database import Connection, Engine, writing
from fund.errors import FundError
from fund.errors.bank import APaymentStatus, NotABankStatement
from fund.errors.commands import CommandConflict
from fund.errors.people import NotAuthorised
from fund.workflows.receipts import importing
from tests.factories import World, founded
from tests.workflows.test_receipts import DAY, FROM, OTHER, OURS, called, import_bytes, import_statement, registered

SAMPLES = Path(__file__).parent.parent / "bank" / "samples"
AT = datetime(2026, 1, 5, 12, tzinfo=UTC)


def line(cents: int, *, on: date = DAY, iban: str = OTHER, text: str = "", name: str = "?", **more: Any) -> StoryEntry:
    """An entry of one transaction; ``end_to_end_id`` goes to the transaction, the rest to the entry."""
    end_to_end_id = more.pop("end_to_end_id", "")
    reason = more.pop("return_reason", "")
    transaction = StoryTransaction(
        amount_cents=cents, name=name, iban=iban, text=text, end_to_end_id=end_to_end_id, return_reason=reason
    )
    return StoryEntry(transactions=(transaction,), booked_on=on, **more)


def statement(
    number: int, entries: list[StoryEntry], *, opening: int = 0, first: date = DAY, last: date = DAY, name: str = ""
) -> bytes:
    return write_statement(
        iban=OURS, statement_id=name or f"S{number}", sequence_number=number, opening_cents=opening, opened_on=first,
        closed_on=last, entries=entries,
    )  # fmt: skip


def notification(name: str, *entries: StoryEntry) -> bytes:
    return write_notification(iban=OURS, notification_id=name, entries=entries, created_at=AT)


def counts(result: dict[str, Any]) -> tuple[int, int]:
    return result["lines_new"], result["lines_known"]


def cents(world: World) -> list[int]:
    return sorted(row["amount_cents"] for row in world.ask("bank list")["receipts"])


# ----------------------------------------------------------------------------------------------------------- samples


def test_the_samples_of_the_fund_are_imported_and_are_the_same_statement_in_both_versions(sqlite_url: str) -> None:
    with founded(sqlite_url, at=datetime(2026, 4, 1, 9, tzinfo=UTC)) as world:
        world.both("bank register", user="anna", second="bram", iban=OURS, account="1000", on=date(2026, 4, 1))
        first, second = (
            (SAMPLES / f"voorbeeld-fonds.camt.053.001.{version}.xml").read_bytes() for version in ("02", "08")
        )
        lines = import_bytes(world, first)["lines_new"]
        assert lines > 0
        assert counts(import_bytes(world, second)) == (0, lines)
        listed = world.ask("bank list")
        account = listed["accounts"][0]
        opening = listed["statements"][0]["opening_cents"]
        assert account["ledger_cents"] == account["closing_cents"] - opening


@pytest.mark.parametrize(
    ("sample", "code"),
    [
        ("camt053.v2.minimal.xml", "wrong_currency"),
        ("camt053.v8.xml", "account_without_iban"),
        ("voorbeeld-fonds.pain.001.001.09.xml", "not_a_bank_statement"),
    ],
)
def test_the_samples_of_others_are_refused_with_their_reason(sqlite_url: str, sample: str, code: str) -> None:
    with founded(sqlite_url) as world:
        registered(world)
        with pytest.raises(FundError) as refused:
            import_bytes(world, (SAMPLES / sample).read_bytes())
        assert refused.value.code() == code
        assert world.ask("bank list")["statements"] == []


def test_a_report_on_payments_is_sent_to_the_command_that_reads_it(sqlite_url: str) -> None:
    content = b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt/></Document>'
    with founded(sqlite_url) as world, pytest.raises(APaymentStatus) as refused:
        import_bytes(world, content)
    assert refused.value.advice == "fund payment status afschrift-1.xml"


# ----------------------------------------------------------------------------------------- notifications (camt.054)


def test_what_a_notification_told_is_known_when_the_statement_comes(database_url: str) -> None:
    with founded(database_url) as world:
        call = called(world)
        registered(world)
        paid = line(100_000, iban=FROM, text=f"bijdrage {call['ref']}", bank_reference="BR1")

        result = import_bytes(world, notification("N1", paid))
        assert (result["notifications"], result["matched"], counts(result)) == (1, 1, (1, 0))
        assert world.ask("bank list")["statements"] == []
        result = import_bytes(world, statement(1, [paid, line(500)]))

        assert counts(result) == (1, 1)
        assert result["taken"] == [
            {
                "file": "afschrift-1.xml", "kind": "statement", "iban": OURS, "statement_id": "S1", "lines": 2,
                "lines_new": 1, "lines_known": 1, "new": True,
            }
        ]  # fmt: skip
        assert world.balances()["1000"] == 100_500
        assert counts(import_bytes(world, notification("N1", paid))) == (0, 1), "the same notification again"
        assert counts(import_bytes(world, notification("N2", paid))) == (0, 1), "and under another name"
        listed = world.ask("bank list")
        assert [(row["notification_id"], row["lines"], row["lines_known"]) for row in listed["notifications"]] == [
            ("N1", 1, 0), ("N2", 1, 1),
        ]  # fmt: skip
        assert listed["notifications"][0] == {
            "iban": OURS, "notification_id": "N1", "sequence_number": None, "first_on": DAY.isoformat(),
            "last_on": DAY.isoformat(), "lines": 1, "lines_known": 0, "file": "afschrift-1.xml",
        }  # fmt: skip
        earlier = DAY - timedelta(days=1)
        assert world.ask("bank list", as_of=earlier)["notifications"] == []


def test_a_list_of_an_earlier_day_shows_receipts_as_they_were(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        call = called(world, 500)
        import_statement(world, registered(world))
        import_bytes(world, statement(1, [line(500, text="zomaar")]))
        world.clock(DAY + timedelta(days=9))
        world.both("bank match", user="bram", second="anna", ref="O2026-0001", to=call["ref"])
        world.do("bank unmatch", user="bram", ref="O2026-0001", reason="toch niet")
        (now,) = world.ask("bank list")["receipts"]
        (then,) = world.ask("bank list", as_of=DAY + timedelta(days=8))["receipts"]
        assert (then["state"], then["waiting_cents"], then["allocated_cents"], len(then["uses"])) == (
            "allocated", 0, 500, 1,
        )  # fmt: skip
        assert (now["waiting_cents"], now["allocated_cents"], now["uses"]) == (500, 0, [])
        assert world.ask("bank list", as_of=DAY - timedelta(days=1))["receipts"] == []


def test_two_accounts_on_one_code_are_compared_with_the_ledger_together(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        first, second = registered(world), registered(world, FROM)
        for bank, cents in ((first, 300), (second, 200)):
            bank.receive(cents, name="?", iban=OTHER, on=DAY)
            import_statement(world, bank)
        listed = world.ask("bank list")
        assert {(row["iban"], row["closing_cents"], row["ledger_cents"]) for row in listed["accounts"]} == {
            (OURS, 300, None), (FROM, 200, None),
        }  # fmt: skip
        assert listed["ledger_accounts"] == [
            {"account": "1000", "accounts": 2, "closing_cents": 500, "ledger_cents": 500}
        ]


def test_in_either_order_as_many_alike_payments_are_booked_as_one_kind_of_document_names(sqlite_url: str) -> None:
    alike = line(5_00, end_to_end_id="E1")
    for order in ((0, 1), (1, 0)):
        with founded(sqlite_url.replace("fund.db", f"fund-{order[0]}.db")) as world:
            registered(world)
            files = (notification("N1", alike), statement(1, [alike, alike, alike]))
            for number in order:
                import_bytes(world, files[number])
            assert cents(world) == [5_00, 5_00, 5_00]
            assert world.balances()["1000"] == 15_00


def test_a_second_payment_that_looks_the_same_is_booked_with_the_next_statement(sqlite_url: str) -> None:
    alike = line(5_00)
    with founded(sqlite_url) as world:
        registered(world)
        import_bytes(world, notification("N1", alike))
        assert counts(import_bytes(world, statement(1, [alike]))) == (0, 1)
        assert counts(import_bytes(world, statement(2, [alike], opening=5_00))) == (1, 0)
        assert world.balances()["1000"] == 10_00


def test_the_line_with_the_same_words_is_the_known_one(sqlite_url: str) -> None:
    one, two = line(5_00, text="factuur 1"), line(5_00, text="factuur 2")
    with founded(sqlite_url) as world:
        registered(world)
        import_bytes(world, notification("N1", two))
        import_bytes(world, statement(1, [one, two]))
        assert sorted(row["text"] for row in world.ask("bank list", user="bram")["receipts"]) == [
            "factuur 1",
            "factuur 2",
        ]


def test_a_batch_that_the_statement_gives_as_one_sum_is_known_from_its_parts(sqlite_url: str) -> None:
    parts = tuple(StoryTransaction(amount_cents=cents, iban=FROM, name="?") for cents in (1_00, 2_00, 3_00))
    batch = StoryEntry(transactions=parts, booked_on=DAY, bank_reference="BATCH")
    whole = StoryEntry(transactions=(StoryTransaction(amount_cents=6_00),), booked_on=DAY, bank_reference="BATCH")
    with founded(sqlite_url) as world:
        registered(world)
        assert counts(import_bytes(world, notification("N1", batch))) == (3, 0)
        assert counts(import_bytes(world, statement(1, [whole]))) == (0, 1)
        assert world.balances()["1000"] == 6_00


# -------------------------------------------------------------------------------------------- files that overlap


def test_a_month_over_files_of_its_days_books_only_what_they_do_not_hold(database_url: str) -> None:
    days = [date(2026, 1, number) for number in (5, 6, 7)]
    entries = [line(1_00 * number, on=day) for number, day in enumerate(days, start=1)]
    with founded(database_url, at=datetime(2026, 2, 1, 9, tzinfo=UTC)) as world:
        world.both("bank register", user="anna", second="bram", iban=OURS, account="1000", on=date(2026, 2, 1))
        import_bytes(
            world,
            statement(1, entries[:1], first=days[0], last=days[0]),
            statement(3, entries[2:], opening=3_00, first=days[2], last=days[2]),
        )
        assert [gap["missing"] for gap in world.ask("bank unmatched")["gaps"]] == [[2]]

        result = import_bytes(world, statement(1, entries, first=days[0], last=date(2026, 1, 31), name="MONTH"))

        assert counts(result) == (1, 2)
        assert cents(world) == [1_00, 2_00, 3_00]
        assert result["gaps"] == [], "the month says what the missing day would have said"
        late = statement(2, entries[1:2], opening=1_00, first=days[1], last=days[1])
        assert counts(import_bytes(world, late)) == (0, 1), "the day that was missing comes after all"
        assert world.balances()["1000"] == 6_00


def test_two_statements_of_different_days_share_a_line_only_by_the_reference_of_the_bank(sqlite_url: str) -> None:
    later = date(2026, 1, 8)
    same, other = line(7_00, bank_reference="BR7"), line(7_00)
    with founded(sqlite_url) as world:
        registered(world)
        import_bytes(world, statement(4, [same], opening=1_00))
        again = write_statement(
            iban=OURS, statement_id="X", sequence_number=2, opening_cents=50_00, opened_on=later, closed_on=later,
            entries=[same, other],
        )  # fmt: skip
        assert counts(import_bytes(world, again)) == (1, 1)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["in order", "the later first"])
def test_two_statements_of_one_day_without_numbers_follow_each_other_by_their_balances(
    sqlite_url: str, order: tuple[int, int]
) -> None:
    """One payment was told before: it is in the first of the two, and the one like it in the second is another."""
    paid = line(10_00)
    halves = [
        re.sub(rb"<ElctrncSeqNb>.*?</ElctrncSeqNb>", b"", statement(number, [paid], opening=cents))
        for number, cents in ((1, 0), (2, 10_00))
    ]
    with founded(sqlite_url) as world:
        registered(world)
        import_bytes(world, notification("N1", paid))
        assert [counts(import_bytes(world, halves[number])) for number in order] == [(0, 1), (1, 0)]
        assert world.balances()["1000"] == 20_00


# ----------------------------------------------------------------------------------------------- what files hold


def test_a_statement_without_entries_closes_the_chain_and_books_nothing(database_url: str) -> None:
    with founded(database_url) as world:
        registered(world)
        result = import_bytes(world, statement(1, []), statement(2, []))
        assert (result["statements_new"], counts(result), result["gaps"]) == (2, (0, 0), [])


def test_a_thousand_entries_in_one_file_are_a_thousand_lines(database_url: str) -> None:
    with founded(database_url) as world:
        registered(world)
        result = import_bytes(world, statement(1, [line(number, text=f"{number}") for number in range(1, 1_001)]))
        assert (counts(result), len(result["unmatched_receipts"])) == ((1_000, 0), 1_000)
        assert world.balances()["1000"] == 500_500 == -world.balances()["2300"]
        assert [len(seen) for seen in ({entry.seq for entry in world.entries()},)] == [len(world.entries())]


def test_a_batch_of_five_hundred_is_five_hundred_receipts(sqlite_url: str) -> None:
    parts = tuple(StoryTransaction(amount_cents=cents, iban=FROM) for cents in range(1, 501))
    with founded(sqlite_url) as world:
        registered(world)
        entry = StoryEntry(transactions=parts, booked_on=DAY)
        assert counts(import_bytes(world, statement(1, [entry]))) == (500, 0)
        assert world.balances()["1000"] == 125_250


def test_a_return_without_a_payment_of_ours_waits_with_its_reason(sqlite_url: str) -> None:
    back = line(12_00, end_to_end_id="D20260099", return_reason="AC04", code="PMNT/RCDT/RRTN")
    with founded(sqlite_url) as world:
        registered(world)
        result = import_bytes(world, statement(1, [back]))
        assert result["unmatched_receipts"] == ["O2026-0001"]
        (row,) = world.ask("bank unmatched")["receipts"]
        assert (row["reason"], row["return_reason"], row["candidates"]) == ("returned", "AC04", [])


def test_references_that_a_bank_uses_twice_are_two_lines(sqlite_url: str) -> None:
    twice = line(3_00, end_to_end_id="SAME", reference="0001", bank_reference="NONREF")
    with founded(sqlite_url) as world:
        registered(world)
        assert counts(import_bytes(world, statement(1, [twice, twice]))) == (2, 0)
        assert counts(import_bytes(world, statement(1, [twice, twice]))) == (0, 2)
        assert world.balances()["1000"] == 6_00


@pytest.mark.parametrize("name", ["N" * 140, "שלום עליכם", "عقد ⁧بلدية⁩"], ids=["long", "hebrew", "marks"])
def test_names_of_any_length_and_direction_come_in(sqlite_url: str, name: str) -> None:
    with founded(sqlite_url) as world:
        registered(world)
        assert counts(import_bytes(world, statement(1, [line(1_00, name=name, text=name)]))) == (1, 0)
        assert "\u2067" not in world.ask("bank list", user="bram")["receipts"][0]["text"]


@pytest.mark.parametrize(
    ("code", "reason"), [("PMNT/RRCT/ESCT", "instant"), ("PMNT/CNTR/CDPT", "cash"), ("PMNT/RCDT/ESCT", "other")]
)
def test_what_nobody_expected_waits_with_what_the_bank_calls_it(sqlite_url: str, code: str, reason: str) -> None:
    with founded(sqlite_url) as world:
        registered(world)
        import_bytes(world, statement(1, [line(9_00, code=code), line(-4_00, code="PMNT/RDDT/ESDD")]))
        waiting = world.ask("bank unmatched")
        assert [row["reason"] for row in waiting["receipts"]] == [reason]
        assert [row["reason"] for row in waiting["debits"]] == ["direct_debit"]
        assert (world.balances()["2300"], world.balances()["1010"]) == (-9_00, 4_00)


# ------------------------------------------------------------------------------------------------------- reversals


def test_a_reversal_that_could_mean_two_receipts_stays_with_the_treasurer(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        registered(world)
        import_bytes(world, statement(1, [line(5_00), line(5_00), line(-5_00, reversal=True)]))
        waiting = world.ask("bank unmatched")
        assert [row["waiting_cents"] for row in waiting["receipts"]] == [5_00, 5_00]
        assert [row["reason"] for row in waiting["debits"]] == ["reversed"]
        assert world.balances()["1000"] == 5_00


def test_a_reversal_that_names_its_receipt_takes_back_that_one(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        registered(world)
        first, second = line(5_00, end_to_end_id="A"), line(5_00, end_to_end_id="B")
        import_bytes(world, statement(1, [first, second, line(-5_00, end_to_end_id="B", reversal=True)]))
        states = {row["ref"]: row["state"] for row in world.ask("bank list")["receipts"]}
        assert states == {"O2026-0001": "recorded", "O2026-0002": "reversed"}
        assert world.balances()["1000"] == 5_00 == -world.balances()["2300"]


# --------------------------------------------------------------------------------------- one receipt, several cases


def paying_before(world: World, bank: StoryBank) -> None:
    """The payer is known: an earlier call was paid from this account by its reference."""
    call = called(world, 10_00)
    bank.receive(10_00, name="?", iban=FROM, on=DAY, reference=call["reference"])
    import_statement(world, bank)


def test_a_receipt_pays_all_open_calls_of_its_payer_together(database_url: str) -> None:
    with founded(database_url) as world:
        bank = registered(world)
        paying_before(world, bank)
        for amount in (70_00, 25_00):
            called(world, amount)
        bank.receive(95_00, name="?", iban=FROM, on=DAY, text="bijdragen")

        assert import_statement(world, bank)["matched"] == 1

        receipt = world.ask("bank list")["receipts"][-1]
        assert [(use["target"], use["receipt_cents"], use["rule"]) for use in receipt["uses"]] == [
            ("B2026-0002", 70_00, "iban_and_sum"),
            ("B2026-0003", 25_00, "iban_and_sum"),
        ]
        assert [call["open_cents"] for call in world.ask("capital list")["calls"]] == [0, 0, 0]
        assert world.balances()["2300"] == 0


def test_a_sum_that_two_choices_of_items_make_is_proposed_and_not_made(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        bank = registered(world)
        paying_before(world, bank)
        for amount in (30_00, 20_00, 50_00 - 1, 1):
            called(world, amount)
        bank.receive(50_00, name="?", iban=FROM, on=DAY, text="bijdragen")

        assert import_statement(world, bank)["matched"] == 0

        (row,) = world.ask("bank unmatched")["receipts"]
        assert [(one["target"], one["rule"], one["open_cents"]) for one in row["candidates"]] == [
            ("B2026-0002", "iban_and_sum", 30_00),
            ("B2026-0003", "iban_and_sum", 20_00),
        ]
        world.do("bank match", user="bram", ref=row["ref"], to="B2026-0002")
        world.do("bank match", user="bram", ref=row["ref"], to="B2026-0003")
        assert world.ask("bank unmatched")["receipts"] == []


def test_a_payer_who_names_two_calls_and_pays_their_sum_pays_both(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        bank = registered(world)
        for amount in (30_00, 20_00):
            called(world, amount)
        bank.receive(50_00, name="?", iban=OTHER, on=DAY, text="B2026-0001 en B2026-0002")
        assert import_statement(world, bank)["matched"] == 1
        assert [call["open_cents"] for call in world.ask("capital list")["calls"]] == [0, 0]


def test_our_reference_in_the_end_to_end_id_decides_before_what_is_written(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        bank = registered(world)
        called(world, 30_00)
        bank.receive(30_00, name="?", iban=OTHER, on=DAY, text="bijdrage", end_to_end_id="B20260001")
        assert import_statement(world, bank)["matched"] == 1
        assert world.ask("bank list")["receipts"][0]["uses"][0]["rule"] == "end_to_end_id"


# ---------------------------------------------------------------------------------------------------- before the lock


def test_files_are_read_before_anybody_has_to_wait_and_answer_as_they_did(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    def reading(data: bytes, *, name: str) -> BankFile:
        order.append(name)
        return read_statements(data, name=name)

    def locking(engine: Engine) -> AbstractContextManager[Connection]:
        order.append("lock")
        return writing(engine)

    with founded(sqlite_url) as world:
        registered(world)
        good = {"name": "a.xml", "content": statement(1, [line(100)])}
        bad = {"name": "b.xml", "content": b"<html/>"}
        monkeypatch.setattr(importing, "read_statements", reading)
        monkeypatch.setattr(asking, "writing", locking)
        once = world.do("bank import", user="bram", files=[good, bad], command_id="c-1")
        assert order == ["a.xml", "b.xml", "lock"]
        assert counts(once["result"]) == (1, 0)
        assert [row["code"] for row in once["result"]["refused"]] == ["not_a_bank_statement"]
        again = world.do("bank import", user="bram", files=[good, bad], command_id="c-1")
        assert again == {**once, "replayed": True}
        with pytest.raises(CommandConflict):
            world.do("bank import", user="bram", files=[good], command_id="c-1")
        with pytest.raises(NotABankStatement):
            world.do("bank import", user="bram", files=[bad])
        with pytest.raises(NotAuthorised):  # who may not import hears that, and nothing of the file
            world.do("bank import", user="anna", files=[bad])
