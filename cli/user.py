"""``fund user``: people, their roles, and the partner whose interests they carry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click

from cli.output import Column, table
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
    run(ctx, args, done=lambda _answer: [_("{name} may act now as {roles}.").format(**_named(name, roles))])


@declared(user, ChangeUser)
def change(
    ctx: click.Context, name: str, roles: tuple[str, ...], partner: str | None, seconded: bool, deputy_of: str | None
) -> None:
    args = ChangeUser(name=name, roles=roles, partner=partner, seconded=seconded, deputy_of=deputy_of)
    run(ctx, args, done=lambda _answer: [_("{name} may act now as {roles}.").format(**_named(name, roles))])


@declared(user, RevokeUser)
def revoke(ctx: click.Context, name: str, reason: str) -> None:
    run(
        ctx,
        RevokeUser(name=name, reason=reason),
        ask=_("May {name} not act in this fund any more?").format(name=name),
        done=lambda _answer: [_("{name} may not act any more.").format(name=name)],
    )


LIST = (
    Column("name", N_("Name"), "ref"),
    Column("partner_name", N_("Partner"), "name"),
    Column("state", N_("State"), "state", kind="user"),
    Column("roles", N_("Roles"), "text"),
)


def _show_list(data: Mapping[str, Any]) -> None:
    rows = [{**row, "roles": _roles(row["roles"])} for row in data["users"]]
    table(_("People of the fund"), LIST, rows, empty=_("Nobody yet."))


def _named(name: str, roles: Iterable[str]) -> dict[str, str]:
    return {"name": name, "roles": _roles(roles)}


def _roles(roles: Iterable[str]) -> str:
    return ", ".join(role_word(role) for role in roles)


add_query(user, UserList, show=_show_list, columns=LIST)
