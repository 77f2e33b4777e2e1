"""``fund init``, ``user``, ``inbox`` and ``explain``: a fund is founded and people come and go, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from fund.errors import FundError
from fund.rules.regulations import standard_text
from tests.conftest import Fund

THREE = ("--admin", "petra", "--fund-manager", "anna", "--treasurer", "bram")


@pytest.fixture
def founded(fund: Fund, empty_database_url: str) -> str:
    """A fund that was just founded."""
    assert fund("init", *THREE, database=empty_database_url).code == 0
    return empty_database_url


def test_a_fund_is_founded_in_its_home_by_one_command(fund: Fund, tmp_path: Path) -> None:
    shown = fund("init", *THREE)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out == (
        f"Fund founded in {tmp_path / 'home' / 'fund.db'}, with the standard regulations.\n"
        "Next step: fund --as anna partner import\n"
    )
    assert [user["name"] for user in fund("user", "list", "--json").json["users"]] == ["anna", "bram", "petra"]


def test_the_three_names_are_asked_on_a_terminal(fund: Fund) -> None:
    shown = fund("init", terminal=True, typed="petra\n\nanna\nbram\n")
    assert shown.code == 0
    assert "Who prepares the cases (fund manager)? Who prepares the cases" in shown.err


def test_a_fund_is_founded_once(fund: Fund, founded: str) -> None:
    again = fund("init", *THREE, database=founded)
    assert (again.code, "error[fund_exists]" in again.err) == (1, True)


def test_one_person_is_not_two_of_the_first_three(fund: Fund, empty_database_url: str) -> None:
    refused = fund(
        "init", "--admin", "petra", "--fund-manager", "anna", "--treasurer", "anna", database=empty_database_url
    )
    assert (refused.code, refused.out) == (1, "")
    assert "error[exclusive_role]: anna cannot be both" in refused.err


def test_an_admin_adds_a_person_who_may_act_at_once(fund: Fund, founded: str) -> None:
    shown = fund("user", "add", "fatima", "--role", "reviewer", database=founded, user="petra")
    assert shown.out == "fatima may act now as reviewer.\nNext step: fund --as fatima inbox\n"
    assert "fatima  " in fund("user", "list", database=founded).out


def test_a_trial_keeps_nothing(fund: Fund, founded: str) -> None:
    shown = fund("user", "add", "fatima", "--role", "reviewer", "--dry-run", database=founded, user="petra")
    assert shown.out.startswith("Trial, nothing kept.\nfatima may act now as reviewer.\nUser added\n  User   fatima\n")
    assert "fatima" not in fund("user", "list", database=founded).out


def test_the_same_command_id_acts_once_and_answers_the_same(fund: Fund, founded: str) -> None:
    words = ("user", "add", "fatima", "--role", "reviewer", "--command-id", "one", "--json")
    first = fund(*words, database=founded, user="petra").json
    again = fund(*words, database=founded, user="petra").json
    assert again == {**first, "replayed": True}
    assert len(fund("user", "list", "--json", database=founded).json["users"]) == 4


def test_the_same_command_id_with_another_content_is_refused(fund: Fund, founded: str) -> None:
    fund("user", "add", "fatima", "--role", "reviewer", "--command-id", "one", database=founded, user="petra")
    refused = fund("user", "add", "joost", "--role", "auditor", "--command-id", "one", database=founded, user="petra")
    assert (refused.code, "error[command_conflict]" in refused.err) == (1, True)


def test_who_has_no_right_is_refused_with_the_role_it_takes(fund: Fund, founded: str) -> None:
    refused = fund("user", "add", "joost", "--role", "auditor", database=founded, user="anna")
    assert refused.code == 1
    assert refused.err == (
        "error[not_authorised]: anna (fund manager) may not do `user add`: it is for admin\nhint: fund user list\n"
    )


def test_nobody_acts_without_a_name(fund: Fund, founded: str) -> None:
    refused = fund("user", "add", "joost", "--role", "auditor", database=founded)
    assert (refused.code, "error[no_actor]" in refused.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("user", "add", "anna", "--role", "auditor"), "user_exists"),
        (("user", "add", "joost", "--role", "king"), "unknown_role"),
        (("user", "add", "joost", "--role", "admin", "--role", "treasurer"), "exclusive_role"),
        (("user", "add", "joost", "--role", "reviewer", "--partner", "gm9999"), "unknown_partner"),
        (("user", "revoke", "nobody", "--reason", "x", "--yes"), "unknown_user"),
        (("user", "revoke", "anna", "--reason", "  ", "--yes"), "reason_missing"),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_changes_nothing(
    fund: Fund, founded: str, words: tuple[str, ...], code: str
) -> None:
    before = fund("user", "list", "--json", database=founded).json
    refused = fund(*words, "--json", database=founded, user="petra")
    assert (refused.code, refused.json["error"]["code"]) == (2 if code == "unknown_role" else 1, code)
    assert fund("user", "list", "--json", database=founded).json == before


def test_a_right_that_ends_is_asked_for_first(fund: Fund, founded: str) -> None:
    words = ("user", "revoke", "anna", "--reason", "left")
    unasked = fund(*words, database=founded, user="petra")
    assert (unasked.code, "error[declined]" in unasked.err) == (1, True)
    no = fund(*words, database=founded, user="petra", terminal=True, typed="nee\n")
    assert (no.code, "May anna not act in this fund any more? [y/N]" in no.err) == (1, True)
    assert "revoked" not in fund("user", "list", database=founded).out
    yes = fund(*words, database=founded, user="petra", terminal=True, typed="ja\n")
    assert (yes.code, yes.out) == (0, "anna may not act any more.\n")
    gone = fund("inbox", database=founded, user="anna")
    assert gone.code == 1


def test_the_inbox_of_somebody_for_whom_nothing_waits_says_so(fund: Fund, founded: str) -> None:
    shown = fund("inbox", database=founded, user="bram", lang="nl")
    assert shown.code == 0
    assert shown.out.startswith("Wacht op u, bram (penningmeester), stand ")
    assert shown.out.endswith("Er wacht niets.\nTe laat: niets. Van iedereen: fund inbox --all\n")


def test_completion_offers_the_people_of_the_fund(fund: Fund, founded: str) -> None:
    import click

    from cli.params import USER, Shell

    ctx = click.Context(click.Command("revoke"), obj=Shell({"database": founded}))
    offered = USER.shell_complete(ctx, click.Argument(["name"]), "a")
    assert [item.value for item in offered] == ["anna"]


# ------------------------------------------------------------------------------------------------------------ explain


def test_a_dutch_word_has_a_page_with_ours_and_its_command(fund: Fund) -> None:
    shown = fund("explain", "mijlpaal")
    assert shown.out.startswith("milestone\n")
    assert "mijlpaal" in shown.out


def test_every_error_has_a_page_with_what_it_says_its_exit_code_and_any_meaning_beyond_that(fund: Fund) -> None:
    for code, error in FundError.every().items():
        if not error.__module__.startswith("fund."):
            continue
        page = fund("explain", code, "--json")
        assert page.code == 0, code
        facts = page.json["pages"][0]["facts"]
        assert (facts["It says"], facts["Meaning"]) == (error.message, error.meaning()), code
        assert error.message, code
        assert facts["Exit code"].startswith(str(error.exit_code)), code


def test_an_account_has_a_page(fund: Fund) -> None:
    assert fund("explain", "4200", lang="nl").out.startswith("Rekening 4200, Afboekingen lerend experiment\n")


def test_a_kind_of_event_has_a_page(fund: Fund) -> None:
    shown = fund("explain", "user.added")
    assert shown.out.startswith("Event user.added\n")
    assert "It holds" in shown.out


def test_a_word_nobody_knows_is_answered_with_the_nearest(fund: Fund) -> None:
    refused = fund("explain", "mijlpal")
    assert refused.code == 1
    assert refused.err == (
        'error[no_such_word]: "mijlpal" is in none of the lists of the fund\n'
        "hint: did you mean mijlpaal? fund explain mijlpaal\n"
    )


def test_the_standard_regulations_are_printed_as_a_file_that_can_be_adopted_with_no_fund_at_all(
    fund: Fund, tmp_path: Path
) -> None:
    shown = fund("regulations", "template", env={"FUND_HOME": str(tmp_path / "nowhere")})
    assert (shown.code, shown.out) == (0, standard_text())
    as_json = fund("regulations", "template", "--json", env={"FUND_HOME": str(tmp_path / "nowhere")})
    assert as_json.json["template"] == standard_text()
    assert not (tmp_path / "nowhere").exists()
