"""A fund with money, one agreement in force and an account that can be paid: where money out begins.

The earlier chapters are told by their facts, so that a test of payments does not depend on how a proposal is judged.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from fund.events.agreements import (
    AgreementActivated,
    AgreementDrafted,
    AgreementSigned,
    MilestoneAccepted,
    MilestoneEvidenced,
    MilestonePlanned,
)
from fund.events.capital import ContributionCalled, ContributionReceived, PartnerAdmitted
from fund.events.decisions import DecisionApproved
from fund.events.receipts import BankAccountRegistered, CostCharged, ReceiptRecorded
from fund.events.repayments import AllowanceAdjusted, AllowanceLine
from fund.events.values import AgreementTerms, MilestoneTerms, PlanTerms
from fund.events.writeoffs import WriteoffPosted, WriteoffRecovered
from tests.factories import START, World
from tests.roads import road

BAARN, BUNNIK, BUNSCHOTEN = "gm0308", "gm0312", "gm0313"
OURS = "NL91ABNA0417164300"
IBAN = "NL44RABO0123456789"
TREASURY = "NL69INGB0123456789"
OTHER_IBAN = "NL20INGB0001234567"
PROPOSAL, AGREEMENT = "2026-001", "A2026-001"
DAY = START.date()


def partner(ref: str, name: str) -> PartnerAdmitted:
    return PartnerAdmitted(ref=ref, name=f"Gemeente {name}", short_name=name, sort="municipality", joined_on=DAY)


def plan(repayable_cents: int) -> PlanTerms:
    instalments: Any = ({"no": 1, "due_on": date(2028, 1, 5), "amount_cents": repayable_cents},)
    return PlanTerms(plan_type="fixed", ends_on=date(2030, 12, 31), instalments=instalments if repayable_cents else ())


def charged(world: World, cents: int) -> None:
    """The bank took so much: what it takes is never refused, whatever was promised meanwhile."""
    with world.uow("bram") as uow:
        uow.record(
            CostCharged(
                ref="K2026-9001", account="1000", amount_cents=cents, charged_on=DAY, line_id="lin_9", text="kosten"
            )
        )


@road
def agree(
    world: World,
    *,
    ref: str = AGREEMENT,
    award_cents: int = 4_000_000,
    share_bps: int = 7000,
    track: str = "standard",
    milestones: tuple[int, ...] = (2_500_001, 1_499_999),
    accepted: tuple[int, ...] = (1, 2),
    lead: str = BAARN,
    co_applicants: tuple[str, ...] = (BUNNIK,),
    beneficiaries: tuple[str, ...] = (BUNSCHOTEN,),
) -> str:
    """An award that is decided, agreed and active; milestones worth so much, some of them accepted."""
    proposal = ref.removeprefix("A")
    repayable_cents = (award_cents * share_bps * 2 + 10_000) // 20_000
    agreed = tuple(
        MilestoneTerms(number=number, title=f"Stap {number}", due_on=date(2026, 6, 1), amount_cents=cents)
        for number, cents in enumerate(milestones, start=1)
    )
    shared: dict[str, Any] = {
        "title": "Proef met water",
        "track": track,
        "lead": lead,
        "co_applicants": co_applicants,
        "beneficiaries": beneficiaries,
        "award_cents": award_cents,
        "repayable_cents": repayable_cents,
        "share_bps": share_bps,
        "milestones": agreed,
        "plan": plan(repayable_cents),
        "hypothesis": "Samen pompen kost minder.",
        "stop_rule": "Na een jaar zonder daling.",
        "ends_on": date(2030, 12, 31),
    }
    with world.uow("anna") as uow:
        uow.record(DecisionApproved(ref=proposal, round="2026-1", award_cents=award_cents))
        terms = AgreementTerms(
            proposal=proposal, exit_terms="Drie maanden.", assets_owner=lead, starts_on=DAY, **shared
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
                evaluation_due_on=date(2027, 1, 5),
                **shared,
            )
        )
        for one in agreed:
            name = f"{ref}-{one.number}"
            uow.record(MilestonePlanned(ref=name, agreement=ref, proposal=proposal, **one.model_dump()))
            if one.number in accepted:
                uow.record(MilestoneEvidenced(ref=name, agreement=ref, proposal=proposal, evidence=("00",)))
                uow.record(MilestoneAccepted(ref=name, agreement=ref, proposal=proposal, met=()))
    world.drain()
    return ref


@road
def prepared(world: World, *, cash_cents: int = 10_000_000, payee: bool = True) -> World:
    """People, three partners, money on the bank, the fund's own account, and an account of Baarn that can be paid."""
    world.people()
    world.user("anna3", "fund_manager")
    with world.uow("anna") as uow:
        for ref, name in ((BAARN, "Baarn"), (BUNNIK, "Bunnik"), (BUNSCHOTEN, "Bunschoten")):
            uow.record(partner(ref, name))
        uow.record(BankAccountRegistered(ref=OURS, account="1000", from_on=DAY))
        if cash_cents:
            uow.record(
                ContributionCalled(
                    ref="B2026-0001", partner=BUNSCHOTEN, amount_cents=cash_cents, due_on=DAY, total_cents=cash_cents
                )
            )
            receipt(uow, "O2026-9001", cash_cents)
            uow.record(
                ContributionReceived(
                    ref="B2026-0001",
                    partner=BUNSCHOTEN,
                    receipt="O2026-9001",
                    receipt_cents=cash_cents,
                    amount_cents=cash_cents,
                    rule="rf",
                )
            )
    world.user("fatima", "partner_signatory", partner=BAARN)
    world.user("piet", "partner_signatory", partner=BUNNIK)
    if payee:
        recorded(world)
        world.clock(START + timedelta(days=3))
    return world


def receipt(uow: Any, ref: str, cents: int, **more: Any) -> None:
    """Money came in and waits."""
    uow.record(
        ReceiptRecorded(
            ref=ref,
            line_id=f"lin_{ref}",
            statement="S",
            account="1000",
            amount_cents=cents,
            booked_on=uow.today,
            valued_on=uow.today,
            **more,
        )
    )


@road
def recorded(
    world: World, *, partner: str = BAARN, iban: str = IBAN, requested_by: str = "fatima", second: str = "bram"
) -> Any:
    """The account of a partner, by three people."""
    return world.both(
        "payee record",
        user="anna",
        second=second,
        partner=partner,
        iban=iban,
        name="Gemeente Baarn",
        requested_by=requested_by,
    )


SUPPLIER, SUPPLIER_IBAN = "drukkerij", "NL02ABNA0123456789"


@road
def supplied(world: World) -> str:
    """The account of a supplier that can be paid, a week after the fund began; its short name."""
    file = {"name": "factuur.pdf", "content": b"%PDF- factuur 2026-117"}
    paid = {"supplier": SUPPLIER, "iban": SUPPLIER_IBAN, "name": "Drukkerij De Eend", "file": file}
    world.both("payee record", user="anna", second="bram", **paid)
    world.clock(at(7))
    return SUPPLIER


@road
def owed(world: World, cents: int = 45_000, *, payee: str = SUPPLIER, **more: Any) -> str:
    """A cost of the fund that two people approved; its ref."""
    made = world.both("cost approve", user="anna", second="bram", payee=payee, amount=cents, reason="drukwerk", **more)
    return str(made["events"][0]["payload"]["ref"])


@road
def approved(
    world: World, *, ref: str = AGREEMENT, milestone: int | None = 1, on: date | None = None, **more: Any
) -> str:
    """A disbursement that three people brought to approval; its ref."""
    asked = world.do("disbursement request", user="fatima", ref=ref, milestone=milestone, on=on, **more)
    disbursement = str(asked["result"]["ref"])
    world.do("disbursement check", user="anna", ref=disbursement, on=on)
    world.do("disbursement approve", user="bram", ref=disbursement, on=on)
    return disbursement


def allowed(world: World, cents: int) -> None:
    """The fund expects not to see so much of the agreement's advance back."""
    with world.uow("anna") as uow:
        line = AllowanceLine(
            agreement=AGREEMENT,
            proposal=PROPOSAL,
            outstanding_cents=1_750_001,
            days_overdue=0,
            stage="running",
            rate_bps=1786,
            before_cents=0,
            after_cents=cents,
        )
        uow.record(AllowanceAdjusted(ref="2026-Q1", regulations="2026-1", lines=(line,)))


def written_off(world: World, cents: int, *, released_cents: int) -> None:
    """So much of the agreement's advance was given up, and the allowance above the rest released."""
    with world.uow("anna") as uow:
        more: dict[str, Any] = {"amount_cents": cents, "allowance_released_cents": released_cents}
        uow.record(
            WriteoffPosted(ref=f"{AGREEMENT}-W1", agreement=AGREEMENT, proposal=PROPOSAL, ground="hardship", **more)
        )


def recovered(world: World, receipt: str, cents: int) -> None:
    """A receipt turned out to be money on what was written off."""
    with world.uow("bram") as uow:
        more: dict[str, Any] = {"receipt_cents": cents, "amount_cents": cents, "payer": BAARN, "receipt": receipt}
        uow.record(WriteoffRecovered(ref=f"{AGREEMENT}-W1", agreement=AGREEMENT, proposal=PROPOSAL, **more))


@road
def sent(world: World, *refs: str, **more: Any) -> str:
    """A batch that two others let go; its ref."""
    made = world.do("payment batch", user="anna", refs=list(refs) or None, **more)
    batch = str(made["result"]["ref"])
    world.both("payment send", user="bram2", second="anna2", ref=batch)
    return batch


def at(days: int) -> datetime:
    """So many days after the fund began."""
    return START + timedelta(days=days)
