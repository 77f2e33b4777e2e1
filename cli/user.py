"""``fund user``: people, their roles, and the partner whose interests they carry."""

from __future__ import annotations

from collections.abc import Iterable

import click

from cli.output import Column
from cli.output.views import ListView
from cli.params import noun, run
from cli.params.declared import add_query, declared
from fund.language import N_, _
from fund.users.commands import AddUser, ChangeUser, RevokeUser, UserList
from fund.words import role_word

user = noun("user", N_("Add people and say what they may do"))


@declared(user, AddUser)
def add(
    ctx: click.Context, name: str, roles: tuple[str, ...], partner: str | None, seconded: bool, deputy_of: str | None
) -> None:
    args = AddUser(name=name, roles=roles, partner=partner, seconded=seconded, deputy_of=deputy_of)
    run(ctx, args, done=lambda _answer: [_("{name} may act now as {roles}.").format(name=name, roles=_roles(roles))])


@declared(user, ChangeUser)
def change(
    ctx: click.Context, name: str, roles: tuple[str, ...], partner: str | None, seconded: bool, deputy_of: str | None
) -> None:
    args = ChangeUser(name=name, roles=roles, partner=partner, seconded=seconded, deputy_of=deputy_of)
    run(ctx, args, done=lambda _answer: [_("{name} may act now as {roles}.").format(name=name, roles=_roles(roles))])


@declared(user, RevokeUser)
def revoke(ctx: click.Context, name: str, reason: str) -> None:
    run(
        ctx,
        RevokeUser(name=name, reason=reason),
        ask=_("May {name} not act in this fund any more?").format(name=name),
        done=N_("{name} may not act any more."),
    )


def _roles(roles: Iterable[str]) -> str:
    return ", ".join(role_word(role) for role in roles)


LIST = ListView(
    title=N_("People of the fund"),
    rows="users",
    columns=(
        Column("name", N_("Name"), "ref"),
        Column("partner_name", N_("Partner"), "name"),
        Column("state", N_("State"), "state", kind="user"),
        Column("roles", N_("Roles"), cell=lambda row: _roles(row["roles"])),
    ),
    empty=N_("Nobody yet."),
)

add_query(user, UserList, show=LIST)
