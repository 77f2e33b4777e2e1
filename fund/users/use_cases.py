"""People of the fund: who acts, in which roles, for which partner; and the founding, which brings the first three.

Names are kept apart from the chain; facts hold the user's id (ledger.md 17).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from importlib import resources
from typing import Any

from fund.declarations import InputFile
from fund.errors.capital import InhabitantsMissing, KeyLeavesNothing
from fund.errors.commands import ReasonMissing, WordTooLong
from fund.errors.people import (
    ExclusiveRole,
    FaultyRegulations,
    LastAdmin,
    NoDeputy,
    NoSeatLeft,
    RegulationsOutOfOrder,
    RegulationsReachBack,
    UnknownRole,
    UserExists,
)
from fund.events import Envelope, canonical_json, require_printable
from fund.events.founding import CommandRefused, FundFounded, RegulationsAdopted, UserAdded, UserChanged, UserRevoked
from fund.glossary import chosen, role_names
from fund.language import N_, _
from fund.ledger import AccountType, Layer, Ledger, Side
from fund.rules.authority import (
    ADMIN,
    CHAIR,
    FUND_MANAGER,
    SYSTEM_ACTOR,
    Actor,
    Guard,
    Role,
    Who,
    either,
    require_compatible_roles,
)
from fund.rules.keys import shares
from fund.rules.regulations import Regulations, parse_regulations, standard, standard_text
from fund.rules.transitions import Transition, state_after
from fund.rules.valuation import FREE_TO_COMMIT, PROMISES
from fund.schemas.capital import Partner, members_of
from fund.schemas.people import FundFile, RegulationsFile, User
from fund.unit_of_work import Projection, Snapshot, UnitOfWork, derive_id

LONGEST_NAME = 200
"""So many characters of a user's name are kept."""


class State(StrEnum):
    """Where a user stands."""

    ACTIVE = "active"
    REVOKED = "revoked"


class RegulationsState(StrEnum):
    """Where regulations stand: they are never taken back, others take their place."""

    ADOPTED = "adopted"


TRANSITIONS = (
    Transition("user add", None, State.ACTIVE, ADMIN, UserAdded, second=CHAIR),
    Transition("user change", State.ACTIVE, None, ADMIN, UserChanged, second=CHAIR),
    Transition("user revoke", State.ACTIVE, State.REVOKED, ADMIN, UserRevoked, second=either(CHAIR, FUND_MANAGER)),
)
"""The second person comes with the first chair; of a revocation, only where a chair leaves."""

REGULATIONS_TRANSITIONS = (
    Transition("regulations adopt", None, RegulationsState.ADOPTED, FUND_MANAGER, RegulationsAdopted, second=CHAIR),
)


# ---------------------------------------------------------------------------------------------------------- folds


def apply_fund(case: FundFile | None, event: Envelope) -> FundFile | None:
    fact = event.fact
    if isinstance(fact, FundFounded):
        return FundFile(ref=fact.ref, state="founded", name=fact.name, currency=fact.currency)
    return case


def apply_regulations(case: RegulationsFile | None, event: Envelope) -> RegulationsFile | None:
    fact = event.fact
    if isinstance(fact, RegulationsAdopted):
        return RegulationsFile(
            ref=fact.ref,
            state=state_after(REGULATIONS_TRANSITIONS, None, fact),
            from_on=fact.from_on,
            regulations=Regulations.model_validate_json(fact.text),
        )
    return case


def apply_user(case: User | None, event: Envelope) -> User | None:
    fact = event.fact
    if isinstance(fact, UserAdded):
        return User(
            ref=fact.ref,
            state=state_after(TRANSITIONS, None, fact),
            roles=_roles(fact.roles),
            partner=fact.partner,
            seconded=fact.seconded,
            deputy_of=fact.deputy_of,
        )
    if isinstance(fact, UserChanged) and case is not None:
        return case.replace(
            roles=_roles(fact.roles), partner=fact.partner, seconded=fact.seconded, deputy_of=fact.deputy_of
        )
    if isinstance(fact, UserRevoked) and case is not None:
        return case.replace(state=state_after(TRANSITIONS, case.state, fact))
    return case


def _roles(names: tuple[str, ...]) -> tuple[Role, ...]:
    return tuple(sorted(Role(name) for name in names))


WHOSE = Guard(show="fund user list")


def guard(_snapshot: Snapshot, _case: User, _row: Transition) -> Guard:
    """People are the fund's own."""
    return WHOSE


PROJECTIONS = {
    "fund": Projection(FundFile, apply_fund),
    "regulations": Projection(RegulationsFile, apply_regulations, REGULATIONS_TRANSITIONS),
    "user": Projection(User, apply_user, TRANSITIONS, guard),
}


# -------------------------------------------------------------------------------------------------------- founding


def accounts_of_the_fund() -> list[dict[str, str]]:
    """The chart of accounts: rows of ``data/accounts.csv``."""
    text = (resources.files("fund") / "data" / "accounts.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def open_accounts(ledger: Ledger) -> tuple[str, ...]:
    """The main accounts of the fund exist in its book; their codes."""
    rows = accounts_of_the_fund()
    for row in rows:
        memo = row["type"] == "memo"
        ledger.add_account(
            row["code"],
            name=row["name_nl"],
            type=AccountType(row["type"]),
            layer=Layer.COMMITMENT if memo else Layer.ACTUAL,
            normal_side=Side(row["normal_side"]),
        )
    return tuple(row["code"] for row in rows)


def found(
    uow: UnitOfWork, *, name: str, people: list[tuple[str, Role]], from_on: date, rules: Regulations | None = None
) -> None:
    """A fund exists: its accounts, its regulations, its first users. Everything that follows has a person or a cause.

    Args:
        people: Name and role of the first admin, fund manager and treasurer.
        from_on: The first day of the regulations.

    Raises:
        ExclusiveRole: One person cannot be two of the three: the fund needs a second pair of eyes from its first day.
    """
    roles: dict[str, Role] = {}
    for person, role in people:
        if person in roles:
            raise ExclusiveRole(user=person, role=roles[person].value, other=role.value)
        roles[person] = role
    codes = open_accounts(uow.ledger)
    founded = uow.record(FundFounded(name=name, currency="EUR", accounts=codes), effective_on=from_on)
    adopt(uow, rules or standard(), from_on=from_on, cause=founded)
    for number, (person, role) in enumerate(people):
        user_id = derive_id("usr_", founded.event_id, number)
        uow.store.work.keep_name(user_id, person)
        uow.record(
            UserAdded(ref=user_id, roles=(role.value,)), effective_on=from_on, cause=founded, reaction="users.found"
        )


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
        taken = _(N_("version {version} was adopted before: give these another name")).format(version=rules.version)
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


# ----------------------------------------------------------------------------------------------------------- people


def add_user(
    uow: UnitOfWork,
    *,
    name: str,
    roles: list[str],
    partner: str | None = None,
    seconded: bool = False,
    deputy_of: str | None = None,
) -> Envelope:
    """A person may act in the fund from now on.

    Args:
        deputy_of: The name of a committee member: this person votes for that seat where the member may not or does not.

    Raises:
        UserExists: The name is in use, says nothing, or is the service's own.
        UnprintableText, WordTooLong: The name holds what nobody can see, or is longer than is kept.
        UnknownRole: No such role.
        ExclusiveRole: admin or auditor with another role (G7 e).
        NoDeputy: No committee member, no seat to be deputy of, or of the same organisation.
        NoSeatLeft: Every seat of the committee is filled.
        UnknownRef: No such partner.
    """
    step = uow.begin("user add", User, of=WHOSE)
    given = [_role(role) for role in roles]
    require_printable({"name": name})
    if len(name) > LONGEST_NAME:
        raise WordTooLong(field="name", length=len(name), limit=LONGEST_NAME)
    require_compatible_roles(name, given)
    if not name.strip() or name == SYSTEM_ACTOR.user_id or uow.store.work.user_id_of(name) is not None:
        raise UserExists(user=name)
    if partner is not None:
        uow.partner(partner)
    user_id = derive_id("usr_", uow.maker.user_id, uow.made_command_id or uow.command_id, "user")
    seat = _seat(uow, user_id, name, given, organisation=None if seconded else partner, deputy_of=deputy_of)
    uow.store.work.keep_name(user_id, name)
    uow.next_step = f"fund --as {name} inbox"
    return step.record(
        UserAdded(
            ref=user_id,
            roles=tuple(sorted(role.value for role in given)),
            partner=partner,
            seconded=seconded,
            deputy_of=seat,
        )
    )


def change_user(
    uow: UnitOfWork,
    *,
    name: str,
    roles: list[str],
    partner: str | None = None,
    seconded: bool = False,
    deputy_of: str | None = None,
) -> Envelope:
    """A person's roles and partner become others; what was done before stays done.

    Raises:
        UnknownUser, UnknownRole, ExclusiveRole, LastAdmin, NoDeputy, NoSeatLeft, UnknownRef: As they say.
    """
    actor = uow.user(name)
    step = uow.transition("user change", uow.case(User, actor.user_id))
    given = [_role(role) for role in roles]
    require_compatible_roles(name, given)
    if Role.ADMIN not in given:
        _require_another_admin(uow, actor)
    if partner is not None:
        uow.partner(partner)
    organisation = None if seconded else partner
    seat = _seat(uow, actor.user_id, name, given, organisation=organisation, deputy_of=deputy_of)
    return step.record(
        UserChanged(
            ref=actor.user_id,
            roles=tuple(sorted(role.value for role in given)),
            partner=partner,
            seconded=seconded,
            deputy_of=seat,
        )
    )


SEATED = (Role.COMMITTEE_MEMBER, Role.COMMITTEE_CHAIR)
"""Who has a seat of the committee; the deputy chair has the chair's, while the chair may not act."""


def _seat(
    snapshot: Snapshot, user_id: str, name: str, roles: list[Role], *, organisation: str | None, deputy_of: str | None
) -> str | None:
    """The user id of the member whose deputy this person becomes; nothing for who has a seat, or none.

    Raises:
        NoDeputy, NoSeatLeft, UnknownUser: As they say.
    """
    if deputy_of is not None:
        member = snapshot.user(deputy_of)
        ground = ""
        if Role.COMMITTEE_MEMBER not in roles or Role.COMMITTEE_CHAIR in roles:
            ground = _(N_("a deputy has the role of committee member, and no seat"))
        elif member.user_id == user_id or not member.has(Role.COMMITTEE_MEMBER) or member.deputy_of is not None:
            ground = _(N_("{member} has no seat as a member of the committee")).format(member=member.name)
        elif member.organisation is not None and member.organisation == organisation:
            ground = _(N_("both are of {organisation}")).format(organisation=snapshot.partner_name(member.organisation))
        if ground:
            raise NoDeputy(user=name, member=member.name, ground=ground)
        return member.user_id
    if not set(roles) & set(SEATED):
        return None
    active = [user.as_actor(user.ref) for user in snapshot.cases(User, states=("active",))]
    seated = [actor for actor in active if actor.has(*SEATED)]
    others = [actor for actor in seated if actor.user_id != user_id]
    filled = {actor.seat for actor in others}  # that of a member who left too, where a deputy keeps it
    chaired = Role.COMMITTEE_CHAIR in roles or any(actor.has(Role.COMMITTEE_CHAIR) for actor in others)
    if not chaired and any(actor.has(Role.DEPUTY_CHAIR) and not actor.has(*SEATED) for actor in active):
        filled.add("chair")  # the deputy chair has it until there is a chair
    seats = snapshot.regulations().committee.seats
    if not any(actor.seat == user_id for actor in seated) and len(filled) >= seats:
        raise NoSeatLeft(user=name, filled=len(filled), seats=seats)
    return None


def revoke_user(uow: UnitOfWork, *, name: str, reason: str) -> Envelope:
    """A person may not act any more.

    Raises:
        UnknownUser, ReasonMissing, LastAdmin: As they say.
    """
    if not reason.strip():
        raise ReasonMissing(command="user revoke")
    leaving = uow.user(name)
    step = uow.transition("user revoke", uow.case(User, leaving.user_id))
    _require_another_admin(uow, leaving)
    return step.record(UserRevoked(ref=leaving.user_id, reason=reason))


def _require_another_admin(snapshot: Snapshot, actor: Actor) -> None:
    """Nothing, unless this person is the only admin: nobody else may add people.

    Raises:
        LastAdmin: It is.
    """
    admins = [user.ref for user in snapshot.cases(User, states=("active",)) if Role.ADMIN in user.roles]
    if admins == [actor.user_id]:
        raise LastAdmin(user=actor.name)


def _role(name: str) -> Role:
    return Role(chosen(name, role_names(), UnknownRole))


def users(snapshot: Snapshot) -> dict[str, Any]:
    """Everybody who acts or acted, by name."""
    names = snapshot.store.work.names()
    listed = [
        {
            "id": user.ref,
            "name": names.get(user.ref, user.ref),
            "roles": [role.value for role in user.roles],
            "partner": user.partner,
            "partner_name": snapshot.partner_name(user.partner) if user.partner else None,
            "seconded": user.seconded,
            "deputy_of": names.get(user.deputy_of, user.deputy_of) if user.deputy_of else None,
            "state": user.state,
        }
        for user in snapshot.cases(User)
    ]
    return {"users": sorted(listed, key=lambda row: str(row["name"]))}


def regulations_in_force(snapshot: Snapshot, *, as_of: date | None = None) -> dict[str, Any]:
    """The regulations in force on a day, whole."""
    rules = snapshot.regulations(as_of)
    return {"as_of": (as_of or snapshot.today).isoformat(), "regulations": rules.model_dump(mode="json")}


def refused(uow: UnitOfWork, *, command: str, code: str, subject: str) -> Envelope:
    """It is known that a rule said no to a command."""
    return uow.record(CommandRefused(command=command, code=code, subject=subject))


def regulations_template(_view: Snapshot) -> dict[str, Any]:
    """The standard regulations as TOML, to change and adopt."""
    return {"template": standard_text()}


def _chair_where_there_is_one(snapshot: Snapshot, _args: Mapping[str, Any]) -> Who | None:
    """An admin adds people alone until there is a chair, who confirms from then on (lifecycle.md 2)."""
    chairs = (Role.COMMITTEE_CHAIR, Role.DEPUTY_CHAIR)
    return (
        CHAIR
        if any(role in user.roles for user in snapshot.cases(User, states=("active",)) for role in chairs)
        else None
    )


def _other_chair(snapshot: Snapshot, args: Mapping[str, Any]) -> Who | None:
    """A chair does not leave by one hand: another chair confirms, or a fund manager where there is no other."""
    chairs = (Role.COMMITTEE_CHAIR, Role.DEPUTY_CHAIR)
    leaving = snapshot.user(str(args.get("name", "")))
    if not leaving.has(*chairs):
        return None
    others = [user for user in snapshot.cases(User, states=("active",)) if user.ref != leaving.user_id]
    return CHAIR if any(role in user.roles for user in others for role in chairs) else FUND_MANAGER
