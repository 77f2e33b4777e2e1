"""Refusals about who may do what."""

from __future__ import annotations

from fund.errors import FaultyInput, RuleRefusal, WrongUsage
from fund.errors.commands import UnknownWord
from fund.language import N_


class NoActor(WrongUsage):
    message = N_("nobody is named who does this")
    hint = N_("name yourself: fund --as NAME ..., or set FUND_USER")


class UnknownUser(FaultyInput):
    """No user of the fund has this name or id, or it was revoked."""

    message = N_('"{user}" is not a user of this fund')
    hint = N_("{suggestion}")


class UserExists(RuleRefusal):
    message = N_('there is a user "{user}" already')
    hint = N_("fund user list")


class NotAuthorised(RuleRefusal, codes={"has": "role", "needs": "who"}):
    message = N_("{actor} ({has}) may not do {command}: it is for {needs}")
    hint = N_("fund user list")


class SameHands(RuleRefusal):
    """Separation of duties: the actor already took part in this chain."""

    message = N_("{actor} may not do {command} for {ref}: the same person already acted on it ({earlier})")
    hint = N_("ask somebody else with this role: fund user list")


class ConflictOfInterest(RuleRefusal):
    """A tie to the case bars the actor: of the organisation, or of the person."""

    message = N_("{actor} may not do {command} for {ref}: {ground} ({organisation})")
    hint = N_("ask somebody of another organisation: fund user list")


class ExclusiveRole(RuleRefusal, codes={"other": "role"}):
    """The roles admin and auditor exclude every operational role."""

    message = N_("{user} cannot be both {role} and {other}")
    hint = N_("give the roles to two people")


class NoDeputy(RuleRefusal):
    """A deputy in the committee votes for the seat of a member of another organisation."""

    message = N_("{user} cannot be the deputy of {member}: {ground}")
    hint = N_("fund user list")


class NoSeatLeft(RuleRefusal):
    """The regulations give the committee so many seats; each is one member's, or of the deputy of one who left."""

    message = N_("there is no seat for {user}: {filled} of the {seats} seats of the committee are filled")
    hint = N_("make {user} a deputy (--deputy-of MEMBER), or end a seat first: fund user revoke MEMBER --reason TEXT")


class LastAdmin(RuleRefusal):
    message = N_("{user} is the only admin: without one nobody could add or change users any more")
    hint = N_("add another admin first: fund user add NAME --role admin")


class UnknownRole(UnknownWord):
    message = N_('"{word}" is not a role; roles are {known}')


class UnknownPartner(FaultyInput):
    message = N_('"{partner}" is not one of the {known} partners of this fund')
    hint = N_("{suggestion}")


class FundExists(RuleRefusal):
    message = N_("{place} holds a fund already: {name}")
    hint = N_("fund status")


class FaultyRegulations(FaultyInput):
    """The regulations file cannot be adopted as it is."""

    message = N_("{file}: {problem}")
    hint = N_("fund regulations template")


class RegulationsReachBack(RuleRefusal):
    message = N_("regulations {version} cannot hold from {on}: today is {today}, and regulations never reach back")
    hint = N_("fund regulations adopt FILE --on {today}")


class RegulationsOutOfOrder(RuleRefusal):
    """Regulations follow each other: the ledger keeps the buffer of those that were adopted last."""

    message = N_(
        "regulations {version} cannot hold from {on}: regulations {last} were adopted already, to hold from {from_on}"
    )
    hint = N_("fund regulations adopt FILE --on {from_on}")
