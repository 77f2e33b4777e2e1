"""What each decision makes of a grant: every kind of row and ground, from the facts alone and in a real fund."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fund.events import Envelope, Fact
from fund.events.agreements import (
    AgreementActivated,
    AgreementAmended,
    AgreementCompleted,
    AgreementLeadChanged,
    AgreementRefinanced,
    AgreementTerminated,
    MilestoneReplanned,
)
from fund.events.decisions import DecisionApproved, DecisionConditional, DecisionConditionsMet, DecisionReopened
from fund.events.disbursements import DisbursementCancelled, DisbursementRefunded
from fund.events.payments import PaymentReturned, PaymentSettled
from fund.events.proposals import ProposalDrafted, ProposalLapsed, ProposalRevised, ProposalWithdrawn
from fund.events.values import BatchLine, MilestoneTerms, PlanTerms
from fund.reports.exports.giving import as_package, giving
from fund.reports.exports.grants import KINDS, Grant, _Folding
from fund.reports.exports.register import grounds, register
from fund.workflows.agreements.ending import GROUNDS, LOWER_GROUNDS
from tests.factories import a_form, founded
from tests.reports.open_data import by_the_ledger
from tests.workflows.agreeing import AGREEMENT, running
from tests.workflows.test_amendments import amended

REF, AGREED = "2026-001", "A2026-001"
DAY = date(2026, 3, 2)


def folded(*facts: Fact, back: int = 0) -> list[Grant]:
    """The grants after facts of one day each; the last of them is dated so many days back."""
    folding = _Folding()
    for seq, fact in enumerate(facts, start=1):
        on = DAY + timedelta(days=seq - (back if seq == len(facts) else 0))
        at = datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(days=seq)
        folding.see(
            Envelope(
                event_id=f"evt_{seq}", stream=fact.stream, seq=seq, type=fact.wire, schema_version=1, occurred_at=at,
                recorded_at=at, effective_on=on, actor="chair", on_behalf_of=None, command_id=None, made_by=None,
                made_command_id=None, causation_id=None, fact=fact, prev_hash=b"", hash=b"",
            )
        )  # fmt: skip
    return list(folding.done())


def rows(*facts: Fact, back: int = 0) -> list[str]:
    """The rows of the one grant, in short."""
    (grant,) = folded(drafted(), *facts, back=back)
    return [f"{row.kind} {row.ground} {row.extent} {row.change_cents} {row.granted_cents}" for row in grant.rows]


def drafted(**changes: Any) -> ProposalDrafted:
    form = a_form(co_applicants=("gm0308",), **changes)
    hashes = {"revision_hash": "a", "content_hash": "a"}
    return ProposalDrafted(
        ref=REF, round="2026-1", track="light", lead=form.lead, **hashes, ask_cents=form.ask_cents, form=form.as_json()
    )


APPROVED = DecisionApproved(ref=REF, round="2026-1", award_cents=1000)
CONDITIONAL = DecisionConditional(ref=REF, round="2026-1", award_cents=1000, conditions=())
OF: dict[str, Any] = {"ref": AGREED, "proposal": REF}
MILESTONES = (
    MilestoneTerms(number=1, title="Loket open", due_on=date(2026, 9, 1), amount_cents=600),
    MilestoneTerms(number=2, title="Loket gemeten", due_on=date(2027, 3, 1), amount_cents=400),
)
AGREE = AgreementActivated(
    **OF, title="Eén loket", track="light", lead="gm0351", co_applicants=("gm0308",), beneficiaries=(),
    award_cents=1000, repayable_cents=700, share_bps=7000, document_sha256="", milestones=MILESTONES,
    plan=PlanTerms(plan_type="fixed", ends_on=date(2029, 1, 1)), hypothesis="Sneller?", stop_rule="", started_on=DAY,
    ends_on=date(2027, 3, 1), evaluation_due_on=date(2027, 4, 1),
)  # fmt: skip
END: dict[str, Any] = {**OF, "award_cents": 1000, "booked_cents": 600, "repayable_released_cents": 0, "plan_cuts": ()}


def amended_by(cents: int) -> AgreementAmended:
    after = {"award_cents": 1000 + cents, "repayable_cents": 700, "milestone": 1, "milestone_cents": 1}
    return AgreementAmended(**OF, change_cents=cents, **after, plan_cuts=(), reason="kanarie")


def test_a_conditional_award_stands_when_its_conditions_are_met() -> None:
    met = DecisionConditionsMet(ref=REF, evidence={})
    assert rows(CONDITIONAL, met) == ["grant conditional  1000 1000", "change conditions_met  0 1000"]


def test_a_decision_that_is_taken_back_and_taken_anew_is_three_rows() -> None:
    reopened = DecisionReopened(ref=REF, round="2026-1", reason="kanarie", award_cents=1000)
    again = DecisionApproved(ref=REF, round="2026-1", award_cents=800)
    assert rows(APPROVED, reopened, again) == [
        "grant unconditional  1000 1000",
        "revocation reopened whole -1000 0",
        "grant unconditional  800 800",
    ]


def test_what_was_signed_is_told_of_the_decision_that_it_carries_out_and_of_no_earlier_one() -> None:
    reopened = DecisionReopened(ref=REF, round="2026-1", reason="kanarie", award_cents=1000)
    again = DecisionApproved(ref=REF, round="2026-2", award_cents=1000)
    (grant,) = folded(drafted(), APPROVED, reopened, again, AGREE)
    assert [(row.kind, row.agreement, row.round, row.question == "Sneller?") for row in grant.rows] == [
        ("grant", "", "2026-1", False),
        ("revocation", "", "2026-1", False),
        ("grant", AGREED, "2026-2", True),
    ]


def test_what_was_given_up_before_an_award_is_no_grant_and_after_it_is_revoked() -> None:
    rejected = DecisionReopened(ref=REF, round="2026-1", reason="bezwaar")
    for fact, ground in ((ProposalWithdrawn, "withdrawn"), (ProposalLapsed, "lapsed")):
        more = {"reason": "kanarie"} if fact is ProposalWithdrawn else {"was": "approved"}
        assert folded(drafted(), rejected, fact(ref=REF, round="2026-1", **more)) == []  # type: ignore[arg-type]
        gone = fact(ref=REF, round="2026-1", released_cents=1000, **more)  # type: ignore[arg-type]
        assert rows(APPROVED, gone)[1] == f"revocation {ground} whole -1000 0"


def test_an_agreement_changes_and_is_determined() -> None:
    new_lead = AgreementLeadChanged(**OF, before="gm0351", lead="gm0308", reason="kanarie", amendment="")
    moved = MilestoneReplanned(
        ref=f"{AGREED}-2", agreement=AGREED, proposal=REF, before_on=date(2027, 3, 1), due_on=date(2027, 6, 1),
        reason="kanarie", ends_on=date(2027, 6, 1),
    )  # fmt: skip
    within = moved.model_copy(update={"ref": f"{AGREED}-1", "due_on": date(2026, 10, 1), "ends_on": None})
    done = AgreementCompleted(**{**END, "booked_cents": 850}, released_cents=50)
    assert rows(APPROVED, AGREE, amended_by(200), amended_by(-300), new_lead, within, moved, done) == [
        "grant unconditional  1000 1000",
        "change raised  200 1200",
        "change lowered  -300 900",
        "change new_lead  0 900",
        "change new_period  0 900",
        "determination as_granted  -50 850",
    ]
    (grant,) = folded(drafted(), APPROVED, AGREE, new_lead, within, moved, done)
    first, last = grant.rows[0], grant.last
    assert (first.lead, first.co_applicants, last.lead, last.co_applicants) == (
        "gm0351", ("gm0308",), "gm0308", ("gm0351",)
    )  # fmt: skip
    assert (first.title, first.question, first.starts_on, first.ends_on) == (
        "Eén loket", "Sneller?", DAY, date(2027, 3, 1)
    )  # fmt: skip
    assert [each.due_on for each in last.milestones] == [date(2026, 10, 1), date(2027, 6, 1)]
    assert (last.ends_on, last.determined_cents, last.reclaimed_cents) == (date(2027, 6, 1), 850, 0)


def test_less_is_determined_on_a_ground_of_the_law_and_the_rest_is_claimed_back() -> None:
    done = AgreementCompleted(
        **END, released_cents=400, determined_cents=500, lower_ground="obligations_not_met", reclaimed_cents=100
    )
    (grant,) = folded(drafted(), APPROVED, AGREE, done)
    last = grant.last
    assert (last.ground, last.granted_cents, last.determined_cents, last.reclaimed_cents) == (
        "obligations_not_met", 600, 500, 100
    )  # fmt: skip


def test_an_agreement_that_ends_early_is_revoked_for_the_rest() -> None:
    for ground in ("stop_rule", "breach"):
        ended = AgreementTerminated(**END, ground=ground, reason="kanarie", released_cents=400)
        assert rows(APPROVED, AGREE, ended)[1] == f"revocation {ground} part -400 600"
    none = AgreementTerminated(**END, ground="breach", reason="kanarie", released_cents=1000)
    assert rows(APPROVED, AGREE, none)[1] == "revocation breach whole -1000 0"


def test_a_payment_that_is_cancelled_after_the_end_lowers_the_grant_and_one_before_it_does_not() -> None:
    about: dict[str, Any] = {
        "ref": "D2026-0001", "agreement": AGREED, "proposal": REF, "payee": "gm0351", "repayable_cents": 1,
        "grant_cents": 1, "reason": "kanarie", "amount_cents": 300,
    }  # fmt: skip
    before = DisbursementCancelled(**about, commitment_cents=300)
    after = DisbursementCancelled(**about, commitment_cents=0)
    done = AgreementCompleted(**END, released_cents=400)
    assert rows(APPROVED, AGREE, before, done, after) == [
        "grant unconditional  1000 1000",
        "determination as_granted  -400 600",
        "change not_paid  -300 300",
    ]


def test_a_balance_that_is_refinanced_determines_the_grant_once() -> None:
    moved = AgreementRefinanced(
        **OF, child="A2026-002", child_proposal="2026-002", resolution="R2026-0001", amount_cents=1, allowance_cents=0,
        lapsed=(), instalments=(),
    )  # fmt: skip
    assert rows(APPROVED, AGREE, moved)[1] == "determination refinanced  0 1000"
    assert len(rows(APPROVED, AGREE, AgreementCompleted(**END, released_cents=400), moved)) == 2


def test_a_decision_that_is_dated_back_stands_on_its_day() -> None:
    assert rows(APPROVED, AGREE, amended_by(200), amended_by(-300), back=2) == [
        "grant unconditional  1000 1000",
        "change lowered  -300 700",
        "change raised  200 900",
    ]


def test_before_the_agreement_a_grant_is_told_as_it_was_asked() -> None:
    (grant,) = folded(drafted(), APPROVED)
    row = grant.last
    assert (row.agreement, row.starts_on, row.ends_on, row.themes) == ("", None, date(2026, 12, 1), ("T06",))
    assert (row.requested_cents, row.question[:10], row.milestones[0].title) == (24_000_00, "Wij denken", "Loket open")
    form = a_form(title="Twee loketten", ask_cents=900)
    hashes = {"revision_hash": "b", "content_hash": "b"}
    revised = ProposalRevised(
        ref=REF, round="2026-2", revision=2, **hashes, ask_cents=900, sections=(), form=form.as_json()
    )
    (grant,) = folded(drafted(), revised, APPROVED.model_copy(update={"round": "2026-2"}))
    assert (grant.last.title, grant.last.round, grant.last.requested_cents) == ("Twee loketten", "2026-2", 900)


def test_money_is_counted_by_grant_and_what_came_back_is_taken_off() -> None:
    line = BatchLine(
        kind="disbursement", ref="D2026-0001", end_to_end_id="D1", amount_cents=300, payee="gm0351", payee_ref="p",
        iban="", name="", text="", agreement=AGREED, proposal=REF,
    )  # fmt: skip
    other = line.model_copy(update={"ref": "K2026-0001", "proposal": "", "agreement": ""})
    settled = PaymentSettled(ref="S1", line=line)
    returned = PaymentReturned(ref="S1", line=line, receipt="O1", receipt_cents=300, reason="AC04")
    refunded = DisbursementRefunded(
        ref="D2026-0001", agreement=AGREED, proposal=REF, amount_cents=60, payee="gm0351", receipt="O2",
        receipt_cents=60, advance_cents=30, grant_cents=15, recovered_cents=10, surplus_cents=5,
    )  # fmt: skip
    cost = PaymentSettled(ref="S1", line=other)
    (grant,) = folded(drafted(), APPROVED, AGREE, settled, returned, cost, settled, refunded)
    assert (grant.paid_cents, grant.refunded_cents) == (300, 55)
    assert [each.kind for each in grant.moved] == ["paid", "returned", "paid", "refunded"]


def test_a_real_agreement_that_is_raised_cut_and_moved_is_told_with_the_ledgers_amounts(database_url: str) -> None:
    with founded(database_url) as world:
        running(world)
        amended(world, change_cents=500_000, milestone=2)
        amended(world, change_cents=-200_000, milestone=1)
        amended(world, milestone=2, due_on=date(2027, 6, 30))
        with world.snapshot() as snapshot:
            found = register(snapshot)["rows"]
            (one,) = json.loads(b"".join(as_package(giving(snapshot))))["grants"]
            ledger = by_the_ledger(snapshot, as_of=date(9000, 1, 1), known_at=None)
    assert [(row["kind"], row["ground"], row["change_cents"]) for row in found] == [
        ("grant", "unconditional", 4_000_000),
        ("change", "raised", 500_000),
        ("change", "lowered", -200_000),
        ("change", "new_period", 0),
    ]
    assert [row["ends_on"] for row in found] == ["2027-01-31"] * 3 + ["2027-06-30"]
    assert found[-1]["agreement"] == AGREEMENT
    assert (one["amountAwarded"], one["awardDate"], one["title"]) == (43_000, found[0]["decided_on"], "Samen pompen")
    assert [each["value"] for each in one["commitmentTransaction"]] == [40_000, 5_000, -2_000]
    assert one["plannedDates"][0]["endDate"] == "2027-06-30"
    assert one["revolvingFund"]["amountRepayable"] == 30_100
    assert found[-1]["granted_cents"] == ledger["awarded"]["2026-003"] == ledger["open"]["2026-003"] == 4_300_000


def test_the_grounds_of_ending_and_of_determining_less_are_all_explained() -> None:
    explained = {kind: {each["ground"] for each in grounds() if each["kind"] == kind} for kind in KINDS}
    assert explained["determination"] == {"as_granted", "refinanced", *LOWER_GROUNDS}
    assert explained["revocation"] == {"reopened", "withdrawn", "lapsed", *GROUNDS}
