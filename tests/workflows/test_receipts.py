"""Bank statements come in: once, whole, each line explained as far as its evidence goes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fund.bank.simulation import StoryBank, StoryEntry, StoryTransaction, write_statement
from fund.errors.bank import BankStatementChanged, InvalidIban, NoBankFileTakenIn, OtherBankAccount
from fund.errors.capital import (
    BankAccountExists,
    MoreThanReceived,
    NotABankAccountCode,
    NothingToUndo,
    ReceiptAlreadyAllocated,
    SeveralCandidates,
)
from fund.errors.commands import ReasonMissing, UnknownRef
from fund.errors.people import NotAuthorised
from tests.factories import World, as_file, as_text, founded
from tests.roads import road
from tests.workflows.test_partners import THREE

OURS = "NL91ABNA0417164300"
TREASURY = "NL02ABNA0123456789"
FROM = "NL44RABO0123456789"
OTHER = "NL20INGB0001234567"
DAY = date(2026, 1, 5)


@road
def registered(world: World, iban: str = OURS, account: str = "1000") -> StoryBank:
    """An account of the fund at a bank of the story."""
    world.both("bank register", user="anna", second="bram", iban=iban, account=account)
    return StoryBank(iban)


def import_bytes(world: World, *contents: bytes) -> dict[str, Any]:
    files = [
        {"name": f"afschrift-{number}.xml", "content": content} for number, content in enumerate(contents, start=1)
    ]
    result: dict[str, Any] = world.do("bank import", user="bram", files=files)["result"]
    return result


def import_statement(world: World, bank: StoryBank, on: date = DAY) -> dict[str, Any]:
    return import_bytes(world, bank.statement(on))


@road
def called(world: World, amount: int = 100_000, partner: str = "gm0308") -> dict[str, Any]:
    """One partner was called; its call."""
    if not world.ask("partner list")["partners"]:
        world.do("partner import", user="anna", file=as_file(THREE))
    world.both("capital call", user="anna", second="bram", amount=amount, partner=partner)
    call: dict[str, Any] = world.ask("capital list")["calls"][-1]
    return call


def texts(world: World, last: int) -> list[str]:
    return [as_text(entry) for entry in world.entries()[-last:]]


def test_a_contribution_with_its_rf_reference_is_matched_in_the_transaction_of_the_import(database_url: str) -> None:
    with founded(database_url) as world:
        call = called(world)
        bank = registered(world)
        bank.receive(100_000, name="Gemeente Baarn", iban=FROM, on=DAY, reference=call["reference"])

        answer = world.do("bank import", user="bram", files=[{"name": "a.xml", "content": bank.statement(DAY)}])

        result = answer["result"]
        assert {
            key: result[key] for key in ("files", "statements", "lines_new", "lines_known", "matched", "unmatched")
        } == {"files": 1, "statements": 1, "lines_new": 1, "lines_known": 0, "matched": 1, "unmatched": 0}
        assert [event["type"] for event in answer["events"]] == [
            "bank_statement.imported",
            "receipt.recorded",
            "contribution.received",
        ]
        with world.snapshot() as snapshot:
            recorded, received = (snapshot.store.facts.get(event["event_id"]) for event in answer["events"][1:])
        assert recorded is not None
        assert received is not None
        assert (recorded.causation_id, received.actor, received.causation_id) == (None, "system", recorded.event_id)
        assert texts(world, 2) == [
            "2026-01-05 receipt.recorded Ontvangst O2026-0001\n  Dr 1000 100000\n    Cr 2300 100000",
            "2026-01-05 contribution.received Bijdrage op oproep B2026-0001 ontvangen (O2026-0001)\n"
            "  Dr 2300 100000\n    Cr 1100.gm0308 100000",
        ]
        assert world.ask("capital list")["calls"][0]["state"] == "received"
        assert world.ask("bank unmatched")["receipts"] == []
        assert world.ask("partner list")["partners"][0]["paid_in_cents"] == 100_000


def test_the_same_file_again_books_nothing_and_counts_its_lines_as_known(database_url: str) -> None:
    with founded(database_url) as world:
        call = called(world)
        bank = registered(world)
        bank.receive(100_000, name="Gemeente Baarn", iban=FROM, on=DAY, reference=call["reference"])
        content = bank.statement(DAY)
        import_bytes(world, content)
        before = world.entries()

        result = import_bytes(world, content, content)

        assert (result["lines_new"], result["lines_known"], result["matched"], result["unmatched"]) == (0, 2, 0, 0)
        assert world.entries() == before


def test_files_that_overlap_count_what_is_known_and_book_the_rest_in_the_order_of_days(database_url: str) -> None:
    with founded(database_url) as world:
        called(world)
        bank = registered(world)
        contents = []
        for number in (1, 2, 3):
            bank.receive(1_000 * number, name="?", iban=OTHER, on=date(2026, 1, number), text=f"deel {number}")
            contents.append(bank.statement(date(2026, 1, number)))
        import_bytes(world, contents[0])

        result = import_bytes(world, contents[2], contents[0], contents[1])

        assert (result["files"], result["statements"], result["statements_new"]) == (3, 3, 2)
        assert (result["lines_new"], result["lines_known"]) == (2, 1)
        assert [row["amount_cents"] for row in world.ask("bank list")["receipts"]] == [1_000, 2_000, 3_000]
        assert result["gaps"] == []


def test_a_missing_statement_is_reported_until_it_comes(database_url: str) -> None:
    with founded(database_url) as world:
        called(world)
        bank = registered(world)
        contents = []
        for number in (1, 2, 3):
            bank.receive(1_000, name="?", iban=OTHER, on=date(2026, 1, number), text="x")
            contents.append(bank.statement(date(2026, 1, number)))

        gaps = import_bytes(world, contents[0], contents[2])["gaps"]

        assert [(gap["iban"], gap["missing"], gap["difference_cents"]) for gap in gaps] == [(OURS, [2], 1_000)]
        assert world.ask("bank unmatched")["gaps"] == gaps
        assert import_bytes(world, contents[1])["gaps"] == []


def test_a_number_far_beyond_names_a_hundred_missing_statements_at_most(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        bank = registered(world)
        import_bytes(world, bank.statement(DAY))
        bank.sequence_number = 10**15
        assert import_bytes(world, bank.statement(DAY))["gaps"][0]["missing"] == list(range(2, 102))


def test_a_known_statement_with_other_content_is_refused(database_url: str) -> None:
    with founded(database_url) as world:
        called(world)
        registered(world)

        def statement(cents: int) -> bytes:
            entry = StoryEntry(
                transactions=(StoryTransaction(amount_cents=cents, name="?", iban=OTHER),), booked_on=DAY
            )
            return write_statement(
                iban=OURS,
                statement_id="S1",
                sequence_number=1,
                opening_cents=0,
                opened_on=DAY,
                closed_on=DAY,
                entries=[entry],
            )

        import_bytes(world, statement(500))
        before = world.entries()

        with pytest.raises(BankStatementChanged) as refused:
            import_bytes(world, statement(501))

        assert refused.value.details["statement"] == "S1"
        assert refused.value.details["known_file"] == "afschrift-1.xml"
        assert world.entries() == before


def test_a_statement_of_another_account_is_refused_by_name_and_the_other_file_goes_in(database_url: str) -> None:
    with founded(database_url) as world:
        called(world)
        bank, stranger = registered(world), StoryBank(FROM)
        bank.receive(1_000, name="?", iban=OTHER, on=DAY)
        stranger.receive(1_000, name="?", iban=OTHER, on=DAY)

        result = import_bytes(world, bank.statement(DAY), stranger.statement(DAY))

        assert result["refused"] == [
            {
                "file": "afschrift-2.xml",
                "code": "other_bank_account",
                "message": f"afschrift-2.xml: statement 20260105678900001 is of account {FROM}; "
                f"the accounts of the fund are {OURS}",
                "hint": f"import the right file, or record the account first: fund bank register {FROM} --account CODE",
            }
        ]
        assert [(taken["file"], taken["lines_new"]) for taken in result["taken"]] == [("afschrift-1.xml", 1)]
        assert [row["iban"] for row in world.ask("bank list")["statements"]] == [OURS]


def test_when_the_only_file_is_refused_that_is_the_refusal(database_url: str) -> None:
    with founded(database_url) as world:
        registered(world)
        before = world.entries()

        with pytest.raises(OtherBankAccount) as refused:
            import_bytes(world, StoryBank(FROM).statement(DAY))

        assert refused.value.details["iban"] == FROM
        assert refused.value.details["expected"] == [OURS]
        assert world.entries() == before


def test_when_every_file_is_refused_nothing_happens_and_each_reason_is_told(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        registered(world)

        with pytest.raises(NoBankFileTakenIn) as refused:
            import_bytes(world, StoryBank(FROM).statement(DAY), b"<?xml version='1.0'?><Document>")

        assert refused.value.details["count"] == 2
        assert "[other_bank_account] afschrift-1.xml: statement" in str(refused.value)
        assert "[broken_xml] afschrift-2.xml:1:" in str(refused.value)
        assert world.ask("bank list")["statements"] == []


def test_a_broken_file_beside_a_good_one_keeps_itself_out(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        called(world)
        bank = registered(world)
        bank.receive(1_000, name="?", iban=OTHER, on=DAY)

        result = import_bytes(world, bank.statement(DAY), b"<?xml version='1.0'?><Document>")

        assert [(one["file"], one["code"]) for one in result["refused"]] == [("afschrift-2.xml", "broken_xml")]
        assert result["lines_new"] == 1


def test_our_number_in_the_text_matches_and_money_on_the_treasury_account_stays_there(database_url: str) -> None:
    with founded(database_url) as world:
        called(world)
        bank = registered(world, TREASURY, "1005")
        bank.receive(100_000, name="Gemeente Baarn", iban=FROM, on=DAY, text="bijdrage b2026 0001 innovatiefonds")

        assert import_statement(world, bank)["matched"] == 1

        assert (
            texts(world, 2)[0]
            == "2026-01-05 receipt.recorded Ontvangst O2026-0001\n  Dr 1005 100000\n    Cr 2300 100000"
        )
        uses = world.ask("bank list")["receipts"][0]["uses"]
        assert uses == [{"target": "B2026-0001", "receipt_cents": 100_000, "rule": "document_number"}]


def test_another_amount_is_proposed_and_a_treasurer_confirms_it_with_the_surplus_owed_back(database_url: str) -> None:
    with founded(database_url) as world:
        call = called(world)
        bank = registered(world)
        bank.receive(100_250, name="Gemeente Baarn", iban=FROM, on=DAY, reference=call["reference"])

        result = import_statement(world, bank)

        assert (result["matched"], result["unmatched"]) == (0, 1)
        waiting = world.ask("bank unmatched", user="bram")["receipts"][0]
        assert waiting["state"] == "proposed"
        assert waiting["candidates"] == [
            {"target": "B2026-0001", "rule": "rf_reference", "open_cents": 100_000, "exact": False, "instalment": None}
        ]
        assert world.balances()["2300"] == -100_250
        world.do("bank match", user="bram", ref="O2026-0001", to="B2026-0001")
        assert texts(world, 1) == [
            "2026-01-05 contribution.received Bijdrage op oproep B2026-0001 ontvangen (O2026-0001)\n"
            "  Dr 2300 100250\n    Cr 1100.gm0308 100000\n    Cr 2100.gm0308 250"
        ]


def test_part_of_a_call_leaves_the_rest_open(database_url: str) -> None:
    with founded(database_url) as world:
        call = called(world)
        bank = registered(world)
        bank.receive(40_000, name="Gemeente Baarn", iban=FROM, on=DAY, reference=call["reference"])
        import_statement(world, bank)

        world.do("bank match", user="bram", ref="O2026-0001")

        listed = world.ask("capital list", open=True)["calls"][0]
        assert (listed["received_cents"], listed["open_cents"], listed["state"]) == (40_000, 60_000, "open")


def test_a_call_paid_twice_is_owed_back_whole(database_url: str) -> None:
    with founded(database_url) as world:
        call = called(world)
        bank = registered(world)
        for _time in range(2):
            bank.receive(100_000, name="Gemeente Baarn", iban=FROM, on=DAY, reference=call["reference"])

        assert import_statement(world, bank)["unmatched_receipts"] == ["O2026-0002"]
        world.do("bank match", user="bram", ref="O2026-0002")

        assert texts(world, 1)[0].endswith("  Dr 2300 100000\n    Cr 2100.gm0308 100000")


def test_a_known_payer_and_the_exact_amount_match_only_when_one_call_fits(database_url: str) -> None:
    with founded(database_url) as world:
        first = called(world)
        bank = registered(world)
        bank.receive(100_000, name="Gemeente Baarn", iban=FROM, on=DAY, reference=first["reference"])
        import_statement(world, bank)
        called(world, 70_000)
        bank.receive(70_000, name="Gemeente Baarn", iban=FROM, on=DAY, text="tweede deel")
        assert import_statement(world, bank, date(2026, 1, 6))["matched"] == 1
        called(world, 30_000)
        called(world, 30_000)
        bank.receive(30_000, name="Gemeente Baarn", iban=FROM, on=DAY, text="derde deel")

        assert import_statement(world, bank, date(2026, 1, 7))["unmatched_receipts"] == ["O2026-0003"]

        rules = [row["uses"][0]["rule"] for row in world.ask("bank list")["receipts"] if row["uses"]]
        assert rules == ["rf_reference", "iban_and_amount"]
        candidates = world.ask("bank unmatched")["receipts"][0]["candidates"]
        assert [(each["target"], each["exact"]) for each in candidates] == [("B2026-0003", True), ("B2026-0004", True)]
        with pytest.raises(SeveralCandidates) as refused:
            world.do("bank match", user="bram", ref="O2026-0003")
        assert refused.value.details["candidates"] == ["B2026-0003", "B2026-0004"]
        world.do("bank match", user="bram", ref="O2026-0003", to="B2026-0004")


def test_what_waited_is_tried_again_when_something_new_fell_due(database_url: str) -> None:
    with founded(database_url) as world:
        world.do("partner import", user="anna", file=as_file(THREE))
        bank = registered(world)
        bank.receive(100_000, name="Gemeente Baarn", iban=FROM, on=DAY, text="B2026-0001 alvast")
        assert import_statement(world, bank)["unmatched"] == 1
        called(world)
        bank.receive(5, name="?", iban=OTHER, on=DAY)

        result = import_statement(world, bank, date(2026, 1, 6))

        assert (result["matched_before"], result["unmatched"]) == (1, 1)
        assert world.ask("capital list")["calls"][0]["state"] == "received"


def test_a_wrong_match_is_mirrored_and_made_again_by_people_only(database_url: str) -> None:
    with founded(database_url) as world:
        call = called(world)
        called(world, 100_000, "gm0312")
        bank = registered(world)
        bank.receive(100_000, name="Gemeente Bunnik", iban=OTHER, on=DAY, reference=call["reference"])
        import_statement(world, bank)
        before = world.balances()

        world.do("bank unmatch", user="bram", ref="O2026-0001", reason="betaald door Bunnik")

        assert texts(world, 1) == [
            "2026-01-05 reversal betaald door Bunnik\n    Cr 2300 100000\n  Dr 1100.gm0308 100000"
        ]
        assert world.ask("capital list")["calls"][0]["received_cents"] == 0
        bank.receive(5, name="?", iban=FROM, on=DAY)
        assert import_statement(world, bank, date(2026, 1, 6))["matched_before"] == 0
        made = world.do("bank match", user="bram", ref="O2026-0001", to="B2026-0002")
        assert made["pending"], "the evidence points to another call, so a second person confirms"
        world.do("confirm", user="anna", ref=made["pending"])
        assert world.ask("capital list")["calls"][1]["state"] == "received"
        assert world.balances()["1100"] == before["1100"]


def test_a_bank_charge_is_a_cost_and_what_left_unexplained_stands_under_way(database_url: str) -> None:
    with founded(database_url) as world:
        call = called(world)
        bank = registered(world)
        bank.receive(100_000, name="Gemeente Baarn", iban=FROM, on=DAY, reference=call["reference"], charges_cents=15)
        bank.charge(1_234, on=DAY)
        bank.entries.append(
            StoryEntry(
                transactions=(StoryTransaction(amount_cents=-700, name="?", iban=OTHER, text="incasso"),),
                booked_on=DAY,
                code="PMNT/RDDT/ESDD",
            )
        )

        result = import_statement(world, bank)

        assert (result["lines_new"], result["matched"], result["unexplained_debits"]) == (3, 2, ["U2026-0001"])
        balances = world.balances()
        assert (balances["1000"], balances["1010"], balances["4500"]) == (100_000 - 15 - 1_234 - 700, 700, 1_249)
        account = world.ask("bank list")["accounts"][0]
        assert account["closing_cents"] == account["ledger_cents"] == balances["1000"]
        assert [row["amount_cents"] for row in world.ask("bank unmatched")["debits"]] == [700]
        assert texts(world, 1) == [
            "2026-01-05 debit.recorded Onverklaarde afschrijving U2026-0001\n  Dr 1010 700\n    Cr 1000 700"
        ]


def test_a_price_that_the_bank_gives_back_lowers_the_costs(database_url: str) -> None:
    with founded(database_url) as world:
        called(world)
        bank = registered(world)
        bank.entries.append(
            StoryEntry(
                transactions=(StoryTransaction(amount_cents=300, text="kosten terug"),),
                booked_on=DAY,
                code="PMNT/MDOP/CHRG",
                reversal=True,
            )
        )

        assert import_statement(world, bank)["matched"] == 1

        assert texts(world, 1) == ["2026-01-05 cost.charged Bankkosten K2026-0001\n    Cr 4500 300\n  Dr 1000 300"]


def test_a_line_of_a_month_that_is_locked_is_booked_today(database_url: str) -> None:
    with founded(database_url) as world:
        call = called(world)
        bank = registered(world)
        bank.receive(100_000, name="Gemeente Baarn", iban=FROM, on=date(2026, 1, 30), reference=call["reference"])
        world.clock(date(2026, 2, 3))
        with world.uow("bram") as uow:
            uow.ledger.lock_period("2026-01", actor="bram", second_actor="anna", recorded_at=uow.now)

        import_statement(world, bank, date(2026, 1, 31))

        assert [entry.effective_on for entry in world.entries()[-2:]] == [date(2026, 2, 3), date(2026, 2, 3)]
        assert world.ask("bank list")["receipts"][0]["booked_on"] == "2026-01-30"


def test_an_account_is_registered_once_by_two_people_on_a_bank_account(database_url: str) -> None:
    with founded(database_url) as world:
        with pytest.raises(InvalidIban):
            world.do("bank register", user="anna", iban="NL91ABNA0417164301", account="1000")
        with pytest.raises(NotABankAccountCode) as refused:
            world.do("bank register", user="anna", iban=OURS, account="1100")
        assert refused.value.details == {"account": "1100", "known": ["1000", "1005"], "iban": OURS}
        with pytest.raises(NotAuthorised):
            world.do("bank register", user="bram", iban=OURS, account="1000")
        made = world.do("bank register", user="anna", iban="nl91 abna 0417 1643 00", account="1000")
        assert world.ask("bank list")["accounts"] == []
        world.do("confirm", user="bram", ref=made["pending"])
        assert world.ask("bank list")["accounts"][0]["iban"] == OURS
        with pytest.raises(BankAccountExists) as known:
            world.do("bank register", user="anna", iban=OURS, account="1005")
        assert known.value.details == {"iban": OURS, "account": "1000", "from_on": DAY}


def test_what_cannot_be_matched_is_refused_by_name(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        call = called(world)
        bank = registered(world)
        bank.receive(100_000, name="Gemeente Baarn", iban=FROM, on=DAY, reference=call["reference"])
        bank.receive(10, name="?", iban=OTHER, on=DAY)
        import_statement(world, bank)

        with pytest.raises(ReceiptAlreadyAllocated) as whole:
            world.do("bank match", user="bram", ref="O2026-0001", to="B2026-0001")
        assert whole.value.details["allocated_cents"] == 100_000
        with pytest.raises(UnknownRef):
            world.do("bank match", user="bram", ref="O2026-0009")
        with pytest.raises(UnknownRef):
            world.do("bank match", user="bram", ref="O2026-0002", to="B2026-0009")
        with pytest.raises(SeveralCandidates) as none:
            world.do("bank match", user="bram", ref="O2026-0002")
        assert none.value.details["count"] == 0
        with pytest.raises(MoreThanReceived):
            world.do("bank match", user="bram", ref="O2026-0002", to="B2026-0001", amount=11)
        with pytest.raises(NothingToUndo) as undone:
            world.do("bank unmatch", user="bram", ref="O2026-0002", reason="x")
        assert undone.value.details["allocated_cents"] == 0
        with pytest.raises(ReasonMissing):
            world.do("bank unmatch", user="bram", ref="O2026-0001", reason=" ")


def test_a_bank_line_is_named_by_its_id_as_well(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        call = called(world)
        bank = registered(world)
        bank.receive(1, name="Gemeente Baarn", iban=FROM, on=DAY, reference=call["reference"])
        import_statement(world, bank)
        line_id = world.ask("bank list")["receipts"][0]["line_id"]

        world.do("bank match", user="bram", ref=line_id)

        assert world.ask("capital list")["calls"][0]["received_cents"] == 1


def test_what_waits_on_the_bank_stands_in_the_inbox_of_a_treasurer(database_url: str) -> None:
    with founded(database_url) as world:
        called(world)
        bank = registered(world)
        bank.receive(10, name="?", iban=OTHER, on=DAY)
        debit = StoryTransaction(amount_cents=-7, name="?", iban=OTHER)
        bank.entries.append(StoryEntry(transactions=(debit,), booked_on=DAY, code="PMNT/RDDT/ESDD"))
        import_statement(world, bank)

        commands = [item["command"] for item in world.ask("inbox", user="bram")["items"]]

        assert "fund bank match O2026-0001 --to REF" in commands
        assert "fund cost charge U2026-0001 --reason TEXT" in commands
        assert world.ask("inbox", user="anna")["items"] == []


def test_hundreds_of_lines_go_in_at_once_and_the_bank_agrees_with_the_ledger(database_url: str) -> None:
    with founded(database_url) as world:
        called(world)
        bank = registered(world)
        for number in range(1, 301):
            bank.receive(number, name="?", iban=OTHER, on=DAY, text=f"stuk {number}")

        result = import_statement(world, bank)

        assert (result["lines_new"], result["unmatched"]) == (300, 300)
        assert world.balances()["2300"] == -sum(range(1, 301))


def test_statements_of_one_day_that_follow_each_other_tell_of_different_movements(sqlite_url: str) -> None:
    """What the bank takes back and gives again on one day comes back to where it was: nothing of it is lost."""
    with founded(sqlite_url) as world:
        bank = registered(world)
        for cents, reversal in ((1_000, False), (-1_000, True), (1_000, True)):
            transaction = StoryTransaction(amount_cents=cents, name="Gemeente Baarn", iban=FROM)
            bank.entries.append(StoryEntry(transactions=(transaction,), booked_on=DAY, reversal=reversal))
            assert import_statement(world, bank)["lines_new"] == 1
        assert world.balances()["1000"] == bank.balance_cents == 1_000
