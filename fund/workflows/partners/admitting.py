"""A government joins after the start (K11): known as a candidate, quoted, admitted by two thirds of the full board.

Its share follows from the key in force with its members and the newcomer; the others are only re-scaled. It pays at
par: euro for euro what makes its part of the called capital equal to that share, whatever the fund is worth by then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil, floor

from fund.contributions.calling import key_in_force
from fund.declarations import InputFile
from fund.errors.capital import AccessionChanged, NotACandidate, PartnerKnown
from fund.events import Envelope
from fund.events.capital import PartnerAdmitted, PartnerProposed
from fund.rules import valuation
from fund.rules.authority import Guard
from fund.rules.exits import main_balances
from fund.rules.keys import fraction_text, rescale, shares
from fund.schemas.capital import DistributionKey, Partner, members_of
from fund.schemas.resolutions import ADMISSION, Resolution
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.workflows.partners.commands import AccessionQuote, AccessionTerms
from fund.workflows.partners.founders import read_partners, require_no_supplier
from fund.workflows.partners.lifecycle import PartnerState
from fund.workflows.resolutions import propose


def add(uow: UnitOfWork, *, file: InputFile) -> Mapping[str, object]:
    """Governments that would like to take part are known as candidates; nothing follows from it yet (K11).

    Args:
        file: A CSV file as for the founders, a line for each.

    Raises:
        FaultyPartnerFile: A column, value or line is wrong. PartnerKnown: One of them is known already.
        PartnerNameTaken: A supplier goes by the id of one of them: its account would be the partner's.
    """
    rows = read_partners(file["content"], file["name"])
    for row in rows:
        known = uow.maybe(Partner, row.ref)
        if known is not None:
            raise PartnerKnown(partner=row.ref, state=known.state)
        require_no_supplier(uow, row.ref)
    told = PartnerProposed.model_fields
    for row in rows:
        fields = {field: value for field, value in row.model_dump().items() if field in told}
        fact = PartnerProposed(**fields)
        whose = Guard(parties=(row.ref,), show="fund partner list")
        uow.begin("partner add", Partner, of=whose, ref=row.ref).record(fact)
    first = rows[0].ref
    uow.next_step = f"fund user add NAME --role partner_signatory --partner {first}"
    return {"candidates": [row.ref for row in rows]}


def admit(uow: UnitOfWork, *, ref: str, reason: str) -> Envelope:
    """A candidate asks to take part, the chair agrees that it is put to the vote: the full board decides (K11).

    The terms are the accession quote: share, key and what is called at par. When two thirds of all partners are for
    it, it takes part that day.

    Raises:
        UnknownPartner, ReasonMissing: As they say.
        NoKeyInForce, InhabitantsMissing: No share can be reckoned.
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest, SameHands: As they say.
    """
    partner = uow.partner(ref)
    uow.transition("partner admit", partner)
    return propose(
        uow,
        command="partner admit",
        matter=ADMISSION,
        subject=ref,
        terms=_quote(uow, partner),
        reason=reason,
        body="board",
        parties=(ref,),
        own=ref,
    )


def still_as_voted(uow: UnitOfWork, resolution: Resolution) -> None:
    """The quote that the board has before it holds still: key, share and price."""
    partner = uow.case(Partner, resolution.subject)
    if partner.state != PartnerState.CANDIDATE:
        raise NotACandidate(partner=partner.ref, state=partner.state)
    told, now = resolution.terms, _quote(uow, partner)
    for name in ("key", "weight", "par_cents"):
        if told[name] != now[name]:
            raise AccessionChanged(
                ref=resolution.ref,
                partner=partner.ref,
                voted_cents=int(str(told["par_cents"])),
                par_cents=int(now["par_cents"]),
                key=now["key"],
            )


def admitted(uow: UnitOfWork, resolution: Resolution, decided: Envelope) -> None:
    """The board carried it: the candidate takes part from today, and is to be called at par."""
    partner = uow.case(Partner, resolution.subject)
    terms = resolution.terms
    uow.record(
        PartnerAdmitted(
            ref=partner.ref,
            name=partner.name,
            short_name=partner.short_name,
            sort=partner.sort,
            size_class=partner.size_class,
            region=partner.region,
            inhabitants=partner.inhabitants,
            inhabitants_year=partner.inhabitants_year,
            joined_on=uow.today,
            founder=False,
            key=str(terms["key"]),
            weight=str(terms["weight"]),
            par_cents=int(str(terms["par_cents"])),
        ),
        cause=decided,
        reaction="partners.admit",
    )
    uow.next_step = f"fund capital call --partner {partner.ref} --amount AMOUNT"


# ------------------------------------------------------------------------------------------------------------- quote


def accession_quote(snapshot: Snapshot, *, ref: str) -> AccessionQuote:
    """What joining would mean for a candidate today: its share, and what it is called for that, at par.

    Raises:
        UnknownPartner, NoKeyInForce, InhabitantsMissing: As they say.
        NotACandidate: It takes part already, or did.
    """
    partner = snapshot.partner(ref)
    if partner.state != PartnerState.CANDIDATE:
        raise NotACandidate(partner=ref, state=partner.state)
    return {
        "as_of": snapshot.today.isoformat(),
        "partner": ref,
        "partner_name": partner.name,
        **_quote(snapshot, partner),
    }


def _quote(snapshot: Snapshot, partner: Partner) -> AccessionTerms:
    key = key_in_force(snapshot, snapshot.today)
    taking_part = [
        each.ref for each in snapshot.cases(Partner, states=[PartnerState.ACTIVE]) if each.ref != partner.ref
    ]
    weight = _weight(key, [each for each in snapshot.cases(Partner) if each.ref in key.weights], partner)
    weights = {each: Fraction(share) for each, share in key.weights.items()}
    share = rescale({**weights, partner.ref: weight}, [*taking_part, partner.ref]).get(partner.ref, Fraction(0))
    balances = snapshot.ledger.balances()
    capital = sum(-balances.get(f"3000.{each}", 0) for each in taking_part)
    par = ceil(capital * share / (1 - share)) if share < 1 else 0
    main = main_balances(balances)
    worth = floor(max(valuation.nav(main) + par, 0) * share)
    return {
        "key": key.ref,
        "family": key.family,
        "weight": fraction_text(weight),
        "share": fraction_text(share),
        "capital_cents": capital,
        "par_cents": par,
        "worth_cents": worth,
    }


def _weight(key: DistributionKey, members: Sequence[Partner], newcomer: Partner) -> Fraction:
    """The weight that makes the newcomer's share what the family of the key gives it among all of them."""
    there = [each for each in members if each.ref != newcomer.ref]
    family = shares(
        key.family,
        members_of([*there, newcomer]),
        reference_year=key.reference_year,
        base_bps=key.base_bps,
        fixed_bps=key.fixed_bps,
    )
    share = next(each.weight for each in family if each.partner == newcomer.ref)
    whole = sum((Fraction(key.weights[each.ref]) for each in there), Fraction(0))
    assert share < 1, "a key divides over somebody already"
    return whole * share / (1 - share)
