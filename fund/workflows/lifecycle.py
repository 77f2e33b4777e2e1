"""A lifecycle is a table of transitions, and one function carries each out: state, authority, hands, then the fact.

An unlisted (state, command) is refused by name, never ignored. The state after a fact follows from the same table, so a
replay of the facts gives the stored state. Source: lifecycle.md 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from fund.errors.commands import ReasonMissing, TransitionNotAllowed
from fund.events import Envelope, Fact
from fund.rules.authority import Actor, Guard, require, require_other_hands
from fund.rules.transitions import Table, Transition, sources_of
from fund.schemas import CaseFile
from fund.unit_of_work import UnitOfWork


def check(
    uow: UnitOfWork,
    table: Table,
    command: str,
    case: CaseFile | None,
    *,
    records: type[Fact] | None = None,
    ref: str = "",
    lead: str | None = None,
    parties: Iterable[str] = (),
    own: str | None = None,
    hands: Iterable[str] = (),
    look: str = "",
) -> Transition:
    """The row that allows ``command`` now, for those who act.

    The maker is held to ``who``, the confirmer (once there is one) to ``second``, and the two are different people.

    Args:
        hands: User ids that supplied an approval in this chain before (G7 c): neither may be among them.
        look: The command that shows the case, for the hint.

    Raises:
        TransitionNotAllowed: No row for this state; the message shows it and those in which it would be possible.
        NotAuthorised, ConflictOfInterest, SameHands: As they say.
    """
    state = None if case is None else case.state
    name = ref or (case.ref if case is not None else "")
    rows = [row for row in table if row.command == command and (records is None or row.records is records)]
    row = next((row for row in rows if row.starts_in(state)), None)
    if row is None:
        possible = sorted({str(source) for each in rows for source in sources_of(each)})
        kind = case.kind if case is not None else ""
        raise TransitionNotAllowed(
            command=command,
            ref=name,
            kind=kind,
            state=state or "-",
            allowed=possible,
            look=look or (f"fund {kind} show {name}" if kind else "fund inbox"),
        )
    parties = tuple(parties)
    guard = Guard(lead, None, parties, (own,) if own else ())
    require(uow.maker, row.who, guard, command=command, ref=name)
    if row.second is not None and uow.confirmer is not None:
        require(uow.confirmer, row.second, guard, command=command, ref=name)
        require_other_hands(uow.confirmer, (uow.maker.user_id,), command=command, ref=name)
    acting: tuple[Actor, ...] = (uow.maker,) if uow.confirmer is None else (uow.maker, uow.confirmer)
    for person in acting:
        require_other_hands(person, hands, command=command, ref=name)
    return row


def require_reason(command: str, reason: str) -> str:
    """What somebody gives as a reason, without the space around it.

    Raises:
        ReasonMissing: Nothing but space was given; the command names itself.
    """
    if not reason.strip():
        raise ReasonMissing(command=command)
    return reason.strip()


def carry(
    uow: UnitOfWork,
    table: Table,
    command: str,
    case: CaseFile | None,
    fact: Fact,
    *,
    effective_on: date | None = None,
    ref: str = "",
    lead: str | None = None,
    parties: Iterable[str] = (),
    own: str | None = None,
    hands: Iterable[str] = (),
    look: str = "",
    on_behalf_of: str | None = None,
) -> Envelope:
    """Carry out one transition: :func:`check` the row, then record its fact; guards of the case come before.

    Raises:
        TransitionNotAllowed, NotAuthorised, ConflictOfInterest, SameHands: As in :func:`check`.
        ClosedPeriod: The fact books something in a period that is locked or closed.
    """
    check(
        uow,
        table,
        command,
        case,
        records=type(fact),
        ref=ref or fact.ref,
        lead=lead,
        parties=parties,
        own=own,
        hands=hands,
        look=look,
    )
    return uow.record(fact, effective_on=effective_on, on_behalf_of=on_behalf_of)
