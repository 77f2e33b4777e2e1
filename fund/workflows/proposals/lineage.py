"""What a proposal comes from and who is in it: a roll-out follows an agreement, parties are active."""

from __future__ import annotations

from collections.abc import Iterable

from fund.errors.proposals import (
    FollowonNotInvited,
    PartnerNotActive,
    RolloutNotBudgeted,
    RolloutWithoutParent,
    TooFewAdopters,
)
from fund.language import _
from fund.schemas.agreements import Agreement
from fund.schemas.capital import Partner
from fund.schemas.evaluations import Evaluation
from fund.schemas.proposals import ProposalForm
from fund.unit_of_work import Snapshot, UnitOfWork


def require_active(uow: UnitOfWork, partners: Iterable[str], *, command: str, subject: str) -> None:
    """Refuse with ``PartnerNotActive`` when a party does not take part in the fund now."""
    for ref in partners:
        partner = uow.case(Partner, ref)
        if partner.state != "active":
            raise PartnerNotActive(command=command, ref=subject, partner=partner.short_name, state=partner.state)


def require_lineage(uow: UnitOfWork, form: ProposalForm, follows: str | None, *, subject: str) -> None:
    """A roll-out follows an agreement that was invited to, and brings in partners that were not in it.

    Raises:
        RolloutWithoutParent, FollowonNotInvited, TooFewAdopters, RolloutNotBudgeted: As they say.
    """
    if (form.sort == "rollout") != (follows is not None):
        raise RolloutWithoutParent(ref=subject, sort=form.sort)
    if follows is None:
        return
    uow.case(Agreement, follows)
    evaluation = uow.maybe(Evaluation, follows)
    if evaluation is None or evaluation.followon_until is None:
        raise FollowonNotInvited(agreement=follows, reason=_("nobody was invited to it"))
    if uow.today > evaluation.followon_until:
        raise FollowonNotInvited(
            agreement=follows, reason=_("the invitation held until {day}").format(day=evaluation.followon_until)
        )
    require_adopters(uow, form, follows)


def require_adopters(snapshot: Snapshot, form: ProposalForm, follows: str | None) -> None:
    """A roll-out brings in at least two active partners that were not in what it follows, or all that are left; where
    none is left, those that were in it budget for it.

    Raises:
        TooFewAdopters: It does not, or not any more.
        RolloutNotBudgeted: Nobody is left, and the parties put in nothing of their own.
    """
    if follows is None:
        return
    old = set(snapshot.case(Agreement, follows).parties)
    others = {partner.ref for partner in snapshot.cases(Partner, states=("active",))} - old
    needed = min(2, len(others))
    found = len((set(form.adopters) | set(form.applicants)) & others)
    if found < needed:
        raise TooFewAdopters(agreement=follows, needed=needed, found=found)
    if not others and form.own_share_cents <= 0:
        raise RolloutNotBudgeted(agreement=follows, own_share_cents=form.own_share_cents)
