"""Money out, from request to approval: three people, verified account, money that is there, shares that add up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fund.errors import FundError
from fund.errors.bank import InvalidIban
from fund.errors.commands import ReasonMissing, TransitionNotAllowed, UnknownRef
from fund.errors.payments import (
    AlreadyRepaid,
    AwardExceeded,
    CoolingOff,
    InsufficientCash,
    MilestoneExceeded,
    MilestoneNotAccepted,
    NoPayee,
    NothingToReceive,
    OnAccountNotAllowed,
    PayeeNotParty,
    PaymentsStopped,
    RefundExceeded,
    WrongAccount,
)
from fund.errors.people import ConflictOfInterest, NotAuthorised, SameHands
from fund.events.agreements import AgreementSuspended
from fund.events.receipts import ReceiptAllocated, ReceiptRecorded
from fund.events.repayments import AllowanceAdjusted, AllowanceLine
from fund.rules.transitions import commands_from
from fund.workflows.disbursements.lifecycle import TRANSITIONS, State
from tests.factories import World, as_text, founded
from tests.roads import road
from tests.workflows.money_out import (
    AGREEMENT,
    BAARN,
    BUNNIK,
    BUNSCHOTEN,
    DAY,
    OTHER_IBAN,
    PROPOSAL,
    agree,
    approved,
    at,
    charged,
    prepared,
    receipt,
    recorded,
    sent,
)


def state_of(world: World, ref: str) -> str:
    return str(world.ask("disbursement show", ref=ref)["state"])


def test_money_goes_out_after_an_accepted_milestone_through_three_people(database_url: str) -> None:
    with founded(database_url) as world:
        # Given an award of 40,000.00, for 70 % repayable, and a milestone of 25,000.01 that was accepted
        agree(prepared(world))
        # When the lead asks, a fund manager checks and a treasurer approves
        asked = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)
        assert asked["result"] == {"ref": "D2026-0001", "amount_cents": 2500001}
        assert asked["next"] == "fund disbursement check D2026-0001"
        checked = world.do("disbursement check", user="anna", ref="D2026-0001")
        assert checked["result"]["payee_ref"] == f"{BAARN}-1"
        before = world.entries()[-1].seq
        world.do("disbursement approve", user="bram", ref="D2026-0001", on=date(2026, 1, 8))
        # Then the fund owes the payee, to the cent of the worked example
        (entry,) = world.entries(since_seq=before)
        assert as_text(entry) == (
            "2026-01-08 disbursement.approved Uitbetaling D2026-0001 goedgekeurd (A2026-001)\n"
            "  Dr 1200.A2026-001 1750001\n"
            "  Dr 4000.A2026-001 750000\n"
            "    Cr 2000.gm0308 2500001\n"
            "  Dr 9010 2500001\n"
            "    Cr 9000.2026-001 2500001"
        )
        shown = world.ask("disbursement show", ref="D2026-0001", user="bram")
        assert (shown["state"], shown["repayable_cents"], shown["grant_cents"]) == ("approved", 1750001, 750000)
        assert shown["due_on"] == "2026-02-19"  # six weeks after the approval
        assert [event["type"] for event in shown["events"]][:3] == [
            "disbursement.requested",
            "disbursement.checked",
            "disbursement.approved",
        ]


def test_the_shares_of_all_parts_make_the_share_of_the_whole(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world), award_cents=100, share_bps=3333, milestones=(33, 33, 34), accepted=(1, 2, 3))
        for number in (1, 2, 3):
            approved(world, milestone=number)
        parts = world.ask("disbursement list")["disbursements"]
        assert [(part["amount_cents"], part["repayable_cents"]) for part in parts] == [(33, 11), (33, 11), (34, 11)]
        assert sum(part["repayable_cents"] for part in parts) == 33  # 33.33 % of a euro


def test_what_a_milestone_is_worth_is_asked_in_parts_and_never_beyond(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1, amount=2000000)
        with pytest.raises(MilestoneExceeded) as caught:
            world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1, amount=500002)
        assert caught.value.details["left_cents"] == 500001
        rest = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)
        assert rest["result"]["amount_cents"] == 500001
        with pytest.raises(MilestoneExceeded):
            world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)


def test_a_quarter_is_paid_on_account_and_comes_off_the_last_milestone(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        with pytest.raises(OnAccountNotAllowed) as caught:
            world.do("disbursement request", user="fatima", ref=AGREEMENT, amount=1_000_001)
        assert caught.value.details["allowed_cents"] == 1_000_000
        asked = [world.do("disbursement request", user="fatima", ref=AGREEMENT)]
        asked += [world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=each) for each in (1, 2)]
        assert [each["result"]["amount_cents"] for each in asked] == [1_000_000, 2_500_001, 499_999]
        with pytest.raises(AwardExceeded):
            world.do("disbursement request", user="fatima", ref=AGREEMENT)


def test_a_request_that_was_refused_or_withdrawn_no_longer_counts(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        first = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)["result"]["ref"]
        world.do("disbursement refuse", user="anna", ref=first, reason="verslag ontbreekt")
        second = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)["result"]["ref"]
        world.do("disbursement check", user="anna", ref=second)
        world.do("disbursement withdraw", user="piet", ref=second, reason="vergissing")
        third = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)["result"]
        assert [state_of(world, ref) for ref in (first, second, third["ref"])] == ["refused", "withdrawn", "requested"]
        assert third["amount_cents"] == 2500001


def test_more_than_the_award_is_never_asked_even_where_milestones_are_worth_more(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world), award_cents=3000000)
        world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)
        with pytest.raises(AwardExceeded) as caught:
            world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=2)
        assert caught.value.details == {
            "asked_cents": 1499999,
            "agreement": AGREEMENT,
            "award_cents": 3000000,
            "live_cents": 2500001,
            "left_cents": 499999,
        }


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"ref": "A2026-009"}, UnknownRef),
        ({"milestone": 2}, MilestoneNotAccepted),
        ({"milestone": 9}, UnknownRef),
        ({"milestone": None, "amount": 1_000_001}, OnAccountNotAllowed),
        ({"amount": 0}, MilestoneExceeded),
        ({"amount": -5}, MilestoneExceeded),
        ({"payee": BUNSCHOTEN}, PayeeNotParty),
        ({"payee": "gm9999"}, PayeeNotParty),
        ({"iban": "NL00"}, InvalidIban),
    ],
)
def test_a_request_that_rests_on_nothing_is_refused(
    database_url: str, args: dict[str, Any], error: type[FundError]
) -> None:
    with founded(database_url) as world:
        agree(prepared(world), accepted=(1,))
        with pytest.raises(error) as caught:
            world.do("disbursement request", user="fatima", **{"ref": AGREEMENT, "milestone": 1, **args})
        assert caught.value.advice
        assert world.ask("disbursement list")["disbursements"] == []


def test_in_a_light_track_the_service_asks_for_the_whole_when_the_agreement_holds(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world), award_cents=2000000, track="light", milestones=(2000000,), accepted=())
        (asked,) = world.ask("disbursement list")["disbursements"]
        assert (asked["state"], asked["amount_cents"], asked["payee"]) == ("requested", 2000000, BAARN)
        world.do("disbursement check", user="anna", ref=asked["ref"])
        world.do("disbursement approve", user="bram", ref=asked["ref"])
        # and nothing is left to ask for
        with pytest.raises(AwardExceeded):
            world.do("disbursement request", user="fatima", ref=AGREEMENT)


def test_no_two_steps_are_taken_by_one_person(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        world.user("sanne", "fund_manager", "treasurer")
        ref = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)["result"]["ref"]
        world.do("disbursement check", user="sanne", ref=ref)
        with pytest.raises(SameHands):
            world.do("disbursement approve", user="sanne", ref=ref)
        world.do("disbursement approve", user="bram", ref=ref)


def test_nobody_of_a_party_or_a_beneficiary_checks_or_approves(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        world.user("bea", "fund_manager", "treasurer", partner=BUNSCHOTEN)
        ref = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)["result"]["ref"]
        with pytest.raises(ConflictOfInterest):
            world.do("disbursement check", user="bea", ref=ref)
        world.do("disbursement check", user="anna", ref=ref)
        with pytest.raises(ConflictOfInterest):
            world.do("disbursement approve", user="bea", ref=ref)


@pytest.mark.parametrize(
    ("command", "user"),
    [
        ("disbursement check", "fatima"),
        ("disbursement check", "bram"),
        ("disbursement refuse", "fatima"),
        ("disbursement withdraw", "anna"),
        ("disbursement approve", "anna"),
        ("disbursement refund", "anna"),
        ("disbursement check", "petra"),
        ("disbursement check", "joost"),
    ],
)
def test_each_step_is_for_its_own_role(database_url: str, command: str, user: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        ref = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)["result"]["ref"]
        more = {"reason": "x"} if command.endswith(("refuse", "withdraw")) else {}
        more |= {"receipt": "O2026-0001"} if command.endswith("refund") else {}
        with pytest.raises(NotAuthorised):
            world.do(command, user=user, ref=ref, **more)
        assert state_of(world, ref) == "requested"


def test_only_a_signatory_of_a_party_asks(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        world.user("bob", "partner_signatory", partner=BUNSCHOTEN)
        for user in ("anna", "bob"):
            with pytest.raises((NotAuthorised, ConflictOfInterest)):
                world.do("disbursement request", user=user, ref=AGREEMENT, milestone=1)
        world.do("disbursement request", user="piet", ref=AGREEMENT, milestone=1, payee=BUNNIK)


def test_a_request_is_checked_against_an_account_that_has_cooled_off(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world, payee=False))
        ref = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)["result"]["ref"]
        with pytest.raises(NoPayee):
            world.do("disbursement check", user="anna", ref=ref)
        recorded(world)
        with pytest.raises(CoolingOff) as caught:
            world.do("disbursement check", user="anna", ref=ref)
        assert caught.value.details["usable_on"] == DAY + timedelta(days=3)
        world.clock(at(3))
        world.do("disbursement check", user="anna", ref=ref)


def test_another_account_than_the_verified_one_is_refused_with_both(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        ref = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1, iban=OTHER_IBAN)["result"][
            "ref"
        ]
        with pytest.raises(WrongAccount) as caught:
            world.do("disbursement check", user="anna", ref=ref)
        assert caught.value.details["asked"] == OTHER_IBAN
        assert "NL44RABO0123456789" in str(caught.value)


def test_nothing_is_approved_beyond_the_cash_that_is_there(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world, cash_cents=10_000_000))
        charged(world, 10_000_000 - 2_500_000)
        ref = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)["result"]["ref"]
        world.do("disbursement check", user="anna", ref=ref)
        with pytest.raises(InsufficientCash) as caught:
            world.do("disbursement approve", user="bram", ref=ref)
        assert caught.value.details["amount_cents"] == 2500001
        assert caught.value.details["available_cents"] == 2500000
        assert "EUR 25,000.01" in str(caught.value)
        assert "EUR 25,000.00" in str(caught.value)


def test_cash_that_was_approved_before_is_not_there_any_more(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world, cash_cents=10_000_000))
        charged(world, 10_000_000 - 3_000_000)
        approved(world)
        ref = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=2)["result"]["ref"]
        world.do("disbursement check", user="anna", ref=ref)
        with pytest.raises(InsufficientCash) as caught:
            world.do("disbursement approve", user="bram", ref=ref)
        assert caught.value.details["available_cents"] == 499999


def test_nothing_goes_out_while_an_agreement_is_suspended(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        one = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1, amount=100)["result"]["ref"]
        two = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1, amount=200)["result"]["ref"]
        world.do("disbursement check", user="anna", ref=two)
        with world.uow("anna") as uow:
            uow.record(
                AgreementSuspended(ref=AGREEMENT, proposal=PROPOSAL, reason="vermoeden", until_on=date(2026, 4, 1))
            )
        for command, user, args in (
            ("disbursement request", "fatima", {"ref": AGREEMENT, "milestone": 2}),
            ("disbursement check", "anna", {"ref": one}),
            ("disbursement approve", "bram", {"ref": two}),
        ):
            with pytest.raises(PaymentsStopped):
                world.do(command, user=user, **args)


def test_a_reason_is_needed_to_refuse_withdraw_or_cancel(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        ref = world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)["result"]["ref"]
        for command, user in (("refuse", "anna"), ("withdraw", "fatima"), ("cancel", "anna")):
            with pytest.raises(ReasonMissing):
                world.do(f"disbursement {command}", user=user, ref=ref, reason="  ")


def test_a_cancelled_disbursement_leaves_every_balance_as_it_was(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        before = world.balances()
        ref = approved(world)
        assert world.balances() != before
        world.both("disbursement cancel", user="anna", second="bram", ref=ref, reason="dubbel gevraagd")
        assert {code: cents for code, cents in world.balances().items() if cents} == {
            code: cents for code, cents in before.items() if cents
        }
        assert state_of(world, ref) == "cancelled"
        assert as_text(world.entries()[-1]) == (
            f"{DAY + timedelta(days=3)} disbursement.cancelled Uitbetaling D2026-0001 geannuleerd (A2026-001)\n"
            "  Dr 2000.gm0308 2500001\n"
            "    Cr 1200.A2026-001 1750001\n"
            "    Cr 4000.A2026-001 750000\n"
            "  Dr 9000.2026-001 2500001\n"
            "    Cr 9010 2500001"
        )
        # and the share of what is asked next is as if it never was
        approved(world, milestone=1)
        assert world.ask("disbursement list", state="approved")["disbursements"][0]["repayable_cents"] == 1750001


def test_the_allowance_above_what_is_left_is_released_when_a_disbursement_is_cancelled(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        ref = approved(world)
        with world.uow("anna") as uow:
            line = AllowanceLine(
                agreement=AGREEMENT,
                proposal=PROPOSAL,
                outstanding_cents=1750001,
                days_overdue=0,
                stage="running",
                rate_bps=1786,
                before_cents=0,
                after_cents=312500,
            )
            uow.record(AllowanceAdjusted(ref="2026-Q1", regulations="2026-1", lines=(line,)))
        world.both("disbursement cancel", user="anna", second="bram", ref=ref, reason="dubbel")
        assert world.balances().get("1290", 0) == 0
        assert world.balances().get("4100", 0) == 0


def test_what_is_under_way_or_paid_is_not_cancelled(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        ref = approved(world)
        sent(world, ref)
        with pytest.raises(TransitionNotAllowed) as caught:
            world.do("disbursement cancel", user="anna", ref=ref, reason="te laat")
        assert caught.value.details["state"] == "sent"


@road
def paid(world: World) -> str:
    ref = approved(world)
    sent(world, ref)
    world.do("payment settle", user="bram", ref=ref)
    return ref


def test_unspent_money_comes_back_divided_as_it_went_out(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        ref = paid(world)
        with world.uow("bram") as uow:
            receipt(uow, "O2026-9002", 500000)
        world.do("disbursement refund", user="bram", ref=ref, receipt="O2026-9002", amount=300001)
        assert as_text(world.entries()[-1]).splitlines()[1:] == [
            "  Dr 2300 300001",
            "    Cr 1200.A2026-001 210001",
            "    Cr 4000.A2026-001 90000",
        ]
        world.do("disbursement refund", user="bram", ref=ref, receipt="O2026-9002")
        shown = world.ask("disbursement show", ref=ref)
        assert (shown["state"], shown["refunded_cents"]) == ("part_refunded", 500000)
        with world.snapshot() as snapshot:
            # 70 % of what was kept is still to be repaid, to the cent of the share
            assert snapshot.ledger.balance("1200.A2026-001") == 1750001 - 350000
        with pytest.raises(NothingToReceive):
            world.do("disbursement refund", user="bram", ref=ref, receipt="O2026-9002", amount=1)


def test_no_more_comes_back_than_was_paid(database_url: str) -> None:
    with founded(database_url) as world:
        agree(prepared(world))
        ref = paid(world)
        with world.uow("bram") as uow:
            receipt(uow, "O2026-9002", 2500002)
        with pytest.raises(RefundExceeded) as caught:
            world.do("disbursement refund", user="bram", ref=ref, receipt="O2026-9002")
        assert (caught.value.details["asked_cents"], caught.value.details["paid_cents"]) == (2500002, 2500001)
        world.do("disbursement refund", user="bram", ref=ref, receipt="O2026-9002", amount=2500001)
        with world.snapshot() as snapshot:
            assert snapshot.ledger.balance("1200.A2026-001") == 0
            assert snapshot.ledger.balance("4000.A2026-001") == 0


# one fund per state would take long: the table is asked from one disbursement that is brought to each state in turn
ROAD: dict[State, Callable[[World], str]] = {
    State.REQUESTED: lambda world: str(
        world.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1, amount=1000)["result"]["ref"]
    ),
    State.APPROVED: lambda world: approved(world, amount=1000),
    State.PAID: lambda world: paid_part(world),
}


@road
def paid_part(world: World) -> str:
    ref = approved(world, amount=1000)
    sent(world, ref)
    world.do("payment settle", user="bram", ref=ref)
    return ref


ARGUMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "disbursement check": ("anna", {}),
    "disbursement approve": ("bram", {}),
    "disbursement refuse": ("anna", {"reason": "x"}),
    "disbursement withdraw": ("fatima", {"reason": "x"}),
    "disbursement cancel": ("anna", {"reason": "x"}),
    "disbursement refund": ("bram", {"receipt": "O2026-9001"}),
    "payment settle": ("bram", {}),
    "payment fail": ("bram", {"reason": "AC01"}),
    "payment retry": ("anna", {}),
    "payment return": ("bram", {"receipt": "O2026-9001"}),
}


@pytest.mark.parametrize("state", ROAD)
def test_what_the_table_does_not_list_is_refused_by_name(sqlite_url: str, state: State) -> None:
    with founded(sqlite_url) as world:
        agree(prepared(world))
        ref = ROAD[state](world)
        possible = commands_from(TRANSITIONS, state)
        for command, (user, args) in ARGUMENTS.items():
            if command in possible:
                continue
            with pytest.raises(TransitionNotAllowed):
                world.do(command, user=user, ref=ref, **args)
        assert state_of(world, ref) == state


@given(st.integers(1, 10_000), st.lists(st.integers(1, 400), min_size=1, max_size=5))
@settings(max_examples=50)
def test_every_split_into_parts_adds_up_and_no_part_is_beyond_its_amount(share_bps: int, amounts: list[int]) -> None:
    from fund.money import portion

    done = share = 0
    for cents in amounts:
        part = max(0, min(cents, portion(cents, share_bps, done_cents=done, done_share_cents=share)))
        assert 0 <= part <= cents
        done, share = done + cents, share + part
    assert share == (done * share_bps * 2 + 10_000) // 20_000


def test_an_approval_whose_advance_was_repaid_already_is_not_undone(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        agree(prepared(world))
        ref = approved(world)
        with world.uow("bram") as uow:
            receipt = {"line_id": "lin_99", "statement": "S", "account": "1000", "amount_cents": 100}
            uow.record(ReceiptRecorded(ref="O2026-0099", booked_on=uow.today, valued_on=uow.today, **receipt))
            uow.record(
                ReceiptAllocated(
                    ref="O2026-0099", agreement=AGREEMENT, proposal=PROPOSAL, partner=BAARN, rule="manual",
                    amount_cents=100, advance_cents=100, parts=(),
                )
            )  # fmt: skip
        with pytest.raises(AlreadyRepaid, match=r"EUR 17,500\.01 .* EUR 17,499\.01 is outstanding"):
            world.do("disbursement cancel", user="anna", ref=ref, reason="dubbel")
        assert world.balances()["1200"] == 1_749_901
