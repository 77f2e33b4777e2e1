"""Leaving the fund as it is typed: the quote that a councillor reads, and every step to the last payment."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.cli.golden import check
from tests.factories import founded
from tests.workflows.leaving import founded_fund, leaves, payee, rules
from tests.workflows.money_out import BUNNIK, BUNSCHOTEN


def pending(result: Any) -> str:
    return str(next(word for word in result.out.split() if word.startswith("Q20")))


@pytest.fixture
def url(sqlite_url: str) -> str:
    with founded(sqlite_url, rules=rules()) as world:
        founded_fund(world)
    return sqlite_url


def narrow(shown: str) -> str:
    """What a terminal of 80 columns shows, without colours."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert max(map(len, plain.splitlines())) <= 80, plain
    return plain


def test_the_quote_says_in_words_what_is_now_and_what_is_later(fund: Any, url: str) -> None:
    shown = fund("partner", "exit-quote", BUNNIK, "--costs", "250", database=url, user="piet", terminal=True)
    assert shown.code == 0, shown.err
    check("exit_quote.en", narrow(shown.out))
    narrow(fund("partner", "exit-quote", BUNNIK, database=url, lang="nl", terminal=True).out)
    owes = fund("partner", "exit-quote", BUNSCHOTEN, "--costs", "20000", database=url).out
    assert "Gemeente Bunschoten would owe the fund EUR 9,275.00." in owes


def test_the_quote_as_json_has_every_input_and_can_be_reckoned_again(fund: Any, url: str) -> None:
    from fractions import Fraction
    from math import floor

    told = fund("partner", "exit-quote", BUNNIK, "--json", "--as-of", "2026-01-05", database=url).json
    balances = told["balances"]
    nav = sum(balances[code] for code in balances if code not in ("3000", "9000"))
    commitments = [item for item in told["items"] if item["kind"] == "commitment"]
    promised = sum(
        Fraction(item["standing_cents"] * (10_000 - told["repayable_bps"][item["case"]]), 10_000)
        for item in commitments
    )
    share = Fraction(told["capital_cents"], -balances["3000"])
    net = floor(share * (nav - promised)) - told["unpaid_cents"]
    liquid = sum(balances[code] for code in ("1000", "1005", "1010", "2000", "2100", "2200", "2300"))
    free = liquid - balances["9000"] - told["buffer_cents"]
    assert (str(share), net, floor(share * free)) == (told["share"], told["net_cents"], told["now_cents"])
    again = fund(
        "partner", "exit-quote", BUNNIK, "--json", "--as-of", "2026-01-05", "--known-at", told["known_at"], database=url
    )
    assert again.json == told


def test_from_notice_to_payment_as_it_is_typed(fund: Any, url: str, tmp_path: Path) -> None:
    decision = tmp_path / "raadsbesluit.pdf"
    decision.write_bytes(b"De raad besluit.")
    asked = fund("partner", "give-notice", BUNNIK, "--decision", decision, database=url, user="piet")
    assert asked.code == 1  # a question, and nobody to ask
    given = fund("partner", "give-notice", BUNNIK, "--decision", decision, "--yes", database=url, user="piet")
    assert given.code == 0, given.err
    assert f"{BUNNIK} gave notice and leaves on 2026-07-05." in given.out
    early = fund("partner", "propose-settlement", BUNNIK, database=url, user="anna")
    assert early.err.startswith("error[valuation_day_outside]:")
    neither = fund("partner", "propose-settlement", database=url, user="anna")
    assert neither.code == 2
    with founded_again(url) as world:
        world.clock(date(2026, 7, 6))
    made = fund("partner", "propose-settlement", BUNNIK, "--costs", "250", database=url, user="anna")
    done = fund("confirm", pending(made), "--yes", database=url, user="bram")
    assert done.code == 0, done.err
    said = fund("partner", "dispute-settlement", BUNNIK, "--reason", "te laag", database=url, user="piet")
    assert "EUR 30,837.50 is undisputed and may be paid first." in said.out
    advice = tmp_path / "advies.pdf"
    advice.write_bytes(b"Meer.")
    agreed = fund(
        "partner", "agree-settlement", BUNNIK, "--amount", "31000", "--advice", advice, database=url, user="piet"
    )
    assert fund("confirm", pending(agreed), "--yes", database=url, user="carla").code == 0
    settled = fund("partner", "settle", BUNNIK, "--yes", database=url, user="bram2")
    assert f"{BUNNIK} gets EUR 19,662.50 now and EUR 11,337.50 later." in settled.out
    with founded_again(url) as world:
        payee(world)
        world.clock(date(2026, 7, 13))
    paid = fund("partner", "pay-settlement", BUNNIK, "--yes", "--json", database=url, user="bram")
    done = fund("confirm", json.loads(paid.out)["pending"], "--yes", database=url, user="anna")
    assert done.code == 0, done.err
    stop = fund("partner", "close-out", BUNNIK, "--yes", database=url, user="bram")
    assert stop.err.startswith("error[long_stop_not_reached]:")
    shown = fund("partner", "show", BUNNIK, database=url, terminal=True)
    check("partner_leaving.en", narrow(shown.out))
    narrow(fund("partner", "show", BUNNIK, database=url, lang="nl", terminal=True).out)
    assert "Bunnik (settling)" in " ".join(narrow(fund("capital", "list", database=url, terminal=True).out).split())
    assert "settling" in narrow(fund("partner", "list", database=url, terminal=True).out)


def founded_again(url: str) -> Any:
    from contextlib import contextmanager

    from fund.commands.opening import open_fund
    from tests.factories import World

    @contextmanager
    def opened() -> Any:
        with open_fund(url) as there:
            world = World(there)
            world._numbers = iter(range(9000, 9999))  # type: ignore[assignment]
            yield world

    return opened()


def test_who_may_act_finds_each_step_in_the_inbox(fund: Any, sqlite_url: str) -> None:
    with founded(sqlite_url, rules=rules()) as world:
        founded_fund(world)
        leaves(world)

    def commands(user: str) -> list[str]:
        told = fund("inbox", "--json", database=sqlite_url, user=user).json["items"]
        return [item["command"] for item in told if item["command"].startswith("fund partner")]

    assert commands("bram") == [f"fund partner pay-settlement {BUNNIK}"]
    assert commands("piet") == []
    with founded_again(sqlite_url) as world:
        world.clock(date(2031, 7, 8))
    assert commands("bram") == [f"fund partner close-out {BUNNIK}", f"fund partner pay-settlement {BUNNIK}"]
    logged = fund("event", "list", "--json", database=sqlite_url, user="joost").json
    assert "exit.long_stop_reached" in json.dumps(logged)
