"""From a signed agreement to its lessons by commands alone, with an amendment by the committee; then verified."""

from __future__ import annotations

from datetime import date

from fund.checks import verify
from tests.factories import founded
from tests.workflows import three_partners as three
from tests.workflows.money_out import BAARN


def test_what_happens_after_the_decision_is_verified_fact_by_fact(database_url: str) -> None:
    standard = three.rules()
    committee = standard.committee.model_copy(update={"two_thirds_from_cents": 5_000_000})
    with founded(database_url, rules=standard.model_copy(update={"committee": committee})) as world:
        bank = three.peopled(world)
        world.both("capital call", user="anna", second="bram", amount=10_000_000, key="2026")
        three.paid_in(world, bank, date(2026, 1, 5))
        proposal = three.decidable(world, three.form_of(three.round_planned(world)))
        three.approved(world, proposal)
        agreement = three.agreed(world, proposal)
        # a large rise lies before the committee; the day of the other milestone moves at once
        both = {"user": "anna", "second": "fatima", "ref": agreement, "reason": "tweede wijk"}
        world.both("agreement amend", **both, change_cents=1_500_000, milestone=2)
        for name in three.MEMBERS:
            world.do("decision vote", user=name, ref=f"{agreement}-A1", choice="for")
        world.do("agreement decide", user="carla", ref=f"{agreement}-A1")
        world.both("agreement amend", **both, milestone=1, due_on=date(2026, 9, 1))
        assert world.ask("agreement show", ref=agreement)["award_cents"] == 5_500_000
        # what it brings, at the end of the year and after it
        world.both(
            "agreement benefits", user="fatima", second="anna", ref=agreement, year=2026, realised_benefit_cents=7
        )
        world.clock(date(2027, 1, 4))
        planned = world.ask("agreement business-case", ref=agreement)["partners"][0]
        assert (planned["partner"], planned["benefit"]["planned_cents"]) == (BAARN, 1_000_000)
        world.both(
            "agreement complete", user="anna", second="bram", ref=agreement, ex_officio=True, reason="niets gedaan"
        )
        three.evaluated(world, agreement)
        (row,) = world.ask("evaluation list")["evaluations"]
        assert (row["state"], row["good_result"]) == ("published", True)
        found = verify(world.fund.engine)
        assert [check for check in found["checks"] if not check["ok"]] == []
