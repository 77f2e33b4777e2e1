"""Leaving the fund: notice, quote, settlement, what is paid and falls due, the end of it.

What a partner does or undergoes stands in its own life (``partner/…``); the arithmetic is kept in the case of its exit,
which every fact here touches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import ClassVar

from fund.events.base import Fact
from fund.events.payables import Owed
from fund.events.values import NamedItem
from fund.language import N_


class _OfAnExit(Fact, kind="partner"):
    affects: ClassVar[tuple[str, ...]] = ("exit/ref",)


class PartnerNoticeGiven(_OfAnExit, wire="partner.notice_given"):
    """K4: the partner leaves, on a day; its council decided so. Nobody approves it."""

    keeps: ClassVar[Mapping[str, str]] = {"file_sha256": N_("decision to leave")}

    decided_on: date
    """The day on which its council, states or general board decided."""
    leaves_on: date
    file: str
    file_sha256: str


class ExitQuoted(_OfAnExit, wire="exit.quoted"):
    """What leaving would mean on a day, with everything it follows from. Kept when a settlement rests on it.

    Attributes:
        known_at: The last entry that counted.
        balances: Main accounts, debit positive, without year-end closings.
        repayable_bps: By proposal with a commitment, the share of it that comes back.
        share, promised: Exact fractions.
    """

    valued_on: date
    known_at: int
    balances: Mapping[str, int]
    repayable_bps: Mapping[str, int]
    buffer_cents: int
    capital_cents: int
    total_capital_cents: int
    share: str
    nav_cents: int
    promised: str
    gross_cents: int
    unpaid_cents: int
    costs_cents: int = 0
    cut_cents: int = 0
    net_cents: int
    free_cents: int
    now_cents: int
    later_cents: int
    items: tuple[NamedItem, ...]


class ExitSettlementProposed(_OfAnExit, wire="exit.settlement_proposed"):
    """K5: a settlement lies before the partner: the quote of a day, made by the office and checked by a treasurer.

    Attributes:
        resolution: The vote of the full board that winds the whole fund up; empty where one partner leaves.
        hands: User ids behind it where it follows from such a vote.
    """

    valued_on: date
    net_cents: int
    now_cents: int
    later_cents: int
    resolution: str = ""
    hands: tuple[str, ...] = ()


class ExitSettlementAgreed(_OfAnExit, wire="exit.settlement_agreed"):
    """K6: the partner and the chair agree on the net amount; after a dispute on the advice of an expert."""

    keeps: ClassVar[Mapping[str, str]] = {"advice_sha256": N_("advice of an expert")}

    net_cents: int
    advice: str = ""
    advice_sha256: str = ""


class ExitSettlementDisputed(_OfAnExit, wire="exit.settlement_disputed"):
    """K6: the partner does not agree. What the fund itself acknowledges is undisputed and may be paid first."""

    keeps: ClassVar[Mapping[str, str]] = {"file_sha256": N_("reasons of the dispute")}

    net_cents: int
    undisputed_cents: int
    reason: str
    file_sha256: str = ""


class ExitSettled(_OfAnExit, wire="exit.settled"):
    """K7: the settlement stands in the books.

    Attributes:
        capital_cents: What leaves the capital (3000): all of it, the first time.
        receivable_cents: What leaves 1100: all that the partner owed, less what it still owes when its net is
            negative. Below nothing where costs of leaving come on top.
        now_cents, later_cents: To 2200 and 2210.
        difference_cents: To the accumulated result (3100), credit positive: what stays with the others.
        untied_cents: What of the later part rests on no named item: it was due now, and too little lay free.
        undisputed: Only the undisputed part; the rest follows when it is agreed.
        calls: What of the receivable each of its own calls is paid by, oldest due first.
    """

    net_cents: int
    capital_cents: int
    receivable_cents: int
    now_cents: int
    later_cents: int
    difference_cents: int
    untied_cents: int = 0
    undisputed: bool = False
    calls: Mapping[str, int] = {}

    def affected_streams(self) -> Iterable[str]:
        return (*super().affected_streams(), *(f"call/{ref}" for ref in self.calls))


class ExitPaid(Owed, wire="exit.paid"):
    """K8: what is due of a settlement, or a part of it, is owed to the partner's bank account and goes with the next
    batch.

    Attributes:
        kept: The partner's own agreements that go on as they are: it stays bound by them.
    """

    ground: ClassVar[str] = "settlement"
    affects: ClassVar[tuple[str, ...]] = ("partner/payee", "exit/payee")

    kept: tuple[str, ...] = ()


class ExitSetOff(_OfAnExit, wire="exit.set_off"):
    """K8: what is due of a settlement repays an advance of the partner's own, because it signed for that."""

    keeps: ClassVar[Mapping[str, str]] = {"file_sha256": N_("signed consent")}
    affects: ClassVar[tuple[str, ...]] = ("exit/ref", "agreement/agreement", "plan/agreement", "proposal/proposal")

    agreement: str
    proposal: str
    amount_cents: int
    allowance_released_cents: int = 0
    """The allowance above what remains outstanding."""
    file: str
    file_sha256: str


class PartnerExited(_OfAnExit, wire="partner.exited"):
    """K8: nothing is owed either way any more: the partner has left."""


class ExitPartDue(_OfAnExit, wire="exit.part_due"):
    """K9: money came in on a named item, or was released from it: the partner's share of it falls due.

    Attributes:
        item: The case of the named item.
        collected_cents: What came in on it; negative where a receipt turned out to be for something else.
        counted_cents: What of that the share is taken of: less what falls due of it to those who left before.
        amount_cents: What moves from 2210 to 2200; nothing where the share is less than a cent yet.
    """

    item: str
    collected_cents: int
    counted_cents: int
    amount_cents: int


class ExitLongStopReached(_OfAnExit, wire="exit.long_stop_reached"):
    """K10: the day of the long-stop is there, and something of the later part is still to come."""

    open_cents: int


class ExitClosedOut(_OfAnExit, wire="exit.closed_out"):
    """K10: the long-stop. What named items and buffer still hold for it is due; the rest stays in the fund."""

    held_cents: int
    buffer_cents: int
    amount_cents: int
    released_cents: int
