"""No row, command or reader goes beyond the permission matrix, and no mark of it stands for nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fund.declarations import Command
from fund.errors.people import NotAuthorised
from fund.registry import COMMANDS, QUERIES
from fund.rules.authority import LEAD_SIGNATORY, OWN_SIGNATORY, PARTY_SIGNATORY, Actor, Relation, Role, Who, require
from fund.rules.permissions import (
    BEYOND,
    COLUMNS,
    GROUPS,
    NOT_YET,
    VOTES,
    Cell,
    Mark,
    column_of,
    group_of,
    may,
    readers,
    who_reads,
    within,
)
from fund.rules.transitions import Transition
from tests.write_docs import lifecycle_tables

ROWS: list[Transition] = [row for table in lifecycle_tables().values() for row in table]


def seconds_of(command: Command) -> tuple[Who, ...]:
    """Everybody whom a command may ask to confirm."""
    if isinstance(command.second, Who):
        return (command.second,)
    return command.seconds


def given() -> Iterator[tuple[str, Role, bool]]:
    """Every (command, role, as the second person) that a command or a row of a lifecycle lets somebody be."""
    for command in COMMANDS.values():
        yield from ((command.name, role, False) for role in command.who.all_roles())
        yield from ((command.name, role, True) for who in seconds_of(command) for role in who.all_roles())
    for row in ROWS:
        yield from ((row.command, role, False) for role in row.who.all_roles())
        yield from ((row.command, role, True) for role in (row.second.all_roles() if row.second else ()))


GIVEN = sorted(set(given()))


def test_every_command_query_and_row_belongs_to_one_group() -> None:
    names = [name for group in GROUPS for name in (*group.commands, *group.queries)]
    assert len(names) == len(set(names))
    asked = set(COMMANDS) | {row.command for row in ROWS}
    assert {name for group in GROUPS for name in group.commands} == asked
    assert {name for group in GROUPS for name in group.queries} == set(QUERIES)


@pytest.mark.parametrize(("command", "role", "second"), GIVEN)
def test_no_role_may_do_what_the_matrix_does_not_give_it(command: str, role: Role, second: bool) -> None:
    assert may(role, command, second=second), group_of(command).cells[column_of(role)].text


def test_what_goes_beyond_the_matrix_is_asked_by_a_row_and_still_beyond_it() -> None:
    for command, role in BEYOND:
        uses = [second for name, who, second in GIVEN if (name, who) == (command, role)]
        assert uses, f"{command} does not let {role} do anything: the exception is not needed"
        assert not all(within(role, command, second=second) for second in uses), f"the matrix gives {role} {command}"


def test_every_mark_of_the_matrix_is_somebodys_or_stands_among_what_is_not_built() -> None:
    idle: set[tuple[str, str, Mark]] = set()
    for group in GROUPS:
        for column, cell in group.cells.items():
            mine = [
                (name, second) for name, role, second in GIVEN if name in group.commands and role in COLUMNS[column]
            ]
            firsts = [name for name, second in mine if not second]
            makes = [name for name in firsts if name not in VOTES]
            for mark in cell.marks - {Mark.READ}:
                if mark is Mark.VOTE:
                    served = any(name in VOTES for name in firsts)
                elif mark is Mark.MAKE:
                    served = bool(makes)
                else:  # checks as the second person, or by a row of its own where the column makes nothing
                    served = any(second for _name, second in mine) or (Mark.MAKE not in cell.marks and bool(makes))
                if not served:
                    idle.add((group.name, column, mark))
    assert idle == set(NOT_YET)


def test_a_command_and_its_rows_name_the_same_roles() -> None:
    for command in COMMANDS.values():
        rows = [row for row in ROWS if row.command == command.name]
        if not rows:
            continue
        named = {role for row in rows for role in row.who.all_roles()} - {Role.SYSTEM}
        assert command.who.all_roles() == named, command.name
        confirming = {role for row in rows if row.second for role in row.second.all_roles()}
        asked = {role for who in seconds_of(command) for role in who.all_roles()}
        assert confirming <= asked, command.name


@pytest.mark.parametrize("who", [LEAD_SIGNATORY, PARTY_SIGNATORY, OWN_SIGNATORY], ids=["lead", "party", "own"])
def test_somebody_of_no_partner_is_not_of_a_case_that_has_none(who: Who) -> None:
    nobody = Actor("usr_1", "rob", who.roles)
    with pytest.raises(NotAuthorised):
        require(nobody, who, command="proposal submit")


def test_nobody_asks_for_what_only_the_service_does() -> None:
    alone = {row.command for row in ROWS} - set(COMMANDS)
    assert {row.command for row in ROWS if row.who.all_roles() == {Role.SYSTEM}} <= alone
    for command in alone - {row.command for row in ROWS if Role.SYSTEM in row.who.all_roles()}:
        raise AssertionError(f"{command} is for people, and no command of that name can be asked")


def test_an_auditor_reads_everything_and_does_nothing() -> None:
    for group in GROUPS:
        cell = group.cells["AU"]
        assert cell.marks == {Mark.READ}, group.name
    assert not [name for name, role, _second in GIVEN if role is Role.AUDITOR]


def test_an_admin_touches_people_and_deliveries_only() -> None:
    assert {group_of(name).name for name, role, _second in GIVEN if role is Role.ADMIN} == {"users", "deliveries"}


def test_the_words_of_the_matrix_are_marks() -> None:
    assert Cell("signs own").marks == {Mark.MAKE, Mark.CHECK}
    assert Cell("V / C").marks == {Mark.VOTE, Mark.CHECK}
    assert Cell("C (manual), M write-off").marks == {Mark.MAKE, Mark.CHECK}
    assert Cell("").marks == set()
    assert Cell("R own, agrees, M own notice").own
    assert not Cell("C (CC)").own


def test_who_reads_every_case_of_a_group() -> None:
    assert readers("draft") == {Role.AUDITOR}
    assert readers("payments") == {Role.FUND_MANAGER, Role.TREASURER, Role.AUDITOR}
    assert readers("scores") == {
        Role.FUND_MANAGER,
        Role.AUDITOR,
        Role.COMMITTEE_MEMBER,
        Role.COMMITTEE_CHAIR,
        Role.DEPUTY_CHAIR,
    }


@pytest.mark.parametrize(
    ("group", "own"),
    [
        ("results", {Role.PARTNER_EDITOR, Role.PARTNER_SIGNATORY}),
        ("decide", {Role.PARTNER_SIGNATORY}),
        ("regulations", set()),
    ],
)
def test_a_case_is_read_by_who_reads_the_group_and_by_parties_their_own(group: str, own: set[Role]) -> None:
    who = who_reads(group)
    assert (who.roles, who.relation) == (readers(group), Relation.ANY)
    assert [(each.roles, each.relation) for each in who.others] == ([(own, Relation.PARTY)] if own else [])
