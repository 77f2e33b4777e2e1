"""Regulations never reach back: a round, and all that comes of it, lives under those of the day on which it opened."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from fund import language
from fund.checks import verify
from fund.commands.opening import open_fund
from fund.database import writing
from fund.dates import day_of
from fund.errors.people import FaultyRegulations, RegulationsOutOfOrder
from fund.errors.reviews import InsufficientFreeToCommit
from fund.operations import bring_up_to_date
from fund.reports.statements.council.composing import council
from fund.rules.regulations import standard, standard_text
from fund.schemas.agreements import Agreement
from fund.schemas.proposals import Proposal, Round
from fund.schemas.reviews import Review
from fund.workflows.decisions.terms import term_of
from fund.workflows.proposals.access import rules_for
from tests.factories import START, World, as_file, founded
from tests.workflows.deciding import CLOSED, CRITERIA, decidable, eligible, money, peopled, round_of, voted

LATER = {
    "review_days = 28": "review_days = 7",
    "objection_weeks = 6": "objection_weeks = 2",
    "signing_days = 60": "signing_days = 5",
    "decision_weeks = 8": "decision_weeks = 3",
    "positive_score = 60": "positive_score = 99",
    "buffer_cents = 5_000_00": "buffer_cents = 220_000_00",
    "assigned = 5": "assigned = 6",
}


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with founded(database_url) as world:
        yield world


def later(version: str = "2026-2") -> bytes:
    """Stricter regulations, with a large buffer."""
    text = standard_text().replace('version = "2026-1"', f'version = "{version}"')
    for old, new in LATER.items():
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


def adopt(world: World, version: str = "2026-2", *, on: date) -> None:
    world.both("regulations adopt", user="anna", second="carla", file=as_file(later(version), "r.toml"), on=on)


@pytest.mark.parametrize(
    ("lang", "least"), [("en", 'must be {} or more; this is "{}"'), ("nl", 'moet {} of meer zijn; dit is "{}"')]
)
def test_every_number_that_cannot_be_is_told_with_its_place_in_the_language(
    sqlite_url: str, lang: str, least: str
) -> None:
    text = re.sub(r"(?m)^buffer_cents = .*$", "buffer_cents = -1", standard_text())
    text = text.replace("quorum = { assigned = 3,", "quorum = { assigned = 0,", 1)
    with founded(sqlite_url) as world:
        language.choose(lang)
        with pytest.raises(FaultyRegulations) as refused:
            world.do("regulations adopt", user="anna", file=as_file(text.encode(), "r.toml"), on=START.date())
        assert str(refused.value).removeprefix("r.toml: ").split("\n") == [
            f"buffer_cents: {least.format(0, -1)}",
            f"tracks.light.quorum.assigned: {least.format(1, 0)}",
        ]
        with pytest.raises(FaultyRegulations) as refused:
            world.do("regulations adopt", user="anna", file=as_file(b"\nversion = oops", "r.toml"), on=START.date())
        assert "TOML" in str(refused.value)
        assert "2" in str(refused.value)


QUORUM = "quorum = { assigned = 5, complete = 3, organisations = 3, kinds = 2, external = 1, scores_per_criterion = 3 }"
FIXED = "fixed_bps = { province = 1500, water_board = 300, region = 100 }"
IMPOSSIBLE = [
    ({"water_board = 300": "waterboard = 300"}, "key.fixed_bps.waterboard: must be one of"),
    ({"province = 1500": "municipality = 500"}, "key.fixed_bps.municipality: must be one of"),
    ({"region = 100": "region = -100"}, "key.fixed_bps.region: must be 0 or more"),
    ({'family = "base_and_inhabitants"': 'family = "equal"'}, "key.base_bps: the family `equal` does not use it"),
    (
        {'family = "base_and_inhabitants"': 'family = "inhabitants"'},
        "key.fixed_bps: the family `inhabitants` does not use it",
    ),
    ({"base_bps = 2000": "base_bps = 9000"}, "key.fixed_bps: base and fixed shares take 10900 of 10000"),
    ({"region = 100": "region = 2000"}, "key: base and fixed shares take 10700 of 10000"),
    ({"arrears_days = [1, 30, 60]": "arrears_days = []"}, "terms.arrears_days: takes at least 3 items"),
    ({"arrears_days = [1, 30, 60]": "arrears_days = [60, 30, 1]"}, "terms.arrears_days: each step comes after"),
    ({"arrears_days = [1, 30, 60]": "arrears_days = [0, 30, 60]"}, "terms.arrears_days.1: must be 1 or more"),
    ({"[-7, 1, 30, 60]": "[1, 1, 30]"}, "terms.call_reminder_days: each step comes after"),
    ({"payment_weeks = 6": "payment_weeks = -6"}, "terms.payment_weeks: must be 1 or more"),
    ({"pending_days = 14": "pending_days = 0"}, "terms.pending_days: must be 1 or more"),
    ({"suspension_weeks = 13": "suspension_weeks = 14"}, "terms.suspension_weeks: must be 13 or less"),
    ({"from_cents = 25_000_00": "from_cents = 125_000_00"}, "tracks.standard.below_cents: nothing lies between"),
    ({QUORUM: QUORUM.replace("complete = 3", "complete = 6")}, "quorum.complete: a panel of 5 never has 6"),
    ({"\n[tracks.light]": "\n[tracks.lite]"}, "tracks.lite: must be one of"),
    ({'id = "interests"': 'id = "ambition"'}, "rubric: `ambition` stands in it twice"),
    ({"weight_rollout = 25": "weight_rollout = 24"}, "rubric: the weights of the rubric (weight_rollout) add up to 99"),
    ({"gate_rollout = 2": "gate_rollout = 9"}, "rubric.1.gate_rollout: must be 4 or less"),
    ({"improve_score = 50": "improve_score = 61"}, "improve_score: 61 lies above `positive_score`, 60"),
    ({"votes = 3": "votes = 10"}, "committee.votes: a committee of 9 never has 10"),
    ({"from_days = 31": "from_days = 1"}, "allowance: `from_days = 1` stands in it twice"),
    (
        {"# last_grant_on = 2033-12-31": "last_grant_on = 2039-12-31", "# ends_on": "ends_on"},
        "ends_on: 2038-12-31 lies before `last_grant_on`, 2039-12-31",
    ),
]


@pytest.mark.parametrize(("changes", "told"), IMPOSSIBLE)
def test_regulations_that_can_never_be_kept_are_not_adopted(
    sqlite_url: str, changes: dict[str, str], told: str
) -> None:
    """Regulations are never taken back: what is impossible in them would stop whoever needs it, years later."""
    text = standard_text().replace('version = "2026-1"', 'version = "2026-2"')
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new, 1)
    with founded(sqlite_url) as world:
        world.partners()
        with pytest.raises(FaultyRegulations) as refused:
            world.do("regulations adopt", user="anna", file=as_file(text.encode(), "r.toml"), on=START.date())
        lines = str(refused.value).removeprefix("r.toml: ").split("\n")
        assert any(told in line for line in lines), lines
        assert world.ask("regulations show")["regulations"]["version"] == "2026-1"


def test_regulations_are_adopted_in_the_order_of_their_days(database_url: str) -> None:
    """The ledger keeps the buffer of those that were adopted last: others would be checked than are kept."""
    with founded(database_url) as world:
        world.people()
        adopt(world, "2027-1", on=date(2027, 1, 1))
        with pytest.raises(RegulationsOutOfOrder) as refused:
            world.do("regulations adopt", user="anna", file=as_file(later("2026-2"), "r.toml"), on=date(2026, 5, 1))
        assert refused.value.details == {
            "version": "2026-2",
            "on": date(2026, 5, 1),
            "last": "2027-1",
            "from_on": date(2027, 1, 1),
        }
        adopt(world, "2027-2", on=date(2027, 1, 1))


def test_what_is_adopted_while_a_round_runs_does_not_change_that_round(world: World) -> None:
    peopled(world)
    money(world, 500_000_00)
    [ref] = eligible(world)
    adopt(world, on=day_of(CLOSED))
    world.do("review open", user="anna", ref=ref)
    with world.snapshot() as snapshot:
        review, proposal = snapshot.case(Review, ref), snapshot.case(Proposal, ref)
        assert snapshot.regulations().version == "2026-2"
        assert (rules_for(snapshot, proposal).version, review.regulations, len(review.panel)) == ("2026-1", "2026-1", 5)
        assert review.closes_at is not None
        assert day_of(review.closes_at) - day_of(CLOSED) == timedelta(days=29)


def test_a_council_reads_the_day_of_the_decision_that_the_round_announced(world: World) -> None:
    [ref] = decidable(world)
    with world.snapshot() as snapshot:
        proposal = snapshot.case(Proposal, ref)
        term = term_of(rules_for(snapshot, proposal).terms, snapshot.case(Round, proposal.round), proposal)
    adopt(world, on=day_of(CLOSED))
    asked = world.ask("statement council", partner=proposal.lead)["dates"]
    assert term is not None
    assert [each["on"] for each in asked if each["kind"] == "decision"] == [term.last_on.isoformat()]


def test_decision_and_agreement_stay_under_the_rules_of_the_round(world: World) -> None:
    [ref] = decidable(world)
    adopt(world, on=day_of(CLOSED))
    world.clock(CLOSED + timedelta(days=3))
    voted(world, ref)
    world.do("decision decide", user="carla", ref=ref)  # the advice was positive under 60, and stays so
    world.do("agreement draft", user="anna", ref=ref)
    with world.snapshot() as snapshot:
        agreement = snapshot.case(Agreement, f"A{ref}")
        assert agreement.terms.regulations == "2026-1"
        assert agreement.sign_before_on - snapshot.today == timedelta(days=60)


def test_a_rejection_keeps_the_term_of_objection_that_was_announced(world: World) -> None:
    [ref] = decidable(world, scores=1)
    adopt(world, on=day_of(CLOSED))
    voted(world, ref, carl="against", cees="against", wil="against", roos="against")
    reasons = [f"{criterion}=Te dun." for criterion in CRITERIA]
    world.do("decision decide", user="carla", ref=ref, reasons=reasons)
    with world.snapshot() as snapshot:
        until = snapshot.case(Proposal, ref).objection_until_on
        assert until is not None
        assert until - snapshot.today >= timedelta(weeks=6)


def test_the_buffer_is_that_of_the_day_for_the_whole_fund(world: World) -> None:
    """What may be committed is a matter of the fund, not of a round."""
    [ref] = decidable(world, cents=240_000_00)
    assert world.ask("decision show", ref=ref)["free_to_commit_cents"] == 235_000_00
    adopt(world, on=day_of(CLOSED))
    assert world.ask("decision show", ref=ref)["free_to_commit_cents"] == 20_000_00
    voted(world, ref)
    with pytest.raises(InsufficientFreeToCommit):
        world.do("decision decide", user="carla", ref=ref)


def test_a_round_that_opens_later_is_planned_under_the_rules_of_that_day(world: World) -> None:
    peopled(world)
    first = round_of(world)
    adopt(world, on=date(2026, 3, 1))
    made = world.both(
        "round plan", user="anna", second="carla", title="Lente", opens=date(2026, 3, 1), closes=date(2026, 3, 31),
        ceiling_cents=200_000_00, track="standard",
    )  # fmt: skip
    rows = {row["ref"]: row for row in world.ask("round list")["rounds"]}
    weeks = {
        ref: (date.fromisoformat(row["decision_before"][:10]) - date.fromisoformat(row["closes_at"][:10])).days // 7
        for ref, row in rows.items()
    }
    assert weeks == {first: 8, made["result"]["round"]: 3}


def test_of_two_that_hold_from_one_day_the_later_adopted_counts(world: World) -> None:
    """By the order of adoption, not of their names."""
    world.people()
    day = date(2026, 2, 1)
    adopt(world, "2026-9", on=day)
    adopt(world, "2026-10", on=day)
    with world.snapshot() as snapshot:
        assert snapshot.regulations(day).version == "2026-10"
        assert snapshot.regulations(day - timedelta(days=1)).version == "2026-1"


def test_an_upgrade_folds_case_files_anew_and_leaves_the_facts_alone(database_url: str) -> None:
    """A newer program may keep more of a fact than the one that recorded it did."""
    with founded(database_url) as world:
        ref = decidable(world)[0]
        head = verify(world.fund.engine)["head"]
        with writing(world.fund.engine) as connection:
            older = sa.text("update case_file set document = :document, due_on = null where stream = :stream")
            with world.snapshot() as snapshot:
                document = snapshot.case(Proposal, ref).model_dump(mode="json", exclude={"screened", "informed"})
            connection.execute(older, {"stream": f"proposal/{ref}", "document": json.dumps(document)})
        assert not verify(world.fund.engine)["ok"]
    bring_up_to_date(database_url)
    with open_fund(database_url) as fund:
        found = verify(fund.engine)
        assert (found["ok"], found["head"]) == (True, head)


def test_how_the_fund_is_reached_came_later_and_changes_no_earlier_text(world: World) -> None:
    assert "contact" not in standard().model_dump(mode="json")
    peopled(world)
    contact = '\n[contact]\ntelephone = "030 000 00 00"\nmail = "fonds@voorbeeld.example"\n'
    text = standard_text().replace('version = "2026-1"', 'version = "2026-2"') + contact
    with world.snapshot() as snapshot:
        assert council(snapshot, partner="gm0351")["contact"]["telephone"] is None
    on = date(2026, 3, 1)
    world.both("regulations adopt", user="anna", second="carla", file=as_file(text.encode(), "r.toml"), on=on)
    with world.snapshot() as snapshot:
        found = council(snapshot, partner="gm0351", as_of=on)["contact"]
    assert (found["telephone"], found["mail"]) == ("030 000 00 00", "fonds@voorbeeld.example")
    for wrong, told in (
        ('telephone = "bel me"', 'contact.telephone: is written in another way; this is "bel me"'),
        ('mail = "geen adres"', 'contact.mail: is written in another way; this is "geen adres"'),
        ('mail = "a@b"', 'contact.mail: is written in another way; this is "a@b"'),
        ('fax = "030"', "contact.fax: no such field"),
        ("mail = 3", 'contact.mail: must be a text between quotes; this is "3"'),
    ):
        broken = standard_text() + f"\n[contact]\n{wrong}\n"
        with pytest.raises(FaultyRegulations) as refused:
            world.do("regulations adopt", user="anna", file=as_file(broken.encode(), "r.toml"), on=on)
        assert str(refused.value) == f"r.toml: {told}"
