"""The founding: the chart of accounts, the first regulations, and the first three people."""

from __future__ import annotations

import csv
from datetime import date
from importlib import resources

from fund.errors.people import ExclusiveRole
from fund.events.founding import FundFounded, UserAdded
from fund.ledger import AccountType, Layer, Ledger, Side
from fund.rules.authority import Role
from fund.rules.regulations import Regulations, standard
from fund.unit_of_work import UnitOfWork, derive_id
from fund.users.regulations import adopt


def accounts_of_the_fund() -> list[dict[str, str]]:
    """The chart of accounts: rows of ``data/accounts.csv``."""
    text = (resources.files("fund") / "data" / "accounts.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def open_accounts(ledger: Ledger) -> tuple[str, ...]:
    """The main accounts of the fund exist in its book; their codes."""
    rows = accounts_of_the_fund()
    for row in rows:
        memo = row["type"] == "memo"
        ledger.add_account(
            row["code"],
            name=row["name_nl"],
            type=AccountType(row["type"]),
            layer=Layer.COMMITMENT if memo else Layer.ACTUAL,
            normal_side=Side(row["normal_side"]),
        )
    return tuple(row["code"] for row in rows)


def found(
    uow: UnitOfWork, *, name: str, people: list[tuple[str, Role]], from_on: date, rules: Regulations | None = None
) -> None:
    """A fund exists: its accounts, its regulations, its first users. Everything that follows has a person or a cause.

    Args:
        people: Name and role of the first admin, fund manager and treasurer.
        from_on: The first day of the regulations.

    Raises:
        ExclusiveRole: One person cannot be two of the three: the fund needs a second pair of eyes from its first day.
    """
    roles: dict[str, Role] = {}
    for person, role in people:
        if person in roles:
            raise ExclusiveRole(user=person, role=roles[person].value, other=role.value)
        roles[person] = role
    codes = open_accounts(uow.ledger)
    founded = uow.record(FundFounded(name=name, currency="EUR", accounts=codes), effective_on=from_on)
    adopt(uow, rules or standard(), from_on=from_on, cause=founded)
    for number, (person, role) in enumerate(people):
        user_id = derive_id("usr_", founded.event_id, number)
        uow.store.work.keep_name(user_id, person)
        uow.record(
            UserAdded(ref=user_id, roles=(role.value,)), effective_on=from_on, cause=founded, reaction="users.found"
        )
