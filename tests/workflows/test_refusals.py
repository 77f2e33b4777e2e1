"""Every refusal by a rule is a fact of the stream ``refusals``: which command, which code, which case, and no more."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

import fund.errors
from fund.commands.executing import record_refusal as _record_refusal
from fund.database import writing
from fund.errors import FundError, RuleRefusal
from fund.events.founding import CommandRefused
from fund.registry import COMMANDS
from fund.store import Store
from tests.factories import a_proposal_file, as_file, founded
from tests.workflows.deciding import score_file
from tests.workflows.triples import Fund, built, refusal

SECRET = "geheim-7f3a91"
"""What stands in every argument: in a reason, a name, a file, a score."""

for _info in pkgutil.iter_modules(fund.errors.__path__):
    importlib.import_module(f"fund.errors.{_info.name}")
RECORDED = {
    code: error
    for code, error in sorted(FundError.every().items())
    if error.recorded and error.__module__.startswith("fund.") and error is not RuleRefusal
}


@pytest.fixture(scope="module")
def told(module_database_url: str) -> Iterator[Fund]:
    """A fund with a case of every kind."""
    with founded(module_database_url) as world:
        yield built(world)


def _refusals(fund_: Fund) -> list[dict[str, Any]]:
    with fund_.world.snapshot() as snapshot:
        facts = list(snapshot.store.facts.of_types(["command.refused"]))
        assert all(each.stream == "refusals" for each in facts)
        told = [json.loads(each.fact.payload()) for each in facts]
        assert {fact.pop("ref") for fact in told} <= {""}
        return told


def test_the_fact_of_a_refusal_has_three_words() -> None:
    assert set(CommandRefused.model_fields) - set(CommandRefused.__mro__[1].model_fields) == {
        "command", "code", "subject",
    }  # fmt: skip


def test_whatever_rule_refuses_nothing_of_its_details_enters_the_fact(told: Fund) -> None:
    world, ref = told.world, told.refs["proposal"]
    before = len(_refusals(told))
    for number, (code, error) in enumerate(RECORDED.items()):
        places = set(re.findall(r"{(\w+)}", f"{error.message} {error.hint}")) | {"extra"}
        given = ref if number % 2 else SECRET
        problem = error(**{**dict.fromkeys(places, SECRET), "ref": given})
        args = {"ref": SECRET, "reason": SECRET, "content": SECRET.encode(), "name": SECRET}
        _record_refusal(
            world.fund, "proposal submit", args, user="anna", command_id=f"r-{number}", problem=problem
        )  # fmt: skip
        assert _refusals(told)[-1] == {
            "command": "proposal submit",
            "code": code,
            "subject": given if number % 2 else "",
        }
    assert len(_refusals(told)) == before + len(RECORDED)
    assert len(RECORDED) > 150


def _filled(parameter: inspect.Parameter) -> Any:
    """Something secret that fits an argument."""
    kind = str(parameter.annotation)
    if "list[list" in kind:
        return [[SECRET, 1]]
    if "Mapping[str, Any]]" in kind or "Sequence[Mapping" in kind:
        return [{"name": SECRET, "content": SECRET.encode()}]
    if kind.startswith("Mapping[str, str]"):
        return {SECRET: SECRET}
    if "Mapping" in kind:
        return {"name": SECRET, "content": SECRET.encode()}
    if "Sequence[int]" in kind:
        return [98_765_432]
    if "list" in kind or "Sequence" in kind:
        return [SECRET]
    if "bytes" in kind:
        return SECRET.encode()
    if "bool" in kind:
        return True
    if "int" in kind:
        return 98_765_432
    return date(2026, 12, 24) if "date" in kind else SECRET


@pytest.mark.parametrize("name", COMMANDS)
def test_whatever_is_typed_nothing_of_it_stands_in_the_refusal(told: Fund, name: str) -> None:
    parameters = list(inspect.signature(COMMANDS[name].use_case).parameters.values())[1:]
    args = {each.name: _filled(each) for each in parameters}
    code = refusal(lambda: told.world.do(name, user="joost", **args))
    assert code in ("not_authorised", "amount_too_large"), code
    last = _refusals(told)[-1]
    assert (last["command"], last["code"], last["subject"]) == (name, "not_authorised", "")


def test_scores_votes_names_and_files_stay_out_of_refusals(told: Fund) -> None:
    world, ref = told.world, told.refs["proposal"]
    tried = [
        ("review score", "ed", {"ref": ref, "file": as_file(score_file(4, abstain={"exit": SECRET}))}),
        ("decision vote", "ed", {"ref": ref, "choice": "for", "reason": SECRET}),
        ("proposal save", "fatima", {"ref": ref, "file": as_file(a_proposal_file(summary=SECRET))}),
        ("proposal request-changes", "fatima", {"ref": ref, "sections": ["team"], "reason": SECRET}),
        ("proposal object", "fatima", {"ref": ref, "grounds": SECRET}),
        ("user add", "petra", {"name": "anna", "roles": ["reviewer"]}),
        ("disbursement refuse", "fatima", {"ref": told.refs["disbursement"], "reason": SECRET}),
        ("agreement sign", "fatima", {"ref": told.refs["agreement"], "hash": SECRET}),
    ]
    for name, user, args in tried:
        before = len(_refusals(told))
        code = refusal(lambda name=name, user=user, args=args: world.do(name, user=user, **args))
        assert RECORDED[code], name
        (fact,) = _refusals(told)[before:]
        assert fact == {"command": name, "code": code, "subject": args.get("ref", "")}
    with writing(world.fund.engine) as connection:
        for each in Store(connection).facts.of_types(["command.refused"]):
            assert SECRET not in each.fact.payload()
            assert "Persoon" not in each.fact.payload()
        connection.rollback()
