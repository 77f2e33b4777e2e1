"""``fund cooperation``: looked up without a database."""

from __future__ import annotations

from tests.conftest import Fund


def test_the_cooperations_of_a_partner_about_a_theme_are_found(fund: Fund) -> None:
    every = fund("cooperation", "list", "--json").json["cooperations"]
    some = fund("cooperation", "list", "--partner", "gm0308", "--theme", "t09", "--json").json["cooperations"]
    assert len(every) == 22
    assert [row["ref"] for row in some] == ["rid-utrecht"]
    assert {member["partner"] for member in some[0]["members"]} >= {"gm0308", "gm0310"}


def test_a_cooperation_is_shown_with_its_members(fund: Fund) -> None:
    shown = fund("cooperation", "show", "rid-utrecht", terminal=True)
    assert shown.out.startswith("RID-Utrecht\n")
    assert "gm1581" in shown.out
    assert max(map(len, shown.out.splitlines())) <= 80


def test_a_mistyped_cooperation_is_answered_with_the_nearest(fund: Fund) -> None:
    refused = fund("cooperation", "show", "rid-utrect")
    assert refused.code == 1
    assert refused.err == (
        "error[unknown_ref]: there is no cooperation rid-utrect\nhint: fund cooperation show rid-utrecht\n"
    )
