"""How the facts of the founding, of regulations and of people are folded; the lives of the last two as tables."""

from __future__ import annotations

from enum import StrEnum

from fund.events import Envelope
from fund.events.founding import FundFounded, RegulationsAdopted, UserAdded, UserChanged, UserRevoked
from fund.rules.authority import ADMIN, CHAIR, FUND_MANAGER, Guard, Role, either
from fund.rules.regulations import Regulations
from fund.rules.transitions import Transition, state_after
from fund.schemas.people import FundFile, RegulationsFile, User
from fund.unit_of_work import Projection, Snapshot


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


def apply_fund(case: FundFile | None, event: Envelope) -> FundFile | None:
    fact = event.fact
    if isinstance(fact, FundFounded):
        return FundFile.of(fact, state="founded")
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
        return User.of(fact, state=state_after(TRANSITIONS, None, fact), roles=_roles(fact.roles))
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
