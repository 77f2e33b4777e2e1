"""How far the reviewers of a round are apart, over its samples and the rest."""

from __future__ import annotations

from tests.conftest import Fund
from tests.factories import as_file, founded
from tests.workflows.deciding import CRITERIA, eligible, money, panel_of, peopled, score_file


def test_the_first_two_to_close_are_the_samples_and_the_spread_is_told_to_who_may_see_scores(
    fund: Fund, sqlite_url: str
) -> None:
    with founded(sqlite_url) as world:
        peopled(world)
        money(world, 500_000_00)
        first, second, third = eligible(world, count=3)
        named = ["ed", "els", "rosa", "willem", "ria"]
        for ref in (third, first, second):
            world.do("review open", user="anna", ref=ref, reviewers=named)
            for name in panel_of(world, ref):
                marks = {**dict.fromkeys(CRITERIA, 3), "learning": 2 if name == "ed" else 3}
                world.do("review score", user=name, ref=ref, file=as_file(score_file(marks)))

        told = world.ask("review spread", user="anna", ref="2026-1")

        assert [(each["ref"], each["sample"]) for each in told["reviews"]] == [
            (third, True), (first, True), (second, False),
        ]  # fmt: skip
        learning = next(each for each in told["criteria"] if each["id"] == "learning")
        assert (learning["largest"], learning["mean"]) == (1, "1")
        leanings = {each["name"]: (each["leaning"], each["reviews"]) for each in told["reviewers"]}
        assert leanings == {name: ("-4" if name == "ed" else "1", 3) for name in named}
        assert world.ask("review spread", user="fatima", ref="2026-1")["reviews"] == []
        assert len(world.ask("review spread", user="ed", ref="2026-1")["reviews"]) == 3
        shown = fund("review", "spread", "2026-1", database=sqlite_url, user="anna").out
        assert "-4.0" in shown
        assert (
            "No closed review whose scores you may see."
            in fund("review", "spread", "2026-1", database=sqlite_url, user="fatima").out
        )
