"""``fund user``: people, their roles, and the partner whose interests they carry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click

from cli.output import Column, table
from cli.params import PARTNER, ROLE, USER, argument, changing, listing, noun, option, read, reading, run, verb
from fund import glossary
from fund.language import N_, _

user = noun("user", N_("Add people and say what they may do"))


@verb(
    user,
    "add",
    N_("Add a person with one or more roles"),
    about=N_(
        "A person of a partner names that partner. Somebody seconded to the fund counts as staff "
        "of the fund, not of that partner."
    ),
    examples=(
        "fund --as petra user add anna --role fund_manager",
        "fund --as petra user add fatima --role partner_signatory --partner Woudenberg",
        "fund --as petra user add nina --role committee_member --deputy-of carl",
    ),
    who=N_("an admin; the chair of the committee confirms as soon as there is one"),
    see=("user list", "user revoke"),
)
@argument("name", help=N_("How the person signs"))
@option(
    "--role",
    "roles",
    type=ROLE,
    multiple=True,
    required=True,
    help=N_("What the person may do; repeat"),
)
@option("--partner", type=PARTNER, metavar="PARTNER", help=N_("The organisation the person belongs to"))
@option("--seconded", is_flag=True, help=N_("Works for the fund, paid by that partner"))
@option("--deputy-of", type=USER, metavar="NAME", help=N_("Votes for this committee member's seat when needed"))
@changing
def add(
    ctx: click.Context, name: str, roles: tuple[str, ...], partner: str | None, seconded: bool, deputy_of: str | None
) -> None:
    args = {"name": name, "roles": list(roles), "partner": partner, "seconded": seconded, "deputy_of": deputy_of}
    run(ctx, "user add", args, tell=lambda _answer: [_("{name} may act now as {roles}.").format(**_named(name, roles))])


@verb(
    user,
    "change",
    N_("Give a person other roles"),
    about=N_(
        "Roles, partner and deputy's place given here replace those of before, also where they are left out. What was "
        "done before stays done."
    ),
    examples=("fund --as petra user change anna --role fund_manager --role reviewer",),
    who=N_("an admin; the chair of the committee confirms as soon as there is one"),
    see=("user list",),
)
@argument("name", type=USER, help=N_("How the person signs"))
@option(
    "--role",
    "roles",
    type=ROLE,
    multiple=True,
    required=True,
    help=N_("What the person may do; repeat"),
)
@option("--partner", type=PARTNER, metavar="PARTNER", help=N_("The organisation the person belongs to"))
@option("--seconded", is_flag=True, help=N_("Works for the fund, paid by that partner"))
@option("--deputy-of", type=USER, metavar="NAME", help=N_("Votes for this committee member's seat when needed"))
@changing
def change(
    ctx: click.Context, name: str, roles: tuple[str, ...], partner: str | None, seconded: bool, deputy_of: str | None
) -> None:
    args = {"name": name, "roles": list(roles), "partner": partner, "seconded": seconded, "deputy_of": deputy_of}
    run(
        ctx,
        "user change",
        args,
        tell=lambda _answer: [_("{name} may act now as {roles}.").format(**_named(name, roles))],
    )


@verb(
    user,
    "revoke",
    N_("End what a person may do"),
    examples=('fund --as petra user revoke anna --reason "left the office"',),
    who=N_("an admin; where a chair leaves another chair confirms, or a fund manager where there is none"),
    see=("user list",),
)
@argument("name", type=USER, help=N_("How the person signs"))
@option("--reason", required=True, metavar="TEXT", help=N_("Why; it is kept"))
@changing
def revoke(ctx: click.Context, name: str, reason: str) -> None:
    run(
        ctx,
        "user revoke",
        {"name": name, "reason": reason},
        ask=_("May {name} not act in this fund any more?").format(name=name),
        tell=lambda _answer: [_("{name} may not act any more.").format(name=name)],
    )


LIST = (
    Column("name", N_("Name"), "ref"),
    Column("partner_name", N_("Partner"), "name"),
    Column("state", N_("State"), "state", kind="user"),
    Column("roles", N_("Roles"), "text"),
)


@verb(
    user,
    "list",
    N_("List the people of the fund"),
    examples=("fund user list", "fund user list --json"),
)
@listing(*LIST)
@reading
def list_users(ctx: click.Context) -> None:
    read(ctx, "user list", show=_show_list)


def _show_list(data: Mapping[str, Any]) -> None:
    rows = [{**row, "roles": _roles(row["roles"])} for row in data["users"]]
    table(
        _("People of the fund"),
        LIST,
        rows,
        empty=_("Nobody yet."),
    )


def _named(name: str, roles: Iterable[str]) -> dict[str, str]:
    return {"name": name, "roles": _roles(roles)}


def _roles(roles: Iterable[str]) -> str:
    return ", ".join(glossary.role_word(role) for role in roles)
