"""Partners that leave: the settlement that is to be proposed, agreed, booked and paid, the long-stop; and the logins of
who has left.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from fund.language import _, euros
from fund.rules.authority import ADMIN, Role
from fund.schemas.exits import Exit
from fund.schemas.people import User
from fund.workflows.inbox.reader import InboxReader
from fund.workflows.inbox.task import Task

_OF_THE_PARTNER = {Role.PARTNER_EDITOR, Role.PARTNER_SIGNATORY}
"""Roles in which somebody acts for the partner itself; any other is a seat in the fund."""


def waiting(reader: InboxReader) -> Iterator[Task]:
    """What the exit of a partner waits for, in the order of its states."""
    for case in reader.all(Exit, "notice_given", "settlement_proposed", "agreed", "disputed", "settling"):
        yield from _steps(reader, case)
    yield from _logins(reader)


def _logins(reader: InboxReader) -> Iterator[Task]:
    """The people of a partner that has left: who sits in the fund at once, who acts for the partner once no agreement
    of it runs. Whoever is seconded to the fund office is nobody's, and stays.
    """
    gone = {partner.ref for partner in reader.partners.values() if partner.state == "exited"}
    if not gone:
        return
    bound = {party for each in reader.agreements.values() if each.state != "closed" for party in each.parties}
    for user in reader.all(User):
        if user.state != "active" or user.seconded or user.partner not in gone:
            continue
        if user.partner in bound and set(user.roles) <= _OF_THE_PARTNER:
            continue
        name = reader.name(user.ref)
        what = _("revoke {name}: {partner} has left the fund").format(
            name=name, partner=reader.short_name(user.partner)
        )
        yield Task(what, f"fund user revoke {shlex.quote(name)} --reason TEXT", ADMIN, user.partner)


def _steps(reader: InboxReader, case: Exit) -> Iterator[Task]:
    partner, name = reader.partners[case.ref], reader.short_name(case.ref)
    if case.state == "notice_given" and case.leaves_on is not None and case.leaves_on <= reader.today:
        what = _("propose the settlement of {partner}").format(partner=name)
        yield reader.task(what, "partner propose-settlement", partner, until=case.leaves_on)
    if case.state == "settlement_proposed":
        what = _("agree to the settlement of {amount}, or dispute it").format(amount=euros(case.net_cents))
        yield reader.task(what, "partner agree-settlement", partner)
    if case.state == "disputed":
        what = _("agree on the settlement after the advice of an expert")
        yield reader.task(what, "partner agree-settlement", partner, typed=f"{case.ref} --amount AMOUNT --advice FILE")
    undisputed = case.state == "disputed" and not case.settled and case.undisputed_cents > 0
    if case.state == "agreed" or undisputed:
        what = _("put the settlement of {partner} in the books").format(partner=name)
        yield reader.task(what, "partner settle", partner)
    if case.due_cents > 0:
        what = _("pay {partner} the {amount} that is due").format(partner=name, amount=euros(case.due_cents))
        yield reader.task(what, "partner pay-settlement", partner)
    from fund.workflows.exits.deferred_payments import long_stop_on

    stop = long_stop_on(reader.snapshot, case)
    if case.state == "settling" and case.open_later_cents > 0 and stop is not None and stop <= reader.today:
        what = _("end the later part of {partner}: {amount}").format(partner=name, amount=euros(case.open_later_cents))
        yield reader.task(what, "partner close-out", partner, until=stop)
