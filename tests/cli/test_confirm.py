"""``fund confirm`` and ``fund decline``: nothing that asks two people happens by one."""

from __future__ import annotations

from pathlib import Path

import pytest

import fund as package
from tests.conftest import Fund

PARTNERS = Path(str(package.__file__)).parent / "data" / "partners.csv"
THREE = ("--admin", "petra", "--fund-manager", "anna", "--treasurer", "bram")


@pytest.fixture
def called(fund: Fund, empty_database_url: str) -> tuple[str, str]:
    """A fund in which anna asked to call capital: its database, and what waits."""
    assert fund("init", *THREE, database=empty_database_url).code == 0
    assert fund("partner", "import", PARTNERS, database=empty_database_url, user="anna").code == 0
    asked = fund("capital", "call", "--amount", "2100000", "--json", database=empty_database_url, user="anna")
    assert asked.code == 0, asked.err
    return empty_database_url, asked.json["pending"]


def calls(fund: Fund, url: str) -> int:
    """How many calls there are."""
    return len(fund("capital", "list", "--json", database=url).json["calls"])


def test_the_first_person_is_told_who_waits_for_whom(fund: Fund, called: tuple[str, str]) -> None:
    url, _ref = called
    again = fund("capital", "call", "--amount", "34", database=url, user="anna")
    ref = again.out.split()[0]
    assert again.out == (f"{ref} waits for a second person.\nNext step, by somebody else: fund confirm {ref}\n")
    assert calls(fund, url) == 0


def test_the_second_person_sees_the_entries_and_makes_it_happen(fund: Fund, called: tuple[str, str]) -> None:
    url, ref = called
    done = fund("confirm", ref, database=url, user="bram", terminal=True, typed="ja\n")
    assert done.code == 0, done.err
    assert "debit   1100  Contributions receivable  2,100,000.00" in done.err
    assert "Carry this out? [y/N]" in done.err
    assert done.out.startswith(f"{ref} is confirmed: fund capital call.\n")
    assert calls(fund, url) == 34


@pytest.mark.parametrize("typed", ["nee\n", "\n", ""])
def test_who_does_not_say_yes_changes_nothing(fund: Fund, called: tuple[str, str], typed: str) -> None:
    url, ref = called
    refused = fund("confirm", ref, database=url, user="bram", terminal=True, typed=typed)
    assert (refused.code, "error[declined]" in refused.err) == (1, True)
    assert calls(fund, url) == 0


def test_without_a_terminal_it_takes_a_yes_on_the_line(fund: Fund, called: tuple[str, str]) -> None:
    url, ref = called
    unasked = fund("confirm", ref, database=url, user="bram")
    assert (unasked.code, "error[declined]" in unasked.err) == (1, True)
    assert fund("confirm", ref, "--dry-run", database=url, user="bram").out.startswith("Trial, nothing kept.\n")
    assert calls(fund, url) == 0
    assert fund("confirm", ref, "--yes", database=url, user="bram").code == 0
    assert calls(fund, url) == 34


def test_nobody_confirms_his_own_command(fund: Fund, called: tuple[str, str]) -> None:
    url, ref = called
    refused = fund("confirm", ref, "--yes", database=url, user="anna")
    assert (refused.code, "error[same_hands]" in refused.err) == (1, True)
    assert calls(fund, url) == 0


def test_what_is_declined_cannot_be_confirmed_any_more(fund: Fund, called: tuple[str, str]) -> None:
    url, ref = called
    assert ref in fund("inbox", database=url, user="bram").out
    done = fund("decline", ref, "--reason", "too early", database=url, user="bram")
    assert done.out == f"{ref} is declined; nothing else was changed.\n"
    refused = fund("confirm", ref, "--yes", database=url, user="bram")
    assert (refused.code, "error[pending_not_open]" in refused.err) == (1, True)
    assert ref not in fund("inbox", database=url, user="bram").out
    assert calls(fund, url) == 0


def test_what_does_not_wait_is_refused_by_name(fund: Fund, called: tuple[str, str]) -> None:
    refused = fund("confirm", "Q2026-9999", "--yes", database=called[0], user="bram")
    assert (refused.code, "error[unknown_ref]" in refused.err) == (1, True)
