"""People of the fund: who acts, in which roles, for which partner.

Names are kept apart from the chain; facts hold the user's id (ledger.md 17).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fund.errors.commands import ReasonMissing, WordTooLong
from fund.errors.people import LastAdmin, NoDeputy, NoSeatLeft, UnknownRole, UserExists
from fund.events import Envelope, require_printable
from fund.events.founding import UserAdded, UserChanged, UserRevoked
from fund.glossary import chosen, role_names
from fund.language import _
from fund.rules.authority import CHAIR, FUND_MANAGER, SYSTEM_ACTOR, Actor, Role, Who, require_compatible_roles
from fund.schemas.base import as_row
from fund.schemas.people import User
from fund.unit_of_work import Snapshot, UnitOfWork, derive_id
from fund.users.commands import UserRow, Users
from fund.users.lifecycle import WHOSE

LONGEST_NAME = 200
"""So many characters of a user's name are kept."""


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
    named = tuple(sorted(role.value for role in given))
    return step.record(UserAdded(ref=user_id, roles=named, partner=partner, seconded=seconded, deputy_of=seat))


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
    named = tuple(sorted(role.value for role in given))
    return step.record(UserChanged(ref=actor.user_id, roles=named, partner=partner, seconded=seconded, deputy_of=seat))


SEATED = (Role.COMMITTEE_MEMBER, Role.COMMITTEE_CHAIR)
"""Who has a seat of the committee; the deputy chair has the chair's, while the chair may not act."""

CHAIRS = (Role.COMMITTEE_CHAIR, Role.DEPUTY_CHAIR)


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
            ground = _("a deputy has the role of committee member, and no seat")
        elif member.user_id == user_id or not member.has(Role.COMMITTEE_MEMBER) or member.deputy_of is not None:
            ground = _("{member} has no seat as a member of the committee").format(member=member.name)
        elif member.organisation is not None and member.organisation == organisation:
            ground = _("both are of {organisation}").format(organisation=snapshot.partner_name(member.organisation))
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


def users(snapshot: Snapshot) -> Users:
    """Everybody who acts or acted, by name."""
    names = snapshot.store.work.names()
    listed = [
        as_row(
            UserRow,
            user,
            id=user.ref,
            name=names.get(user.ref, user.ref),
            roles=[role.value for role in user.roles],
            partner_name=snapshot.partner_name(user.partner) if user.partner else None,
            deputy_of=names.get(user.deputy_of, user.deputy_of) if user.deputy_of else None,
        )
        for user in snapshot.cases(User)
    ]
    return {"users": sorted(listed, key=lambda row: row["name"])}


def _chair_where_there_is_one(snapshot: Snapshot, _args: Mapping[str, Any]) -> Who | None:
    """An admin adds people alone until there is a chair, who confirms from then on (lifecycle.md 2)."""
    return CHAIR if any(set(CHAIRS) & set(user.roles) for user in snapshot.cases(User, states=("active",))) else None


def _other_chair(snapshot: Snapshot, args: Mapping[str, Any]) -> Who | None:
    """A chair does not leave by one hand: another chair confirms, or a fund manager where there is no other."""
    leaving = snapshot.user(str(args.get("name", "")))
    if not leaving.has(*CHAIRS):
        return None
    others = [user for user in snapshot.cases(User, states=("active",)) if user.ref != leaving.user_id]
    return CHAIR if any(set(CHAIRS) & set(user.roles) for user in others) else FUND_MANAGER
