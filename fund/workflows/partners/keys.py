"""A later key lies before the full board: proposed from a file, voted on by the partners, adopted or rejected (K12)."""

from __future__ import annotations

import tomllib
from datetime import date
from fractions import Fraction
from math import ceil

from fund.dates import add_months
from fund.errors import (
    AlreadyVoted,
    FaultyKeyFile,
    KeyExists,
    KeyReachesBack,
    NoActivePartners,
    NotTakingPart,
    UnknownVote,
)
from fund.events import Envelope, KeyAdopted, KeyProposed, KeyRejected, KeyVoted
from fund.glossary import state_word
from fund.language import N_, _
from fund.rules.keys import reference_years, shares
from fund.schemas.capital import DistributionKey, KeyFile, Partner
from fund.unit_of_work import UnitOfWork, View
from fund.workflows.lifecycle import carry
from fund.workflows.partners.founders import members_of, texts_of
from fund.workflows.partners.table import KEY_TRANSITIONS, State

__all__ = ["CHOICES", "REVIEW_MONTHS", "adopt_key", "vote_on_key"]

CHOICES = ("for", "against", "abstain")
REVIEW_MONTHS = 60
"""A key is reviewed once every five years (K12)."""


def adopt_key(uow: UnitOfWork, *, content: bytes, name: str = "key.toml") -> Envelope:
    """A key is put to the full board (K12): each active partner votes, two thirds adopt it.

    A key is reviewed once in five years; before that, it holds only when every active partner agrees.

    Args:
        content: The TOML file: name, family, from_on, and what its family needs.

    Raises:
        FaultyKeyFile: Not TOML, an unknown or missing field, an impossible value; with its place.
        KeyExists: The name is in use. KeyReachesBack: It would hold from a day before today.
        NoActivePartners, InhabitantsMissing: As they say.
    """
    form = _read_key(content, name)
    known = uow.maybe(DistributionKey, form.name)
    if known is not None:
        raise KeyExists(key=form.name, state=state_word("key", known.state))
    if form.from_on < uow.today:
        raise KeyReachesBack(key=form.name, from_on=form.from_on, today=uow.today)
    active = uow.cases(Partner, states=["active"])
    if not active:
        raise NoActivePartners(command="key adopt", count=0)
    try:
        divided = shares(
            form.family,
            members_of(active),
            reference_year=form.reference_year,
            base_bps=form.base_bps,
            fixed_bps=form.fixed_bps,
        )
    except ValueError as problem:
        raise FaultyKeyFile(
            file=name, place="fixed_bps", problem=_(N_("base and fixed shares leave nothing for the municipalities"))
        ) from problem
    fact = KeyProposed(
        ref=form.name,
        family=form.family,
        reference_year=None if form.family == "equal" else form.reference_year or reference_years()[-1],
        base_bps=form.base_bps,
        fixed_bps=dict(form.fixed_bps),
        from_on=form.from_on,
        shares=texts_of(divided),
        early=_early(uow, form.from_on),
    )
    uow.next_step = f"fund decision vote {form.name} --for"
    return carry(uow, KEY_TRANSITIONS, "key adopt", None, fact)


def _early(view: View, from_on: date) -> bool:
    """Whether a key would hold within five years of the one that was adopted last."""
    adopted = [key.from_on for key in view.cases(DistributionKey, states=[State.ADOPTED])]
    return bool(adopted) and from_on < add_months(max(adopted), REVIEW_MONTHS)


def _read_key(content: bytes, name: str) -> KeyFile:
    try:
        data = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as problem:
        raise FaultyKeyFile(file=name, place="TOML", problem=str(problem).splitlines()[0]) from problem
    try:
        return KeyFile.model_validate(data)
    except ValueError as problem:
        place, text = _first_problem(problem)
        raise FaultyKeyFile(file=name, place=place, problem=text) from problem


def _first_problem(problem: ValueError) -> tuple[str, str]:
    details = getattr(problem, "errors", None)
    if details is None:
        return "-", str(problem)
    first = details(include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "missing":
        return place, _(N_("the field is missing"))
    if first["type"] == "extra_forbidden":
        return place, _(N_("there is no such field; fields are {known}")).format(known=", ".join(KeyFile.model_fields))
    return place, _(N_('"{value}" cannot stand here')).format(value=first["input"])


def vote_on_key(uow: UnitOfWork, *, ref: str, choice: str) -> Envelope:
    """A partner votes on a key that lies before the full board; the vote that decides adopts or rejects it.

    One vote per active partner, cast by a signatory. Adopted by two thirds of all active partners; within five years of
    the key before, by all of them. Rejected as soon as that cannot be reached any more.

    Args:
        choice: for, against or abstain.

    Raises:
        UnknownVote, UnknownRef, AlreadyVoted, NotTakingPart, TransitionNotAllowed, NotAuthorised: As they say.
    """
    key = uow.case(DistributionKey, ref)
    said = choice.strip().lower()
    if said not in CHOICES:
        raise UnknownVote(choice=choice, known=list(CHOICES), ref=ref, first=CHOICES[0])
    own = uow.maker.partner or ""
    active = [partner.ref for partner in uow.cases(Partner, states=["active"])]
    if own and own not in active:
        gone = uow.case(Partner, own)
        raise NotTakingPart(
            command="decision vote",
            partner=own,
            state=state_word("partner", gone.state),
            allowed=state_word("partner", "active"),
        )
    if key.state == State.PROPOSED and own in key.votes:
        raise AlreadyVoted(partner=own, ref=ref, choice=key.votes[own])
    voted = carry(
        uow,
        KEY_TRANSITIONS,
        "decision vote",
        key,
        KeyVoted(ref=ref, partner=own, choice=said),
        own=own or "-",
        look=f"fund key show {ref}",
        on_behalf_of=own or None,
    )
    votes = {partner: cast for partner, cast in {**key.votes, own: said}.items() if partner in active}
    in_favour = sum(cast == "for" for cast in votes.values())
    needed = len(active) if key.early else ceil(Fraction(2 * len(active), 3))
    uow.result.update(votes_for=in_favour, votes=len(votes), needed=needed, active=len(active))
    if in_favour >= needed:
        fact = KeyAdopted(
            ref=ref,
            family=key.family,
            reference_year=key.reference_year,
            base_bps=key.base_bps,
            fixed_bps=dict(key.fixed_bps),
            from_on=max(key.from_on, uow.today),
            shares=dict(key.shares),
        )
        uow.record(fact, cause=voted, reaction="partners.key_adopted")
    elif in_favour + len(active) - len(votes) < needed:
        uow.record(
            KeyRejected(ref=ref, votes_for=in_favour, needed=needed), cause=voted, reaction="partners.key_rejected"
        )
    uow.next_step = f"fund key show {ref}"
    return voted
