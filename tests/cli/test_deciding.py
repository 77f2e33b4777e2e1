"""``fund review`` and ``fund decision`` as people type them, from panel to award."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.conftest import Fund
from tests.factories import as_file, founded
from tests.workflows.deciding import CLOSED, MEMBERS, decidable, eligible, money, panel_of, peopled, score_file


def test_a_panel_scores_and_the_committee_decides(fund: Fund, database_url: str, tmp_path: Path) -> None:
    scores = tmp_path / "scores.toml"
    with founded(database_url) as world:
        peopled(world)
        money(world, 500_000_00)
        ref = eligible(world)[0]

        def do(*words: Any, user: str | None = None, **more: Any) -> Any:
            return fund(*words, database=database_url, user=user, **more)

        opened = do("review", "open", ref, user="anna")
        assert opened.code == 0, opened.err
        assert "until then nobody sees a score" in opened.out
        panel = panel_of(world, ref)
        assert f"The panel of {ref} is {', '.join(panel)}." in " ".join(opened.out.split())
        scores.write_bytes(score_file(3).replace(b'declaration = "none"\n', b""))
        undeclared = do("review", "score", ref, scores, "--json", user=panel[0])
        assert (undeclared.code, undeclared.json["error"]["code"]) == (1, "declaration_missing")
        asked = do("review", "score", ref, scores, user=panel[0], terminal=True, typed="y\n")
        assert asked.code == 0, asked.err
        assert "under seal until the review closes" in asked.out
        before = do("review", "show", ref)
        assert "Not enough yet" in before.out
        assert "Scores, 0 to 4" not in before.out
        for name in panel[1:]:
            do("review", "score", ref, scores, "--no-conflict", user=name)
        after = do("review", "show", ref, user="anna", lang="nl")
        assert "75,0" in after.out
        assert "Gedeelde ambitie" in after.out

        assert do("decision", "vote", ref, user="carl").code == 2
        for name in MEMBERS:
            assert do("decision", "vote", ref, "--for", user=name).code == 0
        file = do("decision", "show", ref)
        assert "Rank in the round" in file.out
        assert "4 votes" in file.out
        assert "the committee" in file.out
        assert "5 of 5 without a conflict, 4 voted" in file.out
        assert "Decision before" in file.out
        unanswered = do("decision", "decide", ref, user="carla")
        assert (unanswered.code, "declined" in unanswered.err) == (1, True)
        trial = do("decision", "decide", ref, "--dry-run", user="carla")
        assert "Trial, nothing kept." in trial.out
        assert "What is under seal stays so" in trial.out
        asked = do("decision", "decide", ref, user="carla", terminal=True, typed="n\n")
        assert "Votes under seal are opened for good." in asked.err + asked.out
        assert "set aside" not in asked.err + asked.out
        decided = do("decision", "decide", ref, "--amount", "35000", "--yes", user="carla")
        assert f"{ref} is approved: EUR 35,000.00 is set aside." in decided.out
        assert f"Next step, by anna or anna2: fund --as anna agreement draft {ref}" in decided.out
        assert "carl: for" in do("decision", "show", ref).out


def test_a_refusal_shows_both_amounts_and_the_difference(fund: Fund, sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref = decidable(world, cents=44_999_99)[0]
        for name in MEMBERS:
            world.do("decision vote", user=name, ref=ref, choice="for")

        refused = fund("decision", "decide", ref, "--yes", database=sqlite_url, user="carla")

        assert refused.code == 1
        assert refused.err == (
            f"error[insufficient_free_to_commit]: cannot commit EUR 40,000.00 to {ref}: "
            "EUR 39,999.99 is free to commit on 2026-02-02, EUR 0.01 short\n"
            "hint: fund statement position --as-of 2026-02-02\n"
        )


def test_a_faulty_score_file_is_shown_line_by_line(fund: Fund, sqlite_url: str, tmp_path: Path) -> None:
    scores = tmp_path / "scores.toml"
    scores.write_text("[scores]\nambition = 9\nambitie = 1\n", encoding="utf-8")
    with founded(sqlite_url) as world:
        peopled(world)
        ref = eligible(world)[0]
        world.do("review open", user="anna", ref=ref)

        refused = fund("review", "score", ref, scores, database=sqlite_url, user=panel_of(world, ref)[0])

        assert refused.code == 1
        assert "scores.toml:2: ambition = 9: a score is a whole number from 0 to 4" in refused.err
        assert 'scores.toml:3: "ambitie" is not a criterion' in refused.err


def test_the_inbox_names_who_must_score_vote_and_decide(fund: Fund, sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        peopled(world)
        money(world, 500_000_00)
        ref = eligible(world)[0]

        def inbox(user: str) -> str:
            return "\n".join(
                item["command"] for item in fund("inbox", "--json", database=sqlite_url, user=user).json["items"]
            )

        assert f"fund review open {ref}" in inbox("anna")
        world.do("review open", user="anna", ref=ref)
        panel = panel_of(world, ref)
        assert f"fund review score {ref} FILE" in inbox(panel[0])
        for name in panel:
            world.do("review score", user=name, ref=ref, file=as_file(score_file()))
        assert f"fund review score {ref} FILE" not in inbox(panel[0])
        assert f"fund decision vote {ref} --for" in inbox("carl")
        for name in MEMBERS:
            world.do("decision vote", user=name, ref=ref, choice="for")
        assert f"fund decision vote {ref} --for" not in inbox("carl")
        assert f"fund decision decide {ref}" in inbox("carla")
        assert f"fund decision decide {ref}" not in inbox("anna2")
        world.clock(CLOSED)


def test_the_template_of_a_score_file_is_accepted_once_it_is_filled_in(
    fund: Fund, sqlite_url: str, tmp_path: Path
) -> None:
    scores = tmp_path / "scores.toml"
    with founded(sqlite_url) as world:
        peopled(world)
        ref = eligible(world)[0]
        world.do("review open", user="anna", ref=ref)
        name = panel_of(world, ref)[0]

        printed = fund("review", "show", ref, "--template", database=sqlite_url, user=name, lang="nl").out
        assert "# Gedeelde ambitie" in printed
        empty = tmp_path / "empty.toml"
        empty.write_text(printed, encoding="utf-8")
        refused = fund("review", "score", ref, empty, database=sqlite_url, user=name)
        filled = printed.replace("declaration = \n", 'declaration = "none"\n').replace(" = \n", " = 3\n")
        scores.write_text(filled, encoding="utf-8")
        scored = fund("review", "score", ref, scores, database=sqlite_url, user=name)

        assert "empty.toml:3: `declaration` is" in refused.err
        assert "empty.toml:10: ambition has no score, and no reason to abstain" in refused.err
        assert scored.code == 0, scored.err


def test_what_is_shown_of_a_decision_fits_in_eighty_columns(fund: Fund, sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        peopled(world)
        money(world, 500_000_00)
        deputy = {"name": "willemijn-van-der-veen", "roles": ["committee_member"], "partner": "ws0155"}
        world.both("user add", user="petra", second="carla", deputy_of="wil", **deputy)
        ref = eligible(world, adopters=("ws0621",))[0]
        world.do("review open", user="anna", ref=ref)
        for name in panel_of(world, ref):
            world.do("review score", user=name, ref=ref, file=as_file(score_file()))
        world.do("decision vote", user="carl", ref=ref, choice="for")

        for lang in ("nl", "en"):
            shown = fund("decision", "show", ref, database=sqlite_url, user="anna", lang=lang, terminal=True)
            assert shown.code == 0, shown.err
            assert max(len(line) for line in shown.out.splitlines()) <= 80
            assert "wil" in shown.out
        data = fund("decision", "show", ref, "--json", database=sqlite_url, user="anna").json
        assert (data["body"], data["two_thirds"], data["seats"]["voted"]) == ("committee", False, 1)
        assert [(each["name"], each["deputy_of"]) for each in data["voters"] if each["deputy_of"]] == [
            ("willemijn-van-der-veen", "wil")
        ]
        assert [each["name"] for each in data["barred"]] == ["wil"]
        assert {each["demand"] for each in data["missing"]} == {"seats", "votes", "kinds"}
        assert (data["rank"], data["of"], data["decide_before"]) == (1, 1, "2026-03-30")
