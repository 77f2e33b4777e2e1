from __future__ import annotations

import hashlib
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Fund
from tests.factories import founded
from tests.workflows.agreeing import AGREEMENT, PROPOSAL, approved, noon, office, received, running


def test_an_agreement_is_drafted_read_and_signed(fund: Fund, database_url: str) -> None:
    with founded(database_url) as world:
        office(world)
        approved(world)

        def do(*words: Any, user: str | None = None, **more: Any) -> Any:
            return fund(*words, database=database_url, user=user, **more)

        drafted = do("agreement", "draft", PROPOSAL, user="anna")
        assert drafted.code == 0, drafted.err
        assert "A2026-003: EUR 40,000.00, of which EUR 28,000.00 is repaid." in drafted.out
        assert "Next step: fund agreement show A2026-003 --document" in drafted.out
        text = do("agreement", "show", AGREEMENT, "--document")
        data = do("agreement", "show", AGREEMENT, "--document", "--json").json
        assert text.out == data["document"]
        assert hashlib.sha256(text.out.encode()).hexdigest() == data["document_sha256"]

        unanswered = do("agreement", "sign", AGREEMENT, user="fatima")
        assert (unanswered.code, "declined" in unanswered.err) == (1, True)
        wrong = do("agreement", "sign", AGREEMENT, "--hash", "0" * 64, "--yes", "--json", user="fatima")
        assert (wrong.code, wrong.json["error"]["code"]) == (1, "document_differs")
        asked = do("agreement", "sign", AGREEMENT, user="fatima", terminal=True, typed="y\n")
        assert asked.code == 0
        assert f"the text with hash {data['document_sha256']}" in " ".join(asked.err.split())
        assert "Still to sign: gm0312, the fund." in asked.out
        do("agreement", "sign", AGREEMENT, "--hash", data["document_sha256"], "--yes", user="piet")
        last = do("agreement", "sign", AGREEMENT, "--yes", user="carla")
        assert "Everybody signed." in last.out
        shown = do("agreement", "show", AGREEMENT, lang="nl")
        assert "lopend" in shown.out
        assert "A2026-003-2" in shown.out
        assert do("agreement", "list", "--state", "active", "--json").json["agreements"][0]["ref"] == AGREEMENT


def test_a_milestone_is_shown_and_judged(fund: Fund, database_url: str, tmp_path: Path) -> None:
    photo = tmp_path / "foto.pdf"
    photo.write_bytes(b"pomp")
    with founded(database_url) as world:
        running(world)
        ref = f"{AGREEMENT}-1"
        shown = fund("milestone", "evidence", ref, photo, database=database_url, user="lotte")
        assert f"{ref} is shown with 1 file." in shown.out
        refused = fund("milestone", "accept", ref, "--json", database=database_url, user="anna")
        assert (refused.code, refused.json["error"]["code"]) == (1, "criteria_not_ticked")
        assert refused.json["error"]["hint"] == "fund milestone request-changes A2026-003-1 --reason TEXT"
        back = fund("milestone", "request-changes", ref, "--reason", "meer", database=database_url, user="anna")
        assert back.code == 0
        fund("milestone", "evidence", ref, photo, database=database_url, user="lotte")
        accepted = fund("milestone", "accept", ref, "--met", "1", database=database_url, user="anna")
        assert "is accepted" in accepted.out
        assert "Next step, by fatima: fund --as fatima disbursement request A2026-003 --milestone 1" in accepted.out
        listed = fund("milestone", "list", AGREEMENT, database=database_url)
        assert "1 foto's" in listed.out
        missing = fund("milestone", "evidence", ref, tmp_path / "weg.pdf", database=database_url, user="lotte")
        assert (missing.code, "missing_file" in missing.err or "error[" in missing.err) == (1, True)
        fund("milestone", "evidence", f"{AGREEMENT}-2", photo, database=database_url, user="lotte")
        gone = fund(
            "milestone", "reject", f"{AGREEMENT}-2", "--reason", "nee", "--yes", database=database_url, user="anna"
        )
        assert "is rejected" in gone.out


def test_plans_arrears_and_allowance_are_read_and_reckoned(fund: Fund, database_url: str) -> None:
    with founded(database_url) as world:
        running(world, paid=1)
        plan = fund("repayment", "plan", AGREEMENT, database=database_url)
        assert "933,333".replace(",", "") not in plan.out  # cents never show bare
        assert "9,333.33" in plan.out
        announced = fund("repayment", "prepay", AGREEMENT, "--amount", "100,00", database=database_url, user="fatima")
        assert "EUR 100.00 is announced; pay it with reference RF" in announced.out
        world.clock(noon(date(2026, 8, 10)))
        received(world, "O2026-0101", 33_333)
        assert fund("repayment", "list", "--json", database=database_url).json["plans"][0]["repaid_cents"] == 33_333
        schedule = fund("repayment", "schedule", "--until", "2026-12-31", database=database_url)
        assert "RF" in schedule.out
        assert "8,666.67" not in schedule.out
        assert schedule.out.count("RF") == 2
        late = fund("repayment", "arrears", database=database_url)
        assert "9,000.00" in late.out
        earlier = fund("repayment", "arrears", "--as-of", "2026-07-08", "--json", database=database_url).json
        assert earlier["total"]["not_due_cents"] == 1_750_001
        trial = fund("repayment", "allowance", "--dry-run", database=database_url, user="anna")
        assert (trial.code, "Trial, nothing kept." in trial.out) == (0, True)
        made = fund("repayment", "allowance", "--yes", "--json", database=database_url, user="anna").json
        confirmed = fund("confirm", made["pending"], "--yes", database=database_url, user="bram")
        assert confirmed.code == 0, confirmed.err
        assert world.ask("agreement show", ref=AGREEMENT)["allowance_cents"] == 686_667


def test_a_receipt_is_allocated_by_hand_by_two_people(fund: Fund, sqlite_url: str) -> None:
    from tests.workflows.money_out import receipt

    with founded(sqlite_url) as world:
        running(world, paid=1)
        with world.uow("bram") as uow:
            receipt(uow, "O2026-0101", 2_000_000)
        made = fund(
            "repayment", "allocate", AGREEMENT, "--receipt", "O2026-0101", "--json", database=sqlite_url, user="bram"
        ).json
        done = fund("confirm", made["pending"], "--yes", database=sqlite_url, user="anna")
        assert done.code == 0, done.err
        assert world.balances()["1200"] == 0
        assert world.balances()["2100"] == -249_999


@pytest.mark.parametrize(
    ("words", "user"),
    [
        (("amend", AGREEMENT, "--change=-100", "--milestone", "2", "--reason", "minder"), "anna"),
        (("suspend", AGREEMENT, "--reason", "twijfel"), "anna"),
        (("complete", AGREEMENT, "--ex-officio", "--reason", "klaar"), "anna"),
        (("terminate", AGREEMENT, "--ground", "stop_rule", "--reason", "geen daling"), "anna"),
        (("benefits", AGREEMENT, "--year", "2026", "--realised-benefit", "10"), "fatima"),
    ],
)
def test_what_ends_or_changes_an_agreement_waits_for_a_second_person(
    fund: Fund, sqlite_url: str, words: tuple[str, ...], user: str
) -> None:
    with founded(sqlite_url) as world:
        running(world)
        made = fund("agreement", *words, "--yes", database=sqlite_url, user=user)
        assert made.code == 0, made.err
        assert re.search(r"Next step, by .+: fund --as \w+ confirm Q", made.out)
        assert world.ask("agreement show", ref=AGREEMENT)["state"] == "active"


def test_a_suspended_agreement_is_resumed(fund: Fund, sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        running(world)
        world.both("agreement suspend", user="anna", second="bram", ref=AGREEMENT, reason="twijfel")
        made = fund(
            "agreement",
            "resume",
            AGREEMENT,
            "--reason",
            "opgelost",
            "--yes",
            "--json",
            database=sqlite_url,
            user="anna",
        )
        assert made.json["pending"]


def test_a_major_agreement_is_activated_by_hand(fund: Fund, sqlite_url: str) -> None:
    from tests.workflows.agreeing import signed

    with founded(sqlite_url) as world:
        office(world)
        ref = signed(world, track="major", informed=False)
        early = fund("agreement", "activate", ref, "--yes", database=sqlite_url, user="anna")
        assert (early.code, "error[boards_not_heard]" in early.err) == (1, True)
        done = fund("agreement", "activate", ref, "--boards-heard", "--yes", database=sqlite_url, user="anna")
        assert "holds" in done.out
