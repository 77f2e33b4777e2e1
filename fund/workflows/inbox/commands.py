"""What can be asked of inbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from fund.declarations import (
    FACT_TYPE,
    FLAG,
    TEXT,
    Input,
    Number,
    Question,
    Reference,
    argument,
    command,
    option,
    query,
)
from fund.language import N_
from fund.rules.authority import ADMIN, FUND_MANAGER, either


@command(
    "event retry",
    ".log:retry",
    either(FUND_MANAGER, ADMIN),
    second=".log:second_to_retry",
    seconds=(FUND_MANAGER,),
    examples=("fund --as petra event retry evt_abc receipts.match",),
    permitted=N_("an admin; or a fund manager, and a second fund manager confirms"),
    see=("event dead",),
)
class RetryDelivery(Input):
    """Try a dead letter again.

    Do this when its cause was taken away. It is tried five times again.
    """

    ref: str = argument(Reference(listed=(("event dead", "dead", "event_id"),)), N_("The id of the fact"))
    reaction: str = argument(
        Reference(listed=(("event dead", "dead", "reaction"),)), N_("The reaction; else all"), default=""
    )


class InboxItem(TypedDict):
    until: str | None
    late: bool
    ref: str | None
    what: str
    command: str
    form: str | None
    roles: str
    partner: str
    partner_name: str


class InboxItems(TypedDict):
    as_of: str
    user: str | None
    roles: list[str]
    everybody: bool
    late: int
    items: list[InboxItem]


@query(
    "inbox",
    ".lines:inbox",
    examples=("fund --as anna inbox", "fund --as anna inbox --all"),
    see=("confirm", "decline", "status"),
)
class Inbox(Question[InboxItems]):
    """Show what waits for you, and until when.

    What is late comes first, and every line ends with the command that does it.
    """

    everybody: bool = option("--all", FLAG, N_("What waits for everybody"), default=False)


class PendingDetail(TypedDict):
    ref: str
    command: str
    state: str
    made_by: str
    made_at: str
    expires_at: str
    needs: Any
    hash: str
    shown: Any
    reason: str | None


class CaseLine(TypedDict):
    kind: str
    ref: str
    state: str
    title: str


class PendingLine(TypedDict):
    ref: str
    command: str
    state: str
    made_by: str
    ended_by: NotRequired[str | None]
    reason: NotRequired[str | None]


class CasesNamed(TypedDict):
    ref: str
    cases: list[CaseLine]
    pending: PendingLine | None


class EventRow(TypedDict):
    seq: int
    event_id: str
    type: str
    stream: str
    of: str
    occurred_at: str
    recorded_at: str
    effective_on: str
    actor: str
    actor_name: str
    made_by: str | None
    command_id: str
    causation_id: str | None
    payload: Mapping[str, Any]
    hash: str


class Events(TypedDict):
    events: list[EventRow]
    more: bool
    head_seq: int


class EventDetail(TypedDict):
    event: EventRow
    entries: list[int]
    prev_hash: str


class DeadRow(TypedDict):
    event_id: str
    seq: int
    stream: str
    reaction: str
    attempts: int
    error: str | None
    waiting: int
    command: str


class DeadLetters(TypedDict):
    dead: list[DeadRow]


@query("pending show", ".confirmations:pending_shown")
class PendingShow(Question[PendingDetail]):
    """Show what waits for a second person."""

    ref: str = argument(Reference(), N_("What waits"))


@query("explain", ".confirmations:named")
class Explain(Question[CasesNamed]):
    """Find the cases that bear a ref."""

    ref: str = argument(Reference(), N_("The ref"))


@query(
    "event list",
    ".log:event_list",
    examples=("fund event list --stream proposal/2026-003", "fund event list --type decision.approved --json"),
    see=("event show", "proposal history"),
)
class EventList(Question[Events]):
    """List facts in the order in which they became known.

    All facts, or those of one case (a stream such as `proposal/2026-003`) or of one type.
    """

    stream: str = option("--stream", TEXT, N_("Only facts of this case: `kind/ref`"), default="", metavar="STREAM")
    type: str = option("--type", FACT_TYPE, N_("Only facts of this type"), default="")
    since_seq: int = option("--since", Number(least=0), N_("Only facts after this number"), default=0, metavar="SEQ")
    limit: int = option("--limit", Number(least=1, most=100000), N_("At most so many"), default=200, metavar="N")


@query("event show", ".log:event_show", examples=("fund event show 12",), see=("event list", "ledger entry"))
class EventShow(Question[EventDetail]):
    """Show one fact, with its entries.

    By number or by id: who, when, because of what, and the payload that was sealed.
    """

    ref: str = argument(Reference(), N_("The number or id of the fact"))


@query("event deliveries", ".log:deliveries", examples=("fund event deliveries --json",), see=("event dead", "worker"))
class EventDeliveries(Question[Mapping[str, int]]):
    """Count what is open, done and dead.

    Every fact has one delivery for each reaction that hears it.
    """


@query("event dead", ".log:dead", examples=("fund event dead",), see=("event retry",))
class EventDead(Question[DeadLetters]):
    """Show what could not be delivered, and why.

    A delivery that is stuck holds up the rest of its case for that reaction, and nothing else.
    """
