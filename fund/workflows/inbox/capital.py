"""Calls that are open near their last day and after it, and what was paid too much."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from fund.language import _, euros
from fund.money import format_plain
from fund.rules.authority import FUND_MANAGER, OWN_SIGNATORY, TREASURER, Guard
from fund.schemas.capital import Call
from fund.schemas.resolutions import ADMISSION, Resolution
from fund.workflows.inbox.reader import InboxReader
from fund.workflows.inbox.task import Task
from fund.workflows.payables import OVERPAID


def waiting(reader: InboxReader) -> Iterator[Task]:
    """What calls and overpayments wait for."""
    steps = reader.rules.terms.call_reminder_days
    near = timedelta(days=max(0, -min(steps, default=0)))
    late = min((days for days in steps if days > 0), default=1)
    for call in reader.all(Call, "open"):
        if reader.today < call.due_on - near:
            continue
        told = {"ref": call.ref, "amount": euros(call.open_cents)}
        what = _("pay {amount} of call {ref}").format(**told)
        own, parties = Guard(own=(call.partner,)), Guard(parties=(call.partner,))
        yield Task(what, f"fund capital letter {call.ref}", OWN_SIGNATORY, call.ref, call.due_on, guard=own)
        if reader.today >= call.due_on + timedelta(days=late):
            what = _("ask {partner} about {amount} of call {ref}").format(
                partner=reader.short_name(call.partner), **told
            )
            command = f"fund capital list --partner {call.partner} --open"
            yield Task(what, command, FUND_MANAGER, call.ref, call.due_on, guard=parties)
    yield from _joining(reader)
    yield from _overpaid(reader)


def _overpaid(reader: InboxReader) -> Iterator[Task]:
    """What was paid too much, and can be given back."""
    if not any(cents for code, cents in reader.snapshot.ledger.balances().items() if code.startswith(f"{OVERPAID}.")):
        return
    from fund.workflows.payables.overpayments import overpaid_by

    for payer, cents in overpaid_by(reader.snapshot).items():
        what = _("give back {amount} to {partner}").format(amount=euros(cents), partner=reader.short_name(payer))
        yield Task(what, f"fund repayment refund {payer}", TREASURER, payer, guard=Guard(parties=(payer,)))


def _joining(reader: InboxReader) -> Iterator[Task]:
    """A candidate that did not ask yet, and a newcomer that was not called at par (K11)."""
    asked = {case.subject for case in reader.all(Resolution, "proposed") if case.matter == ADMISSION}
    newcomers = [each for each in reader.partners.values() if each.state == "active" and each.par_cents]
    called = reader.snapshot.ledger.balances() if newcomers else {}
    for partner in reader.partners.values():
        if partner.state == "candidate" and partner.ref not in asked:
            what = _("ask that {partner} takes part").format(partner=partner.short_name)
            yield reader.task(what, "partner admit", partner, typed=f"{partner.ref} --reason TEXT")
    for partner in newcomers:
        if not called.get(f"3000.{partner.ref}"):
            amount = euros(partner.par_cents)
            what = _("call {amount} from {partner}, at par").format(amount=amount, partner=partner.short_name)
            command = f"fund capital call --partner {partner.ref} --amount {format_plain(partner.par_cents)}"
            yield Task(what, command, FUND_MANAGER, partner.ref, guard=Guard(parties=(partner.ref,)))
