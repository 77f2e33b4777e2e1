"""Separation of duties (G7), letter by letter and chain by chain: nobody may set any of it aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from fund.database import writing
from fund.errors.people import ExclusiveRole
from fund.registry import COMMANDS
from fund.rules.authority import EXCLUSIVE, Actor, Role, require_compatible_roles
from fund.rules.conflicts import CaseParties
from fund.schemas.proposals import Proposal
from fund.schemas.reviews import Decision
from fund.unit_of_work import UnitOfWork
from fund.workflows import bodies
from fund.workflows.reviews.ties import candidates
from tests.factories import founded
from tests.workflows.triples import BENEFICIARY, LEAD, SUBJECTS, Fund, Walk, built, refusal

OFFICE = frozenset(
    {Role.FUND_MANAGER, Role.TREASURER, Role.REVIEWER, Role.COMMITTEE_MEMBER, Role.COMMITTEE_CHAIR, Role.DEPUTY_CHAIR}
)
JACK = Actor("usr_jack", "jack", OFFICE)
JILL = Actor("usr_jill", "jill", OFFICE)
"""Two who may be anything in the fund: what stops one of them is never a role."""


@dataclass(frozen=True)
class Step:
    """One approval of a chain: the command, and the state of its case."""

    kind: str
    command: str
    state: str
    two: bool = False
    """Two people: a maker and a checker."""


CHAINS: Mapping[str, tuple[Step, ...]] = {
    "eligibility P5-P8": (
        Step("proposal", "proposal find-eligible", "submitted"),
        Step("proposal", "proposal find-ineligible", "submitted", two=True),
    ),
    "decision P13-P17": (
        Step("proposal", "decision decide", "decidable"),
        Step("proposal", "decision meet-conditions", "conditional", two=True),
    ),
    "disbursement D1-D4": (
        Step("disbursement", "disbursement check", "requested"),
        Step("disbursement", "disbursement approve", "checked"),
        Step("disbursement", "payment send", "approved", two=True),
    ),
    "write-off W1-W4": (
        Step("writeoff", "writeoff decide", "proposed"),
        Step("writeoff", "writeoff post", "decided", two=True),
    ),
}
STEPS = [(chain, step) for chain, steps in CHAINS.items() for step in steps]
IDS = [f"{chain}: {step.command}" for chain, step in STEPS]


@pytest.fixture(scope="module")
def fund(module_sqlite_url: str) -> Iterator[Fund]:
    """A fund with a case of every kind; what a test does in it is taken back."""
    with founded(module_sqlite_url) as world:
        yield built(world)


@contextmanager
def standing(fund: Fund, step: Step, *, hands: tuple[str, ...] = ()) -> Iterator[tuple[Walk, dict[str, Any]]]:
    """The case of a step stands where the step begins, and these people approved something in its chain before."""
    with writing(fund.world.fund.engine) as connection:
        walk = Walk(fund, connection)
        uow = walk.uow(JACK)
        fund.put(uow, step.kind, step.state)
        _handed(fund, uow, step, hands)
        subject = SUBJECTS[step.kind, step.command]
        args = dict(subject.args)
        if subject.ref:
            args[subject.ref] = fund.refs[step.kind]
        yield walk, args
        connection.rollback()


def _handed(fund: Fund, uow: UnitOfWork, step: Step, hands: tuple[str, ...]) -> None:
    if not hands:
        return
    case: Any = fund.case(uow, step.kind)
    if step.command.startswith("decision"):
        case = uow.case(Decision, case.ref)
    uow.store.cases.put([(case.replace(hands=hands), uow.version(case))])


# --------------------------------------------------------------------------------------------------- (a) maker, checker


@pytest.mark.parametrize("step", [step for _chain, step in STEPS if step.two], ids=lambda step: step.command)
def test_a_nobody_checks_what_the_same_person_made(fund: Fund, step: Step) -> None:
    with standing(fund, step) as (walk, args):
        assert walk.give(step.command, args, JACK, maker=JACK)[0] == "same_hands"
        assert walk.give(step.command, args, JILL, maker=JACK)[0] not in ("same_hands", "not_authorised")


def test_a_every_command_of_two_people_is_confirmed_by_another_than_its_maker(fund: Fund) -> None:
    """At the door, whatever the command: also where no lifecycle looks at the second person."""
    world = fund.world
    asked = {
        "user add": ("petra", {"name": "noor", "roles": ["reviewer"]}),
        "capital call": ("anna", {"amount": 100_00}),
        "ledger post": ("anna", {"memo": "x", "reason": "x", "debits": [["4500", 1]], "credits": [["1000", 1]]}),
        "repayment allowance": ("anna", {}),
        "capital receive": ("bram", {"ref": fund.refs["call"], "receipt": fund.refs["receipt"]}),
        "event retry": ("anna", {"ref": "evt_none"}),
    }
    for name, (user, args) in asked.items():
        assert COMMANDS[name].second is not None
        code = ""
        try:
            made = world.do(name, user=user, **args)
            code = refusal(lambda user=user, made=made: world.do("confirm", user=user, ref=made["pending"]))
            world.do("decline", user=user, ref=made["pending"], reason="een proef")
        except Exception as problem:
            code = problem.code() if hasattr(problem, "code") else repr(problem)
        assert code == ("unknown_delivery" if name == "event retry" else "same_hands"), name


# ------------------------------------------------------------------------------------------------------ (b) the parties


@pytest.mark.parametrize("partner", [LEAD, BENEFICIARY])
@pytest.mark.parametrize(("chain", "step"), STEPS, ids=IDS)
def test_b_nobody_of_a_party_approves_in_its_chain(fund: Fund, chain: str, step: Step, partner: str) -> None:
    party = Actor("usr_party", "party", OFFICE, partner)
    with standing(fund, step) as (walk, args):
        assert walk.give(step.command, args, party)[0] == "conflict_of_interest"
        if step.two:
            assert walk.give(step.command, args, party, maker=JILL)[0] == "conflict_of_interest"


# -------------------------------------------------------------------------------------------- (c) one approval each


@pytest.mark.parametrize(("chain", "step"), STEPS, ids=IDS)
def test_c_one_person_supplies_one_approval_in_a_chain(fund: Fund, chain: str, step: Step) -> None:
    with standing(fund, step, hands=(JACK.user_id,)) as (walk, args):
        assert walk.give(step.command, args, JACK)[0] == "same_hands"
        assert walk.give(step.command, args, JILL)[0] != "same_hands"
        if step.two:
            assert walk.give(step.command, args, JACK, maker=JILL)[0] == "same_hands"


def test_c_each_approval_is_kept_in_the_hands_of_its_chain(fund: Fund) -> None:
    with standing(fund, Step("proposal", "proposal find-eligible", "submitted")) as (walk, args), walk.taken_back():
        _done(walk, "proposal find-eligible", args, JACK)
        assert walk.uow(JILL).case(Proposal, fund.refs["proposal"]).hands[-1] == JACK.user_id
    with standing(fund, Step("disbursement", "disbursement check", "requested")) as (walk, args):
        _done(walk, "disbursement check", args, JACK)
        assert walk.fund.case(walk.uow(JILL), "disbursement").hands[-1] == JACK.user_id  # type: ignore[attr-defined]
        assert walk.give("disbursement approve", args, JACK)[0] == "same_hands"
        _done(walk, "disbursement approve", args, JILL)
        hands = walk.fund.case(walk.uow(JILL), "disbursement").hands  # type: ignore[attr-defined]
        assert hands[-2:] == (JACK.user_id, JILL.user_id)


def test_c_who_voted_on_a_write_off_does_not_check_its_posting(fund: Fund) -> None:
    step = Step("writeoff", "writeoff post", "decided", two=True)
    with standing(fund, step) as (walk, args):
        uow = walk.uow(JACK)
        case: Any = fund.case(uow, "writeoff")
        uow.store.cases.put([(case.replace(commitments={JACK.user_id: "00"}), uow.version(case))])
        assert walk.give(step.command, args, JACK, maker=JILL)[0] == "same_hands"


def test_c_making_does_not_count_the_same_batch_makers_send_again_what_the_bank_returned(fund: Fund) -> None:
    """Whoever let a batch go may let it go again after it failed: the approval is the same one."""
    step = Step("disbursement", "payment send", "approved", two=True)
    with standing(fund, step) as (walk, args):
        assert walk.give(step.command, args, JILL, maker=JACK)[0] == ""


def _done(walk: Walk, name: str, args: Mapping[str, Any], actor: Actor) -> None:
    from fund.commands.answers import run as _run

    walk.ask(actor, name)
    uow = walk.uow(actor)
    _run(uow, COMMANDS[name], args)
    walk.head = uow._head


# --------------------------------------------------------------------------------------------- (d) reviewers and voters


def test_d_who_reviewed_has_no_vote_in_committee_or_full_board(fund: Fund) -> None:
    parties = CaseParties(lead=LEAD)
    with fund.world.snapshot() as snapshot:
        carl, fatima = snapshot.user("carl").user_id, snapshot.user("piet").user_id
        reviewed = bodies.Matter(parties, reviewers=frozenset({carl, fatima}))
        free = bodies.Matter(parties)
        assert carl in bodies.committee(snapshot, free).voters
        assert bodies.committee(snapshot, reviewed).barred[carl] == "reviewed"
        assert fatima in bodies.board(snapshot, free).voters
        assert bodies.board(snapshot, reviewed).barred[fatima] == "reviewed"
        assert fatima not in bodies.board(snapshot, reviewed).voters


def test_d_who_voted_does_not_review_the_same_proposal_later(fund: Fund) -> None:
    world, ref = fund.world, fund.refs["proposal"]
    both = {"name": "carl", "roles": ["committee_member", "reviewer"], "partner": "gm0632"}
    world.both("user change", user="petra", second="carla", **both)
    with standing(fund, Step("proposal", "review assign", "in_review")) as (walk, args):
        uow = walk.uow(walk.uow(JACK).user("anna"))
        carl = uow.user("carl").user_id
        free, barred = candidates(uow, uow.case(Proposal, ref))
        assert str(barred[carl].ground) == "voted"
        assert carl not in {each.seat.reviewer for each in free}
        asked = {**args, "reviewer": "carl"}
        assert walk.give("review assign", asked, uow.user("anna"))[0] == "same_hands"
        assert walk.give("review assign", {**args, "reviewer": "emma"}, uow.user("anna"))[0] in ("", "already_assigned")


# ------------------------------------------------------------------------------------------------- (e) exclusive roles


@pytest.mark.parametrize("exclusive", EXCLUSIVE)
@pytest.mark.parametrize("other", [role for role in Role if role is not Role.SYSTEM])
def test_e_admin_and_auditor_exclude_every_other_role(fund: Fund, exclusive: Role, other: Role) -> None:
    if other is exclusive:
        require_compatible_roles("x", [exclusive, other])
        return
    with pytest.raises(ExclusiveRole):
        require_compatible_roles("x", [other, exclusive])
    for name, args in (("user add", {"name": "nieuw"}), ("user change", {"name": "gert"})):
        roles = [other.value, exclusive.value]
        assert refusal(lambda n=name, a=args, r=roles: fund.world.do(n, user="petra", roles=r, **a)) == "exclusive_role"


# ------------------------------------------------------------------------------------------------------- (f) seconded


@pytest.mark.parametrize(("chain", "step"), STEPS, ids=IDS)
def test_f_who_is_on_a_partys_payroll_counts_as_that_party_unless_seconded(fund: Fund, chain: str, step: Step) -> None:
    paid, seconded = Actor("usr_s", "s", OFFICE, LEAD), Actor("usr_s", "s", OFFICE, LEAD, seconded=True)
    with standing(fund, step) as (walk, args):
        assert walk.give(step.command, args, paid)[0] == "conflict_of_interest"
        assert walk.give(step.command, args, seconded)[0] not in ("conflict_of_interest", "not_authorised")


@pytest.mark.parametrize(
    "step",
    [
        Step("proposal", "proposal submit", "draft"),
        Step("proposal", "proposal withdraw", "submitted"),
        Step("agreement", "agreement sign", "drafted"),
        Step("disbursement", "disbursement withdraw", "requested"),
        Step("key", "decision vote", "proposed"),
    ],
    ids=lambda step: step.command,
)
def test_f_who_is_seconded_no_longer_speaks_for_the_partner(fund: Fund, step: Step) -> None:
    signatory = frozenset({Role.PARTNER_SIGNATORY})
    with standing(fund, step) as (walk, args):
        own = Actor("usr_o", "o", signatory, LEAD)
        lent = Actor("usr_o", "o", signatory, LEAD, seconded=True)
        assert walk.give(step.command, args, own)[0] not in ("not_authorised", "unknown_ref")
        assert walk.give(step.command, args, lent)[0] in ("not_authorised", "unknown_ref")
