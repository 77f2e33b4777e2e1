"""One case in each state of each life, as its facts would have left it: what the inbox is asked about, all at once.

Case files are put where they lie, so that a test (and a measurement) does not have to play a thousand commands.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fund.database import writing
from fund.events.values import (
    AgreementTerms,
    BatchLine,
    InstalmentTerms,
    MilestoneTerms,
    OpenedScore,
    PanelSeat,
    PlanTerms,
)
from fund.forms import content_hash, revision_hash
from fund.schemas import CaseFile
from fund.schemas.agreements import Agreement, Amendment, Milestone
from fund.schemas.capital import Call, Debit, DistributionKey, Partner, Receipt
from fund.schemas.disbursements import Batch, BatchEntry, Disbursement
from fund.schemas.evaluations import Evaluation
from fund.schemas.exits import Exit
from fund.schemas.payables import Payable
from fund.schemas.proposals import Proposal, Round
from fund.schemas.repayments import Instalment, Plan
from fund.schemas.resolutions import Resolution
from fund.schemas.reviews import Decision, DecisionCondition, Preparation, Review, ReviewResult
from fund.schemas.transfers import Transfer
from fund.schemas.writeoffs import Writeoff
from fund.store import Store
from fund.workflows.proposals.lifecycle import State
from tests.factories import World, a_form

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TODAY = NOW.date()
LEAD, OTHER = "gm0351", "gm0327"
PROPOSALS = tuple(str(state) for state in State)


def put_every_state(world: World, *, rounds: int = 1) -> dict[tuple[str, str], str]:
    """Puts, ``rounds`` times, a case in each state of each life; the ref of one of each, by kind and state."""
    reviewers = [user["id"] for user in world.ask("user list")["users"] if "reviewer" in user["roles"]][:5]
    with writing(world.fund.engine) as connection:
        store = Store(connection)
        found: dict[tuple[str, str], str] = {}
        for number in range(1, rounds + 1):
            cases = list(_cases(number, reviewers))
            store.cases.put([(case, 1) for case in cases])
            for case in cases:
                found.setdefault((case.kind, case.state), case.ref)
    return found


def _cases(number: int, reviewers: list[str]) -> Iterator[CaseFile]:
    first = number * 100
    yield from _rounds(number)
    for place, state in enumerate(PROPOSALS):
        yield from _proposal(f"2026-{first + place}", state, f"2026-{number * 4}", reviewers)
    for place, state in enumerate(("drafted", "signed", "active", "suspended", "completed", "terminated", "closed")):
        ref = f"2026-{first + 50 + place}"
        if state in ("drafted", "signed"):
            yield from _proposal(ref, "approved", f"2026-{number * 4}", reviewers)
        yield _agreement(ref, state)
    running = f"2026-{first + 52}"
    yield from _proposal(running, "agreed", f"2026-{number * 4}", reviewers)
    for place, state in enumerate(("planned", "evidenced", "changes_requested", "accepted", "rejected"), start=1):
        yield from _milestone(f"2026-{first + 60 + place}", state)
    for place, state in enumerate(
        ("requested", "checked", "approved", "failed", "sent", "paid", "part_refunded", "cancelled", "refused",
         "withdrawn")
    ):  # fmt: skip
        yield _disbursement(f"D2026-{first + place}", state, running)
    for place, state in enumerate(("approved", "sent", "paid", "failed", "cancelled")):
        yield Payable(
            ref=f"K2026-{first + place}", state=state, ground="cost", payee="drukkerij", iban_payee_ref="drukkerij-1",
            amount_cents=100_00, approved_on=TODAY,
        )  # fmt: skip
    for place, state in enumerate(("sent", "arrived", "settled", "failed")):
        yield Transfer(
            ref=f"V2026-{first + place}", state=state, from_iban="NL91ABNA0417164300", to_iban="NL69INGB0123456789",
            from_account="1000", to_account="1005", amount_cents=100_00, sent_on=TODAY,
        )  # fmt: skip
    for place, state in enumerate(("made", "sent", "settled", "dropped")):
        yield from _batch(f"S2026-{first + place}", state, running, f"D2026-{first + 20 + place}")
    for place, state in enumerate(("due", "submitted", "peer_reviewed", "accepted", "published")):
        yield _evaluation(f"A2026-{first + 70 + place}", state)
    for place, state in enumerate(("proposed", "agreed", "refused", "superseded")):
        yield Amendment(
            ref=f"A{running}-A{place + 1}", state=state, agreement=f"A{running}", proposal=running, lead=LEAD,
            parties=(LEAD, OTHER), asks="committee", reason="meer", change_cents=90_000_00, award_cents=130_000_00,
        )  # fmt: skip
    for place, state in enumerate(("proposed", "carried", "lost", "superseded")):
        yield Resolution(
            ref=f"R2026-{first + place:04d}", state=state, matter="restructuring", subject=f"A{running}", lead=LEAD,
            agreement=f"A{running}", proposal=running, parties=(LEAD, OTHER), body="committee", terms={}, reason="?",
        )  # fmt: skip
    for place, state in enumerate(("proposed", "decided", "refused", "posted", "reversed")):
        ref = f"A{running}-W{place + 1}"
        more = {"agreement": f"A{running}", "proposal": running, "lead": LEAD, "parties": (LEAD, OTHER)}
        yield Writeoff(ref=ref, state=state, ground="hardship", amount_cents=100_00, **more)
    yield Partner(
        ref=f"gm99{number:02d}", state="candidate", name="Gemeente Nieuw", short_name="Nieuw", sort="municipality",
        joined_on=TODAY, founder=False,
    )  # fmt: skip
    yield Call(
        ref=f"B2026-{first}", state="open", partner=LEAD, called_cents=100_00, called_on=TODAY, due_on=TODAY,
        total_cents=100_00, reference=f"RF{first}", part_cents=100_00,
    )  # fmt: skip
    yield Debit(
        ref=f"U2026-{first}",
        state="recorded",
        account="1000",
        amount_cents=100_00,
        debited_on=TODAY,
        line_id=str(first),
    )
    for place, state in enumerate(("recorded", "proposed", "allocated")):
        yield Receipt(
            ref=f"O2026-{first + place}", state=state, line_id=f"lin_{first + place}", statement="S", account="1000",
            amount_cents=100_00, booked_on=TODAY, valued_on=TODAY,
        )  # fmt: skip
    for place, state in enumerate(
        ("active", "notice_given", "settlement_proposed", "agreed", "disputed", "settling", "exited")
    ):
        ref = f"gm9{number}{place}"
        yield Partner(
            ref=ref, state=state, name=f"Gemeente {ref}", short_name=ref, sort="municipality", joined_on=TODAY
        )
        if state != "active":
            yield Exit(ref=ref, state=state, leaves_on=TODAY, net_cents=100, settled_cents=100 * (state == "settling"))
    for state in ("proposed", "adopted", "rejected"):
        begins = date(2021, 6, 1) if state == "adopted" else date(2027, 1, 1)
        yield DistributionKey(ref=f"sleutel-{number}-{state}", state=state, family="equal", from_on=begins, shares={})
    for place, state in enumerate(("active", "restructured")):
        yield Plan(
            ref=f"A2026-{first + 80 + place}", state=state, proposal=f"2026-{first + 80 + place}", lead=LEAD,
            plan_type="fixed", repayable_cents=100_00, started_on=TODAY, ends_on=date(2029, 1, 1),
            instalments=(Instalment(no=1, due_on=date(2025, 12, 1), amount_cents=100_00, escalated_days=60),),
        )  # fmt: skip


def _rounds(number: int) -> Iterator[Round]:
    for place, state in enumerate(("closed", "planned", "open", "decided")):
        closes = {"planned": 90, "open": 30, "closed": -50, "decided": -90}[state]
        yield Round(
            ref=f"2026-{number * 4 + place}", state=state, title="Ronde", track="standard",
            opens_at=NOW + timedelta(days=closes - 40), closes_at=NOW + timedelta(days=closes),
            ceiling_cents=500_000_00, allocation="score",
        )  # fmt: skip


def _proposal(ref: str, state: str, round_: str, reviewers: list[str]) -> Iterator[CaseFile]:
    form = a_form(round=round_, title=f"Plan {ref}", ask_cents=40_000_00, co_applicants=(OTHER,))
    draft = state == "draft"
    proposal = Proposal(
        ref=ref, state=state, title=form.title, round=round_, track="standard", lead=LEAD, ask_cents=form.ask_cents,
        form=form, revision_hash=revision_hash(form), content_hash=content_hash(form), drafted_at=NOW,
        submitted_at=None if draft else NOW, due_on=TODAY + timedelta(days=5) if state in WITH_DAY else None,
        confirmed={LEAD: revision_hash(form), OTHER: revision_hash(form)}, decided_on=TODAY,
        before=form if state == "returned" else None, deferred_for="money" if state == "deferred" else "",
        objection_until_on=TODAY + timedelta(days=20),
    )  # fmt: skip
    yield proposal
    if state not in ("draft", "submitted", "returned", "eligible", "ineligible", "withdrawn", "lapsed"):
        yield _review(ref, state, reviewers)
    if state in ("decidable", "approved", "conditional", "rejected", "deferred", "objected", "upheld"):
        yield _decision(ref, state)


WITH_DAY = ("draft", "returned", "deferred")


def _review(ref: str, state: str, reviewers: list[str]) -> Review:
    panel = tuple(PanelSeat(reviewer=each) for each in reviewers)
    if state == "in_review":
        return Review(
            ref=ref, state="open", panel=panel, turn=1, regulations="2026-1", track="standard", profile="experiment",
            closes_at=NOW + timedelta(days=3), scored=tuple(reviewers[:2]), declarations={reviewers[0]: ("own:x",)},
        )  # fmt: skip
    scores = tuple(
        OpenedScore(reviewer=each, salt="s", scores={"exit": 3}, total="75") for each in reviewers
    )  # fmt: skip
    result = ReviewResult(
        scores=scores, means={"exit": "3"}, total="75", gates_missed=(), advice="positive", spread_criteria=("exit",),
        consensus_forced=state == "scored", closed_on=TODAY,
    )  # fmt: skip
    until = NOW + timedelta(days=8) if state == "scored" else None
    return Review(
        ref=ref, state="closed", panel=panel, turn=1, regulations="2026-1", track="standard", profile="experiment",
        result=result, consensus_until=until,
    )  # fmt: skip


def _decision(ref: str, state: str) -> Decision:
    prepared = Preparation(
        advice="positive", total="75", rank=1, of=1, ask_cents=40_000_00, ceiling_left_cents=1, free_to_commit_cents=1,
        two_thirds=False, mandated=False, necessity=False, remark="", prepared_on=TODAY,
    )  # fmt: skip
    condition = DecisionCondition(
        number=1, text="besluit", owner=OTHER, evidence="brief", expires_on=TODAY + timedelta(days=30)
    )
    return Decision(
        ref=ref, state=state, session=1, prepared=prepared, until_on=TODAY + timedelta(days=30),
        conditions=(condition,) if state == "conditional" else (),
    )  # fmt: skip


def _agreement(ref: str, state: str, milestones: tuple[MilestoneTerms, ...] = ()) -> Agreement:
    plan = PlanTerms(
        plan_type="fixed", ends_on=date(2029, 12, 31),
        instalments=(InstalmentTerms(no=1, due_on=date(2028, 1, 1), amount_cents=28_000_00),),
    )  # fmt: skip
    terms = AgreementTerms(
        proposal=ref, title="Proef", lead=LEAD, co_applicants=(OTHER,), award_cents=40_000_00, share_bps=7000,
        repayable_cents=28_000_00, milestones=milestones, plan=plan, stop_rule="s", exit_terms="e", assets_owner="a",
        starts_on=TODAY, ends_on=date(2027, 1, 31),
    )  # fmt: skip
    began = state not in ("drafted", "signed")
    ended = state in ("completed", "terminated", "closed")
    return Agreement(
        ref=f"A{ref}", state=state, proposal=ref, terms=terms, award_cents=40_000_00, repayable_cents=28_000_00,
        share_bps=7000, document_sha256="0", sign_before_on=TODAY + timedelta(days=30), drafted_on=TODAY,
        started_on=date(2025, 1, 5) if began else None, ends_on=date(2027, 1, 31),
        suspended_until_on=TODAY + timedelta(days=20) if state == "suspended" else None,
        ended_on=date(2026, 2, 1) if ended else None,
        ground={"completed": "completed", "terminated": "breach", "closed": "completed"}.get(state, ""),
    )  # fmt: skip


def _milestone(ref: str, state: str) -> Iterator[CaseFile]:
    yield _agreement(ref, "active")
    yield Milestone(
        ref=f"A{ref}-1", state=state, agreement=f"A{ref}", proposal=ref, number=1, title="Stap", criteria=("klaar",),
        due_on=TODAY + timedelta(days=20), amount_cents=10_000_00,
    )  # fmt: skip


def _disbursement(ref: str, state: str, proposal: str, **more: Any) -> Disbursement:
    return Disbursement(
        ref=ref, state=state, agreement=f"A{proposal}", proposal=proposal, payee=LEAD, amount_cents=100_00,
        requested_on=TODAY, **more,
    )  # fmt: skip


def _batch(ref: str, state: str, proposal: str, paid: str) -> Iterator[CaseFile]:
    line = BatchLine(
        kind="disbursement", ref=paid, end_to_end_id=paid, amount_cents=100_00, payee=LEAD, payee_ref="gm0351-1",
        iban="NL44RABO0123456789", name="Woudenberg", text="", agreement=f"A{proposal}", proposal=proposal,
    )  # fmt: skip
    yield Batch(
        ref=ref, state=state, made_at=NOW, execution_on=TODAY - timedelta(days=3), debtor_name="Fonds",
        debtor_iban="NL91ABNA0417164300", format_version="09", total_cents=100_00, sha256="0",
        entries=(BatchEntry(line=line, state="open"),),
    )  # fmt: skip
    yield _disbursement(paid, "sent" if state == "sent" else "approved", proposal, batch=ref)


def _evaluation(ref: str, state: str) -> Evaluation:
    return Evaluation(
        ref=ref, state=state, proposal=ref[1:], lead=LEAD, co_applicants=(OTHER,), parties=(LEAD, OTHER),
        due_on=TODAY - timedelta(days=10), fell_due=True,
        followon_until=TODAY + timedelta(days=200) if state == "published" else None,
    )  # fmt: skip
