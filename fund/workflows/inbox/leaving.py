"""Partners that leave: the settlement that is to be proposed, agreed, booked and paid, the long-stop; and the logins of
who has left.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from fund.language import N_, _, euros
from fund.rules.authority import ADMIN, FUND_MANAGER, OWN_SIGNATORY, TREASURER, Role
from fund.schemas.exits import Exit
from fund.schemas.people import User
from fund.workflows.exits.later import long_stop_on
from fund.workflows.inbox.desk import Desk
from fund.workflows.inbox.waiting import Waiting

__all__ = ["waiting"]

_OF_THE_PARTNER = {Role.PARTNER_EDITOR, Role.PARTNER_SIGNATORY}
"""Roles in which somebody acts for the partner itself; any other is a seat in the fund."""


def waiting(desk: Desk) -> Iterator[Waiting]:
    """What the exit of a partner waits for, in the order of its states."""
    for case in desk.all(Exit, "notice_given", "settlement_proposed", "agreed", "disputed", "settling"):
        yield from _steps(desk, case)
    yield from _logins(desk)


def _logins(desk: Desk) -> Iterator[Waiting]:
    """The people of a partner that has left: who sits in the fund at once, who acts for the partner once no agreement
    of it runs. Whoever is seconded to the fund office is nobody's, and stays.
    """
    gone = {partner.ref for partner in desk.partners.values() if partner.state == "exited"}
    if not gone:
        return
    bound = {party for each in desk.agreements.values() if each.state != "closed" for party in each.parties}
    for user in desk.all(User):
        if user.state != "active" or user.seconded or user.partner not in gone:
            continue
        if user.partner in bound and set(user.roles) <= _OF_THE_PARTNER:
            continue
        name = desk.name(user.ref)
        what = _(N_("revoke {name}: {partner} has left the fund")).format(
            name=name, partner=desk.short_name(user.partner)
        )
        yield Waiting(what, f"fund user revoke {shlex.quote(name)} --reason TEXT", ADMIN, user.partner)


def _steps(desk: Desk, case: Exit) -> Iterator[Waiting]:
    ref, name = case.ref, desk.short_name(case.ref)
    parties = (ref,)
    if case.state == "notice_given" and case.leaves_on is not None and case.leaves_on <= desk.today:
        what = _(N_("propose the settlement of {partner}")).format(partner=name)
        yield Waiting(
            what, f"fund partner propose-settlement {ref}", FUND_MANAGER, ref, case.leaves_on, parties=parties
        )
    if case.state == "settlement_proposed":
        what = _(N_("agree to the settlement of {amount}, or dispute it")).format(amount=euros(case.net_cents))
        yield Waiting(what, f"fund partner agree-settlement {ref}", OWN_SIGNATORY, ref, own=ref, hands=case.hands)
    if case.state == "disputed":
        what = _(N_("agree on the settlement after the advice of an expert"))
        command = f"fund partner agree-settlement {ref} --amount AMOUNT --advice FILE"
        yield Waiting(what, command, OWN_SIGNATORY, ref, own=ref, hands=case.hands)
    undisputed = case.state == "disputed" and not case.settled and case.undisputed_cents > 0
    if case.state == "agreed" or undisputed:
        what = _(N_("put the settlement of {partner} in the books")).format(partner=name)
        yield Waiting(what, f"fund partner settle {ref}", TREASURER, ref, parties=parties, hands=case.hands)
    if case.due_cents > 0:
        what = _(N_("pay {partner} the {amount} that is due")).format(partner=name, amount=euros(case.due_cents))
        yield Waiting(what, f"fund partner pay-settlement {ref}", TREASURER, ref, parties=parties)
    stop = long_stop_on(desk.view, case)
    if case.state == "settling" and case.open_later_cents > 0 and stop is not None and stop <= desk.today:
        what = _(N_("end the later part of {partner}: {amount}")).format(
            partner=name, amount=euros(case.open_later_cents)
        )
        yield Waiting(what, f"fund partner close-out {ref}", TREASURER, ref, stop, parties=parties)
