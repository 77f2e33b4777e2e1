"""``fund confirm`` and ``fund decline``: nothing that asks two people happens by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click
import pytest

import fund as package
from cli.confirm import PENDING
from cli.params import Shell
from fund.language import choose
from tests.conftest import Fund
from tests.factories import World, founded

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
    first, *told, last = again.out.splitlines()
    ref = first.split()[0]
    assert (first, last) == (f"{ref} waits for a second person.", f"Next step, by bram: fund --as bram confirm {ref}")
    assert told[0] == "Capital called, 34 times"
    assert "  In all        EUR 34.00" in told
    assert sum(", share " in line for line in told) == 34
    assert calls(fund, url) == 0


def test_the_second_person_sees_the_entries_and_makes_it_happen(fund: Fund, called: tuple[str, str]) -> None:
    url, ref = called
    done = fund("confirm", ref, database=url, user="bram", terminal=True, typed="ja\n")
    assert done.code == 0, done.err
    assert "debit   1100  Contributions receivable  2,100,000.00" in done.err
    assert "Carry this out? [y/N]" in done.err
    assert done.out.startswith(f"{ref} is confirmed: `fund capital call`.\n")
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
    for who, told in (("anna", True), ("petra", False)):
        assert ("too early" in fund("explain", ref, database=url, user=who).out) is told
    refused = fund("confirm", ref, "--yes", database=url, user="bram")
    assert (refused.code, "error[pending_not_open]" in refused.err) == (1, True)
    assert ref not in fund("inbox", database=url, user="bram").out
    assert calls(fund, url) == 0


def test_what_does_not_wait_is_refused_by_name(fund: Fund, called: tuple[str, str]) -> None:
    refused = fund("confirm", "Q2026-9999", "--yes", database=called[0], user="bram")
    assert (refused.code, "error[unknown_ref]" in refused.err) == (1, True)


# ------------------------------------------------------------------------------------------------------ all is shown


PRINTER = {"supplier": "drukkerij", "iban": "NL39RABO0300065264", "name": "Drukkerij De Eend"}
BAKER = {"supplier": "bakkerij", "iban": "NL44RABO0123456789", "name": "Bakkerij Zon"}
PAPER = {"name": "brief.pdf", "content": b"rekening"}


@dataclass
class Office:
    """A fund with its people and partners: its world, and its database."""

    world: World
    url: str

    def waits(self, command: str, user: str, /, **args: Any) -> str:
        """What waits after a command of two people."""
        return str(self.world.do(command, user=user, **args)["pending"])

    def payee(self, payee: dict[str, str]) -> str:
        """The account of a supplier, recorded by anna."""
        return self.waits("payee record", "anna", **payee, file=PAPER)

    def called(self, user: str = "anna") -> str:
        """A capital call of 34 euros."""
        return self.waits("capital call", user, amount=34_00)

    def facts(self) -> int:
        """So many facts, those of refusals left out."""
        with self.world.snapshot() as snapshot:
            return sum(1 for fact in snapshot.store.facts.all() if fact.type != "command.refused")


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with founded(database_url) as world:
        world.people()
        world.partners()
        yield Office(world, database_url)


def fields(printed: str) -> list[str]:
    """The fields that are shown, one a line."""
    return [line for line in printed.splitlines() if line.startswith("  ")]


def fits(printed: str) -> bool:
    """Whether every line fits 80 columns; what follows a question stands on a line of its own once enter is typed."""
    return all(len(line) <= 80 for line in printed.splitlines() if "/N] " not in line)


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_both_see_the_account_and_the_name_of_a_payee(fund: Fund, office: Office, lang: str) -> None:
    record = ("payee", "record", "--supplier", "drukkerij", "--iban", PRINTER["iban"], "--name", PRINTER["name"])
    made = fund("--lang", lang, *record, "--file", PARTNERS, database=office.url, user="anna", terminal=True)
    assert made.code == 0, made.err
    ref = made.out.split()[0]
    seen = fund("--lang", lang, "confirm", ref, database=office.url, user="bram", terminal=True, typed="nee\n")
    assert fields(made.out) == [line for line in fields(seen.err) if line != fields(seen.err)[-1]]
    for shown in (made.out, seen.err):
        assert "NL39 RABO 0300 0652 64" in shown
        assert "Drukkerij De Eend" in shown
        assert fits(shown)


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_the_second_sees_the_name_and_roles_of_a_user_and_the_ceiling_and_days_of_a_round(
    fund: Fund, office: Office, lang: str
) -> None:
    days = {"opens": date(2026, 9, 1), "closes": date(2026, 9, 30)}
    autumn = office.waits("round plan", "anna", title="Herfst", ceiling_cents=500_000_00, **days)
    zed = office.waits("user add", "petra", name="zed", roles=["reviewer", "committee_member"])
    seen = fund("--lang", lang, "confirm", autumn, zed, database=office.url, user="carla", terminal=True, typed="n\n")
    wanted = {
        "en": (
            "Herfst",
            "EUR 500,000.00",
            "1 September 2026",
            "30 September 2026",
            "zed",
            "committee member, reviewer",
        ),
        "nl": ("Herfst", "€ 500.000,00", "1 september 2026", "30 september 2026", "zed", "commissielid, beoordelaar"),
    }[lang]
    told = [line[2:].split("  ")[-1].strip() for line in fields(seen.err)]
    assert [value for value in wanted if value not in told] == []
    assert seen.err.count("/N] ") == 1
    assert fits(seen.err)


def test_ten_that_wait_read_differently_in_the_inbox(fund: Fund, office: Office) -> None:
    for number in range(10):
        office.waits("capital call", "anna", amount=(number + 1) * 34_00)
    for lang in ("en", "nl"):
        choose(lang)
        found = office.world.ask("inbox", user="bram")["items"]
        lines = [item["what"] for item in found if item["command"].startswith("fund confirm ")]
        assert len(lines) == len(set(lines)) == 10
    choose("en")


def test_the_inbox_shows_no_more_of_an_account_than_its_end(office: Office) -> None:
    office.payee(PRINTER)
    (line,) = [
        item["what"] for item in office.world.ask("inbox", everybody=True)["items"] if "drukkerij" in item["what"]
    ]
    assert line == "confirm drukkerij, account ending in 5264: account of a payee recorded, by anna"


def test_what_waits_is_shown_to_nobody_whom_it_does_not_concern(office: Office) -> None:
    ref = office.payee(PRINTER)
    office.world.user("fatima", "partner_signatory", partner="gm0351")
    for user in ("anna", "bram", "joost"):
        assert PRINTER["iban"] in str(office.world.ask("pending show", user=user, ref=ref)["shown"]), user
    for user in ("fatima", "carla", "petra", None):
        assert office.world.ask("pending show", user=user, ref=ref)["shown"] is None, user


# ------------------------------------------------------------------------------------------------------------ several


def test_several_are_listed_asked_once_and_all_happen(fund: Fund, office: Office) -> None:
    refs = [office.payee(PRINTER), office.payee(BAKER), office.called()]
    done = fund("confirm", *refs, database=office.url, user="bram", terminal=True, typed="yes\n")
    assert done.code == 0, done.err
    assert [done.err.count(f"{ref}: `fund ") for ref in refs] == [1, 1, 1]
    assert done.err.count("[y/N]") == 1
    assert [done.out.count(f"{ref} is confirmed") for ref in refs] == [1, 1, 1]
    assert fund("verify", database=office.url).code == 0
    assert len(fund("capital", "list", "--json", database=office.url).json["calls"]) == 34


@pytest.mark.parametrize("typed", ["nee\n", ""])
def test_no_to_several_is_no_to_all(fund: Fund, office: Office, typed: str) -> None:
    refs, before = [office.payee(PRINTER), office.called()], office.facts()
    assert fund("confirm", *refs, database=office.url, user="bram", terminal=True, typed=typed).code == 1
    assert fund("confirm", *refs, database=office.url, user="bram").code == 1
    assert fund("confirm", *refs, "--dry-run", database=office.url, user="bram").code == 0
    assert office.facts() == before


def test_one_that_is_refused_keeps_the_others_from_happening_and_the_hint_is_the_others(
    fund: Fund, office: Office
) -> None:
    office.world.user("max", "fund_manager", "treasurer")
    mine, gone, good = office.called("max"), office.called(), office.payee(PRINTER)
    office.world.do("decline", user="bram", ref=gone, reason="te vroeg")
    before = office.facts()
    refused = fund("confirm", mine, good, gone, "--yes", database=office.url, user="max")
    assert (refused.code, office.facts()) == (1, before)
    assert "error[not_all_possible]: `confirm` changed nothing: 2 of 3 cannot be carried out" in refused.err
    assert f"\n{mine}: " in refused.err
    assert f"\n{gone}: {gone} does not wait for a confirmation: it is declined" in refused.err
    assert refused.err.splitlines()[-1] == f"hint: fund confirm {good}"
    assert "usr_" not in refused.err, "whoever acted before is named"
    details = fund("confirm", mine, good, gone, "--yes", "--json", database=office.url, user="max").json["error"][
        "details"
    ]
    assert [(each["ref"], each["code"]) for each in details["refused"]] == [
        (mine, "same_hands"),
        (gone, "pending_not_open"),
    ]
    assert fund(*refused.err.splitlines()[-1].split()[2:], "--yes", database=office.url, user="max").code == 0


def test_one_that_another_of_them_changes_is_not_confirmed_unseen(fund: Fund, office: Office) -> None:
    first, other = office.payee(PRINTER), office.payee({**PRINTER, "iban": BAKER["iban"]})
    before = office.facts()
    refused = fund("confirm", first, other, "--yes", "--json", database=office.url, user="bram")
    assert [each["code"] for each in refused.json["error"]["details"]["refused"]] == ["pending_changed"]
    assert office.facts() == before
    assert fund("confirm", first, "--yes", database=office.url, user="bram").code == 0


def test_a_ref_that_does_not_exist_is_named_and_nothing_happens(fund: Fund, office: Office) -> None:
    good, before = office.called(), office.facts()
    refused = fund("confirm", good, "Q2026-9999", "--yes", "--json", database=office.url, user="bram")
    assert (refused.code, refused.json["error"]["code"], office.facts()) == (1, "unknown_ref", before)


def test_a_ref_typed_twice_is_meant_once(fund: Fund, office: Office) -> None:
    ref = office.payee(PRINTER)
    done = fund("confirm", ref, ref, "--yes", "--json", database=office.url, user="bram").json
    assert (done["confirmed"], done["refs"], done["event_count"]) == (ref, [ref], 2)


def test_several_repeated_under_their_command_id_happen_once(fund: Fund, office: Office) -> None:
    refs = [office.payee(PRINTER), office.called()]
    confirm = ("confirm", *refs, "--yes", "--json", "--command-id", "both-1")
    first, again = (fund(*confirm, database=office.url, user="bram").json for _twice in range(2))
    assert again == {**first, "replayed": True}
    assert (first["refs"], [answer["confirmed"] for answer in first["answers"]]) == (refs, refs)
    assert (
        first["event_count"] == len(first["events"]) == sum(answer["event_count"] for answer in first["answers"]) == 36
    )
    assert len({event["event_id"] for event in first["events"]}) == 36
    other = fund("confirm", refs[0], "--yes", "--json", "--command-id", "both-1", database=office.url, user="bram")
    assert other.json["error"]["code"] == "command_conflict"


def test_a_refusal_of_several_is_answered_again_under_its_id(fund: Fund, office: Office) -> None:
    good, late = office.payee(PRINTER), office.called()
    office.world.do("decline", user="bram", ref=late, reason="te vroeg")
    confirm = ("confirm", good, late, "--yes", "--command-id", "both-2")
    first, again = (fund(*confirm, database=office.url, user="bram").err for _twice in range(2))
    assert first == again
    assert fund("--lang", "nl", *confirm, database=office.url, user="bram").err != first, "in the language of now"


def test_several_are_declined_for_one_reason_or_none_of_them(fund: Fund, office: Office) -> None:
    refs, other = (
        [office.payee(PRINTER), office.called()],
        office.waits("user add", "petra", name="zed", roles=["reviewer"]),
    )
    refused = fund("decline", *refs, other, "--reason", "niet nu", database=office.url, user="bram")
    assert (refused.code, refused.err.splitlines()[-1]) == (
        1,
        f"hint: fund decline {' '.join(refs)} --reason 'niet nu'",
    )
    done = fund("decline", *refs, "--reason", "niet nu", database=office.url, user="bram")
    assert done.out.splitlines() == [f"{ref} is declined; nothing else was changed." for ref in refs]
    assert {office.world.ask("pending show", ref=ref)["state"] for ref in refs} == {"declined"}
    assert office.world.ask("pending show", ref=other)["state"] == "pending"


def test_a_call_in_instalments_is_shown_whole(fund: Fund, office: Office) -> None:
    four = ("capital", "call", "--amount", "340000", "--instalments", "4", "--every", "3")
    made = fund(*four, "--json", database=office.url, user="anna").json
    assert made["event_count"] == len(made["events"]) == len(made["entries"]) == len(made["preview"]["facts"]) == 136
    seen = fund("confirm", made["pending"], "--dry-run", "--json", database=office.url, user="bram").json
    assert seen["preview"] == made["preview"]
    told = fund("confirm", made["pending"], database=office.url, user="bram", terminal=True, typed="n\n").err
    assert "136 entries, together:" in told
    assert told.count("  - ") == 136


def test_completion_offers_what_was_not_typed_yet(office: Office) -> None:
    refs = [office.payee(PRINTER), office.called()]
    ctx = click.Context(click.Command("confirm"), obj=Shell({"database": office.url, "user": "bram"}))
    ctx.params["refs"] = (refs[0],)
    offered = PENDING.shell_complete(ctx, click.Argument(["refs"], nargs=-1), "Q")
    assert [(item.value, "EUR 34.00" in str(item.help)) for item in offered] == [(refs[1], True)]
