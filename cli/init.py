"""``fund init``: a fund is founded, or an older one brought to this program's version."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

import click

from cli import output
from cli.params import DAY, option, reading, shell, typed, verb
from fund.errors.database import DatabaseBehind, DatabaseMissing, RightsMissing
from fund.errors.usage import NobodyToAsk
from fund.language import N_, _

T = TypeVar("T")
_PEOPLE = {
    "admin": N_("Who adds people and gives them roles (admin)?"),
    "fund_manager": N_("Who prepares the cases (fund manager)?"),
    "treasurer": N_("Who checks the money (treasurer)?"),
}
_TEMPLATE = "fund init --admin petra --fund-manager anna --treasurer bram"


@verb(
    None,
    "init",
    N_("Found a fund"),
    about=N_(
        "Makes the database, the chart of accounts, the standard regulations and the first three people. On a database "
        "of an older version it brings that to this one and changes nothing else."
    ),
    examples=(_TEMPLATE,),
    see=("user add", "partner import", "demo"),
)
@option("--name", metavar="NAME", default="Innovatiefonds", help=N_("The name of the fund"))
@option("--admin", metavar="NAME", help=N_("Who adds people and gives them roles"))
@option("--fund-manager", metavar="NAME", help=N_("Who prepares the cases"))
@option("--treasurer", metavar="NAME", help=N_("Who checks the money"))
@option("--on", "on", type=DAY, metavar="DATE", help=N_("First day of the regulations, today if left out"))
@reading
def init(
    ctx: click.Context, name: str, admin: str | None, fund_manager: str | None, treasurer: str | None, on: date | None
) -> None:
    from fund import operations
    from fund.commands.founding import found_fund
    from fund.commands.opening import open_fund

    url = shell(ctx).settings.database_url
    try:
        with open_fund(url):
            pass
    except DatabaseBehind as behind:
        _with_rights(lambda: operations.bring_up_to_date(url))
        version = behind.details["expected"]
        if typed(ctx, "json"):
            output.emit_json({"upgraded_to": version})
        else:
            output.say(_("The database is at version {version} now.").format(version=version))
        return
    except DatabaseMissing:
        pass
    people = _named({"admin": admin, "fund_manager": fund_manager, "treasurer": treasurer})
    answer = _with_rights(
        lambda: found_fund(
            url,
            name=name,
            on=on,
            admin=people["admin"],
            fund_manager=people["fund_manager"],
            treasurer=people["treasurer"],
        )
    )
    if typed(ctx, "json"):
        output.emit_json(answer)
        return
    output.render_answer(
        answer, [_("Fund founded in {place}, with the standard regulations.").format(place=_place(url))]
    )


def _with_rights(make: Callable[[], T]) -> T:
    """What ``make`` gives; where this login may not make all of it, somebody who may is waited for on a terminal.

    Raises:
        RightsMissing: There is no terminal, or nobody answers there. Nothing was made.
    """
    while True:
        try:
            return make()
        except RightsMissing as missing:
            if not output.interactive():
                raise
            output.render_error(missing, as_json=False)
            if output.ask_line(_("Press Enter when that was done; Ctrl-C stops, and nothing was made. ")) is None:
                raise


def _named(given: dict[str, str | None]) -> dict[str, str]:
    """The three people, asked for where they were not given.

    Raises:
        NobodyToAsk: Somebody was not given, and there is no terminal.
    """
    people = {}
    for role, question in _PEOPLE.items():
        name = (given[role] or "").strip()
        while not name:
            if not output.interactive():
                raise NobodyToAsk(command=_TEMPLATE)
            line = output.ask_line(f"{_(question)} ")
            if line is None:
                raise click.Abort
            name = line.strip()
        people[role] = name
    return people


def _place(url: str) -> str:
    from fund.settings import masked

    if not url.startswith("sqlite"):
        return masked(url)
    path, home = url.partition(":///")[2], str(Path.home())
    return "~" + path.removeprefix(home) if path.startswith(f"{home}/") else path
