"""The register of cooperations: the report's until an import, then the fund's own facts; ties follow it at once."""

from __future__ import annotations

import json
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from fund import checks
from fund.errors.commands import UnknownRef
from fund.errors.cooperations import FaultyCooperationFile
from fund.errors.people import NotAuthorised
from fund.schemas.proposals import Proposal
from fund.workflows.conflicts import parties_of, soft_of
from fund.workflows.cooperations.files import of_the_report, read_register
from fund.workflows.cooperations.register import register
from tests.conftest import Fund
from tests.factories import World, as_file, founded
from tests.workflows.deciding import eligible, peopled

REPORT = (resources.files("fund") / "data" / "cooperations.json").read_bytes()


def a_file(**changes: Any) -> bytes:
    """A register of one cooperation of Woudenberg and Houten; ``changes`` by key."""
    row = {
        "id": "loket",
        "naam": "Eén loket",
        "thema_ids": ["T06"],
        "deelnemers": [{"naam": "Woudenberg", "partner_id": "gm0351"}, {"naam": "Houten", "partner_id": "gm0321"}],
    }
    return json.dumps({"samenwerkingsverbanden": [{**row, **changes}]}, ensure_ascii=False, indent=1).encode()


def facts_of(world: World, ref: str) -> list[Any]:
    """The facts that made a cooperation what it is."""
    with world.snapshot() as snapshot:
        return [each.fact for each in snapshot.store.facts.of_stream(f"cooperation/{ref}")]


def ties_of(world: World, ref: str, name: str) -> list[str]:
    """What a reviewer would have to declare on a proposal."""
    with world.snapshot() as snapshot:
        proposal = snapshot.case(Proposal, ref)
        return [each.text for each in soft_of(snapshot, snapshot.user(name), proposal, parties_of(snapshot, proposal))]


def test_before_any_import_the_register_is_that_of_the_report(database_url: str) -> None:
    with founded(database_url) as world:
        rows = world.ask("cooperation list")["cooperations"]
        shown = world.ask("cooperation show", ref="rid-utrecht")

        assert len(rows) == 22
        assert (shown["revision"], shown["source"], shown["revisions"]) == (0, "report", [])
        assert shown["service"] is True
        assert shown["mandatory"] is None


def test_the_file_of_the_report_is_taken_in_once_and_the_second_time_changes_nothing(database_url: str) -> None:
    with founded(database_url) as world:
        first = world.do("cooperation import", user="anna", file=as_file(REPORT, "cooperations.json"))
        again = world.do("cooperation import", user="anna", file=as_file(REPORT, "cooperations.json"))

        assert (first["event_count"], len(first["result"]["cooperations_new"])) == (22, 22)
        assert (again["event_count"], again["result"]["cooperations_known"]) == (0, 22)
        shown = world.ask("cooperation show", ref="rid-utrecht")
        assert (shown["revision"], shown["source"]) == (1, "cooperations.json")
        assert [each["by"] for each in shown["revisions"]] == ["anna"]


def test_the_first_import_brings_the_report_into_the_facts_so_that_nothing_rests_on_the_program(
    database_url: str,
) -> None:
    with founded(database_url) as world:
        answer = world.do("cooperation import", user="anna", file=as_file(a_file()))

        assert (answer["event_count"], answer["result"]["taken_over"]) == (23, 22)
        assert len(world.ask("cooperation list")["cooperations"]) == 23
        assert facts_of(world, "uplg")[0].source == "report"
        more = world.do("cooperation import", user="anna", file=as_file(a_file(id="ander")))
        assert (more["event_count"], more["result"]["taken_over"]) == (1, 0)
        with world.snapshot() as snapshot:
            assert [one.ref for one in register(snapshot)] == sorted(one.ref for one in register(snapshot))


def test_a_change_is_a_revision_and_the_earlier_one_stays_readable(database_url: str) -> None:
    with founded(database_url) as world:
        world.do(
            "cooperation import", user="anna", file=as_file(a_file(verplicht=True, kenmerken={"soort_werk": "policy"}))
        )
        changed = world.do(
            "cooperation import", user="anna", file=as_file(a_file(sinds="2020-01-01", tot="2025-12-31"))
        )

        assert changed["result"]["cooperations_changed"] == ["loket"]
        first, second = facts_of(world, "loket")
        assert (first.revision, first.mandatory, first.traits, first.until_on) == (
            1, True, {"soort_werk": "policy"}, None,
        )  # fmt: skip
        assert (second.revision, second.mandatory, second.until_on) == (2, None, date(2025, 12, 31))
        assert world.ask("cooperation show", ref="loket")["until_on"] == "2025-12-31"
        assert checks.verify(world.fund.engine)["ok"]


def test_the_template_is_a_file_that_can_be_imported(database_url: str) -> None:
    with founded(database_url) as world:
        world.do("cooperation import", user="anna", file=as_file(a_file(tot="2025-12-31")))
        told = world.ask("cooperation template")["template"]

        again = world.do("cooperation import", user="anna", file=as_file(told.encode()))

        assert (again["event_count"], again["result"]["cooperations_known"]) == (0, 23)


def test_what_a_fund_imports_counts_at_once_for_the_ties_of_reviewers(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        ref = eligible(world, themes=("T06",), cooperation="none")[0]
        before = ties_of(world, ref, "rosa")  # Houten
        world.do("cooperation import", user="anna", file=as_file(a_file()))
        during = ties_of(world, ref, "rosa")
        world.do("cooperation import", user="anna", file=as_file(a_file(tot="2023-02-02")))
        within = ties_of(world, ref, "rosa")
        world.do("cooperation import", user="anna", file=as_file(a_file(tot="2023-02-01")))
        after = ties_of(world, ref, "rosa")

        assert "cooperates:loket" not in before
        assert set(during) - set(before) == {"cooperates:loket"}
        assert within == during
        assert after == before


def test_the_cooperation_a_proposal_builds_on_is_a_tie_for_all_who_take_part_in_it(database_url: str) -> None:
    with founded(database_url) as world:
        peopled(world)
        ref = eligible(world, themes=("T10",), cooperation="lekstroomverband")[0]

        assert ties_of(world, ref, "rosa") == ["builds_on:lekstroomverband"]  # Houten takes part, Woudenberg does not
        assert ties_of(world, ref, "paula") == []


def test_partners_that_the_fund_does_not_know_are_named_and_taken_in(database_url: str) -> None:
    with founded(database_url) as world:
        world.partners()
        members = [{"naam": "Ede", "partner_id": "gm0228"}, {"naam": "Houten", "partner_id": "gm0321"}]

        answer = world.do("cooperation import", user="anna", file=as_file(a_file(deelnemers=members)))

        assert answer["result"]["partners_unknown"] == ["gm0228"]


def test_only_a_fund_manager_imports(database_url: str) -> None:
    with founded(database_url) as world:
        world.user("joost", "auditor")

        for name in ("petra", "bram", "joost"):
            with pytest.raises(NotAuthorised):
                world.do("cooperation import", user=name, file=as_file(REPORT))


def test_a_faulty_file_is_refused_with_every_fault_and_nothing_of_it_is_taken_in(database_url: str) -> None:
    content = "\n".join(
        (
            '{"samenwerkingsverbanden": [',
            '{"id": "Een Loket", "naam": "",',
            ' "thema_ids": ["T06", "T99"],',
            ' "deelnemers": [{"naam": "Houten", "partner_id": "GM0321", "rol": "baas"}],',
            ' "verplicht": "ja", "kenmerken": {"soort_werk": "leuk", "kleur": "rood"},',
            ' "sinds": "1/1/2024",',
            ' "tot": "2023-01-01", "tot": null, "baas": 1},',
            '{"id": "goed", "naam": "Goed", "deelnemers": [{"naam": "Houten"}],',
            ' "sinds": "2024-01-02", "tot": "2024-01-01"},',
            '{"id": "goed", "naam": "Weer\\u202egoed", "deelnemers": []}',
            "]}",
        )
    ).encode()
    with founded(database_url) as world:
        with pytest.raises(FaultyCooperationFile) as refused:
            world.do("cooperation import", user="anna", file=as_file(content, "r.json"))

        told = str(refused.value).splitlines()
        assert [line.split(": ")[0] for line in told] == [
            "r.json:2", "r.json:2", "r.json:3", "r.json:4", "r.json:4", "r.json:5", "r.json:5", "r.json:5",
            "r.json:6", "r.json:7", "r.json:7", "r.json:9", "r.json:10", "r.json:10", "r.json:10",
        ]  # fmt: skip
        assert 'r.json:3: "T99" is not one of T01, T02' in told[2]
        assert "r.json:9: it ends on 2024-01-01, before it begins on 2024-01-02" in told
        assert 'r.json:7: "tot" is here twice' in told
        with world.snapshot() as snapshot:
            assert snapshot.store.cases.refs("cooperation") == []


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "r.json:1: this is not JSON"),
        (b'{"samenwerkingsverbanden": [\n{"id": }]}', "r.json:2: this is not JSON"),
        (b"[" * 100_000, "r.json:1: this is not JSON"),
        (b"\n\xff", "r.json:2: not UTF-8 text"),
        (b"[]", 'r.json:1: there is no list "samenwerkingsverbanden"'),
        (b'{"samenwerkingsverbanden": []}', 'r.json:1: there is no list "samenwerkingsverbanden"'),
        (b'{\n"meer": 1, "samenwerkingsverbanden": [7]}', 'r.json:2: "meer" is not known here'),
    ],
)
def test_a_file_that_is_no_register_is_refused_with_its_line(content: bytes, fault: str) -> None:
    with pytest.raises(FaultyCooperationFile) as refused:
        read_register(content, "r.json")

    assert fault in str(refused.value)
    assert refused.value.advice == "fund cooperation template"


def test_an_unknown_cooperation_is_answered_with_the_nearest(sqlite_url: str) -> None:
    with founded(sqlite_url) as world, pytest.raises(UnknownRef) as refused:
        world.ask("cooperation show", ref="rid-utrect")

    assert refused.value.advice == "fund cooperation show rid-utrecht"


def test_the_lines_of_the_report_are_found_however_deep() -> None:
    lines = REPORT.decode().splitlines()
    at = next(number for number, line in enumerate(lines, start=1) if '"op_onderdelen"' in line and "rol" in line)
    broken = REPORT.replace(b'"rol": "op_onderdelen"', b'"rol": "half"', 1)

    with pytest.raises(FaultyCooperationFile) as refused:
        read_register(broken, "r.json")

    assert str(refused.value).startswith(f'r.json:{at}: "half" is not one of')
    assert {one.ref for one in of_the_report() if one.service} == {"rid-utrecht", "bsr", "belastingsamenwerking-ebs"}


def test_a_register_is_imported_and_looked_up_as_people_type_it(fund: Fund, sqlite_url: str, tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    file.write_bytes(a_file(verplicht=True, sinds="2020-01-01", dienstverlening=True))
    with founded(sqlite_url) as world:
        world.partners()

        def do(*words: Any, user: str | None = "anna", **more: Any) -> Any:
            return fund(*words, database=sqlite_url, user=user, **more)

        trial = do("cooperation", "import", file, "--dry-run")
        assert "cooperation recorded" in trial.out
        told = do("cooperation", "import", file)
        assert told.code == 0, told.err
        assert "1 cooperation is new." in told.out
        assert "22 of the report stay as they were." in told.out
        again = do("cooperation", "import", file)
        assert "1 was known already." in again.out
        shown = do("cooperation", "show", "loket", user=None)
        assert "Asked by law" in shown.out
        assert "1 January 2020" in shown.out
        assert "Revision 1: 5 January 2026, anna, from r.json" in shown.out
        template = do("cooperation", "template", user=None)
        (tmp_path / "again.json").write_text(template.out, encoding="utf-8")
        assert "23 were known already." in do("cooperation", "import", tmp_path / "again.json").out
        wrong = do("cooperation", "import", file, user="bram")
        assert (wrong.code, "error[not_authorised]" in wrong.err) == (1, True)
