from __future__ import annotations

from datetime import date

from tests.factories import World, founded
from tests.workflows.agreeing import AGREEMENT, PROPOSAL, approved, approved_payment, file, noon, office, sent


def waits(world: World, user: str) -> list[tuple[str | None, str]]:
    """What waits for somebody, but for the round that is open."""
    items = world.ask("inbox", user=user)["items"]
    return [(item["until"], item["command"]) for item in items if not item["command"].startswith("fund proposal new")]


def test_the_inbox_names_the_next_step_of_an_agreement_for_those_who_may(database_url: str) -> None:
    with founded(database_url) as world:
        office(world)
        approved(world)
        assert waits(world, "anna") == [("2026-03-09", f"fund agreement draft {PROPOSAL}")]
        world.do("agreement draft", user="anna", ref=PROPOSAL)
        assert waits(world, "anna") == []
        signing = [("2026-03-09", f"fund agreement sign {AGREEMENT}")]
        assert waits(world, "fatima") == waits(world, "piet") == waits(world, "carla") == signing
        assert waits(world, "sara") == waits(world, "lotte") == []
        for person in ("fatima", "piet", "carla"):
            world.do("agreement sign", user=person, ref=AGREEMENT)
            assert waits(world, person)[:1] != signing
        assert waits(world, "lotte") == [("2026-06-01", f"fund milestone evidence {AGREEMENT}-1 FILE")]
        for number in (1, 2):
            world.do("milestone evidence", user="lotte", ref=f"{AGREEMENT}-{number}", files=[file()])
            assert waits(world, "anna2")[-1:] == [(None, f"fund milestone accept {AGREEMENT}-{number} --met 1")]
            world.do("milestone accept", user="anna", ref=f"{AGREEMENT}-{number}", met=[1])
        assert waits(world, "anna2")[-1:] == [("2027-01-31", f"fund agreement complete {AGREEMENT} --report FILE")]
        payment = approved_payment(world, ref=AGREEMENT, milestone=1)
        assert not any("complete" in command for _until, command in waits(world, "anna2"))
        sent(world, payment)
        world.do("payment settle", user="bram", ref=payment)
        world.both("agreement suspend", user="anna", second="bram", ref=AGREEMENT, reason="twijfel")
        assert (("2026-04-09", f"fund agreement resume {AGREEMENT} --reason TEXT")) in waits(world, "anna")
        world.clock(noon(date(2026, 4, 2)))
        assert ("2026-04-30", "fund repayment allowance --on 2026-03-31") in waits(world, "anna")
        world.both("repayment allowance", user="anna", second="bram", on=date(2026, 3, 31))
        assert not any("allowance" in command for _until, command in waits(world, "anna"))


def test_nobody_is_asked_to_sign_what_was_taken_back(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        office(world)
        approved(world)
        world.do("agreement draft", user="anna", ref=PROPOSAL)
        world.do("proposal withdraw", user="fatima", ref=PROPOSAL, reason="geen geld meer")
        assert [waits(world, person) for person in ("fatima", "piet", "carla")] == [[], [], []]
