"""What is read of partners and keys: who takes part and with which share, keys side by side, one key explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction

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
from fund.schemas.base import as_row
from fund.schemas.capital import Call, DistributionKey, Partner, members_of
from fund.schemas.exits import Exit
from fund.unit_of_work import Snapshot
from fund.workflows.partners.commands import (
    AdoptedKey,
    ComparedKeys,
    DividedKey,
    ExitItem,
    ExitRow,
    KeyDetail,
    KeyFacts,
    PartnerCall,
    PartnerDetail,
    PartnerFacts,
    PartnerRow,
    Partners,
)
from fund.workflows.partners.lifecycle import State


def partners(snapshot: Snapshot, *, as_of: date | None = None) -> Partners:
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
            as_row(
                PartnerRow,
                partner,
                id=partner.ref,
                kind=partner.sort,
                share_bps=bps.get(partner.ref, 0),
                called_cents=capital[partner.ref],
                paid_in_cents=capital[partner.ref] - balances.get(f"1100.{partner.ref}", 0),
            )
            for partner in there
        ],
    }


def _key_weights(snapshot: Snapshot, there: Sequence[Partner], day: date) -> dict[str, int | Fraction]:
    try:
        key = key_in_force(snapshot, day)
    except NoKeyInForce:
        return dict.fromkeys((partner.ref for partner in there), 0)
    return {partner.ref: Fraction(key.weights.get(partner.ref, "0")) for partner in there}


def show_partner(snapshot: Snapshot, *, ref: str, as_of: date | None = None) -> PartnerDetail:
    """One partner: what it is, its part in the fund, and its calls.

    Raises:
        UnknownPartner: No such partner.
    """
    found = snapshot.partner(ref)
    there = {row["id"]: row for row in partners(snapshot, as_of=as_of)["partners"]}
    facts: PartnerFacts = {"id": ref, "name": found.name}
    if ref in there:
        facts = {**facts, **there[ref]}
    facts |= {
        "size_class": found.size_class or None,
        "region": found.region,
        "inhabitants": found.inhabitants,
        "inhabitants_year": found.inhabitants_year,
        "joined_on": found.joined_on.isoformat(),
        "founder": found.founder,
    }
    return {
        "as_of": (as_of or snapshot.today).isoformat(),
        "partner": facts,
        "exit": _exit(snapshot, ref),
        "calls": [as_row(PartnerCall, call) for call in snapshot.cases(Call, partner=ref)],
    }


def _exit(snapshot: Snapshot, ref: str) -> ExitRow | None:
    """How far the exit of a partner is; ``None`` for who does not leave."""
    case = snapshot.maybe(Exit, ref)
    if case is None:
        return None
    return as_row(
        ExitRow,
        case,
        later_cents=case.open_later_cents,
        items=[
            ExitItem(
                case=item,
                name=snapshot.partner_name(item),
                kinds=sorted({each.item for each in case.items if each.case == item}),
                named_cents=cents,
                collected_cents=case.collected.get(item, 0),
            )
            for item, cents in sorted(case.named().items())
        ],
    )


def compare_keys(snapshot: Snapshot, *, amount: int) -> ComparedKeys:
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
    keys: list[DividedKey] = []
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
) -> DividedKey:
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


def show_key(snapshot: Snapshot, *, ref: str | None = None, as_of: date | None = None) -> KeyDetail:
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
        "key": as_row(
            KeyFacts,
            key,
            name=key.ref,
            fixed_bps=dict(key.fixed_bps),
            review_on=add_months(key.from_on, REVIEW_MONTHS),
            votes=dict(sorted(key.votes.items())),
            voted=sorted({*key.votes, *key.voted}),
        ),
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
        "keys": [as_row(AdoptedKey, one, name=one.ref) for one in adopted],
    }
