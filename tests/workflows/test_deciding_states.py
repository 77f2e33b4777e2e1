"""Every command of reviews and decisions in every state: what the table does not list is refused by name."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fund import registry as commands
from fund.errors import FundError
from fund.errors.commands import TransitionNotAllowed
from fund.rules.transitions import same_command_from
from fund.schemas.proposals import Proposal
from fund.workflows.proposals.lifecycle import TRANSITIONS, State
from tests.factories import as_file, founded
from tests.workflows.deciding import decidable, score_file

WHO = {
    "review open": "anna",
    "review assign": "anna",
    "review close": "anna",
    "decision prepare": "anna",
    "decision meet-conditions": "anna",
    "decision evidence": "fatima",
    "decision decide": "carla",
    "decision reopen": "carla",
    "decision decide-objection": "dora",
    "decision vote": "carl",
}
ARGS: dict[str, dict[str, Any]] = {
    "review assign": {"reviewer": "emma"},
    "review declare": {"none": True},
    "review score": {"file": as_file(score_file())},
    "review recuse": {"reason": "x"},
    "review consensus": {"scores": ["exit=2"], "grounds": "x"},
    "decision vote": {"choice": "for"},
    "decision evidence": {"number": 1, "file": as_file(b"x", "x.pdf")},
    "decision reopen": {"reason": "x"},
    "decision decide-objection": {"uphold": True, "reason": "x", "file": as_file(b"x")},
}
COMMANDS = [name for name in commands.COMMANDS if name.split()[0] in ("review", "decision")]


def test_a_command_outside_its_states_is_refused_with_the_state_it_needs(database_url: str) -> None:
    with founded(database_url) as world:
        ref = decidable(world)[0]
        with world.snapshot() as snapshot:
            case = snapshot.case(Proposal, ref)
        for state in State:
            with world.uow("anna") as uow:
                uow.store.cases.put([(case.replace(state=str(state)), uow.version(case))])
            for command in COMMANDS:
                if state in same_command_from(TRANSITIONS, command):
                    continue
                user = WHO.get(command, "ed")
                with pytest.raises(TransitionNotAllowed) as refused:
                    world.do(command, user=user, ref=ref, dry_run=True, **ARGS.get(command, {}))
                assert refused.value.details["ref"] == ref, command


def test_a_wrong_role_is_refused_in_every_state_before_anything_else(sqlite_url: str) -> None:
    with founded(sqlite_url) as world:
        ref = decidable(world)[0]
        for command in COMMANDS:
            with pytest.raises(FundError) as refused:
                world.do(command, user="joost", ref=ref, dry_run=True, **ARGS.get(command, {}))
            assert refused.value.code() == "not_authorised", command
        assert world.ask("proposal show", ref=ref, as_of=date(2026, 2, 2))["state"] == "decidable"
