"""Money out: what is promised, approved, paid, given back and undone, and what the fund spends and moves itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from fund.events.receipts import DebitRecorded
from tests.bookkeeping import book, head, journal
from tests.factories import World, founded
from tests.workflows.agreeing import AGREEMENT as RUNNING
from tests.workflows.agreeing import file, running
from tests.workflows.deciding import decidable, voted
from tests.workflows.money_out import (
    AGREEMENT,
    TREASURY,
    agree,
    allowed,
    approved,
    at,
    owed,
    prepared,
    receipt,
    recovered,
    sent,
    supplied,
    written_off,
)

ROWS = (
    "P14", "P15", "P19", "P21", "P22", "D3", "D4", "D5", "D6", "D7", "D8", "D9", "D10", "A3", "A5", "A6",
    "C1", "C4", "C7",
)  # fmt: skip
WIRES = (
    "decision.approved", "decision.conditional", "decision.reopened", "proposal.withdrawn", "proposal.lapsed",
    "disbursement.approved", "disbursement.cancelled", "disbursement.refunded", "payment.sent", "payment.settled",
    "payment.failed", "payment.failure_undone", "payment.returned", "agreement.amended", "agreement.completed",
    "agreement.terminated",
    "cost.approved", "payable.cancelled", "transfer.sent", "transfer.settled", "transfer.failed",
)  # fmt: skip


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    with founded(sqlite_url) as made:
        yield made


@pytest.fixture
def active(world: World) -> World:
    """An award of 40.000, 70 % repayable, and an account that can be paid, on 8 January."""
    agree(prepared(world))
    return world


def paid(world: World, **more: Any) -> str:
    ref = approved(world, **more)
    sent(world, ref)
    world.do("payment settle", user="bram", ref=ref)
    return ref


# ------------------------------------------------------------------------------------------ what is promised (4)


@pytest.fixture
def voted_on(world: World) -> str:
    ref = decidable(world)[0]
    voted(world, ref)
    return ref


def test_an_award_is_promised_in_full_and_free_again_when_it_is_reopened(world: World, voted_on: str) -> None:
    since = head(world)  # P14, P19
    world.do("decision decide", user="carla", ref=voted_on, amount_cents=3_500_000)
    world.both("decision reopen", user="carla", second="carl", ref=voted_on, reason="cofinanciering viel weg")
    assert journal(world, since) == book("""
        2026-02-02  decision.approved  Toekenning 2026-001
          Dr 9000.2026-001             35,000.00
          Cr 9010                                       35,000.00

        2026-02-02  decision.reopened  Toekenning 2026-001 heropend
          Dr 9010                      35,000.00
          Cr 9000.2026-001                              35,000.00
    """)


def test_a_conditional_award_is_set_aside_and_lapses_with_its_condition(world: World, voted_on: str) -> None:
    since = head(world)  # P15, P22
    condition = "gm0351;raadsbesluit;2026-05-01;De raad stelt de eigen bijdrage beschikbaar"
    world.do("decision decide", user="carla", ref=voted_on, conditions=[condition])
    world.clock(date(2026, 5, 2))
    assert journal(world, since) == book("""
        2026-02-02  decision.conditional  Voorwaardelijke toekenning 2026-001
          Dr 9000.2026-001             40,000.00
          Cr 9010                                       40,000.00

        2026-05-02  proposal.lapsed  Aanvraag 2026-001 vervallen
          Dr 9010                      40,000.00
          Cr 9000.2026-001                              40,000.00
    """)


def test_a_proposal_that_is_withdrawn_frees_what_was_promised(world: World, voted_on: str) -> None:
    world.do("decision decide", user="carla", ref=voted_on)  # P21
    since = head(world)
    world.do("proposal withdraw", user="fatima", ref=voted_on, reason="De raad ziet ervan af")
    assert journal(world, since) == book("""
        2026-02-02  proposal.withdrawn  Aanvraag 2026-001 ingetrokken
          Dr 9010                      40,000.00
          Cr 9000.2026-001                              40,000.00
    """)


def test_an_agreement_is_raised_cut_completed_and_terminated_on_what_is_not_asked_for(world: World) -> None:
    running(world, paid=1)  # A3, A5
    since = head(world)
    change: dict[str, Any] = {"ref": RUNNING, "milestone": 2, "reason": "anders"}
    world.both("agreement amend", user="anna", second="fatima", change_cents=100_001, **change)
    world.both("agreement amend", user="anna", second="fatima", change_cents=-50_000, **change)
    world.both("agreement complete", user="anna", second="bram", ref=RUNNING, report=file("verslag"))
    assert journal(world, since) == book("""
        2026-01-08  agreement.amended  Overeenkomst A2026-003 verhoogd
          Dr 9000.2026-003              1,000.01
          Cr 9010                                        1,000.01

        2026-01-08  agreement.amended  Overeenkomst A2026-003 verlaagd
          Dr 9010                         500.00
          Cr 9000.2026-003                                 500.00

        2026-01-08  agreement.completed  Overeenkomst A2026-003 afgerond, rest vrijgevallen
          Dr 9010                      15,500.00
          Cr 9000.2026-003                              15,500.00
    """)


def test_an_agreement_that_a_stop_rule_ended_frees_the_rest(world: World) -> None:
    running(world, paid=1)  # A6
    since = head(world)
    why = {"ground": "stop_rule", "reason": "geen daling"}
    world.both("agreement terminate", user="anna", second="carla", ref=RUNNING, **why)
    assert journal(world, since) == book("""
        2026-01-08  agreement.terminated  Overeenkomst A2026-003 beëindigd, rest vrijgevallen
          Dr 9010                      14,999.99
          Cr 9000.2026-003                              14,999.99
    """)


# -------------------------------------------------------------------------------------- disbursements, payments (5)


def test_a_disbursement_is_approved_sent_and_paid(active: World) -> None:
    since = head(active)  # D3, D4, D5
    paid(active)
    assert journal(active, since) == book("""
        2026-01-08  disbursement.approved  Uitbetaling D2026-0001 goedgekeurd (A2026-001)
          Dr 1200.A2026-001            17,500.01
          Dr 4000.A2026-001             7,500.00
          Cr 2000.gm0308                                25,000.01
          Dr 9010                      25,000.01
          Cr 9000.2026-001                              25,000.01

        2026-01-08  payment.sent  Betaalbatch S2026-001 verzonden
          Dr 2000.gm0308               25,000.01
          Cr 1010                                       25,000.01

        2026-01-08  payment.settled  D2026-0001 betaald (S2026-001)
          Dr 1010                      25,000.01
          Cr 1000                                       25,000.01
    """)


def test_a_payment_that_the_bank_did_not_make_is_owed_again(active: World) -> None:
    ref = approved(active)  # D6
    since = head(active)
    sent(active, ref)
    active.do("payment fail", user="bram", ref=ref, reason="AC01")
    active.do("payment retry", user="anna", ref=ref)
    assert journal(active, since) == book("""
        2026-01-08  payment.sent  Betaalbatch S2026-001 verzonden
          Dr 2000.gm0308               25,000.01
          Cr 1010                                       25,000.01

        2026-01-08  payment.failed  D2026-0001 niet uitgevoerd door de bank (S2026-001)
          Dr 1010                      25,000.01
          Cr 2000.gm0308                                25,000.01
    """)


def test_an_approval_is_undone_in_both_pairs(active: World) -> None:
    ref = approved(active)  # D7
    since = head(active)
    active.both("disbursement cancel", user="anna", second="bram", ref=ref, reason="dubbel")
    assert journal(active, since) == book("""
        2026-01-08  disbursement.cancelled  Uitbetaling D2026-0001 geannuleerd (A2026-001)
          Dr 2000.gm0308               25,000.01
          Cr 1200.A2026-001                             17,500.01
          Cr 4000.A2026-001                              7,500.00
          Dr 9000.2026-001             25,000.01
          Cr 9010                                       25,000.01
    """)


def test_an_approval_that_is_undone_releases_the_allowance_above_what_is_left(active: World) -> None:
    ref = approved(active)  # D7, wherever 1200 falls
    allowed(active, 312_500)
    since = head(active)
    active.both("disbursement cancel", user="anna", second="bram", ref=ref, reason="dubbel")
    assert journal(active, since) == book("""
        2026-01-08  disbursement.cancelled  Uitbetaling D2026-0001 geannuleerd (A2026-001)
          Dr 2000.gm0308               25,000.01
          Cr 1200.A2026-001                             17,500.01
          Cr 4000.A2026-001                              7,500.00
          Dr 9000.2026-001             25,000.01
          Cr 9010                                       25,000.01

        2026-01-08  disbursement.cancelled  Vrijval voorziening A2026-001
          Dr 1290.A2026-001             3,125.00
          Cr 4100.A2026-001                              3,125.00
    """)


def test_an_approval_that_is_undone_after_the_end_of_the_work_is_no_commitment_again(world: World) -> None:
    running(world, paid=1)  # D7 after A5
    refs = [row["ref"] for row in world.ask("disbursement list")["disbursements"]]
    with world.uow("bram") as uow:
        receipt(uow, "O2026-9002", 2_500_001)
    world.both("agreement complete", user="anna", second="bram", ref=RUNNING, report=file("verslag"))
    world.do("payment return", user="bram", ref=refs[0], receipt="O2026-9002", reason="AC04")
    since = head(world)
    world.both("disbursement cancel", user="anna", second="bram", ref=refs[0], reason="niet meer nodig")
    assert journal(world, since) == book("""
        2026-01-08  disbursement.cancelled  Uitbetaling D2026-0001 geannuleerd (A2026-003)
          Dr 2000.gm0308               25,000.01
          Cr 1200.A2026-003                             17,500.01
          Cr 4000.A2026-003                              7,500.00
    """)


def test_unspent_money_comes_back_by_share(active: World) -> None:
    ref = paid(active)  # D8
    with active.uow("bram") as uow:
        receipt(uow, "O2026-9002", 500_000)
    since = head(active)
    active.do("disbursement refund", user="bram", ref=ref, receipt="O2026-9002", amount=300_001)
    active.do("disbursement refund", user="bram", ref=ref, receipt="O2026-9002")
    assert journal(active, since) == book("""
        2026-01-08  disbursement.refunded  Niet besteed deel van D2026-0001 terug ontvangen (A2026-001)
          Dr 2300                       3,000.01
          Cr 1200.A2026-001                              2,100.01
          Cr 4000.A2026-001                                900.00

        2026-01-08  disbursement.refunded  Niet besteed deel van D2026-0001 terug ontvangen (A2026-001)
          Dr 2300                       1,999.99
          Cr 1200.A2026-001                              1,399.99
          Cr 4000.A2026-001                                600.00
    """)


def test_unspent_money_beyond_the_advance_is_a_recovery_and_then_the_payers(active: World) -> None:
    ref = paid(active)  # D8: share beyond 1200
    allowed(active, 312_500)
    written_off(active, 1_700_000, released_cents=262_499)
    with active.uow("bram") as uow:
        receipt(uow, "O2026-9002", 2_500_001)
        receipt(uow, "O2026-9003", 100_000)
    recovered(active, "O2026-9003", 100_000)
    since = head(active)
    active.do("disbursement refund", user="bram", ref=ref, receipt="O2026-9002")
    assert journal(active, since) == book("""
        2026-01-08  disbursement.refunded  Niet besteed deel van D2026-0001 terug ontvangen (A2026-001)
          Dr 2300                      25,000.01
          Cr 1200.A2026-001                                500.01
          Cr 4000.A2026-001                              7,500.00
          Cr 4300.A2026-001                             16,000.00
          Cr 2100.gm0308                                 1,000.00

        2026-01-08  disbursement.refunded  Vrijval voorziening A2026-001
          Dr 1290.A2026-001               500.01
          Cr 4100.A2026-001                                500.01
    """)


def test_what_is_refused_or_withdrawn_books_nothing(active: World) -> None:
    since = head(active)  # D9
    for user, command in (("anna", "refuse"), ("fatima", "withdraw")):
        ref = active.do("disbursement request", user="fatima", ref=AGREEMENT, milestone=1)["result"]["ref"]
        active.do(f"disbursement {command}", user=user, ref=ref, reason="dubbel")
    assert journal(active, since) == ""


def test_a_payment_that_came_back_is_owed_again(active: World) -> None:
    ref = paid(active)  # D10
    with active.uow("bram") as uow:
        receipt(uow, "O2026-9002", 2_500_001)
    since = head(active)
    active.do("payment return", user="bram", ref=ref, receipt="O2026-9002", reason="AC04")
    assert journal(active, since) == book("""
        2026-01-08  payment.returned  D2026-0001 door de bank teruggestort (S2026-001)
          Dr 2300                      25,000.01
          Cr 2000.gm0308                                25,000.01
    """)


# --------------------------------------------------------------------------------------- costs and transfers (9)


def test_a_payment_that_was_called_failed_and_was_carried_out_is_booked_once(active: World) -> None:
    ref = approved(active)  # D6, D5, C2
    sent(active, ref)
    active.do("payment fail", user="bram", ref=ref, reason="AC01")
    with active.uow("bram") as uow:
        gone = {"account": "1000", "amount_cents": 2_500_001, "debited_on": uow.today, "line_id": "lin_1"}
        uow.record(DebitRecorded(ref="U2026-9001", **gone))
    since = head(active)
    active.do("payment found", user="bram", ref=ref, bank_line="U2026-9001")
    assert journal(active, since) == book("""
        2026-01-08  payment.failure_undone, reversal  D2026-0001 toch door de bank uitgevoerd (S2026-001)
          takes back 2026-01-08  payment.failed  D2026-0001 niet uitgevoerd door de bank (S2026-001)
          Cr 1010                                       25,000.01
          Dr 2000.gm0308               25,000.01

        2026-01-08  debit.reversed, reversal  Afschrijving U2026-9001 is de betaling van D2026-0001
          takes back 2026-01-08  debit.recorded  Onverklaarde afschrijving U2026-9001
          Cr 1010                                       25,000.01
          Dr 1000                      25,000.01

        2026-01-08  payment.settled  D2026-0001 betaald (S2026-001)
          Dr 1010                      25,000.01
          Cr 1000                                       25,000.01
    """)


def test_a_cost_is_owed_sent_failed_paid_returned_and_cancelled(world: World) -> None:
    prepared(world)  # C1, C7
    since = head(world)
    supplied(world)
    assert journal(world, since) == ""
    ref = owed(world)
    sent(world, ref)
    world.do("payment fail", user="bram", ref=ref, reason="AC01")
    world.do("payment retry", user="anna", ref=ref)
    sent(world, ref)
    world.do("payment settle", user="bram", ref=ref)
    with world.uow("bram") as uow:
        receipt(uow, "O2026-9002", 45_000)
    world.do("payment return", user="bram", ref=ref, receipt="O2026-9002", reason="AC04")
    world.both("payment cancel", user="anna", second="bram", ref=ref, reason="Leverancier bestaat niet meer")
    assert journal(world, since) == book("""
        2026-01-12  cost.approved  Kosten K2026-0001 goedgekeurd
          Dr 4500                         450.00
          Cr 2000.drukkerij                                450.00

        2026-01-12  payment.sent  Betaalbatch S2026-001 verzonden
          Dr 2000.drukkerij               450.00
          Cr 1010                                          450.00

        2026-01-12  payment.failed  K2026-0001 niet uitgevoerd door de bank (S2026-001)
          Dr 1010                         450.00
          Cr 2000.drukkerij                                450.00

        2026-01-12  payment.sent  Betaalbatch S2026-002 verzonden
          Dr 2000.drukkerij               450.00
          Cr 1010                                          450.00

        2026-01-12  payment.settled  K2026-0001 betaald (S2026-002)
          Dr 1010                         450.00
          Cr 1000                                          450.00

        2026-01-12  receipt.recorded  Ontvangst O2026-9002
          Dr 1000                         450.00
          Cr 2300                                          450.00

        2026-01-12  payment.returned  K2026-0001 door de bank teruggestort (S2026-002)
          Dr 2300                         450.00
          Cr 2000.drukkerij                                450.00

        2026-01-12  payable.cancelled, reversal  Leverancier bestaat niet meer
          takes back 2026-01-12  cost.approved  Kosten K2026-0001 goedgekeurd
          Cr 4500                                          450.00
          Dr 2000.drukkerij               450.00
    """)


def test_a_transfer_is_under_way_until_the_other_account_holds_it(world: World) -> None:
    prepared(world)  # C4
    world.both("bank register", user="anna", second="bram", iban=TREASURY, account="1005")
    world.clock(at(7))
    since = head(world)
    for cents, to in ((4_000_000, "1005"), (1_500_000, "1000"), (700, "1005")):
        world.both("cost transfer", user="bram", second="bram2", amount=cents, to=to)
        if cents > 700:
            ref = world.ask("cost list")["transfers"][-1]["ref"]
            world.do("cost settle", user="bram", ref=ref)
    world.both("cost recall", user="bram", second="anna", ref="V2026-0003", reason="dubbel")
    assert journal(world, since) == book("""
        2026-01-12  transfer.sent  Overboeking V2026-0001 van 1000 verzonden
          Dr 1010                      40,000.00
          Cr 1000                                       40,000.00

        2026-01-12  transfer.settled  Overboeking V2026-0001 op 1005 ontvangen
          Dr 1005                      40,000.00
          Cr 1010                                       40,000.00

        2026-01-12  transfer.sent  Overboeking V2026-0002 van 1005 verzonden
          Dr 1010                      15,000.00
          Cr 1005                                       15,000.00

        2026-01-12  transfer.settled  Overboeking V2026-0002 op 1000 ontvangen
          Dr 1000                      15,000.00
          Cr 1010                                       15,000.00

        2026-01-12  transfer.sent  Overboeking V2026-0003 van 1000 verzonden
          Dr 1010                           7.00
          Cr 1000                                            7.00

        2026-01-12  transfer.failed  Overboeking V2026-0003 terug op 1000
          Dr 1000                           7.00
          Cr 1010                                            7.00
    """)


def test_everything_of_one_payee_is_one_line_of_the_batch(active: World) -> None:
    supplied(active)  # D4 of several grounds
    approved(active)
    owed(active, 100)
    owed(active, 200)
    owed(active, 300, payee="gm0308")
    since = head(active)
    sent(active)
    assert journal(active, since) == book("""
        2026-01-12  payment.sent  Betaalbatch S2026-001 verzonden
          Dr 2000.gm0308               25,003.01
          Dr 2000.drukkerij                 3.00
          Cr 1010                                       25,006.01
    """)
