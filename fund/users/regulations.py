"""Regulations are adopted and hold from a day on; cases of earlier days keep theirs."""

from __future__ import annotations

from datetime import date

from fund.declarations import InputFile, Template
from fund.errors.capital import InhabitantsMissing, KeyLeavesNothing
from fund.errors.people import FaultyRegulations, RegulationsOutOfOrder, RegulationsReachBack
from fund.events import Envelope, canonical_json
from fund.events.founding import RegulationsAdopted
from fund.language import _
from fund.rules.authority import Guard
from fund.rules.keys import shares
from fund.rules.regulations import Regulations, parse_regulations, standard_text
from fund.rules.valuation import FREE_TO_COMMIT, PROMISES
from fund.schemas.capital import Partner, members_of
from fund.schemas.people import RegulationsFile
from fund.unit_of_work import Snapshot, UnitOfWork
from fund.users.commands import RegulationsInForce


def adopt(uow: UnitOfWork, rules: Regulations, *, from_on: date, cause: Envelope | None = None) -> Envelope:
    """Regulations hold from a day on; from then on the ledger itself keeps their buffer free."""
    fact = RegulationsAdopted(ref=rules.version, from_on=from_on, text=canonical_json(rules.model_dump(mode="json")))
    adopted = uow.record(fact, effective_on=from_on if cause else None, cause=cause, reaction="regulations.adopt")
    uow.ledger.limit_set(
        "free_to_commit",
        FREE_TO_COMMIT,
        actor=adopted.actor,
        min_balance_cents=rules.buffer_cents,
        kinds=PROMISES,
        valid_from=None if cause else from_on,
        recorded_at=adopted.recorded_at,
    )
    return adopted


def adopt_regulations(uow: UnitOfWork, *, file: InputFile, on: date) -> Envelope:
    """New regulations hold from a day on, not before today; proposals and agreements of earlier days keep theirs.

    Raises:
        FaultyRegulations: The file is not TOML, a number is missing, unknown or impossible, with the place; or its
            version was adopted before, whose cases keep their rules; or its key does not divide over the partners.
        RegulationsReachBack: The day lies before today.
        RegulationsOutOfOrder: Others were adopted that hold from a later day.
    """
    rules = parse_regulations(file["content"], file["name"])
    uow.begin("regulations adopt", RegulationsFile, of=Guard(show="fund regulations show"), ref=rules.version)
    if uow.maybe(RegulationsFile, rules.version) is not None:
        taken = _("version {version} was adopted before: give these another name").format(version=rules.version)
        raise FaultyRegulations(file=file["name"], problem=taken)
    if on < uow.today:
        raise RegulationsReachBack(version=rules.version, on=on, today=uow.today)
    last = max(uow.cases(RegulationsFile), key=lambda case: case.from_on)
    if on < last.from_on:
        raise RegulationsOutOfOrder(version=rules.version, on=on, last=last.ref, from_on=last.from_on)
    members, key = members_of(uow.cases(Partner, states=["active"])), rules.key
    try:
        if members:
            shares(
                key.family, members, reference_year=key.reference_year, base_bps=key.base_bps, fixed_bps=key.fixed_bps
            )
    except (InhabitantsMissing, KeyLeavesNothing) as problem:
        raise FaultyRegulations(file=file["name"], problem=f"key: {problem}") from problem
    return adopt(uow, rules, from_on=on)


def regulations_in_force(snapshot: Snapshot, *, as_of: date | None = None) -> RegulationsInForce:
    """The regulations in force on a day, whole."""
    rules = snapshot.regulations(as_of)
    return {"as_of": (as_of or snapshot.today).isoformat(), "regulations": rules.model_dump(mode="json")}


def regulations_template(_view: Snapshot) -> Template:
    """The standard regulations as TOML, to change and adopt."""
    return {"template": standard_text()}
