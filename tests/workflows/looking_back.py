"""The worked example of lifecycle.md 13, told by its facts up to the completed agreement: where looking back begins."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from fund.bank import Payment, PaymentBatch, file_sha256, wire, write_payments
from fund.events.agreements import (
    AgreementActivated,
    AgreementCompleted,
    AgreementDrafted,
    AgreementSigned,
    AgreementTerminated,
    MilestoneAccepted,
    MilestonePlanned,
)
from fund.events.capital import ContributionCalled, ContributionReceived, PartnerAdmitted
from fund.events.decisions import DecisionApproved
from fund.events.disbursements import DisbursementApproved, DisbursementChecked, DisbursementRequested
from fund.events.payments import PaymentsBatched, PaymentSent, PaymentSettled
from fund.events.receipts import ReceiptAllocated, ReceiptRecorded
from fund.events.repayments import AllowanceAdjusted, AllowanceLine, PlanActivated
from fund.events.values import AgreementTerms, AllocatedPart, BatchLine, MilestoneTerms, PlanTerms
from fund.forms import content_hash, revision_hash
from fund.schemas.proposals import Proposal, Round
from fund.unit_of_work import UnitOfWork
from tests.factories import START, World, a_form
from tests.roads import road

BAARN, BUNNIK, BUNSCHOTEN = "gm0308", "gm0312", "gm0313"
NAMES = {BAARN: "Baarn", BUNNIK: "Bunnik", BUNSCHOTEN: "Bunschoten"}
CALLED = {BAARN: 3_988_421, BUNNIK: 2_468_157, BUNSCHOTEN: 3_543_422}
PROPOSAL, AGREEMENT = "2026-001", "A2026-001"
DAY = START.date()
EVALUATION = """\
hypothesis = "refuted"
verdict = "stop"
learned = \"\"\"
Samen pompen kostte meer dan apart pompen, omdat de afstanden te groot zijn.
\"\"\"

[[lessons]]
title = "Meet de afstand eerst"
text = "Boven acht kilometer is een gedeelde pomp duurder dan twee eigen pompen."
themes = ["T05"]

[[lessons]]
title = "Spreek af wie beslist"
text = "Zonder een beslisser lag de proef twee maanden stil."
themes = ["T09", "T05"]
"""


SCALE = EVALUATION.replace('"stop"', '"scale"').replace('"refuted"', '"confirmed"')
"""An experiment that worked, and should be rolled out."""


def proposal(
    world: World, *, ref: str = PROPOSAL, state: str = "agreed", follows: str | None = None, **form: Any
) -> None:
    """The proposal behind the agreement (or one that follows it), as its facts would have left it."""
    said = {"round": "2026-1", "lead": BAARN, "title": "Samen pompen", "co_applicants": (BUNNIK,), **form}
    told = a_form(**{"benefits": (), "boards": (), "team": (), **said})
    case = Proposal(
        ref=ref,
        state=state,
        title=told.title,
        round=told.round,
        track="standard",
        lead=told.lead,
        follows=follows,
        ask_cents=told.ask_cents,
        form=told,
        revision_hash=revision_hash(told),
        content_hash=content_hash(told),
        drafted_at=START,
        submitted_at=None if state == "draft" else START,
    )
    round_ = Round(
        ref="2026-1", state="closed", title="Winter", track="standard", opens_at=START,
        closes_at=START + timedelta(days=30), ceiling_cents=100_000_00, allocation="score",
    )  # fmt: skip
    with world.uow("anna") as uow:
        uow.store.cases.put([(round_, 1), (case, 1)])


def file(text: str = EVALUATION, name: str = "evaluatie.toml") -> dict[str, Any]:
    """A file as the command line hands it over."""
    return {"name": name, "content": text.encode()}


def people(world: World) -> None:
    """Signatories of the parties, reviewers and committee members, of other organisations and of none."""
    world.user("anna2", "fund_manager")
    world.user("bram2", "treasurer")
    world.user("fatima", "partner_signatory", partner=BAARN)
    world.user("rosa", "reviewer")
    world.user("ruud", "reviewer", partner=BUNSCHOTEN)
    world.user("rik", "reviewer", partner=BUNNIK)
    world.user("mira", "committee_member", partner=BUNSCHOTEN)
    world.user("mees", "committee_member", partner="ws14")
    world.user("carla", "committee_chair")


def admitted(uow: UnitOfWork) -> None:
    """The three municipalities of the example and a water board."""
    for ref, name in NAMES.items():
        uow.record(
            PartnerAdmitted(ref=ref, name=f"Gemeente {name}", short_name=name, sort="municipality", joined_on=DAY)
        )
    uow.record(
        PartnerAdmitted(ref="ws14", name="Waterschap", short_name="Waterschap", sort="water_board", joined_on=DAY)
    )


def received(uow: UnitOfWork) -> None:
    """K1 and K2: the call of 10000000 over three partners, received."""
    for number, (partner, cents) in enumerate(CALLED.items(), start=1):
        call, receipt = f"B2026-000{number}", f"O2026-000{number}"
        uow.record(
            ContributionCalled(ref=call, partner=partner, amount_cents=cents, due_on=DAY, total_cents=10_000_000)
        )
        came_in(uow, receipt, cents)
        uow.record(
            ContributionReceived(
                ref=call, partner=partner, receipt=receipt, receipt_cents=cents, amount_cents=cents, rule="reference"
            )
        )


def came_in(uow: UnitOfWork, ref: str, cents: int, *, reference: str = "") -> None:
    """R2: money on the bank, for a purpose not yet known."""
    day = uow.today
    uow.record(
        ReceiptRecorded(
            ref=ref,
            line_id=f"l-{ref}",
            statement="S1",
            account="1000",
            amount_cents=cents,
            booked_on=day,
            valued_on=day,
            reference=reference,
        )
    )


def agreed(
    uow: UnitOfWork,
    *,
    ref: str = AGREEMENT,
    hypothesis: str = "Samen pompen kost minder.",
    accepted: bool = True,
    sort: str = "",
    lead: str = BAARN,
    co_applicants: tuple[str, ...] = (BUNNIK,),
    due_on: tuple[date, date] = (date(2027, 1, 5), date(2028, 1, 5)),
) -> None:
    """P14 to P20: an award of 4000000, 7000 basis points repayable, agreed and active."""
    proposal = ref.removeprefix("A")
    plan = PlanTerms(
        plan_type="fixed",
        ends_on=date(2030, 12, 31),
        instalments=(
            {"no": 1, "due_on": due_on[0], "amount_cents": 1_400_000},  # type: ignore[arg-type]
            {"no": 2, "due_on": due_on[1], "amount_cents": 1_400_000},  # type: ignore[arg-type]
        ),
    )
    milestone = MilestoneTerms(number=1, title="Stap 1", due_on=date(2026, 2, 1), amount_cents=4_000_000)
    shared: dict[str, Any] = {
        "title": "Samen pompen",
        "track": "standard",
        "lead": lead,
        "co_applicants": co_applicants,
        "beneficiaries": (),
        "award_cents": 4_000_000,
        "repayable_cents": 2_800_000,
        "share_bps": 7000,
        "milestones": (milestone,),
        "plan": plan,
        "hypothesis": hypothesis,
        "stop_rule": "Na een jaar zonder daling.",
        "ends_on": date(2026, 12, 31),
    }
    uow.record(DecisionApproved(ref=proposal, round="2026-1", award_cents=4_000_000))
    terms = AgreementTerms(
        proposal=proposal, exit_terms="Drie maanden.", assets_owner=lead, starts_on=DAY, sort=sort, **shared
    )
    before_on = DAY + timedelta(days=60)
    uow.record(
        AgreementDrafted(ref=ref, proposal=proposal, terms=terms, document_sha256="00", sign_before_on=before_on)
    )
    for party in (lead, *co_applicants, "fund"):
        uow.record(
            AgreementSigned(ref=ref, proposal=proposal, party=party, document_sha256="00", complete=party == "fund")
        )
    uow.record(
        AgreementActivated(
            ref=ref,
            proposal=proposal,
            document_sha256="00",
            started_on=DAY,
            evaluation_due_on=date(2026, 12, 31),
            **shared,
        )
    )
    uow.record(PlanActivated(ref=ref, proposal=proposal, lead=lead, repayable_cents=2_800_000, plan=plan))
    uow.record(MilestonePlanned(ref=f"{ref}-1", agreement=ref, proposal=proposal, **milestone.model_dump()))
    if accepted:
        uow.record(MilestoneAccepted(ref=f"{ref}-1", agreement=ref, proposal=proposal, met=()))


def hand_to(uow: UnitOfWork, name: str) -> None:
    """What is recorded from here on, somebody else did: four hands pay one euro (G7 c)."""
    who = uow.user(name)
    uow.store.work.ask(
        actor=who.user_id, command_id=str(uow.command_id), name="test", content_hash=b"", asked_at=uow.now
    )
    uow.actor = uow.maker = who


def paid(uow: UnitOfWork, *, ref: str = AGREEMENT, number: int = 1) -> None:
    """D3 to D5: 25,000.01 approved (1750001 and 750000), sent and settled."""
    proposal, disbursement, batch = ref.removeprefix("A"), f"D2026-000{number}", f"S2026-00{number}"
    case: dict[str, Any] = {"ref": disbursement, "agreement": ref, "proposal": proposal, "amount_cents": 2_500_001}
    first = uow.actor.name
    hand_to(uow, "fatima")
    uow.record(DisbursementRequested(milestone=f"{ref}-1", payee=BAARN, **case))
    hand_to(uow, "anna")
    uow.record(DisbursementChecked(payee=BAARN, iban_payee_ref=f"{BAARN}-1", **case))
    hand_to(uow, "bram")
    uow.record(
        DisbursementApproved(payee=BAARN, repayable_cents=1_750_001, grant_cents=750_000, due_on=uow.today, **case)
    )
    hand_to(uow, "bram2")
    line = BatchLine(
        kind="disbursement",
        ref=disbursement,
        end_to_end_id=disbursement.replace("-", ""),
        amount_cents=2_500_001,
        payee=BAARN,
        payee_ref=f"{BAARN}-1",
        iban="NL44RABO0123456789",
        name="Gemeente Baarn",
        text="Uitbetaling",
        agreement=ref,
        proposal=proposal,
    )
    payment = Payment(
        end_to_end_id=line.end_to_end_id,
        amount_cents=line.amount_cents,
        payee_name=line.name,
        payee_iban=line.iban,
        text=line.text,
    )
    file_ = PaymentBatch(
        message_id=wire(batch),
        created_at=uow.now,
        execution_on=uow.today,
        debtor_name="Fonds",
        debtor_iban="NL91ABNA0417164300",
        payments=(payment,),
    )
    sha256 = file_sha256(write_payments(file_, version="09"))
    uow.record(
        PaymentsBatched(
            ref=batch,
            made_at=uow.now,
            execution_on=uow.today,
            debtor_name="Fonds",
            debtor_iban="NL91ABNA0417164300",
            format_version="09",
            lines=(line,),
            total_cents=2_500_001,
            sha256=sha256,
        )
    )
    uow.record(PaymentSent(ref=batch, execution_on=uow.today, lines=(line,), total_cents=2_500_001, sha256=sha256))
    uow.record(PaymentSettled(ref=batch, line=line, bank_line="l-1"))
    hand_to(uow, first)


def repaid(uow: UnitOfWork, *, receipt: str = "O2026-0008", ref: str = AGREEMENT) -> None:
    """R2 and R3: 500000 repaid."""
    came_in(uow, receipt, 500_000)
    uow.record(
        ReceiptAllocated(
            ref=receipt,
            agreement=ref,
            proposal=ref.removeprefix("A"),
            partner=BAARN,
            rule="reference",
            amount_cents=500_000,
            advance_cents=500_000,
            parts=(AllocatedPart(no=1, amount_cents=500_000),),
        )
    )


def set_aside(uow: UnitOfWork, *, quarter: str = "2026-Q4", on: date | None = None, ref: str = AGREEMENT) -> None:
    """R9: a quarter of what is outstanding."""
    line = AllowanceLine(
        agreement=ref,
        proposal=ref.removeprefix("A"),
        outstanding_cents=1_250_001,
        days_overdue=0,
        stage="not_due",
        rate_bps=2500,
        before_cents=0,
        after_cents=312_500,
    )
    uow.record(AllowanceAdjusted(ref=quarter, regulations="2026-1", lines=(line,)), effective_on=on)


def completed(uow: UnitOfWork, *, ref: str = AGREEMENT) -> None:
    """A5: the work is done; the rest of the commitment is free again."""
    uow.record(
        AgreementCompleted(
            ref=ref,
            proposal=ref.removeprefix("A"),
            award_cents=4_000_000,
            booked_cents=2_500_001,
            released_cents=1_499_999,
            repayable_released_cents=1_049_999,
            plan_cuts=(),
        )
    )


def ended(uow: UnitOfWork, *, ground: str, ref: str = AGREEMENT) -> None:
    """A6: by the stop rule, or for a breach."""
    uow.record(
        AgreementTerminated(
            ref=ref,
            proposal=ref.removeprefix("A"),
            ground=ground,
            reason="De regel is vervuld.",
            award_cents=4_000_000,
            booked_cents=2_500_001,
            released_cents=1_499_999,
            repayable_released_cents=1_049_999,
            plan_cuts=(),
        )
    )


@road
def until_completed(
    world: World, *, ends: str = "completed", hypothesis: str = "Samen pompen kost minder.", accepted: bool = True
) -> None:
    """Rows K1 to A5 of the example, with everybody who is needed afterwards."""
    with world.uow("anna") as uow:
        admitted(uow)
    people(world)
    with world.uow("anna") as uow:
        received(uow)
        agreed(uow, hypothesis=hypothesis, accepted=accepted)
        paid(uow)
        repaid(uow)
        set_aside(uow)
        if ends == "completed":
            completed(uow)
        elif ends:
            ended(uow, ground=ends)
    world.drain()


@road
def evaluated(world: World, *, learning: int = 3, publish: bool = True, text: str = EVALUATION) -> None:
    """The evaluation is written, judged by two peers, accepted, and (by the service) published."""
    world.do("evaluation submit", user="fatima", ref=AGREEMENT, file=file(text))
    world.do("evaluation peer-review", user="rosa", ref=AGREEMENT, learning=learning)
    world.do("evaluation peer-review", user="ruud", ref=AGREEMENT, learning=learning)
    world.do("evaluation accept", user="carla", ref=AGREEMENT)


def voted(world: World, ref: str, **choices: str) -> None:
    """Members of the committee vote."""
    for user, choice in choices.items():
        world.do("writeoff vote", user=user, ref=ref, choice=choice)


@road
def decided(world: World, **more: Any) -> str:
    """A learning write-off that the committee agreed to; its ref."""
    more = {"reason": "De hypothese is weerlegd.", "requested_by": "fatima", **more}
    answer = world.do("writeoff propose", user="anna", ref=AGREEMENT, **more)
    ref = str(answer["events"][0]["payload"]["ref"])
    voted(world, ref, mira="for", mees="for", carla="for")
    world.do("writeoff decide", user="carla", ref=ref)
    return ref


@road
def posted(world: World, **more: Any) -> str:
    """A write-off that is in the books; its ref."""
    ref = decided(world, **more)
    world.both("writeoff post", user="anna", second="bram", ref=ref)
    return ref
