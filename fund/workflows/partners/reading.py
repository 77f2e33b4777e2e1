"""What is read of partners and keys: who takes part and with which share, keys side by side, one key explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from fund.contributions.calling import key_in_force
from fund.contributions.letters import explained as explained_key
from fund.dates import add_months
from fund.errors.capital import AmountNotPositive, NoActivePartners, NoKeyInForce
from fund.money import require_cents
from fund.rules.keys import (
    FAMILIES,
    REVIEW_MONTHS,
    Share,
    divide,
    fraction_text,
    reference_years,
    rescale,
    shares,
    shares_in_bps,
)
from fund.schemas.capital import Call, DistributionKey, Partner, members_of
from fund.schemas.exits import Exit
from fund.unit_of_work import Snapshot
from fund.workflows.partners.lifecycle import State


def partners(snapshot: Snapshot, *, as_of: date | None = None) -> dict[str, Any]:
    """Everybody who takes part, with the share in the fund's capital and what was paid in.

    ``share_bps`` follows the capital called (3000), or before any call the key in force; together 10,000.
    """
    day = as_of or snapshot.today
    there = [partner for partner in snapshot.cases(Partner) if partner.joined_on <= day]
    balances = snapshot.ledger.balances(as_of=as_of)
    capital = {partner.ref: -balances.get(f"3000.{partner.ref}", 0) for partner in there}
    weights: Mapping[str, int | Fraction] = capital if any(capital.values()) else _key_weights(snapshot, there, day)
    bps = shares_in_bps(weights)
    return {
        "as_of": day.isoformat(),
        "partners": [
            {
                "id": partner.ref,
                "name": partner.name,
                "short_name": partner.short_name,
                "kind": partner.sort,
                "state": partner.state,
                "share_bps": bps.get(partner.ref, 0),
                "called_cents": capital[partner.ref],
                "paid_in_cents": capital[partner.ref] - balances.get(f"1100.{partner.ref}", 0),
            }
            for partner in there
        ],
    }


def _key_weights(snapshot: Snapshot, there: Sequence[Partner], day: date) -> dict[str, int | Fraction]:
    try:
        key = key_in_force(snapshot, day)
    except NoKeyInForce:
        return dict.fromkeys((partner.ref for partner in there), 0)
    return {partner.ref: Fraction(key.weights.get(partner.ref, "0")) for partner in there}


def show_partner(snapshot: Snapshot, *, ref: str, as_of: date | None = None) -> dict[str, Any]:
    """One partner: what it is, its part in the fund, and its calls.

    Raises:
        UnknownPartner: No such partner.
    """
    found = snapshot.partner(ref)
    row: dict[str, Any] = next((row for row in partners(snapshot, as_of=as_of)["partners"] if row["id"] == ref), {})
    return {
        "as_of": (as_of or snapshot.today).isoformat(),
        "partner": {
            **row,
            "id": found.ref,
            "name": found.name,
            "size_class": found.size_class or None,
            "region": found.region,
            "inhabitants": found.inhabitants,
            "inhabitants_year": found.inhabitants_year,
            "joined_on": found.joined_on.isoformat(),
            "founder": found.founder,
        },
        "exit": _exit(snapshot, ref),
        "calls": [
            {
                "ref": call.ref,
                "called_cents": call.called_cents,
                "received_cents": call.received_cents,
                "due_on": call.due_on.isoformat(),
                "state": call.state,
                "reference": call.reference,
            }
            for call in snapshot.cases(Call, partner=ref)
        ],
    }


def _exit(snapshot: Snapshot, ref: str) -> dict[str, Any] | None:
    """How far the exit of a partner is; ``None`` for who does not leave."""
    case = snapshot.maybe(Exit, ref)
    if case is None:
        return None
    named = case.named()
    return {
        "state": case.state,
        "leaves_on": case.leaves_on.isoformat() if case.leaves_on else None,
        "decided_on": case.decided_on.isoformat() if case.decided_on else None,
        "valued_on": case.valued_on.isoformat() if case.valued_on else None,
        "known_at": case.known_at,
        "share": case.share,
        "resolution": case.resolution or None,
        "net_cents": case.net_cents,
        "undisputed_cents": case.undisputed_cents,
        "reason": case.reason or None,
        "settled_cents": case.settled_cents,
        "due_cents": case.due_cents,
        "later_cents": case.open_later_cents,
        "paid_cents": case.paid_cents,
        "set_off_cents": case.set_off_cents,
        "kept": list(case.kept),
        "exited_on": case.exited_on.isoformat() if case.exited_on else None,
        "items": [
            {
                "case": item,
                "name": snapshot.partner_name(item),
                "kinds": sorted({each.item for each in case.items if each.case == item}),
                "named_cents": cents,
                "collected_cents": case.collected.get(item, 0),
            }
            for item, cents in sorted(named.items())
        ],
    }


def compare_keys(snapshot: Snapshot, *, amount: int) -> dict[str, Any]:
    """What every partner would pay of an amount under each family, and under the key in force: side by side, explained.

    ``lines`` are the same parts as one list, for a spreadsheet.

    Raises:
        AmountNotPositive, NoActivePartners, InhabitantsMissing, KeyLeavesNothing: As they say.
    """
    if require_cents(amount) < 1:
        raise AmountNotPositive(command="key compare", amount_cents=amount, least_cents=1)
    active = snapshot.cases(Partner, states=["active"])
    if not active:
        raise NoActivePartners(command="key compare", count=0)
    rules = snapshot.regulations().key
    members = members_of(active)
    year = rules.reference_year or reference_years()[-1]
    keys = []
    for family in FAMILIES:
        if family != "equal" and not any(member.sort == "municipality" for member in members):
            continue
        divided = shares(family, members, reference_year=year, base_bps=rules.base_bps, fixed_bps=rules.fixed_bps)
        keys.append(_divided(family, family, None if family == "equal" else year, divided, amount))
    try:
        in_force = key_in_force(snapshot, snapshot.today)
    except NoKeyInForce:
        in_force = None
    if in_force is not None:
        weights = rescale(
            {partner: Fraction(share) for partner, share in in_force.weights.items()},
            [partner.ref for partner in active],
        )
        explained = {share.partner: share for share in explained_key(snapshot, in_force)}
        divided = tuple(explained.get(partner, Share(partner, fixed=weight)) for partner, weight in weights.items())
        keys.append(_divided(in_force.ref, in_force.family, in_force.reference_year, divided, amount, in_force=True))
    names = {partner.ref: partner.short_name for partner in active}
    return {
        "as_of": snapshot.today.isoformat(),
        "amount_cents": amount,
        "reference_year": year,
        "keys": keys,
        "lines": [
            {
                "key": one["name"],
                "family": one["family"],
                "reference_year": one["reference_year"],
                "in_force": one["in_force"],
                "partner_name": names[part["partner"]],
                **part,
            }
            for one in keys
            for part in one["partners"]
        ],
    }


def _divided(
    name: str, family: str, year: int | None, divided: Sequence[Share], amount: int, *, in_force: bool = False
) -> dict[str, Any]:
    steps = {share.partner: share for share in divided}
    parts = {part.partner: part for part in divide(amount, {share.partner: share.weight for share in divided})}
    return {
        "name": name,
        "family": family,
        "reference_year": year,
        "in_force": in_force,
        "total_cents": sum(part.amount_cents for part in parts.values()),
        "partners": [
            {
                "partner": partner,
                "amount_cents": parts[partner].amount_cents,
                "exact": fraction_text(parts[partner].exact_cents),
                "share": fraction_text(parts[partner].weight),
                "equal": fraction_text(steps[partner].equal),
                "fixed": fraction_text(steps[partner].fixed),
                "by_inhabitants": fraction_text(steps[partner].by_inhabitants),
                "inhabitants": steps[partner].inhabitants,
            }
            for partner in sorted(steps)
        ],
    }


def show_key(snapshot: Snapshot, *, ref: str | None = None, as_of: date | None = None) -> dict[str, Any]:
    """One key, or the one in force: its family, its shares with their steps, and the votes on it.

    Raises:
        UnknownRef, NoKeyInForce: As they say.
    """
    day = as_of or snapshot.today
    key = snapshot.case(DistributionKey, ref) if ref else key_in_force(snapshot, day)
    explained = {share.partner: share for share in explained_key(snapshot, key)}
    adopted = sorted(snapshot.cases(DistributionKey, states=[State.ADOPTED]), key=lambda one: (one.from_on, one.ref))
    bps = shares_in_bps({partner: Fraction(share) for partner, share in key.weights.items()})
    return {
        "as_of": day.isoformat(),
        "key": {
            "name": key.ref,
            "state": key.state,
            "family": key.family,
            "reference_year": key.reference_year,
            "base_bps": key.base_bps,
            "fixed_bps": dict(key.fixed_bps),
            "from_on": key.from_on.isoformat(),
            "review_on": add_months(key.from_on, REVIEW_MONTHS).isoformat(),
            "founding": key.founding,
            "early": key.early,
            "votes": dict(sorted(key.votes.items())),
            "voted": sorted({*key.votes, *key.voted}),
        },
        "partners": [
            {
                "partner": partner,
                "share": share,
                "share_bps": bps[partner],
                "equal": fraction_text(explained[partner].equal) if partner in explained else None,
                "fixed": fraction_text(explained[partner].fixed) if partner in explained else None,
                "by_inhabitants": fraction_text(explained[partner].by_inhabitants) if partner in explained else None,
                "inhabitants": explained[partner].inhabitants if partner in explained else None,
            }
            for partner, share in sorted(key.weights.items())
        ],
        "keys": [{"name": one.ref, "family": one.family, "from_on": one.from_on.isoformat()} for one in adopted],
    }
