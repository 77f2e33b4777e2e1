"""``fund payee``, ``fund disbursement``, ``fund payment`` as they are typed."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from fund.bank import file_sha256, read_payments
from fund.bank.simulation import write_status
from tests.factories import founded
from tests.workflows.money_out import (
    AGREEMENT,
    BAARN,
    IBAN,
    SUPPLIER_IBAN,
    TREASURY,
    agree,
    approved,
    at,
    charged,
    prepared,
    sent,
)


def test_an_account_is_recorded_confirmed_and_listed(fund: Any, database_url: str) -> None:
    with founded(database_url) as world:
        prepared(world, payee=False)
    typed = (
        "payee",
        "record",
        BAARN,
        "--iban",
        "NL44 RABO 0123 4567 89",
        "--name",
        "Gemeente Baarn",
        "--requested-by",
        "fatima",
    )
    # The first of two people is not asked; the second is, and without a terminal and --yes nobody answers
    made = fund(*typed, database=database_url, user="anna")
    assert made.code == 0
    assert "Q2026-0" in made.out
    pending = next(word for word in made.out.split() if word.startswith("Q2026-"))
    declined = fund("confirm", pending, database=database_url, user="bram")
    assert declined.code == 1
    assert "declined" in declined.err
    assert fund("confirm", pending, "--yes", database=database_url, user="bram").code == 0
    listed = fund("payee", "list", "--json", database=database_url, user="anna").json
    assert [(payee["iban"], payee["state"]) for payee in listed["payees"]] == [(IBAN, "verified")]
    shown = fund("payee", "list", database=database_url, user="anna", lang="nl")
    assert "geverifieerd" in shown.out
    assert IBAN in shown.out
    assert IBAN not in fund("payee", "list", database=database_url, user="piet").out


def test_a_wrong_account_number_is_refused_before_anything_happens(fund: Any, database_url: str) -> None:
    with founded(database_url) as world:
        prepared(world, payee=False)
    words = ("--iban", "NL44RABO0123456780", "--name", "Gemeente Baarn", "--requested-by", "fatima", "--yes")
    result = fund("payee", "record", BAARN, *words, database=database_url, user="anna")
    assert result.code == 1
    assert result.err.startswith(
        'error[invalid_iban]: "NL44RABO0123456780" is not an IBAN: its check digits do not fit'
    )
    assert "hint: " in result.err


def test_a_request_is_made_checked_and_approved_by_three_people(fund: Any, database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
    asked = fund("disbursement", "request", AGREEMENT, "--milestone", 1, database=database_url, user="fatima")
    assert asked.code == 0, asked.err
    assert "D2026-0001 asks for EUR 25,000.01." in asked.out
    assert "Next step, by somebody else: fund --as anna disbursement check D2026-0001" in asked.out
    assert fund("disbursement", "check", "D2026-0001", database=database_url, user="anna").code == 0
    trial = fund("disbursement", "approve", "D2026-0001", "--dry-run", database=database_url, user="bram")
    assert trial.code == 0
    assert "1200" in trial.out
    done = fund("disbursement", "approve", "D2026-0001", "--yes", database=database_url, user="bram")
    assert done.code == 0
    assert "EUR 17,500.01 to be repaid, EUR 7,500.00 granted" in done.out
    shown = fund("disbursement", "show", "D2026-0001", database=database_url, lang="nl")
    assert "goedgekeurd" in shown.out
    assert "25.000,01" in shown.out
    (row,) = fund("disbursement", "list", "--state", "approved", "--json", database=database_url).json["disbursements"]
    assert (row["ref"], row["amount_cents"], row["repayable_cents"]) == ("D2026-0001", 2500001, 1750001)
    assert "1 disbursement" in fund("disbursement", "list", database=database_url).out


def test_too_much_is_refused_with_both_amounts_and_the_next_step(fund: Any, database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        charged(world, 10_000_000 - 931_040)
        ref = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1, amount=1250000)["result"][
            "ref"
        ]
        world.do("disbursement check", user="anna", ref=ref)
    result = fund("disbursement", "approve", ref, "--yes", "--on", "2026-01-08", database=database_url, user="bram")
    assert result.code == 1
    assert result.err == (
        "error[insufficient_cash]: cannot approve D2026-0001 for EUR 12,500.00: "
        "EUR 9,310.40 is available on 2026-01-08\n"
        "hint: fund statement position --as-of 2026-01-08\n"
    )
    as_json = fund("disbursement", "approve", ref, "--yes", "--json", database=database_url, user="bram")
    error = json.loads(as_json.err)
    assert error["error"]["code"] == "insufficient_cash"


def test_a_batch_is_written_to_a_file_sent_by_two_and_listed(fund: Any, database_url: str, tmp_path: Path) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        approved(world)
    path = tmp_path / "S2026001.xml"
    made = fund("payment", "batch", "--output", path, database=database_url, user="anna")
    assert made.code == 0, made.err
    data = path.read_bytes()
    assert file_sha256(data) in made.out
    assert "EUR 25,000.01" in made.out
    assert read_payments(data, name="batch.xml").total_cents == 2500001
    assert stat.S_ISREG(path.stat().st_mode)
    again = fund("payment", "file", "S2026-001", "--output", "-", database=database_url, user="bram")
    assert again.out.encode() == data
    both = fund("payment", "file", "S2026-001", "--output", "-", "--json", database=database_url, user="bram")
    assert (both.code, both.out) == (2, "")
    assert fund("payment", "file", "S2026-001", database=database_url, user="bram").out.encode().strip() == data.strip()
    pending = fund("payment", "send", "S2026-001", "--yes", "--json", database=database_url, user="bram2").json
    assert pending["result"]["sha256"] == file_sha256(data)
    assert fund("confirm", pending["pending"], "--yes", database=database_url, user="anna2").code == 0
    listed = fund("payment", "list", "--json", database=database_url).json
    assert [(batch["ref"], batch["state"]) for batch in listed["batches"]] == [("S2026-001", "sent")]
    assert [payment["state"] for payment in listed["payments"]] == ["sent"]
    shown = fund("payment", "list", database=database_url, lang="nl")
    assert "S2026-001" in shown.out
    assert "25.000,01" in shown.out


def test_at_a_terminal_the_payee_the_account_and_the_amount_stand_above_the_question(
    fund: Any, sqlite_url: str
) -> None:
    with founded(sqlite_url) as world:
        agree(prepared(world))
        approved(world)
        world.do("payment batch", user="anna")
    result = fund("payment", "send", "S2026-001", database=sqlite_url, user="bram2", terminal=True, typed="n\n")
    assert result.code == 1
    told = " ".join((result.out + result.err).split())
    assert "D2026-0001, EUR 25,000.01, Baarn, NL44 RABO 0123 4567 89, Gemeente Baarn" in told
    assert fund("payment", "list", "--json", database=sqlite_url).json["batches"][0]["state"] == "made"


@pytest.mark.parametrize(
    ("words", "user", "state"),
    [
        (("payment", "settle", "D2026-0001"), "bram", "paid"),
        (("payment", "fail", "D2026-0001", "--reason", "AC01"), "bram", "failed"),
    ],
)
def test_what_the_bank_did_is_said_by_a_treasurer(
    fund: Any, database_url: str, words: tuple[str, ...], user: str, state: str
) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        sent(world, approved(world))
    result = fund(*words, "--yes", database=database_url, user=user)
    assert result.code == 0, result.err
    assert fund("disbursement", "show", "D2026-0001", "--json", database=database_url).json["state"] == state
    if state == "failed":
        assert fund("payment", "retry", "D2026-0001", database=database_url, user="anna").code == 0


def test_a_reason_is_asked_for_to_refuse_and_the_refusal_is_kept(fund: Any, database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)
    missing = fund("disbursement", "refuse", "D2026-0001", "--yes", database=database_url, user="anna")
    assert missing.code == 2
    done = fund(
        "disbursement",
        "refuse",
        "D2026-0001",
        "--reason",
        "verslag ontbreekt",
        "--yes",
        database=database_url,
        user="anna",
    )
    assert done.code == 0, done.err
    again = fund("disbursement", "check", "D2026-0001", database=database_url, user="anna")
    assert again.code == 1
    assert "error[transition_not_allowed]" in again.err
    assert "refused" in again.err


def test_the_same_command_id_acts_once(fund: Any, database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        approved(world)
    first = fund("payment", "batch", "--command-id", "b1", "--json", database=database_url, user="anna").json
    second = fund("payment", "batch", "--command-id", "b1", "--json", database=database_url, user="anna").json
    assert second["replayed"]
    assert second["result"] == first["result"]
    assert len(fund("payment", "list", "--json", database=database_url).json["batches"]) == 1


def test_a_new_account_waits_for_its_cooling_off(fund: Any, database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world, payee=False))
        world.both(
            "payee record",
            user="anna",
            second="bram",
            partner=BAARN,
            iban=IBAN,
            name="Gemeente Baarn",
            requested_by="fatima",
        )
        world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)
    result = fund("disbursement", "check", "D2026-0001", database=database_url, user="anna")
    assert result.code == 1
    assert "error[cooling_off]" in result.err
    assert "2026-01-08" in result.err
    with founded_again(database_url) as world:
        world.clock(at(3))
    assert fund("disbursement", "check", "D2026-0001", database=database_url, user="anna").code == 0


def founded_again(url: str) -> Any:
    """The fund that was founded before, to move its clock."""
    from contextlib import contextmanager

    from fund.commands.opening import open_fund
    from tests.factories import World

    @contextmanager
    def opened() -> Any:
        with open_fund(url) as fund:
            yield World(fund)

    return opened()


def test_a_payment_file_is_written_under_its_name_once_and_never_over_another(
    fund: Any, database_url: str, tmp_path: Path
) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        approved(world)
        made = world.do("payment batch", user="anna")["result"]
    folder = tmp_path / "upload"
    folder.mkdir()
    write = ("payment", "file", "S2026-001", "--output", folder)
    assert fund(*write, database=database_url, user="bram").code == 0
    path = folder / "S2026001.pain.001.001.09.xml"
    assert [each.name for each in folder.iterdir()] == [path.name] == [made["file"]]
    assert file_sha256(path.read_bytes()) == made["sha256"]
    before = path.stat().st_mtime_ns
    # again: the same bytes are left as they are
    assert fund(*write, database=database_url, user="bram").code == 0
    assert path.stat().st_mtime_ns == before
    # something else under that name stays, and the command stops
    path.write_bytes(path.read_bytes().replace(b"25000.01", b"99999.99"))
    stopped = fund(*write, database=database_url, user="bram")
    assert stopped.code == 1
    assert made["sha256"] in stopped.err
    assert b"99999.99" in path.read_bytes()


def test_costs_suppliers_and_transfers_are_typed_and_listed(fund: Any, database_url: str, tmp_path: Path) -> None:
    invoice = tmp_path / "factuur.pdf"
    invoice.write_bytes(b"%PDF- factuur")
    with founded(database_url) as world:
        prepared(world)
        world.both("bank register", user="anna", second="bram", iban=TREASURY, account="1005")

        def both(*typed: str, user: str, second: str) -> None:
            made = fund(*typed, "--yes", "--json", database=database_url, user=user)
            assert made.code == 0, made.err
            assert fund("confirm", made.json["pending"], "--yes", database=database_url, user=second).code == 0

        record = ("payee", "record", "--supplier", "drukkerij", "--iban", SUPPLIER_IBAN, "--name", "Drukkerij De Eend")
        both(*record, "--file", str(invoice), user="anna", second="bram")
        world.clock(at(7))
        both(
            "cost",
            "approve",
            "drukkerij",
            "450.00",
            "--reason",
            "drukwerk",
            "--invoice",
            "117",
            "--reference",
            "RF18 5390 0754 7034",
            user="anna",
            second="bram",
        )
        both("cost", "transfer", "1000", "--to", "1005", user="bram", second="bram2")
        listed = fund("cost", "list", database=database_url, user="anna")
        assert listed.code == 0
        for word in ("K2026-0001", "drukkerij", "450.00", "V2026-0001", "1,000.00"):
            assert word in listed.out, listed.out
        assert max(len(line) for line in listed.out.splitlines()) <= 80
        shown = fund("payment", "list", database=database_url, user="anna")
        assert "K2026-0001" in shown.out
        assert max(len(line) for line in shown.out.splitlines()) <= 80
        batch = fund("payment", "batch", "--output", tmp_path, database=database_url, user="anna")
        assert "1 payment" in batch.out, batch.out
        sent_file = tmp_path / "S2026001.pain.001.001.09.xml"
        assert b"<Ref>RF18539007547034</Ref>" in sent_file.read_bytes()
        both("payment", "send", "S2026-001", user="bram2", second="anna2")
        answer = tmp_path / "status.xml"
        answer.write_bytes(write_status(sent_file.read_bytes(), status="RJCT", reason="AC01"))
        told = fund("payment", "status", answer, database=database_url, user="bram")
        assert "Batch S2026-001: 0 accepted, 0 pending, 1 rejected." in told.out, told.out + told.err
        again = fund("payment", "status", answer, database=database_url, user="bram")
        assert "The report was known" in again.out, again.out + again.err
        both("payment", "cancel", "K2026-0001", "--reason", "vervallen", user="anna", second="bram")
        both("cost", "recall", "V2026-0001", "--reason", "dubbel", user="bram", second="anna")


def test_a_file_on_standard_output_has_nothing_beside_it(fund: Any, sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        agree(prepared(world))
        approved(world)
    both = fund("payment", "batch", "--output", "-", "--json", database=sqlite_url, user="anna")
    assert (both.code, both.out) == (2, "")
    assert fund("payment", "list", "--json", database=sqlite_url).json["batches"] == []
    made = fund("payment", "batch", "--output", "-", database=sqlite_url, user="anna")
    assert made.code == 0, made.err
    assert read_payments(made.out.encode(), name="batch.xml").total_cents == 2500001
    assert f"The file has hash {file_sha256(made.out.encode())}." in made.err
