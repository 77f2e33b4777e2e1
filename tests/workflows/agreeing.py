"""A fund with money and a proposal that was just approved: where an agreement begins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fund.events.decisions import DecisionApproved
from fund.events.rounds import RoundPlanned
from fund.forms import content_hash, revision_hash
from fund.schemas import CaseFile
from fund.schemas.agreements import Agreement, Amendment, Milestone
from fund.schemas.evaluations import Evaluation
from fund.schemas.proposals import BudgetYear, PlannedMilestone, Proposal, ProposalForm, RepaymentTerms, Round
from fund.schemas.repayments import Plan
from fund.store import TimerRow
from fund.unit_of_work import Snapshot, UnitOfWork
from tests.factories import START, World, as_text
from tests.roads import road
from tests.workflows.money_out import BAARN, BUNNIK, BUNSCHOTEN, prepared, receipt, sent
from tests.workflows.money_out import approved as approved_payment

PROPOSAL, AGREEMENT = "2026-003", "A2026-003"
AWARD = 4_000_000
MILESTONES = (2_500_001, 1_499_999)


def form(*, ask_cents: int = AWARD, **more: Any) -> ProposalForm:
    """The form of a standard proposal of Baarn and Bunnik, for the benefit of Bunschoten too."""
    said: dict[str, Any] = {
        "version": "2026-1",
        "round": "2026-1",
        "lead": BAARN,
        "title": "Samen pompen",
        "sort": "technology",
        "co_applicants": (BUNNIK,),
        "beneficiaries": (BUNSCHOTEN,),
        "hypothesis": "Samen pompen kost een derde minder stroom.",
        "measurement": "kWh per kubieke meter",
        "stop_rule": "Na een jaar zonder daling stoppen wij.",
        "ask_cents": ask_cents,
        "share_bps": 7000,
        "budget": (BudgetYear(year=2026, amount_cents=ask_cents),),
        "repayment": RepaymentTerms(
            plan="fixed", grace_months=6, instalments=3, months_between=3, ends_on=date(2027, 6, 30)
        ),
        "milestones": (
            PlannedMilestone(
                title="Pompen gekoppeld", due_on=date(2026, 6, 1), amount_cents=MILESTONES[0], evidence="foto's"
            ),
            PlannedMilestone(
                title="Jaar gemeten", due_on=date(2027, 1, 31), amount_cents=MILESTONES[1], evidence="meetrapport"
            ),
        ),
        "exit_rules": "Wie uitstapt, betaalt zijn deel.",
        "assets": "van Baarn en Bunnik samen",
    }
    return ProposalForm(**{**said, **more})


@road
def approved(
    world: World,
    *,
    ref: str = PROPOSAL,
    award_cents: int = AWARD,
    track: str = "standard",
    informed: bool = True,
    **more: Any,
) -> str:
    """A proposal the committee approved, its award committed; the ref."""
    told = form(**more)
    case = Proposal(
        ref=ref,
        state="decidable",
        title=told.title,
        round=told.round,
        track=track,
        lead=told.lead,
        ask_cents=told.ask_cents,
        form=told,
        revision_hash=revision_hash(told),
        content_hash=content_hash(told),
        informed={party: START.date() for party in told.applicants} if informed else {},
        drafted_at=START,
    )
    with world.uow("anna") as uow:
        if uow.maybe(Round, told.round) is None:
            ends_at = START + timedelta(days=30)
            uow.record(
                RoundPlanned(
                    ref=told.round, title="Winter", track=track, opens_at=START, closes_at=ends_at, ceiling_cents=10**9
                )
            )
        uow.store.cases.put([(case, 1)])
        decided = uow.record(DecisionApproved(ref=ref, round=told.round, award_cents=award_cents))
        now = case.replace(state="approved", award_cents=award_cents, decided_on=decided.effective_on)
        uow.store.cases.put([(now, decided.seq)])
    return ref


@road
def office(world: World, **more: Any) -> World:
    """People of the fund and of Baarn, Bunnik and Bunschoten, with money on the bank."""
    prepared(world, **more)
    world.user("lotte", "partner_editor", partner=BUNNIK)
    world.user("sara", "partner_signatory", partner=BUNSCHOTEN)
    return world


@road
def signed(world: World, **more: Any) -> str:
    """An agreement that every party and the chair signed, so that it holds; its ref."""
    proposal = approved(world, **more)
    ref = str(world.do("agreement draft", user="anna", ref=proposal)["result"]["ref"])
    for person in ("fatima", "piet", "carla"):
        world.do("agreement sign", user=person, ref=ref)
    return ref


def file(text: str = "bewijs", name: str = "bewijs.pdf") -> dict[str, Any]:
    """A file as it is handed in."""
    return {"name": name, "content": text.encode()}


@road
def accepted(world: World, ref: str, number: int) -> None:
    """A milestone that was shown and accepted."""
    world.do("milestone evidence", user="lotte", ref=f"{ref}-{number}", files=[file(f"bewijs {number}")])
    world.do("milestone accept", user="anna", ref=f"{ref}-{number}", met=[1])


def noon(day: date) -> datetime:
    """Midday UTC of a day."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


@road
def running(world: World, *, paid: int = 0, cash: int = 10_000_000, **more: Any) -> str:
    """An agreement that holds, the first ``paid`` milestones accepted and paid by the bank; its ref."""
    office(world, cash_cents=cash)
    ref = signed(world, **more)
    for number in range(1, paid + 1):
        accepted(world, ref, number)
        disbursement = approved_payment(world, ref=ref, milestone=number)
        sent(world, disbursement)
        world.do("payment settle", user="bram", ref=disbursement)
    return ref


def received(world: World, ref: str, cents: int, *, agreement: str = AGREEMENT, number: int | None = None) -> None:
    """Money came in, and two people allocated it to an agreement."""
    with world.uow("bram") as uow:
        receipt(uow, ref, cents)
    more = {"instalment": number} if number else {}
    world.both("repayment allocate", user="bram", second="anna", receipt=ref, ref=agreement, **more)


def fired_again(
    world: World, function: Callable[[UnitOfWork, TimerRow], object], stream: str, kind: str, name: str = ""
) -> list[str]:
    """The types of what a timer records when it fires once more today."""
    with world.uow() as uow:
        timer_id = f"{stream}:{kind}:{name}" if name else f"{stream}:{kind}"
        function(uow, TimerRow(timer_id, stream, kind, uow.now, "", "due"))
        return [event.type for event in uow.facts]


def replayed(snapshot: Snapshot, ref: str = AGREEMENT) -> bool:
    """Whether the facts of an agreement, its milestones, plan, evaluation and amendments give what is stored."""
    cases: list[CaseFile] = [snapshot.case(Agreement, ref)]
    cases += [*snapshot.cases(Milestone, parent=ref), *snapshot.cases(Amendment, parent=ref)]
    cases += [case for case in (snapshot.maybe(Plan, ref), snapshot.maybe(Evaluation, ref)) if case is not None]
    for case in cases:
        again = None
        for event in snapshot.history(case):
            again = snapshot.projections[case.kind].apply(again, event)
        if again != case:
            return False
    return True


def last_entry(world: World) -> str:
    """The newest entry as bookkeeping text."""
    return as_text(world.entries()[-1])
