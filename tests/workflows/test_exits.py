"""A partner leaves: who may do what, what is refused and why, several at once, and the whole fund."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from fund.checks import verify
from fund.commands.takers import takers
from fund.errors import FundError
from fund.errors.capital import CalledAfterNotice
from fund.errors.closing import DayToCome
from fund.errors.commands import ReasonMissing, TransitionNotAllowed
from fund.errors.evaluations import BeyondOutstanding
from fund.errors.exits import (
    AdviceMissing,
    BelowUndisputed,
    BeyondSettlement,
    CapitalMoved,
    DecisionFileMissing,
    LongStopNotReached,
    MoreOwedThanCalled,
    NothingUndisputed,
    NoticeTooShort,
    OwnAgreementsOpen,
    SetOffNotSigned,
    SettledBeforeValuation,
    SettlementOfNobody,
    SettlementSettled,
    SettlementUnchanged,
    ValuationDayOutside,
)
from fund.errors.payments import InsufficientCash, NoPayee, PayeeNotParty
from fund.errors.people import ConflictOfInterest, NotAuthorised, SameHands, UnknownPartner
from fund.errors.proposals import PartnerNotActive
from fund.errors.reviews import InsufficientFreeToCommit
from fund.events.capital import ContributionCalled
from fund.events.costs import TransferSent
from fund.events.decisions import DecisionApproved
from fund.events.exits import PartnerExited
from fund.events.receipts import CostCharged
from fund.schemas.capital import DistributionKey
from fund.schemas.exits import Exit
from fund.unit_of_work import UnitOfWork
from fund.workflows.bodies import NOBODY, Matter, board
from fund.workflows.exits import paying
from fund.workflows.exits.deferred_payments import LONG_STOP
from fund.workflows.partners.lifecycle import KEY_TRANSITIONS
from fund.workflows.proposals.lineage import require_active
from tests.factories import World, founded
from tests.workflows.leaving import (
    DECISION,
    agreed_on,
    call_paid,
    capital,
    exit_of,
    founded_fund,
    leaves,
    notice,
    office,
    paid_out,
    payee,
    proposed,
    repays,
    rules,
    settled,
    standing,
)
from tests.workflows.looking_back import AGREEMENT, came_in, hand_to
from tests.workflows.money_out import BAARN, BUNNIK, BUNSCHOTEN, OURS, TREASURY

SIGNED = {"name": "verrekening.pdf", "content": b"Akkoord."}
ADVICE = {"name": "advies.pdf", "content": b"Meer."}


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    with founded(sqlite_url, rules=rules()) as made:
        yield founded_fund(made)


def refused(error: type[FundError], call: Callable[[], object]) -> FundError:
    with pytest.raises(error) as found:
        call()
    assert str(found.value)
    assert found.value.advice
    return found.value


# ------------------------------------------------------------------------------------------------ the quote, the notice


def test_a_quote_is_for_its_own_people_the_office_the_chair_and_auditors(world: World) -> None:
    world.user("edith", "partner_editor", partner=BUNNIK)
    for name in ("piet", "edith", "anna", "bram", "carla", "joost"):
        assert world.ask("partner exit-quote", user=name, ref=BUNNIK)["net_cents"] == 3_108_750
    for name in ("fatima", "petra"):
        refused(NotAuthorised, lambda name=name: world.ask("partner exit-quote", user=name, ref=BUNNIK))
    refused(UnknownPartner, lambda: world.ask("partner exit-quote", ref="gm9999"))


def test_a_notice_has_a_form_and_a_term_and_nobody_approves_it(world: World) -> None:
    args: dict[str, Any] = {"ref": BUNNIK, "decision": DECISION}
    refused(NotAuthorised, lambda: world.do("partner give-notice", user="fatima", **args))
    refused(DecisionFileMissing, lambda: world.do("partner give-notice", user="piet", ref=BUNNIK))
    refused(DayToCome, lambda: notice(world, decided_on=date(2026, 1, 6)))
    refused(NoticeTooShort, lambda: notice(world, leaves_on=date(2026, 7, 4)))
    answer = world.do("partner give-notice", user="piet", ref=BUNNIK, decision=DECISION, decided_on=date(2026, 1, 2))
    assert not answer["pending"]
    shown = exit_of(world)
    assert (shown["state"], shown["decided_on"], shown["leaves_on"]) == ("notice_given", "2026-01-02", "2026-07-05")
    refused(TransitionNotAllowed, lambda: notice(world))


def test_who_gave_notice_is_called_no_more_and_votes_on(world: World) -> None:
    notice(world)
    refused(CalledAfterNotice, lambda: world.do("capital call", user="anna", partner=BUNNIK, amount=100))
    with world.uow("anna") as uow:
        assert set(board(uow, Matter(NOBODY)).seats) >= {BAARN, BUNNIK, BUNSCHOTEN}
        refused(PartnerNotActive, lambda: require_active(uow, [BUNNIK], command="proposal draft", subject="2026-009"))
    world.clock(date(2026, 7, 6))
    proposed(world)
    agreed_on(world)
    settled(world)
    with world.uow("anna") as uow:
        assert BUNNIK not in board(uow, Matter(NOBODY)).seats


# ---------------------------------------------------------------------------------------------------- the settlement


def test_what_is_booked_until_the_second_confirms_stops_no_settlement(world: World) -> None:
    notice(world)
    world.clock(date(2026, 7, 6))
    waits = world.do("partner propose-settlement", user="anna", ref=BUNNIK)["pending"]
    with world.uow("anna") as uow:
        hand_to(uow, "bram")
        came_in(uow, "O2026-0088", 1)
    world.do("confirm", user="bram", ref=waits)
    assert exit_of(world)["state"] == "settlement_proposed"


def test_five_people_bring_a_settlement_into_the_books(world: World) -> None:
    notice(world)
    refused(ValuationDayOutside, lambda: proposed(world))
    world.clock(date(2026, 7, 6))
    refused(ValuationDayOutside, lambda: proposed(world, valued_on=date(2026, 7, 7)))
    refused(ValuationDayOutside, lambda: proposed(world, valued_on=date(2026, 7, 4)))
    proposed(world)
    refused(SettlementUnchanged, lambda: proposed(world))
    refused(TransitionNotAllowed, lambda: settled(world))
    refused(AdviceMissing, lambda: agreed_on(world, amount=3_200_000, advice=ADVICE))  # nothing was disputed
    world.user("anna3", "partner_signatory", "treasurer", partner=BUNNIK)
    agree: dict[str, Any] = {"ref": BUNNIK}
    refused(NotAuthorised, lambda: world.do("partner agree-settlement", user="sara", **agree))
    agreed_on(world)
    refused(SameHands, lambda: world.do("partner settle", user="bram", ref=BUNNIK))
    refused(ConflictOfInterest, lambda: world.do("partner settle", user="anna3", ref=BUNNIK))
    refused(NotAuthorised, lambda: world.do("partner settle", user="anna2", ref=BUNNIK))
    refused(SettledBeforeValuation, lambda: world.do("partner settle", user="bram2", ref=BUNNIK, on=date(2026, 7, 4)))
    following = settled(world)
    assert following.startswith(f"fund payee record {BUNNIK} "), "it has no account yet"
    assert standing(world, f"3000.{BUNNIK}", f"2200.{BUNNIK}", f"2210.{BUNNIK}") == (0, -1_950_000, -1_158_750)
    refused(TransitionNotAllowed, lambda: proposed(world))


def test_the_confirmation_of_an_agreement_is_offered_to_whom_it_would_let_through(world: World) -> None:
    world.user("tess", "treasurer", "deputy_chair")
    world.user("bela", "committee_chair", partner=BUNNIK)
    notice(world)
    world.clock(date(2026, 7, 6))
    world.both("partner propose-settlement", user="anna", second="tess", ref=BUNNIK)
    made = world.do("partner agree-settlement", user="piet", ref=BUNNIK)["pending"]
    able = takers(world.fund, f"fund confirm {made}", user="nobody")
    assert able is not None
    assert "carla" in able
    assert not {"tess", "bela", "piet"} & set(able), "acted before, is of the partner, made it"
    refused(SameHands, lambda: world.do("confirm", user="tess", ref=made))
    refused(ConflictOfInterest, lambda: world.do("confirm", user="bela", ref=made))
    assert not [each for each in world.ask("inbox", user="tess")["items"] if made in each["command"]]


def test_who_gave_notice_sits_in_the_body_and_has_no_vote_on_a_key(world: World) -> None:
    key = b'name = "gelijk"\nfamily = "equal"\nfrom_on = 2026-03-01\n'
    world.do("key adopt", user="anna", file={"name": "key.toml", "content": key})
    notice(world)
    with world.snapshot() as snapshot:
        found = snapshot.case(DistributionKey, "gelijk")
        row = next(each for each in KEY_TRANSITIONS if each.command == "decision vote")
        assert BUNNIK in board(snapshot, Matter(NOBODY)).seats
        assert BUNNIK not in snapshot.guard(found, row).own
        assert BUNNIK in board(snapshot, Matter(NOBODY)).seats
    assert takers(world.fund, "fund decision vote gelijk --for", user="anna") == ["fatima", "sara"]


def test_what_lies_free_no_more_waits_in_the_later_part_and_comes_at_the_long_stop(world: World) -> None:
    notice(world)
    world.clock(date(2026, 7, 6))
    proposed(world)
    agreed_on(world)
    with world.uow("anna") as uow:
        uow.record(DecisionApproved(ref="2026-077", round="2026-1", award_cents=6_000_000))
    settled(world)
    assert standing(world, f"2200.{BUNNIK}", f"2210.{BUNNIK}") == (-500_000, -2_608_750)
    assert world.ask("statement position")["free_to_commit_cents"] == 0
    call_paid(world, 1_000_000)
    assert standing(world, f"2200.{BUNNIK}") == (-800_000,)


def test_a_call_in_between_asks_for_a_new_settlement_and_a_payment_is_added(world: World) -> None:
    notice(world, BUNSCHOTEN)
    world.clock(date(2026, 7, 6))
    proposed(world, BUNSCHOTEN)
    agreed_on(world, BUNSCHOTEN)
    call_paid(world, 400_000)
    settled(world, BUNSCHOTEN)
    assert standing(world, f"1100.{BUNSCHOTEN}", f"2200.{BUNSCHOTEN}", f"2210.{BUNSCHOTEN}") == (0, -1_472_500, 0)
    (call,) = world.ask("capital list", partner=BUNSCHOTEN)["calls"]
    assert (call["state"], call["open_cents"]) == ("received", 0)  # nobody is reminded of it any more
    notice(world)
    with world.snapshot() as snapshot:
        first = snapshot.today.replace(year=2027)
    world.clock(first)
    proposed(world)
    agreed_on(world)
    with world.uow("anna") as uow:
        uow.record(ContributionCalled(ref="B2027-0009", partner=BUNNIK, amount_cents=1, due_on=first, total_cents=1))
    refused(CapitalMoved, lambda: settled(world))
    proposed(world)
    assert exit_of(world)["state"] == "settlement_proposed"


def test_in_dispute_the_undisputed_part_is_booked_once_and_never_taken_back(world: World) -> None:
    notice(world)
    world.clock(date(2026, 7, 6))
    proposed(world)
    refused(ReasonMissing, lambda: world.do("partner dispute-settlement", user="piet", ref=BUNNIK, reason=" "))
    world.do("partner dispute-settlement", user="piet", ref=BUNNIK, reason="Te laag.")
    settled(world)
    refused(NothingUndisputed, lambda: settled(world))
    refused(SettlementSettled, lambda: proposed(world))
    refused(AdviceMissing, lambda: agreed_on(world, amount=3_200_000))
    refused(BelowUndisputed, lambda: agreed_on(world, amount=3_000_000, advice=ADVICE))
    agreed_on(world)
    settled(world)
    shown = exit_of(world)
    assert (shown["state"], shown["settled_cents"], shown["reason"]) == ("settling", 3_108_750, "Te laag.")


# -------------------------------------------------------------------------------------------------------- K8 and after


def test_what_is_paid_is_due_and_there_and_its_own_agreements_are_arranged(world: World) -> None:
    leaves(world, BAARN)
    pay: dict[str, Any] = {"user": "bram", "ref": BAARN}
    command = "partner pay-settlement"
    refused(BeyondSettlement, lambda: world.do(command, **pay, amount=3_250_001))
    refused(OwnAgreementsOpen, lambda: world.do(command, **pay))
    refused(NoPayee, lambda: world.do(command, **pay, keep=[AGREEMENT]))
    refused(SetOffNotSigned, lambda: world.do(command, **pay, set_off=AGREEMENT))
    refused(BeyondOutstanding, lambda: world.do(command, **pay, set_off=AGREEMENT, amount=1_750_002, signed=SIGNED))
    refused(BeyondSettlement, lambda: world.do(command, **pay, set_off=AGREEMENT, amount=0, signed=SIGNED))
    refused(LongStopNotReached, lambda: world.do("partner close-out", user="bram", ref=BAARN))
    payee(world, BAARN)
    world.clock(date(2026, 7, 13))
    sides: dict[str, Any] = {"from_iban": OURS, "to_iban": TREASURY, "from_account": "1000", "to_account": "1005"}
    with world.uow("bram", commit=False) as uow:  # what is on its way to the treasury has left
        uow.record(TransferSent(ref="V2026-0001", amount_cents=6_000_000, **sides))
        with pytest.raises(InsufficientCash):
            paying.pay(uow, ref=BAARN, keep=[AGREEMENT])
    with world.uow("bram") as uow:
        _charged(uow, 6_000_000)
    refused(InsufficientCash, lambda: world.do(command, **pay, keep=[AGREEMENT]))
    paid_out(world, BAARN, keep=[AGREEMENT], amount=1_000_000)
    assert exit_of(world, BAARN)["kept"] == [AGREEMENT]
    world.clock(date(2031, 7, 8))
    refused(InsufficientFreeToCommit, lambda: world.do("partner close-out", user="bram", ref=BAARN))


def _charged(uow: UnitOfWork, cents: int) -> None:
    told: dict[str, Any] = {"account": "1000", "charged_on": uow.today, "line_id": "lin_9", "text": "kosten"}
    uow.record(CostCharged(ref="K2026-9001", amount_cents=cents, **told))


def test_nobody_sets_off_what_another_owes(world: World) -> None:
    leaves(world)
    args: dict[str, Any] = {"user": "bram", "ref": BUNNIK, "set_off": AGREEMENT, "signed": SIGNED}
    refused(PayeeNotParty, lambda: world.do("partner pay-settlement", **args))


def test_a_negative_net_is_paid_on_the_call_and_then_it_has_left(sqlite_url: str) -> None:
    with founded(sqlite_url, rules=rules()) as world:
        office(world)
        capital(world, unpaid={BUNSCHOTEN: 2_000_000})
        with world.uow("bram") as uow:
            _charged(uow, 6_000_000)
        leaves(world, BUNSCHOTEN)
        assert standing(world, f"1100.{BUNSCHOTEN}") == (800_000,)
        call_paid(world, 800_000)
        assert exit_of(world, BUNSCHOTEN)["state"] == "exited"


def test_nobody_owes_more_when_it_leaves_than_is_open_on_its_calls(sqlite_url: str) -> None:
    with founded(sqlite_url, rules=rules()) as world:
        office(world)
        capital(world, unpaid={BUNSCHOTEN: 500_000})
        with world.uow("bram") as uow:
            _charged(uow, 10_500_000)  # what is left is worth 1,500,000, of which a fifth is of Bunschoten
        notice(world, BUNSCHOTEN)
        world.clock(date(2026, 7, 6))
        error = refused(MoreOwedThanCalled, lambda: proposed(world, BUNSCHOTEN, costs=300_001))
        assert error.details == {"partner": BUNSCHOTEN, "owed_cents": 500_001, "unpaid_cents": 500_000}
        proposed(world, BUNSCHOTEN, costs=300_000)
        world.do("partner dispute-settlement", user="sara", ref=BUNSCHOTEN, reason="Te laag.")
        refused(MoreOwedThanCalled, lambda: agreed_on(world, BUNSCHOTEN, amount=-500_001, advice=ADVICE))
        agreed_on(world, BUNSCHOTEN, amount=-500_000, advice=ADVICE)
        settled(world, BUNSCHOTEN)
        call_paid(world, 500_000)
        assert exit_of(world, BUNSCHOTEN)["state"] == "exited"


def test_a_later_part_that_comes_with_the_second_booking_has_its_long_stop(sqlite_url: str) -> None:
    with founded(sqlite_url, rules=rules(buffer_cents=0)) as world:
        office(world)
        capital(world, unpaid={})
        notice(world)
        world.clock(date(2026, 7, 6))
        proposed(world)
        world.do("partner dispute-settlement", user="piet", ref=BUNNIK, reason="Te laag.")
        settled(world)
        first = exit_of(world)
        # an expert finds more, and nothing lies free any more
        agreed_on(world, amount=first["net_cents"] + 100_000, advice=ADVICE)
        with world.uow("bram") as uow:
            _charged(uow, 8_400_000)
        settled(world)
        with world.snapshot() as snapshot:
            case = snapshot.case(Exit, BUNNIK)
            assert case.later_cents == 100_000
            assert [timer.kind for timer in snapshot.store.work.timers() if timer.stream == case.stream] == [LONG_STOP]
        world.clock(date(2031, 7, 7))
        with world.snapshot() as snapshot:
            assert snapshot.history(case)[-1].type == "exit.long_stop_reached"


def test_a_payment_that_is_cancelled_is_due_again(world: World) -> None:
    leaves(world, BUNSCHOTEN)
    payee(world, BUNSCHOTEN)
    world.clock(date(2026, 7, 13))
    paid_out(world, BUNSCHOTEN)
    assert exit_of(world, BUNSCHOTEN)["state"] == "exited"
    world.both("payment cancel", user="anna2", second="bram2", ref="E2026-0001", reason="Verkeerde dag.")
    shown = exit_of(world, BUNSCHOTEN)
    assert (shown["state"], shown["due_cents"], shown["paid_cents"]) == ("settling", 1_072_500, 0)
    assert [finding for check in verify(world.fund.engine)["checks"] for finding in check["findings"]] == []


def test_the_logins_of_who_has_left_are_for_the_admin_to_end(world: World) -> None:
    def asked(user: str = "petra") -> list[str]:
        items = world.ask("inbox", user=user)["items"]
        return sorted(row["command"] for row in items if row["command"].startswith("fund user revoke"))

    world.user("kees", "partner_editor", partner=BUNSCHOTEN)
    world.user("rob", "reviewer", partner=BUNSCHOTEN)
    world.user("mees", "fund_manager", partner=BUNSCHOTEN, seconded=True)
    leaves(world, BUNSCHOTEN)
    payee(world, BUNSCHOTEN)
    world.clock(date(2026, 7, 13))
    assert asked() == []
    paid_out(world, BUNSCHOTEN)
    everybody = [f"fund user revoke {name} --reason TEXT" for name in ("kees", "rob", "sara")]
    assert (asked(), asked("anna")) == (everybody, [])
    line = next(row for row in world.ask("inbox", user="petra")["items"] if "kees" in row["command"])
    assert (line["what"], line["ref"]) == ("revoke kees: Bunschoten has left the fund", BUNSCHOTEN)
    world.do("user revoke", user="petra", name="rob", reason="uitgetreden")
    assert asked() == [everybody[0], everybody[2]]
    # while a payment that was cancelled is due again the partner needs its people
    world.both("payment cancel", user="anna2", second="bram2", ref="E2026-0001", reason="Verkeerde dag.")
    assert asked() == []


def test_who_speaks_for_a_partner_that_left_stays_while_an_agreement_of_it_runs(world: World) -> None:
    world.user("rob", "reviewer", partner=BUNNIK)
    leaves(world, BUNNIK)
    with world.uow("bram") as uow:
        uow.record(PartnerExited(ref=BUNNIK))
    assert world.ask("partner show", ref=BUNNIK)["partner"]["state"] == "exited"
    commands = [row["command"] for row in world.ask("inbox", user="petra")["items"]]
    assert commands == ["fund user revoke rob --reason TEXT"]


# --------------------------------------------------------------------------------------------------- several, and all


def test_who_left_before_goes_first_and_no_more_falls_due_than_came_in(world: World) -> None:
    leaves(world)
    world.clock(date(2026, 7, 7))
    notice(world, BUNSCHOTEN)
    world.clock(date(2027, 1, 8))
    quote = world.ask("partner exit-quote", ref=BUNSCHOTEN)
    assert quote["share"] == "2/7"
    assert quote["net_asset_value_cents"] == 10_812_500 - 3_108_750
    proposed(world, BUNSCHOTEN)
    agreed_on(world, BUNSCHOTEN)
    settled(world, BUNSCHOTEN)
    later = standing(world, f"2210.{BUNNIK}", f"2210.{BUNSCHOTEN}")
    repays(world, 700_000)
    first = later[0] - standing(world, f"2210.{BUNNIK}")[0]
    second = later[1] - standing(world, f"2210.{BUNSCHOTEN}")[0]
    # the call of Bunschoten was paid out of its own settlement: 3/10 of it fell due to Bunnik before
    assert -first == 210_000
    assert -second == min((700_000 - 210_000) * 2 // 7, -later[1])


def test_two_that_are_valued_on_one_day_take_their_shares_of_the_same_whole(world: World) -> None:
    for partner in (BUNNIK, BUNSCHOTEN):
        notice(world, partner)
    world.clock(date(2026, 7, 6))
    for partner in (BUNNIK, BUNSCHOTEN):
        proposed(world, partner)
    for partner in (BUNNIK, BUNSCHOTEN):
        agreed_on(world, partner)
    for partner in (BUNSCHOTEN, BUNNIK):
        settled(world, partner)
    assert [exit_of(world, partner)["net_cents"] for partner in (BUNNIK, BUNSCHOTEN)] == [3_108_750, 1_072_500]
    repays(world, 1_000_000)
    assert standing(world, f"2210.{BUNNIK}") == (-(1_158_750 - 300_000 - 300_000),)


def test_a_winding_up_takes_two_thirds_and_is_one_computation(world: World) -> None:
    command = "partner propose-settlement"
    refused(SettlementOfNobody, lambda: world.do(command, user="anna"))
    refused(SettlementOfNobody, lambda: world.do(command, user="anna", ref=BUNNIK, everybody=True, reason="x"))
    refused(ReasonMissing, lambda: world.do(command, user="anna", everybody=True))
    about: dict[str, Any] = {"everybody": True, "reason": "klaar", "valued_on": date(2026, 2, 2)}
    answer = world.both(command, user="anna", second="bram", **about)
    ref = str(answer["events"][0]["payload"]["ref"])
    quotes = {each["partner"]: each["net_cents"] for each in answer["events"][0]["payload"]["terms"]["quotes"]}
    for name in ("fatima", "piet", "sara"):
        world.do("decision vote", user=name, ref=ref, choice="for")
    refused(ValuationDayOutside, lambda: world.do("decision decide", user="carla", ref=ref))
    world.clock(date(2026, 2, 2))
    with world.uow("anna") as uow:
        hand_to(uow, "bram")
        came_in(uow, "O2026-0088", 1)  # waits, and changes nobody's share
    # the water board of this fund has no capital and no vote cast: three of four partners are two thirds
    world.do("decision decide", user="carla", ref=ref)
    states = {each["id"]: each["state"] for each in world.ask("partner list")["partners"]}
    assert set(states.values()) == {"settlement_proposed"}
    nets = {partner: exit_of(world, partner)["net_cents"] for partner in (BAARN, BUNNIK, BUNSCHOTEN)}
    assert nets == {partner: quotes[partner] for partner in nets}
    # net + own unpaid call of Bunschoten = NAV − G, less the cents of rounding
    assert sum(nets.values()) + 1_000_000 == 10_362_500
    refused(SameHands, lambda: _settle_all(world))


def _settle_all(world: World) -> None:
    agreed_on(world)
    world.do("partner settle", user="bram", ref=BUNNIK)  # who checked the resolution checked the settlement
