"""What can be asked of users."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, TypedDict

from fund.declarations import (
    DAY,
    FLAG,
    PARTNER,
    ROLE,
    TEXT,
    TEXT_FILE,
    USER,
    Input,
    InputFile,
    Question,
    Template,
    argument,
    as_of,
    command,
    option,
    query,
)
from fund.language import N_
from fund.rules.authority import ADMIN, CHAIR, FUND_MANAGER


@command(
    "user add",
    ".people:add_user",
    ADMIN,
    second=".people:_chair_where_there_is_one",
    seconds=(CHAIR,),
    examples=(
        "fund --as petra user add anna --role fund_manager",
        "fund --as petra user add fatima --role partner_signatory --partner Woudenberg",
        "fund --as petra user add nina --role committee_member --deputy-of carl",
    ),
    permitted=N_("an admin; the chair of the committee confirms as soon as there is one"),
    see=("user list", "user revoke"),
)
class AddUser(Input):
    """Add a person with one or more roles.

    A person of a partner names that partner. Somebody seconded to the fund counts as staff of the fund, not of that
    partner.
    """

    name: str = argument(TEXT, N_("How the person signs"))
    roles: tuple[str, ...] = option("--role", ROLE, N_("What the person may do; repeat"), several=True)
    partner: str | None = option("--partner", PARTNER, N_("The organisation the person belongs to"), default=None)
    seconded: bool = option("--seconded", FLAG, N_("Works for the fund, paid by that partner"), default=False)
    deputy_of: str | None = option(
        "--deputy-of", USER, N_("Votes for this committee member's seat when needed"), default=None
    )


@command(
    "user change",
    ".people:change_user",
    ADMIN,
    second=".people:_chair_where_there_is_one",
    seconds=(CHAIR,),
    examples=("fund --as petra user change anna --role fund_manager --role reviewer",),
    permitted=N_("an admin; the chair of the committee confirms as soon as there is one"),
    see=("user list",),
)
class ChangeUser(Input):
    """Give a person other roles.

    Roles, partner and deputy's place given here replace those of before, also where they are left out. What was done
    before stays done.
    """

    name: str = argument(USER, N_("How the person signs"))
    roles: tuple[str, ...] = option("--role", ROLE, N_("What the person may do; repeat"), several=True)
    partner: str | None = option("--partner", PARTNER, N_("The organisation the person belongs to"), default=None)
    seconded: bool = option("--seconded", FLAG, N_("Works for the fund, paid by that partner"), default=False)
    deputy_of: str | None = option(
        "--deputy-of", USER, N_("Votes for this committee member's seat when needed"), default=None
    )


@command(
    "user revoke",
    ".people:revoke_user",
    ADMIN,
    second=".people:_other_chair",
    seconds=(CHAIR, FUND_MANAGER),
    examples=('fund --as petra user revoke anna --reason "left the office"',),
    permitted=N_("an admin; where a chair leaves another chair confirms, or a fund manager where there is none"),
    see=("user list",),
)
class RevokeUser(Input):
    """End what a person may do."""

    name: str = argument(USER, N_("How the person signs"))
    reason: str = option("--reason", TEXT, N_("Why; it is kept"))


@command(
    "regulations adopt",
    ".regulations:adopt_regulations",
    FUND_MANAGER,
    second=CHAIR,
    ahead=True,
    examples=("fund --as anna regulations adopt regulations.toml --on 2027-01-01",),
    permitted=N_("a fund manager; the chair of the committee confirms"),
    see=("regulations template", "confirm"),
)
class AdoptRegulations(Input):
    """Adopt regulations from a day on.

    They never reach back: what was decided under earlier rules stays under them.
    """

    on: date = option("--on", DAY, N_("The first day they hold"))
    file: InputFile = argument(TEXT_FILE, N_("The regulations, as TOML"))


class UserRow(TypedDict):
    id: str
    name: str
    roles: list[str]
    partner: str | None
    partner_name: str | None
    seconded: bool
    deputy_of: str | None
    state: str


class Users(TypedDict):
    users: list[UserRow]


class RegulationsInForce(TypedDict):
    as_of: str
    regulations: Mapping[str, Any]


@query("user list", ".people:users", lists={"users": "user"}, examples=("fund user list", "fund user list --json"))
class UserList(Question[Users]):
    """List the people of the fund."""


@query(
    "regulations show",
    ".regulations:regulations_in_force",
    examples=("fund regulations show --as-of 2026-03-31",),
    see=("regulations adopt", "regulations template"),
)
class RegulationsShow(Question[RegulationsInForce]):
    """Show the rules in force on a day.

    Weights, quorum, thresholds, terms, buffer, budgets and rates; --json shows every number.
    """

    as_of: date | None = as_of(default=None)


@query(
    "regulations template",
    ".regulations:regulations_template",
    examples=("fund regulations template > regulations.toml",),
    see=("regulations adopt",),
)
class RegulationsTemplate(Question[Template]):
    """Print the standard regulations to start from.

    A TOML file with every number and a remark in both languages; change it and adopt it.
    """
