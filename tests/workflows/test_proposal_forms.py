"""A draft on an older form: readable and changeable for ever, submitted on the form in force, nothing lost."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from fund import forms
from fund.errors.proposals import OldFormVersion, OtherFormVersion, UnknownFormVersion
from fund.schemas.proposals import Proposal
from fund.workflows.proposals.lifecycle import apply
from tests.conftest import Fund
from tests.factories import World, a_proposal_file, as_file
from tests.workflows.proposing import case, drafted, file_of, proposing

OLD = {"version": "2025-1", "sort": "process", "measurement": "Als honderd dossiers sneller gaan."}
NEW_ANSWERS = (
    ('public_task = ""', 'public_task = "Het verlenen van vergunningen onder de wet."'),
    ('state_aid = ""', 'state_aid = "none"'),
    ('stop_rule = ""', 'stop_rule = "Als het na zes maanden niet sneller gaat."'),
    ('already_funded = ""', 'already_funded = "no"'),
)


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with proposing(database_url) as world:
        yield world


def answered(text: str) -> bytes:
    for empty, full in NEW_ANSWERS:
        assert empty in text
        text = text.replace(empty, full)
    return text.encode()


def test_a_draft_on_an_older_form_is_brought_to_the_one_in_force_before_it_is_submitted(world: World) -> None:
    # Given: a draft on the form of 2025, which the fund keeps and reads like any other
    answer = world.do("proposal draft", user="fatima", file=as_file(a_proposal_file(**OLD), "oud.toml"))
    ref = str(answer["result"]["ref"])
    assert (answer["result"]["form"], answer["result"]["form_in_force"]) == ("2025-1", "2026-1")
    assert answer["next"] == f"fund proposal template --from {ref} --output {ref}.toml"
    assert case(world, ref).form.sort == "process"
    # When: its lead hands it in
    with pytest.raises(OldFormVersion) as refused:
        world.do("proposal submit", user="fatima", ref=ref)
    # Then: every new question is named, by its line in the file that the hint writes
    newer = world.ask("proposal file", user="fatima", ref=ref, in_force=True, comments="both")
    lines = newer["toml"].split("\n")
    missing = refused.value.details["missing"]
    assert [fault["field"] for fault in missing] == [
        "proposal.public_task", "proposal.state_aid", "experiment.stop_rule", "money.already_funded",
    ]  # fmt: skip
    assert missing == newer["open"]
    for fault in missing:
        assert lines[fault["line"] - 1].startswith(fault["field"].rpartition(".")[2]), fault
    assert refused.value.advice == f"fund proposal template --from {ref} --output {ref}.toml"
    assert case(world, ref).state == "draft"
    # And: on the new form the old answers stand, under their new names
    document = tomllib.loads(newer["toml"])
    assert document["schema"] == "2026-1"
    assert document["proposal"]["sort"] == "cooperation"
    assert document["experiment"]["measurement"] == OLD["measurement"]
    assert document["money"]["repayable_share"] == "70.00"
    assert (newer["from"], newer["form"], newer["left"]) == ("2025-1", "2026-1", [])
    saved = world.do("proposal save", user="fatima", ref=ref, file=as_file(answered(newer["toml"])))
    assert saved["next"] == f"fund proposal submit {ref}"
    world.do("proposal submit", user="fatima", ref=ref)
    found = case(world, ref)
    assert (found.state, found.form.version, found.form.measurement) == ("submitted", "2026-1", OLD["measurement"])


def test_an_old_draft_is_changed_on_its_own_form_and_never_goes_back(world: World) -> None:
    ref = drafted(world, **OLD)
    text = file_of(world, ref, "frank")
    assert tomllib.loads(text)["schema"] == "2025-1"
    world.do("proposal save", user="frank", ref=ref, file=as_file(text.replace("snelheid", "rust").encode()))
    found = case(world, ref)
    assert (found.revision, found.form.version, found.form.interests[0].interest) == (2, "2025-1", "rust")
    newer = world.ask("proposal file", user="frank", ref=ref, in_force=True)["toml"]
    world.do("proposal save", user="frank", ref=ref, file=as_file(answered(newer)))
    with pytest.raises(OtherFormVersion) as refused:
        world.do("proposal save", user="frank", ref=ref, file=as_file(text.encode(), "oud.toml"))
    assert (refused.value.details["version"], refused.value.details["other"]) == ("2026-1", "2025-1")
    assert case(world, ref).revision == 3
    with world.snapshot() as snapshot:  # the facts fold, the old ones among them
        again: Proposal | None = None
        for event in snapshot.history(snapshot.case(Proposal, ref)):
            again = apply(again, event)
        assert again == snapshot.case(Proposal, ref)


def test_what_was_handed_in_stays_on_its_form_when_it_comes_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given: a proposal that was submitted when the form of 2025 was in force
    monkeypatch.setattr("fund.forms.CURRENT", "2025-1")
    ref = drafted(world, **OLD)
    world.do("proposal submit", user="fatima", ref=ref)
    monkeypatch.setattr("fund.forms.CURRENT", "2026-1")
    world.do("proposal request-changes", user="anna", ref=ref, sections=["interests"], reason="te vaag")
    # When, Then: it is mended and handed in on that form, not on another
    other = a_proposal_file()
    with pytest.raises(OtherFormVersion):
        world.do("proposal save", user="fatima", ref=ref, file=as_file(other))
    text = file_of(world, ref, "fatima")
    world.do("proposal save", user="fatima", ref=ref, file=as_file(text.replace("snelheid", "rust").encode()))
    world.do("proposal resubmit", user="fatima", ref=ref)
    assert (case(world, ref).state, case(world, ref).form.version) == ("submitted", "2025-1")


def test_a_form_that_nobody_knows_is_refused_by_its_name(world: World) -> None:
    text = a_proposal_file().replace(b'schema = "2026-1"', b'schema = "2031-2"')
    with pytest.raises(UnknownFormVersion) as refused:
        world.do("proposal draft", user="fatima", file=as_file(text, "later.toml"))
    assert str(refused.value) == (
        'later.toml:1: form "2031-2" does not exist here; the forms are 2025-1, 2026-1, in force is 2026-1'
    )


def test_on_the_command_line_an_old_file_is_brought_up_to_date(
    fund: Fund, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    url, old = world.fund.url, tmp_path / "oud.toml"
    old.write_bytes(a_proposal_file(**OLD))
    # from a file, without a fund
    made = fund("proposal", "template", "--from", "oud.toml", "--comments", "nl", "--output", "nieuw.toml",
                database="sqlite:///nowhere/fund.db")  # fmt: skip
    assert made.code == 0, made.err
    first, second, *rest = made.err.splitlines()
    assert first == "From form 2025-1 to form 2026-1; every answer is kept."
    assert second == "4 answers are still open:"
    assert rest[-1] == "Next step: fund proposal new nieuw.toml"
    lines = (tmp_path / "nieuw.toml").read_text("utf-8").split("\n")
    for told, (empty, _full) in zip(rest, NEW_ANSWERS, strict=False):
        place, number, _field = told.strip().split(":")[:3]
        assert place == "nieuw.toml"
        assert lines[int(number) - 1].startswith(empty)
    # from a draft of the fund
    ref = drafted(world, **OLD)
    refused = fund("proposal", "submit", ref, database=url, user="fatima", terminal=True)
    assert refused.code == 1
    assert "error[old_form_version]" in refused.err
    assert max(map(len, refused.err.splitlines())) <= 80
    made = fund("proposal", "template", "--from", ref, "--output", f"{ref}.toml", database=url, user="fatima")
    assert made.err.splitlines()[-1] == f"Next step: fund proposal save {ref} {ref}.toml"
    kept = tmp_path / f"{ref}.toml"
    kept.write_bytes(answered(kept.read_text("utf-8")))
    assert fund("proposal", "save", ref, kept.name, database=url, user="fatima").code == 0
    assert fund("proposal", "submit", ref, database=url, user="fatima").code == 0
    # by the questions: the file itself moves on, the old one stays beside it
    asked = fund("proposal", "new", "oud.toml", database=url, user="fatima", typed="\n\n", terminal=True)
    assert asked.code == 1  # stopped after two questions
    assert "was on form 2025-1 and is on form 2026-1 now" in " ".join(asked.err.split())
    assert tomllib.loads(old.read_text("utf-8"))["schema"] == "2026-1"
    assert tomllib.loads((tmp_path / "oud.2025-1.toml").read_text("utf-8"))["schema"] == "2025-1"


# -------------------------------------------------------------------------------------------------- the step itself


def test_every_version_says_how_its_answers_come_from_the_one_before() -> None:
    for before, after in zip(forms.VERSIONS, forms.VERSIONS[1:], strict=False):
        old, new = forms.form(before), forms.form(after)
        assert new.step is not None
        assert new.step.version == before
        paths, there = {question.path for question in old.questions}, {question.path for question in new.questions}
        assert set(new.step.renamed) <= paths
        assert set(new.step.renamed.values()) <= there
        for path, names in new.step.options.items():
            codes = next(question.field.codes for question in new.questions if question.path == path)
            assert set(names.values()) <= set(codes)
        # what a typed form holds under one name never changes its kind, so that old facts fold for ever
        kinds = {question.field.name: question.field.kind for question in old.questions}
        assert all(kinds.get(each.field.name, each.field.kind) == each.field.kind for each in new.questions)


def test_what_is_not_asked_any_more_is_named_and_columns_are_renamed_too() -> None:
    from fund.forms.questions import Form, Step
    from fund.forms.steps import carried

    asked = {question.path: question for question in forms.form().questions}
    old = Form("1", (asked["proposal.title"], asked["proposal.summary"], asked["risks"], asked["proposal.themes"]))
    step = Step("1", {"risks": "milestones", "risks.risk": "milestones.title"}, {"proposal.themes": {"T01": "T02"}})
    new = Form("2", (asked["proposal.title"], asked["milestones"], asked["proposal.themes"]), step)
    values = {
        "proposal.title": "Loket", "proposal.summary": "Kort", "risks": [{"risk": "weinig", "measure": "meer"}],
        "proposal.themes": ["T01", "T04", 7],
    }  # fmt: skip
    found, lost = carried(values, old, new)
    assert found == {
        "proposal.title": "Loket", "milestones": [{"title": "weinig", "measure": "meer"}],
        "proposal.themes": ["T02", "T04", 7],
    }  # fmt: skip
    assert lost == ["proposal.summary"]
    with pytest.raises(KeyError):
        carried(values, new, old)


def test_an_upgrade_keeps_what_is_wrong_as_it_stood_and_names_it() -> None:
    text = a_proposal_file(**OLD).decode().replace('ask = "24000.00"', "ask = 24000").replace("title =", "titel =", 1)
    newer = forms.upgrade(forms.open_form(text.encode(), "oud.toml"), track="light", comments="")
    assert "ask = 24000\n" in newer.text
    assert newer.left == ("proposal.titel",)
    assert {"money.ask", "proposal.title"} <= {fault.details["field"] for fault in newer.open}
    same = forms.upgrade(forms.open_form(a_proposal_file()), track="major", comments="both")
    assert (same.before, same.open) == ("2026-1", ())
    assert (
        forms.open_form(same.text.encode()).read("major").form == forms.open_form(a_proposal_file()).read("major").form
    )
