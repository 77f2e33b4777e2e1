"""A published version of the form does not change: what it asks, and the hashes of what was answered on it.

``published.json`` keeps both for each version. A version that asks something else is a new file in ``fund/data/forms``;
``python -m tests.forms.test_published`` adds its lines here, once, and leaves those of older versions as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from pydantic.fields import FieldInfo

from fund import forms
from fund.checks import verify
from fund.errors.proposals import SameContentInRound
from fund.events.founding import RegulationsAdopted
from fund.events.proposals import ProposalDrafted, ProposalSubmitted
from fund.forms import hashes as hashes_module
from fund.forms.hashes import answers_of
from fund.rules.regulations import Regulations, Track
from fund.schemas.people import RegulationsFile
from fund.schemas.proposals import Proposal, ProposalForm, Risk, Round
from tests.factories import World, a_form, as_file
from tests.forms.filling import filled_in
from tests.workflows.proposing import IN_ROUND, case, drafted, file_of, proposing

PUBLISHED = Path(__file__).with_name("published.json")


def kept() -> dict[str, Any]:
    known: dict[str, Any] = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    return known


def asked(version: str) -> list[str]:
    """What a version asks, a line a field: where, from which track on, of what kind, within which bounds.

    Its words are left out: a sentence may be mended where it goes on asking the same. The cooperations to choose from
    are those of the register.
    """
    return [line for question in forms.form(version).questions for line in _lines(question)]


def _lines(question: forms.Question) -> Iterator[str]:
    yield f"{question.path}: {question.track} (shown {question.shown}) {_column(question.field)}"
    for column in question.columns:
        yield f"{question.path}.{column.key}: {_column(column)}"
    for key, column in question.keys:
        yield f"{question.path}.{key}: {_column(column)}"


def _column(column: forms.Column) -> str:
    told = [column.name, column.kind, "optional" if column.optional else "", *column.codes[: _register(column)]]
    bounds = {"max": column.limit, "min": column.least, "default": column.default or 0}
    return " ".join([*filter(None, told), *(f"{name}={number}" for name, number in bounds.items() if number)])


def _register(column: forms.Column) -> int | None:
    return 1 if column.key == "cooperation" else None


def samples(version: str) -> list[ProposalForm]:
    """A form with an answer to every question, and one with nothing but what is needed."""
    full = a_form(
        version=version, co_applicants=("gm0308",), adopters=("gm0313",), beneficiaries=("gm0327",), own_share_cents=1,
        province_reason="omdat het past", cost_cents=24_000_00, reflection={"R01": "Wij leren van elkaar."},
        cofinancing=({"source": "Een stichting", "amount_cents": 1_000_00},),
        attachments=({"title": "Begroting", "sha256": "0" * 64},),
    )  # fmt: skip
    least = ProposalForm(
        version=version, round="2026-1", lead="gm0351", title="Eén loket", sort="governance", ask_cents=1, share_bps=0
    )
    return [full, least]


def hashes(version: str) -> list[list[str]]:
    return [[forms.revision_hash(form), forms.content_hash(form)] for form in samples(version)]


@pytest.mark.parametrize("version", forms.VERSIONS)
def test_a_published_version_asks_what_it_asked_when_it_was_published(version: str) -> None:
    assert asked(version) == kept()[version]["asks"], f"{version} is published: a form that asks otherwise is a new one"


@pytest.mark.parametrize("version", forms.VERSIONS)
def test_the_same_answers_give_the_same_hashes_for_ever(version: str) -> None:
    assert hashes(version) == kept()[version]["hashes"]


def test_every_version_that_was_published_is_still_there() -> None:
    assert tuple(kept()) == forms.VERSIONS


def test_whatever_a_proposal_can_hold_is_asked_by_a_version() -> None:
    asked_somewhere = {name for version in forms.VERSIONS for name in answers_of(samples(version)[0])}
    assert asked_somewhere == set(ProposalForm.model_fields)


@given(filled_in())
def test_a_question_that_is_asked_later_changes_no_hash_of_an_older_form(filled: ProposalForm) -> None:
    before = forms.revision_hash(filled), forms.content_hash(filled)
    with asked_later():
        again = ProposalForm.model_validate(filled.as_json())
        assert again.as_json() != filled.as_json(), "the form has a field more"
        assert (forms.revision_hash(again), forms.content_hash(again)) == before


def test_a_later_version_hashes_the_answer_to_its_new_question(monkeypatch: pytest.MonkeyPatch) -> None:
    newer = forms.form()
    stop_rule = next(question for question in newer.questions if question.field.name == "stop_rule")
    more = replace(stop_rule, field=replace(stop_rule.field, key="climate", name="climate"))
    monkeypatch.setattr(hashes_module, "form", lambda _version: replace(newer, questions=(*newer.questions, more)))
    with asked_later():
        empty, full = a_form(), a_form(climate="Geen uitstoot.")
        assert forms.revision_hash(empty) != forms.revision_hash(full)
        assert forms.content_hash(empty) != forms.content_hash(full)


def test_what_was_confirmed_stands_and_the_same_plan_is_found_when_a_question_is_added(database_url: str) -> None:
    with proposing(database_url) as world:
        # Given: a plan that both parties confirmed and handed in, and one that only its other party confirmed
        plan = {"co_applicants": ("gm0327",), "team": (), "title": "Samen meten"}
        first = confirmed(world, **plan)
        world.do("proposal submit", user="fatima", ref=first, informed_on=IN_ROUND.date())
        second = confirmed(world, **{**plan, "title": "Samen rijden"})
        before = case(world, second)
        file = file_of(world, second, "fatima")
        # When: the program can hold an answer more, and the second plan is saved as it was
        with asked_later():
            saved = world.do("proposal save", user="fatima", ref=second, file=as_file(file.encode(), "rijden.toml"))
            # Then: nothing changed, what was confirmed holds, it can be handed in
            assert saved["result"]["unchanged"]
            assert case(world, second).confirmed == before.confirmed
            world.do("proposal submit", user="fatima", ref=second, informed_on=IN_ROUND.date())
            # And: the first plan is found when it comes again, and the books are as they were sealed
            again = confirmed(world, **plan)
            with pytest.raises(SameContentInRound) as refused:
                world.do("proposal submit", user="fatima", ref=again, informed_on=IN_ROUND.date())
            assert refused.value.details["other"] == first
            assert verify(world.fund.engine)["ok"]


def confirmed(world: World, **plan: Any) -> str:
    """A draft of Woudenberg that Leusden confirmed; its ref."""
    ref = drafted(world, **plan)
    world.do("proposal confirm", user="lotte", ref=ref)
    return ref


@contextmanager
def asked_later() -> Iterator[None]:
    """A program that is a year older: a form holds one answer more, each of its risks too; facts, cases and regulations
    hold something that they did not.
    """
    grown = (Risk, ProposalForm, Proposal, Round, Track, ProposalDrafted, ProposalSubmitted, RegulationsAdopted)
    before: dict[Any, dict[str, FieldInfo]] = {model: dict(model.__pydantic_fields__) for model in grown}

    def rebuilt() -> None:
        for model in (*before, Regulations, RegulationsFile):
            model.model_rebuild(force=True)

    try:
        for model in before:
            model.__pydantic_fields__["climate"] = FieldInfo(annotation=str, default="")
        rebuilt()
        yield
    finally:
        for model, fields in before.items():
            model.__pydantic_fields__.clear()
            model.__pydantic_fields__.update(fields)
        rebuilt()


if __name__ == "__main__":
    published = kept() if PUBLISHED.exists() else {}
    for new in [version for version in forms.VERSIONS if version not in published]:
        published[new] = {"asks": asked(new), "hashes": hashes(new)}
    PUBLISHED.write_text(json.dumps(published, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
