"""Partners and distribution keys: who takes part, and by which weights they pay.

Founders come in a file, before the first call; the founding key comes with the regulations. A later key lies before the
full board. Exits and later admissions are not on this road yet. Source: lifecycle.md 9 (K11, K12), bank.md.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from fractions import Fraction
from math import ceil
from typing import Any

from fund.contributions import key_in_force, partner_named
from fund.dates import add_months
from fund.errors import (
    AlreadyVoted,
    AmountNotPositive,
    FaultyKeyFile,
    FaultyPartnerFile,
    FoundersOnly,
    KeyExists,
    KeyReachesBack,
    NoActivePartners,
    NoKeyInForce,
    NotTakingPart,
    UnknownVote,
)
from fund.events import (
    Envelope,
    KeyAdopted,
    KeyProposed,
    KeyRejected,
    KeyVoted,
    PartnerAdmitted,
)
from fund.glossary import state_word
from fund.language import N_, _
from fund.money import require_cents
from fund.rules.authority import FUND_MANAGER, OWN_SIGNATORY
from fund.rules.keys import (
    FAMILIES,
    Member,
    Share,
    divide,
    fraction_text,
    reference_years,
    rescale,
    shares,
    shares_in_bps,
)
from fund.schemas.capital import Call, DistributionKey, KeyFile, Partner
from fund.schemas.people import RegulationsFile
from fund.unit_of_work import Command, Life, Query, UnitOfWork, View
from fund.workflows.lifecycle import Transition, carry, state_after

__all__ = [
    "COMMANDS",
    "KEY_TRANSITIONS",
    "LIVES",
    "QUERIES",
    "State",
    "adopt_key",
    "compare_keys",
    "import_partners",
    "partners",
    "show_key",
    "show_partner",
    "vote_on_key",
]

SORTS = ("municipality", "water_board", "region", "province")
CHOICES = ("for", "against", "abstain")
REVIEW_MONTHS = 60
"""A key is reviewed once every five years (K12)."""
_ID = re.compile(r"[a-z]{2}[a-z0-9-]{1,30}", re.ASCII)
_COLUMNS = ("id", "naam", "korte_naam", "kind_en", "size_class_en", "inwoners", "inwoners_peiljaar", "regio_id")


class State(StrEnum):
    """Where a key is in its life."""

    PROPOSED = "proposed"
    ADOPTED = "adopted"
    REJECTED = "rejected"


KEY_TRANSITIONS = (
    Transition("key adopt", None, State.PROPOSED, FUND_MANAGER, KeyProposed, row="K12"),
    Transition("decision vote", State.PROPOSED, State.PROPOSED, OWN_SIGNATORY, KeyVoted, row="K12"),
    Transition("decision vote", State.PROPOSED, State.ADOPTED, OWN_SIGNATORY, KeyAdopted, row="K12"),
    Transition("decision vote", State.PROPOSED, State.REJECTED, OWN_SIGNATORY, KeyRejected, row="K12"),
)


# ------------------------------------------------------------------------------------------------------------- folds


def _partner_after(case: Partner | None, happened: Envelope) -> Partner | None:
    fact = happened.fact
    if isinstance(fact, PartnerAdmitted):
        return Partner(
            ref=fact.ref,
            state="active",
            name=fact.name,
            short_name=fact.short_name,
            sort=fact.sort,
            size_class=fact.size_class,
            region=fact.region,
            inhabitants=fact.inhabitants,
            inhabitants_year=fact.inhabitants_year,
            joined_on=fact.joined_on,
            founder=fact.founder,
        )
    return case


def _key_after(case: DistributionKey | None, happened: Envelope) -> DistributionKey | None:
    fact = happened.fact
    if isinstance(fact, KeyProposed):
        return DistributionKey(
            ref=fact.ref,
            state=state_after(KEY_TRANSITIONS, None, fact),
            family=fact.family,
            reference_year=fact.reference_year,
            base_bps=fact.base_bps,
            fixed_bps=fact.fixed_bps,
            from_on=fact.from_on,
            shares=fact.shares,
            early=fact.early,
        )
    if isinstance(fact, KeyAdopted):
        return DistributionKey(
            ref=fact.ref,
            state=State.ADOPTED,
            family=fact.family,
            reference_year=fact.reference_year,
            base_bps=fact.base_bps,
            fixed_bps=fact.fixed_bps,
            from_on=fact.from_on,
            shares=fact.shares,
            founding=fact.founding,
            early=case.early if case else False,
            votes=case.votes if case else {},
        )
    if case is None:
        return None
    if isinstance(fact, KeyVoted):
        return case.but(votes={**case.votes, fact.partner: fact.choice})
    if isinstance(fact, KeyRejected):
        return case.but(state=state_after(KEY_TRANSITIONS, case.state, fact))
    return case


# ------------------------------------------------------------------------------------------------------------ import


def import_partners(uow: UnitOfWork, *, content: bytes, name: str = "partners.csv", on: date | None = None) -> None:
    """The founders take part from a day on, and the founding key of the regulations holds over them.

    The whole file or nothing. Partners that are known already stay as they are and are counted; so the same file twice
    changes nothing.

    Args:
        content: The CSV file with the columns of ``fund/data/partners.csv``.
        name: How the file is called in a refusal.
        on: The day from which they take part, default today.

    Raises:
        FaultyPartnerFile: A column, value or line is wrong; the message names the line.
        FoundersOnly: A new partner after the first call.
        InhabitantsMissing: The founding key needs inhabitants that are not known.
    """
    day = on or uow.today
    rows = _read_partners(content, name)
    new = [row for row in rows if uow.maybe(Partner, row.ref) is None]
    if new:
        first = next(iter(uow.cases(Call)), None)
        if first is not None:
            raise FoundersOnly(partner=new[0].ref, called_on=first.called_on, call=first.ref)
    last: Envelope | None = None
    for row in new:
        last = uow.record(row.model_copy(update={"joined_on": day}), effective_on=day)
    if last is not None:
        _adopt_founding_key(uow, last)
    uow.result.update(partners_new=len(new), partners_known=len(rows) - len(new))
    uow.next_step = "fund key compare --amount 100000"


def _adopt_founding_key(uow: UnitOfWork, cause: Envelope) -> None:
    """The key of the regulations over everybody who takes part now; partners that join later only re-scale it."""
    rules = uow.regulations().key
    adopted = sorted(case.from_on for case in uow.cases(RegulationsFile))
    members = _members(uow.cases(Partner, states=["active"]))
    if not any(member.sort == "municipality" for member in members) and rules.family != "equal":
        return
    divided = shares(
        rules.family,
        members,
        reference_year=rules.reference_year,
        base_bps=rules.base_bps,
        fixed_bps=rules.fixed_bps,
    )
    fact = KeyAdopted(
        ref=rules.name,
        family=rules.family,
        reference_year=rules.reference_year,
        base_bps=rules.base_bps,
        fixed_bps=dict(rules.fixed_bps),
        from_on=min(adopted[0], uow.today),
        shares=_texts(divided),
        founding=True,
    )
    uow.record(fact, cause=cause, reaction="partners.founding_key")


def _read_partners(content: bytes, name: str) -> list[PartnerAdmitted]:
    def faulty(line: int, excerpt: str, problem: str) -> FaultyPartnerFile:
        return FaultyPartnerFile(file=name, line=line, excerpt=excerpt[:60], problem=problem)

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise faulty(line, "", _(N_("it is not UTF-8"))) from problem
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [column for column in _COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise faulty(
            1,
            ",".join(reader.fieldnames or ()),
            _(N_("these columns are missing: {columns}")).format(columns=", ".join(missing)),
        )
    rows: list[PartnerAdmitted] = []
    seen: dict[str, int] = {}
    try:
        records = [(reader.line_num, row) for row in reader]
    except csv.Error as problem:
        told = _(N_("the line cannot be read: {problem}")).format(problem=problem)
        raise faulty(reader.line_num + 1, "", told) from problem
    for line, row in records:
        values = {column: (row.get(column) or "").strip() for column in _COLUMNS}
        excerpt = ",".join(values.values())
        if None in row or any(value is None for value in row.values()):
            raise faulty(line, excerpt, _(N_("the line has another number of fields than the header")))
        ref = values["id"]
        if not _ID.fullmatch(ref):
            raise faulty(line, excerpt, _(N_('"{value}" is not a partner id such as gm0344')).format(value=ref))
        if ref in seen:
            raise faulty(
                line, excerpt, _(N_("{partner} stands on line {first} as well")).format(partner=ref, first=seen[ref])
            )
        seen[ref] = line
        if not values["naam"]:
            raise faulty(line, excerpt, _(N_("the name (naam) is empty")))
        if values["kind_en"] not in SORTS:
            raise faulty(
                line,
                excerpt,
                _(N_('"{value}" is not a kind of partner; kinds are {known}')).format(
                    value=values["kind_en"], known=", ".join(SORTS)
                ),
            )
        for number in (values["inwoners"], values["inwoners_peiljaar"]):
            if number and not re.fullmatch(r"[0-9]{1,9}", number, re.ASCII):
                raise faulty(line, excerpt, _(N_('"{value}" is not a whole number')).format(value=number))
        rows.append(
            PartnerAdmitted(
                ref=ref,
                name=values["naam"],
                short_name=values["korte_naam"] or values["naam"],
                sort=values["kind_en"],
                size_class="" if values["size_class_en"] == "n/a" else values["size_class_en"],
                region=values["regio_id"] or None,
                inhabitants=int(values["inwoners"]) if values["inwoners"] else None,
                inhabitants_year=int(values["inwoners_peiljaar"]) if values["inwoners_peiljaar"] else None,
                joined_on=date.min,
            )
        )
    if not rows:
        raise faulty(1, ",".join(reader.fieldnames or ()), _(N_("there is no partner in it")))
    return rows


def _members(found: Iterable[Partner]) -> list[Member]:
    return [Member(partner.ref, partner.sort, partner.inhabitants, partner.inhabitants_year) for partner in found]


def _texts(divided: Sequence[Share]) -> dict[str, str]:
    return {share.partner: fraction_text(share.weight) for share in divided if share.weight}


# --------------------------------------------------------------------------------------------------------- a new key


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
            _members(active),
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
        shares=_texts(divided),
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


# ----------------------------------------------------------------------------------------------------------- reading


def partners(view: View, *, as_of: date | None = None) -> dict[str, Any]:
    """Everybody who takes part, with the share in the fund's capital and what was paid in.

    ``share_bps`` follows the capital called (3000), or before any call the key in force; together 10,000.
    """
    day = as_of or view.today
    there = [partner for partner in view.cases(Partner) if partner.joined_on <= day]
    balances = view.ledger.balances(as_of=as_of)
    capital = {partner.ref: -balances.get(f"3000.{partner.ref}", 0) for partner in there}
    weights: Mapping[str, int | Fraction] = capital if any(capital.values()) else _key_weights(view, there, day)
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


def _key_weights(view: View, there: Sequence[Partner], day: date) -> dict[str, int | Fraction]:
    try:
        key = key_in_force(view, day)
    except NoKeyInForce:
        return dict.fromkeys((partner.ref for partner in there), 0)
    return {partner.ref: Fraction(key.shares.get(partner.ref, "0")) for partner in there}


def show_partner(view: View, *, ref: str, as_of: date | None = None) -> dict[str, Any]:
    """One partner: what it is, its part in the fund, and its calls.

    Raises:
        UnknownPartner: No such partner.
    """
    found = partner_named(view, ref)
    row: dict[str, Any] = next((row for row in partners(view, as_of=as_of)["partners"] if row["id"] == ref), {})
    return {
        "as_of": (as_of or view.today).isoformat(),
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
        "calls": [
            {
                "ref": call.ref,
                "called_cents": call.called_cents,
                "received_cents": call.received_cents,
                "due_on": call.due_on.isoformat(),
                "state": call.state,
                "reference": call.reference,
            }
            for call in view.cases(Call, partner=ref)
        ],
    }


def compare_keys(view: View, *, amount: int) -> dict[str, Any]:
    """What every partner would pay of an amount under each family, and under the key in force: side by side, explained.

    Raises:
        AmountNotPositive, NoActivePartners, InhabitantsMissing: As they say.
    """
    if require_cents(amount) < 1:
        raise AmountNotPositive(command="key compare", amount_cents=amount, least_cents=1)
    active = view.cases(Partner, states=["active"])
    if not active:
        raise NoActivePartners(command="key compare", count=0)
    rules = view.regulations().key
    members = _members(active)
    year = rules.reference_year or reference_years()[-1]
    keys = []
    for family in FAMILIES:
        if family != "equal" and not any(member.sort == "municipality" for member in members):
            continue
        divided = shares(family, members, reference_year=year, base_bps=rules.base_bps, fixed_bps=rules.fixed_bps)
        keys.append(_divided(family, family, None if family == "equal" else year, divided, amount))
    try:
        in_force = key_in_force(view, view.today)
    except NoKeyInForce:
        in_force = None
    if in_force is not None:
        weights = rescale(
            {partner: Fraction(share) for partner, share in in_force.shares.items()},
            [partner.ref for partner in active],
        )
        explained = {share.partner: share for share in _explained(view, in_force, members)}
        divided = tuple(explained.get(partner, Share(partner, fixed=weight)) for partner, weight in weights.items())
        keys.append(_divided(in_force.ref, in_force.family, in_force.reference_year, divided, amount, in_force=True))
    return {"as_of": view.today.isoformat(), "amount_cents": amount, "keys": keys}


def _explained(view: View, key: DistributionKey, members: Sequence[Member]) -> tuple[Share, ...]:
    """The steps behind the shares of a key; none where the members are others than it was made for."""
    there = [member for member in members if member.partner in key.shares]
    if len(there) != len(key.shares):
        return ()
    found = shares(
        key.family, members, reference_year=key.reference_year, base_bps=key.base_bps, fixed_bps=key.fixed_bps
    )
    return found if _texts(found) == dict(key.shares) else ()


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


def show_key(view: View, *, ref: str | None = None, as_of: date | None = None) -> dict[str, Any]:
    """One key, or the one in force: its family, its shares with their steps, and the votes on it.

    Raises:
        UnknownRef, NoKeyInForce: As they say.
    """
    day = as_of or view.today
    key = view.case(DistributionKey, ref) if ref else key_in_force(view, day)
    members = _members(view.cases(Partner))
    explained = {share.partner: share for share in _explained(view, key, members)}
    adopted = sorted(view.cases(DistributionKey, states=[State.ADOPTED]), key=lambda one: (one.from_on, one.ref))
    bps = shares_in_bps({partner: Fraction(share) for partner, share in key.shares.items()})
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
            for partner, share in sorted(key.shares.items())
        ],
        "keys": [{"name": one.ref, "family": one.family, "from_on": one.from_on.isoformat()} for one in adopted],
    }


COMMANDS = (
    Command("partner import", import_partners, FUND_MANAGER),
    Command("key adopt", adopt_key, FUND_MANAGER),
)
QUERIES = (
    Query("partner list", partners),
    Query("partner show", show_partner),
    Query("key compare", compare_keys),
    Query("key show", show_key),
)
LIVES = {"partner": Life(Partner, _partner_after), "key": Life(DistributionKey, _key_after)}
