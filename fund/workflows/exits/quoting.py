"""The exit quote (K3): what leaving would mean for a partner at the end of any day, as it was known at any entry.

A quote is read, never stored: the same day and the same number give it again, for ever. It is kept as a fact when a
settlement rests on it (K5).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from fund.events.exits import ExitQuoted
from fund.events.values import NamedItem
from fund.reports.exits import as_json, quote_of
from fund.reports.history import last_fact, regulations_on
from fund.rules.authority import AUDITOR, CHAIR, FUND_MANAGER, OWN_EDITOR, TREASURER, Guard, either, require
from fund.rules.exits import Quote
from fund.rules.keys import fraction_text
from fund.unit_of_work import Snapshot

READERS = either(OWN_EDITOR, FUND_MANAGER, TREASURER, CHAIR, AUDITOR)
"""Who reads what leaving means for a partner: its own people, the office, who agrees for the fund, and auditors."""


def as_fact(
    made: Quote, *, valued_on: date, known_at: int, repayable_bps: dict[str, int], buffer_cents: int
) -> ExitQuoted:
    """The quote as it is kept."""
    return ExitQuoted(
        ref=made.partner,
        valued_on=valued_on,
        known_at=known_at,
        balances=dict(made.balances),
        repayable_bps=repayable_bps,
        buffer_cents=buffer_cents,
        capital_cents=made.capital_cents,
        total_capital_cents=made.total_capital_cents,
        share=fraction_text(made.share),
        nav_cents=made.nav_cents,
        promised=fraction_text(made.promised),
        gross_cents=made.gross_cents,
        unpaid_cents=made.unpaid_cents,
        costs_cents=made.costs_cents,
        cut_cents=made.cut_cents,
        net_cents=made.net_cents,
        free_cents=made.free_cents,
        now_cents=made.now_cents,
        later_cents=made.later_cents,
        items=tuple(
            NamedItem(
                item=item.kind,
                holder=item.ref,
                case=item.case,
                amount_cents=item.amount_cents,
                standing_cents=item.standing_cents,
            )
            for item in made.items
        ),
    )


def exit_quote(
    snapshot: Snapshot, *, ref: str, as_of: date | None = None, known_at: int | None = None, costs: int = 0
) -> dict[str, Any]:
    """What a partner would get or owe if it left at the end of a day, with everything it follows from (K3).

    Args:
        as_of: The day of leaving; default today.
        known_at: The last entry that counts; default the newest.
        costs: Cents of leaving that are not booked yet.

    Raises:
        UnknownPartner: No such partner.
        NotAuthorised: Somebody named, who is neither of that partner nor of the office, and no auditor.
    """
    found = snapshot.partner(ref)
    if snapshot.actor is not None:
        require(snapshot.actor, READERS, Guard(own=(ref,)), command="partner exit-quote", ref=ref)
    day = as_of or snapshot.today
    rules = regulations_on(snapshot, day, last=last_fact(snapshot, known_at))
    made, repayable_bps = quote_of(snapshot, ref, as_of=day, known_at=known_at, costs_cents=costs, rules=rules)
    head = snapshot.ledger.head()
    return {
        "partner": ref,
        "name": found.name,
        "as_of": day.isoformat(),
        "known_at": head.seq if known_at is None else min(known_at, head.seq),
        "regulations": rules.version,
        "buffer_cents": rules.buffer_cents,
        "capped": rules.exit_capped,
        **as_json(made),
        "repayable_bps": repayable_bps,
        "items": [
            {
                "kind": item.kind,
                "ref": item.ref,
                "name": snapshot.partner_name(item.ref),
                "case": item.case,
                "amount_cents": item.amount_cents,
                "standing_cents": item.standing_cents,
                "share_cents": item.amount_cents * made.share.numerator // made.share.denominator,
            }
            for item in made.items
        ],
    }
