"""What was invested in learning is never a factor later (lifecycle.md 7): not for eligibility, panel, scores."""

from __future__ import annotations

from typing import Any

from fund.events.writeoffs import WriteoffDecided, WriteoffPosted, WriteoffProposed
from fund.forms import content_hash, revision_hash
from fund.schemas.proposals import Proposal
from tests.factories import START, World, a_form, founded
from tests.workflows.looking_back import BAARN, agreed, completed, paid, received
from tests.workflows.three_partners import decidable, form_of, peopled, round_planned, rules

EARLIER, AGREEMENT = "2025-001", "A2025-001"
JUDGED = ("proposal.screened", "proposal.found_eligible", "review.proposed", "review.assigned", "review.opened",
          "review.closed", "decision.prepared")  # fmt: skip


def an_earlier_experiment(world: World) -> None:
    """Baarn was paid 25,000.01 for it, and completed it."""
    told = a_form(round="2025-1", lead=BAARN, title="Samen meten", benefits=(), boards=(), team=())
    case = Proposal(
        ref=EARLIER, state="agreed", title=told.title, round=told.round, track="standard", lead=told.lead,
        ask_cents=told.ask_cents, form=told, revision_hash=revision_hash(told), content_hash=content_hash(told),
        drafted_at=START, submitted_at=START,
    )  # fmt: skip
    with world.uow("anna") as uow:
        uow.store.cases.put([(case, 1)])
        received(uow)
        agreed(uow, ref=AGREEMENT, co_applicants=())
        paid(uow, ref=AGREEMENT)
        completed(uow, ref=AGREEMENT)


def given_up(world: World) -> None:
    """All of it went into learning."""
    case: dict[str, Any] = {"ref": f"{AGREEMENT}-W1", "agreement": AGREEMENT, "proposal": EARLIER}
    cents = {"amount_cents": 1_750_001}
    with world.uow("carla") as uow:
        about = {"ground": "learning", "lead": BAARN, "parties": (BAARN,), "reason": "Weerlegd."}
        uow.record(WriteoffProposed(**case, **about, **cents, outstanding_cents=1_750_001))  # type: ignore[arg-type]
        opened: dict[str, Any] = {"votes": {}, "salts": {}, "two_thirds": False, "learning_budget_left_cents": 0}
        uow.record(WriteoffDecided(**case, **opened, **cents))
        uow.record(WriteoffPosted(**case, ground="learning", allowance_released_cents=0, **cents))


def judged(url: str, *, lost: bool) -> dict[str, list[dict[str, Any]]]:
    """How the next proposal of Baarn fares; what every fact about its quality says, by type."""
    with founded(url, rules=rules()) as world:
        peopled(world)
        an_earlier_experiment(world)
        if lost:
            given_up(world)
        round_ref = round_planned(world)
        ref = decidable(world, form_of(round_ref))
        advice = world.ask("decision show", user="carla", ref=ref)
        with world.snapshot() as snapshot:
            facts = [
                each for kind in ("proposal", "review") for each in snapshot.store.facts.of_stream(f"{kind}/{ref}")
            ]
        found: dict[str, list[dict[str, Any]]] = {"advice": [advice["prepared"]]}
        for each in facts:
            if each.type in JUDGED:
                found.setdefault(each.type, []).append(each.fact.model_dump(mode="json"))
    return found


def test_a_party_whose_advance_went_into_learning_is_judged_like_any_other(
    sqlite_url: str, module_sqlite_url: str
) -> None:
    lost, kept = judged(sqlite_url, lost=True), judged(module_sqlite_url, lost=False)
    assert {"proposal.screened", "review.closed", "advice"} <= set(lost)
    assert _without_seals(lost) == _without_seals(kept)


def _without_seals(told: Any) -> Any:
    """What is drawn anew each time is left out: salts, and hashes over them."""
    if isinstance(told, dict):
        return {key: _without_seals(value) for key, value in told.items() if key not in ("salt", "revision_hash")}
    return [_without_seals(value) for value in told] if isinstance(told, list) else told
