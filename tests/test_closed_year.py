"""A year of the demo fund is closed, exported, reopened by two people, corrected, closed again and exported again."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from fund.commands.opening import open_fund
from fund.database import writing
from fund.outbox.relay import drain
from fund.store import Store
from tests.bookkeeping import book, head, journal
from tests.conftest import Fund
from tests.story import Told


@pytest.fixture
def url(story: Told, tmp_path: Path) -> str:
    """A copy of the story's fund (one story for the whole run), on 20 January 2027."""
    shutil.copytree(Path(story.url.removeprefix("sqlite:///")).parent, tmp_path / "demo")
    url = f"sqlite:///{tmp_path / 'demo' / 'fund.db'}"
    with open_fund(url) as fund:
        with writing(fund.engine) as connection:
            Store(connection).work.hold_clock(datetime.combine(date(2027, 1, 20), time(9), tzinfo=UTC))
        drain(fund.engine)
    return url


def test_a_year_of_the_demo_fund_is_closed_corrected_and_closed_again(fund: Fund, url: str, tmp_path: Path) -> None:
    def done(*words: str, user: str = "joost") -> Any:
        shown = fund(*words, "--json", database=url, user=user)
        assert shown.code == 0, shown.err
        return shown.json

    def both(*words: str) -> Any:
        """Anna makes it; alone she cannot confirm it; bram does."""
        pending = done(*words, user="anna")["pending"]
        assert fund("confirm", pending, "--yes", database=url, user="anna").code == 1
        return done("confirm", pending, "--yes", user="bram")

    def exported(name: str) -> dict[str, int]:
        """The trial balance of a whole export that the auditor's own program has accepted."""
        folder = tmp_path / name
        done("export", "jsonl", "--output", str(folder))
        checked = subprocess.run(
            [sys.executable, "-I", folder / "verify_export.py", folder], capture_output=True, text=True, check=False
        )
        assert (checked.returncode, checked.stderr) == (0, ""), checked.stdout
        rows = map(json.loads, (folder / "trial_balance.jsonl").read_text(encoding="utf-8").splitlines())
        return {row["code"]: row["debit_cents"] - row["credit_cents"] for row in rows}

    def frozen(number: int) -> dict[str, int]:
        """What a closing of the year froze, by the command that is shown with it."""
        words = done("period", "show", "2026")["closings"][number - 1]["read"].split()
        rows = done(*words[1:])["accounts"]
        return {row["code"]: row["balance_cents"] for row in rows}

    def stands(balances: dict[str, int]) -> dict[str, int]:
        return {code: cents for code, cents in balances.items() if cents}

    # closed and exported
    both("repayment", "allowance", "--on", "2026-12-31")
    both("period", "lock", "2026")
    both("period", "close", "2026")
    first_export = exported("first")
    first = frozen(1)
    assert stands(first) == stands(first_export)
    assert not any(cents for code, cents in first.items() if code.startswith("4"))

    # nothing goes into it any more
    entry = ("ledger", "post", "--debit", "4500", "250.00", "--credit", "2000.accountant", "250.00")
    why = ("--memo", "Kosten accountant 2026", "--reason", "De nota kwam in januari.", "--on", "2026-12-31")
    refused = fund(*entry, *why, "--json", database=url, user="anna")
    assert (refused.code, refused.json["error"]["code"]) == (1, "closed_period")
    assert "fund period reopen 2026 " in refused.json["error"]["hint"], "the year, not its month"
    assert refused.json["error"]["details"]["year"] == "2026"

    # reopened by two people with a reason, corrected, closed again, exported again
    assert fund("period", "reopen", "2026", database=url, user="anna").code == 2  # no reason
    with open_fund(url) as opened:
        since = head(opened)
    both("period", "reopen", "2026", "--reason", "De nota van de accountant ontbrak.")
    both(*entry, *why)
    both("period", "lock", "2026-12")
    both("period", "close", "2026")
    with open_fund(url) as opened:
        booked = journal(opened, since).split("\n\n")
    assert [text.splitlines()[0] for text in booked] == [
        "2026-12-31  period.reopened, closing  Jaarafsluiting 2026 teruggenomen: De nota van de accountant ontbrak.",
        "2026-12-31  entry.posted  Kosten accountant 2026",
        "2026-12-31  year.closed, closing  Jaarafsluiting 2026",
    ]
    assert booked[1] == book("""
        2026-12-31  entry.posted  Kosten accountant 2026
          Dr 4500                   250.00
          Cr 2000.accountant                  250.00
    """)
    assert stands(frozen(2)) == stands(exported("second"))

    # both trial balances are readable, and the hashes prove them
    assert frozen(1) == first
    shown = done("period", "show", "2026")
    assert (shown["state"], [each["unchanged"] for each in shown["closings"]]) == ("closed", [True, True])
    assert shown["closings"][0]["reopened"]["reason"] == "De nota van de accountant ontbrak."
    assert shown["closings"][1]["differences"] == [
        {"account": "2000.accountant", "before_cents": 0, "after_cents": -25_000, "change_cents": -25_000},
        {
            "account": "3100",
            "before_cents": first["3100"],
            "after_cents": first["3100"] + 25_000,
            "change_cents": 25_000,
        },
    ]
    assert shown["opening"]["on"] == "2027-01-01"
    assert shown["opening"]["total_debit_cents"] == shown["opening"]["total_credit_cents"] > 0
    assert done("verify")["ok"] is True
    for lang in ("en", "nl"):
        seen = fund("period", "show", "2026", database=url, lang=lang, terminal=True, columns=80)
        assert seen.code == 0
        assert [line for line in seen.out.splitlines() if len(line) > 80] == []
