"""What leaving would mean for a partner at the end of a day, read from the ledger as it was known at an entry (K3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from fund.errors.capital import AmountNotPositive
from fund.rules.exits import Quote, quote
from fund.rules.keys import fraction_text
from fund.rules.regulations import Regulations
from fund.schemas.agreements import Agreement
from fund.schemas.proposals import Proposal
from fund.unit_of_work import Snapshot


def quote_of(
    snapshot: Snapshot,
    partner: str,
    *,
    as_of: date,
    known_at: int | None = None,
    costs_cents: int = 0,
    rules: Regulations | None = None,
    balances: Mapping[str, int] | None = None,
) -> tuple[Quote, dict[str, int]]:
    """The quote of a partner, and the repayable share of each open commitment that it was made with.

    Args:
        rules: The regulations that count; those of the day when left out.
        balances: Those of that day and entry without closings, where they were read already.

    Raises:
        AmountNotPositive: Costs below nothing, which would be a gift of the others.
    """
    if costs_cents < 0:
        raise AmountNotPositive(command="--costs", amount_cents=costs_cents, least_cents=0)
    if balances is None:
        balances = snapshot.ledger.balances(as_of=as_of, known_at=known_at, kinds_excluded=("closing",))
    rules = rules or snapshot.regulations(as_of)
    repayable_bps, proposals = {}, {}
    for code, cents in balances.items():
        main, _dot, holder = code.partition(".")
        if main == "9000" and holder and cents:
            repayable_bps[holder] = share_of(snapshot, holder)
        elif main == "1200" and holder and cents:
            running = snapshot.maybe(Agreement, holder)
            proposals[holder] = running.proposal if running is not None else holder
    made = quote(
        partner,
        balances,
        buffer_cents=rules.buffer_cents,
        repayable_bps=repayable_bps,
        proposals=proposals,
        costs_cents=costs_cents,
        capped=rules.exit_capped,
    )
    return made, repayable_bps


def share_of(snapshot: Snapshot, proposal: str) -> int:
    """What of a commitment comes back, in basis points: as agreed, before that as asked; fixed for life."""
    for found in (snapshot.maybe(Agreement, f"A{proposal}"), snapshot.maybe(Proposal, proposal)):
        if found is not None:
            return found.share_bps
    return 0


def as_json(made: Quote) -> dict[str, Any]:
    """The quote with all its inputs: enough to reckon it again without this program."""
    return {
        "share": fraction_text(made.share),
        "capital_cents": made.capital_cents,
        "total_capital_cents": made.total_capital_cents,
        "net_asset_value_cents": made.nav_cents,
        "promised": fraction_text(made.promised),
        "divided": fraction_text(made.worth),
        "gross_cents": made.gross_cents,
        "unpaid_cents": made.unpaid_cents,
        "costs_cents": made.costs_cents,
        "cut_cents": made.cut_cents,
        "net_cents": made.net_cents,
        "free_to_commit_cents": made.free_cents,
        "now_cents": made.now_cents,
        "later_cents": made.later_cents,
        "owes_cents": max(-made.net_cents, 0),
        "balances": dict(made.balances),
    }
