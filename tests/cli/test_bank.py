"""``fund bank import`` as it is typed: each file its own answer, the exit code of the whole."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fund.bank.simulation import StoryBank, StoryEntry, StoryTransaction, write_notification
from tests.cli.test_capital import DAY, FROM, OURS, started


def written(folder: Path, name: str, content: bytes) -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


def test_of_two_files_the_refused_one_is_named_and_the_other_goes_in(
    fund: Any, sqlite_url: str, tmp_path: Path
) -> None:
    started(sqlite_url)
    bank, stranger = StoryBank(OURS), StoryBank(FROM)
    bank.receive(12_34, name="?", iban=FROM, on=DAY, text="?")
    good, bad = written(tmp_path, "a.xml", bank.statement(DAY)), written(tmp_path, "b.xml", stranger.statement(DAY))
    as_bram = {"database": sqlite_url, "user": "bram"}

    trial = fund("bank", "import", good, bad, "--dry-run", **as_bram)
    done = fund("bank", "import", good, bad, "--json", "--command-id", "one", **as_bram)
    again = fund("bank", "import", good, bad, "--command-id", "one", **as_bram)
    known = fund("bank", "import", good, **as_bram)
    none = fund("bank", "import", bad, **as_bram)

    assert [result.code for result in (trial, done, again, known, none)] == [3, 3, 3, 0, 1]
    assert done.json["lines_new"] == 1
    assert [(row["file"], row["code"]) for row in done.json["refused"]] == [(str(bad), "other_bank_account")]
    assert "1 new lines, 0 known before." in again.out
    assert "Refused: " in again.out
    assert "0 new lines, 1 known before." in known.out
    assert none.err.startswith("error[other_bank_account]: ")
    waiting = fund("bank", "unmatched", database=sqlite_url, user="bram")
    assert "not expected" in waiting.out


def test_notifications_stand_beside_statements(fund: Any, sqlite_url: str, tmp_path: Path) -> None:
    started(sqlite_url)
    paid = StoryEntry(
        transactions=(StoryTransaction(amount_cents=12_34, name="?", iban=FROM),), booked_on=DAY, bank_reference="B1"
    )
    data = write_notification(
        iban=OURS, notification_id="N2026-0001", entries=[paid], created_at=datetime(2026, 1, 5, 12, tzinfo=UTC)
    )
    before = fund("bank", "list", database=sqlite_url, user="bram")
    fund("bank", "import", written(tmp_path, "n.xml", data), database=sqlite_url, user="bram")
    after = fund("bank", "list", database=sqlite_url, user="bram", columns=80)

    assert "Notifications" not in before.out
    assert "N2026-0001" in after.out
    assert max(len(line) for line in after.out.splitlines()) <= 80
